//! The scanners of GNU make's read.c over plain text: where references end, what a backslash quotes, what is an
//! assignment.
//!
//! Knows nothing of files or of the values of variables.

use std::borrow::Cow;
use std::ops::Range;

/// Whether a byte separates words within a line.
pub(crate) fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// Whether a byte separates words anywhere.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// The first offset from `at` on whose byte is not white space.
pub(crate) fn skip_space(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    (at..bytes.len()).find(|it| !is_space(bytes[*it])).unwrap_or(bytes.len())
}

/// The end of the word at `at`: white space or the end of the text.
pub(crate) fn word_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    (at..bytes.len()).find(|it| is_space(bytes[*it])).unwrap_or(bytes.len())
}

/// The words of a text with their offsets, separated by white space only.
pub(crate) fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = skip_space(text, at);
        at = word_end(text, start);
        (start < text.len()).then_some(start..at)
    })
}

/// The end of the logical line that starts at `start`: the offset of its newline, or the end of the text. A newline
/// after an odd number of backslashes does not end it.
pub(crate) fn logical_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    while let Some(found) = bytes[at..].iter().position(|it| *it == b'\n') {
        let newline = at + found;
        let before = if newline > start && bytes[newline - 1] == b'\r' { newline - 1 } else { newline };
        if backslashes_before(bytes, start, before).is_multiple_of(2) {
            return newline;
        }
        at = newline + 1;
    }
    bytes.len()
}

/// How many backslashes stand just before `at`, not looking before `start`.
pub(crate) fn backslashes_before(bytes: &[u8], start: usize, at: usize) -> usize {
    bytes[start..at].iter().rev().take_while(|it| **it == b'\\').count()
}

/// The offset after the reference whose `$` stands at `at`. An unclosed one ends with the text.
pub(crate) fn skip_reference(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let Some(open) = bytes.get(at + 1) else { return bytes.len() };
    let close = match open {
        b'(' => b')',
        b'{' => b'}',
        _ => return at + 1 + char_len(text, at + 1),
    };
    closing(bytes, at + 2, *open, close).map_or(bytes.len(), |it| it + 1)
}

/// The offset of the bracket that closes one opened before `at`.
pub(crate) fn closing(bytes: &[u8], at: usize, open: u8, close: u8) -> Option<usize> {
    let mut depth = 0usize;
    for (offset, byte) in bytes.iter().enumerate().skip(at) {
        if *byte == open {
            depth += 1;
        } else if *byte == close {
            if depth == 0 {
                return Some(offset);
            }
            depth -= 1;
        }
    }
    None
}

/// Bytes of the character at `at`.
pub(crate) fn char_len(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}

/// The first byte from `from` on that `stop` accepts, that no backslash quotes and that is in no reference.
pub(crate) fn find_unquoted(text: &str, from: usize, stop: impl Fn(u8) -> bool) -> Option<usize> {
    find(text, from, stop, true)
}

/// As [`find_unquoted`], in text that is expanded: `$` is like any other character.
pub(crate) fn find_unquoted_plain(text: &str, from: usize, stop: impl Fn(u8) -> bool) -> Option<usize> {
    find(text, from, stop, false)
}

fn find(text: &str, from: usize, stop: impl Fn(u8) -> bool, references: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        let byte = bytes[at];
        if references && byte == b'$' {
            at = skip_reference(text, at);
        } else if stop(byte) && backslashes_before(bytes, from, at).is_multiple_of(2) {
            return Some(at);
        } else {
            at += 1;
        }
    }
    None
}

/// Where the comment of a line starts; the end of the text where it has none.
pub(crate) fn comment_start(text: &str) -> usize {
    if !text.as_bytes().contains(&b'#') {
        return text.len();
    }
    find_unquoted(text, 0, |it| it == b'#').unwrap_or(text.len())
}

/// Backslashes before a `quoted` character halved, an odd one swallowed, as make's reading leaves it.
pub(crate) fn unquote(text: &str, quoted: impl Fn(u8) -> bool) -> Cow<'_, str> {
    if !text.as_bytes().contains(&b'\\') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut res = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let run = bytes[at..].iter().take_while(|it| **it == b'\\').count();
        let end = at + run;
        if run > 0 {
            let halved = end < bytes.len() && quoted(bytes[end]);
            res.extend(std::iter::repeat_n('\\', if halved { run / 2 } else { run }));
        }
        if end < bytes.len() {
            let length = char_len(text, end);
            res.push_str(&text[end..end + length]);
            at = end + length;
        } else {
            at = end;
        }
    }
    Cow::Owned(res)
}

/// The plain names that references in a text have, however deep they stand.
pub(crate) fn reference_names(text: &str) -> impl Iterator<Item = &str> {
    let is_name = |it: &u8| it.is_ascii_alphanumeric() || matches!(*it, b'_' | b'-' | b'.');
    text.match_indices(['(', '{']).filter_map(move |(at, _)| {
        let dollar = at > 0 && text.as_bytes()[at - 1] == b'$';
        let length = text.as_bytes()[at + 1..].iter().take_while(|it| is_name(it)).count();
        (dollar && length > 0).then(|| &text[at + 1..at + 1 + length])
    })
}

/// How an assignment works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `=`
    Recursive,
    /// `:=`, `::=`
    Simple,
    /// `+=`
    Append,
    /// `?=`
    Conditional,
    /// `!=`
    Shell,
}

/// `name op value` in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) name: Range<usize>,
    pub(crate) operator: Operator,
    pub(crate) operator_range: Range<usize>,
    /// From the first byte after the operator that is no blank to the end of the text.
    pub(crate) value: usize,
}

/// The assignment that the text from `from` on is, if it is one (make's `parse_variable_definition`).
pub(crate) fn definition(text: &str, from: usize) -> Option<Definition> {
    let bytes = text.as_bytes();
    let start = skip_space(text, from);
    let mut name_end = None;
    let mut at = start;
    loop {
        let mut byte = *bytes.get(at)?;
        if byte == b'#' {
            return None;
        }
        if byte == b'$' {
            bytes.get(at + 1)?;
            at = skip_reference(text, at);
            continue;
        }
        if is_blank(byte) {
            name_end = Some(at);
            at = skip_space(text, at);
            byte = *bytes.get(at)?;
        }
        let rest = &bytes[at..];
        let operator = match byte {
            b'=' => Some((Operator::Recursive, 1)),
            b':' if rest.starts_with(b":=") => Some((Operator::Simple, 2)),
            b':' if rest.starts_with(b"::=") => Some((Operator::Simple, 3)),
            b':' => return None,
            b'+' if rest.starts_with(b"+=") => Some((Operator::Append, 2)),
            b'?' if rest.starts_with(b"?=") => Some((Operator::Conditional, 2)),
            b'!' if rest.starts_with(b"!=") => Some((Operator::Shell, 2)),
            _ if name_end.is_some() => return None,
            _ => None,
        };
        if let Some((operator, length)) = operator {
            let name = start..name_end.unwrap_or(at);
            return Some(Definition {
                name,
                operator,
                operator_range: at..at + length,
                value: skip_space(text, at + length),
            });
        }
        at += 1;
    }
}

/// Words before an assignment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modifiers {
    /// `export`
    pub export: bool,
    /// `override`
    pub is_override: bool,
    /// `private`
    pub private: bool,
}

/// What a line that assigns does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Assigning {
    /// `X = value`
    Value(Definition),
    /// `define X =`: where the name starts.
    Define(usize),
    /// `undefine X`: where the name starts.
    Undefine(usize),
}

/// The assignment that the text from `from` on is, with the modifiers before it (make's `parse_var_assignment`).
/// `define` and `undefine` are none for a target.
pub(crate) fn assignment(text: &str, from: usize, for_target: bool) -> Option<(Modifiers, Assigning)> {
    let mut modifiers = Modifiers::default();
    let mut at = skip_space(text, from);
    while at < text.len() {
        if let Some(found) = definition(text, at) {
            return Some((modifiers, Assigning::Value(found)));
        }
        let end = word_end(text, at);
        let next = skip_space(text, end);
        match &text[at..end] {
            "export" => modifiers.export = true,
            "override" => modifiers.is_override = true,
            "private" => modifiers.private = true,
            "define" if !for_target => return Some((modifiers, Assigning::Define(next))),
            "undefine" if !for_target => return Some((modifiers, Assigning::Undefine(next))),
            _ => return None,
        }
        at = next;
    }
    None
}

/// The two texts of `ifeq`/`ifneq` from `from` on; `None` where the syntax is wrong.
pub(crate) fn compared(text: &str, from: usize) -> Option<(Range<usize>, Range<usize>)> {
    let bytes = text.as_bytes();
    let quote = *bytes.get(from)?;
    match quote {
        b'(' => {
            let start = from + 1;
            let comma = closing_or_comma(bytes, start, b',')?;
            let mut end = comma;
            while end > start && is_blank(bytes[end - 1]) {
                end -= 1;
            }
            let second = skip_space(text, comma + 1);
            let close = closing_or_comma(bytes, second, b')')?;
            Some((start..end, second..close))
        }
        b'"' | b'\'' => {
            let first_end = from + 1 + bytes[from + 1..].iter().position(|it| *it == quote)?;
            let second = skip_space(text, first_end + 1);
            let quote = *bytes.get(second).filter(|it| matches!(it, b'"' | b'\''))?;
            let second_end = second + 1 + bytes[second + 1..].iter().position(|it| *it == quote)?;
            Some((from + 1..first_end, second + 1..second_end))
        }
        _ => None,
    }
}

fn closing_or_comma(bytes: &[u8], from: usize, stop: u8) -> Option<usize> {
    let mut depth = 0i64;
    for (at, byte) in bytes.iter().enumerate().skip(from) {
        match byte {
            it if *it == stop && depth <= 0 => return Some(at),
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(&str, Operator, &str)> {
        definition(text, 0).map(|it| (&text[it.name], it.operator, &text[it.value..]))
    }

    #[test]
    fn assignments_are_told_as_make_tells_them() {
        assert_eq!(parts("X+=1"), Some(("X", Operator::Append, "1")));
        assert_eq!(parts(" $(P)_x ::= a b"), Some(("$(P)_x", Operator::Simple, "a b")));
        assert_eq!(parts("a: b = c"), None);
        assert_eq!(parts("a b = c"), None);
        assert_eq!(parts("a$(b:c=d) =e"), Some(("a$(b:c=d)", Operator::Recursive, "e")));
        assert_eq!(parts("X # = 1"), None);
    }

    #[test]
    fn what_a_backslash_quotes_is_not_found() {
        assert_eq!(find_unquoted(r"a\:b:c", 0, |it| it == b':'), Some(4));
        assert_eq!(comment_start(r"a \# $(b #c) # d"), 13);
        assert_eq!(unquote(r"a\ b\\c\\ d", |it| it == b' '), r"a b\\c\ d");
    }

    #[test]
    fn a_line_ends_at_an_unquoted_newline() {
        assert_eq!(logical_end("a \\\nb\nc", 0), 5);
        assert_eq!(logical_end("a \\\\\nb", 0), 4);
        assert_eq!(logical_end("a \\\r\nb", 0), 6);
    }

    #[test]
    fn both_sides_of_a_comparison() {
        let text = "($(shell a | (b)) , c d)x";
        let (first, second) = compared(text, 0).unwrap();
        assert_eq!((&text[first], &text[second]), ("$(shell a | (b))", "c d"));
    }
}
