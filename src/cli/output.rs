//! Standard output: buffered, and quiet when the reader has gone.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufWriter, IsTerminal, Write};

use crate::error::{Error, Result};

/// Where a command writes its answer.
pub struct Out {
    writer: BufWriter<Box<dyn Write>>,
    to_terminal: bool,
    /// Whether a closed pipe is no reason to end.
    outlasts_reader: bool,
}

impl Out {
    /// Writes to standard output.
    pub fn stdout() -> Self {
        let stdout = io::stdout().lock();
        let to_terminal = stdout.is_terminal();
        Self { writer: BufWriter::with_capacity(1 << 16, Box::new(stdout)), to_terminal, outlasts_reader: false }
    }

    /// Goes on without a reader, for a command whose exit code is an answer too: what a closed pipe does not take is dropped.
    pub fn outlast_reader(&mut self) {
        self.outlasts_reader = true;
    }

    /// Writes formatted text: the target of `write!` and `writeln!`. To a terminal it goes without control characters.
    ///
    /// A closed pipe (`powercurve ... | head`) ends the process quietly, as it does for other
    /// line tools, unless it [outlasts its reader](Out::outlast_reader).
    ///
    /// # Errors
    /// When standard output cannot be written for another reason.
    pub fn write_fmt(&mut self, args: fmt::Arguments<'_>) -> Result<()> {
        if self.to_terminal {
            return self.write_all(harmless(&args.to_string()).as_bytes());
        }
        let written = self.writer.write_fmt(args);
        self.end(written)
    }

    /// Writes bytes as they are.
    ///
    /// # Errors
    /// As [`Out::write_fmt`].
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.writer.write_all(bytes);
        self.end(written)
    }

    /// Hands everything to the operating system.
    ///
    /// # Errors
    /// As [`Out::write_fmt`].
    pub fn flush(&mut self) -> Result<()> {
        let written = self.writer.flush();
        self.end(written)
    }

    fn end(&mut self, written: io::Result<()>) -> Result<()> {
        let Err(error) = written else { return Ok(()) };
        if error.kind() != io::ErrorKind::BrokenPipe {
            return Err(Error::new(format!("cannot write to standard output: {error}")));
        }
        if !self.outlasts_reader {
            std::process::exit(0);
        }
        self.writer = BufWriter::new(Box::new(io::sink()));
        Ok(())
    }
}

/// Text without control characters but tabs and line breaks: the name of a function or a file cannot steer the terminal.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() && !matches!(c, '\t' | '\n');
    if text.contains(steers) { text.replace(steers, "\u{fffd}").into() } else { text.into() }
}

impl fmt::Debug for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Out")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_steer_the_terminal() {
        assert_eq!(harmless("a\u{1b}[31mred\u{9b}2J\r\n\tb"), "a\u{fffd}[31mred\u{fffd}2J\u{fffd}\n\tb");
        assert!(matches!(harmless("réservé\n"), Cow::Borrowed("réservé\n")));
    }
}
