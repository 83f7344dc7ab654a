//! Which learner reads curves best? All are trained on the same simulated runs and scored on the labelled recorded ones.
//!
//! `cargo run --release --example compare_models -- [TRAINING RUNS]` writes the table of `datasets/MODEL.md`.

use std::error::Error;

use linfa::Dataset;
use linfa::traits::{Fit, Predict};
use linfa_bayes::{GaussianNb, NaiveBayes};
use linfa_logistic::MultiLogisticRegression;
use linfa_trees::DecisionTree;
use ndarray::{Array1, Array2};
use powercurve::model::{Library, Observation};
use powercurve::pattern::evaluate::{Score, score};
use powercurve::pattern::features::{COUNT, features};
use powercurve::pattern::{CLASSIFY_LEN, Classification, Reader, Training, most_probable, train, training_set};
use powercurve::render::table::{Cell, Column, Table};
use powercurve::{Pattern, Run, ingest};

type Failure = Box<dyn Error>;
type Features = [f64; COUNT];
type Probabilities = [f64; Pattern::COUNT];

/// A learner: what it is called, whether its probabilities mean anything, and its answer for each labelled run.
type Answers = (String, bool, Vec<Probabilities>);

/// Depths of the decision tree to choose from.
const DEPTHS: [usize; 6] = [4, 6, 8, 10, 12, 16];

fn main() -> Result<(), Failure> {
    let mut settings = Training::default();
    if let Some(runs) = std::env::args().nth(1) {
        settings.runs = runs.parse().map_err(|_| format!("expected a number of training runs, got '{runs}'"))?;
    }
    let library = Library::shipped().prefix(CLASSIFY_LEN);
    let classifier = train(&library, &settings)?;
    let reader = Reader::new(&library, &classifier);

    let runs: Vec<Run> =
        ingest::read(&["datasets/real-runs.jsonl".to_owned()]).collect::<powercurve::Result<Vec<_>>>()?;
    let labelled: Vec<&Run> = runs.iter().filter(|run| !run.accept.is_empty()).collect();
    let shipped: Vec<Classification> = labelled.iter().map(|run| reader.classify(run)).collect();
    let (evidence, recorded): (Vec<Probabilities>, Vec<Features>) = labelled
        .iter()
        .map(|run| {
            let seen = Observation::of(run);
            let posterior = reader.posterior(&seen);
            (*posterior.patterns(), features(&seen, &posterior))
        })
        .unzip();

    let simulated = Simulated::new(&library, &settings);
    let all = |f: &[Features]| simulated.standardised(f, COUNT);
    let first = |f: &[Features]| simulated.standardised(f, Pattern::COUNT);
    let (depth, tree) = simulated.tree(&all(&recorded))?;
    let always = vec![scattered([(Pattern::CpuBound.index(), 1.0)]); labelled.len()];
    let learners: [Answers; 7] = [
        ("always cpu-bound".into(), false, always),
        ("evidence of the fit alone".into(), true, evidence),
        ("logistic regression, evidence only".into(), true, simulated.logistic(&first, &recorded, settings.alpha)?),
        ("logistic regression, all features".into(), true, simulated.logistic(&all, &recorded, settings.alpha)?),
        (
            "the same, relabelled and calibrated (ships)".into(),
            true,
            shipped.iter().map(|answer| answer.probabilities).collect(),
        ),
        ("Gaussian naive Bayes, all features".into(), true, simulated.bayes(&all, &recorded)?),
        (format!("decision tree of depth {depth}, all features"), false, tree),
    ];

    let percent = |share: f64| Cell::Number(100.0 * share, 1);
    let mut table = Table::new(
        &["classifier", "accepted %", "sources equal %", "family %", "macro recall %", "calibration error"]
            .map(Column::plain),
    );
    for (name, probabilistic, answers) in learners {
        let answers: Vec<Classification> =
            shipped.iter().zip(answers).map(|(base, p)| answered(base.clone(), p)).collect();
        let pairs: Vec<(&Run, &Classification)> = labelled.iter().copied().zip(&answers).collect();
        let score = score(&pairs);
        let calibration = if probabilistic { Cell::Number(score.calibration_error, 3) } else { Cell::Empty };
        table.row([
            Cell::Text(name),
            percent(score.accepted),
            percent(sources_equal(&score)),
            percent(score.family),
            percent(score.macro_recall),
            calibration,
        ]);
    }
    print!("{}", table.markdown());
    Ok(())
}

/// The answer of another learner for the same run.
fn answered(base: Classification, probabilities: Probabilities) -> Classification {
    let pattern = most_probable(&probabilities);
    Classification { pattern, confidence: probabilities[pattern.index()], probabilities, ..base }
}

/// Mean over sources of the share of accepted answers: runs of one source are not independent.
fn sources_equal(score: &Score) -> f64 {
    score.sources.values().map(|&(right, runs)| right as f64 / runs as f64).sum::<f64>() / score.sources.len() as f64
}

/// The simulated training runs, and what learns from them.
struct Simulated {
    features: Vec<Features>,
    labels: Vec<usize>,
    mean: Features,
    sd: Features,
}

impl Simulated {
    fn new(library: &Library, settings: &Training) -> Self {
        let (features, patterns) = training_set(library, settings);
        let n = features.len() as f64;
        let mean: Features = std::array::from_fn(|i| features.iter().map(|f| f[i]).sum::<f64>() / n);
        let sd = std::array::from_fn(|i| {
            (features.iter().map(|f| (f[i] - mean[i]).powi(2)).sum::<f64>() / n).sqrt().max(1e-6)
        });
        Self { labels: patterns.iter().map(|p| p.index()).collect(), features, mean, sd }
    }

    /// The first `columns` features of each run, with the mean and scatter of the training runs taken out.
    fn standardised(&self, f: &[Features], columns: usize) -> Array2<f64> {
        Array2::from_shape_fn((f.len(), columns), |(row, i)| (f[row][i] - self.mean[i]) / self.sd[i])
    }

    fn dataset(&self, select: &dyn Fn(&[Features]) -> Array2<f64>) -> Dataset<f64, usize, ndarray::Ix1> {
        Dataset::new(select(&self.features), Array1::from_vec(self.labels.clone()))
    }

    fn logistic(
        &self,
        select: &dyn Fn(&[Features]) -> Array2<f64>,
        recorded: &[Features],
        alpha: f64,
    ) -> Result<Vec<Probabilities>, Failure> {
        let fitted = MultiLogisticRegression::default().alpha(alpha).max_iterations(300).fit(&self.dataset(select))?;
        let p = fitted.predict_probabilities(&select(recorded));
        let place = |row: usize| scattered(fitted.classes().iter().enumerate().map(|(k, &class)| (class, p[[row, k]])));
        Ok((0..recorded.len()).map(place).collect())
    }

    fn bayes(
        &self,
        select: &dyn Fn(&[Features]) -> Array2<f64>,
        recorded: &[Features],
    ) -> Result<Vec<Probabilities>, Failure> {
        let fitted = GaussianNb::params().fit(&self.dataset(select))?;
        let records = select(recorded);
        let joint = fitted.joint_log_likelihood(records.view());
        // `predict_proba` of the library underflows where all likelihoods are small
        let normalised = |row: usize| {
            let top = joint.values().map(|ln| ln[row]).fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 =
                Pattern::ALL.iter().filter_map(|p| joint.get(&p.index())).map(|ln| (ln[row] - top).exp()).sum();
            scattered(joint.iter().map(|(&&class, ln)| (class, (ln[row] - top).exp() / sum)))
        };
        Ok((0..recorded.len()).map(normalised).collect())
    }

    /// The tree of the depth that does best on the last fifth of the simulated runs when it learns from the others.
    fn tree(&self, recorded: &Array2<f64>) -> Result<(usize, Vec<Probabilities>), Failure> {
        let whole = self.dataset(&|f| self.standardised(f, COUNT));
        let (learn, held_out) = whole.clone().split_with_ratio(0.8);
        let grow = |depth: usize, data: &Dataset<f64, usize, ndarray::Ix1>| {
            DecisionTree::params().max_depth(Some(depth)).min_weight_leaf(10.0).fit(data)
        };
        let mut best = (0, 0);
        for depth in DEPTHS {
            let answers: Array1<usize> = grow(depth, &learn)?.predict(held_out.records());
            let right = answers.iter().zip(held_out.targets()).filter(|(a, b)| a == b).count();
            best = best.max((right, depth));
        }
        let answers: Array1<usize> = grow(best.1, &whole)?.predict(recorded);
        Ok((best.1, answers.iter().map(|&class| scattered([(class, 1.0)])).collect()))
    }
}

/// Probabilities in the order of [`Pattern::ALL`].
fn scattered(classes: impl IntoIterator<Item = (usize, f64)>) -> Probabilities {
    let mut p = [0.0; Pattern::COUNT];
    classes.into_iter().for_each(|(class, value)| p[class] = value);
    p
}
