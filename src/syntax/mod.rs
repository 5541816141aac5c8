//! The grammars and the compiled queries; the logical-line reader that guides them.
//!
//! Only user of tree-sitter. No other module sees a node or a capture name.

pub mod bash;
pub mod make;
mod query;

pub(crate) use query::Captures;
