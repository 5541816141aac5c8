//! Looks again at edited text: is the race gone, and what else changed.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::analysis::{
    self, Analysis, Applicability, Examined, Explored, Finding, Fix, Key, Options, Setup, Verdict, examine,
};
use crate::edit::Edits;
use crate::fixes::{Case, Proposal, STRATEGIES};
use crate::jobs::{JobGraph, JobId};
use crate::races::{Part, Race};
use crate::source::Project;

/// Examines makefiles and offers judged fixes for what is found.
pub fn check(project: &Project, makefiles: &[String], options: &Options) -> Analysis {
    if !options.fixes {
        return analysis::analyse(project, makefiles, options);
    }
    let setup = Setup::new(options);
    let parts = makefiles.par_iter().map(|it| offer(project, it, options, &setup)).collect();
    analysis::joined(makefiles, parts)
}

fn offer(project: &Project, makefile: &str, options: &Options, setup: &Setup) -> Analysis {
    let (mut res, explored) = examine(project, makefile, options, setup);
    let judge = Judge::new(project, options, setup, &explored);
    let fixes: Vec<(usize, Vec<Fix>)> = worth_judging(&res, &explored)
        .into_par_iter()
        .map(|it| (it, judge.fixes(&explored.found[it].race, &explored.runs[explored.found[it].run])))
        .collect();
    for (finding, fixes) in fixes {
        res.findings[finding].fixes = fixes;
    }
    res
}

/// The findings for which fixes are made: the most severe ones, as many as the size of the makefile allows. Once these
/// are fixed, `migrate` comes to the others.
fn worth_judging(analysis: &Analysis, explored: &Explored) -> Vec<usize> {
    const MOST_JOBS: usize = 100_000;
    let n_jobs = explored.runs[0].graph.jobs.len().max(1);
    let mut res: Vec<usize> =
        (0..analysis.findings.len()).filter(|it| explored.found[*it].race.goal.is_some()).collect();
    res.sort_by_key(|it| std::cmp::Reverse(analysis.findings[*it].severity));
    res.truncate((MOST_JOBS / n_jobs).clamp(4, 100));
    res
}

struct Judge<'a> {
    project: &'a Project,
    options: &'a Options,
    setup: &'a Setup,
    explored: &'a Explored,
    known: BTreeSet<Key>,
}

impl<'a> Judge<'a> {
    fn new(project: &'a Project, options: &'a Options, setup: &'a Setup, explored: &'a Explored) -> Judge<'a> {
        let known = explored.runs.iter().flat_map(|it| keys(&it.races)).collect();
        Judge { project, options, setup, explored, known }
    }

    /// The fixes of one race: for each strategy its first proposal that passes, and what was refused.
    fn fixes(&self, race: &Race, run: &Examined) -> Vec<Fix> {
        let configure = self.explored.configure();
        let case = Case {
            project: self.project,
            configure: &configure,
            configuration: &run.configuration,
            graph: &run.graph,
            race,
        };
        let mut res: Vec<Fix> = Vec::new();
        for (strategy, propose) in STRATEGIES {
            let wanted = self.options.strategy.is_none_or(|it| it == *strategy);
            let passed = res.iter().any(|it| it.applicability > Applicability::Manual);
            // One fix that passes is enough, unless the user asks for a way.
            if !wanted || passed && self.options.strategy.is_none() {
                continue;
            }
            // The strategy's own order decides between equals, so that nothing after a fix that passes need be judged.
            let mut best: Option<Fix> = None;
            for fix in propose(&case).into_iter().filter_map(|it| self.judged(&case, run, it)) {
                let passed = fix.applicability > Applicability::Manual;
                if best.as_ref().is_none_or(|it| fix.applicability > it.applicability) {
                    best = Some(fix);
                }
                if passed {
                    break;
                }
            }
            res.extend(best);
        }
        res.sort_by_key(|it| std::cmp::Reverse(it.applicability));
        res
    }

    fn judged(&self, case: &Case, run: &Examined, proposal: Proposal) -> Option<Fix> {
        let edits = proposal.edits(case)?;
        let (strategy, title, why) = (proposal.strategy, proposal.title.clone(), proposal.why.clone());
        if proposal.manual {
            return Some(Fix { strategy, applicability: Applicability::Manual, title, why, edits, verdict: None });
        }
        let verdict = self.verdict(&edits, case.race, run);
        let passes =
            verdict.race_gone && verdict.new_findings == 0 && verdict.new_cycles == 0 && verdict.commands_changed == 0;
        if !passes {
            return None;
        }
        let known = case.race.parts.iter().all(|it| !case.graph.job(it.job()).hides_writes());
        let applicability = if known { Applicability::Safe } else { Applicability::Unsafe };
        Some(Fix { strategy, applicability, title, why, edits, verdict: Some(verdict) })
    }

    /// Looks at the edited text under the goal that shows the race, in the base and in the configuration of the race.
    /// `migrate` looks at all goals and configurations again before it takes a fix.
    fn verdict(&self, edits: &Edits, race: &Race, run: &Examined) -> Verdict {
        let edited = edits.apply(self.project);
        let goal = race.goal.map(|it| run.graph.goals[it].name.clone());
        let own: BTreeSet<Key> = paths(race).map(|path| (race.class, path.clone())).collect();
        let mut res = Verdict { race_gone: true, new_findings: 0, new_cycles: 0, commands_changed: 0 };
        let base = &self.explored.runs[0];
        let runs = if run.configuration == base.configuration { vec![base] } else { vec![run, base] };
        for before in runs {
            let after = self.explored.again(&edited, edits, &before.configuration, goal.as_deref(), self.setup);
            let keys = keys(&after.races);
            res.race_gone &= own.is_disjoint(&keys);
            res.new_findings +=
                keys.iter().filter(|it| !self.known.contains(*it) && !before.known.contains(*it)).count();
            res.new_cycles += after.graph.cycles.difference(&before.graph.cycles).count();
            res.commands_changed += commands_changed(&before.graph, &after.graph, race);
            let failed = !res.race_gone || res.new_findings + res.new_cycles + res.commands_changed > 0;
            if failed {
                break;
            }
        }
        res
    }
}

/// Races that a goal can show.
fn keys(races: &[Race]) -> BTreeSet<Key> {
    let shown = races.iter().filter(|it| it.goal.is_some());
    shown.flat_map(|it| paths(it).map(|path| (it.class, path.clone()))).collect()
}

/// All paths of a race.
fn paths(race: &Race) -> impl Iterator<Item = &String> {
    std::iter::once(&race.path).chain(&race.paths)
}

/// Commands that a serial build of some goal no longer runs, or that no recipe had before; those of the jobs that take
/// part and of new targets are what a fix means to move.
fn commands_changed(before: &JobGraph, after: &JobGraph, race: &Race) -> usize {
    let moved: BTreeSet<&str> = race
        .parts
        .iter()
        .map(Part::job)
        .filter(|it| it.0 < before.jobs.len())
        .map(|it| before.job(it).path.as_str())
        .collect();
    let known: BTreeSet<&str> = before.jobs.iter().map(|it| it.path.as_str()).collect();
    let new = |it: &str| !known.contains(it);
    let ever: BTreeSet<&str> = before
        .jobs
        .iter()
        .flat_map(|it| &it.recipes)
        .flat_map(|it| it.lines.iter())
        .map(|it| it.text.text.as_str())
        .collect();
    let mut res = 0;
    let asked = |it: &&crate::jobs::Goal| after.goals.iter().any(|goal| goal.name == it.name);
    for goal in before.goals.iter().filter(asked) {
        // A target that others now depend on is no goal of its own, but can still be asked for.
        let target = &before.job(goal.job).target;
        let Some(same) = after.instances.first().and_then(|it| it.by_target.get(target)) else {
            res += 1;
            continue;
        };
        let was = commands(before, goal.job, |it| moved.contains(it));
        let is = commands(after, *same, |it| moved.contains(it) || new(it));
        res += was.iter().map(|(text, n)| n.saturating_sub(is.get(text).copied().unwrap_or(0))).sum::<usize>();
        res += is.keys().filter(|it| !ever.contains(*it)).count();
    }
    res
}

fn commands(graph: &JobGraph, goal: JobId, skip: impl Fn(&str) -> bool) -> BTreeMap<&str, usize> {
    let mut res = BTreeMap::new();
    for (job, _, text) in graph.serial_commands(goal) {
        if !skip(&graph.job(job).path) {
            *res.entry(text).or_insert(0) += 1;
        }
    }
    res
}

/// The best fix that may be taken at a level.
pub fn best_fix(finding: &Finding, level: Applicability) -> Option<&Fix> {
    finding
        .fixes
        .iter()
        .find(|it| it.applicability >= level && it.applicability > Applicability::Manual && !it.edits.is_empty())
}
