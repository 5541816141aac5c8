# unrace.m4: makefiles without races, from configure's own run.
#
# UNRACE_FIXUP([MAKEFILES])
# -------------------------
# Has `unrace fixup` edit MAKEFILES (relative to the build folder; default: those that config.status has just written)
# each time after config.status wrote them. Call it once, before AC_OUTPUT.
#
# Where the program is absent, or cannot do it, configure says so and goes on: the makefiles are then what they would
# be without this macro. `./configure UNRACE=/path/to/unrace` names the program, `UNRACE=no` leaves it out.
AC_DEFUN([UNRACE_FIXUP],
[AC_ARG_VAR([UNRACE], [program that removes races from makefiles, or `no'])dnl
AC_PATH_PROG([UNRACE], [unrace], [no])
AS_IF([test "x$UNRACE" = xno],
  [AC_MSG_NOTICE([no unrace: makefiles stay as configured])])
AC_CONFIG_COMMANDS([unrace-fixup],
[AS_IF([test "x$unrace_program" != xno],
  [unrace_files=
  unrace_wanted='m4_normalize([$1])'
  AS_IF([test "x$unrace_wanted" = x],
    [for unrace_file in $CONFIG_FILES; do
      unrace_file=`AS_ECHO(["$unrace_file"]) | sed 's/:.*//'`
      AS_CASE([$unrace_file],
        [Makefile | makefile | GNUmakefile | */Makefile | */makefile | */GNUmakefile],
          [unrace_wanted="$unrace_wanted $unrace_file"])
    done])
  for unrace_file in $unrace_wanted; do
    AS_IF([test -f "$unrace_file"], [unrace_files="$unrace_files $unrace_file"])
  done
  AS_IF([test "x$unrace_files" != x],
    [$unrace_program fixup $unrace_files ||
      AC_MSG_NOTICE([unrace fixup failed: makefiles stay as configured])])])],
[unrace_program='$UNRACE'
# When named files are made, no commands are run of its own accord.
if test "x\$ac_config_targets" != x; then
  ac_config_targets="\$ac_config_targets unrace-fixup"
fi])
])
