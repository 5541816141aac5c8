//! What the commands of a recipe do to files.
//!
//! Knows nothing of make's rules. Commands have models (rows of data), scripts of the tree are followed with their
//! operands bound, sub-makes are reported for the caller to follow.

mod apply;
mod awk;
mod builders;
mod cache;
mod checkout;
mod commands;
mod expand;
mod find;
mod fold;
mod formats;
mod includes;
mod java;
mod libtool;
mod machine;
mod models;
mod modules;
mod opened;
mod options;
mod pattern;
mod print;
mod programs;
mod question;
mod regex;
mod resources;
mod run;
mod sed;
mod submake;
mod templates;
mod transfer;
mod trees;
mod value;

use std::ops::Range;
use std::rc::Rc;

pub(crate) use self::commands::is_make;
pub(crate) use self::formats::is_printer;
pub use self::includes::Headers;
pub(crate) use self::includes::{COMPANIONS, is_c_source, is_template_of};
pub use self::models::Models;
pub(crate) use self::pattern::matches;
pub use self::print::printed;

use self::machine::{Environment, Machine, Origin, Shell};
use self::value::Value;
use crate::shell::parse;
use crate::source::Project;

/// A recipe to interpret.
#[derive(Clone, Copy)]
pub struct Recipe<'a> {
    /// The tree.
    pub project: &'a Project,
    /// The folder in which make runs, relative to the root.
    pub directory: &'a str,
    /// The logical lines as the shell gets them, prefixes removed, unknown text marked.
    pub lines: &'a [&'a str],
    /// Commands that make runs while it expands the lines, before these are run.
    pub before: &'a [String],
    /// The lines that refer to a variable which nobody sets, so that a command in them may have any option.
    pub open: &'a [usize],
    /// `.ONESHELL`: all lines are one script.
    pub one_shell: bool,
    /// Variables in the environment.
    pub environment: &'a [(String, String)],
    /// Whether some rule makes a path (relative to the root): headers that exist nowhere are looked up with it. With a
    /// final slash: whether a rule makes a link there, which may stand for a folder; with `/.`: whether one makes a folder.
    pub generated: &'a dyn Fn(&str) -> bool,
    /// What a link that a rule makes stands for, both relative to the root.
    pub links: &'a dyn Fn(&str) -> Option<String>,
    /// Models, built-in and the user's.
    pub models: &'a Models,
    /// Headers that were looked up, with the same tree and the same `generated`.
    pub headers: &'a Headers,
}

/// What a recipe does. A project has many of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// In the order of the commands.
    pub effects: Box<[Effect]>,
    /// Runs of make.
    pub makes: Box<[MakeRun]>,
    /// Symbolic links that are made, each with what it stands for.
    pub links: Box<[(String, String)]>,
    /// Folders that the tree lacks and that commands fill with other projects, of whose files nothing is known.
    pub fills: Box<[String]>,
    /// Every command that was met.
    pub invocations: Box<[Invocation]>,
    /// The variables of the environment that were looked up, set or not: with other values of others the rest is equal.
    pub looked_up: Box<[Box<str>]>,
    /// Whether headers were looked up, so that it hangs on all that rules make.
    pub includes: bool,
    /// The lock (of `flock`) under which all is done that writes or runs make.
    pub lock: Option<Box<str>>,
}

/// What one command does to one path.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// The path relative to the project's root, unknown parts marked.
    pub path: String,
    /// What is done.
    pub kind: EffectKind,
    /// Whether each run of the recipe does it.
    pub certainty: Certainty,
    /// Recipe line (index in `lines`) and bytes in it where the path is spelt: in the operand that a script was given,
    /// where a script does it; the whole command, where a model knows the name (`a.out`, `y.tab.c`).
    pub place: Place,
    /// Index in `invocations` of the recipe's own command that does it (for a script, the script's call).
    pub invocation: usize,
    /// Whether a write leaves what the file holds (`touch`): that it is there is all that counts.
    pub only_touched: bool,
    /// Whether it is only what the text of a program in the tree names, which it may do in other runs only.
    pub guessed: bool,
    /// Whether a write moves a finished file of this run's own there (`mv x.$$ x`): another run that does the same does
    /// no harm.
    pub swapped_in: bool,
}

impl Effect {
    /// One of which nothing more is known.
    fn of(path: String, kind: EffectKind, certainty: Certainty, place: Place, invocation: usize) -> Effect {
        Effect { path, kind, certainty, place, invocation, only_touched: false, swapped_in: false, guessed: false }
    }
}

/// Bytes of a recipe line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    // There are many of them.
    line: u32,
    start: u32,
    end: u32,
}

impl Place {
    /// The bytes `range` of the line with this index.
    pub fn new(line: usize, range: Range<usize>) -> Place {
        let number = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
        Place { line: number(line), start: number(range.start), end: number(range.end) }
    }

    /// Index of the line.
    pub fn line(&self) -> usize {
        self.line as usize
    }

    /// Bytes in its text.
    pub fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The kinds of effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EffectKind {
    /// Creates, truncates, appends, renames onto.
    Write,
    /// Reads, runs or includes.
    Read,
    /// `mkdir -p` and its like: no harm if it is there.
    MakeDirectory,
    /// `mkdir`: fails if it is there.
    MakeDirectoryOnce,
    /// Removes or renames away.
    Remove,
    /// Writes below it, or changes into it, so that it must be there: the path is the folder.
    NeedDirectory,
}

impl EffectKind {
    /// Whether it makes a folder.
    pub fn makes_directory(self) -> bool {
        matches!(self, EffectKind::MakeDirectory | EffectKind::MakeDirectoryOnce)
    }
}

/// Whether it happens in each run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// In some runs: below a condition, a loop over unknown words, or as a model is not sure.
    May,
    /// In each run that does not fail before.
    Must,
}

/// A command of the recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// The program as spelt, folders removed.
    pub name: String,
    /// The whole simple command.
    pub place: Place,
    /// How its effects are known.
    pub known: Known,
    /// Whether a script that the recipe runs has it: the place is that of the script's call.
    pub within_script: bool,
}

/// How effects are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// From a model.
    Model,
    /// From the script's text in the tree.
    Script,
    /// From a model that does not see all files that it writes: `tar x`, `cp -r`.
    Opaque,
    /// Not at all.
    Unknown,
}

impl Known {
    /// Whether it may write files that nothing tells.
    pub fn hides_writes(self) -> bool {
        self >= Known::Opaque
    }
}

/// A run of make in a recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct MakeRun {
    /// The folder it runs in, relative to the root.
    pub directory: String,
    /// `-f`, relative to the root.
    pub makefile: Option<String>,
    /// Goals named; none is the default one.
    pub goals: Vec<String>,
    /// Whether it is another program that builds what its own file says (`ninja`), which is not read.
    pub foreign: bool,
    /// `NAME=value` words.
    pub variables: Vec<(String, String)>,
    /// Names that are taken out of its environment (`env -u NAME`); `None` where all are (`env -i`).
    pub unset: Option<Vec<String>>,
    /// Whether it runs each time.
    pub certainty: Certainty,
    /// Index of the command in `invocations`.
    pub invocation: usize,
}

/// Interprets a recipe. Never fails; what is not known is counted in `invocations`.
pub fn interpret(recipe: &Recipe) -> Outcome {
    let mut machine = Machine::new(recipe);
    for command in recipe.before {
        run_before(&mut machine, command);
    }
    if recipe.one_shell {
        let mut lines = Vec::new();
        let mut text = String::new();
        for (idx, line) in recipe.lines.iter().enumerate() {
            lines.push((text.len()..text.len() + line.len(), idx));
            text.push_str(line);
            text.push('\n');
        }
        run(&mut machine, &text, lines);
    } else {
        for (idx, line) in recipe.lines.iter().enumerate() {
            run(&mut machine, line, vec![(0..line.len(), idx)]);
        }
    }
    machine.finish()
}

/// Runs text in a shell of its own.
fn run(machine: &mut Machine, text: &str, lines: Vec<(Range<usize>, usize)>) {
    let recipe = machine.recipe;
    let environment = Rc::new(Environment::new(recipe.environment));
    let mut shell = Shell {
        folder: recipe.directory.to_owned(),
        name: Value::plain("sh"),
        environment: environment.clone(),
        ..Shell::default()
    };
    let script = parse(text);
    machine.stops_at_errors = false;
    machine.script(&mut shell, &script, &Origin::Lines(Rc::new(lines)));
    machine.end(&mut shell);
    machine.looked_up.append(&mut environment.looked_up.borrow_mut());
}

/// Runs a command of make's own, of which only the folders count that it makes, and what it reads that a rule makes.
fn run_before(machine: &mut Machine, command: &str) {
    let mut shell = Shell { folder: machine.recipe.directory.to_owned(), ..Shell::default() };
    machine.script(&mut shell, &parse(command), &Origin::Script);
    let generated = machine.recipe.generated;
    let counts = |it: &Effect| it.kind.makes_directory() || it.kind == EffectKind::Read && generated(&it.path);
    machine.outcome.effects.retain(counts);
    machine.outcome.makes.clear();
    machine.outcome.invocations.iter_mut().for_each(|it| it.known = Known::Model);
}

#[cfg(test)]
mod tests;
