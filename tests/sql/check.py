"""Promise: the SQL of sql/ and `powercurve logs` find the same in the same logs, and it is what happened.

    python3 tests/sql/check.py target/debug/powercurve

Needs duckdb and sqlglot; .ci/sql.sh installs them.
"""

import csv
import json
import math
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict

import duckdb
import sqlglot
from generate_logs import FUNCTIONS, write
from sqlglot import exp

SQL = pathlib.Path(__file__).resolve().parents[2] / "sql"
INVOCATIONS = 40_000

EXACT = 1e-9  # relative: nothing but the order of a sum
SKETCH = 0.00505  # relative: what `powercurve logs` promises, and rounding

SKETCHED = ("trimmed_mean_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms", "init_p90_ms")
KEPT_EXACT = 256  # invocations up to which `powercurve logs` is exact


def percentile(values, share):
    """Between the two neighbours in sorted order."""
    values = sorted(values)
    position = share * (len(values) - 1)
    below = math.floor(position)
    return values[below] + (values[math.ceil(position)] - values[below]) * (position - below)


def expected(calls):
    """The statistics of what happened, by function and memory size."""
    sizes = defaultdict(list)
    for call in calls:
        sizes[call.function, call.memory_mb].append(call)
    return {key: expected_of(*key, group) for key, group in sizes.items()}


def expected_of(function, memory_mb, calls):
    good = [call for call in calls if call.failure is None]
    ms = sorted(call.duration_ms for call in good)
    init = [call.init_ms for call in good if call.init_ms is not None]
    kept = ms[math.floor(0.2 * len(ms)) : len(ms) - math.floor(0.2 * len(ms))]
    return {
        "function": function,
        "memory_mb": memory_mb,
        "count": len(ms),
        "duration_ms": statistics.fmean(ms) if ms else None,
        "trimmed_mean_ms": statistics.fmean(kept) if ms else None,
        "sd_ms": statistics.stdev(ms) if len(ms) > 1 else None,
        "p50_ms": percentile(ms, 0.50) if ms else None,
        "p90_ms": percentile(ms, 0.90) if ms else None,
        "p95_ms": percentile(ms, 0.95) if ms else None,
        "p99_ms": percentile(ms, 0.99) if ms else None,
        "max_memory_used_mb": max((call.max_memory_used_mb for call in good), default=None),
        "cold_starts": len(init),
        "init_ms": statistics.fmean(init) if init else None,
        "init_p90_ms": percentile(init, 0.90) if init else None,
        "billed_ms": statistics.fmean(call.billed_ms + call.billed_restore_ms for call in good) if good else None,
        "timeouts": sum(call.failure == "timeout" for call in calls),
        "out_of_memory": sum(call.failure == "out_of_memory" for call in calls),
        "errors": sum(call.failure == "error" for call in calls),
    }


def compare(what, rows, truth, tolerance):
    """Every statistic of every size agrees; `tolerance` says how closely."""
    rows = {(row["function"], row["memory_mb"]): row for row in rows}
    assert rows.keys() == truth.keys(), f"{what}: sizes differ: {rows.keys() ^ truth.keys()}"
    worst = 0.0
    for key, row in rows.items():
        assert row.keys() == truth[key].keys(), f"{what}: columns differ: {row.keys() ^ truth[key].keys()}"
        for name, value in truth[key].items():
            found, allowed = row[name], tolerance(name, row)
            place = f"{what}: {name} of {key[0]} at {key[1]} MB is {found}, expected {value}"
            if isinstance(value, float) and found is not None:
                difference = abs(found - value) / abs(value)
                assert difference <= allowed, f"{place} within {allowed:g}"
                worst = max(worst, difference)
            else:
                assert found == value, place
    print(f"{what}: {len(rows)} sizes agree, largest relative difference {worst:.2g}")


def rows_of(result):
    names = [column[0] for column in result.description]
    return [dict(zip(names, row)) for row in result.fetchall()]


def powercurve(*args):
    done = subprocess.run([POWERCURVE, *map(str, args)], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, f"powercurve {args}: exit code {done.returncode}\n{done.stderr}"
    return [json.loads(line) for line in done.stdout.splitlines()]


def is_read(what, path, functions):
    """Another command reads the file, and finds all functions in it."""
    found = {answer["id"] for answer in powercurve("classify", path, "--format", "jsonl")}
    assert found == functions, f"{what}: powercurve read {found}, expected {functions}"
    print(f"{what}: read by powercurve classify")


def check_reader(logs, truth):
    def tolerance(name, row):
        count = row["cold_starts"] if name.startswith("init") else row["count"]
        return SKETCH if name in SKETCHED and count > KEPT_EXACT else EXACT

    compare("powercurve logs", powercurve("logs", logs, "--format", "jsonl"), truth, tolerance)


def check_duckdb(logs, truth, functions):
    db = duckdb.connect()
    db.execute(f"SET VARIABLE logs = '{logs}/*'")
    db.execute((SQL / "duckdb.sql").read_text(encoding="utf-8"))
    statistics_rows = rows_of(db.execute("FROM statistics"))
    compare("duckdb.sql", statistics_rows, truth, lambda name, row: EXACT)
    is_read("runs.jsonl of duckdb.sql", "runs.jsonl", functions)
    records = {r["id"]: r for r in powercurve("logs", logs, "--format", "record")}
    for line in pathlib.Path("runs.jsonl").read_text(encoding="utf-8").splitlines():
        # what is unknown at every size is null in SQL and left out by powercurve, as are failures that did not happen
        other = {k: v for k, v in json.loads(line).items() if v not in ([None] * len(v), [0] * len(v)) or k == "cold_starts"}
        ours = records.pop(other["id"])
        assert ours.keys() == other.keys(), f"records of {other['id']}: keys differ: {ours.keys() ^ other.keys()}"
        for name in ("memory_mb", "count", "max_memory_used_mb", "cold_starts", "start", "timeouts", "out_of_memory", "errors"):
            assert ours.get(name) == other.get(name), f"records of {other['id']}: {name}: {ours.get(name)} and {other.get(name)}"
        for a, b in zip(ours["duration_ms"], other["duration_ms"], strict=True):
            assert a == b or math.isclose(a, b, rel_tol=EXACT), f"records of {other['id']}: {a} ms and {b} ms"
    assert not records, f"duckdb.sql misses {records.keys()}"
    print("duckdb.sql and powercurve logs: the same run records")


def check_athena(logs, truth, functions):
    """No Athena is at hand: its query is parsed, translated, and run by DuckDB."""
    table = sqlglot.parse((SQL / "athena-table.sql").read_text(encoding="utf-8"), dialect="athena")
    assert [type(statement) for statement in table] == [exp.Create], "athena-table.sql: expected one CREATE"
    query = (SQL / "athena.sql").read_text(encoding="utf-8")
    for dialect in ("athena", "trino"):
        assert len(sqlglot.parse(query, dialect=dialect)) == 1, f"athena.sql: expected one statement of {dialect}"

    def like_trino(node):
        # what is not found is NULL there and empty in DuckDB
        if isinstance(node, exp.RegexpExtract):
            return exp.Nullif(this=node, expression=exp.Literal.string(""))
        # how well an engine approximates is its own affair
        if isinstance(node, exp.ApproxQuantile):
            return exp.Anonymous(this="quantile_cont", expressions=[node.this, node.args["quantile"]])
        return node

    tree = sqlglot.parse_one(query, dialect="trino").transform(like_trino)
    db = duckdb.connect()
    db.execute(f"""
        CREATE VIEW lambda_logs AS
        SELECT line, 's3://my-bucket/lambda/' || regexp_extract(filename, '([^/]+?)\\.log(\\.gz)?$', 1) || '/0.gz' AS "$path"
        FROM read_csv('{logs}/*', columns = {{'line': 'VARCHAR'}}, delim = chr(1), quote = '', escape = '',
                      header = false, auto_detect = false, filename = true)
    """)
    rows = rows_of(db.execute(tree.sql(dialect="duckdb")))
    compare("athena.sql", rows, truth, lambda name, row: EXACT)
    save("athena.csv", rows)
    is_read("result of athena.sql", "athena.csv", functions)


def check_insights(name, truth, functions):
    """Logs Insights runs nowhere else: only the names that it exports can be checked."""
    query = (SQL / name).read_text(encoding="utf-8")
    columns = re.findall(r" as (\w+)", query.split("stats", 1)[1])
    function, memory = re.search(r"\bby (\w+), ([\w.]+)", query).groups()
    values = {"invocations": "count", "billed_ms": "duration_ms", function: "function", memory: "memory_mb"}
    rows = [
        {column: row[values.get(column, column)] for column in (function, memory, *columns)}
        for row in truth.values()
        if row["count"] > 0
    ]
    path = name.replace(".txt", ".csv")
    save(path, rows)
    is_read(f"columns of {name}", path, functions)


def save(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        logs = pathlib.Path(folder) / "logs"
        truth = expected(write(logs, INVOCATIONS))
        functions = {function.name for function in FUNCTIONS}
        check_reader(logs, truth)
        check_duckdb(logs, truth, functions)
        check_athena(logs, truth, functions)
        check_insights("logs-insights.txt", truth, functions)
        check_insights("logs-insights-json.txt", truth, functions)
        os.chdir("/")


POWERCURVE = os.path.abspath(sys.argv[1])

if __name__ == "__main__":
    main()
