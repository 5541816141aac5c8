//! Arguments and settings to a project, its makefiles and what to look at.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use serde_json::Value;

use super::args::{Color, CommonArgs};
use super::progress::Progress;
use super::settings::Settings;
use super::{Status, notice};
use crate::analysis::{Analysis, Options, Severity, Watcher, includers};
use crate::files::{DiskTree, Place, finish, makefiles, read_named, show};
use crate::jobs::Configures;
use crate::report::{Style, escape};
use crate::source::{Project, folder_of};
use crate::text::display;

/// What `check` and `fix` work on.
pub(super) struct Input {
    pub(super) place: Place,
    pub(super) project: Project,
    pub(super) makefiles: Vec<String>,
    pub(super) options: Options,
    pub(super) min_severity: Severity,
    /// Ids of findings to leave out.
    pub(super) baseline: BTreeSet<String>,
    /// How far the run is.
    pub(super) progress: Progress,
    /// Whether some of what was named could not be read.
    troubled: bool,
}

impl Input {
    pub(super) fn new(args: &CommonArgs) -> Result<Input> {
        Input::at(args, Place::new(Path::new("."), &args.paths)?)
    }

    /// The same, to be written: what a run that was killed left half done is finished first.
    pub(super) fn to_write(args: &CommonArgs) -> Result<Input> {
        let place = Place::new(Path::new("."), &args.paths)?;
        for path in finish(&place.root)? {
            notice(&format!("{}: written by the fix that was interrupted before", show(&path)));
        }
        Input::at(args, place)
    }

    /// A tree by itself, whatever lies around it.
    pub(super) fn of_tree(args: &CommonArgs, tree: &Path) -> Result<Input> {
        if !tree.is_dir() {
            bail!("no such folder");
        }
        Input::at(args, Place::new(tree, &[".".into()])?)
    }

    fn at(args: &CommonArgs, place: Place) -> Result<Input> {
        let settings = Settings::read(&place.folders())?;
        let found = makefiles(&place, &settings.excluded()?)?;
        let project = project(&place)?;
        let (makefiles, unconfigured) = configured(&project, &place.prefix, found.makefiles);
        let named = makefiles.len();
        let makefiles = with_includers(&project, makefiles);
        let shares = makefiles.len().div_ceil(named.max(1));
        let troubles = [found.troubles, unconfigured].concat();
        if makefiles.is_empty() {
            bail!("{}", troubles.join("\n"));
        }
        for trouble in &troubles {
            notice(trouble);
        }
        if let Some(jobs) = args.jobs {
            // Set once, before anything runs in parallel; a second time cannot be.
            let _ = rayon::ThreadPoolBuilder::new().num_threads(jobs).build_global();
        }
        let progress = Progress::new(makefiles.len(), args.quiet);
        let min_severity = args.min_severity.map_or(Severity::Warning, |it| it.severity());
        Ok(Input {
            project,
            place,
            makefiles,
            options: Options { watcher: progress.watcher(), shares, ..options(args, settings, min_severity)? },
            progress,
            min_severity,
            baseline: args.baseline.as_deref().map(baseline).transpose()?.unwrap_or_default(),
            troubled: !troubles.is_empty(),
        })
    }

    /// Takes out what is not to be reported.
    pub(super) fn sift(&self, analysis: &mut Analysis) {
        analysis.findings.retain(|it| it.severity >= self.min_severity && !self.baseline.contains(&it.id));
    }

    /// Tells what make would stop with.
    pub(super) fn tell_errors(&self, analysis: &Analysis) {
        for (span, message) in &analysis.errors {
            let place = span.map_or_else(String::new, |it| {
                let path = &self.project.source(it.file).path;
                format!("{}{path}:{}: ", self.place.prefix, self.project.position(it).line)
            });
            let message = display(message);
            let message = message.trim_start_matches("*** ");
            notice(&escape(&format!("{place}{message}; make stops here, correct it first")));
        }
    }

    /// What a run comes to that found `count` races.
    pub(super) fn status(&self, analysis: &Analysis, count: usize) -> Status {
        // A makefile with which make stops in one configuration may race in another: what was found counts more.
        match count {
            _ if self.troubled => Status::Trouble,
            0 if !analysis.errors.is_empty() => Status::Trouble,
            0 => Status::Clean,
            _ => Status::Found,
        }
    }
}

/// The makefiles without the templates whose configure.ac is none, and a line for each such configure.ac.
fn configured(project: &Project, prefix: &str, makefiles: Vec<String>) -> (Vec<String>, Vec<String>) {
    let mut troubles = BTreeSet::new();
    let mut is_fine = |makefile: &String| {
        let folder = folder_of(makefile);
        let is_template = makefile.ends_with(".in") || makefile.ends_with(".am");
        let path = Configures::above(project, folder).next().filter(|_| is_template);
        let Some(file) = path.and_then(|it| project.open(&it)) else { return true };
        let source = project.source(file);
        // The call may stand in a file that it includes.
        let is_autoconf = ["AC_INIT", "include("].iter().any(|it| source.text().contains(it));
        if !is_autoconf {
            let path = escape(&format!("{prefix}{}", source.path));
            troubles.insert(format!("{path}: has no AC_INIT; autoconf would refuse it, add the call"));
        }
        is_autoconf
    };
    let makefiles = makefiles.into_iter().filter(|it| is_fine(it)).collect();
    (makefiles, troubles.into_iter().collect())
}

/// The makefiles, and after each part of makefiles those that read it; instead of it where automake does, since make itself
/// cannot read what automake can.
fn with_includers(project: &Project, makefiles: Vec<String>) -> Vec<String> {
    let mut res: Vec<String> = Vec::new();
    for makefile in makefiles {
        let others = includers(project, &makefile);
        let by_automake = others.iter().any(|it| it.ends_with(".am"));
        let itself = Some(makefile).filter(|_| !by_automake);
        for it in itself.into_iter().chain(others) {
            if !res.contains(&it) {
                res.push(it);
            }
        }
    }
    res
}

/// The files of a place.
pub(super) fn project(place: &Place) -> Result<Project> {
    let root = place.root.to_string_lossy().into_owned();
    Ok(Project::new(root, Arc::new(DiskTree::new(&place.root)?)))
}

/// How text is set for a person at the terminal, or for a file.
pub(super) fn style(color: Color) -> Style {
    let colour = match color {
        Color::Always => true,
        Color::Never => false,
        // Honours NO_COLOR, CLICOLOR_FORCE and TERM.
        Color::Auto => anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never,
    };
    let at_terminal = std::io::stdout().is_terminal();
    let columns = std::env::var("COLUMNS").ok().filter(|_| at_terminal).and_then(|it| it.parse().ok());
    Style { colour, width: columns.unwrap_or(120), summary: true }
}

fn options(args: &CommonArgs, settings: Settings, min_severity: Severity) -> Result<Options> {
    let classes = if args.class.is_empty() { settings.classes()? } else { args.class.clone() };
    Ok(Options {
        settled: std::collections::BTreeSet::new(),
        only: Vec::new(),
        goals: if args.goal.is_empty() { settings.goals } else { args.goal.clone() },
        configurations: args.configuration.clone(),
        base_only: false,
        defines: args.define.clone(),
        classes,
        fixes: true,
        thorough: false,
        strategy: args.strategy.0,
        notes: min_severity == Severity::Note,
        models: settings.models,
        shares: 1,
        watcher: Watcher::default(),
    })
}

/// A report as one JSON document.
pub(super) fn read_report(path: &Path) -> Result<Value> {
    match serde_json::from_slice(&read_named(path)?) {
        Ok(value) => Ok(value),
        Err(error) => bail!("{}: not a report in JSON ({error})", show(path)),
    }
}

/// The ids in a report of an earlier run, as json or jsonl.
fn baseline(path: &Path) -> Result<BTreeSet<String>> {
    let mut bytes = Vec::new();
    match path.to_str() {
        Some("-") => drop(std::io::stdin().read_to_end(&mut bytes)?),
        _ => bytes = read_named(path)?,
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let values: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(&text).into_iter().collect();
    let Ok(values) = values else {
        bail!("{}: not a report; write one with `unrace check --output-format json > FILE`", show(path));
    };
    let findings = values.iter().flat_map(|it| match it["findings"].as_array() {
        Some(findings) => findings.iter().collect(),
        None => vec![it],
    });
    Ok(findings.filter_map(|it| it["id"].as_str()).map(str::to_owned).collect())
}
