//! Baselines: former runs, or what `classify --format jsonl` said of them.

use std::collections::btree_map::{BTreeMap, Entry};

use serde::Deserialize;

use super::json;
use super::lines::Lines;
use super::rejected::Rejected;
use super::{File, Input, Source, inputs};
use crate::advise::Former;
use crate::curve::Run;
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

/// A line of `classify --format jsonl`, an item of `classify --format json`.
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
        let (mut baseline, mut errors) = (Self::default(), Vec::new());
        for input in inputs {
            let mut rejected = Rejected::default();
            let mut place = input.as_ref().map_or_else(|_| String::new(), |input| input.name.clone());
            match input {
                Ok(Input { sources, .. }) if sources.len() == 1 => {
                    for source in sources {
                        let file = File::of(&source);
                        place.clone_from(&file.place);
                        if let Err(error) = baseline.take_source(source, file, &mut rejected) {
                            rejected.push(error.at(&place));
                        }
                    }
                }
                input => baseline.take_runs(super::read_inputs(vec![input]), &mut rejected),
            }
            // all but the number of those that are not named have their places
            let placed = |e: Error| if e.place().is_empty() { e.at(&place) } else { e };
            errors.extend(rejected.into_errors("lines and runs").into_iter().map(placed));
        }
        (baseline, errors)
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

    /// Takes answers or runs, whichever the source holds. It is opened once: what a pipe held is gone afterwards.
    fn take_source(&mut self, source: Source, file: File, rejected: &mut Rejected) -> Result<()> {
        let mut lines = source.open()?;
        if let Some(answers) = list_of_answers(&mut lines) {
            for (i, answer) in answers.into_iter().enumerate() {
                self.add_answer(answer, |e| rejected.push(e.at(format!("item {}", i + 1)).at(&file.place)));
            }
        } else if begins_with_answer(lines.head()) {
            self.take_answers(lines, &file.place, rejected);
        } else {
            self.take_runs(super::read_lines(file, lines), rejected);
        }
        Ok(())
    }

    fn take_runs(&mut self, runs: impl Iterator<Item = Result<Run>>, rejected: &mut Rejected) {
        for run in runs {
            match run {
                Ok(run) => self.add(run.id.clone(), Former::Run(Box::new(run))).unwrap_or_else(|e| rejected.push(e)),
                Err(error) => rejected.push(error),
            }
        }
    }

    /// Adds what is known of a run, unless something is known already.
    fn add(&mut self, id: String, former: Former) -> Result<()> {
        match self.runs.entry(id) {
            Entry::Vacant(new) => {
                new.insert(former);
                Ok(())
            }
            Entry::Occupied(known) => Err(Error::new(format!(
                "the id '{}' stands twice in the baseline: expected it once, and the first counts",
                known.key()
            ))
            .help("give every run an id of its own")),
        }
    }

    /// Adds an answer, or says why not.
    fn add_answer(&mut self, answer: serde_json::Result<Answer>, reject: impl FnOnce(Error)) {
        let answer = answer.map_err(|e| {
            Error::new(format!("not an answer of classify: {}", json::in_words(&e)))
                .help("write the file again with `powercurve classify --format jsonl`")
        });
        let added =
            answer.and_then(|Answer { id, pattern, uncertain }| self.add(id, Former::Answer { pattern, uncertain }));
        added.unwrap_or_else(reject);
    }

    /// Takes a file of answers; the lines that are none are rejected.
    fn take_answers(&mut self, mut lines: Lines, place: &str, rejected: &mut Rejected) {
        while let Some(line) = lines.next_line() {
            match line {
                Ok((_, line)) if line.trim_ascii().is_empty() => {}
                Ok((number, line)) => self.add_answer(serde_json::from_slice(line), |e| {
                    rejected.push(e.at(format!("line {number}")).at(place));
                }),
                Err(error) => rejected.push(error.at(place)),
            }
        }
    }
}

/// The items of an input that is a list of answers, of which some may be none.
fn list_of_answers(lines: &mut Lines) -> Option<Vec<serde_json::Result<Answer>>> {
    if !lines.head().trim_ascii_start().starts_with(b"[") {
        return None;
    }
    let list = lines.long_head();
    // a record of a run may have the fields of an answer as well
    if json::looks_like_record(list) {
        return None;
    }
    let items: Vec<serde_json::Value> = serde_json::from_slice(list).ok()?;
    let answers: Vec<_> = items.into_iter().map(Answer::deserialize).collect();
    answers.iter().any(|answer| answer.is_ok()).then_some(answers)
}

/// Whether an input is a file of answers: its first line is one.
fn begins_with_answer(head: &[u8]) -> bool {
    let first = head.split(|&b| b == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    // a record of a run may have the fields of an answer as well
    serde_json::from_slice::<Answer>(first).is_ok() && !json::looks_like_record(first)
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
    fn a_list_of_answers_is_read_and_an_id_that_stands_twice_is_named() {
        let other = ANSWER.replace("\"f\"", "\"g\"");
        let (answers, rejected) = read(&format!("[\n  {ANSWER},\n  {other},\n  {ANSWER}\n]"));
        assert!(answers.get("f").is_some() && answers.get("g").is_some());
        assert!(rejected.len() == 1 && rejected[0].starts_with("old: item 3: the id 'f' stands twice"), "{rejected:?}");
        for (line, place) in [(ANSWER, "old: line 2"), (RECORD, "old")] {
            let (_, rejected) = read(&format!("{line}\n{line}\n"));
            assert!(
                rejected.len() == 1 && rejected[0].starts_with(&format!("{place}: the id 'f' stands twice")),
                "{rejected:?}"
            );
        }
        let (answers, rejected) = read(&format!("[{ANSWER}, {{\"id\": \"h\"}}, {other}]"));
        assert!(answers.get("f").is_some() && answers.get("g").is_some());
        assert!(
            rejected.len() == 1 && rejected[0].starts_with("old: item 2: not an answer of classify"),
            "{rejected:?}"
        );
        let (runs, rejected) = read(&format!("[{RECORD}]"));
        assert!(matches!(runs.only(), Some(Former::Run(_))) && rejected.is_empty(), "{rejected:?}");
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

    #[test]
    fn a_flood_of_bad_lines_is_counted() {
        for good in [ANSWER, RECORD] {
            let (baseline, rejected) = read(&format!("{good}\n{}", "y\n".repeat(105)));
            assert!(baseline.only().is_some() && rejected.len() == 101, "{}", rejected.len());
            assert!(rejected[100].starts_with("old: 5 more lines and runs were rejected"), "{}", rejected[100]);
        }
    }
}
