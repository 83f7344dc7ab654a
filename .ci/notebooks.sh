#!/usr/bin/env bash
# The lessons of notebooks/: turns each Markdown source into a notebook, runs it top to bottom, and fails on any error or
# when a stored output is no longer what the code gives. `--write` stores the outputs instead; further arguments name the
# lessons to run.
#
#   .ci/notebooks.sh [--write] [notebooks/1-memory-is-power.md ...]
#
# Needs Rust and Python 3.9 or newer. Installs the rest under target/notebooks: Jupyter in an environment of its own, and
# the Rust kernel evcxr_jupyter where there is none (ten minutes, once).
set -euo pipefail
cd "$(dirname "$0")/.."
work=$PWD/target/notebooks
mkdir -p "$work"

if [ ! -x "$work/python/bin/jupytext" ]; then
    python3 -m venv "$work/python"
    "$work/python/bin/pip" install --quiet --disable-pip-version-check jupytext==1.19.6 nbclient==0.11.0
fi
kernel=$(command -v evcxr_jupyter || echo "$work/cargo/bin/evcxr_jupyter")
if [ ! -x "$kernel" ]; then
    cargo install evcxr_jupyter --version 0.22.0 --locked --quiet --root "$work/cargo" --target-dir "$work/cargo/target"
    rm -rf "$work/cargo/target"
fi

# the kernel's description and its settings stay in target/
export JUPYTER_PATH=$work/jupyter EVCXR_CONFIG_DIR=$work/config
"$kernel" --install > /dev/null
mkdir -p "$EVCXR_CONFIG_DIR"
printf '[evcxr]\nopt_level = "2"\n' > "$EVCXR_CONFIG_DIR/evcxr.toml"
# all lessons share what they build, in the versions that the crate is tested with
export EVCXR_TMPDIR=$work/build
mkdir -p "$EVCXR_TMPDIR"
# the kernel moves libraries after they are linked, so that a path from there to Rust's own ones leads nowhere
LD_LIBRARY_PATH=$(rustc --print target-libdir)${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
cp Cargo.lock "$EVCXR_TMPDIR/Cargo.lock"
"$work/python/bin/python" .ci/notebooks.py "$@"
