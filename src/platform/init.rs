//! The init phase: what each runtime needs before its first handler call.

/// Longest init that runs at full CPU speed, in ms; after it the function is started again under its quota.
///
/// Source: AWS Lambda developer guide, "Lambda execution environment lifecycle".
pub const BOOSTED_LIMIT_MS: f64 = 10_000.0;

/// Longest an invocation may run, in ms (15 minutes). Source: AWS Lambda quotas.
pub const TIMEOUT_MS: f64 = 900_000.0;
