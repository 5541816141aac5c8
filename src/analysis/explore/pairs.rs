//! Configurations of two settings that may show what neither of them shows alone.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;
use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashSet};

use super::super::guards::Guards;
use super::{Change, MOST_CONFIGURATIONS, Seen};
use crate::configure::{Configuration, Setting};
use crate::effects::EffectKind;
use crate::expand::{Name, Rule};
use crate::jobs::{Access, GoalRank, JobGraph};
use crate::source::Project;
use crate::text::has_unknown;

/// Files that a setting's added jobs touch, or targets that it adds or changes, at most, to be looked at for that.
const MOST_ADDED: usize = 2_000;

/// What one setting showed.
fn alone(singles: &[Seen]) -> impl Iterator<Item = (&Seen, &Setting)> {
    singles.iter().filter_map(|it| Some((it, it.setting.as_ref()?)))
}

/// A file, the targets of a job that reads or writes it and of those that run its make, and whether it writes it.
pub(super) type Touched = (String, String, bool);

pub(super) fn touched(graph: &JobGraph) -> impl Iterator<Item = Touched> {
    graph.accesses().into_iter().filter(|it| !has_unknown(&it.0)).flat_map(|(path, accesses)| {
        let used = accesses.into_iter().filter(|it| matches!(it.kind, EffectKind::Read | EffectKind::Write));
        let line = |it: &Access| {
            let targets: Vec<&str> = graph.ancestry(it.job).into_iter().map(|it| graph.job(it).path.as_str()).collect();
            targets.join("\n")
        };
        let row = |it: Access| (path.clone(), line(&it), it.kind == EffectKind::Write);
        used.map(row).collect::<Vec<_>>()
    })
}

/// What jobs touch beside what is known; nothing where that is much: another system, not one more part.
pub(super) fn added(graph: &JobGraph, known: &FxHashSet<(String, String)>) -> Vec<Touched> {
    let fresh = |it: &Touched| !known.contains(&(it.0.clone(), it.1.clone()));
    let res: Vec<Touched> = touched(graph).filter(fresh).take(MOST_ADDED + 1).collect();
    if res.len() > MOST_ADDED { Vec::new() } else { res }
}

/// Configurations of two settings that each add a job, where one of the jobs writes a file that the other one touches;
/// those first in which both write it.
pub(super) fn meeting(singles: &[Seen]) -> Vec<Change> {
    // A file that many settings' jobs touch is no part of any of them.
    const MOST_USERS: usize = 12;
    let singles: Vec<(&Seen, &Setting)> = alone(singles).collect();
    let mut by_path: BTreeMap<&str, Vec<(usize, &str, bool)>> = BTreeMap::new();
    for (index, (it, _)) in singles.iter().enumerate() {
        for (path, target, writes) in &it.added {
            by_path.entry(path).or_default().push((index, target, *writes));
        }
    }
    let mut found: BTreeSet<(bool, usize, usize)> = BTreeSet::new();
    for (path, users) in by_path.iter().filter(|it| it.1.len() <= MOST_USERS) {
        for (n, (first, target, writes)) in users.iter().enumerate() {
            for (second, other, also_writes) in &users[n + 1..] {
                let setting = |it: usize| singles[it].1;
                // Two folders to which users give names are not given one.
                let names = |it: usize| path.split('/').any(|part| part == setting(it).value);
                let is_one_name = setting(*first).value == setting(*second).value && names(*first);
                let apart = first != second && target != other && setting(*first).subject != setting(*second).subject;
                let apart = apart && !is_one_name;
                // What both settings have meets under one of them.
                let has = |it: usize, target: &str| users.iter().any(|user| user.0 == it && user.1 == target);
                if apart && (*writes || *also_writes) && !has(*second, target) && !has(*first, other) {
                    found.insert((!(*writes && *also_writes), *first, *second));
                }
            }
        }
    }
    let joined = |(_, first, second): (bool, usize, usize)| {
        Change::any(singles[first].0.configuration.with(singles[second].1.clone()))
    };
    let mut seen = BTreeSet::new();
    found.into_iter().filter(|it| seen.insert((it.1, it.2))).map(joined).collect()
}

/// What a setting does to the rules of the first makefile.
#[derive(Default)]
pub(super) struct Changed {
    /// Targets that are needed under it and not in the base.
    wanted: BTreeSet<String>,
    /// Targets that have another rule or recipe under it.
    changed: BTreeSet<String>,
}

/// The rules of a makefile, each told by its words.
pub(super) fn rules(graph: &JobGraph) -> FxHashSet<u64> {
    graph.instances.first().into_iter().flat_map(|it| &it.database.rules).map(told).collect()
}

fn told(rule: &Rule) -> u64 {
    fn names(list: &[Name]) -> Vec<&str> {
        list.iter().map(|it| it.text.as_str()).collect()
    }
    let recipe: Vec<&str> = rule.recipe.iter().map(|it| &*it.text).collect();
    let kind = (rule.double_colon, rule.grouped);
    FxBuildHasher.hash_one((names(&rule.targets), names(&rule.prerequisites), names(&rule.order_only), recipe, kind))
}

impl Changed {
    /// What a graph has beside another one, whose rules are known; nothing where that is much.
    pub(super) fn of(graph: &JobGraph, base: &JobGraph, known: &FxHashSet<u64>) -> Changed {
        let (Some(own), Some(other)) = (graph.instances.first(), base.instances.first()) else {
            return Changed::default();
        };
        if Arc::ptr_eq(&own.database, &other.database) {
            return Changed::default();
        }
        // The jobs of other goals are there too, where the usual ones do the same.
        let usual = graph.goals.iter().filter(|it| it.rank == GoalRank::Usual);
        let started = graph.closure(usual.map(|it| it.job));
        let fresh = own.by_target.iter().filter(|it| !other.by_target.contains_key(it.0));
        let wanted = fresh.filter(|it| started.contains(it.1)).map(|it| it.0);
        let changed = own.database.rules.iter().filter(|it| !known.contains(&told(it)));
        let wanted: BTreeSet<String> = wanted.take(MOST_ADDED + 1).map(|it| it.to_string()).collect();
        let changed = changed.flat_map(|it| &it.targets).map(|it| it.text.clone());
        let changed: BTreeSet<String> = changed.take(MOST_ADDED + 1).collect();
        let is_much = |it: &BTreeSet<String>| it.len() > MOST_ADDED;
        if is_much(&wanted) || is_much(&changed) { Changed::default() } else { Changed { wanted, changed } }
    }
}

/// Configurations of two settings of which one asks for a target and the other one has its rule.
pub(super) fn through_rules(singles: &[Seen]) -> Vec<Change> {
    // What many settings ask for or make is no part of any of them.
    const MOST_USERS: usize = 6;
    const MOST: usize = 12;
    let mut makers: BTreeMap<&str, Vec<&Setting>> = BTreeMap::new();
    for (it, setting) in alone(singles) {
        it.rules.changed.difference(&it.rules.wanted).for_each(|name| makers.entry(name).or_default().push(setting));
    }
    makers.retain(|_, it| it.len() <= MOST_USERS);
    let mut res: Vec<Configuration> = Vec::new();
    for (user, asks) in alone(singles) {
        let wanted = user.rules.wanted.difference(&user.rules.changed);
        for makes in wanted.filter_map(|it| makers.get(it.as_str())).flatten() {
            let pair = user.configuration.with((*makes).clone());
            if asks.subject != makes.subject && !res.contains(&pair) {
                res.push(pair);
            }
        }
    }
    res.into_iter().take(MOST).map(Change::any).collect()
}

/// Where next to nothing is built in the base, as before a configuration is written (`ifeq ($(wildcard .config),)`): the
/// setting with which most is built.
fn gate<'a>(singles: &'a [Seen], base: &JobGraph) -> Option<(&'a Seen, &'a Setting)> {
    // What one setting multiplies so is another makefile.
    const TIMES: usize = 5;
    let going_on = alone(singles).filter(|it| !it.0.stops);
    going_on.max_by_key(|it| it.0.n_jobs).filter(|it| it.0.n_jobs >= TIMES * base.jobs.len())
}

/// What else can be set beside such a setting.
pub(super) fn beside_the_gate(singles: &[Seen], base: &JobGraph) -> Vec<Change> {
    const MOST: usize = 30;
    let Some((gate, setting)) = gate(singles, base) else { return Vec::new() };
    let others = alone(singles).filter(|it| it.0.n_jobs < gate.n_jobs).map(|it| it.1);
    let joined = others.filter(|it| it.subject != setting.subject).map(|it| gate.configuration.with(it.clone()));
    joined.take(MOST).map(Change::any).collect()
}

/// What is asked for only beside such a setting, as far as what all configurations may cost allows: at most `jobs` jobs and
/// as much work as `effort` jobs.
pub(super) fn behind_the_gate(singles: &[Seen], base: &JobGraph, jobs: usize, effort: usize) -> Vec<Change> {
    let Some((gate, _)) = gate(singles, base) else { return Vec::new() };
    let most =
        [MOST_CONFIGURATIONS.saturating_sub(singles.len()), jobs / gate.n_jobs.max(1), effort / gate.effort.max(1)];
    let most = most.into_iter().fold(usize::MAX, usize::min);
    gate.below.iter().take(most).map(|it| Change::any(gate.configuration.with(it.clone()))).collect()
}

/// Configurations of two settings of which one fills a list of files that is empty in the base, and the other one has an
/// arm that refers to it.
pub(super) fn through_lists(project: &Project, singles: &[Seen], base: &JobGraph) -> Vec<Change> {
    // What many settings add to is filled in the base, or no part of any of them.
    const MOST_FILLERS: usize = 4;
    const MOST: usize = 12;
    let variables = base.instances.first().map(|it| &it.database.variables);
    let is_empty = |name: &String| {
        let value = variables.and_then(|it| it.get(name));
        value.is_none_or(|it| it.value.trim().is_empty())
    };
    let mut guards = Guards::new(project);
    let alone: Vec<(&Seen, &Setting)> = alone(singles).filter(|it| !it.0.stops).collect();
    let mut fillers: BTreeMap<String, Vec<&Setting>> = BTreeMap::new();
    for (_, it) in &alone {
        let filled = guards.at(it.place).into_iter().flat_map(|it| it.lists.difference(&it.uses));
        filled.filter(|it| is_empty(it)).for_each(|name| fillers.entry(name.clone()).or_default().push(it));
    }
    fillers.retain(|_, it| it.len() <= MOST_FILLERS);
    let mut res: Vec<Configuration> = Vec::new();
    for (seen, user) in alone {
        let used = guards.at(user.place).into_iter().flat_map(|it| it.uses.difference(&it.lists));
        for filler in used.filter_map(|it| fillers.get(it)).flatten().filter(|it| it.subject != user.subject) {
            let pair = seen.configuration.with((*filler).clone());
            if !res.contains(&pair) {
                res.push(pair);
            }
        }
    }
    res.into_iter().take(MOST).map(Change::any).collect()
}

/// Configurations of two settings, at most `most`: those first in which the second one decides about rules, then those in
/// which it stands in the makefile itself, and as many from one first setting as from another; last those beside a makefile
/// that was chosen.
pub(super) fn pairs(project: &Project, base: &JobGraph, singles: &[Seen], most: usize) -> Vec<Change> {
    let mut guards = Guards::new(project);
    let main = base.instances.first().and_then(|it| it.database.files.first().copied());
    let mut res: Vec<((bool, bool, usize), Configuration)> = Vec::new();
    for (it, setting) in alone(singles) {
        let is_chosen = base.is_first_of_folder(setting);
        let mut below: Vec<(bool, bool, &Setting)> =
            it.below.iter().map(|it| (!guards.hold_rules(it), Some(it.place.file) != main, it)).collect();
        below.sort_by_key(|it| (it.0, it.1));
        let joined = |(nth, (values_only, _, setting)): (usize, &(bool, bool, &Setting))| {
            ((is_chosen, *values_only, nth), it.configuration.with((*setting).clone()))
        };
        res.extend(below.iter().enumerate().map(joined));
    }
    res.sort_by_key(|it| it.0);
    res.into_iter().take(most).map(|it| Change::any(it.1)).collect()
}

/// The settings whose names are asked for only under a configuration.
pub(super) fn below(
    configuration: &Configuration,
    graph: &JobGraph,
    known: &BTreeSet<Setting>,
    inputs: &BTreeSet<String>,
) -> Vec<Setting> {
    let settles =
        |known: &Setting, it: &Setting| known.subject == it.subject && (it.value.is_empty() || !known.is_stand_in());
    let settled = |it: &Setting| configuration.settings.iter().any(|known| settles(known, it));
    let known: BTreeSet<_> = known.iter().map(|it| (&it.subject, &it.value)).collect();
    let mut res = graph.deviations();
    // What configure decides within what it has decided: `if A`, and `if B` in it.
    if let Some(first) = graph.instances.first() {
        let more = graph.inputs();
        res.extend(more.difference(inputs).flat_map(|it| first.configure.deviations(it)));
    }
    res.retain(|it| !settled(it) && !known.contains(&(&it.subject, &it.value)));
    res
}
