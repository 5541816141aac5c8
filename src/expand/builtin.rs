//! What GNU make 4.3 knows before it reads a makefile, as `make -p -f /dev/null` prints it.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use super::{Flavor, Variable, VariableOrigin};

/// The built-in variables.
pub(crate) fn variables() -> &'static FxHashMap<&'static str, Arc<Variable>> {
    static TABLE: OnceLock<FxHashMap<&'static str, Arc<Variable>>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let row =
            |name: &'static str, value: &str, flavor, origin| (name, Arc::new(Variable::plain(value, flavor, origin)));
        let simple = SIMPLE.iter().map(|it| row(it.0, it.1, Flavor::Simple, VariableOrigin::Default));
        let recursive = RECURSIVE.iter().map(|it| row(it.0, it.1, Flavor::Recursive, VariableOrigin::Default));
        let automatic = AUTOMATIC.iter().map(|it| row(it.0, it.1, Flavor::Recursive, VariableOrigin::Automatic));
        simple.chain(recursive).chain(automatic).collect()
    })
}

/// `.FEATURES` of make 4.2.
pub(crate) const OLD_FEATURES: &str = "target-specific order-only second-expansion else-if shortest-stem undefine \
    oneshell archives jobserver output-sync check-symlink load";

/// What `.POSIX` sets.
pub(crate) const POSIX: &[(&str, &str)] = &[
    (".SHELLFLAGS", "-ec"),
    ("ARFLAGS", "-rv"),
    ("CC", "c99"),
    ("CFLAGS", "-O1"),
    ("FC", "fort77"),
    ("FFLAGS", "-O1"),
    ("SCCSGETFLAGS", "-s"),
];

/// The suffixes.
pub(crate) const SUFFIXES: &str = ".out .a .ln .o .c .cc .C .cpp .p .f .F .m .r .y .l .ym .yl .s .S .mod .sym .def .h .info .dvi .tex .texinfo .texi .txinfo .w .ch .web .sh .elc .el";

const SIMPLE: &[(&str, &str)] = &[
    (
        ".FEATURES",
        "target-specific order-only second-expansion else-if shortest-stem undefine oneshell nocomment grouped-target extra-prereqs archives jobserver output-sync check-symlink load",
    ),
    (".LOADED", ""),
    (".RECIPEPREFIX", ""),
    (".SHELLFLAGS", "-c"),
    ("MAKEFILES", ""),
    ("MAKELEVEL", "0"),
    ("MAKE_COMMAND", "make"),
    ("MAKE_HOST", "x86_64-pc-linux-gnu"),
    ("MAKE_VERSION", "4.3"),
    ("SHELL", "/bin/sh"),
    (
        "SUFFIXES",
        ".out .a .ln .o .c .cc .C .cpp .p .f .F .m .r .y .l .ym .yl .s .S .mod .sym .def .h .info .dvi .tex .texinfo .texi .txinfo .w .ch .web .sh .elc .el",
    ),
];

const RECURSIVE: &[(&str, &str)] = &[
    (".INCLUDE_DIRS", "/usr/local/include /usr/include /usr/include"),
    (".LIBPATTERNS", "lib%.so lib%.a"),
    ("AR", "ar"),
    ("ARFLAGS", "rv"),
    ("AS", "as"),
    ("CC", "cc"),
    ("CHECKOUT,v", "+$(if $(wildcard $@),,$(CO) $(COFLAGS) $< $@)"),
    ("CO", "co"),
    ("COFLAGS", ""),
    ("COMPILE.C", "$(COMPILE.cc)"),
    ("COMPILE.F", "$(FC) $(FFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c"),
    ("COMPILE.S", "$(CC) $(ASFLAGS) $(CPPFLAGS) $(TARGET_MACH) -c"),
    ("COMPILE.c", "$(CC) $(CFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c"),
    ("COMPILE.cc", "$(CXX) $(CXXFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c"),
    ("COMPILE.cpp", "$(COMPILE.cc)"),
    ("COMPILE.def", "$(M2C) $(M2FLAGS) $(DEFFLAGS) $(TARGET_ARCH)"),
    ("COMPILE.f", "$(FC) $(FFLAGS) $(TARGET_ARCH) -c"),
    ("COMPILE.m", "$(OBJC) $(OBJCFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c"),
    ("COMPILE.mod", "$(M2C) $(M2FLAGS) $(MODFLAGS) $(TARGET_ARCH)"),
    ("COMPILE.p", "$(PC) $(PFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c"),
    ("COMPILE.r", "$(FC) $(FFLAGS) $(RFLAGS) $(TARGET_ARCH) -c"),
    ("COMPILE.s", "$(AS) $(ASFLAGS) $(TARGET_MACH)"),
    ("CPP", "$(CC) -E"),
    ("CTANGLE", "ctangle"),
    ("CWEAVE", "cweave"),
    ("CXX", "g++"),
    ("F77", "$(FC)"),
    ("F77FLAGS", "$(FFLAGS)"),
    ("FC", "f77"),
    ("GET", "get"),
    ("LD", "ld"),
    ("LEX", "lex"),
    ("LEX.l", "$(LEX) $(LFLAGS) -t"),
    ("LEX.m", "$(LEX) $(LFLAGS) -t"),
    ("LINK.C", "$(LINK.cc)"),
    ("LINK.F", "$(FC) $(FFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.S", "$(CC) $(ASFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_MACH)"),
    ("LINK.c", "$(CC) $(CFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.cc", "$(CXX) $(CXXFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.cpp", "$(LINK.cc)"),
    ("LINK.f", "$(FC) $(FFLAGS) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.m", "$(OBJC) $(OBJCFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.o", "$(CC) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.p", "$(PC) $(PFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.r", "$(FC) $(FFLAGS) $(RFLAGS) $(LDFLAGS) $(TARGET_ARCH)"),
    ("LINK.s", "$(CC) $(ASFLAGS) $(LDFLAGS) $(TARGET_MACH)"),
    ("LINT", "lint"),
    ("LINT.c", "$(LINT) $(LINTFLAGS) $(CPPFLAGS) $(TARGET_ARCH)"),
    ("M2C", "m2c"),
    ("MAKE", "$(MAKE_COMMAND)"),
    ("MAKEFLAGS", ""),
    ("MAKEINFO", "makeinfo"),
    ("MFLAGS", ""),
    ("OBJC", "cc"),
    ("OUTPUT_OPTION", "-o $@"),
    ("PC", "pc"),
    ("PREPROCESS.F", "$(FC) $(FFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -F"),
    ("PREPROCESS.S", "$(CC) -E $(CPPFLAGS)"),
    ("PREPROCESS.r", "$(FC) $(FFLAGS) $(RFLAGS) $(TARGET_ARCH) -F"),
    ("RM", "rm -f"),
    ("TANGLE", "tangle"),
    ("TEX", "tex"),
    ("TEXI2DVI", "texi2dvi"),
    ("WEAVE", "weave"),
    ("YACC", "yacc"),
    ("YACC.m", "$(YACC) $(YFLAGS)"),
    ("YACC.y", "$(YACC) $(YFLAGS)"),
];

/// The folder and file forms of automatic variables.
const AUTOMATIC: &[(&str, &str)] = &[
    ("@D", "$(patsubst %/,%,$(dir $@))"),
    ("@F", "$(notdir $@)"),
    ("%D", "$(patsubst %/,%,$(dir $%))"),
    ("%F", "$(notdir $%)"),
    ("<D", "$(patsubst %/,%,$(dir $<))"),
    ("<F", "$(notdir $<)"),
    ("?D", "$(patsubst %/,%,$(dir $?))"),
    ("?F", "$(notdir $?)"),
    ("^D", "$(patsubst %/,%,$(dir $^))"),
    ("^F", "$(notdir $^)"),
    ("+D", "$(patsubst %/,%,$(dir $+))"),
    ("+F", "$(notdir $+)"),
    ("*D", "$(patsubst %/,%,$(dir $*))"),
    ("*F", "$(notdir $*)"),
];

/// Suffix rules: the target as such a rule spells it, and its recipe.
pub(crate) const SUFFIX_RULES: &[(&str, &str)] = &[
    (".C", "$(LINK.C) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    (".C.o", "$(COMPILE.C) $(OUTPUT_OPTION) $<"),
    (".F", "$(LINK.F) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    (".F.f", "$(PREPROCESS.F) $(OUTPUT_OPTION) $<"),
    (".F.o", "$(COMPILE.F) $(OUTPUT_OPTION) $<"),
    (".S", "$(LINK.S) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    (".S.o", "$(COMPILE.S) -o $@ $<"),
    (".S.s", "$(PREPROCESS.S) $< > $@"),
    (".c", "$(LINK.c) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    (".c.ln", "$(LINT.c) -C$* $<"),
    (".c.o", "$(COMPILE.c) $(OUTPUT_OPTION) $<"),
    (".cc", "$(LINK.cc) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    (".cc.o", "$(COMPILE.cc) $(OUTPUT_OPTION) $<"),
    (".cpp", "$(LINK.cpp) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    (".cpp.o", "$(COMPILE.cpp) $(OUTPUT_OPTION) $<"),
    (".def.sym", "$(COMPILE.def) -o $@ $<"),
    (".f", "$(LINK.f) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    (".f.o", "$(COMPILE.f) $(OUTPUT_OPTION) $<"),
    (".l.c", "@$(RM) $@ \n $(LEX.l) $< > $@"),
    (".l.ln", "@$(RM) $*.c\n $(LEX.l) $< > $*.c\n$(LINT.c) -i $*.c -o $@\n $(RM) $*.c"),
    (".l.r", "$(LEX.l) $< > $@ \n mv -f lex.yy.r $@"),
    (".lm.m", "@$(RM) $@ \n $(LEX.m) $< > $@"),
    (".m", "$(LINK.m) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    (".m.o", "$(COMPILE.m) $(OUTPUT_OPTION) $<"),
    (".mod", "$(COMPILE.mod) -o $@ -e $@ $^"),
    (".mod.o", "$(COMPILE.mod) -o $@ $<"),
    (".o", "$(LINK.o) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    (".p", "$(LINK.p) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    (".p.o", "$(COMPILE.p) $(OUTPUT_OPTION) $<"),
    (".r", "$(LINK.r) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    (".r.f", "$(PREPROCESS.r) $(OUTPUT_OPTION) $<"),
    (".r.o", "$(COMPILE.r) $(OUTPUT_OPTION) $<"),
    (".s", "$(LINK.s) $^ $(LOADLIBES) $(LDLIBS) -o $@"),
    (".s.o", "$(COMPILE.s) -o $@ $<"),
    (".sh", "cat $< >$@ \n chmod a+x $@"),
    (".tex.dvi", "$(TEX) $<"),
    (".texi.dvi", "$(TEXI2DVI) $(TEXI2DVI_FLAGS) $<"),
    (".texi.info", "$(MAKEINFO) $(MAKEINFO_FLAGS) $< -o $@"),
    (".texinfo.dvi", "$(TEXI2DVI) $(TEXI2DVI_FLAGS) $<"),
    (".texinfo.info", "$(MAKEINFO) $(MAKEINFO_FLAGS) $< -o $@"),
    (".txinfo.dvi", "$(TEXI2DVI) $(TEXI2DVI_FLAGS) $<"),
    (".txinfo.info", "$(MAKEINFO) $(MAKEINFO_FLAGS) $< -o $@"),
    (".w.c", "$(CTANGLE) $< - $@"),
    (".w.tex", "$(CWEAVE) $< - $@"),
    (".web.p", "$(TANGLE) $<"),
    (".web.tex", "$(WEAVE) $<"),
    (".y.c", "$(YACC.y) $< \n mv -f y.tab.c $@"),
    (".y.ln", "$(YACC.y) $< \n $(LINT.c) -C$* y.tab.c \n $(RM) y.tab.c"),
    (".ym.m", "$(YACC.m) $< \n mv -f y.tab.c $@"),
];

/// Pattern rules: target, whether it ends a chain (`::`), prerequisites, recipe.
pub(crate) const PATTERN_RULES: &[(&str, bool, &str, &str)] = &[
    ("(%)", false, "%", "$(AR) $(ARFLAGS) $@ $<"),
    ("%.out", false, "%", "@rm -f $@ \n cp $< $@"),
    ("%.c", false, "%.w %.ch", "$(CTANGLE) $^ $@"),
    ("%.tex", false, "%.w %.ch", "$(CWEAVE) $^ $@"),
    ("%", true, "%,v", "$(CHECKOUT,v)"),
    ("%", true, "RCS/%,v", "$(CHECKOUT,v)"),
    ("%", true, "RCS/%", "$(CHECKOUT,v)"),
    ("%", true, "s.%", "$(GET) $(GFLAGS) $(SCCS_OUTPUT_OPTION) $<"),
    ("%", true, "SCCS/s.%", "$(GET) $(GFLAGS) $(SCCS_OUTPUT_OPTION) $<"),
];
