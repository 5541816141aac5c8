//! The shell text of a configure.ac to the model: every assignment under the arms that stand around it.
//!
//! Follows lists, `if`, `case`, loops over known words and functions of the file; evaluates nothing.

mod lists;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::condition::{self, joined};
use super::mapped::Mapped;
use super::model::*;
use super::rescue;
use super::structure::{Node, NodeId, Structure, reference};
use super::words::{converted, pattern};
use super::{Note, What};
use crate::shell::{Assignment, CaseArm, Command, CommandKind, Connector, PartKind, Script, Word as ShellWord, parse};
use crate::source::{FileId, Project, Span, normalise};
use crate::text::Traced;

/// How deep commands may stand in commands.
const DEEPEST: usize = 150;
/// How many commands are walked, each round of a loop and call of a function counted.
const BUDGET: usize = 100_000;
/// How many rounds of a loop are walked one by one.
const ROUNDS: usize = 40;
/// How many commands of one list are told apart.
const LISTED: usize = 200;

/// Files that are sourced, at most.
const MOST_SOURCED: usize = 20;

/// The model of a structure, its sources left to the caller, and the files of the tree that its shell text sources.
pub(super) fn model(project: &Project, folder: &str, structure: &Structure) -> (Model, Vec<FileId>) {
    let mut walker = Walker {
        project,
        folder,
        structure,
        sourced: Vec::new(),
        res: Model::default(),
        guard: None,
        functions: FxHashMap::default(),
        depth: 0,
        budget: BUDGET,
        loops: 0,
        breaks: Vec::new(),
    };
    walker.node(structure.root);
    let mut res = walker.res;
    res.statements.sort();
    res.statements.dedup();
    for (position, it) in res.assignments.iter().enumerate() {
        res.by_name.entry(it.name.clone()).or_default().push(position);
    }
    (res, walker.sourced)
}

struct Walker<'a> {
    project: &'a Project,
    /// Of configure.ac.
    folder: &'a str,
    structure: &'a Structure,
    sourced: Vec<FileId>,
    res: Model,
    guard: Option<GuardId>,
    functions: FxHashMap<String, (Arc<Mapped>, Arc<Command>)>,
    depth: usize,
    budget: usize,
    /// Loops around what is walked, of those that are walked round by round.
    loops: usize,
    /// What ends the loop that is walked.
    breaks: Vec<Break>,
}

/// A `break` in one of two arms: where the choice stands, what follows it is done in the other arm alone.
#[derive(Clone, Copy)]
struct Break {
    choice_in: Option<GuardId>,
    goes_on_in: GuardId,
}

impl Walker<'_> {
    fn node(&mut self, id: NodeId) {
        let Some(node) = self.structure.nodes.get(id) else { return };
        if self.depth > DEEPEST || self.budget == 0 {
            return;
        }
        self.depth += 1;
        match node {
            Node::Shell(text) => self.text(text),
            Node::Sequence(nodes) => nodes.iter().for_each(|it| self.node(*it)),
            Node::Probe { test, place, bodies } => {
                let leaf = Leaf { kind: LeafKind::Opaque, text: test.clone(), place: *place };
                let choice = self.choose(Condition::Leaf(leaf));
                for (arm, body) in bodies.iter().enumerate() {
                    if let Some(body) = body {
                        self.under(choice, arm, |it| it.node(*body));
                    }
                }
            }
            Node::Sets { names, place } => names.iter().for_each(|it| self.set_by_macro(it, *place)),
            Node::Conditional { name, test, place } => self.conditional(name, *test, *place),
        }
        self.depth -= 1;
    }

    /// A text of its own; where it cannot be read as a whole, piece by piece.
    fn text(&mut self, text: &Arc<Mapped>) {
        let script = parse(&text.text);
        if !rescue::is_broken(&text.text, &script) {
            return self.script(text, &script);
        }
        for piece in rescue::pieces(&text.text) {
            let part = Arc::new(text.slice(piece));
            let script = parse(&part.text);
            if rescue::is_broken(&part.text, &script) {
                self.unparsed(&part, 0..part.text.len());
            } else {
                self.script(&part, &script);
            }
        }
    }

    /// What a macro gives a variable that has no value yet.
    fn set_by_macro(&mut self, name: &str, place: Option<Span>) {
        let text = |it: &str| Value::Word(Word { parts: vec![Part::Text(Traced::plain(it))], span: None });
        let value = match name {
            "CPPFLAGS" | "LDFLAGS" | "LIBS" => return,
            "EXEEXT" => Value::Word(Word::default()),
            "OBJEXT" => text("o"),
            // How much is printed changes nothing else.
            "AM_V" => text("$(V)"),
            "AM_DEFAULT_V" => text("$(AM_DEFAULT_VERBOSITY)"),
            "AM_DEFAULT_VERBOSITY" => text("1"),
            "AM_BACKSLASH" => text("\\"),
            _ => Value::Unknown { spelling: format!("@{name}@"), place },
        };
        let variable = Part::Variable { name: name.to_owned(), operator: None, span: None };
        let word = Word { parts: vec![variable], span: None };
        let leaf = Leaf { kind: LeafKind::Empty(word), text: String::new(), place: None };
        let choice = self.choose(Condition::Leaf(leaf));
        self.under(choice, 0, |it| it.assign(name, value, None, None));
    }

    fn conditional(&mut self, name: &str, test: NodeId, place: Option<Span>) {
        let condition = match &self.structure.nodes[test] {
            Node::Shell(text) => {
                let script = parse(&text.text);
                self.script(text, &script);
                condition::of_script(self.structure, text, &script, 0)
            }
            _ => Condition::Leaf(Leaf { kind: LeafKind::Opaque, text: name.to_owned(), place }),
        };
        let choice = self.choose(condition);
        self.res.conditionals.entry(name.to_owned()).or_default().push(Conditional { choice, place });
    }

    fn script(&mut self, text: &Arc<Mapped>, script: &Script) {
        let outer = self.guard;
        for it in &script.commands {
            let known = self.breaks.len();
            self.command(text, it);
            // Nothing that follows in this arm is ever done.
            if self.guard.is_some() && is_call(it, "exit") || self.loops > 0 && is_call(it, "break") {
                break;
            }
            self.go_on(known);
        }
        self.guard = outer;
    }

    /// Where a loop goes on after its breaks from this one on.
    fn go_on(&mut self, first: usize) {
        for it in first..self.breaks.len() {
            if self.breaks[it].choice_in == self.guard {
                self.guard = Some(self.breaks[it].goes_on_in);
            }
        }
    }

    fn leave_loop(&mut self) {
        let Some(&Guard { parent, choice, arm }) = self.guard.and_then(|it| self.res.guards.get(it)) else { return };
        let has_two = matches!(&self.res.choices[choice], Choice::If(arms) if arms.len() == 1);
        if has_two {
            self.res.guards.push(Guard { parent, choice, arm: 1 - arm });
            self.breaks.push(Break { choice_in: parent, goes_on_in: self.res.guards.len() - 1 });
        }
    }

    fn command(&mut self, text: &Arc<Mapped>, command: &Command) {
        if self.depth > DEEPEST || self.budget == 0 {
            return self.note("shell nesting", text.span(command.range.clone()));
        }
        self.budget -= 1;
        self.depth += 1;
        self.res.statements.extend(text.span(command.range.clone()));
        self.kind(text, command);
        self.depth -= 1;
    }

    fn kind(&mut self, text: &Arc<Mapped>, command: &Command) {
        match &command.kind {
            CommandKind::Simple { assignments, words } => self.simple(text, command, assignments, words),
            CommandKind::Pipeline { commands, .. } => {
                if let [only] = commands.as_slice() {
                    self.command(text, only);
                }
            }
            CommandKind::AndOr { first, rest } => self.and_or(text, first, rest),
            // What a subshell assigns is lost with it.
            CommandKind::Subshell(_) => {}
            CommandKind::Group(script) => self.script(text, script),
            CommandKind::If { arms, otherwise } => self.if_(text, command, arms, otherwise.as_ref()),
            CommandKind::For { name, words, body } => self.for_(text, command, name, words.as_deref(), body),
            CommandKind::While { condition, body, .. } => {
                self.script(text, condition);
                let choice = self.choose(condition::opaque(text, command));
                self.under(choice, 0, |it| it.script(text, body));
            }
            CommandKind::Case { subject, arms } => self.case(text, subject, arms),
            CommandKind::Function { name, body } => {
                self.functions.insert(name.clone(), (text.clone(), Arc::new((**body).clone())));
            }
            CommandKind::Unparsed => self.unparsed(text, command.range.clone()),
        }
    }

    fn simple(&mut self, text: &Arc<Mapped>, command: &Command, assignments: &[Assignment], words: &[ShellWord]) {
        let values = assignments.iter().map(|it| &it.value);
        values.chain(words).for_each(|it| self.defaults(text, it));
        if words.is_empty() {
            return assignments.iter().for_each(|it| self.assignment(text, it));
        }
        for node in words.iter().filter_map(ShellWord::literal).filter_map(|it| reference(&it)) {
            self.node(node);
        }
        let name = words[0].literal().unwrap_or_default();
        match name.as_str() {
            "export" | "readonly" | "local" | "declare" | "typeset" => {
                assignments.iter().for_each(|it| self.assignment(text, it));
                words[1..].iter().for_each(|it| self.declared(text, it));
            }
            "read" => self.read_variables(text, command, &words[1..]),
            "unset" | "AS_UNSET" => {
                for it in words[1..].iter().filter_map(ShellWord::literal).filter(|it| is_name(it)) {
                    self.assign(&it, Value::Unset, text.span(command.range.clone()), None);
                }
            }
            "eval" => self.evaluated(text, command, &words[1..]),
            "break" if self.loops > 0 => self.leave_loop(),
            "." | "source" if self.source(text, words) => {}
            "." | "source" => {
                let shown = condition::spelling(text, command.range.clone());
                self.note(&shown, text.span(command.range.clone()));
            }
            _ => {
                if let Some((text, body)) = self.functions.get(&name).cloned() {
                    self.command(&text, &body);
                }
            }
        }
    }

    /// `. $srcdir/file`: the text of a file of the tree, whatever the variable is called; false where there is none.
    fn source(&mut self, text: &Arc<Mapped>, words: &[ShellWord]) -> bool {
        let Some(word) = words.get(1) else { return false };
        let spelt = text.text[word.range.clone()].trim_matches('"');
        let below = spelt.split_once('/').filter(|it| it.0 == "." || it.0.starts_with('$')).map(|it| it.1);
        let path = below.filter(|it| !it.contains(['$', '`'])).map(|it| normalise("", self.folder, it));
        let Some(file) = path.and_then(|it| self.project.open(&it)) else { return false };
        let known = self.sourced.contains(&file);
        if !known && self.sourced.len() < MOST_SOURCED {
            self.sourced.push(file);
            let source = self.project.source(file);
            self.text(&Arc::new(Mapped::of_file(file, source.text())));
        }
        true
    }

    fn assignment(&mut self, text: &Arc<Mapped>, it: &Assignment) {
        let mut value = converted(text, &it.value);
        if it.append {
            value.parts.insert(0, Part::Variable { name: it.name.clone(), operator: None, span: None });
        }
        let value_span = text.span(it.value.range.clone());
        self.assign(&it.name, Value::Word(value), text.span(it.range.clone()), value_span);
    }

    /// `export NAME=value`.
    fn declared(&mut self, text: &Arc<Mapped>, word: &ShellWord) {
        let Some(PartKind::Literal(first)) = word.parts.first().map(|it| &it.kind) else { return };
        let Some((name, rest)) = first.split_once('=') else { return };
        if !is_name(name) {
            return;
        }
        let mut value = word.clone();
        value.range.start += name.len() + 1;
        let part = &mut value.parts[0];
        part.range.start += name.len() + 1;
        part.kind = PartKind::Literal(rest.to_owned());
        if rest.is_empty() || part.range.start > part.range.end {
            value.parts.remove(0);
        }
        value.range.end = value.range.end.max(value.range.start);
        let value_span = text.span(value.range.clone());
        self.assign(name, Value::Word(converted(text, &value)), text.span(word.range.clone()), value_span);
    }

    fn read_variables(&mut self, text: &Arc<Mapped>, command: &Command, words: &[ShellWord]) {
        let place = text.span(command.range.clone());
        for name in words.iter().filter_map(ShellWord::literal).filter(|it| is_name(it)) {
            let value = Value::Unknown { spelling: format!("${name}"), place };
            self.assign(&name, value, place, None);
        }
    }

    /// `eval NAME=value`, where evaluating a second time changes nothing; otherwise what it gives cannot be known.
    fn evaluated(&mut self, text: &Arc<Mapped>, command: &Command, words: &[ShellWord]) {
        let active = |it: &crate::shell::Part| match &it.kind {
            PartKind::Literal(text) => text.contains(['$', '`', '"', '\'', '\\', ';', ' ', '\n']),
            PartKind::Parameter { .. } => false,
            PartKind::Substitution(_) | PartKind::Process(_) | PartKind::Arithmetic(_) => true,
        };
        let first = words.first().and_then(|it| it.parts.first()).map(|it| &it.kind);
        let assigned = match first {
            Some(PartKind::Literal(first)) => first.split_once('=').filter(|it| is_name(it.0)),
            _ => None,
        };
        let shown = condition::spelling(text, command.range.clone());
        let place = text.span(command.range.clone());
        match (assigned, words) {
            (Some(_), [only]) if !only.parts.iter().any(active) => self.declared(text, only),
            (Some((name, _)), _) => {
                let value = Value::Unknown { spelling: format!("`{shown}`"), place };
                self.assign(name, value, place, None);
            }
            (None, _) => {
                self.assigned_by_pattern(text, command, words);
                let second = words.first().and_then(|it| it.parts.get(1)).map(|it| &it.kind);
                let names = matches!((first, second), (Some(PartKind::Parameter { .. }), Some(PartKind::Literal(it))) if it.starts_with('='));
                self.res.assigns_any |= names;
                self.note(&shown, place);
            }
        }
    }

    /// `eval ${x}_parser=yes`: a choice of its own for what is assigned elsewhere by a name of that kind.
    fn assigned_by_pattern(&mut self, text: &Arc<Mapped>, command: &Command, words: &[ShellWord]) {
        let [word] = words else { return };
        let mut around = [String::new(), String::new()];
        let mut value = None;
        let mut varies = false;
        for part in &word.parts {
            match (&part.kind, &mut value) {
                (PartKind::Literal(it), Some(value)) => String::push_str(value, it),
                (PartKind::Literal(it), none) => match it.split_once('=') {
                    Some((name, rest)) => {
                        around[usize::from(varies)].push_str(name);
                        *none = Some(rest.to_owned());
                    }
                    None => around[usize::from(varies)].push_str(it),
                },
                (PartKind::Parameter { .. }, None) => varies = true,
                _ => return,
            }
        }
        let [prefix, suffix] = around;
        let Some(value) = value.filter(|_| varies && !(prefix.is_empty() && suffix.is_empty())) else { return };
        let fits =
            |it: &&String| it.len() > prefix.len() + suffix.len() && it.starts_with(&prefix) && it.ends_with(&suffix);
        let names: BTreeSet<String> = self.res.assignments.iter().map(|it| &it.name).filter(fits).cloned().collect();
        let place = text.span(command.range.clone());
        let choice = self.choose(condition::opaque(text, command));
        for name in names.iter().take(ROUNDS) {
            let word = Word { parts: vec![Part::Text(Traced::plain(&value))], span: place };
            self.under(choice, 0, |it| it.assign(name, Value::Word(word), place, None));
        }
    }

    /// `${NAME=value}` anywhere in a word.
    fn defaults(&mut self, text: &Arc<Mapped>, word: &ShellWord) {
        for part in &word.parts {
            let PartKind::Parameter { name, operator: Some((operator, value)) } = &part.kind else { continue };
            if !matches!(operator.as_str(), "=" | ":=") || !is_name(name) {
                continue;
            }
            let span = text.span(part.range.clone());
            let kept = (operator.replace('=', "-"), Box::new(converted(text, value)));
            let part = Part::Variable { name: name.clone(), operator: Some(kept), span };
            let value_span = text.span(value.range.clone());
            self.assign(name, Value::Word(Word { parts: vec![part], span }), span, value_span);
        }
    }

    fn and_or(&mut self, text: &Arc<Mapped>, first: &Command, rest: &[(Connector, Command)]) {
        self.command(text, first);
        let mut sum = condition::of_command(self.structure, text, first, 0);
        for (connector, next) in rest.iter().take(LISTED) {
            let choice = self.choose(sum.clone());
            let arm = if *connector == Connector::And { 0 } else { 1 };
            self.under(choice, arm, |it| it.command(text, next));
            let next = condition::of_command(self.structure, text, next, 0);
            sum = joined(sum, *connector, next);
        }
    }

    fn if_(&mut self, text: &Arc<Mapped>, command: &Command, arms: &[(Script, Script)], otherwise: Option<&Script>) {
        let mut conditions = Vec::new();
        for (condition, _) in arms {
            self.script(text, condition);
            let point = self.res.assignments.len();
            conditions.push((condition::of_script(self.structure, text, condition, 0), point));
        }
        if let Some(span) = text.span(command.range.clone()) {
            let bodies = arms.iter().map(|it| &it.1).chain(otherwise);
            let inside = bodies.flat_map(|it| &it.commands).filter_map(|it| text.span(it.range.clone())).collect();
            self.res.ifs.push((span, inside));
        }
        let choice = self.add(Choice::If(conditions));
        for (arm, (_, body)) in arms.iter().enumerate() {
            self.under(choice, arm, |it| it.script(text, body));
        }
        if let Some(otherwise) = otherwise {
            self.under(choice, arms.len(), |it| it.script(text, otherwise));
        }
    }

    fn case(&mut self, text: &Arc<Mapped>, subject: &ShellWord, arms: &[CaseArm]) {
        let patterns = arms.iter().map(|arm| arm.patterns.iter().map(|it| read_pattern(text, it)).collect()).collect();
        let subject = converted(text, subject);
        let choice = self.add(Choice::Case { subject, arms: patterns, point: self.res.assignments.len() });
        for (arm, it) in arms.iter().enumerate() {
            self.under(choice, arm, |walker| walker.script(text, &it.body));
        }
    }

    fn for_(&mut self, text: &Arc<Mapped>, command: &Command, name: &str, words: Option<&[ShellWord]>, body: &Script) {
        let place = text.span(command.range.clone());
        match words.and_then(|it| self.turns(text, it)) {
            Some(turns) if turns.len() <= ROUNDS && self.loops < 2 => {
                self.loops += 1;
                let (outer, known) = (self.guard, self.breaks.len());
                for turn in turns {
                    self.guard = turn.guard;
                    self.go_on(known);
                    self.assign(name, Value::Word(turn.word), None, turn.place);
                    self.script(text, body);
                    // A `break` in no arm ends the loop here.
                    if body.commands.iter().any(|it| is_call(it, "break")) {
                        break;
                    }
                }
                self.guard = outer;
                self.breaks.truncate(known);
                self.loops -= 1;
            }
            _ => {
                self.note(&format!("for {name}"), place);
                self.assign(name, Value::Unknown { spelling: format!("${name}"), place }, None, None);
                self.script(text, body);
            }
        }
    }

    /// Takes the assignments and calls that stand at the beginning of lines.
    fn unparsed(&mut self, text: &Arc<Mapped>, range: Range<usize>) {
        self.note("shell text that cannot be read", text.span(range.clone()));
        let mut start = range.start;
        for line in text.text[range].split_inclusive('\n') {
            let code = line.trim_start();
            let name = super::m4::name_length(code);
            let starts = name > 0 && code[name..].starts_with('=') || reference(code.trim_end()).is_some();
            if starts {
                let from = start + line.len() - code.len();
                let line = Arc::new(text.slice(from..start + line.len()));
                let script = parse(line.text.trim_end().trim_end_matches(';'));
                if !script.commands.iter().any(|it| it.kind == CommandKind::Unparsed) {
                    self.script(&line, &script);
                }
            }
            start += line.len();
        }
    }

    fn assign(&mut self, name: &str, value: Value, span: Option<Span>, value_span: Option<Span>) {
        self.res.assignments.push(Assigned { name: name.to_owned(), value, guard: self.guard, span, value_span });
    }

    fn choose(&mut self, condition: Condition) -> ChoiceId {
        let point = self.res.assignments.len();
        self.add(Choice::If(vec![(condition, point)]))
    }

    fn add(&mut self, choice: Choice) -> ChoiceId {
        self.res.choices.push(choice);
        self.res.parents.push(self.guard);
        self.res.choices.len() - 1
    }

    fn under(&mut self, choice: ChoiceId, arm: usize, walk: impl FnOnce(&mut Self)) {
        let parent = self.guard;
        self.res.guards.push(Guard { parent, choice, arm });
        self.guard = Some(self.res.guards.len() - 1);
        walk(self);
        self.guard = parent;
    }

    fn note(&mut self, name: &str, place: Option<Span>) {
        if self.res.notes.len() < 10_000 {
            self.res.notes.push(Note { what: What::Construct, name: name.to_owned(), place });
        }
    }
}

fn read_pattern(text: &Mapped, word: &ShellWord) -> Pattern {
    let parts = word.parts.iter().map(|it| match &it.kind {
        PartKind::Literal(text) => text.as_str(),
        _ => &text.text[it.range.clone()],
    });
    Pattern { text: parts.collect(), word: pattern(text, word), place: text.span(word.range.clone()) }
}

fn is_call(command: &Command, name: &str) -> bool {
    let CommandKind::Simple { words, .. } = &command.kind else { return false };
    words.first().and_then(ShellWord::literal).is_some_and(|it| it == name)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && super::m4::name_length(text) == text.len() && !text.as_bytes()[0].is_ascii_digit()
}
