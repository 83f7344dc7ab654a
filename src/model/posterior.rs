//! How likely each workload of the library is, given a measured curve; and what that says about other sizes.

use std::sync::OnceLock;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use statrs::function::erf::erfc_inv;

use crate::model::library::{Library, Particle, Place};
use crate::model::observation::Observation;
use crate::model::scan::{Candidate, MEMBERS, Member, Scaled, Scan, Weighed};
use crate::pattern::{Pattern, Shares};
use crate::units::MemoryMb;

/// What is known beside the measured curve. Every field may be left unknown.
///
/// ```
/// use powercurve::model::{Known, Library, Observation, Posterior};
/// use powercurve::{MemoryMb, PowerCurve, Run};
/// let seen = Observation::of(&Run::new("one size", PowerCurve::from_ms(&[(512, 1000.0)])?));
/// let at_1769 = |known| Ok::<_, powercurve::Error>(
///     Posterior::new(Library::shipped(), &seen, &known).predict(MemoryMb::new(1769)?),
/// );
/// let (guess, told) = (at_1769(Known::default())?, at_1769(Known { cpu_ms: Some(280.0), ..Known::default() })?);
/// // 280 ms at 0.29 vCPU: nearly all of the second
/// assert!(told.ms < 400.0 && told.high_ms / told.low_ms < guess.high_ms / guess.low_ms);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Known {
    /// CPU time of one invocation, in ms, that of all threads and of moving data included, as Lambda Insights reports it
    /// (`cpu_total_time`).
    pub cpu_ms: Option<f64>,
    /// Time of one invocation spent waiting for calls, in ms, as traces show it.
    pub wait_ms: Option<f64>,
    /// The pattern, where the user is sure of it.
    pub pattern: Option<Pattern>,
}

/// A predicted measured mean, in ms.
///
/// ```
/// # use powercurve::model::{Known, Library, Observation, Posterior};
/// # use powercurve::{MemoryMb, PowerCurve, Run};
/// # let seen = Observation::of(&Run::new("thumbnails", PowerCurve::from_ms(&[(256, 13187.6), (1024, 3279.4)])?));
/// # let posterior = Posterior::new(Library::shipped(), &seen, &Known::default());
/// let predicted = posterior.predict(MemoryMb::new(3008)?);
/// assert!(predicted.low_ms < predicted.ms && predicted.ms < predicted.high_ms);
/// assert!((predicted.low_ms..predicted.high_ms).contains(&1867.6)); // as measured
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// A little below the median, since a prediction above a small measurement is relatively worse than one below a large
    /// one.
    pub ms: f64,
    /// Lower end of the 90 % interval.
    pub low_ms: f64,
    /// Upper end of the 90 % interval.
    pub high_ms: f64,
}

/// The library, weighed by a measured curve.
///
/// ```
/// use powercurve::model::{Known, Library, Observation, Posterior};
/// use powercurve::{MemoryMb, Pattern, PowerCurve, Run};
/// let curve = PowerCurve::from_ms(&[(128, 25148.0), (512, 6067.0), (1024, 3084.0), (3008, 1781.0)])?;
/// let posterior = Posterior::new(Library::shipped(), &Observation::of(&Run::new("primes", curve)), &Known::default());
/// assert!(posterior.patterns()[Pattern::CpuBound.index()] > 0.8);
/// let (mean, low, high) = posterior.shares();
/// assert!(mean.cpu > 0.9 && low.cpu <= mean.cpu && mean.cpu <= high.cpu);
/// let rows = posterior.curves(&[MemoryMb::new(256)?]);
/// let middle = rows.iter().map(|row| row[0]).sum::<f64>() / rows.len() as f64;
/// assert!((middle / 12578.0 - 1.0).abs() < 0.1); // as measured
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Posterior<'a> {
    library: &'a Library,
    patterns: [f64; Pattern::COUNT],
    /// Mean log-likelihood of the curve under the prior: low when nothing simulated looks like it.
    ln_evidence: f64,
    /// What stands for the posterior, in the order of the library.
    members: Vec<Member>,
    /// The most likely particle of each pattern.
    best: Vec<Candidate>,
    /// Variance of `ln(measured mean)` around the expected value.
    variance: f64,
    /// Weight of each measured size: below 1 where it lies off the curve, 0 where memory was too scarce to explain it.
    point_weights: Vec<f64>,
    seen: Observation,
    /// By member, computed when first used: the projection of its departures at the measured sizes onto the residuals of
    /// the mean curve, which is what moves the members' mean towards the measurements between them.
    gains: OnceLock<Vec<f64>>,
}

/// Share of the members that lies to either side of a 90 % interval for a measurement. Well-measured recorded runs scatter
/// less than the members' noise allows for, so that 5 % would be too few: see datasets/FIDELITY.md for what 8 % holds.
const OUTSIDE: f64 = 0.08;

/// Members in a twentieth of a posterior.
const TAIL: usize = MEMBERS / 20 + 1;

/// Degrees of freedom of the robust weights of single sizes, and how often they are renewed.
const ROBUST_FREEDOM: f64 = 4.0;
const ROBUST_ROUNDS: usize = 1;

impl<'a> Posterior<'a> {
    /// Weighs `library` by a measured curve (at least one size) and what else is known.
    ///
    /// Sizes that were [starved](Observation::starved) of memory are left out where another is left.
    /// Each workload's curve may be moved in scale; the variance of the measured means around it has the
    /// inverse gamma prior of [`crate::model::noise`]. Both are integrated out in closed form. Sizes that lie
    /// off the mean curve are then weighed down as under a Student distribution of 4 degrees of freedom.
    ///
    /// ```
    /// use powercurve::model::{Known, Library, Observation, Posterior};
    /// use powercurve::{MemoryMb, PowerCurve, Run};
    /// let seen = Observation::of(&Run::new("thumbnails", PowerCurve::from_ms(&[(256, 13187.6), (1024, 3279.4)])?));
    /// let posterior = Posterior::new(Library::shipped(), &seen, &Known::default());
    /// let at_512 = posterior.predict(MemoryMb::new(512)?);
    /// assert!((at_512.low_ms..at_512.high_ms).contains(&6551.0)); // as measured
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// Times in `known` that are not above zero are taken for unknown.
    ///
    /// # Panics
    /// When the library is empty, or nothing was measured.
    pub fn new(library: &'a Library, seen: &Observation, known: &Known) -> Self {
        assert!(!library.particles().is_empty(), "expected a library with workloads");
        assert!(!seen.sizes.is_empty(), "expected an observation of at least one size");
        let time = |ms: Option<f64>| ms.filter(|ms| ms.is_finite() && *ms > 0.0);
        let known = Known { cpu_ms: time(known.cpu_ms), wait_ms: time(known.wait_ms), ..*known };
        let explained = seen.explained();
        let scan = Scan::new(library, &explained, &known);
        let mut point_weights = vec![1.0; explained.sizes.len()];
        let rounds = if explained.sizes.len() >= 3 { ROBUST_ROUNDS } else { 0 };
        for _ in 0..rounds {
            let (residuals, variance) = scan.departures(&point_weights);
            let weight = |r: f64| (ROBUST_FREEDOM + 1.0) / (ROBUST_FREEDOM + r * r / variance);
            point_weights = residuals.into_iter().map(weight).collect();
        }
        let Weighed { members, best, patterns, ln_evidence, variance } = scan.weigh(&point_weights);
        let mut weights = point_weights.into_iter();
        let weight = |memory| if explained.sizes.contains(memory) { weights.next().unwrap_or(0.0) } else { 0.0 };
        let point_weights = seen.sizes.iter().map(weight).collect();
        Self {
            library,
            patterns,
            ln_evidence,
            members,
            best,
            variance,
            point_weights,
            seen: seen.clone(),
            gains: OnceLock::new(),
        }
    }

    /// Solves for the gains that move the members' mean towards the measurements (the analysis step of an ensemble
    /// Kalman filter; Evensen 2003).
    fn settle(&self) -> Vec<f64> {
        let seen = &self.seen;
        let n = MEMBERS as f64;
        let mut departures: Vec<Vec<f64>> = Vec::with_capacity(seen.sizes.len());
        let mut residuals = Vec::with_capacity(seen.sizes.len());
        for (&m, &y) in seen.sizes.iter().zip(&seen.ln_ms) {
            let values: Vec<f64> = self.values(m).collect();
            let mean = values.iter().sum::<f64>() / n;
            residuals.push(y - mean);
            departures.push(values.into_iter().map(|v| v - mean).collect());
        }
        let precision: Vec<f64> = self.point_weights.iter().map(|w| w / self.variance).collect();
        gains(&departures, &residuals, &precision)
    }

    /// The workloads of equal weight that stand for the posterior; one may come several times, then in a row.
    pub fn members(&self) -> impl Iterator<Item = Scaled> + '_ {
        self.each_member().map(|m| m.scaled)
    }

    /// The `most` members that lose least: what `prior` says of their pattern, and `loss` of each departure
    /// `expected / measured - 1`.
    pub(crate) fn closest(
        &self,
        most: usize,
        prior: impl Fn(Pattern) -> f64,
        loss: impl Fn(f64) -> f64,
    ) -> impl Iterator<Item = Scaled> {
        let particles = self.library.particles();
        let mut lost: Vec<f64> =
            self.members.iter().map(|m| prior(particles[m.scaled.particle as usize].pattern)).collect();
        let sizes = self.seen.sizes.iter().zip(&self.seen.ln_ms).zip(&self.point_weights);
        // what has no weight need not be explained
        for ((&m, &y), _) in sizes.filter(|(_, weight)| **weight > 0.0) {
            for (lost, (value, _)) in lost.iter_mut().zip(self.distinct_values(m)) {
                *lost += loss((value - y).exp_m1());
            }
        }
        let mut order: Vec<usize> = (0..lost.len()).collect();
        order.sort_by(|&a, &b| lost[a].total_cmp(&lost[b]));
        order.into_iter().take(most).map(|i| self.members[i].scaled)
    }

    /// Posterior probability of each pattern, in the order of [`Pattern::ALL`].
    pub fn patterns(&self) -> &[f64; Pattern::COUNT] {
        &self.patterns
    }

    /// Log of the mean likelihood of the curve over the prior.
    pub fn ln_evidence(&self) -> f64 {
        self.ln_evidence
    }

    /// Variance of `ln(measured mean)` around the expected value.
    pub fn variance(&self) -> f64 {
        self.variance
    }

    /// Weight of each measured size: below 1 where it lies off the curve.
    pub fn point_weights(&self) -> &[f64] {
        &self.point_weights
    }

    /// The most likely single workload of each pattern, the best first.
    pub fn best(&self) -> &[Candidate] {
        &self.best
    }

    /// Every member, [`MEMBERS`] in all.
    fn each_member(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().flat_map(|m| std::iter::repeat_n(m, m.count))
    }

    /// A time in ms of each member at the measured scale, ascending; `part` is that of a workload at its own.
    pub(crate) fn times(&self, part: impl Fn(&Particle) -> f64) -> Vec<f64> {
        let time = |member: Scaled| {
            let particle = &self.library.particles()[member.particle as usize];
            part(particle) * (member.ln_full - f64::from(particle.ln_full)).exp()
        };
        let mut times: Vec<f64> = self.members().map(time).collect();
        times.sort_unstable_by(f64::total_cmp);
        times
    }

    /// Mean shares of the time at 1769 MB.
    pub fn mean_shares(&self) -> Shares {
        let mut sum = Shares::default();
        for (shares, count) in self.members_shares() {
            sum.cpu += shares.cpu * count as f64;
            sum.wait += shares.wait * count as f64;
            sum.transfer += shares.transfer * count as f64;
        }
        let n = MEMBERS as f64;
        Shares { cpu: sum.cpu / n, wait: sum.wait / n, transfer: sum.transfer / n }
    }

    /// Mean shares of the time at 1769 MB, with 90 % intervals: from the 5 % to the 95 % quantile, and on to the mean
    /// where a few members pull it beyond them.
    pub fn shares(&self) -> (Shares, Shares, Shares) {
        let mean = self.mean_shares();
        let members: Vec<(Shares, usize)> = self.members_shares().map(|(shares, count)| (*shares, count)).collect();
        let mut held = Vec::with_capacity(TAIL + 1);
        let mut of = |part: fn(&Shares) -> f64| {
            let values = |sign: f64| members.iter().map(move |(shares, count)| (sign * part(shares), *count));
            let low = -greatest_of(TAIL, values(-1.0), &mut held);
            let high = greatest_of(TAIL, values(1.0), &mut held);
            (low.min(part(&mean)), high.max(part(&mean)))
        };
        let (cpu, wait, transfer) = (of(|s| s.cpu), of(|s| s.wait), of(|s| s.transfer));
        (
            mean,
            Shares { cpu: cpu.0, wait: wait.0, transfer: transfer.0 },
            Shares { cpu: cpu.1, wait: wait.1, transfer: transfer.1 },
        )
    }

    /// The shares of the workloads that stand for members, with how many each.
    fn members_shares(&self) -> impl Iterator<Item = (&Shares, usize)> {
        self.members.iter().map(|m| (&self.library.particles()[m.scaled.particle as usize].shares, m.count))
    }

    /// The measured mean to expect at `memory`, with a 90 % interval that holds the noise of a measurement.
    pub fn predict(&self, memory: MemoryMb) -> Prediction {
        let mut values: Vec<f64> = self.values(memory).collect();
        let shift = self.shift(&values);
        // one measurement of each member's curve
        for ((value, member), z) in values.iter_mut().zip(self.each_member()).zip(normal_scores()) {
            *value += shift + member.sd * z;
        }
        values.sort_unstable_by(f64::total_cmp);
        let at = |q: f64| values[(values.len() as f64 * q) as usize].exp();
        let (low_ms, high_ms) = (at(OUTSIDE), at(1.0 - OUTSIDE));
        Prediction { ms: stated(&values).exp().clamp(low_ms, high_ms), low_ms, high_ms }
    }

    /// Expected durations in ms at `sizes` by member: rows of equal weight.
    pub fn curves(&self, sizes: &[MemoryMb]) -> Vec<Vec<f64>> {
        let columns: Vec<Vec<f64>> = sizes
            .iter()
            .map(|&m| {
                let values: Vec<f64> = self.values(m).collect();
                let shift = self.shift(&values);
                values.into_iter().map(|v| (v + shift).exp()).collect()
            })
            .collect();
        (0..MEMBERS).map(|j| columns.iter().map(|c| c[j]).collect()).collect()
    }

    /// Mean durations in ms that a sweep of `sizes` would show, by member: rows of equal weight. The measured mean where there is
    /// one, elsewhere the member's curve with the scatter of a measurement.
    ///
    /// ```
    /// use powercurve::model::{Known, Library, Observation, Posterior};
    /// use powercurve::{MemoryMb, PowerCurve, Run};
    /// let seen = Observation::of(&Run::new("thumbnails", PowerCurve::from_ms(&[(256, 13187.6), (1024, 3279.4)])?));
    /// let posterior = Posterior::new(Library::shipped(), &seen, &Known::default());
    /// let rows = posterior.measurements(&[MemoryMb::new(256)?, MemoryMb::new(512)?]);
    /// assert!(rows.iter().all(|row| row[0] == 13187.6));
    /// assert!(rows.iter().any(|row| row[1] < 6551.0) && rows.iter().any(|row| row[1] > 6551.0)); // 6551: as measured
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn measurements(&self, sizes: &[MemoryMb]) -> Vec<Vec<f64>> {
        let mut rows = self.curves(sizes);
        for (i, memory) in sizes.iter().enumerate() {
            if let Ok(at) = self.seen.sizes.binary_search(memory) {
                let ms = self.seen.ms[at];
                rows.iter_mut().for_each(|row| row[i] = ms);
                continue;
            }
            // the same scatter whatever other sizes are asked for
            let mut rng = ChaCha8Rng::seed_from_u64(memory.mb().into());
            let mut scores = *normal_scores();
            scores.shuffle(&mut rng);
            for ((row, member), z) in rows.iter_mut().zip(self.each_member()).zip(scores) {
                row[i] *= (member.sd * z).exp();
            }
        }
        rows
    }

    /// `ln d` of each member at `memory`.
    fn values(&self, memory: MemoryMb) -> impl Iterator<Item = f64> {
        self.distinct_values(memory).flat_map(|(value, count)| std::iter::repeat_n(value, count))
    }

    /// `ln d` of the workloads that stand for members at `memory`, with how many each.
    fn distinct_values(&self, memory: MemoryMb) -> impl Iterator<Item = (f64, usize)> {
        let place = Place::of(memory);
        self.members.iter().map(move |m| {
            (m.scaled.ln_full + f64::from(self.library.ln_ratio(m.scaled.particle as usize, place)), m.count)
        })
    }

    /// `ln` of the mean curve at a size, before the measurements pull on it.
    pub fn mean_ln(&self, memory: MemoryMb) -> f64 {
        self.distinct_values(memory).map(|(value, count)| value * count as f64).sum::<f64>() / MEMBERS as f64
    }

    /// How far the measurements pull the members' mean at a size.
    fn shift(&self, values: &[f64]) -> f64 {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let gains = self.gains.get_or_init(|| self.settle());
        gains.iter().zip(values).map(|(gain, v)| gain * (v - mean)).sum::<f64>() / n
    }
}

/// `D' (D D' / n + R)^-1 r` for the departures `D` of `n` members (one row a measurement), the residuals `r` of their mean,
/// and the precisions in the diagonal of `R^-1`.
///
/// For more measurements than members as `(1 + D' R^-1 D / n)^-1 D' R^-1 r`, which is the same (Woodbury's identity): the
/// matrix to invert never has more rows than there are members.
fn gains(departures: &[Vec<f64>], residuals: &[f64], precision: &[f64]) -> Vec<f64> {
    let members = departures.first().map_or(0, Vec::len);
    let (k, n) = (departures.len(), members as f64);
    if k <= members {
        let mut covariance = vec![0.0; k * k];
        for i in 0..k {
            for j in 0..=i {
                let c = departures[i].iter().zip(&departures[j]).map(|(a, b)| a * b).sum::<f64>() / n;
                (covariance[i * k + j], covariance[j * k + i]) = (c, c);
            }
            covariance[i * k + i] += 1.0 / precision[i];
        }
        let solved = solve_symmetric(covariance, residuals.to_vec());
        return (0..members).map(|j| departures.iter().zip(&solved).map(|(d, z)| d[j] * z).sum()).collect();
    }
    let mut matrix = vec![0.0; members * members];
    let mut right = vec![0.0; members];
    for ((row, r), p) in departures.iter().zip(residuals).zip(precision) {
        for (i, d) in row.iter().enumerate() {
            right[i] += p * r * d;
            // the lower triangle is all that is read
            for (m, e) in matrix[i * members..=i * members + i].iter_mut().zip(row) {
                *m += p * d * e / n;
            }
        }
    }
    for i in 0..members {
        matrix[i * members + i] += 1.0;
    }
    solve_symmetric(matrix, right)
}

/// Standard normal quantiles, one a member, in an order that spreads them over neighbours (the golden ratio sequence).
fn normal_scores() -> &'static [f64; MEMBERS] {
    static SCORES: OnceLock<[f64; MEMBERS]> = OnceLock::new();
    SCORES.get_or_init(|| {
        let mut order: [usize; MEMBERS] = std::array::from_fn(|i| i);
        let place = |i: usize| ((i as f64 + 0.5) * 0.618_033_988_749_894_9).fract();
        order.sort_by(|&a, &b| place(a).total_cmp(&place(b)));
        let mut scores = [0.0; MEMBERS];
        for (rank, member) in order.into_iter().enumerate() {
            scores[member] = normal_quantile((rank as f64 + 0.5) / MEMBERS as f64);
        }
        scores
    })
}

/// Quantile of the standard normal distribution.
fn normal_quantile(q: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * q)
}

/// The `ln` of the duration to state for these `ln d` (ascending): the median with weights `1 / sqrt(d)`.
///
/// The plain median has the least mean `|ln(p / d)|`, that with weights `1 / d` the least mean `|p / d - 1|`, which a few
/// improbable short durations pull far down; this lies between.
fn stated(ln_ms: &[f64]) -> f64 {
    let weight = |v: f64| ((ln_ms[0] - v) / 2.0).exp();
    let half = ln_ms.iter().map(|&v| weight(v)).sum::<f64>() / 2.0;
    let mut passed = 0.0;
    let reached = ln_ms.iter().find(|&&v| {
        passed += weight(v);
        passed >= half
    });
    *reached.unwrap_or(&ln_ms[0])
}

/// The least of the `n` greatest of values that come several times each; `greatest` is room for those found so far.
fn greatest_of(n: usize, values: impl Iterator<Item = (f64, usize)>, greatest: &mut Vec<(f64, usize)>) -> f64 {
    // in descending order
    greatest.clear();
    let (mut held, mut least) = (0, f64::NEG_INFINITY);
    for (value, count) in values {
        if held >= n && value <= least {
            continue;
        }
        let at = greatest.iter().rposition(|(other, _)| *other >= value).map_or(0, |i| i + 1);
        greatest.insert(at, (value, count));
        held += count;
        while let Some((_, count)) = greatest.pop_if(|(_, count)| held - *count >= n) {
            held -= count;
        }
        least = greatest.last().map_or(least, |(value, _)| *value);
    }
    least
}

/// The value below which a share `q` of the values lies; reorders them.
pub(crate) fn quantile(values: &mut [f64], q: f64) -> f64 {
    let at = ((values.len() as f64 * q) as usize).min(values.len() - 1);
    *values.select_nth_unstable_by(at, f64::total_cmp).1
}

/// Solves `A x = b` for a symmetric positive definite `A` (row-major), by Cholesky decomposition.
fn solve_symmetric(mut a: Vec<f64>, mut b: Vec<f64>) -> Vec<f64> {
    let k = b.len();
    for i in 0..k {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|c| a[i * k + c] * a[j * k + c]).sum();
            let rest = a[i * k + j] - dot;
            a[i * k + j] = if i == j { rest.max(1e-300).sqrt() } else { rest / a[j * k + j] };
        }
        let dot: f64 = (0..i).map(|c| a[i * k + c] * b[c]).sum();
        b[i] = (b[i] - dot) / a[i * k + i];
    }
    for i in (0..k).rev() {
        let dot: f64 = (i + 1..k).map(|c| a[c * k + i] * b[c]).sum();
        b[i] = (b[i] - dot) / a[i * k + i];
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A DynamoDB call of a Ruby function measured 8.7 to 10.7 ms from 512 to 3008 MB; a Python function that waits 12.6 to
    /// 13.0 s from 640 to 2048 MB. Their CPU times are those of fits.
    #[test]
    fn a_small_cpu_time_leaves_nothing_for_more_memory_to_gain() {
        for (at_512, cpu_ms) in [(9.5, 2.6), (12_840.0, 183.0)] {
            let run = crate::curve::PowerCurve::from_ms(&[(512, at_512)]).unwrap();
            let seen = Observation::of(&crate::curve::Run::new("one size", run));
            let known = Known { cpu_ms: Some(cpu_ms), ..Known::default() };
            let posterior = Posterior::new(Library::shipped(), &seen, &known);
            let at_1769 = posterior.predict(MemoryMb::new(1769).unwrap());
            assert!(at_1769.ms > 0.85 * at_512 && at_1769.low_ms > 0.6 * at_512, "{at_1769:?}");
        }
    }

    #[test]
    fn the_greatest_are_counted() {
        let values = [(1.0, 3), (5.0, 2), (4.0, 1), (2.0, 4), (5.0, 1), (3.0, 2)];
        let mut each: Vec<f64> = values.iter().flat_map(|&(v, count)| std::iter::repeat_n(v, count)).collect();
        each.sort_by(|a, b| b.total_cmp(a));
        for n in 1..=each.len() {
            assert_eq!(greatest_of(n, values.into_iter(), &mut Vec::new()), each[n - 1], "{n}");
        }
    }

    #[test]
    fn both_forms_of_the_gains_are_one() {
        let row = |i: usize| -> Vec<f64> { (0..5).map(|j| ((7 * i + 3 * j) as f64).sin()).collect() };
        let departures: Vec<Vec<f64>> = (0..12).map(row).collect();
        let residuals: Vec<f64> = (0..12).map(|i| (i as f64).cos()).collect();
        let precision: Vec<f64> = (0..12).map(|i| 1.0 + 0.3 * i as f64).collect();
        let by_members = gains(&departures, &residuals, &precision);
        // no column is used of members that never depart: 12 measurements are fewer than 15 members then
        let mut wide = departures.clone();
        wide.iter_mut().for_each(|row| row.resize(15, 0.0));
        // the share of each member is 1/15 instead of 1/5: departures grow by the square root of 3 to make up for it
        wide.iter_mut().flatten().for_each(|d| *d *= 3f64.sqrt());
        let by_measurements = gains(&wide, &residuals, &precision);
        for (a, b) in by_members.iter().zip(&by_measurements) {
            assert!((a * 3f64.sqrt() - b).abs() < 1e-9, "{a} {b}");
        }
    }
}
