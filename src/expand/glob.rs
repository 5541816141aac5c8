//! Wildcards, over the listings of the tree.

use super::Request;
use crate::source::normalise;

/// Whether a name has wildcards.
pub(crate) fn is_pattern(name: &str) -> bool {
    name.bytes().any(|it| matches!(it, b'*' | b'?' | b'['))
}

/// The files of the tree that a pattern names, seen from make's folder, sorted. A name without wildcards names itself
/// where it exists.
pub(crate) fn matches(request: &Request, pattern: &str) -> Vec<String> {
    let (project, directory) = (request.project, request.directory);
    let at = |name: &str| normalise(&project.root, directory, name);
    let inside = |path: &str| !path.starts_with("..") && !path.starts_with('/');
    if !is_pattern(pattern) {
        let path = at(pattern);
        return if inside(&path) && project.exists(&path) { vec![pattern.to_owned()] } else { Vec::new() };
    }
    let mut found = vec![if pattern.starts_with('/') { "/".to_owned() } else { String::new() }];
    let parts: Vec<&str> = pattern.split('/').filter(|it| !it.is_empty()).collect();
    for (position, part) in parts.iter().enumerate() {
        let last = position + 1 == parts.len();
        let mut next = Vec::new();
        for folder in &found {
            if !is_pattern(part) {
                let path = at(&format!("{folder}{part}"));
                let there = if last { project.exists(&path) } else { !inside(&path) || project.is_folder(&path) };
                if there {
                    next.push(format!("{folder}{part}"));
                }
                continue;
            }
            let path = at(if folder.is_empty() { "." } else { folder });
            let Some(entries) = project.list(&path).filter(|_| inside(&path)) else { continue };
            let matching = entries.iter().filter(|it| last || it.is_folder).filter(|it| fits(part, &it.name));
            next.extend(matching.map(|it| format!("{folder}{}", it.name)));
        }
        if !last {
            next.iter_mut().for_each(|it| it.push('/'));
        }
        found = next;
        if found.len() > 100_000 {
            break;
        }
    }
    let wants_folder = pattern.ends_with('/');
    if wants_folder {
        found.retain(|it| project.is_folder(&at(it)));
        found.iter_mut().for_each(|it| it.push('/'));
    }
    found.sort();
    found
}

/// Whether a file name matches a pattern of the shell; a leading dot must be spelt.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        let taken = match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            Some('?') => Some(p + 1),
            Some('[') => class(&pattern, p, name[n]),
            Some('\\') if p + 1 < pattern.len() => (pattern[p + 1] == name[n]).then_some(p + 2),
            Some(it) => (*it == name[n]).then_some(p + 1),
            None => None,
        };
        match (taken, star) {
            (Some(next), _) => {
                p = next;
                n += 1;
            }
            (None, Some((at, from))) => {
                p = at + 1;
                n = from + 1;
                star = Some((at, from + 1));
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|it| *it == '*')
}

/// The offset after a `[...]` that accepts a character.
fn class(pattern: &[char], at: usize, it: char) -> Option<usize> {
    let negated = matches!(pattern.get(at + 1), Some('!' | '^'));
    let first = at + 1 + usize::from(negated);
    let end = (first + 1..pattern.len()).find(|at| pattern[*at] == ']');
    let Some(end) = end else { return (it == '[').then_some(at + 1) };
    let body = &pattern[first..end];
    let mut found = false;
    let mut position = 0;
    while position < body.len() {
        if position + 2 < body.len() && body[position + 1] == '-' {
            found |= body[position] <= it && it <= body[position + 2];
            position += 3;
        } else {
            found |= body[position] == it;
            position += 1;
        }
    }
    (found != negated).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_patterns_as_in_the_shell() {
        assert!(fits("*.c", "a.c") && fits("a*b*c", "aXbYbc") && fits("[a-c]?[!x]", "bzy"));
        assert!(!fits("*", ".hidden") && fits(".*", ".hidden") && !fits("[!a]", "a") && fits("[", "["));
    }
}
