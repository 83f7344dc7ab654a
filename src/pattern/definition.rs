//! The definition of each pattern, by where the time of a workload goes.

use crate::pattern::Pattern;
use crate::simulate::{Breakdown, breakdown};
use crate::units::MemoryMb;
use crate::workload::Workload;

/// Share of the time from which one part is what the function "does".
const DOMINANT: f64 = 0.8;

/// Longest a no-op takes at full speed, in ms: below one quota period of 20 ms.
const NO_OP_MS: f64 = 15.0;

/// Connections from which a transfer counts as multi-threaded.
const MANY_CONNECTIONS: u32 = 4;

/// Shares of the time of one invocation; they add up to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct Shares {
    /// Running on, or throttled for, the CPU.
    pub cpu: f64,
    /// Waiting for calls, or queueing for a downstream.
    pub wait: f64,
    /// Moving data.
    pub transfer: f64,
}

impl Shares {
    /// The shares of a breakdown; init counts as CPU work.
    pub fn of(b: &Breakdown) -> Self {
        let total = b.total_ms();
        Self {
            cpu: (b.cpu_ms + b.cold_ms) / total,
            wait: (b.wait_ms + b.queue_ms) / total,
            transfer: b.transfer_ms / total,
        }
    }
}

impl Pattern {
    /// The pattern that a workload shows, from the shares of its time at full speed (1769 MB) and
    /// at 512 MB.
    ///
    /// More than 80 % of one part decides; in between, a mixture of calls and CPU work is
    /// [`Pattern::NetworkBoundSdk`] by definition, and a mixture with a transfer goes by the larger part.
    pub fn of(workload: &Workload) -> Self {
        let at = |mb| MemoryMb::new(mb).map(|m| breakdown(workload, m, 0.0)).unwrap_or_default();
        let (full, half) = (at(1769), at(512));
        let shares = Shares::of(&full);
        let threads = workload.cpu.parallel_ms > workload.cpu.work_ms / 2.0 && workload.cpu.threads > 1;
        let cpu = if threads { Self::CpuBoundMultithreaded } else { Self::CpuBound };
        let many = workload.transfers.iter().map(|t| t.connections).max() >= Some(MANY_CONNECTIONS);
        let transfer = if many { Self::TransferBoundMultithreaded } else { Self::TransferBound };
        match () {
            () if workload.downstream.is_some() => Self::DownstreamLimited,
            () if shares.cpu > DOMINANT && full.total_ms() < NO_OP_MS => Self::NoOp,
            () if shares.cpu > DOMINANT => cpu,
            () if shares.wait > DOMINANT && Shares::of(&half).wait > DOMINANT => Self::NetworkBoundApi,
            () if shares.transfer > shares.wait.max(shares.cpu) => transfer,
            () if shares.transfer > shares.wait => cpu,
            () => Self::NetworkBoundSdk,
        }
    }
}
