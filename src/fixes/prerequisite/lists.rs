//! Variables that hold just what is waited for, or what waits.

use std::collections::BTreeSet;

use super::super::{Case, Proposal, Wish};
use super::{Form, name, names_all_prerequisites, order_only};
use crate::analysis::Strategy;
use crate::effects::EffectKind;
use crate::expand::RuleKind;
use crate::jobs::JobId;
use crate::races::Class;
use crate::source::{Span, spelt_in};
use crate::syntax::make::scan;

/// Where one reader lacks many files that a variable lists among the prerequisites of some rule: that list.
pub(super) fn whole_list(case: &Case, edges: &[(JobId, JobId)], why: &str) -> Option<Proposal> {
    const FEW: usize = 2;
    let (first, second) = *edges.first()?;
    let alike = case.races.iter().filter(|it| it.class == case.race.class && it.goal.is_some());
    let lifted = alike.filter_map(|it| case.graph.lifted(it.pair.0.job(), it.pair.1.job()));
    // Another make of the same makefile may be the one that shows the race.
    let target = |it: JobId| case.graph.job(it).target();
    let rule = |it: JobId| case.explicit_rule(it).map(|it| it.1);
    let is_second =
        |it: JobId| it == second || rule(it).is_some() && rule(it) == rule(second) && target(it) == target(second);
    if edges.iter().any(|it| !is_second(it.1) || target(it.0) != target(first)) {
        return None;
    }
    let own = |it: JobId| case.instance(second).by_target.get(target(it)).copied();
    let mut firsts: Vec<JobId> = lifted.filter(|it| is_second(it.1)).filter_map(|it| own(it.0)).collect();
    firsts.extend(also_read(case, second));
    firsts.sort();
    firsts.dedup();
    if case.race.class != Class::MissingPrerequisite || firsts.len() <= FEW || !firsts.contains(&first) {
        return None;
    }
    let name = list_word(case, &firsts, second)?;
    let (_, rule) = case.explicit_rule(second)?;
    let order_only = firsts.iter().any(|it| order_only(case, *it, second));
    let title = format!("make {} wait for {name}", case.name(second));
    Some(Proposal::new(Strategy::Prerequisite, title, why, vec![Wish::Prerequisite { rule, name, order_only }]))
}

/// Where each target of a static pattern rule lacks the file that goes by its stem: the pattern of their names
/// (`$(RUNS): %.run: %`).
pub(super) fn by_stem(case: &Case, edges: &[(JobId, JobId)], why: &str) -> Option<Proposal> {
    let (first, second) = *edges.first()?;
    let (rule, span) = case.explicit_rule(second)?;
    let stem_of = |it: JobId| Some(&*case.graph.job(it).resolved.recipes.first()?.stem).filter(|it| !it.is_empty());
    let is_own = |it: JobId| case.explicit_rule(it).is_some_and(|it| it.1 == span);
    if rule.kind != RuleKind::StaticPattern || rule.computed || !edges.iter().all(|it| is_own(it.1)) {
        return None;
    }
    let (name, stem) = (case.graph.job(first).target(), stem_of(second)?);
    let by_target = &case.instance(second).by_target;
    let all = by_target.values().copied().filter(|it| is_own(*it));
    let stems: Vec<&str> = all.map(stem_of).collect::<Option<_>>()?;
    let template = |(at, _): (usize, &str)| (&name[..at], &name[at + stem.len()..]);
    let is_made = |name: String| by_target.get(&*name).is_some_and(|it| !case.graph.job(*it).recipes.is_empty());
    let fits = |it: &(&str, &str)| stems.iter().all(|stem| is_made(format!("{}{stem}{}", it.0, it.1)));
    let (before, after) = name.match_indices(stem).map(template).filter(|_| stems.len() > 1).find(fits)?;
    let in_turn = |(first, second): &(JobId, JobId)| {
        stem_of(*second).is_some_and(|it| case.graph.job(*first).target() == format!("{before}{it}{after}"))
    };
    let pattern = format!("{before}%{after}");
    if before.contains('%') || !edges.iter().all(in_turn) {
        return None;
    }
    // As the rule that makes them spells it, so that variables stay what they are.
    let (maker, statement) =
        case.explicit_rule(first).filter(|it| it.0.target_pattern.as_deref() == Some(&*pattern))?;
    let pattern = target_pattern(&case.project.text(statement)).filter(|_| !maker.computed)?.to_owned();
    let title = format!("make {} wait for {}", case.name(second), case.name(first));
    let order_only = order_only(case, first, second) || names_all_prerequisites(case, second).is_some();
    let wish = Wish::Prerequisite { rule: span, name: pattern, order_only };
    Some(Proposal::new(Strategy::Prerequisite, title, why, vec![wish]))
}

/// The target pattern of a static pattern rule as it is spelt: what stands between the colons that are not of a reference.
fn target_pattern(statement: &str) -> Option<&str> {
    let colon = |from: usize| scan::find_unquoted(statement, from, |it| it == b':');
    let first = colon(0)?;
    let pattern = statement[first + 1..colon(first + 1)?].trim();
    (!pattern.is_empty() && !pattern.contains([' ', '\t', '\n', '\\'])).then_some(pattern)
}

/// What else of its make's files a job reads and does not wait for: in a configuration that adds to a list, the races are
/// those of what is added.
fn also_read(case: &Case, second: JobId) -> Vec<JobId> {
    let instance = case.instance(second);
    let read =
        case.graph.job(second).effects().filter(|(_, it)| it.kind == EffectKind::Read).map(|it| it.1.path.as_str());
    let spelt = read.map(|it| spelt_in(&instance.given.directory, it));
    let jobs = spelt.filter_map(|it| instance.by_target.get(it.as_str()).copied());
    let is_open =
        |it: &JobId| *it != second && !case.graph.job(*it).recipes.is_empty() && !case.graph.before(*it, second);
    jobs.filter(is_open).collect()
}

/// The targets by the variable that holds just these (and perhaps more of their kind, but not what they are to wait for),
/// else by name.
pub(super) fn target_list(case: &Case, targets: &[JobId], first: JobId, form: Form) -> String {
    let names: BTreeSet<&str> = targets.iter().map(|it| case.graph.job(*it).target()).collect();
    if names.len() == 1 {
        return case.automake_object(targets[0]).unwrap_or_else(|| name(case, targets[0], form));
    }
    if let Some(word) = list_word(case, targets, first).filter(|_| form != Form::Literal) {
        return word;
    }
    let mut names: Vec<String> =
        targets.iter().map(|it| case.automake_object(*it).unwrap_or_else(|| case.name(*it))).collect();
    names.sort();
    names.dedup();
    names.join(" ")
}

/// The word among some rule's prerequisites that holds these targets and not another one.
fn list_word(case: &Case, targets: &[JobId], other: JobId) -> Option<String> {
    let other = case.graph.job(other).target();
    let names: BTreeSet<&str> = targets.iter().map(|it| case.graph.job(*it).target()).collect();
    for rule in &case.instance(targets[0]).database.rules {
        let mut spans: Vec<Span> = rule.prerequisites.iter().filter_map(|it| it.span).collect();
        spans.dedup();
        for span in spans {
            let held: BTreeSet<&str> =
                rule.prerequisites.iter().filter(|it| it.span == Some(span)).map(|it| it.text.as_str()).collect();
            if names.is_subset(&held) && !held.contains(other) {
                return Some(case.project.text(span));
            }
        }
    }
    None
}
