//! Which workloads are plausible before anything is measured.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::curve::Arch;
use crate::pattern::Pattern;
use crate::platform::cpu;
use crate::workload::{Call, Cpu, Downstream, Footprint, Runtime, Transfer, Workload};

/// How often each pattern is drawn, in the order of [`Pattern::ALL`]: our statement of what people tune.
///
/// ```
/// use powercurve::{Pattern, model::prior::DRAWN};
/// assert!((DRAWN.iter().sum::<f64>() - 1.0).abs() < 1e-9);
/// assert_eq!(DRAWN[Pattern::CpuBound.index()], 0.35); // the most frequent one
/// ```
pub const DRAWN: [f64; Pattern::COUNT] = [0.08, 0.35, 0.07, 0.09, 0.31, 0.05, 0.03, 0.02];

/// How often cold starts leak into a run.
const LEAKY: f64 = 0.12;

/// What the libraries of a function add to the init of an empty one, in ms: from one small client library to a framework or
/// scientific packages (a recorded init takes 3.1 s at any size, github.com/umccr/orcabus).
const IMPORTS_MS: (f64, f64) = (50.0, 4000.0);

/// The workload number `index` of the prior with this seed: the same for ever.
///
/// ```
/// use powercurve::{Pattern, model::prior};
/// let workload = prior::draw(2026, 7);
/// assert!(workload.check().is_ok());
/// assert_eq!(workload.pattern, Some(Pattern::of(&workload)));
/// assert_eq!(workload, prior::draw(2026, 7)); // the same for ever
/// ```
pub fn draw(seed: u64, index: u64) -> Workload {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(index);
    let patterns: Vec<(Pattern, f64)> = Pattern::ALL.into_iter().zip(DRAWN).collect();
    let intended = *choose(&mut rng, &patterns);
    let mut workload = of_pattern(intended, &mut rng);
    // a tuning run with parallel invocations lets cold starts into the means of some sizes; the pattern is then what the
    // run shows, with the init as CPU work (labels by the warm handler alone were no better on recorded runs)
    if intended != Pattern::DownstreamLimited && rng.random_bool(LEAKY) {
        workload.cold_start.share = 0.3;
        workload.cold_start.init_ms =
            Some(workload.runtime.init_ms() + log_uniform(&mut rng, IMPORTS_MS.0, IMPORTS_MS.1));
    }
    let pattern = Pattern::of(&workload);
    workload.name = format!("{pattern}-{index}");
    workload.pattern = Some(pattern);
    workload
}

fn of_pattern(pattern: Pattern, rng: &mut ChaCha8Rng) -> Workload {
    // one thread runs JavaScript, Python, Ruby; native libraries (numpy, sharp) still use several
    let runtime = if pattern == Pattern::CpuBoundMultithreaded {
        *choose(
            rng,
            &[
                (Runtime::NodeJs, 0.08),
                (Runtime::Python, 0.17),
                (Runtime::Java, 0.25),
                (Runtime::DotNet, 0.2),
                (Runtime::Go, 0.2),
                (Runtime::Rust, 0.1),
            ],
        )
    } else {
        *choose(
            rng,
            &[
                (Runtime::NodeJs, 0.3),
                (Runtime::Python, 0.35),
                (Runtime::Java, 0.12),
                (Runtime::DotNet, 0.1),
                (Runtime::Go, 0.06),
                (Runtime::Rust, 0.07),
            ],
        )
    };
    let arch = if rng.random_bool(0.35) { Arch::Arm64 } else { Arch::X86_64 };
    let knee = cpu::knee_mb(arch) * knee_factor(arch, rng);
    // above one vCPU, Node.js on x86_64 gains 1 % (loops over memory) to 10 % (arithmetic) in the runs of
    // cebert/aws-lambda-performance-benchmarks
    let helper = runtime.helper_fraction() * log_uniform(rng, 0.05, 1.5);
    let mut w = Workload {
        runtime,
        arch,
        cpu: Cpu {
            helper_fraction: Some(helper.min(0.4)),
            throttle_overhead: overhead(rng),
            knee_mb: Some(knee),
            ..Cpu::default()
        },
        ..Workload::default()
    };
    if rng.random_bool(0.1) {
        w.memory =
            Footprint { footprint_mb: Some(log_uniform(rng, 20.0, 124.0)), pressure: log_uniform(rng, 0.003, 0.3) };
    }
    match pattern {
        Pattern::NoOp => {
            w.cpu.work_ms = log_uniform(rng, 0.2, 10.0);
            if rng.random_bool(0.3) {
                let wait = w.cpu.work_ms * uniform(rng, 0.0, 0.2);
                w.calls.push(call(1, wait, 0.0));
            }
        }
        Pattern::CpuBound => {
            w.cpu.work_ms = log_uniform(rng, 12.0, 60_000.0);
            if rng.random_bool(0.5) {
                let wait = w.cpu.work_ms * log_uniform(rng, 0.005, 0.24);
                let n = small_count(rng);
                w.calls.push(call(n, wait / f64::from(n), 0.0));
            }
            if rng.random_bool(0.1) {
                w.cpu.threads = 2 + rng.random_range(0..4u32);
                w.cpu.parallel_ms = w.cpu.work_ms * uniform(rng, 0.02, 0.48);
            }
        }
        Pattern::CpuBoundMultithreaded => {
            w.cpu.parallel_ms = log_uniform(rng, 200.0, 300_000.0);
            w.cpu.threads = *choose(rng, &[(2, 0.2), (3, 0.05), (4, 0.15), (6, 0.15), (8, 0.2), (16, 0.25)]);
            w.cpu.longest_thread = Some(((1.0 + uniform(rng, 0.0, 0.5)) / f64::from(w.cpu.threads)).min(1.0));
            w.cpu.work_ms = w.cpu.parallel_ms * log_uniform(rng, 0.005, 1.5);
            if rng.random_bool(0.4) {
                let wait = w.cpu.parallel_ms * log_uniform(rng, 0.005, 1.5);
                w.calls.push(call(1, wait, 0.0));
            }
        }
        Pattern::NetworkBoundApi => {
            let wait = log_uniform(rng, 15.0, 60_000.0);
            let n = if rng.random_bool(0.6) { 1 } else { small_count(rng) };
            w.cpu.work_ms = (wait * log_uniform(rng, 0.0005, 0.08)).max(0.3);
            w.calls.push(call(n, wait / f64::from(n), 0.0));
        }
        Pattern::NetworkBoundSdk => {
            let n = small_count(rng);
            // half are light handlers of fast calls, half mix CPU work and waiting in long steps
            if rng.random_bool(0.5) {
                let latency = log_uniform(rng, 2.0, 120.0);
                let total_cpu = latency * f64::from(n) * log_uniform(rng, 0.12, 4.0);
                let in_calls = rng.random::<f64>();
                w.calls.push(call(n, latency, total_cpu * in_calls / f64::from(n)));
                w.cpu.work_ms = total_cpu * (1.0 - in_calls);
            } else {
                let total = log_uniform(rng, 50.0, 30_000.0);
                let cpu_share = uniform(rng, 0.04, 0.85);
                w.cpu.work_ms = total * cpu_share;
                w.calls.push(call(1, total * (1.0 - cpu_share), 0.0));
            }
        }
        Pattern::TransferBound | Pattern::TransferBoundMultithreaded => {
            let many = pattern == Pattern::TransferBoundMultithreaded;
            let connections = if many { rng.random_range(4..=40) } else { 1 };
            let megabytes = log_uniform(rng, if many { 30.0 } else { 5.0 }, 500.0);
            let per_mb = runtime.cpu_ms_per_mb() * log_uniform(rng, 0.5, 2.0);
            w.transfers.push(Transfer {
                megabytes,
                connections,
                cpu_ms_per_mb: Some(per_mb),
                per_connection_mb_s: uniform(rng, 45.0, 95.0),
                ..Transfer::default()
            });
            w.cpu.work_ms = megabytes * per_mb * log_uniform(rng, 0.02, 1.5);
            if rng.random_bool(0.5) {
                w.calls.push(call(1, log_uniform(rng, 5.0, 100.0), 0.0));
            }
        }
        Pattern::DownstreamLimited => {
            let wait = log_uniform(rng, 30.0, 20_000.0);
            w.calls.push(call(1, wait, 0.0));
            w.cpu.work_ms = wait * log_uniform(rng, 0.001, 0.3);
            w.downstream = Some(Downstream::default());
        }
    }
    w
}

/// Where one thread stops gaining, as a multiple of the nominal size: not the same on every host and runtime. On arm64 one
/// thread gains less than in proportion before the nominal knee: from 1024 to 2048 MB by factors of 1.71 to 1.93 in 25 of 26
/// recorded CPU-bound curves (cebert/aws-lambda-performance-benchmarks, 'Oxidizing Lambda Functions').
fn knee_factor(arch: Arch, rng: &mut ChaCha8Rng) -> f64 {
    match arch {
        Arch::X86_64 => normal(rng, 0.015).exp(),
        Arch::Arm64 => 0.96 * normal(rng, 0.1).exp(),
    }
}

/// Extra CPU time at 128 MB: little in plain loops, more where a runtime compiles and collects in the background
/// while it is throttled.
fn overhead(rng: &mut ChaCha8Rng) -> f64 {
    let (low, high) = *choose(rng, &[((0.0, 0.08), 0.55), ((0.0, 0.3), 0.3), ((0.3, 2.0), 0.15)]);
    uniform(rng, low, high)
}

fn call(count: u32, latency_ms: f64, cpu_ms: f64) -> Call {
    Call { count, latency_ms, cpu_ms, ..Call::default() }
}

fn small_count(rng: &mut ChaCha8Rng) -> u32 {
    *choose(rng, &[(1, 0.3), (2, 0.2), (3, 0.2), (4, 0.1), (6, 0.1), (10, 0.07), (20, 0.03)])
}

fn uniform(rng: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

fn log_uniform(rng: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    uniform(rng, low.ln(), high.ln()).exp()
}

fn normal(rng: &mut ChaCha8Rng, sd: f64) -> f64 {
    use rand_distr::Distribution;
    let z: f64 = rand_distr::StandardNormal.sample(rng);
    z * sd
}

/// One of the values, with the probability beside it (the last where rounding leaves a gap).
fn choose<'a, T>(rng: &mut ChaCha8Rng, options: &'a [(T, f64)]) -> &'a T {
    let mut pick: f64 = rng.random();
    for (value, probability) in options {
        pick -= probability;
        if pick < 0.0 {
            return value;
        }
    }
    &options[options.len() - 1].0
}
