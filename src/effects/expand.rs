//! Word expansion: parameters, substitutions, splitting and globbing, with the place of each byte.
//!
//! Knows nothing of what commands do.

use super::machine::{LONGEST, Machine, Origin, Shell, any_operands, without_unset};
use super::pattern::{escape, is_wild, matches, without_prefix, without_suffix};
use super::value::Value;
use crate::shell::{Part, PartKind, Script, Word};
use crate::text::{display, unknown};

/// A field under construction: its value, and the same as a pattern in which quoted characters are escaped.
#[derive(Clone, Default)]
struct Field {
    value: Value,
    pattern: String,
    exists: bool,
}

impl Machine<'_> {
    /// The fields of a word: split and globbed.
    pub(super) fn fields(&mut self, shell: &mut Shell, word: &Word, origin: &Origin) -> Vec<Value> {
        let mut fields = Vec::new();
        let mut current = Field::default();
        for part in &word.parts {
            self.part(shell, part, origin, &mut current, &mut fields);
        }
        if current.exists {
            fields.push(current);
        }
        let built = word.parts.len() > 1;
        let bounded = |it: Value| if built && it.text.len() > LONGEST { Value::unknown("...") } else { it };
        fields.into_iter().flat_map(|it| self.globbed(shell, it)).map(bounded).collect()
    }

    /// A word as one value, as assignments and redirections take it.
    pub(super) fn value(&mut self, shell: &mut Shell, word: &Word, origin: &Origin) -> Value {
        let mut res = Value::default();
        for part in &word.parts {
            match &part.kind {
                PartKind::Literal(text) => res.push(text, origin.place(part.range.clone())),
                _ => res.append(&self.expansion(shell, part, origin)),
            }
        }
        tilde(res)
    }

    /// A word as a pattern.
    pub(super) fn pattern(&mut self, shell: &mut Shell, word: &Word, origin: &Origin) -> String {
        let mut res = String::new();
        for part in &word.parts {
            let text = match &part.kind {
                PartKind::Literal(text) => text.clone(),
                _ => self.expansion(shell, part, origin).text,
            };
            res.push_str(&if part.quoted { escape(&text) } else { text });
        }
        res
    }

    fn part(&mut self, shell: &mut Shell, part: &Part, origin: &Origin, current: &mut Field, fields: &mut Vec<Field>) {
        match &part.kind {
            PartKind::Literal(text) => {
                current.value.push(text, origin.place(part.range.clone()));
                current.pattern.push_str(&if part.quoted { escape(text) } else { text.clone() });
                current.exists = true;
            }
            PartKind::Parameter { name, operator: None } if name == "@" && part.quoted => {
                for (idx, it) in shell.operands.iter().enumerate() {
                    if idx > 0 {
                        fields.push(std::mem::take(current));
                    }
                    current.add(it, true);
                }
            }
            _ if part.quoted => {
                let value = self.expansion(shell, part, origin);
                current.add(&value, true);
            }
            _ => {
                let value = self.expansion(shell, part, origin);
                current.split(&value, fields);
            }
        }
    }

    /// The value of a parameter or substitution.
    fn expansion(&mut self, shell: &mut Shell, part: &Part, origin: &Origin) -> Value {
        match &part.kind {
            PartKind::Literal(text) => Value::plain(text.clone()),
            PartKind::Parameter { name, operator: None } => self.parameter(shell, name),
            PartKind::Parameter { name, operator: Some((operator, word)) } => {
                self.modified(shell, name, operator, word, origin)
            }
            PartKind::Substitution(script) => self.substitution(shell, script, origin),
            PartKind::Process(script) => {
                self.substitution(shell, script, origin);
                Value::plain("/dev/fd/63")
            }
            PartKind::Arithmetic(text) => match sum(shell, text) {
                Some(it) => Value::plain(it.to_string()),
                None => Value::unknown(&format!("$(({text}))")),
            },
        }
    }

    fn parameter(&self, shell: &Shell, name: &str) -> Value {
        if name == "PWD" && !shell.is_set("PWD") {
            let folder = self.working_folder(shell);
            return folder.slice(0..folder.text.trim_end().len());
        }
        parameter(shell, name)
    }

    fn modified(&mut self, shell: &mut Shell, name: &str, operator: &str, word: &Word, origin: &Origin) -> Value {
        let mut value = self.parameter(shell, name);
        if without_unset(&value.text).is_empty() {
            value = Value::default();
        }
        let empty = value.text.is_empty();
        let known = value.is_known();
        match operator {
            ":-" | "-" | ":=" | "=" | ":+" | "+" if !known => Value::unknown(&display(&value.text)),
            ":-" | "-" if empty => self.value(shell, word, origin),
            ":=" | "=" if empty => {
                let default = self.value(shell, word, origin);
                shell.set(name, default.clone());
                default
            }
            ":+" | "+" if empty => Value::default(),
            ":+" | "+" => self.value(shell, word, origin),
            ":-" | "-" | ":=" | "=" | ":?" | "?" => value,
            "%" | "%%" | "#" | "##" => {
                let pattern = self.pattern(shell, word, origin);
                let longest = operator.len() == 2;
                // A suffix can be taken from what ends in known text.
                let text = match operator.starts_with('%') {
                    true => without_suffix(&value.text, &pattern, longest),
                    false => without_prefix(&value.text, &pattern, longest),
                };
                if known || text.len() < value.text.len() { value.derived(text) } else { value }
            }
            "length" if known => Value::plain(value.text.chars().count().to_string()),
            _ => Value::unknown(&format!("${{{}{operator}}}", display(&value.text))),
        }
    }

    fn substitution(&mut self, shell: &mut Shell, script: &Script, origin: &Origin) -> Value {
        let mut inner = shell.clone();
        inner.output = Some(Value::default());
        inner.substituted = true;
        self.depth += 1;
        self.script(&mut inner, script, origin);
        self.depth -= 1;
        shell.answer(inner.status, inner.question);
        inner.output.unwrap_or_default().trimmed()
    }

    /// What a field matches in the tree; a pattern that matches nothing there may match what will be made.
    fn globbed(&self, shell: &Shell, field: Field) -> Vec<Value> {
        if !is_wild(&field.pattern) {
            return vec![tilde(field.value)];
        }
        let found = if field.value.is_known() { self.listed(shell, &field.pattern) } else { Vec::new() };
        if !found.is_empty() {
            return found.iter().map(|it| field.value.derived(it.as_str())).collect();
        }
        let text: String = field.value.text.chars().map(hide_wild).collect();
        vec![field.value.derived(text)]
    }

    fn listed(&self, shell: &Shell, pattern: &str) -> Vec<String> {
        let mut found = vec![String::new()];
        let mut was_wild = false;
        for (idx, component) in pattern.split('/').enumerate() {
            let mut next = Vec::new();
            let is_folder = |it: &&String| !was_wild || self.recipe.project.is_folder(&self.path(shell, it));
            for before in found.iter().filter(is_folder) {
                let prefix = if idx == 0 { String::new() } else { format!("{before}/") };
                if !is_wild(component) {
                    next.push(format!("{prefix}{}", component.replace('\\', "")));
                    continue;
                }
                let entries = self.recipe.project.list(&self.path(shell, if idx == 0 { "." } else { before }));
                let hidden = component.starts_with('.');
                for it in entries.iter().flat_map(|it| it.iter()) {
                    if matches(component, &it.name) && it.name.starts_with('.') == hidden {
                        next.push(format!("{prefix}{}", it.name));
                    }
                }
            }
            found = next;
            found.truncate(2_000);
            was_wild |= is_wild(component);
        }
        found.retain(|it| self.recipe.project.exists(&self.path(shell, it)));
        found
    }
}

impl Field {
    fn add(&mut self, value: &Value, quoted: bool) {
        self.value.append(value);
        self.pattern.push_str(&if quoted { escape(&value.text) } else { value.text.clone() });
        self.exists = true;
    }

    /// Adds an unquoted expansion, which blanks split.
    fn split(&mut self, value: &Value, fields: &mut Vec<Field>) {
        if value.text.is_empty() {
            return;
        }
        let blank = |it: char| it.is_ascii_whitespace();
        if value.text.starts_with(blank) && self.exists {
            fields.push(std::mem::take(self));
        }
        for (idx, it) in value.split().iter().enumerate() {
            if idx > 0 {
                fields.push(std::mem::take(self));
            }
            self.add(it, false);
        }
        if value.text.ends_with(blank) && self.exists {
            fields.push(std::mem::take(self));
        }
    }
}

/// A wildcard as a character that is not known.
pub(super) fn hide_wild(it: char) -> char {
    if matches!(it, '*' | '?' | '[' | ']') {
        unknown(it.encode_utf8(&mut [0; 4])).chars().next().unwrap_or(it)
    } else {
        it
    }
}

/// A text with the wildcards that [`hide_wild`] hid.
pub(super) fn wild(text: &str) -> String {
    let plain = |it: char| ['*', '?', '[', ']'].into_iter().find(|wild| hide_wild(*wild) == it).unwrap_or(it);
    text.chars().map(plain).collect()
}

fn tilde(value: Value) -> Value {
    if !value.text.starts_with('~') || value.text[1..].starts_with(|it| it != '/') {
        return value;
    }
    let mut res = Value::unknown("~");
    res.append(&value.from(1));
    res
}

/// The value of sums of numbers and variables.
fn sum(shell: &Shell, text: &str) -> Option<i64> {
    let mut res = 0i64;
    let mut sign = 1;
    let mut rest = text.trim();
    loop {
        let end = rest.find(['+', '-']).unwrap_or(rest.len());
        let name = rest[..end].trim().trim_start_matches(['$', '{']).trim_end_matches('}');
        let number = name.parse().or_else(|_| parameter(shell, name).text.parse::<i64>()).ok()?;
        res = res.checked_add(sign * number)?;
        sign = match rest[end..].chars().next() {
            None => return Some(res),
            Some('+') => 1,
            Some(_) => -1,
        };
        rest = rest[end + 1..].trim();
    }
}

/// `$#` where there are operands, but nobody knows how many.
pub(super) fn at_least_one() -> Value {
    Value::unknown("$#>0")
}

fn parameter(shell: &Shell, name: &str) -> Value {
    match name {
        "@" | "*" => {
            let mut res = Value::default();
            for (idx, it) in shell.operands.iter().enumerate() {
                if idx > 0 {
                    res.push(" ", None);
                }
                res.append(it);
            }
            res
        }
        // A word known in part is one word; one of which nothing is known may be several.
        "#" if shell.operands.iter().all(Value::is_known_in_part) => Value::plain(shell.operands.len().to_string()),
        "#" if shell.operands.first().is_some_and(|it| *it != any_operands()) => at_least_one(),
        "0" | "BASH_SOURCE" | "BASH_SOURCE[0]" => shell.name.clone(),
        "#" | "?" | "-" | "$" | "!" | "()" => Value::unknown(&format!("${name}")),
        _ => match name.parse::<usize>() {
            Ok(0) => shell.name.clone(),
            Ok(n) => shell.operands.get(n - 1).cloned().unwrap_or_default(),
            Err(_) => shell.variable(name),
        },
    }
}
