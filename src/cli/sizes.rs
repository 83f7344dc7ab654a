//! Lists of memory sizes on the command line.

use std::fmt;
use std::str::FromStr;

use crate::advise::TuningRun;
use crate::curve::PowerCurve;
use crate::error::{Error, Result};
use crate::units::MemoryMb;

/// Memory sizes as given on the command line: numbers, ranges `LOW..HIGH:STEP` and `ALL`, separated by
/// commas; ascending and unique.
///
/// `ALL` is 128 to 3008 MB in steps of 64, as in aws-lambda-power-tuning. A range has the sizes
/// `LOW`, `LOW + STEP`, ... up to `HIGH`, which is always in it; without `:STEP` the step is 64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sizes(pub Vec<MemoryMb>);

impl Sizes {
    fn help() -> String {
        format!("give sizes in MB ({}), a range (128..3008:64) or ALL", Self::default())
    }

    /// What `ALL` stands for.
    const ALL: &'static str = "128..3008:64";

    /// Step of a range that gives none, in MB.
    const DEFAULT_STEP: u32 = 64;
}

/// The list that aws-lambda-power-tuning is deployed with.
impl Default for Sizes {
    fn default() -> Self {
        Self(TuningRun::DEFAULT_SIZES_MB.into_iter().filter_map(|mb| MemoryMb::new(mb).ok()).collect())
    }
}

/// Numbers with commas.
impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self.0.iter().map(|m| m.mb().to_string()).collect();
        f.write_str(&sizes.join(","))
    }
}

impl FromStr for Sizes {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        let mut sizes = Vec::new();
        for part in s.split(',') {
            sizes.extend(sizes_of(part.trim()).map_err(|e| e.help(Self::help()).at(shown(s)))?);
            if sizes.len() > PowerCurve::MAX_POINTS {
                return Err(Error::new(format!(
                    "more than {} sizes: expected at most as many",
                    PowerCurve::MAX_POINTS
                ))
                .help("Lambda offers 128 to 10240 MB; name each size once")
                .at(shown(s)));
            }
        }
        sizes.sort_unstable();
        sizes.dedup();
        Ok(Self(sizes))
    }
}

/// A list as messages quote it.
fn shown(list: &str) -> String {
    const MOST: usize = 60;
    match list.char_indices().nth(MOST) {
        Some((end, _)) => format!("memory sizes '{}...'", &list[..end]),
        None => format!("memory sizes '{list}'"),
    }
}

/// The sizes of one part of a list.
fn sizes_of(part: &str) -> Result<Vec<MemoryMb>> {
    if part.eq_ignore_ascii_case("all") {
        return sizes_of(Sizes::ALL);
    }
    let Some((low, rest)) = part.split_once("..") else { return Ok(vec![size(part)?]) };
    let (high, step) = match rest.split_once(':') {
        Some((high, step)) => (high, number(step)?),
        None => (rest, Sizes::DEFAULT_STEP),
    };
    let (low, high) = (size(low)?, size(high)?);
    if step == 0 || low > high {
        return Err(Error::new(format!(
            "range '{part}' is empty: expected LOW..HIGH:STEP with LOW <= HIGH, STEP >= 1"
        )));
    }
    let below = (low.mb()..high.mb()).step_by(step as usize).map(MemoryMb::new);
    below.chain([Ok(high)]).collect()
}

fn size(s: &str) -> Result<MemoryMb> {
    MemoryMb::new(number(s)?)
}

fn number(s: &str) -> Result<u32> {
    s.trim().parse().map_err(|_| Error::new(format!("'{}' is not a whole number of MB", s.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mb(s: &str) -> Vec<u32> {
        s.parse::<Sizes>().unwrap().0.into_iter().map(MemoryMb::mb).collect()
    }

    #[test]
    fn numbers_ranges_and_all() {
        assert_eq!(Sizes::default().to_string(), "128,256,512,1024,1536,3008");
        assert_eq!(mb(&Sizes::default().to_string()), TuningRun::DEFAULT_SIZES_MB);
        assert_eq!(mb("1024, 512,512"), [512, 1024]);
        assert_eq!(mb("128..512:128"), [128, 256, 384, 512]);
        assert_eq!(mb("128..300:100,1769"), [128, 228, 300, 1769]);
        assert_eq!(mb("all").len(), 46);
        assert_eq!(mb("all").last(), Some(&3008));
        assert_eq!(mb("128..10240:1").len(), 10_113);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |s: &str| s.parse::<Sizes>().unwrap_err().to_string();
        assert!(error("128,64").contains("64 MB is outside"), "{}", error("128,64"));
        assert!(error("128,big").contains("'big' is not a whole number"));
        assert!(error("512..128:64").contains("is empty"));
        assert!(error("128..512:0").contains("is empty"));
        assert!(error("").contains("128,256,512"));
    }
}
