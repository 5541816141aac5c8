//! Runs of make in recipes.
//!
//! Knows make's command line; the caller follows the run.

use super::MakeRun;
use super::machine::{Machine, Shell};
use super::value::Value;
use crate::text::{display, has_unknown};

impl Machine<'_> {
    /// Notes a run of make.
    pub(super) fn make(&mut self, shell: &mut Shell, words: &[Value], invocation: usize) {
        let mut folder = shell.clone();
        let mut run = MakeRun {
            directory: String::new(),
            makefile: None,
            foreign: false,
            goals: Vec::new(),
            variables: Vec::new(),
            certainty: self.certainty(shell),
            invocation,
        };
        let mut makefile = None;
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let text = word.text.as_str();
            let long = |name: &str| text.strip_prefix(name).map(|_| word.from(name.len()));
            if let Some(it) = long("--directory=") {
                self.enter(&mut folder, &it, invocation);
            } else if let Some(it) = long("--file=").or_else(|| long("--makefile=")) {
                makefile = Some(it);
            } else if text.starts_with("--") {
            } else if text.starts_with('-') {
                let Some(at) = text.find(['C', 'f', 'I', 'o', 'W', 'E']) else { continue };
                let rest = word.from(at + 1);
                let value = if rest.text.is_empty() { words.next().cloned() } else { Some(rest) };
                match (text.as_bytes()[at], value) {
                    (b'C', Some(it)) => self.enter(&mut folder, &it, invocation),
                    (b'f', Some(it)) => makefile = Some(it),
                    _ => {}
                }
            } else if let Some((name, value)) = text.split_once('=') {
                run.variables.push((name.trim_end_matches([':', '+', '?']).to_owned(), value.to_owned()));
            } else if has_unknown(text) && display(text).contains("FLAGS") {
            } else if !text.is_empty() {
                run.goals.push(text.to_owned());
            }
        }
        run.makefile = makefile.filter(|it| it.text != "-").map(|it| self.path(&folder, &it.text));
        run.directory = folder.folder;
        self.outcome.makes.push(run);
        self.locks.insert(self.lock.clone());
        shell.print(&Value::unknown("$(make)"));
    }

    fn enter(&mut self, shell: &mut Shell, folder: &Value, invocation: usize) {
        self.need_folder(shell, folder, invocation);
        shell.folder = self.path(shell, &folder.text);
    }
}
