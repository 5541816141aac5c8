//! Runs of make in recipes.
//!
//! Knows make's command line; the caller follows the run.

use super::MakeRun;
use super::machine::{Machine, Shell};
use super::value::Value;
use crate::text::{display, has_unknown};

/// Long options with which make runs no recipe; the short ones are `n`, `q`, `v` and `h`.
const ONLY_PRINT: &[&str] = &["dry-run", "help", "just-print", "question", "recon", "version"];
/// Long options whose value is the next word, where it does not stand behind a `=`.
const TAKES_A_VALUE: &[&str] = &[
    "assume-new",
    "assume-old",
    "directory",
    "eval",
    "file",
    "include-dir",
    "makefile",
    "new-file",
    "old-file",
    "what-if",
];

impl Machine<'_> {
    /// Notes a run of make.
    pub(super) fn make(&mut self, shell: &mut Shell, words: &[Value], invocation: usize) {
        let mut folder = shell.clone();
        let mut run = MakeRun {
            directory: String::new(),
            makefile: None,
            foreign: false,
            unset: if shell.cleared { None } else { Some(shell.unset.to_vec()) },
            goals: Vec::new(),
            variables: Vec::new(),
            certainty: self.certainty(shell),
            invocation,
        };
        let mut makefile = None;
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            let text = word.text.as_str();
            if let Some(it) = text.strip_prefix("--") {
                let (name, value) = it.split_once('=').map_or((it, None), |(name, _)| (name, Some(name.len() + 3)));
                if ONLY_PRINT.contains(&name) {
                    return;
                }
                let value = value.map(|it| word.from(it));
                let value =
                    if value.is_none() && TAKES_A_VALUE.contains(&name) { words.next().cloned() } else { value };
                match (name, value) {
                    ("directory", Some(it)) => self.enter(&mut folder, &it, invocation),
                    ("file" | "makefile", Some(it)) => makefile = Some(it),
                    ("jobs" | "load-average", None) => _ = words.next_if(|it| is_number(&it.text)),
                    _ => {}
                }
            } else if text.starts_with('-') {
                let end = text.find(['C', 'f', 'I', 'o', 'W', 'E', 'j', 'l']).unwrap_or(text.len());
                if !has_unknown(text) && text[..end].contains(['n', 'q', 'v', 'h']) {
                    return;
                }
                let Some(letter) = text[end..].chars().next() else { continue };
                let rest = word.from(end + 1);
                let value = match letter {
                    _ if !rest.text.is_empty() => Some(rest),
                    'j' | 'l' => words.next_if(|it| is_number(&it.text)).cloned(),
                    _ => words.next().cloned(),
                };
                match (letter, value) {
                    ('C', Some(it)) => self.enter(&mut folder, &it, invocation),
                    ('f', Some(it)) => makefile = Some(it),
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

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit() || it == b'.')
}
