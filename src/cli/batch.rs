//! Answering many runs: good ones are answered, bad ones are named, and the exit code tells.

use super::runs::read_runs;
use super::{Done, report};
use crate::curve::Run;
use crate::error::{Error, Result};

/// Answers every run that the arguments name, and writes each answer as soon as it is known.
///
/// A run that cannot be read or answered is named on stderr and the rest go on.
///
/// # Errors
/// When no run could be answered, or an answer not be written.
pub fn answer_runs<T>(
    args: &[String],
    mut answer: impl FnMut(&Run) -> Result<T>,
    mut write: impl FnMut(T) -> Result<()>,
) -> Result<Done> {
    let mut answered = false;
    let mut rejected = false;
    // the last rejection waits: when nothing is answered it is the error of the command
    let mut last: Option<Error> = None;
    for run in read_runs(args) {
        last.take().iter().for_each(report);
        match run.and_then(|run| answer(&run).map_err(|e| e.at(run.id))) {
            Ok(good) => {
                answered = true;
                write(good)?;
            }
            Err(error) => {
                rejected = true;
                last = Some(error);
            }
        }
    }
    if !answered {
        return Err(last.unwrap_or_else(|| Error::new("no run found: expected at least one in the given inputs")));
    }
    last.iter().for_each(report);
    Ok(if rejected { Done::SomeRejected } else { Done::All })
}
