//! Answers of a database that are asked for again and again.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

use super::Resolved;
use super::implicit::TargetPattern;

/// Computed on first use; a copy of a database starts without them, since it may be given other rules.
#[derive(Default)]
pub(crate) struct Kept {
    /// What hangs on the rules alone.
    pub(crate) shape: Arc<Shape>,
    /// What targets without variables of their own export.
    pub(crate) exported: OnceLock<Arc<Vec<(String, String)>>>,
}

/// What is the same in all evaluations with the same rules.
#[derive(Default)]
pub(crate) struct Shape {
    /// Resolved targets.
    pub(crate) resolved: ByName<Arc<Resolved>>,
    /// Where names were found in the tree.
    pub(crate) found: ByName<Option<String>>,
    /// The value of `VPATH` as folders.
    pub(crate) search_path: OnceLock<Vec<String>>,
    /// The targets of the implicit rules.
    pub(crate) patterns: OnceLock<Vec<TargetPattern>>,
}

/// Values by name.
pub(crate) struct ByName<T>(Mutex<FxHashMap<String, T>>);

impl<T> Default for ByName<T> {
    fn default() -> ByName<T> {
        ByName(Mutex::default())
    }
}

impl<T> ByName<T> {
    pub(crate) fn insert(&self, name: &str, value: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), value);
    }
}

impl<T: Clone> ByName<T> {
    pub(crate) fn get(&self, name: &str) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}

impl Clone for Kept {
    fn clone(&self) -> Kept {
        Kept::default()
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}
