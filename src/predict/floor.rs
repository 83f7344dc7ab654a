//! How close any curve can come to measurements that scatter.

use std::ops::Range;

/// The curve closest to `durations` (ms, in the order of their memory sizes) among all that never rise with memory, of
/// whatever form: its mean relative error `|curve / measured - 1|` is the least that such a curve can have.
///
/// It follows the measurements as they came and predicts nothing; what it misses goes up and down with memory. More memory
/// does not slow a warm function down, so that no model of its curve comes closer on average.
///
/// Source: pooling of adjacent violators with weighted medians (Robertson and Waltman, "On estimating monotone parameters",
/// Annals of Mathematical Statistics 39, 1968).
///
/// ```
/// use powercurve::predict::never_rising;
/// assert_eq!(never_rising(&[400.0, 200.0, 100.0]), [400.0, 200.0, 100.0]);
/// // 100 and 400 ms share one level: at 100 the larger one is missed by 75 %, at 400 the smaller one by 300 %
/// assert_eq!(never_rising(&[500.0, 100.0, 400.0, 50.0]), [500.0, 100.0, 100.0, 50.0]);
/// assert!(never_rising(&[]).is_empty());
/// ```
pub fn never_rising(durations: &[f64]) -> Vec<f64> {
    let level = |stretch: &Range<usize>| closest_level(&durations[stretch.clone()]);
    // neighbours on one level, each stretch at most as high as the one before
    let mut stretches: Vec<(f64, Range<usize>)> = Vec::new();
    for (i, &duration) in durations.iter().enumerate() {
        let mut stretch = i..i + 1;
        let mut ms = duration;
        while let Some((_, before)) = stretches.pop_if(|(before_ms, _)| *before_ms < ms) {
            stretch.start = before.start;
            ms = level(&stretch);
        }
        stretches.push((ms, stretch));
    }
    stretches.into_iter().flat_map(|(ms, stretch)| stretch.map(move |_| ms)).collect()
}

/// The level with the least sum of relative errors to `durations`, of which there is at least one: their median, where each
/// weighs as much as it counts, by its inverse.
fn closest_level(durations: &[f64]) -> f64 {
    let mut sorted = durations.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.iter().map(|d| 1.0 / d).sum::<f64>() / 2.0;
    let mut weight = 0.0;
    let reaches_half = |d: &&f64| {
        weight += 1.0 / **d;
        weight >= half
    };
    let middle = sorted.iter().find(reaches_half).or(sorted.last());
    *middle.expect("at least one duration")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn missed(curve: &[f64], durations: &[f64]) -> f64 {
        curve.iter().zip(durations).map(|(c, d)| (c / d - 1.0).abs()).sum()
    }

    /// The least error on `rest` of all curves that never rise and start at most `highest`. Their levels are among `all`
    /// durations: no others are needed.
    fn least_missed(rest: &[f64], all: &[f64], highest: f64) -> f64 {
        let [first, rest @ ..] = rest else { return 0.0 };
        let levels = all.iter().copied().filter(|level| *level <= highest);
        levels.map(|level| (level / first - 1.0).abs() + least_missed(rest, all, level)).fold(f64::MAX, f64::min)
    }

    proptest! {
        #[test]
        fn no_other_curve_that_never_rises_is_closer(durations in prop::collection::vec(1.0..100.0, 1..6)) {
            let curve = never_rising(&durations);
            prop_assert!(curve.is_sorted_by(|a, b| a >= b), "{curve:?}");
            let (ours, least) = (missed(&curve, &durations), least_missed(&durations, &durations, f64::MAX));
            prop_assert!((ours - least).abs() < 1e-9, "{ours} {least}");
        }
    }
}
