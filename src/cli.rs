//! The command line: arguments as typed become options as meant, results become text and an exit code.
//!
//! All output goes through `emit` and `notice`; a reader that closes the pipe ends the run without an error.

mod args;
mod check;
mod confirm;
mod database;
mod fix;
mod fixup;
mod input;
mod interactive;
mod progress;
mod review;
mod settings;
mod trees;

use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{CommandFactory, Parser};

use crate::races::{Class, explain};
use crate::report::escape;
use crate::text::display;
use args::{Args, Command};

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// Nothing was found.
    Clean,
    /// Races were found.
    Found,
    /// Something could not be done.
    Trouble,
}

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    // Where make started this program in place of a recipe's shell.
    if let Some(code) = crate::confirm::shell() {
        return ExitCode::from(code);
    }
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help goes to standard output, where the pipe may be closed.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    // A configure run must not fail because of what is only meant well.
    let lenient = matches!(&args.command, Command::Fixup(it) if !it.strict);
    let status = match guarded(args) {
        Ok(status) => status,
        Err(error) if is_closed_pipe(&error) => Status::Clean,
        Err(error) => {
            for line in format!("{error:#}").lines() {
                notice(line);
            }
            Status::Trouble
        }
    };
    ExitCode::from(match status {
        _ if lenient => 0,
        Status::Clean => 0,
        Status::Found => 1,
        Status::Trouble => 2,
    })
}

/// A fault of the program ends with one line and 2 too, not with a trace and a code of its own; `RUST_BACKTRACE` brings
/// the trace back.
fn guarded(args: Args) -> Result<Status> {
    if std::env::var_os("RUST_BACKTRACE").is_none_or(|it| it == "0") {
        panic::set_hook(Box::new(|_| ()));
    }
    panic::catch_unwind(AssertUnwindSafe(|| run(args))).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or(payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
        bail!("internal error: {}; report it with the makefile", escape(&display(text)))
    })
}

fn run(args: Args) -> Result<Status> {
    match args.command {
        Command::Check(args) => check::run(&args),
        Command::Fix(args) => fix::run(&args),
        Command::Confirm(args) => confirm::run(&args),
        Command::Fixup(args) => fixup::run(&args),
        Command::Review(args) => review::run(&args),
        Command::Database(args) => database::run(&args),
        Command::Explain { class } => emit(explanation(class).as_bytes()),
        Command::Completions { shell } => {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "unrace", &mut out);
            emit(&out)
        }
        Command::Man { command } => {
            let mut out = Vec::new();
            let title = command.as_ref().map_or("unrace".to_owned(), |it| format!("unrace-{it}"));
            clap_mangen::Man::new(page(command.as_deref())?).title(title).render(&mut out)?;
            emit(&out)
        }
    }
}

fn explanation(class: Option<Class>) -> String {
    match class {
        Some(class) => explain(class).to_owned(),
        None => {
            let line = |it: Class| {
                let what = explain(it).lines().nth(2).unwrap_or_default();
                format!("{:<22}{what}\n", it.name())
            };
            let list: String = Class::ALL.into_iter().map(line).collect();
            format!("{list}\nunrace explain CLASS tells more.\n")
        }
    }
}

/// The command whose manual page is asked for.
fn page(name: Option<&str>) -> Result<clap::Command> {
    let all = Args::command();
    let Some(name) = name else { return Ok(all) };
    let found = all.get_subcommands().find(|it| it.get_name() == name).cloned();
    found
        .map(|it| it.version(env!("CARGO_PKG_VERSION")))
        .ok_or_else(|| anyhow::anyhow!("{}: no such command; see unrace --help", escape(name)))
}

/// Writes to standard output, all or until the reader has enough.
fn emit(bytes: &[u8]) -> Result<Status> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(Status::Clean)
}

/// Writes one line to standard error, where nobody may be reading.
fn notice(line: &str) {
    let _ = writeln!(io::stderr().lock(), "unrace: {line}");
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|it| it.downcast_ref::<io::Error>()).any(|it| it.kind() == io::ErrorKind::BrokenPipe)
}
