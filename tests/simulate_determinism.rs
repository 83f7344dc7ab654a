//! The same seed gives the same bytes, on any number of threads; another seed gives others.

use assert_cmd::Command;

fn simulate(threads: &str, args: &[&str]) -> Vec<u8> {
    let mut command = Command::cargo_bin("powercurve").unwrap();
    let output = command.env("RAYON_NUM_THREADS", threads).arg("simulate").args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn threads_never_change_a_run() {
    for workload in ["thumbnail", "small-database", "no-op"] {
        for mode in ["--seed=7", "--parallel"] {
            let args = [workload, mode, "--memory", "128..3008:240", "--invocations", "12", "--format", "jsonl"];
            let one = simulate("1", &args);
            assert_eq!(one, simulate("2", &args), "{workload} {mode}");
            assert_eq!(one, simulate("2", &args), "{workload} {mode}: a second time");
        }
    }
}

#[test]
fn another_seed_is_another_run() {
    let run = |seed| simulate("2", &["prime-numbers", "--seed", seed, "--format", "csv"]);
    assert_ne!(run("1"), run("2"));
}

#[test]
fn a_size_does_not_depend_on_the_others() {
    let csv = |memory| String::from_utf8(simulate("2", &["thumbnail", "--memory", memory, "--format", "csv"])).unwrap();
    let alone = csv("1024");
    assert!(csv("256,512,1024,2048").contains(alone.lines().last().unwrap()));
}
