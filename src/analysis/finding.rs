//! Findings, fixes and options as values: what analysis gives and reports show.

use std::collections::BTreeSet;

use super::Watcher;
use crate::configure::Note;
use crate::edit::Edits;
use crate::races::Class;
use crate::source::Span;

/// What was found in a project.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// The makefiles that were read as entries, relative to the root.
    pub makefiles: Vec<String>,
    /// How many configurations were examined.
    pub configurations_examined: usize,
    /// Their names, for `--statistics`.
    pub configurations: Vec<String>,
    /// The races, most severe first, then by place.
    pub findings: Vec<Finding>,
    /// What is not modelled, with counts.
    pub unmodelled: Vec<(Note, usize)>,
    /// Commands of recipes that were met.
    pub commands: Commands,
    /// Errors with which make would stop on some makefile (place, message).
    pub errors: Vec<(Option<Span>, String)>,
    /// Prerequisites that make drops in some configuration because they close a circle: (target, prerequisite).
    pub cycles: BTreeSet<(String, String)>,
    /// Class and path of the races of all configurations, those too that are the same finding as another one.
    pub shown: BTreeSet<(Class, String)>,
}

/// Commands of recipes, counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Commands {
    /// All.
    pub all: usize,
    /// Those with a model, and scripts that were followed.
    pub known: usize,
    /// Of these, those that write more than their model sees.
    pub opaque: usize,
}

/// A race, merged over configurations and goals.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Sixteen hexadecimal digits, stable across unrelated edits.
    pub id: String,
    /// Its class.
    pub class: Class,
    /// How sure and how reachable it is.
    pub severity: Severity,
    /// The file (or folder) in dispute, relative to the root.
    pub path: String,
    /// Further files that the same pair of jobs disputes.
    pub paths: Vec<String>,
    /// One line: both places, the file, the configurations.
    pub message: String,
    /// The goal that shows it.
    pub goal: String,
    /// The alternatives under which it holds.
    pub configurations: Vec<ConfigurationReport>,
    /// The jobs that take part, those that `goal` does not start too.
    pub jobs: Vec<JobReport>,
    /// A command that can show it.
    pub witness: String,
    /// What can be done, the preferred one first.
    pub fixes: Vec<Fix>,
}

/// How sure and how reachable a race is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Two goals must be named together.
    Note,
    /// One effect is *may*, the paths are equal only in part, or the goal is an unusual one.
    Warning,
    /// Both effects are *must*, on equal paths, under a goal that users build.
    Error,
}

impl Severity {
    /// `error`, `warning`, `note`.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// What a maintainer would change to end a race: its class and the places of jobs. A job without a rule of its own
/// stands for all that the built-in rules make of its kind.
pub type Root = (Class, Vec<Result<Span, String>>);

impl Finding {
    /// Its root causes: findings that share one of them are one.
    pub fn roots(&self) -> Vec<Root> {
        // Sub-makes that share a job are told apart by the recipes that run them.
        let n_jobs = if self.class == Class::RecursiveOverlap { 4 } else { 2 };
        // What a built-in rule makes of a kind is one.
        let kind = |it: &JobReport| it.target.rsplit_once('.').map_or(&*it.target, |it| it.1).to_owned();
        let place = |it: &JobReport| it.recipe_line.or(it.rule).ok_or_else(|| kind(it));
        let mut places: Vec<_> = self.jobs.iter().take(n_jobs).map(place).collect();
        places.sort();
        // A job that needs several things lacks one list of prerequisites.
        let lacks = matches!(self.class, Class::MissingPrerequisite | Class::MissingDirectory);
        let needer = self.jobs.get(1).filter(|_| lacks).map(|it| (self.class, vec![Err(it.target.clone())]));
        // What one job has made and another one takes away is one race, however many files it is.
        let removed = self.jobs.get(1).filter(|it| it.effect == "remove");
        let together = removed.map(|_| (self.class, vec![Err(self.witness.clone())]));
        // Two makes that build one folder's files by rules of their own race on each of them.
        let is_written = self.class == Class::SharedOutput;
        let mut runners: Vec<_> = self.runners().into_iter().filter(|_| is_written).map(place).collect();
        runners.sort();
        let runners = (runners.len() == 2).then_some((self.class, runners));
        std::iter::once((self.class, places)).chain(needer).chain(together).chain(runners).collect()
    }

    /// The jobs that run the makes of the first two, in that order, where two runs of make are what races.
    pub fn runners(&self) -> Vec<&JobReport> {
        let is_one = self.jobs.get(1).is_none_or(|it| it.target == self.jobs[0].target);
        let of_makes = self.class == Class::RecursiveOverlap || self.class == Class::SharedOutput && is_one;
        let of = |index: usize| self.jobs.iter().find(move |it| it.runs == Some(index)).filter(|_| of_makes);
        [of(0), of(1)].into_iter().flatten().collect()
    }

    /// Whether a finding of a later look is this race. Other jobs that race in the same file are another race, though the
    /// id is the same.
    pub fn is_still(&self, later: &Finding) -> bool {
        let n_jobs = if self.class == Class::RecursiveOverlap { 4 } else { 2 };
        // Two runs of make may have a job each for one target.
        let n_own = |target: &String| self.jobs.iter().filter(|it| it.in_goal && it.target == *target).count();
        let n_later = |target: &String| later.jobs.iter().take(n_jobs).filter(|it| it.target == *target).count();
        let same = self.id == later.id || (self.class, &self.path) == (later.class, &later.path);
        // Another goal may start the same jobs by other ways.
        let same = same && (self.class == Class::RecursiveOverlap || self.goal == later.goal);
        same && later.jobs.iter().take(n_jobs).all(|it| n_own(&it.target) >= n_later(&it.target))
    }

    /// Takes in what another finding of the same root says.
    pub fn absorb(&mut self, other: Finding) {
        // More jobs of one recipe line say nothing new.
        const MOST_JOBS: usize = 64;
        let paths = std::iter::once(other.path).chain(other.paths).filter(|it| *it != self.path);
        self.paths.extend(paths);
        self.paths.sort();
        self.paths.dedup();
        for job in other.jobs.into_iter().take(MOST_JOBS.saturating_sub(self.jobs.len())) {
            if self.jobs.iter().all(|it| (&it.target, it.effect) != (&job.target, job.effect)) {
                self.jobs.push(JobReport { in_goal: job.in_goal && self.goal == other.goal, ..job });
            }
        }
        for configuration in other.configurations {
            if !self.configurations.contains(&configuration) {
                self.configurations.push(configuration);
            }
        }
    }
}

/// A configuration as reports name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigurationReport {
    /// `base`, or `subject=value, ...`.
    pub name: String,
    /// Subject, value and where the value is named; none where nothing is fixed.
    pub conditions: Vec<Condition>,
}

/// One condition of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    /// What varies.
    pub subject: String,
    /// Its value.
    pub value: String,
    /// Where the text names the value.
    pub place: Span,
}

/// A job that takes part in a race.
#[derive(Clone, Debug)]
pub struct JobReport {
    /// The target, relative to the root.
    pub target: String,
    /// The target as the witness names it: relative to the folder in which the first make runs.
    pub name: String,
    /// The rule.
    pub rule: Option<Span>,
    /// The recipe line that has the effect.
    pub recipe_line: Option<Span>,
    /// `write`, `read`, `make-directory`, `remove`.
    pub effect: &'static str,
    /// Whether what is read is a folder, to write below it or to change into it.
    pub needs_folder: bool,
    /// Whether each run does it.
    pub must: bool,
    /// Whether the finding's goal starts it.
    pub in_goal: bool,
    /// The command, as the shell gets it.
    pub command: String,
    /// Where the path is spelt.
    pub spelt: Vec<Span>,
    /// Which of the first two jobs, from 0, is one of a make that this one runs.
    pub runs: Option<usize>,
}

/// A change that ends a race.
#[derive(Clone, Debug)]
pub struct Fix {
    /// How.
    pub strategy: Strategy,
    /// Whether it may be made unseen.
    pub applicability: Applicability,
    /// One line, imperative: the commit's subject.
    pub title: String,
    /// Why this one, and what it leaves.
    pub why: String,
    /// The change.
    pub edits: Edits,
    /// What looking again at the edited text showed; `None` before it was judged.
    pub verdict: Option<Verdict>,
}

/// How a race is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strategy {
    /// An explicit prerequisite (with a rule of its own for a hoisted command).
    Prerequisite,
    /// A name derived from the target.
    PerTarget,
    /// `a b &: c`.
    GroupedTarget,
    /// `%.c %.h: %.y`.
    PatternRule,
    /// One target has the recipe, the others depend on it.
    Leader,
    /// A stamp file has the recipe.
    Stamp,
    /// A prerequisite after `|`.
    OrderOnly,
    /// `mkdir -p`.
    MkdirP,
    /// A file stands in one of automake's lists instead of two.
    ListOnce,
    /// `.NOTPARALLEL` and the like.
    Serialise,
}

impl Strategy {
    /// The name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Prerequisite => "prerequisite",
            Strategy::PerTarget => "per-target",
            Strategy::GroupedTarget => "grouped-target",
            Strategy::PatternRule => "pattern-rule",
            Strategy::Leader => "leader",
            Strategy::Stamp => "stamp",
            Strategy::OrderOnly => "order-only",
            Strategy::MkdirP => "mkdir-p",
            Strategy::ListOnce => "list-once",
            Strategy::Serialise => "serialise",
        }
    }
}

/// Whether a fix may be made unseen; ordered, so that "at least" is a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applicability {
    /// A sketch, never applied.
    Manual,
    /// Passes the check, but something was unknown.
    Unsafe,
    /// Passes the check, all commands of the jobs known.
    Safe,
}

impl Applicability {
    /// `safe`, `unsafe`, `manual`.
    pub fn name(self) -> &'static str {
        match self {
            Applicability::Manual => "manual",
            Applicability::Unsafe => "unsafe",
            Applicability::Safe => "safe",
        }
    }
}

/// The comparison of the analyses before and after a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the race is no longer found.
    pub race_gone: bool,
    /// Findings that were not there before.
    pub new_findings: usize,
    /// Dependency cycles that were not there before.
    pub new_cycles: usize,
    /// Commands of serial builds that changed beyond what the fix means to move.
    pub commands_changed: usize,
}

/// What to look at.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Goals to examine; none means the usual ones.
    pub goals: Vec<String>,
    /// `SUBJECT=VALUE` restrictions: only these configurations.
    pub configurations: Vec<(String, String)>,
    /// Only the base configuration: for a makefile that is configured already.
    pub base_only: bool,
    /// `VAR=VALUE` on make's command line.
    pub defines: Vec<(String, String)>,
    /// Classes to report; none means all.
    pub classes: Vec<Class>,
    /// Whether to compute fixes.
    pub fixes: bool,
    /// Whether to judge fixes in all configurations, where that takes seconds too: the fixes are to be made, not only
    /// told of.
    pub thorough: bool,
    /// Findings, by their ids, for which no fix is sought.
    pub settled: BTreeSet<String>,
    /// Findings, by their ids, for which alone fixes are sought; none means all.
    pub only: Vec<String>,
    /// Only this strategy.
    pub strategy: Option<Strategy>,
    /// Whether to keep `note`s.
    pub notes: bool,
    /// Models of the user's `unrace.toml`, as text.
    pub models: Option<String>,
    /// How many makefiles divide the work for one that was named: those that read a part of makefiles. 0 is 1.
    pub shares: usize,
    /// Who is told how far it is.
    pub watcher: Watcher,
}
