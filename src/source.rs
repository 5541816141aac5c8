//! The text of a tree: sources, places in them, and the tree they come from.
//!
//! Knows nothing of make, shell or configure. Bytes are kept whatever the encoding; analysis reads `Source::text`,
//! which has the same length, so that offsets are true in both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock};

use rustc_hash::FxHashMap;

use ropey::Rope;

/// A source of a [`Project`]; valid in the project that gave it and in those made from it by [`Project::with_texts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(NonZeroU32);

impl FileId {
    fn of(index: usize) -> FileId {
        let number = u32::try_from(index + 1).ok().and_then(NonZeroU32::new);
        FileId(number.expect("fewer sources than that"))
    }

    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// A range of bytes in one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The source.
    pub file: FileId,
    // There are many of them.
    start: u32,
    end: u32,
}

impl Span {
    /// The span of `start..end` in `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        debug_assert!(start <= end);
        let number = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
        Span { file, start: number(start), end: number(end) }
    }

    /// Offset of the first byte.
    pub fn start(&self) -> usize {
        self.start as usize
    }

    /// Offset after the last byte.
    pub fn end(&self) -> usize {
        self.end as usize
    }

    /// Both.
    pub fn range(&self) -> Range<usize> {
        self.start()..self.end()
    }

    /// The span that ends there instead.
    pub fn up_to(self, end: usize) -> Span {
        Span::new(self.file, self.start(), end)
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.end() - self.start()
    }

    /// Whether the span covers no byte.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Whether `other` lies in this span.
    pub fn contains(&self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// Line and column, both counted from 1, the column in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
}

/// What a file holds: text as a rule, which is kept once.
enum Content {
    Text(String),
    Bytes(Vec<u8>, OnceLock<String>),
}

/// One file's content.
pub struct Source {
    /// Path relative to the project's root, `/` between components, no `.` or `..`.
    pub path: String,
    content: Content,
    rope: OnceLock<Rope>,
}

impl Source {
    /// A source with this content.
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Source {
        let content = match String::from_utf8(bytes.into()) {
            Ok(text) => Content::Text(text),
            Err(other) => Content::Bytes(other.into_bytes(), OnceLock::new()),
        };
        Source { path: path.into(), content, rope: OnceLock::new() }
    }

    /// The bytes as they are in the file.
    pub fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Text(text) => text.as_bytes(),
            Content::Bytes(bytes, _) => bytes,
        }
    }

    /// The bytes as UTF-8 text of the same length: each byte that is not part of valid UTF-8 is replaced by DEL.
    pub fn text(&self) -> &str {
        let (bytes, text) = match &self.content {
            Content::Text(text) => return text,
            Content::Bytes(bytes, text) => (bytes, text),
        };
        text.get_or_init(|| {
            let mut res = String::with_capacity(bytes.len());
            for chunk in bytes.utf8_chunks() {
                res.push_str(chunk.valid());
                res.extend(chunk.invalid().iter().map(|_| '\u{7f}'));
            }
            res
        })
    }

    /// Line and column of a byte offset.
    pub fn position(&self, offset: usize) -> Position {
        let rope = self.rope.get_or_init(|| Rope::from_str(self.text()));
        let offset = offset.min(self.bytes().len());
        let line = rope.byte_to_line(offset);
        Position { line: line + 1, column: offset - rope.line_to_byte(line) + 1 }
    }

    /// Offsets of the line that holds `offset`, its newline included.
    pub fn line_at(&self, offset: usize) -> std::ops::Range<usize> {
        let bytes = self.bytes();
        let offset = offset.min(bytes.len());
        let start = bytes[..offset].iter().rposition(|it| *it == b'\n').map_or(0, |it| it + 1);
        let end = bytes[offset..].iter().position(|it| *it == b'\n').map_or(bytes.len(), |it| offset + it + 1);
        start..end
    }
}

/// Where a project's files come from. The edge (`files.rs`) has one for a disk; tests have [`MemoryTree`].
/// Paths are as in [`Source::path`]; `""` is the root.
pub trait Tree: Send + Sync {
    /// The content of a regular file, or `None` where there is none that may be read.
    fn read(&self, path: &str) -> Option<Vec<u8>>;
    /// The entries of a folder, sorted by name, or `None` where there is no such folder.
    fn list(&self, folder: &str) -> Option<Vec<Entry>>;
    /// The folder that a folder is by another name, where there are links in its own.
    fn real(&self, _folder: &str) -> Option<String> {
        None
    }
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Last component.
    pub name: String,
    /// Whether it is a folder (or a link to one inside the tree).
    pub is_folder: bool,
}

/// Files held in memory.
#[derive(Default)]
pub struct MemoryTree {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemoryTree {
    /// A tree of these files; parent folders exist because the files do.
    pub fn new<P: Into<String>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, B)>) -> MemoryTree {
        MemoryTree { files: files.into_iter().map(|(path, bytes)| (path.into(), bytes.into())).collect() }
    }
}

impl Tree for MemoryTree {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.files.get(path).cloned()
    }

    fn list(&self, folder: &str) -> Option<Vec<Entry>> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut entries = BTreeMap::new();
        for rest in self.files.keys().filter_map(|it| it.strip_prefix(&prefix)) {
            match rest.split_once('/') {
                Some((name, _)) => entries.insert(name.to_owned(), true),
                None => entries.insert(rest.to_owned(), false),
            };
        }
        let found = folder.is_empty() || !entries.is_empty();
        found.then(|| entries.into_iter().map(|(name, is_folder)| Entry { name, is_folder }).collect())
    }
}

/// A tree with the sources that were opened in it so far. Editing gives a new project; this one stays as it is.
#[derive(Clone)]
pub struct Project {
    /// Absolute path of the root, as make's `CURDIR` shows it.
    pub root: String,
    tree: Arc<dyn Tree>,
    opened: Arc<Mutex<Opened>>,
    listings: Arc<Mutex<FxHashMap<String, Listing>>>,
    real: Arc<Mutex<FxHashMap<String, Option<String>>>>,
    answers: Arc<Mutex<Answers>>,
    log: Option<Log>,
}

/// The paths of the sources that were asked for.
pub type Log = Arc<Mutex<BTreeSet<String>>>;

/// What was asked in a folder, and the answer.
type Answers = FxHashMap<(String, String), Option<String>>;

/// The entries of a folder, `None` where there is none.
type Listing = Option<Arc<Vec<Entry>>>;

#[derive(Clone, Default)]
struct Opened {
    sources: Vec<Arc<Source>>,
    by_path: FxHashMap<String, Option<FileId>>,
}

impl Project {
    /// A project over `tree`.
    pub fn new(root: impl Into<String>, tree: Arc<dyn Tree>) -> Project {
        let (opened, listings, real, answers, log) = Default::default();
        Project { root: root.into(), tree, opened, listings, real, answers, log }
    }

    /// A project of files in memory, rooted at `/project`.
    pub fn in_memory<P: Into<String>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, B)>) -> Project {
        Project::new("/project", Arc::new(MemoryTree::new(files)))
    }

    /// The source at `path` (relative to the root, normalised), read on first use; `None` where there is none.
    pub fn open(&self, path: &str) -> Option<FileId> {
        if let Some(log) = &self.log {
            let mut log = log.lock().expect("no panic while logging");
            if !log.contains(path) {
                log.insert(path.to_owned());
            }
        }
        let mut opened = self.lock();
        if let Some(known) = opened.by_path.get(path) {
            return *known;
        }
        let id = self.tree.read(path).map(|bytes| opened.add(Source::new(path, bytes)));
        opened.by_path.insert(path.to_owned(), id);
        id
    }

    /// The source of an id.
    pub fn source(&self, file: FileId) -> Arc<Source> {
        self.lock().sources[file.index()].clone()
    }

    /// The text that a span covers.
    pub fn text(&self, span: Span) -> String {
        self.source(span.file).text()[span.range()].to_owned()
    }

    /// Line and column where a span starts.
    pub fn position(&self, span: Span) -> Position {
        self.source(span.file).position(span.start())
    }

    /// The entries of a folder, or `None` where there is none.
    pub fn list(&self, folder: &str) -> Option<Arc<Vec<Entry>>> {
        let mut listings = self.listings.lock().expect("no panic while listing");
        listings.entry(folder.to_owned()).or_insert_with(|| self.tree.list(folder).map(Arc::new)).clone()
    }

    /// The files below folders that are wanted, those below the last folder first, hidden ones left out; and whether that is
    /// all of them, since no more than `most` entries are looked at.
    pub fn files_below(
        &self,
        mut folders: Vec<String>,
        most: usize,
        wanted: impl Fn(&str) -> bool,
    ) -> (Vec<String>, bool) {
        let (mut res, mut seen) = (Vec::new(), 0);
        while let Some(folder) = folders.pop() {
            let entries = self.list(&folder).unwrap_or_default();
            seen += entries.len();
            for entry in entries.iter().rev().filter(|it| seen < most && !it.name.starts_with('.')) {
                let path = normalise("", &folder, &entry.name);
                match entry.is_folder {
                    true => folders.push(path),
                    false if wanted(&path) => res.push(path),
                    false => {}
                }
            }
        }
        (res, seen < most)
    }

    /// Whether the tree has this file or folder.
    pub fn exists(&self, path: &str) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if name.is_empty() {
            return self.list("").is_some();
        }
        self.list(folder).is_some_and(|it| it.binary_search_by(|it| it.name.as_str().cmp(name)).is_ok())
    }

    /// Whether a folder has a configure.ac, or its older name.
    pub fn has_configure_ac(&self, folder: &str) -> bool {
        ["configure.ac", "configure.in"].iter().any(|it| self.exists(&normalise("", folder, it)))
    }

    /// Whether the tree has this folder.
    pub fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || self.list(path).is_some()
    }

    /// The path of a file, which need not be there, without the links in its folders; `None` where there are none.
    pub fn without_links(&self, path: &str) -> Option<String> {
        let (folder, name) = path.rsplit_once('/')?;
        let mut known = self.real.lock().expect("no panic while looking");
        let real = known.entry(folder.to_owned()).or_insert_with(|| self.tree.real(folder)).as_ref()?;
        Some(if real.is_empty() { name.to_owned() } else { format!("{real}/{name}") })
    }

    /// What `find` says, which is asked once for each folder and question: it answers from the tree alone.
    pub fn answer(&self, folder: &str, question: &str, find: impl FnOnce() -> Option<String>) -> Option<String> {
        let key = (folder.to_owned(), question.to_owned());
        let lock = || self.answers.lock().expect("no panic while kept");
        if let Some(known) = lock().get(&key) {
            return known.clone();
        }
        let res = find();
        lock().insert(key, res.clone());
        res
    }

    /// This project with other bytes for some of its sources; ids and spans of the other sources stay valid.
    pub fn with_texts(&self, texts: impl IntoIterator<Item = (FileId, Vec<u8>)>) -> Project {
        let mut opened = self.lock().clone();
        for (file, bytes) in texts {
            let path = opened.sources[file.index()].path.clone();
            opened.sources[file.index()] = Arc::new(Source::new(path, bytes));
        }
        Project { opened: Arc::new(Mutex::new(opened)), answers: Arc::default(), ..self.clone() }
    }

    /// This project, with a log of the sources that are asked for through it; answers are found anew, so that what they read
    /// is logged, too.
    pub fn logged(&self) -> (Project, Log) {
        let log = Log::default();
        (Project { log: Some(log.clone()), answers: Arc::default(), ..self.clone() }, log)
    }

    /// The paths of the sources that hold something else in another project, of which this one is an edited form or the
    /// other way round.
    pub fn differing(&self, other: &Project) -> Vec<String> {
        if self.is_same(other) {
            return Vec::new();
        }
        let (here, there) = (self.lock(), other.lock());
        let differs = |path: &String, file: FileId| {
            let Some(Some(known)) = there.by_path.get(path) else { return false };
            let (a, b) = (&here.sources[file.index()], &there.sources[known.index()]);
            !Arc::ptr_eq(a, b) && a.bytes() != b.bytes()
        };
        let files = here.by_path.iter().filter_map(|(path, file)| Some((path, (*file)?)));
        files.filter(|it| differs(it.0, it.1)).map(|it| it.0.clone()).collect()
    }

    /// Whether the other one is this project, or a copy of it, and not an edited one.
    pub fn is_same(&self, other: &Project) -> bool {
        Arc::ptr_eq(&self.opened, &other.opened)
    }

    /// Whether a source of another project is the same here, which it is not after an edit.
    pub fn has_same(&self, other: &Project, file: FileId) -> bool {
        let here = self.lock().sources.get(file.index()).cloned();
        here.is_some_and(|it| Arc::ptr_eq(&it, &other.source(file)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Opened> {
        self.opened.lock().expect("no panic while a source is opened")
    }
}

impl fmt::Debug for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Project").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Opened {
    fn add(&mut self, source: Source) -> FileId {
        let id = FileId::of(self.sources.len());
        self.sources.push(Arc::new(source));
        id
    }
}

/// The names that make looks for, in its order.
pub const MAKEFILE_NAMES: [&str; 3] = ["GNUmakefile", "makefile", "Makefile"];

/// What a template is for by its name: `Makefile` of `Makefile.pre.in`; `None` where it is no template's.
pub fn stem_of_template(path: &str) -> Option<&str> {
    [".pre.in", ".in", ".am", ".autosetup"].iter().find_map(|it| path.strip_suffix(it))
}

/// The folder of a path; the root's is empty.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |it| it.0)
}

/// The name of a file without its folder.
pub fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A folder and those above it, up to the root.
pub fn upwards(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |it| (!it.is_empty()).then(|| folder_of(it)))
}

/// A path relative to the root, as it is spelt in a folder; an absolute path stays as it is.
pub fn spelt_in(folder: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let mut from = folder.split('/').filter(|it| !it.is_empty()).peekable();
    let mut to = path.split('/').peekable();
    while from.peek().is_some() && from.peek() == to.peek() {
        from.next();
        to.next();
    }
    from.map(|_| "..").chain(to).collect::<Vec<_>>().join("/")
}

/// `path` seen from `folder`, both relative to the project's root, without `.`, `..` and doubled slashes. An absolute
/// path below `root` becomes relative; another absolute path stays absolute. A path that climbs above the root keeps
/// its leading `..`.
pub fn normalise(root: &str, folder: &str, path: &str) -> String {
    let path = match path.strip_prefix(root) {
        Some("") => return String::new(),
        Some(below) if below.starts_with('/') => below.trim_start_matches('/'),
        _ if path.starts_with('/') => return clean(path),
        _ => {
            return clean(format!("{folder}/{path}").trim_start_matches('/'));
        }
    };
    clean(path)
}

fn clean(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|it| *it != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if absolute { format!("/{joined}") } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_a_folder() {
        let at = |folder, path| normalise("/project", folder, path);
        assert_eq!(at("", "./a//b/../c"), "a/c");
        assert_eq!(at("lib", "../inc/x.h"), "inc/x.h");
        assert_eq!(at("lib", "../../x"), "../x");
        assert_eq!(at("lib", "/project/lib/x"), "lib/x");
        assert_eq!(at("lib", "/tmp/../etc/x"), "/etc/x");
        assert_eq!(at("lib", "/projects"), "/projects");
        assert_eq!(spelt_in("", "a/b"), "a/b");
        assert_eq!(spelt_in("a", "a/b"), "b");
        assert_eq!(spelt_in("a/b", "a/c/d"), "../c/d");
    }

    #[test]
    fn text_has_the_length_of_the_bytes() {
        let source = Source::new("x", b"a\xe9b\x0cc\nd".to_vec());
        assert_eq!(source.text().len(), source.bytes().len());
        assert_eq!(source.position(6), Position { line: 2, column: 1 }, "a form feed ends no line");
    }

    #[test]
    fn an_edited_project_leaves_the_first_alone() {
        let project = Project::in_memory([("a/b", "old")]);
        let file = project.open("a/b").unwrap();
        let edited = project.with_texts([(file, b"new".to_vec())]);
        assert_eq!((project.source(file).text(), edited.source(file).text()), ("old", "new"));
        assert!(project.exists("a") && project.is_folder("a") && !project.exists("c"));
    }
}
