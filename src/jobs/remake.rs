//! What make makes before all else: the makefiles that it reads and what these need. When one of them was made, it reads
//! all of them again, so that no job of a goal runs beside these jobs.
//!
//! Portable makes do not do it; the measure here is GNU make.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use super::{Context, Instance, JobGraph, JobId};
use crate::expand::{Database, Request, Resolved, RuleId};

/// When a job runs within its make; what runs in one is finished before what runs in the next starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// While makefiles are made.
    Makefiles,
    /// Never, where `Makefiles` has run: a recipe of that phase has made its target too.
    BesideMakefiles,
    /// For the goals.
    #[default]
    Goals,
}

/// The phase of each job.
pub(super) fn phases(context: &Context, graph: &JobGraph) -> Vec<Phase> {
    let mut res = vec![Phase::Goals; graph.jobs.len()];
    let mut known: FxHashMap<*const Database, Remade> = FxHashMap::default();
    for instance in &graph.instances {
        let request = instance.given.request(context.project, &instance.configure, context.configuration);
        let remade = known.entry(&*instance.database).or_insert_with(|| Remade::of(&instance.database, &request));
        let jobs = |it: &str| instance.by_target.get(it).copied();
        for job in remade.settled().filter_map(jobs) {
            res[job.0] = Phase::Makefiles;
        }
        let beside: Vec<JobId> = remade.settled().flat_map(|it| beside(instance, &remade.by_name[it].0)).collect();
        for job in beside {
            let ready = graph.job(job).needs.iter().all(|it| res[it.0] == Phase::Makefiles);
            if ready && res[job.0] == Phase::Goals {
                res[job.0] = Phase::BesideMakefiles;
            }
        }
    }
    res
}

/// What the makefiles of a make need, by name.
struct Remade {
    /// What make does for it, and whether it is made once: what is phony or never there is made for the goals again.
    by_name: FxHashMap<String, (std::sync::Arc<Resolved>, bool)>,
}

impl Remade {
    fn of(database: &Database, request: &Request) -> Remade {
        let mut res = Remade { by_name: FxHashMap::default() };
        let made = database.makefiles.iter().filter(|it| database.has_own_rule(it));
        let mut left: Vec<(String, bool)> = made.map(|it| (it.clone(), false)).collect();
        while let Some((name, ready)) = left.pop() {
            if ready {
                let needs = &res.by_name[&name].0.prerequisites;
                let settled = needs.iter().all(|it| res.by_name.get(&*it.name).is_some_and(|it| it.1));
                if !settled {
                    res.by_name.entry(name).and_modify(|it| it.1 = false);
                }
                continue;
            }
            if let Entry::Vacant(entry) = res.by_name.entry(name.clone()) {
                let resolved = database.resolve_shared(request, &name);
                let is_made_once = !database.phony.contains(&name) && !resolved.is_never_there();
                left.push((name, true));
                left.extend(resolved.prerequisites.iter().map(|it| (it.name.to_string(), false)));
                entry.insert((resolved, is_made_once));
            }
        }
        res
    }

    /// Names of what is made before the goals, in no order.
    fn settled(&self) -> impl Iterator<Item = &str> {
        self.by_name.iter().filter(|it| it.1.1).map(|it| it.0.as_str())
    }
}

/// The other targets of the rule that makes a target, where one run of its recipe makes them all.
fn beside(instance: &Instance, resolved: &Resolved) -> Vec<JobId> {
    let [used] = &*resolved.recipes else { return Vec::new() };
    let rule = match used.rule {
        RuleId::Explicit(_) => instance.database.rule(used.rule),
        RuleId::Implicit(_) => return Vec::new(),
    };
    if rule.names_target() {
        return Vec::new();
    }
    rule.targets.iter().filter_map(|it| instance.by_target.get(it.text.as_str()).copied()).collect()
}
