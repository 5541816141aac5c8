//! What may write a file that nothing is seen to write: makes that are not read, commands that are not known, patterns.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::View;
use crate::effects::{COMPANIONS, EffectKind};
use crate::jobs::{Access, InstanceId, JobGraph, JobId, is_matched, is_product};
use crate::text::has_unknown;

/// The jobs of a graph that may write more than is seen.
pub(super) struct Unseen<'a> {
    graph: &'a JobGraph,
    fills: Vec<(&'a str, Access)>,
    fillers: BTreeMap<&'a str, Vec<Access>>,
    patterned: Vec<(String, Access)>,
    submakes: FxHashMap<&'a str, Access>,
    by_ends: ByEnds<'a>,
    by_stem: FxHashMap<&'a str, Vec<JobId>>,
}

impl<'a> Unseen<'a> {
    pub(super) fn new(graph: &'a JobGraph) -> Unseen<'a> {
        Unseen {
            graph,
            fills: graph.fills(),
            fillers: graph.fillers(),
            patterned: graph.patterned(),
            submakes: graph.submakes(),
            by_ends: by_ends(graph),
            by_stem: by_stem(graph),
        }
    }

    /// The writes, perhaps, of a file that these read; more is taken to be made of what make itself looks for.
    pub(super) fn writers(&self, view: &View, path: &str, readers: &[&Access]) -> Vec<Access> {
        let below = |folder: &str| path.strip_prefix(folder).is_some_and(|it| it.starts_with('/'));
        let mut res: Vec<Access> = self.fills.iter().filter(|it| below(it.0)).map(|it| it.1.clone()).collect();
        res.extend(self.graph.unread_makers(path));
        let is_looked_for = readers.iter().any(|it| it.effect.is_none());
        if res.is_empty() && is_looked_for {
            let of_folder = || self.submakes.get(path.rsplit_once('/').filter(|_| is_product(path))?.0);
            let found =
                filler(view, &self.fillers, path).or_else(|| matching(&self.patterned, path)).or_else(of_folder);
            res.extend(found.cloned());
        }
        if res.is_empty() {
            let companion = || companion(self.graph, &self.by_stem, path, is_looked_for);
            let beside = namesake(view, &self.by_ends, path, readers).or_else(companion);
            res.extend(beside);
        }
        res
    }
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
    let ends_so = |pattern: &str| pattern.rsplit(['*', '?', ']']).next().is_none_or(|it| path.ends_with(it));
    let mut found = patterned.iter().filter(|it| ends_so(&it.0) && is_matched(&it.0, path)).map(|it| &it.1);
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

/// The jobs that make files by recipes which are not known in all, by the paths of these without their suffix.
fn by_stem(graph: &JobGraph) -> FxHashMap<&str, Vec<JobId>> {
    let mut res: FxHashMap<&str, Vec<JobId>> = FxHashMap::default();
    for id in (0..graph.jobs.len()).map(JobId) {
        let job = graph.job(id);
        let stem = job.path.rsplit_once('.').map(|it| it.0).filter(|it| !it.is_empty() && !it.ends_with('/'));
        if let Some(stem) = stem.filter(|_| !job.phony && job.hides_writes()) {
            res.entry(stem).or_default().push(id);
        }
    }
    res
}

/// The only such job that makes a source of the name of a header, or any file of its name where make itself looks for
/// the header: it may make both.
fn companion(
    graph: &JobGraph,
    by_stem: &FxHashMap<&str, Vec<JobId>>,
    path: &str,
    is_looked_for: bool,
) -> Option<Access> {
    let is_source = |it: &JobId| COMPANIONS.iter().any(|end| graph.job(*it).path.ends_with(end));
    let beside = by_stem.get(path.strip_suffix(".h")?)?;
    let sources: Vec<JobId> = beside.iter().copied().filter(is_source).collect();
    let [job] = (if sources.is_empty() && is_looked_for { beside } else { &sources })[..] else { return None };
    Some(Access { job, recipe: 0, effect: None, kind: EffectKind::Write, must: false })
}
