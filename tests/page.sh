#!/bin/sh
# The page of `fix --report` in a real browser: it opens without errors or requests, shows each finding, and a click
# unfolds the patch, on a wide screen and on a phone.
#
# usage: tests/page.sh [UNRACE] [FOLDER]
#
# UNRACE is the program (default: target/release/unrace); screenshots go to FOLDER (default: a temporary one). Needs node,
# npm and a Chromium (Debian: chromium); playwright-core is installed into a temporary folder.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
unrace=$(realpath "${1:-$here/../target/release/unrace}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
pictures=${2:-$work}
mkdir -p "$pictures" "$work/tree"
for case in export-list-configured two-targets temporary-file missing-prerequisite; do
  cp -R "$here/cases/$case" "$work/tree/$case"
done
cd "$work/tree"
"$unrace" fix --quiet --report ../page.html . >../the.patch || [ $? -eq 1 ]
"$unrace" check --output-format json . >../page.json || [ $? -eq 1 ]
cd "$work"
npm install --silent --no-audit --no-fund --prefix "$work" playwright-core
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
cp "$here/page.mjs" "$work/"
pictures=$(cd "$pictures" && pwd)
node "$work/page.mjs" "$browser" "$work/page.html" "$work/page.json" "$pictures"
