//! A project to the project without its races: analyse, take a fix, look again, until nothing more is offered.
//!
//! Knows nothing of how a fix is made or judged.

use std::collections::BTreeSet;

use crate::analysis::{Analysis, Applicability, Finding, Fix, Options, Severity};
use crate::edit::Edits;
use crate::source::{Project, Span};
use crate::verdict::{best_fix, check};

/// Rounds after which what is left stays.
const MAX_ROUNDS: usize = 100;

/// Which fixes are taken.
#[derive(Clone, Debug)]
pub struct Policy {
    /// At least this applicability; `manual` ones are never taken.
    pub applicability: Applicability,
    /// At least this severity.
    pub severity: Severity,
    /// Only the findings with these ids; none means all.
    pub only: Vec<String>,
    /// Findings with these ids are left alone.
    pub except: BTreeSet<String>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The project after all steps.
    pub project: Project,
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// What was found at first.
    pub before: Analysis,
    /// What is found now.
    pub after: Analysis,
}

/// One fix that was made.
#[derive(Clone, Debug)]
pub struct Step {
    /// The race.
    pub finding: Finding,
    /// What ended it.
    pub fix: Fix,
    /// The project before this step.
    pub before: Project,
    /// The project after it.
    pub after: Project,
}

/// Takes the first fix that `policy` allows of each finding, until none is left. Fixes that are far from each other are
/// taken in one round, and looked at again together; where that shows anything new, the round is done again with its
/// first fix alone.
pub fn migrate(project: &Project, makefiles: &[String], options: &Options, policy: &Policy) -> Outcome {
    let options = Options { fixes: true, ..options.clone() };
    let before = check(project, makefiles, &options);
    let mut outcome = Outcome { project: project.clone(), steps: Vec::new(), before: before.clone(), after: before };
    let mut refused = BTreeSet::new();
    for _ in 0..MAX_ROUNDS {
        let mut round = choose(&outcome.after, policy, &refused);
        while !round.is_empty() {
            let steps = steps(&outcome.project, &round);
            let Some(edited) = steps.last().map(|it| it.after.clone()) else { break };
            let after = check(&edited, makefiles, &options);
            if is_better(&outcome.after, &after, &round) {
                outcome.steps.extend(steps);
                outcome.project = edited;
                outcome.after = after;
                break;
            }
            if round.len() == 1 {
                refused.insert(round[0].0.id.clone());
            }
            // Alone it was judged already; together with the others it was not.
            let keep = round.len().min(2) - 1;
            round.truncate(keep);
        }
        if choose(&outcome.after, policy, &refused).is_empty() {
            break;
        }
    }
    outcome
}

/// The findings to end in one round, and how.
fn choose(analysis: &Analysis, policy: &Policy, refused: &BTreeSet<String>) -> Vec<(Finding, Fix)> {
    let mut taken = Edits::new();
    let mut res = Vec::new();
    for finding in analysis.findings.iter().filter(|it| is_wanted(it, policy) && !refused.contains(&it.id)) {
        let fit =
            |it: &&Fix| it.applicability >= policy.applicability.max(Applicability::Unsafe) && !it.edits.is_empty();
        let Some(fix) = finding.fixes.iter().find(fit) else { continue };
        if touches(&taken, &fix.edits) {
            continue;
        }
        if let Ok(merged) = taken.merged(&fix.edits) {
            taken = merged;
            res.push((finding.clone(), fix.clone()));
        }
    }
    res
}

fn is_wanted(finding: &Finding, policy: &Policy) -> bool {
    let named = policy.only.is_empty() || policy.only.contains(&finding.id);
    named && finding.severity >= policy.severity && !policy.except.contains(&finding.id)
}

/// Whether two changes meet or lie side by side: two insertions at one place may be one wish said twice.
fn touches(a: &Edits, b: &Edits) -> bool {
    let near =
        |x: Span, y: Span| x.file == y.file && x.start <= y.end && y.start <= x.end;
    b.iter().any(|b| a.iter().any(|a| near(a.span, b.span)))
}

/// The projects between the fixes of a round, whose edits all speak of the round's first text.
fn steps(project: &Project, round: &[(Finding, Fix)]) -> Vec<Step> {
    let mut edits = Edits::new();
    let mut before = project.clone();
    let mut res = Vec::new();
    for (finding, fix) in round {
        let Ok(merged) = edits.merged(&fix.edits) else { continue };
        edits = merged;
        let after = edits.apply(project);
        res.push(Step { finding: finding.clone(), fix: fix.clone(), before, after: after.clone() });
        before = after;
    }
    res
}

/// Whether the round's races are gone and nothing is found that was not there.
fn is_better(before: &Analysis, after: &Analysis, round: &[(Finding, Fix)]) -> bool {
    let known: BTreeSet<&str> = before.findings.iter().map(|it| it.id.as_str()).collect();
    let gone = |id: &str| round.iter().any(|(finding, _)| finding.id == id);
    after.findings.iter().all(|it| known.contains(it.id.as_str()) && !gone(&it.id))
}
