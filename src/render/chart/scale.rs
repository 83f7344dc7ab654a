//! From values to positions on an axis, and the ticks of the axis.

use std::ops::RangeInclusive;

use crate::units::{Currency, MemoryMb};

/// Scale of the duration axis.
///
/// ```
/// use powercurve::PowerCurve;
/// use powercurve::render::chart::{AxisScale, Chart, Picture, Series};
/// let curve = PowerCurve::from_ms(&[(128, 19_000.0), (1024, 1000.0)])?; // a factor of 19
/// let chart = Chart::new("busy", Series::measured("busy", curve));
/// assert!(!Picture::chart(&chart).svg()?.contains("duration (log scale)"));
/// let log = Chart { duration_scale: AxisScale::Log, ..chart };
/// assert!(Picture::chart(&log).svg()?.contains("duration (log scale)"));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum AxisScale {
    /// Linear from zero, or logarithmic where the longest duration is more than 20 times the shortest.
    #[default]
    Auto,
    /// Linear from zero.
    Linear,
    /// Logarithmic.
    Log,
}

/// What an axis shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantity {
    /// Milliseconds.
    Duration,
    /// Money per million invocations.
    Cost,
}

impl Quantity {
    /// Largest over smallest value beyond which the automatic scale is logarithmic. Cost may span
    /// the whole range of memory sizes (a factor of 80) and scatter on top of it, and still be linear:
    /// that it grows with memory is what a flat curve has to show.
    const fn widest_linear(self) -> f64 {
        match self {
            Self::Duration => 20.0,
            Self::Cost => 400.0,
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Duration => "duration",
            Self::Cost => "cost per million invocations",
        }
    }
}

/// A value axis: position 0 is its lower end, 1 its upper end.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    log: bool,
    /// Title, with the scale where it is not linear.
    pub title: String,
    /// Values and their labels, ascending.
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Where a value is, at most a little outside 0..=1.
    pub fn position(&self, value: f64) -> f64 {
        let at = |v: f64| if self.log { v.max(f64::MIN_POSITIVE).ln() } else { v };
        ((at(value) - at(self.low)) / (at(self.high) - at(self.low))).clamp(-0.1, 1.1)
    }

    /// A linear axis from zero to at least `top`.
    fn linear(quantity: Quantity, top: f64, intervals: u32, currency: Currency) -> Self {
        let step = step(quantity, top, intervals);
        let ticks = (0..=intervals).map(|i| step * f64::from(i));
        let ticks = match quantity {
            Quantity::Duration => {
                let (per_unit, unit) = duration_unit(top);
                let decimals = decimals(step / per_unit);
                ticks.map(|ms| (ms, with_unit(&number(ms / per_unit, decimals), unit))).collect()
            }
            Quantity::Cost => ticks.map(|usd| (usd, currency.text(&dollars(usd, step)))).collect(),
        };
        Self { low: 0.0, high: step * f64::from(intervals), log: false, title: quantity.title().to_owned(), ticks }
    }

    /// A logarithmic axis with ticks at 1, 2 and 5 times powers of ten, or at fewer of them.
    fn log(quantity: Quantity, values: Span, most: u32, currency: Currency) -> Self {
        // in logarithms, since the ratio of the longest to the shortest duration may be no number
        let (from, to) = (values.low.ln(), values.high.ln());
        let room = (0.04 * (to - from)).max(1.2f64.ln()).max((LEAST_LOG_SPAN.ln() - (to - from)) / 2.0);
        let (mut low, mut high) = ((from - room).exp().max(f64::MIN_POSITIVE), (to + room).exp().min(f64::MAX));
        let mut ticks = log_ticks(low, high, most);
        if ticks.len() < 2 {
            (low, high) = (one_two_five_below(low), one_two_five_above(high));
            ticks = log_ticks(low * 0.999, high * 1.001, most);
        }
        let label = |value: f64| match quantity {
            Quantity::Duration => {
                let (per_unit, unit) = match value {
                    ms if ms < 0.999 => (1e-3, "µs"),
                    ms if ms < 999.0 => (1.0, "ms"),
                    _ => (1e3, "s"),
                };
                with_unit(&number(value / per_unit, decimals(value / per_unit)), unit)
            }
            Quantity::Cost => currency.text(&dollars(value, value)),
        };
        let ticks = ticks.into_iter().map(|value| (value, label(value))).collect();
        Self { low, high, log: true, title: format!("{} (log scale)", quantity.title()), ticks }
    }
}

/// Smallest and largest value that an axis shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub low: f64,
    pub high: f64,
}

impl Span {
    /// The span of some values, or `None` when there is none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        values.into_iter().fold(None, |span: Option<Self>, v| {
            Some(span.map_or(Self { low: v, high: v }, |s| Self { low: s.low.min(v), high: s.high.max(v) }))
        })
    }

    /// Whether the automatic scale for these values is logarithmic.
    pub fn wants_log(self, quantity: Quantity) -> bool {
        self.low > 0.0 && self.high / self.low > quantity.widest_linear()
    }
}

/// The duration axis (ms) and, where there are costs, the cost axis (money per million). Where both
/// are linear they have the same number of intervals, so that one grid serves both.
pub(super) fn axes(
    durations: Span,
    scale: AxisScale,
    costs: Option<Span>,
    intervals: &RangeInclusive<u32>,
    currency: Currency,
) -> (Axis, Option<Axis>) {
    let log_duration = match scale {
        AxisScale::Auto => durations.wants_log(Quantity::Duration),
        AxisScale::Linear => false,
        AxisScale::Log => durations.low > 0.0,
    };
    let log_cost = costs.is_some_and(|c| c.wants_log(Quantity::Cost));
    let duration_top = (!log_duration).then_some(durations.high * HEADROOM);
    let cost_top = costs.filter(|_| !log_cost).map(|c| c.high * HEADROOM);
    // the height of the axis over the part of it that is used
    let height = |quantity, top: Option<f64>, n: u32| {
        top.map_or(0.0, |top| step(quantity, top, n) * f64::from(n) / top.max(f64::MIN_POSITIVE))
    };
    let heights = |n: u32| height(Quantity::Duration, duration_top, n) + height(Quantity::Cost, cost_top, n);
    // of equals the finer grid
    let finest_first = intervals.clone().rev();
    let n = finest_first.min_by(|&a, &b| heights(a).total_cmp(&heights(b))).unwrap_or(*intervals.end());
    let axis = |quantity, span: Span, top: Option<f64>| match top {
        Some(top) => Axis::linear(quantity, top, n, currency),
        None => Axis::log(quantity, span, intervals.end() + 3, currency),
    };
    let duration = axis(Quantity::Duration, durations, duration_top);
    (duration, costs.map(|costs| axis(Quantity::Cost, costs, cost_top)))
}

/// Largest over smallest value of a logarithmic axis, at least: what hardly changes must look flat.
const LEAST_LOG_SPAN: f64 = 10.0;

/// Room above the largest value on a linear axis, as a factor.
const HEADROOM: f64 = 1.04;

/// The distance of the ticks on a linear axis of `n` intervals that reaches `top`: a round number in the
/// unit of the tick labels.
fn step(quantity: Quantity, top: f64, n: u32) -> f64 {
    let per_unit = if quantity == Quantity::Duration { duration_unit(top).0 } else { 1.0 };
    nice_at_least(top / f64::from(n) / per_unit) * per_unit
}

/// Milliseconds in the unit that suits an axis up to `high` ms, and its name.
fn duration_unit(high: f64) -> (f64, &'static str) {
    match high {
        ms if ms < 1.0 => (1e-3, "µs"),
        ms if ms < 2e3 => (1.0, "ms"),
        ms if ms < 300e3 => (1e3, "s"),
        _ => (60e3, "min"),
    }
}

/// The smallest round number that is not below `least`.
pub(super) fn nice_at_least(least: f64) -> f64 {
    if least.is_nan() || least <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(least.log10().floor());
    let mantissas = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0];
    mantissas.into_iter().find(|m| m * power >= least * (1.0 - 1e-9)).unwrap_or(10.0) * power
}

fn one_two_five_below(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    [5.0, 2.0].into_iter().find(|m| m * power <= value).unwrap_or(1.0) * power
}

fn one_two_five_above(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0].into_iter().find(|m| m * power >= value).unwrap_or(10.0) * power
}

/// At most `most` ticks where that leaves two: 1-2-5, else powers of ten, else every second one and so on.
fn log_ticks(low: f64, high: f64, most: u32) -> Vec<f64> {
    let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let ticks = |mantissas: &[f64], stride: i32| -> Vec<f64> {
        let decades = decades.clone().filter(|d| d.rem_euclid(stride) == 0);
        let values = decades.flat_map(|d| mantissas.iter().map(move |m| m * 10f64.powi(d)));
        values.filter(|t| (low..=high).contains(t)).collect()
    };
    let finest = || ticks(&[1.0, 2.0, 5.0], 1);
    let coarser = (1..400).map(|stride| ticks(&[1.0], stride));
    let mut choices = std::iter::once(finest()).chain(coarser);
    choices.find(|t| (2..=most as usize).contains(&t.len())).unwrap_or_else(finest)
}

/// Decimal places that write every multiple of `step` in full; at most 12.
fn decimals(step: f64) -> usize {
    (0..12)
        .find(|&d| {
            let scaled = step * 10f64.powi(d);
            (scaled - scaled.round()).abs() < 1e-6 * scaled
        })
        .map_or(12, |d| d as usize)
}

/// A number with a comma between thousands, or as a power of ten where it would be mostly zeros.
pub(super) fn number(value: f64, decimals: usize) -> String {
    if decimals > 6 && value != 0.0 {
        return format!("{value:.1e}");
    }
    let plain = format!("{value:.decimals$}");
    let (whole, fraction) = plain.split_once('.').map_or((plain.as_str(), ""), |(w, f)| (w, f));
    let digits = whole.len();
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (digits - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if fraction.is_empty() { grouped } else { format!("{grouped}.{fraction}") }
}

/// An amount with as many decimals as multiples of `step` need; cents come in pairs.
pub(super) fn dollars(usd: f64, step: f64) -> String {
    let decimals = decimals(step);
    if usd == 0.0 { "$0".to_owned() } else { format!("${}", number(usd, if decimals == 1 { 2 } else { decimals })) }
}

fn with_unit(number: &str, unit: &str) -> String {
    if number.chars().any(|c| c.is_ascii_digit() && c != '0') { format!("{number} {unit}") } else { "0".to_owned() }
}

/// The memory axis: the logarithm to base 2 of the size, so that each doubling is one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct MemoryAxis {
    low: f64,
    high: f64,
}

impl MemoryAxis {
    /// From the smallest size to the largest, with a little room; at least one doubling.
    pub fn new(sizes: impl IntoIterator<Item = MemoryMb>) -> Self {
        let span = Span::of(sizes.into_iter().map(|m| m.as_f64().log2())).unwrap_or(Span { low: 7.0, high: 7.0 });
        let room = ((1.0 - (span.high - span.low)) / 2.0).max(0.035 * (span.high - span.low));
        Self { low: span.low - room, high: span.high + room }
    }

    /// Where a size is, 0 to 1.
    pub fn position(&self, memory: MemoryMb) -> f64 {
        (memory.as_f64().log2() - self.low) / (self.high - self.low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    fn one(low: f64, high: f64, scale: AxisScale) -> Axis {
        axes(Span { low, high }, scale, None, &(4..=6), Currency::Usd).0
    }

    #[test]
    fn a_linear_axis_starts_at_zero_and_has_round_ticks() {
        let axis = one(2_010.0, 37_002.0, AxisScale::Auto);
        assert_eq!(labels(&axis), ["0", "10 s", "20 s", "30 s", "40 s"]);
        assert_eq!((axis.position(0.0), axis.position(40_000.0)), (0.0, 1.0));
    }

    #[test]
    fn the_unit_follows_the_longest_duration() {
        assert_eq!(labels(&one(0.5, 0.9, AxisScale::Linear)).last(), Some(&"1,000 µs"));
        assert_eq!(labels(&one(400.0, 900.0, AxisScale::Linear)).last(), Some(&"1,000 ms"));
        assert_eq!(labels(&one(400e3, 890e3, AxisScale::Linear)).last(), Some(&"16 min"));
    }

    #[test]
    fn beyond_a_factor_of_20_durations_are_logarithmic_and_the_title_says_so() {
        let axis = one(10.0, 201.0, AxisScale::Auto);
        assert_eq!(axis.title, "duration (log scale)");
        assert_eq!(labels(&axis), ["10 ms", "20 ms", "50 ms", "100 ms", "200 ms"]);
        assert_eq!(one(10.0, 199.0, AxisScale::Auto).title, "duration");
    }

    #[test]
    fn log_ticks_thin_out_over_many_decades_and_never_vanish() {
        let wide = one(0.001, 900_000.0, AxisScale::Auto);
        assert_eq!(labels(&wide), ["10 µs", "1 ms", "100 ms", "10 s", "1,000 s"]);
        let narrow = one(30.0, 31.0, AxisScale::Log);
        assert!(narrow.ticks.len() >= 2, "{:?}", narrow.ticks);
        assert!((0.0..=1.0).contains(&narrow.position(30.0)));
    }

    #[test]
    fn two_linear_axes_share_their_grid() {
        let (duration, cost) = axes(
            Span { low: 5.0, high: 83.0 },
            AxisScale::Auto,
            Some(Span { low: 0.2, high: 1.17 }),
            &(4..=6),
            Currency::Usd,
        );
        assert_eq!(duration.ticks.len(), cost.map_or(0, |c| c.ticks.len()));
    }

    #[test]
    fn the_cost_axis_is_in_the_currency_of_the_costs() {
        let costs = |low| Some(Span { low, high: 60.0 });
        for low in [20.0, 0.01] {
            let one = Span { low: 1.0, high: 1.0 };
            let (_, cost) = axes(one, AxisScale::Auto, costs(low), &(4..=6), Currency::Cny);
            let cost = cost.unwrap();
            assert!(labels(&cost).iter().all(|label| label.starts_with('¥')), "{cost:?}");
        }
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(number(1_234_567.5, 1), "1,234,567.5");
        assert_eq!(number(999.0, 0), "999");
        assert_eq!(number(0.25, 2), "0.25");
        assert_eq!(number(2.5e-9, 10), "2.5e-9");
    }

    #[test]
    fn a_cost_of_nothing_still_has_an_axis() {
        let (_, cost) = axes(
            Span { low: 1.0, high: 1.0 },
            AxisScale::Auto,
            Some(Span { low: 0.0, high: 0.0 }),
            &(4..=6),
            Currency::Usd,
        );
        assert!(cost.is_some_and(|c| c.position(0.0) == 0.0 && c.ticks.len() > 2));
    }

    #[test]
    fn a_doubling_of_memory_is_always_the_same_distance() {
        let size = |mb| MemoryMb::new(mb).unwrap();
        let axis = MemoryAxis::new([128, 10_240].map(size));
        let step = |from, to| axis.position(size(to)) - axis.position(size(from));
        assert!((step(128, 256) - step(2048, 4096)).abs() < 1e-12);
        let single = MemoryAxis::new([size(512)]);
        assert!((single.position(size(512)) - 0.5).abs() < 1e-12);
    }
}
