//! Promise: the quota model reproduces published measurements of throttled functions, with the CPU time of the
//! task as the only free number.

use powercurve::platform::cpu::ONE_VCPU_MB;
use powercurve::platform::quota::{QuotaClock, expected_ms};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One memory size of `datasets/quota-sweep.csv`.
struct Point {
    memory_mb: f64,
    mean_ms: f64,
}

fn sweep() -> Vec<Point> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/quota-sweep.csv");
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_path(path).unwrap();
    let points: Vec<Point> = reader
        .deserialize::<std::collections::HashMap<String, f64>>()
        .map(|row| row.unwrap())
        .map(|row| Point { memory_mb: row["memory_mb"], mean_ms: row["mean_ms"] })
        .collect();
    assert!(points.len() >= 20, "the sweep has only {} sizes", points.len());
    points
}

/// Times from an answer to the next start in the sweep, in ms: 20 quantiles (2.5 %, 7.5 % ...) of the 155
/// pauses between the calls that are listed for 128, 345, 558, 1000 and 1301 MB.
const PAUSES_MS: [f64; 20] = [
    155.9, 156.7, 156.9, 157.3, 157.7, 157.9, 158.2, 158.4, 158.7, 159.1, 159.2, 159.5, 159.7, 160.0, 160.3, 160.7,
    161.2, 162.3, 162.8, 168.5,
];

/// Mean duration of calls that one client makes one after another, as in the sweep.
fn in_series_ms(memory_mb: f64, cpu_ms: f64) -> f64 {
    const CALLS: u32 = 300;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut clock = QuotaClock::new(memory_mb / ONE_VCPU_MB, rng.random());
    let mut total = 0.0;
    for _ in 0..CALLS {
        let start = clock.now();
        clock.burst(cpu_ms);
        total += clock.now() - start;
        clock.burst(0.0); // the pause begins when the answer is out
        clock.wait(PAUSES_MS[rng.random_range(0..PAUSES_MS.len())]);
    }
    total / f64::from(CALLS)
}

/// Mean of calls that arrive at any time.
fn at_random_ms(memory_mb: f64, cpu_ms: f64) -> f64 {
    expected_ms(memory_mb / ONE_VCPU_MB, |clock| clock.burst(cpu_ms))
}

fn relative_error<'a>(model: impl Fn(f64) -> f64, points: impl IntoIterator<Item = &'a Point>) -> f64 {
    let errors: Vec<f64> =
        points.into_iter().map(|p| (model(p.memory_mb) - p.mean_ms).abs() / p.mean_ms).collect();
    errors.iter().sum::<f64>() / errors.len() as f64
}

/// The CPU time between 15 and 19 ms with the smallest error.
fn fit(model: fn(f64, f64) -> f64, points: &[&Point]) -> f64 {
    let error = |cpu: f64| relative_error(|m| model(m, cpu), points.iter().copied());
    (0..=80)
        .map(|i| 15.0 + 0.05 * f64::from(i))
        .min_by(|a, b| error(*a).total_cmp(&error(*b)))
        .expect("the grid is not empty")
}

#[test]
fn the_sweep_is_reproduced_with_the_cpu_time_as_the_only_free_number() {
    let points = sweep();
    let all: Vec<&Point> = points.iter().collect();
    let cpu = fit(in_series_ms, &all);
    let error = relative_error(|m| in_series_ms(m, cpu), &points);
    println!("series {cpu:.2} {error:.4}");
    for p in &points { println!("{} {} {:.1}", p.memory_mb, p.mean_ms, in_series_ms(p.memory_mb, cpu)); }
    let r = fit(at_random_ms, &all);
    println!("random {r:.2} {:.4}", relative_error(|m| at_random_ms(m, r), &points));
    let (even, odd): (Vec<_>, Vec<_>) = all.iter().enumerate().partition(|(i, _)| i % 2 == 0);
    let strip = |v: Vec<(usize, &&'_ Point)>| -> Vec<usize> { v.iter().map(|x| x.0).collect() };
    let (e, o) = (strip(even), strip(odd));
    let pick = |ix: &[usize]| -> Vec<&Point> { ix.iter().map(|&i| &points[i]).collect() };
    for (a, b) in [(&e, &o), (&o, &e)] {
        let c = fit(in_series_ms, &pick(a));
        println!("held out c {c:.2} {:.4}", relative_error(|m| in_series_ms(m, c), pick(b)));
    }
    assert!(error < 0.055, "mean absolute relative error {error:.4} at {cpu:.2} ms");
}
