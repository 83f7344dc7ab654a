//! What a reader rejected, with bounded memory however much it is.

use crate::error::Error;

/// Rejections that are reported one by one; the rest is only counted.
pub(super) const MAX_NAMED: usize = 100;

/// The first rejections, and how many came after them.
#[derive(Debug, Default)]
pub(super) struct Rejected {
    named: Vec<Error>,
    unnamed: u64,
}

impl Rejected {
    /// Adds one.
    pub(super) fn push(&mut self, error: Error) {
        if self.named.len() < MAX_NAMED {
            self.named.push(error);
        } else {
            self.unnamed += 1;
        }
    }

    /// The first ones, and an error for the number of the others: rows, lines or whatever was rejected.
    pub(super) fn into_errors(self, what: &str) -> Vec<Error> {
        let Self { mut named, unnamed } = self;
        if unnamed > 0 {
            named.push(more(unnamed, what));
        }
        named
    }
}

/// What to say of rejections that are only counted.
pub(super) fn more(unnamed: u64, what: &str) -> Error {
    Error::new(format!("{unnamed} more {what} were rejected")).help("correct the first ones and see")
}
