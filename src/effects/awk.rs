//! Files that a program for awk writes: `print > "file"`, with the name in the program or given as a variable.
//!
//! Knows nothing of what awk prints. A name that is computed makes the command one that writes more than is known.

use super::apply::Arguments;
use super::machine::{Machine, Shell};
use super::models::Row;
use super::value::Value;
use super::{EffectKind, Known};

impl Machine<'_> {
    pub(super) fn awk(
        &mut self,
        shell: &mut Shell,
        row: &Row,
        arguments: &Arguments,
        words: &[Value],
        (invocation, name): (usize, &str),
    ) {
        let file = arguments.value("-f").or(arguments.value("--file"));
        let program = match file {
            Some(file) => self.text_of(shell, file),
            None => arguments.operands.first().cloned(),
        };
        if let Some(program) = program {
            for at in redirections(&program.text) {
                match written(&program, at, arguments) {
                    Some(file) if file.text.starts_with("/dev/") => {}
                    Some(file) => self.effect_may(shell, &file, EffectKind::Write, invocation),
                    None if is_print(&program.text[..at]) => self.set_known(invocation, name, Known::Opaque),
                    None => {}
                }
            }
        }
        self.printed(shell, "awk", row, words);
    }

    /// A program that stands in a file of the tree.
    fn text_of(&self, shell: &Shell, file: &Value) -> Option<Value> {
        let project = self.recipe.project;
        let source = project.source(project.open(&self.path(shell, &file.text))?);
        Some(file.derived(source.text()))
    }
}

/// The offsets of each `>` that stands in no string, regular expression or comment.
fn redirections(program: &str) -> Vec<usize> {
    let bytes = program.as_bytes();
    let mut res = Vec::new();
    // After an operand a slash divides, elsewhere it opens a regular expression.
    let mut after_operand = false;
    let mut at = 0;
    while at < bytes.len() {
        let it = bytes[at];
        at = match it {
            b'"' => closing(bytes, at + 1, b'"'),
            b'/' if !after_operand => closing(bytes, at + 1, b'/'),
            b'#' => bytes[at..].iter().position(|it| *it == b'\n').map_or(bytes.len(), |it| at + it),
            _ => at + 1,
        };
        if it == b'>' {
            res.push(at - 1);
        }
        if !matches!(it, b' ' | b'\t') {
            after_operand = it.is_ascii_alphanumeric() || matches!(it, b'"' | b'_' | b')' | b']' | b'$');
        }
    }
    res
}

/// The offset after what ends a string or a regular expression, or after the line.
fn closing(bytes: &[u8], at: usize, close: u8) -> usize {
    let mut at = at;
    while let Some(it) = bytes.get(at).filter(|it| **it != b'\n') {
        if *it == close {
            return at + 1;
        }
        at += if *it == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

/// The file that is named after the `>` at an offset.
fn written(program: &Value, at: usize, arguments: &Arguments) -> Option<Value> {
    let target = program.text[at + 1..].trim_start_matches(['>', ' ']);
    let (file, rest) = match target.strip_prefix('"') {
        Some(spelt) => {
            let start = program.text.len() - spelt.len();
            let end = spelt.find('"')?;
            (program.slice(start..start + end), &spelt[end + 1..])
        }
        None => bound(target, arguments)?,
    };
    let ends = rest.trim_start_matches([' ', '\t']).chars().next().is_none_or(|it| ";}\n)#&|".contains(it));
    ends.then_some(file)
}

/// Whether what stands before a `>` is a statement that prints, and no comparison or text.
fn is_print(before: &str) -> bool {
    let statement = before.rsplit([';', '{', '}', '\n']).next().unwrap_or("").trim_start();
    let open =
        statement.matches('"').count() % 2 == 1 || statement.matches('(').count() != statement.matches(')').count();
    statement.starts_with("print") && !open
}

/// What `name=value` and `-v name=value` say of the variable that starts `text`, and what follows its name.
fn bound<'t>(text: &'t str, arguments: &Arguments) -> Option<(Value, &'t str)> {
    let length = text.bytes().take_while(|it| it.is_ascii_alphanumeric() || *it == b'_').count();
    let name = format!("{}=", &text[..length]);
    let given = arguments.options.iter().filter(|it| it.0 == "=" || it.0 == "-v").map(|it| &it.1);
    let mut given = given.filter(|it| length > 0 && it.text.starts_with(&name));
    given.next().map(|it| (it.from(name.len()), &text[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_operators_redirect() {
        let found = |program: &str| redirections(program).len();
        assert_eq!(found(r#"/^"x/ { print "<B>" $0 > "f" } # > "g""#), 1);
        assert_eq!(found(r#"{ x = a / b; if (y ~ /[^>]"/) print x > "f"; z = "\">" }"#), 1);
        assert_eq!(found("$1 >= 2 && /a>b/"), 1);
    }
}
