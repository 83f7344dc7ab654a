//! The prioritiser: of many functions, which one to change first, and what all of it is worth.
//!
//! The posterior is that of `classify`, over the first 2,048 workloads of the library instead of all 16,384, for speed: on
//! recorded runs this moves a saving by 0.5 % of the bill in the median and 2.7 % at the 90th percentile.
//!
//! Each function is judged by the plausible curves behind its run (the posterior), so that sizes nobody measured count as
//! well and every figure has an interval. The bill is that of the whole account: tiers and free tier hold for all functions
//! together, so that what one function saves depends on what the others use.

use rayon::prelude::*;

use crate::advise::recommend::choose;
use crate::advise::{
    Account, Estimate, Market, PricedCurve, Strategy, Usage, Wish, dependable, fits, memory_used, usual_sizes,
};
use crate::curve::{Arch, Point, PowerCurve, Run, RunWarning};
use crate::error::{Error, Result};
use crate::load::FunctionLoad;
use crate::model::Observation;
use crate::pattern::{Pattern, Reader};
use crate::platform::billing::{BillingStep, gb_seconds};
use crate::platform::init::TIMEOUT_MS;
use crate::predict::{Balance, Next, forecast};
use crate::units::{MemoryMb, Millis};

/// Share of the objective by which another size has to be better to be proposed.
const LEAST_GAIN: f64 = 0.01;

/// What a run and a load say about one function, before the bill of the account is known.
///
/// ```
/// use powercurve::advise::{Account, Market, Prospect, Wish};
/// use powercurve::load::FunctionLoad;
/// use powercurve::{MemoryMb, Millis, PowerCurve, Run};
/// # let market = Market { region: "us-east-1".into(), given: Default::default(), free_tier: false };
/// let run = Run::new("resize", PowerCurve::from_ms(&[(512, 4800.0), (1024, 2400.0)])?);
/// let (memory, timeout) = (Some(MemoryMb::new(1024)?), Some(Millis::new(3000.0)?));
/// let load = FunctionLoad { invocations_per_month: Some(1e5), memory, timeout, ..Default::default() };
/// let prospect = Prospect::new(&run, &load, &Wish::default(), &Account::new(&market)?)?;
/// assert_eq!(prospect.current.mb(), 1024);
/// assert_eq!(prospect.note, "may reach its timeout of 3000 ms at 512 MB");
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Prospect {
    /// Name of the run.
    pub id: String,
    /// The most probable pattern.
    pub pattern: Pattern,
    /// Probability of the pattern.
    pub confidence: f64,
    /// Instruction set.
    pub arch: Arch,
    /// Invocations a month.
    pub invocations: f64,
    /// Ephemeral storage in MB, where known.
    pub storage_mb: Option<f64>,
    /// The configured size.
    pub current: MemoryMb,
    /// The suggested size.
    pub best: MemoryMb,
    /// Expected duration at the configured size, in ms.
    pub current_ms: f64,
    /// Expected duration at the suggested size, in ms.
    pub best_ms: f64,
    /// GB-seconds a month at the configured size.
    pub gb_s: f64,
    /// GB-seconds a month at the suggested size.
    pub best_gb_s: f64,
    /// GB-seconds a month that the suggested size saves.
    pub saved_gb_s: Estimate,
    /// How much faster an invocation gets, in ms.
    pub faster_ms: Estimate,
    /// Whether the run decides: see [`Prospect::new`].
    pub decided: bool,
    /// Where it does not: why not, in words.
    pub doubt: String,
    /// Where it does not: the size to measure.
    pub measure_next: Option<MemoryMb>,
    /// Sizes that are left out because the function may reach its timeout there, in words; empty where there are none.
    pub note: String,
    /// What the reader of the run found that weakens its curve.
    pub warnings: Vec<RunWarning>,
}

impl Prospect {
    /// Judges one run. `load` has to say how often the function runs; the configured size may be left out where the run has
    /// one size only, as logs of a function in production have.
    ///
    /// A run *decides* when its pattern is certain and the 90 % interval of what the strategy gains lies above zero; with a
    /// tolerance also when the expected loss stays within the tolerance and the function surely gets faster (with the speed
    /// strategy: cheaper). A change that is expected to gain less than 1 % is none: the configured size is suggested, and the
    /// run decides when no further measurement pays.
    /// The intervals hold the scatter of the measured means, as those of `predict` do.
    ///
    /// Sizes below the smallest measured one are suggested only where the memory used is known to fit. Where the timeout is known,
    /// sizes are left out at which the upper end of the 90 % interval of the mean duration lies above it: at a mean near the
    /// timeout many invocations would fail.
    ///
    /// # Errors
    /// When load or configured size are not known, or the wish cannot be met.
    pub fn new(run: &Run, load: &FunctionLoad, wish: &Wish, account: &Account) -> Result<Self> {
        let invocations = load.invocations_per_month.ok_or_else(|| {
            Error::new("the load has no invocations of this function: expected a number a month")
                .help("add a load file with invocations: a CSV, or CloudWatch's metric Invocations")
        })?;
        let current = load.memory.or_else(|| only_size(run)).ok_or_else(|| {
            Error::new("the configured memory size is unknown: expected it in a load file")
                .help("add a memory column, or the JSON of `aws lambda list-functions`")
        })?;
        let arch = load.arch.or(run.arch).unwrap_or_default();
        let measured_on = run.arch.unwrap_or(arch);
        let prices = account.prices(arch).ok_or_else(|| Error::new(format!("no price of {arch} is known here")))?;
        let known_run =
            Run { arch: Some(measured_on), runtime: run.runtime.clone().or(load.runtime.clone()), ..run.clone() };
        let reader = Reader::shipped();
        let answer = reader.classify(&known_run);
        let seen = Observation::of(&known_run);
        let posterior = reader.posterior(&seen);
        let mut sizes = candidates(run, current);
        let mut curves = posterior.measurements(&sizes);
        let mut means: Vec<Estimate> =
            (0..sizes.len()).map(|i| Estimate::of(curves.iter().map(|c| c[i]).collect(), 0.0)).collect();
        let limit = load.timeout.map_or(TIMEOUT_MS, Millis::ms);
        // the function runs at the configured size as it is
        let in_time: Vec<bool> =
            sizes.iter().zip(&means).map(|(&memory, ms)| memory == current || ms.high <= limit).collect();
        let note = left_out(&sizes, &in_time, load.timeout);
        curves.iter_mut().for_each(|curve| keep(curve, &in_time));
        keep(&mut means, &in_time);
        keep(&mut sizes, &in_time);
        let points = sizes.iter().zip(&means).map(|(&m, ms)| Point::new(m, Millis::clamped(ms.mid)));
        let expected = PowerCurve::new(points.collect())?;
        // as what a change gains: the charge per request is the same at every size
        let tariff = prices.tariff(BillingStep::Ms1).without_request().with_init(run.billed_init_ms());
        let priced = PricedCurve::computed(&expected, &tariff);
        // the configured size takes part even where it would not be proposed
        let chosen = choose(&dependable(run, &priced), wish, &[])?.memory;
        let place = |memory| sizes.iter().position(|&m| m == memory).unwrap_or(0);
        let (now, mut then) = (place(current), place(chosen));

        let gb_s = |i: usize, ms: f64| invocations * gb_seconds(sizes[i], tariff.billed(Millis::clamped(ms)));
        let ms = |i: usize| expected.points()[i].duration.ms();
        let balance = Balance::new(wish.strategy.weight(), (0..sizes.len()).map(|i| (gb_s(i, ms(i)), ms(i))));
        // what the strategy minimises
        let objective = |i: usize, ms: f64| match wish.strategy {
            Strategy::Cost => gb_s(i, ms),
            Strategy::Speed => ms,
            Strategy::Balanced(_) => balance.score(gb_s(i, ms), ms),
        };
        let of_now = objective(now, ms(now));
        if wish.tolerance.is_none()
            && !run.fails_at(current)
            && of_now - objective(then, ms(then)) <= LEAST_GAIN * of_now
        {
            then = now;
        }
        let best = sizes[then];
        // another measurement of a measured size would differ, by what the model sees and what the calls themselves spread;
        // at the others the curves hold that scatter already
        let noise = |i: usize| match run.curve.at(sizes[i]) {
            Some(point) if now != then => posterior.variance().sqrt().max(point.standard_error().unwrap_or(0.0)),
            _ => 0.0,
        };
        // what the change gains in something that is `value` of size and duration
        let gain = |value: &dyn Fn(usize, f64) -> f64| {
            let differences = curves.iter().map(|c| value(now, c[now]) - value(then, c[then])).collect();
            let scatter = |i: usize| noise(i) * value(i, ms(i));
            Estimate::of(differences, scatter(now).hypot(scatter(then)))
        };
        let (saved_gb_s, faster_ms) = (gain(&gb_s), gain(&|_, ms| ms));
        let other = if wish.strategy == Strategy::Speed { saved_gb_s } else { faster_ms };
        let improves = now != then && surely(&gain(&objective), of_now, &other, wish);
        // what to measure is costly to say: only where it matters
        let next =
            (answer.uncertain || !improves).then(|| forecast(&posterior, &sizes, &seen.sizes, &tariff).most_telling);
        let (decided, doubt, measure_next) = match next {
            None => (true, String::new(), None),
            Some(Next::Measure { memory, .. }) => (false, format!("measure {memory}"), Some(memory)),
            Some(Next::Stop { .. }) if answer.uncertain => {
                (false, answer.reasons.last().cloned().unwrap_or_default(), None)
            }
            Some(Next::Stop { .. }) if now == then => (true, String::new(), None),
            Some(Next::Stop { .. }) => {
                (false, format!("repeat {current} and {best} with 50 invocations or more"), Some(best))
            }
        };
        let (decided, doubt) = if measured_on == arch {
            (decided, doubt)
        } else {
            (false, format!("measured on {measured_on} and configured for {arch}: measure it there"))
        };
        Ok(Self {
            id: run.id.clone(),
            pattern: answer.pattern,
            confidence: answer.confidence,
            arch,
            invocations,
            storage_mb: load.storage_mb,
            current,
            best,
            current_ms: ms(now),
            best_ms: ms(then),
            gb_s: gb_s(now, ms(now)),
            best_gb_s: gb_s(then, ms(then)),
            saved_gb_s,
            faster_ms,
            decided,
            doubt,
            measure_next,
            note,
            warnings: run.warnings.clone(),
        })
    }

    /// $ a month for ephemeral storage over `ms` of each invocation; negative for time that is lost.
    fn storage(&self, account: &Account, ms: f64) -> Result<f64> {
        let seconds = ms * self.invocations / 1e3;
        account.storage(self.arch, self.storage_mb, seconds.abs()).map(|usd| usd.copysign(seconds))
    }

    /// $ a month for ephemeral storage that the suggested size saves.
    fn saved_storage(&self, account: &Account) -> Result<Estimate> {
        let Estimate { mid, low, high } = self.faster_ms;
        Ok(Estimate {
            mid: self.storage(account, mid)?,
            low: self.storage(account, low)?,
            high: self.storage(account, high)?,
        })
    }
}

/// What the changes of all `functions` save an account with this usage, billed once.
fn together(functions: &[Ranked], usage: &Usage, account: &Account) -> Result<Estimate> {
    let gb_s = || functions.iter().map(|r| r.prospect.saved_gb_s);
    // of errors that are independent of each other this share is left when all are at their ends
    let (apart, at_once) = (Estimate::sum(gb_s()), gb_s().fold(Estimate::default(), Estimate::plus));
    let share = |apart: f64, at_once: f64| if at_once > 0.0 { apart / at_once } else { 0.0 };
    let below = share(apart.mid - apart.low, at_once.mid - at_once.low);
    let above = share(apart.high - apart.mid, at_once.high - at_once.mid);
    let storage = functions.iter().map(|r| r.prospect.saved_storage(account)).collect::<Result<Vec<_>>>()?;
    let saved = |end: &dyn Fn(&Estimate) -> f64| {
        let after = functions.iter().fold(*usage, |u, r| u.plus(r.prospect.arch, -end(&r.prospect.saved_gb_s)));
        account.bill(usage) - account.bill(&after) + storage.iter().map(end).sum::<f64>()
    };
    Ok(Estimate {
        mid: saved(&|e| e.mid),
        low: saved(&|e| e.mid - below * (e.mid - e.low)),
        high: saved(&|e| e.mid + above * (e.high - e.mid)),
    })
}

/// The size of a run that has one.
fn only_size(run: &Run) -> Option<MemoryMb> {
    match run.curve.points() {
        [only] => Some(only.memory),
        _ => None,
    }
}

/// Whether a gain in what counts is sure, or with a tolerance the loss is small and the gain in the other is sure.
fn surely(gain: &Estimate, of: f64, other: &Estimate, wish: &Wish) -> bool {
    let tolerated = wish.tolerance.is_some_and(|t| gain.mid >= -t.share() * of && other.low > 0.0);
    gain.low > 0.0 || tolerated
}

/// The sizes among which the choice is made: measured, usual, and the configured one.
fn candidates(run: &Run, current: MemoryMb) -> Vec<MemoryMb> {
    let used = memory_used(run);
    let smallest = run.curve.sizes().next().map_or(current, |m| m.min(current));
    let mut sizes = usual_sizes(&run.curve);
    sizes.retain(|&m| m == current || !run.fails_at(m) && used.map_or(m >= smallest, |used| fits(m, used)));
    if let Err(place) = sizes.binary_search(&current) {
        sizes.insert(place, current);
    }
    sizes
}

/// Keeps the items that are marked.
fn keep<T>(items: &mut Vec<T>, marks: &[bool]) {
    let mut marks = marks.iter();
    items.retain(|_| marks.next() == Some(&true));
}

/// What to say about the sizes that are too slow for a timeout.
fn left_out(sizes: &[MemoryMb], in_time: &[bool], timeout: Option<Millis>) -> String {
    let slow: Vec<String> =
        sizes.iter().zip(in_time).filter(|(_, in_time)| !**in_time).map(|(m, _)| m.mb().to_string()).collect();
    if slow.is_empty() {
        return String::new();
    }
    let limit = match timeout {
        Some(timeout) => format!("its timeout of {timeout}"),
        None => format!("Lambda's limit of {:.0} s", TIMEOUT_MS / 1e3),
    };
    format!("may reach {limit} at {} MB", slow.join(", "))
}

/// By what functions are ranked.
///
/// ```
/// assert_eq!(powercurve::advise::RankBy::default(), powercurve::advise::RankBy::Saving);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RankBy {
    /// $ saved a month.
    #[default]
    Saving,
    /// Time saved a month, over all invocations.
    Time,
}

/// A function with its place and its money.
///
/// ```
/// use powercurve::advise::{Market, RankBy, Strategy, Wish, rank};
/// use powercurve::load::FunctionLoad;
/// use powercurve::{MemoryMb, PowerCurve, Run};
/// # let market = Market { region: "us-east-1".into(), given: Default::default(), free_tier: false };
/// let run = Run::new("resize", PowerCurve::from_ms(&[(256, 2400.0), (512, 1200.0), (1024, 600.0), (1769, 347.0)])?);
/// let load = FunctionLoad { memory: Some(MemoryMb::new(256)?), invocations_per_month: Some(1e6), ..Default::default() };
/// let fastest = Wish { strategy: Strategy::Speed, ..Wish::default() };
/// let ranking = rank(&[(run, load)], &fastest, RankBy::Time, &market)?;
/// // some two seconds of each of a million invocations
/// assert!((ranking.functions[0].seconds_saved() / 2.05e6 - 1.0).abs() < 0.05);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// What the run and the load say.
    pub prospect: Prospect,
    /// $ a month at the configured size: its share of the account's bill, by what the bill would be without it.
    pub bill: f64,
    /// $ a month that the suggested size saves.
    pub saving: Estimate,
    /// $ a month that arm64 would save on top, at the suggested size, if its durations stayed the same; `None` where it runs on
    /// arm64 or the region has no price.
    pub arm64: Option<f64>,
}

/// All functions, first those whose runs decide, best first.
///
/// ```
/// use powercurve::advise::{Market, RankBy, Wish, rank};
/// use powercurve::load::FunctionLoad;
/// use powercurve::{MemoryMb, PowerCurve, Run};
/// # let market = Market { region: "us-east-1".into(), given: Default::default(), free_tier: false };
/// # let run = |name| PowerCurve::from_ms(&[(128, 505.0), (512, 502.0), (1024, 501.0), (3008, 500.0)]).map(|c| Run::new(name, c));
/// # let load = |n| MemoryMb::new(1024).map(|m| FunctionLoad { memory: Some(m), invocations_per_month: Some(n), ..Default::default() });
/// // two functions that wait, at 1024 MB; one of them runs a hundred times as often
/// let runs = [(run("rare")?, load(1e4)?), (run("often")?, load(1e6)?)];
/// let ranking = rank(&runs, &Wish::default(), RankBy::Saving, &market)?;
/// let (decided, undecided) = ranking.split();
/// assert_eq!((decided[0].prospect.id.as_str(), decided.len(), undecided.len()), ("often", 2, 0));
/// assert_eq!(ranking.few_that_hold(0.8), Some(1));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// The functions in order.
    pub functions: Vec<Ranked>,
    /// $ a month for all of them at their configured sizes.
    pub bill: f64,
    /// $ a month that all decided changes save together.
    pub at_stake: Estimate,
    /// $ a month that the undecided changes may save after all decided ones.
    pub undecided: Estimate,
    /// $ a month that arm64 would save after all decided changes, everywhere at once, if the durations stayed the same.
    pub arm64: f64,
}

impl Ranking {
    /// Ranks prospects by what they save an account that runs them all.
    ///
    /// What several changes save together is the difference of two bills, not the sum of what each saves alone: with a free
    /// tier all of them may save the same few dollars. The errors of different functions are taken as independent of each other.
    ///
    /// # Errors
    /// When ephemeral storage beyond 512 MB has no known price in this region.
    pub fn new(prospects: Vec<Prospect>, by: RankBy, account: &Account) -> Result<Self> {
        let usage = prospects.iter().fold(Usage::default(), |usage, p| Usage {
            requests: usage.requests + p.invocations,
            ..usage.plus(p.arch, p.gb_s)
        });
        let after = prospects.iter().filter(|p| p.decided).fold(usage, |u, p| u.plus(p.arch, p.best_gb_s - p.gb_s));
        let priced = prospects.into_par_iter().map(|p| Ranked::new(p, &usage, &after, account));
        let mut functions = priced.collect::<Result<Vec<Ranked>>>()?;
        let key = |r: &Ranked| match by {
            RankBy::Saving => r.saving.mid,
            RankBy::Time => r.prospect.faster_ms.mid * r.prospect.invocations,
        };
        functions.sort_by(|a, b| {
            let order = b.prospect.decided.cmp(&a.prospect.decided).then(key(b).total_cmp(&key(a)));
            order.then_with(|| a.prospect.id.cmp(&b.prospect.id))
        });
        let (decided, undecided) = functions.split_at(functions.partition_point(|r| r.prospect.decided));
        let (at_stake, undecided) = (together(decided, &usage, account)?, together(undecided, &after, account)?);
        let all_arm64 = Usage { x86_gb_s: 0.0, ..after.plus(Arch::Arm64, after.x86_gb_s) };
        let storage: f64 =
            functions.iter().map(|r| r.prospect.storage(account, r.prospect.current_ms)).sum::<Result<f64>>()?;
        Ok(Self {
            bill: account.bill(&usage) + storage,
            at_stake,
            undecided,
            arm64: if account.knows(Arch::Arm64) { account.bill(&after) - account.bill(&all_arm64) } else { 0.0 },
            functions,
        })
    }

    /// How many of the first functions hold this share of what all decided changes save; `None` where nothing is saved.
    pub fn few_that_hold(&self, share: f64) -> Option<usize> {
        let (decided, _) = self.split();
        let mut savings: Vec<f64> = decided.iter().map(|r| r.saving.mid.max(0.0)).collect();
        let enough = share * savings.iter().sum::<f64>().min(self.at_stake.mid);
        savings.iter_mut().fold(0.0, |sum, s| {
            *s += sum;
            *s
        });
        (enough > 0.0).then(|| savings.partition_point(|&sum| sum < enough) + 1)
    }

    /// The functions whose runs decide, and those whose runs do not.
    pub fn split(&self) -> (&[Ranked], &[Ranked]) {
        self.functions.split_at(self.functions.partition_point(|r| r.prospect.decided))
    }
}

impl Ranked {
    fn new(prospect: Prospect, usage: &Usage, after: &Usage, account: &Account) -> Result<Self> {
        let p = &prospect;
        let saving = p.saved_gb_s.map(|gb_s| account.saving(usage, p.arch, gb_s)).plus(p.saved_storage(account)?);
        let without = Usage { requests: usage.requests - p.invocations, ..usage.plus(p.arch, -p.gb_s) };
        let bill = account.bill(usage) - account.bill(&without) + p.storage(account, p.current_ms)?;
        let gb_s = if p.decided { p.best_gb_s } else { p.gb_s };
        let arm64 = (p.arch == Arch::X86_64 && account.knows(Arch::Arm64))
            .then(|| account.bill(after) - account.bill(&after.plus(Arch::X86_64, -gb_s).plus(Arch::Arm64, gb_s)));
        Ok(Self { bill, saving, arm64, prospect })
    }

    /// Seconds saved a month over all invocations.
    pub fn seconds_saved(&self) -> f64 {
        self.prospect.faster_ms.mid * self.prospect.invocations / 1e3
    }
}

/// Judges runs one after the other and ranks them: the whole of it for a list that is in memory.
///
/// ```
/// use powercurve::advise::{Market, RankBy, Wish, rank};
/// use powercurve::load::FunctionLoad;
/// use powercurve::{MemoryMb, PowerCurve, Run};
/// let run = Run::new("poll", PowerCurve::from_ms(&[(128, 505.0), (512, 502.0), (1024, 501.0), (3008, 500.0)])?);
/// let load = FunctionLoad { memory: Some(MemoryMb::new(1024)?), invocations_per_month: Some(1e6), ..Default::default() };
/// let market = Market { region: "us-east-1".into(), given: Default::default(), free_tier: false };
/// let ranking = rank(&[(run, load)], &Wish::default(), RankBy::Saving, &market)?;
/// let poll = &ranking.functions[0];
/// // it waits: an eighth of the memory does the same
/// assert!(poll.prospect.decided && poll.prospect.best.mb() == 128);
/// assert!(poll.saving.low > 0.7 * ranking.bill);
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When a run cannot be judged; see [`Prospect::new`].
pub fn rank(runs: &[(Run, FunctionLoad)], wish: &Wish, by: RankBy, market: &Market) -> Result<Ranking> {
    let account = Account::new(market)?;
    let prospects =
        runs.par_iter().map(|(run, load)| Prospect::new(run, load, wish, &account).map_err(|e| e.at(&run.id)));
    Ranking::new(prospects.collect::<Result<_>>()?, by, &account)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function of 350,000 GB-seconds a month, of which the change leaves `best_gb_s`.
    fn prospect(id: &str, best_gb_s: f64) -> Result<Prospect> {
        let saved = 350_000.0 - best_gb_s;
        Ok(Prospect {
            id: id.to_owned(),
            pattern: Pattern::CpuBound,
            confidence: 1.0,
            arch: Arch::X86_64,
            invocations: 350_000.0,
            storage_mb: None,
            current: MemoryMb::new(1024)?,
            best: MemoryMb::new(512)?,
            current_ms: 1000.0,
            best_ms: 1000.0,
            gb_s: 350_000.0,
            best_gb_s,
            saved_gb_s: Estimate { mid: saved, low: 0.9 * saved, high: 1.1 * saved },
            faster_ms: Estimate::default(),
            decided: true,
            doubt: String::new(),
            measure_next: None,
            note: String::new(),
            warnings: Vec::new(),
        })
    }

    fn ranking(best_gb_s: [f64; 2], free_tier: bool) -> Result<Ranking> {
        let market = Market { region: "us-east-1".to_owned(), given: Default::default(), free_tier };
        let prospects = vec![prospect("a", best_gb_s[0])?, prospect("b", best_gb_s[1])?];
        Ranking::new(prospects, RankBy::Saving, &Account::new(&market)?)
    }

    #[test]
    fn changes_that_save_the_same_dollars_save_them_once() -> Result<()> {
        // 700,000 GB-seconds, 300,000 of them above the free tier: either function alone can save them
        let ranking = ranking([50_000.0, 50_000.0], true)?;
        let bill = 300_000.0 * 1.66667e-5;
        assert!((ranking.bill - bill).abs() < 1e-9);
        assert!(ranking.functions.iter().all(|r| (r.saving.mid - bill).abs() < 1e-9));
        let Estimate { mid, low, high } = ranking.at_stake;
        // even the low ends together are more than the bill
        assert!([mid, low, high].iter().all(|usd| (usd - bill).abs() < 1e-9), "{mid} {low} {high}");
        assert_eq!(ranking.few_that_hold(0.8), Some(1));
        Ok(())
    }

    #[test]
    fn without_tiers_savings_add_up_and_errors_do_not() -> Result<()> {
        let ranking = ranking([250_000.0, 150_000.0], false)?;
        let apart = Estimate::sum(ranking.functions.iter().map(|r| r.saving));
        let at_stake = ranking.at_stake;
        for (a, b) in [(at_stake.mid, apart.mid), (at_stake.low, apart.low), (at_stake.high, apart.high)] {
            assert!((a / b - 1.0).abs() < 1e-9, "{at_stake:?} {apart:?}");
        }
        Ok(())
    }

    #[test]
    fn moving_all_to_arm64_is_billed_once() -> Result<()> {
        let ranking = ranking([350_000.0, 350_000.0], true)?;
        let saved = 300_000.0 * (1.66667e-5 - 1.33334e-5);
        assert!((ranking.arm64 - saved).abs() < 1e-9, "{}", ranking.arm64);
        Ok(())
    }

    #[test]
    fn arm64_saves_on_top_of_a_change_that_is_decided() -> Result<()> {
        let market = Market { region: "us-east-1".to_owned(), given: Default::default(), free_tier: false };
        let undecided = Prospect { decided: false, ..prospect("b", 150_000.0)? };
        let prospects = vec![prospect("a", 250_000.0)?, undecided];
        let ranking = Ranking::new(prospects, RankBy::Saving, &Account::new(&market)?)?;
        let saved: Vec<f64> = ranking.functions.iter().filter_map(|r| r.arm64).collect();
        // the first at its new size, the second as it is
        for (saved, gb_s) in [(saved[0], 250_000.0), (saved[1], 350_000.0)] {
            assert!((saved / (gb_s * (1.66667e-5 - 1.33334e-5)) - 1.0).abs() < 1e-9, "{saved} for {gb_s}");
        }
        assert!((ranking.arm64 - saved[0] - saved[1]).abs() < 1e-9);
        Ok(())
    }

    #[test]
    fn time_that_a_change_costs_is_charged_for_storage_too() -> Result<()> {
        let market = Market { region: "us-east-1".to_owned(), given: Default::default(), free_tier: false };
        let saving = |storage_mb| -> Result<Estimate> {
            let faster_ms = Estimate { mid: -1000.0, low: -2000.0, high: 500.0 };
            let slower = Prospect { faster_ms, storage_mb, ..prospect("a", 250_000.0)? };
            Ok(Ranking::new(vec![slower], RankBy::Saving, &Account::new(&market)?)?.functions[0].saving)
        };
        // 1 GB beyond the free one in 350,000 invocations: a second of each is 1.08 cents
        let (bare, stored) = (saving(None)?, saving(Some(1536.0))?);
        let second = 350_000.0 * 3.09e-8;
        for (difference, seconds) in
            [(stored.mid - bare.mid, -1.0), (stored.low - bare.low, -2.0), (stored.high - bare.high, 0.5)]
        {
            assert!((difference - seconds * second).abs() < 1e-9, "{difference} for {seconds} s");
        }
        Ok(())
    }

    #[test]
    fn a_tolerated_loss_needs_a_sure_gain_in_the_other() -> Result<()> {
        let wish = |tolerance: Option<&str>| -> Result<Wish> {
            Ok(Wish { tolerance: tolerance.map(str::parse).transpose()?, ..Wish::default() })
        };
        let interval = |mid: f64, half: f64| Estimate { mid, low: mid - half, high: mid + half };
        let sure = |gain, other, tolerance| -> Result<bool> { Ok(surely(&gain, 100.0, &other, &wish(tolerance)?)) };
        assert!(sure(interval(2.0, 1.0), interval(-9.0, 1.0), None)?);
        assert!(!sure(interval(2.0, 3.0), interval(9.0, 1.0), None)?);
        // 4 of 100 may be lost for what is surely gained, 6 may not
        assert!(sure(interval(-4.0, 1.0), interval(9.0, 1.0), Some("5%"))?);
        assert!(!sure(interval(-4.0, 1.0), interval(9.0, 10.0), Some("5%"))?);
        assert!(!sure(interval(-6.0, 1.0), interval(9.0, 1.0), Some("5%"))?);
        Ok(())
    }
}
