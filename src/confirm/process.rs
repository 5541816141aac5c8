//! Processes below one: whether they get on, and how they are ended.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// What the system tells of a process.
pub(super) struct Stat {
    pub(super) parent: u32,
    pub(super) is_zombie: bool,
    /// Processor time used, in ticks.
    pub(super) ticks: u64,
    pub(super) name: String,
}

/// A process's state, if it is there.
pub(super) fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (head, tail) = text.rsplit_once(')')?;
    let name = head.split_once('(').map_or("", |it| it.1).to_owned();
    let words: Vec<&str> = tail.split_whitespace().collect();
    let number = |at: usize| words.get(at)?.parse::<u64>().ok();
    Some(Stat {
        parent: words.get(1)?.parse().ok()?,
        is_zombie: matches!(words.first(), Some(&"Z" | &"X")),
        ticks: number(11)? + number(12)?,
        name,
    })
}

/// The processes below `root`, itself included, that have not ended.
pub(super) fn below(root: u32) -> BTreeMap<u32, Stat> {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());
    let all: BTreeMap<u32, Stat> =
        pids.filter_map(|it| Some((it, stat(it)?))).filter(|(_, it)| !it.is_zombie).collect();
    let is_below = |pid: u32| {
        let mut seen = BTreeSet::new();
        let mut at = pid;
        while at != root {
            match all.get(&at) {
                Some(stat) if seen.insert(at) => at = stat.parent,
                _ => return false,
            }
        }
        true
    };
    let wanted: BTreeSet<u32> = all.keys().copied().filter(|it| is_below(*it)).collect();
    all.into_iter().filter(|(pid, _)| wanted.contains(pid)).collect()
}

/// A value that changes when any process below `root` gets on, those in `held` and the tracer left out.
pub(super) fn progress(root: u32, held: &BTreeSet<u32>) -> Vec<(u32, u64)> {
    let moving = below(root).into_iter().filter(|(pid, it)| !held.contains(pid) && it.name != "strace");
    moving.map(|(pid, it)| (pid, it.ticks)).collect()
}

/// Ends all processes below this one; also those whose parents have ended, as this one inherits them.
pub(super) fn end_all() {
    let me = std::process::id();
    for signal in [Signal::TERM, Signal::KILL, Signal::KILL] {
        let left: Vec<u32> = below(me).into_keys().filter(|it| *it != me).collect();
        if left.is_empty() {
            return;
        }
        for pid in left.iter().filter_map(|it| Pid::from_raw(i32::try_from(*it).ok()?)) {
            // It may have ended meanwhile.
            let _ = kill_process(pid, signal);
        }
        sleep(Duration::from_millis(200));
    }
}
