//! The comments by which a generated makefile tells what was changed in it.

use super::escape;
use crate::analysis::{Finding, Fix};
use crate::text::display;

/// The comment for a fix: what was done, by which version, for which finding.
/// Paths are seen from `folder`, which is empty or ends with `/`.
pub fn mark(finding: &Finding, fix: &Fix, folder: &str) -> String {
    let (version, title) = (env!("CARGO_PKG_VERSION"), title(fix, folder));
    format!("# unrace {version} fixup: {title} ({}) [{}]\n", finding.class.name(), finding.id)
}

/// What a fix does, on one line, its paths as seen from `folder`.
pub fn title(fix: &Fix, folder: &str) -> String {
    let title = display(&fix.title);
    escape(&if folder.is_empty() { title } else { title.replace(folder, "") })
}

/// A makefile with comments at its end. (Not at its head: automake's depfiles look for a line of theirs there.)
pub fn marked(text: &[u8], marks: impl Iterator<Item = String>) -> Vec<u8> {
    let mut res = text.to_vec();
    if !res.is_empty() && !res.ends_with(b"\n") {
        res.push(b'\n');
    }
    if res.ends_with(b"\\\n") {
        // The last line goes on in the next one.
        res.push(b'\n');
    }
    res.extend(marks.flat_map(String::into_bytes));
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_stand_on_lines_of_their_own() {
        let marks = || ["# a\n".to_owned(), "# b\n".to_owned()].into_iter();
        assert_eq!(marked(b"x:\n", marks()), b"x:\n# a\n# b\n");
        assert_eq!(marked(b"x:", marks()), b"x:\n# a\n# b\n");
        assert_eq!(marked(b"X = a \\\n", marks()), b"X = a \\\n\n# a\n# b\n");
    }
}
