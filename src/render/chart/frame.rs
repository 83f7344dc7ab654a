//! The axes of one chart, and where a value is on them.

use super::label::thin;
use super::look::{Look, Palette};
use super::scale::{Axis, AxisScale, MemoryAxis, Quantity, Span, axes, nice_at_least};
use super::scene::{Anchor, Place, Rect, Rgb, Scene, Text};
use super::{Chart, Series};
use crate::curve::Point;
use crate::units::{MemoryMb, Usd};

/// Sizes in MB whose ticks are labelled before others, and between them those that come next.
const COARSE_SIZES: [u32; 4] = [128, 512, 2048, 10_240];
const FINE_SIZES: [u32; 3] = [256, 1024, 4096];

/// How far beyond the points an interval may stretch the duration axis downwards (which only a logarithmic axis
/// shows) and upwards, as factors; the rest of it is cut off.
const BAND_STRETCH: (f64, f64) = (4.0, 1.5);

/// The plot area and its axes.
#[derive(Debug)]
pub(super) struct Frame {
    /// Where the data are.
    pub plot: Rect,
    memory: MemoryAxis,
    /// Smallest and largest size of the data.
    sizes: (MemoryMb, MemoryMb),
    /// Sizes that get a tick, ascending.
    ticks: Vec<MemoryMb>,
    duration: Axis,
    cost: Option<Axis>,
}

impl Frame {
    /// Axes for a chart inside `room`, which holds the tick labels as well.
    pub fn new(chart: &Chart, room: Rect, look: &Look) -> Self {
        let points = || chart.series().flat_map(Series::curves).flat_map(|c| c.points());
        let marked = chart.optima.iter().map(|m| m.memory);
        let banded = chart.series().flat_map(|s| &s.band).map(|i| i.memory);
        let sizes: Vec<MemoryMb> = points().map(|p| p.memory).chain(marked).chain(banded).collect();
        let smallest = sizes.iter().min().copied().unwrap_or(MemoryMb::MIN);
        let largest = sizes.iter().max().copied().unwrap_or(MemoryMb::MAX);
        let costs = Span::of(points().filter_map(per_million));
        let durations = Span::of(points().map(|p| p.duration.ms())).unwrap_or(Span { low: 1.0, high: 1.0 });
        // the points choose the scale: a wide interval must not change how their curve looks
        let scale = match chart.duration_scale {
            AxisScale::Auto if !durations.wants_log(Quantity::Duration) => AxisScale::Linear,
            scale => scale,
        };
        let (duration, cost) = axes(with_bands(durations, chart), scale, costs, &look.intervals, chart.run.currency);

        let widest = |axis: &Axis| {
            let widths =
                axis.ticks.iter().map(|(_, label)| Text::new(label, (0.0, 0.0), look.tick, LAYOUT_ONLY).width());
            widths.fold(0.0, f64::max)
        };
        // a quarter more than the measured width: other fonts are wider
        let side = |axis: &Axis| 1.1 * widest(axis) + 0.6 * look.tick;
        let plot = Rect::new(
            room.left + side(&duration),
            room.top + 0.4 * look.tick,
            room.right - cost.as_ref().map_or(0.6 * look.tick, side),
            room.bottom - 1.75 * look.tick,
        );
        let ticks = ticks(chart, smallest, largest, (plot.width() / look.tick).max(2.0) as usize);
        Self { plot, memory: MemoryAxis::new([smallest, largest]), sizes: (smallest, largest), ticks, duration, cost }
    }

    /// Where a memory size is, in pixels from the left.
    pub fn x(&self, memory: MemoryMb) -> f64 {
        self.plot.left + self.memory.position(memory) * self.plot.width()
    }

    /// Where a duration in ms, or a cost in dollars per million, is.
    pub fn place(&self, quantity: Quantity, memory: MemoryMb, value: f64) -> Place {
        let axis = match quantity {
            Quantity::Duration => Some(&self.duration),
            Quantity::Cost => self.cost.as_ref(),
        };
        (self.x(memory), self.plot.bottom - axis.map_or(0.0, |a| a.position(value)) * self.plot.height())
    }

    /// Whether a size is within the data.
    pub fn covers(&self, memory: MemoryMb) -> bool {
        (self.sizes.0..=self.sizes.1).contains(&memory)
    }

    /// The title of an axis, or `None` where the chart has no such axis.
    pub fn title(&self, quantity: Quantity) -> Option<&str> {
        match quantity {
            Quantity::Duration => Some(&self.duration.title),
            Quantity::Cost => self.cost.as_ref().map(|a| a.title.as_str()),
        }
    }

    /// Draws grid, axes, ticks and their labels.
    pub fn draw(&self, look: &Look, palette: &Palette, scene: &mut Scene) {
        let Rect { left, right, bottom, .. } = self.plot;
        let thin_line = (look.line / 3.0).max(1.0);
        for y in self.grid() {
            scene.line(vec![(left, y), (right, y)], thin_line, palette.grid);
        }
        let labels = |axis: &Axis, x: f64, anchor: Anchor, color: Rgb| {
            let ticks = axis.ticks.iter().zip(self.heights(axis));
            let label = |((_, label), y): (&(f64, String), f64)| {
                Text::new(label, (x, y + 0.36 * look.tick), look.tick, color).anchor(anchor)
            };
            thin(ticks.map(label), 0.0)
        };
        let gap = 0.45 * look.tick;
        let durations = labels(&self.duration, left - gap, Anchor::End, palette.duration);
        let costs = self.cost.iter().flat_map(|axis| labels(axis, right + gap, Anchor::Start, palette.cost));
        durations.into_iter().chain(costs).for_each(|label| scene.text(label));
        scene.line(vec![(left, bottom), (right, bottom)], 1.5 * thin_line, palette.axis);
        self.draw_sizes(look, palette, scene);
    }

    fn draw_sizes(&self, look: &Look, palette: &Palette, scene: &mut Scene) {
        let bottom = self.plot.bottom;
        for &size in &self.ticks {
            let x = self.x(size);
            scene.line(vec![(x, bottom), (x, bottom + 0.3 * look.tick)], (look.line / 3.0).max(1.0), palette.axis);
        }
        for label in self.size_labels(look, palette) {
            scene.text(label);
        }
    }

    /// The labels of the memory sizes that there is room for.
    fn size_labels(&self, look: &Look, palette: &Palette) -> Vec<Text> {
        let label = |size: MemoryMb| {
            let place = (self.x(size), self.plot.bottom + 1.4 * look.tick);
            Text::new(size.mb().to_string(), place, look.tick, palette.text).anchor(Anchor::Middle)
        };
        let gap = 0.55 * look.tick;
        let is_end = |size: MemoryMb| self.ticks.first() == Some(&size) || self.ticks.last() == Some(&size);
        let rank = |size: MemoryMb| match size.mb() {
            _ if is_end(size) => 0,
            mb if COARSE_SIZES.contains(&mb) => 1,
            mb if FINE_SIZES.contains(&mb) => 2,
            _ => 3,
        };
        let of_rank = |r| self.ticks.iter().copied().filter(move |&size| rank(size) == r).map(label);
        let coarse = thin(of_rank(0).chain(of_rank(1)), gap);
        // all of the fine sizes or none: a row with holes is harder to read
        let count = coarse.len() + of_rank(2).count();
        let fine = Some(thin(coarse.iter().cloned().chain(of_rank(2)), gap)).filter(|kept| kept.len() == count);
        thin(fine.unwrap_or(coarse).into_iter().chain(of_rank(3)), gap)
    }

    /// The horizontal lines of the grid, in pixels from the top.
    pub fn grid(&self) -> impl Iterator<Item = f64> {
        self.heights(&self.duration)
    }

    /// Where the ticks of a value axis are, in pixels from the top.
    fn heights(&self, axis: &Axis) -> impl Iterator<Item = f64> {
        axis.ticks.iter().map(|(value, _)| self.plot.bottom - axis.position(*value) * self.plot.height())
    }
}

/// A colour for text that is measured and not drawn.
const LAYOUT_ONLY: Rgb = Rgb(0, 0, 0);

/// Dollars per million invocations at a point, where its cost is known.
pub(super) fn per_million(point: &Point) -> Option<f64> {
    point.cost.map(|c| Usd::per_million(c).usd())
}

/// The span of the points' durations, stretched by the intervals.
fn with_bands(points: Span, chart: &Chart) -> Span {
    let ends = chart.series().flat_map(|s| &s.band).flat_map(|i| [i.low.ms(), i.high.ms()]);
    Span::of(ends).map_or(points, |band| Span {
        low: points.low.min(band.low.max(points.low / BAND_STRETCH.0)),
        high: points.high.max(band.high.min(points.high * BAND_STRETCH.1)),
    })
}

/// The measured sizes, or round ones where none were measured or more than `most`, and the ends of the data that are far
/// from these.
fn ticks(chart: &Chart, smallest: MemoryMb, largest: MemoryMb, most: usize) -> Vec<MemoryMb> {
    let mut sizes: Vec<MemoryMb> = chart.series().flat_map(Series::points).map(|p| p.memory).collect();
    if sizes.is_empty() || sizes.len() > most {
        sizes = round_sizes(smallest, largest);
    }
    // a model that goes on a little beyond the measured sizes needs no tick of its own there
    let near = |end: MemoryMb, size: &MemoryMb| (end.as_f64() / size.as_f64()).log2().abs() < 0.5;
    for end in [smallest, largest] {
        if !sizes.iter().any(|size| near(end, size)) {
            sizes.push(end);
        }
    }
    sizes.retain(|size| (smallest..=largest).contains(size));
    sizes.sort();
    sizes.dedup();
    sizes
}

/// Sizes for an axis on which none stand out: doublings, or equal steps where these would be too few.
fn round_sizes(smallest: MemoryMb, largest: MemoryMb) -> Vec<MemoryMb> {
    let doublings = (largest.as_f64() / smallest.as_f64()).log2();
    let sizes: Vec<u32> = if doublings < 3.0 {
        let step = nice_at_least((largest.as_f64() - smallest.as_f64()) / 6.0).max(1.0) as u32;
        (smallest.mb().div_ceil(step)..=largest.mb() / step).map(|i| i * step).collect()
    } else {
        COARSE_SIZES.into_iter().chain(FINE_SIZES).collect()
    };
    sizes.into_iter().filter_map(|mb| MemoryMb::new(mb).ok()).collect()
}
