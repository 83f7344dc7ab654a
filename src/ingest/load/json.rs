//! What the AWS command line prints: `aws lambda list-functions`, `aws cloudwatch get-metric-data`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::metrics::{Series, label_to_function, moment};
use super::{FORMS, Loads, arch, storage, twice};
use crate::error::{Error, Result};
use crate::ingest::json;
use crate::load::FunctionLoad;
use crate::units::{MemoryMb, Millis};

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Functions")]
    functions: Option<Vec<Function>>,
    #[serde(rename = "MetricDataResults")]
    metrics: Option<Vec<Metric>>,
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
}

/// Reads one answer or several after each other (pages), or bare lists of functions, as `--query Functions` gives them.
pub(super) fn read(text: &[u8]) -> Result<Loads> {
    let mut loads = Loads::default();
    let mut invoked: BTreeMap<String, Series> = BTreeMap::new();
    for value in serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>() {
        let value = value.map_err(|e| json::error(&e))?.get();
        let not_ours = |e: serde_json::Error| Error::new(format!("not a list of functions: {e}")).help(FORMS);
        let answer: Answer = if value.starts_with('[') {
            Answer { functions: Some(serde_json::from_str(value).map_err(not_ours)?), metrics: None }
        } else {
            serde_json::from_str(value).map_err(not_ours)?
        };
        for function in answer.functions.unwrap_or_default() {
            let name = function.function_name.clone();
            let load = function.into_load().map_err(|e| e.at(name.clone()))?;
            if loads.get(&name).is_some_and(|first| *first != load) {
                return Err(twice(&name, "other settings", "entry"));
            }
            loads.add(&name, load)?;
        }
        for metric in answer.metrics.unwrap_or_default() {
            // the pages of an answer have a part of it each
            metric.add_to(&mut invoked).map_err(|e| e.at(format!("metric '{}'", metric.label)))?;
        }
    }
    for (name, series) in invoked {
        let invocations = series.per_month().map_err(|e| e.at(format!("metric '{name}'")))?;
        loads.add(&name, FunctionLoad { invocations_per_month: Some(invocations), ..FunctionLoad::default() })?;
    }
    Ok(loads)
}

impl Function {
    fn into_load(self) -> Result<FunctionLoad> {
        Ok(FunctionLoad {
            invocations_per_month: None,
            memory: self.memory_size.map(MemoryMb::from_f64).transpose()?,
            arch: self.architectures.first().map(|text| arch(text)).transpose()?,
            runtime: self.runtime,
            storage_mb: self.ephemeral_storage.map(|s| storage(s.size)).transpose()?,
            timeout: self.timeout.map(|s| Millis::new(1e3 * s)).transpose()?,
        })
    }
}

impl Metric {
    fn add_to(&self, all: &mut BTreeMap<String, Series>) -> Result<()> {
        let name = label_to_function(&self.label).ok_or_else(|| {
            Error::new("the label does not name the function: expected the name of one function")
                .help("give each query the label of its function: \"Label\": \"${PROP('Dim.FunctionName')}\"")
        })?;
        let when = |value: &serde_json::Value| value.as_f64().or_else(|| value.as_str().and_then(moment));
        let series = all.entry(name).or_default();
        for (at, value) in self.timestamps.iter().zip(&self.values) {
            let at = when(at).ok_or_else(|| {
                Error::new(format!("{at} is not a time: expected 2026-05-01T00:00:00Z"))
                    .help("give the answer as `aws cloudwatch get-metric-data` prints it")
            })?;
            series.add(at, *value);
        }
        Ok(())
    }
}
