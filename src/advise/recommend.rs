//! One recommendation: a strategy within limits, and what else to know before following it.

use crate::advise::{Cliff, PricedCurve, PricedPoint, Strategy, Tail, Tolerance, crossing, pareto};
use crate::error::{Error, Result};
use crate::platform::billing::{BillingStep, Tariff};
use crate::units::{MemoryMb, Millis};

/// What is asked of the recommended size.
///
/// ```
/// use powercurve::advise::{PricedCurve, Tolerance, Wish, recommend};
/// use powercurve::{Millis, PowerCurve, Run};
/// # let curve = PowerCurve::from_ms(&[(128, 4800.0), (512, 1240.0), (1024, 620.0), (3008, 590.0)])?;
/// let (priced, tariff) = PricedCurve::usual(&Run::new("resize", curve))?;
/// let choice = |wish| recommend(&priced, &wish, &[], &tariff).map(|r| r.choice.memory.mb());
/// assert_eq!(choice(Wish::default())?, 128);
/// assert_eq!(choice(Wish { max_duration: Some(Millis::new(1000.0)?), ..Wish::default() })?, 1024);
/// // 3 % dearer, eight times as fast
/// assert_eq!(choice(Wish { tolerance: Some(Tolerance::percent(5.0)?), ..Wish::default() })?, 1024);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Wish {
    /// What is minimised.
    pub strategy: Strategy,
    /// Longest acceptable duration: a service-level objective on the mean, or on a percentile where one is given.
    pub max_duration: Option<Millis>,
    /// With [`Strategy::Cost`]: take the fastest size that costs at most this much more than the
    /// cheapest. With [`Strategy::Speed`]: the cheapest that is at most this much slower than the fastest.
    pub tolerance: Option<Tolerance>,
}

/// A recommended size.
///
/// ```
/// use powercurve::advise::{PricedCurve, Wish, recommend};
/// use powercurve::{PowerCurve, Run};
/// let curve = PowerCurve::from_ms(&[(128, 120.0), (256, 100.0), (512, 100.0), (1024, 100.0)])?;
/// let (priced, tariff) = PricedCurve::usual(&Run::new("poll", curve))?;
/// let advice = recommend(&priced, &Wish::default(), &[], &tariff)?;
/// assert_eq!(advice.choice.memory.mb(), 128);
/// // 512 and 1024 MB are dearer than 256 MB and no faster, yet the lines of the chart cross at 1024 MB
/// assert_eq!((advice.pareto.len(), advice.misread.map(|m| m.mb())), (2, Some(1024)));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Recommendation {
    /// The size to take.
    pub choice: PricedPoint,
    /// The sizes among which there is a choice at all.
    pub pareto: Vec<PricedPoint>,
    /// The billing cliffs below the chosen size's duration, under both billing steps.
    pub cliffs: Vec<Cliff>,
    /// The size that a reader of the chart would take for the optimum, where it is another one.
    pub misread: Option<MemoryMb>,
}

/// Recommends one of the measured sizes. `tails` are the percentiles that `max_duration` is about, none for the mean;
/// `tariff` prices only the billing cliffs.
///
/// ```
/// use powercurve::advise::{PricedCurve, Strategy, Wish, recommend};
/// use powercurve::{PowerCurve, Run};
/// let curve = PowerCurve::from_ms(&[(128, 4800.0), (512, 1200.0), (1024, 600.0), (3008, 590.0)])?;
/// let (priced, tariff) = PricedCurve::usual(&Run::new("resize", curve))?;
/// let wish = Wish { strategy: Strategy::Balanced(Strategy::DEFAULT_WEIGHT), ..Wish::default() };
/// assert_eq!(recommend(&priced, &wish, &[], &tariff)?.choice.memory.mb(), 1024);
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When no measured size is fast enough, or a tolerance is given for the balanced strategy, whose
/// weight already trades cost against speed.
pub fn recommend(curve: &PricedCurve, wish: &Wish, tails: &[Tail], tariff: &Tariff) -> Result<Recommendation> {
    let choice = choose(curve, wish, tails)?;
    let cliffs = BillingStep::ALL.into_iter();
    Ok(Recommendation {
        choice,
        pareto: pareto(curve),
        cliffs: cliffs.filter_map(|s| Cliff::below(choice.memory, choice.duration, &tariff.with_step(s))).collect(),
        misread: crossing(curve).filter(|&size| size != choice.memory),
    })
}

pub(super) fn choose(curve: &PricedCurve, wish: &Wish, tails: &[Tail]) -> Result<PricedPoint> {
    let limit = wish.max_duration.map_or(f64::INFINITY, Millis::ms);
    let bound = |p: &PricedPoint| tails.iter().find(|t| t.memory == p.memory).map_or(p.duration, |t| t.duration);
    let fast_enough = || curve.points().iter().filter(|p| bound(p).ms() <= limit);
    let too_slow = || {
        let fastest = curve.points().iter().min_by(|a, b| bound(a).ms().total_cmp(&bound(b).ms()));
        let fastest = fastest.unwrap_or(&curve.points()[0]); // a curve has at least one point
        Error::new(format!(
            "no measured size takes at most {limit} ms: the fastest is {} with {:.1} ms",
            fastest.memory,
            bound(fastest).ms()
        ))
        .help("raise --max-duration, measure larger sizes, or make the function faster")
    };
    let strict = wish.strategy.pick_among(curve, fast_enough()).ok_or_else(too_slow)?;
    let Some(tolerance) = wish.tolerance else { return Ok(strict) };
    let (value, other): (fn(&PricedPoint) -> f64, Strategy) = match wish.strategy {
        Strategy::Cost => (|p| p.cost.usd(), Strategy::Speed),
        Strategy::Speed => (|p| p.duration.ms(), Strategy::Cost),
        Strategy::Balanced(_) => {
            return Err(Error::new("a tolerance has no meaning with the balanced strategy: expected cost or speed")
                .help("its weight already trades cost against speed: use --weight"));
        }
    };
    let good_enough = fast_enough().filter(|p| tolerance.allows(value(p), value(&strict)));
    Ok(other.pick_among(curve, good_enough).unwrap_or(strict))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{Arch, PowerCurve};
    use crate::platform::pricing::{PriceBasis, PriceTable};

    /// LPT README, CPU-bound example.
    fn readme() -> Result<(PricedCurve, Tariff)> {
        let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, "us-east-1", Arch::X86_64, BillingStep::Ms100)?;
        let ms = [
            (128, 37_002.4),
            (256, 18_647.77),
            (512, 8_489.437),
            (1024, 3_890.892),
            (1536, 2_512.227),
            (3008, 2_009.793),
        ];
        Ok((PricedCurve::computed(&PowerCurve::from_ms(&ms)?, &tariff), tariff))
    }

    fn pick(wish: Wish) -> Result<u32> {
        let (curve, tariff) = readme()?;
        Ok(recommend(&curve, &wish, &[], &tariff)?.choice.memory.mb())
    }

    #[test]
    fn within_a_tolerance_the_other_quantity_decides() -> Result<()> {
        let wish = |strategy, percent| {
            Ok::<_, Error>(Wish { strategy, tolerance: Some(Tolerance::percent(percent)?), ..Wish::default() })
        };
        assert_eq!(pick(wish(Strategy::Cost, 0.0)?)?, 1536);
        assert_eq!(pick(wish(Strategy::Cost, 60.0)?)?, 3008);
        assert_eq!(pick(wish(Strategy::Speed, 0.0)?)?, 3008);
        assert_eq!(pick(wish(Strategy::Speed, 30.0)?)?, 1536);
        assert!(pick(wish(Strategy::Balanced(0.5), 5.0)?).is_err());
        Ok(())
    }

    #[test]
    fn a_service_level_objective_leaves_fewer_sizes() -> Result<()> {
        let wish = |ms| Ok::<_, Error>(Wish { max_duration: Some(Millis::new(ms)?), ..Wish::default() });
        assert_eq!(pick(wish(2_512.227)?)?, 1536);
        assert_eq!(pick(wish(2_100.0)?)?, 3008);
        let error = pick(wish(1_000.0)?).map_or_else(|e| e.to_string(), |_| String::new());
        assert!(error.contains("3008 MB") && error.contains("2009.8 ms"), "{error}");
        Ok(())
    }

    #[test]
    fn the_crossing_is_named_where_it_misleads() -> Result<()> {
        let (curve, tariff) = readme()?;
        let at =
            |strategy| Ok::<_, Error>(recommend(&curve, &Wish { strategy, ..Wish::default() }, &[], &tariff)?.misread);
        let crossed = crossing(&curve);
        assert_eq!(crossed.map(MemoryMb::mb), Some(128));
        assert_eq!(at(Strategy::Cost)?, crossed);
        Ok(())
    }
}
