#!/bin/sh
# Makes the pictures of the README. They depend on nothing but the program and its data sets.
#
#   docs/make-pictures.sh [PROGRAM]     PROGRAM is target/release/powercurve unless given
set -eu
cd "$(dirname "$0")/.."
powercurve=${1:-target/release/powercurve}
runs=datasets/real-runs.jsonl
img=docs/img
mkdir -p "$img"

"$powercurve" chart "$runs" --id thumbnails-s3-pl -o "$img/hero.png"
"$powercurve" chart --patterns -o "$img/patterns.svg"
"$powercurve" chart "$runs" --id django-zip-warm --overlay-id django-snapstart-warm -o "$img/overlay.svg"
grep '"id": "graviton-primes-x86"' "$runs" |
    "$powercurve" predict - --measured 256,1024 --chart "$img/prediction.svg" > /dev/null

for pattern in no-op cpu-bound cpu-bound-multithreaded network-bound-api network-bound-sdk \
    transfer-bound transfer-bound-multithreaded downstream-limited; do
    "$powercurve" chart "$pattern" --thumbnail --scale log --seed 0 -o "$img/$pattern.svg"
done
