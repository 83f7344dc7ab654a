//! What a posterior says of a whole range of sizes, as a curve with an interval around it.

use crate::curve::{Interval, Point, PowerCurve};
use crate::error::Result;
use crate::model::Posterior;
use crate::units::{MemoryMb, Millis};

/// A predicted curve, and a 90 % interval for the measured mean at each of its sizes.
///
/// ```
/// use powercurve::{MemoryMb, PowerCurve, Run, model::Observation, pattern::Reader, predict::Line};
/// let run = Run::new("resize", PowerCurve::from_ms(&[(256, 1250.0), (1024, 310.0)])?);
/// let posterior = Reader::shipped().posterior(&Observation::of(&run));
/// let line = Line::new(&posterior, &[MemoryMb::new(1024)?, MemoryMb::MAX])?;
/// // far from what was measured the interval is wider
/// let width = |i: usize| line.band[i].high.ms() / line.band[i].low.ms();
/// assert!(width(1) > 1.5 * width(0));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The predicted durations, without costs.
    pub curve: PowerCurve,
    /// The intervals, one a size, ascending.
    pub band: Vec<Interval>,
}

impl Line {
    /// The prediction at `sizes`.
    ///
    /// ```
    /// use powercurve::model::{Known, Library, Observation, Posterior};
    /// use powercurve::predict::Line;
    /// use powercurve::{MemoryMb, PowerCurve, Run};
    /// let run = Run::new("resize", PowerCurve::from_ms(&[(256, 1250.0), (1024, 310.0)])?);
    /// let posterior = Posterior::new(Library::shipped(), &Observation::of(&run), &Known::default());
    /// let line = Line::new(&posterior, &[MemoryMb::new(512)?])?;
    /// assert!((line.curve.points()[0].duration.ms() / 620.0 - 1.0).abs() < 0.1);
    /// assert!(line.band[0].low < line.curve.points()[0].duration);
    /// # Ok::<(), powercurve::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no size.
    pub fn new(posterior: &Posterior<'_>, sizes: &[MemoryMb]) -> Result<Self> {
        let (mut points, mut band) = (Vec::with_capacity(sizes.len()), Vec::with_capacity(sizes.len()));
        for &memory in sizes {
            let expected = posterior.predict(memory);
            points.push(Point::new(memory, Millis::clamped(expected.ms)));
            let (low, high) = (Millis::clamped(expected.low_ms), Millis::clamped(expected.high_ms));
            band.push(Interval { memory, low, high });
        }
        Ok(Self { curve: PowerCurve::new(points)?, band })
    }
}
