#!/bin/sh
# SARIF as its official validator reads it.
#
# usage: tests/schemas.sh [UNRACE]
#
# UNRACE is the program (default: target/release/unrace). Needs node and npm; @microsoft/sarif-multitool, which carries the
# official schema, is installed into a temporary folder.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
unrace=$(realpath "${1:-$here/../target/release/unrace}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
npm install --silent --no-audit --no-fund --prefix "$work" @microsoft/sarif-multitool @microsoft/sarif-multitool-linux
cp -R "$here/cases" "$work/cases"
cd "$work/cases"
for case in */; do
  (cd "$case" && "$unrace" check --output-format sarif . >"$work/${case%/}.sarif") || [ $? -eq 1 ]
done
cd "$work"
failed=0
for file in *.sarif; do
  DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 node_modules/.bin/sarif-multitool validate --quiet --log ForceOverwrite --output "$file.result" "$file" >"$file.out" 2>&1 || true
  [ -s "$file.result" ] || { cat "$file.out"; echo "schemas.sh: $file: no verdict"; exit 1; }
  node -e '
    const { runs } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8").replace(/^\uFEFF/, ""));
    const bad = runs.flatMap((run) => run.results ?? []).filter((it) => (it.level ?? "warning") === "error");
    bad.forEach((it) => console.log(process.argv[1], it.ruleId, JSON.stringify(it.message)));
    process.exit(bad.length === 0 ? 0 : 1);' "$file.result" || failed=1
done
[ "$failed" = 0 ] && echo "schemas.sh: passed, $(ls ./*.sarif | wc -l) reports"
