//! Sentences that several answers use.

use crate::predict::Next;

/// What to measure next and why, as the start of a sentence and without a full stop.
pub fn advice(next: &Next) -> String {
    let mut advice = why(next);
    if let Some(first) = advice.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    advice
}

/// The same in the middle of a sentence.
pub fn why(next: &Next) -> String {
    match next {
        Next::Measure { memory, regret, regret_after } => format!(
            "measuring {memory} is expected to cut the regret of the choice from {:.1} % to {:.1} %",
            100.0 * regret,
            100.0 * regret_after
        ),
        Next::Stop { regret } => {
            format!("stop: more measuring cannot pay, the expected regret of the choice is {:.1} %", 100.0 * regret)
        }
    }
}
