//! Jobs for which make runs nothing: an earlier job of another make, which is always finished before, has made their
//! targets.

use rustc_hash::{FxHashMap, FxHashSet};

use super::View;
use crate::effects::EffectKind;
use crate::jobs::{InstanceId, Job, JobId};

/// Makes within makes that are told apart.
const MOST_LEVELS: usize = 3;

/// The jobs that find their target up to date.
///
/// ```make
/// all: one two
/// lib:
/// 	$(MAKE) -C lib
/// one: lib
/// 	$(MAKE) -C lib libx.a && cc -o one one.c lib/libx.a
/// ```
pub(super) fn idle(view: &View) -> FxHashSet<JobId> {
    let graph = view.graph;
    let mut res = FxHashSet::default();
    if graph.instances.len() < 2 {
        return res;
    }
    let mut runs: FxHashMap<&str, Vec<JobId>> = FxHashMap::default();
    for id in (0..graph.jobs.len()).map(JobId).filter(|it| makes_its_target(graph.job(*it))) {
        runs.entry(&graph.job(id).path).or_default().push(id);
    }
    runs.retain(|_, it| it.len() > 1);
    let mut known = FxHashMap::default();
    let mut needs_first = graph.needers_first();
    needs_first.reverse();
    let inner = made_inside(view);
    let mut idle_inside: FxHashSet<JobId> = FxHashSet::default();
    for _ in 0..MOST_LEVELS {
        let mut changes: FxHashSet<JobId> = FxHashSet::default();
        res.clear();
        for id in needs_first.iter().copied() {
            let is_source = graph.job(id).recipes.is_empty() || only_fails(view, id);
            let mut is_made_before = || {
                let earlier = runs.get(graph.job(id).path.as_str()).into_iter().flatten().filter(|it| **it != id);
                let mut sure = earlier.copied().filter(|it| graph.runs_each_time(*it));
                sure.any(|it| is_before(view, it, id, &mut known) && !is_removed(view, it, id))
            };
            match is_up_to_date(view, id, &changes) && (is_source || is_made_before()) {
                true if is_source => {}
                true => drop(res.insert(id)),
                // The make that it runs finds its target up to date.
                false if inner.get(&id).is_some_and(|it| it.iter().all(|it| idle_inside.contains(it))) => {}
                false => drop(changes.insert(id)),
            }
        }
        // The next round goes one make further out.
        let inside = inner.values().flatten().copied().filter(|it| !changes.contains(it)).collect();
        if inside == idle_inside {
            break;
        }
        idle_inside = inside;
    }
    // What is not run runs no make.
    for id in (0..graph.jobs.len()).map(JobId) {
        if graph.instance_of(id).parent.is_some_and(|it| res.contains(&it.job)) {
            res.insert(id);
        }
    }
    res
}

/// For the jobs that run nothing but a make for their own targets, the jobs of that make which make these.
fn made_inside(view: &View) -> FxHashMap<JobId, Vec<JobId>> {
    let graph = view.graph;
    let mut res: FxHashMap<JobId, Vec<JobId>> = FxHashMap::default();
    for id in (0..graph.jobs.len()).map(JobId) {
        let Some(parent) = graph.instance_of(id).parent else { continue };
        let (job, runner) = (graph.job(id), graph.job(parent.job));
        if job.path == runner.path && !job.recipes.is_empty() && !runner.phony && !runner.writes_its_target() {
            res.entry(parent.job).or_default().push(id);
        }
    }
    res
}

/// Whether all that a recipe does is to say that its target is not there (`$(error not configured)`, `exit 1`): where make
/// goes on, it is.
fn only_fails(view: &View, id: JobId) -> bool {
    let (job, database) = (view.graph.job(id), &view.graph.instance_of(id).database);
    !job.recipes.is_empty() && job.recipes.iter().all(|it| database.rule(it.rule).always_fails())
}

fn makes_its_target(job: &Job) -> bool {
    !job.phony && (job.writes_its_target() || job.hides_writes())
}

/// Whether nothing that a target needs is made anew, and the target itself is not one that make always makes.
fn is_up_to_date(view: &View, id: JobId, changes: &FxHashSet<JobId>) -> bool {
    let job = view.graph.job(id);
    let by_target = &view.graph.instance_of(id).by_target;
    let needs = job.resolved.prerequisites.iter().filter(|it| !it.order_only);
    let mut needs = needs.filter_map(|it| by_target.get(&*it.name));
    // `FORCE:`, a rule without anything for a file that is not there.
    let is_forced =
        job.recipes.is_empty() && job.needs.is_empty() && job.resolved.has_rule && !view.is_there(&job.path);
    !job.phony && !is_forced && needs.all(|it| !changes.contains(it))
}

/// Whether a job is finished before another one starts. That hangs on the jobs that run their makes, for many of them.
fn is_before(view: &View, a: JobId, b: JobId, known: &mut FxHashMap<(InstanceId, InstanceId), bool>) -> bool {
    let key = (view.graph.job(a).instance, view.graph.job(b).instance);
    if let Some(known) = known.get(&key) {
        return *known;
    }
    let res = view.graph.before(a, b);
    if view.graph.lifted(a, b).is_some_and(|it| it.0 != a && it.1 != b) {
        known.insert(key, res);
    }
    res
}

/// Whether some job takes away what the first of two runs made before the second looks at it.
fn is_removed(view: &View, first: JobId, second: JobId) -> bool {
    let accesses = view.accesses.get(&view.graph.job(first).path).map_or(&[][..], Vec::as_slice);
    // A job that makes the file itself puts it back.
    let makes =
        |id: JobId| view.graph.job(id).path == view.graph.job(first).path && makes_its_target(view.graph.job(id));
    let removers = accesses.iter().filter(|it| it.kind == EffectKind::Remove && !makes(it.job));
    // What the second one runs, it runs too late.
    let removers = removers.filter(|it| !view.graph.is_within(it.job, second));
    let between = |it: JobId| view.common_goal(it, second).is_some() && !view.graph.before(it, first);
    removers.map(|it| it.job).any(between)
}
