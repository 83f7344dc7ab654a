//! Behind a service that does not scale, neighbouring memory sizes differ by far more than the noise of a mean,
//! and more invocations do not help.

use powercurve::simulate::Tuning;
use powercurve::workload::preset;
use powercurve::{MemoryMb, PowerCurve};

fn curves(name: &str, invocations: u32) -> Vec<PowerCurve> {
    let sizes = [128, 256, 512, 1024, 1536, 3008].map(|mb| MemoryMb::new(mb).unwrap());
    let workload = preset(name).unwrap();
    (0..12)
        .map(|seed| Tuning { invocations, seed, ..Tuning::default() }.run(&workload, &sizes).unwrap().run.curve)
        .collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Median ratio of two neighbouring sizes, as a factor above 1.
fn neighbour_factor(curves: &[PowerCurve]) -> f64 {
    let ratio = |w: &[powercurve::Point]| (w[1].duration.ms() / w[0].duration.ms()).ln().abs();
    median(curves.iter().flat_map(|c| c.points().windows(2).map(ratio)).collect()).exp()
}

#[test]
fn neighbours_of_small_database_differ_by_far_more_than_sampling_noise() {
    let random = curves("small-database", 50);
    // what the spread within a size would lead one to expect of a mean of 50
    let standard_error = |p: &powercurve::Point| p.sample.sd_ms.unwrap() / 50f64.sqrt() / p.duration.ms();
    let expected = median(random.iter().flat_map(|c| c.points().iter().map(standard_error)).collect());
    let seen = neighbour_factor(&random) - 1.0;
    assert!(seen > 0.5, "neighbours differ by {seen}");
    assert!(seen > 4.0 * expected, "neighbours differ by {seen}, sampling noise is {expected}");
    assert!(neighbour_factor(&curves("third-party-api", 50)) < 1.1);
}

#[test]
fn ten_times_the_invocations_do_not_smooth_it() {
    assert!(neighbour_factor(&curves("small-database", 20)) > 1.5);
    assert!(neighbour_factor(&curves("small-database", 200)) > 1.3);
}

#[test]
fn its_curve_rises_as_often_as_it_falls() {
    let rises: Vec<bool> = curves("small-database", 50)
        .iter()
        .flat_map(|c| c.points().windows(2).map(|w| w[1].duration > w[0].duration).collect::<Vec<_>>())
        .collect();
    let share = rises.iter().filter(|&&r| r).count() as f64 / rises.len() as f64;
    assert!((0.3..0.7).contains(&share), "{share}");
}
