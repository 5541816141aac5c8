//! Letters: `git am` takes each, and makes the new bytes.
#![allow(clippy::unwrap_used)]

mod tools;

use std::fs;
use std::path::Path;
use std::process::Command;

use unrace::analysis::{Applicability, Finding, Fix, Severity, Strategy};
use unrace::edit::Edits;
use unrace::patch::{Change, unified};
use unrace::races::Class;
use unrace::report::mail::{Letter, dep3, mbox};

fn finding() -> Finding {
    Finding {
        id: "0123456789abcdef".into(),
        class: Class::MultiOutput,
        severity: Severity::Error,
        path: "a".into(),
        paths: Vec::new(),
        message: "Makefile:1 makes a and b at once".into(),
        goal: "all".into(),
        configurations: Vec::new(),
        jobs: Vec::new(),
        witness: "make -j2 a b".into(),
        fixes: vec![Fix {
            strategy: Strategy::Leader,
            applicability: Applicability::Safe,
            title:
                "let a lead, so that one run makes caf\u{e9} and all the other things that the rule lists as targets"
                    .into(),
            why: "One run makes both.\n\n--- not a patch\ndiff --git is no patch either".into(),
            edits: Edits::new(),
            verdict: None,
        }],
    }
}

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
    String::from_utf8(done.stdout).unwrap()
}

/// Texts before and after of which each pair is a step of the one before.
const SERIES: [&[u8]; 4] = [
    b"a b: c\n\tgen \xe9\n=20 \n",
    b"a: c\n\tgen \xe9\n=20 \nb: a\n",
    b"a: c\r\n\tgen \xe9\r\n=20 \nb: a\r\n",
    b"a: c\r\n\tgen \xe9 \r\n=20 \nFrom b: a\r\nx\ry",
];

#[test]
fn git_am_takes_the_series() {
    if !tools::has_tools(&["git"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sub/Makefile");
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(&path, SERIES[0]).unwrap();
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "sub"]);
    git(folder.path(), &["commit", "-qm", "start"]);
    fs::write(folder.path().join("series.mbox"), series(mbox)).unwrap();
    git(folder.path(), &["am", "-q", "series.mbox"]);
    assert_eq!(fs::read(&path).unwrap(), SERIES[3]);
    let log = git(folder.path(), &["log", "--format=%an|%ae|%s"]);
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), SERIES.len());
    let subject = lines[0].strip_prefix("A Name|a@example.org|").unwrap();
    assert!(subject.starts_with("let a lead, so that one run makes caf\u{e9}") && subject.chars().count() <= 72);
    let body = git(folder.path(), &["log", "-1", "--format=%b"]);
    for line in ["Class: multi-output", "Goal: all", "Witness: make -j2 a b", "One run makes both."] {
        assert!(body.lines().any(|it| it == line), "{body}");
    }
}

#[test]
fn patch_takes_what_quilt_takes() {
    if !tools::has_tools(&["patch"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("sub/Makefile"), SERIES[0]).unwrap();
    let file = tools::scratch(&series(dep3));
    let done = Command::new("patch")
        .args(["-p1", "--fuzz=0"])
        .stdin(fs::File::open(file.path()).unwrap())
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    assert_eq!(fs::read(folder.path().join("sub/Makefile")).unwrap(), SERIES[3]);
}

fn series(render: fn(&Letter) -> Vec<u8>) -> Vec<u8> {
    let finding = finding();
    let habit = unrace::report::habit::Habit::default();
    let letters = SERIES.windows(2).enumerate().map(|(idx, pair)| {
        let change = Change { path: "sub/Makefile".into(), before: pair[0].to_vec(), after: pair[1].to_vec() };
        let patch = unified(&[change], "");
        render(&Letter {
            finding: &finding,
            fix: &finding.fixes[0],
            patch: &patch,
            author: "A Name <a@example.org>",
            number: (idx + 1, SERIES.len() - 1),
            habit: &habit,
            evidence: None,
        })
    });
    letters.collect::<Vec<_>>().concat()
}
