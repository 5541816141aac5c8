//! What make is given so that each recipe passes through this program: a makefile named by `MAKEFILES`, which sub-makes
//! inherit, and links that stand for shells.
//!
//! The command line stays the user's, so `MAKEFLAGS`, and what makefiles look for in it, is as in a plain run. `%: SHELL`
//! is asked for when a recipe starts; by then the makefile's own `SHELL` is known, and `.SHELLFLAGS` is left alone. The
//! link's name ends with the real shell's, by which make decides what `.ONESHELL` means for it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;

/// The folder of links; what follows it in a program's name is the shell that it stands for.
pub(super) const LINKS: &str = "unrace-as/";
/// The link that stands for whatever its arguments name.
pub(super) const ANY: &str = "+";
/// The link with which a make tells that it is there.
pub(super) const MAKE: &str = "@make";
/// The variable that carries a recipe's target to the shell.
pub(super) const TARGET: &str = "UNRACE_TARGET";

/// Shells that makefiles name; others go through [`ANY`].
const SHELLS: [&str; 7] = ["sh", "bash", "dash", "ksh", "zsh", "ash", "perl"];
const FOLDERS: [&str; 4] = ["", "/bin/", "/usr/bin/", "/usr/local/bin/"];

/// A folder through which make's recipes and this program talk.
pub(super) struct Control {
    folder: TempDir,
}

impl Control {
    /// A new one, whose recipes pass through `program`; with `tells_makes`, each make leaves a record of itself too.
    pub(super) fn new(program: &Path, tells_makes: bool) -> Result<Control> {
        let folder =
            tempfile::Builder::new().prefix("unrace-control-").tempdir().context("make a folder to work in")?;
        let res = Control { folder };
        for name in ["held", "go", "seen"] {
            fs::create_dir(res.path(name))?;
        }
        let links = FOLDERS.iter().flat_map(|folder| SHELLS.iter().map(move |it| format!("{folder}{it}")));
        for name in links.chain([ANY.to_owned(), MAKE.to_owned()]) {
            let link = PathBuf::from(format!("{}{name}", res.links()));
            fs::create_dir_all(link.parent().unwrap_or(&link))?;
            symlink(program, &link)?;
        }
        fs::write(res.hook(), text(&res, tells_makes))?;
        Ok(res)
    }

    /// A file of the folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The makefile that make reads first.
    pub(super) fn hook(&self) -> PathBuf {
        self.path("hook.mk")
    }

    /// What the name of each link starts with.
    pub(super) fn links(&self) -> String {
        format!("{}/{LINKS}", self.folder.path().display())
    }
}

fn text(control: &Control, tells_makes: bool) -> String {
    let (hook, links) = (control.hook().display().to_string(), control.links());
    let tell = if tells_makes { format!(".unrace-told := $(shell {links}{MAKE})\n") } else { String::new() };
    format!(
        "{hook}: ;\n{tell}\
         # A name's global value, asked for where a target's own would be found: a rule seen in `eval` has no pattern's\n\
         # variables yet.\n\
         .unrace-look = $(eval .unrace: .unrace-x := $$(eval .unrace-shell := $$$$(SHELL)))\n\
         .unrace-link = $(and $(filter 1,$(words $(.unrace-shell))),$(wildcard {links}$(.unrace-shell)))\n\
         %: SHELL = $(.unrace-look)$(if $(.unrace-link),{links}$(.unrace-shell),{links}{ANY} $(.unrace-shell))\n\
         %: export {TARGET} = $@\n\
         MAKEFILE_LIST :=\n"
    )
}
