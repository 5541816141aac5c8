//! Which of two jobs is finished before the other starts.

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{InstanceId, JobGraph, JobId};

impl JobGraph {
    /// Whether one of the two jobs is always finished before the other starts: by prerequisites, by `.NOTPARALLEL`,
    /// because makefiles need one of them, or because both run inside one recipe, one after the other.
    pub fn ordered(&self, a: JobId, b: JobId) -> bool {
        let Some((a, b)) = self.lifted(a, b) else { return true };
        self.instance_of(a).database.not_parallel || self.comes_before(a, b) || self.comes_before(b, a)
    }

    /// Whether one of the two waits while the other holds a lock.
    pub fn exclude_each_other(&self, a: JobId, b: JobId) -> bool {
        let Some((top_a, top_b)) = self.lifted(a, b) else { return false };
        let locks = |id: JobId, top: JobId| -> Vec<Box<str>> {
            let line = self.ancestry(id);
            let below = line.iter().position(|it| *it == top).map_or(0, |it| it + 1);
            let whole = line[..below].iter().map(|it| &self.job(*it).recipes).filter(|it| it.len() == 1);
            whole.flatten().filter_map(|it| it.outcome.lock.clone()).collect()
        };
        let held = locks(a, top_a);
        !held.is_empty() && locks(b, top_b).iter().any(|it| held.contains(it))
    }

    /// Whether `a` is finished before `b` starts.
    pub fn before(&self, a: JobId, b: JobId) -> bool {
        match self.lifted(a, b) {
            Some((a, b)) => self.comes_before(a, b),
            None => self.earlier_in_recipe(a, b),
        }
    }

    /// The two different jobs of one make that run `a` and `b` (or are them); `None` where one recipe runs both, or one of
    /// them runs the other.
    pub fn lifted(&self, mut a: JobId, mut b: JobId) -> Option<(JobId, JobId)> {
        let above = |id: JobId| self.instance_of(id).parent.map(|it| it.job);
        let depth = |id: JobId| std::iter::successors(Some(id), |it| above(*it)).count();
        let same_make = |a: JobId, b: JobId| self.job(a).instance == self.job(b).instance;
        if !same_make(a, b) {
            let (depth_a, depth_b) = (depth(a), depth(b));
            for _ in depth_b..depth_a {
                a = above(a)?;
            }
            for _ in depth_a..depth_b {
                b = above(b)?;
            }
            // Two makes that one recipe runs are run one after the other.
            while !same_make(a, b) {
                (a, b) = (above(a)?, above(b)?);
            }
        }
        (a != b).then_some((a, b))
    }

    /// When a serial make that is asked for `goal` finishes the jobs of an instance: the first one has 0.
    pub fn serial_order(&self, instance: InstanceId, goal: JobId) -> FxHashMap<JobId, usize> {
        let instance = &self.instances[instance.0];
        let asked = instance.goals.iter().filter_map(|it| instance.by_target.get(it.as_str()).copied());
        let roots: Vec<JobId> = if instance.parent.is_none() { vec![goal] } else { asked.collect() };
        let mut seen = FxHashSet::default();
        let mut res = FxHashMap::default();
        let mut left: Vec<(JobId, usize)> = roots.into_iter().rev().map(|it| (it, 0)).collect();
        while let Some((job, position)) = left.pop() {
            if position == 0 && !seen.insert(job) {
                continue;
            }
            match self.job(job).needs.get(position) {
                Some(need) => left.extend([(job, position + 1), (*need, 0)]),
                None => {
                    let n_finished = res.len();
                    res.entry(job).or_insert(n_finished);
                }
            }
        }
        res
    }

    /// Whether a job is `above`, or runs in a make that `above` runs, however deep.
    pub fn is_within(&self, id: JobId, above: JobId) -> bool {
        let mut at = Some(id);
        while let Some(id) = at.filter(|it| *it != above) {
            at = self.instance_of(id).parent.map(|it| it.job);
        }
        at.is_some()
    }

    /// A job, the job that runs its make, and so on upwards.
    pub fn ancestry(&self, id: JobId) -> Vec<JobId> {
        let mut res = vec![id];
        let mut at = id;
        while let Some(parent) = self.instance_of(at).parent {
            at = parent.job;
            res.push(at);
        }
        res
    }

    /// The instance in which the lifted pair of two jobs runs.
    pub fn common_instance(&self, a: JobId, b: JobId) -> InstanceId {
        self.lifted(a, b).map_or(self.job(a).instance, |(a, _)| self.job(a).instance)
    }

    fn earlier_in_recipe(&self, a: JobId, b: JobId) -> bool {
        // Both below (or being) one job: what that recipe runs first is finished first.
        let (above_a, above_b) = (self.ancestry(a), self.ancestry(b));
        let common = above_a.iter().rev().zip(above_b.iter().rev()).take_while(|(a, b)| a == b).count();
        let position = |line: &[JobId]| {
            let child = line.len().checked_sub(common + 1).map(|it| line[it])?;
            self.instance_of(child).parent.map(|it| (it.recipe, it.run))
        };
        matches!((position(&above_a), position(&above_b)), (Some(a), Some(b)) if a < b)
    }

    /// Whether a path of prerequisites leads from `b` down to `a`, both of one make, or makefiles need `a` and not `b`.
    fn comes_before(&self, a: JobId, b: JobId) -> bool {
        if self.phases[a.0] != self.phases[b.0] {
            return self.phases[a.0] < self.phases[b.0];
        }
        let floor = self.rank[a.0];
        if self.rank[b.0] <= floor {
            return false;
        }
        if let Some(all) = self.earlier.than(b, self.jobs.len(), |all| self.each_below(b, 0, all)) {
            return all[a.0 / 64] >> (a.0 % 64) & 1 == 1;
        }
        let mut found = false;
        self.each_below(b, floor, |it| {
            found |= it == a;
            !found
        });
        found
    }

    /// Calls `goes_on` with the jobs that a path of prerequisites leads to, until it says no; what ranks below a floor leads
    /// no further.
    fn each_below(&self, id: JobId, floor: usize, mut goes_on: impl FnMut(JobId) -> bool) {
        SEEN.with_borrow_mut(|seen| {
            seen.clear(self.jobs.len());
            let mut left = vec![id];
            while let Some(id) = left.pop() {
                for need in &self.job(id).needs {
                    if self.rank[need.0] >= floor && seen.insert(*need) {
                        if !goes_on(*need) {
                            return;
                        }
                        left.push(*need);
                    }
                }
            }
        });
    }
}

/// The jobs that come before a job, one bit each, for jobs that were asked about a few times.
#[derive(Default)]
pub(super) struct Earlier {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    by_job: FxHashMap<JobId, Asked>,
    n_words: usize,
}

enum Asked {
    Times(usize),
    All(Arc<[u64]>),
}

impl Clone for Earlier {
    fn clone(&self) -> Earlier {
        Earlier::default()
    }
}

impl Earlier {
    /// Those before a job, which `look` calls its argument with, where it was asked about often and there is room.
    fn than(&self, id: JobId, n_jobs: usize, look: impl FnOnce(&mut dyn FnMut(JobId) -> bool)) -> Option<Arc<[u64]>> {
        const OFTEN: usize = 4;
        const MOST_WORDS: usize = 4_000_000;
        let mut known = self.known.lock().expect("no panic while counting");
        let has_room = known.n_words + n_jobs / 64 < MOST_WORDS;
        match known.by_job.entry(id) {
            Entry::Vacant(entry) => drop(entry.insert(Asked::Times(1))),
            Entry::Occupied(mut entry) => match entry.get_mut() {
                Asked::All(all) => return Some(all.clone()),
                Asked::Times(times) if *times < OFTEN => *times += 1,
                Asked::Times(_) if has_room => {
                    let mut all = vec![0; n_jobs / 64 + 1];
                    look(&mut |it| {
                        all[it.0 / 64] |= 1_u64 << (it.0 % 64);
                        true
                    });
                    let all: Arc<[u64]> = all.into();
                    entry.insert(Asked::All(all.clone()));
                    known.n_words += n_jobs / 64 + 1;
                    return Some(all);
                }
                Asked::Times(_) => {}
            },
        }
        None
    }
}

thread_local! {
    /// Kept, because it is asked for so often that making it anew each time would be most of the work.
    static SEEN: RefCell<Seen> = RefCell::default();
}

/// A set of jobs that is cleared at no cost: a job is in it if it bears the number of the last clearing.
#[derive(Default)]
struct Seen {
    marks: Vec<u32>,
    current: u32,
}

impl Seen {
    fn clear(&mut self, n_jobs: usize) {
        if self.current == u32::MAX {
            *self = Seen::default();
        }
        self.current += 1;
        self.marks.resize(self.marks.len().max(n_jobs), 0);
    }

    /// Whether it was not in it.
    fn insert(&mut self, job: JobId) -> bool {
        std::mem::replace(&mut self.marks[job.0], self.current) != self.current
    }
}

/// Numbers the jobs so that what a job needs has a lower number; drops the edges that close a circle.
pub(super) fn ranks(graph: &mut JobGraph) -> Vec<usize> {
    const NEW: usize = usize::MAX;
    const OPEN: usize = usize::MAX - 1;
    let mut rank = vec![NEW; graph.jobs.len()];
    let mut next = 0;
    for root in 0..graph.jobs.len() {
        let mut left = vec![(root, 0)];
        while let Some((job, position)) = left.pop() {
            if position == 0 {
                if rank[job] != NEW {
                    continue;
                }
                rank[job] = OPEN;
            }
            let Some(need) = graph.jobs[job].needs.get(position).copied() else {
                rank[job] = next;
                next += 1;
                continue;
            };
            if rank[need.0] == OPEN {
                graph.cycles.insert((graph.jobs[job].target().to_owned(), graph.jobs[need.0].target().to_owned()));
                graph.jobs[job].needs.remove(position);
                left.push((job, position));
                if position == 0 {
                    rank[job] = NEW;
                }
                continue;
            }
            left.push((job, position + 1));
            if rank[need.0] == NEW {
                left.push((need.0, 0));
            }
        }
    }
    rank
}
