//! Run records: one JSON object a run, usually one a line (JSONL).
//!
//! Known keys are `id`, `memory_mb`, `duration_ms`, and optionally `cost_usd`, `runtime`, `arch`,
//! `num`, `start`, `billing_ms`, `source`, `accept`; per size also `count`, `sd_ms`, `p50_ms`,
//! `p90_ms`, `p95_ms`, `p99_ms`, `max_memory_used_mb`, `init_ms`, `cold_starts`, `billed_ms`, and the invocations that failed:
//! `timeouts`, `out_of_memory`, `errors`. Every other key is kept in [`Run::extra`], and so is a known key that is null or
//! whose wording says more than its value.

use std::fmt;
use std::str::FromStr;

use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};

use super::failures::{Failures, no_success};
use super::{cost, json};
use crate::curve::{Arch, Failure, Point, PowerCurve, Run, RunWarning, Sample, Start};
use crate::error::{Error, Result};
use crate::pattern::Pattern;
use crate::units::{MemoryMb, Millis, Usd};

/// Parses one run record. The id is empty where the record has none. An architecture that is
/// not recorded is inferred from the costs ([`super::infer_arch`]).
///
/// ```
/// let record = br#"{"id": "resize", "memory_mb": [128, 512], "duration_ms": [2000, 510.5], "team": "media"}"#;
/// let run = powercurve::ingest::parse_record(record)?;
/// assert_eq!(run.curve.len(), 2);
/// assert_eq!(run.extra["team"], "media");
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When it is not a JSON object, `memory_mb` or `duration_ms` is missing, the lists differ in
/// length, or a value is not usable.
pub fn parse_record(record: &[u8]) -> Result<Run> {
    let mut json = serde_json::Deserializer::from_slice(record);
    let fields = json.deserialize_map(FieldsVisitor).and_then(|fields| json.end().map(|()| fields));
    let fields = fields.map_err(|e| json::error(&e))?;
    let id = fields.id.clone();
    fields.into_run().map_err(|e| if id.is_empty() { e } else { e.at(format!("record '{id}'")) })
}

/// What to do about a value that cannot be given.
const UNKNOWN: &str = "leave it out where it is not known";

/// One value a size; null where it is not known.
type Column = Option<Vec<Option<f64>>>;

/// A record as it stands, before it is checked.
#[derive(Default)]
struct Fields {
    id: String,
    memory_mb: Column,
    duration_ms: Column,
    cost_usd: Column,
    count: Column,
    sd_ms: Column,
    p50_ms: Column,
    p90_ms: Column,
    p95_ms: Column,
    p99_ms: Column,
    max_memory_used_mb: Column,
    init_ms: Column,
    cold_starts: Column,
    billed_ms: Column,
    /// In the order of [`Failure::ALL`].
    failed: [Column; Failure::ALL.len()],
    runtime: Option<String>,
    arch: Option<String>,
    num: Option<Number>,
    start: Option<String>,
    billing_ms: Option<Number>,
    source: Option<String>,
    accept: Option<Vec<String>>,
    extra: Map<String, Value>,
}

impl Fields {
    /// The list that a key names.
    fn column(&mut self, key: &str) -> Option<&mut Column> {
        Some(match key {
            "memory_mb" => &mut self.memory_mb,
            "duration_ms" => &mut self.duration_ms,
            "cost_usd" => &mut self.cost_usd,
            "count" => &mut self.count,
            "sd_ms" => &mut self.sd_ms,
            "p50_ms" => &mut self.p50_ms,
            "p90_ms" => &mut self.p90_ms,
            "p95_ms" => &mut self.p95_ms,
            "p99_ms" => &mut self.p99_ms,
            "max_memory_used_mb" => &mut self.max_memory_used_mb,
            "init_ms" => &mut self.init_ms,
            "cold_starts" => &mut self.cold_starts,
            "billed_ms" => &mut self.billed_ms,
            _ => return None,
        })
    }

    fn into_run(mut self) -> Result<Run> {
        let memory = required(self.memory_mb.take(), "memory_mb")?;
        let duration = required(self.duration_ms.take(), "duration_ms")?;
        let sizes = memory.len();
        if sizes > PowerCurve::MAX_POINTS {
            return Err(Error::new(format!(
                "memory_mb has {sizes} values: expected at most {}",
                PowerCurve::MAX_POINTS
            ))
            .help("Lambda offers 128 to 10240 MB in steps of 1 MB; give each size once"));
        }
        let columns = [
            ("duration_ms", Some(&duration)),
            ("cost_usd", self.cost_usd.as_ref()),
            ("count", self.count.as_ref()),
            ("sd_ms", self.sd_ms.as_ref()),
            ("p50_ms", self.p50_ms.as_ref()),
            ("p90_ms", self.p90_ms.as_ref()),
            ("p95_ms", self.p95_ms.as_ref()),
            ("p99_ms", self.p99_ms.as_ref()),
            ("max_memory_used_mb", self.max_memory_used_mb.as_ref()),
            ("init_ms", self.init_ms.as_ref()),
            ("cold_starts", self.cold_starts.as_ref()),
            ("billed_ms", self.billed_ms.as_ref()),
        ];
        let failed = Failure::ALL.into_iter().zip(&self.failed).map(|(f, column)| (f.column(), column.as_ref()));
        for (name, column) in columns.into_iter().chain(failed) {
            if let Some(column) = column.filter(|c| c.len() != sizes) {
                return Err(Error::new(format!(
                    "{name} has {} values and memory_mb has {sizes}: expected as many",
                    column.len()
                ))
                .help("give one value for every memory size, null where it is not known"));
            }
        }
        let mut points = Vec::with_capacity(sizes);
        let mut warnings = Vec::new();
        let mut failures = Failures::default();
        for (i, (mb, ms)) in memory.into_iter().zip(duration).enumerate() {
            let Some(mb) = mb else {
                return Err(Error::new("memory_mb holds null: expected a size in MB")
                    .help("give the memory size of every duration"));
            };
            let memory = MemoryMb::from_f64(mb).map_err(|e| e.at("memory_mb"))?;
            let at_size = |e: Error| e.at(memory.to_string());
            let mut any_failed = false;
            for (failure, column) in Failure::ALL.into_iter().zip(&self.failed) {
                let Some(failed) = value(column, i) else { continue };
                let failed = whole(failed, failure.column()).map_err(at_size)?;
                failures.add(memory, failure, failed);
                any_failed |= failed > 0;
            }
            match ms {
                Some(ms) => points.push(self.point(i, memory, ms).map_err(at_size)?),
                None if any_failed => {}
                None => warnings.push(RunWarning::NoDuration { memory }),
            }
        }
        if points.is_empty() && failures.warnings(None, None).next().is_some() {
            return Err(no_success(failures.warnings(None, None)));
        }
        let mut run = Run::new(self.id, PowerCurve::new(points)?);
        run.invocations = self.num.map(|n| whole_number(&n, "num")).transpose()?;
        run.warnings = failures.warnings(Some(&run.curve), run.invocations).chain(warnings).collect();
        run.runtime = self.runtime;
        run.billing_ms = self.billing_ms.map(|n| billing_ms(&n)).transpose()?;
        run.source = self.source;
        run.extra = self.extra;
        if let Some(text) = self.start {
            run.start = Start::parse(&text);
            keep_wording(&mut run.extra, "start", text, run.start.map_or("", Start::name));
        }
        if let Some(text) = self.arch {
            run.arch = Some(Arch::from_str(&text).map_err(|e| e.help(UNKNOWN).at("arch"))?);
            keep_wording(&mut run.extra, "arch", text, run.arch.map_or("", Arch::name));
        }
        if let Some(names) = self.accept {
            let accept = names.iter().map(|name| Pattern::from_str(name)).collect::<Result<_>>();
            run.accept = accept.map_err(|e| e.help(UNKNOWN).at("accept"))?;
            if run.accept.is_empty() {
                run.extra.insert("accept".to_owned(), Value::Array(Vec::new()));
            }
        }
        cost::annotate(&mut run);
        if run.arch.is_some() && run.extra.get("arch") == Some(&Value::Null) {
            run.extra.shift_remove("arch");
        }
        Ok(run)
    }

    fn point(&self, i: usize, memory: MemoryMb, ms: f64) -> Result<Point> {
        let whole = |column: &Column, name: &str| value(column, i).map(|x| whole(x, name)).transpose();
        let positive = |column: &Column, name: &str| value(column, i).map(|x| not_negative(x, name)).transpose();
        Ok(Point {
            memory,
            duration: Millis::new(ms)?,
            cost: value(&self.cost_usd, i).map(Usd::new).transpose()?,
            sample: Sample {
                count: whole(&self.count, "count")?,
                sd_ms: positive(&self.sd_ms, "sd_ms")?,
                p50_ms: positive(&self.p50_ms, "p50_ms")?,
                p90_ms: positive(&self.p90_ms, "p90_ms")?,
                p95_ms: positive(&self.p95_ms, "p95_ms")?,
                p99_ms: positive(&self.p99_ms, "p99_ms")?,
                max_memory_used_mb: positive(&self.max_memory_used_mb, "max_memory_used_mb")?,
                init_ms: positive(&self.init_ms, "init_ms")?,
                cold_starts: whole(&self.cold_starts, "cold_starts")?,
                billed_ms: positive(&self.billed_ms, "billed_ms")?,
            },
        })
    }
}

/// The value of a column at a size.
fn value(column: &Column, i: usize) -> Option<f64> {
    column.as_ref().and_then(|c| c.get(i).copied().flatten())
}

/// Keeps the wording of the record (`mostly cold`) where it says more than the value (`mixed`).
fn keep_wording(extra: &mut Map<String, Value>, key: &str, text: String, name: &str) {
    if text != name {
        extra.insert(key.to_owned(), Value::String(text));
    }
}

fn required(column: Column, name: &str) -> Result<Vec<Option<f64>>> {
    column.ok_or_else(|| {
        Error::new(format!("run record has no {name}: expected a list of numbers"))
            .help("a run record needs at least \"memory_mb\": [128, ...] and \"duration_ms\": [912.5, ...]")
    })
}

pub(super) fn not_negative(x: f64, name: &str) -> Result<f64> {
    if x.is_finite() && x >= 0.0 {
        Ok(x)
    } else {
        Err(Error::new(format!("{name} {x} is not usable: expected a number of 0 or more")).help(UNKNOWN))
    }
}

pub(super) fn whole(x: f64, name: &str) -> Result<u64> {
    if (0.0..=Sample::MAX_COUNT as f64).contains(&x) && x.fract() == 0.0 {
        Ok(x as u64)
    } else {
        Err(Error::new(format!("{name} {x} is not usable: expected a whole number of 0 or more")).help(UNKNOWN))
    }
}

/// A whole number that may be written with a fraction of 0, as pandas does.
fn whole_number(n: &Number, name: &str) -> Result<u64> {
    n.as_u64().map_or_else(|| whole(n.as_f64().unwrap_or(f64::NAN), name), Ok)
}

fn billing_ms(n: &Number) -> Result<u32> {
    u32::try_from(whole_number(n, "billing_ms")?).map_err(|_| {
        Error::new(format!("billing_ms {n} is not usable: expected 1, or 100 as before December 2020")).help(UNKNOWN)
    })
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a run record, which is a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Fields, A::Error> {
        let mut fields = Fields::default();
        let mut extra = Map::new();
        while let Some(json::Key(key)) = map.next_key()? {
            let key = &*key;
            if let Some(column) = fields.column(key) {
                *column = known(&mut map, key, &mut extra)?;
                continue;
            }
            if let Some(at) = Failure::ALL.iter().position(|failure| failure.column() == key) {
                // a record may have something else by this name
                let value: Value = map.next_value()?;
                match serde_json::from_value(value.clone()) {
                    Ok(counts) => fields.failed[at] = Some(counts),
                    Err(_) => drop(extra.insert(key.to_owned(), value)),
                }
                continue;
            }
            match key {
                "id" => fields.id = known::<Id, _>(&mut map, key, &mut extra)?.map(Id::into_string).unwrap_or_default(),
                "runtime" => fields.runtime = known(&mut map, key, &mut extra)?,
                "arch" => fields.arch = known(&mut map, key, &mut extra)?,
                "num" => fields.num = known(&mut map, key, &mut extra)?,
                "start" => fields.start = known(&mut map, key, &mut extra)?,
                "billing_ms" => fields.billing_ms = known(&mut map, key, &mut extra)?,
                "source" => fields.source = known(&mut map, key, &mut extra)?,
                "accept" => fields.accept = known(&mut map, key, &mut extra)?,
                _ => drop(extra.insert(key.to_owned(), map.next_value()?)),
            }
        }
        fields.extra = extra;
        Ok(fields)
    }
}

/// The value of a known key; a null is noted in `extra`, so that writing the record keeps the key.
fn known<'de, T: DeserializeOwned, A: MapAccess<'de>>(
    map: &mut A,
    key: &str,
    extra: &mut Map<String, Value>,
) -> std::result::Result<Option<T>, A::Error> {
    let value = map.next_value::<Option<T>>().map_err(|e| A::Error::custom(format!("{key}: {e}")))?;
    if value.is_none() {
        extra.insert(key.to_owned(), Value::Null);
    }
    Ok(value)
}

/// Names are strings; numbers do as well.
#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(Number),
}

impl Id {
    fn into_string(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_list_of_counts_is_kept_as_it_is() {
        let run = |errors: &str| {
            let text = format!("{{\"memory_mb\": [128, 256], \"duration_ms\": [9, 8], \"errors\": {errors}}}");
            parse_record(text.as_bytes()).unwrap()
        };
        for errors in ["0", "[\"none\"]", "{\"of\": 3}"] {
            let run = run(errors);
            assert!(run.warnings.is_empty() && run.extra["errors"] == serde_json::from_str::<Value>(errors).unwrap());
        }
        assert_eq!(run("[null, 2]").warnings.len(), 1);
    }
}
