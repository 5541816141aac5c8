//! The race classes: one detector a file, one row in [`DETECTORS`].
//!
//! Detectors run over jobs, their order and their effects. They know nothing of makefile syntax or of reports.

mod idle;
mod missing_directory;
mod missing_prerequisite;
mod multi_output;
mod recursive_overlap;
mod shared_output;
mod turns;
mod view;

use rayon::prelude::*;

use crate::jobs::{Access, JobId};
pub use view::{GoalSet, View};

mod explain;

pub use explain::explain;

/// What kind of race a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Two jobs write one path.
    SharedOutput,
    /// An explicit rule with several targets whose recipe makes them all.
    MultiOutput,
    /// A job reads what another writes, and nothing orders them.
    MissingPrerequisite,
    /// A job needs a folder that another makes, or two make one that must not be there.
    MissingDirectory,
    /// Two jobs enter sub-makes that share a job.
    RecursiveOverlap,
}

/// Finds the races of one class.
type Detector = fn(&View) -> Vec<Race>;

/// The classes and their detectors, in the order in which `explain` lists them.
pub const DETECTORS: &[(Class, Detector)] = &[
    (Class::SharedOutput, shared_output::find),
    (Class::MultiOutput, multi_output::find),
    (Class::MissingPrerequisite, missing_prerequisite::find),
    (Class::MissingDirectory, missing_directory::find),
    (Class::RecursiveOverlap, recursive_overlap::find),
];

impl Class {
    /// All classes, in the order in which `explain` lists them.
    pub const ALL: [Class; 5] = [
        Class::SharedOutput,
        Class::MultiOutput,
        Class::MissingPrerequisite,
        Class::MissingDirectory,
        Class::RecursiveOverlap,
    ];

    /// The name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Class::SharedOutput => "shared-output",
            Class::MultiOutput => "multi-output",
            Class::MissingPrerequisite => "missing-prerequisite",
            Class::MissingDirectory => "missing-directory",
            Class::RecursiveOverlap => "recursive-overlap",
        }
    }
}

/// A file and the jobs that race for it, under one configuration.
#[derive(Clone, Debug)]
pub struct Race {
    /// Its class.
    pub class: Class,
    /// The file or folder in dispute.
    pub path: String,
    /// Further paths in dispute between the same jobs.
    pub paths: Vec<String>,
    /// Two jobs that are not ordered, the writer (or maker) first.
    pub pair: (Part, Part),
    /// Every job that takes part, the pair included, in the order of the jobs.
    pub parts: Vec<Part>,
    /// Index of the goal that starts both of the pair, the best known; `None` where two goals must be named.
    pub goal: Option<usize>,
}

/// What a job does to the file in dispute.
#[derive(Clone, Debug)]
pub struct Part {
    /// The access.
    pub access: Access,
    /// Whether its effect is certain.
    pub must: bool,
    /// Whether it races only where a second goal is named beside that of the race.
    pub aside: bool,
}

impl Part {
    fn of(access: &Access) -> Part {
        Part { access: access.clone(), must: access.must, aside: false }
    }

    /// The job.
    pub fn job(&self) -> JobId {
        self.access.job
    }
}

/// The races of one job graph.
pub fn find(view: &View) -> Vec<Race> {
    let found: Vec<Vec<Race>> = DETECTORS.par_iter().map(|(_, detector)| detector(view)).collect();
    found.concat()
}
