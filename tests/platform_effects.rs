//! Promise: each effect of the platform agrees with a published measurement.

use powercurve::platform::{cpu, init, network};
use powercurve::simulate::expected_ms;
use powercurve::{MemoryMb, Workload};

fn at(toml: &str, mb: u32) -> f64 {
    expected_ms(&Workload::from_toml(toml).unwrap(), MemoryMb::new(mb).unwrap())
}

/// Largest relative error of a workload's expected curve against published durations in ms.
fn largest_error(toml: &str, published: &[(u32, f64)]) -> f64 {
    published.iter().map(|&(mb, ms)| (at(toml, mb) / ms - 1.0).abs()).fold(0.0, f64::max)
}

#[test]
fn one_thread_is_flat_past_one_vcpu() {
    // one task of github.com/jvarsl/TestingLambdaCpuScalingWithParallelProgramming
    let one = "runtime = \"dotnet\"\n[cpu]\nwork_ms = 2450\nhelper_fraction = 0\nthrottle_overhead = 0";
    let published = [(1024, 4297.0), (1768, 2508.0), (1770, 2446.0), (3008, 2462.0), (10240, 2437.0)];
    let error = largest_error(one, &published);
    assert!(error < 0.03, "{error}");
}

#[test]
fn two_threads_gain_linearly_up_to_two_vcpus() {
    // two equal tasks of the same repository: no step at a core boundary, the longest task bounds
    let two = "[cpu]\nparallel_ms = 4930\nthreads = 2\nthrottle_overhead = 0";
    let published = [
        (1024, 8668.0),
        (1768, 5014.0),
        (1850, 4752.0),
        (2200, 3958.0),
        (2700, 3228.0),
        (3008, 2980.0),
        (3600, 2495.0),
    ];
    let error = largest_error(two, &published);
    assert!(error < 0.03, "{error}");
}

#[test]
fn arm64_gains_to_about_2048_mb() {
    // Node.js 20 on arm64, github.com/cebert/aws-lambda-performance-benchmarks, November 2025: 1583 ms at 1769 MB, 1377 at 2048
    let toml = "arch = \"arm64\"\n[cpu]\nwork_ms = 1377\nthrottle_overhead = 0";
    assert!((at(toml, 1769) / at(toml, 2048) - 1583.0 / 1377.0).abs() < 0.02);
    assert!(cpu::knee_mb(powercurve::Arch::X86_64) < cpu::knee_mb(powercurve::Arch::Arm64));
}

#[test]
fn helper_threads_gain_on_the_second_core() {
    // Node.js gains 5 to 15 % from 1769 to 2048 MB on x86_64 (same repository): 1702 and 1549 ms
    let gain = |runtime: &str| {
        let toml = format!("runtime = \"{runtime}\"\n[cpu]\nwork_ms = 1700");
        at(&toml, 1769) / at(&toml, 2048)
    };
    assert!((1.05..1.15).contains(&gain("nodejs")), "{}", gain("nodejs"));
    assert!(gain("python") < 1.005);
}

#[test]
fn bandwidth_bursts_and_is_then_sustained() {
    // github.com/sjakthol/aws-network-benchmark: 359 MB in the first second, then 76.8 MB/s
    let first = network::transfer_ms(359.0, 20, 75.0);
    assert!((first / 1000.0 - 1.0).abs() < 0.08, "{first}");
    let later = network::transfer_ms(359.0 + 768.0, 20, 75.0) - first;
    assert!((later / 10_000.0 - 1.0).abs() < 0.03, "{later}");
}

#[test]
fn init_does_not_depend_on_memory() {
    // INIT of a real function: 3117 to 3174 ms from 128 to 1024 MB (umccr/orcabus); past 10 s it starts again, throttled
    let share = |mb| cpu::share(MemoryMb::new(mb).unwrap());
    assert_eq!(init::duration_ms(3117.0, share(128)), init::duration_ms(3117.0, share(2048)));
    assert!(init::duration_ms(12_000.0, share(128)) > init::duration_ms(12_000.0, share(1769)));
    // and in one thread: a second vCPU does not shorten it
    assert_eq!(init::duration_ms(12_000.0, share(10_240)), 10_000.0 + 12_000.0);
}

#[test]
fn memory_pressure_is_steep_near_the_footprint() {
    let toml = "[cpu]\nwork_ms = 500\nthrottle_overhead = 0\n[memory]\nfootprint_mb = 100\npressure = 0.2";
    let cpu_time = |mb: u32| at(toml, mb) * cpu::share(MemoryMb::new(mb).unwrap()) / 500.0;
    assert!(cpu_time(128) > 3.0 && cpu_time(256) < 1.2 && cpu_time(1024) < 1.01);
}
