//! The trained model: multinomial logistic regression on the features.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::pattern::{Pattern, features};

/// A trained classifier: one linear score a pattern, turned into probabilities by the softmax.
///
/// ```
/// use powercurve::pattern::{Classifier, Reader, features::features, most_probable};
/// use powercurve::{Pattern, PowerCurve, Run, model::Observation};
/// let curve = PowerCurve::from_ms(&[(128, 25148.0), (512, 6067.0), (1024, 3084.0), (3008, 1781.0)])?;
/// let seen = Observation::of(&Run::new("primes", curve));
/// let probabilities = Classifier::shipped().probabilities(&features(&seen, &Reader::shipped().posterior(&seen)));
/// assert_eq!(most_probable(&probabilities), Pattern::CpuBound);
/// assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Classifier {
    /// Seed of the training runs.
    pub seed: u64,
    /// Number of training runs.
    pub runs: usize,
    /// Mean of each feature over the training runs.
    mean: Vec<f64>,
    /// Standard deviation of each feature over the training runs.
    sd: Vec<f64>,
    /// One row a pattern: intercept, then one weight a feature.
    weights: Vec<Vec<f64>>,
    /// Intercept and slope of the log-odds that the answer is right, over those of its softmax probability.
    calibration: [f64; 2],
}

/// Log-odds by which recorded answers are accepted more often than simulated ones of the same score: what is written of a
/// function often allows more names than the lines that are drawn around simulated ones. Chosen on the labelled recorded
/// runs, where the likelihood of acceptance (sources weighed equally) is flat from 0.8 to 1.8.
const ALLOWANCE: f64 = 1.0;

impl Classifier {
    /// Puts together what training found. Rows are in the order of [`Pattern::ALL`].
    #[cfg(feature = "cli")]
    pub(super) fn new(seed: u64, runs: usize, mean: Vec<f64>, sd: Vec<f64>, weights: Vec<Vec<f64>>) -> Self {
        Self { seed, runs, mean, sd, weights, calibration: [0.0, 1.0] }
    }

    /// The same with a calibration of the best answer.
    #[cfg(feature = "cli")]
    pub(super) fn calibrated(self, calibration: [f64; 2]) -> Self {
        Self { calibration, ..self }
    }

    /// The classifier that ships with the tool, read once.
    ///
    /// # Panics
    /// Never: the shipped file is checked by the tests.
    pub fn shipped() -> &'static Self {
        static SHIPPED: OnceLock<Classifier> = OnceLock::new();
        SHIPPED.get_or_init(|| {
            let text = include_str!("../../datasets/model/classifier.json");
            Self::from_json(text).expect("the shipped classifier is well-formed")
        })
    }

    /// Reads a model file.
    ///
    /// ```
    /// use powercurve::pattern::Classifier;
    /// let shipped = Classifier::shipped();
    /// assert_eq!(&Classifier::from_json(&shipped.to_json())?, shipped);
    /// assert!(Classifier::from_json("{}").unwrap_err().to_string().contains("powercurve train"));
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the text is not a classifier with the features of this version.
    pub fn from_json(text: &str) -> Result<Self> {
        let help = "rebuild it with `powercurve train`";
        let model: Self =
            serde_json::from_str(text).map_err(|e| Error::new(format!("not a classifier: {e}")).help(help))?;
        let fits = model.mean.len() == features::COUNT
            && model.sd.len() == features::COUNT
            && model.weights.len() == Pattern::COUNT
            && model.weights.iter().all(|row| row.len() == features::COUNT + 1);
        if fits {
            Ok(model)
        } else {
            Err(Error::new("not a classifier of this version: expected other features or patterns").help(help))
        }
    }

    /// Writes the model file.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a classifier has only JSON types") + "\n"
    }

    /// Standardised features, as training and prediction see them.
    pub(super) fn standardise(mean: &[f64], sd: &[f64], f: &[f64; features::COUNT]) -> [f64; features::COUNT] {
        std::array::from_fn(|i| (f[i] - mean[i]) / sd[i])
    }

    /// Probability of each pattern, in the order of [`Pattern::ALL`].
    ///
    /// That of the best answer is the share of simulated runs with such a score whose answer a person would accept (Platt
    /// scaling); the others share the rest as the softmax has them.
    pub fn probabilities(&self, f: &[f64; features::COUNT]) -> [f64; Pattern::COUNT] {
        let softmax = self.softmax(f);
        let best = (0..Pattern::COUNT).max_by(|&a, &b| softmax[a].total_cmp(&softmax[b])).unwrap_or(0);
        let [intercept, slope] = self.calibration;
        let log_odds = ALLOWANCE + intercept + slope * log_odds(softmax[best]);
        // never below the runner-up: the answer stays the answer
        let rest = 1.0 - softmax[best];
        let second = (0..Pattern::COUNT).filter(|&i| i != best).map(|i| softmax[i]).fold(0.0, f64::max);
        let tie = second / (rest + second).max(f64::MIN_POSITIVE);
        let confidence = (1.0 / (1.0 + (-log_odds).exp())).max(tie);
        let shrink = if rest > 0.0 { (1.0 - confidence) / rest } else { 0.0 };
        std::array::from_fn(|i| if i == best { confidence } else { softmax[i] * shrink })
    }

    /// The linear scores, turned into probabilities.
    pub(super) fn softmax(&self, f: &[f64; features::COUNT]) -> [f64; Pattern::COUNT] {
        let x = Self::standardise(&self.mean, &self.sd, f);
        let mut scores: [f64; Pattern::COUNT] = std::array::from_fn(|p| {
            let row = &self.weights[p];
            row[0] + row[1..].iter().zip(&x).map(|(w, x)| w * x).sum::<f64>()
        });
        let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        scores.iter_mut().for_each(|s| *s = (*s - top).exp());
        let sum: f64 = scores.iter().sum();
        scores.map(|s| s / sum)
    }
}

/// `ln(p / (1 - p))`, finite for any probability.
pub(super) fn log_odds(p: f64) -> f64 {
    let p = p.clamp(1e-9, 1.0 - 1e-9);
    (p / (1.0 - p)).ln()
}
