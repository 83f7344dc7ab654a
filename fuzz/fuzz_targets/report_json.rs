//! Logs as JSON: events a line, documents, rows of an export.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|log: &[u8]| {
    powercurve_fuzz::check_file(log);
    let log = [b"{\"type\":\"platform.report\",\"record\":", log].concat();
    powercurve_fuzz::check_file(&log);
    powercurve_fuzz::check_statistics(&log);
});
