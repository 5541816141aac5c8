//! tree-sitter-bash: how shell commands nest.
//!
//! Gets text in which `shell` has replaced each word by one that the grammar cannot misread. Knows no word and no
//! redirection.

use std::cell::RefCell;
use std::ops::Range;

use tree_sitter::{Node, Parser, TreeCursor};

/// A node of the structure: what it is, its bytes, and what it holds.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) kind: ShapeKind,
    pub(crate) range: Range<usize>,
    pub(crate) children: Vec<Shape>,
}

/// The kinds of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShapeKind {
    /// A sequence of commands: a script, `do ... done`.
    Sequence,
    /// A command without commands in it.
    Simple,
    /// Commands with `&&`, `||` and `|` between them; whatever nesting the grammar gave them is undone.
    List,
    Subshell,
    Group,
    If,
    Elif,
    Else,
    For,
    While,
    Case,
    Arm,
    Function,
    Word,
    /// An operator or a reserved word.
    Mark(Mark),
    Error,
}

/// The operators and reserved words that the structure needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    And,
    Or,
    Pipe,
    Background,
    Until,
    Then,
    Other,
}

thread_local! {
    static PARSER: RefCell<Option<Parser>> = RefCell::new(new_parser());
}

fn new_parser() -> Option<Parser> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
    Some(parser)
}

/// The structure of `text`; nodes more than `deepest` levels down are [`ShapeKind::Error`].
pub(crate) fn structure(text: &str, deepest: usize) -> Shape {
    let tree = PARSER.with_borrow_mut(|it| it.as_mut().and_then(|it| it.parse(text, None)));
    match tree {
        Some(tree) => shape(&mut tree.walk(), deepest),
        None => Shape { kind: ShapeKind::Error, range: 0..text.len(), children: Vec::new() },
    }
}

fn shape(cursor: &mut TreeCursor, deepest: usize) -> Shape {
    let node = cursor.node();
    let kind = if deepest == 0 { ShapeKind::Error } else { kind(&node) };
    let children = match kind {
        ShapeKind::Error | ShapeKind::Simple => Vec::new(),
        ShapeKind::List => list(node, deepest),
        _ => children(cursor, deepest),
    };
    Shape { kind, range: node.byte_range(), children }
}

fn children(cursor: &mut TreeCursor, deepest: usize) -> Vec<Shape> {
    let mut res = Vec::new();
    if cursor.goto_first_child() {
        loop {
            res.push(shape(cursor, deepest - 1));
            if !cursor.goto_next_sibling() {
                break;
            }
        }
        cursor.goto_parent();
    }
    res
}

/// A thousand commands in a list are a thousand levels of the grammar's tree: hence an explicit stack.
fn list(node: Node, deepest: usize) -> Vec<Shape> {
    let mut res = Vec::new();
    let mut stack = vec![node];
    while let Some(node) = stack.pop() {
        if matches!(node.kind(), "list" | "pipeline") {
            let mut cursor = node.walk();
            let children: Vec<Node> = node.children(&mut cursor).collect();
            stack.extend(children.into_iter().rev());
        } else {
            res.push(shape(&mut node.walk(), deepest - 1));
        }
    }
    res
}

fn kind(node: &Node) -> ShapeKind {
    if node.is_missing() {
        return ShapeKind::Error;
    }
    match node.kind() {
        "program" | "do_group" => ShapeKind::Sequence,
        "command" => ShapeKind::Simple,
        "pipeline" | "list" => ShapeKind::List,
        "subshell" => ShapeKind::Subshell,
        "compound_statement" => ShapeKind::Group,
        "if_statement" => ShapeKind::If,
        "elif_clause" => ShapeKind::Elif,
        "else_clause" => ShapeKind::Else,
        "for_statement" => ShapeKind::For,
        "while_statement" => ShapeKind::While,
        "case_statement" => ShapeKind::Case,
        "case_item" => ShapeKind::Arm,
        "function_definition" => ShapeKind::Function,
        "word" | "variable_name" | "extglob_pattern" => ShapeKind::Word,
        "&&" => ShapeKind::Mark(Mark::And),
        "||" => ShapeKind::Mark(Mark::Or),
        "|" | "|&" => ShapeKind::Mark(Mark::Pipe),
        "&" => ShapeKind::Mark(Mark::Background),
        "until" => ShapeKind::Mark(Mark::Until),
        "then" => ShapeKind::Mark(Mark::Then),
        _ if !node.is_named() => ShapeKind::Mark(Mark::Other),
        _ => ShapeKind::Error,
    }
}
