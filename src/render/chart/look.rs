//! Colours, and the sizes of type and lines at each level of detail.

use std::ops::RangeInclusive;

use super::scene::Rgb;
use crate::pattern::Family;

/// Light or dark background.
///
/// ```
/// use powercurve::PowerCurve;
/// use powercurve::render::chart::{Chart, Picture, Series, Theme};
/// let chart = Chart::new("busy", Series::measured("busy", PowerCurve::from_ms(&[(128, 800.0), (512, 200.0)])?));
/// let svg = Picture::chart(&chart).theme(Theme::Dark).svg()?;
/// assert!(svg.contains("fill=\"#14171C\"") && !svg.contains("fill=\"#FFFFFF\"")); // the background
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Theme {
    /// Dark ink on white: paper, README files, most slides.
    #[default]
    Light,
    /// Light ink on near-black.
    Dark,
}

impl Theme {
    pub(super) const fn palette(self) -> &'static Palette {
        match self {
            Self::Light => &LIGHT,
            Self::Dark => &DARK,
        }
    }

    /// The colours as CSS declarations of variables such as `--text`.
    pub(in crate::render) fn css(self) -> String {
        self.palette().css()
    }
}

/// The colours of a theme. Those of the data are Okabe and Ito's, which people with any of the
/// common colour-vision deficiencies tell apart ("Color Universal Design", 2008).
#[derive(Debug)]
pub(super) struct Palette {
    pub background: Rgb,
    pub text: Rgb,
    pub muted: Rgb,
    pub grid: Rgb,
    pub axis: Rgb,
    pub duration: Rgb,
    pub cost: Rgb,
    pub optimum: Rgb,
    /// Beside the three above, for a fourth kind of mark.
    pub fourth: Rgb,
}

impl Palette {
    /// Every colour with its name as a CSS variable.
    const fn named(&self) -> [(&'static str, Rgb); 9] {
        [
            ("paper", self.background),
            ("text", self.text),
            ("muted", self.muted),
            ("grid", self.grid),
            ("axis", self.axis),
            ("duration", self.duration),
            ("cost", self.cost),
            ("optimum", self.optimum),
            ("fourth", self.fourth),
        ]
    }

    /// The colour of a family's marks.
    pub const fn family(&self, family: Family) -> Rgb {
        match family {
            Family::NoOp => self.axis,
            Family::Cpu => self.duration,
            Family::Network => self.cost,
            Family::Transfer => self.optimum,
            Family::Downstream => self.fourth,
        }
    }

    /// The colours as CSS declarations: `--paper: #FFFFFF; ...`.
    pub fn css(&self) -> String {
        self.named().map(|(name, color)| format!("--{name}: {color}")).join("; ")
    }

    /// A drawing in this palette with variables in place of the colours, so that it follows the theme of its page.
    pub fn with_variables(&self, svg: &str) -> String {
        let replace =
            |svg: String, (name, color)| svg.replace(&format!("=\"{color}\""), &format!("=\"var(--{name})\""));
        self.named().into_iter().fold(svg.to_owned(), replace)
    }
}

const BLUE: Rgb = Rgb(0x00, 0x72, 0xB2);
const SKY_BLUE: Rgb = Rgb(0x56, 0xB4, 0xE9);
const VERMILLION: Rgb = Rgb(0xD5, 0x5E, 0x00);
const ORANGE: Rgb = Rgb(0xE6, 0x9F, 0x00);
const REDDISH_PURPLE: Rgb = Rgb(0xCC, 0x79, 0xA7);
const BLUISH_GREEN: Rgb = Rgb(0x00, 0x9E, 0x73);

const LIGHT: Palette = Palette {
    background: Rgb(0xFF, 0xFF, 0xFF),
    text: Rgb(0x1B, 0x1F, 0x24),
    muted: Rgb(0x5C, 0x66, 0x70),
    grid: Rgb(0xE4, 0xE7, 0xEB),
    axis: Rgb(0x8A, 0x93, 0x9D),
    duration: BLUE,
    cost: VERMILLION,
    optimum: BLUISH_GREEN,
    fourth: REDDISH_PURPLE,
};

const DARK: Palette = Palette {
    background: Rgb(0x14, 0x17, 0x1C),
    text: Rgb(0xEC, 0xEE, 0xF1),
    muted: Rgb(0xA3, 0xAC, 0xB7),
    grid: Rgb(0x2B, 0x30, 0x38),
    axis: Rgb(0x6C, 0x76, 0x82),
    duration: SKY_BLUE,
    cost: ORANGE,
    optimum: BLUISH_GREEN,
    fourth: REDDISH_PURPLE,
};

/// Sizes in pixels of the picture, and how much is shown.
#[derive(Debug, Clone)]
pub(super) struct Look {
    /// Title; 0 leaves it out.
    pub title: f64,
    /// Subtitle, axis titles and curve labels.
    pub text: f64,
    /// Tick labels.
    pub tick: f64,
    /// Platform marks and the caption.
    pub small: f64,
    /// Radius of a measured point.
    pub marker: f64,
    /// Width of a model's curve.
    pub line: f64,
    /// Space around everything.
    pub margin: f64,
    /// Number of intervals a linear axis may have.
    pub intervals: RangeInclusive<u32>,
    /// Whether axis titles, marks and a caption are drawn: a panel leaves them to the whole picture.
    pub complete: bool,
    /// Whether the curves are labelled.
    pub curve_labels: bool,
}

impl Look {
    /// A chart that fills the picture.
    pub fn full(width: f64, height: f64) -> Self {
        Self::of_unit((width / 1600.0).min(height / 900.0).max(0.4))
    }

    fn of_unit(unit: f64) -> Self {
        Self {
            title: 44.0 * unit,
            text: 27.0 * unit,
            tick: 25.0 * unit,
            small: 21.0 * unit,
            marker: 10.0 * unit,
            line: 4.0 * unit,
            margin: 40.0 * unit,
            intervals: 3..=6,
            complete: true,
            curve_labels: true,
        }
    }

    /// A chart for a narrow screen: larger type, fewer ticks.
    pub fn narrow(width: f64, height: f64) -> Self {
        let unit = (width / 780.0).min(height / 700.0).max(0.4);
        Self { intervals: 3..=4, ..Self::of_unit(unit) }
    }

    /// One chart among several in a picture.
    pub fn panel(width: f64, height: f64) -> Self {
        let unit = (width / 400.0).min(height / 380.0).max(0.4);
        Self {
            title: 21.0 * unit,
            text: 17.0 * unit,
            tick: 16.0 * unit,
            small: 15.0 * unit,
            marker: 5.0 * unit,
            line: 3.0 * unit,
            margin: 14.0 * unit,
            intervals: 3..=4,
            complete: false,
            curve_labels: false,
        }
    }

    /// A small picture that stands in a table.
    pub fn thumbnail(width: f64, height: f64) -> Self {
        let unit = (width / 360.0).min(height / 220.0).max(0.4);
        Self {
            title: 0.0,
            text: 15.0 * unit,
            tick: 14.0 * unit,
            small: 13.0 * unit,
            marker: 4.0 * unit,
            line: 2.5 * unit,
            margin: 8.0 * unit,
            intervals: 2..=3,
            complete: false,
            curve_labels: true,
        }
    }
}
