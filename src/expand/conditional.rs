//! Conditionals of make, and the values that they offer for the variables that they look at.

use super::VariableOrigin;
use super::functions::{Site, words};
use super::spelling::Text;
use super::variables::Expander;
use crate::configure::Subject;
use crate::syntax::make::scan;
use crate::text::{display, has_unknown};

/// The state of one `if`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arm {
    /// Lines are skipped.
    pub(crate) ignoring: bool,
    /// An arm was taken or none may be.
    pub(crate) done: bool,
    pub(crate) seen_else: bool,
}

/// The state of a file's conditionals.
#[derive(Debug, Default)]
pub(crate) struct Conditionals {
    pub(crate) arms: Vec<Arm>,
}

impl Conditionals {
    pub(crate) fn ignoring(&self) -> bool {
        // What stands in an ignored arm is ignored too.
        self.arms.last().is_some_and(|it| it.ignoring)
    }

    fn push(&mut self, holds: bool) {
        self.arms.push(Arm { ignoring: !holds, done: holds, seen_else: false });
    }
}

impl Expander<'_> {
    /// Handles a line that starts with `word`, if that is a conditional's. `line` has neither comment nor continuation.
    pub(crate) fn conditional(&mut self, state: &mut Conditionals, line: &Text, automake: bool) -> bool {
        let text: &str = &line.text;
        let start = scan::skip_space(text, 0);
        let end = scan::word_end(text, start);
        // Automake leaves to recipes what is theirs, also in an arm that it drops.
        if automake && text.starts_with('\t') {
            return false;
        }
        let rest = scan::skip_space(text, end);
        match &text[start..end] {
            // What stands after it is worth no more than a warning of make's; so after `else` and a comparison.
            "endif" => self.end_if(state),
            "else" => self.take_else(state, line, rest, automake),
            "if" if automake => {
                let holds = state.ignoring() || self.automake_holds(text[rest..].trim());
                self.start_if(state, holds);
            }
            word @ ("ifdef" | "ifndef" | "ifeq" | "ifneq") => {
                let holds = state.ignoring() || self.holds_at(word, line, rest);
                self.start_if(state, holds);
            }
            _ => return false,
        }
        true
    }

    fn start_if(&mut self, state: &mut Conditionals, holds: bool) {
        if state.ignoring() {
            state.arms.push(Arm { ignoring: true, done: true, seen_else: false });
        } else {
            state.push(holds);
        }
    }

    fn end_if(&mut self, state: &mut Conditionals) {
        if state.arms.pop().is_none() {
            self.error("extraneous 'endif'");
        }
    }

    fn take_else(&mut self, state: &mut Conditionals, line: &Text, rest: usize, automake: bool) {
        let Some(mut arm) = state.arms.pop() else {
            self.error("extraneous 'else'");
            return;
        };
        if arm.seen_else {
            self.error("only one 'else' per conditional");
        }
        let text: &str = &line.text;
        let word = &text[rest..scan::word_end(text, rest)];
        let outside = state.ignoring();
        if !automake && matches!(word, "ifdef" | "ifndef" | "ifeq" | "ifneq") {
            let next = scan::skip_space(text, rest + word.len());
            let holds = !arm.done && !outside && self.holds_at(word, line, next);
            arm.ignoring = !holds;
            arm.done |= holds;
        } else {
            arm.seen_else = word.is_empty() || automake;
            arm.ignoring = arm.done;
            arm.done = true;
        }
        state.arms.push(arm);
    }

    fn holds_at(&mut self, word: &str, line: &Text, rest: usize) -> bool {
        let negative = matches!(word, "ifndef" | "ifneq");
        let positive = if word.ends_with("def") { self.defined(line, rest, negative) } else { self.equal(line, rest) };
        if positive.is_some() && !std::mem::take(&mut self.looked_in_vain) {
            return positive != Some(negative);
        }
        // What is not known equals no word, and is taken to be empty where it is compared with nothing.
        let assumed = positive.unwrap_or(self.compared_with_nothing) != negative;
        self.asked(line.text.trim(), assumed)
    }

    /// The outcome of a test that the tree does not tell: as the configuration says, else as it is assumed to be.
    pub(crate) fn asked(&mut self, test: &str, assumed: bool) -> bool {
        if let Some(used) = &mut self.used {
            used.insert(format!("@{test}@").into());
        }
        let subject = Subject::Test(test.to_owned());
        if let Some(forced) = self.request.configuration.value(&subject) {
            return forced == "true";
        }
        self.offer(subject, if assumed { "false" } else { "true" });
        assumed
    }

    /// Whether a text that is empty is a call of `wildcard` in a makefile's own line: a file that the tree lacks may be
    /// there where make runs.
    pub(crate) fn looks_for_file(&self, text: &str) -> bool {
        let text = text.trim();
        let call = ["$(", "${"].iter().find_map(|it| text.strip_prefix(it));
        self.locals.is_empty()
            && self.book.as_ref().is_some_and(|it| it.eval_depth == 0)
            && call.is_some_and(|it| it.starts_with("wildcard "))
            && references(text).next() == Some((0, text.len()))
    }

    fn defined(&mut self, line: &Text, rest: usize, negative: bool) -> Option<bool> {
        self.compared_with_nothing = false;
        let name = self.expand(&line.text[rest..], &line.map.slice(rest..line.text.len()));
        let name = name.trim_end();
        if name.bytes().any(scan::is_space) {
            self.error("invalid syntax in conditional");
            return Some(false);
        }
        if let Some(used) = &mut self.used {
            used.insert(name.into());
        }
        let variable = self.lookup(name);
        let there = variable.as_ref().is_some_and(|it| !it.value.is_empty());
        // `ifndef X`, `X = ...`: a guard or what X is by default, to which being set is no alternative.
        if !negative || there || !self.only_sets(name) {
            self.offer_value(name, if there { "" } else { "y" });
        }
        match variable {
            Some(it) if there && !it.value.chars().any(|it| !crate::text::is_unknown_char(it)) => None,
            _ => Some(there),
        }
    }

    /// Whether an `ifndef` that is read does no more than to give its variable a value, or is the guard of a whole file.
    fn only_sets(&self, name: &str) -> bool {
        let Some(here) = self.here else { return false };
        let source = self.request.project.source(here.file);
        let is_statement = |it: &&str| !it.is_empty() && !it.starts_with('#');
        let mut after = source.text()[here.end()..].lines().skip(1).map(str::trim).filter(is_statement);
        let line = after.next().unwrap_or_default();
        let line = line.strip_prefix("export ").or_else(|| line.strip_prefix("override ")).unwrap_or(line).trim_start();
        let rest = line.strip_prefix(name).map(str::trim_start);
        let sets = rest.is_some_and(|it| it.starts_with([':', '?', '=']) && it.contains('='));
        let before = || source.text()[..here.start()].lines().map(str::trim);
        let has_else = || source.text()[here.end()..].lines().any(|it| it.trim_start().starts_with("else"));
        let is_whole_file = || !before().any(|it| is_statement(&it)) && !has_else();
        sets && (after.next().is_some_and(|it| it.starts_with("endif")) || is_whole_file())
    }

    fn equal(&mut self, line: &Text, rest: usize) -> Option<bool> {
        let Some((first, second)) = scan::compared(&line.text, rest) else {
            self.error("invalid syntax in conditional");
            return Some(false);
        };
        let sides = [first, second].map(|it| (line.text[it.clone()].to_owned(), it));
        self.comparing += 1;
        let values = sides.clone().map(|(text, range)| self.expand(&text, &line.map.slice(range)));
        self.comparing -= 1;
        self.offer_from_comparison(&sides[0].0, &values[0], &values[1]);
        self.offer_from_comparison(&sides[1].0, &values[1], &values[0]);
        let equal = values[0] == values[1];
        self.looked_in_vain = values.iter().all(String::is_empty) && sides.iter().any(|it| self.looks_for_file(&it.0));
        self.compared_with_nothing = values.iter().any(String::is_empty);
        let opaque = values.iter().any(|it| has_unknown(it));
        let some = |it: &String| it.chars().any(|it| !crate::text::is_unknown_char(it) && !it.is_whitespace());
        if self.compared_with_nothing && values.iter().any(some) {
            return Some(false);
        }
        if opaque && !equal { None } else { Some(equal) }
    }

    fn automake_holds(&mut self, name: &str) -> bool {
        let (negative, name) = match name.strip_prefix('!') {
            Some(rest) => (true, rest.trim()),
            None => (false, name),
        };
        if let Some(used) = &mut self.used {
            used.insert(format!("@{name}@").into());
        }
        let subject = Subject::Conditional(name.to_owned());
        let fixed = self.request.configuration.value(&subject).map(|it| it == "TRUE");
        let known = self.request.configure.conditional(name, self.request.configuration).or(fixed);
        if known.is_none() {
            self.offer(subject, "TRUE");
        }
        known.unwrap_or(false) != negative
    }

    /// Offers what a side of a comparison would have to be for another outcome.
    fn offer_from_comparison(&mut self, raw: &str, value: &str, other: &str) {
        if !raw.contains('$') || has_unknown(other) {
            return;
        }
        let references: Vec<(usize, usize)> = references(raw).collect();
        if references.len() > 1 && other.is_empty() {
            for (start, end) in references {
                self.offer_from_emptiness(&raw[start..end], value);
            }
            return;
        }
        let [(start, end)] = references[..] else { return };
        let Some(name) = self.variable_in(&raw[start..end]) else { return };
        let word = other.strip_prefix(raw[..start].trim_start()).and_then(|it| it.strip_suffix(raw[end..].trim_end()));
        let Some(word) = word else { return };
        let flipped = if value != other { word } else { opposite(word) };
        self.offer_value(&name, flipped);
    }

    /// Offers the opposite for a variable that is looked at for being empty.
    pub(crate) fn offer_from_emptiness(&mut self, raw: &str, value: &str) {
        let simple = value.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_' || it == b'-');
        let Some(name) = self.variable_in(raw.trim()) else { return };
        if value.is_empty() {
            self.offer_value(&name, "1");
        } else if simple || has_unknown(value) {
            self.offer_value(&name, "");
        }
    }

    /// Offers the words that `filter` and `findstring` look for.
    pub(crate) fn offer_from_function(
        &mut self,
        function: &str,
        site: &Site,
        ranges: &[std::ops::Range<usize>],
        arguments: &[String],
    ) {
        if function == "wildcard" {
            self.choose_from_wildcard(&site.text[ranges[0].clone()]);
        }
        if !matches!(function, "filter" | "filter-out" | "findstring") || ranges.len() < 2 {
            return;
        }
        if function != "findstring" {
            self.offer_from_filter(site, ranges, &arguments[1]);
        }
        // What is taken out of a list is an answer to nothing, and what is kept of one is no value of it as a whole.
        let is_question = self.comparing > 0;
        let is_taken_out = function == "filter-out";
        if is_taken_out && !is_question {
            return;
        }
        let Some(name) = self.variable_in(site.text[ranges[1].clone()].trim()) else { return };
        // All that are taken out answer the question alike.
        let most = if is_taken_out { 1 } else { 20 };
        if is_taken_out && words(&arguments[0]).any(|it| arguments[1] == *it) {
            return;
        }
        for word in words(&arguments[0]).take(most).filter(|it| is_question || !it.starts_with('-')) {
            let plain = word.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_' || it == b'-');
            if plain && arguments[1] != *word {
                self.offer_value(&name, word);
            }
        }
    }

    /// Offers values for the variables in a computed name (`obj-$(CONFIG_X)`).
    pub(crate) fn offer_from_name(&mut self, raw: &str) {
        for (start, end) in references(raw) {
            if end - start == raw.len() {
                return;
            }
            let Some(name) = self.variable_in(&raw[start..end]) else { continue };
            // The word under which such a list is read (`OBJS-yes`).
            let by = |word: &str| format!("{}{word}{}", &raw[..start], &raw[end..]);
            let on = if self.lookup(&by("y")).is_none() && self.lookup(&by("yes")).is_some() { "yes" } else { "y" };
            let set = self.lookup(&name).is_some_and(|it| it.value == on);
            if name.starts_with("CONFIG") || self.lookup(&name).is_none_or(|it| it.value.is_empty()) {
                self.offer_value(&name, if set { "" } else { on });
            }
        }
    }

    fn offer_value(&mut self, name: &str, value: &str) {
        if name == "MAKE_VERSION" || name == ".FEATURES" {
            self.offer(Subject::MakeVersion, "4.2");
            return;
        }
        // What hangs on another variable alone is not given itself (`X = $(if $(CROSS),$(CROSS)-)`).
        let computed = self.lookup(name).filter(|it| it.origin == VariableOrigin::File).map(|it| it.value.clone());
        let behind = computed.and_then(|it| {
            let condition = it.strip_prefix("$(if ").and_then(|it| it.strip_suffix(')'))?.split(',').next()?.to_owned();
            self.variable_in(&condition).filter(|it| it != name)
        });
        let name = behind.as_deref().unwrap_or(name);
        if self.may_be_given(name) && !has_unknown(value) {
            self.offer(Subject::Make(name.to_owned()), &display(value));
        }
    }

    /// Whether users may give make another value of a variable.
    pub(crate) fn may_be_given(&mut self, name: &str) -> bool {
        let internal = ["MAKECMDGOALS", "MAKEFLAGS", "MAKELEVEL", "CURDIR", "MAKEFILE_LIST", "MAKE", "MFLAGS", "PWD"];
        let ours = internal.contains(&name) || name.starts_with('.') || has_unknown(name);
        let local = self.locals.iter().any(|it| it.contains_key(name));
        let fixed = self.lookup(name).is_some_and(|it| it.origin >= VariableOrigin::CommandLine);
        !ours && !local && !fixed && !name.is_empty()
    }

    /// The variable that a reference names, `strip` around it apart.
    pub(crate) fn variable_in(&mut self, reference: &str) -> Option<String> {
        let mut text = reference.trim();
        loop {
            let whole = |open, close| scan::closing(text.as_bytes(), 2, open, close) == Some(text.len() - 1);
            let bracketed = text.starts_with("$(") && whole(b'(', b')') || text.starts_with("${") && whole(b'{', b'}');
            let inner = bracketed.then(|| &text[2..text.len() - 1])?;
            match inner.strip_prefix("strip ") {
                Some(rest) => text = rest.trim(),
                None => {
                    let name = match inner.contains('$') {
                        true if !inner.contains([' ', '\t', ',']) => self.expand(inner, &super::spelling::Map::Nowhere),
                        _ => inner.to_owned(),
                    };
                    let named = name.len() > 1 || name.bytes().all(|it| it.is_ascii_alphabetic());
                    let plain = !name.contains([' ', '\t', ':', ',', '$', '(']);
                    let digits = name.bytes().all(|it| it.is_ascii_digit());
                    return (named && plain && !digits).then_some(name);
                }
            }
        }
    }
}

/// Another value than a word: of a switch that is off, on.
fn opposite(word: &str) -> &str {
    let switches = [("", "1"), ("0", "1"), ("n", "y"), ("N", "Y"), ("no", "yes"), ("false", "true"), ("off", "on")];
    switches.iter().find(|it| it.0 == word).map_or("", |it| it.1)
}

/// The references at the top of a text.
pub(crate) fn references(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find('$')?;
        at = scan::skip_reference(text, start);
        Some((start, at))
    })
}
