//! A simulated run with the workload behind it: a run record that says what it shows.

use serde_json::{Value, json};

use crate::curve::Point;
use crate::simulate::{Outcome, TuningResult};
use crate::units::{Currency, MemoryMb, Usd};
use crate::workload::Workload;

/// A simulated run as a record that every command reads, with its label (`pattern`, and `accept` as recorded runs have it), the whole `workload`, the seed it was
/// drawn with, and the sizes that failed.
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
    let run = &result.run;
    let column = |value: fn(&Point) -> Value| run.curve.points().iter().map(value).collect::<Vec<_>>();
    let failed =
        |(memory, outcome): &(MemoryMb, Outcome)| json!({ "memory_mb": memory.mb(), "reason": outcome.to_string() });
    let mut record = json!({
        "id": run.id,
        "memory_mb": column(|p| p.memory.mb().into()),
        "duration_ms": column(|p| p.duration.ms().into()),
        "cost_usd": column(|p| p.cost.map(Usd::usd).into()),
        "sd_ms": column(|p| p.sample.sd_ms.into()),
        "cold_starts": column(|p| p.sample.cold_starts.into()),
        "runtime": run.runtime,
        "arch": run.arch,
        "num": run.invocations,
        "start": run.start,
        "billing_ms": run.billing_ms,
        "pattern": workload.pattern,
        "accept": run.accept,
        "seed": seed,
        "failed": result.failed.iter().map(failed).collect::<Vec<_>>(),
        "workload": workload,
    });
    if run.currency() != Currency::Usd {
        record["currency"] = run.currency().code().into();
    }
    record
}
