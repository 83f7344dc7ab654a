//! Offline simulator and pattern classifier for AWS Lambda *power curves*: how duration and cost of a function change with
//! its memory size.
//!
//! One type flows through the crate: a [`Run`] holds a [`PowerCurve`], pairs of [`MemoryMb`] and mean duration ([`Millis`]),
//! perhaps with cost ([`Usd`]).
//!
//! ```text
//! Workload -> simulate -> Run <- ingest        a TOML file, or anything that was recorded
//!                          |
//!        pattern, predict, advise              which pattern, which other sizes, which choice
//!                          |
//!                show, render, export         tables, pictures, files
//! ```
//!
//! [`platform`] is what Lambda does to any function; [`workload`] is what one function does; [`model`] is the one
//! probabilistic model behind classifying, fitting and predicting.
//!
//! ```
//! use powercurve::pattern::{Pattern, Reader};
//! use powercurve::predict::fit;
//! use powercurve::{PowerCurve, Run, model::Library};
//!
//! // a thumbnail function, measured at six sizes
//! let curve = PowerCurve::from_ms(&[
//!     (256, 13187.6), (512, 6551.0), (1024, 3279.4), (1536, 2262.3), (2048, 1918.9), (3008, 1867.6),
//! ])?;
//! let run = Run::new("thumbnails", curve);
//!
//! let answer = Reader::shipped().classify(&run);
//! assert_eq!(answer.pattern, Pattern::CpuBound);
//!
//! let fitted = fit(Library::shipped(), &run);
//! assert!(fitted.rms < 0.03);
//! println!("{}", fitted.workload.to_toml());
//! # Ok::<(), powercurve::Error>(())
//! ```

#![warn(missing_docs)]

pub mod advise;
#[cfg(feature = "cli")]
pub mod cli;
pub mod curve;
pub mod dataset;
pub mod error;
pub mod export;
pub mod ingest;
pub mod load;
pub mod model;
mod moments;
mod number;
#[cfg(feature = "cli")]
pub mod page;
pub mod pattern;
pub mod platform;
pub mod predict;
pub mod quiz;
#[cfg(feature = "render")]
pub mod render;
#[cfg(feature = "render")]
pub mod show;
pub mod simulate;
pub mod units;
pub mod workload;

pub use curve::{Arch, Interval, Point, PowerCurve, Run, RunWarning, Sample, Start};
pub use error::{Error, Result};
pub use pattern::{Family, Pattern};
pub use units::{MemoryMb, Millis, Usd};
pub use workload::Workload;
