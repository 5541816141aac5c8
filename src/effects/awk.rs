//! Files that a program for awk writes: `print > "file"`, with the name in the program or given as a variable; and what one
//! prints that does no more than to print fields and texts.
//!
//! A name that is computed makes the command one that writes more than is known.

use std::borrow::Cow;

use super::apply::Arguments;
use super::machine::{Machine, Shell};
use super::models::Row;
use super::regex::Regex;
use super::value::Value;
use super::{EffectKind, Known, fold};

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

/// What `awk -F: '/x/ {print $1, "y" $NF}'` prints for known lines; `None` for a program that does more.
pub(super) fn folded(operands: &[Value], input: &Value) -> Option<Value> {
    let mut words = operands.iter().map(|it| it.text.as_str());
    let mut separator = " ";
    let program = loop {
        let word = words.next()?;
        match word.strip_prefix("-F") {
            Some("") => separator = words.next()?,
            Some(it) => separator = it,
            None => break word.trim(),
        }
    };
    if !input.is_known() || words.next().is_some() || separator.chars().count() != 1 {
        return None;
    }
    let (pattern, action) = program.strip_suffix('}')?.split_once('{')?;
    let pattern = match pattern.trim() {
        "" => None,
        it => {
            let regex = it.strip_prefix('/')?.strip_suffix('/').filter(|it| !it.contains('/'))?;
            Some(Regex::any(&[regex], true, ["", ""])?)
        }
    };
    let action = action.trim().trim_end_matches(';').trim_end().strip_prefix("print")?;
    let (formatted, list) = match action.strip_prefix('f') {
        Some(it) => (true, it.trim()),
        None => (false, action.trim()),
    };
    let bare = list.strip_prefix('(').and_then(|it| it.strip_suffix(')'));
    let list = terms(bare.unwrap_or(list), formatted)?;
    if list.len() > 1 && list.iter().any(Vec::is_empty) {
        return None;
    }
    let mut res = String::new();
    for line in input.text.lines().filter(|it| pattern.as_ref().is_none_or(|pattern| pattern.matches(it))) {
        let fields: Vec<&str> = match separator {
            " " => line.split_whitespace().collect(),
            other => line.split(other).collect(),
        };
        let value = |terms: &Vec<Term>| terms.iter().map(|it| it.value(line, &fields)).collect::<String>();
        let values: Vec<Value> = list.iter().map(|it| Value::plain(value(it))).collect();
        let printed = match (formatted, values.as_slice()) {
            // awk does not begin the format again.
            (true, values) if values.len() > 1 + values.first()?.text.matches('%').count() => return None,
            (true, values) => Some(fold::printf(values)).filter(Value::is_known)?.text,
            (false, []) => format!("{line}\n"),
            (false, values) => {
                let words: Vec<&str> = values.iter().map(|it| it.text.as_str()).collect();
                format!("{}\n", words.join(" "))
            }
        };
        res.push_str(&printed);
    }
    Some(input.derived(res))
}

/// A part of what awk prints.
enum Term<'t> {
    Text(Cow<'t, str>),
    /// `$1`; the whole line is the one before the first.
    Field(usize),
    /// `$NF`
    Last,
}

impl Term<'_> {
    fn value(&self, line: &str, fields: &[&str]) -> String {
        let field = match self {
            Term::Text(text) => Some(&**text),
            Term::Field(0) => Some(line),
            Term::Field(at) => fields.get(at - 1).copied(),
            Term::Last => fields.last().copied(),
        };
        field.unwrap_or_default().to_owned()
    }
}

/// The operands of a print, each of terms that stand side by side; `None` where one computes. In a format, what follows a
/// backslash is left as it is.
fn terms(list: &str, formatted: bool) -> Option<Vec<Vec<Term<'_>>>> {
    let mut res: Vec<Vec<Term>> = Vec::new();
    let mut rest = list.trim_start();
    while let Some(first) = rest.chars().next() {
        if res.is_empty() {
            res.push(Vec::new());
        }
        let length = match first {
            ',' => {
                res.push(Vec::new());
                1
            }
            '"' => {
                let end = closing(rest.as_bytes(), 1, b'"');
                let text = rest[1..end].strip_suffix('"').filter(|it| !it.contains("\\\"") && !it.contains("\\\\"))?;
                let is_format = formatted && res.len() == 1;
                let text = match text.contains('\\') && !is_format {
                    true => text.replace("\\n", "\n").replace("\\t", "\t").into(),
                    false => text.into(),
                };
                res.last_mut()?.push(Term::Text(text));
                end
            }
            '$' if rest.starts_with("$NF") => {
                res.last_mut()?.push(Term::Last);
                "$NF".len()
            }
            '$' => {
                let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
                res.last_mut()?.push(Term::Field(rest[1..=digits].parse().ok()?));
                1 + digits
            }
            _ => return None,
        };
        rest = rest[length..].trim_start();
    }
    Some(res)
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
    fn fields_and_texts_are_printed() {
        let printed = |program: &[&str], input: &str| {
            let operands: Vec<Value> = program.iter().map(|it| Value::plain(*it)).collect();
            folded(&operands, &Value::plain(input)).map(|it| it.text)
        };
        assert_eq!(printed(&["{print $1}"], "a b\nc d\n").as_deref(), Some("a\nc\n"));
        assert_eq!(
            printed(&["-F:", "/x/ { print $2, \"<\" $NF \">\"; }"], "x:y:z\nu:v:w\n").as_deref(),
            Some("y <z>\n")
        );
        assert_eq!(printed(&["-F", "=", "{printf(\"%s:\", $2)}"], "a=1\nb=2\n").as_deref(), Some("1:2:"));
        assert_eq!(printed(&["{print}"], "a b\n").as_deref(), Some("a b\n"));
        for more in [
            "{print $1 + 1}",
            "{x = $1} END {print x}",
            "{print length($1)}",
            "NR > 1 {print $1}",
            "/a/ || /b/ {print $1}",
            "{print $1,}",
            "{printf \"%s\", $1, $2}",
        ] {
            assert_eq!(printed(&[more], "a b\n"), None, "{more}");
        }
    }

    #[test]
    fn only_operators_redirect() {
        let found = |program: &str| redirections(program).len();
        assert_eq!(found(r#"/^"x/ { print "<B>" $0 > "f" } # > "g""#), 1);
        assert_eq!(found(r#"{ x = a / b; if (y ~ /[^>]"/) print x > "f"; z = "\">" }"#), 1);
        assert_eq!(found("$1 >= 2 && /a>b/"), 1);
    }
}
