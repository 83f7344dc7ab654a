//! Whether a saving is worth anybody's time.

use std::fmt;

/// A monthly saving against the cost of work.
///
/// ```
/// use powercurve::advise::Worth;
/// // $50 a month are $600 a year: eight hours of work at $75
/// let worth = Worth::new(50.0, 400.0, Worth::USD_PER_HOUR);
/// assert_eq!(worth.to_string(), "A year of it pays for 8 hours of work at $75 an hour.");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worth {
    saving: f64,
    bill: f64,
    usd_per_hour: f64,
}

impl Worth {
    /// Cost of an hour of work unless the user gives another: an assumption, of the order of what a developer costs.
    pub const USD_PER_HOUR: f64 = 75.0;

    /// A saving of `saving` $ a month on a bill of `bill` $ a month, where an hour of work costs `usd_per_hour`.
    pub const fn new(saving: f64, bill: f64, usd_per_hour: f64) -> Self {
        Self { saving, bill, usd_per_hour }
    }

    /// Hours of work that a year's saving pays for.
    ///
    /// ```
    /// use powercurve::advise::Worth;
    /// assert_eq!(Worth::new(75.0, 200.0, 75.0).hours_a_year(), 12.0);
    /// // the 22-dollar bill: even all of it pays for less than four hours
    /// let small = Worth::new(6.0, 22.0, 75.0);
    /// assert!(small.to_string().starts_with("Hardly: a year of it pays for 58 minutes of work"));
    /// ```
    pub fn hours_a_year(&self) -> f64 {
        12.0 * self.saving.max(0.0) / self.usd_per_hour
    }
}

/// The answer in a sentence or two.
impl fmt::Display for Worth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, all) = (self.hours_a_year(), 12.0 * self.bill / self.usd_per_hour);
        let at = format!("at ${} an hour", self.usd_per_hour);
        if hours >= 1.0 {
            return write!(f, "A year of it pays for {hours:.0} hours of work {at}.");
        }
        match (hours * 60.0).round() {
            0.0 => write!(f, "Not for the money: there is none to save.")?,
            minutes => write!(f, "Hardly: a year of it pays for {minutes:.0} minutes of work {at}.")?,
        }
        if all < 8.0 {
            write!(f, " Even a bill of nothing would pay for {all:.1} hours a year: leave it, unless the time counts.")
        } else {
            write!(f, " Change what a minute changes, and look at the time saved instead.")
        }
    }
}
