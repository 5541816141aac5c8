//! Shell text that cannot be read as a whole, cut into pieces most of which can.
//!
//! Knows lines that can begin a command, nothing else of the shell.

use std::ops::Range;

use crate::shell::{Command, CommandKind, Script, parse};

/// How many pieces are joined to make one that can be read.
const JOINED: usize = 40;
/// How many pieces and joined pieces are tried in all.
const ATTEMPTS: usize = 3_000;
/// How long a joined piece may be.
const LONGEST: usize = 32 << 10;

/// Whether the shell's reader lost some of a text on the outermost level.
pub(super) fn is_broken(text: &str, script: &Script) -> bool {
    let unread = |it: &Command| it.kind == CommandKind::Unparsed;
    script.commands.iter().any(unread) || script.commands.is_empty() && has_code(text)
}

/// The parts of a text that can be read one by one, and between them those that cannot.
pub(super) fn pieces(text: &str) -> Vec<Range<usize>> {
    let starts = starts(text);
    let end_of = |at: usize| starts.get(at).copied().unwrap_or(text.len());
    let mut res = Vec::new();
    let mut at = 0;
    let mut attempts = ATTEMPTS;
    while at < starts.len() {
        let from = starts[at];
        let readable = (at + 1..=at + JOINED)
            .take_while(|it| *it <= starts.len() && (*it == at + 1 || end_of(*it) - from <= LONGEST))
            .find(|it| {
                attempts = attempts.saturating_sub(1);
                attempts > 0 && is_readable(&text[from..end_of(*it)])
            });
        let next = readable.unwrap_or(at + 1);
        res.push(from..end_of(next));
        at = next;
    }
    res
}

fn is_readable(text: &str) -> bool {
    let script = parse(text);
    let mut open: Vec<&Script> = vec![&script];
    while let Some(script) = open.pop() {
        for command in &script.commands {
            match &command.kind {
                CommandKind::Unparsed => return false,
                CommandKind::Group(inside) | CommandKind::Subshell(inside) => open.push(inside),
                CommandKind::If { arms, otherwise } => {
                    open.extend(arms.iter().flat_map(|it| [&it.0, &it.1]).chain(otherwise));
                }
                CommandKind::For { body, .. } | CommandKind::While { body, .. } => open.push(body),
                CommandKind::Case { arms, .. } => open.extend(arms.iter().map(|it| &it.body)),
                _ => {}
            }
        }
    }
    !script.commands.is_empty() || !has_code(text)
}

fn has_code(text: &str) -> bool {
    text.lines().map(str::trim).any(|it| !it.is_empty() && !it.starts_with('#'))
}

/// Offsets of the lines that can begin a command of the outermost level: those that are not indented and do not go on
/// with one.
fn starts(text: &str) -> Vec<usize> {
    const INNER: &[&str] = &["then", "else", "elif", "fi", "do", "done", "esac", ";;", "}", ")"];
    let mut res = vec![0];
    let mut at = 0;
    let mut continued = false;
    for line in text.split_inclusive('\n') {
        let inner = line.starts_with([' ', '\t', '\n', '#']) || INNER.iter().any(|it| line.starts_with(it));
        if at > 0 && !inner && !continued {
            res.push(at);
        }
        continued = line.trim_end_matches(['\n', '\r']).ends_with('\\');
        at += line.len();
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_is_kept() {
        let text = "a=1\nif x; then\n b=2\nfi\nfoo(bar,\n baz)) ;; (\nc=3\nd=4\n";
        let read: Vec<&str> = pieces(text).into_iter().map(|it| &text[it]).filter(|it| is_readable(it)).collect();
        assert_eq!(read, ["a=1\n", "if x; then\n b=2\nfi\n", "c=3\n", "d=4\n"]);
    }
}
