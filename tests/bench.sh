#!/usr/bin/env bash
# tests/bench.sh [-c CPYTHON_TREE] [-b BUILD_FOLDER] [-l CORPUS] [-n LARGEST]: how fast `check`, `fix` and `fixup` are, as
# ratios to what they can be held against, in one run. Nothing is written but in a scratch folder.
#
# Times are processor seconds (user and system), the least of RUNS (3), so that other work on the machine changes little;
# memory is the peak of the process. The floor is tree-sitter reading the same makefiles once.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
cpython='' build='' corpus='' largest=1000000 runs=${RUNS:-3}
while getopts c:b:l:n: option; do
  case $option in c) cpython=$OPTARG ;; b) build=$OPTARG ;; l) corpus=$OPTARG ;; n) largest=$OPTARG ;; *) exit 2 ;; esac
done
cd "$here"
bin=${BIN:-$here/target/release/unrace}
[ -n "${BIN:-}" ] || cargo build --release --locked -q
floor=$(cargo bench --locked -q --bench stages --no-run 2>&1 --message-format=json | sed -n 's/.*"executable":"\([^"]*\/stages-[^"]*\)".*/\1/p' | tail -1)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# used COMMAND...: `SECONDS KIB` of the cheapest of some runs; what it prints and how it ends does not matter.
used() {
  for _ in $(seq "$runs"); do
    python3 -c 'import resource, subprocess, sys
void = subprocess.DEVNULL
subprocess.run(["/usr/bin/time", "-qf", "%M", "-o", *sys.argv[1:]], stdout=void, stderr=void)
spent = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{spent.ru_utime + spent.ru_stime:.4f}", open(sys.argv[1]).read())' "$scratch/used" "$@"
  done | awk 'NF > 1 && (!n++ || $1 < best) { best = $1; memory = $2 } END { printf "%.4f %d\n", best, memory }'
}
seconds() { used "$@" | cut -d' ' -f1; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.1f", a / b; else printf "-" }'; }
floor_of() { used "$floor" --floor "$@" | cut -d' ' -f1; }

if [ -n "$cpython" ]; then
  echo "## CPython, all configurations"
  cd "$cpython"
  check=$(seconds "$bin" check --quiet)
  least=$(floor_of Makefile.pre.in configure.ac)
  echo "check $check s; floor $least s, ratio $(ratio "$check" "$least")"
  if [ -n "$build" ]; then
    database=$(seconds make -C "$build" -pRrqn)
    echo "make -pRrqn $database s, ratio $(ratio "$check" "$database")"
    cp "$build/Makefile" "$scratch/Makefile"
    if "$bin" fixup --help >/dev/null 2>&1; then
      cp "$build/Makefile" "$scratch/first"
      first=$(for _ in $(seq "$runs"); do cp "$scratch/first" "$scratch/Makefile"; runs=1 used "$bin" fixup "$scratch/Makefile"; done | sort -n | head -1 | cut -d' ' -f1)
      again=$(seconds "$bin" fixup "$scratch/Makefile")
      echo "fixup $first s, ratio $(ratio "$first" "$database"); nothing to do $again s, ratio $(ratio "$again" "$database")"
    fi
  fi
fi

if [ -n "$corpus" ]; then
  echo "## Large makefiles: seconds, ratio to make -pRrqn on the same text, ratio to the floor, MB/s"
  for file in "$corpus"/binutils-*/Makefile.in "$corpus"/coreutils-*/Makefile.in "$corpus"/wine-*/configure.ac; do
    case $file in *'*'*|*configure.ac) continue ;; esac
    cd "$(dirname "$file")"
    cp Makefile.in "$scratch/plain.mk"
    check=$(seconds "$bin" check --quiet "$scratch/plain.mk")
    whole=$(seconds "$bin" check --quiet Makefile.in)
    database=$(seconds make -pRrqn -f "$scratch/plain.mk")
    least=$(floor_of "$scratch/plain.mk")
    size=$(stat -c %s Makefile.in)
    speed=$(awk -v s="$size" -v t="$check" 'BEGIN { printf "%.1f", s / t / 1e6 }')
    echo "$(basename "$PWD")/Makefile.in: alone $check s ($(ratio "$check" "$database") make, $(ratio "$check" "$least") floor, $speed MB/s); with configure.ac $whole s"
  done
fi

# generate KIND RULES: a makefile with so many rules, in the current folder.
generate() {
  awk -v kind="$1" -v n="$2" 'BEGIN {
    if (kind == "chain") { for (i = 0; i < n; i++) printf "t%d: t%d\n\ttouch $@\n", i, i + 1; printf "t%d:\n", n }
    if (kind == "fan") { printf "all:"; for (i = 0; i < n; i++) printf " t%d", i; print ""; for (i = 0; i < n; i++) printf "t%d: src\n\tcp src $@\n", i; print "src:" }
    if (kind == "layers") { printf "all:"; for (i = 0; i < n / 3; i++) printf " t%d.c3", i; print ""
      print "%.c3: %.c2\n\tcp $< $@\n%.c2: %.c1\n\tcp $< $@\n%.c1:\n\ttouch $@" }
    if (kind == "shared") { printf "all:"; for (i = 0; i < n; i++) printf " t%d", i; print ""
      for (i = 0; i < n; i++) printf "t%d:\n\techo x > out%d\n", i, i / 2 }
    if (kind == "goals") { for (i = 0; i < n; i++) printf "t%d: t%d.c\n\tcp $< $@\n", i, i }
  }' >Makefile
  if [ "$1" = deep ]; then
    # Each folder has ten rules and one make below.
    awk -v n="$2" 'BEGIN { depth = 10; width = n / 10 / depth; for (w = 0; w < width; w++) { dir = "d" w; for (d = 0; d < depth; d++) { print dir; dir = dir "/s" } } }' |
      while read -r folder; do
        mkdir -p "$folder"
        { echo 'all: a b c d e f g h'; [ "$(tr -cd / <<<"$folder" | wc -c)" -ge 9 ] || printf '\t$(MAKE) -C s\n'
          for target in a b c d e f g h; do printf '%s:\n\ttouch $@\n' "$target"; done; } >"$folder/Makefile"
      done
    { printf 'all:'; for folder in d*; do printf ' %s' "$folder.all"; done; echo
      for folder in d*; do printf '%s.all:\n\t$(MAKE) -C %s\n' "$folder" "$folder"; done; } >Makefile
  fi
}

echo "## Growth: microseconds and bytes a rule"
for kind in chain fan layers shared goals deep; do
  line="$kind:"
  for rules in 1000 10000 100000 1000000; do
    [ "$rules" -le "$largest" ] || continue
    [ "$kind" != deep ] || [ "$rules" -le 10000 ] || continue
    rm -rf "$scratch/tree" && mkdir "$scratch/tree" && cd "$scratch/tree"
    generate "$kind" "$rules"
    [ "$rules" -lt 100000 ] || runs=1
    read -r time memory < <(used timeout 900 "$bin" check --quiet Makefile)
    runs=${RUNS:-3}
    line+=$(awk -v t="$time" -v m="$memory" -v n="$rules" 'BEGIN { printf " %d: %.1f us, %d B;", n, t / n * 1e6, (m - 9000) * 1024 / n }')
  done
  echo "$line"
done

echo "## Several makefiles on two processors: wall time with one thread over that with two"
rm -rf "$scratch/tree" && mkdir "$scratch/tree" && cd "$scratch/tree"
for folder in 1 2 3 4 5 6 7 8; do mkdir "$folder" && (cd "$folder" && generate shared 3000); done
wall() {
  for _ in $(seq "$runs"); do
    RAYON_NUM_THREADS=$1 /usr/bin/time -f %e -o "$scratch/used" "$bin" check --quiet >/dev/null || true
    tail -1 "$scratch/used"
  done | sort -n | head -1
}
one=$(wall 1) two=$(wall 2)
echo "one $one s, two $two s, ratio $(ratio "$one" "$two")"
