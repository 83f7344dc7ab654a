//! What makes two invocations of the same work differ.
//!
//! Calibration (single warm calls: CPU loops vary by 2-5 %, mixes of CPU and calls by 12-37 %, handlers under
//! 10 ms by 20-120 %; the mean of n calls of a mix is off by 10.9 % at n = 4, 9.3 % at 10 and 4.3 % at 50):
//! the part that falls with n is the latency's spread ([`crate::workload::Call::latency_cv`]), the
//! part that stays is the drift between memory sizes ([`Noise::drift_cv`]).

use rand::{Rng, RngExt};

use crate::simulate::latency::Latency;
use crate::workload::{Distribution, Noise};

/// Coefficient of variation of the network's part of a transfer. Our choice, in the lower half of what
/// mixes of CPU and calls show.
const NETWORK_CV: f64 = 0.1;

/// Coefficient of variation of the init duration between environments. Our choice.
const INIT_CV: f64 = 0.1;

/// Coefficient of variation of the memory used. Our choice.
const MEMORY_CV: f64 = 0.02;

/// Factors of mean 1 on the parts of an invocation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Factors {
    cpu: Latency,
    network: Latency,
    init: Latency,
    memory: Latency,
    drift: f64,
    outlier_share: f64,
    outlier_factor: f64,
    second_generation: (f64, f64),
}

impl Factors {
    /// The factors at one memory size; `rng` draws what all its invocations share.
    pub fn new<R: Rng>(noise: &Noise, rng: &mut R) -> Self {
        let factor = |cv| Latency::new(Distribution::LogNormal, 1.0, cv);
        Self {
            cpu: factor(noise.cpu_cv),
            network: factor(NETWORK_CV),
            init: factor(INIT_CV),
            memory: factor(MEMORY_CV),
            drift: factor(noise.drift_cv).sample(rng),
            outlier_share: noise.outlier_share,
            outlier_factor: noise.outlier_factor,
            second_generation: (noise.second_generation_share, 1.0 / noise.second_generation_speed),
        }
    }

    /// On the CPU time of one invocation.
    pub fn cpu<R: Rng>(&self, rng: &mut R) -> f64 {
        self.cpu.sample(rng)
    }

    /// On the network's part of one transfer.
    pub fn network<R: Rng>(&self, rng: &mut R) -> f64 {
        self.network.sample(rng)
    }

    /// On the init duration of one environment.
    pub fn init<R: Rng>(&self, rng: &mut R) -> f64 {
        self.init.sample(rng)
    }

    /// On the memory used by one invocation.
    pub fn memory<R: Rng>(&self, rng: &mut R) -> f64 {
        self.memory.sample(rng)
    }

    /// On all CPU time within one environment: which hardware generation it is on.
    pub fn generation<R: Rng>(&self, rng: &mut R) -> f64 {
        let (share, slowdown) = self.second_generation;
        if rng.random_bool(share) { slowdown } else { 1.0 }
    }

    /// On the whole handler time of one invocation: the size's drift, and sometimes an outlier.
    pub fn overall<R: Rng>(&self, rng: &mut R) -> f64 {
        self.drift * if rng.random_bool(self.outlier_share) { self.outlier_factor } else { 1.0 }
    }
}
