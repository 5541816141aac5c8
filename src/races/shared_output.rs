//! `shared-output`: two jobs write one path, or one removes what another writes, and nothing orders them.

use super::view::Pairs;
use super::{Class, Race, View};
use crate::effects::EffectKind;
use crate::jobs::Access;
use crate::text::{display, has_unknown, is_all_unknown};

/// Finds paths that two unordered jobs write, or that one writes and one removes, and folders for passing use that two make and take away.
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
        races.extend(removed(view, path, accesses, &writers));
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

/// A job that takes away, beside it, what another one makes under the same goal.
fn removed(view: &View, path: &str, accesses: &[Access], writers: &[&Access]) -> Option<Race> {
    let mut pairs = Pairs::default();
    let removers = View::by_job(accesses, |it| it == EffectKind::Remove);
    for remover in removers.into_iter().filter(|it| it.must && writers.iter().all(|writer| writer.job != it.job)) {
        let races = |it: &&&Access| it.must && !view.graph.ordered(it.job, remover.job);
        for writer in writers.iter().filter(races) {
            pairs.add(view, writer, remover);
        }
    }
    pairs.race(Class::SharedOutput, path).filter(|it| it.goal.is_some())
}

/// Whether each expansion of a name gives another one: `$(shell mktemp)`.
fn differs_each_time(path: &str) -> bool {
    has_unknown(path) && display(path).contains("mktemp")
}
