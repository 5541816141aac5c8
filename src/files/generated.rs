//! A makefile that configure made, with the tree that it and its sources lie in.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};

use super::find::common;
use super::{DiskTree, read_named, show};
use crate::source::{Entry, Project, Tree, stem_of_template};

/// A generated makefile as a project: what it was made from is not seen, since what it says counts.
pub struct Generated {
    /// The tree.
    pub project: Project,
    /// Absolute path of the tree's root.
    pub root: PathBuf,
    /// The makefile, relative to the root.
    pub makefile: String,
    /// Folders in which settings may stand: the makefile's and its sources'.
    pub folders: Vec<PathBuf>,
}

impl Generated {
    /// The makefile at a path. The root is the folder that holds both it and its `srcdir`, where that is not `/`.
    pub fn new(makefile: &Path) -> Result<Generated> {
        let bytes = read_named(makefile)?;
        let shown = show(makefile);
        let real = fs::canonicalize(makefile).with_context(|| format!("{shown}: cannot be opened"))?;
        let folder = real.parent().context("a file lies in a folder")?.to_owned();
        let text = String::from_utf8_lossy(&bytes);
        let sources = source_folders(&text).into_iter().filter_map(|it| fs::canonicalize(folder.join(it)).ok());
        let sources: Vec<PathBuf> = sources.collect();
        let all = sources.iter().fold(folder.clone(), |root, it| common(&root, it));
        let root = if all.parent().is_some() { all } else { folder.clone() };
        let inside = real.strip_prefix(&root).ok().and_then(Path::to_str);
        let makefile = inside.with_context(|| format!("{shown}: its name is not UTF-8"))?.to_owned();
        let name = root.to_str().with_context(|| format!("{shown}: its folder's name is not UTF-8"))?.to_owned();
        let project = Project::new(name, Arc::new(MadeTree(DiskTree::new(&root)?)));
        Ok(Generated { project, root, makefile, folders: [vec![folder], sources].concat() })
    }
}

/// Holds off other runs on a makefile's folder until the value is dropped. Where a folder cannot be locked (some network
/// file systems), nothing is held off; writes are still whole, and refuse what changed meanwhile.
pub fn lock_folder(makefile: &Path) -> Option<File> {
    let folder = makefile.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = File::open(folder).ok()?;
    file.lock().ok()?;
    Some(file)
}

/// What a makefile says of where its sources are.
fn source_folders(text: &str) -> Vec<&str> {
    const NAMES: [&str; 4] = ["srcdir", "top_srcdir", "abs_srcdir", "abs_top_srcdir"];
    let assigned = |line| {
        let (name, value): (&str, &str) = str::split_once(line, '=')?;
        NAMES.contains(&name.trim_end_matches([':', ' ', '\t'])).then(|| value.trim())
    };
    text.lines().filter_map(assigned).filter(|it| !it.is_empty() && !it.contains('$')).collect()
}

/// A tree without the files from which its makefiles are made.
struct MadeTree(DiskTree);

impl MadeTree {
    fn is_seen(&self, path: &str) -> bool {
        let (folder, name) = path.rsplit_once('/').map_or(("", path), |it| it);
        if ["configure.ac", "configure.in"].contains(&name) {
            return false;
        }
        let stem = stem_of_template(name);
        let made =
            |stem: &str| self.0.exists(&if folder.is_empty() { stem.to_owned() } else { format!("{folder}/{stem}") });
        stem.is_none_or(|it| !made(it))
    }
}

impl Tree for MadeTree {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.is_seen(path).then(|| self.0.read(path)).flatten()
    }

    fn list(&self, folder: &str) -> Option<Vec<Entry>> {
        let mut res = self.0.list(folder)?;
        let below = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        res.retain(|it| it.is_folder || self.is_seen(&below(&it.name)));
        Some(res)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_holds_the_makefile_and_its_sources_without_what_it_is_made_from() {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("work/src/configure.ac", "AC_INIT"),
            ("work/src/Makefile.in", "all:\n"),
            ("work/src/gen", "x"),
            ("work/out/Makefile", "srcdir = ../src\nVPATH = ../src\nall:\n"),
            ("work/out/Makefile.in", "all:\n"),
        ] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let made = Generated::new(&dir.path().join("work/out/Makefile")).unwrap();
        assert_eq!(made.root, fs::canonicalize(dir.path().join("work")).unwrap());
        assert_eq!(made.makefile, "out/Makefile");
        let seen = |it: &str| made.project.exists(it) && made.project.open(it).is_some();
        assert!(seen("src/gen") && seen("src/Makefile.in") && !seen("src/configure.ac") && !seen("out/Makefile.in"));
    }

    #[test]
    fn folders_of_sources_are_read_from_the_makefile() {
        let text = "srcdir = .\nabs_srcdir=/x/y\ntop_srcdir := ../..\nother = z\nsrcdir = $(top)/x\n";
        assert_eq!(source_folders(text), [".", "/x/y", "../.."]);
    }
}
