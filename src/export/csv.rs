//! CSV with one row a size, as [`crate::ingest`] reads it.

use super::record::{Size, sizes};
use crate::curve::{Arch, Failure, Run, Start};
use crate::error::{Error, Result};
use crate::units::{MemoryMb, Usd};

/// The columns; what is not known stays empty, and several accepted patterns have spaces between them.
const HEADER: [&str; 21] = [
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
    Failure::Timeout.column(),
    Failure::OutOfMemory.column(),
    Failure::Error.column(),
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
/// assert_eq!(table.lines().nth(1), Some("\"resize, large\",128,8.5,,,,,,,,,,,,,,,,,,"));
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When the table cannot be written.
pub fn csv<'r>(runs: impl IntoIterator<Item = &'r Run>) -> Result<String> {
    let row = |run: &Run, memory: MemoryMb, size: &Size| {
        let sample = size.point.map(|p| p.sample).unwrap_or_default();
        let failed = |failure| or_empty(Some(size.failed(failure)).filter(|&failed| failed > 0));
        [
            run.id.clone(),
            memory.mb().to_string(),
            or_empty(size.point.map(|p| p.duration.ms())),
            or_empty(size.point.and_then(|p| p.cost).map(Usd::usd)),
            or_empty(sample.count),
            or_empty(sample.sd_ms),
            or_empty(sample.p50_ms),
            or_empty(sample.p90_ms),
            or_empty(sample.p95_ms),
            or_empty(sample.p99_ms),
            or_empty(sample.max_memory_used_mb),
            or_empty(sample.init_ms),
            or_empty(sample.cold_starts),
            or_empty(sample.billed_ms),
            failed(Failure::Timeout),
            failed(Failure::OutOfMemory),
            failed(Failure::Error),
            run.runtime.clone().unwrap_or_default(),
            or_empty(run.arch.map(Arch::name)),
            or_empty(run.start.map(Start::name)),
            accepted(run),
        ]
    };
    let rows =
        runs.into_iter().flat_map(|run| sizes(run).into_iter().map(move |(memory, size)| row(run, memory, &size)));
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
