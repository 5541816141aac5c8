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
DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 node_modules/.bin/sarif-multitool validate --output verdict.json ./*.sarif >said 2>&1 || true
[ -s verdict.json ] || { cat said; echo "schemas.sh: no verdict"; exit 1; }
node -e '
  const { runs } = JSON.parse(require("fs").readFileSync("verdict.json", "utf8").replace(/^\uFEFF/, ""));
  const bad = runs.flatMap((run) => run.results ?? []).filter((it) => it.level === "error");
  bad.forEach((it) => console.log(it.ruleId, JSON.stringify(it.message), it.locations?.[0]?.physicalLocation?.artifactLocation?.uri));
  process.exit(bad.length === 0 ? 0 : 1);'
echo "schemas.sh: passed, $(ls ./*.sarif | wc -l) reports"
