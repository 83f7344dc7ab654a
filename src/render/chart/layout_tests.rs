//! Layout: nothing is clipped, no text lies on another, for every recorded run and for odd ones.

use super::plot::along;
use super::scene::{Place, Rect, Rgb, Scene, Shape, Text};
use super::{AxisScale, Chart, Fleet, FleetFunction, Interval, Mark, Picture, Series, Size, Theme};
use crate::advise::Estimate;
use crate::curve::{Point, PowerCurve};
use crate::pattern::Family;
use crate::units::{MemoryMb, Millis, Usd};

/// Every recorded run that the project ships.
fn recorded() -> Vec<(String, PowerCurve)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/real-runs.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let run = |line: &str| {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let list = |key: &str| record[key].as_array().cloned().unwrap_or_default();
        let (sizes, durations, costs) = (list("memory_mb"), list("duration_ms"), list("cost_usd"));
        let points = sizes.iter().zip(&durations).enumerate().map(|(i, (mb, ms))| {
            let memory = MemoryMb::from_f64(mb.as_f64().unwrap()).unwrap();
            let point = Point::new(memory, Millis::new(ms.as_f64().unwrap()).unwrap());
            let cost = costs.get(i).and_then(serde_json::Value::as_f64);
            cost.map_or(point, |usd| point.with_cost(Usd::new(usd).unwrap()))
        });
        (record["id"].as_str().unwrap().to_owned(), PowerCurve::new(points.collect()).unwrap())
    };
    text.lines().map(run).collect()
}

fn full(id: &str, curve: &PowerCurve) -> Chart {
    let ends = [curve.points().first(), curve.points().last()].into_iter().flatten();
    let optima = ends.map(|p| Mark::new(p.memory, format!("a mark at {}", p.memory))).collect();
    let marks = Mark::one_vcpu().into_iter().chain(Mark::core_boundaries()).collect();
    let subtitle = "a line of some length below the title".to_owned();
    Chart { subtitle, optima, marks, ..Chart::new(id, Series::measured(id, curve.clone())) }
}

fn places(shape: &Shape) -> Vec<Place> {
    match shape {
        Shape::Rect { area, .. } => vec![(area.left, area.top), (area.right, area.bottom)],
        Shape::Line { places, .. } | Shape::Polygon { places, .. } => places.clone(),
        Shape::Circle { center, .. } | Shape::Ring { center, .. } => vec![*center],
        Shape::Text(text) => {
            let area = text.area();
            vec![(area.left, area.top), (area.right, area.bottom)]
        }
    }
}

/// Everything is a finite number inside the picture, and no text lies on another.
fn check(picture: &Picture, what: &str) {
    let scene = picture.scene(Theme::Light);
    let area = scene.area().inset(-0.5);
    for shape in &scene.shapes {
        for (x, y) in places(shape) {
            assert!(area.contains(&Rect::around((x, y), 0.0)), "{what}: {shape:?}");
        }
    }
    let texts: Vec<&Text> =
        scene.shapes.iter().filter_map(|s| if let Shape::Text(text) = s { Some(text) } else { None }).collect();
    for (i, a) in texts.iter().enumerate() {
        // rounding of neighbours that touch
        let area = a.area().inset(0.01);
        for b in &texts[i + 1..] {
            assert!(!area.overlaps(&b.area()), "{what}: {} on {}", a.content, b.content);
        }
    }
}

#[test]
fn no_label_of_any_recorded_run_is_clipped_or_lies_on_another() {
    let runs = recorded();
    assert!(runs.len() > 200);
    for (id, curve) in &runs {
        let chart = full(id, curve);
        check(&Picture::chart(&chart), id);
        check(&Picture::chart(&chart).size(Size::new(640, 400).unwrap()), id);
        check(&Picture::thumbnail(&chart), id);
    }
}

#[test]
fn overlays_of_recorded_runs_keep_their_labels_apart() {
    let runs = recorded();
    for pair in runs.chunks_exact(2) {
        let [(first, a), (second, b)] = pair else { continue };
        let chart = Chart { overlay: Some(Series::measured(second, b.clone())), ..full(first, a) };
        check(&Picture::chart(&chart), first);
    }
}

#[test]
fn small_multiples_of_any_number_fit() {
    let charts: Vec<Chart> = recorded().iter().take(13).map(|(id, curve)| full(id, curve)).collect();
    for n in [0, 1, 2, 3, 5, 8, 13] {
        check(&Picture::small_multiples("Several runs in one picture", &charts[..n]), &format!("{n} charts"));
    }
}

#[test]
fn odd_curves_are_drawn_inside_the_picture() {
    let curve = |pairs: &[(u32, f64)]| PowerCurve::from_ms(pairs).unwrap();
    let free = Usd::new(0.0).unwrap();
    let dear = Usd::new(1e6).unwrap();
    let with = |curve: PowerCurve, cost: Usd| {
        PowerCurve::new(curve.points().iter().map(|p| p.with_cost(cost)).collect()).unwrap()
    };
    let many_sizes: Vec<(u32, f64)> = (128..=10_240).step_by(8).map(|mb| (mb, f64::from(mb) / 7.0)).collect();
    let odd = [
        ("one size", curve(&[(1769, 12.0)])),
        ("two neighbours", curve(&[(128, 12.0), (129, 11.0)])),
        ("equal durations", curve(&[(128, 5.0), (256, 5.0), (10_240, 5.0)])),
        ("extreme range", curve(&[(128, 900_000.0), (1024, 1.0), (10_240, 0.001)])),
        ("longest and shortest", curve(&[(128, Millis::MAX_MS), (10_240, Millis::MIN_MS)])),
        ("free", with(curve(&[(128, 5.0), (256, 5.0)]), free)),
        ("dear", with(curve(&[(128, 5.0), (256, 5.0)]), dear)),
        ("many sizes", curve(&many_sizes)),
    ];
    for (what, curve) in odd {
        for scale in [AxisScale::Auto, AxisScale::Linear, AxisScale::Log] {
            let mut chart = Chart { duration_scale: scale, ..full(&format!("{what} ").repeat(40), &curve) };
            chart.run.model = Some(curve.clone());
            chart.run.band = curve.points().iter().map(wide).collect();
            check(&Picture::chart(&chart), what);
            check(&Picture::thumbnail(&chart), what);
            check(&Picture::chart(&chart).size(Size::new(200, 200).unwrap()), what);
            check(&Picture::chart(&chart).size(Size::new(4096, 200).unwrap()), what);
        }
    }
    check(&Picture::chart(&Chart::new("", Series::default())), "nothing at all");
}

fn wide(point: &Point) -> Interval {
    let times = |factor: f64| Millis::new((point.duration.ms() * factor).min(Millis::MAX_MS)).unwrap_or(point.duration);
    Interval { memory: point.memory, low: times(0.01), high: times(100.0) }
}

/// The lines of a scene in these colours.
fn lines(scene: &Scene, colors: &[Rgb]) -> Vec<Place> {
    let line = |shape: &Shape| match shape {
        Shape::Line { places, color, .. } if colors.contains(color) => along(places, 1.0),
        _ => Vec::new(),
    };
    scene.shapes.iter().flat_map(line).collect()
}

fn named<'a>(scene: &'a Scene, name: &str) -> &'a Text {
    let found = scene.shapes.iter().rev().find_map(|s| match s {
        Shape::Text(text) if text.content == name => Some(text),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("{name} is not drawn"))
}

#[test]
fn many_sizes_do_not_erase_each_other_and_have_round_ticks() {
    let points: Vec<(u32, f64)> = (128..=10_240).map(|mb| (mb, 9e5 / f64::from(mb.min(1769)))).collect();
    let chart = Chart::new("", Series::measured("many", PowerCurve::from_ms(&points).unwrap()));
    let scene = Picture::chart(&chart).scene(Theme::Light);
    let background = Theme::Light.palette().background;
    let halo =
        |s: &&Shape| matches!(s, Shape::Circle { color, .. } | Shape::Polygon { color, .. } if *color == background);
    assert_eq!(scene.shapes.iter().filter(halo).count(), 0);
    let number = |s: &Shape| {
        if let Shape::Text(text) = s { text.content.parse::<u32>().ok().filter(|&mb| mb > 0) } else { None }
    };
    let sizes: Vec<u32> = scene.shapes.iter().filter_map(number).collect();
    assert!(sizes.len() > 4 && sizes.iter().all(|mb| mb.is_power_of_two() || *mb == 10_240), "{sizes:?}");
}

#[test]
fn the_name_of_a_curve_stands_off_the_curve() {
    let steep = |mb: u32| (mb, 4e6 / f64::from(mb));
    for sizes in [&[1024][..], &[512, 1024]] {
        let measured = PowerCurve::from_ms(&sizes.iter().map(|&mb| steep(mb)).collect::<Vec<_>>()).unwrap();
        let model = PowerCurve::from_ms(&(300..=1300).step_by(9).map(steep).collect::<Vec<_>>()).unwrap();
        let series = Series { model: Some(model), ..Series::measured("steep", measured) };
        let chart = Chart { optima: vec![Mark::new(MemoryMb::new(1024).unwrap(), "best")], ..Chart::new("", series) };
        let scene = Picture::chart(&chart).scene(Theme::Light);
        let palette = Theme::Light.palette();
        let name = named(&scene, "duration").area();
        for place in lines(&scene, &[palette.duration, palette.optimum]) {
            assert!(!name.overlaps(&Rect::around(place, 0.5)), "{sizes:?}: {place:?} in {name:?}");
        }
    }
}

#[test]
fn no_line_crosses_the_names_of_a_small_fleet() {
    let function = |i: usize| {
        let (x, usd) = (0.3 * i as f64 + 0.4, 40.0 - 9.0 * i as f64);
        FleetFunction {
            id: format!("function-number-{i}"),
            family: Family::Cpu,
            duration: Estimate { mid: x, low: 0.9 * x, high: 1.1 * x },
            saving: Estimate { mid: usd, low: usd - 6.0, high: usd + 6.0 },
            decided: true,
        }
    };
    let fleet = Fleet { title: String::new(), subtitle: String::new(), functions: (0..7).map(function).collect() };
    let scene = Picture::fleet(&fleet).scene(Theme::Light);
    let palette = Theme::Light.palette();
    let lines = lines(&scene, &[palette.axis, palette.muted]);
    for f in &fleet.functions {
        // the line that leads to a name ends at its edge
        let name = named(&scene, &f.id).area().inset(1.0);
        assert!(lines.iter().all(|&place| !name.overlaps(&Rect::around(place, 0.5))), "{}", f.id);
    }
}

#[test]
fn a_long_name_leaves_room_for_the_verdict() {
    let chart = |title: String| Chart::new(title, Series::default());
    for (name, width) in [("a-long-name-".repeat(20), 1600), ("订单".repeat(60), 400)] {
        let chart = chart(format!("{name}: cpu-bound (97 %)"));
        let scene = Picture::chart(&chart).size(Size::new(width, 900).unwrap()).scene(Theme::Light);
        let titles =
            scene.shapes.iter().filter(|s| matches!(s, Shape::Text(t) if t.content.ends_with("…: cpu-bound (97 %)")));
        assert_eq!(titles.count(), 1, "{name}");
    }
}
