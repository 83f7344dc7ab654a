//! The library's curves at the sizes of one run, in blocks of workloads that look alike: a block whose nearest curve would
//! not count need not be looked into.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

use statrs::function::gamma::ln_gamma;

use crate::model::approx;
use crate::model::library::{Library, Place};
use crate::units::MemoryMb;

/// Workloads in a block.
pub const LANES: usize = 32;

/// One value a workload of a block.
pub type Lanes = [f32; LANES];

/// Numbers of invocations a size for which blocks are made: a run takes the nearest.
const INVOCATION_LEVELS: [f64; 8] = [1.0, 2.0, 4.0, 7.0, 10.0, 20.0, 50.0, 100.0];

/// Lists of sizes whose blocks are kept, and the longest of them: recorded runs use few lists, and short ones.
const KEPT: usize = 16;
const LONGEST: usize = 64;

/// A measured curve as the blocks take it.
#[derive(Debug, Clone)]
pub struct Measured {
    /// `ln` of the durations around their mean, one a size.
    pub around: Vec<f32>,
    /// That mean: `ln` of the geometric mean duration in ms.
    pub mean: f32,
}

/// Up to [`LANES`] workloads in a row.
#[derive(Debug, Clone)]
pub struct Block {
    /// Position of the first in the library.
    pub first: usize,
    /// How many there are.
    pub len: usize,
    /// Their `ln d` around its mean over the sizes, one row a size.
    pub around: Vec<Lanes>,
    /// That mean.
    pub mean: Lanes,
    /// Shape of the inverse gamma prior of the variance.
    pub shape: Lanes,
    /// Its scale.
    pub scale: Lanes,
    /// The prior of the workload's own duration, as so many measurements of it.
    pub pull: Lanes,
    /// The part of the log-likelihood that neither the measured durations nor the weights of the sizes enter.
    pub ln_prior: Lanes,
    /// What each squared move of the whole curve counts beside the squared residuals.
    stiffness: Lanes,
    /// The part of the log-likelihood that no measured duration enters.
    base: Lanes,
    reach: Reach,
}

/// What bounds the likelihood of a whole block.
#[derive(Debug, Clone)]
struct Reach {
    /// The least and the greatest of each row of `around`.
    around: Vec<(f32, f32)>,
    /// The same of `mean`.
    mean: (f32, f32),
    /// The greatest likelihood, of a measured curve that is the workload's own.
    best: f32,
    /// The greatest scale, the least exponent and the least stiffness.
    scale: f32,
    exponent: f32,
    stiffness: f32,
}

/// The least and the greatest of some values.
fn range(values: &[f32]) -> (f32, f32) {
    values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)))
}

/// How far a value lies outside of a range.
fn outside(value: f32, (low, high): (f32, f32)) -> f32 {
    (low - value).max(value - high).max(0.0)
}

impl Block {
    fn new(library: &Library, first: usize, places: &[Place], invocations: f64) -> Self {
        let k = places.len() as f64;
        let particles = &library.particles()[first..library.len().min(first + LANES)];
        let mut block = Self {
            first,
            len: particles.len(),
            around: vec![[0.0; LANES]; places.len()],
            mean: [0.0; LANES],
            shape: [1.0; LANES],
            scale: [1.0; LANES],
            pull: [0.0; LANES],
            ln_prior: [0.0; LANES],
            stiffness: [0.0; LANES],
            base: [f32::NEG_INFINITY; LANES],
            reach: Reach { around: Vec::new(), mean: (0.0, 0.0), best: 0.0, scale: 0.0, exponent: 0.0, stiffness: 0.0 },
        };
        for (lane, p) in particles.iter().enumerate() {
            let (shape, scale) = (p.noise.shape(), p.noise.scale(invocations));
            let pull = p.pull(invocations);
            let ln_prior = 0.5 * pull.ln() + shape * scale.ln() + ln_gamma(shape + k / 2.0) - ln_gamma(shape);
            block.shape[lane] = shape as f32;
            block.scale[lane] = scale as f32;
            block.pull[lane] = pull as f32;
            block.ln_prior[lane] = ln_prior as f32;
            block.stiffness[lane] = (k * pull / (k + pull)) as f32;
            block.base[lane] = (ln_prior - 0.5 * (k + pull).ln()) as f32;
            let mut sum = 0.0;
            for (row, &place) in block.around.iter_mut().zip(places) {
                row[lane] = library.ln_ratio(first + lane, place);
                sum += f64::from(row[lane]);
            }
            let mean = (sum / k) as f32;
            block.around.iter_mut().for_each(|row| row[lane] -= mean);
            block.mean[lane] = mean + p.ln_full;
        }
        let used = |lanes: &Lanes| range(&lanes[..particles.len()]);
        let half = k as f32 / 2.0;
        let own: Lanes = std::array::from_fn(|i| block.base[i] - (block.shape[i] + half) * block.scale[i].ln());
        block.reach = Reach {
            around: block.around.iter().map(used).collect(),
            mean: used(&block.mean),
            best: used(&own).1,
            scale: used(&block.scale).1,
            exponent: used(&block.shape).0 + half,
            stiffness: used(&block.stiffness).0,
        };
        block
    }

    /// Log-likelihood of a measured curve for each workload, with equal weights of the sizes: minus infinity past the last.
    pub fn score(&self, seen: &Measured) -> Lanes {
        let mut squares = [0.0; LANES];
        for (row, y) in self.around.iter().zip(&seen.around) {
            for (sum, c) in squares.iter_mut().zip(row) {
                *sum += (y - c) * (y - c);
            }
        }
        let half = seen.around.len() as f32 / 2.0;
        std::array::from_fn(|i| {
            let off = seen.mean - self.mean[i];
            let spread = self.scale[i] + (squares[i] + self.stiffness[i] * off * off) / 2.0;
            self.base[i] - (self.shape[i] + half) * approx::ln(spread)
        })
    }

    /// What no workload's log-likelihood exceeds.
    pub fn bound(&self, seen: &Measured) -> f32 {
        let reach = &self.reach;
        let off = outside(seen.mean, reach.mean);
        let squares: f32 = reach.around.iter().zip(&seen.around).map(|(range, y)| outside(*y, *range).powi(2)).sum();
        let least = squares + reach.stiffness * off * off;
        reach.best - reach.exponent * approx::ln(1.0 + least / (2.0 * reach.scale))
    }
}

/// The blocks of a library for one list of sizes and number of invocations.
#[derive(Debug)]
pub struct Blocks<'a> {
    library: &'a Library,
    places: Vec<Place>,
    invocations: f64,
    kept: Option<Arc<[Block]>>,
}

impl<'a> Blocks<'a> {
    /// The blocks at `sizes` for means of `invocations` calls.
    pub fn new(library: &'a Library, cache: &Cache, sizes: &[MemoryMb], invocations: f64) -> Self {
        let distance = |level: &f64| (level / invocations.max(1.0)).ln().abs();
        let level = INVOCATION_LEVELS.into_iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(1.0);
        let places = sizes.iter().map(|&m| Place::of(m)).collect();
        let mut blocks = Self { library, places, invocations: level, kept: None };
        if sizes.len() <= LONGEST {
            blocks.kept = Some(cache.get(sizes, level, || (0..blocks.len()).map(|i| blocks.make(i)).collect()));
        }
        blocks
    }

    /// Number of blocks.
    pub fn len(&self) -> usize {
        self.library.len().div_ceil(LANES)
    }

    /// A block.
    pub fn get(&self, i: usize) -> Cow<'_, Block> {
        match &self.kept {
            Some(kept) => Cow::Borrowed(&kept[i]),
            None => Cow::Owned(self.make(i)),
        }
    }

    fn make(&self, i: usize) -> Block {
        Block::new(self.library, i * LANES, &self.places, self.invocations)
    }
}

/// The blocks made last.
#[derive(Debug, Default)]
pub struct Cache(RwLock<Vec<Entry>>);

#[derive(Debug)]
struct Entry {
    sizes: Vec<MemoryMb>,
    level: f64,
    blocks: Arc<[Block]>,
}

impl Cache {
    /// The blocks of these sizes, from before or made now.
    fn get(&self, sizes: &[MemoryMb], level: f64, make: impl FnOnce() -> Arc<[Block]>) -> Arc<[Block]> {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.iter().find(|e| e.level == level && e.sizes == sizes) {
            return Arc::clone(&entry.blocks);
        }
        drop(entries);
        let blocks = make();
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == KEPT {
            entries.remove(0);
        }
        entries.push(Entry { sizes: sizes.to_vec(), level, blocks: Arc::clone(&blocks) });
        blocks
    }
}

impl Clone for Cache {
    /// Starts empty.
    fn clone(&self) -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::prior;
    use crate::simulate::breakdown;

    /// The curve of a workload that the library does not hold, at `sizes`.
    fn measured(draw: u64, sizes: &[MemoryMb]) -> Measured {
        let workload = prior::draw(99, draw);
        let ln_ms: Vec<f64> = sizes.iter().map(|&m| breakdown(&workload, m, 0.0).warm_ms().ln()).collect();
        let mean = ln_ms.iter().sum::<f64>() / ln_ms.len() as f64;
        Measured { around: ln_ms.iter().map(|y| (y - mean) as f32).collect(), mean: mean as f32 }
    }

    fn sizes(mb: &[u32]) -> Vec<MemoryMb> {
        mb.iter().filter_map(|&mb| MemoryMb::new(mb).ok()).collect()
    }

    #[test]
    fn the_score_is_the_likelihood_with_scale_and_variance_integrated_out() {
        let library = Library::simulate(7, 100);
        let sizes = sizes(&[128, 512, 1100, 3008]);
        let seen = measured(0, &sizes);
        let blocks = library.blocks(&sizes, 10.0);
        for (particle, p) in library.particles().iter().enumerate() {
            let (a, b, pull) = (p.noise.shape(), p.noise.scale(10.0), p.pull(10.0));
            // residuals at the particle's own scale, then a normal prior of the move from it
            let ln_own = |&m: &MemoryMb| f64::from(p.ln_full) + f64::from(library.ln_ratio(particle, Place::of(m)));
            let residuals: Vec<f64> =
                sizes.iter().zip(&seen.around).map(|(m, y)| f64::from(y + seen.mean) - ln_own(m)).collect();
            let moved = residuals.iter().sum::<f64>() / (4.0 + pull);
            let squares: f64 = residuals.iter().map(|r| (r - moved).powi(2)).sum::<f64>() + pull * moved * moved;
            let expected = ln_gamma(a + 2.0) - ln_gamma(a) + a * b.ln() + 0.5 * (pull / (4.0 + pull)).ln()
                - (a + 2.0) * (b + squares / 2.0).ln();
            let found = f64::from(blocks.get(particle / LANES).score(&seen)[particle % LANES]);
            assert!((found - expected).abs() < 2e-3 * expected.abs().max(1.0), "{particle}: {found} {expected}");
        }
    }

    #[test]
    fn no_workload_exceeds_the_bound_of_its_block() {
        let library = Library::simulate(7, 1000);
        let sizes = sizes(&[128, 256, 512, 1024, 1536, 3008]);
        let blocks = library.blocks(&sizes, 10.0);
        let mut passed_over = 0;
        for draw in 0..200 {
            let seen = measured(draw, &sizes);
            let scores: Vec<f32> =
                (0..blocks.len()).map(|i| blocks.get(i).score(&seen).into_iter().fold(f32::MIN, f32::max)).collect();
            let top = scores.iter().copied().fold(f32::MIN, f32::max);
            for (i, score) in scores.iter().enumerate() {
                let bound = blocks.get(i).bound(&seen);
                assert!(*score <= bound + 1e-3, "draw {draw}, block {i}: {score} above {bound}");
                passed_over += usize::from(bound < top - 10.0);
            }
        }
        assert!(passed_over > 200 * blocks.len() / 10, "only {passed_over} blocks could be passed over");
    }

    #[test]
    fn blocks_are_the_same_from_the_cache_and_anew() {
        let library = Library::simulate(7, 70);
        let sizes = sizes(&[128, 512, 3008]);
        let all = |blocks: &Blocks<'_>| (0..blocks.len()).map(|i| format!("{:?}", blocks.get(i))).collect::<Vec<_>>();
        let first = all(&library.blocks(&sizes, 10.0));
        for other in 2..40 {
            library.blocks(&sizes[..2], f64::from(other));
            library.blocks(&sizes[1..], f64::from(other));
        }
        assert_eq!(first, all(&library.blocks(&sizes, 10.0)));
        assert_eq!(first, all(&Blocks { kept: None, ..library.blocks(&sizes, 10.0) }));
        assert_ne!(first, all(&library.blocks(&sizes, 50.0)));
    }
}
