//! The data of one chart: points, curves, bands, marks and the labels of the curves.

use super::frame::{Frame, per_million};
use super::label::{Obstacle, beside};
use super::look::{Look, Palette};
use super::scale::Quantity;
use super::scene::{Anchor, Place, Rect, Rgb, Scene, Shape, Text};
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
        let (measured, model) = (places(&series.measured), places(&series.model));
        Self { quantity, color, second, label, measured, model }
    }

    /// The points a label may stand beside, from left to right.
    fn anchors(&self) -> &[Place] {
        if self.measured.is_empty() { &self.model } else { &self.measured }
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
        let radius = marker_radius(look, self.measured.len());
        for &place in &self.measured {
            point(self.quantity, place, radius * 1.25, palette.background, scene);
            point(self.quantity, place, radius, self.color, scene);
            if self.second {
                point(self.quantity, place, radius * 0.55, palette.background, scene);
            }
        }
    }

    fn obstacles(&self, look: &Look) -> impl Iterator<Item = Obstacle> {
        let reach = 1.5 * look.marker;
        let line = look.line;
        let points = self.measured.iter().map(move |&p| Obstacle { area: Rect::around(p, reach), weight: 3.0 });
        let curve = self.model.iter().map(move |&p| Obstacle { area: Rect::around(p, line), weight: 1.0 });
        points.chain(curve)
    }
}

/// A point of a quantity: durations are circles and costs are diamonds, so that colour is not needed
/// to tell them apart.
pub(super) fn point(quantity: Quantity, place: Place, radius: f64, color: Rgb, scene: &mut Scene) {
    match quantity {
        Quantity::Duration => scene.circle(place, radius, color),
        Quantity::Cost => scene.diamond(place, 1.25 * radius, color),
    }
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
    draw_rings(chart, frame, look, palette, scene);
    // the first run last: it is the one the title speaks of
    traces.iter().rev().for_each(|trace| trace.draw_points(look, palette, scene));
    if look.curve_labels {
        obstacles.extend(traces.iter().flat_map(|trace| trace.obstacles(look)));
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

/// A ring around the points at each optimum.
fn draw_rings(chart: &Chart, frame: &Frame, look: &Look, palette: &Palette, scene: &mut Scene) {
    let radius = marker_radius(look, chart.run.measured.as_ref().map_or(1, PowerCurve::len));
    for mark in &chart.optima {
        for at in chart.run.curves().filter_map(|c| c.at(mark.memory)).take(1) {
            let places = [
                Some(frame.place(Quantity::Duration, at.memory, at.duration.ms())),
                per_million(at).map(|cost| frame.place(Quantity::Cost, at.memory, cost)),
            ];
            for place in places.into_iter().flatten() {
                scene.circle(place, 2.1 * radius, palette.optimum);
                scene.circle(place, 1.75 * radius, palette.background);
            }
        }
    }
}

fn draw_labels(traces: &[Trace], frame: &Frame, look: &Look, mut obstacles: Vec<Obstacle>, scene: &mut Scene) {
    for (i, trace) in traces.iter().enumerate() {
        let foreign = traces.iter().enumerate().filter(|(j, _)| *j != i).flat_map(|(_, t)| t.anchors().iter().copied());
        let foreign: Vec<Place> = foreign.collect();
        let text = Text::new(&trace.label, (0.0, 0.0), look.text, trace.color).bold().fit(0.45 * frame.plot.width());
        let room = frame.plot.inset(0.2 * look.text);
        if let Some(label) = beside(&text, trace.anchors(), 1.4 * look.marker, room, &obstacles, &foreign) {
            obstacles.push(Obstacle { area: label.area(), weight: 100.0 });
            scene.text(label);
        }
    }
}

/// The labels of the platform's marks, in a row at `baseline`; those without room are left out.
pub(super) fn draw_mark_names(
    chart: &Chart,
    frame: &Frame,
    baseline: f64,
    look: &Look,
    palette: &Palette,
    scene: &mut Scene,
) {
    let labels = chart.marks.iter().filter(|m| frame.covers(m.memory)).map(|mark| {
        Text::new(&mark.label, (frame.x(mark.memory), baseline), look.small, palette.muted).anchor(Anchor::Middle)
    });
    super::label::thin(labels, 0.5 * look.small).into_iter().for_each(|label| scene.text(label));
}

/// Many points need small ones.
fn marker_radius(look: &Look, points: usize) -> f64 {
    look.marker * (24.0 / points.max(1) as f64).sqrt().clamp(0.3, 1.0)
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
