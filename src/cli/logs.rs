//! `powercurve logs`

use clap::ValueEnum;
use clap::builder::PossibleValue;
use serde_json::{Map, Value};

use super::{Done, Format, Out, report, warn};
use crate::curve::{Failure, RunWarning};
use crate::error::{Error, Result};
use crate::export;
use crate::ingest::{self, FunctionStatistics, SizeStatistics, Summary};
use crate::render::table::{self, Cell, Table};
use crate::units::{MemoryMb, Millis};

/// Sum up Lambda logs of any size: durations, memory, cold starts and failures by function and memory size.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  powercurve logs exported-logs/
  aws logs tail /aws/lambda/resize --since 7d | powercurve logs -
  powercurve logs resize.log.gz --format csv > resize.csv
  powercurve logs exported-logs/ --format record | powercurve classify -

Invocations of one function count together, in whichever file they are. Durations are those of the handler in \
invocations that succeeded; init is kept apart. The trimmed mean leaves out a fifth at each end, as \
aws-lambda-power-tuning does. It and the percentiles are exact for up to 256 invocations of a size and within 0.5 % \
for more.")]
pub struct Args {
    /// Logs with REPORT lines or platform.report events, plain or packed with gzip: files, folders, or - for standard
    /// input.
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,

    /// How to write the statistics.
    #[arg(long, value_enum, default_value_t)]
    format: Form,
}

/// How the statistics are written: as any answer, or as recorded runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Answer(Format),
    Record,
}

impl Default for Form {
    fn default() -> Self {
        Self::Answer(Format::default())
    }
}

impl ValueEnum for Form {
    fn value_variants<'a>() -> &'a [Self] {
        const {
            &[
                Self::Answer(Format::Table),
                Self::Answer(Format::Json),
                Self::Answer(Format::Jsonl),
                Self::Answer(Format::Csv),
                Self::Answer(Format::Markdown),
                Self::Record,
            ]
        }
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Answer(format) => format.to_possible_value(),
            Self::Record => {
                Some(PossibleValue::new("record").help("Run records, one a line: every other command reads them"))
            }
        }
    }
}

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    let mut functions = Vec::new();
    let mut rejected = Vec::new();
    let (statistics, passed_over) = ingest::logs(&args.runs);
    for result in statistics {
        match result {
            Ok(function) => functions.push(function),
            Err(error) => rejected.push(error),
        }
    }
    if passed_over.files() > 0 {
        warn(format_args!("{passed_over}"));
    }
    if functions.is_empty() {
        // the last rejection is the error of the command
        let last = rejected.pop();
        rejected.iter().for_each(report);
        return Err(last.unwrap_or_else(|| {
            Error::new("no invocation in the logs: expected at least one REPORT line")
                .help("export the log of a function that was invoked, with its REPORT lines")
        }));
    }
    match args.format {
        Form::Record => {
            for function in &functions {
                match function.to_run() {
                    Ok(run) => {
                        run.warnings.iter().for_each(|warning| warn(format_args!("{}: {warning}", run.id)));
                        writeln!(out, "{}", export::record(&run))?;
                    }
                    Err(error) => rejected.push(error),
                }
            }
        }
        Form::Answer(format) => {
            // the failures are in the answer; what could not be counted is not
            for FunctionStatistics { function, incomplete: count, .. } in functions.iter().filter(|f| f.incomplete > 0)
            {
                warn(format_args!("{function}: {}", RunWarning::IncompleteReports { count: *count }));
            }
            write(out, format, &functions)?;
        }
    }
    rejected.iter().for_each(report);
    Ok(if rejected.is_empty() { Done::All } else { Done::SomeRejected })
}

/// Writes one row or object for every function and size.
fn write(out: &mut Out, format: Format, functions: &[FunctionStatistics]) -> Result<()> {
    let rows = || functions.iter().flat_map(|f| f.sizes.iter().map(|size| (f.function.as_str(), size)));
    let record = |(function, size)| -> Map<String, Value> {
        COLUMNS.iter().map(|c| (c.field.to_owned(), (c.value)(function, size))).collect()
    };
    let table = || {
        let columns: Vec<table::Column> =
            COLUMNS.iter().map(|c| table::Column { field: c.field, heading: c.heading }).collect();
        let mut table = Table::new(&columns);
        rows().for_each(|(function, size)| table.row(COLUMNS.iter().map(|c| cell(c, &(c.value)(function, size)))));
        table
    };
    match format {
        Format::Json => writeln!(out, "{:#}", rows().map(|row| Value::Object(record(row))).collect::<Value>()),
        Format::Jsonl => rows().try_for_each(|row| writeln!(out, "{}", Value::Object(record(row)))),
        Format::Csv => write!(out, "{}", table().csv()?),
        Format::Table => write!(out, "{}", table().text()),
        Format::Markdown => write!(out, "{}", table().markdown()),
    }
}

/// One statistic of a function at a size.
struct Column {
    /// Its name in JSON and CSV, as the readers of recorded runs know it.
    field: &'static str,
    /// Its heading for people.
    heading: &'static str,
    value: fn(&str, &SizeStatistics) -> Value,
}

/// All statistics, in the order of the columns.
const COLUMNS: [Column; 18] = [
    Column { field: "function", heading: "function", value: |function, _| function.into() },
    Column { field: "memory_mb", heading: "memory", value: |_, size| size.memory.mb().into() },
    Column { field: "count", heading: "count", value: |_, size| size.duration.map_or(0, |d| d.count).into() },
    Column { field: "duration_ms", heading: "mean", value: |_, size| duration(size, |d| d.mean_ms) },
    Column { field: "trimmed_mean_ms", heading: "trimmed", value: |_, size| duration(size, |d| d.trimmed_mean_ms) },
    Column { field: "sd_ms", heading: "sd", value: |_, size| size.duration.and_then(|d| d.sd_ms).into() },
    Column { field: "p50_ms", heading: "p50", value: |_, size| duration(size, |d| d.p50_ms) },
    Column { field: "p90_ms", heading: "p90", value: |_, size| duration(size, |d| d.p90_ms) },
    Column { field: "p95_ms", heading: "p95", value: |_, size| duration(size, |d| d.p95_ms) },
    Column { field: "p99_ms", heading: "p99", value: |_, size| duration(size, |d| d.p99_ms) },
    Column { field: "max_memory_used_mb", heading: "used", value: |_, size| size.max_memory_used_mb.into() },
    Column { field: "cold_starts", heading: "cold", value: |_, size| size.init.map_or(0, |init| init.count).into() },
    Column { field: "init_ms", heading: "init", value: |_, size| size.init.map(|init| init.mean_ms).into() },
    Column { field: "init_p90_ms", heading: "init p90", value: |_, size| size.init.map(|init| init.p90_ms).into() },
    Column { field: "billed_ms", heading: "billed", value: |_, size| size.billed_ms.into() },
    Column {
        field: Failure::Timeout.column(),
        heading: "timeouts",
        value: |_, size| size.failed(Failure::Timeout).into(),
    },
    Column {
        field: Failure::OutOfMemory.column(),
        heading: "oom",
        value: |_, size| size.failed(Failure::OutOfMemory).into(),
    },
    Column { field: Failure::Error.column(), heading: "errors", value: |_, size| size.failed(Failure::Error).into() },
];

fn duration(size: &SizeStatistics, value: fn(&Summary) -> f64) -> Value {
    size.duration.as_ref().map(value).into()
}

/// The value with its unit.
fn cell(column: &Column, value: &Value) -> Cell {
    let number = value.as_f64();
    match number {
        Some(ms) if column.field.ends_with("_ms") => Cell::or_empty(Millis::new(ms).ok(), Cell::Duration),
        Some(mb) if column.field == "memory_mb" => Cell::or_empty(MemoryMb::from_f64(mb).ok(), Cell::Memory),
        Some(count) if value.is_u64() => Cell::Count(count as u64),
        Some(mb) => Cell::Number(mb, 0),
        None => value.as_str().map_or(Cell::Empty, |text| Cell::Text(text.to_owned())),
    }
}
