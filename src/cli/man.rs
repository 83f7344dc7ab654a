//! `powercurve man`

use std::path::PathBuf;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::{Cli, Done, Out};
use crate::error::{Error, Result};
use crate::render::file;

/// Write the manual pages.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  powercurve man --out ~/.local/share/man/man1 && man powercurve-simulate\n  sudo powercurve man --out /usr/local/share/man/man1"
)]
pub struct Args {
    /// Folder for powercurve.1 and a page for each command, such as powercurve-simulate.1; made when missing.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    let mut cli = Cli::command().disable_help_subcommand(true);
    cli.build();
    // a page describes every option, those included that the short help leaves out
    cli = cli.mut_subcommands(|command| command.mut_args(|arg| arg.hide_short_help(false)));
    file::create_folder(&args.out)?;
    let commands: Vec<Command> = std::iter::once(cli.clone()).chain(cli.get_subcommands().cloned()).collect();
    let count = commands.len();
    for command in commands {
        // the built name of a subcommand is "powercurve-simulate"
        let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
        let mut page = Vec::new();
        let rendered = Man::new(command).render(&mut page);
        rendered.map_err(|e| Error::new(format!("cannot write the page of {name}: {e}")))?;
        file::write_whole(&args.out.join(format!("{name}.1")), &page)?;
    }
    writeln!(out, "{count} pages in {}", args.out.display())?;
    Ok(Done::All)
}
