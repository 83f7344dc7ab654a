//! The gate for a build pipeline: is the configured size still good enough?

use serde::Serialize;

use crate::advise::{PricedCurve, PricedPoint, Strategy, Tolerance, dependable};
use crate::curve::Run;
use crate::error::{Error, Result};
use crate::units::MemoryMb;

/// How a configured size compares with the best measured one.
///
/// ```
/// use powercurve::advise::{PricedCurve, Strategy, Tolerance, check};
/// use powercurve::{MemoryMb, PowerCurve, Run};
/// let run = Run::new("api", PowerCurve::from_ms(&[(128, 110.0), (1024, 100.0)])?);
/// let (curve, _) = PricedCurve::usual(&run)?;
/// let check = check(&run, &curve, MemoryMb::new(1024)?, Strategy::Cost, Tolerance::percent(10.0)?)?;
/// assert_eq!(check.best.memory.mb(), 128);
/// // 8 times the memory for 100 instead of 110 ms: 7.27 times the cost
/// assert!((check.excess - 6.27).abs() < 0.01);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Check {
    /// The configured size.
    pub current: PricedPoint,
    /// The best measured size: the cheapest, unless another strategy is asked for.
    pub best: PricedPoint,
    /// How much more the configured size costs (with other strategies: takes, or scores), as a share of the best.
    pub excess: f64,
    /// Whether that is within the tolerance.
    pub passed: bool,
}

/// Checks that `current` is within `tolerance` of the best measured size, in what the strategy minimises. Of sizes at which
/// the run fails none is the best, and none passes. `curve` is that of the run.
///
/// ```
/// use powercurve::advise::{PricedCurve, Strategy, Tolerance, check};
/// use powercurve::platform::{billing::BillingStep, pricing::{PriceBasis, PriceTable}};
/// use powercurve::{Arch, MemoryMb, PowerCurve, Run};
/// let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, "us-east-1", Arch::X86_64, BillingStep::Ms1)?;
/// let run = Run::new("api", PowerCurve::from_ms(&[(128, 110.0), (1024, 100.0)])?);
/// let curve = PricedCurve::computed(&run.curve, &tariff);
/// let at_1024 = |strategy| check(&run, &curve, MemoryMb::new(1024)?, strategy, Tolerance::percent(10.0)?);
/// assert!(!at_1024(Strategy::Cost)?.passed);
/// assert!(at_1024(Strategy::Speed)?.passed);
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When the run did not measure `current`.
pub fn check(
    run: &Run,
    curve: &PricedCurve,
    current: MemoryMb,
    strategy: Strategy,
    tolerance: Tolerance,
) -> Result<Check> {
    let best = strategy.pick(&dependable(run, curve));
    let fails = run.fails_at(current);
    let current = *curve.at(current).ok_or_else(|| {
        Error::new(format!("the run did not measure {current}: expected one of {}", curve.sizes_in_words()))
            .help("measure the configured size too, or let `powercurve predict --at` fill it in")
    })?;
    let (value, least) = (strategy.value(curve, &current), strategy.value(curve, &best));
    let excess = if least > 0.0 { value / least - 1.0 } else { 0.0 };
    Ok(Check { current, best, excess, passed: !fails && tolerance.allows(value, least) })
}
