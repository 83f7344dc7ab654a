//! A ranking of functions as a picture.

use crate::advise::{Estimate, Ranked, Ranking};
use crate::render::chart::{Fleet, FleetFunction};

/// What changing the memory size of each ranked function would do to its duration and its bill, in the order of the
/// ranking; functions that keep their size are left out.
///
/// ```
/// use powercurve::advise::{Market, RankBy, Wish, rank};
/// use powercurve::load::FunctionLoad;
/// use powercurve::{MemoryMb, PowerCurve, Run, platform::pricing::PriceOverride, show};
/// let curve = PowerCurve::from_ms(&[(128, 1604.0), (512, 1598.0), (1024, 1601.0), (3008, 1599.0)])?;
/// let load = FunctionLoad {
///     invocations_per_month: Some(1e6),
///     memory: Some(MemoryMb::new(1024)?),
///     ..FunctionLoad::default()
/// };
/// let market = Market { region: "us-east-1".to_owned(), given: PriceOverride::default(), free_tier: false };
/// let ranking = rank(&[(Run::new("asks an API", curve), load)], &Wish::default(), RankBy::default(), &market)?;
/// let picture = show::fleet(&ranking, "Our functions");
/// assert!((picture.functions[0].duration.mid - 1.0).abs() < 0.05); // no slower at 128 MB, and an eighth of the bill
/// assert!(picture.functions[0].saving.mid > 20.0);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn fleet(ranking: &Ranking, title: &str) -> Fleet {
    let changed = ranking.functions.iter().filter(|r| r.prospect.current != r.prospect.best);
    Fleet {
        title: title.to_owned(),
        subtitle: format!(
            "{} function{}, ${:.2} a month today",
            ranking.functions.len(),
            if ranking.functions.len() == 1 { "" } else { "s" },
            ranking.bill
        ),
        functions: changed.map(function).collect(),
    }
}

fn function(ranked: &Ranked) -> FleetFunction {
    let p = &ranked.prospect;
    // the faster it gets, the smaller the multiple
    let multiple = |faster_ms: f64| 1.0 - faster_ms / p.current_ms;
    FleetFunction {
        id: p.id.clone(),
        family: p.pattern.family(),
        duration: Estimate {
            mid: multiple(p.faster_ms.mid),
            low: multiple(p.faster_ms.high),
            high: multiple(p.faster_ms.low),
        },
        saving: ranked.saving,
        decided: p.decided,
    }
}
