//! Load files and baselines.
#![no_main]

use libfuzzer_sys::fuzz_target;
use powercurve::ingest::{Baseline, Input, Loads};

fuzz_target!(|bytes: &[u8]| {
    for head in [&b""[..], b"function,invocations,memory,storage\n", b"function;requests;size\n"] {
        let input = || vec![Ok(Input::of_bytes("input", [head, bytes].concat()))];
        match Loads::read_inputs(input()) {
            Err(error) => powercurve_fuzz::check_located(&error),
            Ok((loads, rejected)) => {
                rejected.iter().for_each(powercurve_fuzz::check_located);
                assert!(loads.iter().next().is_some(), "nothing is said");
                for (name, load) in loads.iter() {
                    assert_eq!(loads.get(name), Some(load), "{name:?}");
                    let numbers = [load.invocations_per_month, load.storage_mb];
                    assert!(numbers.iter().flatten().all(|x| (0.0..=1e15).contains(x)), "{load:?}");
                }
            }
        }
        let (baseline, rejected) = Baseline::read_inputs(input());
        rejected.iter().for_each(powercurve_fuzz::check_located);
        assert!(!baseline.is_empty() || !rejected.is_empty(), "nothing is said");
    }
});
