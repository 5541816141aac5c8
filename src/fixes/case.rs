//! A race with what strategies ask of it.

use crate::analysis::Strategy;
use crate::configure::{Configuration, Configure};
use crate::effects::{Effect, EffectKind};
use crate::expand::{Line, Name, Rule, RuleId, automake_stem, substitutions};
use crate::jobs::{GoalRank, Instance, JobGraph, JobId};
use crate::makefile::Wish;
use crate::races::{Part, Race};
use crate::source::{FileId, Project, Span, folder_of};
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
    /// All races of its configuration.
    pub races: &'a [Race],
    /// The strategy that the user asks for.
    pub wanted: Option<Strategy>,
}

impl<'a> Case<'a> {
    /// The rule statement whose recipe a job runs, where it stands in a file as such.
    pub(super) fn rule(&self, job: JobId) -> Option<(&'a Rule, Span)> {
        let run = self.graph.job(job).recipes.first()?;
        self.statement(job, run.rule)
    }

    /// A rule statement among whose prerequisites one of the jobs' targets stands.
    pub(super) fn needing_rule(&self, first: JobId, others: &[JobId]) -> Option<Span> {
        let needs =
            |rule: &&Rule, job: &JobId| rule.prerequisites.iter().any(|it| it.text == self.graph.job(*job).target());
        std::iter::once(&first).chain(others).find_map(|job| {
            let rules = self.instance(*job).database.rules.iter().filter(|it| !it.computed && it.span.is_some());
            rules.clone().find(|it| needs(it, job)).and_then(|it| it.span)
        })
    }

    /// The explicit rule statement of a job that an edit can add to: the one with the recipe.
    pub(super) fn explicit_rule(&self, job: JobId) -> Option<(&'a Rule, Span)> {
        let run = self.graph.job(job).recipes.first()?;
        matches!(run.rule, RuleId::Explicit(_)).then(|| self.statement(job, run.rule)).flatten()
    }

    /// Whether the statement of one job's rule may name another job's target: a part of makefiles that others read too has
    /// to do with what it makes itself.
    pub(super) fn may_name(&self, statement: Span, of: JobId, named: JobId) -> bool {
        let instance = self.instance(of);
        // configure may put a part of all makefiles before what is a folder's own.
        let is_own = |it: &&FileId| folder_of(&self.project.source(**it).path) == instance.given.directory;
        let files = &instance.database.files;
        let main = files.iter().find(is_own).or(files.first());
        let Some(main) = main.filter(|it| **it != statement.file) else { return true };
        let folder = |file| match folder_of(&self.project.source(file).path) {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        let is_elsewhere = !folder(statement.file).starts_with(&folder(*main));
        let other = |it: &&Instance| !it.database.files.contains(main) && it.database.files.contains(&statement.file);
        let is_shared = is_elsewhere || self.graph.instances.iter().any(|it| other(&it));
        // A rule there may name what no rule makes, or what rules elsewhere make, by a variable.
        let names_it = |it: &Rule| {
            let mut names = it.prerequisites.iter().chain(&it.order_only);
            it.span.is_some_and(|it| it.file == statement.file)
                && !it.computed
                && names.any(|it| it.text == self.graph.job(named).target() && self.is_reference(it))
        };
        !is_shared
            || self.rule(named).is_some_and(|it| it.1.file == statement.file)
            || instance.database.rules.iter().any(names_it)
    }

    /// Whether a word is a reference to a variable, for which each makefile may have another value.
    fn is_reference(&self, name: &Name) -> bool {
        name.span.is_some_and(|it| self.project.text(it).contains('$'))
    }

    fn statement(&self, job: JobId, id: RuleId) -> Option<(&'a Rule, Span)> {
        let rule = self.graph.instance_of(job).database.rule(id);
        (!rule.computed).then_some(rule).and_then(|it| it.span.map(|span| (it, span)))
    }

    /// Where the rule stands from which a job's first recipe is, if an `include` or an `eval` gives it there.
    pub(super) fn computed_at(&self, job: JobId) -> Option<Span> {
        let run = self.graph.job(job).recipes.first()?;
        let rule = self.graph.instance_of(job).database.rule(run.rule);
        rule.span.filter(|_| rule.computed)
    }

    /// The instance that runs a job.
    pub(super) fn instance(&self, job: JobId) -> &'a Instance {
        self.graph.instance_of(job)
    }

    /// How the makefile spells a job's target among prerequisites: as another rule does, else as its own rule does, else
    /// its name with the folder that a variable holds, else its name.
    pub(super) fn spelling(&self, job: JobId) -> String {
        let target = self.graph.job(job).target();
        let rules = &self.instance(job).database.rules;
        let as_prerequisite = rules.iter().find_map(|it| self.word_for(it, it.prerequisites.iter(), target));
        let as_order_only = || rules.iter().find_map(|it| self.word_for(it, it.order_only.iter(), target));
        let as_target = || {
            let plain = rules.iter().filter(|it| it.target_pattern.is_none());
            plain.into_iter().find_map(|it| self.word_for(it, it.targets.iter(), target))
        };
        as_prerequisite.or_else(as_order_only).or_else(as_target).unwrap_or_else(|| self.by_folder(job))
    }

    /// The word of a list of names that names a target, and it alone.
    fn word_for<'n>(&self, rule: &Rule, names: impl Iterator<Item = &'n Name> + Clone, target: &str) -> Option<String> {
        if rule.computed {
            return None;
        }
        let span = names.clone().find(|it| it.text == target)?.span?;
        let alone = names.filter(|it| it.span == Some(span)).count() == 1;
        let word = self.project.text(span);
        // `$@`, `$*` and a pattern mean something else in another rule.
        let elsewhere =
            without_substitutions(&word).contains(['\n', '%', '@', '*', '<']) && !word.starts_with("$(srcdir)");
        (alone && !word.is_empty() && !elsewhere).then_some(word)
    }

    /// A name below a folder that a variable holds, where rules spell other names so.
    fn by_folder(&self, job: JobId) -> String {
        let target = self.graph.job(job).target();
        let database = &self.instance(job).database;
        let named = target.match_indices('/').map(|(at, _)| at).collect::<Vec<_>>().into_iter().rev().find_map(|at| {
            let holds = |value: &str| value == &target[..at];
            let variable = database.variables.iter().find(|(_, it)| it.span.is_some() && holds(&it.value))?;
            let reference = format!("$({})/", variable.0);
            let spelt = |it: &Rule| {
                it.targets.iter().filter_map(|it| it.span).any(|it| self.project.text(it).starts_with(&reference))
            };
            // An absolute name says where the tree lies on this machine.
            let is_written = || {
                let texts = database.files.iter().map(|it| self.project.source(*it));
                target.starts_with('/') && texts.into_iter().any(|it| it.text().contains(&reference))
            };
            let is_usual = database.rules.iter().chain(&database.implicit).any(spelt) || is_written();
            is_usual.then(|| format!("{reference}{}", &target[at + 1..]))
        });
        named.unwrap_or_else(|| display(target))
    }

    /// A rule without recipe that says what only these jobs depend on: an edge belongs there.
    pub(super) fn dependency_line(&self, job: JobId, among: &[JobId]) -> Option<Span> {
        let target = self.graph.job(job).target();
        let names: Vec<&str> = among.iter().map(|it| self.graph.job(*it).target()).collect();
        let rules = self.instance(job).database.rules.iter();
        let plain =
            rules.filter(|it| !it.has_recipe && !it.computed && !it.double_colon && it.target_pattern.is_none());
        let fits = |it: &&Rule| {
            it.targets.iter().any(|it| it.text == *target)
                && it.targets.iter().all(|it| names.contains(&it.text.as_str()))
                && !(it.prerequisites.is_empty() && it.order_only.is_empty())
        };
        let own = |it: &Rule| it.span.filter(|it| self.may_name(*it, job, job));
        plain.filter(fits).find_map(own)
    }

    /// The change by which a program or library that automake links depends on more.
    pub(super) fn automake_wish(&self, job: JobId, names: &str) -> Option<Wish> {
        const LISTS: [&str; 5] = ["LDADD", "LIBADD", "LDFLAGS", "SOURCES", "CFLAGS"];
        let (target, instance) = (self.graph.job(job).target(), self.instance(job));
        let run = self.graph.job(job).recipes.first()?;
        let is_added = instance.database.rule(run.rule).span.is_none() && matches!(run.rule, RuleId::Explicit(_));
        if !is_added || !instance.given.makefile.ends_with(".am") {
            return None;
        }
        // Where programs have a suffix, the variables are named without it.
        let suffix = instance.database.variables.get("EXEEXT").map_or("", |it| &it.value);
        let stem = automake_stem(target.strip_suffix(suffix).unwrap_or(target));
        let assigned = |name: &str| instance.database.variables.get(name)?.span;
        let lists = [format!("{stem}_DEPENDENCIES"), format!("EXTRA_{stem}_DEPENDENCIES")];
        if let Some(assignment) = lists.iter().find_map(|it| assigned(it)) {
            return Some(Wish::Words { assignment, words: names.to_owned() });
        }
        let after = LISTS.iter().find_map(|it| assigned(&format!("{stem}_{it}")))?;
        Some(Wish::Lines { after, lines: format!("{} = {names}\n", lists[1]) })
    }

    /// How a makefile may name an object for which automake has a rule of its own, since its program has flags of its own:
    /// a rule for the plain name would take that rule's place (automake 1.16).
    pub(super) fn automake_object(&self, job: JobId) -> Option<String> {
        const FLAGS: [&str; 8] =
            ["CFLAGS", "CPPFLAGS", "CXXFLAGS", "YFLAGS", "LFLAGS", "OBJCFLAGS", "CCASFLAGS", "FCFLAGS"];
        let (target, instance) = (self.graph.job(job).target(), self.instance(job));
        if !instance.given.makefile.ends_with(".am") || self.rule(job).is_some() {
            return None;
        }
        let base = target.rsplit('/').next()?.split_once('-')?.0;
        let has = |it: &&&str| instance.database.variables.contains_key(&format!("{base}_{it}"));
        FLAGS.iter().find(has)?;
        match target.rsplit_once('.')? {
            (stem, "o") => Some(format!("{stem}.$(OBJEXT)")),
            (_, "lo") => Some(format!("$({base}_OBJECTS)")),
            _ => None,
        }
    }

    /// Whether users ask for a target by itself, beside the default goal.
    pub(super) fn is_goal_of_its_own(&self, job: JobId) -> bool {
        let default = self.instance(job).database.default_goal.as_deref();
        let goals = self.graph.goals.iter().skip(1).filter(|it| it.rank == GoalRank::Usual);
        goals.filter(|it| it.name != "all" && default != Some(&it.name)).any(|it| it.job == job)
    }

    /// Whether two jobs are goals that no third goal starts both: only the user's own words bring them together.
    pub(super) fn are_alternatives(&self, a: JobId, b: JobId) -> bool {
        let goals = &self.graph.goals;
        let is_goal = |it: JobId| goals.iter().any(|goal| goal.job == it);
        let starts_both = |goal: &crate::jobs::Goal| {
            let started = self.graph.closure([goal.job]);
            started.contains(&a) && started.contains(&b)
        };
        is_goal(a) && is_goal(b) && !goals.iter().any(starts_both)
    }

    /// A job's name as messages show it: they do not say where the tree lies.
    pub(super) fn name(&self, job: JobId) -> String {
        let job = self.graph.job(job);
        display(if job.target().starts_with('/') { &job.path } else { job.target() })
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

    /// Whether one job removes what another one makes.
    pub(super) fn is_removal(&self) -> bool {
        self.race.pair.1.access.kind == EffectKind::Remove
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
        instance.database.recipe_traced(&request, &job.resolved, &job.resolved.recipes[recipe])
    }

    /// Where the sources spell the path of an effect, if it stands there letter for letter in one piece.
    pub(super) fn spelt(&self, job: JobId, traced: &[Line], effect: &Effect) -> Option<Span> {
        let line = traced.get(effect.place.line())?;
        let text = line.text.text.get(effect.place.range())?;
        // A tool may have made the name of another one (`x.o` of `x.c`).
        let last = |it: &str| it.trim_end_matches('/').rsplit('/').next().map(str::to_owned);
        // What is copied into a folder keeps its name, which stands where the other file is named.
        let place = &effect.place;
        let there = |it: &Effect| it.place.line() == place.line() && it.place.range() == place.range();
        let names_another = |it: &Effect| it.kind == EffectKind::Read && it.path != effect.path && there(it);
        if last(text) != last(&effect.path) || self.graph.job(job).effects().any(|it| names_another(it.1)) {
            return None;
        }
        match line.text.origins(effect.place.range())[..] {
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

/// A word without what configure puts into a template (`@NAME@`).
fn without_substitutions(word: &str) -> String {
    let mut res = word.to_owned();
    let found: Vec<_> = substitutions(word).map(|it| it.0).collect();
    found.into_iter().rev().for_each(|it| res.replace_range(it, ""));
    res
}
