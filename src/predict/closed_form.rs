//! The curves that people fit by hand: baselines that the model has to beat.
//!
//! Each is `a + b g(m)` with `a, b >= 0` and at most one shape parameter, fitted by least squares of the relative
//! residuals; the shape parameter is found on a grid.

/// A closed form of a power curve.
///
/// ```
/// use powercurve::predict::ClosedForm;
/// // measured at two sizes, one busy thread and 100 ms of waiting
/// let (sizes, durations) = ([512.0, 1024.0], [2100.0, 1100.0]);
/// assert!((ClosedForm::OneThread.predict(&sizes, &durations, 256.0) - 4100.0).abs() < 1e-6);
/// // each form fits two sizes, and each says something else of a third
/// let at_128 = ClosedForm::ALL.map(|form| form.predict(&sizes, &durations, 128.0));
/// assert!(at_128[3] < 0.7 * at_128[0], "{} is far below", ClosedForm::Exponential.formula());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosedForm {
    /// `a + b / min(m, 1769)`: CPU work on one thread and waiting.
    OneThread,
    /// `a + b / min(m, k)` with a free knee `k`.
    FreeKnee,
    /// `a + b m^-c`.
    Power,
    /// `a + b exp(-m / c)`: the form of Parrotfish (Moghimi et al., SoCC 2023).
    Exponential,
}

/// Steps of the grid of a shape parameter.
const GRID: u32 = 60;

impl ClosedForm {
    /// All four.
    pub const ALL: [Self; 4] = [Self::OneThread, Self::FreeKnee, Self::Power, Self::Exponential];

    /// The formula, as tables show it.
    pub const fn formula(self) -> &'static str {
        match self {
            Self::OneThread => "a + b/min(m, 1769)",
            Self::FreeKnee => "a + b/min(m, k)",
            Self::Power => "a + b m^-c",
            Self::Exponential => "a + b exp(-m/c)",
        }
    }

    /// `g(m)` for the shape parameter at `t` (0 to 1) of its range. An exponential does not decay faster than over
    /// `closest` MB, the distance of the two smallest sizes: no measurement could tell, and below them it explodes.
    fn shape(self, m: f64, t: f64, closest: f64) -> f64 {
        match self {
            Self::OneThread => 1.0 / m.min(1769.0),
            Self::FreeKnee => 1.0 / m.min(128.0 * 80f64.powf(t)),
            Self::Power => (m / 128.0).powf(-(0.05 + 3.0 * t)),
            Self::Exponential => (-m / (closest * (10_000.0 / closest).powf(t))).exp(),
        }
    }

    /// Fits to sizes (MB, ascending) and durations (ms), both of the same length and not empty, and gives the duration at `at` MB.
    ///
    /// One size fixes only the scale: it is then taken as pure CPU work.
    pub fn predict(self, sizes: &[f64], durations: &[f64], at: f64) -> f64 {
        if let ([m], [d]) = (sizes, durations) {
            return d * m.min(1769.0) / at.min(1769.0);
        }
        let closest = if let [first, second, ..] = sizes { (second - first).clamp(20.0, 10_000.0) } else { 20.0 };
        let grid = if self == Self::OneThread { 0 } else { GRID - 1 };
        let fits = (0..=grid).map(|i| {
            let t = f64::from(i) / f64::from(GRID - 1);
            let (a, b, squares) = least_squares(sizes, durations, |m| self.shape(m, t, closest));
            (squares, a + b * self.shape(at, t, closest))
        });
        // the first of equals: a shape beyond the measured sizes changes nothing
        fits.reduce(|best, next| if next.0 < best.0 - 1e-12 { next } else { best }).map_or(f64::NAN, |best| best.1)
    }
}

/// `a`, `b >= 0` of least squares of `1 - (a + b g(m)) / d`, and the sum of squares.
fn least_squares(sizes: &[f64], durations: &[f64], g: impl Fn(f64) -> f64) -> (f64, f64, f64) {
    let (mut aa, mut ab, mut bb, mut a1, mut b1) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (&m, &d) in sizes.iter().zip(durations) {
        let (u, v) = (1.0 / d, g(m) / d);
        aa += u * u;
        ab += u * v;
        bb += v * v;
        a1 += u;
        b1 += v;
    }
    let determinant = aa * bb - ab * ab;
    let free = ((a1 * bb - b1 * ab) / determinant, (aa * b1 - ab * a1) / determinant);
    let (a, b) = match free {
        (a, b) if determinant.abs() > 1e-12 * aa * bb && a >= 0.0 && b >= 0.0 => (a, b),
        (a, _) if determinant.abs() > 1e-12 * aa * bb && a >= 0.0 => (a1 / aa, 0.0),
        _ => (0.0, b1 / bb),
    };
    let squares = sizes.iter().zip(durations).map(|(&m, &d)| (1.0 - (a + b * g(m)) / d).powi(2)).sum();
    (a, b, squares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovers_its_own_curve() {
        let sizes = [128.0, 512.0, 3008.0];
        let durations = sizes.map(|m: f64| 40.0 + 1e5 / m.min(1769.0));
        let at = ClosedForm::OneThread.predict(&sizes, &durations, 1024.0);
        assert!((at - (40.0 + 1e5 / 1024.0)).abs() < 1e-9, "{at}");
        for form in ClosedForm::ALL {
            assert!(form.predict(&sizes, &durations, 1024.0) > 0.0);
        }
    }

    #[test]
    fn one_size_is_taken_as_pure_cpu_work() {
        assert_eq!(ClosedForm::Power.predict(&[512.0], &[1000.0], 1024.0), 500.0);
    }
}
