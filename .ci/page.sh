#!/usr/bin/env bash
# The teaching page: rebuilds the bundle and fails when the committed one differs, then drives it in a real Chromium and
# compares what it shows with what the command line says. Pictures for the README go to docs/img.
#
# Needs Chromium (apt-get install -y chromium) and what page/build.sh needs. CHROMIUM names another browser.
set -euo pipefail
cd "$(dirname "$0")/.."

fresh=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$fresh"
}
trap finish EXIT

page/build.sh "$fresh/dist"
if ! diff -rq page/dist "$fresh/dist"; then
    echo "page/dist is not what page/build.sh builds: run it and commit the result" >&2
    exit 1
fi
packed=$(cat page/dist/* | gzip -9 | wc -c)
echo "page/dist: $packed bytes with gzip"
[ "$packed" -lt 400000 ] || { echo "page/dist has $packed bytes with gzip: expected less than 400,000" >&2; exit 1; }
cargo test --locked --quiet --package powercurve-page

cargo build --locked --quiet
powercurve=${CARGO_TARGET_DIR:-target}/debug/powercurve
: >"$fresh/address"
"$powercurve" learn --port 0 >"$fresh/address" &
server=$!
until grep -q http "$fresh/address"; do
    kill -0 "$server"
    sleep 0.1
done
node page/check.mjs "$(grep -o 'http[^ ]*' "$fresh/address")" "$powercurve" docs/img
