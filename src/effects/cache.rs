//! What was read of the tree once: scripts, lists of includes and of opened files, for each content of each file.
//!
//! Knows nothing of projects but their sources: an edited source is another one.

use std::fmt;
use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;

use super::includes::Include;
use super::modules::Modules;
use super::opened::Opened;
use crate::shell::Script;
use crate::source::Source;

/// Answers kept for each source.
#[derive(Clone, Default)]
pub(super) struct Cache {
    scripts: Kept<Script>,
    includes: Kept<Vec<Include>>,
    opened: Kept<Vec<Opened>>,
    modules: Kept<Modules>,
}

/// Holding the source keeps its address from being used again, so that the address tells contents apart.
type Kept<T> = Arc<Mutex<FxHashMap<String, Vec<(Arc<Source>, Arc<T>)>>>>;

/// Contents of one path that are remembered.
const MOST_CONTENTS: usize = 4;

impl Cache {
    pub(super) fn script(&self, source: &Arc<Source>, read: impl FnOnce(&str) -> Script) -> Arc<Script> {
        kept(&self.scripts, source, read)
    }

    pub(super) fn includes(&self, source: &Arc<Source>, read: impl FnOnce(&str) -> Vec<Include>) -> Arc<Vec<Include>> {
        kept(&self.includes, source, read)
    }

    pub(super) fn opened(&self, source: &Arc<Source>, read: impl FnOnce(&str) -> Vec<Opened>) -> Arc<Vec<Opened>> {
        kept(&self.opened, source, read)
    }

    pub(super) fn modules(&self, source: &Arc<Source>, read: impl FnOnce(&str) -> Modules) -> Arc<Modules> {
        kept(&self.modules, source, read)
    }
}

fn kept<T>(kept: &Kept<T>, source: &Arc<Source>, read: impl FnOnce(&str) -> T) -> Arc<T> {
    let lock = || kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let same = |it: &&(Arc<Source>, Arc<T>)| Arc::ptr_eq(&it.0, source);
    if let Some(it) = lock().get(&source.path).and_then(|it| it.iter().find(same)) {
        return it.1.clone();
    }
    let res = Arc::new(read(source.text()));
    let mut kept = lock();
    let contents = kept.entry(source.path.clone()).or_default();
    if contents.len() == MOST_CONTENTS {
        contents.remove(0);
    }
    contents.push((source.clone(), res.clone()));
    res
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}
