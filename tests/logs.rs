//! Promise: `powercurve logs` sums up logs of every form alike, and what it writes other commands read.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use flate2::Compression;
use flate2::write::GzEncoder;
use powercurve::ingest::{self, FunctionStatistics, parse_record};
use serde_json::{Value, json};

/// Memory size and duration of many invocations, more than are kept exact.
fn invocations() -> impl Iterator<Item = (usize, u32, f64)> {
    (0..2000).map(|i| {
        let mb = [128, 256, 1024][i % 3];
        // whole hundredths, as REPORT lines have them
        (i, mb, (100 * (mb as usize * 7919 % 1009) + i * 7919 % 10_007) as f64 / 100.0)
    })
}

fn id(i: usize) -> String {
    format!("3f6a2c1e-9b4d-4c8a-8f17-{i:012x}")
}

fn text((i, mb, ms): (usize, u32, f64)) -> String {
    let init = if i % 40 == 0 { "Init Duration: 150.25 ms\t" } else { "" };
    let status = if i % 100 == 1 { "Status: timeout" } else { "" };
    format!(
        "2024-05-01T10:00:00.000Z REPORT RequestId: {}\tDuration: {ms:.2} ms\tBilled Duration: {} ms\tMemory Size: {mb} MB\t\
         Max Memory Used: 64 MB\t{init}{status}\n",
        id(i),
        ms.ceil()
    )
}

fn event((i, mb, ms): (usize, u32, f64)) -> String {
    let mut metrics =
        json!({"durationMs": ms, "billedDurationMs": ms.ceil(), "memorySizeMB": mb, "maxMemoryUsedMB": 64});
    if i % 40 == 0 {
        metrics["initDurationMs"] = 150.25.into();
    }
    let status = if i % 100 == 1 { "timeout" } else { "success" };
    let record = json!({"requestId": id(i), "metrics": metrics, "status": status});
    format!("{}\n", json!({"time": "2024-05-01T10:00:00Z", "type": "platform.report", "record": record}))
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if name.ends_with(".gz") {
            let mut gz = GzEncoder::new(fs::File::create(&path).unwrap(), Compression::fast());
            gz.write_all(content.as_bytes()).unwrap();
            gz.finish().unwrap();
        } else {
            fs::write(&path, content).unwrap();
        }
        path
    }
}

fn statistics(paths: &[&Path]) -> Vec<FunctionStatistics> {
    let args: Vec<String> = paths.iter().map(|path| path.to_str().unwrap().to_owned()).collect();
    ingest::statistics(&args).into_iter().collect::<Result<_, _>>().unwrap()
}

fn powercurve(args: &[&str]) -> assert_cmd::assert::Assert {
    Command::cargo_bin("powercurve").unwrap().args(args).assert()
}

fn lines(args: &[&str]) -> Vec<Value> {
    let output = powercurve(args).success().get_output().stdout.clone();
    String::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn text_json_and_gzip_in_one_file_or_many_give_the_same() {
    let folder = Folder::new();
    let all: Vec<_> = invocations().collect();
    let join = |calls: &[(usize, u32, f64)], form: fn((usize, u32, f64)) -> String| -> String {
        calls.iter().copied().map(form).collect()
    };
    let whole = statistics(&[&folder.write("text/f.log", &join(&all, text))]);
    assert_eq!(whole[0].sizes.iter().map(|s| s.memory.mb()).collect::<Vec<_>>(), [128, 256, 1024]);
    assert!(whole[0].sizes.iter().all(|s| s.duration.unwrap().count > 600 && s.init.unwrap().mean_ms == 150.25));

    assert_eq!(statistics(&[&folder.write("json/f.log", &join(&all, event))]), whole);
    assert_eq!(statistics(&[&folder.write("gzip/f.log.gz", &join(&all, text))]), whole);
    let (first, rest) = all.split_at(700);
    let parts = [folder.write("parts/f.log.gz", &join(first, text)), folder.write("parts/f.json", &join(rest, event))];
    assert_eq!(statistics(&[&parts[0], &parts[1]]), whole, "two arguments");
    let streams = Folder::new();
    streams.write("f/0938233c-ff9e-4840-3c67-523f81633acf/2024-05-01-[$LATEST]4fa8/000000.gz", &join(first, text));
    streams.write("f/0938233c-ff9e-4840-3c67-523f81633acf/2024-05-01-[$LATEST]77b1/000000.gz", &join(rest, text));
    assert_eq!(statistics(&[&streams.0.path().join("f")]), whole, "the log streams of a folder");

    let backwards: Vec<_> = all.iter().rev().copied().collect();
    let backwards = statistics(&[&folder.write("backwards/f.log", &join(&backwards, text))]);
    for (a, b) in backwards[0].sizes.iter().zip(&whole[0].sizes) {
        let (a, b) = (a.duration.unwrap(), b.duration.unwrap());
        assert_eq!((a.p50_ms, a.p99_ms, a.trimmed_mean_ms), (b.p50_ms, b.p99_ms, b.trimmed_mean_ms));
    }
}

#[test]
fn records_are_read_by_every_command_and_keep_the_percentiles() {
    let folder = Folder::new();
    let log = folder.write("resize.log", &invocations().map(text).collect::<String>());
    let log = log.to_str().unwrap();
    let record = lines(&["logs", log, "--format", "record"]).remove(0);
    let run = parse_record(record.to_string().as_bytes()).unwrap();
    let expected = &statistics(&[Path::new(log)])[0];
    for (point, size) in run.curve.points().iter().zip(&expected.sizes) {
        let duration = size.duration.unwrap();
        assert_eq!((point.memory, point.duration.ms()), (size.memory, duration.mean_ms));
        let sample = point.sample;
        assert_eq!((sample.count, sample.sd_ms), (Some(duration.count), duration.sd_ms));
        assert_eq!(
            [sample.p50_ms, sample.p90_ms, sample.p95_ms, sample.p99_ms],
            [duration.p50_ms, duration.p90_ms, duration.p95_ms, duration.p99_ms].map(Some)
        );
    }
    let direct = lines(&["classify", log, "--format", "jsonl"]);
    for format in ["record", "csv"] {
        let output = powercurve(&["logs", log, "--format", format]).success().get_output().stdout.clone();
        let file = folder.write(format, &String::from_utf8(output).unwrap());
        let answers = lines(&["classify", file.to_str().unwrap(), "--format", "jsonl"]);
        assert_eq!(answers[0]["probabilities"], direct[0]["probabilities"], "{format}");
    }
}

#[test]
fn failures_are_kept_on_the_way_through_records_and_csv() {
    let folder = Folder::new();
    // of the calls at 128 MB one in ten, and all at 256 MB, run out of memory
    let call = |(i, mb, ms): (usize, u32, f64)| {
        let killed = mb == 256 || (mb == 128 && i % 10 == 0);
        let killed = if killed { "Status: error\tError Type: Runtime.OutOfMemory" } else { "" };
        text((i, mb, ms)).replace("Status: timeout", "").replace('\n', &format!("{killed}\n"))
    };
    let log = folder.write("api.log", &invocations().map(call).collect::<String>());
    let log = log.to_str().unwrap();
    let asks = |input: &str, args: &[&str]| {
        let output = powercurve(&[&[args[0], input], &args[1..]].concat());
        let output = output.get_output();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    for format in ["record", "csv"] {
        let output = powercurve(&["logs", log, "--format", format]).success().get_output().stdout.clone();
        let file = folder.write(format, &String::from_utf8(output).unwrap());
        let file = file.to_str().unwrap();
        for args in [
            &["check", "--current", "128", "--format", "json"][..],
            &["check", "--current", "256", "--format", "json"],
            &["recommend", "--format", "json"],
            &["rank", "--format", "json"],
        ] {
            assert_eq!(asks(file, args), asks(log, args), "{format}: {args:?}");
        }
        assert_eq!(asks(file, &["check", "--current", "128"]).0, Some(1), "{format}");
        let again = ingest::read(&[file.to_owned()]).next().unwrap().unwrap();
        assert_eq!(parse_record(powercurve::export::record(&again).as_bytes()).unwrap().warnings, again.warnings);
        assert_eq!(again.warnings, ingest::read(&[log.to_owned()]).next().unwrap().unwrap().warnings);
    }
}

/// A folder of logs whose lines do not name their function, two functions with two logs each.
fn two_functions(folder: &Folder, file: fn(&str, usize) -> String) -> String {
    for (function, offset) in [("resize", 0.0), ("orders", 100.0)] {
        for day in 1..=2 {
            let calls = invocations().skip(day * 50).take(30).map(|(i, mb, ms)| (i, mb, ms + offset));
            folder.write(&file(function, day), &calls.map(text).collect::<String>());
        }
    }
    folder.0.path().join("all").to_str().unwrap().to_owned()
}

#[test]
fn logs_in_different_folders_are_of_different_functions() {
    for (file, names) in [
        ((|f, day| format!("all/{f}/2024-05-0{day}.log")) as fn(&str, usize) -> String, ["orders", "resize"]),
        (|f, day| format!("all/{f}/app.{}", ["log", "txt"][day - 1]), ["orders/app", "resize/app"]),
        (
            |f, day| format!("all/{f}/0938233c-ff9e-4840-3c67-523f81633acf/2024-05-01-[$LATEST]{day}/000000.gz"),
            ["orders", "resize"],
        ),
    ] {
        let folder = Folder::new();
        let all = two_functions(&folder, file);
        let apart = [format!("{all}/resize"), format!("{all}/orders")];
        for args in [&[all][..], &apart] {
            let mut functions: Vec<_> = ingest::statistics(args).into_iter().map(Result::unwrap).collect();
            functions.sort_by(|a, b| a.function.cmp(&b.function));
            assert_eq!(functions.iter().map(|f| &f.function[..]).collect::<Vec<_>>(), names);
            let mut runs: Vec<_> = ingest::read(args).map(Result::unwrap).collect();
            runs.sort_by(|a, b| a.id.cmp(&b.id));
            assert_eq!(runs, functions.iter().map(|f| f.to_run().unwrap()).collect::<Vec<_>>());
        }
    }
}

#[test]
fn logs_named_one_by_one_count_together_as_those_of_their_folder() {
    let folder = Folder::new();
    let of_size = |size: u32| -> String {
        invocations().filter(|call| call.1 == size).map(text).map(|line| format!("/aws/lambda/resize {line}")).collect()
    };
    let files = [128, 256, 1024].map(|mb| folder.write(&format!("sizes/{mb}.log"), &of_size(mb)));
    let files = files.each_ref().map(|file| file.to_str().unwrap());
    let one_by_one = lines(&[&["classify"], &files[..], &["--format", "jsonl"]].concat());
    let together = lines(&["classify", folder.0.path().join("sizes").to_str().unwrap(), "--format", "jsonl"]);
    assert_eq!((one_by_one.len(), one_by_one), (1, together));
}

#[test]
fn files_of_an_export_without_an_invocation_are_passed_over_with_a_note() {
    let folder = Folder::new();
    folder.write("all/aws-logs-write-test", "Permission Check Successful");
    folder.write("all/empty.log", "");
    folder.write("all/init.log", "INIT_START Runtime Version: nodejs:20.v9\n");
    let log = folder.write("all/resize.log", &invocations().take(30).map(text).collect::<String>());
    let all = folder.0.path().join("all");
    let all = all.to_str().unwrap();
    for command in ["logs", "recommend"] {
        let stderr = powercurve(&[command, all]).success().get_output().stderr.clone();
        let stderr = String::from_utf8_lossy(&stderr);
        assert!(stderr.contains("warning: 3 files without an invocation or a run are passed over"), "{stderr}");
    }
    fs::remove_file(log).unwrap();
    for command in ["logs", "recommend"] {
        let stderr = powercurve(&[command, all]).code(2).get_output().stderr.clone();
        let stderr = String::from_utf8_lossy(&stderr);
        assert_eq!(stderr.matches("error: ").count(), 3, "nothing at all: {stderr}");
    }
}

#[test]
fn failures_and_incomplete_lines_are_told() {
    let folder = Folder::new();
    let log = format!(
        "{}{}/aws/lambda/lost REPORT RequestId: {}\tMemory Size: 128 MB\n/aws/lambda/lost {}",
        text((0, 128, 8.5)),
        text((1, 256, 3000.0)),
        id(2),
        text((3, 512, 2.0)),
    );
    let log = folder.write("f.log", &log);
    let log = log.to_str().unwrap();
    let assert = powercurve(&["logs", log, "--format", "jsonl"]).success();
    let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(stderr.starts_with("warning: lost: 1 REPORT lines lack"), "{stderr}");
    let rows = lines(&["logs", log, "--format", "jsonl"]);
    let told: Vec<_> = rows
        .iter()
        .map(|r| json!([r["function"], r["memory_mb"], r["count"], r["timeouts"], r["duration_ms"], r["cold_starts"]]))
        .collect();
    assert_eq!(
        told,
        [json!(["f", 128, 1, 0, 8.5, 1]), json!(["f", 256, 0, 1, null, 0]), json!(["lost", 512, 1, 0, 2.0, 0])]
    );
    let record = lines(&["logs", log, "--format", "record"]).remove(0);
    assert_eq!(
        json!([record["memory_mb"], record["duration_ms"], record["timeouts"]]),
        json!([[128, 256], [8.5, null], [0, 1]])
    );
}

#[test]
fn every_column_is_the_statistic_of_its_name() {
    let folder = Folder::new();
    // 40 cold starts of 100 to 139 ms, 3 timeouts, 2 that ran out of memory and another error
    let statuses = ["timeout", "timeout", "timeout", "oom", "oom", "error"];
    let line = |i: usize| {
        let (ms, init) = (20.25 + (i * i % 41) as f64, 100 + i % 40);
        let rest = match statuses.get(i) {
            Some(&"timeout") => "Status: timeout".to_owned(),
            Some(&"oom") => "Status: error\tError Type: Runtime.OutOfMemory".to_owned(),
            Some(_) => "Status: error\tError Type: Runtime.Unknown".to_owned(),
            None => format!("Init Duration: {init}.00 ms"),
        };
        let billed = ms.ceil() + init as f64;
        format!(
            "REPORT RequestId: {}\tDuration: {ms} ms\tBilled Duration: {billed} ms\tMemory Size: 128 MB\t\
             Max Memory Used: 64 MB\t{rest}\n",
            id(i)
        )
    };
    let log = folder.write("f.log", &(0..46).map(line).collect::<String>());
    let size = &statistics(&[&log])[0].sizes[0];
    let (duration, init) = (size.duration.unwrap(), size.init.unwrap());
    let row = lines(&["logs", log.to_str().unwrap(), "--format", "jsonl"]).remove(0);
    let columns = [
        ("count", 40.0),
        ("duration_ms", duration.mean_ms),
        ("trimmed_mean_ms", duration.trimmed_mean_ms),
        ("sd_ms", duration.sd_ms.unwrap()),
        ("p50_ms", duration.p50_ms),
        ("p90_ms", duration.p90_ms),
        ("p95_ms", duration.p95_ms),
        ("p99_ms", duration.p99_ms),
        ("max_memory_used_mb", 64.0),
        ("cold_starts", 40.0),
        ("init_ms", init.mean_ms),
        ("init_p90_ms", init.p90_ms),
        ("billed_ms", size.billed_ms.unwrap()),
        ("timeouts", 3.0),
        ("out_of_memory", 2.0),
        ("errors", 1.0),
    ];
    for (column, value) in columns {
        assert_eq!(row[column].as_f64(), Some(value), "{column} of {row}");
    }
    // that each column is another number
    let mut values: Vec<u64> = columns.iter().map(|(_, value)| value.to_bits()).collect();
    values.sort_unstable();
    values.dedup();
    assert_eq!(values.len(), columns.len() - 1, "only the two counts of 40 are equal: {row}");
}

#[test]
fn bad_input_is_named_and_takes_nothing_good_down() {
    let folder = Folder::new();
    let good = folder.write("good.log", &text((1, 128, 8.5)).replace("Status: timeout", ""));
    let record = folder.write("run.json", r#"{"memory_mb":[128],"duration_ms":[8.5]}"#);
    let cut = folder.write("cut.log.gz", &invocations().map(text).collect::<String>());
    let bytes = fs::read(&cut).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let [good, record, cut] = [&good, &record, &cut].map(|path| path.to_str().unwrap());

    let assert = powercurve(&["logs", good, record, cut, "no/such.log", "--format", "jsonl"]).code(3);
    let output = assert.get_output();
    let stderr = String::from_utf8_lossy(&output.stderr);
    for (place, reason) in [(record, "content is not a log"), (cut, "cannot read on"), ("no/such.log", "no such file")]
    {
        let error = stderr.lines().find(|line| line.starts_with(&format!("error: {place}: "))).unwrap_or_default();
        assert!(error.contains(reason), "{stderr}");
    }
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains(r#""function":"good","memory_mb":128,"count":1,"#), "{stdout}");

    for bad in [record, "no/such.log"] {
        let assert = powercurve(&["logs", bad]).code(2);
        assert!(assert.get_output().stdout.is_empty());
        assert!(String::from_utf8_lossy(&assert.get_output().stderr).contains("\n  help: "));
    }
}
