//! Guarded assignments of configure.ac that reach a makefile: each is known with the arms around it.
//!
//! What is guarded is found by a scan of its own, of lines and words, which knows nothing of the reader's structure: an
//! assignment to a substituted variable at the start of a command, between `if` and `fi`, `case` and `esac` or the
//! brackets of a macro that chooses.

use std::collections::BTreeSet;
use std::ops::Range;

use unrace::configure::{self, ShellAssignment};

use crate::trees::{files, is_configure, is_make, name, packages, project, write_report};

#[test]
#[ignore = "takes packages that tests/corpus/fetch.sh gets"]
fn guarded_assignments_have_their_condition() {
    let (mut modelled, mut n_files, mut report) = (0, 0, Vec::new());
    for package in packages() {
        let project = project(&package);
        for path in files(&package, is_configure) {
            let Some(file) = project.open(&path) else { continue };
            n_files += 1;
            let source = project.source(file);
            let configure = configure::read(&project, &path);
            let folder = package.join(&path).parent().unwrap().to_owned();
            let templates = files(&folder, is_make).into_iter().filter_map(|it| std::fs::read(folder.join(it)).ok());
            let templates: String = templates.map(|it| String::from_utf8_lossy(&it).into_owned()).collect();
            let reaches = |it: &str| {
                [format!("@{it}@"), format!("$({it})"), format!("${{{it}}}")].iter().any(|it| templates.contains(it))
            };
            let names: Vec<&str> = substituted(source.text()).into_iter().filter(|it| reaches(it)).collect();
            for (offset, name_of) in guarded_assignments(source.text(), &names) {
                let found = configure.assignments(name_of);
                let stands =
                    |it: &&ShellAssignment| it.span.file == file && (it.span.start()..it.span.end()).contains(&offset);
                match found.iter().find(stands) {
                    Some(it) if !it.guards.is_empty() => modelled += 1,
                    it => {
                        let line = source.position(offset).line;
                        let why = if it.is_some() { "no condition" } else { "not seen" };
                        report.push(format!("{}/{path}:{line}: {name_of}: {why}", name(&package)));
                    }
                }
            }
        }
    }
    let all = modelled + report.len();
    let share = modelled as f64 * 100.0 / all.max(1) as f64;
    println!("{modelled} of {all} guarded assignments in {n_files} files have their condition ({share:.1} %)");
    write_report("arms", &report);
    assert!(all > 0 && share >= 98.0);
}

/// The names in `AC_SUBST` calls.
fn substituted(text: &str) -> Vec<&str> {
    let calls = text.split("AC_SUBST(").skip(1);
    let names = calls.map(|it| it.trim_start_matches(['[', ' ', '\n', '\t'])).map(|it| &it[..word_length(it)]);
    let mut res: Vec<&str> = names.filter(|it| !it.is_empty()).collect();
    res.sort_unstable();
    res.dedup();
    res
}

fn word_length(text: &str) -> usize {
    text.find(|it: char| !it.is_ascii_alphanumeric() && it != '_').unwrap_or(text.len())
}

/// Offsets of guarded assignments to these names.
fn guarded_assignments<'n>(text: &str, names: &[&'n str]) -> Vec<(usize, &'n str)> {
    let choosing = choosing_calls(text);
    // Where each `if` and `case` around stands, and which of them end: texts and other languages have an `if`, too.
    let (mut found, mut around, mut ended, mut start) = (Vec::new(), Vec::new(), BTreeSet::new(), 0);
    let mut heredoc: Option<String> = None;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        if let Some(end) = &heredoc {
            if line.trim() == end {
                heredoc = None;
            }
            continue;
        }
        heredoc = heredoc_end(line);
        let code = without_comment(line);
        for command in commands(code) {
            let word = &code[command..command + word_length(&code[command..])];
            match word {
                "if" if opens(&text[at + command..]) => around.push(at + command),
                "case" if code[command..].contains(" in") => around.push(at + command),
                "fi" | "esac" => ended.extend(around.pop()),
                _ => {}
            }
            let offset = at + command;
            let is_assignment = code[command + word.len()..].starts_with('=');
            if let Some(name) = names.iter().find(|it| **it == word).filter(|_| is_assignment) {
                found.push((offset, *name, around.clone()));
            }
        }
    }
    let chosen = |offset: usize| choosing.iter().any(|it| it.contains(&offset));
    let guarded = found.into_iter().filter(|it| chosen(it.0) || it.2.iter().any(|it| ended.contains(it)));
    guarded.map(|it| (it.0, it.1)).collect()
}

/// Whether the shell's `if` stands here, not that of C.
fn opens(text: &str) -> bool {
    let is_c = text["if".len()..].trim_start_matches([' ', '\t']).starts_with('(');
    !is_c && text.chars().take(600).collect::<String>().contains("then")
}

/// A line without `dnl` and `#` comments.
fn without_comment(line: &str) -> &str {
    let dnl = line.find("dnl ").filter(|at| *at == 0 || line[..*at].ends_with([' ', '\t', ')', ']']));
    let dnl = dnl.or_else(|| line.trim_start().starts_with("dnl").then_some(0));
    let hash = line.match_indices('#').map(|it| it.0).find(|at| *at == 0 || line[..*at].ends_with([' ', '\t']));
    &line[..dnl.into_iter().chain(hash).min().unwrap_or(line.len())]
}

/// The word that ends a document that starts on this line.
fn heredoc_end(line: &str) -> Option<String> {
    let rest = line.split_once("<<")?.1.trim_start_matches(['-', '\\', '\'', '"', '[', ' ']);
    let word = &rest[..word_length(rest)];
    (!word.is_empty() && !line.contains("<<<")).then(|| word.to_owned())
}

/// Offsets where a command may start: not inside quotes that open on the line.
fn commands(code: &str) -> Vec<usize> {
    let mut res = Vec::new();
    let (mut quote, mut starts) = (None, true);
    let mut at = 0;
    let bytes = code.as_bytes();
    while at < bytes.len() {
        let byte = bytes[at];
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"' | b'`') => (quote, starts) = (Some(byte), false),
            (None, b' ' | b'\t') => {}
            (None, b';' | b'&' | b'|' | b'[' | b'{') => starts = true,
            (None, b',' | b')') => starts = at == 0 || code[at + 1..].starts_with([' ', '[']),
            (None, _) if byte.is_ascii_alphabetic() || byte == b'_' => {
                let length = word_length(&code[at..]);
                if starts {
                    res.push(at);
                }
                starts = starts && ["then", "else", "do", "fi", "esac"].contains(&&code[at..at + length]);
                at += length;
                continue;
            }
            _ => starts = false,
        }
        at += 1;
    }
    res
}

/// Where the calls of macros that choose between their arguments stand.
fn choosing_calls(text: &str) -> Vec<Range<usize>> {
    let macros = ["AS_IF(", "AS_CASE(", "AC_ARG_ENABLE(", "AC_ARG_WITH("];
    let mut res = Vec::new();
    for it in macros {
        for (start, _) in text.match_indices(it) {
            let line = text[..start].rfind('\n').map_or(0, |it| it + 1);
            let commented = without_comment(&text[line..start + it.len()]).len() < start + it.len() - line;
            if !commented {
                res.push(start..call_end(text, start + it.len()));
            }
        }
    }
    res
}

/// The offset of the parenthesis that closes a call: the first that stands in no brackets.
fn call_end(text: &str, from: usize) -> usize {
    let (mut depth, mut parentheses) = (0i32, 0i32);
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            b'[' => depth += 1,
            b']' => depth -= 1,
            b'(' if depth == 0 => parentheses += 1,
            b')' if depth == 0 && parentheses == 0 => return at,
            b')' if depth == 0 => parentheses -= 1,
            _ => {}
        }
    }
    text.len()
}
