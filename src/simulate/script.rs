//! The order of events on the handler's main thread: CPU work, a call, CPU work, the next call.

use crate::workload::{Call, CallMode, Workload};

/// Most call steps that are played one by one: in a longer sequence every step stands for several.
const MAX_STEPS: f64 = 64.0;

/// The handler's main thread at one speed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Script<'a> {
    workload: &'a Workload,
    inflation: f64,
    scale: f64,
}

/// The call that a step waits for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Awaited {
    /// Its position in the workload's calls.
    pub index: usize,
    /// How much of a call's time the step takes: 1, up to rounding in sequences longer than [`MAX_STEPS`].
    pub weight: f64,
}

impl<'a> Script<'a> {
    /// The script of `workload`; `inflation` multiplies all CPU work.
    pub fn new(workload: &'a Workload, inflation: f64) -> Self {
        let steps: f64 = workload.calls.iter().map(steps).sum();
        Self { workload, inflation, scale: (steps / MAX_STEPS).max(1.0) }
    }

    /// How many times longer the whole is than what [`Script::play`] plays.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Number of calls (or parallel groups) that one played step of this group stands for.
    pub fn calls_a_step(&self, call: &Call) -> f64 {
        steps(call) / self.played(call).max(1.0)
    }

    /// Calls `step` with each stretch of CPU work (in ms at one full vCPU) and the call that
    /// follows it; the last stretch has none.
    pub fn play(&self, mut step: impl FnMut(f64, Option<Awaited>)) {
        let played: f64 = self.workload.calls.iter().map(|c| self.played(c)).sum();
        let piece = self.workload.cpu.work_ms * self.inflation / (self.scale * (played + 1.0));
        for (index, call) in self.workload.calls.iter().enumerate() {
            let weight = self.calls_a_step(call) / self.scale;
            let burst = piece + call_burst_ms(call) * self.inflation * weight;
            for _ in 0..self.played(call) as u32 {
                step(burst, Some(Awaited { index, weight }));
            }
        }
        step(piece, None);
    }

    /// Number of steps that stand for this group.
    fn played(&self, call: &Call) -> f64 {
        (steps(call) / self.scale).ceil()
    }
}

/// Number of times that the handler stops and waits for this group.
fn steps(call: &Call) -> f64 {
    f64::from(if call.mode == CallMode::Serial { call.count } else { call.count.min(1) })
}

/// CPU work before each wait of this group, in ms at one full vCPU.
fn call_burst_ms(call: &Call) -> f64 {
    call.warm_cpu_ms() * if call.mode == CallMode::Parallel { f64::from(call.count) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(toml: &str) -> (f64, f64) {
        let workload = Workload::from_toml(toml).unwrap();
        let script = Script::new(&workload, 1.0);
        let (mut cpu, mut wait) = (0.0, 0.0);
        script.play(|burst, call| {
            cpu += burst;
            wait += call.map_or(0.0, |c| workload.calls[c.index].latency_ms * c.weight);
        });
        (cpu * script.scale(), wait * script.scale())
    }

    #[test]
    fn long_sequences_keep_their_totals() {
        let (cpu, wait) = totals(
            "[cpu]\nwork_ms = 30\n[[call]]\ncount = 50\nlatency_ms = 2\ncpu_ms = 1\n\
             [[call]]\ncount = 851\nlatency_ms = 3\ncpu_ms = 0.5",
        );
        assert!((cpu - (30.0 + 50.0 + 425.5)).abs() < 1e-9, "{cpu}");
        assert!((wait - (100.0 + 2553.0)).abs() < 1e-9, "{wait}");
    }

    #[test]
    fn parallel_calls_are_one_wait_behind_all_their_cpu_work() {
        let (cpu, wait) = totals("[[call]]\ncount = 20\nmode = \"parallel\"\nlatency_ms = 7\ncpu_ms = 2");
        assert_eq!((cpu, wait), (40.0, 7.0));
    }
}
