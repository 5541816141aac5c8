//! What a graph can take from one that was built before, under another configuration or of the tree before an edit.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Builder, Known, lines};
use crate::configure::Configure;
use crate::expand::{Database, Inputs, RecipeUse, Resolved};
use crate::jobs::{Given, Instance, InstanceId, JobGraph, RecipeRun};
use crate::source::Project;

/// A graph that was built before, and in what the one to be built can differ from it.
#[derive(Clone, Copy)]
pub struct Like<'a> {
    /// The graph.
    pub graph: &'a JobGraph,
    /// Its tree; sources may have been edited since.
    pub project: &'a Project,
    /// Names of the configuration whose values are others than in the graph's.
    pub changed: &'a BTreeSet<String>,
}

impl Like<'_> {
    fn touches(&self, inputs: &Inputs) -> bool {
        self.changed.iter().any(|it| inputs.names.contains(it))
    }
}

impl Builder<'_> {
    /// The evaluation of a graph that was built before, where the same would be read here.
    /// `without` is what was given without the goals.
    pub(super) fn known_database(
        &mut self,
        given: &Given,
        without: &Given,
        configure: &Arc<Configure>,
    ) -> Option<Arc<Database>> {
        let like = self.like?;
        let of_any_goals = || self.alike.get(without).filter(|it| !like.graph.instances[it.0].database.asks_for_goals);
        let id = *self.alike.get(given).or_else(of_any_goals)?;
        let Instance { database, given, configure: known, .. } = &like.graph.instances[id.0];
        let project = self.context.project;
        let same_text = |database: &Database| database.files.iter().all(|it| project.has_same(like.project, *it));
        let same = Arc::ptr_eq(known, configure)
            && !like.touches(&database.inputs)
            && !database.expands()
            && same_text(database)
            && !like.touches(database.exported_inputs(&given.request(project, configure, self.context.configuration)));
        if !same {
            return None;
        }
        self.taken.insert(Arc::as_ptr(database) as usize, id);
        Some(database.clone())
    }

    /// What a graph that was built before knows of a target.
    pub(super) fn known_target(&self, database: &Arc<Database>, target: &str) -> Option<Known> {
        let like = self.like?;
        let instance = &like.graph.instances[self.taken.get(&(Arc::as_ptr(database) as usize))?.0];
        let job = like.graph.job(*instance.by_target.get(target)?);
        let same = job.target() == target && !job.recipes.iter().any(|it| like.touches(&it.inputs));
        let kept = |it: &RecipeRun| RecipeRun { kept: !it.asks_for_made, ..it.clone() };
        same.then(|| (job.resolved.clone(), job.recipes.iter().map(kept).collect()))
    }

    /// Gives the instances the evaluations in which their recipes were expanded.
    pub(super) fn settle(&mut self) {
        for instance in &mut self.graph.instances {
            if let Some(fresh) = self.fresh.get(&(Arc::as_ptr(&instance.database) as usize)) {
                instance.database = fresh.clone();
            }
        }
    }

    /// The recipes of a target that the evaluation of another configuration resolved.
    pub(super) fn expanded(
        &mut self,
        database: &Arc<Database>,
        given: &Arc<Given>,
        configure: &Arc<Configure>,
        resolved: &Resolved,
    ) -> Vec<RecipeRun> {
        let request = given.request(self.context.project, configure, self.context.configuration);
        let run = |database: &Database, used: &RecipeUse| {
            let (lines, uses) = lines(database, &request, resolved, used);
            RecipeRun::new(used, lines, database.inputs_of(&uses))
        };
        let one = |used| {
            let known = run(database, used);
            if !self.like.is_some_and(|it| it.touches(&known.inputs)) {
                return known;
            }
            let key = Arc::as_ptr(database) as usize;
            let fresh = match self.fresh.get(&key) {
                Some(fresh) => fresh.clone(),
                None => self.evaluated(given, configure),
            };
            self.fresh.insert(key, fresh.clone());
            run(&fresh, used)
        };
        resolved.recipes.iter().map(one).collect()
    }
}

/// The instances of a graph by what decides about their evaluation.
pub(super) fn alike(graph: &JobGraph) -> FxHashMap<Given, InstanceId> {
    let key = |it: &Instance| match it.database.asks_for_goals {
        true => (*it.given).clone(),
        false => Given { goals: Vec::new(), ..(*it.given).clone() },
    };
    graph.instances.iter().enumerate().map(|(index, it)| (key(it), InstanceId(index))).collect()
}
