//! The logical-line reader after GNU make's own model, and tree-sitter-make on what it normalised.

pub mod scan;
