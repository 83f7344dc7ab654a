//! Expected values: what one warm invocation takes on average at a memory size, and where the time goes.

use crate::platform::{cpu, init, network, quota};
use crate::units::MemoryMb;
use crate::workload::{Call, CallMode, Distribution, Workload};

/// Mean time of one invocation by what it was spent on, in ms.
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
}

/// What running a workload at a memory size ends in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// It finishes, and this is where the time goes.
    Finished(Breakdown),
    /// It needs more memory than the size has; the footprint in MB.
    OutOfMemory(f64),
    /// It runs longer than Lambda allows; the time it would need in ms.
    TimedOut(f64),
}

/// The mean outcome of an invocation of `workload` at `memory`.
///
/// `queue_ms` is the mean time in the fixed-capacity downstream (see [`crate::simulate`]), which
/// depends on how invocations overlap and not on the memory size.
pub fn expected(workload: &Workload, memory: MemoryMb, queue_ms: f64) -> Outcome {
    let footprint = workload.footprint_mb();
    if footprint > memory.as_f64() {
        return Outcome::OutOfMemory(footprint);
    }
    let breakdown = breakdown(workload, memory, queue_ms);
    let total = breakdown.total_ms();
    if total > init::TIMEOUT_MS { Outcome::TimedOut(total) } else { Outcome::Finished(breakdown) }
}

/// The mean duration in ms of a warm invocation, whether or not Lambda would let it finish.
pub fn expected_ms(workload: &Workload, memory: MemoryMb) -> f64 {
    breakdown(workload, memory, 0.0).total_ms()
}

/// Where the time of an invocation goes, whether or not Lambda would let it finish.
pub fn breakdown(workload: &Workload, memory: MemoryMb, queue_ms: f64) -> Breakdown {
    let speed = Speed::new(workload, memory);
    let (cpu_and_wait, wait_ms) = handler_ms(workload, &speed);
    let transfer_ms = workload
        .transfers
        .iter()
        .map(|t| {
            let cpu_ms = t.megabytes * t.cpu_ms_per_mb.unwrap_or(workload.runtime.cpu_ms_per_mb());
            let cpu_time = cpu_ms * speed.inflation / speed.threads(t.connections);
            cpu_time.max(network::transfer_ms(t.megabytes, t.connections, t.per_connection_mb_s))
        })
        .sum();
    let cold = &workload.cold_start;
    let cold_ms = if cold.share > 0.0 {
        let connects = workload.calls.iter().filter(|c| c.keep_alive).map(|c| (c.connect_ms, c.connect_cpu_ms));
        let (connect_ms, connect_cpu_ms) = connects.fold((0.0, 0.0), |a, c| (a.0 + c.0, a.1 + c.1));
        let first_cpu_ms = (cold.first_call_cpu_ms + connect_cpu_ms) * speed.inflation / speed.threads(1);
        cold.share * (workload.init_ms() + connect_ms + first_cpu_ms)
    } else {
        0.0
    };
    Breakdown { cpu_ms: (cpu_and_wait - wait_ms).max(0.0), wait_ms, transfer_ms, queue_ms, cold_ms }
}

/// How fast this workload's threads run at one memory size.
struct Speed {
    /// CPU share in vCPUs, relative to the size at which one thread runs at full speed.
    share: f64,
    visible: f64,
    /// Extra CPU work through throttling and memory pressure: a factor of at least 1.
    inflation: f64,
    helper: f64,
}

impl Speed {
    fn new(workload: &Workload, memory: MemoryMb) -> Self {
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

    /// CPU work per wall time of `n` threads that share work, in full vCPUs.
    fn threads(&self, n: u32) -> f64 {
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

/// Most call steps that are played one by one; longer sequences repeat and are scaled.
const MAX_STEPS: u32 = 64;

/// Time of the handler's CPU work and its calls, interleaved, and the part of it that is waiting.
fn handler_ms(workload: &Workload, speed: &Speed) -> (f64, f64) {
    let cpu = &workload.cpu;
    let serial_steps: u32 =
        workload.calls.iter().map(|c| if c.mode == CallMode::Serial { c.count } else { c.count.min(1) }).sum();
    let parallel = parallel_ms(cpu.parallel_ms, cpu.threads, cpu.longest_thread, speed);
    let scale = if serial_steps > MAX_STEPS { f64::from(serial_steps) / f64::from(MAX_STEPS) } else { 1.0 };
    let work_piece = cpu.work_ms * speed.inflation / (f64::from(serial_steps) + 1.0);

    if speed.share >= 1.0 {
        // no throttling: times add up; helpers run on the second core
        let calls: f64 = workload.calls.iter().map(|c| c.warm_cpu_ms() * f64::from(c.count)).sum();
        let total_cpu = (cpu.work_ms + calls) * speed.inflation;
        let main_thread = total_cpu * (1.0 - speed.helper).max(1.0 / speed.share.min(speed.visible));
        let waits: f64 = workload.calls.iter().map(|c| step_wait_ms(c) * steps(c)).sum();
        return (main_thread + waits + parallel, waits);
    }
    let mut waits = 0.0;
    let ms = quota::expected_ms(speed.share, |clock| {
        for call in &workload.calls {
            let burst = call_burst_ms(call) * speed.inflation + work_piece;
            let wait = step_wait_ms(call);
            let n = steps(call) / scale;
            for _ in 0..n.ceil() as u32 {
                clock.burst(burst);
                clock.wait(wait);
            }
        }
        clock.burst(work_piece);
    });
    for call in &workload.calls {
        waits += step_wait_ms(call) * (steps(call) / scale).ceil();
    }
    (ms * scale + parallel, waits * scale)
}

/// Number of times that the handler stops and waits for this group.
fn steps(call: &Call) -> f64 {
    f64::from(if call.mode == CallMode::Serial { call.count } else { call.count.min(1) })
}

/// CPU work before each wait of this group, in ms at one full vCPU.
fn call_burst_ms(call: &Call) -> f64 {
    call.warm_cpu_ms() * if call.mode == CallMode::Parallel { f64::from(call.count) } else { 1.0 }
}

/// Mean wait of one step of this group, in ms.
fn step_wait_ms(call: &Call) -> f64 {
    let latency = match call.mode {
        CallMode::Serial => call.latency_ms,
        CallMode::Parallel => call.latency_ms * mean_of_largest(call.distribution, call.latency_cv, call.count),
    };
    latency + call.warm_connect_ms()
}

/// Mean of the largest of `n` independent values of mean 1: the integral of the quantile
/// function at `u^(1/n)` over `u` in 0..1.
fn mean_of_largest(distribution: Distribution, cv: f64, n: u32) -> f64 {
    use statrs::distribution::{ContinuousCDF, Gamma, LogNormal};
    if n <= 1 || cv == 0.0 {
        return 1.0;
    }
    let integrate = |quantile: &dyn Fn(f64) -> f64| {
        const STRATA: u32 = 200;
        (0..STRATA).map(|i| quantile(((f64::from(i) + 0.5) / f64::from(STRATA)).powf(1.0 / f64::from(n)))).sum::<f64>()
            / f64::from(STRATA)
    };
    match distribution {
        Distribution::Constant => 1.0,
        Distribution::LogNormal => {
            let sigma = (1.0 + cv * cv).ln().sqrt();
            LogNormal::new(-sigma * sigma / 2.0, sigma).map_or(1.0, |d| integrate(&|u| d.inverse_cdf(u)))
        }
        Distribution::Gamma => {
            let shape = 1.0 / (cv * cv);
            Gamma::new(shape, shape).map_or(1.0, |d| integrate(&|u| d.inverse_cdf(u)))
        }
    }
}

/// Time of work that is shared by threads: `max(longest thread, total / (usable vCPUs * efficiency))`.
///
/// Source: two equal tasks of
/// github.com/jvarsl/TestingLambdaCpuScalingWithParallelProgramming, within 2 % to 3600 MB.
fn parallel_ms(total: f64, threads: u32, longest: Option<f64>, speed: &Speed) -> f64 {
    if total == 0.0 {
        return 0.0;
    }
    let longest = total * longest.unwrap_or(1.0 / f64::from(threads)) * speed.inflation / speed.share.min(1.0);
    longest.max(total * speed.inflation / speed.threads(threads))
}
