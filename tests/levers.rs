//! Promise: every lever changes what it says, composes with the others, and says why when it cannot.

use powercurve::Workload;
use powercurve::platform::billing::BillingStep;
use powercurve::workload::{Environment, Lever, Scenario};

/// A function on which every lever has something to do.
const EVERYTHING: &str = r#"
runtime = "java"
[cpu]
work_ms = 100
parallel_ms = 50
threads = 2
[[call]]
name = "SSM parameters"
latency_ms = 40
cpu_ms = 3
connect_ms = 30
connect_cpu_ms = 10
keep_alive = false
[[call]]
name = "orders table"
count = 3
latency_ms = 8
[[call]]
name = "publish result"
latency_ms = 20
[[transfer]]
megabytes = 80
[downstream]
capacity = 4
concurrency = 50
[cold_start]
share = 0.01
init_ms = 3000
first_call_cpu_ms = 400
"#;

fn scenario(toml: &str, billing: BillingStep) -> Scenario {
    Scenario { workload: Workload::from_toml(toml).unwrap(), environment: Environment::on_demand(1e6, billing) }
}

fn everything() -> Scenario {
    scenario(EVERYTHING, BillingStep::Ms100)
}

fn apply(lever: &str, before: &Scenario) -> powercurve::Result<Scenario> {
    lever.parse::<Lever>()?.apply(before)
}

fn after(lever: &str) -> Scenario {
    apply(lever, &everything()).unwrap()
}

#[test]
fn every_lever_is_read_described_and_changes_something() {
    for info in &Lever::ALL {
        let lever: Lever = info.name.parse().unwrap();
        assert_eq!(lever.info(), info, "{}", info.name);
        assert_eq!(lever.to_string().parse(), Ok(lever.clone()));
        assert_ne!(lever.apply(&everything()).unwrap(), everything(), "{}", info.name);
        assert!(!info.assumption.is_empty() && !info.source.is_empty(), "{}", info.name);
    }
}

#[test]
fn each_changes_what_it_says() {
    assert!(after("keep-alive").workload.calls.iter().all(|c| c.keep_alive));

    let cached = after("cache-config").workload;
    assert_eq!(cached.calls.len(), 2);
    assert_eq!(cached.cold_start.init_ms, Some(3000.0 + 40.0 + 30.0));
    assert_eq!(cached.cold_start.first_call_cpu_ms, 400.0 + 3.0 + 10.0);

    // only what is on top of an empty Java function (237 ms) can shrink
    assert_eq!(after("smaller-bundle=0.5").workload.cold_start.init_ms, Some(237.0 + 2763.0 / 2.0));
    assert_eq!(after("lazy-init=1").workload.cold_start.init_ms, Some(237.0));

    let names = |s: Scenario| s.workload.calls.into_iter().map(|c| c.name).collect::<Vec<_>>();
    assert_eq!(names(after("destinations")), ["SSM parameters", "orders table"]);
    assert_eq!(names(after("destinations=orders table")), ["SSM parameters", "publish result"]);

    assert_eq!(after("filter-events=0.9").environment.events_per_month, 1e6 * (1.0 - 0.9));
    let pooled = after("connection-pool=6").workload.calls[0].clone();
    assert_eq!((pooled.connect_ms, pooled.connect_cpu_ms), (6.0, 2.0));
    assert_eq!(after("range-get=0.75").workload.transfers[0].megabytes, 20.0);
    assert_eq!(after("multi-thread-transfer=16").workload.transfers[0].connections, 16);
    assert_eq!(after("concurrency-limit").workload.downstream.unwrap().concurrency, 4);
    assert_eq!(after("concurrency-limit=10").workload.downstream.unwrap().concurrency, 10);
    assert_eq!(after("concurrency-limit=49").workload.downstream.unwrap().concurrency, 49);
    assert!(apply("concurrency-limit=50", &everything()).is_err(), "no more than 50 run at the same time anyway");
    assert_eq!(after("billing=1ms").environment.billing, BillingStep::Ms1);

    let provisioned = after("provisioned-concurrency=5");
    // what the environments cannot serve keeps its cold starts
    assert_eq!((provisioned.environment.provisioned, provisioned.workload.cold_start.share), (5, 0.01));

    let arm = after("arm64=0.5").workload;
    // half the time at the same size, where a full vCPU takes 2048 instead of 1769 MB
    let near = |x: f64, at_equal_share: f64| (x / (at_equal_share * 1769.0 / 2048.0) - 1.0).abs() < 1e-12;
    assert!(near(arm.cpu.work_ms, 50.0) && near(arm.cpu.parallel_ms, 25.0) && near(arm.calls[0].cpu_ms, 1.5));
    assert!(near(arm.calls[0].connect_cpu_ms, 5.0) && near(arm.cold_start.first_call_cpu_ms, 200.0));
    assert_eq!(arm.calls[0].latency_ms, 40.0);
    assert!(arm.transfers[0].cpu_ms_per_mb.is_some_and(|ms| near(ms, 3.0))); // of Java's 6
}

#[test]
fn waiting_in_a_workflow_moves_the_longest_wait() {
    // SSM waits 70 ms with its connection set-up, the table 24, publishing 20
    let after = after("step-functions-wait");
    assert_eq!(after.workload.calls.len(), 2);
    assert_eq!(after.workload.cpu.work_ms, 100.0 + 3.0 + 10.0);
    assert_eq!((after.environment.invocations_per_event, after.environment.transitions_per_event), (2, 3));
}

#[test]
fn a_wait_that_moves_leaves_the_work_of_each_of_its_calls() {
    let three = "[cpu]\nwork_ms = 10\n[[call]]\nname = 'job'\ncount = 3\nlatency_ms = 50\ncpu_ms = 4";
    let after = apply("step-functions-wait", &scenario(three, BillingStep::Ms1)).unwrap();
    assert_eq!((after.workload.calls.len(), after.workload.cpu.work_ms), (0, 10.0 + 3.0 * 4.0));
}

#[test]
fn the_longest_wait_is_found_among_calls_of_one_name_or_none() {
    for name in ["", "name = 'table'\n"] {
        let calls = [5, 80, 20].map(|ms| format!("[[call]]\n{name}latency_ms = {ms}\n")).concat();
        let after = apply("step-functions-wait", &scenario(&calls, BillingStep::Ms1)).unwrap();
        assert_eq!(after.workload.calls.iter().map(|c| c.latency_ms).collect::<Vec<_>>(), [5.0, 20.0], "{name}");
    }
    let named = apply("step-functions-wait=orders table", &everything()).unwrap();
    assert!(named.workload.calls.iter().all(|c| c.name != "orders table"));
}

#[test]
fn levers_compose() {
    let one_by_one = apply("arm64=0.7", &after("keep-alive")).unwrap();
    let other_order = apply("keep-alive", &after("arm64=0.7")).unwrap();
    assert_eq!(one_by_one, other_order);
}

#[test]
fn one_that_cannot_help_says_why_and_where_the_time_goes() {
    let api = scenario(
        "[cpu]\nwork_ms = 60\n[[call]]\nname = 'third-party API'\nlatency_ms = 940\nkeep_alive = true",
        BillingStep::Ms1,
    );
    let reason = |lever: &str| apply(lever, &api).unwrap_err().to_string();
    for (lever, why) in [
        ("keep-alive", "every call already reuses its connection"),
        ("cache-config", "no call is named after config"),
        ("lazy-init", "no invocation is a cold start"),
        ("smaller-bundle", "no invocation is a cold start"),
        ("destinations", "no call is named after publish"),
        ("connection-pool", "no call spends time on setting up a connection"),
        ("range-get", "nothing is transferred"),
        ("parallel-calls", "no group of calls follows each other"),
        ("multi-thread-transfer", "nothing is transferred"),
        ("concurrency-limit", "no downstream has a fixed capacity"),
        ("provisioned-concurrency", "no invocation is a cold start"),
    ] {
        let reason = reason(lever);
        assert!(reason.contains(why), "{reason}");
        assert!(reason.contains("94 % of the time is the call 'third-party API'"), "{reason}");
    }
    assert!(reason("billing").contains("already billed by 1 ms"));
    assert!(reason("filter-events=1").contains("leaves nothing to run"));
    assert!(reason("cache-config=nope").contains("no call is named 'nope'"));
    assert!(apply("arm64", &apply("arm64", &api).unwrap()).unwrap_err().to_string().contains("already runs on arm64"));
}

#[test]
fn what_cannot_be_read_names_what_can() {
    let error = |s: &str| s.parse::<Lever>().unwrap_err().to_string();
    assert!(error("faster").contains("keep-alive, cache-config"), "{}", error("faster"));
    assert!(error("keep-alive=1").contains("takes none"));
    assert!(error("range-get=2").contains("0 to 1"));
    assert!(error("range-get=NaN").contains("0 to 1"));
    assert!(error("multi-thread-transfer=0").contains("1 to 1000"));
    assert!(error("billing=10ms").contains("1ms or 100ms"));
}
