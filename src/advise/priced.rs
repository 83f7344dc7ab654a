//! A curve of which every size has a cost.

use serde::Serialize;

use crate::curve::{Point, PowerCurve, Run};
use crate::error::Result;
use crate::platform::billing::{BillingStep, Tariff};
use crate::platform::pricing::{PriceBasis, PriceTable};
use crate::predict::Balance;
use crate::units::{Currency, MemoryMb, Millis, Usd};

/// Memory size, mean duration and mean cost of one invocation.
///
/// ```
/// use powercurve::advise::PricedCurve;
/// use powercurve::{PowerCurve, Run};
/// let (priced, _) = PricedCurve::usual(&Run::new("api", PowerCurve::from_ms(&[(1024, 99.2)])?))?;
/// let point = priced.points()[0];
/// assert_eq!(point.cost.usd(), 100.0 * 8.0 * 2.1e-9); // 100 ms are billed, each for 8 times 128 MB
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PricedPoint {
    /// Configured memory size.
    #[serde(rename = "memory_mb")]
    pub memory: MemoryMb,
    /// Mean duration.
    #[serde(rename = "duration_ms")]
    pub duration: Millis,
    /// Mean cost.
    #[serde(rename = "cost_usd")]
    pub cost: Usd,
}

/// A curve of which every size has a cost; at least one point, sizes ascending and unique.
///
/// ```
/// use powercurve::advise::PricedCurve;
/// use powercurve::{MemoryMb, PowerCurve, Run};
/// let run = Run::new("resize", PowerCurve::from_ms(&[(128, 4800.0), (512, 1200.0), (1024, 630.0)])?);
/// let (priced, _) = PricedCurve::usual(&run)?;
/// let cost = |mb| Ok::<_, powercurve::Error>(priced.at(MemoryMb::new(mb)?).map(|p| p.cost));
/// assert_eq!(cost(128)?, cost(512)?); // a quarter of the time at four times the memory
/// assert_eq!(cost(256)?, None); // was not measured
/// assert!(priced.to_curve().has_costs());
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PricedCurve {
    points: Vec<PricedPoint>,
    currency: Currency,
}

impl PricedCurve {
    /// The costs as they were recorded, in dollars; `None` when a size has none.
    ///
    /// ```
    /// use powercurve::{MemoryMb, Millis, Point, PowerCurve, Usd, advise::PricedCurve};
    /// let point = Point::new(MemoryMb::new(1024)?, Millis::new(3084.0)?);
    /// assert!(PricedCurve::recorded(&PowerCurve::new(vec![point])?).is_none());
    /// let priced = PricedCurve::recorded(&PowerCurve::new(vec![point.with_cost(Usd::new(5e-5)?)])?);
    /// assert_eq!(priced.map(|p| p.points()[0].cost.usd()), Some(5e-5));
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn recorded(curve: &PowerCurve) -> Option<Self> {
        let priced = |p: &Point| Some(PricedPoint { memory: p.memory, duration: p.duration, cost: p.cost? });
        Some(Self { points: curve.points().iter().map(priced).collect::<Option<_>>()?, currency: Currency::Usd })
    }

    /// The costs that `tariff` gives for the mean durations, whatever was recorded.
    pub fn computed(curve: &PowerCurve, tariff: &Tariff) -> Self {
        let priced =
            |p: &Point| PricedPoint { memory: p.memory, duration: p.duration, cost: tariff.cost(p.memory, p.duration) };
        Self { points: curve.points().iter().map(priced).collect(), currency: tariff.currency() }
    }

    /// The recorded costs where every size has one, else computed ones throughout: costs of two
    /// price lists are not comparable. Both are in the currency of `tariff`.
    ///
    /// ```
    /// use powercurve::advise::PricedCurve;
    /// use powercurve::platform::{billing::BillingStep, pricing::{PriceBasis, PriceTable}};
    /// use powercurve::{Arch, PowerCurve};
    /// let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, "us-east-1", Arch::X86_64, BillingStep::Ms1)?;
    /// let priced = PricedCurve::recorded_or(&PowerCurve::from_ms(&[(128, 25148.0), (1024, 3084.0)])?, &tariff);
    /// assert_eq!(priced.points()[0].cost.usd(), 25148.0 * 2.1e-9);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn recorded_or(curve: &PowerCurve, tariff: &Tariff) -> Self {
        let recorded = Self::recorded(curve).map(|c| Self { currency: tariff.currency(), ..c });
        recorded.unwrap_or_else(|| Self::computed(curve, tariff))
    }

    /// The costs of a run where nobody asks for other prices, and the tariff behind computed ones: recorded costs where
    /// every size has one, else the tuning tool's constants in us-east-1 (of a run in yuan, in China) for the run's own
    /// instruction set and billing step.
    ///
    /// ```
    /// use powercurve::{PowerCurve, Run, advise::PricedCurve, platform::billing::BillingStep};
    /// let mut run = Run::new("api", PowerCurve::from_ms(&[(128, 110.0)])?);
    /// run.billing_ms = Some(100); // a run of before December 2020
    /// let (priced, tariff) = PricedCurve::usual(&run)?;
    /// assert_eq!(tariff.step(), BillingStep::Ms100);
    /// assert_eq!(priced.points()[0].cost.to_string(), "$0.0000004160"); // two steps of 100 ms
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// None with the price table that ships.
    pub fn usual(run: &Run) -> Result<(Self, Tariff)> {
        let arch = run.arch.unwrap_or_default();
        let step = run.billing_ms.and_then(BillingStep::from_ms).unwrap_or_default();
        let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, run.currency().home_region(), arch, step)?;
        let tariff = tariff.with_init(run.billed_init_ms());
        Ok((Self::recorded_or(&run.curve, &tariff), tariff))
    }

    /// The points, ascending by memory size; never empty.
    pub fn points(&self) -> &[PricedPoint] {
        &self.points
    }

    /// The currency of the costs.
    ///
    /// ```
    /// use powercurve::{advise::PricedCurve, ingest::parse_record, units::Currency};
    /// let run = parse_record(br#"{"memory_mb": [128], "duration_ms": [8], "cost_usd": [1.2e-7], "currency": "CNY"}"#)?;
    /// assert_eq!(PricedCurve::usual(&run)?.0.currency(), Currency::Cny);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The curve at only the sizes that `keep` accepts, or `None` when none is left.
    ///
    /// ```
    /// use powercurve::{PowerCurve, Run, advise::PricedCurve};
    /// let run = Run::new("resize", PowerCurve::from_ms(&[(128, 4800.0), (512, 1200.0), (1024, 630.0)])?);
    /// let (priced, _) = PricedCurve::usual(&run)?;
    /// assert_eq!(priced.filter(|m| m.mb() >= 512).map(|p| p.points().len()), Some(2));
    /// assert!(priced.filter(|m| m.mb() >= 2048).is_none());
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn filter(&self, keep: impl Fn(MemoryMb) -> bool) -> Option<Self> {
        let points: Vec<PricedPoint> = self.points.iter().copied().filter(|p| keep(p.memory)).collect();
        (!points.is_empty()).then_some(Self { points, ..*self })
    }

    /// The point at exactly this size.
    pub fn at(&self, memory: MemoryMb) -> Option<&PricedPoint> {
        self.points.binary_search_by_key(&memory, |p| p.memory).ok().map(|i| &self.points[i])
    }

    /// The same curve in the form that charts and exports take.
    pub fn to_curve(&self) -> PowerCurve {
        let point = |p: &PricedPoint| Point::new(p.memory, p.duration).with_cost(p.cost);
        PowerCurve::of_ascending(self.points.iter().map(point).collect())
    }

    /// Whether these costs are what `tariff` gives for the mean durations, within 10 % at every size.
    ///
    /// Recorded costs are not where init time was billed as well, or the prices were others.
    ///
    /// ```
    /// use powercurve::{MemoryMb, Millis, Point, PowerCurve, Run, Usd, advise::PricedCurve};
    /// // 300 ms of init were billed on top of 600 ms
    /// let cost = Usd::new(900.0 * 8.0 * 2.1e-9)?;
    /// let point = Point::new(MemoryMb::new(1024)?, Millis::new(600.0)?).with_cost(cost);
    /// let (priced, tariff) = PricedCurve::usual(&Run::new("api", PowerCurve::new(vec![point])?))?;
    /// assert!(!priced.agrees_with(&tariff));
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn agrees_with(&self, tariff: &Tariff) -> bool {
        /// Rounding each invocation up to the billing step and trimming apart stay within this.
        const CLOSE: f64 = 0.1;
        self.points.iter().all(|p| {
            let computed = tariff.cost(p.memory, p.duration).usd();
            (p.cost.usd() - computed).abs() <= CLOSE * computed
        })
    }

    /// Cost and speed of these sizes, weighed against each other.
    pub(crate) fn balance(&self, weight: f64) -> Balance {
        Balance::new(weight, self.points.iter().map(|p| (p.cost.usd(), p.duration.ms())))
    }

    /// The longest mean duration, in ms, and the highest mean cost, in $.
    pub(super) fn maxima(&self) -> (f64, f64) {
        let largest = |value: fn(&PricedPoint) -> f64| self.points.iter().map(value).fold(0.0, f64::max);
        (largest(|p| p.duration.ms()), largest(|p| p.cost.usd()))
    }

    /// The sizes as a list for a message: `128, 256 and 512 MB`.
    pub(super) fn sizes_in_words(&self) -> String {
        let sizes: Vec<String> = self.points.iter().map(|p| p.memory.mb().to_string()).collect();
        match sizes.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last} MB", rest.join(", ")),
            _ => format!("{} MB", sizes.join("")),
        }
    }
}
