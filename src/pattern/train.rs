//! Training on simulated curves only.

use linfa::Dataset;
use linfa::traits::Fit;
use linfa_logistic::{LogisticRegression, MultiLogisticRegression};
use ndarray::{Array1, Array2};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Gamma, StandardNormal};
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::model::library::{Particle, Place};
use crate::model::noise::Regime;
use crate::model::{Known, Library, Observation, Posterior};
use crate::pattern::classifier::log_odds;
use crate::pattern::features::{self, features};
use crate::pattern::{Classifier, Pattern, most_probable};
use crate::units::MemoryMb;

/// How a classifier is trained.
///
/// ```
/// use powercurve::pattern::{Classifier, Training};
/// // the classifier that ships was trained as by default
/// let (shipped, usual) = (Classifier::shipped(), Training::default());
/// assert_eq!((shipped.seed, shipped.runs), (usual.seed, usual.runs));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Training {
    /// Seed of the training runs.
    pub seed: u64,
    /// Number of training runs.
    pub runs: usize,
    /// Strength of the ridge penalty.
    pub alpha: f64,
    /// How often runs with several acceptable labels are labelled anew.
    pub rounds: usize,
}

impl Default for Training {
    fn default() -> Self {
        Self { seed: 2026, runs: 160_000, alpha: 1.0, rounds: 2 }
    }
}

/// Trains a classifier that reads curves through `library`: the same for the same settings, on any number of threads.
///
/// ```
/// use powercurve::{model::Library, pattern::{Reader, Training, train}};
/// use powercurve::{Family, PowerCurve, Run};
/// let library = Library::simulate(1, 200);
/// let classifier = train(&library, &Training { runs: 1500, ..Training::default() })?;
/// let run = Run::new("primes", PowerCurve::from_ms(&[(128, 25148.0), (512, 6067.0), (1024, 3084.0), (3008, 1781.0)])?);
/// assert_eq!(Reader::new(&library, &classifier).classify(&run).family(), Family::Cpu);
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When the optimiser fails, or a pattern never occurs among the training runs (too few runs).
pub fn train(library: &Library, settings: &Training) -> Result<Classifier> {
    let rows = rows(library, settings);
    let n = rows.len() as f64;
    let column = |i: usize| rows.iter().map(move |r| r.0[i]);
    let mean: Vec<f64> = (0..features::COUNT).map(|i| column(i).sum::<f64>() / n).collect();
    let sd: Vec<f64> = (0..features::COUNT)
        .map(|i| (column(i).map(|v| (v - mean[i]).powi(2)).sum::<f64>() / n).sqrt().max(1e-6))
        .collect();
    let mut labels: Vec<Pattern> = rows.iter().map(|r| r.1).collect();
    let mut classifier = regress(&rows, &labels, &mean, &sd, settings)?;
    // a mixture that two people would name differently is right by either name: train it as the likelier of its names
    // (learning with multiple labels, Jin & Ghahramani 2002, with the most probable label for the mean over labels)
    for _ in 0..settings.rounds {
        labels = rows
            .par_iter()
            .map(|(f, own, accept)| {
                let p = classifier.softmax(f);
                let likelier = |a: &&Pattern, b: &&Pattern| p[a.index()].total_cmp(&p[b.index()]);
                accept.iter().max_by(likelier).copied().unwrap_or(*own)
            })
            .collect();
        classifier = regress(&rows, &labels, &mean, &sd, settings)?;
    }
    let calibration = calibrate(&classifier, &rows)?;
    Ok(classifier.calibrated(calibration))
}

/// What [`train`] learns from, for anybody who compares other classifiers: the features of each training run, and its pattern
/// by definition.
///
/// ```
/// use powercurve::{model::Library, pattern::{Training, training_set}};
/// let (features, patterns) = training_set(&Library::simulate(1, 50), &Training { runs: 30, ..Training::default() });
/// assert_eq!((features.len(), patterns.len()), (30, 30));
/// ```
pub fn training_set(library: &Library, settings: &Training) -> (Vec<[f64; features::COUNT]>, Vec<Pattern>) {
    rows(library, settings).into_iter().map(|(f, own, _)| (f, own)).unzip()
}

/// A training run: its features, the pattern by definition, and every pattern that a person may give it.
type Row = ([f64; features::COUNT], Pattern, Vec<Pattern>);

/// The training runs: curves that the library does not hold (another seed of the same prior), measured and read through it.
fn rows(library: &Library, settings: &Training) -> Vec<Row> {
    let curves = Library::simulate(settings.seed, settings.runs);
    (0..settings.runs)
        .into_par_iter()
        .map(|i| {
            let seen = measure(&curves, i, settings.seed);
            let posterior = Posterior::new(library, &seen, &Known::default());
            (features(&seen, &posterior), curves.particles()[i].pattern, Pattern::accepted(&curves.workload(i)))
        })
        .collect()
}

/// Intercept and slope of the log-odds that the best answer is acceptable, over those of its softmax probability: a
/// logistic regression on the training runs (Platt 1999).
fn calibrate(classifier: &Classifier, rows: &[Row]) -> Result<[f64; 2]> {
    let (scores, right): (Vec<f64>, Vec<bool>) = rows
        .par_iter()
        .map(|(f, _, accept)| {
            let p = classifier.softmax(f);
            let answer = most_probable(&p);
            (log_odds(p[answer.index()]), accept.contains(&answer))
        })
        .unzip();
    let failed = |e: &dyn std::fmt::Display| Error::new(format!("calibration failed: {e}"));
    let records = Array2::from_shape_vec((rows.len(), 1), scores).map_err(|e| failed(&e))?;
    let fitted = LogisticRegression::default()
        .alpha(0.0)
        .fit(&Dataset::new(records, Array1::from_vec(right)))
        .map_err(|e| failed(&e))?;
    // the regression calls the larger label, true, its positive class
    let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
    Ok([sign * fitted.intercept(), sign * fitted.params()[0]])
}

/// Multinomial logistic regression of the labels on the standardised features.
fn regress(rows: &[Row], labels: &[Pattern], mean: &[f64], sd: &[f64], settings: &Training) -> Result<Classifier> {
    let flat: Vec<f64> = rows.iter().flat_map(|r| Classifier::standardise(mean, sd, &r.0)).collect();
    let failed = |e: &dyn std::fmt::Display| Error::new(format!("training failed: {e}"));
    let records = Array2::from_shape_vec((rows.len(), features::COUNT), flat).map_err(|e| failed(&e))?;
    let targets = Array1::from_iter(labels.iter().map(|label| label.index()));
    let fitted = MultiLogisticRegression::default()
        .alpha(settings.alpha)
        .max_iterations(300)
        .fit(&Dataset::new(records, targets))
        .map_err(|e| failed(&e))?;
    if fitted.classes().len() != Pattern::COUNT {
        return Err(failed(&"a pattern does not occur among the training runs").help("train on more runs"));
    }
    let mut weights = vec![Vec::new(); Pattern::COUNT];
    for (k, &class) in fitted.classes().iter().enumerate() {
        weights[class] =
            std::iter::once(fitted.intercept()[k]).chain(fitted.params().column(k).iter().copied()).collect();
    }
    Ok(Classifier::new(settings.seed, settings.runs, mean.to_vec(), sd.to_vec(), weights))
}

/// Lists of sizes that people tune with, in MB.
const SIZE_LISTS: [&[u32]; 12] = [
    &[128, 256, 512, 1024, 1536, 3008],
    &[128, 256, 512, 1024, 1536, 3008],
    &[128, 256, 512, 1024, 2048, 3008],
    &[128, 256, 512, 1024, 1536, 2048, 3008],
    &[128, 256, 512, 1024, 1769, 2048],
    &[256, 512, 1024, 1536, 2048, 3008],
    &[128, 256, 512, 1024, 2048, 4096, 8192, 10240],
    &[128, 512, 1024, 2048],
    &[256, 512, 1024, 2048],
    &[512, 1024, 2048, 3008],
    &[1024, 1769, 2048, 4096, 8192, 10240],
    &[128, 512, 3008],
];

/// Measures curve `i` as a tuning run would: a list of sizes, a number of invocations, the scatter of its regime.
fn measure(curves: &Library, i: usize, seed: u64) -> Observation {
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x6d65_6173_7572_6500);
    let particle = &curves.particles()[i];
    rng.set_stream(particle.draw.into());
    let sizes = sizes(&mut rng);
    let invocations = [5.0, 10.0, 10.0, 20.0, 50.0, 100.0][rng.random_range(0..6usize)];
    let sd = noise_sd(particle, invocations, &mut rng);
    let ln_ms: Vec<f64> = sizes
        .iter()
        .map(|&m| {
            let z: f64 = StandardNormal.sample(&mut rng);
            // now and then a size is measured badly
            let worse = if rng.random_bool(0.03) { 4.0 } else { 1.0 };
            f64::from(particle.ln_full) + f64::from(curves.ln_ratio(i, Place::of(m))) + z * sd * worse
        })
        .collect();
    Observation {
        sizes,
        ms: ln_ms.iter().map(|y| y.exp()).collect(),
        ln_ms,
        starved: Vec::new(),
        invocations,
        runtime: rng.random_bool(0.6).then_some(particle.runtime),
        arch: rng.random_bool(0.8).then_some(particle.arch),
        warm: particle.regime != Regime::Leaky && rng.random_bool(0.3),
    }
}

/// A usual list, a part of one, or a dense sweep of a part of the range.
fn sizes(rng: &mut ChaCha8Rng) -> Vec<MemoryMb> {
    let list: Vec<u32> = match rng.random_range(0..10u32) {
        0 => (0..46).map(|i| 128 + 64 * i).collect(),
        1 => {
            let step = [4u32, 8, 16, 32][rng.random_range(0..4usize)];
            let from = 128 + 8 * rng.random_range(0..16u32);
            (0..rng.random_range(8..20u32)).map(|i| from + step * i).collect()
        }
        pick => {
            let list = SIZE_LISTS[rng.random_range(0..SIZE_LISTS.len())];
            let keep = if pick < 6 { list.len() } else { rng.random_range(3..=list.len()) };
            let mut list = list.to_vec();
            while list.len() > keep {
                list.remove(rng.random_range(0..list.len()));
            }
            list
        }
    };
    list.into_iter().filter_map(|mb| MemoryMb::new(mb).ok()).collect()
}

/// A draw from the noise prior: standard deviation of `ln(measured mean)`.
fn noise_sd(particle: &Particle, invocations: f64, rng: &mut ChaCha8Rng) -> f64 {
    let (shape, scale) = (particle.noise.shape(), particle.noise.scale(invocations));
    let precision = Gamma::new(shape, 1.0 / scale).map_or(1.0 / scale, |g| g.sample(rng));
    (1.0 / precision.max(1e-6)).sqrt()
}
