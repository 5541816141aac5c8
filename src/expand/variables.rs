//! Variables: scopes, assignment, and the state that an evaluation carries.
//!
//! Knows nothing of rules.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::book::Book;
use super::builtin;
use super::limits::Budget;
use super::memory::Memory;
use super::recipe::Automatic;
use super::spelling::{Builder, Map, Text};
use super::{Flavor, Request, Variable, VariableOrigin};
use crate::configure::{Note, Setting, Subject, What};
use crate::source::Span;
use crate::syntax::make::scan::Operator;
use crate::text::{display, unknown};

/// Variables of a target, of a `call`, of a `foreach`.
pub(crate) type Scope = FxHashMap<Arc<str>, Arc<Variable>>;

/// The state of an evaluation that expansion needs: variables and limits.
pub(crate) struct Expander<'a> {
    pub(crate) request: &'a Request<'a>,
    /// Variables of a finished reading; while reading, none.
    database: Option<&'a BTreeMap<String, Arc<Variable>>>,
    /// Set here; `None` where undefined.
    pub(crate) globals: FxHashMap<Arc<str>, Option<Arc<Variable>>>,
    /// Innermost last.
    pub(crate) locals: Vec<Scope>,
    /// Those of a recipe.
    pub(crate) automatic: Option<Automatic<'a>>,
    /// Recursive variables under expansion, and whether `call` allows them to name themselves.
    pub(crate) expanding: Vec<(*const Variable, bool)>,
    pub(crate) budget: Budget,
    /// Arguments of the calls around, the name among them: as many are hidden from a call in them.
    pub(crate) called_with: usize,
    /// Variables looked at, where that is wanted.
    pub(crate) used: Option<FxHashSet<Arc<str>>>,
    pub(crate) deviations: Vec<Setting>,
    pub(crate) offered: FxHashSet<(Subject, String)>,
    pub(crate) notes: Vec<Note>,
    /// Commands that may make folders.
    pub(crate) commands: BTreeSet<String>,
    /// Whether a variable was asked for that nobody sets, and whose name does not say that it holds no options.
    pub(crate) open: bool,
    pub(crate) noted: FxHashSet<String>,
    pub(crate) errors: Vec<(Option<Span>, String)>,
    /// Whether the last comparison was with the empty text.
    pub(crate) compared_with_nothing: bool,
    /// Whether the last comparison was with a file that the tree lacks.
    pub(crate) looked_in_vain: bool,
    /// Whether a variable was looked at that nobody sets.
    pub(crate) asked_in_vain: bool,
    /// Comparisons and conditions around what is expanded.
    pub(crate) comparing: usize,
    /// Conditions around that cannot be known, where both sides are looked at.
    pub(crate) undecided: usize,
    /// The statement that is evaluated.
    pub(crate) here: Option<Span>,
    /// What was expanded already.
    pub(crate) memory: Memory,
    /// The rules read so far; none once the reading is over.
    pub(crate) book: Option<Box<Book>>,
}

/// One assignment.
pub(crate) struct Assign<'t> {
    pub(crate) name: Cow<'t, str>,
    pub(crate) operator: Operator,
    /// Unexpanded.
    pub(crate) value: Text<'t>,
    pub(crate) origin: VariableOrigin,
    /// The whole statement.
    pub(crate) span: Option<Span>,
}

impl<'a> Expander<'a> {
    /// The state at the start of a reading: what the command line, the configuration and the environment set.
    pub(crate) fn new(request: &'a Request<'a>) -> Expander<'a> {
        let mut res = Expander::over(request, None);
        for (name, value) in request.environment {
            res.set(name, value, Flavor::Recursive, VariableOrigin::Environment);
        }
        let root = &request.project.root;
        let directory = match request.directory {
            "" => root.clone(),
            below => format!("{root}/{below}"),
        };
        res.set("CURDIR", &directory, Flavor::Simple, VariableOrigin::File);
        res.set("PWD", &directory, Flavor::Recursive, VariableOrigin::Environment);
        res.set("SHELL", "/bin/sh", Flavor::Recursive, VariableOrigin::File);
        res.set("MAKECMDGOALS", &request.goals.join(" "), Flavor::Simple, VariableOrigin::Default);
        if request.goals.is_empty() {
            res.globals.remove("MAKECMDGOALS");
        }
        for name in ["HOME", "PATH", "USER", "LOGNAME"] {
            if !res.globals.contains_key(name) {
                res.set(name, &unknown(&format!("$({name})")), Flavor::Recursive, VariableOrigin::Environment);
            }
        }
        // Names what the environment holds, too; as a value, what is known of it.
        res.set(".VARIABLES", &unknown("$(.VARIABLES)"), Flavor::Simple, VariableOrigin::Default);
        for (name, value) in request.command_line {
            res.set(name, value, Flavor::Recursive, VariableOrigin::CommandLine);
        }
        for setting in &request.configuration.settings {
            match &setting.subject {
                // What a sub-make is given by the recipe that runs it stands after what it inherits.
                Subject::Make(name) if request.command_line.iter().any(|it| it.0 == *name) => {}
                Subject::Make(name) => res.set(name, &setting.value, Flavor::Recursive, VariableOrigin::CommandLine),
                Subject::MakeVersion => {
                    res.set("MAKE_VERSION", &setting.value, Flavor::Simple, VariableOrigin::Default);
                    let features = builtin::OLD_FEATURES;
                    res.set(".FEATURES", features, Flavor::Simple, VariableOrigin::Default);
                }
                _ => {}
            }
        }
        res
    }

    /// The state after a reading.
    pub(crate) fn over(
        request: &'a Request<'a>,
        database: Option<&'a BTreeMap<String, Arc<Variable>>>,
    ) -> Expander<'a> {
        Expander {
            request,
            database,
            globals: FxHashMap::default(),
            locals: Vec::new(),
            automatic: None,
            expanding: Vec::new(),
            budget: if database.is_some() { Budget::of_target(usize::MAX) } else { Budget::of_reading() },
            called_with: 0,
            used: None,
            deviations: Vec::new(),
            offered: FxHashSet::default(),
            notes: Vec::new(),
            commands: BTreeSet::new(),
            open: false,
            noted: FxHashSet::default(),
            errors: Vec::new(),
            compared_with_nothing: false,
            looked_in_vain: false,
            asked_in_vain: false,
            comparing: 0,
            undecided: 0,
            here: None,
            memory: Memory::default(),
            book: None,
        }
    }

    /// Sets a global variable to a text without place.
    pub(crate) fn set(&mut self, name: &str, value: &str, flavor: Flavor, origin: VariableOrigin) {
        let variable = Variable::plain(value, flavor, origin);
        self.changes(name);
        self.globals.insert(name.into(), Some(Arc::new(variable)));
    }

    /// The variable that a name means here.
    pub(crate) fn lookup(&self, name: &str) -> Option<Arc<Variable>> {
        self.lookup_below(name, self.locals.len())
    }

    /// The variable that a name means outside the innermost scopes.
    pub(crate) fn lookup_below(&self, name: &str, scopes: usize) -> Option<Arc<Variable>> {
        for scope in self.locals[..scopes].iter().rev() {
            if let Some(found) = scope.get(name) {
                return Some(found.clone());
            }
        }
        let automatic = self.automatic.as_ref().filter(|_| name.len() == 1);
        automatic.and_then(|it| it.get(name)).or_else(|| self.global(name))
    }

    /// Remembers that a variable was asked for that nobody sets.
    pub(crate) fn unset(&mut self, name: &str) {
        const OTHERS: [&str; 9] = ["FLAGS", "LIB", "LDADD", "DEF", "INC", "OBJ", "SRC", "TARGET_", "ARCH"];
        let quiet = ["Q", "V", "AT", "E"].contains(&name);
        self.open |=
            !quiet && !OTHERS.iter().any(|it| name.contains(it)) && !name.bytes().all(|it| it.is_ascii_digit());
    }

    /// The global variable of a name.
    pub(crate) fn global(&self, name: &str) -> Option<Arc<Variable>> {
        match (self.globals.get(name), self.database) {
            (Some(found), _) => found.clone(),
            (None, Some(database)) => database.get(name).cloned(),
            (None, None) => builtin::variables().get(name).cloned(),
        }
    }

    /// The value of `.VARIABLES`: what make, the makefiles and the command line have set so far, where that is not much, and
    /// what else the environment holds, which is not known.
    pub(crate) fn names_of_variables(&self) -> Option<String> {
        const MOST: usize = 1_000;
        let set = |it: &Arc<Variable>| it.origin != VariableOrigin::Environment;
        let own = self.globals.iter().filter_map(|it| it.1.as_ref().map(|variable| (&**it.0, variable)));
        let read = self.database.into_iter().flatten().map(|it| (it.0.as_str(), it.1));
        let built_in = builtin::variables().iter().map(|it| (*it.0, it.1));
        let mut names: Vec<&str> = own.chain(read).chain(built_in).filter(|it| set(it.1)).map(|it| it.0).collect();
        names.sort_unstable();
        names.dedup();
        (names.len() <= MOST).then(|| format!("{} {}", names.join(" "), unknown("$(.VARIABLES)")))
    }

    /// Makes an assignment in the global scope.
    pub(crate) fn assign(&mut self, assign: Assign) {
        let name: Arc<str> = assign.name.as_ref().into();
        if name.is_empty() {
            self.error("empty variable name");
        }
        let old = self.global(&name);
        if old.as_ref().is_some_and(|it| it.origin > assign.origin) {
            return;
        }
        self.changes(&name);
        if assign.operator == Operator::Conditional && old.is_some() {
            return;
        }
        if assign.operator == Operator::Append
            && let Some(old) = old
        {
            let expanded = (old.flavor == Flavor::Simple).then(|| self.apart(&assign.value));
            // Taken out of the table, so that a long series of += does not copy the value each time.
            drop(old);
            let owned = self.globals.get_mut(&name).and_then(Option::take);
            let old = owned.or_else(|| self.base(&name)).unwrap_or_default();
            let appended = appended(old, assign, expanded);
            self.globals.insert(name, Some(appended));
            return;
        }
        let is_own_folder = assign.operator == Operator::Conditional && assign.value.text.trim() == ".";
        let mut variable = self.variable(assign);
        match old {
            Some(old) => variable.export = old.export,
            None if is_own_folder => self.offer_other_folder(&name, variable.span),
            None => {}
        }
        self.globals.insert(name, Some(Arc::new(variable)));
    }

    /// Offers another folder for a variable (`OBJ ?= .`) below which rules make their targets.
    fn offer_other_folder(&mut self, name: &str, span: Option<Span>) {
        let Some(span) = span.filter(|_| self.locals.is_empty()) else { return };
        let is_of_sources = names_sources(name);
        let source = self.request.project.source(span.file);
        let below = [format!("$({name})/"), format!("${{{name}}}/")];
        let is_made = |it: &str| below.iter().any(|below| it.starts_with(below.as_str())) && it.contains(':');
        if !is_of_sources && source.text().lines().any(is_made) {
            let here = self.here.replace(span);
            self.offer(Subject::Make(name.to_owned()), "out");
            self.here = here;
        }
    }

    fn base(&self, name: &str) -> Option<Arc<Variable>> {
        match self.database {
            Some(database) => database.get(name).cloned(),
            None => builtin::variables().get(name).cloned(),
        }
    }

    /// Makes an assignment for a target whose scope is the innermost one.
    pub(crate) fn assign_local(&mut self, assign: Assign) -> Arc<str> {
        let name: Arc<str> = assign.name.as_ref().into();
        if name.is_empty() {
            self.error("empty variable name");
        }
        let innermost = self.locals.len() - 1;
        let own = self.locals[innermost].get(&name).cloned();
        if self.global(&name).is_some_and(|it| it.origin > assign.origin) {
            return name;
        }
        if assign.operator == Operator::Conditional && self.lookup(&name).is_some() {
            return name;
        }
        let variable = match (assign.operator, own) {
            (Operator::Append, Some(own)) => {
                let expanded = (own.flavor == Flavor::Simple).then(|| self.apart(&assign.value));
                appended(own, assign, expanded)
            }
            (Operator::Append, None) => {
                let mut variable = self.variable(assign);
                variable.append = true;
                Arc::new(variable)
            }
            _ => Arc::new(self.variable(assign)),
        };
        self.locals[innermost].insert(name.clone(), variable);
        name
    }

    /// The variable that an assignment makes where there was none.
    fn variable(&mut self, assign: Assign) -> Variable {
        let value_span = assign.value.map.place(0..assign.value.text.len());
        let mut res = Variable {
            flavor: Flavor::Recursive,
            origin: assign.origin,
            value_span,
            span: assign.span,
            ..Variable::default()
        };
        match assign.operator {
            Operator::Simple => {
                res.flavor = Flavor::Simple;
                res.value = self.apart(&assign.value);
                res.definition.push((assign.value.text.into_owned(), assign.value.map));
            }
            Operator::Shell => {
                let command = self.apart(&assign.value);
                res.value = self.shell_text(&command);
            }
            _ => {
                res.value = assign.value.text.into_owned();
                res.map = assign.value.map;
            }
        }
        res
    }

    /// A value expanded for an assignment: what it looks at does not shape the rules yet.
    fn apart(&mut self, value: &Text) -> String {
        let used = self.used.take();
        let res = self.expand(&value.text, &value.map);
        self.used = used;
        res
    }

    /// Forgets a variable.
    pub(crate) fn undefine(&mut self, name: &str, origin: VariableOrigin) {
        if self.global(name).is_some_and(|it| it.origin <= origin) {
            self.changes(name);
            self.globals.insert(name.into(), None);
        }
    }

    /// Has what was expanded with a variable be expanded again.
    fn changes(&mut self, name: &str) {
        if !self.memory.is_empty() && self.used.as_ref().is_none_or(|it| it.contains(name)) {
            self.memory.clear();
        }
    }

    /// Marks a variable as exported or not; one that is not there becomes an empty one.
    pub(crate) fn export(&mut self, name: &str, exported: bool) {
        let mut variable = match self.globals.get_mut(name).and_then(Option::take) {
            Some(found) => found,
            None => {
                self.base(name).unwrap_or_else(|| Arc::new(Variable::plain("", Flavor::Simple, VariableOrigin::File)))
            }
        };
        Arc::make_mut(&mut variable).export = Some(exported);
        self.globals.insert(name.into(), Some(variable));
    }

    /// The output of a command, or what stands for it where it is not known without running it.
    pub(crate) fn shell_text(&mut self, command: &str) -> String {
        if matches!(command.trim(), "pwd" | "/bin/pwd")
            && let Some(directory) = self.global("CURDIR")
        {
            return directory.value.clone();
        }
        const READERS: [&str; 7] = ["cat ", "<", "sed ", "awk ", "grep ", "head ", "cut "];
        let makes_folders = command.contains("mkdir") || command.contains("install");
        // A program with a folder in its name may be one that a rule makes.
        let runs_made =
            || command.split_whitespace().next().is_some_and(|it| it.contains('/')) || command.contains("./");
        let reads = || self.automatic.is_some() && (READERS.iter().any(|it| command.contains(it)) || runs_made());
        if makes_folders || reads() {
            self.commands.insert(command.to_owned());
        }
        if let Some(printed) = (self.request.shell)(self.request.project, self.request.directory, command) {
            return printed;
        }
        let call = format!("$(shell {command})");
        self.note(What::Value, &display(&call));
        unknown(&call)
    }

    /// Records an error of make.
    pub(crate) fn error(&mut self, message: impl Into<String>) {
        self.memory.others += 1;
        if self.errors.len() < 1000 {
            self.errors.push((self.here, message.into()));
        }
    }

    /// Records something that is not modelled.
    pub(crate) fn note(&mut self, what: What, name: &str) {
        if self.noted.insert(name.to_owned()) {
            self.notes.push(Note { what, name: name.to_owned(), place: self.here });
        }
    }

    /// Offers a value that a subject may have instead.
    pub(crate) fn offer(&mut self, subject: Subject, value: &str) {
        let Some(place) = self.here else { return };
        // One answer for all calls of a function, or to whether headers' lists are there yet, says nothing of a build.
        if matches!(&subject, Subject::Test(test) if has_parameter(test) || asks_for_lists(test)) {
            return;
        }
        if self.offered.insert((subject.clone(), value.to_owned())) {
            self.deviations.push(Setting { subject, value: value.to_owned(), place });
        }
    }
}

/// Whether a text refers to what a function was given: `$(1)`.
fn has_parameter(text: &str) -> bool {
    let refers = |it: &str| {
        let it = it.strip_prefix(['(', '{']).unwrap_or(it);
        it.starts_with(|it: char| it.is_ascii_digit() && it != '0')
    };
    text.replace("$$", "").split('$').skip(1).any(refers)
}

/// Whether a test looks for the lists of headers that compilers write beside objects: `$(wildcard obj/*.d)`.
fn asks_for_lists(test: &str) -> bool {
    const LISTS: [&str; 6] = ["*.d)", "=.d)", "*.dep)", "=.dep)", "*.Po)", "*.P)"];
    test.contains("$(wildcard ") && LISTS.iter().any(|it| test.contains(it))
}

/// Whether a variable is called as those that hold the folder of the sources, or what is installed below.
pub(crate) fn names_sources(name: &str) -> bool {
    ["src", "source", "top", "root"].iter().any(|it| name.to_lowercase().contains(it))
}

impl Variable {
    /// A variable that no makefile sets.
    pub(crate) fn plain(value: &str, flavor: Flavor, origin: VariableOrigin) -> Variable {
        Variable { value: value.to_owned(), flavor, origin, ..Variable::default() }
    }

    /// A recursive variable of a makefile.
    pub(crate) fn of_text(value: Text) -> Variable {
        let (flavor, origin) = (Flavor::Recursive, VariableOrigin::File);
        let value_span = value.map.place(0..value.text.len());
        Variable { value: value.text.into_owned(), map: value.map, flavor, origin, value_span, ..Variable::default() }
    }

    /// What it was set to, before expansion.
    pub(crate) fn spelling(&self) -> Vec<String> {
        match self.flavor {
            Flavor::Recursive => vec![self.value.clone()],
            Flavor::Simple => self.definition.iter().map(|it| it.0.clone()).collect(),
        }
    }
}

/// A variable with more text at its end; a simple one takes the expanded text.
fn appended(mut old: Arc<Variable>, assign: Assign, expanded: Option<String>) -> Arc<Variable> {
    if expanded.as_deref().unwrap_or(&assign.value.text).is_empty() {
        return old;
    }
    let variable = Arc::make_mut(&mut old);
    variable.origin = variable.origin.max(assign.origin);
    variable.span = variable.span.or(assign.span);
    let separator = if variable.value.is_empty() { "" } else { " " };
    match expanded {
        Some(text) => {
            variable.value.push_str(separator);
            variable.value.push_str(&text);
            variable.definition.push((assign.value.text.into_owned(), assign.value.map));
        }
        None => {
            let mut map = Builder::after(std::mem::take(&mut variable.map), variable.value.len());
            map.push(&Map::Nowhere, 0..separator.len());
            map.push(&assign.value.map, 0..assign.value.text.len());
            variable.map = map.finish();
            variable.value.push_str(separator);
            variable.value.push_str(&assign.value.text);
        }
    }
    old
}
