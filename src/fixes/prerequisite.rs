//! `prerequisite`: the job that comes second names the first as a prerequisite.

use std::collections::BTreeSet;

use super::{Case, NewRule, Position, Proposal, Wish};
use crate::analysis::Strategy;
use crate::effects::EffectKind;
use crate::jobs::JobId;
use crate::races::{Class, Part};
use crate::source::Span;
use crate::text::display;

/// An explicit prerequisite on each reader, or between the writers where no other fix is known.
pub(super) fn propose(case: &Case) -> Vec<Proposal> {
    let edges = match case.race.class {
        Class::MissingPrerequisite | Class::MissingDirectory => readers(case),
        Class::SharedOutput | Class::RecursiveOverlap => one_after_the_other(case),
        Class::MultiOutput => return Vec::new(),
    };
    let edges: Vec<(JobId, JobId)> = edges
        .into_iter()
        .filter_map(|(first, second)| case.graph.lifted(first, second))
        .filter(|(a, b)| a != b)
        .collect();
    if edges.is_empty() {
        return Vec::new();
    }
    let (first, second) = edges[0];
    let title = format!("make {} wait for {}", case.name(second), case.name(first));
    let why = match case.race.class {
        Class::SharedOutput | Class::RecursiveOverlap => "orders the two; each still does the work of the other again",
        _ => "states the order that the recipes rely on",
    };
    let forms = [Form::Reference, Form::Literal];
    let mut res: Vec<Proposal> = Vec::new();
    for form in forms {
        let wishes = wishes(case, &edges, form);
        if !wishes.is_empty() && res.iter().all(|it| it.wishes != wishes) {
            res.push(Proposal::new(Strategy::Prerequisite, title.clone(), why, wishes));
        }
    }
    res
}

/// The writer before each reader that takes part.
fn readers(case: &Case) -> Vec<(JobId, JobId)> {
    let writer = case.race.pair.0.job();
    let reads = |it: &&Part| matches!(it.access.kind, EffectKind::Read | EffectKind::NeedDirectory);
    case.race
        .parts
        .iter()
        .filter(reads)
        .map(|it| (writer, it.job()))
        .filter(|(a, b)| !case.graph.ordered(*a, *b))
        .collect()
}

/// The jobs that take part in a line, each after the one before it.
fn one_after_the_other(case: &Case) -> Vec<(JobId, JobId)> {
    let pair = (case.race.pair.0.job(), case.race.pair.1.job());
    let jobs: Vec<JobId> = match case.race.class {
        Class::RecursiveOverlap => vec![pair.0, pair.1],
        _ => case.race.parts.iter().map(Part::job).collect(),
    };
    jobs.windows(2).map(|it| (it[0], it[1])).filter(|(a, b)| !case.graph.ordered(*a, *b)).collect()
}

/// How targets and prerequisites are spelt.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// As the makefile does, by variables.
    Reference,
    /// By their names.
    Literal,
}

fn wishes(case: &Case, edges: &[(JobId, JobId)], form: Form) -> Vec<Wish> {
    let mut res: Vec<Wish> = Vec::new();
    let mut lines: Vec<(JobId, Vec<JobId>)> = Vec::new();
    for (first, second) in edges {
        let order_only = order_only(case, *first, *second);
        match case.explicit_rule(*second).filter(|_| !same_rule(case, *first, *second)) {
            Some((_, rule)) => {
                let wish = Wish::Prerequisite { rule, name: name(case, *first, form), order_only };
                if !res.contains(&wish) {
                    res.push(wish);
                }
            }
            None => match lines.iter_mut().find(|(it, _)| it == first) {
                Some((_, targets)) => targets.push(*second),
                None => lines.push((*first, vec![*second])),
            },
        }
    }
    for (first, targets) in lines {
        let Some(rule) = place(case, first, &targets) else { return Vec::new() };
        let (name, targets_text) = (name(case, first, form), target_list(case, &targets, form));
        let (prerequisites, order_only) = match targets.iter().any(|it| order_only(case, first, *it)) {
            true => (String::new(), name),
            false => (name, String::new()),
        };
        let new = NewRule { targets: targets_text, prerequisites, order_only, recipe: Vec::new() };
        res.push(Wish::Rule { position: Position::After(rule), rule: new });
    }
    res
}

fn name(case: &Case, job: JobId, form: Form) -> String {
    match form {
        Form::Reference => case.spelling(job),
        Form::Literal => case.name(job),
    }
}

/// A file that depends on a phony target would be made each time.
fn order_only(case: &Case, first: JobId, second: JobId) -> bool {
    let never_a_file = case.graph.job(first).phony;
    never_a_file && !case.graph.job(second).phony
}

fn same_rule(case: &Case, a: JobId, b: JobId) -> bool {
    case.explicit_rule(a).map(|(_, it)| it) == case.explicit_rule(b).map(|(_, it)| it)
        && case.explicit_rule(a).is_some()
}

/// Beside which rule a dependency line goes: the writer's, else one of the readers'.
fn place(case: &Case, first: JobId, targets: &[JobId]) -> Option<Span> {
    let own = std::iter::once(&first).chain(targets).find_map(|it| case.rule(*it));
    own.map(|(_, span)| span)
}

/// The targets by the variable that holds just these (and perhaps more of their kind), else by name.
fn target_list(case: &Case, targets: &[JobId], form: Form) -> String {
    let names: BTreeSet<&str> = targets.iter().map(|it| case.graph.job(*it).target.as_str()).collect();
    if form == Form::Reference && names.len() > 1 {
        for rule in &case.instance(targets[0]).database.rules {
            let mut spans: Vec<Span> = rule.prerequisites.iter().filter_map(|it| it.span).collect();
            spans.dedup();
            for span in spans {
                let held: BTreeSet<&str> =
                    rule.prerequisites.iter().filter(|it| it.span == Some(span)).map(|it| it.text.as_str()).collect();
                if names.is_subset(&held) {
                    return case.project.text(span);
                }
            }
        }
    }
    let names: Vec<String> = names.into_iter().map(display).collect();
    names.join(" ")
}
