//! `recursive-overlap`: two jobs enter sub-makes whose closures share a job.

use std::collections::{BTreeMap, BTreeSet};

use super::{Class, Part, Race, View, multi_output};
use crate::effects::EffectKind;
use crate::jobs::{Access, JobId};
use crate::text::has_unknown;

/// Finds jobs that two unordered runs of make both start.
///
/// ```make
/// all: prog tests
/// prog:
/// 	$(MAKE) -C lib
/// tests:
/// 	$(MAKE) -C lib
/// ```
pub(super) fn find(view: &View) -> Vec<Race> {
    let mut by_runners: BTreeMap<(JobId, JobId), Race> = BTreeMap::new();
    let mut several = None;
    for jobs in shared(view).values() {
        // What a make does that is not read may be nothing.
        let access = |it: &JobId| {
            let access = target_access(view, *it);
            Access { must: access.must && works(view, *it), ..access }
        };
        let accesses: Vec<Access> = jobs.iter().map(access).collect();
        let references: Vec<&Access> = accesses.iter().collect();
        let path = view.graph.job(jobs[0]).path.clone();
        let all = view.unordered(&references, |a, b| !may_meet(view, a, b));
        let Some(Race { pair: (a, b), goal, .. }) = all.race(Class::RecursiveOverlap, &path) else { continue };
        let Some(runners) = view.graph.lifted(a.job(), b.job()) else { continue };
        // A goal that runs the same make again is not named beside what that make makes.
        if goal.is_none() && (runners.0 == a.job() || runners.1 == b.job()) {
            continue;
        }
        if recovers(view, runners.0) && recovers(view, runners.1) {
            continue;
        }
        if view.graph.same_recipe(runners.0, runners.1)
            && runners.0 != runners.1
            && several.get_or_insert_with(|| multi_output::find(view)).iter().any(|it| it.involves(runners.0))
        {
            continue;
        }
        // What one make builds itself and another one again is one race with that other, however many files it has.
        let key = match (runners.0 == a.job(), runners.1 == b.job()) {
            (true, false) => (runners.1, runners.1),
            (false, true) => (runners.0, runners.0),
            _ => runners,
        };
        let race = by_runners.entry(key).or_insert_with(|| {
            let parts = [runners.0, runners.1, a.job(), b.job()].map(|it| Part::of(&target_access(view, it)));
            let mut parts = parts.to_vec();
            parts.dedup_by_key(|it| it.job());
            Race { class: Class::RecursiveOverlap, path: path.clone(), paths: Vec::new(), pair: (a, b), parts, goal }
        });
        if race.path != path {
            race.paths.push(path);
        }
    }
    by_runners.into_values().chain(unread(view)).collect()
}

/// Whether a job runs make only where its target is gone, for what it needs and what has just made that: automake's manual
/// ("Multiple Outputs") has it so, for one who deletes one of several files.
fn recovers(view: &View, job: JobId) -> bool {
    let job = view.graph.job(job);
    let only_if_gone = |line: &str| {
        let words: Vec<&str> = line.split([' ', '\t', '"', '\'', ';']).filter(|it| !it.is_empty()).collect();
        let asks = |it: &[&str]| matches!(it[0], "-f" | "-e" | "-r" | "-s") && it[1] == job.target();
        let Some(at) = words.windows(2).position(asks) else { return false };
        let (before, after) =
            (&words[..at], words[at + 2..].iter().copied().filter(|it| *it != "]").collect::<Vec<_>>());
        let is_test = |it: &str| matches!(it, "test" | "[");
        match before {
            [.., test, "!"] if is_test(test) => true,
            [.., test] if is_test(test) => matches!(after[..], ["||", ..] | ["then", ":" | "true", "else", ..]),
            _ => false,
        }
    };
    let again = |it: &JobId| {
        let goals = job.recipes.iter().flat_map(|it| &it.outcome.makes).flat_map(|it| &it.goals);
        goals.clone().next().is_some() && goals.into_iter().all(|goal| goal == view.graph.job(*it).target())
    };
    let mut lines = job.recipes.iter().flat_map(|it| it.lines.iter());
    lines.any(|it| only_if_gone(&it.text.text)) && job.needs.iter().any(again)
}

/// Unordered runs of make in one folder whose makefile the tree does not have: what they share is not known.
fn unread(view: &View) -> Vec<Race> {
    let mut races = Vec::new();
    let mut by_folder: BTreeMap<&str, Vec<Access>> = BTreeMap::new();
    for it in &view.graph.unread {
        let accesses = by_folder.entry(&it.directory).or_default();
        let known = !it.directory.is_empty() && !it.directory.starts_with('/') && !has_unknown(&it.directory);
        if known && accesses.iter().all(|known| known.job != it.parent.job) {
            accesses.push(Access { must: false, ..target_access(view, it.parent.job) });
        }
    }
    for (folder, accesses) in by_folder {
        let references: Vec<&Access> = accesses.iter().collect();
        let runs = |job| view.graph.unread.iter().filter(move |it| it.parent.job == job && it.directory == folder);
        let apart = |a, b| !runs(a).any(|one| runs(b).any(|other| one.may_meet(other)));
        let same = |a, b| view.graph.same_recipe(a, b) || view.run_twice(a, b) || apart(a, b);
        let race = view.unordered(&references, same).race(Class::RecursiveOverlap, folder);
        races.extend(race.filter(|it| it.goal.is_some()));
    }
    races
}

/// Jobs with effects that stand in several runs of make, by makefile, folder and target.
fn shared<'a>(view: &'a View) -> BTreeMap<(&'a str, &'a str, &'a str), Vec<JobId>> {
    let mut res: BTreeMap<_, Vec<JobId>> = BTreeMap::new();
    if view.graph.instances.len() < 2 {
        return res;
    }
    let run_unread: BTreeSet<JobId> = view.graph.unread.iter().map(|it| it.parent.job).collect();
    for (index, job) in view.graph.jobs.iter().enumerate() {
        // What configure made with the makefiles need not be made again.
        if view.idle.contains(&JobId(index)) || view.is_configured(&job.path) {
            continue;
        }
        if works(view, JobId(index)) || run_unread.contains(&JobId(index)) {
            let given = &view.graph.instance_of(JobId(index)).given;
            let key = (given.makefile.as_str(), given.directory.as_str(), job.target());
            res.entry(key).or_default().push(JobId(index));
        }
    }
    res.retain(|_, it| it.len() > 1);
    res
}

/// Whether a job writes anything itself, as far as is known.
fn works(view: &View, job: JobId) -> bool {
    let job = view.graph.job(job);
    job.hides_writes() || job.effects().any(|(_, it)| it.kind == EffectKind::Write)
}

/// Whether two jobs run make in one folder for the same, by a makefile that the tree does not have.
fn meet_unread(view: &View, a: JobId, b: JobId) -> bool {
    let runs = |job| view.graph.unread.iter().filter(move |it| it.parent.job == job && !has_unknown(&it.directory));
    runs(a).any(|one| runs(b).any(|other| one.directory == other.directory && one.may_meet(other)))
}

/// Whether two runs of one rule may write one file: its target, another one that both name, or where both run the same
/// commands of which not all is known.
fn may_meet(view: &View, a: JobId, b: JobId) -> bool {
    let (first, second) = (view.graph.job(a), view.graph.job(b));
    let written = |path: &str| second.effects().any(|(_, it)| changes(it.kind) && it.path == path);
    // A finished file that is moved there harms nobody.
    let swapped_in = |path: &str| [a, b].iter().all(|it| view.swaps_in(*it, path));
    let one_target = !first.phony && (first.writes_its_target() || first.hides_writes());
    one_target
        || first.hides_writes() && second.hides_writes() && view.graph.same_recipe(a, b)
        || first.effects().any(|(_, it)| changes(it.kind) && written(&it.path) && !swapped_in(&it.path))
        || meet_unread(view, a, b)
}

fn changes(kind: EffectKind) -> bool {
    matches!(kind, EffectKind::Write | EffectKind::MakeDirectoryOnce | EffectKind::Remove)
}

fn target_access(view: &View, job: JobId) -> Access {
    let must = view.graph.runs_each_time(job);
    Access { job, recipe: 0, effect: None, kind: EffectKind::Write, must }
}
