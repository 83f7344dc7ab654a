//! `powercurve learn`

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Done, Out};
use crate::error::{Error, Result};
use crate::page::{FILES, server};
use crate::render::file;

/// Open the teaching page: sliders, levers, recorded runs and a quiz, all computed in the browser.
///
/// The page is served to this machine only, until Ctrl-C. It loads nothing from elsewhere and sends nothing anywhere.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  powercurve learn --open
  powercurve learn --port 0
  powercurve learn --export site        any web server can host this folder")]
pub struct Args {
    /// Port on 127.0.0.1; 0 takes any that is free.
    #[arg(long, default_value_t = 7369)]
    port: u16,

    /// Open the page in the browser.
    #[arg(long)]
    open: bool,

    /// Write the page into a folder for a web server, instead of serving it.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["port", "open"])]
    export: Option<PathBuf>,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    if let Some(folder) = &args.export {
        export(folder)?;
        writeln!(out, "{} files in {}", FILES.len(), folder.display())?;
        return Ok(Done::All);
    }
    server::serve(args.port, |address| {
        let url = format!("http://{address}/");
        writeln!(out, "The page is at {url} (Ctrl-C ends it)")?;
        out.flush()?;
        if args.open {
            open(&url)?;
        }
        Ok(())
    })?;
    Ok(Done::All)
}

/// Writes the bundle.
fn export(folder: &Path) -> Result<()> {
    file::create_folder(folder)?;
    FILES.iter().try_for_each(|f| file::write_whole(&folder.join(f.name), f.bytes))
}

/// Hands the address to the desktop's own opener.
fn open(url: &str) -> Result<()> {
    let (program, arguments): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("cmd", &["/C", "start", ""]),
        _ => ("xdg-open", &[]),
    };
    let mut command = Command::new(program);
    command.args(arguments).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let opened = command.spawn().map(drop);
    opened.map_err(|e| {
        Error::new(format!("no browser could be opened with {program}: {e}")).help(format!("open {url} yourself"))
    })
}
