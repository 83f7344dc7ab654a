#!/usr/bin/env bash
# Fuzzes every reader: builds the targets of fuzz/ with coverage for libFuzzer, feeds each one for some seconds, and fails on
# any panic, hang (10 s) or hunger for memory (2 GiB). Stable Rust is enough; nothing needs installing.
#
#   .ci/fuzz.sh [SECONDS=30] [TARGET...]
#
# The mutations start from the seed FUZZ_SEED (1), so that two runs of the same code see the same inputs; 0 draws a new seed.
#
# What is found lies in fuzz/artifacts; `fuzz/target/*/release/TARGET FILE` shows it again. It belongs into tests/corpus.
# The targets also work with `cargo fuzz run TARGET` on nightly Rust.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-30}
[ $# -eq 0 ] || shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(basename --suffix .rs fuzz/fuzz_targets/*.rs)

host=$(rustc -vV | sed -n 's/^host: //p')
coverage="--cfg fuzzing -Cdebug-assertions -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
coverage+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
coverage+=" -Cllvm-args=-sanitizer-coverage-trace-compares"
# --target keeps the flags away from build scripts; a target folder of its own keeps them away from everything else
RUSTFLAGS=$coverage CARGO_TARGET_DIR=fuzz/target \
  cargo build --quiet --release --locked --target "$host" --manifest-path fuzz/Cargo.toml

# one target: what it executed, and what its log says when it failed
fuzz() {
  local target=$1 corpus=fuzz/corpus/$1 artifacts=fuzz/artifacts/$1/ result=clean status=0
  mkdir -p "$corpus" "$artifacts"
  local log=$artifacts/log
  # all files seed all readers: what one of them wants makes another one stumble
  if ! "fuzz/target/$host/release/$target" "$corpus" tests/corpus/*/ datasets/examples datasets/presets \
    -seed="${FUZZ_SEED:-1}" -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$artifacts" > "$log" 2>&1; then
    result="FAILED, see $artifacts" status=1
    tail -40 "$log"
  fi
  printf '%-18s %12s executions: %s\n' "$target" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" "$result"
  return $status
}
export -f fuzz
export host seconds
# as many at a time as there are cores
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I TARGET bash -euc 'fuzz TARGET'
