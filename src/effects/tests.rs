//! Recipes and what they must and must not say, in a short notation: `W a` write, `R` read, `X` remove, `D` make a
//! folder (`D!` where it may not exist), `N` need one, `M` a run of make; `?` after the letter for what may be.

use super::*;
use crate::text::display;

const GENERATED: [&str; 6] = ["gen.h", "sub/made.h", "libx.a", "parse.c", "out/conf.h", "gen.sh"];

fn outcome(files: &[(&str, &str)], lines: &[&str]) -> Outcome {
    outcome_in(files, lines, false)
}

fn outcome_in(files: &[(&str, &str)], lines: &[&str], one_shell: bool) -> Outcome {
    let project = Project::in_memory(files.iter().copied());
    let recipe = Recipe {
        project: &project,
        directory: "",
        lines,
        open: &[],
        before: &[],
        one_shell,
        environment: &[],
        generated: &|it| GENERATED.contains(&it),
        links: &|_| None,
        models: &Models::built_in(),
        headers: &Headers::default(),
    };
    interpret(&recipe)
}

fn shown(outcome: &Outcome) -> String {
    let effects = outcome.effects.iter().map(|it| {
        let kind = match it.kind {
            EffectKind::Write => "W",
            EffectKind::Read => "R",
            EffectKind::MakeDirectory => "D",
            EffectKind::MakeDirectoryOnce => "D!",
            EffectKind::Remove => "X",
            EffectKind::NeedDirectory => "N",
        };
        format!("{kind}{} {}", if it.certainty == Certainty::May { "?" } else { "" }, display(&it.path))
    });
    let makes = outcome.makes.iter().map(|it| {
        let goals = it.goals.iter().map(|it| format!(" {it}")).collect::<String>();
        let variables = it.variables.iter().map(|it| format!(" {}={}", it.0, it.1)).collect::<String>();
        let makefile = it.makefile.as_ref().map_or(String::new(), |it| format!(" -f {it}"));
        let may = if it.certainty == Certainty::May { "?" } else { "" };
        format!("M{may} [{}]{makefile}{goals}{variables}", it.directory)
    });
    effects.chain(makes).collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn check_in(files: &[(&str, &str)], recipe: &str, expected: &str) -> Outcome {
    let outcome = outcome(files, &[recipe]);
    assert_eq!(shown(&outcome), expected, "{recipe}");
    outcome
}

#[track_caller]
fn check(recipe: &str, expected: &str) {
    check_in(&[], recipe, expected);
}

#[test]
fn shell_language() {
    check("a=x; echo > $a.c", "W x.c");
    check("cd sub && touch a", "N sub, N sub, W sub/a");
    check("(cd sub; touch a); touch b", "N sub, N sub, W sub/a, W b");
    check("for i in a b; do touch $i.x; done", "W a.x, W b.x");
    check("for i in a b; do for j in c d; do touch $i$j; break 2; done; done; touch x", "W ac, W x");
    check("for i in a b; do for j in c d; do touch $i$j; continue 2; done; touch no; done", "W ac, W bc");
    check("touch a || touch b", "W a, W? b");
    check("touch a && touch b || exit 1; touch c", "W a, W b, W c");
    check("test -f a || touch a; touch b", "W? a, W b");
    check("if [ ! -f a ]; then touch a; fi", "W? a");
    check("test -z '' && touch a; test -n '' && touch b", "W a");
    check("if test x = y; then touch a; else touch b; fi", "W b");
    check("cmp -s a b || cp a b", "R a, R b, R? a, W? b");
    check("case a.c in *.h) touch h;; *.c) touch c;; esac", "W c");
    check("x=`basename d/f.c .c`; y=$(dirname d/f.c); echo > $x.o > $y.o", "W f.o, W d.o");
    check("x=`echo libfoo.a | sed -e 's/^lib//' -e 's/\\.a$//'`; touch $x", "W foo");
    check("touch x.$$; mv x.$$ y; t=`mktemp`; echo > $t", "W y");
    check("echo a > /dev/null 2>&1", "");
    check("if x=`expr d : '\\(.*\\)/[^/]*'`; then touch a; else touch b; fi", "W b");
    check("if x=`expr d/e : '\\(.*\\)/[^/]*'`; then touch $x; fi", "W d");
    check("sh -c 'touch a; echo > b'", "W a, W b");
    check("eval \"touch a\"", "W a");
    check("f() { touch $1; }; f a; f b", "W a, W b");
    check("if test -f c; then exit 0; fi; touch a", "W? a");
    check("set -e; touch a; exit 0; touch b", "W a");
    check("env A=b nice -n 5 touch x", "W x");
    check("find . -name x -exec rm -f {} \\; ; touch a", "X? {}, W a");
    check("while read x; do echo $x; done < in > out", "R in, W out");
    check("{ echo a; echo b; } > out", "W out");
    check("cat a b | sort -u > c", "R a, R b, W c");
    check("cat > a <<E; touch b\nx\nE\n", "W a, W b");
    check("rm -f *.o", "X *.o");
    check("x=1 && y=a$x; >$y", "W a1");
    check("set fnord a b; shift; for f do touch $f; done", "W a, W b");
    check("if (cmp -s a b); then :; else mv a b; fi", "R a, R b, R? a, X? a, W? b");
    check("test -n \"$UNSET\" || touch ${UNSET-a}; test x$HOME = x || touch b", "W a, W? b");
    check("if x; then c='touch a'; else c='exit 1'; fi; y || eval $c; touch b", "W? a, W b");
    check("X=a touch b; touch $X", "W b, W? $X");
}

#[test]
fn more_of_the_shell() {
    check("exec touch a", "W a");
    check("trap 'rm -f t' 0; touch t", "W t, X t");
    check("trap 'rm -f t; exit 1' 1 2 15; touch t", "W t");
    check("trap 'rm -f t' EXIT; trap - EXIT; touch t", "W t");
    check("(trap \"rm -f t\" 0; touch t); touch b", "W t, X t, W b");
    check("i=0; until test $i = 2; do i=`expr $i + 1`; touch a$i; done", "W a1, W a2");
    check("cat > a <<E\n$x `touch b`\nE\n", "W b, W a");
    check("cat > a <<'E'\n`touch b`\nE\n", "W a");
    check("eval \"x=a\"; eval y=\\$x; touch $y", "W a");
    check("eval \"`tool`\"; touch a", "W a");
    check("f() { g \"$@\"; }; g() { shift; cat $* > $1; }; f x y z", "W y, R y, R z");
    check("X=a; export X; sh -c 'touch $X'", "W a");
    check("{ touch a & touch b; wait; }", "W a, W b");
    check("(a=x; touch $a); touch y$a", "W x, W y");
    check("cat < a >> b 2> c", "R a, W b, W c");
    check("cat <> a", "R a, W a");
    check("tool > a 2>&1 | tee b", "W a, W b");
    check("x=lib/foo.c; touch ${x%.c}.o ${x##*/}.d ${y:-z}", "N lib, W lib/foo.o, W foo.c.d, W z");
    check("! cmp -s a b || touch c", "R a, R b, W? c");
    check_in(
        &[("s/a.t", ""), ("s/b.t", "")],
        "for i in s/*.t; do cp $i `basename $i .t`.u; done",
        "R s/a.t, W a.u, R s/b.t, W b.u",
    );
    check("a[1]=x; a[2]+=y; touch ${a[1]}", "W x");
    let lines = ["cd d", "touch a", "x=b; touch $x"];
    let run = |one_shell| {
        let project = Project::in_memory([("a", "")]);
        let (models, headers) = (Models::built_in(), Headers::default());
        let recipe = Recipe {
            project: &project,
            directory: "",
            lines: &lines,
            open: &[],
            before: &[],
            one_shell,
            environment: &[],
            generated: &|_| false,
            links: &|_| None,
            models: &models,
            headers: &headers,
        };
        shown(&interpret(&recipe))
    };
    assert_eq!(run(false), "N d, W a, W b");
    assert_eq!(run(true), "N d, N d, W d/a, N d, W d/b");
}

#[test]
fn a_linker_that_is_a_script() {
    let link = "#!/bin/sh\nmk=`dirname $0`/mkexp\ntest -x \"$mk\" || mk=\"@abs_srcdir@/mkexp\"\nCC=$1; shift\n\
                while test -n \"$1\"; do case \"$1\" in\n-o) shift; out=$1;;\n\
                -bE:* | -Wl,-bE:*) exp=`echo $1 | sed -e \"s/-Wl,//\" -e \"s/-bE://\"`;;\n\
                *.o) objs=\"$objs $1\"; args=\"$args $1\";;\n*) args=\"$args $1\";;\nesac; shift; done\n\
                name=`basename $out | sed \"s/\\.[^.]*$//\"`\nif test -z \"$exp\"; then exp=\"$name.exp\"; fi\n\
                $mk $exp \"$out\" $objs\n$CC -Wl,-bE:$exp -o $out $args\nres=$?\nrm -f $exp\nexit $res\n";
    let mkexp = "#!/bin/sh\nf=$1\nshift; shift\nall=$*\necho \"#!\" > $f\nnm -B $all | sort | uniq >> $f\n";
    let files = [("t/link.in", link), ("t/mkexp", mkexp)];
    let derived = check_in(
        &files,
        "t/link cc -bI:m/core.exp a.o -o d/lamp.so",
        "R t/mkexp, W lamp.exp, R a.o, R lamp.exp, N d, W d/lamp.so, R m/core.exp, X lamp.exp",
    );
    assert_eq!(derived.invocations.iter().map(|it| it.known).collect::<Vec<_>>(), [Known::Script]);
    let export = derived.effects.iter().find(|it| it.path == "lamp.exp").unwrap();
    assert_eq!(export.place.range(), 34..38);
    check_in(
        &files,
        "t/link cc -Wl,-bE:x.exp a.o -o lamp.so",
        "R t/mkexp, W x.exp, R a.o, R x.exp, W lamp.so, X x.exp",
    );
}

#[test]
fn what_must_not_be_said() {
    for recipe in [
        "echo a > /dev/null",
        "gcc -v",
        "gcc -print-prog-name=ld",
        "touch conf$$.c; gcc -c conf$$.c -o /dev/null; rm -f conf$$.c",
        "t=$(mktemp -d) && touch $t/a && rm -rf $t",
        "echo 'a > b'",
        "printf '%s\\n' \"touch a\"",
        ": touch a",
        "false && touch a",
        "case x.c in *.h) touch a;; esac",
        "# touch a",
        "grep -q x <<E\n> a\nE\n",
        "sed -e 's/a/b/' -n -e 'w'",
        "tar -tf -",
        "pkg-config --cflags x",
        "git describe",
        "test x = y && touch a",
    ] {
        check(recipe, "");
    }
    check(
        "gcc -c a.c -o a.o -MT a.o -MD -MP -MF .deps/a.Tpo && mv -f .deps/a.Tpo .deps/a.Po",
        "W a.o, N .deps, W .deps/a.Tpo, R a.c, R .deps/a.Tpo, X .deps/a.Tpo, N .deps, W .deps/a.Po",
    );
    check("cc -c x.c -Iinc -Llib -lm -DX='\"a\"'", "R x.c, W x.o");
    check("ld -z now -soname libx.so.1 -o libx.so a.o", "W libx.so, R a.o");
    check("install -c -m 644 -s p q", "R p, W q");
}

#[test]
fn a_hostile_recipe_ends() {
    let nested = |open: &str, close: &str| format!("{}touch a{}", open.repeat(150), close.repeat(150));
    for recipe in [
        "x=a; while :; do x=$x$x; done; touch $x".to_owned(),
        "f() { f; f; }; f".to_owned(),
        "x='eval \"$x\"'; eval \"$x\"".to_owned(),
        "set a b; while :; do set $* $*; done".to_owned(),
        "for a in * * *; do for b in 1 2 3 4 5 6 7 8 9; do while z; do while z; do touch $a; done; done; done; done"
            .to_owned(),
        nested("(", ")"),
        nested("if x; then ", "; fi"),
        nested("echo `echo \"$(", ")\"`"),
        nested("echo $(", ")"),
        nested("{ ", "; }"),
        nested("sh -c '", "'"),
        "./loop".to_owned(),
    ] {
        check_in_any(&[("loop", "#!/bin/sh\n./loop; ./loop\n")], &recipe);
    }
}

fn check_in_any(files: &[(&str, &str)], recipe: &str) {
    outcome(files, &[recipe]);
}

#[test]
fn source_of_the_tree_or_of_the_build() {
    check_in(&[("x.c", "")], "gcc -c `test -f 'x.c' || echo 'src/'`x.c", "R x.c, W x.o");
    check_in(&[("src/x.c", "")], "gcc -c `test -f 'x.c' || echo 'src/'`x.c", "R src/x.c, W x.o");
}

#[test]
fn options_that_only_look_like_others() {
    check("icc -openmp -S a.c -o a.S", "W a.S, R a.c");
    check("cc -oa b.o", "W a, R b.o");
    check("cc -objx b.o -o a", "W a, R b.o");
    check("libtool --mode=install install -c -rpath /lib a.la /lib/", "N /lib, R a.la, W /lib/a.la");
    check("gcc -o a a.o -Wl,--whole-archive,b.a,-soname,c.a", "W a, R a.o, R b.a");
}

#[test]
fn what_a_loop_installs() {
    check("for i in a b; do install $i /lib/d; done", "N /lib/d, R a, W /lib/d/a, N /lib/d, R b, W /lib/d/b");
    check("for i in a b; do install $i /lib/$i; done", "R a, N /lib, W /lib/a, R b, N /lib, W /lib/b");
}

#[test]
fn a_shell_that_another_program_takes_the_place_of() {
    check("exec touch a; touch b", "W a");
    check("test -f x && exec touch a; touch b", "W? a, W? b");
}

#[test]
fn programs_that_build_a_folder() {
    check("ninja -C d x", "N d, M [d] -f d/build.ninja");
    check("cd d && cmake --build .", "N d, N d, M [d] -f d/CMakeCache.txt");
    check("ninja -C d -t clean", "N d");
    check("sphinx-build -b html s d/html", "W? d/html/.doctrees/environment.pickle");
    check("python3 -m sphinx -M html s d", "W? d/doctrees/environment.pickle");
}

#[test]
fn compilers() {
    check("gcc -c a.c", "R a.c, W a.o");
    check("gcc -Iinc -DX=1 -O2 -c -o d/a.o s/a.c", "N d, W d/a.o, R s/a.c");
    check("x86_64-linux-gnu-gcc-12 -o p a.o b.o -lm", "W p, R a.o, R b.o");
    check("cc a.o", "R a.o, W a.out");
    check("cpp -P a.h", "R a.h");
    check("cpp -Iinc a.c a.i", "R a.c, W a.i");
    check("gcc -E a.c > b", "W b, R a.c");
    check("cc -MD -MF d/x.d -c x.c -o x.o", "N d, W d/x.d, W x.o, R x.c");
    check("cc -MMD -c x.c -o b/x.o", "N b, W b/x.o, R x.c, W b/x.d");
    check("cc -MMD -o p x.o", "W p, R x.o");
    check("cc -Wp,-MD,.x.d -c x.c", "W .x.d, R x.c, W x.o");
    check(
        "gcc -o p p.o -Wl,-bE:p.exp -Wl,--version-script,v.map -L. -lx -ly",
        "W p, R p.exp, R v.map, R? libx.a, R p.o",
    );
    check("ld -r -o a.o b.o -T x.ld", "W a.o, R x.ld, R b.o");
    check("gcc --version", "");
    check("gcc -MM *.c > .depend", "W .depend, R *.c");
}

#[test]
fn includes() {
    let files = [
        ("a.c", "#include \"b.h\"\n#include <stdio.h>\n"),
        ("b.h", "#ifndef B\n#define B\n#include \"gen.h\"\n#endif\n"),
    ];
    check_in(&files, "cc -c a.c", "R a.c, W a.o, R gen.h");
    let files = [("a.c", "#ifdef X\n#include <made.h>\n#endif\n")];
    check_in(&files, "cc -Isub -c a.c", "R a.c, W a.o, R? sub/made.h");
    check_in(&files, "cc -c a.c", "R a.c, W a.o");
    check_in(&[("parse.y", "%{\n#include \"gen.h\"\n%}\n")], "cc -c parse.c", "R parse.c, W parse.o, R gen.h");
    check_in(
        &[("s/a.c", "#include \"made.h\"\n"), ("sub/x", "")],
        "cd s && cc -I../sub -c a.c",
        "N s, R s/a.c, N s, W s/a.o, R sub/made.h",
    );
}

#[test]
fn archives() {
    check("ar cru libx.a a.o b.o", "R libx.a, W libx.a, R a.o, R b.o");
    check("ar -rcs libx.a a.o", "R libx.a, W libx.a, R a.o");
    check("ar t libx.a", "R libx.a");
    check("ranlib libx.a", "R libx.a, W libx.a");
    check("strip p", "R p, W p");
    check("strip -o q p", "W q, R p");
    check("objcopy -O binary a b", "R a, W b");
    check("nm a.o | sort > b", "R a.o, W b");
}

#[test]
fn generators() {
    check("yacc -d x.y", "R x.y, W y.tab.c, W y.tab.h");
    check("bison -d s/x.y", "R s/x.y, W x.tab.c, W x.tab.h");
    check("bison -d -o p.c x.y", "W p.c, R x.y, W p.h");
    check("bison -y x.y && mv y.tab.c x.c", "R x.y, W y.tab.c, R y.tab.c, X y.tab.c, W x.c");
    check("flex x.l", "R x.l, W lex.yy.c");
    check("flex -ox.c x.l", "W x.c, R x.l");
    check("lex -t x.l > x.c", "W x.c, R x.l");
    check("sh ./ylwrap x.l lex.yy.c x.c -- flex", "R ylwrap, R x.l, W x.c");
    check("ylwrap - lex.yy.c x.c -- flex", "W x.c");
    check("msgfmt -o x.mo x.po", "W x.mo, R x.po");
    check("gperf -N f in > out", "W out, R in");
    check("pod2man --section=1 x.pod x.1", "R x.pod, W x.1");
    check("makeinfo -o x.info x.texi", "W x.info, R x.texi, W? x.info-1, W? x.info-2");
    check("makeinfo --no-split -o x.html --html x.texi", "W x.html, R x.texi");
    check("./config.status d/conf.h", "N d, W d/conf.h");
    check("./config.status --recheck", "");
    let known = |recipe: &str| check_in(&[], recipe, "").invocations[0].known;
    assert_eq!((known("./config.status"), known("./config.status --recheck")), (Known::Opaque, Known::Model));
}

#[test]
fn files() {
    check("cp a b", "R a, W b");
    check("cp a b dir", "N dir, R a, W dir/a, R b, W dir/b");
    check("mv a b", "R a, X a, W b");
    check("ln -s a b", "W b");
    check("ln -sf ../lib/a .", "W a");
    check("install -m 644 a.h /usr/include/a.h", "R a.h, N /usr/include, W /usr/include/a.h");
    check("install -d /usr/a /usr/b", "D /usr/a, D /usr/b");
    check("install -Dm755 p -t /usr/bin/", "R p, D /usr/bin, W /usr/bin/p");
    check("mkdir -p a/b", "D a/b");
    check("mkdir a", "D! a");
    check("test -d a || mkdir a", "D!? a");
    check("mkdir a || true", "D a");
    check("mkdir a || test -d a", "D a");
    check("mkdir a; true", "D a");
    check("set -e; mkdir a; true", "D! a");
    check("mkdir a && true", "D! a");
    check("mkdir a || exit 1", "D! a");
    check("if mkdir a; then :; fi", "D a");
    check("[ -d a ] || mkdir a || :", "D? a");
    check("rm -rf a b", "X a, X b");
    check("touch -r a b", "R a, W b");
    check("sed -i s/a/b/ f", "R f, W f");
    check("sed -e s/a/b/ -n f > g", "W g, R f");
    check("sed s/a/b/ f", "R f");
    check("sed -e 1h -n -e 'w g' f", "R f, W g");
    check("sort -o a b", "W a, R b");
    check("dd if=a of=b bs=1", "R a, W b");
    check("echo x | tee a", "W a");
    check("tar cf a.tar b c", "W a.tar, R b, R? b/**/*, R c, R? c/**/*");
    check("tar xzf a.tgz", "R a.tgz");
    check("tar -cf - b | gzip -c > a.tgz", "R b, R? b/**/*, W a.tgz");
    check("perl -pi -e s/a/b/ f", "R f, W f");
    check("awk '{print > \"w\"}' a", "R a, W? w");
    check("awk '{print >out}' out=w a", "R a, W? w");
    let program = [("p", "# a > b\nBEGIN { if (x > y) print \"a>b\" > \"/dev/stderr\" }\n{ print $1 > \"w\" }\n")];
    let known = check_in(&program, "awk -f p a", "R p, R a, W? w");
    assert_eq!(known.invocations[0].known, Known::Model);
    let computed = check_in(&[], "awk '{ print $1 > $2 \".c\" }' a", "R a");
    assert_eq!(computed.invocations[0].known, Known::Opaque);
    check("grep x a > b", "W b, R a");
    check("chmod +x a; chown -R root:root b c; date; uname -a", "R a, R b, R c");
}

#[test]
fn makes() {
    check("cd a && make -f b.mk -j4 all X=1", "N a, M [a] -f a/b.mk all X=1");
    check("make -C a -sC b", "N a, N a/b, M [a/b]");
    check("for d in x y; do (cd $d && make -k $@ all) || exit 1; done", "N x, N y, M [x] all, M [y] all");
    check("test -f a && make b", "M? [] b");
    check("make -j 4 -l 2.5 --directory a --file b.mk all", "N a, M [a] -f a/b.mk all");
    check("make --version; make -sn a; make --question b; make -j all", "M [] all");
}

#[test]
fn libtool() {
    check(
        "./libtool --mode=compile gcc -c x.c -o x.lo",
        "W x.o, R x.c, W? x.loT, X? x.loT, W x.lo, D? .libs, N? .libs, W? .libs/x.o",
    );
    check(
        "./libtool --tag=disable-static --mode=compile gcc -c x.c -o x.lo",
        "W x.lo, R x.c, W? x.loT, X? x.loT, D? .libs, N? .libs, W? .libs/x.o",
    );
    check(
        "/bin/sh ./libtool --tag=CC --mode=link gcc -o libx.la x.lo -rpath /usr/lib -avoid-version",
        "R libtool, W libx.la, R x.lo, D? .libs, N? .libs, W? .libs/libx.a, W? .libs/libx.so, W? .libs/libx.lai, W? .libs/libx.la, W? .libs/libx.dll.a",
    );
    let linked = |options: &str, more: &str| {
        let made = ".libs/libx.a, W? .libs/libx.so, W? .libs/libx.lai, W? .libs/libx.la";
        check(
            &format!("./libtool --mode=link gcc -o libx.la x.lo {options}"),
            &format!("W libx.la, R x.lo, D? .libs, N? .libs, W? {made}{more}"),
        );
    };
    linked("-rpath /l -version-info 9:1:2", ", W? .libs/libx.dll.a, W? .libs/libx.so.7, W? .libs/libx.so.7.2.1");
    linked(
        "-rpath /l -release 2 -version-number 1:2",
        ", W? .libs/libx.dll.a, W? .libs/libx-2.so, W? .libs/libx-2.so.1, W? .libs/libx-2.so.1.2.0",
    );
    linked("-version-info 9:1:2", "");
    linked("-module -shrext .plugin", ", W? .libs/libx.plugin");
}

#[test]
fn scripts_of_the_tree() {
    let script = "#!/bin/sh\nout=$1; shift\nall=$*\necho > $out\ncat $all >> $out\n";
    let outcome = check_in(&[("t/mk", script)], "./t/mk d/o a b; cp d/o x", "R t/mk, N d, W d/o, R a, R b, R d/o, W x");
    let write = outcome.effects.iter().find(|it| it.kind == EffectKind::Write).unwrap();
    assert_eq!((write.place.range(), write.invocation), (7..10, 0));
    assert_eq!(outcome.invocations.iter().map(|it| it.known).collect::<Vec<_>>(), [Known::Script, Known::Model]);
    let options = "#! /bin/sh\nwhile test -n \"$1\"; do case \"$1\" in\n-o) shift; o=$1;;\n-o*) o=`echo $1 | sed 's/-o//'`;;\n\
                   *) args=\"$args $1\";;\nesac; shift; done\nif test -z \"$o\"; then o=dflt; fi\ncc $args -o $o\n";
    check_in(&[("wrap.in", options)], "./wrap -oout.x a.o b.o", "W out.x, R a.o, R b.o");
    check_in(&[("wrap", options)], "sh wrap a.o -o p", "R wrap, W p, R a.o");
    check_in(&[("wrap", options)], "sh wrap a.o", "R wrap, W dflt, R a.o");
    let getopts = "#!/bin/sh\nwhile getopts vo: x; do case $x in o) out=$OPTARG;; esac; done\n\
                   shift $((OPTIND-1))\ncat $1 > $out\n";
    check_in(&[("g", getopts)], "./g -vo p q", "R g, W p, R q");
    let into = "#!/bin/sh\nto=$2\nif [ -d $to ]; then to=$to/`basename $1`; fi\ncp $1 $to\n";
    check_in(&[("i", into)], "./i s/a d/e", "R i, R? s/a, N? d, W? d/e, N? d/e, W? d/e/a");
    let unknown = check_in(&[("g.pl", "#!/usr/bin/perl\n")], "./g.pl a > b", "W b, R g.pl");
    assert_eq!(unknown.invocations[0].known, Known::Unknown);
}

fn known(recipe: &str) -> String {
    let files = [("m/gen.py", ""), ("cut", "#!/bin/sh\ntar xf $1\n")];
    let shown = outcome(&files, &[recipe])
        .invocations
        .iter()
        .map(|it| format!("{} {:?}", it.name, it.known))
        .collect::<Vec<_>>();
    shown.join(", ")
}

#[test]
fn what_hides_writes_is_told_apart() {
    for (recipe, expected) in [
        ("tar xf a.tar", "tar Opaque"),
        ("tar -C d -xf a.tar", "tar Opaque"),
        ("tar cf a.tar b", "tar Model"),
        ("tar tf a.tar", "tar Model"),
        ("cp -r a b; cp a b", "cp Opaque, cp Model"),
        ("cp -pR a b", "cp Opaque"),
        ("ar x liba.a", "ar Opaque"),
        ("ar t liba.a", "ar Model"),
        ("unzip a.zip", "unzip Opaque"),
        ("git checkout a; git describe; git -C x describe --tags", "git Opaque, git Model, git Model"),
        ("cargo build", "cargo Opaque"),
        ("env A=b tar xf a; nice tool", "tar Opaque, tool Unknown"),
        ("sh -c 'tool; tar xf a'", "sh Model, tool Unknown, tar Opaque"),
        ("./cut a", "cut Script, tar Opaque"),
        ("python3 m/gen.py a", "gen.py Unknown"),
        ("perl -e 'print 1' > a; perl -e 'open(F, \">x\")'", "perl Model, perl Opaque"),
        ("perl -V; python3 --version; python3", "perl Model, python3 Model, python3 Unknown"),
        ("not x", "not Unknown"),
    ] {
        assert_eq!(known(recipe), expected, "{recipe}");
    }
    check("perl gen.pl -e x > y", "W y, R gen.pl");
    check("perl -ne 'print' a > b", "W b, R a");
}

#[test]
fn headers_beside_sources() {
    check("bison -d -o p.cc p.yy", "W p.cc, R p.yy, W p.hh");
    check("bison -d p.ypp", "R p.ypp, W p.tab.cpp, W p.tab.hpp");
    check("gdbus-codegen --generate-c-code=d/x a.xml", "R a.xml, N d, W d/x.c, W d/x.h");
    check("gdbus-codegen --output-directory o --generate-c-code x a.xml", "N o, R a.xml, W o/x.c, W o/x.h");
}

#[test]
fn copies_stand_for_their_source() {
    let links = |recipe: &str| outcome(&[], &[recipe]).links.into_vec();
    let link = |made: &str, of: &str| vec![(made.to_owned(), of.to_owned())];
    assert_eq!(links("flex -o z.c q.l"), link("z.c", "q.l"));
    assert_eq!(links("bison -d -o p.c q.y"), link("p.c", "q.y"));
    assert_eq!(links("cp d/a.c b.c"), link("b.c", "d/a.c"));
    assert_eq!(links("sed p a.c.in > b.c; cat x.c y.c > z.c"), link("b.c", "a.c.in"));
    assert_eq!(links("cp a.h b.h; gen a.c > b.c"), []);
}

#[test]
fn grammars_and_scanners_name_what_is_made_of_them() {
    let files = [
        ("x.l", "%option noyywrap header-file=\"x.h\" outfile=\"x.c\"\n%%\n%option outfile=\"y.c\"\n"),
        ("p.y", "%defines \"q.h\"\n%output \"q.c\"\n%%\n"),
        ("d.y", "%defines\n%%\n"),
    ];
    check_in(&files, "flex x.l", "W x.h, W x.c, R x.l");
    check_in(&files, "flex -o z.c x.l", "W x.h, W z.c, R x.l");
    check_in(&files, "flex -t x.l", "W x.h, R x.l");
    check_in(&files, "bison p.y", "W q.h, W q.c, R p.y");
    check_in(&files, "bison -o d.c d.y", "W d.c, R d.y, W d.h");
}

#[test]
fn interfaces_name_modules() {
    let files = [("d/x.i", "%module(package=\"p\") m\n"), ("y.i", "")];
    check_in(&files, "swig -python -o d/x.c d/x.i", "N d, W d/x.c, R d/x.i, W d/m.py");
    check_in(&files, "swig -c++ -perl5 -outdir out d/x.i", "N out, R d/x.i, N d, W d/x_wrap.cxx, W out/m.pm");
    check_in(&files, "swig -python -module z y.i", "R y.i, W y_wrap.c, W z.py");
}

#[test]
fn places_are_those_of_the_bytes() {
    let recipe = "gcc -o p -Wl,-bE:m/p.exp x.o";
    let outcome = outcome(&[], &[recipe]);
    let read = outcome.effects.iter().find(|it| it.path == "m/p.exp").unwrap();
    assert_eq!(&recipe[read.place.range()], "m/p.exp");
    assert_eq!(shown(&outcome_in(&[], &["echo ${00} > a"], false)), "W a");
    // What is not closed ends with its line.
    let outcome = outcome_in(&[], &["x ${", "y"], true);
    assert_eq!(outcome.invocations[0].place, Place::new(0, 0..4));
}

#[test]
fn a_users_row_comes_first() {
    let models = Models::built_in()
        .with_rows("[[command]]\nnames = [\"mytool\", \"cp\", \"g.py\"]\nfirst = \"write\"\n")
        .unwrap();
    let project = Project::in_memory([("a", "")]);
    let lines = ["mytool a b", "cp c d", "python3 -u s/g.py e f"];
    let recipe = Recipe {
        project: &project,
        directory: "",
        lines: &lines,
        open: &[],
        before: &[],
        one_shell: true,
        environment: &[],
        generated: &|_| false,
        links: &|_| None,
        models: &models,
        headers: &Headers::default(),
    };
    assert_eq!(shown(&interpret(&recipe)), "W a, W c, R s/g.py, W e");
    assert_eq!(interpret(&recipe).effects[1].place, Place::new(1, 3..4));
}

#[test]
fn a_class_path_is_read_path_by_path() {
    check("javac -cp :lib/a.jar:b.jar X.java", "R lib/a.jar, R b.jar, R X.java, W X.class");
}
