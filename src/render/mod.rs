//! Answers as tables and pictures. This module decides nothing.

pub mod table;
