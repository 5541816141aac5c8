//! The module order is a fact about the code, so a test states it.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Modules in the order in which data travels. A module may name those before it, never those after it.
const ORDER: &[&str] = &[
    "source",
    "text",
    "edit",
    "syntax",
    "makefile",
    "shell",
    "configure",
    "expand",
    "effects",
    "jobs",
    "races",
    "analysis",
    "fixes",
    "verdict",
    "patch",
    "migrate",
    "report",
    "files",
    "confirm",
    "cli",
    "lib",
    "main",
];
/// The modules that may touch the outside world.
const EDGES: &[&str] = &["files", "confirm", "cli", "main"];
/// What touches it.
const OUTSIDE: &[&str] = &["std::fs", "std::process", "std::net", "std::env::", "fs::read", "fs::write"];

#[test]
fn modules_point_one_way() {
    let mut wrong = Vec::new();
    for path in rust_files(Path::new("src")) {
        let me = module_of(&path);
        let text = fs::read_to_string(&path).unwrap();
        if !ORDER.contains(&me.as_str()) {
            wrong.push(format!("{}: `{me}` has no place in ORDER", path.display()));
        }
        for (n, line) in text.lines().enumerate().take_while(|(_, line)| line.trim() != "mod tests {") {
            let place = format!("{}:{}", path.display(), n + 1);
            for used in line.split("crate::").skip(1).map(first_word).filter(|it| ORDER.contains(it)) {
                if rank(&me) < rank(used) {
                    wrong.push(format!("{place}: `{me}` names `{used}`, which comes after it"));
                }
            }
            let goes_out = OUTSIDE.iter().any(|it| line.contains(it));
            if goes_out && !EDGES.contains(&me.as_str()) {
                wrong.push(format!("{place}: `{me}` touches the outside world; that belongs to {EDGES:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_library_lists_its_modules_in_order() {
    let text = fs::read_to_string("src/lib.rs").unwrap();
    let listed: Vec<&str> = text.lines().filter_map(|it| it.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let mut sorted = listed.clone();
    sorted.sort_by_key(|it| rank(it));
    assert_eq!(listed, sorted);
}

fn rank(module: &str) -> usize {
    ORDER.iter().position(|it| *it == module).unwrap_or(ORDER.len())
}

fn module_of(path: &Path) -> String {
    let inside = path.strip_prefix("src").unwrap();
    inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

fn first_word(text: &str) -> &str {
    text.split(|it: char| !it.is_alphanumeric() && it != '_').next().unwrap()
}

/// Sources, but for those that hold nothing but tests.
fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|it| it.unwrap().path()).collect();
    entries.sort();
    let (dirs, files): (Vec<_>, Vec<_>) = entries.into_iter().partition(|it| it.is_dir());
    let files = files.into_iter().filter(|it| it.extension().is_some_and(|it| it == "rs") && !it.ends_with("tests.rs"));
    files.chain(dirs.iter().filter(|it| !it.ends_with("tests")).flat_map(|it| rust_files(it))).collect()
}
