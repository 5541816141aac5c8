//! Writes results: all files of a change or none.

use std::fs::{self, File, FileTimes, Metadata};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context, Result, bail};
use tempfile::{NamedTempFile, TempPath};

use super::journal::{Journal, Step};
use super::{reason, show};
use crate::patch::Change;

/// How the names of temporary files begin: with the process that makes them, so that those of one that was killed can be
/// told.
pub(super) static PREFIX: LazyLock<String> = LazyLock::new(|| format!(".unrace-{}-", std::process::id()));

/// Writes the new bytes of all changes below `root`, each file at once and with its mode and owner, or none of them.
/// Refuses when a file is no longer what it was when it was read. Killed in the middle, the next run finishes it
/// ([`super::finish`]).
pub fn write_all(root: &Path, changes: &[Change]) -> Result<()> {
    let ready = changes.iter().map(|it| prepare(root, it)).collect::<Result<Vec<_>>>()?;
    let steps: Vec<Step> = ready.iter().filter_map(|it| it.step(root)).collect();
    let journal = if steps.len() > 1 { Some(Journal::begin(root, &steps)?) } else { None };
    let mut done: Vec<(PathBuf, TempPath)> = Vec::new();
    for Ready { target, new, old, before } in ready {
        let replaced = match fs::read(&target) {
            // Looked at again: an editor may have saved it while the others were made ready.
            Ok(bytes) if bytes != *before => Err("changed since it was read".to_owned()),
            Ok(_) => new.persist(&target).map_err(|it| reason(&it.error)),
            Err(error) => Err(reason(&error)),
        };
        if let Err(why) = replaced {
            let lost: Vec<String> = done.into_iter().filter_map(|(target, old)| back(&target, old)).collect();
            let rest = if lost.is_empty() { "nothing was changed".to_owned() } else { lost.join("; ") };
            bail!("{}: cannot be replaced ({why}); {rest}", show(&target));
        }
        done.push((target, old));
    }
    for (target, _) in &done {
        // The rename itself is on disk once its folder is; a system that cannot sync a folder has renamed all the same.
        let _ = target.parent().map(File::open).and_then(Result::ok).map(|it| it.sync_all());
    }
    // The former bytes first: what the journal names, the next run takes away.
    drop(done);
    drop(journal);
    Ok(())
}

/// Replaces a generated file at once, with its mode, its owner and its times: make finds it as new as it was, so that it
/// makes nothing again because of it. Refuses when it is no longer what it was when it was read.
pub fn write_generated(root: &Path, change: &Change) -> Result<()> {
    let (target, metadata) = unchanged(root, change)?;
    let new = beside(&target, &change.after, &metadata, Date::Kept)?;
    new.persist(&target).map_err(|it| trouble(&target, &it.error))
}

/// Writes a file that is not there yet, its folder too.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .map_err(|it| anyhow::anyhow!("{}: cannot be made ({})", show(folder), reason(&it)))?;
    }
    fs::write(path, bytes).map_err(|it| anyhow::anyhow!("{}: cannot be written ({})", show(path), reason(&it)))
}

struct Ready<'a> {
    target: PathBuf,
    new: TempPath,
    /// The former bytes, ready to be put back without any further need of space.
    old: TempPath,
    before: &'a [u8],
}

/// What a new file is dated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Date {
    Now,
    /// As the file that it replaces.
    Kept,
}

impl Ready<'_> {
    fn step(&self, root: &Path) -> Option<Step> {
        let below = |it: &Path| it.strip_prefix(root).ok().map(Path::to_owned);
        Some(Step { target: below(&self.target)?, new: below(&self.new)?, old: below(&self.old)? })
    }
}

fn prepare<'a>(root: &Path, change: &'a Change) -> Result<Ready<'a>> {
    let (target, metadata) = unchanged(root, change)?;
    if metadata.permissions().readonly() {
        bail!("{}: is read-only; nothing was changed, make it writable first", show(&root.join(&change.path)));
    }
    remove_left(&target);
    let new = beside(&target, &change.after, &metadata, Date::Now)?;
    let old = beside(&target, &change.before, &metadata, Date::Now)?;
    Ok(Ready { target, new, old, before: &change.before })
}

/// The file that a change is for, if its text is still the one before the change.
fn unchanged(root: &Path, change: &Change) -> Result<(PathBuf, Metadata)> {
    let named = root.join(&change.path);
    // A link stays a link: what it leads to is replaced.
    let target = fs::canonicalize(&named).map_err(|it| trouble(&named, &it))?;
    if !target.starts_with(root) {
        bail!("{}: lies outside {}; nothing was changed", show(&named), show(root));
    }
    let metadata = fs::metadata(&target).map_err(|it| trouble(&named, &it))?;
    if fs::read(&target).map_err(|it| trouble(&named, &it))? != change.before {
        bail!("{}: changed since it was read; nothing was changed, run it again", show(&named));
    }
    Ok((target, metadata))
}

fn beside(target: &Path, bytes: &[u8], metadata: &Metadata, date: Date) -> Result<TempPath> {
    let folder = target.parent().context("a file lies in a folder")?;
    let write = || -> std::io::Result<NamedTempFile> {
        let mut file = tempfile::Builder::new().prefix(&*PREFIX).tempfile_in(folder)?;
        file.write_all(bytes)?;
        let made = file.as_file().metadata()?;
        if (made.uid(), made.gid()) != (metadata.uid(), metadata.gid()) {
            chown(file.path(), Some(metadata.uid()), Some(metadata.gid()))?;
        }
        if date == Date::Kept {
            let times = FileTimes::new().set_accessed(metadata.accessed()?).set_modified(metadata.modified()?);
            file.as_file().set_times(times)?;
        }
        // After chown, which takes away set-user-ID.
        fs::set_permissions(file.path(), metadata.permissions())?;
        if date == Date::Now {
            file.as_file().sync_all()?;
        }
        Ok(file)
    };
    Ok(write().map_err(|it| trouble(target, &it))?.into_temp_path())
}

/// Removes what runs that were killed left beside a file.
fn remove_left(target: &Path) {
    let Some(entries) = target.parent().and_then(|it| fs::read_dir(it).ok()) else { return };
    for path in entries.filter_map(|it| Some(it.ok()?.path())) {
        let name = path.file_name().and_then(|it| it.to_str()?.strip_prefix(".unrace-"));
        let process = name.and_then(|it| it.split('-').next()?.parse().ok());
        if process.is_some_and(|it| !is_alive(it)) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Whether a process runs, as far as can be seen; where that cannot be seen, all do.
pub(super) fn is_alive(process: u32) -> bool {
    let processes = Path::new("/proc");
    process != 0 && (!processes.join("self").exists() || processes.join(process.to_string()).exists())
}

pub(super) fn trouble(path: &Path, error: &std::io::Error) -> anyhow::Error {
    anyhow::anyhow!("{}: cannot be replaced ({}); nothing was changed", show(path), reason(error))
}

/// Puts the former bytes back; says where they are if even that fails.
fn back(target: &Path, old: TempPath) -> Option<String> {
    match old.persist(target) {
        Ok(()) => None,
        Err(error) => {
            let kept = error.path.keep().unwrap_or_default();
            Some(format!("{} is changed, its former text is in {}", show(target), show(&kept)))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn change(path: &str, before: &str, after: &str) -> Change {
        Change { path: path.into(), before: before.into(), after: after.into() }
    }

    fn root(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            fs::write(dir.path().join(path), text).unwrap();
        }
        let root = fs::canonicalize(dir.path()).unwrap();
        (dir, root)
    }

    #[test]
    fn mode_and_links_are_kept() {
        let (_dir, root) = root(&[("real", "old")]);
        fs::set_permissions(root.join("real"), fs::Permissions::from_mode(0o750)).unwrap();
        std::os::unix::fs::symlink("real", root.join("link")).unwrap();
        write_all(&root, &[change("link", "old", "new")]).unwrap();
        assert!(fs::symlink_metadata(root.join("link")).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(root.join("real")).unwrap(), "new");
        assert_eq!(fs::metadata(root.join("real")).unwrap().mode() & 0o7777, 0o750);
        assert_eq!(fs::read_dir(&root).unwrap().count(), 2, "no temporary file stays");
    }

    #[test]
    fn a_file_that_changed_meanwhile_keeps_all_as_they_are() {
        let (_dir, root) = root(&[("a", "old"), ("b", "other")]);
        let error = write_all(&root, &[change("a", "old", "new"), change("b", "old", "new")]).unwrap_err();
        assert!(error.to_string().contains("changed since it was read"));
        assert_eq!(fs::read_to_string(root.join("a")).unwrap(), "old");
        assert_eq!(fs::read_dir(&root).unwrap().count(), 2);
    }

    #[test]
    fn a_failed_rename_puts_the_others_back() {
        let (_dir, root) = root(&[("a", "old"), ("b", "old")]);
        let changes = [change("a", "old", "new"), change("b", "old", "new")];
        let mut ready: Vec<Ready> = changes.iter().map(|it| prepare(&root, it).unwrap()).collect();
        let first = ready.remove(0);
        first.new.persist(&first.target).unwrap();
        assert_eq!(back(&first.target, first.old), None);
        assert_eq!(fs::read_to_string(root.join("a")).unwrap(), "old");
    }
}
