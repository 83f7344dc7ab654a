//! A ranking of functions as a picture.

use crate::advise::{Estimate, Ranked, Ranking};
use crate::render::chart::{Fleet, FleetFunction};

/// What changing the memory size of each ranked function would do to its duration and its bill, in the order of the
/// ranking; functions that keep their size are left out.
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
