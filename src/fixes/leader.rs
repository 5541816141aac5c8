//! `leader`: one target of a rule keeps the recipe, the others depend on it.

use super::several::Several;
use super::{Case, NewRule, Position, Proposal, Wish};
use crate::analysis::Strategy;
use crate::source::Span;

/// Splits a rule with several targets. Right for every make.
///
/// ```make
/// all: parse.c parse.h
/// parse.c parse.h: parse.y
/// 	bison -d -o parse.c parse.y
/// ```
/// becomes
/// ```make
/// all: parse.c parse.h
/// parse.c: parse.y
/// 	bison -d -o parse.c parse.y
/// parse.h: parse.c
/// ```
pub(super) fn propose(case: &Case) -> Vec<Proposal> {
    let Some(several) = Several::of(case) else { return Vec::new() };
    match &several.words[..] {
        [] => Vec::new(),
        [only] => by_reference(case, *only, several.span),
        _ => {
            let texts = several.texts(case);
            let files: Vec<usize> = (0..texts.len()).filter(|it| several.is_file(case, *it)).collect();
            let mut leaders: Vec<usize> =
                source_first(&texts, &files).into_iter().chain(files.first().copied()).collect();
            leaders.dedup();
            // An empty recipe keeps make from looking for a rule that makes the target in another way.
            let ways = leaders.into_iter().flat_map(|it| [(it, ""), (it, " ;")]);
            ways.filter_map(|(leader, end)| split(&several, &texts, leader, end)).collect()
        }
    }
}

/// The source that a compiler would be given leads, since no built-in rule makes a header.
fn source_first(texts: &[String], files: &[usize]) -> Option<usize> {
    let is_source =
        |it: &&usize| [".c", ".cc", ".cpp", ".cxx", ".C"].iter().any(|suffix| texts[**it].ends_with(suffix));
    files.iter().find(is_source).copied()
}

fn split(several: &Several, texts: &[String], leader: usize, end: &str) -> Option<Proposal> {
    let mut others: Vec<String> = texts.to_vec();
    let mut name = others.remove(leader);
    let held = several.rule.targets.iter().filter(|it| it.span == Some(several.words[leader])).count();
    if held > 1 {
        let list = std::mem::take(&mut name);
        name = format!("$(firstword {list})");
        others.insert(0, format!("$(filter-out {name},{list})"));
    }
    let line = line(others.join(" "), format!("{name}{end}"));
    let wishes = vec![
        Wish::Replace { span: several.list()?, text: name.clone() },
        Wish::Rule { position: Position::Beside(several.span), rule: line },
    ];
    Some(proposal(&name, wishes))
}

/// A list held in a variable: its first word leads.
fn by_reference(case: &Case, word: Span, rule: Span) -> Vec<Proposal> {
    let list = case.project.text(word);
    if !list.starts_with('$') {
        return Vec::new();
    }
    let leader = format!("$(firstword {list})");
    let line = line(format!("$(filter-out {leader},{list})"), leader.clone());
    let wishes = vec![
        Wish::Replace { span: word, text: leader.clone() },
        Wish::Rule { position: Position::Beside(rule), rule: line },
    ];
    vec![proposal(&leader, wishes)]
}

/// The others' line.
fn line(targets: String, prerequisites: String) -> NewRule {
    NewRule { targets, prerequisites, ..NewRule::default() }
}

fn proposal(leader: &str, wishes: Vec<Wish>) -> Proposal {
    let title = format!("run the recipe of {leader} once for all that it makes");
    let why = "a rule with several targets runs once for each; a leader is right for every make, where `&:` asks for GNU \
               make 4.3";
    Proposal::new(Strategy::Leader, title, why, wishes)
}
