//! Files that a program for sed writes: `w FILE` and `s/a/b/w FILE`.
//!
//! Knows nothing of what sed prints.

use std::ops::Range;

use super::EffectKind;
use super::apply::Arguments;
use super::machine::{Machine, Shell};
use super::models::Row;
use super::value::Value;

impl Machine<'_> {
    /// sed makes these files before it reads anything, so that each is sure to be written.
    pub(super) fn sed(
        &mut self,
        shell: &mut Shell,
        row: &Row,
        arguments: &Arguments,
        words: &[Value],
        invocation: usize,
    ) {
        let is_program = |it: &&(String, Value)| ["-e", "--expression"].contains(&it.0.as_str());
        let mut programs: Vec<&Value> = arguments.options.iter().filter(is_program).map(|it| &it.1).collect();
        if programs.is_empty() && arguments.value("-f").is_none() && arguments.value("--file").is_none() {
            programs.extend(arguments.operands.first());
        }
        for program in programs {
            for range in written(&program.text) {
                self.effect(shell, &program.slice(range), EffectKind::Write, invocation);
            }
        }
        self.printed(shell, "sed", row, words);
    }
}

/// Where the names of files stand that a program writes; a name takes the rest of its line.
fn written(program: &str) -> Vec<Range<usize>> {
    let (mut res, mut start) = (Vec::new(), 0);
    for line in program.split_inclusive('\n') {
        let code = line.trim_end_matches('\n');
        if let Some(name) = file_of(code).filter(|it| !it.is_empty() && !it.starts_with("/dev/")) {
            let at = start + code.len() - name.len();
            res.push(at..at + name.len());
        }
        start += line.len();
    }
    res
}

/// The file that a line with one command names.
fn file_of(line: &str) -> Option<&str> {
    let command = after_addresses(line.trim_start());
    let arguments = match command.chars().next()? {
        'w' => &command[1..],
        's' => after_substitution(&command[1..])?
            .trim_start_matches(|it: char| "gpiIe".contains(it) || it.is_ascii_digit())
            .strip_prefix('w')?,
        _ => return None,
    };
    arguments.strip_prefix([' ', '\t']).map(str::trim_start)
}

/// What follows `1`, `$`, `/a/`, two of these, and `!`.
fn after_addresses(text: &str) -> &str {
    let mut rest = text;
    loop {
        let after = match rest.chars().next() {
            Some('/') => past(&rest[1..], '/').unwrap_or(""),
            Some(it) if it.is_ascii_digit() || "$,! ~+".contains(it) => &rest[1..],
            _ => return rest,
        };
        rest = after;
    }
}

/// What follows `/a/b/`, with any byte for the slash.
fn after_substitution(text: &str) -> Option<&str> {
    let delimiter = text.chars().next().filter(|it| it.is_ascii_punctuation())?;
    past(past(&text[1..], delimiter)?, delimiter)
}

/// What follows the next delimiter that no backslash quotes.
fn past(text: &str, delimiter: char) -> Option<&str> {
    let mut quoted = false;
    for (at, it) in text.char_indices() {
        match it {
            _ if quoted => quoted = false,
            '\\' => quoted = true,
            _ if it == delimiter => return Some(&text[at + it.len_utf8()..]),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        let names = |it: &str| written(it).into_iter().map(|range| it[range].to_owned()).collect::<Vec<_>>();
        assert_eq!(names("w x.h-t"), ["x.h-t"]);
        assert_eq!(names("1,/end w/!w a b\n$w  c"), ["a b", "c"]);
        assert_eq!(names("s|a w b|c\\|d|gw out"), ["out"]);
        for silent in ["s/w x/y/", "s/a/w b", "/w x/d", "1h", "s/a/b/w /dev/stdout", "while", "y/w /x/"] {
            assert!(names(silent).is_empty(), "{silent}");
        }
    }
}
