//! Levers: which ones there are, which can change anything, and what the pulled ones save.

use powercurve::advise::{Evaluation, Market, compare};
use powercurve::platform::pricing::PriceOverride;
use powercurve::workload::{Lever, LeverInfo, Scenario};
use powercurve::{MemoryMb, Result};
use serde_json::{Value, json};

/// Region of the list prices: the default one.
const REGION: &str = "us-east-1";

/// Every lever, and why it would change nothing where that is so. `after` is the scenario with the `pulled` levers.
pub fn list(after: &Scenario, pulled: &[Lever]) -> Value {
    let row = |info: &LeverInfo| {
        let mut row = json!(info);
        row["pulled"] = json!(pulled.iter().any(|lever| lever.name() == info.name));
        let tried = info.name.parse::<Lever>().and_then(|lever| lever.apply(after));
        row["reason"] = json!(tried.err().map(|e| e.problem().to_owned()));
        row
    };
    Lever::ALL.iter().map(row).collect()
}

/// Duration, $ per million and $ per month at each size, before and after.
pub fn effect(before: &Scenario, after: &Scenario, sizes: &[MemoryMb], gb_s: Option<f64>) -> Result<Value> {
    let given = PriceOverride { gb_s, ..PriceOverride::default() }.checked()?;
    let market = Market { region: REGION.to_owned(), given, free_tier: false };
    let side = |side: &Result<Evaluation>| match side {
        Ok(e) => json!({
            "ms": e.duration.ms(),
            "usd_per_month": e.per_month.usd(),
            "duration": e.duration.to_string(),
            "per_million": e.per_million.to_string(),
            "per_month": e.per_month.to_string(),
        }),
        Err(error) => json!({ "error": error.problem() }),
    };
    let row = |effect: &powercurve::advise::Effect| {
        json!({
            "mb": effect.memory.mb(),
            "memory": effect.memory.to_string(),
            "before": side(&effect.before),
            "after": side(&effect.after),
        })
    };
    Ok(compare(before, after, sizes, &market).iter().map(row).collect())
}
