//! Rounding, and the larger and the smaller of two numbers, in as few instructions as processors without special ones
//! allow. The library's functions answer for every number there is, and call a function for it; an invocation asks twenty times.

/// `x.floor()` of a number from 0 to 2^63.
pub(crate) fn down(x: f64) -> f64 {
    x as i64 as f64
}

/// `x.ceil()` of a number from 0 to 2^63.
pub(crate) fn up(x: f64) -> f64 {
    let down = down(x);
    down + f64::from(u8::from(down < x))
}

/// The larger of two numbers that are not NaN: unlike `max` of the library, one instruction for several at a time.
pub(crate) fn larger<T: PartialOrd>(a: T, b: T) -> T {
    if b > a { b } else { a }
}

/// The smaller of two numbers that are not NaN, likewise.
pub(crate) fn smaller<T: PartialOrd>(a: T, b: T) -> T {
    if b < a { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn says_what_the_library_does(x in 0.0..1e9, whole in 0_u32.., y in 0.0..1e9) {
            for x in [x, f64::from(whole), f64::from(whole).next_up(), f64::from(whole).next_down().max(0.0)] {
                prop_assert_eq!((down(x), up(x)), (x.floor(), x.ceil()));
            }
            prop_assert_eq!((larger(x, y), smaller(x, y)), (x.max(y), x.min(y)));
        }
    }
}
