//! `powercurve simulate`: where a workload comes from, how the result is written, what is refused.

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

fn simulate(args: &[&str]) -> assert_cmd::assert::Assert {
    Command::cargo_bin("powercurve").unwrap().arg("simulate").args(args).assert()
}

fn stdout(args: &[&str]) -> String {
    String::from_utf8(simulate(args).success().get_output().stdout.clone()).unwrap()
}

#[test]
fn a_shown_preset_is_a_workload_file_and_keeps_its_comments() {
    let shown = stdout(&["cpu-bound", "--show"]);
    assert!(shown.starts_with("# prime-numbers"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, &shown).unwrap();
    let from_file = stdout(&[file.to_str().unwrap(), "--format", "csv"]);
    assert_eq!(from_file, stdout(&["prime-numbers", "--format", "csv"]));

    let mut stdin = Command::cargo_bin("powercurve").unwrap();
    let from_stdin = stdin.args(["simulate", "-", "--format", "csv"]).write_stdin(shown).output().unwrap();
    assert_eq!(String::from_utf8(from_stdin.stdout).unwrap(), from_file);
}

#[test]
fn the_list_names_every_pattern() {
    let list = stdout(&["--list"]);
    for pattern in powercurve::Pattern::ALL {
        assert!(list.contains(pattern.name()), "{pattern}");
    }
}

#[test]
fn the_list_comes_in_every_format_of_a_table() {
    let list: Value = serde_json::from_str(&stdout(&["--list", "--format", "json"])).unwrap();
    assert!(list.as_array().unwrap().iter().any(|p| p["preset"] == "thumbnail" && p["pattern"] == "cpu-bound"));
    assert!(stdout(&["--list", "--format", "csv"]).starts_with("preset,pattern,description\n"));
    simulate(&["--list", "--format", "lpt"]).code(2).stderr(contains("gives no curve"));
}

#[test]
fn all_invocations_are_paid_for_whatever_the_means_leave_out() {
    let lambda_cost = |discard: &str| {
        let out = stdout(&["java-cold-start", "--invocations", "10", "--discard", discard, "--format", "lpt"]);
        serde_json::from_str::<Value>(&out).unwrap()["stateMachine"]["lambdaCost"].as_f64().unwrap()
    };
    let all = lambda_cost("0");
    assert!(all > 0.0);
    for discard in ["0.2", "0.4"] {
        assert_eq!(lambda_cost(discard), all, "{discard}");
    }
}

#[test]
fn a_record_has_the_fields_that_other_programs_rely_on() {
    let record: Value =
        serde_json::from_str(&stdout(&["no-op", "--memory", "128..512:128", "--seed", "5", "--format", "jsonl"]))
            .unwrap();
    assert_eq!(record["id"], "no-op");
    assert_eq!(record["memory_mb"], serde_json::json!([128, 256, 384, 512]));
    for column in ["duration_ms", "cost_usd"] {
        assert!(record[column].as_array().unwrap().iter().all(|v| v.as_f64().unwrap() > 0.0));
    }
    assert_eq!((&record["pattern"], &record["seed"]), (&"no-op".into(), &5.into()));
    assert_eq!(record["workload"]["cpu"]["work_ms"], 1.1);
    let pretty: Value = serde_json::from_str(&stdout(&["no-op", "--format", "json"])).unwrap();
    assert_eq!(pretty["num"], 50);
}

#[test]
fn csv_and_markdown_are_tables() {
    let csv = stdout(&["no-op", "--exact", "--format", "csv"]);
    assert_eq!(csv.lines().next(), Some("memory_mb,duration_ms,cost_usd"));
    assert_eq!(csv.lines().count(), 7);
    assert!(stdout(&["no-op", "--format", "markdown"]).starts_with("| "));
    assert!(stdout(&["no-op"]).contains("take the smallest size that fits"));
}

#[test]
fn a_size_without_enough_memory_is_left_out_with_a_warning() {
    simulate(&["java-cold-start"])
        .success()
        .stdout(contains("128 MB").not())
        .stderr(contains("warning: 128 MB is left out: out of memory: it needs 160 MB"));
}

#[test]
fn what_is_wrong_is_said_with_place_and_remedy() {
    simulate(&[]).code(2).stderr(contains("WORKLOAD"));
    simulate(&["prime-number"]).code(2).stderr(contains("prime-numbers").and(contains("help: ")));
    simulate(&["missing.toml"]).code(2).stderr(contains("missing.toml: cannot be opened").and(contains("--list")));
    simulate(&["no-op", "--memory", "64"]).code(2).stderr(contains("expected 128 to 10240"));
    simulate(&["no-op", "--discard", "0.6"]).code(2).stderr(contains("expected 0 to 0.4"));
    simulate(&["no-op", "--billing", "10ms"]).code(2).stderr(contains("expected 1ms or 100ms"));
    simulate(&["no-op", "--exact", "--seed", "3"]).code(2);
    let overloaded = "[downstream]\nservice_ms = 10\nother_load_per_s = 200\n";
    let mut command = Command::cargo_bin("powercurve").unwrap();
    command
        .args(["simulate", "-"])
        .write_stdin(overloaded)
        .assert()
        .code(2)
        .stderr(contains("standard input: downstream.other_load_per_s keeps 2.00 times").and(contains("help: ")));
}

#[test]
fn costs_are_those_of_the_region() {
    let record = |args: &[&str]| -> Value {
        serde_json::from_str(&stdout(&[&["prime-numbers", "--format", "jsonl"], args].concat())).unwrap()
    };
    for how in [&["--seed", "3"][..], &["--exact"]] {
        let (home, milan) = (record(how), record(&[how, &["--region", "eu-south-1"]].concat()));
        assert_eq!(home["duration_ms"], milan["duration_ms"]);
        let costs =
            |r: &Value| -> Vec<f64> { r["cost_usd"].as_array().unwrap().iter().map(|c| c.as_f64().unwrap()).collect() };
        for (home, milan) in costs(&home).iter().zip(costs(&milan)) {
            assert!((milan / home / (2.4 / 2.1) - 1.0).abs() < 1e-12, "{milan} and {home}");
        }
        assert!(home.get("currency").is_none());
        assert_eq!(record(&[how, &["--region", "cn-north-1"]].concat())["currency"], "CNY");
    }
    assert!(stdout(&["prime-numbers", "--region", "cn-north-1"]).contains('¥'));
    assert!(stdout(&["prime-numbers", "--region", "cn-north-1", "--format", "url"]).contains("?currency=CNY#"));
    simulate(&["prime-numbers", "--region", "mars-1"]).code(2).stderr(contains("region 'mars-1'"));
}

#[test]
fn the_cost_of_the_execution_is_rounded_as_the_tuner_does() {
    let output: Value = serde_json::from_str(&stdout(&["no-op", "--format", "lpt"])).unwrap();
    assert_eq!(output["stateMachine"]["executionCost"].to_string(), "0.0006");
}

#[test]
fn the_cost_of_the_invocations_is_that_of_all_of_them() {
    let args = ["no-op", "--memory", "128,512", "--invocations", "20", "--discard", "0", "--format", "lpt"];
    let output: Value = serde_json::from_str(&stdout(&args)).unwrap();
    let each: Vec<f64> =
        output["stats"].as_array().unwrap().iter().map(|size| size["averagePrice"].as_f64().unwrap()).collect();
    let all = output["stateMachine"]["lambdaCost"].as_f64().unwrap();
    // a mean billed duration is rounded up to a whole ms
    let [mean, one_ms_less] = [0.0, 2.1e-9 * (1.0 + 4.0)].map(|usd| 20.0 * (each[0] + each[1] - usd));
    assert!((one_ms_less..=mean * (1.0 + 1e-9)).contains(&all), "{all}: {each:?}");
}
