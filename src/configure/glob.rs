//! Patterns of `case` against values that may be unknown in part.

use crate::text::is_unknown_char;

/// An element of a pattern.
#[derive(Clone, Debug, PartialEq)]
enum Element {
    One(char),
    Any,
    Run,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

/// Whether a pattern certainly matches a value: an unknown character is matched by `*` and by itself.
pub(super) fn matches(pattern: &str, value: &str) -> bool {
    let elements = elements(pattern);
    let value: Vec<char> = value.chars().collect();
    let (mut at, mut from) = (0, 0);
    // The last `*` and where the value stood when it was met.
    let mut retry: Option<(usize, usize)> = None;
    while from < value.len() {
        match elements.get(at) {
            Some(Element::Run) => {
                retry = Some((at + 1, from));
                at += 1;
            }
            Some(it) if accepts(it, value[from]) => {
                at += 1;
                from += 1;
            }
            _ => match &mut retry {
                Some((after, start)) => {
                    *start += 1;
                    (at, from) = (*after, *start);
                }
                None => return false,
            },
        }
    }
    elements[at.min(elements.len())..].iter().all(|it| *it == Element::Run)
}

/// Whether a pattern matches some text that an unknown value can be; runs of unknown characters stand for anything.
pub(super) fn could_match(pattern: &str, value: &str) -> bool {
    let elements = elements(pattern);
    let mut value: Vec<char> = value.chars().take(300).collect();
    value.dedup_by(|a, b| is_unknown_char(*a) && is_unknown_char(*b));
    // reachable[at]: the elements before `at` match the characters before `from`.
    let closure = |reachable: &mut Vec<bool>| {
        for at in 0..elements.len() {
            let passes = reachable[at] && elements[at] == Element::Run;
            reachable[at + 1] |= passes;
        }
    };
    let mut reachable = vec![false; elements.len() + 1];
    reachable[0] = true;
    closure(&mut reachable);
    for it in value {
        let mut next = vec![false; elements.len() + 1];
        if is_unknown_char(it) {
            let first = reachable.iter().position(|it| *it).unwrap_or(next.len());
            next[first..].fill(true);
        } else {
            for at in (0..elements.len()).filter(|at| reachable[*at]) {
                match &elements[at] {
                    Element::Run => next[at] = true,
                    element => next[at + 1] |= accepts(element, it),
                }
            }
        }
        closure(&mut next);
        reachable = next;
    }
    reachable[elements.len()]
}

/// A pattern as the text that it matches: its wildcards as unknown characters.
pub(super) fn representative(pattern: &str) -> String {
    let mut res = String::new();
    let mut rest = pattern;
    while let Some(it) = rest.chars().next() {
        let mut len = it.len_utf8();
        match it {
            '\\' => {
                let next = rest[1..].chars().next();
                res.extend(next);
                len += next.map_or(0, char::len_utf8);
            }
            '*' | '?' => res.push_str(&crate::text::unknown(&rest[..1])),
            '[' => match class_end(rest) {
                Some(end) => {
                    res.push_str(&crate::text::unknown(&rest[..end]));
                    len = end;
                }
                None => res.push('['),
            },
            _ => res.push(it),
        }
        rest = &rest[len..];
    }
    res
}

fn accepts(element: &Element, it: char) -> bool {
    match element {
        Element::One(wanted) => *wanted == it,
        Element::Run => true,
        _ if is_unknown_char(it) => false,
        Element::Any => true,
        Element::Class { negated, ranges } => ranges.iter().any(|range| range.0 <= it && it <= range.1) != *negated,
    }
}

fn elements(pattern: &str) -> Vec<Element> {
    let mut res = Vec::new();
    let mut rest = pattern;
    while let Some(it) = rest.chars().next() {
        let mut len = it.len_utf8();
        res.push(match it {
            '*' => Element::Run,
            '?' => Element::Any,
            '\\' => {
                let next = rest[1..].chars().next().unwrap_or('\\');
                len += if rest.len() > 1 { next.len_utf8() } else { 0 };
                Element::One(next)
            }
            '[' => match class_end(rest) {
                Some(end) => {
                    len = end;
                    class(&rest[1..end - 1])
                }
                None => Element::One('['),
            },
            other => Element::One(other),
        });
        rest = &rest[len..];
    }
    res.dedup_by(|a, b| *a == Element::Run && *b == Element::Run);
    res
}

/// The offset after the `]` of the class that `text` starts with.
fn class_end(text: &str) -> Option<usize> {
    let negated = text[1..].starts_with(['!', '^']);
    let first = 1 + usize::from(negated);
    let from = first + usize::from(text[first..].starts_with(']'));
    text[from..].find(']').map(|it| from + it + 1)
}

fn class(inside: &str) -> Element {
    let negated = inside.starts_with(['!', '^']);
    let chars: Vec<char> = inside[usize::from(negated)..].chars().collect();
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if at + 2 < chars.len() && chars[at + 1] == '-' {
            ranges.push((chars[at], chars[at + 2]));
            at += 3;
        } else {
            ranges.push((chars[at], chars[at]));
            at += 1;
        }
    }
    Element::Class { negated, ranges }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::unknown;

    #[test]
    fn patterns_match_as_in_the_shell() {
        assert!(matches("juno*", "juno7") && matches("*", "") && matches("j[t-v]?o", "juno"));
        assert!(matches("[!a]x", "bx") && !matches("[!a]x", "ax") && matches("\\*", "*") && !matches("\\*", "x"));
        assert!(!matches("juno", "juno7") && matches("*-*-juno*", "a-b-juno3") && matches("[]a]", "]"));
    }

    #[test]
    fn unknown_text_is_matched_by_a_star_only() {
        let value = format!("juno{}", unknown("*"));
        assert!(matches("juno*", &value) && matches("j*", &value) && !matches("juno?", &value));
        assert!(could_match("juno7", &value) && !could_match("vesta*", &value) && could_match("*7", &value));
        assert_eq!(representative("juno*"), value);
        assert_eq!(representative("a[56]"), format!("a{}", unknown("[56]")));
    }
}
