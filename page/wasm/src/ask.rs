//! The questions that the page asks.

use powercurve::export::visualization_url;
use powercurve::platform::billing::BillingStep;
use powercurve::platform::cpu;
use powercurve::platform::pricing::{PriceBasis, PriceTable};
use powercurve::predict::fit;
use powercurve::quiz::{MOST_POINTS, Question};
use powercurve::simulate::{self, Tuning, TuningResult};
use powercurve::workload::{Environment, Lever, Runtime, Scenario};
use powercurve::{Arch, Error, MemoryMb, Pattern, Point, PowerCurve, Result, Run, Usd, Workload, ingest};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{levers, model, view};

/// Most runs of a dropped file that are read.
const MOST_RUNS: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Ask {
    /// What there is: presets, patterns, runtimes, the marked sizes.
    Start,
    /// The curve of a workload: a line, points at some sizes, the choices, the pattern.
    Simulate(Box<Simulate>),
    /// The workload file.
    Toml { workload: Box<Workload> },
    /// Recorded runs in a text, each with the curve fitted to it.
    Read { name: String, text: String },
    /// A question of the quiz, answer included.
    Quiz { seed: u64, number: u64 },
    /// What a quiz answer is worth.
    Mark { seed: u64, number: u64, pattern: Pattern, memory: MemoryMb },
}

#[derive(Deserialize)]
struct Simulate {
    workload: Workload,
    sizes: Vec<MemoryMb>,
    /// `1ms` or `100ms`.
    billing: String,
    /// $ per GB-second, instead of the constant of the tuning tool.
    gb_s: Option<f64>,
    /// Play invocations instead of taking expected values.
    sample: Option<Sample>,
    /// Changes to make first: `NAME` or `NAME=VALUE`.
    #[serde(default)]
    levers: Vec<String>,
    /// Load of a month, for what the levers save.
    #[serde(default = "million")]
    events: f64,
}

const fn million() -> f64 {
    1e6
}

#[derive(Deserialize)]
struct Sample {
    invocations: u32,
    seed: u64,
    parallel: bool,
}

/// The answer to a question, both JSON; what is wrong with a question comes as `{"error"}`, without the remedy, which is
/// for the command line.
pub fn reply(question: &[u8]) -> Vec<u8> {
    // by way of a value: one generic reader for everything keeps the page small
    let asked = serde_json::from_slice::<Value>(question).and_then(serde_json::from_value);
    let asked = asked.map_err(|e| Error::new(format!("not a question: {e}")));
    let answer = asked.and_then(answer).unwrap_or_else(|e: Error| json!({ "error": without_help(&e) }));
    answer.to_string().into_bytes()
}

fn answer(ask: Ask) -> Result<Value> {
    match ask {
        Ask::Start => start(),
        Ask::Simulate(s) => s.answer(),
        Ask::Toml { workload } => Ok(json!({ "toml": toml_of(&workload)? })),
        Ask::Read { name, text } => read(&name, &text),
        Ask::Quiz { seed, number } => quiz(&Question::draw(&model::reader(), model::pool(), seed, number)?),
        Ask::Mark { seed, number, pattern, memory } => {
            let mark = Question::draw(&model::reader(), model::pool(), seed, number)?.mark(pattern, memory);
            Ok(json!({ "pattern": mark.pattern_points, "size": mark.size_points, "of": MOST_POINTS }))
        }
    }
}

/// Where and what is wrong.
fn without_help(error: &Error) -> String {
    [error.place(), &[error.problem().to_owned()]].concat().join(": ")
}

fn start() -> Result<Value> {
    let presets: Value = serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/presets.json")))
        .map_err(|e| Error::new(format!("the presets cannot be read: {e}")))?;
    let pattern = |p: Pattern| json!({ "name": p.name(), "family": p.family(), "summary": p.summary(), "memory_buys": p.memory_buys() });
    let runtime =
        |r: Runtime| json!({ "name": r.name(), "idle_memory_mb": r.idle_memory_mb(), "init_ms": r.init_ms() });
    Ok(json!({
        "presets": presets,
        "patterns": Pattern::ALL.map(pattern),
        "runtimes": Runtime::ALL.map(runtime),
        "one_vcpu_mb": { "x86_64": cpu::knee_mb(Arch::X86_64), "arm64": cpu::knee_mb(Arch::Arm64) },
        "gb_s": { "x86_64": lpt_gb_s(Arch::X86_64)?, "arm64": lpt_gb_s(Arch::Arm64)? },
    }))
}

/// The workload file: as [`Workload::to_toml`] writes it, by way of a value.
fn toml_of(workload: &Workload) -> Result<String> {
    let value = serde_json::to_value(workload).map_err(|e| Error::new(e.to_string()))?;
    toml::to_string(&value).map_err(|e| Error::new(e.to_string()))
}

/// The tuning tool's price of a GB-second: that of 1024 MB for a second.
fn lpt_gb_s(arch: Arch) -> Result<f64> {
    let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, "us-east-1", arch, Default::default())?;
    let (gb, second) = (MemoryMb::new(1024)?, powercurve::Millis::new(1000.0)?);
    Ok(tariff.without_request().cost(gb, second).usd())
}

impl Simulate {
    fn answer(&self) -> Result<Value> {
        self.workload.check()?;
        let events = Usd::new(self.events).map_or(million(), Usd::usd).max(1.0);
        let before = Scenario {
            workload: self.workload.clone(),
            environment: Environment::on_demand(events, self.billing.parse()?),
        };
        let (mut after, mut pulled, mut dropped) = (before.clone(), Vec::new(), Vec::new());
        for text in &self.levers {
            match text.parse::<Lever>().and_then(|lever| Ok((lever.apply(&after)?, lever))) {
                Ok((changed, lever)) => {
                    after = changed;
                    pulled.push(lever);
                }
                // the others may still have something to change
                Err(e) => dropped.push(json!({ "lever": text, "reason": e.problem() })),
            }
        }
        let mut answer = self.curve(&after)?;
        answer["arch"] = json!(after.workload.arch);
        answer["defined_as"] = json!(Pattern::of(&after.workload));
        answer["levers"] = levers::list(&after, &pulled);
        answer["dropped"] = json!(dropped);
        if !pulled.is_empty() {
            answer["before"] = self.curve(&before)?;
            answer["effect"] = levers::effect(&before, &after, &self.sizes, self.gb_s)?;
        }
        Ok(answer)
    }

    /// The line, and the points with what is said about them.
    fn curve(&self, scenario: &Scenario) -> Result<Value> {
        let (w, billing) = (&scenario.workload, scenario.environment.billing);
        let line = self.priced(simulate::exact(w, &view::dense_sizes()?, billing)?, w.arch)?;
        let result = match &self.sample {
            None => simulate::exact(w, &self.sizes, billing)?,
            Some(s) => {
                let (invocations, parallel, seed) = (s.invocations, s.parallel, s.seed);
                Tuning { invocations, parallel, seed, billing, ..Tuning::default() }.run(w, &self.sizes)?
            }
        };
        let result = self.priced(result, w.arch)?;
        let failed = |(m, outcome): &(MemoryMb, simulate::Outcome)| json!({ "mb": m.mb(), "memory": m.to_string(), "reason": outcome.to_string() });
        Ok(json!({
            "line": view::line(&line),
            "run": view::run(&result.run)?,
            "failed": result.failed.iter().map(failed).collect::<Vec<_>>(),
        }))
    }

    /// The same curve at the given price of a GB-second.
    fn priced(&self, mut result: TuningResult, arch: Arch) -> Result<TuningResult> {
        let Some(gb_s) = self.gb_s else { return Ok(result) };
        let factor = gb_s / lpt_gb_s(arch)?;
        let point = |p: &Point| {
            let cost = p.cost.map(|c| Usd::new(c.usd() * factor)).transpose()?;
            Ok(Point { cost, ..*p })
        };
        result.run.curve = PowerCurve::new(result.run.curve.points().iter().map(point).collect::<Result<_>>()?)?;
        Ok(result)
    }
}

fn read(name: &str, text: &str) -> Result<Value> {
    let (mut runs, mut errors) = (Vec::new(), Vec::new());
    let found = ingest::read_text(name, text);
    let of = found.len();
    for run in found.into_iter().take(MOST_RUNS) {
        match run.and_then(|run| fitted(&run).map_err(|e| e.at(&run.id))) {
            Err(error) => errors.push(error.to_string()),
            Ok(value) => runs.push(value),
        }
    }
    Ok(json!({ "runs": runs, "errors": errors, "of": of }))
}

/// A run with the curve fitted to it.
fn fitted(run: &Run) -> Result<Value> {
    let fitted = fit(model::library(), run);
    let line = simulate::exact(&fitted.workload, &view::dense_sizes()?, BillingStep::Ms1)?;
    let mut value = view::run(run)?;
    value["line"] = view::line(&line);
    // a run without costs has no address
    let url = visualization_url(run).ok();
    value["fragment"] = json!(url.as_deref().and_then(|url| url.split_once('#')).map(|(_, fragment)| fragment));
    value["fit"] = json!({
        "workload": fitted.workload,
        "rms": fitted.rms,
        "open": fitted.open,
        "pattern": fitted.workload.pattern,
    });
    Ok(value)
}

fn quiz(q: &Question) -> Result<Value> {
    let mut value = view::run(&q.run)?;
    value["picks"] = view::picks(q.priced());
    value["what"] = json!(q.what);
    value["source"] = json!(q.source);
    value["accepted"] = json!(q.accepted);
    value["best_mb"] = json!(q.best().memory.mb());
    value["good_mb"] = q.run.curve.sizes().filter(|m| q.is_good(*m)).map(MemoryMb::mb).collect();
    Ok(value)
}

#[cfg(test)]
mod tests {
    use powercurve::workload::PRESETS;

    use super::*;

    fn ask(question: Value) -> Value {
        serde_json::from_slice(&reply(question.to_string().as_bytes())).unwrap()
    }

    #[test]
    fn presets_and_files_are_those_of_the_command_line() {
        let presets = ask(json!("start"))["presets"].as_array().unwrap().clone();
        assert_eq!(presets.len(), PRESETS.len());
        for (value, preset) in presets.into_iter().zip(PRESETS) {
            let workload: Workload = serde_json::from_value(value["workload"].clone()).unwrap();
            assert_eq!(workload, preset.workload().unwrap());
            assert_eq!(toml_of(&workload).unwrap(), workload.to_toml());
        }
    }

    #[test]
    fn every_preset_has_a_curve() {
        for preset in ask(json!("start"))["presets"].as_array().unwrap() {
            let sizes = [512, 1024, 3008];
            let question = json!({ "simulate": { "workload": preset["workload"], "sizes": sizes, "billing": "1ms" } });
            let answer = ask(question);
            assert_eq!(answer["run"]["points"].as_array().unwrap().len(), sizes.len(), "{answer}");
            let mb = answer["line"]["mb"].as_array().unwrap();
            assert!(mb.len() > 300 && mb.contains(&json!(1769)));
        }
    }

    #[test]
    fn the_price_of_a_gb_second_scales_the_cost() {
        let usd = |gb_s: Option<f64>| {
            let workload = json!({ "cpu": { "work_ms": 900 } });
            let question =
                json!({ "simulate": { "workload": workload, "sizes": [1024], "billing": "1ms", "gb_s": gb_s } });
            ask(question)["run"]["points"][0]["usd"].as_f64().unwrap()
        };
        assert!((usd(Some(1.68e-5 * 2.0)) / usd(None) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_lever_has_a_before_and_an_after() {
        let workload = json!({ "call": [{ "latency_ms": 10, "connect_ms": 20, "keep_alive": false }] });
        let simulate = |levers: &[&str]| {
            let question = json!({ "workload": workload, "sizes": [1024], "billing": "1ms", "levers": levers });
            ask(json!({ "simulate": question }))
        };
        let (plain, kept) = (simulate(&[]), simulate(&["keep-alive"]));
        assert_eq!(kept["before"]["run"]["points"], plain["run"]["points"]);
        assert!(kept["run"]["points"][0]["ms"].as_f64() < plain["run"]["points"][0]["ms"].as_f64());
        assert_eq!(kept["effect"][0]["mb"], 1024);
        let range_get = |answer: &Value| {
            let all = answer["levers"].as_array().unwrap();
            all.iter().find(|l| l["name"] == "range-get").unwrap()["reason"].clone()
        };
        assert!(range_get(&plain).as_str().unwrap().contains("nothing is transferred"));
    }

    #[test]
    fn a_lever_without_effect_leaves_the_others() {
        let workload = json!({ "call": [{ "latency_ms": 10, "connect_ms": 20, "keep_alive": false }] });
        let levers = ["range-get", "keep-alive", "juggle"];
        let question = json!({ "workload": workload, "sizes": [1024], "billing": "1ms", "levers": levers });
        let answer = ask(json!({ "simulate": question }));
        let pulled = |l: &&Value| l["pulled"] == true;
        let names = answer["levers"].as_array().unwrap().iter().filter(pulled).map(|l| &l["name"]).collect::<Vec<_>>();
        assert_eq!(names, ["keep-alive"]);
        let dropped = answer["dropped"].as_array().unwrap();
        assert_eq!(dropped.iter().map(|d| &d["lever"]).collect::<Vec<_>>(), ["range-get", "juggle"]);
        assert!(dropped[0]["reason"].as_str().unwrap().contains("nothing is transferred"), "{answer}");
    }

    #[test]
    fn errors_hold_no_advice_for_the_command_line() {
        let workload = json!({ "cpu": { "work_ms": 100 }, "memory": { "footprint_mb": 3050 } });
        let answer = ask(json!({ "simulate": { "workload": workload, "sizes": [128, 3008], "billing": "1ms" } }));
        let expected = "no memory size finishes; at 3008 MB: out of memory: it needs 3050 MB";
        assert_eq!(answer["error"], expected);
    }

    #[test]
    fn a_recorded_run_is_read_and_fitted() {
        let text = "https://lambda-power-tuning.show/#gAAAAQACAAQ=;AADIQgAASEIAAMhBAABIQQ==;AACAPwAAgD8AAIA/AACAPw==";
        let answer = ask(json!({ "read": { "name": "pasted", "text": text } }));
        assert_eq!(answer["runs"][0]["points"].as_array().unwrap().len(), 4, "{answer}");
        assert!(answer["runs"][0]["fit"]["rms"].as_f64().unwrap() < 0.2);
    }

    #[test]
    fn a_run_that_cannot_be_fitted_leaves_the_others() {
        // a day at every size: no workload that Lambda lets finish
        let day = r#"{"id":"day","memory_mb":[128,1024],"duration_ms":[86000000,86000000]}"#;
        let plain = r#"{"id":"plain","memory_mb":[128,1024],"duration_ms":[800,100]}"#;
        let answer = ask(json!({ "read": { "name": "runs.jsonl", "text": format!("{day}\n{plain}\n") } }));
        assert_eq!(answer["runs"][0]["id"], "plain", "{answer}");
        assert!(answer["errors"][0].as_str().unwrap().starts_with("day: "), "{answer}");
    }

    #[test]
    fn runs_that_are_left_out_are_counted() {
        let one = |i| format!("{{\"id\":\"r{i}\",\"memory_mb\":[128,1024],\"duration_ms\":[800,100]}}\n");
        let text: String = (0..MOST_RUNS + 3).map(one).collect();
        let answer = ask(json!({ "read": { "name": "runs.jsonl", "text": text } }));
        assert_eq!(answer["runs"].as_array().unwrap().len(), MOST_RUNS);
        assert_eq!(answer["of"], MOST_RUNS + 3);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = |question: Value| ask(question)["error"].as_str().unwrap().to_owned();
        assert!(error(json!("juggle")).contains("not a question"));
        let idle = json!({ "simulate": { "workload": {}, "sizes": [128], "billing": "1ms" } });
        assert!(error(idle).contains("does nothing"));
        let read = ask(json!({ "read": { "name": "x", "text": "hello" } }));
        assert_eq!(read["runs"], json!([]));
        assert_eq!(read["errors"].as_array().unwrap().len(), 1);
    }
}
