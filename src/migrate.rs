//! A project to the project without its races: analyse, take a fix, look again, until nothing more is offered.
//!
//! Knows nothing of how a fix is made or judged.

use std::collections::BTreeSet;

use crate::analysis::{Analysis, Applicability, Finding, Fix, Options, Severity};
use crate::edit::Edits;
use crate::source::Project;
use crate::verdict::{Memory, best_fix, check_again};

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

/// Takes the best fix that `policy` allows of each finding, until none is left. Fixes that are far from each other are
/// taken in one round, and looked at again together; where that shows anything new, the first half of them, and so on.
pub fn migrate(project: &Project, makefiles: &[String], options: &Options, policy: &Policy) -> Outcome {
    let memory = Memory::default();
    let look = |it: &Project, fixes: Option<&BTreeSet<String>>| {
        let settled = fixes.cloned().unwrap_or_default();
        let options = Options { fixes: fixes.is_some(), only: policy.only.clone(), settled, ..options.clone() };
        check_again(it, makefiles, &options, &memory)
    };
    until_stable(project, policy, look)
}

/// `look` analyses a project, with fixes of all findings but those whose ids it is given, or without any.
fn until_stable(
    project: &Project,
    policy: &Policy,
    look: impl Fn(&Project, Option<&BTreeSet<String>>) -> Analysis,
) -> Outcome {
    let before = look(project, Some(&BTreeSet::new()));
    let mut outcome = Outcome { project: project.clone(), steps: Vec::new(), before: before.clone(), after: before };
    let mut refused = BTreeSet::new();
    let mut settled = BTreeSet::new();
    for _ in 0..MAX_ROUNDS {
        let judged = outcome.after.findings.iter().filter(|it| !it.fixes.is_empty());
        let hopeless = judged.filter(|it| best_fix(it, policy.applicability).is_none());
        settled.extend(hopeless.map(|it| it.id.clone()));
        let mut round = choose(&outcome.after, policy, &refused);
        round.retain(|(finding, _)| !outcome.goes_on(finding));
        let Some(first) = round.first() else {
            // What had no fix at first may have one now.
            if settled.is_empty() || outcome.steps.is_empty() {
                break;
            }
            settled.clear();
            outcome.after = look(&outcome.project, Some(&settled));
            let round = choose(&outcome.after, policy, &refused);
            if round.iter().all(|it| outcome.goes_on(&it.0)) {
                break;
            }
            continue;
        };
        let mut halves = std::iter::successors(Some(round.len()), |it| (*it > 1).then_some(it / 2));
        if halves.any(|it| take(&mut outcome, &round[..it], &|it| look(it, None))) {
            outcome.after = look(&outcome.project, Some(&settled));
        } else {
            refused.insert(first.0.id.clone());
            settled.insert(first.0.id.clone());
        }
    }
    outcome
}

impl Outcome {
    /// Whether a race is one more of many in one file, or in files that one rule makes, each of which would take a fix of
    /// its own.
    fn goes_on(&self, finding: &Finding) -> bool {
        const MOST: usize = 8;
        const MOST_OF_A_GROUP: usize = 40;
        let of_class = || self.steps.iter().map(|it| &it.finding).filter(|it| it.class == finding.class);
        let same = of_class().filter(|it| it.path == finding.path).count();
        let grouped = of_class().filter(|it| it.paths.contains(&finding.path)).count();
        same >= MOST || grouped >= MOST_OF_A_GROUP
    }
}

/// Makes a round's fixes, if looking again shows that they did what they are for; what is found then has no fixes yet.
fn take(outcome: &mut Outcome, round: &[(Finding, Fix)], look: &impl Fn(&Project) -> Analysis) -> bool {
    let steps = steps(&outcome.project, round);
    let Some(edited) = steps.last().map(|it| it.after.clone()) else { return false };
    let after = look(&edited);
    let better = is_better(&outcome.after, &after, round);
    if better {
        outcome.steps.extend(steps);
        outcome.project = edited;
        outcome.after = after;
    }
    better
}

/// The findings to end in one round, and how.
fn choose(analysis: &Analysis, policy: &Policy, refused: &BTreeSet<String>) -> Vec<(Finding, Fix)> {
    let mut taken = Edits::new();
    let mut res = Vec::new();
    for finding in analysis.findings.iter().filter(|it| is_wanted(it, policy) && !refused.contains(&it.id)) {
        let Some(fix) = best_fix(finding, policy.applicability) else { continue };
        if taken.touches(&fix.edits) {
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

/// Whether the round's races are gone, no circle is closed and nothing but notes is found that was not there. A finding that a fix changes (one job
/// less) may have another id, but not another path. What is shown by configurations alone that were not looked at before may
/// have been there.
fn is_better(before: &Analysis, after: &Analysis, round: &[(Finding, Fix)]) -> bool {
    let same =
        |old: &Finding, it: &Finding| old.class == it.class && (old.path == it.path || old.paths.contains(&it.path));
    let shown = |it: &Finding| before.shown.contains(&(it.class, it.path.clone()));
    let looked_at = |it: &Finding| it.configurations.iter().any(|it| before.configurations.contains(&it.name));
    let known = |it: &Finding| {
        it.severity == Severity::Note || shown(it) || !looked_at(it) || before.findings.iter().any(|old| same(old, it))
    };
    let gone = |it: &Finding| round.iter().any(|(finding, _)| finding.is_still(it));
    after.cycles.is_subset(&before.cycles) && after.findings.iter().all(|it| known(it) && !gone(it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Strategy;
    use crate::races::Class;
    use crate::source::Span;

    /// Each word `bad` is a race, whose fix makes it `good`; `worse` is one that its fix does not end.
    fn look(project: &Project) -> Analysis {
        let file = project.open("Makefile").unwrap();
        let text = project.source(file).text().to_owned();
        let words = text.split(' ').scan(0, |at, word| {
            *at += word.len() + 1;
            Some((*at - word.len() - 1, word))
        });
        let bad = words.filter(|(_, word)| word.starts_with("bad") || word.starts_with("worse"));
        let findings = bad.map(|(at, word)| finding(word, Span::new(file, at, at + word.len())));
        Analysis { findings: findings.collect(), ..Analysis::default() }
    }

    fn finding(word: &str, span: Span) -> Finding {
        let mut edits = Edits::new();
        edits.replace(span, word.replace("bad", "good")).unwrap();
        let applicability = if word.ends_with('?') { Applicability::Unsafe } else { Applicability::Safe };
        let strategy = Strategy::Prerequisite;
        let fix = Fix { strategy, applicability, title: word.into(), why: String::new(), edits, verdict: None };
        Finding {
            id: word.into(),
            class: Class::SharedOutput,
            severity: if word.contains("note") { Severity::Note } else { Severity::Error },
            path: word.into(),
            paths: Vec::new(),
            message: String::new(),
            goal: "all".into(),
            configurations: Vec::new(),
            jobs: Vec::new(),
            witness: String::new(),
            fixes: vec![fix],
        }
    }

    fn policy(applicability: Applicability) -> Policy {
        Policy { applicability, severity: Severity::Warning, only: Vec::new(), except: BTreeSet::new() }
    }

    fn run(text: &str, policy: &Policy) -> (String, Vec<String>, usize) {
        let project = Project::in_memory([("Makefile", text)]);
        let outcome = until_stable(&project, policy, |it, _| look(it));
        let file = outcome.project.open("Makefile").unwrap();
        let steps = outcome.steps.iter().map(|it| it.finding.id.clone()).collect();
        (outcome.project.source(file).text().to_owned(), steps, outcome.after.findings.len())
    }

    #[test]
    fn all_that_the_policy_allows_is_fixed() {
        let (text, steps, left) = run("bad1 x bad2 y bad3? z bad4-note", &policy(Applicability::Safe));
        assert_eq!((text.as_str(), steps.len(), left), ("good1 x good2 y bad3? z bad4-note", 2, 2));
        let (text, ..) = run("bad1 x bad3?", &policy(Applicability::Unsafe));
        assert_eq!(text, "good1 x good3?");
        let only = Policy { only: vec!["bad2".into()], ..policy(Applicability::Safe) };
        assert_eq!(run("bad1 x bad2", &only).0, "bad1 x good2");
        let except = Policy { except: BTreeSet::from(["bad2".to_owned()]), ..policy(Applicability::Safe) };
        assert_eq!(run("bad1 x bad2", &except).0, "good1 x bad2");
    }

    #[test]
    fn a_fix_that_does_not_help_is_not_made_and_stops_nothing() {
        let (text, steps, left) = run("worse1 x bad1 y worse2 z bad2", &policy(Applicability::Safe));
        assert_eq!((text.as_str(), steps.len(), left), ("worse1 x good1 y worse2 z good2", 2, 2));
    }

    #[test]
    fn each_step_is_a_change_of_its_own() {
        let project = Project::in_memory([("Makefile", "bad1 x bad22 y")]);
        let outcome = until_stable(&project, &policy(Applicability::Safe), |it, _| look(it));
        let file = project.open("Makefile").unwrap();
        let texts: Vec<String> = outcome.steps.iter().map(|it| it.after.source(file).text().to_owned()).collect();
        assert_eq!(texts, ["good1 x bad22 y", "good1 x good22 y"]);
        assert_eq!(outcome.steps[1].before.source(file).text(), texts[0]);
    }
}
