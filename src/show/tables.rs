//! Tables of a run: its points, the probabilities of its patterns, the shares of its time.

use crate::advise::PricedCurve;
use crate::pattern::{Classification, Pattern};
use crate::render::table::{Cell, Column, Table};

/// Memory size, duration and cost of a million invocations.
pub fn points(priced: &PricedCurve) -> Table {
    let mut table = Table::new(&[
        Column { field: "memory_mb", heading: "memory" },
        Column { field: "duration_ms", heading: "duration" },
        Column { field: "usd_per_million", heading: "per million" },
    ]);
    for p in priced.points() {
        table.row([
            Cell::Memory(p.memory),
            Cell::Duration(p.duration),
            Cell::Cost(p.cost.per_million()).in_currency(priced.currency()),
        ]);
    }
    table
}

/// The patterns from the most to the least probable, without those that round to nothing.
pub fn probabilities(reading: &Classification) -> Table {
    let mut table = Table::new(&["pattern", "probability", "what it is"].map(Column::plain));
    for (pattern, probability) in ranked(reading) {
        let words = |text: &str| Cell::Text(text.to_owned());
        table.row([words(pattern.name()), Cell::Share(probability), words(pattern.summary())]);
    }
    table
}

/// The patterns with their probabilities, from the most to the least probable, without those that round to nothing.
pub fn ranked(reading: &Classification) -> Vec<(Pattern, f64)> {
    let with_probability = Pattern::ALL.map(|p| (p, reading.probabilities[p.index()]));
    let mut order: Vec<_> = with_probability.into_iter().filter(|(_, probability)| *probability >= 0.005).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order
}

/// Shares of the time at one vCPU with their 90 % intervals.
pub fn shares(reading: &Classification) -> Table {
    let mut table = Table::new(&["time at 1 vCPU", "share", "90 % from", "to"].map(Column::plain));
    let (low, high) = &reading.share_interval;
    let mean = &reading.shares;
    for (name, shares) in [
        ("CPU", [mean.cpu, low.cpu, high.cpu]),
        ("waiting", [mean.wait, low.wait, high.wait]),
        ("transfer", [mean.transfer, low.transfer, high.transfer]),
    ] {
        table.row(std::iter::once(Cell::Text(name.to_owned())).chain(shares.map(Cell::Share)));
    }
    table
}
