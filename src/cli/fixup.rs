//! `unrace fixup`: edits the makefiles that configure has just made.
//!
//! Called by configure runs and packagers' scripts, which must not fail because of it: what cannot be done is told, and
//! the makefile stays as it is. `main` turns every other status into success unless `--strict` is given.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};

use super::args::FixupArgs;
use super::settings::Settings;
use super::{Status, notice};
use crate::analysis::{Applicability, Options, Severity};
use crate::files::{Generated, lock_folder, show, write_generated};
use crate::migrate::{Outcome, Policy, Step, migrate};
use crate::patch::Change;
use crate::report::{escape, fixup};

/// How often a makefile is looked at that others change at the same time.
const TRIES: usize = 3;

pub(super) fn run(args: &FixupArgs) -> Result<Status> {
    let mut res = Status::Clean;
    for makefile in &args.makefiles {
        let status = one(args, makefile).unwrap_or_else(|error| {
            notice(&format!("fixup: {error:#}; left as it is"));
            Status::Trouble
        });
        if res != Status::Trouble && status != Status::Clean {
            res = status;
        }
    }
    Ok(res)
}

/// One makefile, by itself: a trouble with one is none for the others.
fn one(args: &FixupArgs, makefile: &Path) -> Result<Status> {
    let _lock = lock_folder(makefile);
    let mut left = TRIES;
    loop {
        left -= 1;
        let made = Generated::new(makefile)?;
        let outcome = within(args.time_limit, solver(args, &made)?)?;
        let written = write(&made, &outcome);
        if written.is_err() && left > 0 {
            continue;
        }
        written?;
        if !args.quiet {
            tell(makefile, &made, &outcome);
        }
        return Ok(match (outcome.after.findings.len(), outcome.before.errors.len()) {
            (0, 0) => Status::Clean,
            (0, _) => Status::Trouble,
            _ => Status::Found,
        });
    }
}

/// What finds the steps for a makefile.
fn solver(args: &FixupArgs, made: &Generated) -> Result<impl FnOnce() -> Outcome + Send + 'static> {
    let settings = Settings::read(&made.folders)?;
    let options = Options {
        goals: if args.goal.is_empty() { settings.goals } else { args.goal.clone() },
        defines: args.define.clone(),
        models: settings.models,
        base_only: true,
        fixes: true,
        ..Options::default()
    };
    let severity = args.min_severity.map_or(Severity::Error, |it| it.severity());
    let applicability = if args.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe };
    let policy = Policy { applicability, severity, only: Vec::new(), except: BTreeSet::new() };
    let (project, makefile) = (made.project.clone(), made.makefile.clone());
    Ok(move || {
        let makefiles = [makefile];
        let run = |policy: &Policy| {
            let mut res = migrate(&project, &makefiles, &options, policy);
            res.after.findings.retain(|it| it.severity >= policy.severity);
            res
        };
        let outcome = run(&policy);
        let alien: BTreeSet<String> =
            outcome.steps.iter().filter(|it| !is_own(it, &makefiles[0])).map(|it| it.finding.id.clone()).collect();
        if alien.is_empty() { outcome } else { run(&Policy { except: alien, ..policy }) }
    })
}

/// Whether a step changes only what configure made, and not how that is made.
fn is_own(step: &Step, makefile: &str) -> bool {
    step.fix.edits.iter().all(|it| step.before.source(it.span.file).path == makefile)
        && step.finding.jobs.iter().all(|it| it.target != makefile)
}

/// The result of some work, if it is there in time. The work itself changes nothing, so that it can be left alone.
fn within<T: Send + 'static>(seconds: u64, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let (sender, receiver) = channel();
    // The main thread's stack, not a thread's small one.
    thread::Builder::new().stack_size(64 << 20).spawn(move || sender.send(work()))?;
    match receiver.recv_timeout(Duration::from_secs(seconds)) {
        Ok(res) => Ok(res),
        Err(RecvTimeoutError::Timeout) => bail!("not done within {seconds} s (--time-limit)"),
        Err(RecvTimeoutError::Disconnected) => bail!("internal error; report it with the makefile"),
    }
}

fn write(made: &Generated, outcome: &Outcome) -> Result<()> {
    let Some(file) = made.project.open(&made.makefile).filter(|_| !outcome.steps.is_empty()) else { return Ok(()) };
    let marks = outcome.steps.iter().map(|it| fixup::mark(&it.finding, &it.fix, folder(made)));
    let before = made.project.source(file).bytes().to_vec();
    let after = fixup::marked(outcome.project.source(file).bytes(), marks);
    write_generated(&made.root, &Change { path: made.makefile.clone(), before, after })
}

/// The makefile's folder, as paths relative to the root start.
fn folder(made: &Generated) -> &str {
    made.makefile.rfind('/').map_or("", |it| &made.makefile[..=it])
}

fn tell(makefile: &Path, made: &Generated, outcome: &Outcome) {
    let shown = show(makefile);
    for step in &outcome.steps {
        notice(&format!("fixup: {shown}: {}", fixup::title(&step.fix, folder(made))));
    }
    let left = outcome.after.findings.len();
    if left > 0 {
        let races = if left == 1 { "1 race is".to_owned() } else { format!("{left} races are") };
        notice(&format!("fixup: {shown}: {races} left; see unrace check {shown}"));
    }
    for (_, message) in &outcome.before.errors {
        notice(&escape(&format!("fixup: {shown}: {message}; make stops here")));
    }
}
