//! `powercurve completions`

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, Done, Out};
use crate::error::Result;

/// Print a completion script for a shell.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  powercurve completions bash > /etc/bash_completion.d/powercurve\n  powercurve completions zsh > ~/.zfunc/_powercurve"
)]
pub struct Args {
    /// The shell.
    shell: Shell,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "powercurve", &mut script);
    out.write_all(&script)?;
    Ok(Done::All)
}
