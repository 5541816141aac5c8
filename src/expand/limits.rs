//! How much an evaluation may do before it ends with an error instead of memory, stack or patience.

use crate::text::{display, has_unknown};

/// What is said where an evaluation ends.
pub(crate) const LARGE: &str = "expansion is too large";
pub(crate) const NESTED: &str = "expansion is nested too deeply";

/// Whether expansion came to a limit in a text that it gave.
pub fn is_beyond_limits(text: &str) -> bool {
    has_unknown(text) && [LARGE, NESTED].iter().any(|it| display(text).contains(it))
}

/// References within references, `call` within `call`, and so on.
pub(crate) const DEPTH: usize = 200;
/// Bytes of one expansion in a reading.
const EXPANSION: usize = 4 << 20;
/// Bytes of one expansion in a recipe; the system gives no shell that much.
const RECIPE: usize = 1 << 20;
/// Files within files.
pub(crate) const INCLUDES: usize = 60;
/// `eval` within `eval`.
pub(crate) const EVALS: usize = 24;
/// Bytes of a name beyond which no system has such a file.
pub(crate) const LONGEST_PATH: usize = 4096;
/// Steps that one `eval`, one file and one look for a file cost.
pub(crate) const READING: usize = 40;

/// References that an evaluation expands, besides some for each byte that is read.
const STEPS: usize = 3_000_000;
const STEPS_A_BYTE: usize = 2;
/// Bytes that all its expansions give together, besides some for each byte that is read.
const BYTES: usize = 24 << 20;
const BYTES_A_BYTE: usize = 64;
/// Bytes that a value is copied for one that is expanded: `X := $(X) more` is common.
pub(crate) const COPIED: usize = 8;
/// Bytes that a reference gives: what a value that is remembered counts for.
pub(crate) const BYTES_A_REFERENCE: usize = 12;
/// References that the recipe of one target expands, and the bytes that they give.
const RECIPE_STEPS: usize = 200_000;
const RECIPE_BYTES: usize = 16 << 20;

/// References that all recipes of a makefile expand, besides some for each rule.
const RECIPES_STEPS: usize = 10_000_000;
const RECIPES_STEPS_A_RULE: usize = 100;

/// References that all recipes of a makefile with so many rules may expand.
pub(crate) fn of_recipes(rules: usize) -> usize {
    RECIPES_STEPS + rules * RECIPES_STEPS_A_RULE
}

/// What is left of it.
pub(crate) struct Budget {
    pub(crate) depth: usize,
    /// Bytes of one expansion.
    pub(crate) expansion: usize,
    bytes: usize,
    steps: usize,
    /// Steps taken so far.
    taken: usize,
    /// Whether the error was reported; nothing is expanded after it.
    pub(crate) reported: bool,
}

impl Budget {
    /// For the reading of a makefile.
    pub(crate) fn of_reading() -> Budget {
        Budget { depth: 0, expansion: EXPANSION, bytes: BYTES, steps: STEPS, taken: 0, reported: false }
    }

    /// For what is expanded after it, for one target; the recipes of all targets have `left` steps.
    pub(crate) fn of_target(left: usize) -> Budget {
        Budget {
            depth: 0,
            expansion: RECIPE,
            bytes: RECIPE_BYTES,
            steps: RECIPE_STEPS.min(left),
            taken: 0,
            reported: false,
        }
    }

    /// How many steps were taken.
    pub(crate) fn taken(&self) -> usize {
        self.taken
    }

    /// A larger makefile may do more.
    pub(crate) fn grant(&mut self, read: usize) {
        self.bytes = self.bytes.saturating_add(read.saturating_mul(BYTES_A_BYTE));
        self.steps = self.steps.saturating_add(read.saturating_mul(STEPS_A_BYTE));
    }

    /// Takes steps, and the bytes that they may give; false where nothing is left.
    pub(crate) fn take(&mut self, steps: usize, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_sub(bytes);
        self.steps = self.steps.saturating_sub(steps);
        self.taken += steps;
        !self.is_spent()
    }

    /// Whether nothing is left, so that all that is still asked for ends at once.
    pub(crate) fn is_spent(&self) -> bool {
        self.bytes == 0 || self.steps == 0
    }
}
