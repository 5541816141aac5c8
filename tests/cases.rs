//! Each folder of `tests/cases` is a case: what `check` and `fix` print is in `snapshots/`, and the patch is the
//! product, so `patch` and `git apply` must both make just the text that `fix --write` makes.
//! In a folder whose name starts with `silent-`, `check` must find nothing; where it starts with `note-`, notes are asked for.

#![allow(clippy::unwrap_used)] // A test may panic.

mod tools;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tools::{copy, has_tools, tree};

#[test]
fn cases() {
    insta::glob!("cases/*", |path| {
        if !path.is_dir() {
            return;
        }
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let least = if name.starts_with("note-") { "note" } else { "warning" };
        let check = unrace(path, &["check", "--min-severity", least, "."]);
        let fix = unrace(path, &["fix", "--unsafe-fixes", "."]);
        if name.starts_with("silent-") {
            assert_eq!(check.status.code(), Some(0), "{name} must be silent:\n{}", text(&check));
            return;
        }
        assert_eq!(check.status.code(), Some(1), "{name} must speak:\n{}", text(&check));
        patch_makes_what_write_makes(path, &fix.stdout);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.remove_snapshot_suffix();
        settings.bind(|| insta::assert_snapshot!(name, format!("{}\n{}", text(&check), text(&fix))));
    });
}

/// The patch, applied in three ways to copies of the case, gives the same tree, and a second `fix` offers nothing that
/// the first one took.
fn patch_makes_what_write_makes(case: &Path, patch: &[u8]) {
    if patch.is_empty() || !has_tools(&["patch", "git"]) {
        return;
    }
    let written = copy(case);
    unrace(written.path(), &["fix", "--unsafe-fixes", "--write", "."]);
    for command in [&["patch", "-p1", "--fuzz=0", "--no-backup-if-mismatch"][..], &["git", "apply", "-p1"]] {
        let folder = copy(case);
        let file = tools::scratch(patch);
        let done = Command::new(command[0])
            .args(&command[1..])
            .stdin(fs::File::open(file.path()).unwrap())
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "{} does not take the patch of {}: {}", command[0], case.display(), text(&done));
        assert_eq!(
            tree(folder.path()),
            tree(written.path()),
            "{} makes another tree of {}",
            command[0],
            case.display()
        );
    }
    let again = unrace(written.path(), &["fix", "--unsafe-fixes", "."]);
    assert_eq!(String::from_utf8_lossy(&again.stdout), "", "fixing {} twice is fixing once", case.display());
}

fn unrace(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_unrace")).args(words).current_dir(folder).env("NO_COLOR", "1").output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
