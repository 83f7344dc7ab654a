//! How far a measured mean lies from the expected value.
//!
//! Sources for the levels: single warm calls vary by 2-5 % in CPU loops, 12-37 % in I/O mixes, 20-120 % in
//! handlers under 10 ms; the same code a month apart differs by 2-5 % in the median and 14-16 % at the 90th
//! percentile, whatever the number of calls (300-500 calls a size,
//! github.com/cebert/aws-lambda-performance-benchmarks); with parallel invocations neighbouring small sizes differ
//! by factors of 2-8 because cold starts leak in (decoded public tuning runs).

use crate::curve::Arch;
use crate::pattern::Shares;

/// What kind of scatter a run shows.
///
/// ```
/// use powercurve::{Arch, model::noise::{NoisePrior, Regime}, pattern::Shares};
/// let cpu = Shares { cpu: 1.0, ..Shares::default() };
/// let drift = |regime| NoisePrior::new(regime, Arch::X86_64, &cpu, 500.0, 900.0).drift_var.sqrt();
/// assert!(drift(Regime::Steady) < 0.04); // 3 % between hosts
/// assert!(drift(Regime::Leaky) > 0.3 && drift(Regime::Downstream) > 0.2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Regime {
    /// Ordinary measurement noise.
    Steady,
    /// Cold starts leak into the means of some sizes.
    Leaky,
    /// The queue in front of a downstream decides.
    Downstream,
}

/// Shapes that the inverse gamma priors take: steady runs, and runs whose scatter is known to be large.
///
/// ```
/// use powercurve::{Arch, model::noise::{NoisePrior, Regime, SHAPES}, pattern::Shares};
/// let prior = NoisePrior::new(Regime::Downstream, Arch::X86_64, &Shares::default(), 500.0, 0.0);
/// assert_eq!(prior.shape(), SHAPES[1]);
/// ```
pub const SHAPES: [f64; 2] = [2.0, 3.0];

/// Prior of the variance of `ln(measured mean)` around the expected value: an inverse gamma distribution whose level
/// comes from the kind of work.
///
/// ```
/// use powercurve::{Arch, model::noise::{NoisePrior, Regime}, pattern::Shares};
/// let waits = Shares { wait: 1.0, ..Shares::default() };
/// let prior = NoisePrior::new(Regime::Steady, Arch::X86_64, &waits, 1600.0, 0.0);
/// // more invocations average away the scatter of single calls, and nothing else
/// assert!(prior.scale(100.0) < 0.3 * prior.scale(1.0));
/// assert!(prior.scale(1e9) > 0.99 * prior.shape() * prior.drift_var);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoisePrior {
    /// Which of [`SHAPES`] it has.
    pub shape_index: u8,
    /// Part of the variance that more invocations do not average away.
    pub drift_var: f64,
    /// Variance of one invocation.
    pub single_var: f64,
}

/// Standard deviation of `ln(mean)` by which leaking cold starts scatter the means of a function that is much shorter than
/// its cold start; where the two last as long, the means scatter half as much.
const LEAK_SD: f64 = 0.7;

impl NoisePrior {
    /// The prior for a workload with these shares that takes `full_ms` at full speed, and `cold_ms` more in a cold start.
    pub fn new(regime: Regime, arch: Arch, shares: &Shares, full_ms: f64, cold_ms: f64) -> Self {
        // hosts of two generations differ more on arm64
        let hosts = if arch == Arch::Arm64 { 0.045 } else { 0.03 };
        let waiting = shares.wait + shares.transfer;
        let short = (10.0 / full_ms).min(1.0);
        let steady = Self {
            shape_index: 0,
            drift_var: (hosts + 0.015 * waiting + 0.03 * short).powi(2),
            single_var: (0.04 + 0.2 * waiting + 0.2 * short).powi(2),
        };
        match regime {
            Regime::Steady => steady,
            // init and first-call work, in some means more than in others
            Regime::Leaky => {
                let leak = LEAK_SD * cold_ms / (cold_ms + full_ms);
                Self { shape_index: 0, drift_var: steady.drift_var + leak * leak, ..steady }
            }
            Regime::Downstream => Self { shape_index: 1, drift_var: 0.26f64.powi(2), single_var: 0.5f64.powi(2) },
        }
    }

    /// Shape `a` of the inverse gamma distribution.
    pub fn shape(&self) -> f64 {
        SHAPES[usize::from(self.shape_index)]
    }

    /// Scale `b` of the inverse gamma distribution for means of `invocations` calls.
    pub fn scale(&self, invocations: f64) -> f64 {
        self.shape() * (self.drift_var + self.single_var / invocations)
    }
}
