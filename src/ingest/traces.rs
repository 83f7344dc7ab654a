//! X-Ray traces in: how long one invocation waits for what it calls.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::units::Millis;

/// Largest trace file, in bytes.
const MAX_BYTES: u64 = 256 << 20;

/// Deepest nesting of subsegments that is followed.
const MAX_DEPTH: usize = 32;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    traces: Vec<Trace>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Trace {
    segments: Vec<Segment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Segment {
    /// A segment document: JSON in a string.
    document: String,
}

#[derive(Deserialize)]
struct Document {
    start_time: Option<f64>,
    end_time: Option<f64>,
    /// `aws` for a call to an AWS service, `remote` for any other call.
    namespace: Option<String>,
    #[serde(default)]
    subsegments: Vec<Document>,
}

/// Mean time in ms that a traced invocation waits for calls, from the JSON of `aws xray batch-get-traces`.
///
/// Calls are the subsegments of namespace `aws` and `remote` (X-Ray developer guide, "Segment documents"); where they
/// overlap, as parallel calls do, the time counts once.
///
/// # Errors
/// When the file cannot be read, is not such JSON, or holds no call.
pub fn waiting_ms(path: &Path) -> Result<f64> {
    let at = |e: Error| e.at(path.display().to_string());
    let mut text = Vec::new();
    let mut read = || File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut text);
    read().map_err(|e| at(Error::new(format!("cannot be read: {e}")).help("check its path and permissions")))?;
    if text.len() as u64 > MAX_BYTES {
        let mib = MAX_BYTES >> 20;
        return Err(at(Error::new(format!("traces are longer than {mib} MiB: expected at most that"))
            .help("a hundred traces are plenty")));
    }
    waiting_ms_of(&text).map_err(at)
}

/// The same from the JSON text.
///
/// # Errors
/// As [`waiting_ms`].
pub fn waiting_ms_of(json: &[u8]) -> Result<f64> {
    let help = "save the output of `aws xray batch-get-traces --trace-ids ...`";
    let not_traces = |e: serde_json::Error| Error::new(format!("not X-Ray traces: {e}")).help(help);
    let answer: Answer = serde_json::from_slice(json).map_err(not_traces)?;
    let mut waits = Vec::new();
    for (i, trace) in answer.traces.iter().enumerate() {
        let mut calls = Vec::new();
        for segment in &trace.segments {
            let document: Document =
                serde_json::from_str(&segment.document).map_err(|e| not_traces(e).at(format!("trace {}", i + 1)))?;
            collect(&document, &mut calls, 0);
        }
        if !calls.is_empty() {
            waits.push(1e3 * covered(calls));
        }
    }
    if waits.is_empty() {
        return Err(Error::new("no call in the traces: expected subsegments of namespace aws or remote").help(help));
    }
    let mean = waits.iter().sum::<f64>() / waits.len() as f64;
    let mean =
        Millis::new(mean).map_err(|e| e.help("times in traces are seconds since 1970").at("time of the calls"))?;
    Ok(mean.ms())
}

/// Start and end, in seconds, of the calls below a document; calls inside a call are part of it.
fn collect(document: &Document, calls: &mut Vec<(f64, f64)>, depth: usize) {
    for sub in &document.subsegments {
        let is_call = sub.namespace.as_deref().is_some_and(|n| n == "aws" || n == "remote");
        match (is_call, sub.start_time, sub.end_time) {
            (true, Some(start), Some(end)) if start.is_finite() && end > start => calls.push((start, end)),
            _ if depth < MAX_DEPTH => collect(sub, calls, depth + 1),
            _ => {}
        }
    }
}

/// Length of the union of the intervals.
fn covered(mut intervals: Vec<(f64, f64)>) -> f64 {
    intervals.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut total = 0.0;
    let mut reached = f64::NEG_INFINITY;
    for (start, end) in intervals {
        total += (end - start.max(reached)).max(0.0);
        reached = reached.max(end);
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traces(document: &str) -> Vec<u8> {
        serde_json::json!({"Traces": [{"Id": "1", "Segments": [{"Id": "a", "Document": document}]}]})
            .to_string()
            .into_bytes()
    }

    #[test]
    fn calls_in_series_add_up_and_parallel_calls_count_once() {
        let document = r#"{"start_time": 0, "end_time": 1, "subsegments": [
            {"name": "handler", "start_time": 0, "end_time": 1, "subsegments": [
                {"name": "DynamoDB", "namespace": "aws", "start_time": 0.1, "end_time": 0.2},
                {"name": "S3", "namespace": "aws", "start_time": 0.3, "end_time": 0.5},
                {"name": "api", "namespace": "remote", "start_time": 0.4, "end_time": 0.6}]}]}"#;
        let ms = waiting_ms_of(&traces(document)).unwrap();
        assert!((ms - 400.0).abs() < 1e-6, "{ms}");
    }

    #[test]
    fn other_json_and_traces_without_calls_are_refused() {
        assert!(waiting_ms_of(b"{}").is_err());
        assert!(waiting_ms_of(&traces("not json")).unwrap_err().to_string().contains("trace 1"));
        let none = waiting_ms_of(&traces(r#"{"subsegments": []}"#)).unwrap_err();
        assert!(none.to_string().contains("no call"));
    }
}
