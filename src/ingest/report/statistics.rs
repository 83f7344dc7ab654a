//! What a log tells of a function, size by size, and the run that it makes.

use std::collections::BTreeMap;

use crate::curve::{Failure, Point, PowerCurve, Run, RunWarning, Sample, Start};
use crate::error::Result;
use crate::ingest::distribution::Summary;
use crate::ingest::failures::no_success;
use crate::units::{MemoryMb, Millis};

/// The invocations of one function in a log.
///
/// ```
/// use powercurve::curve::Failure;
/// use powercurve::ingest::{Input, statistics_of};
/// let report = |n: u32, rest: &str| format!("REPORT RequestId: 3f6a2c1e-9b4d-4c8a-8f17-{n:012}\tMemory Size: 128 MB\t{rest}\n");
/// let log = report(1, "Duration: 8.50 ms") + &report(2, "Duration: 3000.00 ms\tStatus: timeout");
/// let statistics = statistics_of(vec![Ok(Input::of_bytes("resize", log.into_bytes()))]).remove(0)?;
/// assert_eq!(statistics.sizes[0].failed(Failure::Timeout), 1);
/// assert!(statistics.warnings()[0].to_string().starts_with("1 of 2 invocations at 128 MB timed out"));
/// assert_eq!(statistics.to_run()?.curve.points()[0].duration.ms(), 8.5);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionStatistics {
    /// Name of the function; where the log does not give it, that of the input.
    pub function: String,
    /// Statistics by memory size, ascending.
    pub sizes: Vec<SizeStatistics>,
    /// REPORT lines without a duration or a memory size; they are in no size.
    pub incomplete: u64,
}

/// The invocations of one function at one memory size.
///
/// ```
/// let statistics = powercurve::ingest::statistics(&["datasets/examples/report-lines.log".into()]);
/// let size = &statistics[0].as_ref().map_err(Clone::clone)?.sizes[0];
/// assert_eq!((size.memory.mb(), size.max_memory_used_mb.is_some()), (512, true));
/// // few of the invocations were cold starts
/// let (all, cold) = (size.duration.unwrap().count, size.init.unwrap().count);
/// assert!(cold > 0 && cold < all / 2);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SizeStatistics {
    /// Memory size.
    pub memory: MemoryMb,
    /// Durations of the handler in the invocations that succeeded; `None` when all failed.
    pub duration: Option<Summary>,
    /// Init durations (or restore durations with SnapStart) of those that were cold starts.
    pub init: Option<Summary>,
    /// Mean billed duration of those that succeeded, in ms.
    pub billed_ms: Option<f64>,
    /// Largest memory used by an invocation that succeeded, in MB.
    pub max_memory_used_mb: Option<f64>,
    /// How many invocations failed, and why.
    pub failed: BTreeMap<Failure, u64>,
}

impl SizeStatistics {
    /// How many invocations failed in this way.
    pub fn failed(&self, failure: Failure) -> u64 {
        self.failed.get(&failure).copied().unwrap_or(0)
    }

    fn succeeded(&self) -> u64 {
        self.duration.map_or(0, |d| d.count)
    }

    fn cold_starts(&self) -> u64 {
        self.init.map_or(0, |init| init.count)
    }

    fn warnings(&self) -> impl Iterator<Item = RunWarning> {
        let failed = self.failed.iter();
        failed.map(|(&failure, &failed)| RunWarning::Failed {
            memory: self.memory,
            failure,
            failed,
            succeeded: self.succeeded(),
        })
    }

    fn to_point(&self) -> Option<Result<Point>> {
        let duration = self.duration?;
        let sample = Sample {
            count: Some(duration.count),
            sd_ms: duration.sd_ms,
            p50_ms: Some(duration.p50_ms),
            p90_ms: Some(duration.p90_ms),
            p95_ms: Some(duration.p95_ms),
            p99_ms: Some(duration.p99_ms),
            max_memory_used_mb: self.max_memory_used_mb,
            init_ms: self.init.map(|init| init.mean_ms),
            cold_starts: Some(self.cold_starts()),
            billed_ms: self.billed_ms,
        };
        Some(Millis::new(duration.mean_ms).map(|mean| Point { sample, ..Point::new(self.memory, mean) }))
    }
}

impl FunctionStatistics {
    /// What weakens the statistics: failures, incomplete lines.
    pub fn warnings(&self) -> Vec<RunWarning> {
        let incomplete = (self.incomplete > 0).then_some(RunWarning::IncompleteReports { count: self.incomplete });
        self.sizes.iter().flat_map(SizeStatistics::warnings).chain(incomplete).collect()
    }

    /// The run of the invocations that succeeded: their mean duration by memory size.
    ///
    /// # Errors
    /// When none succeeded.
    pub fn to_run(&self) -> Result<Run> {
        let points: Vec<Point> = self.sizes.iter().filter_map(SizeStatistics::to_point).collect::<Result<_>>()?;
        if points.is_empty() {
            return Err(no_success(self.warnings()).at(&self.function));
        }
        let mut run = Run::new(&self.function, PowerCurve::new(points)?);
        let succeeded: u64 = self.sizes.iter().map(SizeStatistics::succeeded).sum();
        run.start = Some(match self.sizes.iter().map(SizeStatistics::cold_starts).sum::<u64>() {
            0 => Start::Warm,
            n if n == succeeded => Start::Cold,
            _ => Start::Mixed,
        });
        run.warnings = self.warnings();
        Ok(run)
    }
}
