//! REPORT lines as text.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|log: &[u8]| {
    let log = [b"REPORT RequestId: 3f6a2c1e-9b4d-4c8a-8f17-5d2e6b7a9c01\t", log].concat();
    powercurve_fuzz::check_file(&log);
    powercurve_fuzz::check_statistics(&log);
});
