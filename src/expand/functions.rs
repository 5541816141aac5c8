//! The functions of GNU make: one row each, those on plain text here.
//!
//! What an argument that is partly unknown makes unknowable comes out as unknown, spelt as the call.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use super::pattern::{Pattern, Replacement};
use super::spelling::{Map, Out};
use super::variables::Expander;
use crate::configure::{Subject, What};
use crate::source::Span;
use crate::syntax::make::scan;
use crate::text::{display, has_unknown, is_unknown_char, unknown};

/// A function of make.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// Arguments that it needs, and how many it takes apart (0: any number).
    pub(crate) arguments: (usize, usize),
    pub(crate) work: Work,
}

/// What a function does.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    /// Computes text from expanded arguments.
    Text(fn(&[String]) -> Option<String>),
    /// Needs the evaluation's state, and expanded arguments.
    State(fn(&mut Expander, &[String], Option<Span>) -> String),
    /// Expands its arguments itself.
    Special(Special),
}

/// Functions that expand their arguments themselves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Special {
    If,
    Or,
    And,
    Foreach,
    Call,
    Let,
}

/// A call in a text.
pub(crate) struct Site<'t> {
    pub(crate) text: &'t str,
    pub(crate) map: &'t Map,
    /// From the `$` to the closing bracket.
    pub(crate) range: Range<usize>,
    pub(crate) arguments: Range<usize>,
    pub(crate) brackets: (u8, u8),
}

const fn text(name: &'static str, min: usize, max: usize, work: fn(&[String]) -> Option<String>) -> Function {
    Function { name, arguments: (min, max), work: Work::Text(work) }
}

const fn state(
    name: &'static str,
    min: usize,
    max: usize,
    work: fn(&mut Expander, &[String], Option<Span>) -> String,
) -> Function {
    Function { name, arguments: (min, max), work: Work::State(work) }
}

const fn special(name: &'static str, min: usize, max: usize, work: Special) -> Function {
    Function { name, arguments: (min, max), work: Work::Special(work) }
}

/// Sorted by name.
static FUNCTIONS: &[Function] = &[
    state("abspath", 0, 1, |it, args, _| it.absolute(&args[0], false)),
    text("addprefix", 2, 2, |args| each("addprefix", args, |word| format!("{}{word}", args[0]))),
    text("addsuffix", 2, 2, |args| each("addsuffix", args, |word| format!("{word}{}", args[0]))),
    special("and", 1, 0, Special::And),
    text("basename", 0, 1, |args| each("basename", args, |word| word[..suffix_start(word)].to_owned())),
    special("call", 1, 0, Special::Call),
    text("dir", 0, 1, |args| each("dir", args, |word| word.rfind('/').map_or("./", |it| &word[..=it]).to_owned())),
    state("error", 0, 1, |it, args, _| it.said("error", &args[0])),
    state("eval", 0, 1, |it, args, place| it.evaluate_text(&args[0], place)),
    state("file", 1, 2, |it, args, _| it.file_function(args)),
    text("filter", 2, 2, |args| filter("filter", args, true)),
    text("filter-out", 2, 2, |args| filter("filter-out", args, false)),
    text("findstring", 2, 2, findstring),
    text("firstword", 0, 1, |args| wordlist(&args[0], 1, 1)),
    state("flavor", 0, 1, |it, args, _| it.flavor_of(&args[0])),
    special("foreach", 3, 3, Special::Foreach),
    state("guile", 0, 1, |it, args, _| it.said("guile", &args[0])),
    special("if", 2, 3, Special::If),
    state("info", 0, 1, |_, _, _| String::new()),
    text("join", 2, 2, join),
    text("lastword", 0, 1, lastword),
    special("let", 3, 3, Special::Let),
    text("notdir", 0, 1, |args| each("notdir", args, |word| word.rsplit('/').next().unwrap_or("").to_owned())),
    special("or", 1, 0, Special::Or),
    state("origin", 0, 1, |it, args, _| it.origin_of(&args[0]).to_owned()),
    text("patsubst", 3, 3, |args| Some(Replacement::new(&args[0], &args[1]).apply(&args[2]))),
    state("realpath", 0, 1, |it, args, _| it.absolute(&args[0], true)),
    state("shell", 0, 1, |it, args, _| it.shell_text(&args[0])),
    text("sort", 0, 1, |args| Some(sorted(&args[0]))),
    text("strip", 0, 1, |args| Some(words(&args[0]).collect::<Vec<_>>().join(" "))),
    text("subst", 3, 3, subst),
    text("suffix", 0, 1, |args| each("suffix", args, |word| word[suffix_start(word)..].to_owned())),
    state("value", 0, 1, |it, args, _| it.lookup(&args[0]).map_or(String::new(), |it| it.value.clone())),
    state("warning", 0, 1, |_, _, _| String::new()),
    state("wildcard", 0, 1, |it, args, _| it.wildcard(&args[0])),
    text("word", 2, 2, |args| args[0].trim().parse().ok().and_then(|it| wordlist(&args[1], it, it))),
    text("wordlist", 3, 3, |args| {
        let bound = |it: &String| it.trim().parse::<usize>().ok();
        wordlist(&args[2], bound(&args[0])?, bound(&args[1])?)
    }),
    text("words", 0, 1, |args| (!has_unknown(&args[0])).then(|| words(&args[0]).count().to_string())),
];

/// The function whose name stands at `at`, followed by white space, and where its arguments start.
pub(crate) fn named_at(text: &str, at: usize) -> Option<(&'static Function, usize)> {
    let bytes = text.as_bytes();
    let length = bytes[at..].iter().take(12).take_while(|it| it.is_ascii_lowercase() || **it == b'-').count();
    if length < 2 || !bytes.get(at + length).is_some_and(|it| scan::is_space(*it)) {
        return None;
    }
    let name = &text[at..at + length];
    let row = FUNCTIONS.binary_search_by(|it| it.name.cmp(name)).ok()?;
    Some((&FUNCTIONS[row], scan::skip_space(text, at + length)))
}

impl Site<'_> {
    /// The arguments: split at commas that are in no bracket of the call's kind, the last one taking the rest.
    pub(crate) fn split(&self, max: usize) -> Vec<Range<usize>> {
        let bytes = self.text.as_bytes();
        let mut res = Vec::new();
        let mut start = self.arguments.start;
        let mut depth = 0usize;
        for at in self.arguments.clone() {
            let byte = bytes[at];
            if byte == self.brackets.0 {
                depth += 1;
            } else if byte == self.brackets.1 {
                depth = depth.saturating_sub(1);
            } else if byte == b',' && depth == 0 && res.len() + 1 != max {
                res.push(start..at);
                start = at + 1;
            }
        }
        res.push(start..self.arguments.end);
        res
    }

    /// The place of the call.
    pub(crate) fn place(&self) -> Option<Span> {
        self.map.place(self.range.clone())
    }

    /// The call as it is spelt.
    pub(crate) fn spelling(&self) -> &str {
        &self.text[self.range.clone()]
    }
}

impl Expander<'_> {
    /// Expands a call.
    #[inline(never)]
    pub(crate) fn call_function<O: Out>(&mut self, function: &Function, site: &Site, out: &mut O) {
        self.memory.others += 1;
        let (min, max) = function.arguments;
        let ranges = site.split(max);
        if ranges.len() < min {
            let (count, name) = (ranges.len(), function.name);
            self.error(format!("insufficient number of arguments ({count}) to function '{name}'"));
            return;
        }
        if let Work::Special(work) = function.work {
            self.call_special(work, site, &ranges, out);
            return;
        }
        let arguments = self.arguments(site, &ranges);
        self.offer_from_function(function.name, site, &ranges, &arguments);
        let res = match function.work {
            Work::Text(work) => work(&arguments).unwrap_or_else(|| self.text_failed(function.name, &arguments)),
            Work::State(work) => work(self, &arguments, site.place().or(self.here)),
            Work::Special(_) => String::new(),
        };
        out.computed(&res, if O::TRACED { site.place() } else { None });
    }

    #[inline(never)]
    fn arguments(&mut self, site: &Site, ranges: &[Range<usize>]) -> Vec<String> {
        ranges.iter().map(|it| self.expand(&site.text[it.clone()], &site.map.slice(it.clone()))).collect()
    }

    fn text_failed(&mut self, name: &str, arguments: &[String]) -> String {
        if arguments.iter().any(|it| has_unknown(it)) {
            return spelt(name, arguments);
        }
        self.error(match (arguments[0].trim().parse::<usize>(), name) {
            (Err(_), _) => format!("non-numeric first argument to '{name}' function: '{}'", arguments[0]),
            (Ok(0), "word") => "first argument to 'word' function must be greater than 0".to_owned(),
            (Ok(0), _) => format!("invalid first argument to '{name}' function: '0'"),
            _ => format!("non-numeric second argument to '{name}' function: '{}'", arguments[1]),
        });
        String::new()
    }

    fn said(&mut self, function: &str, message: &str) -> String {
        // Where what it tells is not known, or the outcome of a test before it, so is whether make comes here.
        let assumes = self.undecided > 0 || self.offered.iter().any(|it| matches!(it.0, Subject::Test(_)));
        if function == "error" && !has_unknown(message) && !assumes {
            self.error(format!("*** {}", display(message)));
        } else {
            self.note(What::Construct, &format!("$({function} {})", display(message)));
        }
        String::new()
    }

    fn file_function(&mut self, arguments: &[String]) -> String {
        let call = spelt("file", arguments);
        self.note(What::Construct, &display(&call));
        if arguments[0].trim_start().starts_with('<') { call } else { String::new() }
    }

    fn origin_of(&self, name: &str) -> &'static str {
        use super::VariableOrigin::*;
        match self.lookup(name).map(|it| it.origin) {
            None => "undefined",
            Some(Default) => "default",
            Some(Environment) => "environment",
            Some(File) => "file",
            Some(EnvironmentOverride) => "environment override",
            Some(CommandLine) => "command line",
            Some(Override) => "override",
            Some(Automatic) => "automatic",
        }
    }

    fn flavor_of(&self, name: &str) -> String {
        match self.lookup(name).map(|it| it.flavor) {
            None => "undefined",
            Some(super::Flavor::Simple) => "simple",
            Some(super::Flavor::Recursive) => "recursive",
        }
        .to_owned()
    }

    /// Text of `eval`: read at once where a reader runs, else only its assignments count.
    fn evaluate_text(&mut self, text: &str, place: Option<Span>) -> String {
        self.read_text(text, place);
        String::new()
    }
}

/// A call as an unknown.
pub(crate) fn spelt(name: &str, arguments: &[String]) -> String {
    unknown(&format!("$({name} {})", arguments.join(",")))
}

/// The words of a text.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    scan::words(text).map(|it| &text[it])
}

/// The last argument's words, each changed; those that are not known become unknown.
fn each(name: &str, arguments: &[String], work: impl Fn(&str) -> String) -> Option<String> {
    let (last, before) = arguments.split_last()?;
    // What is set beside a word changes nothing of it.
    let is_set_beside = ["addprefix", "addsuffix"].contains(&name);
    let opaque = !is_set_beside && before.iter().any(|it| has_unknown(it));
    let mut res = String::with_capacity(last.len());
    // What is set before or after known text (`libx.so.@V@`) is set before or after the word, whatever the rest is.
    let glued = |word: &str| match name {
        "addprefix" => word.chars().next().is_some_and(|it| !is_unknown_char(it)),
        "addsuffix" => word.chars().next_back().is_some_and(|it| !is_unknown_char(it)),
        // The end tells where the name starts, and where its suffix does.
        "dir" | "notdir" => word.rfind('/').is_some_and(|at| {
            // A suffix that is not known holds no folder (`lib/libx.$(if $(MAC),dylib,so)`).
            let (stem, suffix) = word[at + 1..].split_once('.').unwrap_or((&word[at + 1..], ""));
            !stem.is_empty() && !has_unknown(stem) && !display(suffix).contains('/') || !has_unknown(&word[at..])
        }),
        "basename" | "suffix" => word.get(suffix_start(word)..).is_some_and(|it| !it.is_empty() && !has_unknown(it)),
        _ => false,
    };
    for (at, word) in words(last).enumerate() {
        let changed = if opaque || has_unknown(word) && !glued(word) {
            let mut arguments = before.to_vec();
            arguments.push(word.to_owned());
            spelt(name, &arguments)
        } else {
            work(word)
        };
        // As in make, a word that becomes nothing keeps its blank, but for those without a suffix.
        if at > 0 && (name != "suffix" || !res.is_empty() && !changed.is_empty()) {
            res.push(' ');
        }
        res.push_str(&changed);
    }
    Some(res)
}

fn suffix_start(word: &str) -> usize {
    let name = word.rfind('/').map_or(0, |it| it + 1);
    word[name..].rfind('.').map_or(word.len(), |it| name + it)
}

fn filter(name: &str, arguments: &[String], keep: bool) -> Option<String> {
    let known = words(&arguments[0]).filter(|it| !has_unknown(it));
    let (wild, plain): (Vec<&str>, Vec<&str>) = known.partition(|it| it.contains(['%', '\\']));
    let plain: HashSet<&str> = plain.into_iter().collect();
    let patterns: Vec<Pattern> = wild.into_iter().map(Pattern::new).collect();
    let opaque = has_unknown(&arguments[0]);
    let mut res: Vec<String> = Vec::new();
    for word in words(&arguments[1]) {
        let matched = plain.contains(word) || patterns.iter().any(|it| it.stem(word).is_some());
        if !matched && (opaque || has_unknown(word)) {
            res.push(spelt(name, &[arguments[0].clone(), word.to_owned()]));
        } else if matched == keep {
            res.push(word.to_owned());
        }
    }
    Some(res.join(" "))
}

fn findstring(arguments: &[String]) -> Option<String> {
    let (needle, text) = (&arguments[0], &arguments[1]);
    match text.contains(needle.as_str()) {
        true => Some(needle.clone()),
        false if has_unknown(needle) || has_unknown(text) => None,
        false => Some(String::new()),
    }
}

fn wordlist(text: &str, first: usize, last: usize) -> Option<String> {
    if first == 0 {
        return None;
    }
    let mut chosen: Option<Range<usize>> = None;
    for (at, word) in scan::words(text).enumerate().take(last) {
        if has_unknown(&text[word.clone()]) {
            return None;
        }
        if at + 1 >= first {
            chosen = Some(chosen.map_or(word.start, |it| it.start)..word.end);
        }
    }
    // As make does, the blanks between the words stay.
    Some(chosen.map_or(String::new(), |it| text[it].to_owned()))
}

fn lastword(arguments: &[String]) -> Option<String> {
    let last = words(&arguments[0]).last().unwrap_or("");
    (!has_unknown(last)).then(|| last.to_owned())
}

fn join(arguments: &[String]) -> Option<String> {
    if arguments.iter().any(|it| has_unknown(it)) {
        return None;
    }
    let (mut first, mut second) = (words(&arguments[0]), words(&arguments[1]));
    let mut res: Vec<String> = Vec::new();
    loop {
        let pair = (first.next(), second.next());
        if pair == (None, None) {
            return Some(res.join(" "));
        }
        res.push(format!("{}{}", pair.0.unwrap_or(""), pair.1.unwrap_or("")));
    }
}

fn subst(arguments: &[String]) -> Option<String> {
    let (from, to, text) = (&arguments[0], &arguments[1], &arguments[2]);
    if from.is_empty() {
        return Some(format!("{text}{to}"));
    }
    if !has_unknown(text) && !has_unknown(from) {
        return Some(text.replace(from.as_str(), to));
    }
    if has_unknown(from) || from.contains(scan_space) {
        return None;
    }
    let mut res = String::new();
    for part in text.split_inclusive(scan_space) {
        let word = part.trim_end_matches(scan_space);
        match has_unknown(word) {
            true => res.push_str(&spelt("subst", &[from.clone(), to.clone(), word.to_owned()])),
            false => res.push_str(&word.replace(from.as_str(), to)),
        }
        res.push_str(&part[word.len()..]);
    }
    Some(res)
}

fn scan_space(it: char) -> bool {
    it.is_ascii() && scan::is_space(it as u8)
}

fn sorted(text: &str) -> String {
    let words: BTreeSet<&str> = words(text).collect();
    words.into_iter().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, arguments: &[&str]) -> String {
        let arguments: Vec<String> = arguments.iter().map(|it| (*it).to_owned()).collect();
        match named_at(&format!("{name} "), 0).unwrap().0.work {
            Work::Text(work) => display(&work(&arguments).unwrap_or_else(|| spelt(name, &arguments))),
            _ => panic!("{name} is not a text function"),
        }
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(FUNCTIONS.is_sorted_by(|a, b| a.name < b.name));
    }

    #[test]
    fn text_functions_do_as_the_manual_says() {
        assert_eq!(call("dir", &["src/foo.c hacks"]), "src/ ./");
        assert_eq!(call("notdir", &["src/foo.c / hacks"]), "foo.c  hacks");
        assert_eq!(call("suffix", &["src/foo.c src-1.0/bar.c hacks"]), ".c .c");
        assert_eq!(call("basename", &["src/foo.c src-1.0/bar hacks"]), "src/foo src-1.0/bar hacks");
        assert_eq!(call("join", &["a b", ".c .o .x"]), "a.c b.o .x");
        assert_eq!(call("filter", &["%.c b", "a.c b c.h"]), "a.c b");
        assert_eq!(call("wordlist", &["2", "3", "foo bar baz"]), "bar baz");
        assert_eq!(call("sort", &["foo bar lose foo"]), "bar foo lose");
    }

    #[test]
    fn what_cannot_be_known_stays_unknown() {
        let x = unknown("@X@");
        assert_eq!(call("words", &[&format!("a {x}")]), "$(words a @X@)");
        assert_eq!(call("filter", &["%.c", &format!("a.c {x} b.h")]), "a.c $(filter %.c,@X@)");
        assert_eq!(call("firstword", &[&format!("a {x}")]), "a");
        assert_eq!(call("findstring", &["b", &x]), "$(findstring b,@X@)");
        assert_eq!(call("addprefix", &["p/", &format!("a {x}")]), "p/a $(addprefix p/,@X@)");
        assert_eq!(call("addprefix", &["p/", &format!("a.{x}")]), "p/a.@X@");
        assert_eq!(call("addsuffix", &[".o", &format!("{x}/a")]), "@X@/a.o");
        assert_eq!(call("addprefix", &[&format!("{x}/"), "a b"]), "@X@/a @X@/b");
    }
}
