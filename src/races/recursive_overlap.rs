//! `recursive-overlap`: two jobs enter sub-makes whose closures share a job.

use std::collections::BTreeMap;

use super::{Class, Part, Race, View};
use crate::effects::EffectKind;
use crate::jobs::{Access, JobId};

/// Finds jobs that two unordered runs of make both start.
///
/// ```make
/// all: prog tests
/// prog:
/// 	$(MAKE) -C lib
/// tests:
/// 	$(MAKE) -C lib
/// ```
pub(super) fn find(view: &View, races: &mut Vec<Race>) {
    let mut by_runners: BTreeMap<(JobId, JobId), Race> = BTreeMap::new();
    for jobs in shared(view).values() {
        let accesses: Vec<Access> = jobs.iter().map(|it| target_access(*it)).collect();
        let references: Vec<&Access> = accesses.iter().collect();
        let Some((a, b, _, goal)) = view.unordered(&references, |_, _| false) else { continue };
        let Some(runners) = view.graph.lifted(a.job(), b.job()) else { continue };
        if view.same_recipe(runners.0, runners.1)
            && runners.0 != runners.1
            && races.iter().any(|it| it.class == Class::MultiOutput && it.involves(runners.0))
        {
            continue;
        }
        let path = view.graph.job(a.job()).path.clone();
        let race = by_runners.entry(runners).or_insert_with(|| {
            let parts =
                [runners.0, runners.1, a.job(), b.job()].map(|it| Part { access: target_access(it), must: true });
            let mut parts = parts.to_vec();
            parts.dedup_by_key(|it| it.job());
            Race { class: Class::RecursiveOverlap, path: path.clone(), paths: Vec::new(), pair: (a, b), parts, goal }
        });
        if race.path != path {
            race.paths.push(path);
        }
    }
    races.extend(by_runners.into_values());
}

/// Jobs with effects that stand in several runs of make, by makefile, folder and target.
fn shared<'a>(view: &'a View) -> BTreeMap<(&'a str, &'a str, &'a str), Vec<JobId>> {
    let mut res: BTreeMap<_, Vec<JobId>> = BTreeMap::new();
    if view.graph.instances.len() < 2 {
        return res;
    }
    for (index, job) in view.graph.jobs.iter().enumerate() {
        let works = job.has_unknown_command() || job.effects().any(|(_, it)| it.kind == EffectKind::Write);
        if works {
            let given = &view.graph.instance_of(JobId(index)).given;
            let key = (given.makefile.as_str(), given.directory.as_str(), job.target.as_str());
            res.entry(key).or_default().push(JobId(index));
        }
    }
    res.retain(|_, it| it.len() > 1);
    res
}

fn target_access(job: JobId) -> Access {
    Access { job, recipe: 0, effect: None, kind: EffectKind::Write, must: true }
}
