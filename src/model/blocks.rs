//! The library's curves at the sizes of one run, in blocks of workloads that look alike: a block whose nearest curve would
//! not count need not be looked into.

use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use statrs::function::gamma::ln_gamma;

use crate::model::approx;
use crate::model::library::{Kind, Library, Particle, Place};
use crate::model::noise::SHAPES;
use crate::number::larger;
use crate::units::MemoryMb;

/// Workloads in a block.
pub const LANES: usize = 32;

/// One value a workload of a block.
pub type Lanes = [f32; LANES];

/// Numbers of invocations a size for which blocks are made: a run takes the nearest.
const INVOCATION_LEVELS: [f64; 8] = [1.0, 2.0, 4.0, 7.0, 10.0, 20.0, 50.0, 100.0];

/// Rows that are kept at most, of one value a workload each, and those of the longest list of sizes that is kept: recorded
/// runs use some dozens of lists, and short ones.
const KEPT: usize = 1024;
const LONGEST: usize = 64;

/// A measured curve as the blocks take it.
#[derive(Debug, Clone)]
pub struct Measured {
    /// `ln` of the durations around their mean, one a size.
    pub around: Vec<f32>,
    /// That mean: `ln` of the geometric mean duration in ms.
    pub mean: f32,
}

/// What is known of up to [`LANES`] workloads in a row before their curves.
#[derive(Debug, Clone)]
pub struct Block {
    /// Shape of the inverse gamma prior of the variance.
    pub shape: Lanes,
    /// Its scale.
    pub scale: Lanes,
    /// The prior of the workload's own duration, as so many measurements of it.
    pub pull: Lanes,
    /// The part of the log-likelihood that neither the measured durations nor the weights of the sizes enter.
    pub ln_prior: Lanes,
    /// What they are.
    pub kind: [Kind; LANES],
    /// What each squared move of the whole curve counts beside the squared residuals.
    stiffness: Lanes,
    /// The part of the log-likelihood that no measured duration enters.
    base: Lanes,
}

/// Blocks in a row, with the curves of their workloads.
#[derive(Debug, Clone)]
pub struct Blocks {
    /// Position of the first workload in the library.
    pub first: usize,
    priors: Arc<Priors>,
    /// Mean of `ln d` over the sizes.
    mean: Vec<Lanes>,
    /// `ln d` around its mean over the sizes: one row a block and size.
    around: Vec<Lanes>,
    sizes: usize,
    reach: Reach,
}

/// A library for curves of so many sizes and means of so many invocations, before the curves are known.
#[derive(Debug, Clone, Default)]
struct Priors {
    blocks: Vec<Block>,
    /// By block, the greatest likelihood, of a measured curve that is the workload's own.
    best: Vec<f32>,
    /// By block, the greatest scale, the least exponent and the least stiffness.
    scale: Vec<f32>,
    exponent: Vec<f32>,
    stiffness: Vec<f32>,
}

/// Where the curves of whole blocks lie.
#[derive(Debug, Clone, Default)]
struct Reach {
    /// `ln d` around its mean, one a size.
    around: Vec<Extent>,
    /// That mean.
    mean: Extent,
}

/// The least and the greatest value of each block.
#[derive(Debug, Clone, Default)]
struct Extent {
    least: Vec<f32>,
    greatest: Vec<f32>,
}

impl Extent {
    fn push(&mut self, lanes: &[f32]) {
        self.least.push(least(lanes));
        self.greatest.push(greatest(lanes));
    }

    /// How far a value lies outside of each block's range.
    fn outside(&self, value: f32) -> impl Iterator<Item = f32> {
        self.least.iter().zip(&self.greatest).map(move |(low, high)| larger(larger(low - value, value - high), 0.0))
    }
}

/// The greatest of some values, none of which is NaN: several at a time.
pub fn greatest(values: &[f32]) -> f32 {
    let (eights, rest) = values.as_chunks::<8>();
    let columns =
        eights.iter().fold([f32::NEG_INFINITY; 8], |top, eight| std::array::from_fn(|i| larger(top[i], eight[i])));
    columns.iter().chain(rest).copied().fold(f32::NEG_INFINITY, larger)
}

fn least(values: &[f32]) -> f32 {
    values.iter().copied().fold(f32::INFINITY, f32::min)
}

impl Block {
    /// The workloads `particles` for curves of `k` sizes.
    fn new(particles: &[Particle], k: f64, invocations: f64) -> Self {
        let mut block = Self {
            shape: [1.0; LANES],
            scale: [1.0; LANES],
            pull: [0.0; LANES],
            ln_prior: [0.0; LANES],
            kind: [Kind::default(); LANES],
            stiffness: [0.0; LANES],
            base: [f32::NEG_INFINITY; LANES],
        };
        let ln_gammas = SHAPES.map(|shape| [ln_gamma(shape + k / 2.0), ln_gamma(shape)]);
        for (lane, p) in particles.iter().enumerate() {
            let (shape, scale) = (p.noise.shape(), p.noise.scale(invocations));
            let pull = p.pull(invocations);
            let [gained, own] = ln_gammas[usize::from(p.noise.shape_index)];
            let ln_prior = 0.5 * pull.ln() + shape * scale.ln() + gained - own;
            block.shape[lane] = shape as f32;
            block.scale[lane] = scale as f32;
            block.pull[lane] = pull as f32;
            block.ln_prior[lane] = ln_prior as f32;
            block.kind[lane] = p.kind();
            block.stiffness[lane] = (k * pull / (k + pull)) as f32;
            block.base[lane] = (ln_prior - 0.5 * (k + pull).ln()) as f32;
        }
        block
    }
}

impl Priors {
    /// Values of a workload that are kept: those of a [`Block`].
    const ROWS: usize = 7;

    /// The workloads of `library` for curves of `sizes` sizes.
    fn new(library: &Library, sizes: usize, invocations: f64) -> Self {
        let half = sizes as f32 / 2.0;
        let mut priors = Self::default();
        for particles in library.particles().chunks(LANES) {
            let block = Block::new(particles, sizes as f64, invocations);
            let own: Lanes = std::array::from_fn(|i| block.base[i] - (block.shape[i] + half) * block.scale[i].ln());
            priors.best.push(greatest(&own[..particles.len()]));
            priors.scale.push(greatest(&block.scale[..particles.len()]));
            priors.exponent.push(least(&block.shape[..particles.len()]) + half);
            priors.stiffness.push(least(&block.stiffness[..particles.len()]));
            priors.blocks.push(block);
        }
        priors
    }
}

impl Blocks {
    /// The blocks number `range` of `library`.
    fn new(library: &Library, range: Range<usize>, places: &[Place], priors: Arc<Priors>) -> Self {
        let first = range.start * LANES;
        let (mut mean, mut around) = (vec![[0.0; LANES]; range.len()], vec![[0.0; LANES]; range.len() * places.len()]);
        let mut reach = Reach { around: vec![Extent::default(); places.len()], mean: Extent::default() };
        let particles = library.particles()[first..].chunks(LANES);
        for (block, (mean, particles)) in mean.iter_mut().zip(particles).enumerate() {
            let rows = &mut around[block * places.len()..][..places.len()];
            for (lane, p) in particles.iter().enumerate() {
                let mut sum = 0.0;
                for (row, &place) in rows.iter_mut().zip(places) {
                    row[lane] = library.ln_ratio(first + block * LANES + lane, place);
                    sum += f64::from(row[lane]);
                }
                let own = (sum / places.len() as f64) as f32;
                rows.iter_mut().for_each(|row| row[lane] -= own);
                mean[lane] = own + p.ln_full;
            }
            reach.mean.push(&mean[..particles.len()]);
            reach.around.iter_mut().zip(rows).for_each(|(extent, row)| extent.push(&row[..particles.len()]));
        }
        Self { first, priors, mean, around, sizes: places.len(), reach }
    }

    /// What is known of the workloads of a block before their curves.
    pub fn block(&self, i: usize) -> &Block {
        &self.priors.blocks[self.first / LANES + i]
    }

    /// Mean of `ln d` over the sizes, of the workloads of a block.
    pub fn mean(&self, i: usize) -> &Lanes {
        &self.mean[i]
    }

    /// Departure of a measured curve from those of the workloads `at` some places (in block, in lane), both around their
    /// means over the sizes: one row a size.
    pub fn residuals<'r>(&self, at: &[(usize, usize)], seen: &Measured, rows: impl Iterator<Item = &'r mut [f32]>) {
        let starts: Vec<usize> = at.iter().map(|(block, lane)| block * self.sizes * LANES + lane).collect();
        for ((size, y), row) in seen.around.iter().enumerate().zip(rows) {
            let curves = &self.around.as_flattened()[size * LANES..];
            row.iter_mut().zip(&starts).for_each(|(residual, &start)| *residual = y - curves[start]);
        }
    }

    /// Number of blocks.
    pub fn len(&self) -> usize {
        self.mean.len()
    }

    /// `ln d` of the workloads of a block around its mean over the sizes, one row a size.
    pub fn around(&self, i: usize) -> &[Lanes] {
        &self.around[i * self.sizes..][..self.sizes]
    }

    /// Log-likelihood of a measured curve for each workload of a block, with equal weights of the sizes: minus infinity
    /// past the last of the library.
    // within a larger function the compiler weighs one workload at a time instead of several
    #[inline(never)]
    pub fn score(&self, i: usize, seen: &Measured) -> Lanes {
        let (block, mean) = (self.block(i), self.mean(i));
        let mut squares = [0.0; LANES];
        for (row, y) in self.around(i).iter().zip(&seen.around) {
            for (sum, c) in squares.iter_mut().zip(row) {
                *sum += (y - c) * (y - c);
            }
        }
        let half = seen.around.len() as f32 / 2.0;
        std::array::from_fn(|i| {
            let off = seen.mean - mean[i];
            let spread = block.scale[i] + (squares[i] + block.stiffness[i] * off * off) / 2.0;
            block.base[i] - (block.shape[i] + half) * approx::ln(spread)
        })
    }

    /// What no workload's log-likelihood exceeds, by block.
    pub fn bounds(&self, seen: &Measured) -> Vec<f32> {
        let mut squares = vec![0.0; self.len()];
        for (extent, y) in self.reach.around.iter().zip(&seen.around) {
            for (sum, off) in squares.iter_mut().zip(extent.outside(*y)) {
                *sum += off * off;
            }
        }
        let (from, priors) = (self.first / LANES, &self.priors);
        let off = self.reach.mean.outside(seen.mean);
        for ((sum, off), stiffness) in squares.iter_mut().zip(off).zip(&priors.stiffness[from..]) {
            *sum += stiffness * off * off;
        }
        let parts = priors.best[from..].iter().zip(&priors.exponent[from..]).zip(&priors.scale[from..]).zip(&squares);
        parts
            .map(|(((best, exponent), scale), least)| best - exponent * approx::ln(1.0 + least / (2.0 * scale)))
            .collect()
    }
}

/// All blocks of a library for one list of sizes and number of invocations: kept together, or made one at a time where the
/// list is too long.
#[derive(Debug)]
pub struct Curves<'a> {
    library: &'a Library,
    places: Vec<Place>,
    priors: Arc<Priors>,
    kept: Option<Arc<Blocks>>,
}

impl<'a> Curves<'a> {
    /// The curves at `sizes` for means of `invocations` calls.
    pub fn new(library: &'a Library, cache: &Cache, sizes: &[MemoryMb], invocations: f64) -> Self {
        let distance = |level: &f64| (level / invocations.max(1.0)).ln().abs();
        let level = INVOCATION_LEVELS.into_iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(1.0);
        let priors = || {
            let key = (sizes.len(), level);
            cache.priors.get(|k| *k == key, Priors::ROWS, || (key, Priors::new(library, sizes.len(), level)))
        };
        if sizes.len() > LONGEST {
            return Self { library, places: places(sizes), priors: priors(), kept: None };
        }
        let all = 0..library.len().div_ceil(LANES);
        let kept = cache.blocks.get(
            |(l, of)| *l == level && of == sizes,
            sizes.len() + 1,
            || ((level, sizes.to_vec()), Blocks::new(library, all, &places(sizes), priors())),
        );
        Self { library, places: Vec::new(), priors: Arc::clone(&kept.priors), kept: Some(kept) }
    }

    /// Number of parts.
    pub fn parts(&self) -> usize {
        if self.kept.is_some() { 1 } else { self.library.len().div_ceil(LANES) }
    }

    /// The part that a workload of the library is in.
    pub fn part_of(&self, particle: usize) -> usize {
        if self.kept.is_some() { 0 } else { particle / LANES }
    }

    /// Some blocks in a row.
    pub fn part(&self, i: usize) -> Arc<Blocks> {
        match &self.kept {
            Some(kept) => Arc::clone(kept),
            None => Arc::new(Blocks::new(self.library, i..i + 1, &self.places, Arc::clone(&self.priors))),
        }
    }
}

fn places(sizes: &[MemoryMb]) -> Vec<Place> {
    sizes.iter().map(|&m| Place::of(m)).collect()
}

/// What was made last of a library: blocks by level of invocations and sizes, priors by number of sizes and level.
#[derive(Debug, Default)]
pub struct Cache {
    blocks: Recent<(f64, Vec<MemoryMb>), Blocks>,
    priors: Recent<(usize, f64), Priors>,
}

/// The values made last, by their keys: at most [`KEPT`] rows of them.
#[derive(Debug)]
struct Recent<K, V>(RwLock<Vec<Entry<K, V>>>);

#[derive(Debug)]
struct Entry<K, V> {
    key: K,
    value: Arc<V>,
    rows: usize,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K, V> Recent<K, V> {
    /// The value of the key that `is` the one, from before or made now; it takes so many `rows`.
    fn get(&self, is: impl Fn(&K) -> bool, rows: usize, make: impl FnOnce() -> (K, V)) -> Arc<V> {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.iter().find(|entry| is(&entry.key)) {
            return Arc::clone(&entry.value);
        }
        drop(entries);
        let (key, value) = make();
        let value = Arc::new(value);
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        while entries.iter().map(|entry| entry.rows).sum::<usize>() + rows > KEPT {
            entries.remove(0);
        }
        entries.push(Entry { key, value: Arc::clone(&value), rows });
        value
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
        let blocks = library.curves(&sizes, 10.0).part(0);
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
            let found = f64::from(blocks.score(particle / LANES, &seen)[particle % LANES]);
            assert!((found - expected).abs() < 2e-3 * expected.abs().max(1.0), "{particle}: {found} {expected}");
        }
    }

    #[test]
    fn no_workload_exceeds_the_bound_of_its_block() {
        let library = Library::simulate(7, 1000);
        let sizes = sizes(&[128, 256, 512, 1024, 1536, 3008]);
        let blocks = library.curves(&sizes, 10.0).part(0);
        let mut passed_over = 0;
        for draw in 0..200 {
            let seen = measured(draw, &sizes);
            let scores: Vec<f32> = (0..blocks.len()).map(|i| greatest(&blocks.score(i, &seen))).collect();
            let top = scores.iter().copied().fold(f32::MIN, f32::max);
            for (i, (score, bound)) in scores.iter().zip(blocks.bounds(&seen)).enumerate() {
                assert!(*score <= bound + 1e-3, "draw {draw}, block {i}: {score} above {bound}");
                passed_over += usize::from(bound < top - 10.0);
            }
        }
        assert!(passed_over > 200 * blocks.len() / 10, "only {passed_over} blocks could be passed over");
    }

    #[test]
    fn blocks_are_the_same_from_the_cache_and_anew() {
        let library = Library::simulate(7, 70);
        let short = sizes(&[128, 512, 3008]);
        let first = library.curves(&short, 10.0).part(0);
        let again = library.curves(&short, 10.0).part(0);
        assert!(Arc::ptr_eq(&first, &again));
        for from in 128..160 {
            let long: Vec<u32> = (0..LONGEST as u32).map(|i| from + 100 * i).collect();
            library.curves(&sizes(&long), 10.0);
        }
        let anew = library.curves(&short, 10.0).part(0);
        assert!(!Arc::ptr_eq(&first, &anew), "not more than {KEPT} rows are kept");
        let all = |blocks: &Blocks| format!("{blocks:?}");
        assert_eq!(all(&first), all(&anew));
        assert_ne!(all(&first), all(&library.curves(&short, 50.0).part(0)));
    }

    #[test]
    fn blocks_are_the_same_one_at_a_time() {
        let library = Library::simulate(7, 70);
        let sizes = sizes(&[128, 512, 3008]);
        let kept = library.curves(&sizes, 10.0);
        let made = Curves { kept: None, places: places(&sizes), ..library.curves(&sizes, 10.0) };
        assert_eq!((kept.parts(), made.parts()), (1, 3));
        let together = kept.part(0);
        for particle in 0..70 {
            let part = made.part(made.part_of(particle));
            let (i, lane) = (particle / LANES, particle % LANES);
            assert_eq!(part.first, i * LANES);
            assert_eq!(together.around(i), part.around(0));
            assert_eq!(together.mean(i)[lane], part.mean(0)[lane]);
        }
    }
}
