//! `serialise`: the last resort, always a sketch.

use super::{Case, Proposal};
use crate::analysis::Strategy;

/// Says which makefile would have to lose its parallelism.
pub(super) fn propose(case: &Case) -> Vec<Proposal> {
    let instance = case.graph.common_instance(case.race.pair.0.job(), case.race.pair.1.job());
    let makefile = &case.graph.instances[instance.0].given.makefile;
    let title = format!("add .NOTPARALLEL to {makefile}");
    let why = "everything there would run one job at a time; only where no other fix is right";
    vec![Proposal { manual: true, ..Proposal::new(Strategy::Serialise, title, why, Vec::new()) }]
}
