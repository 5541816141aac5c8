//! What several tests need of the machine.

#![allow(dead_code, clippy::unwrap_used)] // Each test uses its part; a test may panic.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Whether all programs are there; says so where one is not, and fails where `UNRACE_REQUIRE_TOOLS=1` is set.
pub(crate) fn has_tools(names: &[&str]) -> bool {
    for name in names {
        let found =
            Command::new("sh").args(["-c", &format!("command -v {name}")]).output().is_ok_and(|it| it.status.success());
        if !found {
            assert!(std::env::var("UNRACE_REQUIRE_TOOLS").as_deref() != Ok("1"), "{name} is needed and not here");
            #[allow(clippy::print_stderr)] // Whoever runs the tests should know.
            {
                eprintln!("skipped: {name} is not here");
            }
            return false;
        }
    }
    true
}

/// A copy of a folder that goes away with the value.
pub(crate) fn copy(folder: &Path) -> tempfile::TempDir {
    let res = tempfile::tempdir().unwrap();
    let done = Command::new("cp").args(["-R", "--"]).arg(folder.join(".")).arg(res.path()).status().unwrap();
    assert!(done.success());
    res
}

/// Every file below a folder with its bytes.
pub(crate) fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut res = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(at) = left.pop() {
        for entry in fs::read_dir(at).unwrap().map(|it| it.unwrap()) {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                left.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                res.insert(name, fs::read(path).unwrap());
            }
        }
    }
    res
}

/// Bytes in a file that several commands read.
pub(crate) fn scratch(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    file
}
