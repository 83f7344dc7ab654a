//! The definition of each pattern, by where the time of a workload goes.

use crate::pattern::Pattern;
use crate::simulate::{Breakdown, breakdown};
use crate::units::MemoryMb;
use crate::workload::Workload;

/// Share of the time from which one part is what the function "does".
const DOMINANT: f64 = 0.8;

/// Longest a no-op takes at full speed, in ms: below one quota period of 20 ms.
const NO_OP_MS: f64 = 15.0;

/// Share of the time that work on several threads takes in a mixture that goes by it: such a curve keeps falling past one
/// vCPU, where a mixture of calls and one thread is flat.
const THREADED: f64 = 0.4;

/// Connections from which a transfer counts as multi-threaded.
const MANY_CONNECTIONS: u32 = 4;

/// Shares of the time of one invocation; they add up to 1.
///
/// ```
/// use powercurve::{MemoryMb, Workload, pattern::Shares, simulate::breakdown};
/// let w = Workload::from_toml("[cpu]\nwork_ms = 300\n[[call]]\nlatency_ms = 100")?;
/// let shares = Shares::of(&breakdown(&w, MemoryMb::new(1769)?, 0.0));
/// assert!((shares.cpu - 0.75).abs() < 1e-6 && (shares.wait - 0.25).abs() < 1e-6);
/// # Ok::<(), powercurve::Error>(())
/// ```
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

/// Where a definition draws its lines.
#[derive(Debug, Clone, Copy)]
struct Lines {
    /// Share of the time from which one part is what the function "does".
    dominant: f64,
    /// Longest a no-op takes at full speed, in ms.
    no_op_ms: f64,
}

/// The definition itself.
const DEFINITION: Lines = Lines { dominant: DOMINANT, no_op_ms: NO_OP_MS };

/// Lines that a person may draw who reads a description of the function: "mostly CPU" starts for one at 50 %, for
/// another at 95 %, and "a few milliseconds" end at 10 or at 25.
const DRAWN_BY_PEOPLE: [Lines; 5] = [
    Lines { dominant: 0.5, no_op_ms: 10.0 },
    Lines { dominant: 0.5, no_op_ms: 25.0 },
    DEFINITION,
    Lines { dominant: 0.95, no_op_ms: 10.0 },
    Lines { dominant: 0.95, no_op_ms: 25.0 },
];

impl Pattern {
    /// The pattern that a workload shows, from the shares of its time at full speed (1769 MB) and
    /// at 512 MB.
    ///
    /// More than 80 % of one part decides; in between, a mixture of calls and CPU work is
    /// [`Pattern::NetworkBoundSdk`] by definition (work on several threads from 40 % of the time on:
    /// [`Pattern::CpuBoundMultithreaded`]), and a mixture with a transfer goes by the larger part.
    ///
    /// ```
    /// use powercurve::{Pattern, Workload};
    /// let waits = Workload::from_toml("[cpu]\nwork_ms = 5\n[[call]]\nlatency_ms = 1600")?;
    /// assert_eq!(Pattern::of(&waits), Pattern::NetworkBoundApi);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn of(workload: &Workload) -> Self {
        Parts::of(workload).pattern(&DEFINITION)
    }

    /// Every pattern that a person may give a workload who knows what it does: those of the definition with its lines
    /// drawn a little to either side.
    ///
    /// ```
    /// use powercurve::{Pattern, Workload};
    /// // 70 % CPU work: a mixture by definition, "mostly CPU" for some
    /// let mixed = Workload::from_toml("[cpu]\nwork_ms = 700\n[[call]]\nlatency_ms = 300")?;
    /// assert_eq!(Pattern::of(&mixed), Pattern::NetworkBoundSdk);
    /// assert_eq!(Pattern::accepted(&mixed), [Pattern::CpuBound, Pattern::NetworkBoundSdk]);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn accepted(workload: &Workload) -> Vec<Self> {
        let parts = Parts::of(workload);
        let mut accepted: Vec<Self> = DRAWN_BY_PEOPLE.iter().map(|lines| parts.pattern(lines)).collect();
        accepted.sort_unstable();
        accepted.dedup();
        accepted
    }
}

/// What a definition looks at.
struct Parts {
    full_ms: f64,
    /// At 1769 MB.
    full: Shares,
    /// At 512 MB.
    half: Shares,
    threads: bool,
    connections: bool,
    downstream: bool,
}

impl Parts {
    fn of(workload: &Workload) -> Self {
        let at = |mb| MemoryMb::new(mb).map(|m| breakdown(workload, m, 0.0)).unwrap_or_default();
        let (full, half) = (at(1769), at(512));
        Self {
            full_ms: full.total_ms(),
            full: Shares::of(&full),
            half: Shares::of(&half),
            threads: workload.cpu.parallel_ms > workload.cpu.work_ms / 2.0 && workload.cpu.threads > 1,
            connections: workload.transfers.iter().map(|t| t.connections).max() >= Some(MANY_CONNECTIONS),
            downstream: workload.downstream.is_some(),
        }
    }

    fn pattern(&self, lines: &Lines) -> Pattern {
        let cpu = if self.threads { Pattern::CpuBoundMultithreaded } else { Pattern::CpuBound };
        let transfer = if self.connections { Pattern::TransferBoundMultithreaded } else { Pattern::TransferBound };
        let (full, half) = (&self.full, &self.half);
        match () {
            () if self.downstream => Pattern::DownstreamLimited,
            () if full.cpu > lines.dominant && self.full_ms < lines.no_op_ms => Pattern::NoOp,
            () if full.cpu > lines.dominant => cpu,
            () if full.wait > lines.dominant && half.wait > lines.dominant => Pattern::NetworkBoundApi,
            () if self.threads && full.cpu > THREADED => cpu,
            () if full.transfer > full.wait.max(full.cpu) => transfer,
            () if full.transfer > full.wait => cpu,
            () => Pattern::NetworkBoundSdk,
        }
    }
}
