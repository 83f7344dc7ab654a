//! Baselines: former runs, or what `classify --format jsonl` said of them.

use std::collections::BTreeMap;

use memchr::memmem;
use serde::Deserialize;

use super::lines::Lines;
use super::{Input, Source, inputs};
use crate::advise::Former;
use crate::error::{Error, Result};
use crate::pattern::Pattern;

/// What is known from before, by the id of the run.
///
/// ```
/// use powercurve::advise::Former;
/// use powercurve::ingest::{Baseline, Input};
/// let text = br#"{"id": "resize", "pattern": "cpu-bound", "confidence": 0.9, "uncertain": false}"#;
/// let (baseline, rejected) = Baseline::read_inputs(vec![Ok(Input::of_bytes("former.jsonl", text.to_vec()))]);
/// assert!(rejected.is_empty() && !baseline.is_empty());
/// assert!(matches!(baseline.get("resize"), Some(Former::Answer { uncertain: false, .. })));
/// assert_eq!(baseline.only(), baseline.get("resize"));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Baseline {
    runs: BTreeMap<String, Former>,
}

/// A line of `classify --format jsonl`.
#[derive(Deserialize)]
struct Answer {
    id: String,
    pattern: Pattern,
    uncertain: bool,
}

impl Baseline {
    /// Reads a file of answers, or runs in any form. The errors are what was rejected, with its place.
    ///
    /// ```
    /// use powercurve::advise::Former;
    /// use powercurve::ingest::Baseline;
    /// let (baseline, rejected) = Baseline::read("datasets/examples/runs.csv");
    /// assert!(rejected.is_empty());
    /// assert!(matches!(baseline.get("sebs-sleep"), Some(Former::Run(run)) if run.curve.len() > 20));
    /// ```
    pub fn read(path: &str) -> (Self, Vec<Error>) {
        Self::read_inputs(inputs(&[path.to_owned()]))
    }

    /// The same of inputs that are known already, such as bytes in memory.
    pub fn read_inputs(inputs: Vec<Result<Input>>) -> (Self, Vec<Error>) {
        let (mut baseline, mut rejected, mut others) = (Self::default(), Vec::new(), Vec::new());
        for input in inputs {
            match input.as_ref().ok().and_then(answers) {
                Some((lines, place)) => {
                    rejected.extend(baseline.take_answers(lines).into_iter().map(|e| e.at(&place)));
                }
                None => others.push(input),
            }
        }
        for run in super::read_inputs(others) {
            match run {
                Ok(run) => drop(baseline.runs.insert(run.id.clone(), Former::Run(Box::new(run)))),
                Err(error) => rejected.push(error),
            }
        }
        (baseline, rejected)
    }

    /// What is known of a run.
    pub fn get(&self, id: &str) -> Option<&Former> {
        self.runs.get(id)
    }

    /// The only run, when there is one.
    pub fn only(&self) -> Option<&Former> {
        self.runs.values().next().filter(|_| self.runs.len() == 1)
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Takes a file of answers; returns the lines that are none.
    fn take_answers(&mut self, mut lines: Lines) -> Vec<Error> {
        let mut rejected = Vec::new();
        while let Some(line) = lines.next_line() {
            match line {
                Ok((_, line)) if line.trim_ascii().is_empty() => {}
                Ok((number, line)) => match serde_json::from_slice(line) {
                    Ok(Answer { id, pattern, uncertain }) => {
                        self.runs.insert(id, Former::Answer { pattern, uncertain });
                    }
                    Err(e) => rejected.push(
                        Error::new(format!("not an answer of classify: {e}"))
                            .help("write the file again with `powercurve classify --format jsonl`")
                            .at(format!("line {number}")),
                    ),
                },
                Err(error) => rejected.push(error),
            }
        }
        rejected
    }
}

/// The lines and the place of an input that begins with an answer; `None` for any other. Standard input, which can be read
/// only once, holds runs.
fn answers(input: &Input) -> Option<(Lines, String)> {
    let [source @ (Source::Path(_) | Source::Text { .. })] = &input.sources[..] else { return None };
    let mut lines = source.clone().open().ok()?;
    let first = lines.head().ok()?.split(|&b| b == b'\n').find(|line| !line.trim_ascii().is_empty())?;
    // a record of a run may have the fields of an answer as well
    let begins = serde_json::from_slice::<Answer>(first).is_ok() && memmem::find(first, b"\"memory_mb\"").is_none();
    begins.then(|| (lines, source.place()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::LINE_LIMIT;

    const ANSWER: &str = r#"{"id":"f","pattern":"cpu-bound","uncertain":false,"probabilities":{}}"#;
    const RECORD: &str = r#"{"id":"f","memory_mb":[128,256],"duration_ms":[8,4]}"#;

    fn read(text: &str) -> (Baseline, Vec<String>) {
        let (baseline, rejected) = Baseline::read_inputs(vec![Ok(Input::of_bytes("old", text.as_bytes().to_vec()))]);
        (baseline, rejected.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn answers_and_runs_are_told_apart() {
        let (answers, rejected) = read(&format!("\n{ANSWER}\n"));
        assert!(matches!(answers.only(), Some(Former::Answer { uncertain: false, .. })) && rejected.is_empty());
        let labelled = RECORD.replace("{", r#"{"pattern":"cpu-bound","uncertain":false,"#);
        for text in [RECORD, &labelled, "memory,duration,function\n128,8,f\n256,4,f\n"] {
            let (runs, rejected) = read(text);
            assert!(matches!(runs.get("f"), Some(Former::Run(_))) && rejected.is_empty(), "{text}: {rejected:?}");
        }
        let two = format!("{RECORD}\n{}\n", RECORD.replace("\"f\"", "\"g\""));
        assert!(read(&two).0.only().is_none());
    }

    #[test]
    fn every_rejected_line_is_named() {
        let (runs, rejected) = read(&format!("{RECORD}\n{{}}\nnonsense\n"));
        assert!(!runs.is_empty());
        assert!(rejected.len() == 2 && rejected[0].starts_with("old:2: ") && rejected[1].starts_with("old:3: "));

        let long = "x".repeat(LINE_LIMIT + 1);
        let (answers, rejected) = read(&format!("{ANSWER}\n{{}}\n{long}\n{}\n", ANSWER.replace("\"f\"", "\"g\"")));
        assert!(answers.get("f").is_some() && answers.get("g").is_some());
        assert!(rejected[0].starts_with("old: line 2: not an answer of classify: missing field"), "{rejected:?}");
        assert!(rejected[1].starts_with("old: line 3: line is longer than 16 MiB"), "{rejected:?}");
        assert_eq!(rejected.len(), 2);
    }
}
