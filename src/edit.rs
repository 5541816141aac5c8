//! Changes to sources, as values: replacements of byte ranges of the original text.

use std::collections::BTreeMap;

use crate::source::{FileId, Project, Span};

/// A replacement of what stands at a span of the original text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What is replaced; empty for an insertion.
    pub span: Span,
    /// The new bytes.
    pub replacement: Vec<u8>,
}

/// Edits that are sorted and do not overlap. Insertions at one place keep the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    edits: Vec<Edit>,
}

impl Edits {
    /// No edit.
    pub fn new() -> Edits {
        Edits::default()
    }

    /// Adds a replacement, unless it overlaps an edit that is already here. The same edit twice is one edit.
    pub fn replace(&mut self, span: Span, replacement: impl Into<Vec<u8>>) -> Result<(), Overlap> {
        let edit = Edit { span, replacement: replacement.into() };
        if !span.is_empty() && self.edits.contains(&edit) {
            return Ok(());
        }
        if let Some(other) = self.edits.iter().find(|it| overlap(it.span, span)) {
            return Err(Overlap { first: other.span, second: span });
        }
        let at = self.edits.partition_point(|it| {
            (it.span.file, it.span.start(), it.span.end()) <= (span.file, span.start(), span.end())
        });
        self.edits.insert(at, edit);
        Ok(())
    }

    /// Adds an insertion before the byte at `offset`.
    pub fn insert(&mut self, file: FileId, offset: usize, text: impl Into<Vec<u8>>) -> Result<(), Overlap> {
        self.replace(Span::new(file, offset, offset), text)
    }

    /// Adds a removal.
    pub fn delete(&mut self, span: Span) -> Result<(), Overlap> {
        self.replace(span, Vec::new())
    }

    /// All of both, or neither where they overlap.
    pub fn merged(&self, other: &Edits) -> Result<Edits, Overlap> {
        let mut res = self.clone();
        for edit in &other.edits {
            res.replace(edit.span, edit.replacement.clone())?;
        }
        Ok(res)
    }

    /// These and those of `other` that are not here yet; `None` where there is no such one, or one lies too near.
    pub fn extended(&self, other: &Edits) -> Option<Edits> {
        let fresh = Edits { edits: other.iter().filter(|it| !self.edits.contains(it)).cloned().collect() };
        (!fresh.is_empty() && !self.touches(&fresh)).then(|| self.merged(&fresh).ok()).flatten()
    }

    /// Whether two changes meet or lie side by side: two insertions at one place may be one wish said twice, unless they are
    /// different whole lines, none of a recipe.
    pub fn touches(&self, other: &Edits) -> bool {
        let is_command = |it: &Edit| it.replacement.starts_with(b"\t");
        let adds_lines = |it: &Edit| it.span.is_empty() && it.replacement.ends_with(b"\n") && !is_command(it);
        let text = |it: &Edit| it.replacement.trim_ascii().to_vec();
        let apart = |a: &Edit, b: &Edit| a.span == b.span && [a, b].into_iter().all(adds_lines) && text(a) != text(b);
        let near = |a: Span, b: Span| a.file == b.file && a.start() <= b.end() && b.start() <= a.end();
        self.iter().any(|a| other.iter().any(|b| near(a.span, b.span) && !apart(a, b)))
    }

    /// The edits, by file and offset.
    pub fn iter(&self) -> std::slice::Iter<'_, Edit> {
        self.edits.iter()
    }

    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The project with these edits made.
    pub fn apply(&self, project: &Project) -> Project {
        let mut by_file: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
        for edit in &self.edits {
            by_file.entry(edit.span.file).or_default().push(edit);
        }
        project
            .with_texts(by_file.into_iter().map(|(file, edits)| (file, rewrite(project.source(file).bytes(), &edits))))
    }
}

/// Two edits want the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The one that was there.
    pub first: Span,
    /// The one that could not be added.
    pub second: Span,
}

fn overlap(a: Span, b: Span) -> bool {
    a.file == b.file && a.start() < b.end() && b.start() < a.end()
}

fn rewrite(bytes: &[u8], edits: &[&Edit]) -> Vec<u8> {
    let mut res = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for edit in edits {
        res.extend_from_slice(&bytes[at..edit.span.start()]);
        res.extend_from_slice(&edit.replacement);
        at = edit.span.end();
    }
    res.extend_from_slice(&bytes[at..]);
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_made_all_or_none() {
        let project = Project::in_memory([("m", "one two three")]);
        let file = project.open("m").unwrap();
        let mut edits = Edits::new();
        edits.replace(Span::new(file, 4, 7), "2").unwrap();
        edits.insert(file, 0, "> ").unwrap();
        assert!(edits.replace(Span::new(file, 6, 9), "").is_err());
        assert_eq!(edits.apply(&project).source(file).text(), "> one 2 three");
    }

    #[test]
    fn only_whole_rules_share_a_place() {
        let project = Project::in_memory([("m", "a: b\n\tcp b a\n")]);
        let file = project.open("m").unwrap();
        let touches = |a: &str, b: &str| {
            let [a, b] = [a, b].map(|text| {
                let mut edits = Edits::new();
                edits.insert(file, 13, text).unwrap();
                edits
            });
            a.touches(&b)
        };
        assert!(!touches("c: d\n", "e: f\n"));
        assert!(touches("\ttouch $@\n", "e: f\n") && touches("e: f\n", "\ttouch $@\n"));
        assert!(touches("c: d\n", "\nc: d\n") && touches(" x", "e: f\n"));
    }
}
