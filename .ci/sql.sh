#!/bin/sh
# Checks the SQL of sql/ and `powercurve logs` against each other, with the real DuckDB. Takes less than a minute.
#
#   .ci/sql.sh [POWERCURVE]
set -eu
cd "$(dirname "$0")/.."

powercurve=${1:-target/debug/powercurve}
[ $# -gt 0 ] || cargo build --quiet

python=target/sql-venv/bin/python
[ -x "$python" ] || python3 -m venv target/sql-venv
"$python" -m pip install --quiet --disable-pip-version-check duckdb==2.0.0 sqlglot==30.30.0

PYTHONDONTWRITEBYTECODE=1 "$python" tests/sql/check.py "$powercurve"
