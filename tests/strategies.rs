//! Promise: the three strategies pick what aws-lambda-power-tuning picks, on every recorded run.

use powercurve::advise::{PricedCurve, Strategy, pareto};
use powercurve::platform::billing::BillingStep;
use powercurve::platform::pricing::{PriceBasis, PriceTable};
use powercurve::{Arch, MemoryMb, Millis, Point, PowerCurve, Usd};
use serde_json::Value;

const WEIGHTS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

/// Memory size, duration and cost at each size of one recorded run.
struct Recorded {
    id: String,
    arch: Option<Arch>,
    billing_ms: Option<u64>,
    sizes: Vec<(u32, f64, f64)>,
}

/// Every recorded run that has costs, sizes ascending.
fn recorded_runs() -> Vec<Recorded> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/datasets/real-runs.jsonl")).unwrap();
    let numbers = |v: &Value| v.as_array().map(|a| a.iter().map(|n| n.as_f64().unwrap()).collect::<Vec<_>>());
    text.lines()
        .filter_map(|line| {
            let record: Value = serde_json::from_str(line).unwrap();
            let costs = numbers(&record["cost_usd"])?;
            let memory = numbers(&record["memory_mb"])?;
            let duration = numbers(&record["duration_ms"])?;
            let mut sizes: Vec<_> =
                memory.iter().zip(duration).zip(costs).map(|((&m, d), c)| (m as u32, d, c)).collect();
            sizes.sort_by_key(|s| s.0);
            Some(Recorded {
                id: record["id"].as_str()?.to_owned(),
                arch: record["arch"].as_str().and_then(|a| a.parse().ok()),
                billing_ms: record["billing_ms"].as_u64(),
                sizes,
            })
        })
        .collect()
}

fn priced(run: &Recorded) -> PricedCurve {
    let point = |&(mb, ms, usd): &(u32, f64, f64)| {
        Point::new(MemoryMb::new(mb).unwrap(), Millis::new(ms).unwrap()).with_cost(Usd::new(usd).unwrap())
    };
    PricedCurve::recorded(&PowerCurve::new(run.sizes.iter().map(point).collect()).unwrap()).unwrap()
}

/// A straightforward reading of the tuner's manual: sort by the quantity, take the first.
fn sorted_first(run: &Recorded, better: impl Fn(&(u32, f64, f64), &(u32, f64, f64)) -> bool) -> u32 {
    let mut best = run.sizes[0];
    for size in &run.sizes[1..] {
        if better(size, &best) {
            best = *size;
        }
    }
    best.0
}

#[test]
fn cost_and_speed_on_every_recorded_run() {
    let runs = recorded_runs();
    assert_eq!(runs.len(), 203);
    for run in &runs {
        let cheapest = sorted_first(run, |a, b| a.2 < b.2 || (a.2 == b.2 && a.1 < b.1));
        let fastest = sorted_first(run, |a, b| a.1 < b.1 || (a.1 == b.1 && a.2 < b.2));
        assert_eq!(Strategy::Cost.pick(&priced(run)).memory.mb(), cheapest, "{}", run.id);
        assert_eq!(Strategy::Speed.pick(&priced(run)).memory.mb(), fastest, "{}", run.id);
    }
}

#[test]
fn balanced_on_every_recorded_run() {
    for run in &recorded_runs() {
        let (mut max_cost, mut max_duration) = (f64::MIN, f64::MIN);
        for size in &run.sizes {
            max_cost = max_cost.max(size.2);
            max_duration = max_duration.max(size.1);
        }
        for w in WEIGHTS {
            let value = |s: &(u32, f64, f64)| w * s.2 / max_cost + (1.0 - w) * s.1 / max_duration;
            let expected = sorted_first(run, |a, b| value(a) < value(b));
            let picked = Strategy::balanced(w).unwrap().pick(&priced(run)).memory.mb();
            assert_eq!(picked, expected, "{} with weight {w}", run.id);
        }
    }
}

#[test]
fn the_example_of_the_tuners_readme() {
    let runs = recorded_runs();
    let readme = runs.iter().find(|run| run.id == "lpt-readme-example").unwrap();
    let pick = |strategy: Strategy| strategy.pick(&priced(readme)).memory.mb();
    // 1024 and 1536 MB cost the same: the faster wins
    assert_eq!(pick(Strategy::Cost), 1536);
    assert_eq!(pick(Strategy::Speed), 3008);
    assert_eq!(pick(Strategy::balanced(0.5).unwrap()), 1536);
    // weights beyond the ends are clamped
    assert_eq!(pick(Strategy::balanced(-3.0).unwrap()), pick(Strategy::balanced(0.0).unwrap()));
    assert_eq!(pick(Strategy::balanced(9.0).unwrap()), pick(Strategy::balanced(1.0).unwrap()));
}

#[test]
fn the_pareto_set_is_what_no_other_size_beats() {
    for run in &recorded_runs() {
        let curve = priced(run);
        let beaten = |p: &(u32, f64, f64)| {
            run.sizes.iter().any(|q| {
                let as_good = q.1 <= p.1 && q.2 <= p.2;
                as_good && (q.1 < p.1 || q.2 < p.2 || q.0 < p.0)
            })
        };
        let expected: Vec<u32> = run.sizes.iter().filter(|p| !beaten(p)).map(|p| p.0).collect();
        let set: Vec<u32> = pareto(&curve).iter().map(|p| p.memory.mb()).collect();
        assert_eq!(set, expected, "{}", run.id);
        assert!(set.contains(&Strategy::Cost.pick(&curve).memory.mb()), "{}", run.id);
        assert!(set.contains(&Strategy::Speed.pick(&curve).memory.mb()), "{}", run.id);
    }
}

#[test]
fn prices_of_the_tuner_reproduce_recorded_costs() {
    // recorded costs come from billed durations, the recorded durations may hold unbilled init or be
    // rounded: more than three in five costs still follow to six digits, and all of the README's to the last
    let (mut same, mut all) = (0, 0);
    for run in &recorded_runs() {
        let (Some(arch), Some(1)) = (run.arch, run.billing_ms) else { continue };
        let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, "us-east-1", arch, BillingStep::Ms1).unwrap();
        for &(mb, ms, usd) in &run.sizes {
            let cost = tariff.cost(MemoryMb::new(mb).unwrap(), Millis::new(ms).unwrap()).usd();
            all += 1;
            same += usize::from((cost / usd - 1.0).abs() < 1e-6);
        }
    }
    assert!(all > 1500 && same * 5 > all * 3, "{same} of {all}");

    let runs = recorded_runs();
    let readme = runs.iter().find(|run| run.id == "lpt-readme-example").unwrap();
    let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, "us-east-1", Arch::X86_64, BillingStep::Ms100).unwrap();
    for &(mb, ms, usd) in &readme.sizes {
        let cost = tariff.cost(MemoryMb::new(mb).unwrap(), Millis::new(ms).unwrap()).usd();
        assert!((cost / usd - 1.0).abs() < 1e-12, "{mb} MB: {cost} against {usd}");
    }
}
