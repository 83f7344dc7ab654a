//! Levers: what-if changes of a workload or of its surroundings.
//!
//! A lever turns one [`Scenario`] into another, so levers compose, and any of them works on a
//! preset, on a workload file and on a workload fitted to a recorded run. One that cannot change
//! anything says why instead of returning the same scenario.

mod change;
mod info;
mod parts;

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::platform::billing::BillingStep;
use crate::platform::pricing::Prices;
use crate::workload::Workload;

pub use info::{Confidence, LeverInfo};

/// A workload and what surrounds it.
///
/// ```
/// use powercurve::workload::{Environment, Lever, Scenario, preset};
/// let before = Scenario {
///     workload: preset("s3-download")?,
///     environment: Environment::on_demand(1e6, Default::default()),
/// };
/// // levers compose: half of the bytes, on ten connections
/// let after = Lever::MultiThreadTransfer(10).apply(&Lever::RangeGet(0.5).apply(&before)?)?;
/// assert_eq!((after.workload.transfers[0].megabytes, after.workload.transfers[0].connections), (50.0, 10));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// What one event makes the function do.
    pub workload: Workload,
    /// How often, and how it is billed.
    pub environment: Environment,
}

/// What surrounds a workload: load, billing and helpers outside the function.
///
/// ```
/// use powercurve::workload::{Environment, Lever, Scenario, preset};
/// let environment = Environment::on_demand(1e6, Default::default());
/// let before = Scenario { workload: preset("third-party-api")?, environment };
/// // a workflow waits instead: a second invocation, and three transitions
/// let after = "step-functions-wait=third party".parse::<Lever>()?.apply(&before)?.environment;
/// assert_eq!((after.invocations_per_event, after.transitions_per_event), (2, 3));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// Events a month that reach the function.
    pub events_per_month: f64,
    /// Invocations that one event needs: 2 when a workflow calls the function again after a wait.
    pub invocations_per_event: u32,
    /// State transitions of Step Functions that one event needs.
    pub transitions_per_event: u32,
    /// Execution environments of provisioned concurrency, configured all month; 0 for none. What they serve has no cold starts.
    pub provisioned: u32,
    /// Billing step.
    pub billing: BillingStep,
    /// Ephemeral storage in MB; the first 512 are free.
    pub storage_mb: f64,
}

impl Environment {
    /// `events_per_month` invocations on demand, billed by `billing`.
    pub const fn on_demand(events_per_month: f64, billing: BillingStep) -> Self {
        Self {
            events_per_month,
            invocations_per_event: 1,
            transitions_per_event: 0,
            provisioned: 0,
            billing,
            storage_mb: Prices::FREE_STORAGE_MB,
        }
    }
}

/// One change, with its value. Source, default and assumption of each are in [`Lever::ALL`].
///
/// ```
/// use powercurve::workload::{Environment, Lever, Scenario};
/// use powercurve::Workload;
/// let before = Scenario {
///     workload: Workload::from_toml("[[call]]\nname = 'table'\nlatency_ms = 5\nconnect_ms = 20\nkeep_alive = false")?,
///     environment: Environment::on_demand(1e6, Default::default()),
/// };
/// let after = "keep-alive".parse::<Lever>()?.apply(&before)?;
/// assert!(after.workload.calls[0].keep_alive);
///
/// let error = "range-get".parse::<Lever>()?.apply(&before).unwrap_err();
/// assert!(error.to_string().contains("nothing is transferred: 100 % of the time is the call 'table'"));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Lever {
    /// Reuse connections between calls and invocations.
    KeepAlive,
    /// Keep configuration or secrets between invocations: the call happens on cold starts only. The name of the call.
    CacheConfig(Option<String>),
    /// Load only what the first request needs: the share of the function's own init that is put off.
    LazyInit(f64),
    /// Ship and load less code: the share of the function's own init that goes.
    SmallerBundle(f64),
    /// Let Lambda deliver the result instead of publishing it from the handler. The name of the call.
    Destinations(Option<String>),
    /// Filter events before they invoke the function: the share that is filtered out.
    FilterEvents(f64),
    /// Put a connection pool in front of a database: ms that are left of connection set-up.
    ConnectionPool(f64),
    /// Fetch only the bytes that are needed: the share of the megabytes that is left out.
    RangeGet(f64),
    /// Make the calls of a group at the same time.
    ParallelCalls,
    /// Let Step Functions wait instead of the function. The name of the call.
    StepFunctionsWait(Option<String>),
    /// Transfer on several connections: how many.
    MultiThreadTransfer(u32),
    /// Limit concurrent invocations to what the downstream can serve: how many.
    ConcurrencyLimit(Option<u32>),
    /// Keep execution environments initialised: how many.
    ProvisionedConcurrency(u32),
    /// Run on arm64: the duration of CPU work relative to that on x86_64 at the same size, below one vCPU, where it is known.
    Arm64(Option<f64>),
    /// Bill by another step.
    Billing(BillingStep),
}

impl Lever {
    /// Every lever: name, value, assumption, confidence and source.
    ///
    /// ```
    /// use powercurve::workload::Lever;
    /// for info in &Lever::ALL {
    ///     assert_eq!(info.name.parse::<Lever>()?.info(), info); // each by its name alone, with its default
    /// }
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub const ALL: [LeverInfo; 15] = info::ALL;

    /// Name, assumption and source of this lever.
    pub const fn info(&self) -> &'static LeverInfo {
        const ALL: &[LeverInfo; 15] = &Lever::ALL;
        let index = match self {
            Self::KeepAlive => 0,
            Self::CacheConfig(_) => 1,
            Self::LazyInit(_) => 2,
            Self::SmallerBundle(_) => 3,
            Self::Destinations(_) => 4,
            Self::FilterEvents(_) => 5,
            Self::ConnectionPool(_) => 6,
            Self::RangeGet(_) => 7,
            Self::ParallelCalls => 8,
            Self::StepFunctionsWait(_) => 9,
            Self::MultiThreadTransfer(_) => 10,
            Self::ConcurrencyLimit(_) => 11,
            Self::ProvisionedConcurrency(_) => 12,
            Self::Arm64(_) => 13,
            Self::Billing(_) => 14,
        };
        &ALL[index]
    }

    /// Whether its value is not known but a range of published ones.
    ///
    /// ```
    /// use powercurve::workload::Lever;
    /// assert!("arm64".parse::<Lever>()?.is_open()); // between 0.7 and 1.3 of the time on x86_64
    /// assert!(!"arm64=0.9".parse::<Lever>()?.is_open());
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Arm64(None))
    }

    /// This lever with a value where it [is open](Lever::is_open): the one at this share (0 to 1) of the published range.
    pub(crate) fn settled(&self, share: f64) -> Self {
        let (low, high) = info::ARM64_TIME_FACTORS;
        if self.is_open() { Self::Arm64(Some(low + share * (high - low))) } else { self.clone() }
    }

    /// The name, as on the command line.
    ///
    /// ```
    /// use powercurve::workload::Lever;
    /// let lever: Lever = "lazy-init=0.4".parse()?;
    /// assert_eq!((lever.name(), lever.to_string()), ("lazy-init", "lazy-init=0.4".to_owned()));
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub const fn name(&self) -> &'static str {
        self.info().name
    }
}

impl fmt::Display for Lever {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::KeepAlive | Self::ParallelCalls => Ok(()),
            Self::CacheConfig(call) | Self::Destinations(call) | Self::StepFunctionsWait(call) => {
                call.iter().try_for_each(|name| write!(f, "={name}"))
            }
            Self::LazyInit(x) | Self::SmallerBundle(x) | Self::FilterEvents(x) | Self::RangeGet(x) => write!(f, "={x}"),
            Self::ConnectionPool(ms) => write!(f, "={ms}"),
            Self::Arm64(factor) => factor.iter().try_for_each(|x| write!(f, "={x}")),
            Self::MultiThreadTransfer(n) | Self::ProvisionedConcurrency(n) => write!(f, "={n}"),
            Self::ConcurrencyLimit(n) => n.iter().try_for_each(|n| write!(f, "={n}")),
            Self::Billing(step) => write!(f, "={}ms", step.ms()),
        }
    }
}

impl FromStr for Lever {
    type Err = Error;

    /// Reads `NAME` or `NAME=VALUE`; without a value the default of [`Lever::ALL`] holds.
    fn from_str(s: &str) -> Result<Self> {
        let (name, value) = match s.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (s.trim(), None),
        };
        read(name, value).map_err(|e| e.at(format!("lever {name}")))
    }
}

fn read(name: &str, value: Option<&str>) -> Result<Lever> {
    let share = |default| number(value, default, 0.0, 1.0);
    let call = || value.map(str::to_owned);
    Ok(match name {
        "keep-alive" => no_value(value, Lever::KeepAlive)?,
        "cache-config" => Lever::CacheConfig(call()),
        "lazy-init" => Lever::LazyInit(share(info::LAZY_INIT_SHARE)?),
        "smaller-bundle" => Lever::SmallerBundle(share(info::SMALLER_BUNDLE_SHARE)?),
        "destinations" => Lever::Destinations(call()),
        "filter-events" => Lever::FilterEvents(share(info::FILTERED_SHARE)?),
        "connection-pool" => Lever::ConnectionPool(number(value, 0.0, 0.0, 1e6)?),
        "range-get" => Lever::RangeGet(share(info::LEFT_OUT_SHARE)?),
        "parallel-calls" => no_value(value, Lever::ParallelCalls)?,
        "step-functions-wait" => Lever::StepFunctionsWait(call()),
        "multi-thread-transfer" => Lever::MultiThreadTransfer(count(value, info::CONNECTIONS)?),
        "concurrency-limit" => Lever::ConcurrencyLimit(value.map(|_| count(value, 1)).transpose()?),
        "provisioned-concurrency" => Lever::ProvisionedConcurrency(count(value, 1)?),
        "arm64" => Lever::Arm64(value.map(|_| number(value, 1.0, 0.1, 10.0)).transpose()?),
        "billing" => Lever::Billing(value.map_or(Ok(BillingStep::Ms1), str::parse)?),
        _ => {
            let names: Vec<&str> = Lever::ALL.iter().map(|l| l.name).collect();
            return Err(Error::new(format!("no such lever: expected one of {}", names.join(", "))));
        }
    })
}

fn no_value(value: Option<&str>, lever: Lever) -> Result<Lever> {
    match value {
        None => Ok(lever),
        Some(value) => Err(Error::new(format!("value '{value}' is not expected: this lever takes none"))),
    }
}

fn number(value: Option<&str>, default: f64, low: f64, high: f64) -> Result<f64> {
    let Some(text) = value else { return Ok(default) };
    let number = text.parse::<f64>().ok().filter(|x| (low..=high).contains(x));
    number.ok_or_else(|| Error::new(format!("value '{text}' is not usable: expected a number of {low} to {high}")))
}

fn count(value: Option<&str>, default: u32) -> Result<u32> {
    const MOST: u32 = 1000;
    let Some(text) = value else { return Ok(default) };
    let number = text.parse::<u32>().ok().filter(|n| (1..=MOST).contains(n));
    number.ok_or_else(|| Error::new(format!("value '{text}' is not usable: expected a whole number of 1 to {MOST}")))
}
