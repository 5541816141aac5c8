//! The edge to real builds: runs the user's make, makes two suspected jobs meet, and says what they did to files.
//!
//! A suspect comes from a finding; make runs it in a scratch copy with each recipe passing through this program ([`hook`],
//! [`shell`]), under strace ([`run`]); the jobs wait for each other ([`meeting`]); the trace becomes a story of jobs and
//! accesses ([`accesses`]), which is judged ([`judge`]). Knows nothing of how a race was found.

mod accesses;
mod damage;
mod graph;
mod hook;
mod judge;
mod meeting;
mod observe;
mod process;
mod refusal;
mod report;
mod resolve;
mod run;
mod scratch;
mod script;
mod shell;
mod strace;
mod suspect;
mod trial;

use std::path::PathBuf;

pub use observe::{Observation, observe};
pub use report::{evidence, json, observed_json, observed_text, text};
pub use run::Tools;
pub use script::script;
pub use shell::shell;
pub use suspect::{from_findings, from_report};
pub use trial::{Trial, confirm};

use crate::races::Class;

/// Where builds take place.
#[derive(Clone, Debug)]
pub struct Site {
    /// The tree that is copied.
    pub root: PathBuf,
    /// The folder in which the user runs make.
    pub folder: PathBuf,
    /// More words for make.
    pub words: Vec<String>,
    /// Build in the tree itself.
    pub in_place: bool,
    /// A shell command that is run in the copy first.
    pub prepare: Option<String>,
    /// How often the two jobs of a suspect are brought together, unless they are seen to race before that; at least 1.
    pub repeat: u32,
}

/// A race that was found by reading, as a build can show it. Paths are absolute.
#[derive(Clone, Debug)]
pub struct Suspect {
    /// The finding's.
    pub id: String,
    /// The finding's.
    pub class: Class,
    /// What was found, in one line.
    pub message: String,
    /// What is in dispute.
    pub paths: Vec<String>,
    /// The racing pair first.
    pub jobs: Vec<SuspectJob>,
    /// Where make runs.
    pub folder: PathBuf,
    /// Words for make, without `-j`.
    pub words: Vec<String>,
    /// The same with the goal that needs both jobs in the place of the two, where a change may have taken them apart.
    pub goal_words: Option<Vec<String>>,
}

/// A job that takes part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SuspectJob {
    /// Its target.
    pub target: String,
    /// What it does, as reports name it.
    pub effect: String,
}

impl Suspect {
    /// The racing pair.
    fn pair(&self) -> impl Iterator<Item = &SuspectJob> {
        self.jobs.iter().take(2)
    }
}

impl Default for Suspect {
    fn default() -> Suspect {
        Suspect {
            id: String::new(),
            class: Class::SharedOutput,
            message: String::new(),
            paths: Vec::new(),
            jobs: Vec::new(),
            folder: PathBuf::new(),
            words: Vec::new(),
            goal_words: None,
        }
    }
}

/// What a run showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Two jobs ran at the same time and did conflicting things to the file.
    Confirmed,
    /// Both ran, never at the same time.
    Ordered,
    /// They ran at the same time, and what they did does not conflict.
    NoConflict,
    /// One of them ran and did all, so that the other had nothing to do.
    OneJob,
    /// At least one of them did not run, or failed before it came to the file.
    NotRun,
}

impl Verdict {
    /// As reports name it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Confirmed => "confirmed",
            Verdict::Ordered => "ordered",
            Verdict::NoConflict => "no-conflict",
            Verdict::OneJob => "one-job",
            Verdict::NotRun => "not-run",
        }
    }
}
