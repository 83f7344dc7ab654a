//! From shapes to bytes, through plotters' SVG and bitmap backends.

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBAColor, RGBColor, ShapeStyle, TextStyle};

use super::font;
use super::scene::{Anchor, Place, Rgb, Scene, Shape, Text};
use crate::error::{Error, Result};
use crate::render::html::escape;

/// Units of the SVG's view box a pixel: plotters has whole coordinates only.
const SVG_SCALE: u32 = 10;

/// An SVG document in which text is text; `title` is for screen readers.
pub(super) fn svg(scene: &Scene, title: &str) -> Result<String> {
    let size = (scene.width * SVG_SCALE, scene.height * SVG_SCALE);
    let mut document = String::new();
    let mut backend = SVGBackend::with_string(&mut document, size);
    scene.shapes.iter().try_for_each(|shape| paint(&mut backend, shape, SVG_SCALE))?;
    backend.present().map_err(cannot_draw)?;
    drop(backend);
    // drawn in tenths of a pixel: the view box stays, the size in pixels is the one asked for
    let drawn = format!("width=\"{}\" height=\"{}\"", size.0, size.1);
    let shown =
        format!("width=\"{}\" height=\"{}\" role=\"img\" aria-label=\"{}\"", scene.width, scene.height, escape(title));
    Ok(with_lengths(&document.replacen(&drawn, &shown, 1), scene))
}

/// The document with the width of every text written down, so that the layout holds where the reader has a wider font.
fn with_lengths(document: &str, scene: &Scene) -> String {
    const TEXT: &str = "<text ";
    let texts = scene.shapes.iter().filter_map(|shape| if let Shape::Text(text) = shape { Some(text) } else { None });
    let mut parts = document.split(TEXT);
    let mut written = parts.next().unwrap_or_default().to_owned();
    for (part, text) in parts.zip(texts) {
        let length = (text.width() * f64::from(SVG_SCALE)).round();
        written += TEXT;
        // a length of nothing is an error
        if length > 0.0 {
            written += &format!("textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\" ");
        }
        written += part;
    }
    written
}

/// A PNG file. Shapes are drawn larger and averaged, since plotters does not smooth their edges; text is
/// drawn last, by the font's own rasterizer.
pub(super) fn png(scene: &Scene) -> Result<Vec<u8>> {
    /// Pictures of more pixels are sharp enough at twice the size, and need much memory at four times.
    const LARGE: u32 = 2_000_000;
    let scale = if scene.width * scene.height > LARGE { 2 } else { 4 };
    let size = (scene.width * scale, scene.height * scale);
    let mut pixels = vec![0; size.0 as usize * size.1 as usize * 3];
    let mut backend = BitMapBackend::with_buffer(&mut pixels, size);
    let is_text = |shape: &&Shape| matches!(shape, Shape::Text(_));
    scene.shapes.iter().filter(|s| !is_text(s)).try_for_each(|shape| paint(&mut backend, shape, scale))?;
    backend.present().map_err(cannot_draw)?;
    drop(backend);
    let mut pixels = average(&pixels, scene.width as usize, scale as usize);
    for shape in &scene.shapes {
        if let Shape::Text(text) = shape {
            blend(text, &mut pixels, scene.width as usize);
        }
    }
    encode(&pixels, scene.width, scene.height)
}

fn encode(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>> {
    let failed = |e: png::EncodingError| Error::new(format!("cannot encode the PNG: {e}"));
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(file)
}

/// The mean of each block of `scale` by `scale` RGB pixels; the result has `width` pixels a row.
fn average(pixels: &[u8], width: usize, scale: usize) -> Vec<u8> {
    let count = (scale * scale) as u32;
    let mut sums = vec![0u32; width * 3];
    let mut averaged = Vec::with_capacity(pixels.len() / (scale * scale));
    for block in pixels.chunks_exact(width * scale * 3 * scale) {
        sums.fill(0);
        for row in block.chunks_exact(width * scale * 3) {
            for (sum, group) in sums.chunks_exact_mut(3).zip(row.chunks_exact(3 * scale)) {
                for pixel in group.chunks_exact(3) {
                    sum.iter_mut().zip(pixel).for_each(|(s, &value)| *s += u32::from(value));
                }
            }
        }
        averaged.extend(sums.iter().map(|s| ((s + count / 2) / count) as u8));
    }
    averaged
}

fn cannot_draw(error: impl std::error::Error) -> Error {
    Error::new(format!("cannot draw the chart: {error}"))
}

fn paint<B: DrawingBackend>(backend: &mut B, shape: &Shape, scale: u32) -> Result<()> {
    let whole = |value: f64| (value * f64::from(scale)).round() as i32;
    let place = |&(x, y): &Place| (whole(x), whole(y));
    match shape {
        Shape::Rect { area, color } => {
            let corners = (place(&(area.left, area.top)), place(&(area.right, area.bottom)));
            backend.draw_rect(corners.0, corners.1, &fill(*color, 1.0), true)
        }
        Shape::Line { places, width, color } => {
            let style = ShapeStyle { stroke_width: whole(*width).max(1) as u32, ..fill(*color, 1.0) };
            backend.draw_path(places.iter().map(place), &style)
        }
        Shape::Polygon { places, color, opacity } => {
            backend.fill_polygon(places.iter().map(place), &fill(*color, *opacity))
        }
        Shape::Circle { center, radius, color } => {
            backend.draw_circle(place(center), whole(*radius).max(1) as u32, &fill(*color, 1.0), true)
        }
        Shape::Ring { center, radius, width, color } => {
            let style = ShapeStyle { stroke_width: whole(*width).max(1) as u32, ..fill(*color, 1.0) };
            backend.draw_circle(place(center), whole(*radius).max(1) as u32, &style, false)
        }
        Shape::Text(text) => {
            let (style, at) = text_style(text, scale);
            backend.draw_text(&text.content, &style, at)
        }
    }
    .map_err(cannot_draw)
}

/// The style that plotters' SVG backend draws a text in, and the place to give it.
///
/// The backend writes `font-size` as the size / 1.24, and centres text by `dy="0.5ex"`; an ex of this font
/// is 0.528 em.
fn text_style(text: &Text, scale: u32) -> (TextStyle<'static>, (i32, i32)) {
    let horizontal = match text.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let size = (text.size * f64::from(scale)).round();
    let weight = if text.bold { FontStyle::Bold } else { FontStyle::Normal };
    let style = FontDesc::new(FontFamily::Name(font::FAMILY), 1.24 * size, weight).color(&rgb(text.color));
    let x = (text.x * f64::from(scale)).round() as i32;
    let y = (text.baseline * f64::from(scale) - 0.264 * size).round() as i32;
    (style.pos(Pos::new(horizontal, VPos::Center)), (x, y))
}

/// Mixes a text into RGB pixels, `width` a row.
fn blend(text: &Text, pixels: &mut [u8], width: usize) {
    let Rgb(red, green, blue) = text.color;
    font::draw(text, |x, y, coverage| {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        let start = (y * width + x) * 3;
        let Some(pixel) = pixels.get_mut(start..start + 3).filter(|_| x < width) else { return };
        for (below, ink) in pixel.iter_mut().zip([red, green, blue]) {
            let mixed = f32::from(*below) + coverage.min(1.0) * (f32::from(ink) - f32::from(*below));
            *below = mixed.round() as u8;
        }
    });
}

fn rgb(Rgb(red, green, blue): Rgb) -> RGBColor {
    RGBColor(red, green, blue)
}

fn fill(color: Rgb, opacity: f64) -> ShapeStyle {
    let color: RGBAColor = rgb(color).mix(opacity);
    ShapeStyle { color, filled: true, stroke_width: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averaging_takes_the_mean_of_each_block() {
        // two blocks of 2 x 2 side by side, one channel after the other
        let row = |a: u8, b: u8, c: u8, d: u8| [a, a, 0, b, b, 0, c, c, 0, d, d, 0];
        let pixels = [row(0, 10, 100, 100), row(20, 30, 100, 101)].concat();
        assert_eq!(average(&pixels, 2, 2), [15, 15, 0, 100, 100, 0]);
    }
}
