#!/usr/bin/env bash
# tests/corpus/robust.sh BIN FOLDER [TREE...]: BIN over each tree below FOLDER. One line a tree: how check ended, its
# processor seconds and memory, and whether the patch of fix applies (to nothing: a dry run). Trees stay as they are.
# SECONDS_MAX (default 60) ends a run; what ended by a signal, with a panic or with a patch that does not apply is told
# at the end, with exit code 1.
set -uo pipefail
bin=$(realpath "$1") folder=$(realpath "$2"); shift 2
limit=${SECONDS_MAX:-60} scratch=$(mktemp -d) bad=0 n=0
trap 'rm -rf "$scratch"' EXIT
run() { # run NAME ARGUMENT...: the exit code; output in $scratch/NAME
  local name=$1; shift
  (ulimit -t "$limit" -c 0; exec /usr/bin/time -f '%U %S %M' -o "$scratch/used" "$bin" "$@" >"$scratch/$name" 2>"$scratch/$name.err")
}
if [ $# -eq 0 ]; then mapfile -t trees < <(find "$folder" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort); else trees=("$@"); fi
printf '%-44s %-8s %8s %8s  %s\n' tree check seconds MiB patch
for tree in "${trees[@]}"; do
  cd "$folder/$tree" || continue
  n=$((n + 1))
  run check check --quiet --output-format jsonl; code=$?
  read -r user system memory < <(tail -1 "$scratch/used")
  how=$code
  case $code in 0|1) ;; 2) grep -q 'internal error' "$scratch/check.err" && how=panic ;; *) how=ended ;; esac
  patch=-
  if [ "$code" = 1 ]; then
    run fix fix --unsafe-fixes; code=$?
    if [ "$code" -gt 2 ]; then patch=ended
    elif grep -q 'internal error' "$scratch/fix.err"; then patch=panic
    elif [ ! -s "$scratch/fix" ]; then patch=none
    elif patch -p1 --dry-run --fuzz=0 -s -f <"$scratch/fix" >/dev/null 2>&1; then patch="applies ($(grep -c '^@@' "$scratch/fix") hunks)"
    else patch=refused; cp "$scratch/fix" "/tmp/refused-$tree.patch"; fi
  fi
  printf '%-44s %-8s %8.2f %8d  %s\n' "$tree" "$how" "$(echo "${user:-0} + ${system:-0}" | bc)" "$((${memory:-0} / 1024))" "$patch"
  case $how$patch in *panic*|*ended*|*refused*) bad=$((bad + 1)) ;; esac
done
echo "$n trees, $bad with a fault"
[ "$bad" = 0 ]
