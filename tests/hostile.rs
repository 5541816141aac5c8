//! Trees that mean harm, or are merely odd: `check` ends soon, with little memory, touches nothing, shows nothing raw.
//!
//! The inputs are made here. What the fuzzer found stands in `tests/fuzz/regressions`, by the law that it broke.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

#[path = "fuzz/src/laws.rs"]
mod laws;
mod tools;

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;
use tools::has_tools;

/// Seconds of processor time and KiB of memory that a run may take, in a build that is not optimised.
const SECONDS: u32 = 20;
const KIBIBYTES: u32 = 1 << 21;
/// How deep things are nested.
const DEEP: usize = 100_000;

fn tree(files: &[(&str, String)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

/// A run below limits of time and memory, which end it by a signal.
fn run(dir: &Path, words: &[&str]) -> Output {
    let limited = format!("ulimit -t {SECONDS} -v {KIBIBYTES} -c 0; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &limited, env!("CARGO_BIN_EXE_unrace")]).args(words).current_dir(dir);
    command.env("RAYON_NUM_THREADS", "2").output().unwrap()
}

/// The exit code and both outputs of `check`, which came to an end of its own.
fn check(dir: &Path) -> (i32, String) {
    let output = run(dir, &["check"]);
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    let code = output.status.code().unwrap_or_else(|| panic!("ended by {:?}: {text}", output.status));
    assert!(code <= 2 && !text.contains("internal error"), "{code}: {text}");
    (code, text)
}

fn check_text(name: &str, makefile: String) -> (i32, String) {
    eprintln!("{name}");
    check(tree(&[("Makefile", makefile)]).path())
}

fn repeated(open: &str, inside: &str, close: &str) -> String {
    format!("{}{inside}{}", open.repeat(DEEP), close.repeat(DEEP))
}

#[test]
fn what_grows_without_end_is_cut_short() {
    let doubling = |operator: &str| {
        let mut res = format!("A0 {operator} xxxxxxxxxxxxxxxx\n");
        for level in 1..64 {
            writeln!(res, "A{level} {operator} $(A{0})$(A{0})", level - 1).unwrap();
        }
        res
    };
    let too_large = "expansion is too large; make stops here";
    let texts = [
        ("doubling in a target", doubling("=") + "all: $(A63)\n", too_large),
        ("doubling in simple variables", doubling(":=") + "all: $(A63)\n", too_large),
        ("doubling in a recipe", doubling("=") + "all:\n\techo $(A63) > out\n", "found no races"),
        ("an eval in itself", "define E\n$(eval $(E))\nendef\n$(E)\nall:\n".into(), "references itself"),
        ("a call in itself", "f = $(call f,$(1)x)$(call f,$(1)y)\nall: $(call f,a)\n".into(), "too deeply"),
        (
            "rules that make rules",
            "define E\nr$(1): ; echo > r$(1)\n$$(eval $$(call E,$(1)x))$$(eval $$(call E,$(1)y))\nendef\n\
             $(eval $(call E,a))\nall:\n"
                .into(),
            "too",
        ),
        (
            "loops in loops",
            format!("L = 1 2 3 4 5 6 7 8 9\nA = {}x{}\nall: $(A)\n", "$(foreach a,$L,".repeat(12), ")".repeat(12)),
            too_large,
        ),
    ];
    for (name, text, said) in texts {
        let (_, out) = check_text(name, text);
        assert!(out.contains(said), "{name}: {out}");
    }
}

#[test]
fn includes_of_each_other_end() {
    let both = "-include a.mk\n-include a.mk\n".to_owned();
    let dir =
        tree(&[("Makefile", "include a.mk\nall:\n".into()), ("a.mk", both.replace("a.mk", "b.mk")), ("b.mk", both)]);
    let (code, out) = check(dir.path());
    assert!(code == 2 && out.contains("includes are nested too deeply"), "{out}");
    let template = "all: @X@\n".to_owned();
    let twice = |it: &str| format!("m4_include([{it}])m4_include([{it}])\nX=1\n");
    let configure = "AC_INIT([a],[1])\nm4_include([a.m4])\nAC_SUBST([X])\nAC_OUTPUT([Makefile])\n".to_owned();
    let files =
        [("Makefile.in", template), ("configure.ac", configure), ("a.m4", twice("b.m4")), ("b.m4", twice("a.m4"))];
    assert_eq!(check(tree(&files).path()).0, 0);
    let mut headers = vec![("Makefile", "all: a.o\na.o: a.c\n\tcc -c a.c\n".to_owned())];
    let names: Vec<String> = (0..200).map(|it| format!("x{it}.h")).collect();
    headers.push(("a.c", "#include \"x0.h\"\n".into()));
    for (at, name) in names.iter().enumerate() {
        let text = format!("#include \"x{}.h\"\n#include \"x{}.h\"\n", (at + 1) % 200, (at * 7 + 3) % 200);
        headers.push((name, text));
    }
    assert_eq!(check(tree(&headers).path()).0, 0);
}

#[test]
fn depth_does_not_exhaust_the_stack_in_a_makefile() {
    for (open, close) in
        [("$(", "x)"), ("${", "}"), ("$(if x,", ")"), ("$(call f,", ")"), ("$(subst ${", ",x)"), ("$(", "")]
    {
        check_text(open, format!("all: {}\n\techo x\n", repeated(open, "", close)));
        check_text(open, format!("A = {}\nall:\n\techo $(A)\n", repeated(open, "", close)));
    }
    check_text("ifdef", repeated("ifdef A\n", "all:\n", "endif\n"));
    check_text("ifndef", repeated("ifndef A\n", "all:\n", "endif\n"));
    check_text("else", format!("ifdef A\n{}endif\nall:\n", "else ifdef A\n".repeat(DEEP)));
    check_text("define", repeated("define A\n", "", "endef\n") + "all:\n");
    check_text("a chain", (0..20_000).map(|it| format!("t{it}: t{}\n\techo > out\n", it + 1)).collect());
    check_text("a ring", (0..20_000).map(|it| format!("t{it}: t{}\n\techo > out\n", (it + 1) % 20_000)).collect());
}

const SHELL: [(&str, &str); 13] = [
    ("(", ")"),
    ("$(", ")"),
    ("{ ", "; }"),
    ("\"$(", ")\""),
    ("if ", "; then :; fi"),
    ("case x in x) ", ";; esac"),
    ("${a:-", "}"),
    ("$((", "))"),
    ("while ", "; do :; done"),
    ("f() { ", "; }"),
    ("! ", ""),
    ("a && ", ""),
    ("a | ", ""),
];

#[test]
fn depth_does_not_exhaust_the_stack_in_shell_text() {
    for (open, close) in SHELL {
        let text = repeated(open, "echo x > out", close);
        check_text(open, format!("all: a b\na:\n\t{}\nb:\n\techo > out\n", text.replace('$', "$$")));
        let makefile = "all: a b\na:\n\tsh gen.sh\nb:\n\techo > out\n".to_owned();
        check(tree(&[("Makefile", makefile), ("gen.sh", text)]).path());
    }
    check_text("a function", "all:\n\tf() { f $$1$$1; }; f x; echo > out\n".into());
    check_text("a script", "all:\n\tsh -c 'eval \"$$0\"' 'eval \"$$0\"'\n".into());
}

#[test]
fn depth_does_not_exhaust_the_stack_in_a_configure_ac() {
    let m4 = [("[", "]"), ("m4_if([a],[a],[", "])"), ("AS_IF([true],[", "])"), ("AC_DEFUN([a],[", "])"), ("f(", ")")];
    let open = [("[", ""), ("", "]")];
    for (open, close) in SHELL.into_iter().chain(m4).chain(open) {
        eprintln!("{open}");
        let inside = repeated(open, "X=1", close);
        let configure = format!("AC_INIT([a],[1])\n{inside}\nAC_SUBST([X])\nAC_OUTPUT([Makefile])\n");
        check(tree(&[("Makefile.in", "all: @X@\n".into()), ("configure.ac", configure)]).path());
    }
}

#[test]
fn long_names_and_lists_are_read() {
    let (x, y) = ("x".repeat(3_000_000), "y ".repeat(300_000));
    check_text("a name", format!("all: {x}\n\techo {x} > out\n"));
    check_text("a list", format!("all:\n\techo {y} > out\n"));
    check_text("a comment", format!("#{}\nall:\n", "\\\n".repeat(DEEP)));
    check_text("dollars", format!("all:\n\techo {}\n", "$".repeat(DEEP + 1)));
    check_text("colons", format!("a{}b\n", ":".repeat(DEEP)));
    check_text("wildcards", format!("all: $(filter {},x) $(wildcard {}b)\n", "%".repeat(5_000), "a*".repeat(500)));
    let all: String = (0..3_000).map(|it| format!("t{it}: ; echo > out\n")).collect();
    check_text("goals", all);
    let lines = |n: usize, line: &dyn Fn(usize) -> String| (0..n).map(line).collect::<String>();
    let names = |n: usize| lines(n, &|it| format!(" t{it}"));
    let rules = lines(20_000, &|it| format!("t{it}: s{it}.c\n\t./gen s{it}.c $@\n"));
    check_text("sources that are not there", format!("all:{}\n{rules}", names(20_000)));
    for reader in ["tar cf $@ d", "cat d/*g* > $@"] {
        let rules = lines(2_000, &|it| format!("t{it}: in\n\t{reader}\nd/g{it}: t{it}\n\techo > $@\n"));
        let made = lines(2_000, &|it| format!(" d/g{it}"));
        let makefile = ("Makefile", format!("all:{}{made}\n{rules}", names(2_000)));
        eprintln!("many files read by many: {reader}");
        check(tree(&[makefile, ("d/there", String::new())]).path());
    }
}

#[test]
#[ignore = "needs a few GiB of memory"]
fn a_line_of_100_mb_is_read() {
    let dir = tree(&[("Makefile", format!("all:\n\techo {} > out\n", "y".repeat(100 << 20)))]);
    let output = Command::new(env!("CARGO_BIN_EXE_unrace")).arg("check").current_dir(dir.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    if !has_tools(&["mkfifo"]) {
        return;
    }
    let makefile = "include fifo zero up/secret out /etc/passwd ../secret loop\nall: a.o b.o\na.o: a.c\n\tcc -c a.c\n\
                    b.o:\n\tsh ./fifo\n\tsh zero > x\n";
    let dir = tree(&[("root/Makefile", makefile.into()), ("secret", "stolen: ; echo > x\n".into())]);
    let root = dir.path().join("root");
    fs::write(root.join("a.c"), "#include \"fifo\"\n#include \"zero\"\n#include \"loop\"\n").unwrap();
    assert!(
        Command::new("mkfifo")
            .args(["fifo", "GNUmakefile", "configure.ac"])
            .current_dir(&root)
            .status()
            .unwrap()
            .success()
    );
    for (to, name) in [("/dev/zero", "zero"), ("..", "up"), ("../secret", "out"), ("loop", "loop"), (".", "self")] {
        symlink(to, root.join(name)).unwrap();
    }
    fs::create_dir(root.join("sub")).unwrap();
    symlink("/dev/zero", root.join("sub/Makefile")).unwrap();
    symlink("Makefile", root.join("sub/makefile")).unwrap();
    let (code, out) = check(&root);
    assert_eq!(code, 2, "a makefile that is a FIFO is told: {out}");
    assert!(!out.contains("stolen") && !out.contains("root:x:"), "{out}");
    for name in ["fifo", "zero", "loop", "GNUmakefile"] {
        let output = run(&root, &["check", name]);
        assert_eq!(output.status.code(), Some(2), "{name}");
    }
    let (code, out) = {
        let output = run(&root, &["check", "Makefile"]);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert!(code != Some(2) && !out.contains("stolen"), "{out}");
}

#[test]
fn an_unreadable_folder_is_told_of() {
    let dir = tree(&[("Makefile", "all:\n".into()), ("closed/Makefile", "all:\n".into())]);
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let closed = dir.path().join("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let prefix: &[&str] = match fs::read_dir(&closed).is_ok() {
        true if has_tools(&["setpriv"]) => &as_nobody,
        true => return,
        false => &["env"],
    };
    // Where the program itself lies may be closed to others.
    let copy = dir.path().join("unrace");
    fs::copy(env!("CARGO_BIN_EXE_unrace"), &copy).unwrap();
    let output = Command::new(prefix[0]).args(&prefix[1..]).arg(&copy).arg("check").current_dir(dir.path()).output();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    let output = output.unwrap();
    let out = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.code() == Some(2) && out.contains("closed") && out.contains("ermission denied"), "{out}");
}

#[test]
fn names_are_never_shown_raw() {
    let name = "a\u{1b}]0;x\u{7}\u{202e}b";
    let makefile = format!("all: {name} c\n{name}:\n\techo > '{name}'\nc:\n\techo > '{name}'\n");
    let folder = format!("{name} \"q'\nn");
    let odd = format!("{folder}/Makefile");
    let dir = tree(&[("Makefile", makefile.clone()), (&odd, makefile)]);
    fs::create_dir(dir.path().join(OsStr::from_bytes(b"caf\xe9"))).unwrap();
    fs::write(dir.path().join(OsStr::from_bytes(b"caf\xe9/Makefile")), "all:\n").unwrap();
    let formats = ["text", "json", "jsonl", "sarif", "rdjson", "rdjsonl", "github", "gitlab"];
    let mut runs: Vec<Vec<&str>> =
        formats.iter().map(|it| vec!["check", "--statistics", "--output-format", it]).collect();
    runs.extend(["diff", "mbox", "dep3"].map(|it| vec!["fix", "--unsafe-fixes", "--patch-format", it]));
    runs.push(vec!["check", &folder]);
    runs.push(vec!["check", "no\u{1b}where"]);
    for words in runs {
        let output = run(dir.path(), &words);
        // Hunks of a patch are the makefile's own text; headers and messages are ours.
        let is_patch = words[0] == "fix";
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let ours = |it: &&str| {
            !is_patch || !it.starts_with([' ', '+', '-']) || it.starts_with("--- ") || it.starts_with("+++ ")
        };
        let own: String = text.split_inclusive('\n').filter(|it| ours(&it.trim_end_matches('\n'))).collect();
        for (shown, text) in [("output", own), ("error", String::from_utf8_lossy(&output.stderr).into_owned())] {
            let raw = text.chars().find(|it| (it.is_control() && *it != '\n') || *it == '\u{202e}');
            assert!(raw.is_none(), "{words:?}: {raw:?} on {shown}: {text:?}");
        }
        assert!(output.status.code().is_some_and(|it| it <= 2), "{words:?}");
    }
}

/// `check` opens nothing to write, makes nothing, removes nothing, runs nothing.
#[test]
fn a_check_only_reads() {
    if !has_tools(&["strace"]) {
        return;
    }
    let makefile = "include /etc/passwd\nX := $(shell touch shell)\nall: a b\n-include made.mk\nmade.mk: ; touch made.mk\n\
                    a:\n\t+touch ran; echo > out\nb:\n\techo > out\n";
    let configure =
        "AC_INIT([a],[1])\nm4_esyscmd([touch m4])\nX=`touch configure`\nAC_SUBST([X])\nAC_OUTPUT([Makefile])\n";
    let dir = tree(&[("root/Makefile.in", makefile.into()), ("root/configure.ac", configure.into())]);
    let (root, log) = (dir.path().join("root"), dir.path().join("log"));
    let calls = "trace=execve,execveat,open,openat,openat2,creat,mkdir,mkdirat,unlink,unlinkat,rename,renameat,renameat2,\
                 link,linkat,symlink,symlinkat,truncate,ftruncate,chmod,fchmodat,chown,fchownat,mknod,mknodat,socket,fork,vfork,clone,clone3";
    for words in [&["check"][..], &["check", "--output-format", "sarif"], &["fix"], &["database", "Makefile.in"]] {
        let mut traced = Command::new("strace");
        traced.args(["-f", "-qq", "-e", calls, "-o"]).arg(&log);
        let status = traced.arg(env!("CARGO_BIN_EXE_unrace")).args(words).current_dir(&root).output().unwrap();
        assert!(status.status.code().is_some(), "{words:?}");
        let log = fs::read_to_string(&log).unwrap();
        let mut opened = 0;
        for line in log.lines().skip(1).map(|it| it.trim_start_matches(|it: char| it.is_ascii_digit() || it == ' ')) {
            let call = line.split('(').next().unwrap();
            let harmless = match call {
                "open" | "openat" => line.contains("O_RDONLY"),
                // A thread of our own, not a process.
                "clone" | "clone3" => line.contains("CLONE_THREAD"),
                // A thread of which strace saw no call before the end.
                "???" => true,
                // The second half of a call that is listed, a signal, or the end.
                _ => line.starts_with(['<', '+', '-']),
            };
            assert!(harmless, "{words:?}: {line}");
            opened += usize::from(call.starts_with("open"));
        }
        assert!(opened > 2, "the trace has the reading of the makefile");
    }
    let mut names: Vec<_> = fs::read_dir(&root).unwrap().map(|it| it.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["Makefile.in", "configure.ac"]);
}

/// Each find of the fuzzer, by the law that it broke.
#[test]
fn finds_of_the_fuzzer_stay_mended() {
    for (name, law) in laws::TARGETS {
        for folder in ["regressions", "corpus"] {
            let folder = Path::new("tests/fuzz").join(folder).join(name);
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            let mut paths: Vec<_> = entries.map(|it| it.unwrap().path()).collect();
            paths.sort();
            for path in paths {
                eprintln!("{}", path.display());
                law(&fs::read(&path).unwrap());
            }
        }
    }
}
