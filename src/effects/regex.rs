//! Basic regular expressions, as `sed 's/x/y/'` and `expr` use them on file names: no alternation, no repeated group.

/// A compiled expression.
pub(super) struct Regex {
    items: Vec<Item>,
    start: bool,
    end: bool,
}

#[derive(Clone, Debug)]
enum Item {
    One(Atom),
    Star(Atom),
    Open(usize),
    Close(usize),
}

#[derive(Clone, Debug)]
enum Atom {
    Char(char),
    Any,
    Set { negated: bool, ranges: Vec<(char, char)> },
}

/// Where the whole and each group matched.
type Groups = [Option<(usize, usize)>; 10];

impl Regex {
    /// `None` for what is not understood.
    pub(super) fn new(text: &str) -> Option<Regex> {
        let mut chars: Vec<char> = text.chars().collect();
        let start = chars.first() == Some(&'^');
        if start {
            chars.remove(0);
        }
        let escaped = chars.len() >= 2 && chars[chars.len() - 2] == '\\';
        let end = chars.last() == Some(&'$') && !escaped;
        if end {
            chars.pop();
        }
        let mut items = Vec::new();
        let (mut at, mut n_groups, mut open) = (0, 0, Vec::new());
        while let Some(it) = chars.get(at).copied() {
            at += 1;
            let atom = match it {
                '\\' => {
                    let next = *chars.get(at)?;
                    at += 1;
                    match next {
                        '(' => {
                            n_groups += 1;
                            open.push(n_groups);
                            items.push(Item::Open(n_groups));
                            continue;
                        }
                        ')' => {
                            items.push(Item::Close(open.pop()?));
                            if chars.get(at) == Some(&'*') {
                                return None;
                            }
                            continue;
                        }
                        it if it.is_ascii_alphanumeric() || "{|+?<>".contains(it) => return None,
                        it => Atom::Char(it),
                    }
                }
                '.' => Atom::Any,
                '[' => set(&chars, &mut at)?,
                it => Atom::Char(it),
            };
            let starred = chars.get(at) == Some(&'*');
            at += usize::from(starred);
            items.push(if starred { Item::Star(atom) } else { Item::One(atom) });
        }
        (n_groups < 10 && open.is_empty()).then_some(Regex { items, start, end })
    }

    /// The text of the first group, where the expression matches.
    pub(super) fn captured(&self, text: &str) -> Option<String> {
        let chars: Vec<char> = text.chars().collect();
        let (from, to) = self.find(&chars, 0)?[1]?;
        Some(chars[from..to].iter().collect())
    }

    /// `text` with the first match, or all, replaced; `&` and `\1` in the replacement stand for what matched.
    pub(super) fn replace(&self, text: &str, replacement: &str, all: bool) -> Option<String> {
        let chars: Vec<char> = text.chars().collect();
        let mut res = String::new();
        let mut at = 0;
        while let Some(groups) = self.find(&chars, at) {
            let (from, to) = groups[0]?;
            res.extend(&chars[at..from]);
            expand(&chars, replacement, &groups, &mut res)?;
            if to == from {
                res.extend(chars.get(from));
                at = from + 1;
            } else {
                at = to;
            }
            if !all || at > chars.len() || self.start {
                break;
            }
        }
        res.extend(chars.get(at..).unwrap_or_default());
        Some(res)
    }

    fn find(&self, text: &[char], from: usize) -> Option<Groups> {
        let starts = if self.start { 0..=0 } else { from..=text.len() };
        starts.filter(|it| *it >= from).find_map(|start| {
            let mut groups = Groups::default();
            let end = self.matched(&self.items, text, start, &mut groups)?;
            groups[0] = Some((start, end));
            Some(groups)
        })
    }

    fn matched(&self, items: &[Item], text: &[char], at: usize, groups: &mut Groups) -> Option<usize> {
        let Some((item, rest)) = items.split_first() else {
            return (!self.end || at == text.len()).then_some(at);
        };
        match item {
            Item::One(atom) => {
                let fits = text.get(at).is_some_and(|it| atom.fits(*it));
                if fits { self.matched(rest, text, at + 1, groups) } else { None }
            }
            Item::Star(atom) => {
                let most = text[at..].iter().take_while(|it| atom.fits(**it)).count();
                (0..=most).rev().find_map(|n| self.matched(rest, text, at + n, groups))
            }
            Item::Open(group) => {
                let before = groups[*group].replace((at, at));
                self.matched(rest, text, at, groups).or_else(|| {
                    groups[*group] = before;
                    None
                })
            }
            Item::Close(group) => {
                groups[*group] = groups[*group].map(|it| (it.0, at));
                self.matched(rest, text, at, groups)
            }
        }
    }
}

impl Atom {
    fn fits(&self, it: char) -> bool {
        match self {
            Atom::Char(char) => *char == it,
            Atom::Any => true,
            Atom::Set { negated, ranges } => ranges.iter().any(|(low, high)| (*low..=*high).contains(&it)) != *negated,
        }
    }
}

fn set(chars: &[char], at: &mut usize) -> Option<Atom> {
    let negated = chars.get(*at) == Some(&'^');
    *at += usize::from(negated);
    let first = *at;
    let mut ranges = Vec::new();
    loop {
        let low = *chars.get(*at)?;
        if low == ']' && *at > first {
            *at += 1;
            return Some(Atom::Set { negated, ranges });
        }
        if low == '[' && chars.get(*at + 1) == Some(&':') {
            return None;
        }
        let is_range = chars.get(*at + 1) == Some(&'-') && chars.get(*at + 2).is_some_and(|it| *it != ']');
        let high = if is_range { chars[*at + 2] } else { low };
        *at += if is_range { 3 } else { 1 };
        ranges.push((low, high));
    }
}

fn expand(text: &[char], replacement: &str, groups: &Groups, res: &mut String) -> Option<()> {
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
        if let Some((from, to)) = groups[group] {
            res.extend(&text[from..to]);
        }
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
        assert!(Regex::new("a\\{2\\}").is_none());
    }
}
