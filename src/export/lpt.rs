//! The output JSON of aws-lambda-power-tuning, as with `includeOutputResults`.

use serde::Serialize;

use super::visualization_url;
use crate::curve::Run;
use crate::error::{Error, Result};
use crate::units::{MemoryMb, Usd};

/// What a tuning run decided and cost, beside its curve.
///
/// ```
/// use powercurve::{MemoryMb, Usd, advise::StateMachine, export::Tuning};
/// let (best, lambda_cost) = (MemoryMb::new(1024)?, Usd::new(0.0021)?);
/// // two sizes: 12 transitions
/// let tuning = Tuning { best, execution_cost: StateMachine::cost(12, 2.5e-5)?, lambda_cost };
/// assert_eq!(tuning.execution_cost.usd(), 0.0003);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuning {
    /// The size that the strategy picked, one of the curve.
    pub best: MemoryMb,
    /// Cost of the Step Functions transitions.
    pub execution_cost: Usd,
    /// Cost of all invocations.
    pub lambda_cost: Usd,
}

#[derive(Serialize)]
struct Output {
    power: u32,
    cost: f64,
    duration: f64,
    #[serde(rename = "stateMachine")]
    state_machine: StateMachine,
    stats: Vec<Stat>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StateMachine {
    execution_cost: f64,
    lambda_cost: f64,
    visualization: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stat {
    value: u32,
    average_price: f64,
    average_duration: f64,
}

/// The output of a tuning run, one JSON object on several lines.
///
/// ```
/// use powercurve::{MemoryMb, Usd, export, ingest};
/// let url = "https://lambda-power-tuning.show/#gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI=";
/// let run = ingest::url::decode(url, "api")?.remove(0);
/// let tuning = export::Tuning { best: MemoryMb::new(128)?, execution_cost: Usd::new(0.0003)?, lambda_cost: Usd::ZERO };
/// let output = export::lpt(&run, &tuning)?;
/// assert!(output.contains("\"power\": 128") && output.contains(url));
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When a size has no cost, or the picked size is not in the curve.
pub fn lpt(run: &Run, tuning: &Tuning) -> Result<String> {
    let visualization = visualization_url(run)?;
    let cost = |cost: Option<Usd>| cost.map_or(0.0, Usd::usd);
    let best = run.curve.at(tuning.best).ok_or_else(|| {
        Error::new(format!("the picked size {} is not in the curve: expected one of its sizes", tuning.best))
            .help("pick the size from the sizes that were tuned")
            .at(&run.id)
    })?;
    let stat = |p: &crate::curve::Point| Stat {
        value: p.memory.mb(),
        average_price: cost(p.cost),
        average_duration: p.duration.ms(),
    };
    let output = Output {
        power: best.memory.mb(),
        cost: cost(best.cost),
        duration: best.duration.ms(),
        state_machine: StateMachine {
            execution_cost: tuning.execution_cost.usd(),
            lambda_cost: tuning.lambda_cost.usd(),
            visualization,
        },
        stats: run.curve.points().iter().map(stat).collect(),
    };
    serde_json::to_string_pretty(&output).map_err(|e| Error::new(format!("cannot write JSON: {e}")))
}
