//! Makes generated files again after what they are made from was edited, with the version of the tool that made them:
//! `configure` by autoconf here, `Makefile.in` by automake in `automake`.
//!
//! Besides this, only `git` and `confirm` run programs; each only when the user asks for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

use super::automake;
use crate::patch::Change;
use crate::report::escape;
use crate::source::{Project, folder_of, name_of};

/// Folders beside configure.ac that autoconf may read from, besides those that configure.ac names.
const USUAL_FOLDERS: [&str; 6] = ["m4", "config", "build-aux", "aux", "scripts", "."];
/// Macros whose argument is a file or folder that autoconf reads.
const NAMING: [&str; 7] = [
    "AC_CONFIG_MACRO_DIRS",
    "AC_CONFIG_MACRO_DIR",
    "AC_CONFIG_AUX_DIR",
    "m4_include",
    "m4_sinclude",
    "sinclude",
    "include",
];

/// The generated files as the steps so far left them.
#[derive(Debug, Default)]
pub struct Configures {
    current: BTreeMap<String, Vec<u8>>,
}

/// Whether autoconf or automake makes something from this file.
pub fn is_source(path: &str) -> bool {
    let name = name_of(path);
    ["configure.ac", "configure.in"].contains(&name) || is_for_automake(path)
}

fn is_for_automake(path: &str) -> bool {
    path.ends_with(".am")
}

/// The file that is made from a source: `configure` from configure.ac, Makefile.in from Makefile.am.
pub fn generated(path: &str) -> String {
    match path.strip_suffix(".am") {
        Some(stem) => format!("{stem}.in"),
        None => below(folder_of(path), "configure"),
    }
}

impl Configures {
    /// The change of each generated file that belongs to a source that `changes` edit (`after` is the project with them),
    /// and notices for the user.
    pub fn regenerate(&mut self, root: &Path, after: &Project, changes: &[Change]) -> (Vec<Change>, Vec<String>) {
        let (mut res, mut notices) = (Vec::new(), Vec::new());
        for source in changes.iter().filter(|it| is_source(&it.path)) {
            let path = generated(&source.path);
            let Some(shipped) = after.open(&path).map(|it| after.source(it).bytes().to_vec()) else { continue };
            let first = !self.current.contains_key(&path);
            let made = match is_for_automake(&source.path) {
                true => automake::make(after, source, &shipped).map(|it| (it, None)),
                false => {
                    Scratch::new(root, after, source).and_then(|it| it.run(&shipped, first.then_some(&source.before)))
                }
            };
            match made {
                Ok((new, notice)) => {
                    notices.extend(notice.map(|it| format!("{path}: {it}")));
                    let before = self.current.insert(path.clone(), new.clone()).unwrap_or(shipped);
                    res.push(Change { path, before, after: new });
                }
                Err(error) => notices.push(format!("{path}: left as it is: {error:#}")),
            }
        }
        res.retain(|it| it.before != it.after);
        (res, notices)
    }
}

/// A copy of what autoconf reads.
struct Scratch {
    folder: tempfile::TempDir,
    /// `configure.ac` or `configure.in`.
    name: String,
    edited: Vec<u8>,
}

impl Scratch {
    fn new(root: &Path, project: &Project, source: &Change) -> Result<Scratch> {
        let folder = tempfile::Builder::new().prefix("unrace-").tempdir().context("make a scratch folder")?;
        let base = folder_of(&source.path);
        let name = name_of(&source.path).to_owned();
        for path in needed(project, base, &source.after) {
            let inside = if base.is_empty() { path.as_str() } else { &path[base.len() + 1..] };
            copy(root, project, &path, &folder.path().join(inside))
                .with_context(|| format!("copy {}", escape(&path)))?;
        }
        Ok(Scratch { folder, name, edited: source.after.clone() })
    }

    /// What autoconf makes of the edited configure.ac. With the text before the edit, also holds what it makes of that
    /// against what is there, to say whether the patch brings more than the edit.
    fn run(&self, shipped: &[u8], unedited: Option<&Vec<u8>>) -> Result<(Vec<u8>, Option<String>)> {
        let version = version(shipped).context("its head names no autoconf version; run autoconf by hand")?;
        let Some(tool) = tool(&version) else {
            bail!("autoconf {version}, which made it, is not installed; run `autoconf{version}` after the patch")
        };
        let notice = match unedited {
            Some(text) if self.make(&tool, text)? != shipped => Some(format!(
                "is not what {tool} {version} makes of the configure.ac beside it; the patch has these differences too"
            )),
            _ => None,
        };
        Ok((self.make(&tool, &self.edited)?, notice))
    }

    fn make(&self, tool: &str, text: &[u8]) -> Result<Vec<u8>> {
        fs::write(self.folder.path().join(&self.name), text)?;
        let made = self.folder.path().join("configure");
        // Autoconf leaves an output alone that is newer than its inputs by the clock, which does not tick fast enough.
        let _ = fs::remove_file(&made);
        let _ = fs::remove_dir_all(self.folder.path().join("autom4te.cache"));
        let output = start(tool, &[], self.folder.path())?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            let line = errors.lines().find(|it| it.contains("error")).or(errors.lines().next()).unwrap_or("no message");
            bail!("{tool} says: {}", escape(line));
        }
        fs::read(&made).with_context(|| format!("{tool} made no configure"))
    }
}

/// The files that autoconf may read: those beside configure.ac, and those in folders that it names or that are usual.
fn needed(project: &Project, base: &str, text: &[u8]) -> BTreeSet<String> {
    let mut named: Vec<String> = USUAL_FOLDERS.map(str::to_owned).to_vec();
    let aclocal = project.open(&below(base, "aclocal.m4")).map(|it| project.source(it));
    for text in [Some(text), aclocal.as_ref().map(|it| it.bytes())].into_iter().flatten() {
        named.extend(arguments(&String::from_utf8_lossy(text)));
    }
    let mut res = BTreeSet::new();
    for name in named {
        let path = crate::source::normalise(&project.root, base, &name);
        let inside =
            !path.starts_with('/') && !path.starts_with("..") && (base.is_empty() || starts_below(&path, base));
        if !inside {
            continue;
        }
        match project.list(&path) {
            Some(entries) => res.extend(entries.iter().filter(|it| !it.is_folder).map(|it| below(&path, &it.name))),
            None if project.exists(&path) => res.extend([path]),
            None => {}
        }
    }
    res
}

/// The words in the arguments of the macros that name files.
fn arguments(text: &str) -> Vec<String> {
    let mut res = Vec::new();
    for name in NAMING {
        for rest in text.split(&format!("{name}(")).skip(1) {
            let argument = rest.split(')').next().unwrap_or_default();
            let words = argument.split(|it: char| it.is_whitespace() || "[],'`\"".contains(it));
            res.extend(words.filter(|it| !it.is_empty()).map(str::to_owned));
        }
    }
    res
}

fn copy(root: &Path, project: &Project, path: &str, to: &Path) -> Result<()> {
    let Some(file) = project.open(path) else { return Ok(()) };
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(to, project.source(file).bytes())?;
    // Scripts that configure.ac runs (m4_esyscmd) stay executable.
    let permissions = fs::metadata(root.join(path))?.permissions();
    Ok(fs::set_permissions(to, permissions)?)
}

/// The autoconf version in a configure's head.
fn version(configure: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&configure[..configure.len().min(4096)]).into_owned();
    let after = ["Generated by GNU Autoconf ", "automatically using autoconf version "]
        .iter()
        .find_map(|it| head.split_once(it))?
        .1;
    let version = after.split_whitespace().next()?.trim_end_matches(['.', ',']);
    version.starts_with(|it: char| it.is_ascii_digit()).then(|| escape(version))
}

/// The command that is this version of autoconf.
fn tool(version: &str) -> Option<String> {
    let is_it = |it: &String| {
        let output = start(it, &["--version"], Path::new("."));
        output.is_ok_and(|it| {
            String::from_utf8_lossy(&it.stdout)
                .lines()
                .next()
                .is_some_and(|it| it.split(' ').next_back() == Some(version))
        })
    };
    [format!("autoconf{version}"), format!("autoconf-{version}"), "autoconf".to_owned()].into_iter().find(is_it)
}

pub(super) fn start(tool: &str, words: &[&str], folder: &Path) -> Result<Output> {
    let mut command = Command::new(tool);
    for name in ["AUTOCONF", "AUTOM4TE", "AUTOM4TE_CFG", "WARNINGS", "autom4te_perllibdir"] {
        command.env_remove(name);
    }
    command.args(words).current_dir(folder).env("LC_ALL", "C").stdin(Stdio::null());
    command.output().with_context(|| format!("run {tool}"))
}

pub(super) fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn starts_below(path: &str, base: &str) -> bool {
    path.strip_prefix(base).is_some_and(|it| it.is_empty() || it.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::edit::Edits;
    use crate::files::DiskTree;
    use crate::patch::changes;

    const SOURCE: &str = "AC_INIT([x], [1])\nm4_include([m4/own.m4])\nOWN\nAC_CONFIG_FILES([Makefile])\nAC_OUTPUT\n";

    /// A tree whose configure was just made by the `autoconf` that is here, or none.
    fn tree() -> Option<tempfile::TempDir> {
        let dir = tempfile::tempdir().unwrap();
        let sub = dir.path().join("sub");
        fs::create_dir_all(sub.join("m4")).unwrap();
        fs::write(sub.join("configure.ac"), SOURCE).unwrap();
        fs::write(sub.join("m4/own.m4"), "AC_DEFUN([OWN], [echo own])\n").unwrap();
        if start("autoconf", &[], &sub).is_ok_and(|it| it.status.success()) {
            return Some(dir);
        }
        assert!(std::env::var_os("UNRACE_REQUIRE_TOOLS").is_none_or(|it| it != "1"), "autoconf is absent");
        eprintln!("skipped: autoconf is absent");
        None
    }

    fn edited(root: &Path) -> (Project, Vec<Change>) {
        let project = Project::new(root.to_str().unwrap(), Arc::new(DiskTree::new(root).unwrap()));
        let file = project.open("sub/configure.ac").unwrap();
        let mut edits = Edits::new();
        edits.insert(file, SOURCE.find("AC_CONFIG").unwrap(), "AC_SUBST([NEW])\n").unwrap();
        let after = edits.apply(&project);
        let changes = changes(&project, &after, [&edits]);
        (after, changes)
    }

    #[test]
    fn configure_is_what_autoconf_makes() {
        let Some(dir) = tree() else { return };
        let (after, changes) = edited(dir.path());
        let before = fs::read(dir.path().join("sub/configure")).unwrap();
        let mut configures = Configures::default();
        let (made, notices) = configures.regenerate(dir.path(), &after, &changes);
        assert_eq!((made.len(), &notices[..]), (1, &[][..]));
        assert!(made[0].before == before && made[0].path == "sub/configure");
        let file = after.open("sub/configure.ac").unwrap();
        fs::write(dir.path().join("sub/configure.ac"), after.source(file).bytes()).unwrap();
        fs::remove_file(dir.path().join("sub/configure")).unwrap();
        assert!(start("autoconf", &["-f"], &dir.path().join("sub")).unwrap().status.success());
        assert!(made[0].after == fs::read(dir.path().join("sub/configure")).unwrap());
        assert!(configures.regenerate(dir.path(), &after, &changes).0.is_empty(), "a second step changes nothing more");
    }

    #[test]
    fn another_version_leaves_it_alone() {
        let Some(dir) = tree() else { return };
        let path = dir.path().join("sub/configure");
        let text = String::from_utf8(fs::read(&path).unwrap()).unwrap();
        let number = version(text.as_bytes()).unwrap();
        fs::write(&path, text.replacen(&format!("Autoconf {number}"), "Autoconf 2.12", 1)).unwrap();
        let (after, changes) = edited(dir.path());
        let (made, notices) = Configures::default().regenerate(dir.path(), &after, &changes);
        let expected = "sub/configure: left as it is: autoconf 2.12, which made it, is not installed; run `autoconf2.12` \
                        after the patch";
        assert_eq!((made.len(), notices), (0, vec![expected.to_owned()]));
    }

    #[test]
    fn a_stale_configure_is_told_of() {
        let Some(dir) = tree() else { return };
        let path = dir.path().join("sub/configure");
        fs::write(&path, [fs::read(&path).unwrap(), b"# by hand\n".to_vec()].concat()).unwrap();
        let (after, changes) = edited(dir.path());
        let (made, notices) = Configures::default().regenerate(dir.path(), &after, &changes);
        assert!(made.len() == 1 && notices[0].contains("is not what autoconf"), "{notices:?}");
    }
}
