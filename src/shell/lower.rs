//! Tokens and their structure to commands.
//!
//! Words become placeholders before the grammar sees them, so that it decides nesting and nothing else; tokens keep
//! the true offsets. A line of words alone needs no grammar.

use std::ops::Range;
use std::sync::Arc;

use super::context::Context;
use super::tokens::{Here, Token, TokenKind, Tokens};
use super::words::{self, name_length};
use super::{Assignment, CaseArm, Command, CommandKind, Connector, Redirection, Script, Word};
use crate::syntax::bash::{Mark, Shape, ShapeKind};

/// One text being lowered.
pub(super) struct Lowering<'a> {
    context: &'a Context<'a>,
    tokens: &'a [Token],
    broken: usize,
    /// What the grammar reads.
    skeleton: String,
    /// Offsets in the skeleton where tokens start, and the tokens' indices.
    starts: Vec<(usize, usize)>,
    /// Tokens before which `!` stands.
    negated: Vec<usize>,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(context: &'a Context<'a>, tokens: &'a Tokens) -> Lowering<'a> {
        Lowering {
            context,
            tokens: &tokens.tokens,
            broken: tokens.broken.unwrap_or(usize::MAX),
            skeleton: String::new(),
            starts: Vec::new(),
            negated: Vec::new(),
        }
    }

    fn text(&self, token: usize) -> &'a str {
        &self.context.text[self.tokens[token].range.clone()]
    }

    /// Writes the skeleton: what the grammar does not know (`for x do`, `fi done`, `for x in;`) in a way it knows.
    pub(super) fn skeleton(&mut self) -> String {
        let mut closed = false;
        for idx in 0..self.tokens.len() {
            let text = self.text(idx);
            match self.tokens[idx].kind {
                TokenKind::Redirection { .. } => {
                    if self.stands_alone(idx) {
                        self.emit(idx, "x");
                    }
                    continue;
                }
                TokenKind::Word => self.emit(idx, "x"),
                TokenKind::Newline => self.emit(idx, "\n"),
                TokenKind::Reserved if text == "!" => {
                    self.negated.push(idx + 1);
                    continue;
                }
                TokenKind::Reserved => {
                    let after_name = idx >= 2 && matches!(self.text(idx - 2), "for" | "select");
                    if text == "do" && after_name && self.tokens[idx - 2].kind == TokenKind::Reserved {
                        self.skeleton.push('\n');
                    } else if closed && !matches!(text, "{" | "if" | "for" | "case" | "while" | "until") {
                        self.skeleton.push_str("; ");
                    }
                    self.emit(idx, if text == "select" { "for" } else { text });
                    let next_ends = self.tokens.get(idx + 1).is_some_and(|it| it.kind != TokenKind::Word);
                    if text == "in" && next_ends && idx >= 2 && self.text(idx - 2) == "for" {
                        self.skeleton.push_str("x ");
                    }
                }
                TokenKind::Operator => self.emit(idx, text),
            }
            closed = match self.tokens[idx].kind {
                TokenKind::Reserved => matches!(text, "fi" | "done" | "esac" | "}"),
                TokenKind::Operator => text == ")" && !(idx > 0 && self.text(idx - 1) == "("),
                _ => false,
            };
        }
        std::mem::take(&mut self.skeleton)
    }

    fn emit(&mut self, idx: usize, text: &str) {
        self.starts.push((self.skeleton.len(), idx));
        self.skeleton.push_str(text);
        self.skeleton.push(' ');
    }

    /// Whether a redirection is the first of a command that has no word and no compound command.
    fn stands_alone(&self, idx: usize) -> bool {
        let is_redirection = |it: &Token| matches!(it.kind, TokenKind::Redirection { .. });
        let ends_command = match idx.checked_sub(1) {
            Some(before) => match self.tokens[before].kind {
                TokenKind::Word | TokenKind::Redirection { .. } => false,
                TokenKind::Newline => true,
                TokenKind::Operator => self.text(before) != ")" || self.is_pattern_end(before),
                TokenKind::Reserved => !matches!(self.text(before), "fi" | "done" | "esac" | "}"),
            },
            None => true,
        };
        let next = self.tokens[idx..].iter().find(|it| !is_redirection(it));
        ends_command && next.is_none_or(|it| it.kind != TokenKind::Word)
    }

    /// Whether the parenthesis closes the pattern of an arm and not a subshell.
    fn is_pattern_end(&self, idx: usize) -> bool {
        let mut depth = 0usize;
        for it in (0..idx).rev() {
            match (&self.tokens[it].kind, self.text(it)) {
                (TokenKind::Operator, ")") => depth += 1,
                (TokenKind::Operator, "(") if depth == 0 => return false,
                (TokenKind::Operator, "(") => depth -= 1,
                (TokenKind::Operator, ";;") | (TokenKind::Reserved, "in") if depth == 0 => return true,
                _ => {}
            }
        }
        false
    }

    /// The tokens that a node covers.
    fn covered(&self, range: &Range<usize>) -> Range<usize> {
        let first = self.starts.partition_point(|it| it.0 < range.start);
        let last = self.starts.partition_point(|it| it.0 < range.end);
        let end = if last > first { self.starts[last - 1].1 + 1 } else { self.starts.get(first).map_or(0, |it| it.1) };
        self.starts.get(first).map_or(end, |it| it.1.min(end))..end
    }

    /// With the redirections that follow.
    fn with_trailing(&self, tokens: Range<usize>) -> Range<usize> {
        let is_redirection = |it: &&Token| matches!(it.kind, TokenKind::Redirection { .. });
        tokens.start..tokens.end + self.tokens[tokens.end..].iter().take_while(is_redirection).count()
    }

    /// With the redirections that come before.
    fn with_leading(&self, tokens: Range<usize>) -> Range<usize> {
        let is_redirection = |it: &&Token| matches!(it.kind, TokenKind::Redirection { .. });
        let n_before = self.tokens[..tokens.start].iter().rev().take_while(is_redirection).count();
        tokens.start - n_before..tokens.end
    }

    pub(super) fn sequence(&self, nodes: &[Shape]) -> Script {
        let mut commands: Vec<Command> = Vec::new();
        for node in nodes {
            match node.kind {
                ShapeKind::Mark(Mark::Background) => {
                    if let Some(last) = commands.last_mut() {
                        last.background = true;
                    }
                }
                ShapeKind::Mark(_) => {}
                _ => commands.push(self.statement(node)),
            }
        }
        Script { commands }
    }

    /// An and-or list.
    fn statement(&self, node: &Shape) -> Command {
        let nodes = if node.kind == ShapeKind::List { node.children.as_slice() } else { std::slice::from_ref(node) };
        let mut first = None;
        let mut rest = Vec::new();
        let mut connector = Connector::And;
        let mut current = Vec::new();
        for (idx, it) in nodes.iter().enumerate() {
            let mark = if let ShapeKind::Mark(mark) = it.kind { Some(mark) } else { None };
            if mark.is_none() {
                current.push(it);
            }
            let ends = matches!(mark, Some(Mark::And | Mark::Or)) || idx + 1 == nodes.len();
            if ends && !current.is_empty() {
                let pipeline = self.pipeline(&std::mem::take(&mut current));
                match first {
                    None => first = Some(pipeline),
                    Some(_) => rest.push((connector, pipeline)),
                }
            }
            match mark {
                Some(Mark::And) => connector = Connector::And,
                Some(Mark::Or) => connector = Connector::Or,
                _ => {}
            }
        }
        let Some(first) = first else { return self.unparsed(node) };
        let Some(last) = rest.last() else { return first };
        // Nothing stands behind a sign that a command must follow.
        let range = first.range.start..last.1.range.end.max(first.range.end);
        compound(CommandKind::AndOr { first: Box::new(first), rest }, range)
    }

    fn pipeline(&self, leaves: &[&Shape]) -> Command {
        let start = leaves.first().map_or(0, |it| self.with_leading(self.covered(&it.range)).start);
        let negated = self.negated.binary_search(&start).is_ok();
        let mut commands: Vec<Command> = leaves.iter().map(|it| self.leaf(it)).collect();
        match commands.pop() {
            Some(only) if commands.is_empty() && !negated => only,
            last => {
                commands.extend(last);
                let end = commands.iter().map(|it| it.range.end).max().unwrap_or(0);
                let start = commands.first().map_or(0, |it| it.range.start);
                compound(CommandKind::Pipeline { negated, commands }, start..end)
            }
        }
    }

    fn leaf(&self, node: &Shape) -> Command {
        let covered = self.covered(&node.range);
        if node.kind == ShapeKind::Simple {
            return self.simple(self.with_trailing(self.with_leading(covered)));
        }
        let all = self.with_trailing(covered.clone());
        let kind = self.compound_kind(node, covered.clone());
        let redirections = self.redirections(covered.end..all.end);
        Command { kind, range: self.bytes(all), redirections, background: false }
    }

    fn compound_kind(&self, node: &Shape, covered: Range<usize>) -> CommandKind {
        self.context.level.update(|it| it + 1);
        let res = match node.kind {
            ShapeKind::Subshell => CommandKind::Subshell(self.sequence(&node.children)),
            ShapeKind::Group => CommandKind::Group(self.sequence(&node.children)),
            ShapeKind::If => self.conditional(node),
            ShapeKind::While => self.repeat(node),
            ShapeKind::For => self.each(node, covered),
            ShapeKind::Case => self.case(node, covered),
            ShapeKind::Function => self.function(node, covered),
            _ => CommandKind::Unparsed,
        };
        self.context.level.update(|it| it - 1);
        res
    }

    fn unparsed(&self, node: &Shape) -> Command {
        compound(CommandKind::Unparsed, self.bytes(self.covered(&node.range)))
    }

    fn conditional(&self, node: &Shape) -> CommandKind {
        let mut arms = Vec::new();
        let mut otherwise = None;
        let own: Vec<&Shape> = node.children.iter().collect();
        let clause = |it: &Shape| matches!(it.kind, ShapeKind::Elif | ShapeKind::Else);
        let n_own = own.iter().take_while(|it| !clause(it)).count();
        arms.push(self.arm(&node.children[..n_own]));
        for it in node.children.iter().filter(|it| clause(it)) {
            if it.kind == ShapeKind::Elif {
                arms.push(self.arm(&it.children));
            } else {
                otherwise = Some(self.sequence(&it.children));
            }
        }
        CommandKind::If { arms, otherwise }
    }

    fn arm(&self, nodes: &[Shape]) -> (Script, Script) {
        let then = nodes.iter().position(|it| it.kind == ShapeKind::Mark(Mark::Then)).unwrap_or(nodes.len());
        (self.sequence(&nodes[..then]), self.sequence(&nodes[then..]))
    }

    fn repeat(&self, node: &Shape) -> CommandKind {
        let until = node.children.first().is_some_and(|it| it.kind == ShapeKind::Mark(Mark::Until));
        let body = node.children.iter().position(|it| it.kind == ShapeKind::Sequence).unwrap_or(node.children.len());
        CommandKind::While {
            until,
            condition: self.sequence(&node.children[..body]),
            body: node.children.get(body).map(|it| self.sequence(&it.children)).unwrap_or_default(),
        }
    }

    fn each(&self, node: &Shape, covered: Range<usize>) -> CommandKind {
        let header = self.tokens[covered.clone()].iter();
        let header_end =
            header.clone().position(|it| self.is_reserved(it, "do")).map_or(covered.end, |it| covered.start + it);
        let name = self.tokens.get(covered.start + 1).map(|it| self.context.text[it.range.clone()].to_owned());
        let from = (covered.start..header_end).find(|it| self.is_reserved(&self.tokens[*it], "in"));
        let body = node.children.iter().find(|it| it.kind == ShapeKind::Sequence);
        CommandKind::For {
            name: name.unwrap_or_default(),
            words: from.map(|it| self.words(it + 1..header_end)),
            body: body.map(|it| self.sequence(&it.children)).unwrap_or_default(),
        }
    }

    fn is_reserved(&self, token: &Token, text: &str) -> bool {
        token.kind == TokenKind::Reserved && &self.context.text[token.range.clone()] == text
    }

    fn case(&self, node: &Shape, covered: Range<usize>) -> CommandKind {
        let subject = self.words(covered.start + 1..covered.start + 2).pop().unwrap_or_default();
        let arms = node.children.iter().filter(|it| it.kind == ShapeKind::Arm).map(|it| self.case_arm(it)).collect();
        CommandKind::Case { subject, arms }
    }

    fn case_arm(&self, node: &Shape) -> CaseArm {
        let covered = self.covered(&node.range);
        let is_close = |it: &usize| self.tokens[*it].kind == TokenKind::Operator && self.text(*it) == ")";
        let close = covered.clone().find(is_close).unwrap_or(covered.end);
        let first = node.children.iter().position(|it| !matches!(it.kind, ShapeKind::Word | ShapeKind::Mark(_)));
        let body = first.map(|it| self.sequence(&node.children[it..])).unwrap_or_default();
        CaseArm { patterns: self.words(covered.start..close), body, range: self.bytes(covered) }
    }

    fn function(&self, node: &Shape, covered: Range<usize>) -> CommandKind {
        let named = (covered.start..covered.end).find(|it| self.tokens[*it].kind == TokenKind::Word);
        let body = node.children.iter().rev().find(|it| !matches!(it.kind, ShapeKind::Mark(_) | ShapeKind::Word));
        match (named, body) {
            (Some(name), Some(body)) => {
                CommandKind::Function { name: self.text(name).to_owned(), body: Arc::new(self.leaf(body)) }
            }
            _ => CommandKind::Unparsed,
        }
    }

    /// The words among some tokens.
    fn words(&self, tokens: Range<usize>) -> Vec<Word> {
        let tokens = self.tokens.get(tokens).unwrap_or_default();
        tokens
            .iter()
            .filter(|it| it.kind == TokenKind::Word)
            .map(|it| words::word(self.context, it.range.clone()))
            .collect()
    }

    fn bytes(&self, tokens: Range<usize>) -> Range<usize> {
        match self.tokens.get(tokens).unwrap_or_default() {
            [first, .., last] => self.context.range(first.range.start..last.range.end),
            [only] => self.context.range(only.range.clone()),
            [] => self.context.range(0..0),
        }
    }

    pub(super) fn simple(&self, covered: Range<usize>) -> Command {
        let tokens = &self.tokens[covered.clone()];
        let range = self.bytes(covered.clone());
        let redirections = self.redirections(covered);
        if tokens.iter().any(|it| it.range.end > self.broken) {
            return Command { kind: CommandKind::Unparsed, range, redirections: Vec::new(), background: false };
        }
        let mut assignments = Vec::new();
        let mut words = Vec::new();
        for token in tokens.iter().filter(|it| it.kind == TokenKind::Word) {
            match self.assignment(token).filter(|_| words.is_empty()) {
                Some(it) => assignments.push(it),
                None => words.push(words::word(self.context, token.range.clone())),
            }
        }
        Command { kind: CommandKind::Simple { assignments, words }, range, redirections, background: false }
    }

    fn assignment(&self, token: &Token) -> Option<Assignment> {
        let text = &self.context.text[token.range.clone()];
        // `name[2]=x` sets an element, which has a name of its own here.
        let length = words::subscript_end(text, name_length(text));
        let rest = &text[length..];
        let append = rest.starts_with("+=");
        if length == 0 || !(append || rest.starts_with('=')) {
            return None;
        }
        let from = token.range.start + length + if append { 2 } else { 1 };
        let value = words::value(self.context, from..token.range.end);
        Some(Assignment {
            name: text[..length].to_owned(),
            append,
            value,
            range: self.context.range(token.range.clone()),
        })
    }

    fn redirections(&self, tokens: Range<usize>) -> Vec<Redirection> {
        self.tokens[tokens].iter().filter_map(|it| self.redirection(it)).collect()
    }

    fn redirection(&self, token: &Token) -> Option<Redirection> {
        let TokenKind::Redirection { descriptor, kind, operand, here } = &token.kind else { return None };
        let operand = match here {
            Some(Here { body, quoted }) => words::here(self.context, body.clone(), *quoted),
            None => words::word(self.context, operand.clone()),
        };
        let range = self.context.range(token.range.clone());
        Some(Redirection { descriptor: *descriptor, kind: *kind, operand, range })
    }
}

fn compound(kind: CommandKind, range: Range<usize>) -> Command {
    Command { kind, range, redirections: Vec::new(), background: false }
}
