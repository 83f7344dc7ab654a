//! Run records, the JSONL form that [`crate::ingest::parse_record`] reads.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::curve::{Arch, Failure, Point, Run, RunWarning, Start};
use crate::units::{MemoryMb, Usd};

/// A run as one JSON object on one line, without a line end. Every key of a record that was read
/// is written again.
///
/// ```
/// use powercurve::{export, ingest};
/// let record = r#"{"id":"a","memory_mb":[128],"duration_ms":[8.5],"num":null,"team":"media"}"#;
/// let run = ingest::parse_record(record.as_bytes())?;
/// assert_eq!(export::record(&run), record);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn record(run: &Run) -> String {
    Value::Object(fields(run)).to_string()
}

/// The keys of a run's record.
pub(super) fn fields(run: &Run) -> Map<String, Value> {
    let mut record = Map::new();
    let mut put = |key: &str, value: Value| {
        if !value.is_null() {
            record.insert(key.to_owned(), value);
        }
    };
    let sizes = sizes(run);
    put("id", run.id.as_str().into());
    put("memory_mb", sizes.keys().map(|memory| memory.mb()).collect());
    put("duration_ms", column(&sizes, |p| Some(p.duration.ms().into())));
    put("cost_usd", column(&sizes, |p| p.cost.map(Usd::usd).map(Value::from)));
    put("count", column(&sizes, |p| p.sample.count.map(Value::from)));
    put("sd_ms", column(&sizes, |p| p.sample.sd_ms.map(Value::from)));
    put("p50_ms", column(&sizes, |p| p.sample.p50_ms.map(Value::from)));
    put("p90_ms", column(&sizes, |p| p.sample.p90_ms.map(Value::from)));
    put("p95_ms", column(&sizes, |p| p.sample.p95_ms.map(Value::from)));
    put("p99_ms", column(&sizes, |p| p.sample.p99_ms.map(Value::from)));
    put("max_memory_used_mb", column(&sizes, |p| p.sample.max_memory_used_mb.map(Value::from)));
    put("init_ms", column(&sizes, |p| p.sample.init_ms.map(Value::from)));
    put("cold_starts", column(&sizes, |p| p.sample.cold_starts.map(Value::from)));
    put("billed_ms", column(&sizes, |p| p.sample.billed_ms.map(Value::from)));
    for failure in Failure::ALL {
        let failed = sizes.values().map(|size| size.failed(failure));
        if failed.clone().any(|failed| failed > 0) {
            put(failure.column(), failed.collect());
        }
    }
    put("runtime", run.runtime.as_deref().into());
    put("arch", wording(run, "arch", run.arch, |text| text.parse().ok()).or(run.arch.map(Arch::name)).into());
    put("num", run.invocations.into());
    put("start", wording(run, "start", run.start, Start::parse).or(run.start.map(Start::name)).into());
    put("billing_ms", run.billing_ms.into());
    put("source", run.source.as_deref().into());
    if !run.accept.is_empty() {
        put("accept", run.accept.iter().map(|p| p.name()).collect());
    }
    for (key, value) in &run.extra {
        record.entry(key).or_insert_with(|| value.clone());
    }
    record
}

/// What a run tells of a size: the point of its curve, and failures.
#[derive(Default)]
pub(super) struct Size<'r> {
    pub(super) point: Option<&'r Point>,
    failed: BTreeMap<Failure, u64>,
}

impl Size<'_> {
    /// How many invocations failed in this way.
    pub(super) fn failed(&self, failure: Failure) -> u64 {
        self.failed.get(&failure).copied().unwrap_or(0)
    }
}

/// The sizes of a run: those of its curve, and those at which every invocation failed.
pub(super) fn sizes(run: &Run) -> BTreeMap<MemoryMb, Size<'_>> {
    let mut sizes: BTreeMap<MemoryMb, Size> = BTreeMap::new();
    for point in run.curve.points() {
        sizes.entry(point.memory).or_default().point = Some(point);
    }
    for warning in &run.warnings {
        if let RunWarning::Failed { memory, failure, failed, .. } = *warning {
            sizes.entry(memory).or_default().failed.insert(failure, failed);
        }
    }
    sizes
}

/// One value a size, null where it is unknown; null as a whole when it is unknown everywhere.
fn column(sizes: &BTreeMap<MemoryMb, Size>, value: impl Fn(&Point) -> Option<Value>) -> Value {
    let values: Vec<Option<Value>> = sizes.values().map(|size| size.point.and_then(&value)).collect();
    if values.iter().all(Option::is_none) { Value::Null } else { values.into() }
}

/// The record's own wording of a value (`mostly cold` for `mixed`), while it still means the value.
fn wording<'r, T: PartialEq>(
    run: &'r Run,
    key: &str,
    value: Option<T>,
    parse: fn(&str) -> Option<T>,
) -> Option<&'r str> {
    let text = run.extra.get(key)?.as_str()?;
    (value.is_some() && parse(text) == value).then_some(text)
}
