//! The order of events on the handler's main thread: CPU work, a call, CPU work, the next call.

use crate::workload::{Call, CallMode, Workload};

/// Most call steps that are played one by one: in a longer sequence every step stands for several.
const MAX_STEPS: f64 = 64.0;

/// The handler's main thread at one speed.
#[derive(Debug, Clone)]
pub(super) struct Script {
    groups: Vec<Steps>,
    scale: f64,
}

/// The same step several times: CPU work (in ms at one full vCPU), then a call.
#[derive(Debug, Clone, Copy)]
struct Steps {
    times: u32,
    burst_ms: f64,
    awaited: Option<Awaited>,
}

/// The call that a step waits for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Awaited {
    /// Its position in the workload's calls.
    pub index: usize,
    /// How much of a call's time the step takes: 1, up to rounding in sequences longer than [`MAX_STEPS`].
    pub weight: f64,
}

impl Script {
    /// The script of `workload`; `inflation` multiplies all CPU work.
    pub fn new(workload: &Workload, inflation: f64) -> Self {
        let scale = (workload.calls.iter().map(steps).sum::<f64>() / MAX_STEPS).max(1.0);
        // number of steps that stand for a group of calls
        let played = |call: &Call| (steps(call) / scale).ceil();
        let all: f64 = workload.calls.iter().map(played).sum();
        let piece_ms = workload.cpu.work_ms * inflation / (scale * (all + 1.0));
        let mut groups: Vec<_> = workload
            .calls
            .iter()
            .enumerate()
            .map(|(index, call)| {
                let weight = steps(call) / (played(call).max(1.0) * scale);
                let burst_ms = piece_ms + call_burst_ms(call) * inflation * weight;
                Steps { times: played(call) as u32, burst_ms, awaited: Some(Awaited { index, weight }) }
            })
            .collect();
        groups.push(Steps { times: 1, burst_ms: piece_ms, awaited: None });
        Self { groups, scale }
    }

    /// How many times longer the whole is than what [`Script::play`] plays.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Number of calls (or parallel groups) that one played step of the `index`-th group stands for.
    pub fn calls_a_step(&self, index: usize) -> f64 {
        self.groups.get(index).and_then(|g| g.awaited).map_or(1.0, |a| a.weight * self.scale)
    }

    /// Calls `step` with each stretch of CPU work (in ms at one full vCPU) and the call that
    /// follows it; the last stretch has none.
    pub fn play(&self, mut step: impl FnMut(f64, Option<Awaited>)) {
        for group in &self.groups {
            for _ in 0..group.times {
                step(group.burst_ms, group.awaited);
            }
        }
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
