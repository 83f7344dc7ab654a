//! `powercurve chart`

use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Done, Out};
use crate::curve::{Arch, Point, PowerCurve, Run};
use crate::error::{Error, Result};
use crate::render::chart::{AxisScale, Chart, FileKind, Mark, Picture, Series, Size, Theme};
use crate::simulate::{Outcome, expected};
use crate::units::{MemoryMb, Millis, Usd};
use crate::workload::{Workload, preset};

/// Draw a run or a workload: duration and cost against memory size.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  powercurve chart run.jsonl -o run.svg
  powercurve chart before.jsonl --overlay after.jsonl -o change.png --title \"What the new runtime buys\"
  powercurve chart workload.toml -o expected.html
  powercurve chart all-runs.jsonl --id thumbnails -o thumbnails.png --theme dark --cores")]
pub struct Args {
    /// A run (points) or a workload (its expected curve).
    #[arg(value_name = "RUN|WORKLOAD")]
    input: String,
    /// File to write; its ending chooses the form: .svg, .png or .html.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Which run, where the file holds several.
    #[arg(long)]
    id: Option<String>,
    /// A second run or workload to compare with.
    #[arg(long, value_name = "RUN|WORKLOAD")]
    overlay: Option<String>,
    /// Headline instead of the name of the run.
    #[arg(long)]
    title: Option<String>,
    /// Background; a page follows the reader's system unless this is given.
    #[arg(long)]
    theme: Option<Theme>,
    /// Scale of the duration axis.
    #[arg(long, default_value = "auto")]
    scale: AxisScale,
    /// Mark the sizes at which a function sees a further core.
    #[arg(long)]
    cores: bool,
    /// Width in pixels.
    #[arg(long, default_value_t = Size::SLIDE.width())]
    width: u32,
    /// Height in pixels.
    #[arg(long, default_value_t = Size::SLIDE.height())]
    height: u32,
}

pub fn run(args: &Args, _out: &mut Out) -> Result<Done> {
    // a wrong file name should not cost a simulation
    FileKind::of(&args.output)?;
    let size = Size::new(args.width, args.height)?;
    let mut chart = read(&args.input, args.id.as_deref())?;
    if let Some(title) = &args.title {
        chart.title.clone_from(title);
    }
    if let Some(overlay) = &args.overlay {
        chart.overlay = Some(read(overlay, None)?.run);
    }
    chart.duration_scale = args.scale;
    chart.marks.extend(Mark::one_vcpu());
    if args.cores {
        chart.marks.extend(Mark::core_boundaries());
    }
    let picture = Picture::chart(&chart).size(size);
    args.theme.map_or(picture.clone(), |theme| picture.theme(theme)).write(&args.output)?;
    Ok(Done::All)
}

/// A chart of what `input` names: a TOML file or preset is a workload, anything else holds run records.
fn read(input: &str, id: Option<&str>) -> Result<Chart> {
    let path = Path::new(input);
    let is_toml = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"));
    if is_toml {
        return of_workload(&Workload::from_toml(&text_of(path)?).map_err(|e| e.at(input))?);
    }
    if input != "-" && !path.exists() {
        return of_workload(&preset(input)?);
    }
    Ok(of_run(choose(runs(&text_of(path)?).map_err(|e| e.at(input))?, id).map_err(|e| e.at(input))?))
}

fn text_of(path: &Path) -> Result<String> {
    let text = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    text.map_err(|e| Error::new(format!("cannot read: {e}")).at(path.display().to_string()))
}

fn choose(mut runs: Vec<Run>, id: Option<&str>) -> Result<Run> {
    if let Some(id) = id {
        let found = runs.into_iter().find(|run| run.id == id);
        return found.ok_or_else(|| Error::new(format!("there is no run with the id '{id}'")));
    }
    match runs.len() {
        1 => Ok(runs.remove(0)),
        0 => Err(Error::new("there is no run: expected one record a line")),
        n => Err(Error::new(format!("there are {n} runs: expected one")).help("choose one with --id")),
    }
}

fn of_run(run: Run) -> Chart {
    let invocations = run.invocations.map(|n| format!("{n} invocations a size"));
    let known = [run.runtime, run.arch.map(|a| a.to_string()), invocations];
    let subtitle = known.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let optima = cheapest(&run.curve).into_iter().collect();
    Chart { subtitle, optima, ..Chart::new(run.id.clone(), Series::measured(run.id, run.curve)) }
}

fn of_workload(workload: &Workload) -> Result<Chart> {
    /// Sizes per doubling: enough for a line that looks smooth.
    const PER_DOUBLING: u32 = 48;
    let doublings = (MemoryMb::MAX.as_f64() / MemoryMb::MIN.as_f64()).log2();
    let steps = (doublings * f64::from(PER_DOUBLING)).floor() as u32;
    let size = |i: u32| (MemoryMb::MIN.as_f64() * 2f64.powf(f64::from(i) / f64::from(PER_DOUBLING))).round();
    let sizes = (0..=steps).map(size).chain([MemoryMb::MAX.as_f64()]);
    let points: Vec<Point> = sizes.filter_map(|mb| point_of(workload, MemoryMb::from_f64(mb).ok()?)).collect();
    let curve = PowerCurve::new(points).map_err(|_| {
        Error::new("the workload finishes at no memory size").help("lower its footprint or its duration")
    })?;
    let optima = cheapest(&curve).into_iter().collect();
    let subtitle =
        if workload.description.is_empty() { "expected values".into() } else { workload.description.clone() };
    Ok(Chart { subtitle, optima, ..Chart::new(&workload.name, Series::model(&workload.name, curve)) })
}

fn point_of(workload: &Workload, memory: MemoryMb) -> Option<Point> {
    let Outcome::Finished(time) = expected(workload, memory, 0.0) else { return None };
    let duration = Millis::new(time.total_ms()).ok()?;
    let cost = Usd::new(duration.ms().ceil() * 2.1e-9 * memory.as_f64() / 128.0).ok()?;
    Some(Point::new(memory, duration).with_cost(cost))
}

fn cheapest(curve: &PowerCurve) -> Option<Mark> {
    let costs = curve.points().iter().filter_map(|p| p.cost.map(|c| (c.usd(), p.memory)));
    let (_, memory) = costs.min_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(Mark::new(memory, format!("lowest cost: {memory}")))
}

/// A line of a file of run records.
#[derive(Deserialize)]
struct Record {
    id: String,
    memory_mb: Vec<f64>,
    duration_ms: Vec<f64>,
    cost_usd: Option<Vec<f64>>,
    runtime: Option<String>,
    arch: Option<Arch>,
    num: Option<u64>,
}

fn runs(text: &str) -> Result<Vec<Run>> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(i, line)| run_of(line).map_err(|e| e.at(format!("line {}", i + 1)))).collect()
}

fn run_of(line: &str) -> Result<Run> {
    let record: Record = serde_json::from_str(line).map_err(|e| Error::new(format!("not a run record: {e}")))?;
    let sizes = record.memory_mb.len();
    if record.duration_ms.len() != sizes || record.cost_usd.as_ref().is_some_and(|c| c.len() != sizes) {
        return Err(Error::new("lists of different length: expected one duration and cost for each memory size"));
    }
    let pairs = record.memory_mb.iter().zip(&record.duration_ms).enumerate();
    let points: Result<Vec<Point>> = pairs
        .map(|(i, (&mb, &ms))| {
            let point = Point::new(MemoryMb::from_f64(mb)?, Millis::new(ms)?);
            let cost = record.cost_usd.as_ref().and_then(|c| c.get(i)).map(|&usd| Usd::new(usd)).transpose()?;
            Ok(cost.map_or(point, |usd| point.with_cost(usd)))
        })
        .collect();
    let mut run = Run::new(record.id, PowerCurve::new(points?)?);
    (run.runtime, run.arch, run.invocations) = (record.runtime, record.arch, record.num);
    Ok(run)
}
