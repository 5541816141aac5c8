//! Which configurations of one setting, or of several that configure.ac asks for at once, are worth looking at.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::super::guards::Guards;
use crate::configure::{Configuration, Configure, Note, Setting, Subject, What};
use crate::jobs::JobGraph;
use crate::source::Project;
use crate::text::has_unknown;

/// Of the configurations, those of several settings that configure.ac asks for at once.
const MOST_JOINED: usize = 16;

/// Which configurations can differ from the base.
pub(super) struct Changes {
    pub(super) wanted: Vec<Change>,
    /// Values of substituted variables that none of them gives.
    pub(super) unreached: Vec<Note>,
}

/// A configuration and the names whose values differ from the base; `None` where that can be any.
pub(super) struct Change {
    pub(super) configuration: Configuration,
    /// What it adds to the base, where that is one setting.
    pub(super) setting: Option<Setting>,
    pub(super) names: Option<BTreeSet<String>>,
}

impl Change {
    /// One that may change any value.
    pub(super) fn any(configuration: Configuration) -> Change {
        Change { configuration, setting: None, names: None }
    }
}

/// Changes in the order in which they are worth looking at: those first that decide about rules, or by which a variable is
/// set that does, and of these the first value of each name before the second of any, but for those that choose makefiles
/// of different folders.
pub(super) fn foremost(project: &Project, base: &JobGraph, changes: Vec<Change>) -> Vec<Change> {
    let mut guards = Guards::new(project);
    let gates = guards.gates(base.instances.iter().flat_map(|it| it.database.files.iter().copied()));
    let mut opened = BTreeSet::new();
    let mut values: BTreeMap<Subject, usize> = BTreeMap::new();
    let mut rank = |it: &Change| {
        let settings = it.setting.as_ref().map_or(&*it.configuration.settings, std::slice::from_ref);
        if settings.iter().any(|it| base.is_first_of_folder(it)) {
            return (0, 0);
        }
        let sets: Vec<String> = settings.iter().flat_map(|it| guards.set_by(it, &gates)).collect();
        let opens = !sets.is_empty();
        let is_first = sets.into_iter().filter(|it| opened.insert(it.clone())).count() > 0;
        let nth = settings.first().map_or(0, |it| {
            let values = values.entry(it.subject.clone()).or_default();
            *values += 1;
            *values
        });
        match settings.iter().any(|it| guards.hold_rules(it)) {
            _ if is_first => (0, 1),
            true => (0, nth),
            false if opens => (1, nth),
            false => (2, nth),
        }
    };
    let mut ranked: Vec<_> = changes.into_iter().map(|it| (rank(&it), it)).collect();
    ranked.sort_by_key(|it| it.0);
    ranked.into_iter().map(|it| it.1).collect()
}

impl Changes {
    /// Of the settings, of which those `of_make` are asked for by makefiles.
    pub(super) fn of(
        graph: &JobGraph,
        configure: &Configure,
        base: &Configuration,
        of_make: &[Setting],
        settings: Vec<Setting>,
    ) -> Changes {
        let inputs = &graph.inputs();
        let from_make: BTreeSet<&Setting> = of_make.iter().collect();
        let value = |name: &String, configuration: &Configuration| {
            let text = configure.substitution(name, configuration).map(|it| it.text);
            (text, configure.conditional(name, configuration))
        };
        let base_values: Vec<_> = inputs.iter().map(|it| value(it, base)).collect();
        let mut given: Vec<BTreeSet<String>> = base_values.iter().map(|it| it.0.iter().cloned().collect()).collect();
        let nothing = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut wanted = Vec::new();
        // What configure.ac says does not hang on what make is given.
        let is_of_make = |it: &Setting| matches!(it.subject, Subject::Make(_) | Subject::MakeVersion);
        let differing = |it: &Setting| {
            let configuration = base.with(it.clone());
            let inputs = if is_of_make(it) { &nothing } else { inputs };
            let values = inputs.iter().map(|it| value(it, &configuration));
            let differing = inputs.iter().zip(values).zip(&base_values).filter(|((_, it), was)| it != *was);
            differing.map(|(it, _)| it).collect::<BTreeMap<&String, _>>()
        };
        let all_differing: Vec<_> = settings.par_iter().map(differing).collect();
        for (setting, differing) in settings.into_iter().zip(all_differing) {
            let configuration = base.with(setting.clone());
            for (name, given) in inputs.iter().zip(&mut given) {
                given.extend(differing.get(name).and_then(|it| it.0.clone()));
            }
            let mut names: BTreeSet<String> = differing.keys().map(|it| (*it).clone()).collect();
            let by_make = from_make.contains(&setting);
            if by_make {
                names.insert(setting.subject.name().to_owned());
            }
            let fresh = !differing.is_empty() && seen.insert(format!("{differing:?}"));
            if by_make || fresh {
                wanted.push(Change { configuration, setting: Some(setting), names: Some(names) });
            }
        }
        let beyond = |name: &String, given: &BTreeSet<String>| {
            let values = if configure.substitutes(name) { configure.values(name) } else { BTreeSet::new() };
            values.into_iter().filter(|it| !has_unknown(it) && !given.contains(it)).collect::<Vec<_>>()
        };
        let names_something = |it: &String| it.split_whitespace().any(|it| !it.starts_with(['-', '/', '#', '$']));
        let lacking = inputs.iter().zip(&given).filter(|(name, given)| beyond(name, given).iter().any(names_something));
        let together: Vec<Configuration> = lacking
            .par_bridge()
            .flat_map_iter(|it| configure.reaching(it.0))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let mut joined = Vec::new();
        for configuration in together {
            let values = inputs.iter().map(|it| value(it, &configuration));
            let differing = inputs.iter().zip(values).zip(&base_values).filter(|((_, it), was)| it != *was);
            let differing: BTreeMap<&String, _> = differing.map(|(it, _)| it).collect();
            let is_new = differing.iter().any(|(name, it)| {
                let given = inputs.iter().position(|it| it == *name).map(|at| &given[at]);
                it.0.as_ref().is_some_and(|text| given.is_none_or(|it| !it.contains(text)))
            });
            if is_new && seen.insert(format!("{differing:?}")) {
                joined.push((configuration, differing));
            }
        }
        for (configuration, differing) in joined.into_iter().take(MOST_JOINED) {
            for (name, given) in inputs.iter().zip(&mut given) {
                given.extend(differing.get(name).and_then(|it| it.0.clone()));
            }
            let names = differing.keys().map(|it| (*it).clone()).collect();
            wanted.push(Change { names: Some(names), ..Change::any(configuration) });
        }
        let unreached = |(name, given): (&String, &BTreeSet<String>)| {
            let what = format!("a value of @{name}@ that no configuration gives");
            let note = Note { what: What::Value, name: what, place: configure.subst_span(name) };
            (!beyond(name, given).is_empty()).then_some(note)
        };
        let unreached = inputs.iter().zip(&given).filter_map(unreached).collect();
        Changes { wanted, unreached }
    }
}
