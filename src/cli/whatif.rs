//! `powercurve whatif`

use std::path::PathBuf;

use serde_json::{Value, json};

use super::answers::Answers;
use super::price_args::PriceArgs;
use super::sizes::Sizes;
use super::subject::{is_workload, no_id, one_run};
use super::{Done, Format, Out, batch, values, warn, workload};
use crate::advise::{Changes, Effect, Ensemble, Evaluation, Market, compare, evaluate};
use crate::curve::{Point, PowerCurve};
use crate::error::Result;
use crate::model::{Known, Library, Observation, Posterior};
use crate::pattern::{Pattern, Reader};
use crate::platform::billing::BillingStep;
use crate::predict::fit;
use crate::render::chart::{Chart, FileKind, Mark, Picture, Series};
use crate::render::table::{Cell, Column};
use crate::show;
use crate::units::{MemoryMb, Usd};
use crate::workload::{Environment, Lever, Scenario};

/// Before and after: what a change of the function, or around it, does to time and cost.
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("change").required(true),
    after_help = "Examples:
  powercurve whatif my-function.toml --lever keep-alive --lever arm64=0.9
  powercurve whatif my-function.toml --all --memory 512 --invocations-per-month 30e6
  powercurve whatif my-function.toml --lever billing=100ms
  powercurve whatif results.json --lever arm64 --lever multi-thread-transfer=16 --chart change.svg
  powercurve whatif --list

Several levers are applied together, one after the other; --all applies each of them alone, the one that saves most first.

Of a recorded run the workload is fitted; every change then has a 90 % interval, from all workloads that explain the run as
well. A run does not show connection set-up, names of calls or cold starts: write them into the file of `fit -o` to try the
levers that need them."
)]
pub struct Args {
    /// The function: a preset, a workload TOML file, or a recorded run.
    #[arg(required_unless_present = "list", conflicts_with = "list", value_name = "WORKLOAD|RUN")]
    function: Option<String>,

    /// Which run, where the input holds several.
    #[arg(long, conflicts_with = "list")]
    id: Option<String>,

    /// A lever, with a value of its own where the default does not fit; may be given several times.
    #[arg(long = "lever", value_name = "NAME[=VALUE]", group = "change")]
    levers: Vec<Lever>,

    /// Every lever, each alone.
    #[arg(long, group = "change")]
    all: bool,

    /// List the levers: value, assumption, confidence and source.
    #[arg(long, group = "change")]
    list: bool,

    /// Memory sizes in MB: numbers, ranges such as 128..3008:64, or ALL [default: 128,256,512,1024,1536,3008; with --all 1024].
    #[arg(long, value_name = "LIST")]
    memory: Option<Sizes>,

    /// Load of a month.
    #[arg(long, value_name = "N", default_value = "1e6", value_parser = values::load)]
    invocations_per_month: f64,

    /// Subtract the account's free tier from the bill of the month.
    #[arg(long)]
    free_tier: bool,

    /// Billing step before the change: 1ms, or 100ms as before December 2020.
    #[arg(long, value_name = "STEP", default_value = "1ms")]
    billing: BillingStep,

    /// Draw before and after to this file (.svg, .png or .html).
    #[arg(long, value_name = "FILE", conflicts_with_all = ["all", "list"])]
    chart: Option<PathBuf>,

    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    prices: PriceArgs,
}

const COLUMNS: [Column; 16] = [
    Column { field: "lever", heading: "lever" },
    Column { field: "memory_mb", heading: "memory" },
    Column { field: "before_ms", heading: "before" },
    Column { field: "after_ms", heading: "after" },
    Column { field: "change", heading: "time" },
    Column { field: "before_usd_per_million", heading: "$/million before" },
    Column { field: "after_usd_per_million", heading: "after" },
    Column { field: "before_usd_per_month", heading: "$/month before" },
    Column { field: "after_usd_per_month", heading: "after" },
    Column { field: "difference_ms", heading: "time: change" },
    Column { field: "difference_usd_per_million", heading: "$/million" },
    Column { field: "difference_usd_per_month", heading: "$/month" },
    // of a recorded run only
    Column { field: "change_ms_low", heading: "time: 90 % from" },
    Column { field: "change_ms_high", heading: "to" },
    Column { field: "change_usd_per_month_low", heading: "$/month: 90 % from" },
    Column { field: "change_usd_per_month_high", heading: "to" },
];

/// Columns of a workload, of which there is no doubt.
const CERTAIN: usize = 12;

/// The function before the change, and where it comes from.
struct Subject {
    before: Scenario,
    recorded: Option<Recorded>,
}

/// What only a recorded run has.
struct Recorded {
    ensemble: Ensemble,
    points: PowerCurve,
    rms: f64,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    let Some(function) = &args.function else { return list(args.format, out) };
    args.chart.as_deref().map(FileKind::of).transpose()?;
    let market =
        Market { region: args.prices.region().to_owned(), given: args.prices.given()?, free_tier: args.free_tier };
    let (subject, done) = subject(args, function)?;
    market.prices(subject.before.workload.arch)?;
    let sizes: Sizes = match (&args.memory, args.all) {
        (Some(sizes), _) => sizes.clone(),
        (None, true) => "1024".parse()?,
        (None, false) => Sizes::default(),
    };
    let mut tried = Vec::new();
    for levers in groups(args)? {
        match levers.iter().try_fold(subject.before.clone(), |scenario, lever| lever.apply(&scenario)) {
            Ok(after) => {
                if let Some(path) = &args.chart {
                    Picture::chart(&chart(&subject, &after, &name(&levers), &market)?).write(path)?;
                }
                let effects = compare(&subject.before, &after, &sizes.0, &market);
                tried.push((levers, Ok(effects)));
            }
            // a lever that was asked for by name must apply; of all of them some never do
            Err(reason) if !args.all => return Err(reason),
            Err(reason) => tried.push((levers, Err(reason))),
        }
    }
    if args.all {
        // what saves most comes first, what cannot help last
        tried.sort_by(|a, b| change_of_month(&a.1).total_cmp(&change_of_month(&b.1)));
    }
    let columns = if subject.recorded.is_some() { &COLUMNS[..] } else { &COLUMNS[..CERTAIN] };
    let mut answers = Answers::new(out, args.format, columns);
    let mut notes = String::new();
    if let Some(recorded) = &subject.recorded {
        notes += &format!(
            "The workload is fitted to the run within {:.1} %; intervals are those of all workloads that explain it.\n",
            100.0 * recorded.rms
        );
    }
    for (levers, outcome) in &tried {
        let name = name(levers);
        match outcome {
            Ok(effects) => {
                for effect in effects {
                    let changes = changes(&subject, levers, effect, &market);
                    answers
                        .add(record(&name, levers, effect, changes.as_ref()), row(&name, effect, changes.as_ref()))?;
                }
                notes += &assumptions(levers);
            }
            Err(reason) => {
                let record = json!({ "lever": name, "applies": false, "reason": reason.problem() });
                answers.add(record, [Cell::Text(name.clone())])?;
                notes += &format!("{name} {}\n", reason.problem());
            }
        }
    }
    let by_hundreds = |scenario: &Scenario| scenario.environment.billing == BillingStep::Ms100;
    if by_hundreds(&subject.before) || args.levers.contains(&Lever::Billing(BillingStep::Ms100)) {
        notes += "Billed by 100 ms: every invocation is taken to last the mean; where times spread, each is rounded up by itself.\n";
    }
    answers.finish(&notes)?;
    Ok(done)
}

fn subject(args: &Args, function: &str) -> Result<(Subject, Done)> {
    let mut environment = Environment::on_demand(args.invocations_per_month, args.billing);
    environment.storage_mb = args.prices.storage.unwrap_or(environment.storage_mb);
    if is_workload(function) {
        no_id(function, args.id.as_deref())?;
        let before = Scenario { workload: workload::read(function)?, environment };
        return Ok((Subject { before, recorded: None }, Done::All));
    }
    let (run, done) = one_run(function, args.id.as_deref())?;
    batch::needs_two_sizes(&run)?;
    let fitted = fit(Library::shipped(), &run);
    if let Some(words) = show::other_reading(Pattern::of(&fitted.workload), &Reader::shipped().classify(&run)) {
        warn(format_args!("{}: {words}", run.id));
    }
    let seen = Observation { arch: Some(fitted.workload.arch), ..Observation::of(&run) };
    let posterior = Posterior::new(Library::shipped(), &seen, &Known::default());
    let ensemble = Ensemble::new(Library::shipped(), &posterior, &seen);
    let recorded = Recorded { ensemble, points: run.curve.without_costs(), rms: fitted.rms };
    Ok((Subject { before: Scenario { workload: fitted.workload, environment }, recorded: Some(recorded) }, done))
}

fn name(levers: &[Lever]) -> String {
    levers.iter().map(Lever::to_string).collect::<Vec<_>>().join(" + ")
}

/// Change of the bill of a month at the first size; infinite where there is none.
fn change_of_month(outcome: &Result<Vec<Effect>>) -> f64 {
    let first = outcome.as_ref().ok().and_then(|effects| effects.first());
    let both = first.and_then(|e| e.before.as_ref().ok().zip(e.after.as_ref().ok()));
    both.map_or(f64::INFINITY, |(before, after)| after.per_month.usd() - before.per_month.usd())
}

fn changes(subject: &Subject, levers: &[Lever], effect: &Effect, market: &Market) -> Option<Changes> {
    let both = effect.before.as_ref().ok().zip(effect.after.as_ref().ok())?;
    let recorded = subject.recorded.as_ref()?;
    Some(recorded.ensemble.changes(levers, &subject.before.environment, effect.memory, market, both))
}

/// Both curves, with the measured points of a run.
fn chart(subject: &Subject, after: &Scenario, name: &str, market: &Market) -> Result<Chart> {
    let sizes = Series::line_sizes(MemoryMb::MIN, MemoryMb::MAX, &[]);
    let curve = |scenario: &Scenario| {
        let point = |&memory: &MemoryMb| {
            let e = evaluate(scenario, memory, market).ok()?;
            Some(Point::new(memory, e.duration).with_cost(Usd::new(e.per_million.usd() / 1e6).ok()?))
        };
        PowerCurve::new(sizes.iter().filter_map(point).collect())
    };
    let points = subject.recorded.as_ref().map(|r| r.points.clone());
    let before = Series { measured: points, ..Series::model("before", curve(&subject.before)?) };
    Ok(Chart {
        overlay: Some(Series::model(format!("with {name}"), curve(after)?)),
        marks: Mark::one_vcpu().into_iter().collect(),
        ..Chart::new(format!("{}: {name}", subject.before.workload.name), before)
    })
}

/// The levers to apply together: all that were given, or each one alone.
fn groups(args: &Args) -> Result<Vec<Vec<Lever>>> {
    if args.all {
        Lever::ALL.iter().map(|info| Ok(vec![info.name.parse()?])).collect()
    } else {
        Ok(vec![args.levers.clone()])
    }
}

fn record(name: &str, levers: &[Lever], effect: &Effect, changes: Option<&Changes>) -> Value {
    let side = |side: &Result<Evaluation>| match side {
        Ok(evaluation) => json!(evaluation),
        Err(error) => json!({ "error": error.problem() }),
    };
    let mut record = json!({
        "lever": name,
        "applies": true,
        "memory_mb": effect.memory,
        "before": side(&effect.before),
        "after": side(&effect.after),
        "difference": effect.difference(),
        "assumptions": levers.iter().map(|l| json!(l.info())).collect::<Vec<_>>(),
    });
    if let Some(changes) = changes {
        record["uncertainty"] = json!(changes);
    }
    record
}

fn row(name: &str, effect: &Effect, changes: Option<&Changes>) -> [Cell; 16] {
    let duration = |side: &Result<Evaluation>| match side {
        Ok(evaluation) => Cell::Duration(evaluation.duration),
        Err(error) => Cell::Text(error.problem().to_owned()),
    };
    let cost = |side: &Result<Evaluation>, value: fn(&Evaluation) -> Usd| {
        Cell::or_empty(side.as_ref().ok(), |evaluation| Cell::Cost(value(evaluation)))
    };
    let both = effect.before.as_ref().ok().zip(effect.after.as_ref().ok());
    let difference = effect.difference();
    [
        Cell::Text(name.to_owned()),
        Cell::Memory(effect.memory),
        duration(&effect.before),
        duration(&effect.after),
        Cell::or_empty(both, |(b, a)| Cell::Change(a.duration.ms() / b.duration.ms() - 1.0)),
        cost(&effect.before, |e| e.per_million),
        cost(&effect.after, |e| e.per_million),
        cost(&effect.before, |e| e.per_month),
        cost(&effect.after, |e| e.per_month),
        Cell::or_empty(difference, |d| Cell::SignedDuration(d.duration_ms)),
        Cell::or_empty(difference, |d| Cell::SignedCost(d.per_million)),
        Cell::or_empty(difference, |d| Cell::SignedCost(d.per_month)),
        Cell::or_empty(changes, |c| Cell::SignedDuration(c.duration_ms.low)),
        Cell::or_empty(changes, |c| Cell::SignedDuration(c.duration_ms.high)),
        Cell::or_empty(changes, |c| Cell::SignedCost(c.per_month.low)),
        Cell::or_empty(changes, |c| Cell::SignedCost(c.per_month.high)),
    ]
}

fn assumptions(levers: &[Lever]) -> String {
    let line = |lever: &Lever| {
        let info = lever.info();
        // a value other than the default is the user's own
        let assumed =
            info.confidence.is_assumption() && info.name.parse().is_ok_and(|default: Lever| *lever == default);
        let warning = if assumed { "ASSUMPTION, give your own value: " } else { "" };
        format!("{lever} [{}]: {warning}{}\n", info.confidence, info.assumption)
    };
    levers.iter().map(line).collect()
}

fn list(format: Format, out: &mut Out) -> Result<Done> {
    const COLUMNS: [Column; 5] = [
        Column { field: "name", heading: "lever" },
        Column { field: "value", heading: "value [default]" },
        Column { field: "confidence", heading: "confidence" },
        Column { field: "assumption", heading: "assumes" },
        Column { field: "source", heading: "source" },
    ];
    if format == Format::Table {
        // sentences do not fit into columns
        for info in &Lever::ALL {
            let value = if info.value.is_empty() { String::new() } else { format!("=VALUE  {}", info.value) };
            writeln!(out, "{}{value}", info.name)?;
            writeln!(out, "    assumes: {}", info.assumption)?;
            writeln!(out, "    source [{}]: {}", info.confidence, info.source)?;
        }
        writeln!(out, "\nConfidence: A checked twice, B one good source, C derived, D hearsay.")?;
        return Ok(Done::All);
    }
    let mut answers = Answers::new(out, format, &COLUMNS);
    for info in &Lever::ALL {
        let cells = [info.name, info.value, &info.confidence.to_string(), info.assumption, info.source];
        answers.add(json!(info), cells.map(|text| Cell::Text(text.to_owned())))?;
    }
    answers.finish("")?;
    Ok(Done::All)
}
