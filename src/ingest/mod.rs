//! Recorded runs in: every form of a RUN argument, recognised by its content.
//!
//! * output of aws-lambda-power-tuning in all its wrappings, and its visualization URL;
//! * run records, one JSON object a line ([`parse_record`]);
//! * CSV with a header;
//! * REPORT lines of CloudWatch logs, grouped by function and memory size.
//!
//! Of logs, [`statistics`] tells more: percentiles, init, failures. `Loads` reads how often functions run,
//! `Baseline` what was known of runs before.
//!
//! Inputs are read lazily and in order, in memory that does not grow with their length. What
//! cannot be read is one error item with its place; everything else is still read.
//!
//! ```
//! let url = "https://lambda-power-tuning.show/#gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI=";
//! let runs: Vec<_> = powercurve::ingest::read(&[url.to_owned()]).collect::<Result<_, _>>()?;
//! assert_eq!(runs[0].curve.len(), 2);
//! # Ok::<(), powercurve::Error>(())
//! ```

#[cfg(feature = "loads")]
mod baseline;
mod cost;
mod csv;
mod detect;
mod distribution;
mod failures;
mod json;
mod lines;
#[cfg(feature = "loads")]
mod load;
mod logs;
mod lpt;
mod name;
mod passed;
mod record;
mod rejected;
mod report;
mod rows;
mod source;
pub mod traces;
pub mod url;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use crate::curve::{Point, Run};
use crate::error::{Error, Result};
use detect::Format;
use lines::Lines;
use report::Reports;

#[cfg(feature = "loads")]
pub use baseline::Baseline;
pub use cost::infer_arch;
pub use distribution::Summary;
pub use lines::LINE_LIMIT;
#[cfg(feature = "loads")]
pub use load::Loads;
pub use logs::{logs, statistics, statistics_of};
pub use passed::PassedOver;
pub use record::parse_record;
pub use report::{FunctionStatistics, SizeStatistics};
pub use source::Input;
use source::{Source, inputs};

/// Most pairs of function and memory size that one input may have.
const MAX_GROUPS: usize = 1_000_000;

/// Longest name of a function, and longest cell of a CSV file, in bytes. Lambda's names have at most 64 characters, and an
/// ARN about 170; a million of any length would not fit into memory.
const MAX_NAME: usize = 512;

/// The runs that the arguments name, in their order; an error is one rejected input, line or run.
///
/// ```
/// let runs: Vec<_> = powercurve::ingest::read(&["datasets/examples/lpt-output.json".into()]).collect();
/// assert_eq!(runs[0].as_ref().map(|run| run.curve.len()), Ok(6));
/// ```
pub fn read(args: &[String]) -> impl Iterator<Item = Result<Run>> + Send + use<> {
    read_inputs(inputs(args))
}

/// The runs of inputs that are known already, such as bytes in memory.
///
/// ```
/// use powercurve::ingest::{Input, read_inputs};
/// let csv = b"memory,duration\n128,480\n256,241\n".to_vec();
/// let runs: Vec<_> = read_inputs(vec![Ok(Input::of_bytes("resize", csv))]).collect::<Result<_, _>>()?;
/// assert_eq!((runs[0].id.as_str(), runs[0].curve.len()), ("resize", 2));
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn read_inputs(inputs: Vec<Result<Input>>) -> impl Iterator<Item = Result<Run>> + Send + use<> {
    raw_inputs(inputs).flat_map(parse)
}

/// The runs in a text that a person pasted: tuning output and run records as JSON, or visualization URLs.
///
/// Logs and CSV are left to [`read`]: without their readers the page in the browser is a fifth smaller.
///
/// ```
/// let text = "{\"id\":\"a\",\"memory_mb\":[128,256],\"duration_ms\":[480,241]}";
/// let runs: Vec<_> = powercurve::ingest::read_text("pasted", text).into_iter().collect::<Result<_, _>>()?;
/// assert_eq!(runs[0].curve.len(), 2);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn read_text(name: &str, text: &str) -> Vec<Result<Run>> {
    let text = text.trim();
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let at = |e: Error| e.at(name);
    let runs: Vec<_> = if text.starts_with('{') && lines().nth(1).is_some_and(|line| line.starts_with('{')) {
        lines().flat_map(|line| json::runs(line.as_bytes(), name)).collect()
    } else if text.starts_with(['{', '[']) {
        json::runs(text.as_bytes(), name)
    } else {
        let named = |nth| if nth == 0 { name.to_owned() } else { format!("{name}:{}", nth + 1) };
        url::find(text).enumerate().flat_map(|(nth, url)| url::runs(url, &named(nth))).collect()
    };
    if runs.is_empty() {
        let error =
            Error::new("no recorded run: expected tuning output or run records as JSON, or a visualization URL")
                .help("logs and CSV are read by `powercurve fit` and the other commands");
        return vec![Err(at(error))];
    }
    runs.into_iter().map(|run| run.map_err(at)).collect()
}

/// The same runs before they are parsed. Reading them is quick, and [`RawRun::parse`] can be
/// called on many threads.
///
/// ```
/// use powercurve::ingest::{RawRun, raw};
/// use rayon::prelude::*;
/// let pieces: Vec<RawRun> = raw(&["datasets/real-runs.jsonl".into()]).collect::<Result<_, _>>()?;
/// let runs: Vec<_> = pieces.into_par_iter().flat_map_iter(RawRun::parse).collect::<Result<_, _>>()?;
/// assert_eq!(runs[0].id, "lpt-readme-example");
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn raw(args: &[String]) -> RawRuns {
    raw_inputs(inputs(args))
}

/// The runs of an input's only source, which is open already.
#[cfg(feature = "loads")]
fn read_lines(file: File, lines: Lines) -> impl Iterator<Item = Result<Run>> {
    let mut reader = raw_inputs(Vec::new());
    reader.open(Ok(lines), file);
    reader.flat_map(parse)
}

fn raw_inputs(inputs: Vec<Result<Input>>) -> RawRuns {
    RawRuns {
        inputs: inputs.into_iter(),
        sources: Vec::new().into_iter(),
        lines: None,
        ready: VecDeque::new(),
        rest: Box::new(std::iter::empty()),
        logs: Logs::default(),
        passed_over: PassedOver::default(),
    }
}

/// A piece of an input that holds one run, sometimes several (a comparison of two, a list).
///
/// ```
/// let piece = powercurve::ingest::raw(&["datasets/real-runs.jsonl".into()]).nth(1).unwrap()?;
/// assert_eq!(piece.place().to_string(), "datasets/real-runs.jsonl:2");
/// assert!(piece.bytes() > 100); // not parsed yet, so as long as the line
/// assert_eq!(piece.parse().remove(0)?.id, "oxidizing-csv-pandas-1m");
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug)]
pub struct RawRun {
    file: Arc<File>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Json {
        text: Vec<u8>,
        line: Option<u64>,
    },
    /// With its place among those of its line, from 0.
    Url {
        url: String,
        line: u64,
        nth: usize,
    },
    Parsed(Box<Run>),
}

/// What messages and runs call a source.
#[derive(Debug)]
struct File {
    place: String,
    /// What its runs are called that have no name of their own.
    name: String,
    /// Which function its log is of, where the lines do not tell.
    function: String,
}

/// Where a run stands in the input: a file, perhaps with a line. Displayed, it is the place of an error.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("runs.json");
/// std::fs::write(&file, "[\n {\"memory_mb\": [128], \"duration_ms\": [8]}\n]")?;
/// let piece = powercurve::ingest::raw(&[file.to_string_lossy().into_owned()]).next().unwrap()?;
/// assert_eq!(piece.place().to_string(), file.to_string_lossy()); // one document, so no line
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Place {
    file: Arc<File>,
    line: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file.place_at(self.line))
    }
}

impl RawRun {
    /// Where it stands.
    pub fn place(&self) -> Place {
        let line = match self.content {
            Content::Json { line, .. } => line,
            Content::Url { line, .. } => Some(line),
            Content::Parsed(_) => None,
        };
        Place { file: Arc::clone(&self.file), line }
    }

    /// About how much memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        match &self.content {
            Content::Json { text, .. } => text.len(),
            Content::Url { url, .. } => url.len(),
            Content::Parsed(run) => run.curve.len() * size_of::<Point>(),
        }
    }

    /// Parses it.
    pub fn parse(self) -> Vec<Result<Run>> {
        let Self { file, content } = self;
        let (runs, line) = match content {
            Content::Parsed(run) => return vec![Ok(*run)],
            Content::Json { text, line } => (json::runs(&text, &file.name_at(line)), line),
            Content::Url { url, line, nth } => {
                let name = match nth {
                    0 => file.name_at(Some(line)),
                    _ => format!("{}:{line}:{}", file.name, nth + 1),
                };
                (url::runs(&url, &name), Some(line))
            }
        };
        runs.into_iter().map(|run| run.map_err(|e| e.at(file.place_at(line)))).collect()
    }
}

impl File {
    fn of(source: &Source) -> Self {
        Self { place: source.place(), name: source.name.clone(), function: source.function.clone() }
    }

    fn place_at(&self, line: Option<u64>) -> String {
        line.map_or_else(|| self.place.clone(), |line| format!("{}:{line}", self.place))
    }

    /// A run of the first line has the name of the file, since often it is the only one.
    fn name_at(&self, line: Option<u64>) -> String {
        match line {
            None | Some(1) => self.name.clone(),
            Some(line) => format!("{}:{line}", self.name),
        }
    }
}

/// The runs of inputs before they are parsed, one source after the other; see [`raw`].
pub struct RawRuns {
    inputs: std::vec::IntoIter<Result<Input>>,
    /// The rest of an input.
    sources: std::vec::IntoIter<Source>,
    lines: Option<OpenLines>,
    ready: VecDeque<Result<RawRun>>,
    /// Runs that are parsed already and come after those that are ready.
    rest: Box<dyn Iterator<Item = Result<RawRun>> + Send>,
    logs: Logs,
    passed_over: PassedOver,
}

/// What the logs hold so far: invocations of one function count together, in whichever log they are.
#[derive(Default)]
struct Logs {
    reports: Reports,
    first: Option<Arc<File>>,
    /// How many others there are.
    others: usize,
}

/// A source that is read line by line.
struct OpenLines {
    lines: Lines,
    file: Arc<File>,
    urls: bool,
}

impl Iterator for RawRuns {
    type Item = Result<RawRun>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.ready.pop_front().or_else(|| self.rest.next()) {
                return Some(item);
            }
            if let Some(open) = &mut self.lines {
                if !open.read_line(&mut self.ready) {
                    self.lines = None;
                }
                continue;
            }
            if let Some(source) = self.sources.next() {
                let file = File::of(&source);
                self.open(source.open(), file);
                continue;
            }
            self.ready.extend(self.passed_over.end().into_iter().map(Err));
            match self.inputs.next() {
                Some(Ok(input)) => {
                    self.passed_over.begin(input.sources.len());
                    self.sources = input.sources.into_iter();
                }
                Some(Err(error)) => self.ready.push_back(Err(error)),
                None => match std::mem::take(&mut self.logs).into_runs() {
                    Some(runs) => self.rest = runs,
                    None => return self.ready.pop_front(),
                },
            }
        }
    }
}

impl RawRuns {
    /// The files that were passed over so far, since they hold no run beside others of their folder that do.
    pub fn passed_over(&self) -> &PassedOver {
        &self.passed_over
    }

    /// Takes an opened source.
    fn open(&mut self, lines: Result<Lines>, file: File) {
        let file = Arc::new(file);
        if let Err(error) = lines.and_then(|lines| self.try_take(lines, &file)) {
            self.ready.extend(self.passed_over.sift(error.at(&file.place)).map(Err));
        }
    }

    fn try_take(&mut self, mut lines: Lines, file: &Arc<File>) -> Result<()> {
        match detect::format(&mut lines)? {
            Format::JsonLines => self.lines = Some(OpenLines { lines, file: Arc::clone(file), urls: false }),
            Format::Urls => self.lines = Some(OpenLines { lines, file: Arc::clone(file), urls: true }),
            Format::JsonDocument => {
                let content = Content::Json { text: lines.whole()?.to_vec(), line: None };
                self.ready.push_back(Ok(RawRun { file: Arc::clone(file), content }));
            }
            Format::Csv(delimiter) => {
                let runs = csv::runs(lines, delimiter, &file.name);
                let file = Arc::clone(file);
                self.rest = Box::new(runs.map(move |run| parsed(&file, run)));
            }
            Format::Log(form) => {
                let rejected = self.logs.reports.scan(form, lines, &file.function)?;
                self.logs.others += usize::from(self.logs.first.is_some());
                self.logs.first.get_or_insert_with(|| Arc::clone(file));
                self.ready.extend(rejected.into_iter().map(|e| Err(e.at(&file.place))));
            }
        }
        Ok(())
    }
}

impl Logs {
    /// The runs of all logs; `None` where there was no log.
    fn into_runs(self) -> Option<Box<dyn Iterator<Item = Result<RawRun>> + Send>> {
        let mut file = self.first?;
        if self.others > 0 {
            let place = format!("{} and {} more", file.place, self.others);
            file = Arc::new(File { place, name: file.name.clone(), function: file.function.clone() });
        }
        Some(Box::new(self.reports.into_runs().map(move |run| parsed(&file, run))))
    }
}

impl OpenLines {
    /// Reads one line; `false` at the end.
    fn read_line(&mut self, ready: &mut VecDeque<Result<RawRun>>) -> bool {
        let file = &self.file;
        match self.lines.next_line() {
            None => return false,
            Some(Err(error)) => ready.push_back(Err(error.at(&file.place))),
            Some(Ok((_, line))) if line.trim_ascii().is_empty() => {}
            Some(Ok((number, line))) if self.urls => {
                let line = String::from_utf8_lossy(line);
                ready.extend(url::find(&line).enumerate().map(|(nth, url)| {
                    let content = Content::Url { url: url.to_owned(), line: number, nth };
                    Ok(RawRun { file: Arc::clone(file), content })
                }));
            }
            Some(Ok((number, line))) => {
                let content = Content::Json { text: line.to_vec(), line: Some(number) };
                ready.push_back(Ok(RawRun { file: Arc::clone(file), content }));
            }
        }
        true
    }
}

fn parse(raw: Result<RawRun>) -> Vec<Result<Run>> {
    raw.map_or_else(|error| vec![Err(error)], RawRun::parse)
}

/// A run that is parsed already.
fn parsed(file: &Arc<File>, run: Result<Run>) -> Result<RawRun> {
    match run {
        Ok(run) => Ok(RawRun { file: Arc::clone(file), content: Content::Parsed(Box::new(run)) }),
        Err(error) => Err(error.at(&file.place)),
    }
}
