//! The expected curve of each preset shows what its pattern is known for: slopes, flatness, knee.
//!
//! The slope between two sizes is -d ln(duration) / d ln(memory): 1 is CPU-bound, 0 is waiting. The bounds
//! are those of published curves of the same kind of function.

use powercurve::simulate::exact;
use powercurve::workload::{PRESETS, preset};
use powercurve::{MemoryMb, PowerCurve};

fn curve(name: &str) -> PowerCurve {
    let sizes: Vec<_> = (128..=10_240).step_by(8).map(|mb| MemoryMb::new(mb).unwrap()).collect();
    exact(&preset(name).unwrap(), &sizes, Default::default()).unwrap().run.curve
}

fn ms(curve: &PowerCurve, mb: u32) -> f64 {
    curve.at(MemoryMb::new(mb).unwrap()).unwrap().duration.ms()
}

fn slope(curve: &PowerCurve, low: u32, high: u32) -> f64 {
    (ms(curve, low) / ms(curve, high)).ln() / (f64::from(high) / f64::from(low)).ln()
}

/// The smallest size that is within 5 % of the fastest.
fn knee(curve: &PowerCurve) -> u32 {
    let fastest = curve.points().iter().map(|p| p.duration.ms()).fold(f64::INFINITY, f64::min);
    curve.points().iter().find(|p| p.duration.ms() <= 1.05 * fastest).unwrap().memory.mb()
}

/// How the cost grows with memory between two sizes: 0 is the same cost, 1 is proportional.
fn cost_slope(curve: &PowerCurve, low: u32, high: u32) -> f64 {
    let cost = |mb| curve.at(MemoryMb::new(mb).unwrap()).unwrap().cost.unwrap().usd();
    (cost(high) / cost(low)).ln() / (f64::from(high) / f64::from(low)).ln()
}

#[test]
fn no_op_is_a_few_ms_and_flat_while_its_cost_follows_memory() {
    let c = curve("no-op");
    assert!(ms(&c, 128) < 15.0);
    assert!(slope(&c, 128, 1024).abs() < 0.05 && slope(&c, 1024, 10_240).abs() < 0.01);
    assert!(cost_slope(&c, 128, 3008) > 0.95);
}

#[test]
fn prime_numbers_halve_with_double_memory_up_to_one_vcpu() {
    let c = curve("prime-numbers");
    assert!((0.95..1.1).contains(&slope(&c, 128, 1768)));
    assert!(slope(&c, 2048, 10_240).abs() < 0.01);
    assert!((1600..=1776).contains(&knee(&c)), "{}", knee(&c));
    assert!(cost_slope(&c, 128, 1024).abs() < 0.05 && cost_slope(&c, 2048, 10_240) > 0.99);
    // published: 25148 / 12578 / 6067 / 3084 / 2087 / 1783 / 1781 / 1787 ms
    // (aws/aws-graviton-getting-started, prime demo, x86_64)
    let published =
        [(128, 25148.0), (256, 12578.0), (512, 6067.0), (1024, 3084.0), (1536, 2087.0), (2048, 1783.0), (3008, 1781.0)];
    for (mb, published_ms) in published {
        let off = ms(&c, mb) / published_ms - 1.0;
        assert!(off.abs() < 0.025, "{mb} MB: {off}");
    }
}

#[test]
fn matrix_inversion_keeps_falling_past_one_vcpu() {
    let c = curve("matrix-inversion");
    assert!((0.95..1.1).contains(&slope(&c, 128, 1768)));
    assert!(slope(&c, 2048, 6144) > 0.6, "{}", slope(&c, 2048, 6144));
    assert!(knee(&c) > 6000, "{}", knee(&c));
}

#[test]
fn third_party_api_is_flat_and_its_cost_follows_memory() {
    let c = curve("third-party-api");
    assert!((1600.0..1700.0).contains(&ms(&c, 512)));
    assert!(slope(&c, 128, 1768).abs() < 0.2 && slope(&c, 1768, 10_240).abs() < 0.05);
    assert!(cost_slope(&c, 128, 3008) > 0.95);
}

#[test]
fn dynamodb_queries_are_steep_to_512_mb_then_flat() {
    let c = curve("dynamodb-three-queries");
    assert!((0.6..1.3).contains(&slope(&c, 128, 512)), "{}", slope(&c, 128, 512));
    assert!((0.4..0.8).contains(&slope(&c, 128, 1024)), "{}", slope(&c, 128, 1024));
    assert!(slope(&c, 1024, 3008) < 0.05);
    assert!((400..=1024).contains(&knee(&c)), "{}", knee(&c));
    let cheapest = c.points().iter().min_by(|a, b| a.cost.partial_cmp(&b.cost).unwrap()).unwrap();
    assert!((200..=1024).contains(&cheapest.memory.mb()), "{}", cheapest.memory);
}

#[test]
fn s3_download_stops_where_one_core_keeps_up_with_the_stream() {
    let c = curve("s3-download");
    assert!((0.95..1.1).contains(&slope(&c, 128, 512)));
    assert!((640..=1769).contains(&knee(&c)), "{}", knee(&c));
    assert!(slope(&c, 1536, 10_240).abs() < 0.01);
    // 100 MB at 75 MB/s on one connection
    assert!((ms(&c, 3008) - 1333.3).abs() < 10.0);
}

#[test]
fn s3_download_on_threads_goes_on_to_the_network_cap() {
    let c = curve("s3-download-threads");
    assert!(slope(&c, 1768, 2560) > 0.7, "{}", slope(&c, 1768, 2560));
    assert!((2048..=3584).contains(&knee(&c)), "{}", knee(&c));
    // 100 MB at the burst bandwidth of 340 MB/s
    assert!((ms(&c, 6144) - 294.1).abs() < 10.0);
    assert!(ms(&c, 3008) < ms(&curve("s3-download"), 3008) / 3.0);
}

#[test]
fn thumbnail_is_steep_where_its_cpu_work_rules_and_ends_on_its_calls() {
    let c = curve("thumbnail");
    assert!((0.9..1.15).contains(&slope(&c, 128, 512)), "{}", slope(&c, 128, 512));
    assert!((0.7..0.95).contains(&slope(&c, 1024, 1768)), "{}", slope(&c, 1024, 1768));
    assert!((1600..=1900).contains(&knee(&c)), "{}", knee(&c));
    let cheapest = c.points().iter().min_by(|a, b| a.cost.partial_cmp(&b.cost).unwrap()).unwrap();
    assert!(cheapest.memory.mb() < 1024, "{}", cheapest.memory);
}

#[test]
fn java_cold_start_has_a_floor_that_no_size_moves() {
    let c = curve("java-cold-start");
    // the init of 2100 ms, and a first call of about two seconds of CPU work behind it
    assert!(ms(&c, 10_240) > 2100.0 && ms(&c, 10_240) < 2100.0 + 2200.0, "{}", ms(&c, 10_240));
    let first_call = |mb| ms(&c, mb) - 2100.0;
    let gain = first_call(256) / first_call(1024);
    assert!((3.6..4.4).contains(&gain), "{gain}");
}

#[test]
fn small_database_has_no_trend() {
    let c = curve("small-database");
    assert!(slope(&c, 128, 1024).abs() < 0.05 && slope(&c, 1024, 10_240).abs() < 0.01);
    // waiting in the queue is nearly all of it
    assert!(ms(&c, 1024) > 10.0 * (4.0 + 4.0));
}

#[test]
fn no_preset_goes_without_a_test() {
    let tested = include_str!("presets_show_their_pattern.rs");
    for preset in PRESETS {
        let name = preset.name;
        assert!(tested.contains(&format!("let c = curve(\"{name}\")")), "{name}");
    }
}
