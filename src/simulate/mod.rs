//! From a workload and a memory size to a duration: expected values and sampled invocations.

mod expected;

pub use expected::{Breakdown, Outcome, breakdown, expected, expected_ms};
