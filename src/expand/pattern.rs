//! Patterns with `%`, as patsubst, filter, rules and substitution references use them.

use crate::syntax::make::scan;
use crate::text::{has_unknown, is_unknown_char, unknown};

/// A pattern: text, and what stands around its `%`, if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    prefix: String,
    suffix: Option<String>,
}

impl Pattern {
    /// Reads a pattern; `\%` is a `%` like any other character.
    pub(crate) fn new(text: &str) -> Pattern {
        match percent(text) {
            Some(at) => Pattern { prefix: before(text, at), suffix: Some(text[at + 1..].to_owned()) },
            None => Pattern { prefix: scan::unquote(text, |it| it == b'%').into_owned(), suffix: None },
        }
    }

    /// What `%` stands for in a word; empty where the pattern has no `%` and is the word.
    pub(crate) fn stem<'w>(&self, word: &'w str) -> Option<&'w str> {
        match &self.suffix {
            Some(suffix) => {
                let rest = word.strip_prefix(self.prefix.as_str())?;
                rest.strip_suffix(suffix.as_str())
            }
            None => (word == self.prefix).then_some(""),
        }
    }
}

/// The offset of the first `%` that no backslash quotes.
pub(crate) fn percent(text: &str) -> Option<usize> {
    if !text.as_bytes().contains(&b'%') {
        return None;
    }
    scan::find_unquoted_plain(text, 0, |it| it == b'%')
}

fn before(text: &str, percent: usize) -> String {
    let mut res = scan::unquote(&text[..=percent], |it| it == b'%').into_owned();
    res.pop();
    res
}

/// `text` with its first unquoted `%` replaced.
pub(crate) fn fill(text: &str, stem: &str) -> String {
    match percent(text) {
        Some(at) => format!("{}{stem}{}", before(text, at), &text[at + 1..]),
        None => scan::unquote(text, |it| it == b'%').into_owned(),
    }
}

/// `patsubst`: a pattern and what takes its place.
pub(crate) struct Replacement {
    pattern: Pattern,
    to: String,
    call: String,
    /// Whether what is looked for is not known. What takes its place need not be.
    is_open: bool,
}

impl Replacement {
    /// `$(patsubst from,to,...)`.
    pub(crate) fn new(from: &str, to: &str) -> Replacement {
        let call = format!("$(patsubst {from},{to},");
        Replacement { pattern: Pattern::new(from), to: to.to_owned(), call, is_open: has_unknown(from) }
    }

    /// `$(X:from=to)`.
    pub(crate) fn suffix(from: &str, to: &str) -> Replacement {
        if percent(from).is_some() {
            return Replacement::new(from, to);
        }
        let pattern = Pattern { prefix: String::new(), suffix: Some(from.to_owned()) };
        let call = format!("$(patsubst %{from},%{to},");
        Replacement { pattern, to: format!("%{to}"), call, is_open: has_unknown(from) }
    }

    /// Each word of a text replaced where the pattern matches it.
    pub(crate) fn apply(&self, text: &str) -> String {
        let mut res = String::with_capacity(text.len());
        for range in scan::words(text) {
            if !res.is_empty() {
                res.push(' ');
            }
            self.word(&text[range], &mut res);
        }
        res
    }

    fn word(&self, word: &str, out: &mut String) {
        // A word whose end is known has a suffix or not, whatever it begins with.
        let ends_known = || {
            let known = word.rsplit(is_unknown_char).next().unwrap_or("");
            let suffix = self.pattern.suffix.as_deref().unwrap_or("");
            self.pattern.prefix.is_empty() && !suffix.is_empty() && known.len() >= suffix.len()
        };
        if self.is_open || has_unknown(word) && !ends_known() {
            out.push_str(&unknown(&format!("{}{word})", self.call)));
            return;
        }
        match self.pattern.stem(word) {
            Some(stem) if self.pattern.suffix.is_some() => out.push_str(&fill(&self.to, stem)),
            Some(_) => out.push_str(&self.to),
            None => out.push_str(word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::display;

    #[test]
    fn words_are_replaced_by_pattern() {
        assert_eq!(Replacement::new("%.c", "o/%.o").apply(" a.c  b.h c.c"), "o/a.o b.h o/c.o");
        assert_eq!(Replacement::suffix(".c", ".o").apply("a.c b.c.c"), "a.o b.c.o");
        assert_eq!(Replacement::suffix("", ".o").apply("a b"), "a.o b.o");
        assert_eq!(Replacement::new("a", "b").apply("a aa"), "b aa");
        let x = unknown("@X@");
        assert_eq!(Replacement::new("%.c", "o/%.o").apply(&format!("{x}/a.c")), format!("o/{x}/a.o"));
        assert_eq!(Replacement::suffix(".c", ".o").apply(&format!("{x}a.h")), format!("{x}a.h"));
        assert_eq!(display(&Replacement::suffix(".c", ".o").apply(&format!("a{x}"))), "$(patsubst %.c,%.o,a@X@)");
        assert_eq!(Replacement::new("%.c", &format!("{x}/%.o")).apply("a.c b.h"), format!("{x}/a.o b.h"));
        assert_eq!(display(&Replacement::new(&x, "%.o").apply("a.c")), "$(patsubst @X@,%.o,a.c)");
    }

    #[test]
    fn a_quoted_percent_is_a_character() {
        assert_eq!(Pattern::new(r"a\%%b").stem("a%xb"), Some("x"));
        assert_eq!(Pattern::new("%.o").stem(".o"), Some(""));
    }
}
