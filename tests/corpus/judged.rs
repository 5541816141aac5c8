//! False alarms: each finding in the packages of `judged.toml` against what a person who read the makefiles said of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use unrace::analysis::{Finding, Options, Severity, analyse, includers};
use unrace::files::{Place, makefiles};

use super::trees::{name, packages, project, write_report};

/// `judged.toml`.
#[derive(Deserialize)]
struct Judged {
    /// The packages whose findings were all looked at.
    packages: Vec<String>,
    #[serde(rename = "finding")]
    findings: Vec<Judgement>,
}

/// A finding as a person saw it.
#[derive(Deserialize)]
struct Judgement {
    package: String,
    class: String,
    path: String,
    makefiles: Vec<String>,
    verdict: bool,
    why: String,
}

impl Judgement {
    fn is_of(&self, package: &str, finding: &Finding) -> bool {
        let paths = || std::iter::once(&finding.path).chain(&finding.paths);
        self.package == package && self.class == finding.class.name() && paths().any(|it| *it == self.path)
    }
}

#[test]
#[ignore = "takes minutes"]
fn findings_are_judged() {
    let judged: Judged = toml::from_str(include_str!("judged.toml")).unwrap();
    assert!(judged.findings.iter().all(|it| !it.why.is_empty() && !it.makefiles.is_empty()));
    let present: Vec<PathBuf> = packages().into_iter().filter(|it| judged.packages.contains(&name(it))).collect();
    assert!(!present.is_empty(), "no package of judged.toml is there");
    let mut counts = Counts::default();
    let mut lines = Vec::new();
    let mut wrong = Vec::new();
    for folder in &present {
        let package = name(folder);
        for finding in findings(folder) {
            let judgement = judged.findings.iter().find(|it| it.is_of(&package, &finding));
            let verdict = judgement.map(|it| it.verdict);
            let line = format!("{package} {} {} {}", finding.severity.name(), finding.class.name(), finding.path);
            if finding.severity == Severity::Error && verdict == Some(false) {
                wrong.push(line.clone());
            }
            if verdict.is_none() {
                let jobs: Vec<&str> = finding.jobs.iter().take(4).map(|it| it.target.as_str()).collect();
                lines.push(format!("{line}: {} [{}; {}]", finding.message, finding.goal, jobs.join(", ")));
            }
            counts.add(finding.severity, verdict);
        }
        println!("{package}: done");
        write_report("judged", &lines);
    }
    write_report("judged", &lines);
    println!("{} packages; {counts}; not judged: the list", present.len());
    assert!(wrong.is_empty(), "judged false, and yet errors:\n{}", wrong.join("\n"));
    let Counts { errors, .. } = counts;
    assert!(errors.right * 100 >= 95 * (errors.right + errors.wrong), "precision of errors: {errors:?}");
}

/// What `check` reports of a package.
fn findings(folder: &Path) -> Vec<Finding> {
    let place = Place::new(folder, &[PathBuf::from(".")]).unwrap();
    let project = project(&place.root);
    let found = makefiles(&place, &globset::GlobSet::empty()).unwrap().makefiles;
    let read: BTreeSet<String> = found.iter().flat_map(|it| includers(&project, it)).collect();
    let all: Vec<String> = found.iter().cloned().chain(read.into_iter().filter(|it| !found.contains(it))).collect();
    let mut res = analyse(&project, &all, &Options::default()).findings;
    res.retain(|it| it.severity > Severity::Note);
    res
}

/// Findings of one severity.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    right: usize,
    wrong: usize,
    open: usize,
}

#[derive(Default)]
struct Counts {
    errors: Count,
    warnings: Count,
}

impl Counts {
    fn add(&mut self, severity: Severity, verdict: Option<bool>) {
        let count = if severity == Severity::Error { &mut self.errors } else { &mut self.warnings };
        match verdict {
            Some(true) => count.right += 1,
            Some(false) => count.wrong += 1,
            None => count.open += 1,
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (name, Count { right, wrong, open }) in [("errors", self.errors), ("warnings", self.warnings)] {
            let judged = (right + wrong).max(1);
            let share = 100.0 * right as f64 / judged as f64;
            write!(f, "{name}: {right} true, {wrong} false, {open} not judged ({share:.1} %) ")?;
        }
        Ok(())
    }
}
