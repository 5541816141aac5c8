//! The state of an interpretation, and how what happens becomes effects.
//!
//! Knows paths; knows nothing of syntax or of single commands.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::value::Value;
use super::{Certainty, Effect, EffectKind, Invocation, Known, MakeRun, Outcome, Place, Recipe};
use crate::shell::Command;
use crate::source::folder_of;
use crate::text::{display, is_unknown_char, located, unknown};

/// Commands that one recipe may run through before the rest counts as unknown.
const MOST_STEPS: usize = 2_000;

/// Functions, scripts and substitutions within each other.
const DEEPEST: usize = 40;

/// Commands within each other.
const MOST_NESTED: usize = 100;

/// Values that one unknown may stand for, at most.
const MOST_CHOICES: usize = 4;

/// Bytes of a value that a recipe may build.
pub(super) const LONGEST: usize = 1 << 16;

/// What was met so far, as [`Outcome`] holds it at the end.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) effects: Vec<Effect>,
    pub(super) makes: Vec<MakeRun>,
    pub(super) links: Vec<(String, String)>,
    pub(super) fills: Vec<String>,
    pub(super) invocations: Vec<Invocation>,
    pub(super) includes: bool,
}

/// What is common to all shells of a recipe.
pub(super) struct Machine<'a> {
    pub(super) recipe: &'a Recipe<'a>,
    pub(super) outcome: Draft,
    /// Files under names of no source that includes are carried to, each with what it was made of, and the number of effects
    /// by then.
    pub(super) unnamed: Vec<(String, String, usize)>,
    /// Conditions around what is being run.
    pub(super) may: usize,
    /// Loops around what is being run.
    pub(super) loops: usize,
    /// Whether what is run writes nothing into what it writes (`touch`).
    pub(super) touching: bool,
    /// Whether what is run moves a file of this run's own to where it writes.
    pub(super) swapping: bool,
    /// Whether the command that is read makes the folders in which it writes (`install -D`).
    pub(super) leading: bool,
    /// The file that `flock` holds around what is run.
    pub(super) lock: Option<String>,
    /// The locks under which something was done, and whether something was done under none.
    pub(super) locks: BTreeSet<Option<String>>,
    /// The folder that a recipe makes so that one of several goes on.
    pub(super) folder_lock: Option<String>,
    /// The call of a script, while it is followed.
    pub(super) call: Option<usize>,
    /// Scripts, functions and substitutions around what is being run.
    pub(super) depth: usize,
    pub(super) nesting: usize,
    /// Places around where it does not matter whether a command fails.
    pub(super) excused: usize,
    /// Whether `set -e` was met in the text that is run.
    pub(super) stops_at_errors: bool,
    steps: usize,
    /// Variables of the environment that were looked up.
    pub(super) looked_up: BTreeSet<Box<str>>,
    met: BTreeSet<(String, EffectKind, usize, Certainty, bool)>,
}

/// The variables that make gives a recipe's shell.
#[derive(Default)]
pub(super) struct Environment {
    values: FxHashMap<String, Value>,
    /// Names that were asked for.
    pub(super) looked_up: RefCell<BTreeSet<Box<str>>>,
}

impl Environment {
    pub(super) fn new(variables: &[(String, String)]) -> Environment {
        let values = variables.iter().map(|it| (it.0.clone(), Value::plain(it.1.clone()))).collect();
        Environment { values, looked_up: RefCell::default() }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        if !self.looked_up.borrow().contains(name) {
            self.looked_up.borrow_mut().insert(name.into());
        }
        self.values.get(name)
    }
}

/// A function's body, and where that came from.
pub(super) type Function = Rc<(Arc<Command>, Origin)>;

/// Values by name: most shells differ from the one that they come from in few of them.
pub(super) type Variables = BTreeMap<Rc<str>, Rc<Value>>;

/// One shell.
#[derive(Clone, Default)]
pub(super) struct Shell {
    /// What it was started with.
    pub(super) environment: Rc<Environment>,
    /// What was set since.
    pub(super) variables: Rc<Variables>,
    pub(super) exported: Rc<BTreeSet<String>>,
    pub(super) folder: String,
    pub(super) functions: Rc<BTreeMap<String, Function>>,
    pub(super) name: Value,
    pub(super) operands: Rc<Vec<Value>>,
    /// What the variables of the loops around hold in this turn.
    pub(super) turns: Rc<Vec<Value>>,
    /// What was printed, while a substitution or a pipe takes it.
    pub(super) output: Option<Value>,
    /// What can be read.
    pub(super) input: Option<Value>,
    /// Whether the last command succeeded, if that is known.
    pub(super) status: Option<bool>,
    /// Whether the last command is one whose failure is an answer: `test`, `cmp`.
    pub(super) question: bool,
    /// Whether the shell may have ended, with success, before this point.
    pub(super) maybe_done: bool,
    /// What `trap` left for the end.
    pub(super) at_exit: Option<Value>,
    /// What an unknown can be, where two runs gave it two values.
    pub(super) choices: Rc<BTreeMap<String, Vec<Value>>>,
    /// Whether in `$(...)`: what a test finds there is only printed.
    pub(super) substituted: bool,
    /// The file that the last command asked for.
    pub(super) asked: Option<String>,
    /// Files that were asked for, and are there; folders with a final slash.
    pub(super) present: Vec<String>,
    /// Whether a file that nobody knows may have set any variable, to another value in each run.
    pub(super) foreign: bool,
    /// Whether its environment holds nothing of what is above (`env -i`), and which names it lacks.
    pub(super) cleared: bool,
    pub(super) unset: Rc<Vec<String>>,
}

/// Where shell text came from.
#[derive(Clone)]
pub(super) enum Origin {
    /// Recipe lines joined: where each stands, and its index.
    Lines(Rc<Vec<(std::ops::Range<usize>, usize)>>),
    /// A value of the recipe, as `sh -c` gets it.
    Value(Rc<Value>),
    /// A script of the tree.
    Script,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Normal,
    /// `exit`, and whether it can be with success.
    Exit(bool),
    Return,
    /// Out of that many loops.
    Break(usize),
    /// On with the next turn of the loop that is so many out, counted from one.
    Continue(usize),
}

impl Flow {
    /// What a loop does after a turn that ended so: it goes on, or ends with what is said to those around it.
    pub(super) fn after_turn(self) -> ControlFlow<Flow> {
        match self {
            Flow::Normal | Flow::Continue(..=1) => ControlFlow::Continue(()),
            Flow::Break(..=1) => ControlFlow::Break(Flow::Normal),
            Flow::Break(loops) => ControlFlow::Break(Flow::Break(loops - 1)),
            Flow::Continue(loops) => ControlFlow::Break(Flow::Continue(loops - 1)),
            other => ControlFlow::Break(other),
        }
    }
}

impl Origin {
    /// The place of a range of the text.
    pub(super) fn place(&self, range: std::ops::Range<usize>) -> Option<Place> {
        match self {
            Origin::Lines(lines) => {
                let (line, index) = lines.iter().rev().find(|it| it.0.start <= range.start)?;
                // What is not closed goes on to the end of the recipe.
                let inside = |it: usize| it.clamp(line.start, line.end) - line.start;
                Some(Place::new(*index, inside(range.start)..inside(range.end)))
            }
            Origin::Value(value) => value.slice(range).place(),
            Origin::Script => None,
        }
    }
}

impl<'a> Machine<'a> {
    pub(super) fn new(recipe: &'a Recipe<'a>) -> Machine<'a> {
        Machine {
            recipe,
            outcome: Draft::default(),
            unnamed: Vec::new(),
            may: 0,
            loops: 0,
            touching: false,
            swapping: false,
            leading: false,
            lock: None,
            locks: BTreeSet::new(),
            folder_lock: None,
            call: None,
            depth: 0,
            nesting: 0,
            excused: 0,
            stops_at_errors: false,
            steps: 0,
            met: BTreeSet::new(),
            looked_up: BTreeSet::new(),
        }
    }

    /// What the recipe does.
    pub(super) fn finish(mut self) -> Outcome {
        let held = self.locks.pop_first().flatten().filter(|_| self.locks.is_empty());
        let Draft { effects, makes, links, fills, invocations, includes } = self.outcome;
        Outcome {
            effects: effects.into(),
            makes: makes.into(),
            links: links.into(),
            fills: fills.into(),
            invocations: invocations.into(),
            looked_up: self.looked_up.into_iter().collect(),
            includes,
            lock: self.folder_lock.or(held).map(Into::into),
        }
    }

    /// Counts a command; `false` where there were too many, which is noted once.
    pub(super) fn step(&mut self, place: Option<Place>) -> bool {
        self.steps += 1;
        let too_deep = (self.depth >= DEEPEST || self.nesting >= MOST_NESTED) && self.steps < MOST_STEPS;
        if self.steps == MOST_STEPS || too_deep {
            self.steps = MOST_STEPS;
            self.invocation("...", place, Known::Unknown);
        }
        self.steps < MOST_STEPS
    }

    pub(super) fn certainty(&self, shell: &Shell) -> Certainty {
        if self.may > 0 || shell.maybe_done { Certainty::May } else { Certainty::Must }
    }

    /// Notes a command of the recipe; inside a script it is the script's call.
    pub(super) fn invocation(&mut self, name: &str, place: Option<Place>, known: Known) -> usize {
        let name = display(name.rsplit_once('/').map_or(name, |it| it.1));
        match self.call {
            Some(call) => {
                if known.hides_writes() {
                    let place = self.outcome.invocations[call].place;
                    let same = |it: &Invocation| it.name == name && it.place == place;
                    match self.outcome.invocations.iter_mut().find(|it| same(it)) {
                        // A script that gives itself to another interpreter.
                        Some(it) => it.known = it.known.max(known),
                        None => self.outcome.invocations.push(Invocation { name, place, known, within_script: true }),
                    }
                }
                call
            }
            None => {
                let place = place.unwrap_or(Place::new(0, 0..0));
                self.outcome.invocations.push(Invocation { name, place, known, within_script: false });
                self.outcome.invocations.len() - 1
            }
        }
    }

    /// Says later how a command is known.
    pub(super) fn set_known(&mut self, invocation: usize, name: &str, known: Known) {
        if self.call.is_none() {
            let it = &mut self.outcome.invocations[invocation];
            if it.known.hides_writes() && known <= it.known {
                return;
            }
            it.known = known;
            if known.hides_writes() {
                // What a wrapper runs is what is not known, not the wrapper.
                it.name = display(name.rsplit_once('/').map_or(name, |it| it.1));
            }
        } else if known.hides_writes() {
            self.invocation(name, None, known);
        }
    }

    /// A path as spelt, relative to the project's root.
    pub(super) fn path(&self, shell: &Shell, text: &str) -> String {
        located(&self.recipe.project.root, &shell.folder, text)
    }

    /// Notes what happens to the path that `value` spells.
    pub(super) fn effect(&mut self, shell: &Shell, value: &Value, kind: EffectKind, invocation: usize) {
        let certainty = self.certainty(shell);
        self.effect_as(shell, value, kind, invocation, certainty);
    }

    /// As [`Machine::effect`], in some runs only.
    pub(super) fn effect_may(&mut self, shell: &Shell, value: &Value, kind: EffectKind, invocation: usize) {
        self.effect_as(shell, value, kind, invocation, Certainty::May);
    }

    fn effect_as(&mut self, shell: &Shell, value: &Value, kind: EffectKind, invocation: usize, certainty: Certainty) {
        if value.text.is_empty() || value.text == "-" || is_unique(&value.text) {
            return;
        }
        if let Some(choices) = shell.choices.get(&value.text) {
            for it in choices.iter() {
                self.effect_as(shell, it, kind, invocation, Certainty::May);
            }
            return;
        }
        // A word of which nothing is known may be an option, or no word at all.
        let nothing_known = value.text.chars().all(is_unknown_char);
        let path = match nothing_known && kind.makes_directory() {
            true => value.text.clone(),
            false => self.path(shell, &value.text),
        };
        // `if test -e x; then rm x; fi` does what `rm -f x` does.
        let only_asks =
            || self.may == 1 && !shell.maybe_done && shell.present.iter().any(|it| it.trim_end_matches('/') == path);
        let certainty = if kind == EffectKind::Remove && only_asks() { Certainty::Must } else { certainty };
        if path.is_empty() || path.starts_with("/dev/") || path.starts_with("/proc/") || is_unique(&path) {
            return;
        }
        let certainty = if nothing_known { Certainty::May } else { certainty };
        let place = value.place().or_else(|| self.outcome.invocations.get(invocation).map(|it| it.place));
        let Some(place) = place else { return };
        let needs_parent = matches!(kind, EffectKind::Write | EffectKind::MakeDirectoryOnce);
        if needs_parent && !shell.has_found_below(folder_of(&path)) {
            self.need_parent(&path, &place, certainty, invocation);
        }
        let excused = kind == EffectKind::MakeDirectoryOnce && self.excused > 0;
        let kind = if excused { EffectKind::MakeDirectory } else { kind };
        let only_touched = self.touching && kind == EffectKind::Write;
        let swapped_in = self.swapping && kind == EffectKind::Write;
        self.push(Effect { only_touched, swapped_in, ..Effect::of(path, kind, certainty, place, invocation) });
    }

    /// What is done with a file only where a test has found it hangs on when it is made, also where it is not read.
    pub(super) fn asked_for(&mut self, shell: &Shell, value: &Value, invocation: usize) {
        let name = |it: &str| it.rsplit('/').next().unwrap_or_default().to_owned();
        let found =
            shell.present.iter().find(|it| name(it) == name(&value.text) && !it.ends_with('/') && !is_unique(it));
        let place = value.place().or_else(|| self.outcome.invocations.get(invocation).map(|it| it.place));
        if let (Some(path), Some(place)) = (found.cloned(), place) {
            let (kind, certainty) = (EffectKind::Read, Certainty::May);
            self.push(Effect::of(path, kind, certainty, place, invocation));
        }
    }

    fn need_parent(&mut self, path: &str, place: &Place, certainty: Certainty, invocation: usize) {
        let parent = folder_of(path);
        let own = self.recipe.directory;
        let around =
            parent.is_empty() || own == parent || own.strip_prefix(parent).is_some_and(|it| it.starts_with('/'));
        if !around {
            let (path, place) = (parent.to_owned(), *place);
            let kind = if self.leading { EffectKind::MakeDirectory } else { EffectKind::NeedDirectory };
            self.push(Effect::of(path, kind, certainty, place, invocation));
        }
    }

    /// Notes that a program may write a file below a folder, where it is the one that it is run for.
    pub(super) fn guess_folder(&mut self, path: &str, value: &Value, invocation: usize) {
        let place = value.place().or_else(|| self.outcome.invocations.get(invocation).map(|it| it.place));
        let Some(place) = place else { return };
        let before = self.outcome.effects.len();
        self.need_parent(path, &place, Certainty::May, invocation);
        self.outcome.effects[before..].iter_mut().for_each(|it| it.guessed = true);
    }

    /// Notes a file that the text of a program of the tree says it may write.
    pub(super) fn guess(&mut self, shell: &Shell, text: &str, invocation: usize) {
        let path = self.path(shell, text);
        let Some(place) = self.outcome.invocations.get(invocation).map(|it| it.place) else { return };
        if !path.is_empty() && !path.starts_with('/') && !is_unique(&path) {
            let (kind, certainty) = (EffectKind::Write, Certainty::May);
            self.push(Effect { guessed: true, ..Effect::of(path, kind, certainty, place, invocation) });
        }
    }

    pub(super) fn push(&mut self, effect: Effect) {
        let is_state = matches!(effect.kind, EffectKind::Read | EffectKind::NeedDirectory | EffectKind::Write);
        if effect.kind == EffectKind::Write {
            self.locks.insert(self.lock.clone());
        }
        let key = (
            effect.path.clone(),
            effect.kind,
            effect.invocation,
            effect.certainty,
            effect.only_touched || effect.guessed,
        );
        if !is_state || self.met.insert(key) {
            self.outcome.effects.push(effect);
        }
    }
}

impl Shell {
    /// Whether a test has found something in a folder.
    pub(super) fn has_found_below(&self, folder: &str) -> bool {
        self.present.iter().any(|it| it.strip_prefix(folder).is_some_and(|it| it.starts_with('/')))
    }

    /// A variable's value. What nobody set is empty if its name is the kind that scripts use for themselves, else the
    /// environment may have it.
    pub(super) fn variable(&self, name: &str) -> Value {
        match self.variables.get(name).map(Rc::as_ref).or_else(|| self.environment.get(name)) {
            Some(it) => it.clone(),
            None if name.split('[').next().is_some_and(|it| it.contains(|it: char| it.is_ascii_lowercase())) => {
                Value::default()
            }
            None if self.foreign => Value::unknown(&format!("${name}$$")),
            None => Value::unknown(&format!("${name}")),
        }
    }

    /// Whether a variable is known to be set.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.variables.contains_key(name) || self.environment.get(name).is_some()
    }

    pub(super) fn set(&mut self, name: &str, value: Value) {
        let value = if value.text.len() > LONGEST { Value::unknown(&format!("${{{name}}}")) } else { value };
        Rc::make_mut(&mut self.variables).insert(name.into(), Rc::new(value));
    }

    pub(super) fn print(&mut self, value: &Value) {
        if let Some(output) = self.output.as_mut().filter(|it| it.text.len() < LONGEST) {
            output.append(value);
        }
    }

    pub(super) fn answer(&mut self, status: Option<bool>, question: bool) {
        self.status = status;
        self.question = question;
        self.asked = None;
    }

    /// What a value stands for.
    fn choices_of(&self, value: Value) -> Vec<Value> {
        self.choices.get(&value.text).cloned().unwrap_or_else(|| vec![value])
    }

    /// What holds after one of two runs: where they differ, nothing is known.
    pub(super) fn merge(&mut self, other: Shell) {
        for name in different(&self.variables, &other.variables) {
            let (mine, its) = (self.variable(&name), other.variable(&name));
            if mine != its {
                let either = Value::unknown(&format!("${{{name}}}"));
                let choices: Vec<Value> = self.choices_of(mine).into_iter().chain(self.choices_of(its)).collect();
                let known = Rc::make_mut(&mut self.choices);
                if choices.len() <= MOST_CHOICES && choices.iter().all(|it| it.text != either.text) {
                    known.insert(either.text.clone(), choices);
                } else {
                    known.remove(&either.text);
                }
                self.set(&name, either);
            }
        }
        // Where only one took operands away, it did so for an option that the other has not met.
        if !self.operands.ends_with(&other.operands) && !other.operands.ends_with(&self.operands) {
            self.operands = Rc::new(vec![any_operands()]);
        }
        if self.folder != other.folder {
            self.folder = unknown("$PWD");
        }
        if self.output != other.output && self.output.is_some() {
            self.output = Some(Value::unknown("$(...)"));
        }
        if self.status != other.status {
            self.status = None;
        }
        if !Rc::ptr_eq(&self.functions, &other.functions) {
            Rc::make_mut(&mut self.functions).extend(Rc::unwrap_or_clone(other.functions));
        }
        self.maybe_done |= other.maybe_done;
        self.at_exit = self.at_exit.take().or(other.at_exit);
    }
}

/// The names that have not the same value in both.
fn different(a: &Rc<Variables>, b: &Rc<Variables>) -> BTreeSet<Rc<str>> {
    if Rc::ptr_eq(a, b) {
        return BTreeSet::new();
    }
    let same = |x: &Rc<Value>, y: &Rc<Value>| Rc::ptr_eq(x, y) || x == y;
    let of_a = a.iter().filter(|it| b.get(it.0).is_none_or(|other| !same(it.1, other)));
    let of_b = b.iter().filter(|it| !a.contains_key(it.0));
    of_a.chain(of_b).map(|it| it.0.clone()).collect()
}

/// Operands of which nothing is known.
pub(super) fn any_operands() -> Value {
    Value::unknown("$@")
}

/// Variables that the environment of every build has.
const ALWAYS_SET: [&str; 16] = [
    "HOME",
    "PATH",
    "PWD",
    "OLDPWD",
    "USER",
    "LOGNAME",
    "SHELL",
    "TERM",
    "LANG",
    "HOSTNAME",
    "TMPDIR",
    "BASH",
    "BASH_VERSION",
    "BASH_SOURCE",
    "EUID",
    "UID",
];

/// `text` without the variables in it that nobody set, as holds in a build whose user overrides nothing.
pub(super) fn without_unset(text: &str) -> String {
    let mut res = String::new();
    let mut rest = text;
    let dollar = unknown("$");
    while let Some(at) = rest.find(dollar.as_str()) {
        let name = &rest[at + dollar.len()..];
        let in_name = |it: &char| is_unknown_char(*it) && is_name(&display(it.encode_utf8(&mut [0; 4])));
        let end: usize = name.chars().take_while(in_name).map(char::len_utf8).sum();
        let unset = end > 0 && !ALWAYS_SET.contains(&display(&name[..end]).as_str());
        res.push_str(&rest[..if unset { at } else { at + dollar.len() + end }]);
        rest = &name[end..];
    }
    res.push_str(rest);
    res
}

fn is_name(text: &str) -> bool {
    text.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_')
}

/// Whether a name is another one in each run, so that nothing shares it.
pub(super) fn is_unique(text: &str) -> bool {
    [unknown("$$"), unknown("$(mktemp")].iter().any(|it| text.contains(it.as_str()))
}
