//! Keeps of the recorded runs only those that the quiz asks about: the others need not be downloaded.

use std::path::Path;
use std::{env, fs};

use powercurve::quiz;

const RUNS: &str = "../../datasets/real-runs.jsonl";

fn main() {
    println!("cargo::rerun-if-changed={RUNS}");
    let runs = fs::read_to_string(RUNS).expect("the recorded runs are there");
    let asked: String =
        runs.lines().filter(|line| !quiz::pool(line).is_empty()).map(|line| format!("{line}\n")).collect();
    let folder = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&folder).join("pool.jsonl"), asked).expect("the output folder can be written");
}
