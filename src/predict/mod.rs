//! From a few measured sizes to a workload, and to the sizes nobody measured.

mod balance;
mod closed_form;
pub mod evaluate;
pub mod fit;
mod floor;
pub mod forecast;
mod line;
mod side;
mod start;

pub use balance::Balance;
pub use closed_form::ClosedForm;
pub(crate) use fit::plausible;
pub use fit::{Fit, fit};
pub use floor::never_rising;
pub use forecast::{Choices, Forecast, Next, forecast};
pub use line::Line;
pub use side::allowed;
