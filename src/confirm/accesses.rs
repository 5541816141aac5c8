//! A trace and the shells' records to jobs and what they did to which paths.
//!
//! Knows how forks, working folders and programs go from process to process. Knows nothing of makefiles.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result};

use super::hook::{LINKS, MAKE};
use super::shell::{Record, absolute};
use super::strace::{Call, Event, Reader, described, string};

/// What a process does to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Asks whether it is there.
    Probe,
    Read,
    Write,
    MakeDirectory,
    Remove,
}

impl Kind {
    /// As reports name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Probe => "probe",
            Kind::Read => "read",
            Kind::Write => "write",
            Kind::MakeDirectory => "make-directory",
            Kind::Remove => "remove",
        }
    }
}

/// One access, the first of its kind by a process's program.
#[derive(Clone, Debug)]
pub(super) struct Access {
    /// When: a line of the trace.
    pub(super) at: usize,
    pub(super) pid: u32,
    pub(super) job: usize,
    pub(super) kind: Kind,
    pub(super) path: String,
    /// The error, where it failed.
    pub(super) error: Option<String>,
    /// The system call.
    pub(super) call: String,
    /// The program that made it.
    pub(super) program: String,
}

/// A run of a recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    /// An absolute path.
    pub(super) target: String,
    pub(super) folder: String,
    /// The make that ran it, and how often that had read its makefiles.
    pub(super) make: (u32, usize),
    /// The job whose recipe started that make.
    pub(super) parent: Option<usize>,
    /// Its lines, in order.
    pub(super) lines: Vec<String>,
    /// Its first and last moment.
    pub(super) from: usize,
    pub(super) until: usize,
    pub(super) pids: BTreeSet<u32>,
}

/// What a run did.
#[derive(Clone, Debug, Default)]
pub(super) struct Story {
    pub(super) jobs: Vec<Job>,
    pub(super) accesses: Vec<Access>,
    /// Processes that ended with an error, and when.
    pub(super) failed: BTreeMap<u32, usize>,
    /// Jobs that locked files.
    pub(super) locked: BTreeSet<(usize, String)>,
}

impl Story {
    /// Whether one job runs below the other, or is it.
    pub(super) fn related(&self, a: usize, b: usize) -> bool {
        self.above(a).contains(&b) || self.above(b).contains(&a)
    }

    /// A job and those above it, from the bottom.
    pub(super) fn above(&self, job: usize) -> Vec<usize> {
        std::iter::successors(Some(job), |it| self.jobs[*it].parent).collect()
    }

    /// Whether the two ran at the same time, or the recipes that run their makes did: then make does not order them.
    pub(super) fn together(&self, a: usize, b: usize) -> bool {
        let (above_a, above_b) = (self.above(a), self.above(b));
        let top = |line: &[usize], other: &[usize]| line.iter().copied().rfind(|it| !other.contains(it));
        let (a, b) = (top(&above_a, &above_b).unwrap_or(a), top(&above_b, &above_a).unwrap_or(b));
        let (a, b) = (&self.jobs[a], &self.jobs[b]);
        a.from < b.until && b.from < a.until
    }
}

#[derive(Clone, Debug, Default)]
struct Process {
    folder: String,
    program: String,
    job: Option<usize>,
}

/// Reads a trace; paths for which `wanted` is false are left out.
pub(super) fn read(trace: &Path, records: &[Record], wanted: &dyn Fn(&str) -> bool) -> Result<Story> {
    let mut teller = Teller { wanted, parents: parents(trace)?, ..Teller::new(wanted) };
    for record in records {
        teller.records.entry(record.pid).or_default().push_back(record.clone());
    }
    let mut reader = Reader::default();
    for (at, line) in lines(trace)?.enumerate() {
        match reader.line(&line) {
            Some(Event::Call(call)) => teller.call(at, &call),
            Some(Event::Exit { pid, status }) => teller.exit(at, pid, &status),
            None => {
                // A process is known from its first half of a call.
                if let Some(pid) = line.split_whitespace().next().and_then(|it| it.parse().ok()) {
                    teller.meet(pid);
                }
            }
        }
    }
    Ok(teller.story)
}

fn lines(trace: &Path) -> Result<impl Iterator<Item = String>> {
    let file = BufReader::new(File::open(trace).context("read the trace")?);
    Ok(file.split(b'\n').map_while(Result::ok).map(|it| String::from_utf8_lossy(&it).into_owned()))
}

/// For each process, those that started it, one for each time that its number was used. Read first, since a child's
/// calls may stand before the one that made it.
fn parents(trace: &Path) -> Result<BTreeMap<u32, VecDeque<u32>>> {
    let mut res: BTreeMap<u32, VecDeque<u32>> = BTreeMap::new();
    let mut reader = Reader::default();
    for line in lines(trace)? {
        if let Some(Event::Call(call)) = reader.line(&line)
            && is_fork(&call)
            && let Some(child) = call.number()
        {
            res.entry(child).or_default().push_back(call.pid);
        }
    }
    Ok(res)
}

fn is_fork(call: &Call) -> bool {
    matches!(call.name.as_str(), "clone" | "clone3" | "fork" | "vfork")
}

struct Teller<'a> {
    wanted: &'a dyn Fn(&str) -> bool,
    parents: BTreeMap<u32, VecDeque<u32>>,
    records: BTreeMap<u32, VecDeque<Record>>,
    processes: BTreeMap<u32, Process>,
    /// Jobs by make and target.
    known: BTreeMap<((u32, usize), String), usize>,
    /// How often each make has read its makefiles.
    readings: BTreeMap<u32, usize>,
    seen: BTreeSet<(u32, String, Kind, String, bool)>,
    story: Story,
}

impl<'a> Teller<'a> {
    fn new(wanted: &'a dyn Fn(&str) -> bool) -> Teller<'a> {
        Teller {
            wanted,
            parents: BTreeMap::new(),
            records: BTreeMap::new(),
            processes: BTreeMap::new(),
            known: BTreeMap::new(),
            readings: BTreeMap::new(),
            seen: BTreeSet::new(),
            story: Story::default(),
        }
    }

    /// A process takes over what its parent is at.
    fn meet(&mut self, pid: u32) {
        if self.processes.contains_key(&pid) {
            return;
        }
        let parent = self.parents.get_mut(&pid).and_then(VecDeque::pop_front);
        let process = parent.and_then(|it| self.processes.get(&it)).cloned().unwrap_or_default();
        self.processes.insert(pid, process);
    }

    fn exit(&mut self, at: usize, pid: u32, status: &str) {
        if let Some(job) = self.processes.remove(&pid).and_then(|it| it.job) {
            self.lives(job, at);
            if status != "exited with 0" {
                self.story.failed.insert(pid, at);
            }
        }
    }

    /// A job, and those above it, are not over yet.
    fn lives(&mut self, job: usize, at: usize) {
        for job in self.story.above(job) {
            self.story.jobs[job].until = at;
        }
    }

    fn call(&mut self, at: usize, call: &Call) {
        self.meet(call.pid);
        match call.name.as_str() {
            "execve" if call.error().is_none() => self.start(at, call),
            "chdir" if call.error().is_none() => self.enter(call.pid, &self.path(call, None, 0)),
            "fchdir" if call.error().is_none() => {
                let folder = call.arguments.first().and_then(|it| described(it));
                self.enter(call.pid, &folder);
            }
            _ => {}
        }
        let Some(job) = self.processes[&call.pid].job else { return };
        self.lives(job, at);
        if call.name == "flock"
            && call.error().is_none()
            && let Some(path) = call.arguments.first().and_then(|it| described(it))
        {
            self.story.locked.insert((job, path));
        }
        for (kind, path) in self.deeds(call) {
            self.add(at, job, call, kind, path);
        }
    }

    fn enter(&mut self, pid: u32, folder: &Option<String>) {
        if let (Some(process), Some(folder)) = (self.processes.get_mut(&pid), folder) {
            process.folder.clone_from(folder);
        }
    }

    /// A program starts; where it is a link of ours, a recipe line does.
    fn start(&mut self, at: usize, call: &Call) {
        let Some(program) = self.path(call, None, 0) else { return };
        let pid = call.pid;
        if let Some((_, shell)) = program.split_once(&format!("/{LINKS}"))
            && let Some(record) = self.records.get_mut(&pid).and_then(VecDeque::pop_front)
        {
            match shell {
                MAKE => *self.readings.entry(record.make).or_default() += 1,
                _ => self.begin(at, record),
            }
        }
        if let Some(process) = self.processes.get_mut(&pid) {
            process.program = program;
        }
    }

    fn begin(&mut self, at: usize, record: Record) {
        let Some(target) = record.target else { return };
        let make = (record.make, self.readings.get(&record.make).copied().unwrap_or_default());
        let parent = self.processes.get(&record.make).and_then(|it| it.job);
        let jobs = &mut self.story.jobs;
        let job = *self.known.entry((make, target.clone())).or_insert_with(|| {
            let (lines, pids) = (Vec::new(), BTreeSet::new());
            jobs.push(Job { target, folder: record.folder.clone(), make, parent, lines, from: at, until: at, pids });
            jobs.len() - 1
        });
        jobs[job].lines.push(record.line);
        jobs[job].pids.insert(record.pid);
        if let Some(process) = self.processes.get_mut(&record.pid) {
            process.job = Some(job);
            process.folder = record.folder;
        }
        self.lives(job, at);
    }

    fn add(&mut self, at: usize, job: usize, call: &Call, kind: Kind, path: String) {
        let process = &self.processes[&call.pid];
        let is_new = (self.wanted)(&path)
            && self.seen.insert((call.pid, process.program.clone(), kind, path.clone(), call.error().is_some()));
        if is_new {
            self.story.accesses.push(Access {
                at,
                pid: call.pid,
                job,
                kind,
                path,
                error: call.error().map(str::to_owned),
                call: call.text(),
                program: process.program.clone(),
            });
        }
    }

    /// A path argument, seen from the folder of a descriptor or of the process.
    fn path(&self, call: &Call, folder: Option<usize>, at: usize) -> Option<String> {
        let path = string(call.arguments.get(at)?)?;
        let described = folder.and_then(|it| described(call.arguments.get(it)?));
        let folder = described.unwrap_or_else(|| self.processes[&call.pid].folder.clone());
        Some(absolute(&folder, &path))
    }

    /// What a call does to which paths.
    fn deeds(&self, call: &Call) -> Vec<(Kind, String)> {
        use Kind::{MakeDirectory, Probe, Read, Remove, Write};
        let one = |kind: Kind, folder: Option<usize>, at: usize| {
            // An empty path stands for the descriptor itself, which was opened before.
            let named = call.arguments.get(at).is_some_and(|it| it != "\"\"");
            let path = self.path(call, folder, at).filter(|_| named);
            path.map(|path| (kind, path)).into_iter().collect::<Vec<_>>()
        };
        let two = |first: Kind, then: Kind, places: [(Option<usize>, usize); 2]| {
            let [(a, b), (c, d)] = places;
            [one(first, a, b), one(then, c, d)].concat()
        };
        match call.name.as_str() {
            "open" => self.opened(call, None, 0),
            "openat" | "openat2" => self.opened(call, Some(0), 1),
            "creat" | "truncate" | "mknod" => one(Write, None, 0),
            "mknodat" => one(Write, Some(0), 1),
            "execve" => one(Read, None, 0),
            "execveat" => one(Read, Some(0), 1),
            "rename" => two(Remove, Write, [(None, 0), (None, 1)]),
            "renameat" | "renameat2" => two(Remove, Write, [(Some(0), 1), (Some(2), 3)]),
            "link" => two(Read, Write, [(None, 0), (None, 1)]),
            "linkat" => two(Read, Write, [(Some(0), 1), (Some(2), 3)]),
            "symlink" => one(Write, None, 1),
            "symlinkat" => one(Write, Some(1), 2),
            "unlink" | "rmdir" => one(Remove, None, 0),
            "unlinkat" => one(Remove, Some(0), 1),
            "mkdir" => one(MakeDirectory, None, 0),
            "mkdirat" => one(MakeDirectory, Some(0), 1),
            "stat" | "lstat" | "access" => one(Probe, None, 0),
            "newfstatat" | "fstatat64" | "statx" | "faccessat" | "faccessat2" => one(Probe, Some(0), 1),
            _ => Vec::new(),
        }
    }

    fn opened(&self, call: &Call, folder: Option<usize>, at: usize) -> Vec<(Kind, String)> {
        let flags = call.arguments.get(at + 1).map_or("", String::as_str);
        let writes = ["O_WRONLY", "O_RDWR", "O_TRUNC", "O_TMPFILE"].iter().any(|it| flags.contains(it));
        let kind = match () {
            () if flags.contains("O_DIRECTORY") || flags.contains("O_PATH") => Kind::Probe,
            () if writes => Kind::Write,
            () => Kind::Read,
        };
        let named = self.path(call, folder, at);
        // The path behind links, and the one that was named.
        let real = call.opened().filter(|it| Some(it) != named.as_ref());
        named.into_iter().chain(real).map(|it| (kind, it)).collect()
    }
}
