//! The settings under which the value of a variable may differ from the base's.
//!
//! Collects what the guards compare with, through all variables that take part, then keeps the settings that change
//! the value.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::arms::split;
use super::macros::TARGET;
use super::model::*;
use super::{Configuration, Setting, Subject};
use crate::source::Span;
use crate::text::has_unknown;

/// How many settings are tried for one variable.
const TRIED: usize = 3_000;

/// A setting to try.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) setting: Setting,
    /// Whether the arms that it selects stand around the variable's own assignments.
    pub(super) is_own: bool,
}

/// The candidates that change a value, in source order. Of those that stand elsewhere and give the value that another
/// setting of their subject gives, the first.
pub(super) fn changing<T: Ord>(
    candidates: Vec<Candidate>,
    from: &Configuration,
    value: impl Fn(&Configuration) -> T,
) -> Vec<Setting> {
    let before = value(from);
    let mut seen = BTreeSet::new();
    let mut tried = BTreeSet::new();
    let mut res = Vec::new();
    for Candidate { setting, is_own } in candidates {
        let is_fixed = from.value(&setting.subject).is_some();
        if is_fixed || !tried.insert((setting.subject.clone(), setting.value.clone())) {
            continue;
        }
        let after = value(&from.with(setting.clone()));
        if after != before && (seen.insert((setting.subject.clone(), after)) || is_own) {
            res.push(setting);
        }
    }
    res.sort_by_key(|it| it.place);
    res
}

impl Model {
    /// The settings that the value of `name` at the end may hang on: those of its own guards first.
    pub(super) fn candidates(&self, name: &str) -> Vec<Candidate> {
        let guards = self.of(name).iter().flat_map(|it| self.chain(self.assignments[*it].guard));
        let own: BTreeSet<ChoiceId> = guards.map(|it| it.choice).collect();
        self.split_candidates(own, self.choices_behind(vec![(name, Point::MAX)]), &Configuration::default())
    }

    /// The settings that an automake conditional may hang on: those first of its own test, and of the arms in which
    /// `AM_CONDITIONAL(X, true)` stands.
    pub(super) fn conditional_candidates(&self, conditional: &Conditional) -> Vec<Candidate> {
        let guard = self.parents.get(conditional.choice).copied().flatten();
        let around = self.chain(guard).map(|it| it.choice);
        let own: BTreeSet<ChoiceId> = around.chain([conditional.choice]).collect();
        let behind = self.choices_behind(own.iter().flat_map(|it| self.choices[*it].variables()).collect());
        self.split_candidates(own, behind, &Configuration::default())
    }

    /// The settings that a choice may hang on, beside those of a configuration: those of its own test first.
    pub(super) fn choice_candidates(&self, choice: ChoiceId, from: &Configuration) -> Vec<Candidate> {
        let behind = self.choices_behind(self.choices[choice].variables().into_iter().collect());
        self.split_candidates(BTreeSet::from([choice]), behind, from)
    }

    fn split_candidates(
        &self,
        own: BTreeSet<ChoiceId>,
        mut behind: BTreeSet<ChoiceId>,
        from: &Configuration,
    ) -> Vec<Candidate> {
        behind.retain(|it| !own.contains(it));
        let of = |choices, is_own| {
            self.settings(choices, from).into_iter().map(move |setting| Candidate { setting, is_own })
        };
        of(own, true).chain(of(behind, false)).collect()
    }

    /// The choices that decide on the values of variables, through the variables that they mention.
    fn choices_behind<'a>(&'a self, mut open: Vec<(&'a str, Point)>) -> BTreeSet<ChoiceId> {
        let mut choices = BTreeSet::new();
        // Up to which point the assignments to a variable have been looked at.
        let mut seen: FxHashMap<&str, Point> = FxHashMap::default();
        while let Some((name, point)) = open.pop() {
            let from = seen.get(name).copied().unwrap_or(0);
            if from >= point {
                continue;
            }
            seen.insert(name, point);
            for position in self.of(name).iter().copied().filter(|it| from <= *it && *it < point) {
                let assigned = &self.assignments[position];
                if let Value::Word(word) = &assigned.value {
                    open.extend(word.variables().into_iter().map(|it| (it, position)));
                }
                for guard in self.chain(assigned.guard) {
                    if choices.insert(guard.choice) {
                        open.extend(self.choices[guard.choice].variables());
                    }
                }
            }
        }
        choices
    }

    fn settings(&self, choices: BTreeSet<ChoiceId>, from: &Configuration) -> Vec<Setting> {
        let mut res: Vec<Setting> = Vec::new();
        self.evaluate(from, |evaluation| {
            for choice in choices {
                let mut collect = Collector { model: self, evaluation, choice, found: &mut res };
                match &self.choices[choice] {
                    Choice::If(conditions) => conditions.iter().for_each(|(it, point)| collect.condition(it, *point)),
                    Choice::Case { subject, arms, point } => collect.case(subject, arms, *point),
                }
            }
        });
        let mut seen = BTreeSet::new();
        res.retain(|it| seen.insert((it.subject.clone(), it.value.clone())));
        res.sort_by_key(|it| it.place);
        res.truncate(TRIED);
        res
    }
}

struct Collector<'a, 'e, 'm> {
    model: &'m Model,
    evaluation: &'a mut super::evaluate::Evaluation<'e>,
    choice: ChoiceId,
    found: &'a mut Vec<Setting>,
}

impl Collector<'_, '_, '_> {
    fn condition(&mut self, condition: &Condition, point: Point) {
        for leaf in condition.leaves() {
            let Some(place) = leaf.place else { continue };
            let truth = self.evaluation.leaf(leaf, point);
            let found = match &leaf.kind {
                LeafKind::Equal(left, right) | LeafKind::Unequal(left, right) => {
                    self.compared(left, right, place, point) || self.compared(right, left, place, point)
                }
                LeafKind::Empty(word) | LeafKind::NonEmpty(word) if truth.certain => self.given(word, place, point),
                _ => false,
            };
            if !found && !truth.certain && !leaf.text.is_empty() {
                let value = if truth.value { "false" } else { "true" };
                self.add(Subject::Test(leaf.text.clone()), value, place);
            }
        }
    }

    /// `x$v` against `xyes`; false where the words are of another shape.
    fn compared(&mut self, word: &Word, literal: &Word, place: Span, point: Point) -> bool {
        if word.variables().is_empty() || !literal.variables().is_empty() {
            return false;
        }
        if let [Part::Variable { name, operator: Some((operator, _)), .. }] = word.parts.as_slice()
            && operator.contains('+')
        {
            return self.set(name, "yes", place, point);
        }
        let literal = self.evaluation.expand(literal, point, true).text;
        let equal = self.evaluation.expand(word, point, true).text == literal;
        let Some(parts) = split(word, &literal) else { return false };
        let [(name, value)] = parts.as_slice() else { return false };
        match (equal, value.as_str()) {
            (false, value) => self.set(name, value, place, point),
            (true, "yes") => self.set(name, "no", place, point),
            (true, _) => self.set(name, "yes", place, point) && by_user(name),
        }
    }

    /// `-n "$with_x"` where no one gave it.
    fn given(&mut self, word: &Word, place: Span, point: Point) -> bool {
        word.copied()
            .is_some_and(|name| self.original(name, point).starts_with("with_") && self.set(name, "yes", place, point))
    }

    fn case(&mut self, subject: &Word, arms: &[Vec<Pattern>], point: Point) {
        for pattern in arms.iter().flatten() {
            let Some(place) = pattern.place else { continue };
            if pattern.text == "*" {
                // Where the usual system has an arm, this one is for others.
                let system = subject.copied().filter(|it| TARGET.contains(it));
                if let Some(name) = system.filter(|_| self.evaluation.arm(subject, arms, point) + 1 < arms.len()) {
                    self.set(name, "other", place, point);
                }
                continue;
            }
            let text = self.evaluation.expand(&pattern.word, point, true).text;
            for (name, value) in split(subject, &text).unwrap_or_default() {
                let only_wild = value.bytes().all(|it| it == b'*') && !value.is_empty();
                if !only_wild && !has_unknown(&value) {
                    self.set(&name, &value, place, point);
                }
            }
        }
    }

    /// Adds a value of a variable, if users or probes give it one; tells whether they do.
    fn set(&mut self, name: &str, value: &str, place: Span, point: Point) -> bool {
        let name = self.original(name, point);
        let known = self.evaluation.at(&name, point, true);
        let free = by_user(&name)
            || known.as_ref().is_some_and(|it| has_unknown(&it.text))
            || known.is_none() && self.model.of(&name).is_empty();
        if free {
            self.add(Subject::Shell(name), value, place);
        }
        free
    }

    /// The variable that `name` is a plain copy of, as an assignment in force around the choice says.
    fn original(&self, name: &str, point: Point) -> String {
        let mut name = name;
        let mut point = point;
        let around: Vec<(ChoiceId, usize)> = self.around();
        for _ in 0..8 {
            let last = self.model.of(name).iter().rev().find(|it| **it < point);
            let Some(assigned) = last.map(|it| &self.model.assignments[*it]) else { break };
            let in_force = self.model.chain(assigned.guard).all(|it| around.contains(&(it.choice, it.arm)));
            match &assigned.value {
                Value::Word(word) if in_force && word.copied().is_some_and(|it| it != name) => {
                    point = *last.unwrap_or(&0);
                    name = word.copied().unwrap_or(name);
                }
                _ => break,
            }
        }
        name.to_owned()
    }

    /// The arms that stand around the choice.
    fn around(&self) -> Vec<(ChoiceId, usize)> {
        let guard = self.model.parents.get(self.choice).copied().flatten();
        self.model.chain(guard).map(|it| (it.choice, it.arm)).collect()
    }

    fn add(&mut self, subject: Subject, value: &str, place: Span) {
        self.found.push(Setting { subject, value: value.to_owned(), place });
    }
}

/// Whether a variable is one that options of configure set.
fn by_user(name: &str) -> bool {
    name.starts_with("enable_") || name.starts_with("with_") || name == "cross_compiling"
}
