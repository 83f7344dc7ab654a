//! Promise: the same input gives the same bytes, on any number of threads and in any order of the sizes.

use std::fs;
use std::process::Command;

use powercurve::ingest::parse_record;
use powercurve::model::{Known, Library, Observation, Posterior};
use powercurve::pattern::Reader;
use powercurve::{PowerCurve, Run};
use proptest::prelude::*;

fn stdout(threads: &str, args: &[&str]) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_powercurve"));
    let output = command.env("RAYON_NUM_THREADS", threads).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(!output.stdout.is_empty(), "{args:?}");
    output.stdout
}

#[test]
fn every_command_that_works_on_all_cores() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs.jsonl");
    let all = fs::read_to_string("datasets/real-runs.jsonl").unwrap();
    let several_sizes = all.lines().filter(|l| parse_record(l.as_bytes()).unwrap().curve.len() > 1);
    fs::write(&runs, several_sizes.take(12).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let runs = runs.to_str().unwrap();
    for args in [
        &["simulate", "small-database", "--memory", "ALL", "--invocations", "20", "--seed", "9", "--format", "jsonl"][..],
        &["simulate", "thumbnail", "--memory", "ALL", "--exact", "--format", "jsonl"],
        &["classify", runs, "--format", "jsonl"],
        &["classify", runs, "--format", "csv"],
        &["fit", runs, "--format", "jsonl"],
        &["predict", runs, "--format", "jsonl"],
        &["recommend", runs, "--format", "jsonl"],
    ] {
        let one = stdout("1", args);
        for threads in ["2", "7"] {
            assert!(stdout(threads, args) == one, "{threads} threads: {args:?}");
        }
    }
}

/// Every form in which `simulate` writes a curve is a run for the other commands.
#[test]
fn what_simulate_writes_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let read = |format: &str| {
        let path = folder.path().join(format);
        let written = stdout("2", &["simulate", "thumbnail", "--memory", "ALL", "--seed", "3", "--format", format]);
        fs::write(&path, written).unwrap();
        let runs: Vec<Run> =
            powercurve::ingest::read(&[path.to_str().unwrap().to_owned()]).collect::<Result<_, _>>().unwrap();
        assert_eq!(runs.len(), 1, "{format}");
        runs[0].curve.points().iter().map(|p| (p.memory, p.duration.ms(), p.cost.unwrap().usd())).collect::<Vec<_>>()
    };
    let exact = read("jsonl");
    for format in ["json", "csv", "lpt"] {
        assert_eq!(read(format), exact, "{format}");
    }
    for ((m, ms, usd), (m2, ms2, usd2)) in read("url").into_iter().zip(exact) {
        let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-6;
        assert!(m == m2 && close(ms, ms2) && close(usd, usd2), "a URL has float32: {ms} for {ms2}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_the_points_does_not_matter(
        points in Just(vec![(128, 912.5), (256, 455.0), (512, 231.0), (1024, 120.0), (1769, 75.0), (3008, 71.0)]).prop_shuffle(),
    ) {
        let run = |points: &[(u32, f64)]| Run::new("run", PowerCurve::from_ms(points).unwrap());
        let mut sorted = points.clone();
        sorted.sort_by_key(|p| p.0);
        prop_assert_eq!(Reader::shipped().classify(&run(&points)), Reader::shipped().classify(&run(&sorted)));
    }

    /// What costs and durations mean does not depend on the unit of money, nor do patterns of long work on the unit of time.
    #[test]
    fn time_scales_predictions(factor in 1.0..20.0f64) {
        let curve = [(128, 91_250.0), (512, 23_100.0), (1769, 7500.0), (3008, 7400.0)];
        let seen = |factor: f64| {
            let scaled = curve.map(|(mb, ms)| (mb, ms * factor));
            Observation::of(&Run::new("run", PowerCurve::from_ms(&scaled).unwrap()))
        };
        let at = |factor| {
            let memory = powercurve::MemoryMb::new(1024).unwrap();
            Posterior::new(Library::shipped(), &seen(factor), &Known::default()).predict(memory).ms
        };
        let ratio = at(factor) / at(1.0) / factor;
        prop_assert!((ratio - 1.0).abs() < 0.1, "{ratio}");
    }
}

#[test]
fn the_shipped_model_is_read_as_it_was_written() {
    let library = Library::shipped();
    let bytes = library.to_bytes();
    assert!(bytes == fs::read("datasets/model/library.bin").unwrap());
    let back = Library::from_bytes(&bytes).unwrap();
    assert_eq!(back.particles(), library.particles());
}
