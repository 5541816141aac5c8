//! Strategies that end a race: one file each, one row in [`STRATEGIES`].
//!
//! A strategy looks at one race under one configuration and states wishes; whether they may be made is `verdict`'s.

mod case;
mod grouped;
mod hoist;
mod leader;
mod list_once;
mod mkdir_p;
mod order_only;
mod pattern_rule;
mod per_target;
mod prerequisite;
mod serialise;
mod several;
mod stamp;

use std::collections::BTreeSet;

use crate::analysis::Strategy;
use crate::edit::{Edit, Edits};
use crate::effects::{Certainty, Effect, EffectKind};
use crate::jobs::{Job, RecipeRun};
use crate::makefile::{self, NewRule, Position, Wish};
use crate::source::{FileId, folder_of, stem_of_template};
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
    /// Whether a person should look at it whatever the check says.
    pub doubtful: bool,
    /// What it means to move.
    pub moves: Moves,
}

/// What a fix does to the commands of a serial build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// Jobs may run earlier, each with the commands that it had.
    Jobs,
    /// A job that repeated what another one does has no commands any more.
    Repeats,
    /// Commands of the jobs that take part are changed or stand in a rule of their own.
    Commands,
    /// Jobs may run earlier, and a make of automake's is run once more, which finds what they made.
    Makes,
    /// Jobs that a target waited for are made by makes that its recipe runs.
    Steps,
}

impl Proposal {
    fn new(strategy: Strategy, title: String, why: &str, wishes: Vec<Wish>) -> Proposal {
        let moves = match strategy {
            Strategy::PerTarget | Strategy::MkdirP | Strategy::Stamp | Strategy::ListOnce => Moves::Commands,
            Strategy::GroupedTarget | Strategy::PatternRule | Strategy::Leader => Moves::Repeats,
            Strategy::Prerequisite | Strategy::OrderOnly | Strategy::Serialise => Moves::Jobs,
        };
        Proposal { strategy, title, why: why.to_owned(), wishes, manual: false, doubtful: false, moves }
    }

    /// The edits, or `None` where the wishes cannot be made together or would say where the tree lies on this machine.
    pub fn edits(&self, case: &Case) -> Option<Edits> {
        let root = case.project.root.as_str();
        // `$(realpath ../lib)` is beside it.
        let above = folder_of(root);
        let place = format!("{}/", if above.is_empty() { root } else { above });
        let is_said = |it: &Edit| {
            String::from_utf8_lossy(&it.replacement).contains(&place) && !case.project.text(it.span).contains(&place)
        };
        let res = makefile::edits(case.project, &self.wishes).filter(|it| !it.iter().any(is_said))?;
        let files: BTreeSet<FileId> = res.iter().map(|it| it.span.file).collect();
        (!files.into_iter().any(|it| is_made(case, it))).then_some(res)
    }
}

/// What configure leaves to make its files with.
const STATUS: &str = "config.status";

/// Whether a recipe writes a file that makefiles include (`.depend`), where an edit would not last. A makefile that
/// config.status makes may be edited, since `fixup` runs after that, and so may what config.status and automake read.
fn is_made(case: &Case, file: FileId) -> bool {
    let path = &case.project.source(file).path;
    let writes = |it: &Effect| it.kind == EffectKind::Write && it.path == *path && it.certainty == Certainty::Must;
    let makes = |job: &Job| job.makes(path) && !job.recipes.is_empty() || job.effects().any(|it| writes(it.1));
    let is_read_first = case.graph.instances.iter().any(|it| it.database.files.first() == Some(&file));
    // By another tool than config.status.
    let is_filled = |run: &RecipeRun| {
        let by_other = |it: &Effect| run.outcome.invocations.get(it.invocation).is_some_and(|it| it.name != STATUS);
        run.outcome.effects.iter().any(|it| writes(it) && by_other(it))
    };
    match is_read_first {
        true => case.graph.jobs.iter().any(|it| it.makes(path) && it.recipes.iter().any(is_filled)),
        false => stem_of_template(path).is_none() && case.graph.jobs.iter().any(makes),
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
    (Strategy::PatternRule, pattern_rule::propose),
    (Strategy::Stamp, stamp::propose_by_habit),
    (Strategy::Leader, leader::propose),
    (Strategy::Stamp, stamp::propose),
    (Strategy::ListOnce, list_once::propose),
    (Strategy::PerTarget, per_target::propose),
    (Strategy::Prerequisite, prerequisite::propose),
    (Strategy::Serialise, serialise::propose),
];
