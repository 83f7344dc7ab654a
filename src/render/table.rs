//! Tabular answers: aligned text, CSV and Markdown from the same rows.

use comfy_table::{CellAlignment, Table as Grid, TableStyle, presets};

use crate::error::{Error, Result};

/// A header and rows of the same length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new<S: Into<String>>(header: impl IntoIterator<Item = S>) -> Self {
        Self { header: header.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Aligned text for a terminal: numbers to the right.
    pub fn to_text(&self) -> String {
        self.grid(presets::NOTHING)
    }

    /// A Markdown table.
    pub fn to_markdown(&self) -> String {
        self.grid(presets::ASCII_MARKDOWN)
    }

    /// CSV with a header.
    ///
    /// # Errors
    /// Never for text that fits in memory; the writer's error otherwise.
    pub fn to_csv(&self) -> Result<String> {
        let failed = |e: &dyn std::fmt::Display| Error::new(format!("cannot write CSV: {e}"));
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in std::iter::once(&self.header).chain(&self.rows) {
            writer.write_record(row).map_err(|e| failed(&e))?;
        }
        let bytes = writer.into_inner().map_err(|e| failed(&e))?;
        String::from_utf8(bytes).map_err(|e| failed(&e))
    }

    fn grid(&self, style: TableStyle) -> String {
        let mut grid = Grid::new();
        grid.load_style(style).set_header(&self.header);
        grid.add_rows(&self.rows);
        for (i, column) in grid.column_iter_mut().enumerate() {
            let numeric = |cell: &String| cell.starts_with(|c: char| c.is_ascii_digit() || "-+$".contains(c));
            let cells = || self.rows.iter().filter_map(|r| r.get(i)).filter(|c| !c.is_empty());
            if cells().next().is_some() && cells().all(numeric) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        // trailing blanks help nobody
        grid.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }
}
