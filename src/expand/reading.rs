//! Reading makefiles line by line, after `eval` in GNU make's read.c.
//!
//! Knows what each line is; rules are recorded elsewhere.

use std::borrow::Cow;

use super::book::Book;
use super::conditional::Conditionals;
use super::limits;
use super::names::without_dots;
use super::rules::OpenRule;
use super::spelling::{Builder, Map, Text};
use super::template;
use super::variables::{Assign, Expander};
use super::{RecipeLine, VariableOrigin};
use super::{echoed, installed};
use crate::configure::{self, What};
use crate::source::{FileId, Span, folder_of, normalise};
use crate::syntax::make::scan::{self, Assigning, Modifiers, Operator};
use crate::text::{display, has_unknown};

/// The state of one file's reading.
pub(crate) struct Reading {
    conditionals: Conditionals,
    pub(crate) open: Option<OpenRule>,
    ignored_define: bool,
    pub(crate) no_targets: bool,
    automake: bool,
    /// The place of the `eval` that gave the text.
    pub(crate) computed: Option<Span>,
}

/// The logical lines of a text.
struct Lines<'t> {
    text: &'t Text<'t>,
    at: usize,
}

impl<'t> Lines<'t> {
    fn next(&mut self) -> Option<std::ops::Range<usize>> {
        if self.at >= self.text.text.len() {
            return None;
        }
        let start = self.at;
        let end = scan::logical_end(&self.text.text, start);
        self.at = end + 1;
        Some(start..end)
    }

    fn slice(&self, range: std::ops::Range<usize>) -> Text<'t> {
        Text { text: Cow::Borrowed(&self.text.text[range.clone()]), map: self.text.map.slice(range) }
    }
}

/// What came of an include.
enum Included {
    Read,
    /// A file of the tree that is not there, or not yet.
    Missing,
    /// Nobody knows which file it is, or it is none of the tree.
    Unknown,
}

impl Expander<'_> {
    /// Reads a file of the tree; false where there is none.
    pub(crate) fn read_makefile(&mut self, path: &str, name: &str) -> bool {
        let project = self.request.project;
        let mut sources: Vec<FileId> = project.open(path).into_iter().collect();
        let is_made = sources.is_empty();
        if is_made {
            let templates = template::templates_of(path, self.request);
            sources = templates.iter().filter_map(|it| project.open(it)).collect();
        }
        if sources.is_empty() {
            return false;
        }
        let list = match self.global("MAKEFILE_LIST") {
            Some(it) => format!("{} {name}", it.value),
            None => name.to_owned(),
        };
        if !self.budget.take(limits::READING, list.len()) {
            self.error("too much is read");
            return true;
        }
        self.set("MAKEFILE_LIST", list.trim_start(), super::Flavor::Simple, VariableOrigin::File);
        for file in sources {
            self.read_source(file, is_made.then_some(path));
        }
        true
    }

    /// Reads a file, or what configure makes of it as (a part of) `output`.
    fn read_source(&mut self, file: FileId, output: Option<&str>) {
        let source = self.request.project.source(file);
        if let Some(book) = &mut self.book {
            let known = book.files.contains(&file);
            book.files.push(file);
            let read = if known { 0 } else { source.bytes().len() };
            self.budget.grant(read);
            self.budget.take(0, source.bytes().len());
        }
        // What a Makefile.am includes is read by automake too, whatever its name.
        let automake = source.path.ends_with(".am") || self.request.makefile.ends_with(".am");
        let text = if template::is_template(&source.path, self.request) {
            let folder = folder_of(output.unwrap_or(&source.path));
            let made = template::substituted(source.text(), file, folder, self.request);
            for it in made.deviations {
                self.here = Some(it.place);
                self.offer(it.subject, &it.value);
            }
            if let Some(used) = &mut self.used {
                used.extend(made.guards);
            }
            if let Some(book) = &mut self.book {
                book.files.extend(made.inserted);
            }
            made.text
        } else {
            Text::new(source.text(), Map::Flat(file, 0))
        };
        let text = without_returns(&text);
        let kept = if automake { without_automakes_comments(&text) } else { Cow::Borrowed(&*text) };
        let text = if automake { placed(&kept, self.folder_of_fragment(&source.path)) } else { Cow::Borrowed(&*kept) };
        self.read_lines(&text, automake, None);
        if automake && source.path == self.request.makefile {
            for (text, place) in self.book.as_mut().map(|it| std::mem::take(&mut it.put_last)).unwrap_or_default() {
                self.read_installed(text, place);
            }
        }
    }

    /// The folder of what a Makefile.am includes, seen from the Makefile.am's.
    fn folder_of_fragment<'p>(&self, path: &'p str) -> &'p str {
        let folder = folder_of(path);
        let below = folder.strip_prefix(self.request.directory).unwrap_or(folder);
        below.trim_start_matches('/')
    }

    /// Reads the text of an `eval`.
    pub(crate) fn read_text(&mut self, text: &str, place: Option<Span>) {
        let here = self.here;
        let map = place.map_or(Map::Nowhere, Map::At);
        match &mut self.book {
            Some(book) if book.eval_depth >= limits::EVALS => return self.error("eval is nested too deeply"),
            Some(book) => book.eval_depth += 1,
            None => {}
        }
        if self.budget.take(limits::READING, text.len()) {
            self.read_lines(&Text::new(text, map), false, place);
        }
        if let Some(book) = &mut self.book {
            book.eval_depth -= 1;
        }
        self.here = here;
    }

    fn read_lines(&mut self, text: &Text, automake: bool, computed: Option<Span>) {
        let mut reading = Reading {
            conditionals: Conditionals::default(),
            open: None,
            ignored_define: false,
            no_targets: false,
            automake,
            computed,
        };
        let mut lines = Lines { text, at: if text.text.starts_with('\u{feff}') { 3 } else { 0 } };
        while let Some(range) = lines.next() {
            let bytes = &text.text.as_bytes()[range.clone()];
            if bytes.is_empty() || (bytes[0] == b'#' && self.recipe_prefix() != b'#') {
                continue;
            }
            self.here = computed.or_else(|| text.map.place(range.clone()));
            let line = lines.slice(range);
            self.read_line(&mut reading, &mut lines, line);
        }
        if !reading.conditionals.arms.is_empty() {
            self.error("missing 'endif'");
        }
        self.record(&mut reading);
    }

    fn recipe_prefix(&self) -> u8 {
        match self.globals.get(".RECIPEPREFIX") {
            Some(Some(it)) => it.value.bytes().next().filter(u8::is_ascii).unwrap_or(b'\t'),
            _ => b'\t',
        }
    }

    fn read_line(&mut self, reading: &mut Reading, lines: &mut Lines, line: Text) {
        let prefix = self.recipe_prefix();
        if line.text.as_bytes()[0] == prefix {
            if reading.no_targets {
                return;
            }
            if let Some(open) = &mut reading.open {
                if !reading.conditionals.ignoring() {
                    open.recipe.push(recipe_line(&line.slice(1..line.text.len()), prefix));
                    open.has_recipe = true;
                }
                return;
            }
        }
        let raw = line.clone();
        let mut line = line.collapsed();
        let end = scan::comment_start(&line.text);
        if end < line.text.len() {
            line = Text { text: Cow::Owned(line.text[..end].to_owned()), map: line.map.slice(0..end) };
        }
        line = line.unquoted(|it| it == b'#', true);
        if let Some((modifiers, assigning)) = scan::assignment(&line.text, 0, false) {
            self.assigning(reading, lines, &line, modifiers, assigning);
            return;
        }
        let start = scan::skip_space(&line.text, 0);
        if start == line.text.len() {
            return;
        }
        let word_end = scan::word_end(&line.text, start);
        let word = line.text[start..word_end].to_owned();
        if reading.ignored_define {
            reading.ignored_define = word != "endef";
            return;
        }
        if self.conditional(&mut reading.conditionals, &line, reading.automake) || reading.conditionals.ignoring() {
            return;
        }
        let rest = line.slice(scan::skip_space(&line.text, word_end)..line.text.len());
        if self.directive(reading, &word, &rest) {
            return;
        }
        if raw.text.as_bytes()[0] == prefix {
            // Automake moves it behind a rule.
            if reading.automake {
                return;
            }
            self.error("recipe commences before first target");
            return;
        }
        self.rule_line(reading, &raw);
    }

    /// A line that starts with one of make's words.
    fn directive(&mut self, reading: &mut Reading, word: &str, rest: &Text) -> bool {
        match word {
            "export" | "unexport" => {
                self.record(reading);
                self.export_line(word == "export", rest);
            }
            "vpath" => {
                self.record(reading);
                self.vpath_line(rest);
            }
            "include" | "-include" | "sinclude" => {
                self.record(reading);
                self.include_line(rest, word == "include");
            }
            "load" | "-load" => {
                self.record(reading);
                let text = format!("load {}", rest.text);
                self.note(What::Construct, &text);
            }
            _ => return false,
        }
        true
    }

    fn export_line(&mut self, exported: bool, rest: &Text) {
        let names = self.expand(&rest.text, &rest.map);
        if let Some(book) = self.book.as_mut().filter(|_| rest.text.trim().is_empty()) {
            book.export_all = exported;
        }
        for name in super::functions::words(&names) {
            self.export(name, exported);
        }
    }

    fn include_line(&mut self, rest: &Text, required: bool) {
        self.choose_from_include(&rest.text);
        if required {
            self.find_top_folder(&rest.text);
        }
        let names = self.expand_line(rest);
        let depth = match &mut self.book {
            Some(book) => {
                book.include_depth += 1;
                book.include_depth
            }
            None => return,
        };
        if depth > limits::INCLUDES {
            self.error("includes are nested too deeply");
        } else {
            let here = self.here;
            let (mut read, mut known) = (false, false);
            for name in self.names(&names, true) {
                match self.include(&name.text, required) {
                    Included::Read => read = true,
                    Included::Missing => known = true,
                    Included::Unknown => {}
                }
                self.here = here;
            }
            // By variables that nobody sets here, or that only say "set".
            if !read && !self.include_installed(&rest.text) && !known {
                self.book.iter_mut().for_each(|it| it.lacks_part |= required);
            }
        }
        if let Some(book) = &mut self.book {
            book.include_depth -= 1;
        }
    }

    /// Reads what a makefile stands for that another package installs; false where it is none that is known.
    fn include_installed(&mut self, name: &str) -> bool {
        let Some(text) = installed::text(name) else { return false };
        let place = self.here;
        match self.book.as_mut().filter(|_| self.request.makefile.ends_with(".am")) {
            Some(book) => book.put_last.push((text, place)),
            None => self.read_installed(text, place),
        }
        true
    }

    /// What is installed elsewhere stands, to a reader, where it is included.
    fn read_installed(&mut self, text: &str, place: Option<Span>) {
        if self.budget.take(limits::READING, text.len()) {
            self.read_lines(&Text::new(text, place.map_or(Map::Nowhere, Map::At)), false, place);
        }
    }

    /// Reads a makefile.
    fn include(&mut self, name: &str, required: bool) -> Included {
        if self.budget.is_spent() {
            return Included::Read;
        }
        if !self.budget.take(limits::READING, name.len()) {
            self.error("too much is read");
            return Included::Read;
        }
        let (project, directory) = (self.request.project, self.request.directory);
        let path = normalise(&project.root, directory, name);
        let outside = path.starts_with('/') || path.starts_with("..");
        if let Some(book) = self.book.as_mut().filter(|_| !has_unknown(name)) {
            book.makefiles.push(target_name(name).to_owned());
        }
        let known = !has_unknown(name) && !outside;
        // What automake makes is looked at where it is written, in its Makefile.am.
        let by_automake = || {
            !project.exists(&path)
                && template::templates_of(&path, self.request)
                    .iter()
                    .any(|it| configure::source_of_automake(project, it).is_some())
        };
        // A makefile that can do without it is built without it.
        let is_left_out = || !required && template::has_example_only(&path, self.request);
        if known && !by_automake() && !is_left_out() && self.read_makefile(&path, name) {
            return Included::Read;
        }
        self.note(What::Construct, &format!("include {}", display(name)));
        let book = self.book.as_mut();
        let by_rule = || {
            let Book { files, writing, .. } = &mut **book?;
            files.iter().find_map(|it| writing.assignments(project, *it, name))
        };
        let written = if known && !by_automake() { echoed::written(project, &path).or_else(by_rule) } else { None };
        if let Some(text) = written.filter(|it| self.budget.take(limits::READING, it.len())) {
            self.read_lines(&Text::new(&text, Map::Nowhere), false, None);
        }
        let book = self.book.as_mut().filter(|_| known && required);
        book.into_iter().for_each(|it| it.missing.push(target_name(name).to_owned()));
        match known {
            _ if self.include_installed(name) => Included::Read,
            true => Included::Missing,
            false => Included::Unknown,
        }
    }

    fn assigning(
        &mut self,
        reading: &mut Reading,
        lines: &mut Lines,
        line: &Text,
        modifiers: Modifiers,
        assigning: Assigning,
    ) {
        if reading.conditionals.ignoring() {
            reading.ignored_define |= matches!(assigning, Assigning::Define(_));
            return;
        }
        self.record(reading);
        let settled = self.book.as_ref().is_some_and(|it| it.settled);
        let origin = if modifiers.is_override { VariableOrigin::Override } else { VariableOrigin::File };
        let name = match assigning {
            Assigning::Value(found) => {
                let name = self.name_of(&line.slice(found.name.clone()));
                let value = line.slice_after_blanks(found.value);
                let (operator, span) = (found.operator, self.here);
                if !settled {
                    self.assign(Assign { name: name.as_str().into(), operator, value, origin, span });
                }
                name
            }
            Assigning::Define(start) => {
                let from = self.here;
                let (head, operator) = match scan::definition(&line.text, start) {
                    Some(it) => (it.name, it.operator),
                    None => (start..line.text.trim_end().len().max(start), Operator::Recursive),
                };
                let name = self.name_of(&line.slice(head));
                let value = self.define_body(lines);
                let span = match (from, value.map.place(0..value.text.len())) {
                    (Some(a), Some(b)) if a.file == b.file => Some(Span::new(a.file, a.start(), b.end().max(a.end()))),
                    (a, _) => a,
                };
                if !settled {
                    self.assign(Assign { name: name.as_str().into(), operator, value, origin, span });
                }
                name
            }
            Assigning::Undefine(start) => {
                let name = self.name_of(&line.slice(start..line.text.len()));
                if !settled {
                    self.undefine(&name, origin);
                }
                return;
            }
        };
        if modifiers.export {
            self.export(&name, true);
        }
        if modifiers.private {
            self.mark_private(&name);
        }
    }

    fn mark_private(&mut self, name: &str) {
        if let Some(Some(variable)) = self.globals.get_mut(name) {
            std::sync::Arc::make_mut(variable).private = true;
        }
    }

    /// The name that an assignment spells.
    pub(crate) fn name_of(&mut self, raw: &Text) -> String {
        if !raw.text.contains('$') {
            self.use_names(&raw.map, 0..raw.text.len());
            return raw.text.trim().to_owned();
        }
        self.offer_from_name(raw.text.trim());
        self.expand(&raw.text, &raw.map).trim().to_owned()
    }

    /// The lines up to the matching `endef`.
    fn define_body(&mut self, lines: &mut Lines) -> Text<'static> {
        let mut text = String::new();
        let mut map = Builder::default();
        let mut depth = 1;
        while let Some(range) = lines.next() {
            let line = lines.slice(range).collapsed();
            if line.text.as_bytes().first() != Some(&self.recipe_prefix()) {
                let start = scan::skip_space(&line.text, 0);
                match &line.text[start..scan::word_end(&line.text, start)] {
                    "define" => depth += 1,
                    "endef" => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    return Text { text: Cow::Owned(text), map: map.finish() };
                }
            }
            if !text.is_empty() || map.started() {
                text.push('\n');
                map.push(&Map::Nowhere, 0..1);
            }
            text.push_str(&line.text);
            map.push(&line.map, 0..line.text.len());
        }
        self.error("missing 'endef', unterminated 'define'");
        Text { text: Cow::Owned(text), map: map.finish() }
    }
}

/// A recipe's line as make hands it to the shell: without the prefix after a continued line.
pub(crate) fn recipe_line(line: &Text, prefix: u8) -> RecipeLine {
    let span = line.map.place(0..line.text.len());
    let bytes = line.text.as_bytes();
    if !bytes.contains(&b'\n') {
        return RecipeLine { text: line.text.as_ref().into(), span, map: line.map.clone() };
    }
    let mut text = String::with_capacity(bytes.len());
    let mut map = Builder::default();
    let mut done = 0;
    for at in 1..bytes.len() {
        if bytes[at] == prefix && bytes[at - 1] == b'\n' {
            text.push_str(&line.text[done..at]);
            map.push(&line.map, done..at);
            done = at + 1;
        }
    }
    text.push_str(&line.text[done..]);
    map.push(&line.map, done..bytes.len());
    RecipeLine { text: text.into(), span, map: map.finish() }
}

/// What automake includes, with the names that stand for its folder (`%D%/x`, `%C%_SOURCES`) written out.
fn placed<'t>(text: &'t Text, folder: &str) -> Cow<'t, Text<'t>> {
    let canonical = super::automake_stem(folder);
    let (path, name) = (('/', folder), ('_', canonical.as_str()));
    let names = [("%reldir%", path), ("%D%", path), ("%canon_reldir%", name), ("%C%", name)];
    let mut out = String::with_capacity(text.text.len());
    let mut map = Builder::default();
    let mut done = 0;
    for (at, _) in text.text.match_indices('%') {
        let known = names.iter().find(|it| at >= done && text.text[at..].starts_with(it.0));
        let Some((name, (sign, value))) = known else { continue };
        out.push_str(&text.text[done..at]);
        map.push(&text.map, done..at);
        out.push_str(value);
        map.push(&Map::Nowhere, 0..value.len());
        done = at + name.len();
        // In the same folder the sign after it goes too.
        done += usize::from(value.is_empty() && text.text[done..].starts_with(*sign));
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text.text[done..]);
    map.push(&text.map, done..text.text.len());
    Cow::Owned(Text { text: Cow::Owned(out), map: map.finish() })
}

/// The text with each carriage return before a newline taken out.
fn without_returns<'t>(text: &'t Text) -> Cow<'t, Text<'t>> {
    if !text.text.contains("\r\n") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.text.len());
    let mut map = Builder::default();
    let mut done = 0;
    for (at, _) in text.text.match_indices("\r\n") {
        out.push_str(&text.text[done..at]);
        map.push(&text.map, done..at);
        done = at + 1;
    }
    out.push_str(&text.text[done..]);
    map.push(&text.map, done..text.text.len());
    Cow::Owned(Text { text: Cow::Owned(out), map: map.finish() })
}

/// The text without the lines that automake drops, wherever they stand: `## comment`.
fn without_automakes_comments<'t>(text: &'t Text) -> Cow<'t, Text<'t>> {
    let is_dropped = |line: &str| {
        let rest = line.trim_start_matches([' ', '\t']).strip_prefix("##");
        rest.is_some_and(|it| !it.starts_with('#'))
    };
    if !text.text.contains("##") || !text.text.lines().any(is_dropped) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.text.len());
    let mut map = Builder::default();
    let mut at = 0;
    for line in text.text.split_inclusive('\n') {
        if !is_dropped(line) {
            out.push_str(line);
            map.push(&text.map, at..at + line.len());
        }
        at += line.len();
    }
    Cow::Owned(Text { text: Cow::Owned(out), map: map.finish() })
}

/// A target's name without what make does not keep.
pub(crate) fn target_name(name: &str) -> &str {
    without_dots(name)
}
