//! The program as a user runs it: exit codes, messages, bad input.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

fn tree(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn unrace(dir: &Path, words: &[&str]) -> Output {
    command(dir, words).output().unwrap()
}

fn command(dir: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unrace"));
    command.args(words).current_dir(dir).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A run that ends with 2, prints nothing but one line, and changes nothing.
fn refused(dir: &Path, words: &[&str]) -> String {
    let before = listing(dir);
    let output = unrace(dir, words);
    let line = stderr(&output);
    assert_eq!((output.status.code(), stdout(&output)), (Some(2), String::new()), "{words:?}: {line}");
    assert_eq!(line.lines().count(), 1, "{words:?}: {line}");
    assert_eq!(listing(dir), before);
    line
}

fn listing(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut res: Vec<(String, Vec<u8>)> = fs::read_dir(dir)
        .unwrap()
        .map(|it| it.unwrap().path())
        .map(|it| (it.display().to_string(), fs::read(&it).unwrap_or_default()))
        .collect();
    res.sort();
    res
}

#[test]
fn bad_input_gets_one_line_that_says_what_to_do() {
    let dir =
        tree(&[("empty/readme", b"x"), ("binary.mk", b"all:\n\0\n"), ("Makefile", b"all:\n"), ("base.json", b"no")]);
    for command in ["check", "fix"] {
        let line = refused(dir.path(), &[command, "nowhere"]);
        assert!(line.starts_with("unrace: nowhere: no such file or folder; "), "{line}");
        let line = refused(dir.path(), &[command, "empty"]);
        assert!(line.starts_with("unrace: empty: no makefile in this folder or below; name one"), "{line}");
        let line = refused(dir.path(), &[command, "binary.mk"]);
        assert!(line.starts_with("unrace: binary.mk: a binary file"), "{line}");
        let line = refused(dir.path(), &[command, "/dev/null"]);
        assert!(line.starts_with("unrace: /dev/null: not a regular file"), "{line}");
        let line = refused(dir.path(), &[command, "--baseline", "base.json"]);
        assert!(line.starts_with("unrace: base.json: not a report; "), "{line}");
        let line = refused(dir.path(), &[command, "a\u{1b}[31mb"]);
        assert!(line.contains("a\\u{1b}[31mb") && !line.contains('\u{1b}'), "{line}");
    }
}

#[test]
fn what_make_or_autoconf_would_refuse_is_named() {
    let dir = tree(&[("Makefile", b"include a.mk\nall:\n"), ("a.mk", b"include Makefile\n")]);
    for command in ["check", "fix"] {
        let line = refused(dir.path(), &[command]);
        assert!(line.contains("includes are nested too deeply; make stops here, correct it first"), "{line}");
    }
    let dir = tree(&[("Makefile.in", b"all:\n"), ("configure.ac", b"AC_OUTPUT\n")]);
    let line = refused(dir.path(), &["check"]);
    assert_eq!(line, "unrace: configure.ac: has no AC_INIT; autoconf would refuse it, add the call\n");
}

#[test]
fn an_unreadable_makefile_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tree(&[("Makefile", b"all:\n")]);
    fs::set_permissions(dir.path().join("Makefile"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(dir.path().join("Makefile")).is_ok() {
        eprintln!("skipped: this user can read every file");
        return;
    }
    for words in [&["check"][..], &["check", "Makefile"], &["fix", "--write"]] {
        let line = refused(dir.path(), words);
        assert!(line.contains("Makefile: cannot be read (permission denied); check its permissions"), "{line}");
    }
}

#[test]
fn odd_makefiles_are_read() {
    for text in [&b""[..], b"all:\r\n\techo a\r\n", b"all:\n\techo caf\xe9\n", b"all:\n\techo \x0c"] {
        let dir = tree(&[("Makefile", text)]);
        for command in ["check", "fix"] {
            let output = unrace(dir.path(), &[command]);
            assert_eq!(
                (output.status.code(), fs::read(dir.path().join("Makefile")).unwrap()),
                (Some(0), text.to_vec())
            );
        }
    }
}

#[test]
fn nothing_found_is_said_briefly() {
    let dir = tree(&[("Makefile", b"all:\n"), ("sub/Makefile.in", b"all:\n")]);
    let output = unrace(dir.path(), &["check"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).starts_with("found no races in 2 makefiles ("), "{}", stdout(&output));
    assert_eq!(stdout(&unrace(dir.path(), &["check", "--quiet"])), "");
    assert_eq!(stdout(&unrace(dir.path(), &["fix", "."])), "");
    assert_eq!(stderr(&unrace(dir.path(), &["fix", "."])), "unrace: no races in 2 makefiles\n");
}

#[test]
fn settings_of_the_tree_hold() {
    let dir =
        tree(&[("unrace.toml", b"exclude = ['vendor/**']\n"), ("Makefile", b"all:\n"), ("vendor/Makefile", b"all:\n")]);
    let document = stdout(&unrace(dir.path(), &["check", "--output-format", "json"]));
    assert!(document.contains("\"makefiles\": [\n    \"Makefile\"\n  ]"), "{document}");
    fs::write(dir.path().join("unrace.toml"), "exclude = 3\n").unwrap();
    let line = refused(dir.path(), &["check"]);
    assert!(line.contains("unrace.toml:1: invalid type: integer `3`"), "{line}");
}

#[test]
fn wrong_arguments_end_with_2() {
    let dir = tree(&[("Makefile", b"all:\n")]);
    for words in [
        &["check", "--class", "nonsense"][..],
        &["check", "--configuration", "novalue"],
        &["check", "--output-format", "yaml"],
        &["fix", "--strategy", "luck"],
        &["fix", "--only", "0000000000000000"],
        &["nonsense"],
        &[],
    ] {
        assert_eq!(unrace(dir.path(), words).status.code(), Some(2), "{words:?}");
    }
}

#[test]
fn help_reads_well_at_80_columns() {
    let dir = tree(&[]);
    for words in [
        &["--help"][..],
        &["-h"],
        &["check", "-h"],
        &["check", "--help"],
        &["fix", "-h"],
        &["fixup", "-h"],
        &["review", "--help"],
        &["database", "-h"],
    ] {
        let output = command(dir.path(), words).env("COLUMNS", "80").output().unwrap();
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(0));
        let long: Vec<&str> = text.lines().filter(|it| it.chars().count() > 80).collect();
        assert!(long.is_empty(), "{words:?}: {long:#?}");
        assert!(words[0] == "database" || text.contains("Exit codes:\n  0  "), "{text}");
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let dir = tree(&[("Makefile", b"all:\n")]);
    for words in [&["check"][..], &["explain", "multi-output"], &["database"], &["--help"], &["completions", "bash"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(dir.path(), words).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()), "{words:?}");
    }
}

#[test]
fn classes_are_explained() {
    let dir = tree(&[]);
    let list = stdout(&unrace(dir.path(), &["explain"]));
    for class in ["shared-output", "multi-output", "missing-prerequisite", "missing-directory", "recursive-overlap"] {
        assert!(list.contains(&format!("{class} ")), "{list}");
        let text = stdout(&unrace(dir.path(), &["explain", class]));
        for heading in
            [&format!("# {class}"), "## Why it matters", "## Example", "## What to do", "## What is not reported"]
        {
            assert!(text.contains(&format!("{heading}\n")), "{class}: {heading}");
        }
    }
}

#[test]
fn the_database_is_json_when_asked() {
    let dir = tree(&[("Makefile", b"X = 1\nall: ; @echo $(X)\n")]);
    let text = stdout(&unrace(dir.path(), &["database", "--output-format", "json"]));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["schema"], "unrace-database/1");
    let line = refused(dir.path(), &["database", "--configuration", "NOPE=1"]);
    assert!(line.starts_with("unrace: NOPE=1: not a configuration of this makefile"), "{line}");
}

#[test]
fn manual_and_completions_are_made() {
    let dir = tree(&[]);
    assert!(stdout(&unrace(dir.path(), &["man"])).contains(".TH unrace"));
    assert!(stdout(&unrace(dir.path(), &["man", "check"])).contains("min\\-severity"));
    assert!(stdout(&unrace(dir.path(), &["completions", "zsh"])).contains("#compdef unrace"));
}
