//! Words to parts: quotes, escapes, expansions (POSIX 2.2 and 2.6).
//!
//! Knows nothing of commands, but that a substitution holds a script.

use std::ops::Range;

use super::context::Context;
use super::{Part, PartKind, Script, Word, skip};

/// How characters are read.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Mode {
    /// Outside of quotes.
    Plain,
    /// Between double quotes.
    Double,
    /// In a here-document with expansions.
    Here,
}

/// The word at `range`.
pub(super) fn word(context: &Context, range: Range<usize>) -> Word {
    let mut reader = Reader::new(context);
    reader.read(range.clone(), Mode::Plain);
    Word { parts: reader.finish(), range: context.range(range) }
}

/// The body of a here-document.
pub(super) fn here(context: &Context, range: Range<usize>, quoted: bool) -> Word {
    let mut reader = Reader::new(context);
    if quoted {
        reader.literal(range.clone(), true);
    } else {
        reader.read(range.clone(), Mode::Here);
    }
    Word { parts: reader.finish(), range: context.range(range) }
}

/// The value of an assignment, which an array or a plain word can be.
pub(super) fn value(context: &Context, range: Range<usize>) -> Word {
    if context.text[range.clone()].starts_with('(') {
        let kind = PartKind::Parameter { name: "()".to_owned(), operator: None };
        let part = Part { kind, quoted: false, range: context.range(range.clone()) };
        return Word { parts: vec![part], range: context.range(range) };
    }
    word(context, range)
}

struct Reader<'a> {
    context: &'a Context<'a>,
    parts: Vec<Part>,
    /// The literal being read: its text, bytes and whether it is quoted.
    pending: Option<(String, Range<usize>, bool)>,
}

impl<'a> Reader<'a> {
    fn new(context: &'a Context<'a>) -> Reader<'a> {
        Reader { context, parts: Vec::new(), pending: None }
    }

    fn finish(mut self) -> Vec<Part> {
        self.flush();
        self.parts
    }

    fn flush(&mut self) {
        if let Some((text, range, quoted)) = self.pending.take() {
            self.parts.push(Part { kind: PartKind::Literal(text), quoted, range: self.context.range(range) });
        }
    }

    fn literal(&mut self, range: Range<usize>, quoted: bool) {
        let text = &self.context.text[range.clone()];
        match &mut self.pending {
            Some((pending, covered, was)) if *was == quoted && covered.end == range.start => {
                pending.push_str(text);
                covered.end = range.end;
            }
            _ => {
                self.flush();
                self.pending = Some((text.to_owned(), range, quoted));
            }
        }
    }

    fn push(&mut self, kind: PartKind, quoted: bool, range: Range<usize>) {
        self.flush();
        self.parts.push(Part { kind, quoted, range: self.context.range(range) });
    }

    fn read(&mut self, range: Range<usize>, mode: Mode) {
        let bytes = self.context.text.as_bytes();
        let quoted = mode != Mode::Plain;
        let mut at = range.start;
        while at < range.end {
            at = match bytes[at] {
                b'\\' => self.escape(at, range.end, mode),
                b'\'' if mode == Mode::Plain => {
                    let end = skip::single(bytes, at + 1).unwrap_or(range.end + 1).min(range.end + 1);
                    self.quoted_literal(at + 1..(end - 1).max(at + 1));
                    end
                }
                b'"' if mode == Mode::Plain => self.double(at, range.end),
                b'`' => self.backquote(at, range.end, quoted),
                b'$' => self.dollar(at, range.end, mode),
                b'<' | b'>' if mode == Mode::Plain && at == range.start && bytes.get(at + 1) == Some(&b'(') => {
                    let end = skip::parenthesis(bytes, at + 2, 0).unwrap_or(range.end).min(range.end);
                    let script = self.context.nested(at + 2..end - 1);
                    self.push(PartKind::Process(script), true, at..end);
                    end
                }
                _ => {
                    let stop = |it: &u8| matches!(it, b'\\' | b'\'' | b'"' | b'`' | b'$');
                    let len = bytes[at + 1..range.end].iter().position(stop).map_or(range.end - at, |it| it + 1);
                    self.literal(at..at + len, quoted);
                    at + len
                }
            };
        }
    }

    fn quoted_literal(&mut self, range: Range<usize>) {
        // An empty pair of quotes still makes a word.
        self.flush();
        self.literal(range, true);
        self.flush();
    }

    fn double(&mut self, at: usize, limit: usize) -> usize {
        let end = skip::double(self.context.text.as_bytes(), at + 1, 0).unwrap_or(limit + 1).min(limit + 1);
        let inside = at + 1..(end - 1).max(at + 1);
        self.flush();
        if inside.is_empty() {
            self.quoted_literal(inside);
        } else {
            self.read(inside, Mode::Double);
            self.flush();
        }
        end
    }

    fn escape(&mut self, at: usize, limit: usize, mode: Mode) -> usize {
        let text = self.context.text;
        let Some(next) = text[at + 1..limit].chars().next() else {
            self.literal(at..limit, mode != Mode::Plain);
            return limit;
        };
        let end = at + 1 + next.len_utf8();
        let protects = match mode {
            Mode::Plain => true,
            Mode::Double => matches!(next, '$' | '`' | '"' | '\\' | '\n'),
            Mode::Here => matches!(next, '$' | '`' | '\\' | '\n'),
        };
        match next {
            _ if !protects => self.literal(at..end, true),
            '\n' => {
                // A continuation vanishes; what follows joins what came before.
                if let Some((_, covered, _)) = &mut self.pending {
                    covered.end = end;
                }
            }
            _ => self.escaped(at, end),
        }
        end
    }

    /// The character after the backslash at `at`, protected.
    fn escaped(&mut self, at: usize, end: usize) {
        let text = &self.context.text[at + 1..end];
        match &mut self.pending {
            Some((pending, covered, true)) if covered.end == at => {
                pending.push_str(text);
                covered.end = end;
            }
            _ => {
                self.flush();
                self.pending = Some((text.to_owned(), at..end, true));
            }
        }
    }

    fn backquote(&mut self, at: usize, limit: usize, quoted: bool) -> usize {
        let end = skip::backquote(self.context.text.as_bytes(), at + 1).unwrap_or(limit + 1).min(limit + 1);
        let inside = at + 1..(end - 1).max(at + 1);
        let script = self.context.backquoted(inside, quoted);
        self.push(PartKind::Substitution(script), quoted, at..end.min(limit));
        end
    }

    fn dollar(&mut self, at: usize, limit: usize, mode: Mode) -> usize {
        let text = self.context.text;
        let bytes = text.as_bytes();
        let quoted = mode != Mode::Plain;
        match bytes[at + 1..limit].first() {
            Some(b'(') => {
                let end = skip::dollar(bytes, at, 0).unwrap_or(limit).min(limit);
                self.push(self.parenthesis(self.inside(at + 2..end, b')')), quoted, at..end);
                end
            }
            Some(b'{') => {
                let end = skip::dollar(bytes, at, 0).unwrap_or(limit).min(limit);
                let kind = self.braces(self.inside(at + 2..end, b'}'), mode);
                self.push(kind, quoted, at..end);
                end
            }
            Some(b'\'') if mode == Mode::Plain => {
                let end = skip::dollar(bytes, at, 0).unwrap_or(limit).min(limit);
                self.quoted_literal(self.inside(at + 2..end, b'\''));
                end
            }
            Some(b'"') if mode == Mode::Plain => at + 1,
            Some(first) if is_special(*first) || first.is_ascii_digit() => {
                self.parameter(&text[at + 1..at + 2], quoted, at..at + 2);
                at + 2
            }
            Some(first) if first.is_ascii_alphabetic() || *first == b'_' => {
                let end = at + 1 + name_length(&text[at + 1..limit]);
                self.parameter(&text[at + 1..end], quoted, at..end);
                end
            }
            _ => {
                self.literal(at..at + 1, quoted);
                at + 1
            }
        }
    }

    /// What is before the sign that closes it, or all where nothing does.
    fn inside(&self, range: Range<usize>, close: u8) -> Range<usize> {
        let closed = self.context.text.as_bytes()[range.clone()].last() == Some(&close);
        range.start..range.end - usize::from(closed)
    }

    fn parameter(&mut self, name: &str, quoted: bool, range: Range<usize>) {
        self.push(PartKind::Parameter { name: name.to_owned(), operator: None }, quoted, range);
    }

    fn parenthesis(&self, inside: Range<usize>) -> PartKind {
        let text = &self.context.text[inside.clone()];
        let arithmetic = text.starts_with('(') && text.ends_with(')');
        let whole = || skip::parenthesis(text.as_bytes(), 1, 0) == Some(text.len());
        if arithmetic && whole() {
            PartKind::Arithmetic(text[1..text.len() - 1].to_owned())
        } else {
            PartKind::Substitution(self.context.nested(inside))
        }
    }

    /// The inside of `${...}`.
    fn braces(&self, inside: Range<usize>, mode: Mode) -> PartKind {
        let text = &self.context.text[inside.clone()];
        if let Some(name) = text.strip_prefix('#').filter(|it| !it.is_empty() && name_length(it) == it.len()) {
            let operator = Some(("length".to_owned(), Word::default()));
            return PartKind::Parameter { name: name.to_owned(), operator };
        }
        let name_end = match text.as_bytes().first() {
            Some(first) if first.is_ascii_digit() => text.bytes().take_while(u8::is_ascii_digit).count(),
            Some(first) if is_special(*first) && !(*first == b'!' && text.len() > 1) => 1,
            Some(b'!') => 1 + name_length(&text[1..]),
            _ => subscript_end(text, name_length(text)),
        };
        let name = text[..name_end].to_owned();
        let rest = &text[name_end..];
        if rest.is_empty() {
            return PartKind::Parameter { name, operator: None };
        }
        const OPERATORS: [&str; 17] =
            [":-", ":=", ":+", ":?", "%%", "##", "//", "/#", "/%", "^^", ",,", "-", "=", "+", "?", "%", "#"];
        let shorter = || rest.char_indices().nth(1).map_or(rest, |it| &rest[..it.0]);
        let operator = OPERATORS.into_iter().find(|it| rest.starts_with(it)).unwrap_or_else(shorter);
        let from = inside.start + name_end + operator.len();
        let mut reader = Reader::new(self.context);
        let protected = mode != Mode::Plain && !operator.starts_with(['%', '#']);
        reader.read(from..inside.end, if protected { Mode::Here } else { Mode::Plain });
        let word = Word { parts: reader.finish(), range: self.context.range(from..inside.end) };
        PartKind::Parameter { name, operator: Some((operator.to_owned(), word)) }
    }
}

fn is_special(it: u8) -> bool {
    matches!(it, b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!')
}

/// Bytes of the variable name that starts `text`.
pub(super) fn name_length(text: &str) -> usize {
    let len = text.bytes().take_while(|it| it.is_ascii_alphanumeric() || *it == b'_').count();
    if text.starts_with(|it: char| it.is_ascii_digit()) { 0 } else { len }
}

/// Bytes of a name and the `[...]` after it.
pub(super) fn subscript_end(text: &str, name: usize) -> usize {
    if name > 0 && text[name..].starts_with('[') {
        return text[name..].find(']').map_or(name, |it| name + it + 1);
    }
    name
}

/// An empty script, for a substitution nested too deep.
pub(super) fn unread(range: Range<usize>) -> Script {
    let kind = super::CommandKind::Unparsed;
    Script { commands: vec![super::Command { kind, range, redirections: Vec::new(), background: false }] }
}
