//! Rows of a CSV file, with bounded memory however long a row is made.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::csv::{ByteRecord, ReaderBuilder, Terminator};

use super::lines::{LINE_LIMIT, Lines};
use super::rejected::Rejected;
use crate::error::{Error, Result};

/// Shows every row, the header included, to `each`; returns what it and the reader rejected, with
/// the line as the place. A row with more fields than the header, the first row that is no `#` comment, is not shown: a separator
/// of thousands, or a decimal comma, would shift its numbers.
pub(super) fn for_each_row(lines: Lines, delimiter: u8, mut each: impl FnMut(&ByteRecord) -> Result<()>) -> Vec<Error> {
    let left = Arc::new(AtomicUsize::new(LINE_LIMIT));
    let limited = Limited { inner: lines.into_read(), left: Arc::clone(&left) };
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        // a \r before it counts as a blank; as a line end of its own it would shift line numbers
        .terminator(Terminator::Any(b'\n'))
        .flexible(true)
        .buffer_capacity(READ_AHEAD)
        .from_reader(limited);
    let mut row = ByteRecord::new();
    let mut rejected = Rejected::default();
    let mut end = None;
    let mut width = None;
    loop {
        left.store(LINE_LIMIT, Ordering::Relaxed);
        let line = reader.position().line();
        let result = match reader.read_byte_record(&mut row) {
            Ok(false) => break,
            Ok(true) => within(&row, &mut width).and_then(|()| each(&row)),
            Err(e) => {
                let help = "check that quotes are closed and that the file is complete";
                end = Some(Error::new(format!("cannot read on: {e}")).help(help).at(format!("line {line}")));
                break;
            }
        };
        if let Err(mut error) = result {
            let line = row.position().map_or(line, |p| p.line());
            let last = reader.position().line() - 1;
            if row.iter().any(|cell| cell.contains(&b'\n')) {
                error = Error::new(format!("a quote holds everything to line {last}: expected a row on one line"))
                    .help("close the quote, and double the quotes inside a cell");
            }
            rejected.push(error.at(format!("line {line}")));
        }
    }
    let mut rejected = rejected.into_errors("rows");
    rejected.extend(end);
    rejected
}

/// Checks that a row has no more fields than the header, whose `width` the first row tells.
fn within(row: &ByteRecord, width: &mut Option<usize>) -> Result<()> {
    if row.get(0).is_some_and(|cell| cell.starts_with(b"#")) {
        return Ok(());
    }
    let width = *width.get_or_insert(row.len());
    let more = row.iter().skip(width).any(|cell| !cell.trim_ascii().is_empty());
    if more {
        return Err(Error::new(format!("the row has {} fields, the header {width}: expected no more", row.len()))
            .help("write numbers without separators of thousands and with a decimal point, or quote a cell that holds the separator"));
    }
    Ok(())
}

/// Bytes asked for at a time.
const READ_AHEAD: usize = 64 << 10;

/// Ends with an error when a single row asks for more than the limit.
struct Limited {
    inner: Box<dyn Read + Send>,
    left: Arc<AtomicUsize>,
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(io::Error::other(format!("row is longer than {} MiB", LINE_LIMIT >> 20)));
        }
        let n = self.inner.read(buffer)?;
        self.left.store(left.saturating_sub(n), Ordering::Relaxed);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_that_never_closes_ends_the_file_with_an_error() {
        let text = io::Cursor::new("a,b\n1,2\n\"").chain(io::repeat(b'x'));
        let mut rows = 0;
        let rejected = for_each_row(Lines::open(Box::new(text)).unwrap(), b',', |_| {
            rows += 1;
            Ok(())
        });
        assert_eq!(rows, 2);
        assert!(
            rejected[0].to_string().contains("line 3: cannot read on: row is longer than 16 MiB"),
            "{}",
            rejected[0]
        );
    }

    #[test]
    fn a_row_that_a_quote_makes_of_many_lines_is_named_as_that() {
        let text = "a,b\n\"1,2\n3,4\n5,6\n\"7,8\n9,10\n";
        let lines = Lines::open(Box::new(io::Cursor::new(text))).unwrap();
        let rejected = for_each_row(lines, b',', |row| match row.get(0) {
            Some(b"9" | b"a") => Ok(()),
            _ => Err(Error::new("bad")),
        });
        assert_eq!(rejected.len(), 1);
        let error = rejected[0].to_string();
        assert!(error.starts_with("line 2: a quote holds everything to line 5"), "{error}");
    }

    #[test]
    fn a_row_with_more_fields_than_the_header_is_rejected() {
        let text = "# made by hand, today, twice\nmemory,ms\n128,1,688.44\n256,859.2,\n512\n";
        let lines = Lines::open(Box::new(io::Cursor::new(text))).unwrap();
        let mut shown = Vec::new();
        let rejected = for_each_row(lines, b',', |row| {
            shown.push(String::from_utf8_lossy(row.get(0).unwrap_or_default()).into_owned());
            Ok(())
        });
        assert_eq!(shown, ["# made by hand", "memory", "256", "512"]);
        assert_eq!(
            rejected[0].to_string().lines().next(),
            Some("line 3: the row has 3 fields, the header 2: expected no more")
        );
    }

    #[test]
    fn a_blank_line_is_no_quote() {
        let lines = Lines::open(Box::new(io::Cursor::new("1,2\n\n3,4\n"))).unwrap();
        let rejected =
            for_each_row(lines, b',', |row| if row.get(0) == Some(b"1") { Ok(()) } else { Err(Error::new("bad")) });
        assert_eq!((rejected.len(), rejected[0].problem()), (1, "bad"));
    }

    #[test]
    fn a_flood_of_bad_rows_is_counted() {
        let text = "x\n".repeat(105);
        let lines = Lines::open(Box::new(io::Cursor::new(text))).unwrap();
        let rejected = for_each_row(lines, b',', |_| Err(Error::new("bad")));
        assert_eq!(rejected.len(), 101);
        assert_eq!(rejected[1].to_string(), "line 2: bad");
        assert_eq!(rejected[100].problem(), "5 more rows were rejected");
    }
}
