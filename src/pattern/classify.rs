//! One run in, one answer out: pattern, probabilities, shares, reasons, warnings.

use std::sync::OnceLock;

use crate::curve::Run;
use crate::model::{Known, Library, Observation, Posterior};
use crate::pattern::explain;
use crate::pattern::features::features;
use crate::pattern::{Classifier, Family, Pattern, Shares};

/// What a run was assigned to, and why.
///
/// ```
/// use powercurve::{Family, PowerCurve, Run, pattern::Reader};
/// let curve = PowerCurve::from_ms(&[(128, 1604.0), (512, 1598.0), (1024, 1601.0), (3008, 1599.0)])?;
/// let answer = Reader::shipped().classify(&Run::new("asks an API", curve));
/// assert_eq!(answer.family(), Family::Network);
/// assert!(answer.families()[Family::Network as usize] >= answer.confidence); // both network patterns
/// assert!(answer.shares.wait > 0.8 && answer.share_interval.0.wait < answer.shares.wait);
/// assert!(!answer.reasons.is_empty());
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Classification {
    /// The most probable pattern.
    pub pattern: Pattern,
    /// Its probability.
    pub confidence: f64,
    /// Probability of each pattern, in the order of [`Pattern::ALL`].
    pub probabilities: [f64; Pattern::COUNT],
    /// Whether the evidence does not separate the patterns; the reasons then say what would.
    pub uncertain: bool,
    /// Mean shares of the time at 1769 MB.
    pub shares: Shares,
    /// 90 % interval of each share: lower ends, upper ends.
    pub share_interval: (Shares, Shares),
    /// Why, in words with the run's own numbers.
    pub reasons: Vec<String>,
    /// What to doubt about the run itself.
    pub warnings: Vec<String>,
}

impl Classification {
    /// The family of the pattern.
    pub fn family(&self) -> Family {
        self.pattern.family()
    }

    /// Probability of each family, in the order of [`Family::ALL`].
    pub fn families(&self) -> [f64; 5] {
        let mut sums = [0.0; 5];
        for p in Pattern::ALL {
            sums[p.family() as usize] += self.probabilities[p.index()];
        }
        sums
    }
}

/// Reads curves with a library and a trained classifier.
///
/// ```
/// use powercurve::pattern::{CLASSIFY_LEN, Classifier, Reader};
/// use powercurve::{PowerCurve, Run, model::Library};
/// // a reader of its own gives what the shipped one gives, if it is made of the same parts
/// let library = Library::shipped().prefix(CLASSIFY_LEN);
/// let reader = Reader::new(&library, Classifier::shipped());
/// let run = Run::new("resize", PowerCurve::from_ms(&[(256, 1250.0), (1024, 310.0)])?);
/// assert_eq!(reader.classify(&run), Reader::shipped().classify(&run));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    library: &'a Library,
    classifier: &'a Classifier,
}

/// Workloads of the library that `classify` weighs: enough to tell patterns apart, few enough for a million runs.
///
/// ```
/// use powercurve::{model::Library, pattern::CLASSIFY_LEN};
/// assert_eq!(Library::shipped().len() / CLASSIFY_LEN, 8); // an eighth of the library
/// ```
pub const CLASSIFY_LEN: usize = 2048;

impl<'a> Reader<'a> {
    /// A reader of its own; the classifier must have been trained with this library.
    pub fn new(library: &'a Library, classifier: &'a Classifier) -> Self {
        Self { library, classifier }
    }

    /// The model that ships with the tool.
    pub fn shipped() -> Reader<'static> {
        static LIBRARY: OnceLock<Library> = OnceLock::new();
        Reader {
            library: LIBRARY.get_or_init(|| Library::shipped().prefix(CLASSIFY_LEN)),
            classifier: Classifier::shipped(),
        }
    }

    /// Classifies a run.
    ///
    /// ```
    /// use powercurve::{Pattern, PowerCurve, Run, pattern::Reader};
    /// // counting primes in Python, github.com/aws/aws-graviton-getting-started
    /// let curve = PowerCurve::from_ms(&[
    ///     (128, 25148.0), (256, 12578.0), (512, 6067.0), (1024, 3084.0),
    ///     (1536, 2087.0), (2048, 1783.0), (3008, 1781.0), (10240, 1787.0),
    /// ])?;
    /// let answer = Reader::shipped().classify(&Run::new("primes", curve));
    /// assert_eq!(answer.pattern, Pattern::CpuBound);
    /// assert!(!answer.uncertain);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn classify(&self, run: &Run) -> Classification {
        let seen = Observation::of(run);
        let posterior = self.posterior(&seen);
        let probabilities = self.classifier.probabilities(&features(&seen, &posterior));
        let pattern = most_probable(&probabilities);
        let (shares, low, high) = posterior.shares();
        let doubt = explain::doubt(run, &seen, &probabilities, &posterior);
        let mut reasons = explain::reasons(run, pattern, &posterior, &[shares, low, high]);
        reasons.extend(doubt.clone());
        Classification {
            pattern,
            confidence: probabilities[pattern.index()],
            probabilities,
            uncertain: doubt.is_some(),
            shares,
            share_interval: (low, high),
            reasons,
            warnings: explain::warnings(run, pattern, &seen, &posterior),
        }
    }

    /// What the reader's library says of a curve: the posterior behind [`Reader::classify`].
    ///
    /// ```
    /// use powercurve::model::Observation;
    /// use powercurve::{MemoryMb, PowerCurve, Run, pattern::Reader};
    /// let seen = Observation::of(&Run::new("resize", PowerCurve::from_ms(&[(256, 1250.0), (1024, 310.0)])?));
    /// let at_512 = Reader::shipped().posterior(&seen).predict(MemoryMb::new(512)?);
    /// assert!((at_512.ms / 620.0 - 1.0).abs() < 0.1); // half of one and twice the other
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn posterior(&self, seen: &Observation) -> Posterior<'a> {
        Posterior::new(self.library, seen, &Known::default())
    }

    /// Only the probabilities: what a score over many runs needs.
    ///
    /// ```
    /// use powercurve::model::Observation;
    /// use powercurve::{PowerCurve, Run, pattern::Reader};
    /// let run = Run::new("resize", PowerCurve::from_ms(&[(256, 1250.0), (1024, 310.0)])?);
    /// let reader = Reader::shipped();
    /// assert_eq!(reader.probabilities(&Observation::of(&run)), reader.classify(&run).probabilities);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn probabilities(&self, seen: &Observation) -> [f64; Pattern::COUNT] {
        let posterior = self.posterior(seen);
        self.classifier.probabilities(&features(seen, &posterior))
    }
}

/// The pattern of the largest probability; the first of equals.
///
/// ```
/// use powercurve::{Pattern, pattern::most_probable};
/// assert_eq!(most_probable(&[0.1, 0.3, 0.1, 0.3, 0.1, 0.1, 0.0, 0.0]), Pattern::CpuBound);
/// ```
pub fn most_probable(probabilities: &[f64; Pattern::COUNT]) -> Pattern {
    Pattern::ALL
        .into_iter()
        .rev()
        .max_by(|a, b| probabilities[a.index()].total_cmp(&probabilities[b.index()]))
        .unwrap_or(Pattern::NoOp)
}
