//! Examples as rows of a table: one row for each memory size, with the label and every parameter of the workload.

use super::Example;
use crate::curve::{Point, Start};
use crate::export::accepted;
use crate::simulate::expected_ms;
use crate::units::Usd;

/// What a column holds.
///
/// ```
/// use powercurve::dataset::{COLUMNS, Kind};
/// let kind = |name| COLUMNS.iter().find(|(column, _)| *column == name).map(|(_, kind)| *kind);
/// assert_eq!((kind("pattern"), kind("memory_mb")), (Some(Kind::Text), Some(Kind::Integer)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// Whole numbers.
    Integer,
    /// Numbers; may be missing.
    Number,
}

/// A value of a row.
///
/// ```
/// use powercurve::{MemoryMb, dataset::{Recipe, Value, rows}};
/// let recipe = Recipe { seed: 1, sizes: vec![MemoryMb::MAX], invocations: 10, pattern: None };
/// let row = &rows(&recipe.example(3)?.unwrap())[0];
/// assert_eq!((&row[1], &row[6]), (&Value::Integer(3), &Value::Integer(10_240))); // index and memory_mb
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Words.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number, or nothing.
    Number(Option<f64>),
}

/// The columns, in order. Units are in the names; a function without calls or transfers has zeros there.
///
/// `accept` is the label as [`crate::ingest`] reads it, `start` whether cold starts are in the means. `expected_ms` is the duration without noise, queue excluded; `duration_ms` the trimmed mean that tuning measured.
///
/// ```
/// use powercurve::dataset::COLUMNS;
/// let header: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
/// assert!(header.join(",").starts_with("id,index,pattern,family,runtime,arch,memory_mb,duration_ms,cost_usd"));
/// ```
pub const COLUMNS: [(&str, Kind); 37] = [
    ("id", Kind::Text),
    ("index", Kind::Integer),
    ("pattern", Kind::Text),
    ("family", Kind::Text),
    ("runtime", Kind::Text),
    ("arch", Kind::Text),
    ("memory_mb", Kind::Integer),
    ("duration_ms", Kind::Number),
    ("cost_usd", Kind::Number),
    ("sd_ms", Kind::Number),
    ("count", Kind::Integer),
    ("cold_starts", Kind::Integer),
    ("expected_ms", Kind::Number),
    ("cpu_work_ms", Kind::Number),
    ("cpu_parallel_ms", Kind::Number),
    ("cpu_threads", Kind::Integer),
    ("cpu_longest_thread", Kind::Number),
    ("cpu_helper_fraction", Kind::Number),
    ("cpu_throttle_overhead", Kind::Number),
    ("cpu_knee_mb", Kind::Number),
    ("call_count", Kind::Integer),
    ("call_latency_ms", Kind::Number),
    ("call_latency_cv", Kind::Number),
    ("call_cpu_ms", Kind::Number),
    ("transfer_megabytes", Kind::Number),
    ("transfer_connections", Kind::Integer),
    ("transfer_cpu_ms_per_mb", Kind::Number),
    ("transfer_per_connection_mb_s", Kind::Number),
    ("memory_footprint_mb", Kind::Number),
    ("memory_pressure", Kind::Number),
    ("downstream_capacity", Kind::Integer),
    ("cold_start_share", Kind::Number),
    ("noise_cpu_cv", Kind::Number),
    ("noise_drift_cv", Kind::Number),
    ("accept", Kind::Text),
    ("start", Kind::Text),
    ("cold_start_init_ms", Kind::Number),
];

/// The rows of an example, ascending by memory size. Workloads of the prior have at most one group of calls and one transfer.
///
/// ```
/// use powercurve::{MemoryMb, dataset::{Recipe, rows}};
/// let sizes = vec![MemoryMb::new(5120)?, MemoryMb::MAX];
/// let recipe = Recipe { seed: 1, sizes, invocations: 10, pattern: None };
/// assert_eq!(rows(&recipe.example(0)?.unwrap()).len(), 2); // one for each size
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn rows(example: &Example) -> Vec<[Value; COLUMNS.len()]> {
    example.result.run.curve.points().iter().map(|point| row(example, point)).collect()
}

fn row(example: &Example, point: &Point) -> [Value; COLUMNS.len()] {
    let (w, run) = (&example.workload, &example.result.run);
    let text = |text: &str| Value::Text(text.to_owned());
    let number = |x: f64| Value::Number(Some(x));
    let count = |n: u64| Value::Integer(n as i64);
    let (call, transfer) = (w.calls.first(), w.transfers.first());
    [
        text(&run.id),
        count(example.index),
        text(w.pattern.map_or("", |p| p.name())),
        text(w.pattern.map_or("", |p| p.family().name())),
        text(w.runtime.name()),
        text(w.arch.name()),
        count(point.memory.mb().into()),
        number(point.duration.ms()),
        Value::Number(point.cost.map(Usd::usd)),
        Value::Number(point.sample.sd_ms),
        count(point.sample.count.unwrap_or(0)),
        count(point.sample.cold_starts.unwrap_or(0)),
        number(expected_ms(w, point.memory)),
        number(w.cpu.work_ms),
        number(w.cpu.parallel_ms),
        count(w.cpu.threads.into()),
        Value::Number(w.cpu.longest_thread),
        number(w.helper_fraction()),
        number(w.cpu.throttle_overhead),
        Value::Number(w.cpu.knee_mb),
        count(call.map_or(0, |c| c.count.into())),
        number(call.map_or(0.0, |c| c.latency_ms)),
        number(call.map_or(0.0, |c| c.latency_cv)),
        number(call.map_or(0.0, |c| c.cpu_ms)),
        number(transfer.map_or(0.0, |t| t.megabytes)),
        count(transfer.map_or(0, |t| t.connections.into())),
        number(transfer.map_or(0.0, |t| t.cpu_ms_per_mb.unwrap_or(w.runtime.cpu_ms_per_mb()))),
        number(transfer.map_or(0.0, |t| t.per_connection_mb_s)),
        number(w.footprint_mb()),
        number(w.memory.pressure),
        count(w.downstream.as_ref().map_or(0, |d| d.capacity.into())),
        number(w.cold_start.share),
        number(w.noise.cpu_cv),
        number(w.noise.drift_cv),
        Value::Text(accepted(run)),
        text(run.start.map_or("", Start::name)),
        number(w.init_ms()),
    ]
}
