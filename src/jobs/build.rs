//! Goals to jobs: resolves targets, expands and interprets recipes, follows sub-makes.

mod like;
mod makefile;
mod undeclared;

pub use like::Like;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::cache::{Cache, Interpreted, Made, Text, Within};
use super::goals::goals;
use super::order::ranks;
use super::remake;
use super::{Context, Given, Goal, GoalRank, Instance, InstanceId, Job, JobGraph, JobId, Parent, RecipeRun, Unread};
use crate::configure::{Configure, Note, What};
use crate::effects::{self, Certainty, MakeRun, Outcome};
use crate::expand::{self, Database, Inputs, Line, RecipeUse, Request, Resolved, Uses};
use crate::source::folder_of;
use crate::text::{display, has_unknown, located};

/// Runs of make that are followed, at most, and how deep.
const MOST_INSTANCES: usize = 1_000;
const MOST_DEPTH: usize = 12;
/// Jobs with recipes, and jobs, beyond which no further level of sub-makes is begun that has more than a few, and how many
/// times as many there may be before one that has begun is ended: its sub-makes are often the same for several machines.
const MOST_WITH_SUBMAKES: (usize, usize) = (8_000, 80_000);
const MOST_IN_LEVEL: usize = 4;
const FEW_SUBMAKES: usize = 8;
/// Jobs in a graph, at most.
const MOST_JOBS: usize = 2_000_000;

/// Where to start.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What make is given.
    pub given: Given,
    /// Goals to examine; none means the usual ones and every target that nothing depends on.
    pub goals: Vec<String>,
    /// Whether the goals that no user names often are left out.
    pub usual_only: bool,
}

/// The graph under a configuration that differs from `base`'s in some names only, where those names change no more than
/// the text of recipes: `None` where the makefile must be read again as a whole, `Some(None)` where nothing that the
/// recipes do is changed.
pub fn rebuild(
    context: &Context,
    base: &JobGraph,
    changed: &BTreeSet<String>,
    cache: &Cache,
) -> Option<Option<JobGraph>> {
    let touches = |inputs: &Inputs| changed.iter().any(|it| inputs.names.contains(it));
    if base.instances.iter().any(|it| touches(&it.database.inputs)) {
        return None;
    }
    // Many recipes share theirs.
    let mut known: FxHashMap<*const Inputs, bool> = FxHashMap::default();
    let mut is_touched = |it: &RecipeRun| *known.entry(Arc::as_ptr(&it.inputs)).or_insert_with(|| touches(&it.inputs));
    let touched: Vec<JobId> =
        (0..base.jobs.len()).map(JobId).filter(|it| base.job(*it).recipes.iter().any(&mut is_touched)).collect();
    if touched.is_empty() {
        return Some(None);
    }
    let mut builder = Builder::new(context, cache);
    builder.graph = base.clone();
    let mut differs = false;
    for id in touched {
        let Instance { given, configure, .. } = &base.instances[base.job(id).instance.0];
        let database = builder.database(given, configure);
        builder.graph.instances[base.job(id).instance.0].database = database.clone();
        let request = given.request(context.project, configure, context.configuration);
        for (index, used) in base.job(id).resolved.recipes.iter().enumerate() {
            let (lines, uses) = database.recipe(&request, &base.job(id).resolved, used);
            let fresh = &mut builder.graph.jobs[id.0].recipes[index];
            fresh.lines = lines.into();
            fresh.inputs = database.inputs_of(&uses);
            fresh.kept = false;
        }
        builder.interpret_all(&[id], &base.made);
        let pairs = || builder.graph.job(id).recipes.iter().zip(&base.job(id).recipes);
        if pairs().any(|(new, old)| new.outcome.makes != old.outcome.makes) {
            return None;
        }
        differs |= pairs().any(|(new, old)| new.outcome.effects != old.outcome.effects);
    }
    if !differs {
        return Some(None);
    }
    builder.look_at_made(Some(base));
    Some(Some(builder.graph))
}

/// Builds the graph of a makefile under one configuration. What the recipes of the graph `beside` make counts as made
/// too, where this one has some of its goals only.
/// What is the same as in the graph `like` is taken from there.
pub fn build(
    context: &Context,
    entry: &Entry,
    beside: Option<&JobGraph>,
    like: Option<Like>,
    cache: &Cache,
) -> JobGraph {
    let mut builder = Builder::new(context, cache);
    builder.like = like;
    builder.alike = like.map_or_else(FxHashMap::default, |it| like::alike(it.graph));
    let top = builder.instance(Arc::new(entry.given.clone()), None);
    let database = builder.graph.instances[top.0].database.clone();
    let wanted = |rank: GoalRank| rank == GoalRank::Usual || !entry.usual_only;
    let (usual, others): (Vec<_>, Vec<_>) =
        goals(&database, &entry.goals).into_iter().partition(|it| it.1 == GoalRank::Usual);
    let mut done = 0;
    for goals in [usual, others] {
        let inner = builder.inner_goals();
        for (name, rank) in goals.into_iter().filter(|it| wanted(it.1) && !inner.contains(&it.0)) {
            let job = builder.jobs_for(top, &name);
            builder.graph.goals.push(Goal { name, job, rank });
        }
        builder.interpret_new(done);
        done = builder.graph.jobs.len();
    }
    builder.find_rules_again();
    builder.look_at_made(beside);
    builder.settle();
    let mut graph = builder.graph;
    graph.jobs.shrink_to_fit();
    graph.rank = ranks(&mut graph);
    graph.phases = remake::phases(context, &graph);
    graph
}

struct Builder<'a> {
    context: &'a Context<'a>,
    cache: &'a Cache,
    graph: JobGraph,
    databases: FxHashMap<Given, Arc<Database>>,
    /// The first instance of an evaluation.
    firsts: FxHashMap<usize, InstanceId>,
    /// The first jobs of targets that it does not make, by their evaluation.
    others: FxHashMap<(usize, Arc<str>), JobId>,
    /// The variables whose values two evaluations do not share.
    differing: FxHashMap<(usize, usize), Option<Vec<Arc<str>>>>,
    /// Rules that other evaluations may share.
    leading: FxHashSet<usize>,
    /// Jobs of the graph that have recipes.
    n_with_recipes: usize,
    /// How many times as many there may be before no further sub-make is followed.
    within: usize,
    /// What was built before, and its instances by what they were given.
    like: Option<Like<'a>>,
    alike: FxHashMap<Given, InstanceId>,
    /// Evaluations taken from there, each with its instance.
    taken: FxHashMap<usize, InstanceId>,
    /// Evaluations of this configuration for those whose recipes differ here.
    fresh: FxHashMap<usize, Arc<Database>>,
}

/// What make does for a target.
type Known = (Arc<Resolved>, Vec<RecipeRun>);

impl<'a> Builder<'a> {
    fn new(context: &'a Context<'a>, cache: &'a Cache) -> Builder<'a> {
        let graph = JobGraph::default();
        let (databases, firsts, others, differing, leading) = Default::default();
        let (alike, taken, fresh) = Default::default();
        let (n_with_recipes, within, like) = (0, 1, None);
        Builder {
            context,
            cache,
            graph,
            databases,
            firsts,
            others,
            differing,
            leading,
            n_with_recipes,
            within,
            like,
            alike,
            taken,
            fresh,
        }
    }

    fn instance(&mut self, given: Arc<Given>, parent: Option<Parent>) -> InstanceId {
        let folder = folder_of(&given.makefile);
        let configure = self.context.configures.nearest(self.context.project, folder);
        let database = self.database(&given, &configure);
        let goals = given.goals.clone();
        let folders = self.folders(&database, &given.directory);
        let lacking = self.lacking(&database, &given.directory);
        self.graph.instances.push(Instance {
            parent,
            folders,
            lacking,
            database,
            given,
            configure,
            by_target: FxHashMap::default(),
            goals,
        });
        InstanceId(self.graph.instances.len() - 1)
    }

    /// The evaluated makefile; runs that differ in their goals share it, unless it asks for them.
    fn database(&mut self, given: &Given, configure: &Arc<Configure>) -> Arc<Database> {
        let without = Given { goals: Vec::new(), ..given.clone() };
        let shared = || self.databases.get(&without).filter(|it| !it.asks_for_goals);
        if let Some(known) = self.databases.get(given).or_else(shared) {
            return known.clone();
        }
        let found = self.known_database(given, &without, configure);
        let found = found.unwrap_or_else(|| self.evaluated(given, configure));
        self.databases.insert(if found.asks_for_goals { given.clone() } else { without }, found.clone());
        found
    }

    fn evaluated(&mut self, given: &Given, configure: &Arc<Configure>) -> Arc<Database> {
        let request = given.request(self.context.project, configure, self.context.configuration);
        self.shared(expand::evaluate(&request), given, &request)
    }

    /// The database with what is known of another one with the same rules.
    fn shared(&mut self, mut fresh: Database, given: &Given, request: &Request) -> Arc<Database> {
        // More evaluations of one makefile are rarely alike.
        const MOST: usize = 8;
        let key = (given.makefile.clone(), given.directory.clone());
        let lock = || self.cache.databases.lock().expect("no panic while cached");
        let known = lock().get(&key).cloned().unwrap_or_default();
        // Of the same configuration before an edit.
        let like = self.like.as_ref().and_then(|it| it.graph.instances.get(self.alike.get(given)?.0));
        let like = like.map(|it| &it.database);
        let shares = like.into_iter().chain(&known).any(|it| fresh.share(request, it));
        let fresh = Arc::new(fresh);
        if !shares && known.len() < MOST {
            lock().entry(key).or_default().push(fresh.clone());
            self.leading.insert(fresh.shape());
        }
        fresh
    }

    /// Goals with which the first make's recipes run the same makefile again: what must be made before them has been.
    fn inner_goals(&self) -> BTreeSet<String> {
        let place = |it: &Instance| (it.given.makefile.clone(), it.given.directory.clone());
        let Some(top) = self.graph.instances.first().map(place) else { return BTreeSet::new() };
        let inner = self.graph.instances.iter().skip(1).filter(|it| place(it) == top);
        inner.flat_map(|it| it.goals.iter().cloned()).collect()
    }

    /// The job of a target, made with all that it needs where it is new.
    fn jobs_for(&mut self, instance: InstanceId, target: &str) -> JobId {
        let (first, new) = self.job_for(instance, target);
        let mut left = if new { vec![first] } else { Vec::new() };
        while let Some(id) = left.pop() {
            let resolved = self.graph.jobs[id.0].resolved.clone();
            let mut needs = Vec::with_capacity(resolved.prerequisites.len());
            // `.NOTPARALLEL: target` of make 4.4; before it, that is said of all.
            let serially = self.graph.instances[instance.0].database.serial_targets.contains(&*resolved.target);
            let mut waited = 0;
            for prerequisite in &resolved.prerequisites {
                let (need, new) = self.job_for(instance, &prerequisite.name);
                if new {
                    left.push(need);
                }
                if prerequisite.after_wait || serially {
                    waited = needs.len();
                }
                // What stands before a `.WAIT` is finished before what stands after it starts.
                let first = if serially { waited.saturating_sub(1) } else { 0 };
                let before: Vec<JobId> = needs[first..waited].iter().copied().filter(|it| *it != need).collect();
                self.graph.jobs[need.0].needs.extend(before);
                if need != id {
                    needs.push(need);
                }
            }
            // Most jobs have nothing before what they need.
            let before = std::mem::take(&mut self.graph.jobs[id.0].needs);
            self.graph.jobs[id.0].needs = if before.is_empty() { needs } else { [before, needs].concat() };
        }
        first
    }

    /// The job of a target and whether it is new.
    fn job_for(&mut self, instance: InstanceId, target: &str) -> (JobId, bool) {
        if let Some(known) = self.graph.instances[instance.0].by_target.get(target) {
            return (*known, false);
        }
        let id = JobId(self.graph.jobs.len());
        let (database, given, configure) = self.graph.instances[instance.0].shared();
        let (resolved, recipes) = match self.elsewhere(instance, target) {
            Some(known) => known,
            None if id.0 < MOST_JOBS => self.resolve(&database, &given, &configure, target),
            None => (Arc::new(Resolved { target: target.into(), ..Resolved::default() }), Vec::new()),
        };
        // What a search finds goes by the name that it has there, and by the rules for that.
        let elsewhere = resolved.found.as_deref().filter(|it| *it != target && !resolved.has_rule);
        if let Some(name) = elsewhere.filter(|it| database.has_rule_for(it)) {
            let (id, new) = self.job_for(instance, name);
            self.graph.instances[instance.0].by_target.insert(target.into(), id);
            return (id, new);
        }
        let also: Vec<String> = resolved.recipes.iter().flat_map(|it| it.also_makes.iter().cloned()).collect();
        let path_of = |name: &str| located(&self.context.project.root, &given.directory, name);
        let phony = database.phony.contains(target);
        self.n_with_recipes += usize::from(!recipes.is_empty());
        // `./x` is asked for by that name.
        let name = if *resolved.target == *target { resolved.target.clone() } else { target.into() };
        self.graph.jobs.push(Job {
            path: path_of(target),
            also: also.iter().map(|it| path_of(it)).collect(),
            instance,
            resolved,
            recipes,
            needs: Vec::new(),
            phony,
        });
        let database = Arc::as_ptr(&database) as usize;
        if *self.firsts.entry(database).or_insert(instance) != instance {
            self.others.entry((database, name.clone())).or_insert(id);
        }
        let by_target = &mut self.graph.instances[instance.0].by_target;
        by_target.insert(name, id);
        for other in also {
            by_target.entry(other.into()).or_insert(id);
        }
        (id, true)
    }

    /// What another run of make that reads the same evaluated makefile does for a target.
    fn elsewhere(&self, instance: InstanceId, target: &str) -> Option<Known> {
        let database = Arc::as_ptr(&self.graph.instances[instance.0].database) as usize;
        let first = *self.firsts.get(&database)?;
        let of_first = || self.graph.instances[first.0].by_target.get(target);
        let of_others = || self.others.get(&(database, target.into()));
        let known = (first != instance).then(|| of_first().or_else(of_others)).flatten()?;
        let job = self.graph.job(*known);
        (job.target() == target).then(|| (job.resolved.clone(), job.recipes.clone()))
    }

    /// What make does for a target. Its recipes are those of another evaluation with the same rules, where no variable
    /// that they look at has another value here.
    fn resolve(
        &mut self,
        database: &Arc<Database>,
        given: &Arc<Given>,
        configure: &Arc<Configure>,
        target: &str,
    ) -> Known {
        if let Some(known) = self.known_target(database, target) {
            return known;
        }
        let request = &given.request(self.context.project, configure, self.context.configuration);
        let resolved = database.resolve_shared(request, target);
        if resolved.recipes.is_empty() {
            return (resolved, Vec::new());
        }
        if self.taken.contains_key(&(Arc::as_ptr(database) as usize)) {
            return (resolved.clone(), self.expanded(database, given, configure, &resolved));
        }
        let key = Arc::as_ptr(&resolved) as usize;
        let lock = || self.cache.recipes.lock().expect("no panic while cached");
        let known = lock().get(&key).cloned();
        let runs = |lines: &[(Arc<[Line]>, Uses)]| -> Vec<RecipeRun> {
            let run = |(used, (lines, uses)): (&RecipeUse, &(Arc<[Line]>, Uses))| {
                RecipeRun::new(used, lines.clone(), database.inputs_of(uses))
            };
            resolved.recipes.iter().zip(lines).map(run).collect()
        };
        if let Some((other, lines)) = &known {
            let differing = self.differing.entry((Arc::as_ptr(other) as usize, Arc::as_ptr(database) as usize));
            let differing = differing.or_insert_with(|| database.differing(request, other)).as_ref();
            let same = |it: &Vec<Arc<str>>| lines.iter().all(|(_, uses)| !it.iter().any(|name| uses.contains(name)));
            if differing.is_some_and(same) {
                let runs = runs(lines);
                return (resolved, runs);
            }
        }
        let lines: Arc<[(Arc<[Line]>, Uses)]> =
            resolved.recipes.iter().map(|it| lines(database, request, &resolved, it)).collect();
        let runs = runs(&lines);
        if known.is_none() && self.leading.contains(&database.shape()) {
            lock().insert(key, (database.clone(), lines));
        }
        (resolved, runs)
    }

    /// Interprets the recipes of the jobs from `first` on, and of the sub-makes that they run.
    fn interpret_new(&mut self, first: usize) {
        let unknown = Made::default();
        let mut at = first;
        while at < self.graph.jobs.len() {
            let ids: Vec<JobId> = (at..self.graph.jobs.len()).map(JobId).collect();
            at += ids.len();
            self.interpret_all(&ids, &unknown);
            let makes = |it: &JobId| self.graph.job(*it).recipes.iter().map(|it| it.outcome.makes.len()).sum::<usize>();
            let has_many = ids.iter().map(makes).sum::<usize>() > FEW_SUBMAKES;
            self.within = if has_many && self.is_large(1) { 1 } else { MOST_IN_LEVEL };
            ids.into_iter().for_each(|it| self.follow_makes(it));
        }
    }

    /// What jobs' recipes do, with what is known of the files that recipes make.
    fn interpret_all(&mut self, ids: &[JobId], made: &Made) {
        // Fewer jobs are done before another thread has started.
        const FEWEST: usize = 16;
        // So many are held twice.
        const MOST: usize = 8192;
        for ids in ids.chunks(MOST) {
            let outcomes: Vec<_> = ids.par_iter().with_min_len(FEWEST).map(|it| self.interpreted(*it, made)).collect();
            for (id, outcomes) in ids.iter().zip(outcomes) {
                for (index, known) in outcomes {
                    let run = &mut self.graph.jobs[id.0].recipes[index];
                    run.asks_for_made = known.asks_for_made();
                    run.outcome = known.outcome;
                }
            }
        }
    }

    /// What those of a job's recipes do that were not taken from another graph.
    fn interpreted(&self, id: JobId, made: &Made) -> Vec<(usize, Interpreted)> {
        let instance = self.graph.jobs[id.0].instance;
        let (database, given, configure) = self.graph.instances[instance.0].shared();
        let request = given.request(self.context.project, &configure, self.context.configuration);
        let lock = || self.cache.headers.lock().expect("no panic while cached");
        let headers = lock().entry(made.fingerprint).or_default().clone();
        let mut environment = None;
        let mut res = Vec::new();
        for index in 0..self.graph.jobs[id.0].recipes.len() {
            let run = &self.graph.jobs[id.0].recipes[index];
            if run.kept {
                continue;
            }
            let lines: Vec<&str> = run.lines.iter().map(|it| it.text.text.as_str()).collect();
            if lines.is_empty() {
                continue;
            }
            let environment =
                environment.get_or_insert_with(|| database.exported_shared(&request, self.graph.jobs[id.0].target()));
            let open: Vec<usize> = (0..lines.len()).filter(|it| run.lines[*it].open).collect();
            let before = run.lines.first().map_or(&[][..], |it| &it.commands);
            let within: Within = (given.directory.clone(), database.one_shell);
            let key = Text(run.lines.clone());
            let cached = || self.cache.outcomes.lock().expect("no panic while cached");
            let known = cached()
                .get(&within)
                .and_then(|it| it.get(&key)?.iter().find(|it| it.holds(environment, made)).cloned());
            let known = known.unwrap_or_else(|| {
                let asked = RefCell::new(FxHashMap::default());
                let is_made = |path: &str| {
                    *asked.borrow_mut().entry(path.to_owned()).or_insert_with(|| made.paths.contains(path))
                };
                let recipe = effects::Recipe {
                    project: self.context.project,
                    directory: &given.directory,
                    lines: &lines,
                    open: &open,
                    before,
                    one_shell: database.one_shell,
                    environment,
                    generated: &is_made,
                    links: &|it| made.links.get(it).cloned(),
                    models: self.context.models,
                    headers: &headers,
                };
                let outcome = Arc::new(effects::interpret(&recipe));
                // What headers ask for is told by the number.
                let asked = if outcome.includes { FxHashMap::default() } else { asked.into_inner() };
                // An empty list that all share.
                let asked = if asked.is_empty() { Arc::default() } else { asked.into_iter().collect() };
                let (environment, made) = (environment.clone(), made.fingerprint);
                let fresh = Interpreted { outcome, environment, made, asked };
                let mut cached = cached();
                let known = cached.entry(within).or_default().entry(key).or_default();
                *known = std::mem::take(known).into_iter().chain([fresh.clone()]).collect();
                fresh
            });
            res.push((index, known));
        }
        res
    }

    fn follow_makes(&mut self, id: JobId) {
        for recipe in 0..self.graph.jobs[id.0].recipes.len() {
            let outcome = self.graph.jobs[id.0].recipes[recipe].outcome.clone();
            for (run, make) in outcome.makes.iter().enumerate() {
                // A loop that runs the same again and again is known by its first round.
                let again = |before: &MakeRun| MakeRun { invocation: before.invocation, ..make.clone() } == *before;
                if run > 0 && again(&outcome.makes[run - 1]) {
                    continue;
                }
                let must = make.certainty == Certainty::Must;
                self.follow(make, Parent { job: id, recipe, run, must });
            }
        }
    }

    /// Whether there are `times` as many jobs as sub-makes are followed for.
    fn is_large(&self, times: usize) -> bool {
        let (most_with_recipes, most) = MOST_WITH_SUBMAKES;
        self.n_with_recipes >= times * most_with_recipes || self.graph.jobs.len() >= times * most
    }

    fn follow(&mut self, make: &MakeRun, parent: Parent) {
        let full = self.is_large(self.within) || self.graph.instances.len() >= MOST_INSTANCES;
        if full || self.graph.ancestry(parent.job).len() > MOST_DEPTH {
            return self.note(parent.job, "sub-make beyond the limit");
        }
        let makefile = if make.foreign { None } else { self.makefile_of(make, parent.job) };
        let Some(makefile) = makefile else {
            self.graph.unread.push(Unread::of(make, parent));
            if make.foreign {
                return;
            }
            let place = if make.directory.is_empty() { "." } else { &make.directory };
            return self.note(parent.job, &format!("sub-make without a makefile in {}", display(place)));
        };
        let above = self.graph.instance_of(parent.job);
        let request = above.given.request(self.context.project, &above.configure, self.context.configuration);
        let mut environment = above.database.exported(&request, self.graph.job(parent.job).target());
        if !above.database.has_builtin_rules() {
            environment.retain(|it| it.0 != "MAKEFLAGS");
            environment.push(("MAKEFLAGS".to_owned(), "rR".to_owned()));
        }
        // Variables of the command line go down by MAKEFLAGS; those that are named again win.
        let mut command_line = above.given.command_line.clone();
        match &make.unset {
            Some(names) => environment.retain(|it| !names.contains(&it.0)),
            None => environment.clear(),
        }
        if make.unset.as_ref().is_none_or(|it| it.iter().any(|it| it == "MAKEFLAGS")) {
            command_line.clear();
        }
        command_line.retain(|(name, _)| make.variables.iter().all(|(it, _)| it != name));
        command_line.extend(make.variables.iter().cloned());
        let given =
            Given { makefile, directory: make.directory.clone(), command_line, environment, goals: make.goals.clone() };
        if self.runs_itself(parent.job, &given) {
            return self.note(parent.job, "sub-make that runs itself");
        }
        let instance = self.instance(Arc::new(given), Some(parent));
        let database = self.graph.instances[instance.0].database.clone();
        let named = || make.goals.iter().map(|it| expand::target_name(it).to_owned()).collect();
        let goals: Vec<String> =
            if make.goals.is_empty() { database.default_goal.iter().cloned().collect() } else { named() };
        let mut roots = Vec::new();
        // A goal that only a run can tell is one of its rules, if that is spelt alike.
        let has_rule = |goal: &str| database.rules.iter().flat_map(|it| &it.targets).any(|it| it.text == goal);
        // Its rules are in a part that is not here (`include $(SDK)/lib.mk`).
        if database.lacks_part && !goals.iter().any(|it| has_rule(it)) {
            self.graph.unread.push(Unread::of(make, parent));
        }
        for goal in goals.iter().filter(|it| !has_unknown(it) || has_rule(it)) {
            roots.push(self.jobs_for(instance, goal));
        }
        self.graph.instances[instance.0].goals = goals;
    }

    fn runs_itself(&self, job: JobId, given: &Given) -> bool {
        self.graph.ancestry(job).iter().any(|it| *self.graph.instance_of(*it).given == *given)
    }

    fn note(&mut self, job: JobId, text: &str) {
        let place = self.graph.rule_span(job);
        self.graph.notes.push(Note { what: What::Construct, name: text.to_owned(), place });
    }

    /// Looks again at recipes that ask what others make, now that it is known.
    fn look_at_made(&mut self, beside: Option<&JobGraph>) {
        let made = Made::of(&self.graph, beside.map(|it| &it.made));
        let asks = |it: &JobId| self.graph.job(*it).recipes.iter().any(|it| it.asks_for_made);
        let asking: Vec<JobId> = (0..self.graph.jobs.len()).map(JobId).filter(asks).collect();
        self.interpret_all(&asking, &made);
        // What is copied into a folder that rules make (`cp x.h out`) is known by its name only then.
        let then = Made::of(&self.graph, beside.map(|it| &it.made));
        if then.fingerprint != made.fingerprint {
            self.interpret_all(&asking, &then);
        }
        self.graph.made = then;
    }
}

/// A recipe as the shell gets it, and the variables that it looks at.
fn lines(database: &Database, request: &expand::Request, resolved: &Resolved, used: &RecipeUse) -> (Arc<[Line]>, Uses) {
    let (lines, uses) = database.recipe(request, resolved, used);
    (lines.into(), uses)
}

impl RecipeRun {
    /// One that nothing is known of but its lines.
    fn new(used: &RecipeUse, lines: Arc<[Line]>, inputs: Arc<Inputs>) -> RecipeRun {
        static NOTHING: LazyLock<Arc<Outcome>> = LazyLock::new(Arc::default);
        RecipeRun { rule: used.rule, lines, inputs, outcome: NOTHING.clone(), asks_for_made: false, kept: false }
    }
}
