//! From a few measured sizes to a workload, and to the sizes nobody measured.

pub mod fit;
pub mod forecast;

pub use fit::{Fit, fit};
pub use forecast::{Choices, Forecast, Next, forecast};
