#!/bin/bash
# The three uses as README shows them, on a project of a few files; prints a transcript (docs/uses.md has one).
#
# usage: tests/uses.sh UNRACE
#
# Needs git, make, autoconf, automake's aclocal, a C compiler and bison's stand-in that it makes itself.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
unrace=$(realpath "${1:?usage: tests/uses.sh UNRACE}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$unrace" "$work/bin/unrace"
export PATH="$work/bin:$PATH" HOME="$work" GIT_CONFIG_NOSYSTEM=1
git config --global user.name "A User"
git config --global user.email user@example.org
git config --global init.defaultBranch main
fail() { echo "uses.sh: $*" >&2; exit 1; }
shown() { sed "s|$here|/home/user/unrace|g; s|$work|/home/user|g"; }
run() { # [!STATUS] COMMAND: shows it and what it prints; fails where it ends otherwise
  local wanted=0 status=0
  case $1 in !*) wanted=${1#!}; shift ;; esac
  echo "\$ $1" | shown
  bash -c "$1" 2>&1 | shown || status=${PIPESTATUS[0]}
  [ "$status" = "$wanted" ] || fail "\`$1\` ended with $status, not $wanted"
}
project() { # FOLDER: a project with a race in one configuration and one in all
  mkdir -p "$1"
  cp -R "$here/tests/cases/export-list-configured/." "$1"
  mkdir "$1/sub"
  cp -R "$here/tests/cases/temporary-file/." "$1/sub"
  (cd "$1" && git init -q && git add . && git commit -qm "As it was")
}

echo "== once over a tree"
project "$work/lamp"
cd "$work/lamp"
run '!1' 'unrace check . | tail -n 1; exit ${PIPESTATUS[0]}'
run '!1' 'unrace fix --patch-format mbox -o series --report races.html .'
run 'git am series/*.patch'
run 'git log --oneline | cut -d" " -f2-'
run 'unrace check .'
run "grep -c '<article ' races.html"

echo
echo "== one at a time"
project "$work/lamp2"
cd "$work/lamp2"
run '!1' 'printf "y\nn\n" | unrace fix --interactive --write .'
run 'git diff --stat'

echo
echo "== when configure has run"
project "$work/lamp3"
cd "$work/lamp3"
run 'autoconf'
run 'os_name="Onyx 5" ./configure | tail -n 1'
run 'make -n -j2 | grep -c mkexports'
run 'unrace fixup Makefile'
run 'make -n -j2 | grep -c mkexports'
run 'tail -n 1 Makefile'
run 'unrace fixup --strict Makefile'

echo
echo "== from configure itself"
project "$work/lamp4"
cd "$work/lamp4"
run "mkdir m4 && cp '$here/m4/unrace.m4' m4/ && sed -i 's/^AC_OUTPUT/UNRACE_FIXUP\nAC_OUTPUT/' configure.ac"
run 'aclocal -I m4 && autoconf'
run 'os_name="Onyx 5" ./configure | tail -n 3'
run 'make -n -j2 | grep -c mkexports'
run './config.status Makefile'
run 'make -n -j2 | grep -c mkexports'

echo
echo "== on a change"
project "$work/lamp5"
cd "$work/lamp5"
git checkout -q -b change
printf '\nparser.c parser.h: parser.y\n\tbison -d -o parser.c parser.y\n' >>sub/Makefile
sed -i 's/^all:/all: parser.c parser.h/' sub/Makefile
touch sub/parser.y
git add .
git commit -qm "A parser"
run '!1' 'unrace review --base main --suggestions review.json'
run '!1' 'unrace review --quiet --base main --output-format github'
run "sed -n 's/.*\"body\": \"\\(\\*.*\\)\"/\\1/p' review.json | sed 's/\\\\n/\n/g; s/\\\\t/\t/g'"
echo
echo "uses.sh: passed"
