#!/bin/bash
# What tracing costs: full builds by plain make, and the same by `unrace confirm --observe --in-place`.
#
#     tests/corpus/overhead.sh CORPUS [UNRACE [RUNS]]      CORPUS has unpacked sources, a folder each (see fetch.sh)
#
# Both build copies of the same configured tree with -j2, in turn, RUNS times (3); the shortest of each counts. Of `confirm`,
# seconds are those of its make; processor seconds count all that it does, with the reading of the trace and the questions
# to make after it.
set -eu
corpus=$1 unrace=$(realpath "${2:-target/release/unrace}") runs=${3:-3}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
TIMEFORMAT='%R %U %S'

# What is shipped as made counts as made, whatever order it was unpacked in.
fresh() { for it in aclocal.m4 configure '*.h.in' '*config.in' Makefile.in; do find . -name "$it" -exec touch {} +; done; }

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
    (cd "$work/tree" && fresh && eval "$configure") > "$work/log" 2>&1
    read -r -a words <<< "$words"
    rm -f "$work"/*-time "$work"/seen-*
    for ((run = 0; run < runs; run++)); do
        cp -a "$work/tree" "$work/plain"
        cp -a "$work/tree" "$work/traced"
        { time (cd "$work/plain" && make -j2 "${words[@]}" > "$work/log" 2>&1); } 2>> "$work/plain-time"
        { time (cd "$work/traced" && "$unrace" confirm --observe --in-place --output-format json . -- -j2 "${words[@]}" > "$work/seen-$run" 2> "$work/log" || [ $? -eq 1 ]); } 2>> "$work/traced-time"
        rm -rf "$work/plain" "$work/traced"
    done
    python3 - "$name" "$work" <<'END'
import glob, json, sys
name, work = sys.argv[1:]
seen = [json.load(open(it))["observed"] for it in glob.glob(f"{work}/seen-*")]
assert all(it["ended"] == "status 0" for it in seen), seen[0]["ended"]
times = {side: [list(map(float, line.split())) for line in open(f"{work}/{side}-time")] for side in ("plain", "traced")}
busy = {side: min(user + system for _, user, system in runs) for side, runs in times.items()}
real, traced = min(it[0] for it in times["plain"]), min(it["seconds"] for it in seen)
print(f"| {name} | {seen[0]['jobs']} | {real:.1f} | {traced:.1f} | {traced / real:.2f} "
      f"| {busy['plain']:.1f} | {busy['traced']:.1f} | {busy['traced'] / busy['plain']:.2f} |", flush=True)
END
    rm -rf "$work/tree"
done <<< "$packages"
