//! Files of a folder that hold no run, as an export of logs has them: its marker, empty log streams, log streams without an
//! invocation.

use std::fmt;

use super::lines::EMPTY;
use super::report::NOTHING_FOUND;
use crate::error::Error;

/// Files of folders that hold no run, beside others that do.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let line = "REPORT RequestId: 3f6a2c1e-9b4d-4c8a-8f17-5d2e6b7a9c01\tDuration: 8.50 ms\tMemory Size: 128 MB\n";
/// std::fs::write(folder.path().join("resize.log"), line)?;
/// std::fs::write(folder.path().join("aws-logs-write-test"), "Permission Check Successful")?;
/// let (functions, passed_over) = powercurve::ingest::logs(&[folder.path().to_string_lossy().into_owned()]);
/// assert_eq!((functions.len(), passed_over.files()), (1, 1));
/// assert!(passed_over.to_string().starts_with("1 file without an invocation or a run is passed over: "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct PassedOver {
    files: usize,
    first: String,
    /// Of the folder that is being read.
    waiting: Vec<Error>,
    sources: usize,
}

impl PassedOver {
    /// How many there are.
    pub fn files(&self) -> usize {
        self.files
    }

    /// Begins an input of so many files.
    pub(super) fn begin(&mut self, sources: usize) {
        self.sources = sources;
    }

    /// Sets an error with its place aside when it only says that a file of a folder holds nothing; returns any other.
    pub(super) fn sift(&mut self, error: Error) -> Option<Error> {
        let holds_nothing = [EMPTY, NOTHING_FOUND].iter().any(|problem| error.problem() == *problem);
        let of_runs = error.place().first().is_some_and(|file| is_file_of_runs(file));
        if self.sources > 1 && holds_nothing && !of_runs {
            self.waiting.push(error);
            return None;
        }
        Some(error)
    }

    /// Ends an input: of a folder that held nothing at all the errors are returned.
    pub(super) fn end(&mut self) -> Vec<Error> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.len() == self.sources {
            return waiting;
        }
        if let Some(first) = waiting.first().filter(|_| self.files == 0) {
            self.first = first.place().join(": ");
        }
        self.files += waiting.len();
        Vec::new()
    }
}

/// Whether a file's ending promises runs: what is empty or broken then is an error, not a log stream without an invocation.
fn is_file_of_runs(file: &str) -> bool {
    let name = file.strip_suffix(".gz").unwrap_or(file);
    [".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".url"].iter().any(|ending| name.ends_with(ending))
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.files {
            1 => write!(f, "1 file without an invocation or a run is passed over: {}", self.first),
            n => {
                write!(f, "{n} files without an invocation or a run are passed over, the first of them {}", self.first)
            }
        }
    }
}
