//! `powercurve fit`

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Done, Format, Out, batch};
use crate::curve::Run;
use crate::error::{Error, Result};
use crate::model::Library;
use crate::predict::{Fit, fit};
use crate::render::table::Table;

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

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    let library = Library::shipped();
    let answer = |run: Run| {
        let fitted = fit(library, &run);
        Ok((run, fitted))
    };
    if args.format == Format::Jsonl && args.output.is_none() {
        let line = |run| answer(run).map(|(run, f)| to_json(&run, &f).to_string());
        return batch::each(&args.runs, line, |line| writeln!(out, "{line}"));
    }
    let mut all = Vec::new();
    let done = batch::each(&args.runs, answer, |fitted| {
        all.push(fitted);
        Ok(())
    })?;
    if let Some(path) = &args.output {
        write_toml(path, &all)?;
    }
    match args.format {
        Format::Json => writeln!(out, "{:#}", all.iter().map(|(r, f)| to_json(r, f)).collect::<Value>())?,
        Format::Jsonl => all.iter().try_for_each(|(r, f)| writeln!(out, "{}", to_json(r, f)))?,
        Format::Csv => write!(out, "{}", table(&all).to_csv()?)?,
        Format::Markdown => write!(out, "{}", table(&all).to_markdown())?,
        Format::Table => match &all[..] {
            [(run, only)] => story(out, run, only)?,
            _ => write!(out, "{}", overview(&all).to_text())?,
        },
    }
    Ok(done)
}

fn write_toml(path: &PathBuf, all: &[(Run, Fit)]) -> Result<()> {
    let place = path.display().to_string();
    let [(_, only)] = all else {
        return Err(Error::new(format!("{} runs were fitted: a workload file holds one", all.len()))
            .help("give a single run with -o, or use --format jsonl")
            .at(place));
    };
    std::fs::write(path, only.workload.to_toml()).map_err(|e| Error::new(format!("cannot be written: {e}")).at(place))
}

fn to_json(run: &Run, f: &Fit) -> Value {
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
    })
}

/// One row a size.
fn table(all: &[(Run, Fit)]) -> Table {
    let mut table = Table::new(["run", "memory_mb", "measured_ms", "fitted_ms", "residual", "cpu", "wait", "transfer"]);
    for (run, f) in all {
        for (i, p) in run.curve.points().iter().enumerate() {
            let s = &f.shares[i];
            table.row([
                run.id.clone(),
                p.memory.mb().to_string(),
                p.duration.ms().to_string(),
                format!("{:.3}", f.fitted_ms[i]),
                format!("{:.4}", f.residuals[i]),
                format!("{:.3}", s.cpu),
                format!("{:.3}", s.wait),
                format!("{:.3}", s.transfer),
            ]);
        }
    }
    table
}

/// One row a run.
fn overview(all: &[(Run, Fit)]) -> Table {
    let mut table = Table::new(["run", "pattern", "sizes", "rms", "cpu ms", "wait ms", "moved MB", "left open"]);
    for (run, f) in all {
        let w = &f.workload;
        let wait: f64 = w.calls.iter().map(|c| f64::from(c.count) * c.latency_ms).sum();
        table.row([
            run.id.clone(),
            w.pattern.map_or(String::new(), |p| p.to_string()),
            run.curve.len().to_string(),
            format!("{:.1} %", 100.0 * f.rms),
            format!("{:.1}", w.cpu.work_ms + w.cpu.parallel_ms),
            format!("{wait:.1}"),
            format!("{:.1}", w.transfers.iter().map(|t| t.megabytes).sum::<f64>()),
            f.open.join("; "),
        ]);
    }
    table
}

fn story(out: &mut Out, run: &Run, f: &Fit) -> Result<()> {
    let mut table = Table::new(["memory", "measured", "fitted", "off", "cpu", "wait", "transfer"]);
    for (i, p) in run.curve.points().iter().enumerate() {
        let s = &f.shares[i];
        table.row([
            p.memory.to_string(),
            p.duration.to_string(),
            crate::Millis::new(f.fitted_ms[i]).map_or(String::new(), |d| d.to_string()),
            format!("{:+.1} %", 100.0 * f.residuals[i]),
            format!("{:.0} %", 100.0 * s.cpu),
            format!("{:.0} %", 100.0 * s.wait),
            format!("{:.0} %", 100.0 * s.transfer),
        ]);
    }
    writeln!(out, "{}: explained within {:.1} % (root mean square)\n", run.id, 100.0 * f.rms)?;
    write!(out, "{}", table.to_text())?;
    for open in &f.open {
        writeln!(out, "\nNote: {open}")?;
    }
    writeln!(out, "\n{}", f.workload.to_toml().trim_end())
}
