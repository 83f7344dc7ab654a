//! Visualization URLs, and texts that hold such.
#![no_main]

use libfuzzer_sys::fuzz_target;
use powercurve::ingest::url;

fuzz_target!(|text: &str| {
    for found in std::iter::once(text).chain(url::find(text)) {
        match url::decode(found, "input") {
            Ok(runs) => runs.iter().for_each(powercurve_fuzz::check_run),
            Err(error) => powercurve_fuzz::check_error(&error),
        }
    }
});
