//! `leader`: one target of a rule keeps the recipe, the others depend on it.

use super::{Case, NewRule, Position, Proposal, Wish};
use crate::analysis::Strategy;
use crate::expand::{Name, Rule, RuleKind};
use crate::races::Class;
use crate::source::Span;

/// Splits a rule with several targets. Right for every make.
///
/// ```make
/// parser.c parser.h: parser.y
/// 	bison -d -o parser.c parser.y
/// ```
/// becomes
/// ```make
/// parser.c: parser.y
/// 	bison -d -o parser.c parser.y
/// parser.h: parser.c
/// ```
pub(super) fn propose(case: &Case) -> Vec<Proposal> {
    if case.race.class != Class::MultiOutput {
        return Vec::new();
    }
    let Some((rule, span)) = case.explicit_rule(case.race.pair.0.job()) else { return Vec::new() };
    if rule.kind != RuleKind::Explicit {
        return Vec::new();
    }
    let words = words(rule);
    match &words[..] {
        [] => Vec::new(),
        [only] => by_reference(case, *only, span),
        _ => [leader_first(case, &words), 0]
            .into_iter()
            .flat_map(|leader| ["", " ;"].map(|end| split(case, &words, leader, span, end)))
            .collect(),
    }
}

/// The words of the target list, in order.
fn words(rule: &Rule) -> Vec<Span> {
    let mut res: Vec<Span> = rule.targets.iter().filter_map(|it: &Name| it.span).collect();
    res.sort();
    res.dedup();
    res
}

/// The source that a compiler would be given leads, since no built-in rule makes a header.
fn leader_first(case: &Case, words: &[Span]) -> usize {
    let is_source = |it: &Span| {
        let text = case.project.text(*it);
        [".c", ".cc", ".cpp", ".cxx", ".C"].iter().any(|suffix| text.ends_with(suffix))
    };
    words.iter().position(is_source).unwrap_or(0)
}

fn split(case: &Case, words: &[Span], leader: usize, rule: Span, end: &str) -> Proposal {
    let text: Vec<String> = words.iter().map(|it| case.project.text(*it)).collect();
    let list = Span::new(rule.file, words[0].start, words[words.len() - 1].end);
    let others: Vec<&str> =
        text.iter().enumerate().filter(|(it, _)| *it != leader).map(|(_, it)| it.as_str()).collect();
    let line = line(others.join(" "), format!("{}{end}", text[leader]));
    let wishes = vec![Wish::Replace { span: list, text: text[leader].clone() }, Wish::Rule { position: Position::Beside(rule), rule: line }];
    proposal(&text[leader], wishes)
}

/// A list held in a variable: its first word leads.
fn by_reference(case: &Case, word: Span, rule: Span) -> Vec<Proposal> {
    let list = case.project.text(word);
    if !list.starts_with('$') {
        return Vec::new();
    }
    let leader = format!("$(firstword {list})");
    let line = line(format!("$(filter-out {leader},{list})"), leader.clone());
    let wishes = vec![Wish::Replace { span: word, text: leader.clone() }, Wish::Rule { position: Position::Beside(rule), rule: line }];
    vec![proposal(&leader, wishes)]
}

/// The others' line.
fn line(targets: String, prerequisites: String) -> NewRule {
    NewRule { targets, prerequisites, ..NewRule::default() }
}

fn proposal(leader: &str, wishes: Vec<Wish>) -> Proposal {
    let title = format!("run the recipe of {leader} once for all that it makes");
    let why = "a rule with several targets runs once for each; a leader is right for every make, where `&:` asks for GNU make 4.3";
    Proposal::new(Strategy::Leader, title, why, wishes)
}
