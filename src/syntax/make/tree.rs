//! tree-sitter-make on text that the reader normalised to the same length, and the queries on that tree.
//!
//! Only the shape of rule lines, assignments and includes is left in the normalised text: references become
//! `$(xxx)`, other characters of words `x`; what the grammar misreads is blank. Knows nothing of what the words mean.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use tree_sitter::{Language, Parser, Tree};

use super::scan;
use super::{Kind, Statement, assignment};
use crate::syntax::Captures;

/// What the queries find in one makefile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inside {
    /// By the offset of their first target.
    pub(crate) rules: BTreeMap<usize, RuleWords>,
    /// By the offset of their name: the name, and the value where there is one.
    pub(crate) assignments: BTreeMap<usize, (Range<usize>, Option<Range<usize>>)>,
    /// References outside recipes, `$X` of one letter apart.
    pub(crate) references: Vec<Range<usize>>,
    /// Words of include lines.
    pub(crate) includes: Vec<Range<usize>>,
}

/// The words of one rule line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RuleWords {
    pub(crate) targets: Vec<Range<usize>>,
    pub(crate) target_pattern: Vec<Range<usize>>,
    pub(crate) prerequisites: Vec<Range<usize>>,
    pub(crate) order_only: Vec<Range<usize>>,
}

struct Queries {
    rules: Captures<5>,
    assignments: Captures<3>,
    references: Captures<1>,
    includes: Captures<1>,
}

fn queries() -> &'static Queries {
    static QUERIES: OnceLock<Queries> = OnceLock::new();
    QUERIES.get_or_init(|| {
        let language = language();
        let rules = ["rule", "rule.target", "rule.prerequisite", "rule.order_only", "rule.target_pattern"];
        let assignments = ["assignment", "assignment.name", "assignment.value"];
        let query = |it: &'static str| it;
        Queries {
            rules: Captures::new(&language, query(include_str!("../../../queries/make/rules.scm")), rules),
            assignments: Captures::new(
                &language,
                query(include_str!("../../../queries/make/assignments.scm")),
                assignments,
            ),
            references: Captures::new(
                &language,
                query(include_str!("../../../queries/make/references.scm")),
                ["reference"],
            ),
            includes: Captures::new(
                &language,
                query(include_str!("../../../queries/make/includes.scm")),
                ["include.word"],
            ),
        }
    })
}

fn language() -> Language {
    tree_sitter_make::LANGUAGE.into()
}

impl Inside {
    /// Parses a makefile whose statements are known.
    pub(crate) fn new(text: &str, statements: &[Statement]) -> Inside {
        let plain = normalised(text, statements);
        let Some(tree) = parse(&plain) else { return Inside::default() };
        let root = tree.root_node();
        let queries = queries();
        let mut res = Inside::default();
        for [rule, targets, prerequisites, order_only, pattern] in queries.rules.matches(root, &plain) {
            let Some(rule) = rule.first() else { continue };
            let words = res.rules.entry(rule.start).or_default();
            words.targets.extend(targets);
            words.prerequisites.extend(prerequisites);
            words.order_only.extend(order_only);
            words.target_pattern.extend(pattern);
        }
        for [_, name, value] in queries.assignments.matches(root, &plain) {
            if let Some(name) = name.first() {
                // The grammar takes blanks at the end of the line into the value.
                let value = value.first().map(|it| it.start..it.start + plain[it.clone()].trim_ascii_end().len());
                res.assignments.insert(name.start, (name.clone(), value));
            }
        }
        let one = |captures: Vec<[Vec<Range<usize>>; 1]>| captures.into_iter().flat_map(|[it]| it).collect::<Vec<_>>();
        res.references = one(queries.references.matches(root, &plain));
        res.includes = one(queries.includes.matches(root, &plain));
        res
    }
}

impl RuleWords {
    /// Parses one rule alone; `None` where the grammar sees no rule that starts at `first`.
    pub(crate) fn read(text: &str, rule: &Statement, first: usize) -> Option<RuleWords> {
        let start = rule.range.start;
        let alone = Statement { range: 0..rule.range.len(), content: rule.content - start, ..rule.clone() };
        let mut rules = Inside::new(&text[rule.range.clone()], &[alone]).rules;
        Some(rules.remove(&(first - start))?.moved(start))
    }

    fn moved(mut self, by: usize) -> RuleWords {
        let lists = [&mut self.targets, &mut self.target_pattern, &mut self.prerequisites, &mut self.order_only];
        lists.into_iter().flatten().for_each(|it| *it = it.start + by..it.end + by);
        self
    }
}

fn parse(text: &[u8]) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&language()).ok()?;
    parser.parse(text, None)
}

/// The text with only what the grammar reads rightly, of the same length.
fn normalised(text: &str, statements: &[Statement]) -> Vec<u8> {
    let mut res = vec![b' '; text.len()];
    for statement in statements {
        if let Some(newline) = res.get_mut(statement.range.end) {
            *newline = b'\n';
        }
        match statement.kind {
            Kind::Rule => rule(text, statement, &mut res),
            Kind::Assignment => value(text, statement, &mut res),
            Kind::Include => include(text, statement, &mut res),
            _ => {}
        }
    }
    if res.last().is_some_and(|it| *it != b'\n') {
        res.push(b'\n');
    }
    res
}

fn rule(text: &str, statement: &Statement, out: &mut [u8]) {
    let line = &text[..statement.range.end];
    let end = scan::find_unquoted(line, statement.content, |it| it == b';' || it == b'#').unwrap_or(line.len());
    shape(text, statement.content..end, b":|", out);
    let mut colons = 0;
    let mut at = statement.content;
    while at < end {
        let next = text.as_bytes().get(at + 1);
        match out[at] {
            b'$' => at = scan::skip_reference(text, at) - 1,
            // The grammar wants one colon and no ampersand.
            b':' if colons == 0 && next == Some(&b':') => out[at] = b' ',
            b':' => colons += 1,
            b'x' if colons == 0 && text.as_bytes()[at] == b'&' && next == Some(&b':') => out[at] = b' ',
            // In a static pattern rule it knows no bar.
            b'|' if colons > 1 => out[at] = b' ',
            _ => {}
        }
        at += 1;
    }
}

fn value(text: &str, statement: &Statement, out: &mut [u8]) {
    let Some(found) = assignment(text, statement) else { return };
    out[found.name].fill(b'x');
    if let Some(last) = found.operator_range.last() {
        out[last] = b'=';
    }
    shape(text, found.value, b"", out);
}

fn include(text: &str, statement: &Statement, out: &mut [u8]) {
    let line = &text[..statement.range.end];
    let word = statement.content..scan::word_end(line, statement.content);
    let end = statement.content + scan::comment_start(&line[statement.content..]);
    out[word.clone()].copy_from_slice(&text.as_bytes()[word.clone()]);
    shape(text, word.end..end, b"", out);
}

/// Words as runs of `x`, references as `$(xxx)`, what is in `kept` as it is, blanks and continuations as blanks.
fn shape(text: &str, range: Range<usize>, kept: &[u8], out: &mut [u8]) {
    let bytes = text.as_bytes();
    let mut at = range.start;
    while at < range.end {
        let byte = bytes[at];
        let mut next = at + 1;
        match byte {
            b'$' => {
                next = scan::skip_reference(text, at).min(range.end);
                out[at..next].fill(b'x');
                if next - at > 3 && matches!(bytes[at + 1], b'(' | b'{') {
                    (out[at], out[at + 1], out[next - 1]) = (b'$', b'(', b')');
                }
            }
            b'\\' if matches!(&bytes[next..], [b'\n', ..] | [b'\r', b'\n', ..]) => {}
            b'\\' => {
                next = (at + 1 + scan::char_len(text, at + 1)).min(range.end);
                out[at..next].fill(b'x');
            }
            _ if scan::is_space(byte) => {}
            _ => out[at] = if kept.contains(&byte) { byte } else { b'x' },
        }
        at = next;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{read, references, rule_line};
    use super::*;

    /// Where the reader's own scanner and the queries differ, and how many statements both read.
    fn differences(text: &str) -> (Vec<String>, usize) {
        let statements = read(text, false);
        let inside = Inside::new(text, &statements);
        let (mut res, mut count) = (Vec::new(), 0);
        for it in &statements {
            let here = &text[it.range.clone()];
            if let Some(line) = rule_line(text, it).filter(|_| it.kind == Kind::Rule) {
                let Some(first) = line.targets.first() else { continue };
                let found = inside.rules.get(&first.start).cloned().unwrap_or_default();
                let ours: Vec<_> = line.prerequisites.iter().chain(&line.order_only).collect();
                let theirs: Vec<_> = found.prerequisites.iter().chain(&found.order_only).collect();
                let same = found.targets == line.targets && found.target_pattern == line.target_pattern;
                count += 1;
                if !same || ours != theirs {
                    res.push(here.to_owned());
                }
            }
            if let Some(parts) = assignment(text, it).filter(|_| it.kind == Kind::Assignment) {
                let found = inside.assignments.get(&parts.name.start);
                let own = text[parts.value.clone()].trim_end().len();
                let same = found
                    .is_some_and(|(name, value)| *name == parts.name && value.as_ref().map_or(0, |it| it.len()) == own);
                let bracketed = references(text, parts.value).into_iter().filter(|it| it.len() > 3);
                let known =
                    bracketed.filter(|it| inside.references.binary_search_by_key(&it.start, |it| it.start).is_err());
                count += 1;
                if !same || known.count() > 0 {
                    res.push(here.to_owned());
                }
            }
        }
        (res, count)
    }

    #[test]
    fn the_reader_and_the_queries_agree() {
        for text in [
            "a b: c $(d e) | f\n\tx\n",
            "$(O): o/%.o: %.c h | d ; x\n",
            "a~,b &:: [c]{d} \\\n e!\nc\\:/x: y z\n",
            "X+=1\ndir = $(strip a (b)) # c\nobj-$(C) ?= a(b) $(A:.c=) # d\nY=\n",
            "@A_TRUE@x: y\n@B@ = z\n",
            "all:\na: b=c\n",
        ] {
            assert_eq!(differences(text).0, [""; 0]);
        }
    }

    #[test]
    fn words_of_includes_are_found() {
        let text = "ifdef X\n-include a.mk $(B) \\\n c~ # d\nendif\n";
        let inside = Inside::new(text, &read(text, false));
        let words: Vec<&str> = inside.includes.iter().map(|it| &text[it.clone()]).collect();
        assert_eq!(words, ["a.mk", "$(B)", "c~"]);
    }

    #[test]
    #[ignore = "measures; takes a folder of makefiles in CORPUS"]
    fn the_reader_and_the_queries_agree_on_a_corpus() {
        let folder = std::env::var("CORPUS").unwrap();
        let (mut differ, mut all, mut bytes) = (0, 0, 0);
        let (mut reading, mut parsing) = (std::time::Duration::ZERO, std::time::Duration::ZERO);
        for path in std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
            let source = crate::source::Source::new("x", std::fs::read(&path).unwrap());
            let started = std::time::Instant::now();
            let statements = read(source.text(), false);
            reading += started.elapsed();
            Inside::new(source.text(), &statements);
            parsing += started.elapsed();
            let (found, count) = differences(source.text());
            (differ, all, bytes) = (differ + found.len(), all + count, bytes + source.bytes().len());
            for it in found.iter().take(3) {
                println!("{}: {it:?}", path.display());
            }
        }
        println!("{differ} of {all} statements differ; {bytes} bytes, read {reading:?}, read and parsed {parsing:?}");
    }
}
