//! Reasons, doubts and warnings in plain words, with the run's own numbers behind them.

use std::fmt::{self, Write};

use crate::curve::{Point, Run, Start};
use crate::model::{Observation, Posterior};
use crate::pattern::{Family, Pattern, Shares};
use crate::platform::cpu::knee_mb;
use crate::platform::quota::PERIOD_MS;

/// Least probability of the best pattern that counts as a decision.
const LEAST_CONFIDENCE: f64 = 0.65;

/// Least lead over the runner-up.
const LEAST_LEAD: f64 = 0.35;

/// Evidence per measured size (in `ln`) below which nothing simulated looks like the curve.
const UNLIKE_ANYTHING: f64 = -2.0;

/// Scatter of the means (in `ln`) from which a run counts as noisy.
const NOISY: f64 = 0.12;

/// Scatter from which no shape can be trusted.
const TOO_NOISY: f64 = 0.25;

/// Standard deviations of a mean by which two sizes rarely differ by chance: `1.645 sqrt(2)`.
const BEYOND_SCATTER: f64 = 2.33;

/// Least ratio of two sizes that shows what more cores do: one vCPU of arm64 and of x86 differ by 1.16.
const LEAST_SPAN: f64 = 1.3;

/// How many times the fastest duration makes a size slow.
const SLOW: f64 = 1.3;

/// How many times the fastest duration is still as good as that.
const FAST_ENOUGH: f64 = 1.1;

/// Why the curve looks like this pattern; `shares` are the mean and the ends of the interval.
pub(super) fn reasons(run: &Run, pattern: Pattern, posterior: &Posterior<'_>, shares: &[Shares; 3]) -> Vec<String> {
    let points = run.curve.points();
    let [shares, low, high] = shares;
    let knee = knee(run);
    let mut reasons = Vec::new();
    let throttled = widest(points, 0.0, knee * 1.16).filter(|(a, _)| a.memory.as_f64() < knee);
    if let Some((a, b)) = throttled {
        let gain = a.duration.ms() / b.duration.ms();
        let fair = b.memory.as_f64().min(knee) / a.memory.as_f64();
        let reading = below_one_vcpu(pattern, gain.ln() / fair.ln());
        reasons.push(sentence(format_args!(
            "from {} to {} MB it is {}, where pure CPU work would be {}: {reading}",
            a.memory.mb(),
            b.memory.mb(),
            Times(gain),
            Times(fair),
        )));
    }
    if let Some((a, b)) = widest(points, knee - 1.0, f64::MAX) {
        let gain = a.duration.ms() / b.duration.ms();
        let span = b.memory.as_f64() / a.memory.as_f64();
        let reading = match gain.ln() / span.ln() {
            _ if span < LEAST_SPAN => "too close together to show threads",
            s if s > 0.15 && gain.ln() < BEYOND_SCATTER * posterior.variance().sqrt() => {
                "no more than the sizes scatter"
            }
            s if s > 0.5 => "several threads, or many connections, are at work",
            s if s > 0.15 => "some work runs beside the main thread",
            _ => "more cores do not help",
        };
        reasons.push(sentence(format_args!(
            "from {} to {} MB, past one full vCPU, it is {}: {reading}",
            a.memory.mb(),
            b.memory.mb(),
            Times(gain)
        )));
    }
    let fastest = points.iter().map(|p| p.duration.ms()).fold(f64::INFINITY, f64::min);
    if fastest < PERIOD_MS {
        reasons.push(sentence(format_args!(
            "the fastest size takes {fastest:.1} ms, less than one CPU quota period of {PERIOD_MS} ms"
        )));
    }
    if let Some((a, b)) = slow_sizes(points, pattern, fastest, posterior.variance().sqrt()) {
        reasons.push(sentence(format_args!(
            "up to {} MB memory buys speed all the same: {} than at {} MB",
            b.memory.mb(),
            Times(a.duration.ms() / b.duration.ms()),
            a.memory.mb()
        )));
    }
    let part = |name, share: fn(&Shares) -> f64| Part { name, mean: share(shares), low: share(low), high: share(high) };
    reasons.push(sentence(format_args!(
        "at 1769 MB the curve is best explained by {}, {} and {}",
        part("CPU", |s| s.cpu),
        part("waiting", |s| s.wait),
        part("transfer", |s| s.transfer),
    )));
    reasons.push(sentence(format_args!(
        "{pattern} means: {}; memory buys {}",
        pattern.summary(),
        pattern.memory_buys()
    )));
    reasons
}

/// What a slope below one vCPU says of a function with this pattern: 1 is as fast as the CPU share, 0 is flat.
fn below_one_vcpu(pattern: Pattern, slope: f64) -> &'static str {
    match (pattern.family(), slope) {
        (Family::Downstream, s) if s > 0.25 => "what it calls decides, not the CPU",
        (_, s) if s > 1.15 => {
            "more than the CPU share explains: memory pressure or the CPU quota slows the small sizes"
        }
        (Family::NoOp, s) if s > 0.25 => "the CPU quota slows the small sizes",
        (Family::Transfer, s) if s > 0.85 => "the CPU limits the transfer",
        (Family::Transfer, s) if s > 0.25 => "the CPU limits the transfer at the small sizes",
        (Family::Network, s) if s > 0.85 => "the CPU limits the work around the calls",
        (Family::Cpu, s) if s > 0.85 => "the time goes to the CPU",
        (_, s) if s > 0.25 => "part CPU work, part waiting",
        (Family::Transfer, s) if s > -0.15 => "CPU power does not matter: the connection is the limit",
        (_, s) if s > -0.15 => "CPU power does not matter: it waits, or is too short to be throttled",
        _ => "slower with more memory: that is noise, or a downstream",
    }
}

/// The smallest size and the first one that is fast enough, where memory should buy next to nothing and yet does.
fn slow_sizes(points: &[Point], pattern: Pattern, fastest: f64, noise: f64) -> Option<(&Point, &Point)> {
    let flat = matches!(pattern, Pattern::NoOp | Pattern::NetworkBoundApi);
    let slow = SLOW.max((BEYOND_SCATTER * noise).exp());
    let first = points.first().filter(|p| flat && p.duration.ms() > slow * fastest)?;
    points.iter().find(|p| p.duration.ms() <= FAST_ENOUGH * fastest).map(|fast| (first, fast))
}

/// A text in one piece of memory: most are longer than `format!` foresees.
fn sentence(text: fmt::Arguments<'_>) -> String {
    let mut sentence = String::with_capacity(192);
    sentence.write_fmt(text).expect("a string takes any text");
    sentence
}

/// A gain in speed in words, also where it is a loss.
struct Times(f64);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let factor = self.0.max(1.0 / self.0);
        match self.0 {
            _ if factor < 1.005 => f.write_str("as fast"),
            gain if gain > 1.0 => write!(f, "{factor:.2} times faster"),
            _ => write!(f, "{factor:.2} times slower"),
        }
    }
}

/// A share of the time with its interval.
struct Part {
    name: &'static str,
    mean: f64,
    low: f64,
    high: f64,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [mean, low, high] = [self.mean, self.low, self.high].map(|share| (100.0 * share).round() as u8);
        write!(f, "{mean} % {} ({low}-{high} %)", self.name)
    }
}

/// The two sizes farthest apart within a range of memory, if there are two.
fn widest(points: &[Point], from_mb: f64, to_mb: f64) -> Option<(&Point, &Point)> {
    let mut inside = points.iter().filter(|p| (from_mb..=to_mb).contains(&p.memory.as_f64()));
    let first = inside.next()?;
    let last = inside.next_back()?;
    Some((first, last))
}

/// Why the evidence does not separate the patterns, with the measurement that would settle it; `None` when it does.
pub(super) fn doubt(
    run: &Run,
    seen: &Observation,
    probabilities: &[f64; Pattern::COUNT],
    posterior: &Posterior<'_>,
) -> Option<String> {
    let mut order = Pattern::ALL;
    order.sort_by(|a, b| probabilities[b.index()].total_cmp(&probabilities[a.index()]));
    let (first, mut second) = (order[0], order[1]);
    let p = probabilities[first.index()];
    let lead = p - probabilities[second.index()];
    let sizes = run.curve.len();
    let unlike = sizes >= 3 && posterior.ln_evidence() / (sizes as f64) < UNLIKE_ANYTHING;
    let noise = posterior.variance().sqrt();
    if sizes >= 3 && p >= LEAST_CONFIDENCE && lead >= LEAST_LEAD && !unlike && noise < TOO_NOISY {
        // one thread and several look alike below one vCPU
        if !hides_threads(run, first) || seen.runtime.is_some_and(|r| !r.has_parallel_threads()) {
            return None;
        }
        second = Pattern::ALL.into_iter().find(|&p| p != first && p.family() == first.family()).unwrap_or(second);
    }
    let q = probabilities[second.index()];
    let (knee, largest) = (knee(run), largest_mb(run));
    let smallest = run.curve.points().first().map_or(0.0, |p| p.memory.as_f64());
    let settle = match () {
        () if unlike => "no simulated function looks like this curve: check that all sizes ran the same code",
        () if sizes < 3 => &few_sizes(run),
        () if noise > NOISY && least_invocations(run).is_some_and(|n| n >= ENOUGH) => {
            "the sizes scatter too much: measure again, and look for what changes between the invocations"
        }
        () if noise > NOISY => "the sizes scatter too much: repeat with 50 or more invocations a size",
        () if largest <= knee => &format!("nothing above {knee} MB was measured: add 3008 MB"),
        () if smallest > 512.0 => "nothing below 512 MB was measured: add 128 or 256 MB",
        () => "a trace of one invocation would show how long it waits",
    };
    Some(format!("uncertain between {first} ({:.0} %) and {second} ({:.0} %): {settle}", 100.0 * p, 100.0 * q))
}

/// Whether several threads would show at larger sizes only.
fn hides_threads(run: &Run, pattern: Pattern) -> bool {
    matches!(pattern.family(), Family::Cpu | Family::Transfer) && largest_mb(run) <= knee(run)
}

/// The memory size of one full vCPU, in MB.
fn knee(run: &Run) -> f64 {
    knee_mb(run.arch.unwrap_or_default())
}

/// The largest measured size, in MB.
fn largest_mb(run: &Run) -> f64 {
    run.curve.points().last().map_or(0.0, |p| p.memory.as_f64())
}

/// Invocations a size that make a mean as good as it gets: beyond, the drift between sizes is what is left.
const ENOUGH: u64 = 50;

/// The fewest invocations behind a mean, where they are known.
fn least_invocations(run: &Run) -> Option<u64> {
    run.curve.points().iter().filter_map(|p| p.sample.count).min().or(run.invocations)
}

/// What to measure where there are one or two sizes.
fn few_sizes(run: &Run) -> String {
    let known = |mb: &u32| run.curve.sizes().any(|m| m.mb() == *mb);
    let missing: Vec<String> = [256, 1024, 3008].iter().filter(|mb| !known(mb)).map(|mb| format!("{mb} MB")).collect();
    format!("{} cannot tell a knee from a slope: add {}", count(run.curve.len()), missing.join(" and "))
}

/// What to doubt about the run itself.
pub(super) fn warnings(run: &Run, pattern: Pattern, seen: &Observation, posterior: &Posterior<'_>) -> Vec<String> {
    let points = run.curve.points();
    let mut warnings: Vec<String> = run.warnings.iter().map(ToString::to_string).collect();
    if points.len() < 3 {
        warnings.push(format!("only {} measured: three or more sizes are needed to see a shape", was(points.len())));
    }
    // where REPORT lines tell what was billed, the init is not part of the durations
    if run.start == Some(Start::Cold) && points.iter().all(|p| p.sample.billed_ms.is_none()) {
        warnings.push(
            "all calls were cold starts: their init takes the same time at every size and reads as waiting".into(),
        );
    }
    let noise = posterior.variance().sqrt();
    // any two sizes lie on a smooth curve
    if points.len() >= 3 && noise > NOISY {
        warnings.push(format!("the sizes scatter by about {:.0} % around any smooth curve", 100.0 * noise));
    }
    if hides_threads(run, pattern) {
        let knee = knee(run);
        warnings.push(format!("nothing above {knee} MB was measured, where several threads would show: add 3008 MB"));
    }
    for ((point, &weight), &m) in points.iter().zip(posterior.point_weights()).zip(&seen.sizes) {
        if weight < 0.4 && !seen.starved.contains(&m) {
            let off = point.duration.ms() / posterior.predict(m).ms - 1.0;
            warnings.push(format!("{m} lies {:+.0} % off the curve of the other sizes", 100.0 * off));
        }
        if let Some(used) = point.sample.max_memory_used_mb.filter(|_| point.is_nearly_full()) {
            let left_out = if seen.starved.contains(&m) { ", and the model leaves it out" } else { "" };
            warnings.push(format!("{m} looks out of memory: {used:.0} MB were used{left_out}"));
        }
    }
    warnings
}

fn count(n: usize) -> String {
    if n == 1 { "one size".into() } else { format!("{n} sizes") }
}

fn was(n: usize) -> String {
    format!("{} {}", count(n), if n == 1 { "was" } else { "were" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{Arch, PowerCurve};
    use crate::pattern::Reader;

    fn reading(arch: Arch, ms: &[(u32, f64)]) -> crate::pattern::Classification {
        let run = Run { arch: Some(arch), ..Run::new("f", PowerCurve::from_ms(ms).unwrap()) };
        Reader::shipped().classify(&run)
    }

    #[test]
    fn the_gain_of_pure_cpu_work_ends_at_the_knee_of_the_instruction_set() {
        let busy = |knee: f64| [512, 1024, 1769, 2048, 3008].map(|mb| (mb, 2e6 / f64::from(mb).min(knee)));
        for (arch, knee) in [(Arch::X86_64, 1769.0), (Arch::Arm64, 2048.0)] {
            let reasons = reading(arch, &busy(knee)).reasons;
            assert!(reasons[0].ends_with("the time goes to the CPU"), "{reasons:?}");
            assert!(reasons[1].ends_with("as fast: more cores do not help"), "{reasons:?}");
        }
        // the knee of the other instruction set is not a second thread
        let short = [512, 1024, 1769, 2048].map(|mb| (mb, 2e6 / f64::from(mb)));
        let reasons = reading(Arch::X86_64, &short).reasons;
        assert!(reasons[1].ends_with("1.16 times faster: too close together to show threads"), "{reasons:?}");
        // above one vCPU there is no share to gain
        let reasons = reading(Arch::X86_64, &[(1769, 1000.0), (2048, 980.0), (3008, 985.0), (4096, 982.0)]).reasons;
        assert!(reasons[0].starts_with("from 1769 to 4096 MB, past one full vCPU"), "{reasons:?}");
    }

    #[test]
    fn a_slope_below_one_vcpu_is_read_as_the_pattern_has_it() {
        for (pattern, steep, half) in [
            (Pattern::CpuBound, "the time goes to the CPU", "part CPU work, part waiting"),
            (Pattern::TransferBound, "the CPU limits the transfer", "the CPU limits the transfer at the small sizes"),
            (Pattern::NetworkBoundSdk, "the CPU limits the work around the calls", "part CPU work, part waiting"),
            (Pattern::NoOp, "the CPU quota slows the small sizes", "the CPU quota slows the small sizes"),
            (Pattern::DownstreamLimited, "what it calls decides, not the CPU", "what it calls decides, not the CPU"),
        ] {
            assert_eq!([1.0, 0.5].map(|slope| below_one_vcpu(pattern, slope)), [steep, half], "{pattern}");
        }
    }

    #[test]
    fn slow_small_sizes_qualify_a_pattern_that_memory_does_nothing_for() {
        let buys = |reasons: &[String]| reasons.iter().find(|r| r.contains("memory buys speed all the same")).cloned();
        // calls with a little CPU work around each
        let calls = [(128, 1800.0), (256, 1300.0), (512, 1003.0), (1024, 1000.0), (1536, 1002.0), (3008, 1001.0)];
        let answer = reading(Arch::X86_64, &calls);
        assert_eq!(answer.pattern, Pattern::NetworkBoundApi);
        assert_eq!(
            buys(&answer.reasons).unwrap(),
            "up to 512 MB memory buys speed all the same: 1.79 times faster than at 128 MB"
        );
        assert!(answer.reasons.iter().all(|r| !r.contains("nothing")), "{:?}", answer.reasons);
        let waits = [(128, 1604.0), (512, 1598.0), (1024, 1601.0), (3008, 1599.0)];
        assert_eq!(buys(&reading(Arch::X86_64, &waits).reasons), None);
    }

    #[test]
    fn two_sizes_do_not_scatter() {
        let two = reading(Arch::X86_64, &[(512, 1000.0), (1024, 1000.0)]);
        assert!(
            two.reasons.last().unwrap().ends_with("2 sizes cannot tell a knee from a slope: add 256 MB and 3008 MB")
        );
        assert!(two.warnings.iter().all(|w| !w.contains("scatter")), "{:?}", two.warnings);
    }

    #[test]
    fn threads_that_no_size_could_show_are_a_doubt_where_the_runtime_has_them() {
        let busy = PowerCurve::from_ms(&[(256, 8000.0), (512, 4000.0), (1024, 2000.0)]).unwrap();
        let uncertain = |runtime: &str| {
            let run = Run { runtime: Some(runtime.to_owned()), ..Run::new("f", busy.clone()) };
            Reader::shipped().classify(&run).uncertain
        };
        assert!(uncertain("rust") && !uncertain("python3.13"));
    }

    #[test]
    fn a_loss_of_speed_is_said_as_one() {
        assert_eq!(
            [2.0, 0.89, 1.0049, 0.998, 1.0051].map(|gain| Times(gain).to_string()),
            ["2.00 times faster", "1.12 times slower", "as fast", "as fast", "1.01 times faster"]
        );
    }
}
