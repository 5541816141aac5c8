//! tree-sitter-bash: shell text to a syntax tree.
