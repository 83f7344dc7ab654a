//! Which pattern is this curve, and why? Every form of a recorded run is read: here a file and a visualization URL.
//!
//! `cargo run --example classify -- FILE...`

use powercurve::pattern::Reader;
use powercurve::{Result, ingest};

/// Classifies the runs of the arguments, or of two examples.
pub fn main() -> Result<()> {
    let given: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let examples =
        ["datasets/examples/lpt-output.json", "https://lambda-power-tuning.show/#gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI="];
    let args = if given.is_empty() { examples.map(str::to_owned).to_vec() } else { given };
    let reader = Reader::shipped();
    for run in ingest::read(&args) {
        let run = run?;
        let answer = reader.classify(&run);
        let doubt = if answer.uncertain { "perhaps " } else { "" };
        println!("{}: {doubt}{} ({:.0} %)", run.id, answer.pattern, 100.0 * answer.confidence);
        answer.reasons.iter().for_each(|reason| println!("  - {reason}"));
    }
    Ok(())
}
