//! Findings and patches as people and other programs read them; one file for each format.
//!
//! Takes values and gives text. Knows nothing of how a race is found, and never prints.

pub mod database;
mod excerpt;
mod facts;
pub mod fixup;
mod github;
mod gitlab;
pub mod habit;
mod html;
mod json;
pub mod mail;
mod rdjson;
mod sarif;
pub mod statistics;
pub mod suggestions;
mod text;

use crate::analysis::{Analysis, Finding, JobReport};
use crate::source::{Project, Span};
use crate::text::display;

/// Longest mark under a whole line, in bytes.
const MAX_MARK: usize = 60;

/// What is reported.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The sources.
    pub project: &'a Project,
    /// What was found in them.
    pub analysis: &'a Analysis,
    /// What to put before a path relative to the root: empty, or ending with `/`.
    pub prefix: &'a str,
    /// How text is set.
    pub style: Style,
}

/// How text is set.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether to use colours.
    pub colour: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to close with a summary.
    pub summary: bool,
}

/// An output format: its name on the command line, and what renders it.
pub struct Format {
    /// As on the command line.
    pub name: &'static str,
    /// One line for the manual.
    pub about: &'static str,
    render: fn(&Report) -> String,
}

/// The formats, the default one first.
pub const FORMATS: &[Format] = &[
    Format { name: "text", about: "for people", render: text::render },
    Format { name: "json", about: "one document, schema unrace/1", render: json::render },
    Format { name: "jsonl", about: "one line for each finding, and one for the tree", render: json::render_lines },
    Format { name: "sarif", about: "SARIF 2.1.0", render: sarif::render },
    Format { name: "rdjson", about: "reviewdog's, one document", render: rdjson::render },
    Format { name: "rdjsonl", about: "reviewdog's, one line for each finding", render: rdjson::render_lines },
    Format { name: "github", about: "workflow commands", render: github::render },
    Format { name: "gitlab", about: "code quality", render: gitlab::render },
    Format { name: "html", about: "one page, with pictures and patches", render: html::render },
];

impl Format {
    /// The format of a name.
    pub fn named(name: &str) -> Option<&'static Format> {
        FORMATS.iter().find(|it| it.name == name)
    }

    /// The report in this format, each line ended.
    pub fn render(&self, report: &Report) -> String {
        let text = (self.render)(report);
        // What people look at is escaped piece by piece, since its colours and its layout are ours.
        if ["text", "html"].contains(&self.name) { text } else { escape_hidden(text) }
    }
}

/// The line of `jsonl` for a tree that could not be looked at.
pub fn trouble_line(root: &str, message: &str) -> String {
    json::trouble_line(root, message)
}

/// A place as formats name it: lines and columns from 1, columns in bytes, the end after the last byte.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

impl Report<'_> {
    /// A path relative to the root as seen from the current folder. What stands for a path outside (absolute, or
    /// starting with a value that is not known) is left as it is.
    fn path(&self, path: &str) -> String {
        let known = path.starts_with(|it: char| it != '/' && it != '$' && !crate::text::is_unknown_char(it));
        if known { format!("{}{}", self.prefix, display(path)) } else { display(path) }
    }

    fn place(&self, span: Span) -> Place {
        let source = self.project.source(span.file);
        let (start, end) = (source.position(span.start()), source.position(span.end()));
        Place {
            file: self.path(&source.path),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }

    /// Where a finding is shown by a format that shows one place: the first job that has one, else where the path is
    /// spelt.
    fn primary(&self, finding: &Finding) -> Option<Span> {
        let jobs = finding.jobs.iter().filter_map(|it| self.job_span(it));
        jobs.chain(finding.jobs.iter().flat_map(|it| it.spelt.iter().copied())).next()
    }

    /// What to point at for a job: the path in its recipe line, else that line's first physical line, else its rule.
    fn job_span(&self, job: &JobReport) -> Option<Span> {
        let inside = |line: Span| job.spelt.iter().copied().find(|it| line.contains(*it));
        match job.recipe_line.and_then(inside) {
            Some(span) => Some(self.first_line(span)),
            None => Some(self.head(job.recipe_line.or(job.rule)?)),
        }
    }

    /// The words at the start of a span that a mark can stand under without filling the screen.
    fn head(&self, span: Span) -> Span {
        let line = self.first_line(span);
        let source = self.project.source(line.file);
        let bytes = &source.bytes()[line.range()];
        if bytes.len() <= MAX_MARK {
            return line;
        }
        let len = bytes[..MAX_MARK].iter().rposition(|it| it.is_ascii_whitespace()).unwrap_or(MAX_MARK);
        Span::new(line.file, line.start(), line.start() + len.max(1))
    }

    /// The part of a span on its first physical line that is not blank, without the blanks around it.
    fn first_line(&self, span: Span) -> Span {
        let source = self.project.source(span.file);
        let bytes = &source.bytes()[span.start().min(source.bytes().len())..span.end().min(source.bytes().len())];
        let start = bytes.iter().position(|it| !it.is_ascii_whitespace()).unwrap_or(0);
        let line = bytes[start..].split(|it| *it == b'\n').next().unwrap_or_default();
        let line = line.strip_suffix(b"\\").unwrap_or(line).trim_ascii_end();
        Span::new(span.file, span.start() + start, span.start() + start + line.len())
    }
}

/// Text of files and names as it may be shown: control characters, and those that turn the direction of text or have
/// no width, are escaped.
pub fn escape(text: &str) -> String {
    text.chars()
        .map(|it| match it {
            '\t' => "\\t".to_owned(),
            '\n' => "\\n".to_owned(),
            '\r' => "\\r".to_owned(),
            it if is_hidden(it) => format!("\\u{{{:x}}}", u32::from(it)),
            it => it.to_string(),
        })
        .collect()
}

/// A document with the same signs as JSON escapes them, where they can only stand in strings.
pub(crate) fn escape_hidden(text: String) -> String {
    let raw = |it: char| is_hidden(it) && it != '\n';
    if !text.contains(raw) {
        return text;
    }
    text.chars().map(|it| if raw(it) { format!("\\u{:04x}", u32::from(it)) } else { it.to_string() }).collect()
}

/// Whether a terminal would act on a character, or show nothing for it.
fn is_hidden(it: char) -> bool {
    it.is_control()
        || matches!(it, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// What a job does, as a verb with `it`.
fn deed(job: &JobReport) -> &'static str {
    if job.runs.is_some() {
        return "runs make";
    }
    match (job.effect, job.must) {
        ("write", true) => "writes it",
        ("write", false) => "may write it",
        ("read", true) if job.needs_folder => "needs it",
        ("read", false) if job.needs_folder => "may need it",
        ("read", true) => "reads it",
        ("read", false) => "may read it",
        ("make-directory", true) => "makes it",
        ("make-directory", false) => "may make it",
        ("remove", true) => "removes it",
        ("remove", false) => "may remove it",
        (_, true) => "uses it",
        (_, false) => "may use it",
    }
}

#[cfg(test)]
pub(crate) mod tests;
