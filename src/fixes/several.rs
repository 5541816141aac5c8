//! What the strategies for a rule with several targets share.

use super::Case;
use crate::expand::{Name, Rule, RuleKind};
use crate::races::Class;
use crate::source::Span;

/// A rule that runs once for each of its targets.
pub(super) struct Several<'a> {
    /// The rule.
    pub(super) rule: &'a Rule,
    /// Its line.
    pub(super) span: Span,
    /// The words of its target list, in order.
    pub(super) words: Vec<Span>,
}

impl<'a> Several<'a> {
    /// The racing rule, where it is an explicit one.
    pub(super) fn of(case: &Case<'a>) -> Option<Several<'a>> {
        let (rule, span) = case.explicit_rule(case.race.pair.0.job())?;
        let is_plain = rule.kind == RuleKind::Explicit && case.race.class == Class::MultiOutput;
        is_plain.then(|| Several { rule, span, words: words(rule) })
    }

    /// The target list, from its first word to its last.
    pub(super) fn list(&self) -> Option<Span> {
        let (first, last) = (self.words.first()?, self.words.last()?);
        Some(Span::new(self.span.file, first.start(), last.end()))
    }

    /// The words as the makefile spells them.
    pub(super) fn texts(&self, case: &Case) -> Vec<String> {
        self.words.iter().map(|it| case.project.text(*it)).collect()
    }

    /// Whether a word names files: who waits for what is phony runs each time.
    pub(super) fn is_file(&self, case: &Case, word: usize) -> bool {
        let phony = &case.instance(case.race.pair.0.job()).database.phony;
        let mut named = self.rule.targets.iter().filter(|it| it.span == Some(self.words[word]));
        named.all(|it| !phony.contains(&it.text))
    }

    /// Whether the recipe asks for an automatic variable of one of these names.
    pub(super) fn recipe_uses(&self, names: &[char]) -> bool {
        self.rule.recipe.iter().any(|line| {
            line.text.match_indices('$').any(|(at, _)| {
                let name = line.text[at + 1..].trim_start_matches(['(', '{']);
                name.starts_with(names) && !line.text[..at].ends_with('$')
            })
        })
    }
}

fn words(rule: &Rule) -> Vec<Span> {
    let mut res: Vec<Span> = rule.targets.iter().filter_map(|it: &Name| it.span).collect();
    res.sort();
    res.dedup();
    res
}
