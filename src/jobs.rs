//! Jobs and their order: what each goal starts, in the makefile and in the sub-makes that its recipes run.
//!
//! Knows nothing of races. A job is one run of one recipe for one target; a make that a recipe runs is an instance of
//! its own, below the job that runs it.

mod accesses;
mod build;
mod cache;
mod goals;
mod order;
mod remake;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::configure::{self, Configuration, Configure, Note, Setting, Subject};
use crate::effects::{self, Effect, EffectKind, Models, Outcome};
use crate::expand::{Database, Inputs, Line, Request, Resolved, RuleId};
use crate::source::{Project, Span, folder_of, normalise, upwards};

pub use accesses::{Access, Accesses, is_matched, is_product};
pub use build::{Entry, Like, build, rebuild};
pub use cache::Cache;
pub use goals::{clean_like, install_like};

/// Index of a job in [`JobGraph::jobs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub usize);

/// Index of a run of make in [`JobGraph::instances`]; the first is the one that the user starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub usize);

/// All jobs of one makefile under one configuration.
#[derive(Clone, Default)]
pub struct JobGraph {
    /// Runs of make.
    pub instances: Vec<Instance>,
    /// Targets that make considers; those without a recipe are here too, since they order others.
    pub jobs: Vec<Job>,
    /// Goals of the first instance, best known first.
    pub goals: Vec<Goal>,
    /// Prerequisites that make drops because they would close a circle, as (target, prerequisite).
    pub cycles: BTreeSet<(String, String)>,
    /// Sub-makes and recipes that could not be followed.
    pub notes: Vec<Note>,
    /// Runs of make whose makefile the tree does not have.
    pub unread: Vec<Unread>,
    /// Position of each job in an order in which prerequisites come first.
    rank: Vec<usize>,
    /// What comes before jobs that were asked about often.
    earlier: order::Earlier,
    /// When each job runs within its make.
    phases: Vec<remake::Phase>,
    /// What its recipes make.
    made: Arc<cache::Made>,
}

/// A run of make.
#[derive(Clone)]
pub struct Instance {
    /// The job whose recipe runs it, and how far in that recipe.
    pub parent: Option<Parent>,
    /// Folders that the reading of its makefile makes.
    pub folders: Vec<String>,
    /// Makefiles without which it stops, that the tree lacks and its own rules do not make, relative to the root.
    pub lacking: Vec<String>,
    /// Its evaluated makefile.
    pub database: Arc<Database>,
    /// What it was given, for expanding its recipes again.
    pub given: Arc<Given>,
    /// The configure.ac that makes its makefile.
    pub configure: Arc<Configure>,
    /// Jobs by target.
    pub by_target: FxHashMap<Arc<str>, JobId>,
    /// Targets that it was asked for.
    pub goals: Vec<String>,
}

impl Instance {
    /// What its jobs are resolved with.
    fn shared(&self) -> (Arc<Database>, Arc<Given>, Arc<Configure>) {
        (self.database.clone(), self.given.clone(), self.configure.clone())
    }
}

/// Where in a recipe a make is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The job.
    pub job: JobId,
    /// Its recipe (a double-colon target has several).
    pub recipe: usize,
    /// The recipe's run of make.
    pub run: usize,
    /// Whether it runs each time.
    pub must: bool,
}

/// A run of make whose makefile the tree does not have, or of whose goals it does not have the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Where it is run.
    pub parent: Parent,
    /// The folder.
    pub directory: String,
    /// The makefiles that it looks for.
    pub makefiles: Vec<String>,
    /// The goals that it is given.
    pub goals: Vec<String>,
}

impl Unread {
    /// Whether two runs in one folder may make the same: they read one makefile and have a goal in common, one makes all, or
    /// both make the same thing in two forms (`libx.a`, `libx.so`).
    pub fn may_meet(&self, other: &Unread) -> bool {
        let makes_all = |it: &Unread| it.goals.is_empty() || it.goals.iter().any(|it| it == "all");
        let stem = |it: &str| Some(it.rfind('/').map_or(0, |it| it + 1)).and_then(|at| Some(at + it[at..].find('.')?));
        let alike = |a: &str, b: &str| a == b || stem(a).is_some_and(|at| stem(b) == Some(at) && a[..at] == b[..at]);
        let same_makefile = self.makefiles.iter().any(|it| other.makefiles.contains(it));
        let same_goal = || self.goals.iter().any(|a| other.goals.iter().any(|b| alike(a, b)));
        same_makefile && (makes_all(self) || makes_all(other) || same_goal())
    }
}

/// The owned form of a [`Request`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Given {
    /// The makefile, relative to the root.
    pub makefile: String,
    /// The folder in which make runs.
    pub directory: String,
    /// `NAME=value` on the command line.
    pub command_line: Vec<(String, String)>,
    /// The environment.
    pub environment: Vec<(String, String)>,
    /// Goals.
    pub goals: Vec<String>,
}

impl Given {
    /// The request for an evaluation.
    pub fn request<'a>(
        &'a self,
        project: &'a Project,
        configure: &'a Configure,
        configuration: &'a Configuration,
    ) -> Request<'a> {
        Request {
            project,
            makefile: &self.makefile,
            directory: &self.directory,
            configure,
            configuration,
            command_line: &self.command_line,
            environment: &self.environment,
            goals: &self.goals,
            shell: effects::printed,
        }
    }
}

/// What make does for one target.
#[derive(Clone)]
pub struct Job {
    /// The target relative to the project's root.
    pub path: String,
    /// The other targets that the same run makes, relative to the root.
    pub also: Vec<String>,
    /// The make that runs it.
    pub instance: InstanceId,
    /// Its rules.
    pub resolved: Arc<Resolved>,
    /// Its recipes, one after the other.
    pub recipes: Vec<RecipeRun>,
    /// Jobs that are finished before it starts.
    pub needs: Vec<JobId>,
    /// Whether the target is no file.
    pub phony: bool,
}

/// One run of a recipe.
#[derive(Clone)]
pub struct RecipeRun {
    /// Its rule; more of it stands in [`Resolved::recipes`], in the same order.
    pub rule: RuleId,
    /// Its lines as the shell gets them.
    pub lines: Arc<[Line]>,
    /// What of the configuration they depend on.
    pub inputs: Arc<Inputs>,
    /// What they do.
    pub outcome: Arc<Outcome>,
    /// Whether that hangs on which files other recipes make.
    asks_for_made: bool,
    /// Whether another graph told what they do.
    kept: bool,
}

/// A target that users name, or the default one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// The name to report: `all` stays `all`, also where it is the default goal.
    pub name: String,
    /// The job of it.
    pub job: JobId,
    /// How common it is.
    pub rank: GoalRank,
}

/// How common a goal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GoalRank {
    /// The default goal, `all`, `check`, `test`, `install`, or one that the user asked for.
    Usual,
    /// Any other target that nothing else depends on.
    Other,
    /// A part of an installation (`install-data`) or of the rules of automake (`all-am`), which is named, if ever, when
    /// all is built.
    Rare,
}

impl Job {
    /// The target as make names it.
    pub fn target(&self) -> &str {
        &self.resolved.target
    }

    /// Effects of all its recipes, with the recipe's index.
    pub fn effects(&self) -> impl Iterator<Item = (usize, &Effect)> {
        self.recipes
            .iter()
            .enumerate()
            .flat_map(|(index, it)| it.outcome.effects.iter().map(move |effect| (index, effect)))
    }

    /// Whether a path is a target of its run.
    pub fn makes(&self, path: &str) -> bool {
        self.path == path || self.also.iter().any(|it| it == path)
    }

    /// Whether a recipe of it is seen to write its target.
    pub fn writes_its_target(&self) -> bool {
        self.effects().any(|(_, it)| it.kind == EffectKind::Write && it.path == self.path)
    }

    /// Whether its name is that of a file, whatever `.PHONY` says: it ends with a suffix.
    pub fn names_a_file(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let suffix = name.rsplit_once('.').filter(|it| !it.0.is_empty()).map(|it| it.1);
        suffix.is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric()))
    }

    /// Whether a recipe of it runs a command that may write files that nothing tells.
    pub fn hides_writes(&self) -> bool {
        self.recipes.iter().any(|it| it.outcome.invocations.iter().any(|it| it.known.hides_writes()))
    }

    /// Whether it runs nothing that could make its target: it has no recipe, or one that keeps make from looking for another
    /// (`gen.h: gen.c ;`, `@:`).
    pub fn is_inert(&self) -> bool {
        let outcomes = || self.recipes.iter().map(|it| &it.outcome);
        !self.hides_writes() && outcomes().all(|it| it.effects.is_empty() && it.makes.is_empty())
    }
}

impl JobGraph {
    /// A job.
    pub fn job(&self, id: JobId) -> &Job {
        &self.jobs[id.0]
    }

    /// The make that runs a job.
    pub fn instance_of(&self, id: JobId) -> &Instance {
        &self.instances[self.job(id).instance.0]
    }

    /// The rule statement that a job's (first) recipe stands in, else one that names it as a target.
    pub fn rule_span(&self, id: JobId) -> Option<Span> {
        let job = self.job(id);
        let database = &self.instance_of(id).database;
        match job.recipes.first() {
            Some(run) => database.rule(run.rule).span,
            None if !job.resolved.has_rule => None,
            None => database
                .rules
                .iter()
                .find(|it| it.targets.iter().any(|it| it.text == job.target()))
                .and_then(|it| it.span),
        }
    }

    /// How much work it is to build, in jobs of an ordinary makefile (some 25 microseconds each).
    pub fn effort(&self) -> usize {
        const EXPANSIONS_A_JOB: usize = 256;
        const BYTES_A_JOB: usize = 400;
        let mut seen = BTreeSet::new();
        let databases = self.instances.iter().filter(|it| seen.insert(Arc::as_ptr(&it.database)));
        let lines = self.jobs.iter().flat_map(|it| &it.recipes).flat_map(|it| it.lines.iter());
        let bytes: usize = lines.map(|it| it.text.text.len()).sum();
        let expansions: usize = databases.map(|it| it.database.effort()).sum();
        self.jobs.len() + expansions / EXPANSIONS_A_JOB + bytes / BYTES_A_JOB
    }

    /// Settings under which the reading of some instance may differ.
    pub fn deviations(&self) -> Vec<Setting> {
        let mut seen = BTreeSet::new();
        let all = self.instances.iter().flat_map(|it| &it.database.deviations);
        all.filter(|it| seen.insert((*it).clone())).cloned().collect()
    }

    /// Whether a setting chooses a makefile in a folder apart, as the first of those in that folder.
    pub fn is_first_of_folder(&self, setting: &Setting) -> bool {
        let Subject::Make(name) = &setting.subject else { return false };
        let wanted = (name.clone(), setting.value.clone());
        self.instances.first().is_some_and(|it| it.database.first_of_folders.contains(&wanted))
    }

    /// Names of the configuration that the reading or a recipe depends on.
    pub fn inputs(&self) -> BTreeSet<String> {
        let read = self.instances.iter().flat_map(|it| &it.database.inputs.names);
        let used = self.jobs.iter().flat_map(|it| &it.recipes).flat_map(|it| &it.inputs.names);
        read.chain(used).cloned().collect()
    }

    /// For each instance, the job of the first instance below which it runs.
    pub fn top_job(&self, id: JobId) -> JobId {
        let mut at = id;
        while let Some(parent) = self.instance_of(at).parent {
            at = parent.job;
        }
        at
    }

    /// The jobs that goals start in their instances.
    pub fn closure(&self, goals: impl IntoIterator<Item = JobId>) -> FxHashSet<JobId> {
        let mut left: Vec<JobId> = goals.into_iter().collect();
        let mut res: FxHashSet<JobId> = left.iter().copied().collect();
        while let Some(id) = left.pop() {
            left.extend(self.job(id).needs.iter().copied().filter(|it| res.insert(*it)));
        }
        res
    }

    /// All jobs, each before those that it needs.
    pub fn needers_first(&self) -> Vec<JobId> {
        let mut res: Vec<JobId> = (0..self.jobs.len()).map(JobId).collect();
        res.sort_unstable_by_key(|it| std::cmp::Reverse(self.rank[it.0]));
        res
    }

    /// The commands that a serial make runs for a goal, in its order.
    pub fn serial_commands(&self, goal: JobId) -> Vec<(JobId, usize, &str)> {
        let mut res = Vec::new();
        let mut seen = vec![false; self.jobs.len()];
        let mut left = vec![(goal, false)];
        while let Some((id, ready)) = left.pop() {
            let job = self.job(id);
            if ready {
                for (index, run) in job.recipes.iter().enumerate() {
                    res.extend(run.lines.iter().map(|it| (id, index, it.text.text.as_str())));
                }
            } else if !std::mem::replace(&mut seen[id.0], true) {
                left.push((id, true));
                left.extend(job.needs.iter().rev().map(|it| (*it, false)));
            }
        }
        res
    }
}

/// The configure.ac of each folder, read once.
#[derive(Default)]
pub struct Configures {
    by_folder: Mutex<FxHashMap<String, Arc<Configure>>>,
}

impl Configures {
    /// The configure.ac files above a folder, the nearest first; another name (`aconfigure.ac`) where a folder has neither
    /// that nor `configure.in`. A `configure.in` that starts as a script is one that another configure fills in.
    pub fn above(project: &Project, folder: &str) -> impl Iterator<Item = String> {
        let text = |it: &str| project.open(it).map(|file| project.source(file));
        let is_script =
            move |it: &String| it.ends_with(".in") && text(it).is_some_and(|it| it.text().starts_with("#!"));
        let configures = move |it: &String| {
            text(it).is_some_and(|it| ["AC_INIT", "AC_OUTPUT"].iter().all(|word| it.text().contains(word)))
        };
        upwards(folder).flat_map(move |folder| {
            let usual = ["configure.ac", "configure.in"].map(|name| normalise("", folder, name));
            let mut res: Vec<String> = usual.into_iter().filter(|it| project.exists(it) && !is_script(it)).collect();
            if res.is_empty() {
                let listed = project.list(folder).unwrap_or_default();
                let others = listed.iter().filter(|it| it.name.ends_with(".ac"));
                res.extend(others.map(|it| normalise("", folder, &it.name)).filter(configures));
            }
            res
        })
    }

    /// What configures the makefiles of a folder: the outermost configure.ac that names one of them (one below it is for
    /// a package of its own, some day), else the nearest, else that of the folder to which a script of users' hands on.
    pub fn nearest(&self, project: &Project, folder: &str) -> Arc<Configure> {
        let names_one = |it: &&String| {
            let own = folder_of(it);
            let inside = folder.strip_prefix(own).unwrap_or_default().trim_start_matches('/');
            let named = format!("{inside}/Makefile");
            !inside.is_empty() && project.open(it).is_some_and(|it| project.source(it).text().contains(&named))
        };
        let all: Vec<String> = Configures::above(project, folder).collect();
        let nearest = all.iter().rev().find(names_one).or(all.first()).cloned();
        let Some(path) = nearest.or_else(|| handed_on(project, folder)) else { return Arc::default() };
        let mut known = self.by_folder.lock().expect("no panic while read");
        known.entry(path.clone()).or_insert_with_key(|path| Arc::new(configure::read(project, path))).clone()
    }
}

/// The configure.ac in a folder below, to whose script the nearest `configure` above hands on: `cd scripts; ./configure`.
fn handed_on(project: &Project, folder: &str) -> Option<String> {
    const LONGEST: usize = 20_000;
    let (folder, script) = upwards(folder).find_map(|it| Some((it, project.open(&normalise("", it, "configure"))?)))?;
    project.answer(folder, "the folder that configure hands on to", || {
        let script = project.source(script);
        let text = Some(script.text()).filter(|it| it.len() < LONGEST && it.starts_with("#!"))?;
        let folders = project.list(folder)?;
        let names = |it: &&str| [format!("{it}/configure"), format!("cd {it}")].iter().any(|it| text.contains(it));
        let folders = folders.iter().filter(|it| it.is_folder).map(|it| it.name.as_str()).filter(names);
        let scripts = folders.flat_map(|it| ["ac", "in"].map(|end| format!("{it}/configure.{end}")));
        scripts.map(|it| normalise("", folder, &it)).find(|it| project.exists(it))
    })
}

/// Constants of a build of the graph.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The tree.
    pub project: &'a Project,
    /// The configure.ac of each folder.
    pub configures: &'a Configures,
    /// What is fixed.
    pub configuration: &'a Configuration,
    /// Models of commands.
    pub models: &'a Models,
}

impl JobGraph {
    /// Whether the same jobs do the same to files in the same order.
    pub fn does_the_same_as(&self, other: &JobGraph) -> bool {
        let effects = |a: &RecipeRun, b: &RecipeRun| {
            Arc::ptr_eq(&a.outcome, &b.outcome)
                || a.outcome.effects == b.outcome.effects && a.outcome.makes == b.outcome.makes
        };
        let same = |a: &Job, b: &Job| {
            (a.instance, &a.path, a.phony, &a.needs) == (b.instance, &b.path, b.phony, &b.needs)
                && a.recipes.len() == b.recipes.len()
                && a.recipes.iter().zip(&b.recipes).all(|(a, b)| effects(a, b))
        };
        self.jobs.len() == other.jobs.len()
            && self.phases == other.phases
            && self
                .instances
                .iter()
                .zip(&other.instances)
                .all(|(a, b)| a.database.not_parallel == b.database.not_parallel)
            && self.jobs.iter().zip(&other.jobs).all(|(a, b)| same(a, b))
    }

    /// Whether the text of the two jobs' recipes is one text from one rule, so that each run does what the other does.
    pub fn same_recipe(&self, a: JobId, b: JobId) -> bool {
        let (first, second) = (self.job(a), self.job(b));
        let alike = |a: &RecipeRun, b: &RecipeRun| {
            a.rule == b.rule && a.lines.iter().map(|it| &it.text.text).eq(b.lines.iter().map(|it| &it.text.text))
        };
        let makefile = |id: JobId| {
            let given = &self.instance_of(id).given;
            (&given.makefile, &given.directory)
        };
        makefile(a) == makefile(b)
            && !first.recipes.is_empty()
            && first.recipes.len() == second.recipes.len()
            && first.recipes.iter().zip(&second.recipes).all(|(a, b)| alike(a, b))
    }

    /// The job that stands for another one in a report: make looks for a file without a rule for the sake of the first
    /// job that needs it.
    pub fn shown_as(&self, id: JobId) -> JobId {
        let needers = || (0..self.jobs.len()).map(JobId).find(|it| self.job(*it).needs.contains(&id));
        Some(id).filter(|it| self.is_looked_for(*it)).and_then(|_| needers()).unwrap_or(id)
    }

    /// Whether a folder is there before a job starts, since a make above it makes it while it reads its makefile.
    pub fn made_while_reading(&self, folder: &str, job: JobId) -> bool {
        let below = |it: &String| it.strip_prefix(folder).is_some_and(|it| it.is_empty() || it.starts_with('/'));
        self.ancestry(job).iter().any(|it| self.instance_of(*it).folders.iter().any(below))
    }

    /// Whether every make above a job's is run each time its job runs.
    pub fn runs_each_time(&self, id: JobId) -> bool {
        let mut at = id;
        while let Some(parent) = self.instance_of(at).parent {
            if !parent.must {
                return false;
            }
            at = parent.job;
        }
        true
    }
}
