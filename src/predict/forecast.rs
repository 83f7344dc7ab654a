//! The whole curve from a few measured sizes, and the size to measure next.

use crate::model::{Posterior, Prediction};
use crate::platform::billing::Tariff;
use crate::predict::Balance;
use crate::units::{MemoryMb, Millis};

/// The three choices of power tuning over a list of sizes.
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
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// The sizes asked for, ascending.
    pub sizes: Vec<MemoryMb>,
    /// Duration at each size.
    pub durations: Vec<Prediction>,
    /// Cost of the predicted duration at each size, in dollars per invocation.
    pub costs: Vec<f64>,
    /// The choices by the predicted durations.
    pub best: Choices,
    /// Probability that each size is the cheapest.
    pub cheapest: Vec<f64>,
    /// Probability that each size is the fastest.
    pub fastest: Vec<f64>,
    /// Probability that each size is the balanced choice.
    pub balanced: Vec<f64>,
    /// What to measure next.
    pub next: Next,
}

/// Whether another measurement pays, and where.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Measure this size: the expected regret of the decision falls from the first to the second figure (shares of
    /// the best balanced score and cost).
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

/// Expected regret below which a decision needs no further measurement: 1 %.
pub const SMALL_REGRET: f64 = 0.01;

/// Forecasts durations, costs and choices at `sizes` (ascending, at least one).
///
/// `measured` are sizes not worth measuring again.
pub fn forecast(posterior: &Posterior<'_>, sizes: &[MemoryMb], measured: &[MemoryMb], tariff: &Tariff) -> Forecast {
    let cost = |m, ms: f64| tariff.cost(m, Millis::clamped(ms)).usd();
    let durations: Vec<Prediction> = sizes.iter().map(|&m| posterior.predict(m)).collect();
    let ms: Vec<f64> = durations.iter().map(|d| d.ms).collect();
    let costs: Vec<f64> = sizes.iter().zip(&ms).map(|(&m, &ms)| cost(m, ms)).collect();
    let curves: Vec<Scored> = posterior
        .curves(sizes)
        .into_iter()
        .map(|ms| Scored::new(sizes.iter().zip(&ms).map(|(&m, &ms)| cost(m, ms)).collect(), ms))
        .collect();
    let chosen = Scored::new(costs.clone(), ms);
    let frequency = |choice: fn(&Scored) -> usize| {
        let mut hits = vec![0.0; sizes.len()];
        curves.iter().for_each(|c| hits[choice(c)] += 1.0 / curves.len() as f64);
        hits
    };
    Forecast {
        best: Choices {
            cost: sizes[chosen.cheapest()],
            speed: sizes[chosen.fastest()],
            balanced: sizes[chosen.balanced()],
        },
        cheapest: frequency(Scored::cheapest),
        fastest: frequency(Scored::fastest),
        balanced: frequency(Scored::balanced),
        next: next(&curves, sizes, measured, posterior.variance().sqrt()),
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

    /// What choosing size `i` loses against the best, relative: the mean of what it loses in cost and in balanced score.
    fn regret(&self, i: usize) -> f64 {
        let over = |values: &[f64], best: usize| values[i] / values[best] - 1.0;
        0.5 * (over(&self.costs, self.cheapest()) + over(&self.scores, self.balanced()))
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
fn next(curves: &[Scored], sizes: &[MemoryMb], measured: &[MemoryMb], noise_sd: f64) -> Next {
    let regrets: Vec<Vec<f64>> = curves.iter().map(|c| (0..sizes.len()).map(|i| c.regret(i)).collect()).collect();
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
    let candidates = (0..sizes.len()).filter(|&i| !measured.contains(&sizes[i])).map(|i| (i, after(i)));
    match candidates.min_by(|a, b| a.1.total_cmp(&b.1)) {
        Some((i, regret_after)) if regret > SMALL_REGRET && regret_after < regret => {
            Next::Measure { memory: sizes[i], regret, regret_after }
        }
        _ => Next::Stop { regret },
    }
}

/// Mean regret of the best single decision for a group of curves.
fn group_regret(regrets: &[Vec<f64>], group: &[usize]) -> f64 {
    let sizes = regrets.first().map_or(0, Vec::len);
    (0..sizes)
        .map(|i| group.iter().map(|&c| regrets[c][i]).sum::<f64>() / group.len() as f64)
        .fold(f64::INFINITY, f64::min)
}
