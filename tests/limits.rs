//! Promise: no input makes memory grow without bound or a loop run without end, one bad record of a hundred takes nothing with
//! it, and a reader that goes away ends the command quietly.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use powercurve::Workload;

fn powercurve() -> Command {
    Command::new(env!("CARGO_BIN_EXE_powercurve"))
}

fn output(args: &[&str]) -> Output {
    powercurve().args(args).output().unwrap()
}

/// Exit 2 with a message that has these words and a remedy.
fn refused(args: &[&str], words: &str) {
    let output = output(args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains(words), "expected '{words}' in: {stderr}");
    assert!(stderr.contains("help: ") || stderr.contains("try '--help'"), "no remedy: {stderr}");
}

#[test]
fn invocations_and_sizes() {
    refused(&["simulate", "thumbnail", "--invocations", "1000000000"], "1000000000 invocations a size: expected 1 to");
    refused(&["simulate", "thumbnail", "--invocations", "1000000000000"], "1000000000000");
    refused(&["simulate", "thumbnail", "--invocations", "0"], "expected 1 to");
    refused(&["simulate", "thumbnail", "--discard", "0.5"], "expected 0 to 0.4");
    let every_size_ten_times = ["128..10240:1"; 10].join(",");
    refused(&["simulate", "thumbnail", "--memory", &every_size_ten_times], "more than 10113 sizes");
    let a_list_of_60_kb = vec!["1024"; 12_000].join(",");
    refused(&["simulate", "thumbnail", "--exact", "--memory", &a_list_of_60_kb], "more than 10113 sizes");
    refused(&["predict", "datasets/examples/lpt-output.json", "--at", &every_size_ten_times], "more than 10113 sizes");
    refused(&["simulate", "thumbnail", "--memory", "4294967296"], "not a whole number of MB");
}

#[test]
fn numbers_of_options_at_their_extremes() {
    let run = "datasets/examples/lpt-output.json";
    for value in ["1e-300", "1e300", "1e-6", "86400000"] {
        for option in ["--cpu-ms", "--wait-ms", "--max-memory-used"] {
            let output = output(&["predict", run, option, value, "--format", "jsonl"]);
            let stderr = String::from_utf8_lossy(&output.stderr);
            // no size has so much memory
            let code = if option == "--max-memory-used" && matches!(value, "1e300" | "86400000") { 2 } else { 0 };
            assert_eq!(output.status.code(), Some(code), "{option} {value}: {stderr}");
        }
    }
    refused(&["predict", run, "--cpu-ms", "inf"], "expected a number above 0");
}

#[test]
fn workload_files() {
    let refused = |toml: &str, words: &str| {
        let error = Workload::from_toml(toml).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("\n  help: "), "{error}");
    };
    let billion = 1_000_000_000;
    refused(&format!("[cpu]\nparallel_ms = 5\nthreads = {billion}"), "cpu.threads = 1000000000 is out of range");
    refused(&format!("[[call]]\nlatency_ms = 5\ncount = {billion}"), "call[0].count = 1000000000");
    refused(&format!("[[transfer]]\nmegabytes = 5\nconnections = {billion}"), "transfer[0].connections = 1000000000");
    refused(&"[[call]]\nlatency_ms = 1\n".repeat(40_000), "number of [[call]] tables = 40000");
    refused(&"[[transfer]]\nmegabytes = 1\n".repeat(36_000), "number of [[transfer]] tables = 36000");
    refused(&format!("#{}\n[cpu]\nwork_ms = 5", "x".repeat(Workload::MAX_TOML_BYTES)), "expected at most 1048576");
    // the largest of everything that is accepted is simulated to an end
    let largest =
        "[cpu]\nwork_ms = 1000\nparallel_ms = 1000\nthreads = 1024\n[downstream]\ncapacity = 100000\nrequests = 10000\n\
                   service_ms = 0.001\nother_load_per_s = 1e6\nburst = 100000\nconcurrency = 10000\n"
            .to_owned()
            + &"[[call]]\nlatency_ms = 1\ncount = 100000\nmode = 'parallel'\ndistribution = 'gamma'\n".repeat(256);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("largest.toml");
    fs::write(&path, largest).unwrap();
    let output = output(&["simulate", path.to_str().unwrap(), "--invocations", "2", "--memory", "10240"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

const GOOD: &str = r#"{"memory_mb":[128,256,512],"duration_ms":[8.5,4.25,2.5],"id":"#;

/// Starts a command whose ends of the pipes are ours.
fn start(args: &[&str]) -> Child {
    powercurve().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn batch(folder: &Path, records: usize, bad: impl Fn(usize) -> Option<&'static str>) -> String {
    let mut text = String::new();
    for i in 0..records {
        match bad(i) {
            Some(line) => writeln!(text, "{line}").unwrap(),
            None => writeln!(text, "{GOOD}\"run-{i}\"}}").unwrap(),
        }
    }
    let path = folder.join("batch.jsonl");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn of_ten_thousand_records_the_bad_hundred_are_named() {
    const KINDS: [&str; 4] = [
        "{\"memory_mb\":[128,",
        r#"{"id":"zero","memory_mb":[128,256],"duration_ms":[0,1]}"#,
        r#"{"id":"small","memory_mb":[64,256],"duration_ms":[2,1]}"#,
        "not json",
    ];
    let folder = tempfile::tempdir().unwrap();
    let bad = |i: usize| i % 100 == 42;
    let path = batch(folder.path(), 10_000, |i| bad(i).then_some(KINDS[i / 100 % KINDS.len()]));
    let output = output(&["recommend", &path, "--format", "jsonl"]);
    assert_eq!(output.status.code(), Some(3));
    let answered: Vec<String> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_str().unwrap().to_owned())
        .collect();
    let expected: Vec<String> = (0..10_000).filter(|&i| !bad(i)).map(|i| format!("run-{i}")).collect();
    assert_eq!(answered, expected, "every good record, in order");
    let stderr = String::from_utf8(output.stderr).unwrap();
    for line in (0..10_000).filter(|&i| bad(i)).map(|i| i + 1) {
        assert!(stderr.contains(&format!("error: {path}:{line}: ")), "line {line} is not named");
    }
    assert_eq!(stderr.matches("error: ").count(), 100);
    assert_eq!(stderr.matches("\n  help: ").count(), 100);
}

#[test]
fn a_closed_pipe_ends_the_command_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let path = batch(folder.path(), 20_000, |_| None);
    let mut child = start(&["recommend", &path, "--format", "jsonl"]);
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with('{'), "{first}");
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn nobody_listens_to_the_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = batch(folder.path(), 20_000, |i| (i % 2 == 1).then_some("not json"));
    let mut child = start(&["recommend", &path, "--format", "jsonl"]);
    drop(child.stderr.take());
    let mut stdout = String::new();
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    assert_eq!((child.wait().unwrap().code(), stdout.lines().count()), (Some(3), 10_000));
}

/// Ctrl-C ends a command at once, and the file that it was to write is the old one.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_leaves_no_half_written_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("library.bin"), "old").unwrap();
    // a background job of a shell ignores interrupts, and what it starts does too
    let mut child = Command::new("env")
        .args(["--default-signal=INT", env!("CARGO_BIN_EXE_powercurve"), "train", "--runs", "1000000", "--out"])
        .arg(folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(child.try_wait().unwrap().is_none(), "a million runs are trained in half a second");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(files, ["library.bin"]);
    assert_eq!(fs::read(folder.path().join("library.bin")).unwrap(), b"old");
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_removes_what_was_written_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let files = || fs::read_dir(folder.path()).unwrap().count();
    let mut child = Command::new("env")
        .args(["--default-signal=INT", env!("CARGO_BIN_EXE_powercurve"), "generate", "--count", "10000000", "-o"])
        .arg(folder.path().join("runs.csv"))
        .spawn()
        .unwrap();
    while files() == 0 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(files(), 0);
}

/// A full disk, or what looks like one.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_not_a_half_answer() {
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = powercurve().args(["simulate", "thumbnail"]).stdout(full()).stderr(Stdio::piped()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("cannot write to standard output"), "{stderr}");
    refused(&["chart", "thumbnail", "-o", "/proc/none/a.svg"], "cannot write the file");
    refused(&["fit", "datasets/examples/lpt-output.json", "-o", "/proc/none/a.toml"], "cannot write the file");
    refused(&["train", "--out", "/proc/none/model"], "cannot make the folder");
    refused(&["learn", "--export", "/proc/none/page"], "cannot make the folder");
}
