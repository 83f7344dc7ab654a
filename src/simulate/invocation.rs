//! One sampled invocation: the workload's script played with random latencies, phase and speed.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::number;
use crate::platform::billing::BillingStep;
use crate::platform::init;
use crate::platform::quota::{QuotaClock, SERIES_PAUSE_MS};
use crate::simulate::environments::{Environment, Place};
use crate::simulate::expected::{Breakdown, FirstCall, Outcome, Speed, on_the_network, parallel_ms, transfer_cpu_ms};
use crate::simulate::latency::Latency;
use crate::simulate::noise::Factors;
use crate::simulate::script::{Awaited, Script};
use crate::units::{MemoryMb, Millis};
use crate::workload::{Call, CallMode, Workload};

/// What the REPORT line of one invocation says, and where the time went.
///
/// ```
/// use powercurve::{MemoryMb, simulate::Tuning, workload::preset};
/// let calls = Tuning::default().invocations(&preset("java-cold-start")?, MemoryMb::new(1024)?).unwrap_or_default();
/// let first = &calls[0];
/// assert!(first.init.is_some_and(|init| init.ms() > 1000.0)); // "Init Duration"
/// assert_eq!(first.billed.ms(), first.total_ms().ceil()); // the init is billed too
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InvocationResult {
    /// Time in the handler ("Duration").
    pub duration: Millis,
    /// Time in the init phase of a cold start ("Init Duration").
    pub init: Option<Millis>,
    /// What is paid for ("Billed Duration").
    pub billed: Millis,
    /// "Max Memory Used", in MB.
    pub max_memory_used_mb: f64,
    /// Where the time went, or that it ran into the time limit.
    pub outcome: Outcome,
}

impl InvocationResult {
    /// Handler and init together: what power tuning calls the duration.
    pub fn total_ms(&self) -> f64 {
        self.duration.ms() + self.init.map_or(0.0, Millis::ms)
    }
}

/// A workload at one memory size, ready to be invoked: everything that invocations have in common is
/// worked out once, and an invocation allocates nothing.
#[derive(Debug, Clone)]
pub(super) struct Deployment<'a> {
    workload: &'a Workload,
    memory: MemoryMb,
    billing: BillingStep,
    speed: Speed,
    script: Script,
    waits: Vec<Wait>,
    transfers: Vec<TransferTime>,
    parallel_ms: f64,
    first: FirstCall,
    factors: Factors,
}

/// How long a step of one group of calls waits.
#[derive(Debug, Clone, Copy)]
struct Wait {
    latency: Latency,
    connect_ms: f64,
}

/// How long each side of a transfer needs; the slower one counts.
#[derive(Debug, Clone, Copy)]
struct TransferTime {
    cpu_ms: f64,
    network_ms: f64,
}

impl<'a> Deployment<'a> {
    /// Puts `workload` on `memory`; `rng` draws what all invocations of this size share.
    ///
    /// # Errors
    /// The footprint, when the size has less memory than that.
    pub fn new<R: Rng>(
        workload: &'a Workload,
        memory: MemoryMb,
        billing: BillingStep,
        rng: &mut R,
    ) -> Result<Self, Outcome> {
        let footprint = workload.footprint_mb();
        if footprint > memory.as_f64() {
            return Err(Outcome::OutOfMemory(footprint));
        }
        let speed = Speed::new(workload, memory);
        let script = Script::new(workload, speed.inflation);
        let wait = |(index, c): (usize, &Call)| {
            // a step that stands for k calls spreads less, by the square root of k
            let cv = c.latency_cv / script.calls_a_step(index).max(1.0).sqrt();
            let count = if c.mode == CallMode::Parallel { c.count } else { 1 };
            Wait { latency: Latency::largest(c.distribution, c.latency_ms, cv, count), connect_ms: c.warm_connect_ms() }
        };
        let transfer = |(t, network_ms)| TransferTime { cpu_ms: transfer_cpu_ms(workload, t, &speed), network_ms };
        Ok(Self {
            workload,
            memory,
            billing,
            speed,
            waits: workload.calls.iter().enumerate().map(wait).collect(),
            script,
            transfers: on_the_network(workload).map(transfer).collect(),
            parallel_ms: parallel_ms(&workload.cpu, &speed),
            first: FirstCall::of(workload, &speed),
            factors: Factors::new(&workload.noise, rng),
        })
    }

    /// A new execution environment.
    pub fn environment<R: Rng>(&self, rng: &mut R) -> Environment {
        let init_ms = init::duration_ms(self.workload.init_ms(), self.speed.share) * self.factors.init(rng);
        Environment { slowdown: self.factors.generation(rng), init_ms }
    }

    /// One invocation that spends `queue_ms` in the downstream. It starts at `phase` of a quota period and leaves there
    /// the phase of a call that follows its answer.
    pub fn invoke<R: Rng>(&self, place: &Place, queue_ms: f64, phase: &mut f64, rng: &mut R) -> InvocationResult {
        let slowdown = self.factors.cpu(rng) * place.environment.slowdown;
        let (first_ms, cpu_ms, wait_ms) = self.main_thread(place.cold, slowdown, phase, rng);
        let transfer_ms: f64 =
            self.transfers.iter().map(|t| (t.cpu_ms * slowdown).max(t.network_ms * self.factors.network(rng))).sum();
        let overall = self.factors.overall(rng);
        let init_ms = if place.cold { place.environment.init_ms } else { 0.0 };
        let breakdown = Breakdown {
            cpu_ms: overall * (cpu_ms + self.parallel_ms * slowdown),
            wait_ms: overall * wait_ms,
            transfer_ms: overall * transfer_ms,
            queue_ms,
            cold_ms: overall * first_ms + init_ms,
        };
        let handler_ms = breakdown.total_ms() - init_ms;
        let limited_ms = handler_ms + init::redone_ms(init_ms);
        let timed_out = limited_ms > init::TIMEOUT_MS;
        let duration = report_ms(handler_ms.min(init::TIMEOUT_MS));
        let init = place.cold.then(|| report_ms(init_ms));
        let used_mb = number::up(self.workload.footprint_mb() * self.factors.memory(rng));
        InvocationResult {
            duration,
            init,
            billed: self.billing.billed_with_init(duration, init),
            max_memory_used_mb: used_mb.min(self.memory.as_f64()),
            outcome: if timed_out { Outcome::TimedOut(limited_ms) } else { Outcome::Finished(breakdown) },
        }
    }

    /// Time of the first call's extra work, of the CPU work, and of waiting for calls, in ms.
    fn main_thread<R: Rng>(&self, cold: bool, slowdown: f64, phase: &mut f64, rng: &mut R) -> (f64, f64, f64) {
        let scale = self.script.scale();
        let mut wait_ms = 0.0;
        let mut wait_of = |call: Option<Awaited>, rng: &mut R| {
            let Some((call, wait)) = call.and_then(|c| self.waits.get(c.index).map(|w| (c, w))) else { return 0.0 };
            let ms = call.weight * (wait.latency.sample(rng) + wait.connect_ms);
            wait_ms += ms;
            ms
        };
        let first = if cold { self.first } else { FirstCall { cpu_ms: 0.0, connect_ms: 0.0 } };
        if !self.speed.throttled() {
            let mut cpu_ms = 0.0;
            self.script.play(|burst, call| {
                cpu_ms += burst;
                wait_of(call, rng);
            });
            let cpu_ms = self.speed.unthrottled_ms(cpu_ms * slowdown);
            return (first.cpu_ms * slowdown + first.connect_ms, cpu_ms * scale, wait_ms * scale);
        }
        let mut clock = QuotaClock::new(self.speed.share, *phase);
        if cold {
            clock.burst(first.cpu_ms * slowdown);
            clock.wait(first.connect_ms);
        }
        let first_ms = clock.now();
        self.script.play(|burst, call| {
            clock.burst(burst * slowdown);
            if call.is_some() {
                clock.wait(wait_of(call, rng));
            }
        });
        let z: f64 = StandardNormal.sample(rng);
        *phase = clock.phase_after(SERIES_PAUSE_MS.0 + SERIES_PAUSE_MS.1 * z);
        (first_ms, (clock.now() - first_ms - wait_ms) * scale, wait_ms * scale)
    }
}

/// A time as a REPORT line has it: hundredths of a ms, at least one; at most a handler and an init
/// that both run into the time limit.
fn report_ms(ms: f64) -> Millis {
    let ms = ms.clamp(0.01, 2.0 * init::TIMEOUT_MS);
    Millis::clamped(number::down(ms * 100.0 + 0.5) / 100.0)
}
