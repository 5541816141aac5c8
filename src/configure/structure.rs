//! configure.ac as m4 leaves it: shell text with the macros' meaning in it, nothing run.
//!
//! Knows the macros by their meaning (`macros`), nothing of the values of shell variables.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::calls::Call;
use super::m4::{Lexer, Quotes, Token, arguments, is_name_start, name_length};
use super::macros::{self, Meaning};
use super::mapped::Mapped;
use super::{Note, What};
use crate::source::{FileId, Project, Span, folder_of, normalise};
use crate::text::unknown;

/// Position of a node in [`Structure::nodes`].
pub(super) type NodeId = usize;

/// What stands for a macro call in the shell text around it, by a word of [`reference`].
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Shell text of its own.
    Shell(Arc<Mapped>),
    /// One of two bodies, by a test that cannot be known.
    Probe { test: String, place: Option<Span>, bodies: [Option<NodeId>; 2] },
    /// Variables that a macro sets where they are empty.
    Sets { names: Vec<String>, place: Option<Span> },
    /// `AM_CONDITIONAL`.
    Conditional { name: String, test: NodeId, place: Option<Span> },
    /// One after the other.
    Sequence(Vec<NodeId>),
}

/// The result of reading.
#[derive(Clone, Debug, Default)]
pub(super) struct Structure {
    pub(super) nodes: Vec<Node>,
    /// The whole.
    pub(super) root: NodeId,
    /// Substituted names, each with the call that says so.
    pub(super) substituted: BTreeMap<String, Option<Span>>,
    pub(super) outputs: BTreeMap<String, Vec<String>>,
    /// Variables that list more of them, each with what is noted where it lists none.
    pub(super) listed_by_variable: Vec<(String, Note)>,
    pub(super) notes: Vec<Note>,
    /// The files whose text takes part.
    pub(super) sources: Vec<FileId>,
}

/// First character of a word that stands for a node; its number follows.
const REFERENCE: char = '\u{10f000}';
/// How deep calls may stand in calls.
const DEEPEST: usize = 40;
/// How many calls without an end are read to the end of the text.
const UNCLOSED: usize = 30;
/// How many bytes of expansion are read in all.
const BUDGET: usize = 16 << 20;

/// The node that a word stands for.
pub(super) fn reference(word: &str) -> Option<NodeId> {
    word.strip_prefix(REFERENCE)?.parse().ok()
}

/// Whether a word stands for a node or holds one.
pub(super) fn has_reference(word: &str) -> bool {
    word.contains(REFERENCE)
}

/// Reads the file at `path`, which must exist.
pub(super) fn read(project: &Project, file: FileId) -> Structure {
    let source = project.source(file);
    let folder = folder_of(&source.path).to_owned();
    let mut reader = Reader {
        project,
        folder,
        res: Structure { sources: vec![file], ..Structure::default() },
        definitions: FxHashMap::default(),
        loaded: false,
        folders: Vec::new(),
        provided: FxHashSet::default(),
        shell_names: shell_names(source.text()),
        quotes: Quotes::default(),
        depth: 0,
        unclosed: 0,
        budget: BUDGET,
        outer: None,
        tests: FxHashMap::default(),
    };
    let text = reader.read(&Mapped::of_file(file, source.text()));
    let prelude = reader.shell(Mapped::plain(macros::PRELUDE));
    let body = reader.shell(text);
    let postlude = reader.shell(Mapped::plain(macros::POSTLUDE));
    reader.res.root = reader.node(Node::Sequence(vec![prelude, body, postlude]));
    reader.res
}

/// The state of a reading.
pub(super) struct Reader<'a> {
    pub(super) project: &'a Project,
    /// Of configure.ac.
    pub(super) folder: String,
    pub(super) res: Structure,
    /// Bodies of the macros of the tree.
    pub(super) definitions: FxHashMap<String, Arc<Mapped>>,
    loaded: bool,
    /// Where the tree keeps macros.
    pub(super) folders: Vec<String>,
    /// Macros called so far.
    pub(super) provided: FxHashSet<String>,
    /// Names of shell variables that look like macros'.
    shell_names: FxHashSet<String>,
    pub(super) quotes: Quotes,
    depth: usize,
    unclosed: usize,
    budget: usize,
    /// The call of a macro of the tree whose body is being read.
    pub(super) outer: Option<String>,
    /// The names of probes, and how often each was given.
    pub(super) tests: FxHashMap<String, usize>,
}

impl Reader<'_> {
    /// What m4 makes of a text: one level of quotes removed, calls replaced.
    pub(super) fn read(&mut self, input: &Mapped) -> Mapped {
        let cost = input.text.len() + 300;
        if self.depth > DEEPEST || self.budget < cost {
            self.note("m4 nesting", input.span(0..input.text.len()));
            return Mapped::plain(":");
        }
        self.budget -= cost;
        self.depth += 1;
        let res = self.read_tokens(input);
        self.depth -= 1;
        res
    }

    fn read_tokens(&mut self, input: &Mapped) -> Mapped {
        let mut out = Mapped::default();
        let mut lexer = Lexer::new(&input.text, 0);
        // What is copied as it is, up to `lexer.at`.
        let mut copied = 0;
        loop {
            let start = lexer.at;
            match lexer.next(&self.quotes) {
                None => break,
                Some(Token::Comment(_) | Token::Other(_)) => {}
                Some(Token::Dropped) => {
                    out.push_slice(input, copied..start);
                    copied = lexer.at;
                }
                Some(Token::Quoted(inside)) => {
                    out.push_slice(input, copied..start);
                    out.push_slice(input, inside);
                    copied = lexer.at;
                }
                Some(Token::Name(name)) => {
                    if let Some((call, end)) = self.call_at(input, name) {
                        out.push_slice(input, copied..start);
                        let span = call.span;
                        self.expand(call, &mut out);
                        if is_followed(&input.text[end..]) && ends_in_reference(&out.text) {
                            // What such macros give ends in a newline.
                            out.push_derived("\n", span);
                        }
                        lexer.at = end;
                        copied = end;
                    }
                }
            }
        }
        out.push_slice(input, copied..input.text.len());
        out
    }

    /// The call whose name stands at `range`, and the offset after it.
    fn call_at(&mut self, input: &Mapped, range: Range<usize>) -> Option<(Call, usize)> {
        let name = &input.text[range.clone()];
        let rest = &input.text[range.end..];
        let paren = rest.starts_with('(') && self.unclosed <= UNCLOSED;
        let before = &input.text.as_bytes()[..range.start];
        let is_variable = before.ends_with(b"$") || before.ends_with(b"${") || rest.starts_with('=');
        if is_variable || !self.is_macro(name, paren, rest) {
            return None;
        }
        let (arguments, end) = match paren.then(|| arguments(input, range.end, &self.quotes)) {
            None => (Vec::new(), range.end),
            Some(Some(found)) => found,
            Some(None) => {
                self.unclosed += 1;
                self.note(name, input.span(range));
                return None;
            }
        };
        let span = input.span(range.start..end);
        Some((Call { name: name.to_owned(), arguments, span }, end))
    }

    fn is_macro(&mut self, name: &str, paren: bool, rest: &str) -> bool {
        if self.definitions.contains_key(name) {
            return true;
        }
        if macros::meaning(name).is_some() {
            let builtin = name.bytes().all(|it| it.is_ascii_lowercase());
            return if builtin { paren } else { paren || !self.shell_names.contains(name) };
        }
        if !macros::looks_called(name) || is_function(rest) {
            return false;
        }
        self.load();
        if self.definitions.contains_key(name) {
            return paren || !self.shell_names.contains(name);
        }
        paren || macros::has_macro_prefix(name) && !self.shell_names.contains(name)
    }

    /// Reads the definitions of the tree, once a macro is met that is not known without them.
    fn load(&mut self) {
        if std::mem::replace(&mut self.loaded, true) {
            return;
        }
        let mut paths = vec![self.path("acinclude.m4"), self.path("aclocal.m4")];
        let folders: Vec<String> = match self.folders.is_empty() {
            true => vec![self.path("m4")],
            false => self.folders.iter().map(|it| self.path(it)).collect(),
        };
        for folder in folders {
            let entries = self.project.list(&folder).unwrap_or_default();
            let files = entries.iter().filter(|it| !it.is_folder && it.name.ends_with(".m4"));
            paths.extend(files.map(|it| format!("{folder}/{}", it.name)));
        }
        for path in paths {
            self.load_file(&path, 0);
        }
    }

    fn load_file(&mut self, path: &str, depth: usize) {
        let Some(file) = self.project.open(path) else { return };
        let source = self.project.source(file);
        let input = Mapped::of_file(file, source.text());
        let mut lexer = Lexer::new(&input.text, 0);
        let quotes = Quotes::default();
        while let Some(token) = lexer.next(&quotes) {
            let Token::Name(name) = token else { continue };
            let meaning = macros::meaning(&input.text[name.clone()]);
            let wanted = matches!(meaning, Some(Meaning::Define | Meaning::Alias | Meaning::Include));
            if !wanted || !input.text[name.end..].starts_with('(') {
                continue;
            }
            let Some((arguments, end)) = arguments(&input, name.end, &quotes) else { break };
            lexer.at = end;
            match meaning {
                Some(Meaning::Include) if depth < 4 => {
                    let path = arguments.first().map(|it| self.path(it.text.trim())).unwrap_or_default();
                    self.load_file(&path, depth + 1);
                }
                Some(Meaning::Define) => self.define(&arguments, Keep::First),
                Some(Meaning::Alias) => self.alias(&arguments),
                _ => {}
            }
        }
    }

    /// Defines a macro of the tree, those that are known otherwise apart.
    pub(super) fn define(&mut self, arguments: &[Mapped], keep: Keep) {
        let Some(name) = arguments.first().map(|it| it.text.trim()) else { return };
        let plain = name.len() == name_length(name) && name.bytes().next().is_some_and(is_name_start);
        let known = macros::meaning(name).is_some();
        if !plain || known || keep == Keep::First && self.definitions.contains_key(name) {
            return;
        }
        let body = arguments.get(1).cloned().unwrap_or_default();
        self.definitions.insert(name.to_owned(), Arc::new(body));
    }

    /// `AU_ALIAS(old, new)`.
    pub(super) fn alias(&mut self, arguments: &[Mapped]) {
        if let [old, new] = arguments {
            let mut body = new.clone();
            body.push("($@)", None);
            self.define(&[old.clone(), body], Keep::First);
        }
    }

    /// A path as a macro names it, from the project's root.
    pub(super) fn path(&self, path: &str) -> String {
        normalise(&self.project.root, &self.folder, path)
    }

    /// Adds a node.
    pub(super) fn node(&mut self, node: Node) -> NodeId {
        self.res.nodes.push(node);
        self.res.nodes.len() - 1
    }

    /// A node of shell text.
    pub(super) fn shell(&mut self, text: Mapped) -> NodeId {
        self.node(Node::Shell(Arc::new(text)))
    }

    /// The node of an argument that is a list of commands; `None` where it is empty.
    pub(super) fn body(&mut self, argument: Option<&Mapped>) -> Option<NodeId> {
        let argument = argument.filter(|it| !it.text.trim().is_empty())?;
        let text = self.read(argument);
        let id = reference(text.text.trim()).unwrap_or_else(|| self.shell(text));
        Some(id)
    }

    /// Appends the word that stands for a node, or `:` for none.
    pub(super) fn refer(&mut self, node: Option<NodeId>, span: Option<Span>, out: &mut Mapped) {
        // What such macros give begins on a line of its own.
        if out.text.ends_with(|it: char| it.is_ascii_alphanumeric() || it == '{') {
            out.push_derived(" ", span);
        }
        match node {
            Some(node) => out.push_derived(&format!("{REFERENCE}{node}"), span),
            None => out.push_derived(":", span),
        }
    }

    /// Appends what cannot be known.
    pub(super) fn refer_unknown(&self, spelling: &str, span: Option<Span>, out: &mut Mapped) {
        out.push_derived(&unknown(spelling), span);
    }

    /// Notes a construct that is not modelled.
    pub(super) fn note(&mut self, name: &str, place: Option<Span>) {
        if self.res.notes.len() < 10_000 {
            self.res.notes.push(Note { what: What::Construct, name: name.to_owned(), place });
        }
    }
}

/// Whether a word follows on the line.
fn is_followed(after: &str) -> bool {
    let after = after.trim_start_matches([' ', '\t']);
    after.starts_with(|it: char| it.is_ascii_alphabetic() || "_$:}".contains(it))
}

fn ends_in_reference(text: &str) -> bool {
    text.split([' ', '\t', '\n']).next_back().is_some_and(|it| it == ":" || reference(it).is_some())
}

/// Which of two definitions stays.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Keep {
    First,
    Last,
}

/// Whether what follows a name makes it a function of the shell: `() {`.
fn is_function(rest: &str) -> bool {
    rest.trim_start_matches([' ', '\t']).starts_with('(')
        && rest.split_once(')').is_some_and(|(inside, after)| {
            inside.trim_start_matches([' ', '\t', '(']).is_empty() && after.trim_start().starts_with(['{', '('])
        })
}

/// The names that look like macros' and are shell variables in this text: `$NAME`, `${NAME`, `NAME=`.
fn shell_names(text: &str) -> FxHashSet<String> {
    let bytes = text.as_bytes();
    let mut res = FxHashSet::default();
    let mut at = 0;
    while at < bytes.len() {
        if !is_name_start(bytes[at]) {
            at += if bytes[at].is_ascii_digit() { name_length(&text[at..]) } else { 1 };
            continue;
        }
        let end = at + name_length(&text[at..]);
        let name = &text[at..end];
        let used = bytes[..at].ends_with(b"$") || bytes[..at].ends_with(b"${") || text[end..].starts_with('=');
        if used && macros::looks_called(name) {
            res.insert(name.to_owned());
        }
        at = end;
    }
    res
}
