//! What a chart is about: a recorded run or a workload.

use std::path::Path;

use super::price_args::TariffArgs;
use super::sizes::Sizes;
use super::{Done, batch, drawing, workload};
use crate::advise::{PricedCurve, Strategy};
use crate::curve::Run;
use crate::error::{Error, Result};
use crate::model::{Known, Library, Observation, Posterior};
use crate::pattern::Reader;
use crate::platform::pricing::PriceBasis;
use crate::render::chart::{Mark, Series};
use crate::simulate::{self, Tuning};
use crate::units::MemoryMb;
use crate::workload::{Preset, Workload};

/// A run or a workload, ready to be drawn.
#[derive(Debug)]
pub struct Subject {
    /// Points, curve and band, under the name of the run or workload.
    pub series: Series,
    /// The pattern in words; empty when nobody asked or said.
    pub answer: String,
    /// What else is known, in one line; may be empty.
    pub about: String,
    /// The sizes among which the best is sought, with their costs.
    choice: PricedCurve,
}

/// How much of a subject is wanted.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// Of a run only what was measured.
    pub plain: bool,
    /// Of a workload also a simulated run with this seed.
    pub seed: Option<u64>,
}

impl Subject {
    /// Reads what `input` names; of several runs the one with this `id`.
    ///
    /// # Errors
    /// When the input cannot be read, or holds no run or several and no `id` was given.
    pub fn read(input: &str, id: Option<&str>, view: View, tariff: &TariffArgs) -> Result<(Self, Done)> {
        if is_workload(input) {
            return Ok((of_workload(&workload::read(input)?, view.seed, tariff)?, Done::All));
        }
        let (run, done) = one_run(input, id)?;
        Ok((of_run(&run, view.plain, tariff)?, done))
    }

    /// Marks at the best sizes.
    pub fn optima(&self, strategies: &[Strategy]) -> Vec<Mark> {
        let choices: Vec<_> = strategies.iter().map(|&s| (s, s.pick(&self.choice).memory)).collect();
        drawing::optima(&choices)
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
    let (mut found, mut all) = (None, 0);
    let done = batch::each(&[input.to_owned()], Ok, |run| {
        all += 1;
        if found.is_none() && id.is_none_or(|id| run.id == id) {
            found = Some(run);
        }
        Ok(())
    })?;
    match (found, id) {
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

fn of_run(run: &Run, plain: bool, tariff: &TariffArgs) -> Result<Subject> {
    let (choice, tariff) = tariff.price(run)?;
    let points = Series::measured(&run.id, choice.to_curve());
    let invocations = run.invocations.map(|n| format!("{n} invocations a size"));
    let known = [run.runtime.clone(), run.arch.map(|a| a.to_string()), invocations];
    let about = known.into_iter().flatten().collect::<Vec<_>>().join(", ");
    if plain {
        return Ok(Subject { series: points, answer: String::new(), about, choice });
    }
    let posterior = Posterior::new(Library::shipped(), &Observation::of(run), &Known::default());
    let mut series = drawing::add_model(points, &posterior, &[], &tariff)?;
    if !choice.agrees_with(&tariff) {
        // the line would not be that of the points
        series.model = series.model.map(|model| model.without_costs());
    }
    let pattern = Reader::shipped().classify(run);
    let percent = 100.0 * pattern.confidence;
    let answer = if pattern.uncertain {
        format!("perhaps {} ({percent:.0} %)", pattern.pattern)
    } else {
        format!("{} ({percent:.0} %)", pattern.pattern)
    };
    Ok(Subject { series, answer, about, choice })
}

/// The expected curve of a workload, and the points of a simulated tuning run where there is a seed.
///
/// # Errors
/// When the workload finishes at no memory size, or the prices are not known.
pub fn of_workload(workload: &Workload, seed: Option<u64>, args: &TariffArgs) -> Result<Subject> {
    let tariff = args.tariff(PriceBasis::Lpt, Some(workload.arch), None)?;
    let Sizes(usual) = Sizes::DEFAULT.parse()?;
    let sizes = Series::line_sizes(MemoryMb::MIN, MemoryMb::MAX, &usual);
    let result = simulate::exact(workload, &sizes, tariff.step())?;
    if let (Some((first, _)), Some((last, why))) = (result.failed.first(), result.failed.last()) {
        eprintln!("warning: {}: {first} to {last} are left out: {why}", result.run.id);
    }
    let (priced, _) = args.price(&result.run)?;
    let curve = priced.to_curve();
    // a workload that finishes at no usual size is judged by all sizes
    let choice = curve.filter(|m| usual.contains(&m)).and_then(|c| PricedCurve::recorded(&c)).unwrap_or(priced);
    let simulate = |seed| {
        let sizes = [&usual[..], &[MemoryMb::MAX]].concat();
        let run = Tuning { billing: tariff.step(), seed, ..Tuning::default() }.run(workload, &sizes)?.run;
        Ok(args.price(&run)?.0.to_curve())
    };
    let measured = seed.map(simulate).transpose()?;
    // behind a queue a run of some invocations does not come near its expectation
    let model = (measured.is_none() || workload.downstream.is_none()).then_some(curve);
    let about = if workload.description.is_empty() { "expected values" } else { &workload.description };
    Ok(Subject {
        answer: workload.pattern.map_or(String::new(), |p| p.to_string()),
        about: about.to_owned(),
        choice,
        series: Series { name: result.run.id, measured, simulated: seed.is_some(), model, ..Series::default() },
    })
}
