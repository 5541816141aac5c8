//! Text put together from pieces of files, each byte of which knows its place: what m4 makes of a configure.ac.
//!
//! Knows nothing of m4 or the shell.

use std::ops::Range;

use crate::source::{FileId, Span};
use crate::text::{Origin, Traced};

/// Text and the places that it comes from.
#[derive(Clone, Debug, Default)]
pub(super) struct Mapped {
    pub(super) text: String,
    marks: Vec<Mark>,
}

/// The text from `at` to the next mark.
#[derive(Clone, Copy, Debug)]
struct Mark {
    at: usize,
    origin: Option<Origin>,
}

impl Mapped {
    /// The whole of a file.
    pub(super) fn of_file(file: FileId, text: &str) -> Mapped {
        let mut res = Mapped::default();
        res.push(text, Some(Origin::Verbatim(Span::new(file, 0, text.len()))));
        res
    }

    /// Text that stands in no file.
    pub(super) fn plain(text: &str) -> Mapped {
        let mut res = Mapped::default();
        res.push(text, None);
        res
    }

    /// Appends text with one origin; text that follows in the file what was appended last continues its piece.
    pub(super) fn push(&mut self, text: &str, origin: Option<Origin>) {
        if text.is_empty() {
            return;
        }
        match (self.marks.last_mut(), origin) {
            (Some(Mark { origin: Some(Origin::Verbatim(last)), .. }), Some(Origin::Verbatim(next)))
                if last.file == next.file && last.end() == next.start() =>
            {
                *last = last.up_to(next.end());
            }
            (Some(Mark { origin: last, .. }), next) if *last == next && !matches!(next, Some(Origin::Verbatim(_))) => {}
            _ => self.marks.push(Mark { at: self.text.len(), origin }),
        }
        self.text.push_str(text);
    }

    /// Appends text that was computed from what stands at `span`.
    pub(super) fn push_derived(&mut self, text: &str, span: Option<Span>) {
        self.push(text, span.map(Origin::Derived));
    }

    /// Appends a part of other text.
    pub(super) fn push_slice(&mut self, other: &Mapped, range: Range<usize>) {
        for (piece, origin) in other.pieces(range) {
            self.push(&other.text[piece], origin);
        }
    }

    /// Appends other text.
    pub(super) fn append(&mut self, other: &Mapped) {
        self.push_slice(other, 0..other.text.len());
    }

    /// A part of this text.
    pub(super) fn slice(&self, range: Range<usize>) -> Mapped {
        let mut res = Mapped::default();
        res.push_slice(self, range);
        res
    }

    /// This text without blanks around it.
    pub(super) fn trimmed(&self) -> Mapped {
        let start = self.text.len() - self.text.trim_start().len();
        let end = self.text.trim_end().len().max(start);
        self.slice(start..end)
    }

    /// The pieces that a range touches, cut to it, each with its origin cut likewise.
    fn pieces(&self, range: Range<usize>) -> impl Iterator<Item = (Range<usize>, Option<Origin>)> + '_ {
        let first = self.marks.partition_point(|it| it.at <= range.start).saturating_sub(1);
        let ends = self.marks.iter().skip(first + 1).map(|it| it.at).chain(std::iter::once(self.text.len()));
        self.marks[first.min(self.marks.len())..]
            .iter()
            .zip(ends)
            .take_while(move |(mark, _)| mark.at < range.end)
            .map(move |(mark, end)| (mark, range.start.max(mark.at)..range.end.min(end)))
            .filter(|(_, piece)| piece.start < piece.end)
            .map(|(mark, piece)| {
                let origin = mark.origin.map(|it| match it {
                    Origin::Verbatim(span) => {
                        let start = span.start() + piece.start - mark.at;
                        Origin::Verbatim(Span::new(span.file, start, start + piece.len()))
                    }
                    derived => derived,
                });
                (piece, origin)
            })
    }

    /// The place of a range: in the file that most of it comes from, from its first byte to its last; what was put in
    /// from elsewhere between them does not count.
    pub(super) fn span(&self, range: Range<usize>) -> Option<Span> {
        if range.is_empty() {
            return self.point(range.start);
        }
        let places = || self.pieces(range.clone()).filter_map(|(piece, it)| Some((piece.len(), it?.span())));
        let mut bytes: Vec<(FileId, usize)> = Vec::new();
        for (len, it) in places() {
            match bytes.iter_mut().find(|known| known.0 == it.file) {
                Some(known) => known.1 += len,
                None => bytes.push((it.file, len)),
            }
        }
        // Of two with as much, the first.
        let file = bytes.iter().rev().max_by_key(|it| it.1)?.0;
        let mut inside = places().map(|it| it.1).filter(|it| it.file == file);
        let first = inside.next()?;
        let end = inside.filter(|it| it.start() >= first.start()).map(|it| it.end()).last();
        Some(first.up_to(end.unwrap_or(first.end()).max(first.end())))
    }

    /// The place before the byte at `offset`, or after the one before it.
    fn point(&self, offset: usize) -> Option<Span> {
        let next = self.pieces(offset..(offset + 1).min(self.text.len())).next().and_then(|it| it.1);
        if let Some(Origin::Verbatim(span)) = next {
            return Some(Span::new(span.file, span.start(), span.start()));
        }
        let before = self.pieces(offset.saturating_sub(1)..offset).next().and_then(|it| it.1)?.span();
        Some(Span::new(before.file, before.end(), before.end()))
    }

    /// `cooked`, which is what the shell makes of the text at `range` (escapes and line joins removed), with the origin of
    /// each character that stands there as it is.
    pub(super) fn traced(&self, range: Range<usize>, cooked: &str) -> Traced {
        let mut res = Traced::default();
        let raw = &self.text[range.clone()];
        let Some(kept) = kept_runs(raw, cooked) else {
            res.push(cooked, self.span(range).map(Origin::Derived));
            return res;
        };
        for run in kept {
            for (piece, origin) in self.pieces(range.start + run.start..range.start + run.end) {
                res.push(&self.text[piece], origin);
            }
        }
        res
    }
}

/// The runs of `raw` that make up `cooked`, backslashes and escaped newlines left out; `None` where they do not.
fn kept_runs(raw: &str, cooked: &str) -> Option<Vec<Range<usize>>> {
    if raw == cooked {
        let whole = 0..raw.len();
        return Some(vec![whole]);
    }
    let mut runs = Vec::new();
    let mut start = 0;
    let mut at = 0;
    let mut wanted = cooked;
    while at < raw.len() {
        let rest = &raw[at..];
        let it = rest.chars().next()?;
        let escape = it == '\\' && {
            let next = rest[1..].chars().next();
            next == Some('\n')
                || next.is_some_and(|it| wanted.starts_with(it) && !"\\".contains(it))
                || rest.starts_with("\\\\") && !wanted.starts_with("\\\\")
        };
        if !escape {
            wanted = wanted.strip_prefix(it)?;
            at += it.len_utf8();
            continue;
        }
        runs.push(start..at);
        let next = rest[1..].chars().next()?;
        start = if next == '\n' { at + 2 } else { at + 1 };
        if next != '\n' {
            wanted = wanted.strip_prefix(next)?;
        }
        at += 1 + next.len_utf8();
    }
    runs.push(start..raw.len());
    runs.retain(|it| it.start < it.end);
    wanted.is_empty().then_some(runs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Project;

    #[test]
    fn pieces_keep_their_places() {
        let file = Project::in_memory([("m", "hello world")]).open("m").unwrap();
        let whole = Mapped::of_file(file, "hello world");
        let mut text = whole.slice(6..11);
        text.push("! ", None);
        text.push_slice(&whole, 0..5);
        assert_eq!(text.text, "world! hello");
        assert_eq!(text.span(8..10), Some(Span::new(file, 1, 3)));
        assert_eq!(text.span(5..5), Some(Span::new(file, 11, 11)));
        assert_eq!(text.span(0..12), Some(Span::new(file, 6, 11)), "what stands before it does not count");
        assert_eq!(text.slice(7..12).span(0..5), Some(Span::new(file, 0, 5)));
    }

    #[test]
    fn escapes_are_left_out_and_the_rest_keeps_its_place() {
        let file = Project::in_memory([("m", "")]).open("m").unwrap();
        let text = Mapped::of_file(file, "\\$(x)/a b \\\"c\\\\d");
        let traced = text.traced(0..text.text.len(), "$(x)/a b \"c\\d");
        assert_eq!(traced.text, "$(x)/a b \"c\\d");
        assert_eq!(traced.origins(5..8), [Origin::Verbatim(Span::new(file, 6, 9))]);
    }
}
