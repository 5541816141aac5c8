//! A race with what strategies ask of it.

use crate::configure::{Configuration, Configure};
use crate::effects::{Effect, EffectKind};
use crate::expand::{Line, Rule, RuleId};
use crate::jobs::{Instance, JobGraph, JobId};
use crate::races::{Part, Race};
use crate::source::{Project, Span};
use crate::text::{Origin, display};

/// A race under one configuration.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The tree.
    pub project: &'a Project,
    /// configure.ac of the entry.
    pub configure: &'a Configure,
    /// What is fixed.
    pub configuration: &'a Configuration,
    /// The jobs.
    pub graph: &'a JobGraph,
    /// The race.
    pub race: &'a Race,
}

impl<'a> Case<'a> {
    /// The rule statement whose recipe a job runs, where it stands in a file as such.
    pub(super) fn rule(&self, job: JobId) -> Option<(&'a Rule, Span)> {
        let run = self.graph.job(job).recipes.first()?;
        self.statement(job, run.used.rule)
    }

    /// The explicit rule statement of a job that an edit can add to: the one with the recipe.
    pub(super) fn explicit_rule(&self, job: JobId) -> Option<(&'a Rule, Span)> {
        let run = self.graph.job(job).recipes.first()?;
        matches!(run.used.rule, RuleId::Explicit(_)).then(|| self.statement(job, run.used.rule)).flatten()
    }

    fn statement(&self, job: JobId, id: RuleId) -> Option<(&'a Rule, Span)> {
        let rule = self.graph.instance_of(job).database.rule(id);
        (!rule.computed).then_some(rule).and_then(|it| it.span.map(|span| (it, span)))
    }

    /// The instance that runs a job.
    pub(super) fn instance(&self, job: JobId) -> &'a Instance {
        self.graph.instance_of(job)
    }

    /// How the makefile spells a job's target: the word of its rule where that word names it alone, else its name.
    pub(super) fn spelling(&self, job: JobId) -> String {
        let target = &self.graph.job(job).target;
        let rules = &self.instance(job).database.rules;
        let word = rules.iter().filter(|it| !it.computed).find_map(|rule| {
            let name = rule.targets.iter().find(|it| it.text == *target)?;
            let span = name.span?;
            let alone = rule.targets.iter().filter(|it| it.span == Some(span)).count() == 1;
            let word = self.project.text(span);
            let plain = !word.is_empty() && !word.contains(['\n', '%']) && rule.target_pattern.is_none();
            (alone && plain).then_some(word)
        });
        word.unwrap_or_else(|| display(target))
    }

    /// A job's name as messages show it.
    pub(super) fn name(&self, job: JobId) -> String {
        display(&self.graph.job(job).target)
    }

    /// Parts whose effect is of a kind.
    pub(super) fn parts(&self, kind: EffectKind) -> impl Iterator<Item = &'a Part> {
        self.race.parts.iter().filter(move |it| it.access.kind == kind)
    }

    /// The jobs that write the file in dispute, without repetition.
    pub(super) fn writers(&self) -> Vec<JobId> {
        let mut res: Vec<JobId> = self.parts(EffectKind::Write).map(Part::job).collect();
        res.dedup();
        res
    }

    /// Effects of a job on the file in dispute, with the recipe's index.
    pub(super) fn effects(&self, job: JobId) -> impl Iterator<Item = (usize, &'a Effect)> {
        let path = &self.race.path;
        self.graph.job(job).effects().filter(move |(_, it)| it.path == *path)
    }

    /// A job's recipe with the origins of its text.
    pub(super) fn traced(&self, job: JobId, recipe: usize) -> Vec<Line> {
        let instance = self.instance(job);
        let request = instance.given.request(self.project, &instance.configure, self.configuration);
        let job = self.graph.job(job);
        instance.database.recipe_traced(&request, &job.resolved, &job.recipes[recipe].used)
    }

    /// Where the sources spell the path of an effect, if it stands there letter for letter in one piece.
    pub(super) fn spelt(&self, traced: &[Line], effect: &Effect) -> Option<Span> {
        let line = traced.get(effect.place.line)?;
        let text = line.text.text.get(effect.place.range.clone())?;
        match line.text.origins(effect.place.range.clone())[..] {
            [Origin::Verbatim(span)] if self.project.text(span) == text => Some(span),
            _ => None,
        }
    }

    /// The sources of the entry's makefiles and configure.ac.
    pub(super) fn sources(&self) -> Vec<crate::source::FileId> {
        let mut res: Vec<_> = self.graph.instances.iter().flat_map(|it| it.database.files.iter().copied()).collect();
        res.extend(self.configure.file);
        res.sort();
        res.dedup();
        res
    }
}
