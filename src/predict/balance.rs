//! Cost and speed weighed against each other.

/// The balanced score of aws-lambda-power-tuning: `w * cost/max(cost) + (1 - w) * duration/max(duration)`, the smaller
/// the better.
///
/// Source: lambda/analyzer.js of github.com/alexcasalboni/aws-lambda-power-tuning.
///
/// ```
/// use powercurve::predict::Balance;
/// let (small, large) = ((1e-6, 400.0), (2e-6, 100.0)); // twice as dear, four times as fast
/// let better = |weight: f64| {
///     let balance = Balance::new(weight, [small, large]);
///     balance.score(large.0, large.1) < balance.score(small.0, small.1)
/// };
/// assert!(better(0.5) && !better(0.9)); // where only the bill counts the small size wins
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Balance {
    weight: f64,
    most_cost: f64,
    most_ms: f64,
}

impl Balance {
    /// Weight of the cost that the tuner takes by default: half and half.
    pub(crate) const EVEN: f64 = 0.5;

    /// With `weight` for the cost, among sizes of these costs and durations (ms).
    ///
    /// ```
    /// use powercurve::predict::Balance;
    /// let balance = Balance::new(0.5, [(2e-6, 100.0), (1e-6, 400.0)]);
    /// assert_eq!(balance.score(2e-6, 100.0), 0.5 + 0.5 * 0.25);
    /// ```
    pub fn new(weight: f64, sizes: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let largest = |(cost, ms): (f64, f64), size: (f64, f64)| (cost.max(size.0), ms.max(size.1));
        let (most_cost, most_ms) = sizes.into_iter().fold((0.0, 0.0), largest);
        Self { weight, most_cost, most_ms }
    }

    /// The score of a size.
    pub fn score(self, cost: f64, ms: f64) -> f64 {
        // where nothing costs anything only time counts
        let cost = if self.most_cost > 0.0 { self.weight * cost / self.most_cost } else { 0.0 };
        cost + (1.0 - self.weight) * ms / self.most_ms
    }
}
