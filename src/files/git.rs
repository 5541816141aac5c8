//! What changed in a git work tree since a revision, and the tree as it was then.
//!
//! Runs git, which the user's change is in, and writes nothing.

use std::collections::BTreeMap;
use std::io::{Seek, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

use super::{DiskTree, reason, show};
use crate::report::escape;
use crate::source::{Entry, Tree};

/// A change below a folder, the work tree's own edits included.
#[derive(Clone, Debug)]
pub struct Since {
    /// The folder as seen from the top of the work tree: empty, or ending with `/`.
    pub prefix: String,
    /// The commit that the work tree stands on.
    pub head: String,
    /// The former content of each file that differs, by path relative to the folder; `None` where there was none.
    pub former: BTreeMap<String, Option<Vec<u8>>>,
}

impl Since {
    /// What changed below `root` since `base` and HEAD parted; since `base` where the history is too shallow to tell.
    pub fn new(root: &Path, base: &str) -> Result<Since> {
        let prefix = line(&git(root, &["rev-parse", "--show-prefix"])?);
        let Ok(commit) =
            git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{base}^{{commit}}")])
        else {
            let base = escape(base);
            bail!(
                "{base}: no such revision here; fetch it, as in `git fetch --depth=1 origin {base}`, or name another"
            );
        };
        let commit = line(&commit);
        let parted = git(root, &["merge-base", &commit, "HEAD"]).map_or(commit, |it| line(&it));
        let raw = git(
            root,
            &["diff", "--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff", "--relative", &parted, "--", "."],
        )?;
        let head = line(&git(root, &["rev-parse", "HEAD"])?);
        Ok(Since { prefix, head, former: contents(root, former(&raw))? })
    }
}

/// Path and former blob of each file that differs.
fn former(raw: &[u8]) -> Vec<(String, Option<String>)> {
    let mut fields = raw.split(|it| *it == 0).filter(|it| !it.is_empty());
    let mut res = Vec::new();
    while let (Some(head), Some(path)) = (fields.next(), fields.next()) {
        // `:100644 100755 BLOB BLOB M`; links and submodules are no texts.
        let head = String::from_utf8_lossy(head);
        let mut words = head.trim_start_matches(':').split(' ');
        let (mode, blob) = (words.next().unwrap_or_default(), words.nth(1).unwrap_or_default());
        if let Ok(path) = std::str::from_utf8(path) {
            res.push((path.to_owned(), mode.starts_with("100").then(|| blob.to_owned())));
        }
    }
    res
}

/// The content of blobs, read by one process.
fn contents(root: &Path, blobs: Vec<(String, Option<String>)>) -> Result<BTreeMap<String, Option<Vec<u8>>>> {
    let mut asked = tempfile::tempfile().context("make a temporary file")?;
    for blob in blobs.iter().filter_map(|it| it.1.as_ref()) {
        writeln!(asked, "{blob}")?;
    }
    asked.rewind()?;
    let mut command = command(root);
    let output = done(command.args(["cat-file", "--batch"]).stdin(asked).output())?;
    let mut rest = output.stdout.as_slice();
    let mut res = BTreeMap::new();
    for (path, blob) in blobs {
        let content = blob.map(|_| next_blob(&mut rest).context("git cat-file ended early")).transpose()?;
        res.insert(path, content);
    }
    Ok(res)
}

/// Takes `NAME blob SIZE`, a newline, the content, a newline.
fn next_blob(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let end = rest.iter().position(|it| *it == b'\n')?;
    let size: usize = std::str::from_utf8(&rest[..end]).ok()?.rsplit(' ').next()?.parse().ok()?;
    let res = rest.get(end + 1..end + 1 + size)?.to_vec();
    *rest = rest.get(end + 2 + size..)?;
    Some(res)
}

fn git(root: &Path, words: &[&str]) -> Result<Vec<u8>> {
    let output = done(command(root).args(words).stdin(Stdio::null()).output())?;
    Ok(output.stdout)
}

fn command(root: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).env("LC_ALL", "C").env("GIT_OPTIONAL_LOCKS", "0");
    command
}

fn done(output: std::io::Result<Output>) -> Result<Output> {
    let output = output.map_err(|it| anyhow::anyhow!("git: cannot be run ({}); install it", reason(&it)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!("git: {}", escape(said.lines().next().unwrap_or("failed").trim_start_matches("fatal: ")));
    }
    Ok(output)
}

fn line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\n').to_owned()
}

/// A folder as it was: what changed since is as it was then, all else as it is.
pub struct FormerTree {
    disk: DiskTree,
    former: BTreeMap<String, Option<Vec<u8>>>,
}

impl FormerTree {
    /// The tree below `root` before a change.
    pub fn new(root: &Path, since: &Since) -> Result<FormerTree> {
        Ok(FormerTree { disk: DiskTree::new(root).with_context(|| show(root))?, former: since.former.clone() })
    }
}

impl Tree for FormerTree {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.former.get(path).map_or_else(|| self.disk.read(path), Clone::clone)
    }

    fn list(&self, folder: &str) -> Option<Vec<Entry>> {
        let on_disk = self.disk.list(folder);
        let is_new = on_disk.is_none();
        let mut entries: BTreeMap<String, bool> =
            on_disk.into_iter().flatten().map(|it| (it.name, it.is_folder)).collect();
        let below = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        for (path, content) in &self.former {
            let Some(rest) = path.strip_prefix(&below) else { continue };
            match (rest.split_once('/'), content) {
                (Some((name, _)), Some(_)) => drop(entries.insert(name.to_owned(), true)),
                (None, Some(_)) => drop(entries.insert(rest.to_owned(), false)),
                (None, None) => drop(entries.remove(rest)),
                (Some(_), None) => {}
            }
        }
        let found = !is_new || !entries.is_empty();
        found.then(|| entries.into_iter().map(|(name, is_folder)| Entry { name, is_folder }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_differences_are_read() {
        let raw =
            b":100644 100644 aaa bbb M\0Makefile\0:000000 100644 000 ccc A\0new file\0:120000 100644 ddd eee T\0link\0";
        let blob = |it: &str| Some(it.to_owned());
        let expected = [("Makefile", blob("aaa")), ("new file", None), ("link", None)];
        assert_eq!(former(raw), expected.map(|(path, blob)| (path.to_owned(), blob)));
    }

    #[test]
    fn the_former_tree_has_what_was_removed_and_not_what_was_added() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["same", "edited", "added"] {
            std::fs::write(dir.path().join(name), "now").unwrap();
        }
        let former = [("edited", Some("then")), ("added", None), ("gone/x", Some("then"))];
        let former = former.map(|(path, text)| (path.to_owned(), text.map(|it| it.as_bytes().to_vec())));
        let tree = FormerTree { disk: DiskTree::new(dir.path()).unwrap(), former: BTreeMap::from(former) };
        let names = |folder| tree.list(folder).map(|it| it.into_iter().map(|it| it.name).collect::<Vec<_>>());
        assert_eq!(names("").unwrap(), ["edited", "gone", "same"]);
        assert_eq!((names("gone").unwrap(), names("nowhere")), (vec!["x".to_owned()], None));
        let read = |path| tree.read(path).map(|it| String::from_utf8(it).unwrap());
        assert_eq!(
            (read("same").unwrap(), read("edited").unwrap(), read("added")),
            ("now".into(), "then".into(), None)
        );
    }
}
