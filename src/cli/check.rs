//! `powercurve check`

use serde_json::json;

use super::answers::Answers;
use super::price_args::TariffArgs;
use super::{Done, Format, Out, batch};
use crate::advise::{Tolerance, check};
use crate::error::Result;
use crate::render::table::{Cell, Column};
use crate::units::MemoryMb;

/// Fail (exit code 1) when the configured memory size costs too much more than the cheapest measured one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  powercurve check results.json --current 1024
  powercurve check runs.jsonl --current 512 --tolerance 10% --format jsonl

Exit codes: 0 all within the tolerance, 1 one is not, 2 nothing could be read, 3 some runs were rejected.")]
pub struct Args {
    /// Recorded runs.
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,

    /// The configured memory size, in MB.
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u32))]
    current: u32,

    /// How much more than the cheapest size is still good, in per cent.
    #[arg(long, value_name = "PERCENT", default_value = "5%")]
    tolerance: Tolerance,

    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    tariff: TariffArgs,
}

const COLUMNS: [Column; 7] = [
    Column { field: "id", heading: "run" },
    Column { field: "current_mb", heading: "configured" },
    Column { field: "current_usd", heading: "per million" },
    Column { field: "best_mb", heading: "cheapest" },
    Column { field: "best_usd", heading: "per million" },
    Column { field: "excess", heading: "excess" },
    Column { field: "passed", heading: "check" },
];

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    let current = MemoryMb::new(args.current)?;
    let mut answers = Answers::new(out, args.format, &COLUMNS);
    let (mut all, mut failed) = (0, 0);
    let done = batch::each(
        &args.runs,
        |run| {
            let (curve, _) = args.tariff.price(&run)?;
            Ok((run.id.clone(), check(&curve, current, args.tolerance)?))
        },
        |(id, check)| {
            all += 1;
            failed += u32::from(!check.passed);
            let record = json!({
                "id": id,
                "passed": check.passed,
                "current_mb": check.current.memory,
                "current_usd": check.current.cost,
                "best_mb": check.best.memory,
                "best_usd": check.best.cost,
                "excess": check.excess,
                "tolerance": args.tolerance.share(),
            });
            let row = [
                Cell::Text(id),
                Cell::Memory(check.current.memory),
                Cell::PerMillion(check.current.cost),
                Cell::Memory(check.best.memory),
                Cell::PerMillion(check.best.cost),
                Cell::Change(check.excess),
                Cell::Text(if check.passed { "passed" } else { "failed" }.to_owned()),
            ];
            answers.add(record, row)
        },
    )?;
    let verdict = if failed == 0 {
        format!("Passed: {current} costs at most {} more than the cheapest size.", args.tolerance)
    } else {
        format!(
            "Failed: in {failed} of {all} runs {current} costs more than {} over the cheapest size.",
            args.tolerance
        )
    };
    answers.finish(&verdict)?;
    Ok(if failed > 0 { Done::CheckFailed } else { done })
}
