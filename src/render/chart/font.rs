//! The embedded font: the width of text, and its pixels.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, GlyphId, PxScale, ScaleFont};

use super::scene::Text;

/// The font families an SVG asks for. All but the last have the widths of the embedded font.
pub(super) const FAMILY: &str = "Arial, Helvetica, 'Liberation Sans', Arimo, sans-serif";

/// Regular and bold.
static FONTS: LazyLock<[FontRef<'static>; 2]> = LazyLock::new(|| {
    let read = |file| FontRef::try_from_slice(file).expect("the embedded fonts are read by a test");
    [
        read(include_bytes!("../../../assets/fonts/Arimo-Regular-subset.ttf")),
        read(include_bytes!("../../../assets/fonts/Arimo-Bold-subset.ttf")),
    ]
});

/// The font at `size` pixels an em.
fn scaled(size: f64, bold: bool) -> impl ScaleFont<&'static FontRef<'static>> {
    let font = &FONTS[usize::from(bold)];
    // ab_glyph's scale is the distance from ascender to descender, not the em
    let line = font.units_per_em().map_or(1.0, |em| font.height_unscaled() / em);
    font.as_scaled(PxScale::from(size as f32 * line))
}

/// Each character's glyph and where it starts, then the end of the text, in pixels from its start.
fn layout(text: &str, font: &impl ScaleFont<&'static FontRef<'static>>) -> (Vec<(GlyphId, f32)>, f32) {
    let mut end = 0.0;
    let glyphs = text.chars().map(|c| {
        let glyph = font.glyph_id(c);
        let start = end;
        end += font.h_advance(glyph);
        (glyph, start)
    });
    let glyphs = glyphs.collect();
    (glyphs, end)
}

/// Width of a text in pixels at a font size of `size` pixels an em.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    f64::from(layout(text, &scaled(size, bold)).1)
}

/// Whether a character can be drawn.
pub(super) fn has(character: char) -> bool {
    FONTS.iter().all(|font| font.glyph_id(character).0 != 0)
}

/// Calls `pixel` with column, row and coverage (0 to 1) for every pixel that a text touches.
pub(super) fn draw(text: &Text, mut pixel: impl FnMut(i32, i32, f32)) {
    let font = scaled(text.size, text.bold);
    let left = text.area().left as f32;
    for (glyph, start) in layout(&text.content, &font).0 {
        let placed = glyph.with_scale_and_position(font.scale(), (left + start, text.baseline as f32));
        if let Some(outline) = font.font().outline_glyph(placed) {
            let corner = outline.px_bounds().min;
            outline.draw(|x, y, coverage| pixel(corner.x as i32 + x as i32, corner.y as i32 + y as i32, coverage));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Rgb;
    use super::*;

    /// Advance widths of Arial in units of 1/2048 em, as its `hmtx` table has them: 1139 for a digit,
    /// 1706 for a capital M (both weights); 455 for a lower-case i, 569 in bold.
    #[test]
    fn widths_are_those_of_arial() {
        let units = |text, bold| width(text, 2048.0, bold).round();
        assert_eq!(units("0123456789", false), 11_390.0);
        assert_eq!(units("0123456789", true), 11_390.0);
        assert_eq!(units("M", false), 1_706.0);
        assert_eq!(units("i", false), 455.0);
        assert_eq!(units("i", true), 569.0);
    }

    #[test]
    fn text_is_drawn_where_its_area_says() {
        let text = Text::new("Mq|Å", (10.0, 50.0), 40.0, Rgb(0, 0, 0));
        let area = text.area();
        let (mut ink, mut outside) = (0.0, 0.0);
        draw(&text, |x, y, coverage| {
            ink += coverage;
            let (x, y) = (f64::from(x), f64::from(y));
            let inside =
                (area.left - 1.0..area.right + 1.0).contains(&x) && y < area.bottom + 2.0 && y > area.top - 8.0;
            outside += if inside { 0.0 } else { coverage };
        });
        assert!(ink > 400.0 && outside == 0.0, "{ink} {outside}");
    }

    #[test]
    fn every_symbol_the_charts_use_is_in_the_font() {
        assert_eq!("µ…·%$.,:()-żüñ".chars().find(|&c| !has(c)), None);
    }
}
