//! `order-only`: the folder stands after `|` among the prerequisites of the rules that write below it.

use super::{Case, NewRule, Position, Proposal, Wish, mkdir_p};
use crate::analysis::Strategy;
use crate::effects::EffectKind;
use crate::jobs::JobId;
use crate::races::{Class, Part};
use crate::source::Span;
use crate::text::display;

/// Where a rule makes the folder: an order-only prerequisite on each rule that needs it.
///
/// ```make
/// all: out out/main.o
/// out:
/// 	mkdir out
/// out/main.o: main.c
/// 	$(CC) -c main.c -o out/main.o
/// ```
/// becomes
/// ```make
/// all: out out/main.o
/// out:
/// 	mkdir out
/// out/main.o: main.c | out
/// 	$(CC) -c main.c -o out/main.o
/// ```
pub(super) fn propose(case: &Case) -> Vec<Proposal> {
    if case.race.class != Class::MissingDirectory {
        return Vec::new();
    }
    let maker = case.race.pair.0.job();
    let job = case.graph.job(maker);
    let is_for_folders =
        job.path == case.race.path || job.phony || job.effects().all(|(_, it)| it.kind != EffectKind::Write);
    let (needers, makers): (Vec<&Part>, Vec<&Part>) =
        case.race.parts.iter().partition(|it| it.access.kind == EffectKind::NeedDirectory);
    // What other goals start is ordered too, where that pulls nothing out of another make.
    let instance = |it: JobId| case.graph.job(it).instance;
    let beside = |it: &&Part| !it.aside || makers.iter().any(|maker| instance(maker.job()) == instance(it.job()));
    let needers: Vec<JobId> = needers.into_iter().filter(beside).map(Part::job).collect();
    if !is_for_folders || needers.is_empty() {
        return Vec::new();
    }
    // `mkdir -p` makes the folders above too.
    if job.path != case.race.path
        && needers.iter().all(|it| !mkdir_p::replaced(case, *it, EffectKind::NeedDirectory).is_empty())
    {
        return Vec::new();
    }
    let mut wishes = Vec::new();
    let mut targets: Vec<String> = Vec::new();
    for needer in needers {
        let own = |it: &JobId| instance(*it) == instance(needer);
        let maker = makers.iter().map(|it| it.job()).find(own).unwrap_or(maker);
        let Some((first, second)) = case.graph.lifted(maker, needer) else { continue };
        let text = case.spelling(first);
        // A rule that makes the folder too would wait for itself.
        let makes_it = |rule: Span| case.rule(first).is_some_and(|it| it.1 == rule);
        match case.rule(second).filter(|(rule, span)| {
            !makes_it(*span)
                && case.may_name(*span, second, first)
                && rule
                    .targets
                    .iter()
                    .all(|it| !it.text.contains("%.") || case.graph.job(second).phony || !rule.prerequisites.is_empty())
        }) {
            Some((_, rule)) => {
                let wish = Wish::Prerequisite { rule, name: text, order_only: true };
                if !wishes.contains(&wish) {
                    wishes.push(wish);
                }
            }
            None if case.graph.job(second).path == case.race.path => {}
            None => targets.push(display(case.graph.job(second).target())),
        }
    }
    if let (false, Some((_, rule))) = (targets.is_empty(), case.rule(maker)) {
        let (targets, order_only) = (targets.join(" "), case.spelling(maker));
        let new = NewRule { targets, order_only, ..NewRule::default() };
        wishes.push(Wish::Rule { position: Position::After(rule), rule: new });
    }
    let title = format!("make the folder {} before what is put there", display(&case.race.path));
    let why = "a folder's time changes with each file made in it, so the prerequisite is order-only";
    vec![Proposal::new(Strategy::OrderOnly, title, why, wishes)]
}
