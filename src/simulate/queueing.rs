//! The expected time in a fixed-capacity downstream, in closed form.

use crate::workload::Downstream;

/// The mean time in ms that one invocation spends in the downstream, all its requests together.
///
/// `think_ms` is the rest of the invocation's duration. The mean response time `R` of one request
/// solves
///
/// ```text
/// R = s + Wq(l),   l = l_others + (N - 1) q / (think + q R)
/// ```
///
/// with service time `s`, `q` requests an invocation and `N` invocations at the same time. `Wq` is
/// the wait at the arrival rate `l`: Erlang C with the Allen-Cunneen correction for variability,
/// `Wq = C(c, a) / (c/s - l) * (ca^2 + cs^2) / 2` (Allen, "Probability, Statistics and Queueing
/// Theory", 1990). The `N - 1` is the arrival theorem: a caller meets the queue that the others make
/// (Reiser and Lavenberg 1980). Exact without rivals on one server, for single requests
/// (Pollaczek-Khinchine) and for bursts; with several servers or rivals an approximation, within 15 % of
/// the simulated queue.
///
/// This is what a caller who comes at a random moment meets. A power-tuning run that measures in
/// series meets less: while the queue is long its one caller is stuck in it and takes few samples
/// ("coordinated omission").
///
/// ```
/// use powercurve::{simulate, workload::Downstream};
/// // one server, 50 requests a second of 10 ms each: half busy; R = s / (1 - 0.5) = 20 ms
/// let database = Downstream { service_ms: 10.0, service_cv: 1.0, other_load_per_s: 50.0, ..Downstream::default() };
/// assert!((simulate::queue_ms(&database, 5.0) - 20.0).abs() < 1e-6);
/// ```
pub fn queue_ms(downstream: &Downstream, think_ms: f64) -> f64 {
    let requests = f64::from(downstream.requests);
    if downstream.requests == 0 {
        return 0.0;
    }
    let rivals = f64::from(downstream.concurrency.saturating_sub(1));
    let others = downstream.other_load_per_s / 1e3;
    // how much longer a request takes than it should if the response time were `r`: falls with `r`
    let excess = |r: f64| {
        let theirs = rivals * requests / (think_ms + requests * r);
        downstream.service_ms + wait(downstream, others, theirs).mean_ms() - r
    };
    let mut low = downstream.service_ms;
    let mut high = 2.0 * low;
    while excess(high) > 0.0 && high < f64::MAX / 4.0 {
        (low, high) = (high, 2.0 * high);
    }
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if excess(middle) > 0.0 { low = middle } else { high = middle }
    }
    requests * high
}

/// How long a request waits for a server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wait {
    /// Chance that it has to wait at all.
    pub probability: f64,
    /// Mean wait of those that do, in ms.
    pub mean_if_waiting_ms: f64,
}

impl Wait {
    /// Mean wait of all, in ms.
    pub fn mean_ms(self) -> f64 {
        self.probability * self.mean_if_waiting_ms
    }
}

/// The wait under the load of others alone.
pub(super) fn others_wait(downstream: &Downstream) -> Wait {
    wait(downstream, downstream.other_load_per_s / 1e3, 0.0)
}

/// The wait when others send `others` requests a ms (in bursts) and rivals `theirs` (one by one).
///
/// Bursts of `B` make the arrivals `B` times as variable (`ca^2 = B`). They also fill servers
/// together: `c` servers that get `B` requests at a time act like `c / B` faster ones, in the limit
/// like one, where the chance of waiting is the utilization. Our interpolation; both ends are exact.
fn wait(downstream: &Downstream, others: f64, theirs: f64) -> Wait {
    let servers = f64::from(downstream.capacity);
    let arrivals = others + theirs;
    let utilization = arrivals * downstream.service_ms / servers;
    if arrivals <= 0.0 {
        return Wait { probability: 0.0, mean_if_waiting_ms: 0.0 };
    }
    if utilization >= 1.0 {
        return Wait { probability: 1.0, mean_if_waiting_ms: f64::INFINITY };
    }
    let variability = (others * f64::from(downstream.burst) + theirs) / arrivals;
    let grouped = (servers / variability).ceil().max(1.0);
    let mean_if_waiting_ms = downstream.service_ms / (servers * (1.0 - utilization))
        * f64::midpoint(variability, downstream.service_cv.powi(2));
    Wait { probability: erlang_c(grouped as u32, utilization * grouped), mean_if_waiting_ms }
}

/// Erlang C: the chance that an arrival at `servers` servers under an offered load of `load` erlangs
/// (below `servers`) has to wait.
///
/// Through the Erlang B recursion `1/B(k) = 1 + k/a * 1/B(k-1)`, stable for any number of servers.
fn erlang_c(servers: u32, load: f64) -> f64 {
    let inverse_b = (1..=servers).fold(1.0, |inverse, k| 1.0 + f64::from(k) / load * inverse);
    let utilization = load / f64::from(servers);
    1.0 / (utilization + (1.0 - utilization) * inverse_b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::downstream::sample_queue_ms;
    use crate::simulate::stream::Stream;
    use crate::units::MemoryMb;

    /// Mean over invocations in series; long thinking makes them come at random moments.
    fn simulated_ms(downstream: &Downstream, think_ms: f64) -> f64 {
        let means = (0..20).map(|seed| {
            let mut rng = Stream::new(seed, 0, MemoryMb::MIN).queue();
            sample_queue_ms(downstream, think_ms, 100, false, &mut rng).iter().sum::<f64>() / 100.0
        });
        means.sum::<f64>() / 20.0
    }

    fn assert_close(downstream: &Downstream, think_ms: f64, tolerance: f64) {
        let (closed_form, simulated) = (queue_ms(downstream, think_ms), simulated_ms(downstream, think_ms));
        let off = closed_form / simulated - 1.0;
        assert!(off.abs() < tolerance, "closed form {closed_form}, simulated {simulated}: {downstream:?}");
    }

    #[test]
    fn erlang_c_gives_the_published_values() {
        // Gross, Shortle, Thompson, Harris, "Fundamentals of Queueing Theory": M/M/3 at a = 2; and
        // the staffing example of 100 calls an hour of 3 minutes each on 6 agents
        assert!((erlang_c(3, 2.0) - 4.0 / 9.0).abs() < 1e-12);
        assert!((erlang_c(6, 5.0) - 0.5875).abs() < 1e-4);
        assert!((erlang_c(1, 0.7) - 0.7).abs() < 1e-12);
        assert!(erlang_c(100_000, 99_000.0) > 0.0);
    }

    #[test]
    fn one_server_with_a_poisson_stream_is_pollaczek_khinchine() {
        for (cv, expected) in [(1.0, 50.0), (0.0, 30.0), (2.0, 110.0)] {
            let d = Downstream { service_cv: cv, other_load_per_s: 80.0, ..Downstream::default() };
            assert!((queue_ms(&d, 2000.0) - expected).abs() < 1e-6, "cv {cv}");
            assert_close(&d, 2000.0, 0.1);
        }
    }

    #[test]
    fn several_servers_agree_with_the_simulated_queue() {
        let d = Downstream { capacity: 8, other_load_per_s: 680.0, service_cv: 0.7, ..Downstream::default() };
        assert_close(&d, 500.0, 0.1);
    }

    #[test]
    fn bursts_agree_with_the_simulated_queue() {
        let d = Downstream { capacity: 16, other_load_per_s: 1200.0, burst: 40, ..Downstream::default() };
        assert_close(&d, 2000.0, 0.1);
    }

    #[test]
    fn in_series_one_meets_less_of_a_queue_that_comes_and_goes() {
        let d = Downstream { capacity: 16, other_load_per_s: 1200.0, burst: 200, ..Downstream::default() };
        assert!(simulated_ms(&d, 50.0) < 0.7 * queue_ms(&d, 50.0));
    }

    #[test]
    fn many_callers_share_the_capacity() {
        let d = Downstream { capacity: 4, concurrency: 100, requests: 2, ..Downstream::default() };
        assert_close(&d, 40.0, 0.05);
        // asymptotic bound (Lazowska et al. 1984): N q s / c - think = 100 * 2 * 10 / 4 - 40
        assert!((queue_ms(&d, 40.0) / 460.0 - 1.0).abs() < 0.05);
        // below saturation
        assert_close(&Downstream { concurrency: 6, ..d }, 40.0, 0.15);
    }

    #[test]
    fn alone_there_is_no_queue() {
        let d = Downstream { requests: 3, ..Downstream::default() };
        assert!((queue_ms(&d, 1.0) - 30.0).abs() < 1e-9);
    }
}
