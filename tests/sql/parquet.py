"""The Parquet and the CSV of `powercurve generate` hold the same rows, for DuckDB and for PyArrow."""

import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import pyarrow.parquet

powercurve = sys.argv[1]

with tempfile.TemporaryDirectory() as folder:
    for name in ("a.parquet", "b.parquet", "a.csv"):
        subprocess.run([powercurve, "generate", "--count", "400", "--seed", "3", "-o", f"{folder}/{name}"], check=True)
    assert Path(folder, "a.parquet").read_bytes() == Path(folder, "b.parquet").read_bytes(), "not the same bytes"
    rows = duckdb.sql(f"select count(*), count(distinct id), count(*) - count(cpu_longest_thread) from '{folder}/a.parquet'").fetchall()[0]
    assert rows[1] == 400 and 0 < rows[2] < rows[0], rows
    for one, other in (("parquet", "csv"), ("csv", "parquet")):
        more = duckdb.sql(f"select * from '{folder}/a.{one}' except select * from '{folder}/a.{other}'").fetchall()
        assert not more, f"only in {one}: {more[:2]}"
    table = pyarrow.parquet.read_table(f"{folder}/a.parquet")
    header = Path(folder, "a.csv").read_text().splitlines()[0].split(",")
    assert table.column_names == header and table.num_rows == rows[0], table.schema
    print(f"{rows[0]} rows of {rows[1]} runs agree")
