//! CSV with one row a size, as [`crate::ingest`] reads it.

use crate::curve::{Arch, Point, Run, Start};
use crate::error::{Error, Result};
use crate::units::Usd;

/// The columns; what is not known stays empty, and several accepted patterns have spaces between them.
const HEADER: [&str; 18] = [
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
    "billed_ms",
    "runtime",
    "arch",
    "start",
    "accept",
];

/// Runs as one CSV table with a header.
///
/// ```
/// use powercurve::{PowerCurve, Run, export};
/// let run = Run::new("resize, large", PowerCurve::from_ms(&[(128, 8.5), (256, 4.25)])?);
/// let table = export::csv([&run])?;
/// assert_eq!(table.lines().nth(1), Some("\"resize, large\",128,8.5,,,,,,,,,,,,,,,"));
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When the table cannot be written.
pub fn csv<'r>(runs: impl IntoIterator<Item = &'r Run>) -> Result<String> {
    let row = |run: &Run, p: &Point| {
        [
            run.id.clone(),
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
            or_empty(p.sample.billed_ms),
            run.runtime.clone().unwrap_or_default(),
            or_empty(run.arch.map(Arch::name)),
            or_empty(run.start.map(Start::name)),
            accepted(run),
        ]
    };
    let rows = runs.into_iter().flat_map(|run| run.curve.points().iter().map(move |p| row(run, p)));
    csv_text(std::iter::once(HEADER.map(str::to_owned)).chain(rows))
}

/// The accepted patterns of a run as one cell, as [`crate::ingest`] reads it.
pub(crate) fn accepted(run: &Run) -> String {
    run.accept.iter().map(|p| p.name()).collect::<Vec<_>>().join(" ")
}

/// Rows of cells as CSV. A NUL in a name, which would make the text a binary file for its readers, becomes U+FFFD.
///
/// # Errors
/// When the rows differ in length.
pub(crate) fn csv_text<R: IntoIterator<Item = String>>(rows: impl IntoIterator<Item = R>) -> Result<String> {
    let failed = |e: &dyn std::fmt::Display| Error::new(format!("cannot write CSV: {e}"));
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    for row in rows {
        let cells = row.into_iter().map(|cell| if cell.contains('\0') { cell.replace('\0', "\u{fffd}") } else { cell });
        writer.write_record(cells).map_err(|e| failed(&e))?;
    }
    let bytes = writer.into_inner().map_err(|e| failed(&e))?;
    String::from_utf8(bytes).map_err(|e| failed(&e))
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
