//! How much an evaluation may do before it ends with an error instead of memory or stack.

/// References within references, `call` within `call`, and so on.
pub(crate) const DEPTH: usize = 200;
/// Bytes of one expansion in a reading.
const EXPANSION: usize = 4 << 20;
/// Bytes of one expansion in a recipe; the system gives no shell that much.
pub(crate) const RECIPE: usize = 1 << 20;
/// Bytes that all expansions of an evaluation give together.
const TOTAL: usize = 1 << 30;
/// References that an evaluation expands.
const STEPS: usize = 20_000_000;
/// Files within files.
pub(crate) const INCLUDES: usize = 60;
/// `eval` within `eval`.
pub(crate) const EVALS: usize = 24;

/// What an evaluation has used.
pub(crate) struct Budget {
    pub(crate) depth: usize,
    /// Bytes of one expansion.
    pub(crate) expansion: usize,
    bytes: usize,
    steps: usize,
    /// Whether the error was reported; nothing is expanded after it.
    pub(crate) reported: bool,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { depth: 0, expansion: EXPANSION, bytes: 0, steps: 0, reported: false }
    }
}

impl Budget {
    /// Takes one step that may give this many bytes; false where nothing is left.
    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        self.steps += 1;
        self.bytes < TOTAL && self.steps < STEPS
    }
}
