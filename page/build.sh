#!/usr/bin/env bash
# Builds the teaching page into page/dist: what `powercurve learn` serves. The same sources give the same bytes.
#
# Needs rustup (for the wasm32-unknown-unknown target), and Node.js with npm.
set -euo pipefail
page=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$page")
out=${1:-$page/dist}
target=${CARGO_TARGET_DIR:-$root/target}/page
cargo_home=${CARGO_HOME:-$HOME/.cargo}

rustup target add wasm32-unknown-unknown >/dev/null 2>&1
# no path of the machine in the module
remap=--remap-path-prefix=$root=/powercurve
for crates in "$cargo_home"/registry/src/*; do remap+=" --remap-path-prefix=$crates=/crates"; done
remap+=" --remap-path-prefix=$(rustc --print sysroot)=/rust"
cd "$root"
CARGO_TARGET_DIR=$target RUSTFLAGS=$remap cargo build --locked --profile page --package powercurve-page \
    --target wasm32-unknown-unknown

cd "$page"
npm ci --no-audit --no-fund --silent
rm -rf "$out"
mkdir -p "$out"
npx esbuild src/main.js --bundle --minify --format=esm --target=es2022 --legal-comments=none --outfile="$out/app.js" --log-level=warning
npx esbuild src/style.css --minify --outfile="$out/style.css" --log-level=warning
cp src/index.html src/icon.svg "$out"
cp "$target/wasm32-unknown-unknown/page/powercurve_page.wasm" "$out/core.wasm"
chmod 644 "$out"/*
