//! What a configure script that no autoconf made, or a rule's recipe, writes into a makefile:
//! `echo "SUFFIX=$suffix" >> config.mk`.
//!
//! Takes assignments that the script always makes, where their values are known, or one of the values that its arms give;
//! runs nothing.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::source::{FileId, Project, folder_of, name_of, normalise, upwards};

/// The assignments that the nearest `configure` above writes into a makefile that the tree lacks, as make text.
pub(crate) fn written(project: &Project, path: &str) -> Option<String> {
    let script = upwards(folder_of(path)).find_map(|it| project.open(&normalise("", it, "configure")))?;
    let source = project.source(script);
    let text = source.text();
    let is_made = text.lines().take(5).any(|it| it.contains("Autoconf")) || !text.starts_with("#!");
    let name = name_of(path);
    let folder = folder_of(&source.path);
    let read = |it: &str| Some(project.source(project.open(&normalise("", folder, it))?).text().to_owned());
    (!is_made && text.contains(name)).then(|| Script::new(text, name).assignments(&read)).filter(|it| !it.is_empty())
}

/// The rules of makefiles whose recipes write into files: target and recipe, each makefile read once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Writing {
    rules: FxHashMap<FileId, Vec<(String, String)>>,
}

impl Writing {
    /// The assignments that the recipe of a rule for an included makefile always prints into it, as make text.
    pub(crate) fn assignments(&mut self, project: &Project, file: FileId, name: &str) -> Option<String> {
        let rules = self.rules.entry(file).or_insert_with(|| writing(project.source(file).text()));
        let (_, recipe) = rules.iter().find(|it| it.0 == name)?;
        let shell = |line: &str| {
            let line = line.trim_start_matches(['\t', '@', '-', '+', ' ']);
            line.replace("$@", name).replace("$(@)", name).replace("$$", "$") + "\n"
        };
        let recipe: String = recipe.lines().map(shell).collect();
        let base = name_of(name);
        Some(Script::new(&recipe, base).assignments(&|_| None)).filter(|it| !it.is_empty())
    }
}

fn writing(text: &str) -> Vec<(String, String)> {
    let mut res: Vec<(String, String)> = Vec::new();
    let mut is_in_rule = false;
    for line in text.lines() {
        if line.starts_with('\t') {
            if let Some((_, recipe)) = res.last_mut().filter(|_| is_in_rule) {
                recipe.push_str(line);
                recipe.push('\n');
            }
            continue;
        }
        let rule = line.split_once(':').filter(|it| !it.1.starts_with('='));
        is_in_rule = rule.is_some();
        res.extend(rule.map(|it| (it.0.trim().to_owned(), String::new())));
    }
    res.retain(|it| it.1.contains('>'));
    res
}

/// Words that begin a line of a statement which began before.
const ENDS: [&str; 6] = ["then", "elif", "else", "fi", "esac", "done"];

struct Script<'t> {
    lines: Vec<&'t str>,
    /// The first value that each variable is given on a line of its own, outside of any arm, and what it is given more; of
    /// one to which only arms give values the last (`else`, `*)`).
    defaults: BTreeMap<&'t str, String>,
    /// The makefile's name without folders.
    name: &'t str,
}

impl<'t> Script<'t> {
    fn new(text: &'t str, name: &'t str) -> Script<'t> {
        let lines: Vec<&str> = text.lines().collect();
        let own = statements(&lines);
        let mut defaults: BTreeMap<&str, String> = BTreeMap::new();
        for (name, value) in own.iter().filter_map(|it| it.split_once('=')).filter(|it| is_name(it.0)) {
            match defaults.get_mut(name) {
                Some(known) => known.push_str(added(name, value.trim()).unwrap_or_default()),
                None => drop(defaults.insert(name, plain(value.trim()).to_owned())),
            }
        }
        let mut of_arms: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let indented = own.iter().filter_map(|it| it.strip_prefix([' ', '\t'])?.trim_start().split_once('='));
        for (name, value) in indented.filter(|it| is_name(it.0) && !defaults.contains_key(it.0)) {
            of_arms.entry(name).or_default().push(plain(value.trim()));
        }
        of_arms.retain(|_, values| values.len() > 1);
        defaults.extend(of_arms.into_iter().filter_map(|(name, values)| Some((name, values.last()?.to_string()))));
        Script { lines, defaults, name }
    }

    /// What is written, with the text of files that are copied, which `read` gives.
    fn assignments(&self, read: &dyn Fn(&str) -> Option<String>) -> String {
        let mut res = String::new();
        let mut arms = Vec::new();
        let mut lines = self.lines.iter();
        while let Some(line) = lines.next() {
            if line.starts_with(|it: char| it.is_ascii_alphabetic()) && !ENDS.iter().any(|it| line.starts_with(it)) {
                arms.clear();
            }
            self.enter(line.trim(), &mut arms);
            let line =
                if !arms.is_empty() && arms.iter().all(|it| *it == Some(true)) { line.trim_start() } else { line };
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["cp", from, to] if self.is_makefile(to) => res.extend(read(from)),
                ["cat", ref from @ .., ">" | ">>", to] if self.is_makefile(to) && !line.contains("<<") => {
                    res.extend(from.iter().filter_map(|it| read(it)));
                    continue;
                }
                _ => {}
            }
            let Some((command, target)) = line.split_once('>').filter(|it| self.is_makefile(it.1)) else { continue };
            if let Some((word, end)) = delimiter(line).filter(|_| line.starts_with("cat")) {
                let body = lines.by_ref().take_while(|it| it.trim() != end);
                let expanded = |it: &&str| if end == word { self.value(it) } else { Some((*it).to_owned()) };
                body.filter_map(expanded).for_each(|it| push(&mut res, &it));
            } else if let Some(said) = command.strip_prefix("echo ").filter(|_| !target.contains(['|', ';'])) {
                self.word(said.trim()).into_iter().for_each(|it| push(&mut res, &it));
            }
        }
        res
    }

    /// Keeps which of the statements around the next line are taken.
    fn enter(&self, line: &str, arms: &mut Vec<Option<bool>>) {
        let first = line.split([' ', ';', '\t']).next().unwrap_or_default();
        let ends = |word: &str| line.split([' ', ';', '\t']).any(|it| it == word);
        match first {
            "if" if !ends("fi") => arms.push(self.holds(line)),
            // What an arm before them holds for is not theirs.
            "elif" => arms.last_mut().into_iter().for_each(|it| *it = None),
            "else" => arms.last_mut().into_iter().for_each(|it| *it = it.map(|it| !it)),
            "case" if !ends("esac") => arms.push(None),
            "for" | "while" | "until" if !ends("done") => arms.push(None),
            "fi" | "esac" | "done" => drop(arms.pop()),
            _ => {}
        }
    }

    /// What a test of one variable (`if test "$x" = "no"; then`) says of its first value.
    fn holds(&self, line: &str) -> Option<bool> {
        let words = line.split_whitespace().filter(|it| *it != ";");
        let mut words = words.map(|it| it.trim_matches(['"', ';']));
        let (Some("if"), Some("test" | "[")) = (words.next(), words.next()) else { return None };
        let (name, operator, value) = (words.next()?.strip_prefix('$')?, words.next()?, words.next()?);
        let is_plain = words.all(|it| matches!(it, "]" | "then"));
        let known = self.defaults.get(name.trim_start_matches('{').trim_end_matches('}')).filter(|_| is_plain)?;
        match operator {
            "=" | "==" => Some(known == value),
            "!=" => Some(known != value),
            _ => None,
        }
    }

    /// Whether what follows `>` names the makefile, perhaps through a variable.
    fn is_makefile(&self, target: &str) -> bool {
        let target = target.trim_start_matches('>').trim_start().split([' ', '<']).next().unwrap_or_default();
        let target = target.trim_matches('"');
        let variable = target.strip_prefix('$').map(|it| it.trim_start_matches('{').trim_end_matches('}'));
        let spelt = variable.and_then(|it| self.defaults.get(it)).map_or(target, String::as_str);
        spelt.rsplit('/').next() == Some(self.name)
    }

    /// A word with its quotes.
    fn word(&self, word: &str) -> Option<String> {
        match word.strip_prefix('\'').and_then(|it| it.strip_suffix('\'')) {
            Some(inside) => (!inside.contains('\'')).then(|| inside.to_owned()),
            None => {
                let inside = word.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(word);
                (!inside.contains(['"', '\'']) || inside.contains("\\\"")).then(|| self.value(inside))?
            }
        }
    }

    /// Text between double quotes, where all its variables have known values.
    fn value(&self, text: &str) -> Option<String> {
        let mut res = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['$', '\\', '`']) {
            res.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix('\\') {
                let next = after.chars().next().filter(|it| "$\"\\`".contains(*it));
                res.push(next.unwrap_or('\\'));
                rest = &after[usize::from(next.is_some())..];
                continue;
            }
            let after = rest.strip_prefix('$')?;
            let (name, end) = match after.strip_prefix('{') {
                Some(inside) => inside.split_once('}')?,
                None => after.split_at(after.bytes().take_while(|it| is_letter(*it)).count()),
            };
            let value = self.defaults.get(name)?;
            if value.contains(['$', '`', '"', '\'', ';']) {
                return None;
            }
            res.push_str(value);
            rest = end;
        }
        res.push_str(rest);
        Some(res)
    }
}

/// What ends the here-document that a line begins, as it is spelt there and without quotes.
fn delimiter(line: &str) -> Option<(&str, &str)> {
    let (_, after) = line.split_once("<<")?;
    let word = after.trim_start_matches('-').trim_start().split(['>', ' ', ';', '|', '&']).next()?;
    Some((word, word.trim_matches(['"', '\'', '\\'])))
}

/// The lines of a script that are no text of a here-document.
fn statements<'t>(lines: &[&'t str]) -> Vec<&'t str> {
    let last: BTreeMap<&str, usize> = lines.iter().enumerate().map(|(at, it)| (it.trim(), at)).collect();
    let mut res = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        res.push(*line);
        at += 1;
        let end = delimiter(line).map(|it| it.1).filter(|it| is_name(it));
        // A text that does not end is none.
        if let Some(end) = end.filter(|it| last.get(it).is_some_and(|last| *last >= at)) {
            at += lines[at..].iter().take_while(|it| it.trim() != end).count();
        }
    }
    res
}

/// A value without its quotes; one without them that has blanks is a command's.
fn plain(value: &str) -> &str {
    let quoted = |quote: char| value.strip_prefix(quote).and_then(|it| it.strip_suffix(quote));
    quoted('"').or_else(|| quoted('\'')).unwrap_or(if value.contains(' ') { "$" } else { value })
}

/// What a name is given beside what it has: `X="$X more"`.
fn added<'v>(name: &str, value: &'v str) -> Option<&'v str> {
    let rest = plain(value).strip_prefix('$')?;
    let rest = rest.strip_prefix(name).or_else(|| rest.strip_prefix('{')?.strip_prefix(name)?.strip_prefix('}'))?;
    rest.starts_with(' ').then_some(rest)
}

/// Takes a line that is an assignment.
fn push(res: &mut String, line: &str) {
    if line.split_once('=').is_some_and(|it| is_name(it.0.trim_end_matches([' ', '+', ':', '?']))) {
        res.push_str(line);
        res.push('\n');
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_letter)
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_that_a_rule_always_prints() {
        let text =
            "all: prog$(EXT)\nconf.mk: conf.in\n\t@echo EXT=.exe > $@\n\techo X=$(Y) >> $@\n\techo 'Z=a b' >>conf.mk\n";
        let project = Project::in_memory([("Makefile", text)]);
        let file = project.open("Makefile").unwrap();
        let mut writing = Writing::default();
        assert_eq!(writing.assignments(&project, file, "conf.mk").unwrap(), "EXT=.exe\nZ=a b\n");
        assert_eq!(writing.assignments(&project, file, "other.mk"), None);
    }

    #[test]
    fn assignments_that_a_script_always_writes() {
        let script = "#!/bin/sh\nmk=config.mk\nsuf=so\ndirs=\"a b\"\ndirs=\"${dirs} c\"\nfor it do cc=$it; done\n\
                      echo \"SUF=$suf\" > $mk\necho CC=$cc >> $mk\n  echo OPT=1 >> $mk\necho 'A=$(B)' >>config.mk\n\
                      cat >> $mk <<EOF\nall: x\nLIB=lib\\$(X).${suf}\nDIRS=${dirs}\nEOF\necho OTHER=1 >> other.mk\n";
        let project = Project::in_memory([("configure", script), ("lib/Makefile", "")]);
        assert_eq!(written(&project, "lib/config.mk").unwrap(), "SUF=so\nA=$(B)\nLIB=lib$(X).so\nDIRS=a b c\n");
        assert_eq!(written(&project, "absent.mk"), None);
        let copies = "#!/bin/sh\ncat a.head b.tail > config.mk\necho X=1 >> config.mk\n";
        let project = Project::in_memory([("configure", copies), ("a.head", "LINK = ld\n"), ("b.tail", "%.o: %.c\n")]);
        assert_eq!(written(&project, "config.mk").unwrap(), "LINK = ld\n%.o: %.c\nX=1\n");
        let arms = "#!/bin/sh\nif x; then\n  p=\"a.exe\"\nelse\n  p=\"a\"\nfi\nif y; then\n  q=b\nfi\n\
                    cat > config.mk << EOF\n\nP=$p\nQ=$q\nEOF\n";
        let project = Project::in_memory([("configure", arms)]);
        assert_eq!(written(&project, "config.mk").unwrap(), "P=a\n");
        let made =
            Project::in_memory([("configure", "#!/bin/sh\n# Generated by GNU Autoconf 2.69\necho A=1 >config.mk\n")]);
        assert_eq!(written(&made, "config.mk"), None);
    }
}
