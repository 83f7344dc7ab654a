//! Promise: a RUN argument is recognised by its content, whatever the file is called.

use std::fs;
use std::io::Write;
use std::path::Path;

use assert_cmd::Command;
use flate2::Compression;
use flate2::write::GzEncoder;
use powercurve::{Run, ingest};
use serde_json::json;

const URL: &str = "https://lambda-power-tuning.show/#gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI=";

/// Sizes and durations that all forms below hold.
const CURVE: [(u32, f64); 2] = [(128, 8.1), (256, 4.55)];

fn pairs(run: &Run) -> Vec<(u32, f64)> {
    run.curve.points().iter().map(|p| (p.memory.mb(), p.duration.ms())).collect()
}

fn read(path: &Path) -> Vec<Run> {
    ingest::read(&[path.to_str().unwrap().to_owned()]).collect::<Result<_, _>>().unwrap()
}

fn report(n: u32, mb: u32, ms: f64) -> String {
    format!(
        "REPORT RequestId: 3f6a2c1e-9b4d-4c8a-8f17-{n:012x}\tDuration: {ms:.2} ms\tBilled Duration: {} ms\tMemory Size: {mb} MB\tMax Memory Used: 64 MB\t",
        ms.ceil()
    )
}

fn forms() -> Vec<String> {
    let flat = json!({
        "power": "256", "cost": 8.419e-9, "duration": 4.55,
        "stateMachine": {"executionCost": 0.0003, "lambdaCost": 0.0005, "visualization": URL},
    });
    let mut with_stats = flat.clone();
    with_stats["stats"] = json!([
        {"value": 256, "averagePrice": 8.419e-9, "averageDuration": 4.55},
        {"value": 128, "averagePrice": 4.2095e-9, "averageDuration": 8.1},
    ]);
    let record = json!({"id": "data", "memory_mb": [256, 128], "duration_ms": [4.55, 8.1]});
    let execution = json!({"executionArn": "arn", "status": "SUCCEEDED", "output": flat.to_string()});
    let history = json!({"events": [
        {"id": 1, "type": "ExecutionStarted", "executionStartedEventDetails": {"input": "{\"num\": 10}"}},
        {"id": 2, "type": "TaskSucceeded", "taskSucceededEventDetails": {"output": with_stats["stats"][0].to_string()}},
        {"id": 3, "type": "ExecutionSucceeded", "executionSucceededEventDetails": {"output": with_stats.to_string()}},
    ]});
    let values = [
        json!({"results": flat}),
        flat,
        json!({"results": with_stats}),
        with_stats.clone(),
        with_stats["stats"].clone(),
        execution,
        history,
        json!([record]),
        record,
        json!(URL),
    ];
    let mut forms: Vec<String> = values.iter().map(ToString::to_string).collect();
    forms.extend(values.iter().map(|value| serde_json::to_string_pretty(value).unwrap()));
    forms.push(format!("The chart is at <{URL}>.\n"));
    forms.push(URL.split_once('#').unwrap().1.to_owned());
    forms.push("memory,duration\n128,8.1\n256,4.55\n".to_owned());
    forms.push("Power;Average Duration (s)\n256;0,00455\n128;0,0081\n".to_owned());
    forms.push(format!("{}\n{}\n", report(1, 128, 8.1), report(2, 256, 4.55)));
    forms
}

/// A broken or empty file among results is named, as a log stream without an invocation is not.
#[test]
fn a_broken_result_in_a_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy("datasets/examples/lpt-output.json", folder.path().join("good.json")).unwrap();
    for broken in ["", "An error occurred (ExecutionDoesNotExist)"] {
        std::fs::write(folder.path().join("broken.json"), broken).unwrap();
        let mut command = assert_cmd::Command::cargo_bin("powercurve").unwrap();
        let assert = command.args(["classify", "--format", "csv"]).arg(folder.path()).assert().code(3);
        assert!(String::from_utf8_lossy(&assert.get_output().stderr).contains("broken.json"));
    }
}

#[test]
fn forms_are_recognised_under_any_name_packed_or_not() {
    let folder = tempfile::tempdir().unwrap();
    for (i, form) in forms().into_iter().enumerate() {
        for name in ["data", "data.json", "data.csv", "data.log.gz"] {
            let path = folder.path().join(name);
            let content = if i % 2 == 0 { form.clone() } else { format!("\u{feff}{}", form.replace('\n', "\r\n")) };
            if name.ends_with(".gz") {
                let mut gz = GzEncoder::new(fs::File::create(&path).unwrap(), Compression::fast());
                gz.write_all(content.as_bytes()).unwrap();
                gz.finish().unwrap();
            } else {
                fs::write(&path, content).unwrap();
            }
            let runs = read(&path);
            assert_eq!((runs.len(), runs[0].curve.len()), (1, CURVE.len()), "{form}");
            for ((mb, ms), (expected_mb, expected_ms)) in pairs(&runs[0]).into_iter().zip(CURVE) {
                assert_eq!(mb, expected_mb, "{form}");
                assert!((ms - expected_ms).abs() < 1e-9, "{form}: {ms}");
            }
            assert!(runs[0].id.starts_with("data"), "{form}: {}", runs[0].id);
        }
    }
}

#[test]
fn log_streams_of_a_folder_are_one_run_and_come_after_the_other_files() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("resize");
    for (stream, line) in [("a", report(1, 128, 8.0)), ("b", report(2, 128, 10.0)), ("c", report(3, 256, 4.5))] {
        let stream = root.join(format!("2024-05-01-[$LATEST]{stream}"));
        fs::create_dir_all(&stream).unwrap();
        fs::write(stream.join("000000"), format!("2024-05-01T10:00:00.000Z {line}\n")).unwrap();
    }
    fs::write(root.join("other.txt"), URL).unwrap();
    let runs = read(&root);
    assert_eq!(runs.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["other", "resize"]);
    assert_eq!(pairs(&runs[1]), [(128, 9.0), (256, 4.5)]);
}

#[test]
fn parsing_is_apart_from_reading_and_gives_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let lines: String = (0..50)
        .map(|i| format!("{}\n", json!({"id": i.to_string(), "memory_mb": [128], "duration_ms": [i]})))
        .collect();
    let path = folder.path().join("runs.jsonl");
    fs::write(&path, lines).unwrap();
    let args = [path.to_str().unwrap().to_owned()];
    let read: Vec<_> = ingest::read(&args).collect();
    assert!(read[0].is_err() && read[1..].iter().all(Result::is_ok), "a duration of 0 is rejected");
    let raw: Vec<_> = ingest::raw(&args).map(Result::unwrap).collect();
    let parsed: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = raw.into_iter().map(|raw| scope.spawn(|| raw.parse())).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(read, parsed);
}

#[test]
fn runs_of_files_with_one_name_have_ids_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, ms: f64| {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let run =
            json!({"memory_mb": [512, 1024, 1769, 3008], "duration_ms": [4.0 * ms, 2.0 * ms, 1.2 * ms, ms], "num": 50});
        fs::write(&path, run.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let old = [write("old/resize/results.json", 100.0), write("old/orders/results.json", 500.0)];
    let new = [write("new/resize/results.json", 100.0), write("new/orders/results.json", 500.0)];
    let [old_folder, new_folder] = ["old", "new"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    let ids = |args: &[String]| -> Vec<String> { ingest::read(args).map(|run| run.unwrap().id).collect() };
    assert_eq!(ids(std::slice::from_ref(&new_folder)), ["orders/results", "resize/results"]);
    assert_eq!(ids(&new), ["resize/results", "orders/results"]);
    assert_eq!(ids(&[old[0].clone(), new[0].clone()]), ["old/resize/results", "new/resize/results"]);
    assert_eq!(ids(&new[..1]), ["results"], "one alone needs no more");

    let powercurve = |args: &[&str]| Command::cargo_bin("powercurve").unwrap().args(args).output().unwrap();
    let checked =
        powercurve(&["check", &new_folder, "--current", "3008", "--tolerance", "1000%", "--baseline", &old_folder]);
    let stderr = String::from_utf8_lossy(&checked.stderr);
    assert_eq!((checked.status.code(), &*stderr), (Some(0), ""), "each is compared with its own");

    let twice = folder.path().join("twice.jsonl");
    let run = json!({"id": "a", "memory_mb": [512, 1024], "duration_ms": [4, 2]});
    fs::write(&twice, format!("{run}\n{run}\n")).unwrap();
    let svg = folder.path().join("a.svg");
    let chart = powercurve(&["chart", twice.to_str().unwrap(), "--id", "a", "--output", svg.to_str().unwrap()]);
    let stderr = String::from_utf8_lossy(&chart.stderr);
    assert!(chart.status.code() == Some(2) && stderr.contains("2 runs have the id 'a': expected one"), "{stderr}");
}

#[test]
fn urls_of_one_line_have_ids_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chat.txt");
    let text = format!("before {URL} after {URL}\n{URL}\n");
    fs::write(&path, &text).unwrap();
    let ids: Vec<String> = read(&path).into_iter().map(|run| run.id).collect();
    assert_eq!(ids, ["chat", "chat:1:2", "chat:2"]);
    let pasted: Vec<String> = ingest::read_text("pasted", &text).into_iter().map(|run| run.unwrap().id).collect();
    assert_eq!(pasted, ["pasted", "pasted:2", "pasted:3"]);
}

#[test]
fn a_workload_is_not_a_run() {
    let error = ingest::read(&["datasets/presets/thumbnail.toml".to_owned()]).next().unwrap().unwrap_err().to_string();
    assert!(error.contains("a workload: expected recorded runs") && error.contains("`powercurve simulate`"), "{error}");
}
