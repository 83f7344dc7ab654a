//! The workloads that ship with the tool: commented TOML files of `datasets/presets/`.

use crate::error::{Error, Result};
use crate::workload::Workload;

/// A workload file that ships with the tool.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// The name to give on the command line.
    pub name: &'static str,
    /// The commented TOML file.
    pub toml: &'static str,
}

/// One preset a pattern, in the order of [`crate::Pattern::ALL`], then further examples.
pub const PRESETS: &[Preset] = &[];

/// The preset of this name.
///
/// # Errors
/// When there is none; the message lists the names.
pub fn preset(name: &str) -> Result<Workload> {
    let found = PRESETS.iter().find(|p| p.name == name).ok_or_else(|| {
        let names: Vec<&str> = PRESETS.iter().map(|p| p.name).collect();
        Error::new(format!("preset '{name}' is unknown: expected one of {}", names.join(", ")))
            .help("give a preset name or the path of a workload TOML file")
    })?;
    Workload::from_toml(found.toml).map_err(|e| e.at(format!("preset {name}")))
}
