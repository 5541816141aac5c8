//! Simple commands: builtins of the shell, and the way from a name to what knows it.
//!
//! Knows no model's content.

use std::rc::Rc;

use super::machine::{Flow, Machine, Origin, Shell, without_unset};
use super::value::Value;
use super::{EffectKind, Known, fold, options, question};
use crate::shell::{Assignment, Command, Word, parse};
use crate::source::name_of;
use crate::text::display;

/// Programs that write a source which includes what the one does that they read.
pub(super) const FILTERS: [&str; 10] =
    ["sed", "cat", "grep", "egrep", "awk", "gawk", "m4", "tr", "gsed", "glib-mkenums"];

/// Whether a program is a preprocessor alone.
pub(super) fn is_preprocessor(name: &str) -> bool {
    let plain = name.trim_end_matches(|it: char| it.is_ascii_digit() || it == '-');
    matches!(plain, "cpp" | "fpp") || plain.ends_with("-cpp")
}

impl Machine<'_> {
    /// Runs a simple command: expansions, assignments, redirections, then what its name stands for.
    pub(super) fn simple(
        &mut self,
        shell: &mut Shell,
        command: &Command,
        assignments: &[Assignment],
        words: &[Word],
        origin: &Origin,
    ) -> Flow {
        shell.answer(Some(true), false);
        let fields: Vec<Value> = words.iter().flat_map(|it| self.fields(shell, it, origin)).collect();
        let substituted = shell.status.replace(true) != Some(true);
        let place = origin.place(command.range.clone());
        let Some(name) = fields.first() else {
            // The status of `x=$(command)` is the command's.
            self.assign(shell, assignments, origin);
            if substituted {
                shell.status = None;
            }
            if !command.redirections.is_empty() {
                let invocation = self.invocation(":", place, Known::Model);
                let restore = self.redirect(shell, &command.redirections, origin, invocation);
                restore(shell);
            }
            return Flow::Normal;
        };
        let invocation = self.invocation(&name.text, place, Known::Model);
        let before = assignments.iter().map(|it| (it.name.clone(), shell.variables.get(&*it.name).cloned()));
        let before: Vec<_> = before.collect();
        self.assign(shell, assignments, origin);
        let first_effect = self.outcome.effects.len();
        let restore = self.redirect(shell, &command.redirections, origin, invocation);
        let flow = self.run(shell, &fields, invocation);
        let given: Vec<Value> = assignments.iter().map(|it| shell.variable(&it.name)).collect();
        self.used_if_unknown(shell, name, &given, invocation);
        restore(shell);
        let name_alone = name_of(&name.text);
        let is_compiler = || ["cc", "gcc", "clang", "fort", "++"].iter().any(|it| name_alone.contains(it));
        let preprocesses = || is_preprocessor(name_alone) || is_compiler() && fields.iter().any(|it| it.text == "-E");
        if !command.redirections.is_empty() && (FILTERS.contains(&name_alone) || preprocesses()) {
            self.carry_includes(first_effect);
        }
        for (name, value) in before {
            match value {
                Some(value) => shell.set(&name, Rc::unwrap_or_clone(value)),
                None => drop(Rc::make_mut(&mut shell.variables).remove(&*name)),
            }
        }
        flow
    }

    fn assign(&mut self, shell: &mut Shell, assignments: &[Assignment], origin: &Origin) {
        for it in assignments {
            let mut value = self.value(shell, &it.value, origin);
            if it.append {
                let mut whole = shell.variable(&it.name);
                whole.append(&value);
                value = whole;
            }
            shell.set(&it.name, value);
        }
    }

    /// Runs the command that `fields` say.
    pub(super) fn run(&mut self, shell: &mut Shell, fields: &[Value], invocation: usize) -> Flow {
        let Some(first) = fields.first() else { return Flow::Normal };
        if !self.step(None) {
            self.set_known(invocation, &first.text, Known::Unknown);
            return Flow::Normal;
        }
        let name = first.text.rsplit_once('/').map_or(first.text.as_str(), |it| it.1).to_owned();
        if let Some(function) = shell.functions.get(&name).cloned() {
            self.set_known(invocation, &name, Known::Script);
            return self.function(shell, &function.0, &function.1, &fields[1..]);
        }
        if let Some(flow) = self.builtin(shell, &name, fields, invocation) {
            return flow;
        }
        shell.answer(None, false);
        if is_make(&name) {
            self.make(shell, &fields[1..], invocation);
            return Flow::Normal;
        }
        self.program(shell, &name, fields, invocation);
        // What `exec` runs takes the shell's place.
        if name == "exec" && fields.len() > 1 { Flow::Exit(true) } else { Flow::Normal }
    }

    fn function(&mut self, shell: &mut Shell, body: &Command, origin: &Origin, operands: &[Value]) -> Flow {
        let outer = std::mem::replace(&mut shell.operands, Rc::new(operands.to_vec()));
        self.depth += 1;
        let flow = self.command(shell, body, origin);
        self.depth -= 1;
        shell.operands = outer;
        if flow == Flow::Return { Flow::Normal } else { flow }
    }

    /// Runs a builtin, or `None` where `name` is none.
    fn builtin(&mut self, shell: &mut Shell, name: &str, fields: &[Value], invocation: usize) -> Option<Flow> {
        let operands = &fields[1..];
        let mut status = (Some(true), false);
        match name {
            ":" | "true" => {}
            "false" => status = (Some(false), false),
            "cd" | "chdir" | "pushd" => {
                self.change_folder(shell, operands, invocation);
                status = (None, false);
            }
            "popd" => shell.folder = crate::text::unknown("$PWD"),
            "echo" => shell.print(&fold::echo(operands)),
            "printf" => shell.print(&fold::printf(operands)),
            "pwd" => shell.print(&self.working_folder(shell)),
            "basename" => shell.print(&fold::basename(operands)),
            "dirname" => shell.print(&fold::dirname(operands)),
            "expr" => {
                let printed = fold::expr(operands);
                let answer = !matches!(printed.text.trim(), "" | "0");
                status = (printed.is_known().then_some(answer), true);
                shell.print(&printed);
            }
            "test" | "[" | "[[" => {
                let answer = self.test(shell, operands);
                shell.answer(answer, true);
                let folder = operands.first().is_some_and(|it| it.text == "-d");
                let slash = if folder { "/" } else { "" };
                shell.asked = asked(operands).map(|it| format!("{}{slash}", self.path(shell, &it.text)));
                return Some(Flow::Normal);
            }
            "exit" => return Some(Flow::Exit(operands.first().is_some_and(|it| may_be_zero(&it.text)))),
            "return" => return Some(Flow::Return),
            "break" | "continue" if self.loops == 0 => return Some(Flow::Normal),
            "break" => return Some(Flow::Break(count(operands).min(self.loops))),
            "continue" => return Some(Flow::Continue(count(operands).min(self.loops))),
            "shift" => {
                let n = count(operands).min(shell.operands.len());
                Rc::make_mut(&mut shell.operands).drain(..n);
            }
            "set" => set(shell, operands),
            "unset" => {
                for it in operands.iter().filter(|it| !it.text.starts_with('-')) {
                    shell.set(&it.text, Value::default());
                }
            }
            "export" | "readonly" | "local" | "declare" | "typeset" => export(shell, name, operands),
            "read" => {
                for it in operands.iter().filter(|it| !it.text.starts_with('-')) {
                    shell.set(&it.text, Value::unknown(&format!("${{{}}}", it.text)));
                }
                status = (None, true);
            }
            "getopts" => {
                status = (options::next(shell, operands), true);
            }
            "trap" => trap(shell, operands),
            "umask" | "wait" | "ulimit" | "hash" | "let" | "shopt" | "kill" | "alias" | "jobs" => {}
            "type" => status = (None, true),
            "eval" => return Some(self.evaluate(shell, operands, invocation)),
            "." | "source" => return Some(self.source(shell, operands, invocation)),
            "command" if operands.first().is_some_and(|it| it.text == "-v" || it.text == "-V") => {
                shell.print(&Value::unknown("$(command -v)"));
                status = (None, true);
            }
            _ => return None,
        }
        shell.answer(status.0, status.1);
        Some(Flow::Normal)
    }

    fn change_folder(&mut self, shell: &mut Shell, operands: &[Value], invocation: usize) {
        let operand = operands.iter().find(|it| it.text == "-" || !it.text.starts_with('-'));
        match operand {
            Some(it) if it.text != "-" && !it.text.is_empty() => {
                self.need_folder(shell, it, invocation);
                shell.folder = self.path(shell, &it.text);
            }
            Some(it) if it.text.is_empty() => {}
            _ => shell.folder = crate::text::unknown("$OLDPWD"),
        }
    }

    /// A folder that must be there.
    pub(super) fn need_folder(&mut self, shell: &Shell, value: &Value, invocation: usize) {
        let path = self.path(shell, &value.text);
        let own = self.recipe.directory;
        let around = path.is_empty() || own == path || own.strip_prefix(&path).is_some_and(|it| it.starts_with('/'));
        if !around && !shell.has_found_below(&path) && !path.starts_with("..") {
            self.effect(shell, value, EffectKind::NeedDirectory, invocation);
        }
    }

    pub(super) fn working_folder(&self, shell: &Shell) -> Value {
        let root = self.recipe.project.root.trim_end_matches('/');
        match shell.folder.as_str() {
            "" => Value::plain(format!("{root}\n")),
            folder if folder.starts_with('/') => Value::plain(format!("{folder}\n")),
            folder => Value::plain(format!("{root}/{folder}\n")),
        }
    }

    /// The answer of a test. It is a guard: who asks whether a file is there is ready for both answers, so that asking is
    /// no read of it.
    fn test(&self, shell: &Shell, operands: &[Value]) -> Option<bool> {
        let operands = match operands.split_last() {
            Some((last, others)) if last.text == "]" || last.text == "]]" => others,
            _ => operands,
        };
        if self.asks_for_own_folder(shell, operands) {
            return None;
        }
        let exists = |operator: &str, file: &Value| self.exists(shell, operator, file);
        let set: Vec<Value> = operands.iter().map(|it| it.derived(without_unset(&it.text))).collect();
        question::evaluate(&set, &exists)
    }

    /// Whether a test asks whether the sources lie elsewhere (`test "$(srcdir)" != .`), which they do in some builds.
    fn asks_for_own_folder(&self, shell: &Shell, operands: &[Value]) -> bool {
        let [left, operator, right] = operands else { return false };
        let text = left.text.trim_start_matches(['x', 'X']);
        let root = self.recipe.project.root.trim_end_matches('/');
        let is_above = || !text.is_empty() && text.split('/').all(|it| it == "." || it == "..");
        let is_own = || is_above() || text == root || text.strip_prefix(root) == Some(&format!("/{}", shell.folder));
        operator.text == "!=" && left.text == right.text && left.is_known() && is_own()
    }

    /// What a test of a file says: sources are there; what a rule makes may be; of the rest a substitution
    /// (`$(test -f x || echo ../)x`) asks to find a source.
    fn exists(&self, shell: &Shell, operator: &str, file: &Value) -> Option<bool> {
        if !file.is_known() || file.text.is_empty() {
            return if file.text.is_empty() { Some(false) } else { None };
        }
        let path = self.path(shell, &file.text);
        let project = self.recipe.project;
        match operator {
            "-f" | "-r" | "-e" | "-x" | "-s" if (self.recipe.generated)(&path) => None,
            "-f" | "-r" | "-e" | "-x" | "-s" if project.exists(&path) => Some(true),
            // Configure has made it.
            "-f" | "-r" | "-e" if shell.substituted && project.exists(&format!("{path}.in")) => Some(true),
            "-f" | "-r" | "-e" if shell.substituted && !path.starts_with('/') => Some(false),
            // A script that looks for where it lies.
            "-h" | "-L" if file.text == shell.name.text => Some(false),
            // One that is not there may be made, or lie beside the tree.
            "-d" if shell.substituted && !name_of(&path).starts_with('.') && project.is_folder(&path) => Some(true),
            _ => None,
        }
    }

    fn evaluate(&mut self, shell: &mut Shell, operands: &[Value], invocation: usize) -> Flow {
        let mut text = Value::default();
        for (idx, it) in operands.iter().enumerate() {
            if idx > 0 {
                text.push(" ", None);
            }
            text.append(it);
        }
        self.text(shell, &text, invocation)
    }

    /// Runs what `trap` left for the end of a shell.
    pub(super) fn end(&mut self, shell: &mut Shell) {
        if let Some(commands) = shell.at_exit.take() {
            let invocation = self.call.unwrap_or(self.outcome.invocations.len().saturating_sub(1));
            self.text(shell, &commands, invocation);
        }
    }

    /// Runs text that the recipe made, as `eval` and `sh -c` do.
    pub(super) fn text(&mut self, shell: &mut Shell, text: &Value, invocation: usize) -> Flow {
        let choices = shell.choices.get(&text.text).filter(|it| it.iter().all(Value::is_known)).cloned();
        if let Some(choices) = choices {
            for it in choices {
                self.maybe(shell, |machine, inner| machine.text(inner, &it, invocation));
            }
            return Flow::Normal;
        }
        // Unknown text in a word is harmless; unknown text that may be commands is not.
        let first_unknown = text.text.split_whitespace().next().is_some_and(crate::text::has_unknown);
        if first_unknown && !is_make(&display(&text.text)) {
            self.set_known(invocation, "eval", Known::Unknown);
            shell.answer(None, false);
            return Flow::Normal;
        }
        let script = parse(&text.text);
        self.depth += 1;
        let flow = self.script(shell, &script, &Origin::Value(std::rc::Rc::new(text.clone())));
        self.depth -= 1;
        flow
    }
}

/// Whether a program is make, or the reference that stands for it where nobody set it.
pub(crate) fn is_make(name: &str) -> bool {
    let name = display(name);
    const PROGRAMS: [&str; 5] = ["make", "gmake", "gnumake", "mingw32-make", "bmake"];
    const VARIABLES: [&str; 4] = ["MAKE", "GMAKE", "GNUMAKE", "GNU_MAKE"];
    let between = |open: &str, close: &str| name.strip_prefix(open)?.strip_suffix(close);
    let referred = between("$(", ")").or(between("${", "}")).or(between("@", "@")).or(between("$", ""));
    PROGRAMS.contains(&name.as_str()) || referred.is_some_and(|it| VARIABLES.contains(&it))
}

/// `trap commands 0`: for the end; what signals do is no part of a build.
fn trap(shell: &mut Shell, operands: &[Value]) {
    let operands = if operands.first().is_some_and(|it| it.text == "--") { &operands[1..] } else { operands };
    let [commands, conditions @ ..] = operands else { return };
    if conditions.iter().any(|it| matches!(it.text.as_str(), "0" | "EXIT" | "exit")) {
        shell.at_exit = Some(commands.clone()).filter(|it| !matches!(it.text.as_str(), "" | "-"));
    }
}

/// The file for which a test of nothing else asks.
fn asked(operands: &[Value]) -> Option<&Value> {
    const OPERATORS: [&str; 6] = ["-f", "-e", "-x", "-r", "-s", "-d"];
    match operands {
        [operator, file] | [operator, file, _] => OPERATORS.contains(&operator.text.as_str()).then_some(file),
        _ => None,
    }
}

fn may_be_zero(text: &str) -> bool {
    text == "0" || crate::text::has_unknown(text) && display(text) != "$?"
}

/// The number that `break`, `continue` or `shift` is given.
fn count(operands: &[Value]) -> usize {
    operands.first().and_then(|it| it.text.parse().ok()).unwrap_or(1)
}

fn set(shell: &mut Shell, operands: &[Value]) {
    let n_options = operands.iter().take_while(|it| it.text.starts_with(['-', '+']) && it.text != "--").count();
    let rest = &operands[n_options..];
    match rest.first() {
        Some(it) if it.text == "--" => shell.operands = Rc::new(rest[1..].to_vec()),
        Some(_) if n_options == 0 => shell.operands = Rc::new(rest.to_vec()),
        _ => {}
    }
    if shell.operands.len() > LONGEST_LIST {
        shell.operands = Rc::new(vec![Value::unknown("$@")]);
    }
}

/// Operands that a recipe may give itself.
const LONGEST_LIST: usize = 1_024;

fn export(shell: &mut Shell, command: &str, operands: &[Value]) {
    for it in operands.iter().filter(|it| !it.text.starts_with('-')) {
        let name = match it.text.split_once('=') {
            Some((name, _)) => {
                shell.set(name, it.from(name.len() + 1));
                name
            }
            None => it.text.as_str(),
        };
        if command == "export" {
            Rc::make_mut(&mut shell.exported).insert(name.to_owned());
        }
    }
}
