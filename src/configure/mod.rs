//! configure.ac (or configure.in) and the macros it calls from the tree: which value each substituted variable can
//! have, and when. m4 and the shell are read, never run.
//!
//! Knows nothing of makefiles but the form `@NAME@`.

mod arms;
mod calls;
mod condition;
mod deviations;
mod evaluate;
mod expansion;
mod glob;
mod m4;
mod macros;
mod mapped;
mod model;
mod reach;
mod rescue;
mod sites;
mod structure;
#[cfg(test)]
mod tests;
mod values;
mod walk;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::source::{FileId, Project, Span, folder_of};
use crate::text::{Origin, Traced, is_unknown_char, unknown};

pub use sites::ValuePart;

use model::Model;

/// What is fixed when a makefile is evaluated. With nothing fixed each `case` takes its `*` arm (or none; of an unknown
/// system, that for Linux), each test its `else`, users override nothing and give no `--enable`; that is the base, where
/// make goes on with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Configuration {
    /// Sorted by subject.
    pub settings: Vec<Setting>,
}

/// A subject and the value that it has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Setting {
    /// What is set.
    pub subject: Subject,
    /// The value as the text spells it: a `case` pattern (`AIX*`), a word of `ifeq`, `TRUE`/`FALSE`, `true`/`false`.
    pub value: String,
    /// The pattern, conditional or test that names the value.
    pub place: Span,
}

/// What a configuration can vary.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A shell variable of configure.ac, set to what matches a pattern.
    Shell(String),
    /// An automake conditional (`@X_TRUE@`, `if X`): `TRUE` or `FALSE`.
    Conditional(String),
    /// A variable of make, as a user or an included file sets it.
    Make(String),
    /// A test whose outcome cannot be known, by its text: `true` or `false`.
    Test(String),
    /// The version of make, `4.3` or `4.2`: text tests for features.
    MakeVersion,
}

impl Subject {
    /// The name that reports show.
    pub fn name(&self) -> &str {
        match self {
            Subject::Shell(name) | Subject::Conditional(name) | Subject::Make(name) | Subject::Test(name) => name,
            Subject::MakeVersion => "MAKE_VERSION",
        }
    }
}

impl Setting {
    /// Whether the value may say no more than that the variable is set (`ifdef X`).
    pub fn is_stand_in(&self) -> bool {
        matches!(self.subject, Subject::Make(_)) && ["1", "y", "yes"].contains(&self.value.as_str())
    }
}

impl Configuration {
    /// With one more setting; one on the same subject is replaced.
    pub fn with(&self, setting: Setting) -> Configuration {
        let mut settings: Vec<Setting> =
            self.settings.iter().filter(|it| it.subject != setting.subject).cloned().collect();
        settings.push(setting);
        settings.sort();
        Configuration { settings }
    }

    /// The value of a subject, if it is fixed.
    pub fn value(&self, subject: &Subject) -> Option<&str> {
        self.settings.iter().find(|it| it.subject == *subject).map(|it| it.value.as_str())
    }

    /// `base`, or `plat=juno*, X=TRUE`.
    pub fn name(&self) -> String {
        if self.settings.is_empty() {
            return "base".to_owned();
        }
        let settings: Vec<String> =
            self.settings.iter().map(|it| format!("{}={}", it.subject.name(), it.value)).collect();
        settings.join(", ")
    }
}

/// What a configure.ac says.
#[derive(Clone, Debug, Default)]
pub struct Configure {
    /// configure.ac itself.
    pub file: Option<FileId>,
    /// Files that config.status makes: output path -> its templates, relative to the project's root.
    pub outputs: BTreeMap<String, Vec<String>>,
    /// What was met and is not modelled.
    pub notes: Vec<Note>,
    model: Arc<Model>,
}

impl Configure {
    /// What config.status makes of a template, or of the Makefile.am of which automake makes the template.
    pub fn output_of(&self, makefile: &str) -> Option<&str> {
        let template = makefile.strip_suffix(".am").map(|it| format!("{it}.in"));
        let template = template.as_deref().unwrap_or(makefile);
        let made =
            self.outputs.iter().find(|(_, templates)| templates.iter().any(|it| it == makefile || it == template));
        made.map(|it| it.0.as_str())
    }
}

/// The Makefile.am of which automake makes a template.
pub fn source_of_automake(project: &Project, template: &str) -> Option<String> {
    template.strip_suffix(".in").map(|it| format!("{it}.am")).filter(|it| project.exists(it))
}

/// Something that was met and is not modelled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// Kind of thing.
    pub what: What,
    /// Its name or text.
    pub name: String,
    /// Where.
    pub place: Option<Span>,
}

/// Kinds of things that are not modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A command of a recipe without a model.
    Command,
    /// A value that cannot be known.
    Value,
    /// A construct of make, shell or m4.
    Construct,
}

/// An assignment to a shell variable of configure.ac, as fixes need it.
#[derive(Clone, Debug, PartialEq)]
pub struct ShellAssignment {
    /// The variable.
    pub name: String,
    /// `NAME=value`; in a macro, which is given the name or a part of it, `$1=value` or the value alone.
    pub span: Span,
    /// The value with its quotes.
    pub value_span: Span,
    /// The `case` arms and branches around it, outermost first.
    pub guards: Vec<Guard>,
}

/// An arm that stands around an assignment.
#[derive(Clone, Debug, PartialEq)]
pub struct Guard {
    /// Subject as reports name it: `plat`, or the test's text.
    pub subject: String,
    /// Pattern or `true`/`false`.
    pub value: String,
    /// Pattern or condition.
    pub place: Span,
}

/// Reads the configure.ac (or configure.in) at `path`, with the macros of the tree that it calls
/// (`aclocal.m4`, `acinclude.m4`, `m4/*.m4`, `m4_include`). A tree without one gives the default.
pub fn read(project: &Project, path: &str) -> Configure {
    let Some(file) = project.open(path) else { return Configure::default() };
    let structure = structure::read(project, file);
    let folder = folder_of(path);
    let (mut model, sourced) = walk::model(project, folder, &structure);
    model.substituted = structure.substituted;
    let sources = structure.sources.iter().chain(&sourced);
    model.sources = sources.map(|it| (*it, project.source(*it))).collect();
    model.tree = Some((project.clone(), folder.to_owned()));
    let mut notes = structure.notes;
    notes.append(&mut model.notes);
    let mut res = Configure { file: Some(file), outputs: structure.outputs, notes, model: Arc::new(model) };
    for (variable, note) in structure.listed_by_variable {
        let words: Vec<String> =
            res.values(&variable).iter().flat_map(|it| it.split_whitespace()).map(str::to_owned).collect();
        let found = words.iter().filter_map(|it| calls::output(project, folder, it));
        let found: Vec<_> = found.filter(|it| it.1.iter().any(|it| project.exists(it))).collect();
        if found.is_empty() {
            res.notes.push(note);
        }
        res.outputs.extend(found);
    }
    res.notes.sort();
    res.notes.dedup();
    res
}

impl Configure {
    /// What `@name@` becomes under a configuration: make text, unknown parts marked (`text::unknown`, spelt `@name@` where
    /// the whole is unknown), each piece with the place where it is spelt. `None` where configure substitutes no such
    /// name as far as can be seen.
    pub fn substitution(&self, name: &str, configuration: &Configuration) -> Option<Traced> {
        if let Some(value) = self.settled(name, configuration) {
            return Some(value);
        }
        if !self.substitutes(name) {
            return None;
        }
        self.substituted_by(name, self.model.evaluate(configuration, |it| it.last(name)))
    }

    /// The same for every name that the text substitutes, sorted.
    pub fn substitutions(&self, configuration: &Configuration) -> Vec<(&str, Option<Traced>)> {
        let mut res: Vec<_> = self.substituted().map(|it| (it, self.settled(it, configuration))).collect();
        let mut left: Vec<_> = res.iter_mut().filter(|it| it.1.is_none()).collect();
        let values: Vec<_> =
            self.model.evaluate(configuration, |model| left.iter().map(|it| model.last(it.0)).collect());
        for (it, value) in left.iter_mut().zip(values) {
            it.1 = self.substituted_by(it.0, value);
        }
        res
    }

    /// What `@name@` becomes where no shell variable tells.
    fn settled(&self, name: &str, configuration: &Configuration) -> Option<Traced> {
        if let Some(value) = self.conditional_text(name, configuration) {
            return Some(value);
        }
        // The user names the place of installation; what configure.ac makes of it moves every path alike.
        let places = [("prefix", "/usr/local"), ("exec_prefix", "${prefix}")];
        let place = places.into_iter().find(|it| it.0 == name && self.file.is_some())?;
        Some(Traced::plain(place.1))
    }

    /// What `@name@` becomes where the shell variable has a value in the end.
    fn substituted_by(&self, name: &str, value: Option<Arc<Traced>>) -> Option<Traced> {
        let is_assigned = !self.model.of(name).is_empty();
        match value {
            Some(value) if value.text.is_empty() || !value.text.chars().all(is_unknown_char) => Some((*value).clone()),
            None if is_assigned => Some(Traced::default()),
            _ => {
                let mut res = Traced::default();
                let place = self.subst_span(name);
                res.push(&unknown(&format!("@{name}@")), place.map(Origin::Derived));
                Some(res)
            }
        }
    }

    /// Whether it calls macros that are defined elsewhere, which may substitute what nothing else tells.
    pub fn calls_unknown_macros(&self) -> bool {
        let is_macro = |name: &str| {
            let name = name.split('(').next().unwrap_or_default();
            name.contains('_') && name.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_')
        };
        self.notes.iter().any(|it| it.what == What::Construct && is_macro(&it.name))
    }

    /// Whether configure substitutes `@name@`, as far as can be seen.
    pub fn substitutes(&self, name: &str) -> bool {
        self.file.is_some() && (self.model.substituted.contains_key(name) || macros::is_always_substituted(name))
    }

    /// The names that the text substitutes, sorted.
    pub fn substituted(&self) -> impl Iterator<Item = &str> {
        self.model.substituted.keys().map(String::as_str)
    }

    /// Whether the automake conditional `name` is true; `None` where that cannot be known.
    pub fn conditional(&self, name: &str, configuration: &Configuration) -> Option<bool> {
        if let Some(set) = configuration.value(&Subject::Conditional(name.to_owned())) {
            return Some(set == "TRUE");
        }
        let truth = self.conditional_truth(name, configuration)?;
        truth.certain.then_some(truth.value)
    }

    fn conditional_truth(&self, name: &str, configuration: &Configuration) -> Option<evaluate::Truth> {
        let calls = self.model.conditionals.get(name)?;
        self.model.evaluate(configuration, |evaluation| {
            // The last call that is reached counts.
            let parents = &self.model.parents;
            let reached = calls.iter().rev().find(|it| evaluation.holds(parents[it.choice]));
            let model::Choice::If(conditions) = &self.model.choices[reached?.choice] else { return None };
            let (condition, point) = conditions.first()?;
            Some(evaluation.truth(condition, *point))
        })
    }

    /// `X_TRUE` and `X_FALSE`: nothing, or `#` where the lines that it begins do not hold. Where the test cannot be known,
    /// it does not hold.
    fn conditional_text(&self, name: &str, configuration: &Configuration) -> Option<Traced> {
        let (conditional, wanted) = match name.strip_suffix("_TRUE") {
            Some(it) => (it, true),
            None => (name.strip_suffix("_FALSE")?, false),
        };
        let calls = self.model.conditionals.get(conditional)?;
        let truth = self
            .conditional(conditional, configuration)
            .unwrap_or_else(|| self.conditional_truth(conditional, configuration).is_some_and(|it| it.value));
        let mut res = Traced::default();
        if truth != wanted {
            res.push("#", calls.last().and_then(|it| it.place).map(Origin::Derived));
        }
        Some(res)
    }

    /// The settings, one at a time, under which the value of `@name@` (or the automake conditional `name`) differs
    /// from the base, in source order without repetition.
    pub fn deviations(&self, name: &str) -> Vec<Setting> {
        if let Ok(known) = self.model.deviations.lock()
            && let Some(res) = known.get(name)
        {
            return res.to_vec();
        }
        let res = Arc::new(self.deviations_from(name, &Configuration::default()));
        if let Ok(mut known) = self.model.deviations.lock() {
            known.insert(name.to_owned(), res.clone());
        }
        res.to_vec()
    }

    /// As [`Configure::deviations`], from another configuration than the base: what a second setting can change, such as
    /// a test inside the arm that the first one selects.
    pub fn deviations_from(&self, name: &str, from: &Configuration) -> Vec<Setting> {
        let conditional = name.strip_suffix("_TRUE").or(name.strip_suffix("_FALSE")).unwrap_or(name);
        let Some(calls) = self.model.conditionals.get(conditional) else {
            let value = |it: &Configuration| self.substitution(name, it).map(|it| it.text);
            return deviations::changing(self.model.candidates(name), from, value);
        };
        let value = |it: &Configuration| self.conditional_truth(conditional, it).map(|it| it.value);
        let candidates = calls.iter().map(|it| self.model.conditional_candidates(it)).collect::<Vec<_>>().concat();
        let is_free = !candidates.is_empty();
        let mut res = deviations::changing(candidates, from, value);
        let Some(place) = calls.iter().find_map(|it| it.place) else { return res };
        let other_values: &[&str] = match self.conditional(conditional, from) {
            None => &["TRUE", "FALSE"],
            // It hangs on several probes, none of which alone changes it.
            Some(false) if res.is_empty() && is_free => &["TRUE"],
            Some(true) if res.is_empty() && is_free => &["FALSE"],
            Some(_) => &[],
        };
        for value in other_values {
            let subject = Subject::Conditional(conditional.to_owned());
            res.push(Setting { subject, value: (*value).to_owned(), place });
        }
        res
    }

    /// The assignments to a shell variable, in source order.
    pub fn assignments(&self, name: &str) -> Vec<ShellAssignment> {
        let mut res: Vec<ShellAssignment> = Vec::new();
        for it in self.model.of(name).iter().map(|it| &self.model.assignments[*it]) {
            let Some(span) = it.span else { continue };
            // What comes out of a macro's argument may stand elsewhere.
            let value_span = it.value_span.filter(|it| span.contains(*it)).unwrap_or(span);
            let span = self.whole_words(span);
            let known = res.iter().any(|it| it.span == span);
            if !known {
                res.push(ShellAssignment { name: name.to_owned(), span, value_span, guards: self.guards(it.guard) });
            }
        }
        res
    }
}
