//! `unrace check`

use anyhow::{Context, Result};

use super::args::CheckArgs;
use super::input::{Input, style};
use super::{Status, emit, trees};

use crate::report::{Format, Report, Style, statistics};
use crate::verdict;

pub(super) fn run(args: &CheckArgs) -> Result<Status> {
    if let Some(from) = &args.trees_from {
        return trees::run(args, from);
    }
    let format = Format::named(&args.output_format).context("no such format")?;
    let input = Input::new(&args.common)?;
    let mut analysis = verdict::check(&input.project, &input.makefiles, &input.options);
    input.progress.finish();
    input.tell_errors(&analysis);
    input.sift(&mut analysis);
    // Where make stops, "no races" would be no comfort.
    let stopped = analysis.findings.is_empty() && !analysis.errors.is_empty();
    let report = Report {
        project: &input.project,
        analysis: &analysis,
        prefix: &input.place.prefix,
        style: Style { summary: !args.common.quiet && !stopped, ..style(args.common.color) },
    };
    let mut out = format.render(&report);
    if args.statistics && format.name == "text" {
        out.push_str(&statistics::render(&report));
    }
    emit(out.as_bytes())?;
    Ok(input.status(&analysis, analysis.findings.len()))
}
