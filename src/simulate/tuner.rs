//! The procedure of aws-lambda-power-tuning: the same number of invocations at every memory size,
//! trimmed means of duration and of billed duration.
//!
//! Source: github.com/alexcasalboni/aws-lambda-power-tuning 4.4.0, lambda/executor.js and lambda/utils.js.

use rand::RngExt;
use rayon::prelude::*;

use crate::curve::{Arch, Point, PowerCurve, Run, Sample, Start};
use crate::error::{Error, Result};
use crate::moments::Moments;
use crate::platform::billing::{BillingStep, Tariff};
use crate::platform::pricing::{PriceBasis, PriceTable};
use crate::simulate::downstream::sample_queue_ms;
use crate::simulate::environments::Environments;
use crate::simulate::expected::{Outcome, expected, expected_ms, mean_init_ms};
use crate::simulate::invocation::{Deployment, InvocationResult};
use crate::simulate::queueing::queue_ms;
use crate::simulate::stream::Stream;
use crate::units::{Currency, MemoryMb, Millis, Usd};
use crate::workload::Workload;

/// Parameters of a power-tuning run, named after the tool's input.
///
/// ```
/// use powercurve::{MemoryMb, simulate::Tuning, workload::preset};
/// let tuning = Tuning { invocations: 20, seed: 7, ..Tuning::default() };
/// let result = tuning.run(&preset("prime-numbers")?, &[MemoryMb::new(512)?, MemoryMb::new(1024)?])?;
/// let [at_512, at_1024] = result.run.curve.points() else { panic!("two sizes") };
/// assert!((at_512.duration.ms() / at_1024.duration.ms() - 2.0).abs() < 0.4);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuning {
    /// Invocations at each memory size (`num`).
    pub invocations: u32,
    /// Share of the invocations that is left out at each end of the sorted times (`discardTopBottom`).
    pub discard: f64,
    /// Whether the invocations of one size are sent all at once (`parallelInvocation`).
    pub parallel: bool,
    /// How billed duration is rounded.
    pub billing: BillingStep,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Number of the run under this seed: runs of different numbers are independent.
    pub run: u64,
}

impl Default for Tuning {
    /// 50 invocations in series, 20 % discarded at each end, billed by the ms, seed 0.
    fn default() -> Self {
        Self { invocations: 50, discard: 0.2, parallel: false, billing: BillingStep::Ms1, seed: 0, run: 0 }
    }
}

/// A power-tuning run, and the sizes that did not make it.
///
/// ```
/// use powercurve::{MemoryMb, Workload, simulate::Tuning};
/// let w = Workload::from_toml("[cpu]\nwork_ms = 100\n[memory]\nfootprint_mb = 200")?;
/// let result = Tuning::default().run(&w, &[MemoryMb::new(128)?, MemoryMb::new(256)?])?;
/// assert_eq!(result.run.curve.sizes().collect::<Vec<_>>(), [MemoryMb::new(256)?]);
/// let (memory, outcome) = result.failed[0];
/// assert_eq!(format!("{memory}: {outcome}"), "128 MB: out of memory: it needs 200 MB");
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TuningResult {
    /// The run: the curve has the sizes at which every invocation finished.
    pub run: Run,
    /// The sizes at which one did not, and why.
    pub failed: Vec<(MemoryMb, Outcome)>,
    /// What all invocations of the sizes on the curve cost, those included that the means leave out (`lambdaCost`).
    pub lambda_cost: Usd,
}

impl Tuning {
    /// The most invocations at one memory size.
    ///
    /// ```
    /// use powercurve::{MemoryMb, simulate::Tuning, workload::preset};
    /// let tuning = Tuning { invocations: Tuning::MAX_INVOCATIONS + 1, ..Tuning::default() };
    /// assert!(tuning.run(&preset("no-op")?, &[MemoryMb::MIN]).is_err());
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub const MAX_INVOCATIONS: u32 = 100_000;

    /// Tunes `workload` at `sizes`; sizes are worked out in parallel, the result does not depend on it.
    ///
    /// # Errors
    /// When a parameter or a value of the workload is out of range, or no size finishes.
    pub fn run(&self, workload: &Workload, sizes: &[MemoryMb]) -> Result<TuningResult> {
        self.run_in(workload, sizes, HOME_REGION)
    }

    /// The same at the tool's prices of another region.
    ///
    /// ```
    /// use powercurve::{MemoryMb, simulate::Tuning, units::Currency, workload::preset};
    /// let run = Tuning::default().run_in(&preset("no-op")?, &[MemoryMb::MIN], "cn-north-1")?.run;
    /// assert_eq!(run.currency(), Currency::Cny);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Tuning::run`], or when the region is unknown.
    pub fn run_in(&self, workload: &Workload, sizes: &[MemoryMb], region: &str) -> Result<TuningResult> {
        workload.check()?;
        if !(1..=Self::MAX_INVOCATIONS).contains(&self.invocations) {
            return Err(Error::new(format!(
                "{} invocations a size: expected 1 to {}",
                self.invocations,
                Self::MAX_INVOCATIONS
            ))
            .help("10 to 100 are usual; a mean does not get better than the drift between sizes"));
        }
        if !(0.0..=0.4).contains(&self.discard) {
            return Err(Error::new(format!("discarding a share of {} at each end: expected 0 to 0.4", self.discard))
                .help("0.2 leaves out the fastest and the slowest fifth"));
        }
        let tariff = tariff(workload.arch, self.billing, region)?;
        let measured = sizes.par_iter().map(|&memory| Ok((memory, self.measure(workload, memory, &tariff)?)));
        let mut result = collect(workload, self.billing, &tariff, measured.collect::<Result<_>>()?)?;
        let run = &mut result.run;
        run.invocations = Some(u64::from(self.invocations));
        run.start = Some(self.start(&run.curve));
        Ok(result)
    }

    /// Every invocation of a checked workload at one memory size, in the order in which they are sent.
    ///
    /// ```
    /// use powercurve::{MemoryMb, simulate::Tuning, workload::preset};
    /// let tuning = Tuning { invocations: 10, ..Tuning::default() };
    /// let calls = tuning.invocations(&preset("third-party-api")?, MemoryMb::new(512)?).unwrap_or_default();
    /// assert_eq!(calls.iter().filter(|call| call.init.is_some()).count(), 1); // in series only the first is cold
    /// assert!(tuning.invocations(&preset("java-cold-start")?, MemoryMb::MIN).is_err()); // needs 160 MB
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// The outcome, when the size has less memory than the workload needs.
    pub fn invocations(
        &self,
        workload: &Workload,
        memory: MemoryMb,
    ) -> std::result::Result<Vec<InvocationResult>, Outcome> {
        let mut results = Vec::with_capacity(self.invocations as usize);
        self.play(workload, memory, |result| results.push(result))?;
        Ok(results)
    }

    /// Shows `visit` every invocation in order.
    fn play(
        &self,
        workload: &Workload,
        memory: MemoryMb,
        mut visit: impl FnMut(InvocationResult),
    ) -> std::result::Result<(), Outcome> {
        let stream = Stream::new(self.seed, self.run, memory);
        let deployment = Deployment::new(workload, memory, self.billing, &mut stream.size())?;
        let queue_ms = workload.downstream.as_ref().map(|d| {
            let think_ms = expected_ms(workload, memory);
            sample_queue_ms(d, think_ms, self.invocations, self.parallel, &mut stream.queue())
        });
        let environment = |number| deployment.environment(&mut stream.environment(number));
        // in series the one environment to start with is renewed before its first call, or never has the number of another
        let (first, renewals) = if self.parallel { (self.invocations, self.invocations) } else { (1, 0) };
        let mut environments = Environments::start(first, environment);
        let mut rng = stream.invocations();
        let mut phase = rng.random();
        for number in 0..self.invocations {
            let renewed = rng.random_bool(workload.cold_start.share).then(|| environment(renewals + number));
            let place = environments.place(renewed);
            let queue_ms = queue_ms.as_ref().and_then(|q| q.get(number as usize)).copied().unwrap_or(0.0);
            if self.parallel {
                phase = rng.random();
            }
            let result = deployment.invoke(&place, queue_ms, &mut phase, &mut rng);
            environments.free(place, result.duration.ms());
            visit(result);
        }
        Ok(())
    }

    /// One point of the curve, or the outcome that fails the size.
    fn measure(&self, workload: &Workload, memory: MemoryMb, tariff: &Tariff) -> Result<Ended> {
        let mut seen = Seen::new(self.invocations as usize);
        if let Err(outcome) = self.play(workload, memory, |result| seen.push(&result)) {
            return Ok(Err(outcome));
        }
        if let Some(failed) = seen.failed {
            return Ok(Err(failed));
        }
        let sample = seen.sample();
        let usd = |&billed_ms: &f64| Ok(tariff.cost(memory, Millis::new(billed_ms)?).usd());
        let lambda_usd = seen.billed_ms.iter().map(usd).sum::<Result<f64>>()?;
        let duration_ms = trimmed_mean(seen.total_ms, self.discard);
        let billed_ms = trimmed_mean(seen.billed_ms, self.discard);
        let point = Point { sample, ..Point::new(memory, Millis::new(duration_ms)?) };
        let point = point.with_cost(tariff.cost(memory, Millis::new(billed_ms)?));
        Ok(Ok(Measured { point, lambda_usd }))
    }

    /// Whether the means hold cold starts: those that the discarded share does not remove.
    fn start(&self, curve: &PowerCurve) -> Start {
        let cold = |p: &Point| p.sample.cold_starts.unwrap_or(0);
        let discarded = (f64::from(self.invocations) * self.discard).floor() as u64;
        if curve.points().iter().all(|p| cold(p) == u64::from(self.invocations)) {
            Start::Cold
        } else if curve.points().iter().all(|p| cold(p) <= discarded) {
            Start::Warm
        } else {
            Start::Mixed
        }
    }
}

/// The run that infinitely many invocations without drift and outliers would give: expected durations,
/// and their cost by the same rule. Under 100 ms billing that is the cost of invocations which all take the expected time;
/// where times spread, each is rounded up by itself, and a sampled run costs other than that.
///
/// Behind a downstream with a fixed capacity it holds the wait that a caller at a random moment meets;
/// see [`queue_ms`] for why runs in series measure less.
///
/// ```
/// use powercurve::{MemoryMb, simulate::exact, workload::preset};
/// let sizes = [512, 1024].map(|mb| MemoryMb::new(mb).expect("a size"));
/// let curve = exact(&preset("prime-numbers").expect("a preset"), &sizes, Default::default())?.run.curve;
/// // one busy thread: twice the memory, half the time
/// let [a, b] = [0, 1].map(|i| curve.points()[i].duration.ms());
/// assert!((a / b - 2.0).abs() < 0.05, "{a} ms and {b} ms");
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When a value of the workload is out of range, or no size finishes.
pub fn exact(workload: &Workload, sizes: &[MemoryMb], billing: BillingStep) -> Result<TuningResult> {
    exact_in(workload, sizes, billing, HOME_REGION)
}

/// The same at the tool's prices of another region.
///
/// ```
/// use powercurve::{MemoryMb, simulate::{exact, exact_in}, workload::preset};
/// let (workload, sizes) = (preset("prime-numbers")?, [MemoryMb::new(1024)?]);
/// let home = exact(&workload, &sizes, Default::default())?.run.curve;
/// let there = exact_in(&workload, &sizes, Default::default(), "ap-east-1")?.run.curve;
/// let usd = |curve: &powercurve::PowerCurve| curve.points()[0].cost.map_or(0.0, |cost| cost.usd());
/// assert!((usd(&there) / usd(&home) - 2.9 / 2.1).abs() < 1e-9); // the tuner's constants of both regions
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// As [`exact`], or when the region is unknown.
pub fn exact_in(workload: &Workload, sizes: &[MemoryMb], billing: BillingStep, region: &str) -> Result<TuningResult> {
    workload.check()?;
    let tariff = tariff(workload.arch, billing, region)?;
    let point = |&memory: &MemoryMb| {
        let queue_ms = workload.downstream.as_ref().map_or(0.0, |d| queue_ms(d, expected_ms(workload, memory)));
        let outcome = expected(workload, memory, queue_ms);
        let Outcome::Finished(breakdown) = outcome else { return Ok((memory, Err(outcome))) };
        let total_ms = breakdown.total_ms();
        let init_ms = mean_init_ms(workload, memory);
        let handler = Millis::new((total_ms - init_ms).max(0.01))?;
        let billed = billing.billed_with_init(handler, Millis::new(init_ms).ok());
        let point = Point::new(memory, Millis::new(total_ms)?);
        let point = point.with_cost(tariff.cost(memory, billed));
        Ok((memory, Ok(Measured { point, lambda_usd: tariff.cost(memory, billed).usd() })))
    };
    collect(workload, billing, &tariff, sizes.par_iter().map(point).collect::<Result<_>>()?)
}

/// A memory size at which every invocation finished.
struct Measured {
    point: Point,
    /// What all invocations cost, in $.
    lambda_usd: f64,
}

/// What one memory size gives, or the outcome that fails it.
type Ended = std::result::Result<Measured, Outcome>;

/// Puts the sizes together.
fn collect(
    workload: &Workload,
    billing: BillingStep,
    tariff: &Tariff,
    ended: Vec<(MemoryMb, Ended)>,
) -> Result<TuningResult> {
    let measured = ended.iter().filter_map(|(_, ended)| ended.as_ref().ok());
    let lambda_cost = Usd::new(measured.clone().map(|m| m.lambda_usd).sum())?;
    let failed: Vec<_> = ended.iter().filter_map(|(memory, e)| e.as_ref().err().map(|o| (*memory, *o))).collect();
    let curve = PowerCurve::new(measured.map(|m| m.point).collect()).map_err(|_| match failed.last() {
        Some((memory, outcome)) => {
            Error::new(format!("no memory size finishes; at {memory}: {outcome}")).help(remedy(*memory, outcome))
        }
        None => Error::new("no memory size to measure: expected at least one").help("give sizes from 128 to 10240 MB"),
    })?;
    let name = if workload.name.is_empty() { "workload" } else { workload.name.as_str() };
    let mut run = Run {
        runtime: Some(workload.runtime.name().to_owned()),
        arch: Some(workload.arch),
        billing_ms: Some(billing.ms() as u32),
        accept: workload.pattern.into_iter().collect(),
        ..Run::new(name, curve)
    };
    if tariff.currency() != Currency::Usd {
        run.extra.insert("currency".to_owned(), tariff.currency().code().into());
    }
    Ok(TuningResult { run, failed, lambda_cost })
}

/// What to do when the largest size fails like this.
fn remedy(largest: MemoryMb, outcome: &Outcome) -> String {
    let most = MemoryMb::MAX;
    match outcome {
        Outcome::OutOfMemory(mb) if *mb > most.as_f64() => {
            format!("Lambda offers {most} at most: lower memory.footprint_mb")
        }
        Outcome::OutOfMemory(mb) => format!("try a size that has enough: --memory {:.0}", mb.ceil()),
        _ if largest < most => {
            format!("try the largest size: --memory {}; if it takes as long, give an invocation less work", most.mb())
        }
        _ => "give an invocation less work: no size is larger".to_owned(),
    }
}

/// What is kept of the invocations of one size.
struct Seen {
    total_ms: Vec<f64>,
    billed_ms: Vec<f64>,
    warm_ms: Moments,
    cold_ms: Moments,
    init_ms: Moments,
    max_memory_used_mb: f64,
    /// How the first one that did not finish ended.
    failed: Option<Outcome>,
}

impl Seen {
    fn new(invocations: usize) -> Self {
        let room = || Vec::with_capacity(invocations);
        Self {
            total_ms: room(),
            billed_ms: room(),
            warm_ms: Moments::default(),
            cold_ms: Moments::default(),
            init_ms: Moments::default(),
            max_memory_used_mb: 0.0,
            failed: None,
        }
    }

    fn push(&mut self, result: &InvocationResult) {
        if !matches!(result.outcome, Outcome::Finished(_)) {
            self.failed.get_or_insert(result.outcome);
        }
        let total_ms = result.total_ms();
        if let Some(init) = result.init {
            self.init_ms.push(init.ms());
            self.cold_ms.push(total_ms);
        } else {
            self.warm_ms.push(total_ms);
        }
        self.total_ms.push(total_ms);
        self.billed_ms.push(result.billed.ms());
        self.max_memory_used_mb = self.max_memory_used_mb.max(result.max_memory_used_mb);
    }

    /// What is known of the invocations behind the means. The standard deviation is that of the warm ones, where there
    /// are any: a cold start is another population.
    fn sample(&self) -> Sample {
        let mut all = self.warm_ms;
        all.join(&self.cold_ms);
        Sample {
            count: Some(all.count()),
            sd_ms: self.warm_ms.sd().or(all.sd()),
            max_memory_used_mb: Some(self.max_memory_used_mb),
            init_ms: self.init_ms.mean(),
            cold_starts: Some(self.init_ms.count()),
            ..Sample::default()
        }
    }
}

/// Prices of a mean billed duration as aws-lambda-power-tuning has them: it is rounded up to whole ms, then charged by the
/// memory size.
fn tariff(arch: Arch, billing: BillingStep, region: &str) -> Result<Tariff> {
    Ok(PriceTable::embedded().tariff(PriceBasis::Lpt, region, arch, billing)?.with_step(BillingStep::Ms1))
}

/// Region whose prices a simulated run is charged unless another is asked for.
const HOME_REGION: &str = Currency::Usd.home_region();

/// Mean of the values without the `floor(n * discard)` smallest and as many largest ones; of no values it is not a number.
///
/// ```
/// use powercurve::simulate::trimmed_mean;
/// assert_eq!(trimmed_mean(vec![9.0, 1.0, 2.0, 3.0, 100.0], 0.2), 14.0 / 3.0);
/// assert_eq!(trimmed_mean(vec![1.0, 2.0, 6.0], 0.2), 3.0);
/// assert!(trimmed_mean(vec![], 0.2).is_nan());
/// ```
pub fn trimmed_mean(mut values: Vec<f64>, discard: f64) -> f64 {
    let mut kept = values.as_mut_slice();
    // at least the middle stays
    let k = ((kept.len() as f64 * discard).floor() as usize).min(kept.len().saturating_sub(1) / 2);
    if k > 0 {
        // parted at both ends, not sorted: in linear time
        kept = kept.select_nth_unstable_by(k - 1, f64::total_cmp).2;
        kept = kept.select_nth_unstable_by(kept.len() - k, f64::total_cmp).0;
    }
    kept.iter().sum::<f64>() / kept.len() as f64
}
