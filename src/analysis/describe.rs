//! Races to findings: merged over configurations, with places and words.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::explore::{Examined, Explored, Found, Key, key};
use super::finding::*;
use super::ignore::silenced;
use crate::configure::{Setting, Subject};
use crate::effects::EffectKind;
use crate::expand::VariableOrigin;
use crate::jobs::{Access, Goal, GoalRank, Instance, InstanceId, JobGraph, JobId, install_like};
use crate::races::{Class, Part, Race, View};
use crate::source::{MAKEFILE_NAMES, Project, Span, folder_of, spelt_in, upwards};
use crate::text::{Origin, display, has_unknown, is_unknown_char};

/// The findings of one makefile.
pub(super) fn findings(project: &Project, explored: &Explored, options: &Options) -> Vec<(Finding, Found)> {
    let mut by_key: BTreeMap<Key, (Finding, Found)> = BTreeMap::new();
    for (index, run) in explored.runs.iter().enumerate() {
        let view = View::new(project, &run.graph);
        let describer = Describer { project, explored, run, view: &view, serial: RefCell::default() };
        for race in merged(&run.races) {
            let wanted = (options.classes.is_empty() || options.classes.contains(&race.class))
                && (race.goal.is_some() || options.notes && describer.may_be_named_together(&race));
            if !wanted || describer.is_silenced(&race) || describer.is_told_by_make(&race) {
                continue;
            }
            let configuration = configuration_report(run);
            match by_key.get_mut(&key(&race)) {
                Some((known, _)) if known.severity > Severity::Note || race.goal.is_none() => {
                    if !known.configurations.contains(&configuration) {
                        known.configurations.push(configuration);
                    }
                }
                _ => {
                    let finding = describer.finding(&race, configuration);
                    by_key.insert(key(&race), (finding, Found { run: index, race }));
                }
            }
        }
    }
    let base = &configuration_report(&explored.runs[0]);
    let n_configurations = explored.examined.len();
    let mut res = one_each(by_key.into_values().collect());
    for (finding, _) in &mut res {
        let few = !finding.configurations.contains(base);
        finding.message = message(project, finding, few.then_some(n_configurations));
    }
    res
}

/// Races of one class between the same jobs as one, with further paths.
fn merged(races: &[Race]) -> Vec<Race> {
    let mut res: Vec<Race> = Vec::new();
    let mut places: BTreeMap<_, usize> = BTreeMap::new();
    for race in races {
        let jobs: Vec<_> = race.parts.iter().map(Part::job).collect();
        let place = *places.entry((race.class, race.goal, jobs)).or_insert(res.len());
        match res.get_mut(place) {
            Some(known) => {
                let more = std::iter::once(&race.path).chain(&race.paths).filter(|it| **it != known.path);
                known.paths.extend(more.cloned());
            }
            None => res.push(race.clone()),
        }
    }
    for race in &mut res {
        race.paths.sort();
        race.paths.dedup();
    }
    res
}

/// Findings that one change would end as one: the worst of them, with the paths and jobs of all.
fn one_each(mut findings: Vec<(Finding, Found)>) -> Vec<(Finding, Found)> {
    findings.sort_by_key(|(it, _)| std::cmp::Reverse(it.severity));
    let mut res: Vec<(Finding, Found)> = Vec::new();
    let mut places: BTreeMap<Root, usize> = BTreeMap::new();
    for (finding, found) in findings {
        let roots = finding.roots();
        let place = roots.iter().find_map(|it| places.get(it).copied()).unwrap_or(res.len());
        roots.into_iter().for_each(|it| _ = places.entry(it).or_insert(place));
        match res.get_mut(place) {
            Some((known, _)) => known.absorb(finding),
            None => res.push((finding, found)),
        }
    }
    res
}

fn configuration_report(run: &Examined) -> ConfigurationReport {
    let condition = |it: &crate::configure::Setting| Condition {
        subject: display(it.subject.name()),
        value: display(&it.value),
        place: it.place,
    };
    ConfigurationReport {
        name: display(&run.configuration.name()),
        conditions: run.configuration.settings.iter().map(condition).collect(),
    }
}

/// A run of make and the goal that the first one is asked for.
type Asked = (InstanceId, JobId);

struct Describer<'a> {
    project: &'a Project,
    explored: &'a Explored,
    run: &'a Examined,
    view: &'a View<'a>,
    /// The order in which a serial make finishes jobs: that of the instance and the goal that were asked for last.
    serial: RefCell<Option<(Asked, FxHashMap<JobId, usize>)>>,
}

impl Describer<'_> {
    fn graph(&self) -> &JobGraph {
        &self.run.graph
    }

    /// Whether each of the two is started by a goal that users name, so that they may name both. That `all` and `check` go
    /// through the same folders is automake's way.
    fn may_be_named_together(&self, race: &Race) -> bool {
        let runners = self.graph().lifted(race.pair.0.job(), race.pair.1.job());
        let is_inner = |it: JobId| {
            let target = self.graph().job(it).target();
            self.graph().rule_span(it).is_none() && (target.ends_with("-am") || target.ends_with("-recursive"))
        };
        let by_automake = |(a, b): (JobId, JobId)| {
            [a, b].iter().all(|it| self.graph().rule_span(*it).is_none()) || is_inner(a) || is_inner(b)
        };
        let of_parts = matches!(race.class, Class::RecursiveOverlap | Class::MissingPrerequisite);
        if of_parts && runners.is_some_and(by_automake) {
            return false;
        }
        let is_started = |part: &Part, by: &dyn Fn(&Goal) -> bool| {
            let goals = self.view.goals_of(part.job());
            self.graph().goals.iter().enumerate().any(|(index, it)| by(it) && goals.contains(index))
        };
        let usual = |part: &Part| is_started(part, &|it| it.rank == GoalRank::Usual);
        // `make install install-more`, of which neither makes the other
        let installs =
            |part: &Part| is_started(part, &|it| install_like(&it.name) && self.graph().rule_span(it.job).is_some());
        let scratch = race.class == Class::SharedOutput && !race.path.starts_with('/') && !has_unknown(&race.path);
        let parts = [&race.pair.0, &race.pair.1];
        // A part of makefiles that are not here: whoever wants one file of a recipe wants the others.
        let of_a_part = || race.class == Class::MultiOutput && !parts.iter().any(|it| usual(it));
        parts.iter().all(|it| usual(it))
            || of_a_part()
            || scratch && parts.iter().all(|it| it.must && installs(it)) && parts.iter().any(|it| usual(it))
    }

    fn is_silenced(&self, race: &Race) -> bool {
        let rules = [&race.pair.0, &race.pair.1].map(|it| self.graph().rule_span(it.job()));
        rules.into_iter().flatten().any(|it| silenced(self.project, it, race.class))
    }

    fn finding(&self, race: &Race, configuration: ConfigurationReport) -> Finding {
        let goal = race.goal.map(|it| &self.graph().goals[it]);
        let must = race.pair.0.must && race.pair.1.must;
        let severity = match goal.map(|it| it.rank) {
            None | Some(GoalRank::Rare) => Severity::Note,
            Some(_) if self.fails_alone(race) || self.is_there_already(race) => Severity::Note,
            Some(_) if self.is_of_an_older_make() => Severity::Note,
            Some(rank) if rank != GoalRank::Usual && self.is_built_before(race) => Severity::Note,
            Some(GoalRank::Usual) if must && !self.is_made_by_others(race) && !self.joins_settings() => Severity::Error,
            Some(_) => Severity::Warning,
        };
        let reported = self.in_order(race).into_iter().map(|it| self.job(race, it));
        let jobs = once_each(reported.chain(self.runners(race).iter().map(|it| self.job(race, it))));
        Finding {
            id: self.id(race),
            class: race.class,
            severity,
            path: display(&race.path),
            paths: race.paths.iter().map(|it| display(it)).collect(),
            message: String::new(),
            goal: goal.map_or(String::new(), |it| display(&it.name)),
            configurations: vec![self.nearest(configuration, &jobs)],
            jobs,
            witness: self.witness(race),
            fixes: Vec::new(),
        }
    }

    /// Whether the file is there already, so that it is made only where its time asks for it, or the folder, unless the
    /// build is outside of the tree.
    fn is_there_already(&self, race: &Race) -> bool {
        let writer = race.pair.0.job();
        let is_folder = || race.class == Class::MissingDirectory && self.project.is_folder(&race.path);
        is_folder()
            || race.class == Class::MissingPrerequisite
                && self.view.is_there(&race.path)
                && !self.view.is_always_run(writer)
    }

    /// Whether automake has the file made before all else by the goals for which it does so: `all`, `check` and `install`.
    fn is_built_before(&self, race: &Race) -> bool {
        let (writer, reader) = (self.graph().job(race.pair.0.job()), race.pair.1.job());
        let instance = self.graph().instance_of(reader);
        let lists =
            instance.given.makefile.ends_with(".am") && instance.database.variables.contains_key("BUILT_SOURCES");
        let all = instance.by_target.get("all").map(|it| self.graph().job(*it));
        lists && all.is_some_and(|it| it.resolved.prerequisites.iter().any(|it| *it.name == *writer.target()))
    }

    /// Whether only a make older than 4.3 shows it, as macOS has.
    fn is_of_an_older_make(&self) -> bool {
        self.run.configuration.value(&Subject::MakeVersion).is_some()
    }

    /// Whether the configuration joins two settings that are asked for apart: something else may rule that out.
    fn joins_settings(&self) -> bool {
        let base = &self.explored.runs[0].configuration.settings;
        let settings: Vec<&Setting> = self.run.configuration.settings.iter().filter(|it| !base.contains(it)).collect();
        let of_configure = |it: &Setting| matches!(it.subject, Subject::Shell(_));
        settings.len() > 1 && {
            let known = self.explored.runs[0].graph.deviations();
            settings.iter().all(|it| of_configure(it) || known.contains(it))
        }
    }

    /// Whether it is make itself that looks for a folder, and stops without `-j` too: nothing that its times decide.
    fn is_told_by_make(&self, race: &Race) -> bool {
        let sought = |it: &Part| it.access.kind.makes_directory() || it.access.effect.is_none();
        race.class == Class::MissingDirectory && race.parts.iter().all(sought) && self.fails_alone(race)
    }

    /// Whether a make without `-j` would come to every needer first: nobody builds that goal before another one.
    fn fails_alone(&self, race: &Race) -> bool {
        // Further jobs of one race are much like these.
        const MOST_PARTS: usize = 12;
        let needs = |it: &&Part| matches!(it.access.kind, EffectKind::Read | EffectKind::NeedDirectory);
        let goal = race.goal.map(|it| self.graph().goals[it].job).filter(|_| needs(&&race.pair.1));
        let Some(goal) = goal else { return false };
        // The order of the rules that automake adds is not modelled.
        let automake = |it: &Part| self.graph().instance_of(it.job()).given.makefile.ends_with(".am");
        if automake(&race.pair.0) || automake(&race.pair.1) {
            return false;
        }
        let (needers, makers): (Vec<&Part>, Vec<&Part>) = race.parts.iter().partition(needs);
        let in_time = |maker: &Part, needer: &Part| {
            !self.graph().ordered(maker.job(), needer.job()) && self.serially_first(maker.job(), needer.job(), goal)
        };
        let (mut needers, makers) = (needers.iter().take(MOST_PARTS), &makers[..makers.len().min(MOST_PARTS)]);
        !needers.any(|needer| makers.iter().any(|maker| in_time(maker, needer)))
    }

    /// Whether a serial make that is asked for `goal` finishes `a` before it starts `b`, which nothing else orders.
    fn serially_first(&self, a: JobId, b: JobId, goal: JobId) -> bool {
        let Some((a, b)) = self.graph().lifted(a, b) else { return true };
        let asked = (self.graph().job(a).instance, goal);
        let mut known = self.serial.borrow_mut();
        if known.as_ref().is_none_or(|it| it.0 != asked) {
            *known = Some((asked, self.graph().serial_order(asked.0, asked.1)));
        }
        known.as_ref().is_none_or(|(_, finished)| match (finished.get(&a), finished.get(&b)) {
            (Some(a), Some(b)) => a < b,
            (_, other) => other.is_none(),
        })
    }

    /// Whether make runs in a part of a configured tree and the path lies in another part: the makefile above may well
    /// have it made before.
    fn is_made_by_others(&self, race: &Race) -> bool {
        let own = &self.explored.entry.given.directory;
        let top = |it: &str| self.project.has_configure_ac(it);
        let is_part = !own.is_empty() && !top(own) && upwards(folder_of(own)).any(top);
        let may_be_there = matches!(race.class, Class::MissingPrerequisite | Class::MissingDirectory);
        may_be_there && is_part && !has_unknown(&race.path) && !race.path.starts_with(&format!("{own}/"))
    }

    /// Conditions at the arms around the place where the path is spelt, rather than at the first arm of their value.
    fn nearest(&self, mut configuration: ConfigurationReport, jobs: &[JobReport]) -> ConfigurationReport {
        if configuration.conditions.is_empty() {
            return configuration;
        }
        let configure = self.explored.configure();
        let spelt: Vec<Span> = jobs.iter().flat_map(|it| it.spelt.iter().copied()).collect();
        let names = self.graph().inputs();
        let around = names
            .iter()
            .flat_map(|it| configure.assignments(it))
            .filter(|it| spelt.iter().any(|span| it.span.contains(*span)));
        let guards: Vec<crate::configure::Guard> = around.flat_map(|it| it.guards).collect();
        for condition in &mut configuration.conditions {
            let same = |it: &&crate::configure::Guard| it.subject == condition.subject && it.value == condition.value;
            if let Some(guard) = guards.iter().find(same) {
                condition.place = guard.place;
            }
        }
        configuration
    }

    /// The racing pair first, the others after it.
    fn in_order<'r>(&self, race: &'r Race) -> Vec<&'r Part> {
        let pair = [&race.pair.0, &race.pair.1];
        let others = race.parts.iter().filter(|it| pair.iter().all(|known| known.job() != it.job()));
        pair.into_iter().chain(others).collect()
    }

    /// The jobs of the make that runs both, where the racing ones are jobs of sub-makes below them.
    fn runners(&self, race: &Race) -> Vec<Part> {
        let pair = [&race.pair.0, &race.pair.1];
        let Some((first, second)) = self.graph().lifted(pair[0].job(), pair[1].job()) else { return Vec::new() };
        let known = |job| race.parts.iter().any(|it| it.job() == job) || pair.iter().any(|it| it.job() == job);
        let of = |(job, part): (JobId, &&Part)| {
            let access = Access { job, recipe: 0, effect: None, ..part.access.clone() };
            (!known(job)).then_some(Part { access, ..(*part).clone() })
        };
        [first, second].into_iter().zip(&pair).filter_map(of).collect()
    }

    fn job(&self, race: &Race, part: &Part) -> JobReport {
        let graph = self.graph();
        let id = graph.shown_as(part.job());
        let shown = self.effect(part);
        let path = &graph.job(id).path;
        // A folder of which nothing is known is no more known from another one.
        let folder = if path.starts_with(is_unknown_char) { "" } else { &self.explored.entry.given.directory };
        JobReport {
            target: display(path),
            name: display(&spelt_in(folder, path)),
            rule: graph.rule_span(id),
            recipe_line: shown.as_ref().and_then(|it| it.line),
            effect: effect_name(part.access.kind),
            needs_folder: part.access.kind == EffectKind::NeedDirectory,
            must: part.must,
            in_goal: race.goal.is_some_and(|it| self.view.goals_of(part.job()).contains(it)),
            command: shown.as_ref().map_or(String::new(), |it| display(&it.command)),
            spelt: shown.map_or(Vec::new(), |it| it.spelt),
            runs: self.runs(race, part.job()),
        }
    }

    /// Which of the racing two is a job of a make that another job runs, in the make that runs both.
    fn runs(&self, race: &Race, job: JobId) -> Option<usize> {
        let pair = [race.pair.0.job(), race.pair.1.job()];
        let (a, b) = self.graph().lifted(pair[0], pair[1])?;
        [a, b].iter().zip(&pair).position(|(runner, racing)| *runner == job && runner != racing)
    }

    /// The command that does it and where the path is spelt.
    fn effect(&self, part: &Part) -> Option<Shown> {
        let Access { job, recipe, effect, .. } = part.access;
        let graph = self.graph();
        let run = graph.job(job).recipes.get(recipe)?;
        let Some(effect) = effect.and_then(|it| run.outcome.effects.get(it)) else {
            let line = run.lines.first()?;
            return Some(Shown { line: line.span, command: line.text.text.clone(), spelt: Vec::new() });
        };
        let instance = graph.instance_of(job);
        let request = instance.given.request(self.project, &instance.configure, &self.run.configuration);
        let resolved = &graph.job(job).resolved;
        let traced = instance.database.recipe_traced(&request, resolved, resolved.recipes.get(recipe)?);
        let line =
            traced.get(effect.place.line()).filter(|it| it.text.text == run.lines[effect.place.line()].text.text);
        let origins = line.map_or(Vec::new(), |it| it.text.origins(effect.place.range()));
        let command = run.outcome.invocations.get(effect.invocation);
        let text = &run.lines[effect.place.line()].text.text;
        Some(Shown {
            line: run.lines[effect.place.line()].span,
            command: command.and_then(|it| text.get(it.place.range())).unwrap_or(text).to_owned(),
            spelt: origins.iter().map(Origin::span).collect(),
        })
    }

    fn witness(&self, race: &Race) -> String {
        let given = &self.explored.entry.given;
        let graph = self.graph();
        let goal = race.goal.map(|it| graph.goals[it].name.as_str());
        let words: Vec<String> = match graph.lifted(race.pair.0.job(), race.pair.1.job()) {
            Some((a, b)) if graph.instance_of(a).parent.is_none() => {
                let pair = [a, b].map(|it| display(graph.job(graph.shown_as(it)).target()));
                if pair[0] == pair[1] { vec![pair[0].clone()] } else { pair.to_vec() }
            }
            _ => goal.map(display).into_iter().collect(),
        };
        let folder = if given.directory.is_empty() { String::new() } else { format!(" -C {}", given.directory) };
        let name = given.makefile.rsplit('/').next().unwrap_or_default();
        let usual = MAKEFILE_NAMES.contains(&name.split('.').next().unwrap_or_default());
        // One that is read from a folder above.
        let from_above = MAKEFILE_NAMES.contains(&name) && folder_of(&given.makefile) != given.directory;
        let file = match (from_above, usual) {
            (true, _) => format!(" -f {}", spelt_in(&given.directory, &given.makefile)),
            (false, true) => String::new(),
            (false, false) => format!(" -f {name}"),
        };
        let defines = self.run.configuration.settings.iter().filter_map(|it| match &it.subject {
            crate::configure::Subject::Make(name) => Some(format!(" {name}={}", display(&it.value))),
            _ => None,
        });
        let tops = graph.instances.first().into_iter().flat_map(tops);
        format!("make{folder}{file} -j2 {}{}", words.join(" "), defines.chain(tops).collect::<String>())
    }

    /// Made from what stays the same when other parts of the files change.
    fn id(&self, race: &Race) -> String {
        let mut targets: Vec<&str> =
            [&race.pair.0, &race.pair.1].map(|it| self.graph().job(it.job()).path.as_str()).to_vec();
        targets.sort_unstable();
        let text = [self.explored.entry.given.makefile.as_str(), race.class.name(), &race.path, targets[0], targets[1]];
        format!("{:016x}", fnv(text.join("\n").as_bytes()))
    }
}

/// The ways up to where other makefiles are that a makefile includes by a variable which nobody sets: users give them.
fn tops(instance: &Instance) -> impl Iterator<Item = String> {
    let is_way_up = |it: &str| !it.is_empty() && it.chars().all(|it| matches!(it, '.' | '/'));
    let found = instance.database.variables.iter().filter(move |it| {
        let known = instance.given.environment.iter().any(|known| known.0 == **it.0);
        it.1.origin == VariableOrigin::Environment && is_way_up(&it.1.value) && !known
    });
    found.map(|it| format!(" {}={}", it.0, it.1.value))
}

/// A job that several runs of make have is reported once.
fn once_each(jobs: impl Iterator<Item = JobReport>) -> Vec<JobReport> {
    let mut res: Vec<JobReport> = Vec::new();
    for (index, job) in jobs.enumerate() {
        let same = |it: &&mut JobReport| it.target == job.target && it.rule == job.rule && it.effect == job.effect;
        // The racing pair may be one job in two runs of make.
        match res.iter_mut().find(same).filter(|_| index > 1) {
            Some(known) => known.in_goal |= job.in_goal,
            None => res.push(job),
        }
    }
    res
}

struct Shown {
    line: Option<Span>,
    command: String,
    spelt: Vec<Span>,
}

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, it| (hash ^ u64::from(*it)).wrapping_mul(0x100_0000_01b3))
}

fn effect_name(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::Write => "write",
        EffectKind::Read | EffectKind::NeedDirectory => "read",
        EffectKind::MakeDirectory | EffectKind::MakeDirectoryOnce => "make-directory",
        EffectKind::Remove => "remove",
    }
}

/// One line: both places, the file, what is missing; of how many configurations, where the base does not show it.
fn message(project: &Project, finding: &Finding, n_configurations: Option<usize>) -> String {
    let place = |job: &JobReport| match job.recipe_line.or(job.rule) {
        Some(span) => format!("{}:{}", project.source(span.file).path, project.position(span).line),
        None => format!("the rule of {}", display(&job.target)),
    };
    let (first, second) = (&finding.jobs[0], finding.jobs.get(1).unwrap_or(&finding.jobs[0]));
    let (a, b) = (place(first), place(second));
    let path = &finding.path;
    let when = n_configurations
        .map_or_else(String::new, |all| format!(" ({} of {all} configurations)", finding.configurations.len()));
    let overlap = || match finding.runners()[..] {
        [one] => {
            let here = if one.runs == Some(0) { second } else { first };
            let has_place = here.target != *path || here.recipe_line.or(here.rule).is_some();
            let here = if has_place { place(here) } else { "its rule".to_owned() };
            format!("{path} is made by {here} and by the make that {} runs", place(one))
        }
        [one, other] if place(one) == place(other) => {
            format!("{} runs makes for {} and {} that both make {path}", place(one), one.target, other.target)
        }
        [one, other] => format!("{} and {} run makes that both make {path}", place(one), place(other)),
        _ => format!("{a} and {b} run makes that both make {path}"),
    };
    let what = match finding.class {
        Class::SharedOutput if !finding.runners().is_empty() => overlap(),
        Class::SharedOutput if a == b && second.effect != "remove" => {
            format!("{a} writes {path} once for each of {} and {}", first.target, second.target)
        }
        Class::SharedOutput if second.effect == "remove" => format!("{b} removes {path}, which {a} writes"),
        Class::SharedOutput => format!("{a} and {b} both write {path}"),
        Class::MultiOutput => {
            let is_file = |it: &JobReport| it.target == *path || finding.paths.contains(&it.target);
            let written = if is_file(first) || is_file(second) { "both" } else { path };
            format!("{a} runs once for each of {} and {}, and each run writes {written}", first.target, second.target)
        }
        Class::MissingPrerequisite => format!("{b} reads {path}, which {a} writes"),
        Class::MissingDirectory if second.effect == "make-directory" => {
            format!("{a} and {b} both make the folder {path}")
        }
        Class::MissingDirectory => format!("{b} needs the folder {path}, which {a} makes"),
        Class::RecursiveOverlap => overlap(),
    };
    format!("{what}; nothing orders them{when}")
}
