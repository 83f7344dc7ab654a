//! Run records, one a line or a single one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use powercurve::ingest::parse_record;

fuzz_target!(|record: &[u8]| {
    match parse_record(record) {
        Ok(run) => powercurve_fuzz::check_run(&run),
        Err(error) => powercurve_fuzz::check_error(&error),
    }
    powercurve_fuzz::check_file(&[b"{\"memory_mb\":[128],\"duration_ms\":[5]}\n", record].concat());
});
