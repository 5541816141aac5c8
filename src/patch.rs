//! Two states of a project to a unified diff, byte for byte.
//!
//! Takes bytes and gives bytes: no encoding is assumed, and only a newline ends a line. Knows nothing of make.

mod rows;

use std::collections::BTreeMap;

use similar::udiff::UnifiedHunkHeader;
use similar::{ChangeTag, TextDiff};

pub use rows::{Row, Touched, rows, touched};

use crate::edit::Edits;
use crate::source::{FileId, Project};

/// Unchanged lines around a hunk.
const CONTEXT: usize = 3;

/// The change of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Path relative to the project's root.
    pub path: String,
    /// The bytes before.
    pub before: Vec<u8>,
    /// The bytes after.
    pub after: Vec<u8>,
}

/// The files that `edits` touch and that differ, sorted by path.
pub fn changes<'a>(before: &Project, after: &Project, edits: impl IntoIterator<Item = &'a Edits>) -> Vec<Change> {
    let touched: BTreeMap<String, FileId> = edits
        .into_iter()
        .flat_map(|it| it.iter())
        .map(|it| (before.source(it.span.file).path.clone(), it.span.file))
        .collect();
    let changes = touched.into_iter().map(|(path, file)| {
        let (before, after) = (before.source(file), after.source(file));
        Change { path, before: before.bytes().to_vec(), after: after.bytes().to_vec() }
    });
    changes.filter(|it| it.before != it.after).collect()
}

/// The unified diff of some changes; their paths are shown below `prefix` (empty, or ending with `/`).
pub fn unified(changes: &[Change], prefix: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for change in changes {
        write_one(&mut out, &format!("{prefix}{}", change.path), change);
    }
    out
}

/// How many lines a patch removes and adds in one file.
pub fn lines_changed(change: &Change) -> (usize, usize) {
    let (old, new) = (lines(&change.before), lines(&change.after));
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
    let count = |tag| diff.iter_all_changes().filter(|it| it.tag() == tag).count();
    (count(ChangeTag::Delete), count(ChangeTag::Insert))
}

fn write_one(out: &mut Vec<u8>, path: &str, change: &Change) {
    let (old, new) = (lines(&change.before), lines(&change.after));
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
    // Both tools read C-style quoting; git needs it for a name with such a byte, patch takes it too.
    let (from, to) = (quoted(&format!("a/{path}")), quoted(&format!("b/{path}")));
    out.extend_from_slice(format!("--- {from}\n+++ {to}\n").as_bytes());
    // Written here and not by similar: its own writer replaces what is not UTF-8, its hunks take a lone CR for a newline.
    for ops in diff.grouped_ops(CONTEXT) {
        out.extend_from_slice(format!("{}\n", UnifiedHunkHeader::new(&ops)).as_bytes());
        for change in ops.iter().flat_map(|it| diff.iter_changes(it)) {
            write_line(out, change.tag(), change.value());
        }
    }
}

fn write_line(out: &mut Vec<u8>, tag: ChangeTag, line: &[u8]) {
    out.push(match tag {
        ChangeTag::Equal => b' ',
        ChangeTag::Delete => b'-',
        ChangeTag::Insert => b'+',
    });
    out.extend_from_slice(line);
    if !line.ends_with(b"\n") {
        out.extend_from_slice(b"\n\\ No newline at end of file\n");
    }
}

/// Lines with their newline. `str::lines` and similar's own splitting end a line at a lone CR; patch and git do not.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|it| *it == b'\n').collect()
}

/// The name as it stands in a diff's header. A tab ends a name that has blanks, as diff(1) and git write it.
fn quoted(path: &str) -> String {
    let special = |it: char| it.is_control() || it == '"' || it == '\\';
    if path.contains(special) {
        let escaped: String = path
            .bytes()
            .map(|it| match it {
                b'"' => "\\\"".to_owned(),
                b'\\' => "\\\\".to_owned(),
                it if it.is_ascii_graphic() || it == b' ' => char::from(it).to_string(),
                it => format!("\\{it:03o}"),
            })
            .collect();
        format!("\"{escaped}\"")
    } else if path.contains(' ') {
        format!("{path}\t")
    } else {
        path.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::{Command, Stdio};

    use proptest::prelude::*;

    use super::*;
    use crate::source::Span;

    fn change(path: &str, before: &[u8], after: &[u8]) -> Change {
        Change { path: path.to_owned(), before: before.to_vec(), after: after.to_vec() }
    }

    #[test]
    fn only_touched_files_are_in_the_patch() {
        let project = Project::in_memory([("b", "one\n"), ("a", "two"), ("c", "three\n")]);
        let mut edits = Edits::new();
        for (path, text) in [("b", "1"), ("a", "2")] {
            let file = project.open(path).unwrap();
            edits.replace(Span::new(file, 0, 3), text).unwrap();
        }
        let after = edits.apply(&project);
        let patch = unified(&changes(&project, &after, [&edits]), "sub/");
        let expected = "--- a/sub/a\n+++ b/sub/a\n@@ -1 +1 @@\n-two\n\\ No newline at end of file\n+2\n\\ No newline at end \
                        of file\n--- a/sub/b\n+++ b/sub/b\n@@ -1 +1 @@\n-one\n+1\n";
        assert_eq!(String::from_utf8(patch).unwrap(), expected);
    }

    #[test]
    fn names_with_blanks_and_quotes_are_taken() {
        for name in ["a b", "a\"b", "ré", "a\tb"] {
            check_tools(name, b"x\ny\n", b"x\nz\n");
        }
    }

    /// Lines of few kinds, so that hunks have context, and the bytes that other tools trip over.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        let line = prop_oneof![
            Just(&b"all: a b\n"[..]),
            Just(&b"\tcc -o $@\r\n"[..]),
            Just(&b"\x0c\n"[..]),
            Just(&b"caf\xe9\n"[..]),
            Just(&b"a\rb\n"[..]),
            Just(&b"\n"[..]),
            Just(&b"--- a/x\n"[..]),
            Just(&b"\\ No newline\n"[..]),
        ];
        let tail = prop_oneof![Just(&b""[..]), Just(&b"end"[..]), Just(&b"\r"[..]), Just(&b"\xff"[..])];
        (prop::collection::vec(line, 0..20), tail).prop_map(|(lines, tail)| [lines.concat(), tail.to_vec()].concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

        #[test]
        fn patch_and_git_give_the_new_bytes(before in text(), after in text()) {
            prop_assume!(before != after);
            check_tools("sub/Makefile", &before, &after);
        }
    }

    fn check_tools(path: &str, before: &[u8], after: &[u8]) {
        let patch = unified(&[change(path, before, after)], "");
        for tool in
            [&["patch", "-p1", "--binary", "-s", "--fuzz=0"][..], &["patch", "-p1", "-s"], &["git", "apply", "-"]]
        {
            let dir = tempfile::tempdir().unwrap();
            let file = dir.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, before).unwrap();
            if run(tool, dir.path(), &patch) {
                let got = std::fs::read(&file).unwrap();
                assert_eq!(got, after, "{tool:?} on\n{}", String::from_utf8_lossy(&patch));
            }
        }
    }

    fn run(tool: &[&str], dir: &Path, input: &[u8]) -> bool {
        let child = Command::new(tool[0])
            .args(&tool[1..])
            .current_dir(dir)
            .env("GIT_CEILING_DIRECTORIES", dir.parent().unwrap())
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut child) = child else {
            assert!(std::env::var_os("UNRACE_REQUIRE_TOOLS").is_none_or(|it| it != "1"), "{} is absent", tool[0]);
            eprintln!("skipped: {} is absent", tool[0]);
            return false;
        };
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input).unwrap();
        let done = child.wait_with_output().unwrap();
        assert!(done.status.success(), "{tool:?}: {}", String::from_utf8_lossy(&done.stderr));
        true
    }
}
