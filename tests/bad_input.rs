//! Promise: bad input gives an error with its place, the reason and a remedy, and takes nothing
//! good down with it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use powercurve::ingest;
use powercurve::{Error, Result, Run};
use proptest::prelude::*;

const GOOD: &str = r#"{"id":"good","memory_mb":[128,256],"duration_ms":[8.5,4.25]}"#;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

fn read(path: &Path) -> Vec<Result<Run>> {
    ingest::read(&[path.to_str().unwrap().to_owned()]).collect()
}

/// What is read from a file with this content.
fn content(content: impl AsRef<[u8]>) -> Vec<Result<Run>> {
    read(&Folder::new().write("input.txt", content))
}

fn errors(runs: &[Result<Run>]) -> Vec<&Error> {
    runs.iter().filter_map(|run| run.as_ref().err()).collect()
}

fn ids(runs: &[Result<Run>]) -> Vec<&str> {
    runs.iter().flatten().map(|run| run.id.as_str()).collect()
}

/// The content is one error that names its place, says `reason` and offers a remedy.
fn rejected(text: impl AsRef<[u8]>, reason: &str) {
    let shown = String::from_utf8_lossy(&text.as_ref()[..text.as_ref().len().min(80)]).into_owned();
    let runs = content(text);
    assert_eq!(runs.len(), 1, "{shown}: {runs:?}");
    let error = runs[0].as_ref().expect_err(&shown);
    let text = error.to_string();
    assert!(text.contains(reason), "{shown}: expected '{reason}' in: {text}");
    assert!(text.contains("\n  help: "), "{shown}: no remedy: {text}");
    assert!(error.place().first().is_some_and(|place| place.contains("input.txt")), "{shown}: no place: {text}");
}

fn record(rest: &str) -> String {
    format!(r#"{{"id":"a",{rest}}}"#)
}

#[test]
fn empty_and_foreign_files() {
    rejected("", "empty");
    rejected(" \n\t\r\n", "empty");
    rejected("\u{feff}", "empty");
    rejected("hello", "not recognised");
    rejected("<html><body>404</body></html>", "not recognised");
    rejected("[]", "list is empty");
    rejected("42\n", "not recognised");
    rejected([0u8, 159, 146, 150, 7, 0], "binary");
    rejected((0..=255u8).cycle().filter(|&b| b != 0).take(5000).collect::<Vec<_>>(), "not recognised");
    rejected("PAR1\0\0\0", "binary");
}

#[test]
fn a_bad_first_line_is_rejected_like_a_bad_later_one() {
    for first in [r#"{"id":"a","memory_mb":[128,"#, "{\"id\":", "oops", "# exported on Monday"] {
        let runs = content(format!("{first}\n{GOOD}\n"));
        assert_eq!(ids(&runs), ["good"], "{first}: {runs:?}");
        let errors = errors(&runs);
        assert_eq!(errors.len(), 1, "{first}: {errors:?}");
        assert!(errors[0].place()[0].ends_with("input.txt:1"), "{first}: {:?}", errors[0].place());
    }
}

#[test]
fn other_encodings() {
    let utf16 = |order: fn(u16) -> [u8; 2]| {
        std::iter::once(0xfeff).chain(GOOD.encode_utf16()).flat_map(order).collect::<Vec<u8>>()
    };
    rejected(utf16(u16::to_le_bytes), "UTF-16");
    rejected(utf16(u16::to_be_bytes), "UTF-16");
    assert_eq!(
        ids(&content(format!("\u{feff}{GOOD}\r\n{GOOD}\r\n"))),
        ["good", "good"],
        "a byte-order mark and CRLF are fine"
    );
    rejected(b"{\"id\":\"\xff\xfe\",\"memory_mb\":[128],\"duration_ms\":[1]}", "invalid unicode");
}

#[test]
fn visualization_urls() {
    let url = |hash: &str| format!("https://lambda-power-tuning.show/#{hash}\n");
    rejected(url("gAAAAQ==;mpkBQZqZkUA="), "2 parts");
    rejected(url("gAAAAQ==;mpkBQZqZkUA=;J6OQMSej"), "6 bytes");
    rejected(url("gAAAAQ==;mpkBQZqZk;J6OQMSejEDI="), "base64");
    rejected(url("gAAAAQ==;mpkBQQ==;J6OQMSejEDI="), "as many of each");
    rejected(url("IE4AAQ==;mpkBQZqZkUA=;J6OQMSejEDI="), "20000 MB");
    rejected(url("gAAAAQ==;AAAAAJqZkUA=;J6OQMSejEDI="), "duration 0 ms");
    rejected(url("gAAAAQ==;AADAf5qZkUA=;J6OQMSejEDI="), "duration NaN ms");
    rejected(url("gAAAAQ==;AACAf5qZkUA=;J6OQMSejEDI="), "duration inf ms");
}

#[test]
fn records() {
    for (rest, reason) in [
        (r#""memory_mb":[128],"duration_ms":[0]"#, "duration 0 ms"),
        (r#""memory_mb":[128],"duration_ms":[-5]"#, "duration -5 ms"),
        (r#""memory_mb":[128],"duration_ms":[NaN]"#, "expected value"),
        (r#""memory_mb":[128],"duration_ms":[1e999]"#, "number out of range"),
        (r#""memory_mb":[128],"duration_ms":["5"]"#, "duration_ms: found the text \"5\": expected a number"),
        (r#""memory_mb":[128],"duration_ms":[90000000]"#, "24 hours"),
        (r#""memory_mb":[20000],"duration_ms":[5]"#, "20000 MB"),
        (r#""memory_mb":[128.5],"duration_ms":[5]"#, "whole number"),
        (r#""memory_mb":[-128],"duration_ms":[5]"#, "-128"),
        (r#""memory_mb":[null],"duration_ms":[5]"#, "null"),
        (r#""memory_mb":[128,256],"duration_ms":[5]"#, "duration_ms has 1 values and memory_mb has 2"),
        (r#""memory_mb":[128],"duration_ms":[5],"cost_usd":[1,2]"#, "cost_usd has 2 values"),
        (r#""memory_mb":[128],"duration_ms":[5],"cost_usd":[-1]"#, "cost -1"),
        (r#""memory_mb":[],"duration_ms":[]"#, "no measured size"),
        (r#""memory_mb":[128],"duration_ms":[null]"#, "no measured size"),
        (r#""memory_mb":[128]"#, "no duration_ms"),
        (r#""memory_mb":128,"duration_ms":5"#, "memory_mb: found 128: expected a list"),
        (r#""memory_mb":[128],"duration_ms":[5],"arch":"mips""#, "architecture 'mips'"),
        (r#""memory_mb":[128],"duration_ms":[5],"accept":["fast"]"#, "pattern 'fast'"),
        (r#""memory_mb":[128],"duration_ms":[5],"num":-1"#, "num -1 is not usable: expected a whole number"),
        (r#""memory_mb":[128],"duration_ms":[5],"count":[1.5]"#, "count 1.5"),
    ] {
        rejected(record(rest), reason);
    }
    let whole = content(record(r#""memory_mb":[128],"duration_ms":[5],"num":10.0,"billing_ms":1.0"#));
    assert_eq!(whole[0].as_ref().map(|run| (run.invocations, run.billing_ms)), Ok((Some(10), Some(1))));
    rejected(
        record(r#""memory_mb":[128],"duration_ms":[null],"timeouts":[5]"#),
        "5 of 5 invocations at 128 MB timed out",
    );
    rejected(record(r#""memory_mb":[128],"duration_ms":[5],"timeouts":[1,2]"#), "timeouts has 2 values");
    let many = vec!["128"; 10_114].join(",");
    rejected(record(&format!(r#""memory_mb":[{many}],"duration_ms":[{many}]"#)), "at most 10113");
    assert_eq!(ids(&content(record(r#""memory_mb":[128],"duration_ms":[5]"#))), ["a"], "a single size is a curve");
}

#[test]
fn json_that_is_cut_off_or_too_deep() {
    rejected(&GOOD[..40], "cut off");
    rejected(format!("{{\n{}", &GOOD[1..40]), "cut off");
    for opening in ["[", "{\"a\":", "[{\"a\":["] {
        let runs = content(opening.repeat(1_000_000));
        assert_eq!((runs.len(), errors(&runs).len()), (1, 1));
    }
    let deep = format!("{}{GOOD}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(errors(&content(deep)).len(), 1);
    let extra = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    rejected(record(&format!(r#""memory_mb":[128],"duration_ms":[5],"x":{extra}"#)), "recursion limit");
    let quoted = (0..12).fold(GOOD.to_owned(), |json, _| serde_json::to_string(&json).unwrap());
    assert_eq!(errors(&content(quoted)).len(), 1, "records are not looked for in strings");
}

#[test]
fn csv() {
    rejected("memory,duration\n", "no rows");
    rejected("memory,duration\n64,5\n", "line 2: memory size 64 MB");
    rejected("memory,duration\n128,NaN\n", "duration NaN ms");
    rejected("memory,duration\n128,inf\n", "duration inf ms");
    rejected("memory,cost\n128,5\n", "none of the columns memory, cost is the duration");
    let runs = content("memory,duration\n128,5\n\"256,5\n");
    assert_eq!((ids(&runs), errors(&runs).len()), (vec!["input"], 1), "an open quote spoils one row: {runs:?}");
}

#[test]
fn good_records_of_a_batch_are_read_and_bad_ones_named_by_line() {
    let lines = [GOOD, "{\"id\":\"cut", GOOD, "", "nonsense", &record(r#""memory_mb":[64],"duration_ms":[5]"#), GOOD];
    let folder = Folder::new();
    let path = folder.write("batch.jsonl", lines.join("\r\n"));
    let runs = read(&path);
    assert_eq!(ids(&runs), ["good"; 3]);
    let places: Vec<&str> = errors(&runs).iter().map(|e| e.place()[0].as_str()).collect();
    let place = |line| format!("{}:{line}", path.display());
    assert_eq!(places, [place(2), place(5), place(6)]);
    let first_is_bad = folder.write("first.jsonl", format!("{{\"id\":\"cut\n{GOOD}\n{GOOD}"));
    assert_eq!(ids(&read(&first_is_bad)), ["good"; 2]);
}

#[test]
fn one_bad_file_of_several_is_named() {
    let folder = Folder::new();
    folder.write("a.json", GOOD);
    folder.write("b.json", "{}");
    folder.write("c.json", GOOD);
    let args = [folder.0.path().to_str().unwrap().to_owned(), "no/such/file".to_owned()];
    let runs: Vec<_> = ingest::read(&args).collect();
    assert_eq!(ids(&runs), ["good"; 2]);
    let texts: Vec<String> = errors(&runs).iter().map(ToString::to_string).collect();
    assert!(texts[0].contains("b.json") && texts[0].contains("SUCCEEDED"), "{texts:?}");
    assert!(texts[1].starts_with("no/such/file: no such file"), "{texts:?}");
}

#[test]
fn a_line_of_100_mb_is_rejected_and_the_rest_read() {
    let folder = Folder::new();
    let path = folder.write("long.jsonl", GOOD);
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    write!(file, "\n{{\"memory_mb\":[").unwrap();
    for _ in 0..100 {
        file.write_all(&vec![b'1'; 1 << 20]).unwrap();
    }
    write!(file, "\n{GOOD}\n").unwrap();
    let runs = read(&path);
    assert_eq!(ids(&runs), ["good"; 2]);
    assert!(errors(&runs)[0].to_string().contains("line 2: line is longer than 16 MiB"));
}

fn gzip(parts: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    parts.for_each(|part| gz.write_all(&part).unwrap());
    gz.finish().unwrap()
}

#[test]
fn gzip_bombs_and_damaged_gzip() {
    let bomb = |start: &str, filling: u8| {
        gzip(std::iter::once(start.as_bytes().to_vec()).chain((0..40).map(move |_| vec![filling; 1 << 20])))
    };
    rejected(bomb("", b'x'), "16 MiB");
    rejected(bomb("{\n", b' '), "16 MiB");
    rejected(bomb("memory,duration\n\"", b'x'), "16 MiB");
    rejected(bomb("", 0), "binary");
    let packed = gzip(std::iter::once(GOOD.as_bytes().to_vec()));
    assert_eq!(ids(&content(&packed)), ["good"]);
    rejected(&packed[..packed.len() - 12], "cut off");
}

proptest! {
    #[test]
    fn no_text_panics(text in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = content(text);
    }

    #[test]
    fn no_damage_to_a_good_file_panics(
        which in 0usize..5, at in any::<prop::sample::Index>(), length in 0usize..6, with in prop::collection::vec(any::<u8>(), 0..6),
    ) {
        let url = "https://lambda-power-tuning.show/#gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI=";
        let report = "START RequestId: x\nREPORT RequestId: 3f6a2c1e-9b4d-4c8a-8f17-5d2e6b7a9c01\tDuration: 1.00 ms\tMemory Size: 128 MB\n";
        let files = [
            GOOD.to_owned(),
            format!(r#"{{"power":256,"cost":8e-9,"duration":4.55,"stateMachine":{{"visualization":"{url}"}},"stats":[{{"value":128,"averageDuration":5}}]}}"#),
            url.to_owned(),
            "function,memory,duration\na,128,5\na,256,2.5\n".to_owned(),
            format!("{report}{{\"type\":\"platform.report\",\"record\":{{\"metrics\":{{\"durationMs\":1,\"memorySizeMB\":128}}}}}}\n"),
        ];
        let mut bytes = files[which].clone().into_bytes();
        let from = at.index(bytes.len());
        bytes.splice(from..(from + length).min(bytes.len()), with);
        let _ = content(bytes);
    }
}
