//! Newtypes for the three quantities of a power curve, so that no bare `f64` crosses a module's
//! border without its unit.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A memory size that Lambda offers: 128 to 10,240 MB in steps of 1 MB.
///
/// Source: AWS Lambda developer guide, "Configure Lambda function memory".
///
/// ```
/// use powercurve::MemoryMb;
/// assert_eq!(MemoryMb::new(1769)?.mb(), 1769);
/// assert!(MemoryMb::new(64).is_err());
/// assert_eq!((MemoryMb::MIN.mb(), MemoryMb::MAX.mb()), (128, 10_240));
/// assert_eq!(MemoryMb::new(1536)?.as_f64() / 1024.0, 1.5); // in GB, as time is billed
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct MemoryMb(u32);

impl MemoryMb {
    /// The smallest size, 128 MB.
    pub const MIN: Self = Self(128);
    /// The largest size, 10,240 MB.
    pub const MAX: Self = Self(10_240);

    /// Checks a size in MB.
    ///
    /// # Errors
    /// When `mb` is outside 128..=10240.
    pub fn new(mb: u32) -> Result<Self> {
        if (Self::MIN.0..=Self::MAX.0).contains(&mb) {
            Ok(Self(mb))
        } else {
            Err(Error::new(format!("memory size {mb} MB is outside what Lambda offers: expected 128 to 10240"))
                .help("give the configured memory size of the function in MB"))
        }
    }

    /// Checks a size in MB that arrived as a floating-point number.
    ///
    /// # Errors
    /// When `mb` is not a whole number of 128..=10240.
    pub(crate) fn from_f64(mb: f64) -> Result<Self> {
        if mb.fract() == 0.0 && (0.0..=1e9).contains(&mb) {
            Self::new(mb as u32)
        } else {
            Err(Error::new(format!("memory size {mb} is not a whole number of MB: expected 128 to 10240"))
                .help("give the configured memory size of the function in MB"))
        }
    }

    /// The size in MB.
    pub const fn mb(self) -> u32 {
        self.0
    }

    /// The size in MB as a floating-point number.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0)
    }
}

impl TryFrom<u32> for MemoryMb {
    type Error = Error;
    fn try_from(mb: u32) -> Result<Self> {
        Self::new(mb)
    }
}

impl From<MemoryMb> for u32 {
    fn from(m: MemoryMb) -> Self {
        m.0
    }
}

impl fmt::Display for MemoryMb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} MB", self.0)
    }
}

/// A duration in milliseconds, finite and above zero.
///
/// ```
/// use powercurve::Millis;
/// assert_eq!(Millis::new(12.5)?.ms(), 12.5);
/// assert!(Millis::new(f64::NAN).is_err());
/// assert!(Millis::new(0.0).is_err() && Millis::new(Millis::MIN_MS).is_ok());
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Millis(f64);

impl Millis {
    /// The shortest duration accepted, in ms: one nanosecond. REPORT lines have hundredths of a ms.
    pub const MIN_MS: f64 = 1e-6;

    /// The longest duration accepted, in ms: 24 hours. Lambda's own limit is 15 minutes; recorded
    /// runs of batches and orchestrations are longer and still read.
    pub const MAX_MS: f64 = 86_400_000.0;

    /// Checks a duration in ms.
    ///
    /// # Errors
    /// When `ms` is not a number from a nanosecond to 24 hours.
    pub fn new(ms: f64) -> Result<Self> {
        if (Self::MIN_MS..=Self::MAX_MS).contains(&ms) {
            Ok(Self(ms))
        } else {
            Err(Error::new(format!("duration {ms} ms is not usable: expected a number above 0, of 1 ns to 24 hours"))
                .help("durations are milliseconds; leave out a size that failed instead of writing 0"))
        }
    }

    /// A computed duration within what a curve may hold: what is shorter or longer, however far, is cut off.
    ///
    /// ```
    /// use powercurve::Millis;
    /// assert_eq!(Millis::clamped(1e-9).ms(), Millis::MIN_MS);
    /// assert_eq!(Millis::clamped(f64::INFINITY).ms(), Millis::MAX_MS);
    /// ```
    pub const fn clamped(ms: f64) -> Self {
        // not a number is no duration either, and the shortest one does the least harm
        Self(if ms.is_nan() { Self::MIN_MS } else { ms.clamp(Self::MIN_MS, Self::MAX_MS) })
    }

    /// The duration in ms.
    pub const fn ms(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Millis {
    type Error = Error;
    fn try_from(ms: f64) -> Result<Self> {
        Self::new(ms)
    }
}

impl From<Millis> for f64 {
    fn from(d: Millis) -> Self {
        d.0
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ms if ms < 10.0 => write!(f, "{ms:.2} ms"),
            ms if ms < 1_000.0 => write!(f, "{ms:.1} ms"),
            ms if ms < 10_000.0 => write!(f, "{ms:.0} ms"),
            ms => write!(f, "{:.1} s", ms / 1_000.0),
        }
    }
}

/// An amount of US dollars (or yuan in the China regions), finite and not negative.
///
/// It is displayed with two decimals from $1 on and with four significant digits below.
///
/// ```
/// use powercurve::Usd;
/// assert_eq!(Usd::new(0.000102648)?.to_string(), "$0.0001026");
/// assert_eq!(Usd::new(2.1e-9)?.per_million().to_string(), "$0.002100");
/// assert_eq!(Usd::new(51.8112)?.to_string(), "$51.81");
/// assert_eq!(Usd::ZERO.to_string(), "$0");
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Usd(f64);

impl Usd {
    /// Nothing.
    pub const ZERO: Self = Self(0.0);

    /// The largest amount accepted, in dollars: more than anyone was ever billed, and small enough for every sum and
    /// every format.
    ///
    /// ```
    /// use powercurve::Usd;
    /// assert!(Usd::new(Usd::MAX_USD).is_ok() && Usd::new(2.0 * Usd::MAX_USD).is_err());
    /// ```
    pub const MAX_USD: f64 = 1e15;

    /// Checks an amount.
    ///
    /// # Errors
    /// When `usd` is not a number from 0 to [`Usd::MAX_USD`].
    pub fn new(usd: f64) -> Result<Self> {
        if (0.0..=Self::MAX_USD).contains(&usd) {
            Ok(Self(usd))
        } else {
            Err(Error::new(format!("cost {usd} is not usable: expected an amount of 0 or more, at most 1e15"))
                .help("costs are dollars per invocation, as aws-lambda-power-tuning writes them"))
        }
    }

    /// A sum of checked amounts: not below nothing, not above [`Usd::MAX_USD`].
    pub(crate) const fn at_most(usd: f64) -> Self {
        Self(usd.clamp(0.0, Self::MAX_USD))
    }

    /// The amount in dollars.
    pub const fn usd(self) -> f64 {
        self.0
    }

    /// The amount for a million invocations when this is the amount for one.
    pub fn per_million(self) -> Self {
        Self(self.0 * 1e6)
    }
}

impl TryFrom<f64> for Usd {
    type Error = Error;
    fn try_from(usd: f64) -> Result<Self> {
        Self::new(usd)
    }
}

impl From<Usd> for f64 {
    fn from(c: Usd) -> Self {
        c.0
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usd = self.0;
        // the exponent after rounding to four digits: $0.99996 is $1.00
        let scientific = format!("{usd:.3e}");
        let exponent: i32 = scientific.rsplit_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
        match exponent {
            _ if usd == 0.0 => write!(f, "$0"),
            0.. => write!(f, "${usd:.2}"),
            -9..0 => write!(f, "${usd:.*}", (3 - exponent) as usize),
            _ => write!(f, "${scientific}"),
        }
    }
}

/// The currency of an amount: prices of the China regions are in yuan, under the same field names as dollars elsewhere.
///
/// ```
/// use powercurve::{PowerCurve, Run, units::Currency};
/// let run = Run::new("resize", PowerCurve::from_ms(&[(128, 8.5)])?);
/// assert_eq!(run.currency(), Currency::default()); // dollars unless the run says otherwise
/// assert_eq!(Currency::Cny.code(), "CNY");
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Currency {
    /// US dollars.
    #[default]
    Usd,
    /// Chinese yuan.
    Cny,
}

impl Currency {
    /// What AWS charges in a region.
    ///
    /// ```
    /// use powercurve::units::Currency;
    /// assert_eq!(Currency::of_region("cn-north-1").text("$0.50"), "¥0.50");
    /// assert_eq!(Currency::of_region("us-east-1").code(), "USD");
    /// ```
    pub fn of_region(region: &str) -> Self {
        if region.starts_with("cn-") { Self::Cny } else { Self::Usd }
    }

    /// The region whose prices hold where only the currency is known: the China regions have one price.
    pub(crate) const fn home_region(self) -> &'static str {
        match self {
            Self::Usd => "us-east-1",
            Self::Cny => "cn-north-1",
        }
    }

    /// The ISO code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Usd => "USD",
            Self::Cny => "CNY",
        }
    }

    /// A text whose amounts are written with `$`, in this currency.
    pub fn text(self, dollars: &str) -> String {
        match self {
            Self::Usd => dollars.to_owned(),
            Self::Cny => dollars.replace('$', "¥"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_four_digits_below_a_dollar_whatever_rounding_does() {
        let shown = |usd| Usd::new(usd).unwrap().to_string();
        assert_eq!(shown(0.5), "$0.5000");
        assert_eq!(shown(0.099_996), "$0.1000");
        assert_eq!(shown(0.999_94), "$0.9999");
        assert_eq!(shown(0.999_96), "$1.00");
        assert_eq!(shown(2.1e-9), "$0.000000002100");
        assert_eq!(shown(1.234_56e-12), "$1.235e-12");
        assert_eq!(shown(f64::MIN_POSITIVE), "$2.225e-308");
        assert_eq!(shown(1_234.567), "$1234.57");
    }
}
