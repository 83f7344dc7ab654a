//! Tables of a run: its points, the probabilities of its patterns, the shares of its time.

use crate::advise::PricedCurve;
use crate::pattern::{Classification, Pattern};
use crate::render::table::{Cell, Column, Table};

/// Memory size, duration and cost of a million invocations.
///
/// ```
/// use powercurve::{PowerCurve, Run, advise::PricedCurve, show};
/// let run = Run::new("primes", PowerCurve::from_ms(&[(128, 25148.0), (1024, 3084.0)])?);
/// let table = show::points(&PricedCurve::usual(&run)?.0);
/// // $ 2.1e-9 a ms at 128 MB
/// assert!(table.markdown().ends_with("| 128 MB | 25.1 s | $52.81 |\n| 1024 MB | 3084 ms | $51.81 |\n"));
/// # Ok::<(), powercurve::Error>(())
/// ```
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
///
/// ```
/// use powercurve::{PowerCurve, Run, pattern::Reader, show};
/// let curve = PowerCurve::from_ms(&[(128, 25148.0), (512, 6067.0), (1024, 3084.0), (3008, 1781.0)])?;
/// let table = show::probabilities(&Reader::shipped().classify(&Run::new("primes", curve)));
/// let first = table.csv()?.lines().nth(1).map(str::to_owned).unwrap_or_default();
/// assert!(first.starts_with("cpu-bound,") && first.ends_with("one busy thread"));
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn probabilities(reading: &Classification) -> Table {
    let mut table = Table::new(&["pattern", "probability", "what it is"].map(Column::plain));
    for (pattern, probability) in ranked(reading) {
        let words = |text: &str| Cell::Text(text.to_owned());
        table.row([words(pattern.name()), Cell::Share(probability), words(pattern.summary())]);
    }
    table
}

/// The patterns with their probabilities, from the most to the least probable, without those that round to nothing.
pub(crate) fn ranked(reading: &Classification) -> Vec<(Pattern, f64)> {
    let with_probability = Pattern::ALL.map(|p| (p, reading.probabilities[p.index()]));
    let mut order: Vec<_> = with_probability.into_iter().filter(|(_, probability)| *probability >= 0.005).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order
}

/// Shares of the time at one vCPU with their 90 % intervals.
///
/// ```
/// use powercurve::{PowerCurve, Run, pattern::Reader, show};
/// let curve = PowerCurve::from_ms(&[(128, 1604.0), (512, 1598.0), (1024, 1601.0), (3008, 1599.0)])?;
/// let table = show::shares(&Reader::shipped().classify(&Run::new("asks an API", curve)));
/// let (text, csv) = (table.text(), table.csv()?);
/// assert!(text.contains("time at 1 vCPU") && text.contains("transfer"));
/// assert!(csv.contains("\nwaiting,0.9")); // nearly all of it
/// # Ok::<(), powercurve::Error>(())
/// ```
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
