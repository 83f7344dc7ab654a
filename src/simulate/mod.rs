//! From a workload and a memory size to a duration: expected values and sampled invocations.
//!
//! [`expected`] is the model in closed form; [`Tuning`] plays it, invocation by invocation, as
//! aws-lambda-power-tuning would measure it; [`exact`] is what [`Tuning`] tends to.

mod downstream;
mod environments;
mod expected;
mod invocation;
mod latency;
mod noise;
mod queueing;
mod script;
mod stream;
mod tuner;

pub(crate) use expected::mean_init_ms;
pub use expected::{Breakdown, Outcome, breakdown, expected, expected_ms};
pub use invocation::InvocationResult;
pub use queueing::queue_ms;
pub use tuner::{Tuning, TuningResult, exact, exact_in, trimmed_mean};
