//! A sample of the prior with the curve of each workload: what the posterior weighs.

use std::sync::OnceLock;

use rayon::prelude::*;

use crate::curve::Arch;
use crate::error::{Error, Result};
use crate::model::blocks::{Cache, Curves};
use crate::model::noise::{NoisePrior, Regime};
use crate::model::prior;
use crate::pattern::{Pattern, Shares};
use crate::simulate::{Breakdown, breakdown};
use crate::units::MemoryMb;
use crate::workload::{Runtime, Workload};

/// Memory sizes at which the curves are stored, in MB; in between, `ln d` is linear in `ln m`.
///
/// ```
/// use powercurve::{MemoryMb, model::library::GRID_MB};
/// assert_eq!((GRID_MB[0], GRID_MB[31]), (MemoryMb::MIN.mb(), MemoryMb::MAX.mb()));
/// assert!(GRID_MB.contains(&1769)); // the knee of one vCPU
/// ```
pub const GRID_MB: [u32; 32] = [
    128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 384, 448, 512, 576, 640, 768, 896, 1024, 1280, 1536, 1769,
    1900, 2048, 2560, 3008, 3538, 4096, 5307, 7076, 8845, 10240,
];

/// Position of 1769 MB in [`GRID_MB`].
const FULL: usize = 21;

/// CPU time at full speed, in ms, below which a shape depends on the absolute time (the quota staircase).
const STAIRCASE_MS: f64 = 30.0;

/// Standard deviation (in `ln`) by which a shape that depends on the absolute time may be moved in scale, and the
/// most for one that does not.
const SCALE_SD: (f64, f64) = (0.2, 2.0);

/// What is kept of one workload beside its curve.
///
/// ```
/// use powercurve::{Pattern, model::Library};
/// let library = Library::simulate(7, 100);
/// let busy = library.particles().iter().find(|p| p.pattern == Pattern::CpuBound).expect("one of three");
/// assert!(busy.shares.cpu > 0.8);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Particle {
    /// Its number among the draws of the library's seed.
    pub draw: u32,
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
    /// What a cold start adds at 1769 MB, in ms; 0 where none leaks into its means.
    pub cold_ms: f32,
    /// CPU time of a warm invocation at 1769 MB in ms, that of moving data included, which [`Particle::shares`] count as
    /// transfer.
    pub cpu_ms: f32,
    /// Standard deviation (in `ln`) by which its shape may be moved in scale.
    pub scale_sd: f32,
    /// Prior of its measurement noise.
    pub noise: NoisePrior,
}

/// Pattern, runtime, instruction set of a workload, and whether its cold starts leak, as one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kind(u16);

impl Kind {
    /// How many there are.
    pub const COUNT: usize = Pattern::COUNT * Self::A_PATTERN;

    /// How many there are of each pattern.
    const A_PATTERN: usize = 4 * Runtime::ALL.len();

    /// Every kind: `kind.index()` is its place.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT as u16).map(Self)
    }

    /// Its place among all.
    pub fn index(self) -> usize {
        self.0.into()
    }

    pub fn pattern(self) -> Pattern {
        Pattern::ALL[self.index() / Self::A_PATTERN]
    }

    pub fn runtime(self) -> Runtime {
        Runtime::ALL[self.index() % Self::A_PATTERN / 4]
    }

    pub fn arch(self) -> Arch {
        if self.0 & 2 == 0 { Arch::X86_64 } else { Arch::Arm64 }
    }

    pub fn leaks(self) -> bool {
        self.0 & 1 == 1
    }
}

/// Workloads of the prior and their curves, in an order in which neighbours look alike.
///
/// ```
/// use powercurve::{MemoryMb, model::{Library, library::Place}, simulate::expected_ms};
/// let library = Library::simulate(7, 40);
/// let (at_512, full) = (MemoryMb::new(512)?, MemoryMb::new(1769)?);
/// let workload = library.workload(0);
/// if workload.cold_start.share == 0.0 {
///     let ratio = expected_ms(&workload, at_512) / expected_ms(&workload, full);
///     assert!((f64::from(library.ln_ratio(0, Place::of(at_512))) - ratio.ln()).abs() < 1e-3);
/// }
/// assert_eq!(library.prefix(10).len(), 10);
/// assert_eq!(Library::from_bytes(&library.to_bytes())?.particles(), library.particles());
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Library {
    seed: u64,
    particles: Vec<Particle>,
    /// `ln(d / d_1769)` of each particle at the grid sizes.
    shapes: Vec<Shape>,
    blocks: Cache,
}

/// `ln(d / d_1769)` at the sizes of [`GRID_MB`].
type Shape = [f32; GRID_MB.len()];

/// Where a memory size lies in [`GRID_MB`]: between two stored sizes, or on one.
///
/// ```
/// use powercurve::{MemoryMb, model::{Library, library::Place}};
/// let library = Library::simulate(7, 10);
/// let at = |mb| Ok::<_, powercurve::Error>(library.ln_ratio(0, Place::of(MemoryMb::new(mb)?)));
/// let (low, mid, high) = (at(1024)?, at(1100)?, at(1280)?);
/// assert!((low.min(high)..=low.max(high)).contains(&mid));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Place {
    low: usize,
    high: usize,
    t: f32,
}

impl Place {
    /// The place of `memory`.
    pub fn of(memory: MemoryMb) -> Self {
        let high = GRID_MB.partition_point(|&mb| mb < memory.mb());
        if GRID_MB[high] == memory.mb() {
            return Self { low: high, high, t: 0.0 };
        }
        let (below, above) = (f64::from(GRID_MB[high - 1]).ln(), f64::from(GRID_MB[high]).ln());
        let t = (memory.as_f64().ln() - below) / (above - below);
        Self { low: high - 1, high, t: t as f32 }
    }

    #[inline]
    fn read(self, shape: &Shape) -> f32 {
        shape[self.low] + self.t * (shape[self.high] - shape[self.low])
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
        let mut rows: Vec<(Particle, Shape)> = (0..len as u32)
            .into_par_iter()
            .map(|draw| {
                let workload = prior::draw(seed, draw.into());
                let parts: Vec<_> = grid.iter().map(|&m| breakdown(&workload, m, 0.0)).collect();
                let warm = |i: usize| parts[i].warm_ms();
                let shape = std::array::from_fn(|i| dequantise(quantise((warm(i) / warm(FULL)).ln())));
                (Particle::new(draw, &workload, &parts[FULL]), shape)
            })
            .collect();
        rows.sort_by_cached_key(|(particle, shape)| (looks(particle, shape), particle.draw));
        let (particles, shapes) = rows.into_iter().unzip();
        Self::of(seed, particles, shapes)
    }

    fn of(seed: u64, particles: Vec<Particle>, shapes: Vec<Shape>) -> Self {
        Self { seed, particles, shapes, blocks: Cache::default() }
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
    ///
    /// # Panics
    /// When there are not so many particles.
    pub fn workload(&self, particle: usize) -> Workload {
        prior::draw(self.seed, self.particles[particle].draw.into())
    }

    /// The first `len` draws: a smaller sample of the same prior. With none it holds nothing that a
    /// [`Posterior`](crate::model::Posterior) could be made of.
    #[must_use]
    pub fn prefix(&self, len: usize) -> Self {
        let rows = self.particles.iter().zip(&self.shapes).filter(|(p, _)| (p.draw as usize) < len);
        let (particles, shapes) = rows.unzip();
        Self::of(self.seed, particles, shapes)
    }

    /// `ln(d / d_1769)` of a particle at a memory size.
    #[inline]
    pub fn ln_ratio(&self, particle: usize, at: Place) -> f32 {
        at.read(&self.shapes[particle])
    }

    /// Its curves at `sizes`, with the noise of means of `invocations` calls.
    pub(super) fn curves(&self, sizes: &[MemoryMb], invocations: f64) -> Curves<'_> {
        Curves::new(self, &self.blocks, sizes, invocations)
    }

    /// The library as bytes: a header (magic, seed, length), then one record a particle.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER + self.len() * RECORD);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&self.seed.to_le_bytes());
        out.extend_from_slice(&(self.len() as u64).to_le_bytes());
        for (p, shape) in self.particles.iter().zip(&self.shapes) {
            out.extend_from_slice(&p.draw.to_le_bytes());
            out.push(p.pattern.index() as u8);
            out.push(Runtime::ALL.iter().position(|r| *r == p.runtime).unwrap_or(0) as u8);
            out.push(p.arch as u8);
            out.push(p.regime as u8);
            for value in [p.shares.cpu as f32, p.shares.wait as f32, p.ln_full, p.scale_sd, p.cold_ms, p.cpu_ms] {
                out.extend_from_slice(&value.to_le_bytes());
            }
            for value in shape {
                out.extend_from_slice(&quantise(f64::from(*value)).to_le_bytes());
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
        let mut shapes = Vec::with_capacity(len as usize);
        for record in records.chunks_exact(RECORD) {
            let (head, curve) = record.split_at(RECORD - 2 * GRID_MB.len());
            let bytes = |at: usize| std::array::from_fn(|i| head[at + i]);
            let float = |at: usize| f32::from_le_bytes(bytes(at));
            let draw = u32::from_le_bytes(bytes(0));
            if u64::from(draw) >= len {
                return Err(wrong());
            }
            let (cpu, wait) = (f64::from(float(8)), f64::from(float(12)));
            let shares = Shares { cpu, wait, transfer: (1.0 - cpu - wait).max(0.0) };
            let regime = match head[7] {
                0 => Regime::Steady,
                1 => Regime::Leaky,
                _ => Regime::Downstream,
            };
            let (ln_full, cold_ms) = (float(16), float(24));
            let arch = if head[6] == Arch::Arm64 as u8 { Arch::Arm64 } else { Arch::X86_64 };
            particles.push(Particle {
                draw,
                pattern: *Pattern::ALL.get(usize::from(head[4])).ok_or_else(wrong)?,
                runtime: *Runtime::ALL.get(usize::from(head[5])).ok_or_else(wrong)?,
                arch,
                regime,
                shares,
                ln_full,
                cold_ms,
                cpu_ms: float(28),
                scale_sd: float(20),
                noise: NoisePrior::new(regime, arch, &shares, f64::from(ln_full).exp(), cold_ms.into()),
            });
            let value = |i: usize| dequantise(u16::from_le_bytes([curve[2 * i], curve[2 * i + 1]]));
            shapes.push(std::array::from_fn(value));
        }
        Ok(Self::of(seed, particles, shapes))
    }
}

impl Particle {
    /// Its pattern, runtime and instruction set, and whether cold starts leak into its means.
    pub(super) fn kind(&self) -> Kind {
        let runtime = Runtime::ALL.iter().position(|r| *r == self.runtime).unwrap_or(0);
        let (arm, leaks) = (usize::from(self.arch == Arch::Arm64), usize::from(self.regime == Regime::Leaky));
        Kind((self.pattern.index() * Kind::A_PATTERN + 4 * runtime + 2 * arm + leaks) as u16)
    }

    /// The prior of its own scale, as so many measurements of means of `invocations` calls.
    pub fn pull(&self, invocations: f64) -> f64 {
        self.noise.scale(invocations) / self.noise.shape() / f64::from(self.scale_sd).powi(2)
    }

    fn new(draw: u32, workload: &Workload, full: &Breakdown) -> Self {
        let regime = match () {
            () if workload.downstream.is_some() => Regime::Downstream,
            () if workload.cold_start.share > 0.0 => Regime::Leaky,
            () => Regime::Steady,
        };
        // stored as f32: computing with the rounded values keeps a written library equal to a simulated one
        let shares = Shares::of(full);
        let (cpu, wait) = (f64::from(shares.cpu as f32), f64::from(shares.wait as f32));
        let shares = Shares { cpu, wait, transfer: (1.0 - cpu - wait).max(0.0) };
        let (full_ms, share) = (full.warm_ms(), workload.cold_start.share);
        let ln_full = full_ms.ln() as f32;
        let cold_ms = if share > 0.0 { (full.cold_ms / share) as f32 } else { 0.0 };
        Self {
            draw,
            pattern: workload.pattern.unwrap_or_else(|| Pattern::of(workload)),
            runtime: workload.runtime,
            arch: workload.arch,
            regime,
            shares,
            ln_full,
            cold_ms,
            cpu_ms: workload.warm_cpu_ms() as f32,
            scale_sd: scale_sd(shares.cpu * full_ms) as f32,
            noise: NoisePrior::new(regime, workload.arch, &shares, f64::from(ln_full).exp(), cold_ms.into()),
        }
    }
}

/// Standard deviation (in `ln`) by which the shape of so much CPU time in ms may be moved in scale: about as far as the staircase.
pub(super) fn scale_sd(cpu_ms: f64) -> f64 {
    (SCALE_SD.0 + (cpu_ms / STAIRCASE_MS).ln()).clamp(SCALE_SD.0, SCALE_SD.1)
}

/// What a particle looks like to the scan of a measured curve, as a number: close for those that look alike.
///
/// First its kind of scatter and whether its shape depends on its duration; then, as a Morton code (Morton 1966), that
/// duration or else the size of the scatter, and how steep three parts of the curve are.
fn looks(particle: &Particle, shape: &Shape) -> u64 {
    let byte = |value: f64| value.clamp(0.0, 255.0) as u64;
    let short = particle.scale_sd < 1.0;
    let level = if short { f64::from(particle.ln_full) } else { particle.noise.scale(10.0).log2() + 16.0 };
    let at = |mb: u32| GRID_MB.iter().position(|&g| g == mb).map_or(0.0, |i| f64::from(shape[i]));
    let steepness = |low, high| byte(128.0 * (at(low) - at(high)) / (f64::from(high) / f64::from(low)).ln());
    let coordinates = [byte(16.0 * level), steepness(128, 512), steepness(512, 1769), steepness(1769, 10_240)];
    let bits = (0..8).rev().flat_map(|bit| coordinates.map(|c| c >> bit & 1));
    bits.fold(particle.regime as u64 * 2 + u64::from(short), |code, bit| code << 1 | bit)
}

const MAGIC: &[u8; 8] = b"PWRCRV03";
const HEADER: usize = 8 + 8 + 8;
const RECORD: usize = 4 + 4 + 6 * 4 + 2 * GRID_MB.len();

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
        assert!(Library::from_bytes(b"PWRCRV03").is_err());
        assert!(Library::from_bytes(&Library::simulate(7, 0).to_bytes()).is_err());
    }

    #[test]
    fn a_kind_is_what_it_is_made_of() {
        for p in Library::simulate(7, 200).particles() {
            let kind = p.kind();
            assert_eq!((kind.pattern(), kind.runtime(), kind.arch()), (p.pattern, p.runtime, p.arch));
            assert_eq!(kind.leaks(), p.regime == Regime::Leaky);
            assert_eq!(Kind::all().nth(kind.index()), Some(kind));
        }
        assert_eq!(Kind::all().count(), Kind::COUNT);
    }

    #[test]
    fn curves_meet_the_stored_sizes() {
        let library = Library::simulate(7, 40);
        for p in 0..library.len() {
            let at = |mb| library.ln_ratio(p, Place::of(MemoryMb::new(mb).unwrap()));
            assert!(at(1769).abs() < 1e-3);
            let (low, mid, high) = (at(1024), at(1100), at(1280));
            assert!((low.min(high)..=low.max(high)).contains(&mid));
        }
    }
}
