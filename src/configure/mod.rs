//! configure.ac (or configure.in) and the macros it calls from the tree: which value each substituted variable can
//! have, and when. m4 and the shell are read, never run.
//!
//! Knows nothing of makefiles but the form `@NAME@`.

use std::collections::BTreeMap;

use crate::source::{FileId, Project, Span};
use crate::text::Traced;

/// What is fixed when a makefile is evaluated; nothing fixed is the base configuration, in which each `case` takes its
/// `*` arm (or none), each test its `else`, users override nothing and give no `--enable`.
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

    /// `base`, or `ac_sys_system=AIX*, X=TRUE`.
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
    /// `NAME=value`.
    pub span: Span,
    /// The value with its quotes.
    pub value_span: Span,
    /// The `case` arms and branches around it, outermost first.
    pub guards: Vec<Guard>,
}

/// An arm that stands around an assignment.
#[derive(Clone, Debug, PartialEq)]
pub struct Guard {
    /// Subject as reports name it: `ac_sys_system`, or the test's text.
    pub subject: String,
    /// Pattern or `true`/`false`.
    pub value: String,
    /// Pattern or condition.
    pub place: Span,
}

/// Reads the configure.ac (or configure.in) at `path`, with the macros of the tree that it calls
/// (`aclocal.m4`, `acinclude.m4`, `m4/*.m4`, `m4_include`). A tree without one gives the default.
pub fn read(_project: &Project, _path: &str) -> Configure {
    Configure::default()
}

impl Configure {
    /// What `@name@` becomes under a configuration: make text, unknown parts marked (`text::unknown`, spelt `@name@` where
    /// the whole is unknown), each piece with the place where it is spelt. `None` where configure substitutes no such
    /// name as far as can be seen.
    pub fn substitution(&self, _name: &str, _configuration: &Configuration) -> Option<Traced> {
        None
    }

    /// Whether the automake conditional `name` is true; `None` where that cannot be known.
    pub fn conditional(&self, _name: &str, _configuration: &Configuration) -> Option<bool> {
        None
    }

    /// The settings, one at a time, under which the value of `@name@` (or the automake conditional `name`) may differ
    /// from the base, in source order without repetition.
    pub fn deviations(&self, _name: &str) -> Vec<Setting> {
        Vec::new()
    }

    /// The assignments to a shell variable, in source order.
    pub fn assignments(&self, _name: &str) -> Vec<ShellAssignment> {
        Vec::new()
    }
}
