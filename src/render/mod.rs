//! From results to pictures and files. Nothing here decides: what is best, or which pattern it is,
//! arrives as data.

pub mod chart;
pub mod file;
pub mod snippet;
pub mod table;
