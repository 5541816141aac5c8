//! Runs make with its recipes passing through this program, under trace where asked, until it ends or must be ended.

use std::fs::{self, File};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::hook::Control;
use super::meeting::Meeting;
use super::process;
use super::scratch::Room;
use super::shell::Record;

/// System calls that say what a process does to files; those with `?` are not on every machine.
const CALLS: &str = "execve,execveat,?open,openat,?openat2,?creat,?rename,renameat,?renameat2,?link,linkat,?symlink,\
                     symlinkat,?unlink,unlinkat,?mkdir,mkdirat,?rmdir,chdir,fchdir,truncate,?mknod,mknodat,?fork,\
                     ?vfork,clone,?clone3,?flock";
/// Those that only ask whether a file is there.
const PROBES: &str = ",?stat,?lstat,?newfstatat,?fstatat64,?statx,?access,faccessat,?faccessat2";

/// How often the other side is looked at.
const TICK: Duration = Duration::from_millis(20);
/// Lines of make's output that are kept for a message.
const LAST_LINES: usize = 6;

/// What is common to all runs.
#[derive(Clone, Debug)]
pub struct Tools {
    /// GNU make.
    pub make: String,
    /// This program.
    pub program: PathBuf,
    /// How long a job waits for another while nothing else gets on.
    pub hold: Duration,
    /// How long a run may take.
    pub time_limit: Duration,
    /// Where make's output is kept, if anywhere.
    pub log: Option<PathBuf>,
    /// Set when a signal asks to end.
    pub stop: Arc<AtomicBool>,
}

/// How a run is traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trace {
    None,
    /// What is done to files.
    Files,
    /// Questions about them too.
    Probes,
}

/// One run of make.
#[derive(Debug)]
pub(super) struct Run {
    /// Words after the program's name.
    pub(super) words: Vec<String>,
    /// How it ended.
    pub(super) status: ExitStatus,
    /// The last lines that it printed.
    pub(super) last_lines: Vec<String>,
    /// Recipe lines in the order in which they started.
    pub(super) records: Vec<Record>,
    pub(super) seconds: f64,
}

impl Run {
    /// `status 0`, `status 2`, `signal 9`.
    pub(super) fn ended(&self) -> String {
        match (self.status.code(), self.status.signal()) {
            (Some(code), _) => format!("status {code}"),
            (None, signal) => format!("signal {}", signal.unwrap_or_default()),
        }
    }
}

impl Tools {
    /// GNU make 4.0 or later, or why there is none.
    pub fn check(&self) -> Result<()> {
        let found = Command::new(&self.make).arg("--version").stdin(Stdio::null()).output();
        let Ok(found) = found else {
            bail!("{}: cannot be started; install GNU make, or name it with --make", self.make)
        };
        let text = String::from_utf8_lossy(&found.stdout).into_owned();
        let version = text.strip_prefix("GNU Make ").and_then(|it| it.split('.').next()?.parse::<u32>().ok());
        if version.is_none_or(|it| it < 4) {
            bail!("{}: not GNU make 4.0 or later; name one with --make", self.make);
        }
        if Command::new("strace").arg("-V").output().is_err() {
            bail!("strace: cannot be started; install it");
        }
        Ok(())
    }

    /// Runs make with `words` in `folder` of a room; `meeting` says which jobs are to meet.
    pub(super) fn run(
        &self,
        room: &Room,
        folder: &Path,
        words: &[String],
        control: &Control,
        trace: Trace,
        meeting: &mut Meeting,
    ) -> Result<Run> {
        fs::write(control.path("orders"), serde_json::to_vec(&meeting.orders())?)?;
        let start = Instant::now();
        let log = control.path("log");
        let mut command = room.command(folder);
        if trace != Trace::None {
            command.args(self.tracer(trace)).arg("-o").arg(control.path("trace"));
        }
        command.arg(&self.make).args(words);
        command
            .env("MAKEFILES", makefiles(control))
            .env_remove("MAKEFLAGS")
            .env_remove("MFLAGS")
            .env_remove("MAKELEVEL");
        let output = File::create(&log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).process_group(0);
        let child = command.spawn().context("start make")?;
        let status = self.attend(child, control, meeting)?;
        if let Some(kept) = &self.log {
            let mut kept = File::options().append(true).create(true).open(kept).context("keep make's output")?;
            std::io::copy(&mut File::open(&log)?, &mut kept)?;
        }
        Ok(Run {
            words: words.to_vec(),
            status,
            last_lines: last_lines(&log),
            records: records(control)?,
            seconds: start.elapsed().as_secs_f64(),
        })
    }

    /// Runs a command of the user's in a folder of a room.
    pub(super) fn prepare(&self, room: &Room, folder: &Path, text: &str) -> Result<()> {
        let control = Control::new(&self.program, false)?;
        let log = control.path("log");
        let output = File::create(&log)?;
        let mut command = room.command(folder);
        command
            .args(["sh", "-c", text])
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0);
        let child = command.spawn().context("start sh")?;
        let status = self.attend(child, &control, &mut Meeting::none())?;
        if !status.success() {
            bail!("`{text}` failed: {}", last_lines(&log).join("\n"));
        }
        Ok(())
    }

    fn tracer(&self, trace: Trace) -> Vec<String> {
        let probes = if trace == Trace::Probes { PROBES } else { "" };
        let calls = format!("trace={CALLS}{probes}");
        let mut words: Vec<&str> = vec!["strace", "-f", "-q", "-y", "-a1", "-s0", "-e", "signal=none", "-e", &calls];
        if has_seccomp() {
            words.insert(2, "--seccomp-bpf");
        }
        words.into_iter().map(str::to_owned).collect()
    }

    fn attend(&self, mut child: Child, control: &Control, meeting: &mut Meeting) -> Result<ExitStatus> {
        let start = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                process::end_all();
                return Ok(status);
            }
            let stopped = self.stop.load(Ordering::Relaxed);
            if stopped || start.elapsed() > self.time_limit {
                process::end_all();
                let _ = child.wait();
                let why = if stopped { "stopped by a signal" } else { "the time limit has passed; see --time-limit" };
                bail!("{why}; everything that was started is ended");
            }
            meeting.attend(control, child.id(), self.hold)?;
            sleep(TICK);
        }
    }
}

/// Whether strace can skip the calls that are not asked for (5.3 and later).
fn has_seccomp() -> bool {
    let found = Command::new("strace").arg("--help").output();
    found.is_ok_and(|it| String::from_utf8_lossy(&it.stdout).contains("--seccomp-bpf"))
}

fn makefiles(control: &Control) -> String {
    let own = std::env::var("MAKEFILES").unwrap_or_default();
    format!("{} {own}", control.hook().display()).trim_end().to_owned()
}

fn last_lines(log: &Path) -> Vec<String> {
    let text = String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].iter().map(|it| (*it).to_owned()).collect()
}

fn records(control: &Control) -> Result<Vec<Record>> {
    let text = fs::read_to_string(control.path("records")).unwrap_or_default();
    text.lines().map(|it| serde_json::from_str(it).context("read a record")).collect()
}
