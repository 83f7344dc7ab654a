//! The three strategies of aws-lambda-power-tuning.

use std::fmt;

use crate::advise::{PricedCurve, PricedPoint};
use crate::error::{Error, Result};
use crate::predict::Balance;

/// How a memory size is chosen among the measured ones, exactly as aws-lambda-power-tuning does.
///
/// Source: lambda/analyzer.js and README-INPUT-OUTPUT.md of
/// github.com/alexcasalboni/aws-lambda-power-tuning.
///
/// ```
/// use powercurve::advise::{PricedCurve, Strategy};
/// use powercurve::{PowerCurve, Run};
/// let curve = PowerCurve::from_ms(&[(128, 4800.0), (512, 1240.0), (1024, 620.0), (3008, 590.0)])?;
/// let (priced, _) = PricedCurve::usual(&Run::new("resize", curve))?;
/// let choices = Strategy::ALL.map(|strategy| (strategy.name(), strategy.pick(&priced).memory.mb()));
/// assert_eq!(choices, [("cost", 128), ("balanced", 1024), ("speed", 3008)]);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Strategy {
    /// The lowest mean cost; of equals, the faster.
    #[default]
    Cost,
    /// The shortest mean duration; of equals, the cheaper.
    Speed,
    /// The lowest `w * cost/max(cost) + (1 - w) * duration/max(duration)`; of equals, the smaller size.
    ///
    /// The maxima are those of the measured sizes, so measuring one size more can move the choice.
    Balanced(
        /// The weight `w` of the cost, 0 to 1; see [`Strategy::balanced`].
        f64,
    ),
}

impl Strategy {
    /// The names on the command line and in the tuner's input.
    ///
    /// ```
    /// use powercurve::advise::Strategy;
    /// assert!(Strategy::NAMES.iter().all(|name| Strategy::named(name, 0.5).is_ok()));
    /// ```
    pub const NAMES: [&str; 3] = ["cost", "speed", "balanced"];

    /// All three, the balanced one with the tuner's default weight.
    pub const ALL: [Self; 3] = [Self::Cost, Self::Balanced(Self::DEFAULT_WEIGHT), Self::Speed];

    /// Weight of the cost that the tuner takes by default.
    ///
    /// ```
    /// use powercurve::advise::Strategy;
    /// assert_eq!(Strategy::DEFAULT_WEIGHT, 0.5); // cost and speed count the same
    /// ```
    pub const DEFAULT_WEIGHT: f64 = Balance::EVEN;

    /// The balanced strategy; the weight is clamped to 0 (speed) to 1 (cost), as the tuner does.
    ///
    /// ```
    /// use powercurve::advise::Strategy;
    /// assert_eq!(Strategy::balanced(7.0)?, Strategy::Balanced(1.0));
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the weight is not a number.
    pub fn balanced(weight: f64) -> Result<Self> {
        if weight.is_nan() {
            return Err(Error::new("weight NaN is not usable: expected a number of 0 (speed) to 1 (cost)"));
        }
        Ok(Self::Balanced(weight.clamp(0.0, 1.0)))
    }

    /// The strategy of this name; `weight` counts only for `balanced`.
    ///
    /// ```
    /// use powercurve::advise::Strategy;
    /// assert_eq!(Strategy::named("balanced", 0.7)?.weight(), 0.7);
    /// assert_eq!(Strategy::named("speed", 0.7)?.weight(), 0.0);
    /// assert!(Strategy::named("fast", 0.7).is_err());
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the name is none of [`Strategy::NAMES`], or the weight is not a number.
    pub fn named(name: &str, weight: f64) -> Result<Self> {
        match name {
            "cost" => Ok(Self::Cost),
            "speed" => Ok(Self::Speed),
            "balanced" => Self::balanced(weight),
            _ => Err(Error::new(format!("strategy '{name}' is unknown: expected one of {}", Self::NAMES.join(", ")))),
        }
    }

    /// The name on the command line and in the tuner's input.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Speed => "speed",
            Self::Balanced(_) => "balanced",
        }
    }

    /// The weight of the cost: 1 where only cost counts, 0 where only speed does.
    pub const fn weight(self) -> f64 {
        match self {
            Self::Cost => 1.0,
            Self::Speed => 0.0,
            Self::Balanced(weight) => weight,
        }
    }

    /// The chosen size.
    ///
    /// ```
    /// use powercurve::advise::{PricedCurve, Strategy};
    /// use powercurve::{MemoryMb, Millis, Point, PowerCurve, Usd};
    /// let point = |mb, ms, usd| Ok::<_, powercurve::Error>(Point::new(MemoryMb::new(mb)?, Millis::new(ms)?).with_cost(Usd::new(usd)?));
    /// // the example of aws-lambda-power-tuning's README: 1024 and 1536 MB cost the same, the faster one wins
    /// let curve = PowerCurve::new(vec![point(1024, 3890.892, 6.4896e-5)?, point(1536, 2512.227, 6.4896e-5)?])?;
    /// let priced = PricedCurve::recorded(&curve).unwrap();
    /// assert_eq!(Strategy::Cost.pick(&priced).memory.mb(), 1536);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn pick(self, curve: &PricedCurve) -> PricedPoint {
        let all = curve.points();
        self.pick_among(curve, all.iter()).unwrap_or(all[0]) // a curve has at least one point
    }

    /// What the strategy minimises, at one size of the curve.
    pub(super) fn value(self, curve: &PricedCurve, point: &PricedPoint) -> f64 {
        match self {
            Self::Cost => point.cost.usd(),
            Self::Speed => point.duration.ms(),
            Self::Balanced(weight) => curve.balance(weight).score(point.cost.usd(), point.duration.ms()),
        }
    }

    /// The choice among some `candidates` of the curve, `None` when there are none. The maxima of
    /// the balanced strategy stay those of the whole curve.
    pub(super) fn pick_among<'a>(
        self,
        curve: &PricedCurve,
        candidates: impl Iterator<Item = &'a PricedPoint>,
    ) -> Option<PricedPoint> {
        let balance = curve.balance(self.weight());
        // what the strategy minimises, and what decides between equals
        let rank = |p: &PricedPoint| match self {
            Self::Cost => (p.cost.usd(), p.duration.ms()),
            Self::Speed => (p.duration.ms(), p.cost.usd()),
            Self::Balanced(_) => (balance.score(p.cost.usd(), p.duration.ms()), 0.0),
        };
        // min_by keeps the first of equals: the smaller size, as the tuner's stable sort does
        let by_rank = |a: &&PricedPoint, b: &&PricedPoint| {
            let (a, b) = (rank(a), rank(b));
            a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
        };
        candidates.min_by(by_rank).copied()
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Balanced(weight) => write!(f, "balanced, weight {weight}"),
            other => f.pad(other.name()),
        }
    }
}
