//! Promise: the examples of the library run.
//!
//! All but `compare_models`, which trains for minutes in a debug build: it is compiled with the tests, and run to write
//! `datasets/MODEL.md`.

#[path = "../examples/classify.rs"]
mod classify;
#[path = "../examples/predict.rs"]
mod predict;
#[path = "../examples/simulate.rs"]
mod simulate;
#[path = "../examples/whatif.rs"]
mod whatif;

#[test]
fn every_example_runs() {
    for example in [classify::main, predict::main, simulate::main, whatif::main] {
        example().unwrap();
    }
}
