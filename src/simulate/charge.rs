//! What an invocation is charged in a power-tuning run.

use std::str::FromStr;

use crate::curve::Arch;
use crate::error::{Error, Result};
use crate::units::{MemoryMb, Millis, Usd};

/// The step that a duration is rounded up to before it is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BillingStep {
    /// 1 ms, as Lambda bills since December 2020.
    #[default]
    Ms1,
    /// 100 ms, as Lambda billed before.
    Ms100,
}

impl BillingStep {
    /// Length of the step in ms.
    pub const fn ms(self) -> f64 {
        match self {
            Self::Ms1 => 1.0,
            Self::Ms100 => 100.0,
        }
    }

    /// The billed duration: `duration` rounded up to a whole number of steps.
    pub fn billed(self, duration: Millis) -> Millis {
        Millis::new((duration.ms() / self.ms()).ceil() * self.ms()).unwrap_or(duration)
    }
}

impl FromStr for BillingStep {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        match s.trim() {
            "1ms" => Ok(Self::Ms1),
            "100ms" => Ok(Self::Ms100),
            _ => Err(Error::new(format!("billing step '{s}' is unknown: expected 1ms or 100ms"))),
        }
    }
}

/// Price of 1 ms at 128 MB in aws-lambda-power-tuning, in dollars.
const fn usd_per_ms_at_128_mb(arch: Arch) -> f64 {
    match arch {
        Arch::X86_64 => 2.1e-9,
        Arch::Arm64 => 1.7e-9,
    }
}

/// Mean cost of an invocation as aws-lambda-power-tuning has it: the mean billed duration, rounded
/// up to whole ms, times the price of the memory size; no request charge.
///
/// # Errors
/// When `mean_billed_ms` is not a usable number.
pub(super) fn mean_cost(arch: Arch, memory: MemoryMb, mean_billed_ms: f64) -> Result<Usd> {
    Usd::new(mean_billed_ms.ceil() * usd_per_ms_at_128_mb(arch) * memory.as_f64() / 128.0)
}
