//! Billing cliffs: how little faster makes one billing step less.

use serde::Serialize;

use crate::platform::billing::{BillingStep, Tariff};
use crate::units::{MemoryMb, Millis, Usd};

/// What has to be shaved off a duration to be billed one step less, and what that saves.
///
/// Each invocation is rounded for itself; applied to a mean, this is the cliff of a call that takes
/// just the mean.
///
/// ```
/// use powercurve::advise::{Cliff, PricedCurve};
/// use powercurve::{PowerCurve, Run};
/// let (priced, tariff) = PricedCurve::usual(&Run::new("api", PowerCurve::from_ms(&[(512, 105.4)])?))?;
/// let cliff = Cliff::below(priced.points()[0].memory, priced.points()[0].duration, &tariff).unwrap();
/// // billed by the millisecond there is little to gain: 105 instead of 106
/// assert_eq!((cliff.billed.ms(), cliff.is_steep()), (106.0, false));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cliff {
    /// The billing step.
    pub step: BillingStep,
    /// What is billed now.
    #[serde(rename = "billed_ms")]
    pub billed: Millis,
    /// Least time to shave off.
    pub shave_ms: f64,
    /// What that saves in each invocation.
    #[serde(rename = "saving_usd")]
    pub saving: Usd,
    /// The saving as a share of the cost now.
    pub saving_share: f64,
}

impl Cliff {
    /// Saving from which a cliff is worth mentioning: 1 % of the cost, below what two runs differ by.
    const STEEP_SHARE: f64 = 0.01;

    /// Whether going down this cliff saves at least 1 % of the cost.
    pub fn is_steep(&self) -> bool {
        self.saving_share >= Self::STEEP_SHARE
    }

    /// The cliff below `duration` under the billing step of `tariff`; `None` in the first step,
    /// since nothing is billed less than that.
    ///
    /// ```
    /// use powercurve::advise::Cliff;
    /// use powercurve::platform::{billing::BillingStep, pricing::{PriceBasis, PriceTable}};
    /// use powercurve::{Arch, MemoryMb, Millis};
    /// let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, "us-east-1", Arch::X86_64, BillingStep::Ms100)?;
    /// let cliff = Cliff::below(MemoryMb::new(512)?, Millis::new(105.0)?, &tariff).unwrap();
    /// assert_eq!((cliff.billed.ms(), cliff.shave_ms, cliff.saving_share), (200.0, 5.0, 0.5));
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn below(memory: MemoryMb, duration: Millis, tariff: &Tariff) -> Option<Self> {
        let step = tariff.step();
        let billed = tariff.billed(duration);
        let less = Millis::new(billed.ms() - step.ms()).ok()?;
        // an init that is billed takes its time whatever the handler does
        let target = Millis::new(less.ms() - tariff.billed_init_ms()).ok()?;
        let (now, then) = (tariff.cost(memory, duration).usd(), tariff.with_init(0.0).cost(memory, less).usd());
        Some(Self {
            step,
            billed,
            shave_ms: duration.ms() - target.ms(),
            saving: Usd::new((now - then).max(0.0)).unwrap_or(Usd::ZERO),
            saving_share: if now > 0.0 { 1.0 - then / now } else { 0.0 },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::Arch;
    use crate::platform::billing::BillingStep;
    use crate::platform::pricing::{PriceBasis, PriceTable};

    #[test]
    fn an_init_is_billed_below_the_cliff_too() -> crate::error::Result<()> {
        let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, "us-east-1", Arch::X86_64, BillingStep::Ms1)?;
        let cliff = Cliff::below(MemoryMb::MIN, Millis::new(20.1)?, &tariff.with_init(300.4)).unwrap();
        assert_eq!(cliff.billed.ms(), 321.0);
        assert!((cliff.shave_ms - 0.5).abs() < 1e-9 && (cliff.saving_share - 1.0 / 321.0).abs() < 1e-9, "{cliff:?}");
        Ok(())
    }

    #[test]
    fn an_init_that_was_free_moves_no_cliff() -> crate::error::Result<()> {
        let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, "us-east-1", Arch::X86_64, BillingStep::Ms100)?;
        let below = |tariff: &Tariff| Cliff::below(MemoryMb::MIN, Millis::clamped(105.0), tariff).unwrap();
        assert_eq!(below(&tariff.with_init(300.4)), below(&tariff));
        assert_eq!(below(&tariff).shave_ms, 5.0);
        Ok(())
    }
}
