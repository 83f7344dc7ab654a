//! `powercurve whatif`

use serde_json::{Value, json};

use super::answers::Answers;
use super::price_args::PriceArgs;
use super::sizes::Sizes;
use super::{Done, Format, Out, values, workload};
use crate::advise::{Effect, Evaluation, Market, compare};
use crate::error::Result;
use crate::platform::billing::BillingStep;
use crate::render::table::{Cell, Column};
use crate::units::Usd;
use crate::workload::{Environment, Lever, Scenario};

/// Before and after: what a change of the function, or around it, does to time and cost.
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("change").required(true),
    after_help = "Examples:
  powercurve whatif my-function.toml --lever keep-alive --lever arm64=0.9
  powercurve whatif my-function.toml --all --memory 512 --invocations-per-month 30e6
  powercurve whatif my-function.toml --lever billing=100ms
  powercurve whatif --list

Several levers are applied together, one after the other; --all applies each of them alone."
)]
pub struct Args {
    /// The function: a preset or a workload TOML file.
    #[arg(required_unless_present = "list")]
    workload: Option<String>,

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

    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    prices: PriceArgs,
}

const COLUMNS: [Column; 9] = [
    Column { field: "lever", heading: "lever" },
    Column { field: "memory_mb", heading: "memory" },
    Column { field: "before_ms", heading: "before" },
    Column { field: "after_ms", heading: "after" },
    Column { field: "change", heading: "time" },
    Column { field: "before_usd_per_million", heading: "$/million before" },
    Column { field: "after_usd_per_million", heading: "after" },
    Column { field: "before_usd_per_month", heading: "$/month before" },
    Column { field: "after_usd_per_month", heading: "after" },
];

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    let Some(workload) = &args.workload else { return list(args.format, out) };
    let market =
        Market { region: args.prices.region().to_owned(), given: args.prices.given()?, free_tier: args.free_tier };
    let before = Scenario {
        workload: workload::read(workload)?,
        environment: Environment::on_demand(args.invocations_per_month, args.billing),
    };
    market.prices(before.workload.arch)?;
    let sizes: Sizes = match (&args.memory, args.all) {
        (Some(sizes), _) => sizes.clone(),
        (None, true) => "1024".parse()?,
        (None, false) => Sizes::DEFAULT.parse()?,
    };
    let mut answers = Answers::new(out, args.format, &COLUMNS);
    let mut notes = String::new();
    for levers in groups(args)? {
        let name = levers.iter().map(Lever::to_string).collect::<Vec<_>>().join(" + ");
        match levers.iter().try_fold(before.clone(), |scenario, lever| lever.apply(&scenario)) {
            Ok(after) => {
                for effect in compare(&before, &after, &sizes.0, &market) {
                    answers.add(record(&name, &levers, &effect), row(&name, &effect))?;
                }
                notes += &assumptions(&levers);
            }
            // a lever that was asked for by name must apply; of all of them some never do
            Err(reason) if !args.all => return Err(reason),
            Err(reason) => {
                let record = json!({ "lever": name, "applies": false, "reason": reason.problem() });
                answers.add(record, [Cell::Text(name.clone())])?;
                notes += &format!("{name} {}\n", reason.problem());
            }
        }
    }
    answers.finish(&notes)?;
    Ok(Done::All)
}

/// The levers to apply together: all that were given, or each one alone.
fn groups(args: &Args) -> Result<Vec<Vec<Lever>>> {
    if args.all {
        Lever::ALL.iter().map(|info| Ok(vec![info.name.parse()?])).collect()
    } else {
        Ok(vec![args.levers.clone()])
    }
}

fn record(name: &str, levers: &[Lever], effect: &Effect) -> Value {
    let side = |side: &Result<Evaluation>| match side {
        Ok(evaluation) => json!(evaluation),
        Err(error) => json!({ "error": error.problem() }),
    };
    json!({
        "lever": name,
        "applies": true,
        "memory_mb": effect.memory,
        "before": side(&effect.before),
        "after": side(&effect.after),
        "assumptions": levers.iter().map(|l| json!(l.info())).collect::<Vec<_>>(),
    })
}

fn row(name: &str, effect: &Effect) -> [Cell; 9] {
    let duration = |side: &Result<Evaluation>| match side {
        Ok(evaluation) => Cell::Duration(evaluation.duration),
        Err(error) => Cell::Text(error.problem().to_owned()),
    };
    let cost = |side: &Result<Evaluation>, value: fn(&Evaluation) -> Usd| {
        Cell::or_empty(side.as_ref().ok(), |evaluation| Cell::Cost(value(evaluation)))
    };
    let both = effect.before.as_ref().ok().zip(effect.after.as_ref().ok());
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
    ]
}

fn assumptions(levers: &[Lever]) -> String {
    let line = |lever: &Lever| {
        let info = lever.info();
        let warning = if info.confidence.is_assumption() { "ASSUMPTION, give your own value: " } else { "" };
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
