//! Standard output: buffered, and quiet when the reader has gone.

use std::fmt;
use std::io::{self, BufWriter, Write};

use crate::error::{Error, Result};

/// Where a command writes its answer.
pub struct Out {
    writer: BufWriter<Box<dyn Write>>,
}

impl Out {
    /// Writes to standard output.
    pub fn stdout() -> Self {
        Self { writer: BufWriter::with_capacity(1 << 16, Box::new(io::stdout().lock())) }
    }

    /// Writes formatted text: the target of `write!` and `writeln!`.
    ///
    /// A closed pipe (`powercurve ... | head`) ends the process quietly, as it does for other
    /// line tools.
    ///
    /// # Errors
    /// When standard output cannot be written for another reason.
    pub fn write_fmt(&mut self, args: fmt::Arguments<'_>) -> Result<()> {
        self.writer.write_fmt(args).map_err(|e| gone_or(&e))
    }

    /// Writes bytes as they are.
    ///
    /// # Errors
    /// As [`Out::write_fmt`].
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write_all(bytes).map_err(|e| gone_or(&e))
    }

    /// Hands everything to the operating system.
    ///
    /// # Errors
    /// As [`Out::write_fmt`].
    pub fn flush(&mut self) -> Result<()> {
        self.writer.flush().map_err(|e| gone_or(&e))
    }
}

impl fmt::Debug for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Out")
    }
}

fn gone_or(error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    Error::new(format!("cannot write to standard output: {error}"))
}
