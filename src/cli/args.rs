//! What can be typed.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum};

use crate::analysis::{Severity, Strategy};
use crate::races::Class;
use crate::report::FORMATS;

/// Shown below each help.
const EXIT_CODES: &str = "\
Exit codes:
  0  no race found (with fix --write: none is left)
  1  races found
  2  trouble: bad arguments, a file that cannot be read or written, or a
     makefile with which make would stop";

/// Shown below the help of `confirm`, whose build shows what the others only read.
const CONFIRM_CODES: &str = "\
Exit codes:
  0  no race happened
  1  races happened (with --observe: jobs conflict that nothing orders)
  2  trouble: bad arguments, no GNU make or strace, a build that could not
     be run";

/// Shown below the help of `fixup`.
const FIXUP_EXIT_CODES: &str = "\
Exit codes:
  0  always, but for arguments that make no sense; with --strict:
  0  no race is left
  1  races are left that could not be fixed
  2  trouble: a file that cannot be read or written, or no time left";

const STRATEGIES: [Strategy; 10] = [
    Strategy::Prerequisite,
    Strategy::PerTarget,
    Strategy::GroupedTarget,
    Strategy::PatternRule,
    Strategy::Leader,
    Strategy::Stamp,
    Strategy::OrderOnly,
    Strategy::MkdirP,
    Strategy::ListOnce,
    Strategy::Serialise,
];

/// Find the recipes in makefiles that race under `make -j`, and patch them.
///
/// Nothing is built or run to find a race. configure.ac is read for the values that the makefile's @VARIABLES@ can have;
/// every configuration is looked at.
#[derive(Debug, Parser)]
#[command(name = "unrace", version, max_term_width = 100, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Report what races
    #[command(after_help = EXIT_CODES)]
    Check(CheckArgs),
    /// Print the patch that removes the races, or make the change
    #[command(after_help = EXIT_CODES)]
    Fix(FixArgs),
    /// Make races happen in a real build, or show that make orders the jobs
    #[command(after_help = CONFIRM_CODES)]
    Confirm(ConfirmArgs),
    /// Edit makefiles that configure has just made, so that they do not race
    ///
    /// For configure.ac (m4/unrace.m4) and packagers' scripts. Only the makefiles named are changed, each at once, with
    /// its mode and its times. A comment at the end tells what was done. Done twice, it changes nothing more.
    #[command(after_help = FIXUP_EXIT_CODES)]
    Fixup(FixupArgs),
    /// Report what a change in a git work tree brings or touches, for bots
    ///
    /// Looks at the tree as it is and as it was where REV and HEAD parted (or at REV, in a shallow clone), and reports
    /// the races that are new or whose rules, recipes or conditions the change edits. Untracked files are no change.
    #[command(after_help = EXIT_CODES)]
    Review(ReviewArgs),
    /// Tell what a class of races is, with an example and its fixes
    Explain {
        /// The class; none lists them
        #[arg(value_parser = class_parser())]
        class: Option<Class>,
    },
    /// Print the evaluated variables and rules, as `make -p` does
    Database(DatabaseArgs),
    /// Print a shell's completions
    #[command(hide = true)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print a manual page
    #[command(hide = true)]
    Man {
        /// The command; none is unrace itself
        command: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct CommonArgs {
    /// Makefiles (of any name), or source trees
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,
    /// Look at this goal only (can be repeated) [default: the usual ones]
    #[arg(long, value_name = "GOAL")]
    pub(super) goal: Vec<String>,
    /// Look at configurations in which SUBJECT has VALUE only, e.g. host_os=aix*
    #[arg(long, value_name = "SUBJECT=VALUE", value_parser = assignment)]
    pub(super) configuration: Vec<(String, String)>,
    /// Set a variable as on make's command line
    #[arg(long, short = 'D', value_name = "VAR=VALUE", value_parser = assignment)]
    pub(super) define: Vec<(String, String)>,
    /// Report this class only (can be repeated)
    #[arg(long, value_name = "CLASS", value_parser = class_parser(), hide_possible_values = true)]
    pub(super) class: Vec<Class>,
    /// Leave out what is less severe [default: warning]
    #[arg(long, value_name = "SEVERITY", value_enum)]
    pub(super) min_severity: Option<MinSeverity>,
    /// Offer fixes of this kind only: auto, prerequisite, per-target, grouped-target, pattern-rule, leader, stamp,
    /// order-only, mkdir-p, list-once or serialise
    #[arg(long, value_name = "STRATEGY", default_value = "auto", value_parser = strategy_parser(),
          hide_possible_values = true)]
    pub(super) strategy: StrategyArg,
    /// Leave out findings of an earlier run, written by `check --output-format json > FILE` (- is standard input)
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Print no summary and no notices
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// Use colours
    #[arg(long, value_name = "WHEN", value_enum, default_value = "auto")]
    pub(super) color: Color,
    /// Use this many threads [default: one for each processor]
    #[arg(long, short, value_name = "N")]
    pub(super) jobs: Option<usize>,
}

#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// How to print findings: text, json, jsonl, sarif, rdjson, rdjsonl, github, gitlab or html
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = format_parser(),
          hide_possible_values = true)]
    pub(super) output_format: String,
    /// Tell how much was looked at, and what is not modelled
    #[arg(long)]
    pub(super) statistics: bool,
    /// Check each source tree that FILE lists, a path a line (- is standard input); with --output-format jsonl
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    pub(super) trees_from: Option<PathBuf>,
    /// Leave out the trees that FILE lists, and add each that is done
    #[arg(long, value_name = "FILE", requires = "trees_from")]
    pub(super) resume: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct FixArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// Change the files instead of printing the patch: all of them, or none
    #[arg(long, conflicts_with_all = ["output", "patch_format"])]
    pub(super) write: bool,
    /// Take fixes too that could not be checked in full
    #[arg(long)]
    pub(super) unsafe_fixes: bool,
    /// Ask for each fix whether it is to be taken
    #[arg(long, short)]
    pub(super) interactive: bool,
    /// Write a page with every finding, its picture and its patch to this file
    #[arg(long, value_name = "FILE.html")]
    pub(super) report: Option<PathBuf>,
    /// Fix this finding only (can be repeated)
    #[arg(long, value_name = "ID")]
    pub(super) only: Vec<String>,
    /// How to print the patch: one diff, a mail for each race, or Debian's
    /// DEP-3
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "diff")]
    pub(super) patch_format: PatchFormat,
    /// Tell in each mail what a confirm report (JSON) shows of its race
    #[arg(long, value_name = "FILE", conflicts_with = "write")]
    pub(super) evidence: Option<PathBuf>,
    /// Write patches as numbered files to this folder
    #[arg(long, short, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    /// What to do about the generated configure or Makefile.in when what it is
    /// made from changes
    #[arg(long, value_name = "WHAT", value_enum, default_value = "keep")]
    pub(super) configure: ConfigureArg,
}

#[derive(Debug, clap::Args)]
pub(super) struct ConfirmArgs {
    /// The folder in which you run make
    #[arg(value_name = "BUILD_DIR", default_value = ".")]
    pub(super) build: PathBuf,
    /// Words for make: variables, options, goals
    #[arg(value_name = "MAKE_ARGUMENT", last = true)]
    pub(super) make_arguments: Vec<String>,
    /// Confirm the findings of a report by `check --output-format json`; its root stands for BUILD_DIR
    #[arg(long, value_name = "FILE")]
    pub(super) findings: Option<PathBuf>,
    /// Confirm this finding only (can be repeated)
    #[arg(long, value_name = "ID")]
    pub(super) only: Vec<String>,
    /// Confirm findings of this class only (can be repeated)
    #[arg(long, value_name = "CLASS", value_parser = class_parser(), hide_possible_values = true)]
    pub(super) class: Vec<Class>,
    /// Leave out what is less severe
    #[arg(long, value_name = "SEVERITY", value_enum, default_value = "warning")]
    pub(super) min_severity: MinSeverity,
    /// Build once, and list every two jobs that conflict and that nothing orders
    #[arg(long, conflicts_with_all = ["fixed", "script"])]
    pub(super) observe: bool,
    /// Try confirmed races again after unrace's fixes
    #[arg(long, conflicts_with_all = ["in_place", "findings"])]
    pub(super) fixed: bool,
    /// With --fixed, take fixes too that could not be checked in full
    #[arg(long)]
    pub(super) unsafe_fixes: bool,
    /// Write a shell script to FILE that makes the first of the races happen, and run nothing
    #[arg(long, value_name = "FILE")]
    pub(super) script: Option<PathBuf>,
    /// Run this shell command in the copy of BUILD_DIR first, e.g. ./config.status
    #[arg(long, value_name = "COMMAND")]
    pub(super) prepare: Option<String>,
    /// Build in BUILD_DIR itself, not in a copy
    #[arg(long)]
    pub(super) in_place: bool,
    /// Add what make prints to FILE
    #[arg(long, value_name = "FILE")]
    pub(super) log: Option<PathBuf>,
    /// GNU make, 4.0 or later
    #[arg(long, value_name = "PROGRAM", default_value = "make")]
    pub(super) make: String,
    /// How long a job waits for the other while nothing else gets on, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "5")]
    pub(super) hold: f64,
    /// Bring the two jobs together this many times, unless they are seen to race before that
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "in_place")]
    pub(super) repeat: u32,
    /// End each run of make after this many seconds
    #[arg(long, value_name = "SECONDS", default_value = "3600")]
    pub(super) time_limit: f64,
    /// How to print it
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub(super) output_format: DatabaseFormat,
}

#[derive(Debug, clap::Args)]
pub(super) struct ReviewArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// What the change is held against, e.g. origin/main
    #[arg(long, value_name = "REV")]
    pub(super) base: String,
    /// How to print findings: text, json, jsonl, sarif, rdjson, rdjsonl, github, gitlab or html
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = format_parser(),
          hide_possible_values = true)]
    pub(super) output_format: String,
    /// Write the body of a GitHub review to this file, with fixes as suggestions where they lie inside the change
    #[arg(long, value_name = "FILE")]
    pub(super) suggestions: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct FixupArgs {
    /// Makefiles that configure made
    #[arg(value_name = "MAKEFILE", required = true)]
    pub(super) makefiles: Vec<PathBuf>,
    /// End with an error where something is left or could not be done
    #[arg(long)]
    pub(super) strict: bool,
    /// Take fixes too that could not be checked in full
    #[arg(long)]
    pub(super) unsafe_fixes: bool,
    /// Look at this goal only (can be repeated) [default: the usual ones]
    #[arg(long, value_name = "GOAL")]
    pub(super) goal: Vec<String>,
    /// Set a variable as on make's command line
    #[arg(long, short = 'D', value_name = "VAR=VALUE", value_parser = assignment)]
    pub(super) define: Vec<(String, String)>,
    /// Leave what is less severe [default: error]
    #[arg(long, value_name = "SEVERITY", value_enum)]
    pub(super) min_severity: Option<MinSeverity>,
    /// Give up on a makefile after this time; it is then left as it is
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(super) time_limit: u64,
    /// Print no notices
    #[arg(long, short)]
    pub(super) quiet: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct DatabaseArgs {
    /// The makefile, or a folder that has one
    #[arg(default_value = ".")]
    pub(super) makefile: PathBuf,
    /// What is fixed, e.g. host_os=aix*
    #[arg(long, value_name = "SUBJECT=VALUE", value_parser = assignment)]
    pub(super) configuration: Vec<(String, String)>,
    /// Set a variable as on make's command line
    #[arg(long, short = 'D', value_name = "VAR=VALUE", value_parser = assignment)]
    pub(super) define: Vec<(String, String)>,
    /// Goals, for MAKECMDGOALS
    #[arg(long, value_name = "GOAL")]
    pub(super) goal: Vec<String>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub(super) output_format: DatabaseFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum MinSeverity {
    Note,
    Warning,
    Error,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PatchFormat {
    Diff,
    Mbox,
    Dep3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ConfigureArg {
    /// Leave it as it is
    Keep,
    /// Run the autoconf version that made it, in a scratch folder
    Regenerate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DatabaseFormat {
    Text,
    Json,
}

/// A strategy, or none for `auto`.
#[derive(Clone, Copy, Debug)]
pub(super) struct StrategyArg(pub(super) Option<Strategy>);

impl MinSeverity {
    pub(super) fn severity(self) -> Severity {
        match self {
            MinSeverity::Note => Severity::Note,
            MinSeverity::Warning => Severity::Warning,
            MinSeverity::Error => Severity::Error,
        }
    }
}

/// The class of a name.
pub(super) fn class_named(name: &str) -> Option<Class> {
    Class::ALL.into_iter().find(|it| it.name() == name)
}

fn class_parser() -> impl TypedValueParser<Value = Class> {
    PossibleValuesParser::new(Class::ALL.map(|it| PossibleValue::new(it.name())))
        .try_map(|it| class_named(&it).ok_or("no such class"))
}

fn strategy_parser() -> impl TypedValueParser<Value = StrategyArg> {
    let names = std::iter::once("auto").chain(STRATEGIES.iter().map(|it| it.name()));
    let strategy = |name: String| StrategyArg(STRATEGIES.into_iter().find(|it| it.name() == name));
    PossibleValuesParser::new(names.map(PossibleValue::new)).map(strategy)
}

fn format_parser() -> PossibleValuesParser {
    PossibleValuesParser::new(FORMATS.iter().map(|it| PossibleValue::new(it.name).help(it.about)))
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
