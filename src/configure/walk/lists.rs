//! The words of a loop over a list that the script puts together: `LIST="a b"`, `LIST="$LIST c"` in some arm.

use std::ops::Range;

use super::super::mapped::Mapped;
use super::super::model::{Assigned, GuardId, Part, Value, Word};
use super::super::words::converted;
use super::Walker;
use crate::shell::{Part as WordPart, PartKind, Word as ShellWord};
use crate::source::Span;
use crate::text::Traced;

/// A word for which a loop runs, where it stands, and the arm in which the list is given it.
pub(super) struct Turn {
    pub(super) word: Word,
    pub(super) place: Option<Span>,
    pub(super) guard: Option<GuardId>,
}

impl Walker<'_> {
    /// What a loop goes through, where all of it is known; words of an arm only where the loop stands in none.
    pub(super) fn turns(&self, text: &Mapped, words: &[ShellWord]) -> Option<Vec<Turn>> {
        let mut res = Vec::new();
        for word in words {
            match &word.parts[..] {
                [WordPart { kind: PartKind::Parameter { name, operator: None }, quoted: false, .. }] => {
                    res.extend(self.list(name)?);
                }
                _ if word.literal().is_some() => res.push(Turn {
                    word: converted(text, word),
                    place: text.span(word.range.clone()),
                    guard: self.guard,
                }),
                _ => return None,
            }
        }
        Some(res)
    }

    fn list(&self, name: &str) -> Option<Vec<Turn>> {
        let mut res: Vec<Turn> = Vec::new();
        for Assigned { value, guard, .. } in self.res.assignments.iter().filter(|it| it.name == name) {
            let (text, more) = match value {
                Value::Unset => (None, false),
                Value::Unknown { .. } => return None,
                Value::Word(word) => match &word.parts[..] {
                    [] => (None, false),
                    [Part::Text(text)] => (Some(text), false),
                    [Part::Variable { name: own, operator: None, .. }, Part::Text(text)]
                        if own == name && text.text.starts_with([' ', '\t', '\n']) =>
                    {
                        (Some(text), true)
                    }
                    _ => return None,
                },
            };
            if !more && guard.is_none() {
                res.clear();
            }
            let words = text.into_iter().flat_map(|text| ranges(&text.text).map(|it| text.slice(it)));
            res.extend(words.map(|it| Turn { word: word(it), place: None, guard: guard.or(self.guard) }));
        }
        let fits = self.guard.is_none() || res.iter().all(|it| it.guard == self.guard);
        (fits && !res.is_empty()).then_some(res)
    }
}

fn word(text: Traced) -> Word {
    Word { parts: vec![Part::Text(text)], span: None }
}

/// Where the words of a text stand.
fn ranges(text: &str) -> impl Iterator<Item = Range<usize>> {
    let start = |it: &str| it.as_ptr() as usize - text.as_ptr() as usize;
    text.split_whitespace().map(move |it| start(it)..start(it) + it.len())
}
