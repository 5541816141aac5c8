//! `unrace fix`

use std::path::Path;

use anyhow::{Result, bail};

use super::args::{Color, ConfigureArg, FixArgs, PatchFormat};
use super::input::{Input, read_report, style};
use super::interactive::choose;
use super::{Status, emit, notice};
use crate::analysis::{Analysis, Applicability, Finding, Fix, Options};
use crate::confirm;
use crate::files::{regenerate, show, subjects, write_all, write_new};
use crate::migrate::{Outcome, Policy, Step, migrate};
use crate::patch::{Change, changes, unified};
use crate::report::habit::Habit;
use crate::report::mail::{self, Letter};
use crate::report::{Format, Report, escape};

/// Who signs a patch when the environment does not say.
const AUTHOR: &str = "unrace <unrace@localhost>";

pub(super) fn run(args: &FixArgs) -> Result<Status> {
    let input = if args.write { Input::to_write(&args.common)? } else { Input::new(&args.common)? };
    let policy = Policy {
        applicability: if args.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe },
        severity: input.min_severity,
        only: args.only.clone(),
        except: input.baseline.clone(),
    };
    let options = Options { thorough: true, ..input.options.clone() };
    let solve = |policy: &Policy| migrate(&input.project, &input.makefiles, &options, policy);
    let mut outcome = if args.interactive { choose(solve, &policy, args.common.color)? } else { solve(&policy) };
    input.progress.finish();
    input.tell_errors(&outcome.before);
    input.sift(&mut outcome.before);
    input.sift(&mut outcome.after);
    let is_found = |id: &&String| outcome.before.findings.iter().any(|it| it.id == **id);
    if let Some(id) = args.only.iter().find(|it| !is_found(it)) {
        bail!("{}: no finding has this id; see unrace check --output-format json", escape(id));
    }
    if let Some(file) = &args.report {
        write_page(file, &input, &outcome.before)?;
    }
    let patches = patches(args, &input, &outcome);
    let found = if args.write {
        write_all(&input.place.root, &whole(&input, &outcome, &patches))?;
        outcome.after.findings.len()
    } else {
        print(args, &input, &outcome, &patches)?;
        outcome.before.findings.len()
    };
    let stopped = outcome.before.findings.is_empty() && !outcome.before.errors.is_empty();
    if !args.common.quiet && !stopped {
        summarise(args, &input, &outcome);
    }
    Ok(input.status(&outcome.before, found))
}

/// Everything that was found, as one page.
fn write_page(file: &Path, input: &Input, analysis: &Analysis) -> Result<()> {
    let report = Report { project: &input.project, analysis, prefix: &input.place.prefix, style: style(Color::Never) };
    let page = Format::named("html").map_or_else(String::new, |it| it.render(&report));
    write_new(file, page.as_bytes())
}

/// The changes of each step, with those of the generated configure where that was asked for.
fn patches(args: &FixArgs, input: &Input, outcome: &Outcome) -> Vec<Vec<Change>> {
    let mut configure = regenerate::Configures::default();
    let mut one = |step: &Step| {
        let mut res = changes(&step.before, &step.after, [&step.fix.edits]);
        if args.configure == ConfigureArg::Keep {
            for stale in res.iter().filter(|it| regenerate::is_source(&it.path)) {
                let generated = regenerate::generated(&stale.path);
                if !args.common.quiet && input.project.exists(&generated) {
                    notice(&format!("{generated}: left as it is; --configure=regenerate adds it to the patch"));
                }
            }
            return res;
        }
        let (more, notices) = configure.regenerate(&input.place.root, &step.after, &res);
        notices.iter().for_each(|it| notice(it));
        res.extend(more);
        sort(&mut res);
        res
    };
    outcome.steps.iter().map(&mut one).collect()
}

/// By path, but generated files last: applied in this order, they are newer than what they are made from, so that make
/// does not make them again.
fn sort(changes: &mut [Change]) {
    let is_generated = |path: &str| {
        changes.iter().any(|it| regenerate::is_source(&it.path) && regenerate::generated(&it.path) == path)
    };
    let generated: Vec<String> = changes.iter().map(|it| it.path.clone()).filter(|it| is_generated(it)).collect();
    changes.sort_by_key(|it| (generated.contains(&it.path), it.path.clone()));
}

/// All steps as one change of each file.
fn whole(input: &Input, outcome: &Outcome, patches: &[Vec<Change>]) -> Vec<Change> {
    let mut res = changes(&input.project, &outcome.project, outcome.steps.iter().map(|it| &it.fix.edits));
    for change in patches.iter().flatten() {
        match res.iter_mut().find(|it| it.path == change.path) {
            Some(known) => known.after.clone_from(&change.after),
            None => res.push(change.clone()),
        }
    }
    res.retain(|it| it.before != it.after);
    sort(&mut res);
    res
}

fn print(args: &FixArgs, input: &Input, outcome: &Outcome, patches: &[Vec<Change>]) -> Result<()> {
    let prefix = patch_prefix(args, input, outcome);
    let author = author();
    // Only a patch with a subject asks for the project's habits.
    let subjects = if args.patch_format == PatchFormat::Mbox { subjects(&input.place.root) } else { Vec::new() };
    let habit = Habit::of(&subjects);
    let report = args.evidence.as_deref().map(read_report).transpose()?;
    let evidence = |it: &Finding| confirm::evidence(report.as_ref()?, &it.id, it.class.name(), &it.path);
    let seen: Vec<Option<String>> = outcome.steps.iter().map(|it| evidence(&it.finding)).collect();
    let diffs: Vec<Vec<u8>> = patches.iter().map(|it| unified(it, prefix)).collect();
    let letters: Vec<Letter> = outcome
        .steps
        .iter()
        .zip(&diffs)
        .enumerate()
        .map(|(idx, (step, patch))| Letter {
            finding: &step.finding,
            fix: &step.fix,
            patch,
            author: &author,
            number: (idx + 1, diffs.len()),
            habit: &habit,
            evidence: seen[idx].as_deref(),
        })
        .collect();
    let render: fn(&Letter) -> Vec<u8> = match args.patch_format {
        PatchFormat::Diff => |it| it.patch.to_vec(),
        PatchFormat::Mbox => mail::mbox,
        PatchFormat::Dep3 => mail::dep3,
    };
    match (&args.output, args.patch_format) {
        (Some(folder), format) => save(folder, &letters, render, format),
        (None, PatchFormat::Diff) => emit(&unified(&whole(input, outcome, patches), prefix)).map(drop),
        (None, _) => emit(&letters.iter().flat_map(render).collect::<Vec<u8>>()).map(drop),
    }
}

/// `patch` and `git apply` refuse paths that climb: for a tree elsewhere the paths are those of its root.
fn patch_prefix<'a>(args: &FixArgs, input: &'a Input, outcome: &Outcome) -> &'a str {
    if !input.place.prefix.starts_with("../") {
        return &input.place.prefix;
    }
    if !args.common.quiet && !outcome.steps.is_empty() {
        notice(&format!("the patch's paths are relative to {}", show(&input.place.root)));
    }
    ""
}

fn save(folder: &Path, letters: &[Letter], render: fn(&Letter) -> Vec<u8>, format: PatchFormat) -> Result<()> {
    let mut names = String::new();
    for letter in letters {
        let name = mail::file_name(letter);
        write_new(&folder.join(&name), &render(letter))?;
        names.push_str(&format!("{name}\n"));
    }
    if format == PatchFormat::Dep3 && !letters.is_empty() {
        // quilt's list of what to apply, in order.
        write_new(&folder.join("series"), names.as_bytes())?;
    }
    emit(names.lines().map(|it| format!("{}\n", folder.join(it).display())).collect::<String>().as_bytes()).map(drop)
}

fn author() -> String {
    let env = |name| std::env::var(name).ok().filter(|it| !it.is_empty());
    match env("GIT_AUTHOR_NAME").zip(env("GIT_AUTHOR_EMAIL")) {
        Some((name, address)) => format!("{name} <{address}>"),
        None => match env("DEBFULLNAME").zip(env("DEBEMAIL")) {
            Some((name, address)) => format!("{name} <{address}>"),
            None => AUTHOR.to_owned(),
        },
    }
}

fn summarise(args: &FixArgs, input: &Input, outcome: &Outcome) {
    let left = &outcome.after.findings;
    // Whoever asked for a strategy wants to know why it was not taken.
    if let Some(strategy) = input.options.strategy {
        let refused = |it: &Fix| it.strategy == strategy && it.applicability == Applicability::Manual;
        for finding in left {
            for fix in finding.fixes.iter().filter(|it| refused(it)) {
                notice(&format!("{}: {} {}", finding.path, strategy.name(), fix.why));
            }
        }
    }
    let count = |n: usize, what: &str| if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") };
    let done = if args.write { "fixed" } else { "fixed by this patch" };
    let mut line = match (outcome.before.findings.len(), outcome.steps.len()) {
        (0, _) => format!("no races in {}", count(input.makefiles.len(), "makefile")),
        (found, 0) => format!("{}, none {done}", count(found, "race")),
        (found, taken) => {
            // One finding may be several races alike, of which the fixes ended some; one fix may end several.
            let fixed = found.saturating_sub(left.len()).max(taken);
            format!("{}, {fixed} {done}", count(fixed + left.len(), "race"))
        }
    };
    let offered = left.iter().filter(|it| it.fixes.iter().any(|it| it.applicability == Applicability::Unsafe)).count();
    if offered > 0 && !args.unsafe_fixes {
        line.push_str(&format!("; {offered} more with --unsafe-fixes"));
    }
    notice(&line);
}
