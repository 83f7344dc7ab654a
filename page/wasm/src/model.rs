//! The model that the page carries: what `classify` uses, and nothing more.

use std::sync::OnceLock;

use powercurve::Run;
use powercurve::model::Library;
use powercurve::pattern::{CLASSIFY_LEN, Classifier, Reader};
use powercurve::quiz;

/// The library that `classify` weighs, simulated again instead of shipped: a quarter of a second saves a third of the
/// download.
pub fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| Library::simulate(SEED, CLASSIFY_LEN))
}

/// Seed of the shipped library.
const SEED: u64 = 1;

/// The reader behind `classify`.
pub fn reader() -> Reader<'static> {
    Reader::new(library(), Classifier::shipped())
}

/// The recorded runs of the quiz.
pub fn pool() -> &'static [Run] {
    static POOL: OnceLock<Vec<Run>> = OnceLock::new();
    POOL.get_or_init(|| quiz::pool(include_str!(concat!(env!("OUT_DIR"), "/pool.jsonl"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_model_of_the_command_line() {
        let full = Library::shipped().prefix(CLASSIFY_LEN);
        assert!(library().to_bytes() == full.to_bytes(), "run `powercurve train --out datasets/model`");
    }

    #[test]
    fn the_quiz_asks_what_the_terminal_asks() {
        let all = quiz::pool(include_str!("../../../datasets/real-runs.jsonl"));
        assert_eq!(pool(), all);
    }
}
