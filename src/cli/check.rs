//! `powercurve check`

use serde_json::json;

use super::answers::Answers;
use super::price_args::TariffArgs;
use super::strategy_args::StrategyArgs;
use super::{Done, Format, Out, batch, report, warn, warn_of};
use crate::advise::{Check, Drift, Strategy, Tolerance, check, drift};
use crate::curve::Run;
use crate::error::{Error, Result};
use crate::ingest::Baseline;
use crate::render::table::{Cell, Column};
use crate::units::{Currency, MemoryMb};

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

    #[command(flatten)]
    strategy: StrategyArgs,

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

/// A run that was checked.
struct Checked {
    id: String,
    check: Check,
    /// Whether the run fails at the configured size.
    fails: bool,
    drift: Option<Drift>,
    currency: Currency,
    /// What is to doubt about the run.
    warnings: Vec<String>,
    /// The run, when the baseline has one run only, of another id.
    run: Option<Box<Run>>,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    out.outlast_reader();
    let current = MemoryMb::new(args.current)?;
    let strategy = args.strategy.strategy()?;
    let former = args.baseline.as_deref().map(read_baseline).transpose()?;
    let (former, done) = former.map_or((None, Done::All), |(baseline, done)| (Some(baseline), done));
    // of one run alone the id may be the name of a file, which tells nothing
    let only = former.as_ref().and_then(Baseline::only).filter(|_| done == Done::All);
    let mut tally = Tally::new(args, strategy, former.is_some(), Answers::new(out, args.format, &COLUMNS));
    let (mut read, mut first) = (0, None);
    let done = done.and(batch::each(
        &args.runs,
        |run| {
            if args.id.as_ref().is_some_and(|id| *id != run.id) {
                return Ok(None);
            }
            let (curve, _) = args.tariff.price(&run)?;
            let known = former.as_ref().and_then(|f| f.get(&run.id));
            Ok(Some(Checked {
                id: run.id.clone(),
                check: check(&run, &curve, current, strategy, args.tolerance)?,
                fails: run.fails_at(current),
                drift: known.map(|known| drift(&run, known, current)).transpose()?,
                currency: args.tariff.currency(&run),
                warnings: run.warnings.iter().map(ToString::to_string).collect(),
                run: only.filter(|_| known.is_none()).map(|_| Box::new(run)),
            }))
        },
        |checked| {
            read += 1;
            let Some(checked) = checked else { return Ok(()) };
            // whether the first run is the only one shows with the second
            if tally.all == 0 && first.is_none() && checked.run.is_some() {
                first = Some(checked);
                return Ok(());
            }
            first.take().map_or(Ok(()), |first| tally.add(first))?;
            tally.add(checked)
        },
    )?);
    if let Some(mut checked) = first {
        if let (Done::All, Some(only), Some(run)) = (done, only, &checked.run) {
            checked.drift = Some(drift(run, only, current).map_err(|e| e.at(&checked.id))?);
        }
        tally.add(checked)?;
    }
    if let (0, Some(id)) = (tally.all, &args.id) {
        return Err(Error::new(format!("there is no run with the id '{id}' among {read}"))
            .help("`powercurve classify` lists the ids"));
    }
    let compared_nothing = tally.compared_nothing();
    if !tally.finish(current)? {
        return Ok(Done::CheckFailed);
    }
    // a check that compared nothing must not pass as one that did; what was rejected may be the reason, and has its own code
    if compared_nothing && done == Done::All {
        return Err(Error::new("no run of the input is in the baseline: expected the same ids in both")
            .help("`powercurve classify` lists the ids; leave out --baseline to check the cost alone"));
    }
    Ok(done)
}

/// The baseline; what was rejected of it is named on stderr.
fn read_baseline(path: &str) -> Result<(Baseline, Done)> {
    let (baseline, mut rejected) = Baseline::read(path);
    // the last rejection of a baseline without runs is the error of the command
    let last = if baseline.is_empty() { rejected.pop() } else { None };
    rejected.iter().for_each(report);
    if baseline.is_empty() {
        let last = last.unwrap_or_else(|| Error::new("no run in the baseline: expected at least one").at(path));
        // of a file that holds no baseline at all what would be one is the remedy
        let error = Error::new(last.problem()).help("give former runs, or what `classify --format jsonl` wrote");
        return Err(last.place().iter().rev().fold(error, |error, place| error.at(place)));
    }
    Ok((baseline, if rejected.is_empty() { Done::All } else { Done::SomeRejected }))
}

/// The answers so far.
struct Tally<'a> {
    args: &'a Args,
    strategy: Strategy,
    has_baseline: bool,
    answers: Answers<'a>,
    all: u32,
    failed: u32,
    /// Whether a run fails at the configured size.
    fails: bool,
    /// Runs that were not compared with the baseline, by id.
    unknown: Vec<String>,
}

impl<'a> Tally<'a> {
    fn new(args: &'a Args, strategy: Strategy, has_baseline: bool, answers: Answers<'a>) -> Self {
        Self { args, strategy, has_baseline, answers, all: 0, failed: 0, fails: false, unknown: Vec::new() }
    }

    fn add(&mut self, Checked { id, check, fails, drift, currency, warnings, .. }: Checked) -> Result<()> {
        self.fails |= fails;
        warn_of(self.args.format, &id, &warnings);
        self.all += 1;
        let passed = check.passed && !drift.is_some_and(|d| d.failed());
        self.failed += u32::from(!passed);
        if self.has_baseline && drift.is_none() {
            self.unknown.push(id.clone());
        }
        let mut record = json!({
            "id": id,
            "passed": passed,
            "current_mb": check.current.memory,
            "current_usd": check.current.cost,
            "best_mb": check.best.memory,
            "best_usd": check.best.cost,
            "excess": check.excess,
            "strategy": self.strategy.name(),
            "tolerance": self.args.tolerance.share(),
            "warnings": warnings,
        });
        if currency != Currency::Usd {
            record["currency"] = currency.code().into();
        }
        if self.has_baseline {
            // null: not in it
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
        self.answers.add(record, row)
    }

    /// Whether there is a baseline that has none of the runs.
    fn compared_nothing(&self) -> bool {
        self.has_baseline && self.unknown.len() == self.all as usize
    }

    /// Writes the verdict; whether all passed.
    fn finish(self, current: MemoryMb) -> Result<bool> {
        let compared_nothing = self.compared_nothing();
        let Self { args: Args { tolerance, .. }, strategy, has_baseline, answers, all, failed, fails, unknown } = self;
        for id in &unknown {
            warn(format_args!("{id} is not in the baseline: only its cost was checked"));
        }
        let (does, more, best) = match strategy {
            Strategy::Cost => ("costs", "cost more than", "cheapest"),
            Strategy::Speed => ("takes", "take more than", "fastest"),
            Strategy::Balanced(_) => ("scores", "score more than", "best"),
        };
        let verdict = if failed == 0 {
            let against = match unknown.len() {
                _ if !has_baseline => String::new(),
                _ if compared_nothing => ", and nothing was compared with the baseline".to_owned(),
                0 => ", and nothing is worse than the baseline".to_owned(),
                n => format!(", and nothing of the baseline is worse; {n} of {all} runs are not in it"),
            };
            // what was compared with nothing has not passed
            let passed = if compared_nothing { "" } else { "Passed: " };
            format!("{passed}{current} {does} at most {tolerance} more than the {best} size{against}.")
        } else {
            let or_fail = if fails { ", or fail there" } else { "" };
            let or_differ = if has_baseline && !compared_nothing { ", or differ from the baseline" } else { "" };
            format!(
                "Failed: {failed} of {all} runs {more} {tolerance} over the {best} size at {current}{or_fail}{or_differ}."
            )
        };
        answers.finish(&verdict)?;
        Ok(failed == 0)
    }
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
