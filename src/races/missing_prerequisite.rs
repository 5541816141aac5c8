//! `missing-prerequisite`: a job reads, runs or includes what another job writes, and nothing orders them.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::view::Pairs;
use super::{Class, Race, View};
use crate::effects::{COMPANIONS, EffectKind};
use crate::jobs::{Access, InstanceId, JobGraph, JobId, is_matched};
use crate::text::has_unknown;

/// Finds readers that no writer is sure to come before.
///
/// ```make
/// all: prog doc
/// prog: main.c
/// 	./mkversion > version.h
/// 	cc -o prog main.c
/// doc: version.h.in
/// 	sed -f version.h version.h.in > doc
/// ```
pub(super) fn find(view: &View) -> Vec<Race> {
    let mut races = Vec::new();
    let fills = view.graph.fills();
    let fillers = view.graph.fillers();
    let patterned = view.graph.patterned();
    let by_ends = by_ends(view.graph);
    let by_stem = by_stem(view.graph);
    for (path, accesses) in &view.accesses {
        let mut writers = View::by_job(accesses, |it| it == EffectKind::Write);
        let readers = view.few_alike(View::by_job(accesses, |it| it == EffectKind::Read));
        if view.is_there(path) {
            writers.retain(|it| is_remade(view, path, it, &readers));
            if writers.is_empty() {
                continue;
            }
        }
        if readers.is_empty() {
            continue;
        }
        let unread = if writers.is_empty() { view.graph.unread_makers(path) } else { Vec::new() };
        if writers.is_empty() {
            let below = |folder: &str| path.strip_prefix(folder).is_some_and(|it| it.starts_with('/'));
            writers.extend(fills.iter().filter(|it| below(it.0)).map(|it| &it.1));
        }
        let mut by_submake = None;
        if writers.is_empty() && unread.is_empty() && readers.iter().any(|it| it.effect.is_none()) {
            writers.extend(filler(view, &fillers, path));
            if writers.is_empty() {
                writers.extend(matching(&patterned, path));
                by_submake = view.graph.made_by_submake(path).filter(|_| writers.is_empty());
            }
        }
        let is_unmade = writers.is_empty() && unread.is_empty() && by_submake.is_none();
        let beside = || namesake(view, &by_ends, path, &readers).or_else(|| companion(&by_stem, path));
        let namesake = if is_unmade { beside() } else { None };
        writers.extend(&namesake);
        writers.extend(&unread);
        writers.extend(&by_submake);
        races.extend(race(view, path, &writers, &readers));
    }
    races
}

/// The only job that fills a folder above a file for which make looks, where the tree has no such folder.
fn filler<'a>(view: &View, fillers: &'a BTreeMap<&str, Vec<Access>>, path: &str) -> Option<&'a Access> {
    let above = |it: &str| it.rfind('/').map(|at| &path[..at]);
    let folder = std::iter::successors(above(path), |it| above(it)).find(|it| fillers.contains_key(it))?;
    let [only] = fillers.get(folder)?.as_slice() else { return None };
    let is_there = view.project.is_folder(folder) || view.is_configured_below(folder) || has_unknown(path);
    (!is_there).then_some(only)
}

/// The only job that writes what a pattern matches which matches a file.
fn matching<'a>(patterned: &'a [(String, Access)], path: &str) -> Option<&'a Access> {
    let mut found = patterned.iter().filter(|it| is_matched(&it.0, path)).map(|it| &it.1);
    let first = found.next()?;
    found.all(|it| it.job == first.job).then_some(first)
}

/// The jobs whose recipes are not known in all, by the ends of their targets.
type ByEnds<'a> = FxHashMap<(InstanceId, (&'a str, &'a str)), Vec<JobId>>;

fn by_ends(graph: &JobGraph) -> ByEnds<'_> {
    let mut res = ByEnds::default();
    for id in (0..graph.jobs.len()).map(JobId) {
        let job = graph.job(id);
        if let Some(ends) = ends(&job.path).filter(|_| !job.phony && job.hides_writes()) {
            res.entry((job.instance, ends)).or_default().push(id);
        }
    }
    res
}

/// A path up to the first dot of its name, and what stands behind the last one.
fn ends(path: &str) -> Option<(&str, &str)> {
    let name = path.rfind('/').map_or(0, |it| it + 1);
    let (first, last) = (path[name..].find('.').filter(|it| *it > 0)?, path.rfind('.')?);
    Some((&path[..name + first], &path[last + 1..]))
}

/// The only job whose recipe is not known in all and whose target has the first and the last part of the name of a file for
/// which make looks (`x.5` and `x.bin.5`): it may make both.
fn namesake(view: &View, by_ends: &ByEnds, path: &str, readers: &[&Access]) -> Option<Access> {
    let looked_for = readers.iter().find(|it| it.effect.is_none()).filter(|_| !has_unknown(path))?;
    let alike = by_ends.get(&(view.graph.job(looked_for.job).instance, ends(path)?))?;
    let [job] = alike[..] else { return None };
    Some(Access { job, recipe: 0, effect: None, kind: EffectKind::Write, must: false })
}

/// The jobs that make sources by recipes which are not known in all, by the paths of these without their suffix.
fn by_stem(graph: &JobGraph) -> FxHashMap<&str, Vec<JobId>> {
    let mut res: FxHashMap<&str, Vec<JobId>> = FxHashMap::default();
    for id in (0..graph.jobs.len()).map(JobId) {
        let job = graph.job(id);
        let stem = COMPANIONS.iter().find_map(|it| job.path.strip_suffix(it));
        if let Some(stem) = stem.filter(|_| !job.phony && job.hides_writes()) {
            res.entry(stem).or_default().push(id);
        }
    }
    res
}

/// The only such job that makes a source of the name of a header: it may make both.
fn companion(by_stem: &FxHashMap<&str, Vec<JobId>>, path: &str) -> Option<Access> {
    let [job] = by_stem.get(path.strip_suffix(".h")?)?[..] else { return None };
    Some(Access { job, recipe: 0, effect: None, kind: EffectKind::Write, must: false })
}

/// Whether a job spoils for a moment what the tree has already: each time, since nothing is there by the name of its target,
/// or where the file is older than what it is made of, which another reader waits for (also by a `lex.h: lex.c` without a
/// recipe).
fn is_remade(view: &View, path: &str, writer: &Access, readers: &[&Access]) -> bool {
    let job = view.graph.job(writer.job);
    let passes_on = |id: JobId| {
        let job = view.graph.job(id);
        job.is_inert() && job.needs.contains(&writer.job)
    };
    let waits = |it: &&Access| view.graph.job(it.job).needs.iter().any(|id| *id == writer.job || passes_on(*id));
    let makes = || writer.must || job.makes(path);
    !view.is_configured(path)
        && !view.only_touches(writer)
        && !view.moves_in(writer)
        && (writer.must && view.is_always_run(writer.job) || makes() && !job.phony && readers.iter().any(waits))
}

fn race(view: &View, path: &str, writers: &[&Access], readers: &[&Access]) -> Option<Race> {
    let mut pairs = Pairs::default();
    let accesses = view.accesses.get(path).map_or(&[][..], Vec::as_slice);
    let removers: BTreeSet<JobId> =
        accesses.iter().filter(|it| it.kind == EffectKind::Remove && it.must).map(|it| it.job).collect();
    // A job above removes the file before its make makes it again: `rm -f prog; $(MAKE) prog`.
    let is_removed_before = |again: JobId| {
        !removers.is_empty() && view.graph.ancestry(again).iter().skip(1).any(|it| removers.contains(it))
    };
    for reader in readers.iter().filter(|it| !view.is_listed(it, path)) {
        let racing: Vec<&Access> =
            writers.iter().filter(|it| !view.graph.ordered(it.job, reader.job)).copied().collect();
        if racing.is_empty() {
            continue;
        }
        // Also by a make that the reader's own recipe runs.
        let made = |it: &&&Access| view.graph.is_within(it.job, reader.job) || view.graph.before(it.job, reader.job);
        let makers: Vec<&Access> = writers.iter().filter(made).copied().collect();
        // What a recipe may do to the other targets of its rule is multi-output.
        let other_class = |writer: JobId| !reader.must && view.graph.same_recipe(writer, reader.job);
        let races = |it: &&&Access| {
            (!view.run_twice(it.job, reader.job) || is_removed_before(it.job))
                && !other_class(it.job)
                && !view.only_names(reader, it)
                && (makers.is_empty()
                    || reader.must && makers.iter().all(|maker| makes_again(view, maker, it, &is_removed_before)))
        };
        for writer in racing.iter().filter(races) {
            pairs.add(view, writer, reader);
        }
    }
    let mut race = pairs.race(Class::MissingPrerequisite, path)?;
    race.pair.1.must &= !view.may_wait_for(race.pair.1.job(), &view.graph.job(race.pair.0.job()).path);
    Some(race)
}

/// Whether a job is sure to write again, with other contents, what another one made before it.
fn makes_again(view: &View, maker: &Access, again: &Access, is_removed_before: &dyn Fn(JobId) -> bool) -> bool {
    let same = (view.graph.same_recipe(maker.job, again.job) || view.run_twice(maker.job, again.job))
        && !is_removed_before(again.job);
    maker.must && again.must && !same && !view.only_touches(again) && view.graph.before(maker.job, again.job)
}
