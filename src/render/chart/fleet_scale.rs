//! The axes of a fleet: multiples of a duration, and dollars on both sides of zero.

use super::scale::{dollars, nice_at_least};

/// Most ticks of an axis on one side.
const MOST_TICKS: usize = 6;

/// Multiples of a duration on a logarithmic axis that always holds 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Factors {
    low: f64,
    high: f64,
    /// Multiples and their labels, ascending.
    pub ticks: Vec<(f64, String)>,
}

impl Factors {
    /// An axis for multiples above 0.
    pub fn new(values: impl Iterator<Item = f64>) -> Self {
        // beyond a thousandth and a thousandfold everything is at the edge
        let usable = values.filter(|v| v.is_finite()).map(|v| v.clamp(1e-3, 1e3).ln());
        let (low, high) = usable.fold((0.0f64, 0.0f64), |(low, high), v| (low.min(v), high.max(v)));
        let room = (0.08 * (high - low)).max(0.05);
        let (low, high) = (low - room, high + room);
        Self { low, high, ticks: ticks(low.exp(), high.exp()) }
    }

    /// Where a multiple is, at most a little outside 0..=1.
    pub fn position(&self, value: f64) -> f64 {
        ((value.max(f64::MIN_POSITIVE).ln() - self.low) / (self.high - self.low)).clamp(-0.1, 1.1)
    }
}

/// Round changes in per cent where the range is narrow, else powers of two.
fn ticks(low: f64, high: f64) -> Vec<(f64, String)> {
    let doublings = (high / low).log2();
    if doublings < 1.5 {
        let step = nice_at_least((high - low) / MOST_TICKS as f64);
        let steps = ((low - 1.0) / step).ceil() as i32..=((high - 1.0) / step).floor() as i32;
        return steps.map(|k| (1.0 + f64::from(k) * step, change(f64::from(k) * step))).collect();
    }
    let stride = (doublings / (2.0 * MOST_TICKS as f64)).ceil().max(1.0) as i32;
    let powers = (low.log2().ceil() as i32..=high.log2().floor() as i32).filter(|p| p % stride == 0);
    powers.map(|p| (2f64.powi(p), multiple(p))).collect()
}

fn change(share: f64) -> String {
    if share.abs() < 1e-9 { "as now".to_owned() } else { format!("{:+} %", (1e4 * share).round() / 100.0) }
}

fn multiple(power: i32) -> String {
    let factor = 2u64.pow(power.unsigned_abs());
    match power {
        0 => "as now".to_owned(),
        1.. => format!("{factor} ×"),
        _ => format!("1/{factor} ×"),
    }
}

/// Dollars on an axis that always holds 0: linear, or logarithmic on both sides where a few amounts dwarf the others.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Money {
    /// Amount up to which a logarithmic axis is nearly linear (that of the inverse hyperbolic sine); `None` for linear.
    unit: Option<f64>,
    low: f64,
    high: f64,
    /// Amounts and their labels, ascending.
    pub ticks: Vec<(f64, String)>,
}

impl Money {
    /// The largest amount over the median one from which the axis is logarithmic.
    const SPREAD: f64 = 10.0;
    /// How far the logarithmic part goes down from the largest amount, in powers of ten.
    const DECADES: i32 = 3;

    /// An axis for amounts of any sign.
    pub fn new(values: impl Iterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.filter(|v| v.is_finite()).collect();
        let mut sizes: Vec<f64> = values.iter().map(|v| v.abs()).collect();
        sizes.sort_by(f64::total_cmp);
        let largest = sizes.last().copied().filter(|v| *v > 0.0);
        let median = sizes.get(sizes.len() / 2).copied().unwrap_or_default();
        let dwarfs = largest.filter(|v| *v > Self::SPREAD * median);
        let unit = dwarfs.map(|v| 10f64.powi(v.log10().floor() as i32 - Self::DECADES));
        let largest = largest.unwrap_or(1.0);
        let axis = Self { unit, low: 0.0, high: 0.0, ticks: Vec::new() };
        let ends = values.iter().map(|v| axis.stretched(*v)).chain([0.0]);
        let (low, high) = ends.fold((0.0f64, 0.0f64), |(low, high), v| (low.min(v), high.max(v)));
        let room = (0.06 * (high - low)).max(0.06 * axis.stretched(largest));
        let (low, high) = (low - room, high + room);
        let steps = match unit {
            None => {
                let step = nice_at_least((high - low) / MOST_TICKS as f64);
                let steps = (low / step).ceil() as i32..=(high / step).floor() as i32;
                steps.map(|k| (f64::from(k) * step, step)).collect()
            }
            Some(unit) => {
                let amounts: Vec<f64> = (0..=Self::DECADES + 1).map(|k| unit * 10f64.powi(k)).collect();
                let negative = amounts.iter().rev().map(|v| (-v, *v));
                let all = negative.chain([(0.0, 1.0)]).chain(amounts.iter().map(|v| (*v, *v)));
                all.filter(|(v, _)| (low..=high).contains(&axis.stretched(*v))).collect::<Vec<_>>()
            }
        };
        let label = |(usd, step): (f64, f64)| {
            let sign = if usd < 0.0 { "-" } else { "" };
            (usd, format!("{sign}{}", dollars(usd.abs(), step)))
        };
        Self { low, high, ticks: steps.into_iter().map(label).collect(), ..axis }
    }

    fn stretched(&self, usd: f64) -> f64 {
        self.unit.map_or(usd, |unit| (usd / unit).asinh())
    }

    /// Where an amount is, at most a little outside 0..=1.
    pub fn position(&self, usd: f64) -> f64 {
        ((self.stretched(usd) - self.low) / (self.high - self.low)).clamp(-0.1, 1.1)
    }

    /// What to say of the scale; empty for a linear one.
    pub fn note(&self) -> &'static str {
        if self.unit.is_some() { " (log scale on both sides of 0)" } else { "" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[(f64, String)]) -> Vec<&str> {
        ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn durations_have_powers_of_two_or_per_cents() {
        let wide = Factors::new([0.25, 1.9].into_iter());
        assert_eq!(labels(&wide.ticks), ["1/4 ×", "1/2 ×", "as now", "2 ×"]);
        let narrow = Factors::new([0.92, 1.04].into_iter());
        assert!(labels(&narrow.ticks).contains(&"-8 %") && labels(&narrow.ticks).contains(&"as now"), "{narrow:?}");
        assert!((wide.position(0.5) - wide.position(0.25) - (wide.position(2.0) - wide.position(1.0))).abs() < 1e-12);
        let nothing = Factors::new(std::iter::empty());
        assert!((nothing.position(1.0) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn money_is_linear_until_a_few_amounts_dwarf_the_others() {
        let even = Money::new([20.0, -5.0, 12.0].into_iter());
        assert_eq!((even.note(), labels(&even.ticks)), ("", vec!["-$5", "$0", "$5", "$10", "$15", "$20"]));
        let skewed = Money::new([1200.0, 3.0, 2.0, -0.5].into_iter());
        assert!(labels(&skewed.ticks).ends_with(&["$0", "$1", "$10", "$100", "$1,000"]), "{skewed:?}");
        let order = [-0.5, 0.0, 2.0, 3.0, 1200.0].map(|usd| skewed.position(usd));
        assert!(order.is_sorted() && order[0] > 0.0 && order[4] < 1.0);
    }

    #[test]
    fn nothing_to_save_still_has_an_axis() {
        for values in [vec![], vec![0.0], vec![f64::NAN, f64::INFINITY]] {
            let axis = Money::new(values.into_iter());
            assert!(axis.ticks.len() > 1 && axis.position(0.0).is_finite(), "{axis:?}");
        }
    }
}
