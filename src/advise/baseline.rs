//! Whether a function behaves otherwise than it did: another pattern, or slower than noise explains.

use serde::Serialize;

use crate::curve::Run;
use crate::error::{Error, Result};
use crate::model::Observation;
use crate::pattern::{Pattern, Reader};
use crate::units::{MemoryMb, Millis};

/// What is known of a function from before.
///
/// ```
/// use powercurve::advise::{Former, drift};
/// use powercurve::{MemoryMb, Pattern, PowerCurve, Run};
/// // it waited for something; now half the memory takes twice the time
/// let former = Former::Answer { pattern: Pattern::NetworkBoundApi, uncertain: false };
/// let run = Run::new("resize", PowerCurve::from_ms(&[(256, 2400.0), (512, 1200.0), (1024, 600.0), (3008, 347.0)])?);
/// let drift = drift(&run, &former, MemoryMb::new(512)?)?;
/// assert_eq!((drift.pattern_changed, drift.pattern_now), (true, Pattern::CpuBound));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Former {
    /// Its run.
    Run(Box<Run>),
    /// What `classify` said of its run.
    Answer {
        /// The pattern.
        pattern: Pattern,
        /// Whether it was uncertain.
        uncertain: bool,
    },
}

/// How a run compares with a former one.
///
/// ```
/// use powercurve::advise::{Former, drift};
/// use powercurve::{MemoryMb, PowerCurve, Run};
/// let run = |ms: f64| PowerCurve::from_ms(&[(512, 2.0 * ms), (1024, ms), (1769, 0.58 * ms)]).map(|c| Run::new("resize", c));
/// let former = Former::Run(Box::new(run(600.0)?));
/// // twice as slow with the same pattern
/// let drift = drift(&run(1200.0)?, &former, MemoryMb::new(1024)?)?;
/// assert!(drift.failed() && drift.slower && !drift.pattern_changed);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Drift {
    /// The pattern before.
    pub pattern_before: Pattern,
    /// The pattern now.
    pub pattern_now: Pattern,
    /// Whether the pattern changed; only between two that are both certain.
    pub pattern_changed: bool,
    /// Duration before, at the configured size; `None` where only the pattern is known.
    #[serde(rename = "before_ms")]
    pub before: Option<Millis>,
    /// Duration now, at the configured size.
    #[serde(rename = "now_ms")]
    pub now: Option<Millis>,
    /// By what factor a mean may grow between two runs through noise alone, in 95 of 100 cases.
    pub noise_factor: Option<f64>,
    /// Whether it got slower than noise explains.
    pub slower: bool,
}

impl Drift {
    /// Whether anything got worse or other.
    pub const fn failed(&self) -> bool {
        self.pattern_changed || self.slower
    }
}

/// Standard deviations above which 5 % of a normal distribution lie.
const Z_95: f64 = 1.645;

/// Compares a run with a former one at the configured size.
///
/// Both means scatter around the function's expected duration; the variances (of `ln`) are those that the posterior of each
/// run finds, so that noisy runs have to differ more. With these, `ln(now / before)` beyond 1.645 standard deviations is slower.
///
/// ```
/// use powercurve::advise::{Former, drift};
/// use powercurve::{MemoryMb, PowerCurve, Run};
/// let run = |ms: f64| PowerCurve::from_ms(&[(512, 2.0 * ms), (1024, ms), (1769, 0.58 * ms)]).map(|c| Run::new("resize", c));
/// let former = Former::Run(Box::new(run(600.0)?));
/// // 1 % slower is noise
/// let drift = drift(&run(606.0)?, &former, MemoryMb::new(1024)?)?;
/// assert!(!drift.failed() && drift.noise_factor > Some(1.01));
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When one of the runs did not measure `current`.
pub fn drift(run: &Run, former: &Former, current: MemoryMb) -> Result<Drift> {
    let reader = Reader::shipped();
    let now = reader.classify(run);
    match former {
        Former::Answer { pattern, uncertain } => Ok(Drift {
            pattern_before: *pattern,
            pattern_now: now.pattern,
            pattern_changed: !uncertain && !now.uncertain && *pattern != now.pattern,
            before: None,
            now: None,
            noise_factor: None,
            slower: false,
        }),
        Former::Run(former) => {
            let at = |run: &Run, which: &str| {
                run.curve.at(current).map(|p| p.duration).ok_or_else(|| {
                    Error::new(format!(
                        "the {which} did not measure {current}: expected the configured size in both runs"
                    ))
                    .help("measure the configured size in every run")
                })
            };
            let (before_ms, now_ms) = (at(former, "baseline")?, at(run, "run")?);
            let variance = |run: &Run| reader.posterior(&Observation::of(run)).variance();
            let noise_factor = (Z_95 * (variance(former) + variance(run)).sqrt()).exp();
            let before = reader.classify(former);
            Ok(Drift {
                pattern_before: before.pattern,
                pattern_now: now.pattern,
                pattern_changed: !before.uncertain && !now.uncertain && before.pattern != now.pattern,
                before: Some(before_ms),
                now: Some(now_ms),
                noise_factor: Some(noise_factor),
                slower: now_ms.ms() / before_ms.ms() > noise_factor,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::PowerCurve;

    fn run(ms: &[(u32, f64)]) -> Result<Run> {
        PowerCurve::from_ms(ms).map(|curve| Run::new("f", curve))
    }

    #[test]
    fn noise_is_that_of_both_means_at_95_percent() -> Result<()> {
        let size = MemoryMb::new(1024)?;
        let [steady, other] =
            [[1200.0, 600.0, 350.0], [1190.0, 640.0, 340.0]].map(|ms| [(512, ms[0]), (1024, ms[1]), (1769, ms[2])]);
        let (before, now) = (run(&steady)?, run(&other)?);
        let variance = |run: &Run| Reader::shipped().posterior(&Observation::of(run)).variance();
        // 5 % of a normal distribution lie beyond 1.645 standard deviations
        let factor = (1.645 * (variance(&before) + variance(&now)).sqrt()).exp();
        let drift = drift(&now, &Former::Run(Box::new(before)), size)?;
        assert!((drift.noise_factor.unwrap() - factor).abs() < 1e-12, "{drift:?} {factor}");
        assert_eq!(drift.slower, 640.0 / 600.0 > factor);
        Ok(())
    }

    #[test]
    fn a_pattern_in_doubt_has_not_changed() -> Result<()> {
        let size = MemoryMb::new(512)?;
        let busy = run(&[(256, 13190.0), (512, 6551.0), (1024, 3279.0), (1769, 1930.0), (3008, 1900.0)])?;
        let doubtful = run(&[(512, 900.0), (1024, 610.0)])?;
        let [clear, unclear] = [&busy, &doubtful].map(|run| Reader::shipped().classify(run));
        assert!(!clear.uncertain && unclear.uncertain && clear.pattern != unclear.pattern, "{unclear:?}");
        let changed = |now: &Run, former: &Former| drift(now, former, size).map(|drift| drift.pattern_changed);
        let [busy_run, doubtful_run] = [&busy, &doubtful].map(|run| Former::Run(Box::new(run.clone())));
        assert_eq!((changed(&doubtful, &busy_run)?, changed(&busy, &doubtful_run)?), (false, false));
        let answer = |uncertain| Former::Answer { pattern: Pattern::NoOp, uncertain };
        assert_eq!((changed(&busy, &answer(false))?, changed(&busy, &answer(true))?), (true, false));
        assert!(!changed(&doubtful, &answer(false))?);
        Ok(())
    }
}
