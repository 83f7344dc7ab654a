//! Run records, the JSONL form that [`crate::ingest::parse_record`] reads.

use serde_json::{Map, Value};

use crate::curve::{Arch, Point, Run, Start};
use crate::units::Usd;

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
    put("id", run.id.as_str().into());
    put("memory_mb", column(run, |p| Some(p.memory.mb().into())));
    put("duration_ms", column(run, |p| Some(p.duration.ms().into())));
    put("cost_usd", column(run, |p| p.cost.map(Usd::usd).map(Value::from)));
    put("count", column(run, |p| p.sample.count.map(Value::from)));
    put("sd_ms", column(run, |p| p.sample.sd_ms.map(Value::from)));
    put("p50_ms", column(run, |p| p.sample.p50_ms.map(Value::from)));
    put("p90_ms", column(run, |p| p.sample.p90_ms.map(Value::from)));
    put("p95_ms", column(run, |p| p.sample.p95_ms.map(Value::from)));
    put("p99_ms", column(run, |p| p.sample.p99_ms.map(Value::from)));
    put("max_memory_used_mb", column(run, |p| p.sample.max_memory_used_mb.map(Value::from)));
    put("init_ms", column(run, |p| p.sample.init_ms.map(Value::from)));
    put("cold_starts", column(run, |p| p.sample.cold_starts.map(Value::from)));
    put("billed_ms", column(run, |p| p.sample.billed_ms.map(Value::from)));
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

/// One value a size, null where it is unknown; null as a whole when it is unknown everywhere.
fn column(run: &Run, value: impl Fn(&Point) -> Option<Value>) -> Value {
    let values: Vec<Option<Value>> = run.curve.points().iter().map(value).collect();
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
