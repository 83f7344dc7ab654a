//! `powercurve generate`

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::sizes::Sizes;
use super::{Done, Out};
use crate::dataset::{COLUMNS, Example, Recipe, Value, rows};
use crate::error::{Error, Result};
use crate::export;
use crate::pattern::Pattern;
use crate::render::file::{WholeFile, cannot_write};
use crate::simulate::Tuning;

/// Make labelled synthetic runs with all their parameters, for teaching and for training other models.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  powercurve generate --count 1000 -o runs.jsonl
  powercurve generate --count 100000 --memory 128..3008:64 --invocations 20 -o runs.csv
  powercurve generate --count 50 --pattern transfer-bound --seed 7 | powercurve classify -
  powercurve generate --count 100000 -o runs.parquet       # needs a build with --features parquet

JSON lines hold one run each, with its label and its whole workload: run records that every command reads. CSV and Parquet hold
one row for each run and memory size, with the label and every parameter in a column. The same seed gives the same bytes.")]
pub struct Args {
    /// How many runs.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    count: u64,

    /// Seed of the random numbers: the same seed gives the same runs.
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Memory sizes in MB: numbers, ranges such as 128..3008:64, or ALL.
    #[arg(long, alias = "sizes", value_name = "LIST", default_value_t)]
    memory: Sizes,

    /// Invocations at each memory size.
    #[arg(long, value_name = "N", default_value_t = Tuning::default().invocations)]
    invocations: u32,

    /// Only runs of this pattern.
    #[arg(long)]
    pattern: Option<Pattern>,

    /// File to write; its ending chooses the form. Standard output without it.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Form, where the ending of the file does not say it.
    #[arg(long, value_enum)]
    format: Option<Form>,
}

/// The form of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One run a line.
    Jsonl,
    /// One row a run and memory size.
    Csv,
    /// The same, in columns.
    Parquet,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    let form = form(args)?;
    let recipe =
        Recipe { seed: args.seed, sizes: args.memory.0.clone(), invocations: args.invocations, pattern: args.pattern };
    match (form, &args.output) {
        (Form::Parquet, Some(path)) => parquet(args.count, &recipe, path)?,
        (Form::Parquet, None) => {
            return Err(Error::new("Parquet has no end on standard output: expected a file")
                .help("give one with -o runs.parquet"));
        }
        (form, Some(path)) => {
            let mut file = WholeFile::create(path)?;
            text(form, args.count, &recipe, |bytes| file.write_all(bytes).map_err(|e| cannot_write(path, &e)))?;
            file.finish()?;
        }
        (form, None) => text(form, args.count, &recipe, |bytes| out.write_all(bytes))?,
    }
    Ok(Done::All)
}

fn form(args: &Args) -> Result<Form> {
    let ending = args.output.as_deref().and_then(Path::extension).map(|e| e.to_string_lossy().to_ascii_lowercase());
    match (args.format, ending.as_deref()) {
        (Some(form), _) => Ok(form),
        (None, None | Some("jsonl" | "ndjson")) => Ok(Form::Jsonl),
        (None, Some("csv")) => Ok(Form::Csv),
        (None, Some("parquet")) => Ok(Form::Parquet),
        (None, Some(other)) => Err(Error::new(format!(
            "a file that ends in .{other} has no known form: expected .jsonl, .csv or .parquet"
        ))
        .help("choose the form with --format")),
    }
}

/// Lines of JSON or rows of CSV.
fn text(form: Form, count: u64, recipe: &Recipe, mut write: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    if form == Form::Csv {
        write(csv(&[COLUMNS.map(|(name, _)| Value::Text(name.to_owned()))])?.as_slice())?;
    }
    let prepare = |example: &Example| match form {
        Form::Csv => csv(&rows(example)),
        _ => Ok(format!("{}\n", export::labelled(&example.workload, &example.result, Some(recipe.seed))).into_bytes()),
    };
    recipe.each(count, prepare, |bytes| write(&bytes?))
}

fn csv(rows: &[[Value; COLUMNS.len()]]) -> Result<Vec<u8>> {
    let cell = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        Value::Integer(n) => n.to_string(),
        Value::Number(x) => x.map_or_else(String::new, |x| x.to_string()),
    };
    Ok(export::csv_text(rows.iter().map(|row| row.iter().map(cell)))?.into_bytes())
}

#[cfg(feature = "parquet")]
fn parquet(count: u64, recipe: &Recipe, path: &Path) -> Result<()> {
    let mut table = export::ParquetRows::new(WholeFile::create(path)?)?;
    recipe.each(count, rows, |rows| rows.into_iter().try_for_each(|row| table.push(row)))?;
    table.finish()?.finish()
}

#[cfg(not(feature = "parquet"))]
fn parquet(_: u64, _: &Recipe, _: &Path) -> Result<()> {
    Err(Error::new("this build writes no Parquet: expected one with the feature `parquet`")
        .help("install it with `cargo install --path . --locked --features parquet`, or write .csv or .jsonl"))
}
