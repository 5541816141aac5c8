//! The inside of statements by the reader's own scanner: words of rule lines, parts of assignments, references.

use std::ops::Range;

use super::scan::{self, Assigning, Modifiers, Operator};
use super::{Kind, Statement};

/// The words of a rule line, unexpanded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleLine {
    /// Targets.
    pub targets: Vec<Range<usize>>,
    /// `:`, `::`, `&:` or `&::`.
    pub operator: Range<usize>,
    /// The target pattern of a static pattern rule.
    pub target_pattern: Vec<Range<usize>>,
    /// Prerequisites before the bar.
    pub prerequisites: Vec<Range<usize>>,
    /// The bar.
    pub bar: Option<usize>,
    /// Prerequisites after the bar.
    pub order_only: Vec<Range<usize>>,
    /// The `;` before a recipe on the line.
    pub semicolon: Option<usize>,
    /// Where a comment starts.
    pub comment: Option<usize>,
    /// Where the part before recipe and comment ends.
    pub end: usize,
}

/// The parts of an assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Words before the name.
    pub modifiers: Modifiers,
    /// The name, unexpanded.
    pub name: Range<usize>,
    /// How it works.
    pub operator: Operator,
    /// The operator; empty where a `define` has none.
    pub operator_range: Range<usize>,
    /// The value, without comment; of a `define`, its body.
    pub value: Range<usize>,
}

/// The words of a rule's line.
pub fn rule_line(text: &str, statement: &Statement) -> Option<RuleLine> {
    if !matches!(statement.kind, Kind::Rule | Kind::TargetAssignment) {
        return None;
    }
    let line = &text[..statement.range.end];
    let start = statement.content;
    let stop = scan::find_unquoted(line, start, |it| it == b';' || it == b'#');
    let stop = stop.unwrap_or(line.len());
    let semicolon = (line.as_bytes().get(stop) == Some(&b';')).then_some(stop);
    let head = &text[..stop];
    let colon = scan::find_unquoted(head, start, |it| it == b':')?;
    let grouped = head.as_bytes()[..colon].ends_with(b"&");
    let after = colon + 1 + usize::from(head.as_bytes().get(colon + 1) == Some(&b':'));
    let mut res = RuleLine {
        targets: names(head, start, colon - usize::from(grouped)),
        operator: colon - usize::from(grouped)..after,
        semicolon,
        comment: semicolon.is_none().then_some(stop).filter(|it| *it < line.len()),
        end: stop,
        ..RuleLine::default()
    };
    if statement.kind == Kind::TargetAssignment {
        return Some(res);
    }
    let second = scan::find_unquoted(head, after, |it| it == b':');
    if let Some(second) = second {
        res.target_pattern = names(head, after, second);
    }
    let from = second.map_or(after, |it| it + 1);
    res.bar = scan::find_unquoted(head, from, |it| it == b'|');
    res.prerequisites = names(head, from, res.bar.unwrap_or(stop));
    if let Some(bar) = res.bar {
        res.order_only = names(head, bar + 1, stop);
    }
    Some(res)
}

/// The words between two offsets; a reference with blanks in it is one, a continuation is none.
fn names(text: &str, start: usize, end: usize) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut res = Vec::new();
    let mut at = start;
    while at < end {
        if scan::is_space(bytes[at]) || continues(bytes, at) {
            at += 1;
            continue;
        }
        let from = at;
        while at < end && !scan::is_space(bytes[at]) && !continues(bytes, at) {
            at = match bytes[at] {
                b'$' => scan::skip_reference(text, at),
                b'\\' if at + 1 < end => at + 1 + scan::char_len(text, at + 1),
                _ => at + 1,
            };
        }
        at = at.min(end);
        res.push(from..at);
    }
    res
}

/// Whether a backslash at `at` joins this line to the next.
fn continues(bytes: &[u8], at: usize) -> bool {
    bytes[at] == b'\\' && matches!(&bytes[at + 1..], [b'\n', ..] | [b'\r', b'\n', ..])
}

/// The parts of an assignment, of a `define`, or of a target's variable.
pub fn assignment(text: &str, statement: &Statement) -> Option<Assignment> {
    let (start, end) = (statement.content, statement.range.end);
    if statement.kind == Kind::Define {
        return define(text, start, end);
    }
    let end = start + scan::comment_start(&text[start..end]);
    let line = &text[..end];
    let from = match statement.kind {
        Kind::Assignment => start,
        Kind::TargetAssignment => rule_line(text, statement)?.operator.end,
        _ => return None,
    };
    let (modifiers, Assigning::Value(found)) = scan::assignment(line, from, statement.kind == Kind::TargetAssignment)?
    else {
        return None;
    };
    Some(Assignment {
        modifiers,
        name: found.name,
        operator: found.operator,
        operator_range: found.operator_range,
        value: value(text, found.value, end.max(found.value)),
    })
}

/// A value without the continuations at its start and end.
fn value(text: &str, mut start: usize, mut end: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    while start < end && (scan::is_space(bytes[start]) || continues(bytes, start)) {
        start += 1;
    }
    while let Some(shorter) = text[start..end].trim_end().strip_suffix('\\').map(|it| start + it.trim_end().len())
        && continues(bytes, start + text[start..end].trim_end().len() - 1)
    {
        end = shorter;
    }
    start..end
}

fn define(text: &str, start: usize, end: usize) -> Option<Assignment> {
    let head_end = scan::logical_end(&text[..end], start);
    let head = &text[..head_end];
    let (modifiers, Assigning::Define(name)) = scan::assignment(head, start, false)? else { return None };
    let body_end = text[..end].rfind('\n').map_or(end, |it| it.max(head_end));
    let value = (head_end + 1).min(body_end)..body_end;
    Some(match scan::definition(head, name) {
        Some(it) => {
            Assignment { modifiers, name: it.name, operator: it.operator, operator_range: it.operator_range, value }
        }
        None => {
            let name_end = name + text[name..head_end].trim_end().len();
            let operator = Operator::Recursive;
            Assignment { modifiers, name: name..name_end, operator, operator_range: name_end..name_end, value }
        }
    })
}

/// The references at the top of a range: `$(X)`, `${X}`, `$@`; `$$` is none.
pub fn references(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut res = Vec::new();
    let text = &text[..range.end];
    let mut at = range.start;
    while let Some(found) = text[at..].find('$') {
        let start = at + found;
        at = scan::skip_reference(text, start);
        if text.as_bytes().get(start + 1) != Some(&b'$') {
            res.push(start..at);
        }
    }
    res
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    fn texts<'t>(text: &'t str, ranges: &[Range<usize>]) -> Vec<&'t str> {
        ranges.iter().map(|it| &text[it.clone()]).collect()
    }

    #[test]
    fn a_rule_line_falls_into_words() {
        let text = "a $(b c)d &: e\\ f \\\n  g|h#i\n";
        let line = rule_line(text, &read(text, false)[0]).unwrap();
        assert_eq!(texts(text, &line.targets), ["a", "$(b c)d"]);
        assert_eq!(&text[line.operator.clone()], "&:");
        assert_eq!(texts(text, &line.prerequisites), ["e\\ f", "g"]);
        assert_eq!(texts(text, &line.order_only), ["h"]);
        assert_eq!(&text[line.end..], "#i\n");
    }

    #[test]
    fn assignments_fall_into_parts() {
        let text = "override X += a # b\n";
        let it = assignment(text, &read(text, false)[0]).unwrap();
        assert_eq!((&text[it.name], &text[it.operator_range], &text[it.value]), ("X", "+=", "a "));
        assert!(it.modifiers.is_override);
        let text = "define F :=\nx\ny\nendef\n";
        let it = assignment(text, &read(text, false)[0]).unwrap();
        assert_eq!((&text[it.name], it.operator, &text[it.value]), ("F", Operator::Simple, "x\ny"));
    }
}
