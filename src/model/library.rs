//! A sample of the prior with the curve of each workload: what the posterior weighs.

use std::sync::OnceLock;

use rayon::prelude::*;

use crate::curve::Arch;
use crate::error::{Error, Result};
use crate::model::noise::{NoisePrior, Regime};
use crate::model::prior;
use crate::pattern::{Pattern, Shares};
use crate::simulate::breakdown;
use crate::units::MemoryMb;
use crate::workload::{Runtime, Workload};

/// Memory sizes at which the curves are stored, in MB; in between, `ln d` is linear in `ln m`.
pub const GRID_MB: [u32; 32] = [
    128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 384, 448, 512, 576, 640, 768, 896, 1024, 1280, 1536, 1769,
    1900, 2048, 2560, 3008, 3538, 4096, 5307, 7076, 8845, 10240,
];

/// Position of 1769 MB in [`GRID_MB`].
const FULL: usize = 21;

/// CPU time at full speed, in ms, below which a shape depends on the absolute time (the quota staircase).
const STAIRCASE_MS: f64 = 150.0;

/// What is kept of one workload beside its curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Particle {
    /// The pattern that the workload shows by definition.
    pub pattern: Pattern,
    /// Its runtime.
    pub runtime: Runtime,
    /// Its instruction set.
    pub arch: Arch,
    /// The scatter of its measurements.
    pub regime: Regime,
    /// Shares of its time at 1769 MB.
    pub shares: Shares,
    /// `ln` of its duration in ms at 1769 MB.
    pub ln_full: f32,
    /// Standard deviation (in `ln`) by which its shape may be moved in scale.
    pub scale_sd: f32,
    /// Prior of its measurement noise.
    pub noise: NoisePrior,
}

/// Workloads of the prior and their curves.
#[derive(Debug, Clone)]
pub struct Library {
    seed: u64,
    particles: Vec<Particle>,
    /// `ln(d / d_1769)` by grid size, then particle.
    shapes: Vec<Vec<f32>>,
    /// By level of [`INVOCATION_LEVELS`], filled when first used.
    noise_tables: [OnceLock<NoiseTable>; INVOCATION_LEVELS.len()],
}

/// Numbers of invocations a size for which noise is tabulated.
const INVOCATION_LEVELS: [f64; 8] = [1.0, 2.0, 4.0, 7.0, 10.0, 20.0, 50.0, 100.0];

/// What the particles' noise priors amount to at a number of invocations: one value a particle in each column.
#[derive(Debug, Clone, Default)]
pub struct NoiseTable {
    /// `ln` of the particle's duration in ms at 1769 MB.
    pub ln_full: Vec<f32>,
    /// Shape of the inverse gamma distribution.
    pub shape: Vec<f32>,
    /// Scale of the inverse gamma distribution.
    pub scale: Vec<f32>,
    /// The prior of the particle's own scale, as so many measurements of it.
    pub pull: Vec<f32>,
    /// The part of its log-weight that depends on nothing else.
    pub ln_prior: Vec<f32>,
}

/// The curve values of every particle at one memory size: linear between two stored sizes.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    low: &'a [f32],
    high: &'a [f32],
    t: f32,
}

impl Column<'_> {
    /// `ln(d / d_1769)` of a particle.
    #[inline]
    pub fn get(&self, particle: usize) -> f32 {
        self.low[particle] + self.t * (self.high[particle] - self.low[particle])
    }

    /// `ln(d / d_1769)` of every particle, in order.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = f32> + '_ {
        let t = self.t;
        self.low.iter().zip(self.high).map(move |(a, b)| a + t * (b - a))
    }
}

impl Library {
    /// Workloads in the library that ships with the tool.
    pub const SHIPPED_LEN: usize = 16_384;

    /// The library that ships with the tool, read once.
    ///
    /// # Panics
    /// Never: the shipped bytes are checked by the tests.
    pub fn shipped() -> &'static Self {
        static SHIPPED: OnceLock<Library> = OnceLock::new();
        SHIPPED.get_or_init(|| {
            let bytes = include_bytes!("../../datasets/model/library.bin");
            Self::from_bytes(bytes).expect("the shipped library is well-formed")
        })
    }

    /// Draws and simulates `len` workloads: the same for the same seed, on any number of threads.
    pub fn simulate(seed: u64, len: usize) -> Self {
        let grid: Vec<MemoryMb> = GRID_MB.iter().filter_map(|&mb| MemoryMb::new(mb).ok()).collect();
        let rows: Vec<(Particle, Vec<f32>)> = (0..len as u64)
            .into_par_iter()
            .map(|index| {
                let workload = prior::draw(seed, index);
                let parts: Vec<_> = grid.iter().map(|&m| breakdown(&workload, m, 0.0)).collect();
                let warm = |i: usize| parts[i].warm_ms();
                let shape = (0..grid.len()).map(|i| dequantise(quantise((warm(i) / warm(FULL)).ln())));
                let shares = Shares::of(&parts[FULL]);
                (Particle::new(&workload, shares, warm(FULL)), shape.collect())
            })
            .collect();
        let shapes = (0..grid.len()).map(|g| rows.iter().map(|r| r.1[g]).collect()).collect();
        Self::of(seed, rows.into_iter().map(|r| r.0).collect(), shapes)
    }

    fn of(seed: u64, particles: Vec<Particle>, shapes: Vec<Vec<f32>>) -> Self {
        Self { seed, particles, shapes, noise_tables: Default::default() }
    }

    /// Number of workloads.
    pub fn len(&self) -> usize {
        self.particles.len()
    }

    /// Whether there is no workload.
    pub fn is_empty(&self) -> bool {
        self.particles.is_empty()
    }

    /// What is kept of every workload.
    pub fn particles(&self) -> &[Particle] {
        &self.particles
    }

    /// Draws the workload of a particle again.
    pub fn workload(&self, particle: usize) -> Workload {
        prior::draw(self.seed, particle as u64)
    }

    /// The first `len` workloads: a smaller sample of the same prior.
    #[must_use]
    pub fn prefix(&self, len: usize) -> Self {
        let len = len.min(self.len());
        let shapes = self.shapes.iter().map(|s| s[..len].to_vec()).collect();
        Self::of(self.seed, self.particles[..len].to_vec(), shapes)
    }

    /// The curve values of every particle at `memory`.
    pub fn column(&self, memory: MemoryMb) -> Column<'_> {
        let at = GRID_MB.partition_point(|&mb| mb < memory.mb());
        if GRID_MB[at] == memory.mb() {
            return Column { low: &self.shapes[at], high: &self.shapes[at], t: 0.0 };
        }
        let (low, high) = (f64::from(GRID_MB[at - 1]).ln(), f64::from(GRID_MB[at]).ln());
        let t = ((memory.as_f64().ln() - low) / (high - low)) as f32;
        Column { low: &self.shapes[at - 1], high: &self.shapes[at], t }
    }

    /// The noise of every particle for means of `invocations` calls (of the nearest tabulated level).
    pub fn noise_table(&self, invocations: f64) -> &NoiseTable {
        let distance = |level: f64| (level / invocations.max(1.0)).ln().abs();
        let order = |a: &usize, b: &usize| distance(INVOCATION_LEVELS[*a]).total_cmp(&distance(INVOCATION_LEVELS[*b]));
        let level = (0..INVOCATION_LEVELS.len()).min_by(order).unwrap_or(0);
        self.noise_tables[level].get_or_init(|| {
            let mut table = NoiseTable::default();
            for p in &self.particles {
                let (shape, scale) = (p.noise.shape(), p.noise.scale(INVOCATION_LEVELS[level]));
                let pull = scale / shape / f64::from(p.scale_sd).powi(2);
                table.ln_full.push(p.ln_full);
                table.shape.push(shape as f32);
                table.scale.push(scale as f32);
                table.pull.push(pull as f32);
                table.ln_prior.push((0.5 * pull.ln() + shape * scale.ln()) as f32);
            }
            table
        })
    }

    /// The library as bytes: a header (magic, seed, length), then one record a particle.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER + self.len() * RECORD);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&self.seed.to_le_bytes());
        out.extend_from_slice(&(self.len() as u64).to_le_bytes());
        for (i, p) in self.particles.iter().enumerate() {
            out.push(p.pattern.index() as u8);
            out.push(Runtime::ALL.iter().position(|r| *r == p.runtime).unwrap_or(0) as u8);
            out.push(p.arch as u8);
            out.push(p.regime as u8);
            for value in [p.shares.cpu as f32, p.shares.wait as f32, p.ln_full, p.scale_sd] {
                out.extend_from_slice(&value.to_le_bytes());
            }
            for shape in &self.shapes {
                out.extend_from_slice(&quantise(f64::from(shape[i])).to_le_bytes());
            }
        }
        out
    }

    /// Reads what [`Library::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the bytes are not a library of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let wrong = || {
            Error::new("not a library of this version: expected the file that `powercurve train` writes")
                .help("rebuild it with `powercurve train`")
        };
        let (header, records) = bytes.split_at_checked(HEADER).ok_or_else(wrong)?;
        let (magic, header) = header.split_at(MAGIC.len());
        let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| header[at + i]));
        let (seed, len) = (number(0), number(8));
        if magic != MAGIC || len == 0 || len.checked_mul(RECORD as u64) != Some(records.len() as u64) {
            return Err(wrong());
        }
        let mut particles = Vec::with_capacity(len as usize);
        let mut shapes = vec![Vec::with_capacity(len as usize); GRID_MB.len()];
        for record in records.chunks_exact(RECORD) {
            let float = |at: usize| f32::from_le_bytes(std::array::from_fn(|i| record[at + i]));
            let (cpu, wait) = (f64::from(float(4)), f64::from(float(8)));
            let shares = Shares { cpu, wait, transfer: (1.0 - cpu - wait).max(0.0) };
            let regime = match record[3] {
                0 => Regime::Steady,
                1 => Regime::Leaky,
                _ => Regime::Downstream,
            };
            let ln_full = float(12);
            let arch = if record[2] == Arch::Arm64 as u8 { Arch::Arm64 } else { Arch::X86_64 };
            particles.push(Particle {
                pattern: *Pattern::ALL.get(usize::from(record[0])).ok_or_else(wrong)?,
                runtime: *Runtime::ALL.get(usize::from(record[1])).ok_or_else(wrong)?,
                arch,
                regime,
                shares,
                ln_full,
                scale_sd: float(16),
                noise: NoisePrior::new(regime, arch, &shares, f64::from(ln_full).exp()),
            });
            for (shape, value) in shapes.iter_mut().zip(record[20..].chunks_exact(2)) {
                shape.push(dequantise(u16::from_le_bytes([value[0], value[1]])));
            }
        }
        Ok(Self::of(seed, particles, shapes))
    }
}

impl Particle {
    fn new(workload: &Workload, shares: Shares, full_ms: f64) -> Self {
        let regime = match () {
            () if workload.downstream.is_some() => Regime::Downstream,
            () if workload.cold_start.share > 0.0 => Regime::Leaky,
            () => Regime::Steady,
        };
        // stored as f32: computing with the rounded values keeps a written library equal to a simulated one
        let (cpu, wait) = (f64::from(shares.cpu as f32), f64::from(shares.wait as f32));
        let shares = Shares { cpu, wait, transfer: (1.0 - cpu - wait).max(0.0) };
        let ln_full = full_ms.ln() as f32;
        Self {
            pattern: workload.pattern.unwrap_or_else(|| Pattern::of(workload)),
            runtime: workload.runtime,
            arch: workload.arch,
            regime,
            shares,
            ln_full,
            scale_sd: if shares.cpu * full_ms < STAIRCASE_MS { 0.2 } else { 2.0 },
            noise: NoisePrior::new(regime, workload.arch, &shares, f64::from(ln_full).exp()),
        }
    }
}

const MAGIC: &[u8; 8] = b"PWRCRV01";
const HEADER: usize = 8 + 8 + 8;
const RECORD: usize = 4 + 4 * 4 + 2 * GRID_MB.len();

/// `ln` ratios from -4 to 6 in steps of 1/6553: 0.015 %.
fn quantise(ln_ratio: f64) -> u16 {
    ((ln_ratio + 4.0) * 6553.5).round().clamp(0.0, 65_535.0) as u16
}

fn dequantise(q: u16) -> f32 {
    f32::from(q) / 6553.5 - 4.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_round_trip_and_reject_damage() {
        let library = Library::simulate(7, 40);
        let bytes = library.to_bytes();
        let back = Library::from_bytes(&bytes).unwrap();
        assert_eq!(back.to_bytes(), bytes);
        assert_eq!(back.particles(), library.particles());
        assert!(Library::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        assert!(Library::from_bytes(b"PWRCRV01").is_err());
        assert!(Library::from_bytes(&Library::simulate(7, 0).to_bytes()).is_err());
    }

    #[test]
    fn columns_meet_the_stored_sizes() {
        let library = Library::simulate(7, 40);
        let at = |mb| library.column(MemoryMb::new(mb).unwrap());
        assert!(at(1769).iter().all(|v| v.abs() < 1e-3));
        let (low, mid, high) = (at(1024), at(1100), at(1280));
        for p in 0..library.len() {
            let range = low.get(p).min(high.get(p))..=low.get(p).max(high.get(p));
            assert!(range.contains(&mid.get(p)));
        }
    }
}
