//! `unrace check --trees-from`: many trees in one run, a line for each finding and one for each tree.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Write};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};

use super::args::CheckArgs;
use super::input::Input;
use super::{Status, emit, notice};
use crate::files::{read_named, show};
use crate::report::{Format, Report, Style, escape, trouble_line};
use crate::verdict;

/// Checks each tree that `from` lists, one path a line; `-` is standard input.
pub(super) fn run(args: &CheckArgs, from: &Path) -> Result<Status> {
    if args.output_format != "jsonl" {
        bail!("--trees-from: writes lines; add --output-format jsonl");
    }
    let done = args.resume.as_deref().map_or(Ok(BTreeSet::new()), done)?;
    let mut res = Status::Clean;
    for line in lines(from)? {
        let tree = line.context("read the list of trees")?;
        if tree.is_empty() || done.contains(&tree) {
            continue;
        }
        let (text, status) = one(args, &tree).unwrap_or_else(|error| {
            let message = format!("{error:#}");
            notice(&format!("{}: {message}", escape(&tree)));
            (trouble_line(&tree, &message), Status::Trouble)
        });
        emit(text.as_bytes())?;
        if let Some(file) = &args.resume {
            remember(file, &tree)?;
        }
        res = worse(res, status);
    }
    Ok(res)
}

fn lines(from: &Path) -> Result<Box<dyn Iterator<Item = std::io::Result<String>>>> {
    let input: Box<dyn Read> = match from.to_str() {
        Some("-") => Box::new(std::io::stdin()),
        _ => Box::new(std::io::Cursor::new(read_named(from)?)),
    };
    Ok(Box::new(BufReader::new(input).lines()))
}

/// One tree: its lines, and what it came to. A fault of the program in one tree is none in the others.
fn one(args: &CheckArgs, tree: &str) -> Result<(String, Status)> {
    let work = || -> Result<(String, Status)> {
        let input = Input::of_tree(&args.common, Path::new(tree))?;
        let mut analysis = verdict::check(&input.project, &input.makefiles, &input.options);
        input.sift(&mut analysis);
        let style = Style { colour: false, width: 120, summary: false };
        let report = Report { project: &input.project, analysis: &analysis, prefix: "", style };
        let text = Format::named("jsonl").map_or_else(String::new, |it| it.render(&report));
        Ok((text, input.status(&analysis, analysis.findings.len())))
    };
    panic::catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(anyhow!("internal error; report it with the tree")))
}

fn worse(a: Status, b: Status) -> Status {
    match (a, b) {
        (Status::Trouble, _) | (_, Status::Trouble) => Status::Trouble,
        (Status::Found, _) | (_, Status::Found) => Status::Found,
        _ => Status::Clean,
    }
}

/// The trees that a former run finished.
fn done(file: &Path) -> Result<BTreeSet<String>> {
    if !file.exists() {
        return Ok(BTreeSet::new());
    }
    let bytes = read_named(file)?;
    // A run that was stopped while it wrote leaves half a line: that tree is looked at again.
    let whole = bytes.iter().rposition(|it| *it == b'\n').map_or(0, |it| it + 1);
    Ok(String::from_utf8_lossy(&bytes[..whole]).lines().map(str::to_owned).collect())
}

/// Adds a tree to the list, by one write, so that several runs can share it.
fn remember(file: &Path, tree: &str) -> Result<()> {
    let write = || OpenOptions::new().append(true).create(true).open(file)?.write_all(format!("{tree}\n").as_bytes());
    write().map_err(|it| anyhow!("{}: cannot be written ({})", show(file), crate::files::reason(&it)))
}
