//! What a diff shows, as lines rather than as text.

use std::ops::Range;

use similar::{ChangeTag, DiffOp, DiffTag, TextDiff};

use super::{CONTEXT, Change, lines};

/// Lines of a changed text, counted from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Lines that are new or other than before.
    pub changed: Vec<Range<usize>>,
    /// Lines that a diff shows: those, and the context around them.
    pub shown: Vec<Range<usize>>,
}

/// One line of each side, or of one of them, with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Before.
    pub old: Option<(usize, Vec<u8>)>,
    /// After.
    pub new: Option<(usize, Vec<u8>)>,
}

/// Which lines of `after` a diff touches.
pub fn touched(before: &[u8], after: &[u8]) -> Touched {
    let (old, new) = (lines(before), lines(after));
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
    let from_one = |it: Range<usize>| it.start + 1..it.end + 1;
    let changed = diff.ops().iter().filter(|it| it.tag() != DiffTag::Equal).map(|it| from_one(it.new_range()));
    let shown = diff.grouped_ops(CONTEXT).into_iter().filter_map(|it| {
        let (first, last) = (it.first()?.new_range(), it.last()?.new_range());
        Some(from_one(first.start..last.end))
    });
    Touched { changed: changed.filter(|it| !it.is_empty()).collect(), shown: shown.collect() }
}

/// The hunks of a change, both sides beside each other; lines come without their newline.
pub fn rows(change: &Change) -> Vec<Vec<Row>> {
    let (old, new) = (lines(&change.before), lines(&change.after));
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
    let line = |index: Option<usize>, text: &[u8]| index.map(|it| (it + 1, text.trim_ascii_end().to_vec()));
    let of_op = |op: &DiffOp| {
        let (mut left, mut right, mut both) = (Vec::new(), Vec::new(), Vec::new());
        for it in diff.iter_changes(op) {
            match it.tag() {
                ChangeTag::Equal => {
                    both.push(Row { old: line(it.old_index(), it.value()), new: line(it.new_index(), it.value()) })
                }
                ChangeTag::Delete => left.push(line(it.old_index(), it.value())),
                ChangeTag::Insert => right.push(line(it.new_index(), it.value())),
            }
        }
        let n = left.len().max(right.len());
        let side = |lines: &[Option<(usize, Vec<u8>)>], at: usize| lines.get(at).cloned().flatten();
        both.extend((0..n).map(|at| Row { old: side(&left, at), new: side(&right, at) }));
        both
    };
    diff.grouped_ops(CONTEXT).iter().map(|ops| ops.iter().flat_map(of_op).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn touched_lines_are_those_of_the_diff() {
        let text = |from: usize, to: usize| (from..to).map(|it| format!("{it}\n")).collect::<String>();
        let (before, after) = (text(1, 21), text(1, 10) + "x\n" + &text(11, 21));
        let got = |before: &[u8], after: &[u8]| {
            let got = touched(before, after);
            (format!("{:?}", got.changed), format!("{:?}", got.shown))
        };
        let expected = |changed: &str, shown: &str| (changed.to_owned(), shown.to_owned());
        assert_eq!(got(before.as_bytes(), after.as_bytes()), expected("[10..11]", "[7..14]"));
        assert_eq!(got(b"", b"a\nb\n"), expected("[1..3]", "[1..3]"));
        assert_eq!(got(b"a\nb\nc\n", b"a\nc\n"), expected("[]", "[1..3]"));
    }

    #[test]
    fn both_sides_stand_beside_each_other() {
        let change = Change { path: "x".into(), before: b"a\nb\nc\n".to_vec(), after: b"a\nB\nnew\nc\n".to_vec() };
        let text = |it: &Option<(usize, Vec<u8>)>| {
            it.as_ref().map_or("-".to_owned(), |(n, text)| format!("{n}{}", String::from_utf8_lossy(text)))
        };
        let hunks = rows(&change);
        let got: Vec<String> = hunks[0].iter().map(|it| format!("{} {}", text(&it.old), text(&it.new))).collect();
        assert_eq!((hunks.len(), got), (1, ["1a 1a", "2b 2B", "- 3new", "3c 4c"].map(str::to_owned).to_vec()));
    }
}
