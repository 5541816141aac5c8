//! Text that knows from which bytes of the recipe it came, so that a path made in a script can be traced to the operand
//! that the recipe gave.
//!
//! Knows nothing of what the text means.

use std::ops::Range;

use super::Place;
use crate::text::{has_unknown, is_unknown_char, unknown};

/// Text in pieces, each with its place.
#[derive(Clone, Debug, Default)]
pub(super) struct Value {
    pub(super) text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
struct Piece {
    end: usize,
    place: Option<Place>,
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.text == other.text
    }
}

impl Value {
    /// Text from nowhere in the recipe.
    pub(super) fn plain(text: impl Into<String>) -> Value {
        let mut res = Value::default();
        res.push(&text.into(), None);
        res
    }

    /// A value that cannot be known.
    pub(super) fn unknown(spelling: &str) -> Value {
        Value::plain(unknown(spelling))
    }

    /// Appends text; it stands verbatim at the place where the lengths agree.
    pub(super) fn push(&mut self, text: &str, place: Option<Place>) {
        if text.is_empty() {
            return;
        }
        self.text.push_str(text);
        match self.pieces.last_mut() {
            Some(last) if last.place.is_none() && place.is_none() => last.end = self.text.len(),
            _ => self.pieces.push(Piece { end: self.text.len(), place }),
        }
    }

    /// Appends another value.
    pub(super) fn append(&mut self, other: &Value) {
        let base = self.text.len();
        self.text.push_str(&other.text);
        self.pieces.extend(other.pieces.iter().map(|it| Piece { end: base + it.end, place: it.place }));
    }

    /// A part, with the places of its bytes.
    pub(super) fn slice(&self, range: Range<usize>) -> Value {
        let mut res = Value::default();
        let mut start = 0;
        for piece in &self.pieces {
            let (from, to) = (start.max(range.start), piece.end.min(range.end));
            if from < to {
                let length = piece.end - start;
                let place = piece.place.map(|it| match it.range() {
                    whole if whole.len() == length => {
                        Place::new(it.line(), whole.start + from - start..whole.start + to - start)
                    }
                    _ => it,
                });
                res.push(&self.text[from..to], place);
            }
            start = piece.end;
        }
        res
    }

    /// From an offset to the end.
    pub(super) fn from(&self, start: usize) -> Value {
        self.slice(start..self.text.len())
    }

    /// The bytes of the recipe that the text came from: those of the pieces that have a place, on the line of the last.
    pub(super) fn place(&self) -> Option<Place> {
        let mut places = self.pieces.iter().rev().filter_map(|it| it.place);
        let last = places.next()?;
        let mut res = last.range();
        for it in places.filter(|it| it.line() == last.line()).map(|it| it.range()) {
            // Pieces apart from each other are not one spelling: the longest one names the path best.
            if it.end == res.start || it.start == res.end {
                res = it.start.min(res.start)..it.end.max(res.end);
            } else if it.len() > res.len() {
                res = it;
            }
        }
        Some(Place::new(last.line(), res))
    }

    /// This value's place with another text.
    pub(super) fn derived(&self, text: impl Into<String>) -> Value {
        let text = text.into();
        match self.text.find(&text).filter(|_| !text.is_empty()) {
            Some(at) => self.slice(at..at + text.len()),
            None => {
                let mut res = Value::default();
                res.push(&text, self.place());
                res
            }
        }
    }

    /// The words of the text.
    pub(super) fn split(&self) -> Vec<Value> {
        let mut res = Vec::new();
        let mut start = None;
        for (at, it) in self.text.char_indices().chain([(self.text.len(), ' ')]) {
            match (start, it.is_ascii_whitespace()) {
                (Some(from), true) => {
                    res.push(self.slice(from..at));
                    start = None;
                }
                (None, false) => start = Some(at),
                _ => {}
            }
        }
        res
    }

    /// Without the newlines at its end.
    pub(super) fn trimmed(&self) -> Value {
        self.slice(0..self.text.trim_end_matches('\n').len())
    }

    /// Whether all of it is known.
    pub(super) fn is_known(&self) -> bool {
        !has_unknown(&self.text)
    }

    /// Whether some of it is known, or there is nothing to know.
    pub(super) fn is_known_in_part(&self) -> bool {
        self.text.is_empty() || self.text.contains(|it| !is_unknown_char(it))
    }
}
