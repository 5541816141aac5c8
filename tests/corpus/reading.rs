//! Explicit targets, prerequisites and recipes of real makefiles equal those of `make -pRrqn`.
//!
//! A test whose outcome hangs on a command's output (`ifeq ($(shell uname),...)`) gives configurations to us; make's answer
//! is held against the configuration of ours that fits it best. Left out are makefiles that make cannot read unconfigured, that take longer than 100 s, and those for which make has
//! read a file that is not in the tree: one of the system, or one that it first made by running commands; likewise those for
//! which we read the template of a file that is not made yet.

use std::path::Path;
use std::process::{Command, Stdio};

use unrace::configure::{Configuration, Configure, Setting, Subject};
use unrace::expand::{Request, evaluate};
use unrace::source::{FileId, Project, normalise};

use crate::oracle::{Tally, fatal, implicit, rules};
use crate::trees::{copy, files, is_makefile, name, packages, project, write_report};

/// Configurations that are tried for one makefile.
const TRIES: usize = 30;

#[test]
#[ignore = "takes packages that tests/corpus/fetch.sh gets"]
fn rules_of_real_makefiles_equal_make() {
    let (mut all, mut report) = (Tally::default(), Vec::new());
    let (mut read, mut clean, mut n_packages) = (0, 0, 0);
    for package in packages() {
        let found = files(&package, is_makefile);
        if found.is_empty() {
            continue;
        }
        // make runs commands of `$(shell)` and remakes makefiles; the corpus stays as it is.
        let tree = copy(&package);
        let root = tree.path().canonicalize().unwrap();
        let project = project(&root);
        let mut of_package = Tally::default();
        for makefile in &found {
            let Some(tally) = compare(&root, &project, makefile) else { continue };
            read += 1;
            clean += usize::from(tally.differing.is_empty());
            report.extend(tally.differing.iter().map(|it| format!("{}/{makefile}: {it}", name(&package))));
            of_package.add(tally);
        }
        n_packages += usize::from(of_package.compared() > 0);
        println!("{}: {}", name(&package), summary(&of_package));
        all.add(of_package);
    }
    println!("{read} makefiles of {n_packages} packages, {clean} without difference; {}", summary(&all));
    write_report("reading", &report);
    assert!(all.same > 0, "nothing was compared");
    let differing = all.differing.len() as f64 / all.compared() as f64;
    assert!(differing <= 0.01, "more than 1 % of the rules differ");
}

fn summary(it: &Tally) -> String {
    let share = 100.0 - it.differing.len() as f64 * 100.0 / it.compared().max(1) as f64;
    let (same, unknown, differ, hidden) = (it.same, it.unknown, it.differing.len(), it.hidden);
    format!(
        "{share:.2} % of {} rules agree ({same} the same, {unknown} but for unknowns, {differ} differ; {hidden} in unknown text)",
        it.compared()
    )
}

/// `None` where make's own reading needs more than the tree.
fn compare(root: &Path, project: &Project, makefile: &str) -> Option<Tally> {
    let folder = if makefile == "debian/rules" { "" } else { makefile.rsplit_once('/').map_or("", |it| it.0) };
    let name = makefile.strip_prefix(folder).unwrap().trim_start_matches('/');
    // Opened before make runs: what make makes is not to be seen.
    project.open(makefile);
    let output = Command::new("timeout")
        .args(["100", "make", "-pRrqn", "MAKE=:", "-f", name])
        .current_dir(root.join(folder))
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let finished = printed.contains("\n# files hash-table") && output.status.code() != Some(124);
    let missing = errors.lines().any(|it| !it.starts_with("make") && it.ends_with(": No such file or directory"));
    if !finished || missing || fatal(&errors).is_some() || !reads_the_tree_alone(project, folder, &printed) {
        return None;
    }
    best_configuration(project, makefile, folder, &printed)
}

/// The comparison under the settings of unknown tests that fit make's answer best; `None` where a template stands for a
/// file that we read, and that make has not.
fn best_configuration(project: &Project, makefile: &str, folder: &str, printed: &str) -> Option<Tally> {
    let under = |configuration: &Configuration| {
        let request = Request {
            project,
            makefile,
            directory: folder,
            configure: &Configure::default(),
            configuration,
            command_line: &[("MAKE".to_owned(), ":".to_owned())],
            environment: &[],
            goals: &[],
            shell: unrace::effects::printed,
        };
        let database = evaluate(&request);
        let is_template = |it: &FileId| project.source(*it).path.ends_with(".in");
        if database.files.iter().any(is_template) && !makefile.ends_with(".in") {
            return None;
        }
        let mut res = rules(printed, &request, &database);
        res.add(implicit(printed, &database));
        let unknown = |it: &Setting| matches!(it.subject, Subject::Test(_));
        Some((res, database.deviations.into_iter().filter(unknown).collect::<Vec<_>>()))
    };
    let mut chosen = Configuration::default();
    let (mut best, mut offered) = under(&chosen)?;
    let (mut at, mut tries) = (0, 0);
    while at < offered.len() && tries < TRIES && !best.differing.is_empty() {
        let tried = chosen.with(offered[at].clone());
        let (tally, further) = under(&tried)?;
        (at, tries) = (at + 1, tries + 1);
        if tally.differing.len() < best.differing.len() {
            (chosen, best) = (tried, tally);
            let fixed: Vec<_> = chosen.settings.iter().map(|it| it.subject.clone()).collect();
            offered = further.into_iter().filter(|it| !fixed.contains(&it.subject)).collect();
            at = 0;
        }
    }
    Some(best)
}

/// Whether each makefile that make has read stands in the tree.
fn reads_the_tree_alone(project: &Project, folder: &str, printed: &str) -> bool {
    let list = printed.rsplit("\nMAKEFILE_LIST := ").next().unwrap_or("").lines().next().unwrap_or("");
    list.split_whitespace().all(|it| project.open(&normalise(&project.root, folder, it)).is_some())
}
