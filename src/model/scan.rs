//! The likelihood of every workload of the library for one measured curve.

use crate::model::approx;
use crate::model::blocks::{Block, LANES, Lanes, Measured};
use crate::model::library::{Library, Particle};
use crate::model::observation::Observation;
use crate::model::posterior::Known;
use crate::pattern::{Pattern, Shares};

/// Log-weight, below that of the best particle, from which a particle no longer counts.
const NEGLIGIBLE: f32 = -8.0;

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
///
/// ```
/// # use powercurve::model::{Known, Library, Observation, Posterior};
/// # use powercurve::{PowerCurve, Run};
/// let library = Library::shipped();
/// let curve = PowerCurve::from_ms(&[(512, 2.0e6), (1769, 0.6e6)])?; // ten minutes
/// let posterior = Posterior::new(library, &Observation::of(&Run::new("long", curve)), &Known::default());
/// let member = posterior.members().next().expect("there is always one");
/// assert!((member.ln_full - 0.6e6f64.ln()).abs() < 0.3);
/// assert!((member.particle as usize) < library.len());
/// # Ok::<(), powercurve::Error>(())
/// ```
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
///
/// ```
/// # use powercurve::model::{Known, Library, Observation, Posterior};
/// # use powercurve::{PowerCurve, Run};
/// # let curve = PowerCurve::from_ms(&[(128, 25148.0), (512, 6067.0), (1024, 3084.0), (3008, 1781.0)])?;
/// # let posterior = Posterior::new(Library::shipped(), &Observation::of(&Run::new("primes", curve)), &Known::default());
/// let best = posterior.best(); // one a pattern
/// assert!(best.windows(2).all(|pair| pair[0].ln_weight >= pair[1].ln_weight));
/// # Ok::<(), powercurve::Error>(())
/// ```
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
}

/// The particles that may matter for a measured curve, with everything that the weights of its sizes do not change: one
/// value a particle in each column.
#[derive(Debug)]
pub struct Scan<'a> {
    library: &'a Library,
    known: &'a Known,
    particles: Vec<u32>,
    /// How far the mean of the measured curve lies above that of the particle's own.
    off: Vec<f32>,
    /// Shape of the noise prior.
    shape: Vec<f32>,
    /// Scale of the noise prior.
    scale: Vec<f32>,
    /// The prior of the particle's own scale, as so many measurements of it.
    pull: Vec<f32>,
    /// Everything in the log-weight that neither measured durations nor weights of sizes enter.
    ln_prior: Vec<f32>,
    /// What the measured curve departs from the particle's, both around their means over the sizes: one column a size.
    residuals: Vec<Vec<f32>>,
}

impl<'a> Scan<'a> {
    /// A quick pass over the whole library, with equal weights of the sizes.
    pub fn new(library: &'a Library, seen: &Observation, known: &'a Known) -> Self {
        let centre = seen.centre();
        let around = seen.ln_ms.iter().map(|y| (y - centre) as f32).collect();
        let measured = Measured { around, mean: centre as f32 };
        let others = Others { seen, known };
        let blocks = library.blocks(&seen.sizes, seen.invocations);
        let bounds: Vec<f32> = (0..blocks.len()).map(|i| blocks.get(i).bound(&measured)).collect();
        // the most promising block first: it shows which others cannot matter
        let start = (0..bounds.len()).max_by(|&a, &b| bounds[a].total_cmp(&bounds[b])).unwrap_or(0);
        let mut top = f32::NEG_INFINITY;
        let mut scored: Vec<(usize, Lanes)> = Vec::with_capacity(blocks.len());
        for i in std::iter::once(start).chain((0..blocks.len()).filter(|&i| i != start)) {
            if top - bounds[i] < FAR {
                let block = blocks.get(i);
                let mut scores = block.score(&measured);
                others.weigh(library, &block, &measured, &mut scores, top - FAR);
                top = top.max(greatest(&scores));
                scored.push((i, scores));
            }
        }
        // in the order of the library, in which neighbours look alike
        scored.sort_unstable_by_key(|(i, _)| *i);
        let near = |scores: &Lanes| scores.iter().map(|score| usize::from(top - score < FAR)).sum::<usize>();
        scored.retain(|(_, scores)| near(scores) > 0);
        let len = scored.iter().map(|(_, scores)| near(scores)).sum();
        let mut scan = Self::with_capacity(library, known, len, seen.sizes.len());
        let mut lanes = Vec::with_capacity(LANES);
        for (i, scores) in &scored {
            lanes.clear();
            lanes.extend((0..LANES).filter(|&lane| top - scores[lane] < FAR));
            scan.admit(&blocks.get(*i), &lanes, &measured, &others);
        }
        scan
    }

    fn with_capacity(library: &'a Library, known: &'a Known, len: usize, sizes: usize) -> Self {
        let column = || Vec::with_capacity(len);
        Self {
            library,
            known,
            particles: Vec::with_capacity(len),
            off: column(),
            shape: column(),
            scale: column(),
            pull: column(),
            ln_prior: column(),
            residuals: (0..sizes).map(|_| column()).collect(),
        }
    }

    /// Takes some workloads of a block in.
    fn admit(&mut self, block: &Block, lanes: &[usize], measured: &Measured, others: &Others<'_>) {
        let particles = &self.library.particles()[block.first..];
        self.particles.extend(lanes.iter().map(|&lane| (block.first + lane) as u32));
        self.off.extend(lanes.iter().map(|&lane| measured.mean - block.mean[lane]));
        self.shape.extend(lanes.iter().map(|&lane| block.shape[lane]));
        self.scale.extend(lanes.iter().map(|&lane| block.scale[lane]));
        self.pull.extend(lanes.iter().map(|&lane| block.pull[lane]));
        self.ln_prior.extend(lanes.iter().map(|&lane| block.ln_prior[lane] + others.ln_prior(&particles[lane])));
        for ((column, row), y) in self.residuals.iter_mut().zip(&block.around).zip(&measured.around) {
            column.extend(lanes.iter().map(|&lane| y - row[lane]));
        }
    }

    /// The likelihood of every particle with these weights of the sizes.
    ///
    /// A particle's scale and the variance of the means around its curve are integrated out in closed form (normal and
    /// inverse gamma priors), which leaves `-(a + k/2) ln(b + S/2)` of the squared residuals `S`.
    fn likelihoods(&self, weights: &[f64]) -> Likelihoods {
        let n = self.particles.len();
        let total = weights.iter().sum::<f64>() as f32;
        let (mut first, mut second) = (vec![0f32; n], vec![0f32; n]);
        for (column, w) in self.residuals.iter().zip(weights) {
            let w = *w as f32;
            for ((s, q), r) in first.iter_mut().zip(&mut second).zip(column) {
                *s += w * r;
                *q += w * r * r;
            }
        }
        // columns of one known length, so that several particles are weighed at a time
        let (off, shape, scale) = (&self.off[..n], &self.shape[..n], &self.scale[..n]);
        let (pull, ln_prior) = (&self.pull[..n], &self.ln_prior[..n]);
        let (mut moved, mut variances, mut ln_weights) = (vec![0f32; n], vec![0f32; n], vec![0f32; n]);
        for i in 0..n {
            let (s, q) = (first[i], second[i]);
            // where the curve would lie with no pull of its own scale
            let free = off[i] + s / total;
            let by = free * total / (total + pull[i]);
            let spread = scale[i] + ((q - s * s / total).max(0.0) + pull[i] * free * by) / 2.0;
            let freedom = shape[i] + total / 2.0;
            moved[i] = by;
            variances[i] = spread / freedom;
            ln_weights[i] = ln_prior[i] - 0.5 * approx::ln(total + pull[i]) - freedom * approx::ln(spread);
        }
        if *self.known != Known::default() {
            for (i, ln_weight) in ln_weights.iter_mut().enumerate() {
                let p = self.particle(i);
                *ln_weight += self.known.ln_likelihood(&p.shares, f64::from(p.ln_full + moved[i])) as f32;
            }
        }
        let top = ln_weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let weight = |ln: &f32| if ln - top > NEGLIGIBLE { approx::exp(ln - top) } else { 0.0 };
        Likelihoods { moved, variances, weights: ln_weights.iter().map(weight).collect(), ln_weights }
    }

    fn particle(&self, i: usize) -> &Particle {
        &self.library.particles()[self.particles[i] as usize]
    }

    /// Mean of `ln(measured mean)` around the expected value at each size, and its mean variance, with these weights of
    /// the sizes.
    pub fn departures(&self, weights: &[f64]) -> (Vec<f64>, f64) {
        let found = self.likelihoods(weights);
        let mean = |column: &[f32]| dot(column, &found.weights) / sum(&found.weights);
        let off = mean(&self.off) - mean(&found.moved);
        (self.residuals.iter().map(|column| mean(column) + off).collect(), mean(&found.variances))
    }

    /// The library with these weights of the sizes.
    pub fn weigh(&self, weights: &[f64]) -> Weighed {
        let found = self.likelihoods(weights);
        let total = sum(&found.weights);
        let mut best: [Option<usize>; Pattern::COUNT] = [None; Pattern::COUNT];
        let mut patterns = [0.0; Pattern::COUNT];
        let mut members = Vec::with_capacity(self.particles.len());
        let scaled = |i: usize| {
            let ln_full = f64::from(self.particle(i).ln_full) + f64::from(found.moved[i]);
            Scaled { particle: self.particles[i], ln_full }
        };
        for (i, (ln_weight, weight)) in found.ln_weights.iter().zip(&found.weights).enumerate() {
            let pattern = self.particle(i).pattern.index();
            if best[pattern].is_none_or(|b| *ln_weight > found.ln_weights[b]) {
                best[pattern] = Some(i);
            }
            if *weight > 0.0 {
                let weight = f64::from(*weight);
                patterns[pattern] += weight / total;
                members.push(Counted { weight, scaled: scaled(i), variance: found.variances[i].into() });
            }
        }
        let candidate = |i: usize| Candidate { scaled: scaled(i), ln_weight: found.ln_weights[i].into() };
        let mut best: Vec<Candidate> = best.into_iter().flatten().map(candidate).collect();
        best.sort_by(|a, b| b.ln_weight.total_cmp(&a.ln_weight));
        let top = best.first().map_or(f64::NEG_INFINITY, |b| b.ln_weight);
        let ln_evidence = top + (total / self.library.len() as f64).ln();
        Weighed { members, best, patterns, ln_evidence, variance: dot(&found.variances, &found.weights) / total }
    }
}

/// The greatest of the scores, none of which is NaN: several lanes at a time.
fn greatest(scores: &Lanes) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let (eights, _) = scores.as_chunks::<8>();
    let columns =
        eights.iter().fold([f32::NEG_INFINITY; 8], |top, eight| std::array::from_fn(|i| larger(top[i], eight[i])));
    columns.into_iter().fold(f32::NEG_INFINITY, larger)
}

/// The eligible particles with one set of weights of the sizes: one value a particle in each column.
struct Likelihoods {
    /// By how much, in `ln`, the particle is moved to the measured scale.
    moved: Vec<f32>,
    /// Variance of `ln(measured mean)` around its curve.
    variances: Vec<f32>,
    /// Log of its likelihood and prior, up to a constant of the run.
    ln_weights: Vec<f32>,
    /// Its weight, relative to that of the best: 0 where it does not count.
    weights: Vec<f32>,
}

fn sum(column: &[f32]) -> f64 {
    column.iter().map(|v| f64::from(*v)).sum()
}

fn dot(column: &[f32], weights: &[f32]) -> f64 {
    column.iter().zip(weights).map(|(v, w)| f64::from(v * w)).sum()
}

/// What is known of the function beside its durations.
struct Others<'a> {
    seen: &'a Observation,
    known: &'a Known,
}

impl Others<'_> {
    /// Adds what is known to the scores of a block, where they are not below `least` already.
    fn weigh(&self, library: &Library, block: &Block, measured: &Measured, scores: &mut Lanes, least: f32) {
        let more_known = *self.known != Known::default();
        if !more_known && self.seen.runtime.is_none() && self.seen.arch.is_none() {
            return;
        }
        for (lane, score) in scores[..block.len].iter_mut().enumerate() {
            if *score > least {
                let p = &library.particles()[block.first + lane];
                *score += self.ln_prior(p);
                if more_known {
                    let total = measured.around.len() as f32;
                    let moved = (measured.mean - block.mean[lane]) * total / (total + block.pull[lane]);
                    *score += self.known.ln_likelihood(&p.shares, f64::from(p.ln_full + moved)) as f32;
                }
            }
        }
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
