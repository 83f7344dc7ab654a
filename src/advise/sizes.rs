//! Which memory sizes come into question.

use crate::curve::{Point, PowerCurve, Run};
use crate::units::MemoryMb;

/// Sizes that are proposed beside those of a run, in MB.
pub const USUAL_MB: [u32; 7] = [128, 256, 512, 1024, 1536, 2048, 3008];

/// Share of a size that the memory used may take.
///
/// At the whole of it Lambda ends the invocation, and one invocation may need more than those that were seen.
const FULL: f64 = 0.9;

/// The usual sizes and those of a curve, ascending.
pub fn usual_sizes(curve: &PowerCurve) -> Vec<MemoryMb> {
    let usual = USUAL_MB.into_iter().filter_map(|mb| MemoryMb::new(mb).ok());
    let mut sizes: Vec<MemoryMb> = usual.chain(curve.sizes()).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// The sizes that are proposed for a run, and those of its own and the usual ones that are too small for the memory it used.
/// Where none has room, all are proposed.
pub fn proposed_sizes(run: &Run) -> (Vec<MemoryMb>, Vec<MemoryMb>) {
    let all = usual_sizes(&run.curve);
    match with_room(&all, memory_used(run)) {
        (fitting, _) if fitting.is_empty() => (all, Vec::new()),
        parts => parts,
    }
}

/// The sizes that leave room to a function that uses so much memory, and the others.
pub fn with_room(sizes: &[MemoryMb], used_mb: Option<f64>) -> (Vec<MemoryMb>, Vec<MemoryMb>) {
    sizes.iter().partition(|&&m| used_mb.is_none_or(|used| fits(m, used)))
}

/// Whether a size leaves room to a function that uses so much memory: a size that is nearly full does not merely cost
/// more, it may fail.
///
/// ```
/// use powercurve::{MemoryMb, advise::fits};
/// assert!(fits(MemoryMb::new(128)?, 115.0));
/// assert!(!fits(MemoryMb::new(128)?, 116.0));
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn fits(memory: MemoryMb, used_mb: f64) -> bool {
    used_mb <= FULL * memory.as_f64()
}

/// The largest memory used at any size of a run, in MB, where one is recorded.
pub fn memory_used(run: &Run) -> Option<f64> {
    run.curve.points().iter().filter_map(used).reduce(f64::max)
}

/// What a run says against a size that it measured: that the function nearly fills it, in words.
///
/// The strategies of aws-lambda-power-tuning do not look at memory used, so that they can choose such a size.
pub fn nearly_full(run: &Run, memory: MemoryMb) -> Option<String> {
    let used_mb = run.curve.at(memory).and_then(used).or_else(|| memory_used(run))?;
    (!fits(memory, used_mb)).then(|| {
        format!(
            "{memory} is nearly full: {used_mb:.0} MB were used, more than {:.0} % of it; take the next larger size",
            100.0 * FULL
        )
    })
}

fn used(point: &Point) -> Option<f64> {
    point.sample.max_memory_used_mb
}
