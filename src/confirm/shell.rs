//! What runs in place of a recipe's shell: leaves a record, waits where two jobs are to meet, and becomes the real shell.

use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::{CommandExt, parent_id};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::hook::{ANY, LINKS, MAKE, TARGET};
use crate::source::normalise;

/// A recipe line, or a `.ONESHELL` recipe, that started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// The process.
    pub(super) pid: u32,
    /// The make that runs it.
    pub(super) make: u32,
    /// The target, as an absolute path; none where make runs something that is no recipe.
    pub(super) target: Option<String>,
    /// The folder in which make is.
    pub(super) folder: String,
    /// The text that the shell gets.
    pub(super) line: String,
    /// A make's words and environment, in a record that a make leaves of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) program: Option<Program>,
}

/// How a make was started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Program {
    /// Its words.
    pub(super) words: Vec<String>,
    /// Its environment, as `NAME=VALUE`.
    pub(super) environment: Vec<String>,
}

/// Where this process was started in place of a shell: does that shell's work, and gives the exit code if it cannot be
/// started.
pub fn shell() -> Option<u8> {
    let mut words = std::env::args_os();
    let name = words.next()?.into_vec();
    let at = find(&name, format!("/{LINKS}").as_bytes())?;
    let control = PathBuf::from(OsStr::from_bytes(&name[..at]));
    let shell = OsString::from_vec(name[at + 1 + LINKS.len()..].to_vec());
    if !control.join("hook.mk").is_file() {
        return None;
    }
    if shell == MAKE {
        tell_make(&control);
        return Some(0);
    }
    let mut words: Vec<OsString> = words.collect();
    let shell = if shell == ANY && !words.is_empty() { words.remove(0) } else { shell };
    let target = std::env::var_os(TARGET);
    if let Err(error) = announce(&control, target, &words) {
        complain(&format!("{}: {error}", control.display()));
    }
    let error = command(&control, &shell, &words).exec();
    complain(&format!("{}: {}", shell.display(), crate::files::reason(&error)));
    Some(127)
}

fn command(control: &Path, shell: &OsStr, words: &[OsString]) -> Command {
    let mut command = Command::new(shell);
    command.args(words).env_remove(TARGET);
    // A makefile that exports SHELL exports its own.
    let links = control.join(LINKS);
    let ours = |it: &OsString| it.as_bytes().starts_with(links.as_os_str().as_bytes());
    if std::env::var_os("SHELL").is_some_and(|it| ours(&it)) {
        command.env("SHELL", shell);
    }
    command
}

/// Leaves a record, and waits if this job is to meet another.
fn announce(control: &Path, target: Option<OsString>, words: &[OsString]) -> std::io::Result<()> {
    let folder = std::env::current_dir()?.to_string_lossy().into_owned();
    let target = target.map(|it| absolute(&folder, &it.to_string_lossy()));
    let line = words.last().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let record = Record { pid: std::process::id(), make: parent_id(), target, folder, line, program: None };
    leave(control, &record)?;
    let Some(target) = &record.target else { return Ok(()) };
    let orders = match fs::read(control.join("orders")) {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
        Err(_) => Orders::default(),
    };
    if orders.refused.contains(target) {
        complain(&format!("{target}: left for later"));
        std::process::exit(1);
    }
    if orders.held.contains(target) && is_first_line(control, &record) {
        wait(control, &record)?;
    }
    Ok(())
}

/// What the shells are to do with some targets' recipes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Orders {
    /// They wait until they are let go.
    pub(super) held: Vec<String>,
    /// They fail, and do nothing.
    pub(super) refused: Vec<String>,
}

/// One write, so that records of several processes do not mix.
fn leave(control: &Path, record: &Record) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(record)?;
    line.push(b'\n');
    OpenOptions::new().append(true).create(true).open(control.join("records"))?.write_all(&line)
}

fn is_first_line(control: &Path, record: &Record) -> bool {
    let target = record.target.as_deref().unwrap_or_default();
    let name = format!("{}-{}", record.make, target.replace('/', "\\"));
    // A name that is too long for a file is nobody's.
    OpenOptions::new().write(true).create_new(true).open(control.join("seen").join(name)).is_ok()
}

/// Waits without using the processor: a FIFO that opens when the other side lets go.
fn wait(control: &Path, record: &Record) -> std::io::Result<()> {
    let go = control.join("go").join(record.pid.to_string());
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &go, rustix::fs::FileType::Fifo, mode, 0)?;
    let held = control.join("held").join(record.pid.to_string());
    let draft = control.join(format!("draft-{}", record.pid));
    fs::write(&draft, serde_json::to_vec(record)?)?;
    fs::rename(draft, held)?;
    fs::read(go).map(drop)
}

/// A record of the make above this process.
fn tell_make(control: &Path) {
    let mut make = parent_id();
    // `$(shell)` may have put a shell between.
    if let Some(above) = parent_of(make).filter(|_| words_of(make, "cmdline").iter().any(|it| it == "-c")) {
        make = above;
    }
    let folder = std::env::current_dir().unwrap_or_default().to_string_lossy().into_owned();
    let program = Program { words: words_of(make, "cmdline"), environment: words_of(make, "environ") };
    let record = Record { pid: std::process::id(), make, folder, program: Some(program), ..Record::default() };
    let _ = leave(control, &record);
}

fn words_of(pid: u32, file: &str) -> Vec<String> {
    let bytes = fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    text.split_terminator('\0').map(str::to_owned).collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    super::process::stat(pid).map(|it| it.parent)
}

/// An absolute path without `.` and `..`.
pub(super) fn absolute(folder: &str, path: &str) -> String {
    let joined = if path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") };
    // No path has this for its root.
    normalise("\0", "", &joined)
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|it| it == part)
}

fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "unrace: {text}");
}
