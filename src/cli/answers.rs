//! Answers in the format that was asked for: a record for programs, rows for tables.

use serde_json::Value;

use super::{Format, Out};
use crate::error::Result;
use crate::render::table::{Cell, Column, Table};

/// Takes answers one by one; lines of JSON leave at once, everything else when all are known.
#[derive(Debug)]
pub struct Answers<'a> {
    out: &'a mut Out,
    format: Format,
    records: Vec<Value>,
    table: Table,
}

impl<'a> Answers<'a> {
    /// Answers whose tables have these columns.
    pub fn new(out: &'a mut Out, format: Format, columns: &[Column]) -> Self {
        Self { out, format, records: Vec::new(), table: Table::new(columns) }
    }

    /// Adds an answer: its record, and its row of a table.
    pub fn add(&mut self, record: Value, row: impl IntoIterator<Item = Cell>) -> Result<()> {
        match self.format {
            Format::Json => self.records.push(record),
            Format::Jsonl => writeln!(self.out, "{record}")?,
            Format::Table | Format::Csv | Format::Markdown => self.table.row(row),
        }
        Ok(())
    }

    /// Writes what has not been written: a JSON array, or the table; for people the `verdict` below it.
    pub fn finish(self, verdict: &str) -> Result<()> {
        match self.format {
            Format::Jsonl => Ok(()),
            Format::Json => writeln!(self.out, "{:#}", Value::Array(self.records)),
            _ => write_table(self.out, self.format, &self.table, verdict),
        }
    }
}

/// Writes one document in any format.
pub fn write_document(out: &mut Out, format: Format, record: &Value, table: &Table, verdict: &str) -> Result<()> {
    match format {
        Format::Json => writeln!(out, "{record:#}"),
        Format::Jsonl => writeln!(out, "{record}"),
        _ => write_table(out, format, table, verdict),
    }
}

fn write_table(out: &mut Out, format: Format, table: &Table, verdict: &str) -> Result<()> {
    match format {
        Format::Csv => write!(out, "{}", table.csv()?),
        Format::Markdown => write!(out, "{}", table.markdown()),
        _ => write!(out, "{}\n{}\n", table.text(), verdict.trim_end()),
    }
}
