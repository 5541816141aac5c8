//! For people: a headline, the places, then what to know and what to do, in about ten lines.

use annotate_snippets::{Group, Level, Renderer};

use super::excerpt::{Mark, snippets};
use super::{Report, deed, escape};
use crate::analysis::{Analysis, Finding, JobReport, Severity};
use crate::source::Span;
use crate::text::display;

/// Places where the path is spelt, besides the recipe lines, that are shown.
const MAX_SPELT: usize = 1;
/// Jobs and configurations that a line lists.
const MAX_LISTED: usize = 4;

pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.analysis.findings {
        out.push_str(&render_finding(report, finding));
        out.push('\n');
    }
    if report.style.summary {
        out.push_str(&summary(report.analysis));
    }
    out
}

fn render_finding(report: &Report, finding: &Finding) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(escape(&display(&finding.message))).id(finding.class.name());
    let notes = notes(report, finding);
    let group = Group::with_title(title).elements(snippets(report, &marks(report, finding)));
    let group = group.elements(notes.into_iter().map(|(name, text)| Level::NOTE.with_name(name).message(text)));
    let renderer = if report.style.colour { Renderer::styled() } else { Renderer::plain() };
    compact(&renderer.term_width(report.style.width).render(&[group]))
}

/// The two jobs whose places differ, in the goal if possible, and where else the path is spelt. The jobs that run two makes
/// stand before what both make.
fn marks(report: &Report, finding: &Finding) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for job in shown_jobs(finding) {
        let label = format!("`{}` {}", escape(&display(&job.target)), deed(job));
        let exact = |span: Span| job.spelt.iter().any(|it| report.first_line(*it) == span);
        let primary = job.runs.is_some() || finding.runners().len() < 2;
        marks.extend(report.job_span(job).map(|span| Mark { span, label, primary, exact: exact(span) }));
    }
    let is_marked = |span: &Span| marks.iter().any(|it| it.span.contains(*span) || it.span == report.first_line(*span));
    let spelt = shown_jobs(finding).flat_map(|it| it.spelt.iter().copied()).filter(|it| !is_marked(it));
    let mut further: Vec<Span> = Vec::new();
    for span in spelt.map(|it| report.first_line(it)) {
        if !further.contains(&span) && further.len() < MAX_SPELT {
            further.push(span);
        }
    }
    marks.extend(further.into_iter().map(|span| Mark {
        span,
        label: "spelt here".into(),
        primary: false,
        exact: true,
    }));
    marks
}

/// The first job and the first one after it that is another; those that the goal starts come first.
fn shown_jobs(finding: &Finding) -> impl Iterator<Item = &JobReport> {
    let ordered = || finding.jobs.iter().filter(|it| it.in_goal).chain(finding.jobs.iter().filter(|it| !it.in_goal));
    let writes = |it: &&JobReport| it.effect != "read";
    let first = ordered().find(writes).or_else(|| ordered().next());
    let other = ordered().find(|it| first.is_some_and(|first| !std::ptr::eq(first, *it)));
    finding.runners().into_iter().chain(first).chain(other)
}

fn notes(report: &Report, finding: &Finding) -> Vec<(&'static str, String)> {
    let witness = &finding.witness;
    let mut res = vec![match finding.goal.as_str() {
        "" => ("witness", format!("{witness}, since no goal starts both")),
        goal => ("goal", format!("{goal}; witness: {witness}")),
    }];
    let only_base = finding.configurations.iter().all(|it| it.conditions.is_empty());
    if !only_base {
        res.push(("configurations", configurations(report, finding)));
    }
    if !finding.paths.is_empty() {
        res.push(("files", listed(finding.paths.iter().map(|it| report.path(it)))));
    }
    let more: Vec<&JobReport> =
        finding.jobs.iter().filter(|it| !shown_jobs(finding).any(|shown| std::ptr::eq(shown, *it))).collect();
    if !more.is_empty() {
        res.push(("also", listed(more.iter().map(|it| also(report, it)))));
    }
    if let Some(fix) = finding.fixes.first() {
        res.push(("fix", format!("{} ({}, {})", fix.title, fix.strategy.name(), fix.applicability.name())));
    }
    res.into_iter().map(|(name, text)| (name, escape(&display(&text)))).collect()
}

fn configurations(report: &Report, finding: &Finding) -> String {
    listed(finding.configurations.iter().map(|it| {
        let place = it.conditions.first().map(|it| report.place(it.place));
        place.map_or(it.name.clone(), |place| format!("{} ({}:{})", it.name, place.file, place.line))
    }))
}

fn also(report: &Report, job: &JobReport) -> String {
    let place = report.job_span(job).map(|it| report.place(it));
    let place = place.map_or_else(String::new, |it| format!(" ({}:{})", it.file, it.line));
    let outside = if job.in_goal { "" } else { ", started by other goals" };
    format!("`{}` {}{place}{outside}", job.target, deed(job))
}

fn listed(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    let shown = items[..items.len().min(MAX_LISTED)].join("; ");
    if items.len() > MAX_LISTED { format!("{shown}; and {} more", items.len() - MAX_LISTED) } else { shown }
}

/// Drops lines that hold nothing but the gutter.
fn compact(text: &str) -> String {
    let is_gutter = |line: &str| anstream::adapter::strip_str(line).to_string().trim() == "|";
    text.lines().filter(|it| !is_gutter(it)).map(|it| format!("{}\n", it.trim_end())).collect()
}

fn summary(analysis: &Analysis) -> String {
    let count = |severity| analysis.findings.iter().filter(|it| it.severity == severity).count();
    let found: Vec<String> = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")]
        .into_iter()
        .filter(|(severity, _)| count(*severity) > 0)
        .map(|(severity, name)| plural(count(severity), name))
        .collect();
    let found = if found.is_empty() { "no races".to_owned() } else { found.join(", ") };
    let makefiles = plural(analysis.makefiles.len(), "makefile");
    let configurations = plural(analysis.configurations_examined, "configuration");
    format!("found {found} in {makefiles} ({configurations})\n")
}

pub(super) fn plural(count: usize, name: &str) -> String {
    if count == 1 { format!("1 {name}") } else { format!("{count} {name}s") }
}
