//! Mean and standard deviation in one pass and constant memory.

use crate::curve::Sample;

/// Count, mean and variance of a stream of numbers.
///
/// Source: B. P. Welford, "Note on a method for calculating corrected sums of squares and
/// products", Technometrics 4 (1962); groups are joined as in Chan, Golub and LeVeque, "Updating
/// formulae and a pairwise algorithm for computing sample variances" (1979).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Moments {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// Adds one number.
    pub(crate) fn push(&mut self, x: f64) {
        self.count += 1;
        let before = x - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (x - self.mean);
    }

    /// Adds a group of which only the count, the mean and the standard deviation are known.
    pub(crate) fn push_group(&mut self, count: u64, mean: f64, sd: f64) {
        self.join(&Self { count, mean, squares: sd * sd * count.saturating_sub(1) as f64 });
    }

    /// Adds the numbers of another stream.
    pub(crate) fn join(&mut self, other: &Self) {
        let total = Sample::sum([self.count, other.count]);
        if other.count == 0 {
            return;
        }
        let before = other.mean - self.mean;
        let weight = other.count as f64 / total as f64;
        self.squares += other.squares + before * before * self.count as f64 * weight;
        self.mean += before * weight;
        self.count = total;
    }

    /// How many numbers there were.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// Their mean; `None` when there were none.
    pub(crate) fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    /// Their standard deviation (n - 1); `None` for fewer than two.
    pub(crate) fn sd(&self) -> Option<f64> {
        (self.count > 1).then(|| (self.squares.max(0.0) / (self.count - 1) as f64).sqrt())
    }
}

/// The larger of two numbers, where they are known.
pub(crate) fn larger(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.into_iter().chain(b).reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_has_no_mean_and_one_number_no_deviation() {
        let mut m = Moments::default();
        assert_eq!((m.mean(), m.sd()), (None, None));
        m.push(3.0);
        assert_eq!((m.mean(), m.sd()), (Some(3.0), None));
    }

    proptest! {
        #[test]
        fn one_pass_agrees_with_two_and_groups_with_single_numbers(
            xs in prop::collection::vec(0.1..1e6f64, 2..60), cut in 1usize..59,
        ) {
            let n = xs.len() as f64;
            let mean = xs.iter().sum::<f64>() / n;
            let sd = (xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
            let moments = |xs: &[f64]| { let mut m = Moments::default(); xs.iter().for_each(|&x| m.push(x)); m };
            let (first, second) = xs.split_at(cut.min(xs.len() - 1));
            let second = moments(second);
            let mut joined = moments(first);
            joined.push_group(second.count(), second.mean().unwrap(), second.sd().unwrap_or(0.0));
            for m in [moments(&xs), joined] {
                prop_assert_eq!(m.count(), xs.len() as u64);
                prop_assert!((m.mean().unwrap() - mean).abs() < 1e-9 * mean);
                prop_assert!((m.sd().unwrap() - sd).abs() < 1e-6 * mean);
            }
        }
    }
}
