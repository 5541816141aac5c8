//! One page that needs nothing else: what was found, each race drawn, its recipes, and the patch side by side.
//!
//! No script: a patch unfolds as `details` do. Reads on a phone, prints with everything unfolded.

mod graph;

use super::facts::{Facts, JobFacts};
use super::text::plural;
use super::{Report, escape};
use crate::analysis::{Applicability, Finding, Fix, Severity};
use crate::patch::{Change, Row, changes, rows};
use crate::text::display;

/// The head of the pictures' arrows.
const ARROW: &str = "<svg width=\"0\" height=\"0\" aria-hidden=\"true\"><defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" \
     refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" \
     fill=\"context-stroke\"/></marker></defs></svg>\n";

const STYLE: &str = include_str!("html/style.css");

pub(super) fn render(report: &Report) -> String {
    let findings = &report.analysis.findings;
    let articles: String = findings.iter().enumerate().map(|(n, it)| article(report, n + 1, it)).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>unrace: {title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{ARROW}<main>\n{head}{articles}</main>\n\
         </body>\n</html>\n",
        title = plural(findings.len(), "race"),
        head = head(report),
    )
}

/// What was looked at, and a line for each finding.
fn head(report: &Report) -> String {
    let analysis = report.analysis;
    let count = |severity| analysis.findings.iter().filter(|it| it.severity == severity).count();
    let fixable = |it: &&Finding| fix_of(it).is_some_and(|it| it.applicability == Applicability::Safe);
    let counts: String = [
        ("errors", count(Severity::Error)),
        ("warnings", count(Severity::Warning)),
        ("notes", count(Severity::Note)),
        ("with a safe fix", analysis.findings.iter().filter(fixable).count()),
        ("makefiles", analysis.makefiles.len()),
        ("configurations", analysis.configurations_examined),
    ]
    .iter()
    .map(|(name, n)| format!("<li><b>{n}</b> {name}</li>\n"))
    .collect();
    let line = |(n, it): (usize, &Finding)| {
        format!(
            "<tr><td><a href=\"#{id}\">{n}</a></td><td>{severity}</td><td>{class}</td><td><code>{path}</code></td></tr>\n",
            id = it.id,
            n = n + 1,
            severity = badge(it.severity),
            class = it.class.name(),
            path = text(&report.path(&it.path)),
        )
    };
    let lines: String = analysis.findings.iter().enumerate().map(line).collect();
    let table = format!(
        "<table class=\"list\">\n<thead><tr><th>no.</th><th></th><th>class</th><th>file</th></tr></thead>\n\
         <tbody>\n{lines}</tbody>\n</table>\n"
    );
    let table = if analysis.findings.is_empty() { "<p>No races.</p>\n".to_owned() } else { table };
    format!(
        "<header>\n<h1>Races under <code>make -j</code></h1>\n<p class=\"root\">{}</p>\n<ul class=\"counts\">\n{counts}</ul>\n\
         {table}</header>\n",
        text(&report.project.root)
    )
}

fn article(report: &Report, n: usize, finding: &Finding) -> String {
    let facts = Facts::of(report, finding);
    let jobs: String = facts.jobs.iter().map(job).collect();
    let mut known = format!(
        "<dt>goal</dt><dd>{}</dd>\n<dt>seen with</dt><dd><code>{}</code></dd>\n<dt>reported by</dt><dd><code>{}</code></dd>\n",
        text(&facts.goal),
        text(&facts.witness),
        text(&facts.reproduce)
    );
    if !facts.configurations.is_empty() {
        known.push_str(&format!("<dt>configurations</dt><dd>{}</dd>\n", text(&facts.configurations.join("; "))));
    }
    format!(
        "<article id=\"{id}\">\n<h2>{n}. {severity} {class}: <code>{path}</code></h2>\n<p>{message}</p>\n{graph}\
         <ol class=\"jobs\">\n{jobs}</ol>\n<dl>\n{known}</dl>\n{fix}</article>\n",
        id = finding.id,
        severity = badge(finding.severity),
        class = finding.class.name(),
        path = text(&report.path(&finding.path)),
        message = text(&facts.message),
        graph = graph::draw(report, finding, &facts),
        fix = fix_of(finding)
            .map_or_else(|| "<p class=\"none\">No fix is offered.</p>\n".to_owned(), |it| fix(report, it)),
    )
}

fn job(job: &JobFacts) -> String {
    let place = if job.place.is_empty() { String::new() } else { format!(" <span>{}</span>", text(&job.place)) };
    format!("<li><b>{}</b> {}{place}\n<pre>{}</pre></li>\n", text(&job.target), job.deed, text(&job.command))
}

/// The fix to show: one that can be made, else the first sketch.
fn fix_of(finding: &Finding) -> Option<&Fix> {
    finding.fixes.iter().find(|it| it.applicability > Applicability::Manual).or(finding.fixes.first())
}

fn fix(report: &Report, fix: &Fix) -> String {
    let title = text(&display(&fix.title));
    let kind = format!("{}, {}", fix.strategy.name(), fix.applicability.name());
    let why: String = display(&fix.why).lines().map(|it| format!("<p>{}</p>\n", text(it))).collect();
    if fix.applicability == Applicability::Manual {
        return format!("<div class=\"fix\"><p>{title} ({kind})</p>\n{why}</div>\n");
    }
    let edited = fix.edits.apply(report.project);
    let files: String =
        changes(report.project, &edited, [&fix.edits]).iter().map(|it| side_by_side(report, it)).collect();
    format!("<details class=\"fix\">\n<summary>{title} <small>({kind})</small></summary>\n{why}{files}</details>\n")
}

fn side_by_side(report: &Report, change: &Change) -> String {
    let hunks: Vec<String> = rows(change).iter().map(|it| it.iter().map(row).collect()).collect();
    let gap = "<tr class=\"gap\"><td colspan=\"4\">&#8943;</td></tr>\n";
    format!(
        "<table class=\"patch\">\n<caption>{}</caption>\n<tbody>\n{}</tbody>\n</table>\n",
        text(&report.path(&change.path)),
        hunks.join(gap)
    )
}

fn row(row: &Row) -> String {
    let same = row.old.as_ref().map(|it| &it.1) == row.new.as_ref().map(|it| &it.1);
    let side = |side: &Option<(usize, Vec<u8>)>, name: &str| match side {
        Some((n, line)) => {
            let class = if same { "same" } else { name };
            let line = text(&String::from_utf8_lossy(line).replace('\t', "\u{1}")).replace("\\u{1}", "\t");
            format!("<td class=\"n {class} {name}\">{n}</td><td class=\"{class} {name}\">{line}</td>")
        }
        None => format!("<td class=\"n void {name}\"></td><td class=\"void {name}\"></td>"),
    };
    let class = if same { " class=\"same\"" } else { "" };
    format!("<tr{class}>{}{}</tr>\n", side(&row.old, "old"), side(&row.new, "new"))
}

fn badge(severity: Severity) -> String {
    format!("<span class=\"badge {0}\">{0}</span>", severity.name())
}

/// Text as HTML shows it, control characters escaped.
fn text(text: &str) -> String {
    escape(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
