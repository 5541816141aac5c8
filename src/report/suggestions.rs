//! The body of a GitHub review: one comment for each race, with the fix as a suggestion where it lies inside the change,
//! else as a patch to unfold.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::facts::{Facts, MAX_JOBS};
use super::{Report, escape};
use crate::analysis::{Applicability, Finding, Fix};
use crate::patch::{Touched, changes, unified};
use crate::source::{FileId, Span};
use crate::text::display;

/// The lines that a change touches, in the files as they are now.
pub type Diff = BTreeMap<FileId, Touched>;

/// A place for a comment: a file, and its first and last line.
type Lines = (FileId, usize, usize);

/// The review, as `POST /repos/{owner}/{repo}/pulls/{number}/reviews` takes it. `prefix` leads from the top of the work
/// tree to the root; `head` is the commit that is looked at.
pub fn review(report: &Report, diff: &Diff, prefix: &str, head: &str) -> String {
    let report = &Report { prefix, ..*report };
    let (mut comments, mut elsewhere) = (Vec::new(), Vec::new());
    for finding in &report.analysis.findings {
        match place(report, diff, finding) {
            Some((place, suggestion)) => {
                comments.push(comment(report, place, body(report, finding, suggestion.as_deref())));
            }
            None => elsewhere.push(body(report, finding, None)),
        }
    }
    let count = super::text::plural(report.analysis.findings.len(), "race");
    let mut text = format!("unrace found {count} that this change brings or touches.");
    if !elsewhere.is_empty() {
        text.push_str(&format!("\n\nOutside the lines of the change:\n\n{}", elsewhere.join("\n\n---\n\n")));
    }
    super::json::pretty(&json!({"commit_id": head, "event": "COMMENT", "body": text, "comments": comments}))
}

fn comment(report: &Report, (file, first, last): Lines, body: String) -> Value {
    let mut res = json!({
        "path": report.path(&report.project.source(file).path),
        "side": "RIGHT",
        "line": last,
        "body": body,
    });
    if first < last {
        res["start_line"] = first.into();
        res["start_side"] = "RIGHT".into();
    }
    res
}

/// Where a finding's comment goes, with what a suggestion there says; `None` where no line of the change belongs to it.
fn place(report: &Report, diff: &Diff, finding: &Finding) -> Option<(Lines, Option<String>)> {
    let fix = finding.fixes.iter().find(|it| it.applicability > Applicability::Manual);
    if let Some((lines, text)) = fix.and_then(|it| suggestion(report, diff, it)) {
        return Some((lines, Some(text)));
    }
    let line = |span: Span| {
        let line = report.project.position(span).line;
        let shown = diff.get(&span.file)?.shown.iter().any(|it| it.contains(&line));
        shown.then_some((span.file, line, line))
    };
    spans(report, finding).into_iter().find_map(line).map(|it| (it, None))
}

/// All places of a finding, the one that other formats show first.
pub fn spans(report: &Report, finding: &Finding) -> Vec<Span> {
    let jobs = finding.jobs.iter().flat_map(|it| {
        report.job_span(it).into_iter().chain(it.recipe_line).chain(it.rule).chain(it.spelt.iter().copied())
    });
    let conditions = finding.configurations.iter().flat_map(|it| &it.conditions).map(|it| it.place);
    report.primary(finding).into_iter().chain(jobs).chain(conditions).collect()
}

/// The lines that a fix rewrites, and their new text, if they lie in one part of the diff.
fn suggestion(report: &Report, diff: &Diff, fix: &Fix) -> Option<(Lines, String)> {
    let (first, last) = (fix.edits.iter().next()?, fix.edits.iter().last()?);
    let file = first.span.file;
    let source = report.project.source(file);
    if last.span.file != file || source.bytes().is_empty() {
        return None;
    }
    // An insertion at the end belongs to the last line.
    let end = last.span.end().saturating_sub(usize::from(!last.span.is_empty())).min(source.bytes().len() - 1);
    let (start, end) = (source.line_at(first.span.start()).start, source.line_at(end).end);
    let lines = (source.position(start).line, source.position(end.saturating_sub(1)).line);
    let inside = |it: &std::ops::Range<usize>| it.contains(&lines.0) && it.contains(&lines.1);
    diff.get(&file)?.shown.iter().find(|it| inside(it))?;
    let edited = fix.edits.apply(report.project);
    let after = edited.source(file).bytes().to_vec();
    let tail = source.bytes().len() - end;
    let text = String::from_utf8(after[start..after.len() - tail].to_vec()).ok()?;
    let is_plain = !text.contains('\r') && text.ends_with('\n');
    is_plain.then_some(((file, lines.0, lines.1), text))
}

fn body(report: &Report, finding: &Finding, suggestion: Option<&str>) -> String {
    let facts = Facts::of(report, finding);
    let mut out = format!("**{}** ({}): {}\n\n", finding.class.name(), finding.severity.name(), prose(&facts.message));
    for job in facts.jobs.iter().take(MAX_JOBS) {
        let place = if job.place.is_empty() { String::new() } else { format!(" ({})", prose(&job.place)) };
        out.push_str(&format!("- {}{place} {}: {}\n", code(&job.target), job.deed, code(&job.command)));
    }
    if facts.jobs.len() > MAX_JOBS {
        out.push_str(&format!("- and {} more\n", facts.jobs.len() - MAX_JOBS));
    }
    out.push('\n');
    if !facts.configurations.is_empty() {
        out.push_str(&format!("Configurations: {}\n", prose(&facts.configurations.join("; "))));
    }
    out.push_str(&format!("Goal {}; can be seen with {}\n", code(&facts.goal), code(&facts.witness)));
    out.push_str(&format!("Reproduce: {}\n", code(&facts.reproduce)));
    if let Some(fix) = finding.fixes.first() {
        out.push_str(&fixed(report, fix, suggestion));
    }
    out.push_str(&format!("\n<!-- unrace:{} -->", finding.id));
    out
}

fn fixed(report: &Report, fix: &Fix, suggestion: Option<&str>) -> String {
    let (title, why) = (prose(&escape(&display(&fix.title))), prose(&display(&fix.why)));
    let mut out = format!("\nFix ({}, {}): {title}\n", fix.strategy.name(), fix.applicability.name());
    if !why.is_empty() {
        out.push_str(&format!("{why}\n"));
    }
    if fix.applicability == Applicability::Manual {
        return out;
    }
    match suggestion {
        Some(text) => out.push_str(&format!("\n{}\n", block("suggestion", text))),
        None => {
            let edited = fix.edits.apply(report.project);
            let patch = unified(&changes(report.project, &edited, [&fix.edits]), report.prefix);
            let patch = block("diff", &String::from_utf8_lossy(&patch));
            out.push_str(&format!("\n<details><summary>the patch</summary>\n\n{patch}\n\n</details>\n"));
        }
    }
    out
}

/// A fenced block; the fence is longer than any in the text.
fn block(kind: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}{kind}\n{text}{}{fence}", if text.ends_with('\n') || text.is_empty() { "" } else { "\n" })
}

/// Text set as code.
fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    let pad = if text.contains('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|it| it != '`').map(str::len).max().unwrap_or(0)
}

/// Text that is no markup.
fn prose(text: &str) -> String {
    let special = |it: char| "\\`*_[]<>&|#@$".contains(it);
    text.chars().map(|it| if special(it) { format!("\\{it}") } else { it.to_string() }).collect()
}
