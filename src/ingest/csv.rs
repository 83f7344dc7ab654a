//! CSV with a header: memory size, duration, and optionally cost, function and sample figures.
//!
//! Columns go by the usual spellings (`memory_mb`, `power`, `MemorySize`, `averageDuration`,
//! `duration (s)`, `averagePrice`, `function_name`, ...), by the fields of Logs Insights, and by its
//! statistics of them (`avg(@duration)`, `pct(@duration, 99)`, `max(@maxMemoryUsed)`, ...). The rows
//! of one function make one run; repeated rows of one size are repeated invocations. `accept` holds the patterns that a label
//! accepts, with spaces between them. A row without a duration whose invocations failed (`timeouts`, `out_of_memory`,
//! `errors`) is a size that failed.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use ::csv::ByteRecord;

use super::failures::{Failures, no_success};
use super::lines::Lines;
use super::record::{not_negative, whole};
use super::rows::for_each_row;
use super::{MAX_GROUPS, MAX_NAME, cost};
use crate::curve::{Arch, Failure, Point, PowerCurve, Run, Sample, Start};
use crate::error::{Error, Result};
use crate::load::function_name;
use crate::moments::{Moments, larger};
use crate::pattern::Pattern;
use crate::units::{MemoryMb, Millis, Usd};

const UNKNOWN: &str = "leave the field empty where it is not known";

/// The delimiters that are recognised.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Memory,
    Duration,
    Cost,
    Function,
    Count,
    Sd,
    P50,
    P90,
    P95,
    P99,
    MaxMemoryUsed,
    Init,
    ColdStarts,
    Runtime,
    Arch,
    Accept,
    Billed,
    Start,
    Timeouts,
    OutOfMemory,
    Errors,
    Region,
    Currency,
}

/// The spellings of every column in [`snake_case`], without a unit or a word for the mean; the
/// first one that is there counts.
const SPELLINGS: [(Field, &[&str]); 23] = [
    (
        Field::Memory,
        &[
            "memory",
            "memory_size",
            "power",
            "power_value",
            "value",
            "configured_memory",
            "provisioned_memory",
            // as AWS spells it in the sample queries of Logs Insights
            "provisoned_memory",
            "max_memory_size",
            "ram",
            "mb",
        ],
    ),
    (Field::Duration, &["duration", "time", "execution_time", "ms"]),
    (Field::Cost, &["cost", "price", "usd"]),
    (Field::Function, &["function", "function_name", "lambda", "lambda_name", "log", "name", "id", "run"]),
    (Field::Count, &["count", "invocations", "num", "n"]),
    (Field::Sd, &["sd", "sd_duration", "stddev", "std_dev", "std", "stddev_duration"]),
    (Field::P50, &["p50", "median", "pct_duration_50", "percentile_duration_50", "median_duration"]),
    (Field::P90, &["p90", "pct_duration_90", "percentile_duration_90"]),
    (Field::P95, &["p95", "pct_duration_95", "percentile_duration_95"]),
    (Field::P99, &["p99", "pct_duration_99", "percentile_duration_99"]),
    (Field::MaxMemoryUsed, &["max_memory_used", "memory_used", "max_max_memory_used"]),
    (Field::Init, &["init", "init_duration"]),
    (Field::ColdStarts, &["cold_starts", "count_init_duration"]),
    (Field::Runtime, &["runtime"]),
    (Field::Arch, &["arch", "architecture"]),
    (Field::Accept, &["accept"]),
    (Field::Billed, &["billed", "billed_duration"]),
    (Field::Start, &["start"]),
    (Field::Timeouts, &[Failure::Timeout.column()]),
    (Field::OutOfMemory, &[Failure::OutOfMemory.column()]),
    (Field::Errors, &[Failure::Error.column()]),
    (Field::Region, &["region", "aws_region"]),
    (Field::Currency, &["currency"]),
];

/// Where the columns are: place and the factor that turns a number into our unit.
#[derive(Debug)]
struct Columns {
    columns: [Option<(usize, f64)>; SPELLINGS.len()],
    /// Files with ';' between the columns may write 12,5 for 12.5.
    decimal_comma: bool,
}

/// The delimiter, when a line is the header of such a file.
pub(super) fn delimiter(header: &str) -> Option<u8> {
    let complete = |&delimiter: &u8| {
        let names: Vec<&str> = header.split(char::from(delimiter)).map(|n| n.trim().trim_matches('"')).collect();
        let columns = Columns::new(&names, delimiter);
        columns.at(Field::Memory).is_some() && columns.at(Field::Duration).is_some()
    };
    DELIMITERS.into_iter().find(complete)
}

/// What to say of a header whose columns are not known, above a row with numbers; `None` where the lines are no table.
pub(super) fn unknown_columns(header: &str, row: &str) -> Option<Error> {
    let is_number = |cell: &str| cell.trim().trim_matches('"').parse::<f64>().is_ok();
    let is_table = |&delimiter: &u8| {
        let cells = |line: &'_ str| line.split(char::from(delimiter)).count();
        let mut names = header.split(char::from(delimiter));
        cells(header) > 1
            && cells(header) == cells(row)
            && names.all(|name| !name.trim().is_empty() && !is_number(name))
            && row.split(char::from(delimiter)).filter(|cell| is_number(cell)).count() > 1
    };
    let delimiter = DELIMITERS.into_iter().find(is_table)?;
    let names: Vec<&str> = header.split(char::from(delimiter)).map(|name| name.trim().trim_matches('"')).collect();
    let columns = Columns::new(&names, delimiter);
    let missing = [
        (Field::Memory, "the memory size (memory_mb, power, ...)"),
        (Field::Duration, "the duration (duration_ms, ...)"),
    ];
    let missing: Vec<&str> = missing.iter().filter(|(f, _)| columns.at(*f).is_none()).map(|(_, name)| *name).collect();
    let names: String = names.join(", ").chars().take(200).collect();
    Some(
        Error::new(format!(
            "none of the columns {names} is {}: expected a column for each",
            missing.join(", and none is ")
        ))
        .help("rename the columns, with the unit in the name: memory_mb, duration_ms or duration_s")
        .at("line 1"),
    )
}

/// The runs of a file, one a function (and architecture and region) in the order of appearance, and before them the rejected
/// rows.
pub(super) fn runs(lines: Lines, delimiter: u8, name: &str) -> impl Iterator<Item = Result<Run>> + Send + use<> {
    let mut columns = None;
    let mut table = Table::default();
    let rejected = for_each_row(lines, delimiter, |row| match &columns {
        Some(columns) => table.push(&Row { row, columns }),
        None if row.get(0).is_some_and(|cell| cell.starts_with(b"#")) => Ok(()),
        None => {
            let names: Vec<_> = row.iter().map(String::from_utf8_lossy).collect();
            columns = Some(Columns::new(&names, delimiter));
            Ok(())
        }
    });
    let no_rows = (table.functions.is_empty() && rejected.is_empty()).then(|| {
        Error::new("CSV has a header and no rows: expected a row for every memory size")
            .help("check that the command which wrote it succeeded")
    });
    let name = name.to_owned();
    let runs = table.functions.into_iter().map(move |function| function.into_run(&name));
    rejected.into_iter().chain(no_rows).map(Err).chain(runs)
}

impl Columns {
    fn new(names: &[impl AsRef<str>], delimiter: u8) -> Self {
        let names: Vec<Name> = names.iter().map(|name| Name::of(name.as_ref())).collect();
        let place = |spellings: &[&str]| {
            spellings.iter().find_map(|spelling| {
                let at = names.iter().position(|name| name.base == *spelling)?;
                Some((at, names[at].scale))
            })
        };
        Self { columns: SPELLINGS.map(|(_, spellings)| place(spellings)), decimal_comma: delimiter == b';' }
    }

    fn at(&self, field: Field) -> Option<(usize, f64)> {
        self.columns[field as usize]
    }
}

/// A column's name without unit and mean, and the factor of the unit.
struct Name {
    base: String,
    scale: f64,
}

impl Name {
    fn of(header: &str) -> Self {
        // Logs Insights gives memory in bytes, where MB are millions of them, until a query divides
        let bytes = ["@memorySize", "@maxMemoryUsed"].iter().any(|f| header.contains(f)) && !header.contains('/');
        // the fields of JSON logs
        let name = snake_case(header).replace("record_metrics_", "");
        let name = ["average_", "avg_", "mean_"].iter().find_map(|mean| name.strip_prefix(mean)).unwrap_or(&name);
        let units = [
            ("_1000_1000", 1.0),
            ("_ms", 1.0),
            ("_mb", 1.0),
            ("_usd", 1.0),
            ("_s", 1e3),
            ("_sec", 1e3),
            ("_seconds", 1e3),
        ];
        let (base, scale) =
            units.iter().find_map(|(unit, scale)| Some((name.strip_suffix(unit)?, *scale))).unwrap_or((name, 1.0));
        Self { base: base.to_owned(), scale: if bytes { 1e-6 } else { scale } }
    }
}

/// `averageDuration`, `Average Duration` and `average-duration` alike as `average_duration`.
pub(super) fn snake_case(header: &str) -> String {
    let mut snake = String::new();
    let mut was_lower = false;
    for c in header.chars() {
        if (c.is_uppercase() && was_lower || !c.is_alphanumeric()) && !snake.ends_with('_') {
            snake.push('_');
        }
        if c.is_alphanumeric() {
            snake.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    snake.trim_matches('_').to_owned()
}

/// One row, by field.
struct Row<'r> {
    row: &'r ByteRecord,
    columns: &'r Columns,
}

impl Row<'_> {
    /// The text of a field; `None` when the column or its content is missing.
    fn text(&self, field: Field) -> Result<Option<&str>> {
        let cell = self.columns.at(field).and_then(|(at, _)| self.row.get(at)).unwrap_or_default();
        let text = str::from_utf8(cell).map_err(|_| {
            Error::new(format!("{field:?} is not UTF-8: expected text in UTF-8")).help("save the file as UTF-8")
        })?;
        let text = text.trim();
        if text.len() > MAX_NAME {
            return Err(Error::new(format!("{field:?} has {} bytes: expected at most {MAX_NAME}", text.len()))
                .help("check that the quotes are closed and that the column holds what its header says"));
        }
        Ok((!text.is_empty()).then_some(text))
    }

    fn number(&self, field: Field) -> Result<Option<f64>> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        let scale = self.columns.at(field).map_or(1.0, |(_, scale)| scale);
        let plain = text.trim_start_matches('$');
        let number = match plain.parse() {
            Err(_) if self.columns.decimal_comma => plain.replace(',', ".").parse(),
            parsed => parsed,
        };
        number.map(|x: f64| Some(if scale == 1.0 { x } else { x * scale })).map_err(|_| {
            Error::new(format!("{field:?} is '{text}': expected a number"))
                .help("write numbers plainly, with the unit in the header")
        })
    }

    fn required(&self, field: Field) -> Result<f64> {
        self.number(field)?.ok_or_else(|| {
            Error::new(format!("{field:?} is missing: expected a number"))
                .help("leave out the row of a size that failed; give every row as many fields as the header")
        })
    }

    fn count(&self, field: Field, name: &str) -> Result<Option<u64>> {
        self.number(field)?.map(|x| whole(x, name)).transpose()
    }

    /// How many invocations failed, in the order of [`Failure::ALL`]; a column of this name may hold something else.
    fn failed(&self) -> [u64; Failure::ALL.len()] {
        let count = |field, failure: Failure| self.count(field, failure.column()).ok().flatten().unwrap_or(0);
        [
            count(Field::Timeouts, Failure::Timeout),
            count(Field::OutOfMemory, Failure::OutOfMemory),
            count(Field::Errors, Failure::Error),
        ]
    }

    fn sample(&self) -> Result<Sample> {
        let positive = |field, name: &str| self.number(field)?.map(|x| not_negative(x, name)).transpose();
        let count = |field, name: &str| self.count(field, name);
        let init_ms = positive(Field::Init, "init duration")?;
        let cold_starts = match self.columns.at(Field::ColdStarts) {
            Some(_) => count(Field::ColdStarts, "cold starts")?,
            // of many invocations in a row any number may be cold starts
            None if self.columns.at(Field::Count).is_some() => None,
            // a single invocation with an init duration is a cold start
            None => self.columns.at(Field::Init).map(|_| u64::from(init_ms.is_some())),
        };
        Ok(Sample {
            count: count(Field::Count, "count")?,
            sd_ms: positive(Field::Sd, "sd")?,
            p50_ms: positive(Field::P50, "p50")?,
            p90_ms: positive(Field::P90, "p90")?,
            p95_ms: positive(Field::P95, "p95")?,
            p99_ms: positive(Field::P99, "p99")?,
            max_memory_used_mb: positive(Field::MaxMemoryUsed, "max memory used")?,
            init_ms,
            cold_starts,
            billed_ms: positive(Field::Billed, "billed duration")?,
        })
    }
}

/// All rows read so far.
#[derive(Default)]
struct Table {
    functions: Vec<Function>,
    by_name: HashMap<String, usize>,
    /// Further architectures and regions of the functions in `by_name`.
    variants: HashMap<(usize, Variant), usize>,
    groups: usize,
}

/// What tells runs of one function apart; an empty cell says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Variant {
    region: Option<String>,
    arch: Option<Arch>,
}

#[derive(Default)]
struct Function {
    name: String,
    /// Boxed: most functions of a large table have few sizes, and a node of the map has room for eleven.
    sizes: BTreeMap<MemoryMb, Box<Size>>,
    runtime: Option<String>,
    variant: Variant,
    /// Whether the function is there in another variant too.
    is_one_of_several: bool,
    accept: Vec<Pattern>,
    start: Option<Start>,
    currency: Option<String>,
}

/// The rows of one function and size.
#[derive(Default)]
struct Size {
    rows: u64,
    duration: Moments,
    cost: Moments,
    init: Moments,
    billed: Moments,
    sample: Sample,
    sd_unknown: bool,
    /// In the order of [`Failure::ALL`].
    failed: [u64; Failure::ALL.len()],
}

impl Table {
    fn push(&mut self, row: &Row) -> Result<()> {
        let memory = row.required(Field::Memory)?;
        // bytes of Logs Insights need not be a whole number of MB after scaling
        let memory = MemoryMb::from_f64((memory * 1e3).round() / 1e3)?;
        let failed = row.failed();
        let duration = match row.number(Field::Duration)? {
            None if failed.iter().any(|&failed| failed > 0) => None,
            _ => Some(Millis::new(row.required(Field::Duration)?)?),
        };
        let cost = row.number(Field::Cost)?.map(Usd::new).transpose()?;
        let sample = row.sample()?;
        let arch = row.text(Field::Arch)?.map(Arch::from_str).transpose();
        let arch = arch.map_err(|e| e.help(UNKNOWN))?;
        let accept = row.text(Field::Accept)?.unwrap_or_default().split_whitespace().map(Pattern::from_str);
        let accept = accept.collect::<Result<Vec<_>>>().map_err(|e| e.help(UNKNOWN).at("accept"))?;
        let runtime = row.text(Field::Runtime)?;
        let start = row.text(Field::Start)?;
        let currency = row.text(Field::Currency)?;
        let name = function_name(row.text(Field::Function)?.unwrap_or_default());
        let variant = Variant { region: row.text(Field::Region)?.map(str::to_owned), arch };
        if self.is_full()
            && self.find(name, variant.clone()).is_none_or(|at| !self.functions[at].sizes.contains_key(&memory))
        {
            return Err(Error::new(format!("more than {MAX_GROUPS} pairs of function and memory size"))
                .help("check that the column of the function does not hold request ids, or split the file"));
        }
        let function = self.function(name, variant);
        function.runtime = function.runtime.take().or_else(|| runtime.map(str::to_owned));
        if function.accept.is_empty() {
            function.accept = accept;
        }
        function.start = function.start.or_else(|| start.and_then(Start::parse));
        function.currency = function.currency.take().or_else(|| currency.map(str::to_owned));
        let known = function.sizes.len();
        let size = function.sizes.entry(memory).or_default();
        size.failed = std::array::from_fn(|i| Sample::sum([size.failed[i], failed[i]]));
        if let Some(duration) = duration {
            size.push(duration, cost, &sample);
        }
        self.groups += function.sizes.len() - known;
        Ok(())
    }

    /// Whether there are as many groups as may be.
    fn is_full(&self) -> bool {
        self.groups >= MAX_GROUPS
    }

    /// Where a function is that is known already.
    fn find(&self, name: &str, variant: Variant) -> Option<usize> {
        let &first = self.by_name.get(name)?;
        let variant = variant.or(&self.functions[first].variant);
        if self.functions[first].variant.clone().or(&variant) == variant {
            return Some(first);
        }
        self.variants.get(&(first, variant)).copied()
    }

    fn function(&mut self, name: &str, variant: Variant) -> &mut Function {
        let at = self.find(name, variant.clone()).unwrap_or_else(|| {
            let at = self.functions.len();
            let mut function = Function { name: name.to_owned(), ..Function::default() };
            match self.by_name.get(name) {
                Some(&first) => {
                    function.variant = variant.clone().or(&self.functions[first].variant);
                    function.is_one_of_several = true;
                    self.functions[first].is_one_of_several = true;
                    self.variants.insert((first, function.variant.clone()), at);
                }
                None => drop(self.by_name.insert(name.to_owned(), at)),
            }
            self.functions.push(function);
            at
        });
        let function = &mut self.functions[at];
        function.variant = std::mem::take(&mut function.variant).or(&variant);
        function
    }
}

impl Variant {
    /// The same with what `other` knows and this one does not.
    fn or(mut self, other: &Self) -> Self {
        self.region = self.region.or_else(|| other.region.clone());
        self.arch = self.arch.or(other.arch);
        self
    }
}

impl Function {
    fn into_run(self, file: &str) -> Result<Run> {
        let mut name = if self.name.is_empty() { file.to_owned() } else { self.name };
        let Variant { region, arch } = self.variant;
        if self.is_one_of_several {
            for part in region.iter().map(String::as_str).chain(arch.map(Arch::name)) {
                name = format!("{name}:{part}");
            }
        }
        let mut failures = Failures::default();
        for (&memory, size) in &self.sizes {
            let failed = Failure::ALL.into_iter().zip(size.failed);
            failed.for_each(|(failure, failed)| failures.add(memory, failure, failed));
        }
        let measured = self.sizes.into_iter().filter(|(_, size)| size.rows > 0);
        let points: Vec<Point> = measured.map(|(memory, size)| size.into_point(memory)).collect::<Result<_>>()?;
        if points.is_empty() {
            return Err(no_success(failures.warnings(None, None)).at(name));
        }
        let mut run = Run::new(name, PowerCurve::new(points)?);
        run.warnings = failures.warnings(Some(&run.curve), None).collect();
        run.runtime = self.runtime;
        run.arch = arch;
        run.accept = self.accept;
        run.start = self.start;
        if let Some(currency) = self.currency {
            run.extra.insert("currency".to_owned(), currency.into());
        }
        cost::annotate(&mut run);
        Ok(run)
    }
}

impl Size {
    fn push(&mut self, duration: Millis, cost: Option<Usd>, sample: &Sample) {
        let count = sample.count.unwrap_or(1).max(1);
        self.sd_unknown |= count > 1 && sample.sd_ms.is_none();
        self.duration.push_group(count, duration.ms(), sample.sd_ms.unwrap_or(0.0));
        if let Some(cost) = cost {
            self.cost.push_group(count, cost.usd(), 0.0);
        }
        if let Some(init) = sample.init_ms {
            self.init.push_group(sample.cold_starts.unwrap_or(1).max(1), init, 0.0);
        }
        if let Some(billed) = sample.billed_ms {
            self.billed.push_group(count, billed, 0.0);
        }
        let so_far = &mut self.sample;
        let cold_starts = so_far.cold_starts.map(|n| Sample::sum([n, sample.cold_starts.unwrap_or(0)]));
        *so_far = Sample {
            cold_starts: cold_starts.or(sample.cold_starts),
            max_memory_used_mb: larger(so_far.max_memory_used_mb, sample.max_memory_used_mb),
            ..*sample
        };
        self.rows += 1;
    }

    fn into_point(self, memory: MemoryMb) -> Result<Point> {
        let mut sample = self.sample;
        if self.rows > 1 {
            sample = Sample {
                count: Some(self.duration.count()),
                sd_ms: self.duration.sd().filter(|_| !self.sd_unknown),
                max_memory_used_mb: sample.max_memory_used_mb,
                init_ms: self.init.mean(),
                cold_starts: sample.cold_starts,
                billed_ms: self.billed.mean().filter(|_| self.billed.count() == self.duration.count()),
                // percentiles of the whole do not follow from those of its parts
                ..Sample::default()
            };
        }
        let has_cost = self.cost.count() == self.duration.count();
        let cost = self.cost.mean().filter(|_| has_cost).map(Usd::new).transpose()?;
        Ok(Point { cost, sample, ..Point::new(memory, Millis::new(self.duration.mean().unwrap_or(f64::NAN))?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::RunWarning;

    fn read(text: &str) -> Vec<Result<Run>> {
        let delimiter = delimiter(text.lines().next().unwrap()).expect("a header");
        runs(Lines::open(Box::new(std::io::Cursor::new(text.to_owned()))).unwrap(), delimiter, "file").collect()
    }

    fn pairs(run: &Result<Run>) -> Vec<(u32, f64)> {
        run.as_ref().unwrap().curve.points().iter().map(|p| (p.memory.mb(), p.duration.ms())).collect()
    }

    #[test]
    fn spellings_are_in_the_order_of_the_fields() {
        assert!(SPELLINGS.iter().enumerate().all(|(i, (field, _))| *field as usize == i));
    }

    #[test]
    fn usual_spellings_and_units() {
        for header in [
            "memory_mb,duration_ms",
            "memory,duration",
            "power,averageDuration",
            "value,averageDuration",
            "MemorySize,Average Duration (ms)",
            "Memory Size (MB),Duration",
            "\"memory\",\"duration\"",
            "Memory [MB];mean_duration",
            "power\ttime_ms",
        ] {
            let delimiter = delimiter(header).unwrap_or_else(|| panic!("{header}"));
            let text = format!("{header}\n128,8.5\n256,4\n").replace(',', &char::from(delimiter).to_string());
            assert_eq!(pairs(&read(&text)[0]), [(128, 8.5), (256, 4.0)], "{header}");
        }
        assert_eq!(pairs(&read("memory,duration_s\n128,1.5")[0]), [(128, 1500.0)]);
        assert_eq!(pairs(&read("memory;duration\n128;12,5")[0]), [(128, 12.5)]);
        assert_eq!(delimiter("timestamp,message"), None);
        assert_eq!(delimiter("memory,billed_duration"), None, "what is billed is not the duration");
    }

    #[test]
    fn units_of_time_have_several_names() {
        for (unit, ms) in [("ms", 1.5), ("s", 1500.0), ("sec", 1500.0), ("seconds", 1500.0)] {
            assert_eq!(pairs(&read(&format!("memory,duration_{unit}\n128,1.5"))[0]), [(128, ms)], "{unit}");
        }
    }

    #[test]
    fn an_init_is_that_of_its_cold_starts() {
        let sample = |text: &str| read(text)[0].as_ref().unwrap().curve.points()[0].sample;
        let both =
            sample("memory,duration,count,cold_starts,init_ms,billed_ms\n128,10,20,2,100,11\n128,10,20,6,200,13\n");
        assert!((both.init_ms.unwrap() - (2.0 * 100.0 + 6.0 * 200.0) / 8.0).abs() < 1e-9, "{both:?}");
        assert_eq!((both.cold_starts, both.billed_ms), (Some(8), Some(12.0)));
        // of a group any number may be cold starts, and what one row lacks is unknown of both
        let unsaid = sample("memory,duration,count,init_ms,billed_ms\n128,10,20,100,11\n128,10,20,100,\n");
        assert_eq!((unsaid.init_ms, unsaid.cold_starts, unsaid.billed_ms), (Some(100.0), None, None));
    }

    #[test]
    fn functions_are_runs_in_order_of_appearance() {
        let runs = read("id,memory,duration,cost,function\n1,256,4,2e-7,b\n2,128,8,1e-7,a\n3,128,9,1e-7,b\n");
        assert_eq!(runs.iter().map(|r| r.as_ref().unwrap().id.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(pairs(&runs[0]), [(128, 9.0), (256, 4.0)]);
        assert_eq!(runs[0].as_ref().unwrap().curve.points()[1].cost.unwrap().usd(), 2e-7);
        assert_eq!(runs[0].as_ref().unwrap().curve.points()[1].sample, Sample::default(), "one row is no sample");
    }

    #[test]
    fn repeated_rows_are_repeated_invocations() {
        let runs = read("memory,duration,cost\n128,10,1e-7\n128,20,3e-7\n256,5,\n256,7,1e-7\n");
        let points = runs[0].as_ref().unwrap().curve.points();
        assert_eq!((points[0].duration.ms(), points[0].sample.count), (15.0, Some(2)));
        assert_eq!(points[0].sample.sd_ms, Some(50f64.sqrt()));
        assert!((points[0].cost.unwrap().usd() - 2e-7).abs() < 1e-20);
        assert_eq!(points[1].cost, None, "the cost of one row is unknown");
    }

    #[test]
    fn groups_are_weighted_by_their_count() {
        let runs = read("memory,duration,count,sd\n128,10,30,1\n128,20,10,2\n256,7,9,\n256,9,1,\n");
        let points = runs[0].as_ref().unwrap().curve.points();
        assert_eq!((points[0].duration.ms(), points[0].sample.count), (12.5, Some(40)));
        // 29 * 1 + 9 * 4 within, 30 * 2.5^2 + 10 * 7.5^2 between
        assert!((points[0].sample.sd_ms.unwrap() - ((29.0 + 36.0 + 187.5 + 562.5) / 39f64).sqrt()).abs() < 1e-9);
        assert_eq!(points[1].sample.sd_ms, None, "the spread within a group is unknown");
    }

    #[test]
    fn fields_of_logs_insights() {
        let csv = "@timestamp,@memorySize,@duration,@initDuration,@maxMemoryUsed,@log\n\
                   t,128000000,10,,64000000,1:/aws/lambda/resize\nt,1.28E8,30,200.5,70000000,1:/aws/lambda/resize\n";
        let runs = read(csv);
        let run = runs[0].as_ref().unwrap();
        let expected = Sample {
            count: Some(2),
            sd_ms: Some(200f64.sqrt()),
            max_memory_used_mb: Some(70.0),
            init_ms: Some(200.5),
            cold_starts: Some(1),
            ..Sample::default()
        };
        assert_eq!((run.id.as_str(), run.curve.points()[0].sample), ("resize", expected));
    }

    #[test]
    fn statistics_of_logs_insights() {
        let header = "function,@memorySize,count(*),avg(@duration),stddev(@duration),\"pct(@duration, 50)\",\"pct(@duration, 99)\",\
                      max(@duration),max(@maxMemoryUsed),count(@initDuration),avg(@initDuration)";
        let runs = read(&format!("{header}\nresize,1.28E8,40,12.5,3.5,11.25,30.5,99,64000000,2,150.5\n"));
        let run = runs[0].as_ref().unwrap();
        let expected = Sample {
            count: Some(40),
            sd_ms: Some(3.5),
            p50_ms: Some(11.25),
            p99_ms: Some(30.5),
            max_memory_used_mb: Some(64.0),
            init_ms: Some(150.5),
            cold_starts: Some(2),
            ..Sample::default()
        };
        assert_eq!((pairs(&runs[0]), run.curve.points()[0].sample), (vec![(128, 12.5)], expected));
        for header in [
            "memoryMB,avg(@duration),max(@maxMemoryUsed / 1000 / 1000)",
            "provisonedMemoryMB,avg(@duration),maxMemoryUsedMB",
            "max(@memorySize / 1000 / 1000),avg(@duration),max(@maxMemoryUsed/1000/1000)",
            "record.metrics.memorySizeMB,avg(record.metrics.durationMs),max(record.metrics.maxMemoryUsedMB)",
        ] {
            let runs = read(&format!("{header}\n128,12.5,64\n"));
            let used = runs[0].as_ref().unwrap().curve.points()[0].sample.max_memory_used_mb;
            assert_eq!((pairs(&runs[0]), used), (vec![(128, 12.5)], Some(64.0)), "{header}");
        }
        assert_eq!(delimiter("memoryMB,max(@duration),avg(@billedDuration)"), None, "neither is the mean duration");
    }

    #[test]
    fn percentiles_of_repeated_rows_are_unknown() {
        let runs = read("memory,duration,count,p99\n128,10,30,20\n128,20,10,40\n256,7,9,11\n");
        let points = runs[0].as_ref().unwrap().curve.points();
        assert_eq!((points[0].sample.p99_ms, points[1].sample.p99_ms), (None, Some(11.0)));
    }

    #[test]
    fn log_groups_and_arns_are_the_function_they_belong_to() {
        let runs = read(
            "memory,duration,function\n128,8,arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/resize:*\n256,4,1:/aws/lambda/resize\n\
             512,2,arn:aws:lambda:eu-west-1:1:function:resize\n",
        );
        assert_eq!((runs.len(), runs[0].as_ref().unwrap().id.as_str()), (1, "resize"));
        assert_eq!(pairs(&runs[0]), [(128, 8.0), (256, 4.0), (512, 2.0)]);
    }

    #[test]
    fn no_function_and_no_size_is_added_beyond_the_limit() {
        let mut table = Table { groups: MAX_GROUPS - 1, ..Table::default() };
        let columns = Columns::new(&["function", "memory", "duration"], b',');
        let mut push = |name, mb| {
            table
                .push(&Row { row: &ByteRecord::from(vec![name, mb, "5"]), columns: &columns })
                .map_err(|e| e.to_string())
        };
        assert_eq!(push("a", "128"), Ok(()));
        for (name, mb) in [("a", "256"), ("b", "128")] {
            assert!(push(name, mb).unwrap_err().starts_with("more than 1000000 pairs"), "{name} {mb}");
        }
        assert_eq!(push("a", "128"), Ok(()), "what is known goes on");
        assert_eq!((table.functions.len(), table.groups), (1, MAX_GROUPS));
    }

    #[test]
    fn a_cell_that_is_too_long_or_not_utf_8_is_rejected() {
        let mut csv = b"function,memory,duration,runtime\n\xfc,128,5\n\xe4,128,5\na,128,5,\xff\n".to_vec();
        for bytes in [MAX_NAME + 1, MAX_NAME] {
            csv.extend([&vec![b'x'; bytes], &b",128,5\n"[..]].concat());
        }
        let lines = Lines::open(Box::new(std::io::Cursor::new(csv))).unwrap();
        let runs: Vec<_> = runs(lines, b',', "file").collect();
        let errors: Vec<String> = runs.iter().filter_map(|r| r.as_ref().err()).map(Error::to_string).collect();
        for (error, start) in errors.iter().zip([
            "line 2: Function is not UTF-8",
            "line 3: Function is not UTF-8",
            "line 4: Runtime is not UTF-8",
            "line 5: Function has 513 bytes: expected at most 512",
        ]) {
            assert!(error.starts_with(start) && error.contains("help:"), "{error}");
        }
        assert_eq!((errors.len(), runs.len()), (4, 5));
    }

    #[test]
    fn labels_are_those_of_the_first_row_that_has_any() {
        let runs = read("id,memory,duration,accept\na,128,8,\na,256,4,cpu-bound no-op\na,512,2,burst\nb,128,8,\n");
        assert_eq!(runs[1].as_ref().unwrap().accept, [Pattern::CpuBound, Pattern::NoOp]);
        assert_eq!(runs[2].as_ref().unwrap().accept, []);
        let error = runs[0].as_ref().unwrap_err().to_string();
        assert!(error.starts_with("line 4: accept: pattern 'burst' is unknown"), "{error}");
    }

    #[test]
    fn comments_may_stand_above_the_header() {
        let text = "# measured in May\n# by hand, \"twice\"\nmemory,duration\n128,8\n";
        let lines = Lines::open(Box::new(std::io::Cursor::new(text))).unwrap();
        let runs: Vec<_> = runs(lines, b',', "file").collect();
        assert_eq!((runs.len(), pairs(&runs[0])), (1, vec![(128, 8.0)]));
    }

    #[test]
    fn a_header_of_unknown_columns_is_told_what_is_missing() {
        let error = unknown_columns("mem,duration_ms", "128,100").unwrap().to_string();
        assert!(
            error.starts_with("line 1: none of the columns mem, duration_ms is the memory size (memory_mb"),
            "{error}"
        );
        for (first, second) in [("hello, world", "and 1, 2"), ("hello", "1"), ("128,8", "256,4"), ("a,b", "c,d")] {
            assert!(unknown_columns(first, second).is_none(), "{first}");
        }
    }

    #[test]
    fn architectures_and_regions_are_runs_of_their_own() {
        let ids = |text: &str| -> Vec<String> { read(text).into_iter().map(|r| r.unwrap().id).collect() };
        let rows = "a,arm64,128,8\na,,256,4\nb,,128,8\na,x86_64,128,9\na,x86_64,256,5\nb,arm64,256,4\n";
        let runs = read(&format!("function,arch,memory,duration\n{rows}"));
        assert_eq!([0, 1, 2].map(|i| runs[i].as_ref().unwrap().id.as_str()), ["a:arm64", "b", "a:x86_64"]);
        assert_eq!((pairs(&runs[0]), pairs(&runs[2])), (vec![(128, 8.0), (256, 4.0)], vec![(128, 9.0), (256, 5.0)]));
        assert_eq!(runs[1].as_ref().unwrap().arch, Some(Arch::Arm64), "an empty cell says nothing");
        let rows = "eu-west-1,128,8\nus-east-1,128,9\neu-west-1,256,4\n";
        assert_eq!(ids(&format!("region,memory,duration\n{rows}")), ["file:eu-west-1", "file:us-east-1"]);
    }

    #[test]
    fn failed_invocations_are_warnings_and_a_size_that_only_failed_is_no_point() {
        let runs =
            read("memory,duration,count,timeouts,out_of_memory\n128,,0,,5\n256,8,30,2,0\n512,4,30,0,0\n256,8,10,1,\n");
        let run = runs[0].as_ref().unwrap();
        let failed = |mb, failure, failed, succeeded| RunWarning::Failed {
            memory: MemoryMb::new(mb).unwrap(),
            failure,
            failed,
            succeeded,
        };
        assert_eq!(run.warnings, [failed(128, Failure::OutOfMemory, 5, 0), failed(256, Failure::Timeout, 3, 40)]);
        assert_eq!(pairs(&runs[0]), [(256, 8.0), (512, 4.0)]);
        let error = read("function,memory,duration,timeouts\na,128,,5\n")[0].as_ref().unwrap_err().to_string();
        assert!(
            error.starts_with("a: no successful invocation")
                && error.contains("5 of 5 invocations at 128 MB timed out"),
            "{error}"
        );
    }

    #[test]
    fn bad_rows_are_named_and_the_others_read() {
        let runs = read("memory,duration\r\n128,8\r\n64,9\r\n256,\r\n512,abc\r\n1024\r\n2048,-1\r\n3008,2\r\n");
        let errors: Vec<String> = runs.iter().filter_map(|r| r.as_ref().err()).map(Error::to_string).collect();
        for (error, start) in errors.iter().zip([
            "line 3: memory size 64 MB",
            "line 4: Duration is missing",
            "line 5: Duration is 'abc'",
            "line 6: Duration is missing",
            "line 7: duration -1 ms",
        ]) {
            assert!(error.starts_with(start) && error.contains("help:"), "{error}");
        }
        assert_eq!(errors.len(), 5);
        assert_eq!(pairs(runs.last().unwrap()), [(128, 8.0), (3008, 2.0)]);
        assert!(read("memory,duration\n")[0].as_ref().unwrap_err().problem().contains("no rows"));
    }
}
