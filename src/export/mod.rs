//! Curves out, in the formats that [`crate::ingest`] reads: one file a format.

mod csv;
mod labelled;
mod lpt;
#[cfg(feature = "parquet")]
mod parquet;
mod record;
mod url;

pub(crate) use csv::accepted;
pub use csv::csv;
#[cfg(feature = "render")]
pub(crate) use csv::csv_text;
pub use labelled::labelled;
pub use lpt::{Tuning, lpt};
#[cfg(feature = "parquet")]
pub use parquet::ParquetRows;
pub use record::record;
pub use url::{comparison_url, visualization_url};
