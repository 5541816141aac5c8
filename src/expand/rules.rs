//! Rule lines and target-specific variables, after `eval` and `record_files` in GNU make's read.c.

use std::borrow::Cow;
use std::sync::Arc;

use super::book::{Entry, PatternVariable, SearchPath};
use super::conditional::references;
use super::pattern::{Pattern, percent};
use super::reading::{Reading, recipe_line};
use super::spelling::{Builder, Map, Text};
use super::variables::{Assign, Expander, Scope, names_sources};
use super::{Flavor, Name, RecipeLine, Rule, RuleKind, VariableOrigin};
use crate::configure::{Subject, What};
use crate::source::{MAKEFILE_NAMES, Span};
use crate::syntax::make::scan::{self, Assigning, Modifiers};
use crate::text::{display, has_unknown, is_unknown_char};

/// A rule whose recipe may go on.
#[derive(Debug)]
pub(crate) struct OpenRule {
    targets: Vec<Name>,
    target_pattern: Option<String>,
    prerequisites: Text<'static>,
    double_colon: bool,
    grouped: bool,
    pub(crate) has_recipe: bool,
    pub(crate) recipe: Vec<RecipeLine>,
    span: Option<Span>,
    computed: bool,
}

/// A rule line up to and with its colon, expanded.
struct Head {
    /// What is expanded so far.
    text: Text<'static>,
    colon: usize,
    /// Where the rest of the line starts.
    rest: usize,
}

impl Expander<'_> {
    /// A line that is no assignment and no directive.
    pub(crate) fn rule_line(&mut self, reading: &mut Reading, raw: &Text) {
        self.record(reading);
        let stop = scan::find_unquoted(&raw.text, 0, |it| it == b';' || it == b'#');
        let (line_end, recipe) = match stop {
            Some(at) if raw.text.as_bytes()[at] == b';' => (at, Some(at + 1)),
            Some(at) => (at, None),
            None => (raw.text.len(), None),
        };
        let line = raw.slice(0..line_end).collapsed().unquoted(|it| it == b'#' || it == b';', true);
        let head = match self.head(&line) {
            Ok(head) => head,
            Err(text) => return self.no_rule(&text, recipe.is_some()),
        };
        let grouped = head.text.text[..head.colon].ends_with('&')
            && self.request.configuration.value(&Subject::MakeVersion).is_none();
        let targets_end = head.colon - usize::from(grouped);
        let targets = self.names(&head.text.slice(0..targets_end).unquoted(|it| it == b':', false), true);
        if targets.is_empty() {
            reading.no_targets = true;
            return;
        }
        let mut after = head.colon + 1;
        let mut rest = head.rest;
        let double_colon = match head.text.text.as_bytes().get(after) {
            Some(b':') => {
                after += 1;
                true
            }
            None if line.text.as_bytes().get(rest) == Some(&b':') => {
                rest += 1;
                true
            }
            _ => false,
        };
        let combined = join(&head.text.slice(after..head.text.text.len()), &line.slice(rest..line.text.len()));
        if let Some((modifiers, Assigning::Value(_))) = scan::assignment(&combined.text, 0, true) {
            let whole = match recipe {
                Some(at) => join(&combined, &raw.slice(at - 1..raw.text.len()).collapsed()),
                None => combined,
            };
            self.target_variable(&targets, &whole, modifiers);
            return;
        }
        self.choose_from_prerequisites(&line.text[rest..]);
        let expanded = self.expand_line(&line.slice(rest..line.text.len()));
        let list = join(&head.text.slice(after..head.text.text.len()), &expanded);
        reading.no_targets = false;
        let recipe = recipe.map(|at| raw.slice(at..raw.text.len()));
        // Whether the line is but a reference, so that it does not spell its rule.
        let spelt = line.text.trim();
        let is_expression = spelt.starts_with('$') && scan::skip_reference(spelt, 0) == spelt.len();
        let kind = (double_colon, grouped, is_expression);
        self.open_rule(reading, targets, list, kind, recipe, raw.map.place(0..line_end));
    }

    /// Expands a line word by word until a colon shows; the whole expansion where none does.
    fn head(&mut self, line: &Text) -> Result<Head, String> {
        let bytes = line.text.as_bytes();
        let mut text = String::new();
        let mut places = Builder::default();
        let mut at = 0;
        loop {
            let blank = at;
            at = scan::skip_space(&line.text, at);
            if at == bytes.len() {
                return Err(text);
            }
            if blank < at && !text.is_empty() {
                text.push(' ');
                places.push(&Map::Nowhere, 0..1);
            }
            let end = scan::find_unquoted(&line.text, at, |it| scan::is_space(it) || it == b':').unwrap_or(bytes.len());
            let word = line.slice(at..end);
            let expanded = self.expand_line(&word);
            if expanded.text.starts_with('/') {
                self.offer_folder(&word.text);
            }
            let before = text.len();
            text.push_str(&expanded.text);
            places.push(&expanded.map, 0..expanded.text.len());
            at = end;
            if bytes.get(end) == Some(&b':') && !text[before..].contains(':') {
                // Only an ampersand that is spelt before the colon groups the targets.
                let grouped = word.text.ends_with('&') && !word.text.ends_with("$&");
                text.push_str(if grouped { ":" } else { " :" });
                places.push(&line.map.slice(end..end + 1), 0..1);
                places.push(&Map::Nowhere, 0..usize::from(!grouped));
                at = end + 1;
            }
            if let Some(colon) = scan::find_unquoted_plain(&text, before, |it| it == b':') {
                return Ok(Head { text: Text { text: Cow::Owned(text), map: places.finish() }, colon, rest: at });
            }
        }
    }

    /// Offers a folder for a variable that nobody sets and below which a rule makes its target (`$(OUT)/x:`): users, or a
    /// makefile above, are to give it.
    fn offer_folder(&mut self, word: &str) {
        let Some((start, end)) = references(word).next().filter(|it| it.0 == 0 && word[it.1..].starts_with('/')) else {
            return;
        };
        let Some(name) = self.variable_in(&word[start..end]) else { return };
        if self.lookup(&name).is_none() && self.may_be_given(&name) && !names_sources(&name) {
            self.offer(Subject::Make(name), "out");
        }
    }

    /// A line without colon: nothing, where it expanded to nothing.
    fn no_rule(&mut self, text: &str, has_recipe: bool) {
        // `@IFDEF X` is of a template that another program fills in.
        let is_read_by_name = MAKEFILE_NAMES.iter().any(|it| self.request.makefile.rsplit('/').next() == Some(it));
        let word = text.strip_prefix('@').and_then(|it| it.split_whitespace().next()).unwrap_or_default();
        let is_directive = !word.is_empty() && word.bytes().all(|it| it.is_ascii_uppercase());
        if has_unknown(text) || is_directive && !is_read_by_name {
            self.note(What::Construct, &display(text.trim()));
        } else if has_recipe && text.trim().is_empty() {
            self.error("missing rule before recipe");
        } else if !text.trim_start().is_empty() && !text.trim_start().starts_with(';') {
            // A semicolon that came out of a variable is silently dropped by make, with all after it.
            self.error("missing separator");
        }
    }

    fn open_rule(
        &mut self,
        reading: &mut Reading,
        targets: Vec<Name>,
        list: Text<'static>,
        (double_colon, grouped, is_expression): (bool, bool, bool),
        recipe: Option<Text>,
        span: Option<Span>,
    ) {
        // A semicolon may come out of a variable too.
        let semicolon = match recipe {
            Some(_) => None,
            None => scan::find_unquoted_plain(&list.text, 0, |it| it == b';'),
        };
        let mut list_end = semicolon.unwrap_or(list.text.len());
        let mut start = 0;
        let mut target_pattern = None;
        if let Some(colon) = scan::find_unquoted_plain(&list.text[..list_end], 0, |it| it == b':') {
            target_pattern = self.target_pattern(&list.slice(0..colon));
            start = colon + 1;
        }
        while list_end > start && scan::is_space(list.text.as_bytes()[list_end - 1]) {
            list_end -= 1;
        }
        let first = scan::skip_space(&list.text, start).min(list_end);
        let prerequisites = owned(list.slice(first..list_end).unquoted(|it| it == b':', false));
        let inline = recipe
            .map(|it| recipe_line(&it, b'\t'))
            .or_else(|| semicolon.map(|at| recipe_line(&list.slice(at + 1..list.text.len()), b'\t')));
        self.default_goal(&targets);
        if let Some(book) = self.book.as_mut().filter(|_| targets.iter().any(|it| it.text == ".EXPORT_ALL_VARIABLES")) {
            book.export_all = true;
        }
        reading.open = Some(OpenRule {
            targets,
            target_pattern,
            prerequisites,
            double_colon,
            grouped,
            has_recipe: inline.is_some(),
            recipe: inline.into_iter().filter(|it| !it.text.trim().is_empty()).collect(),
            span: reading.computed.or(span),
            computed: reading.computed.is_some() || is_expression,
        });
    }

    fn target_pattern(&mut self, text: &Text) -> Option<String> {
        let names = self.names(text, false);
        match &names[..] {
            [] => self.error("missing target pattern"),
            [only] if percent(&only.text).is_some() => return Some(only.text.clone()),
            [only] if has_unknown(&only.text) => {
                let name = display(&only.text);
                self.note(What::Value, &name);
            }
            [_] => self.error("target pattern contains no '%'"),
            _ => self.error("multiple target patterns"),
        }
        None
    }

    fn default_goal(&mut self, targets: &[Name]) {
        if self.global(".DEFAULT_GOAL").is_some_and(|it| !it.value.is_empty()) {
            return;
        }
        for target in targets {
            let name = target.text.as_str();
            if name.contains('%') {
                return;
            }
            let special = name.starts_with('.') && !name.contains('/') || self.is_suffix_rule(name);
            if special || name.chars().all(is_unknown_char) {
                continue;
            }
            self.set(".DEFAULT_GOAL", name, Flavor::Recursive, VariableOrigin::File);
            return;
        }
    }

    fn is_suffix_rule(&self, name: &str) -> bool {
        let Some(book) = &self.book else { return false };
        let odd = || book.suffixes.iter().filter(|it| !it.starts_with('.'));
        odd().any(|it| it == name)
            || odd().any(|first| {
                name.strip_prefix(first.as_str()).is_some_and(|rest| book.suffixes.iter().any(|it| it == rest))
            })
    }

    /// Ends the open rule and records it.
    pub(crate) fn record(&mut self, reading: &mut Reading) {
        reading.no_targets = false;
        let Some(open) = reading.open.take() else { return };
        if self.book.is_none() {
            self.error("prerequisites cannot be defined in recipes");
            return;
        }
        let implicit = open.targets.first().is_some_and(|it| percent(&it.text).is_some());
        let rule = self.rule(open, implicit);
        if implicit {
            self.record_implicit(rule);
        } else {
            self.record_explicit(rule);
        }
    }

    fn rule(&mut self, open: OpenRule, implicit: bool) -> Rule {
        let second_expansion = self.book.as_ref().is_some_and(|it| it.second_expansion);
        let second = (second_expansion && open.prerequisites.text.contains('$')).then(|| open.prerequisites.clone());
        let globbing = open.target_pattern.is_none() && !implicit;
        let (prerequisites, order_only) = match second {
            Some(_) => (Vec::new(), Vec::new()),
            None => self.prerequisites(&open.prerequisites, globbing),
        };
        if open.grouped && !open.has_recipe {
            self.error("grouped targets must provide a recipe");
        }
        let kind = match open.target_pattern {
            Some(_) => RuleKind::StaticPattern,
            None if implicit => RuleKind::Implicit,
            None if open.grouped => RuleKind::Grouped,
            None if open.double_colon => RuleKind::DoubleColon,
            None => RuleKind::Explicit,
        };
        Rule {
            targets: open.targets.into(),
            kind,
            prerequisites: prerequisites.into(),
            order_only: order_only.into(),
            target_pattern: open.target_pattern.map(Into::into),
            has_recipe: open.has_recipe,
            recipe: open.recipe.into(),
            span: open.span,
            computed: open.computed,
            second: second.map(|it| Box::new((it.text.into_owned(), it.map))),
            double_colon: open.double_colon,
            grouped: open.grouped,
        }
    }

    fn record_implicit(&mut self, rule: Rule) {
        if rule.target_pattern.is_some() {
            self.error("mixed implicit and static pattern rules");
            return;
        }
        if rule.targets.iter().any(|it| percent(&it.text).is_none()) {
            self.error("mixed implicit and normal rules");
        }
        if let Some(book) = &mut self.book {
            book.implicit.retain(|it| !same_pattern(it, &rule));
            book.implicit.push(rule);
        }
    }

    fn record_explicit(&mut self, rule: Rule) {
        let mut errors = Vec::new();
        let Some(book) = &mut self.book else { return };
        let position = book.rules.len();
        for target in &rule.targets {
            match target.text.as_str() {
                ".POSIX" => book.posix = true,
                ".SECONDEXPANSION" => book.second_expansion = true,
                ".ONESHELL" => book.one_shell = true,
                ".SUFFIXES" if rule.prerequisites.is_empty() => book.suffixes.clear(),
                ".SUFFIXES" => {
                    let added = rule.prerequisites.iter().map(|it| it.text.clone());
                    book.suffixes.extend(added);
                }
                _ => {}
            }
            let entry: &mut Entry = book.targets.entry(target.text.as_str().into()).or_default();
            if entry.rules().next().is_some() && entry.double_colon != rule.double_colon {
                errors.push(format!("target file '{}' has both : and :: entries", target.text));
                continue;
            }
            entry.double_colon = rule.double_colon;
            entry.add(position);
            if rule.has_recipe {
                entry.set_recipe(Some(position));
            } else if target.text == ".DEFAULT" && rule.prerequisites.is_empty() {
                entry.set_recipe(None);
            }
        }
        let posix = book.posix && rule.targets.iter().any(|it| it.text == ".POSIX");
        book.rules.push(rule);
        errors.into_iter().for_each(|it| self.error(it));
        if posix {
            super::builtin::POSIX
                .iter()
                .for_each(|(name, value)| self.set(name, value, Flavor::Recursive, VariableOrigin::Default));
        }
    }

    /// `targets: X = value`.
    fn target_variable(&mut self, targets: &[Name], text: &Text, modifiers: Modifiers) {
        let Some((_, Assigning::Value(found))) = scan::assignment(&text.text, 0, true) else { return };
        let origin = if modifiers.is_override { VariableOrigin::Override } else { VariableOrigin::File };
        let name = self.name_of(&text.slice(found.name.clone()));
        let span = self.here;
        for target in targets {
            let patterned = percent(&target.text).is_some();
            let scope = match &mut self.book {
                Some(book) if !patterned => book.scopes.remove(target.text.as_str()).unwrap_or_default(),
                _ => Scope::default(),
            };
            self.locals.push(scope);
            let value = text.slice(found.value..text.text.len());
            let assign = Assign { name: name.as_str().into(), operator: found.operator, value, origin, span };
            let key = self.assign_local(assign);
            let mut scope = self.locals.pop().unwrap_or_default();
            if let Some(variable) = scope.get_mut(&key).map(Arc::make_mut) {
                variable.private |= modifiers.private;
                variable.export = if modifiers.export { Some(true) } else { variable.export };
            }
            self.keep_scope(target, key, scope, found.operator, patterned);
        }
    }

    fn keep_scope(&mut self, target: &Name, key: Arc<str>, scope: Scope, operator: scan::Operator, patterned: bool) {
        let Some(book) = &mut self.book else { return };
        if !patterned {
            book.scopes.insert(target.text.as_str().into(), scope);
        } else if let Some(variable) = scope.get(&key) {
            let new = PatternVariable {
                target: target.text.clone(),
                pattern: Pattern::new(&target.text),
                name: key,
                operator,
                variable: variable.clone(),
            };
            // Longer patterns come later, so that what they say holds.
            let at = book.pattern_variables.partition_point(|it| it.target.len() <= new.target.len());
            book.pattern_variables.insert(at, new);
        }
    }

    /// `vpath pattern folders`.
    pub(crate) fn vpath_line(&mut self, rest: &Text) {
        let text = self.expand(&rest.text, &rest.map);
        let mut words = super::functions::words(&text);
        let pattern = words.next().map(str::to_owned);
        let folders: Vec<String> =
            words.flat_map(|it| it.split(':')).filter(|it| !it.is_empty()).map(str::to_owned).collect();
        let Some(book) = &mut self.book else { return };
        match pattern {
            None => book.search_paths.clear(),
            Some(pattern) if folders.is_empty() => book.search_paths.retain(|it| it.text != pattern),
            Some(text) => {
                let pattern = Pattern::new(&text);
                book.search_paths.push(SearchPath { text, pattern, folders });
            }
        }
    }
}

fn same_pattern(a: &Rule, b: &Rule) -> bool {
    let names = |it: &[Name]| it.iter().map(|it| it.text.clone()).collect::<Vec<_>>();
    names(&a.targets) == names(&b.targets)
        && names(&a.prerequisites) == names(&b.prerequisites)
        && names(&a.order_only) == names(&b.order_only)
        && a.second.as_ref().map(|it| &it.0) == b.second.as_ref().map(|it| &it.0)
}

/// Both texts, one after the other.
pub(crate) fn join(first: &Text, second: &Text) -> Text<'static> {
    let mut map = Builder::default();
    map.push(&first.map, 0..first.text.len());
    map.push(&second.map, 0..second.text.len());
    Text { text: Cow::Owned(format!("{}{}", first.text, second.text)), map: map.finish() }
}

fn owned(text: Text) -> Text<'static> {
    Text { text: Cow::Owned(text.text.into_owned()), map: text.map }
}
