//! Values that a reading has expanded already: makefiles that list the headers of headers in variables
//! (`a_h = a.h $(b_h) $(c_h)`) ask for the same long ones in each rule.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Variable;

/// Shorter values are expanded as fast as they are found.
const SHORTEST: usize = 48;
/// Bytes of all of them.
const MOST_BYTES: usize = 16 << 20;

/// What variables gave, while nothing that was looked at is set again.
#[derive(Default)]
pub(crate) struct Memory {
    /// By the variable, which is kept so that no other one has its address.
    values: FxHashMap<*const Variable, (Arc<Variable>, Arc<str>)>,
    bytes: usize,
    /// Counts what hangs on more than the variables: functions, names that nobody sets, errors.
    pub(crate) others: usize,
}

impl Memory {
    pub(crate) fn get(&self, variable: &Arc<Variable>) -> Option<Arc<str>> {
        self.values.get(&Arc::as_ptr(variable)).map(|it| it.1.clone())
    }

    /// Whether a variable's value is worth it.
    pub(crate) fn wants(&self, variable: &Variable) -> bool {
        self.bytes < MOST_BYTES && variable.value.len() > 2 && variable.value.contains('$')
    }

    pub(crate) fn keep(&mut self, variable: &Arc<Variable>, text: &str) {
        if text.len() >= SHORTEST {
            self.bytes += text.len();
            self.values.insert(Arc::as_ptr(variable), (variable.clone(), text.into()));
        }
    }

    /// Forgets all, since a variable that was looked at changes.
    pub(crate) fn clear(&mut self) {
        self.values.clear();
        self.bytes = 0;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}
