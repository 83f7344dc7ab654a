//! Where a fit starts: the physical terms of a run by non-negative least squares, which has one solution.
//!
//! Away from the CPU quota's staircase the duration of a warm invocation is a sum of terms, each a known function of the
//! memory size `m` times an unknown amount that cannot be negative:
//!
//! ```text
//! d(m) = wait + work / s + overhead (1/s - 1) / s + pressure (f / (m - f))^2 / s + parallel(m),   s = min(1, m / knee)
//! ```
//!
//! with the functions of [`crate::simulate`]. The few numbers that enter otherwise (knee, footprint `f`, number of
//! threads) are tried in turn.

use nalgebra::{DMatrix, DVector};

use crate::curve::Arch;
use crate::platform::cpu;
use crate::simulate::expected_ms;
use crate::units::MemoryMb;
use crate::workload::{Call, Cpu, Footprint, Runtime, Workload};

/// Knees that are tried, relative to that of the instruction set.
const KNEES: [f64; 3] = [0.94, 1.0, 1.06];

/// Numbers of threads that are tried for work in parallel; none comes first.
const THREADS: [u32; 6] = [1, 2, 3, 4, 8, 16];

/// Footprints that are tried, as a share of the smallest size that Lambda offers: a curve that rises tells of memory pressure,
/// not of sizes at which the function would fail.
const FOOTPRINTS: [f64; 3] = [0.6, 0.85, 0.96];

/// Long enough for the CPU quota's staircase to be flat, in ms.
const LONG_MS: f64 = 1e5;

/// The closest workloads with one thread and with several, each with what a search may start from.
///
pub(super) fn starts(sizes: &[MemoryMb], durations: &[f64], arch: Arch) -> Vec<Workload> {
    let beyond = sizes.last().is_some_and(|m| m.as_f64() > cpu::knee_mb(arch));
    let closest = |threads: &[u32]| {
        let tries = KNEES.into_iter().flat_map(|k| FOOTPRINTS.map(|f| (k, f)));
        let tries = tries.flat_map(|(k, f)| threads.iter().map(move |&t| (k, f, t)));
        tries
            .map(|(knee, footprint, threads)| {
                let terms = Terms::new(sizes, knee * cpu::knee_mb(arch), footprint, threads, arch);
                terms.solve(durations)
            })
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, workload)| workload)
    };
    let one = closest(&THREADS[..1]);
    let many = if beyond { closest(&THREADS[1..]) } else { None };
    one.into_iter().chain(many).collect()
}

/// The terms at the measured sizes, for one choice of everything that is not an amount.
struct Terms {
    knee_mb: f64,
    footprint_mb: f64,
    threads: u32,
    arch: Arch,
    /// One row a term, one column a size: its time per ms of its amount.
    rows: Vec<Vec<f64>>,
}

impl Terms {
    fn new(sizes: &[MemoryMb], knee_mb: f64, footprint_share: f64, threads: u32, arch: Arch) -> Self {
        let footprint_mb = footprint_share * MemoryMb::MIN.as_f64();
        let plain = Workload {
            runtime: Runtime::Custom,
            arch,
            cpu: Cpu {
                throttle_overhead: 0.0,
                knee_mb: Some(knee_mb),
                helper_fraction: Some(0.0),
                threads,
                ..Cpu::default()
            },
            ..Workload::default()
        };
        let row = |change: &dyn Fn(&mut Workload)| {
            let mut w = plain.clone();
            change(&mut w);
            sizes.iter().map(|&m| expected_ms(&w, m) / LONG_MS).collect::<Vec<f64>>()
        };
        let wait = vec![1.0; sizes.len()];
        let work = row(&|w| w.cpu.work_ms = LONG_MS);
        let more = |changed: Vec<f64>| changed.iter().zip(&work).map(|(a, b)| a - b).collect::<Vec<f64>>();
        let overhead = more(row(&|w| (w.cpu.work_ms, w.cpu.throttle_overhead) = (LONG_MS, 1.0)));
        let pressure = more(row(&|w| {
            w.cpu.work_ms = LONG_MS;
            w.memory = Footprint { footprint_mb: Some(footprint_mb), pressure: 1.0 };
        }));
        let mut rows = vec![wait, work, overhead, pressure];
        if threads > 1 {
            rows.push(row(&|w| w.cpu.parallel_ms = LONG_MS));
        }
        Self { knee_mb, footprint_mb, threads, arch, rows }
    }

    /// The amounts of least squares of `1 - d / measured`, as a workload; with the squares.
    fn solve(&self, durations: &[f64]) -> (f64, Workload) {
        let relative = |row: &Vec<f64>| row.iter().zip(durations).map(|(g, d)| g / d).collect();
        let rows: Vec<Vec<f64>> = self.rows.iter().map(relative).collect();
        let (amounts, squares) = non_negative(&rows, &vec![1.0; durations.len()]);
        (squares, self.workload(&amounts))
    }

    fn workload(&self, amounts: &[f64]) -> Workload {
        let parallel_ms = amounts.get(4).copied().unwrap_or(0.0);
        // overhead and pressure are shares of the work; the search needs a little work to turn
        let total: f64 = amounts.iter().sum();
        let work_ms = amounts[1].max(1e-3 * total);
        let mut workload = Workload {
            arch: self.arch,
            cpu: Cpu {
                work_ms,
                parallel_ms,
                threads: if parallel_ms > 0.0 { self.threads } else { 1 },
                longest_thread: (parallel_ms > 0.0).then(|| 1.0 / f64::from(self.threads)),
                helper_fraction: Some(0.0),
                throttle_overhead: (amounts[2] / work_ms).min(2.0),
                knee_mb: Some(self.knee_mb.clamp(128.0, 10_240.0)),
            },
            memory: Footprint { footprint_mb: Some(self.footprint_mb), pressure: (amounts[3] / work_ms).min(100.0) },
            ..Workload::default()
        };
        if amounts[0] > 0.0 {
            workload.calls.push(Call { latency_ms: amounts[0], ..Call::default() });
        }
        workload
    }
}

/// The `x >= 0` of least squares of `target - sum_i x_i rows_i`, and the squares.
///
/// The active set method: Lawson and Hanson, Solving Least Squares Problems (1974), chapter 23.
fn non_negative(rows: &[Vec<f64>], target: &[f64]) -> (Vec<f64>, f64) {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let n = rows.len();
    let gram = DMatrix::from_fn(n, n, |i, j| dot(&rows[i], &rows[j]));
    let right = DVector::from_iterator(n, rows.iter().map(|a| dot(a, target)));
    let mut x = DVector::zeros(n);
    let mut passive: Vec<usize> = Vec::new();
    // each term enters a few times at most; a bound keeps rounding from cycling
    for _ in 0..4 * n {
        let gradient = &right - &gram * &x;
        let gain = |i: &usize| gradient[*i] / gram[(*i, *i)].sqrt();
        let entering = (0..n).filter(|i| !passive.contains(i) && gain(i) > 1e-9 * right.norm());
        let Some(entering) = entering.max_by(|a, b| gain(a).total_cmp(&gain(b))) else { break };
        passive.push(entering);
        // leave out what would turn negative, as far as it goes
        while let Some(free) = solve(&gram, &right, &passive) {
            let blocking = passive.iter().zip(&free).filter(|(_, z)| **z <= 0.0);
            let Some(step) = blocking.map(|(&i, z)| x[i] / (x[i] - z)).min_by(f64::total_cmp) else {
                passive.iter().zip(&free).for_each(|(&i, z)| x[i] = *z);
                break;
            };
            passive.iter().zip(&free).for_each(|(&i, z)| x[i] += step * (z - x[i]));
            passive.retain(|&i| x[i] > 1e-12 * x.amax());
            (0..n).filter(|i| !passive.contains(i)).for_each(|i| x[i] = 0.0);
        }
    }
    let fitted = |k: usize| x.iter().zip(rows).map(|(x, row)| x * row[k]).sum::<f64>();
    let squares = (0..target.len()).map(|k| (target[k] - fitted(k)).powi(2)).sum();
    (x.iter().copied().collect(), squares)
}

/// Least squares over some of the terms; `None` when they cannot be told apart.
fn solve(gram: &DMatrix<f64>, right: &DVector<f64>, terms: &[usize]) -> Option<Vec<f64>> {
    let part = DMatrix::from_fn(terms.len(), terms.len(), |i, j| gram[(terms[i], terms[j])]);
    let right = DVector::from_iterator(terms.len(), terms.iter().map(|&i| right[i]));
    Some(part.cholesky()?.solve(&right).iter().copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_terms_of_a_sum() {
        let rows = vec![vec![1.0, 1.0, 1.0, 1.0], vec![4.0, 2.0, 1.0, 1.0], vec![9.0, 3.0, 0.0, 0.0]];
        let target: Vec<f64> = (0..4).map(|k| 3.0 * rows[0][k] + 5.0 * rows[1][k]).collect();
        let (x, squares) = non_negative(&rows, &target);
        assert!((x[0] - 3.0).abs() < 0.05 && (x[1] - 5.0).abs() < 0.05 && x[2] < 0.05, "{x:?}");
        assert!(squares < 1e-3);
    }

    #[test]
    fn recovers_a_workload_of_several_terms() {
        let sizes = [128, 256, 512, 1024, 2048, 4096, 10_240].map(|mb| MemoryMb::new(mb).unwrap());
        let truth = Workload {
            cpu: Cpu { work_ms: 400.0, parallel_ms: 9000.0, threads: 4, throttle_overhead: 0.0, ..Cpu::default() },
            calls: vec![Call { latency_ms: 700.0, ..Call::default() }],
            ..Workload::default()
        };
        let durations: Vec<f64> = sizes.iter().map(|&m| expected_ms(&truth, m)).collect();
        let found = starts(&sizes, &durations, Arch::X86_64);
        let off = |w: &Workload| {
            let each = sizes.iter().zip(&durations).map(|(&m, d)| (expected_ms(w, m) / d - 1.0).abs());
            each.fold(0.0, f64::max)
        };
        assert!(off(&found[1]) < 0.03, "{}", off(&found[1]));
        assert!(off(&found[0]) > 0.1, "one thread cannot explain it");
    }
}
