//! From a reading to a database: special targets, suffix rules, built-in rules, what the reading depended on.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::book::Book;
use super::choices::Choice;
use super::pattern::Pattern;
use super::spelling::Map;
use super::variables::Expander;
use super::{
    Database, Flavor, Inputs, Name, RecipeLine, Request, Rule, RuleKind, Variable, VariableOrigin, automake, builtin,
    template,
};
use crate::configure::{Setting, Subject};
use crate::source::{Project, folder_of, name_of, normalise, stem_of_template, upwards};
use crate::syntax::make::scan;

/// Reads a makefile and what it includes.
pub(crate) fn evaluate(request: &Request) -> Database {
    let mut state = reader(request);
    let path = normalise(&request.project.root, "", request.makefile);
    let name = below(&path, request.directory).unwrap_or(&path);
    if path.ends_with(".am") {
        return automake_database(request, &path, name);
    }
    if !state.read_makefile(&path, name) {
        state.error(format!("{path}: No such file or directory"));
    }
    database(state)
}

/// The state before the first line.
fn reader<'a>(request: &'a Request<'a>) -> Expander<'a> {
    let mut state = Expander::new(request);
    state.used = Some(FxHashSet::default());
    let makefiles = made_from(request);
    state.book = Some(Box::new(Book { suffixes: suffixes(), makefiles, ..Book::default() }));
    state
}

/// The makefile that make reads, by the name that it knows it by: of a template, what configure makes of it, and what a
/// script may make of that (`Makefile` of `Makefile.pre`).
fn made_from(request: &Request) -> Vec<String> {
    let outputs = request.configure.outputs.iter();
    let output = outputs.filter(|(_, templates)| templates.iter().any(|it| it == request.makefile)).map(|it| &**it.0);
    let stem = stem_of_template(request.makefile);
    let paths: BTreeSet<&str> = output.chain([stem.unwrap_or(request.makefile)]).collect();
    let seen = |it: &str| {
        let path = normalise(&request.project.root, "", it);
        below(&path, request.directory).unwrap_or(&path).to_owned()
    };
    paths.into_iter().map(seen).collect()
}

/// A path as seen from a folder above it.
fn below<'p>(path: &'p str, directory: &str) -> Option<&'p str> {
    path.strip_prefix(directory)?.strip_prefix('/').filter(|_| !directory.is_empty())
}

/// Reads a Makefile.am with the rules that automake makes of its variables. The makefile's own rules win.
fn automake_database(request: &Request, path: &str, name: &str) -> Database {
    // `X = @X@` for each substituted variable, as automake writes it.
    let variable = |(name, value)| (name, Arc::new(Variable::of_text(value)));
    let implied: Vec<(Arc<str>, Arc<Variable>)> = template::implied(path, request).into_iter().map(variable).collect();
    let read = |variables: &str| {
        let mut state = reader(request);
        state.read_text(automake::TOOLS, None);
        for (name, value) in &implied {
            if state.global(name).is_none_or(|it| it.origin <= value.origin) {
                state.globals.insert(name.clone(), Some(value.clone()));
            }
        }
        state.read_text(variables, None);
        if !state.read_makefile(path, name) {
            state.error(format!("{path}: No such file or directory"));
        }
        let made = automake_rules(&mut state);
        (state, made)
    };
    let (mut state, mut made) = read("");
    // Rules name lists of objects and lists of lists, which automake sets above all rules.
    let files = state.book.as_ref().map_or(&[][..], |it| it.files.as_slice());
    let names_lists = |text: &str| {
        let names = |it: &&str| text.contains(&format!("$({it})")) || text.contains(&format!("$({it}:"));
        text.contains("_OBJECTS)") || automake::AGGREGATES.iter().any(names)
    };
    if files.iter().any(|it| names_lists(request.project.source(*it).text())) {
        (state, made) = read(&made.variables);
    }
    let mut state = settled(request, state, path, name);
    state.read_text(&made.rules, None);
    state.set(".DEFAULT_GOAL", "all", Flavor::Recursive, VariableOrigin::File);
    database(state)
}

/// The rules read again, with the variables as they are in the end: automake moves all assignments above the rules.
fn settled<'a>(request: &'a Request<'a>, read: Expander<'a>, path: &str, name: &str) -> Expander<'a> {
    let mut res = reader(request);
    res.globals = read.globals;
    (res.used, res.deviations, res.offered) = (read.used, read.deviations, read.offered);
    let set = |res: &mut Expander, to| res.book.iter_mut().for_each(|it| it.settled = to);
    set(&mut res, true);
    res.read_makefile(path, name);
    set(&mut res, false);
    res
}

/// What automake adds to what was read.
fn automake_rules(state: &mut Expander) -> automake::Made {
    let set = state.globals.iter().filter(|it| it.1.is_some());
    let mut names: BTreeSet<String> = set.map(|it| it.0.to_string()).collect();
    // What one arm of a conditional assigns is assigned, to automake.
    let files = state.book.as_ref().map_or(&[][..], |it| it.files.as_slice());
    let sources: Vec<_> = files.iter().map(|it| state.request.project.source(*it)).collect();
    names.extend(sources.iter().flat_map(|it| assigned(it.text())));
    let targets = state.book.as_ref().map_or_else(FxHashMap::default, |it| it.targets.clone());
    // To automake, a rule for the words of a variable is none for these.
    let rules = state.book.as_ref().map_or(&[][..], |it| it.rules.as_slice());
    let is_spelt = |it: &&Name| it.span.is_none_or(|it| !state.request.project.text(it).starts_with('$'));
    let named = rules.iter().flat_map(|it| &it.targets).filter(is_spelt).map(|it| it.text.clone());
    let named: FxHashSet<String> = named.collect();
    let configured = state.request.configure.file.map(|it| state.request.project.source(it));
    let everywhere = configured.is_some_and(|it| it.text().contains("subdir-objects"));
    let own = targets.keys().filter_map(|it| it.strip_prefix('.')?.split_once('.')).filter(|it| is_suffix_pair(*it));
    let pairs: BTreeSet<String> = own.map(|(first, second)| format!(" .{first} .{second}")).collect();
    let (root, directory) = (&state.request.project.root, state.request.directory);
    let state = RefCell::new(state);
    let value = |name: &str| {
        let mut text = state.borrow_mut().expand(&format!("$({name})"), &Map::Nowhere);
        if everywhere && name == "AUTOMAKE_OPTIONS" {
            text.push_str(" subdir-objects");
        }
        text
    };
    let defines = |target: &str| named.contains(target);
    let has_recipe = |target: &str| targets.get(target).is_some_and(|it| it.recipe().is_some());
    let mentions = |word: &str| sources.iter().any(|it| it.text().split_ascii_whitespace().any(|it| it == word));
    let own = |path: &str| {
        let below = normalise(root, directory, path);
        let inside = if directory.is_empty() { Some(&*below) } else { below.strip_prefix(&format!("{directory}/")) };
        inside.map_or(path.to_owned(), str::to_owned)
    };
    let spelt = |name: &str| {
        let state = state.borrow();
        let variable = state.globals.get(name)?.as_ref().filter(|it| it.span.is_some())?;
        Some(variable.value.clone())
    };
    let written = |name: &str| {
        let state = state.borrow();
        let span = state.globals.get(name)?.as_ref()?.value_span?;
        state.request.project.source(span.file).text().get(span.range()).map(str::to_owned)
    };
    let own_suffixes = spelt("SUFFIXES").unwrap_or_default();
    let am = automake::Am {
        value: &value,
        spelt: &spelt,
        written: &written,
        names: &names,
        defines: &defines,
        has_recipe: &has_recipe,
        mentions: &mentions,
        own: &own,
    };
    let mut made = automake::rules(&am);
    let all: String = pairs.into_iter().collect();
    // automake clears the list: of make's own rules those for parsers and scripts are none there.
    let kept: Vec<String> = suffixes().into_iter().filter(|it| !UNKNOWN_TO_AUTOMAKE.contains(&it.as_str())).collect();
    made.rules.push_str(&format!(".SUFFIXES:\n.SUFFIXES: {}{all} .lo .obj {own_suffixes}\n", kept.join(" ")));
    made
}

/// Suffixes that automake lists only where it writes rules of its own for them.
const UNKNOWN_TO_AUTOMAKE: [&str; 12] =
    [".y", ".l", ".ym", ".yl", ".sh", ".out", ".p", ".r", ".w", ".ch", ".web", ".sym"];

/// The names that lines of a text assign, whatever conditionals are around them.
fn assigned(text: &str) -> impl Iterator<Item = String> {
    let mut continues = false;
    text.lines().filter_map(move |line| {
        let starts = !std::mem::replace(&mut continues, line.ends_with('\\')) && !line.starts_with(['\t', '#']);
        let line = line.trim_start();
        let end = line.find(|it: char| !(it.is_ascii_alphanumeric() || it == '_'))?;
        let is_assignment = ["=", "+=", ":="].iter().any(|it| line[end..].trim_start().starts_with(it));
        (starts && end > 0 && is_assignment).then(|| line[..end].to_owned())
    })
}

fn is_suffix_pair((first, second): (&str, &str)) -> bool {
    let plain = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
    plain(first) && plain(second)
}

fn suffixes() -> Vec<String> {
    builtin::SUFFIXES.split(' ').map(str::to_owned).collect()
}

fn database(mut state: Expander) -> Database {
    let mut book = *state.book.take().unwrap_or_default();
    let used = state.used.take().unwrap_or_default();
    let mut res = Database { directory: state.request.directory.to_owned(), ..Database::default() };
    let defaults = builtin::variables().iter().filter(|it| !state.globals.contains_key(*it.0));
    res.variables.extend(defaults.map(|(name, it)| ((*name).to_owned(), it.clone())));
    let globals = std::mem::take(&mut state.globals);
    res.variables.extend(globals.into_iter().filter_map(|(name, it)| Some((name.to_string(), it?))));
    res.default_goal = res.variables.get(".DEFAULT_GOAL").map(|it| it.value.trim().to_owned());
    res.default_goal = res.default_goal.take().filter(|it| !it.is_empty());
    offer_choices(&mut state, std::mem::take(&mut book.choices), &book);
    let named = std::mem::take(&mut book.named);
    if !named.is_empty() {
        let mut targets: Vec<String> = book.targets.keys().map(ToString::to_string).collect();
        targets.sort();
        state.offer_from_rules(named, &targets);
    }
    let no_builtin = no_builtin_rules(&res);
    if no_builtin && book.suffixes == suffixes() {
        book.suffixes.clear();
    }
    let is_made = |name: &str| {
        let mut patterns = book.implicit.iter().flat_map(|it| &it.targets);
        book.targets.contains_key(name) || patterns.any(|it| Pattern::new(&it.text).stem(name).is_some())
    };
    res.missing = std::mem::take(&mut book.missing);
    res.lacks_makefile = !res.missing.is_empty() || book.lacks_part;
    res.lacks_part = book.lacks_part;
    res.sought = std::mem::take(&mut book.sought);
    res.missing.retain(|it| !is_made(it));
    res.sought.extend(res.missing.iter().filter(|it| is_ignored(state.request, it)).cloned());
    res.rules = std::mem::take(&mut book.rules);
    res.rules.shrink_to_fit();
    res.implicit = implicit(&mut book, &res.rules, no_builtin);
    special_targets(&mut res);
    res.one_shell = book.one_shell;
    res.cut_short = state.budget.reported;
    res.effort = state.budget.taken();
    res.files = std::mem::take(&mut book.files);
    let project = state.request.project;
    // What a goal gives its own variables reaches all that it needs.
    res.asks_for_goals =
        !book.scopes.is_empty() || res.files.iter().any(|it| project.source(*it).text().contains("MAKECMDGOALS"));
    res.makefiles = std::mem::take(&mut book.makefiles);
    res.deviations = std::mem::take(&mut state.deviations);
    res.first_of_folders = std::mem::take(&mut book.first_of_folders);
    res.notes = std::mem::take(&mut state.notes);
    res.commands = std::mem::take(&mut state.commands);
    res.errors = std::mem::take(&mut state.errors);
    res.inputs = inputs(used.iter(), &res);
    res.book = book;
    res
}

/// Whether a `.gitignore` names a file that the tree lacks: somebody makes it.
fn is_ignored(request: &Request, name: &str) -> bool {
    let path = normalise(&request.project.root, request.directory, name);
    upwards(folder_of(&path)).any(|folder| {
        let below = path[folder.len()..].trim_start_matches('/');
        let last = name_of(below);
        let file = request.project.open(&normalise("", folder, ".gitignore"));
        let source = file.map(|it| request.project.source(it));
        let mut lines = source.iter().flat_map(|it| it.text().lines());
        lines.any(|it| it.trim() == last || it.trim().trim_start_matches('/') == below)
    })
}

/// Offers the values with which another makefile is read; what is read anyway is no choice, nor are files among which
/// such a one stands.
fn offer_choices(state: &mut Expander, choices: Vec<Choice>, book: &Book) {
    let project = state.request.project;
    let read: FxHashSet<String> = book.files.iter().map(|it| project.source(*it).path.clone()).collect();
    for Choice { alternatives, whole_folder } in choices {
        if whole_folder && alternatives.iter().any(|it| read.contains(&it.1)) {
            continue;
        }
        let others = alternatives.into_iter().filter(|it| !read.contains(&it.1) && !is_read_by_name(project, book, it));
        for (setting, _) in others {
            state.here = Some(setting.place);
            state.offer(setting.subject, &setting.value);
        }
    }
}

/// Whether a makefile whose name holds a variable's value is read by that name as it is, so that no variable chooses it.
fn is_read_by_name(project: &Project, book: &Book, (setting, path): &(Setting, String)) -> bool {
    let name = name_of(path);
    let reads = |line: &str| {
        let mut words = line.split([' ', '\t']).filter(|it| !it.is_empty());
        let includes = words.clone().next().is_some_and(|it| ["include", "-include", "sinclude"].contains(&it));
        let is_it = |word: &str| word.rsplit('/').next() == Some(name);
        if includes { words.any(is_it) } else { words.any(|it| it == "-f") && words.next().is_some_and(is_it) }
    };
    let sources = || book.files.iter().map(|it| project.source(*it));
    name.contains(&setting.value) && sources().any(|it| it.text().lines().any(|it| it.contains(name) && reads(it)))
}

/// Whether the makefile gives itself `-r`, or the make above does: its letters come first, without a dash.
pub(super) fn no_builtin_rules(database: &Database) -> bool {
    let flags = database.variables.get("MAKEFLAGS").map_or("", |it| it.value.as_str());
    flags.split_whitespace().enumerate().any(|(nth, it)| {
        let short = it.strip_prefix('-').or(Some(it).filter(|_| nth == 0));
        let short = short.filter(|it| it.bytes().all(|it| it.is_ascii_alphabetic()));
        it == "--no-builtin-rules" || short.is_some_and(|it| it.contains(['r', 'R']))
    })
}

fn special_targets(res: &mut Database) {
    for rule in &res.rules {
        let names = || rule.prerequisites.iter().map(|it| it.text.clone());
        for target in &rule.targets {
            match target.text.as_str() {
                ".PHONY" => res.phony.extend(names()),
                ".NOTPARALLEL" if rule.prerequisites.is_empty() => res.not_parallel = true,
                ".NOTPARALLEL" => res.serial_targets.extend(names()),
                _ => {}
            }
        }
    }
    // Before make 4.4 the prerequisites of .NOTPARALLEL did not count; the later meaning is told apart by its name.
}

/// The pattern rules in search order: those of the makefiles, suffix rules, built-in ones.
fn implicit(book: &mut Book, rules: &[Rule], no_builtin: bool) -> Vec<Rule> {
    let mut res = std::mem::take(&mut book.implicit);
    let mut seen: FxHashSet<(String, String)> = res.iter().map(key).collect();
    let mut add = |res: &mut Vec<Rule>, rule: Rule| {
        if seen.insert(key(&rule)) {
            res.push(rule);
        }
    };
    let own = |target: &str| book.targets.get(target).and_then(|it| it.recipe()).map(|it| &rules[it]);
    let built_in: FxHashMap<&str, &str> =
        if no_builtin { FxHashMap::default() } else { builtin::SUFFIX_RULES.iter().copied().collect() };
    let recipe = |target: &str| match own(target) {
        Some(rule) => Some((Some(rule), rule.recipe.to_vec())),
        None => built_in.get(target).map(|it| (None, lines(it))),
    };
    for last in &book.suffixes {
        // A rule for the suffix alone: no file needs another way to be made because of it.
        add(&mut res, pattern_rule(&format!("%{last}"), "", None, Vec::new(), false));
        if let Some((rule, recipe)) = recipe(last) {
            add(&mut res, pattern_rule("%", &format!("%{last}"), rule, recipe, true));
        }
        for first in &book.suffixes {
            let Some((rule, recipe)) = recipe(&format!("{last}{first}")) else { continue };
            let target = if first == ".a" { "(%.o)".to_owned() } else { format!("%{first}") };
            add(&mut res, pattern_rule(&target, &format!("%{last}"), rule, recipe, true));
        }
    }
    if !no_builtin {
        for (target, terminal, prerequisites, recipe) in builtin::PATTERN_RULES {
            let mut rule = pattern_rule(target, prerequisites, None, lines(recipe), true);
            rule.double_colon = *terminal;
            rule.kind = RuleKind::Implicit;
            add(&mut res, rule);
        }
    }
    res
}

fn key(rule: &Rule) -> (String, String) {
    let names = |it: &[Name]| it.iter().map(|it| it.text.as_str()).collect::<Vec<_>>().join(" ");
    let second = rule.second.as_ref().map_or("", |it| it.0.as_str());
    (names(&rule.targets), format!("{}|{}{second}", names(&rule.prerequisites), names(&rule.order_only)))
}

fn pattern_rule(
    target: &str,
    prerequisites: &str,
    from: Option<&Rule>,
    recipe: Vec<RecipeLine>,
    has_recipe: bool,
) -> Rule {
    let name = |it: &str| Name { text: it.to_owned(), span: None };
    Rule {
        targets: Box::new([name(target)]),
        kind: RuleKind::Suffix,
        prerequisites: prerequisites.split_whitespace().map(name).collect(),
        order_only: Box::default(),
        target_pattern: None,
        has_recipe,
        recipe: recipe.into(),
        span: from.and_then(|it| it.span),
        computed: from.is_some_and(|it| it.computed),
        double_colon: false,
        grouped: false,
        second: None,
    }
}

fn lines(text: &str) -> Vec<RecipeLine> {
    text.lines().map(|it| RecipeLine { text: it.into(), ..RecipeLine::default() }).collect()
}

/// What a set of looked-at names says about the configuration: substituted variables, and variables of make that a
/// deviation may set. What a simple variable was computed from counts with it.
pub(crate) fn inputs<'a>(used: impl Iterator<Item = &'a Arc<str>>, database: &Database) -> Inputs {
    let variable = |it: &Setting| match &it.subject {
        Subject::Make(_) | Subject::MakeVersion => Some(it.subject.name().to_owned()),
        _ => None,
    };
    let varied: BTreeSet<String> = database.deviations.iter().filter_map(variable).collect();
    // With each name, whether what it refers to counts too: it does below a simple variable, whose text is computed
    // already; a recursive one was expanded when its name was looked at.
    let mut seen: FxHashSet<(Arc<str>, bool)> = FxHashSet::default();
    let mut waiting: Vec<(Arc<str>, bool)> = used.map(|it| (it.clone(), false)).collect();
    waiting.sort();
    let mut res = Inputs::default();
    while let Some((name, deep)) = waiting.pop() {
        if !seen.insert((name.clone(), deep)) {
            continue;
        }
        if let Some(name) = name.strip_prefix('@').and_then(|it| it.strip_suffix('@')) {
            res.names.insert(name.to_owned());
            continue;
        }
        let given = if &*name == ".FEATURES" { "MAKE_VERSION" } else { &*name };
        if varied.contains(given) {
            res.names.insert(given.to_owned());
        }
        if let Some(variable) = database.variables.get(&*name) {
            sources_of(variable, deep, &mut waiting);
        }
    }
    res
}

fn sources_of(variable: &Variable, deep: bool, found: &mut Vec<(Arc<str>, bool)>) {
    let value = (&variable.value, &variable.map);
    let own = variable.definition.iter().map(|it| (&it.0, &it.1)).chain([value]);
    for (text, map) in own {
        found.extend(map.names(0..text.len()).map(|it| (it.clone(), true)));
        if deep || variable.flavor == Flavor::Simple {
            found.extend(scan::reference_names(text).map(|it| (it.into(), true)));
        }
    }
}
