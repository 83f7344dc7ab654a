//! How fast many functions are ranked, beside classifying the same runs.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use powercurve::advise::{Market, RankBy, Wish, rank};
use powercurve::dataset::Recipe;
use powercurve::load::FunctionLoad;
use powercurve::pattern::Reader;
use powercurve::{MemoryMb, Run};
use rayon::prelude::*;

/// Runs of six sizes from the prior, each configured at 1024 MB.
fn functions(count: u64) -> Vec<(Run, FunctionLoad)> {
    let sizes = [128, 256, 512, 1024, 1536, 3008].map(|mb| MemoryMb::new(mb).expect("a size of Lambda")).to_vec();
    let recipe = Recipe { seed: 11, sizes, invocations: 10, pattern: None };
    let mut functions = Vec::new();
    let load =
        FunctionLoad { invocations_per_month: Some(1e6), memory: MemoryMb::new(1024).ok(), ..FunctionLoad::default() };
    let made = recipe.each(
        count,
        |e| e.result.run.clone(),
        |run| {
            functions.push((run, load.clone()));
            Ok(())
        },
    );
    made.expect("the recipe is usable");
    functions
}

fn rank_functions(c: &mut Criterion) {
    let functions = functions(2000);
    let market = Market { region: "us-east-1".to_owned(), given: Default::default(), free_tier: false };
    let mut group = c.benchmark_group("2000 functions");
    group.sample_size(10).throughput(Throughput::Elements(functions.len() as u64));
    group.bench_function("rank", |b| b.iter(|| rank(&functions, &Wish::default(), RankBy::Saving, &market)));
    group.bench_function("classify", |b| {
        b.iter(|| functions.par_iter().filter(|(run, _)| Reader::shipped().classify(run).uncertain).count());
    });
}

criterion_group! {
    name = benches;
    // plotters is built without system fonts here
    config = Criterion::default().without_plots();
    targets = rank_functions
}
criterion_main!(benches);
