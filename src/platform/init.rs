//! The init phase: what each runtime needs before its first handler call.

/// Longest init that runs at full CPU speed, in ms; after it the function is started again under its quota.
///
/// Source: AWS Lambda developer guide, "Lambda execution environment lifecycle".
///
/// ```
/// use powercurve::platform::init::{BOOSTED_LIMIT_MS, duration_ms};
/// // the size makes no difference up to here, and all the difference beyond
/// assert_eq!(duration_ms(BOOSTED_LIMIT_MS, 0.1), duration_ms(BOOSTED_LIMIT_MS, 1.0));
/// assert!(duration_ms(BOOSTED_LIMIT_MS + 1.0, 0.1) > 10.0 * BOOSTED_LIMIT_MS);
/// ```
pub const BOOSTED_LIMIT_MS: f64 = 10_000.0;

/// Longest an invocation may run, in ms (15 minutes). Source: AWS Lambda quotas.
///
/// ```
/// use powercurve::{MemoryMb, Workload, platform::init::TIMEOUT_MS, simulate::expected_ms};
/// // ten minutes of CPU work do not finish with a third of a vCPU
/// let work = Workload::from_toml("[cpu]\nwork_ms = 600000")?;
/// assert!(expected_ms(&work, MemoryMb::new(600)?) > TIMEOUT_MS);
/// assert!(expected_ms(&work, MemoryMb::new(1769)?) < TIMEOUT_MS);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub const TIMEOUT_MS: f64 = 900_000.0;

/// Wall time in ms of an init that needs `work_ms` at full speed, on a function with `share` vCPUs:
/// the work itself up to 10 s; longer work is cut off there and done again under the function's quota.
///
/// Source: AWS Lambda developer guide, "Lambda execution environment lifecycle" ("If all three
/// tasks do not complete within 10 seconds, Lambda retries the Init phase at the time of the first
/// function invocation").
///
/// ```
/// use powercurve::platform::init::duration_ms;
/// assert_eq!(duration_ms(3100.0, 0.1), 3100.0);
/// assert_eq!(duration_ms(12_000.0, 0.5), 10_000.0 + 24_000.0);
/// ```
pub fn duration_ms(work_ms: f64, share: f64) -> f64 {
    if work_ms <= BOOSTED_LIMIT_MS { work_ms } else { BOOSTED_LIMIT_MS + work_ms / share.min(1.0) }
}

/// The part of an init of `init_ms` that is done again within the first invocation, and counts towards [`TIMEOUT_MS`].
///
/// ```
/// use powercurve::platform::init::{duration_ms, redone_ms};
/// assert_eq!([3100.0, 12_000.0].map(|work_ms| redone_ms(duration_ms(work_ms, 0.5))), [0.0, 24_000.0]);
/// ```
pub fn redone_ms(init_ms: f64) -> f64 {
    (init_ms - BOOSTED_LIMIT_MS).max(0.0)
}
