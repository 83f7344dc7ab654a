//! A curve as numbers that do not depend on which sizes were measured.

use crate::model::{Observation, Posterior};
use crate::pattern::Pattern;
use crate::units::MemoryMb;

/// Number of features.
pub const COUNT: usize = NAMES.len();

/// Names of the features, in their order.
pub const NAMES: [&str; 22] = [
    "evidence no-op",
    "evidence cpu-bound",
    "evidence cpu-bound-multithreaded",
    "evidence network-bound-api",
    "evidence network-bound-sdk",
    "evidence transfer-bound",
    "evidence transfer-bound-multithreaded",
    "evidence downstream-limited",
    "cpu share",
    "wait share",
    "transfer share",
    "slope 128-512",
    "slope 512-1769",
    "slope 1769-4096",
    "full-speed duration",
    "short at full speed",
    "noise",
    "worst size",
    "sizes",
    "smallest size",
    "largest size",
    "runtime known to have no helper threads",
];

/// Least log-probability that counts as evidence: beyond, a pattern is ruled out.
const LEAST_LN: f64 = -9.0;

/// Ends of the three segments whose slopes are features, in MB.
const ENDS_MB: [u32; 4] = [128, 512, 1769, 4096];

/// The features of a curve, from its posterior.
///
/// Slopes are `-d ln d / d ln m` of the posterior's curve (1: CPU-bound, 0: waiting), so that a curve measured at
/// other sizes has the same ones.
pub fn features(seen: &Observation, posterior: &Posterior<'_>) -> [f64; COUNT] {
    let ln_ms = ENDS_MB.map(|mb| MemoryMb::new(mb).map_or(0.0, |m| posterior.mean_ln(m)));
    let shares = posterior.mean_shares();
    let full = ln_ms[2];
    let mut f = [0.0; COUNT];
    for p in Pattern::ALL {
        f[p.index()] = posterior.patterns()[p.index()].ln().max(LEAST_LN);
    }
    (f[8], f[9], f[10]) = (shares.cpu, shares.wait, shares.transfer);
    for (i, slope) in f[11..14].iter_mut().enumerate() {
        *slope = (ln_ms[i] - ln_ms[i + 1]) / (f64::from(ENDS_MB[i + 1]) / f64::from(ENDS_MB[i])).ln();
    }
    f[14] = full;
    f[15] = 1.0 / (1.0 + (2.0 * (full - 15f64.ln())).exp());
    f[16] = posterior.variance().ln() / 2.0;
    f[17] = posterior.point_weights().iter().copied().filter(|&weight| weight > 0.0).fold(1.0, f64::min);
    f[18] = (seen.sizes.len() as f64).ln();
    f[19] = seen.sizes.first().map_or(0.0, |m| m.as_f64().ln());
    f[20] = seen.sizes.last().map_or(0.0, |m| m.as_f64().ln());
    f[21] = f64::from(u8::from(seen.runtime.is_some_and(|r| r.helper_fraction() == 0.0)));
    f
}
