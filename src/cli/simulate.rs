//! `powercurve simulate`

use comfy_table::{CellAlignment, Table, TableStyle, presets};
use serde_json::{Value, json};

use super::sizes::Sizes;
use super::{Done, Format, Out, workload};
use crate::curve::{Arch, Point};
use crate::error::{Error, Result};
use crate::platform::billing::BillingStep;
use crate::simulate::{self, Tuning, TuningResult};
use crate::units::{MemoryMb, Usd};
use crate::workload::{PRESETS, Preset, Workload};

/// Simulate the power curve of a workload, as aws-lambda-power-tuning would measure it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  powercurve simulate --list
  powercurve simulate prime-numbers
  powercurve simulate prime-numbers --show > my-function.toml
  powercurve simulate my-function.toml --memory ALL --exact --format csv
  powercurve simulate small-database --invocations 100 --seed 7 --format jsonl
  powercurve simulate third-party-api --parallel --billing 100ms")]
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
    #[arg(long, value_name = "LIST", default_value = Sizes::DEFAULT)]
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

    /// Expected values instead of a sample.
    #[arg(long, conflicts_with_all = ["invocations", "discard", "parallel", "seed"])]
    exact: bool,

    /// How to write the result.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    if args.list {
        return list(out);
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
    workload.arch = args.arch.unwrap_or(workload.arch);
    if args.show {
        write!(out, "{}", workload.to_toml())?;
        return Ok(Done::All);
    }
    let result = if args.exact {
        simulate::exact(&workload, &args.memory.0, args.billing)?
    } else {
        let tuning = Tuning {
            invocations: args.invocations,
            discard: args.discard,
            parallel: args.parallel,
            billing: args.billing,
            seed: args.seed,
            run: 0,
        };
        tuning.run(&workload, &args.memory.0)?
    };
    for (memory, outcome) in &result.failed {
        eprintln!("warning: {memory} is left out: {outcome}");
    }
    match args.format {
        Format::Table => write_table(&workload, &result, out)?,
        Format::Markdown => writeln!(out, "{}", table(&result, presets::ASCII_MARKDOWN))?,
        Format::Csv => write_csv(&result, out)?,
        Format::Json => writeln!(out, "{:#}", record(args, &workload, &result)?)?,
        Format::Jsonl => writeln!(out, "{}", record(args, &workload, &result)?)?,
    }
    Ok(Done::All)
}

fn list(out: &mut Out) -> Result<Done> {
    let mut table = plain(presets::NOTHING);
    for preset in PRESETS {
        let workload = preset.workload()?;
        let pattern = workload.pattern.map_or("-", |p| p.name());
        table.add_row([preset.name, pattern, workload.description.as_str()]);
    }
    writeln!(out, "{table}")?;
    Ok(Done::All)
}

fn write_table(workload: &Workload, result: &TuningResult, out: &mut Out) -> Result<()> {
    writeln!(out, "{}: {}\n", result.run.id, workload.description)?;
    writeln!(out, "{}", table(result, presets::UTF8_HORIZONTAL_ONLY))?;
    if let Some(pattern) = workload.pattern {
        writeln!(out, "\n{pattern}: {}; more memory buys {}", pattern.summary(), pattern.memory_buys())?;
    }
    Ok(())
}

/// The curve, one row a memory size.
fn table(result: &TuningResult, style: TableStyle) -> Table {
    let mut table = plain(style);
    table.set_header(["memory", "duration", "cost", "per million"]);
    for p in result.run.curve.points() {
        let cost = |value: fn(Usd) -> Usd| p.cost.map_or_else(|| "-".to_owned(), |c| value(c).to_string());
        table.add_row([p.memory.to_string(), p.duration.to_string(), cost(|c| c), cost(Usd::per_million)]);
    }
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn plain(style: TableStyle) -> Table {
    let mut table = Table::new();
    table.load_style(style);
    table
}

fn write_csv(result: &TuningResult, out: &mut Out) -> Result<()> {
    writeln!(out, "memory_mb,duration_ms,cost_usd")?;
    for p in result.run.curve.points() {
        let cost = p.cost.map(|c| c.usd().to_string()).unwrap_or_default();
        writeln!(out, "{},{},{cost}", p.memory.mb(), p.duration.ms())?;
    }
    Ok(())
}

/// The run as a record that every other command reads.
fn record(args: &Args, workload: &Workload, result: &TuningResult) -> Result<Value> {
    let run = &result.run;
    let column = |value: fn(&Point) -> Value| run.curve.points().iter().map(value).collect::<Vec<_>>();
    let failed = |(memory, outcome): &(MemoryMb, simulate::Outcome)| json!({ "memory_mb": memory.mb(), "reason": outcome.to_string() });
    let workload_json = serde_json::to_value(workload)
        .map_err(|e| Error::new(format!("the workload cannot be written as JSON: {e}")))?;
    Ok(json!({
        "id": run.id,
        "memory_mb": column(|p| p.memory.mb().into()),
        "duration_ms": column(|p| p.duration.ms().into()),
        "cost_usd": column(|p| p.cost.map(Usd::usd).into()),
        "sd_ms": column(|p| p.sample.sd_ms.into()),
        "cold_starts": column(|p| p.sample.cold_starts.into()),
        "runtime": run.runtime,
        "arch": run.arch,
        "num": run.invocations,
        "start": run.start,
        "billing_ms": run.billing_ms,
        "pattern": workload.pattern,
        "seed": (!args.exact).then_some(args.seed),
        "failed": result.failed.iter().map(failed).collect::<Vec<_>>(),
        "workload": workload_json,
    }))
}
