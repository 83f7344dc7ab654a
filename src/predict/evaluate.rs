//! How close fits and predictions come on recorded runs, beside the closed forms.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use crate::curve::{Run, Start};
use crate::model::posterior::quantile;
use crate::model::{Known, Library, Observation, Posterior};
use crate::predict::fit::fit;
use crate::predict::forecast::spread;
use crate::predict::{ClosedForm, never_rising};
use crate::units::MemoryMb;

/// Relative errors in percent: median, mean, 90th percentile.
///
/// ```
/// use powercurve::predict::evaluate::Errors;
/// let errors = Errors::of(vec![0.01, 0.02, 0.03, 0.3]).expect("four errors");
/// assert_eq!((errors.median, errors.mean, errors.p90, errors.sizes), (3.0, 9.0, 30.0, 4));
/// assert_eq!(Errors::of(vec![]), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Errors {
    /// Median, in percent.
    pub median: f64,
    /// Mean, in percent.
    pub mean: f64,
    /// 90th percentile, in percent.
    pub p90: f64,
    /// Number of sizes behind them.
    pub sizes: usize,
}

impl Errors {
    /// Summary of relative errors (shares, not percent); `None` when there is none.
    pub fn of(mut errors: Vec<f64>) -> Option<Self> {
        if errors.is_empty() {
            return None;
        }
        errors.sort_by(f64::total_cmp);
        let at = |q: f64| 100.0 * errors[((errors.len() as f64 * q) as usize).min(errors.len() - 1)];
        Some(Self {
            median: at(0.5),
            mean: 100.0 * errors.iter().sum::<f64>() / errors.len() as f64,
            p90: at(0.9),
            sizes: errors.len(),
        })
    }
}

/// One method's errors over all runs and by source.
///
/// ```
/// use powercurve::{PowerCurve, Run, model::Library, predict::evaluate::fidelity};
/// let curve = PowerCurve::from_ms(&[(128, 8000.0), (256, 4000.0), (512, 2000.0), (1024, 1000.0), (1769, 580.0)])?;
/// let run = Run { source: Some("made up".to_owned()), ..Run::new("busy", curve) };
/// let tables = fidelity(&Library::shipped().prefix(2048), &[run]);
/// let [ours, formula, ..] = &tables[0].methods[..] else { panic!("methods") };
/// assert_eq!((ours.method.as_str(), formula.method.as_str()), ("powercurve", "a + b/min(m, 1769)"));
/// assert!(ours.sources["made up"] == ours.all && ours.all.median < 2.0);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MethodErrors {
    /// `powercurve`, the formula of a closed form, or `any curve that never rises`: the closest one, of any form, to the
    /// measurements of an in-sample fit ([`never_rising`]).
    pub method: String,
    /// Over the sizes of all runs.
    pub all: Errors,
    /// By source of the runs.
    pub sources: BTreeMap<String, Errors>,
}

/// The errors of every method at one task.
///
/// ```
/// use powercurve::{PowerCurve, Run, model::Library, predict::evaluate::fidelity};
/// let curve = PowerCurve::from_ms(&[(128, 8000.0), (256, 4000.0), (512, 2000.0), (1024, 1000.0), (1769, 580.0)])?;
/// let tables = fidelity(&Library::shipped().prefix(2048), &[Run::new("busy", curve)]);
/// let [in_sample, left_out] = &tables[..] else { panic!("two tasks") };
/// assert_eq!((in_sample.runs, in_sample.coverage), (1, None)); // a fit has no interval
/// assert_eq!(left_out.coverage, Some(1.0)); // each size lies inside what the others say
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// What was asked.
    pub task: String,
    /// Number of runs.
    pub runs: usize,
    /// The errors of each method, ours first.
    pub methods: Vec<MethodErrors>,
    /// Share of the measured means inside the 90 % interval, where the task has intervals.
    pub coverage: Option<f64>,
}

/// A run that measures a warm function: what fidelity is judged on.
fn is_warm(run: &Run) -> bool {
    run.start != Some(Start::Cold)
}

/// What prediction is judged on: means of enough invocations, of a function that runs long enough to be timed well, which
/// memory does not make slower.
///
/// A run passes with 10 and more invocations a size (where the number is recorded), 100 ms and more at half of its sizes at
/// least, and no size more than 10 % slower than the next smaller one. The measurements alone are asked, no model.
///
/// ```
/// use powercurve::{PowerCurve, Run, predict::evaluate::is_well_measured};
/// let run = |curve: &[(u32, f64)]| Ok::<_, powercurve::Error>(Run::new("busy", PowerCurve::from_ms(curve)?));
/// let long = run(&[(128, 8000.0), (512, 2000.0), (1024, 1000.0)])?;
/// assert!(is_well_measured(&long));
/// assert!(!is_well_measured(&Run { invocations: Some(5), ..long }));
/// assert!(!is_well_measured(&run(&[(128, 80.0), (512, 20.0)])?)); // a few steps of the CPU quota
/// assert!(!is_well_measured(&run(&[(128, 8000.0), (512, 2000.0), (1024, 2500.0)])?)); // noise, or a queue
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn is_well_measured(run: &Run) -> bool {
    let (_, durations) = columns(run);
    let long = durations.iter().filter(|ms| **ms >= 100.0).count();
    run.invocations.is_none_or(|n| n >= 10)
        && 2 * long >= durations.len()
        && durations.windows(2).all(|pair| pair[1] <= 1.1 * pair[0])
}

const OURS: &str = "powercurve";

/// The least mean error of a fit, whatever its form: see [`never_rising`].
const FLOOR: &str = "any curve that never rises";

/// Sizes of a run that are left out in turn, at most: neighbours tell the same, and each takes a prediction of its own.
const MOST_LEFT_OUT: usize = 64;

/// In-sample and leave-one-size-out errors on the warm runs of five and more sizes.
///
/// Beside the fits in-sample stands the floor under their mean: the closest curve, of any form, that never rises.
///
/// Of a run of more than 64 sizes so many, evenly spread, are left out in turn.
///
/// ```
/// use powercurve::{PowerCurve, Run, model::Library, predict::evaluate::fidelity};
/// let curve = PowerCurve::from_ms(&[(128, 8000.0), (256, 4000.0), (512, 2000.0), (1024, 1000.0), (1769, 580.0)])?;
/// let few = PowerCurve::from_ms(&[(128, 8000.0), (512, 2000.0)])?; // too few sizes
/// let tables = fidelity(&Library::shipped().prefix(2048), &[Run::new("busy", curve), Run::new("few", few)]);
/// assert_eq!(tables.iter().map(|t| (t.runs, t.methods[0].all.sizes)).collect::<Vec<_>>(), [(1, 5), (1, 5)]);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn fidelity(library: &Library, runs: &[Run]) -> Vec<Table> {
    let runs: Vec<&Run> = runs.iter().filter(|r| is_warm(r) && r.curve.len() >= 5).collect();
    let in_sample: Vec<Rows> = runs
        .par_iter()
        .map(|run| {
            let (sizes, durations) = columns(run);
            let mut rows = Rows::default();
            rows.extend(run, OURS, fit(library, run).residuals.iter().map(|r| r.abs()));
            for form in ClosedForm::ALL {
                let error = |(m, d): (&f64, &f64)| (form.predict(&sizes, &durations, *m) / d - 1.0).abs();
                rows.extend(run, form.formula(), sizes.iter().zip(&durations).map(error));
            }
            let closest = never_rising(&durations);
            rows.extend(run, FLOOR, closest.iter().zip(&durations).map(|(c, d)| (c / d - 1.0).abs()));
            rows
        })
        .collect();
    let left_out: Vec<Rows> = runs
        .par_iter()
        .map(|run| {
            let sizes: Vec<MemoryMb> = run.curve.sizes().collect();
            let mut rows = Rows::default();
            for left_out in spread(&sizes, MOST_LEFT_OUT) {
                rows.predict(library, run, |m| m != left_out, &Known::default());
            }
            rows
        })
        .collect();
    vec![
        table("in-sample fit, runs of 5 and more sizes", in_sample),
        table("leave one size out, runs of 5 and more sizes", left_out),
    ]
}

/// Errors on the sizes not given, by which sizes are given.
///
/// ```
/// use powercurve::{PowerCurve, Run, model::Library, predict::evaluate::prediction};
/// let curve = PowerCurve::from_ms(&[(128, 8000.0), (256, 4000.0), (512, 2000.0), (1024, 1000.0)])?;
/// let tables = prediction(&Library::shipped().prefix(2048), &[&Run::new("busy", curve)]);
/// let given_512 = &tables[2];
/// assert_eq!((given_512.task.as_str(), given_512.methods[0].all.sizes), ("given 512 MB", 3));
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn prediction(library: &Library, runs: &[&Run]) -> Vec<Table> {
    /// What is asked, the sizes given (MB), and whether the CPU time is given as well.
    type Task = (&'static str, fn(&Run) -> Vec<u32>, bool);
    let tasks: [Task; 4] = [
        ("given 128, 512 and the largest up to 3100 MB", |r| [vec![128, 512], largest(r)].concat(), false),
        ("given 256 and 1024 MB", |_| vec![256, 1024], false),
        ("given 512 MB", |_| vec![512], false),
        ("given 512 MB and its CPU time", |_| vec![512], true),
    ];
    tasks
        .into_iter()
        .map(|(task, given, with_cpu)| {
            let rows: Vec<Rows> = runs
                .par_iter()
                .filter_map(|run| {
                    let given = given(run);
                    let has = |mb: &u32| run.curve.sizes().any(|m| m.mb() == *mb);
                    let distinct = given.windows(2).all(|w| w[0] < w[1]);
                    if !distinct || !given.iter().all(has) || run.curve.len() <= given.len() {
                        return None;
                    }
                    let known = if with_cpu { cpu_time(library, run) } else { Known::default() };
                    let mut rows = Rows::default();
                    rows.predict(library, run, |m| given.contains(&m.mb()), &known);
                    Some(rows)
                })
                .collect();
            table(task, rows)
        })
        .collect()
}

fn largest(run: &Run) -> Vec<u32> {
    run.curve.sizes().map(MemoryMb::mb).filter(|mb| *mb <= 3100).max().into_iter().collect()
}

/// The CPU time that a monitor would report for a run: the middle of what the *whole* run leaves possible, since recorded runs
/// come without it. The sizes to predict enter it, so that this task shows what a CPU time is worth, not how it is measured.
fn cpu_time(library: &Library, run: &Run) -> Known {
    let mut times = Posterior::new(library, &Observation::of(run), &Known::default()).times(|p| p.cpu_ms.into());
    Known { cpu_ms: Some(quantile(&mut times, 0.5)), ..Known::default() }
}

fn columns(run: &Run) -> (Vec<f64>, Vec<f64>) {
    run.curve.points().iter().map(|p| (p.memory.as_f64(), p.duration.ms())).unzip()
}

/// Errors of one run by method.
#[derive(Default)]
struct Rows {
    errors: Vec<(String, &'static str, f64)>,
    /// Measured means inside the interval, and all.
    covered: (usize, usize),
}

impl Rows {
    fn extend(&mut self, run: &Run, method: &'static str, errors: impl Iterator<Item = f64>) {
        let source = run.source.clone().unwrap_or_else(|| "unknown".into());
        self.errors.extend(errors.map(|e| (source.clone(), method, e)));
    }

    /// Predicts the sizes that are not given, by every method.
    fn predict(&mut self, library: &Library, run: &Run, given: impl Fn(MemoryMb) -> bool, known: &Known) {
        let seen = Observation::of(run).filter(&given);
        let posterior = Posterior::new(library, &seen, known);
        let sizes: Vec<f64> = seen.sizes.iter().map(|m| m.as_f64()).collect();
        for point in run.curve.points().iter().filter(|p| !given(p.memory)) {
            let measured = point.duration.ms();
            let predicted = posterior.predict(point.memory);
            self.covered.0 += usize::from((predicted.low_ms..=predicted.high_ms).contains(&measured));
            self.covered.1 += 1;
            self.extend(run, OURS, std::iter::once((predicted.ms / measured - 1.0).abs()));
            for form in ClosedForm::ALL {
                let error = form.predict(&sizes, &seen.ms, point.memory.as_f64()) / measured - 1.0;
                self.extend(run, form.formula(), std::iter::once(error.abs()));
            }
        }
    }
}

fn table(task: &str, rows: Vec<Rows>) -> Table {
    let runs = rows.len();
    let (inside, all) = rows.iter().fold((0, 0), |c, r| (c.0 + r.covered.0, c.1 + r.covered.1));
    let errors: Vec<(String, &str, f64)> = rows.into_iter().flat_map(|r| r.errors).collect();
    let methods = [OURS].into_iter().chain(ClosedForm::ALL.map(ClosedForm::formula)).chain([FLOOR]);
    let methods = methods.filter_map(|method| {
        let mut sources: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for (source, _, error) in errors.iter().filter(|e| e.1 == method) {
            sources.entry(source.clone()).or_default().push(*error);
        }
        Some(MethodErrors {
            method: method.into(),
            all: Errors::of(sources.values().flatten().copied().collect())?,
            sources: sources.into_iter().filter_map(|(s, e)| Errors::of(e).map(|e| (s, e))).collect(),
        })
    });
    Table {
        task: task.into(),
        runs,
        methods: methods.collect(),
        coverage: (all > 0).then(|| inside as f64 / all as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::PowerCurve;

    #[test]
    fn of_many_sizes_few_are_left_out() {
        let sizes: Vec<(u32, f64)> = (0..100).map(|i| (128 + 16 * i, 1e6 / f64::from(128 + 16 * i))).collect();
        let run = Run::new("busy", PowerCurve::from_ms(&sizes).unwrap());
        let tables = fidelity(&Library::shipped().prefix(64), &[run]);
        let sizes: Vec<usize> = tables.iter().map(|table| table.methods[0].all.sizes).collect();
        assert_eq!(sizes, [100, MOST_LEFT_OUT]);
    }
}
