//! What the macros of m4sugar, m4sh, autoconf, automake, libtool and pkg-config mean here: rows of data.
//!
//! Knows nothing of how a call is read.

/// What a call means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Meaning {
    /// Nothing that matters: messages, definitions of C macros, requirements.
    Nothing,
    /// `(VARIABLE, [VALUE])`: the variable is substituted.
    Substitute,
    /// `(VARIABLE, ...)`: substituted, and a user can give it.
    UserVariable,
    /// `(NAME, test)`: an automake conditional.
    Conditional,
    /// `(NAME, if-true, if-false)` on an automake conditional.
    ConditionalIf,
    /// `(files, ...)` that config.status makes.
    Files,
    /// `(feature, help, given, not-given)`; the shell variables start with this.
    Option { prefix: &'static str, value: &'static str },
    /// `(test, then, test, then..., else)` in shell.
    If,
    /// `(word, pattern, body..., default)`.
    Case,
    /// A probe with bodies from this argument on: if it holds, if it does not.
    Probe(usize),
    /// Commands at this argument that run.
    Run(usize),
    /// `(VARIABLE, program, value-if-found, value-if-not)`.
    Choice,
    /// A search for a program whose first argument is a variable; substituted.
    Program,
    /// `(PREFIX, modules, found, not-found)`: substitutes PREFIX_CFLAGS and PREFIX_LIBS.
    Package,
    /// `([yes])`: how much automake's rules print.
    SilentRules,
    /// `AC_INIT`.
    Init,
    /// `AM_INIT_AUTOMAKE`.
    InitAutomake,
    /// `(name)`: an object of its own for a function that the system lacks.
    Object,
    /// `(folder)` of the sources of such objects.
    ObjectFolder,
    /// `(function...)`: such an object for each that the system lacks.
    Replacements,
    /// Substitutes these with values of its own.
    Sets(&'static [&'static str]),
    /// `(name, body)`: defines a macro.
    Define,
    /// `(new, old)`.
    Alias,
    /// `(macro)` that must have been called.
    Require,
    /// `(file)`.
    Include,
    /// `(folder...)` of macros.
    Folders,
    /// `(a, b, equal, [c, d, equal...], other)`.
    Compare,
    /// `(text, if-not-empty, if-empty)`.
    IfValue,
    /// `(text, if-empty, if-not-empty)`.
    IfBlank,
    /// `(macro, if-defined, if-not)`.
    IfDefined,
    /// `(text, default)`.
    Default,
    /// `(variable, list, body)`, the list with commas.
    Foreach,
    /// `(variable, list, body)`, the list with blanks.
    ForeachWord,
    /// `(variable, value)`.
    Set,
    /// `(variable, text)`.
    Append,
    /// `(variable, value, equal, other)`.
    VariableIf,
    /// `(macro, name)`: the macro stands for the variable.
    NameMacro,
    /// `(macro, variable, list, body)`: a loop of the shell.
    For,
    /// `(folder)`: the default of `--prefix`.
    Prefix,
    /// The text of the arguments as it is.
    Verbatim,
    /// `(open, close)`.
    Quoting,
    /// Always this text.
    Text(&'static str),
    /// The argument as the name of a variable.
    Identifier,
    /// The argument in other letters.
    Letters { upper: bool },
}

use Meaning::*;

/// Rows, sorted by name.
const ROWS: &[(&str, Meaning)] = &[
    ("AC_ARG_ENABLE", Option { prefix: "enable_", value: "enableval" }),
    ("AC_ARG_VAR", UserVariable),
    ("AC_ARG_WITH", Option { prefix: "with_", value: "withval" }),
    ("AC_BEFORE", Nothing),
    ("AC_CACHE_CHECK", Run(2)),
    ("AC_CACHE_VAL", Run(1)),
    ("AC_CANONICAL_BUILD", Sets(BUILD)),
    ("AC_CANONICAL_HOST", Sets(HOST)),
    ("AC_CANONICAL_SYSTEM", Sets(TARGET)),
    ("AC_CANONICAL_TARGET", Sets(TARGET)),
    ("AC_CHECK_ALIGNOF", Nothing),
    ("AC_CHECK_DECL", Probe(1)),
    ("AC_CHECK_DECLS", Probe(1)),
    ("AC_CHECK_DECLS_ONCE", Nothing),
    ("AC_CHECK_FILE", Probe(1)),
    ("AC_CHECK_FILES", Probe(1)),
    ("AC_CHECK_FUNC", Probe(1)),
    ("AC_CHECK_FUNCS", Probe(1)),
    ("AC_CHECK_FUNCS_ONCE", Nothing),
    ("AC_CHECK_HEADER", Probe(1)),
    ("AC_CHECK_HEADERS", Probe(1)),
    ("AC_CHECK_HEADERS_ONCE", Nothing),
    ("AC_CHECK_LIB", Probe(2)),
    ("AC_CHECK_MEMBER", Probe(1)),
    ("AC_CHECK_MEMBERS", Probe(1)),
    ("AC_CHECK_PROG", Choice),
    ("AC_CHECK_PROGS", Program),
    ("AC_CHECK_SIZEOF", Nothing),
    ("AC_CHECK_TARGET_TOOL", Program),
    ("AC_CHECK_TARGET_TOOLS", Program),
    ("AC_CHECK_TOOL", Program),
    ("AC_CHECK_TOOLS", Program),
    ("AC_CHECK_TYPE", Probe(1)),
    ("AC_CHECK_TYPES", Probe(1)),
    ("AC_COMPILE_IFELSE", Probe(1)),
    ("AC_COMPUTE_INT", Probe(3)),
    ("AC_CONFIG_AUX_DIR", Nothing),
    ("AC_CONFIG_COMMANDS", Nothing),
    ("AC_CONFIG_COMMANDS_POST", Nothing),
    ("AC_CONFIG_COMMANDS_PRE", Run(0)),
    ("AC_CONFIG_FILES", Files),
    ("AC_CONFIG_HEADER", Files),
    ("AC_CONFIG_HEADERS", Files),
    ("AC_CONFIG_LIBOBJ_DIR", ObjectFolder),
    ("AC_CONFIG_LINKS", Nothing),
    ("AC_CONFIG_MACRO_DIR", Folders),
    ("AC_CONFIG_MACRO_DIRS", Folders),
    ("AC_CONFIG_SRCDIR", Nothing),
    ("AC_CONFIG_SUBDIRS", Sets(&["subdirs"])),
    ("AC_COPYRIGHT", Nothing),
    ("AC_DEFINE", Nothing),
    ("AC_DEFINE_UNQUOTED", Nothing),
    ("AC_DEFUN", Define),
    ("AC_DEFUN_ONCE", Define),
    ("AC_DIAGNOSE", Nothing),
    ("AC_EGREP_CPP", Probe(2)),
    ("AC_EGREP_HEADER", Probe(2)),
    ("AC_EXEEXT", Nothing),
    ("AC_FD_CC", Text("5")),
    ("AC_FD_MSG", Text("6")),
    ("AC_FOREACH", ForeachWord),
    ("AC_HEADER_STDC", Nothing),
    ("AC_INIT", Init),
    ("AC_LANG", Nothing),
    ("AC_LANG_POP", Nothing),
    ("AC_LANG_PUSH", Nothing),
    ("AC_LIBOBJ", Object),
    ("AC_LIBTOOL_DLOPEN", Nothing),
    ("AC_LINK_IFELSE", Probe(1)),
    ("AC_MSG_CHECKING", Nothing),
    ("AC_MSG_ERROR", Text("exit 1")),
    ("AC_MSG_FAILURE", Text("exit 1")),
    ("AC_MSG_NOTICE", Nothing),
    ("AC_MSG_RESULT", Nothing),
    ("AC_MSG_WARN", Nothing),
    ("AC_OUTPUT", Files),
    ("AC_PATH_PROG", Program),
    ("AC_PATH_PROGS", Program),
    ("AC_PATH_TARGET_TOOL", Program),
    ("AC_PATH_TOOL", Program),
    ("AC_PREFIX_DEFAULT", Prefix),
    ("AC_PREPROC_IFELSE", Probe(1)),
    ("AC_PREREQ", Nothing),
    ("AC_PROG_AWK", Sets(&["AWK"])),
    ("AC_PROG_CC", Sets(COMPILER)),
    ("AC_PROG_CC_C99", Sets(COMPILER)),
    ("AC_PROG_CC_STDC", Sets(COMPILER)),
    ("AC_PROG_CPP", Sets(&["CPP", "CPPFLAGS"])),
    ("AC_PROG_CXX", Sets(&["CXX", "CXXFLAGS", "GXX", "CPPFLAGS", "LDFLAGS", "LIBS", "EXEEXT", "OBJEXT", "ac_ct_CXX"])),
    ("AC_PROG_CXXCPP", Sets(&["CXXCPP", "CPPFLAGS"])),
    ("AC_PROG_EGREP", Sets(&["EGREP"])),
    ("AC_PROG_F77", Sets(&["F77", "FFLAGS"])),
    ("AC_PROG_FC", Sets(&["FC", "FCFLAGS"])),
    ("AC_PROG_FGREP", Sets(&["FGREP"])),
    ("AC_PROG_GREP", Sets(&["GREP"])),
    ("AC_PROG_INSTALL", Sets(&["INSTALL", "INSTALL_PROGRAM", "INSTALL_SCRIPT", "INSTALL_DATA"])),
    ("AC_PROG_LEX", Sets(&["LEX", "LEXLIB", "LEX_OUTPUT_ROOT"])),
    ("AC_PROG_LIBTOOL", Sets(LIBTOOL)),
    ("AC_PROG_LN_S", Sets(&["LN_S"])),
    ("AC_PROG_MAKE_SET", Sets(&["SET_MAKE"])),
    ("AC_PROG_MKDIR_P", Sets(&["MKDIR_P"])),
    ("AC_PROG_OBJC", Sets(&["OBJC", "OBJCFLAGS"])),
    ("AC_PROG_RANLIB", Sets(&["RANLIB"])),
    ("AC_PROG_SED", Sets(&["SED"])),
    ("AC_PROG_YACC", Sets(&["YACC", "YFLAGS"])),
    ("AC_PROVIDE", Nothing),
    ("AC_PROVIDE_IFELSE", IfDefined),
    ("AC_REPLACE_FUNCS", Replacements),
    ("AC_REQUIRE", Require),
    ("AC_REVISION", Nothing),
    ("AC_RUN_IFELSE", Probe(1)),
    ("AC_SEARCH_LIBS", Probe(2)),
    ("AC_SUBST", Substitute),
    ("AC_SUBST_FILE", Substitute),
    ("AC_TRY_COMPILE", Probe(2)),
    ("AC_TRY_CPP", Probe(1)),
    ("AC_TRY_LINK", Probe(2)),
    ("AC_TRY_LINK_FUNC", Probe(1)),
    ("AC_TRY_RUN", Probe(1)),
    ("AH_BOTTOM", Nothing),
    ("AH_TEMPLATE", Nothing),
    ("AH_TOP", Nothing),
    ("AH_VERBATIM", Nothing),
    ("AM_CONDITIONAL", Conditional),
    ("AM_COND_IF", ConditionalIf),
    ("AM_CONFIG_HEADER", Files),
    ("AM_INIT_AUTOMAKE", InitAutomake),
    ("AM_MAINTAINER_MODE", Sets(&["MAINT", "MAINTAINER_MODE_TRUE", "MAINTAINER_MODE_FALSE"])),
    ("AM_PATH_PYTHON", Sets(&["PYTHON", "PYTHON_VERSION", "PYTHON_PREFIX", "pythondir", "pyexecdir", "pkgpythondir"])),
    ("AM_PROG_AR", Sets(&["AR"])),
    ("AM_PROG_AS", Sets(&["CCAS", "CCASFLAGS"])),
    ("AM_PROG_CC_C_O", Sets(COMPILER)),
    ("AM_PROG_LEX", Sets(&["LEX", "LEXLIB", "LEX_OUTPUT_ROOT"])),
    ("AM_PROG_LIBTOOL", Sets(LIBTOOL)),
    ("AM_SILENT_RULES", SilentRules),
    ("AS_BOX", Nothing),
    ("AS_CASE", Case),
    ("AS_ECHO", Nothing),
    ("AS_FOR", For),
    ("AS_HELP_STRING", Nothing),
    ("AS_IF", If),
    ("AS_MESSAGE", Nothing),
    ("AS_MESSAGE_FD", Text("6")),
    ("AS_MESSAGE_LOG_FD", Text("5")),
    ("AS_TR_SH", Identifier),
    ("AS_VAR_APPEND", Append),
    ("AS_VAR_COPY", Set),
    ("AS_VAR_IF", VariableIf),
    ("AS_VAR_POPDEF", Nothing),
    ("AS_VAR_PUSHDEF", NameMacro),
    ("AS_VAR_SET", Set),
    ("AU_ALIAS", Alias),
    ("AU_DEFUN", Define),
    ("LT_CONFIG_LTDL_DIR", Nothing),
    ("LT_INIT", Sets(LIBTOOL)),
    ("PKG_CHECK_EXISTS", Probe(1)),
    ("PKG_CHECK_MODULES", Package),
    ("PKG_CHECK_MODULES_STATIC", Package),
    ("PKG_PROG_PKG_CONFIG", Sets(&["PKG_CONFIG", "PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR"])),
    ("_AC_DEFINE", Nothing),
    ("_AC_LANG", Text("C")),
    ("_AC_LANG_ABBREV", Text("c")),
    ("_AC_LANG_PREFIX", Text("C")),
    ("changequote", Quoting),
    ("define", Define),
    ("divert", Nothing),
    ("ifdef", IfDefined),
    ("ifelse", Compare),
    ("include", Include),
    ("m4_append", Nothing),
    ("m4_changequote", Quoting),
    ("m4_copy", Alias),
    ("m4_default", Default),
    ("m4_define", Define),
    ("m4_define_default", Define),
    ("m4_defun", Define),
    ("m4_divert", Nothing),
    ("m4_divert_pop", Nothing),
    ("m4_divert_push", Nothing),
    ("m4_divert_text", Run(1)),
    ("m4_do", Verbatim),
    ("m4_expand", Verbatim),
    ("m4_foreach", Foreach),
    ("m4_foreach_w", ForeachWord),
    ("m4_if", Compare),
    ("m4_ifblank", IfBlank),
    ("m4_ifdef", IfDefined),
    ("m4_ifnblank", IfValue),
    ("m4_ifndef", Nothing),
    ("m4_ifset", IfDefined),
    ("m4_ifval", IfValue),
    ("m4_include", Include),
    ("m4_normalize", Verbatim),
    ("m4_pattern_allow", Nothing),
    ("m4_pattern_forbid", Nothing),
    ("m4_popdef", Nothing),
    ("m4_pushdef", Define),
    ("m4_require", Require),
    ("m4_sinclude", Include),
    ("m4_strip", Verbatim),
    ("m4_tolower", Letters { upper: false }),
    ("m4_toupper", Letters { upper: true }),
    ("m4_undefine", Nothing),
    ("m4_version_prereq", Run(1)),
    ("m4_warn", Nothing),
    ("popdef", Nothing),
    ("pushdef", Define),
    ("sinclude", Include),
    ("undefine", Nothing),
];

const BUILD: &[&str] = &["build", "build_cpu", "build_vendor", "build_os"];
const HOST: &[&str] = &["build", "build_cpu", "build_vendor", "build_os", "host", "host_cpu", "host_vendor", "host_os"];
/// The machines of config.guess and their parts.
pub(super) const TARGET: &[&str] = &[
    "build",
    "build_cpu",
    "build_vendor",
    "build_os",
    "host",
    "host_cpu",
    "host_vendor",
    "host_os",
    "target",
    "target_cpu",
    "target_vendor",
    "target_os",
];
/// What `AC_INIT` substitutes.
pub(super) const PACKAGE: &[&str] =
    &["PACKAGE_NAME", "PACKAGE_TARNAME", "PACKAGE_VERSION", "PACKAGE_STRING", "PACKAGE_BUGREPORT", "PACKAGE_URL"];
/// The objects that stand in for functions of the system.
pub(super) const OBJECTS: &[&str] = &["LIBOBJS", "LTLIBOBJS"];
const COMPILER: &[&str] = &["CC", "CFLAGS", "GCC", "CPPFLAGS", "LDFLAGS", "LIBS", "EXEEXT", "OBJEXT", "ac_ct_CC"];
const LIBTOOL: &[&str] = &[
    "LIBTOOL",
    "LIBTOOL_DEPS",
    "AR",
    "RANLIB",
    "STRIP",
    "NM",
    "LN_S",
    "SED",
    "GREP",
    "EGREP",
    "FGREP",
    "LD",
    "OBJDUMP",
    "DLLTOOL",
    "MANIFEST_TOOL",
    "DSYMUTIL",
    "NMEDIT",
    "LIPO",
    "OTOOL",
    "OTOOL64",
    "LT_SYS_LIBRARY_PATH",
];
/// What `AM_SILENT_RULES` substitutes.
pub(super) const SILENT_RULES: [&str; 4] = ["AM_V", "AM_DEFAULT_V", "AM_DEFAULT_VERBOSITY", "AM_BACKSLASH"];

/// What `AM_INIT_AUTOMAKE` substitutes.
pub(super) const AUTOMAKE: &[&str] = &[
    "PACKAGE",
    "VERSION",
    "ACLOCAL",
    "AUTOCONF",
    "AUTOHEADER",
    "AUTOMAKE",
    "MAKEINFO",
    "AMTAR",
    "CYGPATH_W",
    "INSTALL",
    "INSTALL_PROGRAM",
    "INSTALL_SCRIPT",
    "INSTALL_DATA",
    "INSTALL_STRIP_PROGRAM",
    "STRIP",
    "MKDIR_P",
    "mkdir_p",
    "install_sh",
    "AWK",
    "SET_MAKE",
    "DEPDIR",
    "am__leading_dot",
    "am__isrc",
    "am__tar",
    "am__untar",
    "am__include",
    "am__quote",
    "AMDEPBACKSLASH",
    "am__nodep",
    "am__fastdepCC_TRUE",
    "am__fastdepCC_FALSE",
    "CCDEPMODE",
    "CXXDEPMODE",
    "AMDEP_TRUE",
    "AMDEP_FALSE",
    "AM_V",
    "AM_DEFAULT_V",
    "AM_DEFAULT_VERBOSITY",
    "AM_BACKSLASH",
    "CTAGS",
    "ETAGS",
    "CSCOPE",
    "am__rm_f_notfound",
    "am__xargs_n",
];

/// What a macro means, if it is a known one.
pub(super) fn meaning(name: &str) -> std::option::Option<Meaning> {
    ROWS.binary_search_by(|it| it.0.cmp(name)).ok().map(|it| ROWS[it].1)
}

/// The beginnings of names that only macros have.
const PREFIXES: &[&str] =
    &["AC_", "AS_", "AM_", "AX_", "AU_", "AH_", "AT_", "LT_", "m4_", "_AC_", "_AM_", "_AS_", "_LT_"];

/// Whether a name looks like a macro's.
pub(super) fn has_macro_prefix(name: &str) -> bool {
    PREFIXES.iter().any(|it| name.len() > it.len() && name.starts_with(it))
}

/// Whether a name before `(` looks like a macro's: a project's own prefix, then words.
pub(super) fn looks_called(name: &str) -> bool {
    let known = has_macro_prefix(name) || meaning(name).is_some();
    let upper =
        name.contains('_') && name.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_');
    let mixed = name.split_once('_').is_some_and(|(prefix, rest)| {
        prefix.len() >= 2
            && prefix.bytes().all(|it| it.is_ascii_alphanumeric())
            && rest.len() > 3
            && rest.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_')
    });
    known || upper || mixed
}

/// The variables that configure itself sets: those of the installation folders, as make text.
pub(super) const PRELUDE: &str = r"prefix=NONE
exec_prefix=NONE
ac_default_prefix=/usr/local
bindir='${exec_prefix}/bin'
sbindir='${exec_prefix}/sbin'
libexecdir='${exec_prefix}/libexec'
datarootdir='${prefix}/share'
datadir='${datarootdir}'
sysconfdir='${prefix}/etc'
sharedstatedir='${prefix}/com'
localstatedir='${prefix}/var'
runstatedir='${localstatedir}/run'
includedir='${prefix}/include'
oldincludedir='/usr/include'
docdir='${datarootdir}/doc/${PACKAGE_TARNAME}'
infodir='${datarootdir}/info'
htmldir='${docdir}'
dvidir='${docdir}'
pdfdir='${docdir}'
psdir='${docdir}'
libdir='${exec_prefix}/lib'
localedir='${datarootdir}/locale'
mandir='${datarootdir}/man'
srcdir=.
top_srcdir=.
builddir=.
top_builddir=.
top_build_prefix=
program_transform_name='s,x,x,'
PATH_SEPARATOR=:
cross_compiling=no
CPPFLAGS=
LDFLAGS=
LIBS=
";

/// What configure does last.
pub(super) const POSTLUDE: &str = r#"test "x$prefix" = xNONE && prefix=$ac_default_prefix
test "x$exec_prefix" = xNONE && exec_prefix='${prefix}'
"#;

/// Names that are substituted in every tree, those of the prelude apart.
pub(super) const ALWAYS: &[&str] = &[
    "SHELL",
    "DEFS",
    "LIBS",
    "ECHO_C",
    "ECHO_N",
    "ECHO_T",
    "build_alias",
    "host_alias",
    "target_alias",
    "abs_srcdir",
    "abs_top_srcdir",
    "abs_builddir",
    "abs_top_builddir",
    "configure_input",
    "LIBOBJS",
    "LTLIBOBJS",
];

/// Whether every configure substitutes a name.
pub(super) fn is_always_substituted(name: &str) -> bool {
    let own = ["ac_default_prefix", "cross_compiling", "CPPFLAGS", "LDFLAGS"];
    let set = PRELUDE.lines().filter_map(|it| it.split_once('=')).map(|it| it.0);
    ALWAYS.contains(&name) || set.filter(|it| !own.contains(it)).any(|it| it == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted() {
        assert!(ROWS.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn macros_are_told_from_shell_functions() {
        assert!(looks_called("JUNO_CHECK") && looks_called("gl_FUNC_X") && looks_called("AX_foo"));
        assert!(!looks_called("as_echo") && !looks_called("usage") && !looks_called("MAIN"));
        assert!(has_macro_prefix("AC_X") && !has_macro_prefix("AC_") && !has_macro_prefix("CFLAGS"));
    }
}
