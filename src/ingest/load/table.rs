//! A table with one row a function.

use std::collections::BTreeMap;

use ::csv::ByteRecord;

use super::{FORMS, Loads, arch, invocations, storage, twice};
use crate::error::{Error, Result};
use crate::ingest::csv::snake_case;
use crate::ingest::lines::Lines;
use crate::ingest::rows::for_each_row;
use crate::load::{FunctionLoad, function_name};
use crate::units::MemoryMb;

#[derive(Clone, Copy)]
enum Field {
    Function,
    Invocations,
    Memory,
    Arch,
    Runtime,
    Storage,
}

/// The spellings of every column in snake case, without unit and period.
const SPELLINGS: [(Field, &[&str]); 6] = [
    (
        Field::Function,
        &["function", "function_name", "name", "lambda", "lambda_name", "id", "resource", "function_arn", "arn"],
    ),
    (Field::Invocations, &["invocations", "requests", "calls", "count", "sum_invocations", "load", "executions"]),
    (
        Field::Memory,
        &["memory", "memory_size", "current", "current_memory", "configured_memory", "power", "size", "ram"],
    ),
    (Field::Arch, &["arch", "architecture", "architectures"]),
    (Field::Runtime, &["runtime"]),
    (Field::Storage, &["storage", "ephemeral_storage", "ephemeral_storage_size"]),
];

impl Field {
    /// Units that may follow a number of the field, and how many of ours each is.
    const fn units(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::Invocations => &[("", 1.0), ("k", 1e3), ("M", 1e6)],
            Self::Memory | Self::Storage => &[("", 1.0), ("MB", 1.0), ("MiB", 1.0), ("GB", 1024.0), ("GiB", 1024.0)],
            Self::Function | Self::Arch | Self::Runtime => &[],
        }
    }
}

/// A month of 730 hours, in days, in hours, and in years.
const DAYS: f64 = 730.0 / 24.0;
const HOURS: f64 = 730.0;
const YEARS: f64 = 1.0 / 12.0;

/// Words of a column's name that say its unit or period, and how many of ours each is.
const ENDINGS: [(&str, f64); 14] = [
    ("month", 1.0),
    ("monthly", 1.0),
    ("day", DAYS),
    ("daily", DAYS),
    ("hour", HOURS),
    ("hourly", HOURS),
    ("year", YEARS),
    ("yearly", YEARS),
    ("mb", 1.0),
    ("mib", 1.0),
    ("gb", 1024.0),
    ("gib", 1024.0),
    ("thousands", 1e3),
    ("millions", 1e6),
];
const BEGINNINGS: [(&str, f64); 5] =
    [("monthly_", 1.0), ("daily_", DAYS), ("hourly_", HOURS), ("yearly_", YEARS), ("total_", 1.0)];

/// Words that may stand before a unit or a period.
const BEFORE: [&str; 3] = ["_per", "_a", "_in"];

/// Where the columns are: place and what one of their unit is.
struct Columns([Option<(usize, f64)>; SPELLINGS.len()], bool);

/// The delimiter, when a line is the header of such a table.
pub(super) fn delimiter(header: &str) -> Option<u8> {
    [b',', b';', b'\t'].into_iter().find(|&delimiter| {
        let names: Vec<&str> = header.split(char::from(delimiter)).collect();
        let columns = Columns::new(&names, delimiter);
        columns.at(Field::Function).is_some()
            && (columns.at(Field::Invocations).is_some() || columns.at(Field::Memory).is_some())
    })
}

/// What is said of a header with a function and neither invocations nor memory; `None` where it is no such header.
pub(super) fn unknown_columns(header: &str) -> Option<Error> {
    let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|&d| header.bytes().filter(|b| *b == d).count())?;
    let names: Vec<&str> = header.split(char::from(delimiter)).map(|name| name.trim().trim_matches('"')).collect();
    Columns::new(&names, delimiter).at(Field::Function)?;
    let names: String = names.join(", ").chars().take(200).collect();
    Some(
        Error::new(format!(
            "none of the columns {names} is the invocations (per month, day or hour) or the memory (MB or GB): expected a \
             column for one"
        ))
        .help(FORMS),
    )
}

/// The functions of a table, and the rows that are rejected.
pub(super) fn read(lines: Lines, delimiter: u8) -> (Loads, Vec<Error>) {
    let mut columns = None;
    let mut loads = Loads::default();
    let mut places: BTreeMap<String, u64> = BTreeMap::new();
    let rejected = for_each_row(lines, delimiter, |row| match &columns {
        _ if row.get(0).is_some_and(|cell| cell.starts_with(b"#")) => Ok(()),
        None => {
            let names: Vec<_> = row.iter().map(String::from_utf8_lossy).collect();
            columns = Some(Columns::new(&names, delimiter));
            Ok(())
        }
        Some(columns) => {
            let (name, load) = columns.load(row)?;
            let line = row.position().map_or(0, |p| p.line());
            if let Some(first) = places.get(function_name(&name)) {
                return Err(twice(&name, &format!("line {first}"), "row"));
            }
            loads.add(&name, load)?;
            places.insert(function_name(&name).to_owned(), line);
            Ok(())
        }
    });
    (loads, rejected)
}

impl Columns {
    fn new(names: &[impl AsRef<str>], delimiter: u8) -> Self {
        let names: Vec<_> = names.iter().map(|name| base(name.as_ref().trim().trim_matches('"'))).collect();
        let place = |spellings: &[&str]| {
            spellings.iter().find_map(|s| {
                let named = names.iter().enumerate().filter(|(_, (name, _))| name == s);
                // of several periods in one table the month
                let (at, (_, factor)) = named.min_by_key(|(_, (_, factor))| *factor != 1.0)?;
                Some((at, *factor))
            })
        };
        // files with ';' between the columns may write 12,5 for 12.5
        Self(SPELLINGS.map(|(_, spellings)| place(spellings)), delimiter == b';')
    }

    fn at(&self, field: Field) -> Option<(usize, f64)> {
        self.0[field as usize]
    }

    fn text(&self, row: &ByteRecord, field: Field) -> Option<String> {
        let text = String::from_utf8_lossy(row.get(self.at(field)?.0)?).trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    fn number(&self, row: &ByteRecord, field: Field, name: &str) -> Result<Option<f64>> {
        let Some(text) = self.text(row, field) else { return Ok(None) };
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = field.units().iter().find(|(unit, _)| unit.eq_ignore_ascii_case(&text[digits.len()..]));
        let of_column = self.at(field).map_or(1.0, |(_, factor)| factor);
        let number = unit.and_then(|&(unit, factor)| {
            let factor = match field {
                // the unit of a cell counts instead of that of the column, but for the period of the column
                Field::Memory | Field::Storage if !unit.is_empty() => factor,
                _ if !unit.is_empty() && of_column >= 1e3 => factor,
                _ => factor * of_column,
            };
            Some(factor * plain(digits.trim_end(), self.1)?)
        });
        number.map(Some).ok_or_else(|| {
            Error::new(format!("{name} is '{text}': expected a number")).help("write numbers plainly: 1500000 or 1.5e6")
        })
    }

    fn load(&self, row: &ByteRecord) -> Result<(String, FunctionLoad)> {
        let name = self.text(row, Field::Function).ok_or_else(|| {
            Error::new("the function is missing: expected its name").help("give every row as many fields as the header")
        })?;
        let load = FunctionLoad {
            invocations_per_month: self.number(row, Field::Invocations, "invocations")?.map(invocations).transpose()?,
            memory: self.number(row, Field::Memory, "memory")?.map(MemoryMb::from_f64).transpose()?,
            arch: self.text(row, Field::Arch).map(|text| arch(&text)).transpose()?,
            runtime: self.text(row, Field::Runtime),
            storage_mb: self.number(row, Field::Storage, "storage")?.map(storage).transpose()?,
            timeout: None,
        };
        Ok((name, load))
    }
}

/// The number of a text, in which blanks, `_` and commas may only part thousands: `1,500,000`, never `1,5`.
pub(super) fn plain(text: &str, decimal_comma: bool) -> Option<f64> {
    let is_point = |c: char| c == '.' || decimal_comma && c == ',';
    let (whole, rest) = text.split_at(text.find(|c| is_point(c) || c == 'e' || c == 'E').unwrap_or(text.len()));
    let groups: Vec<&str> = whole.split([',', '_', ' ', '\u{a0}', '\u{202f}']).collect();
    let parted = |first: &str, others: &[&str]| (1..=3).contains(&first.len()) && others.iter().all(|g| g.len() == 3);
    match &groups[..] {
        [first, others @ ..] if others.is_empty() || parted(first, others) => {
            format!("{}{}", groups.concat(), rest.replacen(is_point, ".", 1)).parse().ok()
        }
        _ => None,
    }
}

/// A column's name in snake case without unit and period, and what one of them is: `Invocations / day` is `invocations`, 30 a
/// month.
fn base(header: &str) -> (String, f64) {
    let name = snake_case(header);
    let begun = BEGINNINGS.iter().find_map(|(word, factor)| Some((name.strip_prefix(word)?, *factor)));
    let (mut name, mut factor) = begun.unwrap_or((&name, 1.0));
    let ending = |name: &str| {
        let (rest, word) = name.rsplit_once('_')?;
        let (_, factor) = ENDINGS.iter().find(|(ending, _)| *ending == word)?;
        Some((rest.len(), *factor))
    };
    while let Some((end, of_ending)) = ending(name) {
        name = &name[..end];
        name = BEFORE.iter().find_map(|word| name.strip_suffix(word)).unwrap_or(name);
        factor *= of_ending;
    }
    (name.to_owned(), factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_matched_leniently() {
        for header in [
            "function,invocations,memory",
            "FunctionName;MonthlyInvocations;MemorySize",
            "\"Function name\"\tInvocations per month\tCurrent memory (MB)",
            "name,requests_per_month",
            "lambda,current_mb",
        ] {
            assert!(delimiter(header).is_some(), "{header}");
        }
        for header in ["memory,duration", "function,colour", "hello"] {
            assert_eq!(delimiter(header), None, "{header}");
        }
    }
    fn load(text: &str) -> std::result::Result<FunctionLoad, String> {
        let delimiter = delimiter(text.lines().next().unwrap()).unwrap();
        let lines = Lines::open(Box::new(std::io::Cursor::new(text.to_owned()))).unwrap();
        let (loads, rejected) = read(lines, delimiter);
        rejected.first().map_or_else(|| Ok(loads.get("a").unwrap().clone()), |e| Err(e.to_string()))
    }

    #[test]
    fn columns_have_units_and_periods() {
        for (header, cell, invocations) in [
            ("invocations per day", "24", 730.0),
            ("Invocations/hour", "1", 730.0),
            ("hourly requests", "2", 1460.0),
            ("calls per year", "12", 1.0),
            ("invocations (thousands)", "3", 3e3),
            ("invocations per day", "24k", 730e3),
        ] {
            let load = load(&format!("function\t{header}\na\t{cell}\n")).unwrap();
            let found = load.invocations_per_month.unwrap();
            assert!((found / invocations - 1.0).abs() < 1e-12, "{header}: {found}");
        }
        for (header, cell, mb) in
            [("Memory (GB)", "2", 2048), ("memory_gb", "512 MB", 512), ("Memory (MB)", "2 GB", 2048)]
        {
            let load = load(&format!("function\t{header}\na\t{cell}\n")).unwrap();
            assert_eq!(load.memory.map(MemoryMb::mb), Some(mb), "{header}");
        }
        let error = unknown_columns("function,invocations per fortnight").unwrap().to_string();
        assert!(error.contains("invocations per fortnight") && error.contains("per month, day or hour"), "{error}");
        assert!(unknown_columns("hello").is_none());
    }

    #[test]
    fn comments_are_passed_over() {
        let text = "# from the console\nfunction,invocations\n# quiet\na,10\n";
        let (loads, rejected) = read(Lines::open(Box::new(std::io::Cursor::new(text))).unwrap(), b',');
        assert!(loads.get("a").is_some() && loads.iter().count() == 1 && rejected.is_empty(), "{rejected:?}");
    }

    #[test]
    fn numbers_mean_what_they_say() {
        let invocations = |cell: &str| load(&format!("function\tinvocations\na\t{cell}\n"));
        for (cell, number) in [
            ("3000", 3e3),
            ("1.5e6", 1.5e6),
            ("1,500,000", 1.5e6),
            ("1 500 000", 1.5e6),
            ("15_000.5", 15_000.5),
            ("3k", 3e3),
            ("1.5M", 1.5e6),
            ("1.5 m", 1.5e6),
        ] {
            assert_eq!(invocations(cell).unwrap().invocations_per_month, Some(number), "{cell}");
        }
        for cell in ["1,5", "12,34,567", "1500,000", ",500", "1,500,00", "1.5,000", "1 5", "3 lots", "3GB", "inf", "k"]
        {
            let error = invocations(cell).unwrap_err();
            assert!(error.contains(&format!("'{cell}'")) && error.contains("help:"), "{cell}: {error}");
        }
        let comma = load("function;invocations\na;1,5e6\n").unwrap();
        assert_eq!(comma.invocations_per_month, Some(1.5e6), "the decimal comma of a file with semicolons");
        assert!(load("function;invocations\na;1,500,000\n").is_err());
        for (cell, mb) in [("512", 512), ("512 MB", 512), ("512MiB", 512), ("2 GB", 2048), ("1,024 mb", 1024)] {
            let load = load(&format!("function\tmemory\na\t{cell}\n")).unwrap();
            assert_eq!(load.memory.map(MemoryMb::mb), Some(mb), "{cell}");
        }
        assert!(load("function\tmemory\na\t512k\n").unwrap_err().contains("memory is '512k'"));
    }
}
