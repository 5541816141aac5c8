//! Commands as conditions: `test`, `[`, `true`, lists of these.
//!
//! Runs over the shell's commands. Knows nothing of the values of variables.

use super::mapped::Mapped;
use super::model::{Condition, Leaf, LeafKind};
use super::structure::{Node, Structure, has_reference, reference};
use super::words::converted;
use crate::shell::{Command, CommandKind, Connector, Script, Word, parse};
use crate::text::display;

/// Signs of a command that reports show.
const LONGEST: usize = 200;
/// How deep conditions may stand in conditions.
const DEEPEST: usize = 60;

/// What the status of the last command of a script says.
pub(super) fn of_script(structure: &Structure, text: &Mapped, script: &Script, depth: usize) -> Condition {
    match script.commands.last() {
        Some(last) if depth < DEEPEST => of_command(structure, text, last, depth + 1),
        Some(last) => opaque(text, last),
        None => constant(true),
    }
}

/// What the status of a command says.
pub(super) fn of_command(structure: &Structure, text: &Mapped, command: &Command, depth: usize) -> Condition {
    if depth > DEEPEST {
        return opaque(text, command);
    }
    match &command.kind {
        CommandKind::Simple { assignments, words } if words.is_empty() => {
            let runs = assignments.iter().any(|it| it.value.literal().is_none());
            if runs { opaque(text, command) } else { constant(true) }
        }
        CommandKind::Simple { words, .. } => of_words(structure, text, command, words, depth),
        CommandKind::Pipeline { negated, commands } => {
            let inside = match commands.as_slice() {
                [only] => of_command(structure, text, only, depth + 1),
                _ if asks_for_gnu(text, command) => constant(true),
                _ => opaque(text, command),
            };
            if *negated { Condition::Not(Box::new(inside)) } else { inside }
        }
        CommandKind::AndOr { first, rest } => {
            let first = of_command(structure, text, first, depth + 1);
            rest.iter().fold(first, |sum, (connector, next)| {
                let next = of_command(structure, text, next, depth + 1);
                joined(sum, *connector, next)
            })
        }
        CommandKind::Subshell(script) | CommandKind::Group(script) => of_script(structure, text, script, depth + 1),
        _ => opaque(text, command),
    }
}

/// `a && b`, `a || b`.
pub(super) fn joined(left: Condition, connector: Connector, right: Condition) -> Condition {
    match (left, connector) {
        (Condition::All(mut parts), Connector::And) => {
            parts.push(right);
            Condition::All(parts)
        }
        (Condition::Any(mut parts), Connector::Or) => {
            parts.push(right);
            Condition::Any(parts)
        }
        (left, Connector::And) => Condition::All(vec![left, right]),
        (left, Connector::Or) => Condition::Any(vec![left, right]),
    }
}

fn of_words(structure: &Structure, text: &Mapped, command: &Command, words: &[Word], depth: usize) -> Condition {
    let Some(name) = words[0].literal() else {
        let place = text.span(command.range.clone());
        let kind = if words.len() == 1 { LeafKind::Flag(converted(text, &words[0])) } else { LeafKind::Opaque };
        return Condition::Leaf(Leaf { kind, text: spelling(text, command.range.clone()), place });
    };
    if let Some(node) = reference(&name) {
        return of_node(structure, node, text, command, depth);
    }
    let operands = &words[1..];
    match name.as_str() {
        ":" | "true" => constant(true),
        "false" => constant(false),
        "test" => TestReader { text, words: operands, at: 0 }.read(),
        "[" => {
            let closed = operands.last().is_some_and(|it| it.literal().as_deref() == Some("]"));
            let inside = if closed { &operands[..operands.len() - 1] } else { operands };
            TestReader { text, words: inside, at: 0 }.read()
        }
        _ => opaque(text, command),
    }
}

fn of_node(structure: &Structure, node: usize, text: &Mapped, command: &Command, depth: usize) -> Condition {
    match structure.nodes.get(node) {
        Some(Node::Shell(inside)) => {
            let script = parse(&inside.text);
            of_script(structure, inside, &script, depth + 10)
        }
        Some(Node::Probe { test, place, .. }) => {
            Condition::Leaf(Leaf { kind: LeafKind::Opaque, text: test.clone(), place: *place })
        }
        Some(Node::Conditional { .. } | Node::Sets { .. } | Node::Sequence(_)) | None => opaque(text, command),
    }
}

/// `$tool --version | grep GNU`: makefiles are read as GNU make reads them, beside tools of the same kind.
fn asks_for_gnu(text: &Mapped, command: &Command) -> bool {
    let text = &text.text[command.range.clone()];
    text.contains("--version") && text.contains("grep") && text.contains("GNU")
}

fn constant(value: bool) -> Condition {
    Condition::Leaf(Leaf { kind: LeafKind::Constant(value), text: String::new(), place: None })
}

/// A command whose status cannot be known.
pub(super) fn opaque(text: &Mapped, command: &Command) -> Condition {
    let place = text.span(command.range.clone());
    Condition::Leaf(Leaf { kind: LeafKind::Opaque, text: spelling(text, command.range.clone()), place })
}

/// Text as reports show it.
pub(super) fn spelling(text: &Mapped, range: std::ops::Range<usize>) -> String {
    let words = text.text[range].split_whitespace().take(LONGEST);
    let words: Vec<String> = words.map(|it| if has_reference(it) { "...".to_owned() } else { display(it) }).collect();
    words.join(" ").chars().take(LONGEST).collect()
}

/// Reads the operands of `test`.
struct TestReader<'a> {
    text: &'a Mapped,
    words: &'a [Word],
    at: usize,
}

impl TestReader<'_> {
    fn read(mut self) -> Condition {
        if self.words.is_empty() {
            return constant(false);
        }
        let res = self.either(0);
        if self.at < self.words.len() { self.leaf(LeafKind::Opaque, 0..self.words.len()) } else { res }
    }

    fn either(&mut self, depth: usize) -> Condition {
        let mut parts = vec![self.both(depth)];
        while self.take("-o") {
            parts.push(self.both(depth));
        }
        if parts.len() == 1 { parts.remove(0) } else { Condition::Any(parts) }
    }

    fn both(&mut self, depth: usize) -> Condition {
        let mut parts = vec![self.primary(depth)];
        while self.take("-a") {
            parts.push(self.primary(depth));
        }
        if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) }
    }

    fn primary(&mut self, depth: usize) -> Condition {
        let start = self.at;
        if let (Some(operator), Some(_)) = (self.operator(start + 1), self.words.get(start + 2)) {
            self.at += 3;
            return self.binary(&operator, start);
        }
        if depth < DEEPEST && self.words.len() > start + 1 {
            if self.take("!") {
                return Condition::Not(Box::new(self.primary(depth + 1)));
            }
            if self.take("(") {
                let res = self.either(depth + 1);
                self.take(")");
                return res;
            }
        }
        let unary = self.word_text(start).filter(|it| it.len() == 2 && it.starts_with('-'));
        if let (Some(unary), Some(operand)) = (unary, self.words.get(start + 1)) {
            self.at += 2;
            let kind = match unary.as_str() {
                "-n" => LeafKind::NonEmpty(converted(self.text, operand)),
                "-z" => LeafKind::Empty(converted(self.text, operand)),
                "-f" | "-d" | "-e" | "-r" | "-s" | "-x" => LeafKind::Exists(converted(self.text, operand)),
                _ => LeafKind::Opaque,
            };
            return self.leaf(kind, start..start + 2);
        }
        self.at = (start + 1).min(self.words.len());
        match self.words.get(start) {
            Some(word) => self.leaf(LeafKind::NonEmpty(converted(self.text, word)), start..start + 1),
            None => constant(false),
        }
    }

    fn binary(&self, operator: &str, start: usize) -> Condition {
        let left = converted(self.text, &self.words[start]);
        let right = converted(self.text, &self.words[start + 2]);
        let kind = match operator {
            "=" | "==" => LeafKind::Equal(left, right),
            "!=" => LeafKind::Unequal(left, right),
            "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" => LeafKind::Numeric(operator.to_owned(), left, right),
            _ => LeafKind::Opaque,
        };
        self.leaf(kind, start..start + 3)
    }

    fn leaf(&self, kind: LeafKind, words: std::ops::Range<usize>) -> Condition {
        let range = self.words[words.start].range.start..self.words[words.end - 1].range.end;
        let place = self.text.span(range.clone());
        Condition::Leaf(Leaf { kind, text: format!("test {}", spelling(self.text, range)), place })
    }

    fn operator(&self, at: usize) -> Option<String> {
        const OPERATORS: &[&str] =
            &["=", "==", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "<", ">"];
        self.word_text(at).filter(|it| OPERATORS.contains(&it.as_str()))
    }

    fn word_text(&self, at: usize) -> Option<String> {
        self.words.get(at).and_then(Word::literal)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.word_text(self.at).as_deref() == Some(word);
        self.at += usize::from(found);
        found
    }
}
