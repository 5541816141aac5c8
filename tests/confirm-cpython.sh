#!/bin/sh
# The race of CPython issue 19521 made to happen on demand, and ordered after unrace's patch.
#
# usage: tests/confirm-cpython.sh TREE [UNRACE]
#
# TREE is a source tree of CPython with the race (a copy is made; it stays as it is). UNRACE is the program
# (default: target/release/unrace). Needs make, strace, patch, a C compiler, and the autoconf that made TREE's configure.
# The build is configured for AIX on this machine. Its linker knows none of AIX's flags, so the last step of the two
# links, $(MAINCC), is replaced on make's command line by a program that reads and writes what the link would.
set -eu
tree=$(cd "${1:?usage: tests/confirm-cpython.sh TREE [UNRACE]}" && pwd)
unrace=$(realpath "${2:-$(dirname "$0")/../target/release/unrace}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
fail() { echo "confirm-cpython.sh: $*" >&2; exit 1; }
say() { printf '\n== %s\n' "$*"; }

cat >"$work/link" <<'END'
#!/bin/sh
# Reads the export list and writes the program, as the linker does.
while [ $# -gt 0 ]; do
  case $1 in
  -Wl,-bE:*) list=${1#-Wl,-bE:} ;;
  -o) program=$2; shift ;;
  esac
  shift
done
cat "$list" >"$program"
END
chmod +x "$work/link"

configured() { # TREE
  mkdir "$1/aix"
  (cd "$1/aix" && env MACHDEP=aix7 ac_sys_system=AIX ac_sys_release=7 "$1/configure" OPT=-O0 >configure.out 2>&1) || fail "configure failed: $(tail -n 3 "$1/aix/configure.out")"
}
shown() { sed "s|$work|WORK|g" "$@"; }
expect() { # CODE COMMAND...
  code=$1; shift
  got=0; "$@" >"$work/out" 2>&1 || got=$?
  shown "$work/out"
  [ "$got" = "$code" ] || fail "ended with $got, not $code"
}

cp -R "$tree" "$work/before"
cd "$work/before"
say "unrace check --class shared-output --min-severity error Makefile.pre.in"
"$unrace" check --class shared-output --min-severity error --output-format json Makefile.pre.in >"$work/findings.json" || [ $? -eq 1 ] || fail "check failed"
sed -n 's/^      "message": //p' "$work/findings.json"
"$unrace" fix --class shared-output --strategy prerequisite --min-severity error --configure=regenerate Makefile.pre.in >"$work/the.patch" || [ $? -eq 1 ] || fail "fix failed"
cp -R "$work/before" "$work/after"
(cd "$work/after" && patch -s -p1 --fuzz=0 <"$work/the.patch")

say "before: unrace confirm --findings findings.json aix -- MAINCC=link"
configured "$work/before"
expect 1 "$unrace" confirm --findings "$work/findings.json" aix -- "MAINCC=$work/link"
writers=$(grep 'Modules/python.exp.*O_TRUNC' "$work/out" | sed 's/^ *\([0-9]*\) .*/\1/' | sort -u | wc -l)
echo "processes that truncated the export list while both jobs ran: $writers"
[ "$writers" -ge 2 ] || fail "not two processes"

say "after unrace's patch: the same"
cd "$work/after"
configured "$work/after"
expect 0 "$unrace" confirm --findings "$work/findings.json" aix -- "MAINCC=$work/link"
# The two links may run at once now: both only read what one rule wrote before them.
grep -q '^ordered\|^no-conflict' "$work/out" || fail "still racing"
echo "confirm-cpython.sh: passed"
