//! Parse, dispatch, exit code: nothing else.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    powercurve::cli::run(powercurve::cli::Cli::parse())
}
