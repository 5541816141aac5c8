#!/bin/bash
# What tracing costs: a full build by plain make, and the same by `unrace confirm --observe --in-place`, one run each.
#
#     tests/corpus/overhead.sh CORPUS [UNRACE]      CORPUS has unpacked sources, a folder each (see fetch.sh)
#
# Both build copies of the same configured tree with -j2. Of `confirm`, seconds are those of its make; processor seconds
# count all that it does, with the reading of the trace and the questions to make after it.
set -eu
corpus=$1 unrace=$(realpath "${2:-target/release/unrace}")
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
TIMEFORMAT='%R %U %S'

# name|what configures it|words for make
packages='
lua5.4|:|linux
less|./configure|
gzip|./configure|
'

echo '| package | jobs | plain, s | traced, s | ratio | plain, processor s | traced, processor s | ratio |'
echo '|---|---|---|---|---|---|---|---|'
while IFS='|' read -r name configure words; do
    [ -n "$name" ] || continue
    source=$(find "$corpus" -maxdepth 1 -type d -name "$name-[0-9]*" | head -n 1)
    cp -a "$source" "$work/tree"
    (cd "$work/tree" && find . -name 'Makefile.in' -exec touch {} + && eval "$configure") > "$work/log" 2>&1
    cp -a "$work/tree" "$work/plain"
    read -r -a words <<< "$words"
    { time (cd "$work/plain" && make -j2 "${words[@]}" > "$work/log" 2>&1); } 2> "$work/plain-time"
    { time (cd "$work/tree" && "$unrace" confirm --observe --in-place --output-format json . -- -j2 "${words[@]}" > "$work/seen" 2> "$work/log" || [ $? -eq 1 ]); } 2> "$work/traced-time"
    python3 - "$name" "$work" <<'END'
import json, sys
name, work = sys.argv[1:]
seen = json.load(open(f"{work}/seen"))["observed"]
real, *busy = map(float, open(f"{work}/plain-time").read().split())
_, *traced = map(float, open(f"{work}/traced-time").read().split())
assert seen["ended"] == "status 0", seen["ended"]
print(f"| {name} | {seen['jobs']} | {real:.1f} | {seen['seconds']:.1f} | {seen['seconds'] / real:.2f} "
      f"| {sum(busy):.1f} | {sum(traced):.1f} | {sum(traced) / sum(busy):.2f} |", flush=True)
END
    rm -rf "$work/tree" "$work/plain"
done <<< "$packages"
