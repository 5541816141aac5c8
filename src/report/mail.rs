//! Patches with their reasons: one mail for each race, as `git am` takes them, or Debian's DEP-3 header.

use super::escape;
use super::habit::Habit;
use crate::analysis::{Finding, Fix};
use crate::text::display;

/// Longest subject.
const MAX_SUBJECT: usize = 72;
/// Width of a body's lines.
const WIDTH: usize = 72;
/// How git dates a mail that is none.
const EPOCH: &str = "Mon Sep 17 00:00:00 2001";

/// A patch and what it is for.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The race.
    pub finding: &'a Finding,
    /// What ends it.
    pub fix: &'a Fix,
    /// The unified diff.
    pub patch: &'a [u8],
    /// `Name <address>`.
    pub author: &'a str,
    /// Which of how many.
    pub number: (usize, usize),
    /// How the project words its subjects.
    pub habit: &'a Habit,
    /// What a real build showed, a line for each fact.
    pub evidence: Option<&'a str>,
}

/// The patch as a mail.
pub fn mbox(letter: &Letter) -> Vec<u8> {
    let tag = match letter.number {
        (_, 1) => "[PATCH]".to_owned(),
        (n, all) => format!("[PATCH {n}/{all}]"),
    };
    let text = format!("{}\n---\n", body(letter));
    let end = format!("-- \nunrace {}\n\n", env!("CARGO_PKG_VERSION"));
    let content = [text.as_bytes(), letter.patch, end.as_bytes()].concat();
    // `git am` takes away each CR before a newline, unless it comes encoded.
    let (encoding, content) =
        if content.contains(&b'\r') { ("quoted-printable", quoted_printable(&content)) } else { ("8bit", content) };
    let mut out = format!(
        "From {:040} {EPOCH}\nFrom: {}\nSubject: {tag} {}\nMIME-Version: 1.0\nContent-Type: text/plain; \
         charset=UTF-8\nContent-Transfer-Encoding: {encoding}\n\n",
        0,
        one_line(letter.author),
        subject(letter)
    )
    .into_bytes();
    out.extend(content);
    out
}

/// The patch with the header that Debian's quilt patches carry.
pub fn dep3(letter: &Letter) -> Vec<u8> {
    let mut out = format!("Description: {}\n", subject(letter));
    for line in body(letter).lines() {
        out.push_str(&format!(" {}\n", if line.is_empty() { "." } else { line }));
    }
    out.push_str(&format!("Author: {}\nForwarded: no\n---\n", one_line(letter.author)));
    let mut out = out.into_bytes();
    out.extend_from_slice(letter.patch);
    out
}

/// The commit's subject.
pub fn subject(letter: &Letter) -> String {
    let title = letter.habit.apply(&one_line(&display(&letter.fix.title)));
    if title.chars().count() <= MAX_SUBJECT {
        return title;
    }
    let cut: String = title.chars().take(MAX_SUBJECT - 3).collect();
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole);
    format!("{whole}...")
}

/// A file name for a letter, as `git format-patch` makes them.
pub fn file_name(letter: &Letter) -> String {
    let mut slug = String::new();
    for it in subject(letter).chars() {
        match it {
            it if it.is_ascii_alphanumeric() || it == '_' || it == '.' => slug.push(it),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    slug.truncate(52);
    format!("{:04}-{}.patch", letter.number.0, slug.trim_end_matches(['-', '.']))
}

fn body(letter: &Letter) -> String {
    let Letter { finding, fix, .. } = letter;
    let configurations: Vec<&str> = finding.configurations.iter().map(|it| it.name.as_str()).collect();
    let mut out = String::new();
    for text in [&finding.message, &fix.why] {
        let text = wrapped(&display(text));
        if !text.is_empty() {
            out.push_str(&format!("{text}\n"));
        }
    }
    out.push_str(&format!("Class: {}\nGoal: {}\n", finding.class.name(), one_line(&finding.goal)));
    if !finding.configurations.iter().all(|it| it.conditions.is_empty()) {
        out.push_str(&format!("Configurations: {}\n", one_line(&configurations.join("; "))));
    }
    out.push_str(&format!("Witness: {}\n", one_line(&finding.witness)));
    if let Some(evidence) = letter.evidence {
        out.push_str("\nSeen in a build:\n");
        // Facts stand as they are, indented, so that none is taken for the start of a patch.
        out.extend(evidence.lines().map(|it| format!("  {}\n", escape(it))));
    }
    out
}

/// Paragraphs of lines of at most [`WIDTH`] columns; none can be taken for the start of a patch.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in escape(paragraph).split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
                push_line(&mut out, &line);
                line.clear();
            }
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        }
        push_line(&mut out, &line);
    }
    out
}

fn push_line(out: &mut String, line: &str) {
    let is_patch = ["---", "diff ", "Index: ", "+++ ", "@@ ", "From "].iter().any(|it| line.starts_with(it));
    out.push_str(if is_patch { " " } else { "" });
    out.push_str(line);
    out.push('\n');
}

fn one_line(text: &str) -> String {
    escape(&display(&text.split_whitespace().collect::<Vec<_>>().join(" ")))
}

fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() * 5 / 4);
    let mut column = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' {
            out.push(b'\n');
            column = 0;
            continue;
        }
        let ends_line = bytes.get(at + 1).is_none_or(|it| *it == b'\n');
        let plain = matches!(byte, b'!'..=b'<' | b'>'..=b'~') || (matches!(byte, b' ' | b'\t') && !ends_line);
        let text = if plain { vec![*byte] } else { format!("={byte:02X}").into_bytes() };
        if column + text.len() > 75 {
            out.extend_from_slice(b"=\n");
            column = 0;
        }
        column += text.len();
        out.extend(text);
    }
    out
}
