//! The race classes.

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
