//! Guess the pattern: power curves as questions, with the answer and the physics behind it.
//!
//! Every other question is a recorded run whose pattern is known from what the function does; the others are
//! simulated. The terminal and the teaching page ask the same questions for the same seed.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::advise::{PricedCurve, PricedPoint, Strategy, expected_duration};
use crate::curve::Run;
use crate::error::{Error, Result};
use crate::ingest::parse_record;
use crate::model::prior;
use crate::pattern::{Classification, Pattern, Reader};
use crate::simulate::Tuning;
use crate::units::{MemoryMb, Millis};
use crate::workload::Workload;

/// Memory sizes of a simulated question, in MB: both sides of one vCPU and the largest size.
const SIZES_MB: [u32; 8] = [128, 256, 512, 1024, 1769, 3008, 5307, 10_240];

/// Fewest sizes of a recorded run that is worth a guess.
const LEAST_SIZES: usize = 4;

/// Most patterns that the description of a recorded run may allow.
const MOST_ACCEPTED: usize = 2;

/// Most draws in search of a question that is clear enough to be fair.
const MOST_DRAWS: u64 = 512;

/// Most workloads of the prior that are looked at for one that shows a wanted pattern, the rarest of which is 3 in 100.
const MOST_WORKLOADS: u64 = 4096;

/// Most that the smallest size of a question may slow what memory should do nothing for: beyond, its memory or the CPU
/// quota is what the curve shows.
const MOST_FALL: f64 = 3.0;

/// How far above the best balanced score a size still counts as a good choice.
const GOOD_WITHIN: f64 = 0.05;

/// Points for one question.
///
/// ```
/// use powercurve::quiz::{MOST_POINTS, Mark};
/// assert_eq!(Mark { pattern_points: 2, size_points: 1 }.points(), MOST_POINTS);
/// ```
pub const MOST_POINTS: u32 = 3;

/// A curve to guess the pattern of, and a size to choose for it.
///
/// ```
/// use powercurve::{pattern::Reader, quiz};
/// let pool = quiz::pool(&std::fs::read_to_string("datasets/real-runs.jsonl")?);
/// // every other question is a recorded run
/// let question = quiz::Question::draw(&Reader::shipped(), &pool, 7, 1)?;
/// assert!(question.source.is_some());
/// assert!(question.is_good(question.best().memory));
/// assert_eq!(question.priced().points().len(), question.run.curve.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The run, with a cost at every size.
    pub run: Run,
    /// What the function does: kept back until the answer.
    pub what: String,
    /// Where a recorded run is published; `None` for a simulated one.
    pub source: Option<String>,
    /// The patterns that count as right.
    pub accepted: Vec<Pattern>,
    /// What the classifier says, and why.
    pub reading: Classification,
    priced: PricedCurve,
}

/// What an answer is worth.
///
/// ```
/// use powercurve::{Pattern, pattern::Reader, quiz::Question};
/// let question = Question::draw(&Reader::shipped(), &[], 7, 0)?;
/// let other = Pattern::ALL.into_iter().find(|p| p.family() != question.accepted[0].family()).unwrap();
/// let mark = question.mark(other, question.best().memory);
/// assert_eq!((mark.pattern_points, mark.size_points, mark.points()), (0, 1, 1)); // only the size is right
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// 2 for the pattern, 1 for another one of its family.
    pub pattern_points: u32,
    /// 1 for a good size.
    pub size_points: u32,
}

impl Mark {
    /// All points together, at most [`MOST_POINTS`].
    pub const fn points(self) -> u32 {
        self.pattern_points + self.size_points
    }
}

impl Question {
    /// Question `number` of the quiz with this seed and [`pool`] of recorded runs: the same for ever.
    ///
    /// A question is asked only if the classifier reads it without doubt and rightly: what no curve can tell, nobody
    /// should have to guess.
    ///
    /// ```
    /// use powercurve::{pattern::Reader, quiz::Question};
    /// let question = Question::draw(&Reader::shipped(), &[], 7, 0)?;
    /// assert!(question.accepted.contains(&question.reading.pattern));
    /// let mark = question.mark(question.reading.pattern, question.best().memory);
    /// assert_eq!(mark.points(), powercurve::quiz::MOST_POINTS);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// When no draw is clear; never with the model that ships.
    pub fn draw(reader: &Reader<'_>, pool: &[Run], seed: u64, number: u64) -> Result<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(number);
        for attempt in 0..MOST_DRAWS {
            // a pool that holds nothing clear enough leaves the simulated ones
            let drawn = if number % 2 == 1 && attempt < MOST_DRAWS / 2 {
                recorded(reader, pool, &mut rng)?
            } else {
                simulated(reader, &mut rng)?
            };
            let clear = |q: &Self| !q.reading.uncertain && q.accepted.contains(&q.reading.pattern);
            if let Some(question) = drawn.filter(clear) {
                return Ok(question);
            }
        }
        Err(Error::new(format!(
            "no clear question in {MOST_DRAWS} draws: expected a classifier that fits its simulator"
        ))
        .help("rebuild the model with `powercurve train`"))
    }

    /// The run with its costs.
    pub fn priced(&self) -> &PricedCurve {
        &self.priced
    }

    /// The size that cost and speed, half and half, lead to.
    pub fn best(&self) -> PricedPoint {
        BALANCED.pick(&self.priced)
    }

    /// Whether a size is within 5 % of the best balanced score.
    pub fn is_good(&self, memory: MemoryMb) -> bool {
        let balance = self.priced.balance(Strategy::DEFAULT_WEIGHT);
        let score = |p: &PricedPoint| balance.score(p.cost.usd(), p.duration.ms());
        self.priced.at(memory).is_some_and(|p| score(p) <= (1.0 + GOOD_WITHIN) * score(&self.best()))
    }

    /// What this answer is worth.
    pub fn mark(&self, pattern: Pattern, memory: MemoryMb) -> Mark {
        let relative = || self.accepted.iter().any(|p| p.family() == pattern.family());
        Mark {
            pattern_points: if self.accepted.contains(&pattern) { 2 } else { u32::from(relative()) },
            size_points: u32::from(self.is_good(memory)),
        }
    }

    fn of(reader: &Reader<'_>, run: Run, what: String, source: Option<String>, accepted: Vec<Pattern>) -> Result<Self> {
        let (priced, _) = PricedCurve::usual(&run)?;
        Ok(Self { reading: reader.classify(&run), run, what, source, accepted, priced })
    }
}

/// The strategy behind the best size.
const BALANCED: Strategy = Strategy::Balanced(Strategy::DEFAULT_WEIGHT);

/// A workload of the prior, played once: every pattern as often as the others.
fn simulated(reader: &Reader<'_>, rng: &mut ChaCha8Rng) -> Result<Option<Question>> {
    let wanted = Pattern::ALL[rng.random_range(0..Pattern::COUNT)];
    let warm = |mut workload: Workload| {
        workload.cold_start.share = 0.0;
        workload.pattern = Some(Pattern::of(&workload));
        workload
    };
    let sizes = SIZES_MB.into_iter().map(MemoryMb::new).collect::<Result<Vec<_>>>()?;
    let mut drawn = (0..MOST_WORKLOADS).map(|_| warm(prior::draw(rng.random(), 0)));
    let shown = drawn.find(|w| w.pattern == Some(wanted) && (falls(wanted) || is_flat(w, &sizes)));
    let Some(mut workload) = shown else { return Ok(None) };
    workload.name = "question".to_owned();
    let tuning = Tuning { seed: rng.random(), ..Tuning::default() };
    // a workload that needs more than the largest size or longer than 15 minutes is no question
    let Ok(result) = tuning.run(&workload, &sizes) else { return Ok(None) };
    let what = format!("A simulated function: {}", wanted.summary());
    Question::of(reader, result.run, what, None, vec![wanted]).map(Some)
}

/// Whether more memory shortens a function with this pattern.
fn falls(pattern: Pattern) -> bool {
    !matches!(pattern, Pattern::NoOp | Pattern::NetworkBoundApi)
}

/// Whether the first of these sizes is nearly as fast as the last.
fn is_flat(workload: &Workload, sizes: &[MemoryMb]) -> bool {
    let ms = |memory: Option<&MemoryMb>| memory.and_then(|&m| expected_duration(workload, m).ok()).map(Millis::ms);
    ms(sizes.first()).zip(ms(sizes.last())).is_some_and(|(first, last)| first <= MOST_FALL * last)
}

/// A recorded run of the pool.
fn recorded(reader: &Reader<'_>, pool: &[Run], rng: &mut ChaCha8Rng) -> Result<Option<Question>> {
    let run = match pool.len() {
        0 => return Ok(None),
        n => pool[rng.random_range(0..n)].clone(),
    };
    let text = |key: &str| run.extra.get(key).and_then(|v| v.as_str()).map(str::to_owned);
    let (what, source) = (text("what").unwrap_or_default(), run.source.clone());
    let accepted = run.accept.clone();
    Question::of(reader, run, what, source, accepted).map(Some)
}

/// The runs of a data set (JSON lines) that make questions: enough sizes, and one pattern or two that the description of
/// the function allows.
///
/// ```
/// let pool = powercurve::quiz::pool(&std::fs::read_to_string("datasets/real-runs.jsonl")?);
/// assert!(!pool.is_empty() && pool.iter().all(|run| !run.accept.is_empty()));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn pool(jsonl: &str) -> Vec<Run> {
    let runs = jsonl.lines().filter_map(|line| parse_record(line.as_bytes()).ok());
    runs.filter(|r| (1..=MOST_ACCEPTED).contains(&r.accept.len()) && r.curve.len() >= LEAST_SIZES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_repeat_and_alternate() -> Result<()> {
        let reader = Reader::shipped();
        let pool = pool(include_str!("../datasets/real-runs.jsonl"));
        for number in 0..6 {
            let question = Question::draw(&reader, &pool, 3, number)?;
            assert_eq!(question, Question::draw(&reader, &pool, 3, number)?);
            assert_eq!(question.source.is_some(), number % 2 == 1);
            assert!(question.is_good(question.best().memory));
        }
        assert_ne!(Question::draw(&reader, &pool, 3, 0)?.run, Question::draw(&reader, &pool, 4, 0)?.run);
        Ok(())
    }

    #[test]
    fn what_memory_does_nothing_for_looks_like_it() -> Result<()> {
        let reader = Reader::shipped();
        for question in (0..60).map(|seed| Question::draw(&reader, &[], seed, 0)) {
            let question = question?;
            if falls(question.accepted[0]) {
                continue;
            }
            let ms: Vec<f64> = question.run.curve.points().iter().map(|p| p.duration.ms()).collect();
            // and the noise of the run
            assert!(ms[0] < 1.2 * MOST_FALL * ms[ms.len() - 1], "{}: {ms:?}", question.accepted[0]);
        }
        Ok(())
    }

    #[test]
    fn a_relative_is_worth_half() -> Result<()> {
        let curve = crate::PowerCurve::from_ms(&[(128, 8000.0), (512, 2000.0), (1769, 580.0), (3008, 580.0)])?;
        let accepted = vec![Pattern::CpuBound];
        let question = Question::of(&Reader::shipped(), Run::new("q", curve), String::new(), None, accepted)?;
        let mark = |pattern, mb| Ok::<_, crate::Error>(question.mark(pattern, MemoryMb::new(mb)?).points());
        assert_eq!(question.best().memory.mb(), 1769);
        assert_eq!(mark(Pattern::CpuBound, 1769)?, 3);
        assert_eq!(mark(Pattern::CpuBoundMultithreaded, 1769)?, 2);
        assert_eq!(mark(Pattern::CpuBound, 128)?, 2);
        assert_eq!(mark(Pattern::NoOp, 128)?, 0);
        Ok(())
    }
}
