//! What holds of every fix that is offered as safe or unsafe, on every case of `tests/cases`, in odd encodings too, and
//! on any folder of trees: `UNRACE_TREES=FOLDER cargo test --test laws -- --ignored --nocapture`.

#![allow(clippy::unwrap_used, clippy::print_stderr)] // A test may panic, and says what it looked at.

mod tools;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use unrace::analysis::{Analysis, Applicability, Finding, Fix, Options, Severity, analyse};
use unrace::edit::Edits;
use unrace::files::{DiskTree, Place, makefiles};
use unrace::makefile::{Kind, Makefile};
use unrace::migrate::{Policy, migrate};
use unrace::patch::{Change, changes, unified};
use unrace::races::Class;
use unrace::source::{FileId, Project};
use unrace::verdict::check;

use tools::{copy, has_tools};

/// A tree and the makefiles to start from.
struct Tree {
    project: Project,
    makefiles: Vec<String>,
}

impl Tree {
    fn open(folder: &Path) -> Option<Tree> {
        let place = Place::new(folder, &[PathBuf::from(".")]).ok()?;
        let makefiles = makefiles(&place, &globset::GlobSet::empty()).ok()?.makefiles;
        let tree = DiskTree::new(&place.root).ok()?;
        Some(Tree { project: Project::new(place.root.to_string_lossy(), Arc::new(tree)), makefiles })
    }
}

#[test]
fn every_fix_of_every_case_keeps_the_laws() {
    if !has_tools(&["patch", "git"]) {
        return;
    }
    let mut record = Record::default();
    let mut cases: Vec<PathBuf> = fs::read_dir("tests/cases").unwrap().map(|it| it.unwrap().path()).collect();
    cases.retain(|it| it.is_dir() && !it.file_name().unwrap().to_str().unwrap().starts_with("silent-"));
    for case in cases {
        for (name, change) in VARIANTS {
            let folder = copy(&case);
            makefiles_below(folder.path()).iter().for_each(|it| change_file(it, *change));
            record.place = format!("{} ({name})", case.display());
            let tree = Tree::open(folder.path()).unwrap();
            record.look(&tree, &tree.makefiles);
            if *name == VARIANTS[0].0 {
                record.twice(&tree);
            }
        }
    }
    assert!(record.fixes > 50, "only {} fixes were looked at", record.fixes);
    record.end();
}

#[test]
#[ignore = "UNRACE_TREES names a folder of trees"]
fn every_fix_of_real_trees_keeps_the_laws() {
    const MOST_FOR_A_TREE: Duration = Duration::from_secs(60);
    let Some(folder) = std::env::var_os("UNRACE_TREES") else { return };
    let mut trees: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    trees.sort();
    let mut record = Record::default();
    for folder in trees {
        let Some(tree) = fs::canonicalize(&folder).ok().and_then(|it| Tree::open(&it)) else { continue };
        let (start, fixes) = (Instant::now(), record.fixes);
        for makefile in tree.makefiles.iter().take(6).take_while(|_| start.elapsed() < MOST_FOR_A_TREE) {
            record.place = format!("{} {makefile}", folder.display());
            record.look(&tree, std::slice::from_ref(makefile));
        }
        eprintln!("{}: {} fixes, {} violations", folder.display(), record.fixes - fixes, record.broken.len());
    }
    eprintln!("{} fixes of {} findings", record.fixes, record.findings);
    record.end();
}

type Rewrite = fn(Vec<u8>) -> Vec<u8>;

/// The same makefile as other editors would have left it.
const VARIANTS: &[(&str, Rewrite)] = &[
    ("as it is", |it| it),
    ("CRLF", |it| it.split_inclusive(|it| *it == b'\n').flat_map(with_carriage_return).collect()),
    ("Latin-1", |it| [b"# caf\xe9\n", it.as_slice(), b"# \xe9\n"].concat()),
    ("no final newline", |it| it.strip_suffix(b"\n").map_or(it.clone(), <[u8]>::to_vec)),
    ("form feeds", |it| [b"# one\n\x0c\n", it.as_slice(), b"\x0c\n# two\n"].concat()),
];

fn with_carriage_return(line: &[u8]) -> Vec<u8> {
    match line.strip_suffix(b"\n") {
        Some(text) if !text.ends_with(b"\r") => [text, b"\r\n"].concat(),
        _ => line.to_vec(),
    }
}

fn makefiles_below(folder: &Path) -> Vec<PathBuf> {
    let names = tools::tree(folder).into_keys();
    names.filter(|it| it.rsplit('/').next().unwrap().starts_with("Makefile")).map(|it| folder.join(it)).collect()
}

fn change_file(path: &Path, change: Rewrite) {
    fs::write(path, change(fs::read(path).unwrap())).unwrap();
}

#[derive(Default)]
struct Record {
    place: String,
    findings: usize,
    fixes: usize,
    broken: Vec<String>,
}

impl Record {
    fn end(self) {
        assert!(self.broken.is_empty(), "{} violations:\n{}", self.broken.len(), self.broken.join("\n"));
    }

    fn law(&mut self, holds: bool, what: &str, fix: &Fix) {
        if !holds {
            self.broken.push(format!("{}: {what}: {} ({})", self.place, fix.title, fix.strategy.name()));
        }
    }

    fn look(&mut self, tree: &Tree, makefiles: &[String]) {
        let before = check(&tree.project, makefiles, &options());
        for finding in &before.findings {
            self.findings += 1;
            for fix in finding.fixes.iter().filter(|it| it.applicability > Applicability::Manual) {
                self.fixes += 1;
                self.fix(tree, makefiles, &before, finding, fix);
            }
        }
    }

    fn fix(&mut self, tree: &Tree, makefiles: &[String], before: &Analysis, finding: &Finding, fix: &Fix) {
        let edited = fix.edits.apply(&tree.project);
        let changed = changes(&tree.project, &edited, [&fix.edits]);
        self.law(!changed.is_empty(), "changes nothing", fix);
        for tool in [&["patch", "-p1", "-s", "--fuzz=0"][..], &["git", "apply", "-p1"]] {
            self.law(applies(tool, &changed), tool[0], fix);
        }
        for change in &changed {
            let file = tree.project.open(&change.path).unwrap();
            self.law(is_untouched_elsewhere(change, &fix.edits, file), "touches other bytes", fix);
            let is_makefile = !change.path.rsplit('/').next().unwrap().starts_with("configure.");
            let worse = is_makefile && unread(&edited, file) > unread(&tree.project, file);
            self.law(!worse, "parses worse", fix);
        }
        let after = analyse(&edited, makefiles, &Options { fixes: false, ..options() });
        let (mut known, now) = (keys(before), keys(&after));
        known.extend(before.shown.iter().map(|it| (it.0, it.1.as_str())));
        self.law(!after.findings.iter().any(|it| finding.is_still(it)), "the race is still there", fix);
        self.law(now.is_subset(&known), "brings a race", fix);
        self.law(after.errors.len() <= before.errors.len(), "brings an error", fix);
    }

    /// All fixes together: a second run finds nothing that the first would have taken.
    fn twice(&mut self, tree: &Tree) {
        let policy = Policy {
            applicability: Applicability::Unsafe,
            severity: Severity::Warning,
            only: Vec::new(),
            except: BTreeSet::new(),
        };
        let once = migrate(&tree.project, &tree.makefiles, &options(), &policy);
        let again = migrate(&once.project, &tree.makefiles, &options(), &policy);
        if let Some(step) = again.steps.first() {
            let fix = step.fix.clone();
            self.law(false, "a second run goes on", &fix);
        }
    }
}

fn options() -> Options {
    Options { fixes: true, ..Options::default() }
}

fn keys(analysis: &Analysis) -> BTreeSet<(Class, &str)> {
    let all = analysis.findings.iter();
    all.flat_map(|it| std::iter::once(&it.path).chain(&it.paths).map(|path| (it.class, path.as_str()))).collect()
}

/// Whether a tool makes just the new bytes of the old ones.
fn applies(tool: &[&str], changed: &[Change]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    for it in changed {
        let path = folder.path().join(&it.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &it.before).unwrap();
    }
    let patch = tools::scratch(&unified(changed, ""));
    let done = Command::new(tool[0])
        .args(&tool[1..])
        .stdin(fs::File::open(patch.path()).unwrap())
        .current_dir(folder.path())
        .env("GIT_CEILING_DIRECTORIES", folder.path().parent().unwrap())
        .output()
        .unwrap();
    done.status.success() && changed.iter().all(|it| fs::read(folder.path().join(&it.path)).unwrap() == it.after)
}

/// Whether the bytes between the edits are the same, in the same order.
fn is_untouched_elsewhere(change: &Change, edits: &Edits, file: FileId) -> bool {
    let (mut old, mut new) = (0, 0);
    for edit in edits.iter().filter(|it| it.span.file == file) {
        let kept = edit.span.start() - old;
        if change.after.get(new..new + kept) != Some(&change.before[old..edit.span.start()]) {
            return false;
        }
        old = edit.span.end();
        new += kept + edit.replacement.len();
    }
    change.after.get(new..) == Some(&change.before[old..])
}

/// How many statements of a makefile make would not take.
fn unread(project: &Project, file: FileId) -> usize {
    Makefile::read(project, file).statements.iter().filter(|it| it.kind == Kind::Unknown).count()
}
