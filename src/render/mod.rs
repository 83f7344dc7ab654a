//! From results to pictures and files. Nothing here decides: what is best, or which pattern it is,
//! arrives as data.

pub mod chart;
pub mod file;
mod html;
mod inline;
pub mod report;
pub mod snippet;
pub mod table;
