//! Lays out one chart: header, axis titles, optimum labels, plot, caption.

use super::frame::Frame;
use super::label::spread;
use super::look::{Look, Palette};
use super::plot;
use super::scale::Quantity;
use super::scene::{Anchor, Rect, Rgb, Scene, Text};
use super::{Chart, Mark, Series};

/// Draws a chart into an area of the scene.
pub(super) fn compose(chart: &Chart, area: Rect, look: &Look, palette: &Palette, scene: &mut Scene) {
    let inner = area.inset(look.margin);
    let top = heading(&chart.title, &chart.subtitle, inner, look, palette, scene);
    if !look.complete {
        let frame = Frame::new(chart, Rect { top, ..inner }, look);
        frame.draw(look, palette, scene);
        return plot::draw(chart, &frame, look, palette, scene);
    }
    let titles = 1.9 * look.text;
    let optima = if chart.optima.is_empty() { 0.0 } else { 2.1 * look.text };
    let below = 1.6 * look.text + if chart.marks.is_empty() { 0.0 } else { 1.2 * look.small };
    let room = Rect { top: top + titles + optima, bottom: inner.bottom - below, ..inner };
    let frame = Frame::new(chart, room, look);

    frame.draw(look, palette, scene);
    plot::draw(chart, &frame, look, palette, scene);
    axis_titles(chart, &frame, inner, top + 0.9 * look.text, look, palette, scene);
    let baseline = top + titles + 0.85 * look.text;
    for (label, x) in names_in_a_row(&chart.optima, &frame, inner, look.text, true, palette.text) {
        let leader = vec![(label.x, baseline + 0.35 * look.text), (x, frame.plot.top)];
        scene.line(leader, (0.6 * look.line).max(1.0), palette.optimum);
        scene.text(Text { baseline, ..label });
    }
    let baseline = room.bottom + 0.9 * look.small;
    for (label, _) in names_in_a_row(&chart.marks, &frame, inner, look.small, false, palette.muted) {
        scene.text(Text { baseline, ..label });
    }
    footer(chart, &frame, inner, look, palette, scene);
}

/// Title and subtitle; returns where what follows may start.
pub(super) fn heading(
    title: &str,
    subtitle: &str,
    inner: Rect,
    look: &Look,
    palette: &Palette,
    scene: &mut Scene,
) -> f64 {
    let mut top = inner.top;
    if look.title > 0.0 && !title.is_empty() {
        let title = Text::new(title, (inner.left, top + 0.76 * look.title), look.title, palette.text).bold();
        // of a name and what is said of it the name is cut
        let said = title.content.rfind(": ").map_or(0, |at| title.content[at..].chars().count());
        scene.text(title.fit_before(inner.width(), said));
        top += if look.complete { 1.3 } else { 1.5 } * look.title;
    }
    if !look.complete {
        return top;
    }
    if !subtitle.is_empty() {
        let subtitle = Text::new(subtitle, (inner.left, top + 0.76 * look.text), look.text, palette.muted);
        scene.text(subtitle.fit(inner.width()));
        top += 1.3 * look.text;
    }
    top + 0.5 * look.text
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
    let points = chart.series().any(|s| s.measured.is_some());
    let shift = plot::symbol_width(points, look) + 0.4 * look.text;
    for (quantity, color) in [(Quantity::Duration, palette.duration), (Quantity::Cost, palette.cost)] {
        let Some(title) = frame.title(quantity) else { continue };
        let text =
            Text::new(title, (0.0, baseline), look.text, color).bold().fit(0.5 * inner.width() - shift - look.text);
        // the symbol at the outer end, where no font that is wider than this one can cover it
        let (left, text) = match quantity {
            Quantity::Duration => (inner.left, Text { x: inner.left + shift, ..text }),
            Quantity::Cost => {
                let end = inner.right - shift;
                (end + 0.4 * look.text, Text { x: end, anchor: Anchor::End, ..text })
            }
        };
        plot::symbol(quantity, points, (left, baseline - 0.36 * look.text), look, color, scene);
        scene.text(text);
    }
}

/// The labels of marks side by side, each as near as there is room to its memory size, and where that is.
fn names_in_a_row(marks: &[Mark], frame: &Frame, inner: Rect, size: f64, bold: bool, color: Rgb) -> Vec<(Text, f64)> {
    let mut marks: Vec<&Mark> = marks.iter().filter(|m| frame.covers(m.memory)).collect();
    marks.sort_by_key(|mark| mark.memory);
    let gap = 0.7 * size;
    let most = inner.width() / marks.len().max(1) as f64 - gap;
    let text = |mark: &&Mark| {
        Text { bold, ..Text::new(&mark.label, (0.0, 0.0), size, color) }.anchor(Anchor::Middle).fit(most)
    };
    let texts: Vec<Text> = marks.iter().map(text).collect();
    let wanted: Vec<(f64, f64)> = marks.iter().zip(&texts).map(|(m, text)| (frame.x(m.memory), text.width())).collect();
    let centers = spread(&wanted, gap, inner.left, inner.right);
    let placed = texts.into_iter().zip(centers).map(|(text, x)| Text { x, ..text });
    placed.zip(wanted).map(|(text, (x, _))| (text, x)).collect()
}

/// The title of the memory axis, and what points, lines and shading are.
fn footer(chart: &Chart, frame: &Frame, inner: Rect, look: &Look, palette: &Palette, scene: &mut Scene) {
    let place = (frame.plot.left, inner.bottom - 0.22 * look.text);
    let title = Text::new("memory size (MB, log scale)", place, look.text, palette.text).fit(0.5 * inner.width());
    let mut parts: Vec<&str> = chart.series().filter_map(Series::kind_of_points).collect();
    parts.dedup();
    parts.extend(chart.series().any(|s| s.model.is_some()).then_some("line: model"));
    parts.extend(chart.series().any(|s| !s.band.is_empty()).then_some("shaded: 90 % interval"));
    let caption = parts.join(" · ");
    let rest = frame.plot.width() - title.width() - look.text;
    let whole = Text::new(&caption, (frame.plot.right, place.1), look.small, palette.muted).anchor(Anchor::End);
    let fitted = whole.fit(rest);
    scene.text(title);
    // half a caption says less than none
    if fitted.content == caption {
        scene.text(fitted);
    }
}
