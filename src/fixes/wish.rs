//! Wishes in make's words, turned into edits that keep the file's style.
//!
//! Anchors on words and lines of the source text; knows nothing of races.

use std::ops::Range;

use crate::edit::{Edits, Overlap};
use crate::source::{Project, Source, Span};

/// A change of a makefile or of configure.ac, as a person would say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// The rule at `rule` (its rule line) gets a prerequisite.
    Prerequisite { rule: Span, text: String, order_only: bool },
    /// Other text in place of what stands at `span`.
    Replace { span: Span, text: String },
    /// What stands at `span` goes, with its line where nothing else stands there.
    Remove { span: Span },
    /// Lines (with their newlines) after the rule's recipe, a blank line before them.
    AfterRule { rule: Span, text: String },
    /// Lines (with their newlines) right after the rule's recipe.
    BesideRule { rule: Span, text: String },
    /// A recipe line (without tab and newline) before the rule's first.
    FirstRecipeLine { rule: Span, text: String },
    /// Lines (with their newlines) after the line on which `place` ends.
    AfterLine { place: Span, text: String },
}

/// The edits that make all wishes true, or `None` where they cannot be made together.
pub(super) fn edits(project: &Project, wishes: &[Wish]) -> Option<Edits> {
    let mut res = Edits::new();
    for wish in wishes {
        add(project, wish, &mut res).ok()?;
    }
    Some(res)
}

fn add(project: &Project, wish: &Wish, edits: &mut Edits) -> Result<(), Overlap> {
    match wish {
        Wish::Prerequisite { rule, text, order_only } => {
            let source = project.source(rule.file);
            let (at, text) = prerequisite(source.text(), rule.start..rule.end, text, *order_only);
            edits.insert(rule.file, at, with_newlines(&source, &text))
        }
        Wish::Replace { span, text } => edits.replace(*span, with_newlines(&project.source(span.file), text)),
        Wish::Remove { span } => edits.delete(whole_line(&project.source(span.file), *span)),
        Wish::AfterRule { rule, text } => {
            let source = project.source(rule.file);
            let at = rule_end(source.text(), rule.end);
            let text = format!("{}\n{text}", missing_newline(source.text(), at));
            edits.insert(rule.file, at, with_newlines(&source, &text))
        }
        Wish::BesideRule { rule, text } => {
            let source = project.source(rule.file);
            let at = rule_end(source.text(), rule.end);
            let text = format!("{}{text}", missing_newline(source.text(), at));
            edits.insert(rule.file, at, with_newlines(&source, &text))
        }
        Wish::FirstRecipeLine { rule, text } => {
            let source = project.source(rule.file);
            let at = line_end(source.text(), rule.end);
            let text = format!("{}\t{text}\n", missing_newline(source.text(), at));
            edits.insert(rule.file, at, with_newlines(&source, &text))
        }
        Wish::AfterLine { place, text } => {
            let source = project.source(place.file);
            let at = line_end(source.text(), place.end);
            let text = format!("{}{text}", missing_newline(source.text(), at));
            edits.insert(place.file, at, with_newlines(&source, &text))
        }
    }
}

/// New lines end as the file's do.
fn with_newlines(source: &Source, text: &str) -> Vec<u8> {
    let crlf = source.text().split_inclusive('\n').next().is_some_and(|it| it.ends_with("\r\n"));
    if crlf { text.replace('\n', "\r\n").into_bytes() } else { text.as_bytes().to_vec() }
}

fn missing_newline(text: &str, at: usize) -> &'static str {
    if at > 0 && !text[..at].ends_with('\n') { "\n" } else { "" }
}

/// The span, or its whole line where only blanks stand around it.
fn whole_line(source: &Source, span: Span) -> Span {
    let text = source.text();
    let first = source.line_at(span.start);
    let end = line_end(text, span.end);
    let before = text[first.start..span.start].trim().is_empty();
    let after = text[span.end..end].trim().is_empty();
    if before && after { Span::new(span.file, first.start, end) } else { span }
}

/// The offset after the newline of the logical line that holds `offset`.
pub(super) fn line_end(text: &str, offset: usize) -> usize {
    let mut at = offset;
    loop {
        let Some(newline) = text[at..].find('\n') else { return text.len() };
        let end = at + newline + 1;
        let line = text[..end - 1].trim_end_matches('\r');
        if !line.ends_with('\\') {
            return end;
        }
        at = end;
    }
}

/// The offset after a rule's recipe, where `rule_line_end` is the end of its rule line. Comments, blank lines and
/// conditionals between recipe lines belong to it, those after the last one do not.
fn rule_end(text: &str, rule_line_end: usize) -> usize {
    let mut end = line_end(text, rule_line_end);
    let mut at = end;
    let mut depth = 0usize;
    while at < text.len() {
        let next = line_end(text, at);
        let line = &text[at..next];
        let word = line.split_whitespace().next().unwrap_or_default();
        let recipe = line.starts_with('\t') || line.starts_with('@') && line.contains("@\t");
        match word {
            _ if recipe && depth == 0 => end = next,
            _ if recipe => {}
            "ifeq" | "ifneq" | "ifdef" | "ifndef" | "if" => depth += 1,
            "else" if depth > 0 => {}
            "endif" if depth > 0 => {
                depth -= 1;
                // The arms held recipe lines only, since anything else ends the loop.
                if depth == 0 {
                    end = next;
                }
            }
            "" => {}
            it if it.starts_with('#') => {}
            _ => break,
        }
        at = next;
    }
    end
}

/// Where a prerequisite goes in a rule line, and the text to put there.
fn prerequisite(text: &str, rule: Range<usize>, name: &str, order_only: bool) -> (usize, String) {
    let parts = RuleLine::read(&text[rule.clone()]);
    let (list, bar) = match (order_only, &parts.order_only) {
        (true, Some(list)) => (list, ""),
        (true, None) => (&parts.prerequisites, "| "),
        (false, _) => (&parts.prerequisites, ""),
    };
    let words = text[rule.start + list.start..rule.start + list.end].trim_end_matches([' ', '\t', '\r', '\n', '\\']);
    let at = rule.start + list.start + words.len();
    let line_start = text[..at].rfind('\n').map_or(0, |it| it + 1);
    let line = &text[line_start..at];
    let continued = line_start > rule.start && !words.trim().is_empty();
    let width = line.chars().map(|it| if it == '\t' { 8 } else { 1 }).sum::<usize>() + name.len();
    if continued && width > 78 {
        let indent: String = line.chars().take_while(|it| it.is_whitespace()).collect();
        return (at, format!(" \\\n{indent}{bar}{name}"));
    }
    let blank = if words.trim().is_empty() { blank_after_colon(&text[rule.start + list.start..rule.end]) } else { " " };
    (at, format!("{blank}{bar}{name}"))
}

/// The blanks that stand after the colon of a rule without prerequisites, so that what is added follows them.
fn blank_after_colon(rest: &str) -> &'static str {
    if rest.starts_with('\t') { "\t" } else { " " }
}

/// Offsets in a rule line.
struct RuleLine {
    prerequisites: Range<usize>,
    order_only: Option<Range<usize>>,
}

impl RuleLine {
    fn read(line: &str) -> RuleLine {
        let bytes = line.as_bytes();
        let mut depth = 0usize;
        let mut colons = Vec::new();
        let mut bar = None;
        let mut end = line.len();
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b'\\' => at += 1,
                b'$' if matches!(bytes.get(at + 1), Some(b'(' | b'{')) => {
                    depth += 1;
                    at += 1;
                }
                b'(' | b'{' if depth > 0 => depth += 1,
                b')' | b'}' if depth > 0 => depth -= 1,
                b':' if depth == 0 => colons.push(at),
                b'|' if depth == 0 && !colons.is_empty() && bar.is_none() => bar = Some(at),
                b'#' | b';' if depth == 0 => {
                    end = at;
                    break;
                }
                _ => {}
            }
            at += 1;
        }
        // The last colon ends a static pattern's target pattern; neighbours are one `::`.
        let start = colons.last().map_or(end, |it| it + 1);
        let start = start.min(end);
        match bar {
            Some(bar) if bar < end => RuleLine { prerequisites: start..bar, order_only: Some(bar + 1..end) },
            _ => RuleLine { prerequisites: start..end, order_only: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, wish: impl Fn(Span) -> Wish, after: &str) {
        let project = Project::in_memory([("Makefile", before)]);
        let file = project.open("Makefile").unwrap();
        let start = before.find(|it: char| !it.is_whitespace()).unwrap();
        let mut end = before[start..].find('\n').map_or(before.len(), |it| start + it);
        while before[..end].ends_with('\\') {
            end = before[end + 1..].find('\n').map_or(before.len(), |it| end + 1 + it);
        }
        let edits = edits(&project, &[wish(Span::new(file, start, end))]).unwrap();
        assert_eq!(edits.apply(&project).source(file).text(), after);
    }

    fn normal(rule: Span) -> Wish {
        Wish::Prerequisite { rule, text: "new".to_owned(), order_only: false }
    }

    fn order_only(rule: Span) -> Wish {
        Wish::Prerequisite { rule, text: "new".to_owned(), order_only: true }
    }

    #[test]
    fn a_prerequisite_goes_after_the_last_word() {
        check("a: b \n\tx\n", normal, "a: b new \n\tx\n");
        check("a:\n\tx\n", normal, "a: new\n\tx\n");
        check("a:\tb $(C:x=y)\t# why\n", normal, "a:\tb $(C:x=y) new\t# why\n");
        check("a:: b; x\n", normal, "a:: b new; x\n");
        check("a: b | c\n", normal, "a: b new | c\n");
        check("$(O): %.o: %.c | d\n", normal, "$(O): %.o: %.c new | d\n");
        check("a: b \\\n   c\n\tx\n", normal, "a: b \\\n   c new\n\tx\n");
        check("a: b\r\n\tx\r\n", normal, "a: b new\r\n\tx\r\n");
    }

    #[test]
    fn an_order_only_prerequisite_goes_after_the_bar() {
        check("a: b | c\n", order_only, "a: b | c new\n");
        check("a: b\n", order_only, "a: b | new\n");
        check("a:\n", order_only, "a: | new\n");
    }

    #[test]
    fn a_rule_ends_after_its_last_recipe_line() {
        let after = |rule| Wish::AfterRule { rule, text: "n: m\n".to_owned() };
        check("a: b\n\tx \\\n\ty\n\n# next\nc:\n", after, "a: b\n\tx \\\n\ty\n\nn: m\n\n# next\nc:\n");
        check("a: b\n\tx", after, "a: b\n\tx\n\nn: m\n");
        check(
            "a: b\nifdef X\n\tx\nelse\n\ty\nendif\n\tz\nV = 1\n",
            after,
            "a: b\nifdef X\n\tx\nelse\n\ty\nendif\n\tz\n\nn: m\nV = 1\n",
        );
    }
}
