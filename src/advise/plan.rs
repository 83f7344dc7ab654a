//! What a power-tuning run costs on AWS, before anybody runs it.

use std::str::FromStr;

use serde::Serialize;
use serde_json::Value;

use crate::advise::Strategy;
use crate::curve::{Point, PowerCurve, Run, Start};
use crate::error::{Error, Result};
use crate::platform::billing::Tariff;
use crate::units::{MemoryMb, Millis, Usd};

/// The versions of aws-lambda-power-tuning's state machine, which differ in their transitions.
///
/// ```
/// use powercurve::advise::StateMachine;
/// let old: StateMachine = "before-2024".parse()?;
/// // six sizes took 12 transitions, and take 24 today
/// assert_eq!((old.transitions(6, 10), StateMachine::default().transitions(6, 10)), (12, 24));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StateMachine {
    /// Since May 2024: executor, publisher and counter for each size, `6 + 3 N` transitions.
    #[default]
    Current,
    /// Before: `6 + N`, as README-ADVANCED still has it.
    Before2024,
    /// With `onlyColdStarts`: a version is published for each invocation, `6 + N + 2 N num`.
    OnlyColdStarts,
}

impl StateMachine {
    /// The names on the command line.
    const NAMES: [&str; 3] = ["current", "before-2024", "only-cold-starts"];

    /// State transitions of one run over `sizes` memory sizes.
    ///
    /// Source: `stepFunctionsCost` in lambda/utils.js of aws-lambda-power-tuning. Its output for
    /// 4 sizes, $0.00045, is the example of README-INPUT-OUTPUT.
    ///
    /// ```
    /// use powercurve::advise::StateMachine;
    /// assert_eq!(StateMachine::Current.transitions(4, 10), 18);
    /// assert_eq!(StateMachine::Before2024.transitions(6, 10), 12);
    /// assert_eq!(StateMachine::OnlyColdStarts.transitions(4, 10), 90);
    /// ```
    pub const fn transitions(self, sizes: u64, invocations: u64) -> u64 {
        match self {
            Self::Current => 6 + 3 * sizes,
            Self::Before2024 => 6 + sizes,
            Self::OnlyColdStarts => 6 + sizes + 2 * sizes * invocations,
        }
    }

    /// What so many transitions cost at `price` each, rounded to 5 decimals as the tuner's `executionCost` is.
    ///
    /// ```
    /// use powercurve::advise::StateMachine;
    /// assert_eq!(StateMachine::cost(24, 2.5e-5)?.usd(), 0.0006);
    /// assert_eq!(StateMachine::cost(33, 2.5e-5)?.usd(), 0.00082); // 0.000825 is a little less than that
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the price is not a usable amount.
    pub fn cost(transitions: u64, price: f64) -> Result<Usd> {
        // to the digits of the amount as it is, as JavaScript's toFixed: times 1e5 it may become a tie that it was not
        let usd = format!("{:.5}", transitions as f64 * price);
        Usd::new(usd.parse().unwrap_or(f64::INFINITY))
    }

    /// Share of `invocations` at one size that are cold starts: all of them where a version is published for each, or where all
    /// are sent at once (an environment starts for each; short handlers find some free again); else the first, as a new
    /// memory size needs a new environment.
    ///
    /// ```
    /// use powercurve::advise::StateMachine;
    /// assert_eq!(StateMachine::Current.cold_share(10, false), 0.1);
    /// assert_eq!(StateMachine::OnlyColdStarts.cold_share(10, false), 1.0);
    /// ```
    pub fn cold_share(self, invocations: u32, parallel: bool) -> f64 {
        if self == Self::OnlyColdStarts || parallel { 1.0 } else { 1.0 / f64::from(invocations.max(1)) }
    }
}

impl FromStr for StateMachine {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        match s {
            "current" => Ok(Self::Current),
            "before-2024" => Ok(Self::Before2024),
            "only-cold-starts" => Ok(Self::OnlyColdStarts),
            _ => Err(Error::new(format!("state machine '{s}' is unknown: expected one of {}", Self::NAMES.join(", ")))),
        }
    }
}

/// How the tuner would be run.
///
/// ```
/// use powercurve::advise::{Plan, PricedCurve, StateMachine, TuningRun};
/// use powercurve::{PowerCurve, Run};
/// let curve = PowerCurve::from_ms(&[(512, 1200.0)])?;
/// let (_, tariff) = PricedCurve::usual(&Run::new("resize", curve.clone()))?;
/// let run = TuningRun { invocations: 4, state_machine: StateMachine::Current, tariff, transition: 2.5e-5 };
/// assert!(Plan::new(&curve, &run).is_err()); // the tuner wants 5
/// assert!(Plan::new(&curve, &TuningRun { invocations: TuningRun::MIN_INVOCATIONS, ..run }).is_ok());
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TuningRun {
    /// Invocations a size, `num`: at least [`TuningRun::MIN_INVOCATIONS`].
    pub invocations: u32,
    /// Version of the state machine.
    pub state_machine: StateMachine,
    /// What AWS charges for an invocation.
    pub tariff: Tariff,
    /// $ per state transition.
    pub transition: f64,
}

impl TuningRun {
    /// The tuner refuses to run with fewer invocations a size.
    pub const MIN_INVOCATIONS: u32 = 5;

    /// Sizes that the tuner measures unless told otherwise. Source: template.yml, `PowerValues`.
    ///
    /// ```
    /// use powercurve::{PowerCurve, advise::TuningRun};
    /// let curve = PowerCurve::from_ms(&TuningRun::DEFAULT_SIZES_MB.map(|mb| (mb, 100.0)))?;
    /// assert_eq!((curve.len(), curve.points()[5].memory.mb()), (6, 3008));
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub const DEFAULT_SIZES_MB: [u32; 6] = [128, 256, 512, 1024, 1536, 3008];

    /// Seconds after which the tuner gives up on a size unless told otherwise. Source:
    /// template.yml, `totalExecutionTimeout`.
    pub const DEFAULT_TIMEOUT_S: f64 = 300.0;

    /// The longest that `totalExecutionTimeout` may be, in seconds: the tuner's executor is a Lambda function itself. Source:
    /// template.yml, `MaxValue`.
    ///
    /// ```
    /// use powercurve::advise::TuningRun;
    /// assert_eq!(TuningRun::LONGEST_TIMEOUT_S, 15.0 * 60.0); // that of any Lambda function
    /// assert_eq!(TuningRun::LONGEST_TIMEOUT_S, 3.0 * TuningRun::DEFAULT_TIMEOUT_S);
    /// ```
    pub const LONGEST_TIMEOUT_S: f64 = 900.0;

    /// Three of the default sizes that tell most about the others: the two ends of a curve and its bend.
    ///
    /// Curves at the other sizes follow from 128, 512 and the largest size up to 3,100 MB within 1.9 % in the median (3.4 % mean)
    /// over 63 well-measured public curves (datasets/FIDELITY.md); one of the three lies above one vCPU, which is what
    /// separates one busy thread from several.
    ///
    /// ```
    /// use powercurve::advise::TuningRun;
    /// assert!(TuningRun::FEW_SIZES_MB.iter().all(|mb| TuningRun::DEFAULT_SIZES_MB.contains(mb)));
    /// ```
    pub const FEW_SIZES_MB: [u32; 3] = [128, 512, 3008];
}

/// What one memory size adds to the bill of a tuning run.
///
/// ```
/// use powercurve::advise::{Plan, PricedCurve, StateMachine, TuningRun};
/// use powercurve::{PowerCurve, Run};
/// # let curve = PowerCurve::from_ms(&[(1024, 1500.0)])?;
/// # let (_, tariff) = PricedCurve::usual(&Run::new("resize", curve.clone()))?;
/// let run = TuningRun { invocations: 100, state_machine: StateMachine::Current, tariff, transition: 2.5e-5 };
/// let size = Plan::new(&curve, &run)?.sizes[0];
/// assert!((size.cost.usd() - 100.0 * 1500.0 * 8.0 * 2.1e-9).abs() < 1e-9); // 2.1e-9 $ for each ms of 128 MB
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PlannedSize {
    /// Configured memory size.
    #[serde(rename = "memory_mb")]
    pub memory: MemoryMb,
    /// Expected duration of one invocation.
    #[serde(rename = "duration_ms")]
    pub duration: Millis,
    /// Seconds that all invocations take one after the other.
    pub series_s: f64,
    /// What all invocations cost.
    #[serde(rename = "cost_usd")]
    pub cost: Usd,
}

/// The bill of a tuning run.
///
/// ```
/// use powercurve::advise::{Plan, PricedCurve, StateMachine, TuningRun};
/// use powercurve::{PowerCurve, Run};
/// let curve = PowerCurve::from_ms(&[(128, 12_000.0), (1024, 1500.0)])?;
/// let (_, tariff) = PricedCurve::usual(&Run::new("resize", curve.clone()))?;
/// let run = TuningRun { invocations: 50, state_machine: StateMachine::Current, tariff, transition: 2.5e-5 };
/// let plan = Plan::new(&curve, &run)?;
/// // 50 times 12 s, one after the other, are 10 minutes
/// assert_eq!((plan.invocations, plan.transitions, plan.sizes[0].series_s), (100, 12, 600.0));
/// assert_eq!(plan.too_long_in_series().count(), 1);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Every size.
    pub sizes: Vec<PlannedSize>,
    /// Invocations of all sizes together.
    pub invocations: u64,
    /// What they cost.
    pub lambda_usd: Usd,
    /// State transitions of Step Functions.
    pub transitions: u64,
    /// What they cost, rounded to 5 decimals as the tuner's `executionCost` is.
    pub step_functions_usd: Usd,
    /// Both together.
    pub total_usd: Usd,
}

impl Plan {
    /// The bill of measuring every size of `expected` as `run` says.
    ///
    /// The few invocations of the tuner's own functions are left out, as its own figures leave
    /// them out.
    ///
    /// # Errors
    /// When the tuner would refuse to run with so few invocations.
    pub fn new(expected: &PowerCurve, run: &TuningRun) -> Result<Self> {
        if run.invocations < TuningRun::MIN_INVOCATIONS {
            return Err(Error::new(format!(
                "{} invocations a size are too few: expected at least {}",
                run.invocations,
                TuningRun::MIN_INVOCATIONS
            ))
            .help("10 to 100 are usual; 50 halve the error of 10"));
        }
        let each = f64::from(run.invocations);
        let sizes: Vec<PlannedSize> = expected
            .points()
            .iter()
            .map(|p| {
                Ok(PlannedSize {
                    memory: p.memory,
                    duration: p.duration,
                    series_s: p.duration.ms() * each / 1e3,
                    cost: Usd::new(run.tariff.cost(p.memory, p.duration).usd() * each)?,
                })
            })
            .collect::<Result<_>>()?;
        let lambda: f64 = sizes.iter().map(|s| s.cost.usd()).sum();
        let transitions = run.state_machine.transitions(sizes.len() as u64, u64::from(run.invocations));
        let step_functions_usd = StateMachine::cost(transitions, run.transition)?;
        Ok(Self {
            invocations: sizes.len() as u64 * u64::from(run.invocations),
            sizes,
            lambda_usd: Usd::new(lambda)?,
            transitions,
            step_functions_usd,
            total_usd: Usd::new(lambda + step_functions_usd.usd())?,
        })
    }

    /// The sizes whose invocations in series would outlast the tuner's default timeout.
    pub fn too_long_in_series(&self) -> impl Iterator<Item = &PlannedSize> {
        self.sizes.iter().filter(|s| s.series_s > TuningRun::DEFAULT_TIMEOUT_S)
    }
}

/// The execution input of aws-lambda-power-tuning. Source: its README-INPUT-OUTPUT.
///
/// ```
/// use powercurve::advise::{LptInput, Plan, PricedCurve, StateMachine, Strategy, TuningRun};
/// use powercurve::{PowerCurve, Run};
/// # let curve = PowerCurve::from_ms(&[(512, 1200.0), (1024, 600.0)])?;
/// # let (_, tariff) = PricedCurve::usual(&Run::new("resize", curve.clone()))?;
/// let run = TuningRun { invocations: 50, state_machine: StateMachine::Current, tariff, transition: 2.5e-5 };
/// let arn = "arn:aws:lambda:us-east-1:123456789012:function:resize";
/// let input = LptInput::new(arn, &Plan::new(&curve, &run)?, &run, Strategy::Speed, Default::default(), true)?;
/// let json = serde_json::to_value(&input).unwrap();
/// assert_eq!(json["powerValues"], serde_json::json!([512, 1024]));
/// assert_eq!((&json["num"], &json["strategy"]), (&50.into(), &"speed".into()));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LptInput {
    #[serde(rename = "lambdaARN")]
    lambda_arn: String,
    power_values: Vec<MemoryMb>,
    num: u32,
    payload: Value,
    parallel_invocation: bool,
    strategy: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    balanced_weight: Option<f64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    only_cold_starts: bool,
    include_output_results: bool,
}

impl LptInput {
    /// Input that measures the sizes of `plan` with `run.invocations` each and asks for the results of all sizes.
    ///
    /// # Errors
    /// When the tuner would refuse it: when `lambda_arn` is not the unqualified ARN of a function, or `payload` is a list of
    /// weighted payloads one of which would get none of the invocations.
    pub fn new(
        lambda_arn: &str,
        plan: &Plan,
        run: &TuningRun,
        strategy: Strategy,
        payload: Value,
        parallel: bool,
    ) -> Result<Self> {
        if !(lambda_arn.starts_with("arn:") && lambda_arn.split(':').count() == 7) {
            return Err(Error::new(format!(
                "'{lambda_arn}' is not the ARN of a function: expected arn:aws:lambda:REGION:ACCOUNT:function:NAME"
            ))
            .help("leave out a version or alias: the tuner refuses qualified ARNs"));
        }
        every_payload_is_sent(&payload, run.invocations)?;
        Ok(Self {
            lambda_arn: lambda_arn.to_owned(),
            power_values: plan.sizes.iter().map(|s| s.memory).collect(),
            num: run.invocations,
            payload,
            parallel_invocation: parallel,
            strategy: strategy.name(),
            balanced_weight: if let Strategy::Balanced(weight) = strategy { Some(weight) } else { None },
            only_cold_starts: run.state_machine == StateMachine::OnlyColdStarts,
            include_output_results: true,
        })
    }
}

/// `curve`, of sizes of `run` or predicted from it, with the init of `cold_share` of the invocations: as far as the run says how long
/// an init takes, and its durations do not hold it.
///
/// ```
/// use powercurve::{MemoryMb, Millis, Point, PowerCurve, Run, Sample, advise::with_cold_starts};
/// let point = Point::new(MemoryMb::new(512)?, Millis::new(20.0)?);
/// let sample = Sample { init_ms: Some(300.0), cold_starts: Some(5), ..Sample::default() };
/// let run = Run::new("resize", PowerCurve::new(vec![Point { sample, ..point }])?);
/// // one call in ten starts an environment
/// assert_eq!(with_cold_starts(&run, &run.curve, 0.1)?.points()[0].duration.ms(), 50.0);
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When a duration gets longer than any that is accepted.
pub fn with_cold_starts(run: &Run, curve: &PowerCurve, cold_share: f64) -> Result<PowerCurve> {
    let holds_init = run.start == Some(Start::Cold) && run.billed_init_ms() == 0.0;
    let known: Vec<f64> = run.curve.points().iter().filter_map(|p| p.sample.init_ms).collect();
    if known.is_empty() || holds_init {
        return Ok(curve.clone());
    }
    let usual_ms = known.iter().sum::<f64>() / known.len() as f64;
    let with_init = |point: &Point| {
        let init_ms = run.curve.at(point.memory).and_then(|p| p.sample.init_ms).unwrap_or(usual_ms);
        let duration = Millis::new(point.duration.ms() + cold_share * init_ms)?;
        Ok(Point { duration, ..*point })
    };
    PowerCurve::new(curve.points().iter().map(with_init).collect::<Result<_>>()?)
}

/// Checks a list of weighted payloads, each of which gets its share of the invocations, rounded down; any other payload is sent
/// as it is. Source: `generatePayloads` and `isWeightedPayload` in the tuner's lambda/utils.js.
fn every_payload_is_sent(payload: &Value, invocations: u32) -> Result<()> {
    let is_weighted = |item: &&Value| item.get("payload").is_some() && item["weight"].as_f64().is_some_and(|w| w > 0.0);
    let Some(list) = payload.as_array().filter(|list| !list.is_empty() && list.iter().all(|p| is_weighted(&p))) else {
        return Ok(());
    };
    let weights: Vec<f64> = list.iter().filter_map(|item| item["weight"].as_f64()).collect();
    let all: f64 = weights.iter().sum();
    let least = weights.iter().copied().fold(f64::INFINITY, f64::min);
    if (least * f64::from(invocations) / all).floor() >= 1.0 {
        return Ok(());
    }
    Err(Error::new(format!(
        "the payload of weight {least} of {all} gets none of {invocations} invocations: expected at least one for each"
    ))
    .help(format!(
        "the tuner refuses it; take {:.0} invocations or more, or weights that differ less",
        (all / least).ceil()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::Arch;
    use crate::platform::billing::BillingStep;
    use crate::platform::pricing::{PriceBasis, PriceTable};

    fn run(invocations: u32, state_machine: StateMachine) -> Result<TuningRun> {
        let table = PriceTable::embedded();
        let tariff = table.tariff(PriceBasis::Lpt, "us-east-1", Arch::X86_64, BillingStep::Ms1)?;
        Ok(TuningRun { invocations, state_machine, tariff, transition: table.transition("us-east-1")? })
    }

    fn default_sizes(ms: f64) -> Result<PowerCurve> {
        PowerCurve::from_ms(&TuningRun::DEFAULT_SIZES_MB.map(|mb| (mb, ms)))
    }

    #[test]
    fn the_figures_of_the_tuners_manual() -> Result<()> {
        // README-ADVANCED: the six default sizes cost $0.0003 of Step Functions; 100 invocations of
        // less than 100 ms each cost about $0.001 of Lambda
        let plan = Plan::new(&default_sizes(99.5)?, &run(100, StateMachine::Before2024)?)?;
        assert_eq!(plan.step_functions_usd.usd(), 0.0003);
        assert!((plan.lambda_usd.usd() - 0.001).abs() < 0.0001, "{}", plan.lambda_usd);
        // since the publisher loop of May 2024 the same six sizes cost $0.0006
        let now = Plan::new(&default_sizes(99.5)?, &run(100, StateMachine::Current)?)?;
        assert_eq!(now.step_functions_usd.usd(), 0.0006);
        assert_eq!(now.total_usd.usd(), now.lambda_usd.usd() + 0.0006);
        Ok(())
    }

    #[test]
    fn long_functions_outlast_the_timeout_in_series() -> Result<()> {
        let curve = PowerCurve::from_ms(&[(128, 37_002.4), (1024, 3_890.9)])?;
        let plan = Plan::new(&curve, &run(10, StateMachine::Current)?)?;
        assert_eq!(plan.too_long_in_series().map(|s| s.memory.mb()).collect::<Vec<_>>(), [128]);
        Ok(())
    }

    #[test]
    fn the_input_is_one_the_tuner_accepts() -> Result<()> {
        let run = run(10, StateMachine::Current)?;
        let plan = Plan::new(&default_sizes(10.0)?, &run)?;
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:resize";
        let input = |arn: &str| LptInput::new(arn, &plan, &run, Strategy::Balanced(0.3), Value::from("x"), false);
        let json = serde_json::to_value(input(arn)?).unwrap_or_default();
        assert_eq!(json["lambdaARN"], arn);
        assert_eq!(json["powerValues"], serde_json::json!(TuningRun::DEFAULT_SIZES_MB));
        assert_eq!((json["num"].as_u64(), json["balancedWeight"].as_f64()), (Some(10), Some(0.3)));
        assert!(input(&format!("{arn}:prod")).is_err());
        for (weights, accepted) in [([1, 9], true), ([1, 10], false), ([5, 5], true)] {
            let payload: Value =
                weights.map(|weight| serde_json::json!({ "payload": {}, "weight": weight })).to_vec().into();
            let input = LptInput::new(arn, &plan, &run, Strategy::Cost, payload, false);
            assert_eq!(input.is_ok(), accepted, "{weights:?}");
        }
        assert!(Plan::new(&default_sizes(10.0)?, &TuningRun { invocations: 4, ..run }).is_err());
        Ok(())
    }
}
