//! Promise: a table in CSV holds the numbers of the JSON records, each under its own name.

use std::collections::HashMap;

use assert_cmd::Command;
use serde_json::Value;

const LPT: &str = "datasets/examples/lpt-output.json";

/// Cells of a row by the names of their columns.
type Row = HashMap<String, String>;

fn stdout(args: &[&str], stdin: &str) -> String {
    let mut command = Command::cargo_bin("powercurve").unwrap();
    let output = command.args(args).write_stdin(stdin).assert().success().get_output().stdout.clone();
    String::from_utf8(output).unwrap()
}

/// The table and the records that a command writes about the same input.
fn both(args: &[&str], stdin: &str) -> (Vec<Row>, Vec<Value>) {
    let [csv, jsonl] = ["csv", "jsonl"].map(|format| stdout(&[args, &["--format", format]].concat(), stdin));
    let rows: Vec<Row> = csv::Reader::from_reader(csv.as_bytes()).deserialize().map(Result::unwrap).collect();
    let records: Vec<Value> = jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!rows.is_empty() && !records.is_empty());
    (rows, records)
}

/// The cell has this number, as far as either is rounded.
fn same(row: &Row, column: &str, number: &Value) {
    let cell: f64 = row[column].parse().unwrap_or_else(|_| panic!("{column}: '{}'", row[column]));
    let number = number.as_f64().unwrap_or_else(|| panic!("{column}: {number}"));
    assert!(
        (cell - number).abs() <= 1e-5 + 1e-9 * number.abs(),
        "{column}: {cell} in the table, {number} in the record"
    );
}

#[test]
fn predict() {
    let (rows, records) = both(&["predict", LPT, "--measured", "512,1024"], "");
    let sizes = records[0]["curve"].as_array().unwrap();
    assert_eq!(rows.len(), sizes.len());
    for (row, size) in rows.iter().zip(sizes) {
        for field in ["memory_mb", "duration_ms", "low_ms", "high_ms"] {
            same(row, field, &size[field]);
        }
        assert_eq!(row["cost_usd"].parse::<f64>().unwrap(), size["cost_usd"].as_f64().unwrap());
        same(row, "probability_best_cost", &records[0]["probability_best_cost"][&row["memory_mb"]]);
        assert_eq!(row["measured"].is_empty(), size["measured_ms"].is_null());
    }
    // the choices are those of what they are called after
    let probability =
        |of: &str, mb: u64| records[0][format!("probability_best_{of}")][mb.to_string()].as_f64().unwrap();
    assert!(probability("speed", 3008) > 0.3 && probability("cost", 3008) < 0.1, "{}", records[0]);
}

#[test]
fn classify() {
    let (rows, records) = both(&["classify", LPT], "");
    let (row, record) = (&rows[0], &records[0]);
    same(row, "confidence", &record["confidence"]);
    for part in ["cpu", "wait", "transfer"] {
        same(row, &format!("{part}_share"), &record["shares"][part]);
    }
    assert_eq!((row["pattern"].as_str(), row["family"].as_str()), ("cpu-bound", "cpu"));
}

#[test]
fn fit() {
    let presets = ["matrix-inversion", "dynamodb-three-queries", "s3-download"];
    let runs: String = presets.iter().map(|preset| stdout(&["simulate", preset, "--format", "jsonl"], "")).collect();
    let (rows, records) = both(&["fit", "-"], &runs);
    assert_eq!((rows.len(), records.len()), (3, 3));
    for (row, record) in rows.iter().zip(&records) {
        same(row, "rms_percent", &(100.0 * record["rms"].as_f64().unwrap()).into());
        let workload = &record["workload"];
        let sum = |tables: &Value, of: &dyn Fn(&Value) -> f64| {
            tables.as_array().map_or(0.0, |tables| tables.iter().fold(0.0, |sum, table| sum + of(table)))
        };
        let number = |table: &Value, key: &str, default: f64| table[key].as_f64().unwrap_or(default);
        let cpu = &workload["cpu"];
        same(row, "cpu_ms", &(number(cpu, "work_ms", 0.0) + number(cpu, "parallel_ms", 0.0)).into());
        let wait_ms = sum(&workload["call"], &|c| number(c, "count", 1.0) * number(c, "latency_ms", 0.0));
        same(row, "wait_ms", &wait_ms.into());
        same(row, "megabytes", &sum(&workload["transfer"], &|t| number(t, "megabytes", 0.0)).into());
        assert!(!row["wait_ms"].starts_with('-') && !row["megabytes"].starts_with('-'), "{row:?}");
    }
    let number = |i: usize, column: &str| rows[i][column].parse::<f64>().unwrap();
    assert!(number(0, "cpu_ms") > 4000.0 && number(1, "wait_ms") > 20.0 && number(2, "megabytes") > 50.0, "{rows:?}");
}

#[test]
fn recommend() {
    let (rows, records) = both(&["recommend", LPT], "");
    let (row, record) = (&rows[0], &records[0]);
    same(row, "memory_mb", &record["memory_mb"]);
    same(row, "duration_ms", &record["duration_ms"]);
    let pareto: Vec<String> = record["pareto"].as_array().unwrap().iter().map(|p| p["memory_mb"].to_string()).collect();
    assert_eq!(row["pareto_mb"], pareto.join(" "));
    // 6550.973 ms: to 6550 and to 6500 ms
    for (i, column, ms) in [(0, "shave_ms_1ms_billing", 0.973), (1, "shave_ms_100ms_billing", 50.973)] {
        same(row, column, &record["cliff"][i]["shave_ms"]);
        same(row, column, &ms.into());
    }
}

#[test]
fn check() {
    let (rows, records) = both(&["check", LPT, "--current", "1024"], "");
    for field in ["current_mb", "best_mb", "excess"] {
        same(&rows[0], field, &records[0][field]);
    }
    // $55.104 against $55.0284 a million
    same(&rows[0], "excess", &(55.104 / 55.0284 - 1.0).into());
}

#[test]
fn whatif() {
    let args = ["whatif", LPT, "--lever", "arm64", "--memory", "512", "--invocations-per-month", "2e7", "--free-tier"];
    let (rows, records) = both(&args, "");
    let (row, record) = (&rows[0], &records[0]);
    for side in ["before", "after"] {
        same(row, &format!("{side}_ms"), &record[side]["duration_ms"]);
        same(row, &format!("{side}_usd_per_million"), &record[side]["usd_per_million"]);
        same(row, &format!("{side}_usd_per_month"), &record[side]["usd_per_month"]);
    }
    for end in ["low", "high"] {
        same(row, &format!("change_ms_{end}"), &record["uncertainty"]["change_ms"][end]);
        same(row, &format!("change_usd_per_month_{end}"), &record["uncertainty"]["change_usd_per_month"][end]);
    }
}

#[test]
fn rank() {
    let folder = tempfile::tempdir().unwrap();
    let load = folder.path().join("load.csv").display().to_string();
    std::fs::write(&load, "function,invocations,memory\nbusy,1000000,1024\n").unwrap();
    let run = r#"{"id":"busy","memory_mb":[512,1024,2048],"duration_ms":[6551,3279,1920],"num":10}"#;
    let (rows, records) = both(&["rank", "-", "--load", &load, "--strategy", "speed"], run);
    let record = &records[0];
    for field in
        ["bill_usd_month", "saving_usd_month", "saving_low", "saving_high", "current_ms", "current_mb", "best_mb"]
    {
        same(&rows[0], field, &record[field]);
    }
    let number = |field: &str| record[field].as_f64().unwrap();
    for [low, mid, high] in
        [["saving_low", "saving_usd_month", "saving_high"], ["faster_low", "faster_ms", "faster_high"]]
    {
        assert!(number(low) < number(mid) && number(mid) < number(high), "{record}");
    }
    assert!((number("seconds_saved_month") - 1e3 * number("faster_ms")).abs() < 1e-6, "{record}");
}
