//! One or more charts at a size and in a theme, and the files they go to.

use std::path::Path;
use std::str::FromStr;

use super::compose::compose;
use super::look::{Look, Palette};
use super::scene::{Rect, Scene, Shape, Text};
use super::{AxisScale, Chart, Fleet, Series, Theme, fleet, font, html, paint, plot};
use crate::error::{Error, Result};
use crate::render::chart::scale::Quantity;
use crate::render::file::write_whole;
use crate::render::html::document;

/// Width and height of a picture in pixels, each 200 to 4096.
///
/// ```
/// use powercurve::render::chart::Size;
/// assert_eq!((Size::SLIDE.width(), Size::SLIDE.height()), (1600, 900));
/// assert_eq!(Size::new(360, 220)?, Size::THUMBNAIL);
/// assert!(Size::new(100, 220).is_err());
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    width: u32,
    height: u32,
}

impl Size {
    /// 1600 x 900: a slide.
    pub const SLIDE: Self = Self { width: 1600, height: 900 };
    /// 1000 x 560: across a page.
    pub const PAGE: Self = Self { width: 1000, height: 560 };
    /// 400 x 400: a phone.
    pub const PHONE: Self = Self { width: 400, height: 400 };
    /// 360 x 220: a picture in a table.
    pub const THUMBNAIL: Self = Self { width: 360, height: 220 };

    /// Checks a width and a height in pixels.
    ///
    /// # Errors
    /// When one of them is outside 200..=4096.
    pub fn new(width: u32, height: u32) -> Result<Self> {
        if [width, height].iter().all(|side| (200..=4096).contains(side)) {
            Ok(Self { width, height })
        } else {
            Err(Error::new(format!("a picture of {width} x {height} pixels: expected 200 to 4096 each way"))
                .help("1600 x 900 suits a slide; an SVG scales to any size afterwards"))
        }
    }

    /// Width in pixels.
    pub const fn width(self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub const fn height(self) -> u32 {
        self.height
    }
}

/// The forms a picture can be written in.
///
/// ```
/// use powercurve::render::chart::FileKind;
/// assert_eq!("htm".parse(), Ok(FileKind::Html));
/// assert!("gif".parse::<FileKind>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Scalable Vector Graphics, with text as text.
    Svg,
    /// Portable Network Graphics.
    Png,
    /// A page of its own with the picture and the table of its points.
    Html,
}

impl FileKind {
    /// The form that a file name's ending asks for.
    ///
    /// ```
    /// use powercurve::render::chart::FileKind;
    /// assert_eq!(FileKind::of("talk/curve.PNG".as_ref())?, FileKind::Png);
    /// assert!(FileKind::of("curve.pdf".as_ref()).is_err());
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// When it is not `.svg`, `.png` or `.html`.
    pub fn of(path: &Path) -> Result<Self> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        ending.parse().map_err(|e: Error| e.at(path.display().to_string()))
    }
}

impl FromStr for FileKind {
    type Err = Error;
    fn from_str(ending: &str) -> Result<Self> {
        match ending {
            "svg" => Ok(Self::Svg),
            "png" => Ok(Self::Png),
            "html" | "htm" => Ok(Self::Html),
            _ => Err(Error::new(format!("'.{ending}' is not a form of chart: expected .svg, .png or .html"))
                .help("the ending of the file name chooses the form")),
        }
    }
}

/// What is drawn, and how it is arranged.
#[derive(Debug, Clone, Copy)]
enum Content<'a> {
    One(&'a Chart),
    Narrow(&'a Chart),
    Thumbnail(&'a Chart),
    Grid(&'a [Chart]),
    Fleet(&'a Fleet),
}

/// Charts, their arrangement, size and theme.
///
/// ```
/// use powercurve::PowerCurve;
/// use powercurve::render::chart::{Chart, Picture, Series, Size};
/// let chart = Chart::new("busy", Series::measured("busy", PowerCurve::from_ms(&[(128, 800.0), (512, 200.0)])?));
/// let picture = Picture::chart(&chart).size(Size::PAGE).described("duration by memory size");
/// let svg = picture.svg()?;
/// assert!(svg.contains("width=\"1000\" height=\"560\" role=\"img\" aria-label=\"duration by memory size\""));
/// assert!(picture.png()?.starts_with(b"\x89PNG"));
/// assert!(picture.html()?.contains("<td>512</td><td>200.00</td>")); // with a table of the points
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Picture<'a> {
    content: Content<'a>,
    title: &'a str,
    size: Size,
    theme: Option<Theme>,
}

impl<'a> Picture<'a> {
    const fn new(content: Content<'a>, title: &'a str, size: Size) -> Self {
        Self { content, title, size, theme: None }
    }

    /// One chart with everything on it, [`Size::SLIDE`].
    pub fn chart(chart: &'a Chart) -> Self {
        Self::new(Content::One(chart), &chart.title, Size::SLIDE)
    }

    /// One chart with everything on it in larger type, [`Size::PHONE`].
    pub fn narrow(chart: &'a Chart) -> Self {
        Self::new(Content::Narrow(chart), &chart.title, Size::PHONE)
    }

    /// Several charts side by side, at most four in a row, [`Size::SLIDE`]. Each has its own axes.
    ///
    /// ```
    /// use powercurve::render::chart::{Chart, Picture};
    /// use powercurve::{show::Subject, workload::preset};
    /// let draw = |name| Ok::<Chart, powercurve::Error>(Subject::workload(&preset(name)?)?.plain_chart());
    /// let charts = [draw("prime-numbers")?, draw("third-party-api")?];
    /// let svg = Picture::small_multiples("Memory is power, or not", &charts).svg()?;
    /// assert!(svg.contains("Memory is power, or not") && svg.contains("third-party-api: network-bound-api"));
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn small_multiples(title: &'a str, charts: &'a [Chart]) -> Self {
        Self::new(Content::Grid(charts), title, Size::SLIDE)
    }

    /// One chart with no more than curves, a few ticks and their names, [`Size::THUMBNAIL`].
    ///
    /// ```
    /// use powercurve::PowerCurve;
    /// use powercurve::render::chart::{Chart, Picture, Series};
    /// let chart = Chart::new("busy", Series::measured("busy", PowerCurve::from_ms(&[(128, 800.0), (512, 200.0)])?));
    /// // the title is for those who cannot see the picture; it is not drawn
    /// let svg = Picture::thumbnail(&chart).svg()?;
    /// assert!(svg.contains("width=\"360\"") && svg.matches("busy").count() == 1);
    /// // for a phone the same chart has everything on it
    /// assert!(Picture::narrow(&chart).svg()?.contains("memory size (MB, log scale)"));
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn thumbnail(chart: &'a Chart) -> Self {
        Self::new(Content::Thumbnail(chart), &chart.title, Size::THUMBNAIL)
    }

    /// What other memory sizes would do to many functions, [`Size::SLIDE`].
    pub fn fleet(fleet: &'a Fleet) -> Self {
        Self::new(Content::Fleet(fleet), &fleet.title, Size::SLIDE)
    }

    /// The same picture with other words for those who cannot see it than the title that is drawn.
    #[must_use]
    pub fn described(self, title: &'a str) -> Self {
        Self { title, ..self }
    }

    /// The same picture at another size.
    #[must_use]
    pub fn size(self, size: Size) -> Self {
        Self { size, ..self }
    }

    /// The same picture in a theme. Without one, a page follows the reader's system and the others are light.
    #[must_use]
    pub fn theme(self, theme: Theme) -> Self {
        Self { theme: Some(theme), ..self }
    }

    /// The picture as an SVG document.
    ///
    /// # Errors
    /// When plotters cannot draw it.
    pub fn svg(&self) -> Result<String> {
        paint::svg(&self.scene(self.theme.unwrap_or_default()), self.title)
    }

    /// The picture as a PNG file.
    ///
    /// # Errors
    /// When plotters cannot draw it or it cannot be encoded.
    pub fn png(&self) -> Result<Vec<u8>> {
        paint::png(&self.scene(self.theme.unwrap_or_default()))
    }

    /// A page of its own: the picture as SVG and a table of the points. It refers to nothing outside.
    ///
    /// # Errors
    /// When plotters cannot draw it.
    pub fn html(&self) -> Result<String> {
        let tables = match self.content {
            Content::One(chart) | Content::Narrow(chart) | Content::Thumbnail(chart) => html::tables(&[chart]),
            Content::Grid(charts) => html::tables(&charts.iter().collect::<Vec<_>>()),
            Content::Fleet(fleet) => fleet.table().html(),
        };
        Ok(document(self.title, self.theme, "", &format!("{}{tables}", self.themed_svg()?)))
    }

    /// The picture as an SVG element in the colours of the page that it stands in: CSS variables such as `--text`.
    ///
    /// # Errors
    /// When plotters cannot draw it.
    pub(in crate::render) fn themed_svg(&self) -> Result<String> {
        let svg = paint::svg(&self.scene(Theme::Light), self.title)?;
        Ok(Theme::Light.palette().with_variables(&svg))
    }

    /// The letters of its texts that a PNG file shows as boxes, since the embedded font lacks them.
    ///
    /// ```
    /// use powercurve::PowerCurve;
    /// use powercurve::render::chart::{Chart, Picture, Series};
    /// let curve = PowerCurve::from_ms(&[(128, 800.0), (512, 200.0)])?;
    /// let chart = |title| Chart::new(title, Series::measured("busy", curve.clone()));
    /// assert_eq!(Picture::chart(&chart("订单: cpu-bound")).missing_letters(), "订单");
    /// assert_eq!(Picture::chart(&chart("Größe: cpu-bound")).missing_letters(), "");
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn missing_letters(&self) -> String {
        let scene = self.scene(Theme::Light);
        let texts = scene.shapes.iter().filter_map(|s| if let Shape::Text(text) = s { Some(text) } else { None });
        let mut missing = String::new();
        for letter in texts.flat_map(|text| text.content.chars()).filter(|&c| !font::has(c)) {
            if !missing.contains(letter) {
                missing.push(letter);
            }
        }
        missing
    }

    /// Writes the picture in the form that the ending of `path` asks for, whole or not at all.
    ///
    /// ```
    /// use powercurve::PowerCurve;
    /// use powercurve::render::chart::{Chart, Picture, Series};
    /// let chart = Chart::new("busy", Series::measured("busy", PowerCurve::from_ms(&[(128, 800.0), (512, 200.0)])?));
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("busy.png");
    /// Picture::chart(&chart).write(&path)?;
    /// assert!(std::fs::read(&path).unwrap().starts_with(b"\x89PNG"));
    /// assert!(Picture::chart(&chart).write("busy.pdf".as_ref()).is_err());
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the ending is not known, or as [`write_whole`].
    pub fn write(&self, path: &Path) -> Result<()> {
        let bytes = match FileKind::of(path)? {
            FileKind::Svg => self.svg()?.into_bytes(),
            FileKind::Png => self.png()?,
            FileKind::Html => self.html()?.into_bytes(),
        };
        write_whole(path, &bytes)
    }

    pub(super) fn scene(&self, theme: Theme) -> Scene {
        let palette = theme.palette();
        let mut scene = Scene::new(self.size.width, self.size.height, palette.background);
        let area = scene.area();
        let (width, height) = (area.width(), area.height());
        match self.content {
            Content::One(chart) => compose(chart, area, &Look::full(width, height), palette, &mut scene),
            Content::Narrow(chart) => compose(chart, area, &Look::narrow(width, height), palette, &mut scene),
            Content::Thumbnail(chart) => compose(chart, area, &Look::thumbnail(width, height), palette, &mut scene),
            Content::Grid(charts) => grid(self.title, charts, palette, &mut scene),
            Content::Fleet(fleet) => fleet::compose(fleet, &Look::full(width, height), palette, &mut scene),
        }
        scene
    }
}

/// A title, a key to the two colours, and the charts in rows of up to four.
fn grid(title: &str, charts: &[Chart], palette: &Palette, scene: &mut Scene) {
    let area = scene.area();
    let look = Look::full(area.width(), area.height());
    let inner = area.inset(look.margin);
    let baseline = inner.top + 0.76 * look.title;
    let heading = Text::new(title, (inner.left, baseline), look.title, palette.text).bold();
    let points = charts.iter().flat_map(Chart::series).any(|s| s.measured.is_some());
    let all_log = charts.iter().all(|c| c.duration_scale == AxisScale::Log);
    let mut right = inner.right;
    let key = [
        (Quantity::Cost, "cost per million invocations", palette.cost),
        (Quantity::Duration, if all_log { "duration (log scale)" } else { "duration" }, palette.duration),
    ];
    for (quantity, name, color) in key {
        let text = Text::new(name, (0.0, baseline), look.text, color).bold().fit(0.4 * inner.width());
        right -= text.width();
        scene.text(Text { x: right, ..text });
        right -= plot::symbol_width(points, &look) + 0.4 * look.text;
        plot::symbol(quantity, points, (right, baseline - 0.36 * look.text), &look, color, scene);
        right -= 1.2 * look.text;
    }
    scene.text(heading.fit(right - inner.left));

    let columns = charts.len().clamp(1, 4);
    let rows = charts.len().div_ceil(columns).max(1);
    let top = inner.top + 1.5 * look.title;
    let bottom = area.bottom - 2.2 * look.text;
    // the panels' own margins stand outside, so that panels line up with the heading
    let (width, height) = (inner.width() / columns as f64, (bottom - top) / rows as f64);
    let margin = Look::panel(width, height).margin;
    let width = (inner.width() + 2.0 * margin) / columns as f64;
    let panel = Look::panel(width, height);
    for (i, chart) in charts.iter().enumerate() {
        let left = inner.left - margin + (i % columns) as f64 * width;
        let top = top + (i / columns) as f64 * height;
        compose(chart, Rect::new(left, top, left + width, top + height), &panel, palette, scene);
    }
    let mut caption = "horizontal: memory size (MB, log scale) · vertical: each chart has its own scales".to_owned();
    if let Some(points) = charts.iter().flat_map(Chart::series).find_map(Series::kind_of_points) {
        caption += &format!(" · {points}");
    }
    if charts.iter().flat_map(Chart::series).any(|series| series.model.is_some()) {
        caption += " · line: model";
    }
    // the panels have the same marks; where they differ, a list of all would not say which is where
    if let Some(first) = charts.first().filter(|first| charts.iter().all(|c| c.marks == first.marks))
        && !first.marks.is_empty()
    {
        let labels: Vec<&str> = first.marks.iter().map(|m| m.label.as_str()).collect();
        caption += &format!(" · dotted: {}", labels.join(", "));
    }
    let place = (inner.left, area.bottom - look.text);
    scene.text(Text::new(caption, place, look.small, palette.muted).fit(inner.width()));
}
