//! `shared-output`: two jobs write one path, and nothing orders them.

use super::{Class, Race, View};
use crate::effects::EffectKind;
use crate::jobs::Access;
use crate::text::{display, has_unknown, is_all_unknown};

/// Finds paths that two unordered jobs write, and folders for passing use that two make and take away.
///
/// ```make
/// all: a b
/// a: a.in
/// 	sort a.in > tmp; mv tmp a
/// b: b.in
/// 	sort b.in > tmp; mv tmp b
/// ```
pub(super) fn find(view: &View, races: &mut Vec<Race>) {
    for (path, accesses) in &view.accesses {
        if is_all_unknown(path) || differs_each_time(path) {
            continue;
        }
        let sure: Vec<Access> = accesses.iter().filter(|it| !view.is_guessed(it)).cloned().collect();
        let mut writers = View::by_job(&sure, |it| it == EffectKind::Write);
        if writers.is_empty() {
            let removed = |job| accesses.iter().any(|it| it.job == job && it.kind == EffectKind::Remove && it.must);
            writers = View::by_job(accesses, |it| it == EffectKind::MakeDirectory);
            writers.retain(|it| removed(it.job));
        }
        if writers.len() < 2 {
            continue;
        }
        // One recipe that makes several targets is multi-output, unless stems tell them apart; one job in two sub-makes is
        // recursive-overlap.
        let touched = |job| writers.iter().any(|it| it.job == job && view.only_touches(it));
        // That a file is there is all that `touch` is for.
        let other_class = |a, b| {
            view.same_recipe(a, b) && (!view.is_implicit(a) || view.swaps_in(a, path))
                || view.same_target_twice(a, b)
                || touched(a) && touched(b)
        };
        races.extend(view.unordered(&writers, other_class).race(Class::SharedOutput, path));
    }
}

/// Whether each expansion of a name gives another one: `$(shell mktemp)`.
fn differs_each_time(path: &str) -> bool {
    has_unknown(path) && display(path).contains("mktemp")
}
