//! `powercurve simulate`

use clap::ValueEnum;
use serde_json::{Value, json};

use super::answers::Answers;
use super::sizes::Sizes;
use super::{Done, Format, Out, warn, workload};
use crate::advise::{PricedCurve, StateMachine, Strategy};
use crate::curve::Arch;
use crate::error::{Error, Result};
use crate::export;
use crate::platform::billing::BillingStep;
use crate::platform::pricing::PriceTable;
use crate::render::table::{Cell, Column, Table};
use crate::simulate::{self, Tuning, TuningResult};
use crate::units::Currency;
use crate::workload::{PRESETS, Preset, Workload};

/// Simulate the power curve of a workload, as aws-lambda-power-tuning would measure it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  powercurve simulate --list
  powercurve simulate prime-numbers
  powercurve simulate prime-numbers --show > my-function.toml
  powercurve simulate my-function.toml --memory ALL --exact --format csv
  powercurve simulate small-database --invocations 100 --seed 7 --format jsonl
  powercurve simulate third-party-api --parallel --billing 100ms
  powercurve simulate thumbnail --region eu-south-1 --format lpt
  powercurve simulate thumbnail --format url")]
pub struct Args {
    /// A preset (its name, or the name of the pattern it shows), a workload TOML file, or - for standard input.
    #[arg(required_unless_present = "list")]
    workload: Option<String>,

    /// List the presets.
    #[arg(long)]
    list: bool,

    /// Print the workload file instead: a preset's comes with its comments.
    #[arg(long)]
    show: bool,

    /// Memory sizes in MB: numbers, ranges such as 128..3008:64, or ALL (128 to 3008 in steps of 64).
    #[arg(long, value_name = "LIST", default_value_t)]
    memory: Sizes,

    /// Invocations at each memory size.
    #[arg(long, value_name = "N", default_value_t = Tuning::default().invocations)]
    invocations: u32,

    /// Share of the invocations left out at each end of the sorted durations, 0 to 0.4.
    #[arg(long, value_name = "SHARE", default_value_t = Tuning::default().discard)]
    discard: f64,

    /// Send the invocations of one size all at once: cold starts leak into the means.
    #[arg(long)]
    parallel: bool,

    /// Seed of the random numbers: the same seed gives the same run.
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Billing step: 1ms, or 100ms as before December 2020.
    #[arg(long, value_name = "STEP", default_value = "1ms")]
    billing: BillingStep,

    /// Instruction set (x86_64 or arm64) instead of the workload's.
    #[arg(long)]
    arch: Option<Arch>,

    /// AWS region whose prices hold, as aws-lambda-power-tuning has them.
    #[arg(long, value_name = "REGION", default_value = Currency::Usd.home_region())]
    region: String,

    /// Expected values instead of a sample.
    #[arg(long, conflicts_with_all = ["invocations", "discard", "parallel", "seed"])]
    exact: bool,

    /// How to write the result.
    #[arg(long, value_enum, default_value_t)]
    format: SimulateFormat,
}

/// How the curve is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum SimulateFormat {
    /// For people.
    #[default]
    Table,
    /// A run record, indented.
    Json,
    /// A run record on one line.
    Jsonl,
    /// Comma-separated values with a header.
    Csv,
    /// A table for a pull request or an issue.
    Markdown,
    /// The output JSON of aws-lambda-power-tuning, with stats.
    Lpt,
    /// The visualization URL of aws-lambda-power-tuning.
    Url,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    if args.list {
        return list(args.format, out);
    }
    let source = args.workload.as_deref().unwrap_or_default();
    if args.show
        && args.arch.is_none()
        && let Ok(preset) = Preset::find(source)
    {
        write!(out, "{}", preset.toml)?;
        return Ok(Done::All);
    }
    let mut workload = workload::read(source)?;
    args.arch.into_iter().for_each(|arch| workload.move_to(arch));
    if args.show {
        write!(out, "{}", workload.to_toml())?;
        return Ok(Done::All);
    }
    let result = if args.exact {
        simulate::exact_in(&workload, &args.memory.0, args.billing, &args.region)
    } else {
        let tuning = Tuning {
            invocations: args.invocations,
            discard: args.discard,
            parallel: args.parallel,
            billing: args.billing,
            seed: args.seed,
            run: 0,
        };
        tuning.run_in(&workload, &args.memory.0, &args.region)
    };
    let result = result.map_err(|e| e.at(source))?;
    for (memory, outcome) in &result.failed {
        warn(format_args!("{memory} is left out: {outcome}"));
    }
    match args.format {
        SimulateFormat::Table => write_table(&workload, &result, out)?,
        SimulateFormat::Markdown => write!(out, "{}", table(&result).markdown())?,
        SimulateFormat::Csv => write!(out, "{}", table(&result).csv()?)?,
        SimulateFormat::Json => writeln!(out, "{:#}", record(args, &workload, &result))?,
        SimulateFormat::Jsonl => writeln!(out, "{}", record(args, &workload, &result))?,
        SimulateFormat::Lpt => writeln!(out, "{}", lpt(args, &result)?.trim_end())?,
        SimulateFormat::Url => writeln!(out, "{}", export::visualization_url(&result.run)?)?,
    }
    Ok(Done::All)
}

fn list(format: SimulateFormat, out: &mut Out) -> Result<Done> {
    let format = match format {
        SimulateFormat::Table => Format::Table,
        SimulateFormat::Json => Format::Json,
        SimulateFormat::Jsonl => Format::Jsonl,
        SimulateFormat::Csv => Format::Csv,
        SimulateFormat::Markdown => Format::Markdown,
        SimulateFormat::Lpt | SimulateFormat::Url => {
            return Err(Error::new("--list gives no curve: expected --format table, json, jsonl, csv or markdown"));
        }
    };
    let mut answers = Answers::new(out, format, &["preset", "pattern", "description"].map(Column::plain));
    for preset in PRESETS {
        let workload = preset.workload()?;
        let record = json!({ "preset": preset.name, "pattern": workload.pattern, "description": workload.description });
        let pattern = workload.pattern.map_or("", |p| p.name());
        answers.add(record, [preset.name, pattern, &workload.description].map(|s| Cell::Text(s.to_owned())))?;
    }
    answers.finish("")?;
    Ok(Done::All)
}

/// The curve, one row a memory size.
fn table(result: &TuningResult) -> Table {
    let mut table = Table::new(&[
        Column { field: "memory_mb", heading: "memory" },
        Column { field: "duration_ms", heading: "duration" },
        Column { field: "cost_usd", heading: "per million" },
    ]);
    for p in result.run.curve.points() {
        let cost = Cell::or_empty(p.cost, Cell::PerMillion).in_currency(result.run.currency());
        table.row([Cell::Memory(p.memory), Cell::Duration(p.duration), cost]);
    }
    table
}

fn write_table(workload: &Workload, result: &TuningResult, out: &mut Out) -> Result<()> {
    writeln!(out, "{}: {}\n", result.run.id, workload.description)?;
    write!(out, "{}", table(result).text())?;
    if let Some(pattern) = workload.pattern {
        writeln!(out, "\n{pattern}: {}; more memory buys {}", pattern.summary(), pattern.memory_buys())?;
    }
    Ok(())
}

/// What aws-lambda-power-tuning itself would have written.
fn lpt(args: &Args, result: &TuningResult) -> Result<String> {
    let run = &result.run;
    let priced = PricedCurve::recorded(&run.curve)
        .ok_or_else(|| Error::new("a size has no cost: expected one for every size"))?;
    let invocations = u64::from(if args.exact { 1 } else { args.invocations });
    let transitions = StateMachine::Current.transitions(run.curve.len() as u64, invocations);
    let price = PriceTable::embedded().transition(&args.region)?;
    let tuning = export::Tuning {
        best: Strategy::Cost.pick(&priced).memory,
        execution_cost: StateMachine::cost(transitions, price)?,
        lambda_cost: result.lambda_cost,
    };
    export::lpt(run, &tuning)
}

/// The run as a record that every other command reads.
fn record(args: &Args, workload: &Workload, result: &TuningResult) -> Value {
    export::labelled(workload, result, (!args.exact).then_some(args.seed))
}
