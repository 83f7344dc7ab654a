//! How much more than the best is still good enough.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// A share above the best value that still counts as good: measured costs differ by some per cent
/// from one run to the next, so the strict minimum is often an accident.
///
/// ```
/// use powercurve::advise::Tolerance;
/// let tolerance: Tolerance = "5%".parse()?;
/// assert!(tolerance.allows(1.05, 1.0) && !tolerance.allows(1.06, 1.0));
/// assert_eq!((tolerance, tolerance.share()), (Tolerance::percent(5.0)?, 0.05));
/// assert!("0.05".parse::<Tolerance>().is_err()); // 0.05 % or 5 %?
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Tolerance(f64);

impl Tolerance {
    /// A tolerance in per cent.
    ///
    /// # Errors
    /// When `percent` is not a finite number of 0 or more.
    pub fn percent(percent: f64) -> Result<Self> {
        if percent.is_finite() && percent >= 0.0 {
            Ok(Self(percent / 100.0))
        } else {
            Err(Error::new(format!("tolerance {percent} % is not usable: expected a number of 0 or more")))
        }
    }

    /// The tolerance as a share: 0.05 for 5 %.
    pub const fn share(self) -> f64 {
        self.0
    }

    /// Whether `value` is within the tolerance above `best`.
    pub fn allows(self, value: f64, best: f64) -> bool {
        // room for the last digits: 1.05 times a cost is rarely a number that a double holds
        value <= best * (1.0 + self.0) * (1.0 + 1e-12)
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", (self.0 * 1e8).round() / 1e6)
    }
}

impl FromStr for Tolerance {
    type Err = Error;

    /// Reads per cent: `5`, `5%` or `0.5%`. A bare number between 0 and 1 is refused, since `0.05`
    /// is as often meant as a share.
    fn from_str(s: &str) -> Result<Self> {
        let number = s.trim().trim_end_matches('%').trim_end();
        let percent: f64 = number
            .parse()
            .map_err(|_| Error::new(format!("tolerance '{s}' is not a number: expected per cent, such as 5 or 5%")))?;
        if number == s.trim() && percent > 0.0 && percent < 1.0 {
            return Err(Error::new(format!(
                "tolerance {s} could mean {s} % or {} %: expected a % sign",
                percent * 100.0
            ))
            .help(format!("write {s}% or {}%", percent * 100.0)));
        }
        Self::percent(percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_per_cent() {
        let share = |s: &str| s.parse::<Tolerance>().map(Tolerance::share);
        assert_eq!(share("5"), Ok(0.05));
        assert_eq!(share("5 %"), Ok(0.05));
        assert_eq!(share("0.5%"), Ok(0.005));
        assert_eq!(share("0"), Ok(0.0));
        for bad in ["0.05", "-1", "x", "", "inf", "NaN%"] {
            assert!(share(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_edge_belongs_to_it() -> Result<()> {
        let five = Tolerance::percent(5.0)?;
        assert!(five.allows(1.05 * 6.4896e-5, 6.4896e-5));
        assert!(!five.allows(1.0501, 1.0));
        assert_eq!(five.to_string(), "5 %");
        Ok(())
    }
}
