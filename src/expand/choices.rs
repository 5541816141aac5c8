//! Values of a variable with which a name would be that of another makefile: `include plat/$(PLAT)/rules.mk`.

use std::collections::BTreeMap;

use super::conditional::references;
use super::functions::{Site, words};
use super::glob;
use super::spelling::Map;
use super::template::templates_of;
use super::variables::Expander;
use super::{Flavor, Variable, VariableOrigin};
use crate::configure::{Setting, Subject};
use crate::source::{Project, Span, folder_of, name_of, normalise, upwards};
use crate::text::has_unknown;

/// Values that are offered for one variable in one name, at most.
const MOST: usize = 100;
/// Variables through which a name is followed to where it is spelt.
const MOST_STEPS: usize = 4;

/// Values that a variable may have instead, each with the makefile that is read with it.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) alternatives: Vec<(Setting, String)>,
    /// Whether all files of a folder with one ending are among them.
    pub(crate) whole_folder: bool,
}

/// A prerequisite in which a variable without a known value stands.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    name: String,
    before: String,
    value: String,
    after: String,
    place: Span,
}

impl Expander<'_> {
    /// Looks at the names of an include for variables that choose among makefiles of the tree.
    pub(crate) fn choose_from_include(&mut self, names: &str) {
        self.choose(names, MOST_STEPS, &|_| true);
    }

    /// As of an include, where a `wildcard` looks for makefiles in a folder that a variable names.
    pub(crate) fn choose_from_wildcard(&mut self, patterns: &str) {
        self.choose(patterns, 0, &|it| {
            let name = name_of(it);
            !name.contains('*') && [".mk", ".mak", ".make"].iter().any(|it| name.ends_with(it))
        });
    }

    fn choose(&mut self, names: &str, steps: usize, wanted: &dyn Fn(&str) -> bool) {
        if self.book.is_none() {
            return;
        }
        for word in spelt_words(names) {
            let found: Vec<(usize, usize)> = references(word).collect();
            if let [(0, end)] = found[..]
                && end == word.len()
            {
                let variable = self.variable_in(word).filter(|_| steps > 0).and_then(|it| self.lookup(&it));
                for text in variable.map_or(Vec::new(), |it| it.spelling()) {
                    self.choose(&text, steps - 1, wanted);
                }
                continue;
            }
            for (start, end) in found {
                let parts = [&word[..start], &word[start..end], &word[end..]];
                self.choose_at(parts, wanted);
            }
        }
    }

    /// Offers what a reference may stand for in a name, with the text before it and after it.
    fn choose_at(&mut self, parts: [&str; 3], wanted: &dyn Fn(&str) -> bool) {
        let settings = &self.request.configuration.settings;
        let stands_in =
            |name: &str| settings.iter().any(|it| it.is_stand_in() && it.subject == Subject::Make(name.to_owned()));
        let Some(name) = self.variable_in(parts[1]) else { return };
        if !stands_in(&name) && !self.may_be_given(&name) {
            return;
        }
        let [before, value, after] = parts.map(|it| self.expand(it, &Map::Nowhere));
        let around = (before.as_str(), after.as_str());
        // What has more folders than one, or stands for the way to the top, chooses nothing.
        let way = value.contains(['/', ' ']) || value.starts_with('.');
        let top = before.is_empty() && after.starts_with('/') && value.is_empty();
        if has_unknown(&before) || has_unknown(&after) || way || top || !wanted(&after) {
            return;
        }
        let (project, directory) = (self.request.project, self.request.directory);
        // What a makefile sets that was chosen itself goes with that choice.
        let setter = self.lookup(&name).and_then(|it| it.span).map(|it| project.source(it.file).path.clone());
        if setter.is_some_and(|it| self.book.as_ref().is_some_and(|book| book.chosen.contains(&it))) {
            return;
        }
        let found = glob::matches(self.request, &format!("{before}*{after}"));
        let values = found.iter().filter_map(|it| Some((between(it, around)?, it)));
        let goals = |it: &str| goals_of(project, &normalise(&project.root, directory, it));
        // `Makefile.$(X)` may be a makefile of its own, where the one that is read is a part of this one.
        let last = name_of(&before).to_lowercase();
        let is_part = last.contains("makefile") && goals(&format!("{before}{value}{after}")).is_some_and(|it| !it);
        let values = values.filter(|it| !is_part || goals(it.1) != Some(true));
        // What another variable of the makefile names is that one's.
        let set_here = |it: &Variable| it.span.is_some() && it.origin == VariableOrigin::File;
        let is_set = self.lookup(&name).is_some_and(|it| set_here(&it));
        let text = self.here.map(|it| project.source(it.file));
        let is_folder = |it: &str| {
            let spelt = [format!("-C $({it})"), format!("$({it})/"), format!("-C ${{{it}}}"), format!("${{{it}}}/")];
            text.as_ref().is_some_and(|text| spelt.iter().any(|it| text.text().contains(it.as_str())))
        };
        let others = self.globals.iter().filter(|it| *it.0.as_ref() != *name);
        let others = others.filter_map(|it| Some((it.0, it.1.as_deref()?))).filter(|it| is_set && set_here(it.1));
        let held: Vec<&str> = others
            .filter(|it| found.contains(&format!("{before}{}{after}", it.1.value)) && is_folder(it.0))
            .map(|it| it.1.value.as_str())
            .collect();
        let values = values.filter(|it| !held.contains(&it.0));
        let Some(place) = self.here else { return };
        let alternative = |(other, file): (&str, &String)| {
            let setting = Setting { subject: Subject::Make(name.clone()), value: other.to_owned(), place };
            (setting, normalise(&project.root, directory, file))
        };
        let alternatives: Vec<_> = values.filter(|it| it.0 != value).take(MOST).map(alternative).collect();
        let whole_folder = (before.is_empty() || before.ends_with('/')) && !after.contains('/');
        if let Some(book) = &mut self.book {
            if !alternatives.is_empty() {
                book.chosen.insert(normalise(&project.root, directory, &format!("{before}{value}{after}")));
            }
            book.choices.push(Choice { alternatives, whole_folder });
        }
    }

    /// Keeps the prerequisites of a rule line that a variable without a known value names (`all: all.$(BACKEND)`).
    pub(crate) fn choose_from_prerequisites(&mut self, names: &str) {
        if self.book.is_none() || !names.contains('$') {
            return;
        }
        for word in spelt_words(names) {
            let found: Vec<(usize, usize)> = references(word).collect();
            let [(start, end)] = found[..] else { continue };
            let (before, after) = (&word[..start], &word[end..]);
            let says_something =
                [before, after].iter().any(|it| it.bytes().filter(u8::is_ascii_alphanumeric).count() > 1);
            if !says_something || word.contains('%') {
                continue;
            }
            let Some(name) = self.variable_in(&word[start..end]).filter(|it| self.may_be_given(it)) else { continue };
            let value = self.expand(&word[start..end], &Map::Nowhere);
            if !value.is_empty() && !has_unknown(&value) {
                continue;
            }
            if let (Some(place), Some(book)) = (self.here, &mut self.book) {
                let (before, after) = (before.to_owned(), after.to_owned());
                book.named.push(Named { name, before, value, after, place });
            }
        }
    }

    /// Offers the values with which such a prerequisite has a rule, where it has none as it is.
    pub(crate) fn offer_from_rules(&mut self, named: Vec<Named>, targets: &[String]) {
        const MOST: usize = 8;
        for Named { name, before, value, after, place } in named {
            let own = format!("{before}{value}{after}");
            if targets.contains(&own) {
                continue;
            }
            let plain = |it: &&str| it.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-+".contains(&it));
            let stems = targets.iter().filter_map(|it| it.strip_prefix(&*before)?.strip_suffix(&*after));
            self.here = Some(place);
            for stem in stems.filter(|it| !it.is_empty()).filter(plain).take(MOST) {
                self.offer(Subject::Make(name.clone()), stem);
            }
        }
    }

    /// Offers the words of a list with which a name in `$(filter %/$(NAME)/rules.mk,...)` is one of them, one of each
    /// folder before the second of any, and those that `$(filter $(NAME),...)` looks for the name in.
    pub(crate) fn offer_from_filter(&mut self, site: &Site, ranges: &[std::ops::Range<usize>], list: &str) {
        if self.book.is_none() {
            return;
        }
        let listed: Vec<&str> = words(list).filter(|it| !has_unknown(it)).collect();
        for pattern in spelt_words(&site.text[ranges[0].clone()]) {
            for (start, end) in references(pattern) {
                let Some(name) = self.variable_in(&pattern[start..end]).filter(|it| self.may_be_given(it)) else {
                    continue;
                };
                let parts = [&pattern[..start], &pattern[start..end], &pattern[end..]];
                let [before, value, after] = parts.map(|it| self.expand(it, &Map::Nowhere));
                let in_folder = before.ends_with('/') && after.starts_with('/') && !after.contains('%');
                let whole = before.is_empty() && after.is_empty();
                if has_unknown(&before) || has_unknown(&after) || value.contains(' ') || !(in_folder || whole) {
                    continue;
                }
                let before = before.replace('%', "*");
                let plain = |it: &&str| it.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-+".contains(&it));
                let values = listed.iter().filter_map(|it| {
                    let value = between(it, (&before, &after)).filter(plain)?;
                    Some((folder_of(it.strip_suffix(&format!("{value}{after}"))?), value))
                });
                let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
                let mut others: Vec<(usize, &str)> = Vec::new();
                for (folder, other) in values.filter(|it| it.1 != value) {
                    let nth = folders.entry(folder).or_default();
                    others.push((*nth, other));
                    *nth += 1;
                }
                others.sort_by_key(|it| it.0);
                for (nth, other) in others.into_iter().take(MOST) {
                    self.offer(Subject::Make(name.clone()), other);
                    if let Some(book) = self.book.as_mut().filter(|_| nth == 0 && folders.len() > 1) {
                        book.first_of_folders.insert((name.clone(), other.to_owned()));
                    }
                }
            }
        }
    }

    /// Gives a variable that nobody sets, and that begins the name of an include, the folder upwards where that file is:
    /// make is run below a makefile that tells, or the makefile is a part of others. Where make stops without it, that is
    /// what users give.
    pub(crate) fn find_top_folder(&mut self, names: &str) {
        let (project, directory) = (self.request.project, self.request.directory);
        for word in spelt_words(names) {
            let Some((0, end)) = references(word).next() else { continue };
            let Some(rest) = word[end..].strip_prefix('/') else { continue };
            let Some(name) = self.variable_in(&word[..end]).filter(|it| self.may_be_given(it)) else { continue };
            let stops = |it: &Variable| it.flavor == Flavor::Recursive && it.value.starts_with("$(error");
            let known = self.lookup(&name);
            if known.as_ref().is_some_and(|it| !stops(it)) {
                continue;
            }
            let file = self.expand(rest, &Map::Nowhere);
            let own = std::iter::once(".".to_owned());
            let folders = own.chain((1..).map(|n| vec![".."; n].join("/"))).zip(upwards(directory));
            let is_there = |folder: &String| {
                let path = normalise("", directory, &format!("{folder}/{file}"));
                project.open(&path).is_some() || templates_of(&path, self.request).iter().any(|it| project.exists(it))
            };
            let found = folders.map(|it| it.0).find(is_there);
            let Some(folder) = found.filter(|_| !has_unknown(&file)) else { continue };
            // In the place of a word that says no more than that it is set (`ifndef SDK`).
            let subject = Subject::Make(name.clone());
            for it in self.deviations.iter_mut().filter(|it| it.subject == subject && it.is_stand_in()) {
                it.value.clone_from(&folder);
            }
            match known {
                Some(_) => self.offer(subject, &folder),
                None => self.set(&name, &folder, Flavor::Simple, VariableOrigin::Environment),
            }
        }
    }
}

/// Whether a makefile of the tree has rules for the usual goals; `None` where there is none.
fn goals_of(project: &Project, path: &str) -> Option<bool> {
    const GOALS: &[&str] = &["all", "install", "check", "test"];
    let source = project.source(project.open(path)?);
    let targets = source.text().lines().filter_map(|it| it.split_once(':')).filter(|it| !it.1.starts_with('='));
    Some(targets.flat_map(|it| it.0.split(' ')).any(|it| GOALS.contains(&it)))
}

/// What stands in a path for the `*` between two texts, of which the first may have wildcards in folders of its own.
fn between<'p>(path: &'p str, (before, after): (&str, &str)) -> Option<&'p str> {
    let (folders, opening) = before.rsplit_once('/').unwrap_or(("", before));
    let rest = path.strip_suffix(after)?;
    let at = rest.rfind('/').map_or(0, |it| it + 1);
    let value = rest[at..].strip_prefix(opening)?;
    let fits = if before.contains('/') { glob::fits(folders, rest[..at].trim_end_matches('/')) } else { at == 0 };
    (fits && !value.is_empty()).then_some(value)
}

/// The words of a text in which blanks of references count as none.
fn spelt_words(text: &str) -> Vec<&str> {
    let mut res = Vec::new();
    let mut start = 0;
    let mut inside = references(text).peekable();
    for (at, _) in text.char_indices().filter(|it| it.1.is_whitespace()) {
        while inside.next_if(|it| it.1 <= at).is_some() {}
        if inside.peek().is_none_or(|it| at < it.0) {
            res.push(&text[start..at]);
            start = at + 1;
        }
    }
    res.push(&text[start..]);
    res.retain(|it| !it.is_empty());
    res
}
