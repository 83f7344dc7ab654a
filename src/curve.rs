//! [`PowerCurve`] and [`Run`]: the one type that flows through the house.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::units::{Currency, MemoryMb, Millis, Usd};

/// What was measured (or simulated) at one memory size.
///
/// ```
/// use powercurve::{MemoryMb, Millis, Point, Usd};
/// let point = Point::new(MemoryMb::new(1024)?, Millis::new(3084.0)?);
/// assert_eq!(point.cost, None);
/// assert_eq!(point.with_cost(Usd::new(5.2e-5)?).cost.map(Usd::per_million), Some(Usd::new(52.0)?));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Configured memory size.
    pub memory: MemoryMb,
    /// Mean duration of one invocation, as the source computed the mean.
    pub duration: Millis,
    /// Mean cost of one invocation, where it was recorded.
    pub cost: Option<Usd>,
    /// What is known of the sample behind the mean.
    pub sample: Sample,
}

/// What is known of the sample behind a mean; every field may be unknown.
///
/// ```
/// use powercurve::{MemoryMb, Millis, Point, Sample};
/// let sample = Sample { count: Some(100), sd_ms: Some(20.0), ..Sample::default() };
/// let point = Point { sample, ..Point::new(MemoryMb::new(512)?, Millis::new(200.0)?) };
/// assert_eq!(point.sample.sd_ms.map(|sd| sd / point.duration.ms()), Some(0.1)); // calls vary by 10 %
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sample {
    /// Number of invocations.
    pub count: Option<u64>,
    /// Standard deviation of a single invocation's duration, in ms.
    pub sd_ms: Option<f64>,
    /// Median duration in ms.
    pub p50_ms: Option<f64>,
    /// 90th percentile of the duration in ms.
    pub p90_ms: Option<f64>,
    /// 95th percentile of the duration in ms.
    pub p95_ms: Option<f64>,
    /// 99th percentile of the duration in ms.
    pub p99_ms: Option<f64>,
    /// Largest memory used, in MB, as REPORT lines give it.
    pub max_memory_used_mb: Option<f64>,
    /// Mean init duration of the invocations that were cold starts, in ms.
    pub init_ms: Option<f64>,
    /// Number of invocations that were cold starts.
    pub cold_starts: Option<u64>,
    /// Mean billed duration in ms, as REPORT lines give it; more than the duration by the rounding, and by an init that is
    /// billed and not part of the duration.
    pub billed_ms: Option<f64>,
}

impl Sample {
    /// The largest number of invocations or cold starts: every whole number up to it is exact in every format.
    pub(crate) const MAX_COUNT: u64 = 1_000_000_000_000_000;

    /// The sum of numbers of invocations, at most [`Sample::MAX_COUNT`].
    pub(crate) fn sum(counts: impl IntoIterator<Item = u64>) -> u64 {
        counts.into_iter().fold(0, |sum: u64, n| sum.saturating_add(n).min(Self::MAX_COUNT))
    }
}

impl Point {
    /// A bare measurement: size and mean duration.
    pub fn new(memory: MemoryMb, duration: Millis) -> Self {
        Self { memory, duration, cost: None, sample: Sample::default() }
    }

    /// Share of a size that the memory used may take: at the whole of it Lambda ends the invocation, and one invocation may need
    /// more than those that were seen.
    pub(crate) const FULL: f64 = 0.9;

    /// Whether the function used more of the size than it may.
    pub(crate) fn is_nearly_full(&self) -> bool {
        self.sample.max_memory_used_mb.is_some_and(|used| used > Self::FULL * self.memory.as_f64())
    }

    /// Standard error of the mean duration, as a share of it, where the spread of the invocations and their number are known.
    ///
    /// ```
    /// use powercurve::{MemoryMb, Millis, Point, Sample};
    /// let sample = Sample { count: Some(100), sd_ms: Some(20.0), ..Sample::default() };
    /// let point = Point { sample, ..Point::new(MemoryMb::new(512)?, Millis::new(200.0)?) };
    /// assert_eq!(point.standard_error(), Some(0.01));
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn standard_error(&self) -> Option<f64> {
        let (sd_ms, count) = self.sample.sd_ms.zip(self.sample.count)?;
        (count > 0).then(|| sd_ms / (count as f64).sqrt() / self.duration.ms())
    }

    /// The same point with a recorded cost.
    #[must_use]
    pub fn with_cost(mut self, cost: Usd) -> Self {
        self.cost = Some(cost);
        self
    }
}

/// Duration (and cost) by memory size: at least one point, sizes ascending and unique.
///
/// ```
/// use powercurve::PowerCurve;
/// let curve = PowerCurve::from_ms(&[(512, 6067.0), (128, 25148.0), (1024, 3084.0)])?;
/// let sizes: Vec<u32> = curve.points().iter().map(|p| p.memory.mb()).collect();
/// assert_eq!(sizes, [128, 512, 1024]);
/// assert_eq!((curve.len(), curve.sizes().next()), (3, Some(powercurve::MemoryMb::MIN)));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct PowerCurve {
    points: Vec<Point>,
}

impl PowerCurve {
    /// The most points one curve may have: every size Lambda offers.
    pub(crate) const MAX_POINTS: usize = 10_113;

    /// Sorts the points and merges repeated sizes: durations and costs are averaged, weighted by
    /// the number of invocations where every repeat knows it, else equally.
    ///
    /// ```
    /// use powercurve::{MemoryMb, Millis, Point, PowerCurve};
    /// let point = |mb, ms| Ok::<_, powercurve::Error>(Point::new(MemoryMb::new(mb)?, Millis::new(ms)?));
    /// // 128 MB was measured twice
    /// let curve = PowerCurve::new(vec![point(128, 8.0)?, point(256, 4.5)?, point(128, 9.0)?])?;
    /// assert_eq!((curve.len(), curve.points()[0].duration.ms()), (2, 8.5));
    /// assert!(PowerCurve::new(vec![]).is_err());
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no point.
    pub fn new(mut points: Vec<Point>) -> Result<Self> {
        if points.is_empty() {
            return Err(Error::new("no measured size: expected at least one pair of memory size and duration")
                .help("a failed or dry tuning run has no results; run it again with num >= 5"));
        }
        points.sort_by_key(|p| p.memory);
        let points = points.chunk_by(|a, b| a.memory == b.memory).map(merge).collect();
        Ok(Self { points })
    }

    /// A curve from pairs of (memory size in MB, duration in ms).
    ///
    /// # Errors
    /// When there is no pair, a size is not one Lambda offers, or a duration is not usable.
    pub fn from_ms(pairs: &[(u32, f64)]) -> Result<Self> {
        let point = |&(mb, ms): &(u32, f64)| Ok(Point::new(MemoryMb::new(mb)?, Millis::new(ms)?));
        Self::new(pairs.iter().map(point).collect::<Result<_>>()?)
    }

    /// The points, ascending by memory size; never empty.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Number of sizes, at least 1.
    #[allow(clippy::len_without_is_empty)] // a curve is never empty
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// The memory sizes, ascending.
    pub fn sizes(&self) -> impl ExactSizeIterator<Item = MemoryMb> + '_ {
        self.points.iter().map(|p| p.memory)
    }

    /// The point at exactly this size.
    ///
    /// ```
    /// use powercurve::{MemoryMb, PowerCurve};
    /// let curve = PowerCurve::from_ms(&[(128, 8.5), (256, 4.25)])?;
    /// assert_eq!(curve.at(MemoryMb::new(256)?).map(|p| p.duration.ms()), Some(4.25));
    /// assert_eq!(curve.at(MemoryMb::new(192)?), None);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn at(&self, memory: MemoryMb) -> Option<&Point> {
        self.points.binary_search_by_key(&memory, |p| p.memory).ok().map(|i| &self.points[i])
    }

    /// Whether every point has a recorded cost.
    ///
    /// ```
    /// use powercurve::ingest::parse_record;
    /// let run = parse_record(br#"{"memory_mb": [128, 256], "duration_ms": [8, 4], "cost_usd": [1.7e-8, null]}"#)?;
    /// assert!(!run.curve.has_costs());
    /// assert!(run.curve.filter(|m| m.mb() == 128).unwrap().has_costs());
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn has_costs(&self) -> bool {
        self.points.iter().all(|p| p.cost.is_some())
    }

    /// The curve of points that are known to be ascending and unique, at least one.
    pub(crate) fn of_ascending(points: Vec<Point>) -> Self {
        debug_assert!(!points.is_empty() && points.is_sorted_by(|a, b| a.memory < b.memory));
        Self { points }
    }

    /// The durations alone.
    ///
    /// ```
    /// use powercurve::ingest::url::decode;
    /// let run = decode("https://lambda-power-tuning.show/#gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI=", "api")?.remove(0);
    /// assert!(run.curve.has_costs() && !run.curve.without_costs().has_costs());
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    #[must_use]
    pub fn without_costs(mut self) -> Self {
        self.points.iter_mut().for_each(|p| p.cost = None);
        self
    }

    /// The curve at only the sizes that `keep` accepts, or `None` when none is left.
    ///
    /// ```
    /// use powercurve::PowerCurve;
    /// let curve = PowerCurve::from_ms(&[(128, 8.5), (256, 4.25), (4096, 1.0)])?;
    /// assert_eq!(curve.filter(|m| m.mb() <= 3008).map(|c| c.len()), Some(2));
    /// assert_eq!(curve.filter(|m| m.mb() > 4096), None);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn filter(&self, keep: impl Fn(MemoryMb) -> bool) -> Option<Self> {
        let points: Vec<Point> = self.points.iter().copied().filter(|p| keep(p.memory)).collect();
        (!points.is_empty()).then_some(Self { points })
    }

    /// The same curve of a function that uses so much memory, in MB, at every size that has it; all of a smaller one.
    ///
    /// ```
    /// use powercurve::PowerCurve;
    /// let curve = PowerCurve::from_ms(&[(128, 480.0), (512, 120.0)])?.with_memory_used(240.0);
    /// let used: Vec<_> = curve.points().iter().map(|p| p.sample.max_memory_used_mb).collect();
    /// assert_eq!(used, [Some(128.0), Some(240.0)]);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    #[must_use]
    pub fn with_memory_used(mut self, used_mb: f64) -> Self {
        for point in &mut self.points {
            point.sample.max_memory_used_mb = Some(used_mb.min(point.memory.as_f64()));
        }
        self
    }
}

/// Merges the repeats of one size (all of the same memory size, at least one).
fn merge(same: &[Point]) -> Point {
    if let [one] = same {
        return *one;
    }
    let counts: Option<Vec<u64>> = same.iter().map(|p| p.sample.count).collect();
    let total = counts.as_ref().map_or(0, |c| Sample::sum(c.iter().copied()));
    let weights: Vec<f64> = match counts {
        Some(c) if total > 0 => {
            let all: f64 = c.iter().map(|&n| n as f64).sum();
            c.iter().map(|&n| n as f64 / all).collect()
        }
        _ => vec![1.0 / same.len() as f64; same.len()],
    };
    let mean = |value: &dyn Fn(&Point) -> f64| same.iter().zip(&weights).map(|(p, w)| w * value(p)).sum::<f64>();
    let duration = mean(&|p| p.duration.ms());
    // known where it is known of all
    let known = |value: &dyn Fn(&Point) -> Option<f64>| {
        same.iter().all(|p| value(p).is_some()).then(|| mean(&|p| value(p).unwrap_or(0.0)))
    };
    let largest =
        |value: &dyn Fn(&Sample) -> Option<f64>| same.iter().filter_map(|p| value(&p.sample)).reduce(f64::max);
    Point {
        memory: same[0].memory,
        duration: Millis::new(duration).unwrap_or(same[0].duration),
        cost: known(&|p| p.cost.map(Usd::usd)).and_then(|c| Usd::new(c).ok()),
        sample: Sample {
            count: (total > 0).then_some(total),
            sd_ms: largest(&|s| s.sd_ms),
            max_memory_used_mb: largest(&|s| s.max_memory_used_mb),
            init_ms: largest(&|s| s.init_ms),
            billed_ms: known(&|p| p.sample.billed_ms),
            cold_starts: same.iter().map(|p| p.sample.cold_starts).collect::<Option<Vec<u64>>>().map(Sample::sum),
            // percentiles of the whole do not follow from those of its parts
            ..Sample::default()
        },
    }
}

/// A 90 % interval for the duration at one memory size.
///
/// ```
/// use powercurve::model::{Known, Library, Observation, Posterior};
/// use powercurve::{Interval, MemoryMb, Millis, PowerCurve, Run};
/// let seen = Observation::of(&Run::new("thumbnails", PowerCurve::from_ms(&[(256, 13187.6), (1024, 3279.4)])?));
/// let memory = MemoryMb::new(512)?;
/// let predicted = Posterior::new(Library::shipped(), &seen, &Known::default()).predict(memory);
/// let band = Interval { memory, low: Millis::new(predicted.low_ms)?, high: Millis::new(predicted.high_ms)? };
/// assert!(band.low < band.high && band.high.ms() < 2.0 * band.low.ms());
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Memory size.
    pub memory: MemoryMb,
    /// Its lower end.
    pub low: Millis,
    /// Its upper end.
    pub high: Millis,
}

/// The instruction set of a function.
///
/// ```
/// use powercurve::Arch;
/// assert_eq!("graviton".parse::<Arch>()?, Arch::Arm64);
/// assert_eq!(Arch::default().name(), "x86_64");
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Arch {
    /// Intel and AMD, the default of Lambda.
    #[default]
    #[serde(rename = "x86_64", alias = "x86")]
    X86_64,
    /// AWS Graviton.
    #[serde(rename = "arm64", alias = "arm")]
    Arm64,
}

impl Arch {
    /// The name that Lambda uses: `x86_64` or `arm64`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }
}

impl std::fmt::Display for Arch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Arch {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        match s.to_ascii_lowercase().as_str() {
            "x86_64" | "x86" | "x64" | "amd64" => Ok(Self::X86_64),
            "arm64" | "arm" | "aarch64" | "graviton" => Ok(Self::Arm64),
            _ => Err(Error::new(format!("architecture '{s}' is unknown: expected x86_64 or arm64"))),
        }
    }
}

/// Whether the invocations of a run were cold starts.
///
/// ```
/// use powercurve::{Start, ingest::parse_record};
/// let run = parse_record(br#"{"memory_mb": [128], "duration_ms": [8.5], "start": "mostly cold"}"#)?;
/// assert_eq!(run.start, Some(Start::Mixed));
/// assert_eq!(Start::Mixed.name(), "mixed");
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// All cold: each duration holds a first handler call, often the init as well.
    Cold,
    /// All warm.
    Warm,
    /// A mixture.
    Mixed,
}

impl Start {
    /// The name in run records: `cold`, `warm` or `mixed`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
            Self::Mixed => "mixed",
        }
    }

    /// Reads the wording of recorded runs (`cold`, `warm`, `mostly cold`, ...).
    pub(crate) fn parse(s: &str) -> Option<Self> {
        match s.trim().to_ascii_lowercase().as_str() {
            "cold" => Some(Self::Cold),
            "warm" => Some(Self::Warm),
            "mixed" | "mostly cold" | "mostly warm" => Some(Self::Mixed),
            _ => None,
        }
    }
}

/// One power-tuning run of one function: its curve and what is known about it.
///
/// ```
/// use powercurve::{Arch, PowerCurve, Run, export};
/// let mut run = Run::new("resize", PowerCurve::from_ms(&[(128, 8.5), (256, 4.25)])?);
/// run.arch = Some(Arch::Arm64);
/// run.extra.insert("team".into(), "media".into());
/// assert_eq!(
///     export::record(&run),
///     r#"{"id":"resize","memory_mb":[128,256],"duration_ms":[8.5,4.25],"arch":"arm64","team":"media"}"#,
/// );
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// A name that is unique within a batch: the record's own id, or the file and place.
    pub id: String,
    /// Duration and cost by memory size.
    pub curve: PowerCurve,
    /// Runtime as the source wrote it (`nodejs20.x`, `python3.13`, `Java JVM`, ...).
    pub runtime: Option<String>,
    /// Instruction set, where recorded.
    pub arch: Option<Arch>,
    /// Number of invocations a size, where recorded for the whole run.
    pub invocations: Option<u64>,
    /// Cold, warm or mixed, where recorded.
    pub start: Option<Start>,
    /// Billing step in ms (1 since December 2020, 100 before), where recorded.
    pub billing_ms: Option<u32>,
    /// Where the record comes from: runs of one source are not independent.
    pub source: Option<String>,
    /// Patterns that the description of the function allows; empty when unlabelled.
    pub accept: Vec<crate::pattern::Pattern>,
    /// Every other key of the record, kept as it was.
    pub extra: Map<String, Value>,
    /// What a reader of the curve should know before trusting it. Of these only failures are part of a record; the others
    /// follow from it.
    pub warnings: Vec<RunWarning>,
}

impl Run {
    /// A run of which only the curve is known.
    pub fn new(id: impl Into<String>, curve: PowerCurve) -> Self {
        Self {
            id: id.into(),
            curve,
            runtime: None,
            arch: None,
            invocations: None,
            start: None,
            billing_ms: None,
            source: None,
            accept: Vec::new(),
            extra: Map::new(),
            warnings: Vec::new(),
        }
    }

    /// The currency of the recorded costs: a run of a China region says `"currency": "CNY"`.
    ///
    /// ```
    /// use powercurve::{ingest::parse_record, units::Currency};
    /// let run = parse_record(br#"{"memory_mb": [128], "duration_ms": [8], "cost_usd": [1.2e-7], "currency": "CNY"}"#)?;
    /// assert_eq!(run.currency(), Currency::Cny);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn currency(&self) -> Currency {
        let said = self.extra.get("currency").and_then(Value::as_str);
        if said == Some(Currency::Cny.code()) { Currency::Cny } else { Currency::Usd }
    }

    /// Mean time in ms that was billed for the init of cold starts beside the durations, over all invocations; 0 where
    /// nothing says so. The init takes the same time at every size.
    ///
    /// ```
    /// use powercurve::{MemoryMb, Millis, Point, PowerCurve, Run, Sample};
    /// // a tenth of the calls billed 300 ms of init
    /// let (count, cold_starts) = (Some(100), Some(10));
    /// let sample = Sample { count, cold_starts, init_ms: Some(300.0), billed_ms: Some(50.5), ..Sample::default() };
    /// let point = Point { sample, ..Point::new(MemoryMb::MIN, Millis::new(20.0)?) };
    /// let run = Run::new("rare", PowerCurve::new(vec![point])?);
    /// assert_eq!(run.billed_init_ms(), 30.0);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn billed_init_ms(&self) -> f64 {
        let (mut sum, mut all) = (0.0, 0.0);
        for point in self.curve.points() {
            let Sample { count: Some(count), billed_ms: Some(billed), .. } = point.sample else { continue };
            let init = point.sample.init_ms.zip(point.sample.cold_starts).map_or(0.0, |(ms, n)| ms * n as f64);
            // what was billed beyond the durations is init and rounding
            sum += init.min((billed - point.duration.ms()).max(0.0) * count as f64);
            all += count as f64;
        }
        if all > 0.0 { sum / all } else { 0.0 }
    }

    /// Whether the function is known to fail at a size: an invocation ran out of memory there, or more than 1 % timed out.
    /// The curve has the durations of those that did not.
    ///
    /// ```
    /// use powercurve::curve::{Failure, RunWarning};
    /// use powercurve::{MemoryMb, PowerCurve, Run};
    /// let mut run = Run::new("resize", PowerCurve::from_ms(&[(128, 110.0), (256, 90.0)])?);
    /// let [small, large] = [MemoryMb::new(128)?, MemoryMb::new(256)?];
    /// run.warnings = vec![RunWarning::Failed { memory: small, failure: Failure::Timeout, failed: 9, succeeded: 1 }];
    /// assert!(run.fails_at(small) && !run.fails_at(large));
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn fails_at(&self, size: MemoryMb) -> bool {
        const RARELY: f64 = 0.01;
        self.warnings.iter().any(|warning| match *warning {
            RunWarning::Failed { memory, failure, failed, succeeded } if memory == size => match failure {
                Failure::OutOfMemory => true,
                Failure::Timeout => failed as f64 > RARELY * (failed + succeeded) as f64,
                Failure::Error => false,
            },
            _ => false,
        })
    }
}

/// Why an invocation gave no duration worth averaging.
///
/// ```
/// use powercurve::curve::{Failure, RunWarning};
/// let memory = powercurve::MemoryMb::MIN;
/// let warning = RunWarning::Failed { memory, failure: Failure::OutOfMemory, failed: 3, succeeded: 7 };
/// assert!(warning.to_string().starts_with("3 of 10 invocations at 128 MB ran out of memory"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// It ran into the function's timeout.
    Timeout,
    /// It was killed because it needed more memory than the size has.
    OutOfMemory,
    /// It ended in another error.
    Error,
}

impl Failure {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Timeout, Self::OutOfMemory, Self::Error];

    /// What their number is called in run records and CSV.
    ///
    /// ```
    /// use powercurve::curve::Failure;
    /// assert_eq!(Failure::ALL.map(Failure::column), ["timeouts", "out_of_memory", "errors"]);
    /// ```
    pub const fn column(self) -> &'static str {
        match self {
            Self::Timeout => "timeouts",
            Self::OutOfMemory => "out_of_memory",
            Self::Error => "errors",
        }
    }
}

/// Something that a reader found in a run and that weakens its curve. Displayed, it says what was
/// found and what to do about it.
///
/// ```
/// use powercurve::{RunWarning, ingest::parse_record};
/// // billed for 100 ms, took 400: cold starts are in the mean
/// let run = parse_record(br#"{"memory_mb": [1024], "duration_ms": [400], "cost_usd": [1.68e-6], "arch": "x86_64"}"#)?;
/// let [RunWarning::UnbilledInit { billed_ms, .. }] = run.warnings[..] else { panic!("one warning") };
/// assert!((billed_ms - 100.0).abs() < 0.1);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RunWarning {
    /// Invocations that failed at a size; their durations are not in the curve.
    Failed {
        /// The memory size.
        memory: MemoryMb,
        /// Why they failed.
        failure: Failure,
        /// How many did.
        failed: u64,
        /// How many invocations succeeded at this size; with 0 the size is not in the curve.
        succeeded: u64,
    },
    /// The duration is longer than what was billed: it holds init time that was free of charge
    /// (before August 2025), so cold starts are in the curve.
    UnbilledInit {
        /// The memory size at which it shows most.
        memory: MemoryMb,
        /// Mean duration there, in ms.
        duration_ms: f64,
        /// Mean billed duration there, in ms, computed back from the cost; at most, where the
        /// architecture is unknown.
        billed_ms: f64,
    },
    /// A size without a duration, left out of the curve.
    NoDuration {
        /// The memory size.
        memory: MemoryMb,
    },
    /// Entries of the tuning tool's `stats` without a memory size or a duration, left out of the curve.
    IncompleteStats {
        /// How many.
        count: u64,
    },
    /// REPORT lines without a duration or a memory size, left out of the curve.
    IncompleteReports {
        /// How many.
        count: u64,
    },
    /// Only the size that power tuning picked is known.
    OnlyBestSize,
}

impl std::fmt::Display for RunWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed { memory, failure, failed, succeeded } => {
                let (what, remedy) = match failure {
                    Failure::Timeout => ("timed out", "raise the function's timeout or treat this size as too small"),
                    Failure::OutOfMemory => ("ran out of memory", "treat this size as too small"),
                    Failure::Error => ("failed", "look into the function's log and measure this size again"),
                };
                let total = failed + succeeded;
                write!(f, "{failed} of {total} invocations at {memory} {what} and are not in the curve: {remedy}")
            }
            Self::UnbilledInit { memory, duration_ms, billed_ms } => write!(
                f,
                "at {memory} the mean duration is {duration_ms:.1} ms but at most {billed_ms:.0} ms were billed: cold starts \
                 are in the curve; tune again with more invocations in series to see the warm function"
            ),
            Self::NoDuration { memory } => {
                write!(f, "{memory} has no duration and is left out: measure it again or treat it as too small")
            }
            Self::IncompleteStats { count } => write!(
                f,
                "{count} of the entries of stats have no value or no averageDuration and are left out: give the output as \
                 aws-lambda-power-tuning wrote it"
            ),
            Self::IncompleteReports { count } => write!(
                f,
                "{count} REPORT lines lack a duration or a memory size and are left out: export whole log lines"
            ),
            Self::OnlyBestSize => f.write_str(
                "only the best size is known: run power tuning with includeOutputResults, or give its visualization URL",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_weighted_and_lose_their_percentiles() -> Result<()> {
        let point = |ms, count| -> Result<Point> {
            let sample = Sample { count: Some(count), p99_ms: Some(2.0 * ms), ..Sample::default() };
            Ok(Point { sample, ..Point::new(MemoryMb::MIN, Millis::new(ms)?) })
        };
        let once = PowerCurve::new(vec![point(10.0, 30)?])?;
        assert_eq!(once.points()[0].sample.p99_ms, Some(20.0));
        let twice = PowerCurve::new(vec![point(10.0, 30)?, point(20.0, 10)?])?;
        let merged = twice.points()[0];
        assert_eq!((merged.duration.ms(), merged.sample.count, merged.sample.p99_ms), (12.5, Some(40), None));
        Ok(())
    }

    #[test]
    fn repeats_keep_the_largest_of_what_was_seen_and_all_cold_starts() -> Result<()> {
        let point = |x: f64, cold| -> Result<Point> {
            let sample = Sample {
                count: Some(10),
                sd_ms: Some(x),
                max_memory_used_mb: Some(10.0 * x),
                init_ms: Some(100.0 * x),
                billed_ms: Some(x.ceil()),
                cold_starts: Some(cold),
                ..Sample::default()
            };
            Ok(Point { sample, ..Point::new(MemoryMb::MIN, Millis::new(x)?).with_cost(Usd::new(x)?) })
        };
        for points in [[point(4.0, 2)?, point(6.0, 1)?], [point(6.0, 1)?, point(4.0, 2)?]] {
            let merged = PowerCurve::new(points.to_vec())?.points()[0];
            let s = merged.sample;
            assert_eq!((s.sd_ms, s.max_memory_used_mb, s.init_ms), (Some(6.0), Some(60.0), Some(600.0)));
            assert_eq!((s.billed_ms, s.cold_starts, merged.cost), (Some(5.0), Some(3), Some(Usd::new(5.0)?)));
        }
        // what is unknown of a part is unknown of the whole
        let mut unknown = point(6.0, 1)?;
        (unknown.sample.cold_starts, unknown.sample.billed_ms) = (None, None);
        let sample = PowerCurve::new(vec![point(4.0, 2)?, unknown])?.points()[0].sample;
        assert_eq!((sample.cold_starts, sample.billed_ms, sample.sd_ms), (None, None, Some(6.0)));
        Ok(())
    }

    #[test]
    fn an_init_counts_as_far_as_it_was_billed() -> Result<()> {
        // a tenth of the calls had an init of 300 ms: 30 ms a call, where all of it was billed
        let (count, cold_starts, init_ms) = (Some(100), Some(10), Some(300.0));
        let billed_init = |billed| -> Result<f64> {
            let sample = Sample { count, cold_starts, init_ms, billed_ms: billed, ..Sample::default() };
            let point = Point { sample, ..Point::new(MemoryMb::MIN, Millis::new(20.5)?) };
            Ok(Run::new("f", PowerCurve::new(vec![point])?).billed_init_ms())
        };
        assert_eq!(billed_init(Some(51.0))?, 30.0);
        // before August 2025 only the handler was billed, rounded up
        assert_eq!((billed_init(Some(21.0))?, billed_init(Some(20.0))?, billed_init(None)?), (0.5, 0.0, 0.0));
        Ok(())
    }

    #[test]
    fn a_size_fails_where_memory_or_time_run_out_and_not_where_the_code_fails() {
        let fails = |failure, failed, succeeded| {
            let mut run = Run::new("f", PowerCurve::from_ms(&[(128, 10.0)]).unwrap());
            run.warnings = vec![RunWarning::Failed { memory: MemoryMb::MIN, failure, failed, succeeded }];
            run.fails_at(MemoryMb::MIN)
        };
        assert!(fails(Failure::OutOfMemory, 1, 100_000));
        // a single timeout of a hundred calls may have another cause
        assert!(!fails(Failure::Timeout, 1, 99) && fails(Failure::Timeout, 2, 98));
        assert!(!fails(Failure::Error, 50, 50));
    }

    #[test]
    fn warnings_say_what_was_found_and_what_to_do() {
        let memory = MemoryMb::MIN;
        let failed = |failure| RunWarning::Failed { memory, failure, failed: 2, succeeded: 8 };
        for (warning, text) in [
            (
                failed(Failure::Timeout),
                "2 of 10 invocations at 128 MB timed out and are not in the curve: raise the function's timeout or treat this size as too small",
            ),
            (
                failed(Failure::OutOfMemory),
                "2 of 10 invocations at 128 MB ran out of memory and are not in the curve: treat this size as too small",
            ),
            (
                RunWarning::UnbilledInit { memory, duration_ms: 1100.7, billed_ms: 228.2 },
                "at 128 MB the mean duration is 1100.7 ms but at most 228 ms were billed: cold starts are in the curve; tune again with more invocations in series to see the warm function",
            ),
            (
                RunWarning::NoDuration { memory },
                "128 MB has no duration and is left out: measure it again or treat it as too small",
            ),
        ] {
            assert_eq!(warning.to_string(), text);
        }
    }
}
