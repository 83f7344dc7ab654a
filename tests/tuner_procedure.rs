//! The tuner computes what aws-lambda-power-tuning 4.4.0 computes (lambda/executor.js, lambda/utils.js):
//! duration with init, trimmed means, cost from the billed mean rounded up. The numbers are worked
//! out by hand.

use powercurve::platform::billing::BillingStep;
use powercurve::simulate::{Outcome, Tuning, TuningResult};
use powercurve::{Arch, MemoryMb, Point, Start, Workload};

/// Waits exactly 100.4 ms, without any other variation; its init takes about 50 ms.
const WAITS_100_4_MS: &str = r#"
    name = "waits"
    runtime = "rust"
    [[call]]
    latency_ms = 100.4
    distribution = "constant"
    [cold_start]
    init_ms = 50
    [noise]
    cpu_cv = 0
    drift_cv = 0
"#;

fn workload(toml: &str) -> Workload {
    Workload::from_toml(toml).unwrap()
}

fn tune(workload: &Workload, tuning: Tuning) -> TuningResult {
    tuning.run(workload, &[MemoryMb::new(1024).unwrap()]).unwrap()
}

fn only_point(result: &TuningResult) -> Point {
    let [point] = result.run.curve.points() else { panic!("one size") };
    *point
}

fn assert_cost(point: &Point, expected: f64) {
    let cost = point.cost.unwrap().usd();
    assert!((cost / expected - 1.0).abs() < 1e-12, "{cost} instead of {expected}");
}

const FIVE: Tuning =
    Tuning { invocations: 5, discard: 0.2, parallel: false, billing: BillingStep::Ms1, seed: 3, run: 0 };

#[test]
fn the_trimmed_mean_drops_the_cold_start_of_a_series() {
    let result = tune(&workload(WAITS_100_4_MS), FIVE);
    let point = only_point(&result);
    // 100.4 four times and once with init; floor(5 * 0.2) = 1 dropped at each end
    assert!((point.duration.ms() - 100.4).abs() < 1e-9);
    // 101 ms billed * 2.1e-9 $ * 1024 / 128
    assert_cost(&point, 101.0 * 2.1e-9 * 8.0);
    assert_eq!((point.sample.count, point.sample.cold_starts), (Some(5), Some(1)));
    assert_eq!(result.run.start, Some(Start::Warm));
}

#[test]
fn without_discarding_the_init_is_in_the_mean_and_in_the_bill() {
    let point = only_point(&tune(&workload(WAITS_100_4_MS), Tuning { discard: 0.0, ..FIVE }));
    let init_ms = point.sample.init_ms.unwrap();
    assert!((35.0..70.0).contains(&init_ms), "{init_ms}");
    assert!((point.duration.ms() - (100.4 + init_ms / 5.0)).abs() < 1e-9);
    // billed: four times 101, once handler and init together; the mean is rounded up
    let mean_billed = (4.0 * 101.0 + (100.4 + init_ms).ceil()) / 5.0;
    assert_cost(&point, mean_billed.ceil() * 2.1e-9 * 8.0);
}

#[test]
fn arm_has_its_own_price() {
    let mut waits = workload(WAITS_100_4_MS);
    waits.arch = Arch::Arm64;
    assert_cost(&only_point(&tune(&waits, FIVE)), 101.0 * 1.7e-9 * 8.0);
}

#[test]
fn billing_by_100_ms_rounds_up_to_hundreds_and_leaves_out_the_init() {
    let all_cold =
        format!("{WAITS_100_4_MS}\n[memory]\nfootprint_mb = 100").replace("[cold_start]", "[cold_start]\nshare = 1");
    let result = tune(&workload(&all_cold), Tuning { billing: BillingStep::Ms100, ..FIVE });
    let point = only_point(&result);
    assert!(point.duration.ms() > 140.0); // with init
    assert_cost(&point, 200.0 * 2.08e-9 * 8.0); // 100.4 without
    assert_eq!(result.run.start, Some(Start::Cold));
    assert_eq!(result.run.billing_ms, Some(100));
}

#[test]
fn the_share_dropped_is_rounded_down() {
    // sampled durations, sorted and trimmed here by hand: floor(7 * 0.4) = 2 at each end
    let noisy = workload("runtime = \"rust\"\n[[call]]\nlatency_ms = 80\nlatency_cv = 0.5");
    let tuning = Tuning { invocations: 7, discard: 0.4, ..FIVE };
    let memory = MemoryMb::new(1024).unwrap();
    let results = tuning.invocations(&noisy, memory).unwrap();
    let mut durations: Vec<f64> = results.iter().map(|r| r.duration.ms() + r.init.map_or(0.0, |i| i.ms())).collect();
    let mut billed: Vec<f64> = results.iter().map(|r| r.billed.ms()).collect();
    durations.sort_by(f64::total_cmp);
    billed.sort_by(f64::total_cmp);
    let point = only_point(&tune(&noisy, tuning));
    assert!((point.duration.ms() - durations[2..5].iter().sum::<f64>() / 3.0).abs() < 1e-9);
    assert_cost(&point, (billed[2..5].iter().sum::<f64>() / 3.0).ceil() * 2.1e-9 * 8.0);
}

#[test]
fn sizes_that_fail_are_named_and_left_out() {
    let sizes = [128, 256, 1024].map(|mb| MemoryMb::new(mb).unwrap());
    let big = workload("[cpu]\nwork_ms = 200000\n[memory]\nfootprint_mb = 150");
    let result = FIVE.run(&big, &sizes).unwrap();
    assert_eq!(result.run.curve.sizes().map(MemoryMb::mb).collect::<Vec<_>>(), [1024]);
    let [(small, Outcome::OutOfMemory(needs)), (middle, Outcome::TimedOut(takes_ms))] = result.failed[..] else {
        panic!("{:?}", result.failed)
    };
    assert_eq!((small.mb(), needs, middle.mb()), (128, 150.0, 256));
    assert!(takes_ms > 900_000.0);

    let error = FIVE.run(&big, &sizes[..2]).unwrap_err().to_string();
    assert!(error.contains("no memory size finishes"), "{error}");
}

#[test]
fn parameters_out_of_range_are_refused() {
    let waits = workload(WAITS_100_4_MS);
    let error = |tuning: Tuning| tuning.run(&waits, &[MemoryMb::MIN]).unwrap_err().to_string();
    assert!(error(Tuning { invocations: 0, ..FIVE }).contains("1 to 100000"));
    assert!(error(Tuning { discard: 0.5, ..FIVE }).contains("0 to 0.4"));
    assert!(error(Tuning { discard: f64::NAN, ..FIVE }).contains("0 to 0.4"));
}

#[test]
fn parallel_invocation_lets_cold_starts_into_the_means() {
    let sizes: Vec<_> = [128, 256, 512, 1024, 1536, 3008].map(|mb| MemoryMb::new(mb).unwrap()).to_vec();
    let api = powercurve::workload::preset("third-party-api").unwrap();
    let cold = |parallel| {
        let run = Tuning { invocations: 20, parallel, ..FIVE }.run(&api, &sizes).unwrap().run;
        (run.curve.points().iter().map(|p| p.sample.cold_starts.unwrap()).collect::<Vec<_>>(), run.start)
    };
    // a 1.6 s wait outlasts every init: each invocation needs an environment of its own
    assert_eq!(cold(true), (vec![20; 6], Some(Start::Cold)));
    assert_eq!(cold(false), (vec![1; 6], Some(Start::Warm)));

    // a handler of 1 ms shares environments: how many cold starts leak in is a matter of chance, and
    // neighbouring sizes differ by factors, as published runs with parallel invocation do
    let no_op = powercurve::workload::preset("no-op").unwrap();
    let largest_ratio = |parallel| {
        let ratio = |seed| {
            let tuning = Tuning { invocations: 20, parallel, seed, ..FIVE };
            let curve = tuning.run(&no_op, &sizes).unwrap().run.curve;
            let ms: Vec<f64> = curve.points().iter().map(|p| p.duration.ms()).collect();
            ms.windows(2).map(|w| (w[1] / w[0]).max(w[0] / w[1])).fold(1.0, f64::max)
        };
        let mut ratios: Vec<f64> = (0..9).map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        ratios[4]
    };
    assert!(largest_ratio(true) > 4.0, "{}", largest_ratio(true));
    assert!(largest_ratio(false) < 2.0, "{}", largest_ratio(false));
}

#[test]
fn advice_on_sizes_that_all_fail_can_be_followed() {
    let help = |toml: &str, mb: u32| {
        let tuning = Tuning { invocations: 5, ..Tuning::default() };
        tuning.run(&workload(toml), &[MemoryMb::new(mb).unwrap()]).unwrap_err().to_string()
    };
    assert!(help("[cpu]\nwork_ms = 9\n[memory]\nfootprint_mb = 300", 128).contains("--memory 300"));
    let long = "[cpu]\nwork_ms = 2e6";
    assert!(help(long, 3008).contains("--memory 10240"));
    assert!(!help(long, 10_240).contains("--memory"));
}
