//! What the recorded cost of a run tells beyond the cost: the architecture, and unbilled init time.
//!
//! aws-lambda-power-tuning computes `averagePrice = ceil(billed ms) * price * memory / 128`, so
//! the billed duration comes back from the cost once the price is known.

use std::sync::LazyLock;

use crate::curve::{Arch, PowerCurve, Run, RunWarning};
use crate::platform::billing::{BillingStep, gb_seconds};
use crate::platform::pricing::{PriceBasis, PriceTable};
use crate::units::Currency;

/// Room around a price: list prices lie 0.8 % (x86_64) and 2 % (arm64) below those of
/// aws-lambda-power-tuning, and rounding up to whole ms adds up to 1 ms.
const TOLERANCE: f64 = 0.025;

/// Shortest duration, in ms, that the price is read from: 1 ms of rounding is 2 % of it.
const LONG_MS: f64 = 50.0;

/// The difference of duration and billed duration, in ms and as a share of the duration, from
/// which unbilled init is certain; trimming the two means apart explains less.
const UNBILLED_MS: f64 = 1.0;
const UNBILLED_SHARE: f64 = 0.1;

/// Fills in the architecture where it is unknown, and warns of unbilled init.
pub(super) fn annotate(run: &mut Run) {
    run.arch = run.arch.or_else(|| infer_arch(&run.curve));
    // the lower price gives the longer billed duration, so that the warning is never too loud
    run.warnings.extend(unbilled_init(&run.curve, run.arch.unwrap_or(Arch::Arm64)));
}

/// The architecture that the recorded costs were computed for: most of the points of at least
/// 50 ms must cost what x86_64 costs a GB-second, or what arm64 does.
///
/// ```
/// use powercurve::{Arch, MemoryMb, Millis, Point, PowerCurve, Usd};
/// let point = Point::new(MemoryMb::new(1024)?, Millis::new(3084.0)?).with_cost(Usd::new(4.1942e-5)?);
/// let curve = PowerCurve::new(vec![point])?;
/// assert_eq!(powercurve::ingest::infer_arch(&curve), Some(Arch::Arm64));
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn infer_arch(curve: &PowerCurve) -> Option<Arch> {
    let prices: Vec<f64> = curve
        .points()
        .iter()
        .filter(|p| p.duration.ms() >= LONG_MS)
        .filter_map(|p| Some(p.cost?.usd() / gb_seconds(p.memory, p.duration)))
        .collect();
    [Arch::X86_64, Arch::Arm64].into_iter().find(|&arch| {
        let of_arch = usd_per_gb_s(arch);
        let near = prices.iter().filter(|&price| (price / of_arch - 1.0).abs() < TOLERANCE).count();
        2 * near > prices.len()
    })
}

/// The size at which the duration exceeds the billed duration most, where it clearly does.
fn unbilled_init(curve: &PowerCurve, arch: Arch) -> Option<RunWarning> {
    let price = usd_per_gb_s(arch);
    let excess = curve.points().iter().filter_map(|p| {
        let billed_ms = p.duration.ms() * (p.cost?.usd() / (price * gb_seconds(p.memory, p.duration)));
        let excess = p.duration.ms() - billed_ms;
        (excess > UNBILLED_MS && excess > UNBILLED_SHARE * p.duration.ms()).then_some((excess, billed_ms, p))
    });
    let (_, billed_ms, point) = excess.max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(RunWarning::UnbilledInit { memory: point.memory, duration_ms: point.duration.ms(), billed_ms })
}

/// Price of aws-lambda-power-tuning in us-east-1; 47 decoded public runs agree with it.
fn usd_per_gb_s(arch: Arch) -> f64 {
    static PRICES: LazyLock<[f64; 2]> = LazyLock::new(|| {
        [Arch::X86_64, Arch::Arm64].map(|arch| {
            let home = Currency::Usd.home_region();
            let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, home, arch, BillingStep::Ms1);
            tariff.map_or(f64::NAN, |tariff| tariff.usd_per_gb_s())
        })
    });
    PRICES[usize::from(arch == Arch::Arm64)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::Point;
    use crate::units::{MemoryMb, Millis, Usd};

    /// A curve billed for `billed_ms` at the price that aws-lambda-power-tuning uses.
    fn curve(arch: Arch, points: &[(u32, f64, f64)]) -> PowerCurve {
        let price = if arch == Arch::X86_64 { 2.1e-9 } else { 1.7e-9 };
        let point = |&(mb, ms, billed_ms): &(u32, f64, f64)| {
            let cost = Usd::new(price * f64::from(mb) / 128.0 * billed_ms).unwrap();
            Point::new(MemoryMb::new(mb).unwrap(), Millis::new(ms).unwrap()).with_cost(cost)
        };
        PowerCurve::new(points.iter().map(point).collect()).unwrap()
    }

    #[test]
    fn the_architecture_is_read_from_the_long_points() {
        for arch in [Arch::X86_64, Arch::Arm64] {
            let long = curve(arch, &[(128, 2000.4, 2001.0), (256, 990.2, 991.0), (3008, 4.1, 5.0)]);
            assert_eq!(infer_arch(&long), Some(arch));
            let short = curve(arch, &[(128, 4.2, 5.0), (256, 2.1, 3.0)]);
            assert_eq!(infer_arch(&short), None, "rounding hides the price of short points");
        }
    }

    #[test]
    fn no_cost_or_another_price_gives_no_architecture() {
        assert_eq!(infer_arch(&PowerCurve::from_ms(&[(128, 500.0), (256, 250.0)]).unwrap()), None);
        let unbilled = curve(Arch::X86_64, &[(128, 500.0, 120.0), (256, 400.0, 60.0)]);
        assert_eq!(infer_arch(&unbilled), None);
        // list prices lie up to 2 % below the constants of the tuner; 4 % are those of another region or time
        let at = |share: f64| {
            infer_arch(&curve(Arch::X86_64, &[(128, 2000.0, share * 2000.0), (256, 1000.0, share * 1000.0)]))
        };
        assert_eq!((at(0.98), at(0.96), at(1.04)), (Some(Arch::X86_64), None, None));
        // a call of 40 ms may be billed 2.5 % more for rounding alone
        assert_eq!(infer_arch(&curve(Arch::X86_64, &[(128, 40.0, 40.0), (256, 20.0, 20.0)])), None);
    }

    #[test]
    fn init_that_was_not_billed_is_warned_of() {
        let mut run =
            Run::new("f", curve(Arch::Arm64, &[(128, 5000.0, 1000.0), (256, 700.0, 500.0), (512, 249.5, 250.0)]));
        run.arch = Some(Arch::Arm64);
        annotate(&mut run);
        let [RunWarning::UnbilledInit { memory, billed_ms, .. }] = run.warnings[..] else {
            panic!("{:?}", run.warnings)
        };
        assert_eq!(memory.mb(), 128);
        assert!((billed_ms - 1000.0).abs() < 1e-6);

        let mut warm = Run::new("f", curve(Arch::X86_64, &[(128, 2000.4, 2001.0), (256, 1003.0, 991.0)]));
        annotate(&mut warm);
        assert_eq!((warm.arch, warm.warnings.len()), (Some(Arch::X86_64), 0), "means trimmed apart are no init");
    }
}
