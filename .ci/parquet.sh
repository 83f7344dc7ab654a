#!/bin/sh
# Builds with Parquet and reads what `generate` writes with the real DuckDB and PyArrow: the same rows as the CSV.
set -eu
cd "$(dirname "$0")/.."

cargo build --quiet --locked --features parquet --target-dir target/parquet
python=target/sql-venv/bin/python
[ -x "$python" ] || python3 -m venv target/sql-venv
"$python" -m pip install --quiet --disable-pip-version-check duckdb==2.0.0 pyarrow==26.0.1

PYTHONDONTWRITEBYTECODE=1 "$python" tests/sql/parquet.py target/parquet/debug/powercurve
