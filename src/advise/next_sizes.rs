//! The fewest sizes to measure next.

use crate::advise::{in_time, proposed_sizes};
use crate::curve::{Point, PowerCurve, Run};
use crate::error::Result;
use crate::model::{Known, Library, Observation, Posterior};
use crate::platform::billing::Tariff;
use crate::predict::{Next, forecast};
use crate::units::{MemoryMb, Millis};

/// Sizes to measure, and what they are expected to bring.
///
/// ```
/// use powercurve::advise::{PricedCurve, next_sizes};
/// use powercurve::{PowerCurve, Run};
/// // waits 2 s at every size: the smallest is the cheapest, and measuring more cannot change that
/// let waits = [128, 256, 512, 1024, 1769, 3008].map(|mb| (mb, 2000.0));
/// let run = Run::new("poll", PowerCurve::from_ms(&waits)?);
/// let (_, tariff) = PricedCurve::usual(&run)?;
/// assert!(next_sizes(&run, &tariff).sizes.is_empty());
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NextSizes {
    /// The sizes, most telling first; empty when more measuring cannot pay.
    pub sizes: Vec<MemoryMb>,
    /// Expected regret of deciding now, as a share.
    pub regret: f64,
    /// Expected regret after measuring them.
    pub regret_after: f64,
}

/// Sizes that are measured at once at most: a sweep has six.
const MOST: usize = 3;

/// The sizes to measure next. After the first, each is what would be measured next if the one before came out as predicted.
///
/// The charge per request plays no part, as in `predict`: it is the same at every size.
///
/// ```
/// use powercurve::advise::{PricedCurve, next_sizes};
/// use powercurve::{PowerCurve, Run};
/// let run = Run::new("resize", PowerCurve::from_ms(&[(512, 1200.0)])?);
/// let (_, tariff) = PricedCurve::usual(&run)?;
/// let next = next_sizes(&run, &tariff);
/// assert!(!next.sizes.is_empty() && next.regret_after < next.regret);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn next_sizes(run: &Run, tariff: &Tariff) -> NextSizes {
    let tariff = tariff.without_request();
    let (candidates, _) = proposed_sizes(run);
    let mut seen = Observation::of(run);
    let (mut sizes, mut first, mut after) = (Vec::new(), None, f64::INFINITY);
    loop {
        let posterior = Posterior::new(Library::shipped(), &seen, &Known::default());
        let candidates = match in_time(&posterior, &candidates, &seen.sizes).0 {
            none if none.is_empty() => candidates.clone(),
            in_time => in_time,
        };
        match forecast(&posterior, &candidates, &seen.sizes, &tariff).next {
            Next::Measure { memory, regret, regret_after } if sizes.len() < MOST => {
                first.get_or_insert(regret);
                after = after.min(regret_after);
                sizes.push(memory);
                let at = seen.sizes.partition_point(|&m| m < memory);
                seen.sizes.insert(at, memory);
                let ms = posterior.predict(memory).ms;
                seen.ms.insert(at, ms);
                seen.ln_ms.insert(at, ms.ln());
            }
            Next::Measure { regret, .. } | Next::Stop { regret } => {
                let regret = first.unwrap_or(regret);
                return NextSizes { sizes, regret, regret_after: after.min(regret) };
            }
        }
    }
}

/// The durations that the model predicts for a run at other sizes.
///
/// ```
/// use powercurve::{MemoryMb, PowerCurve, Run, advise::predicted_curve};
/// let run = Run::new("thumbnails", PowerCurve::from_ms(&[(256, 13187.6), (1024, 3279.4)])?);
/// let curve = predicted_curve(&run, &[MemoryMb::new(512)?])?;
/// assert!((curve.points()[0].duration.ms() / 6551.0 - 1.0).abs() < 0.05); // as measured
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When there is no size.
pub fn predicted_curve(run: &Run, sizes: &[MemoryMb]) -> Result<PowerCurve> {
    let posterior = Posterior::new(Library::shipped(), &Observation::of(run), &Known::default());
    let point = |&m: &MemoryMb| Point::new(m, Millis::clamped(posterior.predict(m).ms));
    PowerCurve::new(sizes.iter().map(point).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::Arch;
    use crate::platform::billing::BillingStep;
    use crate::platform::pricing::{PriceBasis, PriceTable};

    #[test]
    fn one_size_asks_for_more_and_never_for_itself() -> Result<()> {
        let tariff = PriceTable::embedded().tariff(PriceBasis::List, "us-east-1", Arch::X86_64, BillingStep::Ms1)?;
        let run = Run::new("a", PowerCurve::from_ms(&[(512, 600.0)])?);
        let next = next_sizes(&run, &tariff);
        assert!((1..=MOST).contains(&next.sizes.len()), "{next:?}");
        assert!(!next.sizes.contains(&MemoryMb::new(512)?));
        assert!(next.regret_after < next.regret);
        Ok(())
    }
}
