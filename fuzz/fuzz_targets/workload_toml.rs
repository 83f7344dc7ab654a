//! Workload files: what is accepted is written back, simulated and changed by levers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use powercurve::simulate::{Tuning, exact};
use powercurve::workload::{Environment, Lever, Scenario};
use powercurve::{MemoryMb, Workload};

fuzz_target!(|text: &str| {
    let workload = match Workload::from_toml(text) {
        Ok(workload) => workload,
        Err(error) => return powercurve_fuzz::check_error(&error),
    };
    check_round_trip(&workload);
    let sizes = [128, 1769, 10_240].map(|mb| MemoryMb::new(mb).expect("a size of Lambda"));
    check_exact(&workload, &sizes);
    let _ = Tuning { invocations: 2, ..Tuning::default() }.run(&workload, &sizes[..1]);

    // every lever alone, and all that apply one after the other
    let before = Scenario { workload, environment: Environment::on_demand(1e6, Default::default()) };
    let mut all = before.clone();
    for info in &Lever::ALL {
        let lever: Lever = info.name.parse().expect("the name of a lever");
        for scenario in [&before, &all.clone()] {
            match lever.apply(scenario) {
                Ok(after) => {
                    check_round_trip(&after.workload);
                    assert_ne!(&after, scenario, "{} changes nothing", info.name);
                    all = after;
                }
                Err(error) => {
                    let place = format!("lever {}", info.name);
                    assert!(error.place() == [place] && !error.problem().is_empty(), "{error}");
                }
            }
        }
    }
    check_exact(&all.workload, &sizes[1..2]);
});

fn check_round_trip(workload: &Workload) {
    assert_eq!(Workload::from_toml(&workload.to_toml()).as_ref(), Ok(workload));
}

fn check_exact(workload: &Workload, sizes: &[MemoryMb]) {
    match exact(workload, sizes, Default::default()) {
        Ok(result) => powercurve_fuzz::check_run(&result.run),
        Err(error) => powercurve_fuzz::check_error(&error),
    }
}
