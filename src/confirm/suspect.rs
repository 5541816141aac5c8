//! Findings, of this run or of a report, to suspects.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Site;
use super::shell::absolute;
use super::{Suspect, SuspectJob};
use crate::analysis::Finding;
use crate::races::Class;

/// Where installs go, below the tree.
const DESTDIR: &str = ".unrace-destdir";

/// What findings whose paths are relative to `root` suspect.
pub fn from_findings(findings: &[Finding], root: &Path, site: &Site) -> Vec<Suspect> {
    let suspect = |it: &Finding| {
        let raw = Raw {
            paths: std::iter::once(&it.path).chain(&it.paths).map(String::as_str).collect(),
            jobs: it.jobs.iter().map(|it| (it.name.as_str(), it.effect)).collect(),
            witness: &it.witness,
            goal: &it.goal,
        };
        Suspect { id: it.id.clone(), message: it.message.clone(), class: it.class, ..raw.suspect(root, site) }
    };
    findings.iter().map(suspect).collect()
}

/// What the findings of a report (`unrace check --output-format json`) suspect, its root standing for `root`.
pub fn from_report(report: &Value, root: &Path, site: &Site) -> Vec<Suspect> {
    let findings = report["findings"].as_array().map_or(&[][..], Vec::as_slice);
    findings.iter().filter_map(|it| from_value(it, root, site)).collect()
}

fn from_value(it: &Value, root: &Path, site: &Site) -> Option<Suspect> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let more = it["paths"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let jobs = it["jobs"].as_array()?;
    let raw = Raw {
        paths: it["path"].as_str().into_iter().chain(more).collect(),
        jobs: jobs.iter().filter_map(|it| Some((it["target"].as_str()?, it["effect"].as_str()?))).collect(),
        witness: it["witness"].as_str()?,
        goal: it["goal"].as_str()?,
    };
    let class = Class::ALL.into_iter().find(|class| it["class"] == class.name())?;
    Some(Suspect { id: text(&it["id"]), message: text(&it["message"]), class, ..raw.suspect(root, site) })
}

/// What both kinds of findings have.
struct Raw<'a> {
    paths: Vec<&'a str>,
    jobs: Vec<(&'a str, &'a str)>,
    witness: &'a str,
    goal: &'a str,
}

impl Raw<'_> {
    fn suspect(&self, root: &Path, site: &Site) -> Suspect {
        let root = root.to_string_lossy();
        let (folder, mut words) = command(self.witness, &root);
        let place = |path: &str, folder: &str| match path.strip_prefix("$(DESTDIR)") {
            Some(below) => absolute(&root, &format!("{DESTDIR}/{below}")),
            None => absolute(folder, path),
        };
        let here = folder.to_string_lossy();
        let job = |it: &(&str, &str)| SuspectJob { target: place(it.0, &here), effect: it.1.to_owned() };
        words.extend(site.words.iter().filter(|it| !words.contains(it)).cloned().collect::<Vec<_>>());
        let installs = self.goal.starts_with("install") || words.iter().any(|it| it.starts_with("install"));
        if installs && !words.iter().any(|it| it.starts_with("DESTDIR=")) {
            words.push(format!("DESTDIR={}", absolute(&root, DESTDIR)));
        }
        Suspect {
            paths: self.paths.iter().map(|it| place(it, &root)).collect(),
            jobs: self.jobs.iter().map(job).collect(),
            folder: folder.clone(),
            goal_words: with_goal(&words, self.goal),
            words,
            ..Suspect::default()
        }
    }
}

/// The folder and the words of a witness, `make -C lib -j2 a b`.
fn command(witness: &str, root: &str) -> (PathBuf, Vec<String>) {
    let mut folder = root.to_owned();
    let mut res = Vec::new();
    let mut words = split(witness).into_iter().skip(1);
    while let Some(word) = words.next() {
        match word {
            "-C" => folder = absolute(root, words.next().unwrap_or(".")),
            "-j2" => {}
            word => res.push(word.to_owned()),
        }
    }
    (PathBuf::from(folder), res)
}

/// Words for make with another goal.
fn with_goal(words: &[String], goal: &str) -> Option<Vec<String>> {
    let mut res = Vec::new();
    let mut after_f = false;
    for word in words {
        if after_f || word.starts_with('-') || word.contains('=') {
            res.push(word.clone());
        }
        after_f = word == "-f";
    }
    res.push(goal.to_owned());
    (!goal.is_empty() && res != words).then_some(res)
}

/// Words between blanks that stand in no parentheses: a name may hold a call of make's that only a run can answer.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0usize;
    let words = text.split(|it: char| {
        match it {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && it.is_whitespace()
    });
    words.filter(|it| !it.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_for_another_folder() {
        let site = Site {
            root: "/t".into(),
            folder: "/t/build".into(),
            words: vec!["V=1".into()],
            in_place: false,
            prepare: None,
            repeat: 1,
        };
        let report = serde_json::json!({"findings": [{
            "id": "1", "class": "shared-output", "message": "m", "goal": "install", "path": "$(DESTDIR)/lib/x",
            "jobs": [{"target": "a", "effect": "write"}], "witness": "make -C sub -j2 a PLAT=juno",
        }]});
        let got = &from_report(&report, Path::new("/t/build"), &site)[0];
        assert_eq!(got.paths, ["/t/build/.unrace-destdir/lib/x"]);
        assert_eq!(got.jobs, [SuspectJob { target: "/t/build/sub/a".into(), effect: "write".into() }]);
        assert_eq!(got.folder, Path::new("/t/build/sub"));
        assert_eq!(got.words, ["a", "PLAT=juno", "V=1", "DESTDIR=/t/build/.unrace-destdir"]);
        let words = ["PLAT=juno", "V=1", "DESTDIR=/t/build/.unrace-destdir", "install"].map(str::to_owned);
        assert_eq!(got.goal_words, Some(words.to_vec()));
    }
}
