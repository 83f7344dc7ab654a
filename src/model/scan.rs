//! The likelihood of every workload of the library for one measured curve.

use statrs::function::gamma::ln_gamma;

use crate::model::approx;
use crate::model::library::{Library, Particle};
use crate::model::noise;
use crate::model::observation::Observation;
use crate::model::posterior::Known;
use crate::pattern::{Pattern, Shares};

/// Log-weight, below that of the best particle, from which a particle no longer counts.
const NEGLIGIBLE: f64 = -8.0;

/// The same before the weights of the sizes are known: it cannot come to count, whatever they become.
const FAR: f32 = 10.0;

/// How much (in `ln`) a particle of another runtime still counts: one in ten.
const LN_OTHER_RUNTIME: f32 = -2.3;
/// The same for another instruction set: one in twenty.
const LN_OTHER_ARCH: f32 = -3.0;
/// The same for another pattern when the user names one: one in ten thousand.
const LN_OTHER_PATTERN: f32 = -9.2;

/// Standard deviation (in `ln`) of a CPU time or waiting time that was measured apart.
const KNOWN_SD: f64 = 0.05;

/// One workload of the library, moved to the measured scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scaled {
    /// Its number in the library.
    pub particle: u32,
    /// `ln` of its duration in ms at 1769 MB, at the measured scale.
    pub ln_full: f64,
}

/// A workload of the library that counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counted {
    /// Its weight, relative to that of the best.
    pub weight: f64,
    /// The workload.
    pub scaled: Scaled,
    /// Variance of `ln(measured mean)` around its curve.
    pub variance: f64,
}

/// A workload of the library with its weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// The workload.
    pub scaled: Scaled,
    /// Log of its likelihood and prior, up to a constant of the run.
    pub ln_weight: f64,
}

/// The library weighed by a measured curve.
#[derive(Debug, Clone)]
pub struct Weighed {
    /// The workloads that count.
    pub members: Vec<Counted>,
    /// The most likely workload of each pattern, the best first.
    pub best: Vec<Candidate>,
    /// Posterior probability of each pattern.
    pub patterns: [f64; Pattern::COUNT],
    /// Log of the mean likelihood of the curve over the prior.
    pub ln_evidence: f64,
    /// Mean variance of `ln(measured mean)` around the expected value.
    pub variance: f64,
    /// Mean of `ln(measured mean)` around the expected value, at each size.
    pub residuals: Vec<f64>,
    /// The weights of the sizes.
    pub point_weights: Vec<f64>,
}

/// The particles that may matter for a measured curve, with everything that the weights of its sizes do not change.
#[derive(Debug)]
pub struct Scan<'a> {
    library: &'a Library,
    known: &'a Known,
    eligible: Vec<Eligible>,
    /// Residuals of the eligible particles at their own shape, around the centre: one row each, one column a size.
    residuals: Vec<f64>,
    centre: f64,
}

#[derive(Debug)]
struct Eligible {
    particle: u32,
    /// Scale of its noise prior.
    scale: f64,
    /// The prior of its own scale, as so many measurements of it.
    pull: f64,
    /// Everything in its log-weight that no measured duration enters.
    ln_prior: f64,
    /// Shape of its noise prior.
    shape: f64,
    /// `ln` of its own duration at 1769 MB, around the centre.
    own: f64,
    pattern: Pattern,
}

/// An eligible particle moved to the measured scale.
#[derive(Debug, Clone, Copy)]
struct Fit {
    /// `ln` of its duration at 1769 MB, around the centre.
    offset: f64,
    /// Scale of the posterior of its noise.
    spread: f64,
}

impl<'a> Scan<'a> {
    /// A quick pass over the whole library, in single precision and with equal weights of the sizes.
    pub fn new(library: &'a Library, seen: &Observation, known: &'a Known) -> Self {
        let k = seen.sizes.len() as f64;
        let centre = seen.centre();
        let table = library.noise_table(seen.invocations);
        // the inverse gamma shapes take few values
        let gammas = noise::SHAPES.map(|shape| ln_gamma(shape + k / 2.0) - ln_gamma(shape));
        let others = Others { seen, known };
        let (first, second) = sums(library, seen, centre);
        let total = k as f32;
        let mut scored = vec![0f32; library.len()];
        // columns of one known length, so that several particles are scored at a time
        let n = library.len();
        let (ln_full, shapes, scales) = (&table.ln_full[..n], &table.shape[..n], &table.scale[..n]);
        let (pulls, ln_priors) = (&table.pull[..n], &table.ln_prior[..n]);
        let (first, second) = (&first[..n], &second[..n]);
        let (centre_f32, gammas_f32) = (centre as f32, gammas.map(|g| g as f32));
        for i in 0..n {
            let (pull, shape, own) = (pulls[i], shapes[i], ln_full[i] - centre_f32);
            let (s, q) = (first[i], second[i]);
            let offset = (s + pull * own) / (total + pull);
            let squares = q - 2.0 * offset * s + total * offset * offset + pull * (offset - own) * (offset - own);
            let spread = scales[i] + squares.max(0.0) / 2.0;
            let gamma = if shape == noise::SHAPES[0] as f32 { gammas_f32[0] } else { gammas_f32[1] };
            scored[i] =
                ln_priors[i] + gamma - 0.5 * approx::ln(total + pull) - (shape + total / 2.0) * approx::ln(spread);
        }
        if others.matter() {
            for (i, (score, p)) in scored.iter_mut().zip(library.particles()).enumerate() {
                let own = f64::from(p.ln_full) - centre;
                let pull = f64::from(table.pull[i]);
                let offset = (f64::from(first[i]) + pull * own) / (f64::from(total) + pull);
                *score += others.ln_prior(p) + known.ln_likelihood(&p.shares, offset + centre) as f32;
            }
        }
        let top = scored.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let near = scored.iter().enumerate().filter(|(_, score)| top - **score < FAR).map(|(i, _)| i);
        let eligible: Vec<Eligible> = near
            .map(|i| {
                let p = &library.particles()[i];
                let ln_prior = f64::from(table.ln_prior[i] + others.ln_prior(p));
                Eligible {
                    particle: i as u32,
                    scale: f64::from(table.scale[i]),
                    pull: f64::from(table.pull[i]),
                    ln_prior: ln_prior + gammas[usize::from(p.noise.shape_index)],
                    shape: p.noise.shape(),
                    own: f64::from(p.ln_full) - centre,
                    pattern: p.pattern,
                }
            })
            .collect();
        let columns: Vec<_> = seen.sizes.iter().map(|&m| library.column(m)).collect();
        let mut residuals = Vec::with_capacity(eligible.len() * columns.len());
        for e in &eligible {
            let at = columns.iter().zip(&seen.ln_ms);
            residuals.extend(at.map(|(column, y)| y - centre - f64::from(column.get(e.particle as usize))));
        }
        Self { library, known, eligible, residuals, centre }
    }

    /// The likelihood of every particle with these weights of the sizes.
    ///
    /// A particle's scale and the variance of the means around its curve are integrated out in closed form (normal and
    /// inverse gamma priors), which leaves `-(a + k/2) ln(b + S/2)` of the squared residuals `S`.
    pub fn weigh(&self, weights: &[f64]) -> Weighed {
        let total: f64 = weights.iter().sum();
        let fits: Vec<Fit> = self
            .eligible
            .iter()
            .zip(self.residuals.chunks_exact(weights.len()))
            .map(|(e, residuals)| {
                let (mut s, mut q) = (0.0, 0.0);
                for (r, w) in residuals.iter().zip(weights) {
                    s += w * r;
                    q += w * r * r;
                }
                let offset = (s + e.pull * e.own) / (total + e.pull);
                let squares = q - 2.0 * offset * s + total * offset * offset + e.pull * (offset - e.own).powi(2);
                Fit { offset, spread: e.scale + squares.max(0.0) / 2.0 }
            })
            .collect();
        // in columns, so that several logarithms are taken at a time
        let mut ln_total: Vec<f32> = self.eligible.iter().map(|e| (total + e.pull) as f32).collect();
        let mut ln_spread: Vec<f32> = fits.iter().map(|f| f.spread as f32).collect();
        ln_total.iter_mut().for_each(|x| *x = approx::ln(*x));
        ln_spread.iter_mut().for_each(|x| *x = approx::ln(*x));

        let more_known = *self.known != Known::default();
        let mut best: [Option<Candidate>; Pattern::COUNT] = [None; Pattern::COUNT];
        let mut ln_weights = Vec::with_capacity(fits.len());
        for ((e, fit), (ln_total, ln_spread)) in self.eligible.iter().zip(&fits).zip(ln_total.iter().zip(&ln_spread)) {
            let scaled = Scaled { particle: e.particle, ln_full: fit.offset + self.centre };
            let mut ln_weight =
                e.ln_prior - 0.5 * f64::from(*ln_total) - (e.shape + total / 2.0) * f64::from(*ln_spread);
            if more_known {
                let shares = &self.library.particles()[e.particle as usize].shares;
                ln_weight += self.known.ln_likelihood(shares, scaled.ln_full);
            }
            let slot = &mut best[e.pattern.index()];
            if slot.is_none_or(|b| ln_weight > b.ln_weight) {
                *slot = Some(Candidate { scaled, ln_weight });
            }
            ln_weights.push(ln_weight);
        }
        let mut best: Vec<Candidate> = best.into_iter().flatten().collect();
        best.sort_by(|a, b| b.ln_weight.total_cmp(&a.ln_weight));
        let top = best.first().map_or(f64::NEG_INFINITY, |b| b.ln_weight);

        let mut patterns = [0.0; Pattern::COUNT];
        let mut members = Vec::with_capacity(fits.len());
        let mut variance = 0.0;
        let mut off = vec![0.0; weights.len()];
        let rows = self.eligible.iter().zip(&fits).zip(self.residuals.chunks_exact(weights.len()));
        for (((e, fit), residuals), ln_weight) in rows.zip(ln_weights) {
            if ln_weight - top > NEGLIGIBLE {
                let weight = f64::from(approx::exp((ln_weight - top) as f32));
                let member_variance = fit.spread / (e.shape + total / 2.0);
                patterns[e.pattern.index()] += weight;
                variance += weight * member_variance;
                for (sum, r) in off.iter_mut().zip(residuals) {
                    *sum += weight * (r - fit.offset);
                }
                let scaled = Scaled { particle: e.particle, ln_full: fit.offset + self.centre };
                members.push(Counted { weight, scaled, variance: member_variance });
            }
        }
        let sum: f64 = patterns.iter().sum();
        Weighed {
            members,
            best,
            patterns: patterns.map(|p| p / sum),
            ln_evidence: top + (sum / self.library.len() as f64).ln(),
            variance: variance / sum,
            residuals: off.into_iter().map(|r| r / sum).collect(),
            point_weights: weights.to_vec(),
        }
    }
}

/// Sums over the sizes of each particle's residual (at its own shape, around the centre) and its square.
fn sums(library: &Library, seen: &Observation, centre: f64) -> (Vec<f32>, Vec<f32>) {
    let (mut first, mut second) = (vec![0f32; library.len()], vec![0f32; library.len()]);
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

/// What is known of the function beside its durations.
struct Others<'a> {
    seen: &'a Observation,
    known: &'a Known,
}

impl Others<'_> {
    /// Whether anything is known beside the durations.
    fn matter(&self) -> bool {
        self.seen.runtime.is_some() || self.seen.arch.is_some() || *self.known != Known::default()
    }

    /// Log of the factor by which a particle of another kind counts less.
    #[inline]
    fn ln_prior(&self, p: &Particle) -> f32 {
        let other = |differs: bool, ln: f32| if differs { ln } else { 0.0 };
        other(self.seen.runtime.is_some_and(|r| r != p.runtime), LN_OTHER_RUNTIME)
            + other(self.seen.arch.is_some_and(|a| a != p.arch), LN_OTHER_ARCH)
            + other(self.known.pattern.is_some_and(|pattern| pattern != p.pattern), LN_OTHER_PATTERN)
    }
}

impl Known {
    /// Log-likelihood of the CPU and waiting time measured apart, for these shares of `exp(ln_full)` ms.
    #[inline]
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
