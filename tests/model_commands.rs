//! Promise: `classify`, `fit`, `predict` and `recommend` write the JSON fields that other programs rely on, answer every
//! recorded run, and name bad input with place and remedy.

use assert_cmd::Command;
use serde_json::Value;

const RUNS: &str = "datasets/real-runs.jsonl";
const LPT: &str = "datasets/examples/lpt-output.json";

fn powercurve(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("powercurve").unwrap();
    command.args(args);
    command
}

fn lines(args: &[&str]) -> Vec<Value> {
    let output = powercurve(args).assert().success().get_output().stdout.clone();
    String::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn classify_answers_every_recorded_run_in_order() {
    let answers = lines(&["classify", RUNS, "--format", "jsonl"]);
    let records = std::fs::read_to_string(RUNS).unwrap();
    let ids: Vec<String> = records
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(answers.len(), 219);
    for (answer, id) in answers.iter().zip(&ids) {
        assert_eq!(answer["id"], **id);
        let probabilities = answer["probabilities"].as_object().unwrap();
        assert_eq!(probabilities.len(), 8);
        let sum: f64 = probabilities.values().map(|p| p.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-3, "{id}: {sum}");
        assert_eq!(probabilities[answer["pattern"].as_str().unwrap()], answer["confidence"]);
        assert!(answer["uncertain"].is_boolean() && answer["family"].is_string());
        assert!(!answer["reasons"].as_array().unwrap().is_empty() && answer["warnings"].is_array());
        let shares = &answer["shares"];
        let total: f64 = ["cpu", "wait", "transfer"].iter().map(|s| shares[*s].as_f64().unwrap()).sum();
        assert!((total - 1.0).abs() < 1e-3, "{id}: {total}");
    }
}

#[test]
fn more_families_are_answered_right_than_wrong() {
    let output = powercurve(&["evaluate", RUNS, "--format", "json"]).assert().success().get_output().stdout.clone();
    let score: Value = serde_json::from_slice(&output).unwrap();
    assert!(score["accepted"].as_f64().unwrap() > 0.9);
    for family in score["families"].as_array().unwrap() {
        let (runs, right) = (family["runs"].as_f64().unwrap(), family["right"].as_f64().unwrap());
        assert!(2.0 * right > runs, "{family}");
    }
}

#[test]
fn a_fit_can_be_simulated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fitted.toml");
    let path = path.to_str().unwrap();
    let fit = &lines(&["fit", LPT, "-o", path, "--format", "jsonl"])[0];
    let sizes = ["256", "512", "1024", "1536", "2048", "3008"].join(",");
    let simulated = &lines(&["simulate", path, "--exact", "--memory", &sizes, "--format", "jsonl"])[0];
    let [fitted, again] = [&fit["fitted_ms"], &simulated["duration_ms"]].map(|ms| ms.as_array().unwrap());
    assert_eq!((fitted.len(), again.len()), (6, 6));
    for (fitted, again) in fitted.iter().zip(again) {
        assert!((fitted.as_f64().unwrap() / again.as_f64().unwrap() - 1.0).abs() < 1e-9, "{fitted} and {again}");
    }
    assert!(fit["workload"].is_object() && fit["pattern"].is_string());
}

#[test]
fn predictions_hold_the_sizes_not_given() {
    let answer = &lines(&["predict", LPT, "--measured", "256,1024", "--format", "jsonl"])[0];
    assert_eq!(answer["measured"], serde_json::json!([256, 1024]));
    // the recorded means at the sizes that were left out
    for (mb, ms) in [(512, 6550.973), (1536, 2262.289), (2048, 1918.873), (3008, 1867.598)] {
        let point = answer["curve"].as_array().unwrap().iter().find(|p| p["memory_mb"] == mb).unwrap();
        let (low, high) = (point["low_ms"].as_f64().unwrap(), point["high_ms"].as_f64().unwrap());
        assert!((low..=high).contains(&ms), "{mb} MB: {ms} outside {low}..{high}");
        assert!(point["cost_usd"].as_f64().unwrap() > 0.0);
    }
    for choice in ["cost", "speed", "balanced"] {
        assert!(answer["best"][choice].is_u64());
    }
    let sum: f64 = answer["probability_best_cost"].as_object().unwrap().values().map(|p| p.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-3);
    assert!(answer["measure_next"]["why"].is_string());
}

#[test]
fn a_cpu_time_narrows_a_prediction_from_one_size() {
    let width = |more: &[&str]| {
        let args = [&["predict", LPT, "--measured", "512", "--format", "jsonl"], more].concat();
        let answer = lines(&args).remove(0);
        let point = answer["curve"].as_array().unwrap().iter().find(|p| p["memory_mb"] == 2048).unwrap().clone();
        point["high_ms"].as_f64().unwrap() / point["low_ms"].as_f64().unwrap()
    };
    assert!(width(&["--cpu-ms", "1880"]) < 0.7 * width(&[]));
}

#[test]
fn options_say_what_the_run_does_not() {
    let predict = |rest: &str, options: &[&str]| -> Value {
        let run = format!(r#"{{"id":"a","memory_mb":[512,1024],"duration_ms":[900,460]{rest}}}"#);
        let args = [&["predict", "-", "--format", "jsonl"], options].concat();
        let output = powercurve(&args).write_stdin(run).assert().success().get_output().stdout.clone();
        serde_json::from_slice(&output).unwrap()
    };
    for (option, value, said) in [
        ("--arch", "arm64", r#","arch":"x86_64""#),
        ("--invocations", "5", r#","num":500"#),
        ("--max-memory-used", "240", r#","max_memory_used_mb":[100,100]"#),
    ] {
        assert_ne!(predict("", &[option, value]), predict("", &[]), "{option}");
        assert_eq!(predict(said, &[option, value]), predict(said, &[]), "{option}");
    }
    assert_eq!(predict("", &["--max-memory-used", "240"])["too_small"], serde_json::json!([128, 256]));
}

/// The answer to a run of these sizes and durations in ms.
fn predicted(curve: &[(u32, f64)], options: &[&str]) -> Value {
    let (sizes, durations): (Vec<u32>, Vec<f64>) = curve.iter().copied().unzip();
    let run = serde_json::json!({"id": "a", "memory_mb": sizes, "duration_ms": durations}).to_string();
    let args = [&["predict", "-", "--format", "jsonl"], options].concat();
    let output = powercurve(&args).write_stdin(run).assert().success().get_output().stdout.clone();
    serde_json::from_slice(&output).unwrap()
}

/// Whether a prediction warns in these words.
fn warns(answer: &Value, words: &str) -> bool {
    answer["warnings"].as_array().unwrap().iter().any(|warning| warning.as_str().unwrap().contains(words))
}

#[test]
fn sizes_that_would_outlast_lambda_are_not_chosen() {
    // ten minutes at one vCPU, in proportion: at 512 MB it would be 35 minutes
    let answer = predicted(&[(1769, 600_000.0), (3008, 598_000.0)], &[]);
    assert_eq!(answer["too_small"], serde_json::json!([128, 256, 512, 1024]));
    let chosen = [&answer["best"]["cost"], &answer["measure_next"]["memory_mb"]];
    assert!(chosen.iter().all(|m| m.as_u64().is_none_or(|mb| mb > 1024)), "{chosen:?}");
    // what was measured did end
    let answer = predicted(&[(512, 899_000.0), (3008, 897_000.0)], &[]);
    assert!(!answer["too_small"].as_array().unwrap().contains(&serde_json::json!(512)), "{answer}");
}

#[test]
fn a_size_starved_of_memory_bends_no_prediction() {
    let curve = [(256, 4900.0), (512, 560.7), (1024, 267.6), (3008, 139.8)];
    let at_512 = |options: &[&str]| {
        let options = [&["--measured", "256,1024,3008"], options].concat();
        predicted(&curve, &options)["curve"].as_array().unwrap().iter().find(|p| p["memory_mb"] == 512).unwrap().clone()
    };
    let told = at_512(&["--max-memory-used", "240"]);
    assert!((told["duration_ms"].as_f64().unwrap() / 560.7 - 1.0).abs() < 0.1, "{told}");
    assert!(told["high_ms"].as_f64().unwrap() < 0.7 * at_512(&[])["high_ms"].as_f64().unwrap());
}

#[test]
fn what_weakens_a_prediction_is_said() {
    let cpu = [(128, 13_800.0), (256, 6900.0), (512, 3460.0), (1024, 1730.0), (1536, 1150.0), (2048, 1001.0)];
    let answer = predicted(&cpu, &["--measured", "256,1042"]);
    assert!(warns(&answer, "1042 MB of --measured was not measured: the run has 128, 256, 512"), "{answer}");
    assert!(!warns(&predicted(&cpu, &[]), "measure it again"));
    let mut failed_fast = cpu;
    failed_fast[3].1 = 173.0;
    assert!(warns(&predicted(&failed_fast, &[]), "1024 MB took 173.0 ms, where the run as a whole says"));
}

#[test]
fn of_equally_fast_sizes_the_cheapest_is_the_fastest() {
    let flat = [(512, 499.0), (1024, 248.0), (2048, 166.0), (3008, 164.0), (6144, 164.0), (10_240, 164.0)];
    assert_eq!(predicted(&flat, &[])["best"]["speed"], 3008);
}

#[test]
fn bad_records_are_named_and_the_others_answered() {
    let good = r#"{"id":"good","memory_mb":[128,512,1024],"duration_ms":[900,230,120]}"#;
    let bad = r#"{"id":"bad","memory_mb":[128,20000],"duration_ms":[900,230]}"#;
    for command in ["classify", "fit", "predict", "recommend"] {
        let assert =
            powercurve(&[command, "-", "--format", "jsonl"]).write_stdin(format!("{good}\n{bad}\n")).assert().code(3);
        let output = assert.get_output();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(":2") && stderr.contains("20000") && stderr.contains("help:"), "{command}: {stderr}");
        assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1, "{command}");
    }
    powercurve(&["classify", "-"]).write_stdin("").assert().code(2);
    let one_size = r#"{"id":"one","memory_mb":[512],"duration_ms":[230]}"#;
    powercurve(&["classify", "-"]).write_stdin(one_size).assert().code(2);
    powercurve(&["predict", "-"]).write_stdin(one_size).assert().success();
    powercurve(&["classify", "-"]).write_stdin(bad).assert().code(2);
}

#[test]
fn traces_tell_how_long_a_function_waits() {
    let args = ["predict", "datasets/examples/report-lines.log", "--traces", "datasets/examples/traces.json"];
    powercurve(&args).assert().success();
    let assert = powercurve(&["predict", LPT, "--traces", LPT]).assert().code(2);
    assert!(String::from_utf8_lossy(&assert.get_output().stderr).contains("batch-get-traces"));
}

#[test]
fn what_the_durations_contradict_is_named_and_not_used() {
    let alone = &lines(&["predict", LPT, "--format", "jsonl"])[0];
    for (option, value, words) in [
        ("--cpu-ms", "1", "a CPU time of 1.00 ms contradicts"),
        ("--cpu-ms", "100000", "a CPU time of 100.0 s contradicts"),
        ("--wait-ms", "100000", "a waiting time of 100.0 s contradicts"),
        ("--pattern", "no-op", "rule the pattern no-op out"),
    ] {
        let answer = &lines(&["predict", LPT, option, value, "--format", "jsonl"])[0];
        assert!(answer["warnings"][0].as_str().unwrap().contains(words), "{}", answer["warnings"]);
        assert_eq!(answer["curve"], alone["curve"], "{option} {value}");
    }
    let few = &lines(&["predict", LPT, "--measured", "256,512", "--cpu-ms", "1.9", "--format", "jsonl"])[0];
    assert_eq!(few["warnings"].as_array().unwrap().len(), 1);
    for size in few["curve"].as_array().unwrap() {
        let [ms, low, high] = ["duration_ms", "low_ms", "high_ms"].map(|key| size[key].as_f64().unwrap());
        assert!(low <= ms && ms <= high, "{size}");
    }
    let told = &lines(&["predict", LPT, "--cpu-ms", "1850", "--pattern", "cpu-bound", "--format", "jsonl"])[0];
    assert_eq!(told["warnings"], serde_json::json!([]));
}

#[test]
fn an_unknown_runtime_is_an_error_that_lists_the_known_ones() {
    let assert = powercurve(&["predict", LPT, "--runtime", "cobol"]).assert().code(2);
    let told = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(told.contains("'cobol' is unknown") && told.contains("nodejs, python, java"), "{told}");
    for runtime in ["python3.13", "go", "custom"] {
        powercurve(&["predict", LPT, "--runtime", runtime]).assert().success();
    }
}

#[test]
fn predict_report_and_plan_say_the_same_of_what_to_measure_next() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    // a few sizes pay, none pays, and a function that fills the small ones
    let filled = r#"{"id":"filled","memory_mb":[512,1024],"duration_ms":[900,610],"max_memory_used_mb":[400,410]}"#;
    let open = r#"{"id":"open","memory_mb":[512,1024],"duration_ms":[900,610]}"#;
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let mut measured = 0;
    for run in [LPT.to_owned(), path("filled.jsonl", filled), path("open.jsonl", open)] {
        let predicted = &lines(&["predict", &run, "--format", "jsonl"])[0]["measure_next"];
        let why = predicted["why"].as_str().unwrap();
        powercurve(&["report", &run, "-o", &page.display().to_string()]).assert().success();
        assert!(std::fs::read_to_string(&page).unwrap().contains(&why[1..]), "{why}");
        let planned = lines(&["plan", "--run", &run, "--format", "jsonl"])[0]["measure_next"].clone();
        let percent = |key: &str| format!("{:.1} %", 100.0 * planned[key].as_f64().unwrap());
        assert!(why.contains(&percent("regret")), "{why}: {planned}");
        assert_eq!(planned["memory_mb"].get(0).unwrap_or(&Value::Null), &predicted["memory_mb"], "{why}");
        if planned["memory_mb"].as_array().unwrap().len() == 1 {
            assert!(why.ends_with(&percent("regret_after")), "{why}: {planned}");
        }
        measured += usize::from(predicted["memory_mb"].is_u64());
    }
    assert!((1..3).contains(&measured));
}

#[test]
fn a_share_lies_in_its_interval() {
    for answer in lines(&["classify", RUNS, "--format", "jsonl"]) {
        for part in ["cpu", "wait", "transfer"] {
            let [low, high] = [0, 1].map(|end| answer["share_intervals"][part][end].as_f64().unwrap());
            let share = answer["shares"][part].as_f64().unwrap();
            assert!(low <= share && share <= high, "{}: {part} {share} is not in {low}..{high}", answer["id"]);
        }
    }
}

/// Standard output of `evaluate` on recorded runs.
fn evaluate(args: &[&str]) -> String {
    let output = powercurve(&[&["evaluate", RUNS], args].concat()).assert().success().get_output().stdout.clone();
    String::from_utf8(output).unwrap()
}

#[test]
fn an_evaluation_without_a_run_to_judge_says_what_it_expects() {
    let short = r#"{"id":"short","memory_mb":[512,1024],"duration_ms":[20,10]}"#;
    for (args, expected) in [
        (&["--fidelity"][..], "5 and more sizes"),
        (&["--predict"], "well-measured runs with 512 MB"),
        (&[], "non-empty `accept`"),
    ] {
        let refused = powercurve(&["evaluate", "-"]).args(args).write_stdin(short).assert().code(2);
        refused.stdout("").stderr(predicates::str::contains(expected));
    }
    powercurve(&["evaluate", "-", "--predict", "--every-run"]).write_stdin(short).assert().success();
    powercurve(&["evaluate", "-", "--fidelity", "--every-run"]).write_stdin(short).assert().code(2);
}

#[test]
fn an_evaluation_has_one_object_a_line_and_one_table() {
    let records: Vec<Value> =
        evaluate(&["--predict", "--format", "jsonl"]).lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(records.len(), 5);
    assert!(records.iter().all(|r| r["task"].is_string()) && records[4]["reached"].is_array(), "{records:?}");
    let score = evaluate(&["--format", "jsonl"]);
    assert_eq!(score.lines().count(), 1);
    assert!(serde_json::from_str::<Value>(&score).unwrap()["accepted"].is_number());

    for (args, part, parts) in [
        (&["--predict", "--format", "csv"][..], "task", records.iter().map(|r| r["task"].as_str().unwrap()).collect()),
        (
            &["--by-source", "--format", "csv"],
            "part",
            vec!["summary", "confusion", "reliability", "families", "sources", "wrong"],
        ),
    ] {
        let table = evaluate(args);
        // a reader that wants as many cells in each row as in the header
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        assert_eq!(&reader.headers().unwrap()[0], part);
        let mut found: Vec<String> = reader.records().map(|row| row.unwrap()[0].to_owned()).collect();
        found.dedup();
        assert_eq!(found, parts);
    }
}

#[test]
fn the_help_of_evaluate_says_how_its_numbers_come_about() {
    let help = powercurve(&["evaluate", "--help"]).assert().success().get_output().stdout.clone();
    // the lines are broken anew
    let help = String::from_utf8(help).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "no size more than 10 % slower",
        "predicted / measured - 1",
        "Leave one out",
        "from a fit of the whole run",
        "full sweep",
    ] {
        assert!(help.contains(part), "{part}: {help}");
    }
}
