//! From a few measured sizes to a workload, and to the sizes nobody measured.

mod balance;
mod closed_form;
pub mod evaluate;
pub mod fit;
pub mod forecast;
mod line;
mod side;
mod start;

pub use balance::Balance;
pub use closed_form::ClosedForm;
pub use fit::{Fit, fit, plausible};
pub use forecast::{Choices, Forecast, Next, SMALL_REGRET, forecast};
pub use line::Line;
pub use side::allowed;
