//! `multi-output`: an explicit rule with several targets whose recipe makes them all, so that it runs once for each.

use std::collections::BTreeMap;

use super::{Class, Part, Race, View};
use crate::effects::{Effect, EffectKind, Known};
use crate::expand::{RuleId, is_beyond_limits};
use crate::jobs::{Access, InstanceId, JobId, RecipeRun};

/// Kinds of effects that a second run repeats with harm.
const CHANGES: [EffectKind; 3] = [EffectKind::Write, EffectKind::MakeDirectoryOnce, EffectKind::Remove];

/// Finds rules whose one recipe text is run for several targets at a time.
///
/// ```make
/// all: parser.c parser.h
/// parser.c parser.h: parser.y
/// 	bison -d -o parser.c parser.y
/// ```
pub(super) fn find(view: &View) -> Vec<Race> {
    let mut races = Vec::new();
    let mut runs: Vec<(InstanceId, RuleId, JobId)> = Vec::new();
    for (index, job) in view.graph.jobs.iter().enumerate() {
        let explicit = job.recipes.iter().filter(|it| matches!(it.rule, RuleId::Explicit(_)) && !it.lines.is_empty());
        runs.extend(explicit.map(|it| (job.instance, it.rule, JobId(index))));
    }
    runs.retain(|(_, _, id)| !is_there_for_good(view, *id));
    runs.sort_unstable();
    for same in runs.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).filter(|it| it.len() > 1) {
        let jobs: Vec<JobId> = same.iter().map(|it| it.2).collect();
        for group in alike(view, &jobs).iter().filter(|it| it.len() > 1) {
            races.extend(race(view, group));
        }
    }
    races
}

/// Whether make leaves a target as it is: a file of the tree that needs nothing.
fn is_there_for_good(view: &View, id: JobId) -> bool {
    let job = view.graph.job(id);
    job.resolved.prerequisites.is_empty() && !job.phony && view.is_there(&job.path)
}

/// The jobs of one rule in groups whose recipes are the same text.
fn alike(view: &View, jobs: &[JobId]) -> Vec<Vec<JobId>> {
    let mut groups: BTreeMap<_, Vec<JobId>> = BTreeMap::new();
    for job in jobs.iter().filter(|it| !view.graph.job(**it).recipes.iter().any(has_given_up)) {
        let text = view.graph.job(*job).recipes.iter().map(|run| (run.rule, acting(run)));
        groups.entry(text.collect::<Vec<_>>()).or_default().push(*job);
    }
    let mut groups: Vec<Vec<JobId>> = groups.into_values().collect();
    groups.sort();
    groups
}

/// Whether expansion came to a limit in a line of a recipe: it only looks like that of another target.
fn has_given_up(run: &RecipeRun) -> bool {
    run.lines.iter().any(|it| is_beyond_limits(&it.text.text))
}

/// The lines of a recipe that do more than to print something, if any does, else all.
pub(super) fn acting(run: &RecipeRun) -> Vec<&str> {
    let text = |it: usize| run.lines[it].text.text.as_str();
    let acting: Vec<&str> = (0..run.lines.len()).filter(|it| acts(run, *it)).map(text).collect();
    if acting.is_empty() { (0..run.lines.len()).map(text).collect() } else { acting }
}

/// Whether a line of a recipe does more than to print something (`@echo GEN $@`) or to make a folder.
fn acts(run: &RecipeRun, line: usize) -> bool {
    let outcome = &run.outcome;
    let harmless = |it: &Effect| matches!(it.kind, EffectKind::MakeDirectory | EffectKind::NeedDirectory);
    let mut commands = outcome.invocations.iter().filter(|it| it.place.line() == line).peekable();
    commands.peek().is_none()
        || commands.any(|it| it.known != Known::Model)
        || outcome.effects.iter().any(|it| it.place.line() == line && !harmless(it))
        || !outcome.makes.is_empty()
}

fn race(view: &View, group: &[JobId]) -> Option<Race> {
    let first = view.graph.job(group[0]);
    let writes: Vec<&str> =
        first.effects().filter(|(_, it)| it.kind == EffectKind::Write).map(|(_, it)| it.path.as_str()).collect();
    // A second run of what only makes folders and touches files does no harm.
    let idempotent = first.effects().all(|(_, it)| it.only_touched || !CHANGES.contains(&it.kind));
    if idempotent
        && !writes.is_empty()
        && !first.hides_writes()
        && first.recipes.iter().all(|it| it.outcome.makes.is_empty())
    {
        return None;
    }
    let files: Vec<JobId> = group.iter().copied().filter(|it| !view.graph.job(*it).phony).collect();
    // A sub-make is taken to make its targets where they are named as files.
    let runs_make = first.recipes.iter().any(|it| !it.outcome.makes.is_empty());
    let file_like = |it: &JobId| view.graph.job(*it).path.rsplit('/').next().is_some_and(|it| it.contains('.'));
    let folders: Vec<String> =
        first.recipes.iter().flat_map(|it| &it.outcome.makes).map(|it| format!("{}/", it.directory)).collect();
    let own = format!("{}/", view.graph.instance_of(group[0]).given.directory);
    let in_its_folder = |it: &&JobId| {
        let path = &view.graph.job(**it).path;
        file_like(it) && folders.iter().any(|it| it.len() > 1 && *it != own && path.starts_with(it))
    };
    let made_below = files.iter().find(in_its_folder);
    let by_make = made_below.is_some() || runs_make && files.len() == group.len() && files.iter().all(file_like);
    if writes.is_empty() && !first.hides_writes() && !by_make {
        return None;
    }
    if files.iter().all(|it| view.swaps_in(group[0], &view.graph.job(*it).path)) && !files.is_empty() {
        return None;
    }
    let path = files
        .iter()
        .map(|it| view.graph.job(*it).path.as_str())
        .find(|it| writes.contains(it))
        .or_else(|| made_below.or(files.first()).map(|it| view.graph.job(*it).path.as_str()))
        .or(writes.first().copied())?;
    let accesses: Vec<Access> = group.iter().map(|it| access(view, *it, path)).collect();
    let references: Vec<&Access> = accesses.iter().collect();
    let race = view.unordered(&references, |_, _| false).race(Class::MultiOutput, path)?;
    let parts = race.parts.iter().map(|it| view.graph.job(it.job())).filter(|it| !it.phony);
    let taking_part: Vec<&str> = parts.map(|it| it.path.as_str()).collect();
    let paths = taking_part.iter().chain(&writes).filter(|it| **it != path).map(|it| (*it).to_owned()).collect();
    Some(Race { paths, ..race })
}

/// How a job of the group writes `path`: as its recipe says, else as a rule's recipe is taken to do.
fn access(view: &View, job: JobId, path: &str) -> Access {
    let accesses = view.accesses.get(path).map_or(&[][..], |it| it.as_slice());
    let known = accesses.iter().filter(|it| it.job == job && it.kind == EffectKind::Write).max_by_key(|it| it.must);
    known.cloned().unwrap_or(Access { job, recipe: 0, effect: None, kind: EffectKind::Write, must: true })
}

impl Race {
    /// Whether a job takes part.
    pub fn involves(&self, job: JobId) -> bool {
        self.parts.iter().map(Part::job).any(|it| it == job)
    }
}
