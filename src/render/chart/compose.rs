//! Lays out one chart: header, axis titles, optimum labels, plot, caption.

use super::Chart;
use super::frame::Frame;
use super::label::spread;
use super::look::{Look, Palette};
use super::plot;
use super::scale::Quantity;
use super::scene::{Anchor, Rect, Rgb, Scene, Text};

/// Draws a chart into an area of the scene.
pub(super) fn compose(chart: &Chart, area: Rect, look: &Look, palette: &Palette, scene: &mut Scene) {
    let inner = area.inset(look.margin);
    let top = header(chart, inner, look, palette, scene);
    let has_optima = look.complete && !chart.optima.is_empty();
    let has_marks = look.complete && !chart.marks.is_empty();
    let titles = if look.complete { 1.7 * look.text } else { 0.0 };
    let optima = if has_optima { 2.2 * look.text } else { 0.0 };
    let below = if look.complete { 1.6 * look.text + if has_marks { 1.2 * look.small } else { 0.0 } } else { 0.0 };
    let room = Rect::new(inner.left, top + titles + optima, inner.right, inner.bottom - below);
    let frame = Frame::new(chart, room, look);

    frame.draw(look, palette, scene);
    plot::draw(chart, &frame, look, palette, scene);
    if look.complete {
        axis_titles(chart, &frame, inner, top + 0.9 * look.text, look, palette, scene);
        optimum_labels(chart, &frame, inner, top + titles + 0.95 * look.text, look, palette, scene);
        plot::draw_mark_names(chart, &frame, room.bottom + 0.9 * look.small, look, palette, scene);
        footer(chart, &frame, inner, look, palette, scene);
    }
}

/// Title and subtitle; returns where what follows may start.
fn header(chart: &Chart, inner: Rect, look: &Look, palette: &Palette, scene: &mut Scene) -> f64 {
    let mut top = inner.top;
    if look.title > 0.0 && !chart.title.is_empty() {
        let title = Text::new(&chart.title, (inner.left, top + 0.76 * look.title), look.title, palette.text).bold();
        scene.text(title.fit(inner.width()));
        top += 1.3 * look.title;
    }
    if look.complete && !chart.subtitle.is_empty() {
        let subtitle = Text::new(&chart.subtitle, (inner.left, top + 0.76 * look.text), look.text, palette.muted);
        scene.text(subtitle.fit(inner.width()));
        top += 1.3 * look.text;
    }
    if look.complete { top + 0.5 * look.text } else { top }
}

/// The titles of both value axes, each above its axis, in its colour and with its symbol.
fn axis_titles(
    chart: &Chart,
    frame: &Frame,
    inner: Rect,
    baseline: f64,
    look: &Look,
    palette: &Palette,
    scene: &mut Scene,
) {
    let lines_only = chart.series().all(|s| s.measured.is_none());
    let reach = if lines_only { 0.9 * look.text } else { look.marker };
    let mut title = |quantity: Quantity, anchor: Anchor, color: Rgb| {
        let Some(title) = frame.title(quantity) else { return };
        let text = Text::new(title, (0.0, baseline), look.text, color).bold().fit(0.45 * inner.width());
        let shift = 2.0 * reach + 0.4 * look.text;
        let left = if anchor == Anchor::Start { inner.left } else { inner.right - text.width() - shift };
        let symbol = (left + reach, baseline - 0.36 * look.text);
        if lines_only {
            scene.line(vec![(symbol.0 - reach, symbol.1), (symbol.0 + reach, symbol.1)], look.line, color);
        } else {
            plot::point(quantity, symbol, look.marker, color, scene);
        }
        scene.text(match anchor {
            Anchor::Start => Text { x: left + shift, ..text },
            _ => Text { x: inner.right, anchor: Anchor::End, ..text },
        });
    };
    title(Quantity::Duration, Anchor::Start, palette.duration);
    title(Quantity::Cost, Anchor::End, palette.cost);
}

/// The labels of the optima in one row above the plot, each tied to its line.
fn optimum_labels(
    chart: &Chart,
    frame: &Frame,
    inner: Rect,
    baseline: f64,
    look: &Look,
    palette: &Palette,
    scene: &mut Scene,
) {
    let mut optima: Vec<_> = chart.optima.iter().collect();
    optima.sort_by_key(|mark| mark.memory);
    let gap = 1.2 * look.text;
    let most = inner.width() / optima.len().max(1) as f64 - gap;
    let texts: Vec<Text> = optima
        .iter()
        .map(|mark| {
            let text = Text::new(&mark.label, (0.0, baseline), look.text, palette.text);
            text.bold().anchor(Anchor::Middle).fit(most)
        })
        .collect();
    let wanted: Vec<(f64, f64)> =
        optima.iter().zip(&texts).map(|(mark, text)| (frame.x(mark.memory), text.width())).collect();
    let centers = spread(&wanted, gap, inner.left, inner.right);
    for ((text, &(x, _)), center) in texts.into_iter().zip(&wanted).zip(centers) {
        let start = baseline + 0.35 * look.text;
        let leader = vec![(center, start), (x, frame.plot.top)];
        scene.line(leader, (0.6 * look.line).max(1.0), palette.optimum);
        scene.text(Text { x: center, ..text });
    }
}

/// The title of the memory axis, and what points, lines and shading are.
fn footer(chart: &Chart, frame: &Frame, inner: Rect, look: &Look, palette: &Palette, scene: &mut Scene) {
    let place = (frame.plot.left, inner.bottom - 0.22 * look.text);
    let title = Text::new("memory size (MB, log scale)", place, look.text, palette.text).fit(0.5 * inner.width());
    let measured = chart.series().any(|s| s.measured.is_some());
    let model = chart.series().any(|s| s.model.is_some());
    let band = chart.series().any(|s| !s.band.is_empty());
    let mut parts = Vec::new();
    if measured {
        parts.push("points: measured");
    }
    if model {
        parts.push("line: model");
    }
    if band {
        parts.push("shaded: 90 % interval");
    }
    let rest = frame.plot.right - frame.plot.left - title.width() - 2.0 * look.text;
    let caption = Text::new(parts.join("   "), (frame.plot.right, place.1), look.small, palette.muted);
    scene.text(title);
    scene.text(caption.anchor(Anchor::End).fit(rest));
}
