//! Before and after a lever: duration, cost of a million events, cost of a month.

use serde::Serialize;

use crate::advise::expected_duration;
use crate::curve::Arch;
use crate::error::Result;
use crate::platform::billing::{BillingStep, gb_seconds};
use crate::platform::pricing::{PriceOverride, PriceTable, Prices, SECONDS_PER_MONTH};
use crate::simulate::mean_init_ms;
use crate::units::{MemoryMb, Millis, Usd};
use crate::workload::{ColdStart, Environment, Scenario, Workload};

/// Where the bill comes from: a region's list prices, with those that the user gave instead.
///
/// ```
/// use powercurve::{Arch, advise::Market, platform::pricing::PriceOverride};
/// let list = Market { region: "us-east-1".into(), given: PriceOverride::default(), free_tier: false };
/// assert_eq!(list.prices(Arch::X86_64)?.gb_s(), 1.66667e-5);
/// let unknown = Market { region: "eu-nowhere-1".into(), ..list };
/// assert!(unknown.prices(Arch::X86_64).is_err());
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Market {
    /// AWS region.
    pub region: String,
    /// The user's own prices.
    pub given: PriceOverride,
    /// Whether the account's free tier is left for this function.
    pub free_tier: bool,
}

impl Market {
    /// The prices of one instruction set.
    ///
    /// # Errors
    /// When region or instruction set have no known prices.
    pub fn prices(&self, arch: Arch) -> Result<Prices> {
        Ok(PriceTable::embedded().list(&self.region, arch)?.with(&self.given))
    }
}

/// What a scenario comes to at one memory size.
///
/// ```
/// use powercurve::advise::{Market, evaluate};
/// use powercurve::workload::{Environment, Scenario};
/// use powercurve::{MemoryMb, Workload};
/// let market = Market { region: "us-east-1".into(), given: Default::default(), free_tier: false };
/// let workload = Workload::from_toml("[[call]]\nname = 'table'\nlatency_ms = 99.5")?;
/// let scenario = Scenario { workload, environment: Environment::on_demand(3e6, Default::default()) };
/// let it = evaluate(&scenario, MemoryMb::new(1024)?, &market)?;
/// assert!((it.per_month.usd() / it.per_million.usd() - 3.0).abs() < 1e-9);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Evaluation {
    /// Mean time that Lambda works on one event.
    #[serde(rename = "duration_ms")]
    pub duration: Millis,
    /// What a million events cost at the stated load, without free tier.
    #[serde(rename = "usd_per_million")]
    pub per_million: Usd,
    /// What the stated load of a month costs.
    #[serde(rename = "usd_per_month")]
    pub per_month: Usd,
}

/// What a lever does at one memory size.
///
/// ```
/// use powercurve::advise::{Market, compare};
/// use powercurve::workload::{Environment, Lever, Scenario};
/// use powercurve::{MemoryMb, Workload};
/// # let market = Market { region: "us-east-1".into(), given: Default::default(), free_tier: false };
/// let workload = Workload::from_toml("[cpu]\nwork_ms = 20\n[memory]\nfootprint_mb = 300")?;
/// let before = Scenario { workload, environment: Environment::on_demand(1e6, Default::default()) };
/// let effects = compare(&before, &Lever::Arm64(None).apply(&before)?, &[MemoryMb::MIN], &market);
/// assert!(effects[0].before.is_err()); // does not fit into 128 MB
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// Configured memory size.
    pub memory: MemoryMb,
    /// Before; an error says why the function fails at this size.
    pub before: Result<Evaluation>,
    /// After.
    pub after: Result<Evaluation>,
}

/// What changes between two [`Evaluation`]s: negative where it gets less.
///
/// ```
/// use powercurve::advise::{Market, compare};
/// use powercurve::workload::{Environment, Lever, Scenario, preset};
/// use powercurve::MemoryMb;
/// let market = Market { region: "us-east-1".into(), given: Default::default(), free_tier: false };
/// let before = Scenario { workload: preset("s3-download")?, environment: Environment::on_demand(3e6, Default::default()) };
/// let effect = compare(&before, &Lever::RangeGet(0.5).apply(&before)?, &[MemoryMb::new(1024)?], &market).remove(0);
/// let difference = effect.difference().expect("runs at 1024 MB");
/// assert!(difference.duration_ms < -600.0);
/// assert!((difference.per_month / difference.per_million - 3.0).abs() < 1e-9);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// Mean time that Lambda works on one event, in ms.
    pub duration_ms: f64,
    /// $ per million events at the stated load, without free tier.
    #[serde(rename = "usd_per_million")]
    pub per_million: f64,
    /// $ a month at the stated load.
    #[serde(rename = "usd_per_month")]
    pub per_month: f64,
}

impl Effect {
    /// After minus before; `None` where the function fails on either side.
    pub fn difference(&self) -> Option<Difference> {
        let (before, after) = self.before.as_ref().ok().zip(self.after.as_ref().ok())?;
        Some(Difference {
            duration_ms: after.duration.ms() - before.duration.ms(),
            per_million: after.per_million.usd() - before.per_million.usd(),
            per_month: after.per_month.usd() - before.per_month.usd(),
        })
    }
}

/// Both scenarios at each size.
///
/// ```
/// use powercurve::advise::{Market, compare};
/// use powercurve::workload::{Environment, Lever, Scenario};
/// use powercurve::{MemoryMb, Workload};
/// # let market = Market { region: "us-east-1".into(), given: Default::default(), free_tier: false };
/// let workload = Workload::from_toml("[[call]]\nname = 'table'\nlatency_ms = 5\nconnect_ms = 20\nkeep_alive = false")?;
/// let before = Scenario { workload, environment: Environment::on_demand(1e6, Default::default()) };
/// let effect = compare(&before, &Lever::KeepAlive.apply(&before)?, &[MemoryMb::new(1024)?], &market).remove(0);
/// // 20 of 25 ms go into opening the connection again and again
/// assert!(effect.before?.duration.ms() - effect.after?.duration.ms() > 15.0);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn compare(before: &Scenario, after: &Scenario, sizes: &[MemoryMb], market: &Market) -> Vec<Effect> {
    let at = |scenario, memory| evaluate(scenario, memory, market);
    sizes.iter().map(|&memory| Effect { memory, before: at(before, memory), after: at(after, memory) }).collect()
}

/// Expected duration and cost of a scenario at one memory size.
///
/// ```
/// use powercurve::advise::{Market, evaluate};
/// use powercurve::workload::{Environment, Scenario};
/// use powercurve::{MemoryMb, Workload};
/// let market = Market { region: "us-east-1".into(), given: Default::default(), free_tier: false };
/// let workload = Workload::from_toml("[[call]]\nname = 'table'\nlatency_ms = 99.5")?;
/// let scenario = Scenario { workload, environment: Environment::on_demand(1e6, Default::default()) };
/// let it = evaluate(&scenario, MemoryMb::new(1024)?, &market)?;
/// let seconds = it.duration.ms().ceil() * 1e3; // of a million events, at 1 GB
/// assert!((it.per_month.usd() - (seconds * 1.66667e-5 + 0.20)).abs() < 1e-6);
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When the function needs more memory than that or runs into Lambda's timeout, or a price is unknown.
pub fn evaluate(scenario: &Scenario, memory: MemoryMb, market: &Market) -> Result<Evaluation> {
    let workload = &scenario.workload;
    let served = Served::new(scenario, memory)?;
    let prices = market.prices(workload.arch)?;
    let month = |free_tier| month(scenario, memory, &served, &prices, free_tier);
    Ok(Evaluation {
        duration: served.mean()?,
        per_million: Usd::new(month(false)?.usd() / scenario.environment.events_per_month)?.per_million(),
        // AWS Lambda Pricing: the free tier does not apply to functions with provisioned concurrency
        per_month: month(market.free_tier && scenario.environment.provisioned == 0)?,
    })
}

/// How the events of a month are served: provisioned environments take as many as they have seconds for, one after the
/// other and without cold starts; the rest runs on demand.
struct Served {
    /// Share of the events on provisioned environments.
    share: f64,
    /// Mean time of an event there.
    provisioned: Time,
    /// Mean time of an event on demand, its share of cold starts included.
    on_demand: Time,
}

/// Mean time of an event.
#[derive(Clone, Copy)]
struct Time {
    whole: Millis,
    /// What of it is the init of cold starts, in ms.
    init_ms: f64,
}

impl Time {
    fn new(workload: &Workload, memory: MemoryMb) -> Result<Self> {
        Ok(Self { whole: expected_duration(workload, memory)?, init_ms: mean_init_ms(workload, memory) })
    }

    /// What is billed for each of `n` invocations that share the event's time.
    fn billed(&self, step: BillingStep, n: u32) -> Result<Millis> {
        let each = |ms: f64| Millis::new(ms / f64::from(n));
        // without cold starts there is no init
        Ok(step.billed_with_init(each(self.whole.ms() - self.init_ms)?, each(self.init_ms).ok()))
    }
}

impl Served {
    fn new(scenario: &Scenario, memory: MemoryMb) -> Result<Self> {
        let Scenario { workload, environment } = scenario;
        let on_demand = Time::new(workload, memory)?;
        if environment.provisioned == 0 {
            return Ok(Self { share: 0.0, provisioned: on_demand, on_demand });
        }
        let warm = ColdStart { share: 0.0, ..workload.cold_start.clone() };
        let provisioned = Time::new(&Workload { cold_start: warm, ..workload.clone() }, memory)?;
        let busy_s = environment.events_per_month * provisioned.whole.ms() / 1e3;
        Ok(Self { share: (configured_s(environment) / busy_s).min(1.0), provisioned, on_demand })
    }

    /// Mean time of an event.
    fn mean(&self) -> Result<Millis> {
        Millis::new(self.share * self.provisioned.whole.ms() + (1.0 - self.share) * self.on_demand.whole.ms())
    }
}

/// Seconds a month of all provisioned environments.
fn configured_s(environment: &Environment) -> f64 {
    f64::from(environment.provisioned) * SECONDS_PER_MONTH
}

/// The bill of a month: on-demand time, requests, provisioned concurrency, state transitions, ephemeral storage.
fn month(scenario: &Scenario, memory: MemoryMb, served: &Served, prices: &Prices, free_tier: bool) -> Result<Usd> {
    let environment = &scenario.environment;
    let events = environment.events_per_month;
    let requests = events * f64::from(environment.invocations_per_event);
    // an event's time is spread over its invocations, each of which is rounded up
    let billed = |event: Time| event.billed(environment.billing, environment.invocations_per_event);
    let (there, on_demand) = (billed(served.provisioned)?, billed(served.on_demand)?);
    let (requests_there, requests_on_demand) = (served.share * requests, (1.0 - served.share) * requests);
    let storage = if environment.storage_mb > Prices::FREE_STORAGE_MB {
        let seconds = (there.ms() * requests_there + on_demand.ms() * requests_on_demand) / 1e3;
        prices.storage(environment.storage_mb, seconds)?.usd()
    } else {
        0.0
    };
    let provisioned = if environment.provisioned == 0 {
        0.0
    } else {
        let price = prices.provisioned()?;
        let configured_gb_s = memory.as_f64() / 1024.0 * configured_s(environment);
        configured_gb_s * price.configured + gb_seconds(memory, there) * requests_there * price.running
    };
    let gb_s = gb_seconds(memory, on_demand) * requests_on_demand;
    let transitions = events * f64::from(environment.transitions_per_event) * prices.transition;
    Usd::new(prices.month(gb_s, requests, free_tier).usd() + provisioned + transitions + storage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::platform::billing::BillingStep;
    use crate::workload::Lever;

    fn market() -> Market {
        Market { region: "us-east-1".to_owned(), given: PriceOverride::default(), free_tier: false }
    }

    fn scenario(toml: &str, events: f64) -> Result<Scenario> {
        Ok(Scenario {
            workload: Workload::from_toml(toml)?,
            environment: Environment::on_demand(events, BillingStep::Ms1),
        })
    }

    /// Expected duration in ms and $ per million at 1769 MB after the levers.
    fn after(before: &Scenario, levers: &[&str]) -> Result<(f64, f64)> {
        let end = levers.iter().try_fold(before.clone(), |s, lever| lever.parse::<Lever>()?.apply(&s))?;
        let e = evaluate(&end, MemoryMb::new(1769)?, &market())?;
        Ok((e.duration.ms(), e.per_million.usd()))
    }

    #[test]
    fn a_million_calls_of_one_second() -> Result<()> {
        let wait = scenario("[[call]]\nlatency_ms = 1000", 1e6)?;
        let e = evaluate(&wait, MemoryMb::new(1024)?, &market())?;
        assert!((e.per_million.usd() - (16.6667 + 0.2)).abs() < 1e-9);
        assert_eq!(e.per_month, e.per_million);
        Ok(())
    }

    #[test]
    fn keep_alive_saves_the_set_up() -> Result<()> {
        // theburningmonk 2019: a DynamoDB operation falls from 33 to 10 ms
        let table = scenario(
            "[[call]]\nlatency_ms = 9\ncpu_ms = 1\nconnect_ms = 15\nconnect_cpu_ms = 8\nkeep_alive = false",
            1e6,
        )?;
        let (before, _) = after(&table, &[])?;
        let (kept, _) = after(&table, &["keep-alive"])?;
        assert!((before - 33.0).abs() < 0.1 && (kept - 10.0).abs() < 0.1, "{before} {kept}");
        Ok(())
    }

    #[test]
    fn an_init_is_billed_by_the_ms_and_was_not_by_100_ms() -> Result<()> {
        let cold =
            "runtime = 'java'\n[cold_start]\nshare = 1\ninit_ms = 2950\n[[call]]\nlatency_ms = 45.5\nlatency_cv = 0";
        let time = |levers: &[&str]| Ok::<_, Error>(after(&scenario(cold, 1e6)?, levers)?.1 - 0.2);
        // 2995.5 ms and 45.5 ms, rounded up
        assert!((time(&[])? / time(&["billing=100ms"])? - 29.96).abs() < 1e-9);
        Ok(())
    }

    #[test]
    fn the_same_cut_under_both_billing_steps() -> Result<()> {
        // 105 ms: a cut of 10 ms halves the bill of 100 ms steps, and is a tenth of it in 1 ms steps
        let call = scenario("[[call]]\nname='api'\nlatency_ms = 95\n[[call]]\nname='publish'\nlatency_ms = 10", 1e6)?;
        let time = |levers: &[&str]| Ok::<_, Error>(after(&call, levers)?.1 - 0.2);
        let ratio_100 = time(&["billing=100ms", "destinations"])? / time(&["billing=100ms"])?;
        let ratio_1 = time(&["destinations"])? / time(&[])?;
        assert!((ratio_100 - 0.5).abs() < 1e-9 && (ratio_1 - 95.0 / 105.0).abs() < 1e-9, "{ratio_100} {ratio_1}");
        Ok(())
    }

    #[test]
    fn waiting_in_a_workflow_pays_off_for_long_waits_only() -> Result<()> {
        let saving = |ms: f64| {
            let wait = scenario(&format!("[cpu]\nwork_ms = 20\n[[call]]\nname='job'\nlatency_ms = {ms}"), 1e6)?;
            Ok::<_, Error>(after(&wait, &[])?.1 - after(&wait, &["step-functions-wait"])?.1)
        };
        assert!(saving(100.0)? < -70.0); // three transitions a million times: $75
        assert!(saving(60_000.0)? > 1000.0);
        Ok(())
    }

    #[test]
    fn provisioned_concurrency_breaks_even_at_60_percent() -> Result<()> {
        // one environment, busy for a share of the month
        let difference = |busy_share: f64| {
            let events = busy_share * SECONDS_PER_MONTH;
            let toml = "[[call]]\nlatency_ms = 1000\n[cold_start]\nshare = 1e-9";
            let before = scenario(toml, events)?;
            Ok::<_, Error>(after(&before, &["provisioned-concurrency"])?.1 - after(&before, &[])?.1)
        };
        assert!(difference(0.58)? > 0.0 && difference(0.62)? < 0.0);
        Ok(())
    }

    #[test]
    fn provisioned_environments_serve_only_what_they_have_time_for() -> Result<()> {
        let toml = "[[call]]\nlatency_ms = 1000\n[cold_start]\nshare = 0.1\ninit_ms = 2000";
        // busy for two months out of one: half of the events run on demand, with their cold starts
        let before = scenario(toml, 2.0 * SECONDS_PER_MONTH)?;
        let (cold, on_demand) = after(&before, &[])?;
        let (mixed, usd) = after(&before, &["provisioned-concurrency=1"])?;
        assert!((cold - 1200.0).abs() < 1.0 && (mixed - (1000.0 + cold) / 2.0).abs() < 0.1, "{cold} {mixed}");
        let (warm, all) = after(&before, &["provisioned-concurrency=2"])?;
        assert!((warm - 1000.0).abs() < 0.1, "{warm}");
        assert!((usd - (on_demand + all) / 2.0).abs() < 1e-9 * usd, "{usd} {on_demand} {all}");
        Ok(())
    }

    #[test]
    fn storage_is_charged_for_all_the_time_wherever_it_runs() -> Result<()> {
        let storage = |events: f64, provisioned: u32| -> Result<f64> {
            let mut before = scenario("[[call]]\nlatency_ms = 1000\nlatency_cv = 0", events)?;
            before.environment.provisioned = provisioned;
            let month =
                |scenario: &Scenario| evaluate(scenario, MemoryMb::new(1769)?, &market()).map(|e| e.per_month.usd());
            let bare = month(&before)?;
            before.environment.storage_mb = 1536.0; // 1 GB beyond the free one
            Ok(month(&before)? - bare)
        };
        // half of two months' work is served by the one provisioned environment
        for (events, provisioned) in [(1e6, 0), (1e6, 1), (2.0 * SECONDS_PER_MONTH, 1)] {
            let usd = storage(events, provisioned)?;
            assert!((usd / (events * 3.09e-8) - 1.0).abs() < 2e-3, "{events} {provisioned}: {usd}");
        }
        Ok(())
    }

    #[test]
    fn each_invocation_of_an_event_is_a_request() -> Result<()> {
        let wait = scenario("[cpu]\nwork_ms = 20\n[[call]]\nname = 'job'\nlatency_ms = 500", 1e6)?;
        let dear = Market { given: PriceOverride { request: Some(1e-3), ..PriceOverride::default() }, ..market() };
        let free = Market { given: PriceOverride { request: Some(0.0), ..PriceOverride::default() }, ..market() };
        let requests = |scenario: &Scenario| -> Result<f64> {
            let [dear, free] = [&dear, &free].map(|market| evaluate(scenario, MemoryMb::new(1769)?, market));
            Ok(dear?.per_million.usd() - free?.per_million.usd())
        };
        let workflow = "step-functions-wait".parse::<Lever>()?.apply(&wait)?;
        assert!((requests(&wait)? - 1e3).abs() < 1e-6 && (requests(&workflow)? - 2e3).abs() < 1e-6);
        Ok(())
    }

    #[test]
    fn arm64_is_a_fifth_cheaper() -> Result<()> {
        let cpu = scenario("[[call]]\nlatency_ms = 1000", 1e6)?;
        let (_, before) = after(&cpu, &[])?;
        let (_, arm) = after(&cpu, &["arm64"])?;
        assert!(((arm - 0.2) / (before - 0.2) - 0.8).abs() < 1e-4);
        Ok(())
    }

    #[test]
    fn filtering_saves_in_the_month_not_in_the_million() -> Result<()> {
        let call = scenario("[[call]]\nlatency_ms = 50", 4e6)?;
        let filtered = "filter-events=0.75".parse::<Lever>()?.apply(&call)?;
        let (a, b) = (evaluate(&call, MemoryMb::MIN, &market())?, evaluate(&filtered, MemoryMb::MIN, &market())?);
        assert!((a.per_million.usd() - b.per_million.usd()).abs() < 1e-12);
        assert!((b.per_month.usd() / a.per_month.usd() - 0.25).abs() < 1e-9);
        Ok(())
    }

    #[test]
    fn a_size_that_fails_says_why() -> Result<()> {
        let large = scenario("[cpu]\nwork_ms = 10\n[memory]\nfootprint_mb = 300", 1e6)?;
        let effects = compare(&large, &large, &[MemoryMb::MIN, MemoryMb::MAX], &market());
        assert!(effects[0].before.as_ref().is_err_and(|e| e.to_string().contains("needs 300 MB")));
        assert!(effects[1].after.is_ok());
        Ok(())
    }
}
