//! Lists of file names after expansion, after GNU make's `parse_file_seq`: quoting, `./`, archive members, wildcards.

use std::ops::Range;

use super::Name;
use super::glob;
use super::spelling::Text;
use super::variables::Expander;
use crate::configure::What;
use crate::source::{Span, normalise};
use crate::syntax::make::scan;
use crate::text::{display, has_unknown};

impl Expander<'_> {
    /// The names in a list; wildcards become the files that match them, where `globbing` and some do.
    pub(crate) fn names(&self, list: &Text, globbing: bool) -> Vec<Name> {
        let mut res = Vec::new();
        for range in split(&list.text) {
            let word = scan::unquote(&list.text[range.clone()], scan::is_space);
            let text = without_dots(&word);
            let span = list.map.place(range);
            if globbing && glob::is_pattern(text) && !has_unknown(text) {
                let found = glob::matches(self.request, text);
                if !found.is_empty() {
                    res.extend(found.into_iter().map(|text| Name { text: without_dots(&text).to_owned(), span }));
                    continue;
                }
            }
            res.push(Name { text: text.to_owned(), span });
        }
        if list.map.has_pieces() {
            self.widen(&mut res);
        }
        let mut res = group_members(res);
        res.shrink_to_fit();
        res
    }

    /// Has the place of a name cover the references beside it that give nothing (`prog$(EXEEXT)`).
    fn widen(&self, names: &mut [Name]) {
        for index in 0..names.len() {
            let Some(span) = names[index].span else { continue };
            let source = self.request.project.source(span.file);
            let wide = with_references(source.text(), span);
            let is_beside =
                |it: &Span| it.file == span.file && *it != span && it.start() < wide.end() && wide.start() < it.end();
            if wide != span && !names.iter().filter_map(|it| it.span).any(|it| is_beside(&it)) {
                names.iter_mut().filter(|it| it.span == Some(span)).for_each(|it| it.span = Some(wide));
            }
        }
    }

    /// Prerequisites: the normal ones and those after the bar.
    pub(crate) fn prerequisites(&self, list: &Text, globbing: bool) -> (Vec<Name>, Vec<Name>) {
        let bar = scan::find_unquoted_plain(&list.text, 0, |it| it == b'|');
        let normal = self.names(&list.slice(0..bar.unwrap_or(list.text.len())), globbing);
        let order_only = match bar {
            Some(bar) => self.names(&list.slice(bar + 1..list.text.len()), globbing),
            None => Vec::new(),
        };
        (normal, order_only)
    }

    /// `$(wildcard)`.
    pub(crate) fn wildcard(&mut self, patterns: &str) -> String {
        if has_unknown(patterns) {
            return super::functions::spelt("wildcard", &[patterns.to_owned()]);
        }
        let mut res: Vec<String> = Vec::new();
        for range in split(patterns) {
            let pattern = scan::unquote(&patterns[range], scan::is_space);
            match is_outside(&normalise(&self.request.project.root, self.request.directory, &pattern)) {
                true => {
                    let call = super::functions::spelt("wildcard", &[pattern.into_owned()]);
                    self.note(What::Value, &display(&call));
                    res.push(call);
                }
                false => {
                    let found = glob::matches(self.request, &pattern);
                    if let Some(book) = self.book.as_mut().filter(|_| found.is_empty()) {
                        book.sought.insert(without_dots(&pattern).to_owned());
                    }
                    res.extend(found);
                }
            }
        }
        res.join(" ")
    }

    /// `$(abspath)`, or `$(realpath)` of what exists in the tree.
    pub(crate) fn absolute(&mut self, names: &str, existing: bool) -> String {
        let mut res: Vec<String> = Vec::new();
        let (project, directory) = (self.request.project, self.request.directory);
        for name in super::functions::words(names) {
            // Where the folder is known in which the unknown part stands, that part is as good as a name.
            let known = name.split(crate::text::is_unknown_char).next().unwrap_or_default();
            if has_unknown(name) && (existing || !known.contains('/')) {
                let function = if existing { "realpath" } else { "abspath" };
                res.push(super::functions::spelt(function, &[name.to_owned()]));
                continue;
            }
            let path = normalise(&project.root, directory, name);
            let absolute = match path.as_str() {
                "" => project.root.clone(),
                path if path.starts_with('/') => path.to_owned(),
                path => normalise("//", "", &format!("{}/{path}", project.root)),
            };
            match existing {
                true if is_outside(&path) => res.push(super::functions::spelt("realpath", &[name.to_owned()])),
                true if !project.exists(&path) && !self.was_made(&path) => {}
                _ => res.push(absolute),
            }
        }
        res.join(" ")
    }

    /// Whether a command that was run while the makefile is read makes this folder.
    fn was_made(&self, path: &str) -> bool {
        let place =
            |it: &str| normalise(&self.request.project.root, self.request.directory, it.trim_matches(['"', '\'']));
        let makers = self.commands.iter().filter(|it| it.contains("mkdir"));
        makers.flat_map(|it| it.split_whitespace()).any(|it| !it.starts_with('-') && place(it) == path)
    }
}

/// A place with the references that touch it: `$(X)`, `${X}` and, in templates, `@X@`.
fn with_references(text: &str, span: Span) -> Span {
    const FURTHEST: usize = 200;
    let bytes = text.as_bytes();
    let (mut start, mut end) = (span.start(), span.end());
    let is_name = |it: &u8| it.is_ascii_alphanumeric() || *it == b'_';
    loop {
        let rest = &bytes[end..];
        let length = match rest {
            [b'$', b'(', ..] => scan::closing(bytes, end + 2, b'(', b')').map(|it| it + 1 - end),
            [b'$', b'{', ..] => scan::closing(bytes, end + 2, b'{', b'}').map(|it| it + 1 - end),
            [b'@', name @ ..] => {
                name.iter().position(|it| !is_name(it)).filter(|it| *it > 0 && name[*it] == b'@').map(|it| it + 2)
            }
            _ => None,
        };
        match length.filter(|it| *it < FURTHEST && !rest[..*it].contains(&b'\n')) {
            Some(length) => end += length,
            None => break,
        }
    }
    loop {
        let before = &bytes[start.saturating_sub(FURTHEST)..start];
        let length = match before {
            [.., b')'] => before.windows(2).rposition(|it| it == b"$(").map(|it| before.len() - it),
            [.., b'}'] => before.windows(2).rposition(|it| it == b"${").map(|it| before.len() - it),
            [name @ .., b'@'] => {
                name.iter().rposition(|it| !is_name(it)).filter(|it| name[*it] == b'@').map(|it| before.len() - it)
            }
            _ => None,
        };
        match length.filter(|it| !before[before.len() - it..].iter().any(u8::is_ascii_whitespace)) {
            Some(length) if length > 2 => start -= length,
            _ => break,
        }
    }
    Span::new(span.file, start, end)
}

/// Whether a normalised path leaves the tree, so that nothing can be said of it.
fn is_outside(path: &str) -> bool {
    path.starts_with('/') || path == ".." || path.starts_with("../")
}

/// The words of a list, with quoted blanks in them.
fn split(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = scan::skip_space(text, at);
        at = scan::find_unquoted_plain(text, start, scan::is_space).unwrap_or(text.len());
        (start < text.len()).then_some(start..at)
    })
}

/// A name without `./` before it.
pub(crate) fn without_dots(name: &str) -> &str {
    let mut rest = name;
    while let Some(below) = rest.strip_prefix("./") {
        let below = below.trim_start_matches('/');
        if below.is_empty() {
            return if rest.len() < name.len() || rest == "./" { "./" } else { rest };
        }
        rest = below;
    }
    rest
}

/// `lib(a b)` is `lib(a) lib(b)`.
fn group_members(names: Vec<Name>) -> Vec<Name> {
    if !names.iter().any(|it| it.text.contains('(') && !it.text.ends_with(')')) {
        return names;
    }
    let mut res: Vec<Name> = Vec::new();
    let mut archive: Option<String> = None;
    for name in names {
        let opened = name.text.find('(').filter(|at| archive.is_none() && *at > 0 && !name.text.ends_with(')'));
        let (member, closed) = match (opened, &archive) {
            (Some(at), _) => {
                archive = Some(name.text[..at].to_owned());
                (name.text[at + 1..].to_owned(), false)
            }
            (None, Some(_)) => {
                let closed = name.text.ends_with(')');
                (name.text.trim_end_matches(')').to_owned(), closed)
            }
            (None, None) => {
                res.push(name);
                continue;
            }
        };
        let whole = archive.as_deref().unwrap_or("");
        if !member.is_empty() {
            res.push(Name { text: format!("{whole}({member})"), span: name.span });
        }
        if closed {
            archive = None;
        }
    }
    res
}
