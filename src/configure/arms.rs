//! Which arm of a `case` is taken, and what a pattern says of the variables of its subject.

use rustc_hash::FxHashSet;

use super::evaluate::Evaluation;
use super::glob::{could_match, matches, representative};
use super::macros::TARGET;
use super::model::{Part, Pattern, Point, Word};
use crate::text::{has_unknown, is_unknown_char, unknown};

impl Evaluation<'_> {
    /// The arm of a `case` that is taken; the number of arms for none.
    pub(super) fn arm(&mut self, subject: &Word, arms: &[Vec<Pattern>], point: Point) -> usize {
        let text = self.expand(subject, point, true).text;
        let mut texts = Vec::new();
        for pattern in arms.iter().flatten() {
            texts.push(self.expand(&pattern.word, point, true).text);
        }
        let mut next = texts.iter();
        let texts: Vec<Vec<&String>> = arms.iter().map(|it| next.by_ref().take(it.len()).collect()).collect();
        let certain = |it: &&String| matches(it, &text) || has_unknown(&text) && representative(it) == text;
        let decided = texts.iter().position(|it| it.iter().any(certain)).unwrap_or(arms.len());
        let is_rest = texts.get(decided).is_none_or(|it| it.iter().any(|it| *it == "*"));
        if !is_rest || !has_unknown(&text) {
            return decided;
        }
        let partly = self.partly(subject, point);
        let possible = partly.and_then(|value| {
            texts.iter().position(|it| it.iter().any(|it| self.is_named(subject, it) && could_match(it, &value)))
        });
        let usual = || {
            let text = self.on_linux(&text)?;
            texts.iter().position(|it| it.iter().any(|it| matches(it, &text)))
        };
        possible.or_else(usual).unwrap_or(decided)
    }

    /// A text in which the system is one with Linux, where the configuration says nothing of systems.
    fn on_linux(&self, text: &str) -> Option<String> {
        if self.configuration.settings.iter().any(|it| TARGET.contains(&it.subject.name())) {
            return None;
        }
        let mut res = text.to_owned();
        // `$host` begins `$host_os`.
        for name in TARGET.iter().rev() {
            let value = match name.split_once('_').map(|it| it.1) {
                Some("cpu") => "x86_64",
                Some("vendor") => "pc",
                Some(_) => "linux-gnu",
                None => "x86_64-pc-linux-gnu",
            };
            for spelling in [format!("@{name}@"), format!("${name}")] {
                res = res.replace(&unknown(&spelling), value);
            }
        }
        (res != text && !has_unknown(&res)).then_some(res)
    }

    /// A subject of several variables some of which are set: its text, in which only the others can be anything.
    fn partly(&mut self, subject: &Word, point: Point) -> Option<String> {
        let variables = subject.variables();
        let set = variables.iter().filter(|it| self.overrides.contains_key(*it)).count();
        if set == 0 || set == variables.len() {
            return None;
        }
        let mut res = String::new();
        for part in &subject.parts {
            let fixed = matches!(part, Part::Variable { name, .. } if self.overrides.contains_key(name.as_str()));
            let one = Word { parts: vec![part.clone()], span: None };
            let text = self.expand(&one, point, true).text;
            match fixed {
                true => res.extend(text.chars().map(|it| if is_unknown_char(it) { '\u{e000}' } else { it })),
                false => res.push_str(&text),
            }
        }
        Some(res)
    }

    /// Whether the first variable of which a pattern says something is set.
    fn is_named(&self, subject: &Word, pattern: &str) -> bool {
        let parts = split(subject, pattern).unwrap_or_default();
        let first = parts.iter().find(|(_, text)| text != "*");
        first.is_some_and(|(name, _)| self.overrides.contains_key(name.as_str()))
    }
}

/// What a pattern says of each variable of a subject: `$a/$b` against `X/Y*` gives `X` and `Y*`. `None` where the
/// literal text between the variables does not stand in the pattern.
pub(super) fn split(subject: &Word, pattern: &str) -> Option<Vec<(String, String)>> {
    let mut res = Vec::new();
    let mut rest = pattern;
    let mut parts = subject.parts.iter().peekable();
    let mut seen = FxHashSet::default();
    while let Some(part) = parts.next() {
        let name = match part {
            Part::Text(text) => {
                rest = rest.strip_prefix(text.text.as_str())?;
                continue;
            }
            Part::Variable { name, .. } => name.clone(),
            Part::Unknown { .. } => String::new(),
        };
        let end = match parts.peek() {
            None => rest.len(),
            Some(Part::Text(text)) => match rest.find(text.text.as_str()) {
                Some(end) => end,
                None if rest.ends_with('*') => {
                    res.push((name, rest.to_owned()));
                    return Some(res);
                }
                None => return None,
            },
            Some(_) => return None,
        };
        if seen.insert(name.clone()) && !name.is_empty() {
            res.push((name, rest[..end].to_owned()));
        }
        rest = &rest[end..];
    }
    rest.is_empty().then_some(res)
}
