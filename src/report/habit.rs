//! How a project words the subjects of its commits, from the subjects that its log shows.

use std::collections::BTreeMap;

/// What a subject should look like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Habit {
    /// What comes before the colon, where most subjects have such.
    prefix: Option<String>,
    /// Whether the words after it start with a capital.
    capital: bool,
    /// Whether a dot ends it.
    dot: bool,
}

/// Words that name the build in a subject, the best first.
const BUILD_WORDS: [&str; 8] =
    ["build", "makefile", "Makefile", "make", "buildsys", "build system", "configure", "fix"];

impl Habit {
    /// The habit of some subjects; few of them show none.
    pub fn of(subjects: &[String]) -> Habit {
        const FEWEST: usize = 8;
        let own: Vec<&String> = subjects.iter().filter(|it| !it.starts_with("Merge ") && !it.is_empty()).collect();
        if own.len() < FEWEST {
            return Habit::default();
        }
        let mostly = |n: usize| n * 3 > own.len() * 2;
        let mut prefixes: BTreeMap<&str, usize> = BTreeMap::new();
        for prefix in own.iter().filter_map(|it| split(it).0) {
            *prefixes.entry(prefix).or_default() += 1;
        }
        let known = BUILD_WORDS.iter().find(|it| prefixes.contains_key(**it));
        let prefix = mostly(prefixes.values().sum()).then_some(known).flatten();
        let count = |is: fn(&str) -> bool| own.iter().filter(|it| is(split(it).1)).count();
        Habit {
            prefix: prefix.map(|it| (*it).to_owned()),
            capital: mostly(count(|it| it.starts_with(|it: char| it.is_uppercase()))),
            dot: mostly(count(|it| it.ends_with('.'))),
        }
    }

    /// A title as the project would word it.
    pub fn apply(&self, title: &str) -> String {
        let mut letters = title.chars();
        let first = letters.next().map(|it| if self.capital { it.to_ascii_uppercase() } else { it });
        let words: String = first.into_iter().chain(letters).collect();
        let prefix = self.prefix.as_ref().map_or(String::new(), |it| format!("{it}: "));
        format!("{prefix}{words}{}", if self.dot { "." } else { "" })
    }
}

/// The part of a subject before its first colon, where that is short, and the rest.
fn split(subject: &str) -> (Option<&str>, &str) {
    match subject.split_once(": ") {
        Some((prefix, rest)) if prefix.len() <= 30 && prefix.split_whitespace().count() <= 2 => {
            // `fix(parser)` is a `fix`.
            (Some(prefix.split('(').next().unwrap_or(prefix)), rest.trim())
        }
        _ => (None, subject),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn habit(subjects: &[&str]) -> Habit {
        let repeated = subjects.iter().cycle().take(12);
        Habit::of(&repeated.map(|it| (*it).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_title_is_worded_as_the_log_does() {
        let title = "make b wait for a";
        assert_eq!(Habit::of(&["One".to_owned()]).apply(title), title);
        assert_eq!(habit(&["Add a thing", "Fix a bug", "Merge x"]).apply(title), "Make b wait for a");
        assert_eq!(habit(&["build: add it", "lexer: skip blanks"]).apply(title), "build: make b wait for a");
        assert_eq!(habit(&["lexer: Skip blanks.", "parser: Go on."]).apply(title), "Make b wait for a.");
        assert_eq!(habit(&["fix(lexer): blanks", "feat: more"]).apply(title), "fix: make b wait for a");
    }
}
