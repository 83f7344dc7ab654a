//! What a recorded run says to the model.

use std::borrow::Cow;

use crate::curve::{Arch, Point, Run, Start};
use crate::units::MemoryMb;
use crate::workload::Runtime;

/// The measured sizes of a run, as the posterior needs them.
///
/// ```
/// use powercurve::{PowerCurve, Run, model::Observation, workload::Runtime};
/// let curve = PowerCurve::from_ms(&[(256, 1250.0), (1024, 310.0)])?;
/// let run = Run { runtime: Some("nodejs20.x".to_owned()), invocations: Some(50), ..Run::new("resize", curve) };
/// let seen = Observation::of(&run);
/// assert_eq!((seen.runtime, seen.invocations), (Some(Runtime::NodeJs), 50.0));
/// assert_eq!(seen.ln_ms[1], 310f64.ln());
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Memory sizes, ascending.
    pub sizes: Vec<MemoryMb>,
    /// Measured mean durations in ms, one a size.
    pub ms: Vec<f64>,
    /// `ln` of them.
    pub ln_ms: Vec<f64>,
    /// Those of the sizes at which the function had hardly any memory left, and took longer for it: no CPU share explains them.
    pub starved: Vec<MemoryMb>,
    /// Invocations behind each mean.
    pub invocations: f64,
    /// Runtime, where known.
    pub runtime: Option<Runtime>,
    /// Instruction set, where known.
    pub arch: Option<Arch>,
    /// Whether no invocation is known to have been a cold start.
    pub warm: bool,
}

/// How many times longer than by the CPU share alone a size takes that is starved of memory.
const STARVED_TIMES: f64 = 1.5;

/// Invocations assumed for a run that does not say: the tuning tool's recommended minimum.
const USUAL_INVOCATIONS: f64 = 10.0;

impl Observation {
    /// The observation of a whole run.
    pub fn of(run: &Run) -> Self {
        let counts = run.curve.points().iter().filter_map(|p| p.sample.count);
        let recorded = run.invocations.or_else(|| counts.min());
        Self {
            sizes: run.curve.sizes().collect(),
            ms: run.curve.points().iter().map(|p| p.duration.ms()).collect(),
            ln_ms: run.curve.points().iter().map(|p| p.duration.ms().ln()).collect(),
            starved: starved(run.curve.points()),
            invocations: recorded.map_or(USUAL_INVOCATIONS, |n| (n as f64).clamp(1.0, 100.0)),
            runtime: run.runtime.as_deref().and_then(Runtime::detect),
            arch: run.arch,
            warm: run.start == Some(Start::Warm),
        }
    }

    /// Mean of `ln_ms`.
    pub(crate) fn centre(&self) -> f64 {
        self.ln_ms.iter().sum::<f64>() / self.ln_ms.len() as f64
    }

    /// The same observation with only the sizes that `keep` accepts.
    ///
    /// ```
    /// use powercurve::{PowerCurve, Run, model::Observation};
    /// let curve = PowerCurve::from_ms(&[(256, 1250.0), (512, 622.0), (1024, 310.0)])?;
    /// let seen = Observation::of(&Run::new("resize", curve));
    /// // what is said of the largest size by the others
    /// let others = seen.filter(|memory| memory.mb() < 1024);
    /// assert_eq!((others.sizes.len(), others.ln_ms.len()), (2, 2));
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    #[must_use]
    pub fn filter(&self, keep: impl Fn(MemoryMb) -> bool) -> Self {
        let starved = self.starved.iter().copied().filter(|&memory| keep(memory)).collect();
        let mut kept = Self { sizes: Vec::new(), ms: Vec::new(), ln_ms: Vec::new(), starved, ..*self };
        for (i, &memory) in self.sizes.iter().enumerate().filter(|(_, memory)| keep(**memory)) {
            kept.sizes.push(memory);
            kept.ms.push(self.ms[i]);
            kept.ln_ms.push(self.ln_ms[i]);
        }
        kept
    }

    /// What the model has to explain: the observation without its [`starved`](Self::starved) sizes, where another is left.
    ///
    /// ```
    /// use powercurve::{ingest::parse_record, model::Observation};
    /// let run = parse_record(
    ///     br#"{"memory_mb": [512, 1024, 2048], "duration_ms": [31655, 4224, 2161], "max_memory_used_mb": [469, 469, 469]}"#,
    /// )?;
    /// let seen = Observation::of(&run);
    /// assert_eq!(seen.starved[0].mb(), 512); // half the share of 1024 MB, and seven times the time
    /// assert_eq!(seen.explained().ms, [4224.0, 2161.0]);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn explained(&self) -> Cow<'_, Self> {
        if self.starved.is_empty() || self.sizes.len() <= self.starved.len() {
            return Cow::Borrowed(self);
        }
        Cow::Owned(self.filter(|memory| !self.starved.contains(&memory)))
    }
}

/// The starved sizes of `points`, ascending.
fn starved(points: &[Point]) -> Vec<MemoryMb> {
    let mut starved = Vec::new();
    let Some((mut enough, smaller)) = points.split_last() else { return starved };
    for point in smaller.iter().rev() {
        let by_share = enough.duration.ms() * enough.memory.as_f64() / point.memory.as_f64();
        if point.is_nearly_full() && point.duration.ms() > STARVED_TIMES * by_share {
            starved.insert(0, point.memory);
        } else {
            enough = point;
        }
    }
    starved
}
