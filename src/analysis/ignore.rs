//! Comments that silence a finding: `# unrace: ignore[CLASS] reason`, on or above a rule.

use crate::races::Class;
use crate::source::{Project, Span};

/// Whether a comment on the rule's line or in the comment block above it silences a class; `ignore` without a class
/// silences all.
pub(super) fn silenced(project: &Project, rule: Span, class: Class) -> bool {
    let source = project.source(rule.file);
    let text = source.text();
    let own = source.line_at(rule.start());
    if says_so(&text[own.clone()], class) {
        return true;
    }
    let above = text[..own.start].lines().rev().take_while(|it| it.trim_start().starts_with('#'));
    above.into_iter().any(|it| says_so(it, class))
}

fn says_so(line: &str, class: Class) -> bool {
    let Some((_, rest)) = line.split_once("unrace: ignore") else { return false };
    match rest.strip_prefix('[').and_then(|it| it.split_once(']')) {
        Some((classes, _)) => classes.split(',').any(|it| it.trim() == class.name()),
        None => true,
    }
}
