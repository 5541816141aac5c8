//! One full build under trace: every two jobs that did conflicting things and that nothing orders.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::accesses::{self, Access, Kind, Story};
use super::graph::Orders;
use super::hook::Control;
use super::meeting::Meeting;
use super::run::{Run, Tools, Trace};
use super::scratch::Room;
use super::{Site, Suspect};
use crate::source::folder_of;

/// What a build showed.
#[derive(Debug)]
pub struct Observation {
    pub(super) run: Run,
    /// How many jobs ran.
    pub(super) n_jobs: usize,
    pub(super) pairs: Vec<Pair>,
}

impl Observation {
    /// Whether any two jobs race.
    pub fn is_clean(&self) -> bool {
        self.pairs.is_empty()
    }
}

/// Two jobs that race for a path.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) path: String,
    /// Who changes it, and who else uses it.
    pub(super) sides: [Side; 2],
    /// How many more jobs are like the second.
    pub(super) others: usize,
    /// Whether a finding names it.
    pub(super) is_reported: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Side {
    pub(super) target: String,
    pub(super) kind: Kind,
    pub(super) program: String,
    pub(super) line: String,
    pub(super) call: String,
}

/// Builds what the site's words name, and compares with what `suspects` say.
pub fn observe(suspects: &[Suspect], site: &Site, tools: &Tools) -> Result<Observation> {
    let room = if site.in_place { Room::in_place(&site.root) } else { Room::copied(&site.root)? };
    if let Some(text) = &site.prepare {
        tools.prepare(&room, &site.folder, text)?;
    }
    let control = Control::new(&tools.program, true)?;
    let mut words = site.words.clone();
    if !words.iter().any(|it| it.starts_with("-j")) {
        let n_processors = std::thread::available_parallelism().map_or(2, usize::from);
        words.insert(0, format!("-j{n_processors}"));
    }
    let run = tools.run(&room, &site.folder, &words, &control, Trace::Files, &mut Meeting::none())?;
    let seen = format!("{}/", room.seen().display());
    let ours = |path: &str| path.strip_prefix(&seen).is_some_and(|it| !it.starts_with(".git/"));
    let mut story = accesses::read(&control.path("trace"), &run.records, &ours)?;
    story.accesses.iter_mut().for_each(|it| it.path = room.own(&it.path));
    story.jobs.iter_mut().for_each(|it| it.target = room.own(&it.target));
    story.locked = story.locked.iter().map(|it| (it.0, room.own(&it.1))).collect();
    let mut orders = Orders::new(&room, &control, &run.records);
    let pairs = pairs(&story, suspects, &mut |a, b| orders.ordered(&story, a, b))?;
    Ok(Observation { n_jobs: story.jobs.len(), pairs, run })
}

fn pairs(
    story: &Story,
    suspects: &[Suspect],
    ordered: &mut dyn FnMut(usize, usize) -> Result<bool>,
) -> Result<Vec<Pair>> {
    let mut by_path: BTreeMap<&str, Vec<&Access>> = BTreeMap::new();
    for access in &story.accesses {
        by_path.entry(&access.path).or_default().push(access);
    }
    let folders = made_folders(story);
    // A lock is held for what lies beside it.
    let locks: BTreeSet<(usize, &str)> = story.locked.iter().map(|it| (it.0, folder_of(&it.1))).collect();
    let mut res: Vec<Pair> = Vec::new();
    for access in story.accesses.iter().filter(|it| changes(it)) {
        let below = folders.get(access.path.as_str()).filter(|_| access.kind == Kind::MakeDirectory);
        let same = by_path.get(access.path.as_str()).into_iter().flatten();
        let mut seen = BTreeSet::new();
        for other in same.chain(below.into_iter().flatten()) {
            let is_new = other.job != access.job && !story.related(access.job, other.job) && seen.insert(other.job);
            // Of two that change it, the pair is told once.
            let is_told =
                changes(other) && (other.at, other.job) < (access.at, access.job) && other.path == access.path;
            let is_locked = [access.job, other.job].iter().all(|it| locks.contains(&(*it, folder_of(&access.path))));
            if !is_new || is_told || is_locked || !conflict(story, access, other) || ordered(access.job, other.job)? {
                continue;
            }
            let known =
                res.iter_mut().find(|it| it.path == access.path && it.sides[0].target == story.jobs[access.job].target);
            match known {
                Some(known) => known.others += 1,
                None => res.push(Pair {
                    path: access.path.clone(),
                    is_reported: is_reported(suspects, story, access, other),
                    sides: [access, *other].map(|it| side(story, it)),
                    others: 0,
                }),
            }
        }
    }
    Ok(res)
}

fn changes(it: &Access) -> bool {
    matches!(it.kind, Kind::Write | Kind::Remove | Kind::MakeDirectory) && it.error.is_none()
}

/// What is written right below each folder that a job makes.
fn made_folders(story: &Story) -> BTreeMap<&str, Vec<&Access>> {
    let made = story.accesses.iter().filter(|it| it.kind == Kind::MakeDirectory && it.error.is_none());
    let mut res: BTreeMap<&str, Vec<&Access>> = made.map(|it| (it.path.as_str(), Vec::new())).collect();
    for access in story.accesses.iter().filter(|it| it.kind == Kind::Write) {
        let folder = folder_of(&access.path);
        if let Some(users) = res.get_mut(folder) {
            users.push(access);
        }
    }
    res
}

/// Whether `a`, which changes something, conflicts with `b`.
fn conflict(story: &Story, a: &Access, b: &Access) -> bool {
    let fails = |it: &Access| it.error.is_some() && story.failed.get(&it.pid).is_some_and(|end| *end > it.at);
    match (a.kind, b.kind) {
        (_, Kind::Probe) => false,
        (Kind::MakeDirectory, Kind::MakeDirectory) => fails(b),
        // Whoever makes sure that the folder is there may use it.
        (Kind::MakeDirectory, _) => {
            let makes = |it: &Access| it.job == b.job && it.path == a.path && it.kind == Kind::MakeDirectory;
            !story.accesses.iter().any(makes)
        }
        // Whether it is gone before or after is all the same.
        (Kind::Remove, Kind::Remove) => false,
        (_, Kind::Write) => b.error.is_none(),
        _ => true,
    }
}

fn is_reported(suspects: &[Suspect], story: &Story, a: &Access, b: &Access) -> bool {
    let above = |job: usize| story.above(job).into_iter().map(|it| &story.jobs[it].target).collect::<Vec<_>>();
    let targets: Vec<&String> = [above(a.job), above(b.job)].concat();
    suspects.iter().any(|it| {
        let names = it.jobs.iter().any(|job| targets.contains(&&job.target));
        names && it.paths.iter().any(|path| *path == a.path || *path == b.path)
    })
}

fn side(story: &Story, it: &Access) -> Side {
    let job = &story.jobs[it.job];
    Side {
        target: job.target.clone(),
        kind: it.kind,
        program: it.program.clone(),
        line: job.lines.first().cloned().unwrap_or_default(),
        call: it.call.clone(),
    }
}
