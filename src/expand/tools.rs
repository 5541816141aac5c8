//! The programs that variables of usual names (`CC`, `HOSTCC`, `OBJCOPY`) stand for where nobody gives them a value.
//!
//! Knows names only.

use std::ops::Range;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::syntax::make::scan;

const TOOLS: [(&str, &str); 79] = [
    ("CC", "cc"),
    ("CXX", "c++"),
    ("CPP", "cpp"),
    ("LD", "ld"),
    ("AR", "ar"),
    ("AS", "as"),
    ("NM", "nm"),
    ("RANLIB", "ranlib"),
    ("STRIP", "strip"),
    ("OBJCOPY", "objcopy"),
    ("OBJDUMP", "objdump"),
    ("READELF", "readelf"),
    ("WINDRES", "windres"),
    ("DLLTOOL", "dlltool"),
    ("NASM", "nasm"),
    ("YASM", "yasm"),
    ("DTC", "dtc"),
    ("FC", "gfortran"),
    ("F77", "gfortran"),
    ("F90", "gfortran"),
    ("F95", "gfortran"),
    ("FORT", "gfortran"),
    ("FORTRAN", "gfortran"),
    ("MPICC", "mpicc"),
    ("MPICXX", "mpicxx"),
    ("MPIF90", "mpif90"),
    ("YACC", "yacc"),
    ("BISON", "bison"),
    ("LEX", "lex"),
    ("FLEX", "flex"),
    ("GPERF", "gperf"),
    ("RAGEL", "ragel"),
    ("RE2C", "re2c"),
    ("SWIG", "swig"),
    ("PROTOC", "protoc"),
    ("RPCGEN", "rpcgen"),
    ("MOC", "moc"),
    ("UIC", "uic"),
    ("OCAMLC", "ocamlc"),
    ("OCAMLOPT", "ocamlopt"),
    ("OCAMLLEX", "ocamllex"),
    ("OCAMLYACC", "ocamlyacc"),
    ("JAVAC", "javac"),
    ("M4", "m4"),
    ("SED", "sed"),
    ("AWK", "awk"),
    ("GAWK", "gawk"),
    ("PERL", "perl"),
    ("PYTHON", "python"),
    ("PYTHON3", "python3"),
    ("TAR", "tar"),
    ("CP", "cp"),
    ("LN", "ln"),
    ("MKDIR", "mkinstalldirs"),
    ("TOUCH", "touch"),
    ("CAT", "cat"),
    ("GREP", "grep"),
    ("ECHO", "echo"),
    ("MV", "mv"),
    ("LN_S", "ln"),
    ("INSTALL", "install"),
    ("INSTALL_PROGRAM", "install"),
    ("INSTALL_SCRIPT", "install"),
    ("INSTALL_DATA", "install"),
    ("MKDIR_P", "mkinstalldirs"),
    ("MKINSTALLDIRS", "mkinstalldirs"),
    ("LIBTOOL", "libtool"),
    ("RUBY", "ruby"),
    ("GLIB_MKENUMS", "glib-mkenums"),
    ("GLIB_GENMARSHAL", "glib-genmarshal"),
    ("GLIB_COMPILE_RESOURCES", "glib-compile-resources"),
    ("GDBUS_CODEGEN", "gdbus-codegen"),
    ("VALAC", "valac"),
    ("XSLTPROC", "xsltproc"),
    ("MSGFMT", "msgfmt"),
    ("WAYLAND_SCANNER", "wayland-scanner"),
    ("INTLTOOL_MERGE", "intltool-merge"),
    ("INTLTOOL_EXTRACT", "intltool-extract"),
    ("INTLTOOL_UPDATE", "intltool-update"),
];

/// The program that a variable stands for by its name, also where the name says for which machine or package: `HOSTCC`,
/// `CC_FOR_BUILD`, `TARGET_AR`, `xy_LIBTOOL`.
pub fn usual_tool(variable: &str) -> Option<&'static str> {
    const BEFORE: [&str; 8] = ["HOST_", "HOST", "BUILD_", "BUILD", "TARGET_", "TARGET", "NATIVE_", "CROSS_"];
    const AFTER: [&str; 4] = ["_FOR_BUILD", "_FOR_TARGET", "_FOR_HOST", "_BUILD"];
    static KNOWN: LazyLock<FxHashMap<&str, &str>> = LazyLock::new(|| TOOLS.into_iter().collect());
    let known = |name: &str| KNOWN.get(name).copied();
    let before = || BEFORE.iter().filter_map(|it| variable.strip_prefix(it)).find_map(known);
    let after = || AFTER.iter().filter_map(|it| variable.strip_suffix(it)).find_map(known);
    // A package goes by lower-case letters: `PRE_INSTALL` says when, `NO_STRIP` whether.
    let of_package = |at: usize| variable[..at].bytes().any(|it| it.is_ascii_lowercase());
    let parts = || variable.match_indices('_').filter(|it| of_package(it.0)).map(|it| &variable[it.0 + 1..]);
    let package = || parts().filter(|it| it.len() > 3).find_map(known);
    known(variable).or_else(before).or_else(after).or_else(package)
}

/// The name under which the environment of a recipe has the tool for which a program is called: none that a shell can set.
pub fn called_for(program: &str) -> String {
    format!("{program} is called for")
}

/// The references in a recipe line that are the first word of a command, with the names of their variables.
pub(crate) fn called(line: &str) -> Vec<(Range<usize>, &str)> {
    let bytes = line.as_bytes();
    let mut res = Vec::new();
    let mut first = true;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'$' if bytes.get(at + 1) == Some(&b'$') => {
                first = false;
                at += 2;
            }
            b'$' => {
                let end = scan::skip_reference(line, at).min(line.len());
                let name = line.get(at + 2..end.saturating_sub(1)).unwrap_or_default();
                let ends = bytes.get(end).is_some_and(|it| matches!(it, b' ' | b'\t'));
                if first && ends {
                    res.push((at..end, name));
                }
                at = end;
            }
            it => {
                let assigned = if first { assignment(&line[at..]) } else { 0 };
                first = match it {
                    b';' | b'&' | b'|' | b'(' | b'{' | b'\n' => true,
                    b' ' | b'\t' | b'@' | b'-' | b'+' | b'\\' => first,
                    _ => assigned > 0,
                };
                at += assigned.max(1);
            }
        }
    }
    res
}

/// The length of an assignment (`LC_ALL=C`) before a command, 0 if there is none.
fn assignment(rest: &str) -> usize {
    let name = rest.bytes().take_while(|it| it.is_ascii_alphanumeric() || *it == b'_').count();
    let value = rest[name..].strip_prefix('=').filter(|_| name > 0 && !rest.as_bytes()[0].is_ascii_digit());
    let end = value.and_then(|it| it.find([' ', '\t', '\'', '"', '`', '$', ';', '&', '|']));
    match end.filter(|at| value.is_some_and(|it| it[*at..].starts_with([' ', '\t']))) {
        Some(end) => name + 1 + end,
        None => 0,
    }
}

/// The name in the reference to a variable that is the first word of a text, and the other words.
pub(crate) fn first_reference(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let after = text.strip_prefix("$(").and_then(|it| it.split_once(')'));
    let (name, rest) = after.or_else(|| text.strip_prefix("${").and_then(|it| it.split_once('}')))?;
    let is_word = rest.is_empty() || rest.starts_with([' ', '\t']);
    (is_word && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')).then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_by_the_names_of_their_variables() {
        let known = [
            ("CC", "cc"),
            ("HOSTCC", "cc"),
            ("CC_FOR_BUILD", "cc"),
            ("HOST_LD", "ld"),
            ("OBJCOPY", "objcopy"),
            ("xy_LIBTOOL", "libtool"),
        ];
        for (variable, tool) in known {
            assert_eq!(usual_tool(variable), Some(tool));
        }
        assert!(["Q", "SUDO", "HOST", "GHOSTCC", "cc", "PRE_INSTALL"].iter().all(|it| usual_tool(it).is_none()));
    }

    #[test]
    fn tools_that_a_line_calls() {
        let names = |line| called(line).into_iter().map(|it| it.1).collect::<Vec<_>>();
        let line = "@$(Q)$(CC) -c x.c && ${OBJCOPY} a b; echo $(LD) $$(CC) $(if $(AS) ,x)";
        assert_eq!(names(line), ["CC", "OBJCOPY"]);
        assert_eq!(names("$(CC)x -c; $(CC)"), [""; 0]);
        assert_eq!(names("LC_ALL=C $(AWK) -f x; A='b c' $(CC) x; a = $(SED) x"), ["AWK"]);
    }
}
