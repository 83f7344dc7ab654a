//! The output of aws-lambda-power-tuning, in every wrapping it comes in.
//!
//! The state machine returns `{"power", "cost", "duration", "stateMachine": {"executionCost",
//! "lambdaCost", "visualization"}}`, with `includeOutputResults` also `"stats": [{"value",
//! "averagePrice", "averageDuration"}]`. It comes as it is, under `results`, as the `output` string
//! of `aws stepfunctions describe-execution`, or in the events of `get-execution-history`, where the
//! stats of the single sizes stand as well. So a document is searched for these objects.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::json::{self, Key, MAX_DEPTH, Node};
use super::{cost, url};
use crate::curve::{Point, PowerCurve, Run, RunWarning, Start};
use crate::error::{Error, Result};
use crate::units::{MemoryMb, Millis, Usd};

/// The runs in a JSON document, called `name` where it does not tell the function's name.
///
/// # Errors
/// When it holds no output of power tuning; the error tells a dry run and a failed run apart.
pub(super) fn runs(document: &str, name: &str) -> Result<Vec<Result<Run>>> {
    let mut found = Found::default();
    found.note_empty(document);
    json::walk(document, MAX_DEPTH, &mut |node| found.visit(node))?;
    found.into_runs(name)
}

/// Whether a JSON list, complete or cut off, holds the stats of single sizes, which make one run together.
pub(super) fn is_stats(list: &str) -> bool {
    let mut stats = false;
    let mut first = true;
    let _ = json::for_each_element(list, |element| {
        if std::mem::take(&mut first) && element.get().starts_with('{') {
            json::for_each_entry(element.get(), |key, _| stats |= key.0 == "averageDuration")?;
        }
        Ok(())
    });
    stats
}

/// What the search has come across.
#[derive(Default)]
struct Found {
    outputs: Vec<Output>,
    /// Stats of single sizes that stand outside an output.
    stats: Vec<Stat>,
    urls: Vec<String>,
    inputs: Vec<Input>,
    empty: Option<Empty>,
    failure: Option<String>,
}

/// The output of one tuning run.
struct Output {
    best: Stat,
    stats: Vec<Stat>,
    /// Entries of `stats` that are none.
    lost: u64,
    url: Option<String>,
    /// How many inputs stand before it: the last of them is its own.
    inputs: usize,
}

/// Size, duration and price of an invocation as they stand.
#[derive(Clone, Copy)]
struct Stat {
    memory_mb: f64,
    duration_ms: Option<f64>,
    cost_usd: Option<f64>,
}

/// What an execution was started with.
#[derive(Default, PartialEq)]
struct Input {
    function: Option<String>,
    num: Option<u64>,
    only_cold_starts: bool,
}

/// An output without data.
#[derive(Clone, Copy)]
enum Empty {
    Null,
    Object,
}

impl Found {
    fn visit(&mut self, node: Node) -> bool {
        match node {
            Node::Text(text) => self.urls.extend(url::find(text).map(str::to_owned)),
            Node::Object(_, entries) => return self.visit_object(&Object(entries)),
        }
        true
    }

    /// Takes what an object tells; `false` when that is all of it.
    fn visit_object(&mut self, object: &Object) -> bool {
        if let Some(output) = Output::of(object) {
            self.outputs.push(Output { inputs: self.inputs.len(), ..output });
            return false;
        }
        if let Some(stat) = Stat::of(object, "value", "averageDuration", "averagePrice") {
            self.stats.push(stat);
            return false;
        }
        if let Some(arn) = object.text("lambdaARN") {
            let input = Input {
                function: arn.split(':').nth(6).map(str::to_owned),
                num: object.number("num").filter(|n| (1.0..=1e9).contains(n)).map(|n| n as u64),
                only_cold_starts: object.get("onlyColdStarts").is_some_and(|v| v.get() == "true"),
            };
            // the events of a history repeat it
            if self.inputs.last() != Some(&input) {
                self.inputs.push(input);
            }
        }
        if let Some(status) = object.text("status").filter(|s| s != "SUCCEEDED") {
            let cause = object.text("cause").or_else(|| object.text("error")).unwrap_or_default();
            self.failure.get_or_insert(format!("{status} {cause}").trim_end().to_owned());
        }
        for key in ["output", "results", "analysis"] {
            if let Some(value) = object.get(key) {
                self.note_empty(object.text(key).as_deref().unwrap_or(value.get()));
            }
        }
        true
    }

    fn note_empty(&mut self, json: &str) {
        let start: String = json.chars().filter(|c| !c.is_whitespace()).take(5).collect();
        match start.as_str() {
            "null" => self.empty = Some(Empty::Null),
            "{}" => self.empty = Some(Empty::Object),
            _ => {}
        }
    }

    fn into_runs(self, name: &str) -> Result<Vec<Result<Run>>> {
        let outputs = distinct(self.outputs);
        // of an output before all inputs the first is its own
        let none = Input::default();
        let input_of = |inputs: usize| self.inputs.get(inputs.saturating_sub(1)).unwrap_or(&none);
        let first = input_of(outputs.first().map_or(0, |output| output.inputs));
        let of_first = |run: Result<Run>| run.map(|run| first.annotate(run));
        let first_name = first.function.as_deref().unwrap_or(name);
        match &outputs[..] {
            [] if self.stats.is_empty() && self.urls.is_empty() => Err(diagnosis(self.empty, self.failure.as_deref())),
            [] if self.stats.is_empty() => {
                Ok(self.urls.iter().flat_map(|u| url::runs(u, first_name)).map(of_first).collect())
            }
            [] => Ok(vec![of_first(run_of_stats(first_name, &self.stats))]),
            [one] if one.stats.is_empty() && !self.stats.is_empty() => {
                Ok(vec![of_first(run_of_stats(first_name, &self.stats))])
            }
            outputs => {
                let named = |output: &Output| input_of(output.inputs).function.as_deref().unwrap_or(name);
                let run = |(i, output): (usize, &Output)| {
                    let same = |others: &[Output]| others.iter().filter(|o| named(o) == named(output)).count();
                    let name = match same(outputs) {
                        1 => named(output).to_owned(),
                        _ => format!("{}:{}", named(output), same(&outputs[..=i])),
                    };
                    output.run(&name).map(|run| input_of(output.inputs).annotate(run))
                };
                Ok(outputs.iter().enumerate().map(run).collect())
            }
        }
    }
}

impl Input {
    /// The run with what its input tells.
    fn annotate(&self, mut run: Run) -> Run {
        run.invocations = self.num;
        run.start = self.only_cold_starts.then_some(Start::Cold);
        run
    }
}

impl Output {
    fn of(object: &Object) -> Option<Self> {
        let best = Stat::of(object, "power", "duration", "cost")?;
        let (mut stats, mut lost) = (Vec::new(), 0);
        if let Some(list) = object.get("stats") {
            let mut take = |element: &RawValue| {
                let mut stat = None;
                let _ = json::walk(element.get(), MAX_DEPTH, &mut |node| {
                    if let Node::Object(_, entries) = node {
                        stat = Stat::of(&Object(entries), "value", "averageDuration", "averagePrice");
                    }
                    false
                });
                lost += u64::from(stat.is_none());
                stats.extend(stat);
                Ok(())
            };
            let text = text(list);
            let _ = json::for_each_element(text.as_deref().unwrap_or(list.get()), &mut take);
        }
        let mut url = None;
        if let Some(machine) = object.get("stateMachine").filter(|v| v.get().starts_with('{')) {
            let _ = json::for_each_entry(machine.get(), |key, value| {
                if key.0 == "visualization" {
                    url = text(value);
                }
            });
        }
        Some(Self { best, stats, lost, url, inputs: 0 })
    }

    /// The run: from the stats, else from the visualization URL, else the best size alone.
    fn run(&self, name: &str) -> Result<Run> {
        let mut run = self.run_without_lost(name)?;
        if self.lost > 0 {
            run.warnings.push(RunWarning::IncompleteStats { count: self.lost });
        }
        Ok(run)
    }

    fn run_without_lost(&self, name: &str) -> Result<Run> {
        if !self.stats.is_empty() {
            return run_of_stats(name, &self.stats);
        }
        if let Some(url) = &self.url {
            let runs = url::decode(url, name).map_err(|e| e.at("stateMachine.visualization"))?;
            if let Some(run) = runs.into_iter().next() {
                return Ok(run);
            }
        }
        let mut run = run_of_stats(name, &[self.best])?;
        run.warnings.push(RunWarning::OnlyBestSize);
        Ok(run)
    }
}

impl Stat {
    /// A stat under the given keys, when the object has the first two.
    fn of(object: &Object, memory: &str, duration: &str, cost: &str) -> Option<Self> {
        object.get(duration)?;
        Some(Self {
            memory_mb: object.number(memory)?,
            duration_ms: object.number(duration),
            cost_usd: object.number(cost),
        })
    }
}

fn run_of_stats(name: &str, stats: &[Stat]) -> Result<Run> {
    let mut points: Vec<Point> = Vec::new();
    let mut warnings = Vec::new();
    for stat in stats {
        let memory = MemoryMb::from_f64(stat.memory_mb)?;
        // the executor writes 0 where it found no duration in the logs, and the tuner leaves such a size out
        let Some(ms) = stat.duration_ms.filter(|ms| *ms != 0.0) else {
            warnings.push(RunWarning::NoDuration { memory });
            continue;
        };
        let point = || {
            let point = Point::new(memory, Millis::new(ms)?);
            Ok(match stat.cost_usd {
                Some(usd) => point.with_cost(Usd::new(usd)?),
                None => point,
            })
        };
        points.push(point().map_err(|e: Error| e.at(memory.to_string()))?);
    }
    // an execution history repeats the stats in several events
    points.sort_by(|a, b| a.memory.cmp(&b.memory).then(a.duration.ms().total_cmp(&b.duration.ms())));
    points.dedup();
    let mut run = Run::new(name, PowerCurve::new(points)?);
    run.warnings = warnings;
    cost::annotate(&mut run);
    Ok(run)
}

/// The outputs of different tuning runs: the same one may stand in several events of a history,
/// and its richest form counts.
fn distinct(outputs: Vec<Output>) -> Vec<Output> {
    let mut distinct: Vec<Output> = Vec::new();
    let mut places = HashMap::new();
    for output in outputs {
        let best = [Some(output.best.memory_mb), output.best.duration_ms, output.best.cost_usd];
        let place = *places.entry((output.inputs, best.map(|x| x.map(f64::to_bits)))).or_insert(distinct.len());
        match distinct.get_mut(place) {
            Some(known) if known.stats.is_empty() && !output.stats.is_empty() => *known = output,
            Some(known) => known.url = known.url.take().or(output.url),
            None => distinct.push(output),
        }
    }
    distinct
}

/// Why a document holds no data.
fn diagnosis(empty: Option<Empty>, failure: Option<&str>) -> Error {
    match (empty, failure) {
        (_, Some(failure)) => Error::new(format!("power tuning did not succeed ({failure}): expected its output"))
            .help("look into the execution's history, then tune again"),
        (Some(Empty::Null), _) => Error::new("output is null, as a dry run leaves it: expected measured sizes")
            .help("tune again with \"dryRun\": false"),
        (Some(Empty::Object), _) => Error::new(
            "output is {}, as a run leaves it that failed though its status says SUCCEEDED: expected measured sizes",
        )
        .help(
            "look for failed invocations in the execution's history: a size too small for the function, or a timeout",
        ),
        (None, None) => Error::new(
            "JSON holds neither a power-tuning output nor a run record: expected \"power\" and \"duration\", \
             \"stats\", a visualization URL, or \"memory_mb\" and \"duration_ms\"",
        )
        .help("give the execution's output, for example from aws stepfunctions describe-execution"),
    }
}

/// An object's entries, looked up by key.
struct Object<'n, 'a>(&'n [(Key<'a>, &'a RawValue)]);

impl Object<'_, '_> {
    fn get(&self, key: &str) -> Option<&RawValue> {
        self.0.iter().find(|(k, _)| k.0 == key).map(|&(_, value)| value)
    }

    fn text(&self, key: &str) -> Option<String> {
        self.get(key).and_then(text)
    }

    /// A number, or a string that holds one: `power` comes as both.
    fn number(&self, key: &str) -> Option<f64> {
        let value = self.get(key)?;
        value.get().trim_matches('"').trim().parse().ok()
    }
}

fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::Arch;

    const URL: &str = "https://lambda-power-tuning.show/#gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI=";

    fn one(json: &str) -> Result<Run> {
        let mut runs = runs(json, "f")?;
        assert_eq!(runs.len(), 1, "{json}");
        runs.remove(0)
    }

    fn pairs(json: &str) -> Vec<(u32, f64)> {
        one(json).unwrap().curve.points().iter().map(|p| (p.memory.mb(), p.duration.ms())).collect()
    }

    fn flat(more: &str) -> String {
        format!(
            r#"{{"power": 256, "cost": 8.419e-9, "duration": 4.55{more},
                "stateMachine": {{"executionCost": 0.0003, "lambdaCost": 0.0005, "visualization": "{URL}"}}}}"#
        )
    }

    #[test]
    fn the_curve_of_a_flat_output_is_in_its_url() {
        let expected = [(128, 8.1), (256, 4.55)];
        assert_eq!(pairs(&flat("")), expected);
        assert_eq!(pairs(&format!(r#"{{"results": {}}}"#, flat("")).replace("256,", "\"256\",")), expected);
    }

    #[test]
    fn stats_come_before_the_url() {
        let stats = r#", "stats": [{"value": "512", "averagePrice": 8.4e-7, "averageDuration": 100.0},
                                  {"value": 128, "averagePrice": 8.4e-7, "averageDuration": 399.5}]"#;
        assert_eq!(pairs(&flat(stats)), [(128, 399.5), (512, 100.0)]);
        assert_eq!(one(&flat(stats)).unwrap().arch, Some(Arch::X86_64));
    }

    #[test]
    fn without_stats_and_url_the_best_size_is_left_and_said_to_be() {
        let run = one(r#"{"power": "512", "cost": 2.08e-7, "duration": 9.0, "stateMachine": {}}"#).unwrap();
        assert_eq!(run.curve.len(), 1);
        assert_eq!(run.warnings, [RunWarning::OnlyBestSize]);
    }

    #[test]
    fn an_execution_tells_function_and_number_of_invocations() {
        let input = r#"{"lambdaARN": "arn:aws:lambda:eu-west-1:123456789012:function:resize", "num": 20, "onlyColdStarts": true}"#;
        let quoted = |json: &str| serde_json::to_string(json).unwrap();
        let json = format!(
            r#"{{"status": "SUCCEEDED", "input": {}, "output": {}, "outputDetails": {{"included": true}}}}"#,
            quoted(input),
            quoted(&flat(""))
        );
        let run = one(&json).unwrap();
        assert_eq!((run.id.as_str(), run.invocations, run.start), ("resize", Some(20), Some(Start::Cold)));
        assert_eq!(run.curve.len(), 2);
        assert_eq!(one(&quoted(&json)).unwrap(), run, "JSON inside JSON inside JSON");
    }

    #[test]
    fn an_execution_history_is_one_run() {
        let stat = |mb: u32, ms: f64| {
            format!(r#"{{"averagePrice":1e-7,"averageDuration":{ms},"totalCost":1e-6,"value":{mb}}}"#)
        };
        let event = |json: String| {
            format!(r#"{{"stateExitedEventDetails":{{"output":{}}}}}"#, serde_json::to_string(&json).unwrap())
        };
        let all = format!(r#"{{"num":5,"stats":[{},{}]}}"#, stat(128, 8.125), stat(256, 4.5));
        let events = [event(stat(256, 4.5)), event(stat(128, 8.125)), event(all), event(flat(""))].join(",");
        let json = format!(r#"{{"events":[{events}]}}"#);
        assert_eq!(pairs(&json), [(128, 8.125), (256, 4.5)], "the stats are exact, the URL holds float32");
        assert_eq!(pairs(&format!("[{},{}]", stat(512, 2.0), stat(128, 8.0))), [(128, 8.0), (512, 2.0)]);
    }

    #[test]
    fn an_entry_of_stats_that_cannot_be_used_is_said() {
        for lost in [r#"{"value":512,"averageDuraton":2}"#, "{}", "null", "\"oops\""] {
            let stats = format!(r#""stats":[{{"value":128,"averageDuration":8.1,"averagePrice":1e-8}},{lost}]"#);
            let run = one(&format!(r#"{{"power":128,"duration":8.1,"cost":1e-8,{stats}}}"#)).unwrap();
            assert_eq!(run.curve.len(), 1, "{lost}");
            assert!(run.warnings.contains(&RunWarning::IncompleteStats { count: 1 }), "{lost}: {:?}", run.warnings);
        }
    }

    #[test]
    fn several_outputs_are_several_runs() {
        let other = flat("").replace("4.55", "4.75");
        let runs = runs(&format!(r#"{{"a": {}, "b": {other}, "again": {}}}"#, flat(""), flat("")), "f").unwrap();
        let ids: Vec<String> = runs.into_iter().map(|r| r.unwrap().id).collect();
        assert_eq!(ids, ["f:1", "f:2"]);
    }

    #[test]
    fn executions_of_several_functions_keep_their_names() {
        let execution = |function: &str, num: u32| {
            let input = format!(r#"{{"lambdaARN": "arn:aws:lambda:eu-west-1:1:function:{function}", "num": {num}}}"#);
            serde_json::json!({"input": input, "output": flat("")})
        };
        let of = |executions: &[(&str, u32)]| -> Vec<(String, Option<u64>)> {
            let list =
                executions.iter().map(|&(function, num)| execution(function, num)).collect::<serde_json::Value>();
            let runs = runs(&serde_json::json!({ "all": list }).to_string(), "f").unwrap();
            runs.into_iter().map(|run| run.map(|run| (run.id, run.invocations)).unwrap()).collect()
        };
        assert_eq!(of(&[("resize", 10), ("orders", 50)]), [("resize".into(), Some(10)), ("orders".into(), Some(50))]);
        let twice = of(&[("resize", 10), ("orders", 50), ("resize", 20)]);
        assert_eq!(twice.iter().map(|(id, _)| &id[..]).collect::<Vec<_>>(), ["resize:1", "orders", "resize:2"]);
    }

    #[test]
    fn a_size_without_duration_is_left_out_with_a_warning() {
        let stats = r#", "stats": [{"value": 128, "averageDuration": null}, {"value": 256, "averageDuration": 5}]"#;
        let run = one(&flat(stats)).unwrap();
        assert_eq!(run.curve.len(), 1);
        assert!(matches!(run.warnings[..], [RunWarning::NoDuration { memory }] if memory.mb() == 128));
    }

    #[test]
    fn documents_without_data_are_diagnosed() {
        for (json, word) in [
            ("null", "dry run"),
            (" { } ", "says SUCCEEDED"),
            (r#"{"status": "SUCCEEDED", "output": "{}"}"#, "says SUCCEEDED"),
            (r#"{"status": "SUCCEEDED", "output": "null"}"#, "dry run"),
            (r#"{"results": {}}"#, "says SUCCEEDED"),
            (r#"{"status": "FAILED", "error": "Error", "cause": "Missing lambdaARN"}"#, "FAILED Missing lambdaARN"),
            (r#"{"status": "RUNNING"}"#, "RUNNING"),
            (r#"{"hello": 1}"#, "neither"),
            ("42", "neither"),
        ] {
            let error = one(json).unwrap_err().to_string();
            assert!(error.contains(word) && error.contains("help:"), "{json}: {error}");
        }
    }

    #[test]
    fn unusable_values_are_named() {
        let e = one(&flat(r#", "stats": [{"value": 20000, "averageDuration": 5}]"#)).unwrap_err();
        assert!(e.problem().contains("20000 MB"), "{e}");
        let e = one(&flat(r#", "stats": [{"value": 128, "averageDuration": -5}]"#)).unwrap_err();
        assert_eq!(e.place(), ["128 MB"]);
        let e = one(&flat("").replace("mpkBQZqZkUA=", "mpkBQZqZk")).unwrap_err();
        assert_eq!(e.place(), ["stateMachine.visualization", "durations"]);
    }
}
