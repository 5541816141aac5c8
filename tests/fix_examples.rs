//! The examples in the strategies' documentation: what stands before is fixed to just what stands after.

#![allow(clippy::unwrap_used)] // A test may panic.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use unrace::analysis::{Applicability, Options, Severity};
use unrace::migrate::{Policy, migrate};
use unrace::source::Project;

#[test]
fn strategies_do_what_they_say() {
    let mut seen = 0;
    for path in rust_files(Path::new("src/fixes")) {
        let blocks = make_blocks(&fs::read_to_string(&path).unwrap());
        for pair in blocks.chunks(2) {
            let [before, after] = pair else { panic!("{}: an example has a before and an after", path.display()) };
            assert_eq!(fixed(before), *after, "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 8, "only {seen} examples");
}

fn fixed(before: &str) -> String {
    let script = "#!/bin/sh\nout=$1\nshift\nnm \"$@\" > $out\n";
    let configure = "AC_INIT([words], [1])\nAM_INIT_AUTOMAKE\nAC_CONFIG_FILES([Makefile])\n";
    let project = match before.contains("_DATA =") {
        true => Project::in_memory([("Makefile.am", before), ("configure.ac", configure)]),
        false => Project::in_memory([("Makefile", before), ("mkexports", script)]),
    };
    let name = if project.exists("Makefile.am") { "Makefile.am" } else { "Makefile" };
    let policy = Policy {
        applicability: Applicability::Unsafe,
        severity: Severity::Warning,
        only: Vec::new(),
        except: BTreeSet::new(),
    };
    let options = Options { strategy: strategy_of(before), ..Options::default() };
    let outcome = migrate(&project, &[name.to_owned()], &options, &policy);
    let file = outcome.project.open(name).unwrap();
    outcome.project.source(file).text().to_owned()
}

/// A strategy that is not the one that the tool would choose is named in the example's first line.
fn strategy_of(text: &str) -> Option<unrace::analysis::Strategy> {
    use unrace::analysis::Strategy::{Leader, MkdirP, PerTarget, Prerequisite, Stamp};
    let name = text.lines().next()?.strip_prefix("# --strategy ")?;
    [Leader, MkdirP, PerTarget, Prerequisite, Stamp].into_iter().find(|it| it.name() == name)
}

/// The `make` blocks of doc comments.
fn make_blocks(text: &str) -> Vec<String> {
    let mut res = Vec::new();
    let mut open = false;
    for line in text.lines().map(|it| it.trim_start()) {
        match line {
            "/// ```make" => {
                res.push(String::new());
                open = true;
            }
            "/// ```" => open = false,
            _ if open => {
                let line = line.strip_prefix("///").unwrap();
                let block = res.last_mut().unwrap();
                block.push_str(line.strip_prefix(' ').unwrap_or(line));
                block.push('\n');
            }
            _ => {}
        }
    }
    res
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut res = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|it| it.unwrap()) {
        match entry.file_type().unwrap().is_dir() {
            true => res.extend(rust_files(&entry.path())),
            false => res.push(entry.path()),
        }
    }
    res.sort();
    res
}
