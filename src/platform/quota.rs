//! CPU throttling: the CFS quota that a function below one vCPU lives under.
//!
//! In every period of 20 ms a function may use `20 ms * share` of CPU; when that is spent it
//! stands still until the next period begins. Work shorter than one quota runs at full speed at any size,
//! and short work climbs a staircase of 20 ms steps.
//!
//! Sources for the period: stalls at multiples of 20 ms in github.com/pwrdrvr/lambda-throttling
//! (2025), and the plateaus of a 17 ms task at 195 sizes in
//! github.com/ubc-cirrus-lab/demystifying-serverless-costs (arXiv 2506.01283).

/// Length of the quota period, in ms.
pub const PERIOD_MS: f64 = 20.0;

/// Number of phases over which [`expected_ms`] averages the unknown start within the period.
const PHASES: u32 = 16;

/// A clock that lets CPU bursts and waits pass under a quota.
#[derive(Debug, Clone, Copy)]
pub struct QuotaClock {
    now: f64,
    budget: f64,
    next_refill: f64,
    quota: f64,
}

impl QuotaClock {
    /// A function that starts `phase` (0 to 1) of a period before the next refill, with a full
    /// budget; `share` is the CPU share in vCPUs.
    pub fn new(share: f64, phase: f64) -> Self {
        let quota = PERIOD_MS * share;
        Self { now: 0.0, budget: quota, next_refill: PERIOD_MS * phase, quota }
    }

    /// Milliseconds since the start.
    pub fn now(&self) -> f64 {
        self.now
    }

    /// Uses `cpu_ms` of CPU on one thread.
    pub fn burst(&mut self, cpu_ms: f64) {
        if self.quota >= PERIOD_MS {
            self.now += cpu_ms;
            return;
        }
        let mut left = cpu_ms;
        loop {
            let until_refill = self.next_refill - self.now;
            let run = left.min(self.budget).min(until_refill);
            self.now += run;
            self.budget -= run;
            left -= run;
            if left <= 1e-12 {
                return;
            }
            // either the budget or the period is spent: go to the next refill
            self.now = self.next_refill;
            self.refill();
            // whole periods in one step: each gives one quota of CPU
            let whole = ((left / self.quota).ceil() - 1.0).max(0.0);
            self.now += whole * PERIOD_MS;
            self.next_refill += whole * PERIOD_MS;
            left -= whole * self.quota;
        }
    }

    /// Waits for `ms` without using CPU.
    pub fn wait(&mut self, ms: f64) {
        self.now += ms;
        if self.now >= self.next_refill {
            let periods = ((self.now - self.next_refill) / PERIOD_MS).floor();
            self.next_refill += periods * PERIOD_MS;
            self.refill();
        }
    }

    fn refill(&mut self) {
        self.budget = self.quota;
        self.next_refill += PERIOD_MS;
    }
}

/// Mean over random phases of the time that `steps` takes on a [`QuotaClock`].
///
/// ```
/// use powercurve::platform::quota::expected_ms;
/// // 17 ms of CPU at 0.5 vCPU: the fluid law says 34 ms, the staircase less
/// let ms = expected_ms(0.5, |clock| clock.burst(17.0));
/// assert!(ms < 30.0);
/// ```
pub fn expected_ms(share: f64, steps: impl Fn(&mut QuotaClock)) -> f64 {
    let total: f64 = (0..PHASES)
        .map(|i| {
            let mut clock = QuotaClock::new(share, (f64::from(i) + 0.5) / f64::from(PHASES));
            steps(&mut clock);
            clock.now()
        })
        .sum();
    total / f64::from(PHASES)
}
