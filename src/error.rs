//! One error type for the whole crate: where, what, what was expected, how to fix it.

use std::fmt;

/// Everything that can go wrong in powercurve, in a form a person can act on.
///
/// An error always says *what* is wrong. Where they are known it also says *where* (file and
/// line or JSON path, added by the layers that know them) and *how to fix it*.
///
/// ```
/// use powercurve::Error;
/// let e = Error::new("memory size 64 MB is too small: expected 128 to 10240")
///     .help("Lambda sizes start at 128 MB")
///     .at("line 3")
///     .at("runs.csv");
/// assert_eq!(
///     e.to_string(),
///     "runs.csv: line 3: memory size 64 MB is too small: expected 128 to 10240\n  help: Lambda sizes start at 128 MB",
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Error {
    place: Vec<String>,
    problem: String,
    help: Option<String>,
}

/// The crate's result type.
///
/// ```
/// fn gigabytes(mb: u32) -> powercurve::Result<f64> {
///     Ok(powercurve::MemoryMb::new(mb)?.as_f64() / 1024.0)
/// }
/// assert_eq!(gigabytes(1536), Ok(1.5));
/// assert!(gigabytes(64).is_err());
/// ```
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A new error from what is wrong and what was expected instead.
    pub fn new(problem: impl Into<String>) -> Self {
        Self { place: Vec::new(), problem: problem.into(), help: None }
    }

    /// Puts `place` in front of the places already known: call it from the inside outwards.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place.insert(0, place.into());
        self
    }

    /// Says how to fix it. The innermost advice is kept, since it is the most specific.
    ///
    /// ```
    /// use powercurve::Error;
    /// let e = Error::new("cannot be read").help("check the path").help("look at the documentation");
    /// assert_eq!(e.to_string(), "cannot be read\n  help: check the path");
    /// ```
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.get_or_insert(help.into());
        self
    }

    /// Where it happened, outermost place first; empty when unknown.
    ///
    /// ```
    /// use powercurve::Error;
    /// let e = Error::new("no such file").at("line 3").at("runs.csv");
    /// assert_eq!(e.place(), ["runs.csv", "line 3"]);
    /// assert_eq!(e.problem(), "no such file");
    /// ```
    pub fn place(&self) -> &[String] {
        &self.place
    }

    /// What is wrong, without place and help.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.problem)?;
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}
