//! One makefile under the base configuration, or the nearest to it with which make goes on, then under one deviation at a
//! time, then under those that matter only beside another.

mod alternatives;
mod changes;
mod memberships;
mod pairs;
mod start;

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::entry::entry;
use super::finding::Options;
use crate::configure::{Configuration, Configure, Note, Setting, Subject, What};
use crate::edit::Edits;
use crate::effects::Models;
use crate::expand::{Name, Rule};
use crate::jobs::{Cache, Configures, Context, Entry, JobGraph, JobId, Like, build, rebuild};
use crate::races::{self, Part, Race, View};
use crate::source::{Project, Span, folder_of};
use crate::text::is_unknown_char;
use alternatives::{first_of_each, worth_their_time};
use changes::{Change, Changes, foremost};
use pairs::{
    Changed, Touched, added, behind_the_gate, below, beside_the_gate, meeting, pairs, through_lists, through_rules,
    touched,
};

/// Configurations that are evaluated for one makefile, at most.
const MOST_CONFIGURATIONS: usize = 400;
/// Jobs that are evaluated for one makefile over all configurations, at most, unless these are few.
const MOST_JOBS: usize = 200_000;
/// As much work as so many jobs ([`JobGraph::effort`]), likewise.
const MOST_EFFORT: usize = 1_200_000;
const FEWEST_CONFIGURATIONS: usize = 12;
/// As much work as so many jobs for all goals, in configurations in which the usual goals do what they do in the base.
const MOST_EFFORT_OF_OTHERS: usize = 400_000;
/// Of these, those that join two deviations.
const MOST_PAIRS: usize = 60;
/// Of these, those of two settings whose added jobs meet in a file.
const MOST_MEETING: usize = 24;
/// As much work as so many jobs for all pairs together, as much a pair as for the base.
const MOST_PAIR_EFFORT: usize = 200_000;

/// What analyses of one project share.
pub struct Setup {
    /// Models of commands.
    pub models: Models,
    /// What configures the project's makefiles.
    configures: Configures,
}

impl Setup {
    /// The built-in models and the user's.
    pub fn new(options: &Options) -> Setup {
        let built_in = Models::built_in();
        let with_own = options.models.as_deref().and_then(|it| built_in.with_rows(it).ok());
        Setup { models: with_own.unwrap_or(built_in), configures: Configures::default() }
    }
}

/// A configuration with its jobs and races.
#[derive(Clone)]
pub struct Examined {
    /// What is fixed.
    pub configuration: Configuration,
    /// The jobs.
    pub graph: Arc<JobGraph>,
    /// The races; those of the base are not repeated in the others.
    pub races: Vec<Race>,
    /// The paths of all races that a goal shows there, those of the base too.
    pub known: BTreeSet<Key>,
}

/// One makefile under all its configurations.
pub struct Explored {
    /// Where make starts.
    pub entry: Entry,
    /// The base (see [`explore`]), then every other configuration that shows a race of its own.
    pub runs: Vec<Examined>,
    /// All configurations that were looked at.
    pub examined: Vec<Configuration>,
    /// Those of them whose jobs are others than the base's or do other things.
    pub different: Vec<Configuration>,
    /// What was met and is not modelled.
    pub notes: Vec<Note>,
    /// The race of each finding, in the order of the findings; filled by `examine`.
    pub found: Vec<Found>,
    /// The races of all configurations, those too that are not of their own.
    pub shown: BTreeSet<Key>,
    /// The prerequisites that make drops because they would close a circle, as (target, prerequisite), in any of them.
    pub cycles: BTreeSet<(String, String)>,
    /// Errors with which make would stop in the base, and in all other configurations (place, message).
    pub errors: Vec<(Option<Span>, String)>,
    /// What recipes do, by their text.
    pub cache: Cache,
}

/// Where a finding comes from.
#[derive(Clone)]
pub struct Found {
    /// Index in [`Explored::runs`] of the first configuration that shows it.
    pub run: usize,
    /// The race there.
    pub race: Race,
}

impl Explored {
    /// The configure.ac of the entry.
    pub fn configure(&self) -> Arc<Configure> {
        self.runs[0].graph.instances[0].configure.clone()
    }

    /// Whether edits change makefiles only, so that what configure.ac says is the same.
    pub fn are_of_makefiles(&self, edits: &Edits) -> bool {
        let instances = &self.runs[0].graph.instances;
        edits.iter().all(|it| instances.iter().any(|known| known.database.files.contains(&it.span.file)))
    }

    /// The makefile in an edited tree under one configuration, with the named goals only where any are named. `configures` is
    /// what configures that tree, where it is another than before; what is as in the graph `like` is taken from there.
    pub fn again(
        &self,
        edited: &Project,
        configures: Option<&Configures>,
        configuration: &Configuration,
        goals: &[String],
        setup: &Setup,
        like: Option<Like>,
    ) -> Examined {
        let configures = configures.unwrap_or(&setup.configures);
        let goals = if goals.is_empty() { &self.entry.goals } else { goals }.to_vec();
        let entry = Entry { goals, ..self.entry.clone() };
        let beside = Some(&*self.runs[0].graph);
        let explorer = Explorer { project: edited, configures, setup, entry: &entry, cache: &self.cache, beside };
        explorer.examine(configuration, like)
    }
}

/// Explores a makefile; `cache` holds what is known of its recipes. The base, from which deviations are looked at, has
/// nothing fixed, but for what make would stop without (`$(error set BOARD)`).
pub fn explore(project: &Project, makefile: &str, options: &Options, setup: &Setup, cache: Cache) -> Explored {
    let configures = &setup.configures;
    let folder = folder_of(makefile);
    let configure = configures.nearest(project, folder);
    let entry = entry(project, makefile, &configure, options);
    let explorer = Explorer { project, configures, setup, entry: &entry, cache: &cache, beside: None };
    let mut base = explorer.examine(&Configuration::default(), None);
    let mut of_make = base.graph.deviations();
    // A makefile that is configured already says what it stops for.
    if !options.base_only
        && base.graph.instances.first().is_some_and(|it| start::stops(&it.database) > (0, 0))
        && let Some(going_on) = start::going_on(project, &configure, &entry, options)
    {
        base = explorer.examine(&going_on, None);
        of_make.extend(base.graph.deviations());
    }
    let base_configuration = base.configuration.clone();
    if options.base_only {
        let (runs, examined, different) = (vec![base], vec![base_configuration], Vec::new());
        let notes = configure.notes.clone();
        let shown = runs[0].known.clone();
        let cycles = runs[0].graph.cycles.clone();
        let errors = errors(&runs[0].graph).to_vec();
        return Explored { entry, runs, examined, different, notes, found: Vec::new(), shown, cycles, errors, cache };
    }
    let base_graph = base.graph.clone();
    let explorer = Explorer { beside: Some(&base_graph), ..explorer };
    let mut settings = settings(&base.graph, &of_make, &configure, options);
    settings.retain(|it| !base_configuration.settings.contains(it));
    // What one goal shows in a configuration may be known as a race of two goals.
    let known: BTreeSet<(Key, bool)> =
        base.races.iter().flat_map(|it| shown(it).map(|shown| (key(it), shown))).collect();
    // One race may have another path where a name in it varies.
    let known_rules: BTreeSet<(Rules, bool)> =
        base.races.iter().flat_map(|it| shown(it).map(|shown| (rules(&base.graph, it), shown))).collect();
    let Changes { mut wanted, mut unreached } =
        Changes::of(&base.graph, &configure, &base_configuration, &of_make, settings);
    let fresh = |graph: &JobGraph, it: &Race| {
        let shown = it.goal.is_some();
        !known.contains(&(key(it), shown)) && !known_rules.contains(&(rules(graph, it), shown))
    };
    // A race that only one configuration has, under a goal that is seldom named, is not worth all the others' time.
    let usual = if wanted.is_empty() {
        base.graph.clone()
    } else {
        Arc::new(explorer.build_usual(&base_configuration, Some(&BTreeSet::new())))
    };
    let most_effort = MOST_EFFORT / options.shares.max(1);
    let affordable = [MOST_CONFIGURATIONS, MOST_JOBS / usual.jobs.len().max(1), most_effort / usual.effort().max(1)];
    let affordable = affordable.into_iter().fold(usize::MAX, usize::min).max(FEWEST_CONFIGURATIONS);
    let mut left_out = wanted.len().saturating_sub(affordable);
    if left_out > 0 {
        wanted = foremost(project, &base_graph, wanted);
        let is_fresh = |it: &Examined, race: &Race| fresh(&it.graph, race);
        wanted = memberships::bring_forward(&explorer, &base_configuration, wanted, affordable, &is_fresh);
        wanted.truncate(affordable);
    }
    let (first, others) = first_of_each(wanted, &base_graph);
    let mut singles = explorer.examine_all(first, &usual, &fresh);
    let n_others = others.len();
    let others = worth_their_time(&singles, others);
    left_out += n_others - others.len();
    singles.extend(explorer.examine_all(others, &usual, &fresh));
    let n_pairs = MOST_PAIRS.min(MOST_PAIR_EFFORT / usual.effort().max(1));
    let mut pairs = pairs(project, &base_graph, &singles, n_pairs);
    let mut meeting = meeting(&singles);
    meeting.truncate(MOST_MEETING);
    meeting.extend(through_lists(project, &singles, &base_graph));
    meeting.extend(through_rules(&singles));
    meeting.extend(beside_the_gate(&singles, &usual));
    let mut taken = BTreeSet::new();
    meeting.retain(|it| taken.insert(it.configuration.clone()));
    meeting.truncate(n_pairs);
    pairs.retain(|it| meeting.iter().all(|known| known.configuration != it.configuration));
    pairs.truncate(n_pairs - meeting.len());
    pairs.splice(0..0, meeting);
    let behind = behind_the_gate(&singles, &usual, MOST_JOBS, most_effort);
    let known: BTreeSet<&Configuration> = pairs.iter().map(|it| &it.configuration).collect();
    let behind: Vec<Change> = behind.into_iter().filter(|it| !known.contains(&it.configuration)).collect();
    pairs.extend(behind);
    let found = singles.iter().filter_map(|it| it.found.as_ref()).flat_map(|it| &it.races);
    let seen: BTreeSet<(Key, bool)> = found.flat_map(|it| shown(it).map(|shown| (key(it), shown))).collect();
    let unseen = |graph: &JobGraph, it: &Race| fresh(graph, it) && !seen.contains(&(key(it), it.goal.is_some()));
    let pairs = explorer.examine_all(pairs, &usual, &unseen);
    // `$(error set X)` is no error where a configuration sets it.
    let goes_on = singles.iter().any(|it| !it.stops);
    let errors = if goes_on { Vec::new() } else { errors(&base.graph).to_vec() };
    let mut examined = vec![base_configuration];
    let mut runs = vec![base];
    let mut different = Vec::new();
    let mut shown = runs[0].known.clone();
    let mut cycles = runs[0].graph.cycles.clone();
    for it in singles.into_iter().chain(pairs) {
        shown.extend(it.shown);
        cycles.extend(it.cycles);
        // A fix that a newer make reads as meant is one.
        let is_older_make = it.setting.as_ref().is_some_and(|it| it.subject == Subject::MakeVersion);
        different.extend((it.differs && !is_older_make).then(|| it.configuration.clone()));
        examined.push(it.configuration);
        runs.extend(it.found);
    }
    let mut notes = configure.notes.clone();
    let beyond = Note { what: What::Construct, name: "configuration beyond the limit".to_owned(), place: None };
    notes.extend(std::iter::repeat_n(beyond, left_out));
    notes.append(&mut unreached);
    Explored { entry, runs, examined, different, notes, found: Vec::new(), shown, cycles, errors, cache }
}

/// Errors with which make would stop on the first makefile.
fn errors(graph: &JobGraph) -> &[(Option<Span>, String)] {
    graph.instances.first().map_or(&[], |it| &it.database.errors)
}

/// What makes two races the same over configurations.
pub type Key = (crate::races::Class, String);

/// The key of a race.
pub(super) fn key(race: &Race) -> Key {
    (race.class, race.path.clone())
}

/// That a race needs two goals, and, where one goal shows it, that too.
fn shown(race: &Race) -> impl Iterator<Item = bool> {
    [false, true].into_iter().take(1 + usize::from(race.goal.is_some()))
}

/// A class and the two recipe lines whose effects conflict, or the rules whose targets do.
type Rules = (crate::races::Class, [Result<Span, String>; 2]);

fn rules(graph: &JobGraph, race: &Race) -> Rules {
    let line = |part: &Part| {
        let run = graph.job(part.job()).recipes.get(part.access.recipe)?;
        let effect = run.outcome.effects.get(part.access.effect?)?;
        run.lines.get(effect.place.line())?.span
    };
    // Rules of automake's stand nowhere.
    let place = |part: &Part| {
        line(part).or_else(|| graph.rule_span(part.job())).ok_or_else(|| graph.job(part.job()).path.clone())
    };
    (race.class, [place(&race.pair.0), place(&race.pair.1)])
}

struct Explorer<'a> {
    project: &'a Project,
    configures: &'a Configures,
    setup: &'a Setup,
    entry: &'a Entry,
    cache: &'a Cache,
    /// The base with all its goals, once it is known.
    beside: Option<&'a JobGraph>,
}

impl Explorer<'_> {
    fn examine(&self, configuration: &Configuration, like: Option<Like>) -> Examined {
        let graph = build(&self.context(configuration), self.entry, self.beside, like, self.cache);
        self.examined(configuration, graph)
    }

    /// The jobs of the usual goals only, where the configuration differs from the base's in some names.
    fn build_usual(&self, configuration: &Configuration, changed: Option<&BTreeSet<String>>) -> JobGraph {
        let entry = Entry { usual_only: true, ..self.entry.clone() };
        build(&self.context(configuration), &entry, self.beside, self.like(changed), self.cache)
    }

    /// The base, where a configuration differs from it in some names.
    fn like<'c>(&'c self, changed: Option<&'c BTreeSet<String>>) -> Option<Like<'c>> {
        Some(Like { graph: self.beside?, project: self.project, changed: changed? })
    }

    /// What changes show, beside the races that are not `fresh`.
    fn examine_all(
        &self,
        changes: Vec<Change>,
        base: &JobGraph,
        fresh: &(dyn Fn(&JobGraph, &Race) -> bool + Sync),
    ) -> Vec<Seen> {
        // What the base does is much, for nothing to be held against it.
        if changes.is_empty() {
            return Vec::new();
        }
        let known: BTreeSet<Setting> = base.deviations().into_iter().collect();
        let usual: FxHashSet<(String, String)> = touched(base).map(|it| (it.0, it.1)).collect();
        let usual_rules = pairs::rules(base);
        let inputs = base.inputs();
        let effort = self.beside.map_or(usize::MAX, JobGraph::effort);
        let other_goals = changes.len().saturating_mul(effort) <= MOST_EFFORT_OF_OTHERS;
        let examine = |change: Change| {
            let found = self.examine_change(&change, base, other_goals);
            // What stops make as it stands alone is no start for more.
            let no_more_errors = |it: &&Examined| errors(&it.graph).iter().all(|it| errors(base).contains(it));
            let start = found.as_ref().filter(no_more_errors);
            let below = start.map_or(Vec::new(), |it| below(&change.configuration, &it.graph, &known, &inputs));
            // Where make stops for want of a makefile that the base does not ask for, nothing runs.
            let stops = |it: &Examined| {
                let sought = |name: &String| is_sought(base, name) || is_sought(&it.graph, name);
                missing(&it.graph).iter().any(|name| !lacks(base, name) && !sought(name))
            };
            let shows = |it: &Examined| !stops(it) && it.races.iter().any(|race| fresh(&it.graph, race));
            let stopped = found.as_ref().is_none_or(|it| !errors(&it.graph).is_empty());
            let differs = found.as_ref().is_some_and(|it| !it.graph.does_the_same_as(base));
            let n_jobs = found.as_ref().map_or(0, |it| it.graph.jobs.len());
            let effort = found.as_ref().map_or(0, |it| it.graph.effort());
            let alone = differs && change.setting.is_some();
            let added = found.as_ref().filter(|_| alone).map_or(Vec::new(), |it| added(&it.graph, &usual));
            let rules = found.as_ref().map_or_else(Default::default, |it| Changed::of(&it.graph, base, &usual_rules));
            let shown = found.as_ref().map(|it| it.known.clone()).unwrap_or_default();
            let cycles = found.as_ref().map(|it| it.graph.cycles.clone()).unwrap_or_default();
            let found = found.filter(shows);
            let seen = Seen {
                configuration: change.configuration,
                found,
                setting: change.setting,
                stops: stopped,
                differs,
                n_jobs,
                effort,
                shown,
                cycles,
                below,
                added,
                rules,
            };
            (change.names, seen)
        };
        let seen: Vec<(Option<BTreeSet<String>>, Seen)> = changes.into_par_iter().map(examine).collect();
        // What is shown is shown with every job that takes part, but not each time that it differs by a name only.
        let mut told = BTreeSet::new();
        let mut shows_more = |it: &Examined| alternatives::told(it).filter(|it| told.insert(it.clone())).count() > 0;
        let seen: Vec<_> = seen
            .into_iter()
            .map(|(names, seen)| {
                let is_whole = seen.found.as_ref().is_some_and(&mut shows_more);
                (names, seen, is_whole)
            })
            .collect();
        let whole = |(names, mut seen, is_whole): (_, Seen, bool)| {
            let change = Change { names, ..Change::any(seen.configuration.clone()) };
            if is_whole {
                seen.found = seen.found.map(|it| self.examine_whole(&change, &it.graph));
            }
            if let Some(Examined { graph, races, .. }) = &mut seen.found {
                // A makefile that only this configuration asks for may set what recipes look at.
                let lacks_more = missing(graph).iter().any(|it| !missing(base).contains(it));
                races.retain(|it| {
                    fresh(graph, it) && !(lacks_more && self.is_in_doubt(&change.configuration, graph, it))
                });
            }
            seen
        };
        seen.into_par_iter().map(whole).collect()
    }

    /// What a change shows; `None` where it changes nothing that recipes do. Where the usual goals do the same, the others
    /// are looked at if they are to be and a rule is another one.
    fn examine_change(&self, change: &Change, base: &JobGraph, other_goals: bool) -> Option<Examined> {
        let context = self.context(&change.configuration);
        let rebuilt = change.names.as_ref().and_then(|it| rebuild(&context, base, it, self.cache));
        let graph = match rebuilt {
            Some(graph) => graph?,
            None => self.build_usual(&change.configuration, change.names.as_ref()),
        };
        // A makefile all of whose rules stand under conditions.
        if base.goals.is_empty() {
            return Some(self.examine_whole(change, &graph));
        }
        if graph.does_the_same_as(base) {
            if other_goals && !same_rules(&graph, base) {
                return Some(self.examine_whole(change, &graph));
            }
            // What races there races in the base.
            let configuration = change.configuration.clone();
            let (races, known) = (Vec::new(), BTreeSet::new());
            return Some(Examined { configuration, graph: Arc::new(graph), races, known });
        }
        Some(self.examined(&change.configuration, graph))
    }

    /// What a change shows with the jobs of all goals, where its usual ones are known.
    fn examine_whole(&self, change: &Change, usual: &JobGraph) -> Examined {
        let context = self.context(&change.configuration);
        let names = change.names.as_ref();
        let rebuilt = self.beside.zip(names).and_then(|(base, names)| rebuild(&context, base, names, self.cache)?);
        match rebuilt {
            Some(graph) => self.examined(&change.configuration, graph),
            None => {
                let like = Like { graph: usual, project: self.project, changed: &BTreeSet::new() };
                self.examine(&change.configuration, Some(like))
            }
        }
    }

    /// Whether one of the two recipes looks at a variable that nobody sets.
    fn is_in_doubt(&self, configuration: &Configuration, graph: &JobGraph, race: &Race) -> bool {
        let lacks = |part: &Part| {
            let (job, instance) = (graph.job(part.job()), graph.instance_of(part.job()));
            let request = instance.given.request(self.project, &instance.configure, configuration);
            job.resolved.recipes.iter().any(|it| instance.database.recipe_lacks(&request, &job.resolved, it))
        };
        lacks(&race.pair.0) || lacks(&race.pair.1)
    }

    fn examined(&self, configuration: &Configuration, graph: JobGraph) -> Examined {
        let mut races = races::find(&View::new(self.project, &graph));
        races.retain(|it| !self.is_named_by_chance(&it.path, configuration, &graph));
        let by_chance = met_by_chance(configuration, &graph);
        races.retain(|it| !it.parts.iter().any(|it| by_chance.contains(&it.job())));
        let shown = races.iter().filter(|it| it.goal.is_some());
        let paths =
            shown.flat_map(|it| std::iter::once(&it.path).chain(&it.paths).map(|path| (it.class, path.clone())));
        let known = paths.collect();
        Examined { configuration: configuration.clone(), graph: Arc::new(graph), races, known }
    }

    /// Whether a part of a path is no more than what stands for a variable that the makefiles set themselves: `1` (or `1.o`)
    /// where they only ask whether it is empty; or the `yes` of an option for which users give a folder.
    fn is_named_by_chance(&self, path: &str, configuration: &Configuration, graph: &JobGraph) -> bool {
        let is_answer = |it: &Setting| matches!(it.subject, Subject::Shell(_)) && ["yes", "no"].contains(&&*it.value);
        let is_named = |it: &Setting| path.split('/').any(|part| part.trim_start_matches(is_unknown_char) == it.value);
        if configuration.settings.iter().any(|it| is_answer(it) && is_named(it)) {
            return true;
        }
        const PRODUCTS: [&str; 8] = ["", ".o", ".lo", ".so", ".a", ".la", ".obj", ".ko"];
        let is_part = |value: &str| {
            let mut ends = path.split('/').filter_map(|part| part.strip_prefix(value));
            ends.any(|it| PRODUCTS.contains(&it))
        };
        let stands_in = |it: &&Setting| it.is_stand_in() && is_part(&it.value);
        let sets = |line: &str, name: &str| {
            let rest = line.trim_start().strip_prefix(name).map(str::trim_start);
            rest.is_some_and(|it| ["=", ":=", "::=", "+="].iter().any(|operator| it.starts_with(operator)))
        };
        let files = || graph.instances.iter().flat_map(|it| &it.database.files);
        let is_set = |name: &str| files().any(|it| self.project.source(*it).text().lines().any(|it| sets(it, name)));
        // A folder in which make would run, by a list of folders that a makefile only asks for (`ifdef SUBDIRS`).
        let is_folder = || graph.unread.iter().any(|it| it.directory == path) && !self.project.is_folder(path);
        configuration.settings.iter().filter(stands_in).any(|it| is_set(it.subject.name()) || is_folder())
    }

    fn context<'c>(&'c self, configuration: &'c Configuration) -> Context<'c> {
        Context { project: self.project, configures: self.configures, configuration, models: &self.setup.models }
    }
}

/// What jobs start only since the target that one variable stands for is what another one stands for, both of which only
/// say "set": `$(A): x` and `y: $(B)`, with `1` for both.
fn met_by_chance(configuration: &Configuration, graph: &JobGraph) -> BTreeSet<JobId> {
    let stand_ins: Vec<&Setting> = configuration.settings.iter().filter(|it| it.is_stand_in()).collect();
    if stand_ins.len() < 2 {
        return BTreeSet::new();
    }
    let twice = |value: &str| stand_ins.iter().filter(|it| it.value == value).count() > 1;
    let is_met = |it: &JobId| graph.job(*it).resolved.has_rule && twice(graph.job(*it).target());
    let met: Vec<JobId> = (0..graph.jobs.len()).map(JobId).filter(is_met).collect();
    let needed = |it: &JobId| graph.jobs.iter().any(|job| job.needs.contains(it));
    graph.closure(met.into_iter().filter(needed)).into_iter().collect()
}

/// Whether the first makefile has the same rules.
fn same_rules(a: &JobGraph, b: &JobGraph) -> bool {
    let rules = |graph: &JobGraph| graph.instances.first().map(|it| it.database.clone());
    let (Some(a), Some(b)) = (rules(a), rules(b)) else { return true };
    fn names(list: &[Name]) -> impl Iterator<Item = &str> {
        list.iter().map(|it| it.text.as_str())
    }
    let same = |(a, b): (&Rule, &Rule)| {
        (a.grouped, a.double_colon) == (b.grouped, b.double_colon)
            && names(&a.targets).eq(names(&b.targets))
            && names(&a.prerequisites).eq(names(&b.prerequisites))
    };
    Arc::ptr_eq(&a, &b) || a.rules.len() == b.rules.len() && a.rules.iter().zip(&b.rules).all(same)
}

/// Makefiles that make asks for in vain.
fn missing(graph: &JobGraph) -> &[String] {
    graph.instances.first().map_or(&[], |it| &it.database.missing)
}

/// Whether make asks in vain for a makefile, or for others in that folder, which a variable names that nobody sets
/// (`$(SYSTEM)/rules.mk`).
fn lacks(graph: &JobGraph, makefile: &String) -> bool {
    let unnamed = makefile.rsplit_once('/').map(|it| it.0).filter(|it| it.is_empty() || it.ends_with('/'));
    let beside = |it: &String| unnamed.is_some_and(|folder| it.rsplit_once('/').is_some_and(|it| it.0 == folder));
    missing(graph).iter().any(|it| it == makefile || beside(it))
}

/// Whether the first makefile looks for a file that is not there.
fn is_sought(graph: &JobGraph, name: &str) -> bool {
    graph.instances.first().is_some_and(|it| it.database.sought.contains(name))
}

/// The settings to try, of configure.ac and of make; those that the user asked for where the user asked.
fn settings(base: &JobGraph, of_make: &[Setting], configure: &Configure, options: &Options) -> Vec<Setting> {
    let mut seen = BTreeSet::new();
    // What is too much in the base would be too much in each of them.
    if base.instances.iter().any(|it| it.database.is_cut_short()) {
        return Vec::new();
    }
    let inputs = base.inputs();
    let from_configure: Vec<Setting> = inputs.par_iter().flat_map_iter(|it| configure.deviations(it)).collect();
    let all = from_configure
        .into_iter()
        .chain(of_make.iter().cloned())
        .filter(|it| seen.insert((it.subject.clone(), it.value.clone())));
    all.filter(|it| asked(it, options)).collect()
}

/// Whether a setting is one that the user asked for, where the user asked.
fn asked(setting: &Setting, options: &Options) -> bool {
    options.configurations.is_empty()
        || options.configurations.iter().any(|it| setting.subject.name() == it.0 && setting.value == it.1)
}

/// A configuration that was looked at.
struct Seen {
    configuration: Configuration,
    /// What it has beside the base, where that is one setting.
    setting: Option<Setting>,
    found: Option<Examined>,
    /// Whether make would stop on the makefile.
    stops: bool,
    /// Whether its jobs are others than the base's or do other things.
    differs: bool,
    /// How many jobs its usual goals have, and how much work they are.
    n_jobs: usize,
    effort: usize,
    /// The circles of its jobs.
    cycles: BTreeSet<(String, String)>,
    /// The paths of its races.
    shown: BTreeSet<Key>,
    /// Settings that matter only beside it.
    below: Vec<Setting>,
    /// What its jobs do that no job does in the base.
    added: Vec<Touched>,
    /// What it does to the rules of the first makefile.
    rules: Changed,
}
