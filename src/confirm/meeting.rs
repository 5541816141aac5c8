//! The barrier: jobs wait at their first recipe line until two of them that would conflict are there, or until nothing
//! else has got on for a while.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::fs::OFlags;

use super::hook::Control;
use super::process::{progress, stat};
use super::shell::{Orders, Record};

/// How often processes are looked at while a job waits.
const GLANCE: Duration = Duration::from_millis(200);

/// Which jobs are to meet, and how far they are.
pub(super) struct Meeting {
    /// Targets, as the shells see them, and whether they only read what is in dispute.
    pub(super) guests: Vec<Guest>,
    /// Targets whose recipes fail at once.
    pub(super) refused: Vec<String>,
    here: Vec<Arrived>,
    /// What was seen of all others, and since when.
    last: (Vec<(u32, u64)>, Instant),
    glanced: Instant,
}

/// A job that is to meet another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Guest {
    pub(super) target: String,
    pub(super) only_reads: bool,
}

struct Arrived {
    record: Record,
    /// Whether it was let go.
    went: bool,
    /// It goes when this one is gone.
    after: Option<u32>,
}

impl Meeting {
    /// Nobody waits.
    pub(super) fn none() -> Meeting {
        Meeting::of(Vec::new(), Vec::new())
    }

    pub(super) fn of(guests: Vec<Guest>, refused: Vec<String>) -> Meeting {
        let now = Instant::now();
        Meeting { guests, refused, here: Vec::new(), last: (Vec::new(), now), glanced: now }
    }

    pub(super) fn orders(&self) -> Orders {
        Orders { held: self.guests.iter().map(|it| it.target.clone()).collect(), refused: self.refused.clone() }
    }

    /// Lets go whoever is to go now.
    pub(super) fn attend(&mut self, control: &Control, root: u32, hold: Duration) -> Result<()> {
        if self.guests.is_empty() {
            return Ok(());
        }
        self.welcome(control)?;
        self.introduce(control)?;
        for idx in 0..self.here.len() {
            let is_free = |it: u32| stat(it).is_none_or(|it| it.is_zombie);
            if !self.here[idx].went && self.here[idx].after.is_some_and(is_free) {
                self.let_go(idx, control)?;
            }
        }
        if self.here.iter().any(|it| !it.went) && self.is_stuck(root, hold) {
            let first = self.here.iter().position(|it| !it.went).unwrap_or_default();
            self.let_go(first, control)?;
            self.last.1 = Instant::now();
        }
        Ok(())
    }

    fn welcome(&mut self, control: &Control) -> Result<()> {
        for entry in fs::read_dir(control.path("held"))? {
            let path = entry?.path();
            let record: Record = serde_json::from_slice(&fs::read(&path)?)?;
            fs::remove_file(&path)?;
            self.here.push(Arrived { record, went: false, after: None });
            self.last.1 = Instant::now();
        }
        Ok(())
    }

    /// A writer and another job that are both here and have not ended have met. The reader goes first, so that it
    /// shows what it does without the writer's work.
    fn introduce(&mut self, control: &Control) -> Result<()> {
        let ended = |it: &Arrived| it.went && stat(it.record.pid).is_none_or(|it| it.is_zombie);
        let here: Vec<usize> = (0..self.here.len()).filter(|it| !ended(&self.here[*it])).collect();
        for (nth, &a) in here.iter().enumerate() {
            for &b in &here[nth + 1..] {
                let waits = !self.here[a].went && self.here[a].after.is_none()
                    || !self.here[b].went && self.here[b].after.is_none();
                let [reads_a, reads_b] = [a, b].map(|it| self.only_reads(it));
                if !waits || reads_a && reads_b {
                    continue;
                }
                match (reads_a, reads_b) {
                    (true, false) => self.one_after(a, b, control)?,
                    (false, true) => self.one_after(b, a, control)?,
                    _ => {
                        self.let_go(a, control)?;
                        self.let_go(b, control)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn one_after(&mut self, first: usize, then: usize, control: &Control) -> Result<()> {
        self.let_go(first, control)?;
        let pid = self.here[first].record.pid;
        self.here[then].after.get_or_insert(pid);
        Ok(())
    }

    fn only_reads(&self, idx: usize) -> bool {
        let target = self.here[idx].record.target.as_deref();
        self.guests.iter().filter(|it| Some(it.target.as_str()) == target).all(|it| it.only_reads)
    }

    fn let_go(&mut self, idx: usize, control: &Control) -> Result<()> {
        let arrived = &mut self.here[idx];
        let go = control.path("go").join(arrived.record.pid.to_string());
        let flags = i32::try_from(OFlags::NONBLOCK.bits())?;
        // A shell that does not read yet is asked again at the next tick.
        if let (false, Ok(mut go)) = (arrived.went, OpenOptions::new().write(true).custom_flags(flags).open(go)) {
            go.write_all(b"go")?;
            arrived.went = true;
        }
        Ok(())
    }

    fn is_stuck(&mut self, root: u32, hold: Duration) -> bool {
        if self.glanced.elapsed() < GLANCE {
            return false;
        }
        self.glanced = Instant::now();
        let held: BTreeSet<u32> = self.here.iter().filter(|it| !it.went).map(|it| it.record.pid).collect();
        let now = progress(root, &held);
        if now != self.last.0 {
            self.last = (now, Instant::now());
        }
        self.last.1.elapsed() > hold
    }
}
