//! Which of the known patterns a curve belongs to, with what probability, and why.

mod classifier;
mod classify;
mod definition;
pub mod evaluate;
mod explain;
pub mod features;
mod json;
mod label;
#[cfg(feature = "cli")]
mod train;

pub use classifier::Classifier;
pub use classify::{CLASSIFY_LEN, Classification, Reader, most_probable};
pub use definition::Shares;
pub use label::{Family, Pattern};
#[cfg(feature = "cli")]
pub use train::{Training, train, training_set};
