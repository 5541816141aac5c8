//! `pattern-rule`: a pattern rule with several targets runs once for all of them, in every GNU make.

use super::several::Several;
use super::{Case, Proposal, Wish};
use crate::analysis::Strategy;
use crate::expand::RuleKind;
use crate::source::Span;

/// Puts `%` in place of the dot of each target, where the makefile does so elsewhere.
///
/// ```make
/// all: scan.c scan.h parse.c parse.h
/// scan%c scan%h: scan.l
/// 	flex -o scan.c --header-file=scan.h scan.l
/// parse.c parse.h: parse.y
/// 	bison -d -o parse.c parse.y
/// ```
/// becomes
/// ```make
/// all: scan.c scan.h parse.c parse.h
/// scan%c scan%h: scan.l
/// 	flex -o scan.c --header-file=scan.h scan.l
/// parse%c parse%h: parse.y
/// 	bison -d -o parse.c parse.y
/// ```
pub(super) fn propose(case: &Case) -> Vec<Proposal> {
    let Some(several) = Several::of(case) else { return Vec::new() };
    let asked = case.wanted == Some(Strategy::PatternRule);
    // `$*` would be another text; a rule without its targets' own names is hard to read where nobody expects it.
    if several.words.len() < 2 || several.recipe_uses(&['*']) || !(asked || is_habit(case)) {
        return Vec::new();
    }
    let mut wishes = Vec::new();
    for word in &several.words {
        let text = case.project.text(*word);
        let plain = text.matches('.').count() == 1 && !text.contains(['$', '%', '@', '*']);
        let Some(dot) = text.find('.').filter(|_| plain) else { return Vec::new() };
        let span = Span::new(word.file, word.start() + dot, word.start() + dot + 1);
        wishes.push(Wish::Replace { span, text: "%".to_owned() });
    }
    let title = format!("run the recipe of {} once for all that it makes", several.texts(case)[0]);
    let why = "the makefile has pattern rules with several targets already; such a rule runs once for all, where a \
               rule with several names runs once for each";
    vec![Proposal::new(Strategy::PatternRule, title, why, wishes)]
}

fn is_habit(case: &Case) -> bool {
    let rules = &case.instance(case.race.pair.0.job()).database.implicit;
    rules.iter().any(|it| it.kind == RuleKind::Implicit && it.targets.len() > 1 && it.span.is_some())
}
