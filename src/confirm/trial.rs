//! Trials: one suspect, one racing build, and a serial one beside it.

use std::fs;

use anyhow::Result;

use super::accesses::{self, Access, Story};
use super::damage::{Difference, differences};
use super::hook::Control;
use super::judge::{self, Judgement};
use super::meeting::{Guest, Meeting};
use super::refusal::add_refused;
use super::resolve::resolved;
use super::run::{Run, Tools, Trace};
use super::scratch::Room;
use super::{Site, Suspect, Verdict};
use crate::files::write_all;
use crate::patch::Change;
use crate::races::Class;

/// How many jobs make may run: the two that are to meet, and others that build what they need.
const JOBS: &str = "-j4";

/// What came of a suspect.
#[derive(Debug)]
pub struct Trial {
    /// What was suspected.
    pub suspect: Suspect,
    /// What was seen: a race if a run showed one, else what the first run showed.
    pub verdict: Verdict,
    /// What each run showed, in order.
    pub verdicts: Vec<Verdict>,
    /// The two jobs, in the order in which they started.
    pub(super) jobs: Vec<SeenJob>,
    /// What they did to the file.
    pub(super) evidence: Vec<Access>,
    pub(super) run: Run,
    /// What differs from a serial build, and how that one ended; none where it was not made.
    pub(super) damage: Option<(Vec<Difference>, String)>,
    /// The same after the fixes.
    pub fixed: Option<Box<Trial>>,
}

/// A job that ran.
#[derive(Clone, Debug)]
pub(super) struct SeenJob {
    pub(super) index: usize,
    pub(super) target: String,
    pub(super) lines: Vec<String>,
}

/// Tries each suspect; `changes` are the fixes after which it is tried again.
pub fn confirm(suspects: &[Suspect], site: &Site, tools: &Tools, changes: Option<&[Change]>) -> Result<Vec<Trial>> {
    let mut before = Laboratory::new(site, tools, suspects, &[])?;
    let mut res = Vec::new();
    for suspect in before.suspects.clone() {
        res.push(before.trial(&suspect)?);
    }
    if let Some(changes) = changes {
        let mut after = Laboratory::new(site, tools, suspects, changes)?;
        for trial in res.iter_mut().filter(|it| it.verdict == Verdict::Confirmed) {
            trial.fixed = Some(Box::new(after.trial(&trial.suspect)?));
        }
    }
    Ok(res)
}

struct Laboratory<'a> {
    site: &'a Site,
    tools: &'a Tools,
    /// The tree as it is, with the changes.
    fresh: Room,
    /// The same with what the suspects' jobs need built, but not what they make.
    ready: Option<Room>,
    suspects: Vec<Suspect>,
    is_fixed: bool,
}

impl<'a> Laboratory<'a> {
    fn new(site: &'a Site, tools: &'a Tools, suspects: &'a [Suspect], changes: &[Change]) -> Result<Laboratory<'a>> {
        let is_fixed = !changes.is_empty();
        let fresh = if site.in_place && !is_fixed { Room::in_place(&site.root) } else { Room::copied(&site.root)? };
        write_all(&fs::canonicalize(fresh.real())?, changes)?;
        if let Some(text) = &site.prepare {
            tools.prepare(&fresh, &site.folder, text)?;
        }
        let ready = if site.in_place { None } else { Some(fresh.again()?) };
        let suspects = suspects.iter().map(|it| resolved(it, &fresh, tools)).collect::<Result<_>>()?;
        Ok(Laboratory { site, tools, fresh, ready, suspects, is_fixed })
    }

    fn trial(&mut self, suspect: &Suspect) -> Result<Trial> {
        if self.site.in_place && !self.is_fixed {
            let (run, story) = self.race(suspect, &suspect.words, &self.fresh)?;
            return Ok(trial(suspect, run, &story));
        }
        self.make_ready(suspect)?;
        // What else was built may have made the folder that is missing.
        let is_made = |ready: &Room| {
            let made = |it: &String| ready.file(it).is_dir() && !self.fresh.file(it).is_dir();
            suspect.class == Class::MissingDirectory && suspect.paths.iter().any(made)
        };
        let from = self.ready.as_ref().filter(|it| !is_made(it)).unwrap_or(&self.fresh);
        let mut from = from;
        let mut verdicts = Vec::new();
        let mut best = None;
        for _ in 0..self.site.repeat {
            let (mut room, mut res) = self.race_in_copy(suspect, &suspect.words, from)?;
            if res.verdict == Verdict::NotRun && !std::ptr::eq(from, &raw const self.fresh) {
                // What went before may have marked as made what was not.
                from = &self.fresh;
                (room, res) = self.race_in_copy(suspect, &suspect.words, from)?;
            }
            let mut words = &suspect.words;
            if let (Verdict::Confirmed | Verdict::NotRun, Some(goal)) = (res.verdict, &suspect.goal_words) {
                let mut by_goal = self.race_in_copy(suspect, goal, from)?;
                if by_goal.1.verdict == Verdict::NotRun && !std::ptr::eq(from, &raw const self.fresh) {
                    by_goal = self.race_in_copy(suspect, goal, &self.fresh)?;
                }
                if says_more(&by_goal.1, &res) {
                    (words, (room, res)) = (goal, by_goal);
                }
            }
            verdicts.push(res.verdict);
            if res.verdict == Verdict::Confirmed {
                res.damage = Some(self.damage(suspect, words, &room, from)?);
                best = Some(res);
                break;
            }
            best.get_or_insert(res);
        }
        let best = best.expect("at least one run");
        Ok(Trial { verdicts, ..best })
    }

    /// Builds what the suspect's jobs need: the suspects' recipes fail at once, and make goes on without them.
    fn make_ready(&mut self, suspect: &Suspect) -> Result<()> {
        let Some(room) = &self.ready else { return Ok(()) };
        let refused = self.suspects.iter().flat_map(Suspect::pair).map(|it| room.inside(&it.target)).collect();
        remove_targets(room, suspect);
        let control = Control::new(&self.tools.program, false)?;
        let words = with(&suspect.words, &[JOBS, "-k"]);
        let mut meeting = Meeting::of(Vec::new(), refused);
        self.tools.run(room, &suspect.folder, &words, &control, Trace::None, &mut meeting).map(drop)
    }

    fn race_in_copy(&self, suspect: &Suspect, words: &[String], from: &Room) -> Result<(Room, Trial)> {
        let room = from.again()?;
        remove_targets(&room, suspect);
        let (run, story) = self.race(suspect, words, &room)?;
        Ok((room, trial(suspect, run, &story)))
    }

    fn race(&self, suspect: &Suspect, words: &[String], room: &Room) -> Result<(Run, Story)> {
        let control = Control::new(&self.tools.program, true)?;
        let words = with(words, &[JOBS]);
        let mut meeting = Meeting::of(self.guests(suspect, room), Vec::new());
        let run = self.tools.run(room, &suspect.folder, &words, &control, Trace::Probes, &mut meeting)?;
        let wanted = |path: &str| judge::concerns(suspect, &room.own(path));
        let mut story = accesses::read(&control.path("trace"), &run.records, &wanted)?;
        story.accesses.iter_mut().for_each(|it| it.path = room.own(&it.path));
        story.jobs.iter_mut().for_each(|it| it.target = room.own(&it.target));
        let log = fs::read(control.path("log")).unwrap_or_default();
        add_refused(suspect, &mut story, &String::from_utf8_lossy(&log));
        Ok((run, story))
    }

    /// The racing pair; after a fix also whatever makes the file now.
    fn guests(&self, suspect: &Suspect, room: &Room) -> Vec<Guest> {
        let pair = suspect.pair().map(|it| Guest { target: room.inside(&it.target), only_reads: it.effect == "read" });
        let makers = suspect.paths.iter().filter(|it| suspect.pair().all(|job| job.target != **it));
        let makers = makers.map(|it| Guest { target: room.inside(it), only_reads: false });
        if self.is_fixed { pair.chain(makers).collect() } else { pair.collect() }
    }

    /// What differs from a serial build; what two serial builds make differently does not count.
    fn damage(
        &self,
        suspect: &Suspect,
        words: &[String],
        raced: &Room,
        from: &Room,
    ) -> Result<(Vec<Difference>, String)> {
        let targets = suspect.pair().map(|it| it.target.clone());
        let mut paths: Vec<String> = suspect.paths.iter().cloned().chain(targets).collect();
        paths.sort();
        paths.dedup();
        let (serial, ended) = self.serial(suspect, words, from)?;
        let mut found = differences(&paths, raced, &serial);
        if !found.is_empty() {
            let (again, _) = self.serial(suspect, words, from)?;
            let changing = differences(&paths, &again, &serial);
            found.retain(|it| changing.iter().all(|other| other.path != it.path));
        }
        Ok((found, ended))
    }

    fn serial(&self, suspect: &Suspect, words: &[String], from: &Room) -> Result<(Room, String)> {
        let room = from.again()?;
        remove_targets(&room, suspect);
        let control = Control::new(&self.tools.program, false)?;
        let words = with(words, &["-j1"]);
        let run = self.tools.run(&room, &suspect.folder, &words, &control, Trace::None, &mut Meeting::none())?;
        Ok((room, run.ended()))
    }
}

/// Whether the goal that needed both jobs when the race was found decides: it orders them now or needs one of them only, so
/// that nothing but the user's own words would bring them together; or their own names alone come to nothing.
fn says_more(by_goal: &Trial, by_names: &Trial) -> bool {
    match (by_names.verdict, by_goal.verdict) {
        (_, Verdict::NotRun) | (Verdict::Confirmed, Verdict::Confirmed | Verdict::NoConflict) => false,
        (_, Verdict::Confirmed) => true,
        _ => by_goal.run.status.success(),
    }
}

/// In a copy what an earlier build made would keep the jobs from running.
fn remove_targets(room: &Room, suspect: &Suspect) {
    for file in suspect.pair().map(|it| room.file(&it.target)).filter(|it| it.is_file()) {
        let _ = fs::remove_file(file);
    }
}

fn with(words: &[String], more: &[&str]) -> Vec<String> {
    more.iter().map(|it| (*it).to_owned()).chain(words.iter().cloned()).collect()
}

fn trial(suspect: &Suspect, run: Run, story: &Story) -> Trial {
    let Judgement { verdict, pair, evidence } = judge::judge(suspect, story, run.status.success());
    let seen = |index: usize| {
        let job = &story.jobs[index];
        SeenJob { index, target: job.target.clone(), lines: job.lines.clone() }
    };
    let jobs = pair.map_or(Vec::new(), |(a, b)| vec![seen(a), seen(b)]);
    let verdicts = vec![verdict];
    Trial { suspect: suspect.clone(), verdict, verdicts, jobs, evidence, run, damage: None, fixed: None }
}
