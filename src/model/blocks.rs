//! The library's curves at the sizes of one run, in blocks of workloads that look alike: a block whose nearest curve would
//! not count need not be looked into.

use std::sync::{Arc, PoisonError, RwLock};

use statrs::function::gamma::ln_gamma;

use crate::model::approx;
use crate::model::library::{Kind, Library, Particle, Place};
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

/// Up to [`LANES`] workloads in a row, without their curves.
#[derive(Debug, Clone)]
pub struct Block {
    /// Mean of their `ln d` over the sizes.
    pub mean: Lanes,
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
    blocks: Vec<Block>,
    /// `ln d` around its mean over the sizes: one row a block and size.
    around: Vec<Lanes>,
    sizes: usize,
    reach: Reach,
}

/// What bounds the likelihood of whole blocks: one value a block in each column.
#[derive(Debug, Clone, Default)]
struct Reach {
    /// The least and the greatest `ln d` around the mean: one column a size.
    around: Vec<Range>,
    /// The same of the mean.
    mean: Range,
    /// The greatest likelihood, of a measured curve that is the workload's own.
    best: Vec<f32>,
    /// The greatest scale, the least exponent and the least stiffness.
    scale: Vec<f32>,
    exponent: Vec<f32>,
    stiffness: Vec<f32>,
}

/// The least and the greatest value of each block.
#[derive(Debug, Clone, Default)]
struct Range {
    least: Vec<f32>,
    greatest: Vec<f32>,
}

impl Range {
    fn push(&mut self, lanes: &[f32]) {
        self.least.push(least(lanes));
        self.greatest.push(greatest(lanes));
    }

    /// How far a value lies outside of each block's range.
    fn outside(&self, value: f32) -> impl Iterator<Item = f32> {
        self.least.iter().zip(&self.greatest).map(move |(low, high)| larger(larger(low - value, value - high), 0.0))
    }
}

/// The larger one of two values that are not NaN: unlike `f32::max`, one instruction for several at a time.
pub fn larger(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
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
    /// The workloads `particles` at `k` sizes, before their curves are known.
    fn new(particles: &[Particle], k: f64, invocations: f64) -> Self {
        let mut block = Self {
            mean: [0.0; LANES],
            shape: [1.0; LANES],
            scale: [1.0; LANES],
            pull: [0.0; LANES],
            ln_prior: [0.0; LANES],
            kind: [Kind::default(); LANES],
            stiffness: [0.0; LANES],
            base: [f32::NEG_INFINITY; LANES],
        };
        for (lane, p) in particles.iter().enumerate() {
            let (shape, scale) = (p.noise.shape(), p.noise.scale(invocations));
            let pull = p.pull(invocations);
            let ln_prior = 0.5 * pull.ln() + shape * scale.ln() + ln_gamma(shape + k / 2.0) - ln_gamma(shape);
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

impl Blocks {
    /// Those blocks of `library` that begin at the workloads `starts` (multiples of [`LANES`] in a row).
    fn new(library: &Library, starts: impl Iterator<Item = usize>, places: &[Place], invocations: f64) -> Self {
        let k = places.len() as f64;
        let mut starts = starts.peekable();
        let first = starts.peek().copied().unwrap_or(0);
        let mut all =
            Self { first, blocks: Vec::new(), around: Vec::new(), sizes: places.len(), reach: Reach::default() };
        all.reach.around.resize_with(places.len(), Range::default);
        for start in starts {
            let particles = &library.particles()[start..library.len().min(start + LANES)];
            let mut block = Block::new(particles, k, invocations);
            let at = all.around.len();
            all.around.resize(at + places.len(), [0.0; LANES]);
            let rows = &mut all.around[at..];
            for (lane, p) in particles.iter().enumerate() {
                let mut sum = 0.0;
                for (row, &place) in rows.iter_mut().zip(places) {
                    row[lane] = library.ln_ratio(start + lane, place);
                    sum += f64::from(row[lane]);
                }
                let mean = (sum / k) as f32;
                rows.iter_mut().for_each(|row| row[lane] -= mean);
                block.mean[lane] = mean + p.ln_full;
            }
            all.reach.push(&block, rows, particles.len());
            all.blocks.push(block);
        }
        all
    }

    /// The workloads of one block.
    pub fn block(&self, i: usize) -> &Block {
        &self.blocks[i]
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
        self.blocks.len()
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
        let block = &self.blocks[i];
        let mut squares = [0.0; LANES];
        for (row, y) in self.around(i).iter().zip(&seen.around) {
            for (sum, c) in squares.iter_mut().zip(row) {
                *sum += (y - c) * (y - c);
            }
        }
        let half = seen.around.len() as f32 / 2.0;
        std::array::from_fn(|i| {
            let off = seen.mean - block.mean[i];
            let spread = block.scale[i] + (squares[i] + block.stiffness[i] * off * off) / 2.0;
            block.base[i] - (block.shape[i] + half) * approx::ln(spread)
        })
    }

    /// What no workload's log-likelihood exceeds, by block.
    pub fn bounds(&self, seen: &Measured) -> Vec<f32> {
        let reach = &self.reach;
        let mut squares = vec![0.0; self.len()];
        for (range, y) in reach.around.iter().zip(&seen.around) {
            for (sum, off) in squares.iter_mut().zip(range.outside(*y)) {
                *sum += off * off;
            }
        }
        for ((sum, off), stiffness) in squares.iter_mut().zip(reach.mean.outside(seen.mean)).zip(&reach.stiffness) {
            *sum += stiffness * off * off;
        }
        let parts = reach.best.iter().zip(&reach.exponent).zip(&reach.scale).zip(&squares);
        parts
            .map(|(((best, exponent), scale), least)| best - exponent * approx::ln(1.0 + least / (2.0 * scale)))
            .collect()
    }
}

impl Reach {
    /// Takes in the next block, of `len` workloads with these curves.
    fn push(&mut self, block: &Block, around: &[Lanes], len: usize) {
        let half = around.len() as f32 / 2.0;
        let own: Lanes = std::array::from_fn(|i| block.base[i] - (block.shape[i] + half) * block.scale[i].ln());
        self.around.iter_mut().zip(around).for_each(|(range, row)| range.push(&row[..len]));
        self.mean.push(&block.mean[..len]);
        self.best.push(greatest(&own[..len]));
        self.scale.push(greatest(&block.scale[..len]));
        self.exponent.push(least(&block.shape[..len]) + half);
        self.stiffness.push(least(&block.stiffness[..len]));
    }
}

/// All blocks of a library for one list of sizes and number of invocations: kept together, or made one at a time where the
/// list is too long.
#[derive(Debug)]
pub struct Curves<'a> {
    library: &'a Library,
    places: Vec<Place>,
    invocations: f64,
    kept: Option<Arc<Blocks>>,
}

impl<'a> Curves<'a> {
    /// The curves at `sizes` for means of `invocations` calls.
    pub fn new(library: &'a Library, cache: &Cache, sizes: &[MemoryMb], invocations: f64) -> Self {
        let distance = |level: &f64| (level / invocations.max(1.0)).ln().abs();
        let level = INVOCATION_LEVELS.into_iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(1.0);
        let kept = (sizes.len() <= LONGEST).then(|| {
            cache.get(sizes, level, || Blocks::new(library, (0..library.len()).step_by(LANES), &places(sizes), level))
        });
        let places = if kept.is_none() { places(sizes) } else { Vec::new() };
        Self { library, places, invocations: level, kept }
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
            None => Arc::new(Blocks::new(self.library, std::iter::once(i * LANES), &self.places, self.invocations)),
        }
    }
}

fn places(sizes: &[MemoryMb]) -> Vec<Place> {
    sizes.iter().map(|&m| Place::of(m)).collect()
}

/// The blocks made last.
#[derive(Debug, Default)]
pub struct Cache(RwLock<Vec<Entry>>);

#[derive(Debug)]
struct Entry {
    sizes: Vec<MemoryMb>,
    level: f64,
    blocks: Arc<Blocks>,
}

impl Cache {
    /// The blocks of these sizes, from before or made now.
    fn get(&self, sizes: &[MemoryMb], level: f64, make: impl FnOnce() -> Blocks) -> Arc<Blocks> {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.iter().find(|e| e.level == level && e.sizes == sizes) {
            return Arc::clone(&entry.blocks);
        }
        drop(entries);
        let blocks = Arc::new(make());
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
        let sizes = sizes(&[128, 512, 3008]);
        let first = library.curves(&sizes, 10.0).part(0);
        for other in 2..40 {
            library.curves(&sizes[..2], f64::from(other));
            library.curves(&sizes[1..], f64::from(other));
        }
        let all = |blocks: &Blocks| format!("{blocks:?}");
        assert_eq!(all(&first), all(&library.curves(&sizes, 10.0).part(0)));
        assert_ne!(all(&first), all(&library.curves(&sizes, 50.0).part(0)));
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
            assert_eq!(together.block(i).mean[lane], part.block(0).mean[lane]);
        }
    }
}
