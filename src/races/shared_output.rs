//! `shared-output`: two jobs write one path, or one removes what another writes, and nothing orders them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::multi_output::acting;
use super::view::Pairs;
use super::{Class, Race, View};
use crate::effects::EffectKind;
use crate::expand::RuleId;
use crate::jobs::{Access, JobId};
use crate::text::{display, has_unknown, is_all_unknown, unknown};

/// Finds paths that two unordered jobs write, or that one writes and one removes, and folders for passing use that two
/// make and take away.
///
/// ```make
/// all: a b
/// a: a.in
/// 	sort a.in > tmp; mv tmp a
/// b: b.in
/// 	sort b.in > tmp; mv tmp b
/// ```
pub(super) fn find(view: &View) -> Vec<Race> {
    let mut races = Vec::new();
    let mut by_remover: BTreeMap<JobId, Race> = BTreeMap::new();
    let mut by_runner: BTreeMap<(JobId, bool), Race> = BTreeMap::new();
    for (path, accesses) in &view.accesses {
        if is_all_unknown(path) || differs_each_time(path) {
            continue;
        }
        let sure: Vec<Access> = accesses.iter().filter(|it| !view.is_guessed(it)).cloned().collect();
        let mut writers = View::by_job(&sure, |it| it == EffectKind::Write);
        for race in removed(view, path, accesses, &writers).into_iter().chain(removed_below(view, path, accesses)) {
            add(&mut by_remover, race.pair.1.job(), race);
        }
        if writers.is_empty() {
            let removed = |job| accesses.iter().any(|it| it.job == job && it.kind == EffectKind::Remove && it.must);
            writers = View::by_job(accesses, |it| it == EffectKind::MakeDirectory);
            writers.retain(|it| removed(it.job));
        }
        if writers.len() < 2 {
            continue;
        }
        // One recipe that makes several targets is multi-output, unless stems tell them apart; one job in two sub-makes is
        // recursive-overlap.
        let touched = |job| writers.iter().any(|it| it.job == job && view.only_touches(it));
        // That a file is there is all that `touch` is for.
        // What a pattern matches that nothing matches yet is something else for each copy.
        let is_pattern = path.contains(&unknown("*"));
        let other_class = |a, b| {
            is_pattern
                || view.graph.same_recipe(a, b) && (!view.is_implicit(a) || view.swaps_in(a, path))
                || view.run_twice(a, b)
                || one_rule(view, a, b)
                || touched(a) && touched(b)
        };
        let Some(race) = view.unordered(&writers, other_class).race(Class::SharedOutput, path) else { continue };
        match runner(view, &race) {
            Some(runner) => add(&mut by_runner, (runner, race.pair.0.must && race.pair.1.must), race),
            None => races.push(race),
        }
    }
    races.extend(by_remover.into_values().chain(by_runner.into_values()));
    races.extend(spelt_twice(view));
    races
}

/// Whether the jobs are of one explicit rule, if of two runs of its makefile, and all that they do is one text.
fn one_rule(view: &View, a: JobId, b: JobId) -> bool {
    let rule = |it| view.graph.rule_span(it).filter(|_| !view.is_implicit(it));
    let given = |it: JobId| &view.graph.instance_of(it).given;
    let place = |it| (&given(it).makefile, &given(it).directory);
    let done = |it: JobId| view.graph.job(it).recipes.iter().map(acting).collect::<Vec<_>>();
    rule(a).is_some() && rule(a) == rule(b) && place(a) == place(b) && done(a) == done(b)
}

/// Files of two rules whose recipes are one text that names neither file and runs a command of which nothing is known: each
/// run makes both.
///
/// ```make
/// all: table.c table.h
/// table.c: table.def
/// 	./generate table.def
/// table.h: table.def
/// 	./generate table.def
/// ```
fn spelt_twice(view: &View) -> Vec<Race> {
    let mut groups: BTreeMap<_, Vec<Access>> = BTreeMap::new();
    for (index, job) in view.graph.jobs.iter().enumerate() {
        // `table: table.def` is a file, too.
        let has_source = || {
            let mut names = job.resolved.prerequisites.iter().map(|it| &*it.name);
            names.any(|it| it.strip_prefix(job.target()).is_some_and(|it| it.starts_with('.')))
        };
        let is_file = !job.phony && (job.path.rsplit('/').next().is_some_and(|it| it.contains('.')) || has_source());
        let [run] = job.recipes.as_slice() else { continue };
        let lines: Vec<&str> = run.lines.iter().map(|it| it.text.text.as_str()).collect();
        let writes_it = || job.effects().any(|(_, it)| it.kind == EffectKind::Write && it.path == job.path);
        let is_known = lines.iter().all(|it| !has_unknown(it)) && run.outcome.makes.is_empty();
        if is_file && is_known && job.hides_writes() && matches!(run.rule, RuleId::Explicit(_)) && !writes_it() {
            let access = Access { job: JobId(index), recipe: 0, effect: None, kind: EffectKind::Write, must: false };
            groups.entry((job.instance, lines)).or_default().push(access);
        }
    }
    let race = |group: Vec<Access>| {
        let same_rule = |a, b| view.graph.same_recipe(a, b);
        let path = &view.graph.job(group[0].job).path;
        let race = view.unordered(&group.iter().collect::<Vec<_>>(), same_rule).race(Class::SharedOutput, path)?;
        let paths = race.parts.iter().map(|it| view.graph.job(it.job()).path.clone()).filter(|it| it != path).collect();
        Some(Race { paths, ..race })
    };
    groups.into_values().filter(|it| it.len() > 1).filter_map(race).collect()
}

/// A job that takes away, beside it, what another one makes under the same goal.
fn removed(view: &View, path: &str, accesses: &[Access], writers: &[&Access]) -> Option<Race> {
    let mut pairs = Pairs::default();
    let removers = View::by_job(accesses, |it| it == EffectKind::Remove);
    for remover in removers.into_iter().filter(|it| it.must && writers.iter().all(|writer| writer.job != it.job)) {
        let apart = |it: JobId| view.graph.ordered(it, remover.job) || view.graph.exclude_each_other(it, remover.job);
        // A rule's own target is written, if only where it is another than before (`cmp -s $@.new $@ || mv $@.new $@`).
        let own = |it: &Access| !view.graph.job(it.job).phony && view.graph.job(it.job).path == path;
        let races = |it: &&&Access| (it.must || own(it)) && !apart(it.job);
        for writer in writers.iter().filter(races) {
            pairs.add(view, writer, remover);
        }
    }
    pairs.race(Class::SharedOutput, path).filter(|it| it.goal.is_some())
}

/// Jobs that take away a folder with what other ones write below it; where they only make it, what needs it must come later.
fn removed_below(view: &View, path: &str, accesses: &[Access]) -> Vec<Race> {
    let removers: Vec<Access> = accesses.iter().filter(|it| view.removes_below(it)).cloned().collect();
    if removers.is_empty() {
        return Vec::new();
    }
    let folder = format!("{path}/");
    let below = view.accesses.range(folder.clone()..).take_while(|it| it.0.starts_with(&folder));
    let race = |(file, accesses): (&String, &Vec<Access>)| {
        let sure: Vec<Access> = accesses.iter().filter(|it| !view.is_guessed(it)).cloned().collect();
        removed(view, file, &removers, &View::by_job(&sure, |it| it == EffectKind::Write))
    };
    let mut races: Vec<Race> = below.filter_map(race).collect();
    if let Some(first) = races.first_mut() {
        first.paths.push(path.to_owned());
        return races;
    }
    let needed = |maker: &Access| {
        let mut needers = accesses.iter().filter(|it| it.kind == EffectKind::NeedDirectory && it.job != maker.job);
        needers.any(|it| view.graph.before(maker.job, it.job))
    };
    let mut makers = View::by_job(accesses, |it| it == EffectKind::MakeDirectory);
    makers.retain(|it| needed(it));
    removed(view, path, &removers, &makers).into_iter().collect()
}

/// The job whose sub-make writes what another job beside it writes by an implicit rule.
fn runner(view: &View, race: &Race) -> Option<JobId> {
    let (a, b) = (race.pair.0.job(), race.pair.1.job());
    let (above_a, above_b) = view.graph.lifted(a, b)?;
    match (above_a == a, above_b == b) {
        (true, false) if view.is_implicit(a) => Some(above_b),
        (false, true) if view.is_implicit(b) => Some(above_a),
        _ => None,
    }
}

/// What one job removes, or what one sub-make builds again, is one race, however many files it is.
fn add<K: Ord>(races: &mut BTreeMap<K, Race>, key: K, race: Race) {
    match races.entry(key) {
        Entry::Vacant(entry) => drop(entry.insert(race)),
        Entry::Occupied(entry) => join(entry.into_mut(), race),
    }
}

fn join(race: &mut Race, mut other: Race) {
    if other.goal < race.goal {
        std::mem::swap(race, &mut other);
    }
    race.paths.push(other.path);
    race.paths.extend(other.paths);
    race.parts.extend(other.parts);
    race.parts.sort_by_key(|it| (it.job(), it.aside));
    race.parts.dedup_by_key(|it| it.job());
}

/// Whether each expansion of a name gives another one: `$(shell mktemp)`.
fn differs_each_time(path: &str) -> bool {
    has_unknown(path) && display(path).contains("mktemp")
}
