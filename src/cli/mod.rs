//! The command line: one file a command, arguments and glue, no arithmetic. Only this module prints, and what shows itself
//! in a notebook.

mod answers;
mod batch;
mod chart;
mod check;
mod classify;
mod completions;
mod evaluate;
mod fit;
mod gate;
mod generate;
mod learn;
mod logs;
mod man;
mod output;
mod plan;
mod predict;
mod price_args;
mod quiz;
mod rank;
mod recommend;
mod report;
mod simulate;
mod sizes;
mod strategy_args;
mod subject;
mod train;
mod values;
mod whatif;
mod workload;

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::{ExitCode, exit};

use clap::{Parser, Subcommand, ValueEnum};

use crate::error::Error;
use crate::render::file;

pub use output::Out;
use output::harmless;

/// Exit code after an interrupt: as shells have it for a program that SIGINT ended.
const INTERRUPTED: i32 = 130;

/// Simulate, classify and predict AWS Lambda power curves, offline.
#[derive(Debug, Parser)]
#[command(name = "powercurve", version, about, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Chart(chart::Args),
    Check(check::Args),
    Classify(classify::Args),
    Completions(completions::Args),
    Evaluate(evaluate::Args),
    Fit(fit::Args),
    Generate(generate::Args),
    Learn(learn::Args),
    Logs(logs::Args),
    Man(man::Args),
    Plan(plan::Args),
    Predict(predict::Args),
    Quiz(quiz::Args),
    Rank(rank::Args),
    Recommend(recommend::Args),
    Report(report::Args),
    Simulate(simulate::Args),
    Train(train::Args),
    Whatif(whatif::Args),
}

/// What a command leaves behind when nothing failed outright.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Everything was answered: exit code 0.
    All,
    /// A check failed: exit code 1.
    CheckFailed,
    /// Some inputs of a batch were rejected and named on stderr: exit code 3.
    SomeRejected,
}

impl Done {
    /// The end of two parts of a command: all is well when both are.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self == Self::All { other } else { self }
    }
}

/// How a command writes its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values with a header.
    Csv,
    /// A table for a pull request or an issue.
    Markdown,
}

/// Runs the parsed command and turns its end into an exit code: 0 done, 1 a check failed, 2 bad
/// usage or unreadable input, 3 some inputs of a batch were rejected.
pub fn run(cli: Cli) -> ExitCode {
    // where no handler can be set an interrupt ends the program all the same, and may leave a part of a file
    let _ = ctrlc::set_handler(|| {
        file::remove_unfinished();
        exit(INTERRUPTED);
    });
    let mut out = Out::stdout();
    let result = match cli.command {
        Command::Chart(args) => chart::run(&args, &mut out),
        Command::Check(args) => check::run(&args, &mut out),
        Command::Classify(args) => classify::run(&args, &mut out),
        Command::Completions(args) => completions::run(&args, &mut out),
        Command::Evaluate(args) => evaluate::run(&args, &mut out),
        Command::Fit(args) => fit::run(&args, &mut out),
        Command::Generate(args) => generate::run(&args, &mut out),
        Command::Learn(args) => learn::run(&args, &mut out),
        Command::Logs(args) => logs::run(&args, &mut out),
        Command::Man(args) => man::run(&args, &mut out),
        Command::Plan(args) => plan::run(&args, &mut out),
        Command::Predict(args) => predict::run(&args, &mut out),
        Command::Quiz(args) => quiz::run(&args, &mut out),
        Command::Rank(args) => rank::run(&args, &mut out),
        Command::Recommend(args) => recommend::run(&args, &mut out),
        Command::Report(args) => report::run(&args, &mut out),
        Command::Simulate(args) => simulate::run(&args, &mut out),
        Command::Train(args) => train::run(&args, &mut out),
        Command::Whatif(args) => whatif::run(&args, &mut out),
    };
    match result.and_then(|done| out.flush().map(|()| done)) {
        Ok(Done::All) => ExitCode::SUCCESS,
        Ok(Done::CheckFailed) => ExitCode::from(1),
        Ok(Done::SomeRejected) => ExitCode::from(3),
        Err(error) => {
            report(&error);
            ExitCode::from(2)
        }
    }
}

/// Names a problem on stderr.
pub fn report(error: &Error) {
    tell("error", error);
}

/// Says on stderr what to doubt about an answer.
pub fn warn(doubt: impl Display) {
    tell("warning", doubt);
}

/// Warnings as the records have them.
pub fn texts(warnings: &[impl Display]) -> Vec<String> {
    warnings.iter().map(ToString::to_string).collect()
}

/// Says on stderr what weakens a run, unless the format has a field for it.
pub fn warn_of(format: Format, id: &str, warnings: &[String]) {
    if !matches!(format, Format::Json | Format::Jsonl) {
        warnings.iter().for_each(|warning| warn(format_args!("{id}: {warning}")));
    }
}

/// Writes to stderr; when nobody listens there (`2>&1 | head`), there is nobody to tell.
fn tell(kind: &str, what: impl Display) {
    let mut stderr = io::stderr().lock();
    let text = format!("{kind}: {what}\n");
    let text = if stderr.is_terminal() { harmless(&text) } else { text.as_str().into() };
    let _ = stderr.write_all(text.as_bytes());
}
