//! CSV with the usual columns, then with any.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|rows: &[u8]| {
    powercurve_fuzz::check_file(&[b"function,memory,duration,count,sd,init,cost\n", rows].concat());
    powercurve_fuzz::check_file(rows);
});
