//! How soon measuring one size after the other, as [`forecast`] advises, reaches the decision of a full sweep.

use rayon::prelude::*;
use serde::Serialize;

use crate::advise::{PricedCurve, Strategy};
use crate::curve::Run;
use crate::model::{Known, Library, Observation, Posterior};
use crate::predict::{Choices, Next, forecast};
use crate::units::MemoryMb;

/// Sizes measured at the most.
const MOST: usize = 3;

/// The first size, where it was measured; else the nearest.
const FIRST_MB: f64 = 512.0;

/// A choice that is worse than the sweep's by at most this share is as good: the median change between two measurements of
/// the same code (github.com/cebert/aws-lambda-performance-benchmarks, means of 300-500 calls a month apart: 2-5 %).
const AS_GOOD: f64 = 0.05;

/// The decisions after so many measured sizes, as shares of the runs.
///
/// ```
/// use powercurve::{PowerCurve, Run, advise::sequential, model::Library};
/// // a run of four sizes is no sweep: there is nothing to reach
/// let curve = PowerCurve::from_ms(&[128, 256, 512, 1024].map(|mb| (mb, 3e6 / f64::from(mb))))?;
/// assert_eq!(sequential(Library::shipped(), &[&Run::new("primes", curve)]), []);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Reached {
    /// Sizes measured, at the most: a run that was told to stop keeps its decision.
    pub sizes: usize,
    /// Share whose cheapest and balanced sizes are those of the full sweep.
    pub same: f64,
    /// Share whose cheapest size costs, and whose balanced size scores, at most 5 % more than the sweep's.
    pub as_good: f64,
    /// Share that was told to stop.
    pub stopped: f64,
}

/// Follows the advice on each sweep: a run of five and more sizes of which the largest is at least four times the smallest (among
/// sizes closer than that, chance decides). One row for each number of measured sizes, none when there is no such run. Runs
/// without a price are left out.
///
/// ```
/// use powercurve::{PowerCurve, Run, advise::sequential, model::Library};
/// // one busy thread: three of the six sizes are enough for a choice as good as that of all
/// let curve = PowerCurve::from_ms(&[128, 256, 512, 1024, 1536, 3008].map(|mb| (mb, 3e6 / f64::from(mb.min(1769)))))?;
/// let reached = sequential(Library::shipped(), &[&Run::new("primes", curve)]);
/// assert_eq!((reached[2].sizes, reached[2].as_good), (3, 1.0));
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn sequential(library: &Library, runs: &[&Run]) -> Vec<Reached> {
    let paths: Vec<[Step; MOST]> =
        runs.par_iter().filter(|run| is_sweep(run)).filter_map(|run| path(library, run)).collect();
    if paths.is_empty() {
        return Vec::new();
    }
    let share =
        |n: usize, of: fn(&Step) -> bool| paths.iter().filter(|path| of(&path[n])).count() as f64 / paths.len() as f64;
    (0..MOST)
        .map(|n| Reached {
            sizes: n + 1,
            same: share(n, |s| s.same),
            as_good: share(n, |s| s.as_good),
            stopped: share(n, |s| s.stopped),
        })
        .collect()
}

fn is_sweep(run: &Run) -> bool {
    let points = run.curve.points();
    points.len() >= 5 && points[points.len() - 1].memory.as_f64() >= 4.0 * points[0].memory.as_f64()
}

#[derive(Debug, Clone, Copy, Default)]
struct Step {
    same: bool,
    as_good: bool,
    stopped: bool,
}

fn path(library: &Library, run: &Run) -> Option<[Step; MOST]> {
    let (_, tariff) = PricedCurve::usual(run).ok()?;
    let sweep = PricedCurve::computed(&run.curve, &tariff);
    let sizes: Vec<MemoryMb> = run.curve.sizes().collect();
    let seen = Observation::of(run);
    let distance = |m: &&MemoryMb| (m.as_f64() / FIRST_MB).ln().abs();
    let mut measured = vec![*sizes.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?];
    let mut steps = [Step::default(); MOST];
    for n in 0..MOST {
        let posterior = Posterior::new(library, &seen.filter(|m| measured.contains(&m)), &Known::default());
        let advice = forecast(&posterior, &sizes, &measured, &tariff);
        let (same, as_good) = against(&sweep, &advice.best);
        steps[n] = Step { same, as_good, stopped: false };
        match advice.next {
            Next::Measure { memory, .. } => measured.push(memory),
            Next::Stop { .. } => {
                let last = Step { same, as_good, stopped: true };
                steps[n..].fill(last);
                break;
            }
        }
    }
    Some(steps)
}

/// Whether choices are those of the sweep, and whether they are as good.
fn against(sweep: &PricedCurve, chosen: &Choices) -> (bool, bool) {
    let balanced = Strategy::Balanced(Strategy::DEFAULT_WEIGHT);
    let (cheapest, best) = (Strategy::Cost.pick(sweep).memory, balanced.pick(sweep).memory);
    let same = chosen.cost == cheapest && chosen.balanced == best;
    let balance = sweep.balance(Strategy::DEFAULT_WEIGHT);
    let cost = |m: MemoryMb| sweep.at(m).map_or(f64::INFINITY, |p| p.cost.usd());
    let duration = |m: MemoryMb| sweep.at(m).map_or(f64::INFINITY, |p| p.duration.ms());
    let score = |m: MemoryMb| balance.score(cost(m), duration(m));
    let as_good = cost(chosen.cost) <= (1.0 + AS_GOOD) * cost(cheapest)
        && score(chosen.balanced) <= (1.0 + AS_GOOD) * score(best);
    (same, as_good)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::PowerCurve;

    #[test]
    fn a_textbook_curve_is_decided_by_three_sizes() {
        let points: Vec<(u32, f64)> =
            [128, 256, 512, 1024, 1536, 3008].map(|mb| (mb, 3e6 / f64::from(mb).min(1769.0))).to_vec();
        let run = Run::new("primes", PowerCurve::from_ms(&points).unwrap());
        let reached = sequential(Library::shipped(), &[&run]);
        assert_eq!(reached.len(), MOST);
        assert_eq!(reached[2].as_good, 1.0, "{reached:?}");
        assert!(sequential(Library::shipped(), &[]).is_empty());
    }
}
