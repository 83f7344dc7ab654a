//! Promise: `recommend`, `check`, `plan` and `whatif` answer in every format, name what is wrong, and exit as documented.

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;

const README_RUN: &str = r#"{"id":"readme","arch":"x86_64","billing_ms":100,"memory_mb":[128,256,512,1024,1536,3008],"duration_ms":[37002.4,18647.77,8489.437,3890.892,2512.227,2009.793],"cost_usd":[7.7168e-05,7.7792e-05,7.072e-05,6.4896e-05,6.4896e-05,0.000102648]}"#;
const WAITING_RUN: &str = r#"{"id":"api","arch":"arm64","memory_mb":[128,512,1024],"duration_ms":[105.0,101.0,100.5]}"#;

const WORKLOAD: &str = "name = 'orders'\n[cpu]\nwork_ms = 20\n[[call]]\nname = 'table'\nlatency_ms = 80\nconnect_ms = 15\n\
                        keep_alive = false\n[memory]\nfootprint_mb = 200\n";

fn powercurve(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("powercurve").unwrap();
    command.args(args);
    command
}

/// Standard output of a command that must succeed.
fn stdout(args: &[&str], stdin: &str) -> String {
    let output = powercurve(args).write_stdin(stdin).assert().success().get_output().stdout.clone();
    String::from_utf8(output).unwrap()
}

fn jsonl(args: &[&str], stdin: &str) -> Vec<Value> {
    stdout(&[args, &["--format", "jsonl"]].concat(), stdin).lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn workload_file() -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    std::fs::write(file.path(), WORKLOAD).unwrap();
    file
}

#[test]
fn recommend_picks_as_the_tuner_does() {
    let both = format!("{README_RUN}\n{WAITING_RUN}\n");
    let picks = |args: &[&str]| {
        let records = jsonl(&[&["recommend", "-"], args].concat(), &both);
        records.iter().map(|r| r["memory_mb"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(picks(&[]), [1536, 128]);
    assert_eq!(picks(&["--strategy", "speed"]), [3008, 1024]);
    assert_eq!(picks(&["--strategy", "balanced", "--weight", "0.5"]), [1536, 128]);
    assert_eq!(picks(&["--strategy", "speed", "--tolerance", "30%"]), [1536, 128]);

    let record = &jsonl(&["recommend", "-"], README_RUN)[0];
    assert_eq!((record["id"].as_str(), record["strategy"].as_str()), (Some("readme"), Some("cost")));
    assert_eq!((record["duration_ms"].as_f64(), record["cost_usd"].as_f64()), (Some(2512.227), Some(6.4896e-5)));
}

#[test]
fn costs_are_computed_where_none_are_recorded_or_prices_are_given() {
    let cost =
        |args: &[&str], run: &str| jsonl(&[&["recommend", "-"], args].concat(), run)[0]["cost_usd"].as_f64().unwrap();
    assert_eq!(cost(&[], WAITING_RUN), 105.0 * 1.7e-9);
    assert_eq!(cost(&["--arch", "x86_64"], WAITING_RUN), 105.0 * 2.1e-9);
    assert_eq!(cost(&["--billing", "100ms"], WAITING_RUN), 200.0 * 1.7e-9);
    let list = cost(&["--prices", "list"], WAITING_RUN);
    assert!((list - (105.0 * 0.125e-3 * 1.33334e-5 + 2e-7)).abs() < 1e-15);
    let own = cost(&["--price-gb-s", "8e-5", "--price-request", "1"], WAITING_RUN);
    assert!((own - (1.0 + 105.0 * 1e-8)).abs() < 1e-12);
    // in the steps that the run was billed by
    let old = WAITING_RUN.replace("\"memory_mb\"", "\"billing_ms\":100,\"memory_mb\"");
    assert_eq!(cost(&[], &old), 200.0 * 1.7e-9);
    assert_eq!(cost(&["--billing", "1ms"], &old), 105.0 * 1.7e-9);
    // 1 GB of storage beyond the free one, which no recorded cost holds, for 2.6 s
    let stored = cost(&["--storage", "1536"], README_RUN);
    assert!((stored - (6.4896e-5 + 2.6 * 3.09e-8)).abs() < 1e-12, "{stored}");
}

#[test]
fn recommend_says_of_the_other_sizes_only_what_holds() {
    // 1024 MB costs as much as 1536 MB
    let text = stdout(&["recommend", "-"], README_RUN);
    assert!(
        text.contains("among 1536, 3008 MB: every other size is neither faster nor cheaper than one of these"),
        "{text}"
    );
    let text = stdout(&["recommend", "-"], WAITING_RUN);
    assert!(text.contains("among 128, 512, 1024 MB: of any two of them one is faster and the other cheaper"), "{text}");
}

#[test]
fn recommend_explains_itself_to_people() {
    let text = stdout(&["recommend", "-"], README_RUN);
    assert!(text.contains("Take 1536 MB (cost)"), "{text}");
    assert!(text.contains("among 1536, 3008 MB"), "{text}");
    assert!(text.contains("Billed by 100 ms: 12.23 ms less would save 3.8 %"), "{text}");
    assert!(text.contains("cross near 128 MB: the crossing means nothing"), "{text}");
    // here the lines cross at the size that the strategy takes: nothing to warn of
    let text = stdout(&["recommend", "-", "--strategy", "speed"], WAITING_RUN);
    assert!(text.contains("Take 1024 MB") && !text.contains("crossing"), "{text}");
}

#[test]
fn every_format_is_honoured() {
    let file = workload_file();
    let workload = file.path().to_str().unwrap();
    let commands: [&[&str]; 4] = [
        &["recommend", "-"],
        &["check", "-", "--current", "1536"],
        &["plan", "--run", "-"],
        &["whatif", workload, "--lever", "keep-alive"],
    ];
    for command in commands {
        let out = |format: &str| stdout(&[command, &["--format", format]].concat(), README_RUN);
        assert!(serde_json::from_str::<Value>(&out("json")).is_ok(), "{command:?}");
        assert!(out("jsonl").lines().all(|l| serde_json::from_str::<Value>(l).is_ok()), "{command:?}");
        assert!(out("csv").lines().next().is_some_and(|header| header.contains("_mb")));
        assert!(out("markdown").starts_with("| "), "{command:?}");
        assert!(out("table").contains("──"), "{command:?}");
    }
}

#[test]
fn check_fails_the_build() {
    let check =
        |args: &[&str]| powercurve(&[&["check", "-", "--current"], args].concat()).write_stdin(README_RUN).assert();
    check(&["1536"]).success().stdout(contains("Passed"));
    check(&["512", "--tolerance", "9%"]).success();
    check(&["512", "--tolerance", "8%"]).code(1).stdout(contains("+9.0 %"));
    check(&["3008", "--format", "jsonl"]).code(1).stdout(contains("\"passed\":false"));
    check(&["640"]).code(2).stderr(contains("did not measure 640 MB"));
    check(&["512", "--tolerance", "0.05"]).code(2).stderr(contains("0.05%"));
}

#[test]
fn bad_runs_are_named_and_good_ones_answered() {
    let input = format!("{README_RUN}\n{{\"id\":\"broken\",\"memory_mb\":[64],\"duration_ms\":[1]}}\n{WAITING_RUN}\n");
    let assert = powercurve(&["recommend", "-", "--format", "jsonl"]).write_stdin(input).assert();
    assert.code(3).stdout(contains("\"readme\"").and(contains("\"api\""))).stderr(contains("64 MB is outside"));
    powercurve(&["recommend", "-"]).write_stdin("{}").assert().code(2);
    let slo = powercurve(&["recommend", "-", "--max-duration", "1s"]).write_stdin(README_RUN).assert();
    slo.code(2).stderr(contains("the fastest is 3008 MB"));
    let region = powercurve(&["recommend", "-", "--region", "mars-1"]).write_stdin(README_RUN).assert();
    region.code(2).stderr(contains("us-east-1"));
    powercurve(&["recommend", "-", "--strategy", "luck"]).write_stdin(README_RUN).assert().code(2);
}

#[test]
fn plan_reckons_what_tuning_costs() {
    // README-ADVANCED of the tuner: six sizes cost $0.0003 of Step Functions before 2024, $0.0006 since
    let plan =
        |args: &[&str]| jsonl(&[&["plan", "--duration", "99.5ms", "--prices", "lpt"], args].concat(), "")[0].clone();
    let now = plan(&["--invocations", "100"]);
    assert_eq!(now["step_functions_usd"].as_f64(), Some(0.0006));
    assert_eq!(now["invocations"].as_u64(), Some(600));
    assert!((now["lambda_usd"].as_f64().unwrap() - 0.001).abs() < 0.0001);
    assert_eq!(plan(&["--state-machine", "before-2024"])["step_functions_usd"].as_f64(), Some(0.0003));
    // 24 transitions, at the price of the region or of one's own
    assert_eq!(plan(&["--region", "sa-east-1"])["step_functions_usd"].as_f64(), Some(24.0 * 3.75e-5));
    assert_eq!(plan(&["--price-transition", "0.001"])["step_functions_usd"].as_f64(), Some(0.024));
    let cold = plan(&["--state-machine", "only-cold-starts"]);
    assert_eq!(cold["transitions"].as_u64(), Some(6 + 6 + 2 * 6 * 10));
    assert_eq!((&cold["input"]["onlyColdStarts"], &now["input"]["onlyColdStarts"]), (&true.into(), &Value::Null));
    assert_eq!(now["input"]["num"].as_u64(), Some(100));
    let total = |plan: &Value| plan["total_usd"].as_f64().unwrap();
    assert!(0.0 < total(&now["few_sizes"]) && total(&now["few_sizes"]) < total(&now));
    assert_eq!(plan(&["--memory", "128,512,3008"])["few_sizes"], Value::Null, "they are the few");

    let file = workload_file();
    let text = stdout(&["plan", file.path().to_str().unwrap()], "");
    assert!(text.contains("128 MB is left out: out of memory: needs 200 MB"), "{text}");
    powercurve(&["plan", "--duration", "1s", "--invocations", "4"]).assert().code(2).stderr(contains("at least 5"));
    powercurve(&["plan", "--duration", "1s", "--lambda-arn", "x"]).assert().code(2).stderr(contains("ARN"));
    powercurve(&["plan"]).assert().code(2);
}

#[test]
fn plan_pays_for_the_cold_starts_that_tuning_makes() {
    let plan = |args: &[&str]| {
        let sizes = &jsonl(&[&["plan"], args, &["--memory", "1024"]].concat(), "")[0]["sizes"];
        (sizes[0]["duration_ms"].as_f64().unwrap(), sizes[0]["cost_usd"].as_f64().unwrap())
    };
    let toml = "[cpu]\nwork_ms = 20\n[cold_start]\ninit_ms = 2000";
    let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    std::io::Write::write_all(&mut file, toml.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap();
    // in series the first of ten calls of a size is cold
    let (series_ms, series_usd) = plan(&[path]);
    let (cold_ms, cold_usd) = plan(&[path, "--state-machine", "only-cold-starts"]);
    assert_eq!(plan(&[path, "--parallel"]), (cold_ms, cold_usd));
    assert!((cold_ms - series_ms - 0.9 * 2000.0).abs() < 1.0, "{series_ms} and {cold_ms} ms");
    assert!(cold_usd > 8.0 * series_usd);

    // of a run they are known where its log has the init
    let log: String =
        (0..10).map(|i| reports(1, 1024, 20.0, if i == 0 { "\tInit Duration: 300.00 ms" } else { "" })).collect();
    let mut run = tempfile::Builder::new().suffix(".log").tempfile().unwrap();
    std::io::Write::write_all(&mut run, log.as_bytes()).unwrap();
    let args = ["--run", run.path().to_str().unwrap()];
    let (with_ms, _) = plan(&[&args[..], &["--state-machine", "only-cold-starts"]].concat());
    assert!((with_ms - 320.0).abs() < 0.5, "{with_ms}");
    let warned =
        powercurve(&["plan", "--run", "-", "--state-machine", "only-cold-starts"]).write_stdin(LPT_TWO_SIZES).assert();
    warned.success().stderr(contains("says nothing of its cold starts"));
}

#[test]
fn a_payload_that_would_never_be_sent_is_refused() {
    let payload = r#"[{"payload":{},"weight":1},{"payload":{},"weight":100}]"#;
    powercurve(&["plan", "no-op", "--lpt-input", "--payload", payload])
        .assert()
        .code(2)
        .stderr(contains("101 invocations"));
    powercurve(&["plan", "no-op", "--lpt-input", "--payload", payload, "--invocations", "101"]).assert().success();
}

#[test]
fn yuan_are_never_taken_for_dollars() {
    let url = "https://lambda-power-tuning.show/?currency=CNY#gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI=";
    assert_eq!(jsonl(&["check", url, "--current", "128"], "")[0]["currency"], "CNY");
    for command in [&["recommend", url][..], &["predict", url], &["check", url, "--current", "128"]] {
        let csv = stdout(&[command, &["--format", "csv"]].concat(), "");
        let (head, first) = (csv.lines().next().unwrap(), csv.lines().nth(1).unwrap());
        assert!(head.ends_with(",currency") && first.ends_with(",CNY"), "{csv}");
    }
}

#[test]
fn yuan_in_csv_are_read_as_yuan() {
    let csv = stdout(&["simulate", "prime-numbers", "--region", "cn-north-1", "--format", "csv"], "");
    assert_eq!(jsonl(&["recommend", "-"], &csv)[0]["currency"], "CNY");
}

#[test]
fn a_price_that_is_given_is_heeded() {
    let costs = |extra: &[&str]| jsonl(&[&["recommend", "-"], extra].concat(), LPT_TWO_SIZES)[0]["costs"].clone();
    assert_eq!(costs(&[]), "recorded");
    assert_eq!(costs(&["--price-storage", "1e-7"]), "computed");
}

#[test]
fn whatif_shows_before_and_after() {
    let file = workload_file();
    let path = file.path().to_str().unwrap();
    let record = &jsonl(&["whatif", path, "--lever", "keep-alive", "--memory", "1769"], "")[0];
    assert_eq!(record["before"]["duration_ms"].as_f64().map(f64::round), Some(115.0));
    assert_eq!(record["after"]["duration_ms"].as_f64().map(f64::round), Some(100.0));

    let difference = record["difference"]["duration_ms"].as_f64().unwrap();
    assert!((difference + 15.0).abs() < 1.0, "{difference}");
    let csv = stdout(&["whatif", path, "--lever", "keep-alive", "--memory", "1769", "--format", "csv"], "");
    assert!(csv.starts_with("lever,") && csv.contains(",difference_usd_per_month\n"), "{csv}");

    let all = jsonl(&["whatif", path, "--all"], "");
    assert_eq!(all.len(), 15);
    assert!(
        all.iter().any(|r| r["applies"] == false && r["reason"].as_str().unwrap().contains("nothing is transferred"))
    );

    let month = |extra: &[&str]| {
        let args = ["whatif", path, "--lever", "keep-alive", "--memory", "512", "--invocations-per-month", "3e6"];
        jsonl(&[&args, extra].concat(), "")[0]["after"]["usd_per_month"].as_f64().unwrap()
    };
    assert!(month(&["--free-tier"]) < month(&[]));
    assert!(month(&["--price-gb-s", "0"]) < month(&[]));

    powercurve(&["whatif", path, "--lever", "range-get"]).assert().code(2).stderr(contains("nothing is transferred"));
    powercurve(&["whatif", path, "--lever", "nope"]).assert().code(2).stderr(contains("keep-alive, cache-config"));
    powercurve(&["whatif", path]).assert().code(2);
    powercurve(&["whatif", "--list"]).assert().success().stdout(contains("multi-thread-transfer"));
    powercurve(&["whatif", "no-op", "--list"]).assert().code(2).stderr(contains("cannot be used with"));
    powercurve(&["whatif", path, "--all", "--id", "x"]).assert().code(2).stderr(contains("--id"));

    let says = |lever: &str| stdout(&["whatif", "s3-download", "--lever", lever, "--memory", "1024"], "");
    assert!(says("range-get").contains("ASSUMPTION") && !says("range-get=0.3").contains("ASSUMPTION"));
}

#[test]
fn storage_is_part_of_the_bill_before_and_after() {
    let sides = |options: &[&str]| {
        let args =
            ["whatif", "java-cold-start", "--lever", "lazy-init", "--memory", "512", "--invocations-per-month", "1e6"];
        let record = &jsonl(&[&args[..], options].concat(), "")[0];
        ["before", "after"]
            .map(|side| ["duration_ms", "usd_per_month"].map(|field| record[side][field].as_f64().unwrap()))
    };
    for (bare, stored) in sides(&[]).into_iter().zip(sides(&["--storage", "1536"])) {
        // 1 GB beyond the free one for as long as the calls take
        let expected = 1e3 * bare[0].ceil() * 3.09e-8;
        assert!((stored[1] - bare[1] - expected).abs() < 1e-9, "{bare:?} {stored:?} {expected}");
    }
}

#[test]
fn provisioned_concurrency_is_charged_at_the_prices_given() {
    let month = |configured: &str, running: &str| {
        let args = ["whatif", "java-cold-start", "--lever", "provisioned-concurrency=1", "--memory", "512"];
        let prices = ["--price-provisioned-configured", configured, "--price-provisioned-running", running];
        let record = &jsonl(&[&args[..], &prices, &["--invocations-per-month", "1e6"]].concat(), "")[0];
        record["after"]["usd_per_month"].as_f64().unwrap()
    };
    // half a GB configured for a month of 730 hours, and a million requests
    assert!((month("1e-5", "0") - (0.5 * 730.0 * 3600.0 * 1e-5 + 0.2)).abs() < 1e-9);
    // 41 ms of work in each: there is time for all of them
    assert!((month("0", "1e-5") - (0.5 * 1e6 * 0.041 * 1e-5 + 0.2)).abs() < 1e-9);
}

const LPT_TWO_SIZES: &str = r#"[{"averagePrice":0,"averageDuration":0,"totalCost":0,"value":128},
    {"averagePrice":1.7e-7,"averageDuration":40.2,"totalCost":1e-6,"value":256},
    {"averagePrice":2.52e-7,"averageDuration":29.5,"totalCost":1e-6,"value":512}]"#;

/// Tuning output without statistics: only the size that the tuner picked is known.
const BEST_ONLY: &str =
    r#"{"power":512,"cost":7.056e-7,"duration":83.5,"stateMachine":{"executionCost":0.0003,"lambdaCost":0.0001}}"#;

#[test]
fn what_weakens_a_run_is_said_with_every_answer() {
    let text = "only the best size is known";
    for command in [&["recommend", "-"][..], &["predict", "-"], &["check", "-", "--current", "512"]] {
        powercurve(command).write_stdin(BEST_ONLY).assert().success().stderr(contains(text));
    }
    for command in [["recommend", "-"], ["predict", "-"]] {
        let record = &jsonl(&command, BEST_ONLY)[0];
        assert!(record["warnings"][0].as_str().is_some_and(|w| w.starts_with(text)), "{record}");
    }
    let lost = r#"{"id":"lost","memory_mb":[128,512,1024],"duration_ms":[null,2000,1000]}"#;
    powercurve(&["fit", "-"]).write_stdin(lost).assert().success().stderr(contains("lost: 128 MB has no duration"));
    let fit = &jsonl(&["fit", "-"], lost)[0];
    assert!(fit["warnings"][0].as_str().is_some_and(|w| w.starts_with("128 MB has no duration")), "{fit}");
}

#[test]
fn one_size_is_not_called_the_best_of_several() {
    let text = stdout(&["recommend", "-"], BEST_ONLY);
    assert!(text.contains("512 MB is the only size known") && !text.contains("both the fastest"), "{text}");
    // of several measured sizes one may be both
    let both = r#"{"id":"steep","memory_mb":[128,512],"duration_ms":[9000,1000]}"#;
    assert!(stdout(&["recommend", "-"], both).contains("512 MB is both the fastest and the cheapest measured size"));
}

#[test]
fn a_size_that_is_nearly_full_is_chosen_as_the_tuner_does_but_not_in_silence() {
    let run = |used: f64| {
        format!(r#"{{"id":"api","memory_mb":[128,512],"duration_ms":[105,101],"max_memory_used_mb":[{used},140]}}"#)
    };
    let full = &jsonl(&["recommend", "-"], &run(120.0))[0];
    assert_eq!(full["memory_mb"], 128);
    assert_eq!(
        full["warnings"][0],
        "128 MB is nearly full: 120 MB were used, more than 90 % of it; take the next larger size"
    );
    powercurve(&["recommend", "-"])
        .write_stdin(run(120.0))
        .assert()
        .success()
        .stderr(contains("api: 128 MB is nearly full"));
    assert_eq!(jsonl(&["recommend", "-"], &run(100.0))[0]["warnings"], serde_json::json!([]));
    assert_eq!(jsonl(&["recommend", "-", "--strategy", "speed"], &run(120.0))[0]["warnings"], serde_json::json!([]));
}

#[test]
fn plan_says_that_some_input_was_rejected() {
    let input = format!("{README_RUN}\nno run\n");
    for args in
        [&["plan", "--run", "-", "--id", "readme"][..], &["plan", "--run", "-", "--id", "readme", "--lpt-input"]]
    {
        powercurve(args).write_stdin(input.clone()).assert().code(3).stderr(contains("<stdin>:2"));
    }
}

#[test]
fn durations_below_all_resolution_can_be_planned() {
    let run = r#"{"id":"nothing","memory_mb":[128,256,512],"duration_ms":[4e-6,2e-6,1e-6]}"#;
    let plan = &jsonl(&["plan", "--run", "-"], run)[0];
    assert!(plan["measure_next"]["sweep_total_usd"].as_f64().is_some_and(|usd| usd > 0.0), "{plan}");
}

/// Log lines of REPORT: `count` invocations of `ms` at `mb`, with what else the line says.
fn reports(count: usize, mb: u32, ms: f64, rest: &str) -> String {
    let line =
        |i| format!("REPORT RequestId: 3f6a2c1e-9b4d-4c8a-{mb:04}-{i:012}\tDuration: {ms} ms\tMemory Size: {mb} MB\t");
    (0..count).map(|i| line(i) + rest + "\n").collect()
}

#[test]
fn a_size_at_which_the_function_fails_is_not_chosen() {
    let log = reports(9, 128, 3000.0, "Status: timeout")
        + &reports(10, 128, 100.0, "Max Memory Used: 60 MB")
        + &reports(10, 256, 90.0, "Max Memory Used: 60 MB");
    assert_eq!(jsonl(&["recommend", "-"], &log)[0]["memory_mb"], 256);
    assert_eq!(jsonl(&["check", "-", "--current", "256"], &log)[0]["best_mb"], 256);
    let predicted = &jsonl(&["predict", "-"], &log)[0];
    assert!(predicted["too_small"].as_array().unwrap().contains(&128.into()) && predicted["best"]["cost"] != 128);
    // the configured size itself
    let failed =
        powercurve(&["check", "-", "--current", "128", "--format", "jsonl"]).write_stdin(log.clone()).assert().code(1);
    let failed: Value = serde_json::from_slice(&failed.get_output().stdout).unwrap();
    assert!(failed["passed"] == false && failed["warnings"][0].as_str().unwrap().contains("timed out"), "{failed}");
    assert_eq!(failed["best_mb"], 256);
    let load = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    std::fs::write(load.path(), "function,invocations,memory\nstdin,1000000,128\n").unwrap();
    let ranked = &jsonl(&["rank", "-", "--load", &load.path().display().to_string()], &log)[0];
    assert!(ranked["best_mb"] != 128, "{ranked}");
    // where no size is left, none passes
    let nowhere = reports(9, 128, 3000.0, "Status: timeout") + &reports(10, 128, 100.0, "");
    powercurve(&["check", "-", "--current", "128"])
        .write_stdin(nowhere)
        .assert()
        .code(1)
        .stdout(contains("or fail there"));
}

#[test]
fn the_init_that_a_log_was_billed_for_is_part_of_the_bill() {
    // half of the calls are cold starts of 3 s
    let log: String = [(512, 420.0), (2048, 118.0)]
        .map(|(mb, ms)| {
            let cold = format!("Billed Duration: {} ms\tInit Duration: 3000.00 ms", 3000.0 + ms);
            reports(10, mb, ms, &cold)
                + &reports(10, mb, ms, &format!("Billed Duration: {ms} ms")).replace("-4c8a-", "-4c8b-")
        })
        .concat();
    let check =
        powercurve(&["check", "-", "--current", "2048", "--format", "jsonl"]).write_stdin(log.clone()).assert().code(1);
    let check: Value = serde_json::from_slice(&check.get_output().stdout).unwrap();
    let per_ms_128mb = 2.1e-9;
    assert!((check["best_usd"].as_f64().unwrap() - 1920.0 * 4.0 * per_ms_128mb).abs() < 1e-12, "{check}");
    assert!((check["current_usd"].as_f64().unwrap() - 1618.0 * 16.0 * per_ms_128mb).abs() < 1e-12, "{check}");
    // a function with a load
    let load = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    std::fs::write(load.path(), "function,invocations,memory\nstdin,1000000,2048\n").unwrap();
    let ranked = &jsonl(&["rank", "-", "--load", &load.path().display().to_string()], &log)[0];
    let million = 1e6 * (1.618 * 2.0 * 1.66667e-5 + 2e-7);
    assert!((ranked["bill_usd_month"].as_f64().unwrap() / million - 1.0).abs() < 1e-3, "{ranked}");
    // and a predicted size
    let predicted = &jsonl(&["predict", "-"], &log)[0]["curve"];
    let at_2048 = predicted.as_array().unwrap().iter().find(|size| size["memory_mb"] == 2048).unwrap();
    let billed = (1500.0 + at_2048["duration_ms"].as_f64().unwrap()).ceil();
    assert!((at_2048["cost_usd"].as_f64().unwrap() - billed * 16.0 * per_ms_128mb).abs() < 1e-12, "{at_2048}");
}

#[test]
fn what_would_change_nothing_is_refused_or_named() {
    powercurve(&["recommend", "-", "--weight", "0.2"])
        .write_stdin(README_RUN)
        .assert()
        .code(2)
        .stderr(contains("the strategy cost has no weight"));
    // a preset that was edited into something else
    let edited = "pattern = 'cpu-bound'\n[cpu]\nwork_ms = 2\n[[call]]\nlatency_ms = 2000\n";
    powercurve(&["simulate", "-", "--exact", "--memory", "512"])
        .write_stdin(edited)
        .assert()
        .success()
        .stdout(contains("network-bound-api:"))
        .stderr(contains("said to be cpu-bound, but by its numbers it is network-bound-api"));
}

#[test]
fn a_workload_moves_with_its_instruction_set() {
    let file = workload_file();
    let path = file.path().display().to_string();
    let ms = |args: &[&str]| {
        let record: Value = serde_json::from_str(&stdout(args, "")).unwrap();
        record["sizes"][0]["duration_ms"].as_f64().or(record["duration_ms"][0].as_f64()).unwrap()
    };
    let size = ["--memory", "256", "--format"];
    let arm64 = ["--arch", "arm64"];
    let planned = |arch: &[&str]| ms(&[&["plan", &path], arch, &size, &["json"]].concat());
    let simulated = |arch: &[&str]| ms(&[&["simulate", &path, "--exact"], arch, &size, &["jsonl"]].concat());
    // the plan has the cold start of each size beside it
    let cold = planned(&arm64) - simulated(&arm64);
    assert!(cold > 0.0 && (cold - (planned(&[]) - simulated(&[]))).abs() < 2.0, "{cold}");
    // as the lever has it, the same duration at the same size below one vCPU
    assert!((simulated(&arm64) / simulated(&[]) - 1.0).abs() < 0.05);
}

#[test]
fn the_best_size_is_chosen_among_more_than_are_shown() {
    let said = &jsonl(&["predict", "-", "--at", "3008"], README_RUN)[0];
    let shown: Vec<_> = said["curve"].as_array().unwrap().iter().map(|row| row["memory_mb"].as_u64()).collect();
    assert_eq!((shown, said["curve"][0]["measured_ms"].as_f64()), (vec![Some(3008)], Some(2009.793)));
    let probability = said["probability_best_cost"]["3008"].as_f64().unwrap();
    assert!(said["best"]["cost"] != 3008 && probability < 0.5, "{said}");
}
