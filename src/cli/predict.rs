//! `powercurve predict`

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::sizes::Sizes;
use super::{Done, Format, Out, batch, texts, warn_of};
use crate::advise::{PricedCurve, Strategy, beyond_measured, in_time, large_enough, memory_used, usual_sizes};
use crate::curve::{Arch, PowerCurve, Run};
use crate::error::{Error, Result};
use crate::ingest::traces;
use crate::model::{Known, Library, Observation, Posterior};
use crate::pattern::Pattern;
use crate::platform::billing::{BillingStep, Tariff};
use crate::platform::pricing::{PriceBasis, PriceTable};
use crate::predict::{Forecast, allowed, forecast};
use crate::render::chart::{Chart, FileKind, Mark, Picture, Series};
use crate::render::table::{Cell, Column, Table};
use crate::show;
use crate::units::{Currency, MemoryMb, Millis, Usd};
use crate::workload::Runtime;

/// Predict the sizes that nobody measured, with 90 % intervals, and say which size to measure next.
///
/// An interval holds the mean that a measurement at that size would show, its noise included. The best sizes are those that
/// lose least in the mean over what a sweep may show, with the measured sizes as measured: not always those of the lowest
/// predicted cost. A probability is that a sweep finds the size the cheapest.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  powercurve predict datasets/examples/lpt-output.json --measured 256,1024
  powercurve predict report-lines.log --at 128,256,512,1024,2048,3008
  powercurve predict run.json --measured 512 --cpu-ms 890
  powercurve predict run.json --measured 256,1024 --chart predicted.svg
  powercurve predict run.json --traces traces.json --format jsonl")]
pub struct Args {
    /// Recorded runs: files, folders, - for standard input, or visualization URLs.
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,

    /// Use only these sizes of each run, in MB.
    #[arg(long, value_name = "LIST")]
    measured: Option<Sizes>,

    /// Sizes to predict, in MB; by default the usual ones and those of the run. The best size and the next one to measure are
    /// chosen among all of these.
    #[arg(long, value_name = "LIST")]
    at: Option<Sizes>,

    /// CPU time of one invocation in ms, as Lambda Insights reports it (cpu_total_time). What the durations contradict is named
    /// and not used; the same holds for the waiting time and the pattern.
    #[arg(long, value_name = "MS", value_parser = positive)]
    cpu_ms: Option<f64>,

    /// X-Ray traces (the JSON of `aws xray batch-get-traces`): how long one invocation waits for what it calls.
    #[arg(long, value_name = "FILE", conflicts_with = "wait_ms")]
    traces: Option<PathBuf>,

    /// Time in ms that one invocation waits for what it calls.
    #[arg(long, value_name = "MS", value_parser = positive)]
    wait_ms: Option<f64>,

    /// The pattern, where you are sure of it.
    #[arg(long)]
    pattern: Option<Pattern>,

    /// Runtime of the function, where the run does not say: nodejs, python, java, dotnet, go, rust, php, ruby, custom.
    #[arg(long, value_parser = runtime)]
    runtime: Option<String>,

    /// Instruction set, where the run does not say: x86_64 or arm64.
    #[arg(long)]
    arch: Option<Arch>,

    /// Invocations behind each mean, where the run does not say.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    invocations: Option<u64>,

    /// Largest memory used in MB, where the run does not say: sizes near it are not proposed.
    #[arg(long, value_name = "MB", value_parser = positive)]
    max_memory_used: Option<f64>,

    /// Billing step of the costs: 1ms or 100ms.
    #[arg(long, value_name = "STEP", default_value = "1ms")]
    billing: BillingStep,

    /// Region of the costs; us-east-1 unless the run itself is in yuan.
    #[arg(long)]
    region: Option<String>,

    /// Draw the prediction of a single run to this file (.svg, .png or .html): the sizes it was made from filled,
    /// those of the run that it was not made from hollow.
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,

    /// How to write the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Args {
    /// The prices of the region, or of the currency's own where none was given.
    fn tariff(&self, arch: Arch, currency: Currency) -> Result<Tariff> {
        let region = self.region.as_deref().unwrap_or(currency.home_region());
        PriceTable::embedded().tariff(PriceBasis::Lpt, region, arch, self.billing)
    }
}

fn positive(s: &str) -> std::result::Result<f64, String> {
    s.parse().ok().filter(|x: &f64| x.is_finite() && *x > 0.0).ok_or_else(|| "expected a number above 0".into())
}

/// A runtime in any spelling that a record may have; one that says nothing is a slip here.
fn runtime(s: &str) -> Result<String> {
    if Runtime::detect(s).is_none() {
        s.parse::<Runtime>()?;
    }
    Ok(s.to_owned())
}

struct Answer {
    id: String,
    /// What the prediction was made from.
    measured: PowerCurve,
    forecast: Forecast,
    /// The sizes asked for, ascending.
    shown: Vec<MemoryMb>,
    /// Sizes too small for the memory used or at which the run fails, not proposed.
    too_small: Vec<MemoryMb>,
    currency: Currency,
    /// What weakens the run, and what of the options it contradicts.
    warnings: Vec<String>,
    /// Where one was asked for.
    chart: Option<Chart>,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    let wait_ms = match &args.traces {
        Some(path) => Some(traces::waiting_ms(path)?),
        None => args.wait_ms,
    };
    let known = Known { cpu_ms: args.cpu_ms, wait_ms, pattern: args.pattern };
    // an unknown region is one error, not one for each run
    args.tariff(Arch::X86_64, Currency::Usd)?;
    // a wrong file name should not cost a prediction
    args.chart.as_deref().map(FileKind::of).transpose()?;
    let mut chart = None;
    let mut all = Vec::new();
    let done = batch::each(
        &args.runs,
        |run| predict(args, &known, run),
        |mut answer| {
            keep_only(&mut chart, answer.chart.take())?;
            warn_of(args.format, &answer.id, &answer.warnings);
            if args.format == Format::Jsonl {
                return writeln!(out, "{}", to_json(&answer));
            }
            all.push(answer);
            Ok(())
        },
    )?;
    if let (Some(chart), Some(path)) = (&chart, &args.chart) {
        Picture::chart(chart).write(path)?;
    }
    match args.format {
        Format::Json => writeln!(out, "{:#}", all.iter().map(to_json).collect::<Value>())?,
        Format::Jsonl => {}
        Format::Csv => write!(out, "{}", table(&all).csv()?)?,
        Format::Markdown => write!(out, "{}", table(&all).markdown())?,
        Format::Table => {
            for (i, a) in all.iter().enumerate() {
                if i > 0 {
                    writeln!(out)?;
                }
                story(out, a)?;
            }
        }
    }
    Ok(done)
}

/// Keeps the chart of the only run.
fn keep_only(kept: &mut Option<Chart>, chart: Option<Chart>) -> Result<()> {
    if chart.is_some() && kept.is_some() {
        return Err(Error::new("there are several runs: expected one for --chart")
            .help("draw the runs one by one: one file each, or `powercurve chart --id`"));
    }
    *kept = chart.or(kept.take());
    Ok(())
}

fn predict(args: &Args, known: &Known, mut run: Run) -> Result<Answer> {
    run.runtime = run.runtime.or_else(|| args.runtime.clone());
    run.arch = run.arch.or(args.arch);
    run.invocations = run.invocations.or(args.invocations);
    let recorded = memory_used(&run);
    let used = recorded.or(args.max_memory_used);
    if let (None, Some(used_mb)) = (recorded, used) {
        run.curve = run.curve.with_memory_used(used_mb);
    }
    let mut warnings = texts(&run.warnings);
    let whole = run.curve.clone();
    if let Some(Sizes(given)) = &args.measured {
        let has = || list(whole.sizes());
        run.curve = whole.filter(|m| given.contains(&m)).ok_or_else(|| {
            Error::new(format!("none of the sizes of --measured was measured: the run has {} MB", has()))
                .help("give sizes that the run has")
        })?;
        let unmeasured = list(given.iter().copied().filter(|&m| whole.at(m).is_none()));
        if !unmeasured.is_empty() {
            warnings.push(format!("{unmeasured} MB of --measured was not measured: the run has {} MB", has()));
        }
    }
    // the choice is among the usual sizes and those of the run, whichever are shown
    let mut sizes = usual_sizes(&whole);
    let shown = args.at.as_ref().map_or(&sizes, |Sizes(sizes)| sizes).clone();
    sizes.extend(&shown);
    sizes.sort_unstable();
    sizes.dedup();
    let seen = Observation::of(&run);
    let library = Library::shipped();
    let mut posterior = Posterior::new(library, &seen, &Known::default());
    if *known != Known::default() {
        let (known, contradicted) = allowed(library, &seen, &posterior, known);
        warnings.extend(contradicted);
        posterior = Posterior::new(library, &seen, &known);
    }
    let (sizes, mut too_small) = large_enough(&run, &sizes, used);
    let (sizes, too_slow) = in_time(&posterior, &sizes, &seen.sizes);
    too_small.extend(too_slow);
    too_small.sort_unstable();
    if !sizes.iter().any(|m| shown.binary_search(m).is_ok()) {
        return Err(Error::new(
            "every size asked for is too small for the memory used, fails, or would take longer than the 15 minutes that Lambda \
             allows: expected larger sizes",
        )
        .help("give larger sizes with --at"));
    }
    let tariff = args.tariff(run.arch.unwrap_or_default(), run.currency())?.with_init(run.billed_init_ms());
    let forecast = forecast(&posterior, &sizes, &seen.sizes, &tariff);
    let best = [forecast.best.cost, forecast.best.speed, forecast.best.balanced];
    warnings.extend(too_good(&run, &forecast));
    warnings.extend(beyond_measured(&run, used, best.into_iter().chain(forecast.next.memory())));
    let chart = args.chart.as_ref().map(|_| chart(&run, &whole, &posterior, &forecast, &tariff)).transpose()?;
    Ok(Answer {
        id: run.id,
        measured: run.curve,
        forecast,
        shown,
        too_small,
        currency: tariff.currency(),
        warnings,
        chart,
    })
}

/// How far below the interval of what all sizes say a measurement is too good to be true.
const TOO_GOOD: f64 = 0.9;

/// The sizes chosen for a measurement that is too good to be true, in words.
fn too_good(run: &Run, f: &Forecast) -> Option<String> {
    let chosen = |m| [f.best.cost, f.best.speed, f.best.balanced].contains(&m);
    let sizes = f.sizes.iter().zip(&f.durations).filter(|(m, _)| chosen(**m)).filter_map(|(&m, d)| {
        let ms = run.curve.at(m)?.duration;
        let [low, high] = [d.low_ms, d.high_ms].map(Millis::clamped);
        (ms.ms() < TOO_GOOD * d.low_ms).then(|| format!("{m} took {ms}, where the run as a whole says {low} to {high}"))
    });
    let sizes: Vec<String> = sizes.collect();
    (!sizes.is_empty()).then(|| format!("{}: measure it again, the choice depends on it", sizes.join("; ")))
}

/// The sizes of `run`, the others of the `whole` run hollow, and what the model makes of them.
fn chart(run: &Run, whole: &PowerCurve, posterior: &Posterior<'_>, f: &Forecast, tariff: &Tariff) -> Result<Chart> {
    let priced = |curve: &PowerCurve| PricedCurve::computed(curve, tariff).to_curve();
    let withheld = whole.filter(|m| run.curve.at(m).is_none()).as_ref().map(priced);
    let currency = tariff.currency();
    let points = Series { withheld, currency, ..Series::measured(&run.id, priced(&run.curve)) };
    let series = show::add_model(points, posterior, &f.sizes, tariff)?;
    let best = [
        (Strategy::Cost, f.best.cost),
        (Strategy::balanced(Strategy::DEFAULT_WEIGHT)?, f.best.balanced),
        (Strategy::Speed, f.best.speed),
    ];
    let title = format!("{}: predicted from {} MB", run.id, list(run.curve.sizes()));
    let marks = Mark::one_vcpu().into_iter().collect();
    Ok(Chart { subtitle: show::advice(&f.next), optima: show::optima(&best), marks, ..Chart::new(title, series) })
}

fn list(sizes: impl Iterator<Item = MemoryMb>) -> String {
    sizes.map(|m| m.mb().to_string()).collect::<Vec<_>>().join(", ")
}

fn to_json(a: &Answer) -> Value {
    let f = &a.forecast;
    let curve = a.rows().map(|(i, m)| {
        let (d, cost) = (&f.durations[i], f.costs[i]);
        let mut row =
            json!({"memory_mb": m, "duration_ms": d.ms, "low_ms": d.low_ms, "high_ms": d.high_ms, "cost_usd": cost});
        if let Some(point) = a.measured.at(m) {
            row["measured_ms"] = json!(point.duration);
        }
        row
    });
    let by_size = |p: &[f64]| -> Map<String, Value> {
        f.sizes.iter().zip(p).map(|(m, p)| (m.mb().to_string(), json!((p * 1e5).round() / 1e5))).collect()
    };
    let mut record = json!({
        "id": a.id,
        "measured": a.measured.sizes().collect::<Vec<_>>(),
        "curve": curve.collect::<Vec<_>>(),
        "best": {"cost": f.best.cost, "speed": f.best.speed, "balanced": f.best.balanced},
        "probability_best_cost": by_size(&f.cheapest),
        "probability_best_speed": by_size(&f.fastest),
        "probability_best_balanced": by_size(&f.balanced),
        "measure_next": {"memory_mb": f.next.memory(), "why": show::why(&f.next)},
        "too_small": a.too_small,
        "warnings": a.warnings,
    });
    if a.currency != Currency::Usd {
        record["currency"] = a.currency.code().into();
    }
    record
}

fn table(all: &[Answer]) -> Table {
    let mut table = Table::new(&[
        Column { field: "id", heading: "run" },
        Column { field: "memory_mb", heading: "memory" },
        Column { field: "duration_ms", heading: "duration" },
        Column { field: "low_ms", heading: "90 % from" },
        Column { field: "high_ms", heading: "to" },
        Column { field: "cost_usd", heading: "per million" },
        Column { field: "probability_best_cost", heading: "cheapest" },
        Column::plain("measured"),
        Column { field: "measured_ms", heading: "as" },
    ]);
    for a in all {
        for (i, m) in a.rows() {
            let measured = a.measured.at(m);
            let word = Cell::Text(if measured.is_some() { "measured" } else { "" }.to_owned());
            let cells =
                row(a, i, m).into_iter().chain([word, Cell::or_empty(measured, |p| Cell::Duration(p.duration))]);
            table.row(std::iter::once(Cell::Text(a.id.clone())).chain(cells));
        }
    }
    table
}

impl Answer {
    /// The sizes asked for that are not too small, with their places in the forecast.
    fn rows(&self) -> impl Iterator<Item = (usize, MemoryMb)> {
        self.forecast.sizes.iter().copied().enumerate().filter(|(_, m)| self.shown.binary_search(m).is_ok())
    }
}

/// One size, without the name of the run.
fn row(a: &Answer, i: usize, memory: MemoryMb) -> [Cell; 6] {
    let (f, d) = (&a.forecast, &a.forecast.durations[i]);
    let duration = |ms| Cell::or_empty(Millis::new(ms).ok(), Cell::Duration);
    [
        Cell::Memory(memory),
        duration(d.ms),
        duration(d.low_ms),
        duration(d.high_ms),
        Cell::or_empty(Usd::new(f.costs[i]).ok(), Cell::PerMillion).in_currency(a.currency),
        Cell::Share(f.cheapest[i]),
    ]
}

fn story(out: &mut Out, a: &Answer) -> Result<()> {
    let f = &a.forecast;
    writeln!(out, "{}: predicted from {} MB\n", a.id, list(a.measured.sizes()))?;
    let columns = ["memory", "predicted", "90 % from", "to", "per million", "cheapest", "measured"].map(Column::plain);
    let mut table = Table::new(&columns);
    for (i, m) in a.rows() {
        table.row(row(a, i, m).into_iter().chain([Cell::or_empty(a.measured.at(m), |p| Cell::Duration(p.duration))]));
    }
    write!(out, "{}", table.text())?;
    writeln!(out, "\nBest by cost {}, by speed {}, balanced {}.", f.best.cost, f.best.speed, f.best.balanced)?;
    if !a.too_small.is_empty() {
        writeln!(out, "{}", show::too_small(&a.too_small))?;
    }
    writeln!(out, "{}.", show::advice(&f.next))
}
