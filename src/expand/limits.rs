//! How much an evaluation may do before it ends with an error instead of memory or stack.

/// References within references, `call` within `call`, and so on.
pub(crate) const DEPTH: usize = 200;
/// Bytes of one expansion.
pub(crate) const EXPANSION: usize = 16 << 20;
/// Bytes that all expansions of an evaluation give together.
const TOTAL: usize = 1 << 30;
/// References that an evaluation expands.
const STEPS: usize = 20_000_000;
/// Files within files.
pub(crate) const INCLUDES: usize = 60;
/// `eval` within `eval`.
pub(crate) const EVALS: usize = 24;

/// What an evaluation has used.
#[derive(Default)]
pub(crate) struct Budget {
    pub(crate) depth: usize,
    bytes: usize,
    steps: usize,
    /// Whether the error was reported.
    pub(crate) reported: bool,
}

impl Budget {
    /// Takes one step that may give this many bytes; false where nothing is left.
    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        self.steps += 1;
        self.bytes < TOTAL && self.steps < STEPS
    }
}
