//! Where a prerequisite goes in a rule line.

use super::style::{gap, newline, width};
use super::{Makefile, RuleLine};
use crate::source::Span;

/// Columns beyond which a list that has continuation lines goes on in a new one.
const WIDTH: usize = 78;

/// The insertions that add names (several with blanks between, or none) to the two lists of a rule line.
pub(super) fn added(
    makefile: &Makefile,
    position: usize,
    normal: &str,
    order_only: &str,
) -> Option<Vec<(Span, String)>> {
    let line = makefile.rule_line(position)?;
    let Some(last) = line.prerequisites.last() else {
        return Some(added_to_none(makefile, position, &line, normal, order_only));
    };
    let mut res = Vec::new();
    if !normal.is_empty() {
        res.push(after_word(makefile, line.head, *last, "", normal));
    }
    if !order_only.is_empty() {
        let place = match (line.order_only.last(), line.bar) {
            (Some(last), _) => after_word(makefile, line.head, *last, "", order_only),
            (None, Some(bar)) => insertion(bar.file, bar.end(), format!(" {order_only}")),
            (None, None) if normal.is_empty() => after_word(makefile, line.head, *last, "| ", order_only),
            (None, None) => insertion(last.file, last.end(), format!(" | {order_only}")),
        };
        res.push(place);
    }
    Some(res)
}

/// The insertion that adds words to the list that an assignment gives its variable.
pub(super) fn appended(makefile: &Makefile, position: usize, words: &str) -> Option<(Span, String)> {
    let assignment = makefile.assignment(position)?;
    let (file, text) = (makefile.file, makefile.text());
    let head = makefile.statements[position].span;
    let value = &text[assignment.value.range()];
    let end = assignment.value.start() + value.trim_end_matches([' ', '\t', '\\', '\r', '\n']).len();
    let start = text[..end].rfind([' ', '\t', '\n']).map_or(0, |it| it + 1).max(assignment.operator_span.end());
    if end <= assignment.operator_span.end() {
        return Some(insertion(file, assignment.operator_span.end(), format!(" {words}")));
    }
    Some(after_word(makefile, head, Span::new(file, start, end), "", words))
}

/// The rule has no normal prerequisite.
fn added_to_none(
    makefile: &Makefile,
    position: usize,
    line: &RuleLine,
    normal: &str,
    order_only: &str,
) -> Vec<(Span, String)> {
    let Some(bar) = line.bar else {
        let bar = if order_only.is_empty() { "" } else { "| " };
        let blank = if normal.is_empty() || bar.is_empty() { "" } else { " " };
        return vec![after_colon(makefile, position, line, &format!("{normal}{blank}{bar}{order_only}"))];
    };
    let mut res = Vec::new();
    if !normal.is_empty() {
        res.push(after_colon(makefile, position, line, normal));
    }
    if !order_only.is_empty() {
        res.push(match line.order_only.last() {
            Some(last) => after_word(makefile, line.head, *last, "", order_only),
            None => insertion(bar.file, bar.end(), format!(" {order_only}")),
        });
    }
    res
}

fn insertion(file: crate::source::FileId, at: usize, text: String) -> (Span, String) {
    (Span::new(file, at, at), text)
}

/// After the colon, with the blanks of the rules around; blanks that end the line serve as the separator.
fn after_colon(makefile: &Makefile, position: usize, line: &RuleLine, names: &str) -> (Span, String) {
    let text = makefile.text();
    let colon = match line.target_pattern.last() {
        Some(pattern) => {
            text[pattern.end()..line.head.end()].find(':').map_or(pattern.end(), |it| pattern.end() + it + 1)
        }
        None => line.operator.end(),
    };
    let blanks = text.as_bytes()[colon..].iter().take_while(|it| matches!(it, b' ' | b'\t')).count();
    let ends = text.as_bytes().get(colon + blanks).is_none_or(|it| matches!(it, b'\n' | b'\r'));
    if ends && blanks > 0 {
        return insertion(line.head.file, colon + blanks, names.to_owned());
    }
    let gap = if ends { gap(makefile, position).after(&text[line.head.start()..colon]) } else { " ".to_owned() };
    insertion(line.head.file, colon, format!("{gap}{names}"))
}

/// After a word of the list: on its line, or on a line of its own where the list has one word on each or is full.
fn after_word(makefile: &Makefile, head: Span, last: Span, before: &str, names: &str) -> (Span, String) {
    let text = makefile.text();
    let line_start = text[..last.start()].rfind('\n').map_or(0, |it| it + 1);
    let indent_end = line_start + text[line_start..].len() - text[line_start..].trim_start_matches([' ', '\t']).len();
    let indent = &text[line_start..indent_end];
    let continued = line_start > head.start();
    let full = width(&text[line_start..last.end()]) + 1 + names.len() > WIDTH;
    let alone = indent_end == last.start() && has_neighbour_alone(text, line_start);
    if !continued || !(alone || full) {
        return insertion(last.file, last.end(), format!(" {before}{names}"));
    }
    // The line before ends with a backslash; the new one goes in its column, or after the same blanks.
    let previous = text[..line_start].trim_end_matches(['\n', '\r']);
    let backslash = previous.len() - 1;
    let previous_start = previous.rfind('\n').map_or(0, |it| it + 1);
    let blanks_start = text[..backslash].trim_end_matches([' ', '\t']).len();
    let usual = &text[blanks_start..backslash];
    let (column, own) = (width(&text[previous_start..backslash]), width(&text[line_start..last.end()]));
    let padding = if usual.len() > 1 && column > own { fill(usual, own, column) } else { usual.to_owned() };
    let newline = newline(text);
    // One word a line: so do the new ones.
    let separator = if alone { format!("{padding}\\{newline}{indent}") } else { " ".to_owned() };
    let names = names.split(' ').collect::<Vec<_>>();
    let names = if names.iter().any(|it| it.starts_with('$')) { names.join(" ") } else { names.join(&separator) };
    insertion(last.file, last.end(), format!("{padding}\\{newline}{indent}{before}{names}"))
}

/// Whether the line before a continuation line holds one word too (the rule's own line may hold two more: its targets).
fn has_neighbour_alone(text: &str, line_start: usize) -> bool {
    let previous = text[..line_start].lines().next_back().unwrap_or_default();
    let list = previous.rsplit_once(':').map_or(previous, |(_, list)| list);
    list.trim_end_matches(['\\', '\r', ' ', '\t']).split_whitespace().count() <= 1
}

/// Blanks of the usual kind from one column to another.
fn fill(usual: &str, from: usize, to: usize) -> String {
    if usual.contains('\t') {
        "\t".repeat(to.div_ceil(8).saturating_sub(from / 8).max(1))
    } else {
        " ".repeat(to - from)
    }
}
