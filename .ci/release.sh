#!/usr/bin/env bash
# What must hold for a release: the crate can be published, its manual and completions can be written, its dependencies have licences
# that fit, and the least Rust version is the one that these checks run with.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# the stated version is what everything is built and tested with
stated=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
used=$(rustc --version | cut -d' ' -f2)
[ "${used%.*}" = "$stated" ] || { echo "rust-version is $stated, checked with $used: make them agree"; exit 1; }

cargo package --no-verify --locked --allow-dirty --quiet
crate=target/package/powercurve-$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1).crate
size=$(stat -c %s "$crate")
echo "package: $size bytes"
[ "$size" -lt 5000000 ] || { echo "the package has $size bytes: expected less than 5 MB"; exit 1; }
cargo publish --dry-run --locked --allow-dirty --quiet

cargo build --locked --quiet
tool=target/debug/powercurve
"$tool" man --out "$scratch/man"
for page in "$scratch"/man/*.1; do
  grep -q '^\.TH ' "$page" || { echo "$page is not a manual page"; exit 1; }
done
for shell in bash elvish fish powershell zsh; do
  "$tool" completions "$shell" > "$scratch/powercurve.$shell"
done
bash -n "$scratch/powercurve.bash"

# licences and sources of the dependencies
python3 .ci/dependencies.py
