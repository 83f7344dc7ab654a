//! The report: one page that stands alone, whatever the runs are called.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

const RUNS: &str = r#"{"id":"<script>alert(1)</script>","memory_mb":[128,512,1024,1769,3008],"duration_ms":[8100,2020,1010,585,583],"num":50}
{"id":"second \"run\" & more","memory_mb":[128,512,1024,1769,3008],"duration_ms":[1702,1640,1625,1622,1624],"num":50}
"#;

fn report(folder: &Path, runs: &str, arguments: &[&str]) -> assert_cmd::assert::Assert {
    fs::write(folder.join("runs.jsonl"), runs).unwrap();
    let mut command = Command::cargo_bin("powercurve").unwrap();
    command.current_dir(folder).args(["report", "runs.jsonl"]).args(arguments).assert()
}

fn page(runs: &str, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    report(folder.path(), runs, &[&["-o", "report.html"], arguments].concat()).success().stdout("");
    fs::read_to_string(folder.path().join("report.html")).unwrap()
}

#[test]
fn a_report_stands_alone_and_names_are_only_text() {
    let page = page(RUNS, &["--title", "A <b>fleet</b>"]);
    assert!(page.contains("<h1>A &lt;b&gt;fleet&lt;/b&gt;</h1>"));
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("second &quot;run&quot; &amp; more")
    );
    assert!(!page.contains("<script") && !page.contains("<link") && !page.contains("<img"));
    // the name of the SVG format is the only address in it
    assert_eq!(page.matches("http").count(), page.matches("http://www.w3.org/2000/svg").count());
    assert!(!page.contains("url(") && !page.contains("@import"));
}

#[test]
fn every_run_has_its_part_and_several_have_an_index() {
    let both = page(RUNS, &[]);
    assert_eq!((both.matches("<section").count(), both.matches("<a href=\"#run-").count()), (2, 2));
    for heading in ["Pattern", "Where the time goes at 1 vCPU", "Why", "Which size", "What would help"] {
        assert_eq!(both.matches(&format!("<h3>{heading}</h3>")).count(), 2, "{heading}");
    }
    assert!(both.contains("<strong>cpu-bound</strong>") && both.contains("<strong>network-bound-api</strong>"));
    let one = page(RUNS.lines().next().unwrap(), &[]);
    assert_eq!((one.matches("<section").count(), one.matches("<a href").count()), (1, 0));
}

#[test]
fn what_helps_depends_on_what_the_function_does() {
    let runs: Vec<String> = RUNS.lines().map(|run| page(run, &["--invocations-per-month", "30e6"])).collect();
    let helps = |page: &str, lever: &str| {
        let (help, rest) = page.split_once("What would not help").unwrap();
        let help = help.split_once("<h3>What would help</h3>").unwrap().1;
        assert!(help.contains(lever) != rest.contains(&format!("<li>{lever}:")), "{lever} is on one side");
        help.contains(lever)
    };
    // at the same durations arm64 is cheaper, whatever the function does
    assert!(helps(&runs[1], "arm64") && helps(&runs[0], "arm64"));
    // a function that waits has nothing to transfer, one that computes has nothing to wait for
    assert!(!helps(&runs[1], "range-get") && !helps(&runs[0], "step-functions-wait"));
}

#[test]
fn the_bill_is_that_of_the_invocations_given() {
    let run = RUNS.lines().nth(1).unwrap();
    let bill = |per_month: &str| -> f64 {
        let page = page(run, &["--invocations-per-month", per_month]);
        let before = page.split_once(" a month before any change").unwrap().0;
        before.rsplit_once('$').unwrap().1.replace(',', "").parse().unwrap()
    };
    // 1.7 s at 128 MB, and the requests
    let million = 1e6 * (1.7 * 0.125 * 1.66667e-5 + 2e-7);
    for millions in [1.0, 10.0] {
        let usd = bill(&format!("{millions}e6"));
        assert!((usd / (millions * million) - 1.0).abs() < 0.02, "{millions} million: ${usd}");
    }
}

#[test]
fn a_theme_is_fixed_or_follows_the_reader() {
    assert!(page(RUNS, &[]).contains("prefers-color-scheme: dark"));
    assert!(!page(RUNS, &["--theme", "light"]).contains("prefers-color-scheme"));
}

#[test]
fn the_same_runs_give_the_same_bytes_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = |threads: &str| {
        fs::write(folder.path().join("runs.jsonl"), RUNS).unwrap();
        let mut command = Command::cargo_bin("powercurve").unwrap();
        command.current_dir(folder.path()).env("RAYON_NUM_THREADS", threads);
        command.args(["report", "runs.jsonl", "-o", "report.html"]).assert().success();
        fs::read(folder.path().join("report.html")).unwrap()
    };
    assert_eq!(bytes("1"), bytes("2"));
}

#[test]
fn bad_runs_are_named_and_the_others_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let runs = format!("{RUNS}{{\"id\":\"single\",\"memory_mb\":[128],\"duration_ms\":[5]}}\nnonsense\n");
    let rejected = report(folder.path(), &runs, &["-o", "report.html"]).code(3);
    rejected.stderr(contains("single: only one memory size").and(contains("runs.jsonl:4")));
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert_eq!(page.matches("<section").count(), 2);
}

#[test]
fn what_cannot_be_reported_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    report(folder.path(), RUNS, &["-o", "report.pdf"]).code(2).stderr(contains("expected one that ends in .html"));
    report(folder.path(), RUNS, &["-o", "none/report.html"]).code(2).stderr(contains("create the folder first"));
    report(folder.path(), RUNS, &["-o", "report.html", "--region", "mars"]).code(2).stderr(contains("mars"));
    report(folder.path(), "nonsense\n", &["-o", "report.html"]).code(2);
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "only the input");
}

#[test]
fn a_run_in_yuan_is_reported_and_drawn_in_yuan() {
    let run = r#"{"id":"beijing","currency":"CNY","memory_mb":[128,512,1024],"duration_ms":[8100,2020,1010],"cost_usd":[1.15e-4,1.15e-4,1.15e-4]}"#;
    let page = page(run, &[]);
    let sizes = page.split_once("<h3>Which size</h3>").unwrap().1.split_once("</table>").unwrap().0;
    assert!(sizes.contains("¥115.00") && !sizes.contains('$'), "{sizes}");
    let numbers = page.split_once("Measured and predicted durations").unwrap().1;
    assert!(numbers.contains('¥') && !numbers.contains('$'), "{numbers}");
    let svg = page.split_once("<svg").unwrap().1.split_once("</svg>").unwrap().0;
    assert!(svg.contains('¥') && !svg.contains('$'), "{svg}");

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("run.jsonl"), run).unwrap();
    let powercurve = |args: &[&str]| {
        let mut command = Command::cargo_bin("powercurve").unwrap();
        command.current_dir(folder.path()).args(args).assert().success()
    };
    powercurve(&["chart", "run.jsonl", "-o", "run.html"]);
    let chart = fs::read_to_string(folder.path().join("run.html")).unwrap();
    assert!(chart.contains("cost per million (¥)") && !chart.contains("($)"), "{chart}");
    powercurve(&["predict", "run.jsonl"]).stdout(contains('¥').and(contains('$').not()));
    powercurve(&["predict", "run.jsonl", "--format", "json"]).stdout(contains("\"currency\": \"CNY\""));
    powercurve(&["predict", "run.jsonl", "--region", "us-east-1"]).stdout(contains('$').and(contains('¥').not()));
}
