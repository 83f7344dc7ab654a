//! Sentences that several answers use.

use crate::advise::PricedPoint;
use crate::pattern::{Classification, Pattern};
use crate::predict::Next;
use crate::units::MemoryMb;

/// What to measure next and why, as the start of a sentence and without a full stop.
///
/// ```
/// use powercurve::{MemoryMb, predict::Next, show};
/// let next = Next::Measure { memory: MemoryMb::new(1024)?, regret: 0.08, regret_after: 0.02 };
/// assert_eq!(
///     show::advice(&next),
///     "Measuring 1024 MB is expected to cut the regret of the choice from 8.0 % to 2.0 %"
/// );
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn advice(next: &Next) -> String {
    let mut advice = why(next);
    if let Some(first) = advice.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    advice
}

/// The same in the middle of a sentence.
pub(crate) fn why(next: &Next) -> String {
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

/// What to say where a fitted workload shows another pattern than the run is read as.
///
/// ```
/// use powercurve::pattern::{Pattern, Reader};
/// use powercurve::{PowerCurve, Run, show};
/// let reading = Reader::shipped().classify(&Run::new("busy", PowerCurve::from_ms(&[(256, 13188.0), (1024, 3279.0), (3008, 1868.0)])?));
/// assert_eq!(show::other_reading(Pattern::CpuBound, &reading), None);
/// let words = show::other_reading(Pattern::TransferBound, &reading).unwrap_or_default();
/// assert!(words.starts_with("the fitted workload is transfer-bound, while the run reads as cpu-bound"));
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn other_reading(fitted: Pattern, reading: &Classification) -> Option<String> {
    let read = reading.pattern;
    let differ = fitted.family() != read.family() || fitted != read && !reading.uncertain;
    differ.then(|| {
        format!(
            "the fitted workload is {fitted}, while the run reads as {read}: what rests on the difference may not hold"
        )
    })
}

/// The sizes that a function needs more memory than, or at which it fails.
pub(crate) fn too_small(sizes: &[MemoryMb]) -> String {
    let sizes: Vec<String> = sizes.iter().map(ToString::to_string).collect();
    format!("Too small: {}.", sizes.join(", "))
}

/// Among which of so many measured sizes there is a choice at all ([`crate::advise::pareto`]).
///
/// ```
/// use powercurve::{PowerCurve, Run, advise::{PricedCurve, pareto}, show};
/// let run = Run::new("asks an API", PowerCurve::from_ms(&[(128, 1590.0), (512, 1598.0), (1024, 1601.0)])?);
/// let (priced, _) = PricedCurve::usual(&run)?;
/// assert_eq!(show::choice(&pareto(&priced), 3), "128 MB is both the fastest and the cheapest measured size.");
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn choice(pareto: &[PricedPoint], measured: usize) -> String {
    match pareto {
        [only] if measured == 1 => format!(
            "{} is the only size known: whether another one is faster or cheaper this run cannot say.",
            only.memory
        ),
        [only] => format!("{} is both the fastest and the cheapest measured size.", only.memory),
        several => {
            let sizes: Vec<String> = several.iter().map(|p| p.memory.mb().to_string()).collect();
            let others = if several.len() < measured {
                "every other size is neither faster nor cheaper than one of these"
            } else {
                "of any two of them one is faster and the other cheaper"
            };
            format!("The choice is among {} MB: {others}.", sizes.join(", "))
        }
    }
}
