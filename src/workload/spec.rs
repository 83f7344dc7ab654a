//! The workload file.

use serde::{Deserialize, Serialize};

use crate::curve::Arch;
use crate::error::{Error, Result};
use crate::pattern::Pattern;
use crate::platform::cpu;
use crate::platform::network::PER_CONNECTION_MB_S;
use crate::workload::Runtime;

/// What one function does in one invocation. Every part may be left out of the file.
///
/// ```
/// use powercurve::Workload;
/// let w = Workload::from_toml(r#"
///     name = "thumbnail"
///     runtime = "nodejs"
///     [cpu]
///     work_ms = 900            # CPU time at one full vCPU
///     [[transfer]]
///     megabytes = 4
/// "#)?;
/// assert_eq!(w.cpu.work_ms, 900.0);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Workload {
    /// A short name.
    pub name: String,
    /// What the function does, in a sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The pattern this workload is meant to show, where its author knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<Pattern>,
    /// Language runtime: sets the defaults for helper threads, CPU per megabyte, init time and idle memory.
    pub runtime: Runtime,
    /// Instruction set.
    pub arch: Arch,
    /// CPU work.
    pub cpu: Cpu,
    /// Calls to other services, in the order in which they happen.
    #[serde(rename = "call", skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Call>,
    /// Bulk data moved.
    #[serde(rename = "transfer", skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<Transfer>,
    /// Memory used.
    pub memory: Footprint,
    /// A service with a fixed capacity that every invocation uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downstream: Option<Downstream>,
    /// Cold starts.
    pub cold_start: ColdStart,
    /// Variation between invocations.
    pub noise: Noise,
}

/// CPU work of the handler.
///
/// ```
/// use powercurve::{MemoryMb, Workload, simulate::expected_ms, workload::Cpu};
/// // 600 ms of work, alone and on four threads
/// let one = Workload { cpu: Cpu { work_ms: 600.0, ..Cpu::default() }, ..Workload::default() };
/// let four = Workload { cpu: Cpu { parallel_ms: 600.0, threads: 4, ..Cpu::default() }, ..Workload::default() };
/// let gain = |w: &Workload| expected_ms(w, MemoryMb::MIN) / expected_ms(w, MemoryMb::MAX);
/// assert!(gain(&one) < 15.0 && gain(&four) > 40.0); // one vCPU is 13.8 times the share at 128 MB
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cpu {
    /// CPU time on one thread at one full vCPU, in ms.
    pub work_ms: f64,
    /// CPU time that is spread over `threads`, summed over the threads, at one full vCPU, in ms.
    pub parallel_ms: f64,
    /// Number of threads that share `parallel_ms`.
    pub threads: u32,
    /// Share of `parallel_ms` that the longest thread has; unset: an equal share (1 / threads).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_thread: Option<f64>,
    /// Share of the CPU work that helper threads do beside the handler; unset: the runtime's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helper_fraction: Option<f64>,
    /// Extra CPU time at 128 MB through throttling and cache loss, as a share (0.1 = 10 %);
    /// falls as 1/m to none at one vCPU. Public curves need 0 to 0.2.
    pub throttle_overhead: f64,
    /// Memory size in MB at which one thread runs at full speed; unset: 1769 on x86_64, about
    /// 2048 on arm64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub knee_mb: Option<f64>,
}

impl Default for Cpu {
    fn default() -> Self {
        Self {
            work_ms: 0.0,
            parallel_ms: 0.0,
            threads: 1,
            longest_thread: None,
            helper_fraction: None,
            throttle_overhead: 0.03,
            knee_mb: None,
        }
    }
}

/// One or several calls to another service.
///
/// ```
/// use powercurve::{MemoryMb, Workload, simulate::expected_ms};
/// let call = |keep_alive: bool| {
///     let text = format!("[[call]]\nlatency_ms = 20\nconnect_ms = 60\nkeep_alive = {keep_alive}");
///     Ok::<_, powercurve::Error>(expected_ms(&Workload::from_toml(&text)?, MemoryMb::MAX))
/// };
/// assert!((call(true)? - 20.0).abs() < 1e-9);
/// assert!((call(false)? - 80.0).abs() < 1e-9); // a new connection every time
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Call {
    /// What is called.
    pub name: String,
    /// How many calls of this kind one invocation makes.
    pub count: u32,
    /// One after the other, or all at once.
    pub mode: CallMode,
    /// Mean time from request to response on an open connection, in ms.
    pub latency_ms: f64,
    /// Coefficient of variation of the latency (standard deviation / mean). At the default of 0.4 a mixture
    /// of CPU work and one to three calls varies by 12 to 37 % from call to call, as public ones do.
    pub latency_cv: f64,
    /// Shape of the latency's distribution.
    pub distribution: Distribution,
    /// CPU time of one call (signing, encryption, parsing) at one full vCPU, in ms.
    pub cpu_ms: f64,
    /// Time to set up a connection (DNS, TCP, TLS round trips), in ms; paid on each call without
    /// `keep_alive`, and on cold starts.
    pub connect_ms: f64,
    /// CPU time to set up a connection (TLS handshake) at one full vCPU, in ms.
    pub connect_cpu_ms: f64,
    /// Whether connections are reused between calls and invocations.
    pub keep_alive: bool,
}

impl Default for Call {
    fn default() -> Self {
        Self {
            name: String::new(),
            count: 1,
            mode: CallMode::Serial,
            latency_ms: 0.0,
            latency_cv: 0.4,
            distribution: Distribution::LogNormal,
            cpu_ms: 0.0,
            connect_ms: 0.0,
            connect_cpu_ms: 0.0,
            keep_alive: true,
        }
    }
}

impl Call {
    /// CPU time of one call on a warm function, with connection set-up where it is paid, in ms.
    pub(crate) fn warm_cpu_ms(&self) -> f64 {
        self.cpu_ms + if self.keep_alive { 0.0 } else { self.connect_cpu_ms }
    }

    /// Time spent waiting for connection set-up in one call on a warm function, in ms.
    pub(crate) fn warm_connect_ms(&self) -> f64 {
        if self.keep_alive { 0.0 } else { self.connect_ms }
    }
}

/// Whether the calls of a group follow each other.
///
/// ```
/// use powercurve::{MemoryMb, Workload, simulate::expected_ms};
/// let calls = |mode: &str| {
///     let text = format!("[[call]]\ncount = 5\nlatency_ms = 100\nmode = \"{mode}\"");
///     Ok::<_, powercurve::Error>(expected_ms(&Workload::from_toml(&text)?, MemoryMb::MAX))
/// };
/// assert!((calls("serial")? - 500.0).abs() < 1e-6);
/// assert!((100.0..200.0).contains(&calls("parallel")?)); // the slowest of five
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallMode {
    /// One after the other: latencies add up.
    #[default]
    Serial,
    /// All at once: the slowest counts.
    Parallel,
}

/// Shape of a latency distribution, given its mean and coefficient of variation.
///
/// ```
/// use powercurve::{MemoryMb, Workload, simulate::expected_ms};
/// // of five calls at the same time the slowest counts: none is slower than the others where all take the mean
/// let text = "[[call]]\ncount = 5\nlatency_ms = 100\nmode = \"parallel\"\ndistribution = \"constant\"";
/// assert!((expected_ms(&Workload::from_toml(text)?, MemoryMb::MAX) - 100.0).abs() < 1e-6);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Distribution {
    /// Log-normal: the usual heavy right tail of service latencies.
    #[default]
    LogNormal,
    /// Gamma: a lighter tail.
    Gamma,
    /// Always the mean.
    Constant,
}

/// Bulk data moved through the function.
///
/// ```
/// use powercurve::{MemoryMb, Workload, simulate::breakdown, workload::Transfer};
/// let text = "[[transfer]]\nmegabytes = 150\ncpu_ms_per_mb = 4";
/// let transfer_ms = |w: &Workload, mb| Ok::<_, powercurve::Error>(breakdown(w, MemoryMb::new(mb)?, 0.0).transfer_ms);
/// let w = Workload::from_toml(text)?;
/// assert_eq!(w.transfers[0], Transfer { megabytes: 150.0, cpu_ms_per_mb: Some(4.0), ..Transfer::default() });
/// assert!((transfer_ms(&w, 1769)? - 2000.0).abs() < 1e-6); // one stream of 75 MB/s
/// assert!(transfer_ms(&w, 128)? > 8000.0); // there the CPU does not keep up
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Transfer {
    /// What is moved.
    pub name: String,
    /// Megabytes moved in one invocation.
    pub megabytes: f64,
    /// Connections used at the same time; 1 means one stream on one thread.
    pub connections: u32,
    /// CPU time per megabyte (TLS, copying, parsing) at one full vCPU, in ms; unset: the runtime's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_ms_per_mb: Option<f64>,
    /// Rate of one connection, in MB/s.
    pub per_connection_mb_s: f64,
}

impl Default for Transfer {
    fn default() -> Self {
        Self {
            name: String::new(),
            megabytes: 0.0,
            connections: 1,
            cpu_ms_per_mb: None,
            per_connection_mb_s: PER_CONNECTION_MB_S,
        }
    }
}

/// Memory used, and what happens when it is scarce.
///
/// ```
/// use powercurve::simulate::{Outcome, expected};
/// use powercurve::{MemoryMb, Workload};
/// let w = Workload::from_toml("[cpu]\nwork_ms = 50\n[memory]\nfootprint_mb = 300")?;
/// assert_eq!(expected(&w, MemoryMb::new(256)?, 0.0), Outcome::OutOfMemory(300.0));
/// assert!(matches!(expected(&w, MemoryMb::new(512)?, 0.0), Outcome::Finished(_)));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Footprint {
    /// Largest memory used, in MB; unset: what the runtime needs when idle. Sizes below it fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footprint_mb: Option<f64>,
    /// How strongly CPU work grows as the size nears the footprint (garbage collection, page
    /// cache): the extra share at a size of twice the footprint. 0 means none.
    pub pressure: f64,
}

/// A service with a fixed capacity: a queue forms in front of it when many invocations use it at once.
///
/// ```
/// use powercurve::{simulate::queue_ms, workload::Downstream};
/// // alone one query takes its 4 ms; behind others that use half of the one connection, twice as long
/// let database = Downstream { service_ms: 4.0, ..Downstream::default() };
/// let busy = Downstream { other_load_per_s: 125.0, ..database.clone() };
/// assert!((queue_ms(&database, 10.0) - 4.0).abs() < 1e-6);
/// assert!((queue_ms(&busy, 10.0) - 8.0).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Downstream {
    /// What it is.
    pub name: String,
    /// Requests that it serves at the same time (connections of a pool, cores of a database).
    pub capacity: u32,
    /// Mean time to serve one request, in ms.
    pub service_ms: f64,
    /// Coefficient of variation of the service time.
    pub service_cv: f64,
    /// Requests that one invocation makes, one after the other.
    pub requests: u32,
    /// Requests per second that others send to it; less than it can serve.
    pub other_load_per_s: f64,
    /// Requests of others that arrive at the same moment: 1 is a steady stream, 2000 are waves of 2000.
    pub burst: u32,
    /// Invocations of this function that run at the same time, the measured one included, at every size.
    pub concurrency: u32,
}

impl Default for Downstream {
    fn default() -> Self {
        Self {
            name: String::new(),
            capacity: 1,
            service_ms: 10.0,
            service_cv: 1.0,
            requests: 1,
            other_load_per_s: 0.0,
            burst: 1,
            concurrency: 1,
        }
    }
}

impl Downstream {
    /// Share of the capacity that the load of others keeps busy: `rate * service time / capacity`.
    fn others_utilization(&self) -> f64 {
        self.other_load_per_s * self.service_ms / 1e3 / f64::from(self.capacity)
    }
}

/// Cold starts.
///
/// ```
/// use powercurve::{MemoryMb, Workload, simulate::breakdown};
/// let text = "[cpu]\nwork_ms = 10\n[cold_start]\nshare = 0.5\ninit_ms = 400\nfirst_call_cpu_ms = 100";
/// let cold_ms = |mb| Ok::<_, powercurve::Error>(breakdown(&Workload::from_toml(text)?, MemoryMb::new(mb)?, 0.0).cold_ms);
/// // half of the invocations pay both
/// assert!((cold_ms(1769)? - 250.0).abs() < 1e-6);
/// assert!(cold_ms(128)? > 800.0); // the init runs at full speed, the first call is throttled
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColdStart {
    /// Share of the measured invocations that are cold starts, 0 to 1.
    pub share: f64,
    /// Init duration, in ms: runs at full speed whatever the memory; unset: the runtime's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_ms: Option<f64>,
    /// Extra CPU time of the first handler call at one full vCPU, in ms: it is throttled again.
    pub first_call_cpu_ms: f64,
}

/// Variation between invocations that the parts above do not already explain.
///
/// ```
/// use powercurve::{MemoryMb, simulate::Tuning, workload::{Noise, preset}};
/// let quiet = Noise { cpu_cv: 0.0, drift_cv: 0.0, ..Noise::default() };
/// let sd_ms = |noise: Noise| {
///     let workload = powercurve::Workload { noise, ..preset("prime-numbers")? };
///     let result = Tuning::default().run(&workload, &[MemoryMb::new(1769)?])?;
///     Ok::<_, powercurve::Error>(result.run.curve.points()[0].sample.sd_ms.unwrap_or(0.0))
/// };
/// assert!(sd_ms(quiet)? < 1.0 && sd_ms(Noise::default())? > 20.0);
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Noise {
    /// Coefficient of variation of the CPU time of one invocation. Public CPU loops: 0.02 to 0.05.
    pub cpu_cv: f64,
    /// Chance that an invocation is an outlier (0 to 1).
    pub outlier_share: f64,
    /// How many times longer an outlier takes.
    pub outlier_factor: f64,
    /// Coefficient of variation between memory sizes that more invocations do not average away
    /// (another host, another hour). At the default of 0.03 two long runs differ by 2.9 % in the median;
    /// public ones a month apart differ by 2 to 5 %.
    pub drift_cv: f64,
    /// Speed of the second hardware generation behind the function, relative to the first; 1 means one generation.
    pub second_generation_speed: f64,
    /// Share of execution environments on the second generation.
    pub second_generation_share: f64,
}

impl Default for Noise {
    fn default() -> Self {
        Self {
            cpu_cv: 0.03,
            outlier_share: 0.0,
            outlier_factor: 3.0,
            drift_cv: 0.03,
            second_generation_speed: 1.0,
            second_generation_share: 0.0,
        }
    }
}

impl Noise {
    /// Mean CPU time of an invocation over the hardware generations, relative to the first generation.
    pub(crate) fn mean_slowdown(&self) -> f64 {
        1.0 + self.second_generation_share * (1.0 / self.second_generation_speed - 1.0)
    }
}

impl Workload {
    /// Largest workload file, in bytes.
    ///
    /// ```
    /// use powercurve::Workload;
    /// let long = " ".repeat(Workload::MAX_TOML_BYTES + 1);
    /// assert!(Workload::from_toml(&long).unwrap_err().to_string().contains("expected at most 1048576"));
    /// ```
    pub const MAX_TOML_BYTES: usize = 1 << 20;

    /// Reads and checks a workload file.
    ///
    /// ```
    /// use powercurve::Workload;
    /// let error = Workload::from_toml("[cpu]\nwork_ms = -5").unwrap_err().to_string();
    /// assert!(error.contains("cpu.work_ms = -5 is out of range"), "{error}");
    /// assert!(Workload::from_toml("[cpu]\nwork = 5").is_err()); // no such key
    /// assert!(Workload::from_toml("").is_err()); // does nothing
    /// ```
    ///
    /// # Errors
    /// When the text is not TOML, has an unknown key, or a value is outside its range; the
    /// message names the key.
    pub fn from_toml(text: &str) -> Result<Self> {
        if text.len() > Self::MAX_TOML_BYTES {
            return Err(Error::new(format!(
                "the workload file has {} bytes: expected at most {}",
                text.len(),
                Self::MAX_TOML_BYTES
            ))
            .help("a workload describes one function: a hundred lines are plenty"));
        }
        let workload: Self = toml::from_str(text).map_err(|e| {
            let line = e.span().map(|span| text[..span.start].matches('\n').count() + 1);
            let error = Error::new(format!("not a workload: {}", e.message())).help(
                "see `powercurve simulate --help`, or start from a preset: `powercurve simulate cpu-bound --show`",
            );
            match line {
                Some(line) => error.at(format!("line {line}")),
                None => error,
            }
        })?;
        workload.check()?;
        Ok(workload)
    }

    /// Writes the workload file; reading it back gives the same workload.
    ///
    /// ```
    /// use powercurve::{Workload, workload::preset};
    /// let mut workload = preset("prime-numbers")?;
    /// workload.cpu.work_ms = 900.0;
    /// assert!(workload.to_toml().contains("work_ms = 900.0"));
    /// assert_eq!(Workload::from_toml(&workload.to_toml())?, workload);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a workload has only TOML types")
    }

    /// Checks every value against its range.
    ///
    /// ```
    /// use powercurve::workload::preset;
    /// let mut workload = preset("prime-numbers")?;
    /// assert!(workload.check().is_ok());
    /// workload.cpu.threads = 0;
    /// assert!(workload.check().unwrap_err().to_string().contains("cpu.threads"));
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// Names the first key that is out of range, its value and the range.
    pub fn check(&self) -> Result<()> {
        const DAY_MS: f64 = 86_400_000.0;
        let cpu = &self.cpu;
        range("cpu.work_ms", cpu.work_ms, 0.0, DAY_MS)?;
        range("cpu.parallel_ms", cpu.parallel_ms, 0.0, DAY_MS)?;
        range("cpu.threads", f64::from(cpu.threads), 1.0, 1024.0)?;
        range("cpu.longest_thread", cpu.longest_thread.unwrap_or(1.0), 1.0 / f64::from(cpu.threads), 1.0)?;
        range("cpu.helper_fraction", cpu.helper_fraction.unwrap_or(0.0), 0.0, 1.0)?;
        range("cpu.throttle_overhead", cpu.throttle_overhead, 0.0, 2.0)?;
        range("cpu.knee_mb", cpu.knee_mb.unwrap_or(1769.0), 128.0, 10_240.0)?;
        range("number of [[call]] tables", self.calls.len() as f64, 0.0, MOST_GROUPS)?;
        range("number of [[transfer]] tables", self.transfers.len() as f64, 0.0, MOST_GROUPS)?;
        for (i, call) in self.calls.iter().enumerate() {
            let key = |name: &str| format!("call[{i}].{name}");
            range(&key("count"), f64::from(call.count), 0.0, 100_000.0)?;
            range(&key("latency_ms"), call.latency_ms, 0.0, DAY_MS)?;
            range(&key("latency_cv"), call.latency_cv, 0.0, 10.0)?;
            range(&key("cpu_ms"), call.cpu_ms, 0.0, DAY_MS)?;
            range(&key("connect_ms"), call.connect_ms, 0.0, DAY_MS)?;
            range(&key("connect_cpu_ms"), call.connect_cpu_ms, 0.0, DAY_MS)?;
        }
        for (i, transfer) in self.transfers.iter().enumerate() {
            let key = |name: &str| format!("transfer[{i}].{name}");
            range(&key("megabytes"), transfer.megabytes, 0.0, 1e6)?;
            range(&key("connections"), f64::from(transfer.connections), 1.0, 1024.0)?;
            range(&key("cpu_ms_per_mb"), transfer.cpu_ms_per_mb.unwrap_or(0.0), 0.0, 1e5)?;
            range(&key("per_connection_mb_s"), transfer.per_connection_mb_s, 1e-3, 1e4)?;
        }
        range("memory.footprint_mb", self.memory.footprint_mb.unwrap_or(0.0), 0.0, 10_240.0)?;
        range("memory.pressure", self.memory.pressure, 0.0, 100.0)?;
        if let Some(d) = &self.downstream {
            range("downstream.capacity", f64::from(d.capacity), 1.0, 100_000.0)?;
            range("downstream.service_ms", d.service_ms, 1e-3, DAY_MS)?;
            range("downstream.service_cv", d.service_cv, 0.0, 10.0)?;
            range("downstream.requests", f64::from(d.requests), 0.0, 10_000.0)?;
            range("downstream.other_load_per_s", d.other_load_per_s, 0.0, 1e6)?;
            range("downstream.burst", f64::from(d.burst), 1.0, 100_000.0)?;
            range("downstream.concurrency", f64::from(d.concurrency), 1.0, 10_000.0)?;
            let busy = d.others_utilization();
            if busy >= 1.0 {
                return Err(Error::new(format!(
                    "downstream.other_load_per_s keeps {busy:.2} times the whole capacity busy: expected less than 1"
                ))
                .help(
                    "its queue would grow for ever; raise downstream.capacity, or lower other_load_per_s or service_ms",
                ));
            }
        }
        range("cold_start.share", self.cold_start.share, 0.0, 1.0)?;
        range("cold_start.init_ms", self.cold_start.init_ms.unwrap_or(0.0), 0.0, DAY_MS)?;
        range("cold_start.first_call_cpu_ms", self.cold_start.first_call_cpu_ms, 0.0, DAY_MS)?;
        let n = &self.noise;
        range("noise.cpu_cv", n.cpu_cv, 0.0, 10.0)?;
        range("noise.outlier_share", n.outlier_share, 0.0, 1.0)?;
        range("noise.outlier_factor", n.outlier_factor, 1.0, 1e4)?;
        range("noise.drift_cv", n.drift_cv, 0.0, 10.0)?;
        range("noise.second_generation_speed", n.second_generation_speed, 0.1, 10.0)?;
        range("noise.second_generation_share", n.second_generation_share, 0.0, 1.0)?;
        if self.does_nothing() {
            return Err(Error::new(
                "the workload does nothing: expected some CPU work, a call, a transfer or a downstream",
            )
            .help("set cpu.work_ms, or add a [[call]] with latency_ms"));
        }
        Ok(())
    }

    /// Whether it takes less time than any platform measures.
    pub(crate) fn does_nothing(&self) -> bool {
        self.busy_ms() < LEAST_BUSY_MS
    }

    /// A rough sum of everything that takes time: next to zero only for a workload that does nothing.
    fn busy_ms(&self) -> f64 {
        let calls: f64 = self
            .calls
            .iter()
            .map(|c| f64::from(c.count) * (c.latency_ms + c.warm_cpu_ms() + c.warm_connect_ms()))
            .sum();
        let transfers: f64 = self.transfers.iter().map(|t| t.megabytes).sum();
        let downstream = self.downstream.as_ref().map_or(0.0, |d| f64::from(d.requests) * d.service_ms);
        self.cpu.work_ms + self.cpu.parallel_ms + calls + transfers + downstream
    }

    /// Moves it to another instruction set, with the same duration at the same size below one vCPU.
    ///
    /// A knee of its own moves as far as the knees of the instruction sets lie apart, and the CPU time of all work by the inverse:
    /// on arm64 a full vCPU takes more memory. Published ratios of durations at the same size lie on both sides of 1:
    /// see [`Lever::Arm64`](crate::workload::Lever::Arm64).
    ///
    /// ```
    /// use powercurve::{Arch, MemoryMb, Workload, simulate::expected_ms};
    /// let before = Workload::from_toml("[cpu]\nwork_ms = 1000\nknee_mb = 1769\nthrottle_overhead = 0")?;
    /// let mut after = before.clone();
    /// after.move_to(Arch::Arm64);
    /// assert_eq!(after.cpu.knee_mb.map(f64::round), Some(2048.0));
    /// let ms = |workload: &Workload| MemoryMb::new(1024).map(|memory| expected_ms(workload, memory));
    /// assert!((ms(&after)? / ms(&before)? - 1.0).abs() < 0.01);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn move_to(&mut self, arch: Arch) {
        let ratio = cpu::knee_mb(arch) / cpu::knee_mb(self.arch);
        self.cpu.knee_mb = self.cpu.knee_mb.map(|knee| (knee * ratio).clamp(128.0, 10_240.0));
        self.arch = arch;
        self.scale_cpu(1.0 / ratio);
    }

    /// Multiplies the CPU time of all work; that of the init stays.
    pub(crate) fn scale_cpu(&mut self, factor: f64) {
        self.cpu.work_ms *= factor;
        self.cpu.parallel_ms *= factor;
        for call in &mut self.calls {
            call.cpu_ms *= factor;
            call.connect_cpu_ms *= factor;
        }
        let default = self.runtime.cpu_ms_per_mb();
        for transfer in &mut self.transfers {
            transfer.cpu_ms_per_mb = Some(transfer.cpu_ms_per_mb.unwrap_or(default) * factor);
        }
        self.cold_start.first_call_cpu_ms *= factor;
    }

    /// CPU time of a warm invocation at one full vCPU, that of all threads, of calls and of moving data included, in ms: what
    /// a monitor reports.
    pub(crate) fn warm_cpu_ms(&self) -> f64 {
        let transfers: f64 = self.transfers.iter().map(|t| self.transfer_cpu_ms(t)).sum();
        (self.handler_cpu_ms() + transfers) * self.noise.mean_slowdown()
    }

    /// The part of it that is not spent on moving data, on the first hardware generation.
    pub(crate) fn handler_cpu_ms(&self) -> f64 {
        let calls: f64 = self.calls.iter().map(|c| f64::from(c.count) * c.warm_cpu_ms()).sum();
        self.cpu.work_ms + self.cpu.parallel_ms + calls
    }

    /// CPU time of one of its transfers at one full vCPU, in ms.
    pub(crate) fn transfer_cpu_ms(&self, transfer: &Transfer) -> f64 {
        transfer.megabytes * transfer.cpu_ms_per_mb.unwrap_or(self.runtime.cpu_ms_per_mb())
    }

    /// Share of the CPU work that helper threads do: the file's value or the runtime's default.
    pub(crate) fn helper_fraction(&self) -> f64 {
        self.cpu.helper_fraction.unwrap_or(self.runtime.helper_fraction())
    }

    /// Largest memory used, in MB: the file's value or what the idle runtime needs.
    ///
    /// ```
    /// use powercurve::Workload;
    /// let java = Workload::from_toml("runtime = \"java\"\n[cpu]\nwork_ms = 10")?;
    /// assert_eq!((java.footprint_mb(), java.init_ms()), (90.0, 237.0)); // an empty Java function
    /// let own = Workload::from_toml("[cpu]\nwork_ms = 10\n[memory]\nfootprint_mb = 400\n[cold_start]\ninit_ms = 900")?;
    /// assert_eq!((own.footprint_mb(), own.init_ms()), (400.0, 900.0));
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    pub fn footprint_mb(&self) -> f64 {
        self.memory.footprint_mb.unwrap_or(self.runtime.idle_memory_mb())
    }

    /// Init duration, in ms: the file's value or the runtime's default.
    pub fn init_ms(&self) -> f64 {
        self.cold_start.init_ms.unwrap_or(self.runtime.init_ms())
    }
}

/// Most groups of calls, and most transfers: each is played in every invocation.
const MOST_GROUPS: f64 = 256.0;

/// A workload that takes less time than this, in ms, does nothing: no platform measures it.
pub(crate) const LEAST_BUSY_MS: f64 = 1e-3;

fn range(key: &str, value: f64, low: f64, high: f64) -> Result<()> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(Error::new(format!("{key} = {value} is out of range: expected {low} to {high}"))
            .help("correct the value in the workload file"))
    }
}
