//! Load files: how often each function runs and how it is configured.
//!
//! Three forms, told by content: a CSV table with one row a function; the JSON of `aws lambda list-functions`
//! (configuration) or `aws cloudwatch get-metric-data` (invocations); a CloudWatch graph downloaded as CSV, with one column
//! a function and one row a period.

mod json;
mod metrics;
mod table;

use std::collections::BTreeMap;

use super::{Input, MAX_GROUPS, Source, inputs};
use crate::curve::Arch;
use crate::error::{Error, Result};
use crate::load::{FunctionLoad, function_name};
use crate::platform::pricing::Prices;

/// Largest load file, unpacked, in bytes: tables and graphs are kept whole.
const MAX_BYTES: u64 = 64 << 20;

/// Functions by their bare name.
///
/// ```
/// use powercurve::ingest::{Input, Loads};
/// let csv = b"function,invocations,memory\nresize,2000000,512\npoll,,128\n".to_vec();
/// let (loads, rejected) = Loads::read_inputs(vec![Ok(Input::of_bytes("load.csv", csv))])?;
/// assert!(rejected.is_empty() && loads.iter().count() == 2);
/// // by any form of its name
/// let resize = loads.get("arn:aws:lambda:eu-west-1:123456789012:function:resize");
/// assert_eq!(resize.and_then(|load| load.invocations_per_month), Some(2e6));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loads {
    functions: BTreeMap<String, FunctionLoad>,
}

impl Loads {
    /// Reads load files one after the other: what a later file knows of a function replaces what an earlier one said. The
    /// errors are rejected rows and entries, with their places.
    ///
    /// ```
    /// let folder = tempfile::tempdir()?;
    /// let list = folder.path().join("functions.json");
    /// std::fs::write(&list, r#"{"Functions": [{"FunctionName": "resize", "MemorySize": 512, "Timeout": 30}]}"#)?;
    /// let (loads, _) = powercurve::ingest::Loads::read(&[list.to_string_lossy().into_owned()])?;
    /// assert_eq!(loads.get("resize").and_then(|load| load.timeout).map(|t| t.ms()), Some(30_000.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When a file cannot be read, is in none of the forms, or holds no function.
    pub fn read(paths: &[String]) -> Result<(Self, Vec<Error>)> {
        Self::read_inputs(inputs(paths))
    }

    /// The same of inputs that are known already, such as bytes in memory.
    ///
    /// # Errors
    /// As [`Loads::read`].
    pub fn read_inputs(inputs: Vec<Result<Input>>) -> Result<(Self, Vec<Error>)> {
        let (mut all, mut rejected) = (Self::default(), Vec::new());
        for input in inputs {
            for source in input?.sources {
                let place = source.place();
                let (found, bad) = read_one(source).map_err(|e| e.at(&place))?;
                if found.functions.is_empty() {
                    let error = bad.into_iter().next().unwrap_or_else(|| {
                        Error::new("no function in the load file: expected at least one").help(FORMS)
                    });
                    return Err(error.at(place));
                }
                rejected.extend(bad.into_iter().map(|e| e.at(&place)));
                for (name, load) in found.functions {
                    all.add(&name, load).map_err(|e| e.at(&place))?;
                }
            }
        }
        Ok((all, rejected))
    }

    /// What is known of a function, by any form of its name.
    pub fn get(&self, name: &str) -> Option<&FunctionLoad> {
        self.functions.get(function_name(name))
    }

    /// Every function, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &FunctionLoad)> {
        self.functions.iter().map(|(name, load)| (name.as_str(), load))
    }

    /// Takes over what is known of a function.
    ///
    /// # Errors
    /// When it is one function too many.
    fn add(&mut self, name: &str, load: FunctionLoad) -> Result<()> {
        let name = function_name(name);
        if self.functions.len() >= MAX_GROUPS && !self.functions.contains_key(name) {
            return Err(Error::new(format!("more than {MAX_GROUPS} functions: expected at most that"))
                .help("check that the column of the function does not hold request ids, or split the file"));
        }
        self.functions.entry(name.to_owned()).or_default().update(load);
        Ok(())
    }
}

/// What a load file may be.
const FORMS: &str = "give a CSV with the columns function, invocations and memory, the JSON of `aws lambda list-functions` or \
                     `aws cloudwatch get-metric-data`, or a CloudWatch graph of Invocations downloaded as CSV";

fn read_one(source: Source) -> Result<(Loads, Vec<Error>)> {
    let mut lines = source.open()?.at_most(MAX_BYTES);
    let head = lines.head();
    if head.contains(&0) {
        return Err(Error::new("content is binary: expected text in UTF-8").help(FORMS));
    }
    let head = String::from_utf8_lossy(head).into_owned();
    let is_content = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    let first = head.lines().find(is_content).unwrap_or_default();
    if first.trim_start().starts_with(['{', '[']) {
        return json::read(lines.whole()?);
    }
    if let Some(delimiter) = table::delimiter(first) {
        return Ok(table::read(lines, delimiter));
    }
    if metrics::is_graph(&head) {
        return metrics::read(lines);
    }
    Err(table::unknown_columns(first).unwrap_or_else(|| {
        Error::new(
            "not a load file: expected a header with a column for the function and one for the invocations or the memory",
        )
        .help(FORMS)
    }))
}

/// A number of invocations.
fn invocations(x: f64) -> Result<f64> {
    const MOST: f64 = 1e15;
    if (0.0..=MOST).contains(&x) {
        Ok(x)
    } else {
        Err(Error::new(format!("{x:?} invocations are not usable: expected a number from 0 to {MOST:e}"))
            .help("give the invocations of a month, or the statistic Sum of the metric Invocations"))
    }
}

/// A size of ephemeral storage, in MB.
fn storage(mb: f64) -> Result<f64> {
    if Prices::STORAGE_MB.contains(&mb) {
        Ok(mb)
    } else {
        Err(Error::new(format!("ephemeral storage of {mb} MB is outside what Lambda offers: expected 512 to 10240"))
            .help("leave it empty where it is not known"))
    }
}

/// The instruction set of a function.
fn arch(text: &str) -> Result<Arch> {
    text.parse().map_err(|e: Error| e.help("leave it empty where it is not known"))
}

/// A function that a file lists a second time: the numbers of one of them would be lost.
fn twice(name: &str, first: &str, kind: &str) -> Error {
    Error::new(format!("the function '{name}' is listed twice, first in {first}: expected one {kind} a function"))
        .help("keep one of them, with the invocations of both added up")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[&str]) -> Result<(Loads, Vec<Error>)> {
        let folder = tempfile::tempdir().unwrap();
        let path = |(i, text): (usize, &&str)| {
            let path = folder.path().join(format!("{i}.csv"));
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        Loads::read(&texts.iter().enumerate().map(path).collect::<Vec<_>>())
    }

    const LISTING: &str = r#"{"Functions": [
        {"FunctionName": "resize", "MemorySize": 1024, "Runtime": "nodejs20.x", "Architectures": ["arm64"],
         "EphemeralStorage": {"Size": 2048}},
        {"FunctionName": "orders", "MemorySize": 512, "PackageType": "Image"}]}"#;

    #[test]
    fn several_files_combine() {
        let table = "Function Name;Invocations / month;Memory (MB)\nresize;1,5e6;\nnotify;3000000;128\n";
        let graph = "Label,orders Invocations\nStatistic,Sum\n2026/05/01 00:00:00,100\n2026/05/02 00:00:00,\n2026/05/03 00:00:00,140\n";
        let (loads, rejected) = read(&[LISTING, table, graph]).unwrap();
        assert!(rejected.is_empty(), "{rejected:?}");
        let resize = loads.get("arn:aws:lambda:eu-west-1:1:function:resize").unwrap();
        assert_eq!((resize.invocations_per_month, resize.memory.map(|m| m.mb())), (Some(1.5e6), Some(1024)));
        assert_eq!((resize.arch, resize.storage_mb), (Some(Arch::Arm64), Some(2048.0)));
        let orders = loads.get("orders").unwrap();
        // 240 in three days
        assert!((orders.invocations_per_month.unwrap() - 240.0 * 730.0 / 72.0).abs() < 1e-9);
        assert_eq!(orders.memory.map(|m| m.mb()), Some(512));
        assert_eq!(loads.iter().count(), 3);
    }

    #[test]
    fn bad_rows_are_named_and_the_others_are_read() {
        let (loads, rejected) = read(&["function,invocations,memory\na,10,128\nb,many,128\nc,5,64\n,5,128\n"]).unwrap();
        assert_eq!(loads.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["a"]);
        let told: Vec<String> = rejected.iter().map(ToString::to_string).collect();
        assert!(told[0].contains("line 3") && told[0].contains("'many'"), "{told:?}");
        assert!(told[1].contains("line 4") && told[1].contains("64 MB is outside"), "{told:?}");
        assert!(told[2].contains("line 5") && told[2].contains("function"), "{told:?}");
    }

    #[test]
    fn a_rejected_row_of_a_graph_counts_for_no_function() {
        let graph = "Label,a,b\n2026-05-01,100,5\n2026-05-02,100,many\n2026-05-03,100,5\n";
        let (loads, rejected) = read(&[graph]).unwrap();
        assert!(rejected[0].to_string().contains("line 3: 'many'"), "{rejected:?}");
        let of = |name| loads.get(name).unwrap().invocations_per_month.unwrap();
        assert!((of("a") / of("b") - 20.0).abs() < 1e-9);
    }

    #[test]
    fn a_graph_says_of_each_column_how_long_a_period_is_and_what_it_counts() {
        let graph = "Label,a,b\nStatistic,Sum,Sum\nPeriod,1 hour,1 day\n2026/05/01 00:00:00,100,2400\n";
        let (loads, rejected) = read(&[graph]).unwrap();
        assert!(rejected.is_empty(), "{rejected:?}");
        let of = |name| loads.get(name).unwrap().invocations_per_month.unwrap();
        assert_eq!((of("a"), of("b")), (100.0 * 730.0, 100.0 * 730.0));
        for statistic in ["Average", "Maximum", "min"] {
            let error = read(&[&graph.replacen("Sum", statistic, 1)]).unwrap_err().to_string();
            assert!(error.contains(&format!("the statistic is {statistic}: expected Sum")), "{error}");
            assert!(error.contains("column 2"), "{error}");
        }
    }

    #[test]
    fn a_graph_has_few_rows_of_labels_and_no_endless_rows() {
        let wide = format!("2026-05-02,7{}\n", ",".repeat(10_000));
        let graph = format!("Label,a\n2026-05-01,100\n{wide}{}2026-05-03,100\n", "total,9\n".repeat(20));
        let (loads, rejected) = read(&[&graph]).unwrap();
        assert!(rejected[0].to_string().contains("line 3: 10002 columns: expected at most 10000"), "{rejected:?}");
        assert!(rejected[1].to_string().contains("line 23: a row without a time after 20 rows"), "{rejected:?}");
        // two periods of two days
        assert!((loads.get("a").unwrap().invocations_per_month.unwrap() - 200.0 * 730.0 / 96.0).abs() < 1e-9);
    }

    #[test]
    fn what_no_function_has_is_refused() {
        let (_, rejected) = read(&[
            "function,invocations,storage,arch\na,1,512,arm64\nb,1,-5,\nc,1,20000,\nd,-1,,\ne,1e16,,\nf,1,,mips\n",
        ])
        .unwrap();
        let words =
            ["storage of -5 MB", "storage of 20000 MB", "-1.0 invocations", "invocations", "architecture 'mips'"];
        assert_eq!(rejected.len(), words.len());
        for (error, words) in rejected.iter().zip(words) {
            assert!(error.problem().contains(words) && error.to_string().contains("\n  help: "), "{error}");
        }
    }

    #[test]
    fn what_is_listed_twice_is_never_lost_silently() {
        let (loads, rejected) = read(&["function,invocations,memory\na,10,128\nb,5,128\na:$LATEST,70,256\n"]).unwrap();
        assert_eq!(loads.get("a").and_then(|l| l.invocations_per_month), Some(10.0));
        let told: Vec<String> = rejected.iter().map(ToString::to_string).collect();
        assert!(told.len() == 1 && told[0].contains("line 4") && told[0].contains("line 2"), "{told:?}");

        let graph = "Label;a\n2026-05-01;1000,0\n2026-05-02;460,5\n2026-05-02;7\n";
        let (loads, rejected) = read(&[graph]).unwrap();
        assert_eq!(loads.get("a").and_then(|l| l.invocations_per_month), Some(1460.5 * 730.0 / 48.0));
        assert!(
            rejected.len() == 1 && rejected[0].to_string().contains("line 4: 2026-05-02 is listed twice"),
            "{rejected:?}"
        );

        let graph = "Label,a Invocations,a\n2026/05/01 00:00:00,1,2\n2026/05/02 00:00:00,3,4\n";
        let error = read(&[graph]).unwrap_err().to_string();
        assert!(error.contains("column 3") && error.contains("column 2"), "{error}");

        let listing = |mb: u32| format!(r#"{{"Functions": [{{"FunctionName": "a", "MemorySize": {mb}}}]}}"#);
        let (loads, rejected) = read(&[&(listing(128) + &listing(256))]).unwrap();
        assert_eq!(loads.get("a").and_then(|l| l.memory).map(|m| m.mb()), Some(128));
        assert!(rejected.len() == 1 && rejected[0].to_string().contains("'a' is listed twice"), "{rejected:?}");
        assert!(read(&[&(listing(128) + &listing(128))]).is_ok());

        // pages of one metric
        let page = |day: u32| {
            format!(
                r#"{{"MetricDataResults": [{{"Label": "a", "Timestamps": ["2026-05-0{day}T00:00:00Z"], "Values": [24]}}]}}"#
            )
        };
        let (loads, _) = read(&[&(page(1) + &page(2))]).unwrap();
        assert_eq!(loads.get("a").and_then(|l| l.invocations_per_month), Some(730.0));
    }

    #[test]
    fn bad_entries_are_named_and_the_others_are_read() {
        let listing = r#"{"Functions": [{"FunctionName": "a", "MemorySize": 64}, {"FunctionName": "b", "Timeout": 0},
            {"FunctionName": "c", "Architectures": ["mips"]}, {"FunctionName": 3}, {"FunctionName": "d", "Timeout": 3}]}"#;
        let (loads, rejected) = read(&[listing]).unwrap();
        assert_eq!(loads.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["d"]);
        let words = ["function 1: a: ", "function 2: b: ", "function 3: c: ", "function 4: not a list"];
        assert_eq!(rejected.len(), words.len(), "{rejected:?}");
        for (error, words) in rejected.iter().zip(words) {
            assert!(error.to_string().contains(words), "{error}");
        }

        let answer = r#"{"MetricDataResults": [{"Label": "a", "Timestamps": ["2026-05-01"], "Values": [-1]},
            {"Label": "Invocations", "Timestamps": [], "Values": []},
            {"Label": "b", "Timestamps": ["2026-05-01"], "Values": []},
            {"Label": "c", "Timestamps": ["2026-05-01", "2026-05-02"], "Values": [24, 24]},
            {"Label": "a", "Timestamps": ["2026-05-02"], "Values": [24]}, {"Label": "d", "Timestamps": [], "Values": []}]}"#;
        let (loads, rejected) = read(&[answer]).unwrap();
        let found: Vec<_> = loads.iter().map(|(name, load)| (name, load.invocations_per_month)).collect();
        assert_eq!(found, [("c", Some(730.0)), ("d", Some(0.0))]);
        let words = ["metric 2: the label", "metric 'a': metric 1: -1.0", "metric 'b': metric 3: 1 times and 0 values"];
        assert_eq!(rejected.len(), words.len(), "{rejected:?}");
        for (error, words) in rejected.iter().zip(words) {
            assert!(error.to_string().contains(words), "{error}");
        }

        let one =
            r#"{"MetricDataResults": [{"Label": "a", "Timestamps": ["2026-05-01"], "Values": [7]}, {"Label": "b"}]}"#;
        let (loads, rejected) = read(&[one]).unwrap();
        assert_eq!(loads.get("b").and_then(|l| l.invocations_per_month), Some(0.0));
        assert!(rejected.len() == 1 && rejected[0].to_string().contains("metric 'a': there is one period"));
    }

    #[test]
    fn an_answer_that_goes_on_is_not_taken_as_complete() {
        let page = |day: u32, status: &str, rest: &str| {
            format!(
                r#"{{"MetricDataResults": [{{"Label": "a", "Timestamps": ["2026-05-0{day}"], "Values": [24], "StatusCode": "{status}"}}]{rest}}}"#
            )
        };
        let token = r#", "NextToken": "abc""#;
        let whole = page(1, "PartialData", token) + &page(2, "Complete", "");
        let (loads, rejected) = read(&[&whole]).unwrap();
        assert!(loads.get("a").is_some() && rejected.is_empty(), "{rejected:?}");
        let error = read(&[&(page(1, "Complete", "") + &page(2, "PartialData", ""))]).unwrap_err().to_string();
        assert!(error.contains("metric 'a': ") && error.contains("PartialData"), "{error}");
        let (_, rejected) = read(&[&(page(1, "Complete", "") + &page(2, "Complete", token))]).unwrap();
        assert!(rejected.len() == 1 && rejected[0].to_string().contains("NextToken"), "{rejected:?}");
    }

    #[test]
    fn functions_of_an_answer_share_its_periods_as_those_of_a_graph_do() {
        let graph = "Label,busy,rare\n2026-05-01,24,\n2026-05-02,24,\n2026-05-03,24,24\n2026-05-04,24\n";
        let answer = r#"{"MetricDataResults": [{"Label": "rare", "Timestamps": ["2026-05-03"], "Values": [24]},
            {"Label": "busy", "Timestamps": ["2026-05-04", "2026-05-03"], "Values": [24, 24]}]}
            {"MetricDataResults": [{"Label": "busy", "Timestamps": ["2026-05-02", "2026-05-01"], "Values": [24, 24]}]}"#;
        for text in [graph, answer] {
            let (loads, rejected) = read(&[text]).unwrap();
            let of = |name| loads.get(name).and_then(|l| l.invocations_per_month);
            assert_eq!((of("busy"), of("rare")), (Some(730.0), Some(730.0 / 4.0)), "{rejected:?}");
        }
    }

    #[test]
    fn what_is_out_of_bounds_is_told_the_bounds() {
        let (_, rejected) = read(&["function,invocations\na,10\nb,1e30\n"]).unwrap();
        assert!(rejected[0].to_string().contains("1e30 invocations are not usable: expected a number from 0 to 1e15"));
    }

    #[test]
    fn what_is_no_load_file_says_what_would_be_one() {
        for text in
            ["hello\n", "{}", "[1]", "function,colour\na,red\n", "{\"Functions\": [{\"FunctionName\": 3}]}", "{"]
        {
            let error = read(&[text]).unwrap_err().to_string();
            assert!(error.contains("list-functions") || error.contains("cut off"), "{text}: {error}");
        }
    }
}
