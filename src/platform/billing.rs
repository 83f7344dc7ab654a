//! Billing: durations are rounded up to a step, then charged by memory size and time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::number;
use crate::platform::pricing::PriceOverride;
use crate::units::{Currency, MemoryMb, Millis, Usd};

/// The step that a duration is rounded up to before it is charged.
///
/// Source: 1 ms since 2020-12-01, 100 ms before (AWS News Blog, "New for AWS Lambda: 1ms billing
/// granularity adds cost savings").
///
/// ```
/// use powercurve::platform::billing::BillingStep;
/// assert_eq!("100ms".parse(), Ok(BillingStep::Ms100));
/// assert_eq!(BillingStep::from_ms(1), Some(BillingStep::Ms1));
/// assert_eq!(BillingStep::from_ms(10), None); // Lambda never billed by it
/// assert_eq!(BillingStep::ALL.map(BillingStep::ms), [1.0, 100.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum BillingStep {
    /// 1 ms, as Lambda bills since December 2020.
    #[default]
    #[serde(rename = "1ms")]
    Ms1,
    /// 100 ms, as Lambda billed before.
    #[serde(rename = "100ms")]
    Ms100,
}

impl BillingStep {
    /// Both steps.
    pub const ALL: [Self; 2] = [Self::Ms1, Self::Ms100];

    /// Length of the step in ms.
    pub const fn ms(self) -> f64 {
        match self {
            Self::Ms1 => 1.0,
            Self::Ms100 => 100.0,
        }
    }

    /// The step of `ms` milliseconds, where Lambda has ever billed by it.
    pub const fn from_ms(ms: u32) -> Option<Self> {
        match ms {
            1 => Some(Self::Ms1),
            100 => Some(Self::Ms100),
            _ => None,
        }
    }

    /// The billed duration: `duration` rounded up to a whole number of steps.
    ///
    /// ```
    /// use powercurve::{Millis, platform::billing::BillingStep};
    /// let call = Millis::new(105.0)?;
    /// assert_eq!(BillingStep::Ms1.billed(call).ms(), 105.0);
    /// assert_eq!(BillingStep::Ms100.billed(call).ms(), 200.0);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn billed(self, duration: Millis) -> Millis {
        // the longest duration is a whole number of steps, so rounding up never leaves the range
        Millis::clamped(number::up(duration.ms() / self.ms()) * self.ms())
    }

    /// The billed duration of an invocation that was a cold start: the init is billed where the step is 1 ms, as Lambda does
    /// for every function since 1 August 2025, and was not in the days of 100 ms.
    ///
    /// Source: AWS Compute Blog, "AWS Lambda standardizes billing for INIT Phase" (2025).
    ///
    /// ```
    /// use powercurve::{Millis, platform::billing::BillingStep};
    /// let (handler, init) = (Millis::new(20.5)?, Some(Millis::new(300.0)?));
    /// assert_eq!(BillingStep::ALL.map(|step| step.billed_with_init(handler, init).ms()), [321.0, 100.0]);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn billed_with_init(self, handler: Millis, init: Option<Millis>) -> Millis {
        let init = init.filter(|_| self == Self::Ms1);
        self.billed(init.map_or(handler, |init| Millis::clamped(handler.ms() + init.ms())))
    }
}

impl fmt::Display for BillingStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.ms())
    }
}

impl FromStr for BillingStep {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        match s.trim() {
            "1ms" | "1 ms" | "1" => Ok(Self::Ms1),
            "100ms" | "100 ms" | "100" => Ok(Self::Ms100),
            _ => Err(Error::new(format!("billing step '{s}' is unknown: expected 1ms or 100ms"))
                .help("Lambda bills by 1 ms since December 2020 and billed by 100 ms before")),
        }
    }
}

/// What one invocation uses: `m/1024 GB * billed seconds`.
///
/// ```
/// use powercurve::{MemoryMb, Millis, platform::billing::gb_seconds};
/// assert_eq!(gb_seconds(MemoryMb::new(512)?, Millis::new(2_000.0)?), 1.0);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn gb_seconds(memory: MemoryMb, billed: Millis) -> f64 {
    memory.as_f64() / 1024.0 * (billed.ms() / 1000.0)
}

/// How one invocation is charged: the price of time, the charge per request, and the billing step.
///
/// Made by [`PriceTable::tariff`](crate::platform::pricing::PriceTable::tariff) from list prices
/// or from the constants of aws-lambda-power-tuning.
///
/// ```
/// use powercurve::platform::{billing::BillingStep, pricing::{PriceBasis, PriceTable}};
/// use powercurve::{Arch, MemoryMb, Millis};
/// let list = PriceTable::embedded().tariff(PriceBasis::List, "us-east-1", Arch::X86_64, BillingStep::Ms1)?;
/// let (memory, ms) = (MemoryMb::new(1024)?, Millis::new(105.0)?);
/// let (with, without) = (list.cost(memory, ms).usd(), list.without_request().cost(memory, ms).usd());
/// assert!((with - without - 0.2e-6).abs() < 1e-12); // $0.20 per million requests
/// // as it was billed before 2020: 200 ms instead of 105
/// let before = list.without_request().with_step(BillingStep::Ms100).cost(memory, ms).usd();
/// assert!((before / without - 200.0 / 105.0).abs() < 1e-9);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tariff {
    per_ms_128mb: f64,
    request: f64,
    storage_per_ms: f64,
    /// Time of init that is billed beside the duration, in ms.
    init_ms: f64,
    step: BillingStep,
    currency: Currency,
}

impl Tariff {
    /// GB-seconds in one ms at 128 MB: `1/8000`.
    pub(crate) const GB_S_PER_MS_128MB: f64 = 0.125 / 1000.0;

    /// A tariff of `per_ms_128mb` dollars per ms at 128 MB and `request` dollars per invocation.
    pub(crate) const fn new(per_ms_128mb: f64, request: f64, step: BillingStep) -> Self {
        Self { per_ms_128mb, request, storage_per_ms: 0.0, init_ms: 0.0, step, currency: Currency::Usd }
    }

    /// The same figures, in this currency.
    #[must_use]
    pub(crate) const fn in_currency(self, currency: Currency) -> Self {
        Self { currency, ..self }
    }

    /// The currency of the costs: that of the region.
    ///
    /// ```
    /// use powercurve::platform::{billing::BillingStep, pricing::{PriceBasis, PriceTable}};
    /// use powercurve::{Arch, units::Currency};
    /// let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, "cn-north-1", Arch::X86_64, BillingStep::Ms1)?;
    /// assert_eq!((tariff.currency(), tariff.step()), (Currency::Cny, BillingStep::Ms1));
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The price of a GB-second, in dollars.
    pub(crate) const fn usd_per_gb_s(&self) -> f64 {
        self.per_ms_128mb / Self::GB_S_PER_MS_128MB
    }

    /// The billing step.
    pub const fn step(&self) -> BillingStep {
        self.step
    }

    /// The same prices under another billing step.
    #[must_use]
    pub const fn with_step(self, step: BillingStep) -> Self {
        Self { step, ..self }
    }

    /// The same price of time, without the charge per request.
    #[must_use]
    pub const fn without_request(self) -> Self {
        Self { request: 0.0, ..self }
    }

    /// The same tariff with the prices of time and of a request that the user gave instead.
    ///
    /// ```
    /// use powercurve::platform::{billing::BillingStep, pricing::{PriceBasis, PriceOverride, PriceTable}};
    /// use powercurve::{Arch, MemoryMb, Millis};
    /// let list = PriceTable::embedded().tariff(PriceBasis::List, "us-east-1", Arch::X86_64, BillingStep::Ms1)?;
    /// let mine = list.with(&PriceOverride { gb_s: Some(1e-5), request: Some(0.0), ..PriceOverride::default() });
    /// // one GB-second
    /// assert!((mine.cost(MemoryMb::new(1024)?, Millis::new(1000.0)?).usd() - 1e-5).abs() < 1e-15);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    #[must_use]
    pub fn with(self, given: &PriceOverride) -> Self {
        Self {
            per_ms_128mb: given.gb_s.map_or(self.per_ms_128mb, |price| price * Self::GB_S_PER_MS_128MB),
            request: given.request.unwrap_or(self.request),
            ..self
        }
    }

    /// The same tariff for a function with `paid_mb` MB of ephemeral storage beyond the free ones, at `price` $ per GB-second.
    ///
    /// ```
    /// use powercurve::platform::{billing::BillingStep, pricing::{PriceBasis, PriceTable}};
    /// use powercurve::{Arch, MemoryMb, Millis};
    /// let table = PriceTable::embedded();
    /// let tariff = table.tariff(PriceBasis::List, "us-east-1", Arch::X86_64, BillingStep::Ms1)?;
    /// // 1536 MB of storage: 1024 MB beyond the free 512
    /// let with = tariff.with_storage(1024.0, table.storage("us-east-1")?);
    /// let [more, less] = [with, tariff].map(|t| t.cost(MemoryMb::MIN, Millis::clamped(1000.0)).usd());
    /// assert!((more - less - 3.09e-8).abs() < 1e-15);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    #[must_use]
    pub const fn with_storage(self, paid_mb: f64, price: f64) -> Self {
        Self { storage_per_ms: paid_mb / 1024.0 * price / 1000.0, ..self }
    }

    /// The same tariff for a function whose durations lack `init_ms` of init in the mean, as those of REPORT lines do.
    ///
    /// ```
    /// use powercurve::platform::{billing::BillingStep, pricing::{PriceBasis, PriceTable}};
    /// use powercurve::{Arch, MemoryMb, Millis};
    /// let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, "us-east-1", Arch::X86_64, BillingStep::Ms1)?;
    /// let cost = tariff.with_init(30.0).cost(MemoryMb::MIN, Millis::new(20.0)?);
    /// assert_eq!(cost, tariff.cost(MemoryMb::MIN, Millis::new(50.0)?));
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    #[must_use]
    pub const fn with_init(self, init_ms: f64) -> Self {
        Self { init_ms, ..self }
    }

    /// Time of init that is billed beside a duration, in ms.
    pub(crate) fn billed_init_ms(&self) -> f64 {
        if self.step == BillingStep::Ms1 { self.init_ms } else { 0.0 }
    }

    /// Time of an invocation that is billed.
    pub(crate) fn billed(&self, duration: Millis) -> Millis {
        let init = (self.init_ms > 0.0).then(|| Millis::clamped(self.init_ms));
        self.step.billed_with_init(duration, init)
    }

    /// Cost of one invocation: `billed ms * price * (m / 128) + request charge`, and the charge for storage.
    ///
    /// The order of the operations is that of `computePrice` in aws-lambda-power-tuning
    /// (lambda/utils.js), so that its `averagePrice` comes out to the last digit.
    ///
    /// ```
    /// use powercurve::platform::{billing::BillingStep, pricing::{PriceBasis, PriceTable}};
    /// use powercurve::{Arch, MemoryMb, Millis};
    /// let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, "us-east-1", Arch::X86_64, BillingStep::Ms1)?;
    /// let cost = tariff.cost(MemoryMb::new(1024)?, Millis::new(3083.4)?);
    /// assert_eq!(cost.usd(), 3084.0 * 2.1e-9 * 8.0);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn cost(&self, memory: MemoryMb, duration: Millis) -> Usd {
        let billed_ms = self.billed(duration).ms();
        let time = billed_ms * self.per_ms_128mb * (memory.as_f64() / 128.0);
        let storage = billed_ms * self.storage_per_ms;
        Usd::at_most(time + self.request + storage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lesson_of_100_ms_billing() -> Result<()> {
        // "105 ms is billed as 200: six ms less halves the bill" only held under 100 ms billing
        let (before, after) = (Millis::new(105.0)?, Millis::new(99.0)?);
        let ratio = |step: BillingStep| step.billed(after).ms() / step.billed(before).ms();
        assert_eq!(ratio(BillingStep::Ms100), 0.5);
        assert!((ratio(BillingStep::Ms1) - 99.0 / 105.0).abs() < 1e-12);
        Ok(())
    }

    #[test]
    fn the_longest_duration_is_billed_as_it_is() -> Result<()> {
        let day = Millis::new(Millis::MAX_MS)?;
        for step in BillingStep::ALL {
            assert_eq!(step.billed(day), day);
            assert_eq!(step.billed(Millis::new(Millis::MIN_MS)?).ms(), step.ms());
        }
        Ok(())
    }

    #[test]
    fn steps_read_and_write() {
        for step in BillingStep::ALL {
            assert_eq!(step.to_string().parse(), Ok(step));
            assert_eq!(BillingStep::from_ms(step.ms() as u32), Some(step));
        }
        assert!("10ms".parse::<BillingStep>().is_err_and(|e| e.to_string().contains("1ms or 100ms")));
    }
}
