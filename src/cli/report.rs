//! `powercurve report`

use std::path::PathBuf;

use super::price_args::TariffArgs;
use super::{Done, Out, batch, values};
use crate::advise::Market;
use crate::curve::Run;
use crate::error::{Error, Result};
use crate::render::chart::{FileKind, Theme};
use crate::render::file::write_whole;
use crate::render::report::{Section, page};
use crate::show::{Load, Report};

/// Write a report of recorded runs: one HTML file that opens offline, prints, and can be sent around.
///
/// Of each run: the pattern and why, the curve with its 90 % interval, where the time goes, the size by each strategy,
/// what changes of the function would do, and what to measure next. Several runs have an index on top.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  powercurve report results.json -o report.html
  powercurve report runs/ -o fleet.html --title \"Orders, November\" --invocations-per-month 30e6
  powercurve report runs.jsonl -o report.html --region eu-south-1 --prices list")]
pub struct Args {
    /// Recorded runs: files, folders, - for standard input, or visualization URLs.
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,

    /// File to write.
    #[arg(short, long, value_name = "FILE.html")]
    output: PathBuf,

    /// Headline of the page.
    #[arg(long, default_value = "Power curves")]
    title: String,

    /// Light or dark; a page follows the reader's system unless this is given.
    #[arg(long)]
    theme: Option<Theme>,

    /// Load of a month, for the bill of each run.
    #[arg(long, value_name = "N", default_value = "1e6", value_parser = values::load)]
    invocations_per_month: f64,

    #[command(flatten)]
    tariff: TariffArgs,
}

pub fn run(args: &Args, _out: &mut Out) -> Result<Done> {
    // a wrong file name should not cost the work
    if FileKind::of(&args.output).ok() != Some(FileKind::Html) {
        return Err(Error::new("not the name of a page: expected one that ends in .html")
            .help("a report is one HTML file; `powercurve chart` writes .svg and .png")
            .at(args.output.display().to_string()));
    }
    let prices = &args.tariff.prices;
    let market = Market { region: prices.region().to_owned(), given: prices.given()?, free_tier: false };
    let load = Load { market, per_month: args.invocations_per_month };
    let section = |run: Run| {
        let (priced, tariff) = args.tariff.price(&run)?;
        Section::new(&Report::of(&run, &priced, &tariff, &load)?)
    };
    let mut sections = Vec::new();
    let done = batch::each(&args.runs, section, |section| {
        sections.push(section);
        Ok(())
    })?;
    write_whole(&args.output, page(&args.title, args.theme, &sections).as_bytes())?;
    Ok(done)
}
