//! Races that happen in real builds, and builds that stay as they are under the program's eyes.

#![allow(clippy::unwrap_used)] // A test may panic.

mod tools;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tools::{copy, has_tools, tree};

const NEEDED: [&str; 5] = ["make", "strace", "sh", "bash", "perl"];

/// Makefiles run plainly and under trace print the same, end with the same status and leave the same files.
#[test]
fn a_build_stays_as_it_is() {
    if !has_tools(&NEEDED) {
        return;
    }
    let text = fs::read_to_string("tests/confirm/makefiles.txt").unwrap();
    let cases: Vec<(&str, &str)> = text.split("== ").skip(1).filter_map(|it| it.split_once('\n')).collect();
    assert!(cases.len() >= 30);
    let wrong: Vec<String> = cases.iter().filter_map(|(name, files)| difference(name, files)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn difference(name: &str, files: &str) -> Option<String> {
    let [plain, traced] = [(); 2].map(|()| folder(files));
    let log = plain.path().join("log");
    let output = fs::File::create(&log).unwrap();
    let mut make = Command::new("make");
    let make = make.arg("-j1").current_dir(fs::canonicalize(plain.path()).unwrap());
    let make = make.env("PWD", fs::canonicalize(plain.path()).unwrap()).stdin(Stdio::null());
    let status = quiet(make).stdout(output.try_clone().unwrap()).stderr(output).status().unwrap();
    let expected = format!("status {}", status.code().unwrap());
    let keep = traced.path().join("log");
    let keep = keep.to_str().unwrap();
    let out =
        unrace(traced.path(), &["--observe", "--in-place", "--log", keep, "--output-format", "json", ".", "--", "-j1"]);
    let got = report(&out)["observed"]["ended"].as_str().unwrap_or_default().to_owned();
    let [plain, traced] = [&plain, &traced].map(|it| {
        let real = fs::canonicalize(it.path()).unwrap().to_string_lossy().into_owned();
        let file = |(name, bytes): (String, Vec<u8>)| {
            format!("{name}: {}\n", String::from_utf8_lossy(&bytes).replace(&real, "DIR"))
        };
        tree(it.path()).into_iter().map(file).collect::<String>()
    });
    let same = plain == traced && got == expected;
    let only = |a: &str, b: &str| {
        a.lines().filter(|it| !b.lines().any(|x| x == *it)).map(|it| format!("{it}\n")).collect::<String>()
    };
    let (less, more) = (only(&plain, &traced), only(&traced, &plain));
    (!same).then(|| format!("== {name}\n-- plain, {expected}\n{less}-- traced, {got}\n{more}"))
}

/// What a run of the tests may have in its environment is kept from make.
fn quiet(command: &mut Command) -> &mut Command {
    ["MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEFILES"].iter().fold(command, |command, it| command.env_remove(it))
}

/// A folder with a makefile, and the files that follow lines `-- NAME`.
fn folder(files: &str) -> tempfile::TempDir {
    let res = tempfile::tempdir().unwrap();
    for (name, text) in format!("Makefile\n{files}").split("-- ").filter_map(|it| it.split_once('\n')) {
        let path = res.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    res
}

fn unrace(folder: &Path, arguments: &[&str]) -> Output {
    let real = fs::canonicalize(folder).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_unrace"));
    let command = command.arg("confirm").args(arguments).current_dir(&real).env("PWD", &real);
    quiet(command).output().unwrap()
}

fn report(out: &Output) -> Value {
    serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&out.stderr)))
}

/// Verdicts and codes of a folder's races, before and after the fix.
fn verdicts(folder: &Path, arguments: &[&str]) -> (Option<i32>, Vec<String>, Value) {
    let out = unrace(folder, &[&["--hold", "1", "--output-format", "json"], arguments].concat());
    let report = report(&out);
    let results = report["results"].as_array().unwrap();
    let of = |it: &Value| match it["fixed"]["verdict"].as_str() {
        Some(fixed) => format!("{}, then {fixed}", it["verdict"].as_str().unwrap()),
        None => it["verdict"].as_str().unwrap().to_owned(),
    };
    (out.status.code(), results.iter().map(of).collect(), report)
}

const TWO_WRITERS: &str =
    "all: a b\na:\n\techo a > list; sleep 0.3; cat list > a\nb:\n\techo b > list; sleep 0.3; cat list > b\n";

#[test]
fn two_writers_are_confirmed_with_their_damage() {
    if !has_tools(&NEEDED) {
        return;
    }
    let folder = folder(TWO_WRITERS);
    let before = tree(folder.path());
    let (code, verdicts, report) = verdicts(folder.path(), &[]);
    assert_eq!((code, verdicts), (Some(1), vec!["confirmed".to_owned()]));
    assert_eq!(tree(folder.path()), before, "the build was in a copy");
    let result = &report["results"][0];
    let pids: std::collections::BTreeSet<u64> =
        result["accesses"].as_array().unwrap().iter().filter_map(|it| it["pid"].as_u64()).collect();
    assert!(pids.len() >= 2, "{result}");
    assert_eq!((&result["ended"], &result["damage"]["serial_ended"]), (&"status 0".into(), &"status 0".into()));
    assert!(!result["damage"]["files"].as_array().unwrap().is_empty(), "{result}");
    let text = String::from_utf8(unrace(folder.path(), &[]).stdout).unwrap();
    assert!(
        text.starts_with("confirmed[shared-output]: list: ") && text.contains("with status 0 all the same"),
        "{text}"
    );
}

#[test]
fn our_cases_race_and_stop_racing() {
    if !has_tools(&["make", "strace", "gcc", "bison"]) {
        return;
    }
    for case in ["export-list-recipe", "export-list-variable", "missing-prerequisite", "temporary-file", "two-targets"]
    {
        let folder = copy(&Path::new("tests/cases").join(case));
        let (code, got, report) = verdicts(folder.path(), &["--fixed"]);
        assert_eq!(code, Some(1), "{case}");
        let fine = |it: &String| {
            ["ordered", "no-conflict", "one-job"].iter().any(|after| *it == format!("confirmed, then {after}"))
        };
        assert!(!got.is_empty() && got.iter().all(fine), "{case}: {got:?} {report:#}");
    }
}

#[test]
fn a_false_alarm_is_seen_to_be_ordered() {
    if !has_tools(&NEEDED) {
        return;
    }
    // `b` waits for `a` through a rule that a reader may not see.
    let folder = folder("all: a b\nb: via\nvia: a\na:\n\techo a > list\nb:\n\techo b > list\n");
    let finding = r#"{"findings": [{"id": "1", "class": "shared-output", "message": "", "goal": "all", "path": "list",
        "jobs": [{"target": "a", "effect": "write"}, {"target": "b", "effect": "write"}], "witness": "make -j2 a b"}]}"#;
    let file = tools::scratch(finding.as_bytes());
    let (code, verdicts, _) = verdicts(folder.path(), &["--findings", file.path().to_str().unwrap()]);
    assert_eq!((code, verdicts), (Some(0), vec!["ordered".to_owned()]));
}

#[test]
fn one_recipe_in_two_sub_makes_is_confirmed() {
    if !has_tools(&NEEDED) {
        return;
    }
    let files = "all: a b\na b:\n\t$(MAKE) -C lib lib.a\n\ttouch $@\n-- lib/Makefile\nlib.a:\n\techo x > $@\n";
    let (code, verdicts, report) = verdicts(folder(files).path(), &[]);
    assert_eq!((code, verdicts), (Some(1), vec!["confirmed".to_owned()]), "{report:#}");
}

#[test]
fn a_file_that_make_misses_while_another_make_writes_it_is_confirmed() {
    if !has_tools(&NEEDED) {
        return;
    }
    let makefile = |first: &str| {
        format!(".PHONY: lib\nall: lib prog\nlib:\n\t$(MAKE) -C lib x.a\nprog: lib/x.a\n\tcp lib/x.a prog\n{first}")
    };
    let below = "-- lib/Makefile\nx.a:\n\techo x > $@\n";
    let (code, got, report) = verdicts(folder(&(makefile("") + below)).path(), &[]);
    assert_eq!((code, got), (Some(1), vec!["confirmed".to_owned()]), "{report:#}");
    let finding = tools::scratch(format!(r#"{{"findings": [{}]}}"#, AS_FOUND).as_bytes());
    let ordered = folder(&(makefile("lib/x.a: lib\n") + below));
    let (code, got, report) = verdicts(ordered.path(), &["--findings", finding.path().to_str().unwrap()]);
    assert_eq!((code, got), (Some(0), vec!["ordered".to_owned()]), "{report:#}");
}

const AS_FOUND: &str = r#"{"id": "1", "class": "missing-prerequisite", "message": "", "goal": "all", "path": "lib/x.a",
    "jobs": [{"target": "lib/x.a", "effect": "write"}, {"target": "prog", "effect": "read"}], "witness": "make -j2 lib prog"}"#;

#[test]
fn names_that_only_make_can_tell_are_asked_of_it() {
    if !has_tools(&NEEDED) {
        return;
    }
    let files = "N := $(shell echo 1.2 | cut -d. -f1)\nall: x x.$(N)\nx x.$(N):\n\techo $@ > x; echo $@ > x.$(N)\n";
    let (code, got, report) = verdicts(folder(files).path(), &[]);
    assert_eq!((code, got), (Some(1), vec!["confirmed".to_owned()]), "{report:#}");
}

#[test]
fn an_observed_build_tells_what_check_misses() {
    if !has_tools(&NEEDED) {
        return;
    }
    // What `gen` writes stands in no text that can be read.
    let files = "all: a b\na: gen\n\t./gen a\nb: gen\n\t./gen b\nc: a\n\t./gen c\ngen: gen.in\n\tcp gen.in gen; chmod +x gen\n\
                 -- gen.in\n#!/usr/bin/perl\nopen F, '>', join('', 'l', 'ist'); print F $ARGV[0]; close F;\n";
    let out = unrace(folder(files).path(), &["--observe", "--output-format", "json", ".", "--", "all", "c"]);
    let report = report(&out);
    let conflicts = report["observed"]["conflicts"].as_array().unwrap();
    let named: Vec<(&str, bool, Vec<&str>)> = conflicts
        .iter()
        .map(|it| {
            let targets = it["jobs"].as_array().unwrap().iter().filter_map(|it| it["target"].as_str()).collect();
            (it["path"].as_str().unwrap(), it["reported"].as_bool().unwrap(), targets)
        })
        .collect();
    assert_eq!(out.status.code(), Some(1));
    assert!(!named.is_empty() && named.iter().all(|it| it.0 == "list" && !it.1), "{report:#}");
    assert!(named.iter().all(|it| it.2.contains(&"b")), "a and c are ordered: {report:#}");
}

#[test]
fn the_script_needs_only_make_and_sh() {
    if !has_tools(&NEEDED) {
        return;
    }
    let folder = folder(TWO_WRITERS);
    let script = folder.path().join("race.sh");
    let out = unrace(folder.path(), &["--script", script.to_str().unwrap()]);
    assert_eq!(out.status.code(), Some(0));
    let run = |folder: &Path| {
        let mut command = Command::new("sh");
        let command = command.arg(&script).arg(folder).env("UNRACE_HOLD", "10");
        quiet(command).output().unwrap()
    };
    let raced = run(folder.path());
    assert_eq!(raced.status.code(), Some(1), "{}", String::from_utf8_lossy(&raced.stdout));
    let fixed = self::folder(&TWO_WRITERS.replace("\nb:\n", "\nb: a\n"));
    assert_eq!(run(fixed.path()).status.code(), Some(0));
}

#[test]
fn a_patch_carries_what_was_seen() {
    if !has_tools(&NEEDED) {
        return;
    }
    let folder = copy(Path::new("tests/cases/temporary-file"));
    let out = unrace(folder.path(), &["--fixed", "--hold", "1", "--output-format", "json"]);
    let file = tools::scratch(&out.stdout);
    let mut command = Command::new(env!("CARGO_BIN_EXE_unrace"));
    let arguments = ["fix", "--patch-format", "mbox", "--unsafe-fixes", "--evidence", file.path().to_str().unwrap()];
    let mail = command.args(arguments).current_dir(folder.path()).output().unwrap();
    let text = String::from_utf8_lossy(&mail.stdout).into_owned();
    assert!(text.contains("\nSeen in a build:\n  make -j4 ") && text.contains("  after this patch: "), "{text}");
}

#[test]
fn nothing_is_left_running() {
    if !has_tools(&NEEDED) {
        return;
    }
    let folder = folder("all: a b\na b:\n\techo $$$$ >> $(LOG); sleep 60; echo x > list\n");
    let log = tempfile::NamedTempFile::new().unwrap();
    let word = format!("LOG={}", log.path().display());
    let alive = || {
        let text = fs::read_to_string(log.path()).unwrap();
        text.lines().filter(|it| Path::new("/proc").join(it).exists()).count()
    };
    let out = unrace(folder.path(), &["--time-limit", "3", "--observe", ".", "--", &word]);
    assert_eq!((out.status.code(), alive()), (Some(2), 0), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(String::from_utf8_lossy(&out.stderr).contains("time limit"));
    fs::write(log.path(), "").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_unrace"));
    let command = command.args(["confirm", "--observe", ".", "--", &word]).current_dir(folder.path());
    let mut child = quiet(command).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while alive() == 0 && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(alive() > 0);
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert_eq!((child.wait().unwrap().code(), alive()), (Some(2), 0));
}
