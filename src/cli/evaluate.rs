//! `powercurve evaluate`

use serde_json::json;

use super::{Done, Format, Out, batch};
use crate::curve::Run;
use crate::error::{Error, Result};
use crate::model::Library;
use crate::pattern::evaluate::{Score, evaluate};
use crate::pattern::{Pattern, Reader};
use crate::predict::evaluate as scores;
use crate::render::table::Table;

/// Score the model on recorded runs: the classifier on labelled ones, fits and predictions on measured curves.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  powercurve evaluate datasets/real-runs.jsonl
  powercurve evaluate datasets/real-runs.jsonl --fidelity --format markdown
  powercurve evaluate datasets/real-runs.jsonl --predict --by-source")]
pub struct Args {
    /// Recorded runs: files, folders, - for standard input, or visualization URLs.
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,

    /// How close fits come, in-sample and with one size left out, beside the closed forms.
    #[arg(long, conflicts_with = "predict")]
    fidelity: bool,

    /// How close predictions from a few sizes come, beside the closed forms.
    #[arg(long)]
    predict: bool,

    /// Show every source apart as well.
    #[arg(long)]
    by_source: bool,

    /// How to write the answer.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    let mut runs: Vec<Run> = Vec::new();
    let done = batch::each(&args.runs, Ok, |run| {
        runs.push(run);
        Ok(())
    })?;
    if args.fidelity || args.predict {
        let library = Library::shipped();
        let tables = if args.fidelity { scores::fidelity(library, &runs) } else { scores::prediction(library, &runs) };
        write_errors(args, out, &tables)?;
    } else {
        let score = evaluate(&Reader::shipped(), &runs).ok_or_else(|| {
            Error::new("no labelled run in the input: expected records with a non-empty `accept`")
                .help("label runs with the patterns that the description of the function allows")
        })?;
        write_score(args, out, &score)?;
    }
    Ok(done)
}

fn write_errors(args: &Args, out: &mut Out, tables: &[scores::Table]) -> Result<()> {
    if let Format::Json | Format::Jsonl = args.format {
        return writeln!(out, "{:#}", json!(tables));
    }
    let mut all = Table::new(["task", "source", "method", "median %", "mean %", "p90 %", "sizes"]);
    for table in tables {
        let coverage =
            table.coverage.map_or(String::new(), |c| format!(", {:.0} % inside the 90 % interval", 100.0 * c));
        if args.format != Format::Csv {
            writeln!(out, "{}: {} runs{coverage}\n", table.task, table.runs)?;
        }
        let mut one = Table::new(["source", "method", "median %", "mean %", "p90 %", "sizes"]);
        let mut rows: Vec<(String, &str, scores::Errors)> =
            table.methods.iter().map(|m| ("all".into(), m.method.as_str(), m.all)).collect();
        if args.by_source {
            let sources =
                table.methods.iter().flat_map(|m| m.sources.iter().map(|(s, e)| (s.clone(), m.method.as_str(), *e)));
            let mut sources: Vec<_> = sources.collect();
            sources.sort_by(|a, b| a.0.cmp(&b.0));
            rows.extend(sources);
        }
        for (source, method, e) in rows {
            let figures = [e.median, e.mean, e.p90].map(|x| format!("{x:.1}"));
            let cells = [vec![source, method.to_owned()], figures.to_vec(), vec![e.sizes.to_string()]].concat();
            all.row([vec![table.task.clone()], cells.clone()].concat());
            one.row(cells);
        }
        match args.format {
            Format::Markdown => writeln!(out, "{}", one.to_markdown())?,
            Format::Csv => {}
            _ => writeln!(out, "{}", one.to_text())?,
        }
    }
    if args.format == Format::Csv { write!(out, "{}", all.to_csv()?) } else { Ok(()) }
}

fn write_score(args: &Args, out: &mut Out, s: &Score) -> Result<()> {
    if let Format::Json | Format::Jsonl = args.format {
        return writeln!(out, "{:#}", json!(s));
    }
    let percent = |x: f64| format!("{:.1} %", 100.0 * x);
    let mut summary = Table::new(["figure", "value"]);
    summary.row(["labelled runs".into(), s.runs.to_string()]);
    summary.row(["accepted".into(), percent(s.accepted)]);
    summary.row(["family".into(), percent(s.family)]);
    summary.row(["macro recall, singly labelled".into(), percent(s.macro_recall)]);
    summary.row(["decided".into(), percent(s.decided)]);
    summary.row(["accepted when decided".into(), percent(s.accepted_when_decided)]);
    summary.row(["expected calibration error".into(), format!("{:.3}", s.calibration_error)]);

    let mut confusion = Table::new(
        std::iter::once("labelled (alone)".to_owned())
            .chain(Pattern::ALL.map(|p| p.to_string()))
            .chain(["recall".into()]),
    );
    for p in &s.patterns {
        let counts = s.confusion[p.pattern.index()].iter().map(|&n| if n == 0 { ".".into() } else { n.to_string() });
        let recall = if p.runs > 0 { percent(p.recall) } else { "-".into() };
        confusion.row(std::iter::once(p.pattern.to_string()).chain(counts).chain([recall]));
    }
    let mut reliability = Table::new(["answers", "mean confidence", "share right"]);
    for r in &s.reliability {
        reliability.row([r.answers.to_string(), percent(r.mean_confidence), percent(r.share_right)]);
    }
    let mut families = Table::new(["family of the first label", "runs", "right"]);
    for f in s.families.iter().filter(|f| f.runs > 0) {
        families.row([f.family.to_string(), f.runs.to_string(), f.right.to_string()]);
    }
    let mut sources = Table::new(["source", "right", "runs"]);
    for (source, (right, runs)) in &s.sources {
        sources.row([source.clone(), right.to_string(), runs.to_string()]);
    }
    let mut wrong = Table::new(["not accepted", "answered", "confidence", "decided", "accepted would be"]);
    for w in &s.wrong {
        let accept: Vec<&str> = w.accept.iter().map(|p| p.name()).collect();
        wrong.row([
            w.id.clone(),
            w.answered.to_string(),
            percent(w.confidence),
            if w.uncertain { "uncertain" } else { "yes" }.into(),
            accept.join(", "),
        ]);
    }
    let mut tables = vec![summary, confusion, reliability, families];
    if args.by_source {
        tables.push(sources);
    }
    tables.push(wrong);
    for table in tables {
        match args.format {
            Format::Csv => writeln!(out, "{}", table.to_csv()?)?,
            Format::Markdown => writeln!(out, "{}", table.to_markdown())?,
            _ => writeln!(out, "{}", table.to_text())?,
        }
    }
    Ok(())
}
