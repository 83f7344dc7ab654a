//! A model's line behind points, and marks at the best sizes.

use crate::advise::{PricedCurve, Strategy};
use crate::curve::PowerCurve;
use crate::error::Result;
use crate::model::Posterior;
use crate::platform::billing::Tariff;
use crate::predict::Line;
use crate::render::chart::{Mark, Series};
use crate::units::MemoryMb;

/// How far a model's line goes on beyond the points, as a factor.
const BEYOND: f64 = 1.2;

/// Adds the model's line and its band to a series of points: from a little below the smallest size to a little above
/// the largest, through all of `also`; priced by `tariff`.
///
/// ```
/// use powercurve::{PowerCurve, Run, advise::PricedCurve, model::Observation, pattern::Reader};
/// use powercurve::{render::chart::Series, show};
/// let run = Run::new("resize", PowerCurve::from_ms(&[(256, 1250.0), (1024, 310.0)])?);
/// let (_, tariff) = PricedCurve::usual(&run)?;
/// let posterior = Reader::shipped().posterior(&Observation::of(&run));
/// let series = show::add_model(Series::measured("resize", run.curve), &posterior, &[], &tariff)?;
/// let model = series.model.expect("a line");
/// let ends = [0, model.len() - 1].map(|i| model.points()[i].memory.mb());
/// assert_eq!(ends, [213, 1229]); // a fifth beyond both ends
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When the posterior predicts nothing at any of these sizes.
pub fn add_model(series: Series, posterior: &Posterior<'_>, also: &[MemoryMb], tariff: &Tariff) -> Result<Series> {
    let measured = [&series.measured, &series.withheld].into_iter().flatten().flat_map(PowerCurve::sizes);
    let all: Vec<MemoryMb> = measured.chain(also.iter().copied()).collect();
    let smallest = all.iter().min().map_or(MemoryMb::MIN, |m| beyond(*m, 1.0 / BEYOND));
    let largest = all.iter().max().map_or(MemoryMb::MAX, |m| beyond(*m, BEYOND));
    let line = Line::new(posterior, &Series::line_sizes(smallest, largest, also))?;
    let model = PricedCurve::computed(&line.curve, tariff).to_curve();
    Ok(Series { model: Some(model), band: line.band, ..series })
}

fn beyond(memory: MemoryMb, factor: f64) -> MemoryMb {
    let mb = (memory.as_f64() * factor).round().clamp(MemoryMb::MIN.as_f64(), MemoryMb::MAX.as_f64());
    MemoryMb::from_f64(mb).unwrap_or(memory)
}

/// A mark at each size that a strategy chooses; one that several choose has all their names.
///
/// ```
/// use powercurve::{MemoryMb, advise::Strategy, show};
/// let [small, large] = [512, 3008].map(|mb| MemoryMb::new(mb).expect("a size"));
/// let marks = show::optima(&[(Strategy::Cost, small), (Strategy::Balanced(0.5), small), (Strategy::Speed, large)]);
/// let labels: Vec<&str> = marks.iter().map(|mark| mark.label.as_str()).collect();
/// assert_eq!(labels, ["lowest cost, balanced: 512 MB", "fastest: 3008 MB"]);
/// ```
pub fn optima(choices: &[(Strategy, MemoryMb)]) -> Vec<Mark> {
    let mut sizes: Vec<MemoryMb> = choices.iter().map(|(_, memory)| *memory).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let mark = |memory: MemoryMb| {
        let names: Vec<&str> = choices.iter().filter(|(_, m)| *m == memory).map(|(s, _)| merit(*s)).collect();
        Mark::new(memory, format!("{}: {memory}", names.join(", ")))
    };
    sizes.into_iter().map(mark).collect()
}

const fn merit(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Cost => "lowest cost",
        Strategy::Speed => "fastest",
        Strategy::Balanced(_) => "balanced",
    }
}
