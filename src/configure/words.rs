//! Words of the shell's syntax to words with their places in the files.

use super::condition::spelling;
use super::mapped::Mapped;
use super::model::{Part, Word};
use super::structure::has_reference;
use crate::shell::{self, PartKind};
use crate::text::Traced;

/// The word of a text.
pub(super) fn converted(text: &Mapped, word: &shell::Word) -> Word {
    convert(text, word, false, 0)
}

/// The word of a pattern: wildcards in quotes are escaped.
pub(super) fn pattern(text: &Mapped, word: &shell::Word) -> Word {
    convert(text, word, true, 0)
}

fn convert(text: &Mapped, word: &shell::Word, is_pattern: bool, depth: usize) -> Word {
    let mut parts: Vec<Part> = Vec::new();
    for part in &word.parts {
        let span = text.span(part.range.clone());
        if let PartKind::Substitution(_) = part.kind
            && let Some(folder) = folder_printed(&spelling(text, part.range.clone()))
        {
            let operator = folder.made_absolute.then(|| (ABSOLUTE.to_owned(), Box::new(Word::default())));
            parts.push(Part::Variable { name: folder.variable, operator, span });
            parts.extend((!folder.below.is_empty()).then(|| Part::Text(Traced::plain(folder.below))));
            continue;
        }
        let unknown = || Part::Unknown { spelling: spelling(text, part.range.clone()), span };
        let next = match &part.kind {
            PartKind::Literal(cooked) if has_reference(cooked) => Part::Unknown { spelling: cooked.clone(), span },
            PartKind::Literal(cooked) if is_pattern && part.quoted => Part::Text(escaped(cooked)),
            PartKind::Literal(cooked) => Part::Text(text.traced(part.range.clone(), cooked)),
            PartKind::Parameter { name, operator } if depth < 20 && is_variable(name) => {
                let operator = operator
                    .as_ref()
                    .map(|(operator, word)| (operator.clone(), Box::new(convert(text, word, is_pattern, depth + 1))));
                Part::Variable { name: name.clone(), operator, span }
            }
            PartKind::Parameter { .. } | PartKind::Substitution(_) | PartKind::Process(_) | PartKind::Arithmetic(_) => {
                unknown()
            }
        };
        match (parts.last_mut(), next) {
            (Some(Part::Text(last)), Part::Text(more)) => last.append(&more),
            (_, next) => parts.push(next),
        }
    }
    Word { parts, span: text.span(word.range.clone()) }
}

/// The operator of a variable whose value is a folder, of which the absolute path is meant.
pub(super) const ABSOLUTE: &str = "pwd";

/// A folder that a substitution prints.
struct Printed {
    variable: String,
    /// Whether the variable's value is still to be made absolute.
    made_absolute: bool,
    below: String,
}

/// The folder which `pwd` or `cd FOLDER && pwd` prints: what variable has it, and what comes below that.
fn folder_printed(substitution: &str) -> Option<Printed> {
    let inside = substitution.strip_prefix('`').and_then(|it| it.strip_suffix('`'));
    let inside = inside.or_else(|| substitution.strip_prefix("$(")?.strip_suffix(')'))?.trim();
    let inside = inside.strip_prefix('(').and_then(|it| it.strip_suffix(')')).unwrap_or(inside).trim();
    let is_pwd = |it: &str| ["pwd", "/bin/pwd", "pwd -P", "pwd -L"].contains(&it.trim());
    let here = || Printed { variable: "ac_pwd".to_owned(), made_absolute: false, below: String::new() };
    if is_pwd(inside) {
        return Some(here());
    }
    let (folder, rest) = inside.strip_prefix("cd ")?.split_once(['&', ';'])?;
    let folder = folder.replace('"', "");
    let folder = folder.trim().trim_end_matches("/.");
    if !is_pwd(rest.trim_start_matches('&')) {
        return None;
    }
    if folder == "." {
        return Some(here());
    }
    let name = folder.strip_prefix('$')?;
    let (name, below) = match name.strip_prefix('{') {
        Some(inside) => inside.split_once('}')?,
        None => name.split_at(name.find('/').unwrap_or(name.len())),
    };
    let is_plain = below.chars().all(|it| it.is_alphanumeric() || "/._-".contains(it));
    let is_below = below.is_empty() || below.starts_with('/') && is_plain;
    let is_name = is_variable(name) && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
    let is_source = ["srcdir", "ac_srcdir"].contains(&name);
    let variable = if is_source { "ac_abs_confdir" } else { name }.to_owned();
    (is_below && is_name).then(|| Printed { variable, made_absolute: !is_source, below: below.to_owned() })
}

/// Whether a parameter is a variable, not a positional or special one.
fn is_variable(name: &str) -> bool {
    name.bytes().next().is_some_and(|it| it.is_ascii_alphabetic() || it == b'_')
}

fn escaped(text: &str) -> Traced {
    let mut res = String::new();
    for it in text.chars() {
        if "*?[]\\".contains(it) {
            res.push('\\');
        }
        res.push(it);
    }
    Traced::plain(res)
}
