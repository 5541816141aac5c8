//! Trials and observations as text, as JSON, and as lines of a patch's message.

use std::path::Path;

use serde_json::{Value, json};

use super::accesses::Access;
use super::observe::{Observation, Pair, Side};
use super::trial::Trial;
use super::{Site, Suspect, Verdict};
use crate::report::escape;
use crate::source::name_of;

/// The name of the schema.
const SCHEMA: &str = "unrace-confirm/1";
/// Accesses that are printed for each job.
const MAX_SHOWN: usize = 6;
/// Longest command that is printed.
const MAX_COMMAND: usize = 160;

/// Trials for people.
pub fn text(trials: &[Trial], site: &Site) -> String {
    let mut out: String = trials.iter().map(|it| one(it, site)).collect();
    let verdicts: Vec<Verdict> = trials.iter().map(|it| it.verdict).collect();
    out.push_str(&match verdicts.is_empty() {
        true => "nothing to confirm\n".to_owned(),
        false => format!("{}\n", counted(&verdicts)),
    });
    out
}

fn counted(verdicts: &[Verdict]) -> String {
    let count = |verdict: Verdict| verdicts.iter().filter(|it| **it == verdict).count();
    let of = |verdict: Verdict| format!("{} {}", count(verdict), verdict.name());
    let all = [Verdict::Confirmed, Verdict::Ordered, Verdict::NoConflict, Verdict::OneJob, Verdict::NotRun];
    let parts: Vec<String> = all.into_iter().filter(|it| count(*it) > 0).map(of).collect();
    parts.join(", ")
}

fn one(trial: &Trial, site: &Site) -> String {
    let suspect = &trial.suspect;
    let path = shown(site, &suspect.paths[0]);
    let class = suspect.class.name();
    let mut out = format!("{}[{class}]: {path}: {}\n", trial.verdict.name(), sentence(trial, site));
    let mut add = |name: &str, text: &str| out.push_str(&format!("  {name}: {}\n", escape(text)));
    add("finding", &format!("{} {}", suspect.id, suspect.message));
    add("run", &format!("{} ({}, {:.1} s)", command(suspect, trial, site), trial.run.ended(), trial.run.seconds));
    if trial.verdicts.len() > 1 {
        add("runs", &counted(&trial.verdicts));
    }
    for line in steps(trial, site) {
        out.push_str(&format!("    {}\n", escape(&line)));
    }
    let mut add = |name: &str, text: &str| out.push_str(&format!("  {name}: {}\n", escape(text)));
    damage(trial, site).iter().for_each(|it| add("damage", it));
    if trial.verdict == Verdict::NotRun {
        trial.run.last_lines.iter().for_each(|it| add("make said", it));
    }
    if let Some(fixed) = &trial.fixed {
        out.push_str(&format!("  after the fix: {}: {}\n", fixed.verdict.name(), escape(&sentence(fixed, site))));
    }
    out.push('\n');
    out
}

fn sentence(trial: &Trial, site: &Site) -> String {
    let names: Vec<String> = trial.jobs.iter().map(|it| format!("`{}`", shown(site, &it.target))).collect();
    let pair = match &names[..] {
        [a, b] if a == b => format!("two runs of {a}"),
        [a, b] => format!("{a} and {b}"),
        _ => String::new(),
    };
    // Make refused it: it has no lines.
    let refused = trial.jobs.iter().position(|it| it.lines.is_empty());
    match (trial.verdict, refused) {
        (Verdict::Confirmed, Some(nth)) => {
            format!(
                "make had no rule for it and refused {}, while {} was about to write it",
                names[nth],
                names[1 - nth]
            )
        }
        _ => plain_sentence(trial.verdict, &pair),
    }
}

fn plain_sentence(verdict: Verdict, pair: &str) -> String {
    match verdict {
        Verdict::Confirmed => format!("{pair} ran at the same time, and what they did to it conflicts"),
        Verdict::Ordered => format!("{pair} never ran at the same time"),
        Verdict::NoConflict => format!("{pair} ran at the same time, and nothing that they did to it conflicts"),
        Verdict::OneJob => "one recipe made it, and the other had nothing left to do".to_owned(),
        Verdict::NotRun => "not both of the jobs ran as far as the file in this build".to_owned(),
    }
}

/// The command as it can be typed.
fn command(suspect: &Suspect, trial: &Trial, site: &Site) -> String {
    let folder = shown(site, &suspect.folder.to_string_lossy());
    let folder = if suspect.folder == site.root { String::new() } else { format!(" -C {folder}") };
    format!("make{folder} {}", trial.run.words.join(" "))
}

/// The system calls in order, each with its job, process and program.
fn steps(trial: &Trial, site: &Site) -> Vec<String> {
    let mut left = [MAX_SHOWN; 2];
    let mut res: Vec<String> = Vec::new();
    for job in &trial.jobs {
        if let Some(line) = job.lines.first() {
            res.push(format!("`{}` runs: {}", shown(site, &job.target), cut(line)));
        }
    }
    for access in &trial.evidence {
        let Some(nth) = trial.jobs.iter().position(|it| it.index == access.job) else { continue };
        if left[nth] > 0 {
            left[nth] -= 1;
            let target = shown(site, &trial.jobs[nth].target);
            res.push(format!("{:>6} {target}: {}: {}", access.pid, name_of(&access.program), access.call));
        }
    }
    res
}

fn damage(trial: &Trial, site: &Site) -> Vec<String> {
    let Some((differences, serial)) = &trial.damage else { return Vec::new() };
    let raced = trial.run.ended();
    if differences.is_empty() {
        return vec![match raced == *serial {
            true => "none this time: the files are as a serial build makes them".to_owned(),
            false => format!("make ended with {raced}, a serial make with {serial}"),
        }];
    }
    let end = match (raced.as_str(), serial.as_str()) {
        ("status 0", _) => "; make ended with status 0 all the same".to_owned(),
        (raced, serial) => format!("; make ended with {raced}, a serial make with {serial}"),
    };
    differences.iter().map(|it| format!("{}: {}{end}", shown(site, &it.path), it.text())).collect()
}

/// Trials for programs.
pub fn json(trials: &[Trial], site: &Site) -> Value {
    let results: Vec<Value> = trials.iter().map(|it| value(it, site)).collect();
    json!({"schema": SCHEMA, "root": site.root.to_string_lossy(), "results": results})
}

fn value(trial: &Trial, site: &Site) -> Value {
    let suspect = &trial.suspect;
    let target = |it: &Access| trial.jobs.iter().find(|job| job.index == it.job).map(|it| shown(site, &it.target));
    let access = |it: &Access| {
        json!({"target": target(it), "pid": it.pid, "program": it.program, "kind": it.kind.name(), "call": it.call,
               "path": shown(site, &it.path), "error": it.error})
    };
    let jobs: Vec<Value> =
        trial.jobs.iter().map(|it| json!({"target": shown(site, &it.target), "commands": it.lines})).collect();
    json!({
        "id": suspect.id,
        "class": suspect.class.name(),
        "path": shown(site, &suspect.paths[0]),
        "verdict": trial.verdict.name(),
        "runs": trial.verdicts.iter().map(|it| it.name()).collect::<Vec<_>>(),
        "message": sentence(trial, site),
        "command": command(suspect, trial, site),
        "ended": trial.run.ended(),
        "seconds": trial.run.seconds,
        "jobs": jobs,
        "accesses": trial.evidence.iter().map(access).collect::<Vec<_>>(),
        "damage": trial.damage.as_ref().map(|(it, serial)| json!({
            "files": it.iter().map(super::damage::Difference::json).collect::<Vec<_>>(),
            "serial_ended": serial,
        })),
        "evidence": lines(trial, site),
        "fixed": trial.fixed.as_ref().map(|it| value(it, site)),
    })
}

/// What a patch's message says of a trial.
fn lines(trial: &Trial, site: &Site) -> Vec<String> {
    if trial.verdict != Verdict::Confirmed {
        return Vec::new();
    }
    let mut res =
        vec![format!("{} ({}): {}", command(&trial.suspect, trial, site), trial.run.ended(), sentence(trial, site))];
    res.extend(steps(trial, site));
    res.extend(damage(trial, site).into_iter().filter(|it| !it.starts_with("none")));
    if let Some(fixed) = &trial.fixed {
        res.push(format!("after this patch: {}", sentence(fixed, site)));
    }
    res
}

/// The lines that a confirm report has for a finding: by its id, else by its class and the end of its path.
pub fn evidence(report: &Value, id: &str, class: &str, path: &str) -> Option<String> {
    let results = report["results"].as_array()?;
    let ends = |it: &Value| it["path"].as_str().is_some_and(|it| it.ends_with(path) || path.ends_with(it));
    let same = |it: &&Value| it["id"] == id;
    let alike = |it: &&Value| it["class"] == class && ends(it);
    let found = results.iter().find(same).or_else(|| results.iter().find(alike))?;
    let lines: Vec<&str> = found["evidence"].as_array()?.iter().filter_map(Value::as_str).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// An observation for people.
pub fn observed_text(seen: &Observation, site: &Site) -> String {
    let mut out = String::new();
    for pair in &seen.pairs {
        let mark = if pair.is_reported { "reported by check" } else { "missed by check" };
        let others = if pair.others > 0 { format!(", and {} more jobs", pair.others) } else { String::new() };
        out.push_str(&format!("unordered: {} ({mark}{others})\n", escape(&shown(site, &pair.path))));
        for side in &pair.sides {
            let line = format!("`{}`: {}: {}", shown(site, &side.target), name_of(&side.program), side.call);
            out.push_str(&format!("    {}\n      in: {}\n", escape(&line), escape(&cut(&side.line))));
        }
    }
    let missed = seen.pairs.iter().filter(|it| !it.is_reported).count();
    let run = &seen.run;
    out.push_str(&format!(
        "{} jobs, {} unordered conflicts, {missed} missed by check; make {} ended with {} after {:.1} s\n",
        seen.n_jobs,
        seen.pairs.len(),
        run.words.join(" "),
        run.ended(),
        run.seconds
    ));
    if !run.status.success() {
        run.last_lines.iter().for_each(|it| out.push_str(&format!("  make said: {}\n", escape(it))));
    }
    out
}

/// An observation for programs.
pub fn observed_json(seen: &Observation, site: &Site) -> Value {
    let side = |it: &Side| {
        json!({"target": shown(site, &it.target), "kind": it.kind.name(), "program": it.program, "call": it.call,
               "command": it.line})
    };
    let pair = |it: &Pair| {
        json!({"path": shown(site, &it.path), "jobs": it.sides.each_ref().map(side), "more_jobs": it.others,
               "reported": it.is_reported})
    };
    let run = &seen.run;
    json!({
        "schema": SCHEMA,
        "root": site.root.to_string_lossy(),
        "observed": {"jobs": seen.n_jobs, "command": format!("make {}", run.words.join(" ")), "ended": run.ended(),
                     "seconds": run.seconds, "conflicts": seen.pairs.iter().map(pair).collect::<Vec<_>>()},
    })
}

fn shown(site: &Site, path: &str) -> String {
    let below = Path::new(path).strip_prefix(&site.root);
    below.map_or(path.to_owned(), |it| it.to_string_lossy().into_owned())
}

fn cut(line: &str) -> String {
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_COMMAND) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line,
    }
}
