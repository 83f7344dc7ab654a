//! The powercurve core in a browser: one JSON question in, one JSON answer out.
//!
//! The browser writes a question into memory from [`reserve`], calls [`answer`], reads the answer and gives it
//! back to [`release`]. Everything that the page shows comes from the same code as on the command line.

mod ask;
mod levers;
mod model;
mod view;

pub use ask::reply;

/// Memory of `len` bytes for a question; [`answer`] takes it over.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(len: usize) -> *mut u8 {
    Box::into_raw(vec![0u8; len].into_boxed_slice()).cast()
}

/// Answers the question of `len` bytes at `question`: the address of the answer in the upper, its length in the
/// lower 32 bits.
///
/// # Safety
/// `question` must come from [`reserve`] with the same `len`, and is gone afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn answer(question: *mut u8, len: usize) -> u64 {
    // SAFETY: the caller hands back exactly what `reserve` gave
    let question = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(question, len)) };
    let answer = reply(&question).into_boxed_slice();
    let len = answer.len() as u64;
    (Box::into_raw(answer).cast::<u8>() as u64) << 32 | len
}

/// Takes an answer back.
///
/// # Safety
/// `address` and `len` must be those of one answer, given back once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn release(address: *mut u8, len: usize) {
    // SAFETY: the caller hands back exactly what `answer` gave
    drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(address, len)) });
}
