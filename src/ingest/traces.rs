//! X-Ray traces in: how long one invocation waits for what it calls.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use super::json;
use crate::error::{Error, Result};
use crate::units::Millis;

/// Largest trace file, in bytes: parsed, it takes up to fifty times as many.
const MAX_BYTES: u64 = 16 << 20;

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

/// The origin of the segment that a function sends; `AWS::Lambda` is that of the service in front of it.
const FUNCTION: &str = "AWS::Lambda::Function";

#[derive(Deserialize)]
struct Document {
    /// Of a segment of a function its name.
    name: Option<String>,
    /// What kind of thing sent the segment.
    origin: Option<String>,
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
/// overlap, as parallel calls do, the time counts once. Only the segments of the function itself are read, each one an
/// invocation: other services of a trace have calls of their own. Where no segment is marked as that of a function, those
/// of no origin make one invocation a trace.
///
/// ```
/// let ms = powercurve::ingest::traces::waiting_ms("datasets/examples/traces.json".as_ref())?;
/// assert_eq!(ms.round(), 37.0); // a call of 15 ms, and two that overlap: 22 ms together
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When the file cannot be read, is not such JSON, holds no call, or traces several functions.
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
/// ```
/// let segment = r#"{"name": "resize", "origin": "AWS::Lambda::Function", "subsegments": [
///     {"namespace": "aws", "start_time": 0.1, "end_time": 0.3},
///     {"namespace": "remote", "start_time": 0.2, "end_time": 0.6}]}"#;
/// let traces = serde_json::json!({"Traces": [{"Segments": [{"Document": segment}]}]});
/// let ms = powercurve::ingest::traces::waiting_ms_of(traces.to_string().as_bytes())?;
/// assert!((ms - 500.0).abs() < 1e-6); // the calls overlap by 100 ms
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// As [`waiting_ms`].
pub fn waiting_ms_of(json: &[u8]) -> Result<f64> {
    let help = "save the output of `aws xray batch-get-traces --trace-ids ...`";
    let not_traces = |e: serde_json::Error| Error::new(format!("not X-Ray traces: {}", json::in_words(&e))).help(help);
    let answer: Answer = serde_json::from_slice(json).map_err(not_traces)?;
    let mut traces = Vec::new();
    for (i, trace) in answer.traces.iter().enumerate() {
        let document = |segment: &Segment| serde_json::from_str(&segment.document);
        let documents = trace.segments.iter().map(document).collect::<serde_json::Result<Vec<Document>>>();
        traces.push(documents.map_err(|e| not_traces(e).at(format!("trace {}", i + 1)))?);
    }
    let waits: Vec<f64> = invocations(&traces)?.iter().map(|segments| 1e3 * waiting(segments)).collect();
    if waits.iter().all(|&wait| wait == 0.0) {
        return Err(Error::new("no call in the traces: expected subsegments of namespace aws or remote").help(help));
    }
    let mean = waits.iter().sum::<f64>() / waits.len() as f64;
    let mean =
        Millis::new(mean).map_err(|e| e.help("times in traces are seconds since 1970").at("time of the calls"))?;
    Ok(mean.ms())
}

/// The segments of each invocation.
fn invocations(traces: &[Vec<Document>]) -> Result<Vec<Vec<&Document>>> {
    let of_function: Vec<&Document> =
        traces.iter().flatten().filter(|d| d.origin.as_deref() == Some(FUNCTION)).collect();
    let names: BTreeSet<&str> = of_function.iter().filter_map(|d| d.name.as_deref()).collect();
    let mut names = names.into_iter();
    if let (Some(one), Some(other)) = (names.next(), names.next()) {
        let keep =
            format!("keep one: jq '.Traces[].Segments |= map(select(.Document | fromjson | .name == \"{one}\"))'");
        return Err(Error::new(format!("the traces hold {one} and {other}: expected those of one function")).help(keep));
    }
    if !of_function.is_empty() {
        return Ok(of_function.into_iter().map(|document| vec![document]).collect());
    }
    let without_origin = traces.iter().map(|trace| trace.iter().filter(|d| d.origin.is_none()).collect::<Vec<_>>());
    Ok(without_origin.filter(|segments| !segments.is_empty()).collect())
}

/// How long the calls of an invocation take together, in seconds.
fn waiting(segments: &[&Document]) -> f64 {
    let mut calls = Vec::new();
    segments.iter().for_each(|segment| collect(segment, &mut calls, 0));
    covered(calls)
}

/// Start and end, in seconds, of the calls below a document; calls inside a call are part of it. What the init does, in the
/// subsegment that Lambda calls so, is no part of the invocation.
fn collect(document: &Document, calls: &mut Vec<(f64, f64)>, depth: usize) {
    for sub in document.subsegments.iter().filter(|sub| sub.name.as_deref() != Some("Initialization")) {
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

    /// An answer with these traces, each of these documents.
    fn answer(traces: &[&[&str]]) -> Vec<u8> {
        let segment = |document: &&str| serde_json::json!({"Id": "a", "Document": document});
        let trace = |documents: &&[&str]| serde_json::json!({"Id": "1", "Segments": documents.iter().map(segment).collect::<Vec<_>>()});
        serde_json::json!({"Traces": traces.iter().map(trace).collect::<Vec<_>>()}).to_string().into_bytes()
    }

    fn traces(document: &str) -> Vec<u8> {
        answer(&[&[document]])
    }

    /// A segment with one call of so many seconds.
    fn segment(origin: &str, name: &str, call_s: f64) -> String {
        format!(
            r#"{{"name": "{name}", "origin": "{origin}", "start_time": 0, "end_time": 9, "subsegments": [
                {{"name": "call", "namespace": "aws", "start_time": 0, "end_time": {call_s}}}]}}"#
        )
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
    fn calls_of_the_init_are_not_waited_for_by_the_invocation() {
        let document = r#"{"start_time": 0, "end_time": 3, "subsegments": [
            {"name": "Initialization", "start_time": 0, "end_time": 2, "subsegments": [
                {"name": "SSM", "namespace": "aws", "start_time": 0.1, "end_time": 1.6}]},
            {"name": "Invocation", "start_time": 2, "end_time": 3, "subsegments": [
                {"name": "DynamoDB", "namespace": "aws", "start_time": 2.1, "end_time": 2.4}]}]}"#;
        let ms = waiting_ms_of(&traces(document)).unwrap();
        assert!((ms - 300.0).abs() < 1e-6, "{ms}");
    }

    #[test]
    fn only_the_function_itself_counts() {
        let gateway = segment("AWS::ApiGateway::Stage", "api/prod", 3.0);
        let service = segment("AWS::Lambda", "orders", 2.0);
        let function = segment(FUNCTION, "orders", 0.5);
        let downstream = segment("AWS::ECS::Container", "stock", 0.75);
        let own_server =
            r#"{"name": "client", "subsegments": [{"namespace": "remote", "start_time": 0, "end_time": 4}]}"#;
        let ms = waiting_ms_of(&answer(&[&[&gateway, &service, &function, &downstream, own_server]])).unwrap();
        assert_eq!(ms, 500.0);
        // two attempts in one trace are two invocations, a trace without the function is none
        let again = segment(FUNCTION, "orders", 0.25);
        assert_eq!(waiting_ms_of(&answer(&[&[&function, &service, &again], &[&gateway]])).unwrap(), 375.0);
        let other = segment(FUNCTION, "invoices", 1.0);
        let error = waiting_ms_of(&answer(&[&[&function, &other]])).unwrap_err().to_string();
        assert!(
            error.contains("invoices and orders: expected those of one") && error.contains("help: keep one"),
            "{error}"
        );
        // without any function, traces are invocations and what has an origin is something else
        assert_eq!(waiting_ms_of(&answer(&[&[own_server, &gateway], &[&gateway]])).unwrap(), 4000.0);
        assert!(waiting_ms_of(&answer(&[&[&gateway]])).is_err());
    }

    #[test]
    fn an_invocation_without_calls_waits_for_nothing() {
        let none = segment(FUNCTION, "orders", 0.0);
        assert_eq!(waiting_ms_of(&answer(&[&[&segment(FUNCTION, "orders", 0.5)], &[&none]])).unwrap(), 250.0);
        let plain = r#"{"subsegments": [{"namespace": "aws", "start_time": 0, "end_time": 1}]}"#;
        assert_eq!(waiting_ms_of(&answer(&[&[plain], &["{}"]])).unwrap(), 500.0);
    }

    #[test]
    fn a_file_beyond_the_limit_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(MAX_BYTES + 1).unwrap();
        let error = waiting_ms(file.path()).unwrap_err();
        assert_eq!(error.problem(), "traces are longer than 16 MiB: expected at most that");
    }

    #[test]
    fn other_json_and_traces_without_calls_are_refused() {
        assert!(waiting_ms_of(b"{}").is_err());
        assert!(waiting_ms_of(&traces("not json")).unwrap_err().to_string().contains("trace 1"));
        let none = waiting_ms_of(&traces(r#"{"subsegments": []}"#)).unwrap_err();
        assert!(none.to_string().contains("no call"));
    }
}
