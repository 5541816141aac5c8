//! What a reading has found so far besides variables, and what a target is known by.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::choices::{Choice, Named};
use super::echoed::Writing;
use super::pattern::Pattern;
use super::variables::Scope;
use super::{Rule, Variable};
use crate::source::{FileId, Span};
use crate::syntax::make::scan::Operator;

/// The rules that name a target.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Entry {
    rules: Positions,
    /// The rule whose recipe holds.
    recipe: Option<Position>,
    pub(crate) double_colon: bool,
}

/// A position in the rules. There are many of them.
type Position = u32;

#[derive(Clone, Debug, Default, PartialEq)]
enum Positions {
    #[default]
    None,
    // Most targets stand in one rule.
    One(Position),
    #[expect(clippy::box_collection, reason = "all targets have one of these")]
    Many(Box<Vec<Position>>),
}

impl Entry {
    /// Positions in the rules, in source order.
    pub(crate) fn rules(&self) -> impl DoubleEndedIterator<Item = usize> {
        let rules = match &self.rules {
            Positions::None => &[],
            Positions::One(at) => std::slice::from_ref(at),
            Positions::Many(all) => all.as_slice(),
        };
        rules.iter().map(|it| *it as usize)
    }

    /// The rule whose recipe holds.
    pub(crate) fn recipe(&self) -> Option<usize> {
        self.recipe.map(|it| it as usize)
    }

    /// Adds the rule at a position, which is behind all others.
    pub(crate) fn add(&mut self, at: usize) {
        let at = position(at);
        match &mut self.rules {
            Positions::None => self.rules = Positions::One(at),
            Positions::One(first) if *first != at => self.rules = Positions::Many(Box::new(vec![*first, at])),
            Positions::Many(all) if all.last() != Some(&at) => all.push(at),
            _ => {}
        }
    }

    /// Sets the rule whose recipe holds.
    pub(crate) fn set_recipe(&mut self, at: Option<usize>) {
        self.recipe = at.map(position);
    }
}

/// A position in fewer bytes.
pub(super) fn position(at: usize) -> Position {
    at.try_into().expect("fewer rules than numbers")
}

/// A variable for the targets that match a pattern.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PatternVariable {
    pub(crate) target: String,
    pub(crate) pattern: Pattern,
    pub(crate) name: Arc<str>,
    pub(crate) operator: Operator,
    pub(crate) variable: Arc<Variable>,
}

/// `vpath pattern folders`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SearchPath {
    pub(crate) text: String,
    pub(crate) pattern: Pattern,
    pub(crate) folders: Vec<String>,
}

/// Rules, targets and switches.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    pub(crate) rules: Vec<Rule>,
    pub(crate) implicit: Vec<Rule>,
    pub(crate) targets: FxHashMap<Arc<str>, Entry>,
    pub(crate) scopes: FxHashMap<Arc<str>, Scope>,
    pub(crate) pattern_variables: Vec<PatternVariable>,
    pub(crate) search_paths: Vec<SearchPath>,
    /// `.SUFFIXES` as it stands.
    pub(crate) suffixes: Vec<String>,
    pub(crate) files: Vec<FileId>,
    /// Text that a Makefile.am includes and that automake puts behind all variables, with its place.
    pub(crate) put_last: Vec<(&'static str, Option<Span>)>,
    /// The rules that may write makefiles.
    pub(crate) writing: Writing,
    /// Makefiles that are read as one of several, by the value of a variable.
    pub(crate) chosen: FxHashSet<String>,
    /// Names of the makefiles that make would read.
    pub(crate) makefiles: Vec<String>,
    /// Whether variables keep the values that they have, whatever the makefiles set.
    pub(crate) settled: bool,
    /// What variables in the names of includes choose among.
    pub(crate) choices: Vec<Choice>,
    /// Values of variables that choose a makefile, the first in each of several folders.
    pub(crate) first_of_folders: BTreeSet<(String, String)>,
    /// Prerequisites that a variable without a known value names.
    pub(crate) named: Vec<Named>,
    /// Names that `wildcard` was asked for in vain.
    pub(crate) sought: FxHashSet<String>,
    /// Those that must be there and are not.
    pub(crate) missing: Vec<String>,
    /// Whether a part that must be there is not of the tree.
    pub(crate) lacks_part: bool,
    pub(crate) second_expansion: bool,
    pub(crate) one_shell: bool,
    pub(crate) posix: bool,
    pub(crate) export_all: bool,
    pub(crate) include_depth: usize,
    pub(crate) eval_depth: usize,
}
