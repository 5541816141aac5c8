//! Evaluated text: what is not known in it, and where each piece of it was spelt.
//!
//! Shared by the readers of configure, make and shell. Knows none of their syntaxes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::LazyLock;

use crate::source::{Span, normalise};

/// First code point of the plane that marks unknown text.
const MARK: u32 = 0xF_0000;

/// A value that cannot be known, as text: each character of `spelling` moved to a private plane, so that no splitting,
/// pattern or shell syntax sees inside, two unknowns are equal just where they are spelt alike, and [`display`] can
/// show it.
///
/// `unknown("$(shell date)")` is one word; `display` gives `$(shell date)` back. Of a long spelling, such as one that holds
/// others that hold others, the beginning is kept, and a number that tells it from those that begin alike.
pub fn unknown(spelling: &str) -> String {
    const LONGEST: usize = 2_000;
    const KEPT: usize = 400;
    // Nothing of a long one is made that is not kept.
    if spelling.len() <= LONGEST || spelling.chars().nth(LONGEST).is_none() {
        return spelling.chars().map(mark).collect();
    }
    let mut hasher = DefaultHasher::new();
    spelling.hash(&mut hasher);
    let number = format!("...#{:016x}", hasher.finish());
    spelling.chars().take(KEPT).chain(number.chars()).map(mark).collect()
}

/// What stands for `$(DESTDIR)`, which packagers always set.
pub fn destination() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| unknown("$(DESTDIR)"));
    &TEXT
}

/// Whether some of `text` is unknown.
pub fn has_unknown(text: &str) -> bool {
    // Characters of planes 15 and 16 start with the byte F3 or F4 in UTF-8.
    text.bytes().any(|it| it >= 0xf3) && text.chars().any(is_unknown_char)
}

/// A path as it is spelt in a folder, relative to the project's root. What stands below an unknown folder is one file,
/// wherever it is named.
pub fn located(root: &str, folder: &str, path: &str) -> String {
    let first = path.split('/').next().unwrap_or_default();
    let unknown = path.contains('/') && !first.is_empty() && first.chars().all(is_unknown_char);
    // `*/x` is below the folder, wherever `$(X)/x` is.
    let is_wild = || display(first).bytes().all(|it| b"*?".contains(&it));
    let rooted = unknown && !is_wild() || path.starts_with(destination());
    match if rooted { "" } else { folder } {
        folder if folder.starts_with('/') && !path.starts_with('/') => normalise(root, "", &format!("{folder}/{path}")),
        folder => normalise(root, folder, path),
    }
}

/// Whether nothing of a path is known.
pub fn is_all_unknown(path: &str) -> bool {
    path.chars().all(|it| is_unknown_char(it) || it == '/')
}

/// Whether a character belongs to an unknown.
pub fn is_unknown_char(it: char) -> bool {
    it as u32 >= MARK
}

/// `text` as a person should see it.
pub fn display(text: &str) -> String {
    if !has_unknown(text) {
        return text.to_owned();
    }
    text.chars()
        .map(|it| if is_unknown_char(it) { char::from_u32(it as u32 - MARK).unwrap_or('?') } else { it })
        .collect()
}

fn mark(it: char) -> char {
    if is_unknown_char(it) { it } else { char::from_u32(MARK + it as u32).unwrap_or('\u{F003F}') }
}

/// Text with the place where each piece of it was spelt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traced {
    /// The text.
    pub text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    /// Offset in the text after the piece.
    end: usize,
    origin: Option<Origin>,
}

/// Where a piece of text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Character for character what stands at the span (which has the same length).
    Verbatim(Span),
    /// Computed from what stands at the span.
    Derived(Span),
}

impl Traced {
    /// Text of unknown origin.
    pub fn plain(text: impl Into<String>) -> Traced {
        let mut res = Traced::default();
        res.push(&text.into(), None);
        res
    }

    /// Text that was spelt at `span`, or computed from it where the lengths differ.
    pub fn spelt(text: &str, span: Span) -> Traced {
        let mut res = Traced::default();
        res.push_spelt(text, span);
        res
    }

    /// Appends text.
    pub fn push(&mut self, text: &str, origin: Option<Origin>) {
        if text.is_empty() {
            return;
        }
        self.text.push_str(text);
        if self.pieces.is_empty() {
            // Most texts stay one piece.
            self.pieces.reserve_exact(1);
        }
        self.pieces.push(Piece { end: self.text.len(), origin });
    }

    /// Appends text that was spelt at `span`.
    pub fn push_spelt(&mut self, text: &str, span: Span) {
        let origin = if text.len() == span.len() { Origin::Verbatim(span) } else { Origin::Derived(span) };
        self.push(text, Some(origin));
    }

    /// Appends other traced text.
    pub fn append(&mut self, other: &Traced) {
        let base = self.text.len();
        self.text.push_str(&other.text);
        self.pieces.extend(other.pieces.iter().map(|it| Piece { end: base + it.end, origin: it.origin }));
    }

    /// A part of this text, with its origins.
    pub fn slice(&self, range: Range<usize>) -> Traced {
        let mut res = Traced::default();
        let mut start = 0;
        for piece in &self.pieces {
            let from = start.max(range.start);
            let to = piece.end.min(range.end);
            if from < to {
                let origin = piece.origin.map(|it| match it {
                    Origin::Verbatim(span) => {
                        Origin::Verbatim(Span::new(span.file, span.start() + from - start, span.start() + to - start))
                    }
                    derived => derived,
                });
                res.push(&self.text[from..to], origin);
            }
            start = piece.end;
        }
        res
    }

    /// The origins of the pieces that a range touches, in order, neighbours joined.
    pub fn origins(&self, range: Range<usize>) -> Vec<Origin> {
        let mut res: Vec<Origin> = Vec::new();
        for origin in self.slice(range).pieces.iter().filter_map(|it| it.origin) {
            match (res.last_mut(), origin) {
                (Some(Origin::Verbatim(last)), Origin::Verbatim(next))
                    if last.file == next.file && last.end() == next.start() =>
                {
                    *last = last.up_to(next.end());
                }
                (Some(last), next) if *last == next => {}
                _ => res.push(origin),
            }
        }
        res
    }

    /// The pieces in order: their range in the text and their origin.
    pub fn pieces(&self) -> impl Iterator<Item = (Range<usize>, Option<Origin>)> + '_ {
        let starts = std::iter::once(0).chain(self.pieces.iter().map(|it| it.end));
        starts.zip(&self.pieces).map(|(start, it)| (start..it.end, it.origin))
    }
}

impl Origin {
    /// The place.
    pub fn span(&self) -> Span {
        match self {
            Origin::Verbatim(span) | Origin::Derived(span) => *span,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Project;

    #[test]
    fn an_unknown_is_one_opaque_word() {
        let text = format!("a{}b", unknown("$(shell date +%s; x)"));
        assert_eq!(text.split_whitespace().count(), 1);
        assert_eq!(display(&text), "a$(shell date +%s; x)b");
        assert!(has_unknown(&text) && !has_unknown("aéb"));
        assert_eq!(unknown(&unknown("@X@")), unknown("@X@"));
        let long = |end: &str| unknown(&format!("$(shell {}{end})", "x".repeat(3_000)));
        assert!(long("a") == long("a") && long("a") != long("b") && unknown(&long("a")) == long("a"));
        assert!(long("a").chars().count() < 500 && display(&long("a")).starts_with("$(shell xx"));
    }

    #[test]
    fn a_slice_keeps_its_origin() {
        let file = Project::in_memory([("m", "hello")]).open("m").unwrap();
        let mut text = Traced::plain("x ");
        text.push_spelt("hello", Span::new(file, 10, 15));
        assert_eq!(text.origins(3..6), [Origin::Verbatim(Span::new(file, 11, 14))]);
        assert_eq!(text.slice(1..4).text, " he");
    }
}
