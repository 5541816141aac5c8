//! Makefiles evaluated under one configuration, as GNU make does it, nothing run: variables, rules, and what make would
//! do for a target.
//!
//! Knows nothing of shell syntax or of what recipes do.

mod automake;
mod autosetup;
mod book;
mod builtin;
mod choices;
mod conditional;
mod echoed;
mod expansion;
mod finish;
mod functions;
mod glob;
mod implicit;
mod installed;
mod kept;
mod limits;
mod memory;
mod names;
mod pattern;
mod reading;
mod recipe;
mod resolve;
mod rules;
mod special;
mod spelling;
mod template;
mod tools;
mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::configure::{Configuration, Configure, Note, Setting};
use crate::source::{Project, Span};
use crate::text::Traced;

pub use automake::canonical as automake_stem;
use book::Book;
pub use kept::Uses;
pub use limits::is_beyond_limits;
pub(crate) use reading::target_name;
use spelling::Map;
pub(crate) use template::references as substitutions;
pub use tools::{called_for, usual_tool};

/// What to evaluate.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The tree.
    pub project: &'a Project,
    /// The makefile or template, relative to the root.
    pub makefile: &'a str,
    /// The folder in which make runs, relative to the root (`""` is the root).
    pub directory: &'a str,
    /// What configure.ac says, for templates.
    pub configure: &'a Configure,
    /// What is fixed.
    pub configuration: &'a Configuration,
    /// Variables given on make's command line, in order.
    pub command_line: &'a [(String, String)],
    /// Variables of the environment (those that a makefile above exported).
    pub environment: &'a [(String, String)],
    /// Goals named on the command line, for `MAKECMDGOALS`.
    pub goals: &'a [String],
    /// What `$(shell ...)` gives.
    pub shell: Shell,
}

/// What a command prints in a folder of the tree, newlines as blanks; `None` where that is not known.
pub type Shell = fn(project: &Project, directory: &str, command: &str) -> Option<String>;

/// The evaluated rules and variables of one makefile with its includes.
#[derive(Clone, Debug, Default)]
pub struct Database {
    /// The folder in which make runs.
    pub directory: String,
    /// Global variables by name, built-in ones included.
    pub variables: BTreeMap<String, Arc<Variable>>,
    /// Explicit rules (also static patterns, grouped, double-colon), one for each rule statement, in source order.
    pub rules: Vec<Rule>,
    /// Pattern rules and suffix rules, in search order, built-in ones last.
    pub implicit: Vec<Rule>,
    /// The first target that make would take.
    pub default_goal: Option<String>,
    /// Prerequisites of `.PHONY`.
    pub phony: BTreeSet<String>,
    /// `.NOTPARALLEL` without prerequisites.
    pub not_parallel: bool,
    /// Targets whose prerequisites are made one after the other (`.NOTPARALLEL: target`, make 4.4).
    pub serial_targets: BTreeSet<String>,
    /// `.ONESHELL`.
    pub one_shell: bool,
    /// Settings under which the reading may differ: from the makefile's own conditionals, computed names and `$(if)`s.
    pub deviations: Vec<Setting>,
    /// Those of them (name, value) that choose a makefile in a folder apart, the first in each (`$(filter
    /// %/$(BOARD)/board.mk,...)`).
    pub first_of_folders: BTreeSet<(String, String)>,
    /// What the reading looked at of the configuration.
    pub inputs: Inputs,
    /// The makefile and what it includes, by the names that make knows, those that are not there yet too.
    pub makefiles: Vec<String>,
    /// Those that must be there, and are not, and nobody makes as far as can be seen: make stops.
    pub missing: Vec<String>,
    /// Makefiles that are not there yet: `wildcard` was asked for them in vain, or git ignores them.
    pub sought: FxHashSet<String>,
    /// Whether one that must be there is not of the tree (`include $(SDK)/rules.mk`).
    pub lacks_part: bool,
    /// Whether one that must be there was not there to be read, whoever makes it.
    lacks_makefile: bool,
    /// Commands that the reading runs (`$(shell ...)`) and that may make folders.
    pub commands: BTreeSet<String>,
    /// Whether its rules or recipes hang on the goals that make is given.
    pub asks_for_goals: bool,
    /// Files read, in order, the makefile first.
    pub files: Vec<crate::source::FileId>,
    /// What was met and is not modelled.
    pub notes: Vec<Note>,
    /// Errors with which make would stop, as make words them.
    pub errors: Vec<(Option<Span>, String)>,
    /// Whether limits ended the reading before its end.
    cut_short: bool,
    /// How many references the reading expanded.
    effort: usize,
    /// Who is known by which rules and variables.
    book: Book,
    /// The target that first needs another one, where target-specific variables make that matter.
    parents: OnceLock<FxHashMap<String, String>>,
    /// Names that explicit rules mention.
    mentioned: OnceLock<Arc<FxHashSet<u64>>>,
    /// Answers that are asked for again and again.
    kept: kept::Kept,
}

/// Names of substituted variables (`@X@`), automake conditionals and user-set make variables that a text depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// The names, as in [`crate::configure::Subject`].
    pub names: BTreeSet<String>,
}

/// A variable.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variable {
    /// The value: text to be expanded for a recursive variable, else the text itself.
    pub value: String,
    /// Recursive (`=`) or simple (`:=`).
    pub flavor: Flavor,
    /// Where it was set.
    pub origin: VariableOrigin,
    /// The value in its source, where it was set in one.
    pub value_span: Option<Span>,
    /// The whole assignment.
    pub span: Option<Span>,
    /// `export` or `unexport`, where one was said.
    pub export: Option<bool>,
    /// `private`: prerequisites of the target do not get it.
    pub private: bool,
    /// A target's `+=`: the value of the scope around comes first.
    append: bool,
    /// Where the value of a recursive variable is spelt.
    map: Map,
    /// What a simple variable was set to, before expansion; further ones by `+=`.
    definition: Vec<(String, Map)>,
}

/// The flavors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flavor {
    /// Expanded at use.
    #[default]
    Recursive,
    /// Expanded once.
    Simple,
}

/// As make's `origin` function names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum VariableOrigin {
    /// `default`
    #[default]
    Default,
    /// `environment`
    Environment,
    /// `file`
    File,
    /// `environment override`
    EnvironmentOverride,
    /// `command line`
    CommandLine,
    /// `override`
    Override,
    /// `automatic`
    Automatic,
}

/// Index of a rule in [`Database::rules`] or [`Database::implicit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleId {
    /// In `rules`.
    Explicit(u32),
    /// In `implicit`.
    Implicit(u32),
}

impl RuleId {
    /// The rule at a position in [`Database::rules`].
    pub fn explicit(at: usize) -> RuleId {
        RuleId::Explicit(book::position(at))
    }

    /// The rule at a position in [`Database::implicit`].
    pub fn implicit(at: usize) -> RuleId {
        RuleId::Implicit(book::position(at))
    }
}

/// The kinds of rules, as `unrace database` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleKind {
    /// `a: b`
    Explicit,
    /// `%.o: %.c`
    Implicit,
    /// `a.o b.o: %.o: %.c`
    StaticPattern,
    /// `.c.o:`
    Suffix,
    /// `a b &: c`
    Grouped,
    /// `a:: b`
    DoubleColon,
}

/// A rule after expansion.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Targets, or target patterns of an implicit rule.
    pub targets: Box<[Name]>,
    /// Its kind.
    pub kind: RuleKind,
    /// Normal prerequisites; patterns of a static or implicit rule keep their `%`. A `.WAIT` stays in its place.
    pub prerequisites: Box<[Name]>,
    /// Prerequisites after `|`.
    pub order_only: Box<[Name]>,
    /// The target pattern of a static pattern rule.
    pub target_pattern: Option<Box<str>>,
    /// Whether there is a recipe, even an empty one (`a: ;`).
    pub has_recipe: bool,
    /// The recipe's logical lines, unexpanded.
    pub recipe: Box<[RecipeLine]>,
    /// The rule line (without recipe), in its source; built-in rules have none. For a rule from `$(eval)` or a
    /// `define`, the place of the `eval`.
    pub span: Option<Span>,
    /// Whether the rule was made by `$(eval)` or by an expression line, so that its span is not its text.
    pub computed: bool,
    /// `::`; of an implicit rule, that it ends a chain.
    pub double_colon: bool,
    /// `&:`
    pub grouped: bool,
    /// Prerequisites that are expanded a second time, when the target is known.
    second: Option<Box<(String, Map)>>,
}

/// A word of a rule line after expansion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// As make holds it.
    pub text: String,
    /// The word of the source line that gave it: the name itself, or the reference (`$(OBJS)`) that it came from.
    pub span: Option<Span>,
}

/// A logical line of a recipe before expansion.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecipeLine {
    /// The text after the tab, with continuation lines as make hands them to the shell, unexpanded.
    pub text: Box<str>,
    /// Its bytes in the source: from after the tab to before the newline.
    pub span: Option<Span>,
    map: Map,
}

/// What make does for one target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolved {
    /// The target.
    pub target: Arc<str>,
    /// The rule whose recipe runs; a double-colon target has several, each a job.
    pub recipes: Box<[RecipeUse]>,
    /// All prerequisites of all rules, in make's order, those of the recipe's rule first.
    pub prerequisites: Box<[Prerequisite]>,
    /// Where it exists in the tree, or where VPATH finds it there or as the target of a rule; else `None`.
    pub found: Option<Box<str>>,
    /// Whether some rule mentions it as a target or an implicit rule applies.
    pub has_rule: bool,
}

impl Resolved {
    /// Whether a target (`FORCE:`) has a rule that makes nothing: what needs it is made each time.
    pub fn is_never_there(&self) -> bool {
        self.has_rule && self.recipes.is_empty() && self.prerequisites.is_empty() && self.found.is_none()
    }
}

/// One recipe of a target.
#[derive(Clone, Debug, PartialEq)]
pub struct RecipeUse {
    /// The rule.
    pub rule: RuleId,
    /// What `%` stood for.
    pub stem: Box<str>,
    /// Other targets that this one run also makes (pattern rule with several targets, grouped targets).
    pub also_makes: Box<[String]>,
}

/// A prerequisite of a resolved target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prerequisite {
    /// Its name, as make holds it.
    pub name: Box<str>,
    /// After `|`.
    pub order_only: bool,
    /// Whether a `.WAIT` (make 4.4) stands before it: all before it are finished first.
    pub after_wait: bool,
    /// From `.EXTRA_PREREQS`: make waits for it, automatic variables do not show it.
    pub extra: bool,
    /// The word of the rule that gave it.
    pub span: Option<Span>,
}

/// A logical line of a recipe as the shell gets it, prefixes removed.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The text after expansion, with the place of each piece where it was asked for.
    pub text: Traced,
    /// The recipe line that it comes from; a `define` used as a recipe gives several lines with one span.
    pub span: Option<Span>,
    /// `@`.
    pub silent: bool,
    /// `-`.
    pub ignore_errors: bool,
    /// `+`, or the text names `$(MAKE)`: make runs it under `-n` too.
    pub recursive: bool,
    /// Whether it refers to a variable that nobody sets here, whose value may hold any option.
    pub open: bool,
    /// Of the first line, the commands that make runs while it expands the recipe and that may make folders or read files.
    pub commands: Box<[String]>,
}

/// Evaluates a makefile. Never fails: what make would reject is in `errors`, what is not modelled in `notes`.
pub fn evaluate(request: &Request) -> Database {
    finish::evaluate(request)
}

#[cfg(test)]
mod tests;
