//! Workload files: what is accepted is written back, simulated and changed by levers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use powercurve::simulate::{Tuning, exact};
use powercurve::{MemoryMb, Workload};

fuzz_target!(|text: &str| {
    let workload = match Workload::from_toml(text) {
        Ok(workload) => workload,
        Err(error) => return powercurve_fuzz::check_error(&error),
    };
    assert_eq!(Workload::from_toml(&workload.to_toml()).as_ref(), Ok(&workload));
    let sizes = [128, 1769, 10_240].map(|mb| MemoryMb::new(mb).expect("a size of Lambda"));
    match exact(&workload, &sizes, Default::default()) {
        Ok(result) => powercurve_fuzz::check_run(&result.run),
        Err(error) => powercurve_fuzz::check_error(&error),
    }
    let _ = Tuning { invocations: 2, ..Tuning::default() }.run(&workload, &sizes[..1]);
});
