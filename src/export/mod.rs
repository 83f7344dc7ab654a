//! Curves out, in the formats that [`crate::ingest`] reads: one file a format.

mod csv;
mod lpt;
mod record;
mod url;

pub use csv::csv;
pub use lpt::{Tuning, lpt};
pub use record::record;
pub use url::{comparison_url, visualization_url};
