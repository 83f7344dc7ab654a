//! A simulated run with the workload behind it: a run record that says what it shows.

use serde_json::{Value, json};

use super::record::fields;
use crate::simulate::{Outcome, TuningResult};
use crate::units::MemoryMb;
use crate::workload::Workload;

/// A simulated run as a record that every command reads, with its label (`pattern`, and `accept` as recorded runs have it),
/// the whole `workload`, the seed it was drawn with, and the sizes that failed.
///
/// ```
/// use powercurve::{MemoryMb, export, ingest, simulate::Tuning, workload::preset};
/// let workload = preset("prime-numbers")?;
/// let result = Tuning { seed: 7, ..Tuning::default() }.run(&workload, &[MemoryMb::new(512)?, MemoryMb::new(1024)?])?;
/// let record = export::labelled(&workload, &result, Some(7));
/// assert_eq!(record["pattern"], "cpu-bound");
/// assert_eq!(ingest::parse_record(record.to_string().as_bytes())?.curve.len(), 2);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn labelled(workload: &Workload, result: &TuningResult, seed: Option<u64>) -> Value {
    let mut record = fields(&result.run);
    let failed =
        |(memory, outcome): &(MemoryMb, Outcome)| json!({ "memory_mb": memory.mb(), "reason": outcome.to_string() });
    for (key, value) in [
        ("pattern", json!(workload.pattern)),
        ("seed", json!(seed)),
        ("failed", result.failed.iter().map(failed).collect()),
        ("workload", json!(workload)),
    ] {
        record.insert(key.to_owned(), value);
    }
    Value::Object(record)
}
