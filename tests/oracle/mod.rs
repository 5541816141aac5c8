//! GNU make's own answers, and how ours are held against them.

// Helpers of tests may panic; each test uses its part.
#![allow(clippy::unwrap_used, dead_code)]

mod commands;
mod database;
mod rules;
mod variables;

use std::path::Path;
use std::process::Command;

use unrace::text::{has_unknown, is_unknown_char};

pub(crate) use commands::{commands, error_is_known};
pub(crate) use rules::{implicit, rules};
pub(crate) use variables::variables;

/// How rules compare.
#[derive(Default)]
pub(crate) struct Tally {
    /// Rules that are the same.
    pub(crate) same: usize,
    /// Rules that are the same but for text that we say is unknown.
    pub(crate) unknown: usize,
    /// Rules that make alone has, of a makefile in which text that we say is unknown gives rules.
    pub(crate) hidden: usize,
    /// What differs, one for each rule.
    pub(crate) differing: Vec<String>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Tally) {
        self.same += other.same;
        self.unknown += other.unknown;
        self.hidden += other.hidden;
        self.differing.extend(other.differing);
    }

    pub(crate) fn compared(&self) -> usize {
        self.same + self.unknown + self.differing.len()
    }
}

pub(crate) fn make(folder: &Path, arguments: &[&str]) -> (String, String) {
    let mut command = Command::new("make");
    command.args(arguments).current_dir(folder).env_clear().env("PATH", std::env::var("PATH").unwrap());
    let output = command.env("LC_ALL", "C").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (text(output.stdout), text(output.stderr))
}

/// The error with which make ended: in reading, or in the expansion of a recipe.
pub(crate) fn fatal(errors: &str) -> Option<String> {
    let line = errors.lines().find(|it| it.contains("*** ") && it.contains("Stop"))?;
    let others = ["No rule to make", "No targets", "failed to load"];
    let is_error = !others.iter().any(|it| line.contains(it));
    is_error.then(|| line.trim_end_matches("  Stop.").to_owned())
}

/// Whether two texts agree where ours is known.
pub(crate) fn agree(ours: &str, theirs: &str) -> bool {
    if !has_unknown(ours) {
        return ours.trim() == theirs.trim();
    }
    let mut rest = theirs.trim();
    for part in ours.trim().split(is_unknown_char).filter(|it| !it.is_empty()) {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}
