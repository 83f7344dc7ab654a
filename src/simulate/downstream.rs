//! A service with a fixed capacity: a first-come-first-served queue in front of `c` servers, played
//! as discrete events.
//!
//! Three kinds of callers share it: others, whose requests arrive at random moments (a Poisson
//! stream, one by one or in waves of [`Downstream::burst`]); further invocations of this function,
//! each of which thinks, asks, waits and starts again; and the measured invocations. Near
//! saturation such a queue forgets slowly: its length drifts for minutes, so all invocations
//! measured at one memory size meet much the same queue, and those of the next size another one.
//! That is why the curve of a function behind it has no trend, and more invocations smooth it only slowly.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand::{Rng, RngExt};
use rand_distr::Exp1;

use crate::simulate::latency::Latency;
use crate::simulate::queueing;
use crate::workload::{Distribution, Downstream};

/// Most requests that are played one by one for one invocation: in a longer one each stands for several.
const MAX_REQUESTS: u32 = 64;

/// Requests that are served before the measurement, to forget the start.
const WARM_UP: u64 = 20_000;

/// Most requests that are served for one memory size; invocations that are not measured by then
/// repeat the earlier ones.
const MAX_SERVED: u64 = 5_000_000;

/// The clock counts whole nanoseconds, so that the order of events is exact.
const NS_PER_MS: f64 = 1e6;

/// The time in ms that each of `invocations` spends in the downstream, all its requests together.
///
/// `think_ms` is the rest of an invocation's duration. With `parallel` the measured invocations
/// all start at once, otherwise each starts when the one before it is done.
pub(super) fn sample_queue_ms<R: Rng>(
    downstream: &Downstream,
    think_ms: f64,
    invocations: u32,
    parallel: bool,
    rng: &mut R,
) -> Vec<f64> {
    let requests = downstream.requests.min(MAX_REQUESTS);
    let mut measured = vec![Measured::default(); invocations as usize];
    if requests > 0 {
        let mut queue = Queue::new(downstream, think_ms, rng);
        queue.warm_up(downstream.concurrency - 1, rng);
        measure(&mut queue, &mut measured, requests, parallel, rng);
    }
    // what was cut short repeats what was measured; when nothing was, the mean stands in
    let done: Vec<f64> =
        measured.iter().filter(|m| m.requests > 0).map(|m| m.total_ms / f64::from(m.requests)).collect();
    let mean = || queueing::queue_ms(downstream, think_ms) / f64::from(downstream.requests.max(1));
    let repeat = |i: usize| if done.is_empty() { mean() } else { done[i % done.len()] };
    let a_request = |(i, m): (usize, &Measured)| {
        if m.requests > 0 { m.total_ms / f64::from(m.requests) } else { repeat(i) }
    };
    measured.iter().enumerate().map(|m| a_request(m) * f64::from(downstream.requests)).collect()
}

/// What one measured invocation has seen so far.
#[derive(Debug, Clone, Copy, Default)]
struct Measured {
    requests: u32,
    total_ms: f64,
}

/// Plays the queue until every measured invocation has made its requests.
fn measure<R: Rng>(queue: &mut Queue, measured: &mut [Measured], requests: u32, parallel: bool, rng: &mut R) {
    let count = measured.len() as u32;
    let first = if parallel { count } else { count.min(1) };
    for number in 0..first {
        queue.think(number, queue.now, rng);
    }
    let (mut started, mut finished) = (first, 0);
    let limit = queue.served + MAX_SERVED;
    while finished < count && queue.served < limit {
        let Some(response) = queue.step(rng) else { continue };
        let mut next = Some(response.caller);
        if let Some(m) = measured.get_mut(response.caller as usize) {
            m.requests += 1;
            m.total_ms += response.ms;
            if m.requests == requests {
                finished += 1;
                next = (started < count).then_some(started);
                started += u32::from(next.is_some());
            }
        }
        if let Some(caller) = next {
            queue.think(caller, response.end, rng);
        }
    }
}

/// The caller number of the invocations that are not measured: they start again for ever.
const UNMEASURED: u32 = u32::MAX;

/// One answered request.
struct Response {
    caller: u32,
    end: u64,
    ms: f64,
}

/// The servers and everyone on the way to them.
struct Queue {
    now: u64,
    served: u64,
    /// When each server is free; the queue before them is implied, since they serve in order of arrival.
    free_at: BinaryHeap<Reverse<u64>>,
    service: Latency,
    /// Mean time between two requests of one caller, in ms.
    gap_ms: f64,
    /// When each thinking caller asks next.
    asking: BinaryHeap<Reverse<(u64, u32)>>,
    others: Option<Others>,
}

/// The load of others.
struct Others {
    next: u64,
    burst: u32,
    /// Mean time between two bursts, in ms.
    interval_ms: f64,
}

impl Queue {
    /// A queue close to its steady state: others make a wait that is exponentially distributed in heavy
    /// traffic (Kingman 1962), rivals a steady one on top.
    fn new<R: Rng>(downstream: &Downstream, think_ms: f64, rng: &mut R) -> Self {
        let others = (downstream.other_load_per_s > 0.0).then(|| {
            let interval_ms = 1e3 * f64::from(downstream.burst) / downstream.other_load_per_s;
            Others { next: exponential_ns(interval_ms, rng), burst: downstream.burst, interval_ms }
        });
        let wait = queueing::others_wait(downstream);
        let others_backlog =
            if rng.random_bool(wait.probability) { exponential_ns(wait.mean_if_waiting_ms, rng) } else { 0 };
        let requests = f64::from(downstream.requests.max(1));
        let mean_wait_ms = queueing::queue_ms(downstream, think_ms) / requests - downstream.service_ms;
        let backlog = others_backlog.saturating_add(to_ns(mean_wait_ms - wait.mean_ms()));
        Self {
            now: 0,
            served: 0,
            free_at: vec![Reverse(backlog); downstream.capacity as usize].into(),
            service: Latency::new(Distribution::LogNormal, downstream.service_ms, downstream.service_cv),
            gap_ms: think_ms / requests,
            asking: BinaryHeap::new(),
            others,
        }
    }

    /// Lets `callers` unmeasured invocations in and plays until the start is forgotten.
    fn warm_up<R: Rng>(&mut self, callers: u32, rng: &mut R) {
        for _ in 0..callers {
            self.think(UNMEASURED, 0, rng);
        }
        let anyone = callers > 0 || self.others.is_some();
        while anyone && self.served < WARM_UP {
            if let Some(response) = self.step(rng) {
                self.think(response.caller, response.end, rng);
            }
        }
    }

    /// `caller` thinks from `since` on, for an exponential time, and then asks.
    fn think<R: Rng>(&mut self, caller: u32, since: u64, rng: &mut R) {
        let at = since.saturating_add(exponential_ns(self.gap_ms, rng));
        self.asking.push(Reverse((at, caller)));
    }

    /// Plays the next event: a caller's request, which is answered, or a burst of others.
    fn step<R: Rng>(&mut self, rng: &mut R) -> Option<Response> {
        let asks_at = self.asking.peek().map_or(u64::MAX, |Reverse((at, _))| *at);
        if let Some(others) = &mut self.others
            && others.next <= asks_at
        {
            self.now = others.next;
            others.next = self.now.saturating_add(exponential_ns(others.interval_ms, rng));
            for _ in 0..others.burst {
                self.serve(rng);
            }
            return None;
        }
        let Reverse((at, caller)) = self.asking.pop()?;
        self.now = at;
        let end = self.serve(rng);
        Some(Response { caller, end, ms: (end - at) as f64 / NS_PER_MS })
    }

    /// Gives a request that arrives now to the server that is free first; when it will be answered.
    fn serve<R: Rng>(&mut self, rng: &mut R) -> u64 {
        self.served += 1;
        let Some(mut free_at) = self.free_at.peek_mut() else { return self.now };
        let end = free_at.0.max(self.now).saturating_add(to_ns(self.service.sample(rng)));
        free_at.0 = end;
        end
    }
}

/// An exponentially distributed time, in ns.
fn exponential_ns<R: Rng>(mean_ms: f64, rng: &mut R) -> u64 {
    to_ns(mean_ms * rng.sample::<f64, _>(Exp1))
}

/// Whole nanoseconds, from none to 584 years.
fn to_ns(ms: f64) -> u64 {
    (ms * NS_PER_MS) as u64
}
