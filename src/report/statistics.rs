//! What `--statistics` adds: how much was looked at, and what was not modelled.

use super::{Report, escape, json, text::plural};
use crate::analysis::Commands;
use crate::text::display;

/// How many unmodelled things are named.
const MAX_NAMED: usize = 20;

/// The statistics, each line ended.
pub fn render(report: &Report) -> String {
    let analysis = report.analysis;
    let Commands { all, known, opaque } = analysis.commands;
    let share = if all == 0 { 100.0 } else { known as f64 * 100.0 / all as f64 };
    let mut out = format!("configurations examined: {}\n", analysis.configurations_examined);
    out.extend(analysis.configurations.iter().map(|it| format!("    {}\n", escape(&display(it)))));
    out.push_str(&format!("commands with a model: {known} of {all} ({share:.1} %), {opaque} of them opaque\n"));
    let total: usize = analysis.unmodelled.iter().map(|(_, count)| count).sum();
    out.push_str(&format!("not modelled: {}, {total} times\n", plural(analysis.unmodelled.len(), "thing")));
    let mut most: Vec<_> = analysis.unmodelled.iter().collect();
    most.sort_by_key(|(note, count)| (std::cmp::Reverse(*count), note.clone()));
    for (note, count) in most.iter().take(MAX_NAMED) {
        let place = note.place.map(|it| report.place(it));
        let place = place.map_or_else(String::new, |it| format!("  {}:{}", it.file, it.line));
        let line = format!("{} {}{place}", json::what(note.what), display(&note.name));
        out.push_str(&format!("{count:>8}  {}\n", escape(&line)));
    }
    if most.len() > MAX_NAMED {
        let rest = plural(most.len() - MAX_NAMED, "more thing");
        out.push_str(&format!("          and {rest}; --output-format json names them all\n"));
    }
    out
}
