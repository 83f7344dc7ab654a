//! Which memory sizes come into question.

use crate::advise::PricedCurve;
use crate::curve::{Point, PowerCurve, Run};
use crate::model::Posterior;
use crate::platform::init::TIMEOUT_MS;
use crate::units::MemoryMb;

/// Sizes that are proposed beside those of a run, in MB.
const USUAL_MB: [u32; 7] = [128, 256, 512, 1024, 1536, 2048, 3008];

/// The usual sizes and those of a curve, ascending.
///
/// ```
/// use powercurve::{PowerCurve, advise::usual_sizes};
/// let sizes = usual_sizes(&PowerCurve::from_ms(&[(512, 580.0), (1769, 170.0)])?);
/// let mb: Vec<u32> = sizes.iter().map(|m| m.mb()).collect();
/// assert_eq!(mb, [128, 256, 512, 1024, 1536, 1769, 2048, 3008]);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn usual_sizes(curve: &PowerCurve) -> Vec<MemoryMb> {
    let usual = USUAL_MB.into_iter().filter_map(|mb| MemoryMb::new(mb).ok());
    let mut sizes: Vec<MemoryMb> = usual.chain(curve.sizes()).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// The sizes that are proposed for a run, and those of its own and the usual ones that are too small for it. Where none is
/// left, all are proposed.
pub(crate) fn proposed_sizes(run: &Run) -> (Vec<MemoryMb>, Vec<MemoryMb>) {
    let all = usual_sizes(&run.curve);
    match large_enough(run, &all, memory_used(run)) {
        (fitting, _) if fitting.is_empty() => (all, Vec::new()),
        parts => parts,
    }
}

/// The sizes that leave room for the memory used and at which the run does not fail, and the others.
///
/// ```
/// use powercurve::advise::large_enough;
/// use powercurve::curve::{Failure, RunWarning};
/// use powercurve::{MemoryMb, PowerCurve, Run};
/// let sizes = [128, 256, 512].map(MemoryMb::new).into_iter().collect::<Result<Vec<_>, _>>()?;
/// let mut run = Run::new("resize", PowerCurve::from_ms(&[(256, 110.0), (512, 90.0)])?);
/// run.warnings = vec![RunWarning::Failed { memory: sizes[1], failure: Failure::Timeout, failed: 1, succeeded: 9 }];
/// let (large_enough, too_small) = large_enough(&run, &sizes, Some(120.0));
/// assert_eq!((&large_enough[..], &too_small[..]), (&sizes[2..], &sizes[..2]));
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn large_enough(run: &Run, sizes: &[MemoryMb], used_mb: Option<f64>) -> (Vec<MemoryMb>, Vec<MemoryMb>) {
    let (with_room, mut too_small) = with_room(sizes, used_mb);
    let (failing, kept): (Vec<_>, Vec<_>) = with_room.into_iter().partition(|&m| run.fails_at(m));
    too_small.extend(failing);
    too_small.sort_unstable();
    (kept, too_small)
}

/// The sizes at which a run was `measured`, or is predicted to end within the 15 minutes that Lambda allows, and the others.
///
/// ```
/// use powercurve::model::{Known, Library, Observation, Posterior};
/// use powercurve::{MemoryMb, PowerCurve, Run, advise::in_time};
/// // five minutes at one vCPU, in proportion
/// let run = Run::new("render", PowerCurve::from_ms(&[(1024, 518_000.0), (1769, 300_000.0)])?);
/// let posterior = Posterior::new(Library::shipped(), &Observation::of(&run), &Known::default());
/// let sizes = [512, 1024, 2048].map(MemoryMb::new).into_iter().collect::<Result<Vec<_>, _>>()?;
/// let (in_time, too_slow) = in_time(&posterior, &sizes, &sizes[1..2]);
/// assert_eq!((&in_time[..], &too_slow[..]), (&sizes[1..], &sizes[..1]));
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn in_time(posterior: &Posterior<'_>, sizes: &[MemoryMb], measured: &[MemoryMb]) -> (Vec<MemoryMb>, Vec<MemoryMb>) {
    sizes.iter().partition(|&m| measured.contains(m) || posterior.predict(*m).ms <= TIMEOUT_MS)
}

/// The sizes of a curve at which the run does not fail; all, where it fails at each.
///
/// ```
/// use powercurve::advise::{PricedCurve, Strategy, dependable};
/// use powercurve::curve::{Failure, RunWarning};
/// use powercurve::{MemoryMb, PowerCurve, Run};
/// let mut run = Run::new("resize", PowerCurve::from_ms(&[(128, 110.0), (256, 90.0)])?);
/// run.warnings =
///     vec![RunWarning::Failed { memory: MemoryMb::MIN, failure: Failure::OutOfMemory, failed: 1, succeeded: 9 }];
/// let (priced, _) = PricedCurve::usual(&run)?;
/// assert_eq!(Strategy::Cost.pick(&dependable(&run, &priced)).memory.mb(), 256);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn dependable(run: &Run, curve: &PricedCurve) -> PricedCurve {
    curve.filter(|memory| !run.fails_at(memory)).unwrap_or_else(|| curve.clone())
}

/// What to say when one of the `proposed` sizes is smaller than all measured ones and nobody knows how much memory the
/// function uses.
///
/// ```
/// use powercurve::{MemoryMb, PowerCurve, Run, advise::beyond_measured};
/// let run = Run::new("resize", PowerCurve::from_ms(&[(512, 110.0), (1024, 90.0)])?);
/// let said = |used| beyond_measured(&run, used, [MemoryMb::MIN].into_iter());
/// assert!(said(None).is_some_and(|words| words.contains("below 512 MB")));
/// assert_eq!(said(Some(60.0)), None);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn beyond_measured(
    run: &Run,
    used_mb: Option<f64>,
    mut proposed: impl Iterator<Item = MemoryMb>,
) -> Option<String> {
    let smallest = run.curve.sizes().next().filter(|_| used_mb.is_none())?;
    let beyond = proposed.any(|memory| memory < smallest);
    beyond.then(|| {
        format!(
            "how much memory the function uses is not known: below {smallest}, the smallest size measured, it may fail; its \
             log says (Max Memory Used)"
        )
    })
}

/// The sizes that leave room to a function that uses so much memory, and the others.
///
/// ```
/// use powercurve::{MemoryMb, advise::with_room};
/// let sizes = [128, 256, 512].map(MemoryMb::new).into_iter().collect::<Result<Vec<_>, _>>()?;
/// // 240 MB are more than nine tenths of 256 MB
/// let (with_room, too_small) = with_room(&sizes, Some(240.0));
/// assert_eq!((with_room[0].mb(), too_small.len()), (512, 2));
/// # Ok::<(), powercurve::Error>(())
/// ```
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
    used_mb <= Point::FULL * memory.as_f64()
}

/// The largest memory used at any size of a run, in MB, where one is recorded.
pub(crate) fn memory_used(run: &Run) -> Option<f64> {
    run.curve.points().iter().filter_map(used).reduce(f64::max)
}

/// What a run says against a size that it measured: that the function nearly fills it, in words.
///
/// The strategies of aws-lambda-power-tuning do not look at memory used, so that they can choose such a size.
///
/// ```
/// use powercurve::{MemoryMb, ingest::parse_record, advise::nearly_full};
/// let run = parse_record(br#"{"memory_mb": [128, 256], "duration_ms": [90, 88], "max_memory_used_mb": [121, 124]}"#)?;
/// let warning = nearly_full(&run, MemoryMb::new(128)?).unwrap();
/// assert!(warning.starts_with("128 MB is nearly full: 121 MB were used"));
/// assert_eq!(nearly_full(&run, MemoryMb::new(256)?), None);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn nearly_full(run: &Run, memory: MemoryMb) -> Option<String> {
    let used_mb = run.curve.at(memory).and_then(used).or_else(|| memory_used(run))?;
    (!fits(memory, used_mb)).then(|| {
        format!(
            "{memory} is nearly full: {used_mb:.0} MB were used, more than {:.0} % of it; take the next larger size",
            100.0 * Point::FULL
        )
    })
}

fn used(point: &Point) -> Option<f64> {
    point.sample.max_memory_used_mb
}
