//! From runs and workloads to what is drawn of them: points, line, band, best sizes, and the words around a chart.
//!
//! ```
//! use powercurve::show::Subject;
//! use powercurve::workload::preset;
//! let chart = Subject::workload(&preset("prime-numbers")?)?.chart();
//! assert_eq!(chart.title, "prime-numbers: cpu-bound");
//! # Ok::<(), powercurve::Error>(())
//! ```

mod fleet;
mod marks;
mod report;
mod subject;
mod tables;
mod words;

pub use crate::advise::usual_sizes;
pub use fleet::fleet;
pub use marks::{add_model, optima};
#[cfg(feature = "cli")]
pub(crate) use report::needs_two_sizes;
pub use report::{Levers, Load, Report};
pub use subject::Subject;
pub(crate) use tables::ranked;
pub use tables::{points, probabilities, shares};
pub(crate) use words::too_small;
#[cfg(feature = "cli")]
pub(crate) use words::why;
pub use words::{advice, choice, other_reading};
