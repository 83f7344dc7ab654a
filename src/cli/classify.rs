//! `powercurve classify`

use serde_json::{Map, Value, json};

use super::{Done, Format, Out, batch};
use crate::error::Result;
use crate::pattern::{Classification, Pattern, Reader, Shares};
use crate::render::table::Table;

/// Name the pattern of recorded runs, with probabilities, shares and reasons.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  powercurve classify datasets/examples/lpt-output.json
  powercurve classify 'https://lambda-power-tuning.show/#gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI='
  powercurve classify datasets/real-runs.jsonl --format csv > labels.csv
  aws logs tail /aws/lambda/my-function --since 7d | powercurve classify - --format json")]
pub struct Args {
    /// Recorded runs: files, folders, - for standard input, or visualization URLs.
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,

    /// How to write the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    let reader = Reader::shipped();
    let answer = |run: crate::Run| {
        let answer = reader.classify(&run);
        Ok((run.id, answer))
    };
    match args.format {
        Format::Jsonl => {
            let line = |run| answer(run).map(|(id, a)| to_json(&id, &a).to_string());
            batch::each(&args.runs, line, |line| writeln!(out, "{line}"))
        }
        Format::Json => {
            let mut all = Vec::new();
            let done = batch::each(
                &args.runs,
                |run| answer(run).map(|(id, a)| to_json(&id, &a)),
                |a| {
                    all.push(a);
                    Ok(())
                },
            )?;
            writeln!(out, "{:#}", Value::Array(all))?;
            Ok(done)
        }
        Format::Table | Format::Csv | Format::Markdown => {
            let mut all = Vec::new();
            let done = batch::each(&args.runs, answer, |a| {
                all.push(a);
                Ok(())
            })?;
            match (args.format, &all[..]) {
                (Format::Csv, _) => writeln!(out, "{}", table(&all).to_csv()?.trim_end())?,
                (Format::Markdown, _) => write!(out, "{}", table(&all).to_markdown())?,
                (_, [(id, only)]) => story(out, id, only)?,
                _ => write!(out, "{}", table(&all).to_text())?,
            }
            Ok(done)
        }
    }
}

/// The answer as other programs read it.
pub fn to_json(id: &str, a: &Classification) -> Value {
    let probabilities: Map<String, Value> =
        Pattern::ALL.into_iter().map(|p| (p.name().into(), rounded(a.probabilities[p.index()]))).collect();
    let interval =
        |part: fn(&Shares) -> f64| json!([rounded(part(&a.share_interval.0)), rounded(part(&a.share_interval.1))]);
    json!({
        "id": id,
        "pattern": a.pattern,
        "family": a.family(),
        "confidence": rounded(a.confidence),
        "probabilities": probabilities,
        "uncertain": a.uncertain,
        "shares": {
            "cpu": rounded(a.shares.cpu),
            "wait": rounded(a.shares.wait),
            "transfer": rounded(a.shares.transfer),
        },
        "share_intervals": {
            "cpu": interval(|s| s.cpu),
            "wait": interval(|s| s.wait),
            "transfer": interval(|s| s.transfer),
        },
        "reasons": a.reasons,
        "warnings": a.warnings,
    })
}

/// Five digits: finer than any evidence.
fn rounded(x: f64) -> Value {
    json!((x * 1e5).round() / 1e5)
}

fn percent(x: f64) -> String {
    format!("{:.0} %", 100.0 * x)
}

fn table(all: &[(String, Classification)]) -> Table {
    let mut table = Table::new(["run", "pattern", "confidence", "decided", "cpu", "wait", "transfer", "warnings"]);
    for (id, a) in all {
        table.row([
            id.clone(),
            a.pattern.to_string(),
            percent(a.confidence),
            if a.uncertain { "uncertain" } else { "yes" }.into(),
            percent(a.shares.cpu),
            percent(a.shares.wait),
            percent(a.shares.transfer),
            a.warnings.join("; "),
        ]);
    }
    table
}

/// One run, told to a person.
fn story(out: &mut Out, id: &str, a: &Classification) -> Result<()> {
    let verdict = if a.uncertain { "uncertain, perhaps " } else { "" };
    writeln!(out, "{id}: {verdict}{} ({})", a.pattern, percent(a.confidence))?;
    writeln!(out)?;
    let mut order: Vec<Pattern> = Pattern::ALL.into_iter().filter(|p| a.probabilities[p.index()] >= 0.005).collect();
    order.sort_by(|x, y| a.probabilities[y.index()].total_cmp(&a.probabilities[x.index()]));
    for p in order {
        let probability = a.probabilities[p.index()];
        let bar = "#".repeat((40.0 * probability).round() as usize);
        writeln!(out, "  {:<28} {:>5}  {bar}", p.name(), percent(probability))?;
    }
    writeln!(out, "\nWhy")?;
    for reason in &a.reasons {
        writeln!(out, "  - {reason}")?;
    }
    if !a.warnings.is_empty() {
        writeln!(out, "\nWarnings")?;
        for warning in &a.warnings {
            writeln!(out, "  - {warning}")?;
        }
    }
    Ok(())
}
