//! `unrace fixup` on generated makefiles, by itself and from a configure run.
#![allow(clippy::unwrap_used)]

mod tools;

use std::fs::{self, FileTimes};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;
use tools::has_tools;

/// Two links whose command writes one list of exports.
const RULES: &str = "all: lamp test\n\
    lamp: lamp.c\n\t$(LINKER) -Wl,-bE:names.exp -o $@ lamp.c\n\
    test: test.c\n\t$(LINKER) -Wl,-bE:names.exp -o $@ test.c\n";
const GENERATOR: &str = "#!/bin/sh\necho lamp >$1\n";

fn project(makefile: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let files =
        [("Makefile", makefile), ("mkexports", GENERATOR), ("lamp.c", "int main(){}\n"), ("test.c", "int main(){}\n")];
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    fs::set_permissions(dir.path().join("mkexports"), fs::Permissions::from_mode(0o755)).unwrap();
    dir
}

fn racing() -> TempDir {
    project(&format!("srcdir = .\nLINKER = $(srcdir)/mkexports names.exp; cc\n{RULES}"))
}

fn unrace(dir: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_unrace")).args(words).current_dir(dir).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn makefile(dir: &Path) -> String {
    fs::read_to_string(dir.join("Makefile")).unwrap()
}

#[test]
fn a_makefile_is_edited_once_with_its_mode_and_times() {
    let dir = racing();
    let path = dir.path().join("Makefile");
    let old = SystemTime::UNIX_EPOCH + Duration::new(1_500_000_000, 123_456_789);
    fs::File::open(&path).unwrap().set_times(FileTimes::new().set_modified(old)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let output = unrace(dir.path(), &["fixup", "Makefile"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stderr), "unrace: fixup: Makefile: make names.exp by a rule of its own\n");
    let first = makefile(dir.path());
    assert!(first.contains("\nnames.exp:\n\t$(srcdir)/mkexports $@\n"), "{first}");
    let mark =
        format!("# unrace {} fixup: make names.exp by a rule of its own (shared-output) [", env!("CARGO_PKG_VERSION"));
    assert!(first.lines().last().unwrap().starts_with(&mark), "{first}");
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!((metadata.modified().unwrap(), metadata.permissions().mode() & 0o7777), (old, 0o444));
    let output = unrace(dir.path(), &["fixup", "--strict", "Makefile"]);
    assert_eq!((output.status.code(), text(&output.stderr), makefile(dir.path())), (Some(0), String::new(), first));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4, "nothing else is left");
}

#[test]
fn nothing_makes_it_fail_unless_asked() {
    let dir = project("all: a b\na:\n\tfrob >x; cat x >a\nb:\n\tfrob >x; cat x >b\n\tfrob2 x\nc:\n\tcat x\n");
    fs::write(dir.path().join("binary"), b"a\0b").unwrap();
    fs::write(dir.path().join("stops"), "$(error stopped)\nall:\n").unwrap();
    let before = makefile(dir.path());
    for (words, strict) in
        [(&["nowhere"][..], 2), (&["binary"], 2), (&["stops"], 2), (&["Makefile"], 1), (&["nowhere", "Makefile"], 2)]
    {
        let output = unrace(dir.path(), &[&["fixup"], words].concat());
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        assert!(text(&output.stderr).starts_with("unrace: fixup: "), "{words:?}: {}", text(&output.stderr));
        let output = unrace(dir.path(), &[&["fixup", "--strict"], words].concat());
        assert_eq!(output.status.code(), Some(strict), "{words:?}: {}", text(&output.stderr));
    }
    assert_eq!(makefile(dir.path()), before);
}

#[test]
fn runs_at_the_same_time_do_it_once() {
    let dir = racing();
    let run = || {
        Command::new(env!("CARGO_BIN_EXE_unrace")).args(["fixup", "Makefile"]).current_dir(dir.path()).spawn().unwrap()
    };
    let runs: Vec<_> = (0..8).map(|_| run()).collect();
    assert!(runs.into_iter().all(|mut it| it.wait().unwrap().success()));
    let alone = racing();
    unrace(alone.path(), &["fixup", "Makefile"]);
    assert_eq!(makefile(dir.path()), makefile(alone.path()));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4);
}

#[test]
fn the_macro_edits_what_config_status_writes() {
    if !has_tools(&["autoconf", "aclocal", "make", "cc"]) {
        return;
    }
    let dir = configurable();
    let build = dir.path().join("build");
    fs::create_dir(&build).unwrap();
    let program = format!("UNRACE={}", env!("CARGO_BIN_EXE_unrace"));
    let configured = succeed(&build, "../configure", &[&program]);
    assert!(configured.contains("make names.exp by a rule of its own"), "{configured}");
    let fixed = makefile(&build);
    let commands = succeed(&build, "make", &["-n", "-j2"]);
    assert_eq!(
        (commands.matches("mkexports").count(), commands.matches("config.status").count()),
        (1, 0),
        "{commands}"
    );
    // Later runs of config.status, for all files and for one.
    for words in [&[][..], &["Makefile"], &["--file=Makefile:../Makefile.in", "Makefile"]] {
        succeed(&build, "./config.status", words);
        assert_eq!(makefile(&build), fixed, "{words:?}");
    }
    // A template that changed: make runs config.status, which runs unrace.
    let template = dir.path().join("Makefile.in");
    fs::write(&template, fs::read_to_string(&template).unwrap() + "# more\n").unwrap();
    let made = succeed(&build, "make", &["-j2", "names.exp"]);
    assert_eq!(made.matches("/mkexports names.exp").count(), 1, "{made}");
    assert!(makefile(&build).contains("# more\n") && makefile(&build).contains("\nnames.exp:"));
}

#[test]
fn without_the_program_the_macro_only_says_so() {
    if !has_tools(&["autoconf", "aclocal"]) {
        return;
    }
    let dir = configurable();
    for program in ["UNRACE=no", "UNRACE=/nowhere/unrace", "UNRACE=false"] {
        let configured = succeed(dir.path(), "./configure", &[program]);
        assert!(configured.contains("makefiles stay as configured"), "{program}: {configured}");
        assert!(!makefile(dir.path()).contains("\nnames.exp:"));
    }
}

/// A project whose configure.ac calls the macro.
fn configurable() -> TempDir {
    let dir = racing();
    let template = format!(
        "srcdir = @srcdir@\nVPATH = @srcdir@\nLINKER = $(srcdir)/mkexports names.exp; cc\n{RULES}\
         Makefile: $(srcdir)/Makefile.in config.status\n\t./config.status $@\n"
    );
    fs::remove_file(dir.path().join("Makefile")).unwrap();
    fs::write(
        dir.path().join("Makefile.in"),
        template.replace("-o $@ lamp.c", "-o $@ $(srcdir)/lamp.c").replace("-o $@ test.c", "-o $@ $(srcdir)/test.c"),
    )
    .unwrap();
    let configure = "AC_INIT([lamp], [1])\nAC_CONFIG_FILES([Makefile])\nUNRACE_FIXUP\nAC_OUTPUT\n";
    fs::write(dir.path().join("configure.ac"), configure).unwrap();
    let macros = fs::canonicalize("m4").unwrap();
    succeed(dir.path(), "aclocal", &["-I", macros.to_str().unwrap()]);
    succeed(dir.path(), "autoconf", &["-f"]);
    dir
}

/// What a program that succeeds prints, on both streams.
fn succeed(folder: &Path, program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).current_dir(folder).output().unwrap();
    let printed = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{program} {words:?}: {printed}");
    printed
}
