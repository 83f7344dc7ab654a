#!/usr/bin/env bash
# The shipped model is what training writes, and the published tables are what evaluation writes.
# With --write, replaces them instead of comparing.
set -euo pipefail
cargo build --release --locked --quiet
tool=target/release/powercurve
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$tool" train --out "$scratch/model"
if [ "${1:-}" = --write ]; then
  # the tables are those of the new model, which is part of the tool
  cp "$scratch"/model/* datasets/model/
  cargo build --release --locked --quiet
fi

# a title that names the command, and what that prints
section() {
  local title=$1
  shift
  echo "## $title: \`powercurve $*\`"
  echo
  "$tool" "$@"
}

{
  echo "# Fidelity"
  echo
  echo 'Written by `.ci/model.sh --write`; relative errors in percent. How they are computed: `powercurve evaluate --help`.'
  echo
  section Fits evaluate datasets/real-runs.jsonl --fidelity --by-source --format markdown
  section Predictions evaluate datasets/real-runs.jsonl --predict --by-source --format markdown
  section "Predictions of every run" evaluate datasets/real-runs.jsonl --predict --every-run --format markdown
} > "$scratch/FIDELITY.md"
{
  echo "# Classification"
  echo
  echo 'Written by `.ci/model.sh --write` with `powercurve evaluate datasets/real-runs.jsonl --by-source --format markdown`.'
  echo 'The model is trained on simulated curves only. The proportions of its prior and the allowance of its scores were chosen with these runs in view.'
  echo
  "$tool" evaluate datasets/real-runs.jsonl --by-source --format markdown
} > "$scratch/CLASSIFICATION.md"

for pair in model/library.bin model/classifier.json FIDELITY.md CLASSIFICATION.md; do
  if [ "${1:-}" = --write ]; then
    cp "$scratch/$pair" "datasets/$pair"
  elif ! cmp "$scratch/$pair" "datasets/$pair"; then
    diff "$scratch/$pair" "datasets/$pair" | head -20 || true
    echo "datasets/$pair is not what this code writes: run .ci/model.sh --write and look at the change"
    exit 1
  fi
done
