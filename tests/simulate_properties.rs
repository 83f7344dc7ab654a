//! What holds for every workload.

use powercurve::platform::billing::BillingStep;
use powercurve::platform::pricing::{PriceBasis, PriceTable};
use powercurve::simulate::{Tuning, exact};
use powercurve::{Arch, MemoryMb, Millis, Workload};
use proptest::prelude::*;

fn sizes() -> Vec<MemoryMb> {
    (128..=10_240).step_by(96).map(|mb| MemoryMb::new(mb).unwrap()).collect()
}

fn workload(toml: &str) -> Workload {
    Workload::from_toml(toml).unwrap()
}

prop_compose! {
    fn any_workload()(
        work in 0.1..3000.0f64, parallel in 0.0..3000.0f64, threads in 1u32..20, count in 0u32..200,
        latency in 0.0..200.0f64, cv in 0.0..3.0f64, cpu in 0.0..20.0f64, mb in 0.0..300.0f64, connections in 1u32..30,
        cold in 0.0..1.0f64, mode in prop::sample::select(vec!["serial", "parallel"]),
        distribution in prop::sample::select(vec!["lognormal", "gamma", "constant"]),
    ) -> Workload {
        workload(&format!(
            "runtime = \"rust\"\n[cpu]\nwork_ms = {work}\nparallel_ms = {parallel}\nthreads = {threads}\n\
             [[call]]\ncount = {count}\nmode = \"{mode}\"\nlatency_ms = {latency}\nlatency_cv = {cv}\n\
             distribution = \"{distribution}\"\ncpu_ms = {cpu}\n\
             [[transfer]]\nmegabytes = {mb}\nconnections = {connections}\n[cold_start]\nshare = {cold}"
        ))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Calls in series lock to the quota's periods at another phase at each size, which moves a mean by up to 1.3 ms
    /// (4,000 amounts of work, 106 sizes); one call at one phase is never slower: see the tests of `platform::quota`.
    #[test]
    fn pure_cpu_work_is_slower_with_more_memory_by_no_more_than_a_phase(
        ln_work in -2.3..10.8f64, overhead in 0.0..0.5f64,
    ) {
        const PHASE_MS: f64 = 2.0;
        let work = ln_work.exp();
        let cpu = workload(&format!("runtime = \"rust\"\n[cpu]\nwork_ms = {work}\nthrottle_overhead = {overhead}"));
        let curve = exact(&cpu, &sizes(), Default::default()).unwrap().run.curve;
        for w in curve.points().windows(2) {
            prop_assert!(w[1].duration.ms() <= w[0].duration.ms() + PHASE_MS, "{} then {}", w[0].duration, w[1].duration);
        }
    }

    #[test]
    fn durations_and_costs_are_positive_and_sampling_does_not_fail(w in any_workload(), seed: u64) {
        let sizes: Vec<_> = [128, 512, 1769, 3008, 10_240].map(|mb| MemoryMb::new(mb).unwrap()).to_vec();
        let tuning = Tuning { invocations: 5, seed, ..Tuning::default() };
        for parallel in [false, true] {
            let result = Tuning { parallel, ..tuning }.run(&w, &sizes).unwrap();
            prop_assert_eq!(result.run.curve.len() + result.failed.len(), 5);
            for p in result.run.curve.points() {
                prop_assert!(p.duration.ms() > 0.0 && p.cost.unwrap().usd() > 0.0);
            }
        }
        let result = exact(&w, &sizes, Default::default()).unwrap();
        prop_assert!(result.run.curve.points().iter().all(|p| p.cost.unwrap().usd() > 0.0));
    }

    /// Large samples without drift and trimming agree with the closed form, apart from the quota's
    /// staircase, over whose phases both average in their own way.
    #[test]
    fn the_sample_mean_tends_to_the_expected_value(
        work in 5.0..500.0f64, count in 0u32..150, latency in 1.0..50.0f64, cpu in 0.0..3.0f64, mb in 128u32..4000,
    ) {
        let w = workload(&format!(
            "runtime = \"nodejs\"\n[cpu]\nwork_ms = {work}\n[[call]]\ncount = {count}\nlatency_ms = {latency}\n\
             cpu_ms = {cpu}\nlatency_cv = 0.3\n[noise]\ndrift_cv = 0"
        ));
        let memory = MemoryMb::new(mb).unwrap();
        let tuning = Tuning { invocations: 601, ..Tuning::default() };
        let results = tuning.invocations(&w, memory).unwrap();
        let mean = results.iter().skip(1).map(|r| r.duration.ms()).sum::<f64>() / 600.0;
        let expected = exact(&w, &[memory], Default::default()).unwrap().run.curve.points()[0].duration.ms();
        prop_assert!((mean / expected - 1.0).abs() < 0.1, "sampled {} expected {}", mean, expected);
    }

    /// One more vCPU: more share, more cores, more network.
    #[test]
    fn one_more_vcpu_never_hurts(w in any_workload(), mb in 128u32..=10_240 - 1769) {
        let sizes = [mb, mb + 1769].map(|mb| MemoryMb::new(mb).unwrap());
        let result = exact(&w, &sizes, Default::default()).unwrap();
        // a size that is too slow to finish is no faster either
        if let [less, more] = result.run.curve.points() {
            prop_assert!(more.duration.ms() <= less.duration.ms() * (1.0 + 1e-9), "{} then {}", less.duration, more.duration);
        } else {
            prop_assert!(result.failed[0].0 == sizes[0], "only the larger size fails: {:?}", result.failed);
        }
    }

    /// Less CPU: at equal memory, with a later knee every thread has a smaller share.
    #[test]
    fn never_faster_with_less_cpu(w in any_workload(), mb in 1024u32..=10_240, knee in 1024.0..8000.0f64, more in 1.0..1.25f64) {
        let at = |knee: f64| {
            let mut w = w.clone();
            w.cpu.knee_mb = Some(knee);
            let result = exact(&w, &[MemoryMb::new(mb).unwrap()], Default::default());
            result.map_or(f64::INFINITY, |r| r.run.curve.points()[0].duration.ms())
        };
        // under a quota, calls meet its periods at other phases: the mean over them is good to some per cent
        let slack = if f64::from(mb) < knee * more { 1.03 } else { 1.0 + 1e-9 };
        prop_assert!(at(knee) <= at(knee * more) * slack, "{} then {}", at(knee), at(knee * more));
    }

    #[test]
    fn what_is_billed_is_at_least_the_duration(w in any_workload(), mb in 128u32..=10_240, seed: u64, parallel: bool) {
        for billing in BillingStep::ALL {
            let tuning = Tuning { invocations: 8, billing, seed, parallel, ..Tuning::default() };
            for invocation in tuning.invocations(&w, MemoryMb::new(mb).unwrap()).unwrap() {
                let (billed, duration) = (invocation.billed.ms(), invocation.duration.ms());
                // a duration may sit on the end of the clock, where nothing is rounded up any more
                prop_assert!(billed >= duration.min(Millis::MAX_MS), "{billed} for {duration}");
                prop_assert_eq!(billed % billing.ms(), 0.0);
            }
        }
    }

    #[test]
    fn the_order_of_the_sizes_does_not_matter(w in any_workload(), seed: u64, order in Just(sizes()[..8].to_vec()).prop_shuffle()) {
        let tuning = Tuning { invocations: 4, seed, ..Tuning::default() };
        let sorted = tuning.run(&w, &sizes()[..8]).unwrap();
        prop_assert_eq!(tuning.run(&w, &order).unwrap().run, sorted.run);
        let sorted = exact(&w, &sizes()[..8], Default::default()).unwrap();
        prop_assert_eq!(exact(&w, &order, Default::default()).unwrap().run, sorted.run);
    }

    /// Twice the time is twice the cost, apart from the price of the request.
    #[test]
    fn time_scales_cost(mb in 128u32..=10_240, steps in 1u32..100_000, times in 1u32..100, arm: bool) {
        let memory = MemoryMb::new(mb).unwrap();
        let arch = if arm { Arch::Arm64 } else { Arch::X86_64 };
        for billing in BillingStep::ALL {
            let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, "us-east-1", arch, billing).unwrap().without_request();
            let ms = f64::from(steps.min(8000)) * billing.ms();
            let cost = |ms| tariff.cost(memory, Millis::new(ms).unwrap()).usd();
            let (once, many) = (cost(ms), cost(ms * f64::from(times)));
            prop_assert!(once > 0.0 && (many / once / f64::from(times) - 1.0).abs() < 1e-9, "{} and {}", once, many);
        }
    }

    #[test]
    fn workload_files_are_read_as_they_were_written(w in any_workload()) {
        prop_assert_eq!(Workload::from_toml(&w.to_toml()).unwrap(), w);
    }
}
