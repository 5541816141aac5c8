//! What recipes are said to do against what they did: `tests/traced.sh` builds packages under strace, this compares.
//!
//! Counted are paths in the build tree, by the job that touched them:
//!
//! | figure | of | counted |
//! |---|---|---|
//! | predicted | paths that a job wrote | said to be written by that job, for sure or not |
//! | happened | paths that a job that ran was said to write for sure | written by it |
//! | read | files made in this build that a job read | said to be read by it |
//!
//! Left out: what commands without a whole model wrote (counted apart), and files with a name of their own for each run
//! (mkstemp's, `$$`) that are gone in the end. Where a name has text that only a run can tell (`$(shell)`), any text agrees.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::log::{self, Access, Job, Kind};
use unrace::analysis::{Options, entry};
use unrace::configure::Configuration;
use unrace::effects::{Certainty, EffectKind, Models};
use unrace::files::DiskTree;
use unrace::jobs::{Cache, Configures, Context, JobGraph, build};
use unrace::source::Project;
use unrace::text::{display, has_unknown, is_unknown_char};

/// What is said of a job.
#[derive(Default)]
struct Said {
    writes: BTreeSet<String>,
    must_write: Option<BTreeSet<String>>,
    reads: BTreeSet<String>,
    /// Commands that may write more.
    hidden: BTreeSet<String>,
}

/// Figures of a package, as (agreeing, all).
#[derive(Default)]
struct Figures {
    jobs: usize,
    predicted: (usize, usize),
    happened: (usize, usize),
    read: (usize, usize),
    /// Paths written by commands without a whole model.
    hidden: usize,
}

#[test]
#[ignore = "takes a folder that tests/traced.sh made in TRACED"]
fn what_is_said_happens() {
    let work = std::env::var("TRACED").unwrap();
    let mut names: Vec<String> =
        std::fs::read_dir(&work).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    println!(
        "\n| package | jobs run | written and predicted | said and written | made, read and predicted | written by others |"
    );
    println!("|---|---|---|---|---|---|");
    let mut sum = Figures::default();
    for name in names.iter().filter(|it| Path::new(&format!("{work}/{it}/log")).exists()) {
        let made = std::fs::read_to_string(format!("{work}/{name}/make")).unwrap();
        if made.lines().any(|it| it.starts_with("make: ***")) {
            println!("| {name} | does not build here |");
            continue;
        }
        let it = package(&format!("{work}/{name}"));
        row(name, &it);
        sum.jobs += it.jobs;
        sum.hidden += it.hidden;
        for (sum, it) in
            [(&mut sum.predicted, it.predicted), (&mut sum.happened, it.happened), (&mut sum.read, it.read)]
        {
            *sum = (sum.0 + it.0, sum.1 + it.1);
        }
    }
    row("all", &sum);
    assert!(sum.jobs > 0, "no log in {work}");
    assert!(sum.predicted.0 * 100 >= sum.predicted.1 * 95, "paths written that were not predicted");
    assert!(sum.happened.0 * 100 >= sum.happened.1 * 98, "paths said to be written that were not");
}

fn row(name: &str, it: &Figures) {
    let share = |(part, all): (usize, usize)| {
        let percent = if all == 0 { 100.0 } else { part as f64 * 100.0 / all as f64 };
        format!("{part} of {all} ({percent:.1} %)")
    };
    println!(
        "| {name} | {} | {} | {} | {} | {} |",
        it.jobs,
        share(it.predicted),
        share(it.happened),
        share(it.read),
        it.hidden
    );
}

fn package(folder: &str) -> Figures {
    let tree = format!("{folder}/tree");
    let log = String::from_utf8_lossy(&std::fs::read(format!("{folder}/log")).unwrap()).into_owned();
    let did = log::read(&log, &tree);
    let goals = std::fs::read_to_string(format!("{folder}/goals")).unwrap();
    let said = said(&tree, goals.split_whitespace().map(str::to_owned).collect());
    let made: BTreeSet<&str> = did
        .values()
        .flatten()
        .filter(|it| matches!(it.kind, Kind::Write | Kind::WriteUnique))
        .map(|it| it.path.as_str())
        .collect();
    let mut res = Figures::default();
    for (job, accesses) in &did {
        let place = relative(&tree, &job.0).unwrap_or_else(|| job.0.clone());
        let none = Said::default();
        let alike = || said.iter().find(|it| it.0.0 == place && has_unknown(&it.0.1) && agrees(&it.0.1, &job.1));
        let said = said.get(&(place.clone(), job.1.clone())).or_else(|| alike().map(|it| it.1)).unwrap_or(&none);
        res.jobs += 1;
        compare(&tree, job, accesses, said, &made, &mut res);
    }
    res
}

fn compare(tree: &str, job: &Job, accesses: &[Access], said: &Said, made: &BTreeSet<&str>, res: &mut Figures) {
    let verbose = std::env::var("TRACED_DIFFERENCES").is_ok();
    let tell = |what: &str, path: &str, programs: &[String]| {
        if verbose {
            println!("{what}\t{}\t{}\t{path}\t{}", job.0, job.1, programs.join(" "));
        }
    };
    let mut written: BTreeMap<String, &Access> = BTreeMap::new();
    let mut read: BTreeMap<String, &Access> = BTreeMap::new();
    for it in accesses {
        let Some(path) = relative(tree, &it.path) else { continue };
        match it.kind {
            Kind::Write | Kind::WriteUnique => drop(written.entry(path).or_insert(it)),
            Kind::Remove if written.get(&path).is_some_and(|it| it.kind == Kind::WriteUnique) => {
                written.remove(&path);
            }
            Kind::Read if made.contains(it.path.as_str()) => drop(read.entry(path).or_insert(it)),
            _ => {}
        }
    }
    let own: Vec<String> =
        accesses.iter().filter(|it| it.kind == Kind::MakeUnique).map(|it| format!("{}/", it.path)).collect();
    let gone = |path: &str| {
        let last = accesses.iter().rev().find(|it| it.path == path && it.kind != Kind::Read);
        last.is_some_and(|it| it.kind == Kind::Remove)
    };
    written.retain(|_, it| !(gone(&it.path) && (it.numbered || own.iter().any(|own| it.path.starts_with(own)))));
    let hidden = |it: &Access| it.programs.iter().any(|it| said.hidden.contains(it));
    for (path, it) in &written {
        if holds(&said.writes, path) {
            res.predicted.0 += 1;
        } else if hidden(it) {
            res.hidden += 1;
            continue;
        } else {
            tell("missed", path, &it.programs);
        }
        res.predicted.1 += 1;
    }
    for path in said.must_write.iter().flatten() {
        res.happened.1 += 1;
        if accesses.iter().any(|it| {
            matches!(it.kind, Kind::Write | Kind::WriteUnique) && relative(tree, &it.path).as_ref() == Some(path)
        }) {
            res.happened.0 += 1;
        } else {
            tell("never", path, &[]);
        }
    }
    for (path, it) in read.iter().filter(|it| !written.contains_key(it.0)) {
        if holds(&said.reads, path) {
            res.read.0 += 1;
        } else if hidden(it) {
            continue;
        } else {
            tell("unread", path, &it.programs);
        }
        res.read.1 += 1;
    }
}

/// Whether one of the paths is this one; where text is unknown, any text agrees.
fn holds(paths: &BTreeSet<String>, path: &str) -> bool {
    paths.contains(path) || paths.iter().any(|it| has_unknown(it) && agrees(it, path))
}

fn agrees(said: &str, path: &str) -> bool {
    let known: Vec<&str> = said.split(is_unknown_char).filter(|it| !it.is_empty()).collect();
    let open_end = said.ends_with(is_unknown_char);
    let mut rest = path;
    for (idx, it) in known.iter().enumerate() {
        let at = match idx {
            0 if !said.starts_with(is_unknown_char) => rest.starts_with(it).then_some(0),
            _ if idx + 1 == known.len() && !open_end => rest.ends_with(it).then(|| rest.len() - it.len()),
            _ => rest.find(it),
        };
        let Some(at) = at else { return false };
        rest = &rest[at + it.len()..];
    }
    // A name of which nothing is known says nothing.
    known.iter().any(|it| it.bytes().any(|it| it.is_ascii_alphanumeric())) && (open_end || rest.is_empty())
}

/// A path of the tree from its root.
fn relative(tree: &str, path: &str) -> Option<String> {
    let rest = path.strip_prefix(tree)?;
    Some(rest.strip_prefix('/').unwrap_or(rest).to_owned()).filter(|_| rest.is_empty() || rest.starts_with('/'))
}

/// What is said of every job of a tree, by the folder of its make and its target.
fn said(tree: &str, goals: Vec<String>) -> BTreeMap<Job, Said> {
    let project = Project::new(tree, Arc::new(DiskTree::new(Path::new(tree)).unwrap()));
    let makefile = ["GNUmakefile", "makefile", "Makefile"].into_iter().find(|it| project.exists(it)).unwrap();
    let all = graph(&project, makefile, if goals.is_empty() { vec!["all".to_owned()] } else { goals.clone() });
    let default = all.instances[0].database.default_goal.clone().filter(|it| goals.is_empty() && it != "all");
    match default {
        Some(default) => by_job(&graph(&project, makefile, vec![default])),
        None => by_job(&all),
    }
}

fn graph(project: &Project, makefile: &str, goals: Vec<String>) -> JobGraph {
    let configures = Configures::default();
    let options = Options { goals, ..Options::default() };
    let entry = entry(project, makefile, &configures.nearest(project, ""), &options);
    let configuration = Configuration::default();
    let models = Models::built_in();
    let context = Context { project, configures: &configures, configuration: &configuration, models: &models };
    build(&context, &entry, None, None, &Cache::default())
}

/// Prints what is said of each job: `TREE=FOLDER MAKEFILE=Makefile GOAL=all`.
#[test]
#[ignore = "prints what is said of the makefile that TREE, MAKEFILE and GOAL name"]
fn show() {
    let tree = std::env::var("TREE").unwrap();
    let project = Project::new(&tree, Arc::new(DiskTree::new(Path::new(&tree)).unwrap()));
    let goals = std::env::var("GOAL").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let graph = graph(&project, &std::env::var("MAKEFILE").unwrap_or("Makefile".to_owned()), goals);
    graph.notes.iter().for_each(|it| println!("note {:?} {}", it.what, display(&it.name)));
    for job in &graph.jobs {
        println!("\n[{}] {}", graph.instances[job.instance.0].given.directory, job.target());
        for line in job.recipes.iter().flat_map(|it| it.lines.iter()) {
            println!("\t{}", display(&line.text.text));
        }
        for (_, it) in job.effects() {
            println!("    {:?} {:?} {}", it.certainty, it.kind, display(&it.path));
        }
        for it in job.recipes.iter().flat_map(|it| &it.outcome.invocations) {
            println!("    {:?} {}", it.known, it.name);
        }
    }
}

fn by_job(graph: &JobGraph) -> BTreeMap<Job, Said> {
    let mut res: BTreeMap<Job, Said> = BTreeMap::new();
    for job in &graph.jobs {
        let folder = graph.instances[job.instance.0].given.directory.clone();
        let said = res.entry((folder, job.target().to_owned())).or_default();
        let mut must = BTreeSet::new();
        for (_, it) in job.effects() {
            match it.kind {
                EffectKind::Write => {
                    said.writes.insert(it.path.clone());
                    must.extend((it.certainty == Certainty::Must && in_tree(&it.path)).then(|| it.path.clone()));
                }
                EffectKind::Read => drop(said.reads.insert(it.path.clone())),
                _ => {}
            }
        }
        if !job.recipes.is_empty() {
            said.must_write = Some(match said.must_write.take() {
                Some(before) => before.intersection(&must).cloned().collect(),
                None => must,
            });
        }
        let invocations = job.recipes.iter().flat_map(|it| &it.outcome.invocations);
        said.hidden.extend(invocations.filter(|it| it.known.hides_writes()).map(|it| it.name.clone()));
    }
    res
}

fn in_tree(path: &str) -> bool {
    !path.starts_with('/') && !path.starts_with("..") && !has_unknown(path)
}
