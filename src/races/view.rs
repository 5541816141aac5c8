//! A job graph with what every detector asks of it.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::effects::{Effect, EffectKind, Invocation, Known};
use crate::expand::{Name, RecipeLine};
use crate::jobs::{Access, Accesses, Instance, JobGraph, JobId, RecipeRun};
use crate::source::Project;
use crate::text::{display, has_unknown, is_unknown_char, unknown};

use super::turns::{Turn, turns};
use super::{Class, Part, Race, idle};

/// The goals that start a job, by index in [`JobGraph::goals`]; goals beyond the 256th are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GoalSet([u64; 4]);

impl GoalSet {
    /// How many goals a set can hold.
    pub const CAPACITY: usize = 256;

    fn insert(&mut self, goal: usize) {
        self.0[goal / 64] |= 1 << (goal % 64);
    }

    fn remove(&mut self, goal: usize) {
        self.0[goal / 64] &= !(1 << (goal % 64));
    }

    fn add(&mut self, other: GoalSet) {
        self.0.iter_mut().zip(other.0).for_each(|(it, other)| *it |= other);
    }

    /// The first goal of both sets.
    pub fn first_common(self, other: GoalSet) -> Option<usize> {
        (0..4).find_map(|it| {
            let both = self.0[it] & other.0[it];
            (both != 0).then(|| it * 64 + both.trailing_zeros() as usize)
        })
    }

    /// Whether it holds a goal.
    pub fn contains(self, goal: usize) -> bool {
        goal < GoalSet::CAPACITY && self.0[goal / 64] & (1 << (goal % 64)) != 0
    }
}

/// Each set once, and which it is: there are few, of many jobs.
fn numbered(sets: Vec<GoalSet>) -> (Vec<u32>, Vec<GoalSet>) {
    let mut res: Vec<GoalSet> = Vec::new();
    let mut known: FxHashMap<GoalSet, u32> = FxHashMap::default();
    let mut number = |set: GoalSet| {
        *known.entry(set).or_insert_with(|| {
            res.push(set);
            (res.len() - 1) as u32
        })
    };
    let numbers = sets.into_iter().map(&mut number).collect();
    (numbers, res)
}

/// What detectors look at.
pub struct View<'a> {
    /// The tree, for what is there before anything runs.
    pub project: &'a Project,
    /// The jobs.
    pub graph: &'a JobGraph,
    /// Their accesses by path.
    pub accesses: Accesses,
    /// Jobs for which make runs nothing; they have no accesses.
    pub idle: FxHashSet<JobId>,
    /// For each job, which of the sets of goals starts it.
    goals: Vec<u32>,
    goal_sets: Vec<GoalSet>,
    turns: Vec<Turn>,
    /// What configure made with the makefiles that are read.
    configured: BTreeSet<&'a str>,
}

impl<'a> View<'a> {
    /// Looks at a graph.
    pub fn new(project: &'a Project, graph: &'a JobGraph) -> View<'a> {
        let mut goals = vec![GoalSet::default(); graph.jobs.len()];
        for (index, goal) in graph.goals.iter().enumerate().take(GoalSet::CAPACITY) {
            goals[goal.job.0].insert(index);
        }
        // What a job needs comes after it here, so that one pass reaches all.
        for job in graph.needers_first() {
            let started = goals[job.0];
            for need in &graph.job(job).needs {
                goals[need.0].add(started);
            }
        }
        // A sub-make's jobs belong to the goals of the job that runs it, which has a lower number.
        for id in (0..graph.jobs.len()).map(JobId) {
            if let Some(parent) = graph.instance_of(id).parent {
                goals[id.0] = goals[parent.job.0];
            }
        }
        let (goals, goal_sets) = numbered(goals);
        let mut accesses = graph.accesses();
        accesses.retain(|path, _| !is_named_in_shell(path));
        let idle = FxHashSet::default();
        let turns = turns(graph);
        let mut res = View { project, graph, accesses, idle, goals, goal_sets, turns, configured: configured(graph) };
        res.idle = idle::idle(&res);
        let View { accesses, idle, .. } = &mut res;
        if !idle.is_empty() {
            accesses.values_mut().for_each(|it| it.retain(|it| !idle.contains(&it.job)));
        }
        res
    }

    /// Whether a file is there before make starts: in the tree, or made by configure with the makefile.
    pub fn is_there(&self, path: &str) -> bool {
        self.project.exists(path) || self.configured.contains(path)
    }

    /// Whether each make runs a job anew: its target is no file, and none is there by that name.
    pub fn is_always_run(&self, job: JobId) -> bool {
        let job = self.graph.job(job);
        let makes_it = || job.writes_its_target() || job.hides_writes() || self.project.exists(&job.path);
        !job.recipes.is_empty() && (job.phony || !makes_it())
    }

    /// Whether configure made a file with the makefiles that are read.
    pub fn is_configured(&self, path: &str) -> bool {
        self.configured.contains(path)
    }

    /// Whether configure made a file somewhere below a folder.
    pub fn is_configured_below(&self, folder: &str) -> bool {
        self.configured.iter().any(|it| it.strip_prefix(folder).is_some_and(|it| it.starts_with('/')))
    }

    /// The goals that start a job.
    pub fn goals_of(&self, job: JobId) -> GoalSet {
        self.goal_sets[self.goals[job.0] as usize]
    }

    /// The best known goal that starts both and does not make one of them wait for the other.
    pub fn common_goal(&self, a: JobId, b: JobId) -> Option<usize> {
        let mut own = self.goals_of(a);
        loop {
            let goal = own.first_common(self.goals_of(b))?;
            let takes_turns = |(a, b)| self.turns.iter().any(|it| it.orders(self.graph, goal, a, b));
            if self.turns.is_empty() || !self.graph.lifted(a, b).is_some_and(takes_turns) {
                return Some(goal);
            }
            own.remove(goal);
        }
    }

    /// Whether a job may only use a file since a program without a model is given its name, where that program makes
    /// the file too: then the name may be one to write about, not to open, unless another job that runs it waits for it.
    pub fn only_names(&self, reader: &Access, writer: &Access) -> bool {
        let unknown = self.program(reader).filter(|it| !reader.must && it.known == Known::Unknown);
        let invocations = || self.run(writer).map_or(&[][..], |it| &it.outcome.invocations);
        let Some(program) = unknown.filter(|program| invocations().iter().any(|it| it.name == program.name)) else {
            return false;
        };
        let runs_it = |run: &RecipeRun| run.outcome.invocations.iter().any(|it| it.name == program.name);
        !self.graph.jobs.iter().any(|it| it.needs.contains(&writer.job) && it.recipes.iter().any(runs_it))
    }

    /// Whether a makefile that make makes first lists who needs a file of OCaml's: one whose recipe runs `ocamldep`.
    pub fn is_listed(&self, reader: &Access, path: &str) -> bool {
        let database = &self.graph.instance_of(reader.job).database;
        let is_makefile = |it: &Name| database.makefiles.contains(&it.text);
        let lists = |it: &RecipeLine| it.text.to_ascii_lowercase().contains("ocamldep");
        let mut rules = database.rules.iter().filter(|it| it.targets.iter().any(is_makefile));
        [".cmi", ".cmo", ".cmx"].iter().any(|it| path.ends_with(it)) && rules.any(|it| it.recipe.iter().any(lists))
    }

    /// Whether an access takes away a folder with all that is below it.
    pub fn removes_below(&self, access: &Access) -> bool {
        access.kind == EffectKind::Remove && access.must && self.program(access).is_some_and(|it| it.name != "rmdir")
    }

    /// Whether an access leaves what the file holds.
    pub fn only_touches(&self, access: &Access) -> bool {
        self.effect(access).is_some_and(|it| it.only_touched)
    }

    /// Whether a finished file is moved there, so that readers find the old one or the new.
    pub fn moves_in(&self, access: &Access) -> bool {
        self.program(access).is_some_and(|it| it.name == "mv")
    }

    /// Whether only the text of a program says that it may do this.
    pub fn is_guessed(&self, access: &Access) -> bool {
        self.effect(access).is_some_and(|it| it.guessed)
    }

    /// The recipe that an access stands in; `None` for what make itself does.
    fn run(&self, access: &Access) -> Option<&'a RecipeRun> {
        self.graph.job(access.job).recipes.get(access.recipe)
    }

    /// The command that does it.
    fn program(&self, access: &Access) -> Option<&'a Invocation> {
        self.run(access)?.outcome.invocations.get(self.effect(access)?.invocation)
    }

    fn effect(&self, access: &Access) -> Option<&'a Effect> {
        self.run(access)?.outcome.effects.get(access.effect?)
    }

    /// Whether all that a job writes to a path is moved there as a whole.
    pub fn swaps_in(&self, job: JobId, path: &str) -> bool {
        let all = self.graph.job(job).effects().map(|it| it.1);
        let mut writes = all.filter(|it| it.kind == EffectKind::Write && it.path == path).peekable();
        writes.peek().is_some() && writes.all(|it| it.swapped_in)
    }

    /// Whether the rule of a job's recipe is a pattern rule.
    pub fn is_implicit(&self, job: JobId) -> bool {
        let recipes = &self.graph.job(job).recipes;
        recipes.iter().any(|it| matches!(it.rule, crate::expand::RuleId::Implicit(_)))
    }

    /// Whether the two jobs are of two runs of one makefile, one of which orders what the two make: all that they share is
    /// the same again.
    pub fn run_twice(&self, a: JobId, b: JobId) -> bool {
        let (first, second) = (self.graph.job(a), self.graph.job(b));
        let key = |id: JobId| {
            let given = &self.graph.instance_of(id).given;
            (&given.makefile, &given.directory)
        };
        let twin = |of: JobId, beside: JobId| {
            self.graph.instance_of(beside).by_target.get(self.graph.job(of).target()).copied()
        };
        let orders = |other: JobId, own: JobId| twin(other, own).is_some_and(|it| self.graph.ordered(it, own));
        first.instance != second.instance && key(a) == key(b) && (orders(a, b) || orders(b, a))
    }

    /// Whether a job waits for what a command of make's own prints (`$(shell ./list)`) and that may be a path.
    pub fn may_wait_for(&self, job: JobId, path: &str) -> bool {
        let may_be = |name: &str| {
            let known: Vec<&str> = name.split(is_unknown_char).collect();
            let (first, last) = (known.first().copied().unwrap_or(""), known.last().copied().unwrap_or(""));
            path.starts_with(first) && path.ends_with(last)
        };
        self.printed_needs(job).any(may_be)
    }

    /// The prerequisites of a job that hang on what a command prints.
    pub fn printed_needs(&self, job: JobId) -> impl Iterator<Item = &str> {
        let needs = self.graph.job(job).resolved.prerequisites.iter().map(|it| &*it.name);
        needs.filter(|it| has_unknown(it) && display(it).contains("$(shell "))
    }

    /// One access for each job among those of a kind: a certain one where there is one.
    pub fn by_job(accesses: &[Access], kind: impl Fn(EffectKind) -> bool) -> Vec<&Access> {
        let mut res: Vec<&Access> = Vec::new();
        // Accesses stand in the order of the jobs.
        for access in accesses.iter().filter(|it| kind(it.kind)) {
            match res.last_mut().filter(|it| it.job == access.job) {
                Some(known) if !known.must && access.must => *known = access,
                Some(_) => {}
                None => res.push(access),
            }
        }
        res
    }

    /// The accesses but those of jobs for one target of one makefile that many runs of make have: a few show its races.
    pub fn few_alike<'b>(&self, mut accesses: Vec<&'b Access>) -> Vec<&'b Access> {
        const MOST: usize = 16;
        if accesses.len() > MOST {
            let mut n_alike: FxHashMap<_, usize> = FxHashMap::default();
            accesses.retain(|it| {
                let given = &self.graph.instance_of(it.job).given;
                let n = n_alike.entry((&given.makefile, &given.directory, &self.graph.job(it.job).path)).or_default();
                *n += 1;
                *n <= MOST
            });
        }
        accesses
    }

    /// The unordered pairs among `accesses`, one a job, but for those for which `skip` holds.
    pub fn unordered<'b>(&self, accesses: &[&'b Access], skip: impl Fn(JobId, JobId) -> bool) -> Pairs<'b> {
        // Beyond this many accesses of one path, more pairs show no other race.
        const MOST: usize = 48;
        let accesses = &accesses[..accesses.len().min(MOST)];
        let mut res = Pairs::default();
        for (index, a) in accesses.iter().enumerate() {
            for b in &accesses[index + 1..] {
                let races = !skip(a.job, b.job)
                    && !self.graph.ordered(a.job, b.job)
                    && !self.graph.exclude_each_other(a.job, b.job);
                if races {
                    res.add(self, a, b);
                }
            }
        }
        res
    }
}

/// Pairs of accesses that race for one path.
#[derive(Default)]
pub struct Pairs<'a> {
    all: Vec<Pair<'a>>,
    /// Index of the one that says most: both certain, under the best known goal.
    best: usize,
}

struct Pair<'a> {
    accesses: [&'a Access; 2],
    goal: Option<usize>,
}

impl Pair<'_> {
    fn rank(&self) -> (bool, usize) {
        let sure = self.accesses.iter().all(|it| it.must) && self.goal.is_some();
        (!sure, self.goal.unwrap_or(usize::MAX))
    }
}

impl<'a> Pairs<'a> {
    /// Takes in a pair, the writer (or maker) first.
    pub fn add(&mut self, view: &View, first: &'a Access, second: &'a Access) {
        let pair = Pair { accesses: [first, second], goal: view.common_goal(first.job, second.job) };
        if self.all.get(self.best).is_some_and(|it| pair.rank() < it.rank()) {
            self.best = self.all.len();
        }
        self.all.push(pair);
    }

    /// The race that they are, if there are any.
    pub fn race(self, class: Class, path: &str) -> Option<Race> {
        let Pair { accesses: [first, second], goal } = self.all.get(self.best)?;
        let part = |access, pair: &Pair| Part { aside: goal.is_some() && pair.goal.is_none(), ..Part::of(access) };
        let mut parts: Vec<Part> =
            self.all.iter().flat_map(|pair| pair.accesses.map(|access| part(access, pair))).collect();
        parts.sort_by_key(|it| (it.job(), it.aside));
        parts.dedup_by_key(|it| it.job());
        let pair = (Part::of(first), Part::of(second));
        Some(Race { class, path: path.to_owned(), paths: Vec::new(), pair, parts, goal: *goal })
    }
}

/// Whether a part of a name is what a variable of the recipe's own shell holds, which nobody knows: two recipes' are not
/// one.
fn is_named_in_shell(path: &str) -> bool {
    path.contains(&unknown("${"))
}

fn configured(graph: &JobGraph) -> BTreeSet<&str> {
    let by_configure = |it: &&Instance| {
        let makefile = it.given.makefile.as_str();
        // configure makes what a template says, also where the list of all that it makes is computed.
        let is_template = makefile.ends_with(".in") && it.configure.file.is_some();
        is_template || it.configure.outputs.contains_key(makefile) || it.configure.output_of(makefile).is_some()
    };
    let outputs = graph.instances.iter().filter(by_configure).flat_map(|it| it.configure.outputs.keys());
    outputs.map(String::as_str).collect()
}
