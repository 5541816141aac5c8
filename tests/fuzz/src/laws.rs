//! What holds for arbitrary bytes. The fuzzer tries these laws, `tests/hostile.rs` holds its finds against them.
//!
//! An input is a makefile, or several files: a line `=== PATH` starts each further one.

#![allow(dead_code, clippy::unwrap_used)] // Each user takes its part; a broken law panics.

use std::collections::BTreeSet;

use unrace::analysis::{Applicability, Fix, Options, Severity};
use unrace::configure::{self, Configuration};
use unrace::effects::{self, Headers, Models, Recipe};
use unrace::expand::{Request, evaluate};
use unrace::makefile::Makefile;
use unrace::migrate::{Outcome, Policy, Step, migrate};
use unrace::patch::{Change, changes, unified};
use unrace::report::{FORMATS, Report, Style};
use unrace::source::{Project, Span};

/// A law; it panics where an input breaks it.
type Law = fn(&[u8]);

/// Each law by its name.
pub(crate) const TARGETS: [(&str, Law); 5] =
    [("parse", parse), ("evaluate", evaluation), ("shell", shell), ("configure", configuration), ("fix", fix)];

/// Reading is complete: statements stand in order, apart, and only newlines and a mark of UTF-8 before the first are
/// outside them.
pub(crate) fn parse(data: &[u8]) {
    let project = project(data, "Makefile");
    for path in ["Makefile", "Makefile.am"] {
        let Some(file) = project.open(path) else { continue };
        let makefile = Makefile::read(&project, file);
        let text = makefile.text();
        assert_eq!(text.len(), project.source(file).bytes().len());
        let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        for (position, statement) in makefile.statements.iter().enumerate() {
            let span = statement.span;
            assert!(at <= span.start() && span.end() <= text.len(), "{span:?} after {at} of {}", text.len());
            assert!(text[at..span.start()].bytes().all(|it| it == b'\n'), "lost {:?}", &text[at..span.start()]);
            at = span.end();
            let inside = |it: Span| assert!(span.contains(it) && text.get(it.start()..it.end()).is_some(), "{it:?}");
            if let Some(rule) = makefile.rule_line(position) {
                let words = [&rule.targets, &rule.target_pattern, &rule.prerequisites, &rule.order_only];
                words.into_iter().flatten().for_each(|it| inside(*it));
                rule.recipe.into_iter().chain([rule.operator, rule.head]).for_each(inside);
            }
            if let Some(assignment) = makefile.assignment(position) {
                [assignment.name, assignment.value, assignment.operator_span].into_iter().for_each(inside);
            }
            makefile.references(span).into_iter().for_each(inside);
        }
        assert!(text[at..].bytes().all(|it| it == b'\n'), "lost {:?}", &text[at..]);
        makefile.includes();
    }
}

/// Evaluation ends.
pub(crate) fn evaluation(data: &[u8]) {
    let project = project(data, "Makefile");
    let configure = configure::read(&project, "configure.ac");
    evaluate(&Request {
        project: &project,
        makefile: "Makefile",
        directory: "",
        configure: &configure,
        configuration: &Configuration::default(),
        command_line: &[],
        environment: &[],
        goals: &[],
        shell: unrace::effects::printed,
    });
}

/// A recipe's places lie in its lines.
pub(crate) fn shell(data: &[u8]) {
    let project = project(data, "recipe");
    let Some(file) = project.open("recipe") else { return };
    let source = project.source(file);
    let models = Models::built_in();
    for one_shell in [false, true] {
        let lines: Vec<&str> = source.text().lines().collect();
        let outcome = effects::interpret(&Recipe {
            project: &project,
            directory: "sub",
            lines: &lines,
            open: &[],
            before: &[],
            one_shell,
            environment: &[],
            generated: &|it| it.ends_with(".h"),
            links: &|_| None,
            models: &models,
            headers: &Headers::default(),
        });
        let places = outcome.effects.iter().map(|it| &it.place).chain(outcome.invocations.iter().map(|it| &it.place));
        for place in places {
            assert!(lines[place.line()].get(place.range()).is_some(), "{place:?}");
        }
    }
}

/// Each substituted variable has a value, and each deviation changes what it says it changes.
pub(crate) fn configuration(data: &[u8]) {
    let project = project(data, "configure.ac");
    let configure = configure::read(&project, "configure.ac");
    for name in configure.substituted().take(20) {
        configure.substitution(name, &Configuration::default());
        for setting in configure.deviations(name).into_iter().take(20) {
            project.text(setting.place);
            configure.substitution(name, &Configuration::default().with(setting));
        }
        for assignment in configure.assignments(name) {
            assert!(assignment.span.contains(assignment.value_span));
            project.text(assignment.span);
        }
    }
}

/// Reports show nothing raw; each patch gives the new bytes; nothing but the edits changes; fixing twice is fixing once.
pub(crate) fn fix(data: &[u8]) {
    let project = project(data, "Makefile");
    let makefiles: Vec<String> = ["Makefile", "Makefile.in", "Makefile.am"]
        .iter()
        .filter(|it| project.exists(it))
        .map(|it| (*it).into())
        .collect();
    let outcome = fixed(&project, &makefiles);
    reports(&project, &outcome);
    let offered = outcome.before.findings.iter().flat_map(|it| &it.fixes).filter(|it| !it.edits.is_empty());
    offered.for_each(|it| one_fix(&project, it));
    outcome.steps.iter().for_each(one_step);
    let again = fixed(&outcome.project, &makefiles);
    assert!(again.steps.is_empty(), "fixed again: {}", again.steps[0].fix.title);
}

fn fixed(project: &Project, makefiles: &[String]) -> Outcome {
    let policy = Policy {
        applicability: Applicability::Unsafe,
        severity: Severity::Warning,
        only: Vec::new(),
        except: BTreeSet::new(),
    };
    migrate(project, makefiles, &Options { fixes: true, ..Options::default() }, &policy)
}

fn reports(project: &Project, outcome: &Outcome) {
    let style = Style { colour: false, width: 100, summary: true };
    let report = Report { project, analysis: &outcome.before, prefix: "", style };
    for format in FORMATS {
        let text = format.render(&report);
        let layout = |it: char| it == '\n' || it == '\t' && format.name == "html";
        let raw = text.chars().find(|it| it.is_control() && !layout(*it));
        assert!(raw.is_none(), "{}: {raw:?} in {text}", format.name);
    }
}

fn one_fix(project: &Project, fix: &Fix) {
    for change in changes(project, &fix.edits.apply(project), [&fix.edits]) {
        let file = project.open(&change.path).unwrap();
        let mut made = Vec::new();
        let mut at = 0;
        for edit in fix.edits.iter().filter(|it| it.span.file == file) {
            made.extend_from_slice(&change.before[at..edit.span.start()]);
            made.extend_from_slice(&edit.replacement);
            at = edit.span.end();
        }
        made.extend_from_slice(&change.before[at..]);
        assert!(made == change.after, "bytes outside the edits differ");
    }
}

fn one_step(step: &Step) {
    let changes = changes(&step.before, &step.after, [&step.fix.edits]);
    assert!(!changes.is_empty(), "a fix changes something");
    for change in changes {
        let patch = unified(std::slice::from_ref(&change), "");
        assert!(applied(&patch, &change) == change.after, "{}", String::from_utf8_lossy(&patch));
    }
}

/// What a strict `patch` makes of the former bytes.
fn applied(patch: &[u8], change: &Change) -> Vec<u8> {
    let old: Vec<&[u8]> = change.before.split_inclusive(|it| *it == b'\n').collect();
    let lines: Vec<&[u8]> = patch.split_inclusive(|it| *it == b'\n').skip(2).collect();
    let (mut res, mut at) = (Vec::new(), 0);
    for (idx, line) in lines.iter().enumerate() {
        // A final line without newline is followed by a remark about it, which takes back the newline of the diff.
        let bare = lines.get(idx + 1).is_some_and(|it| it[0] == b'\\');
        let content = if bare { &line[1..line.len() - 1] } else { &line[1..] };
        match line[0] {
            b'@' => {
                let start = start_of(line);
                assert!(start >= at, "hunks stand in order");
                res.extend(old[at..start].concat());
                at = start;
            }
            b'\\' => {}
            b'+' => res.extend_from_slice(content),
            sign => {
                assert!(old[at] == content, "the context is what the file has");
                at += 1;
                if sign == b' ' {
                    res.extend_from_slice(content);
                }
            }
        }
    }
    res.extend(old[at..].concat());
    res
}

/// The index of a hunk's first old line: `@@ -START,COUNT +...`, counted from 1, or from 0 where there is none.
fn start_of(line: &[u8]) -> usize {
    let text = std::str::from_utf8(line).unwrap();
    let range = text[4..].split(' ').next().unwrap();
    let (start, count) = range.split_once(',').unwrap_or((range, "1"));
    let start: usize = start.parse().unwrap();
    if count == "0" { start } else { start - 1 }
}

/// The files of an input; what stands before the first heading is `first`.
pub(crate) fn project(data: &[u8], first: &str) -> Project {
    let mut files = vec![(first.to_owned(), Vec::new())];
    for line in data.split_inclusive(|it| *it == b'\n') {
        let path = line.strip_prefix(b"=== ").and_then(|it| std::str::from_utf8(it.trim_ascii()).ok());
        match path.filter(|it| is_path(it)) {
            Some(path) => files.push((path.to_owned(), Vec::new())),
            None => files.last_mut().unwrap().1.extend_from_slice(line),
        }
    }
    if files.len() > 1 && files[0].1.is_empty() {
        files.remove(0);
    }
    Project::in_memory(files)
}

fn is_path(text: &str) -> bool {
    text.split('/').all(|it| !it.is_empty() && it != "." && it != ".." && it.chars().all(|it| !it.is_control()))
}
