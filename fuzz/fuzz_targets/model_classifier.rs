//! The JSON of a classifier.
#![no_main]

use libfuzzer_sys::fuzz_target;
use powercurve::pattern::Classifier;

fuzz_target!(|text: &str| {
    match Classifier::from_json(text) {
        Ok(model) => assert_eq!(Classifier::from_json(&model.to_json()), Ok(model)),
        Err(error) => powercurve_fuzz::check_error(&error),
    }
});
