//! Latency distributions: given by mean and coefficient of variation.

use rand::{Rng, RngExt};
use rand_distr::{Distribution as _, Gamma, LogNormal, Open01};
use statrs::distribution::{self, ContinuousCDF};

use crate::workload::Distribution;

/// A sampler of times with a given mean and coefficient of variation.
#[derive(Debug, Clone, Copy)]
pub(super) enum Latency {
    Constant(f64),
    LogNormal(LogNormal<f64>),
    Gamma(Gamma<f64>),
    /// The slowest of several independent calls.
    Largest {
        mean: f64,
        distribution: Distribution,
        cv: f64,
        count: u32,
    },
}

impl Latency {
    /// One call.
    pub fn new(distribution: Distribution, mean: f64, cv: f64) -> Self {
        // without a mean or a spread (also one too small to matter) there is nothing to draw
        if mean <= 0.0 || cv < 1e-9 {
            return Self::Constant(mean);
        }
        match distribution {
            Distribution::Constant => Self::Constant(mean),
            Distribution::LogNormal => LogNormal::from_mean_cv(mean, cv).map_or(Self::Constant(mean), Self::LogNormal),
            Distribution::Gamma => {
                Gamma::new(1.0 / (cv * cv), mean * cv * cv).map_or(Self::Constant(mean), Self::Gamma)
            }
        }
    }

    /// The slowest of `count` calls at the same time.
    pub fn largest(distribution: Distribution, mean: f64, cv: f64, count: u32) -> Self {
        if count <= 1 || mean <= 0.0 || cv < 1e-9 || distribution == Distribution::Constant {
            return Self::new(distribution, mean, cv);
        }
        Self::Largest { mean, distribution, cv, count }
    }

    /// One time, in the unit of the mean.
    pub fn sample<R: Rng>(&self, rng: &mut R) -> f64 {
        match self {
            Self::Constant(mean) => *mean,
            Self::LogNormal(d) => d.sample(rng),
            Self::Gamma(d) => d.sample(rng),
            Self::Largest { mean, distribution, cv, count } => {
                let u: f64 = rng.sample(Open01);
                mean * largest_quantile(*distribution, *cv, *count, u)
            }
        }
    }
}

/// Below this coefficient of variation a gamma distribution is all but normal.
const SMALL_CV: f64 = 1e-3;

/// The `u`-quantile of the largest of `n` independent values of mean 1: `F^-1(u^(1/n))`.
fn largest_quantile(distribution: Distribution, cv: f64, n: u32, u: f64) -> f64 {
    // the upper tail 1 - u^(1/n), exact where u^(1/n) would round to 1
    let tail = -(u.ln() / f64::from(n)).exp_m1();
    match distribution {
        Distribution::Constant => 1.0,
        Distribution::LogNormal => {
            let sigma = (1.0 + cv * cv).ln().sqrt();
            // the standard normal is symmetric: its quantile at 1 - tail is minus that at tail
            let z = -distribution::Normal::standard().inverse_cdf(tail);
            (sigma * z - sigma * sigma / 2.0).exp()
        }
        // the search for the quantile does not end at shapes that are huge, where Wilson and Hilferty's cube of a normal
        // variable (doi:10.1073/pnas.17.12.684) is right to 1e-9
        Distribution::Gamma if cv < SMALL_CV => {
            let z = -distribution::Normal::standard().inverse_cdf(tail);
            (1.0 - cv * cv / 9.0 + z * cv / 3.0).powi(3)
        }
        Distribution::Gamma => {
            let shape = 1.0 / (cv * cv);
            distribution::Gamma::new(shape, shape).map_or(1.0, |d| d.inverse_cdf((1.0 - tail).min(1.0 - 1e-12)))
        }
    }
}

/// The `u`-quantile of a log-normal factor of mean 1.
pub(super) fn typical_factor(cv: f64, u: f64) -> f64 {
    if cv == 0.0 { 1.0 } else { largest_quantile(Distribution::LogNormal, cv, 1, u.clamp(1e-6, 1.0 - 1e-6)) }
}

/// Mean of the largest of `n` independent values of mean 1: the average of its quantiles.
pub(super) fn mean_of_largest(distribution: Distribution, cv: f64, n: u32) -> f64 {
    const STRATA: u32 = 200;
    if n <= 1 || cv == 0.0 {
        return 1.0;
    }
    let quantile = |i| largest_quantile(distribution, cv, n, (f64::from(i) + 0.5) / f64::from(STRATA));
    (0..STRATA).map(quantile).sum::<f64>() / f64::from(STRATA)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::stream::Stream;
    use crate::units::MemoryMb;

    fn mean_and_cv(latency: Latency, n: u32) -> (f64, f64) {
        let mut rng = Stream::new(1, 0, MemoryMb::MIN).queue();
        let values: Vec<f64> = (0..n).map(|_| latency.sample(&mut rng)).collect();
        let mean = values.iter().sum::<f64>() / f64::from(n);
        let var = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / f64::from(n);
        (mean, var.sqrt() / mean)
    }

    #[test]
    fn samples_have_the_mean_and_cv_asked_for() {
        for distribution in [Distribution::LogNormal, Distribution::Gamma] {
            let (mean, cv) = mean_and_cv(Latency::new(distribution, 40.0, 0.5), 100_000);
            assert!((mean - 40.0).abs() < 0.3, "{distribution:?} {mean}");
            assert!((cv - 0.5).abs() < 0.01, "{distribution:?} {cv}");
        }
    }

    #[test]
    fn the_slowest_of_many_agrees_with_drawing_them_all() {
        for distribution in [Distribution::LogNormal, Distribution::Gamma] {
            let one = Latency::new(distribution, 1.0, 0.6);
            let mut rng = Stream::new(2, 0, MemoryMb::MIN).queue();
            let drawn: f64 =
                (0..20_000).map(|_| (0..8).map(|_| one.sample(&mut rng)).fold(0.0, f64::max)).sum::<f64>() / 20_000.0;
            let (sampled, _) = mean_and_cv(Latency::largest(distribution, 1.0, 0.6, 8), 20_000);
            assert!((sampled / drawn - 1.0).abs() < 0.02, "{distribution:?} {sampled} {drawn}");
            assert!((mean_of_largest(distribution, 0.6, 8) / drawn - 1.0).abs() < 0.02, "{distribution:?}");
        }
    }

    #[test]
    fn the_quantile_of_a_narrow_gamma_goes_on_from_that_of_a_wider_one() {
        for n in [1, 8, 100_000] {
            for u in [1e-9, 0.01, 0.5, 0.99, 1.0 - 1e-6] {
                let [below, at] =
                    [SMALL_CV * (1.0 - 1e-9), SMALL_CV].map(|cv| largest_quantile(Distribution::Gamma, cv, n, u));
                assert!((below - at).abs() < 1e-8, "{n} {u}: {below} {at}");
            }
        }
        for cv in [1e-4, 1e-6, 1e-8] {
            let mean = mean_of_largest(Distribution::Gamma, cv, 8);
            // the largest of eight standard normal values is 1.4236 on average
            assert!(((mean - 1.0) / cv - 1.4236).abs() < 0.01, "{cv} {mean}");
        }
    }

    #[test]
    fn a_hundred_thousand_parallel_calls_are_still_finite() {
        let (mean, _) = mean_and_cv(Latency::largest(Distribution::LogNormal, 1.0, 0.3, 100_000), 1000);
        assert!(mean > 3.0 && mean < 4.0, "{mean}"); // exp(0.2936 * 4.4 - 0.0431) = 3.5
    }
}
