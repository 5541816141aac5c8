//! One command of a list, as text of a source.

use super::Case;
use crate::effects::EffectKind;
use crate::jobs::JobId;
use crate::source::{Source, Span, normalise};

/// A command that stands whole in a list.
pub(super) struct Command {
    /// Its text.
    pub(super) text: String,
    /// It and the separator that joins it to the rest: what goes when it goes.
    pub(super) with_separator: Span,
}

/// The command of the list at `list` in which `inside` stands; `None` where it is not the only thing done there with
/// what comes before (a pipe, a condition).
pub(super) fn find(source: &Source, list: Span, inside: Span) -> Option<Command> {
    let text = &source.text()[list.range()];
    let prefix = text.len() - text.trim_start_matches(['@', '-', '+', ' ', '\t']).len();
    let at = inside.start() - list.start();
    let separators = separators(text);
    let before = separators.iter().rev().find(|it| it.end <= at);
    let after = separators.iter().find(|it| it.start >= at);
    let start = before.map_or(prefix, |it| it.end);
    let end = after.map_or(text.len(), |it| it.start);
    let body = text[start..end].trim();
    // A command inside `if`, `for` or braces does not stand in a list of its own.
    let starts = std::iter::once(prefix).chain(separators.iter().map(|it| it.end));
    if starts.map(|it| text[it..].trim_start()).any(starts_with_keyword) {
        return None;
    }
    let joined_left = before.is_some_and(|it| it.operator == "||" || it.operator == "|");
    let joined_right = after.is_some_and(|it| it.operator == "||" || it.operator == "|");
    if joined_left || joined_right || body.is_empty() {
        return None;
    }
    let (from, to) = match (before, after) {
        // `C; rest`: C goes with what separates it from the rest.
        (None, Some(after)) => (start, after.end + blanks(&text[after.end..])),
        (Some(_), Some(after)) => (start + blanks(&text[start..]), after.end + blanks(&text[after.end..])),
        (Some(before), None) => (before.start, end),
        (None, None) => (0, end),
    };
    let with_separator = Span::new(list.file, list.start() + from, list.start() + to);
    Some(Command { text: body.to_owned(), with_separator })
}

fn starts_with_keyword(text: &str) -> bool {
    const KEYWORDS: [&str; 15] =
        ["if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "{", "}", "!"];
    let word = text.split([' ', '\t', '\n', '\\', ';']).next().unwrap_or_default();
    KEYWORDS.contains(&word) || text.starts_with('(')
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t', '\\', '\n', '\r']).len()
}

struct Separator {
    start: usize,
    end: usize,
    operator: &'static str,
}

/// The separators of a list outside quotes, references and groups.
fn separators(text: &str) -> Vec<Separator> {
    let bytes = text.as_bytes();
    let mut res = Vec::new();
    let mut depth = 0usize;
    let mut quote = 0u8;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text.as_bytes()[at..];
        match bytes[at] {
            b'\\' => at += 1,
            it if quote != 0 => quote = if it == quote { 0 } else { quote },
            it @ (b'\'' | b'"' | b'`') => quote = it,
            b'(' | b'{' => depth += 1,
            b')' | b'}' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ => {
                let operator = ["&&", "||", ";", "|"].into_iter().find(|it| rest.starts_with(it.as_bytes()));
                if let Some(operator) = operator {
                    res.push(Separator { start: at, end: at + operator.len(), operator });
                    at += operator.len() - 1;
                }
            }
        }
        at += 1;
    }
    res
}

/// The words of a command in make text, references whole.
pub(in crate::fixes) fn words(text: &str) -> Vec<&str> {
    let mut res = Vec::new();
    let mut depth = 0usize;
    let mut start = None;
    for (at, it) in text.char_indices() {
        match it {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if it.is_whitespace() && depth == 0 {
            res.extend(start.take().map(|start: usize| &text[start..at]));
        } else if start.is_none() {
            start = Some(at);
        }
    }
    res.extend(start.map(|it| &text[it..]));
    res
}

/// Whether the text depends on the rule that it stands in, or on the call that it is part of.
pub(in crate::fixes) fn uses_automatic_variable(text: &str) -> bool {
    text.match_indices('$').any(|(at, _)| {
        let next = text[at + 1..].trim_start_matches(['(', '{']);
        let varies = next.starts_with(['@', '<', '^', '*', '?', '+', '|', '%']) || next.starts_with(char::is_numeric);
        varies && !text[..at].ends_with('$')
    })
}

/// The operands that the command reads, as the makefile spells them, each once.
pub(super) fn operands(case: &Case, job: JobId, file: &str, command: &str) -> Vec<String> {
    let reads: Vec<&str> = case
        .graph
        .job(job)
        .effects()
        .filter(|(_, it)| it.kind == EffectKind::Read)
        .map(|(_, it)| it.path.as_str())
        .collect();
    let instance = case.instance(job);
    let request = instance.given.request(case.project, &instance.configure, case.configuration);
    let mut res: Vec<String> = Vec::new();
    for word in words(command).into_iter().skip(1) {
        let word = word.trim_matches(['"', '\'']);
        let text = instance.database.expand(&request, word);
        let paths: Vec<String> =
            text.split_whitespace().map(|it| normalise(&case.project.root, &instance.given.directory, it)).collect();
        let read = !paths.is_empty() && paths.iter().all(|it| reads.contains(&it.as_str()));
        if read && word != file && !word.starts_with(['-', '<', '>']) && !res.iter().any(|it| it == word) {
            res.push(word.to_owned());
        }
    }
    res
}

/// The command with the file as `$@`.
pub(super) fn with_target(command: &str, file: &str) -> String {
    let replaced = words(command)
        .into_iter()
        .map(|it| if it.trim_start_matches('>') == file { it.replace(file, "$@") } else { it.to_owned() });
    let joined: Vec<String> = replaced.collect();
    // Where nothing but single blanks separate the words, joining them changes nothing else.
    joined.join(" ")
}
