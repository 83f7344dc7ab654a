//! Any curve at all is classified, fitted and predicted.
#![no_main]

use libfuzzer_sys::{arbitrary, fuzz_target};
use powercurve::model::{Known, Library, Observation, Posterior};
use powercurve::pattern::Reader;
use powercurve::predict::fit;
use powercurve::{MemoryMb, Millis, Point, PowerCurve, Run};

#[derive(Debug, arbitrary::Arbitrary)]
struct Curve {
    points: Vec<(u16, f64)>,
    count: Option<u64>,
    sd_ms: Option<u16>,
    init_ms: Option<u16>,
    cpu_ms: Option<u16>,
    wait_ms: Option<u16>,
}

fuzz_target!(|curve: Curve| {
    let point = |&(mb, ms): &(u16, f64)| {
        let mut point = Point::new(MemoryMb::new(u32::from(mb) % 10_113 + 128).ok()?, Millis::new(ms.abs()).ok()?);
        point.sample.count = curve.count;
        point.sample.sd_ms = curve.sd_ms.map(f64::from);
        point.sample.init_ms = curve.init_ms.map(f64::from);
        Some(point)
    };
    let Ok(measured) = PowerCurve::new(curve.points.iter().take(64).filter_map(point).collect()) else { return };
    let run = Run::new("run", measured);
    let answer = Reader::shipped().classify(&run);
    let sum: f64 = answer.probabilities.iter().sum();
    assert!((sum - 1.0).abs() < 1e-9 && (0.0..=1.0).contains(&answer.confidence), "{answer:?}");
    let library = Library::shipped();
    let known = Known {
        cpu_ms: curve.cpu_ms.filter(|&ms| ms > 0).map(f64::from),
        wait_ms: curve.wait_ms.filter(|&ms| ms > 0).map(f64::from),
        pattern: None,
    };
    let posterior = Posterior::new(library, &Observation::of(&run), &known);
    for memory in [128, 1000, 1769, 10_240].map(|mb| MemoryMb::new(mb).expect("a size of Lambda")) {
        let p = posterior.predict(memory);
        assert!(p.ms > 0.0 && p.low_ms <= p.high_ms, "{p:?}");
    }
    let fitted = fit(library, &run);
    assert!(fitted.rms >= 0.0);
    powercurve::Workload::from_toml(&fitted.workload.to_toml()).expect("a fitted workload is a workload");
});
