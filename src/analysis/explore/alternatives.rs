//! How many of the values that one name can have are worth looking at.

use std::collections::{BTreeMap, BTreeSet};

use super::changes::Change;
use super::{Examined, Rules, Seen, rules};
use crate::configure::Subject;
use crate::jobs::JobGraph;

/// Values of one name that are looked at before it is asked whether more of them are worth their time.
const FEW: usize = 12;
/// As much work as so many jobs, for which all are.
const CHEAP: usize = 200_000;

/// The first values of each name and those that choose makefiles of different folders, and the others.
pub(super) fn first_of_each(changes: Vec<Change>, base: &JobGraph) -> (Vec<Change>, Vec<Change>) {
    let mut values: BTreeMap<Subject, usize> = BTreeMap::new();
    changes.into_iter().partition(|it| {
        let Some(setting) = &it.setting else { return true };
        let values = values.entry(setting.subject.clone()).or_default();
        *values += 1;
        *values <= FEW || base.is_first_of_folder(setting)
    })
}

/// Of the other values those that cost little, or whose name goes on to show races in other rules with each few values.
pub(super) fn worth_their_time(seen: &[Seen], others: Vec<Change>) -> Vec<Change> {
    let mut of_name: BTreeMap<&Subject, Vec<&Seen>> = BTreeMap::new();
    for it in seen {
        if let Some(setting) = &it.setting {
            of_name.entry(&setting.subject).or_default().push(it);
        }
    }
    let mut n_others: BTreeMap<Subject, usize> = BTreeMap::new();
    let settings = || others.iter().filter_map(|it| it.setting.as_ref());
    settings().for_each(|it| *n_others.entry(it.subject.clone()).or_default() += 1);
    let worth = |(name, n_others): (&Subject, &usize)| {
        let known = of_name.get(name).map_or(&[][..], Vec::as_slice);
        let effort = known.iter().map(|it| it.effort).sum::<usize>() / known.len().max(1);
        let (first, last) = known.split_at(known.len() / 2);
        let shown =
            |seen: &[&Seen]| seen.iter().filter_map(|it| it.found.as_ref()).flat_map(told).collect::<BTreeSet<_>>();
        effort * n_others <= CHEAP || !shown(last).is_subset(&shown(first))
    };
    let worth: BTreeSet<Subject> = n_others.iter().filter(|it| worth(*it)).map(|it| it.0.clone()).collect();
    others.into_iter().filter(|it| it.setting.as_ref().is_some_and(|it| worth.contains(&it.subject))).collect()
}

/// What a configuration shows, wherever files lie: one that differs in the name of a folder shows the same.
pub(super) fn told(examined: &Examined) -> impl Iterator<Item = Rules> {
    let name = |path: String| path.rsplit('/').next().unwrap_or_default().to_owned();
    let races = examined.races.iter().map(|it| rules(&examined.graph, it));
    races.map(move |(class, places)| (class, places.map(|it| it.map_err(name))))
}
