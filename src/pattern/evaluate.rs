//! How good the classifier is on labelled runs.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::curve::Run;
use crate::pattern::{Classification, Family, Pattern, Reader};

/// The score of a classifier on labelled runs. A run may accept several patterns: any of them counts as right.
///
/// ```
/// use powercurve::pattern::{Reader, evaluate::evaluate};
/// use powercurve::{Pattern, PowerCurve, Run};
/// let curve = PowerCurve::from_ms(&[(128, 25148.0), (512, 6067.0), (1024, 3084.0), (3008, 1781.0)])?;
/// let run = |accept| Run { accept: vec![accept], ..Run::new("primes", curve.clone()) };
/// let score = evaluate(&Reader::shipped(), &[run(Pattern::CpuBound), run(Pattern::NoOp)]);
/// let score = score.expect("two labelled runs");
/// assert_eq!((score.runs, score.accepted), (2, 0.5));
/// assert_eq!(score.confusion[Pattern::NoOp.index()][Pattern::CpuBound.index()], 1);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// Labelled runs.
    pub runs: usize,
    /// Share of answers that are among the accepted patterns.
    pub accepted: f64,
    /// Share of answers whose family is among those of the accepted patterns.
    pub family: f64,
    /// Mean over the singly labelled patterns of the share answered right.
    pub macro_recall: f64,
    /// Share of runs that were decided (not uncertain).
    pub decided: f64,
    /// Share of decided answers that are among the accepted patterns.
    pub accepted_when_decided: f64,
    /// Expected calibration error: mean distance between confidence and share right, over tenths of confidence.
    pub calibration_error: f64,
    /// Per pattern, over the singly labelled runs.
    pub patterns: Vec<PatternScore>,
    /// Rows: the accepted pattern of singly labelled runs; columns: the answer; in the order of [`Pattern::ALL`].
    pub confusion: Vec<Vec<usize>>,
    /// Confidence against share right, by tenths.
    pub reliability: Vec<Reliability>,
    /// Right and all, by accepted family.
    pub families: Vec<FamilyScore>,
    /// Right and all, by source.
    pub sources: BTreeMap<String, (usize, usize)>,
    /// The answers that are not accepted.
    pub wrong: Vec<Wrong>,
}

/// One pattern among singly labelled runs.
///
/// ```
/// # use powercurve::pattern::{Reader, evaluate::evaluate};
/// # use powercurve::{Pattern, PowerCurve, Run};
/// # let curve = PowerCurve::from_ms(&[(128, 25148.0), (512, 6067.0), (1024, 3084.0), (3008, 1781.0)])?;
/// # let run = |accept| Run { accept: vec![accept], ..Run::new("primes", curve.clone()) };
/// // a curve of CPU work, once under the right label and once under another
/// let score = evaluate(&Reader::shipped(), &[run(Pattern::CpuBound), run(Pattern::NoOp)]).expect("labelled runs");
/// let of = &score.patterns[Pattern::CpuBound.index()];
/// assert_eq!((of.runs, of.recall, of.precision), (1, 1.0, 0.5)); // one of the two such answers is right
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PatternScore {
    /// The pattern.
    pub pattern: Pattern,
    /// Runs labelled with it alone.
    pub runs: usize,
    /// Share of them answered right.
    pub recall: f64,
    /// Share of the answers with this pattern that are right, over all labelled runs.
    pub precision: f64,
}

/// One family among all labelled runs; a run that accepts several families counts in each.
///
/// ```
/// # use powercurve::pattern::{Reader, evaluate::evaluate};
/// # use powercurve::{Family, Pattern, PowerCurve, Run};
/// # let curve = PowerCurve::from_ms(&[(128, 25148.0), (512, 6067.0), (1024, 3084.0), (3008, 1781.0)])?;
/// # let run = |accept| Run { accept: vec![accept], ..Run::new("primes", curve.clone()) };
/// // a curve of CPU work, once under the right label and once under another
/// let score = evaluate(&Reader::shipped(), &[run(Pattern::CpuBound), run(Pattern::NoOp)]).expect("labelled runs");
/// let right: Vec<(Family, usize)> = score.families.iter().filter(|f| f.runs > 0).map(|f| (f.family, f.right)).collect();
/// assert_eq!(right, [(Family::NoOp, 0), (Family::Cpu, 1)]);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FamilyScore {
    /// The family.
    pub family: Family,
    /// Runs that accept a pattern of this family.
    pub runs: usize,
    /// Those answered with an accepted pattern.
    pub right: usize,
}

/// Answers of similar confidence.
///
/// ```
/// # use powercurve::pattern::{Reader, evaluate::evaluate};
/// # use powercurve::{Pattern, PowerCurve, Run};
/// # let curve = PowerCurve::from_ms(&[(128, 25148.0), (512, 6067.0), (1024, 3084.0), (3008, 1781.0)])?;
/// # let run = |accept| Run { accept: vec![accept], ..Run::new("primes", curve.clone()) };
/// // the same sure answer twice, right once: it claimed more than it was
/// let score = evaluate(&Reader::shipped(), &[run(Pattern::CpuBound), run(Pattern::NoOp)]).expect("labelled runs");
/// let [band] = &score.reliability[..] else { panic!("one tenth") };
/// assert!(band.answers == 2 && band.share_right == 0.5 && band.mean_confidence > 0.8);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reliability {
    /// Number of answers in this band of confidence.
    pub answers: usize,
    /// What they say of themselves: their mean confidence.
    pub mean_confidence: f64,
    /// What they are: the share that is accepted.
    pub share_right: f64,
}

/// An answer that is not accepted.
///
/// ```
/// # use powercurve::pattern::{Reader, evaluate::evaluate};
/// # use powercurve::{Pattern, PowerCurve, Run};
/// # let curve = PowerCurve::from_ms(&[(128, 25148.0), (512, 6067.0), (1024, 3084.0), (3008, 1781.0)])?;
/// let run = Run { accept: vec![Pattern::NoOp], ..Run::new("primes", curve) };
/// let score = evaluate(&Reader::shipped(), &[run]).expect("a labelled run");
/// let wrong = &score.wrong[0];
/// assert_eq!((wrong.id.as_str(), wrong.answered, &wrong.accept[..]), ("primes", Pattern::CpuBound, &[Pattern::NoOp][..]));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Wrong {
    /// Name of the run.
    pub id: String,
    /// The answer.
    pub answered: Pattern,
    /// Its probability.
    pub confidence: f64,
    /// Whether the answer said to be uncertain.
    pub uncertain: bool,
    /// The patterns that would have been right.
    pub accept: Vec<Pattern>,
}

/// Scores a reader on the labelled ones among `runs`; `None` when none is labelled.
///
/// ```
/// use powercurve::pattern::{Reader, evaluate::evaluate};
/// use powercurve::{PowerCurve, Run, ingest};
/// let runs = ingest::read(&["datasets/real-runs.jsonl".to_owned()]).take(20).collect::<powercurve::Result<Vec<_>>>()?;
/// let score = evaluate(&Reader::shipped(), &runs).expect("these are labelled");
/// assert!(score.accepted > 0.8);
/// let unlabelled = Run::new("a", PowerCurve::from_ms(&[(128, 8.0), (512, 2.0)])?);
/// assert_eq!(evaluate(&Reader::shipped(), &[unlabelled]), None);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn evaluate(reader: &Reader<'_>, runs: &[Run]) -> Option<Score> {
    use rayon::prelude::*;
    let labelled: Vec<&Run> = runs.iter().filter(|r| !r.accept.is_empty()).collect();
    let answers: Vec<Classification> = labelled.par_iter().map(|r| reader.classify(r)).collect();
    let pairs: Vec<(&Run, &Classification)> = labelled.iter().copied().zip(&answers).collect();
    (!pairs.is_empty()).then(|| score(&pairs))
}

fn right(run: &Run, answer: &Classification) -> bool {
    run.accept.contains(&answer.pattern)
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { f64::NAN } else { part as f64 / whole as f64 }
}

/// Scores answers, each beside the labelled run that it is given for; whoever reads runs in another way scores here too.
///
/// ```
/// use powercurve::pattern::{Classification, Reader, evaluate::score};
/// use powercurve::{Pattern, PowerCurve, Run};
/// let curve = PowerCurve::from_ms(&[(128, 25148.0), (512, 6067.0), (1024, 3084.0), (3008, 1781.0)])?;
/// let run = Run { accept: vec![Pattern::NetworkBoundApi], ..Run::new("primes", curve) };
/// let answer = Reader::shipped().classify(&run);
/// // somebody else's answer beside ours
/// let other = Classification { pattern: Pattern::NetworkBoundApi, ..answer.clone() };
/// assert_eq!([&answer, &other].map(|a| score(&[(&run, a)]).accepted), [0.0, 1.0]);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn score(pairs: &[(&Run, &Classification)]) -> Score {
    let count = |test: &dyn Fn(&Run, &Classification) -> bool| pairs.iter().filter(|(r, a)| test(r, a)).count();
    let mut confusion = vec![vec![0; Pattern::COUNT]; Pattern::COUNT];
    let mut sources: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (run, answer) in pairs {
        if let [only] = run.accept[..] {
            confusion[only.index()][answer.pattern.index()] += 1;
        }
        let source = sources.entry(run.source.clone().unwrap_or_else(|| "unknown".into())).or_default();
        source.0 += usize::from(right(run, answer));
        source.1 += 1;
    }
    let patterns: Vec<PatternScore> = Pattern::ALL
        .into_iter()
        .map(|p| {
            let row = &confusion[p.index()];
            let runs: usize = row.iter().sum();
            PatternScore {
                pattern: p,
                runs,
                recall: share(row[p.index()], runs),
                precision: share(count(&|r, a| a.pattern == p && right(r, a)), count(&|_, a| a.pattern == p)),
            }
        })
        .collect();
    let recalls: Vec<f64> = patterns.iter().filter(|p| p.runs > 0).map(|p| p.recall).collect();
    let reliability = reliability(pairs);
    let decided = count(&|_, a| !a.uncertain);
    Score {
        runs: pairs.len(),
        accepted: share(count(&right), pairs.len()),
        family: share(count(&|r, a| r.accept.iter().any(|p| p.family() == a.family())), pairs.len()),
        macro_recall: recalls.iter().sum::<f64>() / recalls.len() as f64,
        decided: share(decided, pairs.len()),
        accepted_when_decided: share(count(&|r, a| !a.uncertain && right(r, a)), decided),
        calibration_error: reliability
            .iter()
            .map(|b| b.answers as f64 * (b.mean_confidence - b.share_right).abs())
            .sum::<f64>()
            / pairs.len() as f64,
        patterns,
        confusion,
        reliability,
        families: Family::ALL
            .into_iter()
            .map(|family| {
                let of = |r: &Run| r.accept.iter().any(|p| p.family() == family);
                FamilyScore { family, runs: count(&|r, _| of(r)), right: count(&|r, a| of(r) && right(r, a)) }
            })
            .collect(),
        sources,
        wrong: pairs
            .iter()
            .filter(|(r, a)| !right(r, a))
            .map(|(r, a)| Wrong {
                id: r.id.clone(),
                answered: a.pattern,
                confidence: a.confidence,
                uncertain: a.uncertain,
                accept: r.accept.clone(),
            })
            .collect(),
    }
}

fn reliability(pairs: &[(&Run, &Classification)]) -> Vec<Reliability> {
    const BINS: usize = 10;
    (0..BINS)
        .filter_map(|bin| {
            let inside: Vec<_> =
                pairs.iter().filter(|(_, a)| ((a.confidence * BINS as f64) as usize).min(BINS - 1) == bin).collect();
            (!inside.is_empty()).then(|| Reliability {
                answers: inside.len(),
                mean_confidence: inside.iter().map(|(_, a)| a.confidence).sum::<f64>() / inside.len() as f64,
                share_right: share(inside.iter().filter(|(r, a)| right(r, a)).count(), inside.len()),
            })
        })
        .collect()
}
