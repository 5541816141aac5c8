//! `unrace review`

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, Result};

use super::args::ReviewArgs;
use super::input::{Input, style};
use super::{Status, emit, notice};
use crate::analysis::{Analysis, Applicability, Finding, Options, Watcher, analyse};
use crate::files::{FormerTree, Since, write_new};
use crate::patch::touched;
use crate::report::suggestions::{Diff, review, spans};
use crate::report::{Format, Report, Style};
use crate::source::{Project, Span};
use crate::verdict;

pub(super) fn run(args: &ReviewArgs) -> Result<Status> {
    let format = Format::named(&args.output_format).context("no such format")?;
    let input = Input::new(&args.common)?;
    let since = Since::new(&input.place.root, &args.base)?;
    let mut analysis = verdict::check(&input.project, &input.makefiles, &input.options);
    input.progress.finish();
    input.tell_errors(&analysis);
    input.sift(&mut analysis);
    let n_all = analysis.findings.len();
    let diff = diff(&input.project, &since);
    let known = if n_all == 0 { BTreeSet::new() } else { former_ids(&input, &since)? };
    let report = Report {
        project: &input.project,
        analysis: &analysis,
        prefix: &input.place.prefix,
        style: Style { summary: false, ..style(args.common.color) },
    };
    let wanted = |it: &&Finding| !known.contains(&it.id) || is_touched(&report, &diff, it);
    let findings = analysis.findings.iter().filter(wanted).map(|it| turned(&report, &diff, it.clone())).collect();
    let analysis = Analysis { findings: joined(findings), ..analysis.clone() };
    let report = Report { analysis: &analysis, ..report };
    emit(format.render(&report).as_bytes())?;
    if let Some(file) = &args.suggestions {
        write_new(file, review(&report, &diff, &since.prefix, &since.head).as_bytes())?;
    }
    if !args.common.quiet {
        let count = |n: usize| if n == 1 { "1 race".to_owned() } else { format!("{n} races") };
        let found = analysis.findings.len();
        let more = if n_all > found { format!("; the tree has {} in all", count(n_all)) } else { String::new() };
        notice(&format!("{} brought or touched by the change{more}", count(found)));
    }
    Ok(input.status(&analysis, analysis.findings.len()))
}

/// The lines that changed in each file of the project.
fn diff(project: &Project, since: &Since) -> Diff {
    let lines = since.former.iter().filter_map(|(path, former)| {
        let file = project.open(path)?;
        Some((file, touched(former.as_deref().unwrap_or_default(), project.source(file).bytes())))
    });
    lines.collect()
}

/// What was found before the change.
fn former_ids(input: &Input, since: &Since) -> Result<BTreeSet<String>> {
    let tree = FormerTree::new(&input.place.root, since)?;
    let project = Project::new(input.project.root.clone(), Arc::new(tree));
    let makefiles: Vec<String> = input.makefiles.iter().filter(|it| project.open(it).is_some()).cloned().collect();
    let options = Options { fixes: false, watcher: Watcher::default(), ..input.options.clone() };
    Ok(analyse(&project, &makefiles, &options).findings.into_iter().map(|it| it.id).collect())
}

fn is_touched(report: &Report, diff: &Diff, finding: &Finding) -> bool {
    spans(report, finding).into_iter().any(|it| is_changed(report, diff, it))
}

fn is_changed(report: &Report, diff: &Diff, span: Span) -> bool {
    let source = report.project.source(span.file);
    let lines = source.position(span.start()).line..source.position(span.end().max(span.start() + 1) - 1).line + 1;
    diff.get(&span.file).is_some_and(|it| it.changed.iter().any(|it| it.start < lines.end && lines.start < it.end))
}

/// The finding with a job first whose recipe the change touches, so that formats with one place show that one.
fn turned(report: &Report, diff: &Diff, mut finding: Finding) -> Finding {
    let rank = |it: &crate::analysis::JobReport| {
        let changed = |span: Option<Span>| span.is_some_and(|it| is_changed(report, diff, it));
        // A recipe line, then the rule's line; else as they were.
        (!changed(it.recipe_line), !changed(it.rule))
    };
    finding.jobs.sort_by_key(rank);
    finding
}

/// One finding for each cause: those that one fix ends are one, with several files.
fn joined(findings: Vec<Finding>) -> Vec<Finding> {
    let mut res: Vec<Finding> = Vec::new();
    for finding in findings {
        let edits = |it: &Finding| {
            let fix = it.fixes.iter().find(|it| it.applicability > Applicability::Manual);
            fix.map(|it| it.edits.clone()).filter(|it| !it.is_empty())
        };
        let own = edits(&finding);
        let same = |it: &&mut Finding| it.class == finding.class && own.is_some() && edits(it) == own;
        match res.iter_mut().find(same) {
            Some(known) => known.paths.extend([vec![finding.path], finding.paths].concat()),
            None => res.push(finding),
        }
    }
    res
}
