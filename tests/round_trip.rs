//! Promise: what was read is written back, and what is written is read back.

use powercurve::export::{self, Tuning};
use powercurve::ingest::{self, parse_record};
use powercurve::{Arch, MemoryMb, Millis, Pattern, Point, PowerCurve, Run, Sample, Start, Usd};
use proptest::prelude::*;
use serde_json::{Map, Value};

const REAL_RUNS: &str = include_str!("../datasets/real-runs.jsonl");

fn read_text(name: &str, text: &str) -> Vec<Run> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    ingest::read(&[path.to_str().unwrap().to_owned()]).collect::<Result<_, _>>().unwrap()
}

#[test]
fn all_recorded_runs_are_read_and_keep_every_key() {
    let mut read = 0;
    for line in REAL_RUNS.lines() {
        let run = parse_record(line.as_bytes()).unwrap();
        let before: Map<String, Value> = serde_json::from_str(line).unwrap();
        let after: Map<String, Value> = serde_json::from_str(&export::record(&run)).unwrap();
        for (key, value) in &before {
            if key == "arch" && value.is_null() {
                assert!(after[key].is_null() || after[key].is_string(), "{}: inferred or unknown", run.id);
            } else {
                assert_eq!(as_float(&after[key]), as_float(value), "{}: {key}", run.id);
            }
        }
        assert_eq!(after.len(), before.len(), "{}: no key is added", run.id);
        read += 1;
    }
    assert_eq!(read, 219);
}

/// 128 and 128.0 are the same number.
fn as_float(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(as_float).collect(),
        Value::Number(n) => n.as_f64().into(),
        other => other.clone(),
    }
}

#[test]
fn the_architecture_read_from_costs_agrees_with_the_recorded_one() {
    let (mut agree, mut differ) = (0, Vec::new());
    for line in REAL_RUNS.lines() {
        let run = parse_record(line.as_bytes()).unwrap();
        let mut unlabelled: Map<String, Value> = serde_json::from_str(line).unwrap();
        if unlabelled["arch"].is_null() {
            continue;
        }
        unlabelled.remove("arch");
        let inferred = parse_record(Value::Object(unlabelled).to_string().as_bytes()).unwrap().arch;
        match inferred {
            Some(arch) if Some(arch) == run.arch => agree += 1,
            Some(_) => differ.push(run.id),
            None => {}
        }
    }
    assert!(differ.is_empty(), "{differ:?}");
    assert!(agree >= 100, "only {agree} runs tell their architecture");
}

prop_compose! {
    fn point(float32: bool)(
        mb in 128u32..=10_240,
        ms in 0.01..1e6f64,
        usd in 1e-10..1e-2f64,
        known in any::<(bool, bool, bool)>(),
        count in 1u64..1000,
        sd_ms in 0.0..1e4f64,
        used in 10u32..10_240,
    ) -> Point {
        let short = |x: f64| if float32 { (x as f32).to_string().parse().unwrap() } else { x };
        let mut point = Point::new(MemoryMb::new(mb).unwrap(), Millis::new(short(ms)).unwrap());
        if float32 || known.0 {
            point = point.with_cost(Usd::new(short(usd)).unwrap());
        }
        if !float32 && known.1 {
            point.sample = Sample { count: Some(count), sd_ms: Some(sd_ms), ..Sample::default() };
        }
        if !float32 && known.2 {
            point.sample.max_memory_used_mb = Some(f64::from(used));
            point.sample.p50_ms = Some(ms / 2.0);
            point.sample.p90_ms = Some(ms * 2.0);
            point.sample.p95_ms = Some(ms * 3.0);
            point.sample.p99_ms = Some(ms * 4.0);
            point.sample.init_ms = Some(sd_ms + 1.0);
            point.sample.cold_starts = Some(count / 2);
        }
        point
    }
}

fn curve(float32: bool) -> impl Strategy<Value = PowerCurve> {
    prop::collection::vec(point(float32), 1..20).prop_map(|mut points| {
        points.sort_by_key(|p| p.memory);
        points.dedup_by_key(|p| p.memory);
        PowerCurve::new(points).unwrap()
    })
}

prop_compose! {
    fn run()(
        curve in curve(false),
        id in "\\PC{1,20}",
        runtime in prop::option::of("[a-z]{3,8}"),
        arm in prop::option::of(any::<bool>()),
        invocations in prop::option::of(1u64..1000),
        start in prop::sample::select(vec![None, Some(Start::Cold), Some(Start::Warm), Some(Start::Mixed)]),
        billing_ms in prop::option::of(prop::sample::select(vec![1u32, 100])),
        accept in prop::sample::subsequence(Pattern::ALL.to_vec(), 1..4),
        note in "\\PC{0,20}",
    ) -> Run {
        let mut run = Run::new(id, curve);
        run.runtime = runtime;
        run.arch = arm.map(|arm| if arm { Arch::Arm64 } else { Arch::X86_64 });
        run.invocations = invocations;
        run.start = start;
        run.billing_ms = billing_ms;
        run.accept = accept;
        run.extra.insert("note".to_owned(), note.into());
        run
    }
}

/// Reading may add what the costs tell.
fn without_inference(mut run: Run, like: &Run) -> Run {
    run.warnings.clear();
    run.arch = run.arch.filter(|_| like.arch.is_some());
    run
}

proptest! {
    #[test]
    fn records(run in run()) {
        let line = export::record(&run);
        prop_assert!(!line.contains('\n'));
        let back = parse_record(line.as_bytes()).unwrap();
        prop_assert_eq!(without_inference(back, &run), run);
    }

    #[test]
    fn urls_to_the_byte(first in curve(true), second in curve(true), legends in ["\\PC{1,12}", "\\PC{1,12}"]) {
        let [a, b] = [first, second].map(|curve| Run::new("f", curve));
        let url = export::visualization_url(&a).unwrap();
        let back = ingest::url::decode(&url, "f").unwrap();
        prop_assert_eq!(&back[0].curve, &a.curve);
        prop_assert_eq!(export::visualization_url(&back[0]).unwrap(), url);

        let [mut a, mut b] = [a, b];
        [a.id, b.id] = legends.map(|l| format!("x{l}x"));
        let url = export::comparison_url(&a, &b).unwrap();
        let back = ingest::url::decode(&url, "f").unwrap();
        prop_assert_eq!((&back[0].id, &back[0].curve), (&a.id, &a.curve));
        prop_assert_eq!((&back[1].id, &back[1].curve), (&b.id, &b.curve));
        prop_assert_eq!(export::comparison_url(&back[0], &back[1]).unwrap(), url);
    }

    #[test]
    fn any_float32_keeps_its_bits(bits in any::<u32>()) {
        let ms = f32::from_bits(bits & 0x7fff_ffff);
        let ms = ms.max(1.001 * Millis::MIN_MS as f32); // every float32 of a duration
        prop_assume!(f64::from(ms) <= Millis::MAX_MS);
        let point = Point::new(MemoryMb::MIN, Millis::new(f64::from(ms)).unwrap()).with_cost(Usd::ZERO);
        let url = export::visualization_url(&Run::new("f", PowerCurve::new(vec![point]).unwrap())).unwrap();
        let back = ingest::url::decode(&url, "f").unwrap();
        prop_assert_eq!(back[0].curve.points()[0].duration.ms() as f32, ms);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn power_tuning_output(curve in curve(true)) {
        let run = Run::new("resize", curve);
        let best = run.curve.points()[0].memory;
        let usd = |x| Usd::new(x).unwrap();
        let tuning = Tuning { best, execution_cost: usd(0.0006), lambda_cost: usd(0.0005) };
        let json = export::lpt(&run, &tuning).unwrap();
        let back = read_text("resize.json", &json);
        prop_assert_eq!((&back[0].id, &back[0].curve), (&run.id, &run.curve));
        let mut value: Value = serde_json::from_str(&json).unwrap();
        value.as_object_mut().unwrap().remove("stats");
        prop_assert_eq!(&read_text("resize.json", &value.to_string())[0].curve, &run.curve, "the URL holds the curve too");
    }

    #[test]
    fn csv(runs in prop::collection::vec(run(), 1..4)) {
        let runs: Vec<Run> = runs
            .into_iter()
            .zip('a'..)
            .map(|(run, name)| {
                let mut plain = Run::new(format!("{name}, \"{name}\""), run.curve);
                (plain.runtime, plain.arch, plain.accept) = (run.runtime, run.arch, run.accept);
                plain
            })
            .collect();
        let back = read_text("table.csv", &export::csv(&runs).unwrap());
        prop_assert_eq!(back.len(), runs.len());
        for (back, run) in back.into_iter().zip(runs) {
            prop_assert_eq!(without_inference(back, &run), run);
        }
    }
}

#[test]
fn a_url_needs_every_cost() {
    let run = Run::new("f", PowerCurve::from_ms(&[(128, 8.0)]).unwrap());
    let error = export::visualization_url(&run).unwrap_err();
    assert!(error.to_string().starts_with("f: a visualization URL needs the cost"));
}
