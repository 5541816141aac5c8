//! What sources of other languages than C include: Texinfo, TeX, AsciiDoc, protocol buffers, Fortran.
//!
//! Includes stand on lines of their own; nothing is expanded.

use super::includes::{self, Include};

/// A format: its suffixes, and the name that a line includes.
type Format = (&'static [&'static str], fn(&str) -> Option<String>);

const FORMATS: [Format; 5] = [
    (&[".texi", ".texinfo", ".txi"], texinfo),
    (&[".tex", ".ltx"], tex),
    (&[".adoc", ".asciidoc", ".asc"], asciidoc),
    (&[".proto"], proto),
    (FORTRAN, fortran),
];

/// Suffixes of Fortran sources.
pub(super) const FORTRAN: &[&str] =
    &[".f90", ".F90", ".f95", ".F95", ".f03", ".F03", ".f08", ".F08", ".f", ".F", ".for", ".FOR", ".ftn"];

/// Whether a name is that of a source in one of these formats.
pub(super) fn is_known(path: &str) -> bool {
    format(path).is_some()
}

fn format(path: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|it| it.0.iter().any(|suffix| path.ends_with(suffix)))
}

/// What a file of this name includes.
pub(super) fn read(path: &str, text: &str) -> Vec<Include> {
    let Some((_, included)) = format(path) else { return includes::read(text) };
    // Fortran's compilers run the preprocessor, too.
    let mut res = if FORTRAN.iter().any(|it| path.ends_with(it)) { includes::read(text) } else { Vec::new() };
    let names = text.lines().filter_map(|it| included(it.trim_start()));
    let plain = names.filter(|it| !it.is_empty() && !it.contains(['\\', '#', '{', '}', '@', '$']));
    res.extend(plain.map(|name| Include { name, quoted: true, conditional: false }));
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
    }
}
