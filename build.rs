//! Turns the price table into JSON, so that who only looks up a price carries no TOML reader: in the page that is an eighth
//! of the download.

use std::path::Path;
use std::{env, fs};

const PRICES: &str = "datasets/prices.toml";

fn main() {
    println!("cargo::rerun-if-changed={PRICES}");
    println!("cargo::rerun-if-changed=build.rs");
    let text = fs::read_to_string(PRICES).expect("the price table is there");
    let table: toml::Table = text.parse().expect("the price table is TOML");
    // JSON has no infinity: a tier without a limit gets null
    let json = serde_json::to_string(&table).expect("a table of tables has a form in JSON");
    let folder = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&folder).join("prices.json"), json).expect("the output folder can be written");
}
