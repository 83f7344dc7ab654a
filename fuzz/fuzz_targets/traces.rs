//! X-Ray traces.
#![no_main]

use libfuzzer_sys::fuzz_target;
use powercurve::ingest::traces::waiting_ms_of;

fuzz_target!(|json: &[u8]| {
    match waiting_ms_of(json) {
        Ok(ms) => assert!(ms > 0.0 && ms.is_finite(), "{ms}"),
        Err(error) => powercurve_fuzz::check_error(&error),
    }
});
