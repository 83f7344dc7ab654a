//! Values of options.

use crate::error::{Error, Result};
use crate::units::Millis;

/// A duration: `300`, `300ms` or `1.5s`.
pub fn duration(s: &str) -> Result<Millis> {
    let (number, unit_ms) = match (s.strip_suffix("ms"), s.strip_suffix('s')) {
        (Some(ms), _) => (ms, 1.0),
        (None, Some(seconds)) => (seconds, 1e3),
        (None, None) => (s, 1.0),
    };
    let value: f64 = number
        .trim()
        .parse()
        .map_err(|_| Error::new(format!("'{s}' is not a duration: expected milliseconds (300) or seconds (1.5s)")))?;
    Millis::new(value * unit_ms)
}

/// A load: a number above 0.
pub fn load(s: &str) -> Result<f64> {
    let value = s.trim().parse().ok().filter(|&x: &f64| x > 0.0 && x <= 1e15);
    value.ok_or_else(|| Error::new(format!("'{s}' is not a load: expected a number of invocations above 0")))
}
