//! `powercurve evaluate`

use serde_json::{Value, json};

use super::{Done, Format, Out, batch};
use crate::advise::{Reached, sequential};
use crate::curve::Run;
use crate::error::{Error, Result};
use crate::model::Library;
use crate::pattern::evaluate::{Score, evaluate};
use crate::pattern::{Pattern, Reader};
use crate::predict::evaluate as scores;
use crate::render::table::{Cell, Column, Table};

/// Score the model on recorded runs: the classifier on labelled ones, fits and predictions on measured curves.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  powercurve evaluate datasets/real-runs.jsonl
  powercurve evaluate datasets/real-runs.jsonl --fidelity --format markdown
  powercurve evaluate datasets/real-runs.jsonl --predict --by-source

How the numbers are computed:
  Errors are relative, |predicted / measured - 1| of a mean duration, in per cent; median, mean
    and 90th percentile are over all sizes of all runs together, so that a run of many sizes
    counts more than one of few. The closed forms get the same sizes.
  --fidelity takes the runs of 5 and more sizes that are not recorded as cold. In-sample, all
    sizes of a run are fitted. \"Any curve that never rises\" is the closest such curve of whatever
    form: no model in which memory helps or does nothing has a smaller mean error, and what that
    curve misses goes up and down with memory. Leave one out: each size in turn is predicted from
    all others of its run.
  --predict takes the well-measured runs: means of 10 and more invocations where the number is
    recorded, 100 ms and more at half of the sizes at least, and no size more than 10 % slower than
    the next smaller one; with --every-run, all. Errors are over the sizes not given; sizes and
    runs that lack the given ones do not count. \"Inside the 90 % interval\" is the share of the
    measured means there.
  \"given 512 MB and its CPU time\": no recorded run states its CPU time, so it is taken from a fit
    of the whole run. The sizes to predict enter it: the row shows what knowing the CPU time is
    worth, not how well it can be had.
  \"measuring 512 MB, then what `measure_next` says\": of these runs those of 5 and more
    sizes, the largest at least 4 times the smallest. The first size is 512 MB or the nearest one,
    each further one is the size advised, until told to stop. A row counts the runs whose cheapest
    and balanced sizes then are those of the full sweep, or within 5 % of its cost and score.
  Without either option the classifier is scored on the runs with a non-empty `accept`: an answer
    is right when it is among the accepted patterns. Confusion and recall by pattern are over the
    runs that accept one pattern alone, precision over all.")]
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

    /// Predict every run, not only the well-measured ones.
    #[arg(long, requires = "predict", conflicts_with = "fidelity")]
    every_run: bool,

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
        let (tables, reached) = if args.fidelity {
            (scores::fidelity(library, &runs), Vec::new())
        } else {
            let judged: Vec<&Run> = runs.iter().filter(|run| args.every_run || scores::is_well_measured(run)).collect();
            (scores::prediction(library, &judged), sequential(library, &judged))
        };
        if reached.is_empty() && tables.iter().all(|table| table.runs == 0) {
            return Err(nothing_to_judge(args));
        }
        write_errors(args, out, &tables, &reached)?;
    } else {
        let score = evaluate(&Reader::shipped(), &runs).ok_or_else(|| {
            Error::new("no labelled run in the input: expected records with a non-empty `accept`")
                .help("label runs with the patterns that the description of the function allows")
        })?;
        write_score(args, out, &score)?;
    }
    Ok(done)
}

fn nothing_to_judge(args: &Args) -> Error {
    let (expected, help) = if args.fidelity {
        (
            "runs of 5 and more sizes that are not recorded as cold",
            "`powercurve predict` answers for runs of fewer sizes",
        )
    } else if args.every_run {
        (
            "runs with 512 MB, or with 256 and 1024 MB, among other sizes",
            "measure more sizes than those to predict from",
        )
    } else {
        (
            "well-measured runs with 512 MB, or with 256 and 1024 MB, among other sizes",
            "--every-run takes all; `powercurve help evaluate` says which are well-measured",
        )
    };
    Error::new(format!("no run in the input can be judged: expected {expected}")).help(help)
}

/// The task of deciding by a few sizes.
const SEQUENTIAL: &str = "measuring 512 MB, then what `measure_next` says";

fn write_errors(args: &Args, out: &mut Out, tables: &[scores::Table], reached: &[Reached]) -> Result<()> {
    if let Format::Json | Format::Jsonl = args.format {
        let mut records: Vec<Value> = tables.iter().map(|table| json!(table)).collect();
        if !reached.is_empty() {
            records.push(json!({ "task": SEQUENTIAL, "methods": [], "reached": reached }));
        }
        return match args.format {
            Format::Json => writeln!(out, "{:#}", Value::Array(records)),
            _ => records.iter().try_for_each(|record| writeln!(out, "{record}")),
        };
    }
    if args.format == Format::Csv {
        let mut parts: Vec<(&str, Table)> = tables.iter().map(|t| (t.task.as_str(), errors(args, t))).collect();
        if !reached.is_empty() {
            parts.push((SEQUENTIAL, sequence(reached)));
        }
        return write!(out, "{}", Table::stack(Column::plain("task"), &parts).csv()?);
    }
    for table in tables {
        let coverage =
            table.coverage.map_or(String::new(), |c| format!(", {:.0} % inside the 90 % interval", 100.0 * c));
        writeln!(out, "{}: {} runs{coverage}\n", table.task, table.runs)?;
        write_one(out, args.format, &errors(args, table))?;
    }
    if reached.is_empty() {
        return Ok(());
    }
    writeln!(out, "{SEQUENTIAL}: runs whose cheapest and balanced sizes are\n")?;
    write_one(out, args.format, &sequence(reached))
}

/// The errors of each method, those of all sources first. For people the number of runs and the coverage stand above it.
fn errors(args: &Args, table: &scores::Table) -> Table {
    let for_people = ["source", "method", "median %", "mean %", "p90 %", "sizes"].map(Column::plain);
    let above = ["runs", "inside the 90 % interval %"].map(Column::plain);
    let columns = if args.format == Format::Csv { [&for_people[..], &above].concat() } else { for_people.to_vec() };
    let mut rows: Vec<(&str, &str, scores::Errors)> =
        table.methods.iter().map(|m| ("all", m.method.as_str(), m.all)).collect();
    if args.by_source {
        let each =
            table.methods.iter().flat_map(|m| m.sources.iter().map(|(s, e)| (s.as_str(), m.method.as_str(), *e)));
        let mut each: Vec<_> = each.collect();
        each.sort_by_key(|row| row.0);
        rows.extend(each);
    }
    let mut shown = Table::new(&columns);
    for (source, method, e) in rows {
        let names = [source, method].map(|name| Cell::Text(name.into()));
        let figures = [e.median, e.mean, e.p90].map(|x| Cell::Number(x, 1));
        let coverage = Cell::or_empty(table.coverage, |c| Cell::Number(100.0 * c, 1));
        let counts = [Cell::Count(e.sizes as u64), Cell::Count(table.runs as u64), coverage];
        shown.row(names.into_iter().chain(figures).chain(counts));
    }
    shown
}

/// How often the decision of the full sweep is reached, by the number of measured sizes.
fn sequence(reached: &[Reached]) -> Table {
    let columns = ["sizes measured", "those of the full sweep %", "within 5 % of them %", "told to stop %"];
    let mut table = Table::new(&columns.map(Column::plain));
    for r in reached {
        let percents = [r.same, r.as_good, r.stopped].map(|share| Cell::Number(100.0 * share, 1));
        table.row(std::iter::once(Cell::Count(r.sizes as u64)).chain(percents));
    }
    table
}

fn write_one(out: &mut Out, format: Format, table: &Table) -> Result<()> {
    match format {
        Format::Markdown => writeln!(out, "{}", table.markdown()),
        _ => writeln!(out, "{}", table.text()),
    }
}

fn write_score(args: &Args, out: &mut Out, s: &Score) -> Result<()> {
    match args.format {
        Format::Json => return writeln!(out, "{:#}", json!(s)),
        Format::Jsonl => return writeln!(out, "{}", json!(s)),
        _ => {}
    }
    let text = |s: &str| Cell::Text(s.to_owned());
    let count = |n: usize| Cell::Count(n as u64);
    let percent = |share: f64| Cell::Number(100.0 * share, 1);

    let mut summary = Table::new(&[Column::plain("figure"), Column::plain("value")]);
    summary.row([text("labelled runs"), count(s.runs)]);
    summary.row([text("accepted %"), percent(s.accepted)]);
    summary.row([text("family %"), percent(s.family)]);
    summary.row([text("macro recall, singly labelled %"), percent(s.macro_recall)]);
    summary.row([text("decided %"), percent(s.decided)]);
    summary.row([text("accepted when decided %"), percent(s.accepted_when_decided)]);
    summary.row([text("expected calibration error"), Cell::Number(s.calibration_error, 3)]);

    let mut columns = vec![Column::plain("labelled (alone)")];
    columns.extend(Pattern::ALL.map(|p| Column::plain(p.name())));
    columns.extend([Column::plain("recall %"), Column::plain("precision %")]);
    let mut confusion = Table::new(&columns);
    for p in &s.patterns {
        let share = |x: f64| if x.is_nan() { Cell::Empty } else { percent(x) };
        let counts = s.confusion[p.pattern.index()].iter().map(|&n| if n == 0 { Cell::Empty } else { count(n) });
        let name = text(p.pattern.name());
        confusion.row(std::iter::once(name).chain(counts).chain([share(p.recall), share(p.precision)]));
    }
    let mut reliability = Table::new(&["answers", "mean confidence %", "right %"].map(Column::plain));
    for r in &s.reliability {
        reliability.row([count(r.answers), percent(r.mean_confidence), percent(r.share_right)]);
    }
    let mut families = Table::new(&["accepted family", "runs", "right"].map(Column::plain));
    for f in s.families.iter().filter(|f| f.runs > 0) {
        families.row([text(f.family.name()), count(f.runs), count(f.right)]);
    }
    let mut sources = Table::new(&["source", "right", "runs"].map(Column::plain));
    for (source, (right, runs)) in &s.sources {
        sources.row([text(source), count(*right), count(*runs)]);
    }
    let mut wrong = Table::new(&[
        Column::plain("not accepted"),
        Column::plain("answered"),
        Column::plain("confidence %"),
        Column { field: "uncertain", heading: "" },
        Column::plain("accepted"),
    ]);
    for w in &s.wrong {
        let accept: Vec<&str> = w.accept.iter().map(|p| p.name()).collect();
        let uncertain = text(if w.uncertain { "uncertain" } else { "" });
        wrong.row([text(&w.id), text(w.answered.name()), percent(w.confidence), uncertain, text(&accept.join(", "))]);
    }
    let mut parts =
        vec![("summary", summary), ("confusion", confusion), ("reliability", reliability), ("families", families)];
    if args.by_source {
        parts.push(("sources", sources));
    }
    parts.push(("wrong", wrong));
    if args.format == Format::Csv {
        return write!(out, "{}", Table::stack(Column::plain("part"), &parts).csv()?);
    }
    parts.iter().try_for_each(|(_, table)| write_one(out, args.format, table))
}
