//! `unrace check`

use anyhow::{Context, Result};

use super::args::CheckArgs;
use super::input::{Input, style};
use super::{Status, emit};

use crate::report::{Format, Report, statistics};
use crate::verdict;

pub(super) fn run(args: &CheckArgs) -> Result<Status> {
    let format = Format::named(&args.output_format).context("no such format")?;
    let input = Input::new(&args.common)?;
    let mut analysis = verdict::check(&input.project, &input.makefiles, &input.options);
    input.tell_errors(&analysis);
    input.sift(&mut analysis);
    let report = Report {
        project: &input.project,
        analysis: &analysis,
        prefix: &input.place.prefix,
        style: style(args.common.color, args.common.quiet),
    };
    let mut out = format.render(&report);
    if args.statistics && format.name == "text" {
        out.push_str(&statistics::render(&report));
    }
    emit(out.as_bytes())?;
    Ok(input.status(&analysis, analysis.findings.len()))
}
