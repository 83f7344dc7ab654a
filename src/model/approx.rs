//! Logarithm and exponential in single precision, good to a few units in the last place: weighing a curve takes thousands
//! of each, and these are the same on every machine.

/// `ln x` for finite `x > 0`.
///
/// `x = 2^e m` with `m` in `[sqrt(1/2), sqrt(2))`; then `ln m = 2 artanh(t)`, `t = (m - 1) / (m + 1)`, by its series.
#[inline]
pub fn ln(x: f32) -> f32 {
    const SQRT_HALF_BITS: u32 = 0x3f35_04f3;
    let shifted = x.to_bits().wrapping_sub(SQRT_HALF_BITS);
    let exponent = (shifted as i32) >> 23;
    let m = f32::from_bits((shifted & 0x007f_ffff) + SQRT_HALF_BITS);
    let t = (m - 1.0) / (m + 1.0);
    let s = t * t;
    let series = 2.0 + s * (2.0 / 3.0 + s * (2.0 / 5.0 + s * (2.0 / 7.0 + s * (2.0 / 9.0))));
    exponent as f32 * std::f32::consts::LN_2 + t * series
}

/// `e^x` for `x` in -80 to 0.
///
/// `e^x = 2^n e^r` with `|r| <= ln(2) / 2`, and the Taylor series of `e^r`.
#[inline]
pub fn exp(x: f32) -> f32 {
    // adding this rounds to a whole number, which then stands in the lowest bits
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let series = 1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r / 720.0)))));
    series * f32::from_bits((shifted.to_bits() << 23).wrapping_add(1f32.to_bits()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ln_is_close(x in -80.0f64..80.0) {
            let value = x.exp() as f32;
            let exact = f64::from(value).ln();
            prop_assert!((f64::from(super::ln(value)) - exact).abs() < 2e-7 * exact.abs().max(1.0));
        }

        #[test]
        fn exp_is_close(x in -80.0f32..0.0) {
            let exact = f64::from(x).exp();
            prop_assert!((f64::from(super::exp(x)) / exact - 1.0).abs() < 5e-7);
        }
    }
}
