//! `missing-directory`: a job writes below a folder that another job makes, or two jobs make one that must not be
//! there yet.

use std::collections::{BTreeMap, BTreeSet};

use super::view::Pairs;
use super::{Class, Race, View};
use crate::effects::EffectKind;
use crate::jobs::{Access, Instance, InstanceId, Job, JobId};
use crate::source::{folder_of, normalise};
use crate::text::{destination, is_all_unknown};

/// Finds folders that are needed before they are sure to be made.
///
/// ```make
/// all: obj obj/a.o
/// obj:
/// 	mkdir obj
/// obj/a.o: a.c
/// 	cc -c -o obj/a.o a.c
/// ```
pub(super) fn find(view: &View) -> Vec<Race> {
    let mut races = Vec::new();
    let makers = makers(view);
    let unseen = unseen(view);
    let elsewhere = built_elsewhere(view);
    for (path, accesses) in &view.accesses {
        // A folder of which nothing but a variable is known (`$(DESTDIR)`) is the user's, unless a rule makes it.
        let is_below = path.starts_with(destination()) && path != destination();
        let Some(makers) = makers.get(path.as_str()) else { continue };
        let makes = |it: &Job| it.makes(path) || it.target() == *path;
        let has_rule = |it: &&Access| makes(view.graph.job(it.job)) && !view.graph.job(it.job).phony;
        let is_given = is_all_unknown(path) && !is_below && !makers.iter().any(has_rule);
        if is_given || SYSTEM.contains(&path.as_str()) {
            continue;
        }
        if view.project.is_folder(path) {
            races.extend(outside(view, path, accesses, &elsewhere).and_then(|it| needed(view, path, makers, &it)));
            continue;
        }
        let mut needers = View::by_job(accesses, |it| it == EffectKind::NeedDirectory);
        // make itself looks for a prerequisite that no rule makes.
        needers.extend(accesses.iter().filter(|it| it.kind == EffectKind::Read && it.effect.is_none()));
        needers.extend(unseen.get(path.as_str()).into_iter().flatten());
        races.extend(needed(view, path, makers, &needers).or_else(|| made_twice(view, path, accesses, makers)));
    }
    races
}

/// The jobs that need a folder of the tree which a build outside of it lacks, where their makefile is written for such
/// builds, unless configure makes something there. Automake's own rules see to it themselves.
fn outside<'a>(
    view: &View,
    path: &str,
    accesses: &'a [Access],
    elsewhere: &BTreeSet<InstanceId>,
) -> Option<Vec<&'a Access>> {
    let needs = |it: &&Access| {
        let provided = elsewhere.contains(&view.graph.job(it.job).instance);
        it.kind == EffectKind::NeedDirectory && provided && view.graph.rule_span(it.job).is_some()
    };
    let needers: Vec<&Access> = accesses.iter().filter(needs).collect();
    (!needers.is_empty() && !path.is_empty() && !view.is_configured_below(path)).then_some(needers)
}

/// The makes whose makefiles are written for builds outside of the tree: automake's, and those whose search path holds the
/// folder of the sources by a name (`VPATH = @srcdir@`), which is the folder in which make runs.
fn built_elsewhere(view: &View) -> BTreeSet<InstanceId> {
    let named = |it: &str| it.contains(['$', '@']) && !it.contains("CURDIR");
    let entries = |line: &str| -> Vec<String> {
        let line = line.trim_start();
        let list = match (line.strip_prefix("VPATH").map(str::trim_start), line.strip_prefix("vpath ")) {
            (Some(rest), _) if rest.starts_with([':', '+', '?', '=']) => rest.split_once('=').map(|it| it.1),
            (_, Some(rest)) => rest.trim_start().split_once([' ', '\t']).map(|it| it.1),
            _ => None,
        };
        let words = list.unwrap_or_default().split([':', ' ', '\t']);
        words.filter(|it| !it.is_empty()).map(str::to_owned).collect()
    };
    let names_sources = |text: &str| {
        let all: Vec<String> = text.lines().flat_map(entries).collect();
        all.iter().any(|it| named(it)) && all.iter().all(|it| named(it) || !matches!(it.as_str(), "." | "./"))
    };
    let provides = |it: &Instance| {
        let own = |folder: &&str| normalise(&view.project.root, &it.given.directory, folder) == it.given.directory;
        let mut files = it.database.files.iter().map(|file| view.project.source(*file));
        it.given.makefile.ends_with(".am")
            || it.database.search_path().any(|it| own(&it)) && files.any(|it| names_sources(it.text()))
    };
    let instances = view.graph.instances.iter().enumerate();
    instances.filter(|it| provides(it.1)).map(|it| InstanceId(it.0)).collect()
}

/// Folders that every system has, unless they stand below `$(DESTDIR)`.
const SYSTEM: [&str; 15] = [
    "/tmp",
    "/var/tmp",
    "/var",
    "/var/lib",
    "/var/log",
    "/var/run",
    "/run",
    "/usr",
    "/etc",
    "/opt",
    "/bin",
    "/lib",
    "/dev",
    "/home",
    "/usr/local",
];

/// The jobs that make each folder, also by making one below it.
fn makers<'a>(view: &'a View) -> BTreeMap<&'a str, Vec<&'a Access>> {
    let mut res: BTreeMap<&str, Vec<&Access>> = BTreeMap::new();
    for (path, accesses) in &view.accesses {
        for access in accesses.iter().filter(|it| it.kind.makes_directory()) {
            // What stands for a folder (`ln -s src out/src`) needs those above it.
            let effect = |at: usize| view.graph.job(access.job).recipes.get(access.recipe)?.outcome.effects.get(at);
            let is_written = access.effect.and_then(effect).is_some_and(|it| it.kind == EffectKind::Write);
            let parents = access.kind == EffectKind::MakeDirectory && !is_written;
            let above = std::iter::successors(Some(path.as_str()), |it| it.rsplit_once('/').map(|(it, _)| it));
            for folder in above.take(if parents { usize::MAX } else { 1 }).filter(|it| !it.is_empty()) {
                res.entry(folder).or_default().push(access);
            }
        }
    }
    res
}

/// By folder, the jobs whose commands are not known and are told the target's name, or its folder's where a rule makes that:
/// they are taken to write it there.
fn unseen<'a>(view: &'a View) -> BTreeMap<&'a str, Vec<Access>> {
    let mut res: BTreeMap<&str, Vec<Access>> = BTreeMap::new();
    for (path, accesses) in &view.accesses {
        let Some((folder, _)) = path.rsplit_once('/') else { continue };
        let is_told = |it: &&Access| {
            let job = view.graph.job(it.job);
            let lines = || job.recipes.get(it.recipe).map_or(&[][..], |it| &it.lines);
            // `tool -o dir/x`, or with the folder alone: `tool --outdir dir`.
            let own_folder = folder_of(job.target());
            // Else it is the tool that makes the folder, as a rule.
            let made_by_name = |it: &JobId| !view.graph.job(*it).recipes.is_empty() && !view.graph.job(*it).phony;
            let has_rule = || {
                let by_target = &view.graph.instance_of(it.job).by_target;
                !own_folder.is_empty() && !job.phony && by_target.get(own_folder).is_some_and(made_by_name)
            };
            let is_named = |it: &str| {
                let named = |it: &str| it.trim_end_matches('/') == own_folder;
                it.contains(job.target()) || has_rule() && it.split([' ', '=', '"', '\'']).any(named)
            };
            job.path == *path && lines().iter().any(|it| is_named(&it.text.text))
        };
        let writes = accesses.iter().filter(|it| it.kind == EffectKind::Write && it.effect.is_none());
        let needs =
            writes.filter(is_told).map(|it| Access { kind: EffectKind::NeedDirectory, must: false, ..it.clone() });
        let needs: Vec<Access> = needs.collect();
        if !needs.is_empty() {
            res.entry(folder).or_default().extend(needs);
        }
    }
    res
}

fn needed(view: &View, path: &str, makers: &[&Access], needers: &[&Access]) -> Option<Race> {
    let mut pairs = Pairs::default();
    for needer in needers {
        let made = makers.iter().any(|it| is_there_for(view, it.job, needer.job));
        if made || makes_unknown(view, needer.job) || view.graph.made_while_reading(path, needer.job) {
            continue;
        }
        let races = |it: &&&Access| !view.graph.ordered(it.job, needer.job) && !view.run_twice(it.job, needer.job);
        for maker in makers.iter().filter(races) {
            pairs.add(view, maker, needer);
        }
    }
    let mut race = pairs.race(Class::MissingDirectory, path)?;
    // What it may wait for may well be below the folder, and wait for it.
    let below = format!("{path}/");
    let may_need = |it: &str| it.starts_with(&below) || is_all_unknown(it);
    race.pair.1.must &= !view.printed_needs(race.pair.1.job()).any(may_need);
    Some(race)
}

/// Whether a job makes a folder of which nothing is known, which may well be the one that it needs.
fn makes_unknown(view: &View, job: JobId) -> bool {
    view.graph.job(job).effects().any(|(_, it)| it.kind.makes_directory() && is_all_unknown(&it.path))
}

/// Whether a maker is the job itself, a job above it, or one that comes before it.
fn is_there_for(view: &View, maker: JobId, needer: JobId) -> bool {
    view.graph.before(maker, needer) || view.graph.lifted(maker, needer).is_none()
}

/// Two jobs that make one folder, one of them so that it fails where the folder is there; the other one may make it on the
/// way to a folder below.
fn made_twice(view: &View, path: &str, accesses: &[Access], makers: &[&Access]) -> Option<Race> {
    let mut each: BTreeMap<JobId, &Access> = BTreeMap::new();
    for maker in View::by_job(accesses, EffectKind::makes_directory).into_iter().chain(makers.iter().copied()) {
        each.entry(maker.job).or_insert(maker);
    }
    let makers: Vec<&Access> = each.into_values().collect();
    let fails = |job: JobId| accesses.iter().any(|it| it.job == job && it.kind == EffectKind::MakeDirectoryOnce);
    // One job in two makes is recursive-overlap, where it writes something.
    let writes = |job: JobId| view.graph.job(job).effects().any(|(_, it)| it.kind == EffectKind::Write);
    let neither = |a, b| !fails(a) && !fails(b) || view.run_twice(a, b) && writes(a);
    let race = view.unordered(&makers, neither).race(Class::MissingDirectory, path)?;
    // That two goals come to one rule is told by what that makes.
    let told = race.goal.is_some() || !view.run_twice(race.pair.0.job(), race.pair.1.job());
    told.then_some(race)
}
