//! Many runs in, many answers out: read lazily, answered on all cores, written in order.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

use super::{Done, report, warn};
use crate::curve::Run;
use crate::error::{Error, Result};
use crate::ingest::{self, RawRun};

pub(super) use crate::show::needs_two_sizes;

/// Pieces of input that are answered together, at most: enough for all cores, few enough for constant memory.
const CHUNK: usize = 4096;

/// Bytes from which on a chunk takes no further piece.
const CHUNK_BYTES: usize = 64 << 20;

/// Answers every run that the arguments name. `answer` is called on many threads, `write` in the order of the input.
/// A run that cannot be read or answered is named on stderr; the others are still answered.
///
/// # Errors
/// When no run could be answered, or `write` fails.
pub fn each<T: Send>(
    args: &[String],
    answer: impl Fn(Run) -> Result<T> + Sync,
    mut write: impl FnMut(T) -> Result<()>,
) -> Result<Done> {
    let progress = progress();
    let (mut answered, mut rejected) = (0u64, 0u64);
    // the last rejection waits: when nothing is answered it is the error of the command
    let mut last: Option<Error> = None;
    let mut pieces = ingest::raw(args);
    loop {
        let chunk = chunk(&mut pieces, |piece| piece.as_ref().map_or(0, RawRun::bytes));
        if chunk.is_empty() {
            break;
        }
        let answers: Vec<Result<T>> = chunk
            .into_par_iter()
            .flat_map_iter(|piece| match piece {
                Ok(piece) => {
                    let place = piece.place();
                    let answer = |run: Run| {
                        let id = run.id.clone();
                        answer(run).map_err(|e| e.at(id).at(place.to_string()))
                    };
                    piece.parse().into_iter().map(|run| run.and_then(answer)).collect()
                }
                Err(error) => vec![Err(error)],
            })
            .collect();
        for answer in answers {
            match answer {
                Ok(answer) => {
                    answered += 1;
                    write(answer)?;
                }
                Err(error) => {
                    rejected += 1;
                    if let Some(earlier) = last.replace(error) {
                        progress.suspend(|| report(&earlier));
                    }
                }
            }
        }
        progress.set_position(answered + rejected);
    }
    progress.finish_and_clear();
    if pieces.passed_over().files() > 0 {
        warn(format_args!("{}", pieces.passed_over()));
    }
    match last {
        Some(error) if answered == 0 => return Err(error),
        Some(error) => report(&error),
        None if answered == 0 => {
            return Err(Error::new("no run in the input: expected at least one recorded run")
                .help("give tuning output, a visualization URL, run records, CSV or REPORT lines"));
        }
        None => {}
    }
    Ok(if rejected > 0 { Done::SomeRejected } else { Done::All })
}

/// The pieces to answer next.
fn chunk<T>(pieces: impl Iterator<Item = T>, bytes: impl Fn(&T) -> usize) -> Vec<T> {
    let mut room = CHUNK_BYTES;
    let mut chunk = Vec::new();
    for piece in pieces.take(CHUNK) {
        room = room.saturating_sub(bytes(&piece));
        chunk.push(piece);
        if room == 0 {
            break;
        }
    }
    chunk
}

/// A counter on a terminal; nothing elsewhere.
fn progress() -> ProgressBar {
    // answers that scroll by on the same terminal are progress enough
    if std::io::stdout().is_terminal() || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::no_length();
    match ProgressStyle::with_template("{spinner} {human_pos} runs  {per_sec}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_bounded_by_pieces_and_by_bytes() {
        let mut pieces = 0..10_000;
        assert_eq!(chunk(&mut pieces, |_| 100).len(), CHUNK);
        assert_eq!(chunk(&mut pieces, |_| ingest::LINE_LIMIT), (4096..4100).collect::<Vec<_>>());
        assert_eq!(chunk(&mut pieces, |_| 2 * CHUNK_BYTES), [4100], "one piece at least");
        assert!(chunk(0..0, |_: &i32| 0).is_empty());
    }
}
