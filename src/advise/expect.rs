//! What a workload is expected to do, as a curve.

use crate::curve::{Point, PowerCurve};
use crate::error::{Error, Result};
use crate::simulate::{Outcome, expected, expected_ms, queue_ms};
use crate::units::{MemoryMb, Millis};
use crate::workload::Workload;

/// Expected duration of one invocation at one memory size.
///
/// # Errors
/// When the function needs more memory than that, or runs into Lambda's timeout.
pub fn expected_duration(workload: &Workload, memory: MemoryMb) -> Result<Millis> {
    let queue_ms = workload.downstream.as_ref().map_or(0.0, |d| queue_ms(d, expected_ms(workload, memory)));
    match expected(workload, memory, queue_ms) {
        Outcome::Finished(breakdown) => Millis::new(breakdown.total_ms()),
        Outcome::OutOfMemory(mb) => Err(Error::new(format!("out of memory: needs {mb:.0} MB"))),
        Outcome::TimedOut(ms) => Err(Error::new(format!("times out: needs {:.0} s", ms / 1e3))),
    }
}

/// The expected curve over `sizes`, and the sizes at which the function fails, with the reason.
///
/// # Errors
/// When it fails at every size.
pub fn expected_curve(workload: &Workload, sizes: &[MemoryMb]) -> Result<(PowerCurve, Vec<(MemoryMb, Error)>)> {
    let (mut points, mut failed) = (Vec::new(), Vec::new());
    for &memory in sizes {
        match expected_duration(workload, memory) {
            Ok(duration) => points.push(Point::new(memory, duration)),
            Err(error) => failed.push((memory, error)),
        }
    }
    match (points.is_empty(), failed.last()) {
        (true, Some((memory, error))) => Err(error.clone().at(memory.to_string()).help("choose larger memory sizes")),
        _ => Ok((PowerCurve::new(points)?, failed)),
    }
}
