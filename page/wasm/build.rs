//! Prepares what the page carries, so that less has to be downloaded: of the recorded runs only those that the quiz asks
//! about, and the presets as values, which need no TOML reader.

use std::path::Path;
use std::{env, fs};

use powercurve::quiz;
use powercurve::workload::PRESETS;
use serde_json::{Value, json};

const RUNS: &str = "../../datasets/real-runs.jsonl";

fn main() {
    println!("cargo::rerun-if-changed={RUNS}");
    println!("cargo::rerun-if-changed=../../datasets/presets");
    let runs = fs::read_to_string(RUNS).expect("the recorded runs are there");
    let asked: String =
        runs.lines().filter(|line| !quiz::pool(line).is_empty()).map(|line| format!("{line}\n")).collect();
    keep("pool.jsonl", &asked);
    let preset = |p: &powercurve::workload::Preset| json!({ "name": p.name, "workload": p.workload().expect("every preset is a workload") });
    keep("presets.json", &PRESETS.iter().map(preset).collect::<Value>().to_string());
}

fn keep(name: &str, text: &str) {
    let folder = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&folder).join(name), text).expect("the output folder can be written");
}
