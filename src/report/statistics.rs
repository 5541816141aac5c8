//! What `--statistics` adds: how much was looked at, and what was not modelled.

use std::collections::BTreeMap;

use super::{Report, escape, json, text::plural};
use crate::analysis::Commands;
use crate::configure::What;
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
    let (mut commands, mut others) = (BTreeMap::new(), BTreeMap::new());
    for (note, count) in &analysis.unmodelled {
        let name = display(&note.name);
        let place = || note.place.map(|it| report.place(it)).map(|it| format!("  {}:{}", it.file, it.line));
        match note.what {
            What::Command => *commands.entry(name).or_insert(0) += count,
            it => {
                *others.entry(format!("{} {name}{}", json::what(it), place().unwrap_or_default())).or_insert(0) += count
            }
        }
    }
    list(&mut out, "commands without a model", "name", &commands);
    list(&mut out, "not modelled", "thing", &others);
    out
}

/// The most frequent lines first.
fn list(out: &mut String, title: &str, what: &str, lines: &BTreeMap<String, usize>) {
    let total: usize = lines.values().sum();
    out.push_str(&format!("{title}: {}, {total} times\n", plural(lines.len(), what)));
    let mut most: Vec<_> = lines.iter().collect();
    most.sort_by_key(|it| std::cmp::Reverse(it.1));
    for (line, count) in most.iter().take(MAX_NAMED) {
        out.push_str(&format!("{count:>8}  {}\n", escape(line)));
    }
    if most.len() > MAX_NAMED {
        let rest = plural(most.len() - MAX_NAMED, &format!("more {what}"));
        out.push_str(&format!("          and {rest}; --output-format json names them all\n"));
    }
}
