//! Tables: the same rows for people (aligned text, Markdown) and for programs (CSV).

use comfy_table::{CellAlignment, LineStyle, TableStyle};

use super::html::escape;
use crate::error::Result;
use crate::export::csv_text;
use crate::units::{Currency, MemoryMb, Millis, Usd};

/// A column by its two names: that of a field in CSV, and that of a heading for people.
///
/// ```
/// use powercurve::render::table::{Cell, Column, Table};
/// let mut table = Table::new(&[Column { field: "accepted_share", heading: "accepted" }, Column::plain("runs")]);
/// table.row([Cell::Share(0.875), Cell::Count(40)]);
/// assert_eq!(table.csv()?, "accepted_share,runs\n0.875,40\n");
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Name of the field, with its unit: `duration_ms`.
    pub field: &'static str,
    /// Heading: `duration`.
    pub heading: &'static str,
}

/// One value: people see it rounded and with its unit, programs in full.
///
/// ```
/// use powercurve::render::table::Cell;
/// use powercurve::units::Currency;
/// assert_eq!(Cell::Change(-0.125).to_string(), "-12.5 %");
/// assert_eq!(Cell::Hours(5400.0).to_string(), "1.5");
/// assert_eq!(Cell::or_empty(None, Cell::Count).to_string(), "");
/// assert_eq!(Cell::SignedCost(-3.5).in_currency(Currency::Cny).to_string(), "-¥3.50");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// Words that lead somewhere, where the form of the table has links.
    Link {
        /// The words.
        text: String,
        /// Where to.
        to: String,
    },
    /// A memory size.
    Memory(MemoryMb),
    /// A duration.
    Duration(Millis),
    /// An amount of dollars.
    Cost(Usd),
    /// Dollars of a month that may be a loss, with a sign where they are.
    SignedCost(f64),
    /// Milliseconds that may be negative.
    SignedDuration(f64),
    /// Seconds, shown in hours.
    Hours(f64),
    /// The cost of one invocation, in dollars: people see that of a million.
    PerMillion(Usd),
    /// A signed share, shown in per cent: 0.05 as `+5.0 %`.
    Change(f64),
    /// A share, shown in per cent: 0.05 as `5 %`.
    Share(f64),
    /// A number, shown with so many digits after the point.
    Number(f64, usize),
    /// A whole number.
    Count(u64),
    /// An amount in yuan.
    Yuan(Box<Cell>),
    /// Nothing to say.
    Empty,
}

impl Cell {
    /// The cell of a value that may be missing.
    pub fn or_empty<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Empty, cell)
    }

    /// The cell of an amount in this currency.
    #[must_use]
    pub fn in_currency(self, currency: Currency) -> Self {
        if currency == Currency::Cny { Self::Yuan(Box::new(self)) } else { self }
    }

    fn for_people(&self) -> String {
        // what rounds to nothing has no sign
        let nothing = |shown: &str| !shown.contains(|c: char| c.is_ascii_digit() && c != '0');
        let signed = |x: f64, shown: String| if x < 0.0 && !nothing(&shown) { format!("-{shown}") } else { shown };
        match self {
            Self::Text(text) | Self::Link { text, .. } => text.clone(),
            Self::Memory(memory) => memory.to_string(),
            Self::Duration(duration) => duration.to_string(),
            Self::Cost(cost) => cost.to_string(),
            // a month's money: cents are enough
            Self::SignedCost(usd) => signed(*usd, format!("${:.2}", usd.abs())),
            Self::SignedDuration(ms) => {
                signed(*ms, Millis::new(ms.abs()).map_or_else(|_| "0 ms".to_owned(), |d| d.to_string()))
            }
            Self::Hours(seconds) => format!("{:.1}", seconds / 3600.0),
            Self::PerMillion(cost) => cost.per_million().to_string(),
            Self::Change(share) => {
                let shown = format!("{:+.1} %", 100.0 * share);
                if nothing(&shown) { shown.trim_start_matches(['+', '-']).to_owned() } else { shown }
            }
            Self::Share(share) => format!("{:.0} %", 100.0 * share),
            Self::Number(x, digits) => signed(*x, format!("{:.digits$}", x.abs())),
            Self::Count(n) => n.to_string(),
            Self::Yuan(amount) => Currency::Cny.text(&amount.for_people()),
            Self::Empty => String::new(),
        }
    }

    fn html(&self) -> String {
        let text = escape(&self.for_people());
        match self {
            Self::Link { to, .. } => format!("<a href=\"{}\">{text}</a>", escape(to)),
            _ => text,
        }
    }

    fn for_programs(&self) -> String {
        match self {
            Self::Text(text) | Self::Link { text, .. } => text.clone(),
            Self::Memory(memory) => memory.mb().to_string(),
            Self::Duration(duration) => duration.ms().to_string(),
            Self::Cost(cost) | Self::PerMillion(cost) => cost.usd().to_string(),
            Self::Change(x) | Self::Share(x) | Self::Number(x, _) => x.to_string(),
            Self::SignedCost(x) | Self::SignedDuration(x) | Self::Hours(x) => x.to_string(),
            Self::Count(n) => n.to_string(),
            Self::Yuan(amount) => amount.for_programs(),
            Self::Empty => String::new(),
        }
    }
}

/// As people see it in a table.
impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.for_people())
    }
}

/// Columns and rows of cells.
///
/// ```
/// use powercurve::render::table::{Cell, Column, Table};
/// use powercurve::{MemoryMb, Millis};
/// let columns = [
///     Column { field: "memory_mb", heading: "memory" },
///     Column { field: "duration_ms", heading: "duration" },
/// ];
/// let mut table = Table::new(&columns);
/// table.row([Cell::Memory(MemoryMb::new(512)?), Cell::Duration(Millis::new(6067.125)?)]);
/// assert_eq!(table.csv()?, "memory_mb,duration_ms\n512,6067.125\n");
/// assert_eq!(table.markdown(), "| memory | duration |\n|---:|---:|\n| 512 MB | 6067 ms |\n");
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl Column {
    /// A column whose heading is the name of its field.
    pub const fn plain(name: &'static str) -> Self {
        Self { field: name, heading: name }
    }
}

impl Table {
    /// A table without rows.
    pub fn new(columns: &[Column]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Several tables as one: a column with the name of the part, then the columns of all parts, by their fields; a part has
    /// nothing to say in those of the others.
    ///
    /// ```
    /// use powercurve::render::table::{Cell, Column, Table};
    /// let mut errors = Table::new(&[Column::plain("median")]);
    /// errors.row([Cell::Share(0.02)]);
    /// let both = Table::stack(Column::plain("task"), &[("fit", errors.clone()), ("prediction", errors)]);
    /// assert_eq!(both.csv()?, "task,median\nfit,0.02\nprediction,0.02\n");
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn stack(part: Column, parts: &[(&str, Self)]) -> Self {
        let mut columns = vec![part];
        for column in parts.iter().flat_map(|(_, table)| &table.columns) {
            if columns.iter().all(|known| known.field != column.field) {
                columns.push(*column);
            }
        }
        let mut stacked = Self::new(&columns);
        for (name, table) in parts {
            for row in &table.rows {
                let cell = |column: &Column| {
                    let place = table.columns.iter().position(|c| c.field == column.field);
                    place.map_or(Cell::Empty, |i| row[i].clone())
                };
                let cells = columns[1..].iter().map(cell);
                stacked.row(std::iter::once(Cell::Text((*name).to_owned())).chain(cells));
            }
        }
        stacked
    }

    /// Adds a row. Cells that are missing are empty, cells without a column are left out.
    ///
    /// ```
    /// use powercurve::render::table::{Cell, Column, Table};
    /// let mut table = Table::new(&[Column::plain("id"), Column::plain("runs")]);
    /// table.row([Cell::Text("a".to_owned())]);
    /// table.row([Cell::Text("b".to_owned()), Cell::Count(1), Cell::Count(2)]);
    /// assert_eq!(table.csv()?, "id,runs\na,\nb,1\n");
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let cells = cells.into_iter().chain(std::iter::repeat(Cell::Empty));
        self.rows.push(cells.take(self.columns.len()).collect());
    }

    /// Columns aligned with spaces, a rule under the headings, a line break at the end.
    ///
    /// ```
    /// use powercurve::render::table::{Cell, Column, Table};
    /// let mut table = Table::new(&[Column::plain("memory"), Column::plain("best")]);
    /// table.row([Cell::Memory(powercurve::MemoryMb::new(512)?), Cell::Text("cheapest".to_owned())]);
    /// let text = table.text();
    /// assert_eq!(text.lines().map(|line| line.trim()).collect::<Vec<_>>()[2], "512 MB   cheapest");
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn text(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'))).force_no_tty();
        table.set_header(self.columns.iter().map(|c| c.heading));
        for row in &self.rows {
            table.add_row(row.iter().map(|cell| one_line(&cell.for_people())));
        }
        for (i, column) in table.column_iter_mut().enumerate() {
            column.set_cell_alignment(if self.is_words(i) { CellAlignment::Left } else { CellAlignment::Right });
        }
        table.trim_fmt() + "\n"
    }

    /// A table in Markdown.
    pub fn markdown(&self) -> String {
        let line = |cells: &mut dyn Iterator<Item = String>| format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
        let escaped = |cell: &Cell| one_line(&cell.for_people()).replace('|', "\\|");
        let rules: String = (0..self.columns.len()).map(|i| if self.is_words(i) { "---|" } else { "---:|" }).collect();
        let mut text = line(&mut self.columns.iter().map(|c| c.heading.to_owned()));
        text.push_str(&format!("|{rules}\n"));
        for row in &self.rows {
            text.push_str(&line(&mut row.iter().map(escaped)));
        }
        text
    }

    /// A table in HTML.
    ///
    /// ```
    /// use powercurve::render::table::{Cell, Column, Table};
    /// let mut table = Table::new(&[Column::plain("function")]);
    /// table.row([Cell::Link { text: "a & b".to_owned(), to: "#run-1".to_owned() }]);
    /// assert!(table.html().contains("<a href=\"#run-1\">a &amp; b</a>"));
    /// ```
    pub fn html(&self) -> String {
        let line = |tag: &str, cells: &mut dyn Iterator<Item = String>| {
            let cell = |(i, text): (usize, String)| {
                let class = if self.is_words(i) { " class=\"words\"" } else { "" };
                format!("<{tag}{class}>{text}</{tag}>")
            };
            format!("<tr>{}</tr>\n", cells.enumerate().map(cell).collect::<String>())
        };
        let head = line("th", &mut self.columns.iter().map(|c| escape(c.heading)));
        let rows = self.rows.iter().map(|row| line("td", &mut row.iter().map(Cell::html)));
        format!("<table>\n{head}{}</table>\n", rows.collect::<String>())
    }

    /// Comma-separated values with a header of field names; where an amount is in yuan, a last column `currency` says so.
    ///
    /// ```
    /// use powercurve::render::table::{Cell, Column, Table};
    /// use powercurve::{Usd, units::Currency};
    /// let mut table = Table::new(&[Column::plain("cost_usd")]);
    /// table.row([Cell::Cost(Usd::new(0.5)?).in_currency(Currency::Cny)]);
    /// assert_eq!(table.csv()?, "cost_usd,currency\n0.5,CNY\n");
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// None that can happen with rows made by [`Table::row`].
    pub fn csv(&self) -> Result<String> {
        let mut lines: Vec<Vec<String>> = vec![self.columns.iter().map(|c| c.field.to_owned()).collect()];
        lines.extend(self.rows.iter().map(|row| row.iter().map(Cell::for_programs).collect()));
        let in_yuan = |row: &Vec<Cell>| row.iter().any(|cell| matches!(cell, Cell::Yuan(_)));
        if self.rows.iter().any(in_yuan) {
            let currency = |row| if in_yuan(row) { Currency::Cny } else { Currency::Usd }.code().to_owned();
            let last = std::iter::once("currency".to_owned()).chain(self.rows.iter().map(currency));
            lines.iter_mut().zip(last).for_each(|(line, cell)| line.push(cell));
        }
        csv_text(lines)
    }

    /// Whether a column holds words rather than quantities.
    fn is_words(&self, column: usize) -> bool {
        self.rows.iter().any(|row| matches!(row.get(column), Some(Cell::Text(_) | Cell::Link { .. })))
    }
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&[
            Column { field: "id", heading: "run" },
            Column { field: "cost_usd", heading: "cost" },
            Column { field: "change", heading: "change" },
        ]);
        table.row([Cell::Text("a|b, \"c\"\nd".to_owned()), Cell::Cost(Usd::ZERO), Cell::Change(-0.25)]);
        table.row([Cell::Text("short".to_owned())]);
        table
    }

    #[test]
    fn what_rounds_to_nothing_has_no_sign() {
        assert_eq!([-0.004, -0.006, 0.0].map(|usd| Cell::SignedCost(usd).to_string()), ["$0.00", "-$0.01", "$0.00"]);
        assert!(Cell::SignedDuration(-2.0).to_string().starts_with('-'));
        assert_eq!([-0.04, -0.06, 0.0].map(|x| Cell::Number(x, 1).to_string()), ["0.0", "-0.1", "0.0"]);
        let changes = [-0.0004, 0.0004, -0.0006, 0.0006].map(|share| Cell::Change(share).to_string());
        assert_eq!(changes, ["0.0 %", "0.0 %", "-0.1 %", "+0.1 %"]);
    }

    #[test]
    fn text_is_aligned() {
        let text = table().text();
        let expected = [
            " run          cost    change",
            "─────────────────────────────",
            " a|b, \"c\" d     $0   -25.0 %",
            " short",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn markdown_cells_cannot_break_the_row() {
        let text = table().markdown();
        assert_eq!(text.lines().nth(1), Some("|---|---:|---:|"));
        assert_eq!(text.lines().nth(2), Some("| a\\|b, \"c\" d | $0 | -25.0 % |"));
    }

    #[test]
    fn html_is_escaped() {
        let html = table().html();
        assert!(html.starts_with("<table>\n<tr><th class=\"words\">run</th><th>cost</th>"), "{html}");
        assert!(html.contains("<td class=\"words\">a|b, &quot;c&quot; d</td><td>$0</td><td>-25.0 %</td>"), "{html}");
    }

    #[test]
    fn parts_stand_in_one_table() -> Result<()> {
        let mut other = Table::new(&[Column::plain("change"), Column::plain("why")]);
        other.row([Cell::Change(0.5), Cell::Text("so".to_owned())]);
        let csv = Table::stack(Column::plain("part"), &[("one", table()), ("other", other)]).csv()?;
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines[0], "part,id,cost_usd,change,why");
        assert_eq!(lines[lines.len() - 2..], ["one,short,,,", "other,,,0.5,so"]);
        Ok(())
    }

    #[test]
    fn csv_is_quoted_and_in_full() -> Result<()> {
        assert_eq!(table().csv()?, "id,cost_usd,change\n\"a|b, \"\"c\"\"\nd\",0,-0.25\nshort,,\n");
        Ok(())
    }
}
