//! From a curve to a decision: which memory size, what it saves, and what finding out costs.
//!
//! A recommendation and a check pick among the sizes of the curve they are given, as aws-lambda-power-tuning does. Ranking,
//! planning and what-if also ask the model and the simulator about sizes and functions that nobody measured, and give their
//! figures with intervals.

mod account;
mod baseline;
mod check;
mod cliff;
mod crossing;
mod ensemble;
mod estimate;
mod expect;
mod next_sizes;
mod pareto;
mod plan;
mod priced;
mod rank;
mod recommend;
mod sequential;
mod sizes;
mod strategy;
mod tail;
mod tolerance;
mod whatif;
mod worth;

pub use account::{Account, Usage};
pub use baseline::{Drift, Former, drift};
pub use check::{Check, check};
pub use cliff::Cliff;
pub use crossing::crossing;
pub use ensemble::{Changes, Ensemble};
pub use estimate::Estimate;
pub use expect::{expected_curve, expected_duration};
pub use next_sizes::{NextSizes, next_sizes, predicted_curve};
pub use pareto::pareto;
pub use plan::{LptInput, Plan, PlannedSize, StateMachine, TuningRun, with_cold_starts};
pub use priced::{PricedCurve, PricedPoint};
pub use rank::{Prospect, RankBy, Ranked, Ranking, rank};
pub use recommend::{Recommendation, Wish, recommend};
pub use sequential::{Reached, sequential};
pub use sizes::{beyond_measured, dependable, fits, in_time, large_enough, nearly_full, usual_sizes, with_room};
pub(crate) use sizes::{memory_used, proposed_sizes};
pub use strategy::Strategy;
pub use tail::{Percentile, Tail, TailSource, tails};
pub use tolerance::Tolerance;
pub use whatif::{Difference, Effect, Evaluation, Market, compare, evaluate};
pub use worth::Worth;
