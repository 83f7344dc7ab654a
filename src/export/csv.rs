//! CSV with one row a size, as [`crate::ingest`] reads it.

use crate::curve::{Arch, Run};
use crate::error::{Error, Result};
use crate::units::Usd;

/// The columns; what is not known stays empty.
const HEADER: [&str; 15] = [
    "function",
    "memory_mb",
    "duration_ms",
    "cost_usd",
    "count",
    "sd_ms",
    "p50_ms",
    "p90_ms",
    "p95_ms",
    "p99_ms",
    "max_memory_used_mb",
    "init_ms",
    "cold_starts",
    "runtime",
    "arch",
];

/// Runs as one CSV table with a header.
///
/// ```
/// use powercurve::{PowerCurve, Run, export};
/// let run = Run::new("resize, large", PowerCurve::from_ms(&[(128, 8.5), (256, 4.25)])?);
/// let table = export::csv([&run])?;
/// assert_eq!(table.lines().nth(1), Some("\"resize, large\",128,8.5,,,,,,,,,,,,"));
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When the table cannot be written.
pub fn csv<'r>(runs: impl IntoIterator<Item = &'r Run>) -> Result<String> {
    let failed = |e: &dyn std::fmt::Display| Error::new(format!("cannot write CSV: {e}"));
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER).map_err(|e| failed(&e))?;
    for run in runs {
        for p in run.curve.points() {
            let row = [
                text(&run.id),
                p.memory.mb().to_string(),
                p.duration.ms().to_string(),
                or_empty(p.cost.map(Usd::usd)),
                or_empty(p.sample.count),
                or_empty(p.sample.sd_ms),
                or_empty(p.sample.p50_ms),
                or_empty(p.sample.p90_ms),
                or_empty(p.sample.p95_ms),
                or_empty(p.sample.p99_ms),
                or_empty(p.sample.max_memory_used_mb),
                or_empty(p.sample.init_ms),
                or_empty(p.sample.cold_starts),
                run.runtime.as_deref().map(text).unwrap_or_default(),
                or_empty(run.arch.map(Arch::name)),
            ];
            writer.write_record(row).map_err(|e| failed(&e))?;
        }
    }
    let bytes = writer.into_inner().map_err(|e| failed(&e))?;
    String::from_utf8(bytes).map_err(|e| failed(&e))
}

/// A NUL would make the table a binary file for its readers.
fn text(value: &str) -> String {
    value.replace('\0', "\u{fffd}")
}

fn or_empty(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |v| v.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::PowerCurve;
    use crate::ingest::{Input, read_inputs};

    #[test]
    fn a_nul_in_a_name_leaves_a_table_that_is_read() -> Result<()> {
        let run = Run::new("a\0b", PowerCurve::from_ms(&[(128, 8.5)])?);
        let table = csv([&run])?;
        let read = read_inputs(vec![Ok(Input::of_bytes("table", table.into_bytes()))]).collect::<Result<Vec<_>>>()?;
        assert_eq!((read[0].id.as_str(), &read[0].curve), ("a\u{fffd}b", &run.curve));
        Ok(())
    }
}
