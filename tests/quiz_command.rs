//! The quiz asks the same questions for the same seed, and marks what it is told.

use assert_cmd::Command;
use predicates::prelude::*;

fn quiz(arguments: &[&str], input: &str) -> assert_cmd::assert::Assert {
    let mut command = Command::cargo_bin("powercurve").unwrap();
    command.arg("quiz").args(arguments).write_stdin(input).assert()
}

#[test]
fn answers_come_from_the_arguments_or_from_the_input() {
    let given = quiz(&["--seed", "7", "--answers", "cpu-bound=1024,no-op=128"], "").success();
    let typed = quiz(&["--seed", "7", "--questions", "2"], "2 1024\nno-op 128 MB\n").success();
    assert_eq!(given.get_output().stdout, typed.get_output().stdout);
    let other = quiz(&["--seed", "8", "--answers", "cpu-bound=1024,no-op=128"], "").success();
    assert_ne!(given.get_output().stdout, other.get_output().stdout);
}

#[test]
fn the_right_answers_get_every_point() {
    let text = String::from_utf8(quiz(&["--answers", "no-op=128"], "").success().get_output().stdout.clone()).unwrap();
    let after = |words: &str| text.split_once(words).unwrap().1;
    let pattern = after("it is ").split(['.', ' ']).next().unwrap();
    let best = after("the best is ").split(' ').next().unwrap();
    quiz(&["--answers", &format!("{pattern}={best}")], "").success().stdout(predicate::str::contains("Score: 3 of 3"));
}

#[test]
fn what_is_no_answer_is_asked_for_again() {
    quiz(&["--questions", "1"], "perhaps\ncpu-bound 64\n2 1024\n")
        .success()
        .stdout(predicate::str::contains("of 3 points"))
        .stderr(predicate::str::contains("answer 'perhaps'").and(predicate::str::contains("64 MB is outside")));
    quiz(&["--answers", "magic=1024"], "").code(2).stderr(predicate::str::contains("'magic' is unknown"));
}

#[test]
fn a_size_that_was_not_offered_is_asked_for_again() {
    let missing = "1000 MB is not in the question: expected one of 128, 256, 512, 1024, 1769, 3008, 5307, 10240 MB";
    let asked = quiz(&["--questions", "1"], "cpu-bound 1000\n2 1024\n").success();
    asked
        .stdout(predicate::str::contains("of 3 points").and(predicate::str::contains("1000 MB").not()))
        .stderr(predicate::str::contains(missing));
    quiz(&["--answers", "cpu-bound=1000"], "").code(2).stderr(predicate::str::contains(missing));
}

#[test]
fn the_end_of_the_input_ends_the_quiz() {
    quiz(&["--questions", "3"], "").success().stdout(predicate::str::contains("Score: 0 of 0"));
}

#[test]
fn an_answer_has_a_longest_line() {
    quiz(&[], &"2".repeat(1001)).code(2).stderr(predicate::str::contains("<stdin>: line is longer than 1000 bytes"));
}
