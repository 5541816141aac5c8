//! Rules with `::` for one target: make starts what one of them needs once the rule before it is done.
//!
//! That orders what the two need under a goal that starts the later one's prerequisites in no other way.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use crate::jobs::{InstanceId, JobGraph, JobId};

/// What is done under a goal before other jobs start.
pub(super) struct Turn {
    /// The make.
    instance: InstanceId,
    /// By index in [`JobGraph::goals`]; `None` for a make that a recipe starts, whose goals are all asked for.
    goal: Option<usize>,
    early: FxHashSet<JobId>,
    late: FxHashSet<JobId>,
}

impl Turn {
    /// Whether it orders two jobs of one make under a goal.
    pub(super) fn orders(&self, graph: &JobGraph, goal: usize, a: JobId, b: JobId) -> bool {
        graph.job(a).instance == self.instance
            && self.goal.is_none_or(|it| it == goal)
            && (self.early.contains(&a) && self.late.contains(&b) || self.early.contains(&b) && self.late.contains(&a))
    }
}

/// All turns of a graph.
pub(super) fn turns(graph: &JobGraph) -> Vec<Turn> {
    const MOST: usize = 64;
    let mut res = Vec::new();
    for instance in (0..graph.instances.len()).map(InstanceId) {
        for (target, parts) in parts(graph, instance) {
            let roots: Vec<(Option<usize>, Vec<JobId>)> = match graph.instances[instance.0].parent {
                None => graph.goals.iter().enumerate().map(|(index, it)| (Some(index), vec![it.job])).collect(),
                Some(_) => {
                    let made = &graph.instances[instance.0];
                    vec![(None, made.goals.iter().filter_map(|it| made.by_target.get(it.as_str()).copied()).collect())]
                }
            };
            for (goal, roots) in roots {
                let whole = graph.closure(roots.iter().copied());
                if !whole.contains(&target) {
                    continue;
                }
                for turn in 1..parts.len() {
                    let before: FxHashSet<JobId> = parts[..turn].concat().into_iter().collect();
                    let early = graph.closure(before.iter().copied());
                    let cut = |it: JobId| parts[turn..].concat().contains(&it) && !before.contains(&it);
                    let rest = reached(graph, &roots, target, cut);
                    let late = whole.iter().copied().filter(|it| !rest.contains(it)).collect();
                    res.push(Turn { instance, goal, early, late });
                    if res.len() >= MOST {
                        return res;
                    }
                }
            }
        }
    }
    res
}

/// The targets with several `::` rules that need something, and what each of these needs, in the order of the rules.
fn parts(graph: &JobGraph, instance: InstanceId) -> Vec<(JobId, Vec<Vec<JobId>>)> {
    let made = &graph.instances[instance.0];
    let mut by_target: BTreeMap<JobId, Vec<Vec<JobId>>> = BTreeMap::new();
    for rule in made.database.rules.iter().filter(|it| it.double_colon && it.target_pattern.is_none()) {
        let names = rule.prerequisites.iter().chain(&rule.order_only);
        let needs: Vec<JobId> = names.filter_map(|it| made.by_target.get(it.text.as_str()).copied()).collect();
        for target in rule.targets.iter().filter_map(|it| made.by_target.get(it.text.as_str())) {
            by_target.entry(*target).or_default().extend((!needs.is_empty()).then(|| needs.clone()));
        }
    }
    by_target.into_iter().filter(|it| it.1.len() > 1).collect()
}

/// What roots start where one job does not need what is cut.
fn reached(graph: &JobGraph, roots: &[JobId], of: JobId, cut: impl Fn(JobId) -> bool) -> FxHashSet<JobId> {
    let mut left = roots.to_vec();
    let mut res: FxHashSet<JobId> = left.iter().copied().collect();
    while let Some(id) = left.pop() {
        let needs = graph.job(id).needs.iter().copied().filter(|it| id != of || !cut(*it));
        left.extend(needs.filter(|it| res.insert(*it)));
    }
    res
}
