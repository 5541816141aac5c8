//! reviewdog's diagnostic formats. Columns are bytes of UTF-8 there, as here.

use serde_json::{Value, json};

use super::facts::Facts;
use super::{Place, Report};
use crate::analysis::{Applicability, Finding, Fix, Severity};
use crate::source::FileId;
use crate::text::display;

pub(super) fn render(report: &Report) -> String {
    let diagnostics: Vec<Value> = report.analysis.findings.iter().map(|it| diagnostic(report, it)).collect();
    super::json::pretty(&json!({"source": source(), "diagnostics": diagnostics}))
}

pub(super) fn render_lines(report: &Report) -> String {
    let line = |it| {
        let mut res = diagnostic(report, it);
        res["source"] = source();
        format!("{res}\n")
    };
    report.analysis.findings.iter().map(line).collect()
}

fn source() -> Value {
    json!({"name": "unrace"})
}

fn diagnostic(report: &Report, finding: &Finding) -> Value {
    let span = report.primary(finding);
    let severity = match finding.severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
        Severity::Note => "INFO",
    };
    let message = Facts::of(report, finding).lines().join("\n");
    let primary = match span {
        Some(span) => location(&report.place(span)),
        None => json!({"path": report.analysis.makefiles.first().map_or_else(String::new, |it| report.path(it))}),
    };
    let mut res = json!({
        "message": message,
        "location": primary,
        "severity": severity,
        "code": {"value": finding.class.name()},
    });
    let related: Vec<Value> = finding.jobs.iter().skip(1).filter_map(|job| {
        let place = report.place(report.job_span(job)?);
        Some(json!({"message": format!("`{}` {}", display(&job.target), super::deed(job)), "location": location(&place)}))
    }).collect();
    if !related.is_empty() {
        res["related_locations"] = related.into();
    }
    let fix = finding.fixes.iter().find(|it| it.applicability != Applicability::Manual);
    if let Some(suggestions) = span.zip(fix).and_then(|(span, fix)| suggestions(report, span.file, fix)) {
        res["suggestions"] = suggestions;
    }
    res
}

fn location(place: &Place) -> Value {
    json!({"path": place.file, "range": range(place)})
}

fn range(place: &Place) -> Value {
    json!({
        "start": {"line": place.line, "column": place.column},
        "end": {"line": place.end_line, "column": place.end_column},
    })
}

/// A fix as suggestions, unless it also changes another file: a part of it could be taken alone, which would break the
/// build.
fn suggestions(report: &Report, file: FileId, fix: &Fix) -> Option<Value> {
    if fix.edits.iter().any(|it| it.span.file != file) {
        return None;
    }
    let edit = |it: &crate::edit::Edit| {
        let text = String::from_utf8(it.replacement.clone()).ok()?;
        Some(json!({"range": range(&report.place(it.span)), "text": text}))
    };
    fix.edits.iter().map(edit).collect::<Option<Vec<Value>>>().map(Value::from)
}
