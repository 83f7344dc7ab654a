//! Execution environments: which invocations are cold starts.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// One execution environment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Environment {
    /// Factor on all CPU time: the hardware generation.
    pub slowdown: f64,
    /// Time that its init takes, in ms.
    pub init_ms: f64,
}

/// The execution environments of one version of a function, each serving one invocation at a time.
///
/// Invocations in series find the one environment free every time: only the first is a cold start.
/// Invocations sent all at once make Lambda start an environment for each. Every invocation then takes
/// the environment that is ready first, which may be one that has finished another invocation:
/// when the handler takes longer than the environments differ in their init, all are cold; when it
/// is short, a few environments serve everyone, and a varying number of cold starts leaks into the mean.
///
/// Source: AWS Lambda developer guide, "Understanding Lambda function scaling": one invocation at a
/// time in each environment, and a free environment is used again.
#[derive(Debug, Clone)]
pub(super) struct Environments {
    /// When each environment can take an invocation, in ns from the start, and its number.
    ready: BinaryHeap<Reverse<(u64, usize)>>,
    all: Vec<Slot>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    environment: Environment,
    used: bool,
}

/// The environment that an invocation runs in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The environment.
    pub environment: Environment,
    /// Whether the invocation is its first: a cold start.
    pub cold: bool,
    number: usize,
    since: u64,
}

impl Environments {
    /// Starts `count` environments at the same time.
    pub fn start(count: u32, environment: impl Fn(u32) -> Environment) -> Self {
        let all: Vec<Slot> = (0..count).map(|i| Slot { environment: environment(i), used: false }).collect();
        let ready = all.iter().enumerate().map(|(i, s)| Reverse((ns(s.environment.init_ms), i))).collect();
        Self { ready, all }
    }

    /// The place of the next invocation. When it is `renewed`, Lambda has retired the environment
    /// that it would have found, and started another.
    ///
    /// # Panics
    /// When more invocations are under way than environments were started.
    pub fn place(&mut self, renewed: Option<Environment>) -> Place {
        let Reverse((mut since, number)) = self.ready.pop().expect("no more places than environments");
        let slot = &mut self.all[number];
        let cold = !slot.used || renewed.is_some();
        slot.used = true;
        if let Some(environment) = renewed {
            slot.environment = environment;
            since += ns(environment.init_ms);
        }
        Place { environment: slot.environment, cold, number, since }
    }

    /// Frees the place after an invocation that kept it for `ms`.
    pub fn free(&mut self, place: Place, ms: f64) {
        self.ready.push(Reverse((place.since.saturating_add(ns(ms)), place.number)));
    }
}

/// Whole nanoseconds, so that the order of environments is exact.
fn ns(ms: f64) -> u64 {
    (ms * 1e6) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Number of cold starts among `n` invocations of `handler_ms` when `environments` start at once.
    fn cold_starts(environments: u32, n: u32, handler_ms: f64) -> usize {
        let init = |i| Environment { slowdown: 1.0, init_ms: 80.0 + 2.7 * f64::from(i) };
        let mut pool = Environments::start(environments, init);
        (0..n)
            .filter(|_| {
                let place = pool.place(None);
                pool.free(place, handler_ms);
                place.cold
            })
            .count()
    }

    #[test]
    fn in_series_only_the_first_is_cold() {
        assert_eq!(cold_starts(1, 10, 5.0), 1);
    }

    #[test]
    fn at_once_long_handlers_are_all_cold_and_short_ones_share() {
        assert_eq!(cold_starts(10, 10, 500.0), 10);
        // 1 ms handlers: starts at 80 (cold), 81, 82, 82.7 (cold), 83, 83.7, 84, 84.7, 85, 85.4 (cold)
        assert_eq!(cold_starts(10, 10, 1.0), 3);
    }

    #[test]
    fn a_renewed_environment_is_cold_again() {
        let old = Environment { slowdown: 1.0, init_ms: 10.0 };
        let new = Environment { slowdown: 1.3, init_ms: 20.0 };
        let mut pool = Environments::start(1, |_| old);
        let first = pool.place(None);
        pool.free(first, 1.0);
        let second = pool.place(Some(new));
        assert!(second.cold);
        assert_eq!(second.environment, new);
        // ready after its init, and after that of the first and a call of 1 ms
        assert_eq!(second.since, 31_000_000);
    }
}
