//! `powercurve plan`

use serde_json::{Value, json};

use super::answers::write_document;
use super::price_args::TariffArgs;
use super::sizes::Sizes;
use super::strategy_args::StrategyArgs;
use super::subject::one_run;
use super::{Done, Format, Out, values, warn, workload};
use crate::advise::{
    LptInput, NextSizes, Plan, PlannedSize, StateMachine, TuningRun, beyond_measured, expected_curve, memory_used,
    next_sizes, predicted_curve, with_cold_starts,
};
use crate::curve::{Arch, Point, PowerCurve, Run, Start};
use crate::error::{Error, Result};
use crate::platform::init::TIMEOUT_MS;
use crate::platform::pricing::{PriceBasis, PriceTable};
use crate::render::table::{Cell, Column, Table};
use crate::units::{Currency, MemoryMb, Millis};

/// What a power-tuning run costs on AWS, before running it, and the input to run it with.
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("expectation").required(true),
    after_help = "Examples:
  powercurve plan my-function.toml --invocations 50
  powercurve plan --run results.json --state-machine only-cold-starts
  powercurve plan --run results.json --next --lpt-input    # only the sizes that tell most
  powercurve plan --duration 2s --memory ALL
  powercurve plan f.toml --lpt-input --lambda-arn arn:aws:lambda:eu-west-1:123456789012:function:f"
)]
pub struct Args {
    /// The function as a preset or a workload TOML file: durations are those the simulator expects, with the cold starts
    /// that tuning makes.
    #[arg(group = "expectation")]
    workload: Option<String>,

    /// Take the durations of a recorded run, and the init durations where it has them.
    #[arg(long, group = "expectation")]
    run: Option<String>,

    /// Which run, where the input holds several.
    #[arg(long, requires = "run", conflicts_with_all = ["workload", "duration"])]
    id: Option<String>,

    /// Plan only the fewest sizes to measure next, beside those of the recorded run.
    #[arg(long, requires = "run", conflicts_with_all = ["workload", "duration", "memory"])]
    next: bool,

    /// Take the same duration at every size: 300, 300ms or 1.5s.
    #[arg(long, value_name = "TIME", group = "expectation", value_parser = values::duration)]
    duration: Option<Millis>,

    /// Memory sizes in MB: numbers, ranges such as 128..3008:64, or ALL; for a recorded run all of its sizes.
    #[arg(long, value_name = "LIST")]
    memory: Option<Sizes>,

    /// Invocations at each memory size.
    #[arg(long, value_name = "N", default_value_t = 10)]
    invocations: u32,

    /// Version of the tuner's state machine: current, before-2024 or only-cold-starts.
    #[arg(long, value_name = "NAME", default_value = "current")]
    state_machine: StateMachine,

    /// Print only the execution input of aws-lambda-power-tuning.
    #[arg(long)]
    lpt_input: bool,

    /// ARN of the function, for the execution input.
    #[arg(long, value_name = "ARN", default_value = "arn:aws:lambda:us-east-1:123456789012:function:my-function")]
    lambda_arn: String,

    /// Payload of each invocation as JSON, for the execution input.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    payload: String,

    /// Invoke all at once, for the execution input: faster, but cold starts leak into the means.
    #[arg(long)]
    parallel: bool,

    #[command(flatten)]
    strategy: StrategyArgs,

    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    tariff: TariffArgs,
}

const COLUMNS: [Column; 4] = [
    Column { field: "memory_mb", heading: "memory" },
    Column { field: "duration_ms", heading: "one invocation" },
    Column { field: "series_ms", heading: "all in series" },
    Column { field: "cost_usd", heading: "cost of all" },
];

/// Durations to reckon with: a curve, whose, and the sizes that are left out with the reason.
struct Expectation {
    curve: PowerCurve,
    arch: Option<Arch>,
    failed: Vec<(MemoryMb, Error)>,
    run: Option<Run>,
    /// Whether all of the input was read.
    done: Done,
}

/// What to measure next, its bill, and that of the usual sweep.
struct NextPlan {
    next: NextSizes,
    /// `None` where more measuring cannot pay.
    plan: Option<Plan>,
    sweep: Plan,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    let cold_share = args.state_machine.cold_share(args.invocations, args.parallel);
    let expectation = expect(args, cold_share)?;
    let region = args.tariff.prices.region();
    let given = args.tariff.prices.given()?;
    let tuning = TuningRun {
        invocations: args.invocations,
        state_machine: args.state_machine,
        tariff: args.tariff.tariff(PriceBasis::List, expectation.arch, None)?,
        transition: given.transition.map_or_else(|| PriceTable::embedded().transition(region), Ok)?,
    };
    let next = expectation.run.as_ref().map(|run| next_plan(run, &tuning, cold_share)).transpose()?;
    if let (Some(run), Some(next)) = (&expectation.run, &next) {
        let proposed = next.next.sizes.iter().copied();
        if let Some(words) = beyond_measured(run, memory_used(run), proposed) {
            warn(format_args!("{}: {words}", run.id));
        }
    }
    let plan = match &next {
        Some(next) if args.next => match &next.plan {
            Some(plan) => plan.clone(),
            None => {
                nothing_to_measure(args, next, out)?;
                return Ok(expectation.done);
            }
        },
        _ => Plan::new(&expectation.curve, &tuning)?,
    };
    let currency = Currency::of_region(region);
    let input = lpt_input(args, &plan, &tuning)?;
    if args.lpt_input {
        writeln!(out, "{input:#}")?;
        return Ok(expectation.done);
    }
    // of a run the posterior says which few sizes tell most
    let few = if next.is_some() { None } else { few_sizes(&expectation.curve, &tuning)? };
    let mut record = record(&plan, few.as_ref(), &expectation.failed, input);
    let mut verdict = verdict(args, &plan, few.as_ref(), &expectation.failed);
    if let Some(next) = &next {
        record["measure_next"] = measure_next(next);
        verdict += &next_sentence(next);
    }
    if currency != Currency::Usd {
        record["currency"] = currency.code().into();
    }
    write_document(out, args.format, &record, &table(&plan, currency), &currency.text(&verdict))?;
    Ok(expectation.done)
}

fn expect(args: &Args, cold_share: f64) -> Result<Expectation> {
    let sizes = || args.memory.clone().unwrap_or_default().0;
    if let Some(arg) = &args.workload {
        let mut workload = workload::read(arg)?;
        args.tariff.move_workload(&mut workload);
        workload.cold_start.share = workload.cold_start.share.max(cold_share);
        let (curve, failed) = expected_curve(&workload, &sizes())?;
        return Ok(Expectation { curve, arch: Some(workload.arch), failed, run: None, done: Done::All });
    }
    if let Some(arg) = &args.run {
        let (run, done) = one_run(arg, args.id.as_deref())?;
        let recorded = match &args.memory {
            None => run.curve.clone(),
            Some(Sizes(wanted)) => at_sizes(&run.curve, wanted)?,
        };
        let curve = with_cold_starts(&run, &recorded, cold_share)?;
        if args.state_machine == StateMachine::OnlyColdStarts && run.start != Some(Start::Cold) && curve == recorded {
            warn(format_args!(
                "{} says nothing of its cold starts: tuning that makes only them takes longer and costs more",
                run.id
            ));
        }
        return Ok(Expectation { curve, arch: run.arch, failed: Vec::new(), run: Some(run), done });
    }
    let duration = args.duration.ok_or_else(|| {
        Error::new("no durations: expected a workload, --run or --duration").help("see `powercurve plan --help`")
    })?;
    let points = sizes().into_iter().map(|memory| Point::new(memory, duration)).collect();
    let curve = PowerCurve::new(points)?;
    Ok(Expectation { curve, arch: None, failed: Vec::new(), run: None, done: Done::All })
}

fn at_sizes(curve: &PowerCurve, wanted: &[MemoryMb]) -> Result<PowerCurve> {
    match wanted.iter().find(|&&memory| curve.at(memory).is_none()) {
        Some(missing) => Err(Error::new(format!("the run did not measure {missing}: expected a size of the run"))
            .help("leave out --memory to take all of its sizes")),
        None => PowerCurve::new(wanted.iter().filter_map(|&memory| curve.at(memory).copied()).collect()),
    }
}

/// The plan of the few sizes that tell most, where the curve has them all and more.
fn few_sizes(curve: &PowerCurve, tuning: &TuningRun) -> Result<Option<Plan>> {
    let few = curve.filter(|memory| TuningRun::FEW_SIZES_MB.contains(&memory.mb()));
    let few = few.filter(|few| few.len() == TuningRun::FEW_SIZES_MB.len() && few.len() < curve.len());
    few.map(|few| Plan::new(&few, tuning)).transpose()
}

fn lpt_input(args: &Args, plan: &Plan, tuning: &TuningRun) -> Result<Value> {
    let payload = serde_json::from_str(&args.payload)
        .map_err(|e| Error::new(format!("--payload is not JSON: {e}")).help("quote a text: --payload '\"text\"'"))?;
    let strategy = args.strategy.strategy()?;
    let input = LptInput::new(&args.lambda_arn, plan, tuning, strategy, payload, args.parallel)?;
    Ok(json!(input))
}

fn record(plan: &Plan, few: Option<&Plan>, failed: &[(MemoryMb, Error)], input: Value) -> Value {
    let mut record = json!(plan);
    record["few_sizes"] = json!(few);
    record["left_out"] = failed.iter().map(|(m, e)| json!({ "memory_mb": m, "reason": e.problem() })).collect();
    record["input"] = input;
    record
}

fn next_plan(run: &Run, tuning: &TuningRun, cold_share: f64) -> Result<NextPlan> {
    let next = next_sizes(run, &tuning.tariff.with_init(run.billed_init_ms()));
    let plan_of =
        |sizes: &[MemoryMb]| Plan::new(&with_cold_starts(run, &predicted_curve(run, sizes)?, cold_share)?, tuning);
    let usual = TuningRun::DEFAULT_SIZES_MB.into_iter().map(MemoryMb::new).collect::<Result<Vec<_>>>()?;
    let plan = if next.sizes.is_empty() { None } else { Some(plan_of(&next.sizes)?) };
    Ok(NextPlan { plan, sweep: plan_of(&usual)?, next })
}

/// An empty plan with what to do instead; there is no execution input for no sizes.
fn nothing_to_measure(args: &Args, next: &NextPlan, out: &mut Out) -> Result<()> {
    let sentence = next_sentence(next)
        + "`powercurve recommend` chooses among the measured sizes, `powercurve predict` among others.\n";
    if args.lpt_input || matches!(args.format, Format::Csv | Format::Markdown) {
        warn(sentence.trim_end());
    }
    match args.format {
        _ if args.lpt_input => Ok(()),
        Format::Table => write!(out, "{sentence}"),
        format => {
            let record = json!({ "sizes": [], "measure_next": measure_next(next) });
            write_document(out, format, &record, &Table::new(&COLUMNS), "")
        }
    }
}

fn measure_next(next: &NextPlan) -> Value {
    json!({
        "memory_mb": next.next.sizes,
        "regret": next.next.regret,
        "regret_after": next.next.regret_after,
        "total_usd": next.plan.as_ref().map(|plan| plan.total_usd),
        "sweep_total_usd": next.sweep.total_usd,
    })
}

fn next_sentence(next: &NextPlan) -> String {
    let Some(plan) = &next.plan else {
        return format!(
            "Nothing more to measure: the expected regret of the choice is {:.1} %.\n",
            100.0 * next.next.regret
        );
    };
    let sizes: Vec<String> = next.next.sizes.iter().map(|m| m.mb().to_string()).collect();
    format!(
        "Measuring {} MB next costs {}, where the usual six sizes cost {}; it is expected to cut the regret of the choice from \
         {:.1} % to {:.1} %.\n",
        sizes.join(", "),
        plan.total_usd,
        next.sweep.total_usd,
        100.0 * next.next.regret,
        100.0 * next.next.regret_after
    )
}

/// What helps where all invocations of a size in series outlast the tuner's default timeout, or one outlasts Lambda's limit.
fn too_long(size: &PlannedSize) -> String {
    const LONGEST_S: f64 = TuningRun::LONGEST_TIMEOUT_S;
    let fewest = TuningRun::MIN_INVOCATIONS;
    let fewer = (LONGEST_S * 1e3 / size.duration.ms()).floor();
    if size.duration.ms() > TIMEOUT_MS {
        return format!(
            "One invocation at {} would take {}, and Lambda ends it after {:.0} s: check the unit, or leave the size out.\n",
            size.memory,
            size.duration,
            TIMEOUT_MS / 1e3
        );
    }
    let help = if size.series_s <= LONGEST_S {
        format!(
            "raise totalExecutionTimeout above its default of {:.0} s, or use --parallel",
            TuningRun::DEFAULT_TIMEOUT_S
        )
    } else if fewer >= f64::from(fewest) {
        format!(
            "totalExecutionTimeout is at most {LONGEST_S:.0} s: use --parallel, or at most {fewer} --invocations and that timeout"
        )
    } else {
        format!(
            "totalExecutionTimeout is at most {LONGEST_S:.0} s, and so are {fewest} invocations too many: use --parallel"
        )
    };
    format!("{} would take {:.0} s in series: {help}.\n", size.memory, size.series_s)
}

fn table(plan: &Plan, currency: Currency) -> Table {
    let mut table = Table::new(&COLUMNS);
    for size in &plan.sizes {
        let series = Cell::or_empty(Millis::new(size.series_s * 1e3).ok(), Cell::Duration);
        table.row([
            Cell::Memory(size.memory),
            Cell::Duration(size.duration),
            series,
            Cell::Cost(size.cost).in_currency(currency),
        ]);
    }
    table
}

fn verdict(args: &Args, plan: &Plan, few: Option<&Plan>, failed: &[(MemoryMb, Error)]) -> String {
    let mut text = format!(
        "{} invocations cost {}, {} state transitions {}: together {}.\n",
        plan.invocations, plan.lambda_usd, plan.transitions, plan.step_functions_usd, plan.total_usd
    );
    for (memory, error) in failed {
        text += &format!("{memory} is left out: {}; it would end the whole run.\n", error.problem());
    }
    let slowest = plan.too_long_in_series().max_by(|a, b| a.series_s.total_cmp(&b.series_s));
    if let (Some(slowest), false) = (slowest, args.parallel) {
        text += &too_long(slowest);
    }
    if let Some(few) = few {
        let sizes: Vec<String> = few.sizes.iter().map(|s| s.memory.mb().to_string()).collect();
        text += &format!(
            "Measuring only {} MB would cost {}; `powercurve predict` fills in the rest.\n",
            sizes.join(", "),
            few.total_usd
        );
    }
    text
}
