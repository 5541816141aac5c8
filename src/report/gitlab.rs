//! GitLab's code quality report.

use serde_json::{Value, json};

use super::Report;
use super::facts::Facts;
use crate::analysis::{Finding, Severity};
use crate::text::display;

pub(super) fn render(report: &Report) -> String {
    let issues: Vec<Value> = report.analysis.findings.iter().map(|it| issue(report, it)).collect();
    super::json::pretty(&issues)
}

fn issue(report: &Report, finding: &Finding) -> Value {
    let place = report.primary(finding).map(|it| report.place(it));
    let (path, line) = match place {
        Some(place) => (place.file, place.line),
        None => (report.analysis.makefiles.first().map_or_else(String::new, |it| report.path(it)), 1),
    };
    let severity = match finding.severity {
        Severity::Error => "major",
        Severity::Warning => "minor",
        Severity::Note => "info",
    };
    json!({
        "description": display(&finding.message),
        "content": {"body": Facts::of(report, finding).lines().join("\n")},
        "check_name": finding.class.name(),
        "fingerprint": finding.id,
        "severity": severity,
        "location": {"path": path, "lines": {"begin": line}},
    })
}
