//! Charts of power curves: duration and cost against memory size, as SVG, PNG and HTML.
//!
//! A [`Chart`] is data only, a [`Picture`] is one or more charts at a size and in a theme.
//!
//! ```
//! use powercurve::PowerCurve;
//! use powercurve::render::chart::{Chart, Picture, Series};
//!
//! let curve = PowerCurve::from_ms(&[(128, 25148.0), (512, 6067.0), (1024, 3084.0), (3008, 1810.0)])?;
//! let chart = Chart::new("thumbnails", Series::measured("thumbnails", curve));
//! let svg = Picture::chart(&chart).svg()?;
//! assert!(svg.contains("thumbnails"));
//! # Ok::<(), powercurve::Error>(())
//! ```

mod compose;
mod fleet;
mod fleet_scale;
mod font;
mod frame;
mod html;
mod label;
#[cfg(test)]
mod layout_tests;
mod look;
mod paint;
mod picture;
mod plot;
mod scale;
mod scene;

pub use fleet::{Fleet, FleetFunction};
pub use look::Theme;
pub use picture::{FileKind, Picture, Size};
pub use scale::AxisScale;

use crate::curve::{Interval, Point, PowerCurve};
use crate::platform::cpu;
use crate::units::{Currency, MemoryMb};

/// What a chart shows. Nothing in it is computed while drawing but the layout.
///
/// ```
/// use powercurve::PowerCurve;
/// use powercurve::render::chart::{Chart, Mark, Picture, Series};
/// let busy = Series::measured("busy", PowerCurve::from_ms(&[(128, 8000.0), (1024, 1000.0), (3008, 580.0)])?);
/// let waiting = Series::measured("waiting", PowerCurve::from_ms(&[(128, 1600.0), (1024, 1590.0), (3008, 1600.0)])?);
/// let marks = Mark::one_vcpu().into_iter().collect();
/// let chart = Chart { overlay: Some(waiting), marks, ..Chart::new("busy against waiting", busy) };
/// assert_eq!(chart.series().count(), 2);
/// assert!(Picture::chart(&chart).svg()?.contains("1 vCPU"));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// The headline, such as `thumbnails: cpu-bound, 97 %`.
    pub title: String,
    /// A quieter line below it; empty for none.
    pub subtitle: String,
    /// The run or workload.
    pub run: Series,
    /// A second one to compare with, drawn hollow and dashed.
    pub overlay: Option<Series>,
    /// Memory sizes to point out, each with what it is best at.
    pub optima: Vec<Mark>,
    /// Memory sizes of the platform, such as [`Mark::one_vcpu`].
    pub marks: Vec<Mark>,
    /// Scale of the duration axis.
    pub duration_scale: AxisScale,
}

impl Chart {
    /// A chart of one run or workload, without further marks.
    pub fn new(title: impl Into<String>, run: Series) -> Self {
        Self {
            title: title.into(),
            subtitle: String::new(),
            run,
            overlay: None,
            optima: Vec::new(),
            marks: Vec::new(),
            duration_scale: AxisScale::Auto,
        }
    }

    /// The run and, where there is one, the overlay.
    pub fn series(&self) -> impl Iterator<Item = &Series> {
        std::iter::once(&self.run).chain(&self.overlay)
    }
}

/// One run or one workload: measured points, a smooth curve, or both.
///
/// ```
/// use powercurve::render::chart::Series;
/// use powercurve::{PowerCurve, model::Observation, pattern::Reader, predict::Line};
/// let curve = PowerCurve::from_ms(&[(256, 1250.0), (1024, 310.0)])?;
/// let posterior = Reader::shipped().posterior(&Observation::of(&powercurve::Run::new("resize", curve.clone())));
/// let sizes = Series::line_sizes(curve.points()[0].memory, curve.points()[1].memory, &[]);
/// let Line { curve: model, band } = Line::new(&posterior, &sizes)?;
/// let series = Series { model: Some(model), band, ..Series::measured("resize", curve) };
/// assert_eq!((series.band.len(), sizes.len()), (97, 97)); // both ends of two doublings of 48 steps each
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// Its name, shown where two are compared.
    pub name: String,
    /// Measured sizes: drawn as points and never joined.
    pub measured: Option<PowerCurve>,
    /// Measured sizes that the model was not shown: drawn hollow.
    pub withheld: Option<PowerCurve>,
    /// Whether the points come from a simulation: only the words around the picture depend on it.
    pub simulated: bool,
    /// A model at many sizes: drawn as a line.
    pub model: Option<PowerCurve>,
    /// An interval around the model's duration, ascending by memory size.
    pub band: Vec<Interval>,
    /// The currency of the costs.
    pub currency: Currency,
}

impl Series {
    /// Measured points alone.
    pub fn measured(name: impl Into<String>, curve: PowerCurve) -> Self {
        Self { name: name.into(), measured: Some(curve), ..Self::default() }
    }

    /// A model's curve alone.
    pub fn model(name: impl Into<String>, curve: PowerCurve) -> Self {
        Self { name: name.into(), model: Some(curve), ..Self::default() }
    }

    /// Sizes from `low` to `high` that are dense enough for a line to look smooth, and those of `also` between them.
    ///
    /// ```
    /// use powercurve::MemoryMb;
    /// use powercurve::render::chart::Series;
    /// let [low, high, also] = [128, 10_240, 1769].map(|mb| MemoryMb::new(mb).unwrap());
    /// let sizes = Series::line_sizes(low, high, &[also]);
    /// assert_eq!((sizes.first(), sizes.last()), (Some(&low), Some(&high)));
    /// assert!(sizes.contains(&also) && sizes.is_sorted());
    /// ```
    pub fn line_sizes(low: MemoryMb, high: MemoryMb, also: &[MemoryMb]) -> Vec<MemoryMb> {
        const PER_DOUBLING: f64 = 48.0;
        let steps = ((high.as_f64() / low.as_f64()).log2().max(0.0) * PER_DOUBLING).floor() as u32;
        let size = |step: u32| (low.as_f64() * 2f64.powf(f64::from(step) / PER_DOUBLING)).round();
        let dense = (0..=steps).filter_map(|step| MemoryMb::from_f64(size(step)).ok());
        let mut sizes: Vec<MemoryMb> = dense.chain([high]).chain(also.iter().copied()).collect();
        sizes.retain(|size| (low..=high).contains(size));
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }

    /// What the points are, or `None` where there are none.
    fn kind_of_points(&self) -> Option<&'static str> {
        match (&self.measured, &self.withheld) {
            (None, _) => None,
            _ if self.simulated => Some("points: simulated run"),
            (_, Some(_)) => Some("filled: given · hollow: measured, not given"),
            _ => Some("points: measured"),
        }
    }

    /// All sizes that were measured, whether the model saw them or not.
    fn points(&self) -> impl Iterator<Item = &Point> {
        self.measured.iter().chain(&self.withheld).flat_map(PowerCurve::points)
    }

    fn curves(&self) -> impl Iterator<Item = &PowerCurve> {
        self.measured.iter().chain(&self.withheld).chain(&self.model)
    }
}

/// A memory size with a name.
///
/// ```
/// use powercurve::{MemoryMb, render::chart::Mark};
/// let mark = Mark::new(MemoryMb::new(1024)?, "cheapest: 1024 MB");
/// assert!(Mark::one_vcpu().is_some_and(|one| one.memory > mark.memory && one.label == "1 vCPU"));
/// let first = &Mark::core_boundaries()[0];
/// assert_eq!((first.memory.mb(), first.label.as_str()), (3009, "3 cores"));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Memory size.
    pub memory: MemoryMb,
    /// What there is to say of it, such as `best cost 1024 MB`.
    pub label: String,
}

impl Mark {
    /// A memory size with a name.
    pub fn new(memory: MemoryMb, label: impl Into<String>) -> Self {
        Self { memory, label: label.into() }
    }

    /// The size that has the equivalent of one vCPU ([`cpu::ONE_VCPU_MB`]).
    pub fn one_vcpu() -> Option<Self> {
        MemoryMb::from_f64(cpu::ONE_VCPU_MB).ok().map(|memory| Self::new(memory, "1 vCPU"))
    }

    /// The first sizes at which a function sees a third core, a fourth and so on ([`cpu::visible_cores`]).
    pub fn core_boundaries() -> Vec<Self> {
        let sizes = (MemoryMb::MIN.mb()..=MemoryMb::MAX.mb()).filter_map(|mb| MemoryMb::new(mb).ok());
        let mut cores = cpu::visible_cores(MemoryMb::MIN);
        sizes
            .filter_map(|memory| {
                let more = cpu::visible_cores(memory) > cores;
                cores = cpu::visible_cores(memory);
                more.then(|| Self::new(memory, format!("{cores} cores")))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_boundaries_are_those_of_the_platform() {
        let marks = Mark::core_boundaries();
        let sizes: Vec<u32> = marks.iter().map(|m| m.memory.mb()).collect();
        assert_eq!(sizes, [3009, 5308, 7077, 8846]);
        assert_eq!(marks[0].label, "3 cores");
        assert_eq!(Mark::one_vcpu().unwrap().memory.mb(), 1769);
    }
}
