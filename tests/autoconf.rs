//! The main job on a case of ours with the real autoconf: the generator runs twice before the patch, once after.

#![allow(clippy::unwrap_used)] // A test may panic.

mod tools;

use std::path::Path;
use std::process::{Command, Output};

use tools::{copy, has_tools};

#[test]
fn the_export_list_is_made_once_after_the_patch() {
    if !has_tools(&["autoconf", "make", "sh"]) {
        return;
    }
    let before = copy(Path::new("tests/cases/export-list-configured"));
    let after = copy(Path::new("tests/cases/export-list-configured"));
    run(after.path(), env!("CARGO_BIN_EXE_unrace"), &["fix", "--write", "."]);
    assert_eq!(generator_runs(before.path(), "Onyx 5"), 2);
    assert_eq!(generator_runs(after.path(), "Onyx 5"), 1);
    // Elsewhere the build is what it was.
    assert_eq!(commands(before.path(), "Linux"), commands(after.path(), "Linux"));
    assert_eq!(generator_runs(after.path(), "Linux"), 0);
}

fn generator_runs(tree: &Path, system: &str) -> usize {
    commands(tree, system).matches("mkexports").count()
}

/// What make would run for the default goal on a system.
fn commands(tree: &Path, system: &str) -> String {
    succeed(run(tree, "autoconf", &["-f"]));
    succeed(run(tree, "sh", &["-c", &format!("os_name='{system}' ./configure")]));
    let out = succeed(run(tree, "make", &["-n", "-j2"]));
    String::from_utf8(out.stdout).unwrap()
}

fn run(folder: &Path, program: &str, words: &[&str]) -> Output {
    Command::new(program).args(words).current_dir(folder).output().unwrap()
}

fn succeed(output: Output) -> Output {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}
