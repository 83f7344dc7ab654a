//! Everything that there is to say of one recorded run, gathered.

use super::{Subject, optima};
use crate::advise::{
    Ensemble, Evaluation, Market, PricedCurve, Recommendation, Strategy, Wish, evaluate, proposed_sizes, recommend,
};
use crate::curve::Run;
use crate::error::{Error, Result};
use crate::model::{Known, Library, Observation, Posterior};
use crate::pattern::{Classification, Pattern, Reader};
use crate::platform::billing::{BillingStep, Tariff};
use crate::predict::{Forecast, fit, forecast};
use crate::render::chart::{Chart, Mark};
use crate::units::{Currency, MemoryMb};
use crate::workload::{Environment, Lever, Scenario};

/// A shape needs at least two sizes.
///
/// # Errors
/// When the run has one.
pub(crate) fn needs_two_sizes(run: &Run) -> Result<()> {
    if run.curve.len() > 1 {
        return Ok(());
    }
    Err(Error::new("only one memory size was measured, which shows no shape: expected two or more")
        .help("measure another size; `powercurve predict` says which, and answers from one size"))
}

/// A recorded run and the answers to every question about it.
///
/// ```
/// use powercurve::advise::{Market, PricedCurve};
/// use powercurve::{Pattern, PowerCurve, Run, platform::pricing::PriceOverride, show::{Load, Report}};
/// let run = Run::new("asks an API", PowerCurve::from_ms(&[(128, 1604.0), (512, 1598.0), (1024, 1601.0)])?);
/// let (priced, tariff) = PricedCurve::usual(&run)?;
/// let market = Market { region: "us-east-1".to_owned(), given: PriceOverride::default(), free_tier: false };
/// let report = Report::of(&run, &priced, &tariff, &Load { market, per_month: 1e6 })?;
/// assert_eq!(report.reading.pattern, Pattern::NetworkBoundApi);
/// assert!(report.choices.iter().any(|(_, best)| best.choice.memory.mb() == 128));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Report {
    /// Name of the run.
    pub id: String,
    /// Runtime, instruction set and number of invocations, where known.
    pub about: String,
    /// Pattern, probabilities, shares, reasons, warnings.
    pub reading: Classification,
    /// Measured points, the model's line and band, the best sizes; without a headline.
    pub chart: Chart,
    /// The billing step.
    pub step: BillingStep,
    /// The currency of the run's costs.
    pub currency: Currency,
    /// What each strategy recommends among the measured sizes.
    pub choices: Vec<(Strategy, Recommendation)>,
    /// What changes of the function would do, at the balanced size.
    pub levers: Levers,
    /// The usual sizes with intervals, and what to measure next.
    pub forecast: Forecast,
    /// Sizes too small for the memory used, or at which the run fails, which the forecast leaves out.
    pub too_small: Vec<MemoryMb>,
    /// The measured sizes.
    pub measured: Vec<MemoryMb>,
}

/// The load and the bill that a report reckons with.
///
/// ```
/// use powercurve::{Arch, advise::Market, platform::pricing::PriceOverride, show::Load};
/// let market = Market { region: "eu-west-1".to_owned(), given: PriceOverride::default(), free_tier: true };
/// let load = Load { market, per_month: 1e6 };
/// // a million calls of 0.4 GB-seconds each are within the free tier
/// assert_eq!(load.market.prices(Arch::X86_64)?.month(0.4 * load.per_month, load.per_month, true).usd(), 0.0);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// Where the bill of a month comes from.
    pub market: Market,
    /// Invocations a month.
    pub per_month: f64,
}

impl Report {
    /// Gathers the answers. `priced` and `tariff` are the run's costs, as of [`PricedCurve::usual`].
    ///
    /// # Errors
    /// When only one size was measured, or the prices of `load` are not known.
    pub fn of(run: &Run, priced: &PricedCurve, tariff: &Tariff, load: &Load) -> Result<Self> {
        needs_two_sizes(run)?;
        let seen = Observation::of(run);
        let posterior = Posterior::new(Library::shipped(), &seen, &Known::default());
        let subject = Subject::measured(run, priced.clone()).with_model(run, tariff)?;
        let best = subject.choices(&Strategy::ALL);
        let choice =
            |strategy| Ok((strategy, recommend(&subject.choice, &Wish { strategy, ..Wish::default() }, &[], tariff)?));
        let choices = Strategy::ALL.into_iter().map(choice).collect::<Result<_>>()?;
        let balanced = Strategy::Balanced(Strategy::DEFAULT_WEIGHT).pick(&subject.choice).memory;
        let (proposed, too_small) = proposed_sizes(run);
        Ok(Self {
            id: run.id.clone(),
            reading: Reader::shipped().classify(run),
            about: subject.about,
            chart: Chart {
                optima: optima(&best),
                marks: Mark::one_vcpu().into_iter().collect(),
                ..Chart::new("", subject.series)
            },
            step: tariff.step(),
            currency: priced.currency(),
            choices,
            levers: Levers::of(run, &Ensemble::new(Library::shipped(), &posterior, &seen), balanced, tariff, load)?,
            forecast: forecast(&posterior, &proposed, &seen.sizes, tariff),
            too_small,
            measured: seen.sizes,
        })
    }
}

/// What changes of a function would do to the workload that was fitted to its run.
///
/// ```
/// use powercurve::advise::{Market, PricedCurve};
/// use powercurve::{PowerCurve, Run, platform::pricing::PriceOverride, show::{Load, Report}};
/// let run = Run::new("asks an API", PowerCurve::from_ms(&[(128, 1604.0), (512, 1598.0), (1024, 1601.0)])?);
/// let (priced, tariff) = PricedCurve::usual(&run)?;
/// let market = Market { region: "us-east-1".to_owned(), given: PriceOverride::default(), free_tier: false };
/// let levers = Report::of(&run, &priced, &tariff, &Load { market, per_month: 1e6 })?.levers;
/// assert!(levers.help.iter().any(|(lever, _)| lever.name() == "filter-events")); // half of the events, half of the bill
/// let wait = levers.no_help.iter().find(|(lever, _)| lever.name() == "step-functions-wait");
/// assert!(wait.is_some_and(|(_, why)| why == "would lose more time or money than it saves")); // three transitions for 1.6 s at 128 MB
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Levers {
    /// The memory size at which they are judged.
    pub memory: MemoryMb,
    /// The currency of the month's bill: that of the market's region.
    pub currency: Currency,
    /// Root mean square of the relative errors of the fit.
    pub rms: f64,
    /// The pattern of the fitted workload: where the classifier names another family, the levers rest on doubtful ground.
    pub pattern: Pattern,
    /// Before any change; an error says why the fitted workload does not finish.
    pub before: Result<Evaluation>,
    /// The levers that save time or money, the best first.
    pub help: Vec<(Lever, Evaluation)>,
    /// The others, each with the reason.
    pub no_help: Vec<(Lever, String)>,
}

/// A change below this share is no help, and one below the error of the fit cannot be told from none.
const LEAST_HELP: f64 = 0.01;

impl Levers {
    fn of(run: &Run, plausible: &Ensemble, memory: MemoryMb, tariff: &Tariff, load: &Load) -> Result<Self> {
        let fitted = fit(Library::shipped(), run);
        let pattern = fitted.workload.pattern.unwrap_or_else(|| Pattern::of(&fitted.workload));
        let environment = Environment::on_demand(load.per_month, tariff.step());
        let scenario = Scenario { workload: fitted.workload, environment };
        load.market.prices(scenario.workload.arch)?;
        let before = evaluate(&scenario, memory, &load.market);
        let currency = Currency::of_region(&load.market.region);
        let mut levers =
            Self { memory, currency, rms: fitted.rms, pattern, before, help: Vec::new(), no_help: Vec::new() };
        let Ok(before) = &levers.before else { return Ok(levers) };
        let least = LEAST_HELP.max(fitted.rms);
        // what is left of time and money, as shares
        let left = |after: &Evaluation| {
            (after.duration.ms() / before.duration.ms(), after.per_month.usd() / before.per_month.usd())
        };
        for info in &Lever::ALL {
            let lever: Lever = info.name.parse()?;
            match lever.apply(&scenario).and_then(|after| evaluate(&after, memory, &load.market)) {
                Err(reason) => levers.no_help.push((lever, reason.problem().to_owned())),
                Ok(after) => match left(&after) {
                    (time, cost)
                        if time + cost <= 2.0 - least && plausible.applies(&lever, &scenario.environment) < 0.5 =>
                    {
                        let why =
                            "would help the workload that was fitted, but does not apply to most that explain the run";
                        levers.no_help.push((lever, why.to_owned()));
                    }
                    // what one of them loses the other one must make good
                    (time, cost) if time + cost <= 2.0 - least => levers.help.push((lever, after)),
                    (time, cost) if time + cost >= 2.0 + least => {
                        levers.no_help.push((lever, "would lose more time or money than it saves".to_owned()));
                    }
                    _ => {
                        let reason = format!("would change time and bill by less than {:.1} % together", 100.0 * least);
                        levers.no_help.push((lever, reason));
                    }
                },
            }
        }
        levers.help.sort_by(|a, b| {
            let worth = |after| left(after).0 + left(after).1;
            worth(&a.1).total_cmp(&worth(&b.1))
        });
        Ok(levers)
    }
}
