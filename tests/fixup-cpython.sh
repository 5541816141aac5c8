#!/bin/sh
# CPython's tree configured as AIX, on any system: `unrace fixup` in the build folder, before and after.
#
# usage: tests/fixup-cpython.sh TREE [UNRACE]
#
# TREE is a source tree of CPython with the race of issue 19521; nothing is written to it, the build folder is a
# temporary one. UNRACE is the program (default: target/release/unrace). Needs make and a C compiler.
set -eu
tree=$(cd "${1:?usage: tests/fixup-cpython.sh TREE [UNRACE]}" && pwd)
unrace=$(realpath "${2:-$(dirname "$0")/../target/release/unrace}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
fail() { echo "fixup-cpython.sh: $*" >&2; exit 1; }
cd "$work"
MACHDEP=aix7 ac_sys_system=AIX ac_sys_release=7 "$tree/configure" >configure.out 2>&1 ||
  fail "configure failed: $(tail -n 3 configure.out)"
programs="python $(sed -n 's|^\(Programs/_testembed\)[ :].*|\1|p; s|^\(Modules/_testembed\)[ :].*|\1|p' Makefile | head -n 1)"
planned() { # NAME
  # shellcheck disable=SC2086 # The programs are several words.
  make -n -j2 $programs >"$1.out" 2>&1 || fail "make -n failed: $(tail -n 3 "$1.out")"
  grep 'makexp_aix' "$1.out" | sed "s|$tree|TREE|g" | cut -c1-110
  n=$(grep -c 'makexp_aix' "$1.out") || true
  echo "the generator: $n times"
}
echo "\$ make -n -j2 $programs"
planned before
[ "$n" = 2 ] || fail "the tree has no race to show"
cp -p Makefile Makefile.before
echo "\$ unrace fixup Makefile"
start=$(date +%s%N)
"$unrace" fixup --strict Makefile || [ $? -eq 1 ] || fail "fixup failed"
echo "$((($(date +%s%N) - start) / 1000000)) ms"
diff -u Makefile.before Makefile | sed -n '3,$p' | grep -v '^[-+]Modules/[a-z_]*\$(EXT_SUFFIX)' | grep '^[-+]' | sed "s|$tree|TREE|g" | cut -c1-110
echo "(and $(diff Makefile.before Makefile | grep -c '^> Modules/.*EXT_SUFFIX') rules of extension modules, which read the file too, got the prerequisite)"
[ ! Makefile -nt Makefile.before ] && [ ! Makefile -ot Makefile.before ] || fail "the makefile has another time"
echo "\$ make -n -j2 $programs"
planned after
[ "$n" = 1 ] || fail "printed $n times after fixup"
link=$(grep -n -- '-bE:Modules/python.exp' after.out | head -n 1 | cut -d: -f1)
[ "$(grep -n makexp_aix after.out | cut -d: -f1)" -lt "$link" ] || fail "not before the links"
cp -p Makefile Makefile.once
"$unrace" fixup --quiet Makefile && cmp Makefile Makefile.once || fail "the second run changed something"
echo "fixup-cpython.sh: passed"
