//! Network bandwidth: a burst bucket, then a sustained rate, both independent of memory size.

/// Sustained bandwidth in MB/s (0.6 Gbps), independent of memory from 256 to 10,240 MB.
///
/// Source: github.com/sjakthol/aws-network-benchmark (iperf3, 2024-06).
///
/// ```
/// use powercurve::platform::network::{SUSTAINED_MB_S, transfer_ms};
/// // once the burst is spent only this rate is left: 760 more megabytes take ten more seconds
/// let more_ms = transfer_ms(1760.0, 20, 75.0) - transfer_ms(1000.0, 20, 75.0);
/// assert!((more_ms / 1e3 - 760.0 / SUSTAINED_MB_S).abs() < 1e-9);
/// ```
pub const SUSTAINED_MB_S: f64 = 76.0;

/// Burst bandwidth in MB/s (2.7 Gbps). Same source.
///
/// ```
/// use powercurve::platform::network::{BURST_MB_S, transfer_ms};
/// // five connections of 75 MB/s reach it, and more add nothing
/// assert!((transfer_ms(34.0, 5, 75.0) - 34.0 / BURST_MB_S * 1e3).abs() < 1e-9);
/// assert_eq!(transfer_ms(34.0, 50, 75.0), transfer_ms(34.0, 5, 75.0));
/// ```
pub const BURST_MB_S: f64 = 340.0;

/// Size of the burst bucket in MB. It refills at the sustained rate while it is drained, so that about 360 MB move at burst
/// bandwidth before the sustained rate applies: 359 MB in the first second of the same source.
const BURST_BUCKET_MB: f64 = 280.0;

/// Rate of one connection in MB/s: 50 to 90 in public measurements. Confidence: derived.
///
/// ```
/// use powercurve::{platform::network::PER_CONNECTION_MB_S, workload::Transfer};
/// assert_eq!(Transfer::default().per_connection_mb_s, PER_CONNECTION_MB_S);
/// ```
pub const PER_CONNECTION_MB_S: f64 = 75.0;

/// Time in ms to move `megabytes` over `connections` connections of `per_connection_mb_s` each, on a full [`BurstBucket`], when
/// the CPU keeps up.
///
/// ```
/// use powercurve::platform::network::transfer_ms;
/// // 100 MB: one stream of 75 MB/s against twenty streams at the burst rate
/// assert!((transfer_ms(100.0, 1, 75.0) - 1333.3).abs() < 0.1);
/// assert!((transfer_ms(100.0, 20, 75.0) - 294.1).abs() < 0.1);
/// ```
pub fn transfer_ms(megabytes: f64, connections: u32, per_connection_mb_s: f64) -> f64 {
    BurstBucket::default().transfer_ms(megabytes, connections, per_connection_mb_s)
}

/// What an invocation may still move at burst bandwidth: a token bucket that the sustained rate refills while it is drained.
///
/// An invocation starts with a full one, and its transfers follow each other on it.
///
/// ```
/// use powercurve::platform::network::{BurstBucket, transfer_ms};
/// // in two halves or at once: the same bytes, the same time
/// let mut bucket = BurstBucket::default();
/// let halves_ms = bucket.transfer_ms(360.0, 20, 75.0) + bucket.transfer_ms(360.0, 20, 75.0);
/// assert!((halves_ms - transfer_ms(720.0, 20, 75.0)).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BurstBucket {
    left_mb: f64,
}

impl Default for BurstBucket {
    /// A full one.
    fn default() -> Self {
        Self { left_mb: BURST_BUCKET_MB }
    }
}

impl BurstBucket {
    /// Time in ms to move `megabytes` over `connections` connections of `per_connection_mb_s` each, when the CPU keeps up: at
    /// burst bandwidth until the bucket is spent, then at the sustained rate.
    pub fn transfer_ms(&mut self, megabytes: f64, connections: u32, per_connection_mb_s: f64) -> f64 {
        let streams = f64::from(connections.max(1)) * per_connection_mb_s;
        let rate = streams.min(BURST_MB_S);
        let drained_mb_s = rate - SUSTAINED_MB_S;
        let burst_s = if drained_mb_s > 0.0 { self.left_mb / drained_mb_s } else { f64::INFINITY };
        let burst_s = burst_s.min(megabytes / rate);
        self.left_mb = (self.left_mb - burst_s * drained_mb_s).clamp(0.0, BURST_BUCKET_MB);
        let rest_mb = (megabytes - burst_s * rate).max(0.0);
        (burst_s + rest_mb / SUSTAINED_MB_S) * 1e3
    }
}
