//! How fast recorded runs are read: run records and REPORT logs, the latter beside `grep`.

use std::fmt::Write;
use std::fs::File;
use std::path::Path;
use std::process::Command;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::Compression;
use flate2::write::GzEncoder;
use powercurve::ingest;

/// A record of six sizes with everything that is usually known.
fn record(i: usize) -> String {
    let ms = 900.0 + i as f64 / 7.0;
    format!(
        "{{\"id\": \"function-{i}\", \"runtime\": \"nodejs20.x\", \"arch\": \"arm64\", \"num\": 20, \
         \"memory_mb\": [128, 256, 512, 1024, 1536, 3008], \
         \"duration_ms\": [{}, {}, {}, {}, {}, {}], \
         \"cost_usd\": [1.9e-6, 1.91e-6, 1.92e-6, 2.1e-6, 3.0e-6, 5.9e-6]}}\n",
        ms,
        ms / 2.0,
        ms / 4.0,
        ms / 8.0,
        ms / 9.0,
        ms / 9.1
    )
}

/// What one invocation leaves in a log.
fn invocation(i: usize) -> String {
    let id = format!("3f6a2c1e-9b4d-4c8a-8f17-{i:012x}");
    let mb = [128, 256, 512, 1024][i % 4];
    let ms = 10.0 + (i % 9973) as f64 / 100.0;
    format!(
        "2024-05-01T10:00:00.000Z REPORT RequestId: {id}\tDuration: {ms:.2} ms\tBilled Duration: {:.0} ms\t\
         Memory Size: {mb} MB\tMax Memory Used: 64 MB\t\n",
        ms.ceil()
    )
}

/// The same as a JSON event.
fn event(i: usize) -> String {
    let mb = [128, 256, 512, 1024][i % 4];
    let ms = 10.0 + (i % 9973) as f64 / 100.0;
    format!(
        "{{\"time\":\"2024-05-01T10:00:00.000Z\",\"type\":\"platform.report\",\"record\":{{\
         \"requestId\":\"3f6a2c1e-9b4d-4c8a-8f17-{i:012x}\",\"metrics\":{{\"durationMs\":{ms:.3},\
         \"billedDurationMs\":{:.0},\"memorySizeMB\":{mb},\"maxMemoryUsedMB\":64}},\"status\":\"success\"}}}}\n",
        ms.ceil()
    )
}

fn file(folder: &Path, name: &str, lines: usize, line: fn(usize) -> String) -> (String, u64) {
    let mut text = String::new();
    (0..lines).for_each(|i| text.write_str(&line(i)).expect("a String takes any text"));
    let path = folder.join(name);
    std::fs::write(&path, &text).expect("a temporary file");
    (path.to_string_lossy().into_owned(), text.len() as u64)
}

fn read(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut group = c.benchmark_group("read");
    group.sample_size(20);
    for (name, lines, line) in [
        ("records", 20_000, record as fn(usize) -> String),
        ("report lines", 100_000, invocation),
        ("log with other lines", 50_000, |i| {
            format!("{}{}", "2024-05-01T10:00:00.000Z INFO nothing of note happened\n".repeat(4), invocation(i))
        }),
    ] {
        let (path, bytes) = file(folder.path(), name, lines, line);
        let args = [path];
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function(name, |b| b.iter(|| ingest::read(&args).filter(Result::is_ok).count()));
    }
}

/// Statistics with percentiles, for all the bytes of a log; what `grep` takes to count its REPORT lines is
/// the time to find them and do nothing more.
fn statistics(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (text, text_bytes) = file(folder.path(), "text.log", 100_000, invocation);
    let (json, json_bytes) = file(folder.path(), "json.log", 100_000, event);
    let packed = format!("{text}.gz");
    let mut gz = GzEncoder::new(File::create(&packed).expect("a temporary file"), Compression::default());
    std::io::copy(&mut File::open(&text).expect("written above"), &mut gz).expect("room for a temporary file");
    gz.finish().expect("room for a temporary file");

    let mut group = c.benchmark_group("statistics");
    group.sample_size(20);
    for (name, path, bytes) in
        [("text", &text, text_bytes), ("json", &json, json_bytes), ("text in gzip", &packed, text_bytes)]
    {
        let args = [path.clone()];
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function(name, |b| b.iter(|| ingest::statistics(&args)));
    }
    // its answer is taken: grep stops at the first match when it goes nowhere
    let grep = || Command::new("grep").args(["-c", "REPORT", &text]).output();
    if grep().is_ok_and(|output| output.status.success()) {
        group.throughput(Throughput::Bytes(text_bytes));
        group.bench_function("grep -c REPORT text", |b| b.iter(grep));
    }
}

criterion_group! {
    name = benches;
    // plotters is built without system fonts here
    config = Criterion::default().without_plots();
    targets = read, statistics
}
criterion_main!(benches);
