//! Make text that knows where it is spelt, and the two forms in which expanded text is gathered: plain and traced.
//!
//! Knows nothing of variables or rules.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::source::{FileId, Span};
use crate::syntax::make::scan;
use crate::text::{Origin, Traced};

/// Where the bytes of a text are spelt.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Map {
    /// Nowhere: built in, or from the command line.
    #[default]
    Nowhere,
    /// Byte for byte in a file, from this offset on.
    Flat(FileId, usize),
    /// Computed from what stands there.
    At(Span),
    /// In pieces.
    Pieces(Arc<Vec<Piece>>),
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    /// Offset in the text after the piece.
    pub(crate) end: usize,
    pub(crate) origin: Option<Origin>,
    /// The place in the makefile where a substituted piece was asked for.
    pub(crate) place: Option<Span>,
    /// The substituted variable that gave it.
    pub(crate) name: Option<Arc<str>>,
}

impl Map {
    /// The map of the text from `range` on.
    pub(crate) fn slice(&self, range: Range<usize>) -> Map {
        match self {
            Map::Nowhere => Map::Nowhere,
            Map::Flat(file, start) => Map::Flat(*file, start + range.start),
            Map::At(span) => Map::At(*span),
            Map::Pieces(pieces) => slice(pieces, range),
        }
    }

    /// The pieces that a range touches: their part of the range, their origin.
    fn each(&self, range: Range<usize>, mut found: impl FnMut(Range<usize>, Option<Origin>)) {
        match self {
            _ if range.is_empty() => {}
            Map::Nowhere => found(range, None),
            Map::Flat(file, start) => {
                let span = Span::new(*file, start + range.start, start + range.end);
                found(range, Some(Origin::Verbatim(span)));
            }
            Map::At(span) => found(range, Some(Origin::Derived(*span))),
            Map::Pieces(pieces) => {
                for (start, piece) in touched(pieces, &range) {
                    let part = start.max(range.start)..piece.end.min(range.end);
                    let origin = piece.origin.map(|it| cut(it, start, &part));
                    found(part, origin);
                }
            }
        }
    }

    /// Whether references were replaced in the text.
    pub(crate) fn has_pieces(&self) -> bool {
        matches!(self, Map::Pieces(_))
    }

    /// The place in the makefile that a range of the text comes from, from its first to its last byte.
    pub(crate) fn place(&self, range: Range<usize>) -> Option<Span> {
        match self {
            Map::Nowhere => None,
            Map::Flat(file, start) => Some(Span::new(*file, start + range.start, start + range.end)),
            Map::At(span) => Some(*span),
            Map::Pieces(pieces) => {
                let touching = if range.is_empty() { range.start..range.end + 1 } else { range };
                let mut res: Option<Span> = None;
                for (start, piece) in touched(pieces, &touching) {
                    let part = start.max(touching.start)..piece.end.min(touching.end);
                    let span = piece.place.or_else(|| piece.origin.map(|it| cut(it, start, &part).span()));
                    res = match (res, span) {
                        (Some(a), Some(b)) if a.file == b.file => {
                            Some(Span::new(a.file, a.start().min(b.start()), a.end().max(b.end())))
                        }
                        (a, b) => a.or(b),
                    };
                }
                res
            }
        }
    }

    /// The substituted variables in a range of the text.
    pub(crate) fn names(&self, range: Range<usize>) -> impl Iterator<Item = &Arc<str>> {
        let pieces: &[Piece] = match self {
            Map::Pieces(pieces) => pieces,
            _ => &[],
        };
        // An empty substitution leaves a piece without length; it counts where it stands.
        let first = pieces.partition_point(|it| it.end < range.start);
        let mut start = if first == 0 { 0 } else { pieces[first - 1].end };
        pieces[first..]
            .iter()
            .map_while(move |it| {
                let inside = start <= range.end;
                start = it.end;
                inside.then_some(it)
            })
            .filter_map(|it| it.name.as_ref())
    }
}

fn touched<'a>(pieces: &'a [Piece], range: &Range<usize>) -> impl Iterator<Item = (usize, &'a Piece)> + use<'a> {
    let first = pieces.partition_point(|it| it.end <= range.start);
    let mut start = if first == 0 { 0 } else { pieces[first - 1].end };
    let end = range.end;
    pieces[first..].iter().map_while(move |piece| {
        let from = start;
        start = piece.end;
        (from < end).then_some((from, piece))
    })
}

fn cut(origin: Origin, start: usize, part: &Range<usize>) -> Origin {
    match origin {
        Origin::Verbatim(span) => {
            Origin::Verbatim(Span::new(span.file, span.start() + part.start - start, span.start() + part.end - start))
        }
        derived => derived,
    }
}

fn slice(pieces: &[Piece], range: Range<usize>) -> Map {
    let first = pieces.partition_point(|it| it.end < range.start);
    let mut start = if first == 0 { 0 } else { pieces[first - 1].end };
    let mut builder = Builder::default();
    for piece in &pieces[first..] {
        if start > range.end {
            break;
        }
        let part = start.max(range.start)..piece.end.min(range.end);
        if part.start < part.end || (piece.name.is_some() && piece.end == start) {
            let length = part.end.saturating_sub(part.start);
            builder.piece(length, piece.origin.map(|it| cut(it, start, &part)), piece.place, piece.name.clone());
        }
        start = piece.end;
    }
    builder.finish()
}

/// Builds a [`Map`] piece by piece.
#[derive(Default)]
pub(crate) struct Builder {
    pieces: Vec<Piece>,
    end: usize,
}

impl Builder {
    /// Goes on after a text of this length with this map.
    pub(crate) fn after(map: Map, length: usize) -> Builder {
        let mut res = Builder::default();
        match map {
            Map::Pieces(pieces) => {
                res.pieces = Arc::try_unwrap(pieces).unwrap_or_else(|it| (*it).clone());
                res.end = length;
            }
            other => res.push(&other, 0..length),
        }
        res
    }

    pub(crate) fn piece(&mut self, length: usize, origin: Option<Origin>, place: Option<Span>, name: Option<Arc<str>>) {
        self.end += length;
        let end = self.end;
        if let (Some(last), None, None) = (self.pieces.last_mut(), place, &name)
            && last.place.is_none()
            && last.name.is_none()
            && let (Some(Origin::Verbatim(a)), Some(Origin::Verbatim(b))) = (&mut last.origin, origin)
            && a.file == b.file
            && a.end() == b.start()
        {
            *a = a.up_to(b.end());
            last.end = end;
            return;
        }
        self.pieces.push(Piece { end, origin, place, name });
    }

    /// Appends a part of another text.
    pub(crate) fn push(&mut self, map: &Map, range: Range<usize>) {
        match map {
            Map::Pieces(pieces) => {
                if let Map::Pieces(part) = slice(pieces, range.clone()) {
                    let base = self.end;
                    self.pieces.extend(part.iter().map(|it| Piece { end: base + it.end, ..it.clone() }));
                }
                self.end += range.len();
            }
            _ => {
                let length = range.len();
                let mut origin = None;
                map.each(range, |_, it| origin = it);
                self.piece(length, origin, None, None);
            }
        }
    }

    /// Notes the substituted variables of a part of another text that is left out.
    fn names(&mut self, map: &Map, range: Range<usize>) {
        for name in map.names(range) {
            self.piece(0, None, None, Some(name.clone()));
        }
    }

    /// Whether something was pushed.
    pub(crate) fn started(&self) -> bool {
        !self.pieces.is_empty()
    }

    pub(crate) fn finish(self) -> Map {
        Map::Pieces(Arc::new(self.pieces))
    }
}

/// Make text and where it is spelt.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) map: Map,
}

impl<'a> Text<'a> {
    pub(crate) fn new(text: &'a str, map: Map) -> Text<'a> {
        Text { text: Cow::Borrowed(text), map }
    }

    /// A part of the text.
    pub(crate) fn slice(&self, range: Range<usize>) -> Text<'_> {
        Text { text: Cow::Borrowed(&self.text[range.clone()]), map: self.map.slice(range) }
    }

    /// The text from an offset on, with the substituted variables in the blanks before it: they are empty.
    pub(crate) fn slice_after_blanks(&self, start: usize) -> Text<'_> {
        let blanks = self.text[..start].trim_end_matches([' ', '\t']).len()..start;
        let mut map = Builder::default();
        map.names(&self.map, blanks);
        if !map.started() {
            return self.slice(start..self.text.len());
        }
        map.push(&self.map, start..self.text.len());
        Text { text: Cow::Borrowed(&self.text[start..]), map: map.finish() }
    }

    /// The text without the backslashes that quote a character; in references they stay, where these are told apart.
    pub(crate) fn unquoted(self, quoted: impl Fn(u8) -> bool, references: bool) -> Text<'a> {
        let bytes = self.text.as_bytes();
        if !bytes.contains(&b'\\') {
            return self;
        }
        let mut out = String::with_capacity(bytes.len());
        let mut map = Builder::default();
        let (mut done, mut at) = (0, 0);
        while at < bytes.len() {
            if references && bytes[at] == b'$' {
                at = scan::skip_reference(&self.text, at);
                continue;
            }
            let run = if quoted(bytes[at]) { scan::backslashes_before(bytes, done, at) } else { 0 };
            if run > 0 {
                let keep = at - run + run / 2;
                out.push_str(&self.text[done..keep]);
                map.push(&self.map, done..keep);
                done = at;
            }
            at += 1;
        }
        if done == 0 {
            return self;
        }
        out.push_str(&self.text[done..]);
        map.push(&self.map, done..bytes.len());
        Text { text: Cow::Owned(out), map: map.finish() }
    }

    /// The text with each backslash-newline and the blanks around it as one space.
    pub(crate) fn collapsed(self) -> Text<'a> {
        if self.text.as_bytes().contains(&b'\n') { collapse(&self, false) } else { self }
    }

    /// The same in a recipe, where only what stands in references is collapsed.
    pub(crate) fn collapsed_references(self) -> Text<'a> {
        if self.text.as_bytes().contains(&b'\n') && self.text.contains('$') { collapse(&self, true) } else { self }
    }
}

fn collapse<'a>(from: &Text, references_only: bool) -> Text<'a> {
    let text = &*from.text;
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut map = Builder::default();
    let mut done = 0;
    let mut reference_end = 0;
    let mut at = 0;
    while at < bytes.len() {
        if references_only && at >= reference_end && bytes[at] == b'$' {
            reference_end = scan::skip_reference(text, at);
            at += 1;
            continue;
        }
        if bytes[at] != b'\n' || (references_only && at >= reference_end) {
            at += 1;
            continue;
        }
        let carriage = usize::from(at > done && bytes[at - 1] == b'\r');
        let run = scan::backslashes_before(bytes, done, at - carriage);
        if run.is_multiple_of(2) {
            at += 1;
            continue;
        }
        // Of the backslashes before the one that quotes, half are kept; without them the blanks before go.
        let mut keep = at - carriage - run + run / 2;
        while run == 1 && keep > done && scan::is_blank(bytes[keep - 1]) {
            keep -= 1;
        }
        out.push_str(&text[done..keep]);
        map.push(&from.map, done..keep);
        let continues = keep == done && out.ends_with(' ');
        if !continues {
            out.push(' ');
            map.piece(1, from.map.place(at - 1..at + 1).map(Origin::Derived), None, None);
        }
        at = (at + 1..bytes.len()).find(|it| !scan::is_blank(bytes[*it])).unwrap_or(bytes.len());
        map.names(&from.map, keep..at);
        done = at;
    }
    out.push_str(&text[done..]);
    map.push(&from.map, done..text.len());
    Text { text: Cow::Owned(out), map: map.finish() }
}

/// What gathers expanded text.
pub(crate) trait Out: Default {
    /// Takes over a part of a text.
    fn literal(&mut self, text: &str, map: &Map, range: Range<usize>);
    /// Appends text that was computed from what stands at a place.
    fn computed(&mut self, text: &str, place: Option<Span>);
    /// The text so far.
    fn text(&self) -> &str;
    /// Whether places are wanted.
    const TRACED: bool;
}

impl Out for String {
    const TRACED: bool = false;

    fn literal(&mut self, text: &str, _map: &Map, range: Range<usize>) {
        self.push_str(&text[range]);
    }

    fn computed(&mut self, text: &str, _place: Option<Span>) {
        self.push_str(text);
    }

    fn text(&self) -> &str {
        self
    }
}

impl Out for Traced {
    const TRACED: bool = true;

    fn literal(&mut self, text: &str, map: &Map, range: Range<usize>) {
        map.each(range, |part, origin| self.push(&text[part], origin));
    }

    fn computed(&mut self, text: &str, place: Option<Span>) {
        self.push(text, place.map(Origin::Derived));
    }

    fn text(&self) -> &str {
        &self.text
    }
}

/// The map of traced text.
pub(crate) fn map_of(traced: &Traced) -> Map {
    let mut builder = Builder::default();
    for (range, origin) in traced.pieces() {
        builder.piece(range.len(), origin, None, None);
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Project;

    #[test]
    fn a_collapsed_line_keeps_its_places() {
        let file = Project::in_memory([("m", "")]).open("m").unwrap();
        let text = Text::new("a  \\\n\t b", Map::Flat(file, 10)).collapsed();
        assert_eq!(text.text, "a b");
        let mut traced = Traced::default();
        traced.literal(&text.text, &text.map, 2..3);
        assert_eq!(traced.origins(0..1), [Origin::Verbatim(Span::new(file, 17, 18))]);
        assert_eq!(text.map.place(0..1), Some(Span::new(file, 10, 11)));
    }

    #[test]
    fn only_references_of_a_recipe_are_collapsed() {
        let text = Text::new("a \\\nb $(c \\\n  d) \\\ne", Map::Nowhere).collapsed_references();
        assert_eq!(text.text, "a \\\nb $(c d) \\\ne");
    }
}
