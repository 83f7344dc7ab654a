//! Count, mean, spread and percentiles of durations in one pass and bounded memory.

use sketches_ddsketch::{Config, DDSketch};

use crate::moments::Moments;

/// Durations that are kept as they are; more of them are counted in a sketch. A tuning run of
/// aws-lambda-power-tuning (usually 10 to 100 invocations a size) is always exact.
const EXACT: usize = 256;

/// Largest relative error of a percentile out of the sketch: 0.5 %.
const RELATIVE_ERROR: f64 = 0.005;

/// Bins of a sketch, of 8 bytes each. They span a factor of 7.7e8 (`exp(2 * RELATIVE_ERROR * bins)`),
/// which is from 0.01 ms, the resolution of REPORT lines, to more than the 15 minutes that an
/// invocation may take. What is smaller still is counted, in the lowest bin.
const MAX_BINS: u32 = 2048;

/// Durations below this, in ms, count as 0.
const SMALLEST_MS: f64 = 1e-6;

/// Share of the durations that is left out at each end of the trimmed mean, as
/// aws-lambda-power-tuning does by default (`discardTopBottom`).
const DISCARD: f64 = 0.2;

/// Durations seen so far.
///
/// The sketch is a DDSketch: C. Masson, J. E. Rim and H. K. Lee, "DDSketch: a fast and
/// fully-mergeable quantile sketch with relative-error guarantees", PVLDB 12 (2019). It is chosen
/// over a t-digest because its error is bounded at every percentile and its answer does not depend
/// on the order of the durations, and over an HDR histogram because it needs memory only for the
/// range that the durations span.
#[derive(Default)]
pub(super) struct Distribution {
    moments: Moments,
    values: Values,
}

enum Values {
    Exact(Vec<f64>),
    Sketch(Box<DDSketch>),
}

impl Default for Values {
    fn default() -> Self {
        Self::Exact(Vec::new())
    }
}

/// Statistics of durations. Percentiles lie between two neighbours in sorted order, interpolated
/// linearly; they and the trimmed mean are exact for up to 256 durations and within 0.5 % for more.
///
/// ```
/// use powercurve::ingest::{Input, statistics_of};
/// let report = |ms: u32| format!("REPORT RequestId: 1\tDuration: {ms} ms\tMemory Size: 128 MB\n");
/// let log: String = [98, 99, 100, 101, 602].map(report).concat();
/// let function = statistics_of(vec![Ok(Input::of_bytes("api", log.into_bytes()))]).remove(0)?;
/// let summary = function.sizes[0].duration.unwrap();
/// // one slow call of five doubles the mean; the trimmed mean leaves it out
/// assert_eq!((summary.mean_ms, summary.trimmed_mean_ms, summary.p50_ms), (200.0, 100.0, 100.0));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// How many durations.
    pub count: u64,
    /// Their mean in ms.
    pub mean_ms: f64,
    /// Mean in ms of what is left without the shortest and the longest fifth, as
    /// aws-lambda-power-tuning averages: `floor(0.2 * count)` are left out at each end.
    pub trimmed_mean_ms: f64,
    /// Their standard deviation in ms (n - 1); unknown for a single one.
    pub sd_ms: Option<f64>,
    /// Median in ms.
    pub p50_ms: f64,
    /// 90th percentile in ms.
    pub p90_ms: f64,
    /// 95th percentile in ms.
    pub p95_ms: f64,
    /// 99th percentile in ms.
    pub p99_ms: f64,
}

impl Distribution {
    /// Adds a duration in ms.
    pub(super) fn push(&mut self, ms: f64) {
        self.moments.push(ms);
        match &mut self.values {
            Values::Sketch(sketch) => sketch.add(ms),
            Values::Exact(values) if values.len() < EXACT => values.push(ms),
            Values::Exact(values) => {
                let mut sketch = DDSketch::new(Config::new(RELATIVE_ERROR, MAX_BINS, SMALLEST_MS));
                values.iter().chain([&ms]).for_each(|&ms| sketch.add(ms));
                self.values = Values::Sketch(Box::new(sketch));
            }
        }
    }

    /// The statistics; `None` when there was no duration.
    pub(super) fn summary(mut self) -> Option<Summary> {
        if let Values::Exact(values) = &mut self.values {
            values.sort_by(f64::total_cmp);
        }
        Some(Summary {
            count: self.moments.count(),
            mean_ms: self.moments.mean()?,
            trimmed_mean_ms: self.trimmed_mean(DISCARD)?,
            sd_ms: self.moments.sd(),
            p50_ms: self.percentile(0.50)?,
            p90_ms: self.percentile(0.90)?,
            p95_ms: self.percentile(0.95)?,
            p99_ms: self.percentile(0.99)?,
        })
    }

    /// The value at a share of the sorted durations, between the two around it.
    fn percentile(&self, share: f64) -> Option<f64> {
        let position = share * self.moments.count().checked_sub(1)? as f64;
        let below = self.at_rank(position.floor() as u64)?;
        let above = self.at_rank(position.ceil() as u64)?;
        Some(below + (above - below) * position.fract())
    }

    /// The mean without a share of the durations at each end.
    fn trimmed_mean(&self, discard: f64) -> Option<f64> {
        let count = self.moments.count();
        let left_out = (count as f64 * discard).floor() as u64;
        let end = count.checked_sub(left_out)?;
        let (mut rank, mut sum) = (left_out, 0.0);
        while rank < end {
            // a sketch knows few different values: the ranks of each are found by bisection
            let value = self.at_rank(rank)?;
            let (mut same, mut other) = (rank, end);
            while other - same > 1 {
                let middle = same + (other - same) / 2;
                *if self.at_rank(middle)? == value { &mut same } else { &mut other } = middle;
            }
            sum += value * (other - rank) as f64;
            rank = other;
        }
        (end > left_out).then(|| sum / (end - left_out) as f64)
    }

    /// The value at a place of the sorted durations, counted from 0.
    fn at_rank(&self, rank: u64) -> Option<f64> {
        match &self.values {
            Values::Exact(sorted) => sorted.get(usize::try_from(rank).ok()?).copied(),
            Values::Sketch(sketch) => {
                // the sketch rounds the rank down, so its middle is safe from rounding
                let share = (rank as f64 + 0.5) / (self.moments.count() - 1) as f64;
                sketch.quantile(share.min(1.0)).ok().flatten()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn summary(values: impl IntoIterator<Item = f64>) -> Option<Summary> {
        let mut distribution = Distribution::default();
        values.into_iter().for_each(|ms| distribution.push(ms));
        distribution.summary()
    }

    #[test]
    fn nothing_has_no_summary_and_one_value_no_deviation() {
        assert_eq!(summary([]), None);
        let one = summary([7.5]).unwrap();
        assert_eq!((one.count, one.sd_ms), (1, None));
        assert_eq!([one.mean_ms, one.trimmed_mean_ms, one.p50_ms, one.p99_ms], [7.5; 4]);
    }

    #[test]
    fn few_values_are_exact() {
        // numpy.percentile and scipy.stats.trim_mean(x, 0.2) of the same ten values
        let ten = summary([12.0, 3.0, 45.0, 7.0, 9.0, 30.0, 8.0, 10.0, 11.0, 400.0]).unwrap();
        assert_eq!(ten.p50_ms, 10.5);
        assert!((ten.p90_ms - 80.5).abs() < 1e-9);
        assert!((ten.p99_ms - 368.05).abs() < 1e-9);
        assert!((ten.trimmed_mean_ms - 80.0 / 6.0).abs() < 1e-12);
        assert_eq!(ten.mean_ms, 53.5);
    }

    #[test]
    fn percentiles_of_a_known_distribution() {
        // an exponential distribution of mean 100 ms has its p-quantile at -100 ln(1 - p)
        let n = 200_000;
        let values = (0..n).map(|i| -100.0 * (1.0 - (f64::from(i) + 0.5) / f64::from(n)).ln());
        let s = summary(values).unwrap();
        for (p, ms) in [(0.5, s.p50_ms), (0.9, s.p90_ms), (0.95, s.p95_ms), (0.99, s.p99_ms)] {
            let expected = -100.0 * (1.0f64 - p).ln();
            assert!((ms / expected - 1.0).abs() < RELATIVE_ERROR * 1.01, "p{p}: {ms} for {expected}");
        }
        // the integral of the quantile function over 0.2..0.8, divided by 0.6
        let expected = 100.0 * (0.6 + 0.2 * 0.2f64.ln() - 0.8 * 0.8f64.ln()) / 0.6;
        assert!((s.trimmed_mean_ms / expected - 1.0).abs() < RELATIVE_ERROR, "{} for {expected}", s.trimmed_mean_ms);
    }

    #[test]
    fn a_rare_jump_within_the_trimmed_mean_is_not_missed() {
        let s = summary((0..100_000).map(|i| if i < 79_990 { 1.0 } else { 1e5 })).unwrap();
        let expected = (59_990.0 + 10.0 * 1e5) / 60_000.0;
        assert!((s.trimmed_mean_ms / expected - 1.0).abs() < RELATIVE_ERROR, "{} for {expected}", s.trimmed_mean_ms);
    }

    #[test]
    fn values_beyond_the_range_of_the_sketch_are_counted() {
        let s = summary((0..1000).map(|i| if i % 2 == 0 { 1e-9 } else { 8.64e7 })).unwrap();
        assert_eq!(s.count, 1000);
        assert!((s.p90_ms / 8.64e7 - 1.0).abs() < RELATIVE_ERROR * 1.01, "{}", s.p90_ms);
    }

    proptest! {
        #[test]
        fn the_sketch_keeps_its_promise_in_any_order(
            mut values in prop::collection::vec(0.01..9e5f64, EXACT + 1..3000), from in any::<prop::sample::Index>(),
        ) {
            let middle = from.index(values.len());
            values.rotate_left(middle);
            let s = summary(values.iter().copied()).unwrap();
            values.sort_by(f64::total_cmp);
            let again = summary(values.iter().copied()).unwrap();
            prop_assert_eq!((s.p50_ms, s.p99_ms, s.trimmed_mean_ms), (again.p50_ms, again.p99_ms, again.trimmed_mean_ms));
            let n = values.len();
            for (p, ms) in [(0.5, s.p50_ms), (0.9, s.p90_ms), (0.95, s.p95_ms), (0.99, s.p99_ms)] {
                let position = p * (n - 1) as f64;
                let (low, high) = (values[position.floor() as usize], values[position.ceil() as usize]);
                let exact = low + (high - low) * position.fract();
                prop_assert!((ms / exact - 1.0).abs() < RELATIVE_ERROR * 1.01, "p{} of {}: {} for {}", p, n, ms, exact);
            }
            let k = (n as f64 * DISCARD).floor() as usize;
            let trimmed = values[k..n - k].iter().sum::<f64>() / (n - 2 * k) as f64;
            prop_assert!((s.trimmed_mean_ms / trimmed - 1.0).abs() < RELATIVE_ERROR * 1.01, "{} for {}", s.trimmed_mean_ms, trimmed);
        }
    }
}
