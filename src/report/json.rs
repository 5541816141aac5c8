//! JSON, version 1. Other programs rely on it: fields are only ever added.

use serde::Serialize;
use serde_json::json;

use super::Report;
use crate::analysis::{Applicability, ConfigurationReport, Finding, Fix, JobReport};
use crate::configure::{Note, What};
use crate::source::Span;
use crate::text::display;

/// The name of the schema.
const SCHEMA: &str = "unrace/1";

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    root: String,
    makefiles: Vec<String>,
    configurations_examined: usize,
    findings: Vec<FindingView>,
    unmodelled: Vec<Unmodelled>,
    errors: Vec<ErrorView>,
}

#[derive(Serialize)]
struct FindingView {
    id: String,
    class: &'static str,
    severity: &'static str,
    path: String,
    paths: Vec<String>,
    message: String,
    goal: String,
    configurations: Vec<ConfigurationView>,
    jobs: Vec<JobView>,
    witness: String,
    fixes: Vec<FixView>,
}

#[derive(Serialize)]
struct ConfigurationView {
    name: String,
    conditions: Vec<ConditionView>,
}

#[derive(Serialize)]
struct ConditionView {
    subject: String,
    value: String,
    file: String,
    line: usize,
}

#[derive(Serialize)]
struct JobView {
    /// As the witness names it, so that a user can give it to make in the same folder.
    target: String,
    makefile: Option<String>,
    line: Option<usize>,
    recipe_line: Option<usize>,
    effect: &'static str,
    certainty: &'static str,
    in_goal: bool,
    command: String,
    spelt: Vec<SpeltView>,
}

#[derive(Serialize)]
struct SpeltView {
    file: String,
    line: usize,
    column: usize,
    text: String,
}

#[derive(Serialize)]
struct FixView {
    strategy: &'static str,
    applicability: &'static str,
    title: String,
    why: String,
    edits: Vec<EditView>,
    verdict: Option<VerdictView>,
}

#[derive(Serialize)]
struct EditView {
    file: String,
    start: usize,
    end: usize,
    replacement: String,
    /// Only where `replacement` is not these bytes, because they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    replacement_bytes: Option<Vec<u8>>,
}

#[derive(Serialize)]
struct VerdictView {
    race_gone: bool,
    new_findings: usize,
    new_cycles: usize,
    commands_changed: usize,
}

#[derive(Serialize)]
struct Unmodelled {
    what: &'static str,
    name: String,
    file: Option<String>,
    line: Option<usize>,
    count: usize,
}

#[derive(Serialize)]
struct ErrorView {
    message: String,
    file: Option<String>,
    line: Option<usize>,
}

pub(super) fn render(report: &Report) -> String {
    pretty(&document(report))
}

/// One line for each finding, then one for the tree with the rest.
pub(super) fn render_lines(report: &Report) -> String {
    let mut document = document(report);
    let findings = std::mem::take(&mut document.findings);
    let count = findings.len();
    let lines = findings.iter().map(|it| tagged("finding", &document.root, it));
    let tree = json!({
        "makefiles": document.makefiles,
        "configurations_examined": document.configurations_examined,
        "findings": count,
        "unmodelled": document.unmodelled,
        "errors": document.errors,
    });
    lines.chain([tagged("tree", &document.root, &tree)]).collect()
}

/// The line for a tree that could not be looked at.
pub(super) fn trouble_line(root: &str, message: &str) -> String {
    tagged("tree", root, &json!({"trouble": message}))
}

fn tagged(kind: &str, root: &str, value: &impl Serialize) -> String {
    let mut res = json!({"schema": SCHEMA, "type": kind, "root": root});
    let value = serde_json::to_value(value).unwrap_or_default();
    if let (Some(res), serde_json::Value::Object(value)) = (res.as_object_mut(), value) {
        res.extend(value);
    }
    format!("{res}\n")
}

/// A document with two blanks for each level, and a newline at its end.
pub(super) fn pretty(value: &impl Serialize) -> String {
    super::escape_hidden(serde_json::to_string_pretty(value).unwrap_or_default() + "\n")
}

fn document(report: &Report) -> Document {
    let analysis = report.analysis;
    Document {
        schema: SCHEMA,
        root: report.project.root.clone(),
        makefiles: analysis.makefiles.iter().map(|it| report.path(it)).collect(),
        configurations_examined: analysis.configurations_examined,
        findings: analysis.findings.iter().map(|it| finding(report, it)).collect(),
        unmodelled: analysis.unmodelled.iter().map(|(note, count)| unmodelled(report, note, *count)).collect(),
        errors: analysis.errors.iter().map(|(span, message)| error(report, *span, message)).collect(),
    }
}

fn finding(report: &Report, it: &Finding) -> FindingView {
    FindingView {
        id: it.id.clone(),
        class: it.class.name(),
        severity: it.severity.name(),
        path: report.path(&it.path),
        paths: it.paths.iter().map(|it| report.path(it)).collect(),
        message: display(&it.message),
        goal: display(&it.goal),
        configurations: it.configurations.iter().map(|it| configuration(report, it)).collect(),
        jobs: it.jobs.iter().map(|it| job(report, it)).collect(),
        witness: display(&it.witness),
        fixes: it.fixes.iter().map(|it| fix(report, it)).collect(),
    }
}

fn configuration(report: &Report, it: &ConfigurationReport) -> ConfigurationView {
    let conditions = it.conditions.iter().map(|it| {
        let place = report.place(it.place);
        let (subject, value) = (display(&it.subject), display(&it.value));
        ConditionView { subject, value, file: place.file, line: place.line }
    });
    ConfigurationView { name: display(&it.name), conditions: conditions.collect() }
}

fn job(report: &Report, it: &JobReport) -> JobView {
    let rule = it.rule.or(it.recipe_line).map(|it| report.place(it));
    JobView {
        target: display(&it.name),
        line: rule.as_ref().map(|it| it.line),
        makefile: rule.map(|it| it.file),
        recipe_line: it.recipe_line.map(|it| report.place(it).line),
        effect: it.effect,
        certainty: if it.must { "must" } else { "may" },
        in_goal: it.in_goal,
        command: display(&it.command),
        spelt: it.spelt.iter().map(|it| spelt(report, *it)).collect(),
    }
}

fn spelt(report: &Report, span: Span) -> SpeltView {
    let place = report.place(span);
    SpeltView { file: place.file, line: place.line, column: place.column, text: report.project.text(span) }
}

fn fix(report: &Report, it: &Fix) -> FixView {
    debug_assert!(it.applicability == Applicability::Manual || !it.edits.is_empty(), "a fix that is applied has edits");
    let edits = it.edits.iter().map(|it| {
        let text = String::from_utf8_lossy(&it.replacement);
        let exact = text.as_bytes() == it.replacement;
        EditView {
            file: report.path(&report.project.source(it.span.file).path),
            start: it.span.start(),
            end: it.span.end(),
            replacement_bytes: (!exact).then(|| it.replacement.clone()),
            replacement: text.into_owned(),
        }
    });
    FixView {
        strategy: it.strategy.name(),
        applicability: it.applicability.name(),
        title: display(&it.title),
        why: display(&it.why),
        edits: edits.collect(),
        verdict: it.verdict.map(|it| VerdictView {
            race_gone: it.race_gone,
            new_findings: it.new_findings,
            new_cycles: it.new_cycles,
            commands_changed: it.commands_changed,
        }),
    }
}

fn unmodelled(report: &Report, note: &Note, count: usize) -> Unmodelled {
    let place = note.place.map(|it| report.place(it));
    Unmodelled {
        what: what(note.what),
        name: display(&note.name),
        line: place.as_ref().map(|it| it.line),
        file: place.map(|it| it.file),
        count,
    }
}

fn error(report: &Report, span: Option<Span>, message: &str) -> ErrorView {
    let place = span.map(|it| report.place(it));
    ErrorView { message: display(message), line: place.as_ref().map(|it| it.line), file: place.map(|it| it.file) }
}

/// A kind of unmodelled thing as reports name it.
pub(super) fn what(what: What) -> &'static str {
    match what {
        What::Command => "command",
        What::Value => "value",
        What::Construct => "construct",
    }
}
