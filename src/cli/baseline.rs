//! Reading a `--baseline`: former runs, or what `classify --format jsonl` said of them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};

use serde::Deserialize;

use super::report;
use crate::advise::Former;
use crate::error::{Error, Result};
use crate::ingest;
use crate::pattern::Pattern;

/// A line of `classify --format jsonl`.
#[derive(Deserialize)]
struct Line {
    id: String,
    pattern: Pattern,
    uncertain: bool,
}

/// What is known from before, by run.
///
/// # Errors
/// When the file holds neither runs nor answers.
pub fn read(path: &str) -> Result<BTreeMap<String, Former>> {
    let answers = answers(path).map_err(|e| e.at(path))?;
    if !answers.is_empty() {
        return Ok(answers);
    }
    let (mut former, mut last) = (BTreeMap::new(), None);
    for run in ingest::read(&[path.to_owned()]) {
        match run {
            Ok(run) => drop(former.insert(run.id.clone(), Former::Run(Box::new(run)))),
            Err(error) => last = Some(error),
        }
    }
    match (former.is_empty(), last) {
        (true, Some(error)) => Err(error.help("give former runs, or what `classify --format jsonl` wrote")),
        (_, error) => {
            error.iter().for_each(report);
            Ok(former)
        }
    }
}

/// The answers of a file that begins with one; none for any other file.
fn answers(path: &str) -> Result<BTreeMap<String, Former>> {
    let Ok(file) = File::open(path) else { return Ok(BTreeMap::new()) };
    let mut former = BTreeMap::new();
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let Ok(line) = line else { return Ok(BTreeMap::new()) };
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Line>(&line) {
            Ok(_) if line.contains("\"memory_mb\"") => return Ok(BTreeMap::new()),
            Ok(Line { id, pattern, uncertain }) => drop(former.insert(id, Former::Answer { pattern, uncertain })),
            Err(_) if former.is_empty() => return Ok(former),
            Err(e) => {
                return Err(Error::new(format!("not an answer of classify: {e}")).at(format!("line {}", number + 1)));
            }
        }
    }
    Ok(former)
}
