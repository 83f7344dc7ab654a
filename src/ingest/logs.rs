//! Statistics of logs, in more detail than the runs that they make.

use super::detect::{self, Format};
use super::passed::PassedOver;
use super::report::{FunctionStatistics, Reports};
use super::source::{Input, Source, inputs};
use crate::error::{Error, Result};

/// The statistics of all logs that the arguments name, one a function in the order of appearance,
/// and before them an error for everything that was rejected. Invocations of one function count
/// together, in whichever log they are.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let log = folder.path().join("resize.log");
/// let id = "3f6a2c1e-9b4d-4c8a-8f17-5d2e6b7a9c01";
/// std::fs::write(&log, format!("REPORT RequestId: {id}\tDuration: 8.50 ms\tMemory Size: 128 MB\n"))?;
/// let statistics = powercurve::ingest::statistics(&[log.to_string_lossy().into_owned()]);
/// let resize = statistics[0].as_ref().map_err(Clone::clone)?;
/// assert_eq!(resize.function, "resize");
/// assert_eq!(resize.sizes[0].duration.map(|d| d.p99_ms), Some(8.5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn statistics(args: &[String]) -> Vec<Result<FunctionStatistics>> {
    statistics_of(inputs(args))
}

/// As [`statistics`], of inputs that are known already, such as bytes in memory.
///
/// ```
/// use powercurve::ingest::{Input, statistics_of};
/// let line = "REPORT RequestId: 3f6a2c1e-9b4d-4c8a-8f17-5d2e6b7a9c01\tDuration: 8.50 ms\tMemory Size: 128 MB\n";
/// let log = Input::of_bytes("resize", line.as_bytes().to_vec());
/// let resize = statistics_of(vec![Ok(log)]).remove(0)?;
/// assert_eq!((resize.function.as_str(), resize.to_run()?.curve.len()), ("resize", 1));
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn statistics_of(inputs: Vec<Result<Input>>) -> Vec<Result<FunctionStatistics>> {
    read(inputs).0
}

/// As [`statistics`], with the files of folders that hold no invocation beside others that do.
pub fn logs(args: &[String]) -> (Vec<Result<FunctionStatistics>>, PassedOver) {
    read(inputs(args))
}

fn read(inputs: Vec<Result<Input>>) -> (Vec<Result<FunctionStatistics>>, PassedOver) {
    let mut reports = Reports::default();
    let (mut rejected, mut passed_over) = (Vec::new(), PassedOver::default());
    for input in inputs {
        match input {
            Ok(Input { sources, .. }) => {
                passed_over.begin(sources.len());
                for source in sources {
                    let place = source.place();
                    match scan(&mut reports, source) {
                        Ok(errors) => rejected.extend(errors.into_iter().map(|e| e.at(&place))),
                        Err(error) => rejected.extend(passed_over.sift(error.at(&place))),
                    }
                }
                rejected.extend(passed_over.end());
            }
            Err(error) => rejected.push(error),
        }
    }
    (rejected.into_iter().map(Err).chain(reports.into_statistics()).collect(), passed_over)
}

/// Adds a log to the reports; returns what was rejected of it.
fn scan(reports: &mut Reports, source: Source) -> Result<Vec<Error>> {
    let function = source.function.clone();
    let mut lines = source.open()?;
    match detect::format(&mut lines)? {
        Format::Log(form) => reports.scan(form, lines, &function),
        Format::JsonLines | Format::JsonDocument | Format::Csv(_) | Format::Urls => {
            Err(Error::new("content is not a log: expected REPORT lines or platform.report events")
                .help("recorded runs are read by the other commands, such as powercurve classify"))
        }
    }
}
