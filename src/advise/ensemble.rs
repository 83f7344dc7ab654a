//! What a lever does to a function that is known by a recorded run only: not one workload, but all plausible ones.

use rayon::prelude::*;

use crate::advise::{Estimate, Evaluation, Market, evaluate};
use crate::model::{Library, Observation, Posterior};
use crate::predict::plausible;
use crate::units::MemoryMb;
use crate::workload::{Environment, Lever, Scenario, Workload};

/// The workloads that explain a run, each as often as it is plausible.
///
/// ```
/// use powercurve::advise::{Ensemble, compare};
/// # use powercurve::advise::Market;
/// # use powercurve::model::{Known, Library, Observation, Posterior};
/// # use powercurve::workload::{Environment, Lever, Scenario};
/// # use powercurve::{Arch, MemoryMb, PowerCurve, Run, predict::fit};
/// # let market = Market { region: "us-east-1".into(), given: Default::default(), free_tier: false };
/// # let (library, memory) = (Library::shipped(), MemoryMb::new(1024)?);
/// let curve = PowerCurve::from_ms(&[(128, 500.0), (512, 500.0), (1024, 500.0)])?;
/// let run = Run { arch: Some(Arch::X86_64), ..Run::new("poll", curve) };
/// let before = Scenario { workload: fit(library, &run).workload, environment: Environment::on_demand(1e6, Default::default()) };
/// let arm64 = Lever::Arm64(None);
/// let effect = compare(&before, &arm64.apply(&before)?, &[memory], &market).remove(0);
/// let seen = Observation::of(&run);
/// let ensemble = Ensemble::new(library, &Posterior::new(library, &seen, &Known::default()), &seen);
/// let changes = ensemble.changes(&[arm64], &before.environment, memory, &market, (&effect.before?, &effect.after?));
/// // it waits: whatever arm64 makes of the CPU time, the bill gets smaller
/// assert!(changes.per_month.high < 0.0);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Ensemble {
    members: Vec<(usize, Workload)>,
}

/// What levers change at one memory size, with 90 % intervals; all are after less before.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Changes {
    /// Share of the plausible workloads to which the levers apply at all; the others stay as they are.
    pub applies: f64,
    /// Change of the duration, in ms.
    #[serde(rename = "change_ms")]
    pub duration_ms: Estimate,
    /// Change of the cost of a million events, in $.
    #[serde(rename = "change_usd_per_million")]
    pub per_million: Estimate,
    /// Change of the bill of a month, in $.
    #[serde(rename = "change_usd_per_month")]
    pub per_month: Estimate,
}

impl Ensemble {
    /// The workloads of a posterior over `library`, at the scale of the run that was `seen`.
    pub fn new(library: &Library, posterior: &Posterior<'_>, seen: &Observation) -> Self {
        let all: Vec<_> = posterior.members().collect();
        let members =
            all.chunk_by(|a, b| a == b).map(|same| (same.len(), plausible(library, &same[0], seen))).collect();
        Self { members }
    }

    /// Share of the plausible workloads to which a lever applies.
    ///
    /// ```
    /// # use powercurve::model::{Known, Library, Observation, Posterior};
    /// # use powercurve::workload::{Environment, Lever};
    /// # use powercurve::{PowerCurve, Run, advise::Ensemble};
    /// let run = Run::new("poll", PowerCurve::from_ms(&[(128, 500.0), (512, 500.0), (1024, 500.0)])?);
    /// let (library, seen) = (Library::shipped(), Observation::of(&run));
    /// let ensemble = Ensemble::new(library, &Posterior::new(library, &seen, &Known::default()), &seen);
    /// let environment = Environment::on_demand(1e6, Default::default());
    /// // it waits: there is nothing to transfer
    /// assert!(ensemble.applies(&"range-get".parse::<Lever>()?, &environment) < 0.1);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn applies(&self, lever: &Lever, environment: &Environment) -> f64 {
        let applies = |workload: &Workload| {
            lever.apply(&Scenario { workload: workload.clone(), environment: environment.clone() }).is_ok()
        };
        let (all, those) = self
            .members
            .iter()
            .fold((0, 0), |(all, those), (n, workload)| (all + n, those + if applies(workload) { *n } else { 0 }));
        those as f64 / all as f64
    }

    /// What `levers`, one after the other, change at `memory`.
    ///
    /// The fitted workload gives the change itself (`before` to `after`), the plausible workloads the interval around it: the
    /// shares by which they change are applied to `before`. A lever whose value is [open](Lever::is_open) has every published
    /// value in turn.
    pub fn changes(
        &self,
        levers: &[Lever],
        environment: &Environment,
        memory: MemoryMb,
        market: &Market,
        (before, after): (&Evaluation, &Evaluation),
    ) -> Changes {
        let values: &[f64] = if levers.iter().any(Lever::is_open) { &VALUES } else { &[0.5] };
        let settled: Vec<Vec<Lever>> =
            values.iter().map(|&share| levers.iter().map(|lever| lever.settled(share)).collect()).collect();
        let ratios = |workload: &Workload, levers: &[Lever]| {
            let old = Scenario { workload: workload.clone(), environment: environment.clone() };
            let new = levers.iter().try_fold(old.clone(), |scenario, lever| lever.apply(&scenario));
            let both =
                |new: &Scenario| Some((evaluate(&old, memory, market).ok()?, evaluate(new, memory, market).ok()?));
            let both = new.as_ref().ok().and_then(both);
            let ratio = |f: fn(&Evaluation) -> f64| both.as_ref().map_or(1.0, |(a, b)| quotient(f(b), f(a)));
            [new.is_ok() as u8 as f64, ratio(ms), ratio(million), ratio(month)]
        };
        let of_member =
            |(n, workload): &(usize, Workload)| settled.iter().map(|s| (*n, ratios(workload, s))).collect::<Vec<_>>();
        let all: Vec<(usize, [f64; 4])> = self.members.par_iter().flat_map_iter(of_member).collect();
        let column = |c: usize| all.iter().flat_map(move |(n, r)| std::iter::repeat_n(r[c], *n)).collect::<Vec<f64>>();
        let change = |c: usize, f: fn(&Evaluation) -> f64| {
            let (old, new) = (f(before), f(after));
            let spread = Estimate::of(column(c), 0.0).map(|ratio| old * (ratio - 1.0));
            // the fit is one of the plausible workloads
            Estimate { mid: new - old, low: spread.low.min(new - old), high: spread.high.max(new - old) }
        };
        let applies = column(0);
        Changes {
            applies: applies.iter().sum::<f64>() / applies.len() as f64,
            duration_ms: change(1, ms),
            per_million: change(2, million),
            per_month: change(3, month),
        }
    }
}

/// Values of an open lever, as shares of its range: the middles of its tenths.
const VALUES: [f64; 10] = [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95];

fn ms(e: &Evaluation) -> f64 {
    e.duration.ms()
}

fn million(e: &Evaluation) -> f64 {
    e.per_million.usd()
}

fn month(e: &Evaluation) -> f64 {
    e.per_month.usd()
}

/// `a / b`, 1 for nothing of nothing.
fn quotient(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 1.0 }
}
