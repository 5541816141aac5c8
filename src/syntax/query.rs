//! One query file bound to the capture names that the code knows.

use std::ops::Range;

use tree_sitter::{Language, Node, Query, QueryCursor, StreamingIterator};

/// A compiled query file and the names of its captures.
pub(crate) struct Captures<const N: usize> {
    query: Query,
    /// For each capture index of the query, the position of its name in `names`.
    positions: Vec<Option<usize>>,
}

impl<const N: usize> Captures<N> {
    /// Compiles `text`; the captures of the file must be just `names`, helpers that start with `_` apart.
    ///
    /// # Panics
    /// Where the file does not fit the grammar or the names: a mistake in the program, found by the first test.
    pub(crate) fn new(language: &Language, text: &str, names: [&str; N]) -> Captures<N> {
        let query = Query::new(language, text).unwrap_or_else(|error| panic!("{error}"));
        let known = query.capture_names();
        for name in names {
            assert!(known.contains(&name), "the query file captures no @{name}");
        }
        let positions = known
            .iter()
            .map(|name| {
                let position = names.iter().position(|it| it == name);
                assert!(position.is_some() || name.starts_with('_'), "nothing knows the capture @{name}");
                position
            })
            .collect();
        Captures { query, positions }
    }

    /// The matches below `node` in `text`, each as the byte ranges of its captures by position in the names.
    pub(crate) fn matches(&self, node: Node, text: &[u8]) -> Vec<[Vec<Range<usize>>; N]> {
        let mut cursor = QueryCursor::new();
        let mut found = cursor.matches(&self.query, node, text);
        let mut res = Vec::new();
        while let Some(it) = found.next() {
            let mut captures: [Vec<Range<usize>>; N] = std::array::from_fn(|_| Vec::new());
            for capture in it.captures() {
                if let Some(position) = self.positions[capture.index as usize] {
                    captures[position].push(capture.node.byte_range());
                }
            }
            res.push(captures);
        }
        res
    }
}
