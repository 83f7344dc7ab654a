//! A CloudWatch graph of Invocations downloaded as CSV: some rows of labels, then one row a period, with the time first and
//! one column a function.

use std::collections::{BTreeMap, HashSet};

use ::csv::ByteRecord;
use jiff::{Timestamp, civil, tz::TimeZone};

use super::table::plain;
use super::{FORMS, Loads, invocations, twice};
use crate::error::{Error, Result};
use crate::ingest::lines::Lines;
use crate::ingest::rows::for_each_row;
use crate::load::FunctionLoad;
use crate::platform::pricing::SECONDS_PER_MONTH;

/// Words of a label that name the metric, never the function.
const METRIC_WORDS: [&str; 16] = [
    "aws",
    "lambda",
    "invocations",
    "invocation",
    "functionname",
    "function",
    "sum",
    "label",
    "count",
    "metric",
    "by",
    "name",
    "resource",
    "statistic",
    "period",
    "unit",
];

/// Statistics that do not count invocations.
const NOT_COUNTS: [&str; 6] = ["average", "avg", "minimum", "maximum", "min", "max"];

/// Most rows of labels.
const LABEL_ROWS: usize = 20;

/// Most columns; CloudWatch draws at most 500 metrics in a graph.
const MAX_COLUMNS: usize = 10_000;

/// Whether a text looks like such a graph: one of its first rows begins with a time.
pub(super) fn is_graph(head: &str) -> bool {
    head.lines().take(LABEL_ROWS).any(|line| first_cell(line).and_then(moment).is_some())
}

fn first_cell(line: &str) -> Option<&str> {
    line.split([',', ';', '\t']).next().map(|cell| cell.trim().trim_matches('"'))
}

/// Reads a graph; a column whose label names no function is an error, one without values counts no invocation.
pub(super) fn read(mut lines: Lines) -> Result<(Loads, Vec<Error>)> {
    let head = String::from_utf8_lossy(lines.head()).into_owned();
    let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|&d| head.bytes().filter(|b| *b == d).count());
    let delimiter = delimiter.unwrap_or(b',');
    let mut labels: Vec<Vec<String>> = Vec::new();
    let (mut starts, mut totals, mut known) = (Vec::new(), Vec::new(), HashSet::new());
    let rejected = for_each_row(lines, delimiter, |row| {
        if row.len() > MAX_COLUMNS {
            return Err(Error::new(format!("{} columns: expected at most {MAX_COLUMNS}", row.len())).help(FORMS));
        }
        let cells: Vec<String> = row.iter().map(|c| String::from_utf8_lossy(c).trim().to_owned()).collect();
        match cells.first().and_then(|first| moment(first)) {
            Some(at) if !known.insert(at.to_bits()) => {
                let when = cells.first().map_or("", String::as_str);
                Err(Error::new(format!("{when} is listed twice: expected one row a period"))
                    .help("keep one of them, with the invocations of both added up"))
            }
            Some(at) => {
                add(row, delimiter == b';', &mut totals)?;
                starts.push(at);
                Ok(())
            }
            None if labels.len() < LABEL_ROWS => {
                labels.push(cells);
                Ok(())
            }
            None => Err(Error::new(format!(
                "a row without a time after {LABEL_ROWS} rows of labels: expected a time first"
            ))
            .help(FORMS)),
        }
    });
    let periods = Periods::new(starts);
    let mut loads = Loads::default();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (i, total) in totals.into_iter().enumerate() {
        let of_column = || labels.iter().filter_map(|row| row.get(i + 1)).map(String::as_str);
        if total == 0.0 && of_column().all(str::is_empty) {
            continue;
        }
        let place = || format!("column {}", i + 2);
        if let Some(statistic) = of_column().find(|cell| NOT_COUNTS.contains(&cell.to_lowercase().as_str())) {
            return Err(Error::new(format!("the statistic is {statistic}: expected Sum"))
                .help("choose the statistic Sum in CloudWatch before the download")
                .at(place()));
        }
        let name = of_column().find_map(label_to_function).ok_or_else(|| {
            Error::new("no label of the column names a function: expected the name of one function")
                .help(FORMS)
                .at(place())
        })?;
        let period = labels.iter().find(|row| row.first().is_some_and(|cell| cell.eq_ignore_ascii_case("period")));
        let period = period.and_then(|row| row.get(i + 1)).and_then(|cell| seconds(cell));
        let per_month = periods.per_month(total, period).map_err(|e| e.at(place()))?;
        let first = *places.entry(name.clone()).or_insert(i);
        if first != i {
            return Err(twice(&name, &format!("column {}", first + 2), "column").at(place()));
        }
        loads.add(&name, FunctionLoad { invocations_per_month: Some(per_month), ..FunctionLoad::default() })?;
    }
    Ok((loads, rejected))
}

/// Adds the values of one period to the totals of the columns; an empty cell is a period without invocations.
fn add(row: &ByteRecord, decimal_comma: bool, totals: &mut Vec<f64>) -> Result<()> {
    let value = |cell: &[u8]| match String::from_utf8_lossy(cell).trim() {
        "" | "-" => Ok(0.0),
        text => invocations(plain(text, decimal_comma).ok_or_else(|| {
            Error::new(format!("'{text}' is not a number of invocations: expected one, or nothing"))
                .help("download the graph again, with the statistic Sum")
        })?),
    };
    let values = row.iter().skip(1).map(value).collect::<Result<Vec<_>>>()?;
    totals.resize(totals.len().max(values.len()), 0.0);
    for (total, value) in totals.iter_mut().zip(values) {
        *total += value;
    }
    Ok(())
}

/// The periods of a graph or an answer. All its functions share them: CloudWatch leaves out those in which a function was not
/// invoked.
#[derive(Debug)]
pub(super) struct Periods {
    /// When they start, in seconds, in order.
    starts: Vec<f64>,
}

impl Periods {
    /// The periods that start at these seconds, in any order.
    pub(super) fn new(mut starts: Vec<f64>) -> Self {
        starts.sort_by(f64::total_cmp);
        starts.dedup();
        Self { starts }
    }

    /// What the invocations of all of them come to in a month of 730 hours.
    ///
    /// The span runs from the first period to the end of the last; a period lasts as long as the smallest distance between
    /// two, unless it was given. No invocation is none a month, however long the span is.
    pub(super) fn per_month(&self, total: f64, period_s: Option<f64>) -> Result<f64> {
        if total == 0.0 {
            return Ok(0.0);
        }
        let smallest = self.starts.windows(2).map(|w| w[1] - w[0]).reduce(f64::min);
        let period = period_s.or(smallest).ok_or_else(|| {
            Error::new("there is one period, which does not say how long it is: expected two or more")
                .help("download the graph with a period of one day or one hour")
        })?;
        let span = self.starts.last().zip(self.starts.first()).map_or(0.0, |(last, first)| last - first) + period;
        if span > 0.0 {
            invocations(total * SECONDS_PER_MONTH / span)
        } else {
            Err(Error::new("the periods have no length: expected times that differ").help(FORMS))
        }
    }
}

/// Seconds since 1970 of a time as CloudWatch writes it; times without a zone are taken as UTC, since only distances count.
pub(super) fn moment(text: &str) -> Option<f64> {
    let text = text.trim().replace('/', "-");
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let zoned = text.parse::<Timestamp>().ok();
    let civil = || TimeZone::UTC.to_timestamp(text.parse::<civil::DateTime>().ok()?).ok();
    zoned.or_else(civil).map(|t| t.as_second() as f64)
}

/// A period: `300`, `5 minutes`, `1 day`.
fn seconds(text: &str) -> Option<f64> {
    let text = text.trim().to_lowercase();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let count: f64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim().trim_end_matches('s') {
        "" | "second" | "sec" => 1.0,
        "minute" | "min" | "m" => 60.0,
        "hour" | "h" => 3600.0,
        "day" | "d" => 86_400.0,
        _ => return None,
    };
    Some(count * unit).filter(|s| *s > 0.0)
}

/// The function that a label names: the one word that is neither the metric nor its statistic, as in `resize Invocations`
/// or `AWS/Lambda Invocations FunctionName: resize`.
pub(super) fn label_to_function(label: &str) -> Option<String> {
    let words = label.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_')));
    let is_name = |w: &&str| {
        let w = w.to_lowercase();
        !w.trim_matches(['-', '_']).is_empty()
            && !METRIC_WORDS.contains(&w.as_str())
            && !NOT_COUNTS.contains(&w.as_str())
    };
    let mut names = words.filter(is_name);
    let name = names.next()?;
    (names.next().is_none() && seconds(name).is_none()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_name_one_function() {
        let cases = [
            ("resize Invocations", Some("resize")),
            ("AWS/Lambda Invocations FunctionName: resize-image_2", Some("resize-image_2")),
            ("Invocations • resize", Some("resize")),
            ("resize", Some("resize")),
            ("Invocations", None),
            ("resize and orders", None),
            ("", None),
            ("86400", None),
        ];
        for (label, name) in cases {
            assert_eq!(label_to_function(label).as_deref(), name, "{label}");
        }
    }

    #[test]
    fn times_and_periods() {
        let day = moment("2026/05/02 00:00:00").unwrap() - moment("2026-05-01T00:00:00Z").unwrap();
        assert_eq!(day, 86_400.0);
        assert_eq!(moment("2026-05-01T02:00:00+02:00"), moment("2026-05-01"));
        assert_eq!((moment("resize"), moment("12"), moment("")), (None, None, None));
        assert_eq!(
            (seconds("300"), seconds("5 Minutes"), seconds("1 day")),
            (Some(300.0), Some(300.0), Some(86_400.0))
        );
        assert_eq!((seconds("1 hour"), seconds("2h"), seconds("1 second")), (Some(3600.0), Some(7200.0), Some(1.0)));
        assert_eq!((seconds("soon"), seconds("")), (None, None));
    }

    #[test]
    fn a_single_period_needs_its_length() {
        let one = Periods::new(vec![0.0]);
        assert!(one.per_month(730.0, None).unwrap_err().to_string().contains("two or more"));
        assert_eq!(one.per_month(730.0, Some(3600.0)), Ok(730.0 * 730.0));
        assert_eq!(one.per_month(0.0, None), Ok(0.0));
    }
}
