//! `powercurve rank`

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::answers::Answers;
use super::price_args::PriceArgs;
use super::strategy_args::StrategyArgs;
use super::{Done, Format, Out, batch, chart, report, texts, warn, warn_of};
use crate::advise::{Account, Estimate, Market, Prospect, RankBy, Ranked, Ranking, Strategy, Tolerance, Wish, Worth};
use crate::curve::Run;
use crate::error::{Error, Result};
use crate::ingest::Loads;
use crate::load::{FunctionLoad, function_name};
use crate::render::chart::{FileKind, Picture};
use crate::render::table::{Cell, Column, Table};
use crate::show;
use crate::units::Millis;

/// Of many functions, say which to change first, what it saves a month, and whether it is worth it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  powercurve rank runs/ --load load.csv
  aws lambda list-functions > functions.json
  powercurve rank logs/ --load functions.json --load invocations.csv --by time
  powercurve rank runs/ --load load.csv --free-tier --format markdown > rank.md

A load file is a CSV with the columns function, invocations (a month) and memory, the JSON of `aws lambda list-functions` or
`aws cloudwatch get-metric-data`, or a CloudWatch graph of Invocations (statistic Sum) downloaded as CSV. Several combine.
Runs and load meet by the name of the function. Sizes at which the function may reach its timeout, which `list-functions` knows,
are left out with a note. A run decides when its pattern is certain and the 90 % interval of the gain
holds no loss; the others are kept apart with the size to measure.")]
pub struct Args {
    /// Recorded runs, one a function: files, folders, - for standard input, or visualization URLs.
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,

    /// How often each function runs, and its configured memory; may be given several times.
    #[arg(long = "load", required = true, value_name = "FILE")]
    loads: Vec<String>,

    /// Rank by money or by time saved.
    #[arg(long, value_enum, default_value_t)]
    by: By,

    #[command(flatten)]
    strategy: StrategyArgs,

    /// With cost: the fastest within PERCENT of the cheapest. With speed: the cheapest within PERCENT of the fastest.
    #[arg(long, value_name = "PERCENT")]
    tolerance: Option<Tolerance>,

    /// Subtract the account's free tier from the bill.
    #[arg(long)]
    free_tier: bool,

    /// What an hour of work costs you, in $: an assumption behind "is it worth it".
    #[arg(long, value_name = "USD", default_value_t = Worth::USD_PER_HOUR, value_parser = hourly)]
    hour: f64,

    /// Functions that a table shows, at most; 0 for all. JSON and CSV always have all.
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,

    /// Also draw what the changes do to duration and bill, one mark a function, as .svg, .png or .html.
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,

    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    prices: PriceArgs,
}

/// By what functions are ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum By {
    /// $ saved a month.
    #[default]
    Saving,
    /// Time saved a month.
    Time,
}

fn hourly(s: &str) -> std::result::Result<f64, String> {
    s.parse().ok().filter(|x: &f64| x.is_finite() && *x > 0.0).ok_or_else(|| "expected $ above 0".into())
}

const COLUMNS: [Column; 15] = [
    Column { field: "rank", heading: "#" },
    Column { field: "id", heading: "function" },
    Column { field: "pattern", heading: "pattern" },
    Column { field: "current_mb", heading: "now" },
    Column { field: "best_mb", heading: "better" },
    Column { field: "bill_usd_month", heading: "$/month" },
    Column { field: "saving_usd_month", heading: "saves" },
    Column { field: "saving_low", heading: "90 % from" },
    Column { field: "saving_high", heading: "to" },
    Column { field: "current_ms", heading: "takes now" },
    Column { field: "faster_ms", heading: "faster by" },
    Column { field: "seconds_saved_month", heading: "hours saved" },
    Column { field: "decided", heading: "decided" },
    Column { field: "doubt", heading: "to find out" },
    Column { field: "note", heading: "note" },
];

/// The column of what is left out, which most tables have no need of.
const NOTE: usize = 14;

/// Runs and load that did not meet.
#[derive(Debug, Default)]
struct Unmatched {
    /// Runs without a load, by id.
    runs: Vec<String>,
    /// Functions of the load without a run.
    functions: Vec<String>,
    /// Functions with more than one run.
    repeated: Vec<String>,
}

enum Answer {
    Judged(Box<Prospect>),
    NoLoad(String),
}

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    // a name that cannot be drawn is an error before the work
    args.chart.as_deref().map(FileKind::of).transpose()?;
    let wish = Wish { strategy: args.strategy.strategy()?, tolerance: args.tolerance, ..Wish::default() };
    if wish.tolerance.is_some() && matches!(wish.strategy, Strategy::Balanced(_)) {
        return Err(Error::new("a tolerance has no meaning with the balanced strategy: expected cost or speed")
            .help("its weight already trades cost against speed: use --weight"));
    }
    let market =
        Market { region: args.prices.region().to_owned(), given: args.prices.given()?, free_tier: args.free_tier };
    let account = Account::new(&market)?;
    let (loads, rejected) = Loads::read(&args.loads)?;
    rejected.iter().for_each(report);
    let mut done = if rejected.is_empty() { Done::All } else { Done::SomeRejected };

    let mut unmatched = Unmatched::default();
    // functions of the load that a run has the name of, judged or not
    let met = Mutex::new(BTreeSet::new());
    let (mut prospects, mut seen) = (Vec::new(), BTreeSet::new());
    done = done.and(batch::each(
        &args.runs,
        |run| {
            // what the load does not say, the option may
            let load = loads
                .get(&run.id)
                .map(|load| FunctionLoad { storage_mb: load.storage_mb.or(args.prices.storage), ..load.clone() });
            // of a function measured on several architectures the load means the one that it names
            let is_variant = function_name(&run.id) != run.id;
            let is_meant = |load: &FunctionLoad| load.arch.is_none() || run.arch.is_none() || load.arch == run.arch;
            let load = load.filter(|load| !is_variant || is_meant(load));
            if load.is_some() {
                met.lock().expect("nobody panics with it").insert(function_name(&run.id).to_owned());
            }
            judge(&run, load.as_ref(), &wish, &account)
        },
        |answer| {
            match answer {
                Answer::NoLoad(id) => unmatched.runs.push(id),
                Answer::Judged(p) if seen.insert(function_name(&p.id).to_owned()) => prospects.push(*p),
                Answer::Judged(p) => unmatched.repeated.push(p.id),
            }
            Ok(())
        },
    )?);
    // of those that met it was said why they cannot be judged
    let met = met.into_inner().expect("nobody panics with it");
    unmatched.functions =
        loads.iter().map(|(name, _)| name).filter(|name| !met.contains(*name)).map(str::to_owned).collect();
    if prospects.is_empty() && met.is_empty() {
        return Err(no_match(&unmatched));
    }
    let ranking = Ranking::new(
        prospects,
        match args.by {
            By::Saving => RankBy::Saving,
            By::Time => RankBy::Time,
        },
        &account,
    )?;
    if let Some(path) = &args.chart {
        chart::write(&Picture::fleet(&show::fleet(&ranking, "What another memory size would change")), path)?;
    }
    for r in &ranking.functions {
        warn_of(args.format, &r.prospect.id, &texts(&r.prospect.warnings));
    }
    match args.format {
        Format::Table | Format::Markdown => for_people(args, &ranking, &unmatched, out)?,
        format => {
            unmatched.sentences().iter().for_each(|sentence| warn(format_args!("{sentence}")));
            let mut answers = Answers::new(out, format, &COLUMNS);
            for (i, ranked) in ranking.functions.iter().enumerate() {
                answers.add(record(i + 1, ranked), row(i + 1, ranked))?;
            }
            answers.finish("")?;
        }
    }
    Ok(done)
}

fn judge(run: &Run, load: Option<&FunctionLoad>, wish: &Wish, account: &Account) -> Result<Answer> {
    match load {
        Some(load) => Prospect::new(run, load, wish, account).map(|p| Answer::Judged(Box::new(p))),
        None => Ok(Answer::NoLoad(run.id.clone())),
    }
}

fn no_match(unmatched: &Unmatched) -> Error {
    let some = |names: &[String]| names.iter().take(3).map(|n| format!("'{n}'")).collect::<Vec<_>>().join(", ");
    Error::new(format!(
        "no run has the name of a function in the load: the runs are {}, the functions {}",
        some(&unmatched.runs),
        some(&unmatched.functions)
    ))
    .help("name the functions in the load as the runs are: `powercurve classify` lists their ids")
}

/// Names in one sentence, at most.
const MOST_NAMED: usize = 20;

impl Unmatched {
    /// One sentence for each kind of gap, with the names.
    fn sentences(&self) -> Vec<String> {
        let of = |names: &[String], one: &str, many: &str| match names {
            [] => None,
            [name] => Some(format!("1 {one}: {name}")),
            names if names.len() > MOST_NAMED => {
                let (named, more) = names.split_at(MOST_NAMED);
                Some(format!("{} {many}: {} and {} more", names.len(), named.join(", "), more.len()))
            }
            names => Some(format!("{} {many}: {}", names.len(), names.join(", "))),
        };
        [
            of(&self.functions, "function of the load has no run", "functions of the load have no run"),
            of(&self.runs, "run has no load", "runs have no load"),
            of(&self.repeated, "run repeats a function and is left out", "runs repeat a function and are left out"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn record(rank: usize, r: &Ranked) -> Value {
    let p = &r.prospect;
    json!({
        "rank": rank,
        "id": p.id,
        "pattern": p.pattern,
        "confidence": p.confidence,
        "arch": p.arch,
        "invocations_month": p.invocations,
        "current_mb": p.current,
        "best_mb": p.best,
        "bill_usd_month": r.bill,
        "saving_usd_month": r.saving.mid,
        "saving_low": r.saving.low,
        "saving_high": r.saving.high,
        "current_ms": p.current_ms,
        "best_ms": p.best_ms,
        "faster_ms": p.faster_ms.mid,
        "faster_low": p.faster_ms.low,
        "faster_high": p.faster_ms.high,
        "seconds_saved_month": r.seconds_saved(),
        "arm64_saving_usd_month": r.arm64,
        "decided": p.decided,
        "doubt": p.doubt,
        "measure_next_mb": p.measure_next,
        "note": p.note,
        "warnings": texts(&p.warnings),
    })
}

fn row(rank: usize, r: &Ranked) -> [Cell; 15] {
    let p = &r.prospect;
    [
        Cell::Count(rank as u64),
        Cell::Text(p.id.clone()),
        Cell::Text(p.pattern.to_string()),
        Cell::Memory(p.current),
        Cell::Memory(p.best),
        Cell::SignedCost(r.bill),
        Cell::SignedCost(r.saving.mid),
        Cell::SignedCost(r.saving.low),
        Cell::SignedCost(r.saving.high),
        Cell::or_empty(Millis::new(p.current_ms).ok(), Cell::Duration),
        Cell::SignedDuration(p.faster_ms.mid),
        Cell::Hours(r.seconds_saved()),
        Cell::Text(if p.decided { "yes" } else { "no" }.to_owned()),
        Cell::Text(p.doubt.clone()),
        Cell::Text(p.note.clone()),
    ]
}

/// The answer in sections: the verdict, what to change, what may stay, what cannot be told, what did not match.
fn for_people(args: &Args, ranking: &Ranking, unmatched: &Unmatched, out: &mut Out) -> Result<()> {
    let markdown = args.format == Format::Markdown;
    let (decided, undecided) = ranking.split();
    let place = |r: &Ranked| ranking.functions.iter().position(|other| std::ptr::eq(other, r)).map_or(0, |i| i + 1);
    let (change, keep): (Vec<&Ranked>, Vec<&Ranked>) =
        decided.iter().partition(|r| r.prospect.current != r.prospect.best);
    let mut section = |title: &str, functions: &[&Ranked], columns: &[usize]| -> Result<()> {
        if functions.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}{title}\n", if markdown { "### " } else { "" })?;
        let shown = if args.top == 0 { functions.len() } else { args.top.min(functions.len()) };
        let noted = functions[..shown].iter().any(|r| !r.prospect.note.is_empty());
        let columns = || columns.iter().copied().chain(noted.then_some(NOTE));
        let mut table = Table::new(&columns().map(|c| COLUMNS[c]).collect::<Vec<_>>());
        for r in &functions[..shown] {
            let cells = row(place(r), r);
            table.row(columns().map(|c| cells[c].clone()));
        }
        write!(out, "{}", if markdown { table.markdown() } else { table.text() })?;
        if shown < functions.len() {
            writeln!(out, "\n... and {} more: --top 0 shows all", functions.len() - shown)?;
        }
        writeln!(out)
    };
    section("Change", &change, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])?;
    section("Cannot tell yet", &undecided.iter().collect::<Vec<_>>(), &[0, 1, 2, 3, 4, 5, 6, 7, 8, 13])?;
    section("Right as they are", &keep, &[0, 1, 2, 3, 5, 9])?;
    let bullet = if markdown { "- " } else { "" };
    if !ranking.functions.is_empty() {
        for sentence in verdict(args, ranking, change.len(), undecided.len()) {
            writeln!(out, "{bullet}{sentence}")?;
        }
    }
    for sentence in unmatched.sentences() {
        writeln!(out, "{bullet}{sentence}.")?;
    }
    Ok(())
}

fn functions(n: usize) -> String {
    if n == 1 { "1 function".to_owned() } else { format!("{n} functions") }
}

/// $ with a sign, and its interval.
fn money(e: &Estimate) -> String {
    let shown = |usd: f64| Cell::SignedCost(usd).to_string();
    format!("{} a month (90 %: {} to {})", shown(e.mid), shown(e.low), shown(e.high))
}

fn verdict(args: &Args, ranking: &Ranking, change: usize, undecided: usize) -> Vec<String> {
    let bill = Cell::SignedCost(ranking.bill);
    let mut sentences = vec![match change {
        0 => format!("At stake: nothing that the runs decide, of a bill of {bill} a month."),
        n => format!(
            "At stake: {} of a bill of {bill}, in {n} of {}.",
            money(&ranking.at_stake),
            functions(ranking.functions.len())
        ),
    }];
    if let Some(few) = ranking.few_that_hold(0.8).filter(|&few| few < change) {
        sentences.push(format!("The first {few} hold 80 % of it."));
    }
    if undecided > 0 {
        sentences.push(format!(
            "In {} the runs cannot tell; {} may save {} more.",
            functions(undecided),
            if undecided == 1 { "it" } else { "they" },
            money(&ranking.undecided)
        ));
    }
    if ranking.arm64 > 0.0 {
        sentences.push(format!(
            "arm64 would save {} a month on top, if the durations stay the same (published cases: 0.7 to 1.3 times).",
            Cell::SignedCost(ranking.arm64)
        ));
    }
    let worth = Worth::new(ranking.at_stake.mid, ranking.bill, args.hour);
    sentences.push(format!("Is it worth it? {worth}"));
    sentences
}
