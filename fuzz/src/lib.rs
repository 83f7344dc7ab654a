//! What every target demands of what a reader answers.

use powercurve::ingest::{self, Input, statistics_of};
use powercurve::{Error, Millis, Result, Run, export};

/// A rejection says where, and what to do about it.
pub fn check_error(error: &Error) {
    let text = error.to_string();
    assert!(!error.problem().is_empty() && text.contains("\n  help: "), "no remedy: {text}");
}

/// A rejection of a file says so with the file's name as well.
pub fn check_located(error: &Error) {
    check_error(error);
    assert!(error.place().first().is_some_and(|place| place.starts_with("input")), "no place: {error}");
}

/// A run that was read is usable, and survives being written and read again.
pub fn check_run(run: &Run) {
    let points = run.curve.points();
    assert!(!points.is_empty() && points.is_sorted_by(|a, b| a.memory < b.memory));
    assert!(points.iter().all(|p| p.duration.ms() > 0.0 && p.duration.ms().is_finite()));
    let back = ingest::parse_record(export::record(run).as_bytes()).expect("a written record is read");
    assert_eq!(back.curve, run.curve);
    // an id that is no text of its own stays as it is in JSON, not in a table; one that is longer than a cell may be is read in neither
    let short = Run { id: run.id.chars().take(100).collect(), ..run.clone() };
    let table = export::csv([&short]).expect("a run is a table");
    let back: Vec<Run> = read("input", table.as_bytes()).into_iter().map(|r| r.expect("a written table")).collect();
    assert_eq!(back.len(), 1, "{table}");
    assert_eq!(back[0].curve, run.curve, "{table}");
    if let Ok(url) = export::visualization_url(run) {
        let back = ingest::url::decode(&url, "input");
        // the shortest duration may round to a shorter float32
        let shortest = points.iter().any(|p| p.duration.ms() < 1.001 * Millis::MIN_MS);
        assert!(shortest || back.is_ok_and(|runs| runs[0].curve.len() == points.len()), "{url}");
    }
}

fn read(name: &str, bytes: &[u8]) -> Vec<Result<Run>> {
    ingest::read_inputs(vec![Ok(Input::of_bytes(name, bytes.to_vec()))]).collect()
}

/// A file with this content is answered: with runs, with errors, never with nothing.
pub fn check_file(bytes: &[u8]) {
    let items = read("input", bytes);
    assert!(!items.is_empty(), "nothing is said");
    check_items(&items, check_located);
}

/// The runs and errors of a reader.
pub fn check_items(items: &[Result<Run>], check: fn(&Error)) {
    for item in items {
        match item {
            Ok(run) => check_run(run),
            Err(error) => check(error),
        }
    }
}

/// The statistics of a log with this content are in order.
pub fn check_statistics(bytes: &[u8]) {
    for item in statistics_of(vec![Ok(Input::of_bytes("input", bytes.to_vec()))]) {
        match item {
            Err(error) => check_located(&error),
            Ok(function) => {
                for d in function.sizes.iter().filter_map(|s| s.duration) {
                    assert!(d.p50_ms <= d.p90_ms && d.p90_ms <= d.p99_ms && d.mean_ms > 0.0, "{d:?}");
                }
            }
        }
    }
}
