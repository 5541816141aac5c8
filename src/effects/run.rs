//! Runs commands: lists, conditions, loops, redirections.
//!
//! Knows the shell's language; what a simple command does is in `commands.rs`.

use std::ops::ControlFlow;
use std::rc::Rc;

use super::commands::FILTERS;
use super::machine::{Flow, Machine, Origin, Shell};
use super::pattern::{is_wild, matches};
use super::value::Value;
use super::{EffectKind, Known};
use crate::shell::{CaseArm, Command, CommandKind, Connector, Redirection, RedirectionKind, Script, Word};
use crate::text::{has_unknown, is_unknown_char};

/// Turns of a loop that are followed one by one.
const MOST_TURNS: usize = 256;

/// The first word of a plain command, where it is literal.
fn first_word(command: &Command) -> Option<String> {
    match &command.kind {
        CommandKind::Simple { words, .. } => words.first()?.literal(),
        _ => None,
    }
}

/// Whether a command that follows `||` is one that hides the failure: that it asks whether the file is there will do.
fn always_succeeds(command: &Command) -> bool {
    first_word(command).is_some_and(|it| [":", "true", "echo", "test", "["].contains(&it.as_str()))
}

/// Whether a command hands on what it reads, or a part of it.
fn is_filter(command: &Command) -> bool {
    match &command.kind {
        CommandKind::Simple { .. } => first_word(command).is_some_and(|it| FILTERS.contains(&it.as_str())),
        CommandKind::Subshell(script) | CommandKind::Group(script) => script.commands.iter().all(is_filter),
        _ => false,
    }
}

fn sets_errexit(command: &Command) -> bool {
    let CommandKind::Simple { words, .. } = &command.kind else { return false };
    let option = || words.get(1).and_then(Word::literal).is_some_and(|it| it.starts_with('-') && it.contains('e'));
    first_word(command).is_some_and(|it| it == "set") && option()
}

/// Where the standard output of a command goes.
struct Redirected {
    /// What was captured before, to be put back.
    output: Option<Option<Value>>,
    input: Option<Option<Value>>,
}

impl Machine<'_> {
    pub(super) fn script(&mut self, shell: &mut Shell, script: &Script, origin: &Origin) -> Flow {
        let last = script.commands.len().saturating_sub(1);
        for (index, it) in script.commands.iter().enumerate() {
            self.stops_at_errors |= sets_errexit(it);
            let goes_on = index < last && !self.stops_at_errors;
            match self.excused(self.excused + usize::from(goes_on), |machine| machine.command(shell, it, origin)) {
                Flow::Normal => {}
                other => return other,
            }
        }
        Flow::Normal
    }

    /// Runs something in so many places around in which failing does not matter.
    fn excused<T>(&mut self, places: usize, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.excused, places);
        let res = run(self);
        self.excused = outer;
        res
    }

    pub(super) fn command(&mut self, shell: &mut Shell, command: &Command, origin: &Origin) -> Flow {
        if !self.step(origin.place(command.range.clone())) {
            return Flow::Normal;
        }
        self.nesting += 1;
        let flow = match &command.kind {
            CommandKind::Simple { assignments, words } => self.simple(shell, command, assignments, words, origin),
            _ => self.redirected(shell, command, origin),
        };
        self.nesting -= 1;
        flow
    }

    /// A compound command with the redirections after it.
    fn redirected(&mut self, shell: &mut Shell, command: &Command, origin: &Origin) -> Flow {
        let before = self.outcome.invocations.len();
        let redirected = self.redirect_later(shell, &command.redirections, origin);
        let flow = self.compound(shell, command, origin);
        let invocation = self.call.unwrap_or(before);
        if !command.redirections.is_empty() && invocation >= self.outcome.invocations.len() {
            self.invocation("{", origin.place(command.range.clone()), Known::Model);
        }
        for it in &command.redirections {
            self.file_redirection(shell, it, origin, invocation);
        }
        redirected.restore(shell);
        flow
    }

    fn compound(&mut self, shell: &mut Shell, command: &Command, origin: &Origin) -> Flow {
        match &command.kind {
            CommandKind::Simple { .. } => Flow::Normal,
            CommandKind::Pipeline { negated, commands } => self.pipeline(shell, commands, *negated, origin),
            CommandKind::AndOr { first, rest } => self.and_or(shell, first, rest, origin),
            CommandKind::Subshell(script) => self.subshell(shell, |it, inner| it.script(inner, script, origin)),
            CommandKind::Group(script) => self.script(shell, script, origin),
            CommandKind::If { arms, otherwise } => self.conditional(shell, arms, otherwise.as_ref(), origin),
            CommandKind::For { name, words, body } => {
                self.in_loop(|it| it.each(shell, name, words.as_deref(), body, origin))
            }
            CommandKind::While { until, condition, body } => {
                self.in_loop(|it| it.repeat(shell, *until, condition, body, origin))
            }
            CommandKind::Case { subject, arms } => self.case(shell, subject, arms, origin),
            CommandKind::Function { name, body } => {
                let functions = Rc::make_mut(&mut shell.functions);
                functions.insert(name.clone(), Rc::new((body.clone(), origin.clone())));
                Flow::Normal
            }
            CommandKind::Unparsed => {
                self.invocation("?", origin.place(command.range.clone()), Known::Unknown);
                shell.answer(None, false);
                Flow::Normal
            }
        }
    }

    /// Runs something whose changes of the shell do not last.
    fn subshell(&mut self, shell: &mut Shell, run: impl FnOnce(&mut Self, &mut Shell) -> Flow) -> Flow {
        let mut inner = Shell { at_exit: None, ..shell.clone() };
        let flow = run(self, &mut inner);
        self.end(&mut inner);
        shell.output = inner.output;
        shell.answer(if flow == Flow::Normal { inner.status } else { None }, inner.question);
        Flow::Normal
    }

    fn pipeline(&mut self, shell: &mut Shell, commands: &[Command], negated: bool, origin: &Origin) -> Flow {
        let Some((last, others)) = commands.split_last() else { return Flow::Normal };
        if others.is_empty() {
            let flow = self.command(shell, last, origin);
            shell.status = shell.status.map(|it| it != negated);
            return flow;
        }
        let before = self.outcome.effects.len();
        let mut input = shell.input.clone();
        for it in others {
            let mut inner = shell.clone();
            inner.input = input;
            inner.output = Some(Value::default());
            self.command(&mut inner, it, origin);
            input = inner.output;
        }
        let mut inner = shell.clone();
        inner.input = input;
        self.command(&mut inner, last, origin);
        if commands.iter().all(is_filter) {
            self.carry_includes(before);
        }
        shell.output = inner.output;
        shell.answer(inner.status.map(|it| it != negated), inner.question);
        Flow::Normal
    }

    fn and_or(&mut self, shell: &mut Shell, first: &Command, rest: &[(Connector, Command)], origin: &Origin) -> Flow {
        // What `||` catches does not fail the line; what `&&` asks for does not go on.
        let places = self.excused;
        let excuse = |next: Option<&(Connector, Command)>| match next {
            None => places,
            Some((Connector::Or, command)) => usize::from(always_succeeds(command)),
            Some((Connector::And, _)) => 0,
        };
        let mut flow = self.excused(excuse(rest.first()), |machine| machine.command(shell, first, origin));
        let mut unsure = None;
        let outer = self.may;
        for (index, (connector, command)) in rest.iter().enumerate() {
            self.excused = excuse(rest.get(index + 1));
            if flow != Flow::Normal {
                break;
            }
            let skipped = match connector {
                Connector::And => shell.status == Some(false),
                Connector::Or => shell.status == Some(true),
            };
            if skipped {
                continue;
            }
            let asked = shell.status.is_none() && shell.question;
            let sure = match connector {
                Connector::And => unsure != Some(Connector::And) && !asked,
                Connector::Or => unsure.is_none() && shell.status == Some(false),
            };
            if sure {
                unsure = None;
                flow = self.command(shell, command, origin);
                continue;
            }
            unsure = Some(*connector);
            flow = self.maybe(shell, |it, inner| {
                inner.present.extend(inner.asked.take().filter(|_| *connector == Connector::And));
                it.command(inner, command, origin)
            });
            shell.status = None;
            shell.question = *connector == Connector::And;
        }
        self.may = outer;
        self.excused = places;
        flow
    }

    /// Runs what may not be run.
    pub(super) fn maybe(&mut self, shell: &mut Shell, run: impl FnOnce(&mut Self, &mut Shell) -> Flow) -> Flow {
        let mut inner = shell.clone();
        self.may += 1;
        let flow = run(self, &mut inner);
        self.may -= 1;
        join(shell, inner, flow);
        Flow::Normal
    }

    /// `if mkdir x.lock; then ...; else` wait: of several, one goes on.
    fn lock_by_folder(&mut self, shell: &mut Shell, condition: &Script, origin: &Origin) {
        let [Command { kind: CommandKind::Simple { words, .. }, .. }] = condition.commands.as_slice() else { return };
        let [program, folder] = words.as_slice() else { return };
        if program.literal().is_some_and(|it| it == "mkdir") {
            let folder = self.value(shell, folder, origin);
            self.folder_lock = folder.is_known().then(|| self.path(shell, &folder.text));
        }
    }

    fn conditional(
        &mut self,
        shell: &mut Shell,
        arms: &[(Script, Script)],
        otherwise: Option<&Script>,
        origin: &Origin,
    ) -> Flow {
        let mut alternatives = Vec::new();
        let outer = self.may;
        let mut flow = Flow::Normal;
        let mut last = otherwise;
        for (condition, body) in arms {
            self.lock_by_folder(shell, condition, origin);
            flow = self.excused(1, |machine| machine.script(shell, condition, origin));
            if flow != Flow::Normal {
                last = None;
                break;
            }
            match shell.status {
                Some(false) => continue,
                Some(true) => {
                    last = Some(body);
                    break;
                }
                None => {
                    let mut inner = shell.clone();
                    inner.present.extend(inner.asked.take());
                    self.may += 1;
                    let flow = self.script(&mut inner, body, origin);
                    inner.present.clone_from(&shell.present);
                    alternatives.push((inner, flow));
                }
            }
        }
        shell.answer(if alternatives.is_empty() { Some(true) } else { None }, false);
        if let Some(body) = last {
            flow = self.script(shell, body, origin);
        }
        self.may = outer;
        settle(shell, flow, alternatives)
    }

    fn case(&mut self, shell: &mut Shell, subject: &Word, arms: &[CaseArm], origin: &Origin) -> Flow {
        let subject = self.value(shell, subject, origin);
        let mut alternatives = Vec::new();
        let outer = self.may;
        let mut flow = Flow::Normal;
        for arm in arms {
            let patterns: Vec<String> = arm.patterns.iter().map(|it| self.pattern(shell, it, origin)).collect();
            let known = subject.is_known() && patterns.iter().all(|it| !has_unknown(it));
            let fits = patterns.iter().any(|it| it == "*" || matches(it, &subject.text));
            if fits {
                flow = self.script(shell, &arm.body, origin);
                break;
            }
            if !known && patterns.iter().any(|it| may_match(it, &subject.text)) {
                let mut inner = shell.clone();
                self.may += 1;
                let flow = self.script(&mut inner, &arm.body, origin);
                alternatives.push((inner, flow));
            }
        }
        self.may = outer;
        settle(shell, flow, alternatives)
    }

    /// Runs a loop, within which `break` has one more to leave.
    fn in_loop(&mut self, run: impl FnOnce(&mut Self) -> Flow) -> Flow {
        self.loops += 1;
        let flow = run(self);
        self.loops -= 1;
        flow
    }

    fn each(&mut self, shell: &mut Shell, name: &str, words: Option<&[Word]>, body: &Script, origin: &Origin) -> Flow {
        let values = match words {
            Some(words) => words.iter().flat_map(|it| self.fields(shell, it, origin)).collect(),
            None => shell.operands.to_vec(),
        };
        let open = |it: &Value| !it.is_known() && !it.text.contains(['/', '.']);
        let unsure = values.iter().any(open) || values.len() > MOST_TURNS;
        for value in values.into_iter().take(MOST_TURNS) {
            let turn = |it: &mut Self, shell: &mut Shell| {
                let outer = shell.turns.clone();
                Rc::make_mut(&mut shell.turns).push(value.clone());
                shell.set(name, value);
                let flow = it.script(shell, body, origin);
                shell.turns = outer;
                flow
            };
            let flow = if unsure { self.maybe(shell, turn) } else { turn(self, shell) };
            if let ControlFlow::Break(flow) = flow.after_turn() {
                return flow;
            }
        }
        Flow::Normal
    }

    fn repeat(&mut self, shell: &mut Shell, until: bool, condition: &Script, body: &Script, origin: &Origin) -> Flow {
        for _ in 0..MOST_TURNS {
            let flow = self.script(shell, condition, origin);
            if flow != Flow::Normal {
                return flow;
            }
            match shell.status.map(|it| it != until) {
                Some(false) => break,
                Some(true) => match self.script(shell, body, origin).after_turn() {
                    ControlFlow::Continue(()) => {}
                    ControlFlow::Break(Flow::Normal) => break,
                    ControlFlow::Break(flow) => return flow,
                },
                None => {
                    // Any number of turns: one shows what a turn does, the next one what it does after that.
                    for _ in 0..2 {
                        self.maybe(shell, |it, inner| it.script(inner, body, origin));
                    }
                    break;
                }
            }
        }
        shell.answer(Some(true), false);
        Flow::Normal
    }

    /// Redirections of a compound command, whose effects are noted once its commands are known.
    fn redirect_later(&mut self, shell: &mut Shell, redirections: &[Redirection], origin: &Origin) -> Redirected {
        let mut res = Redirected { output: None, input: None };
        for it in redirections {
            self.redirect_streams(shell, it, origin, &mut res);
        }
        res
    }

    fn redirect_streams(&mut self, shell: &mut Shell, it: &Redirection, origin: &Origin, saved: &mut Redirected) {
        use RedirectionKind::*;
        match it.kind {
            Write | Append | WriteBoth if it.descriptor.unwrap_or(1) == 1 => {
                let before = shell.output.take();
                saved.output.get_or_insert(before);
            }
            Duplicate if it.descriptor == Some(1) => {
                let before = shell.output.take();
                saved.output.get_or_insert(before);
            }
            Read | ReadWrite | Here if it.descriptor.unwrap_or(0) == 0 => {
                let text = if it.kind == Here { self.value(shell, &it.operand, origin) } else { Value::unknown("<") };
                let before = shell.input.replace(text);
                saved.input.get_or_insert(before);
            }
            _ => {}
        }
    }

    /// The streams and files of a simple command.
    pub(super) fn redirect(
        &mut self,
        shell: &mut Shell,
        redirections: &[Redirection],
        origin: &Origin,
        invocation: usize,
    ) -> impl FnOnce(&mut Shell) + use<> {
        let saved = self.redirect_later(shell, redirections, origin);
        for it in redirections {
            self.file_redirection(shell, it, origin, invocation);
        }
        |shell: &mut Shell| saved.restore(shell)
    }

    fn file_redirection(&mut self, shell: &mut Shell, it: &Redirection, origin: &Origin, invocation: usize) {
        let kinds: &[EffectKind] = match it.kind {
            RedirectionKind::Read => &[EffectKind::Read],
            RedirectionKind::Write | RedirectionKind::Append | RedirectionKind::WriteBoth => &[EffectKind::Write],
            RedirectionKind::ReadWrite => &[EffectKind::Read, EffectKind::Write],
            RedirectionKind::Duplicate | RedirectionKind::Here => return,
        };
        let value = self.value(shell, &it.operand, origin);
        for kind in kinds {
            self.effect(shell, &value, *kind, invocation);
        }
    }
}

impl Redirected {
    fn restore(self, shell: &mut Shell) {
        if let Some(output) = self.output {
            shell.output = output;
        }
        if let Some(input) = self.input {
            shell.input = input;
        }
    }
}

/// Takes into `shell` what a run that may have been did.
fn join(shell: &mut Shell, other: Shell, flow: Flow) {
    match flow {
        Flow::Exit(success) => shell.maybe_done |= success,
        _ => shell.merge(other),
    }
}

/// Whether text that is not known in whole can match a pattern: what is known at its start must agree, and of what nothing
/// is known that is not one of a program's options.
fn may_match(pattern: &str, text: &str) -> bool {
    if text.chars().all(is_unknown_char) {
        return !pattern.starts_with('-') || is_wild(pattern);
    }
    let starts = pattern.chars().zip(text.chars()).find(|(one, other)| one != other);
    starts.is_none_or(|(one, other)| {
        matches!(one, '*' | '?' | '[' | '\\') || is_unknown_char(one) || is_unknown_char(other)
    })
}

/// The state after one of several runs.
fn settle(shell: &mut Shell, flow: Flow, alternatives: Vec<(Shell, Flow)>) -> Flow {
    let mut flow = flow;
    for (other, its_flow) in alternatives {
        match (flow, its_flow) {
            (Flow::Normal, Flow::Normal) => shell.merge(other),
            (Flow::Normal, _) => join(shell, other, its_flow),
            (Flow::Exit(success), _) => {
                let done = shell.maybe_done || success;
                *shell = other;
                shell.maybe_done |= done;
                flow = its_flow;
            }
            (_, Flow::Normal) => {
                shell.merge(other);
                flow = Flow::Normal;
            }
            (_, _) => {}
        }
    }
    flow
}
