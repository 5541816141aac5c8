//! Regular expressions as `sed`, `expr` and `grep` read them.

/// A compiled expression.
pub(super) struct Regex(regex::Regex);

impl Regex {
    /// A basic one; `None` for what is not understood.
    pub(super) fn new(text: &str) -> Option<Regex> {
        regex::Regex::new(&translated(text, false)).ok().map(Regex)
    }

    /// One of several expressions of `grep`, basic or extended, around which `flags` may stand.
    pub(super) fn any(texts: &[&str], extended: bool, around: [&str; 2]) -> Option<Regex> {
        let each: Vec<String> = texts.iter().map(|it| translated(it, extended)).collect();
        regex::Regex::new(&format!("{}(?:{}){}", around[0], each.join("|"), around[1])).ok().map(Regex)
    }

    /// Whether a part of the text matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// The text of the first group, where the expression matches.
    pub(super) fn captured(&self, text: &str) -> Option<String> {
        Some(self.0.captures(text)?.get(1)?.as_str().to_owned())
    }

    /// `text` with the first match, or all, replaced; `&` and `\1` in the replacement stand for what matched.
    pub(super) fn replace(&self, text: &str, replacement: &str, all: bool) -> Option<String> {
        let mut res = String::new();
        let mut at = 0;
        for groups in self.0.captures_iter(text).take(if all { usize::MAX } else { 1 }) {
            let whole = groups.get(0)?;
            res.push_str(&text[at..whole.start()]);
            expand(replacement, &groups, &mut res)?;
            at = whole.end();
        }
        res.push_str(&text[at..]);
        Some(res)
    }
}

/// An expression of POSIX as the library spells it.
fn translated(text: &str, extended: bool) -> String {
    let mut res = String::new();
    let mut left = text.chars().peekable();
    let mut begins = true;
    while let Some(it) = left.next() {
        match it {
            '[' => set(&mut left, &mut res),
            '\\' if extended => res.extend(std::iter::once('\\').chain(left.next())),
            '\\' => match left.next() {
                Some(it @ ('|' | '(' | ')' | '{' | '}' | '+' | '?')) => res.push(it),
                next => res.extend(std::iter::once('\\').chain(next)),
            },
            '*' if begins => res.push_str("\\*"),
            '|' | '(' | ')' | '{' | '}' | '+' | '?' if !extended => res.extend(['\\', it]),
            it => res.push(it),
        }
        begins = it == '^' && begins;
    }
    res
}

/// What stands between brackets, where a backslash is one.
fn set(left: &mut std::iter::Peekable<std::str::Chars>, res: &mut String) {
    res.push('[');
    if left.next_if_eq(&'^').is_some() {
        res.push('^');
    }
    if left.next_if_eq(&']').is_some() {
        res.push_str("\\]");
    }
    while let Some(it) = left.next() {
        match it {
            ']' => break,
            '[' if left.peek() == Some(&':') => {
                res.push('[');
                for it in left.by_ref() {
                    res.push(it);
                    if it == ']' {
                        break;
                    }
                }
            }
            '[' | '\\' | '&' | '~' => res.extend(['\\', it]),
            it => res.push(it),
        }
    }
    res.push(']');
}

fn expand(replacement: &str, groups: &regex::Captures, res: &mut String) -> Option<()> {
    let mut chars = replacement.chars();
    while let Some(it) = chars.next() {
        let group = match it {
            '&' => 0,
            '\\' => match chars.next()? {
                digit if digit.is_ascii_digit() => digit.to_digit(10)? as usize,
                'n' => return None,
                other => {
                    res.push(other);
                    continue;
                }
            },
            other => {
                res.push(other);
                continue;
            }
        };
        res.push_str(groups.get(group).map_or("", |it| it.as_str()));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacements() {
        for (pattern, replacement, text, expected) in [
            ("\\.[^.]*$", "", "a.b.so", "a.b"),
            ("-o", "", "-ofile", "file"),
            ("^lib\\(.*\\)\\.a$", "\\1-&", "libx.a", "x-libx.a"),
            (".*/", "", "a/b/c", "c"),
            ("[0-9][0-9]*", "N", "a12b", "aNb"),
        ] {
            assert_eq!(Regex::new(pattern).unwrap().replace(text, replacement, false).unwrap(), expected);
        }
        assert_eq!(Regex::new("a").unwrap().replace("aXa", "b", true).unwrap(), "bXb");
        assert_eq!(Regex::new("[]\\/]\\{2\\}").unwrap().replace("a\\]b", "", false).unwrap(), "ab");
        assert!(Regex::new("\\(a\\)\\1").is_none());
    }
}
