//! The crossing of the two lines of a power-tuning chart, which many take for the optimum.

use crate::advise::PricedCurve;
use crate::units::MemoryMb;

/// The measured size nearest to where the lines of duration and cost first cross on a
/// power-tuning chart; `None` when they do not.
///
/// The crossing means nothing: the two axes have different units, and stretching one of them moves
/// it. It is computed only to warn readers who would follow it. The chart is that of
/// lambda-power-tuning.show: sizes at equal distances, straight lines between them, both axes
/// from zero to the largest value (github.com/matteo-ronchetti/aws-lambda-power-tuning-ui).
///
/// ```
/// use powercurve::advise::{PricedCurve, crossing};
/// use powercurve::platform::{billing::BillingStep, pricing::{PriceBasis, PriceTable}};
/// use powercurve::{Arch, PowerCurve};
/// let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, "us-east-1", Arch::X86_64, BillingStep::Ms1)?;
/// // waiting only: 128 MB is the right size, yet the lines cross further right
/// let curve = PowerCurve::from_ms(&[(128, 120.0), (256, 100.0), (512, 100.0), (1024, 100.0)])?;
/// let crossed = crossing(&PricedCurve::computed(&curve, &tariff));
/// assert_eq!(crossed.map(|m| m.mb()), Some(1024));
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn crossing(curve: &PricedCurve) -> Option<MemoryMb> {
    let (max_duration, max_cost) = curve.maxima();
    if max_cost <= 0.0 {
        return None;
    }
    // height of the duration line above the cost line, in chart heights
    let above: Vec<(MemoryMb, f64)> =
        curve.points().iter().map(|p| (p.memory, p.duration.ms() / max_duration - p.cost.usd() / max_cost)).collect();
    above.windows(2).find_map(|pair| match *pair {
        [(left, a), (right, b)] if a * b <= 0.0 && a != b => Some(if a / (a - b) < 0.5 { left } else { right }),
        _ => None,
    })
}
