//! One makefile under the base configuration, then under one deviation at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::entry::{directory_of, entry};
use super::finding::Options;
use crate::configure::{Configuration, Configure, Note, Setting};
use crate::effects::Models;
use crate::jobs::{Cache, Configures, Context, Entry, JobGraph, build, rebuild};
use crate::races::{self, Race, View};
use crate::source::Project;

/// Configurations that are evaluated for one makefile, at most.
const MOST_CONFIGURATIONS: usize = 400;

/// What analyses of a project share.
pub struct Setup {
    /// Models of commands.
    pub models: Models,
}

impl Setup {
    /// The built-in models and the user's.
    pub fn new(options: &Options) -> Setup {
        let built_in = Models::built_in();
        let with_own = options.models.as_deref().and_then(|it| built_in.with_rows(it).ok());
        Setup { models: with_own.unwrap_or(built_in) }
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
}

/// One makefile under all its configurations.
pub struct Explored {
    /// Where make starts.
    pub entry: Entry,
    /// The configure.ac of each folder.
    pub configures: Configures,
    /// The base, then every other configuration that shows a race of its own.
    pub runs: Vec<Examined>,
    /// All configurations that were looked at.
    pub examined: Vec<Configuration>,
    /// What was met and is not modelled.
    pub notes: Vec<Note>,
    /// The race of each finding, in the order of the findings; filled by `examine`.
    pub found: Vec<Found>,
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

    /// The jobs under a configuration.
    pub fn graph(&self, project: &Project, configuration: &Configuration, setup: &Setup) -> JobGraph {
        let context = Context { project, configures: &self.configures, configuration, models: &setup.models };
        build(&context, &self.entry, &Cache::default())
    }
}

/// Explores a makefile.
pub fn explore(project: &Project, makefile: &str, options: &Options, setup: &Setup) -> Explored {
    let configures = Configures::default();
    let folder = makefile.rsplit_once('/').map_or("", |(it, _)| it);
    let configure = configures.nearest(project, folder);
    let entry = entry(project, makefile, &configure, options);
    debug_assert_eq!(entry.given.directory, directory_of(project, makefile, &configure));
    let cache = Cache::default();
    let explorer = Explorer { project, configures: &configures, setup, entry: &entry, cache: &cache };
    let base_configuration = fixed_by_user(options);
    let base = explorer.examine(&base_configuration);
    let settings = settings(&base.graph, &configure, options);
    let known: BTreeSet<Key> = base.races.iter().map(key).collect();
    let changes = Changes::of(&base.graph, &configure, &base_configuration, settings);
    let others: Vec<(Configuration, Option<Examined>)> = changes
        .wanted
        .into_par_iter()
        .map(|change| {
            let found = explorer.examine_change(&change, &base.graph).map(|mut it| {
                it.races.retain(|it| !known.contains(&key(it)));
                it
            });
            (change.configuration, found.filter(|it| !it.races.is_empty()))
        })
        .collect();
    let mut examined = vec![base_configuration];
    let mut runs = vec![base];
    for (configuration, found) in others {
        examined.push(configuration);
        runs.extend(found);
    }
    let notes = configure.notes.clone();
    Explored { entry, configures, runs, examined, notes, found: Vec::new() }
}

/// What makes two races the same over configurations.
pub type Key = (crate::races::Class, String);

/// The key of a race.
pub(super) fn key(race: &Race) -> Key {
    (race.class, race.path.clone())
}

struct Explorer<'a> {
    project: &'a Project,
    configures: &'a Configures,
    setup: &'a Setup,
    entry: &'a Entry,
    cache: &'a Cache,
}

impl Explorer<'_> {
    fn examine(&self, configuration: &Configuration) -> Examined {
        let graph = build(&self.context(configuration), self.entry, self.cache);
        self.examined(configuration, graph)
    }

    /// What a change shows; `None` where it changes nothing that recipes do.
    fn examine_change(&self, change: &Change, base: &JobGraph) -> Option<Examined> {
        match rebuild(&self.context(&change.configuration), base, &change.names, self.cache) {
            Some(graph) => Some(self.examined(&change.configuration, graph?)),
            None => Some(self.examine(&change.configuration)),
        }
    }

    fn examined(&self, configuration: &Configuration, graph: JobGraph) -> Examined {
        let races = races::find(&View::new(self.project, &graph));
        Examined { configuration: configuration.clone(), graph: Arc::new(graph), races }
    }

    fn context<'c>(&'c self, configuration: &'c Configuration) -> Context<'c> {
        Context { project: self.project, configures: self.configures, configuration, models: &self.setup.models }
    }
}

/// `--configuration` without a list of values to try: none for now, since it restricts the deviations.
fn fixed_by_user(_options: &Options) -> Configuration {
    Configuration::default()
}

/// The settings to try, those that the user asked for where the user asked.
fn settings(base: &JobGraph, configure: &Configure, options: &Options) -> Vec<Setting> {
    let mut seen = BTreeSet::new();
    let inputs = base.inputs();
    let from_configure = inputs.iter().flat_map(|it| configure.deviations(it));
    let all = from_configure.chain(base.deviations()).filter(|it| seen.insert((it.subject.clone(), it.value.clone())));
    let asked = |it: &Setting| {
        options.configurations.is_empty()
            || options.configurations.iter().any(|(name, value)| it.subject.name() == name && it.value == *value)
    };
    all.filter(asked).collect()
}

/// Which configurations can differ from the base.
struct Changes {
    wanted: Vec<Change>,
}

/// A configuration and the names whose values differ from the base.
struct Change {
    configuration: Configuration,
    names: BTreeSet<String>,
}

impl Changes {
    fn of(graph: &JobGraph, configure: &Configure, base: &Configuration, settings: Vec<Setting>) -> Changes {
        let inputs = graph.inputs();
        let from_make: BTreeSet<Setting> = graph.deviations().into_iter().collect();
        let value = |name: &String, configuration: &Configuration| {
            let text = configure.substitution(name, configuration).map(|it| it.text);
            (text, configure.conditional(name, configuration))
        };
        let base_values: Vec<_> = inputs.iter().map(|it| value(it, base)).collect();
        let mut seen = BTreeSet::new();
        let mut wanted = Vec::new();
        for setting in settings {
            let configuration = base.with(setting.clone());
            let values = inputs.iter().map(|it| value(it, &configuration));
            let differing = inputs.iter().zip(values).zip(&base_values).filter(|((_, it), was)| it != *was);
            let differing: BTreeMap<&String, _> = differing.map(|(it, _)| it).collect();
            let mut names: BTreeSet<String> = differing.keys().map(|it| (*it).clone()).collect();
            let by_make = from_make.contains(&setting);
            if by_make {
                names.insert(setting.subject.name().to_owned());
            }
            let fresh = !differing.is_empty() && seen.insert(format!("{differing:?}"));
            if by_make || fresh {
                wanted.push(Change { configuration, names });
            }
        }
        wanted.truncate(MOST_CONFIGURATIONS);
        Changes { wanted }
    }
}
