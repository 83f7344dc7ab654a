//! Reading a WORKLOAD argument.

use std::fs::File;
use std::io::{self, Read};

use super::warn;
use crate::error::{Error, Result};
use crate::pattern::Pattern;
use crate::workload::{Preset, Workload};

/// The workload that `source` names: a preset or a pattern, `-` for standard input, or the path of a TOML file.
///
/// # Errors
/// When it is none of these, or the file is not a workload; the message names the place.
pub fn read(source: &str) -> Result<Workload> {
    let not_a_preset = match Preset::find(source) {
        Ok(preset) => return preset.workload(),
        Err(error) => error,
    };
    if source == "-" {
        return parse(io::stdin().lock(), "standard input");
    }
    match File::open(source) {
        Ok(file) => parse(file, source),
        // a name without a dot or a slash was meant to be a preset
        Err(_) if !source.contains(['.', '/', '\\']) => Err(not_a_preset),
        Err(e) => Err(Error::new(format!("cannot be opened: {e}"))
            .help("give the path of a workload file, or a preset: `powercurve simulate --list`")
            .at(source)),
    }
}

fn parse(reader: impl Read, place: &str) -> Result<Workload> {
    let mut text = String::new();
    // one byte over the limit is enough to see that there is too much
    let limit = Workload::MAX_TOML_BYTES as u64 + 1;
    reader
        .take(limit)
        .read_to_string(&mut text)
        .map_err(|e| Error::new(format!("cannot be read: {e}")).help("a workload file is UTF-8 text").at(place))?;
    let mut workload = Workload::from_toml(&text).map_err(|e| e.at(place))?;
    // a file that was edited may show another pattern than the one it began with
    let shown = Pattern::of(&workload);
    if let Some(said) = workload.pattern.filter(|said| *said != shown) {
        warn(format_args!("{place}: the pattern is said to be {said}, but by its numbers it is {shown}"));
        workload.pattern = Some(shown);
    }
    Ok(workload)
}
