//! Small configure.ac texts, each construct where it speaks and where it is silent.

use super::*;
use crate::text::display;

fn configure(text: &str) -> (Project, Configure) {
    let project = Project::in_memory([("configure.ac", text)]);
    let res = read(&project, "configure.ac");
    (project, res)
}

/// `""` for the base, `name=value` for a variable, `test ...: true` for a test, `@NAME=TRUE` for a conditional.
fn configuration(configure: &Configure, text: &str) -> Configuration {
    let place = Span::new(configure.file.unwrap(), 0, 0);
    let settings = text.split("; ").filter(|it| !it.is_empty()).map(|it| {
        let (subject, value) = match (it.split_once(": "), it.split_once('=')) {
            (Some((test, value)), _) => (Subject::Test(test.to_owned()), value),
            (None, Some((name, value))) => match name.strip_prefix('@') {
                Some(name) => (Subject::Conditional(name.to_owned()), value),
                None => (Subject::Shell(name.to_owned()), value),
            },
            _ => panic!("{it}"),
        };
        Setting { subject, value: value.to_owned(), place }
    });
    settings.fold(Configuration::default(), |sum, it| sum.with(it))
}

#[track_caller]
fn check(text: &str, name: &str, settings: &str, expected: &str) {
    let (_, configure) = configure(text);
    let value = configure.substitution(name, &configuration(&configure, settings));
    assert_eq!(value.map(|it| display(&it.text)).as_deref(), Some(expected), "{name} under `{settings}`");
}

#[track_caller]
fn deviations(text: &str, name: &str, expected: &[&str]) {
    let (project, configure) = configure(text);
    let found: Vec<String> = configure
        .deviations(name)
        .iter()
        .map(|it| format!("{}={} {}", it.subject.name(), it.value, project.position(it.place).line))
        .collect();
    assert_eq!(found, expected);
}

const CASE: &str = r#"AC_INIT
AC_SUBST(LINKER)
plat=`uname -s`
LINKER='$(CC)'
case $plat in
juno*)
  extra=.
  LINKER="\$(srcdir)/mk juno.exp $extra \$(LIB); $LINKER";;
vesta) LINKER=vcc ;;
esac
case $plat in juno*) FLAGS=-j ;; *) FLAGS=-o ;; esac
AC_SUBST([FLAGS])
"#;

#[test]
fn the_arm_of_a_case_holds_for_every_case_on_its_subject() {
    check(CASE, "LINKER", "", "$(CC)");
    check(CASE, "LINKER", "plat=juno*", "$(srcdir)/mk juno.exp . $(LIB); $(CC)");
    check(CASE, "LINKER", "plat=vesta", "vcc");
    check(CASE, "FLAGS", "plat=juno*", "-j");
    check(CASE, "FLAGS", "", "-o");
    deviations(CASE, "LINKER", &["plat=juno* 6", "plat=vesta 9"]);
    deviations(CASE, "FLAGS", &["plat=juno* 11"]);
}

#[test]
fn each_piece_knows_where_it_is_spelt() {
    let (project, configure) = configure(CASE);
    let value = configure.substitution("LINKER", &configuration(&configure, "plat=juno*")).unwrap();
    let at = value.text.find("juno.exp").unwrap();
    let origins = value.origins(at..at + 8);
    let [Origin::Verbatim(span)] = origins[..] else { panic!("{origins:?}") };
    assert_eq!((project.text(span).as_str(), project.position(span).line), ("juno.exp", 8));
    let last = value.origins(value.text.len() - 5..value.text.len());
    assert_eq!(project.position(last[0].span()).line, 4);
}

#[test]
fn only_substituted_names_have_values() {
    let (_, configure) = configure("X=1\nAC_SUBST(Y)\n# AC_SUBST(Z)\ndnl AC_SUBST(W)\n");
    let value = |name| configure.substitution(name, &Configuration::default()).map(|it| display(&it.text));
    assert_eq!(value("X"), None);
    assert_eq!((value("Z"), value("W")), (None, None));
    assert_eq!(value("Y").as_deref(), Some("@Y@"));
    assert_eq!(value("bindir").as_deref(), Some("${exec_prefix}/bin"));
    assert_eq!(value("prefix").as_deref(), Some("/usr/local"));
}

#[test]
fn a_tree_without_a_configure_gives_nothing() {
    let project = Project::in_memory([("Makefile", "")]);
    let configure = read(&project, "configure.ac");
    assert!(configure.file.is_none() && configure.substitution("bindir", &Configuration::default()).is_none());
}

#[test]
fn values_are_those_of_their_point() {
    check("a=1\nX=$a\na=2\nAC_SUBST(X)", "X", "", "1");
    check("X=one\nX=\"$X two\"\nX=\"zero; $X\"\nAC_SUBST(X)", "X", "", "zero; one two");
    check("X=1\nX+=2\nAC_SUBST(X)", "X", "", "12");
    check("X='$(a) b'\nAC_SUBST(X)", "X", "", "$(a) b");
    check("(X=2)\nX=1; echo | X=3\nAC_SUBST(X)", "X", "", "1");
    check("AC_SUBST([X], ['a b'])", "X", "", "a b");
    check("export X=a$HOME_DIR\nAC_SUBST(X)", "X", "", "a$HOME_DIR");
}

#[test]
fn defaults_count_where_nothing_is_set() {
    check(": ${X=a}\nAC_SUBST(X)", "X", "", "a");
    check("X=b\n: ${X:=a}\nAC_SUBST(X)", "X", "", "b");
    check("X=\n: ${X:=a}\nAC_SUBST(X)", "X", "", "a");
    check("X=\n: ${X=a}\nAC_SUBST(X)", "X", "", "");
    check("X=${Y-c}${Y+d}\nAC_SUBST(X)", "X", "", "c");
}

#[test]
fn probes_are_unknown_and_known_parts_stay() {
    check("X=\"-I`find_it` -DJ\"\nAC_SUBST(X)", "X", "", "-I`find_it` -DJ");
    check("X=$(find_it)\nAC_SUBST(X)", "X", "", "@X@");
    check("AC_PROG_CC\nX=\"$CC -E\"\nAC_SUBST(X)", "X", "", "@CC@ -E");
    check("CC=jcc\nAC_PROG_CC\n", "CC", "", "jcc");
}

#[test]
fn tests_are_decided_where_their_words_are_known() {
    let decided = |test: &str, expected: &str| {
        check(&format!("e=\ny=yes\nif {test}; then X=t; else X=e; fi\nAC_SUBST(X)"), "X", "", expected);
    };
    decided("test -z \"$e\"", "t");
    decided("test -z \"$never\"", "t");
    decided("test -n \"$e\"", "e");
    decided("test x$y = xyes", "t");
    decided("test x$y != xyes", "e");
    decided("[[ \"$y\" = no ]]", "e");
    decided("[[ \"$y\" = yes ]] && test -z \"$e\"", "t");
    decided("test -n \"$e\" -o \\( $y = yes -a ! -z \"$y\" \\)", "t");
    decided("! test \"$y\" = yes", "e");
    decided("test 3 -ge 2", "t");
    decided("false || true", "t");
    decided("test -f /some/file", "e");
    decided("some_command", "e");
}

#[test]
fn an_unknown_variable_is_a_subject() {
    let text = "v=`probe`\nif test \"x$v\" = xyes; then X=1; elif test $v = maybe; then X=2; fi\nAC_SUBST(X)";
    deviations(text, "X", &["v=yes 2", "v=maybe 2"]);
    check(text, "X", "v=maybe", "2");
    check(text, "X", "", "");
    deviations("v=known\nif test \"x$v\" = xyes; then X=1; fi\nAC_SUBST(X)", "X", &[]);
}

#[test]
fn any_other_command_is_a_test() {
    let text =
        "if grep -q a file; then X=1; fi\ntest -d sub && Y=1\ntest -d sub || Z=1\nAC_SUBST(X) AC_SUBST(Y)\nAC_SUBST(Z)";
    deviations(text, "X", &["grep -q a file=true 1"]);
    check(text, "X", "grep -q a file: true", "1");
    deviations(text, "Y", &["test -d sub=true 2"]);
    check(text, "Z", "", "1");
    check(text, "Z", "test -d sub: true", "");
}

#[test]
fn settings_reach_through_other_variables() {
    let text =
        "case $host in *-juno*) os=j ;; *) os=o ;; esac\nlib=lib$os.a\nX=\"-L. $lib\"\nAC_SUBST(X)\nAC_CANONICAL_HOST";
    deviations(text, "X", &["host=*-juno* 1"]);
    check(text, "X", "host=*-juno*", "-L. libj.a");
    deviations("case $host in juno) Y=1 ;; esac\nX=2\nAC_SUBST(X)", "X", &[]);
}

#[test]
fn a_subject_of_two_variables_is_split() {
    let text = "a=`p`\nb=`q`\ncase $a/$b in\njuno/5*) X=5 ;;\nvesta*|ceres/*) X=v ;;\n*) X=o ;;\nesac\nAC_SUBST(X)";
    check(text, "X", "", "o");
    check(text, "X", "a=juno", "5");
    check(text, "X", "a=juno; b=4", "o");
    check(text, "X", "a=juno; b=5*", "5");
    check(text, "X", "a=vesta*", "v");
    deviations(text, "X", &["a=juno 4", "a=vesta* 5", "a=ceres 5"]);
}

#[test]
fn a_second_setting_is_found_from_the_first() {
    let text = "case $host_os in juno*)\n if test -d opt; then X=1; fi ;;\nesac\nAC_SUBST(X)\nAC_CANONICAL_HOST";
    deviations(text, "X", &[]);
    let (_, configure) = configure(text);
    let found = configure.deviations_from("X", &configuration(&configure, "host_os=juno*"));
    assert_eq!(found.iter().map(|it| it.subject.name()).collect::<Vec<_>>(), ["test -d opt"]);
}

#[test]
fn options_are_subjects() {
    let text = "AC_ARG_ENABLE([fast-io], [AS_HELP_STRING([--enable-fast-io], [x])],\n[case $enableval in\nno) X=off ;;\nring) X=ring ;;\n*) X=on ;;\nesac],\n[X=none])\nAC_SUBST([X])";
    check(text, "X", "", "none");
    check(text, "X", "enable_fast_io=yes", "on");
    deviations(text, "X", &["enable_fast_io=yes 1", "enable_fast_io=no 3", "enable_fast_io=ring 4"]);
    let text = "AC_ARG_WITH(x, [help],, with_x=yes)\nif test \"$with_x\" = yes; then X=1; fi\nAC_SUBST(X)";
    check(text, "X", "", "1");
    deviations(text, "X", &["with_x=no 2"]);
}

#[test]
fn m4sh_is_read_as_the_shell_that_it_becomes() {
    let text =
        "v=`p`\nAS_IF([test $v = a], [X=1], [test $v = b], [AS_CASE([$v], [b*|c], [X=2])], [X=3])\nAC_SUBST([X])";
    check(text, "X", "", "3");
    check(text, "X", "v=a", "1");
    check(text, "X", "v=b", "2");
    check("AS_VAR_SET([X], [1])\nAS_VAR_APPEND([X], [\" 2\"])\nAC_SUBST([X])", "X", "", "1 2");
    check("AC_CHECK_LIB([m], [sin], [X=1], [X=2])\nAC_SUBST([X])", "X", "", "2");
    check("AC_CHECK_LIB([m], [sin], [X=1], [X=2])\nAC_SUBST([X])", "X", "AC_CHECK_LIB(m, sin): true", "1");
    check("AC_CACHE_CHECK([for it], [c_v], [c_v=found])\nX=$c_v\nAC_SUBST([X])", "X", "", "found");
    check("AC_CHECK_PROG([X], [git], [has], [not])", "X", "AC_CHECK_PROG(X, git): true", "has");
    check("AC_CHECK_PROG([X], [git], [has])", "X", "", "");
    check("AC_CHECK_PROG(X,packer,packer)", "X", "", "packer");
}

#[test]
fn macros_stand_anywhere_on_a_line() {
    check("if test -z \"$e\"; then AC_DEFINE([A]) X=1; AC_SUBST(X) fi\n", "X", "", "1");
    check("case a in a) X=1; AC_SUBST(X) ;; esac", "X", "", "1");
    check("AM_FLAGS=-g\nX=\"$AM_FLAGS\"\nAC_SUBST(X)dnl (it\n", "X", "", "-g");
    check("false || {AC_DEFINE(A)}\ntrue && {AS_VAR_SET([X], [2])}\nAC_SUBST(X)", "X", "", "2");
    check("X='[[a-z]]'\nAC_SUBST(X)", "X", "", "[a-z]");
    check("changequote(<<,>>)\nX='[a]'\nchangequote([,])\nAC_SUBST([X])", "X", "", "[a]");
}

#[test]
fn what_stands_around_an_assignment_does_not_hide_it() {
    check("AC_PROG_CC dnl more\nAC_ODD;\nAC_LONE word\nX=1\nAC_SUBST(X)", "X", "", "1");
    check("v=`p`\ntest $v = y && W=1\nX=\"b(c\" ; Y=')'\nAC_SUBST(X)dnl\n", "X", "", "b(c");
    check("#include <x.h>\ninclude(none.m4)\nX=1\nAC_SUBST(X)", "X", "", "1");
    check("# a quote ' and a call ( AC_ODD([\nX=1\nAC_SUBST(X)", "X", "", "1");
    check("dnl a call AC_ODD([\nX=1\nAC_SUBST(X)", "X", "", "1");
    check("it_INIT\nMY_ARG([it],,[more])\nX=1\nAC_SUBST(X)", "X", "", "1");
    check("Y=`echo a | sed 's/[[^a]]//'`\nZ=$(cat f)\nX=1\nAC_SUBST(X)", "X", "", "1");
    let arms = "host=`uname`\ncase $host in\n*-lin*) Y=1; AC_SUBST([X], [y]) ;;\n[[a-c]]*) X=2 ;;\nesac\n";
    check(arms, "X", "host=[a-c]*", "2");
    let option =
        "AC_ARG_ENABLE([x],\n  [AS_HELP_STRING([--enable-x],[help])],\n  [X=$enableval],\n  [X=no])\nAC_SUBST([X])";
    check(option, "X", "", "no");
    check("a=`p`\nAS_IF([test \"x$a\" = xyes],[\n  X=1\n  AC_SUBST([X])\n],[X=2])", "X", "a=yes", "1");
}

#[test]
fn macros_of_the_tree_are_read_where_they_are_called() {
    let project = Project::in_memory([
        (
            "sub/configure.ac",
            "m4_include([version.m4])\nJUNO_FLAG([-g], [A])\nX=JUNO_VERSION\nAC_SUBST([X])\nNOT_KNOWN([a], [B=1\n])\nAC_SUBST(B)",
        ),
        ("sub/version.m4", "m4_define([JUNO_VERSION], [1.5])"),
        ("sub/m4/juno.m4", "AC_DEFUN([JUNO_FLAG], [\n$2_FLAGS=\"$1 -x\"\nAC_SUBST([$2_FLAGS])\n])"),
    ]);
    let configure = read(&project, "sub/configure.ac");
    let value = |name| configure.substitution(name, &Configuration::default()).map(|it| display(&it.text));
    assert_eq!(value("A_FLAGS").as_deref(), Some("-g -x"));
    assert_eq!(value("X").as_deref(), Some("1.5"));
    assert_eq!(value("B").as_deref(), Some(""));
    assert_eq!(configure.deviations("B")[0].subject, Subject::Test("NOT_KNOWN(a)".to_owned()));
    let assigned = &configure.assignments("A_FLAGS")[0];
    assert_eq!(project.source(assigned.span.file).path, "sub/m4/juno.m4");
}

#[test]
fn conditionals_of_automake() {
    let text = "AM_CONDITIONAL([FAST], [test x$fast = xyes])\nAM_CONDITIONAL(ODD, [odd_command])\nfast=no\nAM_COND_IF([ODD], [X=1], [X=2])\nAC_SUBST([X])";
    let (_, configure) = configure(text);
    let base = Configuration::default();
    assert_eq!(configure.conditional("FAST", &base), Some(false));
    assert_eq!(configure.conditional("ODD", &base), None);
    assert_eq!(configure.conditional("NONE", &base), None);
    let odd = configuration(&configure, "@ODD=TRUE");
    assert_eq!(configure.conditional("ODD", &odd), Some(true));
    check(text, "ODD_TRUE", "", "#");
    check(text, "ODD_TRUE", "@ODD=TRUE", "");
    check(text, "ODD_FALSE", "@ODD=TRUE", "#");
    deviations(text, "ODD", &["odd_command=true 2", "ODD=TRUE 2", "ODD=FALSE 2"]);
}

#[test]
fn a_probe_below_an_option_is_offered_as_the_conditional() {
    let text = "if test \"$enable_fast\" = yes; then\nif probe; then fast=true; else fast=no; fi\nfi\n\
                AM_CONDITIONAL([FAST], [test \"x$fast\" = xtrue])";
    deviations(text, "FAST", &["FAST=TRUE 4"]);
    deviations("fast=no\nAM_CONDITIONAL([FAST], [test \"x$fast\" = xtrue])", "FAST", &[]);
}

#[test]
fn loops_over_known_words_go_round() {
    check("for i in a b; do X=\"$X $i\"; done\nAC_SUBST(X)", "X", "", " a b");
    check("m4_foreach([it], [a, b], [X=\"$X it\"])\nAC_SUBST(X)", "X", "", " a b");
    check("add() { X=\"$X +\"; }\nadd\nadd\nAC_SUBST(X)", "X", "", " + +");
}

#[test]
fn outputs_and_what_is_not_modelled() {
    let text = "AC_CONFIG_FILES([Makefile lib/x:lib/y.in:tail], [chmod])\nAC_CONFIG_HEADERS([config.h])\nAC_OUTPUT(Makefile.pre $more)\nfor f in $list; do :; done";
    let (project, configure) = configure(text);
    let outputs: Vec<(&str, String)> =
        configure.outputs.iter().map(|(it, from)| (it.as_str(), from.join(" "))).collect();
    let expected = [
        ("Makefile", "Makefile.in"),
        ("Makefile.pre", "Makefile.pre.in"),
        ("config.h", "config.h.in"),
        ("lib/x", "lib/y.in tail"),
    ];
    assert_eq!(outputs, expected.map(|(output, from)| (output, from.to_owned())));
    let notes: Vec<(&str, usize)> =
        configure.notes.iter().map(|it| (it.name.as_str(), project.position(it.place.unwrap()).line)).collect();
    assert_eq!(notes, [("AC_OUTPUT($more)", 3), ("for f", 4)]);
}

#[test]
fn places_for_fixes() {
    let text = "AC_SUBST(X)\ncase $plat in\njuno)\n   extra=a\n   if test -f q; then\n      extra=.\n   fi\n   X=\"mk $extra; \\$(y)\";; # $extra\nesac\n";
    let (project, configure) = configure(text);
    let shown = |span: Option<Span>| span.map(|it| project.text(it));
    assert_eq!(shown(configure.subst_span("X")).as_deref(), Some("AC_SUBST(X)"));
    assert_eq!(configure.uses("extra").len(), 1);
    let assigned = configure.assignments("extra");
    assert_eq!(assigned.len(), 2);
    let guards: Vec<String> = assigned[1].guards.iter().map(|it| format!("{}={}", it.subject, it.value)).collect();
    assert_eq!(guards, ["plat=juno", "test -f q=true"]);
    let around = configure.enclosing_if(assigned[1].span).unwrap();
    assert!(project.text(around).starts_with("if test") && project.text(around).ends_with("fi"));
    assert_eq!(configure.if_statements(around), [assigned[1].span]);
    assert_eq!(configure.statement_span(assigned[1].value_span), Some(assigned[1].span));
    assert_eq!(
        shown(configure.statement_lines(around)).as_deref(),
        Some("   if test -f q; then\n      extra=.\n   fi\n")
    );
    let value = &configure.assignments("X")[0];
    assert_eq!(configure.statement_lines(value.span), None, "`;;` stands on the line");
    let parts = configure.value_parts(value.span);
    assert!(matches!(&parts[1], ValuePart::Variable { name, span: Some(_) } if name == "extra"));
    assert!(matches!(&parts[2], ValuePart::Text(text) if text.text == "; $(y)"));
}

#[test]
fn hostile_text_ends() {
    let texts = [
        "[".repeat(50_000),
        "AC_X(".repeat(20_000),
        "AS_IF([a],[".repeat(3_000),
        "if a; then\n".repeat(3_000),
        "case x in a)\n".repeat(2_000),
        "X=$X$X\n".repeat(200) + "AC_SUBST(X)",
        (0..3_000).map(|it| format!("a{}=$a{it}x\n", it + 1)).collect::<String>() + "X=$a3000\nAC_SUBST(X)",
        "AC_DEFUN([J_A], [J_A J_A])\nJ_A\n".to_owned(),
        "f() { f; f; }\nf\n".to_owned(),
        "for i in a b c d e f; do ".repeat(30) + &"done;".repeat(30),
        "test a && ".repeat(5_000) + "X=1\nAC_SUBST(X)",
        "\u{10f000}0 \u{10f000}1\u{10f000}\n".to_owned(),
        "AC_SUBST(é)\nX=é\\\nAM_CONDITIONAL(\n".to_owned(),
    ];
    for text in texts {
        let (_, configure) = configure(&text);
        configure.substitution("X", &Configuration::default());
        configure.deviations("X");
    }
}

#[test]
fn what_the_tree_has_is_there() {
    let text = "AC_INIT\nX=no\nif test -f $srcdir/lib/a.c; then X=yes; fi\nAC_SUBST(X)\n";
    for (path, expected) in [("lib/a.c", "yes"), ("lib/b.c", "no")] {
        let project = Project::in_memory([("configure.ac", text), (path, "")]);
        let value = read(&project, "configure.ac").substitution("X", &Configuration::default());
        assert_eq!(value.map(|it| it.text).as_deref(), Some(expected));
    }
}

#[test]
fn a_variable_lists_outputs() {
    let text = "AC_INIT\nfiles='a/Makefile b/Makefile:top.mk:b/Makefile.in'\nif test \"$x\" = 1; then files=\"$files c/Makefile\"; fi\n\
                AC_CONFIG_FILES([Makefile $files])\nAC_OUTPUT\n";
    let files = ["Makefile.in", "top.mk", "a/Makefile.in", "b/Makefile.in", "c/Makefile.in"].map(|it| (it, ""));
    let project = Project::in_memory([("configure.ac", text)].into_iter().chain(files));
    let configure = read(&project, "configure.ac");
    let found: Vec<&str> = configure.outputs.keys().map(String::as_str).collect();
    assert_eq!(found, ["Makefile", "a/Makefile", "b/Makefile", "c/Makefile"]);
    assert_eq!(configure.outputs["b/Makefile"], ["top.mk", "b/Makefile.in"]);
}

#[test]
fn a_break_ends_a_loop() {
    let text = "for X in a b; do\nif test \"$a\" = $X; then break; fi\nif test $c; then Y=$X; break; fi\nX=none\ndone\n\
                AC_SUBST(X)\nAC_SUBST(Y)";
    for (settings, x, y) in
        [("", "none", ""), ("a=a", "a", ""), ("a=b", "b", ""), ("c=1", "a", "a"), ("a=b; c=1", "a", "a")]
    {
        check(text, "X", settings, x);
        check(text, "Y", settings, y);
    }
    check("for X in a b; do\nbreak\nX=c\ndone\nAC_SUBST(X)", "X", "", "a");
}

#[test]
fn make_is_gnu_make() {
    let found = "if ( sh -c \"$a --version\" 2> /dev/null | grep GNU 2>&1 > /dev/null ); then X=$a; fi";
    check(&format!("X=\nfor a in make gmake; do\n{found}\ndone\nAC_SUBST(X)"), "X", "", "gmake");
    check("if make --help | grep POSIX; then X=1; fi\nAC_SUBST(X)", "X", "", "");
}

#[test]
fn values_are_those_of_all_assignments() {
    let text = "AC_INIT([p], [1])\nd=lib\nif test \"$a\" = 1; then\n if test \"$b\" = 1; then X=$d/in; fi\nelse X=out$c; fi\n\
                AC_SUBST([X])\nAM_SILENT_RULES([yes])\nAC_OUTPUT\n";
    let values = |text: &str, name: &str| {
        let project = Project::in_memory([("configure.ac", text)]);
        read(&project, "configure.ac").values(name).iter().map(|it| crate::text::display(it)).collect::<Vec<_>>()
    };
    assert_eq!(values(text, "X"), ["", "lib/in", "out$c"]);
    assert_eq!(values(text, "AM_DEFAULT_VERBOSITY"), ["", "0", "1"]);
    let any = text.replace("d=lib\n", "for v in $vars; do eval \"$v=1\"; done\nd=lib\n");
    assert!(values(&any, "X").contains(&"@X@".to_owned()));
}
