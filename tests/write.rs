//! `fix --write` loses nothing: ended at any system call, on a full disk, in a closed folder, beside an editor.
#![allow(clippy::unwrap_used)]

mod tools;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use tools::{has_tools, tree};

/// Two files that one fix changes, and one that it leaves.
const FILES: [(&str, &str); 3] = [
    ("Makefile", "all: p.c p.h\ninclude sub/rules.mk\np.c p.h: p.y\n\tbison -d -o p.c p.y\n"),
    ("sub/rules.mk", "all: q.c q.h\nq.c q.h: q.y\n\tbison -d -o q.c q.y\n"),
    ("p.y", ""),
];

fn made() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in FILES {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn fix(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unrace"));
    command.args(["fix", "--write", "--unsafe-fixes", "Makefile"]).current_dir(dir).env("RAYON_NUM_THREADS", "1");
    command
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

/// What an undisturbed run leaves.
fn fixed() -> BTreeMap<String, Vec<u8>> {
    let dir = made();
    let output = fix(dir.path()).output().unwrap();
    let res = tree(dir.path());
    let changed = res.iter().filter(|(path, bytes)| original().get(*path) != Some(*bytes)).count();
    assert!(changed == 2 && res.len() == FILES.len(), "{changed} files: {}", text(&output));
    res
}

fn original() -> BTreeMap<String, Vec<u8>> {
    tree(made().path())
}

/// Kills a run at the `when`th call of a system call, then runs again; false where it came to its end first.
fn killed_at(calls: &str, when: usize, before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>) -> bool {
    let dir = made();
    let command = fix(dir.path());
    let inject = format!("inject={calls}:signal=KILL:when={when}");
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}"), "-e", &inject]);
    traced.arg(command.get_program()).args(command.get_args()).current_dir(dir.path()).env("RAYON_NUM_THREADS", "1");
    let status = traced.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    let left = tree(dir.path());
    for (path, bytes) in before {
        let whole = left.get(path) == Some(bytes) || left.get(path) == after.get(path);
        assert!(whole, "{calls} {when}: {path} is half written: {:?}", left.get(path));
    }
    let output = fix(dir.path()).output().unwrap();
    let end = tree(dir.path());
    let names = |it: &BTreeMap<String, Vec<u8>>| it.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&end), names(after), "{calls} {when}: {}", text(&output));
    assert!(end == *after, "{calls} {when}: the next run does not finish it: {}", text(&output));
    // strace ends as the program did.
    status.code().is_none_or(|it| it > 128)
}

fn killed_everywhere(calls: &str) -> usize {
    let (before, after) = (original(), fixed());
    (1..2_000).take_while(|when| killed_at(calls, *when, &before, &after)).count()
}

#[test]
fn killed_at_a_call_that_changes_something_each_file_is_whole() {
    if !has_tools(&["strace"]) {
        return;
    }
    let renames: usize = ["rename", "renameat", "renameat2", "link", "linkat"].into_iter().map(killed_everywhere).sum();
    assert!(renames >= 3, "a journal and two files are put in place: {renames}");
    let removals: usize = ["unlink", "unlinkat"].into_iter().map(killed_everywhere).sum();
    assert!(removals >= 3, "the journal and the former bytes are removed: {removals}");
}

#[test]
#[ignore = "hundreds of runs"]
fn killed_at_any_call_each_file_is_whole() {
    if !has_tools(&["strace"]) {
        return;
    }
    for calls in ["write", "fsync", "chmod", "fchmod", "openat", "read", "close", "statx", "lseek", "mmap", "munmap"] {
        let count = killed_everywhere(calls);
        eprintln!("killed at each of {count} calls of {calls}");
    }
}

/// An error, and all as it was.
fn refused(dir: &Path, output: &Output, said: &str) {
    assert_eq!(output.status.code(), Some(2), "{}", text(output));
    assert!(text(output).contains(said), "{}", text(output));
    assert!(tree(dir) == original(), "something was changed");
}

#[test]
fn a_full_disk_changes_nothing() {
    let dir = made();
    let command = fix(dir.path());
    // No file may grow: a write fails as it does where the disk is full.
    for blocks in 0..1 {
        let mut limited = Command::new("sh");
        limited.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
        let output =
            limited.arg(command.get_program()).args(command.get_args()).current_dir(dir.path()).output().unwrap();
        refused(dir.path(), &output, "nothing was changed");
    }
}

#[test]
fn failing_calls_change_nothing() {
    if !has_tools(&["strace"]) {
        return;
    }
    for (calls, error, most) in
        [("fsync", "EIO", 3), ("write", "ENOSPC", 1), ("rename,renameat,renameat2", "EACCES", 3)]
    {
        for when in 1..=most {
            let dir = made();
            let command = fix(dir.path());
            let inject = format!("inject={calls}:error={error}:when={when}");
            let mut traced = Command::new("strace");
            traced.args(["-f", "-qq", "-o", "/dev/null", "-e", &inject]).arg(command.get_program());
            let output = traced.args(command.get_args()).current_dir(dir.path()).output().unwrap();
            if output.status.code() == Some(2) {
                refused(dir.path(), &output, "nothing was changed");
            } else {
                // The call that failed was none of those that matter (such as waking another thread).
                assert!(tree(dir.path()) == fixed(), "{calls} {when}: {}", text(&output));
            }
        }
    }
}

#[test]
fn a_read_only_file_or_folder_changes_nothing() {
    let dir = made();
    fs::set_permissions(dir.path().join("sub/rules.mk"), fs::Permissions::from_mode(0o444)).unwrap();
    refused(dir.path(), &fix(dir.path()).output().unwrap(), "is read-only");
    fs::set_permissions(dir.path().join("sub/rules.mk"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(dir.path().join("sub"), fs::Permissions::from_mode(0o555)).unwrap();
    let open = fs::write(dir.path().join("sub/x"), "").is_ok();
    if open {
        eprintln!("skipped: this user can write in every folder");
        return;
    }
    refused(dir.path(), &fix(dir.path()).output().unwrap(), "permission denied");
}

/// A file that changes between the moment it was read and the moment it would be replaced keeps what it was given.
#[test]
fn a_lost_race_with_an_editor_loses_nothing() {
    if !has_tools(&["strace"]) {
        return;
    }
    // Before the second file is looked at, and when all is ready to be put in place.
    for (calls, folder, entries) in [("fsync", "", 4), ("rename,renameat,renameat2,link,linkat", "sub", 3)] {
        let dir = made();
        let command = fix(dir.path());
        let mut traced = Command::new("strace");
        traced.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("inject={calls}:delay_enter=4000000:when=1")]);
        traced.arg(command.get_program()).args(command.get_args()).current_dir(dir.path());
        let mut child = traced.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        while fs::read_dir(dir.path().join(folder)).unwrap().count() < entries {
            assert!(child.try_wait().unwrap().is_none(), "it ended before a temporary file appeared");
            std::thread::yield_now();
        }
        let mine = "# mine\n";
        fs::write(dir.path().join("sub/rules.mk"), mine).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        assert!(text(&output).contains("changed since it was read"), "{}", text(&output));
        let mut expected = original();
        expected.insert("sub/rules.mk".into(), mine.into());
        assert!(tree(dir.path()) == expected);
    }
}

#[test]
fn several_runs_at_once_end_as_one() {
    let dir = made();
    let children: Vec<_> =
        (0..20).map(|_| fix(dir.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().code().is_some());
    }
    // Those that came too late said so; one more finds nothing to do, or what none of them could.
    fix(dir.path()).output().unwrap();
    assert!(tree(dir.path()) == fixed());
}

/// A journal that a tree brings along moves nothing into or out of it.
#[test]
fn a_journal_from_elsewhere_is_not_believed() {
    let dir = made();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("target"), "").unwrap();
    std::os::unix::fs::symlink(outside.path(), dir.path().join("link")).unwrap();
    fs::write(dir.path().join(".unrace-new"), "evil").unwrap();
    let journal = r#"{"process":0,"steps":[{"target":"link/target","new":".unrace-new","old":".unrace-old"},
        {"target":"../x","new":".unrace-new","old":".unrace-old"},{"target":"y","new":"p.y","old":".unrace-old"}]}"#;
    fs::write(dir.path().join(".unrace-journal"), journal).unwrap();
    fix(dir.path()).output().unwrap();
    assert_eq!(fs::read_to_string(outside.path().join("target")).unwrap(), "");
    assert!(dir.path().join("p.y").exists() && !dir.path().join("y").exists());
    assert!(!dir.path().join(".unrace-journal").exists());
}
