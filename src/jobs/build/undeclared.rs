//! Targets for which a rule is there only once another recipe has written, beside its target, what the rule asks for.

use rustc_hash::FxHashSet;

use super::{Builder, Job, JobId, Made};
use crate::effects::{Effect, EffectKind};
use crate::source::normalise;
use crate::text::has_unknown;

impl Builder<'_> {
    /// Gives targets without a rule the implicit one that make finds where the recipe that writes its prerequisite came
    /// first, as in a serial build.
    ///
    /// ```make
    /// all: stamp x.o
    /// stamp: x.def
    /// 	./generate x.def > x.c; touch $@
    /// ```
    pub(super) fn find_rules_again(&mut self) {
        let first = self.graph.jobs.len();
        let lacks_rule = |it: &JobId| {
            let job = self.graph.job(*it);
            !job.resolved.has_rule && job.resolved.found.is_none() && !has_unknown(&job.path)
        };
        let lacking: Vec<JobId> = (0..first).map(JobId).filter(lacks_rule).collect();
        if lacking.is_empty() {
            return;
        }
        let is_written = |it: &&Effect| it.kind == EffectKind::Write && !it.guessed;
        let effects = self.graph.jobs.iter().flat_map(Job::effects).map(|it| it.1);
        let written: FxHashSet<String> = effects.filter(is_written).map(|it| it.path.clone()).collect();
        let mut found = Vec::new();
        // What the same run makes beside another target.
        let mut served = FxHashSet::default();
        for id in lacking {
            if served.contains(&id) || written.contains(&self.graph.job(id).path) {
                continue;
            }
            let instance = self.graph.jobs[id.0].instance;
            let (database, given, configure) = self.graph.instances[instance.0].shared();
            let (project, target) = (self.context.project, self.graph.jobs[id.0].target());
            let is_made = |name: &str| written.contains(&normalise(&project.root, &given.directory, name));
            let request = given.request(project, &configure, self.context.configuration);
            let Some(resolved) = database.resolve_once_made(&request, target, &is_made) else { continue };
            let recipes = self.expanded(&database, &given, &configure, &resolved);
            let needs: Vec<JobId> = resolved
                .prerequisites
                .iter()
                .map(|it| self.jobs_for(instance, &it.name))
                .filter(|it| *it != id)
                .collect();
            for other in resolved.recipes.iter().flat_map(|it| &it.also_makes) {
                let path = normalise(&project.root, &given.directory, other);
                self.graph.jobs[id.0].also.push(path);
                let by_target = &mut self.graph.instances[instance.0].by_target;
                let beside = *by_target.entry(other.as_str().into()).or_insert(id);
                if beside != id && served.insert(beside) {
                    self.graph.jobs[beside.0].needs.push(id);
                }
            }
            let job = &mut self.graph.jobs[id.0];
            (job.resolved, job.recipes) = (resolved.into(), recipes);
            job.needs.extend(needs);
            found.push(id);
        }
        self.interpret_all(&found, &Made::default());
        self.interpret_new(first);
    }
}
