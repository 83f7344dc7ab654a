//! Which of the known patterns a curve belongs to, with what probability, and why.

mod label;

pub use label::{Family, Pattern};
