//! Answers of a database that are asked for again and again.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use super::implicit::{Found, Searches, TargetPattern, hashed};
use super::{Inputs, Resolved};

/// Computed on first use; a copy of a database starts without them, since it may be given other rules.
#[derive(Default)]
pub(crate) struct Kept {
    /// What hangs on the rules alone.
    pub(crate) shape: Arc<Shape>,
    /// References that recipes expanded so far.
    pub(crate) spent: AtomicUsize,
    /// What targets without variables of their own export.
    pub(crate) exported: OnceLock<Arc<Vec<(String, String)>>>,
    /// The variables that are named as tools are, sorted, each with its tool.
    pub(crate) tools: OnceLock<Vec<(String, &'static str)>>,
    /// What of the configuration that depends on.
    pub(crate) exported_inputs: OnceLock<Inputs>,
    /// What was found by searches of evaluations like this one, and what explicit rules mention here alone or there alone.
    pub(crate) searches: OnceLock<(Arc<Found>, FxHashSet<u32>)>,
    /// What of the configuration recipes depend on.
    inputs: Mutex<FxHashMap<Uses, Arc<Inputs>>>,
}

impl Kept {
    pub(crate) fn inputs(&self, uses: &Uses, find: impl FnOnce() -> Inputs) -> Arc<Inputs> {
        let mut known = self.inputs.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(uses.clone()).or_insert_with(|| Arc::new(find())).clone()
    }
}

/// Names of variables that a recipe looks at, sorted; recipes that look at the same ones share them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Uses(Arc<[Arc<str>]>);

impl Uses {
    pub(crate) fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.iter()
    }

    /// Whether a name is among them.
    pub fn contains(&self, name: &str) -> bool {
        self.0.binary_search_by(|it| (**it).cmp(name)).is_ok()
    }
}

/// What is the same in all evaluations with the same rules.
#[derive(Default)]
pub(crate) struct Shape {
    /// Resolved targets.
    resolved: Mutex<FxHashSet<ByTarget>>,
    /// Where names are, with the same search paths.
    pub(crate) paths: Arc<Paths>,
    /// Which implicit rules apply, with the same search paths and implicit rules.
    pub(crate) searches: Arc<Searches>,
    /// The targets of the implicit rules.
    pub(crate) patterns: OnceLock<Vec<TargetPattern>>,
    /// The sets of variables that recipes look at.
    uses: Mutex<FxHashSet<Uses>>,
}

impl Shape {
    pub(crate) fn with(paths: Arc<Paths>, searches: Arc<Searches>) -> Shape {
        Shape { paths, searches, ..Shape::default() }
    }

    pub(crate) fn resolved(&self, target: &str) -> Option<Arc<Resolved>> {
        let known = self.resolved.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(target).map(|it| it.0.clone())
    }

    /// Keeps a resolved target, unless it is kept already; gives the one that is kept as long as this is.
    pub(crate) fn keep(&self, fresh: Arc<Resolved>) -> Arc<Resolved> {
        let mut known = self.resolved.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&*fresh.target) {
            return known.0.clone();
        }
        known.insert(ByTarget(fresh.clone()));
        fresh
    }

    pub(crate) fn uses(&self, names: FxHashSet<Arc<str>>) -> Uses {
        let mut names: Vec<Arc<str>> = names.into_iter().collect();
        names.sort_unstable();
        let fresh = Uses(names.into());
        let mut known = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(&fresh) {
            Some(known) => known.clone(),
            None => {
                known.insert(fresh.clone());
                fresh
            }
        }
    }
}

/// What is the same in all evaluations with the same search paths.
#[derive(Default)]
pub(crate) struct Paths {
    /// Where names were found in the tree.
    found: ByName<Box<str>>,
    /// Hashes of the names that are nowhere, as nearly all targets are.
    nowhere: Mutex<FxHashSet<u64>>,
    /// The value of `VPATH` as folders.
    pub(crate) search_path: OnceLock<Vec<String>>,
}

impl Paths {
    /// Where a name is in the tree, which `find` tells where it is not known yet.
    pub(crate) fn find(&self, name: &str, find: impl FnOnce() -> Option<String>) -> Option<String> {
        let nowhere = || self.nowhere.lock().unwrap_or_else(PoisonError::into_inner);
        let hash = hashed(name);
        if nowhere().contains(&hash) {
            return None;
        }
        if let Some(known) = self.found.get(name) {
            return Some(known.into());
        }
        let res = find();
        match &res {
            Some(path) => self.found.insert(name, path.as_str().into()),
            None => drop(nowhere().insert(hash)),
        }
        res
    }
}

/// A resolved target, found by its name.
struct ByTarget(Arc<Resolved>);

impl Borrow<str> for ByTarget {
    fn borrow(&self) -> &str {
        &self.0.target
    }
}

impl PartialEq for ByTarget {
    fn eq(&self, other: &ByTarget) -> bool {
        self.0.target == other.0.target
    }
}

impl Eq for ByTarget {}

impl Hash for ByTarget {
    fn hash<H: Hasher>(&self, state: &mut H) {
        str::hash(&self.0.target, state);
    }
}

/// Values by name.
pub(crate) struct ByName<T>(Mutex<FxHashMap<Box<str>, T>>);

impl<T> Default for ByName<T> {
    fn default() -> ByName<T> {
        ByName(Mutex::default())
    }
}

impl<T> ByName<T> {
    pub(crate) fn insert(&self, name: &str, value: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.into(), value);
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
