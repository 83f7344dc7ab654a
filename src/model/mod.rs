//! The one model behind `classify`, `fit` and `predict`.
//!
//! A [`prior`] says which workloads are plausible. The [`Library`] holds a sample of them with the curve
//! that the simulator gives each. The [`Posterior`] weighs the library by how well each curve explains a
//! recorded run, with the [`noise`] of measured means; its weights are the pattern probabilities, the shares,
//! the predicted sizes and the start of a fit. All of it is simulated; the proportions of the prior were chosen with
//! recorded runs in view.

mod approx;
mod blocks;
pub mod library;
pub mod noise;
pub mod observation;
pub mod posterior;
pub mod prior;
mod scan;

pub use library::Library;
pub use observation::Observation;
pub use posterior::{Known, Posterior, Prediction};
pub use scan::{Candidate, Scaled};
