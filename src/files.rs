//! The edge to the disk: finds and reads the files of a tree, and writes results.
//!
//! Knows names of makefiles, not what is in them. Nothing else in the crate but `confirm` and `cli` does input or output.

mod automake;
mod find;
mod generated;
mod git;
mod history;
mod journal;
pub mod regenerate;
mod tree;
mod write;

pub use find::{Found, Place, makefiles};
pub use generated::{Generated, lock_folder};
pub use git::{FormerTree, Since};
pub use history::subjects;
pub use journal::finish;
pub use tree::{DiskTree, MAX_SIZE};
pub use write::{write_all, write_generated, write_new};

use std::path::Path;

use anyhow::{Result, bail};

/// The content of a file that the user named, or one line that says why not and what to do.
pub fn read_named(path: &Path) -> Result<Vec<u8>> {
    let shown = show(path);
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("{shown}: no such file or folder; check the spelling, or run it from the source tree")
        }
        Err(error) => bail!("{shown}: cannot be read ({}); check its permissions", reason(&error)),
    };
    if !metadata.is_file() {
        bail!("{shown}: not a regular file; name a makefile or a source tree");
    }
    if metadata.len() > MAX_SIZE {
        bail!("{shown}: larger than {} MiB; name a makefile", MAX_SIZE >> 20);
    }
    match std::fs::read(path) {
        Ok(bytes) if bytes.contains(&0) => bail!("{shown}: a binary file (it has NUL bytes); name a makefile"),
        Ok(bytes) => Ok(bytes),
        Err(error) => bail!("{shown}: cannot be read ({}); check its permissions", reason(&error)),
    }
}

/// The system's words for an error, without Rust's `(os error 2)`.
pub(crate) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// A path as messages show it: control characters escaped.
pub fn show(path: &Path) -> String {
    crate::report::escape(&path.to_string_lossy())
}
