//! One invocation out of one REPORT line or one `platform.report` event, as bytes.
//!
//! Both are read by their labels, wherever they stand and however they are delimited or escaped: a
//! line out of a terminal has blanks for tabs, one inside JSON has `\t`, one inside CSV doubled
//! quotes. Metrics that are absent stay unknown.

use memchr::{memchr, memchr_iter, memmem};

use crate::curve::Failure;

/// The UUID of an invocation, as text: it is only ever compared.
pub(super) type RequestId = [u8; 36];

/// One invocation.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Report {
    /// Which invocation it is; `None` where the id is not a UUID.
    pub request: Option<RequestId>,
    /// Duration of the handler in ms.
    pub duration_ms: Option<f64>,
    /// Memory size in MB.
    pub memory_mb: Option<f64>,
    /// Largest memory used, in MB.
    pub max_memory_used_mb: Option<f64>,
    /// Init duration (or restore duration with SnapStart) in ms, of a cold start.
    pub init_ms: Option<f64>,
    /// Billed duration in ms, that of a restore included.
    pub billed_ms: Option<f64>,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
}

/// What a REPORT line starts with.
pub(in crate::ingest) const REPORT: &[u8] = b"REPORT RequestId: ";

/// What a line of JSON logs says of itself.
pub(in crate::ingest) const PLATFORM_REPORT: &[u8] = b"platform.report";

/// Reads a text line from behind [`REPORT`] on.
///
/// ```text
/// REPORT RequestId: <uuid>\tDuration: 469.40 ms\tBilled Duration: 470 ms\tMemory Size: 1024 MB\t
/// Max Memory Used: 21 MB\tInit Duration: 100.99 ms\tStatus: timeout
/// ```
pub(super) fn parse_text(text: &[u8]) -> Report {
    let text = &text[..memchr(b'"', text).unwrap_or(text.len())];
    let mut report = Report { request: uuid(text), ..Report::default() };
    let mut status = Status::default();
    for colon in memchr_iter(b':', text) {
        let label = &text[..colon];
        let value = text[colon + 1..].trim_ascii_start();
        match label.last() {
            Some(b'n') if label.ends_with(b"Duration") => match label[..label.len() - 8].trim_ascii_end() {
                l if l.ends_with(b"Billed") || l.ends_with(b"Billed Restore") => {
                    report.billed_ms = plus(report.billed_ms, metric(value));
                }
                l if l.ends_with(b"Init") || l.ends_with(b"Restore") => {
                    report.init_ms = plus(report.init_ms, metric(value));
                }
                _ => report.duration_ms = metric(value),
            },
            Some(b'e') if label.ends_with(b"Memory Size") => report.memory_mb = metric(value),
            Some(b'd') if label.ends_with(b"Memory Used") => report.max_memory_used_mb = metric(value),
            Some(b's') if label.ends_with(b"Status") => status.status = word(value),
            Some(b'e') if label.ends_with(b"Error Type") => status.error_type = word(value),
            _ => {}
        }
    }
    report.failure = status.failure(&report);
    report
}

/// Reads a `platform.report` event: `{"type": "platform.report", "record": {"requestId": ...,
/// "metrics": {"durationMs": ..., "memorySizeMB": ..., ...}, "status": "success"}}`.
pub(super) fn parse_event(event: &[u8]) -> Report {
    let value = |name: &[u8]| field(event, name).and_then(metric);
    let mut report = Report {
        request: field(event, b"requestId").and_then(uuid),
        duration_ms: value(b"durationMs"),
        memory_mb: value(b"memorySizeMB"),
        max_memory_used_mb: value(b"maxMemoryUsedMB"),
        init_ms: plus(value(b"initDurationMs"), value(b"restoreDurationMs")),
        billed_ms: plus(value(b"billedDurationMs"), value(b"billedRestoreDurationMs")),
        failure: None,
    };
    let status = Status {
        status: field(event, b"status").map(word).unwrap_or_default(),
        error_type: field(event, b"errorType").map(word).unwrap_or_default(),
    };
    report.failure = status.failure(&report);
    report
}

/// What a line of its own tells of an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// It began: `START RequestId: <uuid> Version: $LATEST`. A retry has the id of the invocation that failed.
    Start,
    /// It failed.
    Failure(Failure),
}

/// What a line without metrics tells, with the request it belongs to.
///
/// Older log lines tell failures: `<uuid> Task timed out after 3.00 seconds`, and `RequestId: <uuid> Error:
/// Runtime exited with error: signal: killed` (out of memory) or another exit status.
pub(super) fn parse_told(line: &[u8]) -> Option<(RequestId, Told)> {
    if let Some(at) = memmem::find(line, b" Task timed out after ") {
        let request = uuid(&line[at.saturating_sub(size_of::<RequestId>())..at])?;
        return Some((request, Told::Failure(Failure::Timeout)));
    }
    let at = memmem::find(line, b"RequestId: ")?;
    let after = &line[at + b"RequestId: ".len()..];
    let request = uuid(after)?;
    if line[..at].ends_with(b"START ") {
        return Some((request, Told::Start));
    }
    let message = after.get(request.len()..).unwrap_or_default();
    let says = |text: &[u8]| memmem::find(message, text).is_some();
    let failure = if says(b"signal: killed") {
        Failure::OutOfMemory
    } else if says(b"Runtime exited") || says(b"exited before completing request") {
        Failure::Error
    } else {
        return None;
    };
    Some((request, Told::Failure(failure)))
}

/// How an invocation ended, as words of the log; empty where it does not say.
#[derive(Default)]
struct Status<'a> {
    status: &'a [u8],
    error_type: &'a [u8],
}

impl Status<'_> {
    fn failure(&self, report: &Report) -> Option<Failure> {
        let full = report.max_memory_used_mb.is_some_and(|used| report.memory_mb.is_some_and(|size| used >= size));
        match (self.status, self.error_type) {
            (b"timeout", _) => Some(Failure::Timeout),
            (b"" | b"success", b"") => None,
            (_, b"Runtime.OutOfMemory") => Some(Failure::OutOfMemory),
            (_, b"Runtime.ExitError") if full => Some(Failure::OutOfMemory),
            _ => Some(Failure::Error),
        }
    }
}

/// The text of a JSON field's value, behind quotes, blanks and escapes.
pub(super) fn field<'a>(json: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut from = 0;
    loop {
        let at = from + memmem::find(&json[from..], name)?;
        from = at + name.len();
        let quoted = at > 0 && json[at - 1] == b'"' && matches!(json.get(from), Some(b'"' | b'\\'));
        let rest = skip(&json[from..], b"\"\\");
        if let (true, [b':', value @ ..]) = (quoted, rest.trim_ascii_start()) {
            return Some(skip(value, b" \"\\"));
        }
    }
}

/// The rest of a text behind the leading bytes that are among `bytes`.
fn skip<'a>(text: &'a [u8], bytes: &[u8]) -> &'a [u8] {
    &text[text.iter().take_while(|b| bytes.contains(b)).count()..]
}

/// The name-like word at the start of a text: letters, digits and `. _ - $`.
pub(super) fn word(text: &[u8]) -> &[u8] {
    let name = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'$');
    &text[..text.iter().take_while(name).count()]
}

/// A duration or an amount of memory; what no invocation can have had is not known.
fn metric(text: &[u8]) -> Option<f64> {
    /// More than any duration in ms and any memory in MB.
    const MOST: f64 = 1e12;
    number(text).filter(|x| (0.0..=MOST).contains(x))
}

/// The decimal number at the start of a text.
fn number(text: &[u8]) -> Option<f64> {
    /// Most digits that an `f64` holds exactly, as does the power of ten they are divided by.
    const EXACT: usize = 15;
    let (mut digits, mut decimals, mut seen, mut point) = (0u64, 0i32, 0, false);
    for &b in text {
        match b {
            b'0'..=b'9' => {
                digits = digits.wrapping_mul(10).wrapping_add(u64::from(b - b'0'));
                decimals += i32::from(point);
                seen += 1;
            }
            b'.' if !point => point = true,
            b'e' | b'E' | b'+' | b'-' => return slow_number(text),
            _ => break,
        }
    }
    match seen {
        0 => None,
        1..=EXACT => Some(digits as f64 / 10f64.powi(decimals)),
        _ => slow_number(text),
    }
}

/// Any other number: with an exponent, a sign, or many digits.
fn slow_number(text: &[u8]) -> Option<f64> {
    let numeric = |b: &&u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
    let end = text.iter().take_while(numeric).count();
    std::str::from_utf8(&text[..end]).ok()?.parse().ok()
}

fn plus(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.map(|a| a + b.unwrap_or(0.0)).or(b)
}

/// The UUID at the start of a text.
fn uuid(text: &[u8]) -> Option<RequestId> {
    // its dashes tell it from other words
    let id: &RequestId = text.first_chunk()?;
    [8, 13, 18, 23].iter().all(|&at| id[at] == b'-').then_some(*id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3f6a2c1e-9b4d-4c8a-8f17-5d2e6b7a9c01";

    fn text(fields: &str) -> Report {
        parse_text(format!("{ID}\t{fields}").as_bytes())
    }

    #[test]
    fn the_documented_sample() {
        let report = text(
            "Duration: 469.40 ms\tBilled Duration: 500 ms\tMemory Size: 1024 MB\tMax Memory Used: 21 MB\tInit Duration: 100.99 ms\t",
        );
        let expected = Report {
            request: ID.as_bytes().first_chunk().copied(),
            duration_ms: Some(469.40),
            memory_mb: Some(1024.0),
            max_memory_used_mb: Some(21.0),
            init_ms: Some(100.99),
            billed_ms: Some(500.0),
            failure: None,
        };
        assert_eq!(report, expected);
    }

    #[test]
    fn delimiters_do_not_matter() {
        let tabs = "Duration: 1.50 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t";
        let expected = text(tabs);
        assert_eq!(expected.memory_mb, Some(128.0));
        for delimiter in [" ", "  ", "\\t", ", "] {
            assert_eq!(text(&tabs.replace('\t', delimiter)), expected, "{delimiter:?}");
        }
        assert_eq!(text(&format!("{tabs}\\n\",\"Duration: 9 ms\"")), expected, "the text ends at a quote");
    }

    #[test]
    fn snapstart_restores_are_cold_starts() {
        let report =
            text("Duration: 20 ms\tRestore Duration: 310.5 ms\tBilled Restore Duration: 200 ms\tMemory Size: 512 MB");
        assert_eq!((report.duration_ms, report.init_ms), (Some(20.0), Some(310.5)));
        // both are billed
        let report = text(
            "Duration: 20 ms\tBilled Duration: 21 ms\tRestore Duration: 310.5 ms\tBilled Restore Duration: 200 ms",
        );
        assert_eq!(report.billed_ms, Some(221.0));
        let event = br#"{"type":"platform.report","record":{"metrics":{"durationMs":20,"billedDurationMs":21,"restoreDurationMs":310.5,"billedRestoreDurationMs":200}}}"#;
        let report = parse_event(event);
        assert_eq!((report.init_ms, report.billed_ms), (Some(310.5), Some(221.0)));
    }

    #[test]
    fn absent_metrics_stay_unknown() {
        assert_eq!(text("Memory Size: 128 MB").duration_ms, None);
        assert_eq!(parse_event(br#"{"type":"platform.report","record":{"metrics":{}}}"#), Report::default());
        assert_eq!(parse_text(b""), Report::default());
    }

    #[test]
    fn failures_are_told_apart() {
        let sizes = "Duration: 3000.00 ms\tMemory Size: 128 MB\tMax Memory Used:";
        for (rest, failure) in [
            ("60 MB\tStatus: timeout", Some(Failure::Timeout)),
            ("128 MB\tStatus: error\tError Type: Runtime.ExitError", Some(Failure::OutOfMemory)),
            ("60 MB\tStatus: error\tError Type: Runtime.ExitError", Some(Failure::Error)),
            ("60 MB\tStatus: error\tError Type: Runtime.OutOfMemory", Some(Failure::OutOfMemory)),
            ("128 MB", None),
        ] {
            assert_eq!(text(&format!("{sizes} {rest}")).failure, failure, "{rest}");
        }
        let id = text("").request.unwrap();
        let line = format!("2024-05-01T10:00:03.000Z {ID} Task timed out after 3.00 seconds");
        assert_eq!(parse_told(line.as_bytes()), Some((id, Told::Failure(Failure::Timeout))));
        let line = format!("RequestId: {ID} Error: Runtime exited with error: signal: killed");
        assert_eq!(parse_told(line.as_bytes()), Some((id, Told::Failure(Failure::OutOfMemory))));
        let line = format!("RequestId: {ID} Process exited before completing request");
        assert_eq!(parse_told(line.as_bytes()), Some((id, Told::Failure(Failure::Error))));
        let line = format!("START RequestId: {ID} Version: $LATEST");
        assert_eq!(parse_told(line.as_bytes()), Some((id, Told::Start)));
        assert_eq!(parse_told(format!("END RequestId: {ID}").as_bytes()), None);
    }

    #[test]
    fn events_read_alike_however_they_are_escaped() {
        let event = format!(
            r#"{{"time":"2024-05-01T10:00:00Z","type":"platform.report","record":{{"requestId":"{ID}","metrics":{{"durationMs":12.25,"billedDurationMs":13,"memorySizeMB":256,"maxMemoryUsedMB":70,"initDurationMs":150.5}},"status":"success"}}}}"#
        );
        let expected = parse_event(event.as_bytes());
        assert_eq!(
            (expected.duration_ms, expected.memory_mb, expected.init_ms),
            (Some(12.25), Some(256.0), Some(150.5))
        );
        assert_eq!((expected.request, expected.failure), (text("").request, None));
        let forms = [
            serde_json::to_string(&event).unwrap(),
            event.replace('"', "\"\""),
            event.replace(':', " : ").replace("2024-05-01T10 : 00 : 00Z", ""),
        ];
        for form in forms {
            assert_eq!(parse_event(form.as_bytes()), expected, "{form}");
        }
        let timeout = event.replace("success", "timeout");
        assert_eq!(parse_event(timeout.as_bytes()).failure, Some(Failure::Timeout));
        let killed =
            event.replace("\"success\"", r#""error","errorType":"Runtime.ExitError""#).replace(":70,", ":256,");
        assert_eq!(parse_event(killed.as_bytes()).failure, Some(Failure::OutOfMemory));
    }

    #[test]
    fn absurd_metrics_are_unknown() {
        let report = parse_text(
            b"REPORT RequestId: x\tDuration: 8.00 ms\tMemory Size: 128 MB\tMax Memory Used: -5 MB\tInit Duration: 9e3779 ms",
        );
        assert_eq!((report.duration_ms, report.max_memory_used_mb, report.init_ms), (Some(8.0), None, None));
    }

    #[test]
    fn numbers_are_read_exactly() {
        for (text, expected) in [
            ("469.40 ms", Some(469.40)),
            ("0.1", Some(0.1)),
            ("1.28E8", Some(1.28e8)),
            ("123456789.123456789123", Some(123_456_789.123_456_79)),
            ("-5", Some(-5.0)),
            ("ms", None),
            ("", None),
            (".", None),
        ] {
            assert_eq!(number(text.as_bytes()), expected, "{text}");
        }
    }
}
