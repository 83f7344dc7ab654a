//! `powercurve classify`

use serde_json::Value;

use super::answers::Answers;
use super::{Done, Format, Out, batch};
use crate::curve::Run;
use crate::error::Result;
use crate::pattern::{Classification, Reader};
use crate::render::table::{Cell, Column};
use crate::show;

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

const COLUMNS: [Column; 9] = [
    Column { field: "id", heading: "run" },
    Column::plain("pattern"),
    Column::plain("family"),
    Column::plain("confidence"),
    Column::plain("uncertain"),
    Column { field: "cpu_share", heading: "cpu" },
    Column { field: "wait_share", heading: "wait" },
    Column { field: "transfer_share", heading: "transfer" },
    Column::plain("warnings"),
];

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    let reader = Reader::shipped();
    let answer = |run: Run| {
        batch::needs_two_sizes(&run)?;
        let answer = reader.classify(&run);
        Ok((run.id, answer))
    };
    if args.format == Format::Jsonl {
        // the text of a line takes as long as its answer: on all cores too
        let line = |run| answer(run).map(|(id, a)| a.to_json_line(&id));
        return batch::each(&args.runs, line, |line| writeln!(out, "{line}"));
    }
    if args.format != Format::Table {
        let mut answers = Answers::new(out, args.format, &COLUMNS);
        let done = batch::each(&args.runs, answer, |(id, a)| answers.add(a.to_json(&id), row(&id, &a)))?;
        answers.finish("")?;
        return Ok(done);
    }
    let mut all = Vec::new();
    let done = batch::each(&args.runs, answer, |a| {
        all.push(a);
        Ok(())
    })?;
    if let [(id, only)] = &all[..] {
        story(out, id, only)?;
        return Ok(done);
    }
    let mut answers = Answers::new(out, args.format, &COLUMNS);
    for (id, a) in &all {
        answers.add(Value::Null, row(id, a))?;
    }
    let uncertain = all.iter().filter(|(_, a)| a.uncertain).count();
    answers.finish(&format!("{} runs, {uncertain} of them uncertain. Classify one alone to see why.", all.len()))?;
    Ok(done)
}

fn percent(x: f64) -> String {
    format!("{:.0} %", 100.0 * x)
}

fn row(id: &str, a: &Classification) -> [Cell; 9] {
    [
        Cell::Text(id.to_owned()),
        Cell::Text(a.pattern.to_string()),
        Cell::Text(a.family().to_string()),
        Cell::Share(a.confidence),
        Cell::Text(if a.uncertain { "uncertain" } else { "" }.to_owned()),
        Cell::Share(a.shares.cpu),
        Cell::Share(a.shares.wait),
        Cell::Share(a.shares.transfer),
        Cell::Text(a.warnings.join("; ")),
    ]
}

/// One run, told to a person.
fn story(out: &mut Out, id: &str, a: &Classification) -> Result<()> {
    let verdict = if a.uncertain { "uncertain, perhaps " } else { "" };
    writeln!(out, "{id}: {verdict}{} ({})", a.pattern, percent(a.confidence))?;
    writeln!(out)?;
    for (p, probability) in show::ranked(a) {
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
