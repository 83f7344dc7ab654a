//! Reading RUN arguments.

use std::fs::File;
use std::io::{self, BufRead, BufReader};

use serde_json::{Map, Value};

use crate::curve::{Point, PowerCurve, Run};
use crate::error::{Error, Result};
use crate::units::{MemoryMb, Millis, Usd};

/// The runs that the arguments name: files of run records, one JSON object a line, `-` for standard input.
pub fn read_runs(args: &[String]) -> Vec<Result<Run>> {
    args.iter().flat_map(|arg| read_file(arg).unwrap_or_else(|e| vec![Err(e.at(arg.as_str()))])).collect()
}

fn read_file(arg: &str) -> Result<Vec<Result<Run>>> {
    let unreadable = |e: io::Error| Error::new(format!("cannot be read: {e}"));
    let reader: Box<dyn BufRead> = match arg {
        "-" => Box::new(io::stdin().lock()),
        path => Box::new(BufReader::new(File::open(path).map_err(unreadable)?)),
    };
    let mut runs = Vec::new();
    for (i, line) in reader.lines().enumerate() {
        let line = line.map_err(unreadable)?;
        if !line.trim().is_empty() {
            runs.push(parse(&line).map_err(|e| e.at(format!("line {}", i + 1)).at(arg)));
        }
    }
    Ok(runs)
}

fn parse(line: &str) -> Result<Run> {
    let record: Map<String, Value> =
        serde_json::from_str(line).map_err(|e| Error::new(format!("not a run record: {e}: expected a JSON object")))?;
    let numbers = |key: &str| -> Option<Vec<f64>> { record.get(key)?.as_array()?.iter().map(Value::as_f64).collect() };
    let missing = |key: &str| Error::new(format!("'{key}' is missing: expected a list of numbers"));
    let memory = numbers("memory_mb").ok_or_else(|| missing("memory_mb"))?;
    let duration = numbers("duration_ms").ok_or_else(|| missing("duration_ms"))?;
    let cost = numbers("cost_usd");
    if duration.len() != memory.len() || cost.as_ref().is_some_and(|c| c.len() != memory.len()) {
        return Err(Error::new("memory_mb, duration_ms and cost_usd differ in length: expected one value a size"));
    }
    let point = |i: usize| {
        let point = Point::new(MemoryMb::from_f64(memory[i])?, Millis::new(duration[i])?);
        cost.as_ref().map_or(Ok(point), |c| Ok(point.with_cost(Usd::new(c[i])?)))
    };
    let curve = PowerCurve::new((0..memory.len()).map(point).collect::<Result<_>>()?)?;
    let text = |key: &str| record.get(key).and_then(Value::as_str);
    let mut run = Run::new(text("id").unwrap_or("run"), curve);
    run.arch = text("arch").map(str::parse).transpose()?;
    run.billing_ms = record.get("billing_ms").and_then(Value::as_u64).and_then(|ms| ms.try_into().ok());
    Ok(run)
}
