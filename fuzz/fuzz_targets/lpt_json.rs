//! Output of the tuning tool in its wrappings: JSON documents.
#![no_main]

use libfuzzer_sys::fuzz_target;
use powercurve::ingest;

fuzz_target!(|text: &str| {
    powercurve_fuzz::check_items(&ingest::read_text("input", text), powercurve_fuzz::check_error);
});
