//! `powercurve fit`

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::answers::Answers;
use super::{Done, Format, Out, batch, texts, warn_of};
use crate::curve::Run;
use crate::error::{Error, Result};
use crate::model::{Library, Observation};
use crate::pattern::Reader;
use crate::predict::{Fit, fit};
use crate::render::file;
use crate::render::table::{Cell, Column, Table};
use crate::show;
use crate::units::Millis;

/// Find the workload whose simulated curve explains a run best.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  powercurve fit datasets/examples/lpt-output.json
  powercurve fit run.json -o fitted.toml && powercurve simulate fitted.toml --exact --memory ALL
  powercurve fit datasets/real-runs.jsonl --format jsonl > fits.jsonl")]
pub struct Args {
    /// Recorded runs: files, folders, - for standard input, or visualization URLs.
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,

    /// Write the fitted workload of a single run to this TOML file.
    #[arg(short, long, value_name = "FILE.toml")]
    output: Option<PathBuf>,

    /// How to write the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

const COLUMNS: [Column; 8] = [
    Column { field: "id", heading: "run" },
    Column::plain("pattern"),
    Column::plain("sizes"),
    Column { field: "rms_percent", heading: "rms %" },
    Column { field: "cpu_ms", heading: "cpu ms" },
    Column { field: "wait_ms", heading: "wait ms" },
    Column { field: "megabytes", heading: "moved MB" },
    Column { field: "open", heading: "left open" },
];

/// A fit and what to doubt about it.
struct Answer {
    run: Run,
    fitted: Fit,
    warnings: Vec<String>,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    let library = Library::shipped();
    let answer = |run: Run| {
        batch::needs_two_sizes(&run)?;
        let fitted = fit(library, &run);
        let mut warnings = texts(&run.warnings);
        let reading = Reader::shipped().classify(&run);
        warnings.extend(Observation::of(&run).starved.iter().map(|memory| {
            format!("{memory} is left out of the fit: hardly any memory was left, and it took longer than the CPU share explains")
        }));
        warnings.extend(fitted.workload.pattern.and_then(|pattern| show::other_reading(pattern, &reading)));
        Ok(Answer { run, fitted, warnings })
    };
    if args.format == Format::Jsonl && args.output.is_none() {
        let mut answers = Answers::new(out, args.format, &COLUMNS);
        return batch::each(&args.runs, answer, |answer| answers.add(to_json(&answer), row(&answer)));
    }
    let mut all = Vec::new();
    let done = batch::each(&args.runs, answer, |answer| {
        warn_of(args.format, &answer.run.id, &answer.warnings);
        all.push(answer);
        Ok(())
    })?;
    if let Some(path) = &args.output {
        write_toml(path, &all)?;
    }
    if let (Format::Table, [only]) = (args.format, &all[..]) {
        story(out, only)?;
        return Ok(done);
    }
    let mut answers = Answers::new(out, args.format, &COLUMNS);
    for answer in &all {
        answers.add(to_json(answer), row(answer))?;
    }
    answers.finish("")?;
    Ok(done)
}

fn write_toml(path: &Path, all: &[Answer]) -> Result<()> {
    let place = path.display().to_string();
    let [only] = all else {
        return Err(Error::new(format!("{} runs were fitted: a workload file holds one", all.len()))
            .help("give a single run with -o, or use --format jsonl")
            .at(place));
    };
    file::write_whole(path, only.fitted.workload.to_toml().as_bytes())
}

fn to_json(Answer { run, fitted: f, warnings }: &Answer) -> Value {
    json!({
        "id": run.id,
        "memory_mb": run.curve.sizes().collect::<Vec<_>>(),
        "fitted_ms": f.fitted_ms,
        "residuals": f.residuals,
        "rms": f.rms,
        "shares": f.shares,
        "pattern": f.workload.pattern,
        "open": f.open,
        "workload": f.workload,
        "warnings": warnings,
    })
}

fn row(Answer { run, fitted: f, .. }: &Answer) -> [Cell; 8] {
    let w = &f.workload;
    [
        Cell::Text(run.id.clone()),
        Cell::Text(w.pattern.map_or(String::new(), |p| p.to_string())),
        Cell::Count(run.curve.len() as u64),
        Cell::Number(100.0 * f.rms, 1),
        Cell::Number(w.cpu.work_ms + w.cpu.parallel_ms, 1),
        Cell::Number(sum(w.calls.iter().map(|c| f64::from(c.count) * c.latency_ms)), 1),
        Cell::Number(sum(w.transfers.iter().map(|t| t.megabytes)), 1),
        Cell::Text(f.open.join("; ")),
    ]
}

/// An empty floating-point sum is -0: starts from 0.
fn sum(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.fold(0.0, |sum, x| sum + x)
}

fn story(out: &mut Out, Answer { run, fitted: f, .. }: &Answer) -> Result<()> {
    let columns = ["memory", "measured", "fitted", "off", "cpu", "wait", "transfer"].map(Column::plain);
    let mut table = Table::new(&columns);
    for (i, p) in run.curve.points().iter().enumerate() {
        let s = &f.shares[i];
        table.row([
            Cell::Memory(p.memory),
            Cell::Duration(p.duration),
            Cell::or_empty(Millis::new(f.fitted_ms[i]).ok(), Cell::Duration),
            Cell::Change(f.residuals[i]),
            Cell::Share(s.cpu),
            Cell::Share(s.wait),
            Cell::Share(s.transfer),
        ]);
    }
    writeln!(out, "{}: explained within {:.1} % (root mean square)\n", run.id, 100.0 * f.rms)?;
    write!(out, "{}", table.text())?;
    for open in &f.open {
        writeln!(out, "\nNote: {open}")?;
    }
    writeln!(out, "\n{}", f.workload.to_toml().trim_end())
}
