//! Does to the files of a command what the row of its model says.
//!
//! Knows no tool.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use super::machine::{Machine, Shell};
use super::models::{Action, Also, Found, Row, When};
use super::pattern::matches;
use super::value::Value;
use super::{EffectKind, includes};
use crate::text::{display, has_unknown, is_unknown_char};

/// The words of a command, told apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Arguments {
    /// Options without an argument.
    pub(super) flags: Vec<String>,
    /// Options with theirs.
    pub(super) options: Vec<(String, Value)>,
    pub(super) operands: Vec<Value>,
    /// Whether `-o` stands apart from its argument, so that `-oX` is something else.
    output_apart: bool,
}

impl Arguments {
    /// Tells apart the words after a command's name.
    pub(super) fn read(row: &Row, words: &[Value]) -> Arguments {
        let mut res = Arguments { output_apart: words.iter().any(|it| it.text == "-o"), ..Arguments::default() };
        let mut queue: VecDeque<(Value, bool)> = words.iter().map(|it| (it.clone(), false)).collect();
        if row.bundle
            && let Some((first, _)) = queue.pop_front_if(|it| !it.0.text.starts_with('-'))
        {
            res.bundle(row, &first, &mut queue);
        }
        while let Some((word, inner)) = queue.pop_front() {
            let text = word.text.as_str();
            let is_option = text.len() > 1 && text.starts_with('-');
            if text == "--" {
                res.operands.extend(queue.drain(..).map(|it| it.0));
            } else if is_option {
                res.option(row, &word, &mut queue);
            } else if row.assignments && is_assignment(text) {
                res.options.push(("=".to_owned(), word));
            } else if let Some(key) = starts(&row.options, text, 1).find(|it| text.starts_with(it.as_str())) {
                res.options.push((key.clone(), word.from(key.len())));
            } else if !inner || LINKED.iter().any(|it| text.ends_with(it)) {
                res.operands.push(word);
                if row.runs && res.operands.len() > row.skip {
                    res.operands.extend(queue.drain(..).map(|it| it.0));
                }
            }
        }
        res
    }

    fn option(&mut self, row: &Row, word: &Value, queue: &mut VecDeque<(Value, bool)>) {
        let text = word.text.as_str();
        let tables = || std::iter::once(&row.options).chain(row.when.iter().map(|it| &it.options));
        // Nothing sorts between an option and itself with a blank.
        let is_it = |key: &String| key.trim_end_matches(' ') == text;
        let known = || tables().any(|it| from(it, text).take(2).any(is_it));
        // `-o` is no option's argument: here it is a flag with the same letter (`-b`).
        let at_output = queue.front().is_some_and(|it| it.0.text == "-o") && row.options.contains_key("-o");
        // `-D$(X) a.c` where nothing sets X.
        let names_file = |it: &str| includes::is_source(it) || LINKED.iter().any(|suffix| it.ends_with(suffix));
        let is_empty = row.joined.iter().any(|it| it == text) && queue.front().is_some_and(|it| names_file(&it.0.text));
        if is_empty {
            return;
        }
        if !at_output && known() {
            if let Some((value, _)) = queue.pop_front() {
                // `-Wl,-Map -Wl,file`
                let prefix = row.split.iter().find(|it| value.text.starts_with(it.as_str())).map_or(0, String::len);
                self.options.push((text.to_owned(), value.from(prefix)));
            }
            return;
        }
        let keys = tables().flat_map(|it| starts(it, text, 2)).filter(|it| !(self.output_apart && *it == "-o"));
        let attached = keys.filter(|it| text.starts_with(it.as_str()) && attaches(it, text)).max_by_key(|it| it.len());
        let is_flag = attached.is_some() || row.cluster;
        if is_flag && row.flags.iter().any(|it| matches(it, text)) {
            return self.flags.push(text.to_owned());
        }
        if let Some(key) = attached {
            let value = word.from(key.len());
            let value = if key.starts_with("--") {
                value.from(value.text.len() - value.text.trim_start_matches('=').len())
            } else {
                value
            };
            self.options.push((key.clone(), value));
            return;
        }
        if let Some(prefix) = row.split.iter().find(|it| text.starts_with(it.as_str())) {
            let mut start = prefix.len();
            let mut parts = Vec::new();
            for (at, _) in text.match_indices(',').filter(|it| it.0 >= prefix.len()).chain([(text.len(), "")]) {
                parts.push((word.slice(start..at), true));
                start = at + 1;
            }
            parts.into_iter().rev().for_each(|it| queue.push_front(it));
            return;
        }
        if row.cluster && !text.starts_with("--") {
            return self.cluster(row, word, queue);
        }
        self.flags.push(text.to_owned());
    }

    /// `cvfz archive`: the arguments of the letters come after all of them, in their order.
    fn bundle(&mut self, row: &Row, word: &Value, queue: &mut VecDeque<(Value, bool)>) {
        for it in word.text.chars() {
            let key = format!("-{it}");
            match row.options.contains_key(&key) || row.when.iter().any(|it| it.options.contains_key(&key)) {
                true => self.options.extend(queue.pop_front().map(|it| (key, it.0))),
                false => self.flags.push(key),
            }
        }
    }

    fn cluster(&mut self, row: &Row, word: &Value, queue: &mut VecDeque<(Value, bool)>) {
        let known = |key: &str| row.options.contains_key(key) || row.when.iter().any(|it| it.options.contains_key(key));
        for (at, it) in word.text.char_indices().skip(1) {
            let key = format!("-{it}");
            if known(&key) {
                let rest = word.from(at + it.len_utf8());
                let value = if rest.text.is_empty() { queue.pop_front().map(|it| it.0) } else { Some(rest) };
                self.options.extend(value.map(|it| (key, it)));
                return;
            }
            let takes_rest = known(&format!("{key}?"));
            self.flags.push(key);
            if takes_rest {
                return;
            }
        }
    }

    /// Whether one of `names` was given.
    pub(super) fn has(&self, names: &[String]) -> bool {
        let given = |name: &String| {
            if let Some((option, value)) = name.split_once(' ') {
                return self.value(option).is_some_and(|it| it.text == value);
            }
            self.flags
                .iter()
                .any(|it| it == name || it.strip_prefix(name.as_str()).is_some_and(|it| it.starts_with('=')))
                || self.options.iter().any(|it| it.0 == *name)
        };
        names.iter().any(given)
    }

    /// The last argument of an option.
    pub(super) fn value(&self, option: &str) -> Option<&Value> {
        self.options.iter().rev().find(|it| it.0 == option).map(|it| &it.1)
    }
}

/// What a linker writes where nobody names its output.
const DEFAULT_PROGRAM: &str = "a.out";

/// What a linker reads where it is named among options for it (`-Wl,--whole-archive,x.a`).
const LINKED: [&str; 5] = [".a", ".o", ".la", ".lo", ".obj"];

fn is_assignment(text: &str) -> bool {
    text.split_once('=')
        .is_some_and(|it| !it.0.is_empty() && it.0.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_'))
}

fn attaches(key: &str, text: &str) -> bool {
    match key.as_bytes() {
        [.., b':' | b'=' | b','] => true,
        [.., b' ' | b'?'] => false,
        [b'-', b'-', ..] => text[key.len()..].starts_with('='),
        _ => key.len() <= 3,
    }
}

/// The keys from one on.
fn from<'a>(table: &'a BTreeMap<String, Action>, text: &str) -> impl Iterator<Item = &'a String> + use<'a> {
    table.range::<str, _>((Bound::Included(text), Bound::Unbounded)).map(|it| it.0)
}

/// The keys whose first `length` characters are those of `text`.
fn starts<'a>(table: &'a BTreeMap<String, Action>, text: &str, length: usize) -> impl Iterator<Item = &'a String> {
    let start = text.char_indices().nth(length).map_or(text, |it| &text[..it.0]).to_owned();
    from(table, &start).take_while(move |it| it.starts_with(&start))
}

/// The row as it holds under the options that were given.
pub(super) struct Effective<'a> {
    row: &'a Row,
    /// What holds beside the row, the later before the earlier.
    when: Vec<&'a When>,
}

impl<'a> Effective<'a> {
    pub(super) fn new(row: &'a Row, arguments: &Arguments) -> Effective<'a> {
        let when = row.when.iter().rev().filter(|it| arguments.has(&it.given)).collect();
        Effective { row, when }
    }

    pub(super) fn opaque(&self) -> bool {
        self.when.iter().find_map(|it| it.opaque).unwrap_or(self.row.opaque)
    }

    fn operands(&self) -> Action {
        self.when.iter().find_map(|it| it.operands).unwrap_or(self.row.operands)
    }

    /// What is done to the operand at an index of so many.
    fn operand(&self, index: usize, n_operands: usize) -> Action {
        let first = || self.when.iter().find_map(|it| it.first).or(self.row.first);
        let alone = || self.when.iter().find_map(|it| it.alone).or(self.row.alone);
        let last = || self.when.iter().find_map(|it| it.last).or(self.row.last);
        let own = match index {
            0 if n_operands == 1 => alone().or_else(first),
            0 => first(),
            _ if index + 1 == n_operands => last(),
            _ => None,
        };
        own.unwrap_or_else(|| self.operands())
    }

    /// What is done to the argument of an option.
    fn option(&self, key: &str) -> Action {
        let tables = || self.when.iter().map(|it| &it.options).chain([&self.row.options]);
        let find = |key: &str| tables().find_map(|it| it.get(key)).copied();
        find(key).or_else(|| find(&format!("{key} "))).unwrap_or_default()
    }
}

impl Machine<'_> {
    /// Notes what a command does to its files.
    pub(super) fn apply(&mut self, shell: &Shell, row: &Row, arguments: &Arguments, invocation: usize) {
        let effective = Effective::new(row, arguments);
        for (key, value) in &arguments.options {
            self.act(shell, effective.option(key), value, arguments, invocation);
        }
        if !row.runs {
            self.operands(shell, &effective, arguments, invocation);
        }
        for it in &row.also {
            self.also(shell, it, arguments, invocation);
        }
        for it in &row.found {
            self.found_in(shell, it, arguments, invocation);
        }
    }

    fn found_in(&mut self, shell: &Shell, found: &Found, arguments: &Arguments, invocation: usize) {
        for (_, name) in arguments.options.iter().filter(|it| it.0 == found.name) {
            for (_, folder) in arguments.options.iter().filter(|it| it.0 == found.folders) {
                let file = joined(folder, &name.derived(format!("{}{}", name.text, found.suffix)));
                if (self.recipe.generated)(&self.path(shell, &file.text)) {
                    self.effect(shell, &file, EffectKind::Read, invocation);
                }
            }
        }
    }

    pub(super) fn operands(&mut self, shell: &Shell, row: &Effective, arguments: &Arguments, invocation: usize) {
        let action = row.operands();
        if matches!(action, Action::Copy | Action::Move | Action::Link) {
            return self.transfer(shell, action, arguments, invocation);
        }
        for (idx, it) in arguments.operands.iter().enumerate() {
            self.act(shell, row.operand(idx, arguments.operands.len()), it, arguments, invocation);
        }
    }

    fn act(&mut self, shell: &Shell, action: Action, value: &Value, arguments: &Arguments, invocation: usize) {
        use EffectKind::*;
        // `xsltproc -o html/`
        if matches!(action, Action::Write | Action::MayWrite) && value.text.ends_with('/') {
            self.unpacked(shell, value);
            return self.need_folder(shell, value, invocation);
        }
        let kinds: &[EffectKind] = match action {
            Action::Ignore | Action::Copy | Action::Move | Action::Link => &[],
            Action::Read | Action::MayRead | Action::ReadTree => &[Read],
            Action::Write | Action::MayWrite => &[Write],
            Action::Update => &[Read, Write],
            Action::Remove => &[Remove],
            Action::MakeDirectory => &[MakeDirectory],
            Action::MakeDirectoryOnce => &[MakeDirectoryOnce],
            Action::NeedDirectory => return self.need_folder(shell, value, invocation),
            Action::Fill => return self.unpacked(shell, value),
            Action::Library => return self.library(shell, value, arguments, invocation),
            Action::ReadList => return self.list(shell, value, invocation),
            Action::ReadNamed => {
                let Some(at) = value.text.find('=') else { return };
                return self.effect(shell, &value.slice(at + 1..value.text.len()), Read, invocation);
            }
        };
        for kind in kinds {
            match action {
                Action::MayRead | Action::MayWrite => self.effect_may(shell, value, *kind, invocation),
                _ => self.effect(shell, value, *kind, invocation),
            }
        }
        if action == Action::ReadTree {
            self.reads_tree(shell, value, invocation);
        }
    }

    fn list(&mut self, shell: &Shell, value: &Value, invocation: usize) {
        let mut start = 0;
        for (at, _) in value.text.match_indices([':', ';']).chain([(value.text.len(), "")]) {
            self.effect(shell, &value.slice(start..at), EffectKind::Read, invocation);
            start = at + 1;
        }
    }

    /// `-lx`: a library of the tree, if some rule makes it below one of the `-L` folders; below the only one that is not the
    /// system's, a make that is not known may make it.
    fn library(&mut self, shell: &Shell, value: &Value, arguments: &Arguments, invocation: usize) {
        const SHARED: [&str; 3] = ["so", "dylib", "dll.a"];
        const OF_SYSTEM: [&str; 9] = ["m", "c", "pthread", "dl", "rt", "util", "gcc", "stdc++", "crypt"];
        let folders = || arguments.options.iter().filter(|it| it.0 == "-L").map(|it| &it.1.text);
        let elsewhere = |it: &&String| {
            let path = self.path(shell, it);
            !path.starts_with('/') && !has_unknown(&path) && path != self.path(shell, ".")
        };
        let own: Vec<&String> = folders().filter(elsewhere).collect();
        let only = own.first().filter(|_| own.len() == 1 && !OF_SYSTEM.contains(&value.text.as_str()));
        for folder in folders() {
            let text = |suffix: &str| format!("{folder}/lib{}.{suffix}", value.text);
            let is_made = |suffix: &&str| (self.recipe.generated)(&self.path(shell, &text(suffix)));
            let mut made: Vec<&str> = ["a", "la"].into_iter().chain(SHARED).filter(is_made).collect();
            // The linker takes the shared one where both are there.
            let is_static = arguments.flags.iter().any(|it| it.contains("static"));
            if made.iter().any(|it| SHARED.contains(it)) && !is_static {
                made.retain(|it| *it != "a");
            }
            // The rule may have the name alone (`libx: x.o`), while its recipe knows the suffix.
            let plain = format!("{folder}/lib{}", value.text);
            let by_name = made.is_empty() && (self.recipe.generated)(&self.path(shell, &plain));
            if made.is_empty() && !by_name && only == Some(&folder) {
                made.push("a");
            }
            for name in made.into_iter().map(text).chain(by_name.then_some(plain)) {
                let mut file = Value::default();
                file.push(&name, value.place());
                self.effect_may(shell, &file, EffectKind::Read, invocation);
            }
        }
    }

    fn also(&mut self, shell: &Shell, also: &Also, arguments: &Arguments, invocation: usize) {
        let wanted = (also.given.is_empty() || arguments.has(&also.given)) && !arguments.has(&also.unless);
        if !wanted || also.path == DEFAULT_PROGRAM && self.may_name_output(arguments, invocation) {
            return;
        }
        let fits =
            |it: &&Value| also.suffix.is_empty() || also.suffix.iter().any(|suffix| it.text.ends_with(suffix.as_str()));
        let mut operands = arguments.operands.iter().filter(fits);
        let empty = Value::default();
        let subjects: Vec<&Value> = match also.path.contains("{operand") {
            true => operands.collect(),
            false if also.suffix.is_empty() => vec![&empty],
            false => operands.next().into_iter().collect(),
        };
        for it in subjects {
            let Some(path) = self.rendered(shell, &also.path, it, arguments) else { continue };
            let is_there = |machine: &mut Self, template: &String| {
                let beside = machine.rendered(shell, template, it, arguments).filter(|it| !it.text.is_empty());
                beside.map(|it| machine.is_there_or_made(shell, &it))
            };
            if is_there(self, &also.absent) == Some(true) || is_there(self, &also.present) == Some(false) {
                continue;
            }
            let action = match (also.action, also.may) {
                (Action::Read, true) => Action::MayRead,
                (Action::Write, true) => Action::MayWrite,
                (action, _) => action,
            };
            self.act(shell, action, &path, arguments, invocation);
        }
    }

    /// Whether a word of which nothing is known, or a variable of the line that nobody sets, may be the `-o` that the
    /// words do not have.
    fn may_name_output(&self, arguments: &Arguments, invocation: usize) -> bool {
        const OTHERS: [&str; 6] = ["FLAGS", "LIB", "OBJ", "SRC", "DEF", "INC"];
        let words = arguments.flags.iter().chain(arguments.operands.iter().map(|it| &it.text));
        let open = |it: &String| {
            let spelt = display(it);
            it.starts_with(is_unknown_char) && !OTHERS.iter().any(|name| spelt.contains(name))
        };
        let line = self.outcome.invocations.get(invocation).map(|it| it.place.line());
        line.is_some_and(|it| self.recipe.open.contains(&it)) || words.filter(|it| has_unknown(it)).any(open)
    }

    fn is_there_or_made(&self, shell: &Shell, file: &Value) -> bool {
        let path = self.path(shell, &file.text);
        self.recipe.project.exists(&path) || (self.recipe.generated)(&path)
    }
}

pub(super) fn joined(folder: &Value, name: &Value) -> Value {
    let mut text = folder.text.trim_end_matches('/').to_owned();
    if !text.is_empty() || folder.text.starts_with('/') {
        text.push('/');
    }
    text.push_str(&name.text);
    let mut res = Value::default();
    res.push(&text, name.place().or_else(|| folder.place()));
    res
}

impl Machine<'_> {
    /// The options that a grammar (`%defines "x.h"`) or a scanner (`%option outfile="x.c"`) gives itself, but for an output
    /// that the command line names.
    pub(super) fn declared(&self, shell: &Shell, arguments: &Arguments) -> Vec<Value> {
        let opened = |it: &&Value| self.recipe.project.open(&self.path(shell, &it.text));
        let Some((operand, file)) = arguments.operands.iter().find_map(|it| Some((it, opened(&it)?))) else {
            return Vec::new();
        };
        let to_output = arguments.has(&["-t".to_owned(), "--stdout".to_owned()]);
        let named = |it: &(String, Value)| ["-o", "--output", "--outfile"].contains(&it.0.as_str());
        let has_output = to_output || arguments.options.iter().any(named);
        let mut res = Vec::new();
        let mut add = |option: &str, name: &str| {
            if !(option == "-o" && has_output) {
                let name = name.trim_matches(|it: char| it == '"' || it == '=' || it.is_whitespace());
                let mut word = Value::default();
                word.push(&format!("{option}{name}"), operand.place());
                res.push(word);
            }
        };
        let source = self.recipe.project.source(file);
        for line in source.text().lines().take_while(|it| it.trim_end() != "%%") {
            let (directive, rest) = line.split_once([' ', '\t', '=']).unwrap_or((line.trim_end(), ""));
            match directive {
                "%option" => rest.split_whitespace().filter_map(|it| it.split_once('=')).for_each(|it| match it.0 {
                    "header-file" | "header" => add("--header-file=", it.1),
                    "outfile" => add("-o", it.1),
                    _ => {}
                }),
                "%defines" | "%header" if rest.contains('"') => add("--defines=", rest),
                "%defines" | "%header" => add("--defines", ""),
                "%output" => add("-o", rest),
                _ => {}
            }
        }
        res
    }
}
