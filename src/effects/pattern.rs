//! Shell patterns: `*`, `?`, `[...]`, with backslash as escape.
//!
//! Knows nothing of files.

/// Whether all of `text` matches.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if p == pattern.len() && t == text.len() {
            return true;
        }
        if p < pattern.len() && pattern[p] == '*' {
            retry = Some((p, t));
            p += 1;
            continue;
        }
        if let Some(width) = text.get(t).and_then(|it| one(&pattern[p..], *it)) {
            p += width;
            t += 1;
            continue;
        }
        match &mut retry {
            Some((star, from)) if *from < text.len() => {
                *from += 1;
                (p, t) = (*star + 1, *from);
            }
            _ => return false,
        }
    }
}

/// Width of the pattern's first item where it matches `it`.
fn one(pattern: &[char], it: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '\\' if pattern.len() > 1 => (pattern[1] == it).then_some(2),
        '[' => set(pattern, it),
        literal => (*literal == it).then_some(1),
    }
}

fn set(pattern: &[char], it: char) -> Option<usize> {
    let negated = matches!(pattern.get(1), Some('!' | '^'));
    let first = if negated { 2 } else { 1 };
    let mut at = first;
    let mut found = false;
    while *pattern.get(at)? != ']' || at == first {
        let low = if pattern[at] == '\\' { *pattern.get(at + 1)? } else { pattern[at] };
        at += if pattern[at] == '\\' { 2 } else { 1 };
        let is_range = pattern.get(at) == Some(&'-') && pattern.get(at + 1).is_some_and(|it| *it != ']');
        let high = if is_range { pattern[at + 1] } else { low };
        at += if is_range { 2 } else { 0 };
        found |= (low..=high).contains(&it);
    }
    (found != negated).then_some(at + 1)
}

/// Whether a pattern has a wildcard.
pub(super) fn is_wild(pattern: &str) -> bool {
    let mut escaped = false;
    pattern.char_indices().any(|(at, it)| {
        let wild = !escaped && (matches!(it, '*' | '?') || it == '[' && pattern[at..].contains(']'));
        escaped = it == '\\' && !escaped;
        wild
    })
}

/// A pattern that matches just `text`.
pub(super) fn escape(text: &str) -> String {
    let mut res = String::with_capacity(text.len());
    for it in text.chars() {
        if matches!(it, '*' | '?' | '[' | ']' | '\\') {
            res.push('\\');
        }
        res.push(it);
    }
    res
}

/// `text` without the shortest or longest prefix that matches.
pub(super) fn without_prefix<'a>(text: &'a str, pattern: &str, longest: bool) -> &'a str {
    let ends = || text.char_indices().map(|it| it.0).chain([text.len()]).filter(|it| matches(pattern, &text[..*it]));
    let end = if longest { ends().next_back() } else { ends().next() };
    end.map_or(text, |it| &text[it..])
}

/// `text` without the shortest or longest suffix that matches.
pub(super) fn without_suffix<'a>(text: &'a str, pattern: &str, longest: bool) -> &'a str {
    let starts = || text.char_indices().map(|it| it.0).chain([text.len()]).filter(|it| matches(pattern, &text[*it..]));
    let start = if longest { starts().next() } else { starts().next_back() };
    start.map_or(text, |it| &text[..it])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("*.o", "a.o", true),
            ("*.o", "a.oo", false),
            ("-e* ", "-e", false),
            ("a?[b-d]*", "axczz", true),
            ("[!a]", "a", false),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("*a*b*", "xxaxxbxx", true),
            ("[", "[", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
        assert_eq!(without_suffix("a.b.c", ".*", false), "a.b");
        assert_eq!(without_suffix("a.b.c", ".*", true), "a");
        assert_eq!(without_prefix("a/b/c", "*/", true), "c");
        assert_eq!(without_prefix("a/b/c", "*/", false), "b/c");
    }
}
