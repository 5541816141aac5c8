//! Workflow commands of GitHub Actions: one annotation for each finding.

use super::facts::Facts;
use super::{Report, escape};
use crate::analysis::{Finding, Severity};
use crate::text::display;

pub(super) fn render(report: &Report) -> String {
    report.analysis.findings.iter().map(|it| command(report, it)).collect()
}

fn command(report: &Report, finding: &Finding) -> String {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let place = report.primary(finding).map(|it| report.place(it)).map_or_else(String::new, |it| {
        let end = if it.end_line == it.line { format!(",endColumn={}", it.end_column) } else { String::new() };
        format!("file={},line={},endLine={},col={}{end},", property(&it.file), it.line, it.end_line, it.column)
    });
    let mut lines = Facts::of(report, finding).lines();
    if let Some(fix) = finding.fixes.first() {
        let title = escape(&display(&fix.title));
        lines.push(format!("fix: {title} ({}, {})", fix.strategy.name(), fix.applicability.name()));
    }
    let lines: Vec<String> = lines.iter().map(|it| data(it)).collect();
    let message = lines.join("%0A");
    format!("::{level} {place}title=unrace {}::{}\n", finding.class.name(), message)
}

/// As the runner decodes a message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// As the runner decodes a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
