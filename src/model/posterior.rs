//! How likely each workload of the library is, given a measured curve; and what that says about other sizes.

use statrs::function::gamma::ln_gamma;

use crate::model::library::{Library, Particle};
use crate::model::noise;
use crate::model::observation::Observation;
use crate::pattern::{Pattern, Shares};
use crate::units::MemoryMb;

/// What is known beside the measured curve. Every field may be left unknown.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Known {
    /// CPU time of one invocation, in ms, as Lambda Insights reports it (`cpu_total_time`).
    pub cpu_ms: Option<f64>,
    /// Time of one invocation spent waiting for calls, in ms, as traces show it.
    pub wait_ms: Option<f64>,
    /// The pattern, where the user is sure of it.
    pub pattern: Option<Pattern>,
}

impl Known {
    /// Log-likelihood of the CPU and waiting time measured apart, for these shares of `exp(ln_full)` ms.
    fn ln_likelihood(&self, shares: &Shares, ln_full: f64) -> f64 {
        let off = |measured: Option<f64>, share: f64| {
            measured.map_or(0.0, |ms| {
                let z = (ms.ln() - share.max(1e-4).ln() - ln_full) / KNOWN_SD;
                -0.5 * z * z
            })
        };
        off(self.cpu_ms, shares.cpu) + off(self.wait_ms, shares.wait)
    }
}

/// A predicted measured mean, in ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// The value of least expected relative error: the median, less the variance of the noise (in `ln`), since a
    /// prediction above a small measurement is relatively worse than one below a large one.
    pub ms: f64,
    /// 5 % quantile.
    pub low_ms: f64,
    /// 95 % quantile.
    pub high_ms: f64,
}

/// The library, weighed by a measured curve.
#[derive(Debug, Clone)]
pub struct Posterior<'a> {
    library: &'a Library,
    patterns: [f64; Pattern::COUNT],
    /// Mean log-likelihood of the curve under the prior: low when nothing simulated looks like it.
    ln_evidence: f64,
    /// Members of equal weight, drawn by systematic resampling.
    members: Vec<Member>,
    /// The most likely particle of each pattern.
    best: Vec<Candidate>,
    /// Variance of `ln(measured mean)` around the expected value.
    variance: f64,
    /// Weight of each measured size: below 1 where it lies off the curve.
    point_weights: Vec<f64>,
}

/// One workload of the library, moved to the measured scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Its number in the library.
    pub particle: usize,
    /// `ln` of its duration in ms at 1769 MB, at the measured scale.
    pub ln_full: f64,
    /// Log of its likelihood and prior, up to a constant of the run.
    pub ln_weight: f64,
}

#[derive(Debug, Clone, Copy)]
struct Member {
    particle: u32,
    ln_full: f64,
    /// Projection of its departures at the measured sizes onto the residuals of the mean curve: what moves the
    /// members' mean towards the measurements between them.
    gain: f64,
}

/// Members kept of a posterior.
const MEMBERS: usize = 256;

/// Log-weight below which a particle no longer counts.
const NEGLIGIBLE: f64 = -11.0;

/// Log-weight below which a particle cannot come to count, whatever the weights of the sizes become.
const FAR: f32 = 14.0;

/// How much (in `ln`) a particle of another runtime still counts: one in ten.
const LN_OTHER_RUNTIME: f32 = -2.3;
/// The same for another instruction set: one in twenty.
const LN_OTHER_ARCH: f32 = -3.0;
/// The same for another pattern when the user names one: one in ten thousand.
const LN_OTHER_PATTERN: f32 = -9.2;

/// Degrees of freedom of the robust weights of single sizes, and how often they are renewed.
const ROBUST_FREEDOM: f64 = 4.0;
const ROBUST_ROUNDS: usize = 2;

/// Standard deviation (in `ln`) of a CPU time or waiting time that was measured apart.
const KNOWN_SD: f64 = 0.08;

impl<'a> Posterior<'a> {
    /// Weighs `library` by a measured curve (at least one size) and what else is known.
    ///
    /// Each workload's curve may be moved in scale; the variance of the measured means around it has the
    /// inverse gamma prior of [`crate::model::noise`]. Both are integrated out in closed form. Sizes that lie
    /// off the mean curve are then weighed down as under a Student distribution of 4 degrees of freedom.
    pub fn new(library: &'a Library, seen: &Observation, known: &Known) -> Self {
        let mut point_weights = vec![1.0; seen.sizes.len()];
        let eligible = eligible(library, seen, known);
        let mut posterior = Self::weigh(library, seen, known, &eligible, &point_weights);
        let rounds = if seen.sizes.len() >= 3 { ROBUST_ROUNDS } else { 0 };
        for _ in 0..rounds {
            for ((weight, &m), &y) in point_weights.iter_mut().zip(&seen.sizes).zip(&seen.ln_ms) {
                let residual = y - posterior.mean_ln(m);
                *weight = (ROBUST_FREEDOM + 1.0) / (ROBUST_FREEDOM + residual * residual / posterior.variance);
            }
            posterior = Self::weigh(library, seen, known, &eligible, &point_weights);
        }
        posterior.point_weights = point_weights;
        posterior.settle(seen);
        posterior
    }

    /// One pass over the `eligible` particles with fixed weights of the sizes.
    fn weigh(library: &'a Library, seen: &Observation, known: &Known, eligible: &[Eligible], weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        let centre = seen.centre();
        let columns: Vec<_> = seen.sizes.iter().map(|&m| library.column(m)).collect();
        let mut best: Vec<Option<Candidate>> = vec![None; Pattern::COUNT];
        let mut scored = Vec::with_capacity(eligible.len());
        let mut top = f64::NEG_INFINITY;
        for e in eligible {
            let i = e.particle as usize;
            let p = &library.particles()[i];
            let (mut s, mut q) = (0.0, 0.0);
            for ((column, y), w) in columns.iter().zip(&seen.ln_ms).zip(weights) {
                let r = y - centre - f64::from(column.get(i));
                s += w * r;
                q += w * r * r;
            }
            let own = f64::from(p.ln_full) - centre;
            let offset = (s + e.pull * own) / (total + e.pull);
            let squares = q - 2.0 * offset * s + total * offset * offset + e.pull * (offset - own).powi(2);
            let spread = e.scale + squares.max(0.0) / 2.0;
            let shape = p.noise.shape() + total / 2.0;
            let candidate = Candidate {
                particle: i,
                ln_full: offset + centre,
                ln_weight: e.ln_prior - 0.5 * (total + e.pull).ln() - shape * spread.ln()
                    + known.ln_likelihood(&p.shares, offset + centre),
            };
            top = top.max(candidate.ln_weight);
            let slot = &mut best[p.pattern.index()];
            if slot.is_none_or(|b| candidate.ln_weight > b.ln_weight) {
                *slot = Some(candidate);
            }
            scored.push((candidate, spread / shape));
        }
        let mut patterns = [0.0; Pattern::COUNT];
        let mut members = Vec::new();
        let mut variance = 0.0;
        for (c, v) in scored {
            if c.ln_weight - top > NEGLIGIBLE {
                let weight = (c.ln_weight - top).exp();
                patterns[library.particles()[c.particle].pattern.index()] += weight;
                variance += weight * v;
                members.push((weight, Member { particle: c.particle as u32, ln_full: c.ln_full, gain: 0.0 }));
            }
        }
        let sum: f64 = patterns.iter().sum();
        patterns.iter_mut().for_each(|p| *p /= sum);
        let mut best: Vec<Candidate> = best.into_iter().flatten().collect();
        best.sort_by(|a, b| b.ln_weight.total_cmp(&a.ln_weight));
        Self {
            library,
            patterns,
            ln_evidence: top + (sum / library.len() as f64).ln(),
            members: resample(&members, sum),
            best,
            variance: variance / sum,
            point_weights: weights.to_vec(),
        }
    }

    /// Solves for the gains that move the members' mean towards the measurements (the analysis step of an ensemble
    /// Kalman filter; Evensen 2003).
    fn settle(&mut self, seen: &Observation) {
        let k = seen.sizes.len();
        let n = self.members.len() as f64;
        let mut departures: Vec<Vec<f64>> = Vec::with_capacity(k);
        let mut residuals = Vec::with_capacity(k);
        for (&m, &y) in seen.sizes.iter().zip(&seen.ln_ms) {
            let column = self.library.column(m);
            let values: Vec<f64> =
                self.members.iter().map(|j| j.ln_full + f64::from(column.get(j.particle as usize))).collect();
            let mean = values.iter().sum::<f64>() / n;
            residuals.push(y - mean);
            departures.push(values.into_iter().map(|v| v - mean).collect());
        }
        let mut covariance: Vec<f64> = vec![0.0; k * k];
        for i in 0..k {
            for j in 0..=i {
                let c = departures[i].iter().zip(&departures[j]).map(|(a, b)| a * b).sum::<f64>() / n;
                (covariance[i * k + j], covariance[j * k + i]) = (c, c);
            }
            covariance[i * k + i] += self.variance / self.point_weights[i];
        }
        let solved = solve_symmetric(covariance, residuals);
        for (j, member) in self.members.iter_mut().enumerate() {
            member.gain = departures.iter().zip(&solved).map(|(d, z)| d[j] * z).sum();
        }
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

    /// Mean shares of the time at 1769 MB, with their 5 % and 95 % quantiles.
    pub fn shares(&self) -> (Shares, Shares, Shares) {
        let of = |part: fn(&Shares) -> f64| {
            let mut values: Vec<f64> =
                self.members.iter().map(|m| part(&self.library.particles()[m.particle as usize].shares)).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (mean, quantile(&mut values, 0.05), quantile(&mut values, 0.95))
        };
        let (cpu, wait, transfer) = (of(|s| s.cpu), of(|s| s.wait), of(|s| s.transfer));
        (
            Shares { cpu: cpu.0, wait: wait.0, transfer: transfer.0 },
            Shares { cpu: cpu.1, wait: wait.1, transfer: transfer.1 },
            Shares { cpu: cpu.2, wait: wait.2, transfer: transfer.2 },
        )
    }

    /// The measured mean to expect at `memory`, with a 90 % interval that holds the noise of a measurement.
    pub fn predict(&self, memory: MemoryMb) -> Prediction {
        let mut values = self.values(memory);
        let shift = self.shift(&values);
        let (low, median, high) =
            (quantile(&mut values, 0.05), quantile(&mut values, 0.5), quantile(&mut values, 0.95));
        let noise = 1.645 * self.variance.sqrt();
        let centre = median + shift;
        Prediction {
            ms: (centre - self.variance).exp(),
            low_ms: (centre - (median - low).hypot(noise)).exp(),
            high_ms: (centre + (high - median).hypot(noise)).exp(),
        }
    }

    /// Expected durations in ms at `sizes` by member: rows of equal weight.
    pub fn curves(&self, sizes: &[MemoryMb]) -> Vec<Vec<f64>> {
        let columns: Vec<Vec<f64>> = sizes
            .iter()
            .map(|&m| {
                let values = self.values(m);
                let shift = self.shift(&values);
                values.into_iter().map(|v| (v + shift).exp()).collect()
            })
            .collect();
        (0..self.members.len()).map(|j| columns.iter().map(|c| c[j]).collect()).collect()
    }

    /// `ln d` of each member at `memory`.
    fn values(&self, memory: MemoryMb) -> Vec<f64> {
        let column = self.library.column(memory);
        self.members.iter().map(|m| m.ln_full + f64::from(column.get(m.particle as usize))).collect()
    }

    /// `ln` of the mean curve at a size, before the measurements pull on it.
    pub fn mean_ln(&self, memory: MemoryMb) -> f64 {
        let values = self.values(memory);
        values.iter().sum::<f64>() / values.len() as f64
    }

    /// How far the measurements pull the members' mean at a size.
    fn shift(&self, values: &[f64]) -> f64 {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        self.members.iter().zip(values).map(|(m, v)| m.gain * (v - mean)).sum::<f64>() / n
    }
}

/// One particle that may matter, with what does not depend on the weights of the sizes.
struct Eligible {
    particle: u32,
    /// Scale of its noise prior.
    scale: f64,
    /// The prior of its own scale, as so many measurements of it.
    pull: f64,
    /// Everything in its log-weight that no measured duration enters.
    ln_prior: f64,
}

/// The particles within [`FAR`] of the best under equal weights of the sizes: a quick pass over the whole library, in
/// single precision.
fn eligible(library: &Library, seen: &Observation, known: &Known) -> Vec<Eligible> {
    let k = seen.sizes.len() as f64;
    let (first, second) = sums(library, seen);
    let centre = seen.centre();
    let table = library.noise_table(seen.invocations);
    // the inverse gamma shapes take few values
    let gammas = noise::SHAPES.map(|shape| ln_gamma(shape + k / 2.0) - ln_gamma(shape));
    let total = k as f32;
    let scored: Vec<f32> = library
        .particles()
        .iter()
        .zip(table)
        .zip(first.iter().zip(&second))
        .map(|((p, row), (&s, &q))| {
            let own = p.ln_full - centre as f32;
            let offset = (s + row.pull * own) / (total + row.pull);
            let squares = q - 2.0 * offset * s + total * offset * offset + row.pull * (offset - own) * (offset - own);
            let spread = row.scale + squares.max(0.0) / 2.0;
            row.ln_prior + gammas[usize::from(p.noise.shape_index)] as f32
                - 0.5 * (total + row.pull).ln()
                - (noise::SHAPES[usize::from(p.noise.shape_index)] as f32 + total / 2.0) * spread.ln()
                + side_information(p, seen, known)
        })
        .collect();
    let top = scored.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let near = scored.iter().enumerate().filter(|(_, s)| top - **s < FAR);
    near.map(|(i, _)| {
        let p = &library.particles()[i];
        let ln_prior = f64::from(table[i].ln_prior + side_information(p, seen, known));
        Eligible {
            particle: i as u32,
            scale: f64::from(table[i].scale),
            pull: f64::from(table[i].pull),
            ln_prior: ln_prior + gammas[usize::from(p.noise.shape_index)],
        }
    })
    .collect()
}

/// Sums over the sizes of each particle's residual (at its own shape, around the centre) and its square.
fn sums(library: &Library, seen: &Observation) -> (Vec<f32>, Vec<f32>) {
    let (mut first, mut second) = (vec![0f32; library.len()], vec![0f32; library.len()]);
    let centre = seen.centre();
    for (&m, &y) in seen.sizes.iter().zip(&seen.ln_ms) {
        let y = (y - centre) as f32;
        for ((s, q), shape) in first.iter_mut().zip(&mut second).zip(library.column(m).iter()) {
            let r = y - shape;
            *s += r;
            *q += r * r;
        }
    }
    (first, second)
}

/// Log-likelihood of what is known beside the curve.
fn side_information(p: &Particle, seen: &Observation, known: &Known) -> f32 {
    let mut ln = 0.0;
    if seen.runtime.is_some_and(|r| r != p.runtime) {
        ln += LN_OTHER_RUNTIME;
    }
    if seen.arch.is_some_and(|a| a != p.arch) {
        ln += LN_OTHER_ARCH;
    }
    if known.pattern.is_some_and(|pattern| pattern != p.pattern) {
        ln += LN_OTHER_PATTERN;
    }
    ln
}

/// Systematic resampling: [`MEMBERS`] equal shares of the weight, at fixed positions.
fn resample(weighted: &[(f64, Member)], sum: f64) -> Vec<Member> {
    let step = sum / MEMBERS as f64;
    let mut members = Vec::with_capacity(MEMBERS);
    let (mut passed, mut target) = (0.0, step / 2.0);
    for (weight, member) in weighted {
        passed += weight;
        while passed > target && members.len() < MEMBERS {
            members.push(*member);
            target += step;
        }
    }
    // rounding may leave the last places open
    if let Some(last) = weighted.last() {
        members.resize(MEMBERS, last.1);
    }
    members
}

/// The value below which a share `q` of the values lies; reorders them.
fn quantile(values: &mut [f64], q: f64) -> f64 {
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
