//! Offline simulator and pattern classifier for AWS Lambda power curves.

pub mod advise;
#[cfg(feature = "cli")]
pub mod cli;
pub mod curve;
pub mod error;
pub mod export;
pub mod ingest;
pub mod model;
#[cfg(feature = "cli")]
pub mod page;
pub mod pattern;
pub mod platform;
pub mod predict;
pub mod quiz;
#[cfg(feature = "cli")]
pub mod render;
pub mod simulate;
pub mod units;
pub mod workload;

pub use curve::{Arch, Interval, Point, PowerCurve, Run, RunWarning, Sample, Start};
pub use error::{Error, Result};
pub use pattern::{Family, Pattern};
pub use units::{MemoryMb, Millis, Usd};
pub use workload::Workload;
