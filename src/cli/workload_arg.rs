//! Reading a WORKLOAD argument.

use std::fs::File;
use std::io::Read;

use crate::error::{Error, Result};
use crate::workload::{PRESETS, Workload, preset};

/// The workload that `arg` names: a preset, or the path of a TOML file.
pub fn load(arg: &str) -> Result<Workload> {
    if PRESETS.iter().any(|p| p.name == arg) || !arg.contains(['.', '/', '\\']) {
        return preset(arg);
    }
    let mut text = String::new();
    // one byte over the limit is enough to see that there is too much
    let limit = Workload::MAX_TOML_BYTES as u64 + 1;
    let read = File::open(arg).and_then(|file| file.take(limit).read_to_string(&mut text));
    read.map_err(|e| {
        Error::new(format!("cannot be read: {e}"))
            .help("give a preset name or the path of a workload TOML file")
            .at(arg)
    })?;
    Workload::from_toml(&text).map_err(|e| e.at(arg))
}
