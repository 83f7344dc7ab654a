//! Promise: `generate` makes labelled runs with all parameters, the same for the same seed on any number of threads.

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
