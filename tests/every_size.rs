//! A run with every size that Lambda has is answered like any other.

use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};

fn answer(folder: &Path, args: &[&str]) -> Value {
    let mut command = Command::cargo_bin("powercurve").unwrap();
    let output = command.current_dir(folder).args(args).args(["every.json", "--format", "jsonl"]).assert().success();
    serde_json::from_slice(&output.get_output().stdout).unwrap()
}

#[test]
fn classify_fit_predict_and_recommend_answer() {
    let folder = tempfile::tempdir().unwrap();
    let sizes: Vec<u32> = (128..=10_240).collect();
    let duration: Vec<f64> = sizes.iter().map(|&mb| 100.0 + 2e5 / f64::from(mb.min(1769))).collect();
    let run = json!({"id": "every", "memory_mb": sizes, "duration_ms": duration});
    std::fs::write(folder.path().join("every.json"), run.to_string()).unwrap();
    let answer = |args: &[&str]| answer(folder.path(), args);

    assert!(answer(&["classify"])["confidence"].as_f64().unwrap() > 0.5);
    assert!(answer(&["fit"])["rms"].as_f64().unwrap() < 0.05);
    assert_eq!(answer(&["recommend"])["memory_mb"], 128);
    let predicted = answer(&["predict"]);
    assert_eq!(predicted["curve"].as_array().unwrap().len(), sizes.len());
    assert_eq!(predicted["best"]["cost"], 128);
    assert_eq!(predicted["measure_next"]["memory_mb"], Value::Null);
    // all is known, though the cheapest size is not the balanced one
    assert!(predicted["measure_next"]["why"].as_str().unwrap().ends_with("0.0 %"), "{}", predicted["measure_next"]);

    // many sizes to choose the next one from
    let few = answer(&["predict", "--measured", "512", "--at", "128..10240"]);
    assert!(few["measure_next"]["memory_mb"].is_u64(), "{}", few["measure_next"]);
}
