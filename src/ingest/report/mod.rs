//! CloudWatch logs: REPORT lines and `platform.report` events, grouped by function and memory size.
//!
//! Each line is read once and forgotten, so the memory needed grows with the number of functions
//! and sizes, by at most 64 KiB for each pair of them, and not with the log. The duration is that of the handler; init is kept apart.

mod line;
mod scan;
mod statistics;

use std::collections::btree_map::{BTreeMap, Entry};
use std::collections::{HashMap, VecDeque};

use super::distribution::Distribution;
use super::{MAX_GROUPS, MAX_NAME};
use crate::curve::{Failure, Run};
use crate::error::{Error, Result};
use crate::moments::{Moments, larger};
use crate::units::{MemoryMb, Millis};

pub(super) use line::{PLATFORM_REPORT, REPORT};
use line::{Report, RequestId};
pub(super) use scan::NOTHING_FOUND;
pub use statistics::{FunctionStatistics, SizeStatistics};

/// How many invocations lie at most between a REPORT line and the line that tells its failure.
const WINDOW: usize = 64;

/// All invocations of the logs read so far.
#[derive(Default)]
pub(super) struct Reports {
    functions: Vec<Function>,
    by_name: HashMap<Vec<u8>, usize>,
    /// Invocations seen so far.
    seen: u64,
    groups: usize,
    beyond_limit: u64,
    /// Invocations whose function has a name that is too long.
    misnamed: u64,
    /// The last invocations: a following line may still say that one failed.
    pending: VecDeque<(usize, Report)>,
    /// The last failures that were told before their REPORT line.
    failures: VecDeque<(RequestId, Failure)>,
    /// The last starts, with the number of invocations seen before each.
    starts: VecDeque<(RequestId, u64)>,
}

#[derive(Default)]
struct Function {
    name: Vec<u8>,
    sizes: BTreeMap<MemoryMb, Size>,
    incomplete: u64,
}

/// The invocations of one function at one size.
#[derive(Default)]
struct Size {
    duration: Distribution,
    init: Distribution,
    billed: Moments,
    max_memory_used_mb: Option<f64>,
    failed: BTreeMap<Failure, u64>,
}

impl Reports {
    /// Takes one invocation of the function called `name`.
    fn push(&mut self, name: &[u8], mut report: Report) {
        if !self.failures.is_empty() {
            let told = self.failures.iter().find(|(request, _)| Some(*request) == report.request);
            report.failure = report.failure.or(told.map(|&(_, failure)| failure));
            // a retry with the same id may succeed
            self.failures.retain(|(request, _)| Some(*request) != report.request);
        }
        self.seen += 1;
        if name.len() > MAX_NAME {
            self.misnamed += 1;
            return;
        }
        let Some(function) = self.function(name) else {
            self.beyond_limit += 1;
            return;
        };
        self.pending.push_back((function, report));
        if self.pending.len() > WINDOW {
            self.settle_oldest();
        }
    }

    /// Takes the start of an invocation: what is told of its id from now on is not of an earlier one.
    fn push_start(&mut self, request: RequestId) {
        push_bounded(&mut self.starts, (request, self.seen));
    }

    /// Takes a failure that a line of its own tells.
    fn push_failure(&mut self, request: RequestId, failure: Failure) {
        let start = self.starts.iter().rev().find(|(started, _)| *started == request);
        let since = start.map_or(u64::MAX, |&(_, before)| self.seen - before);
        let recent = self.pending.iter_mut().rev().take(usize::try_from(since).unwrap_or(usize::MAX));
        for (_, report) in recent {
            if report.request == Some(request) {
                report.failure.get_or_insert(failure);
                return;
            }
        }
        push_bounded(&mut self.failures, (request, failure));
    }

    fn function(&mut self, name: &[u8]) -> Option<usize> {
        // lines of one function mostly stand together
        let last = self.pending.back().map(|&(function, _)| function);
        let same = |&function: &usize| self.functions.get(function).is_some_and(|f| f.name == name);
        if let Some(known) = last.filter(same).or_else(|| self.by_name.get(name).copied()) {
            return Some(known);
        }
        if self.groups >= MAX_GROUPS {
            return None;
        }
        self.groups += 1;
        self.functions.push(Function { name: name.to_vec(), ..Function::default() });
        self.by_name.insert(name.to_vec(), self.functions.len() - 1);
        Some(self.functions.len() - 1)
    }

    fn settle_oldest(&mut self) {
        let Some((function, report)) = self.pending.pop_front() else { return };
        let Some(function) = self.functions.get_mut(function) else { return };
        let memory = report.memory_mb.and_then(|mb| MemoryMb::from_f64(mb).ok());
        let duration = report.duration_ms.and_then(|ms| Millis::new(ms).ok());
        let (Some(memory), Some(duration)) = (memory, duration) else {
            function.incomplete += 1;
            return;
        };
        let size = match function.sizes.entry(memory) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(_) if self.groups >= MAX_GROUPS => {
                self.beyond_limit += 1;
                return;
            }
            Entry::Vacant(new) => {
                self.groups += 1;
                new.insert(Size::default())
            }
        };
        size.push(duration, &report);
    }

    /// The runs, one a function, in the order of appearance.
    pub(super) fn into_runs(self) -> impl Iterator<Item = Result<Run>> {
        self.into_statistics().map(|statistics| statistics?.to_run())
    }

    /// The statistics, one a function, in the order of appearance.
    pub(super) fn into_statistics(mut self) -> impl Iterator<Item = Result<FunctionStatistics>> {
        while !self.pending.is_empty() {
            self.settle_oldest();
        }
        let beyond = (self.beyond_limit > 0).then(|| {
            Error::new(format!(
                "{} invocations belong to further functions or sizes: expected at most {MAX_GROUPS} pairs of function and size",
                self.beyond_limit
            ))
            .help("split the logs by function")
        });
        let misnamed = (self.misnamed > 0).then(|| {
            Error::new(format!(
                "{} invocations name a function in more than {MAX_NAME} bytes: expected at most that",
                self.misnamed
            ))
            .help("check that the lines are whole: Lambda's names have at most 64 characters")
        });
        let functions = self.functions.into_iter().map(|function| Ok(function.into_statistics()));
        functions.chain(beyond.into_iter().chain(misnamed).map(Err))
    }
}

/// Adds an item behind at most [`WINDOW`] others.
fn push_bounded<T>(items: &mut VecDeque<T>, item: T) {
    if items.len() >= WINDOW {
        items.pop_front();
    }
    items.push_back(item);
}

impl Function {
    fn into_statistics(self) -> FunctionStatistics {
        FunctionStatistics {
            function: String::from_utf8_lossy(&self.name).into_owned(),
            sizes: self.sizes.into_iter().map(|(memory, size)| size.into_statistics(memory)).collect(),
            incomplete: self.incomplete,
        }
    }
}

impl Size {
    /// Counts an invocation in.
    fn push(&mut self, duration: Millis, report: &Report) {
        match report.failure {
            Some(failure) => *self.failed.entry(failure).or_default() += 1,
            None => {
                self.duration.push(duration.ms());
                self.max_memory_used_mb = larger(self.max_memory_used_mb, report.max_memory_used_mb);
                report.init_ms.into_iter().for_each(|ms| self.init.push(ms));
                report.billed_ms.into_iter().for_each(|ms| self.billed.push(ms));
            }
        }
    }

    fn into_statistics(self, memory: MemoryMb) -> SizeStatistics {
        SizeStatistics {
            memory,
            duration: self.duration.summary(),
            init: self.init.summary(),
            billed_ms: self.billed.mean(),
            max_memory_used_mb: self.max_memory_used_mb,
            failed: self.failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_function_and_no_size_is_added_beyond_the_limit() {
        // room for one function with one size
        let mut reports = Reports { groups: MAX_GROUPS - 2, ..Reports::default() };
        let report = |mb| Report { memory_mb: Some(mb), duration_ms: Some(5.0), ..Report::default() };
        for (name, mb) in [("a", 128.0), ("a", 256.0), ("a", 128.0)] {
            reports.push(name.as_bytes(), report(mb));
        }
        while !reports.pending.is_empty() {
            reports.settle_oldest();
        }
        reports.push(b"b", report(128.0));
        assert_eq!((reports.functions.len(), reports.groups), (1, MAX_GROUPS));
        let told: Vec<_> = reports.into_statistics().collect();
        assert_eq!(told[0].as_ref().unwrap().sizes.iter().map(|s| s.memory.mb()).collect::<Vec<_>>(), [128]);
        let error = told[1].as_ref().unwrap_err().to_string();
        assert!(error.starts_with("2 invocations belong to further functions or sizes"), "{error}");
    }

    #[test]
    fn invocations_of_names_that_are_too_long_are_counted() {
        let mut reports = Reports::default();
        let report = || Report { memory_mb: Some(128.0), duration_ms: Some(5.0), ..Report::default() };
        for length in [MAX_NAME, MAX_NAME + 1, 2 * MAX_NAME] {
            reports.push(&vec![b'x'; length], report());
        }
        let told: Vec<_> = reports.into_statistics().collect();
        assert_eq!((told.len(), told[0].as_ref().unwrap().function.len()), (2, MAX_NAME));
        let error = told[1].as_ref().unwrap_err().problem();
        assert!(error.starts_with("2 invocations name a function in more than 512 bytes"), "{error}");
    }
}
