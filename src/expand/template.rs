//! `@NAME@` in templates: the makefile that config.status would write, as text that knows its places.
//!
//! Knows nothing of make's syntax but that `#` starts a comment.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::spelling::{Builder, Map, Text};
use super::{Request, autosetup};
use crate::configure::{Setting, Subject};
use crate::source::{FileId, Project, Span, folder_of, normalise};
use crate::text::{Origin, Traced, has_unknown, unknown};

/// Whether a file is a template by its name or because configure.ac says so.
pub(crate) fn is_template(path: &str, request: &Request) -> bool {
    let named = [".in", ".am", ".autosetup"].iter().any(|it| path.ends_with(it)) || request.makefile.ends_with(".am");
    named || request.configure.outputs.values().any(|it| it.iter().any(|it| it == path))
}

/// What a template is called beside what is made of it.
const TEMPLATES: [&str; 4] = [".in", ".pre.in", ".autosetup", ".acr"];
/// The same for one that users are to copy and edit.
const EXAMPLES: [&str; 7] = [".example", ".sample", ".dist", ".template", ".tmpl", ".default", ".def"];

/// The templates that would make a file of the tree that is not there: what configure.ac says, else `path.in`, else an
/// example, else the one `path.in` of the folders beside it (`install/make.inc.in`).
pub(crate) fn templates_of(path: &str, request: &Request) -> Vec<String> {
    let project = request.project;
    let mut beside = TEMPLATES.iter().chain(&EXAMPLES).map(|it| format!("{path}{it}"));
    if let Some(templates) = request.configure.outputs.get(path) {
        return templates.clone();
    }
    let found = beside.find(|it| project.exists(it));
    found.or_else(|| template_below(project, path)).into_iter().collect()
}

/// The only template for a part of a makefile in the folders of its folder.
fn template_below(project: &Project, path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_part = [".inc", ".mk", ".mak", ".config"].iter().any(|it| name.ends_with(it)) || name.starts_with("Make");
    let find = || {
        let folders = project.list(folder)?;
        let folders = folders.iter().filter(|it| it.is_folder).map(|it| normalise("", folder, &it.name));
        let mut found = folders.map(|it| format!("{it}/{name}.in")).filter(|it| project.exists(it));
        found.next().filter(|_| found.next().is_none())
    };
    if is_part { project.answer(folder, &format!("template of {name}"), find) } else { None }
}

/// Whether a file of the tree that is not there is one that users may make of an example.
pub(crate) fn has_example_only(path: &str, request: &Request) -> bool {
    let is_example = |it: &String| EXAMPLES.iter().any(|suffix| it.strip_suffix(suffix) == Some(path));
    !request.project.exists(path) && templates_of(path, request).iter().any(is_example)
}

/// A template's makefile.
pub(crate) struct Substituted {
    pub(crate) text: Text<'static>,
    /// What automake conditionals offer.
    pub(crate) deviations: Vec<Setting>,
    /// What guards lines: conditionals, and all that lines start with.
    pub(crate) guards: Vec<Arc<str>>,
    /// Files whose text stands in it (`AC_SUBST_FILE`).
    pub(crate) inserted: Vec<FileId>,
}

/// How deep `AC_SUBST_FILE` nests, at most.
const MOST_DEPTH: usize = 4;

/// A template's text with each `@NAME@` replaced, for a makefile in a folder.
pub(crate) fn substituted(text: &str, file: FileId, folder: &str, request: &Request) -> Substituted {
    substituted_at(text, file, folder, request, 0)
}

fn substituted_at(text: &str, file: FileId, folder: &str, request: &Request, depth: usize) -> Substituted {
    let directory = folder.to_owned();
    let mut work = Work {
        request,
        directory,
        known: FxHashMap::default(),
        deviations: Vec::new(),
        guards: Vec::new(),
        inserted: Vec::new(),
    };
    let mut out = String::with_capacity(text.len());
    let mut map = Builder::default();
    let source = Map::Flat(file, 0);
    let mut done = 0;
    let nothing = Traced::default();
    for (range, step) in steps(text, file, &mut work) {
        let place = Span::new(file, range.start, range.end);
        let name = match step {
            Step::Name(name) => name,
            Step::File(named) => {
                out.push_str(&text[done..range.start]);
                map.push(&source, done..range.start);
                done = range.end;
                if let Some(named) = named.filter(|_| depth < MOST_DEPTH) {
                    work.insert(named, place, format!("@{}@", range.start).into(), depth, &mut out, &mut map);
                }
                continue;
            }
        };
        let at_start = text[..range.start].ends_with('\n') || range.start == 0 || done == range.start;
        let (name, value) = work.value(name, place, at_start);
        // At the start of a line it may make that a comment, or be any text of a makefile.
        if at_start {
            work.guards.push(name.clone());
        }
        out.push_str(&text[done..range.start]);
        if done < range.start {
            map.push(&source, done..range.start);
        }
        done = range.end;
        let starts_a_line = range.start == 0 || text[..range.start].ends_with('\n');
        let continues = text[..range.start].ends_with("\\\n");
        let alone = starts_a_line && !continues && text[range.end..].starts_with('\n');
        let named = if alone && depth < MOST_DEPTH { work.file_named(&value.text, &name) } else { None };
        let Some(named) = named else {
            // `AC_SUBST_FILE` of `/dev/null` is how a template leaves a part out; what configure writes is not known.
            let value = match value.text.as_str() {
                "/dev/null" if alone => &nothing,
                it if alone && is_path(it) => &Traced::plain(unknown(&name)),
                _ => &value,
            };
            push(&mut out, &mut map, value, place, &name);
            continue;
        };
        work.insert(named, place, name, depth, &mut out, &mut map);
    }
    out.push_str(&text[done..]);
    if done < text.len() {
        map.push(&source, done..text.len());
    }
    let text = Text { text: out.into(), map: map.finish() };
    Substituted { text, deviations: work.deviations, guards: work.guards, inserted: work.inserted }
}

/// What stands in a template for something else.
enum Step<'t> {
    /// `@NAME@`.
    Name(&'t str),
    /// Whole lines, for which a file stands, or nothing.
    File(Option<FileId>),
}

/// The steps of a template, in order.
fn steps<'t>(text: &'t str, file: FileId, work: &mut Work) -> Vec<(std::ops::Range<usize>, Step<'t>)> {
    let names = references(text).map(|(range, name)| (range, Step::Name(name)));
    if !autosetup::is_used(text) {
        return names.collect();
    }
    let cuts = autosetup::cuts(text, |name, range| work.arm(name, Span::new(file, range.start, range.end)));
    let is_cut = |range: &std::ops::Range<usize>| {
        let at = cuts.partition_point(|it| it.0.end <= range.start);
        cuts.get(at).is_some_and(|it| it.0.start <= range.start)
    };
    let mut res: Vec<_> = names.filter(|it| !is_cut(&it.0)).collect();
    res.extend(
        cuts.iter().map(|(range, path)| (range.clone(), Step::File(path.as_deref().and_then(|it| work.open(it))))),
    );
    res.sort_by_key(|it| it.0.start);
    res
}

/// The value of every variable that configure is known to substitute, for a makefile in which automake adds `X = @X@`.
pub(crate) fn implied(path: &str, request: &Request) -> Vec<(Arc<str>, Text<'static>)> {
    let directory = folder_of(path);
    let folders = ["srcdir", "builddir", "top_srcdir", "top_builddir"];
    let absolute = ["abs_srcdir", "abs_builddir", "abs_top_srcdir", "abs_top_builddir"];
    let usual = USUAL.iter().map(|it| it.0).chain(folders).chain(absolute);
    let mut values: BTreeMap<&str, Option<Traced>> = usual.map(|it| (it, None)).collect();
    values.extend(request.configure.substitutions(request.configuration));
    values
        .into_iter()
        .map(|(name, configured)| {
            let value = plain(name, directory, request, || configured);
            let input: Arc<str> = format!("@{name}@").into();
            let mut map = Builder::default();
            if value.text.is_empty() {
                map.piece(0, None, None, Some(input.clone()));
            }
            for (range, origin) in value.pieces() {
                map.piece(range.len(), origin, None, Some(input.clone()));
            }
            (name.into(), Text { text: value.text.into(), map: map.finish() })
        })
        .collect()
}

/// Whether a line is no more than the name of a file, which make would not take.
fn is_path(line: &str) -> bool {
    !line.is_empty() && !line.contains([' ', '\t', '\n', ':', '=', '#', '$']) && !has_unknown(line)
}

fn push(out: &mut String, map: &mut Builder, value: &Traced, place: Span, name: &Arc<str>) {
    out.push_str(&value.text);
    if value.text.is_empty() {
        map.piece(0, None, Some(place), Some(name.clone()));
    }
    for (range, origin) in value.pieces() {
        let origin = origin.or(Some(Origin::Derived(place)));
        map.piece(range.len(), origin, Some(place), Some(name.clone()));
    }
}

/// Each `@NAME@` of a text: its range and the name.
pub(crate) fn references(text: &str) -> impl Iterator<Item = (std::ops::Range<usize>, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + text[at..].find('@')?;
            let length = text[start + 1..].bytes().take_while(|it| it.is_ascii_alphanumeric() || *it == b'_').count();
            let end = start + 1 + length;
            at = end;
            if length > 0 && text.as_bytes().get(end) == Some(&b'@') && !text.as_bytes()[start + 1].is_ascii_digit() {
                at = end + 1;
                return Some((start..end + 1, &text[start + 1..end]));
            }
        }
    })
}

struct Work<'a> {
    request: &'a Request<'a>,
    directory: String,
    known: FxHashMap<String, (Arc<str>, Arc<Traced>)>,
    deviations: Vec<Setting>,
    guards: Vec<Arc<str>>,
    inserted: Vec<FileId>,
}

impl Work<'_> {
    /// Another template's text at this place.
    fn insert(
        &mut self,
        named: FileId,
        place: Span,
        name: Arc<str>,
        depth: usize,
        out: &mut String,
        map: &mut Builder,
    ) {
        let source = self.request.project.source(named);
        let inner = substituted_at(source.text(), named, folder_of(&source.path), self.request, depth + 1);
        map.piece(0, None, Some(place), Some(name));
        map.push(&inner.text.map, 0..inner.text.text.len());
        out.push_str(&inner.text.text);
        self.deviations.extend(inner.deviations);
        self.guards.extend(inner.guards);
        self.inserted.push(named);
        self.inserted.extend(inner.inserted);
    }

    /// Whether the lines of an `@if` are taken.
    fn arm(&mut self, name: &str, place: Span) -> bool {
        self.guards.push(format!("@{name}@").into());
        let known = self.request.configure.conditional(name, self.request.configuration);
        known.unwrap_or_else(|| self.assumed(name, place))
    }

    /// A file of the template's folder (`@srcdir@/part`).
    fn open(&self, path: &str) -> Option<FileId> {
        let path = path.replace("@srcdir@", ".").replace("@top_srcdir@", ".");
        let project = &self.request.project;
        project.open(&normalise(&project.root, &self.directory, &path))
    }

    fn value(&mut self, name: &str, place: Span, at_start: bool) -> (Arc<str>, Arc<Traced>) {
        if let Some((name, value)) = self.known.get(name) {
            return (name.clone(), value.clone());
        }
        let (input, value) =
            self.guard(name, place, at_start).unwrap_or_else(|| (format!("@{name}@").into(), self.plain(name)));
        let value = Arc::new(value);
        self.known.insert(name.to_owned(), (input.clone(), value.clone()));
        (input, value)
    }

    /// `@X_TRUE@` and `@X_FALSE@`: nothing, or the start of a comment.
    fn guard(&mut self, name: &str, place: Span, at_start: bool) -> Option<(Arc<str>, Traced)> {
        let (conditional, wanted) = match name {
            // Without --enable-maintainer-mode the rules that remake the build system are comments.
            "MAINT" => ("MAINTAINER_MODE", true),
            _ => match (name.strip_suffix("_TRUE"), name.strip_suffix("_FALSE")) {
                (Some(conditional), _) => (conditional, true),
                (_, Some(conditional)) => (conditional, false),
                _ => return None,
            },
        };
        let known = self.request.configure.conditional(conditional, self.request.configuration);
        if known.is_none() && !at_start && name != "MAINT" {
            return None;
        }
        let holds = known.unwrap_or_else(|| self.assumed(conditional, place));
        let text = if holds == wanted { "" } else { "#" };
        let input: Arc<str> = format!("@{conditional}@").into();
        self.guards.push(input.clone());
        Some((input, Traced::plain(text)))
    }

    /// What a conditional is when configure.ac does not tell: as configured, else false but for those that automake
    /// itself sets on any usual system.
    fn assumed(&mut self, conditional: &str, place: Span) -> bool {
        let subject = Subject::Conditional(conditional.to_owned());
        let usual = conditional == "AMDEP" || conditional.starts_with("am__fastdep");
        if let Some(value) = self.request.configuration.value(&subject) {
            return value == "TRUE";
        }
        let other = if usual { "FALSE" } else { "TRUE" };
        self.deviations.push(Setting { subject, value: other.to_owned(), place });
        usual
    }

    /// The file of the tree, or the template of one that configure makes, whose path is the whole value: a line that is
    /// only such a value is one of `AC_SUBST_FILE`, since a path alone is no makefile's line.
    fn file_named(&self, value: &str, name: &str) -> Option<FileId> {
        let project = self.request.project;
        // Where the value is not known, the variable is often called as the file is.
        let value = if value == unknown(name) { name.trim_matches('@') } else { value };
        if value.is_empty() || value.contains(char::is_whitespace) || has_unknown(value) {
            return None;
        }
        let path = normalise(&project.root, &configured_folder(self.request), value);
        project.open(&path).or_else(|| templates_of(&path, self.request).iter().find_map(|it| project.open(it)))
    }

    fn plain(&self, name: &str) -> Traced {
        let request = self.request;
        plain(name, &self.directory, request, || request.configure.substitution(name, request.configuration))
    }
}

fn plain(name: &str, folder: &str, request: &Request, configured: impl FnOnce() -> Option<Traced>) -> Traced {
    // config.status gives each file its own, whatever configure.ac has; before 2.5 the builder's were anybody's to set.
    if let Some(value) = directory(request, name, folder) {
        let is_builder = matches!(name, "builddir" | "top_builddir");
        let own = is_builder.then(configured).flatten().filter(|it| it.text.starts_with('/'));
        return own.unwrap_or_else(|| Traced::plain(value));
    }
    // What a probe finds is not known, but the name tells what kind of program it is.
    let usual = usual(name);
    let is_whole = |it: &Traced| it.text == unknown(&format!("@{name}@"));
    match configured() {
        Some(value) if usual.is_none() || !is_whole(&value) => value,
        _ => Traced::plain(usual.map_or_else(|| unknown(&format!("@{name}@")), str::to_owned)),
    }
}

/// The directories that config.status knows, for a build in the source tree.
fn directory(request: &Request, name: &str, directory: &str) -> Option<String> {
    if !["dir", "_prefix"].iter().any(|it| name.ends_with(it)) {
        return None;
    }
    let (project, top) = (request.project, configured_folder(request));
    let below = directory.strip_prefix(&top).unwrap_or("").trim_start_matches('/');
    let up = if below.is_empty() { ".".to_owned() } else { vec![".."; below.split('/').count()].join("/") };
    let absolute = |folder: &str| {
        if folder.is_empty() { project.root.clone() } else { format!("{}/{folder}", project.root) }
    };
    Some(match name {
        "srcdir" | "builddir" => ".".to_owned(),
        "top_srcdir" | "top_builddir" => up,
        "top_build_prefix" if below.is_empty() => String::new(),
        "top_build_prefix" => format!("{up}/"),
        "abs_srcdir" | "abs_builddir" => absolute(directory),
        "abs_top_srcdir" | "abs_top_builddir" => absolute(&top),
        _ => return None,
    })
}

/// The folder of the configure.ac, else the root.
fn configured_folder(request: &Request) -> String {
    let file = request.configure.file;
    file.map_or(String::new(), |it| folder_of(&request.project.source(it).path).to_owned())
}

/// What autoconf and automake give a variable that nobody sets otherwise.
fn usual(name: &str) -> Option<&'static str> {
    USUAL.iter().find(|it| it.0 == name).map(|it| it.1)
}

const USUAL: &[(&str, &str)] = &[
    ("prefix", "/usr/local"),
    ("exec_prefix", "${prefix}"),
    ("bindir", "${exec_prefix}/bin"),
    ("sbindir", "${exec_prefix}/sbin"),
    ("libexecdir", "${exec_prefix}/libexec"),
    ("libdir", "${exec_prefix}/lib"),
    ("datarootdir", "${prefix}/share"),
    ("datadir", "${datarootdir}"),
    ("sysconfdir", "${prefix}/etc"),
    ("sharedstatedir", "${prefix}/com"),
    ("localstatedir", "${prefix}/var"),
    ("runstatedir", "${localstatedir}/run"),
    ("includedir", "${prefix}/include"),
    ("oldincludedir", "/usr/include"),
    ("infodir", "${datarootdir}/info"),
    ("mandir", "${datarootdir}/man"),
    ("localedir", "${datarootdir}/locale"),
    ("docdir", "${datarootdir}/doc/${PACKAGE}"),
    ("htmldir", "${docdir}"),
    ("dvidir", "${docdir}"),
    ("pdfdir", "${docdir}"),
    ("psdir", "${docdir}"),
    ("SHELL", "/bin/sh"),
    ("EXEEXT", ""),
    ("OBJEXT", "o"),
    ("PATH_SEPARATOR", ":"),
    ("MKDIR_P", "/bin/mkdir -p"),
    ("mkdir_p", "$(MKDIR_P)"),
    ("install_sh", "install-sh"),
    ("mkinstalldirs", "mkinstalldirs"),
    ("INSTALL", "/usr/bin/install -c"),
    ("INSTALL_PROGRAM", "${INSTALL}"),
    ("INSTALL_SCRIPT", "${INSTALL}"),
    ("INSTALL_DATA", "${INSTALL} -m 644"),
    ("LN_S", "ln -s"),
    ("AWK", "awk"),
    ("GREP", "/bin/grep"),
    ("SED", "/bin/sed"),
    ("AR", "ar"),
    ("RANLIB", "ranlib"),
    ("CC", "gcc"),
    ("CXX", "g++"),
    ("SET_MAKE", ""),
    ("AM_V", "$(V)"),
    ("AM_DEFAULT_V", "$(AM_DEFAULT_VERBOSITY)"),
    ("AM_DEFAULT_VERBOSITY", "1"),
    ("AM_BACKSLASH", "\\"),
    ("AMTAR", "$${TAR-tar}"),
    ("am__include", "include"),
    ("am__quote", ""),
    ("am__leading_dot", "."),
    ("am__isrc", ""),
    ("am__nodep", "_no"),
    ("AMDEPBACKSLASH", "\\"),
    ("DEPDIR", ".deps"),
    ("LIBOBJS", ""),
    ("LTLIBOBJS", ""),
    ("ALLOCA", ""),
    ("DEFS", "-DHAVE_CONFIG_H"),
    ("ECHO_C", ""),
    ("ECHO_N", "-n"),
    ("ECHO_T", ""),
    ("CPPFLAGS", ""),
    ("CFLAGS", "-g -O2"),
    ("CXXFLAGS", "-g -O2"),
    ("LDFLAGS", ""),
    ("LIBS", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_need_a_name_between_the_signs() {
        let text = "a@b.c @X@@Y_TRUE@ @@ @1@ $@@Z@";
        let found: Vec<&str> = references(text).map(|it| it.1).collect();
        assert_eq!(found, ["X", "Y_TRUE", "Z"]);
    }
}
