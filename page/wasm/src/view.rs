//! Curves as the page draws them.

use powercurve::advise::{PricedCurve, PricedPoint, Strategy};
use powercurve::simulate::TuningResult;
use powercurve::{MemoryMb, PowerCurve, Result, Run, Usd};
use serde_json::{Value, json};

use crate::model;

/// Sizes of a line that looks continuous: about 1.3 % apart, fine enough for the steps of the quota staircase.
const DENSE: u32 = 340;

/// Every size that the line is drawn through.
pub fn dense_sizes() -> Result<Vec<MemoryMb>> {
    let (low, high) = (MemoryMb::MIN.as_f64(), MemoryMb::MAX.as_f64());
    let at = |i: u32| low * (high / low).powf(f64::from(i) / f64::from(DENSE));
    // the marked sizes are in it, so that the line turns exactly there
    let mut mb: Vec<u32> = (0..=DENSE).map(|i| at(i).round() as u32).chain([1769, 2048]).collect();
    mb.sort_unstable();
    mb.dedup();
    mb.into_iter().map(MemoryMb::new).collect()
}

/// Columns of a line: sizes, durations, costs.
pub fn line(result: &TuningResult) -> Value {
    let points = result.run.curve.points();
    json!({
        "mb": points.iter().map(|p| p.memory.mb()).collect::<Vec<_>>(),
        "ms": points.iter().map(|p| p.duration.ms()).collect::<Vec<_>>(),
        "usd": points.iter().map(|p| p.cost.map(Usd::usd)).collect::<Vec<_>>(),
    })
}

/// A run with what the page says about it: points, choices, pattern.
pub fn run(run: &Run) -> Result<Value> {
    let (priced, _) = PricedCurve::usual(run)?;
    Ok(json!({
        "id": run.id,
        "points": points(&priced, &run.curve),
        "picks": picks(&priced),
        "reading": model::reader().classify(run).to_json(&run.id),
    }))
}

/// The choices of the three strategies.
pub fn picks(priced: &PricedCurve) -> Value {
    let pick = |strategy: Strategy| json!(point(&strategy.pick(priced)));
    json!({
        "cost": pick(Strategy::Cost),
        "speed": pick(Strategy::Speed),
        "balanced": pick(Strategy::Balanced(Strategy::DEFAULT_WEIGHT)),
    })
}

/// The points, with the standard deviation of a single invocation where it is known.
pub fn points(priced: &PricedCurve, curve: &PowerCurve) -> Vec<Value> {
    let with_spread = |p: &PricedPoint| {
        let mut value = point(p);
        value["sd_ms"] = json!(curve.at(p.memory).and_then(|p| p.sample.sd_ms));
        value
    };
    priced.points().iter().map(with_spread).collect()
}

/// Numbers for the chart, and words as the command line writes them.
fn point(p: &PricedPoint) -> Value {
    json!({
        "mb": p.memory.mb(),
        "ms": p.duration.ms(),
        "usd": p.cost.usd(),
        "memory": p.memory.to_string(),
        "duration": p.duration.to_string(),
        "cost": p.cost.to_string(),
        "per_million": p.cost.per_million().to_string(),
    })
}
