//! What a comment on a race says: its file, both recipes, the configurations, how to see it and how to reproduce it.

use super::{Report, deed, escape};
use crate::analysis::{ConfigurationReport, Finding, JobReport};
use crate::text::display;

/// Jobs that a comment lists.
pub(super) const MAX_JOBS: usize = 6;

/// A finding in words; each without control characters.
pub(super) struct Facts {
    /// The headline.
    pub(super) message: String,
    /// The jobs, those that the goal starts first.
    pub(super) jobs: Vec<JobFacts>,
    /// Where it holds; empty where that is the base alone.
    pub(super) configurations: Vec<String>,
    /// The goal that shows it.
    pub(super) goal: String,
    /// A command that can show it.
    pub(super) witness: String,
    /// A command that reports it again.
    pub(super) reproduce: String,
}

/// A job in words.
pub(super) struct JobFacts {
    pub(super) target: String,
    pub(super) deed: &'static str,
    /// `file:line`, or empty.
    pub(super) place: String,
    pub(super) command: String,
}

impl Facts {
    pub(super) fn of(report: &Report, finding: &Finding) -> Facts {
        let (own, others): (Vec<&JobReport>, Vec<&JobReport>) = finding.jobs.iter().partition(|it| it.in_goal);
        Facts {
            message: shown(&finding.message),
            jobs: own.into_iter().chain(others).map(|it| job(report, it)).collect(),
            configurations: configurations(report, &finding.configurations),
            goal: shown(&finding.goal),
            witness: shown(&finding.witness),
            reproduce: reproduce(report, finding),
        }
    }

    /// As lines of plain text, the message first.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut res = vec![self.message.clone()];
        res.extend(self.jobs.iter().take(MAX_JOBS).map(|it| format!("{}: {}", it.headline(), it.command)));
        if self.jobs.len() > MAX_JOBS {
            res.push(format!("and {} more jobs", self.jobs.len() - MAX_JOBS));
        }
        if !self.configurations.is_empty() {
            res.push(format!("configurations: {}", self.configurations.join("; ")));
        }
        let goal = if self.goal.is_empty() { String::new() } else { format!("goal: {}; ", self.goal) };
        res.push(format!("{goal}witness: {}", self.witness));
        res.push(format!("reproduce: {}", self.reproduce));
        res
    }
}

impl JobFacts {
    /// `` `app` (Makefile:3) writes it``
    pub(super) fn headline(&self) -> String {
        let place = if self.place.is_empty() { String::new() } else { format!(" ({})", self.place) };
        format!("`{}`{place} {}", self.target, self.deed)
    }
}

fn job(report: &Report, job: &JobReport) -> JobFacts {
    let place = report.job_span(job).map(|it| report.place(it));
    JobFacts {
        target: shown(&job.target),
        deed: deed(job),
        place: place.map_or_else(String::new, |it| escape(&format!("{}:{}", it.file, it.line))),
        command: shown(&job.command),
    }
}

fn configurations(report: &Report, all: &[ConfigurationReport]) -> Vec<String> {
    if all.iter().all(|it| it.conditions.is_empty()) {
        return Vec::new();
    }
    let one = |it: &ConfigurationReport| {
        let place = it.conditions.first().map(|it| report.place(it.place));
        shown(&place.map_or(it.name.clone(), |place| format!("{} ({}:{})", it.name, place.file, place.line)))
    };
    all.iter().map(one).collect()
}

/// The command that reports a finding, and little else.
fn reproduce(report: &Report, finding: &Finding) -> String {
    let mut words = vec!["unrace".to_owned(), "check".to_owned(), format!("--class={}", finding.class.name())];
    let conditions = finding.configurations.first().map_or(&[][..], |it| &it.conditions);
    words.extend(
        conditions.iter().map(|it| quoted(&format!("--configuration={}={}", shown(&it.subject), shown(&it.value)))),
    );
    let makefile = finding.jobs.iter().find_map(|it| it.rule).map(|it| report.place(it).file);
    let named = |it: &&String| makefile.as_ref().is_some_and(|file| report.path(it) == *file);
    // The makefile that make is given may be another than the one with the rule.
    let entry = report.analysis.makefiles.iter().find(named).map(|it| report.path(it));
    words.extend(entry.map(|it| quoted(&escape(&it))));
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "-_./=+,:@%".contains(it);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

fn shown(text: &str) -> String {
    escape(&display(text))
}
