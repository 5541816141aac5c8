#!/usr/bin/env bash
# tests/fuzz/run.sh TARGET [SECONDS]: tries a law on changed seeds with libFuzzer, on the stable toolchain. What it
# learns is kept in target/fuzz/TARGET, what breaks the law in target/fuzz/finds.
set -euo pipefail
cd "$(dirname "$0")"
target=$1 seconds=${2:-1800} out=../../target/fuzz
flags='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=3 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters'
flags+=' -Cllvm-args=-sanitizer-coverage-pc-table --cfg fuzzing -Ccodegen-units=16'
RUSTFLAGS=$flags CARGO_TARGET_DIR=$out/build cargo build --release --target "$(rustc -vV | sed -n 's/^host: //p')"
mkdir -p "$out/$target" "$out/finds"
export UNRACE_FUZZ_TARGET=$target RAYON_NUM_THREADS=1
exec nice "$out"/build/*/release/laws -timeout=2 -rss_limit_mb=1024 -max_total_time="$seconds" -max_len=4096 \
  -fork=1 -ignore_crashes=1 -ignore_timeouts=1 -ignore_ooms=1 \
  -dict=words.dict -artifact_prefix="$out/finds/$target-" "$out/$target" "corpus/$target"
