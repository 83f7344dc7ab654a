//! The bytes of a library of simulated curves.
#![no_main]

use libfuzzer_sys::fuzz_target;
use powercurve::model::Library;

fuzz_target!(|bytes: &[u8]| {
    match Library::from_bytes(bytes) {
        Ok(library) => assert_eq!(library.to_bytes().len(), bytes.len()),
        Err(error) => powercurve_fuzz::check_error(&error),
    }
});
