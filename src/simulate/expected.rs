//! Expected values: what one invocation takes on average at a memory size, its share of cold starts included, and where the
//! time goes.

use std::cell::Cell;
use std::fmt;

use crate::platform::network::BurstBucket;
use crate::platform::{cpu, init, quota};
use crate::simulate::latency::{mean_of_largest, typical_factor};
use crate::simulate::script::Script;
use crate::units::MemoryMb;
use crate::workload::{Call, CallMode, Cpu, Transfer, Workload};

/// Mean time of one invocation by what it was spent on, in ms.
///
/// ```
/// use powercurve::{MemoryMb, simulate::breakdown, workload::preset};
/// let time = breakdown(&preset("third-party-api")?, MemoryMb::new(1769)?, 0.0);
/// assert!((time.wait_ms - 1600.0).abs() < 1e-6);
/// assert_eq!(time.total_ms(), time.wait_ms + time.cpu_ms); // no transfer, no queue, no cold starts
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Breakdown {
    /// Running on, or throttled for, the CPU.
    pub cpu_ms: f64,
    /// Waiting for calls.
    pub wait_ms: f64,
    /// Moving data.
    pub transfer_ms: f64,
    /// Queueing for, and being served by, the fixed-capacity downstream.
    pub queue_ms: f64,
    /// Init and first-call work, averaged over the cold share of the invocations.
    pub cold_ms: f64,
}

impl Breakdown {
    /// All of it: the duration of an invocation, in ms.
    pub fn total_ms(&self) -> f64 {
        self.cpu_ms + self.wait_ms + self.transfer_ms + self.queue_ms + self.cold_ms
    }

    /// Everything but what a cold start adds.
    pub(crate) fn warm_ms(&self) -> f64 {
        self.cpu_ms + self.wait_ms + self.transfer_ms + self.queue_ms
    }
}

/// What running a workload at a memory size ends in.
///
/// ```
/// use powercurve::{MemoryMb, Workload, simulate::expected};
/// let w = Workload::from_toml("[cpu]\nwork_ms = 800000\n[memory]\nfootprint_mb = 200")?;
/// let outcome = |mb| Ok::<_, powercurve::Error>(expected(&w, MemoryMb::new(mb)?, 0.0).to_string());
/// assert_eq!(outcome(128)?, "out of memory: it needs 200 MB");
/// assert_eq!(outcome(1769)?, "finished in 800000.00 ms");
/// assert!(outcome(885)?.starts_with("timed out: it needs 16"));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// It finishes, and this is where the time goes.
    Finished(Breakdown),
    /// It needs more memory than the size has; the footprint in MB.
    OutOfMemory(f64),
    /// It runs longer than Lambda allows; the time it would need in ms.
    TimedOut(f64),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished(breakdown) => write!(f, "finished in {:.2} ms", breakdown.total_ms()),
            Self::OutOfMemory(footprint) => write!(f, "out of memory: it needs {footprint:.0} MB"),
            Self::TimedOut(ms) => {
                write!(f, "timed out: it needs {:.0} s, Lambda allows {:.0}", ms / 1e3, init::TIMEOUT_MS / 1e3)
            }
        }
    }
}

/// The mean outcome of an invocation of `workload` at `memory`.
///
/// `queue_ms` is the mean time in the fixed-capacity downstream: see [`crate::simulate::queue_ms`].
/// Outliers are left out, as the trimmed mean of a power-tuning run leaves them out.
///
/// ```
/// use powercurve::simulate::{Outcome, expected, queue_ms};
/// use powercurve::{MemoryMb, workload::preset};
/// let database = preset("small-database")?;
/// let queue_ms = database.downstream.as_ref().map_or(0.0, |d| queue_ms(d, 4.0));
/// let outcome = expected(&database, MemoryMb::new(1024)?, queue_ms);
/// assert!(matches!(outcome, Outcome::Finished(time) if time.queue_ms > 5.0 * time.cpu_ms));
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn expected(workload: &Workload, memory: MemoryMb, queue_ms: f64) -> Outcome {
    let footprint = workload.footprint_mb();
    if footprint > memory.as_f64() {
        return Outcome::OutOfMemory(footprint);
    }
    let breakdown = breakdown(workload, memory, queue_ms);
    let longest_ms = breakdown.warm_ms() + cold_handler_ms(workload, memory);
    if longest_ms > init::TIMEOUT_MS { Outcome::TimedOut(longest_ms) } else { Outcome::Finished(breakdown) }
}

/// What a cold start adds to the time that Lambda limits, in ms: an init counts as far as it is done again in the invocation.
fn cold_handler_ms(workload: &Workload, memory: MemoryMb) -> f64 {
    if workload.cold_start.share == 0.0 {
        return 0.0;
    }
    let speed = Speed::new(workload, memory).slowed(workload.noise.mean_slowdown());
    init::redone_ms(init_ms(workload, &speed)) + FirstCall::of(workload, &speed).total_ms(&speed)
}

/// The mean duration in ms of an invocation, its share of cold starts included, whether or not Lambda would let it finish.
///
/// ```
/// use powercurve::{MemoryMb, Workload, simulate::expected_ms};
/// // 3 s of CPU work and 1 s of waiting, at one vCPU and at half of one
/// let w = Workload::from_toml("[cpu]\nwork_ms = 3000\nthrottle_overhead = 0\n[[call]]\nlatency_ms = 1000")?;
/// assert!((expected_ms(&w, MemoryMb::new(1769)?) - 4000.0).abs() < 1e-6);
/// assert!((expected_ms(&w, MemoryMb::new(885)?) - 7000.0).abs() < 70.0);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn expected_ms(workload: &Workload, memory: MemoryMb) -> f64 {
    breakdown(workload, memory, 0.0).total_ms()
}

/// Where the time of an invocation goes, whether or not Lambda would let it finish.
///
/// ```
/// use powercurve::{MemoryMb, simulate::breakdown, workload::preset};
/// let cold = breakdown(&preset("java-cold-start")?, MemoryMb::new(512)?, 0.0);
/// assert!(cold.cold_ms > 0.9 * cold.total_ms()); // init and first call are nearly all of it
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn breakdown(workload: &Workload, memory: MemoryMb, queue_ms: f64) -> Breakdown {
    let speed = Speed::new(workload, memory).slowed(workload.noise.mean_slowdown());
    let (cpu_and_wait, wait_ms) = handler_ms(workload, &speed);
    let transfer_of = |(t, network_ms): (&Transfer, f64)| transfer_cpu_ms(workload, t, &speed).max(network_ms);
    // an empty floating-point sum is -0: start from 0
    let transfer_ms = on_the_network(workload).map(transfer_of).fold(0.0, |sum, ms| sum + ms);
    let cold = &workload.cold_start;
    let cold_ms = if cold.share > 0.0 {
        let first = FirstCall::of(workload, &speed);
        cold.share * (init_ms(workload, &speed) + first.total_ms(&speed))
    } else {
        0.0
    };
    Breakdown { cpu_ms: (cpu_and_wait - wait_ms).max(0.0), wait_ms, transfer_ms, queue_ms, cold_ms }
}

/// Mean init duration in ms of an invocation: that of a cold start, by their share.
pub(crate) fn mean_init_ms(workload: &Workload, memory: MemoryMb) -> f64 {
    workload.cold_start.share * init_ms(workload, &Speed::new(workload, memory))
}

/// Duration in ms of an init.
fn init_ms(workload: &Workload, speed: &Speed) -> f64 {
    init::duration_ms(workload.init_ms(), speed.share)
}

/// Time that the CPU needs for a transfer, in ms.
pub(super) fn transfer_cpu_ms(workload: &Workload, transfer: &Transfer, speed: &Speed) -> f64 {
    workload.transfer_cpu_ms(transfer) * speed.inflation / speed.threads(transfer.connections)
}

/// The transfers of an invocation, each with the time in ms that the network needs for it.
pub(super) fn on_the_network(workload: &Workload) -> impl Iterator<Item = (&Transfer, f64)> {
    let mut bucket = BurstBucket::default();
    workload.transfers.iter().map(move |t| (t, bucket.transfer_ms(t.megabytes, t.connections, t.per_connection_mb_s)))
}

/// What the first handler call of an execution environment does beside the usual.
#[derive(Debug, Clone, Copy)]
pub(super) struct FirstCall {
    /// CPU work at one full vCPU (loading, compiling, TLS handshakes), with inflation.
    pub cpu_ms: f64,
    /// Waiting for connections that later calls reuse.
    pub connect_ms: f64,
}

impl FirstCall {
    /// The first call of `workload` at this speed.
    pub fn of(workload: &Workload, speed: &Speed) -> Self {
        let kept = || workload.calls.iter().filter(|c| c.keep_alive);
        let connect_cpu_ms: f64 = kept().map(|c| c.connect_cpu_ms).sum();
        Self {
            cpu_ms: (workload.cold_start.first_call_cpu_ms + connect_cpu_ms) * speed.inflation,
            connect_ms: kept().map(|c| c.connect_ms).sum(),
        }
    }

    /// Its mean time at this speed, in ms.
    fn total_ms(&self, speed: &Speed) -> f64 {
        self.connect_ms + self.cpu_ms / speed.threads(1)
    }
}

/// How fast this workload's threads run at one memory size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Speed {
    /// CPU share in vCPUs, relative to the size at which one thread runs at full speed.
    pub share: f64,
    visible: f64,
    /// Extra CPU time through throttling, memory pressure and slower hardware: a factor.
    pub inflation: f64,
    helper: f64,
}

impl Speed {
    /// The speed on the first hardware generation.
    pub fn new(workload: &Workload, memory: MemoryMb) -> Self {
        let knee = workload.cpu.knee_mb.unwrap_or(cpu::knee_mb(workload.arch));
        let share = memory.as_f64() / knee;
        Self {
            share,
            visible: f64::from(cpu::visible_cores(memory)),
            inflation: throttle_inflation(workload.cpu.throttle_overhead, share, knee)
                * pressure_inflation(workload.memory.pressure, workload.footprint_mb(), memory),
            helper: workload.helper_fraction(),
        }
    }

    /// The same with `factor` times the CPU time for everything.
    fn slowed(mut self, factor: f64) -> Self {
        self.inflation *= factor;
        self
    }

    /// Whether the main thread lives under a quota.
    pub fn throttled(&self) -> bool {
        self.share < 1.0
    }

    /// Time of the main thread's CPU work without a quota: helper threads do their part beside it,
    /// as far as there is a second core's share for them.
    pub fn unthrottled_ms(&self, cpu_ms: f64) -> f64 {
        cpu_ms * (1.0 - self.helper).max(1.0 / self.share.min(self.visible))
    }

    /// CPU work per wall time of `n` threads that share work, in full vCPUs.
    pub fn threads(&self, n: u32) -> f64 {
        let usable = f64::from(n).min(self.share).min(self.visible);
        if usable <= 1.0 { usable } else { usable * cpu::parallel_efficiency(usable) }
    }
}

/// Extra CPU time under throttling: `1 + e (1/s - 1) / (1/s_128 - 1)` below one vCPU, so that the
/// overhead is `e` at 128 MB and none at one vCPU.
///
/// Calibrated on public curves, whose `d * m` at 128 MB is 0 to 20 % above that at 1024 MB and more.
fn throttle_inflation(overhead: f64, share: f64, knee_mb: f64) -> f64 {
    let at_128 = knee_mb / 128.0 - 1.0;
    if share >= 1.0 || at_128 <= 0.0 { 1.0 } else { 1.0 + overhead * (1.0 / share - 1.0) / at_128 }
}

/// Extra CPU time when memory is scarce: `1 + p (f / (m - f))^2` for a footprint of `f` MB, so
/// that it is `p` at twice the footprint and steep below: garbage collection and page-cache loss.
fn pressure_inflation(pressure: f64, footprint_mb: f64, memory: MemoryMb) -> f64 {
    if pressure == 0.0 || footprint_mb == 0.0 {
        return 1.0;
    }
    let free = (memory.as_f64() - footprint_mb).max(0.05 * footprint_mb);
    1.0 + pressure * (footprint_mb / free).powi(2)
}

/// Mean time of the handler's CPU work and its calls, interleaved, and the part of it that is waiting.
fn handler_ms(workload: &Workload, speed: &Speed) -> (f64, f64) {
    let script = Script::new(workload, speed.inflation);
    let waits: Vec<f64> = workload.calls.iter().map(step_wait_ms).collect();
    let (mut cpu_ms, mut wait_ms) = (0.0, 0.0);
    script.play(|burst, call| {
        cpu_ms += burst;
        wait_ms += call.map_or(0.0, |c| waits[c.index] * c.weight);
    });
    let played_ms = if speed.throttled() {
        throttled_ms(&script, &waits, workload, speed.share) + wait_ms
    } else {
        speed.unthrottled_ms(cpu_ms) + wait_ms
    };
    let parallel = parallel_ms(&workload.cpu, speed);
    (played_ms * script.scale() + parallel, wait_ms * script.scale())
}

/// Mean time that is not waiting, under the quota.
///
/// The waits vary from call to call as their distribution does. Equal waits would keep step with the
/// quota's period: the model would see resonances of several percent that no real call has.
fn throttled_ms(script: &Script, waits: &[f64], workload: &Workload, share: f64) -> f64 {
    let played = Cell::new(0.0);
    quota::mean_in_series(share, |clock| {
        played.set(played.get() + 1.0);
        let (mut step, mut waited_ms) = (0.0, 0.0);
        script.play(|burst, call| {
            clock.burst(burst);
            let Some(call) = call else { return };
            step += 1.0;
            // evenly spread over 0..1 in both directions (Roberts 2018, the R2 sequence)
            let u: f64 = (played.get() * 0.754_877_666_246_692_7 + step * 0.569_840_290_998_053_2) % 1.0;
            let ms = waits[call.index] * call.weight * typical_factor(workload.calls[call.index].latency_cv, u);
            waited_ms += ms;
            clock.wait(ms);
        });
        clock.now() - waited_ms
    })
}

/// Mean wait of one step of this group, in ms.
fn step_wait_ms(call: &Call) -> f64 {
    let latency = match call.mode {
        CallMode::Serial => call.latency_ms,
        CallMode::Parallel => call.latency_ms * mean_of_largest(call.distribution, call.latency_cv, call.count),
    };
    latency + call.warm_connect_ms()
}

/// Time of work that is shared by threads: `max(longest thread, total / (usable vCPUs * efficiency))`.
///
/// Source: two equal tasks of
/// github.com/jvarsl/TestingLambdaCpuScalingWithParallelProgramming, within 2 % to 3600 MB.
pub(super) fn parallel_ms(cpu: &Cpu, speed: &Speed) -> f64 {
    let total = cpu.parallel_ms * speed.inflation;
    let longest = total * cpu.longest_thread.unwrap_or(1.0 / f64::from(cpu.threads)) / speed.share.min(1.0);
    longest.max(total / speed.threads(cpu.threads))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mb(mb: u32) -> MemoryMb {
        MemoryMb::new(mb).unwrap()
    }

    #[test]
    fn a_first_call_loads_and_connects_after_the_init() {
        let kept = "[cpu]\nthrottle_overhead = 0\n[[call]]\nlatency_ms = 5\nconnect_ms = 30\nconnect_cpu_ms = 10\nkeep_alive = true\n\
                    [cold_start]\nshare = 0.5\ninit_ms = 200\nfirst_call_cpu_ms = 100\n[noise]\ncpu_cv = 0";
        let at = |toml: &str, size| breakdown(&Workload::from_toml(toml).unwrap(), mb(size), 0.0);
        assert!((at(kept, 1769).cold_ms - 0.5 * (200.0 + 100.0 + 10.0 + 30.0)).abs() < 1e-9, "{:?}", at(kept, 1769));
        // the work takes longer with less CPU, the init and the connection do not
        let half = 0.5 * (200.0 + 110.0 * 1769.0 / 885.0 + 30.0);
        assert!((at(kept, 885).cold_ms - half).abs() < 1e-9, "{:?}", at(kept, 885));
        // a connection that is not kept is set up in every call
        let anew = at(&kept.replace("true", "false"), 1769);
        assert!((anew.cold_ms - 0.5 * (200.0 + 100.0)).abs() < 1e-9 && (anew.wait_ms - 35.0).abs() < 1e-9, "{anew:?}");
    }

    #[test]
    fn throttling_costs_its_overhead_at_128_mb_and_nothing_with_a_full_vcpu() {
        for knee in [1769.0, 2048.0] {
            let inflation = |mb: f64| throttle_inflation(0.2, mb / knee, knee);
            assert!((inflation(128.0) - 1.2).abs() < 1e-12, "{knee}: {}", inflation(128.0));
            assert_eq!((inflation(knee), inflation(10_240.0)), (1.0, 1.0));
        }
    }

    #[test]
    fn scarce_memory_costs_its_pressure_at_twice_the_footprint() {
        let inflation = |footprint, size| pressure_inflation(0.2, footprint, mb(size));
        assert!((inflation(100.0, 200) - 1.2).abs() < 1e-12);
        assert!((inflation(100.0, 300) - 1.05).abs() < 1e-12); // (1/2)^2 of it
        assert!((inflation(128.0, 128) - 81.0).abs() < 1e-9); // a twentieth is always free: 20^2 times
    }
}
