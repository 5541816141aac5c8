//! Models of commands: rows of data, built in and the user's.
//!
//! Knows the format of a row and how one is found; `apply.rs` does what it says.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;

use super::cache::Cache;
use super::pattern::{is_wild, matches};
use super::value::Value;

/// Models of commands, and what was read of the tree's scripts and sources on their behalf.
#[derive(Clone, Debug)]
pub struct Models {
    rows: Arc<Vec<Row>>,
    by_name: Arc<BTreeMap<String, Vec<Key>>>,
    globs: Arc<Vec<(String, Key)>>,
    pub(super) cache: Cache,
}

/// A row and the words that must follow the name.
#[derive(Clone, Debug)]
struct Key {
    row: usize,
    words: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    command: Vec<Row>,
}

/// What a family of tools does.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Row {
    /// Globs of names, each with the words that must follow: `*-gcc`, `git add`.
    pub(super) names: Vec<String>,
    /// A script that projects carry: the model holds, their copy is not followed.
    pub(super) auxiliary: bool,
    /// What is done to operands, to the first, to the last of several, to one that is alone.
    pub(super) operands: Action,
    pub(super) first: Option<Action>,
    pub(super) last: Option<Action>,
    pub(super) alone: Option<Action>,
    /// Options with an argument, and what is done to it. A key that ends in `:`, `=` or `,` has it attached; one that
    /// ends in a blank has it apart.
    pub(super) options: BTreeMap<String, Action>,
    /// Whether single letters can be joined (`-xzf`), and whether the first operand is such a bundle (`tar xzf`).
    pub(super) cluster: bool,
    pub(super) bundle: bool,
    /// Globs of words that are no option with an argument attached, whatever they start with: `-openmp`.
    pub(super) flags: Vec<String>,
    /// Options whose argument is no source and no object.
    pub(super) joined: Vec<String>,
    /// Options that hold options, with commas between: `-Wl,`.
    pub(super) split: Vec<String>,
    /// Other actions under some options.
    pub(super) when: Vec<When>,
    /// Files named after others.
    pub(super) also: Vec<Also>,
    /// Files in the folders that options name.
    pub(super) found: Vec<Found>,
    /// The operands are a command, after `skip` of them.
    pub(super) runs: bool,
    pub(super) skip: usize,
    /// `NAME=value` words may come before the command.
    pub(super) assignments: bool,
    /// Only what the command reads counts: a test's files lie in folders of its own, which a reader cannot tell apart.
    pub(super) reads: bool,
    /// Nothing is sure to happen.
    pub(super) may: bool,
    /// A failure is an answer.
    pub(super) question: bool,
    /// Prints nothing.
    pub(super) silent: bool,
    /// Operands are C sources, whose includes are read too.
    pub(super) includes: bool,
    /// The source that it writes includes what the one that it reads does.
    pub(super) carries: bool,
    /// Suffixes of the sources that it reads wherever they are below the folder in which it runs.
    pub(super) sources: Vec<String>,
    /// Whether its file may give options of its own.
    pub(super) declares: bool,
    /// What it does depends on more than its words.
    pub(super) opaque: bool,
    /// The name of code that knows the rest.
    pub(super) special: String,
}

/// Actions that hold under some options.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct When {
    /// Any of these.
    #[serde(rename = "if")]
    pub(super) given: Vec<String>,
    pub(super) operands: Option<Action>,
    pub(super) first: Option<Action>,
    pub(super) last: Option<Action>,
    pub(super) alone: Option<Action>,
    pub(super) options: BTreeMap<String, Action>,
    pub(super) opaque: Option<bool>,
}

/// A file whose name the tool makes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Also {
    pub(super) action: Action,
    /// Text with `{operand}`, `{second}` (the second operand), `{-o}` and their `.base`, `.stem` (no folder, no suffix), `.root` (no suffix), `.folder`.
    pub(super) path: String,
    /// Any of these options.
    #[serde(rename = "if")]
    pub(super) given: Vec<String>,
    /// None of these.
    pub(super) unless: Vec<String>,
    /// For operands that end so.
    pub(super) suffix: Vec<String>,
    /// Where neither the tree nor a rule has this file, a template like the path.
    pub(super) absent: String,
    /// Where the tree or a rule has this one.
    pub(super) present: String,
    pub(super) may: bool,
}

/// A file that one option names, in one of the folders of another, if a rule makes it there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) folders: String,
    pub(super) suffix: String,
}

/// What is done to a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Action {
    #[default]
    Ignore,
    Read,
    Write,
    /// Read and written.
    Update,
    Remove,
    MakeDirectory,
    MakeDirectoryOnce,
    NeedDirectory,
    MayRead,
    MayWrite,
    /// Of a file, or of a folder with all that lies in it.
    ReadTree,
    /// A folder into which files are put whose names are not told.
    Fill,
    /// To the last operand or the folder that it is.
    Copy,
    Move,
    Link,
    /// `-l`
    Library,
    /// Paths with `:` or `;` between them, each read: `-classpath`.
    ReadList,
    /// A path behind the name that it goes by, if it has one, read: `--extern x=libx.rlib`.
    ReadNamed,
}

impl Default for Models {
    fn default() -> Models {
        Models::built_in()
    }
}

impl Models {
    /// The models that come with the program.
    pub fn built_in() -> Models {
        static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
        let rows = ROWS.get_or_init(|| {
            let texts = [include_str!("models.toml"), include_str!("wrappers.toml")];
            // A test reads these files: a mistake in them is found there.
            texts.iter().flat_map(|it| toml::from_str::<File>(it).unwrap_or_default().command).collect()
        });
        Models::of(rows.clone())
    }

    /// With the `[[command]]` rows of a user's file, which come before others of their name.
    pub fn with_rows(&self, text: &str) -> Result<Models, toml::de::Error> {
        let file: File = toml::from_str(text)?;
        let mut rows = self.rows.as_ref().clone();
        rows.extend(file.command);
        Ok(Models::of(rows))
    }

    fn of(rows: Vec<Row>) -> Models {
        let mut by_name: BTreeMap<String, Vec<Key>> = BTreeMap::new();
        let mut globs = Vec::new();
        for (row, it) in rows.iter().enumerate() {
            for name in &it.names {
                let mut words = name.split(' ').map(str::to_owned);
                let first = words.next().unwrap_or_default();
                let key = Key { row, words: words.collect() };
                match is_wild(&first) {
                    true => globs.push((first, key)),
                    false => by_name.entry(first).or_default().push(key),
                }
            }
        }
        Models { rows: Arc::new(rows), by_name: Arc::new(by_name), globs: Arc::new(globs), cache: Cache::default() }
    }

    /// The row for a command and the number of its words that the row's name takes.
    pub(super) fn find(&self, name: &str, fields: &[Value]) -> Option<(&Row, usize)> {
        let follows = |key: &&Key| {
            let given = fields.get(1..=key.words.len()).unwrap_or_default();
            given.len() == key.words.len() && key.words.iter().zip(given).all(|(it, given)| matches(it, &given.text))
        };
        let exact = self.by_name.get(name).into_iter().flatten();
        let found = exact.filter(follows).max_by_key(|it| (it.words.len(), it.row));
        let key = found.or_else(|| {
            let globs = self.globs.iter().filter(|it| matches(&it.0, name)).map(|it| &it.1);
            globs.filter(follows).max_by_key(|it| (it.words.len(), it.row))
        })?;
        Some((&self.rows[key.row], 1 + key.words.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_rows_are_well_formed() {
        for text in [include_str!("models.toml"), include_str!("wrappers.toml")] {
            toml::from_str::<File>(text).unwrap();
        }
    }
}
