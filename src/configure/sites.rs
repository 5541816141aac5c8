//! Places in configure.ac that a fix looks at: calls of `AC_SUBST`, statements, uses of a variable, parts of a value.

use super::model::{Choice, GuardId, Part, Value};
use super::{Configure, Guard};
use crate::source::{Source, Span};
use crate::text::Traced;

/// A part of the value of an assignment, with its place.
#[derive(Clone, Debug, PartialEq)]
pub enum ValuePart {
    /// Text, escapes removed; its origins tell where each character stands.
    Text(Traced),
    /// `$name` or `${name}`, perhaps with an operator and its word.
    Variable { name: String, span: Option<Span> },
    /// A command substitution, arithmetic or macro, as it is spelt.
    Unknown { spelling: String, span: Option<Span> },
}

impl Configure {
    /// The macro call that makes `@name@` substituted.
    pub fn subst_span(&self, name: &str) -> Option<Span> {
        self.model.substituted.get(name).copied().flatten()
    }

    /// Where `$name` or `${name` stands in configure.ac and the files that it includes, comments left out, `\$name` in
    /// text for `eval` counted.
    pub fn uses(&self, name: &str) -> Vec<Span> {
        let mut res = Vec::new();
        for (file, source) in &self.model.sources {
            let text = source.text();
            for (at, _) in text.match_indices(name) {
                let end = at + name.len();
                let start = match &text[..at] {
                    it if it.ends_with("${") => at - 2,
                    it if it.ends_with('$') => at - 1,
                    _ => continue,
                };
                let goes_on = text[end..].starts_with(|it: char| it.is_ascii_alphanumeric() || it == '_');
                let braced = start + 2 == at && text[end..].starts_with('}');
                if !goes_on && !in_comment(source, start) {
                    res.push(Span::new(*file, start, if braced { end + 1 } else { end }));
                }
            }
        }
        res
    }

    /// The smallest statement around a span: a command with its operands, or an assignment.
    pub fn statement_span(&self, span: Span) -> Option<Span> {
        self.model.statements.iter().filter(|it| it.contains(span)).min_by_key(|it| it.len()).copied()
    }

    /// A place that m4 has cut within a word or before a `=`, with what it is cut from: `$1=value`, not `=value`.
    pub(super) fn whole_words(&self, span: Span) -> Span {
        let Some((project, _)) = &self.model.tree else { return span };
        let source = project.source(span.file);
        let Some((before, rest)) = source.text().split_at_checked(span.start()) else { return span };
        let Some((inside, after)) = rest.split_at_checked(span.len()) else { return span };
        let is_word = |it: char| it.is_ascii_alphanumeric() || it == '_';
        let kept = match inside.chars().next() {
            Some('=') => before.trim_end_matches(|it: char| is_word(it) || "$[](){},".contains(it)),
            Some(first) if is_word(first) => before.trim_end_matches(is_word).trim_end_matches('$'),
            _ => before,
        };
        let goes_on = inside.ends_with(is_word);
        let end = if goes_on { after.len() - after.trim_start_matches(is_word).len() } else { 0 };
        Span::new(span.file, kept.len(), span.end() + end)
    }

    /// The whole lines of a statement, if nothing else stands on them.
    pub fn statement_lines(&self, statement: Span) -> Option<Span> {
        let source = &self.model.sources.iter().find(|it| it.0 == statement.file)?.1;
        let text = source.text();
        let first = source.line_at(statement.start());
        let last = source.line_at(statement.end().saturating_sub(1).max(statement.start()));
        let before = text.get(first.start..statement.start())?.trim();
        let after = text.get(statement.end()..last.end)?.trim();
        let alone = before.is_empty() && (after.is_empty() || after == ";" || after.starts_with('#'));
        alone.then(|| Span::new(statement.file, first.start, last.end))
    }

    /// The innermost `if ... fi` in one of whose branches a span stands.
    pub fn enclosing_if(&self, span: Span) -> Option<Span> {
        let around = self.model.ifs.iter().filter(|it| it.0.contains(span) && it.0 != span);
        around.min_by_key(|it| it.0.len()).map(|it| it.0)
    }

    /// The statements that stand directly in the branches of the `if` at a span.
    pub fn if_statements(&self, span: Span) -> Vec<Span> {
        let found = self.model.ifs.iter().find(|it| it.0 == span);
        found.map(|it| it.1.clone()).unwrap_or_default()
    }

    /// The value of the assignment at a span, part by part.
    pub fn value_parts(&self, assignment: Span) -> Vec<ValuePart> {
        let found = self.model.assignments.iter().find(|it| it.span == Some(assignment));
        let Some(Value::Word(word)) = found.map(|it| &it.value) else { return Vec::new() };
        let parts = word.parts.iter().map(|it| match it {
            Part::Text(text) => ValuePart::Text(text.clone()),
            Part::Variable { name, span, .. } => ValuePart::Variable { name: name.clone(), span: *span },
            Part::Unknown { spelling, span } => ValuePart::Unknown { spelling: spelling.clone(), span: *span },
        });
        parts.collect()
    }

    /// The arms around something, outermost first; those that stand in no file are left out.
    pub(super) fn guards(&self, guard: Option<GuardId>) -> Vec<Guard> {
        let mut res: Vec<Guard> =
            self.model.chain(guard).filter_map(|it| self.guard(&self.model.choices[it.choice], it.arm)).collect();
        res.reverse();
        res
    }

    fn guard(&self, choice: &Choice, arm: usize) -> Option<Guard> {
        match choice {
            Choice::If(conditions) => {
                let (condition, _) = conditions.get(arm).or(conditions.last())?;
                let leaves = condition.leaves();
                let places: Vec<Span> = leaves.iter().filter_map(|it| it.place).collect();
                let first = places.iter().min()?;
                let end = places.iter().filter(|it| it.file == first.file).map(|it| it.end()).max()?;
                let subject = match leaves.as_slice() {
                    [only] => only.text.clone(),
                    _ => self.spelt(Span::new(first.file, first.start(), end.max(first.start()))),
                };
                let value = if arm < conditions.len() { "true" } else { "false" };
                let place = Span::new(first.file, first.start(), end.max(first.start()));
                Some(Guard { subject, value: value.to_owned(), place })
            }
            Choice::Case { subject, arms, .. } => {
                let patterns = arms.get(arm)?;
                let place = patterns.first()?.place?;
                let value: Vec<&str> = patterns.iter().map(|it| it.text.as_str()).collect();
                let name = match subject.copied() {
                    Some(name) => name.to_owned(),
                    None => subject.span.map(|it| self.spelt(it)).unwrap_or_default(),
                };
                Some(Guard { subject: name, value: value.join("|"), place })
            }
        }
    }

    fn spelt(&self, span: Span) -> String {
        let source = self.model.sources.iter().find(|it| it.0 == span.file);
        let text = source.and_then(|it| it.1.text().get(span.range())).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Whether an offset stands behind `#` or `dnl` on its line.
fn in_comment(source: &Source, at: usize) -> bool {
    let line = &source.text()[source.line_at(at).start..at];
    let hash = line.match_indices('#').any(|(at, _)| line[..at].is_empty() || line[..at].ends_with([' ', '\t']));
    let dropped = line.match_indices("dnl").any(|(at, _)| {
        let free = |it: Option<char>| it.is_none_or(|it| !it.is_ascii_alphanumeric() && it != '_');
        free(line[..at].chars().next_back()) && free(line[at + 3..].chars().next())
    });
    hash || dropped
}
