//! A folder on disk as a [`Tree`].

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::source::{Entry, Tree};

/// Larger files are not read.
pub const MAX_SIZE: u64 = 256 << 20;

/// The files below a folder. Links that lead out of it, FIFOs, devices, and names that are not UTF-8 are not seen.
pub struct DiskTree {
    root: PathBuf,
}

impl DiskTree {
    /// The tree below `root`.
    pub fn new(root: &Path) -> Result<DiskTree> {
        let root = fs::canonicalize(root).with_context(|| format!("open {}", super::show(root)))?;
        Ok(DiskTree { root })
    }

    /// Whether there is such a file.
    pub(super) fn exists(&self, path: &str) -> bool {
        self.inside(path).is_some()
    }

    /// The real path of `path`, if it lies inside.
    fn inside(&self, path: &str) -> Option<PathBuf> {
        if path.starts_with('/') || path.split('/').any(|it| it == "..") {
            return None;
        }
        let real = fs::canonicalize(self.root.join(path)).ok()?;
        real.starts_with(&self.root).then_some(real)
    }

    fn entry(&self, folder: &Path, entry: &fs::DirEntry) -> Option<Entry> {
        let name = entry.file_name().into_string().ok()?;
        let kind = entry.file_type().ok()?;
        if !kind.is_symlink() {
            return (kind.is_dir() || kind.is_file()).then(|| Entry { name, is_folder: kind.is_dir() });
        }
        let real = fs::canonicalize(folder.join(&name)).ok()?;
        let metadata = fs::metadata(&real).ok()?;
        let seen = metadata.is_file() || (metadata.is_dir() && real.starts_with(&self.root));
        seen.then(|| Entry { name, is_folder: metadata.is_dir() })
    }
}

impl Tree for DiskTree {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let real = self.inside(path)?;
        // Looked at before it is opened: opening a FIFO would wait for a writer.
        let metadata = fs::metadata(&real).ok()?;
        let readable = metadata.is_file() && metadata.len() <= MAX_SIZE;
        readable.then(|| fs::read(&real).ok()).flatten()
    }

    fn list(&self, folder: &str) -> Option<Vec<Entry>> {
        let real = self.inside(folder)?;
        let entries = fs::read_dir(&real).ok()?;
        let mut res: Vec<Entry> = entries.filter_map(|it| self.entry(&real, &it.ok()?)).collect();
        res.sort_by(|a, b| a.name.cmp(&b.name));
        Some(res)
    }

    fn real(&self, folder: &str) -> Option<String> {
        let real = self.inside(folder)?;
        let real = real.strip_prefix(&self.root).ok()?.to_str()?;
        (real != folder).then(|| real.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_is_outside_or_odd_is_not_seen() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        fs::create_dir_all(root.join("sub")).unwrap();
        fs::write(root.join("Makefile"), "all:\n").unwrap();
        fs::write(dir.path().join("secret"), "x").unwrap();
        symlink("../secret", root.join("out")).unwrap();
        symlink("..", root.join("up")).unwrap();
        symlink("sub", root.join("in")).unwrap();
        symlink("nowhere", root.join("dangling")).unwrap();
        fs::write(root.join(std::ffi::OsStr::from_bytes(b"caf\xe9")), "x").unwrap();
        let made = std::process::Command::new("mkfifo").arg(root.join("fifo")).status().is_ok_and(|it| it.success());
        let tree = DiskTree::new(&root).unwrap();
        let names: Vec<(String, bool)> = tree.list("").unwrap().into_iter().map(|it| (it.name, it.is_folder)).collect();
        let expected = [("Makefile", false), ("in", true), ("out", false), ("sub", true)];
        assert_eq!(names, expected.map(|(name, folder)| (name.to_owned(), folder)));
        assert_eq!(tree.read("Makefile").as_deref(), Some(&b"all:\n"[..]));
        assert_eq!((tree.read("out"), tree.read("../secret"), tree.read("up/secret")), (None, None, None));
        assert!(!made || tree.read("fifo").is_none());
        assert!(tree.list("up").is_none() && tree.read("sub").is_none());
    }
}
