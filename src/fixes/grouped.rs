//! `grouped-target`: `&:` instead of `:`, where the makefile asks for GNU make 4.3 already.

use super::several::Several;
use super::{Case, Proposal, Wish};
use crate::analysis::Strategy;
use crate::expand::RuleKind;
use crate::source::Span;

/// Makes a rule with several targets a grouped one, where another rule of the makefile is one or the user asks for it.
///
/// ```make
/// all: scan.c scan.h parse.c parse.h
/// scan.c scan.h &: scan.l
/// 	flex -o scan.c --header-file=scan.h scan.l
/// parse.c parse.h: parse.y
/// 	bison -d -o parse.c parse.y
/// ```
/// becomes
/// ```make
/// all: scan.c scan.h parse.c parse.h
/// scan.c scan.h &: scan.l
/// 	flex -o scan.c --header-file=scan.h scan.l
/// parse.c parse.h &: parse.y
/// 	bison -d -o parse.c parse.y
/// ```
pub(super) fn propose(case: &Case) -> Vec<Proposal> {
    let Some(several) = Several::of(case) else { return Vec::new() };
    let rules = &case.instance(case.race.pair.0.job()).database.rules;
    let allowed = case.wanted == Some(Strategy::GroupedTarget) || rules.iter().any(|it| it.kind == RuleKind::Grouped);
    let Some(list) = several.list().filter(|_| allowed) else { return Vec::new() };
    let after = &case.project.source(list.file).text()[list.end()..several.span.end()].to_owned();
    let Some(colon) = after.find(':').map(|it| list.end() + it) else { return Vec::new() };
    let blank = if after.starts_with(':') { " " } else { "" };
    let wish = Wish::Replace { span: Span::new(list.file, colon, colon + 1), text: format!("{blank}&:") };
    let title = format!("group the targets of {}", case.name(case.race.pair.0.job()));
    let why = "the makefile asks for GNU make 4.3, where one run of the recipe makes a group";
    vec![Proposal::new(Strategy::GroupedTarget, title, why, vec![wish])]
}
