//! The gate for a build pipeline: is the configured size still good enough?

use serde::Serialize;

use crate::advise::{PricedCurve, PricedPoint, Strategy, Tolerance};
use crate::error::{Error, Result};
use crate::units::MemoryMb;

/// How a configured size compares with the best measured one.
///
/// ```
/// use powercurve::advise::{PricedCurve, Strategy, Tolerance, check};
/// use powercurve::{MemoryMb, PowerCurve, Run};
/// let (curve, _) = PricedCurve::usual(&Run::new("api", PowerCurve::from_ms(&[(128, 110.0), (1024, 100.0)])?))?;
/// let check = check(&curve, MemoryMb::new(1024)?, Strategy::Cost, Tolerance::percent(10.0)?)?;
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

/// Checks that `current` is within `tolerance` of the best measured size, in what the strategy minimises.
///
/// ```
/// use powercurve::advise::{PricedCurve, Strategy, Tolerance, check};
/// use powercurve::platform::{billing::BillingStep, pricing::{PriceBasis, PriceTable}};
/// use powercurve::{Arch, MemoryMb, PowerCurve};
/// let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, "us-east-1", Arch::X86_64, BillingStep::Ms1)?;
/// let curve = PricedCurve::computed(&PowerCurve::from_ms(&[(128, 110.0), (1024, 100.0)])?, &tariff);
/// let at_1024 = |strategy| check(&curve, MemoryMb::new(1024)?, strategy, Tolerance::percent(10.0)?);
/// assert!(!at_1024(Strategy::Cost)?.passed);
/// assert!(at_1024(Strategy::Speed)?.passed);
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When the run did not measure `current`.
pub fn check(curve: &PricedCurve, current: MemoryMb, strategy: Strategy, tolerance: Tolerance) -> Result<Check> {
    let best = strategy.pick(curve);
    let current = *curve.at(current).ok_or_else(|| {
        Error::new(format!("the run did not measure {current}: expected one of {}", curve.sizes_in_words()))
            .help("measure the configured size too, or let `powercurve predict --at` fill it in")
    })?;
    let (value, least) = (strategy.value(curve, &current), strategy.value(curve, &best));
    let excess = if least > 0.0 { value / least - 1.0 } else { 0.0 };
    Ok(Check { current, best, excess, passed: tolerance.allows(value, least) })
}
