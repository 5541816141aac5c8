//! Which tree and which makefiles the user means.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use globset::GlobSet;

use super::{read_named, show};
use crate::source::MAKEFILE_NAMES;

/// The tree that some PATH arguments lie in.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its root, absolute and without links.
    pub root: PathBuf,
    /// What to put before a path relative to the root to see it from the current folder: empty, or ending with `/`.
    pub prefix: String,
    /// What the user named.
    named: Vec<Named>,
}

#[derive(Clone, Debug)]
struct Named {
    /// As typed.
    typed: PathBuf,
    /// Absolute, without links in its folders.
    real: PathBuf,
    is_folder: bool,
}

/// The makefiles of a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Relative to the root, sorted, without repetition.
    pub makefiles: Vec<String>,
    /// One line for each that could not be read; the others are still of use.
    pub troubles: Vec<String>,
}

impl Place {
    /// The tree of these paths, seen from `current` (the current folder): `current` if all lie below it, else what the
    /// trees of all have in common. A tree's root is the nearest folder upwards that has `.git` or a `configure.ac`.
    pub fn new(current: &Path, paths: &[PathBuf]) -> Result<Place> {
        let current = fs::canonicalize(current).context("the current folder is gone; change to another one")?;
        let named = paths.iter().map(|it| Named::new(&current, it)).collect::<Result<Vec<_>>>()?;
        let roots = named.iter().map(|it| root_of(&current, it));
        let root = roots.reduce(|a, b| common(&a, &b)).unwrap_or_else(|| current.clone());
        if root.to_str().is_none() {
            bail!("{}: the folder's name is not UTF-8; rename it", show(&root));
        }
        let prefix = relative(&current, &root);
        Ok(Place { root, prefix, named })
    }

    /// The folders in which settings may stand, nearest first: from the first path's folder up to the root.
    pub fn folders(&self) -> Vec<PathBuf> {
        let Some(first) = self.named.first() else { return vec![self.root.clone()] };
        let ancestors = first.folder().ancestors().map(Path::to_owned);
        ancestors.take_while(|it| it.starts_with(&self.root)).collect()
    }
}

impl Named {
    fn new(current: &Path, typed: &Path) -> Result<Named> {
        let absolute = current.join(typed);
        let metadata = fs::metadata(&absolute);
        if !metadata.as_ref().is_ok_and(|it| it.is_dir()) {
            read_named(&absolute).map_err(|it| retold(&it, &absolute, typed))?;
        }
        // The last component stays as named: a makefile that is a link lies where the link lies.
        let is_folder = metadata.is_ok_and(|it| it.is_dir());
        let name = absolute.file_name().filter(|_| !is_folder).map(ToOwned::to_owned);
        let folder = if name.is_some() { absolute.parent().unwrap_or(current) } else { &absolute };
        let folder = fs::canonicalize(folder).with_context(|| format!("{}: cannot be opened", show(typed)))?;
        let real = name.map_or(folder.clone(), |it| folder.join(it));
        Ok(Named { typed: typed.to_owned(), real, is_folder })
    }

    fn folder(&self) -> &Path {
        if self.is_folder { &self.real } else { self.real.parent().unwrap_or(&self.real) }
    }
}

/// An error about `absolute` in terms of what was typed.
fn retold(error: &anyhow::Error, absolute: &Path, typed: &Path) -> anyhow::Error {
    anyhow::anyhow!(error.to_string().replacen(&show(absolute), &show(typed), 1))
}

/// The makefiles that a place's paths name or hold. A path that matches `exclude` is left out unless it was named.
pub fn makefiles(place: &Place, exclude: &GlobSet) -> Result<Found> {
    let mut res = Found::default();
    let mut seen = BTreeSet::new();
    for named in &place.named {
        let found =
            if named.is_folder { walk(place, named, exclude, &mut res.troubles)? } else { vec![named.real.clone()] };
        for path in found {
            match path.strip_prefix(&place.root).ok().and_then(Path::to_str) {
                Some(inside) => seen.extend([inside.to_owned()]),
                None => res.troubles.push(format!("{}: its name is not UTF-8; rename it", show(&path))),
            }
        }
    }
    if seen.is_empty() && !res.troubles.is_empty() {
        bail!("{}", res.troubles.join("\n"));
    }
    res.makefiles = seen.into_iter().collect();
    Ok(res)
}

fn walk(place: &Place, named: &Named, exclude: &GlobSet, troubles: &mut Vec<String>) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut unreadable = Vec::new();
    for entry in ignore::WalkBuilder::new(&named.real).sort_by_file_name(|a, b| a.cmp(b)).build() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                unreadable.push(crate::report::escape(&error.to_string()));
                continue;
            }
        };
        let path = entry.path();
        let excluded = path.strip_prefix(&place.root).is_ok_and(|it| exclude.is_match(it));
        let is_file = entry.file_type().is_some_and(|it| !it.is_dir());
        if is_file && !excluded && is_makefile(path) && !is_generated(path) {
            match read_named(path) {
                Ok(text) if is_foreign(&text) => {}
                Ok(_) => found.push(path.to_owned()),
                Err(error) => unreadable.push(error.to_string()),
            }
        }
    }
    if found.is_empty() && unreadable.is_empty() {
        bail!(
            "{}: no makefile in this folder or below; name one, as in `unrace check {}/build.mk`",
            show(&named.typed),
            show(&named.typed)
        );
    }
    troubles.append(&mut unreadable);
    Ok(found)
}

const TEMPLATES: [&str; 4] = [".in", ".pre.in", ".am", ".autosetup"];

fn is_makefile(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|it| it.to_str()) else { return false };
    MAKEFILE_NAMES.iter().any(|base| name.strip_prefix(base).is_some_and(|it| it.is_empty() || TEMPLATES.contains(&it)))
}

/// Whether a template beside it, which a maintainer would edit, makes this file.
fn is_generated(path: &Path) -> bool {
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        Path::new(&name).is_file()
    };
    match path.extension().and_then(|it| it.to_str()) {
        None => TEMPLATES.iter().any(|it| beside(it)),
        Some("in") => path.with_extension("am").is_file() && made_by_automake(path),
        Some(_) => false,
    }
}

/// Whether another program than GNU make reads this file: nmake's and BSD make's own words stand in it.
fn is_foreign(text: &[u8]) -> bool {
    const NMAKE: [&str; 4] = ["!if", "!else", "!endif", "!include"];
    const BSD: [&str; 3] = [".include <", ".if ", ".endif"];
    let starts =
        |line: &[u8], word: &str| line.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word.as_bytes()));
    text.split(|it| *it == b'\n').any(|line| NMAKE.iter().chain(&BSD).any(|it| starts(line, it)))
}

fn made_by_automake(path: &Path) -> bool {
    let head = read_head(path).unwrap_or_default();
    String::from_utf8_lossy(&head).contains("generated by automake")
}

fn read_head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut res = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(fs::File::open(path)?, 4096), &mut res)?;
    Ok(res)
}

fn root_of(current: &Path, named: &Named) -> PathBuf {
    let folder = named.folder();
    if folder.starts_with(current) {
        return current.to_owned();
    }
    let is_root = |it: &&Path| [".git", "configure.ac", "configure.in"].iter().any(|name| it.join(name).exists());
    folder.ancestors().find(is_root).unwrap_or(folder).to_owned()
}

pub(super) fn common(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}

/// What leads from one absolute folder to another: `""`, or components that end with `/`.
fn relative(from: &Path, to: &Path) -> String {
    let shared = common(from, to);
    let up = from.components().skip(shared.components().count()).map(|_| Component::ParentDir);
    let down = to.components().skip(shared.components().count());
    up.chain(down).map(|it| format!("{}/", it.as_os_str().to_string_lossy())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    fn found(current: &Path, paths: &[&str]) -> (Place, Result<Found>) {
        let place = Place::new(current, &paths.iter().map(PathBuf::from).collect::<Vec<_>>()).unwrap();
        let found = makefiles(&place, &GlobSet::empty());
        (place, found)
    }

    #[test]
    fn generated_makefiles_are_left_out() {
        let dir = tree(&[
            ("Makefile", ""),
            ("Makefile.in", "# Makefile.in generated by automake 1.16.5 from Makefile.am.\n"),
            ("Makefile.am", ""),
            ("lib/Makefile", ""),
            ("lib/Makefile.pre.in", ""),
            ("src/Makefile.in", "# by hand\n"),
            ("src/Makefile.am", ""),
            ("doc/makefile", ""),
            ("doc/Makefile.bak", ""),
            ("rules.mk", ""),
            ("win/Makefile", "!IFDEF DEBUG\nX=1\n!ENDIF\n"),
            ("bsd/Makefile", "PROG=x\n.include <bsd.prog.mk>\n"),
        ]);
        let (place, got) = found(dir.path(), &["."]);
        let expected = ["Makefile.am", "doc/makefile", "lib/Makefile.pre.in", "src/Makefile.am", "src/Makefile.in"];
        assert_eq!((place.prefix.as_str(), got.unwrap().makefiles), ("", expected.map(String::from).to_vec()));
    }

    #[test]
    fn the_root_is_the_current_folder_or_the_nearest_project() {
        let dir = tree(&[("a/configure.ac", ""), ("a/sub/x.mk", ""), ("here/Makefile", ""), ("b/Makefile", "")]);
        let here = dir.path().join("here");
        let (place, got) = found(&here, &["Makefile", "../here"]);
        assert_eq!((place.prefix.as_str(), got.unwrap().makefiles), ("", vec!["Makefile".to_owned()]));
        let (place, got) = found(&here, &["../a/sub/x.mk"]);
        assert_eq!((place.prefix.as_str(), got.unwrap().makefiles), ("../a/", vec!["sub/x.mk".to_owned()]));
        let (place, got) = found(&here, &["../b", "../a/sub/x.mk"]);
        assert_eq!(place.prefix, "../");
        assert_eq!(got.unwrap().makefiles, ["a/sub/x.mk", "b/Makefile"]);
        assert_eq!(found(&here.join("../a/sub"), &[".."]).0.prefix, "../");
    }

    #[test]
    fn errors_say_what_to_do() {
        let dir = tree(&[("empty/readme", ""), ("bin", "a\0b")]);
        let error = |path: &str| match Place::new(dir.path(), &[path.into()]) {
            Ok(place) => makefiles(&place, &GlobSet::empty()).unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(error("nope").starts_with("nope: no such file or folder; "));
        assert!(error("bin").starts_with("bin: a binary file"));
        assert!(error("empty").starts_with("empty: no makefile in this folder"));
    }

    #[test]
    fn excluded_folders_are_not_searched() {
        let dir = tree(&[("Makefile", ""), ("vendor/x/Makefile", "")]);
        let place = Place::new(dir.path(), &[".".into()]).unwrap();
        let globs = globset::GlobSetBuilder::new().add(globset::Glob::new("vendor/**").unwrap()).build().unwrap();
        assert_eq!(makefiles(&place, &globs).unwrap().makefiles, ["Makefile"]);
    }
}
