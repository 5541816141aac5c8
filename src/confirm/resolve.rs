//! Names in which something is left that only make can answer, `lib.so.$(shell cut -d. -f1 version)`, asked of make itself.
//!
//! All variables that reading could follow have been put in; what is left needs no makefile.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};

use super::run::Tools;
use super::scratch::Room;
use super::{Suspect, SuspectJob};

/// A suspect with plain names, as they are in this room.
pub(super) fn resolved(suspect: &Suspect, room: &Room, tools: &Tools) -> Result<Suspect> {
    let job =
        |it: &SuspectJob| name(&it.target, suspect, room, tools).map(|target| SuspectJob { target, ..it.clone() });
    let all = |it: &[String]| it.iter().map(|it| name(it, suspect, room, tools)).collect::<Result<Vec<String>>>();
    Ok(Suspect {
        paths: all(&suspect.paths)?,
        words: all(&suspect.words)?,
        jobs: suspect.jobs.iter().map(job).collect::<Result<_>>()?,
        ..suspect.clone()
    })
}

fn name(text: &str, suspect: &Suspect, room: &Room, tools: &Tools) -> Result<String> {
    // A variable is set for make to read, not for us.
    if !text.contains("$(") || text.contains('=') {
        return Ok(text.to_owned());
    }
    let answer = ask(text, &suspect.folder, room, tools)?;
    Ok(answer.unwrap_or_else(|| text.to_owned()))
}

/// What make makes of a text, if it is one word.
fn ask(text: &str, folder: &Path, room: &Room, tools: &Tools) -> Result<Option<String>> {
    let mut command = room.command(folder);
    command.arg(&tools.make).args(["-s", "-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    for name in ["MAKEFILES", "MAKEFLAGS", "MFLAGS", "MAKELEVEL"] {
        command.env_remove(name);
    }
    let mut child = command.spawn().context("start make")?;
    if let Some(mut input) = child.stdin.take() {
        write!(input, "$(info {text})\nunrace-nothing: ;\n").context("ask make")?;
    }
    let answer = child.wait_with_output().context("ask make")?;
    let answer = String::from_utf8_lossy(&answer.stdout).trim_end().to_owned();
    let is_word = !answer.is_empty() && !answer.contains(char::is_whitespace);
    Ok(is_word.then_some(answer))
}
