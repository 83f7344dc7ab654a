//! What is drawn where: a list of shapes that knows no file format, so that layout can be tested.

use std::fmt;

use super::font;

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rgb(pub u8, pub u8, pub u8);

impl fmt::Display for Rgb {
    /// As in CSS and SVG: `#0072B2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02X}{:02X}{:02X}", self.0, self.1, self.2)
    }
}

/// A place in pixels, from the upper left corner of the picture.
pub(super) type Place = (f64, f64);

/// An upright rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    pub fn new(left: f64, top: f64, right: f64, bottom: f64) -> Self {
        Self { left, top, right, bottom }
    }

    /// A square of half side `reach` around a place.
    pub fn around((x, y): Place, reach: f64) -> Self {
        Self::new(x - reach, y - reach, x + reach, y + reach)
    }

    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    pub fn contains(&self, other: &Self) -> bool {
        self.left <= other.left && self.top <= other.top && self.right >= other.right && self.bottom >= other.bottom
    }

    /// Smaller by `by` on every side.
    pub fn inset(&self, by: f64) -> Self {
        Self::new(self.left + by, self.top + by, self.right - by, self.bottom - by)
    }
}

/// Which part of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// One line of text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text {
    pub content: String,
    pub x: f64,
    pub baseline: f64,
    /// Font size: the height of an em in pixels.
    pub size: f64,
    pub bold: bool,
    pub anchor: Anchor,
    pub color: Rgb,
}

impl Text {
    /// Regular text that starts at `x`.
    pub fn new(content: impl Into<String>, (x, baseline): Place, size: f64, color: Rgb) -> Self {
        // XML does not allow control characters, and shows one space for several
        let content = content.into().replace(char::is_control, " ");
        let content = content.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { content, x, baseline, size, bold: false, anchor: Anchor::Start, color }
    }

    pub fn bold(mut self) -> Self {
        self.bold = true;
        self
    }

    pub fn anchor(mut self, anchor: Anchor) -> Self {
        self.anchor = anchor;
        self
    }

    pub fn width(&self) -> f64 {
        font::width(&self.content, self.size, self.bold)
    }

    /// Makes the text fit in `width`: first smaller, down to 70 % of its size, then cut with an ellipsis.
    pub fn fit(self, width: f64) -> Self {
        self.fit_before(width, 0)
    }

    /// The same, but what is cut stands before the last `kept` characters, where they leave room for some of it.
    pub fn fit_before(mut self, width: f64, kept: usize) -> Self {
        let full = self.width();
        if full > width {
            self.size *= (width / full).max(0.7);
        }
        if self.width() > width {
            let characters: Vec<char> = self.content.chars().collect();
            let shortened = |keep: usize, end: &[char]| {
                let start: String = characters[..keep].iter().collect();
                format!("{}…{}", start.trim_end(), end.iter().collect::<String>())
            };
            let fits = |keep: usize, end: &[char]| font::width(&shortened(keep, end), self.size, self.bold) <= width;
            let end = &characters[characters.len().saturating_sub(kept)..];
            let end = if fits(1, end) { end } else { &[] };
            let keeps: Vec<usize> = (0..characters.len() - end.len()).collect();
            let keep = keeps.partition_point(|&keep| fits(keep, end)).saturating_sub(1);
            self.content = shortened(keep, end);
        }
        self
    }

    /// Where the text is: from cap height (and accents) to below the descenders.
    pub fn area(&self) -> Rect {
        let width = self.width();
        let left = match self.anchor {
            Anchor::Start => self.x,
            Anchor::Middle => self.x - width / 2.0,
            Anchor::End => self.x - width,
        };
        Rect::new(left, self.baseline - 0.78 * self.size, left + width, self.baseline + 0.22 * self.size)
    }
}

/// Something to draw.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// A filled rectangle.
    Rect { area: Rect, color: Rgb },
    /// An open line.
    Line { places: Vec<Place>, width: f64, color: Rgb },
    /// A filled polygon; opacity 0 to 1.
    Polygon { places: Vec<Place>, color: Rgb, opacity: f64 },
    /// A filled circle.
    Circle { center: Place, radius: f64, color: Rgb },
    /// A circle of which only the line is drawn, centred on the radius.
    Ring { center: Place, radius: f64, width: f64, color: Rgb },
    /// Text.
    Text(Text),
}

/// A picture as a list of shapes, the first one at the back.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scene {
    pub width: u32,
    pub height: u32,
    pub shapes: Vec<Shape>,
}

impl Scene {
    /// A picture of one colour.
    pub fn new(width: u32, height: u32, background: Rgb) -> Self {
        let area = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        Self { width, height, shapes: vec![Shape::Rect { area, color: background }] }
    }

    pub fn area(&self) -> Rect {
        Rect::new(0.0, 0.0, f64::from(self.width), f64::from(self.height))
    }

    pub fn text(&mut self, text: Text) {
        self.shapes.push(Shape::Text(text));
    }

    pub fn circle(&mut self, center: Place, radius: f64, color: Rgb) {
        self.shapes.push(Shape::Circle { center, radius, color });
    }

    pub fn line(&mut self, places: Vec<Place>, width: f64, color: Rgb) {
        if places.len() > 1 {
            self.shapes.push(Shape::Line { places, width, color });
        }
    }

    pub fn ring(&mut self, center: Place, radius: f64, width: f64, color: Rgb) {
        self.shapes.push(Shape::Ring { center, radius, width, color });
    }

    pub fn polygon(&mut self, places: Vec<Place>, color: Rgb) {
        self.shapes.push(Shape::Polygon { places, color, opacity: 1.0 });
    }

    /// A line of dashes of the given length, with gaps of the same length.
    pub fn dashed(&mut self, places: &[Place], dash: f64, width: f64, color: Rgb) {
        let mut current = Vec::new();
        let mut travelled = 0.0;
        for leg in places.windows(2) {
            let [from, to] = [leg[0], leg[1]];
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            let mut done = 0.0;
            while done < length {
                let until_turn = dash - travelled % dash;
                let step = until_turn.min(length - done).max(1e-3);
                let at = |distance: f64| {
                    let share = distance / length;
                    (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1))
                };
                let drawing = ((travelled / dash) as u64).is_multiple_of(2);
                if drawing {
                    if current.is_empty() {
                        current.push(at(done));
                    }
                    current.push(at((done + step).min(length)));
                } else {
                    self.line(std::mem::take(&mut current), width, color);
                }
                travelled += step;
                done += step;
            }
        }
        self.line(current, width, color);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INK: Rgb = Rgb(0, 0, 0);

    #[test]
    fn text_that_is_too_long_shrinks_and_then_loses_its_end() {
        let text = |content: &str| Text::new(content, (0.0, 0.0), 20.0, INK);
        assert_eq!(text("short").fit(200.0), text("short"));
        let smaller = text("a line of some length").fit(150.0);
        assert_eq!(smaller.content, "a line of some length");
        assert!(smaller.size < 20.0 && smaller.width() <= 150.5);
        let cut = text(&"a very long line ".repeat(50)).fit(150.0);
        assert!(cut.content.ends_with('…') && cut.content.starts_with("a very") && cut.width() <= 150.0);
        assert_eq!(text("anything").fit(1.0).content, "…");
    }

    #[test]
    fn dashes_cover_half_of_the_line() {
        let mut scene = Scene::new(10, 10, INK);
        scene.dashed(&[(0.0, 0.0), (60.0, 0.0), (60.0, 40.0)], 10.0, 1.0, INK);
        let drawn: f64 = scene
            .shapes
            .iter()
            .filter_map(|s| if let Shape::Line { places, .. } = s { Some(places) } else { None })
            .flat_map(|places| places.windows(2).map(|w| (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1)).collect::<Vec<_>>())
            .sum();
        assert!((drawn - 50.0).abs() < 0.1, "{drawn}");
    }
}
