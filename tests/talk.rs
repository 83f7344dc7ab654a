//! Promise: the lessons of the talk come out of the simulator, and the same levers under 1 ms billing beside them.

use powercurve::advise::{Cliff, Market, evaluate, expected_duration};
use powercurve::platform::billing::BillingStep;
use powercurve::platform::pricing::{PriceBasis, PriceTable};
use powercurve::workload::{Environment, Lever, Scenario, preset};
use powercurve::{Arch, MemoryMb, Millis, Workload};

fn mb(mb: u32) -> MemoryMb {
    MemoryMb::new(mb).unwrap()
}

/// Expected duration in ms.
fn ms(workload: &Workload, at: u32) -> f64 {
    expected_duration(workload, mb(at)).unwrap().ms()
}

#[test]
fn a_call_of_105_ms_costs_as_one_of_200_and_six_ms_less_halve_it() {
    let cost = |step: BillingStep, ms: f64| {
        let tariff = PriceTable::embedded().tariff(PriceBasis::List, "us-east-1", Arch::X86_64, step).unwrap();
        tariff.without_request().cost(mb(512), Millis::new(ms).unwrap()).usd()
    };
    assert_eq!(cost(BillingStep::Ms100, 105.0), cost(BillingStep::Ms100, 200.0));
    assert!((cost(BillingStep::Ms100, 99.0) / cost(BillingStep::Ms100, 105.0) - 0.5).abs() < 1e-12);
    // today the same six ms save six parts in 105
    assert!((cost(BillingStep::Ms1, 99.0) / cost(BillingStep::Ms1, 105.0) - 99.0 / 105.0).abs() < 1e-12);
    assert!(cost(BillingStep::Ms1, 105.0) < 0.53 * cost(BillingStep::Ms1, 200.0));

    let cliff = |step| {
        let tariff = PriceTable::embedded().tariff(PriceBasis::Lpt, "us-east-1", Arch::X86_64, step).unwrap();
        Cliff::below(mb(512), Millis::new(105.0).unwrap(), &tariff)
    };
    assert!(cliff(BillingStep::Ms100).unwrap().is_steep());
    assert!(!cliff(BillingStep::Ms1).is_some_and(|c| c.is_steep()));
}

#[test]
fn a_lever_of_ten_ms_under_both_billing_steps() {
    let toml = "[[call]]\nname = 'api'\nlatency_ms = 95\n[[call]]\nname = 'publish'\nlatency_ms = 10";
    let market = Market { region: "us-east-1".into(), given: Default::default(), free_tier: false };
    let saved = |step: BillingStep| {
        let environment = Environment::on_demand(1e6, step);
        let before = Scenario { workload: Workload::from_toml(toml).unwrap(), environment };
        let after = "destinations".parse::<Lever>().unwrap().apply(&before).unwrap();
        let time = |s: &Scenario| evaluate(s, mb(1769), &market).unwrap().per_million.usd() - 0.2;
        1.0 - time(&after) / time(&before)
    };
    assert!((saved(BillingStep::Ms100) - 0.5).abs() < 1e-6);
    assert!((saved(BillingStep::Ms1) - 10.0 / 105.0).abs() < 1e-6);
}

#[test]
fn an_api_call_of_1600_ms_gains_nothing_from_memory() {
    let api = preset("third-party-api").unwrap();
    let (small, large) = (ms(&api, 128), ms(&api, 3008));
    assert!((1550.0..1700.0).contains(&large), "{large}");
    assert!(small / large < 1.03, "{small} {large}");
    // the bill grows with the size, under either step
    let cost = |step, at: u32, ms: f64| {
        let tariff = PriceTable::embedded().tariff(PriceBasis::List, "us-east-1", Arch::X86_64, step).unwrap();
        tariff.cost(mb(at), Millis::new(ms).unwrap()).usd()
    };
    for step in BillingStep::ALL {
        assert!(cost(step, 3008, large) > 20.0 * cost(step, 128, small), "{step}");
    }
}

#[test]
fn threads_gain_past_one_vcpu_and_a_loop_does_not() {
    let download = Workload::from_toml("runtime = 'python'\n[[transfer]]\nmegabytes = 200\nconnections = 10").unwrap();
    let gain = ms(&download, 1769) / ms(&download, 3008);
    assert!(gain > 1.2, "{gain}");
    let one_stream = Workload::from_toml("runtime = 'python'\n[[transfer]]\nmegabytes = 200\nconnections = 1").unwrap();
    assert!(ms(&one_stream, 1769) / ms(&one_stream, 3008) < 1.02);
    // a pure loop keeps its one thread busy; what Node does beside it is a few per cent
    let looping = Workload::from_toml("runtime = 'nodejs'\n[cpu]\nwork_ms = 2000\nhelper_fraction = 0").unwrap();
    assert!(ms(&looping, 1769) / ms(&looping, 3008) < 1.01);
    let usual = Workload::from_toml("runtime = 'nodejs'\n[cpu]\nwork_ms = 2000").unwrap();
    assert!(ms(&usual, 1769) / ms(&usual, 3008) < 1.15);
    assert!(ms(&looping, 512) / ms(&looping, 1769) > 3.3);
}
