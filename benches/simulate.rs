//! How fast invocations are simulated, beside drawing the same numbers and doing nothing with them.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use powercurve::MemoryMb;
use powercurve::simulate::Tuning;
use powercurve::workload::preset;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, LogNormal, StandardNormal};
use rayon::ThreadPoolBuilder;

const INVOCATIONS: u32 = 100_000;

/// The numbers that one invocation of each preset draws at 512 MB: log-normal ones, normal ones, and yes-or-no ones.
const DRAWS: [(&str, usize, usize, usize); 2] = [("prime-numbers", 2, 1, 2), ("third-party-api", 3, 1, 2)];

fn invocations(c: &mut Criterion) {
    let mut group = c.benchmark_group("simulate");
    group.sample_size(10).throughput(Throughput::Elements(INVOCATIONS.into()));
    for (name, log_normal, normal, yes_or_no) in DRAWS {
        let workload = preset(name).expect("a preset");
        let sizes = [MemoryMb::new(512).expect("a size")];
        let tuning = Tuning { invocations: INVOCATIONS, ..Tuning::default() };
        group.bench_function(format!("{name} simulated"), |b| b.iter(|| tuning.run(&workload, &sizes)));
        let factor = LogNormal::from_mean_cv(1.0, 0.1).expect("a distribution");
        group.bench_function(format!("{name} drawn"), |b| {
            b.iter(|| {
                let mut rng = ChaCha8Rng::seed_from_u64(1);
                let mut sum = 0.0;
                for _ in 0..INVOCATIONS {
                    (0..log_normal).for_each(|_| sum += factor.sample(&mut rng));
                    (0..normal).for_each(|_| sum += Distribution::<f64>::sample(&StandardNormal, &mut rng));
                    (0..yes_or_no).for_each(|_| sum += f64::from(rng.random_bool(0.01)));
                }
                black_box(sum)
            });
        });
    }
    group.finish();
}

fn cores(c: &mut Criterion) {
    let workload = preset("thumbnail").expect("a preset");
    let sizes: Vec<MemoryMb> = (1..=16).filter_map(|i| MemoryMb::new(256 * i).ok()).collect();
    let tuning = Tuning { invocations: 20_000, ..Tuning::default() };
    let mut group = c.benchmark_group("simulate on cores");
    group.sample_size(10).throughput(Throughput::Elements(20_000 * sizes.len() as u64));
    for cores in [1, 2] {
        let pool = ThreadPoolBuilder::new().num_threads(cores).build().expect("threads");
        group.bench_function(cores.to_string(), |b| b.iter(|| pool.install(|| tuning.run(&workload, &sizes))));
    }
}

criterion_group! {
    name = benches;
    // plotters is built without system fonts here
    config = Criterion::default().without_plots();
    targets = invocations, cores
}
criterion_main!(benches);
