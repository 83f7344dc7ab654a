//! Labelled synthetic data: workloads of the prior, tuned by the simulator.
//!
//! What the shipped model is trained on, for anybody who teaches or trains another one. Every example is the same for the same
//! seed and number, on any machine and any number of threads.

mod row;

pub use row::{COLUMNS, Kind, Value, rows};

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::model::prior;
use crate::pattern::Pattern;
use crate::simulate::{Outcome, Tuning, TuningResult};
use crate::units::MemoryMb;
use crate::workload::Workload;

/// How examples are made.
///
/// ```
/// use powercurve::{MemoryMb, dataset::Recipe};
/// let recipe = Recipe { seed: 1, sizes: vec![MemoryMb::MAX], invocations: 10, pattern: None };
/// let (once, again) = (recipe.example(5)?, recipe.example(5)?);
/// assert!(once.is_some() && once == again);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// Seed of the workloads and of their measurement.
    pub seed: u64,
    /// Memory sizes that are measured.
    pub sizes: Vec<MemoryMb>,
    /// Invocations at each size.
    pub invocations: u32,
    /// Only workloads of this pattern.
    pub pattern: Option<Pattern>,
}

/// A workload and what tuning it measured.
///
/// ```
/// use powercurve::{MemoryMb, dataset::Recipe};
/// let recipe = Recipe { seed: 1, sizes: vec![MemoryMb::MAX], invocations: 10, pattern: None };
/// let example = recipe.example(0)?.unwrap();
/// assert_eq!(example.workload.pattern, Some(powercurve::Pattern::of(&example.workload)));
/// assert_eq!(example.result.run.invocations, Some(10));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Its number among all draws of the seed.
    pub index: u64,
    /// The workload; its `pattern` is the label.
    pub workload: Workload,
    /// The measured run.
    pub result: TuningResult,
}

/// Draws that are looked at together: enough for all cores, few enough for constant memory.
const CHUNK: u64 = 1024;

impl Recipe {
    /// The example of one draw; `None` when it is of another pattern, or finishes at none of the sizes.
    ///
    /// # Errors
    /// When the sizes or invocations are not usable.
    pub fn example(&self, index: u64) -> Result<Option<Example>> {
        self.check()?;
        let workload = prior::draw(self.seed, index);
        if self.pattern.is_some_and(|wanted| workload.pattern != Some(wanted)) {
            return Ok(None);
        }
        let fits = |m: &MemoryMb| workload.footprint_mb() <= m.as_f64();
        if !self.sizes.iter().any(fits) {
            return Ok(None);
        }
        let tuning = Tuning { invocations: self.invocations, seed: self.seed, run: index, ..Tuning::default() };
        match tuning.run(&workload, &self.sizes) {
            Ok(result) => Ok(Some(Example { index, workload, result })),
            Err(_) if self.finishes_nowhere(&tuning, &workload) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether an invocation fails at every size.
    fn finishes_nowhere(&self, tuning: &Tuning, workload: &Workload) -> bool {
        let fails = |memory| match tuning.invocations(workload, memory) {
            Ok(all) => all.iter().any(|one| !matches!(one.outcome, Outcome::Finished(_))),
            Err(_) => true,
        };
        self.invocations <= Tuning::MAX_INVOCATIONS && self.sizes.iter().all(|&memory| fails(memory))
    }

    fn check(&self) -> Result<()> {
        if self.sizes.is_empty() {
            return Err(
                Error::new("no memory size to measure: expected at least one").help("give sizes of 128 to 10240 MB")
            );
        }
        Ok(())
    }

    /// Shows `count` examples to `write` in the order of their numbers, with what `prepare` made of each on another thread.
    ///
    /// ```
    /// use powercurve::dataset::Recipe;
    /// use powercurve::{MemoryMb, Pattern};
    /// let sizes = vec![MemoryMb::new(512)?, MemoryMb::new(1024)?];
    /// let recipe = Recipe { seed: 1, sizes, invocations: 10, pattern: Some(Pattern::NoOp) };
    /// let mut labels = Vec::new();
    /// recipe.each(3, |example| example.workload.pattern, |label| { labels.push(label); Ok(()) })?;
    /// assert_eq!(labels, [Some(Pattern::NoOp); 3]);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the recipe is not usable, or `write` fails.
    pub fn each<T: Send>(
        &self,
        count: u64,
        prepare: impl Fn(&Example) -> T + Sync,
        mut write: impl FnMut(T) -> Result<()>,
    ) -> Result<()> {
        let (mut from, mut left) = (0, count);
        while left > 0 {
            let prepared: Vec<Result<Option<T>>> = (from..from + CHUNK.min(left.max(64)))
                .into_par_iter()
                .map(|index| Ok(self.example(index)?.as_ref().map(&prepare)))
                .collect();
            from += prepared.len() as u64;
            for one in prepared {
                if let (Some(one), true) = (one?, left > 0) {
                    write(one)?;
                    left -= 1;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(sizes: &[u32], invocations: u32) -> Recipe {
        let sizes = sizes.iter().map(|&mb| MemoryMb::new(mb).unwrap()).collect();
        Recipe { seed: 1, sizes, invocations, pattern: None }
    }

    #[test]
    fn a_draw_that_times_out_at_every_size_is_no_example() {
        let recipe = recipe(&[128], 1);
        let mut seen = Vec::new();
        let note = |index| {
            seen.push(index);
            Ok(())
        };
        recipe.each(100, |example| example.index, note).unwrap();
        let skipped: Vec<u64> = (0..seen[99]).filter(|index| !seen.contains(index)).collect();
        assert!(!skipped.is_empty() && skipped.iter().all(|&index| recipe.example(index) == Ok(None)), "{skipped:?}");
        // its memory is enough: it is the time that is not
        assert!(prior::draw(recipe.seed, skipped[0]).footprint_mb() < 128.0);
    }

    #[test]
    fn a_recipe_that_measures_nothing_is_refused() {
        for (recipe, words) in [
            (recipe(&[], 10), "no memory size to measure"),
            (recipe(&[128], 0), "0 invocations a size"),
            (recipe(&[128], u32::MAX), "4294967295 invocations a size"),
        ] {
            let error = recipe.each(1, |_| (), |()| Ok(())).unwrap_err();
            assert!(error.to_string().contains(words) && error.to_string().contains("help: "), "{error}");
        }
    }
}
