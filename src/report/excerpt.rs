//! Lines of sources with marks under them, as rustc prints them.

use annotate_snippets::{Annotation, AnnotationKind, Snippet};

use super::Report;
use crate::source::Span;

/// Something to point at.
pub(super) struct Mark {
    pub(super) span: Span,
    pub(super) label: String,
    /// Whether it is one of the racing places, not a further one.
    pub(super) primary: bool,
    /// Whether the path itself stands there.
    pub(super) exact: bool,
}

/// Marks further apart, in bytes, are not drawn both.
const FAR: usize = 60;

/// One snippet for each line that has marks, in the order of the first mark of each; marks of one span share a label.
/// (A snippet for each line, rather than for each file, names every place as `file:line` at no cost in lines.)
pub(super) fn snippets(report: &Report, marks: &[Mark]) -> Vec<Snippet<'static, Annotation<'static>>> {
    let mut lines: Vec<(Span, Vec<&Mark>)> = Vec::new();
    for mark in marks {
        let range = report.project.source(mark.span.file).line_at(mark.span.start());
        let line = Span::new(mark.span.file, range.start, range.end);
        match lines.iter_mut().find(|(it, _)| *it == line) {
            Some((_, marks)) => marks.push(mark),
            None => lines.push((line, vec![mark])),
        }
    }
    lines.iter().map(|(line, marks)| snippet(report, *line, marks)).collect()
}

fn snippet(report: &Report, line: Span, marks: &[&Mark]) -> Snippet<'static, Annotation<'static>> {
    let source = report.project.source(line.file);
    let bytes = source.bytes()[line.range()].trim_ascii_end();
    let joined = joined(marks);
    let annotations = joined.into_iter().map(|(span, label, primary)| {
        let kind = if primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let at = |offset: usize| shown(&bytes[..offset.saturating_sub(line.start()).min(bytes.len())]).len();
        kind.span(at(span.start())..at(span.end())).label(label)
    });
    Snippet::source(shown(bytes))
        .line_start(source.position(line.start()).line)
        .path(super::escape(&report.path(&source.path)))
        .annotations(annotations.collect::<Vec<_>>())
}

/// Marks with the labels of all that stand for one place. One screen shows one part of a line: what is far from the
/// line's first exact mark is said there.
fn joined(marks: &[&Mark]) -> Vec<(Span, String, bool)> {
    let exact = marks.iter().find(|it| it.exact).map(|it| it.span);
    let mut res: Vec<(Span, String, bool)> = Vec::new();
    for mark in marks {
        let span = match exact {
            Some(exact) if !mark.exact || mark.span.start().abs_diff(exact.start()) > FAR => exact,
            _ => mark.span,
        };
        match res.iter_mut().find(|it| it.0 == span) {
            Some((_, label, _)) if label.contains(&mark.label) => {}
            Some((_, label, primary)) => {
                *label = format!("{label}, {}", mark.label);
                *primary |= mark.primary;
            }
            None => res.push((span, mark.label.clone(), mark.primary)),
        }
    }
    res
}

/// Bytes as they are shown; what is not UTF-8 becomes one sign for each byte, so that a prefix has the same marks.
fn shown(bytes: &[u8]) -> String {
    let mut res = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        res.push_str(chunk.valid());
        res.extend(chunk.invalid().iter().map(|_| '\u{fffd}'));
    }
    // Tabs stay, the renderer sets them; other controls it shows by signs of its own.
    res
}
