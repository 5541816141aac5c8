//! `unrace confirm`

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::args::{Color, CommonArgs, ConfirmArgs, DatabaseFormat, StrategyArg};
use super::input::{Input, read_report};
use super::{Status, emit, notice};
use crate::analysis::Applicability;
use crate::confirm::{self, Site, Suspect, Tools, Verdict};
use crate::files::{show, write_new};
use crate::migrate::{Policy, migrate};
use crate::patch::{Change, changes};
use crate::source::MAKEFILE_NAMES;
use crate::verdict;

pub(super) fn run(args: &ConfirmArgs) -> Result<Status> {
    let tools = tools(args)?;
    tools.check()?;
    let input = Input::new(&common(args)?)?;
    let site = Site {
        root: input.place.root.clone(),
        folder: fs::canonicalize(&args.build).with_context(|| show(&args.build))?,
        words: args.make_arguments.clone(),
        in_place: args.in_place,
        prepare: args.prepare.clone(),
        repeat: args.repeat,
    };
    let suspects = suspects(args, &input, &site)?;
    if let Some(path) = &args.script {
        let Some(suspect) = suspects.first() else { bail!("nothing to confirm: check finds no race here") };
        write_new(path, confirm::script(suspect, &site).as_bytes())?;
        return Ok(Status::Clean);
    }
    if args.observe {
        return observe(args, &suspects, &site, &tools);
    }
    let changes = if args.fixed { Some(fixes(args, &input)) } else { None };
    let trials = confirm::confirm(&suspects, &site, &tools, changes.as_deref())?;
    emit(
        match args.output_format {
            DatabaseFormat::Text => confirm::text(&trials, &site),
            DatabaseFormat::Json => format!("{:#}\n", confirm::json(&trials, &site)),
        }
        .as_bytes(),
    )?;
    let happened = trials.iter().any(|it| it.verdict == Verdict::Confirmed);
    Ok(if happened { Status::Found } else { Status::Clean })
}

fn observe(args: &ConfirmArgs, suspects: &[Suspect], site: &Site, tools: &Tools) -> Result<Status> {
    let seen = confirm::observe(suspects, site, tools)?;
    emit(
        match args.output_format {
            DatabaseFormat::Text => confirm::observed_text(&seen, site),
            DatabaseFormat::Json => format!("{:#}\n", confirm::observed_json(&seen, site)),
        }
        .as_bytes(),
    )?;
    Ok(if seen.is_clean() { Status::Clean } else { Status::Found })
}

fn tools(args: &ConfirmArgs) -> Result<Tools> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).context("watch for signals")?;
    }
    // What loses its parent stays below this program, which ends it.
    rustix::process::set_child_subreaper(rustix::process::Pid::from_raw(1)).context("adopt processes")?;
    let seconds = |it: f64| Duration::try_from_secs_f64(it).context("a number of seconds that is no time");
    Ok(Tools {
        make: args.make.clone(),
        program: std::env::current_exe().context("find this program")?,
        hold: seconds(args.hold)?,
        time_limit: seconds(args.time_limit)?,
        log: args.log.clone(),
        stop,
    })
}

/// What `check` would be given.
fn common(args: &ConfirmArgs) -> Result<CommonArgs> {
    let words = args.make_arguments.iter();
    let goal = words.clone().filter(|it| !it.starts_with('-') && !it.contains('=')).cloned();
    let define = words.filter(|it| !it.starts_with('-')).filter_map(|it| it.split_once('='));
    Ok(CommonArgs {
        paths: vec![makefile(args)?],
        goal: goal.collect(),
        configuration: Vec::new(),
        define: define.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        class: args.class.clone(),
        min_severity: Some(args.min_severity),
        strategy: StrategyArg(None),
        baseline: None,
        quiet: true,
        color: Color::Never,
        jobs: None,
    })
}

/// The makefile that make would read.
fn makefile(args: &ConfirmArgs) -> Result<PathBuf> {
    let after_f = args.make_arguments.windows(2).find(|it| it[0] == "-f").map(|it| args.build.join(&it[1]));
    let usual = MAKEFILE_NAMES.iter().map(|it| args.build.join(it)).find(|it| it.is_file());
    match after_f.or(usual) {
        Some(path) => Ok(path),
        // A report names its own.
        None if args.findings.is_some() => Ok(args.build.clone()),
        None => bail!("{}: no makefile in this folder; run configure first, or name another folder", show(&args.build)),
    }
}

fn suspects(args: &ConfirmArgs, input: &Input, site: &Site) -> Result<Vec<Suspect>> {
    let mut res = match &args.findings {
        Some(path) => confirm::from_report(&read_report(path)?, &site.folder, site),
        None => {
            let mut analysis = verdict::check(&input.project, &input.makefiles, &input.options);
            input.tell_errors(&analysis);
            input.sift(&mut analysis);
            confirm::from_findings(&analysis.findings, &input.place.root, site)
        }
    };
    let is_wanted = |it: &Suspect| {
        (args.only.is_empty() || args.only.contains(&it.id))
            && (args.class.is_empty() || args.class.contains(&it.class))
    };
    res.retain(is_wanted);
    Ok(res)
}

/// What `fix` would change.
fn fixes(args: &ConfirmArgs, input: &Input) -> Vec<Change> {
    let policy = Policy {
        applicability: if args.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe },
        severity: input.min_severity,
        only: args.only.clone(),
        except: BTreeSet::new(),
    };
    let outcome = migrate(&input.project, &input.makefiles, &input.options, &policy);
    if outcome.steps.is_empty() {
        notice("no fix is offered");
    }
    changes(&input.project, &outcome.project, outcome.steps.iter().map(|it| &it.fix.edits))
}
