//! The eight patterns and their five families, by their published names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What a power curve looks like, defined by where the time of one invocation goes.
///
/// ```
/// use powercurve::{Family, Pattern};
/// let pattern: Pattern = "cpu-bound".parse()?;
/// assert_eq!((pattern.name(), pattern.family()), ("cpu-bound", Family::Cpu));
/// assert_eq!(Pattern::ALL[pattern.index()], pattern);
/// assert_eq!(pattern.summary(), "one busy thread");
/// assert!(pattern.memory_buys().contains("1769 MB"));
/// assert!("cpu".parse::<Pattern>().is_err()); // the name of a family
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pattern {
    /// Trivial data manipulation: a few ms of CPU below one quota period, no wait. Memory buys nothing.
    NoOp,
    /// One busy thread: time falls as 1/m up to one vCPU, then is flat.
    CpuBound,
    /// Several busy threads: time keeps falling past one vCPU.
    CpuBoundMultithreaded,
    /// Waits for a third party: memory buys nothing, cost rises with memory.
    NetworkBoundApi,
    /// Several SDK or database calls behind TLS, signing and parsing: steep to 512-1024 MB, then flat.
    NetworkBoundSdk,
    /// Moves many MB on one stream: falls until one core keeps up with the stream, then flat.
    TransferBound,
    /// Moves many MB on 10 to 20 threads: falls past one vCPU, until the network cap.
    TransferBoundMultithreaded,
    /// What it calls does not scale: no trend, neighbours differ by more than the noise.
    DownstreamLimited,
}

impl Pattern {
    /// All patterns, in the order of every probability vector and confusion matrix.
    pub const ALL: [Self; 8] = [
        Self::NoOp,
        Self::CpuBound,
        Self::CpuBoundMultithreaded,
        Self::NetworkBoundApi,
        Self::NetworkBoundSdk,
        Self::TransferBound,
        Self::TransferBoundMultithreaded,
        Self::DownstreamLimited,
    ];

    /// Number of patterns.
    ///
    /// ```
    /// use powercurve::Pattern;
    /// let even = [1.0 / Pattern::COUNT as f64; Pattern::COUNT];
    /// assert_eq!(even[Pattern::NoOp.index()], 0.125);
    /// ```
    pub const COUNT: usize = Self::ALL.len();

    /// Position in [`Pattern::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The published name, as it stands in files and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoOp => "no-op",
            Self::CpuBound => "cpu-bound",
            Self::CpuBoundMultithreaded => "cpu-bound-multithreaded",
            Self::NetworkBoundApi => "network-bound-api",
            Self::NetworkBoundSdk => "network-bound-sdk",
            Self::TransferBound => "transfer-bound",
            Self::TransferBoundMultithreaded => "transfer-bound-multithreaded",
            Self::DownstreamLimited => "downstream-limited",
        }
    }

    /// The family: patterns that differ only in the number of threads, or only in how the wait is
    /// made up, belong together.
    pub const fn family(self) -> Family {
        match self {
            Self::NoOp => Family::NoOp,
            Self::CpuBound | Self::CpuBoundMultithreaded => Family::Cpu,
            Self::NetworkBoundApi | Self::NetworkBoundSdk => Family::Network,
            Self::TransferBound | Self::TransferBoundMultithreaded => Family::Transfer,
            Self::DownstreamLimited => Family::Downstream,
        }
    }

    /// What the function is doing, in one line.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::NoOp => "a few milliseconds of work, no wait",
            Self::CpuBound => "one busy thread",
            Self::CpuBoundMultithreaded => "several busy threads",
            Self::NetworkBoundApi => "waits for a third party",
            Self::NetworkBoundSdk => "several SDK or database calls behind TLS, signing and parsing work",
            Self::TransferBound => "moves many megabytes on one stream",
            Self::TransferBoundMultithreaded => "moves many megabytes on many threads",
            Self::DownstreamLimited => "what it calls does not scale",
        }
    }

    /// What more memory buys, in one line.
    pub const fn memory_buys(self) -> &'static str {
        match self {
            Self::NoOp => "milliseconds at most: take the smallest size that fits",
            Self::CpuBound => "speed at equal cost up to about 1769 MB, nothing beyond",
            Self::CpuBoundMultithreaded => "speed past 1769 MB, as far as the threads go",
            Self::NetworkBoundApi => "little but a larger bill: take the smallest size that is fast enough",
            Self::NetworkBoundSdk => "speed while its CPU work is throttled, most of it by 512-1024 MB",
            Self::TransferBound => "speed until one core keeps up with the stream, then nothing",
            Self::TransferBoundMultithreaded => "speed past 1769 MB, until the network cap",
            Self::DownstreamLimited => "chance: measure what it calls before choosing a size",
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Pattern {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|p| p.name() == s).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|p| p.name()).collect();
            Error::new(format!("pattern '{s}' is unknown: expected one of {}", names.join(", ")))
        })
    }
}

/// Patterns that call for the same advice.
///
/// ```
/// use powercurve::{Family, Pattern};
/// let of_two = |family: Family| Pattern::ALL.into_iter().filter(|p| p.family() == family).count() == 2;
/// let names: Vec<&str> = Family::ALL.into_iter().filter(|f| of_two(*f)).map(Family::name).collect();
/// assert_eq!(names, ["cpu", "network", "transfer"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// [`Pattern::NoOp`].
    NoOp,
    /// Both CPU patterns.
    Cpu,
    /// Both network patterns.
    Network,
    /// Both transfer patterns.
    Transfer,
    /// [`Pattern::DownstreamLimited`].
    Downstream,
}

impl Family {
    /// All families, in the order of [`Pattern::ALL`].
    pub const ALL: [Self; 5] = [Self::NoOp, Self::Cpu, Self::Network, Self::Transfer, Self::Downstream];

    /// The published name, as it stands in files and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoOp => "no-op",
            Self::Cpu => "cpu",
            Self::Network => "network",
            Self::Transfer => "transfer",
            Self::Downstream => "downstream",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
