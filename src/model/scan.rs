//! The likelihood of every workload of the library for one measured curve.

use crate::model::approx;
use crate::model::blocks::{Blocks, LANES, Lanes, Measured, greatest};
use crate::model::library::{Kind, Library, Particle, scale_sd};
use crate::model::observation::Observation;
use crate::model::posterior::Known;
use crate::number::larger;
use crate::pattern::Pattern;

/// Members of a posterior.
pub const MEMBERS: usize = 256;

/// How far its log-weight lies below that of the best from where on a particle no longer counts. Those that lie so far
/// off with equal weights of the sizes are passed over before the weights are known: few would come to count then.
const NEGLIGIBLE: f32 = 8.0;

/// How much (in `ln`) a particle of another runtime still counts: one in ten.
const LN_OTHER_RUNTIME: f32 = -2.3;
/// The same for another instruction set: one in twenty.
const LN_OTHER_ARCH: f32 = -3.0;
/// The same for leaking cold starts when the run is known to be warm: one in a hundred.
const LN_LEAKS: f32 = -4.6;
/// The same for another pattern when the user names one: one in ten thousand.
const LN_OTHER_PATTERN: f32 = -9.2;

/// Standard deviation of a CPU time or waiting time that was measured apart: a share of it, and one of the whole invocation
/// at 1769 MB. The second says that what hardly works, or hardly waits, is known to do so: any workload of the library that
/// hardly does either explains it.
const KNOWN_SD: (f64, f64) = (0.05, 0.005);

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

/// Members of a posterior that are one workload of the library.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member {
    /// The workload.
    pub scaled: Scaled,
    /// How many members it stands for, at least one.
    pub count: usize,
    /// Standard deviation of `ln(measured mean)` around its curve.
    pub sd: f64,
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
    /// [`MEMBERS`] of equal weight, drawn by systematic resampling.
    pub members: Vec<Member>,
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
    /// How many there are: at least one.
    len: usize,
    particles: Vec<u32>,
    kind: Vec<Kind>,
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
    /// What the measured curve departs from the particle's, both around their means over the sizes: one size after the
    /// other.
    residuals: Vec<f32>,
}

impl<'a> Scan<'a> {
    /// A quick pass over the whole library, with equal weights of the sizes.
    pub fn new(library: &'a Library, seen: &Observation, known: &'a Known) -> Self {
        let centre = seen.centre();
        let around = seen.ln_ms.iter().map(|y| (y - centre) as f32).collect();
        let measured = Measured { around, mean: centre as f32 };
        let others = Others::new(seen, known);
        let curves = library.curves(&seen.sizes, seen.invocations);
        let mut top = f32::NEG_INFINITY;
        let mut scores = vec![[f32::NEG_INFINITY; LANES]; library.len().div_ceil(LANES)];
        let mut tops = vec![f32::NEG_INFINITY; scores.len()];
        for part in 0..curves.parts() {
            let blocks = curves.part(part);
            let (scores, tops) = (&mut scores[blocks.first / LANES..], &mut tops[blocks.first / LANES..]);
            let bounds = blocks.bounds(&measured);
            // the most promising block first: it shows which others cannot matter
            let start = (0..bounds.len()).max_by(|&a, &b| bounds[a].total_cmp(&bounds[b])).unwrap_or(0);
            for i in std::iter::once(start).chain((0..bounds.len()).filter(|&i| i != start)) {
                if top - bounds[i] < NEGLIGIBLE {
                    scores[i] = blocks.score(i, &measured);
                    others.weigh(library, &blocks, i, &measured, &mut scores[i], top - NEGLIGIBLE);
                    tops[i] = greatest(&scores[i]);
                    top = larger(top, tops[i]);
                }
            }
        }
        let least = top - NEGLIGIBLE;
        let mut near = Vec::with_capacity(library.len() / 4);
        for (block, scores) in scores.iter().enumerate().filter(|(block, _)| tops[*block] > least) {
            let (mut lanes, mut len) = ([0; LANES], 0);
            for (lane, score) in scores.iter().enumerate() {
                lanes[len] = block * LANES + lane;
                len += usize::from(*score > least);
            }
            near.extend_from_slice(&lanes[..len]);
        }
        let mut scan = Self::with_capacity(library, known, near.len(), seen.sizes.len());
        for near in near.chunk_by(|&a, &b| curves.part_of(a) == curves.part_of(b)) {
            scan.admit(&curves.part(curves.part_of(near[0])), near, &measured, &others);
        }
        scan
    }

    fn with_capacity(library: &'a Library, known: &'a Known, len: usize, sizes: usize) -> Self {
        let column = || Vec::with_capacity(len);
        Self {
            library,
            known,
            len,
            particles: Vec::with_capacity(len),
            kind: Vec::with_capacity(len),
            off: column(),
            shape: column(),
            scale: column(),
            pull: column(),
            ln_prior: column(),
            residuals: vec![0.0; sizes * len],
        }
    }

    /// Takes some workloads of these blocks in.
    fn admit(&mut self, blocks: &Blocks, near: &[usize], measured: &Measured, others: &Others<'_>) {
        let from = self.particles.len();
        let places: Vec<_> = near.iter().map(|p| p - blocks.first).map(|i| (i / LANES, i % LANES)).collect();
        let rows = self.residuals.chunks_exact_mut(self.len).map(|row| &mut row[from..]);
        blocks.residuals(&places, measured, rows);
        self.off.extend(places.iter().map(|&(i, lane)| measured.mean - blocks.mean(i)[lane]));
        let at: Vec<_> = places.into_iter().map(|(i, lane)| (blocks.block(i), lane)).collect();
        self.particles.extend(near.iter().map(|&p| p as u32));
        self.kind.extend(at.iter().map(|&(block, lane)| block.kind[lane]));
        self.shape.extend(at.iter().map(|&(block, lane)| block.shape[lane]));
        self.scale.extend(at.iter().map(|&(block, lane)| block.scale[lane]));
        self.pull.extend(at.iter().map(|&(block, lane)| block.pull[lane]));
        self.ln_prior.extend(at.iter().map(|&(block, lane)| block.ln_prior[lane] + others.ln_prior(block.kind[lane])));
    }

    /// The residuals at each size: one value a particle.
    fn residuals(&self) -> impl Iterator<Item = &[f32]> {
        self.residuals.chunks_exact(self.len)
    }

    /// The likelihood of every particle with these weights of the sizes.
    ///
    /// A particle's scale and the variance of the means around its curve are integrated out in closed form (normal and
    /// inverse gamma priors), which leaves `-(a + k/2) ln(b + S/2)` of the squared residuals `S`.
    fn likelihoods(&self, weights: &[f64]) -> Likelihoods {
        let n = self.len;
        let total = weights.iter().sum::<f64>() as f32;
        // sums of the residuals and of their squares, which then turn into what they say
        let (mut moved, mut variances, mut ln_weights) = (vec![0f32; n], vec![0f32; n], vec![0f32; n]);
        for (column, w) in self.residuals().zip(weights) {
            let w = *w as f32;
            for ((s, q), r) in moved.iter_mut().zip(&mut variances).zip(column) {
                *s += w * r;
                *q += w * r * r;
            }
        }
        // columns of one known length, so that several particles are weighed at a time
        let (off, shape, scale) = (&self.off[..n], &self.shape[..n], &self.scale[..n]);
        let (pull, ln_prior) = (&self.pull[..n], &self.ln_prior[..n]);
        for i in 0..n {
            let (s, q) = (moved[i], variances[i]);
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
                *ln_weight += self.known.ln_likelihood(p, f64::from(moved[i])) as f32;
            }
        }
        let top = greatest(&ln_weights);
        let weight = |ln: &f32| {
            let below = larger(ln - top, -NEGLIGIBLE);
            if below > -NEGLIGIBLE { approx::exp(below) } else { 0.0 }
        };
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
        (self.residuals().map(|column| mean(column) + off).collect(), mean(&found.variances))
    }

    /// The library with these weights of the sizes.
    pub fn weigh(&self, weights: &[f64]) -> Weighed {
        let found = self.likelihoods(weights);
        let mut best: [Option<usize>; Pattern::COUNT] = [None; Pattern::COUNT];
        let mut by_pattern = [0.0; Pattern::COUNT];
        for (i, (kind, weight)) in self.kind.iter().zip(&found.weights).enumerate() {
            let pattern = kind.pattern().index();
            by_pattern[pattern] += f64::from(*weight);
            if best[pattern].is_none_or(|b| found.ln_weights[i] > found.ln_weights[b]) {
                best[pattern] = Some(i);
            }
        }
        let total: f64 = by_pattern.iter().sum();
        let scaled = |i: usize| {
            let ln_full = f64::from(self.particle(i).ln_full) + f64::from(found.moved[i]);
            Scaled { particle: self.particles[i], ln_full }
        };
        let member =
            |(i, count): (usize, usize)| Member { scaled: scaled(i), count, sd: f64::from(found.variances[i]).sqrt() };
        let members = resample(&found.weights, total).map(member).collect();
        let candidate = |i: usize| Candidate { scaled: scaled(i), ln_weight: found.ln_weights[i].into() };
        let mut best: Vec<Candidate> = best.into_iter().flatten().map(candidate).collect();
        best.sort_by(|a, b| b.ln_weight.total_cmp(&a.ln_weight));
        let top = best.first().map_or(f64::NEG_INFINITY, |b| b.ln_weight);
        let ln_evidence = top + (total / self.library.len() as f64).ln();
        let patterns = by_pattern.map(|weight| weight / total);
        Weighed { members, best, patterns, ln_evidence, variance: dot(&found.variances, &found.weights) / total }
    }
}

/// Systematic resampling: [`MEMBERS`] equal shares of the `total` weight, at fixed positions. Gives the places of the
/// members with how many each stands for.
fn resample(weights: &[f32], total: f64) -> impl Iterator<Item = (usize, usize)> {
    let members_a_weight = MEMBERS as f64 / total;
    let (mut passed, mut drawn) = (0.0, 0);
    weights.iter().enumerate().filter_map(move |(i, weight)| {
        passed += f64::from(*weight);
        let reached = ((passed * members_a_weight + 0.5) as usize).min(MEMBERS);
        let count = reached - drawn;
        drawn = reached;
        (count > 0).then_some((i, count))
    })
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

/// The sum of the products: several at a time.
fn dot(column: &[f32], weights: &[f32]) -> f64 {
    let ((eights, rest), (weight_eights, weights_rest)) = (column.as_chunks::<8>(), weights.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (values, weights) in eights.iter().zip(weight_eights) {
        for ((sum, v), w) in sums.iter_mut().zip(values).zip(weights) {
            *sum += v * w;
        }
    }
    sum(&sums) + rest.iter().zip(weights_rest).map(|(v, w)| f64::from(v * w)).sum::<f64>()
}

/// What is known of the function beside its durations.
struct Others<'a> {
    known: &'a Known,
    /// Log of the factor by which particles of each kind count less, unless all count the same.
    by_kind: Option<Vec<f32>>,
}

impl<'a> Others<'a> {
    fn new(seen: &Observation, known: &'a Known) -> Self {
        let differ = seen.runtime.is_some() || seen.arch.is_some() || seen.warm || known.pattern.is_some();
        let other = |differs: bool, ln: f32| if differs { ln } else { 0.0 };
        let less = |kind: Kind| {
            other(seen.runtime.is_some_and(|r| r != kind.runtime()), LN_OTHER_RUNTIME)
                + other(seen.arch.is_some_and(|a| a != kind.arch()), LN_OTHER_ARCH)
                + other(seen.warm && kind.leaks(), LN_LEAKS)
                + other(known.pattern.is_some_and(|p| p != kind.pattern()), LN_OTHER_PATTERN)
        };
        Self { known, by_kind: differ.then(|| Kind::all().map(less).collect()) }
    }

    /// Adds what is known to the scores of a block, where they are not below `least` already.
    fn weigh(&self, library: &Library, blocks: &Blocks, i: usize, seen: &Measured, scores: &mut Lanes, least: f32) {
        let block = blocks.block(i);
        if let Some(by_kind) = &self.by_kind {
            for (score, kind) in scores.iter_mut().zip(&block.kind) {
                *score += by_kind[kind.index()];
            }
        }
        if *self.known == Known::default() {
            return;
        }
        let particles = &library.particles()[blocks.first + i * LANES..];
        for (lane, (score, p)) in scores.iter_mut().zip(particles).enumerate().filter(|(_, (score, _))| **score > least)
        {
            let total = seen.around.len() as f32;
            let moved = (seen.mean - blocks.mean(i)[lane]) * total / (total + block.pull[lane]);
            *score += self.known.ln_likelihood(p, f64::from(moved)) as f32;
        }
    }

    /// Log of the factor by which a particle of another kind counts less.
    fn ln_prior(&self, kind: Kind) -> f32 {
        self.by_kind.as_ref().map_or(0.0, |by_kind| by_kind[kind.index()])
    }
}

impl Known {
    /// Log-likelihood of the CPU and waiting time measured apart, under a particle moved in scale by `ln_moved`.
    #[inline]
    fn ln_likelihood(&self, particle: &Particle, ln_moved: f64) -> f64 {
        // the shape of long work may not be moved to where the CPU quota's staircase gives another
        let moved = self.cpu_ms.map_or(0.0, |ms| ln_moved / scale_sd(ms));
        let full_ms = f64::from(particle.ln_full).exp();
        let back = (-ln_moved).exp();
        let off = |measured: Option<f64>, own_ms: f64| {
            measured.map_or(0.0, |ms| {
                let ms = ms * back;
                (ms - own_ms) / (KNOWN_SD.0 * (ms + own_ms) / 2.0).hypot(KNOWN_SD.1 * full_ms)
            })
        };
        let z = [off(self.cpu_ms, particle.cpu_ms.into()), off(self.wait_ms, particle.shares.wait * full_ms), moved];
        -0.5 * z.iter().map(|z| z * z).sum::<f64>()
    }
}
