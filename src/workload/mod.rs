//! What a function does: CPU work, calls, transfers, memory, a downstream, cold starts.
//!
//! A [`Workload`] is a small TOML file. It says nothing about Lambda: the same workload gives one
//! curve on x86_64 and another on arm64, or under 100 ms billing.

mod levers;
mod preset;
mod runtime;
mod spec;

pub use levers::{Confidence, Environment, Lever, LeverInfo, Scenario};
pub use preset::{PRESETS, Preset, preset};
pub use runtime::Runtime;
pub(crate) use spec::LEAST_BUSY_MS;
pub use spec::{Call, CallMode, ColdStart, Cpu, Distribution, Downstream, Footprint, Noise, Transfer, Workload};
