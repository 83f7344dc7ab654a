//! A figure and how sure it is.

use serde::Serialize;

use crate::model::posterior::quantile;

/// Standard deviations to the ends of a 90 % interval.
const Z_90: f64 = 1.645;

/// A figure with its 90 % interval.
///
/// ```
/// use powercurve::advise::{Account, Estimate, Market, Prospect, Strategy, Wish};
/// # use powercurve::{PowerCurve, Run, load::FunctionLoad};
/// # let market = Market { region: "us-east-1".into(), given: Default::default(), free_tier: false };
/// # let load = FunctionLoad { invocations_per_month: Some(1e5), ..Default::default() };
/// let run = Run::new("resize", PowerCurve::from_ms(&[(512, 1200.0)])?);
/// let fastest = Wish { strategy: Strategy::Speed, ..Wish::default() };
/// let Estimate { low, mid, high } = Prospect::new(&run, &load, &fastest, &Account::new(&market)?)?.faster_ms;
/// // of one measured size: a larger one may gain next to nothing, or nearly all of it
/// assert!(low < 100.0 && mid > 500.0 && high > 1000.0);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Estimate {
    /// The median.
    pub mid: f64,
    /// 5 % quantile.
    pub low: f64,
    /// 95 % quantile.
    pub high: f64,
}

impl Estimate {
    /// The quantiles of equally likely values, widened by independent noise of standard deviation `noise_sd`.
    pub(super) fn of(mut values: Vec<f64>, noise_sd: f64) -> Self {
        let (mid, noise) = (quantile(&mut values, 0.5), Z_90 * noise_sd);
        let (low, high) = (quantile(&mut values, 0.05), quantile(&mut values, 0.95));
        Self { mid, low: mid - (mid - low).hypot(noise), high: mid + (high - mid).hypot(noise) }
    }

    /// The estimate of `f` of the figure, for an `f` that grows or falls throughout.
    pub(super) fn map(self, f: impl Fn(f64) -> f64) -> Self {
        let (low, high) = (f(self.low), f(self.high));
        Self { mid: f(self.mid), low: low.min(high), high: low.max(high) }
    }

    /// The sum of two figures that err together.
    pub(super) fn plus(self, other: Self) -> Self {
        Self { mid: self.mid + other.mid, low: self.low + other.low, high: self.high + other.high }
    }

    /// The sum of figures that err independently of each other.
    pub(super) fn sum(all: impl Iterator<Item = Self>) -> Self {
        let (mut mid, mut below, mut above) = (0.0, 0.0, 0.0);
        for e in all {
            mid += e.mid;
            below += (e.mid - e.low).powi(2);
            above += (e.high - e.mid).powi(2);
        }
        Self { mid, low: mid - below.sqrt(), high: mid + above.sqrt() }
    }
}
