//! Runtimes and what their threads do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The language runtime of a function.
///
/// ```
/// use powercurve::workload::Runtime;
/// let runtime: Runtime = "nodejs".parse()?;
/// assert_eq!(runtime.helper_fraction(), 0.08); // garbage collector and I/O pool run beside the handler
/// let slowest = Runtime::ALL.into_iter().max_by(|a, b| a.init_ms().total_cmp(&b.init_ms()));
/// assert_eq!(slowest.map(Runtime::name), Some("dotnet"));
/// assert!(Runtime::Rust.cpu_ms_per_mb() < Runtime::Python.cpu_ms_per_mb());
/// assert!(Runtime::Rust.idle_memory_mb() < Runtime::Java.idle_memory_mb());
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Runtime {
    /// Node.js: one JavaScript thread; the libuv pool and V8 helpers use further cores.
    NodeJs,
    /// CPython: one thread at a time runs Python code.
    Python,
    /// Java, Kotlin, Scala on a JVM: JIT and garbage-collector threads beside the handler.
    Java,
    /// .NET: JIT and garbage-collector threads beside the handler.
    DotNet,
    /// Go: goroutines run in parallel.
    Go,
    /// Rust: threads run in parallel.
    Rust,
    /// PHP: one thread.
    Php,
    /// Ruby: one thread at a time runs Ruby code.
    Ruby,
    /// Anything else, or unknown.
    #[default]
    Custom,
}

impl Runtime {
    /// All runtimes.
    pub const ALL: [Self; 9] = [
        Self::NodeJs,
        Self::Python,
        Self::Java,
        Self::DotNet,
        Self::Go,
        Self::Rust,
        Self::Php,
        Self::Ruby,
        Self::Custom,
    ];

    /// The name in workload files: `nodejs`, `python`, `java`, `dotnet`, `go`, `rust`, `php`, `ruby`, `custom`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NodeJs => "nodejs",
            Self::Python => "python",
            Self::Java => "java",
            Self::DotNet => "dotnet",
            Self::Go => "go",
            Self::Rust => "rust",
            Self::Php => "php",
            Self::Ruby => "ruby",
            Self::Custom => "custom",
        }
    }

    /// Reads a runtime out of any spelling in a recorded run (`nodejs20.x`, `python3.13`,
    /// `Java JVM + SnapStart`, `dotnet6`, `Kotlin JVM`); `None` when it names none of them.
    ///
    /// ```
    /// use powercurve::workload::Runtime;
    /// assert_eq!(Runtime::detect("nodejs20.x"), Some(Runtime::NodeJs));
    /// assert_eq!(Runtime::detect("Java JVM + SnapStart"), Some(Runtime::Java));
    /// assert_eq!(Runtime::detect("cobol"), None);
    /// ```
    pub fn detect(s: &str) -> Option<Self> {
        let s = s.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|w| s.contains(w));
        Some(match () {
            () if has(&["node", "javascript", "kotlin/js", "llrt", "bun", "deno"]) => Self::NodeJs,
            () if has(&["python", "django", "pypy"]) => Self::Python,
            () if has(&["java", "kotlin", "scala", "jvm", "graalvm"]) => Self::Java,
            () if has(&["dotnet", ".net", "c#", "csharp"]) => Self::DotNet,
            () if has(&["rust"]) => Self::Rust,
            () if has(&["ruby"]) => Self::Ruby,
            () if has(&["php"]) => Self::Php,
            () if s.starts_with("go") => Self::Go,
            () => return None,
        })
    }

    /// Share of the handler's CPU work that helper threads (garbage collector, JIT, I/O pool) do
    /// beside it, on a second core where there is one.
    ///
    /// Calibration ranges, not published constants: Node 0.05-0.15, Java and .NET 0.1-0.3,
    /// nothing where one thread does everything.
    pub const fn helper_fraction(self) -> f64 {
        match self {
            Self::NodeJs => 0.08,
            Self::Java | Self::DotNet => 0.15,
            Self::Go => 0.03,
            Self::Python | Self::Rust | Self::Php | Self::Ruby | Self::Custom => 0.0,
        }
    }

    /// Whether threads of the function's own code run in parallel; elsewhere one thread at a time does, and libraries in C
    /// are what uses further cores.
    ///
    /// ```
    /// use powercurve::workload::Runtime;
    /// assert!(Runtime::Go.has_parallel_threads() && !Runtime::Python.has_parallel_threads());
    /// ```
    pub const fn has_parallel_threads(self) -> bool {
        matches!(self, Self::Java | Self::DotNet | Self::Go | Self::Rust | Self::Custom)
    }

    /// CPU time per megabyte moved over TLS, in ms: about 4 for Rust (cargo-lambda pull request
    /// 589: an S3 reader saturates from 640 MB), our guess of 6 to 10 for slower runtimes.
    pub const fn cpu_ms_per_mb(self) -> f64 {
        match self {
            Self::Rust | Self::Go | Self::Custom => 4.0,
            Self::Java | Self::DotNet => 6.0,
            Self::NodeJs | Self::Python => 8.0,
            Self::Php | Self::Ruby => 10.0,
        }
    }

    /// Init duration of an empty zip function on x86_64, in ms (github.com/maxday/lambda-perf,
    /// 2026-08; `custom` stands for a provided runtime such as C++).
    pub const fn init_ms(self) -> f64 {
        match self {
            Self::NodeJs => 138.0,
            Self::Python => 85.0,
            Self::Java => 237.0,
            Self::DotNet => 252.0,
            Self::Go => 50.0,
            Self::Rust => 16.0,
            Self::Php => 200.0,
            Self::Ruby => 235.0,
            Self::Custom => 40.0,
        }
    }

    /// Memory used by an empty function, in MB (same source).
    pub const fn idle_memory_mb(self) -> f64 {
        match self {
            Self::NodeJs => 70.0,
            Self::Python => 35.0,
            Self::Java => 90.0,
            Self::DotNet => 70.0,
            Self::Go | Self::Rust | Self::Custom => 17.0,
            Self::Php | Self::Ruby => 40.0,
        }
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Runtime {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|r| r.name() == s).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|r| r.name()).collect();
            Error::new(format!("runtime '{s}' is unknown: expected one of {}", names.join(", ")))
        })
    }
}
