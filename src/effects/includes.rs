//! What C, C++ and assembler sources include, closed over the tree, to find headers that some rule makes.
//!
//! Knows `#include`, for nasm `%include`, and conditionals around it; of these it evaluates only what options decide for the
//! source itself.

mod conditions;
mod namesake;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use super::apply::Arguments;
use super::machine::{Machine, Shell};
use super::value::Value;
use super::{Certainty, EffectKind, formats};
use crate::source::{folder_of, name_of, normalise};
use crate::text::has_unknown;
use conditions::{Condition, Defined};

/// An `#include` line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Include {
    pub(super) name: String,
    /// `"x"`: the folder of the source is looked in first.
    pub(super) quoted: bool,
    /// The conditions around it, include guards apart, that are about one macro each.
    pub(super) conditions: Vec<Condition>,
    /// Whether there is another condition.
    pub(super) otherwise: bool,
    /// Whether it stands under `#ifdef HAVE_CONFIG_H`.
    pub(super) configured: bool,
}

impl Include {
    fn is_conditional(&self) -> bool {
        self.otherwise || !self.conditions.is_empty()
    }
}

/// The headers that sources include, looked up once for each list of folders.
#[derive(Default)]
pub struct Headers {
    known: Mutex<FxHashMap<Folders, Arc<Mutex<BySource>>>>,
}

/// Suffixes of sources beside which programs make a header of the same name.
pub(crate) const COMPANIONS: [&str; 4] = [".c", ".cc", ".cpp", ".cxx"];

/// Folders for quoted and for angled names.
type Folders = (Vec<String>, Vec<String>);

/// What is known below one list of folders.
#[derive(Default)]
struct BySource {
    /// The headers that a file includes itself.
    direct: FxHashMap<Arc<str>, Arc<Vec<Header>>>,
    /// The generated headers that a source includes, through others.
    closed: FxHashMap<String, Arc<Vec<(String, Certainty)>>>,
}

impl Headers {
    fn below(&self, quoted: &[String], angled: &[String]) -> Arc<Mutex<BySource>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry((quoted.to_vec(), angled.to_vec())).or_default().clone()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Headers").finish_non_exhaustive()
    }
}

/// A header that was found.
struct Header {
    path: Arc<str>,
    /// Whether a rule makes it.
    generated: bool,
    conditional: bool,
}

/// Suffixes of what generators make C of.
const GRAMMARS: [&str; 6] = [".y", ".l", ".yy", ".ll", ".ypp", ".lpp"];

/// The suffix of what protoc makes C++ and C of.
const PROTO: &str = ".proto";

const SUFFIXES: [&str; 17] = [
    ".c", ".cc", ".cpp", ".cxx", ".C", ".c++", ".m", ".mm", ".S", ".sx", ".i", ".rc", ".h", ".hh", ".asm", ".nasm",
    ".s",
];

/// Whether a name is that of a source or a header of C or one of its relatives.
pub(crate) fn is_c_source(name: &str) -> bool {
    SUFFIXES.iter().any(|it| name.ends_with(it))
}

/// Whether a file is the template of another one by its name: `x.h.in` of `gen/x.h`.
pub(crate) fn is_template_of(template: &str, file: &str) -> bool {
    filled(template).is_some_and(|it| name_of(it) == name_of(file))
}

/// The name of what is made of a template.
fn filled(template: &str) -> Option<&str> {
    [".in", ".template", ".tmpl"].iter().find_map(|it| template.strip_suffix(it))
}

/// Whether a file that is made of another one includes what that one does: it is a source; a header is, made of a template
/// of its own name.
fn stands_for(made: &str, origin: &str) -> bool {
    let is_header = made.ends_with(".h") || made.ends_with(".hh");
    is_source(made) && (!is_header || proto::header_suffix(made).is_some())
        || made.ends_with(".h") && is_template_of(origin, made)
}

/// Whether a name is that of a source that includes others.
pub(super) fn is_source(name: &str) -> bool {
    is_c_source(name) || formats::is_known(name)
}

/// What configure has compilers define.
const CONFIGURED: &str = "HAVE_CONFIG_H";

/// Sources that one compilation may pull in.
const MOST_SOURCES: usize = 3_000;

impl Machine<'_> {
    /// Notes the generated headers that a compilation reads.
    pub(super) fn includes(&mut self, shell: &Shell, arguments: &Arguments, invocation: usize) {
        let folders = |names: &[&str]| -> Vec<String> {
            let named = arguments.options.iter().filter(|it| names.contains(&it.0.as_str()));
            named.map(|it| self.path(shell, &it.1.text)).collect()
        };
        let quoted = folders(&["-iquote"]);
        let mut angled: Vec<String> = folders(&["-I", "-isystem", "-idirafter"]);
        let listed = arguments.options.iter().filter(|it| it.0 == "--path" || it.0 == "--searchpath");
        angled.extend(listed.flat_map(|it| it.1.text.split([':', ' '])).map(|it| self.path(shell, it)));
        // Where a compiler looks below another root than `/`.
        let roots = folders(&["--sysroot", "-isysroot"]);
        angled.extend(roots.iter().flat_map(|it| [format!("{it}/usr/include"), format!("{it}/include")]));
        let operands: Vec<Value> = arguments.operands.iter().filter(|it| is_source(&it.text)).cloned().collect();
        let preincluded =
            arguments.options.iter().filter(|it| it.0 == "-include" || it.0 == "-imacros").map(|it| it.1.clone());
        let mut defined = Defined::of(&arguments.options);
        let place = &self.outcome.invocations[invocation];
        let (line, within_script) = (place.place.line(), place.within_script);
        let is_known = |text: &&str| !has_unknown(text);
        let is_told = self.recipe.lines.get(line).is_some_and(is_known) && !self.recipe.open.contains(&line);
        // `@file` holds further options.
        if is_told && !within_script && !arguments.operands.iter().any(|it| it.text.starts_with('@')) {
            defined.complete();
        }
        for source in operands.into_iter().chain(preincluded) {
            let path = self.path(shell, &source.text);
            self.outcome.includes = true;
            // Formatters of documents look in their own folder.
            let mut angled = angled.clone();
            angled.extend(formats::is_known(&path).then(|| self.path(shell, ".")));
            self.reads_closed(shell, &source, &quoted, &angled, &defined, invocation);
        }
    }

    /// Notes the generated modules that a program imports which an interpreter runs with these options.
    pub(super) fn imports(&mut self, shell: &Shell, program: &Value, options: &[(String, Value)], invocation: usize) {
        let path = self.path(shell, &program.text);
        if !formats::is_program(&path) {
            return;
        }
        let beside = folder_of(&path).to_owned();
        let given = options.iter().filter(|it| it.0 == "-I").map(|it| it.1.text.clone());
        let exported = ["PYTHONPATH", "PERL5LIB", "RUBYLIB"].map(|it| shell.variable(it));
        let exported =
            exported.iter().flat_map(|it| it.text.split(':')).filter(|it| !it.is_empty() && !has_unknown(it));
        let named = given.chain(exported.map(str::to_owned)).chain([".".to_owned()]);
        let folders: Vec<String> = [beside].into_iter().chain(named.map(|it| self.path(shell, &it))).collect();
        self.outcome.includes = true;
        self.reads_closed(shell, program, &[], &folders, &Defined::default(), invocation);
    }

    /// Notes that the generated files are read that a source includes, through others.
    fn reads_closed(
        &mut self,
        shell: &Shell,
        source: &Value,
        quoted: &[String],
        angled: &[String],
        defined: &Defined,
        invocation: usize,
    ) {
        let path = self.path(shell, &source.text);
        for (header, certainty) in self.closed_where(&path, quoted, angled, defined).iter() {
            let mut value = Value::default();
            value.push(&self.spelt_from(shell, header), source.place());
            match certainty {
                Certainty::Must => self.effect(shell, &value, EffectKind::Read, invocation),
                Certainty::May => self.effect_may(shell, &value, EffectKind::Read, invocation),
            }
        }
    }

    /// Notes which source each one stands for that was written since `before`.
    pub(super) fn carry_includes(&mut self, before: usize) {
        let is_read = |it: &str| {
            is_source(filled(it).unwrap_or(it))
                || GRAMMARS.iter().any(|suffix| it.ends_with(suffix))
                || it.ends_with(PROTO)
        };
        let effects = &self.outcome.effects[before..];
        let of = |kind| effects.iter().filter(move |it| it.kind == kind).map(|it| it.path.as_str());
        let mut reads: Vec<&str> = of(EffectKind::Read).filter(|it| is_read(it)).collect();
        let includes = |it: &&str| {
            let file = self.recipe.project.open(it).map(|it| self.recipe.project.source(it));
            file.is_some_and(|it| it.text().lines().any(|it| it.starts_with("#include")))
        };
        if reads.is_empty() && of(EffectKind::Write).any(is_source) {
            reads = of(EffectKind::Read).filter(includes).collect();
        }
        let source = |made: &str| match reads[..] {
            [only] => Some(only),
            _ => {
                let by_name = |it: &&str| name_of(it) == name_of(made) || is_template_of(it, made);
                let mut templates = reads.iter().copied().filter(|it| filled(it).is_some());
                let only = || templates.next().filter(|_| templates.next().is_none() && !is_source(made));
                reads.iter().copied().find(by_name).or_else(only)
            }
        };
        let is_filled = |it: &str| reads.iter().any(|read| stands_for(it, read));
        let pairs = of(EffectKind::Write).filter_map(|it| Some((it.to_owned(), source(it)?.to_owned())));
        let (found, unnamed): (Vec<_>, Vec<_>) = pairs.partition(|it| is_filled(&it.0));
        self.outcome.links.extend(found);
        // Under another name at first: `sed ... x.c.in > x.c.tmp; mv x.c.tmp x.c`.
        let now = self.outcome.effects.len();
        self.unnamed.extend(unnamed.into_iter().map(|(path, origin)| (path, origin, now)));
    }

    /// Notes which source a file stands for that is copied or renamed.
    pub(super) fn carry_renamed(&mut self, shell: &Shell, from: &Value, to: &Value, is_gone: bool) {
        let (from, to) = (self.path(shell, &from.text), self.path(shell, &to.text));
        let is_same = |at: usize| {
            let later = &self.outcome.effects[at..];
            !later.iter().any(|it| it.path == from && it.kind == EffectKind::Write)
        };
        let unnamed = self.unnamed.iter().rev().filter(|it| it.0 == from && is_same(it.2)).map(|it| &it.1);
        let links = self.outcome.links.iter().rev().filter(|it| it.0 == from).map(|it| &it.1);
        if let Some(origin) = unnamed.chain(links).next().filter(|it| stands_for(&to, it)).cloned() {
            self.outcome.links.push((to, origin));
        }
        if is_gone {
            self.unnamed.retain(|it| it.0 != from);
        }
    }

    /// A path of the tree as it must be spelt in the current folder.
    pub(super) fn spelt_from(&self, shell: &Shell, path: &str) -> String {
        if path.starts_with('/') || shell.folder.is_empty() {
            return path.to_owned();
        }
        format!("{}/{path}", self.recipe.project.root.trim_end_matches('/'))
    }

    /// The generated headers that a source includes, through others, as what is defined decides its own conditions.
    fn closed_where(
        &self,
        path: &str,
        quoted: &[String],
        angled: &[String],
        defined: &Defined,
    ) -> Arc<Vec<(String, Certainty)>> {
        let included = if defined.is_empty() { Arc::default() } else { self.included(path).0 };
        let defines = || {
            let source = self.recipe.project.open(path).map(|it| self.recipe.project.source(it));
            source.is_some_and(|it| it.text().contains(&format!("define {CONFIGURED}")))
        };
        let is_left_out = |it: &Include| it.configured && defined.lacks(CONFIGURED) && !defines();
        let is_open = |it: &Include| !is_left_out(it) && it.conditions.iter().all(|it| it.holds(defined).is_none());
        if included.iter().all(is_open) {
            return self.closed(path, quoted, angled);
        }
        let mut found: BTreeMap<String, Certainty> = BTreeMap::new();
        let mut add = |file: &str, certainty: Certainty| {
            let known = found.entry(file.to_owned()).or_insert(certainty);
            *known = (*known).max(certainty);
        };
        let may_be =
            |it: &&Include| !is_left_out(it) && it.conditions.iter().all(|it| it.holds(defined) != Some(false));
        for it in included.iter().filter(may_be) {
            let is_open = it.otherwise || it.conditions.iter().any(|it| it.holds(defined).is_none());
            let certainty = if is_open { Certainty::May } else { Certainty::Must };
            let files = self.header(path, it, quoted, angled);
            let guessed = files.is_empty().then(|| self.guessed(path, it, quoted, angled)).flatten();
            let certainty = if guessed.is_some() { Certainty::May } else { certainty };
            for (file, generated) in files.into_iter().chain(guessed) {
                if generated {
                    add(&file, certainty);
                }
                self.closed(&file, quoted, angled).iter().for_each(|below| add(&below.0, below.1.min(certainty)));
            }
        }
        Arc::new(found.into_iter().collect())
    }

    /// The generated headers that a source includes, through others.
    fn closed(&self, path: &str, quoted: &[String], angled: &[String]) -> Arc<Vec<(String, Certainty)>> {
        let known = self.recipe.headers.below(quoted, angled);
        let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = lock().closed.get(path) {
            return found.clone();
        }
        let mut found: BTreeMap<String, Certainty> = BTreeMap::new();
        let source: Arc<str> = path.into();
        let mut met = FxHashSet::default();
        met.insert(source.clone());
        let mut queue = vec![(source, Certainty::Must)];
        while let Some((file, certainty)) = queue.pop() {
            for header in self.headers(&known, &file, quoted, angled).iter() {
                let certainty = if header.conditional { Certainty::May } else { certainty };
                if header.generated {
                    let known = found.entry(header.path.to_string()).or_insert(certainty);
                    *known = (*known).max(certainty);
                }
                if met.len() < MOST_SOURCES && met.insert(header.path.clone()) {
                    queue.push((header.path.clone(), certainty));
                }
            }
        }
        let found = Arc::new(found.into_iter().collect::<Vec<_>>());
        lock().closed.insert(path.to_owned(), found.clone());
        found
    }

    /// The sources of the tree, or that some rule makes, which a source imports, through others.
    pub(super) fn imported(&self, path: &str, folders: &[String]) -> Vec<Arc<str>> {
        let known = self.recipe.headers.below(&[], folders);
        let mut res: Vec<Arc<str>> = vec![path.into()];
        let mut met: FxHashSet<Arc<str>> = res.iter().cloned().collect();
        let mut at = 0;
        while at < res.len() {
            for it in self.headers(&known, &res[at], &[], folders).iter() {
                if met.len() < MOST_SOURCES && met.insert(it.path.clone()) {
                    res.push(it.path.clone());
                }
            }
            at += 1;
        }
        res
    }

    /// The headers that a file includes itself.
    fn headers(
        &self,
        known: &Mutex<BySource>,
        file: &Arc<str>,
        quoted: &[String],
        angled: &[String],
    ) -> Arc<Vec<Header>> {
        let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().direct.get(file) {
            return known.clone();
        }
        let (included, is_sure) = self.included(file);
        let mut found = Vec::new();
        for it in included.iter() {
            let files = self.header(file, it, quoted, angled);
            let guessed = files.is_empty().then(|| self.guessed(file, it, quoted, angled)).flatten();
            let conditional = it.is_conditional() || guessed.is_some() || !is_sure;
            let files = files.into_iter().chain(guessed);
            found.extend(files.map(|(path, generated)| Header { path: path.into(), generated, conditional }));
        }
        let res = Arc::new(found);
        lock().direct.insert(file.clone(), res.clone());
        res
    }

    /// The includes of a file; of what is copied or what a parser generator will make, those of what it is made of. Of a
    /// source that is not there, those of one of the same name, which is not sure to be what comes there.
    fn included(&self, path: &str) -> (Arc<Vec<Include>>, bool) {
        const MOST_COPIES: usize = 4;
        let project = self.recipe.project;
        let root = path.rsplit_once('.').map_or(path, |it| it.0);
        let made = (self.recipe.generated)(path);
        let copies = std::iter::successors(Some(path.to_owned()), |it| (self.recipe.links)(it)).take(MOST_COPIES);
        let origin = || copies.skip(1).find_map(|it| project.open(&it));
        let grammar = || GRAMMARS.iter().find_map(|it| project.open(&format!("{root}{it}")));
        let behind = || project.open(&self.behind_link(path)?);
        let file = match made {
            true => grammar().or_else(origin).or_else(|| project.open(path)),
            false => project.open(path).or_else(behind),
        };
        let is_sure = file.is_some();
        let may_be_elsewhere = !is_sure && !made && is_c_source(path) && !has_unknown(path);
        let elsewhere = || may_be_elsewhere.then(|| namesake::namesake(project, path)).flatten();
        let Some(file) = file.or_else(elsewhere) else { return Default::default() };
        let source = project.source(file);
        if formats::is_printer(&source.path) && is_c_source(path) {
            return (Arc::new(printed(source.text())), is_sure);
        }
        let included = self.recipe.models.cache.includes(&source, |text| formats::read(&source.path, text));
        match proto::header_suffix(path).filter(|_| source.path.ends_with(PROTO)) {
            Some(suffix) => (Arc::new(proto::includes(path, suffix, &included)), is_sure),
            None => (included, is_sure),
        }
    }

    /// The file that an include means, and whether a rule makes it; before it the link through which it is found, if a
    /// rule makes one.
    fn header(&self, from: &str, include: &Include, quoted: &[String], angled: &[String]) -> Vec<(String, bool)> {
        let own = folder_of(from).to_owned();
        let near: &[String] = if include.quoted { std::slice::from_ref(&own) } else { &[] };
        let quoted = if include.quoted { quoted } else { &[] };
        let project = self.recipe.project;
        let found = near.iter().chain(quoted).chain(angled).find_map(|folder| {
            let path = normalise(&project.root, folder, &include.name);
            let generated = (self.recipe.generated)(&path);
            let exists = || !path.starts_with('/') && project.exists(&path);
            if generated || exists() {
                return Some(vec![(path, generated)]);
            }
            let real = project.without_links(&path).filter(|it| (self.recipe.generated)(it));
            real.map(|it| vec![(it, true)]).or_else(|| self.below_link(folder, &path))
        });
        found.unwrap_or_default()
    }

    /// What an include may mean that is found nowhere: options that are not known may name a folder from which it is found,
    /// or a recipe makes it beside a source of the same name.
    fn guessed(&self, from: &str, it: &Include, quoted: &[String], angled: &[String]) -> Option<(String, bool)> {
        let beside_a_source = || {
            let stem = it.name.strip_suffix(".h").filter(|_| it.quoted)?;
            let own = folder_of(from).to_owned();
            let mut folders = std::iter::once(&own).chain(quoted).chain(angled);
            folders.find_map(|folder| {
                let path = normalise(&self.recipe.project.root, folder, stem);
                let is_made = |suffix: &str| (self.recipe.generated)(&format!("{path}{suffix}"));
                COMPANIONS.iter().any(|it| is_made(it)).then(|| (format!("{path}.h"), true))
            })
        };
        self.named_from_the_top(&it.name).or_else(beside_a_source)
    }

    /// A header in a folder (`lib/gen.h`) that a rule makes below the folder of make or the top of the tree.
    fn named_from_the_top(&self, name: &str) -> Option<(String, bool)> {
        let path = |folder: &str| normalise(&self.recipe.project.root, folder, name);
        let mut places = [self.recipe.directory, ""].into_iter().map(path).filter(|_| name.contains('/'));
        places.find(|it| (self.recipe.generated)(it)).map(|it| (it, true))
    }

    /// A file below a folder that some rule makes as a link. Where what it stands for does not tell that the file will be
    /// there, it is the link that must be.
    fn below_link(&self, folder: &str, path: &str) -> Option<Vec<(String, bool)>> {
        self.links_above(path).find_map(|link| {
            let real = self.path_behind(&link, path);
            let is_there = |it: &String| !it.starts_with('/') && self.recipe.project.exists(it);
            match real {
                Some(real) if (self.recipe.generated)(&real) => Some(vec![(link, true), (real, true)]),
                // What it includes itself may be made.
                Some(real) if is_there(&real) => Some(vec![(link, true), (real, false)]),
                _ => (link.len() > folder.len()).then(|| vec![(link, true)]),
            }
        })
    }

    /// What a path stands for that lies behind a link of a rule.
    fn behind_link(&self, path: &str) -> Option<String> {
        self.links_above(path).find_map(|link| self.path_behind(&link, path))
    }

    /// The folders above a path that rules make as links.
    fn links_above<'p>(&'p self, path: &'p str) -> impl Iterator<Item = String> + 'p {
        let above = |it: &str| it.rsplit_once('/').map(|it| it.0.to_owned());
        let is_link = |it: &String| (self.recipe.generated)(&format!("{it}/"));
        std::iter::successors(above(path), move |it| above(it)).filter(is_link)
    }

    /// A path below a link, by what that stands for.
    fn path_behind(&self, link: &str, path: &str) -> Option<String> {
        (self.recipe.links)(link).map(|it| format!("{it}{}", &path[link.len()..]))
    }
}

/// What a program may print into a source that it writes: `print('#include "x.h"')`.
fn printed(text: &str) -> Vec<Include> {
    let mut res: Vec<Include> = Vec::new();
    for (at, word) in text.match_indices("include") {
        let is_directive = text[..at].trim_end_matches([' ', '\t']).ends_with('#');
        let rest = text[at + word.len()..].trim_start_matches([' ', '\t', '\\']);
        let name = match rest.split_at_checked(1) {
            Some(("\"", rest)) => rest.split(['"', '\n']).next().unwrap_or_default().trim_end_matches('\\'),
            Some(("<", rest)) => rest.split(['>', '\n']).next().unwrap_or_default(),
            _ => continue,
        };
        let is_plain = |it: char| it.is_ascii_alphanumeric() || "._-/+".contains(it);
        if is_directive && !name.is_empty() && name.chars().all(is_plain) && res.iter().all(|it| it.name != name) {
            res.push(Include {
                name: name.to_owned(),
                quoted: rest.starts_with('"'),
                otherwise: true,
                ..Include::default()
            });
        }
    }
    res
}

/// What protoc writes into the sources that it makes: their own header, and a header for each import.
mod proto {
    use super::{Include, PROTO};
    use crate::source::name_of;

    /// Of a name that protoc gives a source or header, the suffix that its headers have.
    pub(super) fn header_suffix(path: &str) -> Option<&'static str> {
        const SUFFIXES: [(&str, &str); 4] =
            [(".pb.cc", ".pb.h"), (".pb.h", ".pb.h"), (".pb-c.c", ".pb-c.h"), (".pb-c.h", ".pb-c.h")];
        SUFFIXES.iter().find(|it| path.ends_with(it.0)).map(|it| it.1)
    }

    pub(super) fn includes(path: &str, suffix: &str, imports: &[Include]) -> Vec<Include> {
        let name = name_of(path);
        let plain = |name: String| Include { name, quoted: true, ..Include::default() };
        let stem = &name[..name.find(".pb").unwrap_or(name.len())];
        let own = [format!("{stem}{suffix}"), format!("{}{suffix}", stem.trim_end_matches(".grpc"))];
        let own = own.into_iter().filter(|it| it != name).map(plain);
        let imported = imports.iter().filter_map(|it| it.name.strip_suffix(PROTO));
        own.chain(imported.map(|it| plain(format!("{it}{suffix}")))).collect()
    }
}

/// The includes of a source.
pub(super) fn read(text: &str) -> Vec<Include> {
    let mut res = Vec::new();
    // For each open conditional, whether it is an include guard, and what it asks.
    let mut open: Vec<(bool, Option<Condition>)> = Vec::new();
    let mut in_comment = false;
    let mut only_comments = true;
    for line in text.lines() {
        let starts_in_comment = in_comment;
        in_comment = if in_comment { !line.contains("*/") } else { opens_comment(line) };
        let line = line.trim_start();
        if starts_in_comment || line.is_empty() || line.starts_with("//") || line.starts_with("/*") {
            continue;
        }
        let Some(directive) = line.strip_prefix(['#', '%']) else {
            only_comments = false;
            continue;
        };
        let directive = directive.trim_start();
        let name_end = directive.bytes().take_while(u8::is_ascii_lowercase).count();
        let rest = directive[name_end..].trim_start();
        match &directive[..name_end] {
            name @ ("ifndef" | "if" | "ifdef") => {
                let guards = match name {
                    "ifndef" => only_comments && open.is_empty(),
                    "if" => only_comments && rest.starts_with("!defined"),
                    _ => rest.starts_with(CONFIGURED),
                };
                open.push((guards, Condition::read(name, rest)));
            }
            name @ ("else" | "elif") => {
                if let Some((guards, condition)) = open.last_mut() {
                    *guards = false;
                    *condition = condition.take().filter(|_| name == "else").map(Condition::negated);
                }
            }
            "endif" => drop(open.pop()),
            "include" | "import" | "include_next" => {
                let around = || open.iter().filter(|it| !it.0);
                let configured = open.iter().any(|it| it.0 && it.1.as_ref().is_some_and(|it| it.asks_for(CONFIGURED)));
                res.extend(include(rest).map(|it| Include {
                    configured,
                    conditions: around().filter_map(|it| it.1.clone()).collect(),
                    otherwise: around().any(|it| it.1.is_none()),
                    ..it
                }));
            }
            _ => {}
        }
        only_comments = false;
    }
    res
}

fn opens_comment(line: &str) -> bool {
    line.rfind("/*").is_some_and(|it| !line[it..].contains("*/") && !line[..it].contains("//"))
}

fn include(rest: &str) -> Option<Include> {
    let quoted = rest.starts_with('"');
    let inside = rest.strip_prefix(['"', '<'])?;
    let end = inside.find(if quoted { '"' } else { '>' })?;
    Some(Include { name: inside[..end].to_owned(), quoted, ..Include::default() })
}
