//! `powercurve check`

use serde_json::json;

use super::answers::Answers;
use super::price_args::TariffArgs;
use super::{Done, Format, Out, baseline, batch, warn};
use crate::advise::{Drift, Strategy, Tolerance, check, drift};
use crate::error::{Error, Result};
use crate::render::table::{Cell, Column};
use crate::units::MemoryMb;

/// Fail (exit code 1) when the configured memory size costs too much more than the cheapest measured one (or is too far from
/// the best by another strategy), or the function behaves otherwise than before.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  powercurve check results.json --current 1024
  powercurve check runs.jsonl --current 512 --tolerance 10% --format jsonl
  powercurve check runs.jsonl --id resize --current 2048 --strategy speed
  powercurve check new.jsonl --current 1024 --baseline old.jsonl

With --baseline a run fails as well when its pattern is another one (both being certain), or when it is slower at the configured
size than the noise of the two runs explains in 95 of 100 cases.

Exit codes: 0 all within the tolerance and like the baseline, 1 one is not, 2 nothing could be read, 3 some runs were rejected.")]
pub struct Args {
    /// Recorded runs.
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,

    /// The configured memory size, in MB.
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u32))]
    current: u32,

    /// Check only the run of this id.
    #[arg(long, value_name = "NAME")]
    id: Option<String>,

    /// What the best size minimises: cost, speed, or balanced.
    #[arg(long, value_name = "NAME", default_value = "cost")]
    strategy: String,

    /// Weight of the cost in the balanced strategy: 0 is speed, 1 is cost.
    #[arg(long, default_value_t = Strategy::DEFAULT_WEIGHT, allow_negative_numbers = true)]
    weight: f64,

    /// How much more than the best size is still good, in per cent.
    #[arg(long, value_name = "PERCENT", default_value = "5%")]
    tolerance: Tolerance,

    /// Former runs, or what `classify --format jsonl` said of them, by the same ids; a single run is compared with a single one.
    #[arg(long, value_name = "FILE")]
    baseline: Option<String>,

    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    tariff: TariffArgs,
}

const COLUMNS: [Column; 8] = [
    Column { field: "id", heading: "run" },
    Column { field: "current_mb", heading: "configured" },
    Column { field: "current_usd", heading: "per million" },
    Column { field: "best_mb", heading: "best" },
    Column { field: "best_usd", heading: "per million" },
    Column { field: "excess", heading: "excess" },
    Column { field: "passed", heading: "check" },
    Column { field: "baseline", heading: "against the baseline" },
];

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    let current = MemoryMb::new(args.current)?;
    let strategy = Strategy::named(&args.strategy, args.weight)?;
    let former = args.baseline.as_deref().map(baseline::read).transpose()?;
    // of one run alone the id may be the name of a file, which tells nothing
    let only = former.as_ref().filter(|f| f.len() == 1).and_then(|f| f.values().next());
    let mut answers = Answers::new(out, args.format, &COLUMNS);
    let (mut read, mut all, mut failed, mut unknown) = (0, 0, 0, Vec::new());
    let done = batch::each(
        &args.runs,
        |run| {
            if args.id.as_ref().is_some_and(|id| *id != run.id) {
                return Ok(None);
            }
            let (curve, _) = args.tariff.price(&run)?;
            run.warnings.iter().for_each(|warning| warn(format_args!("{}: {warning}", run.id)));
            let known = former.as_ref().and_then(|f| f.get(&run.id).or(only));
            let drift = known.map(|known| drift(&run, known, current)).transpose()?;
            let check = check(&curve, current, strategy, args.tolerance)?;
            Ok(Some((run.id.clone(), check, drift, args.tariff.currency(&run))))
        },
        |checked| {
            read += 1;
            let Some((id, check, drift, currency)) = checked else { return Ok(()) };
            all += 1;
            let passed = check.passed && !drift.is_some_and(|d| d.failed());
            failed += u32::from(!passed);
            if former.is_some() && drift.is_none() {
                unknown.push(id.clone());
            }
            let mut record = json!({
                "id": id,
                "passed": passed,
                "current_mb": check.current.memory,
                "current_usd": check.current.cost,
                "best_mb": check.best.memory,
                "best_usd": check.best.cost,
                "excess": check.excess,
                "strategy": strategy.name(),
                "tolerance": args.tolerance.share(),
            });
            if let Some(drift) = drift {
                record["baseline"] = json!(drift);
            }
            let row = [
                Cell::Text(id),
                Cell::Memory(check.current.memory),
                Cell::PerMillion(check.current.cost).in_currency(currency),
                Cell::Memory(check.best.memory),
                Cell::PerMillion(check.best.cost).in_currency(currency),
                Cell::Change(check.excess),
                Cell::Text(if passed { "passed" } else { "failed" }.to_owned()),
                Cell::or_empty(drift, |d| Cell::Text(in_words(&d))),
            ];
            answers.add(record, row)
        },
    )?;
    if let (0, Some(id)) = (all, &args.id) {
        return Err(Error::new(format!("there is no run with the id '{id}' among {read}"))
            .help("`powercurve classify` lists the ids"));
    }
    for id in &unknown {
        warn(format_args!("{id} is not in the baseline: only its cost was checked"));
    }
    let against = if former.is_some() { ", and nothing is worse than the baseline" } else { "" };
    let (does, more, best) = match strategy {
        Strategy::Cost => ("costs", "cost more than", "cheapest"),
        Strategy::Speed => ("takes", "take more than", "fastest"),
        Strategy::Balanced(_) => ("scores", "score more than", "best"),
    };
    let verdict = if failed == 0 {
        format!("Passed: {current} {does} at most {} more than the {best} size{against}.", args.tolerance)
    } else {
        let or = if former.is_some() { ", or differ from the baseline" } else { "" };
        format!("Failed: {failed} of {all} runs {more} {} over the {best} size at {current}{or}.", args.tolerance)
    };
    answers.finish(&verdict)?;
    Ok(if failed > 0 { Done::CheckFailed } else { done })
}

fn in_words(drift: &Drift) -> String {
    let mut parts = Vec::new();
    if drift.pattern_changed {
        parts.push(format!("{} was {}", drift.pattern_now, drift.pattern_before));
    }
    if let (Some(before), Some(now), Some(noise)) = (drift.before, drift.now, drift.noise_factor) {
        let change = format!("{} was {before}", now);
        let noise = Cell::Change(noise - 1.0);
        parts.push(if drift.slower { format!("slower: {change}, noise explains {noise}") } else { change });
    }
    if parts.is_empty() { "same pattern".to_owned() } else { parts.join("; ") }
}
