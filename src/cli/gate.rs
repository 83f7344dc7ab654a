//! The step of a build pipeline that fails once a recommended size is no longer good enough.

use super::price_args::TariffArgs;
use crate::advise::Strategy;
use crate::units::MemoryMb;

/// Per cent above what the size was chosen at that the gate lets pass: one run differs from the next by some.
const MARGIN_PERCENT: f64 = 10.0;

/// The file that stands for standard input: runs without a name of their own have the same ids in it.
const OF_STDIN: &str = "stdin.jsonl";

/// What a step checks, so that it passes on the runs it is made from.
pub struct Gate<'a> {
    /// The inputs, as on the command line.
    pub runs: &'a [String],
    /// The id of the run, where there are several.
    pub id: Option<&'a str>,
    /// The chosen size.
    pub memory: MemoryMb,
    /// What it was chosen by.
    pub strategy: Strategy,
    /// How far it was from the best by that, as a share: a tolerance or a longest duration may ask for another size.
    pub excess: f64,
    /// How costs were computed.
    pub tariff: &'a TariffArgs,
}

impl Gate<'_> {
    /// A step of GitHub Actions for the function `name`.
    pub fn github_actions(&self, name: &str) -> String {
        let note = if self.runs.iter().any(|run| run == "-") {
            format!("# save what was read from standard input as {OF_STDIN}\n")
        } else {
            String::new()
        };
        let name = yaml(&format!("memory size of {name}"), true);
        format!("{note}- name: {name}\n  run: {}\n", yaml(&self.command(), false))
    }

    fn command(&self) -> String {
        let inputs = self.runs.iter().map(|run| shell_word(if run == "-" { OF_STDIN } else { run }));
        let mut words: Vec<String> = ["powercurve".to_owned(), "check".to_owned()].into_iter().chain(inputs).collect();
        words.extend(self.id.map(|id| format!("--id={}", shell_word(id))));
        words.push(format!("--current {}", self.memory.mb()));
        match self.strategy {
            Strategy::Cost => {}
            Strategy::Speed => words.push("--strategy speed".to_owned()),
            Strategy::Balanced(weight) => words.push(format!("--strategy balanced --weight {weight}")),
        }
        words.push(format!("--tolerance {}%", (MARGIN_PERCENT + 100.0 * self.excess - 1e-6).ceil()));
        words.extend(self.tariff.words().iter().map(|word| shell_word(word)));
        words.join(" ")
    }
}

/// An argument as a shell takes it.
fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// A scalar of YAML, in which GitHub evaluates nothing.
fn yaml(text: &str, quoted: bool) -> String {
    let inert = text.replace("${{", "${{ '${{' }}");
    let plain = !quoted && !inert.contains(": ") && !inert.contains(" #") && !inert.contains(char::is_control);
    if plain { inert } else { serde_json::Value::from(inert).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out() {
        assert_eq!(shell_word("a'b"), r"'a'\''b'");
        assert_eq!(yaml("check 'a b.json'", false), "check 'a b.json'");
        for text in ["check 'a: b'", "check 'a #b'", "check 'a\nb'"] {
            assert_eq!(serde_json::from_str::<String>(&yaml(text, false)).ok().as_deref(), Some(text));
        }
        assert_eq!(yaml("check '${{ secrets.X }}'", false), "check '${{ '${{' }} secrets.X }}'");
    }
}
