//! The macros whose calls become text: those of m4sugar that choose or repeat, and those of the tree.

use super::calls::Call;
use super::macros::{self, Meaning};
use super::mapped::Mapped;
use super::structure::{Keep, Reader};
use crate::text::has_unknown;

/// How many values `m4_foreach` goes through.
const ROUNDS: usize = 200;

impl Reader<'_> {
    /// An argument with all but letters and digits replaced by `_`, where it says what the name is.
    pub(super) fn identifier(&mut self, call: &Call, at: usize, out: &mut Mapped) {
        let text = call.argument(at).map(|it| self.read(it).text).unwrap_or_default();
        if has_unknown(&text) || text.contains(['$', '`']) {
            return self.refer_unknown(&call.spelling(2), call.span, out);
        }
        let name = text.trim().replace(|it: char| !it.is_ascii_alphanumeric(), "_");
        out.push_derived(&name, call.span);
    }

    /// An argument in upper or lower case.
    pub(super) fn letters(&mut self, call: &Call, upper: bool, out: &mut Mapped) {
        let text = call.argument(0).map(|it| self.read(it).text).unwrap_or_default();
        let text = if upper { text.to_ascii_uppercase() } else { text.to_ascii_lowercase() };
        out.push_derived(&text, call.span);
    }

    /// The macros that give text: what they choose stands where they are called.
    pub(super) fn expand_text(&mut self, call: &Call, meaning: Meaning, out: &mut Mapped) {
        let chosen = match meaning {
            Meaning::Compare => self.compared(call),
            Meaning::IfValue if call.word(0).is_empty() => Some(2),
            Meaning::IfBlank if !call.word(0).is_empty() => Some(2),
            Meaning::IfValue | Meaning::IfBlank => Some(1),
            Meaning::IfDefined => Some(if self.is_known(&call.word(0)) { 1 } else { 2 }),
            Meaning::Default => Some(usize::from(call.word(0).is_empty())),
            Meaning::Foreach | Meaning::ForeachWord => return self.foreach(call, meaning, out),
            _ => Some(0),
        };
        if let Some(argument) = chosen.and_then(|it| call.argument(it)) {
            let text = self.read(argument);
            out.append(&text);
        }
    }

    /// Whether `m4_if` compares what only m4 knows, to choose between commands.
    pub(super) fn is_undecided(&mut self, call: &Call) -> bool {
        let compared: Vec<String> = call.arguments.iter().take(2).map(|it| self.read(it).text).collect();
        compared.iter().any(|it| has_unknown(it))
            && call.arguments.iter().skip(2).any(|it| looks_like_commands(&it.text))
    }

    /// Which argument `m4_if` gives.
    fn compared(&mut self, call: &Call) -> Option<usize> {
        let mut at = 0;
        while at + 2 < call.arguments.len() {
            let left = self.read(&call.arguments[at]).text;
            let right = self.read(&call.arguments[at + 1]).text;
            if left == right {
                return Some(at + 2);
            }
            at += 3;
            if at + 2 >= call.arguments.len() {
                return (at < call.arguments.len()).then_some(at);
            }
        }
        None
    }

    pub(super) fn is_known(&self, name: &str) -> bool {
        self.definitions.contains_key(name) || self.provided.contains(name) || macros::meaning(name).is_some()
    }

    fn foreach(&mut self, call: &Call, meaning: Meaning, out: &mut Mapped) {
        let (Some(list), Some(body)) = (call.argument(1), call.argument(2)) else { return };
        let list = self.read(list).text;
        let values: Vec<&str> = match meaning {
            Meaning::Foreach => list.split(',').collect(),
            _ => list.split_whitespace().collect(),
        };
        let name = call.word(0);
        let before = self.definitions.get(&name).cloned();
        for value in values.into_iter().take(ROUNDS) {
            let mut text = Mapped::default();
            text.push_derived(value.trim(), call.argument_span(1));
            self.define(&[Mapped::plain(&name), text], Keep::Last);
            let text = self.read(body);
            out.append(&text);
            out.push_derived("\n", call.span);
        }
        match before {
            Some(before) => self.definitions.insert(name, before),
            None => self.definitions.remove(&name),
        };
    }

    /// A macro of the tree: its body with the arguments in it, on the line where it is one line.
    pub(super) fn expand_defined(&mut self, call: &Call, body: &Mapped, out: &mut Mapped) {
        self.provided.insert(call.name.clone());
        let text = bound(body, call);
        let is_outermost = self.outer.is_none();
        self.outer.get_or_insert_with(|| call.spelling(1));
        let text = self.read(&text);
        if is_outermost {
            self.outer = None;
        }
        let trimmed = text.trimmed();
        if trimmed.text.contains('\n') {
            let node = self.shell(text);
            self.refer(Some(node), call.span, out);
        } else if trimmed.text.contains(['=', ' ']) {
            out.append(&trimmed);
        } else if !trimmed.text.is_empty() {
            // A name or number: it is spelt where the macro is called.
            out.push_derived(&trimmed.text, call.span);
        } else if !text.text.is_empty() {
            self.refer(None, call.span, out);
        }
    }

    /// A macro that nothing says anything about: arguments that look like commands are taken for what it does where
    /// it succeeds, and, after those or an empty argument, where it does not.
    pub(super) fn expand_unknown(&mut self, call: &Call, out: &mut Mapped) {
        let first = call.arguments.iter().position(|it| looks_like_commands(&it.text));
        let Some(first) = first else {
            if call.name.starts_with("m4_") || call.name.starts_with("AS_") || !is_probe(&call.name) {
                self.note(&call.spelling(1), call.span);
            }
            self.provided.insert(call.name.clone());
            return self.refer_unknown(&call.spelling(usize::MAX), call.span, out);
        };
        let after_empty = first >= 2 && call.arguments[first - 1].text.trim().is_empty();
        let start = if after_empty { first - 1 } else { first };
        let node = self.probe(call, start);
        self.refer(node, call.span, out);
    }
}

/// The families of autoconf's own probes, which define C macros and substitute nothing.
fn is_probe(name: &str) -> bool {
    ["AC_FUNC_", "AC_HEADER_", "AC_TYPE_", "AC_C_", "AC_STRUCT_", "AC_SYS_", "AC_USE_", "AC_DECL_", "AC_LANG", "AH_"]
        .iter()
        .any(|it| name.starts_with(it))
}

/// Whether a line of the text starts with an assignment or a macro that has a part in values.
fn looks_like_commands(text: &str) -> bool {
    text.lines().flat_map(|it| it.split(';')).any(|line| {
        let line = line.trim_start();
        let name = super::m4::name_length(line);
        name > 0
            && (line[name..].starts_with('=')
                || ["AC_SUBST", "AS_IF", "AS_CASE", "AM_CONDITIONAL"].contains(&&line[..name]))
    })
}

/// A body with `$1`... replaced by the arguments of the call.
fn bound(body: &Mapped, call: &Call) -> Mapped {
    let mut res = Mapped::default();
    let bytes = body.text.as_bytes();
    let mut copied = 0;
    for (at, _) in body.text.match_indices('$') {
        let Some(next) = bytes.get(at + 1) else { break };
        if !(next.is_ascii_digit() || b"@*#".contains(next)) {
            continue;
        }
        res.push_slice(body, copied..at);
        copied = at + 2;
        match next {
            b'0' => res.push_derived(&call.name, call.span),
            b'#' => res.push_derived(&call.arguments.len().to_string(), call.span),
            b'@' | b'*' => {
                for (position, argument) in call.arguments.iter().enumerate() {
                    res.push_derived(if position > 0 { ",[" } else { "[" }, call.span);
                    res.append(argument);
                    res.push_derived("]", call.span);
                }
            }
            digit => {
                if let Some(argument) = call.arguments.get(usize::from(digit - b'1')) {
                    res.append(argument);
                }
            }
        }
        if res.text.len() > 1 << 20 {
            break;
        }
    }
    res.push_slice(body, copied..body.text.len());
    res
}
