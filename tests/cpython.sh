#!/bin/sh
# Proof by running: the race of CPython issue 19521 on a real tree, before and after unrace's patch.
#
# usage: tests/cpython.sh TREE [UNRACE]
#
# TREE is a source tree of CPython with the race (a copy is made; it stays as it is). UNRACE is the program
# (default: target/release/unrace). Needs make, patch, a C compiler, and the autoconf that made TREE's configure.
set -eu
tree=$(cd "${1:?usage: tests/cpython.sh TREE [UNRACE]}" && pwd)
unrace=$(realpath "${2:-$(dirname "$0")/../target/release/unrace}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
fail() { echo "cpython.sh: $*" >&2; exit 1; }
say() { printf '\n== %s\n' "$*"; }

cp -R "$tree" "$work/before"
cd "$work/before"
say "unrace check Makefile.pre.in"
"$unrace" check --class shared-output --min-severity error Makefile.pre.in || [ $? -eq 1 ] || fail "check failed"

say "unrace fix --strategy prerequisite --min-severity error --configure=regenerate Makefile.pre.in"
"$unrace" fix --class shared-output --strategy prerequisite --min-severity error --configure=regenerate Makefile.pre.in >"$work/the.patch" || [ $? -eq 1 ] || fail "fix failed"
cp -R "$work/before" "$work/after"
cd "$work/after"
patch -p1 --fuzz=0 <"$work/the.patch"
grep -q '^+++ b/configure$' "$work/the.patch" || fail "the patch has no configure"
sed '/^--- a\/configure$/,$d' "$work/the.patch"

configured() { # TREE BUILD [VAR=VALUE...]
  source=$1 build=$2; shift 2
  mkdir -p "$build"; (cd "$build" && env "$@" "$source/configure" >configure.out 2>&1) || fail "configure failed: $(tail -n 3 "$build/configure.out")"
}
say "configured as AIX, in a build folder each"
for side in before after; do
  configured "$work/$side" "$work/aix-$side" MACHDEP=aix7 ac_sys_system=AIX ac_sys_release=7
done
# The programs of this tree's layout that link with the export list.
programs=$(cd "$work/aix-before" && for it in python Programs/_testembed Modules/_testembed; do grep -q "^$it[ :]" Makefile || [ "$it" = python ] && echo "$it"; done | head -n 2 | tr '\n' ' ')
for side in before after; do
  echo "\$ make -n -j2 $programs   # $side"
  (cd "$work/aix-$side" && make -n -j2 $programs) >"$work/$side.out" 2>&1 || fail "make -n failed: $(tail -n 3 "$work/$side.out")"
  grep -n 'makexp_aix' "$work/$side.out" | cut -c1-160 || true
done
n_before=$(grep -c 'makexp_aix' "$work/before.out") || true
n_after=$(grep -c 'makexp_aix' "$work/after.out") || true
echo "the generator: $n_before before, $n_after after"
[ "$n_after" = 1 ] || fail "printed $n_after times after the patch"
first_link=$(grep -n -- '-bE:Modules/python.exp' "$work/after.out" | head -n 1 | cut -d: -f1)
[ "$(grep -n makexp_aix "$work/after.out" | cut -d: -f1)" -lt "$first_link" ] || fail "not before the links"

say "configured plainly: the same commands before and after"
for side in before after; do
  configured "$work/$side" "$work/plain-$side"
  (cd "$work/plain-$side" && make -n) 2>&1 | sed "s|$work/$side|TREE|g; s|$work/plain-$side|BUILD|g" >"$work/plain-$side.out"
done
wc -l <"$work/plain-before.out"
cmp "$work/plain-before.out" "$work/plain-after.out" || fail "the plain build changed"
echo "cpython.sh: passed"
