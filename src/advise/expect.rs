//! What a workload is expected to do, as a curve.

use crate::curve::{Point, PowerCurve};
use crate::error::{Error, Result};
use crate::simulate::{Outcome, expected, expected_ms, queue_ms};
use crate::units::{MemoryMb, Millis};
use crate::workload::Workload;

/// Expected duration of one invocation at one memory size.
///
/// ```
/// use powercurve::{MemoryMb, Workload, advise::expected_duration};
/// let workload = Workload::from_toml("[cpu]\nwork_ms = 1000")?;
/// let ms = |mb| Ok::<_, powercurve::Error>(expected_duration(&workload, MemoryMb::new(mb)?)?.ms());
/// // one busy thread: half the vCPU, twice the time
/// assert!((ms(512)? / ms(1024)? - 2.0).abs() < 0.05);
/// # Ok::<(), powercurve::Error>(())
/// ```
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
/// ```
/// use powercurve::{MemoryMb, Workload, advise::expected_curve};
/// let workload = Workload::from_toml("[cpu]\nwork_ms = 1000\n[memory]\nfootprint_mb = 300")?;
/// let sizes = [128, 512, 1024].map(MemoryMb::new).into_iter().collect::<Result<Vec<_>, _>>()?;
/// let (curve, failed) = expected_curve(&workload, &sizes)?;
/// assert_eq!((curve.len(), failed[0].0.mb()), (2, 128));
/// assert_eq!(failed[0].1.problem(), "out of memory: needs 300 MB");
/// # Ok::<(), powercurve::Error>(())
/// ```
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
