//! What would keep-alive change, and what arm64? Levers on a workload, before and after.
//!
//! `cargo run --example whatif`

use powercurve::advise::{Market, compare};
use powercurve::platform::billing::BillingStep;
use powercurve::platform::pricing::PriceOverride;
use powercurve::workload::{Environment, Lever, Scenario};
use powercurve::{MemoryMb, Result, Workload};

/// Prints what two levers change.
pub fn main() -> Result<()> {
    let before = Scenario {
        workload: Workload::from_toml(
            "runtime = 'nodejs'\n[cpu]\nwork_ms = 20\n[[call]]\nname = 'table'\nlatency_ms = 5\nconnect_ms = 20\n\
             connect_cpu_ms = 8\nkeep_alive = false",
        )?,
        environment: Environment::on_demand(1e6, BillingStep::Ms1),
    };
    let market = Market { region: "us-east-1".to_owned(), given: PriceOverride::default(), free_tier: false };
    for name in ["keep-alive", "arm64"] {
        let lever: Lever = name.parse()?;
        let after = lever.apply(&before)?;
        for effect in compare(&before, &after, &[MemoryMb::new(512)?], &market) {
            let (old, new) = (effect.before?, effect.after?);
            println!(
                "{name:<12} {} to {}, {} to {} a million",
                old.duration, new.duration, old.per_million, new.per_million
            );
        }
    }
    Ok(())
}
