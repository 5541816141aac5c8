//! Conditions around includes, as far as a compiler's `-D` and `-U` decide them.

use std::collections::BTreeMap;

use crate::effects::value::Value;
use crate::text::has_unknown;

/// `#ifdef NAME`, `#if NAME`, and their contraries.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::effects) struct Condition {
    name: String,
    /// Whether the macro's value is asked for, not only whether it is defined.
    by_value: bool,
    wanted: bool,
}

impl Condition {
    /// The condition of a directive, if it is about one macro.
    pub(super) fn read(directive: &str, rest: &str) -> Option<Condition> {
        let text = rest.split("/*").next().unwrap_or(rest).split("//").next().unwrap_or(rest).trim();
        let (negated, text) = match text.strip_prefix('!').filter(|_| directive == "if") {
            Some(rest) => (true, rest.trim_start()),
            None => (directive == "ifndef", text),
        };
        let asked = text.strip_prefix("defined").filter(|_| directive == "if");
        let asked = asked.map(|it| it.trim_matches(|it: char| it.is_whitespace() || "()".contains(it)));
        let name = asked.unwrap_or(text);
        let is_name = name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
        let is_plain = is_name && name.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_');
        let by_value = directive == "if" && asked.is_none();
        is_plain.then(|| Condition { name: name.to_owned(), by_value, wanted: !negated })
    }

    /// Whether it holds where a macro is defined.
    pub(super) fn asks_for(&self, name: &str) -> bool {
        self.name == name && !self.by_value && self.wanted
    }

    /// That of `#else`.
    pub(super) fn negated(self) -> Condition {
        Condition { wanted: !self.wanted, ..self }
    }

    /// Whether it holds, where the options say.
    pub(super) fn holds(&self, defined: &Defined) -> Option<bool> {
        let value = defined.macros.get(&self.name)?;
        let is = match value {
            None => false,
            Some(_) if !self.by_value => true,
            Some(value) => value.trim().parse::<i64>().ok()? != 0,
        };
        Some(is == self.wanted)
    }
}

/// The macros that options define, with their values, or undefine.
#[derive(Default)]
pub(super) struct Defined {
    macros: BTreeMap<String, Option<String>>,
    is_complete: bool,
}

impl Defined {
    /// Those of a compiler's options, the last one of each.
    pub(super) fn of(options: &[(String, Value)]) -> Defined {
        let mut res = BTreeMap::new();
        for (option, value) in options.iter().filter(|it| !has_unknown(&it.1.text)) {
            match option.as_str() {
                "-D" => {
                    let (name, value) = value.text.split_once('=').unwrap_or((&value.text, "1"));
                    res.insert(name.to_owned(), Some(value.to_owned()));
                }
                "-U" => drop(res.insert(value.text.clone(), None)),
                _ => {}
            }
        }
        Defined { macros: res, is_complete: false }
    }

    /// The command has no options that are not known.
    pub(super) fn complete(&mut self) {
        self.is_complete = true;
    }

    /// Whether no option defines a macro.
    pub(super) fn lacks(&self, name: &str) -> bool {
        self.is_complete && self.macros.get(name).is_none_or(Option::is_none)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.macros.is_empty() && !self.is_complete
    }
}
