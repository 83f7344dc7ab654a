//! The sizes among which there is a choice at all.

use crate::advise::{PricedCurve, PricedPoint};

/// The Pareto set: sizes that no other size beats in duration or cost without losing in the other;
/// of equals in both, the smallest. Ascending by memory size, never empty.
///
/// ```
/// use powercurve::advise::{PricedCurve, pareto};
/// use powercurve::platform::{billing::BillingStep, pricing::{PriceBasis, PriceTable}};
/// use powercurve::{Arch, PowerCurve};
/// let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, "us-east-1", Arch::X86_64, BillingStep::Ms1)?;
/// // 2048 MB is both slower and dearer than 1769 MB
/// let curve = PowerCurve::from_ms(&[(1024, 310.0), (1769, 180.0), (2048, 181.0), (3008, 170.0)])?;
/// let sizes: Vec<u32> = pareto(&PricedCurve::computed(&curve, &tariff)).iter().map(|p| p.memory.mb()).collect();
/// assert_eq!(sizes, [1024, 1769, 3008]);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn pareto(curve: &PricedCurve) -> Vec<PricedPoint> {
    let mut by_cost: Vec<PricedPoint> = curve.points().to_vec();
    by_cost.sort_by(|a, b| {
        let cost = a.cost.usd().total_cmp(&b.cost.usd());
        cost.then(a.duration.ms().total_cmp(&b.duration.ms())).then(a.memory.cmp(&b.memory))
    });
    let mut fastest = f64::INFINITY;
    by_cost.retain(|p| {
        let faster = p.duration.ms() < fastest;
        fastest = fastest.min(p.duration.ms());
        faster
    });
    by_cost.sort_by_key(|p| p.memory);
    by_cost
}
