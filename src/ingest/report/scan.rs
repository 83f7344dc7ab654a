//! Finds the invocations in logs of every form: terminal output, files of a log group, JSON of the
//! command line, CSV of Logs Insights.

use memchr::{memchr, memchr_iter, memmem, memrchr};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Reports;
use super::line::{PLATFORM_REPORT, REPORT, Report, Told, field, parse_event, parse_text, parse_told, word};
use crate::error::{Error, Result};
use crate::ingest::detect::LogForm;
use crate::ingest::json::{self, Key, MAX_DEPTH, Node};
use crate::ingest::lines::Lines;
use crate::ingest::name::function_of_stream;
use crate::ingest::rows::for_each_row;

/// The log group of a function is `/aws/lambda/NAME`.
const LOG_GROUP: &[u8] = b"/aws/lambda/";

/// JSON fields that name the function.
const NAME_FIELDS: [&[u8]; 3] = [b"functionName", b"function_name", b"function"];

/// Searchers that are built once a log.
struct Needles {
    report: memmem::Finder<'static>,
    platform_report: memmem::Finder<'static>,
    timeout: memmem::Finder<'static>,
    request: memmem::Finder<'static>,
    log_group: memmem::Finder<'static>,
}

impl Needles {
    fn new() -> Self {
        Self {
            report: memmem::Finder::new(REPORT),
            platform_report: memmem::Finder::new(PLATFORM_REPORT),
            timeout: memmem::Finder::new(b"Task timed out"),
            request: memmem::Finder::new(b"RequestId: "),
            log_group: memmem::Finder::new(LOG_GROUP),
        }
    }
}

impl Reports {
    /// Reads a log of a form; lines that cannot be read are returned as errors. Invocations whose
    /// line does not name the function are those of `function`.
    ///
    /// # Errors
    /// When there is no REPORT line and no `platform.report` event.
    pub(in crate::ingest) fn scan(&mut self, form: LogForm, mut lines: Lines, function: &str) -> Result<Vec<Error>> {
        match form {
            LogForm::Lines => self.scan_lines(&mut lines, function),
            LogForm::Document => self.scan_document(&mut lines, function),
            LogForm::Rows => self.scan_rows(lines, function),
        }
    }

    /// Reads a log line by line; lines that are too long are returned as errors.
    fn scan_lines(&mut self, lines: &mut Lines, function: &str) -> Result<Vec<Error>> {
        let mut scan = Scan::new(self, function);
        let mut rejected = Vec::new();
        while let Some(line) = lines.next_line() {
            match line {
                Ok((_, line)) => scan.line(line),
                Err(error) => rejected.push(error),
            }
        }
        scan.finish(rejected)
    }

    /// Reads a log that is one JSON document over several lines, or several such documents. One
    /// that is too long for that is read line by line.
    fn scan_document(&mut self, lines: &mut Lines, function: &str) -> Result<Vec<Error>> {
        let Ok(document) = lines.whole() else { return self.scan_lines(lines, function) };
        let mut scan = Scan::new(self, function);
        scan.document(document)?;
        scan.finish(Vec::new())
    }

    /// Reads a log whose lines are in the rows of a CSV file, as Logs Insights exports it.
    fn scan_rows(&mut self, lines: Lines, function: &str) -> Result<Vec<Error>> {
        let mut scan = Scan::new(self, function);
        let rejected = for_each_row(lines, b',', |row| {
            scan.row(row);
            Ok(())
        });
        scan.finish(rejected)
    }
}

/// What is said of a text that holds neither an invocation nor anything else.
pub(in crate::ingest) const NOTHING_FOUND: &str = "content is not recognised: expected a power-tuning output, run records, CSV with a header, a visualization URL, or \
     REPORT lines of a Lambda log";

fn nothing_found() -> Error {
    Error::new(NOTHING_FOUND)
        .help("a log needs its whole REPORT lines, as aws logs tail or filter-log-events print them")
}

struct Scan<'r> {
    reports: &'r mut Reports,
    needles: Needles,
    /// The function that the log is of, as far as read.
    function: Vec<u8>,
    /// Invocations that were known before.
    before: u64,
    /// Room for the line that a row makes.
    row: Vec<u8>,
}

impl<'r> Scan<'r> {
    fn new(reports: &'r mut Reports, function: &str) -> Self {
        let before = reports.seen;
        Self { reports, needles: Needles::new(), function: function.as_bytes().to_vec(), before, row: Vec::new() }
    }

    /// The lines that were rejected, when the log is one.
    fn finish(self, rejected: Vec<Error>) -> Result<Vec<Error>> {
        let found = self.reports.seen > self.before;
        if found || !rejected.is_empty() { Ok(rejected) } else { Err(nothing_found()) }
    }

    fn line(&mut self, line: &[u8]) {
        if let Some(first) = self.needles.report.find(line) {
            self.invocations(line, first, REPORT, parse_text);
        } else if let Some(first) = self.needles.platform_report.find(line) {
            self.invocations(line, first, PLATFORM_REPORT, parse_event);
        } else {
            self.other_line(line);
        }
    }

    /// Takes a row of a table as one line.
    fn row<'f>(&mut self, fields: impl IntoIterator<Item = &'f [u8]>) {
        let mut line = std::mem::take(&mut self.row);
        line.clear();
        for field in fields {
            line.extend_from_slice(field);
            line.push(b'\t');
        }
        self.line(&line);
        self.row = line;
    }

    /// Takes the invocations of a line, of which the first is marked at `first`.
    fn invocations(&mut self, line: &[u8], first: usize, mark: &[u8], parse: fn(&[u8]) -> Report) {
        let mut from = first + mark.len();
        let Some(mut length) = memmem::find(&line[from..], mark) else {
            let text = if mark == REPORT { &line[from..] } else { line };
            let name = name_in(line, &self.needles.log_group).unwrap_or(&self.function);
            return self.reports.push(name, parse(text));
        };
        if matches!(line.trim_ascii_start().first(), Some(b'{' | b'[')) && self.document(line).is_ok() {
            return;
        }
        let name = name_in(line, &self.needles.log_group).unwrap_or(&self.function);
        while from < line.len() {
            self.reports.push(name, parse(&line[from..from + length]));
            from = line.len().min(from + length + mark.len());
            length = memmem::find(&line[from..], mark).unwrap_or(line.len() - from);
        }
    }

    /// A line without an invocation may tell a failure, or which function the next lines are of.
    fn other_line(&mut self, line: &[u8]) {
        let needles = &self.needles;
        if needles.timeout.find(line).or_else(|| needles.request.find(line)).is_some() {
            match parse_told(line) {
                Some((request, Told::Start)) => self.reports.push_start(request),
                Some((request, Told::Failure(failure))) => self.reports.push_failure(request, failure),
                None => {}
            }
        } else if let Some(at) = needles.log_group.find(line) {
            let heading = line[..at].trim_ascii().is_empty() || line.starts_with(b"==>");
            if heading || memmem::find(line, b"logGroup").is_some() {
                self.function = word(&line[at + LOG_GROUP.len()..]).to_vec();
            }
        }
    }

    fn document(&mut self, text: &[u8]) -> Result<()> {
        for value in serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>() {
            let value = value.map_err(|e| json::error(&e))?;
            json::walk(value.get(), MAX_DEPTH, &mut |node| {
                match node {
                    Node::Object(json, entries) => return self.object(json, entries),
                    Node::Text(text) => text.lines().for_each(|line| self.line(line.as_bytes())),
                }
                true
            })?;
        }
        Ok(())
    }

    /// Takes an object that is an event, or that names the function; `false` when that is all.
    fn object(&mut self, json: &str, entries: &[(Key, &RawValue)]) -> bool {
        let json = json.as_bytes();
        let mut is_event = false;
        for (key, value) in entries {
            let value = value.get().trim_matches('"').as_bytes();
            if key.0 == "type" {
                is_event = value == PLATFORM_REPORT;
            } else if NAME_FIELDS.contains(&key.0.as_bytes()) && !word(value).is_empty() {
                self.function = word(value).to_vec();
            } else if key.0.to_ascii_lowercase().contains("log") {
                let name = by_group(value, &self.needles.log_group).or_else(|| by_stream(value));
                name.into_iter().for_each(|name| self.function = name.to_vec());
            } else if key.0 == "results"
                && let Ok(rows) = serde_json::from_slice::<Vec<Vec<Field>>>(value)
                && !rows.is_empty()
            {
                rows.iter().for_each(|row| self.row(row.iter().map(|field| field.value.as_bytes())));
                return false;
            }
        }
        if is_event {
            let name = name_in(json, &self.needles.log_group);
            self.reports.push(name.unwrap_or(&self.function), parse_event(json));
        }
        !is_event
    }
}

/// One field of a row, as `aws logs get-query-results` prints it.
#[derive(Deserialize)]
struct Field {
    value: String,
}

/// The function that a line names: by its log group, in a field of JSON, or by its log stream.
fn name_in<'l>(line: &'l [u8], log_group: &memmem::Finder) -> Option<&'l [u8]> {
    let by_field = || {
        memchr(b'"', line)?;
        NAME_FIELDS.iter().find_map(|name| field(line, name)).map(word).filter(|name| !name.is_empty())
    };
    by_group(line, log_group).or_else(by_field).or_else(|| by_stream(line))
}

fn by_group<'l>(text: &'l [u8], log_group: &memmem::Finder) -> Option<&'l [u8]> {
    log_group.find(text).map(|at| word(&text[at + LOG_GROUP.len()..])).filter(|name| !name.is_empty())
}

/// The function that a log stream in the text names: its name stands behind the last `/`, before `[`.
fn by_stream(text: &[u8]) -> Option<&[u8]> {
    const DATE: usize = "0000/00/00/".len();
    memchr_iter(b'[', text).find_map(|bracket| {
        let slash = memrchr(b'/', &text[..bracket])?;
        function_of_stream(&text[(slash + 1).checked_sub(DATE)?..]).filter(|name| !name.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{Failure, Run, RunWarning, Start};
    use crate::error::Result;

    fn id(n: u32) -> String {
        format!("3f6a2c1e-9b4d-4c8a-8f17-{n:012x}")
    }

    fn report(n: u32, mb: u32, ms: f64) -> String {
        format!(
            "REPORT RequestId: {}\tDuration: {ms:.2} ms\tBilled Duration: {} ms\tMemory Size: {mb} MB\tMax Memory Used: 64 MB\t",
            id(n),
            ms.ceil()
        )
    }

    fn event(n: u32, mb: u32, ms: f64) -> String {
        format!(
            r#"{{"time":"2024-05-01T10:00:00Z","type":"platform.report","record":{{"requestId":"{}","metrics":{{"durationMs":{ms},"memorySizeMB":{mb}}},"status":"success"}}}}"#,
            id(n)
        )
    }

    fn open(log: &str) -> Lines {
        Lines::open(Box::new(std::io::Cursor::new(log.to_owned()))).unwrap()
    }

    fn scan(log: &str) -> Result<Vec<Result<Run>>> {
        let mut reports = Reports::default();
        reports.scan_lines(&mut open(log), "file")?;
        Ok(reports.into_runs().collect())
    }

    fn document(log: &str) -> Vec<Summary> {
        let mut reports = Reports::default();
        reports.scan_document(&mut open(log), "file").unwrap();
        reports.into_runs().map(|run| summary(&run)).collect()
    }

    fn rows(log: &str) -> Vec<Summary> {
        let mut reports = Reports::default();
        reports.scan_rows(open(log), "file").unwrap();
        reports.into_runs().map(|run| summary(&run)).collect()
    }

    /// Function name and its sizes with mean duration and count.
    type Summary = (String, Vec<(u32, f64, u64)>);

    fn summary(run: &Result<Run>) -> Summary {
        let run = run.as_ref().unwrap();
        let points = run.curve.points().iter();
        (run.id.clone(), points.map(|p| (p.memory.mb(), p.duration.ms(), p.sample.count.unwrap())).collect())
    }

    fn summaries(log: &str) -> Vec<Summary> {
        scan(log).unwrap().iter().map(summary).collect()
    }

    fn expected(name: &str) -> Vec<Summary> {
        vec![(name.to_owned(), vec![(128, 15.0, 2), (256, 6.0, 1)])]
    }

    fn three(line: fn(u32, u32, f64) -> String) -> [String; 3] {
        [line(1, 128, 10.0), line(2, 128, 20.0), line(3, 256, 6.0)]
    }

    #[test]
    fn text_lines_with_anything_in_front() {
        let lines = three(report);
        assert_eq!(summaries(&lines.join("\n")), expected("file"));
        assert_eq!(summaries(&lines.join("\r\n")), expected("file"));
        let tail = lines.each_ref().map(|l| format!("2024-05-01T10:00:00.000000+00:00 2024/05/01/[$LATEST]4fa8 {l}"));
        assert_eq!(summaries(&tail.join("\nSTART RequestId: x Version: $LATEST\n")), expected("file"));
        let groups = lines.each_ref().map(|l| format!("/aws/lambda/resize 2024/05/01/[$LATEST]4fa8 {l}"));
        assert_eq!(summaries(&groups.join("\n")), expected("resize"));
        assert_eq!(summaries(&lines.concat()), expected("file"), "line ends lost");
        assert_eq!(summaries(&format!("==> /aws/lambda/resize <==\n{}", lines.join("\n"))), expected("resize"));
    }

    #[test]
    fn json_of_the_command_line_in_one_line_or_spread_out() {
        for lines in [three(report), three(event)] {
            let events: Vec<_> =
                lines.iter().map(|l| serde_json::json!({"message": format!("{l}\n"), "logStreamName": "s"})).collect();
            let json = serde_json::json!({ "events": events, "searchedLogStreams": [] });
            assert_eq!(summaries(&json.to_string()), expected("file"));
            let pretty = serde_json::to_string_pretty(&json).unwrap();
            assert_eq!(summaries(&pretty), expected("file"), "a document too long to be read at once");
            assert_eq!(document(&pretty), expected("file"));
            let json = serde_json::json!({ "logGroup": "/aws/lambda/resize", "logEvents": events });
            assert_eq!(summaries(&json.to_string()), expected("resize"));
            assert_eq!(document(&serde_json::to_string_pretty(&json).unwrap()), expected("resize"));
        }
    }

    #[test]
    fn logs_insights_names_the_function_behind_the_message() {
        for lines in [three(report), three(event)] {
            let row = |l: &String| format!("10:00,\"{}\n\",s,123456789012:/aws/lambda/resize", l.replace('"', "\"\""));
            let csv = format!("@timestamp,@message,@logStream,@log\n{}", lines.each_ref().map(row).join("\n"));
            assert_eq!(rows(&csv), expected("resize"));
            let object = |l: &String| serde_json::json!({"@message": l, "@log": "123456789012:/aws/lambda/resize"});
            let json = serde_json::to_string_pretty(&lines.each_ref().map(object)).unwrap();
            assert_eq!(document(&json), expected("resize"));
        }
    }

    #[test]
    fn rows_of_get_query_results_name_the_function_behind_the_message() {
        let field = |name: &str, value: &str| serde_json::json!({"field": name, "value": value});
        let row = |l: &String| serde_json::json!([field("@message", l), field("@log", "1:/aws/lambda/resize")]);
        for lines in [three(report), three(event)] {
            let json = serde_json::json!({"results": lines.each_ref().map(row), "status": "Complete"});
            let none = serde_json::json!({"results": [], "events": lines.each_ref().map(|l| serde_json::json!({"message": l}))});
            assert_eq!(document(&none.to_string()), expected("file"));
            assert_eq!(document(&serde_json::to_string_pretty(&json).unwrap()), expected("resize"));
            assert_eq!(summaries(&json.to_string()), expected("resize"));
        }
    }

    #[test]
    fn a_log_group_that_functions_share_names_them_in_its_streams() {
        let stream = |l: &String| format!("2024-05-01T10:00:00.000000+00:00 2024/05/01/resize[$LATEST]4fa8 {l}");
        let event = |l: &String| serde_json::json!({"logStreamName": "2024/05/01/resize[7]4fa8", "message": l});
        let lines = three(report);
        assert_eq!(summaries(&lines.each_ref().map(stream).join("\n")), expected("resize"));
        let json = serde_json::json!({"events": lines.each_ref().map(event)});
        assert_eq!(document(&serde_json::to_string_pretty(&json).unwrap()), expected("resize"));
        assert_eq!(summaries(&json.to_string()), expected("resize"));
    }

    #[test]
    fn a_retry_keeps_its_id_and_not_its_failure() {
        let start = |n| format!("START RequestId: {} Version: $LATEST", id(n));
        let killed = |n| format!("RequestId: {} Error: Runtime exited with error: signal: killed", id(n));
        let timeout = |n| format!("2024-05-01T10:00:03.000Z {} Task timed out after 3.00 seconds", id(n));
        let log = [
            [start(1), killed(1), report(1, 128, 900.0)],
            [start(1), killed(1), report(1, 128, 900.0)],
            [start(1), report(1, 128, 10.0), String::new()],
            [start(2), report(2, 128, 3000.0), timeout(2)],
            [start(2), report(2, 128, 20.0), String::new()],
        ];
        let run = scan(&log.concat().join("\n")).unwrap().remove(0).unwrap();
        let memory = run.curve.points()[0].memory;
        let failed = |failure, failed| RunWarning::Failed { memory, failure, failed, succeeded: 2 };
        assert_eq!(run.warnings, [failed(Failure::Timeout, 1), failed(Failure::OutOfMemory, 2)]);
        assert_eq!(run.curve.points()[0].duration.ms(), 15.0);
    }

    #[test]
    fn events_spread_over_lines_are_read_as_a_document() {
        let pretty = three(event)
            .map(|e| serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&e).unwrap()).unwrap());
        assert_eq!(document(&pretty.join("\n")), expected("file"));
        assert_eq!(document(&format!("[{}]", pretty.join(",\n"))), expected("file"));
    }

    #[test]
    fn functions_are_kept_apart_in_order_of_appearance() {
        let named =
            |e: String, name: &str| e.replace("\"record\":{", &format!("\"record\":{{\"functionName\":\"{name}\","));
        let log = [named(event(1, 128, 8.0), "b"), named(event(2, 128, 4.0), "a"), named(event(3, 128, 6.0), "b")];
        assert_eq!(
            summaries(&log.join("\n")),
            [("b".to_owned(), vec![(128, 7.0, 2)]), ("a".to_owned(), vec![(128, 4.0, 1)])]
        );
    }

    #[test]
    fn failures_are_counted_and_not_averaged_wherever_they_are_told() {
        let timeout = format!("2024-05-01T10:00:03.000Z {} Task timed out after 3.00 seconds\n", id(2));
        let killed = format!("RequestId: {} Error: Runtime exited with error: signal: killed\n", id(3));
        let log = [
            report(1, 128, 10.0),
            report(2, 128, 3000.0),
            timeout,
            killed,
            report(3, 128, 900.0),
            format!("{}Status: timeout", report(4, 256, 3000.0)),
            report(5, 512, 5.0),
        ];
        let run = scan(&log.join("\n")).unwrap().remove(0).unwrap();
        let points: Vec<_> = run.curve.points().iter().map(|p| (p.memory.mb(), p.duration.ms())).collect();
        assert_eq!(points, [(128, 10.0), (512, 5.0)]);
        let failed: Vec<_> = run
            .warnings
            .iter()
            .map(|w| match w {
                RunWarning::Failed { memory, failure, failed, succeeded } => {
                    (memory.mb(), *failure, *failed, *succeeded)
                }
                other => panic!("{other}"),
            })
            .collect();
        assert_eq!(
            failed,
            [(128, Failure::Timeout, 1, 1), (128, Failure::OutOfMemory, 1, 1), (256, Failure::Timeout, 1, 0)]
        );
    }

    #[test]
    fn init_is_kept_apart_from_the_handler() {
        let cold = |n, ms| format!("{}Init Duration: 150.00 ms", report(n, 128, ms));
        let start = |log: &[String]| scan(&log.join("\n")).unwrap().remove(0).unwrap();
        let run = start(&[cold(1, 30.0), report(2, 128, 10.0)]);
        let point = run.curve.points()[0];
        assert_eq!((point.duration.ms(), point.sample.init_ms, point.sample.cold_starts), (20.0, Some(150.0), Some(1)));
        assert_eq!(point.sample.sd_ms, Some(200f64.sqrt()));
        assert_eq!(run.start, Some(Start::Mixed));
        assert_eq!(start(&[cold(1, 30.0)]).start, Some(Start::Cold));
        assert_eq!(start(&[report(1, 128, 30.0)]).start, Some(Start::Warm));
    }

    #[test]
    fn a_function_that_only_failed_is_an_error_and_the_others_are_read() {
        let failed = format!("/aws/lambda/a {}Status: timeout", report(1, 128, 3000.0));
        let runs = scan(&format!("{failed}\n/aws/lambda/b {}", report(2, 128, 3.0))).unwrap();
        let error = runs[0].as_ref().unwrap_err();
        assert!(error.to_string().contains("timed out"), "{error}");
        assert_eq!(summary(&runs[1]).0, "b");
    }

    #[test]
    fn incomplete_reports_are_counted() {
        let log = format!("{}\nREPORT RequestId: {}\tMemory Size: 128 MB", report(1, 128, 3.0), id(2));
        let run = scan(&log).unwrap().remove(0).unwrap();
        assert_eq!(run.warnings, [RunWarning::IncompleteReports { count: 1 }]);
    }

    #[test]
    fn text_without_invocations_is_not_a_log() {
        assert!(scan("hello\nworld").unwrap_err().problem().contains("not recognised"));
    }
}
