//! What the AWS command line prints: `aws lambda list-functions`, `aws cloudwatch get-metric-data`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::metrics::{Periods, label_to_function, moment};
use super::{FORMS, Loads, arch, invocations, storage, twice};
use crate::error::{Error, Result};
use crate::ingest::json;
use crate::ingest::rejected::Rejected;
use crate::load::FunctionLoad;
use crate::units::{MemoryMb, Millis};

/// The entries are parsed one by one: a bad one does not stop the others.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(rename = "Functions", borrow)]
    functions: Option<Vec<&'a RawValue>>,
    #[serde(rename = "MetricDataResults", borrow)]
    metrics: Option<Vec<&'a RawValue>>,
    /// Where the answer goes on in another one.
    #[serde(rename = "NextToken", borrow)]
    next: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Function {
    function_name: String,
    memory_size: Option<f64>,
    runtime: Option<String>,
    #[serde(default)]
    architectures: Vec<String>,
    ephemeral_storage: Option<Storage>,
    /// In seconds.
    timeout: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Storage {
    size: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    #[serde(default)]
    label: String,
    #[serde(default)]
    timestamps: Vec<serde_json::Value>,
    #[serde(default)]
    values: Vec<f64>,
    status_code: Option<String>,
}

/// Reads one answer or several after each other (pages), or bare lists of functions, as `--query Functions` gives them; the
/// errors are rejected entries.
pub(super) fn read(text: &[u8]) -> Result<(Loads, Vec<Error>)> {
    let (mut loads, mut rejected) = (Loads::default(), Rejected::default());
    let (mut functions, mut metrics, mut goes_on) = (Vec::new(), Vec::new(), false);
    for value in serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>() {
        let value = value.map_err(|e| json::error(&e))?.get();
        if value.starts_with('[') {
            functions.extend(serde_json::from_str::<Vec<&RawValue>>(value).map_err(|e| not_ours(&e))?);
        } else {
            let answer: Answer = serde_json::from_str(value).map_err(|e| not_ours(&e))?;
            functions.extend(answer.functions.unwrap_or_default());
            metrics.extend(answer.metrics.unwrap_or_default());
            goes_on = answer.next.is_some_and(|token| token.get() != "null");
        }
    }
    if goes_on {
        rejected.push(
            Error::new("the answer ends with a NextToken, so there is more of it: expected all of its pages")
                .help("give the pages after each other in one file"),
        );
    }
    for (i, entry) in functions.into_iter().enumerate() {
        match Function::read(entry) {
            Ok((name, load)) if loads.get(&name).is_some_and(|first| *first != load) => {
                rejected.push(twice(&name, "other settings", "entry").at(format!("function {}", i + 1)));
            }
            Ok((name, load)) => loads.add(&name, load)?,
            Err(error) => rejected.push(error.at(format!("function {}", i + 1))),
        }
    }
    // the pages of an answer have a part of a metric each: without one of them the sum would be too small
    let (mut totals, mut starts, mut statuses) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
    for (i, entry) in metrics.into_iter().enumerate() {
        let at = |e: Error| e.at(format!("metric {}", i + 1));
        match Metric::read(entry) {
            Ok((name, metric)) => {
                // the last page of a metric says whether it is complete
                statuses.insert(name.clone(), metric.status_code.clone());
                let total = totals.entry(name).or_insert(Ok(0.0));
                let more = metric.total(&mut starts).map_err(at);
                if let Ok(sum) = total {
                    *total = more.map(|more| *sum + more);
                }
            }
            Err(error) => rejected.push(at(error)),
        }
    }
    let periods = Periods::new(starts);
    for (name, total) in totals {
        let total = match statuses.get(&name) {
            Some(Some(status)) if status != "Complete" => {
                Err(Error::new(format!("its status is {status}: expected Complete"))
                    .help("ask again, and give all pages of the answer"))
            }
            _ => total,
        };
        match total.and_then(|total| periods.per_month(total, None)) {
            Ok(n) => loads.add(&name, FunctionLoad { invocations_per_month: Some(n), ..FunctionLoad::default() })?,
            Err(error) => rejected.push(error.at(format!("metric '{name}'"))),
        }
    }
    Ok((loads, rejected.into_errors("entries")))
}

fn not_ours(error: &serde_json::Error) -> Error {
    Error::new(format!("not a list of functions: {}", json::in_words(error))).help(FORMS)
}

impl Function {
    fn read(entry: &RawValue) -> Result<(String, FunctionLoad)> {
        let Self { function_name: name, memory_size, runtime, architectures, ephemeral_storage, timeout } =
            serde_json::from_str(entry.get()).map_err(|e| not_ours(&e))?;
        let load = || {
            Ok(FunctionLoad {
                invocations_per_month: None,
                memory: memory_size.map(MemoryMb::from_f64).transpose()?,
                arch: architectures.first().map(|text| arch(text)).transpose()?,
                runtime,
                storage_mb: ephemeral_storage.map(|s| storage(s.size)).transpose()?,
                timeout: timeout.map(|s| Millis::new(1e3 * s)).transpose()?,
            })
        };
        match load() {
            Ok(load) => Ok((name, load)),
            Err(error) => Err(Error::at(error, name)),
        }
    }
}

impl Metric {
    /// A metric and the function that it is of.
    fn read(entry: &RawValue) -> Result<(String, Self)> {
        let metric: Self = serde_json::from_str(entry.get()).map_err(|e| not_ours(&e))?;
        let name = label_to_function(&metric.label).ok_or_else(|| {
            Error::new(format!("the label '{}' does not name the function: expected the name of one", metric.label))
                .help("give each query the label of its function: \"Label\": \"${PROP('Dim.FunctionName')}\"")
        })?;
        Ok((name, metric))
    }

    /// The invocations of all periods, whose starts are added to `starts`; none where the metric is empty.
    fn total(&self, starts: &mut Vec<f64>) -> Result<f64> {
        const HELP: &str = "give the answer as `aws cloudwatch get-metric-data` prints it";
        let (times, values) = (self.timestamps.len(), self.values.len());
        if times != values {
            return Err(Error::new(format!("{times} times and {values} values: expected as many")).help(HELP));
        }
        let when = |value: &serde_json::Value| value.as_f64().or_else(|| value.as_str().and_then(moment));
        let mut total = 0.0;
        for (at, value) in self.timestamps.iter().zip(&self.values) {
            starts.push(
                when(at).ok_or_else(|| {
                    Error::new(format!("{at} is not a time: expected 2026-05-01T00:00:00Z")).help(HELP)
                })?,
            );
            total += invocations(*value)?;
        }
        Ok(total)
    }
}
