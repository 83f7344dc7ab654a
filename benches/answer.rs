//! How fast recorded runs are answered: classified from JSONL beside parsing it, fitted, predicted.

use std::fmt::Write;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use powercurve::ingest::{self, parse_record};
use powercurve::model::{Known, Library, Observation, Posterior};
use powercurve::pattern::Reader;
use powercurve::predict::fit;
use powercurve::{MemoryMb, Run};
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

/// Runs of six sizes that differ: recorded curves at other scales.
fn lines(count: usize) -> String {
    let mut text = String::new();
    for i in 0..count {
        let wait = (i % 89) as f64;
        let work = 500.0 + (i % 997) as f64;
        let ms = |mb: f64| wait + work * 1769.0 / mb.min(1769.0);
        let d = [128.0, 256.0, 512.0, 1024.0, 1769.0, 3008.0].map(ms);
        writeln!(
            text,
            "{{\"id\":\"run-{i}\",\"memory_mb\":[128,256,512,1024,1769,3008],\
             \"duration_ms\":[{:.2},{:.2},{:.2},{:.2},{:.2},{:.2}]}}",
            d[0], d[1], d[2], d[3], d[4], d[5]
        )
        .expect("a String takes any text");
    }
    text
}

fn classify(c: &mut Criterion) {
    const RUNS: usize = 4096;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("runs.jsonl");
    let text = lines(RUNS);
    std::fs::write(&path, &text).expect("a temporary file");
    let args = [path.to_string_lossy().into_owned()];
    let reader = Reader::shipped();
    let mut group = c.benchmark_group("classify");
    group.sample_size(10).throughput(Throughput::Elements(RUNS as u64));
    group.bench_function("serde_json", |b| {
        b.iter(|| {
            text.lines().filter(|line| black_box(serde_json::from_str::<serde_json::Value>(line)).is_ok()).count()
        });
    });
    group.bench_function("read", |b| b.iter(|| ingest::read(&args).filter(Result::is_ok).count()));
    for cores in [1, 2] {
        let pool = ThreadPoolBuilder::new().num_threads(cores).build().expect("threads");
        let answer = || {
            let raw: Vec<_> = ingest::raw(&args).collect();
            let runs = raw.into_par_iter().flat_map_iter(|raw| raw.map(ingest::RawRun::parse).unwrap_or_default());
            runs.flatten().map(|run| reader.classify(&run).confidence).sum::<f64>()
        };
        group.bench_function(format!("classified on {cores}"), |b| b.iter(|| pool.install(answer)));
    }
}

/// The recorded runs of the example data, one after the other.
fn recorded(c: &mut Criterion) {
    let runs: Vec<Run> = include_str!("../datasets/real-runs.jsonl")
        .lines()
        .filter_map(|line| parse_record(line.as_bytes()).ok())
        .filter(|run| run.curve.len() >= 4)
        .take(100)
        .collect();
    let library = Library::shipped();
    let sizes = [128, 256, 512, 1024, 1536, 2048, 3008].map(|mb| MemoryMb::new(mb).expect("a size"));
    let pool = ThreadPoolBuilder::new().num_threads(1).build().expect("threads");
    let mut group = c.benchmark_group("recorded");
    group.sample_size(10).throughput(Throughput::Elements(runs.len() as u64));
    group.bench_function("fit", |b| {
        b.iter(|| pool.install(|| runs.iter().map(|run| fit(library, run).rms).sum::<f64>()));
    });
    let predict = |run: &Run| {
        let posterior = Posterior::new(library, &Observation::of(run), &Known::default());
        sizes.iter().map(|&m| posterior.predict(m).ms).sum::<f64>()
    };
    group.bench_function("predict", |b| b.iter(|| pool.install(|| runs.iter().map(predict).sum::<f64>())));
}

criterion_group! {
    name = benches;
    // plotters is built without system fonts here
    config = Criterion::default().without_plots();
    targets = classify, recorded
}
criterion_main!(benches);
