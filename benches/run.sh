#!/usr/bin/env bash
# Measures everything that benches/README.md says, in one run on this machine, and writes its table. Takes some minutes; let
# nothing else run meanwhile.
#
#   benches/run.sh
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --locked --quiet
cargo bench --locked --quiet --bench simulate --bench answer --bench ingest -- --warm-up-time 1 --measurement-time 3 > /dev/null
python=target/bench-venv/bin/python
[ -x "$python" ] || python3 -m venv target/bench-venv
"$python" -m pip install --quiet --disable-pip-version-check simfaas==0.2.2 scipy==1.17.1
"$python" benches/compare.py "${CARGO_TARGET_DIR:-target}"
