//! Promise: whatever file is given, the command line neither panics nor hangs. A file that is no good gives exit 2 (3, where
//! some of it is), and a message that says where it is and what to do about it.
//!
//! `tests/corpus` holds the files: hand-made ones, and what fuzzing found. `fine` are those that look bad and are good.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;

fn powercurve(args: &[&str]) -> Output {
    Command::cargo_bin("powercurve").unwrap().args(args).output().unwrap()
}

fn file_name(file: &Path) -> &str {
    file.file_name().unwrap().to_str().unwrap()
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 5);
    files
}

/// The file is rejected with one of these codes, under its name, with a remedy for every error.
fn assert_rejected(file: &Path, args: &[&str], codes: &[i32]) {
    let output = powercurve(args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let shown = format!("powercurve {}: {:?}\n{stderr}", args.join(" "), output.status);
    assert!(output.status.code().is_some_and(|code| codes.contains(&code)), "{shown}");
    assert!(!stderr.contains("panicked"), "{shown}");
    assert!(stderr.contains(file_name(file)), "no place: {shown}");
    assert_eq!(stderr.matches("error: ").count(), stderr.matches("\n  help: ").count(), "no remedy: {shown}");
    if codes == [2] {
        assert!(output.stdout.is_empty(), "{shown}");
    }
}

#[test]
fn runs_without_anything_usable() {
    for file in files("runs") {
        let path = file.to_str().unwrap();
        for command in [&["classify"][..], &["fit", "--format", "json"], &["classify", "--format", "jsonl"]] {
            assert_rejected(&file, &[command, &[path]].concat(), &[2]);
        }
    }
}

#[test]
fn every_other_command_that_reads_a_run() {
    for file in files("runs").into_iter().filter(|file| !file_name(file).starts_with("one-size")) {
        let path = file.to_str().unwrap();
        assert_rejected(&file, &["predict", path], &[2]);
        assert_rejected(&file, &["recommend", path], &[2]);
        assert_rejected(&file, &["check", path, "--current", "128"], &[2]);
        assert_rejected(&file, &["logs", path], &[2]);
    }
}

#[test]
fn batches_with_something_usable() {
    for file in files("batches") {
        let path = file.to_str().unwrap();
        assert_rejected(&file, &["classify", path, "--format", "jsonl"], &[3]);
        assert!(!powercurve(&["classify", path, "--format", "jsonl"]).stdout.is_empty());
    }
}

#[test]
fn logs() {
    for file in files("logs") {
        let path = file.to_str().unwrap();
        assert_rejected(&file, &["classify", path], &[2]);
        let output = powercurve(&["logs", path]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        // statistics of failures are statistics
        let code = if file_name(&file) == "no-reports.log" { 2 } else { 0 };
        assert_eq!(output.status.code(), Some(code), "{path}: {stderr}");
        let warned = file_name(&file) == "all-timed-out.log" || stderr.contains("lack a duration or a memory size");
        assert!(code == 2 || warned, "{path}: {stderr}");
    }
}

#[test]
fn workloads() {
    for file in files("workloads") {
        let path = file.to_str().unwrap();
        assert_rejected(&file, &["simulate", path], &[2]);
        assert_rejected(&file, &["simulate", path, "--exact"], &[2]);
        if !file_name(&file).starts_with("never-finishes") {
            assert_rejected(&file, &["whatif", path, "--all"], &[2]);
        }
    }
}

#[test]
fn traces() {
    let run = "datasets/examples/lpt-output.json";
    for file in files("traces") {
        assert_rejected(&file, &["predict", run, "--traces", file.to_str().unwrap()], &[2]);
    }
}

/// Load files and baselines: what has something good in it is named after that.
#[test]
fn loads_and_baselines() {
    let run = "datasets/examples/lpt-output.json";
    for (folder, command) in [
        ("loads", &["rank", run, "--load"][..]),
        ("baselines", &["check", run, "--current", "512", "--tolerance", "1000%", "--baseline"]),
    ] {
        for file in files(folder) {
            let code = if file_name(&file).starts_with("partly") { 3 } else { 2 };
            assert_rejected(&file, &[command, &[file.to_str().unwrap()]].concat(), &[code]);
        }
    }
}

#[test]
fn fine() {
    for file in files("fine") {
        for command in ["classify", "fit", "predict", "recommend"] {
            let output = powercurve(&[command, file.to_str().unwrap(), "--format", "jsonl"]);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{command} {}: {stderr}", file.display());
            for line in output.stdout.split(|&b| b == b'\n').filter(|line| !line.is_empty()) {
                let answer: serde_json::Value = serde_json::from_slice(line).unwrap();
                assert!(answer["id"].is_string(), "{answer}");
            }
        }
    }
}
