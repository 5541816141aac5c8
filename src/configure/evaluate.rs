//! The value of a shell variable at a point of configure.ac under a configuration, and which arms are taken there.
//!
//! Each variable's history is run through once for each configuration, as far as it is asked for.

use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;

use super::glob::representative;
use super::model::*;
use super::words::ABSOLUTE;
use super::{Configuration, Subject};
use crate::source::normalise;
use crate::text::{Origin, Traced, has_unknown, is_unknown_char, unknown};

/// What is known so far under one configuration.
#[derive(Default)]
pub(super) struct Memo {
    /// For each variable, its value after each of its assignments.
    states: FxHashMap<String, Vec<State>>,
    taken: FxHashMap<ChoiceId, usize>,
    spent: usize,
}

/// A variable's value.
#[derive(Clone, Debug)]
enum State {
    /// Nothing has assigned it.
    Initial,
    Unset,
    Value(Arc<Traced>),
}

/// An answer and whether it is more than the base's choice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Truth {
    pub(super) value: bool,
    pub(super) certain: bool,
}

/// How far one value may lead to others.
const DEEPEST: usize = 100;
/// Longest value in bytes.
const LONGEST: usize = 64 << 10;
/// Bytes of all values under one configuration.
const BUDGET: usize = 64 << 20;
/// Configurations that are remembered.
const REMEMBERED: usize = 2_000;

/// Evaluates under one configuration.
pub(super) struct Evaluation<'a> {
    model: &'a Model,
    pub(super) configuration: &'a Configuration,
    pub(super) overrides: FxHashMap<&'a str, Arc<Traced>>,
    memo: &'a mut Memo,
    depth: usize,
}

impl Model {
    /// Calls `ask` with what evaluates under `configuration`.
    pub(super) fn evaluate<T>(&self, configuration: &Configuration, ask: impl FnOnce(&mut Evaluation) -> T) -> T {
        let memo = self.memo(configuration);
        let mut memo = memo.lock().unwrap_or_else(|it| it.into_inner());
        let mut overrides = FxHashMap::default();
        for setting in &configuration.settings {
            if let Subject::Shell(name) = &setting.subject {
                let mut value = Traced::default();
                value.push(&representative(&setting.value), Some(Origin::Derived(setting.place)));
                overrides.insert(name.as_str(), Arc::new(value));
            }
        }
        ask(&mut Evaluation { model: self, configuration, overrides, memo: &mut memo, depth: 0 })
    }

    fn memo(&self, configuration: &Configuration) -> Arc<Mutex<Memo>> {
        let mut memos = self.memos.lock().unwrap_or_else(|it| it.into_inner());
        if let Some(known) = memos.get(configuration) {
            return known.clone();
        }
        if memos.len() >= REMEMBERED {
            memos.clear();
        }
        memos.entry(configuration.clone()).or_default().clone()
    }
}

impl Evaluation<'_> {
    /// The value of a variable at the end; `None` where nothing gave it one.
    pub(super) fn last(&mut self, name: &str) -> Option<Arc<Traced>> {
        self.at(name, Point::MAX, false)
    }

    /// The value of a variable at a point; `None` where it is not set.
    pub(super) fn at(&mut self, name: &str, point: Point, in_test: bool) -> Option<Arc<Traced>> {
        if let Some(set) = self.overrides.get(name) {
            return Some(set.clone());
        }
        let positions = self.model.of(name);
        let count = positions.partition_point(|it| *it < point);
        match self.state(name, positions, count) {
            State::Initial => self.initial(name, in_test).map(Arc::new),
            State::Unset => None,
            State::Value(value) => Some(value),
        }
    }

    /// What stands in a variable that nothing has assigned so far: unknown where a macro gives it its value, unset
    /// otherwise. One that nothing ever assigns comes from the environment, and users override nothing.
    fn initial(&self, name: &str, in_test: bool) -> Option<Traced> {
        // For a build in the source tree.
        if let ("ac_pwd" | "ac_abs_confdir" | "PWD", Some((project, folder))) = (name, &self.model.tree) {
            return Some(Traced::plain(format!("{}/{folder}", project.root).trim_end_matches('/')));
        }
        let by_user = ["enable_", "with_"].iter().any(|it| name.starts_with(it));
        let by_macro =
            ["ac_", "am_", "lt_", "as_", "gl_", "host", "build", "target"].iter().any(|it| name.starts_with(it))
                && !name.ends_with("_alias");
        let by_other = !in_test && self.model.of(name).is_empty();
        let is_unknown = !by_user && (by_macro || by_other);
        is_unknown.then(|| Traced::plain(unknown(&format!("${name}"))))
    }

    fn state(&mut self, name: &str, positions: &[usize], count: usize) -> State {
        if count == 0 {
            return State::Initial;
        }
        if self.depth > DEEPEST {
            return State::Value(Arc::new(Traced::plain(unknown(&format!("${name}")))));
        }
        self.depth += 1;
        let mut known = self.memo.states.get(name).map_or(0, Vec::len);
        while known < count {
            let position = positions[known];
            let holds = self.holds(self.model.assignments[position].guard);
            let before = || State::Initial;
            let next = if holds {
                self.assigned(position)
            } else {
                let states = self.memo.states.get(name);
                states.and_then(|it| known.checked_sub(1).and_then(|at| it.get(at))).cloned().unwrap_or_else(before)
            };
            let states = self.memo.states.entry(name.to_owned()).or_default();
            // What was asked for on the way may have come this far.
            if states.len() == known {
                states.push(next);
            }
            known = states.len();
        }
        self.depth -= 1;
        self.memo.states.get(name).and_then(|it| it.get(count - 1)).cloned().unwrap_or(State::Initial)
    }

    fn assigned(&mut self, position: Point) -> State {
        match &self.model.assignments[position].value {
            Value::Unset => State::Unset,
            Value::Unknown { spelling, place } => {
                let mut text = Traced::default();
                text.push(&unknown(spelling), place.map(Origin::Derived));
                State::Value(Arc::new(text))
            }
            Value::Word(word) => State::Value(Arc::new(self.expand(word, position, false))),
        }
    }

    /// Whether all the arms around something are taken.
    pub(super) fn holds(&mut self, guard: Option<GuardId>) -> bool {
        let model = self.model;
        let mut arms: Vec<&Guard> = model.chain(guard).collect();
        arms.reverse();
        arms.into_iter().all(|it| self.taken(it.choice) == it.arm)
    }

    /// The arm that is taken; the number of arms for none.
    pub(super) fn taken(&mut self, choice: ChoiceId) -> usize {
        if let Some(known) = self.memo.taken.get(&choice) {
            return *known;
        }
        let model = self.model;
        let res = match &model.choices[choice] {
            Choice::If(conditions) => {
                let found = conditions.iter().position(|(condition, point)| self.truth(condition, *point).value);
                found.unwrap_or(conditions.len())
            }
            Choice::Case { subject, arms, point } => self.arm(subject, arms, *point),
        };
        if self.depth <= DEEPEST {
            self.memo.taken.insert(choice, res);
        }
        res
    }

    /// Whether a condition holds at a point.
    pub(super) fn truth(&mut self, condition: &Condition, point: Point) -> Truth {
        match condition {
            Condition::Leaf(leaf) => self.leaf(leaf, point),
            Condition::Not(inside) => {
                let inside = self.truth(inside, point);
                Truth { value: !inside.value, ..inside }
            }
            Condition::All(parts) => self.joined(parts, point, false),
            Condition::Any(parts) => self.joined(parts, point, true),
        }
    }

    /// The parts up to one that `decides`.
    fn joined(&mut self, parts: &[Condition], point: Point, decides: bool) -> Truth {
        let mut res = Truth { value: !decides, certain: true };
        for part in parts {
            let it = self.truth(part, point);
            if it.value == decides && it.certain {
                return it;
            }
            if it.value == decides {
                res.value = decides;
            }
            res.certain &= it.certain;
        }
        res
    }

    /// Whether a test holds at a point.
    pub(super) fn leaf(&mut self, leaf: &Leaf, point: Point) -> Truth {
        let mut found = self.decided(&leaf.kind, point);
        // Links can be made, nearly everywhere.
        found.value |= matches!(leaf.kind, LeafKind::Opaque) && leaf.text.starts_with("ln ");
        if found.certain || leaf.text.is_empty() {
            return found;
        }
        match self.configuration.value(&Subject::Test(leaf.text.clone())) {
            Some(value) => Truth { value: value == "true", certain: true },
            None => found,
        }
    }

    fn decided(&mut self, kind: &LeafKind, point: Point) -> Truth {
        let certain = |value| Truth { value, certain: true };
        let guess = |value| Truth { value, certain: false };
        match kind {
            LeafKind::Constant(value) => certain(*value),
            LeafKind::Opaque => guess(false),
            LeafKind::Equal(left, right) => self.equal(left, right, point),
            LeafKind::Unequal(left, right) => {
                let equal = self.equal(left, right, point);
                // What two commands print differs as seldom as it is the same: the usual way goes on.
                let unknown = |it| has_unknown(&self.expand(it, point, true).text);
                if !equal.certain && [left, right].into_iter().all(unknown) {
                    return guess(false);
                }
                Truth { value: !equal.value, ..equal }
            }
            LeafKind::NonEmpty(word) => self.non_empty(word, point),
            LeafKind::Empty(word) => {
                let full = self.non_empty(word, point);
                Truth { value: !full.value, ..full }
            }
            LeafKind::Flag(word) => match self.expand(word, point, true).text.trim() {
                "true" | ":" | "" => certain(true),
                "false" => certain(false),
                _ => guess(false),
            },
            LeafKind::Exists(word) if self.exists(word, point) => certain(true),
            // What a probe of configure's compiles is there where the probe works.
            LeafKind::Exists(word) => guess(self.expand(word, point, false).text.starts_with("conftest")),
            LeafKind::Numeric(operator, left, right) => {
                let left = self.expand(left, point, true).text.trim().parse::<i64>();
                let right = self.expand(right, point, true).text.trim().parse::<i64>();
                match (left, right) {
                    (Ok(left), Ok(right)) => certain(compare(operator, left, right)),
                    _ => guess(false),
                }
            }
        }
    }

    /// Whether the tree has a file of this name; what it has not may be elsewhere, or be made.
    fn exists(&mut self, word: &Word, point: Point) -> bool {
        let mut name = self.expand(word, point, false).text;
        for here in ["$srcdir", "$ac_srcdir", "$ac_confdir", "$ac_abs_confdir"] {
            name = name.replace(&unknown(here), ".");
        }
        let Some((project, folder)) = &self.model.tree else { return false };
        !name.is_empty()
            && !name.starts_with('/')
            && !has_unknown(&name)
            && project.exists(&normalise("", folder, &name))
    }

    fn equal(&mut self, left: &Word, right: &Word, point: Point) -> Truth {
        let left = self.expand(left, point, true).text;
        let right = self.expand(right, point, true).text;
        let certain = left == right || !has_unknown(&left) && !has_unknown(&right);
        Truth { value: left == right, certain }
    }

    fn non_empty(&mut self, word: &Word, point: Point) -> Truth {
        let text = self.expand(word, point, true).text;
        let certain = text.is_empty() || text.chars().any(|it| !is_unknown_char(it) && !it.is_whitespace());
        Truth { value: !text.is_empty(), certain }
    }

    /// The text of a word at a point; in a test, variables that nothing assigns are empty.
    pub(super) fn expand(&mut self, word: &Word, point: Point, in_test: bool) -> Traced {
        let mut res = Traced::default();
        for part in &word.parts {
            match part {
                Part::Text(text) => res.append(text),
                Part::Unknown { spelling, span } => res.push(&unknown(spelling), span.map(Origin::Derived)),
                Part::Variable { name, operator: None, .. } => {
                    if let Some(value) = self.at(name, point, in_test) {
                        res.append(&value);
                    }
                }
                Part::Variable { name, operator: Some((operator, word)), span } => {
                    let value = self.operated(name, operator, word, point, in_test);
                    match value {
                        Some(value) => res.append(&value),
                        None => res.push(&unknown(&format!("${{{name}{operator}...}}")), span.map(Origin::Derived)),
                    }
                }
            }
            if res.text.len() > LONGEST || self.memo.spent > BUDGET {
                return Traced::plain(unknown("..."));
            }
        }
        self.memo.spent += res.text.len();
        res
    }

    /// A folder's absolute path, as `cd FOLDER; pwd` prints it; `None` where the folder is not known.
    fn absolute(&self, folder: &Traced) -> Option<Traced> {
        let (project, own) = self.model.tree.as_ref()?;
        let text = folder.text.trim();
        if text.is_empty() || has_unknown(text) {
            return None;
        }
        let path = normalise(&project.root, own, text);
        let path = if path.starts_with('/') { path } else { format!("{}/{path}", project.root) };
        Some(Traced::plain(path.trim_end_matches('/')))
    }

    /// `${name-word}` and its like; `None` where the value cannot be known.
    fn operated(&mut self, name: &str, operator: &str, word: &Word, point: Point, in_test: bool) -> Option<Traced> {
        if self.depth > DEEPEST {
            return None;
        }
        self.depth += 1;
        let colon = operator.starts_with(':');
        let is_default = matches!(operator, "-" | ":-" | "=" | ":=");
        // A variable that may be unset is one that users may set, and they override nothing.
        let may_be_unset = is_default || operator.contains('+');
        let value = self.at(name, point, in_test || may_be_unset);
        let is_set = value.as_ref().is_some_and(|it| !colon || !it.text.is_empty());
        let res = match operator {
            "+" | ":+" if !is_set => Some(Traced::default()),
            "+" | ":+" => Some(self.expand(word, point, in_test)),
            "?" | ":?" => value.map(|it| (*it).clone()),
            ABSOLUTE => value.and_then(|it| self.absolute(&it)),
            _ if is_default && is_set => value.map(|it| (*it).clone()),
            _ if is_default => Some(self.expand(word, point, in_test)),
            _ => value.is_none_or(|it| it.text.is_empty()).then(Traced::default),
        };
        self.depth -= 1;
        res
    }
}

fn compare(operator: &str, left: i64, right: i64) -> bool {
    match operator {
        "-eq" => left == right,
        "-ne" => left != right,
        "-lt" => left < right,
        "-le" => left <= right,
        "-gt" => left > right,
        _ => left >= right,
    }
}
