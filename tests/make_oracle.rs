//! Small makefiles whose database and commands are GNU make's.
//!
//! For each case `make -pRrqn` gives variables, rules and pattern rules, `make -n` the commands; both must equal ours
//! after these normalisations:
//!
//! | what | why |
//! |---|---|
//! | variables that no makefile sets, `MAKEFLAGS`, `MAKEFILE_LIST`, `CURDIR`, `SHELL` are left out | they are make's own |
//! | `$$` in a simple variable's value is `$`; outer blanks are cut | `-p` doubles and pads |
//! | repeated prerequisites count once | make drops repetitions when it considers the target |
//! | tabs after a newline in a recipe go | `-p` keeps them, the shell does not get them |
//! | `rm` of intermediate files and lines of make itself (`make: ...`) go | they are no recipes |
//! | where our text is unknown, any text agrees | `$(shell)` is not run by us |
//! | recipes by suffix rules where make printed none | `-r` empties `.SUFFIXES` |
//! | errors: make's message must be among ours, and nothing else is compared | make stops at the first |

// A test may panic.
#![allow(clippy::unwrap_used)]

mod oracle;

use unrace::configure::{Configuration, Configure};
use unrace::expand::{Request, evaluate};
use unrace::source::Project;

use oracle::{commands, error_is_known, fatal, implicit, make, rules, variables};

struct Case {
    name: String,
    files: Vec<(String, String)>,
}

fn cases(text: &str) -> Vec<Case> {
    let mut res: Vec<Case> = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("=== ") {
            res.push(Case { name: name.trim().to_owned(), files: vec![("Makefile".to_owned(), String::new())] });
        } else if let Some(path) = line.strip_prefix("--- ") {
            res.last_mut().unwrap().files.push((path.trim().to_owned(), String::new()));
        } else {
            res.last_mut().unwrap().files.last_mut().unwrap().1.push_str(line);
        }
    }
    for case in &mut res {
        let makefile = &mut case.files[0].1;
        if case.name.contains("no newline") {
            makefile.pop();
        }
        if case.name.contains("carriage returns") {
            *makefile = makefile.replace('\n', "\r\n");
        }
    }
    res
}

#[test]
fn cases_equal_make() {
    compare(cases(include_str!("make_oracle/cases.txt")));
}

#[test]
fn snippets_equal_make() {
    compare(cases(include_str!("make_oracle/snippets.txt")));
}

fn compare(cases: Vec<Case>) {
    let mut failed = Vec::new();
    for case in &cases {
        let differences = differences(case);
        if !differences.is_empty() {
            failed.push(format!("=== {}\n{}", case.name, differences.join("\n")));
        }
    }
    let (count, all) = (failed.len(), cases.len());
    assert!(failed.is_empty(), "{count} of {all} differ\n{}", failed.join("\n"));
}

fn differences(case: &Case) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in &case.files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let root = folder.path().canonicalize().unwrap().to_str().unwrap().to_owned();
    let files = case.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes()));
    let tree = unrace::source::MemoryTree::new(files);
    let project = Project::new(root, std::sync::Arc::new(tree));
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
    let (printed, errors) = make(folder.path(), &["-pRrqn"]);
    if let Some(message) = fatal(&errors) {
        let known = error_is_known(&message, &request, &database);
        return if known { Vec::new() } else { vec![format!("make: {message}\nours: {:?}", database.errors)] };
    }
    let mut res = Vec::new();
    if !database.errors.is_empty() && !errors.contains("***") {
        res.push(format!("errors that make has not: {:?}", database.errors));
    }
    variables(&printed, &database, &mut res);
    res.extend(rules(&printed, &request, &database).differing);
    res.extend(implicit(&printed, &database).differing);
    commands(folder.path(), &request, &database, &mut res);
    res
}
