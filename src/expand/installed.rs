//! Makefiles that other packages install and that makefiles include by what a program says of their place, as far as they
//! order jobs or make files.

use crate::text::display;

/// The text of an included makefile that no tree has, told by how it is named.
pub(super) fn text(name: &str) -> Option<&'static str> {
    display(name).contains("--pgxs").then_some(PGXS)
}

/// For extensions of PostgreSQL ("Extension Building Infrastructure" in its manual): the including makefile sets
/// `MODULES`, `MODULE_big` or `PROGRAM`, `OBJS`, `DATA_built` and others first.
const PGXS: &str = "\
DLSUFFIX = .so
srcdir = .
CLANG = clang
BISON = bison
FLEX = flex
pkglibdir = $(shell $(PG_CONFIG) --pkglibdir)
sharedir = $(shell $(PG_CONFIG) --sharedir)
override CPPFLAGS := $(PG_CPPFLAGS) -I. -I$(srcdir) $(CPPFLAGS)
all: $(MODULES:%=%.so) $(MODULE_big:%=%.so) $(PROGRAM) $(DATA_built) $(SCRIPTS_built) $(HEADERS_built)
ifeq ($(with_llvm),yes)
all: $(MODULES:%=%.bc) $(OBJS:.o=.bc)
endif
$(MODULE_big:%=%.so): $(OBJS)
\t$(CC) -shared -o $@ $(OBJS) $(SHLIB_LINK)
$(PROGRAM): $(OBJS)
\t$(CC) -o $@ $(OBJS) $(PG_LIBS) $(LIBS)
%.so: %.o
\t$(CC) -shared -o $@ $< $(SHLIB_LINK)
%.bc: %.c
\t$(CLANG) $(CPPFLAGS) -emit-llvm -c -o $@ $<
%.c: %.y
\t$(BISON) $(BISONFLAGS) -o $@ $<
%.c: %.l
\t$(FLEX) $(FLEXFLAGS) -o $@ $<
install: all installdirs
\tinstall $(MODULES:%=%.so) $(MODULE_big:%=%.so) '$(DESTDIR)$(pkglibdir)/'
\tinstall -m 644 $(DATA) $(DATA_built) '$(DESTDIR)$(sharedir)/extension/'
installdirs:
\tmkdir -p '$(DESTDIR)$(pkglibdir)' '$(DESTDIR)$(sharedir)/extension'
.PHONY: all install installdirs
";
