//! `unrace review`: what a change in a git work tree brings or touches, as bots get it.
#![allow(clippy::unwrap_used)]

mod tools;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use tools::has_tools;

/// One race that was always there.
const BEFORE: &str = "all: app notes names numbers\n\
    app: app.c\n\tcc -o $@ app.c\n\
    notes: notes.in\n\tsort notes.in >tmp.txt\n\tuniq tmp.txt >$@\n\
    # 1\n# 2\n# 3\n# 4\n# 5\n# 6\n# 7\n# 8\n\
    names: names.in\n\tsort names.in >tmp.txt\n\tuniq tmp.txt >$@\n\
    numbers: numbers.in\n\tsort numbers.in >$@\n";

fn git(folder: &Path, words: &[&str]) -> String {
    let done = Command::new("git")
        .args(["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"])
        .args(words)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", folder)
        .output()
        .unwrap();
    assert!(done.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// A work tree whose second commit makes these files what they are; its first commit has the race that was there.
fn changed(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q", "-b", "main"]);
    let inputs =
        [("notes.in", ""), ("names.in", ""), ("numbers.in", ""), ("parser.y", ""), ("app.c", "int main(){}\n")];
    write(dir.path(), &inputs);
    write(dir.path(), &[("Makefile", BEFORE)]);
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "-qm", "before"]);
    git(dir.path(), &["checkout", "-q", "-b", "change"]);
    write(dir.path(), files);
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "-qm", "change"]);
    dir
}

fn review(folder: &Path, words: &[&str]) -> Output {
    let words = [&["review", "--base", "main"], words].concat();
    Command::new(env!("CARGO_BIN_EXE_unrace")).args(words).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The path of each finding.
fn paths(folder: &Path, words: &[&str]) -> Vec<String> {
    let output = review(folder, &[&["--output-format", "json"], words].concat());
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    let paths: Vec<String> =
        document["findings"].as_array().unwrap().iter().map(|it| it["path"].as_str().unwrap().to_owned()).collect();
    assert_eq!(output.status.code(), Some(i32::from(!paths.is_empty())));
    paths
}

/// The makefile with a rule whose recipe makes both of its targets.
fn with_parser() -> String {
    BEFORE.replace("all: app", "all: parser.c parser.h app")
        + "parser.c parser.h: parser.y\n\tbison -d -o parser.c parser.y\n"
}

#[test]
fn only_what_the_change_brings_or_touches_is_reported() {
    if !has_tools(&["git"]) {
        return;
    }
    let elsewhere = changed(&[("Makefile", &BEFORE.replace("cc -o", "gcc -o"))]);
    assert!(paths(elsewhere.path(), &[]).is_empty());
    let said = text(&review(elsewhere.path(), &[]).stderr);
    assert_eq!(said, "unrace: 0 races brought or touched by the change; the tree has 1 race in all\n");
    let touching = changed(&[("Makefile", &BEFORE.replace("sort names.in", "sort -u names.in"))]);
    assert_eq!(paths(touching.path(), &[]), ["tmp.txt"]);
    let moving = changed(&[("Makefile", &format!("# one\n# two\n{BEFORE}"))]);
    assert!(paths(moving.path(), &[]).is_empty(), "lines that only moved are not touched");
    let bringing = changed(&[("Makefile", &with_parser())]);
    let found = paths(bringing.path(), &[]);
    assert!(found.len() == 1 && found[0].starts_with("parser."), "{found:?}");
    // The tree's own edits belong to the change.
    fs::write(bringing.path().join("Makefile"), BEFORE).unwrap();
    assert!(paths(bringing.path(), &[]).is_empty());
}

#[test]
fn a_race_that_another_file_brings_is_reported() {
    if !has_tools(&["git"]) {
        return;
    }
    let dir = changed(&[("sub/Makefile", "all: a b\na:\n\techo >t; cat t >$@\nb:\n\techo >t; cat t >$@\n")]);
    assert_eq!(paths(dir.path(), &[]), ["sub/t"]);
}

#[test]
fn shallow_clones_and_detached_heads_do() {
    if !has_tools(&["git"]) {
        return;
    }
    let origin = changed(&[("Makefile", &with_parser())]);
    let dir = tempfile::tempdir().unwrap();
    let url = format!("file://{}", origin.path().display());
    git(dir.path(), &["clone", "-q", "--depth=1", "--branch=change", &url, "work"]);
    let work = dir.path().join("work");
    let head = git(&work, &["rev-parse", "HEAD"]);
    git(&work, &["checkout", "-q", "--detach", &head]);
    let refused = review(&work, &[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("main: no such revision here; fetch it"), "{}", text(&refused.stderr));
    git(&work, &["fetch", "-q", "--depth=1", "origin", "main:main"]);
    assert_eq!(paths(&work, &[]).len(), 1);
}

#[test]
fn the_body_of_a_review_suggests_what_lies_in_the_diff() {
    if !has_tools(&["git"]) {
        return;
    }
    let dir = changed(&[("Makefile", &with_parser())]);
    let file = dir.path().join("review.json");
    let output = review(dir.path(), &["--output-format", "github", "--suggestions", "review.json"]);
    let command = text(&output.stdout);
    assert!(command.starts_with("::error file=Makefile,line=") && command.lines().count() == 1, "{command}");
    for part in [
        "parser.c",
        "bison -d -o parser.c parser.y",
        "witness: make -j2",
        "reproduce: unrace check --class=multi-output Makefile",
    ] {
        assert!(command.contains(part), "{part}: {command}");
    }
    let body: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(
        (&body["event"], &body["commit_id"]),
        (&"COMMENT".into(), &git(dir.path(), &["rev-parse", "HEAD"]).into())
    );
    let comment = &body["comments"][0];
    assert_eq!((&comment["path"], &comment["side"]), (&"Makefile".into(), &"RIGHT".into()));
    let said = comment["body"].as_str().unwrap();
    assert!(said.contains("\n```suggestion\n") && said.contains("<!-- unrace:"), "{said}");
    // Taken, it ends the race and stays inside the lines it is for.
    let suggested = said.split("```suggestion\n").nth(1).unwrap().split("```").next().unwrap();
    let line = |name: &str| comment[name].as_u64().map(|it| it as usize);
    let (last, first) = (line("line").unwrap(), line("start_line").unwrap_or(line("line").unwrap()));
    let makefile = with_parser();
    let lines: Vec<&str> = makefile.split_inclusive('\n').collect();
    let taken = [lines[..first - 1].concat(), suggested.to_owned(), lines[last..].concat()].concat();
    fs::write(dir.path().join("Makefile"), taken).unwrap();
    assert!(paths(dir.path(), &[]).is_empty());
}

#[test]
fn a_fix_outside_the_diff_is_a_patch_to_unfold() {
    if !has_tools(&["git"]) {
        return;
    }
    let dir = changed(&[("Makefile", &BEFORE.replace("sort names.in", "sort -u names.in"))]);
    review(dir.path(), &["--suggestions", "review.json"]);
    let body: Value = serde_json::from_slice(&fs::read(dir.path().join("review.json")).unwrap()).unwrap();
    let said = body["comments"][0]["body"].as_str().unwrap();
    assert!(
        !said.contains("suggestion")
            && said.contains("<details><summary>the patch</summary>\n\n```diff\n--- a/Makefile\n"),
        "{said}"
    );
}
