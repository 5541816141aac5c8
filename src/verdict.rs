//! Looks again at edited text: is the race gone, and what else changed.

mod commands;
mod memory;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rayon::prelude::*;

use crate::analysis::{
    self, Analysis, Applicability, Examined, Explored, Finding, Fix, Key, Options, Setup, Verdict, examine,
};
use crate::configure::Configuration;
use crate::edit::Edits;
use crate::effects::EffectKind;
use crate::fixes::{Case, Proposal, STRATEGIES};
use crate::jobs::{Cache, Configures, GoalRank, JobGraph, JobId, Like};
use crate::races::{Class, Part, Race};
use crate::source::Project;
use commands::Scope;

pub use memory::{Memory, check_again};

/// Examines makefiles and offers judged fixes for what is found.
pub fn check(project: &Project, makefiles: &[String], options: &Options) -> Analysis {
    if !options.fixes {
        return analysis::analyse(project, makefiles, options);
    }
    let setup = Setup::new(options);
    let one = |it: &String| {
        let (res, explored) = examine(project, it, options, &setup, Cache::default());
        let res = with_fixes(res, project, options, &setup, &explored);
        // What is large is freed beside what comes next.
        rayon::spawn(move || drop(explored));
        res
    };
    analysis::joined(makefiles, makefiles.par_iter().map(one).collect())
}

fn with_fixes(
    mut analysis: Analysis,
    project: &Project,
    options: &Options,
    setup: &Setup,
    explored: &Explored,
) -> Analysis {
    let worth = worth_judging(&analysis, explored, options);
    let judge = Judge::new(project, options, setup, explored);
    for (finding, fixes) in judge.all_fixes(&worth) {
        analysis.findings[finding].fixes = fixes;
    }
    analysis
}

/// The findings for which fixes are made: the most severe ones, as many as the size of the makefile allows. Once these
/// are fixed, `migrate` comes to the others.
fn worth_judging(analysis: &Analysis, explored: &Explored, options: &Options) -> Vec<usize> {
    const MOST_JOBS: usize = 100_000;
    let n_jobs = explored.runs[0].graph.jobs.len().max(1);
    let mut res: Vec<usize> =
        (0..analysis.findings.len()).filter(|it| explored.found[*it].race.goal.is_some()).collect();
    let is_asked_for = |id: &String| options.only.is_empty() || options.only.contains(id);
    res.retain(|it| {
        let id = &analysis.findings[*it].id;
        is_asked_for(id) && !options.settled.contains(id)
    });
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
    /// The makefile as it is, by configuration and goals.
    unedited: Mutex<Vec<(Situation, Arc<Examined>)>>,
}

/// A configuration and the goals that alone are looked at.
type Situation = (Configuration, Vec<String>);

/// The fixes of a finding, and what is to be looked at of the first of them.
struct Offered {
    finding: usize,
    fixes: Vec<Fix>,
    trial: Option<Trial>,
}

/// Edits and what they are for.
#[derive(Clone)]
struct Trial {
    edits: Edits,
    /// The fixes whose edits these are.
    aims: Vec<Arc<Aim>>,
}

struct Aim {
    /// The paths of the race.
    race: BTreeSet<Key>,
    /// The goal that shows it.
    goal: Option<String>,
    /// The targets of the jobs that take part.
    jobs: BTreeSet<String>,
    /// Those of the jobs that are or run these.
    beside: BTreeSet<String>,
    /// The configuration that showed it, where the fix was looked at.
    configuration: Configuration,
    scope: Scope,
}

impl<'a> Judge<'a> {
    fn new(project: &'a Project, options: &'a Options, setup: &'a Setup, explored: &'a Explored) -> Judge<'a> {
        let known = explored.runs.iter().flat_map(|it| keys(&it.races)).collect();
        Judge { project, options, setup, explored, known, unedited: Mutex::default() }
    }

    /// The fixes of findings. Each is looked at where its race is; in the other configurations all of them are, made
    /// together, and where that shows anything, in parts.
    fn all_fixes(&self, findings: &[usize]) -> Vec<(usize, Vec<Fix>)> {
        let mut offered: Vec<Offered> = findings.par_iter().map(|it| self.offered(*it, false)).collect();
        let mut groups: Vec<(Trial, Vec<usize>)> = Vec::new();
        for (i, trial) in offered.iter().enumerate().filter_map(|(i, it)| Some((i, it.trial.as_ref()?))) {
            let joined = groups.iter_mut().find_map(|it| Some((it.0.joined(trial)?, it)));
            match joined {
                Some((joined, (group, members))) => {
                    *group = joined;
                    members.push(i);
                }
                None => groups.push((trial.clone(), vec![i])),
            }
        }
        while let Some((trial, members)) = groups.pop() {
            let seen = self.elsewhere(&trial);
            match members.split_at(members.len() / 2) {
                _ if passes(&seen.verdict) && (!seen.idly || members.len() == 1) => {
                    members.iter().filter(|_| !seen.all || seen.idly).for_each(|it| offered[*it].lower());
                }
                ([], [one]) => offered[*one] = self.offered(offered[*one].finding, true),
                (some, others) => {
                    let part =
                        |of: &[usize]| (Trial::of(of.iter().filter_map(|it| offered[*it].trial.as_ref())), of.to_vec());
                    groups.extend([part(some), part(others)]);
                }
            }
        }
        offered.into_iter().map(|it| (it.finding, it.fixes)).collect()
    }

    /// The fixes of one race: for each strategy its first proposal that passes, and what was refused. Configurations
    /// other than that of the race count where `everywhere`.
    fn offered(&self, finding: usize, everywhere: bool) -> Offered {
        let race = &self.explored.found[finding].race;
        let run = &self.explored.runs[self.explored.found[finding].run];
        let configure = self.explored.configure();
        let case = Case {
            project: self.project,
            configure: &configure,
            configuration: &run.configuration,
            graph: &run.graph,
            race,
            races: &run.races,
            wanted: self.options.strategy,
        };
        let mut res: Vec<(Fix, Option<Trial>)> = Vec::new();
        for (strategy, propose) in STRATEGIES {
            let wanted = self.options.strategy.is_none_or(|it| it == *strategy);
            let passed = res.iter().any(|it| it.0.applicability > Applicability::Manual);
            // One fix that passes is enough, unless the user asks for a way.
            if !wanted || passed && self.options.strategy.is_none() {
                continue;
            }
            // The strategy's own order decides between equals, so that nothing after a fix that passes need be judged.
            let mut best: Option<(Fix, Option<Trial>)> = None;
            for it in propose(&case).into_iter().filter_map(|it| self.judged(&case, it, everywhere)) {
                let passed = it.0.applicability > Applicability::Manual;
                if best.as_ref().is_none_or(|best| it.0.applicability > best.0.applicability) {
                    best = Some(it);
                }
                if passed {
                    break;
                }
            }
            res.extend(best);
        }
        res.sort_by_key(|it| std::cmp::Reverse(it.0.applicability));
        let trial = res.first().and_then(|it| it.1.clone());
        Offered { finding, fixes: res.into_iter().map(|it| it.0).collect(), trial }
    }

    fn judged(&self, case: &Case, proposal: Proposal, everywhere: bool) -> Option<(Fix, Option<Trial>)> {
        let edits = proposal.edits(case)?;
        let (strategy, title, why) = (proposal.strategy, proposal.title.clone(), proposal.why.clone());
        if proposal.manual {
            let applicability = Applicability::Manual;
            return Some((Fix { strategy, applicability, title, why, edits, verdict: None }, None));
        }
        let mut trial = Trial { edits, aims: vec![Arc::new(Aim::of(case, &proposal))] };
        let (mut verdict, mut idly) = self.here(&trial);
        let mut all = true;
        if everywhere && passes(&verdict) {
            let seen = self.carried(&mut trial, &proposal);
            (verdict, all, idly) = (with(verdict, seen.verdict), seen.all, idly || seen.idly);
        }
        if !passes(&verdict) {
            return None;
        }
        let known = case.race.parts.iter().all(|it| !case.graph.job(it.job()).hides_writes());
        let sure = known && all && !idly && !proposal.doubtful;
        let applicability = if sure { Applicability::Safe } else { Applicability::Unsafe };
        let fix = Fix { strategy, applicability, title, why, edits: trial.edits.clone(), verdict: Some(verdict) };
        Some((fix, (!everywhere).then_some(trial)))
    }

    /// Looks at the edited text in the base and in the configuration of the race; whether one of them makes more idly.
    fn here(&self, trial: &Trial) -> (Verdict, bool) {
        let edited = self.edited(trial);
        let base = &self.explored.runs[0].configuration;
        let mut configurations: Vec<&Configuration> = trial.aims.iter().map(|it| &it.configuration).collect();
        if !configurations.contains(&base) {
            configurations.push(base);
        }
        let goals = trial.goals();
        let idly = AtomicBool::new(false);
        let verdicts = configurations.into_par_iter().map(|it| self.compared(trial, &edited, it, &goals, &idly));
        let verdict = verdicts.find_first(|it| !passes(it)).unwrap_or(NOTHING_CHANGED);
        (verdict, idly.into_inner())
    }

    /// Looks at the other configurations, and has the trial end in these too what it is for.
    fn carried(&self, trial: &mut Trial, proposal: &Proposal) -> Elsewhere {
        const MOST_ROUNDS: usize = 4;
        const MOST_EFFORT: usize = 40_000;
        let effort = self.explored.different.len() * self.explored.runs[0].graph.effort();
        let mut rounds = if effort <= MOST_EFFORT { MOST_ROUNDS } else { 0 };
        loop {
            let seen = self.elsewhere(trial);
            let left = seen.failing.as_ref().filter(|_| rounds > 0);
            match left.and_then(|it| self.extended(trial, it, proposal)) {
                Some(more) if passes(&self.here(&more).0) => *trial = more,
                _ => return seen,
            }
            rounds -= 1;
        }
    }

    /// A trial with what the same strategy proposes for its race in one more configuration.
    fn extended(&self, trial: &Trial, configuration: &Configuration, proposal: &Proposal) -> Option<Trial> {
        let there = self.unedited(configuration, &trial.goals());
        let configure = self.explored.configure();
        let is_same = |race: &&Race| {
            race.goal.is_some()
                && paths(race).any(|it| trial.aims.iter().any(|aim| aim.race.contains(&(race.class, it.clone()))))
        };
        for race in there.races.iter().filter(is_same) {
            let (project, wanted) = (self.project, self.options.strategy);
            let (graph, races) = (&*there.graph, there.races.as_slice());
            let case = Case { project, configure: &configure, configuration, graph, race, races, wanted };
            let ways = STRATEGIES.iter().filter(|it| it.0 == proposal.strategy);
            let proposals = ways.flat_map(|(_, propose)| propose(&case)).filter(|it| !it.manual);
            let mut more = proposals.filter(|it| it.moves == proposal.moves).filter_map(|it| it.edits(&case));
            if let Some(edits) = more.find_map(|it| trial.edits.extended(&it)) {
                let aims = trial.aims.iter().cloned().chain([Arc::new(Aim::of(&case, proposal))]).collect();
                return Some(Trial { edits, aims });
            }
        }
        None
    }

    /// Looks at the base under the goals that users name, and at every other configuration whose jobs differ from the
    /// base's, or at a few where these are too many, and says which. In the rest, the recipes do what they do in the base,
    /// before and after.
    fn elsewhere(&self, trial: &Trial) -> Elsewhere {
        const FEW: usize = 3;
        const MOST_EFFORT: usize = 200_000;
        const MOST_EFFORT_THOROUGH: usize = 800_000;
        let seen = |it: &Configuration| trial.aims.iter().all(|aim| aim.configuration == *it);
        let others: Vec<&Configuration> = self.explored.different.iter().filter(|it| !seen(it)).collect();
        let most = if self.options.thorough { MOST_EFFORT_THOROUGH } else { MOST_EFFORT };
        let effort = others.len() * self.explored.runs[0].graph.effort();
        let all = effort <= most || others.len() <= FEW;
        let edited = self.edited(trial);
        let goals = trial.goals();
        // The goals that users name start what the fix makes another goal's jobs wait for.
        let base = &self.explored.runs[0];
        let usual = base.graph.goals.iter().filter(|it| it.rank == GoalRank::Usual).map(|it| it.name.clone()).collect();
        let few = others.into_iter().take(if all { usize::MAX } else { FEW }).map(|it| (it, &goals));
        let places: Vec<_> = std::iter::once((&base.configuration, &usual)).chain(few).collect();
        let idly = AtomicBool::new(false);
        let look = |(it, goals): &(&Configuration, &Vec<String>)| {
            (self.compared(trial, &edited, it, goals, &idly), (*it).clone())
        };
        let (verdict, failing) = match places.par_iter().map(look).find_first(|it| !passes(&it.0)) {
            Some((verdict, failing)) => (verdict, Some(failing)),
            None => (NOTHING_CHANGED, None),
        };
        Elsewhere { verdict, all, idly: idly.into_inner(), failing }
    }

    fn edited(&self, trial: &Trial) -> Edited {
        let configures = (!self.explored.are_of_makefiles(&trial.edits)).then(Configures::default);
        Edited { project: trial.edits.apply(self.project), configures }
    }

    /// The makefile as it is, with the goals among others.
    fn unedited(&self, configuration: &Configuration, goals: &[String]) -> Arc<Examined> {
        let lock = || self.unedited.lock().expect("no panic while kept");
        let is_it = |it: &&(Situation, _)| it.0.0 == *configuration && it.0.1 == goals;
        if let Some((_, known)) = lock().iter().find(is_it) {
            return known.clone();
        }
        let explored = self.explored.runs.iter().find(|it| it.configuration == *configuration).cloned();
        let fresh = || self.explored.again(self.project, None, configuration, goals, self.setup, None);
        let res = Arc::new(explored.unwrap_or_else(fresh));
        lock().push(((configuration.clone(), goals.to_vec()), res.clone()));
        res
    }

    /// What fixes change in one configuration; `idly` is set where it makes more without need.
    fn compared(
        &self,
        trial: &Trial,
        edited: &Edited,
        configuration: &Configuration,
        goals: &[String],
        idly: &AtomicBool,
    ) -> Verdict {
        let before = self.unedited(configuration, goals);
        let configures = edited.configures.as_ref();
        let nothing = BTreeSet::new();
        let like =
            configures.is_none().then_some(Like { graph: &before.graph, project: self.project, changed: &nothing });
        let after = self.explored.again(&edited.project, configures, configuration, goals, self.setup, like);
        let keys = keys(&after.races);
        let new = |it: &&Key| !self.known.contains(*it) && !before.known.contains(*it);
        let scopes: Vec<&Scope> = trial.aims.iter().map(|it| &it.scope).collect();
        let changed = commands::changed(&before.graph, &after.graph, &scopes);
        idly.fetch_or(changed.idly, Ordering::Relaxed);
        let builds = before.graph.jobs.iter().any(|it| !it.recipes.is_empty());
        Verdict {
            race_gone: !trial.aims.iter().any(|it| it.is_shown(&after)),
            new_findings: keys.iter().filter(new).count(),
            new_cycles: after.graph.cycles.difference(&before.graph.cycles).count(),
            // Where make had nothing to build, anything is new.
            commands_changed: if builds { changed.commands } else { 0 },
        }
    }
}

impl Offered {
    /// Not all configurations were looked at.
    fn lower(&mut self) {
        if let Some(first) = self.fixes.first_mut() {
            first.applicability = first.applicability.min(Applicability::Unsafe);
        }
    }
}

impl Aim {
    /// Whether a goal still shows the race. Other jobs may race in the same file: that is another race.
    fn is_shown(&self, there: &Examined) -> bool {
        const MOST_PARTS: usize = 12;
        let graph = &there.graph;
        let takes_part = |it: JobId| self.jobs.contains(&graph.job(it).path);
        // Another goal may start the same jobs by other ways.
        let by_the_same = |a: JobId, b: JobId| {
            let is_one = |it: JobId| self.beside.contains(&graph.job(it).path);
            graph.lifted(a, b).is_none_or(|(a, b)| is_one(a) && is_one(b))
        };
        let reads = |it: &Part| matches!(it.access.kind, EffectKind::Read | EffectKind::NeedDirectory);
        let meet = |class: Class, a: &Part, b: &Part| match class {
            Class::MissingPrerequisite | Class::MissingDirectory => reads(a) != reads(b),
            _ => !(reads(a) && reads(b)),
        };
        let still = |it: &Race| {
            let (first, second) = (it.pair.0.job(), it.pair.1.job());
            if let Some((a, b)) = lifted(graph, it.class, first, second) {
                return takes_part(a) && takes_part(b);
            }
            let own = it.parts.iter().filter(|it| !it.aside && takes_part(it.job())).take(MOST_PARTS);
            let own: Vec<&Part> = own.collect();
            let pairs = own.iter().enumerate().flat_map(|(at, a)| own[at + 1..].iter().map(move |b| (*a, *b)));
            // Who else writes what one takes away is no matter.
            let removed = it.pair.1.access.kind == EffectKind::Remove && takes_part(second);
            removed
                || takes_part(first) && takes_part(second) && by_the_same(first, second)
                || pairs
                    .filter(|(a, b)| meet(it.class, a, b))
                    .map(|(a, b)| (a.job(), b.job()))
                    .any(|(a, b)| !graph.ordered(a, b) && by_the_same(a, b))
        };
        let shown = there.races.iter().filter(|it| it.goal.is_some());
        shown.filter(|it| paths(it).any(|path| self.race.contains(&(it.class, path.clone())))).any(still)
    }

    fn of(case: &Case, proposal: &Proposal) -> Aim {
        const MOST_MAKES: usize = 4;
        let parts: Vec<JobId> = case.race.parts.iter().filter(|it| !it.aside).map(Part::job).collect();
        let mut jobs: BTreeSet<JobId> = BTreeSet::new();
        for (at, a) in parts.iter().enumerate() {
            let pairs = parts[at + 1..].iter().filter_map(|b| lifted(case.graph, case.race.class, *a, *b));
            jobs.extend(pairs.flat_map(<[JobId; 2]>::from));
        }
        if case.race.class == Class::RecursiveOverlap {
            // What two makes share, each of them or all are one.
            let shared = |it: &JobId| paths(case.race).any(|path| case.graph.job(*it).path == *path);
            let shared: Vec<JobId> = (0..case.graph.jobs.len()).map(JobId).filter(shared).collect();
            // Of many makes, an order of two is no fix.
            let first = shared.first().copied();
            let runners: BTreeSet<JobId> = first.into_iter().flat_map(|a| runners(case.graph, a, &shared)).collect();
            jobs.extend(runners.iter().filter(|_| runners.len() > MOST_MAKES));
            jobs.extend(shared);
        }
        if jobs.is_empty() {
            jobs.extend(parts.iter().copied());
        }
        let started = case.race.goal.map(|it| case.graph.closure([case.graph.goals[it].job]));
        let is_started =
            |it: &Vec<JobId>| started.as_ref().is_none_or(|started| it.last().is_some_and(|it| started.contains(it)));
        let runners = parts.iter().map(|it| case.graph.ancestry(*it)).filter(is_started).flatten();
        let path = |it: JobId| case.graph.job(it).path.clone();
        Aim {
            beside: runners.map(path).collect(),
            race: paths(case.race).map(|path| (case.race.class, path.clone())).collect(),
            goal: case.race.goal.map(|it| case.graph.goals[it].name.clone()),
            jobs: jobs.into_iter().map(path).collect(),
            configuration: case.configuration.clone(),
            scope: Scope::new(case.graph, case.race, proposal.moves),
        }
    }
}

impl Trial {
    /// Trials whose edits are the same or do not meet, as one.
    fn of<'t>(mut trials: impl Iterator<Item = &'t Trial>) -> Trial {
        let first = trials.next().cloned().unwrap_or(Trial { edits: Edits::new(), aims: Vec::new() });
        trials.fold(first, |a, b| a.joined(b).unwrap_or(a))
    }

    /// Both, where their edits are the same or do not meet.
    fn joined(&self, other: &Trial) -> Option<Trial> {
        let edits = if other.edits.iter().all(|it| self.edits.iter().any(|own| own == it)) {
            self.edits.clone()
        } else if self.edits.touches(&other.edits) {
            return None;
        } else {
            self.edits.merged(&other.edits).ok()?
        };
        Some(Trial { edits, aims: self.aims.iter().chain(&other.aims).cloned().collect() })
    }

    /// The goals that show the races; none means all.
    fn goals(&self) -> Vec<String> {
        let goals: Option<BTreeSet<String>> = self.aims.iter().map(|it| it.goal.clone()).collect();
        goals.into_iter().flatten().collect()
    }
}

/// The jobs that run the makes of others, as seen beside a job.
fn runners(graph: &JobGraph, beside: JobId, others: &[JobId]) -> impl Iterator<Item = JobId> {
    others.iter().filter_map(move |it| graph.lifted(beside, *it).filter(|(_, b)| b != it)).map(|(_, b)| b)
}

/// Where makes overlap, the jobs that run them.
fn lifted(graph: &JobGraph, class: Class, a: JobId, b: JobId) -> Option<(JobId, JobId)> {
    if class == Class::RecursiveOverlap { graph.lifted(a, b) } else { None }
}

/// What a trial shows in the configurations that its race was not found in.
struct Elsewhere {
    verdict: Verdict,
    /// Whether all were looked at.
    all: bool,
    /// Whether some make more than before although nothing races there.
    idly: bool,
    /// The first in which it does not pass.
    failing: Option<Configuration>,
}

/// A project after a trial's edits.
struct Edited {
    project: Project,
    /// What configures it, where that is edited too.
    configures: Option<Configures>,
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
