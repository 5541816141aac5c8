//! Makefiles that other packages install and that makefiles include by what a program says of their place, as far as they
//! order jobs or make files.

use crate::text::display;

/// The text of an included makefile that no tree has, told by how it is named.
pub(super) fn text(name: &str) -> Option<&'static str> {
    let name = display(name);
    let is_introspection = name.contains("INTROSPECTION_MAKEFILE") || name.ends_with("/Makefile.introspection");
    let is_vala = name.contains("VAPIGEN_MAKEFILE") || name.ends_with("/Makefile.vapigen");
    let file = name.rsplit('/').next().unwrap_or_default();
    let is_devkit =
        name.contains('/') && (file.ends_with("_rules") && name.contains("DEVKIT") || CONSOLES.contains(&file));
    let known =
        [(name.contains("--pgxs"), PGXS), (is_introspection, INTROSPECTION), (is_vala, VAPIGEN), (is_devkit, DEVKIT)];
    known.into_iter().find(|it| it.0).map(|it| it.1)
}

/// The rules of devkitPro for each of its machines.
const CONSOLES: [&str; 7] =
    ["switch_rules", "3ds_rules", "ds_rules", "gba_rules", "wii_rules", "gamecube_rules", "wiiu_rules"];

/// devkitPro's `base_rules` and `base_tools`: `bin2o` turns any file into an object and a header named after it.
const DEVKIT: &str = "\
define bin2o
bin2s -a 8 -H $(subst .,_,$(<F)).h $< | $(AS) -o $(<F).o
endef
%.a:
\t$(AR) -rc $@ $^
%.o: %.c
\t$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@
%.o: %.cpp
\t$(CXX) $(CPPFLAGS) $(CXXFLAGS) -c $< -o $@
%.o: %.s
\t$(CC) -x assembler-with-cpp $(CPPFLAGS) $(ASFLAGS) -c $< -o $@
%.o: %.S
\t$(CC) -x assembler-with-cpp $(CPPFLAGS) $(ASFLAGS) -c $< -o $@
%.elf:
\t$(CC) $(LDFLAGS) $(OFILES) $(LIBPATHS) $(LIBS) -o $@
";

/// For descriptions of libraries (GObject Introspection's "Autotools integration"): the including makefile sets
/// `INTROSPECTION_GIRS`, and of each `X_gir_FILES`, `X_gir_LIBS`, `X_gir_PROGRAM` and others. Only the files are
/// prerequisites.
const INTROSPECTION: &str = "\
introspection_name = $(subst /,_,$(subst -,_,$(subst .,_,$(1))))
define introspection_rule
$(1): $$($(introspection_name)_FILES)
\tg-ir-scanner $$($(introspection_name)_SCANNERFLAGS) $$(addprefix --program=,$$($(introspection_name)_PROGRAM)) $$(filter %.la,$$($(introspection_name)_LIBS)) $$^ --output $(1)
endef
$(foreach it,$(INTROSPECTION_GIRS),$(eval $(call introspection_rule,$(it))))
%.typelib: %.gir
\tg-ir-compiler --includedir=. $< -o $@
";

/// For bindings of Vala (`vapigen.m4` of vala): the including makefile sets `VAPIGEN_VAPIS`, and of each `X_vapi_FILES`,
/// `X_vapi_DEPS` and others. Only the files are prerequisites.
const VAPIGEN: &str = "\
vapi_name = $(subst /,_,$(subst -,_,$(subst .,_,$(1))))
define vapi_rule
$(1): $$($(vapi_name)_FILES)
\tvapigen $$(addprefix --pkg=,$$($(vapi_name)_DEPS)) --library $(1:.vapi=) $$(addprefix --metadatadir=,$$($(vapi_name)_METADATADIRS)) $$(addprefix --vapidir=,$$($(vapi_name)_VAPIDIRS)) $$(addprefix --girdir=,$$($(vapi_name)_GIRDIRS)) $$($(vapi_name)_FILES)
endef
$(foreach it,$(VAPIGEN_VAPIS),$(eval $(call vapi_rule,$(it))))
";

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
