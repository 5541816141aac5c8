//! What a change of several files is about to do, on disk until it is done: a run that is killed in the middle leaves it
//! behind, and the next one finishes the change.
//!
//! Knows where files lie, not what is in them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use super::show;
use super::write::{PREFIX, is_alive, trouble};

/// The journal's name, in the root.
const NAME: &str = ".unrace-journal";

/// What stands in it.
#[derive(Serialize, Deserialize)]
struct Written<S> {
    /// The process that makes the change.
    process: u32,
    steps: S,
}

/// One file of a change; paths below the root.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Step {
    pub(super) target: PathBuf,
    /// The new bytes, to be moved onto the target.
    pub(super) new: PathBuf,
    /// The former bytes.
    pub(super) old: PathBuf,
}

/// A journal on disk; goes away with the value.
pub(super) struct Journal(PathBuf);

impl Journal {
    /// Writes down the steps, all or nothing.
    pub(super) fn begin(root: &Path, steps: &[Step]) -> Result<Journal> {
        let path = root.join(NAME);
        let write = || -> std::io::Result<()> {
            let mut file = tempfile::Builder::new().prefix(&*PREFIX).tempfile_in(root)?;
            file.write_all(&serde_json::to_vec(&Written { process: std::process::id(), steps })?)?;
            file.as_file().sync_all()?;
            file.persist_noclobber(&path).map_err(|it| it.error)?;
            Ok(())
        };
        write().map_err(|it| trouble(&path, &it))?;
        Ok(Journal(path))
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Finishes a change that a run before this one began: a file that is still as it was then becomes what it was to be, one
/// that somebody changed since stays. Tells which files were changed.
pub fn finish(root: &Path) -> Result<Vec<PathBuf>> {
    let path = root.join(NAME);
    let Ok(bytes) = fs::read(&path) else { return Ok(Vec::new()) };
    let written = serde_json::from_slice(&bytes).unwrap_or(Written { process: 0, steps: Vec::<Step>::new() });
    if is_alive(written.process) {
        bail!("{}: another run writes here; run it again when that has ended", show(root));
    }
    let steps = written.steps;
    let mut res = Vec::new();
    for step in steps.iter().filter(|it| is_ours(root, it)) {
        let same = fs::read(root.join(&step.target)).ok() == fs::read(root.join(&step.old)).ok();
        let new = root.join(&step.new);
        if same && new.exists() {
            let target = root.join(&step.target);
            fs::rename(&new, &target).map_err(|it| trouble(&target, &it))?;
            res.push(step.target.clone());
        }
    }
    fs::remove_file(&path).map_err(|it| trouble(&path, &it))?;
    for step in steps.iter().filter(|it| is_ours(root, it)) {
        let _ = fs::remove_file(root.join(&step.new));
        let _ = fs::remove_file(root.join(&step.old));
    }
    Ok(res)
}

/// Whether a step stays below the root and moves files that such a run made: a tree from elsewhere may bring a journal.
fn is_ours(root: &Path, step: &Step) -> bool {
    let folder = |it: &Path| root.join(it).parent().and_then(|it| fs::canonicalize(it).ok());
    let inside = |it: &Path| folder(it).is_some_and(|it| it.starts_with(root));
    let temporary = |it: &Path| it.file_name().and_then(|it| it.to_str()).is_some_and(|it| it.starts_with(".unrace-"));
    [&step.target, &step.new, &step.old].into_iter().all(|it| inside(it))
        && temporary(&step.new)
        && temporary(&step.old)
}
