//! What a chart is about: a recorded run or a workload.

use super::{add_model, optima};
use crate::advise::{PricedCurve, Strategy, TuningRun, dependable};
use crate::curve::{PowerCurve, Run};
use crate::error::Result;
use crate::model::{Known, Library, Observation, Posterior};
use crate::pattern::{Classification, Reader};
use crate::platform::billing::{BillingStep, Tariff};
use crate::render::chart::{Chart, Mark, Series};
use crate::simulate::{self, Outcome, Tuning};
use crate::units::MemoryMb;
use crate::workload::Workload;

/// A run or a workload, ready to be drawn.
///
/// ```
/// use powercurve::advise::Strategy;
/// use powercurve::{PowerCurve, Run, show::Subject};
/// let curve = PowerCurve::from_ms(&[(128, 25148.0), (512, 6067.0), (1024, 3084.0), (3008, 1781.0)])?;
/// let subject = Subject::run(&Run::new("primes", curve))?;
/// assert!(subject.answer.starts_with("cpu-bound ("));
/// assert_eq!(subject.choices(&[Strategy::Speed])[0].1.mb(), 3008);
/// assert_eq!(subject.chart().marks[0].label, "1 vCPU");
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Subject {
    /// Points, curve and band, under the name of the run or workload.
    pub series: Series,
    /// The pattern in words; empty when nobody asked or said.
    pub answer: String,
    /// What else is known, in one line; may be empty.
    pub about: String,
    /// Among which sizes the best are sought; empty where these are the measured ones.
    pub among: &'static str,
    /// The sizes at which a workload does not finish, with the reason.
    pub failed: Vec<(MemoryMb, Outcome)>,
    /// The sizes among which the best is sought, with their costs.
    pub(super) choice: PricedCurve,
}

impl Subject {
    /// A recorded run with its pattern, the model's line and the 90 % interval, at its usual prices
    /// ([`PricedCurve::usual`]).
    ///
    /// # Errors
    /// When the prices are not known.
    pub fn run(run: &Run) -> Result<Self> {
        let (priced, tariff) = PricedCurve::usual(run)?;
        Self::measured(run, priced).with_model(run, &tariff)
    }

    /// The expected curve of a workload, billed by the ms.
    ///
    /// # Errors
    /// When it finishes at no memory size.
    pub fn workload(workload: &Workload) -> Result<Self> {
        Self::of_workload(workload, None, BillingStep::Ms1, PricedCurve::usual)
    }

    /// The same with the points of one simulated tuning run.
    ///
    /// ```
    /// use powercurve::{show::Subject, workload::preset};
    /// let subject = Subject::simulated(&preset("prime-numbers")?, 7)?;
    /// assert!(subject.series.simulated && subject.series.measured.is_some() && subject.series.model.is_some());
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Subject::workload`].
    pub fn simulated(workload: &Workload, seed: u64) -> Result<Self> {
        Self::of_workload(workload, Some(seed), BillingStep::Ms1, PricedCurve::usual)
    }

    /// What was measured of a run, with its costs, and nothing that a model says.
    ///
    /// ```
    /// use powercurve::{PowerCurve, Run, advise::PricedCurve, show::Subject};
    /// let curve = PowerCurve::from_ms(&[(256, 1250.0), (1024, 310.0)])?;
    /// let run = Run { invocations: Some(50), ..Run::new("resize", curve) };
    /// let (priced, tariff) = PricedCurve::usual(&run)?;
    /// let plain = Subject::measured(&run, priced);
    /// assert_eq!((plain.about.as_str(), plain.series.model.is_none()), ("50 invocations a size", true));
    /// assert!(plain.with_model(&run, &tariff)?.series.model.is_some());
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn measured(run: &Run, choice: PricedCurve) -> Self {
        let invocations = run.invocations.map(|n| format!("{n} invocations a size"));
        let known = [run.runtime.clone(), run.arch.map(|a| a.to_string()), invocations];
        Self {
            series: Series { currency: choice.currency(), ..Series::measured(&run.id, choice.to_curve()) },
            answer: String::new(),
            about: known.into_iter().flatten().collect::<Vec<_>>().join(", "),
            among: "",
            failed: Vec::new(),
            choice: dependable(run, &choice),
        }
    }

    /// Adds to the points of `run` its pattern and what the model makes of them.
    ///
    /// # Errors
    /// As [`add_model`].
    pub fn with_model(self, run: &Run, tariff: &Tariff) -> Result<Self> {
        let posterior = Posterior::new(Library::shipped(), &Observation::of(run), &Known::default());
        let mut series = add_model(self.series, &posterior, &[], tariff)?;
        if !self.choice.agrees_with(tariff) {
            // the line would not be that of the points
            series.model = series.model.map(|model| model.without_costs());
        }
        let answer = match run.curve.len() {
            1 => "one size shows no shape".to_owned(),
            _ => answer(&Reader::shipped().classify(run)),
        };
        Ok(Self { series, answer, ..self })
    }

    /// The expected curve of a workload, and the points of a simulated tuning run where there is a seed; `price` gives
    /// costs to a simulated run.
    ///
    /// ```
    /// use powercurve::{advise::PricedCurve, platform::billing::BillingStep, show::Subject, workload::preset};
    /// let subject = Subject::of_workload(&preset("matrix-inversion")?, None, BillingStep::Ms100, PricedCurve::usual)?;
    /// assert_eq!(subject.series.measured, None); // no seed, no points
    /// assert_eq!(subject.about, "Inverts a 1500 x 1500 matrix with a multithreaded linear algebra library");
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the workload finishes at no memory size, or `price` fails.
    pub fn of_workload(
        workload: &Workload,
        seed: Option<u64>,
        step: BillingStep,
        price: impl Fn(&Run) -> Result<(PricedCurve, Tariff)>,
    ) -> Result<Self> {
        let usual = TuningRun::DEFAULT_SIZES_MB.into_iter().map(MemoryMb::new).collect::<Result<Vec<_>>>()?;
        let sizes = Series::line_sizes(MemoryMb::MIN, MemoryMb::MAX, &usual);
        let result = simulate::exact(workload, &sizes, step)?;
        let (priced, _) = price(&result.run)?;
        let currency = priced.currency();
        let curve = priced.to_curve();
        let simulate = |seed| {
            let sizes = [&usual[..], &[MemoryMb::MAX]].concat();
            let run = Tuning { billing: step, seed, ..Tuning::default() }.run(workload, &sizes)?.run;
            let drawn = price(&run)?.0;
            Ok((dependable(&run, &drawn), drawn.to_curve()))
        };
        let (choice, among, measured) = match (seed.map(simulate).transpose()?, priced.filter(|m| usual.contains(&m))) {
            (Some((choice, drawn)), _) => (choice, "the points", Some(drawn)),
            (None, Some(choice)) => (choice, "the usual sizes of power tuning", None),
            // a workload that finishes at no usual size is judged by all sizes
            (None, None) => (priced, "all sizes", None),
        };
        // behind a queue a run of some invocations does not come near its expectation
        let model = (measured.is_none() || workload.downstream.is_none()).then_some(curve);
        let about = if workload.description.is_empty() { "expected values" } else { &workload.description };
        Ok(Self {
            answer: workload.pattern.map_or(String::new(), |p| p.to_string()),
            about: about.to_owned(),
            among,
            failed: result.failed,
            choice,
            series: Series {
                name: result.run.id,
                measured,
                simulated: seed.is_some(),
                model,
                currency,
                ..Series::default()
            },
        })
    }

    /// What is known, and among which sizes the marked ones are the best.
    ///
    /// ```
    /// use powercurve::{show::Subject, workload::preset};
    /// let said = Subject::simulated(&preset("third-party-api")?, 7)?.about_marked();
    /// assert!(said.ends_with(" · marked: the best of the points"), "{said}");
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn about_marked(&self) -> String {
        let marked = format!("marked: the best of {}", self.among);
        let parts = [self.about.as_str(), if self.among.is_empty() { "" } else { &marked }];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    }

    /// The size that each strategy chooses.
    pub fn choices(&self, strategies: &[Strategy]) -> Vec<(Strategy, MemoryMb)> {
        strategies.iter().map(|&s| (s, s.pick(&self.choice).memory)).collect()
    }

    /// A chart with the best sizes by all three strategies and one vCPU marked.
    pub fn chart(self) -> Chart {
        let (optima, subtitle) = (optima(&self.choices(&Strategy::ALL)), self.about_marked());
        Chart { optima, subtitle, marks: Mark::one_vcpu().into_iter().collect(), ..self.plain_chart() }
    }

    /// A chart without marks.
    pub fn plain_chart(self) -> Chart {
        let parts = [self.series.name.as_str(), &self.answer];
        let title = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
        Chart { subtitle: self.about, ..Chart::new(title, self.series) }
    }

    /// A chart of two, without marks; the other one is drawn hollow and dashed, without its costs where they are in another
    /// currency.
    ///
    /// ```
    /// use powercurve::{show::Subject, workload::preset};
    /// let [one, many] = [preset("prime-numbers")?, preset("matrix-inversion")?];
    /// let chart = Subject::workload(&one)?.against(Subject::workload(&many)?);
    /// assert_eq!(chart.title, "prime-numbers against matrix-inversion");
    /// assert_eq!(chart.subtitle, "cpu-bound against cpu-bound-multithreaded");
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn against(self, other: Self) -> Chart {
        let title = format!("{} against {}", shortened(&self.series.name), shortened(&other.series.name));
        let both = !self.answer.is_empty() && !other.answer.is_empty();
        let subtitle = if both { format!("{} against {}", self.answer, other.answer) } else { String::new() };
        // two bands would hide each other
        let without_band = |series| Series { band: Vec::new(), ..series };
        let mut other = without_band(other.series);
        if other.currency != self.series.currency {
            let Series { measured, model, .. } = other;
            let [measured, model] = [measured, model].map(|curve| curve.map(PowerCurve::without_costs));
            other = Series { measured, model, ..other };
        }
        Chart { subtitle, overlay: Some(other), ..Chart::new(title, without_band(self.series)) }
    }
}

/// A name of which another one leaves half of a title.
fn shortened(name: &str) -> String {
    const MOST: usize = 36;
    if name.chars().count() <= MOST {
        return name.to_owned();
    }
    let start: String = name.chars().take(MOST - 1).collect();
    format!("{}…", start.trim_end())
}

/// The pattern and its probability in words.
fn answer(reading: &Classification) -> String {
    let doubt = if reading.uncertain { "perhaps " } else { "" };
    format!("{doubt}{} ({:.0} %)", reading.pattern, 100.0 * reading.confidence)
}
