//! CPU share, cores and the speed of several threads.

use crate::curve::Arch;
use crate::units::MemoryMb;

/// Memory size at which a function has the equivalent of one vCPU, in MB.
///
/// Source: AWS Lambda developer guide, "Configure Lambda function memory" ("at 1,769 MB, a
/// function has the equivalent of one vCPU").
///
/// ```
/// use powercurve::{MemoryMb, platform::cpu};
/// assert_eq!(cpu::share(MemoryMb::new(cpu::ONE_VCPU_MB as u32)?), 1.0);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub const ONE_VCPU_MB: f64 = 1769.0;

/// CPU share in vCPUs: `m / 1769`, from 0.072 at 128 MB to 5.79 at 10,240 MB.
///
/// Independent check: CPU time within 5 s of wall time is 7.23 / 13.25 / 29.0 / 58.0 / 96.8 % at
/// 128 / 256 / 512 / 1024 / 1769 MB (github.com/pwrdrvr/lambda-throttling, 2025).
///
/// ```
/// use powercurve::{MemoryMb, platform::cpu};
/// assert!((cpu::share(MemoryMb::new(512)?) - 0.29).abs() < 0.001);
/// # Ok::<(), powercurve::Error>(())
/// ```
pub fn share(memory: MemoryMb) -> f64 {
    memory.as_f64() / ONE_VCPU_MB
}

/// Number of cores the function sees: 2 to 3008 MB, 3 to 5307, 4 to 7076, 5 to 8845, then 6.
///
/// An upper bound on parallel speed only: power grows linearly with [`share`], without a step at
/// a core boundary. Source: github.com/rwnx/lambda-cpuinfo (2021), `/proc/cpuinfo` by size.
///
/// ```
/// use powercurve::{MemoryMb, platform::cpu::visible_cores};
/// assert_eq!(visible_cores(MemoryMb::MIN), 2);
/// assert_eq!(visible_cores(MemoryMb::MAX), 6);
/// ```
pub fn visible_cores(memory: MemoryMb) -> u32 {
    match memory.mb() {
        ..=3008 => 2,
        3009..=5307 => 3,
        5308..=7076 => 4,
        7077..=8845 => 5,
        _ => 6,
    }
}

/// Memory size at which one thread stops getting faster, in MB: 1769 on x86_64; on arm64 single-threaded
/// loops still gain up to about 2048.
///
/// Source: single-threaded loops of github.com/cebert/aws-lambda-performance-benchmarks (2025,
/// 300-500 calls a size): x86_64 gains 2 % from 1769 to 2048 MB, arm64 14-16 %.
///
/// ```
/// use powercurve::{Arch, platform::cpu::knee_mb};
/// assert_eq!([Arch::X86_64, Arch::Arm64].map(knee_mb), [1769.0, 2048.0]);
/// ```
pub fn knee_mb(arch: Arch) -> f64 {
    match arch {
        Arch::X86_64 => ONE_VCPU_MB,
        Arch::Arm64 => 2048.0,
    }
}

/// Efficiency of `n` busy threads that share work, relative to `n` times one thread: 1 at one
/// thread, 0.98 at two, falling linearly to 0.75 at six.
///
/// Source: two-task and ten-task prime counts of
/// github.com/jvarsl/TestingLambdaCpuScalingWithParallelProgramming and the ffmpeg ceilings of the
/// Sentia tech blog (1.67 at 3008 MB, 4.72 at 10,240 MB).
///
/// ```
/// use powercurve::platform::cpu::parallel_efficiency;
/// assert_eq!(parallel_efficiency(1.0), 1.0);
/// assert_eq!(parallel_efficiency(2.0), 0.98);
/// assert!((parallel_efficiency(6.0) - 0.75).abs() < 1e-12);
/// ```
pub fn parallel_efficiency(n: f64) -> f64 {
    if n <= 2.0 { 1.0 - 0.02 * (n - 1.0).max(0.0) } else { (0.98 - 0.0575 * (n - 2.0)).max(0.5) }
}
