//! What a run's story says about a suspect: whether two jobs ran at the same time and did conflicting things.
//!
//! Runs over jobs and accesses. Knows nothing of traces or of make.

use super::accesses::{Access, Kind, Story};
use super::{Suspect, Verdict};
use crate::races::Class;

/// What was seen, and the accesses that show it.
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    /// The two jobs, in the order in which they started.
    pub(super) pair: Option<(usize, usize)>,
    pub(super) evidence: Vec<Access>,
}

/// Whether a path is one of a suspect's, or below its folder.
pub(super) fn concerns(suspect: &Suspect, path: &str) -> bool {
    let is_folder = suspect.class == Class::MissingDirectory;
    let below = |it: &str| is_folder && path.strip_prefix(it).is_some_and(|it| it.starts_with('/'));
    suspect.paths.iter().any(|it| path == it || below(it))
}

/// What a story says; `succeeded` is whether make did.
pub(super) fn judge(suspect: &Suspect, story: &Story, succeeded: bool) -> Judgement {
    let pairs = conflicting(suspect, story);
    let evidence = |pair: (usize, usize)| {
        // Questions matter where a folder is made after one.
        let tells =
            |it: &Access| it.kind != Kind::Probe || suspect.class == Class::MissingDirectory || fails(story, it);
        let of = |it: &&Access| (it.job == pair.0 || it.job == pair.1) && tells(it);
        story.accesses.iter().filter(of).cloned().collect()
    };
    let named = |pair: &&(usize, usize)| {
        [pair.0, pair.1].iter().all(|it| suspect.pair().any(|job| job.target == story.jobs[*it].target))
    };
    let together: Vec<(usize, usize)> = pairs.iter().copied().filter(|it| story.together(it.0, it.1)).collect();
    if let Some(&pair) = together.iter().find(named).or(together.first()) {
        return Judgement { verdict: Verdict::Confirmed, pair: Some(pair), evidence: evidence(pair) };
    }
    if let Some(&pair) = pairs.iter().find(named).or(pairs.first()) {
        return Judgement { verdict: Verdict::Ordered, pair: Some(pair), evidence: evidence(pair) };
    }
    let started = started(suspect, story);
    // What stopped before it came to the file shows nothing.
    let came = |job: usize| {
        let of_it = |it: &Access| it.kind != Kind::Probe && story.above(it.job).contains(&job);
        succeeded || story.accesses.iter().any(of_it)
    };
    let (verdict, pair) = match started[..] {
        [first, second, ..] if story.together(first, second) && came(first) != came(second) => {
            (Verdict::NotRun, Some((first, second)))
        }
        [first, second, ..] if story.together(first, second) => (Verdict::NoConflict, Some((first, second))),
        [first, second, ..] => (Verdict::Ordered, Some((first, second))),
        [_] if succeeded => (Verdict::OneJob, None),
        _ => (Verdict::NotRun, None),
    };
    Judgement { verdict, pair, evidence: pair.map(evidence).unwrap_or_default() }
}

/// The suspect's jobs that ran, those apart that another one of them ran.
fn started(suspect: &Suspect, story: &Story) -> Vec<usize> {
    let is_suspect = |it: &usize| suspect.pair().any(|job| job.target == story.jobs[*it].target);
    let mut res: Vec<usize> = Vec::new();
    for job in (0..story.jobs.len()).filter(is_suspect) {
        if !res.iter().any(|it| story.related(*it, job)) {
            res.push(job);
        }
    }
    res
}

/// Pairs of jobs, not one below the other, that did conflicting things to the suspect's paths.
fn conflicting(suspect: &Suspect, story: &Story) -> Vec<(usize, usize)> {
    let mut res = Vec::new();
    for (nth, a) in story.accesses.iter().enumerate() {
        for b in &story.accesses[nth + 1..] {
            let pair = (a.job.min(b.job), a.job.max(b.job));
            let is_new = !story.related(a.job, b.job) && !res.contains(&pair);
            if is_new && (conflict(suspect, story, a, b) || conflict(suspect, story, b, a)) {
                res.push(pair);
            }
        }
    }
    res
}

/// Whether `a`, which changes something, conflicts with `b`.
fn conflict(suspect: &Suspect, story: &Story, a: &Access, b: &Access) -> bool {
    if suspect.class == Class::MissingDirectory {
        return folder_conflict(suspect, story, a, b);
    }
    if a.path != b.path || is_void(a) || is_void(b) {
        return false;
    }
    // Who asks for a file in vain and fails has needed it.
    let in_vain = |it: &Access| it.kind == Kind::Probe && fails(story, it);
    // What is moved into place is read whole, before or after; where both make it, all the same.
    let both_make = matches!(suspect.class, Class::SharedOutput | Class::MultiOutput);
    match (a.kind, b.kind) {
        (Kind::Write, Kind::Read) if both_make && b.error.is_none() && a.call.starts_with("rename") => false,
        (Kind::Write, Kind::Probe) => in_vain(b),
        (Kind::Probe | Kind::Read, _) | (_, Kind::Probe) => false,
        // Each replaces the file at one stroke: nobody sees half of one.
        (Kind::Write, Kind::Write) => ![a, b].iter().all(|it| it.call.starts_with("rename")),
        // Whether it is gone before or after is all the same.
        (Kind::Remove, Kind::Remove) => false,
        // `mkdir -p` does not mind.
        (Kind::MakeDirectory, Kind::MakeDirectory) => fails(story, a) || fails(story, b),
        _ => true,
    }
}

/// `a` makes the folder; `b` needs it, or must make it itself.
fn folder_conflict(suspect: &Suspect, story: &Story, a: &Access, b: &Access) -> bool {
    // `mv x.d dep` before `mkdir dep`
    let is_file = b.kind == Kind::Write && b.error.is_none() && b.path == a.path;
    if a.kind == Kind::MakeDirectory && fails(story, a) && is_file && suspect.paths.contains(&a.path) {
        return true;
    }
    let makes = a.kind == Kind::MakeDirectory && a.error.is_none() && suspect.paths.contains(&a.path);
    if !makes || !(b.path == a.path || b.path.starts_with(&format!("{}/", a.path))) {
        return false;
    }
    // A job that was over before `b` began had made sure of it.
    let sure = |it: &Access| {
        let is_third = it.job != a.job && it.job != b.job && it.path == a.path && it.kind == Kind::MakeDirectory;
        is_third && story.jobs[it.job].until <= story.jobs[b.job].from
    };
    if story.accesses.iter().any(sure) {
        return false;
    }
    let own = |it: &&Access| it.job == b.job && it.path == a.path && it.kind == Kind::MakeDirectory;
    // A job that makes the folder unless it is there (`[ -d x ] || mkdir x`) was there late enough.
    let makes = |it: &super::SuspectJob| it.target == story.jobs[b.job].target && it.effect.starts_with("make");
    match story.accesses.iter().find(own) {
        Some(own) => fails(story, own) || fails(story, a),
        None => !suspect.pair().any(makes),
    }
}

/// An access that changed nothing and asked nothing.
fn is_void(it: &Access) -> bool {
    it.kind == Kind::Write && it.error.is_some()
}

/// Whether a call failed, and its process with it.
fn fails(story: &Story, it: &Access) -> bool {
    it.error.is_some() && story.failed.get(&it.pid).is_some_and(|end| *end > it.at)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::SuspectJob;
    use super::super::accesses::Job;
    use super::*;

    fn suspect(class: Class) -> Suspect {
        let job = |target: &str| SuspectJob { target: target.into(), ..SuspectJob::default() };
        Suspect { class, paths: vec!["/t/out".into()], jobs: vec![job("/t/a"), job("/t/b")], ..Suspect::default() }
    }

    fn story(spans: [(usize, usize); 2], accesses: &[(usize, Kind, &str, Option<&str>)]) -> Story {
        let job = |(name, (from, until)): (&str, (usize, usize))| Job {
            target: format!("/t/{name}"),
            folder: "/t".into(),
            make: (1, 0),
            parent: None,
            lines: Vec::new(),
            from,
            until,
            pids: BTreeSet::new(),
        };
        let access = |(at, it): (usize, &(usize, Kind, &str, Option<&str>))| Access {
            at,
            pid: u32::try_from(it.0).unwrap(),
            job: it.0,
            kind: it.1,
            path: it.2.into(),
            error: it.3.map(str::to_owned),
            call: String::new(),
            program: String::new(),
        };
        Story {
            jobs: ["a", "b"].into_iter().zip(spans).map(job).collect(),
            accesses: accesses.iter().enumerate().map(access).collect(),
            ..Story::default()
        }
    }

    #[test]
    fn jobs_race_that_overlap_and_conflict() {
        let verdict =
            |spans, accesses: &[_]| judge(&suspect(Class::SharedOutput), &story(spans, accesses), true).verdict;
        let both = [(0, Kind::Write, "/t/out", None), (1, Kind::Write, "/t/out", None)];
        assert_eq!(verdict([(0, 9), (5, 12)], &both), Verdict::Confirmed);
        assert_eq!(verdict([(0, 4), (5, 12)], &both), Verdict::Ordered);
        let removals = [(0, Kind::Remove, "/t/out", None), (1, Kind::Remove, "/t/out", Some("ENOENT"))];
        assert_eq!(verdict([(0, 9), (5, 12)], &removals), Verdict::NoConflict);
        let reads = [(0, Kind::Read, "/t/out", None), (1, Kind::Read, "/t/out", None)];
        assert_eq!(verdict([(0, 9), (5, 12)], &reads), Verdict::NoConflict);
        assert_eq!(verdict([(0, 4), (5, 12)], &reads), Verdict::Ordered);
    }

    #[test]
    fn a_job_that_failed_before_it_came_to_the_file_clears_nothing() {
        let verdict = |accesses: &[_], succeeded| {
            judge(&suspect(Class::MissingPrerequisite), &story([(0, 9), (5, 12)], accesses), succeeded).verdict
        };
        let reads = [(1, Kind::Read, "/t/out", Some("ENOENT"))];
        assert_eq!(verdict(&reads, false), Verdict::NotRun);
        assert_eq!(verdict(&reads, true), Verdict::NoConflict);
    }

    #[test]
    fn asking_in_vain_and_failing_is_needing() {
        let asks = [(1, Kind::Probe, "/t/out", Some("ENOENT")), (0, Kind::Write, "/t/out", None)];
        let mut seen = story([(0, 9), (5, 12)], &asks);
        let verdict = |story: &Story| judge(&suspect(Class::MissingPrerequisite), story, true).verdict;
        assert_eq!(verdict(&seen), Verdict::NoConflict);
        seen.failed.insert(1, 11);
        assert_eq!(verdict(&seen), Verdict::Confirmed);
    }

    #[test]
    fn jobs_run_together_where_the_recipes_above_do() {
        let mut seen = story([(6, 8), (0, 4)], &[]);
        let above = Job { target: "/t/top".into(), from: 0, until: 9, ..seen.jobs[0].clone() };
        seen.jobs.push(above);
        assert!(!seen.together(0, 1));
        seen.jobs[0].parent = Some(2);
        assert!(seen.together(0, 1));
    }

    #[test]
    fn files_that_are_moved_into_place_do_not_conflict() {
        let mut seen = story([(0, 9), (5, 12)], &[(0, Kind::Write, "/t/out", None), (1, Kind::Write, "/t/out", None)]);
        seen.accesses.iter_mut().for_each(|it| it.call = "renameat2(\"x\", \"out\")".into());
        assert_eq!(judge(&suspect(Class::SharedOutput), &seen, true).verdict, Verdict::NoConflict);
        seen.accesses[1].call = "openat(\"out\", O_WRONLY)".into();
        assert_eq!(judge(&suspect(Class::SharedOutput), &seen, true).verdict, Verdict::Confirmed);
    }

    #[test]
    fn a_folder_that_both_may_make_is_no_race() {
        let verdict = |accesses: &[_]| {
            judge(&suspect(Class::MissingDirectory), &story([(0, 9), (5, 12)], accesses), true).verdict
        };
        let makes = (0, Kind::MakeDirectory, "/t/out", None);
        let finds = (1, Kind::MakeDirectory, "/t/out", Some("EEXIST"));
        let uses = (1, Kind::Write, "/t/out/x", None);
        assert_eq!(verdict(&[makes, finds, uses]), Verdict::NoConflict);
        assert_eq!(verdict(&[makes, uses]), Verdict::Confirmed);
        let found = (0, Kind::MakeDirectory, "/t/out", Some("EEXIST"));
        assert_eq!(verdict(&[found, uses]), Verdict::NoConflict);
    }
}
