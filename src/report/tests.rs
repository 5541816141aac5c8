//! Reports of findings made by hand.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::analysis::{
    Applicability, Commands, Condition, ConfigurationReport, Fix, JobReport, Severity, Strategy, Verdict,
};
use crate::configure::{Note, What};
use crate::edit::Edits;
use crate::races::Class;

const MAKEFILE: &str = "LINKER= @LINKER@\n\nall: app tool\n\napp: app.o\n\t$(LINKER) -o $@ app.o\n\ntool: tool.o\n\t$(LINKER) -o \
                        $@ tool.o\n\nout.txt:\n\techo caf\u{e9} > out.txt\n";
const CONFIGURE: &str = "AC_INIT\ncase $host in\n  zos*) LINKER=\"./mkexp app.exp; $CC\" ;;\nesac\nAC_SUBST(LINKER)\n";

pub(crate) struct Sample {
    project: Project,
    analysis: Analysis,
}

impl Sample {
    fn span(&self, path: &str, text: &str) -> Span {
        span(&self.project, path, text)
    }

    fn report(&self) -> Report<'_> {
        let style = Style { colour: false, width: 100, summary: true };
        Report { project: &self.project, analysis: &self.analysis, prefix: "", style }
    }
}

fn span(project: &Project, path: &str, text: &str) -> Span {
    let file = project.open(path).unwrap();
    let start = project.source(file).bytes().windows(text.len()).position(|it| it == text.as_bytes()).unwrap();
    Span::new(file, start, start + text.len())
}

pub(crate) fn sample() -> Sample {
    let mut makefile: Vec<u8> = MAKEFILE.as_bytes().to_vec();
    let at = makefile.windows(2).position(|it| it == "\u{e9}".as_bytes()).unwrap();
    makefile.splice(at..at + 2, [0xe9]);
    let project = Project::in_memory([("Makefile.in", makefile), ("configure.ac", CONFIGURE.as_bytes().to_vec())]);
    let place = |path: &str, text: &str| span(&project, path, text);
    let job = |target: &str, rule: &str, line: &str, spelt| JobReport {
        target: target.into(),
        name: target.into(),
        rule: Some(place("Makefile.in", rule)),
        recipe_line: Some(place("Makefile.in", line)),
        effect: "write",
        needs_folder: false,
        must: true,
        in_goal: true,
        command: "./mkexp app.exp".into(),
        spelt: vec![spelt],
        runs: None,
    };
    let spelt = place("configure.ac", "app.exp");
    let mut edits = Edits::new();
    edits.insert(spelt.file, 0, "dnl\n").unwrap();
    edits.replace(place("Makefile.in", "app: app.o"), "app: app.o $(EXP)").unwrap();
    let link = Finding {
        id: "0123456789abcdef".into(),
        class: Class::SharedOutput,
        severity: Severity::Error,
        path: "app.exp".into(),
        paths: Vec::new(),
        message: "Makefile.in:6 and Makefile.in:9 both write app.exp; nothing orders them (host=zos*)".into(),
        goal: "all".into(),
        configurations: vec![ConfigurationReport {
            name: "host=zos*".into(),
            conditions: vec![Condition {
                subject: "host".into(),
                value: "zos*".into(),
                place: place("configure.ac", "zos*"),
            }],
        }],
        jobs: vec![
            job("app", "app: app.o", "$(LINKER) -o $@ app.o", spelt),
            job("tool", "tool: tool.o", "$(LINKER) -o $@ tool.o", spelt),
        ],
        witness: "make -j2 app tool".into(),
        fixes: vec![Fix {
            strategy: Strategy::Prerequisite,
            applicability: Applicability::Safe,
            title: "give app.exp a rule of its own".into(),
            why: "Only app reads it; both linked it in.".into(),
            edits,
            verdict: Some(Verdict { race_gone: true, new_findings: 0, new_cycles: 0, commands_changed: 0 }),
        }],
    };
    let odd = Finding {
        id: "fedcba9876543210".into(),
        severity: Severity::Warning,
        path: "out.txt".into(),
        message: "Makefile.in:12 may write out\u{1b}[31m.txt".into(),
        configurations: vec![ConfigurationReport { name: "base".into(), conditions: Vec::new() }],
        jobs: vec![JobReport {
            recipe_line: Some({
                let start = place("Makefile.in", "echo caf");
                Span::new(start.file, start.start(), start.end() + " > out.txt".len() + 1)
            }),
            must: false,
            ..job("out.txt", "out.txt:", "echo caf", place("Makefile.in", "> out.txt"))
        }],
        fixes: Vec::new(),
        ..link.clone()
    };
    let note = Note { what: What::Command, name: "frob".into(), place: Some(place("Makefile.in", "echo")) };
    let analysis = Analysis {
        makefiles: vec!["Makefile.in".into()],
        configurations_examined: 2,
        configurations: vec!["base".into(), "host=zos*".into()],
        findings: vec![link, odd],
        unmodelled: vec![(note, 3)],
        commands: Commands { all: 10, known: 9, opaque: 2 },
        errors: Vec::new(),
        cycles: BTreeSet::new(),
        shown: BTreeSet::new(),
    };
    Sample { project, analysis }
}

fn snapshot(name: &str, text: String) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn each_format_renders() {
    let sample = sample();
    for format in FORMATS {
        snapshot(&format!("report.{}", format.name), format.render(&sample.report()));
    }
    snapshot("report.statistics", statistics::render(&sample.report()));
}

#[test]
fn sarif_names_a_place_once() {
    let mut sample = sample();
    let related = |sample: &Sample| {
        let text = Format::named("sarif").unwrap().render(&sample.report());
        let value: Value = serde_json::from_str(&text).unwrap();
        value["runs"][0]["results"][0]["relatedLocations"].as_array().unwrap().len()
    };
    let before = related(&sample);
    let again = sample.analysis.findings[0].jobs[0].clone();
    sample.analysis.findings[0].jobs.push(again);
    assert_eq!(related(&sample), before);
}

#[test]
fn text_is_brief_and_harmless() {
    let sample = sample();
    let text = Format::named("text").unwrap().render(&sample.report());
    let longest = text.split("\n\n").map(|it| it.lines().count()).max().unwrap();
    assert!(longest <= 13, "{longest} lines:\n{text}");
    assert!(!text.contains('\u{1b}') && text.contains("\u{fffd}"), "{text}");
    let coloured = Report { style: Style { colour: true, ..sample.report().style }, ..sample.report() };
    let coloured = Format::named("text").unwrap().render(&coloured);
    assert!(coloured.contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), text, "colours change no letter");
}

#[test]
fn json_has_the_fields_of_the_schema() {
    let sample = sample();
    let report = Report { prefix: "../x/", ..sample.report() };
    let value: Value = serde_json::from_str(&Format::named("json").unwrap().render(&report)).unwrap();
    assert_eq!((&value["schema"], &value["root"]), (&"unrace/1".into(), &"/project".into()));
    let finding = &value["findings"][0];
    assert_eq!(finding["jobs"][0]["makefile"], "../x/Makefile.in");
    assert_eq!((&finding["jobs"][1]["line"], &finding["jobs"][1]["recipe_line"]), (&8.into(), &9.into()));
    let spelt = &finding["jobs"][0]["spelt"][0];
    assert_eq!((&spelt["line"], &spelt["column"], &spelt["text"]), (&3.into(), &25.into(), &"app.exp".into()));
    assert_eq!(finding["configurations"][0]["conditions"][0]["line"], 3);
    assert_eq!(value["findings"][1]["configurations"][0]["conditions"].as_array().map(Vec::len), Some(0));
    let at = sample.span("Makefile.in", "app: app.o");
    let edit = &finding["fixes"][0]["edits"][1];
    assert_eq!((&edit["start"], &edit["end"]), (&at.start().into(), &at.end().into()));
    assert_eq!(value["unmodelled"][0]["count"], 3);
}

#[test]
fn letters_are_short_and_self_contained() {
    let sample = sample();
    let finding = &sample.analysis.findings[0];
    let mut fix = finding.fixes[0].clone();
    fix.why.push_str("\n--- a/x is no patch here\nFrom here on, neither");
    fix.title = "give app.exp a rule of its own, and name it as a prerequisite of all the rules that read it".into();
    let patch = b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\xe9\n+b\n";
    let habit = super::habit::Habit::default();
    let author = "A <a@b.c>";
    let letter = mail::Letter { finding, fix: &fix, patch, author, number: (2, 3), habit: &habit, evidence: None };
    assert!(mail::subject(&letter).chars().count() <= 72);
    let file = mail::file_name(&letter);
    assert_eq!(file, "0002-give-app.exp-a-rule-of-its-own-and-name-it-as-a-prer.patch");
    let told = mail::Letter { evidence: Some("make -j4 a b (status 0): both wrote it\nFrom a"), ..letter };
    let text = [mail::mbox(&told), mail::dep3(&letter)].concat();
    assert!(text.windows(patch.len()).filter(|it| it == patch).count() == 2, "the patch's bytes are kept");
    snapshot("report.letters", String::from_utf8_lossy(&text).into_owned());
}

#[test]
fn long_lines_are_cut_around_the_mark() {
    let mut sample = sample();
    let words = "word ".repeat(60);
    let text = format!("a:\n\tcc {words} > out.txt {words}\n");
    sample.project = Project::in_memory([("Makefile", text.into_bytes())]);
    let mut finding = sample.analysis.findings.remove(1);
    let (start, end) = (4, sample.project.source(sample.project.open("Makefile").unwrap()).bytes().len() - 1);
    let out = sample.span("Makefile", "out.txt");
    let line = Span::new(out.file, start, end);
    finding.jobs[0] = JobReport { rule: None, recipe_line: Some(line), spelt: vec![out], ..finding.jobs[0].clone() };
    finding.jobs.push(JobReport { spelt: Vec::new(), target: "b".into(), ..finding.jobs[0].clone() });
    sample.analysis.findings = vec![finding];
    let text = Format::named("text").unwrap().render(&sample.report());
    assert!(text.lines().all(|it| it.chars().count() <= 130), "{text}");
    snapshot("report.long-lines", text);
}
