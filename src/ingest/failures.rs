//! Failed invocations of a run, by memory size and reason.

use std::collections::BTreeMap;

use crate::curve::{Failure, PowerCurve, RunWarning, Sample};
use crate::error::Error;
use crate::units::MemoryMb;

/// How many invocations failed.
#[derive(Debug, Default)]
pub(super) struct Failures(BTreeMap<(MemoryMb, Failure), u64>);

impl Failures {
    /// Adds failures of one kind at a size.
    pub(super) fn add(&mut self, memory: MemoryMb, failure: Failure, failed: u64) {
        if failed > 0 {
            let sum = self.0.entry((memory, failure)).or_default();
            *sum = Sample::sum([*sum, failed]);
        }
    }

    /// The warnings of a run with this curve. Where a point does not know its count, `invocations` counts.
    pub(super) fn warnings(
        &self,
        curve: Option<&PowerCurve>,
        invocations: Option<u64>,
    ) -> impl Iterator<Item = RunWarning> {
        self.0.iter().map(move |(&(memory, failure), &failed)| {
            let point = curve.and_then(|curve| curve.at(memory));
            let succeeded = point.map_or(0, |p| p.sample.count.or(invocations).unwrap_or(1));
            RunWarning::Failed { memory, failure, failed, succeeded }
        })
    }
}

/// What to say of a run in which no invocation succeeded.
pub(super) fn no_success(warnings: impl IntoIterator<Item = RunWarning>) -> Error {
    let found: Vec<String> = warnings.into_iter().map(|warning| warning.to_string()).collect();
    Error::new(format!("no successful invocation with a duration and a memory size: {}", found.join("; ")))
        .help("measure a larger memory size or raise the timeout")
}
