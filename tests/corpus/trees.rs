//! The unpacked packages and the files in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use unrace::files::DiskTree;
use unrace::source::Project;

/// The folder of the corpus.
fn corpus() -> PathBuf {
    let named = std::env::var_os("UNRACE_CORPUS").map(PathBuf::from);
    named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/corpus"))
}

/// The unpacked packages, sorted, as `ONLY` restricts them.
///
/// # Panics
/// Where there is none: a test that looks at nothing proves nothing.
pub(crate) fn packages() -> Vec<PathBuf> {
    let only = std::env::var("ONLY").unwrap_or_default();
    let folder = corpus();
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|_| panic!("no {}: run tests/corpus/fetch.sh", folder.display()));
    let mut res: Vec<PathBuf> = entries.map(|it| it.unwrap().path().canonicalize().unwrap()).collect();
    res.retain(|it| it.is_dir() && name(it).contains(&only));
    res.sort();
    assert!(!res.is_empty(), "no package in {}: run tests/corpus/fetch.sh", folder.display());
    res
}

/// The last component.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// A project over a folder.
pub(crate) fn project(root: &Path) -> Project {
    Project::new(root.to_str().unwrap(), Arc::new(DiskTree::new(root).unwrap()))
}

/// The regular files below a folder that are wanted, relative to it, sorted; quilt's copies (`.pc`) left out.
pub(crate) fn files(root: &Path, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut res = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap().filter_map(|it| it.ok()) {
            let path = entry.path();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() && entry.file_name() != ".pc" {
                waiting.push(path);
            } else if let Some(path) =
                path.strip_prefix(root).unwrap().to_str().filter(|it| kind.is_file() && wanted(it))
            {
                res.push(path.to_owned());
            }
        }
    }
    res.sort();
    res
}

/// Whether a path names a makefile that make finds by itself, or Debian's own.
pub(crate) fn is_makefile(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap();
    ["Makefile", "makefile", "GNUmakefile"].contains(&name) || path == "debian/rules"
}

/// Whether a path names something of make's: a makefile, a part of one, a template.
pub(crate) fn is_make(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap();
    let lower = name.to_lowercase();
    let foreign = [".c", ".h", ".pl", ".pm", ".py", ".pl.in", ".html", ".txt"].iter().any(|it| lower.ends_with(it));
    let named = lower.starts_with("makefile") || lower.starts_with("gnumakefile") || lower == "kbuild";
    let ending = [".mk", ".mk.in", ".am", ".mak", ".make"].iter().any(|it| lower.ends_with(it));
    (named && !foreign) || ending || path == "debian/rules"
}

/// Whether a path names configure's source.
pub(crate) fn is_configure(path: &str) -> bool {
    ["configure.ac", "configure.in"].contains(&path.rsplit('/').next().unwrap())
}

/// Lines for the file `corpus-NAME.txt` in the folder of temporary files.
pub(crate) fn write_report(name: &str, lines: &[String]) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("corpus-{name}.txt"));
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    println!("written: {}", path.display());
}

/// A copy of a package that goes away with the value; what runs in it leaves the corpus as it is.
pub(crate) fn copy(folder: &Path) -> tempfile::TempDir {
    let res = tempfile::tempdir().unwrap();
    let done = std::process::Command::new("cp").args(["-a", "--"]).arg(folder.join(".")).arg(res.path()).status();
    assert!(done.unwrap().success());
    res
}
