//! From a curve to a decision: which memory size, what it saves, and what finding out costs.
//!
//! Nothing here measures or predicts: a recommendation picks among the sizes of the curve it is
//! given, as aws-lambda-power-tuning does.

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
pub use plan::{LptInput, Plan, PlannedSize, StateMachine, TuningRun};
pub use priced::{PricedCurve, PricedPoint};
pub use rank::{Prospect, RankBy, Ranked, Ranking, USUAL_MB, rank};
pub use recommend::{Recommendation, Wish, recommend};
pub use sequential::{Reached, sequential};
pub use strategy::Strategy;
pub use tail::{Percentile, Tail, TailSource, tails};
pub use tolerance::Tolerance;
pub use whatif::{Effect, Evaluation, Market, compare, evaluate};
pub use worth::Worth;
