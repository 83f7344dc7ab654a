//! The data of one chart: points, curves, bands, marks and the labels of the curves.

use super::frame::{Frame, per_million};
use super::label::{Obstacle, beside};
use super::look::{Look, Palette};
use super::scale::Quantity;
use super::scene::{Place, Rect, Rgb, Scene, Shape, Text};
use super::{Chart, Series};
use crate::curve::{Point, PowerCurve};

/// One quantity of one run: what is drawn in one colour and style.
#[derive(Debug)]
struct Trace {
    quantity: Quantity,
    color: Rgb,
    /// Of the overlay: hollow points, dashed curve.
    second: bool,
    label: String,
    measured: Vec<Place>,
    withheld: Vec<Place>,
    model: Vec<Place>,
}

impl Trace {
    fn new(chart: &Chart, series: &Series, second: bool, quantity: Quantity, frame: &Frame, palette: &Palette) -> Self {
        let value = |point: &Point| match quantity {
            Quantity::Duration => Some(point.duration.ms()),
            Quantity::Cost => per_million(point),
        };
        let places = |curve: &Option<PowerCurve>| -> Vec<Place> {
            let points = curve.iter().flat_map(|c| c.points());
            points.filter_map(|p| value(p).map(|v| frame.place(quantity, p.memory, v))).collect()
        };
        let (color, name) = match quantity {
            Quantity::Duration => (palette.duration, "duration"),
            Quantity::Cost => (palette.cost, "cost"),
        };
        let label = if chart.overlay.is_some() && !series.name.is_empty() {
            format!("{name}, {}", series.name)
        } else {
            name.to_owned()
        };
        let [measured, withheld, model] = [&series.measured, &series.withheld, &series.model].map(places);
        Self { quantity, color, second, label, measured, withheld, model }
    }

    /// The points a label may stand beside, from left to right.
    fn anchors(&self) -> &[Place] {
        // beside one or two points there may be no room off the curve
        let few = self.measured.len() < 3 && !self.model.is_empty();
        if few { &self.model } else { &self.measured }
    }

    fn draw_curve(&self, look: &Look, scene: &mut Scene) {
        // a measured run's own points must stand out from the model
        let width = if self.measured.is_empty() { look.line } else { 0.6 * look.line };
        let places = without_crowding(&self.model, 0.8);
        if self.second {
            scene.dashed(&places, 3.0 * look.line, width, self.color);
        } else {
            scene.line(places, width, self.color);
        }
    }

    fn draw_points(&self, look: &Look, palette: &Palette, scene: &mut Scene) {
        let radius = marker_radius(look, self.measured.len() + self.withheld.len());
        for (place, crowded) in with_crowding(&self.withheld, radius) {
            if !crowded {
                point(self.quantity, place, radius, palette.background, scene);
            }
            outline(self.quantity, place, radius, 0.35 * radius, self.color, scene);
        }
        for (place, crowded) in with_crowding(&self.measured, radius) {
            if self.second {
                outline(self.quantity, place, 1.4 * radius, 0.35 * radius, self.color, scene);
                continue;
            }
            if !crowded {
                point(self.quantity, place, 1.15 * radius, palette.background, scene);
            }
            point(self.quantity, place, radius, self.color, scene);
        }
    }

    fn obstacles(&self, look: &Look) -> impl Iterator<Item = Obstacle> {
        let reach = 1.6 * look.marker;
        let line = look.line;
        let points = self
            .measured
            .iter()
            .chain(&self.withheld)
            .map(move |&p| Obstacle { area: Rect::around(p, reach), weight: 3.0 });
        let curve = along(&self.model, 0.2 * look.text);
        let curve = curve.into_iter().map(move |p| Obstacle { area: Rect::around(p, line), weight: 1.0 });
        points.chain(curve)
    }
}

/// A point of a quantity: durations are circles and costs are diamonds, so that colour is not needed
/// to tell them apart.
pub(super) fn point(quantity: Quantity, place: Place, radius: f64, color: Rgb, scene: &mut Scene) {
    match quantity {
        Quantity::Duration => scene.circle(place, radius, color),
        Quantity::Cost => scene.polygon(diamond(place, 1.1 * radius).to_vec(), color),
    }
}

/// The same point hollow, so that one that it falls on stays visible.
fn outline(quantity: Quantity, place: Place, radius: f64, width: f64, color: Rgb, scene: &mut Scene) {
    match quantity {
        Quantity::Duration => scene.ring(place, radius, width, color),
        Quantity::Cost => {
            // side by side, since plotters fills a closed line where it meets itself
            let reach = |radius: f64| diamond(place, 1.1 * radius);
            let (outer, inner) = (reach(radius + width / 2.0), reach(radius - width / 2.0));
            for (i, j) in [(0, 1), (1, 2), (2, 3), (3, 0)] {
                scene.polygon(vec![outer[i], outer[j], inner[j], inner[i]], color);
            }
        }
    }
}

/// A square that stands on its corner.
pub(super) fn diamond((x, y): Place, radius: f64) -> [Place; 4] {
    [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)]
}

/// Draws what stands for a quantity in a title, [`symbol_width`] wide from `x`: a point, or a piece of a
/// curve where there are no points.
pub(super) fn symbol(quantity: Quantity, points: bool, (x, y): Place, look: &Look, color: Rgb, scene: &mut Scene) {
    let width = symbol_width(points, look);
    if points {
        point(quantity, (x + width / 2.0, y), look.marker, color, scene);
    } else {
        scene.line(vec![(x, y), (x + width, y)], look.line, color);
    }
}

pub(super) fn symbol_width(points: bool, look: &Look) -> f64 {
    if points { 2.0 * look.marker } else { 1.6 * look.text }
}

/// Draws everything that the data of a chart call for.
pub(super) fn draw(chart: &Chart, frame: &Frame, look: &Look, palette: &Palette, scene: &mut Scene) {
    let traces: Vec<Trace> = chart
        .series()
        .enumerate()
        .flat_map(|(i, series)| [Quantity::Duration, Quantity::Cost].map(|quantity| (i > 0, series, quantity)))
        .map(|(second, series, quantity)| Trace::new(chart, series, second, quantity, frame, palette))
        .filter(|trace| !trace.anchors().is_empty())
        .collect();
    for series in chart.series() {
        draw_band(series, frame, palette, scene);
    }
    let mut obstacles = draw_marks(chart, frame, look, palette, scene);
    traces.iter().for_each(|trace| trace.draw_curve(look, scene));
    traces.iter().for_each(|trace| trace.draw_points(look, palette, scene));
    obstacles.extend(draw_rings(chart, frame, look, palette, scene));
    if look.curve_labels {
        obstacles.extend(traces.iter().flat_map(|trace| trace.obstacles(look)));
        obstacles.extend(
            frame.grid().map(|y| Obstacle {
                area: Rect::new(frame.plot.left, y - 1.0, frame.plot.right, y + 1.0),
                weight: 0.3,
            }),
        );
        draw_labels(&traces, frame, look, obstacles, scene);
    }
}

fn draw_band(series: &Series, frame: &Frame, palette: &Palette, scene: &mut Scene) {
    let inside = |(x, y): Place| (x, y.clamp(frame.plot.top, frame.plot.bottom));
    let low = series.band.iter().map(|i| frame.place(Quantity::Duration, i.memory, i.low.ms()));
    let high = series.band.iter().rev().map(|i| frame.place(Quantity::Duration, i.memory, i.high.ms()));
    let places: Vec<Place> = low.chain(high).map(inside).collect();
    if places.len() > 2 {
        scene.shapes.push(Shape::Polygon { places, color: palette.duration, opacity: 0.16 });
    }
}

/// Draws the vertical lines of the platform's marks and of the optima.
fn draw_marks(chart: &Chart, frame: &Frame, look: &Look, palette: &Palette, scene: &mut Scene) -> Vec<Obstacle> {
    let marks = chart.marks.iter().filter(|m| frame.covers(m.memory)).map(|m| (m, 0.5, 0.4, palette.axis));
    let optima = chart.optima.iter().map(|m| (m, 1.2, 0.6, palette.optimum));
    marks
        .chain(optima)
        .map(|(mark, dash, width, color)| {
            let x = frame.x(mark.memory);
            let line = [(x, frame.plot.top), (x, frame.plot.bottom)];
            scene.dashed(&line, dash * look.marker.max(3.0), (width * look.line).max(1.0), color);
            Obstacle { area: Rect::new(x - look.line, frame.plot.top, x + look.line, frame.plot.bottom), weight: 2.0 }
        })
        .collect()
}

/// Draws a ring around the points at each optimum.
fn draw_rings(chart: &Chart, frame: &Frame, look: &Look, palette: &Palette, scene: &mut Scene) -> Vec<Obstacle> {
    let radius = 2.0 * marker_radius(look, chart.run.points().count());
    let best = chart.optima.iter().filter_map(|mark| chart.run.curves().find_map(|curve| curve.at(mark.memory)));
    let places = best.flat_map(|at| {
        let duration = frame.place(Quantity::Duration, at.memory, at.duration.ms());
        let cost = per_million(at).map(|cost| frame.place(Quantity::Cost, at.memory, cost));
        std::iter::once(duration).chain(cost)
    });
    places
        .map(|place| {
            scene.ring(place, radius, 0.75 * look.line, palette.optimum);
            Obstacle { area: Rect::around(place, 1.3 * radius), weight: 3.0 }
        })
        .collect()
}

fn draw_labels(traces: &[Trace], frame: &Frame, look: &Look, mut obstacles: Vec<Obstacle>, scene: &mut Scene) {
    for (i, trace) in traces.iter().enumerate() {
        let foreign = traces.iter().enumerate().filter(|(j, _)| *j != i).flat_map(|(_, t)| t.anchors().iter().copied());
        let foreign: Vec<Place> = foreign.collect();
        let text = Text::new(&trace.label, (0.0, 0.0), look.text, trace.color).bold().fit(0.45 * frame.plot.width());
        let room = frame.plot.inset(0.2 * look.text);
        let distance = if trace.second { 1.9 } else { 1.4 } * look.marker;
        if let Some(label) = beside(&text, trace.anchors(), distance, room, &obstacles, &foreign) {
            obstacles.push(Obstacle { area: label.area(), weight: f64::INFINITY });
            scene.text(label);
        }
    }
}

/// Many points need small ones.
fn marker_radius(look: &Look, points: usize) -> f64 {
    look.marker * (24.0 / points.max(1) as f64).sqrt().clamp(0.3, 1.0)
}

/// Each place, and whether its neighbours are so near that what is drawn around it would hide them.
fn with_crowding(places: &[Place], radius: f64) -> impl Iterator<Item = (Place, bool)> {
    let near = move |a: Option<&Place>, b: Place| a.is_some_and(|a| (a.0 - b.0).abs() < radius);
    places.iter().enumerate().map(move |(i, &place)| {
        let before = i.checked_sub(1).and_then(|i| places.get(i));
        (place, near(before, place) || near(places.get(i + 1), place))
    })
}

/// Places on a line at most `step` apart.
pub(super) fn along(line: &[Place], step: f64) -> Vec<Place> {
    let between = |leg: &[Place]| {
        let [from, to] = [leg[0], leg[1]];
        let pieces = ((to.0 - from.0).hypot(to.1 - from.1) / step).ceil().clamp(1.0, 1e4);
        let at = move |i: u32| {
            let share = f64::from(i) / pieces;
            (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1))
        };
        (0..pieces as u32).map(at)
    };
    line.windows(2).flat_map(between).chain(line.last().copied()).collect()
}

/// Drops places that are nearer than `distance` to the one before: they only make a line rough.
fn without_crowding(places: &[Place], distance: f64) -> Vec<Place> {
    let mut kept: Vec<Place> = Vec::with_capacity(places.len());
    for (i, &(x, y)) in places.iter().enumerate() {
        let near = kept.last().is_some_and(|last| (x - last.0).hypot(y - last.1) < distance);
        if !near || i + 1 == places.len() {
            kept.push((x, y));
        }
    }
    kept
}
