//! Hoisting.
use super::{Case, Proposal};
pub(super) fn propose(_case: &Case) -> Vec<Proposal> {
    Vec::new()
}
