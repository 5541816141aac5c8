//! How much of what recipes run is known, over unpacked packages: `CORPUS=FOLDER` has one a folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use unrace::analysis::{Options, entry};
use unrace::configure::Configuration;
use unrace::effects::{Known, Models};
use unrace::files::{DiskTree, Place, makefiles};
use unrace::jobs::{Cache, Configures, Context, build};
use unrace::source::Project;

/// Invocations by how they are known, and those that are not by name.
#[derive(Default)]
struct Count {
    model: usize,
    script: usize,
    opaque: usize,
    unknown: usize,
    names: BTreeMap<String, usize>,
}

#[test]
#[ignore = "takes a folder of unpacked packages in CORPUS"]
fn commands_are_known() {
    let corpus = std::env::var("CORPUS").unwrap();
    let mut packages: Vec<_> = std::fs::read_dir(&corpus).unwrap().map(|it| it.unwrap().path()).collect();
    packages.retain(|it| it.is_dir());
    packages.sort();
    println!("\n| package | commands | known | of them opaque |\n|---|---|---|---|");
    let mut sum = Count::default();
    for it in packages {
        let count = package(&it);
        row(&it.file_name().unwrap().to_string_lossy(), &count);
        sum.model += count.model;
        sum.script += count.script;
        sum.opaque += count.opaque;
        sum.unknown += count.unknown;
        for (name, n) in count.names {
            *sum.names.entry(name).or_default() += n;
        }
    }
    row("all", &sum);
    let mut names: Vec<_> = sum.names.iter().collect();
    names.sort_by_key(|it| std::cmp::Reverse(it.1));
    println!(
        "\nNot known: {}",
        names.iter().take(80).map(|it| format!("{} {}", it.0, it.1)).collect::<Vec<_>>().join(", ")
    );
    let known = sum.model + sum.script + sum.opaque;
    assert!(known * 100 >= (known + sum.unknown) * 95, "less than 95 % of commands are known");
}

fn row(name: &str, it: &Count) {
    let known = it.model + it.script + it.opaque;
    let all = known + it.unknown;
    let share = |part: usize| if all == 0 { 100.0 } else { part as f64 * 100.0 / all as f64 };
    println!("| {name} | {all} | {known} ({:.1} %) | {} |", share(known), it.opaque);
}

/// Counts over all makefiles of a package, as `check` finds them, in the base configuration.
fn package(folder: &Path) -> Count {
    let mut res = Count::default();
    let place = Place::new(folder, &[folder.to_path_buf()]).unwrap();
    let Ok(found) = makefiles(&place, &globset::GlobSet::empty()) else { return res };
    let root = place.root.to_string_lossy().into_owned();
    let project = Project::new(root, Arc::new(DiskTree::new(&place.root).unwrap()));
    let configures = Configures::default();
    let (models, cache, options) = (Models::built_in(), Cache::default(), Options::default());
    for makefile in found.makefiles {
        let folder = makefile.rsplit_once('/').map_or("", |it| it.0);
        let mut entry = entry(&project, &makefile, &configures.nearest(&project, folder), &options);
        entry.usual_only = false;
        let configuration = Configuration::default();
        let context =
            Context { project: &project, configures: &configures, configuration: &configuration, models: &models };
        let graph = build(&context, &entry, None, None, &cache);
        let all = graph.jobs.iter().flat_map(|it| &it.recipes).flat_map(|it| &it.outcome.invocations);
        for it in all.filter(|it| !it.within_script) {
            match it.known {
                Known::Model => res.model += 1,
                Known::Script => res.script += 1,
                Known::Opaque => res.opaque += 1,
                Known::Unknown => {
                    res.unknown += 1;
                    *res.names.entry(it.name.clone()).or_default() += 1;
                }
            }
        }
    }
    if std::env::var("NAMES").is_ok() {
        println!("{:?}", res.names);
    }
    res
}
