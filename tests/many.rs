//! Many makefiles and many trees: one at a time as the user says, or all of a list.
#![allow(clippy::unwrap_used)]

mod tools;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tools::has_tools;

const RACING: &str = "all: notes names\n\
    notes: notes.in\n\tsort notes.in >tmp.txt\n\tuniq tmp.txt >$@\n\
    names: names.in\n\tsort names.in >tmp.txt\n\tuniq tmp.txt >$@\n";
const QUIET: &str = "all:\n\techo done\n";

fn trees(makefiles: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in makefiles {
        let folder = dir.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        for (file, text) in [("Makefile", *text), ("notes.in", ""), ("names.in", "")] {
            fs::write(folder.join(file), text).unwrap();
        }
    }
    dir
}

/// A run that is given some input.
fn unrace(dir: &Path, words: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unrace"));
    command.args(words).current_dir(dir).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn lines(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|it| serde_json::from_str(it).unwrap()).collect()
}

const LISTED: [&str; 5] = ["check", "--output-format", "jsonl", "--trees-from", "-"];

#[test]
fn each_tree_has_its_lines_and_is_none_for_the_others() {
    let dir = trees(&[("a", RACING), ("b", QUIET), ("c", "include nowhere.mk\nall:\n")]);
    let output = unrace(dir.path(), &LISTED, "a\nnowhere\nb\n");
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    let got = lines(&output);
    let kinds: Vec<&str> = got.iter().map(|it| it["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["finding", "tree", "tree", "tree"]);
    assert_eq!((&got[0]["path"], &got[1]["findings"]), (&"tmp.txt".into(), &1.into()));
    assert!(got[0]["root"].as_str().unwrap().ends_with("/a"));
    assert_eq!((&got[2]["root"], &got[2]["trouble"]), (&"nowhere".into(), &"no such folder".into()));
    assert_eq!((&got[3]["findings"], &got[3]["makefiles"][0]), (&0.into(), &"Makefile".into()));
    assert_eq!(unrace(dir.path(), &LISTED, "b\n").status.code(), Some(0));
    assert_eq!(unrace(dir.path(), &LISTED, "b\na\n").status.code(), Some(1));
    let output = unrace(dir.path(), &["check", "--trees-from", "-"], "");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()));
}

#[test]
fn a_stopped_run_goes_on_where_it_was() {
    let dir = trees(&[("a", RACING), ("b", QUIET)]);
    let words = [&LISTED[..], &["--resume", "done.list"]].concat();
    assert_eq!(lines(&unrace(dir.path(), &words, "a\n")).len(), 2);
    assert_eq!(fs::read_to_string(dir.path().join("done.list")).unwrap(), "a\n");
    // Half a line is what a run leaves that was stopped while it wrote.
    fs::write(dir.path().join("done.list"), "a\nb").unwrap();
    let got = lines(&unrace(dir.path(), &words, "a\nb\n"));
    assert!(got.len() == 1 && got[0]["root"].as_str().unwrap().ends_with("/b"), "{got:?}");
}

#[test]
fn gnu_parallel_gives_the_same_lines() {
    if !has_tools(&["parallel", "sh"]) {
        return;
    }
    let names: Vec<String> = (0..12).map(|it| format!("t{it}")).collect();
    let listed: Vec<(&str, &str)> =
        names.iter().enumerate().map(|(n, it)| (it.as_str(), if n % 3 == 0 { RACING } else { QUIET })).collect();
    let dir = trees(&listed);
    let list = names.join("\n") + "\n";
    let alone = unrace(dir.path(), &LISTED, &list);
    let script = format!(
        "parallel --will-cite --pipe -N2 -j2 '{} check --jobs 1 --quiet --output-format jsonl --resume done.list --trees-from -'",
        env!("CARGO_BIN_EXE_unrace")
    );
    let sorted = |output: &Output| {
        let mut res: Vec<String> = text(&output.stdout).lines().map(str::to_owned).collect();
        res.sort();
        res
    };
    let run = || {
        let mut child = Command::new("sh")
            .args(["-c", &script])
            .current_dir(dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(list.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    assert_eq!(sorted(&run()), sorted(&alone));
    assert_eq!(text(&run().stdout), "", "all of them are done");
}

/// Two makefiles, each with a race that can be fixed.
fn two() -> TempDir {
    let dir = trees(&[("a", RACING), ("b", RACING)]);
    fs::write(dir.path().join("Makefile"), QUIET).unwrap();
    dir
}

fn is_fixed(dir: &Path, name: &str) -> bool {
    fs::read_to_string(dir.join(name).join("Makefile")).unwrap() != RACING
}

#[test]
fn fixes_are_taken_one_by_one() {
    for (answers, a, b) in [
        ("y\nn\n", true, false),
        ("n\ny\n", false, true),
        ("a\n", true, true),
        ("?\ny\nq\n", true, false),
        ("", false, false),
    ] {
        let dir = two();
        let output = unrace(dir.path(), &["fix", "--interactive", "--write", "."], answers);
        let asked = text(&output.stderr);
        assert_eq!((is_fixed(dir.path(), "a"), is_fixed(dir.path(), "b")), (a, b), "{answers:?}: {asked}");
        assert!(asked.contains("Take this fix [y,n,a,q,?]?") && asked.contains("--- a/a/Makefile"), "{asked}");
        assert!(!asked.contains('\u{1b}'), "no colours where nobody sees them");
        assert_eq!(output.status.code(), Some(if a && b { 0 } else { 1 }), "{asked}");
    }
}

#[test]
fn a_series_over_a_tree_is_taken_by_git() {
    if !has_tools(&["git"]) {
        return;
    }
    let dir = two();
    let git = |words: &[&str]| {
        let done = Command::new("git")
            .args(["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"])
            .args(words)
            .current_dir(dir.path())
            .env("HOME", dir.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "git {words:?}: {}", text(&done.stderr));
        text(&done.stdout)
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "before"]);
    let output =
        unrace(dir.path(), &["fix", "--patch-format", "mbox", "-o", "series", "--report", "report.html", "."], "");
    let names: Vec<String> = text(&output.stdout).lines().map(str::to_owned).collect();
    assert_eq!((output.status.code(), names.len()), (Some(1), 2), "{}", text(&output.stderr));
    git(&[&["am", "-q"][..], &names.iter().map(String::as_str).collect::<Vec<_>>()].concat());
    assert_eq!(git(&["log", "--format=%s"]).lines().count(), 3);
    let output = unrace(dir.path(), &["check", "."], "");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let page = fs::read_to_string(dir.path().join("report.html")).unwrap();
    assert_eq!(
        (
            page.matches("<article ").count(),
            page.matches("<svg class=\"graph\"").count(),
            page.matches("<details ").count()
        ),
        (2, 2, 2)
    );
    assert!(!page.contains("<script") && !page.contains("http"), "nothing from elsewhere");
}
