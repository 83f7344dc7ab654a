//! `powercurve recommend`

use clap::ValueEnum;
use serde_json::{Value, json};

use super::answers::Answers;
use super::gate::Gate;
use super::price_args::TariffArgs;
use super::strategy_args::StrategyArgs;
use super::{Done, Format, Out, batch, texts, values, warn_of};
use crate::advise::{
    Check, Cliff, Percentile, PricedPoint, Recommendation, Strategy, Tail, TailSource, Tolerance, Wish, check,
    dependable, nearly_full, recommend, tails,
};
use crate::curve::Run;
use crate::error::Result;
use crate::load::function_name;
use crate::platform::billing::BillingStep;
use crate::render::snippet::Snippet;
use crate::render::table::{Cell, Column};
use crate::show;
use crate::units::{Currency, MemoryMb, Millis};

/// Recommend one of the measured memory sizes, as aws-lambda-power-tuning would.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  powercurve recommend results.json
  powercurve recommend runs.jsonl --strategy balanced --weight 0.3 --format csv
  powercurve recommend results.json --tolerance 5%          # the fastest within 5 % of the cheapest
  powercurve recommend results.json --strategy cost --max-duration 300ms
  powercurve recommend results.json --max-duration 300ms --percentile 99
  powercurve recommend results.json --snippet terraform
  powercurve recommend results.json --prices list --region eu-south-1 --billing 100ms

Recorded costs are used where every size has one, unless an option about prices is given. As in aws-lambda-power-tuning the
memory used does not enter the choice: a size that the function nearly fills is chosen with a warning.")]
pub struct Args {
    /// Recorded runs.
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,

    #[command(flatten)]
    strategy: StrategyArgs,

    /// Longest acceptable duration: 300, 300ms or 1.5s; of the mean, unless --percentile is given.
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    max_duration: Option<Millis>,

    /// The percentile that --max-duration is about: recorded, else from the standard deviation, else assumed.
    #[arg(long, value_name = "P", requires = "max_duration")]
    percentile: Option<Percentile>,

    /// With cost: the fastest within PERCENT of the cheapest. With speed: the cheapest within PERCENT of the fastest.
    #[arg(long, value_name = "PERCENT")]
    tolerance: Option<Tolerance>,

    /// Print only the configuration of the chosen size, to paste.
    #[arg(long, value_enum, value_name = "KIND", conflicts_with = "format")]
    snippet: Option<SnippetKind>,

    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    tariff: TariffArgs,
}

/// Where the chosen size goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SnippetKind {
    /// A step that fails the build when the size is no longer right.
    GithubActions,
    /// AWS SAM.
    Sam,
    /// AWS CDK in TypeScript.
    Cdk,
    /// Terraform.
    Terraform,
}

const COLUMNS: [Column; 8] = [
    Column { field: "id", heading: "run" },
    Column { field: "strategy", heading: "strategy" },
    Column { field: "memory_mb", heading: "memory" },
    Column { field: "duration_ms", heading: "duration" },
    Column { field: "cost_usd", heading: "per million" },
    Column { field: "pareto_mb", heading: "Pareto set (MB)" },
    Column { field: "shave_ms_1ms_billing", heading: "next ms" },
    Column { field: "shave_ms_100ms_billing", heading: "next 100 ms" },
];

/// A recommendation with the name of its run and the costs that it rests on.
struct Answer {
    id: String,
    /// Number of measured sizes.
    sizes: usize,
    recorded_costs: bool,
    recommendation: Recommendation,
    /// How far the choice is from the best by the strategy alone, as a share.
    excess: f64,
    /// The percentile of the chosen size, where one was asked for.
    tail: Option<(Percentile, Tail)>,
    currency: Currency,
    /// What weakens the run, and what is to be said against the chosen size.
    warnings: Vec<String>,
}

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    let strategy = args.strategy.strategy()?;
    let wish = Wish { strategy, max_duration: args.max_duration, tolerance: args.tolerance };
    if let Some(kind) = args.snippet {
        return snippets(args, kind, &wish, out);
    }
    let mut answers = Answers::new(out, args.format, &COLUMNS);
    let mut verdict = Verdict::default();
    let done = batch::each(
        &args.runs,
        |run| answer(&run, &wish, args),
        |answer| {
            warn_of(args.format, &answer.id, &answer.warnings);
            verdict.hear(&answer, strategy);
            answers.add(record(&answer, strategy), row(&answer, strategy))
        },
    )?;
    answers.finish(&verdict.text())?;
    Ok(done)
}

fn snippets(args: &Args, kind: SnippetKind, wish: &Wish, out: &mut Out) -> Result<Done> {
    let mut answers = Vec::new();
    let done = batch::each(
        &args.runs,
        |run| answer(&run, wish, args),
        |answer| {
            answers.push(answer);
            Ok(())
        },
    )?;
    // the id of a run that is alone may be the name of a file, which may change
    let alone = answers.len() == 1 && done == Done::All;
    for answer in &answers {
        warn_of(Format::Table, &answer.id, &answer.warnings);
        let (name, memory) = (function_name(&answer.id), answer.recommendation.choice.memory);
        let text = match kind {
            SnippetKind::GithubActions => Gate {
                runs: &args.runs,
                id: (!alone).then_some(&answer.id),
                memory,
                strategy: wish.strategy,
                excess: answer.excess,
                tariff: &args.tariff,
            }
            .github_actions(name),
            SnippetKind::Sam => Snippet::Sam.text(name, memory),
            SnippetKind::Cdk => Snippet::Cdk.text(name, memory),
            SnippetKind::Terraform => Snippet::Terraform.text(name, memory),
        };
        write!(out, "{text}")?;
    }
    Ok(done)
}

fn answer(run: &Run, wish: &Wish, args: &Args) -> Result<Answer> {
    let (curve, tariff) = args.tariff.price(run)?;
    let curve = dependable(run, &curve);
    let all = args.percentile.map_or_else(Vec::new, |p| tails(run, p));
    let recommendation = recommend(&curve, wish, &all, &tariff)?;
    let Check { excess, .. } = check(run, &curve, recommendation.choice.memory, wish.strategy, Tolerance::default())?;
    let of_choice = all.into_iter().find(|t| t.memory == recommendation.choice.memory);
    let mut warnings = texts(&run.warnings);
    warnings.extend(nearly_full(run, recommendation.choice.memory));
    Ok(Answer {
        id: run.id.clone(),
        sizes: run.curve.len(),
        recorded_costs: args.tariff.takes_recorded(run),
        recommendation,
        excess,
        tail: args.percentile.zip(of_choice),
        currency: args.tariff.currency(run),
        warnings,
    })
}

fn record(answer: &Answer, strategy: Strategy) -> Value {
    let r = &answer.recommendation;
    let mut record = json!({
        "id": answer.id,
        "strategy": strategy.name(),
        "memory_mb": r.choice.memory,
        "duration_ms": r.choice.duration,
        "cost_usd": r.choice.cost,
        "costs": if answer.recorded_costs { "recorded" } else { "computed" },
        "pareto": r.pareto,
        "cliff": r.cliffs,
        "crossing_mb": r.misread,
        "warnings": answer.warnings,
    });
    if let Some((percentile, tail)) = &answer.tail {
        record["percentile"] = json!({ "percentile": percentile, "duration_ms": tail.duration, "source": tail.source });
    }
    if answer.currency != Currency::Usd {
        record["currency"] = answer.currency.code().into();
    }
    if let Strategy::Balanced(weight) = strategy {
        record["weight"] = weight.into();
    }
    record
}

fn row(answer: &Answer, strategy: Strategy) -> [Cell; 8] {
    let r = &answer.recommendation;
    [
        Cell::Text(answer.id.clone()),
        Cell::Text(strategy.name().to_owned()),
        Cell::Memory(r.choice.memory),
        Cell::Duration(r.choice.duration),
        Cell::PerMillion(r.choice.cost).in_currency(answer.currency),
        Cell::Text(sizes(&r.pareto)),
        shave(r, BillingStep::Ms1),
        shave(r, BillingStep::Ms100),
    ]
}

fn sizes(points: &[PricedPoint]) -> String {
    points.iter().map(|p| p.memory.mb().to_string()).collect::<Vec<_>>().join(" ")
}

fn shave(r: &Recommendation, step: BillingStep) -> Cell {
    let cliff = r.cliffs.iter().find(|c| c.step == step);
    Cell::or_empty(cliff.and_then(|c| Millis::new(c.shave_ms).ok()), Cell::Duration)
}

/// What the table means, in sentences: in full for one run, counted for several.
#[derive(Debug, Default)]
struct Verdict {
    runs: usize,
    misread: usize,
    in_full: String,
}

impl Verdict {
    fn hear(&mut self, answer: &Answer, strategy: Strategy) {
        let r = &answer.recommendation;
        self.runs += 1;
        self.misread += usize::from(r.misread.is_some());
        if self.runs > 1 {
            self.in_full.clear();
            return;
        }
        let choice = &r.choice;
        self.in_full = format!(
            "Take {} ({strategy}): {}, {} per million.\n",
            choice.memory,
            choice.duration,
            answer.currency.text(&choice.cost.per_million().to_string())
        );
        if let Some((percentile, tail)) = &answer.tail {
            self.in_full += &tail_sentence(*percentile, tail);
        }
        self.in_full += &show::choice(&r.pareto, answer.sizes);
        self.in_full.push('\n');
        for cliff in r.cliffs.iter().filter(|c| c.is_steep()) {
            self.in_full += &cliff_sentence(cliff);
        }
        if let Some(size) = r.misread {
            self.in_full += &crossing_sentence(size);
        }
    }

    fn text(self) -> String {
        match (self.runs, self.misread) {
            (0 | 1, _) => self.in_full,
            (runs, 0) => format!("{runs} runs."),
            (runs, misread) => format!(
                "{runs} runs. In {misread} of them the lines of duration and cost cross at another size: {CROSSING}"
            ),
        }
    }
}

fn tail_sentence(percentile: Percentile, tail: &Tail) -> String {
    let source = match tail.source {
        TailSource::Recorded => "as recorded",
        TailSource::Spread => "from the recorded standard deviation, durations taken as log-normal",
        TailSource::Assumed => {
            "an ASSUMPTION: the run records no spread, so it is that of such work in the simulator, taken as log-normal"
        }
    };
    format!("There {} of 100 invocations take at most {} ({source}).\n", percentile.value(), tail.duration)
}

fn cliff_sentence(cliff: &Cliff) -> String {
    format!(
        "Billed by {}: {:.2} ms less would save {:.1} % of the cost.\n",
        cliff.step,
        cliff.shave_ms,
        100.0 * cliff.saving_share
    )
}

const CROSSING: &str =
    "the crossing means nothing, since the two axes have different units and stretching one moves it.";

fn crossing_sentence(size: MemoryMb) -> String {
    format!("On a chart the lines of duration and cost cross near {size}: {CROSSING}\n")
}
