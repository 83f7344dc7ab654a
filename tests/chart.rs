//! Charts: what an SVG, a PNG and a page hold, and what the command does with files.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use powercurve::advise::Estimate;
use powercurve::pattern::Family;
use powercurve::render::chart::{Chart, Fleet, FleetFunction, Mark, Picture, Series, Size, Theme};
use powercurve::show::Subject;
use powercurve::workload::preset;
use powercurve::{Interval, MemoryMb, Millis, Point, PowerCurve, Run, Usd};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

const RUN: &str = r#"{"id": "thumbnails", "memory_mb": [128, 512, 1024, 3008], "duration_ms": [25148, 6067, 3084, 1810], "cost_usd": [5.3e-5, 5.1e-5, 5.2e-5, 8.9e-5], "runtime": "nodejs20.x"}"#;

fn curve() -> PowerCurve {
    let point = |(mb, ms, usd)| {
        Point::new(MemoryMb::new(mb).unwrap(), Millis::new(ms).unwrap()).with_cost(Usd::new(usd).unwrap())
    };
    let points = [(128, 25_148.0, 5.3e-5), (512, 6_067.0, 5.1e-5), (1024, 3_084.0, 5.2e-5), (3008, 1_810.0, 8.9e-5)];
    PowerCurve::new(points.map(point).to_vec()).unwrap()
}

fn chart() -> Chart {
    let size = |mb| MemoryMb::new(mb).unwrap();
    let mut chart = Chart::new("<thumbnails> & \"more\"", Series::measured("run", curve()));
    chart.optima = vec![Mark::new(size(512), "lowest cost: 512 MB")];
    chart.marks = Mark::one_vcpu().into_iter().collect();
    chart
}

/// The contents of the text elements, in the order of the document.
fn texts(svg: &str) -> Vec<&str> {
    let ends = svg.split("</text>").filter_map(|part| part.rsplit_once('>'));
    ends.map(|(_, text)| text.trim()).filter(|text| !text.is_empty()).collect()
}

#[test]
fn an_svg_holds_every_point_and_every_label_as_text() {
    let svg = Picture::chart(&chart()).svg().unwrap();
    let filled = |element: &str, color: &str| {
        svg.lines().filter(|l| l.starts_with(element) && l.contains(&format!("fill=\"{color}\""))).count()
    };
    // one more of each stands beside the title of its axis
    assert_eq!(filled("<circle", "#0072B2"), curve().len() + 1);
    assert_eq!(filled("<polygon", "#D55E00"), curve().len() + 1);
    let texts = texts(&svg);
    for label in ["duration", "cost per million invocations", "128", "512", "1024", "3008", "30 s", "$0", "1 vCPU"] {
        assert!(texts.contains(&label), "{label} is not among {texts:?}");
    }
    assert!(texts.contains(&"lowest cost: 512 MB"));
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
}

#[test]
fn points_are_not_joined_and_a_model_is_a_line() {
    let lines = |chart: &Chart| {
        let svg = Picture::chart(chart).svg().unwrap();
        let of_data = |l: &&str| l.starts_with("<polyline") && (l.contains("\"#0072B2\"") || l.contains("\"#D55E00\""));
        svg.lines().filter(of_data).count()
    };
    assert_eq!(lines(&chart()), 0);
    let mut with_model = chart();
    with_model.run.model = Some(curve());
    assert_eq!(lines(&with_model), 2);
}

#[test]
fn an_svg_escapes_its_title_and_names_itself() {
    let svg = Picture::chart(&chart()).svg().unwrap();
    assert!(svg.starts_with("<svg width=\"1600\" height=\"900\" role=\"img\" aria-label=\"&lt;thumbnails&gt; &amp; "));
    assert!(texts(&svg)[0].starts_with("&lt;thumbnails&gt; &amp; &quot;more&quot;"), "{:?}", texts(&svg)[0]);
    assert!(!svg.contains("<thumbnails>"));
}

#[test]
fn an_overlay_is_hollow_and_both_runs_are_named() {
    let mut chart = chart();
    chart.overlay = Some(Series::measured("after", curve()));
    let svg = Picture::chart(&chart).svg().unwrap();
    let hollow = svg.lines().filter(|l| l.starts_with("<circle") && l.contains("stroke=\"#0072B2\"")).count();
    assert_eq!(hollow, curve().len());
    let texts = texts(&svg);
    for label in ["duration, run", "duration, after", "cost, run", "cost, after"] {
        assert!(texts.contains(&label), "{label} is not among {texts:?}");
    }
}

#[test]
fn a_band_is_shaded_and_explained() {
    let mut chart = chart();
    chart.run.model = Some(curve());
    let interval = |p: &Point| Interval {
        memory: p.memory,
        low: Millis::new(0.8 * p.duration.ms()).unwrap(),
        high: Millis::new(1.3 * p.duration.ms()).unwrap(),
    };
    chart.run.band = curve().points().iter().map(interval).collect();
    let svg = Picture::chart(&chart).svg().unwrap();
    assert_eq!(svg.matches("opacity=\"0.16\"").count(), 1);
    assert!(texts(&svg).contains(&"points: measured · line: model · shaded: 90 % interval"));
}

#[test]
fn without_costs_there_is_no_cost_axis() {
    let bare = PowerCurve::from_ms(&[(128, 40.0), (256, 21.0)]).unwrap();
    let chart = Chart::new("bare", Series::measured("bare", bare));
    let svg = Picture::chart(&chart).svg().unwrap();
    assert!(!svg.contains("cost") && !svg.contains('$'));
}

/// Width, height and RGB pixels.
fn decode(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    (info.width, info.height, pixels)
}

#[test]
fn a_png_has_the_size_asked_for_and_smooth_edges() {
    let chart = chart();
    let picture = Picture::chart(&chart).size(Size::new(640, 360).unwrap());
    let (width, height, pixels) = decode(&picture.png().unwrap());
    assert_eq!((width, height, pixels.len()), (640, 360, 640 * 360 * 3));
    let has = |color: [u8; 3]| pixels.chunks_exact(3).any(|p| p == color);
    assert!(has([0xFF, 0xFF, 0xFF]) && has([0x00, 0x72, 0xB2]) && has([0xD5, 0x5E, 0x00]));
    // between the colour of a point and the background there are intermediate ones
    let mut blues: Vec<&[u8]> = pixels.chunks_exact(3).filter(|p| p[2] > p[0].saturating_add(40)).collect();
    blues.sort_unstable();
    blues.dedup();
    assert!(blues.len() > 10, "{} shades", blues.len());
}

#[test]
fn a_thumbnail_is_small_and_a_dark_picture_is_dark() {
    let chart = chart();
    let (width, height, _) = decode(&Picture::thumbnail(&chart).png().unwrap());
    assert_eq!((width, height), (360, 220));
    let (.., pixels) = decode(&Picture::thumbnail(&chart).theme(Theme::Dark).png().unwrap());
    assert!(pixels[..3].iter().all(|&value| value < 40));
}

#[test]
fn small_multiples_name_every_chart() {
    let charts: Vec<Chart> = (0..8).map(|i| Chart { title: format!("pattern {i}"), ..chart() }).collect();
    let svg = Picture::small_multiples("Eight", &charts).svg().unwrap();
    let texts = texts(&svg);
    assert!(texts.contains(&"Eight") && (0..8).all(|i| texts.contains(&format!("pattern {i}").as_str())));
    // there is none to explain
    assert!(!svg.contains("line: model"));
}

#[test]
fn the_same_chart_gives_the_same_bytes() {
    let chart = chart();
    let picture = Picture::chart(&chart).size(Size::new(400, 240).unwrap());
    assert_eq!(picture.svg().unwrap(), picture.svg().unwrap());
    assert_eq!(picture.png().unwrap(), picture.png().unwrap());
    assert_eq!(picture.html().unwrap(), picture.html().unwrap());
}

#[test]
fn a_page_stands_alone_in_both_themes() {
    let chart = chart();
    let page = Picture::chart(&chart).html().unwrap();
    assert_eq!((page.matches("<svg ").count(), page.matches("<tr><td>").count()), (1, curve().len()));
    assert!(page.contains("prefers-color-scheme: dark") && page.contains("<td>25,148.00</td><td>53.00</td>"));
    // the name of the SVG format is the only address in it
    assert_eq!(page.matches("http").count(), page.matches("http://www.w3.org/2000/svg").count());
    assert!(!page.contains("<script") && !page.contains("<thumbnails>"));
    // no colour but those of the theme
    assert!(!page.split_once("<svg ").unwrap().1.contains("=\"#"));
    let dark = Picture::chart(&chart).theme(Theme::Dark).html().unwrap();
    assert!(!dark.contains("prefers-color-scheme") && dark.contains("--paper: #14171C"));
}

/// Functions of every family, with names that would break a page.
fn fleet(count: usize) -> Fleet {
    let function = |i: usize| {
        let (x, usd) = (i as f64, 500.0 / (1.0 + i as f64) - 20.0);
        let duration = 0.3 + 0.1 * (x % 13.0);
        FleetFunction {
            id: format!("<function> {i}"),
            family: Family::ALL[i % Family::ALL.len()],
            duration: Estimate { mid: duration, low: 0.8 * duration, high: 1.2 * duration },
            saving: Estimate { mid: usd, low: usd - 30.0, high: usd + 30.0 },
            decided: !i.is_multiple_of(3),
        }
    };
    let (title, subtitle) = ("Where to start".to_owned(), "a month".to_owned());
    Fleet { title, subtitle, functions: (0..count).map(function).collect() }
}

#[test]
fn a_fleet_has_a_mark_for_each_function_and_a_page_with_its_numbers() {
    let fleet = fleet(20);
    let svg = Picture::fleet(&fleet).svg().unwrap();
    // a ring of background and a filled mark each, a hole in the hollow ones, one mark in the legend
    let circles = fleet.functions.iter().filter(|f| f.family == Family::Cpu);
    let shapes: usize = circles.map(|f| if f.decided { 2 } else { 3 }).sum();
    assert_eq!(svg.matches("<circle").count(), shapes + 1);
    assert!(svg.contains("&lt;function&gt; 0") && svg.contains("hollow: measure first"));
    let page = Picture::fleet(&fleet).html().unwrap();
    assert_eq!(page.matches("measure first</td>").count(), fleet.functions.iter().filter(|f| !f.decided).count());
    assert!(!page.contains("<function>"));
}

#[test]
fn the_largest_savings_of_a_fleet_are_labelled_wherever_they_stand() {
    // all marks near one place, the largest saving last in the order
    let mut fleet = fleet(12);
    for (i, f) in fleet.functions.iter_mut().enumerate() {
        f.id = format!("function-{i}");
        f.duration = Estimate { mid: 0.5 + 0.002 * i as f64, low: 0.5, high: 0.55 };
        f.saving = Estimate { mid: 100.0 + i as f64, low: 95.0, high: 120.0 };
    }
    let svg = Picture::fleet(&fleet).svg().unwrap();
    for i in 2..12 {
        assert!(texts(&svg).contains(&format!("function-{i}").as_str()), "{i}: {:?}", texts(&svg));
    }
}

#[test]
fn a_fleet_of_none_of_one_and_of_very_many_can_be_drawn() {
    for count in [0, 1, 2500] {
        let fleet = fleet(count);
        let svg = Picture::fleet(&fleet).svg().unwrap();
        assert_eq!(svg.contains("the first 2000 of 2500 functions"), count == 2500);
    }
    let mut odd = fleet(2);
    odd.functions[0].saving = Estimate { mid: 1e12, low: f64::NEG_INFINITY, high: f64::INFINITY };
    odd.functions[1].duration = Estimate { mid: 1e9, low: 0.0, high: f64::NAN };
    for theme in [Theme::Light, Theme::Dark] {
        assert!(Picture::fleet(&odd).theme(theme).png().unwrap().starts_with(b"\x89PNG"));
    }
}

#[test]
fn a_size_beyond_reason_is_refused() {
    for (width, height) in [(0, 0), (199, 900), (1600, 4097), (u32::MAX, u32::MAX)] {
        let error = Size::new(width, height).unwrap_err().to_string();
        assert!(error.contains("expected 200 to 4096"), "{error}");
    }
}

fn chart_command(folder: &Path, arguments: &[&str]) -> assert_cmd::assert::Assert {
    fs::write(folder.join("run.jsonl"), RUN).unwrap();
    let two = format!("{RUN}\n\n{}\n", RUN.replace("thumbnails", "second"));
    fs::write(folder.join("two.jsonl"), two).unwrap();
    fs::write(folder.join("work.toml"), "name = \"resize\"\n[cpu]\nwork_ms = 900\n").unwrap();
    Command::cargo_bin("powercurve").unwrap().current_dir(folder).arg("chart").args(arguments).assert()
}

#[test]
fn the_command_writes_the_form_that_the_ending_asks_for() {
    let folder = tempfile::tempdir().unwrap();
    let small = ["--width", "400", "--height", "300"];
    for (file, start) in [("a.svg", &b"<svg width=\"400\""[..]), ("a.png", b"\x89PNG"), ("a.html", b"<!DOCTYPE html>")]
    {
        chart_command(folder.path(), &[&["run.jsonl", "-o", file], &small[..]].concat()).success().stdout("");
        assert!(fs::read(folder.path().join(file)).unwrap().starts_with(start), "{file}");
    }
}

#[test]
fn the_command_draws_a_workload_and_an_overlay() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["work.toml", "--overlay", "run.jsonl", "-o", "a.svg", "--title", "Both", "--cores"];
    chart_command(folder.path(), &arguments).success();
    let svg = fs::read_to_string(folder.path().join("a.svg")).unwrap();
    let texts = texts(&svg);
    assert_eq!(texts[0], "Both");
    assert!(
        texts.contains(&"duration, resize") && texts.contains(&"duration, thumbnails") && texts.contains(&"3 cores")
    );
    assert!(texts.contains(&"marked: the best sizes of resize among the usual sizes of power tuning"), "{texts:?}");
}

#[test]
fn of_several_runs_one_is_chosen_by_its_id() {
    let folder = tempfile::tempdir().unwrap();
    chart_command(folder.path(), &["two.jsonl", "-o", "a.svg", "--id", "second"]).success();
    assert!(fs::read_to_string(folder.path().join("a.svg")).unwrap().contains("second"));
    let refused = chart_command(folder.path(), &["two.jsonl", "-o", "b.svg"]);
    refused.code(2).stderr(contains("there are 2 runs").and(contains("--id")));
}

/// The texts of the SVG that the command writes; `arguments` name the input and the options.
fn drawn(folder: &Path, arguments: &[&str]) -> Vec<String> {
    chart_command(folder, &[arguments, &["-o", "drawn.svg"]].concat()).success().stdout("");
    texts(&fs::read_to_string(folder.join("drawn.svg")).unwrap()).into_iter().map(str::to_owned).collect()
}

#[test]
fn every_form_of_a_run_gives_the_same_picture() {
    let folder = tempfile::tempdir().unwrap();
    let stats: Vec<_> = curve()
        .points()
        .iter()
        .map(|p| serde_json::json!({"value": p.memory, "averagePrice": p.cost, "averageDuration": p.duration}))
        .collect();
    let best = serde_json::json!({"power": 512, "cost": 5.1e-5, "duration": 6067, "stats": stats});
    let rows = curve().points().iter().fold(String::new(), |rows, p| {
        rows + &format!("{},{},{}\n", p.memory.mb(), p.duration.ms(), p.cost.map_or(0.0, Usd::usd))
    });
    let forms = [
        ("lpt.json", serde_json::json!({ "results": best }).to_string()),
        ("record.jsonl", RUN.replace("nodejs20.x", "")),
        ("table.csv", format!("memory,duration,cost\n{rows}")),
    ];
    let pictures = forms.map(|(name, content)| {
        fs::write(folder.path().join(name), content).unwrap();
        let texts = drawn(folder.path(), &[name, "--strategy", "cost"]);
        assert!(texts[0].contains(": cpu-bound ("), "{name}: {}", texts[0]);
        assert!(texts.contains(&"lowest cost: 512 MB".to_owned()), "{name}: {texts:?}");
        texts.into_iter().filter(|t| t.starts_with(|c: char| c.is_ascii_digit() || c == '$')).collect::<Vec<_>>()
    });
    assert_eq!(pictures[0], pictures[1]);
    assert_eq!(pictures[1], pictures[2]);
}

#[test]
fn a_url_and_report_lines_are_runs_too() {
    let folder = tempfile::tempdir().unwrap();
    let url = drawn(folder.path(), &["https://lambda-power-tuning.show/#gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI="]);
    assert!(url.contains(&"128".to_owned()) && url.contains(&"256".to_owned()), "{url:?}");
    let report = |mb: u32, ms: f64| {
        format!(
            "REPORT RequestId: 3f6a2c1e-9b4d-4c8a-8f17-{mb:012x}\tDuration: {ms:.2} ms\tBilled Duration: {} ms\t\
             Memory Size: {mb} MB\tMax Memory Used: 64 MB\t\n",
            ms.ceil()
        )
    };
    fs::write(folder.path().join("resize.log"), report(128, 8.1) + &report(512, 2.3)).unwrap();
    let log = drawn(folder.path(), &["resize.log"]);
    assert!(log[0].starts_with("resize") && log.contains(&"512".to_owned()), "{log:?}");
    let mut stdin = Command::cargo_bin("powercurve").unwrap();
    stdin.current_dir(folder.path()).args(["chart", "-", "-o", "stdin.svg"]).write_stdin(RUN).assert().success();
    assert!(fs::read_to_string(folder.path().join("stdin.svg")).unwrap().contains("thumbnails: cpu-bound"));
}

#[test]
fn a_run_shows_pattern_curve_and_interval_unless_plain() {
    let folder = tempfile::tempdir().unwrap();
    let full = drawn(folder.path(), &["run.jsonl"]);
    assert!(full[0].starts_with("thumbnails: cpu-bound ("), "{}", full[0]);
    assert!(full.contains(&"points: measured · line: model · shaded: 90 % interval".to_owned()), "{full:?}");
    let plain = drawn(folder.path(), &["run.jsonl", "--plain"]);
    assert_eq!(plain[0], "thumbnails");
    assert!(plain.contains(&"points: measured".to_owned()), "{plain:?}");
}

#[test]
fn costs_that_prices_do_not_explain_are_points_without_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let lines_of_cost = |run: &str| {
        fs::write(folder.path().join("costs.jsonl"), run).unwrap();
        drawn(folder.path(), &["costs.jsonl", "--thumbnail"]);
        let svg = fs::read_to_string(folder.path().join("drawn.svg")).unwrap();
        svg.lines().filter(|l| l.starts_with("<polyline") && l.contains("\"#D55E00\"")).count()
    };
    assert_eq!(lines_of_cost(RUN), 1);
    assert_eq!(lines_of_cost(&RUN.replace("8.9e-5", "2.9e-5")), 0);
}

#[test]
fn best_sizes_are_marked_by_the_strategies_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let marks = |more: &[&str]| {
        let texts = drawn(folder.path(), &[&["run.jsonl", "--plain"], more].concat());
        texts.into_iter().filter(|t| t.ends_with(" MB")).collect::<Vec<_>>()
    };
    assert_eq!(marks(&[]), ["lowest cost: 512 MB", "balanced: 1024 MB", "fastest: 3008 MB"]);
    assert_eq!(marks(&["--strategy", "speed"]), ["fastest: 3008 MB"]);
    assert!(marks(&["--thumbnail"]).is_empty());
}

#[test]
fn marks_are_the_best_of_what_is_drawn() {
    let chart = Subject::simulated(&preset("small-database").unwrap(), 3).unwrap().chart();
    let points = chart.run.measured.as_ref().unwrap().points();
    let best = |value: fn(&Point) -> f64| points.iter().min_by(|a, b| value(a).total_cmp(&value(b))).unwrap().memory;
    for (name, memory) in [("fastest", best(|p| p.duration.ms())), ("lowest cost", best(|p| p.cost.unwrap().usd()))] {
        assert!(
            chart.optima.iter().any(|m| m.memory == memory && m.label.contains(name)),
            "{name}: {:?}",
            chart.optima
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let said = |arguments: &[&str]| drawn(folder.path(), arguments).concat();
    assert!(said(&["small-database", "--seed", "3"]).contains("marked: the best of the points"));
    assert!(said(&["no-op"]).contains("marked: the best of the usual sizes of power tuning"));
}

#[test]
fn one_size_has_no_pattern() {
    let curve = PowerCurve::from_ms(&[(512, 600.0)]).unwrap();
    assert_eq!(Subject::run(&Run::new("one", curve)).unwrap().chart().title, "one: one size shows no shape");
}

#[test]
fn a_png_warns_of_letters_that_it_cannot_show() {
    let folder = tempfile::tempdir().unwrap();
    let title = ["run.jsonl", "--title", "订单", "-o"];
    chart_command(folder.path(), &[&title[..], &["a.png"]].concat()).success().stderr(contains(".svg"));
    chart_command(folder.path(), &[&title[..], &["a.svg"]].concat()).success().stderr("");
}

#[test]
fn an_example_of_the_help_stands_on_one_line() {
    for command in ["chart", "rank", "plan"] {
        let output = Command::cargo_bin("powercurve").unwrap().args([command, "--help"]).output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        let examples = help.lines().skip_while(|line| *line != "Examples:").skip(1).take_while(|line| !line.is_empty());
        for line in examples {
            assert!(["  powercurve ", "  aws "].iter().any(|start| line.starts_with(start)), "{command}: {line}");
        }
    }
}

#[test]
fn the_patterns_are_eight_charts() {
    let folder = tempfile::tempdir().unwrap();
    let texts = drawn(folder.path(), &["--patterns"]);
    for pattern in powercurve::Pattern::ALL {
        assert!(texts.contains(&pattern.name().to_owned()), "{pattern} is not among {texts:?}");
    }
    assert!(texts.contains(&"duration (log scale)".to_owned()));
}

#[test]
fn a_prediction_is_drawn_with_the_sizes_it_was_not_given() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("run.jsonl"), RUN).unwrap();
    let predict = |runs: &[&str]| {
        let mut command = Command::cargo_bin("powercurve").unwrap();
        command.current_dir(folder.path()).arg("predict").args(runs);
        command.args(["--measured", "512,1024", "--chart", "p.svg", "--format", "jsonl"]).assert()
    };
    predict(&["run.jsonl"]).success().stdout(contains("\"measured\":[512,1024]"));
    let svg = fs::read_to_string(folder.path().join("p.svg")).unwrap();
    let texts = texts(&svg);
    assert_eq!(texts[0], "thumbnails: predicted from 512, 1024 MB");
    assert!(texts.iter().any(|t| t.starts_with("filled: given · hollow: measured, not given")), "{texts:?}");
    let hollow = svg.lines().filter(|l| l.starts_with("<circle") && l.contains("stroke=\"#0072B2\"")).count();
    assert_eq!(hollow, curve().len() - 2);
    predict(&["run.jsonl", "run.jsonl"]).code(2).stderr(contains("there are several runs: expected one for --chart"));
}

#[test]
fn the_command_repeats_every_byte_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("run.jsonl"), RUN).unwrap();
    let bytes = |file: &str, threads: &str| {
        let mut command = Command::cargo_bin("powercurve").unwrap();
        command.current_dir(folder.path()).env("RAYON_NUM_THREADS", threads);
        command.args(["chart", "run.jsonl", "--width", "400", "--height", "240", "-o", file]).assert().success();
        fs::read(folder.path().join(file)).unwrap()
    };
    for file in ["a.svg", "a.png", "a.html"] {
        assert_eq!(bytes(file, "1"), bytes(file, "2"), "{file}");
    }
}

#[test]
fn an_input_that_is_nothing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str]| chart_command(folder.path(), &[arguments, &["-o", "a.svg"]].concat()).code(2);
    refused(&["none.jsonl"]).stderr(contains("none.jsonl: no such file or folder"));
    refused(&["prime-number"]).stderr(contains("preset 'prime-number' is unknown").and(contains("prime-numbers")));
    refused(&["two.jsonl", "--id", "third"]).stderr(contains("no run with the id 'third' among 2"));
    refused(&["run.jsonl", "--strategy", "best"]).stderr(contains("strategy 'best' is unknown"));
    refused(&[]).stderr(contains("RUN|WORKLOAD"));
}

#[test]
fn what_cannot_be_written_is_named_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = chart_command(folder.path(), &["run.jsonl", "-o", "a.pdf"]);
    unknown.code(2).stderr(contains("a.pdf: '.pdf' is not a form of chart: expected .svg, .png or .html"));
    let missing = chart_command(folder.path(), &["run.jsonl", "-o", "none/a.svg"]);
    missing.code(2).stderr(contains("none/a.svg: cannot write the file").and(contains("create the folder first")));
    let size = chart_command(folder.path(), &["run.jsonl", "-o", "a.png", "--width", "100000"]);
    size.code(2).stderr(contains("expected 200 to 4096"));
    assert!(fs::read_dir(folder.path()).unwrap().all(|e| {
        let name = e.unwrap().file_name().to_string_lossy().into_owned();
        name.ends_with(".jsonl") || name.ends_with(".toml")
    }));
}

#[test]
fn options_that_would_do_nothing_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str], why: &'static str| {
        chart_command(folder.path(), &[arguments, &["-o", "a.svg"]].concat()).failure().stderr(contains(why));
        assert!(!folder.path().join("a.svg").exists());
    };
    refused(&["work.toml", "--id", "resize"], "expected none with a workload");
    refused(&["run.jsonl", "--overlay", "no-op", "--overlay-id", "no-op"], "expected none with a workload");
    refused(&["run.jsonl", "--seed", "3"], "expected a preset or a TOML file");
    chart_command(folder.path(), &["run.jsonl", "--overlay", "work.toml", "--seed", "3", "-o", "a.svg"]).success();
}
