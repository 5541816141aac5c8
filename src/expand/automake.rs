//! The rules that automake would make of a `Makefile.am`, as make text: those that order jobs or make files.
//!
//! Knows the uniform naming scheme of the automake manual ("The Uniform Naming Scheme", "Program and Library
//! Variables", "Install", "Subdirectories"); leaves out distribution, cleaning and dependency tracking.

mod goals;
mod harness;
mod languages;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::source::name_of;
use crate::text::has_unknown;

/// What the generated rules depend on.
pub(super) struct Am<'a> {
    /// The expanded value of a variable, empty where it is not set.
    pub(super) value: &'a dyn Fn(&str) -> String,
    /// What the makefile itself gives a variable, unexpanded.
    pub(super) spelt: &'a dyn Fn(&str) -> Option<String>,
    /// The same before configure's values are put in.
    pub(super) written: &'a dyn Fn(&str) -> Option<String>,
    /// The names of all variables.
    pub(super) names: &'a BTreeSet<String>,
    /// Whether the makefile has a rule for a target of its own.
    pub(super) defines: &'a dyn Fn(&str) -> bool,
    /// Whether one of these has a recipe.
    pub(super) has_recipe: &'a dyn Fn(&str) -> bool,
    /// Whether a word stands in the makefile.
    pub(super) mentions: &'a dyn Fn(&str) -> bool,
    /// A path as one of the makefile's folder, where it lies there (`../src/x` in `src`).
    pub(super) own: &'a dyn Fn(&str) -> String,
}

impl Am<'_> {
    /// Whether what is made of a source below lies beside the source.
    fn keeps_folders(&self) -> bool {
        (self.value)("AUTOMAKE_OPTIONS").contains("subdir-objects")
    }
}

/// What automake adds to a makefile, as make text.
pub(super) struct Made {
    pub(super) rules: String,
    /// Variables that rules of the makefile may name (`prog_OBJECTS`).
    pub(super) variables: String,
}

/// What a variable `where_PRIMARY` lists.
struct List {
    variable: String,
    /// `bin`, `noinst`, `check`, `EXTRA`, `pkgdata`...
    place: String,
    primary: &'static str,
}

/// In the order in which `all-am` names their files.
const PRIMARIES: &[&str] =
    &["LIBRARIES", "LTLIBRARIES", "PROGRAMS", "SCRIPTS", "PYTHON", "JAVA", "MANS", "DATA", "HEADERS"];
const PREFIXES: &[&str] = &["dist_", "nodist_", "nobase_", "notrans_"];
/// Folders of `install-exec`, beside those with `exec` in their names; all others are of `install-data`.
const EXEC: &[&str] = &["bin", "sbin", "lib", "pkglib", "sysconf", "localstate"];

fn is_exec(place: &str) -> bool {
    EXEC.contains(&place) || place.contains("exec")
}

/// Variables with which rules of a makefile may compile and link, where it has none of its own.
pub(super) const TOOLS: &str = "\
COMPILE = $(CC) -I. -I$(srcdir) $(INCLUDES) $(AM_CPPFLAGS) $(CPPFLAGS) $(AM_CFLAGS) $(CFLAGS)
CXXCOMPILE = $(CXX) -I. -I$(srcdir) $(INCLUDES) $(AM_CPPFLAGS) $(CPPFLAGS) $(AM_CXXFLAGS) $(CXXFLAGS)
CCASCOMPILE = $(CCAS) $(AM_CCASFLAGS) $(CCASFLAGS)
LTCOMPILE = libtool --mode=compile $(COMPILE)
LTCXXCOMPILE = libtool --mode=compile $(CXXCOMPILE)
CCLD = $(CC)
CXXLD = $(CXX)
LINK = $(CCLD) $(AM_CFLAGS) $(CFLAGS) $(AM_LDFLAGS) $(LDFLAGS) -o $@
CXXLINK = $(CXXLD) $(AM_CXXFLAGS) $(CXXFLAGS) $(AM_LDFLAGS) $(LDFLAGS) -o $@
YACCCOMPILE = $(YACC) $(AM_YFLAGS) $(YFLAGS)
LEXCOMPILE = $(LEX) $(AM_LFLAGS) $(LFLAGS)
INSTALL_HEADER = $(INSTALL_DATA)
install_sh_DATA = $(install_sh) -c -m 644
install_sh_PROGRAM = $(install_sh) -c
install_sh_SCRIPT = $(install_sh) -c
install_sh = install-sh
man1dir = $(mandir)/man1
man2dir = $(mandir)/man2
man3dir = $(mandir)/man3
man4dir = $(mandir)/man4
man5dir = $(mandir)/man5
man6dir = $(mandir)/man6
man7dir = $(mandir)/man7
man8dir = $(mandir)/man8
man9dir = $(mandir)/man9
pkgdatadir = $(datadir)/$(PACKAGE)
pkgincludedir = $(includedir)/$(PACKAGE)
pkglibdir = $(libdir)/$(PACKAGE)
pkglibexecdir = $(libexecdir)/$(PACKAGE)
mkinstalldirs = mkdir -p
mkdir_p = $(MKDIR_P)
LIBOBJDIR = $(if $(ac_config_libobj_dir),$(top_builddir)/$(ac_config_libobj_dir)/)
";

/// The rules as make text.
pub(super) fn rules(am: &Am) -> Made {
    let lists = lists(am);
    let (mut out, mut variables) = (String::new(), String::new());
    let mut made = BTreeSet::new();
    // A rule of the makefile's own takes the place of automake's, with a recipe or without.
    const REPLACED: [&str; 6] = ["install", "uninstall", "html", "info", "pdf", "dvi"];
    let is_replaced = |target: &str| (am.has_recipe)(target) || REPLACED.contains(&target) && (am.defines)(target);
    let mut add = |out: &mut String, target: &str, rule: &str| {
        if !is_replaced(target) && made.insert(target.to_owned()) {
            out.push_str(rule);
        }
    };
    goals::goals(am, &lists, &mut out, &mut add);
    for list in &lists {
        for name in words(am, &list.variable) {
            let name = name.as_str();
            match list.primary {
                "PROGRAMS" if is_substituted(am, &list.variable) => {}
                "PROGRAMS" => variables.push_str(&program(am, name, &mut out, &mut add)),
                "LIBRARIES" => variables.push_str(&library(am, name, false, &mut out, &mut add)),
                "LTLIBRARIES" => variables.push_str(&library(am, name, true, &mut out, &mut add)),
                _ => {}
            }
        }
        if list.primary == "JAVA" {
            languages::java(am, list, &mut out, &mut add);
        }
        if list.primary != "MANS" {
            install(am, list, &lists, &mut out, &mut add);
        }
    }
    variables.push_str(&aggregates(am, &lists));
    let pages = pages(am, &lists);
    for section in pages.keys().filter(|it| (am.value)(&format!("man{it}dir")).is_empty()) {
        let _ = writeln!(variables, "man{section}dir = $(mandir)/man{section}");
    }
    install_man(&pages, &mut out, &mut add);
    manuals(am, &mut out, &mut add);
    for suffix in ["c", "S"] {
        let rule = format!(".{suffix}.lo");
        add(&mut out, &rule, &format!("{rule}:\n\t$(LTCOMPILE) -c -o $@ $<\n"));
    }
    Made { rules: out, variables }
}

/// Variables that name all lists of one kind, and all sources.
pub(super) const AGGREGATES: &[&str] =
    &["SOURCES", "DIST_SOURCES", "PROGRAMS", "LIBRARIES", "LTLIBRARIES", "SCRIPTS", "DATA", "HEADERS", "MANS"];

fn aggregates(am: &Am, lists: &[List]) -> String {
    let mut res = String::new();
    for name in AGGREGATES {
        let is_of = |it: &&String| it.ends_with("_SOURCES") && !it.starts_with("BUILT_");
        let parts: String = match *name {
            "SOURCES" | "DIST_SOURCES" => am.names.iter().filter(is_of).map(|it| format!(" $({it})")).collect(),
            _ => {
                let built = lists.iter().filter(|it| it.primary == *name && is_built(it));
                built.map(|it| format!(" $({})", with_suffix(am, it))).collect()
            }
        };
        let _ = writeln!(res, "{name} ={parts}");
    }
    res
}

type Add<'a> = dyn FnMut(&mut String, &str, &str) + 'a;

fn lists(am: &Am) -> Vec<List> {
    let mut res = Vec::new();
    for name in am.names {
        let Some(primary) = PRIMARIES.iter().find(|it| name.strip_suffix(**it).is_some_and(|it| it.ends_with('_')))
        else {
            continue;
        };
        let mut place = &name[..name.len() - primary.len() - 1];
        while let Some(rest) = PREFIXES.iter().find_map(|it| place.strip_prefix(it)) {
            place = rest;
        }
        let known = ["noinst", "check", "EXTRA", "man"].contains(&place) || EXEC.contains(&place);
        let standard =
            ["data", "pkgdata", "include", "pkginclude", "oldinclude", "info", "doc", "python", "pkgpython", "lisp"];
        let man = place.strip_prefix("man").is_some_and(|it| it.chars().all(|it| it.is_ascii_alphanumeric()));
        if known || man || standard.contains(&place) || am.names.contains(&format!("{place}dir")) {
            res.push(List { variable: name.clone(), place: place.to_owned(), primary });
        }
    }
    res.sort_by_key(|it| PRIMARIES.iter().position(|primary| *primary == it.primary));
    res
}

/// The known words of a variable.
fn words(am: &Am, variable: &str) -> Vec<String> {
    let value = (am.value)(variable);
    value.split_whitespace().filter(|it| !has_unknown(it)).map(str::to_owned).collect()
}

/// Programs may have a suffix on other systems; automake leaves those that configure names as they are.
fn with_suffix(am: &Am, list: &List) -> String {
    if list.primary == "PROGRAMS" && !is_substituted(am, &list.variable) {
        format!("{}:%=%$(EXEEXT)", list.variable)
    } else {
        list.variable.clone()
    }
}

/// Whether configure gives all words of a list: their rules come from `EXTRA_PROGRAMS`.
fn is_substituted(am: &Am, variable: &str) -> bool {
    let written = (am.written)(variable).unwrap_or_default();
    let mut words = written.split_whitespace().peekable();
    words.peek().is_some() && words.all(|it| it.len() > 2 && it.starts_with('@') && it.ends_with('@'))
}

/// Whether `all` makes a list.
fn is_built(list: &List) -> bool {
    !["check", "EXTRA"].contains(&list.place.as_str())
}

fn is_installed(list: &List) -> bool {
    is_built(list) && list.place != "noinst"
}

fn install_target(list: &List) -> String {
    let prefixes: String = list.variable[..list.variable.len() - list.primary.len() - 1].to_owned();
    format!("install-{prefixes}{}", list.primary)
}

fn install(am: &Am, list: &List, lists: &[List], out: &mut String, add: &mut Add) {
    let target = install_target(list);
    // Any rule of the makefile takes the place of automake's.
    if !is_installed(list) || (am.value)(&list.variable).trim().is_empty() || (am.defines)(&target) {
        return;
    }
    let folder = format!("$(DESTDIR)$({}dir)", list.place);
    let first = installed_first(am, list, lists);
    let mut rule = format!("{target}: $({}){first}\n\t$(MKDIR_P) {folder}\n", with_suffix(am, list));
    let keeps_folders = list.variable.contains("nobase_");
    for name in words(am, &list.variable) {
        let last = if keeps_folders { &name } else { name_of(&name) };
        if list.primary == "LTLIBRARIES" {
            rule.push_str(&installed_needs(am, &name, list, lists).unwrap_or_default());
        }
        let _ = writeln!(rule, "\t$(INSTALL) {name} {folder}/{last}");
    }
    add(out, &target, &rule);
    let _ = writeln!(out, ".PHONY: {target}");
}

/// What goes into `libdir` is installed before other programs and libraries, since automake 1.16.5 (its NEWS).
fn installed_first(am: &Am, list: &List, lists: &[List]) -> String {
    const FIRST: [&str; 2] = ["lib_LTLIBRARIES", "nobase_lib_LTLIBRARIES"];
    if !["PROGRAMS", "LTLIBRARIES"].contains(&list.primary) || FIRST.contains(&list.variable.as_str()) {
        return String::new();
    }
    let there = lists.iter().filter(|it| FIRST.contains(&it.variable.as_str()) && !words(am, &it.variable).is_empty());
    there.map(|it| format!(" {}", install_target(it))).collect()
}

/// Manual pages by their sections: the section that the list names, or that of the page's suffix.
fn pages(am: &Am, lists: &[List]) -> BTreeMap<String, Vec<String>> {
    let mut res: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for list in lists.iter().filter(|it| it.primary == "MANS" && is_installed(it)) {
        for name in words(am, &list.variable) {
            let suffix = name.rsplit_once('.').map_or("", |it| it.1);
            let section = match list.place.strip_prefix("man").unwrap_or_default() {
                "" => suffix.chars().take(1).collect(),
                named => named.to_owned(),
            };
            if section.chars().all(|it| it.is_ascii_alphanumeric()) && !section.is_empty() {
                res.entry(section).or_default().push(name);
            }
        }
    }
    res
}

fn install_man(pages: &BTreeMap<String, Vec<String>>, out: &mut String, add: &mut Add) {
    if pages.is_empty() {
        return;
    }
    let mut all = String::new();
    for (section, names) in pages {
        let (target, folder) = (format!("install-man{section}"), format!("$(DESTDIR)$(man{section}dir)"));
        let mut rule = format!("{target}: {}\n\t$(MKDIR_P) {folder}\n", names.join(" "));
        for name in names {
            let _ = writeln!(rule, "\t$(INSTALL) {name} {folder}/{}", name_of(name));
        }
        add(out, &target, &rule);
        let _ = write!(all, " {target}");
    }
    add(out, "install-man", &format!("install-man:{all}\n"));
    let _ = writeln!(out, ".PHONY: install-man{all}");
}

/// The manuals in Texinfo, each by its file and its name without a suffix.
fn manual_names(am: &Am) -> Vec<(String, String)> {
    let known = |it: &str| [".texi", ".txi", ".texinfo"].iter().any(|suffix| it.ends_with(suffix));
    let stem = |it: String| it.rsplit_once('.').map(|(stem, _)| stem.to_owned()).map(|stem| (it, stem));
    words(am, "info_TEXINFOS").into_iter().filter(|it| known(it)).filter_map(stem).collect()
}

/// The forms of each manual, and the goals for each form. What a manual includes is listed in `manual_TEXINFOS`.
fn manuals(am: &Am, out: &mut String, add: &mut Add) {
    const FORMS: [(&str, &str); 4] = [
        ("info", "makeinfo -I $(srcdir)"),
        ("dvi", "texi2dvi --batch"),
        ("pdf", "texi2pdf --batch"),
        ("html", "makeinfo --html -I $(srcdir)"),
    ];
    let manuals = manual_names(am);
    for (form, command) in FORMS {
        let mut all = String::new();
        for (source, stem) in &manuals {
            let (target, parts) = (format!("{stem}.{form}"), canonical(stem));
            let rule = format!("{target}: {source} $({parts}_TEXINFOS)\n\t{command} -o $@ {source}\n");
            add(out, &target, &rule);
            let _ = write!(all, " {target}");
        }
        let own = format!("{form}-local");
        if (am.defines)(&own) {
            let _ = write!(all, " {own}");
        }
        if !all.is_empty() {
            add(out, form, &format!("{form}: {form}-am\n"));
            add(out, &format!("{form}-am"), &format!("{form}-am:{all}\n"));
            let _ = writeln!(out, ".PHONY: {form} {form}-am");
        }
    }
}

/// What libtool does first when it installs a library that was linked with others of its makefile: it links it again, now
/// with these where another rule installs them.
fn installed_needs(am: &Am, name: &str, list: &List, lists: &[List]) -> Option<String> {
    let needs: Vec<String> = words(am, &format!("{}_LIBADD", canonical(name))).iter().map(|it| (am.own)(it)).collect();
    let installed = lists.iter().filter(|it| it.primary == "LTLIBRARIES" && is_installed(it));
    let others = installed.filter(|it| it.variable != list.variable);
    let there = others.flat_map(|it| words(am, &it.variable).into_iter().map(move |name| (name, &it.place)));
    let there = there.filter(|(name, _)| needs.contains(name)).map(|(name, place)| {
        let file = format!("$(DESTDIR)$({place}dir)/{}", name_of(&name));
        format!("\tlibtool --mode=relink {file}\n")
    });
    Some(there.collect()).filter(|it: &String| !it.is_empty())
}

/// `a-b.c` to `a_b_c`, as variables are named after files.
pub fn canonical(name: &str) -> String {
    name.chars().map(|it| if it.is_ascii_alphanumeric() || it == '@' { it } else { '_' }).collect()
}

/// Adds a program; gives the variable of its objects.
fn program(am: &Am, name: &str, out: &mut String, add: &mut Add) -> String {
    let base = canonical(name);
    let objects = objects(am, name, &base, "$(OBJEXT)", out, add);
    let libraries =
        if am.names.contains(&format!("{base}_LDADD")) { format!("{base}_LDADD") } else { "LDADD".to_owned() };
    let needs = dependencies(am, &base, &libraries);
    let target = format!("{name}$(EXEEXT)");
    let link = link(am, &base, "$(CC)");
    add(out, name, &format!("{target}: {objects} {needs}\n\trm -f $@\n\t{link} {objects} $({libraries}) $(LIBS)\n"));
    format!("{base}_OBJECTS = {objects}\n")
}

fn library(am: &Am, name: &str, libtool: bool, out: &mut String, add: &mut Add) -> String {
    let base = canonical(name);
    let objects = objects(am, name, &base, if libtool { "lo" } else { "$(OBJEXT)" }, out, add);
    let libraries = format!("{base}_LIBADD");
    let needs = dependencies(am, &base, &libraries);
    let recipe = if libtool {
        format!("\t{} {objects} $({libraries})\n", link(am, &base, "libtool --mode=link $(CC)"))
    } else {
        format!("\trm -f $@\n\tar cr $@ {objects} $({libraries})\n\tranlib $@\n")
    };
    add(out, name, &format!("{name}: {objects} {needs}\n{recipe}"));
    format!("{base}_OBJECTS = {objects}\n")
}

/// What links a program or library, up to its objects.
fn link(am: &Am, base: &str, tool: &str) -> String {
    let [own, flags] = ["LINK", "LDFLAGS"].map(|it| format!("{base}_{it}"));
    if am.names.contains(&own) {
        return format!("$({own})");
    }
    let flags = if am.names.contains(&flags) { &flags } else { "AM_LDFLAGS" };
    format!("{tool} $({flags}) $(LDFLAGS) -o $@")
}

/// `X_DEPENDENCIES`, else the files that the makefile names among the libraries: automake cannot tell what configure puts
/// into `$(X_LIBS)`.
fn dependencies(am: &Am, base: &str, libraries: &str) -> String {
    let own = format!("{base}_DEPENDENCIES");
    if am.names.contains(&own) {
        return format!("$({own}) $(EXTRA_{own})");
    }
    let mut res = String::new();
    named_files(am, &(am.spelt)(libraries).unwrap_or_default(), 0, &mut res);
    let _ = write!(res, " $(EXTRA_{own})");
    res
}

fn named_files(am: &Am, text: &str, depth: usize, out: &mut String) {
    const DEEPEST: usize = 8;
    const OBJECTS: [&str; 4] = ["LIBOBJS", "LTLIBOBJS", "ALLOCA", "LTALLOCA"];
    for word in text.split_whitespace().filter(|it| !it.starts_with('-')) {
        let brackets = [("$(", ")"), ("${", "}"), ("@", "@")];
        let name = brackets.iter().find_map(|(open, close)| word.strip_prefix(open)?.strip_suffix(close));
        let name = name.filter(|it| !it.contains(['$', '(', '{', '@', ' ']));
        let stem = name.map(|it| it.split(':').next().unwrap_or(it));
        match stem.map(|it| (it, (am.spelt)(it).filter(|_| !word.starts_with('@')))) {
            Some((_, Some(value))) if name == stem && depth < DEEPEST => named_files(am, &value, depth + 1, out),
            Some((name, None)) if !OBJECTS.contains(&name) => {}
            _ => {
                let _ = write!(out, " {word}");
            }
        }
    }
}

/// Suffixes of what the Fortran compiler compiles.
const FORTRAN: [&str; 9] = ["f", "F", "for", "f90", "F90", "f95", "F95", "f03", "f08"];

/// The flags of a program or library for which automake gives an object of such a source a name of its own; those of its
/// language first.
fn flags(kind: &str) -> &'static [&'static str] {
    match kind {
        "f" | "for" => &["FFLAGS"],
        "F" => &["FFLAGS", "CPPFLAGS"],
        "F90" | "F95" => &["FCFLAGS", "CPPFLAGS"],
        it if it.starts_with('f') => &["FCFLAGS"],
        "c" | "vala" | "gs" => &["CFLAGS", "CPPFLAGS"],
        "cc" | "cpp" | "cxx" | "C" => &["CXXFLAGS", "CPPFLAGS"],
        "s" => &["CCASFLAGS"],
        "S" => &["CCASFLAGS", "CPPFLAGS"],
        "m" => &["OBJCFLAGS", "CPPFLAGS"],
        _ => &["CFLAGS", "CXXFLAGS", "CPPFLAGS", "YFLAGS", "LFLAGS"],
    }
}

/// The objects of a program or library, with a rule for each.
fn objects(am: &Am, name: &str, base: &str, suffix: &str, out: &mut String, add: &mut Add) -> String {
    let listed = format!("{}_SOURCES", base);
    let mut sources = if am.names.contains(&listed) {
        (am.value)(&listed)
    } else {
        format!("{}.c", name.trim_end_matches(".la").trim_end_matches(".a"))
    };
    let _ = write!(sources, " {}", (am.value)(&format!("nodist_{listed}")));
    languages::vala(am, base, &sources, out, add);
    let is_given = |flags: &&str| am.names.contains(&format!("{base}_{flags}"));
    let keeps_folders = am.keeps_folders();
    let mut res = String::new();
    for source in sources.split_whitespace().filter(|it| !has_unknown(it)) {
        let Some((stem, kind)) = source.rsplit_once('.') else { continue };
        let is_fortran = FORTRAN.contains(&kind);
        if !is_fortran
            && !["c", "cc", "cpp", "cxx", "C", "S", "s", "m", "y", "yy", "l", "ll", "vala", "gs"].contains(&kind)
        {
            continue;
        }
        let renamed = flags(kind).iter().any(is_given);
        let compiled = generated(am, base, (stem, kind), out, add).unwrap_or_else(|| source.to_owned());
        let (folder, last) = stem.rsplit_once('/').map_or(("", stem), |(folder, last)| (folder, last));
        let last = if renamed { format!("{base}-{last}") } else { last.to_owned() };
        let object = if keeps_folders && !folder.is_empty() {
            format!("{folder}/{last}.{suffix}")
        } else {
            format!("{last}.{suffix}")
        };
        // Each kind of flags is the program's own, or that of all.
        let own_flags = |kind: &str| {
            let own = if am.names.contains(&format!("{base}_{kind}")) { base } else { "AM" };
            format!("$({own}_{kind})")
        };
        let libtool = if suffix == "lo" { "libtool --mode=compile " } else { "" };
        let name = if ["yy", "ll"].contains(&kind) { "CXXFLAGS" } else { flags(kind)[0] };
        let own = own_flags(name);
        let command = match is_fortran {
            true => format!("$(FC) {own} $({name})"),
            false => {
                format!("$(CC) -I. -I$(srcdir) $(INCLUDES) {} $(CPPFLAGS) {own} $({name})", own_flags("CPPFLAGS"))
            }
        };
        // Objects below are made in folders that a rule of automake's makes.
        let stamp = if keeps_folders && !folder.is_empty() { format!("{folder}/.dirstamp") } else { String::new() };
        if !stamp.is_empty() {
            add(out, &stamp, &format!("{stamp}:\n\tmkdir -p {folder}\n\t: > $@\n"));
        }
        let compile = format!("{object}: {compiled} {stamp}\n\t{libtool}{command} -c -o $@ {compiled}\n");
        add(out, &object, &compile);
        let _ = write!(res, " {object}");
    }
    res.trim_start().to_owned()
}

/// The C file that yacc or lex makes, with its rule; its header has one where a flag of the makefile asks for it.
fn generated(am: &Am, base: &str, (stem, kind): (&str, &str), out: &mut String, add: &mut Add) -> Option<String> {
    let (output, suffix, command) = match kind {
        "y" => ("y.tab.c", "c", "bison -y $(YFLAGS)"),
        "yy" => ("y.tab.c", "cc", "bison -y $(YFLAGS)"),
        "l" => ("lex.yy.c", "c", "flex $(AM_LFLAGS)"),
        "ll" => ("lex.yy.c", "cc", "flex $(AM_LFLAGS)"),
        "vala" | "gs" => return Some(format!("{stem}.c")),
        _ => return None,
    };
    // Without the option, what is made of a source below lies in the makefile's own folder.
    let own_name = if am.keeps_folders() { stem } else { name_of(stem) };
    let target = format!("{own_name}.{suffix}");
    if !kind.starts_with('y') {
        let rule = format!("{target}: {stem}.{kind}\n\tylwrap {stem}.{kind} {output} {target} -- {command}\n");
        add(out, &target, &rule);
        return Some(target);
    }
    let own = format!("{base}_YFLAGS");
    let own = if am.names.contains(&own) { own } else { "AM_YFLAGS".to_owned() };
    // The header of C++ was called `.h` until 1.12; which one there is, includes tell.
    let headers: &[&str] = if kind == "y" { &["h"] } else { &["hh", "h"] };
    let headers: Vec<String> = headers.iter().map(|it| format!("{own_name}.{it}")).collect();
    let made: String = headers.iter().map(|it| format!(" y.tab.h {it}")).collect();
    let outputs = format!("{output} {target}{made}");
    let rule = format!("{target}: {stem}.{kind}\n\tylwrap {stem}.{kind} {outputs} -- {command} $({own})\n");
    add(out, &target, &rule);
    let flags = [(am.value)(&own), (am.spelt)("YFLAGS").unwrap_or_default()].join(" ");
    if flags.split_whitespace().any(|it| it == "-d" || it.starts_with("--defines")) {
        headers.iter().for_each(|it| add(out, it, &format!("{it}: {target}\n")));
    }
    Some(target)
}
