//! Copies of a tree to build in, seen at the tree's own path where the system allows it, so that absolute paths in
//! makefiles lead into the copy.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::files::show;

/// Where a run of make takes place.
#[derive(Debug)]
pub(super) struct Room {
    /// The tree as the user knows it.
    root: PathBuf,
    copy: Option<Copy>,
}

#[derive(Debug)]
struct Copy {
    folder: TempDir,
    /// What starts a program that sees the copy at the tree's path; empty where the system does not allow it.
    mounted: Vec<String>,
}

impl Room {
    /// The tree itself.
    pub(super) fn in_place(root: &Path) -> Room {
        Room { root: root.to_owned(), copy: None }
    }

    /// A copy of the tree.
    pub(super) fn copied(root: &Path) -> Result<Room> {
        Room::filled(root, root)
    }

    /// A copy of this room.
    pub(super) fn again(&self) -> Result<Room> {
        Room::filled(&self.root, self.real())
    }

    fn filled(root: &Path, from: &Path) -> Result<Room> {
        let folder = tempfile::Builder::new().prefix("unrace-scratch-").tempdir().context("make a scratch folder")?;
        if folder.path().starts_with(root) {
            bail!("{}: holds the scratch folder too; set TMPDIR to a folder outside", show(root));
        }
        let whole = from.join(".");
        let copy = |flags: &[&str]| {
            let mut command = Command::new("cp");
            command.args(flags).arg("--").arg(&whole).arg(folder.path()).stdin(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|it| it.success())
        };
        if !copy(&["-a", "--reflink=auto"]) && !copy(&["-pR"]) {
            bail!("{}: cannot be copied to {}; check the space there", show(root), show(folder.path()));
        }
        let mounted = mounted(root, folder.path());
        Ok(Room { root: root.to_owned(), copy: Some(Copy { folder, mounted }) })
    }

    /// Where its files are for this program.
    pub(super) fn real(&self) -> &Path {
        self.copy.as_ref().map_or(&self.root, |it| it.folder.path())
    }

    /// Where its files are for the programs that run in it.
    pub(super) fn seen(&self) -> &Path {
        match &self.copy {
            Some(copy) if copy.mounted.is_empty() => copy.folder.path(),
            _ => &self.root,
        }
    }

    /// The file in this room that a path of the tree means.
    pub(super) fn file(&self, path: &str) -> PathBuf {
        match Path::new(path).strip_prefix(&self.root) {
            Ok(inside) => self.real().join(inside),
            Err(_) => PathBuf::from(path),
        }
    }

    /// A path as seen by programs in the room, as one of the tree.
    pub(super) fn own(&self, path: &str) -> String {
        match Path::new(path).strip_prefix(self.seen()) {
            Ok(inside) if inside.as_os_str().is_empty() => self.root.to_string_lossy().into_owned(),
            Ok(inside) => self.root.join(inside).to_string_lossy().into_owned(),
            Err(_) => path.to_owned(),
        }
    }

    /// A path of the tree as programs in the room see it.
    pub(super) fn inside(&self, path: &str) -> String {
        match Path::new(path).strip_prefix(&self.root) {
            Ok(below) => self.seen().join(below).to_string_lossy().trim_end_matches('/').to_owned(),
            Err(_) => path.to_owned(),
        }
    }

    /// A command to be filled with a program and its arguments, which runs in a folder of the tree.
    pub(super) fn command(&self, folder: &Path) -> Command {
        let inside = self.inside(&folder.to_string_lossy());
        let mounted = self.copy.as_ref().map_or(&[][..], |it| &it.mounted);
        let mut command = Command::new(mounted.first().map_or("env", String::as_str));
        if mounted.is_empty() {
            command.current_dir(&inside);
        } else {
            // Only what is seen there has the folder.
            let enter = ["sh", "-c", "cd -- \"$1\" && shift && exec \"$@\"", "sh", &inside, "env"];
            command.args(&mounted[1..]).args(enter);
        }
        // What `cd` leaves behind is none of make's.
        match std::env::var("OLDPWD") {
            Ok(former) => command.arg(format!("OLDPWD={former}")),
            Err(_) => command.args(["-u", "OLDPWD"]),
        };
        command.env("PWD", &inside);
        command
    }
}

/// What starts a program with `copy` seen at `root`: a mount in a name space of its own, as root or as the user.
fn mounted(root: &Path, copy: &Path) -> Vec<String> {
    let script = "mount --bind -- \"$1\" \"$2\" && shift 2 && exec \"$@\"";
    let [copy, root] = [copy, root].map(|it| it.to_string_lossy().into_owned());
    let ways: [&[&str]; 2] = [&["--mount"], &["--user", "--map-current-user", "--keep-caps", "--mount"]];
    let word = |it: &&str| (*it).to_owned();
    for flags in ways {
        let mut words: Vec<String> = std::iter::once(&"unshare").chain(flags).map(word).collect();
        words.extend(["--", "sh", "-c", script, "sh", &copy, &root].map(str::to_owned));
        let tried = Command::new(&words[0]).args(&words[1..]).arg("true").stderr(Stdio::null()).status();
        if tried.is_ok_and(|it| it.success()) {
            return words;
        }
    }
    Vec::new()
}
