//! SARIF 2.1.0, with fixes, fingerprints and the rules' help.

use serde_json::{Value, json};

use super::facts::Facts;
use super::{Report, deed};
use crate::analysis::{Applicability, Finding, Fix, Severity};
use crate::races::{Class, explain};
use crate::source::{FileId, Source, Span};
use crate::text::display;

pub(super) fn render(report: &Report) -> String {
    let rules: Vec<Value> = Class::ALL.into_iter().map(rule).collect();
    let results: Vec<Value> = report.analysis.findings.iter().map(|it| result(report, it)).collect();
    super::json::pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "unrace", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

fn rule(class: Class) -> Value {
    let text = explain(class);
    let first = text.lines().find(|it| !it.is_empty() && !it.starts_with('#')).unwrap_or_default();
    json!({
        "id": class.name(),
        "shortDescription": {"text": first},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": "error"},
    })
}

fn result(report: &Report, finding: &Finding) -> Value {
    let primary = report.primary(finding);
    // The schema wants each of them once; two jobs can be one in two runs of make.
    let mut related: Vec<Value> = Vec::new();
    for job in &finding.jobs {
        let Some(span) = report.job_span(job) else { continue };
        let mut place = location(report, span);
        place["message"] = json!({"text": format!("`{}` {}", display(&job.target), deed(job))});
        if !related.contains(&place) {
            related.push(place);
        }
    }
    let rank = Class::ALL.iter().position(|it| *it == finding.class).unwrap_or_default();
    let fixes: Vec<Value> = finding.fixes.iter().filter_map(|it| fix(report, it)).collect();
    let configurations: Vec<String> = finding.configurations.iter().map(|it| display(&it.name)).collect();
    json!({
        "ruleId": finding.class.name(),
        "ruleIndex": rank,
        "level": level(finding.severity),
        "message": {"text": Facts::of(report, finding).lines().join("\n")},
        "locations": primary.map(|it| location(report, it)).into_iter().collect::<Vec<Value>>(),
        "relatedLocations": related,
        "partialFingerprints": {"unrace/v1": finding.id},
        "fixes": fixes,
        "properties": {
            "path": report.path(&finding.path),
            "goal": display(&finding.goal),
            "configurations": configurations,
            "witness": display(&finding.witness),
        },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn location(report: &Report, span: Span) -> Value {
    let source = report.project.source(span.file);
    json!({"physicalLocation": {"artifactLocation": artifact(report, span.file), "region": region(&source, span)}})
}

fn artifact(report: &Report, file: FileId) -> Value {
    json!({"uri": uri(&report.path(&report.project.source(file).path))})
}

/// A path as a relative reference of RFC 3986.
fn uri(path: &str) -> String {
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"-._~/+@,=".contains(&it);
    path.bytes().map(|it| if plain(it) { char::from(it).to_string() } else { format!("%{it:02X}") }).collect()
}

/// Columns are characters here, as `columnKind` says: readers of SARIF know no bytes in text.
fn region(source: &Source, span: Span) -> Value {
    let column = |offset: usize| {
        let start = source.line_at(offset).start;
        source.text().get(start..offset).map_or(offset - start, |it| it.chars().count()) + 1
    };
    let (start, end) = (source.position(span.start()), source.position(span.end()));
    json!({
        "startLine": start.line,
        "startColumn": column(span.start()),
        "endLine": end.line,
        "endColumn": column(span.end()),
    })
}

/// A fix that may be made; one whose text is not UTF-8 cannot be said here.
fn fix(report: &Report, fix: &Fix) -> Option<Value> {
    if fix.applicability == Applicability::Manual {
        return None;
    }
    let mut changes: Vec<(FileId, Vec<Value>)> = Vec::new();
    for edit in fix.edits.iter() {
        let source = report.project.source(edit.span.file);
        let text = std::str::from_utf8(&edit.replacement).ok()?;
        let replacement = json!({"deletedRegion": region(&source, edit.span), "insertedContent": {"text": text}});
        match changes.last_mut() {
            Some((file, replacements)) if *file == edit.span.file => replacements.push(replacement),
            _ => changes.push((edit.span.file, vec![replacement])),
        }
    }
    let changes = changes
        .into_iter()
        .map(|(file, replacements)| json!({"artifactLocation": artifact(report, file), "replacements": replacements}));
    Some(json!({"description": {"text": display(&fix.title)}, "artifactChanges": changes.collect::<Vec<Value>>()}))
}
