//! `powercurve quiz`

use std::io::{self, BufRead, IsTerminal, Read};
use std::str::FromStr;

use super::{Done, Out};
use crate::error::{Error, Result};
use crate::pattern::{Pattern, Reader};
use crate::quiz::{MOST_POINTS, Question, pool};
use crate::show;
use crate::units::MemoryMb;

/// Longest line of an answer, in bytes with its end.
const LONGEST_LINE: u64 = 1000;

/// Guess the pattern of power curves and the best memory size: a quiz in the terminal.
///
/// Every other curve is a recorded run. Two points for the pattern (one for another of its family), one for a size within
/// 5 % of the best mean of relative cost and relative duration. The same seed asks the same questions as the page of
/// `powercurve learn`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  powercurve quiz
  powercurve quiz --seed 7 --questions 10
  powercurve quiz --seed 7 --answers cpu-bound=1024,network-bound-sdk=512")]
pub struct Args {
    /// Seed of the questions.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Number of questions.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1000))]
    questions: u64,

    /// Answers instead of asking for them: PATTERN=MB for each question.
    #[arg(long, value_name = "LIST", value_delimiter = ',', conflicts_with = "questions")]
    answers: Vec<Guess>,
}

/// A guess: the pattern and the size, as `cpu-bound=1024` or `cpu-bound 1024`; the pattern also by its number.
#[derive(Debug, Clone, Copy)]
struct Guess {
    pattern: Pattern,
    memory: MemoryMb,
}

impl FromStr for Guess {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        let wrong = |e: Error| e.at(format!("answer '{}'", s.trim())).help("answer as `cpu-bound 1024`, or `2 1024`");
        let (pattern, memory) = s
            .trim()
            .split_once(['=', ' '])
            .ok_or_else(|| wrong(Error::new("not an answer: expected a pattern and a memory size")))?;
        let by_number = pattern.parse::<usize>().ok().and_then(|n| Pattern::ALL.get(n.wrapping_sub(1)).copied());
        let pattern = by_number.map_or_else(|| pattern.parse().map_err(wrong), Ok)?;
        let mb = memory.trim().trim_end_matches("MB").trim_end();
        let mb = mb.parse().map_err(|_| wrong(Error::new(format!("'{mb}' is not a memory size in MB"))))?;
        Ok(Self { pattern, memory: MemoryMb::new(mb).map_err(wrong)? })
    }
}

pub fn run(args: &Args, out: &mut Out) -> Result<Done> {
    let reader = Reader::shipped();
    let pool = pool(include_str!("../../datasets/real-runs.jsonl"));
    let asked = if args.answers.is_empty() { args.questions } else { args.answers.len() as u64 };
    let mut score = (0, 0);
    for number in 0..asked {
        let question = Question::draw(&reader, &pool, args.seed, number)?;
        ask(&question, number, out)?;
        let given = match args.answers.get(number as usize) {
            Some(guess) => Some(offered(&question, *guess)?),
            None => prompt(&question, out)?,
        };
        // the end of the input ends the quiz
        let Some(guess) = given else { break };
        let points = explain(&question, guess, out)?;
        score = (score.0 + points, score.1 + MOST_POINTS);
    }
    writeln!(out, "Score: {} of {} points", score.0, score.1)?;
    Ok(Done::All)
}

fn ask(question: &Question, number: u64, out: &mut Out) -> Result<()> {
    writeln!(out, "Question {}\n", number + 1)?;
    write!(out, "{}", show::points(question.priced()).text())?;
    writeln!(out)?;
    for (i, pattern) in Pattern::ALL.into_iter().enumerate() {
        writeln!(out, "  {}  {:<28} {}", i + 1, pattern, pattern.summary())?;
    }
    writeln!(out)
}

/// The guess, if its size is one of the question's.
fn offered(question: &Question, guess: Guess) -> Result<Guess> {
    let sizes = || question.run.curve.sizes();
    if sizes().any(|memory| memory == guess.memory) {
        return Ok(guess);
    }
    let sizes: Vec<String> = sizes().map(|memory| memory.mb().to_string()).collect();
    Err(Error::new(format!("{} is not in the question: expected one of {} MB", guess.memory, sizes.join(", ")))
        .at(format!("answer '{} {}'", guess.pattern, guess.memory.mb())))
}

/// The next guess from standard input; what is no guess is named, and asked for again.
fn prompt(question: &Question, out: &mut Out) -> Result<Option<Guess>> {
    loop {
        if io::stdin().is_terminal() {
            write!(out, "Pattern and memory size, such as `2 1024`: ")?;
        }
        out.flush()?;
        let mut line = Vec::new();
        let read = io::stdin().lock().take(LONGEST_LINE + 1).read_until(b'\n', &mut line);
        read.map_err(|e| Error::new(format!("standard input cannot be read: {e}")))?;
        if line.len() as u64 > LONGEST_LINE {
            return Err(Error::new(format!("line is longer than {LONGEST_LINE} bytes: expected an answer"))
                .help("answer as `cpu-bound 1024`, or `2 1024`")
                .at("<stdin>"));
        }
        match String::from_utf8_lossy(&line) {
            line if line.is_empty() => return Ok(None),
            line if line.trim().is_empty() => {}
            line => match line.parse().and_then(|guess| offered(question, guess)) {
                Ok(guess) => return Ok(Some(guess)),
                Err(error) => super::report(&error),
            },
        }
    }
}

/// Says what was right and why; gives the points.
fn explain(question: &Question, guess: Guess, out: &mut Out) -> Result<u32> {
    let mark = question.mark(guess.pattern, guess.memory);
    let accepted: Vec<&str> = question.accepted.iter().map(|p| p.name()).collect();
    let pattern = match mark.pattern_points {
        2 => "right",
        1 => "the right family",
        _ => "wrong",
    };
    let size = if mark.size_points > 0 { "a good size" } else { "not the best size" };
    writeln!(out, "{}: {pattern}, it is {}.", guess.pattern, accepted.join(" or "))?;
    writeln!(out, "{}: {size}, the best is {}.", guess.memory, question.best().memory)?;
    writeln!(out, "{} of {MOST_POINTS} points.\n\n{}", mark.points(), question.what)?;
    for reason in &question.reading.reasons {
        writeln!(out, "  - {reason}")?;
    }
    writeln!(out)?;
    Ok(mark.points())
}
