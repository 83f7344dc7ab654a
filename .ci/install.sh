#!/usr/bin/env bash
# The README's way in: install with one command, then classify recorded runs.
set -euo pipefail
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
CARGO_TARGET_DIR=target cargo install --path . --locked --quiet --root "$root"

binary=$root/bin/powercurve
size=$(stat -c %s "$binary")
echo "binary: $size bytes"
[ "$size" -lt 15000000 ] || { echo "the binary has $size bytes: expected less than 15 MB"; exit 1; }

"$binary" classify datasets/examples/lpt-output.json
# every recorded run is answered
[ "$("$binary" classify datasets/real-runs.jsonl --format jsonl | wc -l)" -eq "$(wc -l < datasets/real-runs.jsonl)" ]
