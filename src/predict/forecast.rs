//! The whole curve from a few measured sizes, and the size to measure next.

use std::collections::BTreeSet;

use crate::model::{Posterior, Prediction};
use crate::platform::billing::Tariff;
use crate::predict::Balance;
use crate::units::{MemoryMb, Millis};

/// The three choices of power tuning over a list of sizes.
///
/// ```
/// use powercurve::{MemoryMb, PowerCurve, Run, advise::PricedCurve, model::Observation};
/// use powercurve::{pattern::Reader, predict::forecast};
/// let run = Run::new("asks an API", PowerCurve::from_ms(&[(128, 1604.0), (1024, 1600.0)])?);
/// let (_, tariff) = PricedCurve::usual(&run)?;
/// let posterior = Reader::shipped().posterior(&Observation::of(&run));
/// let sizes = [128, 512, 3008].map(|mb| MemoryMb::new(mb).expect("a size"));
/// let best = forecast(&posterior, &sizes, &[], &tariff).best;
/// assert_eq!((best.cost.mb(), best.balanced.mb()), (128, 128)); // memory buys nothing
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choices {
    /// The cheapest size.
    pub cost: MemoryMb,
    /// The fastest size.
    pub speed: MemoryMb,
    /// The size of the smallest sum of relative cost and relative duration, half and half.
    pub balanced: MemoryMb,
}

/// What a posterior says about a list of sizes.
///
/// ```
/// use powercurve::{MemoryMb, PowerCurve, Run, advise::PricedCurve, model::Observation};
/// use powercurve::{pattern::Reader, predict::forecast};
/// let run = Run::new("resize", PowerCurve::from_ms(&[(256, 1250.0), (1024, 310.0)])?);
/// let (_, tariff) = PricedCurve::usual(&run)?;
/// let posterior = Reader::shipped().posterior(&Observation::of(&run));
/// let sizes = [128, 512, 3008].map(|mb| MemoryMb::new(mb).expect("a size"));
/// let said = forecast(&posterior, &sizes, &[], &tariff);
/// assert_eq!(said.costs[1], tariff.cost(sizes[1], powercurve::Millis::new(said.durations[1].ms)?).usd());
/// assert!(said.fastest[2] > 0.9 && (said.fastest.iter().sum::<f64>() - 1.0).abs() < 1e-9);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// The sizes asked for, ascending.
    pub sizes: Vec<MemoryMb>,
    /// Duration at each size.
    pub durations: Vec<Prediction>,
    /// Cost of the predicted duration at each size, in dollars per invocation.
    pub costs: Vec<f64>,
    /// The choices that lose least, in the mean over what a sweep may show.
    pub best: Choices,
    /// Probability that a sweep shows each size to be the cheapest.
    pub cheapest: Vec<f64>,
    /// Probability that it shows each size to be the fastest.
    pub fastest: Vec<f64>,
    /// Probability that it shows each size to be the balanced choice.
    pub balanced: Vec<f64>,
    /// What to measure next.
    pub next: Next,
    /// The same however little it gains: the most telling size while the regret is more than 2 %.
    pub most_telling: Next,
}

/// Whether another measurement pays, and where.
///
/// ```
/// use powercurve::{MemoryMb, PowerCurve, Run, advise::PricedCurve, model::Observation};
/// use powercurve::{pattern::Reader, predict::{Next, forecast}};
/// let run = Run::new("resize", PowerCurve::from_ms(&[(512, 620.0)])?); // one size says little
/// let (_, tariff) = PricedCurve::usual(&run)?;
/// let seen = Observation::of(&run);
/// let sizes = [128, 512, 1024, 3008].map(|mb| MemoryMb::new(mb).expect("a size"));
/// match forecast(&Reader::shipped().posterior(&seen), &sizes, &seen.sizes, &tariff).next {
///     Next::Measure { memory, regret, regret_after } => assert!(memory.mb() != 512 && regret_after < regret),
///     Next::Stop { regret } => panic!("{regret} is left"),
/// }
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Next {
    /// Measure this size: the expected regret of the decision falls from the first to the second figure.
    ///
    /// The decision is a cheapest and a balanced size; its regret is what they lose against the best ones, the mean of the
    /// shares of cost and of balanced score.
    Measure {
        /// The size.
        memory: MemoryMb,
        /// Expected regret of deciding now.
        regret: f64,
        /// Expected regret of deciding after the measurement.
        regret_after: f64,
    },
    /// More measuring cannot pay: the expected regret of deciding now.
    Stop {
        /// Expected regret of deciding now.
        regret: f64,
    },
}

impl Next {
    /// The size to measure, where it pays.
    ///
    /// ```
    /// use powercurve::predict::Next;
    /// assert_eq!(Next::Stop { regret: 0.01 }.memory(), None);
    /// ```
    pub const fn memory(self) -> Option<MemoryMb> {
        match self {
            Self::Measure { memory, .. } => Some(memory),
            Self::Stop { .. } => None,
        }
    }

    /// To stop where little is left to know, or the measurement is expected to tell nothing of it.
    fn if_it_pays(self) -> Self {
        match self {
            Self::Measure { regret, regret_after, .. }
                if regret <= SMALL_REGRET || regret - regret_after < LEAST_GAIN =>
            {
                Self::Stop { regret }
            }
            next => next,
        }
    }
}

/// Expected regret below which a decision needs no further measurement: the least median change between two measurements of
/// the same code (github.com/cebert/aws-lambda-performance-benchmarks, means of 300-500 calls a month apart: 2-5 %).
const SMALL_REGRET: f64 = 0.02;

/// Fall of the expected regret that a measurement has to bring: 0.1 %.
const LEAST_GAIN: f64 = 0.001;

/// Sizes that are weighed as the next one to measure, at most: neighbours tell the same.
const MOST_CANDIDATES: usize = 64;

/// Forecasts durations, costs and choices at `sizes` (ascending, at least one).
///
/// `measured` are sizes not worth measuring again. Of more than 64 others so many, evenly spread, are
/// weighed as the next one to measure; everything else is said of all sizes.
///
/// ```
/// use powercurve::{MemoryMb, PowerCurve, Run, advise::PricedCurve, model::Observation};
/// use powercurve::{pattern::Reader, predict::forecast};
/// let run = Run::new("resize", PowerCurve::from_ms(&[(256, 1250.0), (1024, 310.0)])?);
/// let (_, tariff) = PricedCurve::usual(&run)?;
/// let seen = Observation::of(&run);
/// let sizes = [128, 256, 512, 1024, 3008].map(|mb| MemoryMb::new(mb).expect("a size"));
/// let said = forecast(&Reader::shipped().posterior(&seen), &sizes, &seen.sizes, &tariff);
/// assert!((said.durations[2].ms / 620.0 - 1.0).abs() < 0.1); // at 512 MB, between the two
/// assert_eq!(said.best.speed.mb(), 3008);
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Panics
/// When `sizes` is empty.
pub fn forecast(posterior: &Posterior<'_>, sizes: &[MemoryMb], measured: &[MemoryMb], tariff: &Tariff) -> Forecast {
    let cost = |m, ms: f64| tariff.cost(m, Millis::clamped(ms)).usd();
    let durations: Vec<Prediction> = sizes.iter().map(|&m| posterior.predict(m)).collect();
    let ms: Vec<f64> = durations.iter().map(|d| d.ms).collect();
    let costs: Vec<f64> = sizes.iter().zip(&ms).map(|(&m, &ms)| cost(m, ms)).collect();
    let curves: Vec<Scored> = posterior
        .measurements(sizes)
        .into_iter()
        .map(|ms| Scored::new(sizes.iter().zip(&ms).map(|(&m, &ms)| cost(m, ms)).collect(), ms))
        .collect();
    let best = |of: fn(&Scored) -> (&[f64], usize), tie: &[f64]| {
        let mut losses = vec![0.0; sizes.len()];
        for (values, best) in curves.iter().map(of) {
            losses.iter_mut().zip(values).for_each(|(loss, value)| *loss += value / values[best] - 1.0);
        }
        sizes[least(&losses, tie)]
    };
    let frequency = |choice: fn(&Scored) -> usize| {
        let mut hits = vec![0.0; sizes.len()];
        curves.iter().for_each(|c| hits[choice(c)] += 1.0 / curves.len() as f64);
        hits
    };
    let most_telling = most_telling(&curves, sizes, measured, posterior.variance().sqrt());
    Forecast {
        best: Choices {
            cost: best(|c| (&c.costs, c.cheapest()), &ms),
            speed: best(|c| (&c.ms, c.fastest()), &costs),
            balanced: best(|c| (&c.scores, c.balanced()), &ms),
        },
        cheapest: frequency(Scored::cheapest),
        fastest: frequency(Scored::fastest),
        balanced: frequency(Scored::balanced),
        next: most_telling.if_it_pays(),
        most_telling,
        sizes: sizes.to_vec(),
        durations,
        costs,
    }
}

/// One plausible curve with its costs and balanced scores.
struct Scored {
    ms: Vec<f64>,
    costs: Vec<f64>,
    /// Balanced score by size: half the relative cost, half the relative duration.
    scores: Vec<f64>,
}

impl Scored {
    fn new(costs: Vec<f64>, ms: Vec<f64>) -> Self {
        let sizes = || costs.iter().copied().zip(ms.iter().copied());
        let balance = Balance::new(Balance::EVEN, sizes());
        let scores = sizes().map(|(cost, ms)| balance.score(cost, ms)).collect();
        Self { ms, costs, scores }
    }

    fn cheapest(&self) -> usize {
        least(&self.costs, &self.ms)
    }

    fn fastest(&self) -> usize {
        least(&self.ms, &self.costs)
    }

    fn balanced(&self) -> usize {
        least(&self.scores, &self.ms)
    }

    /// What choosing each size as the cheapest, and each as the balanced one, loses against the best, relative.
    fn regrets(&self) -> [Vec<f64>; 2] {
        let lost = |values: &[f64], best: usize| values.iter().map(|v| v / values[best] - 1.0).collect();
        [lost(&self.costs, self.cheapest()), lost(&self.scores, self.balanced())]
    }
}

/// Position of the smallest value; among equals, of the smaller `tie` value.
fn least(values: &[f64], tie: &[f64]) -> usize {
    let order = |&a: &usize, &b: &usize| values[a].total_cmp(&values[b]).then(tie[a].total_cmp(&tie[b]));
    (0..values.len()).min_by(order).unwrap_or(0)
}

/// The size whose measurement is expected to shrink the regret of the decision most.
///
/// The plausible curves are split by the duration they give a size, in steps as fine as the noise lets a measurement
/// tell apart; after the measurement the best decision of each group can be taken.
fn most_telling(curves: &[Scored], sizes: &[MemoryMb], measured: &[MemoryMb], noise_sd: f64) -> Next {
    let regrets: Vec<[Vec<f64>; 2]> = curves.iter().map(Scored::regrets).collect();
    let all: Vec<usize> = (0..curves.len()).collect();
    let regret = group_regret(&regrets, &all);
    let after = |size: usize| {
        let mut order = all.clone();
        order.sort_by(|&a, &b| curves[a].ms[size].total_cmp(&curves[b].ms[size]));
        let step = 2.0 * noise_sd;
        let mut total = 0.0;
        let mut start = 0;
        for end in 1..=order.len() {
            let split = end == order.len() || (curves[order[end]].ms[size] / curves[order[start]].ms[size]).ln() > step;
            if split {
                total += group_regret(&regrets, &order[start..end]) * (end - start) as f64;
                start = end;
            }
        }
        total / curves.len() as f64
    };
    let measured: BTreeSet<MemoryMb> = measured.iter().copied().collect();
    let open: Vec<usize> = (0..sizes.len()).filter(|&i| !measured.contains(&sizes[i])).collect();
    let candidates = spread(&open, MOST_CANDIDATES).map(|i| (i, after(i)));
    match candidates.min_by(|a, b| a.1.total_cmp(&b.1)) {
        Some((i, regret_after)) if regret > SMALL_REGRET && regret_after < regret => {
            Next::Measure { memory: sizes[i], regret, regret_after }
        }
        _ => Next::Stop { regret },
    }
}

/// At most `most` (two or more) of the items, evenly spread from the first to the last.
pub(super) fn spread<T: Copy>(items: &[T], most: usize) -> impl Iterator<Item = T> {
    let kept = items.len().min(most);
    (0..kept).map(move |k| items[k * (items.len() - 1) / (kept - 1).max(1)])
}

/// Mean regret of the best cheapest and the best balanced size for a group of curves.
fn group_regret(regrets: &[[Vec<f64>; 2]], group: &[usize]) -> f64 {
    let least = |of: usize| {
        let mut sums = vec![0.0; regrets.first().map_or(0, |r| r[of].len())];
        for &curve in group {
            sums.iter_mut().zip(&regrets[curve][of]).for_each(|(sum, regret)| *sum += regret);
        }
        sums.into_iter().fold(f64::INFINITY, f64::min) / group.len() as f64
    };
    0.5 * (least(0) + least(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(mb: u32) -> MemoryMb {
        MemoryMb::new(mb).unwrap()
    }

    #[test]
    fn a_gain_that_rounds_to_nothing_is_none() {
        let next = |regret, regret_after| Next::Measure { memory: memory(128), regret, regret_after }.if_it_pays();
        assert_eq!(next(0.0214, 0.0212), Next::Stop { regret: 0.0214 });
        assert_eq!(next(0.019, 0.001), Next::Stop { regret: 0.019 });
        assert!(matches!(next(0.0214, 0.019), Next::Measure { .. }));
    }

    #[test]
    fn a_known_curve_leaves_no_regret_though_the_cheapest_size_is_not_the_balanced_one() {
        let sizes = [128, 512, 1024].map(memory);
        let curve = || Scored::new(vec![1.0, 1.2, 2.0], vec![1700.0, 500.0, 300.0]);
        assert_ne!(curve().cheapest(), curve().balanced());
        let next = most_telling(&[curve(), curve()], &sizes, &sizes, 0.03);
        assert_eq!(next, Next::Stop { regret: 0.0 });
    }

    #[test]
    fn few_of_many_sizes_are_weighed() {
        let many: Vec<usize> = (10..1000).collect();
        let kept: Vec<usize> = spread(&many, MOST_CANDIDATES).collect();
        assert_eq!((kept.len(), kept[0], kept[63]), (MOST_CANDIDATES, 10, 999));
        assert!(kept.is_sorted());
        assert_eq!(spread(&[3, 5], MOST_CANDIDATES).collect::<Vec<_>>(), [3, 5]);
        assert_eq!(spread::<usize>(&[], MOST_CANDIDATES).count() + spread(&[7], MOST_CANDIDATES).count(), 1);
    }
}
