//! A classification as other programs read it.

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::pattern::{Classification, Family, Pattern};

/// The answer for one run, field by field as `classify --format jsonl` writes it.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    id: &'a str,
    pattern: Pattern,
    family: Family,
    confidence: Rounded,
    probabilities: ByPattern<'a>,
    uncertain: bool,
    shares: Parts<Rounded>,
    share_intervals: Parts<[Rounded; 2]>,
    reasons: &'a [String],
    warnings: &'a [String],
}

#[derive(Debug, Serialize)]
struct Parts<T> {
    cpu: T,
    wait: T,
    transfer: T,
}

/// Room for most answers as text.
const USUAL_LINE_BYTES: usize = 2048;

/// One probability by the name of its pattern.
#[derive(Debug)]
struct ByPattern<'a>(&'a [f64; Pattern::COUNT]);

/// Five digits: finer than any evidence.
#[derive(Debug)]
struct Rounded(f64);

impl Serialize for ByPattern<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Pattern::ALL.into_iter().map(|p| (p.name(), Rounded(self.0[p.index()]))))
    }
}

impl Serialize for Rounded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64((self.0 * 1e5).round() / 1e5)
    }
}

impl Classification {
    fn answer<'a>(&'a self, id: &'a str) -> Answer<'a> {
        let (mean, (low, high)) = (&self.shares, &self.share_interval);
        Answer {
            id,
            pattern: self.pattern,
            family: self.family(),
            confidence: Rounded(self.confidence),
            probabilities: ByPattern(&self.probabilities),
            uncertain: self.uncertain,
            shares: Parts { cpu: Rounded(mean.cpu), wait: Rounded(mean.wait), transfer: Rounded(mean.transfer) },
            share_intervals: Parts {
                cpu: [low.cpu, high.cpu].map(Rounded),
                wait: [low.wait, high.wait].map(Rounded),
                transfer: [low.transfer, high.transfer].map(Rounded),
            },
            reasons: &self.reasons,
            warnings: &self.warnings,
        }
    }

    /// The answer for the run `id` as one JSON object.
    ///
    /// ```
    /// use powercurve::{PowerCurve, Run, pattern::Reader};
    /// let curve = PowerCurve::from_ms(&[(128, 25148.0), (512, 6067.0), (1024, 3084.0), (3008, 1781.0)])?;
    /// let run = Run::new("primes", curve);
    /// let answer = Reader::shipped().classify(&run);
    /// let json = answer.to_json(&run.id);
    /// assert_eq!((json["id"].as_str(), json["family"].as_str()), (Some("primes"), Some("cpu")));
    /// assert!(answer.to_json_line(&run.id).starts_with(r#"{"id":"primes","pattern":"cpu-bound""#));
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn to_json(&self, id: &str) -> Value {
        serde_json::to_value(self.answer(id)).expect("numbers, texts and lists only")
    }

    /// The same as text: a line of `classify --format jsonl`.
    pub fn to_json_line(&self, id: &str) -> String {
        let mut line = Vec::with_capacity(USUAL_LINE_BYTES);
        serde_json::to_writer(&mut line, &self.answer(id)).expect("numbers, texts and lists only");
        String::from_utf8(line).expect("JSON is UTF-8")
    }
}
