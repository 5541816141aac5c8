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
            for (at, _) in program.text.match_indices('>') {
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
