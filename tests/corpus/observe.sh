#!/bin/bash
# What `check` does not see: full builds of packages under `unrace confirm --observe`.
#
#     tests/corpus/observe.sh CORPUS OUT [UNRACE]      CORPUS has unpacked sources, a folder each (see fetch.sh)
#
# OUT/NAME.txt has each two jobs that conflict and that nothing orders. Prints a line for each package.
set -eu
corpus=$1 unrace=$(realpath "${3:-target/release/unrace}")
mkdir -p "$2"; out=$(cd "$2" && pwd)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

# What is shipped as made counts as made, whatever order it was unpacked in.
fresh() { for it in aclocal.m4 configure '*.h.in' '*config.in' Makefile.in; do find . -name "$it" -exec touch {} +; done; }

# name|folder in the tree|what configures it|words for make
packages='
lua5.4|.|:|linux
less|.|./configure|
gzip|.|./configure|
wireless-tools|.|:|
cron|.|:|
bridge-utils|.|autoconf && ./configure|
lsof|.|./Configure -n linux|
squashfs-tools|squashfs-tools|:|
cdparanoia|.|./configure|
psmisc|.|./configure --disable-nls|
dash|.|autoreconf -fi && ./configure|
'

while IFS='|' read -r name folder configure words; do
    [ -n "$name" ] || continue
    source=$(find "$corpus" -maxdepth 1 -type d -name "$name-[0-9]*" | head -n 1)
    cp -a "$source/$folder" "$work/tree"
    read -r -a words <<< "$words"
    (cd "$work/tree" && fresh && eval "$configure") > "$work/log" 2>&1 || echo "$name: cannot be configured"
    (cd "$work/tree" && "$unrace" confirm --observe --in-place --min-severity note . -- "${words[@]}") > "$out/$name.txt" 2> "$work/log" || [ $? -eq 1 ] || cat "$work/log"
    echo "$name: $(grep ' unordered conflicts, ' "$out/$name.txt")"
    rm -rf "$work/tree"
done <<< "$packages"
