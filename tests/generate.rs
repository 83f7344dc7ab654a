//! Promise: `generate` makes labelled runs with all parameters, the same for the same seed on any number of threads.

use std::collections::HashMap;

use assert_cmd::Command;
use predicates::str::contains;
use serde_json::Value;

fn generate(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("powercurve").unwrap();
    command.arg("generate").args(args);
    command
}

fn bytes(args: &[&str], threads: &str) -> Vec<u8> {
    generate(args).env("RAYON_NUM_THREADS", threads).assert().success().get_output().stdout.clone()
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for format in ["jsonl", "csv"] {
        let args = ["--count", "150", "--invocations", "5", "--memory", "512,1769", "--format", format];
        assert_eq!(bytes(&args, "1"), bytes(&args, "3"), "{format}");
        assert_ne!(bytes(&args, "1"), bytes(&[&args[..], &["--seed", "1"]].concat(), "1"), "{format}");
        // a longer list begins as a shorter one
        let shorter = bytes(&["--count", "20", "--invocations", "5", "--memory", "512,1769", "--format", format], "2");
        assert!(bytes(&args, "2").starts_with(&shorter), "{format}");
    }
}

#[test]
fn every_run_carries_its_label_and_its_workload() {
    let text =
        String::from_utf8(bytes(&["--count", "40", "--pattern", "transfer-bound", "--invocations", "5"], "2")).unwrap();
    let records: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(records.len(), 40);
    for record in &records {
        assert_eq!(record["pattern"].as_str(), Some("transfer-bound"));
        assert!(record["workload"]["transfer"][0]["megabytes"].as_f64().is_some_and(|mb| mb > 0.0));
        assert_eq!(record["memory_mb"].as_array().map(Vec::len), record["duration_ms"].as_array().map(Vec::len));
    }
    // run records that other commands read
    let classify = Command::cargo_bin("powercurve")
        .unwrap()
        .args(["classify", "-", "--format", "jsonl"])
        .write_stdin(text)
        .assert();
    assert_eq!(String::from_utf8_lossy(&classify.success().get_output().stdout).lines().count(), 40);
}

#[test]
fn a_run_is_named_after_its_label() {
    let out = bytes(&["--count", "200", "--seed", "9"], "1");
    for line in String::from_utf8(out).unwrap().lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let (id, pattern) = (record["id"].as_str().unwrap(), record["pattern"].as_str().unwrap());
        let number = id.strip_prefix(pattern).and_then(|rest| rest.strip_prefix('-'));
        assert!(number.is_some_and(|n| n.parse::<u32>().is_ok()), "{id} is labelled {pattern}");
    }
}

#[test]
fn a_row_holds_the_parameters_of_its_record() {
    let text = |format: &str| {
        let args = ["--count", "40", "--invocations", "5", "--memory", "512", "--format", format];
        String::from_utf8(bytes(&args, "2")).unwrap()
    };
    let (table, lines) = (text("csv"), text("jsonl"));
    let rows: Vec<HashMap<String, String>> =
        csv::Reader::from_reader(table.as_bytes()).deserialize().map(Result::unwrap).collect();
    let records: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!((rows.len(), records.len()), (40, 40));
    for (row, record) in rows.iter().zip(&records) {
        let workload = &record["workload"];
        let (cpu, call, transfer) = (&workload["cpu"], &workload["call"][0], &workload["transfer"][0]);
        for (column, value) in [
            ("memory_mb", &record["memory_mb"][0]),
            ("duration_ms", &record["duration_ms"][0]),
            ("cost_usd", &record["cost_usd"][0]),
            ("sd_ms", &record["sd_ms"][0]),
            ("cpu_work_ms", &cpu["work_ms"]),
            ("cpu_parallel_ms", &cpu["parallel_ms"]),
            ("cpu_threads", &cpu["threads"]),
            ("cpu_throttle_overhead", &cpu["throttle_overhead"]),
            ("cpu_knee_mb", &cpu["knee_mb"]),
            ("call_count", &call["count"]),
            ("call_latency_ms", &call["latency_ms"]),
            ("call_latency_cv", &call["latency_cv"]),
            ("call_cpu_ms", &call["cpu_ms"]),
            ("transfer_megabytes", &transfer["megabytes"]),
            ("transfer_connections", &transfer["connections"]),
            ("transfer_per_connection_mb_s", &transfer["per_connection_mb_s"]),
            ("memory_pressure", &workload["memory"]["pressure"]),
            ("downstream_capacity", &workload["downstream"]["capacity"]),
            ("cold_start_share", &workload["cold_start"]["share"]),
            ("noise_cpu_cv", &workload["noise"]["cpu_cv"]),
        ] {
            // 0 is what the workload does not have
            let (cell, value) = (row[column].parse::<f64>().unwrap(), value.as_f64().unwrap_or(0.0));
            assert!((cell - value).abs() <= 1e-9 * value.abs(), "{column}: {cell} in the row, {value} in {record}");
        }
        assert_eq!(
            (row["id"].as_str(), row["pattern"].as_str()),
            (record["id"].as_str().unwrap(), record["pattern"].as_str().unwrap())
        );
        // that of the runtime, where the workload has none of its own
        assert!(row["cold_start_init_ms"].parse::<f64>().unwrap() > 0.0, "{row:?}");
    }
}

#[test]
fn files_are_written_whole_and_their_ending_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    generate(&["--count", "3", "-o", &path("a.csv")]).assert().success();
    let csv = std::fs::read_to_string(path("a.csv")).unwrap();
    assert!(csv.starts_with("id,index,pattern,") && csv.lines().count() > 3 * 4, "{csv}");
    generate(&["--count", "3", "-o", &path("a.xlsx")]).assert().code(2).stderr(contains(".jsonl, .csv or .parquet"));
    generate(&["--count", "3", "-o", &path("none/a.csv")]).assert().code(2).stderr(contains("create the folder"));
    generate(&["--count", "0"]).assert().code(2);
    generate(&["--count", "3", "--format", "parquet"]).assert().code(2).stderr(contains("-o runs.parquet"));
    let parquet = generate(&["--count", "3", "-o", &path("a.parquet")]).assert();
    if cfg!(feature = "parquet") {
        parquet.success();
        assert!(std::fs::read(path("a.parquet")).unwrap().starts_with(b"PAR1"));
    } else {
        parquet.code(2).stderr(contains("--features parquet"));
        // nothing is left behind
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[test]
fn what_is_generated_can_be_scored() {
    for format in ["jsonl", "csv"] {
        let args = ["--count", "60", "--invocations", "20", "--memory", "128,512,1769,3008", "--format", format];
        let mut evaluate = Command::cargo_bin("powercurve").unwrap();
        evaluate.args(["evaluate", "-", "--format", "json"]).write_stdin(bytes(&args, "2"));
        let score: Value = serde_json::from_slice(&evaluate.assert().success().get_output().stdout).unwrap();
        assert_eq!(score["runs"], 60, "{format}");
        assert!(score["accepted"].as_f64().is_some_and(|share| share > 0.5), "{format}: {score}");
    }
}
