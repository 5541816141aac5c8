//! What the stages cost on makefiles made here: `cargo bench`. `tests/bench.sh` holds whole runs against other programs;
//! for it, `--floor FILE...` has tree-sitter read files once.
#![allow(clippy::print_stdout)] // A bench tells what it measured.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use unrace::analysis::{Options, analyse};
use unrace::makefile::Makefile;
use unrace::source::Project;

fn main() {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("--floor") => arguments.for_each(|it| parsed_once(&it)),
        _ => benches(),
    }
}

fn parsed_once(path: &str) {
    let is_shell = path.ends_with(".ac");
    let language = if is_shell { tree_sitter_bash::LANGUAGE } else { tree_sitter_make::LANGUAGE };
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&language.into()).expect("the grammar fits the library");
    let text = std::fs::read(path).expect("the file can be read");
    black_box(parser.parse(&text, None));
}

fn benches() {
    for rules in [100, 1_000, 10_000] {
        let text = shared(rules);
        let project = || Project::in_memory([("Makefile", text.as_str())]);
        let file = |it: &Project| it.open("Makefile").expect("it is there");
        measure("read a makefile", rules, || Makefile::read(&project(), file(&project())));
        measure("find its races", rules, || analyse(&project(), &["Makefile".to_owned()], &Options::default()));
    }
    for cases in [10, 100, 1_000] {
        let project = Project::in_memory([("configure.ac", configure(cases))]);
        measure("read a configure.ac", cases, || unrace::configure::read(&project, "configure.ac"));
    }
}

/// The least time of some runs, in all and for each of `count` things.
fn measure<T>(name: &str, count: u32, mut work: impl FnMut() -> T) {
    let started = Instant::now();
    let mut best = Duration::MAX;
    while started.elapsed() < Duration::from_secs(1) || best == Duration::MAX {
        let start = Instant::now();
        black_box(work());
        best = best.min(start.elapsed());
    }
    println!("{name:<24}{count:>8}{best:>14.2?}{:>14.2?} each", best / count);
}

/// Rules of which two each write one file.
fn shared(rules: u32) -> String {
    let mut text = String::from("all:");
    (0..rules).for_each(|it| write!(text, " t{it}").expect("a string takes all"));
    (0..rules).for_each(|it| write!(text, "\nt{it}:\n\techo x > out{}", it / 2).expect("a string takes all"));
    text
}

fn configure(cases: u32) -> String {
    let mut text = String::from("AC_INIT([a],[1])\n");
    for it in 0..cases {
        writeln!(text, "case $host in a{it}*) X{it}=y;; *) X{it}=n;; esac\nAC_SUBST([X{it}])")
            .expect("a string takes all");
    }
    text
}
