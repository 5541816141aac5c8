//! `missing-prerequisite`: a job reads, runs or includes what another job writes, and nothing orders them.

mod unseen;

use std::collections::BTreeSet;

use super::view::Pairs;
use super::{Class, Race, View};
use crate::effects::EffectKind;
use crate::jobs::{Access, JobId};
use unseen::Unseen;

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
pub(super) fn find(view: &View) -> Vec<Race> {
    let mut races = Vec::new();
    let unseen = Unseen::new(view.graph);
    for (path, accesses) in &view.accesses {
        let mut writers = View::by_job(accesses, |it| it == EffectKind::Write);
        let readers = view.few_alike(View::by_job(accesses, |it| it == EffectKind::Read));
        if view.is_there(path) {
            writers.retain(|it| is_remade(view, path, it, &readers));
            if writers.is_empty() {
                continue;
            }
        }
        if readers.is_empty() {
            continue;
        }
        let guessed = if writers.is_empty() { unseen.writers(view, path, &readers) } else { Vec::new() };
        writers.extend(&guessed);
        races.extend(race(view, path, &writers, &readers));
    }
    races
}

/// Whether a job spoils for a moment what the tree has already: each time, since nothing is there by the name of its target,
/// or where the file is older than what it is made of, which another reader waits for (also by a `lex.h: lex.c` without a
/// recipe).
fn is_remade(view: &View, path: &str, writer: &Access, readers: &[&Access]) -> bool {
    let job = view.graph.job(writer.job);
    let passes_on = |id: JobId| {
        let job = view.graph.job(id);
        job.is_inert() && job.needs.contains(&writer.job)
    };
    let waits = |it: &&Access| view.graph.job(it.job).needs.iter().any(|id| *id == writer.job || passes_on(*id));
    let makes = || writer.must || job.makes(path);
    !view.is_configured(path)
        && !view.only_touches(writer)
        && !view.moves_in(writer)
        && (writer.must && view.is_always_run(writer.job) || makes() && !job.phony && readers.iter().any(waits))
}

fn race(view: &View, path: &str, writers: &[&Access], readers: &[&Access]) -> Option<Race> {
    let mut pairs = Pairs::default();
    let accesses = view.accesses.get(path).map_or(&[][..], Vec::as_slice);
    let removers: BTreeSet<JobId> =
        accesses.iter().filter(|it| it.kind == EffectKind::Remove && it.must).map(|it| it.job).collect();
    // A job above removes the file before its make makes it again: `rm -f prog; $(MAKE) prog`.
    let is_removed_before = |again: JobId| {
        !removers.is_empty() && view.graph.ancestry(again).iter().skip(1).any(|it| removers.contains(it))
    };
    for reader in readers.iter().filter(|it| !view.is_listed(it, path)) {
        let racing: Vec<&Access> =
            writers.iter().filter(|it| !view.graph.ordered(it.job, reader.job)).copied().collect();
        if racing.is_empty() {
            continue;
        }
        // Also by a make that the reader's own recipe runs.
        let made = |it: &&&Access| view.graph.is_within(it.job, reader.job) || view.graph.before(it.job, reader.job);
        let makers: Vec<&Access> = writers.iter().filter(made).copied().collect();
        // What a recipe may do to the other targets of its rule is multi-output.
        let other_class = |writer: JobId| !reader.must && view.graph.same_recipe(writer, reader.job);
        let races = |it: &&&Access| {
            (!view.run_twice(it.job, reader.job) || is_removed_before(it.job))
                && !other_class(it.job)
                && !view.only_names(reader, it)
                && (makers.is_empty()
                    || reader.must && makers.iter().all(|maker| makes_again(view, maker, it, &is_removed_before)))
        };
        for writer in racing.iter().filter(races) {
            pairs.add(view, writer, reader);
        }
    }
    let mut race = pairs.race(Class::MissingPrerequisite, path)?;
    race.pair.1.must &= !view.may_wait_for(race.pair.1.job(), &view.graph.job(race.pair.0.job()).path);
    Some(race)
}

/// Whether a job is sure to write again, with other contents, what another one made before it.
fn makes_again(view: &View, maker: &Access, again: &Access, is_removed_before: &dyn Fn(JobId) -> bool) -> bool {
    let same = (view.graph.same_recipe(maker.job, again.job) || view.run_twice(maker.job, again.job))
        && !is_removed_before(again.job);
    maker.must && again.must && !same && !view.only_touches(again) && view.graph.before(maker.job, again.job)
}
