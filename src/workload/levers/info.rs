//! What is known of each lever: the assumption it makes, how sure that is, and who says so.

use std::fmt;

use serde::Serialize;

/// How sure the figure behind a lever is.
///
/// ```
/// use powercurve::workload::{Confidence, Lever};
/// assert_eq!(Lever::ParallelCalls.info().confidence, Confidence::A); // arithmetic
/// assert!(Lever::RangeGet(0.5).info().confidence.is_assumption()); // how much can be left out is the user's to say
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Confidence {
    /// An official document or source code, and an independent check (or plain arithmetic).
    A,
    /// One good measurement or one official statement.
    B,
    /// Derived, or a single blog: an assumption to replace by a figure of one's own.
    C,
    /// Hearsay: the default changes nothing that the workload does not say itself.
    D,
}

impl Confidence {
    /// Whether the figure is an assumption that the user should replace.
    pub const fn is_assumption(self) -> bool {
        matches!(self, Self::C | Self::D)
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A lever by name.
///
/// ```
/// use powercurve::workload::Lever;
/// let arm64 = Lever::Arm64(None).info();
/// assert_eq!(arm64.value, "duration of CPU work at the same size, relative to x86_64 [1]");
/// assert!(arm64.assumption.starts_with("arm64 costs 20 % less") && arm64.source.contains("pricing"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LeverInfo {
    /// The name on the command line.
    pub name: &'static str,
    /// What the value means, with its default; empty when the lever takes none.
    pub value: &'static str,
    /// What the lever assumes, in one line.
    pub assumption: &'static str,
    /// How sure the figure is.
    pub confidence: Confidence,
    /// Who measured or stated it.
    pub source: &'static str,
}

/// Share of a function's own init that lazy loading puts off: FaaSLight's mean.
pub(super) const LAZY_INIT_SHARE: f64 = 0.2878;
/// Share of a function's own init that a smaller bundle saves: 1.5 to 0.8 s.
pub(super) const SMALLER_BUNDLE_SHARE: f64 = 0.47;
/// Share of events that a filter keeps away from the function: the one published case.
pub(super) const FILTERED_SHARE: f64 = 0.5;
/// Share of the megabytes that a range request leaves out: an assumption.
pub(super) const LEFT_OUT_SHARE: f64 = 0.5;
/// Connections of a multi-threaded transfer: the low end of the usual 10 to 20.
pub(super) const CONNECTIONS: u32 = 10;
/// Duration of CPU work on arm64 relative to that on x86_64 at the same size, below one vCPU.
pub(super) const ARM64_TIME_FACTOR: f64 = 1.0;
/// The published cases.
pub(super) const ARM64_TIME_FACTORS: (f64, f64) = (0.7, 1.3);

/// All levers, in the order of [`super::Lever`].
pub(super) const ALL: [LeverInfo; 15] = [
    LeverInfo {
        name: "keep-alive",
        value: "",
        assumption: "connections stay open between invocations, so no call of a warm function sets one up",
        confidence: Confidence::A,
        source: "AWS docs, AWS_NODEJS_CONNECTION_REUSE_ENABLED (default in SDK v3): QLDB 78.2 to 34.3 ms; theburningmonk 2019: DynamoDB 33 to 10 ms",
    },
    LeverInfo {
        name: "cache-config",
        value: "name of the call [the one named after config, secrets, parameters or SSM]",
        assumption: "configuration is fetched on cold starts only and kept between invocations",
        confidence: Confidence::B,
        source: "AWS docs on the parameters and secrets extension; a published sample spent 375 ms a request on it",
    },
    LeverInfo {
        name: "lazy-init",
        value: "share of the function's own init that is put off [0.2878]",
        assumption: "what is put off is not needed by the usual request",
        confidence: Confidence::B,
        source: "FaaSLight: 28.78 % less loading on average",
    },
    LeverInfo {
        name: "smaller-bundle",
        value: "share of the function's own init that goes [0.47]",
        assumption: "init shrinks with the code that is loaded; minifying alone does nothing",
        confidence: Confidence::B,
        source: "avraam.dev: 1.5 to 0.8 s; Momento: 1.5 MB to 260 KB about 1000 to 100 ms; disputed by betterdev.blog 2024",
    },
    LeverInfo {
        name: "destinations",
        value: "name of the call [the one named after publish, notify, send, SNS, SQS or EventBridge]",
        assumption: "Lambda delivers the result after the handler has returned; asynchronous invocations only",
        confidence: Confidence::C,
        source: "derived: the publishing call, 10 to 30 ms in public traces, leaves the handler",
    },
    LeverInfo {
        name: "filter-events",
        value: "share of the events that is filtered out [0.5]",
        assumption: "the event source drops these events free of charge before they invoke the function",
        confidence: Confidence::B,
        source: "Tom Milner: about half of the events in one case",
    },
    LeverInfo {
        name: "connection-pool",
        value: "ms left of connection set-up [0]",
        assumption: "a pool such as RDS Proxy holds the connections; its own charge is not counted",
        confidence: Confidence::D,
        source: "claims of 100 to 500 ms a connection; the saving here is the workload's own connect_ms",
    },
    LeverInfo {
        name: "range-get",
        value: "share of the megabytes that is left out [0.5]",
        assumption: "only the needed byte ranges are fetched (S3 Select is closed to new customers since 2024-07-25)",
        confidence: Confidence::C,
        source: "how much can be left out depends on the format: give your own share",
    },
    LeverInfo {
        name: "parallel-calls",
        value: "",
        assumption: "the calls of a group do not need each other's answers: the slowest counts instead of the sum",
        confidence: Confidence::A,
        source: "arithmetic",
    },
    LeverInfo {
        name: "step-functions-wait",
        value: "name of the call [the one that waits longest]",
        assumption: "a Standard workflow waits: three transitions and a second invocation for each event; an event takes as long as before",
        confidence: Confidence::B,
        source: "AWS Step Functions pricing, $0.025 per 1000 transitions; Scott Logic: can cost ten times more",
    },
    LeverInfo {
        name: "multi-thread-transfer",
        value: "number of connections [10]",
        assumption: "connections add up to the network cap: 340 MB/s in bursts of about 360 MB, then 76 MB/s",
        confidence: Confidence::B,
        source: "github.com/sjakthol/aws-network-benchmark (2024); S3 guidance of parallel 8-16 MB ranges",
    },
    LeverInfo {
        name: "concurrency-limit",
        value: "invocations at the same time [the downstream's capacity]",
        assumption: "events wait in front of the function, unbilled, instead of inside it",
        confidence: Confidence::B,
        source: "reserved concurrency in the AWS Lambda developer guide; the gain follows from the queue",
    },
    LeverInfo {
        name: "provisioned-concurrency",
        value: "execution environments [1]",
        assumption: "configured all month (730 h); each serves one event after the other without cold starts, what is more runs on demand with its cold starts; cheaper than on demand above 60 % use",
        confidence: Confidence::A,
        source: "aws.amazon.com/lambda/pricing",
    },
    LeverInfo {
        name: "arm64",
        value: "duration of CPU work at the same size, relative to x86_64 [1]",
        assumption: "arm64 costs 20 % less; its speed depends on the work: published durations at the same size, below one vCPU, are 0.7 to 1.3 times those of x86_64, and so are intervals unless a value is given; above, one thread gains up to 2048 MB instead of 1769 MB",
        confidence: Confidence::B,
        source: "aws.amazon.com/lambda/pricing; aws/aws-graviton-getting-started: 0.71; cebert benchmarks: 0.90 at 1024 MB; amanox numpy: above 1",
    },
    LeverInfo {
        name: "billing",
        value: "1ms or 100ms [1ms]",
        assumption: "durations are rounded up to this step before they are charged",
        confidence: Confidence::A,
        source: "AWS News Blog, 1 ms billing granularity, December 2020",
    },
];
