//! What a configure.ac says about its shell variables: assignments in the order of the program, each under its guards.
//!
//! Nothing is evaluated here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rustc_hash::{FxHashMap, FxHashSet};

use super::evaluate::Memo;
use super::{Configuration, Note, Setting};
use crate::source::{Project, Source, Span};
use crate::text::Traced;

/// A word of the shell with its places.
#[derive(Clone, Debug, Default)]
pub(super) struct Word {
    pub(super) parts: Vec<Part>,
    pub(super) span: Option<Span>,
}

/// A part of a word.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// Text, escapes removed.
    Text(Traced),
    /// `$name`, `${name-word}`.
    Variable { name: String, operator: Option<(String, Box<Word>)>, span: Option<Span> },
    /// What cannot be known.
    Unknown { spelling: String, span: Option<Span> },
}

/// What an assignment gives.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Word(Word),
    Unknown { spelling: String, place: Option<Span> },
    Unset,
}

/// An assignment to a variable; its position in [`Model::assignments`] is its point in the program.
#[derive(Clone, Debug)]
pub(super) struct Assigned {
    pub(super) name: String,
    pub(super) value: Value,
    pub(super) guard: Option<GuardId>,
    pub(super) span: Option<Span>,
    pub(super) value_span: Option<Span>,
}

/// Position in [`Model::guards`].
pub(super) type GuardId = usize;
/// Position in [`Model::choices`].
pub(super) type ChoiceId = usize;
/// Number of assignments that come before something.
pub(super) type Point = usize;

/// An arm that must be taken, inside another.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    pub(super) parent: Option<GuardId>,
    pub(super) choice: ChoiceId,
    /// Position of the arm; the number of arms for `else`.
    pub(super) arm: usize,
}

/// An `if` or a `case`.
#[derive(Clone, Debug)]
pub(super) enum Choice {
    If(Vec<(Condition, Point)>),
    Case { subject: Word, arms: Vec<Vec<Pattern>>, point: Point },
}

/// A pattern of `case`.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// Quoted wildcards escaped.
    pub(super) word: Word,
    /// As it is written, quotes removed.
    pub(super) text: String,
    pub(super) place: Option<Span>,
}

/// What a command's status says.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Leaf(Leaf),
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

/// One test.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) kind: LeafKind,
    /// As it is written; empty where no one can set it.
    pub(super) text: String,
    pub(super) place: Option<Span>,
}

/// The tests that can be decided where their words are known.
#[derive(Clone, Debug)]
pub(super) enum LeafKind {
    Constant(bool),
    Equal(Word, Word),
    Unequal(Word, Word),
    Empty(Word),
    NonEmpty(Word),
    /// `$flag`, which holds `true` or `false`.
    Flag(Word),
    Numeric(String, Word, Word),
    /// `test -f file` and its like.
    Exists(Word),
    Opaque,
}

/// An automake conditional.
#[derive(Clone, Debug)]
pub(super) struct Conditional {
    pub(super) choice: ChoiceId,
    pub(super) place: Option<Span>,
}

/// The whole.
#[derive(Default)]
pub(super) struct Model {
    pub(super) assignments: Vec<Assigned>,
    pub(super) by_name: FxHashMap<String, Vec<usize>>,
    pub(super) guards: Vec<Guard>,
    pub(super) choices: Vec<Choice>,
    /// For each choice the arm that it stands in.
    pub(super) parents: Vec<Option<GuardId>>,
    pub(super) conditionals: BTreeMap<String, Vec<Conditional>>,
    pub(super) substituted: BTreeMap<String, Option<Span>>,
    /// Every command, compound ones too.
    pub(super) statements: Vec<Span>,
    /// Every `if` and the commands that stand in its branches.
    pub(super) ifs: Vec<(Span, Vec<Span>)>,
    pub(super) sources: Vec<(crate::source::FileId, Arc<Source>)>,
    /// The tree, and the folder of configure.ac in it.
    pub(super) tree: Option<(Project, String)>,
    pub(super) notes: Vec<Note>,
    /// Whether an `eval` assigns to variables whose names a run alone can tell.
    pub(super) assigns_any: bool,
    pub(super) memos: Mutex<FxHashMap<Configuration, Arc<Mutex<Memo>>>>,
    pub(super) deviations: Mutex<FxHashMap<String, Arc<Vec<Setting>>>>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("assignments", &self.assignments.len()).finish_non_exhaustive()
    }
}

impl Word {
    /// The variables that the word names, those in the words of operators too.
    pub(super) fn variables(&self) -> Vec<&str> {
        let mut res = Vec::new();
        let mut open = vec![self];
        while let Some(word) = open.pop() {
            for part in &word.parts {
                if let Part::Variable { name, operator, .. } = part {
                    res.push(name.as_str());
                    open.extend(operator.as_ref().map(|it| &*it.1));
                }
            }
        }
        res
    }

    /// The variable that the word copies: `$x` and nothing else.
    pub(super) fn copied(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Variable { name, operator: None, .. }] => Some(name),
            _ => None,
        }
    }
}

impl Condition {
    /// The tests in it.
    pub(super) fn leaves(&self) -> Vec<&Leaf> {
        let mut res = Vec::new();
        let mut open = vec![self];
        while let Some(it) = open.pop() {
            match it {
                Condition::Leaf(leaf) => res.push(leaf),
                Condition::Not(inside) => open.push(inside),
                Condition::All(parts) | Condition::Any(parts) => open.extend(parts.iter().rev()),
            }
        }
        res
    }
}

impl Leaf {
    /// The words that the test looks at.
    pub(super) fn words(&self) -> Vec<&Word> {
        match &self.kind {
            LeafKind::Equal(left, right) | LeafKind::Unequal(left, right) | LeafKind::Numeric(_, left, right) => {
                vec![left, right]
            }
            LeafKind::Empty(word) | LeafKind::NonEmpty(word) | LeafKind::Flag(word) | LeafKind::Exists(word) => {
                vec![word]
            }
            LeafKind::Constant(_) | LeafKind::Opaque => Vec::new(),
        }
    }
}

impl Choice {
    /// The variables on which the choice depends, each with the point at which it is looked at.
    pub(super) fn variables(&self) -> FxHashSet<(&str, Point)> {
        match self {
            Choice::If(conditions) => conditions
                .iter()
                .flat_map(|(condition, point)| condition.leaves().into_iter().map(move |it| (it, *point)))
                .flat_map(|(leaf, point)| leaf.words().into_iter().map(move |it| (it, point)))
                .flat_map(|(word, point)| word.variables().into_iter().map(move |it| (it, point)))
                .collect(),
            Choice::Case { subject, arms, point } => arms
                .iter()
                .flatten()
                .map(|it| &it.word)
                .chain([subject])
                .flat_map(|it| it.variables())
                .map(|it| (it, *point))
                .collect(),
        }
    }
}

impl Model {
    /// The guards from `guard` outwards.
    pub(super) fn chain(&self, guard: Option<GuardId>) -> impl Iterator<Item = &Guard> + '_ {
        let first = guard.map(|it| &self.guards[it]);
        std::iter::successors(first, |it| it.parent.map(|it| &self.guards[it]))
    }

    /// The assignments to a variable, by their points.
    pub(super) fn of(&self, name: &str) -> &[usize] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }
}
