//! `missing-prerequisite`: a job reads, runs or includes what another job writes, and nothing orders them.

use super::{Class, Part, Race, View};
use crate::effects::EffectKind;
use crate::jobs::{Access, JobId};

/// Finds readers that no writer is sure to come before.
///
/// ```make
/// all: prog doc
/// prog: main.c
/// 	./mkversion > version.h
/// 	cc -o prog main.c
/// doc: version.h.in
/// 	sed -f version.h version.h.in > doc
/// ```
pub(super) fn find(view: &View, races: &mut Vec<Race>) {
    for (path, accesses) in &view.accesses {
        let mut writers = View::by_job(accesses, |it| it == EffectKind::Write);
        let readers = View::by_job(accesses, |it| it == EffectKind::Read);
        if readers.is_empty() || view.is_there(path) {
            continue;
        }
        let unread = if writers.is_empty() { view.graph.unread_makers(path) } else { Vec::new() };
        writers.extend(&unread);
        races.extend(race(view, path, &writers, &readers));
    }
}

fn race(view: &View, path: &str, writers: &[&Access], readers: &[&Access]) -> Option<Race> {
    let mut best: Option<((bool, usize), &Access, &Access)> = None;
    let mut parts: Vec<Part> = Vec::new();
    for reader in readers {
        let made = |writer: JobId| {
            // Also by a make that the reader's own recipe runs.
            view.graph.ancestry(writer).contains(&reader.job) || view.graph.before(writer, reader.job)
        };
        if writers.iter().any(|it| made(it.job)) {
            continue;
        }
        // What a recipe may do to the other targets of its rule is multi-output.
        let other_class = |writer: JobId| !reader.must && view.same_recipe(writer, reader.job);
        let other = |it: &Access| other_class(it.job) || view.only_names(reader, it);
        let unordered = writers.iter().filter(|it| !view.graph.ordered(it.job, reader.job) && !other(it));
        for writer in unordered {
            let goal = view.common_goal(writer.job, reader.job).unwrap_or(usize::MAX);
            let rank = (!(writer.must && reader.must) || goal == usize::MAX, goal);
            if best.is_none_or(|(it, _, _)| rank < it) {
                best = Some((rank, writer, reader));
            }
            for access in [writer, reader] {
                if parts.iter().all(|it| it.job() != access.job) {
                    parts.push(Part::of(access));
                }
            }
        }
    }
    let ((_, goal), writer, reader) = best?;
    let pair = (Part::of(writer), Part::of(reader));
    let goal = (goal != usize::MAX).then_some(goal);
    Some(Race { class: Class::MissingPrerequisite, path: path.to_owned(), paths: Vec::new(), pair, parts, goal })
}
