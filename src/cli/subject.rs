//! What a chart is about: a recorded run or a workload.

use std::path::Path;

use super::price_args::TariffArgs;
use super::{Done, batch, warn, workload};
use crate::curve::Run;
use crate::error::{Error, Result};
use crate::platform::pricing::PriceBasis;
use crate::show::Subject;
use crate::workload::{Preset, Workload};

/// How much of a subject is wanted.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// Of a run only what was measured.
    pub plain: bool,
    /// Of a workload also a simulated run with this seed.
    pub seed: Option<u64>,
}

/// Reads what `input` names; of several runs the one with this `id`.
///
/// # Errors
/// When the input cannot be read, or holds no run or several and no `id` was given.
pub fn read(input: &str, id: Option<&str>, view: View, tariff: &TariffArgs) -> Result<(Subject, Done)> {
    if is_workload(input) {
        no_id(input, id)?;
        return Ok((of_workload(&workload::read(input)?, view.seed, tariff)?, Done::All));
    }
    let (run, done) = one_run(input, id)?;
    let (priced, tariff) = tariff.price(&run)?;
    let points = Subject::measured(&run, priced);
    Ok((if view.plain { points } else { points.with_model(&run, &tariff)? }, done))
}

/// A workload has no runs to choose from.
///
/// # Errors
/// When there is an `id`.
pub fn no_id(input: &str, id: Option<&str>) -> Result<()> {
    match id {
        Some(_) => Err(Error::new("--id names a recorded run: expected none with a workload").at(input)),
        None => Ok(()),
    }
}

/// A TOML file, a preset or a pattern; a bare word that is no file was meant to be one of the latter.
pub fn is_workload(input: &str) -> bool {
    let path = Path::new(input);
    let is_word = || input != "-" && !input.contains(['.', '/', '\\', ';']) && !path.exists();
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml")) || Preset::find(input).is_ok() || is_word()
}

/// The run that `input` names; of several the one with this `id`.
///
/// # Errors
/// When the input cannot be read, or holds no such run, or several and no `id` was given.
pub fn one_run(input: &str, id: Option<&str>) -> Result<(Run, Done)> {
    let (mut found, mut matching, mut all) = (None, 0, 0);
    let done = batch::each(&[input.to_owned()], Ok, |run| {
        all += 1;
        if id.is_none_or(|id| run.id == id) {
            matching += 1;
            found.get_or_insert(run);
        }
        Ok(())
    })?;
    match (found, id) {
        (Some(_), Some(id)) if matching > 1 => {
            Err(Error::new(format!("{matching} runs have the id '{id}': expected one"))
                .help("give every run an id of its own, or the one run alone")
                .at(input))
        }
        (Some(_), None) if all > 1 => {
            Err(Error::new(format!("there are {all} runs: expected one")).help("choose one with --id").at(input))
        }
        (Some(run), _) => Ok((run, done)),
        (None, _) => {
            let id = id.unwrap_or_default();
            Err(Error::new(format!("there is no run with the id '{id}' among {all}"))
                .help("`powercurve classify` lists the ids")
                .at(input))
        }
    }
}

/// The expected curve of a workload, and the points of a simulated tuning run where there is a seed; names the sizes at
/// which it does not finish.
///
/// # Errors
/// When the workload finishes at no memory size, or the prices are not known.
pub fn of_workload(workload: &Workload, seed: Option<u64>, args: &TariffArgs) -> Result<Subject> {
    let mut workload = workload.clone();
    args.move_workload(&mut workload);
    let step = args.tariff(PriceBasis::Lpt, Some(workload.arch), None)?.step();
    let subject = Subject::of_workload(&workload, seed, step, |run| args.price(run))?;
    if let (Some((first, _)), Some((last, why))) = (subject.failed.first(), subject.failed.last()) {
        warn(format_args!("{}: {first} to {last} are left out: {why}", subject.series.name));
    }
    Ok(subject)
}
