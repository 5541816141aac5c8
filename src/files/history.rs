//! What a project's log shows, where it has one.

use std::path::Path;
use std::process::{Command, Stdio};

/// The subjects of the last commits that git knows of a folder; none where it has no history or git is not here.
pub fn subjects(folder: &Path) -> Vec<String> {
    const MOST: &str = "-n60";
    let done = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["log", MOST, "--no-merges", "--format=%s"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let Some(output) = done.ok().filter(|it| it.status.success()) else { return Vec::new() };
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}
