//! Many functions at once: what another memory size would do to the duration and the bill of each.

use super::compose::heading;
use super::fleet_scale::{Factors, Money};
use super::label::{Obstacle, beside};
use super::look::{Look, Palette};
use super::plot::{along, diamond};
use super::scene::{Anchor, Place, Rect, Rgb, Scene, Text};
use crate::advise::Estimate;
use crate::pattern::Family;
use crate::render::table::{Cell, Column, Table};

/// A picture of what changing the memory size of each of many functions would do, one mark a function.
///
/// ```
/// use powercurve::render::chart::{Fleet, FleetFunction, Picture};
/// use powercurve::{Family, advise::Estimate};
/// let resize = FleetFunction {
///     id: "resize".to_owned(),
///     family: Family::Cpu,
///     duration: Estimate { mid: 0.5, low: 0.45, high: 0.55 }, // twice as fast
///     saving: Estimate { mid: 12.0, low: 9.0, high: 15.0 },
///     decided: true,
/// };
/// let fleet = Fleet { title: "Last week".to_owned(), subtitle: String::new(), functions: vec![resize] };
/// assert!(Picture::fleet(&fleet).svg()?.contains("resize"));
/// assert!(fleet.table().markdown().contains("| resize | cpu | -50.0 % | 12.00 | 9.00 | 15.00 |"));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    /// The headline.
    pub title: String,
    /// A quieter line below it; empty for none.
    pub subtitle: String,
    /// The functions, the most important first: the first ones lie on top. The largest sums are labelled.
    pub functions: Vec<FleetFunction>,
}

/// One function of a [`Fleet`].
///
/// ```
/// use powercurve::render::chart::{Fleet, FleetFunction};
/// use powercurve::{Family, advise::Estimate};
/// let doubtful = FleetFunction {
///     id: "import".to_owned(),
///     family: Family::Transfer,
///     duration: Estimate { mid: 1.1, low: 0.9, high: 1.3 },
///     saving: Estimate { mid: 40.0, low: -5.0, high: 80.0 },
///     decided: false,
/// };
/// let fleet = Fleet { title: String::new(), subtitle: String::new(), functions: vec![doubtful] };
/// assert!(fleet.table().markdown().contains("| import | transfer | +10.0 % |"));
/// assert!(fleet.table().markdown().contains("measure first"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FleetFunction {
    /// Its name.
    pub id: String,
    /// The family of its pattern: colour and form of the mark.
    pub family: Family,
    /// Duration after the change as a multiple of that before, above 0: 0.5 is twice as fast.
    pub duration: Estimate,
    /// Dollars a month that the change saves; negative where it costs more.
    pub saving: Estimate,
    /// Whether the measurements decide. The others are drawn hollow.
    pub decided: bool,
}

/// More functions are not drawn: they would be one blot.
const MOST: usize = 2000;

/// Functions with a label.
const LABELLED: usize = 10;

/// How far from its mark a label may stand, in radii of the mark: where there is no room at the first a line leads to it.
const REACHES: [f64; 7] = [1.5, 3.0, 5.0, 8.0, 12.0, 17.0, 23.0];

/// Up to so many functions every interval is drawn; beyond, only those of the labelled ones.
const FEW: usize = 40;

impl Fleet {
    /// The functions that are drawn.
    fn drawn(&self) -> &[FleetFunction] {
        &self.functions[..self.functions.len().min(MOST)]
    }

    /// All functions as a table.
    pub fn table(&self) -> Table {
        let columns = ["function", "family", "duration", "$ a month saved", "90 % from", "to", ""].map(Column::plain);
        let mut table = Table::new(&columns);
        for f in &self.functions {
            let saving = [f.saving.mid, f.saving.low, f.saving.high].map(|usd| Cell::Number(usd, 2));
            let doubt = if f.decided { "" } else { "measure first" };
            let words = [Cell::Text(f.id.clone()), Cell::Text(f.family.name().to_owned())];
            let cells = words.into_iter().chain([Cell::Change(f.duration.mid - 1.0)]).chain(saving);
            table.row(cells.chain([Cell::Text(doubt.to_owned())]));
        }
        table
    }
}

/// Where the values are in the picture.
struct Plot {
    area: Rect,
    factors: Factors,
    money: Money,
}

impl Plot {
    fn x(&self, factor: f64) -> f64 {
        self.area.left + self.factors.position(factor) * self.area.width()
    }

    fn y(&self, usd: f64) -> f64 {
        self.area.bottom - self.money.position(usd) * self.area.height()
    }

    fn place(&self, f: &FleetFunction) -> Place {
        (self.x(f.duration.mid), self.y(f.saving.mid))
    }
}

/// Draws the whole picture.
pub(super) fn compose(fleet: &Fleet, look: &Look, palette: &Palette, scene: &mut Scene) {
    let inner = scene.area().inset(look.margin);
    let top = heading(&fleet.title, &fleet.subtitle, inner, look, palette, scene) + legend_height(look);
    let functions = fleet.drawn();
    let factors = Factors::new(functions.iter().map(|f| f.duration.mid));
    let money = Money::new(functions.iter().map(|f| f.saving.mid));
    let widest = |text: &str| Text::new(text, (0.0, 0.0), look.tick, palette.text).width();
    let left = money.ticks.iter().map(|(_, label)| widest(label)).fold(0.0, f64::max);
    let area = Rect::new(
        inner.left + 1.1 * left + 0.6 * look.tick,
        top + 1.9 * look.text,
        inner.right - 0.6 * look.tick,
        inner.bottom - 1.75 * look.tick - 1.6 * look.text,
    );
    let plot = Plot { area, factors, money };
    legend(fleet, inner, top - 0.5 * look.text, look, palette, scene);
    let words = axes(&plot, inner, top, look, palette, scene);
    marks(functions, &plot, words, look, palette, scene);
}

fn legend_height(look: &Look) -> f64 {
    1.4 * look.text
}

/// The families that occur, each with its mark, and what hollow marks and lines mean.
fn legend(fleet: &Fleet, inner: Rect, baseline: f64, look: &Look, palette: &Palette, scene: &mut Scene) {
    let functions = fleet.drawn();
    let mut x = inner.left;
    for family in Family::ALL.into_iter().filter(|family| functions.iter().any(|f| f.family == *family)) {
        mark(family, (x + look.marker, baseline - 0.36 * look.text), look.marker, palette.family(family), scene);
        let text =
            Text::new(family.name(), (x + 2.0 * look.marker + 0.4 * look.text, baseline), look.text, palette.text);
        x = text.x + 1.1 * text.width() + look.text;
        scene.text(text);
    }
    let mut notes = Vec::new();
    notes.extend(functions.iter().any(|f| !f.decided).then_some("hollow: measure first".to_owned()));
    notes.push("lines: 90 % interval".to_owned());
    let (drawn, all) = (functions.len(), fleet.functions.len());
    notes.extend((drawn < all).then(|| format!("the first {drawn} of {all} functions")));
    let note = Text::new(notes.join(" · "), (inner.right, baseline), look.small, palette.muted).anchor(Anchor::End);
    if note.width() < inner.right - x {
        scene.text(note);
    }
}

/// Grid, the lines of no change, ticks, axis titles, and what each corner means; returns where these words stand.
fn axes(plot: &Plot, inner: Rect, top: f64, look: &Look, palette: &Palette, scene: &mut Scene) -> Vec<Obstacle> {
    let Rect { left, right, top: plot_top, bottom } = plot.area;
    let thin = (look.line / 3.0).max(1.0);
    for (usd, label) in &plot.money.ticks {
        let y = plot.y(*usd);
        scene.line(vec![(left, y), (right, y)], thin, palette.grid);
        let place = (left - 0.45 * look.tick, y + 0.36 * look.tick);
        scene.text(Text::new(label, place, look.tick, palette.text).anchor(Anchor::End));
    }
    for (factor, label) in &plot.factors.ticks {
        let x = plot.x(*factor);
        scene.line(vec![(x, plot_top), (x, bottom)], thin, palette.grid);
        let place = (x, bottom + 1.4 * look.tick);
        scene.text(Text::new(label, place, look.tick, palette.text).anchor(Anchor::Middle));
    }
    let (zero_x, zero_y) = (plot.x(1.0), plot.y(0.0));
    scene.line(vec![(left, zero_y), (right, zero_y)], 2.0 * thin, palette.axis);
    scene.line(vec![(zero_x, plot_top), (zero_x, bottom)], 2.0 * thin, palette.axis);
    let title = |text: &str, baseline: f64| Text::new(text, (inner.left, baseline), look.text, palette.text).bold();
    scene.text(title(&format!("$ saved a month{}", plot.money.note()), top + 0.9 * look.text).fit(inner.width()));
    scene.text(title("duration after the change (log scale)", inner.bottom - 0.22 * look.text).fit(inner.width()));
    let corner =
        |text: &str, place: Place, anchor: Anchor| Text::new(text, place, look.small, palette.muted).anchor(anchor);
    let gap = 0.6 * look.small;
    let (high, low) = (plot_top + gap + 0.76 * look.small, bottom - gap);
    let corners = [
        ("faster and cheaper", (left + gap, high), Anchor::Start, zero_x - left, zero_y - plot_top),
        ("slower, but cheaper", (right - gap, high), Anchor::End, right - zero_x, zero_y - plot_top),
        ("faster, but dearer", (left + gap, low), Anchor::Start, zero_x - left, bottom - zero_y),
        ("slower and dearer", (right - gap, low), Anchor::End, right - zero_x, bottom - zero_y),
    ];
    let mut words = Vec::new();
    for (text, place, anchor, width, height) in corners {
        let text = corner(text, place, anchor);
        if text.width() + 2.0 * gap < width && 3.0 * look.small < height {
            words.push(Obstacle { area: text.area(), weight: f64::INFINITY });
            scene.text(text);
        }
    }
    words
}

/// Intervals, marks and the labels of the largest sums; what comes first lies on top.
fn marks(
    functions: &[FleetFunction],
    plot: &Plot,
    mut obstacles: Vec<Obstacle>,
    look: &Look,
    palette: &Palette,
    scene: &mut Scene,
) {
    let radius = look.marker * (60.0 / functions.len().max(1) as f64).sqrt().clamp(0.35, 1.0);
    let with_interval = if functions.len() <= FEW { functions.len() } else { LABELLED };
    let inside = |(x, y): Place| (x.clamp(plot.area.left, plot.area.right), y.clamp(plot.area.top, plot.area.bottom));
    // lines that a label is better not crossed by: those of no change, intervals, and those that lead to labels
    let (zero_x, zero_y) = (plot.x(1.0), plot.y(0.0));
    let Rect { left, top, right, bottom } = plot.area;
    let mut lines = vec![[(left, zero_y), (right, zero_y)], [(zero_x, top), (zero_x, bottom)]];
    for f in functions.iter().take(with_interval).rev() {
        let (x, y) = plot.place(f);
        let width = (0.35 * look.line).max(1.0);
        let ends = [
            [(plot.x(f.duration.low), y), (plot.x(f.duration.high), y)],
            [(x, plot.y(f.saving.low)), (x, plot.y(f.saving.high))],
        ];
        for line in ends.map(|line| line.map(inside)) {
            scene.line(line.to_vec(), width, palette.axis);
            lines.push(line);
        }
    }
    for f in functions.iter().rev() {
        let (place, color) = (plot.place(f), palette.family(f.family));
        mark(f.family, place, 1.25 * radius, palette.background, scene);
        mark(f.family, place, radius, color, scene);
        if !f.decided {
            mark(f.family, place, 0.55 * radius, palette.background, scene);
        }
    }
    let places: Vec<Place> = functions.iter().map(|f| plot.place(f)).collect();
    let marks = places.iter().map(|&p| Obstacle { area: Rect::around(p, 1.3 * radius), weight: 3.0 });
    obstacles.extend(marks);
    let room = plot.area.inset(0.2 * look.text);
    // the largest sums first, while there is room for them
    let mut order: Vec<usize> = (0..functions.len()).collect();
    order.sort_by(|&a, &b| functions[b].saving.mid.abs().total_cmp(&functions[a].saving.mid.abs()));
    let mut names: Vec<Rect> = Vec::new();
    for i in order.into_iter().take(LABELLED) {
        let text = Text::new(&functions[i].id, (0.0, 0.0), 0.85 * look.text, palette.text).fit(0.3 * plot.area.width());
        // a label on top of marks says less than none, one that a line crosses is a makeshift
        let crossed = lines.iter().flat_map(|line| along(line, 0.2 * look.text));
        let crossed = crossed.map(|p| Obstacle { area: Rect::around(p, 0.5 * look.line), weight: 1.0 });
        let all: Vec<Obstacle> = obstacles.iter().copied().chain(crossed).collect();
        let covered = |obstacles: &[Obstacle], area: &Rect| obstacles.iter().filter(|o| o.area.overlaps(area)).count();
        let placed = REACHES.into_iter().filter_map(|times| {
            let label = beside(&text, &[places[i]], times * radius, room, &all, &[])?;
            let leader = (times > REACHES[0]).then(|| [places[i], nearest(&label.area(), places[i])]);
            let under = |p: Place| names.iter().filter(|name| name.overlaps(&Rect::around(p, 0.5 * look.line))).count();
            let strikes = leader.map_or(0, |leader| along(&leader, 0.2 * look.text).into_iter().map(under).sum());
            let crossings = strikes + covered(&all, &label.area());
            (covered(&obstacles, &label.area()) == 0).then_some((label, leader, crossings))
        });
        let Some((label, leader, _)) = placed.min_by_key(|(_, _, crossings)| *crossings) else { continue };
        let area = label.area();
        if let Some(leader) = leader {
            scene.line(leader.to_vec(), (0.25 * look.line).max(1.0), palette.muted);
            lines.push(leader);
        }
        names.push(area);
        obstacles.push(Obstacle { area, weight: f64::INFINITY });
        scene.text(label);
    }
}

/// The place of an area that is nearest to another place.
fn nearest(area: &Rect, (x, y): Place) -> Place {
    (x.clamp(area.left, area.right), y.clamp(area.top, area.bottom))
}

/// The mark of a family: a form of its own, so that colour is not needed to tell them apart.
fn mark(family: Family, (x, y): Place, radius: f64, color: Rgb, scene: &mut Scene) {
    let r = radius;
    match family {
        Family::Cpu => scene.circle((x, y), r, color),
        Family::Network => scene.polygon(diamond((x, y), 1.2 * r).to_vec(), color),
        Family::Transfer => {
            let s = 0.9 * r;
            scene.polygon(vec![(x - s, y - s), (x + s, y - s), (x + s, y + s), (x - s, y + s)], color);
        }
        Family::Downstream => {
            // an equilateral triangle around its centre
            let (half, up, down) = (1.1 * r, 1.25 * r, 0.65 * r);
            scene.polygon(vec![(x, y - up), (x + half, y + down), (x - half, y + down)], color);
        }
        Family::NoOp => {
            let (half, up, down) = (1.1 * r, 0.65 * r, 1.25 * r);
            scene.polygon(vec![(x, y + down), (x + half, y - up), (x - half, y - up)], color);
        }
    }
}
