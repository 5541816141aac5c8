//! What sources of other languages than C include or import: Texinfo, TeX, AsciiDoc, XML, protocol buffers, Fortran, Haskell,
//! and the programs that interpreters run.
//!
//! Includes stand on lines of their own; nothing is expanded.

use super::includes::{self, Include};

/// A format: its suffixes, and the names that a line includes, one of which will be there.
type Format = (&'static [&'static str], fn(&str) -> Vec<String>);

const FORMATS: [Format; 11] = [
    (&[".texi", ".texinfo", ".txi"], |it| texinfo(it).into_iter().collect()),
    (&[".tex", ".ltx"], |it| tex(it).into_iter().collect()),
    (&[".adoc", ".asciidoc", ".asc"], |it| asciidoc(it).into_iter().collect()),
    (XML, xml),
    (&[".proto"], |it| proto(it).into_iter().collect()),
    (FORTRAN, |it| fortran(it).into_iter().collect()),
    (ASSEMBLER, |it| assembler(it).into_iter().collect()),
    (HASKELL, haskell),
    (PROGRAMS[0], python),
    (PROGRAMS[1], perl),
    (PROGRAMS[2], ruby),
];

/// Suffixes of programs that interpreters run: Python's, Perl's, Ruby's.
const PROGRAMS: [&[&str]; 3] = [&[".py"], &[".pl", ".pm", ".PL"], &[".rb"]];

/// Suffixes of assemblers' sources.
const ASSEMBLER: &[&str] = &[".s", ".S", ".sx", ".asm", ".inc", ".z80"];

/// Suffixes of XML's documents.
const XML: &[&str] = &[".xml", ".xsl", ".xslt", ".docbook", ".dbk", ".sgml", ".ent"];

/// Suffixes of Haskell's sources.
pub(super) const HASKELL: &[&str] = &[".hs", ".lhs"];

/// Suffixes of Fortran sources.
pub(super) const FORTRAN: &[&str] =
    &[".f90", ".F90", ".f95", ".F95", ".f03", ".F03", ".f08", ".F08", ".f", ".F", ".for", ".FOR", ".ftn"];

/// Whether a name is that of a source in one of these formats.
pub(super) fn is_known(path: &str) -> bool {
    format(path).is_some()
}

/// Whether a name is that of a program that an interpreter runs.
pub(super) fn is_program(path: &str) -> bool {
    PROGRAMS.iter().flat_map(|it| it.iter()).any(|it| path.ends_with(it))
}

/// Whether a name is that of a program that may print sources.
pub(crate) fn is_printer(path: &str) -> bool {
    is_program(path) || [".sh", ".awk", ".tcl", ".lua", ".js"].iter().any(|it| path.ends_with(it))
}

fn format(path: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|it| it.0.iter().any(|suffix| path.ends_with(suffix)))
}

/// What a file of this name includes.
pub(super) fn read(path: &str, text: &str) -> Vec<Include> {
    let path = path.strip_suffix(".in").unwrap_or(path);
    let Some((_, included)) = format(path) else { return includes::read(text) };
    // Fortran's compilers and assemblers run the preprocessor, too.
    let is_preprocessed = FORTRAN.iter().chain(ASSEMBLER).any(|it| path.ends_with(it));
    let mut res = if is_preprocessed { includes::read(text) } else { Vec::new() };
    let is_program = is_program(path);
    let bare =
        XML.iter().any(|it| path.ends_with(it)).then(|| without(&without(text, "<!--", "-->"), "<![CDATA[", "]]>"));
    for line in bare.as_deref().unwrap_or(text).lines() {
        let plain = |it: &String| !it.is_empty() && !it.contains(['\\', '#', '{', '}', '@', '$']);
        let names = included(line.trim_start()).into_iter().filter(plain);
        // In a function or a branch.
        let conditional = is_program && line.starts_with([' ', '\t']);
        res.extend(names.map(|name| Include { name, quoted: true, otherwise: conditional, ..Include::default() }));
    }
    res
}

fn texinfo(line: &str) -> Option<String> {
    let name = ["@include", "@verbatiminclude"].iter().find_map(|it| line.strip_prefix(it))?;
    Some(name.strip_prefix([' ', '\t'])?.trim().to_owned())
}

fn tex(line: &str) -> Option<String> {
    let rest = ["\\input", "\\include", "\\subfile", "\\verbatiminput"].iter().find_map(|it| line.strip_prefix(it))?;
    let name = match rest.strip_prefix('{') {
        Some(inside) => inside.split_once('}')?.0,
        None => rest.strip_prefix(' ')?.split_whitespace().next()?,
    };
    let has_suffix = name.rsplit('/').next()?.contains('.');
    Some(if has_suffix { name.to_owned() } else { format!("{name}.tex") })
}

fn asciidoc(line: &str) -> Option<String> {
    Some(line.strip_prefix("include::")?.split_once('[')?.0.to_owned())
}

/// `<!ENTITY name SYSTEM "x">`, `<xi:include href="x"/>` or `<xsl:import href="x"/>`
fn xml(line: &str) -> Vec<String> {
    let quoted = |text: &str| {
        let quote = text.trim_start().chars().next().filter(|it| ['"', '\''].contains(it))?;
        text.trim_start()[1..].split_once(quote).map(|it| it.0.to_owned())
    };
    let after = |tag: &'static str, word: &'static str| {
        let tags = line.match_indices(tag).map(|it| line[it.0..].split('>').next().unwrap_or_default());
        tags.filter_map(move |it| quoted(it.split_once(word)?.1))
    };
    let linked = ["<xi:include", "<xsl:import", "<xsl:include"].into_iter().flat_map(|it| after(it, "href="));
    after("<!ENTITY", "SYSTEM").chain(linked).filter(|it| !it.contains("://")).collect()
}

/// A text without the parts between two marks.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut res = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once(open) {
        res.push_str(before);
        rest = inside.split_once(close).map_or("", |it| it.1);
    }
    res + rest
}

fn proto(line: &str) -> Option<String> {
    let rest = line.strip_prefix("import")?.trim_start();
    let rest = ["public", "weak"].iter().find_map(|it| rest.strip_prefix(it)).unwrap_or(rest);
    Some(rest.trim_start().strip_prefix('"')?.split_once('"')?.0.to_owned())
}

fn fortran(line: &str) -> Option<String> {
    let word = line.get(..7).filter(|it| it.eq_ignore_ascii_case("include"))?;
    let rest = line[word.len()..].trim_start();
    let quote = rest.chars().next().filter(|it| ['\'', '"'].contains(it))?;
    Some(rest[1..].split_once(quote)?.0.to_owned())
}

/// `.include "x"`, `incbin "x"`
fn assembler(line: &str) -> Option<String> {
    let line = line.strip_prefix('.').unwrap_or(line);
    let word =
        ["include", "incbin"].iter().find_map(|it| line.get(..it.len()).filter(|is| is.eq_ignore_ascii_case(it)))?;
    let rest = line[word.len()..].trim_start().strip_prefix('"')?;
    Some(rest.split_once('"')?.0.to_owned())
}

/// `import qualified A.B`
fn haskell(line: &str) -> Vec<String> {
    let mut words = line.split([' ', '\t', '(', ';']).filter(|it| !it.is_empty());
    let imports = words.next() == Some("import");
    let name = words.find(|it| !["safe", "qualified", "{-#", "SOURCE", "#-}"].contains(it)).filter(|_| imports);
    let path = name.filter(|it| it.starts_with(|it: char| it.is_ascii_uppercase())).map(|it| it.replace('.', "/"));
    path.iter().flat_map(|path| HASKELL.iter().map(move |suffix| format!("{path}{suffix}"))).collect()
}

/// `import a.b, c as d` or `from a import b, c`
fn python(line: &str) -> Vec<String> {
    let module = |it: &str| -> Vec<String> {
        let name = it.split_whitespace().next().unwrap_or_default().trim_start_matches('.');
        let path = name.replace('.', "/");
        let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '.';
        let is_module = !name.is_empty() && name.chars().all(is_name);
        if is_module { vec![format!("{path}.py"), format!("{path}/__init__.py")] } else { Vec::new() }
    };
    let line = line.split('#').next().unwrap_or_default();
    match (line.strip_prefix("import "), line.strip_prefix("from ").and_then(|it| it.split_once(" import "))) {
        (Some(list), _) => list.split(',').flat_map(module).collect(),
        (None, Some((from, names))) => {
            let from = from.trim();
            let prefix = if from.trim_start_matches('.').is_empty() { String::new() } else { format!("{from}.") };
            let names = names.trim_matches(['(', ')', ' ']).split(',').filter(|it| !it.trim().is_empty());
            module(from).into_iter().chain(names.flat_map(|it| module(&format!("{prefix}{}", it.trim())))).collect()
        }
        _ => Vec::new(),
    }
}

/// `use A::B` or `require "a.pl"`
fn perl(line: &str) -> Vec<String> {
    let Some(rest) = ["use ", "require ", "do "].iter().find_map(|it| line.strip_prefix(it)) else { return Vec::new() };
    let rest = rest.trim_start();
    let quoted = rest.strip_prefix(['"', '\'']).and_then(|it| it.split_once(['"', '\'']));
    match quoted {
        Some((name, _)) => vec![name.to_owned()],
        None if line.starts_with("do ") => Vec::new(),
        None => {
            let name = rest.split([' ', ';', '\t', '(']).next().unwrap_or_default();
            let is_name = name.starts_with(|it: char| it.is_ascii_alphabetic()) && !name.contains('.');
            if is_name { vec![format!("{}.pm", name.replace("::", "/"))] } else { Vec::new() }
        }
    }
}

/// `require "a"`
fn ruby(line: &str) -> Vec<String> {
    let rest = ["require_relative", "require", "load"].iter().find_map(|it| line.strip_prefix(it));
    let quoted = rest.map(|it| it.trim_start_matches(['(', ' '])).and_then(|it| it.strip_prefix(['"', '\'']));
    let name = quoted.and_then(|it| it.split_once(['"', '\''])).map(|it| it.0);
    name.map(|it| format!("{}.rb", it.trim_end_matches(".rb"))).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_include() {
        let names = |path, text| read(path, text).into_iter().map(|it| it.name).collect::<Vec<_>>();
        assert_eq!(names("a.texi", "@include version.texi\n@verbatiminclude x\n@included y\n"), ["version.texi", "x"]);
        assert_eq!(names("a.tex", "\\input{part}\n\\input gen.tex\n\\inputencoding x\n"), ["part.tex", "gen.tex"]);
        assert_eq!(names("a.adoc", "include::v.adoc[lines=1]\ninclude::{x}[]\n"), ["v.adoc"]);
        assert_eq!(names("a.proto", "import \"b.proto\";\nimport public 'x';\n"), ["b.proto"]);
        assert_eq!(names("a.f90", "  INCLUDE 'p.h'\n#include \"q.h\"\n  includes = 1\n"), ["q.h", "p.h"]);
        assert_eq!(names("a.c", "#include <q.h>\n"), ["q.h"]);
        let text = "#include \"a.h\"\n .include \"b.inc\"\n\tINCBIN \"c.bin\", 3\nincludes \"d\"\n";
        assert_eq!(names("a.s", text), ["a.h", "b.inc", "c.bin"]);
        assert_eq!(names("a.hs", "import qualified A.B as C\nimported = 1\n"), ["A/B.hs", "A/B.lhs"]);
        assert_eq!(names("a.py", "import a, b.c as d # x\n"), ["a.py", "a/__init__.py", "b/c.py", "b/c/__init__.py"]);
        assert_eq!(names("a.py", "from . import a\n"), ["a.py", "a/__init__.py"]);
        let from = ["p/q.py", "p/q/__init__.py", "p/q/r.py", "p/q/r/__init__.py"];
        assert_eq!(names("a.py", "from p.q import (r)\n"), from);
        assert_eq!(
            names("a.pl", "use strict;\nuse A::B qw(c);\nrequire './d.pl';\nuse 5.010;\n"),
            ["strict.pm", "A/B.pm", "./d.pl"]
        );
        assert_eq!(names("a.rb", "require_relative 'x/y'\nrequire \"z.rb\"\n"), ["x/y.rb", "z.rb"]);
    }
}
