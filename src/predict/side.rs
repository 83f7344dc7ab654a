//! Side information that a measured curve contradicts.

use crate::model::library::Particle;
use crate::model::{Known, Library, Observation, Posterior};
use crate::pattern::Pattern;
use crate::units::{MemoryMb, Millis};

/// By how much more than without it the model may miss a measured mean with a time that was measured apart.
const MISSES_MORE: f64 = 0.15;

/// How far (as a factor) from every workload that explains the curve with it a time may lie, and which share of the duration
/// is too little to matter.
const SLACK: f64 = 1.5;
const TOO_LITTLE: f64 = 0.01;

/// How much longer than the fastest measured mean a wait may be that is part of it: the error of both.
const LONGER: f64 = 1.1;

/// Probability below which the curve rules a pattern out.
const RULED_OUT: f64 = 0.001;

/// What of `known` the curve allows, and in words what it contradicts, which is left out: measured durations weigh more than
/// a figure whose unit may be wrong. `posterior` is that of the curve alone.
///
/// ```
/// use powercurve::model::{Known, Library, Observation, Posterior};
/// use powercurve::{PowerCurve, Run, predict::allowed};
/// let run = Run::new("busy", PowerCurve::from_ms(&[(256, 13188.0), (1024, 3279.0), (3008, 1868.0)])?);
/// let (library, seen) = (Library::shipped(), Observation::of(&run));
/// let posterior = Posterior::new(library, &seen, &Known::default());
/// // 1.8 seconds of CPU time, given in seconds by mistake
/// let (kept, doubts) = allowed(library, &seen, &posterior, &Known { cpu_ms: Some(1.8), ..Known::default() });
/// assert_eq!(kept, Known::default());
/// assert!(doubts[0].starts_with("a CPU time of 1.80 ms contradicts the measured durations"));
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn allowed(
    library: &Library,
    seen: &Observation,
    posterior: &Posterior<'_>,
    known: &Known,
) -> (Known, Vec<String>) {
    let mut doubts = Vec::new();
    let alone = misses(seen, posterior);
    let fastest = seen.ms.iter().copied().fold(f64::INFINITY, f64::min);
    let told = |known: &Known| Posterior::new(library, seen, known);
    let explains = |told: &Posterior<'_>| misses(seen, told) <= alone + MISSES_MORE;
    // `part` is the time in ms of a workload at its own scale
    let mut check = |name: &str, time: Known, part: fn(&Particle) -> f64, most: f64| {
        let ms = time.cpu_ms.or(time.wait_ms)?;
        let told = told(&time);
        let found = told.times(part);
        let [low, high, given] = [found[0], found[found.len() - 1], ms].map(|ms| ms.max(TOO_LITTLE * fastest));
        if ms <= most && explains(&told) && (low / SLACK..=high * SLACK).contains(&given) {
            return Some(ms);
        }
        let times = posterior.times(part);
        let at = |q: f64| times[(q * (times.len() - 1) as f64) as usize];
        let [given, low, high] = [ms, at(0.05), at(0.95)].map(Millis::clamped);
        doubts.push(if (low..=high).contains(&given) {
            format!("with a {name} time of {given} no workload of the model explains the measured durations: it is not used")
        } else {
            format!(
                "a {name} time of {given} contradicts the measured durations, which leave {low} to {high}: it is not used; \
                 give that of one invocation in ms"
            )
        });
        None
    };
    let [cpu, wait] =
        [(known.cpu_ms, None), (None, known.wait_ms)].map(|(cpu_ms, wait_ms)| Known { cpu_ms, wait_ms, pattern: None });
    let mut times = Known {
        cpu_ms: check("CPU", cpu, |p| p.cpu_ms.into(), f64::INFINITY),
        wait_ms: check("waiting", wait, |p| p.shares.wait * f64::from(p.ln_full).exp(), LONGER * fastest),
        pattern: None,
    };
    if let (Some(cpu_ms), Some(wait_ms)) = (times.cpu_ms, times.wait_ms)
        && !explains(&told(&times))
    {
        let [cpu, wait] = [cpu_ms, wait_ms].map(Millis::clamped);
        doubts.push(format!(
            "a CPU time of {cpu} and a waiting time of {wait} together contradict the measured durations: neither is used; \
             give those of one invocation in ms, with all it waits for"
        ));
        times = Known::default();
    }
    let probability = |pattern: Pattern| posterior.patterns()[pattern.index()];
    let pattern = known.pattern.filter(|&pattern| {
        let possible = probability(pattern) >= RULED_OUT;
        if !possible {
            let likely = Pattern::ALL.into_iter().max_by(|&a, &b| probability(a).total_cmp(&probability(b)));
            let likely =
                likely.filter(|&p| probability(p) > 0.5).map_or(String::new(), |p| format!(", which show {p}"));
            doubts.push(format!("the measured durations rule the pattern {pattern} out{likely}: it is not used"));
        }
        possible
    });
    (Known { pattern, ..times }, doubts)
}

/// How far the mean curve of a posterior lies from the measured mean that it misses most, relative to it.
fn misses(seen: &Observation, posterior: &Posterior<'_>) -> f64 {
    let explained = seen.explained();
    let off = |(&m, y): (&MemoryMb, &f64)| (posterior.mean_ln(m) - y).exp_m1().abs();
    explained.sizes.iter().zip(&explained.ln_ms).map(off).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::{PowerCurve, Run};

    fn doubts(sizes: &[u32], known: &Known) -> (Known, Vec<String>) {
        let points: Vec<(u32, f64)> = sizes.iter().map(|&mb| (mb, 3.3e6 / f64::from(mb).min(1769.0))).collect();
        let seen = Observation::of(&Run::new("busy", PowerCurve::from_ms(&points).unwrap()));
        let posterior = Posterior::new(Library::shipped(), &seen, &Known::default());
        allowed(Library::shipped(), &seen, &posterior, known)
    }

    #[test]
    fn what_the_curve_allows_is_kept() {
        let known = Known { cpu_ms: Some(1800.0), pattern: Some(Pattern::CpuBound), ..Known::default() };
        for sizes in [&[256, 512, 1024, 2048, 3008][..], &[512], &[512, 1024]] {
            assert_eq!(doubts(sizes, &known), (known, Vec::new()), "{sizes:?}");
        }
        // one size leaves nearly everything open
        let known = Known { cpu_ms: Some(200.0), wait_ms: Some(5000.0), pattern: None };
        assert_eq!(doubts(&[512], &known), (known, Vec::new()));
    }

    /// A monitor counts the CPU time of moving data: 2 ms of the handler and 200 MB at 4 ms each.
    #[test]
    fn the_cpu_time_of_a_transfer_is_cpu_time() {
        let toml = "runtime = \"python\"\n[cpu]\nwork_ms = 2\n[[transfer]]\nmegabytes = 200\ncpu_ms_per_mb = 4";
        let workload = crate::Workload::from_toml(toml).unwrap();
        let sizes = [128, 256, 512, 1024, 1769, 3008].map(|mb| crate::MemoryMb::new(mb).unwrap());
        let run = crate::simulate::exact(&workload, &sizes, Default::default()).unwrap().run;
        let seen = Observation::of(&run);
        let posterior = Posterior::new(Library::shipped(), &seen, &Known::default());
        let known = Known { cpu_ms: Some(802.0), ..Known::default() };
        assert_eq!(allowed(Library::shipped(), &seen, &posterior, &known), (known, Vec::new()));
    }

    /// Traces that show a tenth of the calls, and a CPU time that leaves out the rest: each may be, both cannot.
    #[test]
    fn times_that_do_not_add_up_are_left_out_together() {
        let known = Known { cpu_ms: Some(1.0), wait_ms: Some(100.0), ..Known::default() };
        let seen = Observation::of(&Run::new("one size", PowerCurve::from_ms(&[(512, 1000.0)]).unwrap()));
        let posterior = Posterior::new(Library::shipped(), &seen, &Known::default());
        let (kept, doubts) = allowed(Library::shipped(), &seen, &posterior, &known);
        assert_eq!(kept, Known::default());
        assert!(doubts.len() == 1 && doubts[0].contains("together contradict"), "{doubts:?}");
        let half = Known { cpu_ms: Some(144.0), wait_ms: Some(500.0), ..Known::default() };
        assert_eq!(allowed(Library::shipped(), &seen, &posterior, &half), (half, Vec::new()));
    }

    /// A function that sleeps for 24 s with 3 ms of CPU time (SeBS's sleep: 24194 ms at every size), and one that hardly waits.
    #[test]
    fn what_hardly_works_or_hardly_waits_is_no_contradiction() {
        let cases = [
            (24_195.0, Known { cpu_ms: Some(3.0), ..Known::default() }, 24_195.0),
            (14_681.0, Known { wait_ms: Some(1.2), ..Known::default() }, 14_681.0 * 512.0 / 1769.0),
        ];
        for (ms, known, at_1769_ms) in cases {
            let seen = Observation::of(&Run::new("one size", PowerCurve::from_ms(&[(512, ms)]).unwrap()));
            let alone = Posterior::new(Library::shipped(), &seen, &Known::default());
            assert_eq!(allowed(Library::shipped(), &seen, &alone, &known), (known, Vec::new()));
            let told = Posterior::new(Library::shipped(), &seen, &known);
            let predicted = told.predict(crate::MemoryMb::new(1769).unwrap());
            assert!((predicted.ms / at_1769_ms - 1.0).abs() < 0.1, "{predicted:?} instead of {at_1769_ms}");
        }
    }

    #[test]
    fn what_it_contradicts_is_left_out_with_the_range() {
        let sizes = [256, 512, 1024, 2048, 3008];
        let cases = [
            (Known { cpu_ms: Some(1.0), ..Known::default() }, "CPU time of 1.00 ms"),
            (Known { cpu_ms: Some(1e5), ..Known::default() }, "CPU time of 100.0 s"),
            (Known { wait_ms: Some(1e5), ..Known::default() }, "waiting time of 100.0 s"),
            (Known { pattern: Some(Pattern::NoOp), ..Known::default() }, "pattern no-op out, which show cpu-bound"),
        ];
        for (known, words) in cases {
            let (kept, doubts) = doubts(&sizes, &known);
            assert_eq!(kept, Known::default());
            assert!(doubts.len() == 1 && doubts[0].contains(words), "{doubts:?}");
        }
        // longer than the one measured duration
        assert_eq!(doubts(&[512], &Known { wait_ms: Some(8000.0), ..Known::default() }).1.len(), 1);
    }
}
