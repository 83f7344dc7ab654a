//! What about the sizes that nobody measured? The whole curve, with 90 % intervals, from two of them.
//!
//! `cargo run --example predict`

use powercurve::model::{Known, Library, Observation, Posterior};
use powercurve::{MemoryMb, PowerCurve, Result, Run};

/// Predicts a curve from two measured sizes.
pub fn main() -> Result<()> {
    let measured = Run::new("thumbnails", PowerCurve::from_ms(&[(256, 13_187.6), (1024, 3279.4)])?);
    // the CPU time of one invocation, as Lambda Insights reports it, would go into `Known`
    let posterior = Posterior::new(Library::shipped(), &Observation::of(&measured), &Known::default());
    for mb in [128, 256, 512, 1024, 1769, 3008] {
        let memory = MemoryMb::new(mb)?;
        let p = posterior.predict(memory);
        println!("{:>8} {:>8.0} ms  ({:.0} to {:.0})", memory.to_string(), p.ms, p.low_ms, p.high_ms);
        assert!(p.low_ms < p.ms && p.ms < p.high_ms);
    }
    Ok(())
}
