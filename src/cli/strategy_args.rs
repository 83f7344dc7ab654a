//! What a command minimises.

use crate::advise::Strategy;
use crate::error::{Error, Result};

/// Options of every command that chooses a size.
#[derive(Debug, clap::Args)]
pub struct StrategyArgs {
    /// What the best size minimises: cost, speed, or balanced.
    #[arg(long, value_name = "NAME", default_value = "cost")]
    strategy: String,

    /// Weight of the cost in the balanced strategy: 0 is speed, 1 is cost [default: 0.5].
    #[arg(long, allow_negative_numbers = true)]
    weight: Option<f64>,
}

impl StrategyArgs {
    /// The strategy.
    ///
    /// # Errors
    /// When there is none of that name, or a weight is given to one that has none.
    pub fn strategy(&self) -> Result<Strategy> {
        let strategy = Strategy::named(&self.strategy, self.weight.unwrap_or(Strategy::DEFAULT_WEIGHT))?;
        match (strategy, self.weight) {
            (Strategy::Cost | Strategy::Speed, Some(weight)) => Err(Error::new(format!(
                "the strategy {strategy} has no weight: --weight {weight} would change nothing"
            ))
            .help("weigh cost against speed with --strategy balanced")),
            _ => Ok(strategy),
        }
    }
}
