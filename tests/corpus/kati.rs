//! The test-suite of kati, another GNU make: variables, rules and commands of each file that needs no command to be read
//! equal GNU make's.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use unrace::configure::{Configuration, Configure};
use unrace::expand::{Request, evaluate};

use crate::oracle::{commands, error_is_known, fatal, implicit, make, rules, variables};
use crate::trees::{files, packages, project, write_report};

/// Files that differ: the recipes of two hold an `eval`, and the data base that make prints after a run shows what it set;
/// the third keeps the names of all variables, which make gives in an order of its own and with those of its environment.
const DIFFERENT: &[&str] = &["eval_assign.mk", "param.mk", "variables.mk"];

#[test]
#[ignore = "takes packages that tests/corpus/fetch.sh gets"]
fn the_suite_of_kati_equals_make() {
    let Some(suite) = packages().iter().map(|it| it.join("testcase")).find(|it| it.join("addprefix.mk").exists())
    else {
        println!("the suite is not in the corpus: run `tests/corpus/fetch.sh kati`");
        return;
    };
    let (mut same, mut without) = (Vec::new(), 0);
    let (mut different, mut report) = (BTreeSet::new(), Vec::new());
    for case in files(&suite, |it| it.ends_with(".mk") && !it.contains('/')) {
        match differences(&suite.join(&case)) {
            None => without += 1,
            Some(found) if found.is_empty() => same.push(case),
            Some(found) => {
                report.push(format!("=== {case}\n{}", found.join("\n")));
                different.insert(case);
            }
        }
    }
    let compared = same.len() + different.len();
    println!("{} of {compared} equal, {without} need commands to be read; differ: {different:?}", same.len());
    write_report("kati", &report);
    assert!(compared > 150, "the suite is not whole");
    assert_eq!(different.iter().map(String::as_str).collect::<Vec<_>>(), DIFFERENT);
    assert!(same.len() * 100 >= compared * 95);
}

/// `None` where make runs commands to read the file.
fn differences(case: &Path) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    fs::copy(case, root.join("Makefile")).unwrap();
    // Some cases include or look at files beside them.
    for beside in ["submake", "tools"] {
        let from: PathBuf = case.parent().unwrap().join(beside);
        let to = root.join(beside);
        assert!(std::process::Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap().success());
    }
    if runs_commands(&root) {
        return None;
    }
    let project = project(&root);
    let (configure, configuration) = (Configure::default(), Configuration::default());
    let request = Request {
        project: &project,
        makefile: "Makefile",
        directory: "",
        configure: &configure,
        configuration: &configuration,
        command_line: &[],
        environment: &[],
        goals: &[],
        shell: unrace::effects::printed,
    };
    let database = evaluate(&request);
    let (printed, errors) = make(&root, &["-pRrqn"]);
    if let Some(message) = fatal(&errors) {
        let known = error_is_known(&message, &request, &database);
        return Some(if known { Vec::new() } else { vec![format!("make: {message}\nours: {:?}", database.errors)] });
    }
    let mut res = Vec::new();
    if !database.errors.is_empty() && !errors.contains("***") {
        res.push(format!("errors that make has not: {:?}", database.errors));
    }
    variables(&printed, &database, &mut res);
    res.extend(rules(&printed, &request, &database).differing);
    res.extend(implicit(&printed, &database).differing);
    commands(&root, &request, &database, &mut res);
    Some(res)
}

/// Whether make starts a shell while it reads: seen by a shell of ours in place of its own.
fn runs_commands(root: &Path) -> bool {
    let text = fs::read_to_string(root.join("Makefile")).unwrap_or_default();
    let may = ["shell", "!="].iter().any(|it| text.contains(it));
    let (shell, log) = (root.join("logging-shell"), root.join("shell-log"));
    fs::write(&shell, format!("#!/bin/sh\necho x >> {}\nexec /bin/sh \"$@\"\n", log.display())).unwrap();
    assert!(std::process::Command::new("chmod").arg("+x").arg(&shell).status().unwrap().success());
    // No goal: recipes are not looked at, but for those of makefiles.
    make(root, &["-rRqn", &format!("SHELL={}", shell.display()), "-p"]);
    let ran = may && log.exists();
    for it in [&shell, &log] {
        let _ = fs::remove_file(it);
    }
    ran
}
