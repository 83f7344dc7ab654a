//! Promise: `rank` says which function to change first, from runs and load files, and is honest where it cannot tell.

use std::path::PathBuf;

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;

/// Busy with one thread: 8192 MB are wasted on it.
const BUSY: &str = r#"{"id":"busy","memory_mb":[256,512,1024,1769,3008,8192],"duration_ms":[13190,6551,3279,1930,1910,1900],"num":50}"#;
/// Waiting: the smallest size is the cheapest.
const WAITING: &str =
    r#"{"id":"waiting","memory_mb":[128,256,512,1024,1769,3008],"duration_ms":[905,902,900,901,899,900],"num":50}"#;
/// Known at its one size only.
const UNKNOWN: &str = r#"{"id":"unknown","memory_mb":[512],"duration_ms":[700]}"#;
/// Nobody says how often it runs.
const UNLOADED: &str = r#"{"id":"unloaded","memory_mb":[128,512],"duration_ms":[400,100]}"#;

const LOAD: &str =
    "function,invocations per month,memory\nbusy,1000000,8192\nwaiting,2e6,1024\nunknown,5e5,512\nghost,7,128\n";

struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn rank(&self, args: &[&str]) -> Command {
        let mut command = Command::cargo_bin("powercurve").unwrap();
        command.current_dir(self.folder.path()).arg("rank").args(args);
        command
    }

    fn records(&self, args: &[&str]) -> Vec<Value> {
        let output = self.rank(&[args, &["--format", "jsonl"]].concat()).assert().success().get_output().stdout.clone();
        String::from_utf8(output).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }
}

fn usual() -> Files {
    Files::new(&[("runs.jsonl", &[BUSY, WAITING, UNKNOWN, UNLOADED].join("\n")), ("load.csv", LOAD)])
}

fn of<'a>(records: &'a [Value], id: &str) -> &'a Value {
    records.iter().find(|r| r["id"] == id).unwrap_or_else(|| panic!("no {id} in {records:?}"))
}

#[test]
fn a_size_that_may_reach_the_timeout_is_not_proposed() {
    let functions = |timeout: u32| {
        let one =
            |name: &str, mb: u32| format!("{{\"FunctionName\":\"{name}\",\"MemorySize\":{mb},\"Timeout\":{timeout}}}");
        format!("{{\"Functions\":[{},{}]}}", one("busy", 8192), one("waiting", 1024))
    };
    let files = Files::new(&[
        ("runs.jsonl", &[BUSY, WAITING].join("\n")),
        ("load.csv", LOAD),
        ("long.json", &functions(900)),
        ("short.json", &functions(3)),
    ]);
    let busy = |load: &str| of(&files.records(&["runs.jsonl", "--load", "load.csv", "--load", load]), "busy").clone();
    let (free, held) = (busy("long.json"), busy("short.json"));
    assert!(free["best_ms"].as_f64().unwrap() > 3000.0 && free["note"] == "", "{free}");
    assert!(held["best_ms"].as_f64().unwrap() < 3000.0, "{held}");
    assert!(held["note"].as_str().unwrap().starts_with("may reach its timeout of 3"), "{held}");
    files
        .rank(&["runs.jsonl", "--load", "load.csv", "--load", "short.json"])
        .assert()
        .success()
        .stdout(contains("may reach its timeout"));
}

#[test]
fn the_largest_saving_comes_first_and_doubt_last() {
    let records = usual().records(&["runs.jsonl", "--load", "load.csv"]);
    let ids: Vec<&str> = records.iter().filter_map(|r| r["id"].as_str()).collect();
    assert_eq!(ids, ["busy", "waiting", "unknown"]);
    assert_eq!(records.iter().map(|r| r["rank"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    let number = |r: &Value, key: &str| r[key].as_f64().unwrap();
    for record in &records {
        let (low, mid, high) =
            (number(record, "saving_low"), number(record, "saving_usd_month"), number(record, "saving_high"));
        assert!(low <= mid && mid <= high, "{record}");
        assert!(record["decided"] == false || low >= 0.0, "{record}");
    }
    let busy = of(&records, "busy");
    assert_eq!((busy["pattern"].as_str(), busy["current_mb"].as_u64()), (Some("cpu-bound"), Some(8192)));
    // a million calls of 1.9 s at 8 GB, and the request charge
    assert!((number(busy, "bill_usd_month") / (1e6 * 1.9 * 8.0 * 1.66667e-5 + 0.2) - 1.0).abs() < 0.05);
    assert!(number(busy, "saving_usd_month") > 0.7 * number(busy, "bill_usd_month"));
    let waiting = of(&records, "waiting");
    assert_eq!((waiting["best_mb"].as_u64(), waiting["decided"].as_bool()), (Some(128), Some(true)));
    let unknown = of(&records, "unknown");
    assert_eq!(unknown["decided"].as_bool(), Some(false));
    assert!(unknown["measure_next_mb"].as_u64().is_some_and(|mb| mb != 512), "{unknown}");
}

#[test]
fn what_does_not_match_is_named() {
    let files = usual();
    let assert = files.rank(&["runs.jsonl", "--load", "load.csv"]).assert().success();
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    for part in ["no run: ghost", "no load: unloaded", "Cannot tell yet", "measure ", "At stake: $", "Is it worth it?"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    files.rank(&["runs.jsonl", "--load", "load.csv", "--format", "csv"]).assert().success().stderr(contains("ghost"));
    std::fs::write(files.path("other.csv"), "function,invocations,memory\nnobody,1,128\n").unwrap();
    files.rank(&["runs.jsonl", "--load", "other.csv"]).assert().code(2).stderr(contains("'nobody'"));
}

#[test]
fn a_function_whose_run_cannot_be_judged_has_a_run() {
    let files = usual();
    std::fs::write(files.path("gaps.csv"), "function,invocations,memory\nbusy,1e6,8192\nwaiting,1e6,\n").unwrap();
    let assert = files.rank(&["runs.jsonl", "--load", "gaps.csv"]).assert().code(3);
    let output = assert.stderr(contains("the configured memory size is unknown")).get_output().clone();
    assert!(!String::from_utf8_lossy(&output.stdout).contains("has no run"));
}

#[test]
fn whole_milliseconds_are_billed_as_they_are() {
    let run = r#"{"id":"f","memory_mb":[128,256,512,1024],"duration_ms":[3,3,3,3],"num":50,"arch":"x86_64"}"#;
    let load = "function,invocations,memory\nf,1000000000,1024\n";
    let ranked = &Files::new(&[("f.jsonl", run), ("f.csv", load)]).records(&["f.jsonl", "--load", "f.csv"])[0];
    let bill = ranked["bill_usd_month"].as_f64().unwrap();
    assert!((bill - (1e9 * 0.003 * 1.66667e-5 + 200.0)).abs() < 1e-6, "{bill}");
}

#[test]
fn a_run_on_other_hardware_decides_nothing() {
    let load = "function,invocations,memory,architecture\nbusy,1000000,8192,arm64\n";
    let run = BUSY.replace(r#""num":50"#, r#""num":50,"arch":"x86_64""#);
    let ranked =
        &Files::new(&[("runs.jsonl", &run), ("load.csv", load)]).records(&["runs.jsonl", "--load", "load.csv"])[0];
    assert_eq!(ranked["decided"].as_bool(), Some(false), "{ranked}");
    assert!(ranked["doubt"].as_str().unwrap().contains("measured on x86_64"), "{ranked}");
}

#[test]
fn of_two_architectures_in_a_table_the_one_of_the_load_counts() {
    let runs = "function,arch,memory,duration\nresize,arm64,128,900\nresize,arm64,512,230\n\
                resize,x86_64,128,1000\nresize,x86_64,512,260\n";
    let load = "function,invocations,memory,arch\nresize,1000000,512,x86_64\n";
    let files = Files::new(&[("runs.csv", runs), ("load.csv", load)]);
    let records = files.records(&["runs.csv", "--load", "load.csv"]);
    assert_eq!(records.len(), 1);
    assert_eq!((&records[0]["id"], &records[0]["current_ms"]), (&"resize:x86_64".into(), &260.0.into()));
}

#[test]
fn without_calls_there_is_nothing_to_change() {
    let ranked = &Files::new(&[("runs.jsonl", BUSY), ("load.csv", "function,invocations,memory\nbusy,0,8192\n")])
        .records(&["runs.jsonl", "--load", "load.csv"])[0];
    assert_eq!(ranked["best_mb"], ranked["current_mb"]);
}

#[test]
fn calls_that_spread_widely_are_not_sold_as_speed() {
    // 50 calls of 7 s that spread by 4 s: one mean in two of such calls lies 8 % off
    let run = r#"{"id":"f","memory_mb":[128,256,512,1024,1536,3008],"duration_ms":[7300,7100,7250,7600,7000,6500],
        "num":50,"sd_ms":[4000,4000,4000,4000,4000,4000],"count":[50,50,50,50,50,50],"arch":"x86_64"}"#
        .replace('\n', "");
    let files = Files::new(&[("f.jsonl", &run), ("f.csv", "function,invocations,memory\nf,500000,1024\n")]);
    let ranked = &files.records(&["f.jsonl", "--load", "f.csv", "--strategy", "speed"])[0];
    assert_eq!(ranked["decided"].as_bool(), Some(false), "{ranked}");
}

#[test]
fn a_small_bill_gets_an_honest_answer() {
    let files = usual();
    std::fs::write(files.path("small.csv"), "function,invocations,memory\nbusy,80,8192\nwaiting,900,1024\n").unwrap();
    let assert = files.rank(&["runs.jsonl", "--load", "small.csv"]).assert().success();
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(text.contains("leave it, unless the time counts"), "{text}");
    // the free tier covers all of it
    let free = files.records(&["runs.jsonl", "--load", "small.csv", "--free-tier"]);
    assert!(free.iter().all(|r| r["saving_usd_month"].as_f64() == Some(0.0)), "{free:?}");
}

#[test]
fn load_files_combine_and_bad_rows_are_named() {
    let listing = r#"{"Functions":[{"FunctionName":"busy","MemorySize":8192,"Architectures":["arm64"],"EphemeralStorage":{"Size":10240}},
        {"FunctionName":"waiting","MemorySize":1024}]}"#;
    let graph = "Label,busy Invocations,waiting Invocations\nStatistic,Sum,Sum\n2026/05/01 00:00:00,1000,10\n2026/05/02 00:00:00,2000,\n";
    let files = usual();
    std::fs::write(files.path("list.json"), listing).unwrap();
    std::fs::write(files.path("graph.csv"), graph).unwrap();
    let args = ["runs.jsonl", "--load", "list.json", "--load", "graph.csv"];
    let records = files.records(&args);
    assert_eq!(records.len(), 2);
    let busy = of(&records, "busy");
    assert_eq!(busy["arch"].as_str(), Some("arm64"));
    assert!((busy["invocations_month"].as_f64().unwrap() - 3000.0 * 730.0 / 48.0).abs() < 1e-6);
    // storage is charged by the second: a price of its own counts
    let dear = files.records(&[&args[..], &["--price-storage", "1e-3"]].concat());
    assert!(of(&dear, "busy")["bill_usd_month"].as_f64() > busy["bill_usd_month"].as_f64());

    std::fs::write(files.path("bad.csv"), "function,invocations,memory\nbusy,1000,8192\nwaiting,many,1024\n").unwrap();
    files
        .rank(&["runs.jsonl", "--load", "bad.csv"])
        .assert()
        .code(3)
        .stderr(contains("line 3").and(contains("'many'")));
    files.rank(&["runs.jsonl", "--load", "runs.jsonl"]).assert().code(2).stderr(contains("list-functions"));
    files.rank(&["runs.jsonl", "--load", "none.csv"]).assert().code(2).stderr(contains("none.csv"));
    files.rank(&["runs.jsonl"]).assert().code(2);
}

#[test]
fn the_storage_of_a_function_comes_before_that_of_all() {
    let of_function =
        |storage: &str| format!("{{\"Functions\":[{{\"FunctionName\":\"busy\",\"MemorySize\":8192{storage}}}]}}");
    let files = Files::new(&[
        ("runs.jsonl", BUSY),
        ("load.csv", "function,invocations\nbusy,100000\n"),
        ("known.json", &of_function(",\"EphemeralStorage\":{\"Size\":10240}")),
        ("unknown.json", &of_function("")),
    ]);
    let bill = |list: &str, options: &[&str]| {
        let records = files.records(&[&["runs.jsonl", "--load", "load.csv", "--load", list], options].concat());
        records[0]["bill_usd_month"].as_f64().unwrap()
    };
    let known = bill("known.json", &[]);
    // 9.5 GB for 1.9 s, a hundred thousand times
    assert!((known - bill("unknown.json", &[]) - 9.5 * 1.9e5 * 3.09e-8).abs() < 1e-6, "{known}");
    assert_eq!(bill("known.json", &["--storage", "2048"]), known);
    assert_eq!(bill("unknown.json", &["--storage", "10240"]), known);
}

#[test]
fn strategies_and_order() {
    let files = usual();
    let best = |args: &[&str], id: &str| {
        of(&files.records(&[&["runs.jsonl", "--load", "load.csv"], args].concat()), id)["best_mb"].as_u64().unwrap()
    };
    assert!(best(&["--strategy", "speed"], "busy") >= 1769);
    let balanced = best(&["--strategy", "balanced"], "busy");
    assert!((512..=3008).contains(&balanced), "{balanced}");
    let twice = ["runs.jsonl", "--load", "load.csv", "--strategy", "balanced", "--tolerance", "5%"];
    files.rank(&twice).assert().code(2).stderr(contains("--weight"));
}

#[test]
fn by_time_the_most_seconds_come_first_whatever_they_cost() {
    let rare = BUSY.replace("\"busy\"", "\"rare\"");
    let load = "function,invocations,memory\nbusy,1000000,256\nrare,100000,256\n";
    let files = Files::new(&[("runs.jsonl", &[BUSY, &rare].join("\n")), ("load.csv", load)]);
    let order = |by: &str| {
        let records = files.records(&["runs.jsonl", "--load", "load.csv", "--by", by, "--strategy", "speed"]);
        assert!(records.iter().all(|r| r["decided"] == true), "{records:?}");
        records.iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // the fastest size costs more, and ten times as much for ten times the calls
    assert_eq!(order("saving"), ["rare", "busy"]);
    assert_eq!(order("time"), ["busy", "rare"]);
}

#[test]
fn every_format_and_the_same_bytes_on_any_number_of_threads() {
    let files = usual();
    let out = |format: &str, threads: &str| {
        let mut command = files.rank(&["runs.jsonl", "--load", "load.csv", "--format", format]);
        let stdout = command.env("RAYON_NUM_THREADS", threads).assert().success().get_output().stdout.clone();
        String::from_utf8(stdout).unwrap()
    };
    for format in ["table", "json", "jsonl", "csv", "markdown"] {
        assert_eq!(out(format, "1"), out(format, "4"), "{format}");
    }
    assert_eq!(serde_json::from_str::<Vec<Value>>(&out("json", "2")).unwrap().len(), 3);
    assert!(
        out("csv", "2")
            .starts_with("rank,id,pattern,current_mb,best_mb,bill_usd_month,saving_usd_month,saving_low,saving_high")
    );
    let markdown = out("markdown", "2");
    assert!(
        markdown.starts_with("### Change\n\n| # | function |") && markdown.contains("\n- At stake: $"),
        "{markdown}"
    );
}

#[test]
fn what_weakens_a_run_is_said() {
    let lost = r#"{"id":"busy","memory_mb":[128,512,1024,8192],"duration_ms":[null,6551,3279,1900],"num":50}"#;
    let files = Files::new(&[("runs.jsonl", lost), ("load.csv", LOAD)]);
    let args = ["runs.jsonl", "--load", "load.csv"];
    files.rank(&args).assert().success().stderr(contains("busy: 128 MB has no duration"));
    let record = &files.records(&args)[0];
    assert!(record["warnings"][0].as_str().is_some_and(|w| w.starts_with("128 MB has no duration")), "{record}");
}

#[test]
fn durations_below_all_resolution_can_be_ranked() {
    let run = r#"{"id":"busy","memory_mb":[128,256,512],"duration_ms":[4e-6,2e-6,1e-6]}"#;
    let files = Files::new(&[("runs.jsonl", run), ("load.csv", LOAD)]);
    assert_eq!(files.records(&["runs.jsonl", "--load", "load.csv"]).len(), 1);
}

#[test]
fn a_free_tier_is_saved_once() {
    // either function alone uses less than the free tier leaves: together they save no more than the bill
    let twin = BUSY.replace("\"busy\"", "\"twin\"");
    let load = "function,invocations,memory\nbusy,15000,8192\ntwin,15000,8192\n";
    let files = Files::new(&[("runs.jsonl", &[BUSY, &twin].join("\n")), ("load.csv", load)]);
    let args = ["runs.jsonl", "--load", "load.csv", "--free-tier"];
    let saved: f64 = files.records(&args).iter().map(|r| r["saving_usd_month"].as_f64().unwrap()).sum();
    let text = String::from_utf8(files.rank(&args).assert().success().get_output().stdout.clone()).unwrap();
    let line = text.lines().find(|l| l.starts_with("At stake: $")).unwrap();
    let dollars: Vec<f64> = line
        .split('$')
        .skip(1)
        .map(|part| part.split(|c: char| c != '.' && !c.is_ascii_digit()).next().unwrap().parse().unwrap())
        .collect();
    let (at_stake, bill) = (dollars[0], dollars[dollars.len() - 1]);
    assert!(at_stake <= bill && saved > 1.5 * bill, "{line}: one by one ${saved}");
}

#[test]
fn a_function_that_cannot_be_judged_is_named_once() {
    // the busy function meets the load, which lacks its memory size
    let files =
        Files::new(&[("runs.jsonl", &[BUSY, UNLOADED].join("\n")), ("load.csv", "function,invocations\nbusy,1000\n")]);
    let assert = files.rank(&["runs.jsonl", "--load", "load.csv"]).assert().code(3);
    let output = assert.get_output();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("memory size is unknown") && !told.contains("no run has the name"), "{told}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("At stake"));
    let none = files.rank(&["runs.jsonl", "--load", "load.csv", "--format", "json"]).assert().code(3);
    assert_eq!(serde_json::from_slice::<Value>(&none.get_output().stdout).unwrap(), serde_json::json!([]));
}

#[test]
fn a_function_listed_twice_is_reported_with_both_lines() {
    let files = usual();
    let load = "function,invocations,memory\nbusy,1000,8192\nwaiting,10,1024\nbusy,5000,128\n";
    std::fs::write(files.path("twice.csv"), load).unwrap();
    files
        .rank(&["runs.jsonl", "--load", "twice.csv"])
        .assert()
        .code(3)
        .stderr(contains("line 4").and(contains("'busy' is listed twice, first in line 2")));
}

#[test]
fn one_function_is_not_several() {
    let files = Files::new(&[("runs.jsonl", UNKNOWN), ("load.csv", LOAD)]);
    let assert = files.rank(&["runs.jsonl", "--load", "load.csv"]).assert().success();
    assert!(String::from_utf8_lossy(&assert.get_output().stdout).contains("In 1 function the runs cannot tell"));
}
