//! What an input is, by its content.

use memchr::memmem;
use serde::de::IgnoredAny;

use super::lines::Lines;
use super::report::{PLATFORM_REPORT, REPORT};
use super::{csv, json, url};
use crate::error::{Error, Result};

/// The forms of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Run records and power-tuning outputs, one JSON value a line.
    JsonLines,
    /// The same, spread over lines.
    JsonDocument,
    /// Rows of memory size and duration, with this delimiter.
    Csv(u8),
    /// Visualization URLs in text.
    Urls,
    /// A log with invocations in this form.
    Log(LogForm),
}

/// The forms of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogForm {
    /// Event by line.
    Lines,
    /// JSON that is spread over lines.
    Document,
    /// Lines in the rows of a CSV file.
    Rows,
}

/// What an input is.
///
/// # Errors
/// When it is binary, or a table whose columns are not known.
pub(super) fn format(lines: &mut Lines) -> Result<Format> {
    let head = lines.head();
    let format = format_of(head, is_log(head));
    // in a log any JSON may stand above the first invocation
    let is_doubtful = matches!(format, Ok(Format::JsonLines | Format::JsonDocument)) && !holds_run(head);
    if !is_doubtful || !is_log(lines.long_head()) {
        return format;
    }
    format_of(lines.head(), true)
}

fn is_log(text: &[u8]) -> bool {
    [REPORT, PLATFORM_REPORT].iter().any(|mark| memmem::find(text, mark).is_some())
}

/// Whether one of the whole lines is a run.
fn holds_run(head: &[u8]) -> bool {
    let lines = head.split_inclusive(|&b| b == b'\n').filter(|line| line.ends_with(b"\n"));
    lines.filter(|line| line.starts_with(b"{")).any(|line| json::runs(line, "").iter().any(Result::is_ok))
}

/// What an input is that begins like this, and `is_log` where it has invocations of a log.
fn format_of(head: &[u8], is_log: bool) -> Result<Format> {
    if head.contains(&0) {
        return Err(Error::new("content is binary: expected text in UTF-8")
            .help("give the text itself, plain or packed with gzip; zip and parquet files are not read"));
    }
    // the last line of the head may be cut off in the middle of a character
    let head = &String::from_utf8_lossy(head);
    let mut lines = head.lines().filter(|line| !line.trim().is_empty());
    let top = lines.next().unwrap_or_default().trim();
    // tables may begin with comments
    let header = lines.clone().find(|line| top.starts_with('#') && !line.starts_with('#'));
    let first = header.filter(|line| csv::delimiter(line).is_some()).unwrap_or(top);
    let second = lines.next().unwrap_or_default();

    let is_json = opens_json(first);
    let holds_messages = first.split(',').any(|name| name.trim_matches('"') == "@message");
    // the name of a function may hold anything, a log too
    let delimiter = csv::delimiter(first);
    if let Some(delimiter) = delimiter.filter(|_| !is_json && (!is_log || !holds_messages)) {
        return Ok(Format::Csv(delimiter));
    }
    if holds_messages && !is_json {
        return Ok(Format::Log(LogForm::Rows));
    }
    // a line that is no JSON must not hide that those below it are records
    if !is_log && !is_json && lone_objects(head).any(holds_curves) {
        return Ok(Format::JsonLines);
    }
    if is_json || first.starts_with('"') || first == "null" {
        let alone = !head.trim_start().contains('\n');
        let lines = alone || one_value_a_line(first, second) || lone_objects(head).next().is_some();
        if !is_log || lists_sizes(head.as_bytes()) {
            let is_other_log = lines && first.starts_with('{') && !second.is_empty() && !holds_curves(head);
            return Ok(match lines {
                true if is_other_log => Format::Log(LogForm::Lines),
                true => Format::JsonLines,
                false => Format::JsonDocument,
            });
        }
        if is_json {
            return Ok(if lines { Format::Log(LogForm::Lines) } else { Format::Log(LogForm::Document) });
        }
    }
    Ok(match () {
        () if !is_log && url::find(head).next().is_some() => Format::Urls,
        () if is_log => Format::Log(LogForm::Lines),
        () => return csv::unknown_columns(first, second).map_or(Ok(Format::Log(LogForm::Lines)), Err),
    })
}

/// Whether a line opens a JSON object, or a list of objects, lists or strings; `[INFO]` opens a log.
fn opens_json(line: &str) -> bool {
    let list = |rest: &str| rest.is_empty() || rest.starts_with(['{', '[', '"', ']']);
    line.starts_with('{') || line.strip_prefix('[').is_some_and(|rest| list(rest.trim_start()))
}

/// Whether every line is a JSON value of its own, judged by the first two.
fn one_value_a_line(first: &str, second: &str) -> bool {
    let opens = first.ends_with(['{', '[', ',', ':']);
    // a damaged first line must not hide that the next one is a record of its own
    let next_is_value = second.starts_with('{') && !opens;
    next_is_value || serde_json::from_str::<IgnoredAny>(first).is_ok()
}

/// The lines below the first that are JSON objects of their own: within a document that is spread over lines a comma or a
/// closing bracket follows.
fn lone_objects(head: &str) -> impl Iterator<Item = &str> {
    let lines = || head.lines().filter(|line| !line.trim().is_empty());
    let is_document = matches!(lines().next().map(str::trim), Some("{" | "["));
    let next = lines().skip(2).map(Some).chain([None]);
    let pairs = lines().skip(1).zip(next).filter(move |_| !is_document);
    let followed = |next: Option<&str>| next.is_some_and(|n| n.trim_start().starts_with([',', ']', '}']));
    let alone = pairs.filter(move |(line, next)| line.starts_with('{') && !followed(*next)).map(|(line, _)| line);
    alone.filter(|line| serde_json::from_str::<IgnoredAny>(line).is_ok())
}

/// Whether JSON has the list of sizes that every run record has; a log may have a number of that name.
fn lists_sizes(json: &[u8]) -> bool {
    const KEY: &[u8] = b"\"memory_mb\"";
    memmem::find_iter(json, KEY).any(|at| {
        let value = json[at + KEY.len()..].trim_ascii_start();
        value.strip_prefix(b":").is_some_and(|list| list.trim_ascii_start().starts_with(b"["))
    })
}

/// Whether JSON mentions what run records or power-tuning outputs are made of; lines of a log may
/// be JSON of any other kind.
fn holds_curves(head: &str) -> bool {
    const KEYS: [&str; 6] =
        ["\"memory_mb\"", "averageDuration", "stateMachine", "\"power", "\"output\"", "\"results\""];
    KEYS.iter().any(|key| head.contains(key)) || head.trim_start().starts_with("{}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://lambda-power-tuning.show/#gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI=";
    fn of(text: &str) -> Result<Format> {
        format(&mut Lines::open(Box::new(std::io::Cursor::new(text.to_owned()))).unwrap())
    }

    const REPORT_LINE: &str = "REPORT RequestId: x\tDuration: 1.00 ms\tMemory Size: 128 MB";

    #[test]
    fn every_form_is_told_by_its_beginning() {
        let cases = [
            (r#"{"id": "a", "memory_mb": [128], "duration_ms": [1]}"#.to_owned(), Format::JsonLines),
            ("\n\n{\"memory_mb\": [128], \"duration_ms\": [1]}\n{\"memory_mb\"".to_owned(), Format::JsonLines),
            ("{\"id\": \"cut\n{\"memory_mb\": [128], \"duration_ms\": [1]}".to_owned(), Format::JsonLines),
            ("{\"memory_mb\": [128,\n{\"memory_mb\": [128], \"duration_ms\": [1]}\n".to_owned(), Format::JsonLines),
            ("{\"memory_mb\": [128,\noops\n{\"memory_mb\": [128], \"duration_ms\": [1]}".to_owned(), Format::JsonLines),
            ("# runs\n{\"memory_mb\": [128], \"duration_ms\": [1]}\n{\"memory_mb\"".to_owned(), Format::JsonLines),
            ("oops\n{\"level\":\"INFO\"}\n{\"level\":\"INFO\"}".to_owned(), Format::Log(LogForm::Lines)),
            ("{\"runs\": [\n{\"memory_mb\": [128]},\n{\"memory_mb\": [256]}\n]}".to_owned(), Format::JsonDocument),
            ("[{\"memory_mb\": [128]}\n,{\"memory_mb\": [256]}\n]".to_owned(), Format::JsonDocument),
            ("[\n{\"memory_mb\": [128]},\n{\"memory_mb\": [256]}".to_owned(), Format::JsonDocument),
            ("{\n  \"memory_mb\": [128],\n  \"duration_ms\": [1]\n}".to_owned(), Format::JsonDocument),
            ("[\n{\"memory_mb\": [128], \"duration_ms\": [1]},\n".to_owned(), Format::JsonDocument),
            (r#"[{"memory_mb": [128], "duration_ms": [1]}]"#.to_owned(), Format::JsonLines),
            ("{\"power\": 128,\n \"cost\": 1}".to_owned(), Format::JsonDocument),
            ("null\n".to_owned(), Format::JsonLines),
            ("{}".to_owned(), Format::JsonLines),
            ("\"{\\\"power\\\": 128}\"".to_owned(), Format::JsonLines),
            (format!("\"{URL}\""), Format::JsonLines),
            (format!("{{\"memory_mb\": [{}", "128, ".repeat(10)), Format::JsonLines),
            ("memory,duration\n128,5".to_owned(), Format::Csv(b',')),
            ("\"power\";\"duration\"\n".to_owned(), Format::Csv(b';')),
            (format!("function,memory,duration\n\"{REPORT_LINE}\",128,5"), Format::Csv(b',')),
            (format!("@duration,@memorySize,@message\n1,128,\"{REPORT_LINE}\""), Format::Log(LogForm::Rows)),
            (format!("see\n {URL}\n"), Format::Urls),
            (REPORT_LINE.to_owned(), Format::Log(LogForm::Lines)),
            (format!("START RequestId: x\n{REPORT_LINE}\n{URL}"), Format::Log(LogForm::Lines)),
            (format!("{{\"message\":\"{}\"}}\n", REPORT_LINE.replace('\t', "\\t")), Format::Log(LogForm::Lines)),
            (format!("{{\n \"events\": [\n{{\"message\":\"{REPORT_LINE}\"}}"), Format::Log(LogForm::Document)),
            ("{\"level\":\"INFO\"}\n{\"type\":\"platform.report\"}".to_owned(), Format::Log(LogForm::Lines)),
            ("{\"level\":\"INFO\"}\n{\"level\":\"INFO\"}".to_owned(), Format::Log(LogForm::Lines)),
            (format!("@timestamp,@message,@log\nt,\"{REPORT_LINE}\n\",g"), Format::Log(LogForm::Rows)),
            ("[INFO]\t2024-05-01T10:00:00Z\tx\tstarting\n[INFO] more".to_owned(), Format::Log(LogForm::Lines)),
            ("hello".to_owned(), Format::Log(LogForm::Lines)),
        ];
        for (head, expected) in cases {
            assert_eq!(of(&head).unwrap(), expected, "{head}");
        }
    }

    #[test]
    fn a_log_is_told_by_an_invocation_that_comes_late() {
        let of_lines = |line: &str, last: &str| format!("{}{last}", line.repeat(200_000 / line.len()));
        let event = "{\"type\":\"platform.report\"}";
        let gauge = "{\"level\":\"INFO\",\"results\":[1],\"memory_mb\":77}\n";
        let message = format!("{{\"message\": \"{REPORT_LINE}\"}}]}}");
        for (head, expected) in [
            (of_lines(gauge, event), LogForm::Lines),
            (format!("START RequestId: x\n{}", of_lines(gauge, REPORT_LINE)), LogForm::Lines),
            (format!("{{\"events\": [{}", of_lines("{\"message\": \"\"}, ", &message)), LogForm::Lines),
            (format!("{{\n\"events\": [\n{}", of_lines("{\"message\": \"\"},\n", &message)), LogForm::Document),
            (of_lines("@timestamp,@message,@log\n", &format!("t,\"{REPORT_LINE}\",g")), LogForm::Rows),
        ] {
            assert_eq!(of(&head).unwrap(), Format::Log(expected), "{}", &head[..60]);
        }
        let record = "{\"id\": \"a\", \"memory_mb\": [128], \"duration_ms\": [1]}\n";
        assert_eq!(of(&of_lines(record, REPORT_LINE)).unwrap(), Format::JsonLines);
        assert_eq!(of(&of_lines(gauge, record)).unwrap(), Format::JsonLines, "neither");
    }

    #[test]
    fn binary_is_rejected() {
        assert!(of("PK\x03\x04\0\0").unwrap_err().problem().contains("binary"));
    }
}
