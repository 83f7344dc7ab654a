//! What would the curve of this function look like? A workload, simulated as the tuning tool would measure it.
//!
//! `cargo run --example simulate`

use powercurve::simulate::{Tuning, exact};
use powercurve::{MemoryMb, Result, Workload};

/// Prints expected and sampled durations.
pub fn main() -> Result<()> {
    let workload = Workload::from_toml(
        r#"
        name = "thumbnail"
        runtime = "nodejs"
        [cpu]
        work_ms = 900              # CPU time at one full vCPU
        [[call]]
        name = "database"
        latency_ms = 12
        [[transfer]]
        megabytes = 4
        "#,
    )?;
    let sizes = [128, 256, 512, 1024, 1769, 3008].map(MemoryMb::new).into_iter().collect::<Result<Vec<_>>>()?;
    let expected = exact(&workload, &sizes, Default::default())?.run.curve;
    let sampled = Tuning { invocations: 20, seed: 1, ..Tuning::default() }.run(&workload, &sizes)?.run.curve;
    println!("{:>8} {:>12} {:>12}", "memory", "expected", "measured");
    for (e, s) in expected.points().iter().zip(sampled.points()) {
        println!("{:>8} {:>12} {:>12}", e.memory.to_string(), e.duration.to_string(), s.duration.to_string());
    }
    assert!(expected.points().windows(2).all(|w| w[1].duration <= w[0].duration));
    Ok(())
}
