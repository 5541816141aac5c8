//! What builds of the graph share, and on what each answer hangs.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Job, JobGraph, JobId, RecipeRun};
use crate::effects::{Effect, EffectKind, Headers, Outcome, is_c_source, is_printer, is_template_of};
use crate::expand::{Database, Line, Uses};

/// Results that several builds share: evaluated makefiles are not among them, since each configuration has its own.
#[derive(Default)]
pub struct Cache {
    /// Outcomes of what the shell is given, and what they hang on.
    pub(super) outcomes: Arc<Mutex<FxHashMap<Within, ByText>>>,
    /// Headers by the fingerprint of the paths that are made.
    pub(super) headers: Arc<Mutex<FxHashMap<u64, Arc<Headers>>>>,
    /// Evaluations of each makefile in each folder whose rules differ.
    pub(super) databases: Mutex<FxHashMap<Place, Vec<Arc<Database>>>>,
    /// The recipes of resolved targets, by the address of these, each with the evaluation in which they were expanded, which
    /// keeps that there.
    pub(super) recipes: Mutex<FxHashMap<usize, Expanded>>,
}

impl Cache {
    /// What holds in edited makefiles too: what recipes do, which hangs on their text.
    pub fn of_recipes(&self) -> Cache {
        Cache { outcomes: self.outcomes.clone(), headers: self.headers.clone(), ..Cache::default() }
    }
}

/// An evaluation and the lines of a target's recipes in it, with the variables that each looks at.
pub(super) type Expanded = (Arc<Database>, Arc<[(Arc<[Line]>, Uses)]>);

/// A makefile and the folder in which it is read.
pub(super) type Place = (String, String);

/// The folder in which a recipe runs, and whether one shell runs all of its lines.
pub(super) type Within = (String, bool);

/// What texts do.
pub(super) type ByText = FxHashMap<Text, Box<[Interpreted]>>;

/// What the shell is given, wherever it is spelt.
pub(super) struct Text(pub(super) Arc<[Line]>);

impl Text {
    fn parts(&self) -> impl Iterator<Item = (&str, bool, &[String])> {
        self.0.iter().map(|it| (it.text.text.as_str(), it.open, &*it.commands))
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        self.parts().eq(other.parts())
    }
}

impl Eq for Text {}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().for_each(|it| it.hash(state));
    }
}

/// What a recipe does, as long as what was looked up meanwhile is the same.
#[derive(Clone)]
pub(super) struct Interpreted {
    pub(super) outcome: Arc<Outcome>,
    pub(super) environment: Arc<Vec<(String, String)>>,
    /// The number of what is made, for what includes headers.
    pub(super) made: u64,
    /// For each path that was asked for whether some recipe makes it.
    pub(super) asked: Arc<[(String, bool)]>,
}

impl Interpreted {
    pub(super) fn holds(&self, environment: &Arc<Vec<(String, String)>>, made: &Made) -> bool {
        let (was, is) = (&self.environment, environment);
        (Arc::ptr_eq(was, is) || self.outcome.looked_up.iter().all(|it| value(was, it) == value(is, it)))
            && (!self.outcome.includes || self.made == made.fingerprint)
            && self.asked.iter().all(|(path, answer)| made.paths.contains(path.as_str()) == *answer)
    }

    pub(super) fn asks_for_made(&self) -> bool {
        self.outcome.includes || !self.asked.is_empty()
    }
}

/// The value of a variable in an environment.
fn value<'a>(environment: &'a [(String, String)], name: &str) -> Option<&'a str> {
    environment.iter().rev().find(|it| it.0 == name).map(|it| it.1.as_str())
}

/// What a job makes as links, each as the folder (`name/`) that it may stand for.
fn links(job: &Job) -> impl Iterator<Item = String> {
    let linked = |it: &RecipeRun| {
        let by_ln = |effect: &&Effect| {
            let program = it.outcome.invocations.get(effect.invocation);
            effect.kind == EffectKind::Write && program.is_some_and(|it| it.name == "ln")
        };
        it.outcome.effects.iter().filter(by_ln).map(|it| format!("{}/", it.path)).collect::<Vec<_>>()
    };
    job.recipes.iter().flat_map(linked)
}

/// The folders that a job makes, each as `name/.`.
fn folders(job: &Job) -> impl Iterator<Item = String> {
    job.effects().filter(|(_, it)| it.kind.makes_directory()).map(|(_, it)| format!("{}/.", it.path))
}

/// The sources that a job makes by one program of the tree, each with that program.
fn printed(job: &Job) -> Vec<(String, String)> {
    let programs = |it: &RecipeRun| {
        let read = it.outcome.effects.iter().filter(|it| it.kind == EffectKind::Read && is_printer(&it.path));
        read.map(|it| it.path.clone()).collect::<Vec<_>>()
    };
    let mut programs: Vec<String> = job.recipes.iter().flat_map(programs).collect();
    programs.dedup();
    let [program] = programs.as_slice() else { return Vec::new() };
    let written = job.effects().filter(|(_, it)| it.kind == EffectKind::Write).map(|(_, it)| &it.path);
    let own = Some(&job.path).filter(|_| !job.phony && job.hides_writes());
    let sources = own.into_iter().chain(&job.also).chain(written).filter(|it| is_c_source(it));
    sources.map(|it| (it.clone(), program.clone())).collect()
}

/// The source that a job makes by a program that nothing is known of, with the template of its name on which it depends.
fn filled(graph: &JobGraph, job: &Job) -> Option<(String, String)> {
    let is_made = !job.phony && job.hides_writes() && is_c_source(&job.path);
    let by_target = &graph.instances[job.instance.0].by_target;
    let needs = job.resolved.prerequisites.iter().filter_map(|it| by_target.get(&*it.name));
    let template = needs.map(|it| &graph.job(*it).path).filter(|_| is_made).find(|it| is_template_of(it, &job.path))?;
    Some((job.path.clone(), template.clone()))
}

/// Paths that some recipe makes.
#[derive(Default)]
pub(super) struct Made {
    pub(super) paths: FxHashSet<Box<str>>,
    /// What links stand for that some recipe makes.
    pub(super) links: FxHashMap<String, String>,
    /// A number that is equal where the paths are; 0 while they are not known.
    pub(super) fingerprint: u64,
}

impl Made {
    pub(super) fn of(graph: &JobGraph, beside: Option<&Arc<Made>>) -> Arc<Made> {
        use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher};
        let mut paths: FxHashSet<&str> = FxHashSet::default();
        let folders: Vec<String> = graph.jobs.iter().flat_map(|it| links(it).chain(folders(it))).collect();
        paths.extend(folders.iter().map(String::as_str));
        for (index, job) in graph.jobs.iter().enumerate() {
            let written = job.effects().filter(|(_, it)| it.kind == EffectKind::Write).map(|(_, it)| it.path.as_str());
            paths.extend(written);
            let makes_it = !job.phony || job.names_a_file() && job.hides_writes();
            if makes_it && !job.is_inert() || graph.leader(JobId(index)).is_some() {
                paths.insert(&job.path);
                paths.extend(job.also.iter().map(String::as_str));
            }
        }
        // Nothing includes or looks for these, so that a configuration with more of them is no other one here.
        paths.retain(|it| ![".o", ".lo", ".d"].iter().any(|suffix| it.ends_with(suffix)));
        if let Some(known) = beside {
            if paths.iter().all(|it| known.paths.contains(*it)) {
                return known.clone();
            }
            paths.extend(known.paths.iter().map(|it| &**it));
        }
        let paths: FxHashSet<Box<str>> = paths.into_iter().map(Box::from).collect();
        let outcomes = || graph.jobs.iter().flat_map(|it| &it.recipes).map(|it| &it.outcome);
        let mut links: FxHashMap<String, String> = FxHashMap::default();
        links.extend(beside.iter().flat_map(|it| &it.links).map(|it| (it.0.clone(), it.1.clone())));
        links.extend(outcomes().flat_map(|it| it.links.iter().cloned()));
        for (source, program) in graph.jobs.iter().flat_map(|it| printed(it).into_iter().chain(filled(graph, it))) {
            links.entry(source).or_insert(program);
        }
        let mut hasher = DefaultHasher::new();
        links.iter().fold(0u64, |sum, it| sum.wrapping_add(rustc_hash::FxBuildHasher.hash_one(it))).hash(&mut hasher);
        // The sum does not depend on the order.
        paths.iter().fold(0u64, |sum, it| sum.wrapping_add(rustc_hash::FxBuildHasher.hash_one(it))).hash(&mut hasher);
        Arc::new(Made { paths, links, fingerprint: hasher.finish().max(1) })
    }
}
