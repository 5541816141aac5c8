//! A race as a picture: the goal, the two jobs that it starts, the file that they meet in, and the order that is missing.

use super::super::facts::{Facts, JobFacts};
use super::super::{Report, escape};
use super::text;
use crate::analysis::Finding;
use crate::text::display;

/// Longest text in a box, in characters.
const MAX_CHARS: usize = 22;

/// The picture; it scales with the page.
pub(super) fn draw(report: &Report, finding: &Finding, facts: &Facts) -> String {
    let [first, second] = pair(facts);
    let missing = if same_target(first, second) { "two runs at once" } else { "no order" };
    let path = escape(&display(&report.path(&finding.path)));
    let about = format!(
        "goal {} starts {} and {}; both use {path}; nothing orders them",
        facts.goal, first.target, second.target
    );
    format!(
        "<svg class=\"graph\" viewBox=\"0 0 420 270\" role=\"img\" aria-label=\"{about}\">\n\
         <path class=\"edge\" d=\"M210 46 L110 94\"/>\n<path class=\"edge\" d=\"M210 46 L310 94\"/>\n\
         <path class=\"missing\" d=\"M197 118 H223\"/>\n<text class=\"missing\" x=\"210\" y=\"152\">{missing}</text>\n\
         {goal}{left}{right}\
         <path class=\"{e1}\" d=\"M102 138 L170 210\"/>\n<path class=\"{e2}\" d=\"M318 138 L250 210\"/>\n\
         <text class=\"deed\" x=\"88\" y=\"184\">{d1}</text>\n<text class=\"deed\" x=\"332\" y=\"184\">{d2}</text>\n\
         {file}</svg>\n",
        about = text(&about),
        goal = node("goal", 210, 26, 150, &facts.goal),
        left = node("job", 102, 118, 190, &first.target),
        right = node("job", 318, 118, 190, &second.target),
        e1 = kind(first),
        e2 = kind(second),
        d1 = verb(first),
        d2 = verb(second),
        file = node("file", 210, 232, 210, &path),
    )
}

/// Two jobs that meet: a writer first.
fn pair(facts: &Facts) -> [&JobFacts; 2] {
    let writer = facts.jobs.iter().position(|it| !it.deed.contains("read")).unwrap_or(0);
    let other = (0..facts.jobs.len()).find(|it| *it != writer).unwrap_or(writer);
    [&facts.jobs[writer], &facts.jobs[other]]
}

fn same_target(a: &JobFacts, b: &JobFacts) -> bool {
    a.target == b.target
}

fn kind(job: &JobFacts) -> &'static str {
    if job.deed.contains("read") { "edge reads" } else { "edge writes" }
}

/// `writes it` without its object.
fn verb(job: &JobFacts) -> &'static str {
    job.deed.strip_suffix(" it").unwrap_or(job.deed)
}

/// A box with its text in the middle; the whole text is its title.
fn node(class: &str, x: i32, y: i32, width: i32, label: &str) -> String {
    let (left, top) = (x - width / 2, y - 20);
    let round = if class == "goal" { 20 } else { 4 };
    format!(
        "<g class=\"{class}\"><title>{full}</title><rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"40\" \
         rx=\"{round}\"/><text x=\"{x}\" y=\"{base}\">{short}</text></g>\n",
        full = text(label),
        base = y + 5,
        short = text(&shortened(label)),
    )
}

/// The end of a path says more than its start.
fn shortened(label: &str) -> String {
    let n = label.chars().count();
    if n <= MAX_CHARS {
        return label.to_owned();
    }
    format!("\u{2026}{}", label.chars().skip(n - MAX_CHARS + 1).collect::<String>())
}
