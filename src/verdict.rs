//! Looks again at edited text: is the race gone, and what else changed.

mod commands;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use rayon::prelude::*;

use crate::analysis::{
    self, Analysis, Applicability, Examined, Explored, Finding, Fix, Key, Options, Setup, Verdict, examine,
};
use crate::configure::Configuration;
use crate::fixes::{Case, Proposal, STRATEGIES};
use crate::jobs::Configures;
use crate::races::Race;
use crate::source::Project;
use commands::Scope;

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
    let worth = worth_judging(&res, &explored);
    let judge = Judge::new(project, options, setup, &explored, worth.len());
    let fixes: Vec<(usize, Vec<Fix>)> = worth
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
    /// Jobs that may be looked at over all configurations to judge one fix.
    most_jobs: usize,
    /// The makefile as it is, by configuration and goal.
    unedited: Mutex<Vec<(Situation, Arc<Examined>)>>,
}

/// A configuration and the goal that alone is looked at.
type Situation = (Configuration, Option<String>);

impl<'a> Judge<'a> {
    /// For fixes of so many findings.
    fn new(
        project: &'a Project,
        options: &'a Options,
        setup: &'a Setup,
        explored: &'a Explored,
        n_findings: usize,
    ) -> Judge<'a> {
        const MOST_JOBS: usize = 450_000;
        const FOR_ONE: usize = 20_000;
        const FOR_ONE_TO_BE_MADE: usize = 300_000;
        let known = explored.runs.iter().flat_map(|it| keys(&it.races)).collect();
        let for_one = if options.thorough { FOR_ONE_TO_BE_MADE } else { FOR_ONE };
        let most_jobs = (MOST_JOBS / n_findings.max(1)).max(for_one);
        Judge { project, options, setup, explored, known, most_jobs, unedited: Mutex::default() }
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
            wanted: self.options.strategy,
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
        let scope = Scope::new(&run.graph, case.race, proposal.moves);
        let configures = (!self.explored.are_of_makefiles(&edits)).then(Configures::default);
        let trial = Trial { edited: edits.apply(self.project), configures, race: case.race, scope };
        let goal = case.race.goal.map(|it| run.graph.goals[it].name.clone());
        let goal = goal.as_deref();
        let here = self.here(&trial, run, goal);
        if !passes(&here) {
            return None;
        }
        let (verdict, all) = self.elsewhere(&trial, run, goal, here);
        if !passes(&verdict) {
            return None;
        }
        let known = case.race.parts.iter().all(|it| !case.graph.job(it.job()).hides_writes());
        let sure = known && all && !proposal.doubtful;
        let applicability = if sure { Applicability::Safe } else { Applicability::Unsafe };
        Some(Fix { strategy, applicability, title, why, edits, verdict: Some(verdict) })
    }

    /// Looks at the edited text under the goal that shows the race, in the base and in the configuration of the race.
    fn here(&self, trial: &Trial, run: &Examined, goal: Option<&str>) -> Verdict {
        let mut res = NOTHING_CHANGED;
        let base = &self.explored.runs[0].configuration;
        let configurations = if run.configuration == *base { vec![base] } else { vec![&run.configuration, base] };
        for configuration in configurations {
            res = with(res, self.compared(trial, configuration, goal));
            if !passes(&res) {
                break;
            }
        }
        res
    }

    /// Looks at every other configuration whose jobs differ from the base's, or at a few where these are too many, and
    /// says which. In the rest, the recipes do what they do in the base, before and after.
    fn elsewhere(&self, trial: &Trial, run: &Examined, goal: Option<&str>, here: Verdict) -> (Verdict, bool) {
        const FEW: usize = 3;
        let others: Vec<&Configuration> =
            self.explored.different.iter().filter(|it| **it != run.configuration).collect();
        let all = others.len() * self.explored.runs[0].graph.jobs.len() <= self.most_jobs || others.len() <= FEW;
        let look = |it: &&Configuration| self.compared(trial, it, goal);
        let seen: Vec<Verdict> = others.par_iter().take(if all { others.len() } else { FEW }).map(look).collect();
        (seen.into_iter().fold(here, with), all)
    }

    /// The makefile as it is, looked at in the same way as the edited one.
    fn unedited(&self, configuration: &Configuration, goal: Option<&str>) -> Arc<Examined> {
        let lock = || self.unedited.lock().expect("no panic while kept");
        let is_it = |it: &&(Situation, _)| it.0.0 == *configuration && it.0.1.as_deref() == goal;
        if let Some((_, known)) = lock().iter().find(is_it) {
            return known.clone();
        }
        let fresh = Arc::new(self.explored.again(self.project, None, configuration, goal, self.setup));
        lock().push(((configuration.clone(), goal.map(str::to_owned)), fresh.clone()));
        fresh
    }

    /// What a fix changes in one configuration.
    fn compared(&self, trial: &Trial, configuration: &Configuration, goal: Option<&str>) -> Verdict {
        let before = self.unedited(configuration, goal);
        let after = self.explored.again(&trial.edited, trial.configures.as_ref(), configuration, goal, self.setup);
        let own: BTreeSet<Key> = paths(trial.race).map(|path| (trial.race.class, path.clone())).collect();
        let keys = keys(&after.races);
        let new = |it: &&Key| !self.known.contains(*it) && !before.known.contains(*it);
        Verdict {
            race_gone: own.is_disjoint(&keys),
            new_findings: keys.iter().filter(new).count(),
            new_cycles: after.graph.cycles.difference(&before.graph.cycles).count(),
            commands_changed: commands::changed(&before.graph, &after.graph, &trial.scope),
        }
    }
}

/// An edited project and what its edits are for.
struct Trial<'a> {
    edited: Project,
    /// What configures it, where that is edited too.
    configures: Option<Configures>,
    race: &'a Race,
    scope: Scope,
}

const NOTHING_CHANGED: Verdict = Verdict { race_gone: true, new_findings: 0, new_cycles: 0, commands_changed: 0 };

fn passes(it: &Verdict) -> bool {
    it.race_gone && it.new_findings == 0 && it.new_cycles == 0 && it.commands_changed == 0
}

/// What two configurations show together.
fn with(a: Verdict, b: Verdict) -> Verdict {
    Verdict {
        race_gone: a.race_gone && b.race_gone,
        new_findings: a.new_findings + b.new_findings,
        new_cycles: a.new_cycles + b.new_cycles,
        commands_changed: a.commands_changed + b.commands_changed,
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

/// The best fix that may be taken at a level.
pub fn best_fix(finding: &Finding, level: Applicability) -> Option<&Fix> {
    finding
        .fixes
        .iter()
        .find(|it| it.applicability >= level && it.applicability > Applicability::Manual && !it.edits.is_empty())
}
