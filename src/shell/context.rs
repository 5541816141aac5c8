//! The text being read and its place in the caller's: scripts within scripts, with the offsets of the outermost.
//!
//! Knows quoting of backquotes; nothing of commands.

use std::cell::Cell;
use std::ops::Range;

use super::lower::Lowering;
use super::skip::DEEPEST;
use super::tokens::{TokenKind, tokens};
use super::{Script, words};
use crate::syntax::bash::structure;

/// The text being read, and where it stands in the text that the caller gave.
pub(super) struct Context<'a> {
    pub(super) text: &'a str,
    depth: usize,
    /// Compound commands around what is being read.
    pub(super) level: Cell<usize>,
    offsets: Offsets,
}

/// From offsets in a nested text to those in the caller's.
enum Offsets {
    Shifted(usize),
    /// Backquoted text, whose escapes are gone: the offset of each byte, and of the end.
    Table(Vec<usize>),
}

impl<'a> Context<'a> {
    /// The context of the whole text.
    pub(super) fn new(text: &'a str) -> Context<'a> {
        Context { text, depth: 0, level: Cell::new(0), offsets: Offsets::Shifted(0) }
    }

    /// A range of this text in the caller's.
    pub(super) fn range(&self, range: Range<usize>) -> Range<usize> {
        match &self.offsets {
            Offsets::Shifted(base) => base + range.start..base + range.end,
            Offsets::Table(table) => table[range.start]..table[range.end],
        }
    }

    /// The script at `range` of this text.
    pub(super) fn nested(&self, range: Range<usize>) -> Script {
        let offsets = match &self.offsets {
            Offsets::Shifted(base) => Offsets::Shifted(base + range.start),
            Offsets::Table(table) => Offsets::Table(table[range.start..=range.end].to_vec()),
        };
        self.inner(&self.text[range], offsets)
    }

    /// The script between backquotes: a backslash there protects `$`, `` ` `` and itself, and in double quotes `"`.
    pub(super) fn backquoted(&self, range: Range<usize>, in_quotes: bool) -> Script {
        if !self.text[range.clone()].contains('\\') {
            return self.nested(range);
        }
        let mut text = String::new();
        let mut table = Vec::new();
        let mut escaped = false;
        let inside = &self.text[range.clone()];
        for (at, it) in inside.char_indices() {
            let next = inside[at + it.len_utf8()..].chars().next();
            let goes = it == '\\' && !escaped && next.is_some_and(|it| "$`\\".contains(it) || in_quotes && it == '"');
            escaped = goes;
            if !goes {
                text.push(it);
                let start = range.start + at;
                table.extend((start..start + it.len_utf8()).map(|it| self.range(it..it).start));
            }
        }
        table.push(self.range(range.end..range.end).start);
        self.inner(&text, Offsets::Table(table))
    }

    fn inner(&self, text: &str, offsets: Offsets) -> Script {
        let depth = self.depth + self.level.get() + 1;
        Context { text, depth, level: Cell::new(0), offsets }.script()
    }

    /// The whole text as a script.
    pub(super) fn script(&self) -> Script {
        if self.depth > DEEPEST {
            return words::unread(self.range(0..self.text.len()));
        }
        let tokens = tokens(self.text);
        let mut lowering = Lowering::new(self, &tokens);
        let only_words = tokens.tokens.iter().all(|it| match it.kind {
            TokenKind::Word | TokenKind::Redirection { .. } => true,
            TokenKind::Reserved | TokenKind::Operator | TokenKind::Newline => false,
        });
        match tokens.tokens.len() {
            0 => Script::default(),
            len if only_words => Script { commands: vec![lowering.simple(0..len)] },
            _ => {
                let structure = structure(&lowering.skeleton(), DEEPEST - self.depth);
                lowering.sequence(&structure.children)
            }
        }
    }
}
