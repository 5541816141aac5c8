//! The stages put together: a project to the findings of all its configurations and goals.

mod describe;
mod entry;
mod explore;
mod finding;
mod guards;
mod ignore;
mod watcher;

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

pub use entry::{directory_of, entry, includers};
pub use explore::{Examined, Explored, Found, Key, Setup, explore};
pub use finding::*;
pub use watcher::Watcher;

use crate::configure::{Note, What};
use crate::effects::Known;
use crate::jobs::{Cache, JobGraph};
use crate::source::Project;
use crate::text::display;

/// Examines makefiles (paths relative to the root) of a project.
pub fn analyse(project: &Project, makefiles: &[String], options: &Options) -> Analysis {
    let setup = Setup::new(options);
    let parts = makefiles.par_iter().map(|it| examine(project, it, options, &setup, Cache::default()).0).collect();
    joined(makefiles, parts)
}

/// What several makefiles showed, as one.
pub fn joined(makefiles: &[String], parts: Vec<Analysis>) -> Analysis {
    let mut res = Analysis { makefiles: makefiles.to_vec(), ..Analysis::default() };
    let mut by_root = HashMap::new();
    for part in parts {
        add(&mut res, &mut by_root, part);
    }
    res.findings.sort_by_key(|it| (std::cmp::Reverse(it.severity), it.class, it.path.clone()));
    res
}

/// Examines one makefile; what was explored stays at hand for fixes.
pub fn examine(
    project: &Project,
    makefile: &str,
    options: &Options,
    setup: &Setup,
    cache: Cache,
) -> (Analysis, Explored) {
    let mut explored = explore(project, makefile, options, setup, cache);
    let (findings, found) = describe::findings(project, &explored, options).into_iter().unzip();
    explored.found = found;
    options.watcher.tell(makefile);
    let base = &explored.runs[0].graph;
    let res = Analysis {
        makefiles: vec![makefile.to_owned()],
        configurations_examined: explored.examined.len(),
        configurations: explored.examined.iter().map(|it| display(&it.name())).collect(),
        findings,
        unmodelled: unmodelled(base, &explored.notes),
        commands: commands(base),
        errors: explored.errors.clone(),
        cycles: explored.cycles.clone(),
        shown: explored.shown.iter().map(|it| (it.0, display(&it.1))).collect(),
    };
    (res, explored)
}

/// Adds what one makefile showed; a race with one root in two makefiles is kept once. `by_root` says where the findings are.
fn add(res: &mut Analysis, by_root: &mut HashMap<Root, usize>, part: Analysis) {
    res.configurations_examined += part.configurations_examined;
    for name in part.configurations {
        if !res.configurations.contains(&name) {
            res.configurations.push(name);
        }
    }
    for finding in part.findings {
        let at = finding.roots().iter().filter_map(|it| by_root.get(it)).min().copied().unwrap_or(res.findings.len());
        match res.findings.get_mut(at) {
            Some(known) if known.severity < finding.severity => {
                let weaker = std::mem::replace(known, finding);
                for root in weaker.roots() {
                    by_root.remove(&root);
                }
                known.absorb(weaker);
            }
            Some(known) => known.absorb(finding),
            None => res.findings.push(finding),
        }
        for root in res.findings[at].roots() {
            by_root.entry(root).and_modify(|it| *it = at.min(*it)).or_insert(at);
        }
    }
    for (note, count) in part.unmodelled {
        match res.unmodelled.iter_mut().find(|(it, _)| *it == note) {
            Some((_, known)) => *known += count,
            None => res.unmodelled.push((note, count)),
        }
    }
    res.commands.all += part.commands.all;
    res.commands.known += part.commands.known;
    res.commands.opaque += part.commands.opaque;
    res.errors.extend(part.errors);
    res.cycles.extend(part.cycles);
    res.shown.extend(part.shown);
}

/// Commands without a model, values and constructs, counted by name, each with its first place.
fn unmodelled(graph: &JobGraph, notes: &[Note]) -> Vec<(Note, usize)> {
    let mut counts: BTreeMap<(What, String), (Note, usize)> = BTreeMap::new();
    let mut count = |note: &Note| {
        counts.entry((note.what, note.name.clone())).or_insert_with(|| (note.clone(), 0)).1 += 1;
    };
    notes.iter().chain(&graph.notes).for_each(&mut count);
    for instance in &graph.instances {
        instance.database.notes.iter().for_each(&mut count);
    }
    for run in graph.jobs.iter().flat_map(|it| &it.recipes) {
        for invocation in run.outcome.invocations.iter().filter(|it| it.known == Known::Unknown) {
            let place = run.lines.get(invocation.place.line()).and_then(|it| it.span);
            count(&Note { what: What::Command, name: invocation.name.clone(), place });
        }
    }
    counts.into_values().collect()
}

fn commands(graph: &JobGraph) -> Commands {
    let mut res = Commands::default();
    let all = graph.jobs.iter().flat_map(|it| &it.recipes).flat_map(|it| &it.outcome.invocations);
    for it in all.filter(|it| !it.within_script) {
        res.all += 1;
        res.known += usize::from(it.known != Known::Unknown);
        res.opaque += usize::from(it.known == Known::Opaque);
    }
    res
}
