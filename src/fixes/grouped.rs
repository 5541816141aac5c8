//! `grouped-target`: `&:` instead of `:`, where the makefile asks for GNU make 4.3 already.

use super::{Case, Proposal, Wish};
use crate::analysis::Strategy;
use crate::expand::RuleKind;
use crate::races::Class;
use crate::source::Span;

/// Makes a rule with several targets a grouped one, where another rule of the makefile is one.
pub(super) fn propose(case: &Case) -> Vec<Proposal> {
    let job = case.race.pair.0.job();
    let grouped = case.instance(job).database.rules.iter().any(|it| it.kind == RuleKind::Grouped);
    let Some((rule, span)) = case.explicit_rule(job) else { return Vec::new() };
    if case.race.class != Class::MultiOutput || !grouped || rule.kind != RuleKind::Explicit {
        return Vec::new();
    }
    let Some(last) = rule.targets.iter().filter_map(|it| it.span).max() else { return Vec::new() };
    let after = &case.project.source(span.file).text()[last.end..span.end].to_owned();
    let Some(colon) = after.find(':').map(|it| last.end + it) else { return Vec::new() };
    let blank = if after.starts_with(':') { " " } else { "" };
    let wish = Wish::Replace { span: Span::new(span.file, colon, colon + 1), text: format!("{blank}&:") };
    let title = format!("group the targets of {}", case.name(job));
    let why = "the makefile has grouped targets already, so it asks for GNU make 4.3";
    vec![Proposal::new(Strategy::GroupedTarget, title, why, vec![wish])]
}
