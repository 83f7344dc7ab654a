//! The workloads that ship with the tool: commented TOML files of `datasets/presets/`.

use crate::error::{Error, Result};
use crate::pattern::Pattern;
use crate::workload::Workload;

/// A workload file that ships with the tool.
///
/// ```
/// use powercurve::{Pattern, workload::Preset};
/// let database = Preset::find("downstream-limited")?; // by its pattern
/// assert_eq!(database.name, "small-database");
/// assert!(database.toml.contains("capacity = 20"));
/// assert_eq!(database.workload()?.pattern, Some(Pattern::DownstreamLimited));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// The name to give on the command line: what the function does.
    pub name: &'static str,
    /// The commented TOML file.
    pub toml: &'static str,
}

macro_rules! presets {
    ($($name:literal),* $(,)?) => {
        &[$(Preset { name: $name, toml: include_str!(concat!("../../datasets/presets/", $name, ".toml")) }),*]
    };
}

/// One preset a pattern, in the order of [`Pattern::ALL`], then further examples.
///
/// ```
/// use powercurve::{Pattern, workload::PRESETS};
/// for (preset, pattern) in PRESETS.iter().zip(Pattern::ALL) {
///     assert_eq!(preset.workload()?.pattern, Some(pattern));
/// }
/// # Ok::<(), powercurve::Error>(())
/// ```
pub const PRESETS: &[Preset] = presets![
    "no-op",
    "prime-numbers",
    "matrix-inversion",
    "third-party-api",
    "dynamodb-three-queries",
    "s3-download",
    "s3-download-threads",
    "small-database",
    "thumbnail",
    "java-cold-start",
];

impl Preset {
    /// The preset of this name, or the one that shows the pattern of this name.
    ///
    /// ```
    /// use powercurve::workload::Preset;
    /// assert_eq!(Preset::find("prime-numbers")?.name, "prime-numbers");
    /// assert_eq!(Preset::find("cpu-bound")?.name, "prime-numbers");
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is none; the message lists the names.
    pub fn find(name: &str) -> Result<&'static Self> {
        let by_name = PRESETS.iter().find(|p| p.name == name);
        let by_pattern = || PRESETS.iter().zip(Pattern::ALL).find(|(_, shows)| shows.name() == name).map(|(p, _)| p);
        by_name.or_else(by_pattern).ok_or_else(|| {
            let names: Vec<&str> = PRESETS.iter().map(|p| p.name).collect();
            Error::new(format!("preset '{name}' is unknown: expected one of {}, or a pattern", names.join(", ")))
                .help("give a preset name or the path of a workload TOML file")
        })
    }

    /// The workload of the file.
    ///
    /// # Errors
    /// As [`Workload::from_toml`]; never for the presets that ship.
    pub fn workload(&self) -> Result<Workload> {
        Workload::from_toml(self.toml).map_err(|e| e.at(format!("preset {}", self.name)))
    }
}

/// The workload of the preset of this name (or of this pattern).
///
/// ```
/// use powercurve::workload::preset;
/// assert_eq!(preset("third-party-api")?.calls[0].latency_ms, 1600.0);
/// assert!(preset("no-such").unwrap_err().to_string().contains("third-party-api")); // lists the names
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// As [`Preset::find`].
pub fn preset(name: &str) -> Result<Workload> {
    Preset::find(name)?.workload()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_workload_of_its_name() {
        for p in PRESETS {
            let workload = p.workload().unwrap();
            assert_eq!(workload.name, p.name);
            assert!(!workload.description.is_empty(), "{}", p.name);
        }
    }

    #[test]
    fn the_first_presets_are_one_a_pattern_in_order() {
        assert!(PRESETS.len() >= Pattern::ALL.len());
        for (p, shows) in PRESETS.iter().zip(Pattern::ALL) {
            assert_eq!(p.workload().unwrap().pattern, Some(shows), "{}", p.name);
            assert_eq!(Preset::find(shows.name()).unwrap().name, p.name);
        }
    }

    #[test]
    fn an_unknown_name_lists_what_there_is() {
        let e = preset("prime-number").unwrap_err().to_string();
        assert!(e.contains("prime-numbers") && e.contains("small-database"), "{e}");
    }
}
