//! Percentiles of a function's duration at each size: what a service-level objective is usually about.

use std::str::FromStr;

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::curve::{Point, Run};
use crate::error::{Error, Result};
use crate::model::Observation;
use crate::model::noise::{NoisePrior, Regime};
use crate::pattern::Reader;
use crate::units::{MemoryMb, Millis};

/// A percentile from 50 to below 100.
///
/// ```
/// use powercurve::advise::Percentile;
/// assert_eq!("p99".parse::<Percentile>()?.value(), 99.0);
/// assert!("100".parse::<Percentile>().is_err()); // no number of measurements shows the longest possible duration
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Percentile(f64);

impl Percentile {
    /// The percentile as a number: 99 for the 99th.
    pub const fn value(self) -> f64 {
        self.0
    }
}

impl FromStr for Percentile {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        let number = s.trim().trim_start_matches(['p', 'P']);
        number.parse().ok().filter(|p| (50.0..100.0).contains(p)).map(Self).ok_or_else(|| {
            Error::new(format!("'{s}' is not a percentile: expected 50 to below 100"))
                .help("99 is the duration that 99 of 100 invocations do not exceed")
        })
    }
}

/// Where a percentile comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TailSource {
    /// The run recorded it.
    Recorded,
    /// From the recorded standard deviation, durations taken as log-normal.
    Spread,
    /// From how much calls of this kind of work vary in the simulator, durations taken as log-normal: an assumption.
    Assumed,
}

/// A percentile of the duration at one size.
///
/// ```
/// use powercurve::{Run, advise::{TailSource, tails}, ingest::parse_record};
/// let run = parse_record(br#"{"memory_mb": [512], "duration_ms": [100], "sd_ms": [20], "p90_ms": [121]}"#)?;
/// let at = |percentile: &str| percentile.parse().map(|p| tails(&run, p)[0]);
/// assert_eq!((at("90")?.duration.ms(), at("90")?.source), (121.0, TailSource::Recorded));
/// // 2.33 standard deviations above the mean, and some more for the long tail
/// assert_eq!((at("99")?.duration.ms().round(), at("99")?.source), (155.0, TailSource::Spread));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Tail {
    /// Memory size.
    #[serde(rename = "memory_mb")]
    pub memory: MemoryMb,
    /// The duration.
    #[serde(rename = "duration_ms")]
    pub duration: Millis,
    /// Where it comes from.
    pub source: TailSource,
}

/// The percentile at each size of a run.
///
/// Of a log-normal distribution with mean `d` and coefficient of variation `c` it is `d exp(z s - s^2/2)` with
/// `s^2 = ln(1 + c^2)` and the normal quantile `z`.
///
/// ```
/// use powercurve::advise::{TailSource, tails};
/// use powercurve::{PowerCurve, Run};
/// let run = Run::new("api", PowerCurve::from_ms(&[(128, 110.0), (512, 101.0), (1024, 100.0)])?);
/// let p99 = tails(&run, "99".parse()?);
/// assert_eq!(p99[0].source, TailSource::Assumed);
/// assert!(p99[0].duration.ms() > 110.0);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn tails(run: &Run, percentile: Percentile) -> Vec<Tail> {
    let points = run.curve.points();
    let known: Vec<Option<Tail>> = points.iter().map(|p| from_sample(p, percentile)).collect();
    if known.iter().all(Option::is_some) {
        return known.into_iter().flatten().collect();
    }
    let cv = usual_variation(run);
    let assumed = |p: &Point| tail(p, cv, percentile, TailSource::Assumed);
    points.iter().zip(known).map(|(p, known)| known.unwrap_or_else(|| assumed(p))).collect()
}

/// What the run itself says.
fn from_sample(point: &Point, percentile: Percentile) -> Option<Tail> {
    let s = &point.sample;
    let recorded = [(50.0, s.p50_ms), (90.0, s.p90_ms), (95.0, s.p95_ms), (99.0, s.p99_ms)];
    let exact = recorded.iter().find(|(p, _)| *p == percentile.0).and_then(|(_, ms)| *ms);
    if let Some(duration) = exact.and_then(|ms| Millis::new(ms).ok()) {
        return Some(Tail { memory: point.memory, duration, source: TailSource::Recorded });
    }
    s.sd_ms.map(|sd| tail(point, sd / point.duration.ms(), percentile, TailSource::Spread))
}

fn tail(point: &Point, cv: f64, percentile: Percentile, source: TailSource) -> Tail {
    let variance = (cv * cv).ln_1p();
    let z = Normal::standard().inverse_cdf(percentile.0 / 100.0);
    let ms = point.duration.ms() * (z * variance.sqrt() - variance / 2.0).exp();
    Tail { memory: point.memory, duration: Millis::new(ms).unwrap_or(point.duration), source }
}

/// Coefficient of variation of a single call of this kind of work.
fn usual_variation(run: &Run) -> f64 {
    let seen = Observation::of(run);
    let posterior = Reader::shipped().posterior(&seen);
    let full_ms = MemoryMb::new(1769).map_or(1.0, |m| posterior.predict(m).ms);
    NoisePrior::new(Regime::Steady, run.arch.unwrap_or_default(), &posterior.mean_shares(), full_ms, 0.0)
        .single_var
        .sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{PowerCurve, Sample};

    #[test]
    fn what_is_recorded_comes_first() -> Result<()> {
        let point = |sample| Ok::<_, Error>(Point { sample, ..Point::new(MemoryMb::MIN, Millis::new(100.0)?) });
        let p99: Percentile = "p99".parse()?;
        let recorded = from_sample(&point(Sample { p99_ms: Some(180.0), sd_ms: Some(1.0), ..Sample::default() })?, p99);
        assert_eq!(recorded.map(|t| (t.duration.ms(), t.source)), Some((180.0, TailSource::Recorded)));
        // mean 100 and deviation 20: s = 0.19804, 100 exp(2.32635 s - s^2 / 2) = 155.44
        let spread = from_sample(&point(Sample { sd_ms: Some(20.0), ..Sample::default() })?, p99).unwrap();
        assert!((spread.duration.ms() - 155.44).abs() < 0.01 && spread.source == TailSource::Spread, "{spread:?}");
        assert!(from_sample(&point(Sample::default())?, p99).is_none());
        Ok(())
    }

    #[test]
    fn a_recorded_percentile_is_taken_as_it_is() -> Result<()> {
        let sample = Sample {
            p50_ms: Some(90.0),
            p90_ms: Some(140.0),
            p95_ms: Some(160.0),
            p99_ms: Some(180.0),
            ..Sample::default()
        };
        let point = Point { sample, ..Point::new(MemoryMb::MIN, Millis::new(100.0)?) };
        for (percentile, ms) in [("50", 90.0), ("90", 140.0), ("95", 160.0), ("99", 180.0)] {
            let tail = from_sample(&point, percentile.parse()?).map(|tail| (tail.duration.ms(), tail.source));
            assert_eq!(tail, Some((ms, TailSource::Recorded)), "{percentile}");
        }
        Ok(())
    }

    #[test]
    fn every_size_has_one() -> Result<()> {
        let run = Run::new("a", PowerCurve::from_ms(&[(128, 900.0), (512, 230.0), (1024, 120.0)])?);
        let (p50, p99) = (tails(&run, "50".parse()?), tails(&run, "99".parse()?));
        assert_eq!((p50.len(), p99.len()), (3, 3));
        for ((low, high), point) in p50.iter().zip(&p99).zip(run.curve.points()) {
            assert!(low.duration <= point.duration && point.duration < high.duration);
        }
        for bad in ["100", "49", "x", "NaN"] {
            assert!(bad.parse::<Percentile>().is_err(), "{bad}");
        }
        Ok(())
    }
}
