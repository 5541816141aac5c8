//! Strategies that end a race: one file each, one row in [`STRATEGIES`].
//!
//! A strategy looks at one race under one configuration and states wishes; whether they may be made is `verdict`'s.

mod case;
mod grouped;
mod hoist;
mod leader;
mod mkdir_p;
mod order_only;
mod per_target;
mod prerequisite;
mod serialise;

use crate::analysis::Strategy;
use crate::edit::Edits;
use crate::makefile::{self, NewRule, Position, Wish};
pub use case::Case;

/// What a strategy offers.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The strategy.
    pub strategy: Strategy,
    /// One line, imperative.
    pub title: String,
    /// Why this, and what the others would be.
    pub why: String,
    wishes: Vec<Wish>,
    /// Whether it is only a sketch, or refused: then `why` says so.
    pub manual: bool,
}

impl Proposal {
    fn new(strategy: Strategy, title: String, why: &str, wishes: Vec<Wish>) -> Proposal {
        Proposal { strategy, title, why: why.to_owned(), wishes, manual: false }
    }

    /// The edits, or `None` where the wishes cannot be made together.
    pub fn edits(&self, case: &Case) -> Option<Edits> {
        makefile::edits(case.project, &self.wishes)
    }
}

/// Proposals of one strategy, the preferred one first.
type Propose = fn(&Case) -> Vec<Proposal>;

/// The strategies in the order in which `auto` tries them.
pub const STRATEGIES: &[(Strategy, Propose)] = &[
    (Strategy::Prerequisite, hoist::propose),
    (Strategy::OrderOnly, order_only::propose),
    (Strategy::MkdirP, mkdir_p::propose),
    (Strategy::GroupedTarget, grouped::propose),
    (Strategy::Leader, leader::propose),
    (Strategy::PerTarget, per_target::propose),
    (Strategy::Prerequisite, prerequisite::propose),
    (Strategy::Serialise, serialise::propose),
];
