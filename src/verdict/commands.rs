//! What serial builds of a goal run, before and after a fix.

use std::cell::RefCell;
use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::effects::{Effect, EffectKind};
use crate::fixes::Moves;
use crate::jobs::{Access, Accesses, Goal, GoalRank, Job, JobGraph, JobId, clean_like};
use crate::races::{Part, Race};
use crate::source::Span;
use crate::text::destination;

/// What fixes change in what serial builds run.
pub(super) struct Changed {
    /// Commands that a serial build of some goal no longer runs, runs in another order, or that were not there before,
    /// beyond what the fixes mean to move; another default goal counts as one, and so does a goal that comes to install or
    /// to make what it took away, and a prerequisite that nothing makes.
    pub(super) commands: usize,
    /// Whether a goal makes more than before, of jobs that have nothing to do with each other in this configuration.
    pub(super) idly: bool,
}

pub(super) fn changed(before: &JobGraph, after: &JobGraph, scopes: &[&Scope]) -> Changed {
    let here = Here::new(before, scopes);
    let asked = |it: &&Goal| after.goals.iter().any(|goal| goal.name == it.name);
    let default = |graph: &JobGraph| graph.instances.first().and_then(|it| it.database.default_goal.clone());
    let another = usize::from(default(before) != default(after));
    let of_goals = before.goals.iter().filter(asked).map(|it| here.changed(before, after, it)).sum::<usize>();
    let may_change = here.makes || !here.losing.is_empty() || !here.changing.is_empty();
    let respelt = if may_change { 0 } else { here.respelt(before, after) };
    let named = before.goals.iter().filter(|it| it.rank == GoalRank::Usual || clean_like(&it.name));
    let foreign = named.filter(|it| does_foreign_work(before, after, it)).count();
    // What the fix has make look for and no rule makes: make would stop there.
    let is_goal = |it: &str| after.goals.iter().any(|goal| after.job(goal.job).path == it);
    let lacking = after.lacking().filter(|it| !here.known.contains(it) && !is_goal(it)).count();
    let commands = another + of_goals + respelt + foreign + lacking;
    let pulled = here.pulled_more.into_inner();
    let idly = !pulled.is_empty() && {
        let accesses = before.accesses();
        let met = scopes.iter().filter(|it| it.is_met(before, &accesses)).flat_map(|it| it.first.among(before));
        let met: FxHashSet<&str> =
            before.closure(met.map(|it| it.0)).into_iter().map(|it| before.job(it).path.as_str()).collect();
        pulled.iter().any(|it| !met.contains(it))
    };
    Changed { commands, idly }
}

/// Whether a goal that users name comes to do what it is not for: to install, or to make files where it takes them away.
fn does_foreign_work(before: &JobGraph, after: &JobGraph, goal: &Goal) -> bool {
    let Some(same) = after.instances.first().and_then(|it| it.by_target.get(before.job(goal.job).target())) else {
        return false;
    };
    let does = |graph: &JobGraph, goal: JobId, wanted: &dyn Fn(&Effect) -> bool| {
        graph.closure([goal]).into_iter().any(|it| graph.job(it).effects().any(|it| wanted(it.1)))
    };
    let is_outside =
        |it: &Effect| it.kind == EffectKind::Write && (it.path.starts_with('/') || it.path.starts_with(destination()));
    let targets = |graph: &JobGraph, goal: JobId| -> BTreeSet<String> {
        graph.closure([goal]).into_iter().map(|it| graph.job(it).target().to_owned()).collect()
    };
    let makes_more = || {
        let was = targets(before, goal.job);
        targets(after, *same).into_iter().any(|it| !was.contains(&it) && !clean_like(&it))
    };
    let comes_to = |wanted: &dyn Fn(&Effect) -> bool| !does(before, goal.job, wanted) && does(after, *same, wanted);
    comes_to(&is_outside) || clean_like(&goal.name) && makes_more()
}

/// What a fix may touch, whatever the configuration.
pub(super) struct Scope {
    /// The jobs that take part, with the jobs that run their makes.
    parts: Jobs,
    /// Those of them that others may have to wait for.
    first: Jobs,
    moves: Moves,
}

impl Scope {
    /// The scope of a race of a graph.
    pub(super) fn new(graph: &JobGraph, race: &Race, moves: Moves) -> Scope {
        let reads = |it: &Part| matches!(it.access.kind, EffectKind::Read | EffectKind::NeedDirectory);
        Scope {
            parts: Jobs::of(graph, race.parts.iter()),
            first: Jobs::of(graph, race.parts.iter().filter(|it| !reads(it))),
            moves,
        }
    }

    /// Whether two of the jobs that take part touch one file, and one of them writes it.
    fn is_met(&self, graph: &JobGraph, accesses: &Accesses) -> bool {
        let parts: FxHashSet<JobId> = self.parts.among(graph).into_iter().map(|it| it.0).collect();
        let reads = |it: &&Access| matches!(it.kind, EffectKind::Read | EffectKind::NeedDirectory);
        accesses.values().any(|it| {
            let own = || it.iter().filter(|it| parts.contains(&it.job));
            own().any(|a| !reads(&a) && own().any(|b| a.job != b.job))
        })
    }
}

/// Jobs by their targets and rules: in another configuration, a rule's targets can have other names.
struct Jobs {
    paths: FxHashSet<String>,
    rules: FxHashSet<Span>,
}

impl Jobs {
    fn of<'r>(graph: &JobGraph, parts: impl Iterator<Item = &'r Part>) -> Jobs {
        let jobs: Vec<JobId> = parts.flat_map(|it| graph.ancestry(it.job())).collect();
        Jobs {
            paths: jobs.iter().map(|it| graph.job(*it).path.clone()).collect(),
            rules: jobs.iter().filter_map(|it| graph.rule_span(*it)).collect(),
        }
    }

    fn among<'a>(&self, graph: &'a JobGraph) -> Vec<(JobId, &'a str)> {
        let all = (0..graph.jobs.len()).map(|it| (JobId(it), graph.jobs[it].path.as_str()));
        let same_rule = |it: JobId| graph.rule_span(it).is_some_and(|it| self.rules.contains(&it));
        all.filter(|(it, path)| self.paths.contains(*path) || same_rule(*it)).collect()
    }
}

/// Scopes in one configuration.
struct Here<'a> {
    /// The targets of the jobs that take part.
    parts: FxHashSet<&'a str>,
    /// Those of them that may lose commands.
    losing: FxHashSet<&'a str>,
    /// Those of them whose commands may change.
    changing: FxHashSet<&'a str>,
    /// Every target before the fix.
    known: FxHashSet<&'a str>,
    /// Whether a make may be run once more.
    makes: bool,
    /// What comes earlier where one that only read now waits for one that writes.
    pulled: FxHashSet<&'a str>,
    /// What of that some goal did not make before.
    pulled_more: RefCell<FxHashSet<&'a str>>,
}

type Commands<'a> = Vec<(&'a str, &'a str)>;

impl<'a> Here<'a> {
    fn new(before: &'a JobGraph, scopes: &[&Scope]) -> Here<'a> {
        let parts = |wanted: &dyn Fn(Moves) -> bool| {
            let scopes = scopes.iter().filter(|it| wanted(it.moves));
            scopes.flat_map(|it| it.parts.among(before)).map(|(_, path)| path).collect()
        };
        let first = scopes.iter().flat_map(|it| it.first.among(before));
        // What waited for them runs makes for them.
        let apart = scopes.iter().filter(|it| it.moves == Moves::Steps).flat_map(|it| it.parts.among(before));
        let apart: FxHashSet<JobId> = apart.map(|it| it.0).collect();
        let waits = |it: &&Job| it.needs.iter().any(|it| apart.contains(it));
        let steps = || before.jobs.iter().filter(waits).map(|it| it.path.as_str());
        let with_steps = |it: FxHashSet<&'a str>| it.into_iter().chain(steps()).collect();
        Here {
            parts: with_steps(parts(&|_| true)),
            losing: parts(&|it| matches!(it, Moves::Repeats | Moves::Commands)),
            changing: with_steps(parts(&|it| it == Moves::Commands)),
            makes: scopes.iter().any(|it| matches!(it.moves, Moves::Makes | Moves::Steps)),
            known: before.jobs.iter().map(|it| it.path.as_str()).collect(),
            pulled: before.closure(first.map(|it| it.0)).into_iter().map(|it| before.job(it).path.as_str()).collect(),
            pulled_more: RefCell::default(),
        }
    }

    fn changed(&self, before: &JobGraph, after: &JobGraph, goal: &Goal) -> usize {
        // A target that others now depend on is no goal of its own, but can still be asked for.
        let target = before.job(goal.job).target();
        let Some(same) = after.instances.first().and_then(|it| it.by_target.get(target)) else { return 1 };
        let (was, is) = match self.makes {
            true => (all_commands(before, goal.job), all_commands(after, *same)),
            false => (commands(before, goal.job), commands(after, *same)),
        };
        let jobs: FxHashSet<&str> = was.iter().map(|(job, _)| *job).collect();
        let (counted_was, counted_is) = (counted(&was), counted(&is));
        let less = |(it, n): (&(&str, &str), &usize)| n.saturating_sub(counted_is.get(it).copied().unwrap_or(0));
        let lost: usize = counted_was.iter().filter(|(it, _)| !self.may_lose(it.0)).map(less).sum();
        let more = |(it, n): (&(&str, &str), &usize)| n.saturating_sub(counted_was.get(it).copied().unwrap_or(0));
        let gained: usize = counted_is.iter().filter(|(it, _)| !self.may_gain(it.0, &jobs)).map(more).sum();
        lost + gained + usize::from(self.rest(&was) != self.rest(&is)) + self.unmade(before, after)
    }

    /// Jobs, of any make, whose recipes are not spelt as before (`$^` stands for one more file).
    fn respelt(&self, before: &JobGraph, after: &JobGraph) -> usize {
        let known: FxHashSet<_> = before.jobs.iter().map(|it| (it.path.as_str(), lines(it))).collect();
        let is_same = |it: &&Job| known.contains(&(it.path.as_str(), lines(it)));
        let stays = |it: &&Job| self.known.contains(it.path.as_str());
        after.jobs.iter().filter(stays).filter(|it| !is_same(it)).count()
    }

    /// Targets that a recipe wrote, and that still have commands of which none writes them any more.
    fn unmade(&self, before: &JobGraph, after: &JobGraph) -> usize {
        let parts = before.jobs.iter().filter(|it| self.parts.contains(it.path.as_str()));
        let made: FxHashSet<&str> = parts.filter(|it| it.writes_its_target()).map(|it| it.path.as_str()).collect();
        let has_commands: FxHashSet<&str> =
            after.jobs.iter().filter(|it| !it.recipes.is_empty()).map(|it| it.path.as_str()).collect();
        let still: FxHashSet<&str> =
            after.jobs.iter().filter(|it| it.writes_its_target()).map(|it| it.path.as_str()).collect();
        made.iter().filter(|it| has_commands.contains(*it) && !still.contains(*it)).count()
    }

    /// Whether commands of a job may go: into a rule of their own, or with a job whose work another one does.
    fn may_lose(&self, job: &str) -> bool {
        self.losing.contains(job)
    }

    fn may_gain(&self, job: &str, jobs: &FxHashSet<&str>) -> bool {
        let new = !self.known.contains(job);
        if new || self.changing.contains(job) {
            return true;
        }
        let pulled = if jobs.contains(job) { None } else { self.pulled.get(job).copied() };
        self.pulled_more.borrow_mut().extend(pulled);
        pulled.is_some()
    }

    /// The commands whose order nothing may change.
    fn rest<'c>(&self, commands: &Commands<'c>) -> Commands<'c> {
        let stays = |it: &str| self.known.contains(it) && !self.parts.contains(it) && !self.pulled.contains(it);
        commands.iter().filter(|(job, _)| stays(job)).copied().collect()
    }
}

fn commands(graph: &JobGraph, goal: JobId) -> Commands<'_> {
    graph.serial_commands(goal).into_iter().map(|(job, _, text)| (graph.job(job).path.as_str(), text)).collect()
}

/// The commands of a goal and of the makes below it, each once, but for those of automake's own targets, which run its
/// makes.
fn all_commands(graph: &JobGraph, goal: JobId) -> Commands<'_> {
    let started = graph.closure([goal]);
    let is_started = |it: &JobId| graph.ancestry(*it).last().is_some_and(|it| started.contains(it));
    let by_automake = |it: &JobId| graph.job(*it).phony && graph.rule_span(*it).is_none();
    let jobs = (0..graph.jobs.len()).map(JobId).filter(|it| !by_automake(it) && is_started(it));
    let of = |it: JobId| lines(graph.job(it)).into_iter().map(move |line| (graph.job(it).path.as_str(), line));
    let mut res: Commands = jobs.flat_map(of).collect();
    res.sort_unstable();
    res.dedup();
    res
}

fn lines(job: &Job) -> Vec<&str> {
    job.recipes.iter().flat_map(|it| it.lines.iter()).map(|it| it.text.text.as_str()).collect()
}

fn counted<'c>(commands: &Commands<'c>) -> FxHashMap<(&'c str, &'c str), usize> {
    let mut res = FxHashMap::default();
    for it in commands {
        *res.entry(*it).or_insert(0) += 1;
    }
    res
}
